/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* Updates by DfuSe that are refused, and for the right reason: memory maps, protection, ids, several memories, plans. */

#include "dfuse-bench.h"

/* What a refusal has to be: by whom, and with which words. */
struct refusal {
	int code;
	unsigned int check;
	const char *word; /* in the message */
	const char *hint; /* in the hint; NULL: any */
};

static const struct wishes plain = { DFUT_ERASE_AUTO, DFUT_VERIFY_AUTO, 0, NULL };

static void expect_refusal(const struct dfut_session *session, int result, const struct refusal *wanted,
			   const char *what)
{
	const char *text = dfut_session_get_message(session);

	cr_expect(eq(int, result, wanted->code), "%s: %s", what, text);
	cr_expect(eq(uint, dfut_session_get_failed_check(session), wanted->check), "%s: %s", what, text);
	bench_expect_words(text, what);
	cr_expect(strstr(text, wanted->word) != NULL, "%s: %s", what, text);
	if (wanted->hint)
		cr_expect(strstr(dfut_session_get_hint(session), wanted->hint) != NULL, "%s: hint: %s", what,
			  dfut_session_get_hint(session));
}

/* Refused when it is started: the device is not asked anything. */
static void refuse(const char *spec, struct dfut_image *(*make)(struct bench *bench), const struct wishes *wishes,
		   const struct refusal *wanted)
{
	struct dfut_session *session;
	struct dfut_image *image;
	struct bench bench;
	int result;

	bench_start(&bench, spec);
	image = make(&bench);
	session = bench_new_wishing(&bench, wishes);
	result = dfut_session_start_update(session, image);
	expect_refusal(session, result, wanted, spec);
	cr_expect(eq(sz, dfut_sim_device_get_request_count(bench.device), 0), "%s", spec);
	dfut_session_free(session);
	dfut_image_free(image);
	bench_stop(&bench);
}

/* Refused once the device has been asked: no byte of its memory has changed. */
static void refuse_unchanged(const char *spec, struct dfut_image *(*make)(struct bench *bench),
			     const struct wishes *wishes, const struct refusal *wanted)
{
	static uint8_t before[FLASH_LIMIT];
	struct dfut_session *session;
	struct dfut_image *image;
	struct bench bench;
	const uint8_t *flash;
	char what[200];
	size_t size;
	int result;

	snprintf(what, sizeof(what), "%s, erase %d", spec, wishes->erase);
	bench_start(&bench, spec);
	bench_fill_old(&bench);
	flash = bench_get_flash(&bench, &size);
	memcpy(before, flash, size);
	image = make(&bench);
	session = bench_new_wishing(&bench, wishes);
	result = dfut_session_start_update(session, image);
	cr_expect(eq(int, result, 0), "%s: %s", what, dfut_session_get_message(session));
	if (result == 0)
		result = bench_run(&bench, session, SIZE_MAX, what);
	expect_refusal(session, result, wanted, what);
	bench_expect_flash(&bench, before, what);
	bench_expect_no_breach(bench.device, what);
	dfut_session_free(session);
	dfut_image_free(image);
	bench_stop(&bench);
}

static struct dfut_image *make_small(struct bench *bench)
{
	static const struct part part = { FLASH, 3000 };

	return bench_make_image(bench, KIND_RAW, &part, 1);
}

/* Memory maps. */

static struct dfut_image *make_elsewhere(struct bench *bench)
{
	static const struct part part = { 0x09000000, 100 };

	return bench_make_image(bench, KIND_HEX, &part, 1);
}

static struct dfut_image *make_too_long(struct bench *bench)
{
	static const struct part part = { FLASH + 126 * KIB, 2 * KIB + 1 };

	return bench_make_image(bench, KIND_RAW, &part, 1);
}

static struct dfut_image *make_partly_elsewhere(struct bench *bench)
{
	static const struct part parts[] = { { FLASH, 100 }, { 0x20000000, 4 } };

	return bench_make_image(bench, KIND_DFUSE, parts, COUNT(parts));
}

static struct dfut_image *make_before(struct bench *bench)
{
	static const struct part part = { FLASH - 1, 100 };

	return bench_make_image(bench, KIND_HEX, &part, 1);
}

