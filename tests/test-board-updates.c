/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* What the table says of boards, on virtual ones: what is refused before the trigger, whole updates, and their traps. */

#include "bench.h"

/* Nine blocks of a Renesas board's loader and a part of one */
#define SIZE 600
#define DNLOAD 0x01
#define SET_LINE_CODING 0x20

#define RENESAS(ids, size) \
	"dfu:flavour=tinyusb,vid=2341,pid=" ids ",start=bootloader,version=1.1,transfer-size=64,alternates=2," \
	"names=@CodeFlash \\\\/0x00000000\\\\/8*2Ka\\,120*2Kg/@DataFlash \\\\/0x08000000\\\\/8*1Kg," \
	"reset-returns=bootloader,busy=0,size=" size

TestSuite(board_updates, .timeout = 60);

static const uint8_t *get_firmware(void)
{
	static uint8_t bytes[SIZE];

	for (size_t i = 0; i < SIZE; i++)
		bytes[i] = (uint8_t)(i * 7 + i / 256 + 3);
	return bytes;
}

static struct dfut_image *load(const struct bench *bench, const void *bytes, size_t size)
{
	struct dfut_image *image = NULL;

	cr_assert(eq(int, dfut_image_load_buffer(&image, bench->context, bytes, size, 0), 0), "%s",
		  dfut_context_get_error(bench->context));
	return image;
}

static int update(struct bench *bench, struct dfut_session *session, struct dfut_image *image, const char *what)
{
	int result = dfut_session_start_update(session, image);

	return result < 0 ? result : bench_run(bench, session, SIZE_MAX, what);
}

static void expect_memory(const struct bench *bench, const char *name, const uint8_t *bytes, size_t size,
			  const char *what)
{
	size_t room;
	const uint8_t *memory = dfut_sim_device_get_memory(bench->device, name, &room);

	cr_assert(memory != NULL, "%s has no %s", what, name);
	cr_expect(eq(int, memcmp(memory, bytes, size), 0), "%s", what);
}

/* One record at the beginning of the flash: where the stack and the program begin */
static const char hex[] = ":020000040800F2\n"
			  ":10000000001000200101000800010203040506079A\n"
			  ":00000001FF\n";

static const uint8_t hex_bytes[] = { 0x00, 0x10, 0x00, 0x20, 0x01, 0x01, 0x00, 0x08,
				     0x00, 0x01, 0x02, 0x03, 0x04, 0x05, 0x06, 0x07 };

/* Boards whose language is not spoken, as somebody's table says. */

static const char *const strangers[] = { "samd", "leonardo" };

static void start_stranger(struct bench *bench, const char *spec)
{
	static const char table[] = "{\"format\": 1, \"devices\": [{\"name\": \"strangers\", \"application\": "
				    "[{\"ids\": [\"2341:804d\", \"2341:8036\"]}], \"triggers\": [\"touch-1200\"], "
				    "\"protocol\": \"usbasp\"}]}";

	bench_start(bench, spec);
	cr_assert(eq(int, bench_load_devices(bench, table), 0), "%s", dfut_context_get_error(bench->context));
}

Test(board_updates, a_language_that_is_not_spoken_is_refused_before_the_trigger)
{
	for (size_t i = 0; i < COUNT(strangers); i++) {
		const char *spec = strangers[i];
		struct dfut_session *session;
		struct dfut_image *image;
		struct bench bench;

		start_stranger(&bench, spec);
		session = bench_new_session(&bench, "1-1");
		image = load(&bench, get_firmware(), SIZE);
		cr_expect(eq(int, update(&bench, session, image, spec), DFUT_ERROR_UNSUPPORTED), "%s: %s", spec,
			  dfut_session_get_message(session));
		bench_expect_words(dfut_session_get_message(session), spec);
		cr_expect(strstr(dfut_session_get_message(session), "speaks") != NULL, "%s: %s", spec,
			  dfut_session_get_message(session));
		cr_expect(strstr(dfut_session_get_hint(session), "triggered") != NULL, "%s: %s", spec,
			  dfut_session_get_hint(session));
		cr_expect(eq(sz, dfut_sim_device_get_request_count(bench.device), 0), "%s", spec);
		dfut_image_free(image);
		dfut_session_free(session);
		bench_stop(&bench);
	}
}

