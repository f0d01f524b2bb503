/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* The models that there are; each is at the end of its file. */

#ifndef DFUT_SIM_MODELS_H
#define DFUT_SIM_MODELS_H

#include "dfutrigger-sim.h"

extern const struct dfut_sim_model dfut_sim_zephyr;
extern const struct dfut_sim_model dfut_sim_nrf52840_keyboard;
extern const struct dfut_sim_model dfut_sim_pca10059;
extern const struct dfut_sim_model dfut_sim_dfu_device;
extern const struct dfut_sim_model dfut_sim_sonix_keyboard;
extern const struct dfut_sim_model dfut_sim_sinowealth_keyboard;
extern const struct dfut_sim_model dfut_sim_via_keyboard;
extern const struct dfut_sim_model dfut_sim_jabra;
extern const struct dfut_sim_model dfut_sim_teensy;
extern const struct dfut_sim_model dfut_sim_leonardo;
extern const struct dfut_sim_model dfut_sim_samd;
extern const struct dfut_sim_model dfut_sim_adafruit_nrf52;
extern const struct dfut_sim_model dfut_sim_pico;
extern const struct dfut_sim_model dfut_sim_esp32_s2;
extern const struct dfut_sim_model dfut_sim_esp32_s3_jtag;
extern const struct dfut_sim_model dfut_sim_webcam;
extern const struct dfut_sim_model dfut_sim_dump;
extern const struct dfut_sim_model dfut_sim_cdc_board;
extern const struct dfut_sim_model dfut_sim_flip_device;
extern const struct dfut_sim_model dfut_sim_uf2_board;
extern const struct dfut_sim_model dfut_sim_smp_board;
extern const struct dfut_sim_model dfut_sim_replay;

#endif
