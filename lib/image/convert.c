/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* Putting the segments of an image into another format. */

#include <stdlib.h>

#include "image/image.h"

static int fail_unknown(struct dfut_failure *failure, const char *format)
{
	dfut_fail(failure, DFUT_ERROR_USAGE, "there is no format \"%s\"", format);
	dfut_clean_text(failure->text);
	dfut_hint(failure, "the formats that can be written are raw, dfuse, ihex, srec and uf2");
	return failure->code;
}

static bool has_several_alternates(const struct dfut_image *image)
{
	struct dfut_segment first;
	struct dfut_segment segment;

	dfut_image_get_segment(image, 0, &first);
	for (size_t i = 1; dfut_image_get_segment(image, i, &segment) == 0; i++)
		if (segment.alternate != first.alternate)
			return true;
	return false;
}

static bool goes_beyond_end(const struct dfut_image *image)
{
	struct dfut_segment segment;

	for (size_t i = 0; dfut_image_get_segment(image, i, &segment) == 0; i++)
		if (segment.has_address && segment.size > ((uint64_t)1 << 32) - segment.address)
			return true;
	return false;
}

static bool has_several_groups(const struct dfut_image *image)
{
	return dfut_image_is(image, DFUT_FORMAT_GROUPS) &&
	       image->parts[0].group != image->parts[image->part_count - 1].group;
}

/* Nothing may be lost that decides where bytes go. */
static int check_source(const struct dfut_image *image, struct dfut_failure *failure, const struct dfut_format *format)
{
	struct dfut_segment segment;

	dfut_image_get_segment(image, 0, &segment);
	if (format->traits & DFUT_FORMAT_ADDRESSES && !segment.has_address)
		return dfut_fail(failure, DFUT_ERROR_USAGE, "a file of the format %s says where its bytes go: no address given",
				 format->name);
	if (format->traits & DFUT_FORMAT_ADDRESSES && goes_beyond_end(image))
		return dfut_fail(failure, DFUT_ERROR_USAGE, "at 0x%08lx, the image goes beyond the last address, 0xffffffff",
				 (unsigned long)segment.address);
	if (!(format->traits & DFUT_FORMAT_ALTERNATES) && has_several_alternates(image))
		return dfut_fail(failure, DFUT_ERROR_UNSUPPORTED,
				 "the image is for several alternate settings, which the format %s can't tell apart",
				 format->name);
	if (has_several_groups(image))
		return dfut_fail(failure, DFUT_ERROR_UNSUPPORTED, "the file has firmware for several chips: choose one");
	return 0;
}

static void take_over_address(const struct dfut_image *image, struct dfut_image *other)
{
	struct dfut_segment segment;

	dfut_image_get_segment(image, 0, &segment);
	other->has_address = segment.has_address;
	other->address = segment.address;
}

/* What comes out is read again like any file; what its content looks like was judged before. */
static int convert(struct dfut_image *image, struct dfut_failure *failure, const struct dfut_format *format)
{
	struct dfut_loader loader = { .failure = failure, .force = ~0u };
	struct dfut_buffer file = { .failure = failure };
	int result = format->write(image, &file);

	if (result < 0) {
		free(file.data);
		return result;
	}
	/* The plain bytes may be an image of another kind, which is then told. */
	result = dfut_image_build(&loader, file.data, file.size, format->traits & DFUT_FORMAT_PARTS ? format : NULL);
	if (result < 0)
		return result;
	take_over_address(image, loader.image);
	dfut_image_replace(image, loader.image);
	return 0;
}

DFUT_API int dfut_image_convert(struct dfut_image *image, struct dfut_context *context, const char *format)
{
	struct dfut_failure *failure = dfut_context_failure(context);
	const struct dfut_format *wanted = format ? dfut_image_find_format(format) : NULL;
	int result;

	if (!format)
		return dfut_fail(failure, DFUT_ERROR_USAGE, "no format given");
	if (!wanted)
		return fail_unknown(failure, format);
	if (wanted == image->format)
		return 0;
	if (!wanted->write)
		return dfut_fail(failure, DFUT_ERROR_UNSUPPORTED, "files of the format %s are only read", wanted->name);
	if (image->references > 1)
		return dfut_fail(failure, DFUT_ERROR_USAGE, "a session uses the image");
	result = check_source(image, failure, wanted);
	return result < 0 ? result : convert(image, failure, wanted);
}
