/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* The command line of dfu-util. */

#ifndef DFUTRIGGER_DFU_UTIL_OPTIONS_H
#define DFUTRIGGER_DFU_UTIL_OPTIONS_H

#include "ids.h"
#include "words.h"

enum mode {
	MODE_NONE = 0,
	MODE_HELP,
	MODE_VERSION,
	MODE_LIST,
	MODE_DETACH,
	MODE_UPLOAD,
	MODE_DOWNLOAD,
};

/** Numbers are -1 and texts NULL where nothing was said. */
struct options {
	enum mode mode;
	unsigned int verbosity;	       /**< how often -v was there */
	struct ids ids;		       /**< -d */
	long device_number;	       /**< -n: the USB address */
	const char *path;	       /**< -p */
	long configuration;	       /**< -c: bConfigurationValue, never 0 */
	long interface;		       /**< -i: bInterfaceNumber */
	long alternate;		       /**< -a, if it is a number */
	const char *alternate_name;    /**< -a, if it is a name */
	char *serial_number;	       /**< -S, of a device in its application */
	const char *dfu_serial_number; /**< -S, of one in its bootloader */
	long detach_delay_s;	       /**< -E */
	long transfer_size;	       /**< -t */
	long upload_size;	       /**< -Z */
	const char *file;	       /**< -U or -D */
	const char *dfuse;	       /**< -s */
	unsigned int force;	       /**< --force: bits of enum dfut_check */
	bool reset;		       /**< -R or -Q */
	bool wait;		       /**< -w */
};

/** @return 0, or an exit code after a complaint; a call of options_free() releases what was kept */
int options_parse(struct options *options, struct words *words, int argc, char **argv);
/** Releases what options_parse() has made. */
void options_free(struct options *options);
/** Prints the options to the standard error. */
void options_print_help(void);

#endif
