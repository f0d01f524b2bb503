/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* Choosing among triggers: several ways within one deadline, by name, shared ids, unknown languages, users' files. */

#include "bench.h"

#define RETURN_TIMEOUT_US 10000000
/* To claim, to be answered, to leave */
#define SMALL_US 1000000

TestSuite(choice, .timeout = 60);

struct outcome {
	int result;
	uint64_t took_us;
	char text[512];
};

/* One trigger at 1-1; `name` picks it, NULL leaves the choice. */
static struct outcome trigger(struct bench *bench, const char *name, unsigned int timeout_ms)
{
	struct dfut_session *session = bench_new_session(bench, "1-1");
	struct outcome outcome = { 0 };

	dfut_session_set_return_timeout_ms(session, timeout_ms);
	if (name)
		cr_assert(eq(int, dfut_session_set_trigger(session, name), 0), "%s", dfut_session_get_message(session));
	outcome.result = dfut_session_start_trigger(session);
	outcome.took_us = dfut_sim_get_time_us(bench->sim);
	if (outcome.result == 0)
		outcome.result = bench_run(bench, session, SIZE_MAX, name ? name : "all");
	outcome.took_us = dfut_sim_get_time_us(bench->sim) - outcome.took_us;
	snprintf(outcome.text, sizeof(outcome.text), "%s", dfut_session_get_message(session));
	bench_expect_words(outcome.text, name ? name : "all");
	dfut_session_free(session);
	return outcome;
}

/* Several ways. */

Test(choice, falls_through_to_the_second_way_within_one_deadline)
{
	/* The first way is stalled, without effect, never answered, or half taken. */
	static const char *const specs[] = {
		"pico:fault=stall@0",	"pico:fault=timeout@0",	       "pico:fault=short@0",
		"pico:fault=garbage@0", "sonix-keyboard:firmware=hfd", "sonix-keyboard:fault=stall@0,firmware=hfd",
		"jabra:fault=stall@0",	"jabra:fault=garbage@0",       "jabra:family=710,fault=stall@0",
	};

	for (size_t i = 0; i < COUNT(specs); i++) {
		struct outcome outcome;
		struct bench bench;

		bench_start(&bench, specs[i]);
		outcome = trigger(&bench, NULL, 0);
		cr_expect(eq(int, outcome.result, 0), "%s: %s", specs[i], outcome.text);
		cr_expect(bench_is_in_bootloader(bench.device), "%s", specs[i]);
		cr_expect(lt(u64, outcome.took_us, RETURN_TIMEOUT_US + SMALL_US), "%s", specs[i]);
		fprintf(stderr, "%s: %u ms\n", specs[i], (unsigned int)(outcome.took_us / 1000));
		bench_stop(&bench);
	}
}

Test(choice, ends_within_the_deadline_when_all_ways_fail)
{
	static const struct {
		const char *spec;
		const char *tried;
		uint64_t last_us; /* what the requests of the last way may take */
	} cases[] = {
		{ "pico:leave=no", "pico-bootsel, touch-1200", 0 },
		{ "pico:stall=coding,fault=stall@0", "pico-bootsel, touch-1200", 0 },
		{ "pico:leave=no,fault=timeout@0", "pico-bootsel, touch-1200", 0 },
		/* Open, two speeds, DTR, and open and speed once more */
		{ "pico:leave=no,fault=timeout@0x1000", "pico-bootsel, touch-1200", 30000000 },
		{ "sonix-keyboard:leave=no", "sonix-isp, sonix-isp-hfd", 0 },
		{ "sonix-keyboard:trigger=stall", "sonix-isp, sonix-isp-hfd", 0 },
		{ "sonix-keyboard:leave=no,fault=timeout@0", "sonix-isp", 5000000 },
		{ "sonix-keyboard:leave=no,fault=timeout@1", "sonix-isp, sonix-isp-hfd", 5000000 },
		{ "jabra:leave=no", "jabra-report, jabra-request", 0 },
		{ "jabra:leave=no,fault=timeout@1", "jabra-report, jabra-request", 2000000 },
	};
	static const unsigned int timeouts_ms[] = { 10000, 3000, 30000 };

	for (size_t i = 0; i < COUNT(cases); i++) {
		for (size_t k = 0; k < COUNT(timeouts_ms); k++) {
			uint64_t limit_us = timeouts_ms[k] * UINT64_C(1000) + cases[i].last_us + SMALL_US;
			struct outcome outcome;
			struct bench bench;

			bench_start(&bench, cases[i].spec);
			outcome = trigger(&bench, NULL, timeouts_ms[k]);
			cr_expect(eq(int, outcome.result, DFUT_ERROR_DEVICE), "%s: %s", cases[i].spec, outcome.text);
			cr_expect(strstr(outcome.text, cases[i].tried) != NULL, "%s: %s", cases[i].spec, outcome.text);
			cr_expect(le(u64, outcome.took_us, limit_us), "%s, %u ms", cases[i].spec, timeouts_ms[k]);
			bench_stop(&bench);
		}
	}
}

