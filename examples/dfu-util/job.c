/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* From the command line to the device, in dfu-util's order. */

#include "dfuse-commands.h"
#include "download.h"
#include "exit-code.h"
#include "session.h"
#include "upload.h"

/* Before a device leaves its application for it. */
static int judge(struct target *target, struct program *program, struct firmware *firmware)
{
	switch (program->options.mode) {
	case MODE_UPLOAD:
		return upload_check_file(program);
	case MODE_DOWNLOAD:
		return target->is_dfu ? 0 : download_judge(target, program, firmware);
	case MODE_NONE:
	case MODE_HELP:
	case MODE_VERSION:
	case MODE_LIST:
	case MODE_DETACH:
		break;
	}
	return 0;
}

/* A device in DFU mode is told to leave it; what that does is its own business, but for -R. */
static int detach(struct target *target, struct program *program)
{
	int exit_code;

	if (!program->options.reset)
		return target_send_detach(target, program);
	words_say("Resetting USB to switch back to Run-Time mode\n");
	target_close(target);
	exit_code = session_run_command(target, program, "start");
	return exit_code;
}

static int use(struct target *target, struct program *program, struct firmware *firmware)
{
	if (program->dfuse.unprotect && target->is_dfuse && program->options.mode != MODE_UPLOAD)
		return dfuse_commands_unprotect(target, program);
	switch (program->options.mode) {
	case MODE_UPLOAD:
		target_close(target);
		return upload_run(target, program);
	case MODE_DOWNLOAD:
		target_close(target);
		return download_run(target, program, firmware);
	case MODE_DETACH:
		return detach(target, program);
	case MODE_NONE:
		return dfuse_commands_run(target, program);
	case MODE_HELP:
	case MODE_VERSION:
	case MODE_LIST:
		break;
	}
	return EXIT_CODE_SOFTWARE;
}

static int run(struct target *target, struct program *program, struct firmware *firmware)
{
	int exit_code = target_choose(target, program, firmware->is_dfuse);

	if (exit_code == 0)
		exit_code = target_open(target, program);
	if (exit_code == 0)
		exit_code = judge(target, program, firmware);
	if (exit_code == 0 && !target->is_dfu) {
		exit_code = target_detach(target, program);
		if (program->options.mode == MODE_DETACH)
			return exit_code;
	}
	if (exit_code == 0)
		exit_code = target_prepare(target, program);
	return exit_code ? exit_code : use(target, program, firmware);
}

int job_run(struct program *program)
{
	struct firmware firmware = { 0 };
	struct target target = { .runtime = program->options.ids.runtime };
	int exit_code = dfuse_options_read(&program->dfuse, &program->words, program->options.dfuse);
	int code;

	if (exit_code == 0)
		exit_code = dfuse_commands_check(program);
	if (exit_code)
		return exit_code;
	code = program_open_bus(program);
	if (code < 0)
		return program_fail(program, code);
	if (program->options.mode == MODE_DOWNLOAD)
		exit_code = firmware_load(&firmware, program);
	if (exit_code == 0)
		exit_code = run(&target, program, &firmware);
	target_free(&target);
	firmware_free(&firmware);
	return exit_code;
}
