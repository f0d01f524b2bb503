/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* Loads Nordic DFU packages whose archives are good, as their sums stop a fuzzer. The first byte of the input says what
 * the rest is: the manifest, an init packet or a legacy one. */

#include <stdlib.h>
#include <string.h>

#include "image/format/zip.h"
#include "one-context.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char manifest[] = "{\"manifest\": {\"application\": {\"bin_file\": \"a.bin\", \"dat_file\": \"a.dat\"}}}";
static const char legacy[] =
	"{\"manifest\": {\"application\": {\"bin_file\": \"a.bin\", \"dat_file\": \"a.dat\"}, \"dfu_version\": 0.5}}";

static void load(const struct dfut_buffer *archive, unsigned int force)
{
	struct dfut_context *context = get_context();
	struct dfut_image *image;

	if (dfut_image_load_buffer(&image, context, archive->data, archive->size, force) < 0) {
		if (!dfut_context_get_error(context)[0])
			abort();
	} else if (dfut_image_verify_signature(image, "/dev/null") == 0) {
		abort();
	}
	dfut_image_free(image);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct dfut_failure failure = { 0 };
	struct dfut_buffer archive = { .failure = &failure };
	struct dfut_zip *zip = calloc(1, sizeof(*zip));
	unsigned int kind = size > 0 ? data[0] % 3 : 0;
	const char *text = kind == 2 ? legacy : manifest;
	static const uint8_t firmware[48] = { 1 };
	bool is_manifest = kind == 0;

	if (size < 1 || !zip) {
		free(zip);
		return 0;
	}
	zip->content.failure = &failure;
	dfut_zip_add(zip, "a.bin", firmware, sizeof(firmware));
	dfut_zip_add(zip, "a.dat", is_manifest ? firmware : data + 1, is_manifest ? 14 : size - 1);
	dfut_zip_add(zip, "manifest.json", is_manifest ? data + 1 : (const uint8_t *)text,
		     is_manifest ? size - 1 : strlen(text));
	if (dfut_zip_write(&archive, zip) == 0) {
		load(&archive, 0);
		load(&archive, ~0u);
	}
	free(zip->content.data);
	free(zip);
	free(archive.data);
	return 0;
}
