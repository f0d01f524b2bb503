/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* A job's progress: a bar on a terminal, a line per phase elsewhere, an object per report for programs. */

#include <string.h>

#include "describe.h"
#include "progress.h"
#include "system.h"

#define BAR_MIN 10
#define BAR_MAX 40
#define BAR_FRAME 3 /* " []" */
#define NAME_WIDTH 12
/* The first blocks say nothing about the rate. */
#define RATE_MIN_MS 100

/** A line on a terminal, by its parts. */
struct line {
	const char *name;
	char percent[32];
	char rate[32];
	char time[32];
	size_t bar; /**< characters, 0 for none */
};

void progress_start(struct progress *progress, struct output *output)
{
	memset(progress, 0, sizeof(*progress));
	progress->output = output;
	/* What can't go back to the beginning of a line gets lines. */
	progress->is_terminal = system_has_terminal();
	progress->phase = DFUT_SESSION_NEW;
}

static bool is_end(enum dfut_session_state state)
{
	return state == DFUT_SESSION_DONE || state == DFUT_SESSION_FAILED || state == DFUT_SESSION_CANCELLED;
}

static void put_rate(char *text, size_t size, uint64_t bytes, uint64_t time_ms)
{
	text[0] = '\0';
	if (bytes && time_ms >= RATE_MIN_MS)
		snprintf(text, size, "%.1f KiB/s", (double)bytes * 1000 / 1024 / (double)time_ms);
}

/* A part for which there is no room is left out. */
static void fit(char *part, size_t room, size_t *used)
{
	if (*used + strlen(part) > room)
		part[0] = '\0';
	*used += strlen(part);
}

/* The last column stays free: some terminals go on to the next line once it is written. */
static void fit_line(struct line *line, size_t columns, bool has_bar)
{
	size_t used = strlen(line->name);
	size_t room = columns - 1;

	fit(line->percent, room, &used);
	fit(line->time, room, &used);
	fit(line->rate, room, &used);
	used += BAR_FRAME;
	if (strlen(line->name) < NAME_WIDTH)
		used += NAME_WIDTH - strlen(line->name);
	if (has_bar && used + BAR_MIN <= room)
		line->bar = room - used < BAR_MAX ? room - used : BAR_MAX;
}

static void print_line(struct progress *progress, const struct line *line, uint64_t done, uint64_t total)
{
	/* Asked each time: windows change while a job runs. */
	size_t columns = system_get_columns();
	size_t filled = done >= total ? line->bar : (size_t)(done * line->bar / total);
	int width = line->bar ? NAME_WIDTH : 0;
	int length = 0;

	/* A line that was written for a wider window now stands on two. */
	if (progress->output->has_open_line && progress->width >= columns)
		output_end_line(progress->output);
	length += fprintf(stderr, "\r%-*.*s", width, (int)(columns - 1), line->name);
	length += line->bar ? fprintf(stderr, " [") : 0;
	for (size_t i = 0; i < line->bar; i++)
		length += fprintf(stderr, "%c", i < filled ? '#' : '.');
	length += fprintf(stderr, "%s%s%s%s", line->bar ? "]" : "", line->percent, line->rate, line->time);
	fputs("\033[K", stderr);
	fflush(stderr);
	progress->width = length > 0 ? (size_t)length - 1 : 0;
	progress->output->has_open_line = true;
}

/* `is_over`: the phase is, and took this long. */
static void draw(struct progress *progress, const struct dfut_progress *now, bool is_over)
{
	uint64_t passed_ms = now->elapsed_ms - progress->phase_start_ms;
	unsigned long long seconds = now->left_ms > 0 ? ((unsigned long long)now->left_ms + 999) / 1000 : 0;
	struct line line = { dfut_session_state_get_name(now->state), "", "", "", 0 };
	char rate[30];

	put_rate(rate, sizeof(rate), now->done, passed_ms);
	if (rate[0])
		snprintf(line.rate, sizeof(line.rate), "  %s", rate);
	if (now->total > 0)
		snprintf(line.percent, sizeof(line.percent), " %3u%%",
			 now->done >= now->total ? 100 : (unsigned int)(now->done * 100 / now->total));
	else if (now->done > 0)
		snprintf(line.percent, sizeof(line.percent), " %llu bytes", (unsigned long long)now->done);
	if (is_over)
		snprintf(line.time, sizeof(line.time), "  %.1f s", (double)passed_ms / 1000);
	else if (now->left_ms >= 0)
		snprintf(line.time, sizeof(line.time), "  %llu:%02llu left", seconds / 60, seconds % 60);
	fit_line(&line, system_get_columns(), now->total > 0);
	print_line(progress, &line, now->done, now->total);
}

