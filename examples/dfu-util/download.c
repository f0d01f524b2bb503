/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* A download in dfu-util's lines, each of them when it has become true. */

#include <stdlib.h>
#include <string.h>

#include "download.h"
#include "dfuse-file.h"
#include "exit-code.h"
#include "layout.h"
#include "session.h"
#include "state.h"

#define ERASE "Erase   "
#define DOWNLOAD "Download"

struct download {
	struct program *program;
	const struct target *target;
	const struct firmware *firmware;
	enum dfut_session_state state; /* that was told last */
	bool is_erased;		       /* the first bar is complete */
	bool is_written;	       /* the second bar is complete */
	bool is_left;		       /* that it leaves was told */
	bool is_gone;		       /* ... and it has left, with the file in it */
};

static void draw(struct download *download, const char *title, uint64_t done)
{
	words_draw(&download->program->words, title, done, dfut_image_get_size(download->firmware->image));
}

static void complete_erasing(struct download *download)
{
	if (download->is_erased)
		return;
	download->is_erased = true;
	if (download->target->is_dfuse)
		draw(download, ERASE, dfut_image_get_size(download->firmware->image));
	draw(download, DOWNLOAD, 0);
}

static void complete_writing(struct download *download)
{
	complete_erasing(download);
	if (!download->is_written)
		draw(download, DOWNLOAD, dfut_image_get_size(download->firmware->image));
	download->is_written = true;
}

/* What has not to be written counts as written. */
static void draw_writing(struct download *download, const struct dfut_progress *progress)
{
	uint64_t size = dfut_image_get_size(download->firmware->image);
	uint64_t left = progress->total > progress->done ? progress->total - progress->done : 0;

	/* The last block is on its way while the device says nothing: the bar is completed by what follows. */
	if (progress->done == 0 && download->target->is_dfuse)
		draw(download, ERASE, 0);
	else
		complete_erasing(download);
	if (progress->done && left && left <= size)
		draw(download, DOWNLOAD, size - left);
}

static void tell_end(struct download *download)
{
	complete_writing(download);
	if (download->is_left)
		return;
	download->is_left = true;
	if (download->firmware->is_dfuse)
		words_say("Done parsing DfuSe file\n");
	else if (download->target->is_dfuse)
		words_say("File downloaded successfully\n");
}

static void tell_leaving(struct download *download)
{
	const struct program *program = download->program;

	tell_end(download);
	if (!download->target->is_dfuse)
		words_say("Done!\n");
	if (download->target->is_dfuse && program->dfuse.leave)
		words_say("Submitting leave request...\n");
	else if (program->options.reset)
		words_say("Resetting USB to switch back to Run-Time mode\n");
}

/* Whoever asks for it to leave does not ask what it is afterwards: nobody waits for an application that may have no USB. */
static void end_with_device(struct download *download, struct dfut_session *session)
{
	const struct program *program = download->program;
	bool is_asked_for = program->options.reset || program->dfuse.leave;

	if (!is_asked_for || !download->is_left || dfut_session_get_verified(session) == DFUT_VERIFIED_NO)
		return;
	download->is_gone = true;
	dfut_session_cancel(session);
}

static void handle_progress(struct dfut_session *session, const struct dfut_progress *progress, void *user_data)
{
	struct download *download = user_data;
	bool is_new = progress->state != download->state;

	download->state = progress->state;
	switch (progress->state) {
	case DFUT_SESSION_MEASURING:
	case DFUT_SESSION_COMPARING:
		draw(download, download->target->is_dfuse ? ERASE : DOWNLOAD, 0);
		break;
	case DFUT_SESSION_DOWNLOADING:
		draw_writing(download, progress);
		break;
	case DFUT_SESSION_MANIFESTING:
	case DFUT_SESSION_VERIFYING:
		complete_writing(download);
		break;
	case DFUT_SESSION_RESTARTING:
		if (is_new && !download->is_left)
			tell_leaving(download);
		break;
	case DFUT_SESSION_RETURNING:
		end_with_device(download, session);
		break;
	case DFUT_SESSION_NEW:
	case DFUT_SESSION_DIAGNOSING:
	case DFUT_SESSION_PROBING:
	case DFUT_SESSION_TRIGGERING:
	case DFUT_SESSION_LEAVING:
	case DFUT_SESSION_ANNOUNCING:
	case DFUT_SESSION_UPLOADING:
	case DFUT_SESSION_COMMANDING:
	case DFUT_SESSION_DONE:
	case DFUT_SESSION_FAILED:
	case DFUT_SESSION_CANCELLED:
		break;
	}
}

static bool has_address(const struct firmware *firmware)
{
	struct dfut_segment segment;

	return dfut_image_get_segment(firmware->image, 0, &segment, sizeof(segment)) == 0 && segment.has_address;
}

static int set_address(struct program *program, struct firmware *firmware)
{
	const struct dfuse_options *dfuse = &program->dfuse;

	if (firmware->is_dfuse) {
		words_complain(&program->words, "This is a DfuSe file, not meant for raw download");
		return EXIT_CODE_USAGE;
	}
	if (dfut_image_set_address(firmware->image, dfuse->address) == 0)
		return 0;
	return program_fail_text(program, DFUT_ERROR_USAGE, dfut_image_get_error(firmware->image),
				 "the file says itself where it goes to: -s without an address");
}

