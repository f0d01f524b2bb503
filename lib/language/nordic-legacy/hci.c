/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* Reliable packets over a serial line: header, payload, CRC-16, in a frame of SLIP. */

#include "language/nordic-legacy/hci.h"

#define HEADER_SIZE 4
#define CRC_INIT 0xffff
#define CRC_POLYNOMIAL 0x1021
#define PACKET_TYPE 14
#define HAS_CRC 0x40
#define IS_RELIABLE 0x80

/* CRC-16-CCITT, the highest bit first */
uint16_t hci_crc16(uint16_t crc, const uint8_t *data, size_t size)
{
	for (size_t i = 0; i < size; i++) {
		crc = (uint16_t)(crc ^ data[i] << 8);
		for (int bit = 0; bit < 8; bit++)
			crc = (uint16_t)(crc & 0x8000 ? crc << 1 ^ CRC_POLYNOMIAL : crc << 1);
	}
	return crc;
}

/* All four bytes add up to 0. */
static void put_header(uint8_t header[HEADER_SIZE], uint8_t sequence, size_t size)
{
	uint8_t next = (sequence + 1) & HCI_SEQUENCE_MASK;

	header[0] = (uint8_t)(sequence | next << 3 | HAS_CRC | IS_RELIABLE);
	header[1] = (uint8_t)(PACKET_TYPE | (size & 0xf) << 4);
	header[2] = (uint8_t)(size >> 4);
	header[3] = (uint8_t) - (header[0] + header[1] + header[2]);
}

size_t hci_encode(uint8_t *out, uint8_t sequence, const uint8_t *payload, size_t size)
{
	uint8_t header[HEADER_SIZE], end[2];
	size_t used = 0;

	put_header(header, sequence, size);
	dfut_put_le16(end, hci_crc16(hci_crc16(CRC_INIT, header, sizeof(header)), payload, size));
	out[used++] = SLIP_END;
	used += slip_encode(out + used, header, sizeof(header));
	used += slip_encode(out + used, payload, size);
	used += slip_encode(out + used, end, sizeof(end));
	out[used++] = SLIP_END;
	return used;
}

int hci_parse_acknowledgement(const uint8_t *frame, size_t size)
{
	if (size != HEADER_SIZE || frame[1] || frame[2] || (uint8_t)(frame[0] + frame[3]))
		return -1;
	return frame[0] >> 3 & HCI_SEQUENCE_MASK;
}
