/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* Updates by SONiX's ISP that are disturbed. */

#include "isp-faults.h"
#include "sonix-bench.h"

static const char *const specs[] = {
	"sonix-keyboard:chip=24x",
	"sonix-keyboard:chip=24xb,code-option=1234",
	"sonix-keyboard:chip=26x",
	"sonix-keyboard:chip=28x,security=cs1,race=gone",
};

static void make(struct file *file, const char *spec)
{
	file_make_sonix(file, 700, get_base(spec));
}

static bool holds(const struct bench *bench, const char *spec, const struct file *file)
{
	return bench_holds(bench, file, get_base(spec));
}

static const struct disturbed disturbed = { specs, COUNT(specs), { .erase = DFUT_ERASE_MASS }, make, holds };

Test(update_sonix_isp_faults, recovers_from_every_fault, .timeout = 600)
{
	try_faults(&disturbed, 1);
}

Test(update_sonix_isp_faults, recovers_from_faults_in_a_row, .timeout = 600)
{
	try_faults(&disturbed, 3);
}

Test(update_sonix_isp_faults, recovers_from_a_cancel_at_every_step, .timeout = 600)
{
	try_cancels(&disturbed);
}
