/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* A unit is a device as a person sees it: it stays the same when it restarts as its bootloader, and as long as there is
 * something to tell of it. Signals: "changed"; "progress" while it is updated. */

#ifndef UNIT_H
#define UNIT_H

#include "firmware.h"

#include <dfutrigger.h>
#include <glib-object.h>
#include <stdbool.h>

#define UNIT_TYPE (unit_get_type())
G_DECLARE_FINAL_TYPE(Unit, unit, APP, UNIT, GObject)

/* What can be done with it. */
enum unit_stage {
	UNIT_LOOKING,  /* the library is asked */
	UNIT_UNUSABLE, /* nothing; the words say why */
	UNIT_IDLE,     /* an update, as soon as there is firmware */
	UNIT_UNFIT,    /* an update, but not with this firmware; the words say why */
	UNIT_PLANNED,  /* this update */
	UNIT_RUNNING,  /* it is being updated, or brought into its bootloader */
	UNIT_ENDED,    /* it was; the words say how it went */
};

/* What the library says. */
struct unit_words {
	const char *message;
	const char *hint; /* without the line */
	const char *line; /* to copy */
};

Unit *unit_new(struct dfut_device *device);
/* How many there are: none at the end. A search for leaks does not see an object that has signal handlers. */
unsigned int unit_get_count(void);

/* What happened to the device on the bus. */
void unit_arrived(Unit *unit, struct dfut_device *device);
void unit_left(Unit *unit);
/* Whether it is this device, or waits for it. */
bool unit_owns(Unit *unit, const struct dfut_device *device);
/* Whether anything would be lost if it were no longer shown. */
bool unit_is_needed(Unit *unit);

enum unit_stage unit_get_stage(Unit *unit);
const char *unit_get_path(Unit *unit);
/* What its product is called: while it is updated, as before. */
const char *unit_get_name(Unit *unit);
const char *unit_get_serial_number(Unit *unit);
/* As it is now or was last; never NULL. */
struct dfut_device *unit_get_device(Unit *unit);
bool unit_is_present(Unit *unit);
bool unit_has_succeeded(Unit *unit);
/* "" where there is nothing to say. The pointers live until the unit changes. */
struct unit_words unit_get_words(Unit *unit);
/* The session of the update: its plan, its progress. NULL if there is none. */
struct dfut_session *unit_get_session(Unit *unit);

/* The firmware to update with; NULL for none. One that is under way goes on with its own. */
void unit_set_firmware(Unit *unit, Firmware *firmware);
/* The way into the bootloader, by name, which is also the yes for a device that may be another; NULL: by itself. */
void unit_set_trigger(Unit *unit, const char *trigger);
/* The memory to write; NULL: by itself. */
void unit_set_alternate(Unit *unit, const char *alternate);
/* The part (chip) that it has; NULL: what the library finds out. What has failed without it is planned again. */
void unit_set_part(Unit *unit, const char *part);
const char *unit_get_trigger(Unit *unit);
const char *unit_get_alternate(Unit *unit);
const char *unit_get_part(Unit *unit);
/* The parts that the library wants one of to be chosen, as long as it is the same device; NULL if it never did. */
char **unit_get_parts(Unit *unit);

void unit_start(Unit *unit);
/* Whether it can be brought into its bootloader, and no more. */
bool unit_can_trigger(Unit *unit);
void unit_trigger(Unit *unit);
/* What runs, or ended, is that. */
bool unit_is_triggered(Unit *unit);
/* Another one is called the same: then the name is not enough. */
void unit_set_twin(Unit *unit, bool has_twin);
/* Its name, and if that is not enough what tells it from the other. Free it. */
char *unit_describe(Unit *unit);
void unit_cancel(Unit *unit);
/* The result was read. */
void unit_dismiss(Unit *unit);

#endif
