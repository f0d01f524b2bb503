/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* Updates by SinoWealth's ISP that are disturbed. */

#include "isp-faults.h"
#include "sinowealth-bench.h"

static const char *const specs[] = {
	"sinowealth-keyboard:chip=sh68f881",
	"sinowealth-keyboard:chip=sh68f881,blank=ff,reading=locked,reboot=gone",
	"sinowealth-keyboard:chip=sh68f881,reboot=stall",
};

static void make(struct file *file, const char *spec)
{
	(void)spec;
	file_make_sinowealth(file, 5000, 0x123);
}

static const struct disturbed disturbed = { specs, COUNT(specs), { .part = "sh68f881" }, make, bench_holds };

Test(update_sinowealth_isp_faults, recovers_from_every_fault, .timeout = 600)
{
	try_faults(&disturbed, 1);
}

Test(update_sinowealth_isp_faults, recovers_from_faults_in_a_row, .timeout = 600)
{
	try_faults(&disturbed, 3);
}

Test(update_sinowealth_isp_faults, recovers_from_a_cancel_at_every_step, .timeout = 600)
{
	try_cancels(&disturbed);
}
