/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* An update by DfuSe: which memories (memory.c), what the image has for them (content.c), what the plan says (steps.c), and the
 * legs (plan.c). */

#ifndef DFUT_DFUSE_PLAN_H
#define DFUT_DFUSE_PLAN_H

#include "language/dfuse/core.h"
#include "language/dfuse/options.h"
#include "session/jobs.h"

#define DFUSE_MEMORY_LIMIT 8

enum dfuse_kind {
	DFUSE_KIND_PLAIN,
	DFUSE_KIND_ONE_TIME,	 /* what is written there stays for good */
	DFUSE_KIND_OPTION_BYTES, /* the part resets itself when they are written: they come last */
};

/* An alternate setting that the image has something for. */
struct dfuse_memory {
	struct dfuse_layout layout;
	uint8_t alternate;
	enum dfuse_kind kind;
};

/* One that the image touches. */
struct dfuse_place {
	uint32_t address;
	uint32_t size;
	const struct dfuse_memory *memory;
	bool can_erase;
	bool differs;
};

struct dfuse_size {
	uint64_t image;
	uint64_t whole; /* with the gaps in it, which are written if they are short */
};

/* What a plan keeps for it: what is known once the bootloader is there. */
struct dfuse_work {
	bool is_resolved;
	uint64_t counted; /* option bytes read */
	uint32_t start;	  /* of the application */
	struct dfuse_memory memories[DFUSE_MEMORY_LIMIT];
	size_t memory_count;
	struct dfuse_range *image; /* what is to be there, by memory and address */
	size_t image_count;
	struct dfuse_place *sectors; /* in the same order */
	size_t sector_count;
	size_t sector_room;
	struct dfuse_range *runs; /* where the leg reads or writes */
	size_t run_count;
	uint64_t run_bytes; /* of the image in them */
	size_t piece;	    /* of the image, where the leg is ... */
	size_t sector;
	size_t told;		      /* up to this piece */
	uint8_t *block;		      /* what it writes there, if it is not all of one piece */
	struct dfut_failure *failure; /* where it tells what reads otherwise than it was written */
	struct dfuse_range *erases;
	size_t erase_count;
	bool has_compared;
	bool read_protected;
	bool is_unsure;		    /* whether the option bytes were written */
	struct dfuse_range options; /* where the option bytes are, size 0 if they would not be understood */
	uint8_t option_bytes[DFUSE_OPTIONS_SIZE];
	struct dfuse_options protection;
};

static inline struct dfuse_work *dfuse_get_work(const struct dfut_session *session)
{
	return session->plan.work;
}

static inline struct dfuse_job *dfuse_get_job(const struct dfut_session *session)
{
	return session->plan.job;
}

/* plan.c */

int dfuse_plan(struct dfut_session *session);
/* The memory that was chosen, or the first. */
int dfuse_prepare_erase(struct dfut_session *session, struct dfut_job *job);
/* Starts what is at the address that was given, or else where the first memory can be written. */
int dfuse_prepare_leave(struct dfut_session *session, struct dfut_job *job);

/* upload.c */

int dfuse_check_upload(struct dfut_session *session);
int dfuse_prepare_upload(struct dfut_session *session, struct dfut_job *job, const struct dfut_machine_ops **machine);

/* memory.c */

void dfuse_finish(void *work);

/* The layout that an alternate setting's name tells, as the device's quirks want it read. False if there is none. */
bool dfuse_get_layout(const struct dfut_session *session, const struct dfut_interface *interface,
		      struct dfuse_layout *layout);
/* The memory that has this address, of several. NULL: the words are in the session's failure. */
const struct dfut_interface *dfuse_find_memory(struct dfut_session *session, uint32_t address);
/* The hint of a failure that was just set, behind these words: what memories there are, as far as their names tell. Returns
 * its code. */
int dfuse_hint_memories(struct dfut_session *session, const char *lead);
/* A memory whose name is no layout. Returns the error. */
int dfuse_refuse_layout(struct dfut_session *session, const struct dfut_interface *interface);
/* One of those that the image has something for. */
const struct dfuse_memory *dfuse_get_memory(const struct dfuse_work *dfuse, uint8_t alternate);
/* Once the bootloader is there: finds the memories of the image and judges it. 0 or a negative error. */
int dfuse_resolve(struct dfut_session *session);
/* What a person is told if a sector that differs is write-protected. 0, or a negative error. */
int dfuse_check_protection(struct dfut_session *session);

/* content.c: each begins a leg, and fills in what the job is to write or to read */

/* All of the image. The sectors that differ are marked. 0, or without memory a negative error. */
int dfuse_compare(struct dfuse_work *dfuse, struct dfuse_job *job);
/* What lies in sectors that differ, of option bytes or of the other memories. 0, or without memory a negative error. */
int dfuse_write(struct dfuse_work *dfuse, struct dfuse_job *job, bool option_bytes);
/* What was written before; the failure gets the words. */
void dfuse_verify(struct dfuse_work *dfuse, struct dfuse_job *job, struct dfut_failure *failure);
/* Whether a sector is written with option bytes, or with the other memories. */
bool dfuse_is_written(const struct dfuse_place *sector, bool option_bytes);
/* Of the sectors that differ, as far as is known. */
void dfuse_count_bytes(const struct dfuse_work *dfuse, struct dfuse_size *size);

/* steps.c */

bool dfuse_compare_is_wanted(const struct dfut_session *session);
bool dfuse_probe_is_wanted(const struct dfut_session *session);
void dfuse_add_steps(struct dfut_session *session);
/* The comparison has shown what has to be done. */
void dfuse_refine_steps(struct dfut_session *session);

#endif
