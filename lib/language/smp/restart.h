/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* Restarting a device that speaks SMP: its port leaves the bus, or, behind an adapter, stays there. */

#ifndef DFUT_SMP_RESTART_H
#define DFUT_SMP_RESTART_H

#include "language/smp/core.h"

enum smp_restart_step {
	SMP_RESTART_ASKED,
	SMP_RESTART_ANSWERED, /* it leaves now */
};

struct smp_restart {
	enum smp_restart_step step;
	bool stayed; /* the port was there all the time */
};

int smp_restart_begin(struct smp *smp, struct smp_restart *restart, struct dfut_next *next);
/* How smp_run() has ended: 1: it restarts, 0: *next is filled in, or a negative error with its words. */
int smp_restart_go_on(struct smp *smp, struct smp_restart *restart, int result, struct dfut_next *next);

#endif