static struct dfut_image *make_in_the_fifth(struct bench *bench)
{
	static const struct part part = { FLASH + 7 * KIB, 3 * KIB };

	return bench_make_image(bench, KIND_RAW, &part, 1);
}

static struct dfut_image *make_at_the_end(struct bench *bench)
{
	static const struct part part = { 0xffff0000, 5 };

	return bench_make_image(bench, KIND_HEX, &part, 1);
}

Test(update_dfuse_refusals, memory_maps, .timeout = 60)
{
	static const struct {
		const char *spec;
		struct dfut_image *(*make)(struct bench *bench);
		const char *word;
		const char *hint;
	} cases[] = {
		{ "stm32f072", make_elsewhere, "the device has no memory at 0x09000000",
		  "\"Internal Flash\" from 0x08000000 to 0x0801ffff, \"Option Bytes\" from 0x1ffff800 to 0x1ffff80f" },
		{ "stm32f405", make_elsewhere, "no memory at 0x09000000", "from 0x08000000 to 0x080fffff" },
		{ "gd32vf103", make_elsewhere, "no memory at 0x09000000", "linked for another address" },
		{ "stm32f072", make_too_long,
		  "the image goes from 0x0801f800 to 0x08020000, but 0x08020000 is not in \"Internal Flash\"",
		  "0x0801ffff" },
		{ "gd32vf103", make_too_long, "but 0x08020000 is not in", "another part" },
		{ "gd32vf103:serial=3C8J", make_too_long, "no memory at 0x0801f800", "to 0x0800ffff" },
		{ "stm32f072", make_partly_elsewhere, "but 0x20000000 is not in", "another part" },
		{ "stm32f405", make_partly_elsewhere, "but 0x20000000 is not in", "another part" },
		{ "stm32f072", make_before, "no memory at 0x07ffffff", "another part" },
		{ "stm32f405", make_at_the_end, "but 0xffff0004 is not in \"Device Feature\"", "another part" },
		/* Sectors that can be read only: as the chip tells it, or the ROM's name of it */
		{ "stm32f072:layout=@Internal Flash  /0x08000000/04*002Kg\\,01*002Ka\\,59*002Kg", make_in_the_fifth,
		  "the sector at 0x08002000 is write-protected, as its layout says", "take the write protection off" },
		{ "stm32f072:wrp=4,wrp-in-name=yes", make_in_the_fifth, "0x08002000 is write-protected",
		  "option bytes" },
		{ "stm32f405:wrp=1,wrp-in-name=yes", make_in_the_fifth, "0x08001c00 is write-protected",
		  "option bytes" },
		{ "stm32f072:layout=@Internal Flash  /0x08000000/01*002Kg/0x08002000/01*002Kg", make_small,
		  "but 0x08000800 is not in", "another part" },
	};

	for (size_t i = 0; i < COUNT(cases); i++)
		refuse(cases[i].spec, cases[i].make, &plain,
		       &(struct refusal){ DFUT_ERROR_MISMATCH, DFUT_CHECK_MEMORY_MAP, cases[i].word, cases[i].hint });
}

/* An application does not tell what its bootloader has: refused when it is there, before anything is written. */
Test(update_dfuse_refusals, memory_maps_behind_an_application, .timeout = 60)
{
	refuse_unchanged("usbd-dfu-rt", make_elsewhere, &plain,
			 &(struct refusal){ DFUT_ERROR_MISMATCH, DFUT_CHECK_MEMORY_MAP, "0x09000000", NULL });
	refuse_unchanged("usbd-dfu-rt", make_too_long, &plain,
			 &(struct refusal){ DFUT_ERROR_MISMATCH, DFUT_CHECK_MEMORY_MAP, "0x08020000", NULL });
}

