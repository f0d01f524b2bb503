/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* What raw USB descriptors say (USB 2.0, chapter 9; DFU 1.1, chapter 4). Nothing in them is trusted. */

#ifndef DFUT_DESCRIPTORS_H
#define DFUT_DESCRIPTORS_H

#include "base/base.h"

/* The functional descriptor of one DFU interface. */
struct dfut_functional {
	uint8_t configuration;
	uint8_t interface;
	struct dfut_dfu_descriptor dfu;
};

struct dfut_descriptors {
	uint16_t vendor_id;
	uint16_t product_id;
	uint16_t release;
	uint8_t device_class;
	uint8_t device_subclass;
	uint8_t max_packet_size;
	uint8_t manufacturer_index;
	uint8_t product_index;
	uint8_t serial_index;
	struct dfut_interface *interfaces; /* each alternate setting; names are NULL */
	bool *functional;		   /* one for each: has a descriptor like DFU's functional one */
	size_t interface_count;
	const struct dfut_interface
		*dfu_interface; /* first alternate setting of the DFU interface, NULL if there is none */
	bool has_functional;	/* dfu is filled in: that of the first DFU interface */
	struct dfut_dfu_descriptor dfu;
	struct dfut_functional *others; /* those of the other DFU interfaces */
	size_t other_count;
	enum dfut_mode said_mode; /* somebody knows it better than the descriptors; unknown: nobody does */
};

/* 0, DFUT_ERROR_PROTOCOL if there is no device descriptor, DFUT_ERROR_NO_MEMORY. */
int dfut_descriptors_parse(struct dfut_descriptors *descriptors, const uint8_t *data, size_t size);
void dfut_descriptors_finish(struct dfut_descriptors *descriptors);

bool dfut_interface_is_dfu(const struct dfut_interface *interface);
/* What a DFU interface of the first one's configuration says of itself; one that says nothing is taken for what the first
 * is. NULL if that says nothing either. */
const struct dfut_dfu_descriptor *dfut_descriptors_get_dfu(const struct dfut_descriptors *descriptors,
							   uint8_t interface_number);
/* The same for an alternate setting of any configuration, and of any class: NULL if it is not DFU. */
const struct dfut_dfu_descriptor *dfut_descriptors_find_dfu(const struct dfut_descriptors *descriptors,
							    const struct dfut_interface *interface);

/* Application or bootloader, by the class codes and known liars; unknown if there is no DFU interface. */
enum dfut_mode dfut_descriptors_get_dfu_mode(const struct dfut_descriptors *descriptors);
/* Neither they nor anybody else say which: by the number of interfaces it is guessed. */
bool dfut_descriptors_is_dfu_mode_unsaid(const struct dfut_descriptors *descriptors);
/* That it is a bootloader is a guess: only its state tells. */
bool dfut_descriptors_is_dfu_mode_guessed(const struct dfut_descriptors *descriptors);

#endif
