/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* DfuSe beside plain updates of the flash: reading memories, other memories, and the way into a ROM from an application. */

#include "dfuse-bench.h"

static const struct wishes plain = { DFUT_ERASE_AUTO, DFUT_VERIFY_AUTO, 0, NULL };

struct sink {
	uint8_t bytes[FLASH_LIMIT + 1];
	size_t size;
	size_t limit; /* fails beyond; 0: none */
};

static int keep(const uint8_t *data, size_t size, void *user_data)
{
	struct sink *sink = user_data;

	if (size > sizeof(sink->bytes) - sink->size || (sink->limit && sink->size + size > sink->limit))
		return DFUT_ERROR_IO;
	memcpy(sink->bytes + sink->size, data, size);
	sink->size += size;
	return 0;
}

/* Reading. */

static const struct {
	const char *spec;
	const char *alternate;
	const char *memory;
	uint64_t wanted; /* 0: all */
	size_t size;
} reads[] = {
	{ "stm32f072", "0", "flash", 0, 128 * KIB },
	{ "stm32f072:option-bytes=no", NULL, "flash", 0, 128 * KIB },
	{ "stm32f072", "0", "flash", 1, 1 },
	{ "stm32f072", "0", "flash", 2048, 2048 },
	{ "stm32f072", "0", "flash", 2049, 2049 },
	{ "stm32f072:multiplier=transfer-size", "0", "flash", 5001, 5001 },
	{ "stm32f072:start=dnload-idle", "0", "flash", 4096, 4096 },
	{ "stm32f072:start=upload-idle", "0", "flash", 100, 100 },
	{ "stm32f072:start=error,clear=stall", "0", "flash", 100, 100 },
	{ "stm32f072", "0", "flash", UINT64_MAX, 128 * KIB },
	{ "stm32f072", "1", "option-bytes", 0, 16 },
	{ "stm32f405", "0", "flash", 0, 1024 * KIB },
	{ "stm32f405:transfer-size=1000", "0", "flash", 70000, 70000 },
	{ "stm32f405:transfer-size=8", "0", "flash", 8 * 65534 + 20, 8 * 65534 + 20 },
	{ "stm32f405", "1", "option-bytes", 0, 16 },
	{ "stm32f405", "2", "otp", 0, 528 },
	{ "stm32f405", "2", "otp", 512, 512 },
	{ "stm32f405", "3", "device-feature", 0, 4 },
	{ "stm32f405:feature-type=a", "3", "device-feature", 0, 4 },
	{ "gd32vf103", "0", "flash", 0, 128 * KIB },
	{ "gd32vf103:option-bytes=no", NULL, "flash", 3, 3 },
	{ "usbd-dfu-rt", "0", "flash", 0, 128 * KIB },
};

Test(update_dfuse_memories, are_read_whole_or_in_part, .timeout = 60)
{
	struct sink *sink = malloc(sizeof(*sink));

	for (size_t i = 0; i < COUNT(reads); i++) {
		struct dfut_session *session;
		struct bench bench;
		const uint8_t *memory;
		char what[120];
		size_t size;

		snprintf(what, sizeof(what), "%s, %s, %zu", reads[i].spec, reads[i].memory, (size_t)reads[i].wanted);
		*sink = (struct sink){ .size = 0 };
		bench_start(&bench, reads[i].spec);
		bench_fill_old(&bench);
		session = bench_new_wishing(&bench, &(struct wishes){ .alternate = reads[i].alternate });
		dfut_session_set_upload_size(session, reads[i].wanted);
		cr_expect(eq(int, dfut_session_start_upload(session, keep, sink), 0), "%s: %s", what,
			  dfut_session_get_message(session));
		cr_expect(eq(int, bench_run(&bench, session, SIZE_MAX, what), 0), "%s: %s", what,
			  dfut_session_get_message(session));
		memory = dfut_sim_device_get_memory(bench.device, reads[i].memory, &size);
		cr_assert(memory != NULL && size >= reads[i].size);
		cr_expect(eq(sz, sink->size, reads[i].size), "%s", what);
		cr_expect(memcmp(sink->bytes, memory, reads[i].size) == 0, "%s", what);
		bench_expect_no_breach(bench.device, what);
		dfut_session_free(session);
		bench_stop(&bench);
	}
	free(sink);
	fprintf(stderr, "%zu memories read\n", COUNT(reads));
}

