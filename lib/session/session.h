/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* A session's inside: what the application has set, the plan, who carries it out, and the result. */

#ifndef DFUT_SESSION_H
#define DFUT_SESSION_H

#include "base/facts.h"
#include "device/registry.h"
#include "device/target.h"
#include "session/conductor.h"
#include "session/plan.h"

/* Which language a bootloader has said that it speaks, and of what device it is. */
struct dfut_answer {
	const struct dfut_language *language;
	const struct dfut_entry *entry; /* NULL: none was asked */
	uint16_t vendor_id;
	uint16_t product_id;
};

/* What the legs have found out, for what is told in the end. */
struct dfut_findings {
	struct dfut_answer answer;
	bool restarted;	     /* the device did, after the download */
	bool unchanged;	     /* nothing had to be written */
	bool was_there;	     /* the image was in the device already, which had to start it only */
	uint32_t install_ms; /* the device needs so much longer to come back */
	char started[160];   /* what the new application calls itself, "" if not known */
	char unsent[64];     /* the trigger that was asked for, and not needed; "" if there is none */
	enum dfut_verified verified;
	char verify_note[256];
	char hint[512];
};

struct dfut_session {
	struct dfut_watcher watcher; /* once it has started, until it has ended */
	struct dfut_context *context;
	struct dfut_inbox *inbox;
	struct dfut_device *device;
	bool cancelled; /* under the inbox's lock */

	/* What the application has set. */
	char *alternate;
	struct dfut_place place;	    /* where it is */
	const struct dfut_trigger *trigger; /* the one that the caller picked */
	bool has_own;			    /* a trigger that the caller described */
	struct dfut_trigger own;
	int bootloader_vendor_id; /* DFUT_MATCH_ANY for any */
	int bootloader_product_id;
	int detach_timeout_ms;
	unsigned int return_timeout_ms;
	enum dfut_verify verify;
	enum dfut_erase erase;
	enum dfut_restart restart;
	bool leaves_on_test; /* the new firmware is not confirmed, where a bootloader wants that */
	unsigned int force;
	uint64_t upload_size;
	uint16_t transfer_size; /* bytes of a block, 0 as the device says */
	bool has_address;
	uint32_t address; /* where reading, or the application to be started, begins */
	char *volume;	  /* where its drive is mounted, NULL if the system is to say */
	char *part;	  /* of the device, NULL if it was not named */
	dfut_progress_handler progress_handler;
	void *progress_data;

	struct dfut_plan plan;
	struct dfut_conductor conductor;
	struct dfut_teller teller;

	/* The result. */
	struct dfut_failure failure; /* also holds the message of success */
	struct dfut_facts facts;
	struct dfut_findings findings;
	const char **part_choice; /* that there is, if the job needs to know the part: constants */
	size_t part_choice_count;
};

/* What is used unless the application sets another time. */
#define DFUT_RETURN_TIMEOUT_MS 10000

/* Registers the session with its context: dispatch carries it out. 0, or DFUT_ERROR_NO_MEMORY: then it has no plan any more. */
int dfut_session_begin(struct dfut_session *session);
/* Checks what every job needs, and forgets an earlier plan. 0 or a negative error; if the session was started before, that is
 * left as it is, and the words are in the context's failure. */
int dfut_session_check_start(struct dfut_session *session);
/* Whether a bootloader has the interface that was chosen: 0 or a negative error. */
int dfut_session_check_place(struct dfut_session *session);
/* Plans the trigger if the device is not in its bootloader. */
int dfut_session_plan_trigger(struct dfut_session *session);
/* The bootloader is there: if it speaks another language than was expected, the legs are planned for that. */
int dfut_session_plan_again(struct dfut_session *session);
/* The legs of an update for what the device is now. */
int dfut_session_plan_anew(struct dfut_session *session);
/* What is told when all legs have ended well; jobs.c knows. */
void dfut_session_tell_success(struct dfut_session *session);
/* Whether the plan's image fits the device as it is now: 0, or a negative error. */
int dfut_session_check_fit(struct dfut_session *session);
/* Whether the ids in the image's file are those that the bootloader is said to have. */
bool dfut_image_is_for(const struct dfut_image *image, int vendor, int product);
/* Whether the ids in the image's file are those of this very product. */
bool dfut_image_names(const struct dfut_image *image, const struct dfut_device *device);
/* fit.c: whether the image fits the device, as dfut_image_check(). */
int dfut_image_fit(const struct dfut_image *image, const struct dfut_device *device, const char *alternate,
		   unsigned int force, struct dfut_failure *failure);

#endif