Test(choice, gives_a_device_its_whole_time_if_there_is_one_way)
{
	struct outcome outcome;
	struct bench bench;

	bench_start(&bench, "sinowealth-keyboard:leave=no");
	outcome = trigger(&bench, NULL, 4000);
	cr_expect(eq(int, outcome.result, DFUT_ERROR_DEVICE));
	cr_expect(ge(u64, outcome.took_us, 4000000));
	cr_expect(le(u64, outcome.took_us, 4000000 + SMALL_US));
	bench_stop(&bench);
}

Test(choice, uses_the_way_that_was_picked_and_no_other)
{
	struct outcome outcome;
	struct bench bench;

	bench_start(&bench, "pico");
	outcome = trigger(&bench, "touch-1200", 0);
	cr_expect(eq(int, outcome.result, 0), "%s", outcome.text);
	cr_expect(eq(sz, bench_count_requests(bench.device, 0x21, 0x01), 0));
	bench_stop(&bench);

	bench_start(&bench, "pico");
	outcome = trigger(&bench, "pico-bootsel", 0);
	cr_expect(eq(int, outcome.result, 0), "%s", outcome.text);
	cr_expect(eq(sz, dfut_sim_device_get_request_count(bench.device), 1));
	bench_stop(&bench);

	bench_start(&bench, "pico:baud=no");
	outcome = trigger(&bench, "touch-1200", 0);
	cr_expect(eq(int, outcome.result, DFUT_ERROR_DEVICE), "%s", outcome.text);
	cr_expect(strstr(outcome.text, "touch-1200") != NULL, "%s", outcome.text);
	cr_expect(strstr(outcome.text, "pico-bootsel") == NULL, "%s", outcome.text);
	cr_expect(eq(sz, bench_count_requests(bench.device, 0x21, 0x01), 0));
	bench_stop(&bench);

	bench_start(&bench, "sonix-keyboard:firmware=hfd");
	outcome = trigger(&bench, "sonix-isp-hfd", 0);
	cr_expect(eq(int, outcome.result, 0), "%s", outcome.text);
	cr_expect(eq(sz, dfut_sim_device_get_request_count(bench.device), 1));
	bench_stop(&bench);
}

Test(choice, shows_the_ways_of_a_device)
{
	static const struct {
		const char *spec;
		const char *names[4];
	} cases[] = {
		{ "pico", { "pico-bootsel", "touch-1200" } },
		{ "pico:reset-interface=no", { "touch-1200" } },
		{ "sonix-keyboard", { "sonix-isp", "sonix-isp-hfd" } },
		{ "teensy", { "teensy-report" } },
		{ "teensy:type=serial", { "touch-134" } },
		{ "jabra", { "jabra-report", "jabra-request" } },
		{ "leonardo", { "touch-1200" } },
		{ "esp32-s3-jtag", { "esp-jtag-reset" } },
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		struct dfut_device *device;
		struct dfut_session *session;
		struct bench bench;
		size_t count = 0;

		bench_start(&bench, cases[i].spec);
		device = bench_find(&bench, "1-1");
		while (cases[i].names[count])
			count++;
		cr_expect(eq(sz, dfut_device_get_trigger_count(device), count), "%s", cases[i].spec);
		for (size_t k = 0; k < count && dfut_device_get_trigger_name(device, k); k++)
			cr_expect(eq(int, strcmp(dfut_device_get_trigger_name(device, k), cases[i].names[k]), 0), "%s",
				  cases[i].spec);
		cr_expect(dfut_device_get_trigger_name(device, count) == NULL, "%s", cases[i].spec);
		cr_assert(eq(int, dfut_session_new(&session, device), 0));
		cr_expect(eq(int, dfut_session_set_trigger(session, "none"), DFUT_ERROR_NOT_FOUND));
		dfut_session_free(session);
		dfut_device_unref(device);
		bench_stop(&bench);
	}
}

