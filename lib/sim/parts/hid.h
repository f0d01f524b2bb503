/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* What devices with HID interfaces share: hid.c, and hid-device.c for those that a report triggers. */

#ifndef DFUT_SIM_HID_H
#define DFUT_SIM_HID_H

#include "sim/sim.h"

/* hid.c */

/* USB HID 1.11, 7.2.1 */
enum dfut_sim_hid_report_type {
	DFUT_SIM_HID_INPUT = 1,
	DFUT_SIM_HID_OUTPUT = 2,
	DFUT_SIM_HID_FEATURE = 3,
};

#define DFUT_SIM_HID_INTERFACE_LIMIT 4
#define DFUT_SIM_HID_REPORT_LIMIT 4096

struct dfut_sim_hid_report {
	uint8_t type;
	uint8_t id;    /* 0 if the interface does not number its reports */
	uint8_t *data; /* as on the wire: with the id in front if there is one */
	size_t size;   /* as the report descriptor declares it, with the id */
};

struct dfut_sim_hid_interface {
	uint8_t number;
	uint8_t boot_protocol; /* bInterfaceProtocol of a boot interface, 0 for others */
	uint8_t endpoint_in;
	uint8_t endpoint_out; /* 0 for none */
	const uint8_t *report_descriptor;
	uint16_t report_descriptor_size;
	bool is_mute; /* reports that it does not have are not stalled, but never answered */
	/*
	 * Both are called for reports that exist and are well formed only. They return 0 or what a model's control
	 * returns for a failure; get_report finds zeros with the id in front. NULL: zeros; taken and forgotten.
	 */
	int (*get_report)(void *state, const struct dfut_sim_hid_report *report);
	int (*set_report)(void *state, const struct dfut_sim_hid_report *report);
};

/* The HID interfaces of a device in its present mode. */
struct dfut_sim_hid {
	struct dfut_sim_device *device;
	void *state; /* that the functions of the interfaces get */
	const struct dfut_sim_hid_interface *interfaces;
	size_t count;
	uint8_t idle[DFUT_SIM_HID_INTERFACE_LIMIT];
	uint8_t protocol[DFUT_SIM_HID_INTERFACE_LIMIT];
};

/* The device is in a mode with these interfaces from now on. */
void dfut_sim_hid_start(struct dfut_sim_hid *hid, const struct dfut_sim_hid_interface *interfaces, size_t count);
/* Answers what goes to one of the interfaces, and stalls the rest. */
int dfut_sim_hid_answer(struct dfut_sim_hid *hid, const struct dfut_sim_setup *setup, uint8_t *data);

/* Boot keyboard: USB HID 1.11, appendix B.1 */
#define DFUT_SIM_BOOT_KEYBOARD_REPORTS \
	0x05, 0x01, 0x09, 0x06, 0xa1, 0x01, 0x05, 0x07, 0x19, 0xe0, 0x29, 0xe7, 0x15, 0x00, 0x25, 0x01, 0x75, 0x01, \
		0x95, 0x08, 0x81, 0x02, 0x95, 0x01, 0x75, 0x08, 0x81, 0x01, 0x95, 0x05, 0x75, 0x01, 0x05, 0x08, 0x19, \
		0x01, 0x29, 0x05, 0x91, 0x02, 0x95, 0x01, 0x75, 0x03, 0x91, 0x01, 0x95, 0x06, 0x75, 0x08, 0x15, 0x00, \
		0x25, 0x65, 0x05, 0x07, 0x19, 0x00, 0x29, 0x65, 0x81, 0x00, 0xc0

/* hid-device.c */

/* Descriptors that are put together when a device's mode changes: USB 2.0, 9.6. */
struct dfut_sim_descriptors {
	uint8_t bytes[512];
	size_t size;
};

/* Device and configuration, with strings 1 to 3; then what is to follow: interfaces, and what belongs to them. */
void dfut_sim_descriptors_start(struct dfut_sim_descriptors *descriptors, uint16_t vendor_id, uint16_t product_id,
				uint16_t release);