Test(update_dfuse_memories, that_can_not_be_read, .timeout = 60)
{
	static const struct {
		const char *spec;
		const char *alternate;
		size_t limit;
		int code;
		const char *hint;
	} cases[] = {
		{ "stm32f072:rdp=yes", "0", 0, DFUT_ERROR_DEVICE, "read protection" },
		{ "stm32f072:rdp=yes,rdp-address=allow", "0", 0, DFUT_ERROR_DEVICE, "read protection" },
		{ "stm32f072", NULL, 0, DFUT_ERROR_USAGE, "choose one" },
		{ "stm32f072", "5", 0, DFUT_ERROR_NOT_FOUND, "" },
		{ "stm32f072", "0", 3000, DFUT_ERROR_IO, "" },
		{ "stm32f072:layout=@Internal Flash  /0x08000000/065*0002Kg", "0", 0, DFUT_ERROR_DEVICE, "" },
	};
	struct sink *sink = malloc(sizeof(*sink));

	for (size_t i = 0; i < COUNT(cases); i++) {
		struct dfut_session *session;
		struct bench bench;
		int result;

		*sink = (struct sink){ .limit = cases[i].limit };
		bench_start(&bench, cases[i].spec);
		session = bench_new_wishing(&bench, &(struct wishes){ .alternate = cases[i].alternate });
		result = dfut_session_start_upload(session, keep, sink);
		if (result == 0)
			result = bench_run(&bench, session, SIZE_MAX, cases[i].spec);
		cr_expect(eq(int, result, cases[i].code), "%s: %s", cases[i].spec, dfut_session_get_message(session));
		bench_expect_words(dfut_session_get_message(session), cases[i].spec);
		cr_expect(strstr(dfut_session_get_hint(session), cases[i].hint) != NULL, "%s: hint: %s", cases[i].spec,
			  dfut_session_get_hint(session));
		dfut_session_free(session);

		/* And it is as good as before. */
		*sink = (struct sink){ .size = 0 };
		session = bench_new_wishing(&bench, &(struct wishes){ .alternate = "1" });
		cr_expect(eq(int, dfut_session_start_upload(session, keep, sink), 0));
		result = bench_run(&bench, session, SIZE_MAX, cases[i].spec);
		if (!strstr(cases[i].spec, "rdp"))
			cr_expect(eq(int, result, 0), "%s: %s", cases[i].spec, dfut_session_get_message(session));
		dfut_session_free(session);
		bench_stop(&bench);
	}
	free(sink);
}

/* Other memories. */

Test(update_dfuse_memories, one_time_programmable, .timeout = 60)
{
	static const struct part part = { 0x1fff7800 + 16, 100 };
	static const struct wishes forced = { DFUT_ERASE_MASS, DFUT_VERIFY_AUTO, DFUT_CHECK_MEMORY_MAP, NULL };
	struct dfut_session *session;
	struct dfut_image *image;
	struct bench bench;
	const uint8_t *otp;

	bench_start(&bench, "stm32f405");
	image = bench_make_image(&bench, KIND_RAW, &part, 1);
	session = bench_new_wishing(&bench, &plain);
	cr_expect(eq(int, dfut_session_start_update(session, image), DFUT_ERROR_MISMATCH));
	cr_expect(eq(uint, dfut_session_get_failed_check(session), DFUT_CHECK_MEMORY_MAP));
	cr_expect(strstr(dfut_session_get_message(session), "0x1fff7810 is in memory that can be written only once") !=
		  NULL);
	cr_expect(strstr(dfut_session_get_hint(session), "force") != NULL);
	cr_expect(eq(sz, dfut_sim_device_get_request_count(bench.device), 0));
	dfut_session_free(session);
	bench_update(&bench, image, &forced, "otp");
	cr_expect(eq(sz, bench_count(bench.device).erases + bench_count(bench.device).mass_erases, 0));
	otp = dfut_sim_device_get_memory(bench.device, "otp", NULL);
	for (uint32_t i = 0; i < part.size; i++)
		cr_expect(eq(u8, otp[16 + i], get_content(part.address + i)));
	cr_expect(eq(u8, otp[15], 0xff));
	cr_expect(eq(u8, otp[116], 0xff));
	bench_expect_no_breach(bench.device, "otp");
	dfut_image_free(image);
	bench_stop(&bench);
}

