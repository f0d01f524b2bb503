/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/*
 * What the device table says of ROMs that deviate: with it each update ends well, and with that word taken out of the
 * table it does not. And telling DfuSe from DFU 1.1, and ROM from application, where one bit does not do.
 */

#include "table-file.h"
#include "dfuse-bench.h"

/* Odd sizes, two ranges, a sector that is filled in part */
static const struct part parts[] = { { FLASH, 5001 }, { FLASH + 6 * KIB, 700 } };
static const struct part high_parts[] = {
	{ FLASH, 100 }, { FLASH + 64 * KIB, 100 }, { FLASH + 128 * KIB, 3000 }, { FLASH + 256 * KIB, 9 }
};
static const struct part large_part = { FLASH, 40 * KIB + 3 };
static const struct part feature_part = { 0xffff0000, 4 };

static const struct wishes any = { DFUT_ERASE_AUTO, DFUT_VERIFY_AUTO, 0, NULL };
static const struct wishes mass = { DFUT_ERASE_MASS, DFUT_VERIFY_AUTO, 0, NULL };
static const struct wishes shortest = { DFUT_ERASE_ALL, DFUT_VERIFY_NEVER, 0, NULL };

static const struct quirk {
	const char *word; /* of the table */
	const char *spec; /* the device that has it */
	const struct part *parts;
	size_t count;
	const struct wishes *wishes;
	const char *message; /* a part of what is told without it */
} quirks[] = {
	/* STM32F405: 32 s that it calls 100 ms */
	{ "slow-mass-erase", "stm32f405:erase-percent=200", parts, 2, &mass, "mass erase" },
	/* STM32L4 */
	{ "busy-stall", "stm32f405:busy=stall,poll-percent=50", parts, 2, &any, "refuses GETSTATUS" },
	/* STM32H743 rev. V */
	{ "stuck-erase", "stm32f405:stuck-offset=65536", high_parts, 4, &any, "still in dfuDNBUSY" },
	{ "stuck-erase", "stm32f405:stuck-offset=65536,clear=error,busy=answer", high_parts, 4, &shortest,
	  "still in dfuDNBUSY" },
	/* STM32U5A9 */
	{ "no-busy", "stm32f072:first-status=idle", parts, 2, &any, "dfuDNLOAD-IDLE" },
	/* STM32G4 */
	{ "blocks-1024", "stm32f072:largest-block=1024", parts, 2, &any, "" },
	{ "blocks-1024", "stm32f072:largest-block=1024,multiplier=transfer-size", parts, 2, &shortest, "writing at" },
	{ "blocks-1024", "stm32f072:largest-block=1024,transfer-size=4096,clear=stall", parts, 2, &any, "" },
	/* STM32C071 */
	{ "leave-address", "stm32f072:leave-needs-address=yes", parts, 2, &shortest, "starting the application" },
	/* GD32, ST's open device class */
	{ "leave-silent", "stm32f072:leave-request=stall", parts, 2, &any, "starting the application" },
	{ "leave-silent", "stm32f072:leave-status=stall", parts, 2, &any, "starting the application" },
	{ "leave-silent", "gd32vf103:leave-request=stall", parts, 2, &any, "starting the application" },
	{ "leave-silent", "gd32vf103:leave-status=stall", parts, 2, &any, "starting the application" },
	/* STM32F4 */
	{ "feature-letter", "stm32f405:feature-type=a", &feature_part, 1, &any, "0xffff0000" },
	/* STM32G0 */
	{ "same-names", "stm32f405:names=same", parts, 2, &any, "alternate settings 0 and 1" },
	/* STM32C5, if its configuration did not have the functional descriptor either */
	{ "no-descriptor-request", "stm32f072:functional=no,get-functional=hang", parts, 2, &any, "" },
	/* GD32: half as many pages, each twice as large, as there really are; and fewer */
	{ "gd32-serial", "gd32vf103:layout=@Internal Flash  /0x08000000/064*002Kg", parts, 2, &any,
	  "read back differs" },
	{ "gd32-serial", "gd32vf103:layout=@Internal Flash  /0x08000000/032*001Kg", &large_part, 1, &any,
	  "0x08008000" },
	{ "gd32-serial", "gd32vf103:serial=3CDJ,layout=@Internal Flash  /0x08000000/032*001Kg", &large_part, 1, &any,
	  "0x08008000" },
	/* ST's open device class, which says that it detaches by itself and does not */
	{ "dfu-detach-reset", "usbd-dfu-rt:really-detaches=no", parts, 2, &any, "did not react" },
};

