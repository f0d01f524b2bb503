/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* One job on one virtual device, and all that can be seen of it. Only public headers: it outlives what is behind them.
 */

#ifndef DFUT_BASELINE_BENCH_H
#define DFUT_BASELINE_BENCH_H

#include "dfutrigger-sim.h"
#include "lines.h"

/** What is to be done, as a line of the list of cases tells it. NULL: not told. */
struct setup {
	char *job;     /* trigger, probe, diagnose, update, plan, upload, or command:NAME */
	char *spec;    /* of the virtual device */
	char *image;   /* path of a firmware file */
	char *address; /* of a raw image */
	char *before;  /* "trigger": the device is brought into its bootloader first */
	char *fill;    /* a memory that holds something else at the start */
	char *how;     /* the trigger to use */
	char *alternate;
	char *verify;	/* never or always */
	char *erase;	/* needed, all or mass */
	char *force;	/* a check */
	char *size;	/* of an upload */
	char *devices;	/* path of a table of devices to add */
	char *most;	/* requests at which a cancel is tried; faults are at half as many */
	char *variants; /* letters: f faults, c cancels */
};

/** What happens to it. */
enum variant_kind {
	VARIANT_CLEAN,
	VARIANT_FAULT,
	VARIANT_CANCEL_AT_REQUEST,
	VARIANT_CANCEL_AT_STATE,
};

struct variant {
	enum variant_kind kind;
	struct dfut_sim_fault fault;
	size_t at;
};

/** How a run ended. */
struct outcome {
	struct lines words; /* result, hint, check, device, facts, memories */
	struct lines states;
	struct lines steps;    /* of the plan at the start, and of another one at the end */
	struct lines requests; /* the record, one line each */
	struct lines log;
	size_t request_count; /* those that faults are counted in */
	bool *is_endpoint;    /* of each of them */
	bool is_of_handle;    /* its log tells more of how a handle is made than of what it does */
	uint64_t time_us;
	uint64_t progress; /* digest of all that was told of it */
	size_t progress_count;
};

void outcome_clear(struct outcome *outcome);

/** A device as plugged in; several share context and sim. */
struct bench {
	const struct setup *setup;
	struct dfut_context *context;
	struct dfut_sim *sim;
	struct dfut_sim_device *device;
	char port[16];
	struct outcome *outcome; /* of the present run */
};

/** A session on it. */
struct run {
	struct bench *bench;
	const struct variant *variant;
	struct dfut_session *session; /* NULL if there is nothing to wait for */
	struct dfut_image *image;
	const char *job;
	uint64_t begin_us;
	int started;
	enum dfut_session_state state;
	size_t state_changes;
	uint64_t uploaded_size;
	uint64_t uploaded;
};

/** @return 0, or a negative error, whose text is printed */
int bench_start(struct bench *bench, const struct setup *setup);
/** One more device, at this port of the same bus. */
int bench_join(struct bench *bench, const struct bench *first, const struct setup *setup, const char *port);
void bench_stop(struct bench *bench);
/** Runs the job once. */
void bench_run(struct bench *bench, const char *job, const struct variant *variant, struct outcome *outcome);
/** The same in parts, for several at the same time. `run` stays where it is */
void run_begin(struct run *run, struct bench *bench, const char *job, const struct variant *variant,
	       struct outcome *outcome);
bool run_has_ended(const struct run *run);
void run_end(struct run *run);
/** Faults end, time passes, somebody plugs in again what is gone. */
void bench_settle(struct bench *bench);
/** The names of the commands that the device knows now. */
void bench_list_commands(struct bench *bench, struct lines *names);

/* handles.c */

/** Calls all that a handle can do, and notes what came of it. */
void bench_run_handle(struct bench *bench, struct dfut_device *device);

#endif
