/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* Looking: a list is complete or says what is missing of it, and ends by its deadline. */

#include "bench.h"

TestSuite(looking, .timeout = 60);

static struct dfut_device_list *list(const struct bench *bench, const struct dfut_match *match)
{
	struct dfut_device_list *devices;

	cr_assert(eq(int, dfut_device_list_new(&devices, bench->context, match), 0), "%s",
		  dfut_context_get_error(bench->context));
	return devices;
}

static void expect_text(const char *text, const char *expected)
{
	cr_expect(text && strcmp(text, expected) == 0, "\"%s\" instead of \"%s\"", text ? text : "(null)", expected);
}

static struct dfut_device *get(const struct dfut_device_list *devices, const char *path)
{
	for (size_t i = 0; i < dfut_device_list_get_count(devices); i++)
		if (strcmp(dfut_device_get_path(dfut_device_list_get(devices, i)), path) == 0)
			return dfut_device_list_get(devices, i);
	cr_assert(false, "%s is not listed", path);
	return NULL;
}

static uint64_t get_ms(const struct bench *bench)
{
	return dfut_sim_get_time_us(bench->sim) / 1000;
}

Test(looking, lists_by_bus_and_port_in_their_order)
{
	static const char *const paths[] = { "2-1", "1-10", "1-2.10", "1-2.9", "1-2", "10-1", "1-1.3.2" };
	static const char *const expected[] = { "1-1", "1-1.3.2", "1-2", "1-2.9", "1-2.10", "1-10", "2-1", "10-1" };
	struct dfut_device_list *devices;
	struct bench bench;

	bench_start(&bench, "zephyr");
	for (size_t i = 0; i < COUNT(paths); i++)
		bench_plug(&bench, "zephyr", paths[i]);
	devices = list(&bench, NULL);
	cr_assert(eq(sz, dfut_device_list_get_count(devices), COUNT(expected)));
	for (size_t i = 0; i < COUNT(expected); i++)
		expect_text(dfut_device_get_path(dfut_device_list_get(devices, i)), expected[i]);
	cr_expect(dfut_device_list_is_complete(devices));
	dfut_device_list_free(devices);
	bench_stop(&bench);
}

Test(looking, waits_for_a_device_whose_strings_are_slow)
{
	struct dfut_device_list *devices;
	struct bench bench;
	uint64_t begin_ms;

	bench_start(&bench, "stm32f405:string-ms=300");
	begin_ms = get_ms(&bench);
	bench_plug(&bench, "stm32f405", "1-2");
	devices = list(&bench, NULL);
	cr_expect(eq(sz, dfut_device_list_get_count(devices), 2));
	cr_expect(dfut_device_list_is_complete(devices));
	cr_expect(dfut_device_is_complete(get(devices, "1-1")));
	expect_text(dfut_device_get_missing(get(devices, "1-1")), "");
	expect_text(dfut_device_get_product(get(devices, "1-1")), dfut_device_get_product(get(devices, "1-2")));
	cr_expect(ge(sz, (size_t)(get_ms(&bench) - begin_ms), 900));
	cr_expect(lt(sz, (size_t)(get_ms(&bench) - begin_ms), DFUT_LOOK_TIMEOUT_MS));
	dfut_device_list_free(devices);
	bench_stop(&bench);
}

Test(looking, ends_by_its_deadline_and_says_what_is_not_read)
{
	struct dfut_device_list *devices;
	struct bench bench;
	uint64_t begin_ms;

	bench_start(&bench, "stm32f405:string-ms=20000");
	begin_ms = get_ms(&bench);
	devices = list(&bench, NULL);
	cr_expect(eq(sz, dfut_device_list_get_count(devices), 1));
	cr_expect(not(dfut_device_list_is_complete(devices)));
	cr_expect(eq(sz, dfut_device_list_get_unread_count(devices), 1));
	cr_expect(dfut_device_list_get_unread(devices, 0) == dfut_device_list_get(devices, 0));
	cr_expect(dfut_device_list_get_unread(devices, 1) == NULL);
	cr_expect(eq(int, dfut_device_get_vendor_id(dfut_device_list_get(devices, 0)), 0x0483));
	cr_expect(le(sz, (size_t)(get_ms(&bench) - begin_ms), DFUT_LOOK_TIMEOUT_MS + 5));
	dfut_device_list_free(devices);
	bench_stop(&bench);
}

Test(looking, lists_all_of_sixteen_that_hang_each_time)
{
	struct dfut_device_list *devices;
	struct bench bench;

	bench_start(&bench, "stm32f072:strings=hang");
	for (size_t i = 1; i < 16; i++)
		bench_plug(&bench, "stm32f072:strings=hang", NULL);
	for (size_t i = 0; i < 3; i++) {
		uint64_t begin_ms = get_ms(&bench);

		devices = list(&bench, NULL);
		cr_expect(eq(sz, dfut_device_list_get_count(devices), 16));
		cr_expect(eq(sz, dfut_device_list_get_unread_count(devices), 16));
		cr_expect(not(dfut_device_list_is_complete(devices)));
		cr_expect(le(sz, (size_t)(get_ms(&bench) - begin_ms), 2100));
		dfut_device_list_free(devices);
	}
	bench_stop(&bench);
}

