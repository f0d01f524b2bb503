/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* What a job of a session is made of: legs, what a person is told of them, and the state of the language that carries it out. */

#ifndef DFUT_PLAN_H
#define DFUT_PLAN_H

#include "image/image.h"
#include "language/language.h"

#define DFUT_LEG_AGAIN 1

struct dfut_device;
struct dfut_session;

/* What the job is for. */
enum dfut_purpose {
	DFUT_PURPOSE_NONE,
	DFUT_PURPOSE_TRIGGER,
	DFUT_PURPOSE_PROBE,
	DFUT_PURPOSE_UPDATE,
	DFUT_PURPOSE_UPLOAD,
	DFUT_PURPOSE_COMMAND,
	DFUT_PURPOSE_DIAGNOSE,
};

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

/* All that a job needs beyond what the application has set. Made by planning, freed as a whole; zeroed: there is none. */
struct dfut_plan {
	enum dfut_purpose purpose;
	const struct dfut_language *language; /* that its legs are for; NULL for none */
	void *work;			      /* the language's, as long as the plan */
	void *job;			      /* the language's, for the leg that runs */
	struct dfut_image *image;
	const struct dfut_command *command;
	const char *part;   /* that the table says the device has, as it was at first; NULL if it does not say */
	size_t candidate;   /* of the languages that the bootloader may speak, the one that it is asked for */
	bool has_interface; /* on which the language has found its memories ... */
	uint8_t interface;  /* ... bInterfaceNumber */
	dfut_writer writer; /* gets what is read */
	void *writer_data;
	uint64_t uploaded;
	struct dfut_leg *legs;
	size_t leg_count;
	struct dfut_step *steps; /* with texts of their own */
	size_t step_count;
	unsigned int refined; /* times that legs or steps were planned anew */
	bool has_right_ids;   /* the file is made for the device that it began with, whatever ids that has later */
	bool raw_at_start;    /* an image without addresses goes to where the first memory begins */
	bool lacks_memory;    /* a leg or a step could not be kept */
};

void dfut_plan_clear(struct dfut_plan *plan);
/* Another language than before gets fresh state. 0 or DFUT_ERROR_NO_MEMORY. */
int dfut_plan_set_language(struct dfut_plan *plan, const struct dfut_language *language);
/* What can't be kept is told by dfut_plan_check(). */
void dfut_plan_add_leg(struct dfut_plan *plan, const struct dfut_leg *leg);
void dfut_plan_add_step(struct dfut_plan *plan, enum dfut_session_state state, uint64_t bytes, uint32_t time_ms,
			const char *text, ...) DFUT_PRINTF(5, 6);
/* Steps from this index on are forgotten. */
void dfut_plan_keep_steps(struct dfut_plan *plan, size_t count);
/* Whether all of it is there: 0 or DFUT_ERROR_NO_MEMORY, with its words. */
int dfut_plan_check(const struct dfut_plan *plan, struct dfut_failure *failure);

#endif