/* Then the part itself says so. */
Test(update_dfuse_refusals, forced_past_the_memory_map, .timeout = 60)
{
	static const enum dfut_erase erases[] = { DFUT_ERASE_AUTO, DFUT_ERASE_NEEDED, DFUT_ERASE_ALL };

	for (size_t i = 0; i < COUNT(erases); i++) {
		struct wishes wishes = { erases[i], DFUT_VERIFY_AUTO, DFUT_CHECK_MEMORY_MAP, "0" };
		struct dfut_session *session;
		struct dfut_image *image;
		struct bench bench;
		int result;

		bench_start(&bench, "stm32f072");
		image = make_elsewhere(&bench);
		session = bench_new_wishing(&bench, &wishes);
		result = dfut_session_start_update(session, image);
		cr_expect(eq(int, result, 0), "%s", dfut_session_get_message(session));
		if (result == 0)
			result = bench_run(&bench, session, SIZE_MAX, "forced");
		expect_refusal(session, result, &(struct refusal){ DFUT_ERROR_DEVICE, 0, "0x09000000", "memory" },
			       "forced");
		dfut_session_free(session);
		dfut_image_free(image);
		bench_stop(&bench);
	}
}

/* Addresses, alternate settings, ids. */

static struct dfut_image *make_bare(struct bench *bench)
{
	struct dfut_image *image;

	cr_assert(eq(int, dfut_image_load_buffer(&image, bench->context, "\x00\x40\x00\x20 and so on", 14, 0), 0));
	return image;
}

static struct dfut_image *make_target(struct bench *bench, uint8_t alternate, uint16_t vendor, uint16_t product)
{
	static const struct part part = { FLASH, 100 };
	struct file *file = calloc(1, sizeof(*file));
	struct dfut_image *image;

	file_begin_dfuse(file, 1);
	file_add_target(file, alternate, &part, 1);
	file_end_dfuse(file, vendor, product);
	image = bench_load(bench, file);
	free(file);
	return image;
}

static struct dfut_image *make_for_alternate_1(struct bench *bench)
{
	return make_target(bench, 1, DFUT_ID_ANY, DFUT_ID_ANY);
}

static struct dfut_image *make_for_alternate_7(struct bench *bench)
{
	return make_target(bench, 7, DFUT_ID_ANY, DFUT_ID_ANY);
}

static struct dfut_image *make_for_st(struct bench *bench)
{
	return make_target(bench, 0, 0x0483, 0xdf11);
}

static struct dfut_image *make_for_others(struct bench *bench)
{
	return make_target(bench, 0, 0x1209, 0x4711);
}

Test(update_dfuse_refusals, images_that_do_not_fit, .timeout = 60)
{
	static const struct {
		const char *spec;
		struct dfut_image *(*make)(struct bench *bench);
		const char *alternate;
		struct refusal wanted;
	} cases[] = {
		{ "stm32f072", make_bare, NULL, { DFUT_ERROR_USAGE, 0, "no address", "0x08000000" } },
		{ "stm32f405", make_bare, NULL, { DFUT_ERROR_USAGE, 0, "no address", "0x08000000" } },
		{ "stm32f072", make_bare, "0", { DFUT_ERROR_USAGE, 0, "no address", "0x08000000" } },
		{ "stm32f072",
		  make_for_alternate_1,
		  NULL,
		  { DFUT_ERROR_MISMATCH, DFUT_CHECK_MEMORY_MAP, "0x08000000", NULL } },
		{ "stm32f072", make_for_alternate_7, NULL, { DFUT_ERROR_NOT_FOUND, 0, "\"7\"", NULL } },
		{ "stm32f072", make_small, "nothing", { DFUT_ERROR_NOT_FOUND, 0, "nothing", NULL } },
		{ "stm32f072", make_small, "1", { DFUT_ERROR_MISMATCH, DFUT_CHECK_MEMORY_MAP, "0x08000000", NULL } },
		{ "stm32f072", make_for_others, NULL, { DFUT_ERROR_MISMATCH, DFUT_CHECK_IDS, "1209:4711", NULL } },
		{ "gd32vf103", make_for_st, NULL, { DFUT_ERROR_MISMATCH, DFUT_CHECK_IDS, "0483:df11", NULL } },
		{ "usbd-dfu-rt", make_for_others, NULL, { DFUT_ERROR_MISMATCH, DFUT_CHECK_IDS, "1209:4711", NULL } },
		{ "stm32f072:layout=Internal Flash", make_small, "0", { DFUT_ERROR_PROTOCOL, 0, "layout", NULL } },
	};

	for (size_t i = 0; i < COUNT(cases); i++)
		refuse(cases[i].spec, cases[i].make,
		       &(struct wishes){ DFUT_ERASE_AUTO, DFUT_VERIFY_AUTO, 0, cases[i].alternate }, &cases[i].wanted);
}