void dfut_sim_descriptors_add(struct dfut_sim_descriptors *descriptors, const void *bytes, size_t size);

enum dfut_sim_hid_mode {
	DFUT_SIM_HID_APPLICATION,
	DFUT_SIM_HID_BOOTLOADER,
	DFUT_SIM_HID_OTHER_MODE, /* the model's own */
};

/* What the devices share that a report brings into their bootloader: the first member of their state. */
struct dfut_sim_hid_device {
	struct dfut_sim_device *device;
	struct {
		uint16_t vendor_id;
		uint16_t product_id;
		char serial[DFUT_SIM_TEXT_SIZE];
		uint32_t trigger;
		uint32_t race;
		struct dfut_sim_return leaving;
	} options;

	const char *other_mode;	    /* name of the model's own mode, NULL if it has none */
	void (*build)(void *state); /* makes descriptors, names and interfaces of the present mode */
	uint8_t mode;
	uint8_t next_mode;
	struct dfut_sim_descriptors descriptors;
	struct dfut_string strings[4];
	struct dfut_sim_hid hid;
};

#define DFUT_SIM_HID_DEVICE_OPTION(key, kind, member, words) \
	{ \
		key, DFUT_SIM_OPTION_##kind, offsetof(struct dfut_sim_hid_device, options.member), 0, 0, words \
	}

#define DFUT_SIM_HID_DEVICE_OPTIONS \
	DFUT_SIM_HID_DEVICE_OPTION("vid", ID, vendor_id, NULL), \
		DFUT_SIM_HID_DEVICE_OPTION("pid", ID, product_id, NULL), \
		DFUT_SIM_HID_DEVICE_OPTION("serial", TEXT, serial, NULL), \
		DFUT_SIM_HID_DEVICE_OPTION("trigger", CHOICE, trigger, "take|stall"), \
		DFUT_SIM_HID_DEVICE_OPTION("race", CHOICE, race, "ack|gone"), \
		DFUT_SIM_RETURN_OPTIONS(struct dfut_sim_hid_device, options.leaving)

#define DFUT_SIM_HID_DEVICE_TEXT \
	"vid=HHHH: vendor id of the application\n" \
	"pid=HHHH: product id of the application\n" \
	"serial=TEXT: serial number\n" \
	"trigger=take|stall: whether it knows the trigger\n" \
	"race=ack|gone: whether the trigger is still answered before the device is gone\n" DFUT_SIM_RETURN_TEXT \
		DFUT_SIM_COMMON_TEXT

/* Sets the defaults. */
void dfut_sim_hid_device_create(struct dfut_sim_hid_device *hid_device, struct dfut_sim_device *device,
				uint16_t vendor_id, uint16_t product_id);
/* For build: interfaces of the present mode, each with its descriptors. */
void dfut_sim_hid_device_add_interfaces(struct dfut_sim_hid_device *hid_device,
					const struct dfut_sim_hid_interface *interfaces, size_t count);
void dfut_sim_hid_device_set_names(struct dfut_sim_hid_device *hid_device, const char *manufacturer,
				   const char *product);
/* The host has sent the trigger. Returns what it gets for it: 0 or a failure. */
int dfut_sim_hid_device_trigger(struct dfut_sim_hid_device *hid_device, uint8_t mode, uint32_t after_us);
/* It leaves after that time, whatever the options say, to come back in another mode. */
void dfut_sim_hid_device_leave(struct dfut_sim_hid_device *hid_device, uint8_t mode, uint32_t after_us);

/* Functions of the models. */
uint32_t dfut_sim_hid_device_start(void *state, enum dfut_sim_start start);
int dfut_sim_hid_device_set_mode(void *state, const char *mode);
const char *dfut_sim_hid_device_get_mode_name(const void *state);
void dfut_sim_hid_device_describe(const void *state, struct dfut_sim_description *description);
int dfut_sim_hid_device_control(void *state, const struct dfut_sim_setup *setup, uint8_t *data);
void dfut_sim_hid_device_timer(void *state, unsigned int timer);

/* The first timer that is the model's own */
#define DFUT_SIM_HID_DEVICE_TIMER 1

#endif
