/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* Devices with XMOS chips: a sound card with lib_xua, and the voice processor of sln_voice. */

#ifndef DFUT_SIM_XMOS_H
#define DFUT_SIM_XMOS_H

#include "sim/sim.h"

#define DFUT_SIM_XMOS_VENDOR_ID 0x20b1
#define DFUT_SIM_XMOS_DESCRIPTORS_SIZE 256

/*
 * Device and configuration descriptor of a sound card whose interfaces up to `audio_count` are for audio, behind which
 * others come. Returns its size. The total length is set by dfut_sim_xmos_finish_descriptors().
 */
size_t dfut_sim_xmos_put_audio(uint8_t *out, uint16_t product_id, uint16_t release, uint8_t audio_count);
void dfut_sim_xmos_finish_descriptors(uint8_t *out, size_t size);

extern const struct dfut_sim_model dfut_sim_xmos;
extern const struct dfut_sim_model dfut_sim_sln_voice;

#endif