Test(board_updates, it_can_be_triggered_all_the_same)
{
	for (size_t i = 0; i < COUNT(strangers); i++) {
		struct dfut_session *session;
		struct bench bench;

		start_stranger(&bench, strangers[i]);
		session = bench_new_session(&bench, "1-1");
		cr_assert(eq(int, dfut_session_start_trigger(session), 0), "%s: %s", strangers[i],
			  dfut_session_get_message(session));
		cr_expect(eq(int, bench_run(&bench, session, SIZE_MAX, strangers[i]), 0), "%s: %s", strangers[i],
			  dfut_session_get_message(session));
		cr_expect(bench_has_left_application(bench.device), "%s", strangers[i]);
		bench_expect_no_breach(bench.device, strangers[i]);
		dfut_session_free(session);
		bench_stop(&bench);
	}
}

/* Nobody is told to trigger what has no trigger. */
Test(board_updates, what_has_no_trigger_is_brought_there_by_hand)
{
	const char *spec = "cdc-board:vid=1d50,pid=60a7";
	struct dfut_session *session;
	struct dfut_image *image;
	struct bench bench;

	bench_start(&bench, spec);
	session = bench_new_session(&bench, "1-1");
	image = load(&bench, hex, strlen(hex));
	cr_expect(eq(int, update(&bench, session, image, spec), DFUT_ERROR_UNSUPPORTED));
	cr_expect(strstr(dfut_session_get_hint(session), "by hand") != NULL, "%s", dfut_session_get_hint(session));
	cr_expect(eq(int, dfut_session_start_trigger(session), DFUT_ERROR_UNSUPPORTED));
	cr_expect(eq(sz, dfut_sim_device_get_request_count(bench.device), 0));
	dfut_image_free(image);
	dfut_session_free(session);
	bench_stop(&bench);
}

/* An UNO R4 WiFi: the port belongs to another chip, and stays at the speed that it was told. */
Test(board_updates, a_touch_may_leave_the_port_where_it_is)
{
	const char *spec = "cdc-board:vid=2341,pid=1002,touch=no";
	struct dfut_session *session;
	struct bench bench;
	uint64_t begin_us;

	bench_start(&bench, spec);
	session = bench_new_session(&bench, "1-1");
	begin_us = dfut_sim_get_time_us(bench.sim);
	cr_assert(eq(int, dfut_session_start_trigger(session), 0));
	cr_expect(eq(int, bench_run(&bench, session, SIZE_MAX, spec), 0), "%s", dfut_session_get_message(session));
	cr_expect(strstr(dfut_session_get_message(session), "can't be seen") != NULL, "%s",
		  dfut_session_get_message(session));
	cr_expect(lt(u64, dfut_sim_get_time_us(bench.sim) - begin_us, 5000000));
	/* Linux sends none for the speed that the port has already. */
	cr_expect(eq(sz, bench_count_requests(bench.device, 0x21, SET_LINE_CODING), 1));
	cr_expect(eq(sz, bench_count_requests(bench.device, 0x21, DNLOAD), 0));
	dfut_session_free(session);
	bench_stop(&bench);
}

/* Ways in that lead to what is spoken. */

Test(board_updates, a_touch_or_bytes_lead_to_the_update)
{
	static const struct {
		const char *spec;
		bool is_hex;
	} boards[] = {
		{ "cdc-board:vid=2b04,pid=c006,boot-vid=2b04,boot-pid=d006,bootloader=dfuse,baud=14400", true },
		{ "cdc-board:vid=1eaf,pid=0004,boot-vid=1eaf,boot-pid=0003,magic=yes", false },
		{ "webcam:vid=095d,pid=9290,boot-vid=095d,boot-pid=9291,in-use=yes", false },
	};

	for (size_t i = 0; i < COUNT(boards); i++) {
		const char *spec = boards[i].spec;
		struct dfut_session *session;
		struct dfut_image *image;
		struct bench bench;

		bench_start(&bench, spec);
		session = bench_new_session(&bench, "1-1");
		image = boards[i].is_hex ? load(&bench, hex, strlen(hex)) : load(&bench, get_firmware(), SIZE);
		cr_expect(eq(int, update(&bench, session, image, spec), 0), "%s: %s", spec,
			  dfut_session_get_message(session));
		cr_expect(eq(int, dfut_session_get_verified(session), DFUT_VERIFIED_YES), "%s: %s", spec,
			  dfut_session_get_message(session));
		if (boards[i].is_hex)
			expect_memory(&bench, "flash", hex_bytes, sizeof(hex_bytes), spec);
		else
			expect_memory(&bench, "flash", get_firmware(), SIZE, spec);
		cr_expect(eq(str, (char *)dfut_sim_device_get_mode_name(bench.device), (char *)"application"), "%s",
			  spec);
		bench_expect_no_breach(bench.device, spec);
		dfut_image_free(image);
		dfut_session_free(session);
		bench_stop(&bench);
	}
}

