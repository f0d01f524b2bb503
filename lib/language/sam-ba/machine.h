/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* What is done with a bootloader that speaks SAM-BA: ask what it is, compare, write, read, leave. */

#ifndef DFUT_SAMBA_MACHINE_H
#define DFUT_SAMBA_MACHINE_H

#include "core/machine.h"
#include "language/sam-ba/parts.h"
#include "language/sam-ba/wire.h"

/* What a bootloader has told of itself and its chip. */
struct samba_identity {
	char version[160];    /* "" while it was not asked */
	bool has_letters;     /* else it is a ROM */
	unsigned int letters; /* enum samba_letter */
	char chip_name[64];   /* as the extended ones tell it */
	uint32_t cpu_id;
	uint32_t device_id;	       /* DID or CHIPID; 0 if it did not tell */
	bool is_secured;	       /* flash can't be read, and is erased from the application on only */
	const struct samba_part *part; /* that its chip says it is; NULL if that is none that is known */
	uint32_t baud;		       /* at which it has answered */
};

/* A piece of what is to be in flash; the address is the bootloader's. */
struct samba_chunk {
	uint32_t address;
	uint32_t size; /* whole pages, SAMBA_CHUNK_MAX at most */
	const uint8_t *data;
	bool is_blank; /* as after an erase */
};

/* What came of comparing or writing. */
struct samba_outcome {
	bool differs;
	uint32_t address;  /* where, as the bootloader counts */
	bool is_sum_blind; /* of erased flash the sum was wrong: it tells nothing of flash, or nothing was erased */
};

/* Whether what was found out will do: 0, or a negative error with its words in the job's failure. */
typedef int (*samba_judge)(void *user_data);

/* What a machine is to do, beside struct dfut_job. */
struct samba_job {
	struct samba_identity *identity;
	/* That is known before it is asked: of those that can't tell it. NULL if none is. */
	const struct samba_part *expected;
	const struct samba_part *part;
	bool is_in_place;  /* it does not leave the bus when it starts its application */
	samba_judge judge; /* asking: is asked in the end; NULL if nobody wants to know */
	void *judge_data;
	const struct samba_chunk *chunks;
	size_t chunk_count;
	bool by_reading; /* comparing: else by sums */
	struct samba_outcome *outcome;
	uint32_t origin; /* where the bootloader begins to count addresses */
	uint32_t erase_address;
	uint32_t erase_ms;
	uint32_t read_address; /* upload */
	uint32_t read_size;
};

extern const struct dfut_machine_ops samba_ask_machine;
extern const struct dfut_machine_ops samba_compare_machine;
extern const struct dfut_machine_ops samba_write_machine;
/* The same for a SAM3X in its ROM; compares as well. */
extern const struct dfut_machine_ops samba_rom_machine;
extern const struct dfut_machine_ops samba_upload_machine;
extern const struct dfut_machine_ops samba_leave_machine;

#endif
