/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* Files that are not written to a UF2 drive: each is refused before the first block, most before the device is opened. */

#include "uf2-bench.h"

static struct bytes application, file;

TestSuite(update_uf2_refusals, .timeout = 120);

static uint8_t *get_block(size_t index)
{
	return file.data + 512 * index;
}

static void spoil_magic(void)
{
	get_block(2)[0]++;
}

static void spoil_first_magic(void)
{
	get_block(0)[5]++;
}

static void spoil_last_magic(void)
{
	get_block(5)[508]++;
}

static void cut(void)
{
	file.size -= 512;
}

static void cut_inside(void)
{
	file.size -= 100;
}

static void cut_start(void)
{
	memmove(file.data, file.data + 512, file.size - 512);
	file.size -= 512;
}

static void double_number(void)
{
	put_le32(get_block(3) + 20, 2);
}

static void exceed_number(void)
{
	put_le32(get_block(3) + 20, 1000);
}

static void change_count(void)
{
	put_le32(get_block(3) + 24, 1000);
}

static void grow_payload(void)
{
	for (size_t i = 0; i < file.size / 512; i++) {
		put_le32(get_block(i) + 16, 476);
		put_le32(get_block(i) + 12, FLASH + (uint32_t)i * 476);
	}
}

static void shrink_payload(void)
{
	put_le32(get_block(7) + 16, 128);
}

static void empty_payload(void)
{
	put_le32(get_block(7) + 16, 0);
}

static void unalign(void)
{
	for (size_t i = 0; i < file.size / 512; i++)
		put_le32(get_block(i) + 12, FLASH + 16 + (uint32_t)i * 256);
}

static void go_to_ram(void)
{
	for (size_t i = 0; i < file.size / 512; i++)
		put_le32(get_block(i) + 12, 0x20000000 + (uint32_t)i * 256);
}

static void mix_ram_in(void)
{
	put_le32(get_block(7) + 12, 0x20000000);
}

static void go_below(void)
{
	put_le32(get_block(0) + 12, 0x0ffff000);
}

static void go_beyond(void)
{
	put_le32(get_block(7) + 12, 0x11000000);
}

static void overlap(void)
{
	put_le32(get_block(7) + 12, FLASH + 6 * 256);
}

/* Numbers 0 to 15 are for two sectors then. */
static void shift(void)
{
	for (size_t i = 0; i < file.size / 512; i++)
		put_le32(get_block(i) + 12, FLASH + 0x100 + (uint32_t)i * 256);
}

static void leave_hole(void)
{
	for (size_t i = 8; i < file.size / 512; i++)
		put_le32(get_block(i) + 12, FLASH + 0x1000 + (uint32_t)i * 256);
}

static void name_no_family(void)
{
	for (size_t i = 0; i < file.size / 512; i++)
		put_le32(get_block(i) + 8, 0);
}

static void name_family(uint32_t family)
{
	for (size_t i = 0; i < file.size / 512; i++)
		put_le32(get_block(i) + 28, family);
}

static void name_samd51(void)
{
	name_family(SAMD51);
}

static void name_rp2350(void)
{
	name_family(FAMILY_ARM);
}

static void name_nobody(void)
{
	name_family(0x12345678);
}

static void name_bootloader(void)
{
	name_family(NRF52_BOOTLOADER);
}

static void hide_one(void)
{
	put_le32(get_block(7) + 8, 0x2001);
}

static void be_files(void)
{
	for (size_t i = 0; i < file.size / 512; i++)
		put_le32(get_block(i) + 8, 0x1000);
}

static void be_empty(void)
{
	file.size = 0;
}

static void be_two_images(void)
{
	make_uf2(&file, &application, FAMILY_RISCV, FLASH);
}

static void go_behind_the_slot(void)
{
	put_le32(get_block(7) + 12, 0x160000);
}

static void go_behind_flash(void)
{
	put_le32(get_block(7) + 12, 0x80000);
}

static void stay_below(void)
{
	for (size_t i = 0; i < file.size / 512; i++)
		put_le32(get_block(i) + 12, (uint32_t)i * 256);
}

