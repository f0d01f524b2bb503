/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* A job's progress: a bar on a terminal, a line per phase elsewhere, an object per report for programs. */

#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "describe.h"
#include "progress.h"

#define BAR_MIN 10
#define BAR_MAX 40
#define TEXT_AROUND_BAR 48

void progress_start(struct progress *progress, struct output *output)
{
	memset(progress, 0, sizeof(*progress));
	progress->output = output;
	progress->is_terminal = isatty(STDERR_FILENO);
	progress->phase = DFUT_SESSION_NEW;
}

static bool is_end(enum dfut_session_state state)
{
	return state == DFUT_SESSION_DONE || state == DFUT_SESSION_FAILED || state == DFUT_SESSION_CANCELLED;
}

static unsigned int get_bar_width(void)
{
	struct winsize window = { 0 };
	unsigned int columns = 80;

	if (ioctl(STDERR_FILENO, TIOCGWINSZ, &window) == 0 && window.ws_col > 0)
		columns = window.ws_col;
	if (columns < TEXT_AROUND_BAR + BAR_MIN)
		return BAR_MIN;
	return columns - TEXT_AROUND_BAR < BAR_MAX ? columns - TEXT_AROUND_BAR : BAR_MAX;
}

static void print_bar(const struct dfut_progress *now)
{
	unsigned int width = get_bar_width();
	uint64_t filled = now->done >= now->total ? width : now->done * width / now->total;

	fputs(" [", stderr);
	for (unsigned int i = 0; i < width; i++)
		fputc(i < filled ? '#' : '.', stderr);
	fprintf(stderr, "] %3u%%", now->done >= now->total ? 100 : (unsigned int)(now->done * 100 / now->total));
}

static void print_rate(const struct progress *progress, const struct dfut_progress *now)
{
	uint64_t passed_ms = now->elapsed_ms - progress->phase_start_ms;

	/* The first blocks say nothing about the rate. */
	if (now->elapsed_ms <= progress->phase_start_ms || passed_ms < 100)
		return;
	fprintf(stderr, "  %.1f KiB/s", (double)now->done * 1000 / 1024 / (double)passed_ms);
}

static void draw(const struct progress *progress, const struct dfut_progress *now)
{
	fprintf(stderr, "\r%-12s", dfut_session_state_get_name(now->state));
	if (now->total > 0)
		print_bar(now);
	else if (now->done > 0)
		fprintf(stderr, " %llu bytes", (unsigned long long)now->done);
	if (now->done > 0)
		print_rate(progress, now);
	if (now->left_ms >= 0) {
		unsigned long long seconds = ((unsigned long long)now->left_ms + 999) / 1000;

		fprintf(stderr, "  %llu:%02llu left", seconds / 60, seconds % 60);
	}
	fputs("\033[K", stderr);
	fflush(stderr);
	progress->output->has_open_line = true;
}

static void end_bar(struct progress *progress, enum dfut_session_state next)
{
	struct dfut_progress end = progress->last;

	if (!progress->output->has_open_line)
		return;
	/* Reports are at least 50 ms apart, so the last one of a phase that succeeded is seldom its end. */
	if (end.total > 0 && next != DFUT_SESSION_FAILED && next != DFUT_SESSION_CANCELLED) {
		end.done = end.total;
		end.left_ms = -1;
		draw(progress, &end);
	}
	output_end_line(progress->output);
}

static void show_on_terminal(struct progress *progress, const struct dfut_progress *now, bool is_new_phase)
{
	if (is_new_phase)
		end_bar(progress, now->state);
	if (!is_end(now->state))
		draw(progress, now);
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

static void show_json(struct output *output, const struct dfut_progress *now)
{
	output_json(output, json_pack("{s:s, s:s, s:I, s:I, s:I, s:o}", "event", "progress", "state",
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

void progress_handle(struct dfut_session *session, const struct dfut_progress *now, void *user_data)
{
	struct progress *progress = user_data;
	bool is_new_phase = now->state != progress->phase;

	if (progress->output->json) {
		if (now->plan != progress->plan)
			show_plan(progress, session);
		progress->plan = now->plan;
		show_json(progress->output, now);
		return;
	}
	if (progress->output->quiet)
		return;
	if (is_new_phase)
		progress->phase_start_ms = now->elapsed_ms;
	if (progress->is_terminal)
		show_on_terminal(progress, now, is_new_phase);
	else
		show_line(now, is_new_phase);
	progress->phase = now->state;
	progress->last = *now;
}
