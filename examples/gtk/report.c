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

/* In the thread, with a context of its own. Virtual devices belong to the other one: of them there is what was recorded. */

struct wanted {
	char *path;
	const char *recording;
};

static void free_wanted(struct wanted *wanted)
{
	g_free(wanted->path);
	g_free(wanted);
}

static char *write_file(const struct wanted *wanted, const char *path)
{
	struct dfut_context *context = NULL;
	char *problem = NULL;

	if (dfut_context_new(&context) < 0)
		g_error("out of memory");
	if (dfut_context_report(context, path, NULL, wanted->recording, 0) < 0)
		problem = g_strdup(dfut_context_get_error(context));
	dfut_context_free(context);
	return problem;
}

/* The person has said that a file which is there may be replaced. */
static void save(GTask *task, void *source, void *data, GCancellable *cancellable)
{
	const struct wanted *wanted = data;
	char *whole = g_strconcat(wanted->path, ".new", NULL);
	char *problem;

	(void)source;
	(void)cancellable;
	g_unlink(whole);
	problem = write_file(wanted, whole);
	if (!problem && g_rename(whole, wanted->path) < 0)
		problem = g_strdup_printf("%s: %s", wanted->path, g_strerror(errno));
	if (problem)
		g_unlink(whole);
	g_free(whole);
	g_task_return_pointer(task, problem, g_free);
}

/* In the main loop. */

void report_save(struct report *report, const char *path, GAsyncReadyCallback done, void *user_data)
{
	struct wanted *wanted = g_new0(struct wanted, 1);
	GTask *task = g_task_new(NULL, NULL, done, user_data);

	wanted->path = g_strdup(path);
	wanted->recording = report->recording;
	g_task_set_task_data(task, wanted, (GDestroyNotify)free_wanted);
	g_task_run_in_thread(task, save);
	g_object_unref(task);
}

char *report_finish(GAsyncResult *result)
{
	return g_task_propagate_pointer(G_TASK(result), NULL);
}
