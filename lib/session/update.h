/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* What the jobs share: update.c begins them, update-*.c know the legs of one bootloader language. */

#ifndef DFUT_UPDATE_H
#define DFUT_UPDATE_H

#include "session/session.h"

/* A language that bootloaders speak, and what speaks it here. */
struct dfut_protocol {
	const char *name;
	/* Adds legs and steps for an update; the image is judged as far as it can be without the bootloader. */
	int (*plan_update)(struct dfut_session *session);
	/* As a leg's prepare: fills the job in for reading a memory. NULL: it can't be read. */
	int (*prepare_upload)(struct dfut_session *session, struct dfut_job *job,
			      const struct dfut_machine_ops **machine);
	const struct dfut_machine_ops *leave; /* NULL if its devices leave by themselves only */
	int (*prepare_leave)(struct dfut_session *session, struct dfut_job *job); /* NULL: the job needs no more */
	const struct dfut_machine_ops
		*ask; /* whether a device that looks like a bootloader is one; NULL if it always is */
	const struct dfut_command
		*commands; /* that every device of this language knows; ends with one without a name */
};

/* NULL if the device's bootloader speaks none that is known. */
const struct dfut_protocol *dfut_protocol_find(const struct dfut_device *device);
/* 0, or DFUT_ERROR_UNSUPPORTED and its words. */
int dfut_protocol_need(struct dfut_session *session);

bool dfut_session_can(const struct dfut_session *session, enum dfut_dfu_attribute attribute);
/* Says why what was written could not be read back. */
void dfut_session_note_unverified(struct dfut_session *session, const char *text);
/* Whether it is in its bootloader, and starts its application when it is asked to. */
bool dfut_device_can_leave(const struct dfut_device *device);
/* The last leg: back to the application, where the device can. */
bool dfut_session_restart_is_wanted(struct dfut_session *session);
int dfut_session_prepare_restart(struct dfut_session *session, struct dfut_job *job,
				 const struct dfut_machine_ops **machine);

/* language/dfu/plan.c, language/dfuse/plan.c */
int dfut_dfu_plan_update(struct dfut_session *session);
int dfut_dfu_prepare_upload(struct dfut_session *session, struct dfut_job *job,
			    const struct dfut_machine_ops **machine);
/* The alternate setting of a bootloader to use: chosen, asked for by the image, the table's, or the only one. NULL: why is in
 * the session's failure. */
const struct dfut_interface *dfut_dfu_resolve_alternate(struct dfut_session *session);
int dfut_dfuse_plan_update(struct dfut_session *session);
int dfut_dfuse_prepare_upload(struct dfut_session *session, struct dfut_job *job,
			      const struct dfut_machine_ops **machine);
/* Starts what is at the beginning of the first memory. */
int dfut_dfuse_prepare_leave(struct dfut_session *session, struct dfut_job *job);

/* update-nordic.c */
int dfut_nordic_plan_update(struct dfut_session *session);
int dfut_nordic_legacy_plan_update(struct dfut_session *session);
int dfut_nordic_prepare_leave(struct dfut_session *session, struct dfut_job *job);

#endif