static const struct bad {
	const char *name;
	void (*spoil)(void);
	int kind;
	bool is_asked;	    /* it shows only by what the drive says */
	unsigned int force; /* what lets it pass */
} bads[] = {
	{ "magic", spoil_magic, PICO, false, 0 },
	{ "first magic", spoil_first_magic, PICO, false, 0 },
	{ "last magic", spoil_last_magic, PICO, false, 0 },
	{ "cut", cut, PICO, false, 0 },
	{ "cut inside", cut_inside, PICO, false, 0 },
	{ "without its start", cut_start, PICO, false, 0 },
	{ "a number twice", double_number, PICO, false, 0 },
	{ "a number too large", exceed_number, PICO, false, 0 },
	{ "two counts", change_count, PICO, false, 0 },
	{ "payload 476", grow_payload, PICO, false, 0 },
	{ "payload 128", shrink_payload, PICO, false, 0 },
	{ "payload 0", empty_payload, PICO, false, 0 },
	{ "not aligned", unalign, PICO, false, 0 },
	{ "to RAM", go_to_ram, PICO, false, DFUT_CHECK_MEMORY_MAP },
	{ "to flash and RAM", mix_ram_in, PICO, false, 0 },
	{ "below flash", go_below, PICO, false, 0 },
	{ "beyond flash", go_beyond, PICO, false, 0 },
	{ "two contents", overlap, PICO, false, 0 },
	{ "sectors and numbers out of step", shift, PICO, false, 0 },
	{ "a hole of less than a sector", leave_hole, PICO, false, 0 },
	{ "no family", name_no_family, PICO, false, 0 },
	{ "SAMD51's", name_samd51, PICO, false, DFUT_CHECK_IDS },
	{ "RP2350's", name_rp2350, PICO, false, 0 },
	{ "nobody's", name_nobody, PICO, false, 0 },
	{ "a block that is not for flash", hide_one, PICO, false, 0 },
	{ "files", be_files, PICO, false, 0 },
	{ "empty", be_empty, PICO, false, 0 },
	{ "SAMD51's for RP2350", name_samd51, PICO_2, false, 0 },
	{ "two images", be_two_images, PICO_2, false, 0 },
	{ "SAMD51's for ESP32-S2", name_samd51, METRO, true, 0 },
	{ "no family for ESP32-S2", name_no_family, METRO, true, 0 },
	{ "behind the slot", go_behind_the_slot, METRO, true, 0 },
	{ "nobody's for SAMD51", name_nobody, M4, true, 0 },
	{ "RP2350's for SAMD51", name_rp2350, M4, true, 0 },
	{ "behind its flash", go_behind_flash, M4, true, 0 },
	{ "all below the application", stay_below, M4, true, 0 },
	{ "SAMD51's for nRF52840", name_samd51, NRF52, true, 0 },
	{ "a bootloader", name_bootloader, NRF52, false, DFUT_CHECK_BOOTLOADER },
};

static void expect_refused(struct bench *bench, const struct bad *bad, struct dfut_image *image)
{
	static const struct wishes wishes = { DFUT_ERASE_AUTO, DFUT_VERIFY_AUTO, 0, NULL };
	size_t requests = dfut_sim_device_get_request_count(bench->device);
	struct outcome outcome = update_with(bench, image, &wishes, SIZE_MAX, bad->name);

	cr_expect(ne(int, outcome.result, 0), "%s: %s", bad->name, outcome.message);
	cr_expect(ne(int, outcome.result, DFUT_ERROR_TIMEOUT), "%s: %s", bad->name, outcome.message);
	if (!bad->is_asked)
		cr_expect(eq(sz, dfut_sim_device_get_request_count(bench->device), requests), "%s", bad->name);
	if (bad->is_asked && kinds[bad->kind].can_leave)
		cr_expect(runs_application(bench), "%s: %s (%s)", bad->name, outcome.message, outcome.hint);
	bench_expect_no_breach(bench->device, bad->name);
}

Test(update_uf2_refusals, refuses_what_the_loader_would_not_complete)
{
	static struct bytes before;

	for (size_t i = 0; i < COUNT(bads); i++) {
		const struct kind *kind = &kinds[bads[i].kind];
		struct dfut_image *image = NULL;
		struct bench bench;
		size_t size;

		uf2_start(&bench, kind, "");
		get_flash(&bench, &size);
		before.size = size < sizeof(before.data) ? size : sizeof(before.data);
		memcpy(before.data, get_flash(&bench, &size), before.size);
		make_application(&application, kind, 16 * KIB, 1);
		make_uf2_file(&file, &application, kind);
		bads[i].spoil();
		/* Some are no image at all. */
		if (dfut_image_load_buffer(&image, bench.context, file.data, file.size, 0) == 0)
			expect_refused(&bench, &bads[i], image);
		cr_expect(holds_at(&bench, 0, &before), "%s", bads[i].name);
		dfut_image_free(image);
		bench_stop(&bench);
	}
}

/* What a check stands in the way of, who names it can have. */
Test(update_uf2_refusals, lets_pass_what_is_asked_for_by_name)
{
	for (size_t i = 0; i < COUNT(bads); i++) {
		const struct wishes wishes = { DFUT_ERASE_AUTO, DFUT_VERIFY_AUTO, bads[i].force, NULL };
		struct dfut_session *session;
		struct dfut_image *image;
		struct bench bench;

		if (!bads[i].force)
			continue;
		uf2_start(&bench, &kinds[bads[i].kind], "");
		make_application(&application, &kinds[bads[i].kind], 16 * KIB, 1);
		make_uf2_file(&file, &application, &kinds[bads[i].kind]);
		bads[i].spoil();
		image = load(&bench, &file);
		session = bench_new_session(&bench, "1-1");
		dfut_session_set_force(session, wishes.force);
		cr_expect(eq(int, dfut_session_plan_update(session, image), 0), "%s: %s", bads[i].name,
			  dfut_session_get_message(session));
		dfut_session_free(session);
		dfut_image_free(image);
		bench_stop(&bench);
	}
}

