/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* What a device can be told besides an update, by the device table or by the language of its bootloader. */

#ifndef DFUT_COMMAND_H
#define DFUT_COMMAND_H

#include "trigger/trigger.h"

struct dfut_session;

struct dfut_command {
	const char *name;
	const char *text; /* what it does, for people */
	const struct dfut_machine_ops
		*check; /* asks the device whether it has the command, and says so if not; NULL: it has */
	const struct dfut_machine_ops *machine;
	unsigned int quirk;  /* only devices that have this one know it; 0 for all */
	enum dfut_mode mode; /* that it needs, unknown for any */
	unsigned int force;  /* checks that must be forced for it, as it takes what is not given back */
	/* What the machine needs more: 0 or a negative error. NULL: nothing. */
	int (*prepare)(struct dfut_session *session, struct dfut_job *job);
	bool restart;			     /* the device starts its application afterwards */
	const struct dfut_control *requests; /* the next if one is refused */
	size_t request_count;
};

extern const struct dfut_machine_ops dfut_command_machine;

#endif
