/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* What the models of devices with nRF5 SDK's bootloader share, their options above all. */

#ifndef DFUT_SIM_NORDIC_BOARD_H
#define DFUT_SIM_NORDIC_BOARD_H

#include "sim/parts/hid.h"
#include "sim/parts/nordic.h"

#define DFUT_SIM_NORDIC_DESCRIPTORS_LIMIT 256

/* What tells one such device from another: its application. */
struct dfut_sim_nordic_kind {
	const uint8_t *descriptors;
	size_t size;
	uint8_t cdc_interface;
	uint8_t trigger_interface;
	const struct dfut_sim_hid_interface *hid_interfaces;
	size_t hid_count;
	const char *name;	  /* APP_NAME */
	const char *manufacturer; /* string 1 */
	const char *product;	  /* string 2 */
	const char *serial;	  /* string 3 */
};

/* The state of such models. */
struct dfut_sim_nordic_board {
	struct dfut_sim_nordic nordic;
	const struct dfut_sim_nordic_kind *kind;
	bool is_bootloader;
	struct dfut_sim_cdc cdc;
	struct dfut_sim_hid hid;
	uint8_t descriptors[DFUT_SIM_NORDIC_DESCRIPTORS_LIMIT];
	size_t descriptors_size;
	struct dfut_string strings[4];
};

/* app_usbd_nrf_dfu_trigger_internal.h: can download, will detach, DFU 1.1 */
#define DFUT_SIM_NORDIC_TRIGGER_DESCRIPTOR 0x09, 0x21, 0x09, 0x00, 0x00, 0x00, 0x00, 0x10, 0x01
#define DFUT_SIM_NORDIC_TRIGGER_DESCRIPTORS(interface) \
	0x09, 0x04, interface, 0x00, 0x00, 0xff, 0x01, 0x01, 0x00, DFUT_SIM_NORDIC_TRIGGER_DESCRIPTOR

/* For create. */
void dfut_sim_nordic_board_create(struct dfut_sim_nordic_board *board, struct dfut_sim_device *device,
				  const struct dfut_sim_nordic_kind *kind);

/* For the tables of models. */
int dfut_sim_nordic_board_set_option(void *state, const char *key, const char *value);
int dfut_sim_nordic_board_prepare(void *state);
void dfut_sim_nordic_board_destroy(void *state);
uint32_t dfut_sim_nordic_board_start(void *state, enum dfut_sim_start start);
int dfut_sim_nordic_board_continue(void *state, const char *mode);
const char *dfut_sim_nordic_board_get_mode_name(const void *state);
const char *dfut_sim_nordic_board_get_state_name(const void *state);
void dfut_sim_nordic_board_describe(const void *state, struct dfut_sim_description *description);
int dfut_sim_nordic_board_get_memory(void *state, size_t index, struct dfut_sim_memory *memory);
int dfut_sim_nordic_board_control(void *state, const struct dfut_sim_setup *setup, uint8_t *data);
void dfut_sim_nordic_board_timer(void *state, unsigned int timer);
int dfut_sim_nordic_board_send(void *state, uint8_t endpoint, uint8_t *data, size_t room);
int dfut_sim_nordic_board_receive(void *state, uint8_t endpoint, const uint8_t *data, size_t size);

/* clang-format off */
#define DFUT_SIM_NORDIC_BOARD_FUNCTIONS \
	.options = DFUT_SIM_NORDIC_TEXT, \
	.state_size = sizeof(struct dfut_sim_nordic_board), \
	.set_option = dfut_sim_nordic_board_set_option, \
	.prepare = dfut_sim_nordic_board_prepare, \
	.destroy = dfut_sim_nordic_board_destroy, \
	.start = dfut_sim_nordic_board_start, \
	.set_mode = dfut_sim_nordic_board_continue, \
	.get_mode_name = dfut_sim_nordic_board_get_mode_name, \
	.get_state_name = dfut_sim_nordic_board_get_state_name, \
	.describe = dfut_sim_nordic_board_describe, \
	.get_memory = dfut_sim_nordic_board_get_memory, \
	.control = dfut_sim_nordic_board_control, \
	.timer = dfut_sim_nordic_board_timer, \
	.endpoint_send = dfut_sim_nordic_board_send, \
	.endpoint_receive = dfut_sim_nordic_board_receive
/* clang-format on */

#endif
