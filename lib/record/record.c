/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* Recording: a file is begun, lines go into it, and it is ended. What goes wrong is kept until then: nobody else is disturbed. */

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "record/record.h"

#define FORMAT_VERSION 1
/* A program that is killed loses at most these lines: what goes on in a moment, up to a new state of a session or an error. */
#define KEEP_US 250000

struct dfut_recording *dfut_recording_ref(struct dfut_recording *recording)
{
	pthread_mutex_lock(&recording->lock);
	recording->refs++;
	pthread_mutex_unlock(&recording->lock);
	return recording;
}

void dfut_recording_unref(struct dfut_recording *recording)
{
	bool last;

	pthread_mutex_lock(&recording->lock);
	last = --recording->refs == 0;
	pthread_mutex_unlock(&recording->lock);
	if (!last)
		return;
	if (recording->file)
		fclose(recording->file);
	pthread_mutex_destroy(&recording->lock);
	dfut_recording_free_spares(recording);
	dfut_line_free(&recording->line);
	dfut_names_free(&recording->names);
	free(recording->path);
	free(recording);
}

/* Lines. */

/* While it is locked. */
static void stop(struct dfut_recording *recording, int error)
{
	if (!recording->file)
		return;
	recording->error = recording->error ? recording->error : error;
	if (fclose(recording->file) != 0 && !recording->error)
		recording->error = errno ? errno : EIO;
	recording->file = NULL;
}

void dfut_recording_give_up(struct dfut_recording *recording, int error)
{
	pthread_mutex_lock(&recording->lock);
	stop(recording, error);
	pthread_mutex_unlock(&recording->lock);
}

static void write_line(struct dfut_recording *recording, bool is_last)
{
	struct dfut_record_line *line = &recording->line;

	dfut_line_close(line, '}');
	dfut_line_add(line, "\n", 1);
	if (!recording->file)
		return;
	errno = 0;
	if (line->has_failed)
		stop(recording, ENOMEM);
	else if (fwrite(line->text, 1, line->size, recording->file) != line->size ||
		 (is_last && fflush(recording->file) != 0))
		stop(recording, errno ? errno : EIO);
}

static void write_header(struct dfut_recording *recording, uint64_t begun_us)
{
	struct dfut_record_line *line = &recording->line;

	recording->has_begun = true;
	recording->begun_us = begun_us;
	dfut_line_begin(line);
	dfut_line_number(line, "dfutrigger-session", FORMAT_VERSION);
	dfut_line_text(line, "by", "dfutrigger " DFUT_PROJECT_VERSION);
#if defined(_WIN32)
	dfut_line_text(line, "system", "windows");
#elif defined(__linux__)
	dfut_line_text(line, "system", "linux");
#else
	dfut_line_text(line, "system", "other");
#endif
	dfut_line_text(line, "clock", recording->context->clock ? "own" : "system");
	dfut_line_text(line, "data", recording->flags & DFUT_RECORD_DATA ? "whole" : "hashed");
	dfut_line_text(line, "names", recording->flags & DFUT_RECORD_PLAIN ? "plain" : "replaced");
	write_line(recording, false);
}

struct dfut_record_line *dfut_recording_begin(struct dfut_recording *recording, const char *event, uint64_t at_us)
{
	struct dfut_record_line *line = &recording->line;

	pthread_mutex_lock(&recording->lock);
	/* By now it is known whose clock it goes by. */
	if (!recording->has_begun)
		write_header(recording, at_us);
	dfut_line_begin(line);
	dfut_line_number(line, "at", (int64_t)(at_us - recording->begun_us));
	dfut_line_text(line, "event", event);
	return line;
}

void dfut_recording_end(struct dfut_recording *recording)
{
	write_line(recording, true);
	pthread_mutex_unlock(&recording->lock);
}

void dfut_recording_end_soon(struct dfut_recording *recording, uint64_t now_us)
{
	bool is_due = now_us - recording->flushed_us >= KEEP_US;

	if (is_due)
		recording->flushed_us = now_us;
	write_line(recording, is_due);
	pthread_mutex_unlock(&recording->lock);
}

void dfut_recording_text(struct dfut_recording *recording, const char *key, const char *text, bool all)
{
	char *replaced = recording->flags & DFUT_RECORD_PLAIN ? NULL : dfut_names_replace(&recording->names, text, all);

	if (recording->flags & DFUT_RECORD_PLAIN)
		dfut_line_text(&recording->line, key, text);
	else if (replaced)
		dfut_line_text(&recording->line, key, replaced);
	else
		recording->line.has_failed = true;
	free(replaced);
}

/* What its context tells. */

static int take_bus(void *self, const struct dfut_bus_ops **ops, void **bus)
{
	return dfut_recording_tap(self, ops, bus);
}

