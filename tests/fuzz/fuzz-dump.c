/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* Reads hostile texts of lsusb -v, and bare descriptors. The first byte chooses, and whether ids name a device. */

#include <stdlib.h>
#include <string.h>

#include "sim/dump/dump.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int read_dump(struct dump *dump, uint8_t choice, const uint8_t *data, size_t size)
{
	if (choice & 1)
		return dump_take_descriptors(dump, data, size);
	return dump_read_lsusb(dump, (const char *)data, size);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct dump dump;
	uint8_t *copy;

	if (size == 0)
		return 0;
	copy = malloc(size);
	if (!copy)
		return 0;
	memset(&dump, 0, sizeof(dump));
	dump.vendor_id = data[0] & 2 ? 0x0483 : 0;
	dump.product_id = data[0] & 2 ? 0xdf11 : 0;
	memcpy(copy, data + 1, size - 1);
	if (read_dump(&dump, data[0], copy, size - 1) < 0 ? !dump.error[0] : dump.size < 27)
		abort();
	dump_clear(&dump);
	free(copy);
	return 0;
}
