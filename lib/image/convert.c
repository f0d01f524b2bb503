/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* Putting the segments of an image into another format. */

#include <stdio.h>
#include <stdlib.h>

#include "image/image.h"

static int fail_unknown(struct dfut_failure *failure, const char *format)
{
	char list[200] = "";
	const char *name;

	for (size_t i = 0, used = 0; (name = dfut_format_get_name(i)) && used < sizeof(list); i++)
		if (dfut_format_get_traits(name) & DFUT_FORMAT_WRITTEN)
			used += (size_t)snprintf(list + used, sizeof(list) - used, "%s%s", used ? ", " : "", name);
	dfut_fail(failure, DFUT_ERROR_USAGE, "there is no format \"%s\"", format);
	dfut_hint(failure, "the formats that can be written are %s", list);
	return failure->code;
}

static bool has_several_alternates(const struct dfut_image *image)
{
	struct dfut_segment first;
	struct dfut_segment segment;

	dfut_image_find_segment(image, 0, &first);
	for (size_t i = 1; dfut_image_find_segment(image, i, &segment); i++)
		if (segment.alternate != first.alternate)
			return true;
	return false;
}

/* Those that come from a file do not: it was judged. */
static bool goes_beyond_end(const struct dfut_image *image)
{
	return image->has_address && image->size > ((uint64_t)1 << 32) - image->address;
}

void dfut_image_hint_families(const struct dfut_image *image, struct dfut_failure *failure)
{
	char family[40];
	char list[DFUT_MAX_FAMILIES * sizeof(family)] = "";

	for (size_t i = 0, used = 0; i < image->family_count; i++) {
		if (!image->families[i].is_given)
			continue;
		dfut_uf2_put_family(family, sizeof(family), image->families[i].id);
		used += (size_t)snprintf(list + used, sizeof(list) - used, "%s%s", used ? ", " : "", family);
	}
	dfut_hint(failure, "make a file for one of them (pack --family): %s", list);
}

static int fail_no_address(struct dfut_failure *failure, const struct dfut_format *format)
{
	dfut_fail(failure, DFUT_ERROR_USAGE, "a file of the format %s needs an address, none was given", format->name);
	dfut_hint(failure, "give the image an address (--address)");
	return failure->code;
}

/* Nothing may be lost that decides where bytes go. */
static int check_source(const struct dfut_image *image, struct dfut_failure *failure, const struct dfut_format *format)
{
	struct dfut_segment segment;

	dfut_image_find_segment(image, 0, &segment);
	if (format->traits & DFUT_FORMAT_ADDRESSES && !segment.has_address)
		return fail_no_address(failure, format);
	if (format->traits & DFUT_FORMAT_ADDRESSES && goes_beyond_end(image))
		return dfut_fail(failure, DFUT_ERROR_USAGE,
				 "at 0x%08lx, the image goes beyond the last address, 0xffffffff",
				 (unsigned long)segment.address);
	if (!segment.has_address && dfut_image_get_segment_count(image) > 1)
		return dfut_fail(failure, DFUT_ERROR_UNSUPPORTED,
				 "the package has several images, and does not say where they go");
	if (!(format->traits & DFUT_FORMAT_ALTERNATES) && has_several_alternates(image))
		return dfut_fail(failure, DFUT_ERROR_UNSUPPORTED,
				 "the image is for several alternate settings, which the format %s can't tell apart",
				 format->name);
	if (dfut_image_has_several_groups(image)) {
		dfut_fail(failure, DFUT_ERROR_UNSUPPORTED, "the file has firmware for several chips or boards");
		dfut_image_hint_families(image, failure);
		return failure->code;
	}
	return 0;
}

static int compare(const void *one, const void *two)
{
	const struct dfut_segment *a = one;
	const struct dfut_segment *b = two;

	return (a->address > b->address) - (a->address < b->address);
}

static int new_source(struct dfut_source *source, const struct dfut_image *image, struct dfut_failure *failure)
{
	size_t count = dfut_image_get_segment_count(image);

	*source = (struct dfut_source){
		.has_entry = image->has_entry,
		.entry = image->entry,
		.family = image->family,
		.segments = calloc(count, sizeof(*source->segments)),
		.count = count,
	};
	if (!source->segments)
		return dfut_fail_memory(failure);
	for (size_t i = 0; i < count; i++)
		dfut_image_find_segment(image, i, &source->segments[i]);
	return 0;
}

static void take_over(const struct dfut_image *image, struct dfut_image *other)
{
	struct dfut_segment segment;

	dfut_image_find_segment(image, 0, &segment);
	other->has_address = segment.has_address;
	other->address = segment.address;
	other->family = image->family;
	other->machine = image->machine;
	if (other->has_entry)
		return;
	other->has_entry = image->has_entry;
	other->entry = image->entry;
}

