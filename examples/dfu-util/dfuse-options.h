/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* The argument of -s. */

#ifndef DFUTRIGGER_DFU_UTIL_DFUSE_OPTIONS_H
#define DFUTRIGGER_DFU_UTIL_DFUSE_OPTIONS_H

#include "words.h"

struct dfuse_options {
	bool is_given; /**< there was -s at all */
	bool has_address;
	uint32_t address;
	uint32_t length; /**< of an upload, 0 for none */
	bool leave;
	bool mass_erase;
	bool unprotect;
	bool force;
};

/** @param text NULL if there was no -s @return 0, or an exit code after a complaint */
int dfuse_options_read(struct dfuse_options *dfuse, struct words *words, const char *text);

#endif
