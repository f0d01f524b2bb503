/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* The machines of DfuSe against a device that answers whatever the input says, and its option bytes. */

#include "language/dfuse/layout.h"
#include "language/dfuse/machine.h"
#include "language/dfuse/options.h"
#include "machine-host.h"
#include "trigger/trigger.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Which machine, what it is to do, of what device */
#define WISH_SIZE 8

static void read_options(const uint8_t bytes[DFUSE_OPTIONS_SIZE])
{
	static const uint32_t addresses[] = { 0x1ffff800, 0x1fffc000, 0x40022040 };
	static struct dfuse_layout flash;
	struct dfuse_options options;

	if (!flash.count && !dfuse_layout_parse(&flash, "@Internal Flash /0x08000000/04*016Kg,01*064Kg,07*128Kg"))
		abort();
	for (size_t i = 0; i < DFUT_COUNT(addresses); i++) {
		dfuse_options_are_known(addresses[i]);
		dfuse_options_parse(&options, addresses[i], bytes);
		dfuse_options_protect(&options, &flash, 0x08000000);
		dfuse_options_protect(&options, &flash, 0x080fffff);
	}
}

/* An image of which nothing is wanted between these offsets. */
#define GAP_BEGIN 300
#define GAP_END 1400

static size_t find(void *owner, const struct dfuse_range *range, size_t offset)
{
	size_t end = GAP_END < range->size ? GAP_END : range->size;

	(void)owner;
	return offset >= GAP_BEGIN && offset < end ? end : offset;
}

/* A machine that asks for more than there is reads beyond the image. */
static const uint8_t *give(void *owner, const struct dfuse_range *range, size_t offset, uint16_t size)
{
	(void)owner;
	if (offset > range->size || size > range->size - offset)
		abort();
	return range->data + offset;
}

static int take(void *owner, const struct dfuse_range *range, size_t offset, const uint8_t *data, uint16_t size)
{
	(void)owner;
	if (offset > range->size || size > range->size - offset)
		abort();
	return size > 0 && data[0] == range->data[offset] ? 0 : DFUT_ERROR_VERIFY;
}

static size_t count(void *owner, const struct dfuse_range *range, size_t offset, size_t size)
{
	(void)owner;
	(void)range;
	(void)offset;
	return size;
}

static const struct dfuse_content content = { find, give, take, count };

static void run(const struct dfut_machine_ops *machine, const uint8_t wish[WISH_SIZE], struct input *input)
{
	static const uint8_t image[3000] = { 1, 2, 3 };
	static const struct dfut_control request = { .request_type = 0x40, .request = 1 };
	const struct dfuse_range ranges[] = { { 0x08000000, image, sizeof(image), 0 },
					      { 0x08001000, image, 300, 0 },
					      { 0x1ffff800, image, 16, 1 } };
	const struct dfuse_range erases[] = { { 0x08000000, NULL, 1024, 0 }, { 0x08001000, NULL, 1024, 1 } };
	bool is_unsure = false, read_protected = false;
	struct dfuse_job own = { .ranges = ranges,
				 .erases = erases,
				 .is_unsure = &is_unsure,
				 .read_protected = &read_protected,
				 .start = 0x08000000 };
	struct dfut_failure failure = { 0 };
	unsigned int sum = 0;
	struct dfut_job job = { .failure = &failure,
				.own = &own,
				.detach_timeout_ms = -1,
				.leave_request = &request,
				.writer = add_up,
				.writer_data = &sum };

	/* A machine that writes has a content. */
	own.content = machine == &dfuse_download_machine || wish[2] & 1 ? &content : NULL;
	own.range_count = wish[1] % (DFUT_COUNT(ranges) + 1);
	own.erase_count = wish[1] / 8 % (DFUT_COUNT(erases) + 1);
	own.mass_erase = wish[1] & 0x40;
	own.resets = wish[1] & 0x80;
	job.quirks = dfut_le16(wish + 2) * DFUT_QUIRK_OWN | (wish[4] & 3);
	job.has_descriptor = wish[4] & 4;
	job.has_alternates = wish[4] & 8;
	job.leave = (enum dfut_leave)(wish[4] / 16 % (DFUT_LEAVE_NONE + 1));
	job.dfu = (struct dfut_dfu_descriptor){ wish[5], 255, dfut_le16(wish + 6), 0x011a };
	run_machine(machine, &job, input, answer_any);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct dfut_machine_ops *const machines[] = {
		&dfuse_download_machine,  &dfuse_read_machine,	    &dfuse_erase_machine,
		&dfuse_leave_machine,	  &dfuse_unprotect_machine, &dfuse_check_unprotect_machine,
		&dfuse_recognise_machine,
	};
	struct input input;

	if (size < WISH_SIZE + DFUSE_OPTIONS_SIZE)
		return 0;
	read_options(data + WISH_SIZE);
	input = (struct input){ data + WISH_SIZE, size - WISH_SIZE };
	run(machines[data[0] % DFUT_COUNT(machines)], data, &input);
	return 0;
}
