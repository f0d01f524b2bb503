/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* A recording: a session file that is being written (docs/session-files.md). */

#ifndef DFUT_RECORD_H
#define DFUT_RECORD_H

#include <limits.h>
#include <pthread.h>
#include <stdio.h>

#include "core/context.h"
#include "base/line.h"
#include "record/names.h"

/* Bytes of lines that are written at once */
#define DFUT_RECORD_KEPT 65536

struct dfut_tapped_request;

/* Its context holds it, and each request that may yet be completed, from any thread. */
struct dfut_recording {
	pthread_mutex_t lock;
	size_t refs;
	struct dfut_context *context;
	FILE *file;		     /* NULL: no more lines are written */
	char kept[DFUT_RECORD_KEPT]; /* lines that it has and the system has not */
	char *path;
	int error; /* what errno said when that could not be done any more */
	unsigned int flags;
	bool has_begun;
	uint64_t begun_us;
	uint64_t flushed_us; /* when lines were last given to the system */
	struct dfut_record_line line;
	struct dfut_names names;
	uint32_t devices; /* numbers that are given */
	struct dfut_tapped_request *spares;
};

struct dfut_recording *dfut_recording_ref(struct dfut_recording *recording);
void dfut_recording_unref(struct dfut_recording *recording);
/* No more lines are written: what errno says is why. */
void dfut_recording_give_up(struct dfut_recording *recording, int error);
/* Locks it, and begins a line. at_us: by the context's clock. */
struct dfut_record_line *dfut_recording_begin(struct dfut_recording *recording, const char *event, uint64_t at_us);
/* Writes the line, and all before it, and unlocks it. */
void dfut_recording_end(struct dfut_recording *recording);
/* The same of one of many: it is kept for a moment, in which others may come. now_us: by the context's clock. */
void dfut_recording_end_soon(struct dfut_recording *recording, uint64_t now_us);
/* A text with stand-ins; `all`: also those for people and machines. While it is locked. */
void dfut_recording_text(struct dfut_recording *recording, const char *key, const char *text, bool all);

/* tap.c */

/* Puts a bus in front of this one: what goes by is recorded. */
int dfut_recording_tap(struct dfut_recording *recording, const struct dfut_bus_ops **ops, void **bus);
/* What was kept for requests to come. */
void dfut_recording_free_spares(struct dfut_recording *recording);

/* device.c: the devices of a bus */

struct dfut_recorded_device {
	struct dfut_recorded_device *next;
	uint64_t instance;
	uint64_t digest; /* of what was told */
	uint32_t number;
	uint8_t serial_index;
	bool is_seen; /* in the scan under way */
	bool has_left;
	bool is_quiet[256]; /* interfaces that nobody types on: no keyboard, keypad or mouse */
};

/* The bus tells it: a line if it is new, or not as it was. */
void dfut_recording_take_device(struct dfut_recording *recording, struct dfut_recorded_device **devices,
				const char *bus, bool is_new, const struct dfut_device_facts *facts);
struct dfut_recorded_device *dfut_recording_find_device(struct dfut_recorded_device *devices, uint64_t instance);
/* Those that were not seen have left. */
void dfut_recording_drop_devices(struct dfut_recording *recording, struct dfut_recorded_device *devices);

/* action.c */

struct dfut_recorded_action {
	const struct dfut_action *action;
	uint32_t device;
	uint8_t serial_index; /* of its serial number's string */
	bool hides_all;	      /* its data, whatever the action says */
	uint64_t begun_us;
	uint64_t ended_us;
	int result;
	const uint8_t *data; /* that went out, or came in */
};

/* In place of a result: nobody waits for it any more. */
#define DFUT_RECORDED_NONE INT_MIN

void dfut_recording_take_action(struct dfut_recording *recording, const struct dfut_recorded_action *recorded);

#endif