static bool has_failed(enum dfut_session_state state)
{
	return state == DFUT_SESSION_FAILED || state == DFUT_SESSION_CANCELLED;
}

/* Reports are at least 50 ms apart, so the last one of a phase that succeeded is seldom its end. */
static struct dfut_progress get_phase_end(const struct progress *progress, const struct dfut_progress *next)
{
	struct dfut_progress end = progress->last;

	if (end.total > 0 && !has_failed(next->state))
		end.done = end.total;
	end.elapsed_ms = next->elapsed_ms;
	return end;
}

static void show_on_terminal(struct progress *progress, const struct dfut_progress *now, bool is_new_phase)
{
	struct dfut_progress end = get_phase_end(progress, now);

	if (is_new_phase && progress->output->has_open_line) {
		draw(progress, &end, true);
		output_end_line(progress->output);
	}
	if (is_new_phase)
		progress->phase_start_ms = now->elapsed_ms;
	if (!is_end(now->state))
		draw(progress, now, false);
}

static bool moves_firmware(enum dfut_session_state state)
{
	return state == DFUT_SESSION_DOWNLOADING || state == DFUT_SESSION_UPLOADING;
}

/* How much firmware went over the wire so far, and how long that took. */
static void count(struct progress *progress, const struct dfut_progress *now)
{
	struct dfut_progress end = get_phase_end(progress, now);

	progress->elapsed_ms = now->elapsed_ms;
	if (now->state == progress->phase || !moves_firmware(progress->phase))
		return;
	progress->moved += end.done;
	progress->moved_ms += now->elapsed_ms - progress->phase_start_ms;
}

void progress_print_end(const struct progress *progress)
{
	char rate[30];

	put_rate(rate, sizeof(rate), progress->moved, progress->moved_ms);
	output_text(progress->output, "took %.1f s%s%s\n", (double)progress->elapsed_ms / 1000, rate[0] ? ", at " : "",
		    rate);
}

static void show_line(const struct dfut_progress *now, bool is_new_phase)
{
	if (!is_new_phase || is_end(now->state))
		return;
	if (now->total > 0)
		fprintf(stderr, "%s %llu bytes\n", dfut_session_state_get_name(now->state),
			(unsigned long long)now->total);
	else
		fprintf(stderr, "%s\n", dfut_session_state_get_name(now->state));
}

static void show_json(struct output *output, const struct dfut_device *device, const struct dfut_progress *now)
{
	output_json(output, json_pack("{s:s, s:o, s:s, s:I, s:I, s:I, s:o}", "event", "progress", "device",
				      describe_new_json_identity(device), "state",
				      dfut_session_state_get_name(now->state), "done", (json_int_t)now->done, "total",
				      (json_int_t)now->total, "elapsed_ms", (json_int_t)now->elapsed_ms, "left_ms",
				      now->left_ms < 0 ? json_null() : json_integer((json_int_t)now->left_ms)));
}

/* The plan was for the worst; now it is known what has to be done. */
static void show_plan(struct progress *progress, struct dfut_session *session)
{
	struct dfut_device *device = dfut_session_get_device(session);

	output_json(progress->output,
		    json_pack("{s:s, s:o, s:o}", "event", "plan", "device", describe_new_json_identity(device), "steps",
			      describe_new_json_steps(session)));
}

static void show(struct progress *progress, struct dfut_session *session, const struct dfut_progress *now)
{
	bool is_new_phase = now->state != progress->phase;

	if (progress->output->json && now->plan != progress->plan)
		show_plan(progress, session);
	if (progress->output->json)
		show_json(progress->output, dfut_session_get_device(session), now);
	else if (progress->output->quiet)
		return;
	else if (progress->is_terminal)
		show_on_terminal(progress, now, is_new_phase);
	else
		show_line(now, is_new_phase);
}

void progress_handle(struct dfut_session *session, const struct dfut_progress *now, void *user_data)
{
	struct progress *progress = user_data;

	count(progress, now);
	show(progress, session, now);
	if (now->state != progress->phase)
		progress->phase_start_ms = now->elapsed_ms;
	progress->plan = now->plan;
	progress->phase = now->state;
	progress->last = *now;
}
