/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* Reading by DfuSe: from an address, of memories with all sorts of names, and beside a bootloader that lives in one. */

#include "upload-bench.h"

/* 128 KiB in sectors of 2 KiB, of which the first four are the bootloader's own. */
#define RESIDENT \
	"stm32f072:rom-vid=1d50,rom-pid=6017,resident=8K,option-bytes=no,layout=@Internal Flash   /0x08000000/4*002Ka\\,60*002Kg"
#define OWN_SIZE (8 * KIB)

TestSuite(upload_addresses, .timeout = 100);

/* Addresses. */

#define FROM(address, size) \
	{ \
		NULL, address, size, 0 \
	}

Test(upload_addresses, begins_at_an_address)
{
	static const struct row rows[] = {
		{ "stm32f072", FROM(0x08000000, 0), 0, 128 * KIB, "131072 bytes read", "" },
		{ "stm32f072", FROM(0x08000001, 3), 0, 3, "3 bytes read", "" },
		{ "stm32f072", FROM(0x08001234, 5001), 0, 5001, "5001 bytes read", "" },
		{ "stm32f072:multiplier=transfer-size", FROM(0x08001234, 5001), 0, 5001, "5001 bytes read", "" },
		{ "stm32f072", FROM(0x0801ffff, 0), 0, 1, "1 bytes read", "" },
		{ "stm32f072", { "0", 0x0801f000, 0, 0 }, 0, 4 * KIB, "4096 bytes read", "" },
		{ "stm32f072:option-bytes=no", FROM(0x08000800, 2048), 0, 2048, "2048 bytes read", "" },
		/* Fewer than were asked for is said. */
		{ "stm32f072", FROM(0x0801ff00, 1000), 0, 256, "256 bytes read",
		  "\"Internal Flash\" ends at 0x0801ffff, so that these are not 1000 bytes" },
		{ "stm32f072", FROM(0x08020000, 0), DFUT_ERROR_MISMATCH, 0, "the device has no memory at 0x08020000",
		  "the device has \"Internal Flash\" from 0x08000000 to 0x0801ffff, \"Option Bytes\" from 0x1ffff800" },
		{ "stm32f072",
		  { "1", 0x08000000, 0, 0 },
		  DFUT_ERROR_MISMATCH,
		  0,
		  "0x08000000 is not in \"Option Bytes\"",
		  "\"Internal Flash\" from 0x08000000" },
		{ "stm32f072:option-bytes=no", FROM(0, 0), DFUT_ERROR_MISMATCH, 0,
		  "0x00000000 is not in \"Internal Flash\"", "from 0x08000000 to 0x0801ffff" },
		/* Layouts that say less than there is */
		{ "stm32f072:option-bytes=no,layout=@Flash /0x08000000/4*02Kg",
		  { NULL, 0x08002000, 100, DFUT_CHECK_MEMORY_MAP },
		  0,
		  100,
		  "100 bytes",
		  "" },
		{ "stm32f072:option-bytes=no,layout=@Flash /0x08000000/4*02Kg",
		  { NULL, 0x08002000, 0, DFUT_CHECK_MEMORY_MAP },
		  DFUT_ERROR_MISMATCH,
		  0,
		  "not in \"Flash\"",
		  "" },
		{ "stm32f072:option-bytes=no,layout=Flash", FROM(0x08000100, 3000), 0, 3000, "3000 bytes", "" },
		{ "stm32f072:option-bytes=no,layout=Flash", FROM(0x08000100, 0), DFUT_ERROR_PROTOCOL, 0, "\"Flash\"",
		  "--size" },
		{ "stm32f072:option-bytes=no,layout=Flash", FROM(-1, 0), DFUT_ERROR_PROTOCOL, 0, "\"Flash\"",
		  "--address" },
	};

	for (size_t i = 0; i < COUNT(rows); i++)
		expect_row(&rows[i], "flash");
}

