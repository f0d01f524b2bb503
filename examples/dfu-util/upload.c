/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* An upload in dfu-util's lines; the file has its name only when it is complete. */

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "sink.h"
#include "exit-code.h"
#include "layout.h"
#include "session.h"
#include "upload.h"

/* As much as dfu-util reads where nobody says how much there is. */
#define DEFAULT_SIZE 0x4000

struct upload {
	struct program *program;
	struct sink sink;
	uint64_t total; /* 0 if not known */
};

static int fail_file(struct program *program, int error)
{
	words_complain(&program->words, "Cannot open file %s for writing: %s", program->options.file, strerror(error));
	return EXIT_CODE_CANT_CREATE;
}

int upload_check_file(struct program *program)
{
	return access(program->options.file, F_OK) == 0 ? fail_file(program, EEXIST) : 0;
}

static void draw(struct upload *upload)
{
	words_draw(&upload->program->words, "Upload", upload->sink.size, upload->total);
}

static int write_bytes(const uint8_t *data, size_t size, void *user_data)
{
	struct upload *upload = user_data;
	int code = sink_write(data, size, &upload->sink);

	/* The last byte is there when the session says so. */
	if (code == 0 && upload->sink.size != upload->total)
		draw(upload);
	return code;
}

/* Where to begin, and how much to read of a memory with addresses. */
static void limit_dfuse(struct upload *upload, const struct target *target)
{
	const struct dfuse_options *dfuse = &upload->program->dfuse;
	uint64_t end = 0;

	if (dfuse->has_address)
		layout_print_name(target->interface->name);
	upload->total = dfuse->length;
	if (upload->total && !dfuse->has_address)
		words_say("Limiting default upload to %u bytes\n", dfuse->length);
	if (upload->total)
		return;
	upload->total = DEFAULT_SIZE;
	if (!dfuse->has_address) {
		words_complain(&upload->program->words, "Unbound upload not supported on DfuSe devices");
		words_say("Limiting default upload to %u bytes\n", DEFAULT_SIZE);
	} else if (layout_find_end(target->interface->name, dfuse->address, &end)) {
		upload->total = end - dfuse->address;
		words_say("Limiting upload to end of memory segment, %llu bytes\n", (unsigned long long)upload->total);
	} else {
		words_say("Limiting upload to %u bytes\n", DEFAULT_SIZE);
	}
}

static int start(struct upload *upload, struct target *target, struct dfut_session *session)
{
	const struct program *program = upload->program;
	int code = 0;

	if (target->is_dfuse) {
		limit_dfuse(upload, target);
		dfut_session_set_upload_size(session, upload->total);
		if (program->dfuse.has_address)
			code = dfut_session_set_address(session, program->dfuse.address);
	} else {
		upload->total = program->options.upload_size > 0 ? (uint64_t)program->options.upload_size : 0;
		words_say("Copying data from DFU device to PC\n");
	}
	dfut_session_set_restart(session, program->options.reset || program->dfuse.leave ? DFUT_RESTART_ALWAYS :
											   DFUT_RESTART_NEVER);
	if (code == 0)
		code = dfut_session_start_upload(session, write_bytes, upload);
	return code;
}

/* What was read before it broke may be all that can still be read. */
static void keep_part(struct upload *upload)
{
	char *name = sink_break(&upload->sink);

	if (name)
		words_complain(&upload->program->words, "the first %llu bytes are in %s",
			       (unsigned long long)upload->sink.size, name);
	free(name);
}

static int finish(struct upload *upload, struct target *target)
{
	struct program *program = upload->program;
	uint64_t size = upload->sink.size;

	if (!sink_close(&upload->sink)) {
		words_complain(&program->words, "Could not write to file %s: %s", program->options.file,
			       strerror(upload->sink.error));
		keep_part(upload);
		return EXIT_CODE_IO;
	}
	words_draw(&program->words, "Upload", size, size);
	if (!target->is_dfuse)
		words_say("Received a total of %llu bytes\n", (unsigned long long)size);
	if (!target->is_dfuse && upload->total && size != upload->total)
		words_complain(&program->words, "Unexpected number of bytes uploaded from device");
	if (program->options.reset)
		words_say("Resetting USB to switch back to Run-Time mode\n");
	return 0;
}

/* "-" is a name as any other. */
static bool open_sink(struct upload *upload)
{
	const char *file = upload->program->options.file;

	return sink_open(&upload->sink, strcmp(file, "-") == 0 ? "./-" : file, false);
}

static int run(struct upload *upload, struct target *target, struct dfut_session *session)
{
	struct program *program = upload->program;
	int code;

	if (!open_sink(upload)) {
		int error = upload->sink.error;

		keep_part(upload);
		return fail_file(program, error);
	}
	code = start(upload, target, session);
	if (code == 0) {
		draw(upload);
		code = dfut_session_run(session);
	}
	if (code < 0) {
		int exit_code = program_fail_session(program, session, code);

		keep_part(upload);
		return exit_code;
	}
	return finish(upload, target);
}

int upload_run(struct target *target, struct program *program)
{
	struct upload upload = { .program = program };
	struct dfut_session *session = NULL;
	int code = session_open(&session, target, program);
	int exit_code = code < 0 ? program_fail_session(program, session, code) : run(&upload, target, session);

	dfut_session_free(session);
	return exit_code;
}
