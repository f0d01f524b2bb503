/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* Blocks of another size than the device says: what is sent, what arrives, and who refuses the wish. */

#define ROUND_LIMIT 1000000

#include "bench.h"

#define FLASH 0x08000000u
#define SIZE 5000
#define DNLOAD 1
#define UPLOAD 2

TestSuite(transfer_size, .timeout = 120);

static uint8_t bytes[SIZE];

static void make_bytes(void)
{
	static const uint8_t vectors[] = { 0x00, 0x40, 0x00, 0x20, 0x01, 0x02, 0x00, 0x08 };

	for (size_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = (uint8_t)(i * 2654435761u >> 13);
	memcpy(bytes, vectors, sizeof(vectors));
}

static struct dfut_session *start_update(struct bench *bench, uint32_t size, int64_t address)
{
	struct dfut_session *session = bench_new_session(bench, "1-1");
	struct dfut_image *image;

	make_bytes();
	cr_assert(eq(int, dfut_image_load_buffer(&image, bench->context, bytes, sizeof(bytes), 0), 0));
	if (address >= 0)
		cr_assert(eq(int, dfut_image_set_address(image, (uint32_t)address), 0));
	cr_assert(eq(int, dfut_session_set_transfer_size(session, size), 0));
	dfut_session_start_update(session, image);
	dfut_image_free(image);
	return session;
}

/* The longest block that went this way. */
static size_t get_longest(const struct bench *bench, uint8_t request_type, uint8_t request)
{
	size_t longest = 0;

	for (size_t i = 0; i < dfut_sim_device_get_record_count(bench->device); i++) {
		const struct dfut_sim_record *record = dfut_sim_device_get_record(bench->device, i);

		if (record->event == DFUT_SIM_EVENT_CONTROL && record->request_type == request_type &&
		    record->request == request && record->length > longest)
			longest = record->length;
	}
	return longest;
}

static const struct size_case {
	const char *spec;
	int64_t address; /* -1: it has none */
	const char *memory;
	uint32_t size;
	size_t longest; /* of the blocks that are sent and read */
} cases[] = {
	{ "dfu:start=bootloader,transfer-size=256,size=8K", -1, "memory0", 0, 256 },
	{ "dfu:start=bootloader,transfer-size=256,size=8K", -1, "memory0", 128, 128 },
	{ "dfu:start=bootloader,transfer-size=256,size=8K", -1, "memory0", 100, 100 },
	/* Less than a packet */
	{ "dfu:start=bootloader,transfer-size=256,size=8K", -1, "memory0", 1, 64 },
	{ "stm32f072", FLASH, "flash", 0, 2048 },
	{ "stm32f072", FLASH, "flash", 1024, 1024 },
	/* Addresses go on where the part does not count by this size. */
	{ "stm32f072", FLASH, "flash", 1000, 1000 },
	{ "stm32f405", FLASH, "flash", 512, 512 },
};

Test(transfer_size, is_that_of_all_blocks)
{
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct dfut_session *session;
		const uint8_t *memory;
		struct bench bench;
		size_t size;

		bench_start(&bench, cases[i].spec);
		session = start_update(&bench, cases[i].size, cases[i].address);
		cr_expect(eq(int, bench_run(&bench, session, SIZE_MAX, cases[i].spec), 0), "%zu: %s", i,
			  dfut_session_get_message(session));
		cr_expect(eq(int, dfut_session_get_verified(session), DFUT_VERIFIED_YES), "%zu: %s", i,
			  dfut_session_get_message(session));
		cr_expect(eq(sz, get_longest(&bench, 0x21, DNLOAD), cases[i].longest), "%zu", i);
		cr_expect(eq(sz, get_longest(&bench, 0xa1, UPLOAD), cases[i].longest), "%zu", i);
		memory = dfut_sim_device_get_memory(bench.device, cases[i].memory, &size);
		cr_assert(memory != NULL && size >= SIZE);
		cr_expect(eq(int, memcmp(memory, bytes, SIZE), 0), "%zu", i);
		bench_expect_no_breach(bench.device, cases[i].spec);
		dfut_session_free(session);
		bench_stop(&bench);
	}
}

/* What the device has no room for goes out, and the device says what it makes of it. */
Test(transfer_size, may_be_more_than_the_device_says)
{
	struct dfut_session *session;
	struct bench bench;

	bench_start(&bench, "dfu:start=bootloader,transfer-size=256,size=8K");
	session = start_update(&bench, 1024, -1);
	bench_run(&bench, session, SIZE_MAX, "large");
	cr_expect(eq(sz, get_longest(&bench, 0x21, DNLOAD), 1024));
	dfut_session_free(session);
	bench_stop(&bench);
}

Test(transfer_size, is_refused_where_there_is_none)
{
	static const char *const specs[] = { "leonardo", "sonix-keyboard", "pico", "teensy" };

	for (size_t i = 0; i < COUNT(specs); i++) {
		struct dfut_session *session;
		struct bench bench;

		bench_start(&bench, specs[i]);
		session = start_update(&bench, 64, -1);
		cr_expect(eq(int, dfut_session_get_error_code(session), DFUT_ERROR_UNSUPPORTED), "%s: %s", specs[i],
			  dfut_session_get_message(session));
		cr_expect(strstr(dfut_session_get_hint(session), "--transfer-size") != NULL, "%s: %s", specs[i],
			  dfut_session_get_message(session));
		/* Its arrival is all that there is. */
		cr_expect(eq(sz, dfut_sim_device_get_record_count(bench.device), 1), "%s", specs[i]);
		dfut_session_free(session);
		bench_stop(&bench);
	}
}
