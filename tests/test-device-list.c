/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* Which devices are listed, found and told of. */

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdlib.h>
#include <string.h>

#include "dfutrigger-sim.h"

static struct dfut_context *context;
static struct dfut_sim *sim;

static void start(void)
{
	cr_assert(eq(int, dfut_context_new(&context), 0));
	cr_assert(eq(int, dfut_sim_new(&sim, DFUT_SIM_CLOCK_VIRTUAL), 0));
	cr_assert(eq(int, dfut_sim_add_to_context(sim, context), 0));
}

static void stop(void)
{
	dfut_context_free(context);
	dfut_sim_free(sim);
}

TestSuite(device_list, .init = start, .fini = stop, .timeout = 60);

static struct dfut_sim_device *plug(const char *spec, const char *path)
{
	struct dfut_sim_device *device;

	cr_assert(eq(int, dfut_sim_plug(&device, sim, spec, path), 0), "%s", dfut_sim_get_error(sim));
	return device;
}

static size_t count(const struct dfut_match *match)
{
	struct dfut_device_list *list;
	size_t number;

	cr_assert(eq(int, dfut_device_list_new(&list, context, match), 0));
	number = dfut_device_list_get_count(list);
	dfut_device_list_free(list);
	return number;
}

/* The port paths of what fits, in order, with blanks between them. */
static const char *list_paths(const struct dfut_match *match)
{
	static char paths[256];
	struct dfut_device_list *list;

	paths[0] = '\0';
	cr_assert(eq(int, dfut_device_list_new(&list, context, match), 0));
	for (size_t i = 0; i < dfut_device_list_get_count(list); i++) {
		strcat(paths, paths[0] ? " " : "");
		strcat(paths, dfut_device_get_path(dfut_device_list_get(list, i)));
	}
	dfut_device_list_free(list);
	return paths;
}

static void plug_five(void)
{
	plug("zephyr:serial=A", "1-1");
	plug("zephyr:stack=legacy,serial=B", "1-2");
	plug("nrf52840-keyboard", "1-3");
	plug("nrf52840-keyboard:press=reset", "2-1.4");
	plug("dfu:start=bootloader,alternates=3,names=internal/external/option", "2-2");
}

#define EXPECT_PATHS(wanted, ...) \
	do { \
		struct dfut_match match = DFUT_MATCH_INIT; \
		__VA_ARGS__; \
		cr_expect_str_eq(list_paths(&match), wanted); \
	} while (0)

Test(device_list, is_empty_without_devices)
{
	cr_expect(eq(sz, count(NULL), 0));
}

Test(device_list, shows_all)
{
	plug_five();
	cr_expect(eq(sz, count(NULL), 5));
}

Test(device_list, matches_ids)
{
	plug_five();
	EXPECT_PATHS("1-1 1-2", match.vendor_id = 0x2fe3);
	EXPECT_PATHS("1-3", match.vendor_id = 0x1915; match.product_id = 0x520f; match.mode = DFUT_MODE_APPLICATION);
	/* The bootloader is what the table expects of the application. */
	EXPECT_PATHS("1-3 2-1.4", match.vendor_id = 0x1915; match.product_id = 0x520f);
	EXPECT_PATHS("1-1 1-2", match.product_id = 0x0005);
	EXPECT_PATHS("", match.vendor_id = 0x1234);
}

Test(device_list, matches_pairs_of_ids)
{
	plug_five();
	EXPECT_PATHS("1-3 2-1.4", match.vendor_id = 0x1915; match.product_id = 0x520f; match.bootloader_vendor_id = 0x1915;
		     match.bootloader_product_id = 0x521f);
	EXPECT_PATHS("1-3", match.vendor_id = 0x1915; match.product_id = 0x520f; match.bootloader_vendor_id = 0x9999;
		     match.bootloader_product_id = 0x9999);
	EXPECT_PATHS("2-1.4", match.vendor_id = 0x1915; match.product_id = 0x520f; match.mode = DFUT_MODE_BOOTLOADER);
}

