/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/*
 * Racks of boards that look the same, serial numbers and all, each with firmware of its own: all are updated at once, and leave
 * and come back in whatever order; some are pulled out, and maybe plugged in again. Firmware is in no board but the one that it
 * is for, and is there where its session says so.
 *
 * TWINS_COUNT racks (50) from TWINS_SEED on, a seed each: what fails is tried alone with its seed and a count of 1.
 */

#include "bench.h"
#include "seeded.h"

#define BOARD_LIMIT 6
#define DEFAULT_SEED 20261130
#define IMAGE_SIZE 3000
#define WORD_SIZE 4
/* What a word of an image begins with; then it names its board. */
#define MARK 0xd5

TestSuite(twins, .timeout = 3000);

static unsigned int choose(uint64_t *seed, unsigned int count)
{
	return (unsigned int)seeded_choose(seed, count);
}

static const struct kind {
	const char *spec;
	bool is_wrapped; /* the device takes MCUboot's images */
} kinds[] = {
	{ "dfu:busy=1,poll-ms=3", false },
	{ "dfu:busy=0,poll-ms=1,transfer-size=64", false },
	{ "zephyr:stack=legacy,slot-size=8K", true },
	{ "zephyr:stack=new,slot-size=8K,poll-ms=10", true },
	{ "zephyr:stack=legacy,slot-size=8K,reboot=yes", true },
};

struct board {
	const struct kind *kind;
	struct dfut_sim_device *device;
	struct dfut_session *session; /* NULL for one that nobody updates */
	struct dfut_image *image;
	uint8_t name;
	uint64_t pulled_us; /* when it is pulled out; UINT64_MAX: never */
	uint64_t back_us;   /* when it is plugged in again */
};

struct rack {
	uint64_t seed; /* that it began with */
	uint64_t random;
	struct bench bench;
	struct board boards[BOARD_LIMIT];
	size_t count;
};

struct tally {
	size_t boards;
	size_t pulled;
	size_t done;
};

static void plug(struct rack *rack, const struct kind *kind)
{
	struct board *board = &rack->boards[rack->count];
	unsigned int away_ms = choose(&rack->random, 3) ? choose(&rack->random, 400) : choose(&rack->random, 4000);
	char spec[200], path[8];

	snprintf(spec, sizeof(spec), "%s,serial=TWIN,detach-ms=%u,return-ms=%u,transfer-us=%u", kind->spec,
		 choose(&rack->random, 200), away_ms, 100 + choose(&rack->random, 1000));
	snprintf(path, sizeof(path), "1-%u", (unsigned int)rack->count + 1);
	*board = (struct board){ .kind = kind,
				 .device = bench_plug(&rack->bench, spec, path),
				 .name = (uint8_t)(rack->count + 1),
				 .pulled_us = UINT64_MAX,
				 .back_us = UINT64_MAX };
	rack->count++;
}

static void enter(struct rack *rack, uint64_t seed)
{
	const struct kind *kind;
	size_t count;

	memset(rack, 0, sizeof(*rack));
	rack->seed = rack->random = seed;
	cr_assert(eq(int, dfut_context_new(&rack->bench.context), 0));
	cr_assert(eq(int, dfut_sim_new(&rack->bench.sim, DFUT_SIM_CLOCK_VIRTUAL), 0));
	cr_assert(eq(int, dfut_sim_add_to_context(rack->bench.sim, rack->bench.context), 0));
	count = 2 + choose(&rack->random, BOARD_LIMIT - 1);
	kind = &kinds[choose(&rack->random, COUNT(kinds))];
	for (size_t i = 0; i < count; i++) {
		/* Now and then one that only looks like the others for a part of its life */
		bool is_other = choose(&rack->random, 6) == 0;

		plug(rack, is_other ? &kinds[choose(&rack->random, COUNT(kinds))] : kind);
	}
}

static void make_image(struct rack *rack, struct board *board)
{
	uint8_t content[IMAGE_SIZE];

	for (size_t i = 0; i < sizeof(content); i += WORD_SIZE) {
		content[i] = MARK;
		content[i + 1] = board->name;
		content[i + 2] = (uint8_t)~board->name;
		content[i + 3] = (uint8_t)(i / WORD_SIZE);
	}
	cr_assert(eq(int, dfut_image_load_buffer(&board->image, rack->bench.context, content, sizeof(content), 0), 0));
	if (board->kind->is_wrapped)
		cr_assert(eq(int, dfut_image_wrap_mcuboot(board->image, "2.0.0", 32), 0));
}

static void start(struct rack *rack, struct board *board)
{
	char path[8];

	make_image(rack, board);
	snprintf(path, sizeof(path), "1-%u", board->name);
	board->session = bench_new_session(&rack->bench, path);
	dfut_session_set_return_timeout_ms(board->session, 5000);
	cr_assert(eq(int, dfut_session_start_update(board->session, board->image), 0), "rack %llu: %s",
		  (unsigned long long)rack->seed, dfut_session_get_message(board->session));
	if (choose(&rack->random, 4))
		return;
	board->pulled_us = dfut_sim_get_time_us(rack->bench.sim) + choose(&rack->random, 3000000);
	if (choose(&rack->random, 2))
		board->back_us = board->pulled_us + choose(&rack->random, 5000000);
}

