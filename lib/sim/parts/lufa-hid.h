/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* LUFA's HID bootloader, which QMK ships too (Bootloaders/HID): pages of an AVR's flash as output reports. */

#ifndef DFUT_SIM_LUFA_HID_H
#define DFUT_SIM_LUFA_HID_H

#include "sim/parts/hid.h"

#define DFUT_SIM_LUFA_HID_VENDOR_ID 0x03eb
#define DFUT_SIM_LUFA_HID_PRODUCT_ID 0x2067
#define DFUT_SIM_LUFA_HID_REPORTS_SIZE 21
#define DFUT_SIM_LUFA_HID_PARTS \
	"atmega16u2|atmega32u2|atmega16u4|atmega32u4|at90usb82|at90usb162|at90usb646|at90usb1286"

enum dfut_sim_lufa_hid_part_index {
	DFUT_SIM_ATMEGA32U4 = 3,
};

struct dfut_sim_lufa_hid_part {
	uint32_t flash_size;
	uint32_t loader_size; /* at the end of the flash */
	uint16_t page_size;
};

struct dfut_sim_lufa_hid {
	struct dfut_sim_device *device;
	const struct dfut_sim_lufa_hid_part *part;
	struct {
		uint32_t part;
		uint32_t loader_size; /* 0: what is usual for the part */
		uint32_t alignment;
		uint32_t page_ms;
	} options;

	uint8_t reports[DFUT_SIM_LUFA_HID_REPORTS_SIZE];
	uint8_t *flash;
	uint32_t loader_start;
};

#define DFUT_SIM_LUFA_HID_OPTION(type, key, kind, member, least, most, words) \
	{ \
		key, DFUT_SIM_OPTION_##kind, offsetof(type, lufa_hid.options.member), least, most, words \
	}

/* Of a model whose state has a `lufa_hid` */
#define DFUT_SIM_LUFA_HID_OPTIONS(type) \
	DFUT_SIM_LUFA_HID_OPTION(type, "part", CHOICE, part, 0, 0, DFUT_SIM_LUFA_HID_PARTS), \
		DFUT_SIM_LUFA_HID_OPTION(type, "loader-size", SIZE, loader_size, 0, 8192, NULL), \
		DFUT_SIM_LUFA_HID_OPTION(type, "alignment", CHOICE, alignment, 0, 0, "checked|unchecked"), \
		DFUT_SIM_LUFA_HID_OPTION(type, "page-ms", NUMBER, page_ms, 0, 60000, NULL)

#define DFUT_SIM_LUFA_HID_TEXT \
	"part=" DFUT_SIM_LUFA_HID_PARTS ": chip of lufa-hid; size of its flash and of its pages\n" \
	"loader-size=SIZE: what lufa-hid keeps of the flash for itself; 0 for what is usual\n" \
	"alignment=checked|unchecked: whether lufa-hid wants whole pages only; LUFA of 2017 does not\n" \
	"page-ms=MS: how long lufa-hid takes to erase and write a page\n"

void dfut_sim_lufa_hid_create(struct dfut_sim_lufa_hid *lufa_hid, struct dfut_sim_device *device);
/* Chooses the part, and makes its flash with an application in it. Returns 0 or DFUT_ERROR_NO_MEMORY. */
int dfut_sim_lufa_hid_prepare(struct dfut_sim_lufa_hid *lufa_hid);
void dfut_sim_lufa_hid_free(struct dfut_sim_lufa_hid *lufa_hid);
/* An application is started if the first word of the flash is not erased. */
bool dfut_sim_lufa_hid_has_application(const struct dfut_sim_lufa_hid *lufa_hid);
/* It is the bootloader from now on; makes the report descriptor. */
void dfut_sim_lufa_hid_start(struct dfut_sim_lufa_hid *lufa_hid);
/* A report of the declared size. Returns 0 or a failure; `restarts` is set if the bootloader ends with it. */
int dfut_sim_lufa_hid_take(struct dfut_sim_lufa_hid *lufa_hid, const struct dfut_sim_hid_report *report,
			   bool *restarts);
int dfut_sim_lufa_hid_get_memory(struct dfut_sim_lufa_hid *lufa_hid, size_t index, struct dfut_sim_memory *memory);

#endif
