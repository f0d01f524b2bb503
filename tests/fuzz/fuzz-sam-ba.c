/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* The machines of SAM-BA against a bootloader that says whatever the input says. */

#include "language/sam-ba/machine.h"
#include "machine-host.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int answer(struct input *input, const struct dfut_next *next, uint8_t *buffer)
{
	return answer_line(input, next, buffer, 80);
}

/* What a leg has found out before this one. Only a SAM3X is written from its ROM, whose pages a chunk has whole. */
static void choose(struct samba_job *own, uint8_t choice, bool is_rom)
{
	size_t count = 0;

	while (samba_part_get(count))
		count++;
	own->part = is_rom ? samba_part_find_by_chip_id(0x285e0a60) : samba_part_get(choice % count);
	own->expected = choice & 0x10 ? own->part : NULL;
	own->is_in_place = own->part->is_bridged;
	own->by_reading = choice & 0x20;
	own->erase_address = own->part->start;
	own->read_address = own->part->start;
	own->read_size = 100;
	own->identity->letters = choice & 0x40 ? 31 : SAMBA_CAN_ERASE | SAMBA_CAN_WRITE | SAMBA_CAN_SUM;
	own->identity->version[0] = choice & 0x80 ? '\0' : 'v';
	own->identity->part = own->part;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct dfut_machine_ops *const machines[] = { &samba_ask_machine,	 &samba_compare_machine,
								   &samba_write_machine, &samba_upload_machine,
								   &samba_leave_machine, &samba_rom_machine };
	static const uint8_t image[256] = { 0x00, 0x80, 0x00, 0x20, 0x11, 0x20 };
	static const struct samba_chunk chunks[] = { { 0x3000, sizeof(image), image, false },
						     { 0x2000, 256, image, false } };
	struct dfut_failure failure = { 0 };
	struct samba_identity identity = { .version = "" };
	struct samba_outcome outcome = { 0 };
	struct samba_job own = { .identity = &identity, .outcome = &outcome, .chunks = chunks, .chunk_count = 2 };
	unsigned int sum = 0;
	struct dfut_job job = { .failure = &failure, .own = &own, .writer = add_up, .writer_data = &sum };
	const struct dfut_machine_ops *machine;
	struct input input;

	if (size < 4)
		return 0;
	input = (struct input){ data + 2, size - 2 };
	machine = machines[data[0] % DFUT_COUNT(machines)];
	choose(&own, data[1], machine == &samba_rom_machine);
	run_machine(machine, &job, &input, answer);
	return 0;
}