/* Not in the order of their ports, and not all of them. */
static void start_all(struct rack *rack)
{
	size_t first = choose(&rack->random, (unsigned int)rack->count);

	for (size_t i = 0; i < rack->count; i++) {
		struct board *board = &rack->boards[(first + i) % rack->count];

		if (choose(&rack->random, 8))
			start(rack, board);
	}
}

static void move_by_hand(struct rack *rack)
{
	uint64_t now_us = dfut_sim_get_time_us(rack->bench.sim);

	for (size_t i = 0; i < rack->count; i++) {
		struct board *board = &rack->boards[i];

		if (now_us >= board->pulled_us) {
			dfut_sim_device_unplug(board->device);
			board->pulled_us = UINT64_MAX;
		} else if (board->pulled_us == UINT64_MAX && now_us >= board->back_us) {
			dfut_sim_device_replug(board->device);
			board->back_us = UINT64_MAX;
		}
	}
}

static bool have_ended(const struct rack *rack)
{
	for (size_t i = 0; i < rack->count; i++)
		if (rack->boards[i].session && !dfut_session_has_ended(rack->boards[i].session))
			return false;
	return true;
}

static void run(struct rack *rack)
{
	size_t rounds = 0;

	while (!have_ended(rack) && rounds++ < BOARD_LIMIT * ROUND_LIMIT) {
		move_by_hand(rack);
		dfut_context_dispatch(rack->bench.context, 20);
	}
	cr_assert(have_ended(rack), "rack %llu: hang", (unsigned long long)rack->seed);
}

/* Checking. */

/* How many words of a board's firmware another one, or itself, has: once there, they stay where words are. */
static size_t count_words(const struct dfut_sim_device *device, uint8_t name)
{
	/* What was written into a slot may have become the other's by a restart. */
	static const char *const memories[] = { "memory0", "slot0", "slot1" };
	size_t count = 0;

	for (size_t at = 0; at < COUNT(memories); at++) {
		size_t size = 0;
		const uint8_t *memory = dfut_sim_device_get_memory(device, memories[at], &size);

		for (size_t i = 0; memory && i + WORD_SIZE <= size; i += WORD_SIZE)
			count += memory[i] == MARK && memory[i + 1] == name && (memory[i + 2] ^ name) == 0xff;
	}
	return count;
}

static void expect_own(const struct rack *rack, const struct board *board)
{
	bool is_done = board->session && dfut_session_get_result(board->session) == 0;

	for (size_t i = 0; i < rack->count; i++)
		if (&rack->boards[i] != board)
			cr_expect(eq(sz, count_words(board->device, rack->boards[i].name), 0),
				  "rack %llu: 1-%u (%s) has the firmware of 1-%u", (unsigned long long)rack->seed,
				  board->name, board->kind->spec, rack->boards[i].name);
	cr_expect(not(is_done && count_words(board->device, board->name) < IMAGE_SIZE / WORD_SIZE),
		  "rack %llu: 1-%u (%s) does not have its firmware, but \"%s\"", (unsigned long long)rack->seed,
		  board->name, board->kind->spec, is_done ? dfut_session_get_message(board->session) : "");
	if (!board->session)
		cr_expect(eq(sz, dfut_sim_device_get_request_count(board->device), 0), "rack %llu: 1-%u was not meant",
			  (unsigned long long)rack->seed, board->name);
}

/* Who was left alone has what he was to get. */
static void expect_done(const struct rack *rack, const struct board *board, bool was_pulled)
{
	if (board->session && !was_pulled)
		cr_expect(eq(int, dfut_session_get_result(board->session), 0), "rack %llu: 1-%u (%s): %s",
			  (unsigned long long)rack->seed, board->name, board->kind->spec,
			  dfut_session_get_message(board->session));
}

static void try_rack(uint64_t seed, struct tally *tally)
{
	struct rack rack;
	bool was_pulled[BOARD_LIMIT];

	enter(&rack, seed);
	start_all(&rack);
	for (size_t i = 0; i < rack.count; i++)
		was_pulled[i] = rack.boards[i].pulled_us != UINT64_MAX;
	run(&rack);
	for (size_t i = 0; i < rack.count; i++) {
		const struct board *board = &rack.boards[i];

		expect_own(&rack, board);
		expect_done(&rack, board, was_pulled[i]);
		tally->boards += board->session != NULL;
		tally->pulled += was_pulled[i];
		tally->done += board->session && dfut_session_get_result(board->session) == 0;
		dfut_session_free(board->session);
		dfut_image_free(board->image);
	}
	bench_stop(&rack.bench);
}

static uint64_t get_number(const char *name, uint64_t other)
{
	const char *text = getenv(name);

	return text && text[0] ? strtoull(text, NULL, 10) : other;
}

Test(twins, firmware_is_in_no_board_but_the_one_that_it_is_for)
{
	uint64_t count = get_number("TWINS_COUNT", 50);
	uint64_t seed = get_number("TWINS_SEED", DEFAULT_SEED);
	struct tally tally = { 0 };

	for (uint64_t i = 0; i < count; i++)
		try_rack(seed + i, &tally);
	fprintf(stderr, "%llu racks from seed %llu: %zu updates, %zu of boards that were pulled out, %zu done\n",
		(unsigned long long)count, (unsigned long long)seed, tally.boards, tally.pulled, tally.done);
	cr_expect(lt(sz, 0, tally.done));
}
