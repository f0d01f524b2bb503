/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* Bytes without a format. */

#include "image/format/foreign.h"
#include "image/paged.h"

bool dfut_raw_matches(const struct dfut_image *image)
{
	(void)image;
	return true;
}

static int refuse_empty(struct dfut_loader *loader)
{
	bool has_suffix = loader->image->suffix.present;
	int result = dfut_image_doubt(loader, DFUT_ERROR_IMAGE, DFUT_CHECK_LENGTH, "offset 0: %s",
				      has_suffix ? "the file has nothing but its DFU suffix" : "the file is empty");

	if (result < 0)
		dfut_hint(loader->failure, "build or download it again");
	return result;
}

static struct dfut_content get_content(const struct dfut_image *image)
{
	struct dfut_content content = { image->data, image->size, image->size, true };

	if (!image->paged)
		return content;
	content.data = dfut_paged_get_head(image->paged);
	content.size = DFUT_PAGED_HEAD_SIZE;
	content.is_even = dfut_paged_is_even(image->paged, image->size);
	return content;
}

int dfut_raw_inspect(struct dfut_loader *loader)
{
	const struct dfut_image *image = loader->image;
	const struct dfut_content content = get_content(image);
	const struct dfut_foreign *foreign = dfut_foreign_find(&content);
	int result;

	dfut_image_add_fact(loader, "size", "%zu", image->size);
	if (image->size == 0)
		return refuse_empty(loader);
	if (!foreign)
		return 0;
	result = dfut_image_doubt(loader, foreign->code ? foreign->code : DFUT_ERROR_IMAGE, DFUT_CHECK_FORMAT,
				  "offset %zu: this is %s", foreign->offset, foreign->what);
	if (result < 0)
		dfut_hint(loader->failure, "%s", foreign->advice);
	return result;
}

/* What lies between segments looks as if erased. */
int dfut_raw_write(const struct dfut_source *source, struct dfut_buffer *file)
{
	int result = 0;

	for (size_t i = 0; result == 0 && i < source->count; i++) {
		const struct dfut_segment *segment = &source->segments[i];

		if (i > 0)
			result = dfut_buffer_fill(file, 0xff,
						  segment->address - source->segments[0].address - file->size);
		if (result == 0)
			result = dfut_buffer_add(file, segment->data, segment->size);
	}
	return result;
}
