/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* A session's inside: its legs, and what the conductor (session.c) and the jobs (update.c) share. */

#ifndef DFUT_SESSION_H
#define DFUT_SESSION_H

#include "base/facts.h"
#include "core/engine.h"
#include "device/target.h"
#include "image/image.h"

#define DFUT_LEG_LIMIT 10
#define DFUT_STEP_LIMIT 10
#define DFUT_LEG_AGAIN 1

struct dfut_command;
struct dfut_session;
struct dfut_dfuse;
struct dfut_protocol;

/* What is done, in the mode that it needs. */
struct dfut_leg {
	enum dfut_session_state state;
	enum dfut_mode needs; /* unknown: whatever it is in */
	/* False: there is nothing to do; it may say why. NULL: always. */
	bool (*is_wanted)(struct dfut_session *session);
	/* Fills the job in. 0 or a negative error in session->failure; NULL for a leg that only wants the mode. */
	int (*prepare)(struct dfut_session *session, struct dfut_job *job, const struct dfut_machine_ops **machine);
	/* Judges the end, code as the machine left it. 0: go on, or DFUT_LEG_AGAIN. NULL: the code is the judgement. */
	int (*judge)(struct dfut_session *session, int code);
};

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
	struct dfut_session *next;
	struct dfut_context *context;
	struct dfut_inbox *inbox;
	struct dfut_device *device;
	struct dfut_image *image;
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
	const struct dfut_protocol *protocol; /* that the legs of an update are planned for */
	unsigned int force;
	uint64_t upload_size;
	dfut_writer writer;
	void *writer_data;
	dfut_progress_handler progress_handler;
	void *progress_data;

	/* Conductor. */
	enum dfut_stage stage;
	enum dfut_session_state state;
	struct dfut_leg legs[DFUT_LEG_LIMIT];
	size_t leg_count;
	size_t leg;
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

	/* Plan. */
	struct dfut_step steps[DFUT_STEP_LIMIT];
	char step_texts[DFUT_STEP_LIMIT][160];
	size_t step_count;
	unsigned int plan; /* times that it was refined */

	/* Update. */
	uint64_t counted;			  /* bytes measured or compared */
	uint8_t header[DFUT_MCUBOOT_HEADER_SIZE]; /* of the firmware that runs */
	bool restarted;				  /* the device did, after the download */
	bool unchanged;				  /* nothing had to be written */
	const struct dfut_command *command;
	uint32_t install_ms;	  /* the device needs so much longer to come back */
	char started[160];	  /* what the new application calls itself, "" if not known */
	bool diagnosing;	  /* the job was only to see what can be done */
	struct dfut_dfuse *dfuse; /* what an update by DfuSe has found out */
	enum dfut_verified verified;
	char verify_note[256];
	char hint[512];
};

int dfut_session_add_leg(struct dfut_session *session, const struct dfut_leg *leg);
void dfut_session_add_step(struct dfut_session *session, enum dfut_session_state state, uint64_t bytes,
			   uint32_t time_ms, const char *text, ...) DFUT_PRINTF(5, 6);
/* Registers the session with its context: dispatch carries it out. */
int dfut_session_begin(struct dfut_session *session);
/* The session can be planned and started with another image, or another job. */
void dfut_session_forget_plan(struct dfut_session *session);
/* Checks what every job needs; plans the trigger if the device is not in its bootloader. */
int dfut_session_check_start(struct dfut_session *session);
int dfut_session_plan_trigger(struct dfut_session *session);
/* The bootloader is there: if it speaks another language than was expected, the legs are planned for that. */
int dfut_session_plan_again(struct dfut_session *session);
/* What is told when all legs have ended well; update.c knows. */
void dfut_session_tell_success(struct dfut_session *session);
void dfut_dfuse_free(struct dfut_dfuse *dfuse);

#endif
