/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/*
 * The machines of HalfKay and of LUFA's HID bootloader against a device whose reports end however the input says, and the
 * rules that tell what a program was built for.
 */

#include "language/halfkay/machine.h"
#include "language/halfkay/models.h"
#include "language/qmk-hid/parts.h"
#include "machine-host.h"

#define BLOCK_LIMIT 16

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Once there is no input left, all goes well. */
static unsigned int run(const struct dfut_machine_ops *machine, const struct dfut_job *job, const uint8_t *data,
			size_t size)
{
	struct dfut_outcome outcome = { .result = 0 };
	void *state = calloc(1, machine->state_size);
	unsigned int sum = 0;
	uint64_t done, total;

	if (!state || machine->begin(state, job) < 0) {
		free(state);
		return 0;
	}
	for (size_t i = 0; i < ACTION_LIMIT; i++) {
		struct dfut_next next = { 0 };
		uint8_t how = i < size ? data[i] : 0xff;

		if (machine->next(state, i ? &outcome : NULL, &next) < 0 || next.kind == DFUT_NEXT_DONE)
			break;
		sum += look_at(&next);
		outcome.result = how < 0x80 ? choose_error(how) : 0;
		outcome.elapsed_ms += (uint64_t)how * how;
	}
	if (machine->progress) {
		machine->progress(state, &done, &total);
		if (done > total)
			abort();
	}
	free(state);
	return sum;
}

/* The next bytes: which machine, whose blocks, how many of them and which; then how each action ends. */
static unsigned int talk(const uint8_t *data, size_t size)
{
	static const struct dfut_machine_ops *const machines[] = { &halfkay_download_machine, &halfkay_leave_machine };
	static uint8_t bytes[BLOCK_LIMIT * HALFKAY_BLOCK_MAX];
	bool used[BLOCK_LIMIT];
	struct dfut_failure failure = { 0 };
	struct dfut_blocks blocks = { .data = bytes, .used = used };
	struct halfkay_job own = { .blocks = &blocks, .hint = "repeat" };
	struct dfut_job job = { .failure = &failure, .own = &own };
	const struct halfkay_model *model = halfkay_get_model(data[1] & 0x7f);
	const struct qmk_hid_part *part = qmk_hid_get_part(data[1] & 0x7f);

	own.erases_all = data[1] & 0x80;
	if (own.erases_all ? !model : !part)
		return 0;
	own.form = own.erases_all ? &model->form : &part->form;
	own.start_size = data[0] >> 1 & 7;
	job.report_size = (data[0] & 0x80 ? 0 : halfkay_get_report_size(own.form)) - (data[0] & 0x40 ? 1 : 0);
	blocks.size = own.form->block_size;
	blocks.count = data[2] % BLOCK_LIMIT + 1;
	memset(bytes, data[2] & 0x80 ? 0xff : 0x11, sizeof(bytes));
	for (size_t i = 0; i < BLOCK_LIMIT; i++)
		used[i] = data[3] >> (i % 8) & 1;
	return run(machines[data[0] & 1], &job, data + 4, size - 4);
}

static void recognise(const uint8_t *data, size_t size)
{
	struct dfut_failure failure = { 0 };
	struct dfut_image *image = NULL;

	if (dfut_image_load_bytes(&image, &failure, data, size, ~0u) == 0)
		halfkay_find_by_family(halfkay_recognise(image));
	dfut_image_free(image);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size < 5)
		return 0;
	if (data[0] & 0x20)
		recognise(data + 1, size - 1);
	else
		talk(data, size);
	return 0;
}