Test(looking, names_a_device_that_may_fit_once_it_is_read)
{
	struct dfut_match match = DFUT_MATCH_INIT;
	struct dfut_device_list *devices;
	struct bench bench;

	bench_start(&bench, "stm32f405:strings=hang");
	bench_plug(&bench, "stm32f405:serial=OTHER", "1-2");
	bench_plug(&bench, "zephyr:serial=OTHER,strings=hang", "1-3");
	match.vendor_id = 0x0483;
	match.serial_number = "MINE";
	devices = list(&bench, &match);
	cr_expect(eq(sz, dfut_device_list_get_count(devices), 0));
	cr_assert(eq(sz, dfut_device_list_get_unread_count(devices), 1));
	expect_text(dfut_device_get_path(dfut_device_list_get_unread(devices, 0)), "1-1");
	expect_text(dfut_device_get_missing(dfut_device_list_get_unread(devices, 0)),
		    "its names are not read: it does not answer");
	dfut_device_list_free(devices);
	match.path = "1-2";
	devices = list(&bench, &match);
	cr_expect(dfut_device_list_is_complete(devices));
	dfut_device_list_free(devices);
	bench_stop(&bench);
}

struct told {
	size_t arrived, changed;
	bool was_complete;
};

static void note(enum dfut_device_event event, struct dfut_device *device, void *user_data)
{
	struct told *told = user_data;

	told->arrived += event == DFUT_DEVICE_ARRIVED;
	told->changed += event == DFUT_DEVICE_CHANGED;
	if (event == DFUT_DEVICE_ARRIVED)
		told->was_complete = dfut_device_is_complete(device);
}

Test(looking, tells_names_that_come_later_as_a_change)
{
	struct told told = { 0 };
	struct bench bench;

	bench_start(&bench, "zephyr:string-ms=100");
	dfut_context_set_device_handler(bench.context, note, &told);
	for (size_t i = 0; i < 100 && !told.changed; i++)
		dfut_context_dispatch(bench.context, 100);
	cr_expect(eq(sz, told.arrived, 1));
	cr_expect(not(told.was_complete));
	cr_expect(eq(sz, told.changed, 1));
	bench_stop(&bench);
}

/* A program that only lists sees what happens meanwhile, on each of its buses. */
Test(looking, lets_a_poller_see_that_a_device_leaves_and_comes_back)
{
	struct dfut_session *session;
	struct dfut_sim *other;
	struct bench bench;
	bool left = false, back = false;

	bench_start(&bench, "zephyr");
	cr_assert(eq(int, dfut_sim_new(&other, DFUT_SIM_CLOCK_REAL), 0));
	cr_assert(eq(int, dfut_sim_plug(NULL, other, "zephyr", "7-1"), 0));
	cr_assert(eq(int, dfut_sim_add_to_context(other, bench.context), 0));
	session = bench_new_session(&bench, "1-1");
	cr_assert(eq(int, dfut_session_start_trigger(session), 0));
	for (size_t i = 0; dfut_sim_device_is_present(bench.device) && i < ROUND_LIMIT; i++)
		dfut_context_dispatch(bench.context, 1);
	dfut_session_free(session);
	for (size_t i = 0; i < 100000 && !back; i++) {
		struct dfut_device_list *devices = list(&bench, NULL);
		size_t count = dfut_device_list_get_count(devices);

		left = left || count == 1;
		back = left && count == 2;
		dfut_device_list_free(devices);
	}
	cr_expect(left);
	cr_expect(back);
	bench_stop(&bench);
	dfut_sim_free(other);
}

static const char *const configurable[] = { "configured=no", "dfu-configuration=inactive",
					    "configured=no,dfu-configuration=inactive" };

Test(looking, configures_a_free_device_before_it_uses_its_dfu_interface)
{
	for (size_t i = 0; i < COUNT(configurable); i++) {
		struct dfut_session *session;
		struct bench bench;
		char spec[128];

		snprintf(spec, sizeof(spec), "zephyr:%s", configurable[i]);
		bench_start(&bench, spec);
		session = bench_new_session(&bench, "1-1");
		cr_assert(eq(int, dfut_session_start_trigger(session), 0), "%s", dfut_session_get_message(session));
		cr_expect(eq(int, dfut_session_run(session), 0), "%s: %s", spec, dfut_session_get_message(session));
		cr_expect(bench_is_in_bootloader(bench.device), "%s", spec);
		cr_expect(eq(sz, dfut_sim_device_get_breach_count(bench.device), 0), "%s", spec);
		dfut_session_free(session);
		bench_stop(&bench);
	}
}

Test(looking, says_what_to_do_when_a_device_that_is_to_be_configured_is_in_use)
{
	struct dfut_session *session;
	struct dfut_device *device;
	struct dfut_handle *handle;
	struct bench bench;

	bench_start(&bench, "zephyr:dfu-configuration=inactive");
	device = bench_find(&bench, "1-1");
	cr_assert(eq(int, dfut_handle_new(&handle, device), 0));
	dfut_device_unref(device);
	cr_assert(eq(int, dfut_handle_open(handle), 0));
	cr_assert(eq(int, dfut_handle_claim(handle, 0), 0));
	session = bench_new_session(&bench, "1-1");
	cr_assert(eq(int, dfut_session_start_trigger(session), 0));
	cr_expect(eq(int, dfut_session_run(session), DFUT_ERROR_BUSY));
	cr_expect(strstr(dfut_session_get_message(session), "configuration 2") != NULL, "%s",
		  dfut_session_get_message(session));
	cr_expect(dfut_session_get_hint(session)[0] != 0);
	dfut_session_free(session);
	dfut_handle_free(handle);
	bench_stop(&bench);
}
