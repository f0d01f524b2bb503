/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* The device that a job is about, opened as far as what is said of it needs it. */

#ifndef DFUTRIGGER_DFU_UTIL_TARGET_H
#define DFUTRIGGER_DFU_UTIL_TARGET_H

#include "found.h"
#include "program.h"

struct target {
	struct dfut_device *device;
	struct dfut_handle *handle;		/**< NULL while nothing is open */
	const struct dfut_interface *interface; /**< of several alternate settings the first one */
	struct dfut_dfu_descriptor dfu;		/**< what the interface says of itself */
	struct id_pair runtime; /**< the ids of its application, as far as the caller or the device says them */
	bool has_dfu;		/**< it says something of itself */
	bool is_dfu;		/**< it is in DFU mode */
	bool is_dfuse;		/**< ... and speaks DfuSe there */
	bool takes_any;		/**< the file chooses among several alternate settings */
};

/**
 * Chooses the one device that is meant, and waits for it with -w.
 *
 * @param takes_any whether several alternate settings of one interface will do
 * @return 0, or an exit code after a complaint
 */
int target_choose(struct target *target, struct program *program, bool takes_any);
/** Opens it, and says what it is. @return 0, or an exit code after a complaint, as the others do */
int target_open(struct target *target, struct program *program);
/** Brings it from its application into its bootloader. */
int target_detach(struct target *target, struct program *program);
/** Claims its interface, asks for its state, and says so. */
int target_prepare(struct target *target, struct program *program);
/** Sends DETACH to a device in DFU mode. */
int target_send_detach(struct target *target, struct program *program);
/** Closes it, so that a session has it. */
void target_close(struct target *target);
/** Takes the device that a session has left, which may be another object. */
void target_follow(struct target *target, const struct dfut_session *session);
/** Releases it. */
void target_free(struct target *target);

#endif