/* The built-in table without a word of it, wherever that stands in a list. */
static char *make_table_without(const char *word)
{
	char *text = read_table_file();
	char quoted[64];
	size_t found = 0;

	snprintf(quoted, sizeof(quoted), "\"%s\"", word);
	for (char *at = strstr(text, quoted); at; at = strstr(at, quoted), found++) {
		char *comma = at;

		memset(at, ' ', strlen(quoted));
		while (comma[-1] == ' ' || comma[-1] == '\n')
			comma--;
		if (comma[-1] == ',') {
			comma[-1] = ' ';
			continue;
		}
		for (comma = at; *comma == ' ' || *comma == '\n';)
			comma++;
		if (*comma == ',')
			*comma = ' ';
	}
	cr_assert(lt(sz, 0, found), "%s", word);
	return text;
}

static bool holds(const struct bench *bench, const struct quirk *quirk)
{
	const uint8_t *feature = dfut_sim_device_get_memory(bench->device, "device-feature", NULL);

	if (quirk->parts != &feature_part)
		return bench_holds(bench, quirk->parts, quirk->count);
	for (uint32_t i = 0; i < feature_part.size; i++)
		if (feature[i] != get_content(feature_part.address + i))
			return false;
	return true;
}

static void try_quirk(const struct quirk *quirk, bool is_known)
{
	struct dfut_session *session;
	struct dfut_image *image;
	struct bench bench;
	char what[200];
	int result;

	snprintf(what, sizeof(what), "%s, %s %s", quirk->spec, is_known ? "with" : "without", quirk->word);
	bench_start(&bench, quirk->spec);
	bench_fill_old(&bench);
	if (!is_known) {
		char *table = make_table_without(quirk->word);

		cr_assert(eq(int, bench_load_devices(&bench, table), 0), "%s: %s", what,
			  dfut_context_get_error(bench.context));
		free(table);
	}
	image = bench_make_image(&bench, KIND_HEX, quirk->parts, quirk->count);
	session = bench_new_wishing(&bench, quirk->wishes);
	result = dfut_session_start_update(session, image);
	if (result == 0)
		result = bench_run(&bench, session, SIZE_MAX, what);
	bench_expect_words(dfut_session_get_message(session), what);
	if (is_known) {
		cr_expect(eq(int, result, 0), "%s: %s", what, dfut_session_get_message(session));
		cr_expect(holds(&bench, quirk), "%s", what);
		cr_expect(not(bench_is_in_bootloader(bench.device)), "%s: did not leave", what);
		bench_expect_no_breach(bench.device, what);
	} else {
		cr_expect(lt(int, result, 0), "%s: %s", what, dfut_session_get_message(session));
		cr_expect(strstr(dfut_session_get_message(session), quirk->message) != NULL, "%s: %s", what,
			  dfut_session_get_message(session));
	}
	dfut_session_free(session);
	dfut_image_free(image);
	bench_stop(&bench);
}

Test(update_dfuse_quirks, each_is_needed_and_enough, .timeout = 60)
{
	for (size_t i = 0; i < COUNT(quirks); i++) {
		try_quirk(&quirks[i], true);
		try_quirk(&quirks[i], false);
	}
	fprintf(stderr, "%zu quirks, with and without\n", COUNT(quirks));
}

/* What the others do that ST's notes or users tell of is within the rules: no word of the table is about it. */
Test(update_dfuse_quirks, what_needs_no_word, .timeout = 60)
{
	static const struct quirk others[] = {
		/* STM32H7RS: no answer to the last GETSTATUS; it leaves, which is what counts */
		{ "leave-silent", "stm32f072:leave-status=timeout", parts, 2, &any, "" },
		/* STM32C5: transfer size, no option bytes, CLRSTATUS only where there is an error */
		{ "", "stm32f072:get-functional=hang,clear=stall,option-bytes=no,transfer-size=1024", parts, 2, &any,
		  "" },
		/* GD32 after power-up */
		{ "", "gd32vf103:start=error", parts, 2, &any, "" },
		{ "", "gd32vf103:option-bytes=no", parts, 2, &any, "" },
		/* STM32F427 */
		{ "", "stm32f405:string-surplus=2", parts, 2, &any, "" },
	};

	for (size_t i = 0; i < COUNT(others); i++)
		try_quirk(&others[i], true);
}

