/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* What an update by DfuSe costs: requests, erases, time; and what none costs when nothing has changed. */

#include "dfuse-bench.h"

#define IMAGE_SIZE (256 * KIB)
/* Of an STM32F405 (DS8626): 256 KiB are four sectors of 16 KiB, one of 64 and one of 128; 16 us for a byte. */
#define ERASE_MS (4 * 400 + 1200 + 2000)
#define PROGRAM_MS (128 * 33)
#define SPEC "stm32f405:application=runtime"
/* Away between the ROM and the application, which is no part of the update */
#define AWAY_US 300000

struct cost {
	struct tally tally;
	uint64_t us;	  /* from the start to the end of the session */
	uint64_t work_us; /* to the jump into the application */
	uint64_t bus_us;  /* at 125 us for a transfer */
};

static const struct part whole = { FLASH, IMAGE_SIZE };

static uint64_t get_leave_us(const struct dfut_sim_device *device)
{
	for (size_t i = dfut_sim_device_get_record_count(device); i > 0; i--)
		if (dfut_sim_device_get_record(device, i - 1)->event == DFUT_SIM_EVENT_LEFT)
			return dfut_sim_device_get_record(device, i - 1)->time_us;
	return 0;
}

static size_t count_controls(const struct dfut_sim_device *device)
{
	size_t count = 0;

	for (size_t i = 0; i < dfut_sim_device_get_record_count(device); i++)
		count += dfut_sim_device_get_record(device, i)->event == DFUT_SIM_EVENT_CONTROL;
	return count;
}

/* Runs an update, and puts the device back into its ROM. */
static struct cost measure_parts(struct bench *bench, const struct wishes *wishes, const struct part *parts,
				 size_t count, const char *what)
{
	struct dfut_image *image = bench_make_image(bench, count > 1 ? KIND_DFUSE : KIND_RAW, parts, count);
	struct cost cost;
	uint64_t start_us;

	dfut_sim_device_clear_record(bench->device);
	start_us = dfut_sim_get_time_us(bench->sim);
	bench_update(bench, image, wishes, what);
	cost.us = dfut_sim_get_time_us(bench->sim) - start_us;
	cr_assert(ne(u64, get_leave_us(bench->device), 0), "%s: did not leave", what);
	cost.work_us = get_leave_us(bench->device) - start_us;
	cost.bus_us = count_controls(bench->device) * 125;
	cost.tally = bench_count(bench->device);
	bench_expect_no_breach(bench->device, what);
	cr_expect(bench_holds(bench, parts, count), "%s: wrong content", what);
	fprintf(stderr,
		"%s: %zu class requests: %zu erases, %zu mass erases, %zu addresses, %zu blocks, %zu reads; "
		"%llu ms, %llu ms until it left, of them bus %llu ms\n",
		what, cost.tally.requests, cost.tally.erases, cost.tally.mass_erases, cost.tally.addresses,
		cost.tally.blocks, cost.tally.reads, (unsigned long long)cost.us / 1000,
		(unsigned long long)cost.work_us / 1000, (unsigned long long)cost.bus_us / 1000);
	dfut_sim_device_unplug(bench->device);
	dfut_context_dispatch(bench->context, 100);
	dfut_sim_device_replug(bench->device);
	dfut_context_dispatch(bench->context, 100);
	dfut_image_free(image);
	return cost;
}

static struct cost measure(struct bench *bench, const struct wishes *wishes, const struct part *part, const char *what)
{
	return measure_parts(bench, wishes, part, 1, what);
}

Test(update_dfuse_cost, a_whole_write_needs_few_requests_and_no_time_of_its_own, .timeout = 60)
{
	const struct wishes wishes = { DFUT_ERASE_ALL, DFUT_VERIFY_NEVER, 0, NULL };
	struct bench bench;
	struct cost cost;
	uint64_t part_us;

	bench_start(&bench, SPEC ",transfer-us=125");
	bench_fill_old(&bench);
	cost = measure(&bench, &wishes, &whole, "256 KiB, all, no verify");
	part_us = (ERASE_MS + PROGRAM_MS) * UINT64_C(1000) + cost.bus_us;
	cr_expect(le(sz, cost.tally.requests, 412));
	cr_expect(eq(sz, cost.tally.erases, 6));
	cr_expect(eq(sz, cost.tally.blocks, IMAGE_SIZE / 2048));
	cr_expect(eq(sz, cost.tally.reads, 0));
	cr_expect(le(u64, cost.work_us, part_us * 105 / 100));
	cr_expect(le(u64, cost.us, part_us * 105 / 100 + AWAY_US));
	fprintf(stderr, "whole time %.4f of the part's own, %.4f until it left\n",
		(double)(cost.us - AWAY_US) / (double)part_us, (double)cost.work_us / (double)part_us);
	bench_stop(&bench);
}

