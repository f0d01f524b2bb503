/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* The part of a sound card's descriptors that is not about DFU: an empty one of USB Audio 2.0. */

#include <string.h>

#include "sim/models/xmos.h"

#define TOTAL_LENGTH (18 + 2)

static uint8_t *put(uint8_t *out, const uint8_t *bytes, size_t size)
{
	memcpy(out, bytes, size);
	return out + size;
}

size_t dfut_sim_xmos_put_audio(uint8_t *out, uint16_t product_id, uint16_t release, uint8_t audio_count)
{
	/* clang-format off */
	const uint8_t device[] = {
		18, DFUT_SIM_DEVICE_DESCRIPTOR, 0x00, 0x02, 0xef, 0x02, 0x01, 64,
		(uint8_t)DFUT_SIM_XMOS_VENDOR_ID, DFUT_SIM_XMOS_VENDOR_ID >> 8,
		(uint8_t)product_id, (uint8_t)(product_id >> 8), (uint8_t)release, (uint8_t)(release >> 8), 1, 2, 3, 1,
	};
	/* clang-format on */
	const uint8_t configuration[] = {
		9, DFUT_SIM_CONFIGURATION_DESCRIPTOR, 0, 0, (uint8_t)(audio_count + 1), 1, 0, 0xc0, 50,
	};
	const uint8_t association[] = { 8, 11, 0, audio_count, 0x01, 0x00, 0x20, 0 };
	/* USB Audio 2.0, 4.7.2 */
	static const uint8_t control[] = {
		9, DFUT_SIM_INTERFACE_DESCRIPTOR, 0, 0, 0, 0x01, 0x01, 0x20, 0, 9, 0x24, 0x01, 0x00, 0x02, 0x08, 9, 0,
		0,
	};
	uint8_t *end = put(out, device, sizeof(device));

	end = put(end, configuration, sizeof(configuration));
	if (audio_count == 0)
		return (size_t)(end - out);
	end = put(end, association, sizeof(association));
	end = put(end, control, sizeof(control));
	for (uint8_t i = 1; i < audio_count; i++) {
		const uint8_t streaming[] = { 9, DFUT_SIM_INTERFACE_DESCRIPTOR, i, 0, 0, 0x01, 0x02, 0x20, 0 };

		end = put(end, streaming, sizeof(streaming));
	}
	return (size_t)(end - out);
}

void dfut_sim_xmos_finish_descriptors(uint8_t *out, size_t size)
{
	dfut_put_le16(out + TOTAL_LENGTH, (uint16_t)(size - 18));
}
