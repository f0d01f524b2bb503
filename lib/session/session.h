/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* A session's inside: its legs, and what the conductor (session.c) and the jobs share. */

#ifndef DFUT_SESSION_H
#define DFUT_SESSION_H

#include "base/facts.h"
#include "core/engine.h"
#include "device/registry.h"
#include "device/target.h"
#include "session/plan.h"

enum dfut_stage {
	DFUT_STAGE_NEW,
	DFUT_STAGE_STARTED, /* nothing sent yet */
	DFUT_STAGE_LEG,
	DFUT_STAGE_TRIGGER,
	DFUT_STAGE_LEAVING,
	DFUT_STAGE_RETURNING,
	DFUT_STAGE_ENDED,
};

struct dfut_session {
	struct dfut_watcher watcher; /* once it has started, until it has ended */
	struct dfut_context *context;
	struct dfut_inbox *inbox;
	struct dfut_device *device;
	struct dfut_failure failure; /* also holds the message of success */
	struct dfut_facts facts;
	bool cancelled; /* under the inbox's lock */

	/* Options. */
	char *alternate;
	const struct dfut_trigger *trigger; /* the one that the caller picked */
	bool has_own;			    /* a trigger that the caller described */
	struct dfut_trigger own;
	int detach_timeout_ms;
	unsigned int return_timeout_ms;
	enum dfut_verify verify;
	enum dfut_erase erase;
	unsigned int force;
	uint64_t upload_size;
	dfut_progress_handler progress_handler;
	void *progress_data;

	/* Conductor. */
	enum dfut_stage stage;
	enum dfut_session_state state;
	struct dfut_plan plan;
	size_t leg; /* of the plan, that is carried out */
	struct dfut_run *run;
	struct dfut_job job;
	enum dfut_link link; /* what the job opens */
	enum dfut_end end;
	bool triggering;	   /* the departure was asked for by a trigger */
	size_t trigger_at;	   /* which trigger is tried */
	uint64_t trigger_until_us; /* when the device must have left, whichever trigger it was */
	uint64_t share_until_us;   /* ... by the one that is tried */
	uint64_t share_from_us;	   /* when that one was begun */
	bool in_place;		   /* it took the trigger and stayed on the bus, as it may */
	bool has_twin;		   /* another device shows the same serial number, or did */
	unsigned int triggered;	   /* times that the bootloader was reached */
	bool written;		   /* or at least begun */
	unsigned int restarts;
	uint64_t deadline_us;
	uint64_t started_us;
	uint64_t phase_us; /* when the state began */
	uint64_t told_us;
	struct dfut_progress told;
	unsigned int telling; /* its handlers are running */

	/* What the legs tell. */
	unsigned int refined; /* times that the plan was */
	bool restarted;	      /* the device did, after the download */
	bool unchanged;	      /* nothing had to be written */
	uint32_t install_ms;  /* the device needs so much longer to come back */
	char started[160];    /* what the new application calls itself, "" if not known */
	enum dfut_verified verified;
	char verify_note[256];
	char hint[512];
};

/* Registers the session with its context: dispatch carries it out. 0, or DFUT_ERROR_NO_MEMORY: then it has no plan any more. */
int dfut_session_begin(struct dfut_session *session);
/* Checks what every job needs, and forgets an earlier plan. 0 or a negative error; if the session was started before, that is
 * left as it is, and the words are in the context's failure. */
int dfut_session_check_start(struct dfut_session *session);
/* Plans the trigger if the device is not in its bootloader. */
int dfut_session_plan_trigger(struct dfut_session *session);
/* The bootloader is there: if it speaks another language than was expected, the legs are planned for that. */
int dfut_session_plan_again(struct dfut_session *session);
/* What is told when all legs have ended well; jobs.c knows. */
void dfut_session_tell_success(struct dfut_session *session);
/* fit.c: whether the image fits the device, as dfut_image_check(). */
int dfut_image_fit(const struct dfut_image *image, const struct dfut_device *device, const char *alternate,
		   unsigned int force, struct dfut_failure *failure);

#endif
