/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

#ifndef DFUTRIGGER_CLI_OPTIONS_H
#define DFUTRIGGER_CLI_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include <dfutrigger.h>

#include "commands.h"
#include "way.h"

#define OPTIONS_MAX_SD_REQ 16

/** The values of an option that may be repeated. */
struct texts {
	const char **items;
	size_t count;
};

/** The command line. Texts belong to argv. */
struct options {
	const struct command *command;
	const char *operands[2];
	size_t operand_count;

	bool help;
	bool version;
	bool json;
	bool quiet;
	unsigned int verbosity;
	struct texts devices;
	struct texts sims;
	const char *sim_record;

	bool attach;
	const char *listen_address;	/**< NULL for the default */
	uint16_t listen_port;

	struct dfut_match match;	/**< without the alternate setting */
	const char *alternate;
	bool all;
	bool probe;
	bool dfu_util;			/**< list in its form */

	const char *trigger;
	struct way way;
	int interface;			/**< of the way, -1 for whichever fits */
	int detach_timeout_ms;
	unsigned int return_timeout_ms;	/**< 0 for the library's own */
	bool dry_run;

	bool has_address;
	uint32_t address;
	enum dfut_verify verify;
	enum dfut_erase erase;
	unsigned int force;
	uint64_t size;
	bool overwrite;

	const char *format;		/**< to convert to, NULL for none */
	const char *family;		/**< of chips, NULL for none */
	bool esp;
	struct dfut_esp esp_files;
	bool nordic;
	struct dfut_nordic nordic_files;
	bool has_hw_version;
	uint32_t sd_req[OPTIONS_MAX_SD_REQ];
	uint32_t sd_id[OPTIONS_MAX_SD_REQ];
	const char *public_key;		/**< NULL for none */
	const char *mcuboot;		/**< version, NULL for no wrapping */
	size_t header_size;
	bool has_suffix;
	bool no_suffix;
	uint16_t suffix_vendor_id;
	uint16_t suffix_product_id;
	uint16_t suffix_release;

	char error[400];		/**< the first thing that is wrong, "" if all is well */
};

/**
 * Understands the command line.
 *
 * @return 0, DFUT_ERROR_USAGE (options->error says why; the rest is understood as far as possible, so that the
 *         error can be told as --json asks for), or DFUT_ERROR_NO_MEMORY
 */
int options_parse(struct options *options, int argc, char **argv);
/** Releases what options_parse() has taken. */
void options_free(struct options *options);
/** @return true if the command line names ids or a path */
bool options_name_device(const struct options *options);
/** Prints the options that go with any of these commands (bits), but not with all, or those that go with all. */
void options_print(FILE *file, unsigned int commands);

#endif
