/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* Raw descriptors, the functional descriptor and the status payload from a hostile device. */

#include <stdlib.h>
#include <string.h>

#include "usb/descriptors.h"
#include "language/dfu/wire.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct dfut_dfu_descriptor functional;
	struct dfut_descriptors descriptors;
	struct dfu_status status;
	uint8_t *exact = malloc(size ? size : 1);

	if (!exact)
		return 0;
	memcpy(exact, data, size);
	if (dfut_descriptors_parse(&descriptors, exact, size) == 0) {
		dfut_descriptors_get_dfu_mode(&descriptors);
		dfut_descriptors_finish(&descriptors);
	}
	dfu_descriptor_parse(&functional, exact, size);
	dfu_status_parse(&status, exact, size);
	free(exact);
	return 0;
}