static int need_address(struct program *program, const struct firmware *firmware)
{
	if (has_address(firmware))
		return 0;
	words_complain(&program->words, "Only DfuSe file version 1.1a is supported");
	words_complain(&program->words, "(for raw binary download, use the --dfuse-address option)");
	return EXIT_CODE_USAGE;
}

static int place(const struct target *target, struct program *program, struct firmware *firmware)
{
	if (!target->is_dfuse)
		return 0;
	layout_print_name(target->interface->name);
	return program->dfuse.has_address ? set_address(program, firmware) : need_address(program, firmware);
}

static void tell_elements(const struct target *target, const struct firmware *firmware)
{
	struct dfut_segment segment;

	if (!target->is_dfuse)
		words_say("Copying data from PC to DFU device\n");
	else if (firmware->is_dfuse)
		dfuse_file_print(firmware->image);
	else
		for (size_t i = 0; dfut_image_get_segment(firmware->image, i, &segment, sizeof(segment)) == 0; i++)
			words_say("Downloading element to address = 0x%08x, size = %zu\n", segment.address,
				  segment.size);
}

/* What is not tolerant of its manifestation runs its application then, also where it was read back after that. */
static enum dfut_restart choose_restart(const struct target *target, const struct program *program)
{
	if (program->options.reset || program->dfuse.leave)
		return DFUT_RESTART_ALWAYS;
	if (!target->is_dfuse && target->has_dfu && !(target->dfu.attributes & DFUT_DFU_MANIFESTATION_TOLERANT))
		return DFUT_RESTART_AUTO;
	return DFUT_RESTART_NEVER;
}

static int open_session(struct dfut_session **session, struct target *target, struct program *program)
{
	const struct dfuse_options *dfuse = &program->dfuse;
	int code = session_open(session, target, program);

	if (code < 0)
		return code;
	/* That the file is for this device was judged as dfu-util does. */
	dfut_session_set_force(*session,
			       program->options.force | DFUT_CHECK_IDS | (dfuse->force ? DFUT_CHECK_MEMORY_MAP : 0));
	if (dfuse->mass_erase)
		dfut_session_set_erase(*session, DFUT_ERASE_MASS);
	dfut_session_set_restart(*session, choose_restart(target, program));
	return 0;
}

int download_judge(struct target *target, struct program *program, struct firmware *firmware)
{
	struct dfut_session *session = NULL;
	int exit_code = 0;
	int code;

	/* Its bootloader may have the product id that the file names. */
	if (!firmware_may_be_for(firmware, &program->options, target->device))
		exit_code = firmware_check_ids(firmware, program, &target->runtime, target->device);
	if (exit_code == 0 && program->dfuse.has_address)
		exit_code = set_address(program, firmware);
	if (exit_code)
		return exit_code;
	code = open_session(&session, target, program);
	if (code == 0)
		code = dfut_session_plan_update(session, firmware->image);
	exit_code = code < 0 ? program_fail_session(program, session, code) : 0;
	dfut_session_free(session);
	return exit_code;
}

/* How the device is now, if it is still there to be asked. */
static void tell_state(struct target *target)
{
	struct dfut_handle *handle = NULL;
	struct state state;

	if (!dfut_device_is_present(target->device) || dfut_device_get_mode(target->device) != DFUT_MODE_BOOTLOADER)
		return;
	if (dfut_handle_new(&handle, target->device) == 0 && state_ask(&state, handle, target->interface->number) == 0)
		state_print(&state);
	dfut_handle_free(handle);
}

static void tell_success(struct download *download, struct target *target, const struct dfut_session *session)
{
	const struct program *program = download->program;
	bool was_left = download->is_left;

	tell_end(download);
	if (target->is_dfuse && program->dfuse.leave)
		words_say("Transitioning to dfuMANIFEST state\n");
	if (program->options.verbosity && !download->is_gone)
		words_say("%s\n", dfut_session_get_message(session));
	if (!target->is_dfuse && program->options.verbosity)
		words_say("Sent a total of %zu bytes\n", dfut_image_get_size(download->firmware->image));
	if (target->is_dfuse || was_left)
		return;
	if (dfut_session_get_device(session) == target->device)
		tell_state(target);
	words_say("Done!\n");
}

static int run(struct download *download, struct target *target, struct dfut_session *session)
{
	struct program *program = download->program;
	int code = dfut_session_start_update(session, download->firmware->image);

	if (code == 0) {
		tell_elements(target, download->firmware);
		dfut_session_set_progress_handler(session, handle_progress, download);
		code = dfut_session_run(session);
	}
	if (code < 0 && !(code == DFUT_ERROR_CANCELLED && download->is_gone))
		return program_fail_session(program, session, code);
	tell_success(download, target, session);
	return 0;
}

int download_run(struct target *target, struct program *program, struct firmware *firmware)
{
	struct download download = { .program = program, .target = target, .firmware = firmware };
	struct dfut_session *session = NULL;
	int exit_code = firmware_check_ids(firmware, program, &target->runtime, target->device);
	int code;

	if (exit_code == 0)
		exit_code = place(target, program, firmware);
	if (exit_code)
		return exit_code;
	if (program->dfuse.mass_erase && target->is_dfuse)
		words_say("Performing mass erase, this can take a moment\n");
	code = open_session(&session, target, program);
	exit_code = code < 0 ? program_fail_session(program, session, code) : run(&download, target, session);
	dfut_session_free(session);
	return exit_code;
}
