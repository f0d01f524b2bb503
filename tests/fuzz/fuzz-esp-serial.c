/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* The machines of Espressif's ROM loader against a device that says whatever the input says. */

#include "language/esp-serial/image.h"
#include "language/esp-serial/machine.h"
#include "machine-host.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define END 0xc0
#define REPLY 0x01
#define SYNC 0x08
#define SYNC_ANSWERS 8

/* The request that goes out: what the next answer is for. */
static uint8_t asked;

static int write_all(const struct dfut_action *action, uint8_t how)
{
	if (action->transfer.length > 2)
		asked = action->transfer.data[2];
	return how < 10 ? (int)(action->transfer.length / 2) : action->transfer.length;
}

/* A frame of its own, with so many bytes of the input; SYNC is answered eight times. */
static size_t answer_well(struct input *input, uint8_t how, uint8_t *buffer)
{
	uint8_t payload[64] = { 0 };
	size_t length = take_bytes(input, payload, how % sizeof(payload)), used = 0;

	for (int i = 0; i < (asked == SYNC ? SYNC_ANSWERS : 1); i++) {
		const uint8_t header[] = { END, REPLY, asked, (uint8_t)(length + 4), 0, payload[0], 1, 0, 0 };

		memcpy(buffer + used, header, sizeof(header));
		used += sizeof(header);
		for (size_t k = 0; k < length && asked != SYNC; k++)
			buffer[used++] = payload[k] == END || payload[k] == 0xdb ? 0 : payload[k];
		if (asked == SYNC)
			buffer[used - sizeof(header) + 3] = 4;
		memset(buffer + used, 0, 4);
		used += 4;
		buffer[used++] = END;
	}
	return used;
}

/* One answer: a byte that chooses how it ends, then its bytes. */
static int answer(struct input *input, const struct dfut_next *next, uint8_t *buffer)
{
	const struct dfut_action *action = &next->action;
	uint8_t how = take_byte(input);
	size_t length;

	if (how < 8)
		return choose_error(how);
	if (next->kind != DFUT_NEXT_ACT)
		return 0;
	if (action->kind == DFUT_ACTION_WRITE)
		return write_all(action, how);
	if (action->kind != DFUT_ACTION_READ)
		return 0;
	if (how >= 64 && action->transfer.length >= 256)
		return (int)answer_well(input, how, buffer);
	length = take_bytes(input, buffer, how % 40 + 1u);
	return length ? (int)length : DFUT_ERROR_TIMEOUT;
}

static int judge(void *user_data)
{
	const struct esp_serial_identity *identity = user_data;

	return identity->flags & ESP_SERIAL_FLAG_SECURE_DOWNLOAD ? DFUT_ERROR_UNSUPPORTED : 0;
}

static void run(const struct dfut_machine_ops *ops, uint8_t choices, struct input *input)
{
	static const uint8_t bytes[3000] = { 0xe9, 0xc0, 0xdb };
	static const uint32_t outs[3] = { 1024, 1024, 952 };
	struct esp_serial_region regions[] = {
		{ .address = 0, .size = 3000, .data = bytes, .md5 = "00112233445566778899aabbccddeeff" },
		{ .address = 0x10000,
		  .size = 3000,
		  .data = bytes,
		  .md5 = "00112233445566778899aabbccddeeff",
		  .packed = bytes,
		  .packed_size = 2500,
		  .outs = outs },
	};
	struct esp_serial_identity identity = { .chip = choices & 4 ? esp_serial_find_chip(2) : NULL };
	bool has_stayed = false;
	struct dfut_failure failure = { 0 };
	unsigned int sum = 0;
	struct esp_serial_job own = { .port = choices % 3,
				      .identity = &identity,
				      .judge = judge,
				      .judge_data = &identity,
				      .leave_if_refused = choices & 8,
				      .regions = regions,
				      .region_count = DFUT_COUNT(regions),
				      .flash_size = 0x200000,
				      .compare = choices & 16,
				      .verify = choices & 32,
				      .address = choices,
				      .has_stayed = &has_stayed };
	struct dfut_job job = { .failure = &failure, .own = &own, .size = 200, .writer = add_up, .writer_data = &sum };

	run_machine(ops, &job, input, answer);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct dfut_machine_ops *const machines[] = {
		&esp_serial_probe_machine, &esp_serial_download_machine, &esp_serial_upload_machine,
		&esp_serial_leave_machine, &esp_serial_restart_machine,	 &esp_serial_check_machine,
	};
	struct esp_serial_header header;
	struct input input;

	if (size < 4)
		return 0;
	asked = 0;
	esp_serial_read_header(&header, data, size);
	esp_serial_get_kind(data, size);
	input = (struct input){ data + 2, size - 2 };
	run(machines[data[0] % DFUT_COUNT(machines)], data[1], &input);
	return 0;
}
