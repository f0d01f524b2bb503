/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* The descriptors of a device with nothing but a DFU interface (USB 2.0, 9.6; DFU 1.1, 4). */

#include <string.h>

#include "sim/sim.h"

static uint8_t *put_device(uint8_t *out, const struct dfut_sim_dfu_layout *layout)
{
	/* clang-format off */
	const uint8_t descriptor[] = {
		18, DFUT_SIM_DEVICE_DESCRIPTOR, 0x00, 0x02,
		layout->device_class, layout->device_class ? DFUT_SIM_DFU_SUBCLASS : 0, 0, 64,
		(uint8_t)layout->vendor_id, (uint8_t)(layout->vendor_id >> 8),
		(uint8_t)layout->product_id, (uint8_t)(layout->product_id >> 8),
		(uint8_t)layout->release, (uint8_t)(layout->release >> 8),
		layout->has_strings ? 1 : 0, layout->has_strings ? 2 : 0, layout->has_strings ? 3 : 0, 1,
	};
	/* clang-format on */

	memcpy(out, descriptor, sizeof(descriptor));
	return out + sizeof(descriptor);
}

/* What the DFU interfaces of one device differ in. */
struct unit {
	uint8_t number;
	uint8_t alternate_count;
	uint8_t first_name;
	uint8_t attributes;
	uint16_t transfer_size;
};

static uint8_t *put_functional(uint8_t *out, const struct dfut_sim_dfu_layout *layout, const struct unit *unit)
{
	/* clang-format off */
	const uint8_t descriptor[] = {
		layout->functional_size, DFUT_SIM_FUNCTIONAL_DESCRIPTOR, unit->attributes,
		(uint8_t)layout->detach_timeout_ms, (uint8_t)(layout->detach_timeout_ms >> 8),
		(uint8_t)unit->transfer_size, (uint8_t)(unit->transfer_size >> 8),
		(uint8_t)layout->version, (uint8_t)(layout->version >> 8),
	};
	/* clang-format on */

	memcpy(out, descriptor, layout->functional_size);
	return out + layout->functional_size;
}

static uint8_t *put_alternates(uint8_t *out, const struct dfut_sim_dfu_layout *layout, const struct unit *unit)
{
	for (uint8_t i = 0; i < unit->alternate_count; i++) {
		const uint8_t descriptor[] = {
			9,
			DFUT_SIM_INTERFACE_DESCRIPTOR,
			unit->number,
			i,
			0,
			layout->class_code,
			layout->subclass,
			layout->protocol,
			unit->first_name ? (uint8_t)(unit->first_name + i) : 0,
		};

		memcpy(out, descriptor, sizeof(descriptor));
		out += sizeof(descriptor);
		if (layout->place == DFUT_SIM_PLACE_FIRST && i == 0)
			out = put_functional(out, layout, unit);
	}
	return layout->place == DFUT_SIM_PLACE_LAST && unit->alternate_count ? put_functional(out, layout, unit) : out;
}

size_t dfut_sim_dfu_put_descriptors(uint8_t *out, const struct dfut_sim_dfu_layout *layout)
{
	const uint8_t configuration[] = {
		9,
		DFUT_SIM_CONFIGURATION_DESCRIPTOR,
		0,
		0,
		layout->second_count ? 2 : 1,
		1,
		layout->configuration_name,
		0xc0,
		layout->max_power,
	};
	const uint8_t association[] = { 8, 11, 0, 1, layout->class_code, layout->subclass, layout->protocol, 0 };
	const struct unit first = { 0, layout->alternate_count, layout->first_name, layout->attributes,
				    layout->transfer_size };
	const struct unit second = { 1, layout->second_count,
				     (uint8_t)(layout->first_name ? layout->first_name + layout->alternate_count : 0),
				     layout->second_attributes, layout->second_transfer_size };
	uint8_t *start = put_device(out, layout);
	uint8_t *end = start + sizeof(configuration);

	memcpy(start, configuration, sizeof(configuration));
	if (layout->place == DFUT_SIM_PLACE_CONFIGURATION)
		end = put_functional(end, layout, &first);
	if (layout->has_association) {
		memcpy(end, association, sizeof(association));
		end += sizeof(association);
	}
	end = put_alternates(end, layout, &first);
	end = put_alternates(end, layout, &second);
	dfut_put_le16(start + 2, (uint16_t)(end - start));
	return (size_t)(end - out);
}
