/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

#ifndef DFUTRIGGER_CLI_COMMANDS_H
#define DFUTRIGGER_CLI_COMMANDS_H

#include <stdbool.h>
#include <stddef.h>

struct application;

/** Commands as bits, for the options that go with several. */
enum command_bit {
	COMMAND_LIST = 1 << 0,
	COMMAND_TRIGGER = 1 << 1,
	COMMAND_UPDATE = 1 << 2,
	COMMAND_UPLOAD = 1 << 3,
	COMMAND_INFO = 1 << 4,
	COMMAND_PACK = 1 << 5,
	COMMAND_DOCTOR = 1 << 6,
	COMMAND_SIM = 1 << 7,
	COMMAND_HELP = 1 << 8,
	COMMAND_COMMAND = 1 << 9,
	COMMAND_IMPORT = 1 << 10,
	COMMAND_COMPLETE = 1 << 11,
	COMMAND_EXPLAIN = 1 << 12,
	COMMAND_REPORT = 1 << 13,
	COMMAND_EXPORT = 1 << 14,
};

#define COMMAND_ALL 0x7fffu
#define COMMAND_JOBS ((unsigned int)(COMMAND_TRIGGER | COMMAND_UPDATE | COMMAND_UPLOAD | COMMAND_COMMAND))

/** What arguments are, for completion and for hints. */
enum option_names {
	NAMES_NONE,
	NAMES_CHECKS,
	NAMES_FORMATS, /**< that can be written */
	NAMES_FAMILIES,
	NAMES_PROTOCOLS,
	NAMES_SIMS,
	/* These are asked of the devices that are there. */
	NAMES_IDS,
	NAMES_PATHS,
	NAMES_SERIALS,
	NAMES_ALTERNATES,
	NAMES_TRIGGERS,
	NAMES_COMMANDS,
	NAMES_PARTS,
	/* The shell knows them. */
	NAMES_FILES,
	NAMES_FOLDERS,
};

/** One command. */
struct command {
	const char *name;
	enum command_bit bit;
	size_t operand_min;
	size_t operand_max;
	const char *operands;			     /**< as in "FILE" */
	const char *summary;			     /**< one line */
	const char *others;			     /**< other programs' words for it, with spaces between */
	const char *text;			     /**< what else there is to know */
	int (*run)(struct application *application); /**< @return the exit code */
	enum option_names names;		     /**< what its operands are */
};

/** @return a command, or NULL if there is no such index */
const struct command *command_get(size_t index);
/** @return the command with that name, or NULL */
const struct command *command_find(const char *name);

int command_list_run(struct application *application);
/** Shows which devices there are, in a line for each. */
void command_list_glance(struct application *application);
int command_trigger_run(struct application *application);
int command_update_run(struct application *application);
int command_upload_run(struct application *application);
int command_command_run(struct application *application);
int command_info_run(struct application *application);
int command_pack_run(struct application *application);
int command_doctor_run(struct application *application);
int command_explain_run(struct application *application);
int command_report_run(struct application *application);
int command_sim_run(struct application *application);
int command_import_run(struct application *application);
int command_export_run(struct application *application);
/** Shows the virtual devices, or the options of those that the command line names. @return the exit code */
int command_sim_explain(struct application *application);
int command_help_run(struct application *application);
int command_complete_run(struct application *application);

#endif
