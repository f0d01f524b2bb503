/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* Reliable packets over a serial line, as nRF5 SDK 11 has them (HCI three-wire UART transport, in part). */

#ifndef DFUT_HCI_H
#define DFUT_HCI_H

#include "base/slip.h"
#include "language/meaning.h"

/* Larger ones make the bootloader deaf until it is reset. */
#define HCI_PACKET_MAX 600
#define HCI_OVERHEAD 6
#define HCI_PAYLOAD_MAX (HCI_PACKET_MAX - HCI_OVERHEAD)
/* On the wire: all escaped, between two ENDs. */
#define HCI_WIRE_MAX (2 * HCI_PACKET_MAX + 2)
#define HCI_SEQUENCE_MASK 7

uint16_t hci_crc16(uint16_t crc, const uint8_t *data, size_t size);
/* Returns the bytes written, at most HCI_WIRE_MAX. */
size_t hci_encode(uint8_t *out, uint8_t sequence, const uint8_t *payload, size_t size);
/* The sequence number that the device expects next, -1 if the frame is no acknowledgement. */
int hci_parse_acknowledgement(const uint8_t *frame, size_t size);

/* In words; of a recording. */
bool nordic_legacy_explain(struct dfut_talk *talk, const struct dfut_tape_event *event, struct dfut_meaning *meaning);

#endif