/* A file for the ROM is for the application that leads there, too; and what is forced is taken. */
Test(update_dfuse_refusals, ids_that_fit, .timeout = 60)
{
	struct dfut_image *image;
	struct bench bench;

	bench_start(&bench, "stm32f072");
	image = make_for_st(&bench);
	bench_update(&bench, image, &plain, "own ids");
	dfut_image_free(image);
	bench_stop(&bench);

	bench_start(&bench, "stm32f405");
	image = make_for_others(&bench);
	bench_update(&bench, image, &(struct wishes){ DFUT_ERASE_AUTO, DFUT_VERIFY_AUTO, DFUT_CHECK_IDS, NULL },
		     "forced");
	dfut_image_free(image);
	bench_stop(&bench);
}

/* The suffix is that of a file for ST's ROM: which an application in front of one can't know of. */
Test(update_dfuse_refusals, ids_of_the_rom_on_its_application, .timeout = 60)
{
	struct dfut_image *image;
	struct bench bench;

	bench_start(&bench, "usbd-dfu-rt");
	image = make_for_st(&bench);
	bench_update(&bench, image, &(struct wishes){ DFUT_ERASE_AUTO, DFUT_VERIFY_AUTO, DFUT_CHECK_IDS, NULL },
		     "forced");
	dfut_image_free(image);
	bench_stop(&bench);
}

/* Protection. */

Test(update_dfuse_refusals, read_protection, .timeout = 60)
{
	static const char *const specs[] = { "stm32f072:rdp=yes",
					     "stm32f405:rdp=yes",
					     "gd32vf103:rdp=yes",
					     "usbd-dfu-rt:rdp=yes",
					     "stm32f072:rdp=yes,rdp-address=allow",
					     "stm32f072:rdp=yes,first-status=idle",
					     "stm32f072:rdp=yes,option-bytes=no",
					     "gd32vf103:rdp=yes,option-bytes=no,rdp-address=allow" };

	for (size_t i = 0; i < COUNT(specs); i++)
		for (int erase = DFUT_ERASE_AUTO; erase <= DFUT_ERASE_MASS; erase++)
			refuse_unchanged(specs[i], make_small,
					 &(struct wishes){ (enum dfut_erase)erase, DFUT_VERIFY_AUTO, 0, NULL },
					 &(struct refusal){ DFUT_ERROR_DEVICE, 0,
							    "read protection is on: it can be neither read nor written",
							    "erases everything" });
}

/* What the hint says helps. */
Test(update_dfuse_refusals, a_part_without_its_read_protection_is_written, .timeout = 60)
{
	static const char *const specs[] = { "stm32f072:rdp=yes", "stm32f405:rdp=yes", "gd32vf103:rdp=yes",
					     "usbd-dfu-rt:rdp=yes" };

	for (size_t i = 0; i < COUNT(specs); i++) {
		struct dfut_session *session;
		struct dfut_image *image;
		struct bench bench;

		bench_start(&bench, specs[i]);
		session = bench_new_session(&bench, "1-1");
		cr_assert(eq(int, dfut_session_start_command(session, "read-unprotect"), 0), "%s",
			  dfut_session_get_message(session));
		cr_expect(eq(int, bench_run(&bench, session, SIZE_MAX, specs[i]), 0), "%s: %s", specs[i],
			  dfut_session_get_message(session));
		dfut_session_free(session);
		image = make_small(&bench);
		bench_update(&bench, image, &plain, specs[i]);
		dfut_image_free(image);
		bench_stop(&bench);
	}
}

/* Option bytes of a known form tell of it beforehand. */
Test(update_dfuse_refusals, write_protection_that_option_bytes_tell, .timeout = 60)
{
	static const char *const specs[] = { "stm32f072:wrp=1", "stm32f405:wrp=1", "gd32vf103:wrp=1",
					     "stm32f072:wrp=0xffffffff", "stm32f072:wrp=1,application=runtime" };

	for (size_t i = 0; i < COUNT(specs); i++)
		for (int erase = DFUT_ERASE_AUTO; erase <= DFUT_ERASE_MASS; erase++)
			refuse_unchanged(specs[i], make_small,
					 &(struct wishes){ (enum dfut_erase)erase, DFUT_VERIFY_AUTO, 0, NULL },
					 &(struct refusal){ DFUT_ERROR_MISMATCH, DFUT_CHECK_MEMORY_MAP,
							    "0x08000000 is write-protected, as the option bytes say",
							    "take the write protection off" });
}

