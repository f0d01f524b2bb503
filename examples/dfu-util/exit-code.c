/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* What an error of the library is for who called the program. */

#include <dfutrigger.h>

#include "exit-code.h"

static const struct {
	int error;
	int exit_code;
} rows[] = {
	{ DFUT_OK, EXIT_CODE_DONE },
	{ DFUT_ERROR_USAGE, EXIT_CODE_USAGE },
	{ DFUT_ERROR_NO_MEMORY, EXIT_CODE_SOFTWARE },
	{ DFUT_ERROR_UNSUPPORTED, EXIT_CODE_SOFTWARE },
	{ DFUT_ERROR_IMAGE, EXIT_CODE_DATA },
	{ DFUT_ERROR_MISMATCH, EXIT_CODE_USAGE },
	{ DFUT_ERROR_PROTOCOL, EXIT_CODE_PROTOCOL },
};

int exit_code_get(int code)
{
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (rows[i].error == code)
			return rows[i].exit_code;
	return EXIT_CODE_IO;
}