Test(device_list, matches_ports)
{
	plug_five();
	EXPECT_PATHS("2-1.4", match.path = "2-1.4");
	EXPECT_PATHS("", match.path = "2-1");
	EXPECT_PATHS("", match.path = "9-9");
}

Test(device_list, matches_serial_numbers)
{
	plug_five();
	EXPECT_PATHS("1-1", match.serial_number = "A");
	EXPECT_PATHS("1-2", match.serial_number = "B");
	EXPECT_PATHS("1-3 2-1.4", match.serial_number = "CC5B702828B2");
	EXPECT_PATHS("2-1.4", match.serial_number = "A"; match.bootloader_serial_number = "CC5B702828B2";
		     match.mode = DFUT_MODE_BOOTLOADER);
	EXPECT_PATHS("", match.serial_number = "a");
}

Test(device_list, matches_alternate_settings)
{
	plug_five();
	EXPECT_PATHS("2-2", match.alternate = "external"; match.mode = DFUT_MODE_BOOTLOADER);
	EXPECT_PATHS("2-2", match.alternate = "2"; match.mode = DFUT_MODE_BOOTLOADER);
	EXPECT_PATHS("", match.alternate = "nowhere"; match.mode = DFUT_MODE_BOOTLOADER);
	/* A device in its application may have it later. */
	EXPECT_PATHS("1-1", match.alternate = "external"; match.serial_number = "A");
}

Test(device_list, matches_modes)
{
	plug_five();
	EXPECT_PATHS("1-1 1-2 1-3", match.mode = DFUT_MODE_APPLICATION);
	EXPECT_PATHS("2-1.4 2-2", match.mode = DFUT_MODE_BOOTLOADER);
}

Test(device_list, names_the_candidates_when_several_fit)
{
	struct dfut_match match = DFUT_MATCH_INIT;
	struct dfut_device *device = NULL;
	const char *text;

	plug_five();
	match.vendor_id = 0x2fe3;
	cr_expect(eq(int, dfut_device_find(&device, context, &match), DFUT_ERROR_AMBIGUOUS));
	text = dfut_context_get_error(context);
	cr_expect(strstr(text, "1-1") && strstr(text, "1-2") && !strstr(text, "1-3"), "%s", text);
	cr_expect(dfut_context_get_hint(context)[0] != 0);
}

Test(device_list, says_that_nothing_fits)
{
	struct dfut_match match = DFUT_MATCH_INIT;
	struct dfut_device *device = NULL;

	plug_five();
	match.path = "7-7";
	cr_expect(eq(int, dfut_device_find(&device, context, &match), DFUT_ERROR_NOT_FOUND));
	cr_expect(dfut_context_get_error(context)[0] != 0);
}

Test(device_list, tells_twins_apart_by_their_ports)
{
	struct dfut_match match = DFUT_MATCH_INIT;
	struct dfut_device *device = NULL;

	plug("nrf52840-keyboard:serial=", "1-1");
	plug("nrf52840-keyboard:serial=", "1-2");
	cr_expect(eq(int, dfut_device_find(&device, context, NULL), DFUT_ERROR_AMBIGUOUS));
	match.path = "1-2";
	cr_assert(eq(int, dfut_device_find(&device, context, &match), 0));
	cr_expect_str_eq(dfut_device_get_path(device), "1-2");
	dfut_device_unref(device);
}

