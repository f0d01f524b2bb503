/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* Reports for whoever is to help. */

#include "report.h"

#include <errno.h>
#include <glib.h>
#include <glib/gstdio.h>

struct report {
	struct dfut_context *context;
	char *folder;
	char *recording; /* NULL if none can be made: then there is none in the report */
};

struct report *report_new(struct dfut_context *context)
{
	struct report *report = g_new0(struct report, 1);

	report->context = context;
	report->folder = g_dir_make_tmp("dfutrigger-XXXXXX", NULL);
	if (!report->folder)
		return report;
	report->recording = g_build_filename(report->folder, "session.jsonl", NULL);
	if (dfut_context_record(context, report->recording, 0) < 0)
		g_clear_pointer(&report->recording, g_free);
	return report;
}

void report_free(struct report *report)
{
	if (report->recording) {
		(void)dfut_context_end_record(report->context);
		g_unlink(report->recording);
	}
	if (report->folder)
		g_rmdir(report->folder);
	g_free(report->recording);
	g_free(report->folder);
	g_free(report);
}

/* The person has said that a file which is there may be replaced. */
char *report_save(struct report *report, const char *path)
{
	char *whole = g_strconcat(path, ".new", NULL);
	char *problem = NULL;

	g_unlink(whole);
	if (dfut_context_report(report->context, whole, NULL, report->recording, 0) < 0)
		problem = g_strdup(dfut_context_get_error(report->context));
	else if (g_rename(whole, path) < 0)
		problem = g_strdup_printf("%s: %s", path, g_strerror(errno));
	if (problem)
		g_unlink(whole);
	g_free(whole);
	return problem;
}
