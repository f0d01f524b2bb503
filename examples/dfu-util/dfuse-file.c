/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* Images (one for each alternate setting that the file has something for) and their elements. */

#include <stdio.h>
#include <string.h>

#include "dfuse-file.h"
#include "words.h"

/* The value of a fact; "" if there is none. */
static const char *find_fact(const struct dfut_image *image, const char *key)
{
	const char *layer, *name, *value;

	for (size_t i = 0; dfut_image_get_fact(image, i, &layer, &name, &value) == 0; i++)
		if (strcmp(name, key) == 0)
			return value;
	return "";
}

/* Says what an image is called. @return its elements */
static unsigned int print_image(const struct dfut_image *image, unsigned int index)
{
	unsigned int alternate = 0, elements = 0, size = 0;
	char key[32];
	const char *fact, *name, *end;

	snprintf(key, sizeof(key), "target_%u", index);
	fact = find_fact(image, key);
	name = strchr(fact, '"');
	end = strrchr(fact, '"');
	words_say("Parsing DFU image %u\n", index + 1);
	if (name && end > name)
		words_say("Target name: %.*s\n", (int)(end - name - 1), name + 1);
	else
		words_say("No target name\n");
	sscanf(fact, "alternate %u", &alternate);
	sscanf(end ? end + 1 : strchr(fact, ',') ? strchr(fact, ',') : "", ", %u elements, %u bytes", &elements, &size);
	words_say("Image for alternate setting %u, (%u elements, total size = %u)\n", alternate, elements, size);
	return elements;
}

void dfuse_file_print(const struct dfut_image *image)
{
	unsigned int count = 0;
	size_t element = 0;
	struct dfut_segment segment;

	sscanf(find_fact(image, "targets"), "%u", &count);
	words_say("File contains %u DFU images\n", count);
	for (unsigned int i = 0; i < count; i++) {
		unsigned int elements = print_image(image, i);

		for (unsigned int k = 0; k < elements; k++)
			if (dfut_image_get_segment(image, element++, &segment, sizeof(segment)) == 0)
				words_say("Parsing element %u, address = 0x%08x, size = %zu\n", k + 1, segment.address,
					  segment.size);
	}
}
