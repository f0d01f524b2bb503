/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* What raw USB descriptors say (USB 2.0, chapter 9; DFU 1.1, chapter 4). */

#include <stdlib.h>
#include <string.h>

#include "usb/descriptors.h"
#include "usb/dfu.h"

#define DESCRIPTOR_DEVICE 1
#define DESCRIPTOR_CONFIGURATION 2
#define DESCRIPTOR_INTERFACE 4

#define DEVICE_SIZE 18
#define CONFIGURATION_SIZE 9
#define INTERFACE_SIZE 9

#define CLASS_HID 3

/* More alternate settings than this are no device. */
#define INTERFACE_LIMIT 1024

struct walk {
	struct dfut_descriptors *out;
	uint8_t configuration;
	int current;	      /* interface that the descriptors belong to, -1 before the first */
	const uint8_t *stray; /* functional descriptor in front of its interface */
	size_t stray_size;
};

bool dfut_interface_is_dfu(const struct dfut_interface *interface)
{
	return interface->class_code == DFU_CLASS && interface->subclass == DFU_SUBCLASS;
}

/* The array that it is in still grows while descriptors are parsed. */
static const struct dfut_interface *find_dfu(const struct dfut_descriptors *descriptors)
{
	for (size_t i = 0; i < descriptors->interface_count; i++)
		if (dfut_interface_is_dfu(&descriptors->interfaces[i]))
			return &descriptors->interfaces[i];
	return NULL;
}

static int add_interface(struct walk *walk, const uint8_t *data)
{
	struct dfut_descriptors *out = walk->out;
	size_t count = out->interface_count;
	struct dfut_interface *interface;
	void *grown;

	if (count >= INTERFACE_LIMIT)
		return DFUT_ERROR_PROTOCOL;
	grown = realloc(out->interfaces, (count + 1) * sizeof(*out->interfaces));
	if (!grown)
		return DFUT_ERROR_NO_MEMORY;
	out->interfaces = grown;
	grown = realloc(out->functional, (count + 1) * sizeof(*out->functional));
	if (!grown)
		return DFUT_ERROR_NO_MEMORY;
	out->functional = grown;
	out->functional[count] = false;
	interface = &out->interfaces[count];
	*interface = (struct dfut_interface){
		.configuration = walk->configuration,
		.number = data[2],
		.alternate = data[3],
		.endpoint_count = data[4],
		.class_code = data[5],
		.subclass = data[6],
		.protocol = data[7],
		.name_index = data[8],
	};
	out->interface_count++;
	walk->current = (int)count;
	return 0;
}

static int add_functional(struct dfut_descriptors *out, const struct dfut_interface *interface,
			  const struct dfut_dfu_descriptor *dfu)
{
	void *grown;

	for (size_t i = 0; i < out->other_count; i++) {
		if (out->others[i].configuration != interface->configuration ||
		    out->others[i].interface != interface->number)
			continue;
		out->others[i].dfu = *dfu;
		return 0;
	}
	grown = realloc(out->others, (out->other_count + 1) * sizeof(*out->others));
	if (!grown)
		return DFUT_ERROR_NO_MEMORY;
	out->others = grown;
	out->others[out->other_count++] = (struct dfut_functional){ interface->configuration, interface->number, *dfu };
	return 0;
}

static int take_dfu(struct dfut_descriptors *out, const struct dfut_interface *interface, const uint8_t *data,
		    size_t size)
{
	const struct dfut_interface *first = find_dfu(out);
	struct dfut_dfu_descriptor dfu;

	if (!dfu_descriptor_parse(&dfu, data, size))
		return 0;
	if (interface->configuration != first->configuration || interface->number != first->number)
		return add_functional(out, interface, &dfu);
	out->dfu = dfu;
	out->has_functional = true;
	return 0;
}

/* Descriptors of several alternate settings share one, which follows the last. */
static int take_functional(struct walk *walk, const uint8_t *data, size_t size)
{
	struct dfut_descriptors *out = walk->out;

	if (walk->current >= 0 && dfut_interface_is_dfu(&out->interfaces[walk->current]))
		return take_dfu(out, &out->interfaces[walk->current], data, size);
	/* HID's own descriptor has the same type. */
	if (walk->current >= 0 && out->interfaces[walk->current].class_code == CLASS_HID)
		return 0;
	if (walk->current >= 0)
		out->functional[walk->current] = true;
	walk->stray = data;
	walk->stray_size = size;
	return 0;
}

static int parse_configuration(struct walk *walk, const uint8_t *data, size_t size)
{
	int result = 0;

	walk->current = -1;
	walk->configuration = data[5];
	for (size_t at = data[0]; at + 2 <= size && data[at] >= 2 && data[at] <= size - at; at += data[at]) {
		const uint8_t *descriptor = data + at;

		if (descriptor[1] == DESCRIPTOR_INTERFACE && descriptor[0] >= INTERFACE_SIZE) {
			result = add_interface(walk, descriptor);
		} else if (descriptor[1] == DFU_FUNCTIONAL_DESCRIPTOR) {
			result = take_functional(walk, descriptor, descriptor[0]);
		}
		if (result < 0)
			return result;
	}
	return 0;
}

