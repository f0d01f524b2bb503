/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* A device's inside, for the files that act on it. */

#ifndef DFUT_DEVICE_H
#define DFUT_DEVICE_H

#include "core/engine.h"
#include "table/table.h"

struct dfut_device {
	size_t refs;
	struct dfut_device *next; /* of those present */
	struct dfut_context *context;
	struct dfut_bus *bus;
	uint64_t instance;
	bool present;
	bool seen;	     /* in the scan under way */
	bool untold;	     /* a new handler has not heard of it yet */
	int names;	     /* as in struct dfut_device_facts */
	uint64_t arrived_us; /* 0: it was there when the bus was first looked at */
	char *path;
	char *id; /* what stays when it re-enumerates */
	unsigned int bus_number;
	unsigned int address;
	uint8_t configuration;
	uint8_t *raw;
	size_t raw_size;
	struct dfut_descriptors descriptors;
	char **strings;		 /* by index, 256 */
	struct dfut_node *nodes; /* with names of their own */
	size_t node_count;
	struct dfut_hid *hids; /* the interfaces whose reports are known */
	size_t hid_count;
	bool is_shared;	 /* its rule says so */
	bool is_generic; /* nothing but classes tells what it is */
	bool is_mode_guessed;
	enum dfut_mode said_mode; /* what a person says that it is doing; a scan then makes a new object */
	enum dfut_mode mode;
	const struct dfut_entry *table; /* that it was judged by, before the built-in one */
	const struct dfut_entry *entry; /* NULL if the table has none */
	const char *
		spoken; /* which of the entry's protocols it is, as the device has said since; NULL if it was not asked */
	const struct dfut_trigger **triggers; /* those of the entry that this device has a place for */
	size_t trigger_count;
};

/* Copies what the bus told. said_mode: unknown unless a person has said it. NULL, and *result says why. */
struct dfut_device *dfut_device_new(struct dfut_bus *bus, const struct dfut_device_facts *facts,
				    enum dfut_mode said_mode, int *result);
/*
 * The bConfigurationValue to be selected before an interface, or the device as a whole, can be used; 0 if that is not needed:
 * it is in use, or there is no such interface.
 */
uint8_t dfut_device_get_needed_configuration(const struct dfut_device *device, uint8_t interface);
/* Whether one of its strings is not read, and may yet be. */
bool dfut_device_lacks_string(const struct dfut_device *device, uint8_t index);
/* ... one that rules of the table may ask for, so that its mode may change. */
bool dfut_device_lacks_kind(const struct dfut_device *device);
/* The same device as it is now; NULL if it has left. */
struct dfut_device *dfut_device_find_present(const struct dfut_device *device);
/* Whether an object of them would be the same as this one. */
bool dfut_device_is_same(const struct dfut_device *device, const struct dfut_device_facts *facts);
/* What a run needs; the path is the device's. */
struct dfut_peer dfut_device_get_peer(const struct dfut_device *device);
bool dfut_device_is_settling(const struct dfut_device *device, int result);
/* What the table's rules look at; of the device. */
struct dfut_traits dfut_device_get_traits(const struct dfut_device *device);
/* Whether this entry takes it for its bootloader, though it may be known as something else. */
bool dfut_device_is_bootloader_of(const struct dfut_device *device, const struct dfut_entry *entry);
/* The interface number that a trigger goes to; false if the device has none. */
bool dfut_device_find_interface(const struct dfut_device *device, const struct dfut_interface_class *class_,
				uint8_t *number);
/* Where memories are looked for: bConfigurationValue and bInterfaceNumber, each -1 for any. */
struct dfut_place {
	int configuration;
	int interface;
};

/* A memory: an alternate setting of one of its DFU interfaces. */
bool dfut_device_is_memory(const struct dfut_device *device, const struct dfut_interface *interface);
/* The memory that this text means (the forms are those of dfut_session_set_alternate()), or NULL and why:
 * DFUT_ERROR_AMBIGUOUS if it means several, DFUT_ERROR_NOT_FOUND for none, DFUT_ERROR_UNSUPPORTED for no DFU interface. ""
 * fits none: the failure then lists what there is. */
const struct dfut_interface *dfut_device_find_alternate(const struct dfut_device *device,
							const struct dfut_place *place, const char *alternate,
							struct dfut_failure *failure);
/* The same for a number that a file gives. */
const struct dfut_interface *dfut_device_find_number(const struct dfut_device *device, const struct dfut_place *place,
						     int number, struct dfut_failure *failure);
/* The first memory there; NULL and why, with a list, if there is none. count: of the others, too; may be NULL. */
const struct dfut_interface *dfut_device_find_first(const struct dfut_device *device, const struct dfut_place *place,
						    size_t *count, struct dfut_failure *failure);
bool dfut_place_has(const struct dfut_place *place, const struct dfut_interface *interface);
/* The number by which a person can choose it, with that of its interface if there are several. */
const char *dfut_device_describe_alternate(const struct dfut_device *device, const struct dfut_interface *interface,
					   char *text, size_t size);
/* How many memories its DFU interfaces have. */
size_t dfut_device_count_alternates(const struct dfut_device *device);
/* Whether a DFU interface has several alternate settings, so that one must be selected. */
bool dfut_device_must_select(const struct dfut_device *device, uint8_t interface_number);
/* One of its slots, by the table's names; NULL if it has none, or several that can't be told apart. */
const struct dfut_interface *dfut_device_find_slot(const struct dfut_device *device, enum dfut_slot slot);
bool dfut_device_is_slot(const struct dfut_device *device, const struct dfut_interface *interface, enum dfut_slot slot);

/* "1915:520f "27x2 Mitosis" at 1-2", for texts. */
const char *dfut_device_describe(const struct dfut_device *device, char *text, size_t size);

#endif
