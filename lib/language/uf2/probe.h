/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* The questions to a drive that is open: whether it is a UF2 bootloader's, which one, and what flash it shows. */

#ifndef DFUT_UF2_PROBE_H
#define DFUT_UF2_PROBE_H

#include "language/uf2/core.h"

enum uf2_probe_step {
	UF2_PROBE_BEGIN,
	UF2_PROBE_NAME,
	UF2_PROBE_READY,
	UF2_PROBE_CAPACITY,
	UF2_PROBE_START,
	UF2_PROBE_PARTITION,
	UF2_PROBE_ROOT,
	UF2_PROBE_INFO,
	UF2_PROBE_CURRENT,
	UF2_PROBE_OVER,
};

struct uf2_probe {
	enum uf2_probe_step step;
	unsigned int tries;
	uint32_t root; /* the sector of the directory that is read */
};

/* When the core has nothing more to do: 1 if the identity is complete, 0 if *next is filled in, or a negative error. */
int uf2_probe_next(struct uf2_probe *probe, struct uf2_core *core, struct dfut_next *next);

#endif