Test(update_dfuse_cost, what_is_there_is_not_written_again, .timeout = 60)
{
	const struct wishes wishes = { DFUT_ERASE_AUTO, DFUT_VERIFY_AUTO, 0, NULL };
	struct cost full, same, one, blank, two;
	struct bench bench;

	bench_start(&bench, SPEC ",transfer-us=125");
	bench_fill_old(&bench);
	full = measure(&bench, &wishes, &whole, "256 KiB, auto");
	cr_expect(eq(sz, full.tally.erases, 6));
	/* Compared up to the first difference in each sector, written, read back; and the option bytes */
	cr_expect(eq(sz, full.tally.reads, 6 + IMAGE_SIZE / 2048 + 1));
	cr_expect(le(sz, full.tally.requests, 567));
	same = measure(&bench, &wishes, &whole, "the same again");
	cr_expect(eq(sz, same.tally.erases, 0));
	cr_expect(eq(sz, same.tally.mass_erases, 0));
	cr_expect(eq(sz, same.tally.blocks, 0));
	cr_expect(le(u64, 4 * same.us, full.us + AWAY_US));
	/* ... and the option bytes once */
	cr_expect(eq(sz, same.tally.reads, IMAGE_SIZE / 2048 + 1));
	cr_expect(le(sz, same.tally.requests, 147));

	dfut_sim_device_set_memory(bench.device, "flash", 64 * KIB + 12345, "x", 1);
	one = measure(&bench, &wishes, &whole, "one byte in a sector of 64 KiB");
	cr_expect(eq(sz, one.tally.erases, 1));
	cr_expect(eq(sz, one.tally.blocks, 32));
	/* What comes behind it in its sector is not looked at. */
	cr_expect(eq(sz, one.tally.reads, IMAGE_SIZE / 2048 - 25 + 32 + 1));

	dfut_sim_device_set_memory(bench.device, "flash", 32 * KIB - 1, "x", 1);
	one = measure(&bench, &wishes, &whole, "the last byte of a sector of 16 KiB");
	cr_expect(eq(sz, one.tally.erases, 1));
	cr_expect(eq(sz, one.tally.blocks, 8));
	cr_expect(le(sz, one.tally.requests, same.tally.requests + 3 * 8 + 30));

	dfut_sim_device_set_memory(bench.device, "flash", 16 * KIB - 1, "xy", 2);
	two = measure(&bench, &wishes, &whole, "two bytes at a border of sectors");
	cr_expect(eq(sz, two.tally.erases, 2));
	cr_expect(eq(sz, two.tally.blocks, 16));

	blank = measure(&bench, &(struct wishes){ DFUT_ERASE_MASS, DFUT_VERIFY_AUTO, 0, NULL }, &whole, "mass erase");
	cr_expect(eq(sz, blank.tally.mass_erases, 1));
	cr_expect(eq(sz, blank.tally.erases, 0));
	cr_expect(eq(sz, blank.tally.blocks, IMAGE_SIZE / 2048));
	bench_stop(&bench);
}

/* A sector that reads as if it were empty may only look so. */
Test(update_dfuse_cost, what_reads_blank_is_erased_all_the_same, .timeout = 60)
{
	const struct wishes wishes = { DFUT_ERASE_AUTO, DFUT_VERIFY_AUTO, 0, NULL };
	struct bench bench;
	struct cost cost;

	bench_start(&bench, SPEC);
	cost = measure(&bench, &wishes, &whole, "256 KiB, blank before");
	cr_expect(eq(sz, cost.tally.erases, 6));
	bench_stop(&bench);
}

static const struct gap {
	uint32_t size;	  /* of a piece */
	uint32_t pitch;	  /* from one to the next */
	uint32_t percent; /* the most that it may cost, of the whole */
} gaps[] = {
	{ 252, 256, 105 }, { 256, 512, 105 },	{ 1, 1024, 105 }, { 1000, 2500, 105 },
	{ 1, 4096, 60 },   { 5000, 16384, 50 }, { 9, 32768, 20 },
};

