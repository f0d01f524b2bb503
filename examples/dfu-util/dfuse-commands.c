/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* Mass erase, taking the read protection off, and leaving. */

#include "dfuse-commands.h"
#include "exit-code.h"
#include "layout.h"
#include "session.h"

int dfuse_commands_check(struct program *program)
{
	const struct dfuse_options *dfuse = &program->dfuse;

	if (dfuse->force || !(dfuse->unprotect || dfuse->mass_erase))
		return 0;
	words_complain(&program->words,
		       dfuse->unprotect ?
			       "The read unprotect command erases the flash memory, and can only be used with force" :
			       "The mass erase command can only be used with force");
	return EXIT_CODE_USAGE;
}

int dfuse_commands_unprotect(struct target *target, struct program *program)
{
	int exit_code;

	layout_print_name(target->interface->name);
	target_close(target);
	exit_code = session_run_command(target, program, "read-unprotect");
	if (exit_code == 0)
		words_say("Device disconnects, erases flash and resets now\n");
	return exit_code;
}

static int leave(struct target *target, struct program *program)
{
	bool is_dfuse = target->is_dfuse;
	int exit_code;

	words_say(program->dfuse.leave && is_dfuse ? "Submitting leave request...\n" :
						     "Resetting USB to switch back to Run-Time mode\n");
	target_close(target);
	exit_code = session_run_command(target, program, "start");
	if (exit_code == 0 && program->dfuse.leave && is_dfuse)
		words_say("Transitioning to dfuMANIFEST state\n");
	return exit_code;
}

static int erase(struct target *target, struct program *program)
{
	words_say("Performing mass erase, this can take a moment\n");
	target_close(target);
	return session_run_command(target, program, "erase");
}

int dfuse_commands_run(struct target *target, struct program *program)
{
	const struct dfuse_options *dfuse = &program->dfuse;
	int exit_code = 0;

	if (target->is_dfuse)
		layout_print_name(target->interface->name);
	if (dfuse->mass_erase)
		exit_code = erase(target, program);
	if (exit_code)
		return exit_code;
	words_say("DfuSe command mode\n");
	return dfuse->leave || program->options.reset ? leave(target, program) : 0;
}