/* Where there are none, nothing is sent. Where the language is not sure before the trigger, the application is started again. */
Test(upload_addresses, an_address_is_refused_where_there_are_none)
{
	static const struct {
		const char *spec;
		bool is_silent;
	} cases[] = {
		{ "dfu:start=bootloader", true },
		{ "dfu:start=bootloader,flavour=tinyusb", true },
		{ "zephyr", true },
		{ "xmos", true },
		{ "dfu", false },
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		struct wish wish = FROM(FLASH, 100);
		struct taken taken = { 0 };
		struct dfut_session *session;
		struct bench bench;

		bench_start(&bench, cases[i].spec);
		session = new_session(&bench, &wish);
		cr_expect(eq(int, upload(&bench, session, &taken, cases[i].spec), DFUT_ERROR_UNSUPPORTED), "%s: %s",
			  cases[i].spec, dfut_session_get_message(session));
		cr_expect(strstr(dfut_session_get_message(session), "an address was given, and USB DFU has none") !=
			  NULL);
		cr_expect(strstr(dfut_session_get_hint(session), "--address") != NULL);
		cr_expect(eq(sz, taken.size, 0));
		cr_expect(cases[i].is_silent == (count_requests(&bench) == 0), "%s", cases[i].spec);
		dfut_session_free(session);
		session = new_session(&bench, &wish);
		cr_expect(lt(int, dfut_session_start_command(session, "start"), 0), "%s", cases[i].spec);
		dfut_session_free(session);
		bench_stop(&bench);
	}
}

Test(upload_addresses, an_address_is_behind_an_application_too)
{
	struct wish wish = FROM(FLASH + 256, 1000);
	struct taken taken = { 0 };
	struct dfut_session *session;
	struct bench bench;

	bench_start(&bench, "usbd-dfu-rt");
	session = new_session(&bench, &wish);
	cr_expect(eq(int, upload(&bench, session, &taken, "usbd-dfu-rt"), 0), "%s", dfut_session_get_message(session));
	cr_expect(eq(sz, taken.size, 1000));
	expect_memory(&bench, "flash", 256, &taken, "usbd-dfu-rt");
	dfut_session_free(session);
	free(taken.data);
	bench_stop(&bench);
}

Test(upload_addresses, an_update_goes_by_its_image)
{
	static const struct part part = { FLASH, 100 };
	struct wish wish = FROM(FLASH, 0);
	struct dfut_session *session;
	struct dfut_image *image;
	struct bench bench;

	bench_start(&bench, "stm32f072");
	image = bench_make_image(&bench, KIND_RAW, &part, 1);
	session = new_session(&bench, &wish);
	cr_expect(eq(int, dfut_session_start_update(session, image), DFUT_ERROR_USAGE));
	cr_expect(eq(int, dfut_session_start_command(session, "read-unprotect"), DFUT_ERROR_USAGE));
	cr_expect(eq(sz, count_requests(&bench), 0));
	dfut_session_free(session);
	dfut_image_free(image);
	bench_stop(&bench);
}

/* Bootloaders that live in flash. */

static void put_code(struct bench *bench, uint32_t offset)
{
	static const uint8_t vectors[] = { 0x00, 0x40, 0x00, 0x20, 0x01, 0x21, 0x00, 0x08 };

	cr_assert(eq(int, dfut_sim_device_set_memory(bench->device, "flash", offset, vectors, sizeof(vectors)), 0));
}

static int start(struct bench *bench, int64_t address, char *words, size_t size)
{
	struct wish wish = FROM(address, 0);
	struct dfut_session *session = new_session(bench, &wish);
	int code = dfut_session_start_command(session, "start");

	if (code == 0)
		code = bench_run(bench, session, SIZE_MAX, "start");
	snprintf(words, size, "%s %s", dfut_session_get_message(session), dfut_session_get_hint(session));
	dfut_session_free(session);
	return code;
}

Test(upload_addresses, a_bootloader_in_flash_is_left_alone)
{
	struct taken taken = { 0 };
	struct wish own = FROM(FLASH, 100);
	struct dfut_session *session;
	struct bench bench;

	bench_start(&bench, RESIDENT);
	fill(&bench, "flash");
	session = new_session(&bench, &all);
	cr_expect(eq(int, upload(&bench, session, &taken, "all"), 0), "%s", dfut_session_get_message(session));
	cr_expect(eq(sz, taken.size, 128 * KIB - OWN_SIZE));
	expect_memory(&bench, "flash", OWN_SIZE, &taken, "all");
	cr_expect(strstr(dfut_session_get_hint(session), "\"Internal Flash\" begins at 0x08000000") != NULL, "%s",
		  dfut_session_get_hint(session));
	dfut_session_free(session);

	/* Who wants to see it asks for it, and gets the device's answer. */
	taken.size = 0;
	session = new_session(&bench, &own);
	cr_expect(eq(int, upload(&bench, session, &taken, "own"), DFUT_ERROR_DEVICE));
	cr_expect(strstr(dfut_session_get_message(session), "errTARGET") != NULL);
	cr_expect(eq(sz, taken.size, 0));
	dfut_session_free(session);
	bench_expect_no_breach(bench.device, RESIDENT);
	free(taken.data);
	bench_stop(&bench);
}