Test(choice, triggers_two_picos_apart_though_their_roms_have_one_serial_number)
{
	struct dfut_sim_device *second;
	struct dfut_session *sessions[2];
	struct bench bench;

	bench_start(&bench, "pico");
	second = bench_plug(&bench, "pico:serial=E661640843765B2F,return-ms=2000", "1-2");
	sessions[0] = bench_new_session(&bench, "1-1");
	sessions[1] = bench_new_session(&bench, "1-2");
	for (size_t i = 0; i < 2; i++)
		cr_assert(eq(int, dfut_session_start_trigger(sessions[i]), 0));
	for (size_t i = 0; i < 2; i++) {
		cr_expect(eq(int, bench_run(&bench, sessions[i], SIZE_MAX, "pico"), 0), "%s",
			  dfut_session_get_message(sessions[i]));
		cr_expect(eq(int, strcmp(dfut_device_get_path(dfut_session_get_device(sessions[i])), i ? "1-2" : "1-1"),
			     0));
		dfut_session_free(sessions[i]);
	}
	cr_expect(bench_is_in_bootloader(bench.device));
	cr_expect(bench_is_in_bootloader(second));
	bench_stop(&bench);
}

/* Ids that other products have, too. */

Test(choice, sends_nothing_to_a_device_that_may_be_another_product)
{
	static const struct {
		const char *spec;
		const char *name;
	} cases[] = {
		{ "sonix-keyboard:vid=05ac,pid=0256", "sonix-isp" },
		{ "sonix-keyboard:vid=05ac,pid=024f", "sonix-isp" },
		{ "sonix-keyboard:vid=3434,pid=fe10", "sonix-isp" },
		{ "sonix-keyboard:vid=0c45,pid=1234", "sonix-isp" },
		{ "sinowealth-keyboard:vid=05ac,pid=024f", "sinowealth-isp" },
		{ "sinowealth-keyboard:vid=258a,pid=0077", "sinowealth-isp" },
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		struct dfut_session *session;
		struct outcome outcome;
		struct bench bench;

		bench_start(&bench, cases[i].spec);
		session = bench_new_session(&bench, "1-1");
		cr_expect(dfut_device_is_shared(dfut_session_get_device(session)), "%s", cases[i].spec);
		cr_expect(eq(int, dfut_session_start_trigger(session), DFUT_ERROR_AMBIGUOUS), "%s", cases[i].spec);
		bench_expect_words(dfut_session_get_message(session), cases[i].spec);
		cr_expect(strstr(dfut_session_get_hint(session), cases[i].name) != NULL, "%s: %s", cases[i].spec,
			  dfut_session_get_hint(session));
		for (size_t k = 0; k < 10; k++)
			dfut_context_dispatch(bench.context, 100);
		cr_expect(eq(sz, dfut_sim_device_get_request_count(bench.device), 0), "%s", cases[i].spec);
		dfut_session_free(session);
		outcome = trigger(&bench, cases[i].name, 0);
		cr_expect(eq(int, outcome.result, 0), "%s: %s", cases[i].spec, outcome.text);
		cr_expect(bench_is_in_bootloader(bench.device), "%s", cases[i].spec);
		bench_expect_no_breach(bench.device, cases[i].spec);
		bench_stop(&bench);
	}
}

/* The name may also be said to the session that was refused: it sent nothing. */
Test(choice, lets_a_session_that_was_refused_be_started_with_a_name)
{
	struct dfut_session *session;
	struct bench bench;

	bench_start(&bench, "sonix-keyboard:vid=05ac,pid=0256");
	session = bench_new_session(&bench, "1-1");
	cr_expect(eq(int, dfut_session_start_trigger(session), DFUT_ERROR_AMBIGUOUS));
	cr_expect(eq(int, dfut_session_set_trigger(session, "sonix-isp"), 0));
	cr_expect(eq(int, dfut_session_start_trigger(session), 0), "%s", dfut_session_get_message(session));
	cr_expect(eq(int, bench_run(&bench, session, SIZE_MAX, "named"), 0), "%s", dfut_session_get_message(session));
	dfut_session_free(session);
	bench_stop(&bench);
}

