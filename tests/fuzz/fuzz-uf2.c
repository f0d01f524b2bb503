/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* The machines of UF2 drives against a drive that says whatever the input says, and images as files of blocks. */

#include "language/uf2/core.h"
#include "language/uf2/image.h"
#include "machine-host.h"

#define BLOCKS 150

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct drive {
	struct input input; /* the first, as answers get it */
	uint32_t tag;	    /* of the last command */
};

/* A good status, so that the input need not guess the tag. */
static int put_status(uint8_t *buffer, uint32_t tag, uint8_t status)
{
	memset(buffer, 0, UF2_STATUS_SIZE);
	memcpy(buffer, "USBS", 4);
	dfut_put_le32(buffer + 4, tag);
	buffer[12] = status;
	return UF2_STATUS_SIZE;
}

/* One answer: a byte that chooses how it ends, then bytes; what is not given is 0. */
static int answer(struct input *input, const struct dfut_next *next, uint8_t *buffer)
{
	struct drive *drive = (struct drive *)(void *)input;
	const struct dfut_action *action = &next->action;
	uint8_t how = take_byte(input);
	size_t length;

	if (next->kind == DFUT_NEXT_ACT && action->kind == DFUT_ACTION_WRITE &&
	    action->transfer.length == UF2_COMMAND_SIZE)
		drive->tag = dfut_le32(action->transfer.data + 4);
	if (how < 8)
		return choose_error(how);
	if (next->kind != DFUT_NEXT_ACT)
		return 0;
	if (action->kind == DFUT_ACTION_WRITE)
		return how < 12 ? (int)(action->transfer.length / 2) : action->transfer.length;
	if (action->kind != DFUT_ACTION_READ)
		return 0;
	if (action->transfer.length == UF2_STATUS_SIZE && how >= 32)
		return put_status(buffer, drive->tag, how < 40 ? how % 4 : 0);
	length = how < 16 && how < action->transfer.length ? how : action->transfer.length;
	memset(buffer, 0, length);
	take_bytes(input, buffer, length);
	return (int)length;
}

/* What is left of the input as a file; the drive has told the rest. */
static void judge(const struct input *input, const struct uf2_identity *identity, unsigned int how)
{
	struct uf2_target target = { .chip = how & 1 ? uf2_chip_get(how >> 1 & 7) : uf2_chip_find(identity),
				     .family = identity->current.family,
				     .is_asked = how >> 4 & 1 };
	struct dfut_failure failure = { 0 };
	struct dfut_image *image = NULL;
	struct uf2_blocks blocks;

	if (dfut_image_load_bytes(&image, &failure, input->data, input->size, how & 32 ? UINT32_MAX : 0) < 0)
		return;
	if (uf2_blocks_take(&blocks, image, &target, how & 64 ? UINT32_MAX : 0, &failure) == 0)
		uf2_blocks_free(&blocks);
	dfut_image_free(image);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct dfut_machine_ops *const machines[] = { &uf2_probe_machine, &uf2_upload_machine,
								   &uf2_leave_machine, &uf2_compare_machine,
								   &uf2_write_machine };
	static uint8_t file[BLOCKS * UF2_BLOCK_SIZE];
	static const uint8_t payload[UF2_PAYLOAD] = { 1, 2, 3 };
	struct uf2_identity identity = { 0 };
	struct uf2_difference difference;
	struct dfut_failure failure = { 0 };
	unsigned int sum = 0;
	struct uf2_job own = {
		.in = 0x81, .out = 1, .identity = &identity, .blocks = file, .count = BLOCKS, .difference = &difference
	};
	struct dfut_job job = { .failure = &failure, .writer = add_up, .writer_data = &sum, .own = &own };
	struct drive drive = { .tag = 0 };
	const struct dfut_machine_ops *machine;
	unsigned int how;

	if (size < 2)
		return 0;
	machine = machines[data[0] % DFUT_COUNT(machines)];
	how = data[1];
	drive.input = (struct input){ data + 2, size - 2 };
	for (uint32_t i = 0; i < BLOCKS; i++) {
		struct uf2_block block = {
			.address = i * UF2_PAYLOAD, .number = i, .count = BLOCKS, .family = 0xbfdd4eee, .data = payload
		};

		uf2_put_block(file + (size_t)i * UF2_BLOCK_SIZE, &block);
	}
	own.is_last = how & 1;
	own.has_address = how & 2;
	own.address = how << 8;
	job.size = how & 4 ? 1000 : 0;
	/* The others come after it, and only if it has gone well. */
	if (machine != &uf2_probe_machine)
		run_machine(&uf2_probe_machine, &job, &drive.input, answer);
	if (machine == &uf2_probe_machine || identity.is_known)
		run_machine(machine, &job, &drive.input, answer);
	judge(&drive.input, &identity, how);
	return 0;
}