/* What is protected and right already does not have to be written. */
Test(update_dfuse_refusals, write_protection_of_what_does_not_differ, .timeout = 60)
{
	static const struct part parts[] = { { FLASH, 6 * KIB } };
	struct dfut_image *image;
	struct bench bench;

	bench_start(&bench, "stm32f072:wrp=1");
	image = bench_make_image(&bench, KIND_DFUSE, parts, COUNT(parts));
	for (uint32_t i = 0; i < 4 * KIB; i++)
		dfut_sim_device_set_memory(bench.device, "flash", i, &(uint8_t){ get_content(FLASH + i) }, 1);
	bench_update(&bench, image, &plain, "right already");
	cr_expect(bench_holds(&bench, parts, COUNT(parts)));
	dfut_image_free(image);
	bench_stop(&bench);
}

/* A part says nothing of write protection when it is erased and written: reading back does. */
Test(update_dfuse_refusals, write_protection_that_no_name_tells, .timeout = 60)
{
	static const char *const specs[] = { "stm32f072:wrp=1,option-bytes=no", "stm32f405:wrp=1,option-bytes=no",
					     "gd32vf103:wrp=1,option-bytes=no" };

	for (size_t i = 0; i < COUNT(specs); i++)
		for (int erase = DFUT_ERASE_AUTO; erase <= DFUT_ERASE_MASS; erase++) {
			struct wishes wishes = { (enum dfut_erase)erase, DFUT_VERIFY_AUTO, 0, NULL };
			struct dfut_session *session;
			struct dfut_image *image;
			struct bench bench;

			bench_start(&bench, specs[i]);
			bench_fill_old(&bench);
			image = make_small(&bench);
			session = bench_new_wishing(&bench, &wishes);
			cr_expect(eq(int, dfut_session_start_update(session, image), 0));
			expect_refusal(session, bench_run(&bench, session, SIZE_MAX, specs[i]),
				       &(struct refusal){ DFUT_ERROR_VERIFY, 0, "0x080000", "write-protected" },
				       specs[i]);
			dfut_session_free(session);
			dfut_image_free(image);
			bench_stop(&bench);
		}
}

/* Plans. */

Test(update_dfuse_refusals, a_plan_alone_sends_nothing, .timeout = 60)
{
	static const char *const specs[] = { "stm32f072", "stm32f405", "gd32vf103", "usbd-dfu-rt" };

	for (size_t i = 0; i < COUNT(specs); i++)
		for (int erase = DFUT_ERASE_AUTO; erase <= DFUT_ERASE_MASS; erase++) {
			struct wishes wishes = { (enum dfut_erase)erase, DFUT_VERIFY_AUTO, 0, NULL };
			struct dfut_session *session;
			struct dfut_image *image;
			struct dfut_step step;
			struct bench bench;
			bool is_writing = false;

			bench_start(&bench, specs[i]);
			image = make_small(&bench);
			session = bench_new_wishing(&bench, &wishes);
			cr_expect(eq(int, dfut_session_start_update(session, image), 0));
			for (size_t k = 0; dfut_session_get_step(session, k, &step, sizeof(step)) == 0; k++) {
				bench_expect_words(step.text, specs[i]);
				cr_expect(lt(u32, 0, step.time_ms), "%s: %s", specs[i], step.text);
				cr_expect(strstr(step.text, " 0 sectors") == NULL, "%s: %s", specs[i], step.text);
				is_writing = is_writing || step.state == DFUT_SESSION_DOWNLOADING;
			}
			cr_expect(is_writing, "%s", specs[i]);
			dfut_session_free(session);
			dfut_image_free(image);
			dfut_context_dispatch(bench.context, 100);
			cr_expect(eq(sz, dfut_sim_device_get_request_count(bench.device), 0), "%s", specs[i]);
			bench_stop(&bench);
		}
}
