/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* The exit codes, which are those of <sysexits.h>. */

#ifndef DFUTRIGGER_DFU_UTIL_EXIT_CODE_H
#define DFUTRIGGER_DFU_UTIL_EXIT_CODE_H

enum exit_code {
	EXIT_CODE_DONE = 0,
	EXIT_CODE_USAGE = 64,	    /**< the command line, or a file that is for another device */
	EXIT_CODE_DATA = 65,	    /**< the file is no firmware, or damaged */
	EXIT_CODE_NO_INPUT = 66,    /**< the file can't be read */
	EXIT_CODE_SOFTWARE = 70,    /**< out of memory, or not possible in this build */
	EXIT_CODE_CANT_CREATE = 73, /**< the file can't be made, or is there already */
	EXIT_CODE_IO = 74,	    /**< no device, several, or something went wrong with it */
	EXIT_CODE_PROTOCOL = 76,    /**< the device broke its protocol */
};

/** @param code 0 or a negative enum dfut_error @return the exit code for it */
int exit_code_get(int code);

#endif
