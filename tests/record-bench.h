/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* Updates of virtual devices that are recorded, into files of a folder of their own. */

#ifndef RECORD_BENCH_H
#define RECORD_BENCH_H

#define ROUND_LIMIT 100000

#include "specimens.h"

/* A device is updated, and all of it is recorded. */
struct take {
	const struct specimen *specimen;
	const char *spec;
	const char *path; /* of the recording, NULL for none */
	unsigned int flags;
	int result;
	char text[1024];
	char difference[512];
	bool is_filled; /* what was read had to be made up, and that was said */
	size_t requests;
};

static char record_folder[] = "/tmp/dfutrigger-record-XXXXXX";

static inline const char *record_in_folder(const char *name)
{
	static char path[256];

	if (strstr(record_folder, "XXXXXX") && !mkdtemp(record_folder))
		cr_fatal("mkdtemp");
	snprintf(path, sizeof(path), "%s/%s", record_folder, name);
	return path;
}

static inline void record_count_requests(struct take *take, const struct dfut_sim_device *device)
{
	take->difference[0] = '\0';
	take->requests = dfut_sim_device_get_request_count(device);
	for (size_t i = 0; i < dfut_sim_device_get_record_count(device); i++) {
		const struct dfut_sim_record *record = dfut_sim_device_get_record(device, i);

		if (record->event == DFUT_SIM_EVENT_BREACH && !take->difference[0])
			snprintf(take->difference, sizeof(take->difference), "%s", record->text);
	}
}

static inline void record_update(struct take *take, struct bench *bench, const struct firmware *firmware)
{
	struct dfut_session *session = bench_new_session(bench, "1-1");
	struct dfut_image *image;

	cr_assert(eq(int, specimen_load(&image, bench->context, take->specimen, firmware), 0), "%s",
		  dfut_context_get_error(bench->context));
	cr_assert(eq(int, dfut_session_set_part(session, take->specimen->part), 0));
	take->result = dfut_session_start_update(session, image);
	if (take->result == 0)
		take->result = dfut_session_run(session);
	snprintf(take->text, sizeof(take->text), "%s", dfut_session_get_message(session));
	dfut_image_free(image);
	dfut_session_free(session);
}

static inline void record_hear(enum dfut_log_level level, const char *text, void *data)
{
	struct take *take = data;

	(void)level;
	take->is_filled = take->is_filled || strstr(text, "it reads as 0xff");
}

static inline void record_perform(struct take *take)
{
	struct firmware firmware;
	struct bench bench;

	specimen_make(&firmware, take->specimen);
	cr_assert(eq(int, dfut_context_new(&bench.context), 0));
	dfut_context_set_log_handler(bench.context, DFUT_LOG_WARNING, record_hear, take);
	if (take->path) {
		unlink(take->path);
		cr_assert(eq(int, dfut_context_record(bench.context, take->path, take->flags), 0), "%s",
			  dfut_context_get_error(bench.context));
	}
	cr_assert(eq(int, dfut_sim_new(&bench.sim, DFUT_SIM_CLOCK_VIRTUAL), 0));
	cr_assert(eq(int, dfut_sim_add_to_context(bench.sim, bench.context), 0));
	cr_assert(eq(int, specimen_teach(bench.context, take->specimen), 0));
	bench.device = bench_plug(&bench, take->spec, "1-1");
	if (strncmp(take->spec, "replay:", 7) != 0)
		specimen_prepare(bench.device, take->specimen);
	record_update(take, &bench, &firmware);
	record_count_requests(take, bench.device);
	if (take->path)
		cr_expect(eq(int, dfut_context_end_record(bench.context), 0));
	bench_stop(&bench);
}

#endif