struct wrong {
	const char *name;
	int kind;
	int64_t address;
	size_t size;
	struct wishes wishes;
	const char *words;
};

/* Other formats, and wishes. */
Test(update_uf2_refusals, refuses_what_it_can_not_do)
{
	static const struct wrong wrongs[] = {
		{ "raw for RP2350", PICO_2, -1, 5000, { 0, 0, 0, NULL }, "--family" },
		{ "raw for nRF52", NRF52, -1, 5000, { 0, 0, 0, NULL }, "no addresses" },
		{ "into the bootloader", M4, 0x2000, 5000, { 0, 0, 0, NULL }, "0x00002000" },
		{ "too large for SAMD21", M0, 0x2000, 250 * KIB, { 0, 0, 0, NULL }, "too large" },
		{ "too large for the slot", METRO, 0x150000, 65 * KIB, { 0, 0, 0, NULL }, "0x00160000" },
		{ "verified", PICO, -1, 5000, { 0, DFUT_VERIFY_ALWAYS, 0, NULL }, "can't be read back" },
		{ "erased", PICO, -1, 5000, { DFUT_ERASE_MASS, 0, 0, NULL }, "no command that erases" },
		{ "another part", PICO, -1, 5000, { 0, 0, 0, "rp2350" }, "rp2350" },
		{ "no part", M4, -1, 5000, { 0, 0, 0, "z80" }, "no part" },
		{ "SAMD21 that is an M4", M4, -1, 5000, { 0, 0, 0, "samd21" }, "taken for samd21" },
	};

	for (size_t i = 0; i < COUNT(wrongs); i++) {
		const struct kind *kind = &kinds[wrongs[i].kind];
		struct dfut_image *image;
		struct outcome outcome;
		struct bench bench;

		uf2_start(&bench, kind, "");
		make_application(&application, kind, wrongs[i].size, 1);
		image = wrongs[i].address < 0 ? load(&bench, &application) :
						load_at(&bench, &application, (uint32_t)wrongs[i].address);
		outcome = update_with(&bench, image, &wrongs[i].wishes, SIZE_MAX, wrongs[i].name);
		cr_expect(ne(int, outcome.result, 0), "%s: %s", wrongs[i].name, outcome.message);
		cr_expect(strstr(outcome.message, wrongs[i].words) || strstr(outcome.hint, wrongs[i].words),
			  "%s: %s (%s)", wrongs[i].name, outcome.message, outcome.hint);
		dfut_image_free(image);
		bench_stop(&bench);
	}
}

static bool is_of_drive(const struct dfut_sim_record *record)
{
	return (record->event == DFUT_SIM_EVENT_ENDPOINT && (record->index & 0x0f) == 3) ||
	       (record->event == DFUT_SIM_EVENT_CONTROL && (record->index & 0xff) == 2);
}

/* A drive in a bootloader that the table does not take for one of UF2: what it is spoken to by, if at all, is its port. */
Test(update_uf2_refusals, sends_nothing_to_drives_of_others)
{
	static const int others[] = { M4, M0, NRF52 };
	static uint8_t blank[512 * KIB];

	memset(blank, 0xff, sizeof(blank));
	for (size_t i = 0; i < COUNT(others); i++) {
		const struct kind *kind = &kinds[others[i]];
		struct dfut_device_list *list;
		struct dfut_session *session;
		struct dfut_image *image;
		struct bench bench;
		size_t size;

		bench_start(&bench, kind->spec);
		dfut_sim_device_get_memory(bench.device, "flash", &size);
		dfut_sim_device_unplug(bench.device);
		cr_assert(eq(int,
			     dfut_sim_device_set_memory(bench.device, "flash", 0, blank,
							size < sizeof(blank) ? size : sizeof(blank)),
			     0));
		dfut_sim_device_replug(bench.device);
		cr_assert(bench_is_in_bootloader(bench.device), "%s", kind->spec);
		dfut_sim_device_clear_record(bench.device);
		make_application(&application, kind, 16 * KIB, 1);
		make_uf2_file(&file, &application, kind);
		image = load(&bench, &file);
		session = bench_new_session(&bench, "1-1");
		dfut_session_start_update(session, image);
		cr_assert(eq(int, dfut_device_list_new(&list, bench.context, NULL), 0));
		dfut_device_list_free(list);
		for (size_t k = 0; k < 10; k++)
			dfut_context_dispatch(bench.context, 100);
		for (size_t k = 0; k < dfut_sim_device_get_record_count(bench.device); k++)
			cr_expect(not(is_of_drive(dfut_sim_device_get_record(bench.device, k))), "%s", kind->spec);
		dfut_session_free(session);
		dfut_image_free(image);
		bench_stop(&bench);
	}
}