/* Below the application is the bootloader of a Portenta and its relatives. */
#define H7(ids) "cdc-board:vid=2341,pid=02" ids ",boot-vid=2341,boot-pid=03" ids ",bootloader=dfuse"
#define H7_START 0x40000

static const char *const portentas[] = { H7("5b"), H7("66"), H7("5f") };

Test(board_updates, a_file_without_addresses_goes_to_where_the_application_begins)
{
	for (size_t i = 0; i < COUNT(portentas); i++) {
		struct dfut_session *session;
		struct dfut_image *image;
		struct bench bench;
		const uint8_t *flash;
		size_t size;

		bench_start(&bench, portentas[i]);
		/* Its bootloader */
		cr_assert(
			eq(int, dfut_sim_device_set_memory(bench.device, "flash", 0, hex_bytes, sizeof(hex_bytes)), 0));
		session = bench_new_session(&bench, "1-1");
		image = load(&bench, get_firmware(), SIZE);
		cr_expect(eq(int, update(&bench, session, image, portentas[i]), 0), "%s: %s", portentas[i],
			  dfut_session_get_message(session));
		cr_expect(eq(int, dfut_session_get_verified(session), DFUT_VERIFIED_YES));
		flash = dfut_sim_device_get_memory(bench.device, "flash", &size);
		cr_assert(lt(sz, H7_START + SIZE, size));
		cr_expect(eq(int, memcmp(flash + H7_START, get_firmware(), SIZE), 0), "%s", portentas[i]);
		cr_expect(eq(int, memcmp(flash, hex_bytes, sizeof(hex_bytes)), 0), "%s", portentas[i]);
		cr_expect(eq(str, (char *)dfut_sim_device_get_mode_name(bench.device), (char *)"application"));
		bench_expect_no_breach(bench.device, portentas[i]);
		dfut_image_free(image);
		dfut_session_free(session);
		bench_stop(&bench);
	}
}

Test(board_updates, a_file_that_has_data_below_is_refused_before_the_trigger)
{
	for (unsigned int force = 0; force < 2; force++) {
		const char *spec = portentas[0];
		struct dfut_session *session;
		struct dfut_image *image;
		struct bench bench;

		bench_start(&bench, spec);
		session = bench_new_session(&bench, "1-1");
		image = load(&bench, hex, strlen(hex));
		dfut_session_set_force(session, force ? DFUT_CHECK_MEMORY_MAP : 0);
		cr_expect(eq(int, update(&bench, session, image, spec), force ? 0 : DFUT_ERROR_MISMATCH), "%s",
			  dfut_session_get_message(session));
		if (!force) {
			bench_expect_words(dfut_session_get_message(session), spec);
			cr_expect(strstr(dfut_session_get_message(session), "0x08040000") != NULL, "%s",
				  dfut_session_get_message(session));
			cr_expect(eq(sz, dfut_sim_device_get_request_count(bench.device), 0));
		}
		dfut_image_free(image);
		dfut_session_free(session);
		bench_stop(&bench);
	}
}

Test(board_updates, another_speed_is_no_touch)
{
	const char *spec = "cdc-board:vid=2b04,pid=c006,boot-vid=2b04,boot-pid=d006,bootloader=dfuse";
	struct dfut_session *session;
	struct bench bench;

	bench_start(&bench, spec);
	session = bench_new_session(&bench, "1-1");
	cr_assert(eq(int, dfut_session_start_trigger(session), 0));
	cr_expect(eq(int, bench_run(&bench, session, SIZE_MAX, spec), DFUT_ERROR_DEVICE));
	dfut_session_free(session);
	bench_stop(&bench);
}

/* Traps. */

