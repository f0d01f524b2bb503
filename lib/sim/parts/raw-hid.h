/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* A keyboard with QMK's raw HID interface, a report of which brings it into its bootloader. */

#ifndef DFUT_SIM_RAW_HID_H
#define DFUT_SIM_RAW_HID_H

#include "sim/parts/hid.h"

#define DFUT_SIM_RAW_INTERFACE 1
#define DFUT_SIM_RAW_SIZE 32

/* Whose commands it knows. */
enum dfut_sim_raw_commands {
	DFUT_SIM_RAW_VIA,      /* QMK, quantum/via.h */
	DFUT_SIM_RAW_SYSTEM76, /* fwupd, plugins/system76-launch */
};

/* The first member of a model's state. */
struct dfut_sim_raw_hid {
	struct dfut_sim_hid_device base;
	struct {
		uint32_t reaction;
		uint32_t control;
	} options;

	enum dfut_sim_raw_commands commands;
	uint8_t reply[DFUT_SIM_RAW_SIZE];
	bool has_reply;
};

#define DFUT_SIM_RAW_OPTION(key, member, words) \
	{ \
		key, DFUT_SIM_OPTION_CHOICE, offsetof(struct dfut_sim_raw_hid, options.member), 0, 0, words \
	}

#define DFUT_SIM_RAW_OPTIONS \
	DFUT_SIM_RAW_OPTION("via", reaction, "accept|refuse|silent|locked"), \
		DFUT_SIM_RAW_OPTION("control", control, "stall|take"), DFUT_SIM_HID_DEVICE_OPTIONS

#define DFUT_SIM_RAW_TEXT \
	"via=accept|refuse|silent|locked: jumps after an echo, answers FF, jumps without an echo, echoes only\n" \
	"control=stall|take: whether the raw HID interface takes output reports through endpoint 0\n" DFUT_SIM_HID_DEVICE_TEXT

/* For build in its application: descriptors and interfaces of a keyboard. */
void dfut_sim_raw_hid_build(struct dfut_sim_raw_hid *raw, const char *manufacturer, const char *product);

/* Functions of the models. */
int dfut_sim_raw_hid_endpoint_send(void *state, uint8_t endpoint, uint8_t *data, size_t room);
int dfut_sim_raw_hid_endpoint_receive(void *state, uint8_t endpoint, const uint8_t *data, size_t size);

#endif
