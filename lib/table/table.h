/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* Which device is triggered how, what it becomes, and which language its bootloader speaks. The form: docs/add-a-device.md. */

#ifndef DFUT_DEVICE_TABLE_H
#define DFUT_DEVICE_TABLE_H

#include "trigger/command.h"
#include "usb/descriptors.h"

/* The JSON of devices.json, compiled in. */
extern const char dfut_builtin_devices[];
extern const size_t dfut_builtin_devices_size;

struct dfut_id_range {
	uint16_t vendor;
	uint16_t product_first;
	uint16_t product_last;
};

/* All conditions that are given must hold. */
struct dfut_rule {
	size_t id_count; /* one of them must fit; 0 for any */
	struct dfut_id_range *ids;
	int release; /* bcdDevice, -1 for any */
	struct dfut_interface_class interface;
	bool functional;	 /* ... followed by a descriptor like DFU's */
	enum dfut_mode dfu;	 /* what its DFU interface says; unknown for any */
	int dfu_version;	 /* bcdDFUVersion, -1 for any */
	int will_detach;	 /* bitWillDetach: 0 or 1, -1 for any */
	char *product;		 /* product string, NULL for any */
	char *manufacturer;	 /* manufacturer string, NULL for any */
	struct dfut_usage usage; /* a top-level collection of a HID interface; page 0 for any */
	struct {
		enum dfut_report_type type; /* 0 for any */
		uint8_t id;
		int size; /* bytes without the id */
	} report;	  /* the same interface has it */
	bool shared;	  /* other products show the same: only an explicit yes triggers them */
};

/* A HID interface of a device. */
struct dfut_hid {
	uint8_t interface;
	struct dfut_reports reports;
};

/* What rules look at. */
struct dfut_traits {
	const struct dfut_descriptors *descriptors;
	const char *manufacturer; /* "" if not known */
	const char *product;
	const struct dfut_hid *hids;
	size_t hid_count;
};

/* What a memory is for. */
enum dfut_slot {
	DFUT_SLOT_UPDATE,  /* takes new firmware */
	DFUT_SLOT_RUNNING, /* holds the firmware that runs */
	DFUT_SLOT_READ_ONLY,
	DFUT_SLOT_COUNT,
};

struct dfut_names {
	char **items;
	size_t count;
};

/* Memories that hold an image each, one of which runs (MCUboot). */
struct dfut_slots {
	struct dfut_names names[DFUT_SLOT_COUNT]; /* of alternate settings */
	char *format;  /* of images in the first two, of all if those have no names; NULL for any */
	bool measure;  /* their size is learned by reading */
	uint64_t size; /* bytes, 0 if not known */
};

struct dfut_entry {
	struct dfut_entry *next;
	char *name;
	char *title;
	struct dfut_rule *application;
	size_t application_count;
	struct dfut_rule *bootloader;
	size_t bootloader_count;
	struct dfut_trigger *triggers;
	size_t trigger_count;
	char *protocol; /* "" if the bootloader's language is not known */
	unsigned int quirks;
	enum dfut_leave leave;
	struct dfut_control leave_request;
	struct dfut_command *commands;
	size_t command_count;
	struct dfut_names help; /* what a person can do about usual trouble, a sentence each */
	struct dfut_slots slots;
	char *machine; /* that its firmware is for, as in "arm"; NULL if not known */
};

/* Puts the devices of a JSON text in front of a list; `origin` names the text in errors. */
int dfut_table_load(struct dfut_entry **table, const char *text, size_t size, const char *origin,
		    struct dfut_failure *failure);
void dfut_table_free(struct dfut_entry *table);

/* The first entry that fits, and what the device is doing according to it. NULL if none fits. */
const struct dfut_entry *dfut_table_find(const struct dfut_entry *table, const struct dfut_traits *traits,
					 enum dfut_mode *mode, bool *shared);

/* Whether one of the rules names these ids. */
bool dfut_rules_have_ids(const struct dfut_rule *rules, size_t count, uint16_t vendor, uint16_t product);

#endif