/* Other block sizes than wTransferSize's are found out once, and kept to. */
Test(update_dfuse_quirks, small_blocks_are_found_out_once)
{
	struct dfut_image *image;
	struct bench bench;
	struct tally tally;

	bench_start(&bench, "stm32f072:largest-block=1024");
	image = bench_make_image(&bench, KIND_RAW, &large_part, 1);
	bench_update(&bench, image, &shortest, "small blocks");
	tally = bench_count(bench.device);
	cr_expect(eq(sz, tally.blocks, 1 + 41));
	dfut_image_free(image);
	bench_stop(&bench);
}

/* The first one that never ends is waited for, the others are known by then. */
Test(update_dfuse_quirks, stuck_erases_cost_their_time_once)
{
	struct dfut_image *image;
	struct bench bench;
	uint64_t start_us;

	bench_start(&bench, "stm32f405:stuck-offset=0");
	image = bench_make_image(&bench, KIND_HEX, high_parts, 4);
	start_us = dfut_sim_get_time_us(bench.sim);
	bench_update(&bench, image, &shortest, "stuck");
	/* 64 and two of 128 KiB: 1.2 + 2 + 2 s are the sectors' own. */
	cr_expect(lt(u64, dfut_sim_get_time_us(bench.sim) - start_us, UINT64_C(20000000)));
	dfut_image_free(image);
	bench_stop(&bench);
}

/* Neither bcdDFUVersion nor the protocol tells what speaks DfuSe, or what is a bootloader. */
Test(update_dfuse_quirks, languages_and_modes_are_told_apart)
{
	static const struct {
		const char *spec;
		enum dfut_mode mode;
		const char *language;
	} cases[] = {
		{ "stm32f072", DFUT_MODE_BOOTLOADER, "dfuse" },
		{ "stm32f072:functional=no", DFUT_MODE_BOOTLOADER, "dfuse" },
		{ "stm32f072:rom-vid=1209,rom-pid=4711", DFUT_MODE_BOOTLOADER, "dfuse" },
		{ "gd32vf103", DFUT_MODE_BOOTLOADER, "dfuse" },
		{ "usbd-dfu-rt", DFUT_MODE_APPLICATION, "dfuse" },
		{ "dfu:start=bootloader", DFUT_MODE_BOOTLOADER, "dfu" },
		{ "dfu:start=bootloader,version=1.0", DFUT_MODE_BOOTLOADER, "dfu" },
		{ "dfu:flavour=rt", DFUT_MODE_APPLICATION, "dfuse" },
		/* LeafLabs Maple: says 1.1a, and is DFU 1.1 */
		{ "dfu:start=bootloader,version=1.1a,vid=1eaf,pid=0003,release=0200", DFUT_MODE_BOOTLOADER, "dfu" },
		/* ... of another maker that is DfuSe */
		{ "dfu:start=bootloader,version=1.1a", DFUT_MODE_BOOTLOADER, "dfuse" },
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		struct dfut_device *device;
		struct bench bench;

		bench_start(&bench, cases[i].spec);
		device = bench_find(&bench, "1-1");
		cr_expect(eq(int, dfut_device_get_mode(device), cases[i].mode), "%s", cases[i].spec);
		cr_expect(strcmp(dfut_device_get_protocol(device), cases[i].language) == 0, "%s: \"%s\"", cases[i].spec,
			  dfut_device_get_protocol(device));
		dfut_device_unref(device);
		bench_stop(&bench);
	}
}

/* Without its row the Maple is taken for what it says it is. */
Test(update_dfuse_quirks, maple_is_known_by_its_row)
{
	for (int is_known = 0; is_known < 2; is_known++) {
		static const uint8_t bytes[5000] = { 0x00, 0x50, 0x00, 0x20, 0x01, 0x51, 0x00, 0x08 };
		struct dfut_session *session;
		struct dfut_image *image;
		struct bench bench;
		int result;

		bench_start(&bench, "dfu:start=bootloader,version=1.1a,vid=1eaf,pid=0003,release=0200");
		if (!is_known) {
			char *table = read_table_file();
			char *at;

			while ((at = strstr(table, "1eaf:0003")) != NULL)
				memcpy(at, "0000:0000", 9);
			cr_assert(eq(int, bench_load_devices(&bench, table), 0));
			free(table);
		}
		cr_assert(eq(int, dfut_image_load_buffer(&image, bench.context, bytes, sizeof(bytes), 0), 0));
		session = bench_new_wishing(&bench, &any);
		result = dfut_session_start_update(session, image);
		if (result == 0)
			result = bench_run(&bench, session, SIZE_MAX, "maple");
		cr_expect(eq(int, result == 0, is_known), "%s", dfut_session_get_message(session));
		dfut_session_free(session);
		dfut_image_free(image);
		bench_stop(&bench);
	}
}
