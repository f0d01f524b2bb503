/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* How a DFU device leaves DFU mode: by a bus reset, or by itself; for its application, or for the next of its bootloaders. */

#include <stdio.h>

#include "sim/parts/dfu-device.h"

void dfut_sim_dfu_restart(struct dfut_sim_dfu *dfu)
{
	if (!dfu->firmware_valid) {
		dfut_sim_dfu_set_mode(dfu, true, DFU_ERROR, ERR_FIRMWARE);
	} else if (dfu->is_bootloader && dfu->is_manifested && dfu->stage + 1 < dfu->options.stages) {
		dfu->stage++;
		snprintf(dfu->stage_name, sizeof(dfu->stage_name), "stage %u", (unsigned int)dfu->stage + 1);
		dfut_sim_dfu_set_mode(dfu, true, DFU_IDLE, STATUS_OK);
	} else {
		dfu->stage = 0;
		dfut_sim_dfu_set_mode(dfu, false, APP_IDLE, STATUS_OK);
	}
}

void dfut_sim_dfu_leave(struct dfut_sim_dfu *dfu)
{
	dfut_sim_device_leave(dfu->device, 0, dfut_sim_return_ms(&dfu->options.leaving));
}

void dfut_sim_dfu_start_application(struct dfut_sim_dfu *dfu)
{
	if (dfu->options.leave_ms) {
		dfut_sim_device_set_timer(dfu->device, DFUT_SIM_DFU_TIMER_RESTART,
					  dfu->options.leave_ms * DFUT_SIM_US_PER_MS);
		return;
	}
	dfut_sim_dfu_restart(dfu);
	dfut_sim_dfu_leave(dfu);
}

void dfut_sim_dfu_reset_bootloader(struct dfut_sim_dfu *dfu)
{
	if (dfu->state == DFU_MANIFEST) {
		dfut_sim_device_breach(dfu->device, "dfuMANIFEST: bus reset into a manifestation (DFU 1.1, 7)");
		dfu->firmware_valid = 0;
	}
	dfut_sim_device_set_timer(dfu->device, DFUT_SIM_DFU_TIMER_WORK, UINT64_MAX);
	if (dfu->firmware_valid && dfu->options.reset_returns == 0) {
		dfut_sim_dfu_start_application(dfu);
		return;
	}
	dfut_sim_dfu_set_states(dfu, dfu->firmware_valid ? DFU_IDLE : DFU_ERROR,
				dfu->firmware_valid ? STATUS_OK : ERR_FIRMWARE);
}
