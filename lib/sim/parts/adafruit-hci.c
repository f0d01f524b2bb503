/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* Packets and their acknowledgements: hci_slip.c and hci_transport.c of nRF5 SDK 11. */

#include <string.h>

#include "sim/parts/adafruit-dfu.h"

#define HEADER_SIZE 4u
#define CRC_SIZE 2u
#define CRC_START 0xffff
#define CRC_POLYNOMIAL 0x1021
#define SEQUENCE_MASK 0x07
#define HAS_CRC 0x40
#define IS_RELIABLE 0x80
#define TYPE_MASK 0x0f
#define TYPE_VENDOR 14

uint16_t dfut_sim_adafruit_crc(uint16_t crc, const uint8_t *bytes, size_t size)
{
	for (size_t i = 0; i < size; i++) {
		crc ^= (uint16_t)(bytes[i] << 8);
		for (int bit = 0; bit < 8; bit++)
			crc = (uint16_t)(crc & 0x8000 ? crc << 1 ^ CRC_POLYNOMIAL : crc << 1);
	}
	return crc;
}

/* The number that it waits for: what came is known up to there. */
static void acknowledge(struct dfut_sim_adafruit *dfu)
{
	uint8_t header[HEADER_SIZE] = { (uint8_t)(dfu->expected << 3) };
	uint8_t frame[2 * HEADER_SIZE + 2] = { DFUT_SIM_SLIP_END };
	size_t size = 1;

	header[3] = (uint8_t)(0x100 - header[0]);
	size += dfut_sim_slip_put(frame + size, header, sizeof(header));
	frame[size++] = DFUT_SIM_SLIP_END;
	dfut_sim_serial_say(&dfu->serial, frame, size, dfut_sim_adafruit_get_busy_us(dfu));
}

/* What is damaged is dropped without a word. */
static bool is_whole(const struct dfut_sim_adafruit *dfu)
{
	const uint8_t *packet = dfu->packet;
	size_t size = dfu->packet_size;

	if (size < HEADER_SIZE + CRC_SIZE || (uint8_t)(packet[0] + packet[1] + packet[2] + packet[3]) != 0)
		return false;
	if (!(packet[0] & HAS_CRC) || !(packet[0] & IS_RELIABLE) || (packet[1] & TYPE_MASK) != TYPE_VENDOR)
		return false;
	if ((size_t)(packet[1] >> 4 | packet[2] << 4) != size - HEADER_SIZE - CRC_SIZE)
		return false;
	return dfut_sim_adafruit_crc(CRC_START, packet, size - CRC_SIZE) == dfut_le16(packet + size - CRC_SIZE);
}

static void take_packet(struct dfut_sim_adafruit *dfu)
{
	if (!is_whole(dfu) || dfu->phase == DFUT_SIM_ADAFRUIT_ENDING)
		return;
	dfu->device->counters.frames++;
	if ((dfu->packet[0] & SEQUENCE_MASK) != dfu->expected) {
		acknowledge(dfu);
		return;
	}
	if (!dfut_sim_serial_is_empty(&dfu->serial))
		dfut_sim_device_breach(dfu->device, "%s: packet %d before the last one was acknowledged",
				       dfut_sim_adafruit_get_state_name(dfu), dfu->expected);
	dfu->expected = (dfu->expected + 1) & SEQUENCE_MASK;
	acknowledge(dfu);
	dfut_sim_adafruit_take(dfu, dfu->packet + HEADER_SIZE, dfu->packet_size - HEADER_SIZE - CRC_SIZE);
}

static void take_end(struct dfut_sim_adafruit *dfu)
{
	bool is_packet = dfu->is_inside && dfu->packet_size && !dfu->is_wrong;

	if (is_packet)
		take_packet(dfu);
	/* Two in a row: the second one begins a packet. */
	dfu->is_inside = !is_packet;
	dfu->is_escaped = false;
	dfu->is_wrong = false;
	dfu->packet_size = 0;
}

static void add(struct dfut_sim_adafruit *dfu, uint8_t byte)
{
	if (dfu->packet_size < sizeof(dfu->packet)) {
		dfu->packet[dfu->packet_size++] = byte;
		return;
	}
	dfu->is_deaf = true;
	dfut_sim_device_breach(dfu->device,
			       "%s: a packet of more than %u bytes: it hears nothing any more (hci_slip.c)",
			       dfut_sim_adafruit_get_state_name(dfu), DFUT_SIM_ADAFRUIT_BUFFER_SIZE);
}

static void take_byte(struct dfut_sim_adafruit *dfu, uint8_t byte)
{
	if (byte == DFUT_SIM_SLIP_END) {
		take_end(dfu);
	} else if (!dfu->is_inside || dfu->is_wrong) {
		return;
	} else if (dfu->is_escaped) {
		dfu->is_escaped = false;
		dfu->is_wrong = byte != DFUT_SIM_SLIP_ESC_END && byte != DFUT_SIM_SLIP_ESC_ESC;
		add(dfu, byte == DFUT_SIM_SLIP_ESC_END ? DFUT_SIM_SLIP_END : DFUT_SIM_SLIP_ESC);
	} else if (byte == DFUT_SIM_SLIP_ESC) {
		dfu->is_escaped = true;
	} else {
		add(dfu, byte);
	}
}

int dfut_sim_adafruit_receive(struct dfut_sim_adafruit *dfu, const uint8_t *data, size_t size)
{
	dfu->device->counters.bytes += size;
	for (size_t i = 0; i < size && !dfu->is_deaf; i++)
		take_byte(dfu, data[i]);
	return (int)size;
}