Test(upload_addresses, what_a_bootloader_in_flash_starts_is_behind_it)
{
	static const struct {
		uint32_t code; /* offset of the application */
		int64_t address;
		int result;
	} cases[] = {
		{ OWN_SIZE, -1, 0 },
		{ OWN_SIZE, FLASH + OWN_SIZE, 0 },
		{ 32 * KIB, FLASH + 32 * KIB, 0 },
		{ OWN_SIZE, FLASH, DFUT_ERROR_DEVICE },
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		struct bench bench;
		char words[600];

		bench_start(&bench, RESIDENT);
		put_code(&bench, cases[i].code);
		cr_expect(eq(int, start(&bench, cases[i].address, words, sizeof(words)), cases[i].result), "%zu: %s", i,
			  words);
		cr_expect(bench_is_in_bootloader(bench.device) == (cases[i].result < 0), "%zu: %s", i, words);
		bench_expect_no_breach(bench.device, RESIDENT);
		bench_stop(&bench);
	}
}

/* Its own sectors are refused by their letter, before anything is sent; what is behind them is written and started. */
Test(upload_addresses, a_bootloader_in_flash_is_updated_behind_itself)
{
	static const struct part parts[] = { { FLASH + OWN_SIZE, 5000 }, { FLASH, 5000 } };
	struct dfut_session *session;
	struct dfut_image *image;
	struct bench bench;

	bench_start(&bench, RESIDENT);
	put_code(&bench, OWN_SIZE);
	image = bench_make_image(&bench, KIND_RAW, &parts[1], 1);
	session = new_session(&bench, &all);
	cr_expect(eq(int, dfut_session_start_update(session, image), DFUT_ERROR_MISMATCH));
	cr_expect(strstr(dfut_session_get_message(session), "\"Internal Flash\"") != NULL);
	cr_expect(eq(sz, count_requests(&bench), 0));
	dfut_session_free(session);
	dfut_image_free(image);
	image = bench_make_image(&bench, KIND_RAW, &parts[0], 1);
	session = new_session(&bench, &all);
	cr_expect(eq(int, dfut_session_start_update(session, image), 0), "%s", dfut_session_get_message(session));
	cr_expect(eq(int, bench_run(&bench, session, SIZE_MAX, "update"), 0), "%s", dfut_session_get_message(session));
	cr_expect(eq(int, dfut_session_get_verified(session), DFUT_VERIFIED_YES));
	bench_expect_no_breach(bench.device, RESIDENT);
	dfut_session_free(session);
	dfut_image_free(image);
	bench_stop(&bench);
}

/* Names. */

/* Each is read whole, and written to, by what can be understood of it. */
Test(upload_addresses, memories_have_all_sorts_of_names)
{
	static const char *const layouts[] = {
		"Internal Flash  /0x08000000/64*02Kg",
		"@/0x08000000/64*02Kg",
		"/0x08000000/64*02Kg",
		"@Internal Flash  /0x08000000/64*02Kg v2.1 (beta)",
		"@Internal Flash  /0x08000000/64*02Kg\\,",
		"@Internal Flash  /0x08000000/32*02Kg\\,/0x08010000/32*02Kg",
		"@Internal Flash  /0x08000000/32*02Kg\\,32*02Kg\\,soon",
		"@Internal Flash  /0x08000000/64*2kG",
	};
	static const struct part part = { FLASH + 70 * KIB, 3000 };

	for (size_t i = 0; i < COUNT(layouts); i++) {
		struct taken taken = { 0 };
		struct dfut_session *session;
		struct dfut_image *image;
		struct bench bench;
		char spec[200];

		snprintf(spec, sizeof(spec), "stm32f072:layout=%s", layouts[i]);
		bench_start(&bench, spec);
		image = bench_make_image(&bench, KIND_RAW, &part, 1);
		session = new_session(&bench, &all);
		cr_expect(eq(int, dfut_session_start_update(session, image), 0), "%s: %s", spec,
			  dfut_session_get_message(session));
		cr_expect(eq(int, bench_run(&bench, session, SIZE_MAX, spec), 0), "%s: %s", spec,
			  dfut_session_get_message(session));
		cr_expect(eq(int, dfut_session_get_verified(session), DFUT_VERIFIED_YES), "%s", spec);
		dfut_session_free(session);
		bench_stop(&bench);

		bench_start(&bench, spec);
		session = new_session(&bench, &(struct wish){ "0", -1, 0, 0 });
		cr_expect(eq(int, upload(&bench, session, &taken, spec), 0), "%s: %s", spec,
			  dfut_session_get_message(session));
		cr_expect(eq(sz, taken.size, 128 * KIB), "%s", spec);
		bench_expect_no_breach(bench.device, spec);
		dfut_session_free(session);
		dfut_image_free(image);
		free(taken.data);
		bench_stop(&bench);
	}
}

