/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* Carrying out a session's plan: where the conductor is, and what session.c, conductor.c and following.c share. */

#ifndef DFUT_CONDUCTOR_H
#define DFUT_CONDUCTOR_H

#include "core/engine.h"
#include "core/machine.h"

struct dfut_device;
struct dfut_session;
struct dfut_trigger;

enum dfut_stage {
	DFUT_STAGE_NEW,
	DFUT_STAGE_STARTED, /* nothing sent yet */
	DFUT_STAGE_LEG,
	DFUT_STAGE_TRIGGER,
	DFUT_STAGE_LEAVING,
	DFUT_STAGE_RETURNING,
	DFUT_STAGE_ENDED,
};

/* Where in its plan a session is. */
struct dfut_conductor {
	enum dfut_stage stage;
	enum dfut_session_state state;
	uint64_t started_us;
	uint64_t phase_us;    /* when the state began */
	uint64_t deadline_us; /* of leaving, or of coming back */
	size_t leg;	      /* of the plan, that is carried out */
	struct dfut_run *run;
	struct dfut_job job;
	const struct dfut_machine_ops *machine; /* that runs once the device is configured ... */
	dfut_run_ended ended;			/* ... and what follows */
	enum dfut_link link;			/* what the job opens */
	enum dfut_end end;
	bool written;		     /* or at least begun */
	unsigned int restarts;	     /* out of a dead end */
	bool going_back;	     /* it refused what it found, and starts the application again */
	struct dfut_failure refusal; /* why */
	unsigned int triggered;	     /* times that the bootloader was reached */
	bool triggering;	     /* the departure was asked for by a trigger */
	size_t trigger_at;	     /* which trigger is tried */
	uint64_t trigger_until_us;   /* when the device must have left, whichever trigger it was */
	uint64_t share_until_us;     /* ... by the one that is tried */
	uint64_t share_from_us;	     /* when that one was begun */
	bool in_place;		     /* it took the trigger and stayed on the bus, as it may */
	size_t ways_tried;	     /* of the bootloader, by which this leg has asked the device to leave */
	uint64_t way_until_us;	     /* when it must have left, whichever way it was; 0 until it is waited for */
	bool is_other_way;	     /* what was usual had no effect */
	bool may_yet_leave;	     /* it was asked to, and had not by the deadline */
	bool has_twin;		     /* another device shows the same serial number, or did */
	bool has_twin_left;	     /* it may be that one which comes back */
};

/* What the application is told on the way. */
struct dfut_teller {
	struct dfut_progress told;
	uint64_t told_us;
	unsigned int plans;   /* that whoever listens was told */
	unsigned int telling; /* its handlers are running */
};

/* session.c */

/* While a session waits for a device, the context scans. */
void dfut_session_set_stage(struct dfut_session *session, enum dfut_stage stage);

/* teller.c */

/* How far the session is. */
void dfut_session_find_progress(const struct dfut_session *session, struct dfut_progress *progress);
/* Whoever listens hears how it has ended. */
void dfut_session_tell_result(const struct dfut_session *session);
void dfut_session_tell_progress(struct dfut_session *session, const struct dfut_progress *progress);
/* Tells it if it has changed, and it was not told just now. */
void dfut_session_update_progress(struct dfut_session *session);
/* Tells the progress handler if it is another state. */
void dfut_session_set_state(struct dfut_session *session, enum dfut_session_state state);

/* conductor.c */

/* What dispatch calls. */
extern const struct dfut_watcher_ops dfut_session_watcher_ops;
/* Ends the session with an error: with the failure that was set for it, or with one in general words. */
void dfut_session_fail(struct dfut_session *session, int code);
/* Starts the present leg, triggers the device for it, or ends the session. */
void dfut_session_proceed(struct dfut_session *session);
/* The triggers in the order in which they are tried; NULL after the last. */
const struct dfut_trigger *dfut_session_get_trigger(const struct dfut_session *session, size_t index);
/* False if there is no trigger left to try, or no time. */
bool dfut_session_start_next_trigger(struct dfut_session *session);
/* The leg is over: the next one. */
void dfut_session_go_on(struct dfut_session *session);
/* What every job has, of the device as it is now. */
void dfut_session_fill_job(const struct dfut_session *session, struct dfut_job *job);
/* Runs a machine for the conductor's job, which `ended` hears the end of. 0 or a negative error: then it does not. */
int dfut_session_start_run(struct dfut_session *session, const struct dfut_machine_ops *machine, dfut_run_ended ended);
void dfut_session_free_run(struct dfut_session *session);

/* leaving.c */

/* The way out of the bootloader to be tried now, DFUT_LEAVE_NONE after the last; it counts as tried. */
enum dfut_leave dfut_session_take_way_out(struct dfut_session *session);
/* Until when the device has time for the one that was tried. */
uint64_t dfut_session_get_way_out_end_us(struct dfut_session *session);
/* It is still there: false if there is no other way out to try. */
bool dfut_session_start_next_way_out(struct dfut_session *session);
/* It has left: which way made it leave is told, if that was not the usual one. */
void dfut_session_note_way_out(struct dfut_session *session);

/* following.c */

/* A failure's text is about the last of several triggers: " (tried: pico-bootsel, touch-1200)". */
void dfut_session_name_tried(struct dfut_session *session);
/* The device is to leave, or may; goes on at once if it has. */
void dfut_session_wait_for_departure(struct dfut_session *session, enum dfut_end end);
void dfut_session_left(struct dfut_session *session);
/* The deadline has passed: it is still there, or has not come back to its port. */
void dfut_session_stayed(struct dfut_session *session);
void dfut_session_never_returned(struct dfut_session *session);
/* Another device of the same kind with the same serial number: that says nothing about who is who, then. */
bool dfut_session_is_twin(const struct dfut_session *session, const struct dfut_device *device);
/* It is not back in time, as the system is busy with resets of others on its bus: it gets more time. */
bool dfut_session_is_held_up(struct dfut_session *session);
/* Takes the device that has come back meanwhile, if one has. */
bool dfut_session_look_for_return(struct dfut_session *session);
/* A device that came to another port with the same serial number; NULL if there is none, or more than one. */
struct dfut_device *dfut_session_find_moved(const struct dfut_session *session);
void dfut_session_returned(struct dfut_session *session, struct dfut_device *device);
void dfut_session_replace_device(struct dfut_session *session, struct dfut_device *device);
/* Whether this device is the one that left. */
bool dfut_session_is_the_one(const struct dfut_session *session, const struct dfut_device *device);

/* question.c */

/* What the device has answered before it restarted holds for what has come back, if that is the same. */
void dfut_session_recall_answer(struct dfut_session *session);
/* A job asks again whether it speaks what it was asked for in vain: that may have been an accident. */
void dfut_session_forget_denial(struct dfut_session *session);
/* The leg that asks which language the device speaks, if that is in doubt when the leg's turn has come. */
void dfut_session_add_question(struct dfut_session *session);
#endif
