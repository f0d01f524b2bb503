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

/** More options than there are. */
#define OPTIONS_LIMIT 100
#define OPTIONS_NUMBERS_LIMIT 16

/** The values of an option that may be repeated. */
struct texts {
	const char **items;
	size_t count;
};

/** The values of an option that is a list. */
struct numbers {
	uint32_t items[OPTIONS_NUMBERS_LIMIT];
	size_t count;
};

/** A word of the command line that means nothing here. */
struct stranger {
	enum {
		STRANGER_NONE,
		STRANGER_COMMAND,
		STRANGER_NAME,	 /**< of an option, with its hyphens; '=' may follow */
		STRANGER_LETTER, /**< of an option, without a hyphen; others may follow */
	} kind;
	const char *word;
};

struct option_row;

/** The command line. Texts belong to argv. */
struct options {
	const struct command *command;
	const char *operands[2];
	size_t operand_count;
	unsigned char given[OPTIONS_LIMIT]; /**< how often an option was given, by its row; options_has() */

	char **rest; /**< of complete: the words of a command line, up to NULL; NULL for none */

	bool is_alone; /**< nothing was written behind the command's name */
	bool help;
	bool version;
	bool json;
	bool quiet;
	unsigned int verbosity;
	struct texts devices;
	struct texts sims; /**< operands of the command sim, too */
	const char *sim_record;
	const char *record;  /**< session file to write, NULL for none */
	bool record_data;    /**< session files have what memories hold */
	bool record_plain;   /**< and serial numbers and names */
	const char *session; /**< session file for a report, NULL for the last one */

	bool attach;
	const char *listen_address; /**< NULL for the default */
	uint16_t listen_port;

	struct dfut_match match; /**< without the alternate setting */
	const char *alternate;
	bool all;
	bool probe;
	bool dfu_util; /**< list in its form */

	const char *trigger;
	struct way way;
	uint32_t interface;		/**< of the way, if given */
	uint32_t detach_timeout_ms;	/**< if given */
	unsigned int return_timeout_ms; /**< 0 for the library's own */
	bool dry_run;
	int wait_ms; /**< -1 for ever; if given */

	uint32_t address;	/**< if given */
	const char *part;	/**< NULL if not named */
	const char *volume;	/**< NULL if not named */
	const char *protocol;	/**< of the devices with the ids, NULL if not named */
	int protocol_interface; /**< where it is spoken, -1 if that is not named */
	uint32_t verify;	/**< enum dfut_verify */
	uint32_t erase;		/**< enum dfut_erase */
	uint32_t restart;	/**< enum dfut_restart */
	uint32_t transfer_size; /**< 0 as the device says */
	bool no_confirm;
	unsigned int force;
	uint64_t size;
	bool overwrite;

	const char *format; /**< to convert to, NULL for none */
	const char *family; /**< of chips, NULL for none */
	bool esp;
	struct dfut_esp esp_files; /**< without the size of parts */
	uint64_t part_size;
	bool nordic;			 /**< or nordic_files.legacy */
	struct dfut_nordic nordic_files; /**< without the lists */
	struct numbers sd_req;
	struct numbers sd_id;
	const char *public_key; /**< NULL for none */
	const char *mcuboot;	/**< version, NULL for no wrapping */
	uint32_t header_size;	/**< 0 for the usual one */
	bool no_suffix;
	uint16_t suffix_ids[3]; /**< vendor, product, release; if given */

	char error[400];	       /**< the first thing that is wrong, "" if all is well */
	char hint[200];		       /**< sentences on that; "" for none */
	struct stranger stranger;      /**< if that is a word which means nothing here */
	const struct option_row *open; /**< the option whose argument is missing at the end; NULL for none */
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
/** @param name one of the rows @return true if it was given */
bool options_has(const struct options *options, const char *name);
/** @return true if the command line names ids or a path */
bool options_name_device(const struct options *options);
/** Prints the options that go with any of these commands (bits), but not with all, or those that go with all. */
void options_print(FILE *file, unsigned int commands);

#endif