int dfut_descriptors_parse(struct dfut_descriptors *out, const uint8_t *data, size_t size)
{
	struct walk walk = { .out = out };
	int result = 0;
	size_t at;

	memset(out, 0, sizeof(*out));
	if (size < DEVICE_SIZE || data[0] < DEVICE_SIZE || data[0] > size || data[1] != DESCRIPTOR_DEVICE)
		return DFUT_ERROR_PROTOCOL;
	out->device_class = data[4];
	out->device_subclass = data[5];
	out->max_packet_size = data[7];
	out->vendor_id = dfut_le16(data + 8);
	out->product_id = dfut_le16(data + 10);
	out->release = dfut_le16(data + 12);
	out->manufacturer_index = data[14];
	out->product_index = data[15];
	out->serial_index = data[16];

	for (at = data[0]; result == 0 && size - at >= CONFIGURATION_SIZE;) {
		size_t total = dfut_le16(data + at + 2);

		if (data[at] < CONFIGURATION_SIZE || data[at + 1] != DESCRIPTOR_CONFIGURATION || total < data[at])
			break;
		total = total < size - at ? total : size - at;
		if (data[at] > total)
			break;
		result = parse_configuration(&walk, data + at, total);
		at += total;
	}
	if (result < 0) {
		dfut_descriptors_finish(out);
		return result;
	}
	out->dfu_interface = find_dfu(out);
	if (out->dfu_interface && !out->has_functional && walk.stray)
		out->has_functional = dfu_descriptor_parse(&out->dfu, walk.stray, walk.stray_size);
	return 0;
}

void dfut_descriptors_finish(struct dfut_descriptors *descriptors)
{
	free(descriptors->interfaces);
	free(descriptors->functional);
	free(descriptors->others);
	descriptors->interfaces = NULL;
	descriptors->functional = NULL;
	descriptors->others = NULL;
	descriptors->other_count = 0;
	descriptors->dfu_interface = NULL;
	descriptors->interface_count = 0;
}

static const struct dfut_dfu_descriptor *find_other(const struct dfut_descriptors *descriptors, uint8_t configuration,
						    uint8_t interface_number)
{
	for (size_t i = 0; i < descriptors->other_count; i++)
		if (descriptors->others[i].configuration == configuration &&
		    descriptors->others[i].interface == interface_number)
			return &descriptors->others[i].dfu;
	return NULL;
}

const struct dfut_dfu_descriptor *dfut_descriptors_get_dfu(const struct dfut_descriptors *descriptors,
							   uint8_t interface_number)
{
	const struct dfut_interface *first = descriptors->dfu_interface;
	const struct dfut_dfu_descriptor *own = first ? find_other(descriptors, first->configuration,
								   interface_number) :
							NULL;

	return own ? own : descriptors->has_functional ? &descriptors->dfu : NULL;
}

const struct dfut_dfu_descriptor *dfut_descriptors_find_dfu(const struct dfut_descriptors *descriptors,
							    const struct dfut_interface *interface)
{
	if (!dfut_interface_is_dfu(interface))
		return NULL;
	if (interface->configuration == descriptors->dfu_interface->configuration)
		return dfut_descriptors_get_dfu(descriptors, interface->number);
	return find_other(descriptors, interface->configuration, interface->number);
}

/* Whether the configuration of the DFU interface has nothing else. */
static bool has_dfu_only(const struct dfut_descriptors *descriptors)
{
	const struct dfut_interface *dfu = descriptors->dfu_interface;

	for (size_t i = 0; i < descriptors->interface_count; i++)
		if (descriptors->interfaces[i].configuration == dfu->configuration &&
		    !dfut_interface_is_dfu(&descriptors->interfaces[i]))
			return false;
	return true;
}

/* DFU 1.0 has protocol 0 in both modes, but gives a device in DFU mode its class; DSO Nano's bootloader says 1.1a with it. */
bool dfut_descriptors_is_dfu_mode_unsaid(const struct dfut_descriptors *descriptors)
{
	const struct dfut_interface *dfu = descriptors->dfu_interface;

	return dfu && descriptors->said_mode == DFUT_MODE_UNKNOWN && dfu->protocol != 1 && dfu->protocol != 2 &&
	       descriptors->device_class != DFU_CLASS &&
	       !(descriptors->has_functional && descriptors->dfu.version == 0x011a);
}

enum dfut_mode dfut_descriptors_get_dfu_mode(const struct dfut_descriptors *descriptors)
{
	const struct dfut_interface *dfu = descriptors->dfu_interface;

	if (!dfu)
		return DFUT_MODE_UNKNOWN;
	if (descriptors->said_mode != DFUT_MODE_UNKNOWN)
		return descriptors->said_mode;
	if (dfu->protocol == 2)
		return DFUT_MODE_BOOTLOADER;
	if (dfu->protocol == 1)
		return DFUT_MODE_APPLICATION;
	if (!dfut_descriptors_is_dfu_mode_unsaid(descriptors))
		return DFUT_MODE_BOOTLOADER;
	/* In DFU mode there is only the DFU interface. An application without any other looks like that, too. */
	return has_dfu_only(descriptors) ? DFUT_MODE_BOOTLOADER : DFUT_MODE_APPLICATION;
}

bool dfut_descriptors_is_dfu_mode_guessed(const struct dfut_descriptors *descriptors)
{
	return dfut_descriptors_get_dfu_mode(descriptors) == DFUT_MODE_BOOTLOADER &&
	       dfut_descriptors_is_dfu_mode_unsaid(descriptors);
}