static void hear_log(void *self, enum dfut_log_level level, const char *text)
{
	static const char *const names[] = { "error", "warning", "info", "debug" };
	struct dfut_recording *recording = self;
	uint64_t now_us = dfut_context_get_time_us(recording->context);
	struct dfut_record_line *line = dfut_recording_begin(recording, "log", now_us);

	dfut_line_text(line, "level", names[level]);
	dfut_recording_text(recording, "text", text, true);
	if (level <= DFUT_LOG_WARNING)
		dfut_recording_end(recording);
	else
		dfut_recording_end_soon(recording, now_us);
}

static void add_steps(struct dfut_recording *recording, const struct dfut_news *news)
{
	struct dfut_record_line *line = &recording->line;

	dfut_line_key(line, "steps");
	dfut_line_open(line, '[');
	for (size_t i = 0; i < news->step_count; i++)
		dfut_recording_text(recording, NULL, news->steps[i].text, true);
	dfut_line_close(line, ']');
}

static void hear_news(void *self, const struct dfut_news *news)
{
	static const char *const events[] = { "plan", "state", "result" };
	struct dfut_recording *recording = self;
	uint64_t now_us = dfut_context_get_time_us(recording->context);
	struct dfut_record_line *line = dfut_recording_begin(recording, events[news->kind], now_us);

	dfut_line_text(line, "path", news->path);
	switch (news->kind) {
	case DFUT_NEWS_PLAN:
		add_steps(recording, news);
		break;
	case DFUT_NEWS_STATE:
		dfut_line_text(line, "state", news->state);
		break;
	case DFUT_NEWS_RESULT:
		dfut_line_text(line, "code", dfut_error_get_name(news->failure->code));
		dfut_recording_text(recording, "text", news->failure->text, true);
		dfut_recording_text(recording, "hint", news->failure->hint, true);
		break;
	}
	if (news->kind == DFUT_NEWS_PLAN)
		dfut_recording_end_soon(recording, now_us);
	else
		dfut_recording_end(recording);
}

static void let_go(void *self)
{
	dfut_recording_unref(self);
}

static const struct dfut_listener listener = {
	.take_bus = take_bus,
	.hear_log = hear_log,
	.hear_news = hear_news,
	.free = let_go,
};

/* Beginning and ending. */

static int open_file(struct dfut_recording *recording, struct dfut_failure *failure)
{
	errno = 0;
	recording->file = dfut_file_create(recording->path);
	if (recording->file) {
		setvbuf(recording->file, recording->kept, _IOFBF, sizeof(recording->kept));
		return 0;
	}
	dfut_fail(failure, DFUT_ERROR_IO, "%s: %s", recording->path, dfut_file_get_text(errno));
	if (errno == EEXIST)
		dfut_hint(failure, "a recording is never put in the place of another file: choose another name");
	return DFUT_ERROR_IO;
}

static int begin(struct dfut_recording *recording, const char *path, struct dfut_failure *failure)
{
	recording->path = dfut_format_text("%s", path);
	if (!recording->path || (!(recording->flags & DFUT_RECORD_PLAIN) && dfut_names_add_own(&recording->names) < 0))
		return dfut_fail_memory(failure);
	return open_file(recording, failure);
}

DFUT_API int dfut_context_record(struct dfut_context *context, const char *path, unsigned int flags)
{
	struct dfut_recording *recording;
	int result;

	if (context->listener || context->buses)
		return dfut_fail(&context->failure, DFUT_ERROR_BUSY,
				 context->listener ? "the context is recorded already" :
						     "a recording begins before the context has any bus");
	if (!path || !*path || flags & ~(unsigned int)(DFUT_RECORD_DATA | DFUT_RECORD_PLAIN))
		return dfut_fail(&context->failure, DFUT_ERROR_USAGE,
				 "a recording needs a path, and flags that there are");
	recording = calloc(1, sizeof(*recording));
	if (!recording)
		return dfut_fail_memory(&context->failure);
	pthread_mutex_init(&recording->lock, NULL);
	recording->refs = 1;
	recording->context = context;
	recording->flags = flags;
	result = begin(recording, path, &context->failure);
	if (result < 0) {
		dfut_recording_unref(recording);
		return result;
	}
	context->listener = &listener;
	context->listener_data = recording;
	return 0;
}

static int end(struct dfut_recording *recording)
{
	if (recording->file) {
		dfut_recording_begin(recording, "end", dfut_context_get_time_us(recording->context));
		dfut_recording_end(recording);
	}
	pthread_mutex_lock(&recording->lock);
	stop(recording, 0);
	pthread_mutex_unlock(&recording->lock);
	return recording->error;
}

DFUT_API int dfut_context_end_record(struct dfut_context *context)
{
	struct dfut_recording *recording = context->listener_data;
	int error;

	if (!recording)
		return dfut_fail(&context->failure, DFUT_ERROR_USAGE, "the context is not recorded");
	error = end(recording);
	return error ? dfut_fail(&context->failure, error == ENOMEM ? DFUT_ERROR_NO_MEMORY : DFUT_ERROR_IO,
				 "%s: the recording is not whole: %s", recording->path, strerror(error)) :
		       0;
}