/* The ROM erases option bytes itself. A GD32's can be erased, as it says: that is read protection, and it never comes to writing. */
Test(update_dfuse_memories, option_bytes_are_not_erased, .timeout = 60)
{
	static const char *const specs[] = { "stm32f072",
					     "gd32vf103",
					     "stm32f072:busy=block",
					     "stm32f072:busy=stall",
					     "stm32f072:boot0=no,application=runtime",
					     "stm32f072:resets=no",
					     "stm32f072:return=no",
					     "stm32f072:early-reset=yes,break-ms=5",
					     "stm32f072:early-reset=yes,break-ms=300",
					     "stm32f072:early-reset=yes",
					     "stm32f072:early-reset=yes,boot0=no,application=runtime" };
	static const bool specs_read[] = { true, true, true, true, false, true, false, true, true, true, false };
	static const uint8_t bytes[16] = { 0xaa, 0x55, 0xff, 0x00, 0x12, 0xed, 0x34, 0xcb,
					   0xff, 0x00, 0xff, 0x00, 0xff, 0x00, 0xff, 0x00 };

	for (size_t i = 0; i < COUNT(specs); i++) {
		struct dfut_session *session;
		struct dfut_image *image;
		struct bench bench;

		bench_start(&bench, specs[i]);
		cr_assert(eq(int, dfut_image_load_buffer(&image, bench.context, bytes, sizeof(bytes), 0), 0));
		cr_assert(eq(int, dfut_image_set_address(image, 0x1ffff800), 0));
		session = bench_new_wishing(&bench, &plain);
		cr_expect(eq(int, dfut_session_start_update(session, image), 0));
		cr_expect(eq(int, bench_run(&bench, session, SIZE_MAX, specs[i]), 0), "%s: %s", specs[i],
			  dfut_session_get_message(session));
		/* Where the part is in its ROM again they are read back. */
		if (specs_read[i])
			cr_expect(eq(int, dfut_session_get_verified(session), DFUT_VERIFIED_YES), "%s: %s", specs[i],
				  dfut_session_get_message(session));
		else
			cr_expect(strstr(dfut_session_get_message(session), "resets itself") != NULL, "%s: %s",
				  specs[i], dfut_session_get_message(session));
		cr_expect(eq(sz, bench_count(bench.device).erases, 0), "%s", specs[i]);
		cr_expect(memcmp(dfut_sim_device_get_memory(bench.device, "option-bytes", NULL), bytes,
				 sizeof(bytes)) == 0,
			  "%s: %s", specs[i], dfut_session_get_message(session));
		bench_expect_no_breach(bench.device, specs[i]);
		dfut_session_free(session);
		dfut_image_free(image);
		bench_stop(&bench);
	}
}

/* An application that leads into the ROM. */

static void trigger(struct bench *bench, const char *what)
{
	struct dfut_session *session = bench_new_session(bench, "1-1");

	cr_expect(eq(int, dfut_session_start_trigger(session), 0), "%s: %s", what, dfut_session_get_message(session));
	cr_expect(eq(int, bench_run(bench, session, SIZE_MAX, what), 0), "%s: %s", what,
		  dfut_session_get_message(session));
	cr_expect(bench_is_in_bootloader(bench->device), "%s", what);
	dfut_session_free(session);
}

Test(update_dfuse_memories, trigger_then_update_then_leave, .timeout = 60)
{
	static const char *const specs[] = { "usbd-dfu-rt", "usbd-dfu-rt:will-detach=no", "usbd-dfu-rt:getstatus=stall",
					     "usbd-dfu-rt:vid=f055,pid=0001,return-ms=2500",
					     "usbd-dfu-rt:will-detach=no,getstatus=stall,leave-status=timeout" };
	static const struct part parts[] = { { FLASH, 700 }, { FLASH + 10 * KIB, 4001 } };

	for (size_t i = 0; i < COUNT(specs); i++) {
		struct dfut_image *image;
		struct bench bench;

		bench_start(&bench, specs[i]);
		image = bench_make_image(&bench, KIND_HEX, parts, COUNT(parts));
		trigger(&bench, specs[i]);
		trigger(&bench, specs[i]);
		bench_update(&bench, image, &plain, specs[i]);
		cr_expect(not(bench_is_in_bootloader(bench.device)), "%s", specs[i]);
		cr_expect(bench_holds(&bench, parts, COUNT(parts)), "%s", specs[i]);
		/* The whole way at once, with nothing to do */
		bench_update(&bench, image, &plain, specs[i]);
		cr_expect(not(bench_is_in_bootloader(bench.device)), "%s", specs[i]);
		bench_expect_no_breach(bench.device, specs[i]);
		dfut_image_free(image);
		bench_stop(&bench);
	}
}

