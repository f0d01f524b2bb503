/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* Requests and replies of Nordic's Secure DFU (nRF5 SDK 17.1, nrf_dfu_req_handler.h), and the words for what it refuses. */

#ifndef DFUT_NORDIC_WIRE_H
#define DFUT_NORDIC_WIRE_H

#include "base/base.h"
#include "language/meaning.h"

enum nordic_op {
	NORDIC_OP_PROTOCOL_VERSION = 0x00,
	NORDIC_OP_OBJECT_CREATE = 0x01,
	NORDIC_OP_RECEIPT_NOTIF_SET = 0x02,
	NORDIC_OP_CRC_GET = 0x03,
	NORDIC_OP_OBJECT_EXECUTE = 0x04,
	NORDIC_OP_OBJECT_SELECT = 0x06,
	NORDIC_OP_MTU_GET = 0x07,
	NORDIC_OP_OBJECT_WRITE = 0x08,
	NORDIC_OP_PING = 0x09,
	NORDIC_OP_HARDWARE_VERSION = 0x0a,
	NORDIC_OP_FIRMWARE_VERSION = 0x0b,
	NORDIC_OP_ABORT = 0x0c,
	NORDIC_OP_RESPONSE = 0x60,
};

enum nordic_object {
	NORDIC_OBJECT_COMMAND = 1,
	NORDIC_OBJECT_DATA = 2,
};

enum nordic_result {
	NORDIC_RESULT_SUCCESS = 0x01,
	NORDIC_RESULT_NOT_SUPPORTED = 0x02,
	NORDIC_RESULT_NOT_PERMITTED = 0x08,
	NORDIC_RESULT_EXTENDED = 0x0b,
};

/* The longest request but WRITE: CREATE. */
#define NORDIC_REQUEST_MAX 6
/* The longest payload of a reply: HARDWARE_VERSION's. */
#define NORDIC_PAYLOAD_MAX 20

struct nordic_reply {
	uint8_t op;
	uint8_t result;
	uint8_t extended; /* with NORDIC_RESULT_EXTENDED */
	uint8_t payload[NORDIC_PAYLOAD_MAX];
};

/* False if the frame is no reply, or a success without the payload that its request has. */
bool nordic_reply_parse(struct nordic_reply *reply, const uint8_t *frame, size_t size);
/* "hardware version mismatch" */
const char *nordic_reply_get_text(const struct nordic_reply *reply);
/* What the person can do about a refusal, NULL if nothing is known. */
const char *nordic_reply_get_hint(const struct nordic_reply *reply);
/* "EXECUTE" */
const char *nordic_op_get_name(uint8_t op);

/* In words; of a recording. */
bool nordic_explain(struct dfut_talk *talk, const struct dfut_tape_event *event, struct dfut_meaning *meaning);

#endif
