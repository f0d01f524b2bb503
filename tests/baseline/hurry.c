/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/*
 * Loaded in front of libdfutrigger-sim (LD_PRELOAD), it gives every virtual bus the virtual clock: so the command,
 * whose buses have the real one, prints the same times in each run, and waits for nothing.
 */

#include <dlfcn.h>
#include <stdlib.h>

#include "dfutrigger-sim.h"

__attribute__((visibility("default"))) int dfut_sim_new(struct dfut_sim **sim, enum dfut_sim_clock clock)
{
	int (*original)(struct dfut_sim **, enum dfut_sim_clock);
	void *symbol = dlsym(RTLD_NEXT, "dfut_sim_new");

	(void)clock;
	if (!symbol)
		abort();
	__builtin_memcpy(&original, &symbol, sizeof(original));
	return original(sim, DFUT_SIM_CLOCK_VIRTUAL);
}