/* Only the twin that is meant is triggered, and followed while the other leaves and returns at random times. */
Test(device_list, follows_one_of_two_twins, .timeout = 60)
{
	srand(1);
	for (int round = 0; round < 200; round++) {
		struct dfut_match match = DFUT_MATCH_INIT;
		struct dfut_session *session;
		struct dfut_device *device;
		struct dfut_sim_device *twin;
		size_t requests = 0;

		plug("nrf52840-keyboard:serial=", "1-1");
		twin = plug("nrf52840-keyboard:serial=", "1-2");
		match.path = "1-1";
		cr_assert(eq(int, dfut_device_find(&device, context, &match), 0));
		cr_assert(eq(int, dfut_session_new(&session, device), 0));
		cr_assert(eq(int, dfut_session_start_trigger(session), 0));
		while (!dfut_session_has_ended(session)) {
			if (rand() % 4 == 0)
				dfut_sim_device_is_present(twin) ? dfut_sim_device_unplug(twin) : dfut_sim_device_replug(twin);
			dfut_context_dispatch(context, rand() % 50);
		}
		for (size_t i = 0; i < dfut_sim_device_get_record_count(twin); i++)
			requests += dfut_sim_device_get_record(twin, i)->event == DFUT_SIM_EVENT_CONTROL;
		cr_expect(eq(int, dfut_session_get_result(session), 0), "%s", dfut_session_get_message(session));
		cr_expect_str_eq(dfut_device_get_path(dfut_session_get_device(session)), "1-1");
		cr_expect(eq(int, dfut_device_get_mode(dfut_session_get_device(session)), DFUT_MODE_BOOTLOADER));
		cr_expect(eq(sz, requests, 0));
		dfut_session_free(session);
		dfut_device_unref(device);
		stop();
		start();
	}
}

/* Arrivals, changes and departures. */

struct events {
	size_t arrived;
	size_t left;
	struct dfut_device *kept;
};

static void handle_device(enum dfut_device_event event, struct dfut_device *device, void *user_data)
{
	struct events *events = user_data;

	events->arrived += event == DFUT_DEVICE_ARRIVED;
	events->left += event == DFUT_DEVICE_LEFT;
	if (event == DFUT_DEVICE_ARRIVED && !events->kept)
		events->kept = dfut_device_ref(device);
	cr_expect(eq(int, dfut_device_is_present(device), event != DFUT_DEVICE_LEFT));
}

static void dispatch_all(void)
{
	while (dfut_context_dispatch(context, 0) > 0)
		;
}

Test(device_list, tells_of_arrivals_and_departures)
{
	struct events events = { 0 };
	struct dfut_sim_device *board = plug("zephyr:serial=A", NULL);

	dfut_context_set_device_handler(context, handle_device, &events);
	dispatch_all();
	cr_expect(eq(sz, events.arrived, 1));
	plug("nrf52840-keyboard", NULL);
	dispatch_all();
	cr_expect(eq(sz, events.arrived, 2));
	dfut_sim_device_unplug(board);
	dispatch_all();
	cr_expect(eq(sz, events.left, 1));
	/* Its facts stay with whoever holds it. */
	cr_expect(not(dfut_device_is_present(events.kept)));
	cr_expect_str_eq(dfut_device_get_serial_number(events.kept), "A");
	dfut_context_set_device_handler(context, NULL, NULL);
	dfut_sim_device_replug(board);
	dispatch_all();
	cr_expect(eq(sz, events.arrived, 2));
	dfut_device_unref(events.kept);
}

Test(device_list, is_right_after_each_of_200_random_changes)
{
	struct dfut_sim_device *devices[6];
	struct events events = { 0 };
	size_t present = 6;

	srand(2);
	dfut_context_set_device_handler(context, handle_device, &events);
	for (size_t i = 0; i < 6; i++)
		devices[i] = plug(i % 2 ? "nrf52840-keyboard" : "zephyr", NULL);
	for (int round = 0; round < 200; round++) {
		struct dfut_sim_device *device = devices[rand() % 6];

		if (dfut_sim_device_is_present(device))
			dfut_sim_device_unplug(device), present--;
		else
			dfut_sim_device_replug(device), present++;
		dispatch_all();
		cr_expect(eq(sz, count(NULL), present));
		cr_expect(eq(sz, events.arrived - events.left, present));
	}
	dfut_device_unref(events.kept);
}
