/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* Starting the application: ways out and their order, manifestation that takes its time, departures that come late, stages. */

#include "bench.h"

#define IMAGE_SIZE 5000
#define DETACH 0
#define ENTRY(name, keys) \
	"{\"format\": 1, \"devices\": [{\"name\": \"" name "\"," \
	"\"application\": [{\"ids\": [\"1209:0001\"], \"dfu\": \"application\"}]," \
	"\"bootloader\": [{\"ids\": [\"1209:0002\"], \"dfu\": \"bootloader\"}]," \
	"\"triggers\": [\"dfu-detach\"], \"protocol\": \"dfu\"" keys "}]}"

TestSuite(leaving, .timeout = 300);

static struct dfut_image *make_image(struct bench *bench)
{
	static uint8_t bytes[IMAGE_SIZE];
	struct dfut_image *image;

	for (size_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = (uint8_t)(i * 7 + 128);
	cr_assert(eq(int, dfut_image_load_buffer(&image, bench->context, bytes, sizeof(bytes), 0), 0));
	return image;
}

static struct dfut_session *start_update(struct bench *bench)
{
	struct dfut_session *session = bench_new_session(bench, "1-1");
	struct dfut_image *image = make_image(bench);

	cr_assert(eq(int, dfut_session_start_update(session, image), 0), "%s", dfut_session_get_message(session));
	dfut_image_free(image);
	return session;
}

static size_t count_resets(const struct dfut_sim_device *device)
{
	size_t count = 0;

	for (size_t i = 0; i < dfut_sim_device_get_record_count(device); i++)
		count += dfut_sim_device_get_record(device, i)->event == DFUT_SIM_EVENT_BUS_RESET;
	return count;
}

static bool runs_application(const struct dfut_sim_device *device)
{
	return dfut_sim_device_is_present(device) && !bench_is_in_bootloader(device);
}

/* Ways out. */

static const struct way_case {
	const char *spec;
	const char *table; /* NULL: nobody knows the device */
	bool starts;	   /* its application, in the end */
	const char *fact;
	size_t resets;
	size_t detaches;
	uint64_t longest_ms;
} ways[] = {
	/* By the specification */
	{ "dfu:start=bootloader", NULL, true, "", 1, 0, 2000 },
	/* Arduino's TinyUSB, U-Boot: a bus reset changes nothing */
	{ "dfu:start=bootloader,flavour=tinyusb,reset-returns=bootloader", NULL, true, "DETACH", 1, 1, 7000 },
	{ "dfu:start=bootloader,flavour=tinyusb,reset-returns=bootloader,will-detach=no", NULL, true, "DETACH", 1, 1,
	  7000 },
	{ "dfu:start=bootloader,flavour=tinyusb,reset-returns=bootloader", ENTRY("own", ", \"leave\": \"detach\""),
	  true, "", 0, 1, 2000 },
	/* Who says "reset" means it. */
	{ "dfu:start=bootloader,flavour=tinyusb,reset-returns=bootloader", ENTRY("own", ", \"leave\": \"reset\""),
	  false, "", 1, 0, 12000 },
	/* Nothing helps: a person has to. */
	{ "dfu:start=bootloader,reset-returns=bootloader", NULL, false, "", 1, 1, 12000 },
	/* Slowly, as on a host that is busy: that is no reason to try another way. */
	{ "dfu:start=bootloader,leave-ms=2100", NULL, true, "", 1, 0, 5000 },
	{ "dfu:start=bootloader,leave-ms=4900", NULL, true, "", 1, 0, 7000 },
	{ "dfu:start=bootloader,flavour=tinyusb,leave-ms=9000", ENTRY("own", ", \"leave\": \"detach\""), true, "", 0, 1,
	  12000 },
	/* DfuSe: what waits for a bus reset says so, or is idle, or says that it is at it. */
	{ "stm32f072:application=runtime,leave-waits=idle", NULL, true, "", 1, 0, 3000 },
	{ "stm32f072:application=runtime,leave-waits=wait-reset", NULL, true, "", 1, 0, 3000 },
	{ "stm32f072:application=runtime,leave-waits=manifest", NULL, true, "a bus reset", 1, 0, 6000 },
	{ "stm32f072:application=runtime", NULL, true, "", 0, 0, 3000 },
};

static void start_bench(struct bench *bench, const struct way_case *way)
{
	bench_start(bench, way->spec);
	if (way->table)
		cr_assert(eq(int, bench_load_devices(bench, way->table), 0), "%s",
			  dfut_context_get_error(bench->context));
}

static void check_start(const struct way_case *way)
{
	struct dfut_session *session;
	struct bench bench;

	start_bench(&bench, way);
	session = bench_new_session(&bench, "1-1");
	cr_assert(eq(int, dfut_session_start_command(session, "start"), 0), "%s: %s", way->spec,
		  dfut_session_get_message(session));
	cr_expect(eq(int, bench_run(&bench, session, SIZE_MAX, way->spec), way->starts ? 0 : DFUT_ERROR_DEVICE),
		  "%s: %s", way->spec, dfut_session_get_message(session));
	cr_expect(eq(int, runs_application(bench.device), way->starts), "%s: %s", way->spec,
		  dfut_session_get_message(session));
	/* What is told is what is: nobody is to press reset where it has started. */
	cr_expect(eq(int, strstr(dfut_session_get_message(session), "has been started") != NULL, way->starts), "%s: %s",
		  way->spec, dfut_session_get_message(session));
	cr_expect(eq(int, strstr(dfut_session_get_hint(session), "reset button") != NULL, !way->starts), "%s: %s",
		  way->spec, dfut_session_get_hint(session));
	cr_expect(eq(str, (char *)bench_get_fact(session, "left_by"), (char *)way->fact), "%s", way->spec);
	cr_expect(eq(sz, count_resets(bench.device), way->resets), "%s", way->spec);
	cr_expect(eq(sz, bench_count_requests(bench.device, 0x21, DETACH), way->detaches), "%s", way->spec);
	cr_expect(lt(u64, dfut_sim_get_time_us(bench.sim), way->longest_ms * 1000), "%s", way->spec);
	dfut_session_free(session);
	bench_stop(&bench);
}

Test(leaving, ways_out_are_tried_in_their_order)
{
	for (size_t i = 0; i < COUNT(ways); i++)
		check_start(&ways[i]);
}

/* Cancelled anywhere, it is started by the next run. */
/* The table has DETACH for it, which this one refuses: its application ran between writing and reading back, and no longer. */
Test(leaving, what_has_started_before_is_not_told_of_what_stays)
{
	struct dfut_session *session;
	struct bench bench;

	bench_start(&bench, "dfu:start=bootloader,vid=2341,pid=0369,tolerant=no,will-detach=no");
	session = start_update(&bench);
	cr_assert(eq(int, bench_run(&bench, session, SIZE_MAX, "stays"), 0), "%s", dfut_session_get_message(session));
	cr_assert(eq(int, runs_application(bench.device), false));
	cr_expect(eq(int, dfut_session_get_verified(session), DFUT_VERIFIED_YES));
	cr_expect(eq(int, strstr(dfut_session_get_message(session), "started") != NULL, false), "%s",
		  dfut_session_get_message(session));
	cr_expect(strstr(dfut_session_get_hint(session), "reset button") != NULL);
	dfut_session_free(session);
	bench_stop(&bench);
}

Test(leaving, a_start_that_was_interrupted_is_done_by_the_next)
{
	size_t tried = 0;

	for (size_t i = 0; i < COUNT(ways); i++) {
		bool ended = false;

		for (size_t round = 0; ways[i].starts && !ended; round++) {
			struct dfut_session *session;
			struct bench bench;

			start_bench(&bench, &ways[i]);
			session = bench_new_session(&bench, "1-1");
			cr_assert(eq(int, dfut_session_start_command(session, "start"), 0));
			ended = bench_run(&bench, session, round, ways[i].spec) == 0;
			dfut_session_free(session);
			for (int k = 0; k < 40; k++)
				dfut_context_dispatch(bench.context, 250);
			if (bench_is_in_bootloader(bench.device)) {
				session = bench_new_session(&bench, "1-1");
				cr_assert(eq(int, dfut_session_start_command(session, "start"), 0));
				cr_expect(eq(int, bench_run(&bench, session, SIZE_MAX, ways[i].spec), 0),
					  "%s, round %zu: %s", ways[i].spec, round, dfut_session_get_message(session));
				dfut_session_free(session);
			}
			cr_expect(runs_application(bench.device), "%s, round %zu", ways[i].spec, round);
			bench_stop(&bench);
			tried++;
		}
	}
	fprintf(stderr, "%zu cancels tried\n", tried);
}

/* An update of such a device: the same ways, and where a leg wanted it to leave. */

static const struct update_case {
	const char *spec;
	const char *table;
	unsigned int timeout_ms; /* 0: what is usual */
	uint64_t longest_ms;
} updates[] = {
	{ "dfu:flavour=tinyusb,reset-returns=bootloader", NULL, 0, 10000 },
	{ "dfu:flavour=tinyusb,reset-returns=bootloader,tolerant=no,will-detach=no", NULL, 0, 25000 },
	{ "dfu:leave-ms=2100", NULL, 0, 6000 },
	{ "dfu:leave-ms=2100,tolerant=no,will-detach=no", NULL, 0, 15000 },
	/* Poly Studio: one poll of 150 s, or 130 s in polls of 5 s */
	{ "dfu:manifest-ms=150000", NULL, 0, 160000 },
	{ "dfu:manifest-ms=130000,manifest-poll-ms=5000", NULL, 0, 145000 },
	{ "dfu:manifest-ms=130000,manifest-poll-ms=5000,tolerant=no,will-detach=no", NULL, 0, 145000 },
	{ "dfu:manifest-ms=130000,manifest-poll-ms=5000,tolerant=no", NULL, 0, 145000 },
	/* The time is not what it says. */
	{ "dfu:manifest-ms=3000,manifest-poll-ms=0", NULL, 0, 10000 },
	{ "dfu:manifest-ms=3000,manifest-poll-ms=0,tolerant=no,will-detach=no", NULL, 0, 15000 },
	{ "dfu:manifest-ms=90000,manifest-poll-ms=0,tolerant=no,will-detach=no", NULL, 0, 100000 },
	{ "dfu:manifest-ms=60000,manifest-poll-ms=100,tolerant=no", NULL, 0, 70000 },
	/* Nothing says that it is tolerant; its state does. */
	{ "dfu:functional=missing,will-detach=no,manifest-ms=3000,manifest-poll-ms=0", NULL, 0, 10000 },
	{ "dfu:functional=missing,will-detach=no,manifest-ms=3000,manifest-poll-ms=500", NULL, 0, 10000 },
	{ "dfu:functional=missing,will-detach=no", NULL, 0, 10000 },
	/* Longer than is believed, unless somebody says so */
	{ "dfu:manifest-ms=700000", NULL, 800000, 720000 },
	{ "dfu:manifest-ms=700000", ENTRY("patient", ", \"manifest_ms\": 800000"), 0, 720000 },
	{ "dfu:poll-ms=130000,transfer-size=4096", NULL, 150000, 300000 },
};

/* How long a wait was told of. */
static int64_t longest_left_ms;

static void keep_left(struct dfut_session *session, const struct dfut_progress *progress, void *user_data)
{
	(void)session;
	(void)user_data;
	if (progress->state == DFUT_SESSION_MANIFESTING && progress->left_ms > longest_left_ms)
		longest_left_ms = progress->left_ms;
}

static void check_update(const struct update_case *update)
{
	struct dfut_session *session;
	struct dfut_image *image;
	struct bench bench;

	bench_start(&bench, update->spec);
	if (update->table)
		cr_assert(eq(int, bench_load_devices(&bench, update->table), 0));
	session = bench_new_session(&bench, "1-1");
	if (update->timeout_ms)
		dfut_session_set_return_timeout_ms(session, update->timeout_ms);
	dfut_session_set_progress_handler(session, keep_left, NULL);
	image = make_image(&bench);
	cr_assert(eq(int, dfut_session_start_update(session, image), 0));
	dfut_image_free(image);
	cr_expect(eq(int, bench_run(&bench, session, SIZE_MAX, update->spec), 0), "%s: %s", update->spec,
		  dfut_session_get_message(session));
	cr_expect(runs_application(bench.device), "%s: %s", update->spec, dfut_session_get_message(session));
	cr_expect(strstr(dfut_session_get_message(session), "has been started") != NULL, "%s: %s", update->spec,
		  dfut_session_get_message(session));
	cr_expect(eq(str, (char *)dfut_session_get_hint(session), (char *)""), "%s", update->spec);
	cr_expect(lt(u64, dfut_sim_get_time_us(bench.sim), update->longest_ms * 1000), "%s", update->spec);
	bench_expect_no_breach(bench.device, update->spec);
	dfut_session_free(session);
	bench_stop(&bench);
}

Test(leaving, a_device_is_given_the_time_that_it_asks_for)
{
	for (size_t i = 0; i < COUNT(updates); i++)
		check_update(&updates[i]);
	/* Who waits so long is told for what. */
	cr_expect(ge(i64, longest_left_ms, 149000));
}

static const struct refused_case {
	const char *spec;
	const char *hint;
} refused[] = {
	{ "dfu:manifest-ms=700000", "--timeout 7" },
	{ "dfu:poll-ms=16777215", "poll-5-ms" },
	{ "dfu:manifest-poll-ms=16777215", "poll-5-ms" },
};

Test(leaving, what_is_not_believed_names_the_way_on)
{
	for (size_t i = 0; i < COUNT(refused); i++) {
		struct dfut_session *session;
		struct bench bench;

		bench_start(&bench, refused[i].spec);
		session = start_update(&bench);
		cr_expect(eq(int, bench_run(&bench, session, SIZE_MAX, refused[i].spec), DFUT_ERROR_TIMEOUT), "%s: %s",
			  refused[i].spec, dfut_session_get_message(session));
		cr_expect(strstr(dfut_session_get_hint(session), refused[i].hint) != NULL, "%s: %s", refused[i].spec,
			  dfut_session_get_hint(session));
		cr_expect(strstr(dfut_session_get_message(session), "ms more") != NULL);
		dfut_session_free(session);
		bench_stop(&bench);
	}
}

/* With that quirk the same device works. */
Test(leaving, a_time_that_is_never_meant_is_left_out)
{
	struct update_case update = { "dfu:flavour=tinyusb,poll-ms=10",
				      ENTRY("garbage", ", \"quirks\": [\"poll-5-ms\"]"), 0, 10000 };
	struct dfut_session *session;
	struct bench bench;

	bench_start(&bench, "dfu:flavour=tinyusb,poll-ms=10,manifest-poll-ms=16777215");
	cr_assert(eq(int, bench_load_devices(&bench, update.table), 0));
	session = start_update(&bench);
	cr_expect(eq(int, bench_run(&bench, session, SIZE_MAX, update.spec), 0), "%s",
		  dfut_session_get_message(session));
	cr_expect(runs_application(bench.device));
	dfut_session_free(session);
	bench_stop(&bench);
}

/* Stages. */

Test(leaving, the_next_stage_of_a_bootloader_is_no_failure)
{
	static const char *const specs[] = { "dfu:start=bootloader,stages=2",
					     "dfu:start=bootloader,stages=2,tolerant=no",
					     "dfu:start=bootloader,stages=2,tolerant=no,will-detach=no" };

	for (size_t i = 0; i < COUNT(specs); i++) {
		struct dfut_session *session;
		struct bench bench;

		bench_start(&bench, specs[i]);
		session = start_update(&bench);
		cr_expect(eq(int, bench_run(&bench, session, SIZE_MAX, specs[i]), 0), "%s: %s", specs[i],
			  dfut_session_get_message(session));
		cr_expect(strstr(dfut_session_get_hint(session), "stages") != NULL, "%s: %s", specs[i],
			  dfut_session_get_hint(session));
		cr_expect(bench_is_in_bootloader(bench.device), "%s", specs[i]);
		dfut_session_free(session);
		/* It takes its own file, and that starts the application. */
		session = start_update(&bench);
		cr_expect(eq(int, bench_run(&bench, session, SIZE_MAX, specs[i]), 0), "%s: %s", specs[i],
			  dfut_session_get_message(session));
		cr_expect(runs_application(bench.device), "%s", specs[i]);
		dfut_session_free(session);
		bench_stop(&bench);
	}
}

/* One that must be read back can't be. */
Test(leaving, a_next_stage_does_not_pass_for_verified)
{
	struct dfut_session *session;
	struct dfut_image *image;
	struct bench bench;

	bench_start(&bench, "dfu:start=bootloader,stages=2,tolerant=no");
	session = bench_new_session(&bench, "1-1");
	dfut_session_set_verify(session, DFUT_VERIFY_ALWAYS);
	image = make_image(&bench);
	cr_assert(eq(int, dfut_session_start_update(session, image), 0));
	dfut_image_free(image);
	cr_expect(eq(int, bench_run(&bench, session, SIZE_MAX, "always"), DFUT_ERROR_VERIFY), "%s",
		  dfut_session_get_message(session));
	dfut_session_free(session);
	bench_stop(&bench);
}

/* A bootloader that comes back as it was has not started anything. */
Test(leaving, the_same_bootloader_again_is_a_failure)
{
	struct dfut_session *session;
	struct bench bench;

	bench_start(&bench, "dfu:tolerant=no");
	session = start_update(&bench);
	for (size_t i = 0; i < ROUND_LIMIT && dfut_session_get_state(session) != DFUT_SESSION_MANIFESTING; i++)
		dfut_context_dispatch(bench.context, 10);
	while (dfut_sim_device_is_present(bench.device))
		dfut_context_dispatch(bench.context, 10);
	cr_assert(eq(int, dfut_sim_device_set_memory(bench.device, "firmware-valid", 0, "", 1), 0));
	dfut_sim_device_unplug(bench.device);
	dfut_sim_device_replug(bench.device);
	cr_expect(eq(int, bench_run(&bench, session, SIZE_MAX, "again"), DFUT_ERROR_DEVICE));
	cr_expect(strstr(dfut_session_get_message(session), "bootloader again") != NULL, "%s",
		  dfut_session_get_message(session));
	dfut_session_free(session);
	bench_stop(&bench);
}

/* Departures. */

/* The deadline has passed, and the next leg finds it gone: it has left, and is followed. */
Test(leaving, gone_at_the_next_open_means_that_it_has_left)
{
	static const char table[] = ENTRY("late", ", \"leave\": \"detach\", \"quirks\": [\"read-after-restart\"]");
	struct dfut_session *session;
	struct dfut_image *image;
	struct bench bench;

	bench_start(&bench, "dfu:flavour=tinyusb,leave-ms=1100,open-ms=200");
	cr_assert(eq(int, bench_load_devices(&bench, table), 0));
	session = bench_new_session(&bench, "1-1");
	dfut_session_set_return_timeout_ms(session, 1000);
	image = make_image(&bench);
	cr_assert(eq(int, dfut_session_start_update(session, image), 0));
	dfut_image_free(image);
	cr_expect(eq(int, bench_run(&bench, session, SIZE_MAX, "late"), 0), "%s", dfut_session_get_message(session));
	cr_expect(eq(int, dfut_session_get_verified(session), DFUT_VERIFIED_YES), "%s",
		  dfut_session_get_message(session));
	dfut_session_free(session);
	bench_stop(&bench);
}

/* Pulled out in the middle: transfers break before the system knows. */
Test(leaving, a_device_that_is_pulled_out_is_gone_and_where)
{
	static const char *const faults[] = { "unplug@6", "unplug@9", "unplug@10" };

	for (size_t i = 0; i < COUNT(faults); i++) {
		static const unsigned int break_ms[] = { 1, 100, 900 };
		struct dfut_session *session;
		struct bench bench;
		char spec[100];

		snprintf(spec, sizeof(spec), "dfu:start=bootloader,break-ms=%u,fault=%s", break_ms[i], faults[i]);
		bench_start(&bench, spec);
		session = start_update(&bench);
		cr_expect(eq(int, bench_run(&bench, session, SIZE_MAX, spec), DFUT_ERROR_GONE), "%s: %s", spec,
			  dfut_session_get_message(session));
		cr_expect(strstr(dfut_session_get_message(session), "block ") != NULL, "%s: %s", spec,
			  dfut_session_get_message(session));
		cr_expect(strstr(dfut_session_get_hint(session), "plug") != NULL, "%s: %s", spec,
			  dfut_session_get_hint(session));
		dfut_session_free(session);
		bench_stop(&bench);
	}
}

/* Triggers that need a bus reset. */

Test(leaving, a_reset_that_takes_long_is_no_refusal)
{
	static const char table[] =
		"{\"format\": 1, \"devices\": [{\"name\": \"two\", \"protocol\": \"dfu\","
		"\"application\": [{\"ids\": [\"1209:0001\"], \"dfu\": \"application\"}],"
		"\"bootloader\": [{\"ids\": [\"1209:0002\"], \"dfu\": \"bootloader\"}], \"triggers\": [\"dfu-detach\","
		"{\"name\": \"other\", \"request_type\": \"21\", \"request\": \"f2\", \"value\": \"0000\", \"index\": \"0000\"}]}]}";
	struct dfut_session *session;
	struct bench bench;

	/* The device gets it after 2.8 s, and leaves 1 s after the call has returned. */
	bench_start(&bench, "dfu:will-detach=no,reset-ms=5600,detach-timeout=10000,leave-ms=3800");
	cr_assert(eq(int, bench_load_devices(&bench, table), 0), "%s", dfut_context_get_error(bench.context));
	session = bench_new_session(&bench, "1-1");
	dfut_session_set_detach_timeout_ms(session, 10000);
	cr_assert(eq(int, dfut_session_start_trigger(session), 0));
	cr_expect(eq(int, bench_run(&bench, session, SIZE_MAX, "slow reset"), 0), "%s",
		  dfut_session_get_message(session));
	cr_expect(bench_is_in_bootloader(bench.device));
	cr_expect(eq(sz, bench_count_requests(bench.device, 0x21, 0xf2), 0));
	cr_expect(eq(sz, count_resets(bench.device), 1));
	dfut_session_free(session);
	bench_stop(&bench);
}

#define MANY 32

/* 200 ms for each, and each device waits 1 s for it. */
Test(leaving, many_on_one_hub_get_their_reset_in_time)
{
	struct dfut_session *sessions[MANY];
	struct dfut_sim_device *devices[MANY];
	struct bench bench;
	char path[16];

	bench_start(&bench, "webcam");
	for (size_t i = 0; i < MANY; i++) {
		snprintf(path, sizeof(path), "1-2.%zu", i + 1);
		devices[i] = bench_plug(&bench, "dfu:will-detach=no,hub-resets=serial,reset-ms=200", path);
		sessions[i] = bench_new_session(&bench, path);
		cr_assert(eq(int, dfut_session_start_trigger(sessions[i]), 0));
	}
	for (size_t i = 0; i < MANY; i++) {
		cr_expect(eq(int, bench_run(&bench, sessions[i], SIZE_MAX, "many"), 0), "%zu: %s", i,
			  dfut_session_get_message(sessions[i]));
		cr_expect(bench_is_in_bootloader(devices[i]), "%zu", i);
		cr_expect(eq(sz, bench_count_requests(devices[i], 0x21, DETACH), 1), "%zu: DETACH once", i);
		bench_expect_no_breach(devices[i], "many");
		dfut_session_free(sessions[i]);
	}
	cr_expect(lt(u64, dfut_sim_get_time_us(bench.sim), 10000000));
	bench_stop(&bench);
}

/* While the system resets others on its bus, nothing is enumerated there: that is not the device's time. */
Test(leaving, resets_of_others_do_not_count_against_who_comes_back)
{
	struct dfut_session *sessions[4];
	struct dfut_sim_device *device;
	struct bench bench;
	char path[16];

	bench_start(&bench, "webcam");
	device = bench_plug(&bench, "dfu:return-ms=12000", "1-3");
	sessions[0] = bench_new_session(&bench, "1-3");
	cr_assert(eq(int, dfut_session_start_trigger(sessions[0]), 0));
	for (size_t i = 1; i < COUNT(sessions); i++) {
		snprintf(path, sizeof(path), "1-2.%zu", i);
		bench_plug(&bench, "dfu:will-detach=no,hub-resets=serial,reset-ms=8000,detach-timeout=10000", path);
		sessions[i] = bench_new_session(&bench, path);
		dfut_session_set_detach_timeout_ms(sessions[i], 10000);
		cr_assert(eq(int, dfut_session_start_trigger(sessions[i]), 0));
	}
	for (size_t i = 0; i < COUNT(sessions); i++) {
		cr_expect(eq(int, bench_run(&bench, sessions[i], SIZE_MAX, "others"), 0), "%zu: %s", i,
			  dfut_session_get_message(sessions[i]));
		dfut_session_free(sessions[i]);
	}
	cr_expect(bench_is_in_bootloader(device));
	bench_stop(&bench);
	/* Alone it would have been late. */
	bench_start(&bench, "dfu:return-ms=12000");
	sessions[0] = bench_new_session(&bench, "1-1");
	cr_assert(eq(int, dfut_session_start_trigger(sessions[0]), 0));
	cr_expect(eq(int, bench_run(&bench, sessions[0], SIZE_MAX, "alone"), DFUT_ERROR_TIMEOUT));
	dfut_session_free(sessions[0]);
	bench_stop(&bench);
}

/* One that is cancelled, or leaves, while it waits for its turn holds nobody up. */
Test(leaving, a_turn_that_is_not_taken_is_the_next_ones)
{
	static const char *const paths[] = { "1-2.1", "1-2.2", "1-2.3", "1-2.4" };
	struct dfut_sim_device *devices[COUNT(paths)];
	struct dfut_session *sessions[COUNT(paths)];
	struct bench bench;

	bench_start(&bench, "webcam");
	for (size_t i = 0; i < COUNT(paths); i++) {
		devices[i] = bench_plug(&bench, "dfu:will-detach=no,hub-resets=serial,reset-ms=200", paths[i]);
		sessions[i] = bench_new_session(&bench, paths[i]);
		cr_assert(eq(int, dfut_session_start_trigger(sessions[i]), 0));
	}
	while (bench_count_requests(devices[0], 0x21, DETACH) == 0)
		dfut_context_dispatch(bench.context, 1);
	dfut_session_cancel(sessions[1]);
	dfut_sim_device_unplug(devices[2]);
	cr_expect(eq(int, bench_run(&bench, sessions[0], SIZE_MAX, "first"), 0));
	cr_expect(eq(int, bench_run(&bench, sessions[1], SIZE_MAX, "cancelled"), DFUT_ERROR_CANCELLED));
	cr_expect(eq(int, bench_run(&bench, sessions[2], SIZE_MAX, "unplugged"), DFUT_ERROR_GONE));
	cr_expect(eq(int, bench_run(&bench, sessions[3], SIZE_MAX, "last"), 0), "%s",
		  dfut_session_get_message(sessions[3]));
	cr_expect(eq(sz, bench_count_requests(devices[1], 0x21, DETACH), 0));
	for (size_t i = 0; i < COUNT(paths); i++)
		dfut_session_free(sessions[i]);
	bench_stop(&bench);
}

/* Somebody else has the hub reset a device: the reset comes too late, and DETACH is sent again. */
Test(leaving, a_reset_that_came_too_late_is_made_good)
{
	struct dfut_sim_device *other;
	struct dfut_handle *handle;
	struct dfut_device *device;
	struct dfut_session *session;
	struct bench bench;

	bench_start(&bench, "dfu:will-detach=no,hub-resets=serial");
	other = bench_plug(&bench, "webcam:hub-resets=serial,reset-ms=3000", "1-2");
	device = bench_find(&bench, "1-2");
	cr_assert(eq(int, dfut_handle_new(&handle, device), 0));
	cr_assert(eq(int, dfut_handle_open(handle), 0));
	dfut_device_unref(device);
	session = bench_new_session(&bench, "1-1");
	cr_assert(eq(int, dfut_session_start_trigger(session), 0));
	dfut_handle_reset(handle, 0);
	cr_expect(eq(int, bench_run(&bench, session, SIZE_MAX, "late"), 0), "%s", dfut_session_get_message(session));
	cr_expect(bench_is_in_bootloader(bench.device));
	cr_expect(eq(sz, bench_count_requests(bench.device, 0x21, DETACH), 2));
	cr_expect(eq(sz, count_resets(other), 1));
	dfut_session_free(session);
	dfut_handle_free(handle);
	bench_stop(&bench);
}

/* What was asked for and not sent is told. */
Test(leaving, a_trigger_that_was_not_needed_is_told)
{
	struct dfut_session *session;
	struct bench bench;

	bench_start(&bench, "dfu:start=bootloader");
	session = bench_new_session(&bench, "1-1");
	cr_assert(eq(int, dfut_session_set_trigger_request(session, 0x21, 0, 0, 0, NULL, 0), 0));
	cr_assert(eq(int, dfut_session_start_trigger(session), 0));
	cr_expect(eq(int, bench_run(&bench, session, SIZE_MAX, "there"), 0));
	cr_expect(strstr(dfut_session_get_message(session), "not sent: the given control request") != NULL, "%s",
		  dfut_session_get_message(session));
	cr_expect(eq(sz, dfut_sim_device_get_request_count(bench.device), 0));
	dfut_session_free(session);
	bench_stop(&bench);
}