static size_t make_pieces(struct part *parts, const struct gap *gap)
{
	size_t count = 0;

	for (uint32_t at = 0; at + gap->size <= IMAGE_SIZE; at += gap->pitch)
		parts[count++] = (struct part){ FLASH + at, gap->size };
	return count;
}

/* Pieces with gaps cost what their blocks cost, and what is between them is as it was, or erased with them. */
Test(update_dfuse_cost, gaps_cost_nothing, .timeout = 60)
{
	const struct wishes wishes = { DFUT_ERASE_AUTO, DFUT_VERIFY_AUTO, 0, NULL };
	static uint8_t wanted[FLASH_LIMIT];
	static struct part parts[1024];
	struct cost solid, again;

	for (size_t i = 0; i < COUNT(gaps); i++) {
		size_t count = make_pieces(parts, &gaps[i]), size;
		struct bench bench;
		struct cost cost;
		char what[80];

		snprintf(what, sizeof(what), "%zu pieces of %u bytes, %u apart", count, (unsigned int)gaps[i].size,
			 (unsigned int)gaps[i].pitch);
		bench_start(&bench, SPEC ",transfer-us=125");
		bench_fill_old(&bench);
		memcpy(wanted, bench_get_flash(&bench, &size), FLASH_LIMIT);
		expect_update(wanted, SPEC, parts, count);
		cost = measure_parts(&bench, &wishes, parts, count, what);
		bench_expect_flash(&bench, wanted, what);
		dfut_sim_device_set_memory(bench.device, "flash", gaps[i].size, "x", 1);
		again = measure_parts(&bench, &wishes, parts, count, "a byte in a gap");
		cr_expect(eq(sz, again.tally.blocks + again.tally.erases, 0), "%s", what);
		bench_fill_old(&bench);
		solid = measure(&bench, &wishes, &whole, "the whole");
		cr_expect(le(sz, cost.tally.requests, solid.tally.requests * gaps[i].percent / 100), "%s", what);
		cr_expect(le(u64, cost.us, solid.us * 105 / 100), "%s", what);
		bench_stop(&bench);
	}
}

/* The same for each chip, with the image at its beginning as large as a few sectors. */
Test(update_dfuse_cost, one_changed_sector_is_one_erase_on_each_chip, .timeout = 60)
{
	static const char *const specs[] = { "stm32f072:application=runtime", SPEC, "gd32vf103:application=runtime",
					     "usbd-dfu-rt" };
	static const struct part part = { FLASH, 40 * KIB + 3 };
	const struct wishes wishes = { DFUT_ERASE_NEEDED, DFUT_VERIFY_ALWAYS, 0, NULL };

	for (size_t i = 0; i < COUNT(specs); i++) {
		struct bench bench;
		struct cost cost;

		bench_start(&bench, specs[i]);
		measure(&bench, &wishes, &part, specs[i]);
		/* The last byte of the image, whose sector it fills in part */
		dfut_sim_device_set_memory(bench.device, "flash", part.size - 1, "x", 1);
		cost = measure(&bench, &wishes, &part, specs[i]);
		cr_expect(eq(sz, cost.tally.erases, 1), "%s", specs[i]);
		cost = measure(&bench, &wishes, &part, specs[i]);
		cr_expect(eq(sz, cost.tally.erases, 0), "%s", specs[i]);
		cr_expect(eq(sz, cost.tally.blocks, 0), "%s", specs[i]);
		/* Behind the image, in its last sector: that is not the image's */
		dfut_sim_device_set_memory(bench.device, "flash", part.size, "x", 1);
		cost = measure(&bench, &wishes, &part, specs[i]);
		cr_expect(eq(sz, cost.tally.erases, 0), "%s", specs[i]);
		bench_stop(&bench);
	}
}

/* More blocks than there are block numbers: the address is set again. */
Test(update_dfuse_cost, block_numbers_run_out, .timeout = 60)
{
	static const struct part part = { FLASH, 8 * 66000 + 5 };
	const struct wishes wishes = { DFUT_ERASE_ALL, DFUT_VERIFY_ALWAYS, 0, NULL };
	struct bench bench;
	struct cost cost;

	bench_start(&bench, SPEC ",transfer-size=8,program-percent=0");
	cost = measure(&bench, &wishes, &part, "66001 blocks");
	/* Each way: at the beginning, when numbers run out, for the short block; for option bytes; and to leave. */
	cr_expect(eq(sz, cost.tally.addresses, 3 + 3 + 1 + 1));
	bench_stop(&bench);
}
