/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* The questions that tell which chip it is, how much flash it has, and where an image goes. */

#ifndef DFUT_PICOBOOT_PROBE_H
#define DFUT_PICOBOOT_PROBE_H

#include "language/picoboot/core.h"
#include "language/picoboot/machine.h"

/* What is compared to find where addresses begin anew. */
#define PICOBOOT_MIRROR_SIZE 512

enum picoboot_probe_step {
	PICOBOOT_PROBE_BEGIN,
	PICOBOOT_PROBE_READY, /* the flash can be read */
	PICOBOOT_PROBE_CHIP,
	PICOBOOT_PROBE_FLASH,  /* RP2350 */
	PICOBOOT_PROBE_PLACE,  /* RP2350 */
	PICOBOOT_PROBE_START,  /* RP2040: the beginning of flash ... */
	PICOBOOT_PROBE_MIRROR, /* ... and where it may come again */
	PICOBOOT_PROBE_OVER,
};

struct picoboot_probe {
	enum picoboot_probe_step step;
	uint32_t mirror; /* bytes from the beginning, where it is looked for */
	uint8_t start[PICOBOOT_MIRROR_SIZE];
};

/* Whenever the core is idle, until it returns 1; the identity is filled in then. As picoboot_core_run(). */
int picoboot_probe_next(struct picoboot_probe *probe, struct picoboot_core *core, struct dfut_next *next);

#endif
