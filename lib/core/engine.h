/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* The engine: runs one machine on one device, carrying its actions out through a transport. */

#ifndef DFUT_ENGINE_H
#define DFUT_ENGINE_H

#include "device/device.h"

struct dfut_run;

/* Called once, last: code is 0 or a negative error; the run may be freed in it. */
typedef void (*dfut_run_ended)(void *owner, int code, enum dfut_end end);

/* The job, and what it points to, must live as long as the run. Nothing is sent before dfut_run_begin(). */
int dfut_run_new(struct dfut_run **run, struct dfut_device *device, const struct dfut_machine_ops *ops,
		 const struct dfut_job *job, dfut_run_ended ended, void *owner);
/* Ends it early without a word; a request under way is left to its transport. */
void dfut_run_free(struct dfut_run *run);
void dfut_run_begin(struct dfut_run *run);
/* When it must be looked at again, UINT64_MAX for never. */
uint64_t dfut_run_get_deadline_us(const struct dfut_run *run);
/* Its time has come. */
void dfut_run_expire(struct dfut_run *run);
/* No action lasts longer than to this time, with all tries to open a node that is not ready. */
void dfut_run_set_limit(struct dfut_run *run, uint64_t until_us);
/* Ends the machine's wait now. */
void dfut_run_wake(struct dfut_run *run);
/* The device has left: whatever is under way ends with GONE. */
void dfut_run_device_left(struct dfut_run *run);
void dfut_run_get_progress(const struct dfut_run *run, uint64_t *done, uint64_t *total);
/* The machine's phase, or `otherwise` if it has no word in it. */
enum dfut_session_state dfut_run_get_phase(const struct dfut_run *run, enum dfut_session_state otherwise);
size_t dfut_run_get_action_count(const struct dfut_run *run);

#endif
