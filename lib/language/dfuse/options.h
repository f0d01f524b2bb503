/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* What option bytes say of write protection: of STM32F0, F1, F3 and GD32 (ST RM0091), of STM32F2 and F4 (ST RM0090). */

#ifndef DFUT_DFUSE_OPTIONS_H
#define DFUT_DFUSE_OPTIONS_H

#include "language/dfuse/layout.h"

#define DFUSE_OPTIONS_SIZE 16

enum dfuse_options_form {
	DFUSE_OPTIONS_UNKNOWN,
	DFUSE_OPTIONS_PAIRS, /* each byte is followed by its complement; a bit for 4 KiB, the last one for all that is left */
	DFUSE_OPTIONS_SECTORS, /* a bit for each sector */
};

struct dfuse_options {
	enum dfuse_options_form form;
	uint32_t protected;
};

/* Whether bytes at this address would be understood. */
bool dfuse_options_are_known(uint32_t address);
/* Bytes that contradict themselves say nothing: the form is unknown then. */
void dfuse_options_parse(struct dfuse_options *options, uint32_t address, const uint8_t bytes[DFUSE_OPTIONS_SIZE]);
/* Whether the sector of the flash that an address lies in is write-protected. */
bool dfuse_options_protect(const struct dfuse_options *options, const struct dfuse_layout *flash, uint32_t address);

#endif
