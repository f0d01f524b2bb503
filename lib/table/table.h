/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* Which device is triggered how, what it becomes, and which language its bootloader speaks. The form: docs/add-a-device.md. */

#ifndef DFUT_DEVICE_TABLE_H
#define DFUT_DEVICE_TABLE_H

#include "trigger/command.h"
#include "usb/descriptors.h"

struct dfut_id_range {
	uint16_t vendor;
	uint16_t product_first;
	uint16_t product_last;
};

/* Of a device without a functional descriptor. */
#define DFUT_NO_VERSION 0x10000

struct dfut_rule_report {
	enum dfut_report_type type; /* 0 for any */
	uint8_t id;
	int size; /* bytes without the id */
};

/* All conditions that are given must hold. */
struct dfut_rule {
	size_t id_count; /* one of them must fit; 0 for any */
	const struct dfut_id_range *ids;
	int release; /* bcdDevice, -1 for any */
	struct dfut_interface_class interface;
	bool functional;		/* ... followed by a descriptor like DFU's */
	int endpoints;			/* ... with so many of them, -1 for any */
	enum dfut_mode dfu;		/* what its DFU interface says; unknown for any */
	int dfu_version;		/* bcdDFUVersion, DFUT_NO_VERSION for none at all, -1 for any */
	int will_detach;		/* bitWillDetach: 0 or 1, -1 for any */
	const char *alternate;		/* pattern of the name of one of its DFU alternate settings, NULL for any */
	const char *product;		/* product string, NULL for any */
	const char *manufacturer;	/* manufacturer string, NULL for any */
	struct dfut_usage usage;	/* a top-level collection of a HID interface; page 0 for any */
	struct dfut_rule_report report; /* the same interface has it */
	bool shared;			/* other products show the same: only an explicit yes triggers them */
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
	const char *const *items;
	size_t count;
};

/* Memories that hold an image each, one of which runs (MCUboot). */
struct dfut_slots {
	struct dfut_names names[DFUT_SLOT_COUNT]; /* of alternate settings */
	const char *format; /* of images in the first two, of all if those have no names; NULL for any */
	bool measure;	    /* their size is learned by reading */
	uint64_t size;	    /* bytes, 0 if not known */
	bool has_start;
	uint32_t start; /* address of the application: the bootloader is below it */
};

struct dfut_entry {
	struct dfut_entry *next; /* of those that were loaded; NULL for a built-in one */
	const char *name;
	const char *title;
	const struct dfut_rule *application;
	size_t application_count;
	const struct dfut_rule *bootloader;
	size_t bootloader_count;
	const struct dfut_trigger *triggers;
	size_t trigger_count;
	const char *protocol; /* "" if the bootloader's language is not known, or is one of several */
	struct dfut_names
		protocols; /* one of which it is, as its bootloader shows, or says when it is asked; none if `protocol`
				      * says which */
	bool raw_at_start; /* a file without addresses goes to the beginning of the bootloader's first memory */
	unsigned int quirks;
	enum dfut_leave leave;
	struct dfut_control leave_request;
	uint32_t manifest_ms; /* the most that it takes to install what it got; 0: what is usual */
	const struct dfut_command *commands;
	size_t command_count;
	struct dfut_names help; /* what a person can do about usual trouble, a sentence each */
	struct dfut_slots slots;
	const char *
		other_files; /* language of the serial port that it has before its DFU mode, for files of other formats than that of
			    * its slots; NULL for none */
	const char *machine; /* that its firmware is for, as in "arm"; NULL if not known */
	int port;	  /* bInterfaceNumber of the serial port on which the bootloader speaks; -1 for the first one */
	const char *part; /* that it has, for a bootloader that can't tell it; NULL if not known */
};

/* The rows in which a device of this vendor may be: of those that name the vendor, or no ids at all, each by its number. */
struct dfut_vendor {
	uint16_t vendor;
	uint16_t first; /* in the candidates */
	uint16_t count;
};

/* The table that the build makes of devices.json. */
struct dfut_builtin {
	const struct dfut_entry *entries;
	size_t entry_count;
	const struct dfut_vendor *vendors; /* sorted */
	size_t vendor_count;
	const uint16_t *candidates;
	size_t generic_count; /* those of a vendor that is not named, which come first */
};

extern const struct dfut_builtin dfut_builtin_devices;

/* A table is a list of what was loaded, newest first, which owns its rows; the built-in rows come after them. */

/* Puts the devices of a JSON text in front of a list; `origin` names the text in errors. */
int dfut_table_load(struct dfut_entry **table, const char *text, size_t size, const char *origin,
		    struct dfut_failure *failure);
/* Puts a row in front for the devices with these ids, whose bootloader speaks this; port: -1 for the first one. */
int dfut_table_add_named(struct dfut_entry **table, int vendor_id, int product_id, const char *protocol, int port,
			 struct dfut_failure *failure);
void dfut_table_free(struct dfut_entry *table);

/* Walks through the rows that may have ids of a vendor, in the order in which they count. */
struct dfut_candidates {
	const struct dfut_entry *loaded;
	const uint16_t *builtin;
	size_t left;
};

struct dfut_candidates dfut_table_find(const struct dfut_entry *table, uint16_t vendor);
/* NULL after the last */
const struct dfut_entry *dfut_candidates_next(struct dfut_candidates *candidates);

/* What the table says of a device. */
struct dfut_judgement {
	const struct dfut_entry *entry; /* the first that fits; NULL if none does */
	enum dfut_mode mode;		/* what the device is doing according to it */
	bool is_guessed;		/* the mode is */
	bool is_shared;			/* other products show the same: only an explicit yes triggers them */
	bool is_generic;		/* only classes fit: no id, string or report says which product it is */
};

void dfut_table_judge(const struct dfut_entry *table, const struct dfut_traits *traits,
		      struct dfut_judgement *judgement);

/* Whether the entry takes the device for its bootloader, whatever entries before it say. */
bool dfut_entry_has_bootloader(const struct dfut_entry *entry, const struct dfut_traits *traits);

/* What of the rule the device does not fit, in words for people: the first such condition. NULL if it fits. */
const char *dfut_rule_find_misfit(const struct dfut_rule *rule, const struct dfut_traits *traits);

/* Whether one of the rules names these ids. */
bool dfut_rules_have_ids(const struct dfut_rule *rules, size_t count, uint16_t vendor, uint16_t product);

#endif
