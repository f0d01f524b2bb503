/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* A HID report descriptor from a hostile device. */

#include <stdlib.h>
#include <string.h>

#include "usb/reports.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct dfut_reports reports;
	uint8_t *exact = malloc(size ? size : 1);

	if (!exact)
		return 0;
	memcpy(exact, data, size);
	if (dfut_reports_parse(&reports, exact, size) == 0) {
		for (unsigned int id = 0; id < 256; id++)
			if (dfut_reports_get_size(&reports, DFUT_REPORT_FEATURE, (uint8_t)id) > 65535)
				abort();
		dfut_reports_finish(&reports);
	}
	free(exact);
	return 0;
}
