/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* The machines of SMP against a device that says whatever the input says: bytes, or CBOR in frames that are right. */

#include "language/smp/frame.h"
#include "language/smp/machine.h"
#include "machine-host.h"

/* What fits into one read as a frame. */
#define PAYLOAD_LIMIT 250

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct peer {
	struct input input; /* the first, as answers get it */
	struct smp_decoder decoder;
	struct smp_header header; /* of the last request */
};

static void hear(struct peer *peer, const uint8_t *bytes, size_t size)
{
	for (size_t i = 0; i < size; i++)
		if (smp_frame_decode(&peer->decoder, bytes[i]))
			smp_header_read(&peer->header, peer->decoder.message, peer->decoder.message_size);
}

/* An answer to the last request, in a frame. */
static int say(struct peer *peer, uint8_t *buffer)
{
	uint8_t message[SMP_HEADER_SIZE + PAYLOAD_LIMIT];
	struct smp_header header = peer->header;
	size_t length = peer->input.size ? take_byte(&peer->input) % (PAYLOAD_LIMIT + 1) : 0;

	length = take_bytes(&peer->input, message + SMP_HEADER_SIZE, length);
	header.op++;
	header.length = (uint16_t)length;
	smp_header_put(message, &header);
	return (int)smp_frame_encode(buffer, message, SMP_HEADER_SIZE + length);
}

/* One answer: a byte that chooses how it ends, then its bytes. */
static int answer(struct input *input, const struct dfut_next *next, uint8_t *buffer)
{
	struct peer *peer = (struct peer *)(void *)input;
	const struct dfut_action *action = &next->action;
	uint8_t how = take_byte(input);
	size_t length;

	if (how < 8)
		return choose_error(how);
	if (next->kind != DFUT_NEXT_ACT)
		return 0;
	if (action->kind == DFUT_ACTION_WRITE) {
		length = how < 16 ? action->transfer.length / 2 : action->transfer.length;
		hear(peer, action->transfer.data, length);
		return (int)length;
	}
	if (action->kind != DFUT_ACTION_READ)
		return 0;
	if (how >= 128)
		return say(peer, buffer);
	length = take_bytes(input, buffer, how % 40 + 1u);
	return length ? (int)length : DFUT_ERROR_TIMEOUT;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct dfut_machine_ops *const machines[] = {
		&smp_look_machine,    &smp_upload_machine, &smp_start_machine, &smp_settle_machine,
		&smp_confirm_machine, &smp_erase_machine,  &smp_reset_machine, &smp_echo_machine,
	};
	static const uint8_t image[700] = { 0x3d, 0xb8, 0xf3, 0x96 };
	static const uint8_t hash[32] = { 1, 2, 3 };
	struct dfut_failure failure = { 0 };
	struct smp_report report = { 0 };
	struct smp_job own = {
		.hash = hash, .hash_size = sizeof(hash), .sha = hash, .patience_ms = 20000, .report = &report
	};
	struct dfut_job job = { .failure = &failure, .data = image, .size = sizeof(image), .own = &own };
	struct peer peer = { 0 };

	if (size < 4)
		return 0;
	peer.input = (struct input){ data + 3, size - 3 };
	own.in_recovery = data[1] & 1;
	own.tests = data[1] & 2;
	own.may_refuse = data[1] & 4;
	own.confirms = data[1] & 8;
	own.image = data[1] >> 4 & 1;
	own.upload_id = data[1] >> 5;
	report.stayed = data[1] & 64;
	own.message_limit = data[2] * 4u;
	run_machine(machines[data[0] % DFUT_COUNT(machines)], &job, &peer.input, answer);
	return 0;
}
