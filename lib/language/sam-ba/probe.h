/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* Asking a bootloader what it is, and which chip it is on: a part of the machines that have to know it. */

#ifndef DFUT_SAMBA_PROBE_H
#define DFUT_SAMBA_PROBE_H

#include "language/sam-ba/core.h"

enum samba_probe_step {
	SAMBA_PROBE_BEGIN,
	SAMBA_PROBE_VERSION,
	SAMBA_PROBE_CHIP_NAME,
	SAMBA_PROBE_FIRST_WORD,
	SAMBA_PROBE_CPU,
	SAMBA_PROBE_RESET_VECTOR,
	SAMBA_PROBE_DEVICE,
	SAMBA_PROBE_CHIP_ID,
	SAMBA_PROBE_OTHER_CHIP_ID,
	SAMBA_PROBE_OVER,
};

struct samba_probe {
	enum samba_probe_step step;
	/* Nothing of it has a checksum: what two answers in a row agree about is believed. */
	uint8_t last[SAMBA_REPLY_MAX];
	size_t last_size;
	bool has_last;
	unsigned int disagreements;
	uint32_t reset_vector; /* of what runs at 0: the bootloader */
};

/* The port was opened, and the core has what came: as samba_core_run(), SAMBA_ANSWERED if all is known. */
int samba_probe_next(struct samba_probe *probe, struct samba_core *core, struct dfut_next *next);

#endif
