/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* What a bootloader language is to the rest of the library: one constant in a folder of its own. */

#ifndef DFUT_LANGUAGE_H
#define DFUT_LANGUAGE_H

#include "language/meaning.h"
#include "trigger/command.h"

struct dfut_image;
struct dfut_session;

/* A word of the device table, and the bit of struct dfut_job's quirks that it sets. */
struct dfut_quirk_name {
	const char *name;
	unsigned int bit;
};

struct dfut_language {
	const char *name;  /* in the device table */
	const char *title; /* for people */
	enum dfut_link link;
	bool is_absent;			  /* this build does not speak it, and says so when it is planned */
	const struct dfut_report *report; /* HID: that the interface declares on which it is spoken */
	bool in_application;		  /* the application that runs speaks it */
	bool needs_dfu;	   /* its devices have a DFU interface, in whose alternate settings the memories are */
	bool takes_groups; /* files with firmware for several families of chips: it chooses */
	const char *
		restarts; /* why an update always ends with a restart; NULL: only its last leg starts the application */
	bool reads_image; /* while it is sent, by dfut_image_read(): it need not be held in memory */
	bool has_volume;  /* a drive, which may be mounted: its path can be named */
	bool has_blocks;  /* whose size can be chosen */
	bool has_addresses; /* of its devices' memories: where reading or the application begins can be named */
	const struct dfut_language *base;     /* whose quirks it has, too; NULL for none */
	const struct dfut_quirk_name *quirks; /* of its own, DFUT_QUIRK_OWN and above; ends with one without a name */
	/* The formats of files that it takes, and no other language does; ends with NULL. NULL: any that is bytes. */
	const char *const *formats;
	const char *const *others; /* that it takes besides, as others may; ends with NULL. NULL: none */
	const char *takes;	   /* the same for people */
	const char *hint;	   /* how such a file is made */
	/* Parts (chips) between which a bootloader can't be asked to choose, by index; NULL after the last. NULL: none. */
	const char *(*get_part)(size_t index);
	size_t work_size;	    /* of what a plan keeps for it, zeroed when the plan is made */
	void (*finish)(void *work); /* frees what is in it; NULL: nothing */
	size_t job_size;	    /* of what struct dfut_job's `own` points to, zeroed before each leg */
	/* Adds legs and steps of an update; the image is judged as far as it can be without the bootloader. */
	int (*plan)(struct dfut_session *session);
	/* What can be judged of reading a memory before anything is sent: 0 or a negative error. NULL: nothing. */
	int (*check_upload)(struct dfut_session *session);
	/* As a leg's prepare: fills the job in for reading a memory. NULL: it can't be read. */
	int (*prepare_upload)(struct dfut_session *session, struct dfut_job *job,
			      const struct dfut_machine_ops **machine);
	const struct dfut_machine_ops *leave; /* NULL if its devices leave by themselves only */
	/* How devices leave of which the table does not say it, in the order in which that is tried; ends with
	 * DFUT_LEAVE_NONE. NULL: by the language's own request only. */
	const enum dfut_leave *ways_out;
	int (*prepare_leave)(struct dfut_session *session, struct dfut_job *job); /* NULL: the job needs no more */
	/* Whether a bootloader of which the table does not know speaks it: ends well, or with DFUT_ERROR_MISMATCH. NULL: it can't
	 * be asked. */
	const struct dfut_machine_ops *recognise;
	const struct dfut_machine_ops *ask; /* whether what looks like a bootloader is one; NULL if it always is */
	/* What an action of a recording means; false: it is none of this language. The talk is what this language has kept of the
	 * device, and what it keeps. NULL: it has no words. */
	bool (*explain)(struct dfut_talk *talk, const struct dfut_tape_event *event, struct dfut_meaning *meaning);
	const struct dfut_command *commands; /* that every device of it knows; ends with one without a name */
};

/* languages.c: NULL if there is none. */
const struct dfut_language *dfut_language_find(const char *name);
/* Whether it is the name of a language, spoken here or not. */
bool dfut_language_is_known(const char *name);
/* Hints at the languages that are spoken here. */
void dfut_language_hint_names(struct dfut_failure *failure);
/* The only one that takes files of this format; NULL if they are not for one alone. */
const struct dfut_language *dfut_language_find_by_format(const char *format);
/* One after the other, from index 0; NULL after the last. */
const struct dfut_language *dfut_language_get(size_t index);
bool dfut_language_takes(const struct dfut_language *language, const char *format);
/* The bit of one of its quirks, or of what it builds on; 0 if it has none of this name. */
unsigned int dfut_language_find_quirk(const struct dfut_language *language, const char *name);

#endif
