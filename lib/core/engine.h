/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/*
 * The engine: a run is a device with what is open on it, on which machines run, one after the other; the dispatch of its
 * context carries their actions out through a transport.
 */

#ifndef DFUT_ENGINE_H
#define DFUT_ENGINE_H

#include "core/context.h"
#include "core/machine.h"

/* How often it is tried to open what is settling. */
#define DFUT_OPEN_RETRY_MS 10

struct dfut_run;

/* What a run needs to know of a device. */
struct dfut_peer {
	struct dfut_bus *bus;
	uint64_t instance;
	const char *path;    /* for the log */
	uint64_t arrived_us; /* 0: it was there when the bus was first looked at */
};

/* Called when a machine has ended, last: code is 0 or a negative error. The run may be freed in it. */
typedef void (*dfut_run_ended)(void *owner, int code, enum dfut_end end);

/* A node that has just appeared may not be ready, so that opening it failed with this; one that was there before is as it
 * is. */
bool dfut_peer_is_settling(const struct dfut_peer *peer, int result);

/* Copies the peer. The context must outlive the run. `maker`: whose turn in dispatch is right before the run's; NULL for
 * nobody's. */
int dfut_run_new(struct dfut_run **run, const struct dfut_peer *peer, struct dfut_watcher *maker, dfut_run_ended ended,
		 void *owner);
/* Ends its machine early without a word, and closes what is open; a request under way is left to its transport. */
void dfut_run_free(struct dfut_run *run);
/* Runs a machine; none may be running. The job, and what it points to, must live as long as it does. 0, or an error before
 * anything was sent: then `ended` is not called. It may be called before this returns. */
int dfut_run_begin(struct dfut_run *run, const struct dfut_machine_ops *ops, const struct dfut_job *job);
/* A machine that is not done by this time ends with TIMEOUT, all tries to open a node that is not ready included. */
void dfut_run_set_limit(struct dfut_run *run, uint64_t until_us);
/* A handler of the application was called from inside of its machine: it can't be freed now. */
bool dfut_run_is_busy(const struct dfut_run *run);
/* The time that its machine has waited for the system: to open, for bus resets, and for its turn. */
uint64_t dfut_run_get_held_us(const struct dfut_run *run);
/* A machine has had something of the device open. */
bool dfut_run_has_reached(const struct dfut_run *run);
/* An OPEN of what is open succeeds at once. */
bool dfut_run_has_open(const struct dfut_run *run, enum dfut_link link, uint8_t channel);
/* The channel is about to be released. */
void dfut_run_forget_open(struct dfut_run *run, enum dfut_link link, uint8_t channel);
/* Of the machine that runs. */
void dfut_run_get_progress(const struct dfut_run *run, uint64_t *done, uint64_t *total);
/* What is left of a wait that the machine has asked for; 0 if it does not wait. */
uint64_t dfut_run_get_wait_ms(const struct dfut_run *run);
/* The machine's phase, or `otherwise` if it has no word in it. */
enum dfut_session_state dfut_run_get_phase(const struct dfut_run *run, enum dfut_session_state otherwise);
/* What a person has to do before the next run if its machine is given up now; NULL: nothing. */
const char *dfut_run_get_remedy(const struct dfut_run *run);

#endif