/* Its loader says OK whatever happens, and a bus reset changes nothing: what is read back is the proof, DETACH starts it. */
Test(board_updates, a_renesas_board_is_read_back_and_started_by_detach)
{
	const char *spec = RENESAS("0369", "256K");
	struct dfut_session *session;
	struct dfut_image *image;
	struct bench bench;

	bench_start(&bench, spec);
	session = bench_new_session(&bench, "1-1");
	image = load(&bench, get_firmware(), SIZE);
	cr_expect(eq(int, update(&bench, session, image, spec), 0), "%s", dfut_session_get_message(session));
	cr_expect(eq(int, dfut_session_get_verified(session), DFUT_VERIFIED_YES));
	expect_memory(&bench, "memory0", get_firmware(), SIZE, spec);
	cr_expect(eq(str, (char *)dfut_sim_device_get_mode_name(bench.device), (char *)"application"));
	bench_expect_no_breach(bench.device, spec);
	dfut_image_free(image);
	dfut_session_free(session);
	bench_stop(&bench);
}

/* What is lost on the way is found, though no status says so. */
Test(board_updates, a_renesas_board_that_wrote_nothing_is_found_out)
{
	const char *spec = RENESAS("0369", "256K");
	struct dfut_session *session;
	struct dfut_image *image;
	struct bench bench;
	const uint8_t lost[64] = { 0 };

	bench_start(&bench, spec);
	session = bench_new_session(&bench, "1-1");
	image = load(&bench, get_firmware(), SIZE);
	cr_assert(eq(int, dfut_session_start_update(session, image), 0), "%s", dfut_session_get_message(session));
	while (!dfut_session_has_ended(session)) {
		if (dfut_session_get_state(session) == DFUT_SESSION_VERIFYING)
			cr_assert(eq(int, dfut_sim_device_set_memory(bench.device, "memory0", 64, lost, sizeof(lost)),
				     0));
		dfut_context_dispatch(bench.context, -1);
	}
	cr_expect(eq(int, dfut_session_get_result(session), DFUT_ERROR_VERIFY), "%s",
		  dfut_session_get_message(session));
	cr_expect(ne(int, dfut_session_get_verified(session), DFUT_VERIFIED_YES));
	dfut_image_free(image);
	dfut_session_free(session);
	bench_stop(&bench);
}

/* The second memory is the sketch again, by another name; and the loader takes more bytes than there is room for. */
Test(board_updates, a_renesas_board_gets_nothing_that_would_spoil_it)
{
	static const struct {
		const char *alternate;
		size_t size;
	} mistakes[] = {
		{ "1", SIZE },
		{ "@DataFlash /0x08000000/8*1Kg", SIZE },
		{ NULL, 245761 },
	};
	uint8_t *bytes = calloc(1, 245761);

	memcpy(bytes, get_firmware(), SIZE);
	for (size_t i = 0; i < COUNT(mistakes); i++) {
		const char *spec = RENESAS("0374", "512K");
		struct dfut_session *session;
		struct dfut_image *image;
		struct bench bench;

		bench_start(&bench, spec);
		session = bench_new_session(&bench, "1-1");
		image = load(&bench, bytes, mistakes[i].size);
		cr_assert(eq(int, dfut_session_set_alternate(session, mistakes[i].alternate), 0));
		cr_expect(eq(int, update(&bench, session, image, spec), DFUT_ERROR_MISMATCH), "%zu: %s", i,
			  dfut_session_get_message(session));
		cr_expect(eq(sz, bench_count_requests(bench.device, 0x21, DNLOAD), 0), "%zu", i);
		dfut_image_free(image);
		dfut_session_free(session);
		bench_stop(&bench);
	}
	free(bytes);
}

/* It answers UPLOAD with nothing at all: nobody is told that it was verified. */
Test(board_updates, a_nano_esp32_is_not_verified)
{
	const char *spec = "dfu:flavour=tinyusb,vid=2341,pid=0070,start=bootloader,version=1.1,names=Arduino DFU,"
			   "reset-returns=bootloader,poll-ms=10";
	struct dfut_session *session;
	struct dfut_image *image;
	struct bench bench;

	bench_start(&bench, spec);
	session = bench_new_session(&bench, "1-1");
	image = load(&bench, get_firmware(), SIZE);
	cr_expect(eq(int, update(&bench, session, image, spec), 0), "%s", dfut_session_get_message(session));
	cr_expect(eq(int, dfut_session_get_verified(session), DFUT_VERIFIED_IMPOSSIBLE));
	cr_expect(strstr(dfut_session_get_message(session), "not verified") != NULL, "%s",
		  dfut_session_get_message(session));
	cr_expect(eq(str, (char *)dfut_sim_device_get_mode_name(bench.device), (char *)"application"));
	dfut_image_free(image);
	dfut_session_free(session);
	bench_stop(&bench);
}
