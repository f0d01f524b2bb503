/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* What is done with a bootloader of nRF5 SDK 12 and later: send an image, leave. */

#ifndef DFUT_NORDIC_MACHINE_H
#define DFUT_NORDIC_MACHINE_H

#include "core/machine.h"

#define NORDIC_FIRMWARE_LIMIT 3

struct nordic_firmware_version {
	uint8_t type; /* 0 SoftDevice, 1 application, 2 bootloader */
	uint32_t version;
	uint32_t address;
	uint32_t size;
};

/* What a bootloader tells of itself and its chip; old ones do not know these questions. */
struct nordic_versions {
	bool has_hardware;
	uint32_t chip; /* 0x52840 */
	uint32_t flash_size;
	uint32_t ram_size;
	uint32_t page_size;
	bool has_firmware; /* all that there is, is among the following */
	struct nordic_firmware_version firmware[NORDIC_FIRMWARE_LIMIT];
	size_t firmware_count;
};

/* Whether a package fits what the bootloader tells: 0, or a negative error with its words in the job's failure. */
typedef int (*nordic_judge)(const struct nordic_versions *versions, void *user_data);

/* What a machine is to do, beside struct dfut_job; both languages have it. */
struct nordic_job {
	const uint8_t *init; /* the init packet, which goes first */
	size_t init_size;
	enum dfut_end end;  /* how the device leaves when it has all */
	nordic_judge judge; /* asked before anything is sent, NULL if nobody wants to know */
	void *judge_data;
	bool leave_if_refused; /* back to the application, which was there before */
	bool *left_early;    /* set if it left before it had answered the last request; NULL if nobody wants to know */
	bool has_left_early; /* for that */
	uint32_t sizes[3];   /* legacy: of SoftDevice, bootloader, application */
};

extern const struct dfut_machine_ops nordic_download_machine;
extern const struct dfut_machine_ops nordic_leave_machine;

#endif
