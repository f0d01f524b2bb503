/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* What is known of a firmware file, in words and as JSON. */

#include <string.h>

#include "image-facts.h"
#include "json.h"

static void print_segments(struct output *output, const struct dfut_image *image)
{
	size_t count = dfut_image_get_segment_count(image);

	for (size_t i = 0; i < count; i++) {
		struct dfut_segment segment;

		if (dfut_image_get_segment(image, i, &segment, sizeof(segment)) < 0)
			continue;
		output_text(output, "segment %zu: %zu bytes", i, segment.size);
		if (segment.has_address)
			output_text(output, " at 0x%08x", (unsigned int)segment.address);
		if (segment.alternate >= 0)
			output_text(output, ", alternate %d", segment.alternate);
		output_text(output, "\n");
	}
}

static void print_facts(struct output *output, const struct dfut_image *image)
{
	size_t count = dfut_image_get_fact_count(image);
	const char *last_layer = "";

	for (size_t i = 0; i < count; i++) {
		const char *layer = NULL;
		const char *key = NULL;
		const char *value = NULL;

		if (dfut_image_get_fact(image, i, &layer, &key, &value) < 0)
			continue;
		if (strcmp(layer, last_layer) != 0)
			output_text(output, "%s\n", layer);
		output_text(output, "    %-24s %s\n", key, value);
		last_layer = layer;
	}
}

static json_t *new_segments(const struct dfut_image *image)
{
	size_t count = dfut_image_get_segment_count(image);
	json_t *array = json_array();

	for (size_t i = 0; i < count; i++) {
		struct dfut_segment segment;

		if (dfut_image_get_segment(image, i, &segment, sizeof(segment)) < 0)
			continue;
		json_array_append_new(array,
				      json_pack("{s:o, s:o, s:I}", "address",
						segment.has_address ? json_integer(segment.address) : json_null(),
						"alternate",
						segment.alternate >= 0 ? json_integer(segment.alternate) : json_null(),
						"size", (json_int_t)segment.size));
	}
	return array;
}

static json_t *new_facts(const struct dfut_image *image)
{
	size_t count = dfut_image_get_fact_count(image);
	json_t *array = json_array();

	for (size_t i = 0; i < count; i++) {
		const char *layer = NULL;
		const char *key = NULL;
		const char *value = NULL;

		if (dfut_image_get_fact(image, i, &layer, &key, &value) < 0)
			continue;
		json_array_append_new(array, json_pack("{s:o, s:o, s:o}", "layer", new_json_text(layer), "key",
						       new_json_text(key), "value", new_json_text(value)));
	}
	return array;
}

int image_facts_show(struct output *output, const struct dfut_image *image, const char *path)
{
	if (output->json)
		return output_json(output, json_pack("{s:s, s:o, s:s, s:I, s:o, s:o}", "event", "info", "file",
						     new_json_text(path), "format", dfut_image_get_format(image),
						     "size", (json_int_t)dfut_image_get_size(image), "segments",
						     new_segments(image), "facts", new_facts(image)));
	output_text(output, "%s: %s, %zu bytes\n", path, dfut_image_get_format(image), dfut_image_get_size(image));
	print_segments(output, image);
	print_facts(output, image);
	return 0;
}