/* DETACH that sticks: the device says appDETACH ever after, and a second run goes on from there. */
Test(update_dfuse_memories, an_application_that_does_not_leave, .timeout = 60)
{
	struct dfut_session *session;
	struct bench bench;

	bench_start(&bench, "usbd-dfu-rt:leave=no");
	for (int i = 0; i < 2; i++) {
		session = bench_new_session(&bench, "1-1");
		cr_expect(eq(int, dfut_session_start_trigger(session), 0));
		cr_expect(lt(int, bench_run(&bench, session, SIZE_MAX, "leave=no"), 0));
		bench_expect_words(dfut_session_get_message(session), "leave=no");
		dfut_session_free(session);
	}
	bench_stop(&bench);
}

static const char plain_dfu[] =
	"{\"format\": 1, \"devices\": [{\"name\": \"mine\", \"application\": [{\"ids\": [\"1209:0001\"], \"dfu\": \"application\"}],"
	"\"triggers\": [\"dfu-detach\"], \"protocol\": \"dfu\"}]}";

/* The table, or the application's descriptors, promise DFU 1.1, and then it is DfuSe: planned again. */
Test(update_dfuse_memories, a_bootloader_of_another_language, .timeout = 60)
{
	static const struct part part = { FLASH, 3001 };
	static const enum dfut_erase erases[] = { DFUT_ERASE_AUTO, DFUT_ERASE_ALL, DFUT_ERASE_MASS };

	for (size_t i = 0; i < COUNT(erases); i++) {
		struct wishes wishes = { erases[i], DFUT_VERIFY_AUTO, 0, NULL };
		struct dfut_device *device;
		struct dfut_image *image;
		struct bench bench;

		bench_start(&bench, "usbd-dfu-rt");
		cr_assert(eq(int, bench_load_devices(&bench, plain_dfu), 0), "%s",
			  dfut_context_get_error(bench.context));
		device = bench_find(&bench, "1-1");
		cr_expect(eq(str, (char *)dfut_device_get_protocol(device), (char *)"dfu"));
		dfut_device_unref(device);
		image = bench_make_image(&bench, KIND_RAW, &part, 1);
		bench_update(&bench, image, &wishes, "planned again");
		cr_expect(bench_holds(&bench, &part, 1));
		cr_expect(not(bench_is_in_bootloader(bench.device)));
		bench_expect_no_breach(bench.device, "planned again");
		dfut_image_free(image);
		bench_stop(&bench);
	}
}

/* There is no address, which only the plan for DfuSe finds out: nothing is written. */
Test(update_dfuse_memories, a_bootloader_that_wants_an_address, .timeout = 60)
{
	struct dfut_session *session;
	struct dfut_image *image;
	struct bench bench;

	bench_start(&bench, "usbd-dfu-rt");
	cr_assert(eq(int, bench_load_devices(&bench, plain_dfu), 0));
	cr_assert(eq(int, dfut_image_load_buffer(&image, bench.context, "\x80\x81\xff\xfe\x00\x01", 6, 0), 0));
	session = bench_new_wishing(&bench, &plain);
	cr_expect(eq(int, dfut_session_start_update(session, image), 0), "%s", dfut_session_get_message(session));
	cr_expect(eq(int, bench_run(&bench, session, SIZE_MAX, "no address"), DFUT_ERROR_USAGE), "%s",
		  dfut_session_get_message(session));
	cr_expect(strstr(dfut_session_get_hint(session), "0x08000000") != NULL, "%s", dfut_session_get_hint(session));
	cr_expect(eq(sz, bench_count(bench.device).erases + bench_count(bench.device).blocks, 0));
	dfut_session_free(session);
	dfut_image_free(image);
	bench_stop(&bench);
}
