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
	char *most;	/* steps at which faults and cancels are tried */
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
	uint64_t time_us;
	uint64_t progress; /* digest of all that was told of it */
	size_t progress_count;
};

void outcome_clear(struct outcome *outcome);

/** A device as plugged in. */
struct bench {
	const struct setup *setup;
	struct dfut_context *context;
	struct dfut_sim *sim;
	struct dfut_sim_device *device;
	struct outcome *outcome; /* of the present run */
};

/** @return 0, or a negative error, whose text is printed */
int bench_start(struct bench *bench, const struct setup *setup);
void bench_stop(struct bench *bench);
/** Runs the job once. */
void bench_run(struct bench *bench, const char *job, const struct variant *variant, struct outcome *outcome);
/** Faults end, time passes, somebody plugs in again what is gone. */
void bench_settle(struct bench *bench);
/** The names of the commands that the device knows now. */
void bench_list_commands(struct bench *bench, struct lines *names);

#endif