/* A keyboard with the ids of one and the reports of none */
Test(choice, takes_ids_alone_for_no_evidence)
{
	struct dfut_device *device;
	struct bench bench;

	bench_start(&bench, "teensy:vid=258a,pid=0049");
	device = bench_find(&bench, "1-1");
	cr_expect(eq(int, dfut_device_get_mode(device), DFUT_MODE_UNKNOWN));
	cr_expect(eq(sz, dfut_device_get_trigger_count(device), 0));
	dfut_device_unref(device);
	bench_stop(&bench);
}

/* Languages. */

Test(choice, refuses_an_update_in_a_language_that_it_does_not_know)
{
	static const char table[] = "{\"format\": 1, \"devices\": [{\"name\": \"mine\", \"application\": [{\"ids\": "
				    "[\"2341:8036\"]}], \"bootloader\": [{\"ids\": [\"2341:0036\"]}], \"triggers\": "
				    "[\"touch-1200\"], \"protocol\": \"usbasp\"}]}";
	static const uint8_t bytes[512] = { 1, 2, 3 };
	struct dfut_session *session;
	struct dfut_image *image;
	struct outcome outcome;
	struct bench bench;

	bench_start(&bench, "leonardo");
	cr_assert(eq(int, bench_load_devices(&bench, table), 0), "%s", dfut_context_get_error(bench.context));
	cr_assert(eq(int, dfut_image_load_buffer(&image, bench.context, bytes, sizeof(bytes), 0), 0));
	session = bench_new_session(&bench, "1-1");
	cr_expect(eq(int, dfut_session_start_update(session, image), DFUT_ERROR_UNSUPPORTED));
	cr_expect(strstr(dfut_session_get_message(session), "\"usbasp\"") != NULL, "%s",
		  dfut_session_get_message(session));
	dfut_session_free(session);
	dfut_image_free(image);
	for (size_t k = 0; k < 10; k++)
		dfut_context_dispatch(bench.context, 100);
	cr_expect(eq(sz, dfut_sim_device_get_request_count(bench.device), 0));
	outcome = trigger(&bench, NULL, 0);
	cr_expect(eq(int, outcome.result, 0), "%s", outcome.text);
	bench_stop(&bench);
}

Test(choice, triggers_a_shared_device_for_no_update_either)
{
	static const uint8_t bytes[512] = { 1, 2, 3 };
	struct dfut_session *session;
	struct dfut_image *image;
	struct bench bench;
	int result;

	bench_start(&bench, "sonix-keyboard:vid=05ac,pid=0256");
	cr_assert(eq(int, dfut_image_load_buffer(&image, bench.context, bytes, sizeof(bytes), 0), 0));
	session = bench_new_session(&bench, "1-1");
	result = dfut_session_start_update(session, image);
	cr_expect(lt(int, result, 0));
	cr_expect(eq(sz, dfut_sim_device_get_request_count(bench.device), 0));
	dfut_session_free(session);
	dfut_image_free(image);
	bench_stop(&bench);
}

Test(choice, asks_for_a_name_before_it_updates_a_shared_device)
{
	static const char file
		[] = "{\"format\": 1, \"devices\": [{\"name\": \"mine\", \"application\": [{\"ids\": [\"0b0e:0412\"],"
		     "\"shared\": true}, {\"ids\": [\"0b0e:0411\"], \"dfu\": \"application\"}],"
		     "\"bootloader\": [{\"ids\": [\"0b0e:0411\"], \"dfu\": \"bootloader\"}], \"protocol\": \"dfu\","
		     "\"triggers\": [{\"name\": \"way\", \"report\": \"output\", \"number\": 3, \"id\": \"02\","
		     "\"data\": \"0100018507\", \"size\": 32}, \"dfu-detach\"]}]}";
	static const uint8_t bytes[512] = { 1, 2, 3 };
	struct dfut_session *session;
	struct dfut_image *image;
	struct bench bench;

	bench_start(&bench, "jabra");
	cr_assert(eq(int, bench_load_devices(&bench, file), 0), "%s", dfut_context_get_error(bench.context));
	cr_assert(eq(int, dfut_image_load_buffer(&image, bench.context, bytes, sizeof(bytes), 0), 0));
	session = bench_new_session(&bench, "1-1");
	cr_expect(eq(int, dfut_session_start_update(session, image), DFUT_ERROR_AMBIGUOUS), "%s",
		  dfut_session_get_message(session));
	cr_expect(eq(sz, dfut_sim_device_get_request_count(bench.device), 0));
	dfut_session_free(session);
	session = bench_new_session(&bench, "1-1");
	cr_assert(eq(int, dfut_session_set_trigger(session, "way"), 0));
	cr_assert(eq(int, dfut_session_start_update(session, image), 0), "%s", dfut_session_get_message(session));
	cr_expect(eq(int, bench_run(&bench, session, SIZE_MAX, "named"), 0), "%s", dfut_session_get_message(session));
	bench_expect_no_breach(bench.device, "named");
	dfut_session_free(session);
	dfut_image_free(image);
	bench_stop(&bench);
}

