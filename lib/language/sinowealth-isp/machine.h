/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* What is done with SinoWealth's ISP. */

#ifndef DFUT_SINOWEALTH_ISP_MACHINE_H
#define DFUT_SINOWEALTH_ISP_MACHINE_H

#include "core/machine.h"
#include "language/sinowealth-isp/wire.h"

/* Of a job. */
struct sinowealth_job {
	bool runs; /* reading: the firmware is enabled, so that it does no harm to enable it, which lets some be read */
	bool is_for_people; /* reading: what does not begin as firmware is an error */
	uint32_t opcode_at; /* reading: where a byte is the bootloader's, and told as 0 */
};

/* Reads job->size bytes; a writer that returns more than 0 has seen enough. */
extern const struct dfut_machine_ops sinowealth_read_machine;
/* Erases, and writes whole pages: nothing of it is started before it is enabled. */
extern const struct dfut_machine_ops sinowealth_write_machine;
extern const struct dfut_machine_ops sinowealth_enable_machine;
extern const struct dfut_machine_ops sinowealth_reboot_machine;

#endif