/* No list of memories is empty, and each has the name that the device gives it. */
Test(upload_addresses, what_is_not_understood_is_told_with_its_name)
{
	static const struct {
		const char *spec;
		const char *words;
		const char *hint;
	} cases[] = {
		{ "stm32f072:layout=@Flash v2,option-bytes=no", "the device has no memory at 0x08000000",
		  "This one has \"@Flash v2\", which tells no addresses" },
		{ "stm32f072:strings=hang,option-bytes=no", "the device has no memory at 0x08000000",
		  "its names are not read: it does not answer; is the image for another part, or linked for another "
		  "address? This one has a memory without a name" },
		{ "stm32f072:layout=nor0", "the device has no memory at 0x08000000",
		  "This one has \"nor0\", which tells no addresses, \"Option Bytes\" from 0x1ffff800 to 0x1ffff80f" },
		{ "stm32f072:layout=@Ext /0x90000000/4*4Kg\\,what is this,option-bytes=no",
		  "the device has no memory at 0x08000000",
		  "\"@Ext /0x90000000/4*4Kg,what is this\", which is understood from 0x90000000 to 0x90003fff" },
	};
	static const struct part part = { FLASH, 100 };

	for (size_t i = 0; i < COUNT(cases); i++) {
		struct dfut_session *session;
		struct dfut_image *image;
		struct bench bench;

		bench_start(&bench, cases[i].spec);
		image = bench_make_image(&bench, KIND_RAW, &part, 1);
		session = new_session(&bench, &all);
		cr_expect(eq(int, dfut_session_start_update(session, image), DFUT_ERROR_MISMATCH));
		cr_expect(strstr(dfut_session_get_message(session), cases[i].words) != NULL, "%s",
			  dfut_session_get_message(session));
		cr_expect(strstr(dfut_session_get_hint(session), cases[i].hint) != NULL, "%s",
			  dfut_session_get_hint(session));
		cr_expect(eq(sz, count_requests(&bench), 0));
		dfut_session_free(session);
		dfut_image_free(image);
		bench_stop(&bench);
	}
}

/* Times. */

/* A device that no table knows, and whose bwPollTimeout is garbage: the words name the way on, and that leads there. */
Test(upload_addresses, garbage_poll_times_have_a_way_on)
{
	static const char devices[] = "{\"format\": 1, \"devices\": [{\"name\": \"mine\", \"bootloader\": "
				      "[{\"ids\": [\"1209:0001\"], \"dfu\": \"bootloader\"}], \"protocol\": \"dfuse\", "
				      "\"quirks\": [\"poll-5-ms\"]}]}";
	struct wish wish = { "0", -1, 0, 0 };
	struct taken taken = { 0 };
	struct dfut_session *session;
	struct bench bench;

	bench_start(&bench, "stm32f072:rom-vid=1209,rom-pid=0001,poll-percent=1677721500");
	session = new_session(&bench, &wish);
	cr_expect(eq(int, upload(&bench, session, &taken, "poll"), DFUT_ERROR_TIMEOUT));
	cr_expect(strstr(dfut_session_get_message(session), "16777215 ms") != NULL, "%s",
		  dfut_session_get_message(session));
	cr_expect(strstr(dfut_session_get_hint(session), "\"poll-5-ms\"") != NULL, "%s",
		  dfut_session_get_hint(session));
	cr_expect(strstr(dfut_session_get_hint(session), "--devices") != NULL);
	dfut_session_free(session);
	cr_assert(eq(int, bench_load_devices(&bench, devices), 0), "%s", dfut_context_get_error(bench.context));
	session = new_session(&bench, &wish);
	cr_expect(eq(int, upload(&bench, session, &taken, "poll"), 0), "%s", dfut_session_get_message(session));
	cr_expect(eq(sz, taken.size, 128 * KIB));
	dfut_session_free(session);
	free(taken.data);
	bench_stop(&bench);
}