/* Two steps to the bootloader, and then firmware */
Test(choice, updates_a_device_with_two_steps)
{
	static const char *const specs[] = { "jabra", "jabra:will-detach=no", "jabra:family=710",
					     "jabra:family=710,will-detach=no,race=gone", "jabra:fault=stall@0" };
	static const uint8_t bytes[3000] = { 1, 2, 3 };

	for (size_t i = 0; i < COUNT(specs); i++) {
		struct dfut_session *session;
		struct dfut_image *image;
		struct bench bench;

		bench_start(&bench, specs[i]);
		cr_assert(eq(int, dfut_image_load_buffer(&image, bench.context, bytes, sizeof(bytes), 0), 0));
		session = bench_new_session(&bench, "1-1");
		cr_assert(eq(int, dfut_session_start_update(session, image), 0), "%s: %s", specs[i],
			  dfut_session_get_message(session));
		cr_expect(eq(int, bench_run(&bench, session, SIZE_MAX, specs[i]), 0), "%s: %s", specs[i],
			  dfut_session_get_message(session));
		cr_expect(eq(int, strcmp(dfut_sim_device_get_mode_name(bench.device), "application"), 0), "%s",
			  specs[i]);
		bench_expect_no_breach(bench.device, specs[i]);
		dfut_session_free(session);
		dfut_image_free(image);
		bench_stop(&bench);
	}
}

/* A port that somebody holds */
Test(choice, says_who_is_in_the_way)
{
	static const struct {
		const char *spec;
		int result;
	} cases[] = {
		{ "leonardo", DFUT_ERROR_BUSY },
		{ "esp32-s3-jtag", DFUT_ERROR_BUSY },
		/* There is another way. */
		{ "pico", 0 },
		{ "pico:leave=no", DFUT_ERROR_BUSY },
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		struct dfut_device *device;
		struct dfut_handle *handle;
		struct outcome outcome;
		struct bench bench;

		bench_start(&bench, cases[i].spec);
		device = bench_find(&bench, "1-1");
		cr_assert(eq(int, dfut_handle_new(&handle, device), 0));
		dfut_device_unref(device);
		cr_assert(eq(int, dfut_handle_set_lines(handle, -1, 1, 1, 1000), 0));
		outcome = trigger(&bench, NULL, 0);
		cr_expect(eq(int, outcome.result, cases[i].result), "%s: %s", cases[i].spec, outcome.text);
		if (strstr(cases[i].spec, "pico") && cases[i].result)
			cr_expect(strstr(outcome.text, "(tried: pico-bootsel, touch-1200)") != NULL, "%s",
				  outcome.text);
		dfut_handle_free(handle);
		bench_stop(&bench);
	}
}

Test(choice, ends_however_short_the_time_is)
{
	static const char *const specs[] = { "pico",
					     "pico:leave=no",
					     "sonix-keyboard",
					     "sonix-keyboard:leave=no",
					     "leonardo",
					     "leonardo:leave=no",
					     "jabra",
					     "esp32-s3-jtag",
					     "via-keyboard:return=no" };
	static const unsigned int timeouts_ms[] = { 1, 2, 3, 10, 100, 500, UINT32_MAX / 2 };

	for (size_t i = 0; i < COUNT(specs); i++) {
		for (size_t k = 0; k < COUNT(timeouts_ms); k++) {
			struct outcome outcome;
			struct bench bench;

			bench_start(&bench, specs[i]);
			outcome = trigger(&bench, NULL, timeouts_ms[k]);
			cr_expect(ne(int, outcome.result, DFUT_ERROR_USAGE), "%s, %u ms: %s", specs[i], timeouts_ms[k],
				  outcome.text);
			if (outcome.result == 0)
				cr_expect(bench_is_in_bootloader(bench.device), "%s, %u ms: %s", specs[i],
					  timeouts_ms[k], outcome.text);
			bench_stop(&bench);
		}
	}
}
