/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* Reports that carry one block of a flash each. */

#include <string.h>

#include "language/halfkay/wire.h"

#define BLANK 0xff

void halfkay_put_block(uint8_t *report, const struct halfkay_form *form, uint32_t address, const uint8_t *data)
{
	memset(report, 0, form->header_size);
	for (unsigned int i = 0; i < form->address_size; i++)
		report[i] = (uint8_t)(address >> form->address_shift >> 8 * i);
	if (data)
		memcpy(report + form->header_size, data, form->block_size);
	else
		memset(report + form->header_size, BLANK, form->block_size);
}

void halfkay_put_start(uint8_t *report, size_t size, size_t address_size)
{
	memset(report, 0, size);
	memset(report, 0xff, address_size < size ? address_size : size);
}
