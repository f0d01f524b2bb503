/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* What the jobs of a session share, and what a language's plan and legs may use. */

#ifndef DFUT_JOBS_H
#define DFUT_JOBS_H

#include "device/target.h"
#include "session/session.h"

/* The language of the device's bootloader; NULL if it speaks none that is known. */
const struct dfut_language *dfut_device_get_language(const struct dfut_device *device);
/* The same for this job: a file that the bootloader does not take may go through the serial port in front of it. */
const struct dfut_language *dfut_session_get_language(const struct dfut_session *session);
/* Whether this is the job's bootloader, though the device may be known as an application that leads to another one. */
bool dfut_session_has_bootloader(const struct dfut_session *session, const struct dfut_device *device);
/* ... which starts its application when it is asked to. */
bool dfut_session_can_leave(const struct dfut_session *session);
/* Whether it is one of several, and the device has not been asked yet. */
bool dfut_device_is_in_doubt(const struct dfut_device *device);
/* The language; while that is in doubt, the one that it is if the answer is no, else the first. NULL if none is known. */
const struct dfut_language *dfut_device_get_likely_language(const struct dfut_device *device);
/* Whether its language is known, or will be once the bootloader is there or was asked: 0, or DFUT_ERROR_UNSUPPORTED and its words. */
int dfut_session_need_language(struct dfut_session *session);
/* The plan and this job are for the language of the device that is there: 0 or a negative error. */
int dfut_session_use_language(struct dfut_session *session, struct dfut_job *job);
/* Where its language is spoken: fills in the job's interface. 0, or DFUT_ERROR_UNSUPPORTED if the device has no such. */
int dfut_session_find_channel(struct dfut_session *session, struct dfut_job *job);
/* Which of its language's parts the device has, by index, as the caller or the table says; -1 if nobody does. */
int dfut_session_get_part(const struct dfut_session *session);
/* Whether the part that was named is one, and not another than the table says: 0 or a negative error. */
int dfut_session_check_part(struct dfut_session *session);
/* The same, and whether the plan's language has a drive, if one was named: for all that the caller tells of the device. */
int dfut_session_check_told(struct dfut_session *session);
/* DFUT_ERROR_USAGE: nobody says which part the device has, and the language has to know it. */
int dfut_session_refuse_partless(struct dfut_session *session);
/* The same in the failure's own words: adds the hint, with those of the parts, by index, that the device may have; NULL for all. */
int dfut_session_offer_parts(struct dfut_session *session,
			     bool (*may_be)(const struct dfut_session *session, size_t index));
void dfut_session_forget_part_choice(struct dfut_session *session);
/* Whether the image is a file that the language takes: 0, or DFUT_ERROR_MISMATCH. */
int dfut_session_check_format(struct dfut_session *session);

/* Behind an application whose bootloader the table does not know may be another language than it announces. */
bool dfut_device_is_language_sure(const struct dfut_device *device);
/* An address was given for reading or starting: whether the language has such. 0, or DFUT_ERROR_UNSUPPORTED. */
int dfut_session_check_address(struct dfut_session *session);
/* The size of blocks was given: the same. */
int dfut_session_check_transfer_size(struct dfut_session *session);

/* Which leg of the plan is carried out. */
size_t dfut_session_get_leg(const struct dfut_session *session);
/* Whether the device is in its bootloader, or is taken to be: of some it does not show. */
bool dfut_session_is_in_bootloader(const struct dfut_session *session);
/* Whether this session has brought it there. */
bool dfut_session_has_triggered(const struct dfut_session *session);

/* The first memory of the interface that was chosen, or of any; NULL if the device has no DFU interface. */
const struct dfut_interface *dfut_session_get_first_memory(const struct dfut_session *session);
/* The number of the DFU interface that the session works with: that of its memory, or the device's first while none is
 * chosen; false if it has none. */
bool dfut_session_get_interface(const struct dfut_session *session, uint8_t *number);
/* What that interface says of itself; NULL if it says nothing. */
const struct dfut_dfu_descriptor *dfut_session_get_dfu(const struct dfut_session *session);
/* The job is for this DFU interface ... */
void dfut_session_use_interface(const struct dfut_session *session, struct dfut_job *job, uint8_t number);
/* ... and for this alternate setting of it. */
void dfut_session_set_memory(const struct dfut_session *session, struct dfut_job *job,
			     const struct dfut_interface *memory);
/* What its DFU interface says that it can. */
bool dfut_session_can(const struct dfut_session *session, enum dfut_dfu_attribute attribute);
void dfut_session_note_verified(struct dfut_session *session);
/* Says why what was written could not be read back. */
void dfut_session_note_unverified(struct dfut_session *session, const char *text);

/* Whether the device is in its bootloader, and starts its application when it is asked to. */
bool dfut_device_can_leave(const struct dfut_device *device);
/* Whether the caller wants the device to be left in its bootloader by this job. */
bool dfut_session_stays(const struct dfut_session *session);
/* The step of the plan for the leg that starts the application, in these words; or that the device is left where it is. */
void dfut_session_plan_restart(struct dfut_session *session, const char *text);
/* The last leg: back to the application, where the device can. */
bool dfut_session_restart_is_wanted(struct dfut_session *session);
int dfut_session_prepare_restart(struct dfut_session *session, struct dfut_job *job,
				 const struct dfut_machine_ops **machine);

/* A trigger whose interface answers questions; NULL if the device has none. */
const struct dfut_trigger *dfut_session_find_probe(const struct dfut_session *session);

/* The alternate setting of a bootloader to use: chosen, asked for by the image, the table's, or the only one. NULL: why is in
 * the session's failure. */
const struct dfut_interface *dfut_session_resolve_alternate(struct dfut_session *session);

#endif
