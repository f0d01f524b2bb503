/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* How fast an update goes, in words. */

#include "pace.h"

#include <glib.h>

#define SAMPLE_MS 250
/* How much a new sample counts. */
#define WEIGHT 0.3

static const char *get_phase(enum dfut_session_state state)
{
	switch (state) {
	case DFUT_SESSION_NEW:
	case DFUT_SESSION_TRIGGERING:
	case DFUT_SESSION_LEAVING:
	case DFUT_SESSION_RETURNING:
		return "Starting the bootloader";
	case DFUT_SESSION_PROBING:
	case DFUT_SESSION_DIAGNOSING:
		return "Asking the device";
	case DFUT_SESSION_MEASURING:
		return "Measuring the memory";
	case DFUT_SESSION_COMPARING:
		return "Comparing";
	case DFUT_SESSION_ANNOUNCING:
		return "Announcing the firmware";
	case DFUT_SESSION_DOWNLOADING:
		return "Writing";
	case DFUT_SESSION_MANIFESTING:
		return "Installing";
	case DFUT_SESSION_VERIFYING:
		return "Checking what was written";
	case DFUT_SESSION_UPLOADING:
		return "Reading";
	case DFUT_SESSION_RESTARTING:
		return "Starting the new firmware";
	case DFUT_SESSION_COMMANDING:
		return "Working";
	case DFUT_SESSION_DONE:
	case DFUT_SESSION_FAILED:
	case DFUT_SESSION_CANCELLED:
		return "Ending";
	}
	/* A newer library may know more. */
	return "Working";
}

void pace_note(struct pace *pace, const struct dfut_progress *progress)
{
	uint64_t passed_ms = progress->elapsed_ms - pace->at_ms;
	double rate;

	if (progress->state != pace->state || progress->done < pace->done) {
		*pace = (struct pace){ progress->state, progress->done, progress->elapsed_ms, 0 };
		return;
	}
	if (passed_ms < SAMPLE_MS)
		return;
	rate = (double)(progress->done - pace->done) * 1000 / (double)passed_ms;
	pace->rate = pace->rate > 0 ? pace->rate + WEIGHT * (rate - pace->rate) : rate;
	pace->done = progress->done;
	pace->at_ms = progress->elapsed_ms;
}

static void add_amount(GString *text, const struct dfut_progress *progress)
{
	char *done = g_format_size_full(progress->done, G_FORMAT_SIZE_IEC_UNITS);
	char *total = g_format_size_full(progress->total, G_FORMAT_SIZE_IEC_UNITS);

	if (progress->total)
		g_string_append_printf(text, ": %s of %s", done, total);
	else if (progress->done)
		g_string_append_printf(text, ": %s", done);
	g_free(done);
	g_free(total);
}

static void add_time(GString *text, int64_t left_ms)
{
	int64_t seconds = (left_ms + 999) / 1000;

	if (left_ms < 0)
		return;
	if (seconds < 90)
		g_string_append_printf(text, ", about %d second%s left", (int)seconds, seconds == 1 ? "" : "s");
	else
		g_string_append_printf(text, ", about %d minutes left", (int)((seconds + 30) / 60));
}

char *pace_describe(const struct pace *pace, const struct dfut_progress *progress)
{
	GString *text = g_string_new(get_phase(progress->state));

	add_amount(text, progress);
	if (pace->rate >= 1 && progress->total) {
		char *rate = g_format_size_full((uint64_t)pace->rate, G_FORMAT_SIZE_IEC_UNITS);

		g_string_append_printf(text, ", %s/s", rate);
		g_free(rate);
	}
	add_time(text, progress->left_ms);
	return g_string_free(text, FALSE);
}

double pace_get_fraction(const struct dfut_progress *progress)
{
	return progress->total ? (double)progress->done / (double)progress->total : -1;
}
