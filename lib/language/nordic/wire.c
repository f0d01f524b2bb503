/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* Replies of Nordic's Secure DFU, and the words for them. */

#include <string.h>

#include "language/nordic/wire.h"

#define HEADER_SIZE 3

static const struct {
	uint8_t op;
	uint8_t payload_size; /* of a success */
	const char *name;
} ops[] = {
	{ NORDIC_OP_PROTOCOL_VERSION, 1, "PROTOCOL_VERSION" },
	{ NORDIC_OP_OBJECT_CREATE, 0, "CREATE" },
	{ NORDIC_OP_RECEIPT_NOTIF_SET, 0, "RECEIPT_NOTIF_SET" },
	{ NORDIC_OP_CRC_GET, 8, "CRC_GET" },
	{ NORDIC_OP_OBJECT_EXECUTE, 0, "EXECUTE" },
	{ NORDIC_OP_OBJECT_SELECT, 12, "SELECT" },
	{ NORDIC_OP_MTU_GET, 2, "MTU_GET" },
	{ NORDIC_OP_OBJECT_WRITE, 0, "WRITE" },
	{ NORDIC_OP_PING, 1, "PING" },
	{ NORDIC_OP_HARDWARE_VERSION, 20, "HARDWARE_VERSION" },
	{ NORDIC_OP_FIRMWARE_VERSION, 13, "FIRMWARE_VERSION" },
	{ NORDIC_OP_ABORT, 0, "ABORT" },
};

/* clang-format off */
static const char *const results[] = {
	[0x00] = "invalid request",
	[0x02] = "request not supported",
	[0x03] = "invalid parameter",
	[0x04] = "not enough room",
	[0x05] = "invalid object",
	[0x06] = "invalid signature",
	[0x07] = "unsupported type",
	[0x08] = "not permitted in its present state",
	[0x0a] = "operation failed",
	[0x0b] = "an error that it does not name",
};
/* clang-format on */

static const struct {
	const char *text;
	const char *hint;
} extended[] = {
	[0x00] = { "an error that it does not name", NULL },
	[0x01] = { "invalid error code", NULL },
	[0x02] = { "wrong command format",
		   "the bootloader does not understand the init packet: make the package again" },
	[0x03] = { "unknown command", "the bootloader does not know this kind of init packet: make the package again" },
	[0x04] = { "invalid init command: a field is missing, or its type of firmware is not supported",
		   "this bootloader does not take this type of firmware, or the package lacks a version: make it again" },
	[0x05] = { "firmware version too low",
		   "the bootloader does not go back to older firmware: use a package whose version is not lower" },
	[0x06] = { "hardware version mismatch",
		   "the package is for other hardware: use the one that is made for this board" },
	[0x07] = { "SoftDevice requirement not met",
		   "install the SoftDevice that the package asks for, or use one made for the SoftDevice that is there" },
	[0x08] = { "signature missing",
		   "this bootloader takes signed packages only: sign it with the key that it was built with" },
	[0x09] = { "wrong hash type", "the package must have a SHA-256: make it again" },
	[0x0a] = { "signature or hash of the wrong length", "make the package again" },
	[0x0b] = { "wrong signature type", "sign the package with ECDSA P-256" },
	[0x0c] = { "hash of the firmware is wrong",
		   "the package is damaged, or was put together wrongly: make it again" },
	[0x0d] = { "insufficient space", "the firmware is too large for the device" },
	[0x0e] = { "this firmware is there already", NULL },
};

bool nordic_reply_parse(struct nordic_reply *reply, const uint8_t *frame, size_t size)
{
	size_t wanted = 0;

	if (size < HEADER_SIZE || frame[0] != NORDIC_OP_RESPONSE)
		return false;
	*reply = (struct nordic_reply){ .op = frame[1], .result = frame[2] };
	if (reply->result == NORDIC_RESULT_EXTENDED) {
		reply->extended = size > HEADER_SIZE ? frame[HEADER_SIZE] : 0;
		return true;
	}
	if (reply->result != NORDIC_RESULT_SUCCESS)
		return true;
	for (size_t i = 0; i < DFUT_COUNT(ops); i++)
		if (ops[i].op == reply->op)
			wanted = ops[i].payload_size;
	if (size - HEADER_SIZE < wanted)
		return false;
	memcpy(reply->payload, frame + HEADER_SIZE, wanted);
	return true;
}

const char *nordic_reply_get_text(const struct nordic_reply *reply)
{
	if (reply->result == NORDIC_RESULT_EXTENDED && reply->extended < DFUT_COUNT(extended))
		return extended[reply->extended].text;
	if (reply->result < DFUT_COUNT(results) && results[reply->result])
		return results[reply->result];
	return "an unknown error";
}

const char *nordic_reply_get_hint(const struct nordic_reply *reply)
{
	if (reply->result == NORDIC_RESULT_EXTENDED && reply->extended < DFUT_COUNT(extended))
		return extended[reply->extended].hint;
	if (reply->op != NORDIC_OP_OBJECT_EXECUTE)
		return NULL;
	if (reply->result == 0x04)
		return "the firmware is too large for the device";
	if (reply->result == 0x05 || reply->result == 0x06)
		return "the signature may be wrong: sign the package with the key that the bootloader was built with";
	return NULL;
}

const char *nordic_op_get_name(uint8_t op)
{
	for (size_t i = 0; i < DFUT_COUNT(ops); i++)
		if (ops[i].op == op)
			return ops[i].name;
	return "a request";
}
