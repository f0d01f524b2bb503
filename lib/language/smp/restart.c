/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* A restart is answered first, and done 250 ms later (Zephyr, subsys/mgmt/mcumgr/grp/os_mgmt; MCUboot, boot_serial.c). */

#include "language/smp/restart.h"

/* A port that is there so long after the answer is that of an adapter. */
#define LEAVE_MS 2000

int smp_restart_begin(struct smp *smp, struct smp_restart *restart, struct dfut_next *next)
{
	*restart = (struct smp_restart){ .step = SMP_RESTART_ASKED };
	return smp_ask(smp, SMP_OP_WRITE, SMP_GROUP_OS, SMP_OS_RESET, next);
}

int smp_restart_go_on(struct smp *smp, struct smp_restart *restart, int result, struct dfut_next *next)
{
	/* What breaks now does so because it leaves; whether it does is seen on the bus. */
	if (result == DFUT_ERROR_GONE || result == DFUT_ERROR_IO)
		return 1;
	if (restart->step == SMP_RESTART_ANSWERED) {
		restart->stayed = result == DFUT_ERROR_TIMEOUT;
		return result == DFUT_ERROR_TIMEOUT ? 1 : smp_broke(smp, result, "restart");
	}
	if (result < 0)
		return smp_broke(smp, result, "restart");
	if (smp->answer.code != SMP_OK) {
		smp_refused(smp, "restart");
		dfut_hint(smp->job->failure, "press its reset button, or unplug it and plug it in again");
		return DFUT_ERROR_DEVICE;
	}
	restart->step = SMP_RESTART_ANSWERED;
	return smp_wait(smp, LEAVE_MS, next);
}
