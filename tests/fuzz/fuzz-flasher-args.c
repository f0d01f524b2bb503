/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* A hostile flasher_args.json in a folder that has files beside it. */

#include <stdlib.h>
#include <string.h>

#include "image/image.h"
#include "scratch.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char *const folders[] = { "/boot" };
static const char *const files[] = { "/app.bin", "/boot/boot.bin", "/empty.bin" };

static void make_folder(void)
{
	static const uint8_t bytes[100] = { 0xe9, 1 };

	scratch_make(folders, DFUT_COUNT(folders), files, DFUT_COUNT(files));
	scratch_write(files[0], bytes, sizeof(bytes));
	scratch_write(files[1], bytes, 40);
	scratch_write(files[2], bytes, 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct dfut_format *format = dfut_image_find_format("esp-flasher-args");
	struct dfut_failure failure = { 0 };
	struct dfut_loader loader = { .failure = &failure };
	uint8_t *copy = malloc(size ? size : 1);
	char path[256];

	if (!scratch.root[0])
		make_folder();
	if (!copy || !format)
		abort();
	if (size)
		memcpy(copy, data, size);
	loader.path = scratch_put_path(path, "/flasher_args.json");
	if (dfut_image_build(&loader, copy, size, format) == 0)
		dfut_image_free(loader.image);
	else if (!failure.text[0])
		abort();
	return 0;
}