/* What comes out is read again like any file; what its content looks like was judged before. */
static int put(struct dfut_image *image, struct dfut_failure *failure, const struct dfut_source *source,
	       const struct dfut_format *format)
{
	struct dfut_loader loader = { .failure = failure, .force = ~0u };
	struct dfut_buffer file = { .failure = failure };
	int result = format->write(source, &file);

	if (result < 0) {
		free(file.data);
		return result;
	}
	/* The plain bytes may be an image of another kind, which is then told. */
	result = dfut_image_build(&loader, file.data, file.size, format->traits & DFUT_FORMAT_PARTS ? format : NULL);
	if (result < 0)
		return result;
	take_over(image, loader.image);
	loader.image->family = source->family;
	dfut_image_replace(image, loader.image);
	return 0;
}

static int convert(struct dfut_image *image, struct dfut_failure *failure, const struct dfut_format *format)
{
	struct dfut_source source;
	int result = check_source(image, failure, format);

	if (result == 0)
		result = new_source(&source, image, failure);
	if (result < 0)
		return result;
	if (!(format->traits & DFUT_FORMAT_ALTERNATES))
		qsort(source.segments, source.count, sizeof(*source.segments), compare);
	result = put(image, failure, &source, format);
	free(source.segments);
	return result;
}

DFUT_API int dfut_image_convert(struct dfut_image *image, const char *format)
{
	struct dfut_failure *failure = image->failure;
	const struct dfut_format *wanted = dfut_image_find_format(format);

	if (!format)
		return dfut_fail(failure, DFUT_ERROR_USAGE, "no format given");
	if (!wanted)
		return fail_unknown(failure, format);
	if (wanted == image->format)
		return 0;
	if (!wanted->write)
		return dfut_fail(failure, DFUT_ERROR_UNSUPPORTED, "files of the format %s can be read, not written",
				 wanted->name);
	if (image->references > 1)
		return dfut_fail(failure, DFUT_ERROR_USAGE, "a session uses the image");
	return dfut_image_need_held(image, failure, "a file of another format") < 0 ? failure->code :
										      convert(image, failure, wanted);
}

/* Families */

/* The groups of a DfuSe file are alternate settings, which are no families. */
bool dfut_image_has_several_groups(const struct dfut_image *image)
{
	return image->family_count > 0 && image->part_count > 0 &&
	       image->parts[0].group != image->parts[image->part_count - 1].group;
}

static int find_group(const struct dfut_image *image, uint32_t id, struct dfut_failure *failure)
{
	char text[40];

	if (!dfut_image_has_several_groups(image) && dfut_image_is(image, DFUT_FORMAT_FAMILIES))
		return (int)image->parts[0].group;
	for (size_t i = 0; i < image->family_count; i++)
		if (image->families[i].is_given && image->families[i].id == id)
			return (int)i;
	dfut_uf2_put_family(text, sizeof(text), id);
	return dfut_fail(failure, DFUT_ERROR_NOT_FOUND, "the file has no firmware for %s", text);
}

static int keep_group(struct dfut_image *image, struct dfut_failure *failure, uint32_t id)
{
	struct dfut_source source;
	int group = find_group(image, id, failure);
	int result = group < 0 ? group : new_source(&source, image, failure);

	if (result < 0)
		return result;
	source.count = 0;
	for (size_t i = 0; i < image->part_count; i++)
		if (image->parts[i].group == (uint32_t)group)
			source.segments[source.count++] = image->parts[i].segment;
	if (dfut_image_is(image, DFUT_FORMAT_FAMILIES))
		source.family = (struct dfut_family){ true, id };
	if (source.count > 0)
		result = put(image, failure, &source, image->format);
	else
		result = dfut_fail(failure, DFUT_ERROR_NOT_FOUND, "the file has no flash content for it");
	free(source.segments);
	return result;
}

DFUT_API int dfut_image_set_family(struct dfut_image *image, const char *family)
{
	struct dfut_failure *failure = image->failure;
	uint32_t id;

	if (!family)
		return dfut_fail(failure, DFUT_ERROR_USAGE, "no family of chips given");
	if (!dfut_uf2_find_family(family, &id)) {
		dfut_fail(failure, DFUT_ERROR_USAGE, "there is no family of chips \"%s\"", family);
		dfut_hint(failure, "give its number (--family), as in 0xe48bff56");
		return failure->code;
	}
	if (image->references > 1)
		return dfut_fail(failure, DFUT_ERROR_USAGE, "a session uses the image");
	if (dfut_image_is(image, DFUT_FORMAT_GROUPS) && image->family_count > 0)
		return keep_group(image, failure, id);
	image->family = (struct dfut_family){ true, id };
	return 0;
}
