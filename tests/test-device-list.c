/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* Lists of devices, which ones are meant, and who is told when they come, change and go. */

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dfutrigger-sim.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define EVENT_LIMIT 1000
#define ANY DFUT_MATCH_ANY

static struct dfut_context *context;
static struct dfut_sim *sim;

/* What the handler was told. */
static struct {
	enum dfut_device_event event;
	struct dfut_device *device;
	char path[32];
} told[EVENT_LIMIT];
static size_t told_count;

static void start(void)
{
	cr_assert(eq(int, dfut_context_new(&context), 0));
	cr_assert(eq(int, dfut_sim_new(&sim, DFUT_SIM_CLOCK_VIRTUAL), 0));
	cr_assert(eq(int, dfut_sim_add_to_context(sim, context), 0));
}

static void forget_told(void)
{
	for (size_t i = 0; i < told_count; i++)
		dfut_device_unref(told[i].device);
	told_count = 0;
}

static void stop(void)
{
	forget_told();
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

static struct dfut_device_list *list(const struct dfut_match *match)
{
	struct dfut_device_list *devices;

	cr_assert(eq(int, dfut_device_list_new(&devices, context, match), 0), "%s", dfut_context_get_error(context));
	return devices;
}

static void expect_text(const char *text, const char *expected)
{
	cr_expect(strcmp(text, expected) == 0, "\"%s\" instead of \"%s\"", text, expected);
}

static void dispatch_all(void)
{
	while (dfut_context_dispatch(context, 0) > 0)
		;
}

/* Lets time pass on the virtual clock. */
static void wait_ms(unsigned int time_ms)
{
	uint64_t until_us = dfut_sim_get_time_us(sim) + time_ms * UINT64_C(1000);

	while (dfut_sim_get_time_us(sim) < until_us)
		dfut_context_dispatch(context, (int)((until_us - dfut_sim_get_time_us(sim) + 999) / 1000));
}

/* Lists. */

Test(device_list, is_empty_without_devices)
{
	struct dfut_device_list *devices = list(NULL);

	cr_expect(eq(sz, dfut_device_list_get_count(devices), 0));
	cr_expect(dfut_device_list_get(devices, 0) == NULL);
	dfut_device_list_free(devices);
}

Test(device_list, tells_the_facts_of_each_device)
{
	struct dfut_device_list *devices;
	const struct dfut_device *device;
	size_t size;

	plug("nrf52840-keyboard:serial=ABC", "3-1.2");
	plug("zephyr", NULL);
	devices = list(NULL);
	cr_assert(eq(sz, dfut_device_list_get_count(devices), 2));
	device = dfut_device_list_get(devices, 1);
	cr_expect(eq(int, dfut_device_get_vendor_id(device), 0x1915));
	cr_expect(eq(int, dfut_device_get_product_id(device), 0x520f));
	expect_text(dfut_device_get_path(device), "3-1.2");
	cr_expect(eq(int, (int)dfut_device_get_bus_number(device), 3));
	expect_text(dfut_device_get_serial_number(device), "ABC");
	expect_text(dfut_device_get_product(device), "27x2 Mitosis");
	cr_expect(eq(int, dfut_device_get_mode(device), DFUT_MODE_APPLICATION));
	expect_text(dfut_device_get_trigger_name(device, 0), "nordic-dfu-trigger");
	cr_expect(dfut_device_get_trigger_name(device, 1) == NULL);
	cr_expect(dfut_device_get_descriptors(device, &size) != NULL);
	cr_expect(lt(sz, 18, size));
	cr_expect(dfut_device_is_present(device));
	cr_expect(dfut_device_list_get(devices, 2) == NULL);
	dfut_device_list_free(devices);
}

Test(device_list, keeps_its_devices_when_they_and_the_context_are_gone)
{
	struct dfut_sim_device *virtual = plug("zephyr:serial=S1", "1-1");
	struct dfut_device_list *devices = list(NULL);
	struct dfut_device_list *after;

	dfut_sim_device_unplug(virtual);
	after = list(NULL);
	cr_expect(eq(sz, dfut_device_list_get_count(after), 0));
	cr_expect(not(dfut_device_is_present(dfut_device_list_get(devices, 0))));
	dfut_device_list_free(after);
	dfut_context_free(context);
	context = NULL;
	expect_text(dfut_device_get_serial_number(dfut_device_list_get(devices, 0)), "S1");
	dfut_device_list_free(devices);
}

/* Matching. */

#define KEYBOARD 1
#define KEYBOARD_BOOTLOADER 2
#define ZEPHYR 4
#define DFU_BOOTLOADER 8
#define DFU 16
#define STRANGER 32
#define APPLICATIONS (KEYBOARD | ZEPHYR | DFU)
#define ALL (APPLICATIONS | KEYBOARD_BOOTLOADER | DFU_BOOTLOADER | STRANGER)

static const char *const ports[] = { "1-1", "1-2", "1-3", "1-4", "2-1.4", "2-2" };

static void plug_six(void)
{
	plug("nrf52840-keyboard", ports[0]);
	plug("nrf52840-keyboard:press=reset,serial=KB2", ports[1]);
	plug("zephyr:serial=Z1", ports[2]);
	plug("dfu:start=bootloader,alternates=3,names=flash/eeprom/ram,serial=D1", ports[3]);
	plug("dfu:serial=D2", ports[4]);
	plug("dfu:runtime=no,serial=X", ports[5]);
	/* The second keyboard's button takes a moment. */
	wait_ms(1000);
}

static unsigned int find_fitting(const struct dfut_match *match)
{
	struct dfut_device_list *devices = list(match);
	unsigned int found = 0;

	for (size_t i = 0; i < dfut_device_list_get_count(devices); i++)
		for (size_t port = 0; port < COUNT(ports); port++)
			if (strcmp(dfut_device_get_path(dfut_device_list_get(devices, i)), ports[port]) == 0)
				found |= 1u << port;
	dfut_device_list_free(devices);
	return found;
}

static void expect_ids(int vendor, int product, int bootloader_vendor, int bootloader_product, unsigned int expected)
{
	struct dfut_match match = DFUT_MATCH_INIT;

	match.vendor_id = vendor;
	match.product_id = product;
	match.bootloader_vendor_id = bootloader_vendor;
	match.bootloader_product_id = bootloader_product;
	cr_expect(eq(uint, find_fitting(&match), expected), "%x:%x,%x:%x", vendor, product, bootloader_vendor,
		  bootloader_product);
}

Test(device_list, matches_ids_of_which_any_half_may_be_left_out)
{
	struct dfut_match match = DFUT_MATCH_INIT;

	plug_six();
	cr_expect(eq(uint, find_fitting(NULL), ALL));
	cr_expect(eq(uint, find_fitting(&match), ALL));
	expect_ids(0x1915, ANY, ANY, ANY, KEYBOARD | KEYBOARD_BOOTLOADER);
	expect_ids(ANY, 0x520f, ANY, ANY, KEYBOARD);
	/* What the table expects of these ids is meant, too; and a bootloader may be named by its own. */
	expect_ids(0x1915, 0x520f, ANY, ANY, KEYBOARD | KEYBOARD_BOOTLOADER);
	expect_ids(0x1915, 0x521f, ANY, ANY, KEYBOARD_BOOTLOADER);
	expect_ids(0x2fe3, ANY, ANY, ANY, ZEPHYR);
	expect_ids(0x1234, 0x5678, ANY, ANY, 0);
	/* 0 and 0xffff are ids like others. */
	expect_ids(0, ANY, ANY, ANY, 0);
	expect_ids(0xffff, ANY, ANY, ANY, 0);
}

Test(device_list, matches_a_pair_of_ids_for_application_and_bootloader)
{
	plug_six();
	expect_ids(0x1915, 0x520f, 0x1915, 0x521f, KEYBOARD | KEYBOARD_BOOTLOADER);
	expect_ids(0x1915, 0x520f, 0x1234, 0x5678, KEYBOARD);
	expect_ids(0x1234, 0x5678, 0x1915, 0x521f, KEYBOARD_BOOTLOADER);
	expect_ids(0x1234, 0x5678, 0x1915, ANY, KEYBOARD_BOOTLOADER);
	expect_ids(0x1234, 0x5678, ANY, 0x521f, KEYBOARD_BOOTLOADER);
	expect_ids(0x1915, ANY, ANY, 0x521f, KEYBOARD | KEYBOARD_BOOTLOADER);
	expect_ids(ANY, ANY, 0x1915, 0x521f, APPLICATIONS | STRANGER | KEYBOARD_BOOTLOADER);
}

Test(device_list, matches_a_port)
{
	struct dfut_match match = DFUT_MATCH_INIT;

	plug_six();
	for (size_t i = 0; i < COUNT(ports); i++) {
		match.path = ports[i];
		cr_expect(eq(uint, find_fitting(&match), 1u << i), "%s", ports[i]);
	}
	match.path = "1-40";
	cr_expect(eq(uint, find_fitting(&match), 0));
	/* A port is not the hub that it belongs to. */
	match.path = "2-1";
	cr_expect(eq(uint, find_fitting(&match), 0));
}

static void expect_serials(const char *serial, const char *bootloader_serial, unsigned int expected)
{
	struct dfut_match match = DFUT_MATCH_INIT;

	match.serial_number = serial;
	match.bootloader_serial_number = bootloader_serial;
	cr_expect(eq(uint, find_fitting(&match), expected), "%s,%s", serial ? serial : "-",
		  bootloader_serial ? bootloader_serial : "-");
}

Test(device_list, matches_a_serial_number_or_a_pair_of_them)
{
	plug_six();
	expect_serials("D1", NULL, DFU_BOOTLOADER);
	expect_serials("D2", NULL, DFU);
	expect_serials("d2", NULL, 0);
	expect_serials("D", NULL, 0);
	expect_serials("Z1", "D1", ZEPHYR | DFU_BOOTLOADER);
	expect_serials("D1", "KB2", KEYBOARD_BOOTLOADER);
	expect_serials(NULL, "KB2", APPLICATIONS | STRANGER | KEYBOARD_BOOTLOADER);
}

Test(device_list, matches_an_alternate_setting_by_name_or_number)
{
	static const struct {
		const char *alternate;
		unsigned int expected;
	} cases[] = {
		/* An application may have it later. */
		{ "flash", APPLICATIONS | DFU_BOOTLOADER },
		{ "eeprom", APPLICATIONS | DFU_BOOTLOADER },
		{ "ram", APPLICATIONS | DFU_BOOTLOADER },
		{ "0", APPLICATIONS | DFU_BOOTLOADER },
		{ "2", APPLICATIONS | DFU_BOOTLOADER },
		{ "3", APPLICATIONS },
		{ "Flash", APPLICATIONS },
		{ "", APPLICATIONS },
		{ "-1", APPLICATIONS },
		{ "256", APPLICATIONS },
	};
	struct dfut_match match = DFUT_MATCH_INIT;

	plug_six();
	for (size_t i = 0; i < COUNT(cases); i++) {
		match.alternate = cases[i].alternate;
		cr_expect(eq(uint, find_fitting(&match), cases[i].expected), "\"%s\"", cases[i].alternate);
	}
}

Test(device_list, matches_a_mode)
{
	struct dfut_match match = DFUT_MATCH_INIT;

	plug_six();
	match.mode = DFUT_MODE_APPLICATION;
	cr_expect(eq(uint, find_fitting(&match), APPLICATIONS));
	match.mode = DFUT_MODE_BOOTLOADER;
	cr_expect(eq(uint, find_fitting(&match), KEYBOARD_BOOTLOADER | DFU_BOOTLOADER));
}

Test(device_list, matches_only_what_fits_all_conditions)
{
	struct dfut_match match = DFUT_MATCH_INIT;

	plug_six();
	match.vendor_id = 0x1915;
	match.mode = DFUT_MODE_BOOTLOADER;
	cr_expect(eq(uint, find_fitting(&match), KEYBOARD_BOOTLOADER));
	match.path = ports[0];
	cr_expect(eq(uint, find_fitting(&match), 0));
	match.mode = DFUT_MODE_APPLICATION;
	match.serial_number = "CC5B702828B2";
	cr_expect(eq(uint, find_fitting(&match), KEYBOARD));
}

Test(device_list, refuses_a_match_that_was_not_initialised)
{
	struct dfut_match match = { 0 };
	struct dfut_device_list *devices;
	struct dfut_device *device;

	cr_expect(eq(int, dfut_device_list_new(&devices, context, &match), DFUT_ERROR_USAGE));
	cr_expect(devices == NULL);
	cr_expect(strstr(dfut_context_get_error(context), "DFUT_MATCH_INIT") != NULL);
	cr_expect(eq(int, dfut_device_find(&device, context, &match), DFUT_ERROR_USAGE));
	cr_expect(device == NULL);
}

/* Cast to 16 bits, these would be the ids of a keyboard. */
Test(device_list, refuses_what_no_device_can_have)
{
	static const struct {
		int vendor, product, boot_vendor, boot_product, configuration, interface;
	} rows[] = {
		{ 0x11915, 0x520f, -1, -1, -1, -1 }, { 0x1915, 0x1520f, -1, -1, -1, -1 },
		{ -1, -1, 0x11915, -1, -1, -1 },     { -1, -1, -1, 0x1521f, -1, -1 },
		{ -2, -1, -1, -1, -1, -1 },	     { -1, -1, -1, -1, 256, -1 },
		{ -1, -1, -1, -1, -1, -2 },
	};
	struct dfut_device_list *devices;
	struct dfut_device *device;

	plug_six();
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct dfut_match match = DFUT_MATCH_INIT;

		match.vendor_id = rows[i].vendor;
		match.product_id = rows[i].product;
		match.bootloader_vendor_id = rows[i].boot_vendor;
		match.bootloader_product_id = rows[i].boot_product;
		match.configuration = rows[i].configuration;
		match.interface_number = rows[i].interface;
		cr_expect(eq(int, dfut_device_list_new(&devices, context, &match), DFUT_ERROR_USAGE), "row %zu", i);
		cr_expect(devices == NULL);
		cr_expect(eq(int, dfut_device_find(&device, context, &match), DFUT_ERROR_USAGE), "row %zu", i);
		cr_expect(strstr(dfut_context_get_error(context), "no device has such ") != NULL);
		cr_expect(device == NULL);
	}
}

/* Finding the one that is meant. */

static int find(const struct dfut_match *match, char *path)
{
	struct dfut_device *device;
	int result = dfut_device_find(&device, context, match);

	cr_expect(eq(int, result == 0, device != NULL));
	snprintf(path, 32, "%s", device ? dfut_device_get_path(device) : "");
	dfut_device_unref(device);
	return result;
}

Test(device_list, names_every_candidate_of_an_ambiguous_match)
{
	char path[32];

	plug_six();
	cr_assert(eq(int, find(NULL, path), DFUT_ERROR_AMBIGUOUS));
	for (size_t i = 0; i < 4; i++)
		cr_expect(strstr(dfut_context_get_error(context), ports[i]) != NULL, "%s: %s", ports[i],
			  dfut_context_get_error(context));
	/* Nobody means an application of no known product, or a device that can't be updated. */
	cr_expect(strstr(dfut_context_get_error(context), ports[4]) == NULL);
	cr_expect(strstr(dfut_context_get_error(context), ports[5]) == NULL);
	cr_expect(strstr(dfut_context_get_error(context), "4 devices") != NULL);
	cr_expect(strstr(dfut_context_get_error(context), "1915:521f") != NULL);
	cr_expect(strstr(dfut_context_get_error(context), "KB2") != NULL);
	cr_expect(strstr(dfut_context_get_error(context), "bootloader") != NULL);
	cr_expect(dfut_context_get_hint(context)[0] != 0);
}

Test(device_list, says_how_many_fit_also_when_they_are_too_many_to_name)
{
	char path[32];

	for (int i = 0; i < 60; i++)
		plug("dfu:start=bootloader", NULL);
	cr_assert(eq(int, find(NULL, path), DFUT_ERROR_AMBIGUOUS));
	cr_expect(strstr(dfut_context_get_error(context), "60 devices") != NULL);
	cr_expect(lt(sz, strlen(dfut_context_get_error(context)), 1024));
}

Test(device_list, says_that_nothing_fits)
{
	struct dfut_match match = DFUT_MATCH_INIT;
	char path[32];

	cr_expect(eq(int, find(NULL, path), DFUT_ERROR_NOT_FOUND));
	cr_expect(dfut_context_get_error(context)[0] != 0);
	cr_expect(dfut_context_get_hint(context)[0] != 0);
	plug_six();
	match.path = "9-9";
	cr_expect(eq(int, find(&match, path), DFUT_ERROR_NOT_FOUND));
	cr_expect(dfut_context_get_error(context)[0] != 0);
}

Test(device_list, finds_a_stranger_only_when_it_is_named)
{
	struct dfut_match match = DFUT_MATCH_INIT;
	char path[32];

	plug("dfu:runtime=no,serial=X", "1-1");
	cr_expect(eq(int, find(NULL, path), DFUT_ERROR_NOT_FOUND));
	match.serial_number = "X";
	cr_expect(eq(int, find(&match, path), 0));
	match.serial_number = NULL;
	match.path = "1-1";
	cr_expect(eq(int, find(&match, path), 0));
	expect_text(path, "1-1");
}

Test(device_list, tells_twins_without_serial_numbers_apart_by_their_ports)
{
	struct dfut_sim_device *virtual[] = { plug("dfu:serial=", "1-1.1"), plug("dfu:serial=", "1-1.2") };
	struct dfut_match match = DFUT_MATCH_INIT;
	struct dfut_device *device;
	struct dfut_session *session;
	char path[32];

	match.vendor_id = 0x1209;
	cr_expect(eq(int, find(&match, path), DFUT_ERROR_AMBIGUOUS));
	cr_expect(strstr(dfut_context_get_error(context), "1-1.1") != NULL);
	cr_expect(strstr(dfut_context_get_error(context), "1-1.2") != NULL);
	match.path = "1-1.2";
	cr_assert(eq(int, dfut_device_find(&device, context, &match), 0));
	expect_text(dfut_device_get_serial_number(device), "");
	cr_assert(eq(int, dfut_session_new(&session, device), 0));
	cr_assert(eq(int, dfut_session_start_trigger(session), 0));
	cr_expect(eq(int, dfut_session_run(session), 0));
	expect_text(dfut_device_get_path(dfut_session_get_device(session)), "1-1.2");
	expect_text(dfut_sim_device_get_mode_name(virtual[1]), "bootloader");
	expect_text(dfut_sim_device_get_mode_name(virtual[0]), "application");
	cr_expect(eq(sz, dfut_sim_device_get_request_count(virtual[0]), 0));
	dfut_session_free(session);
	dfut_device_unref(device);
}

/* Told of arrivals, changes and departures. */

static void keep(enum dfut_device_event event, struct dfut_device *device, void *user_data)
{
	cr_expect(eq(ptr, user_data, &told_count));
	cr_assert(lt(sz, told_count, EVENT_LIMIT));
	cr_expect(eq(int, dfut_device_is_present(device), event != DFUT_DEVICE_LEFT));
	told[told_count].event = event;
	told[told_count].device = dfut_device_ref(device);
	snprintf(told[told_count++].path, sizeof(told[0].path), "%s", dfut_device_get_path(device));
}

static void expect_told(size_t index, enum dfut_device_event event, const char *path)
{
	cr_assert(lt(sz, index, told_count));
	cr_expect(eq(int, told[index].event, event), "%zu", index);
	expect_text(told[index].path, path);
}

Test(device_list, tells_of_those_that_are_there_then_of_those_that_come_and_go)
{
	struct dfut_sim_device *first = plug("zephyr", "1-1");
	struct dfut_sim_device *second = plug("dfu:serial=S2", "1-2");

	/* Known already, or not: it makes no difference. */
	dfut_device_list_free(list(NULL));
	dfut_context_set_device_handler(context, keep, &told_count);
	cr_expect(eq(sz, told_count, 0));
	cr_expect(eq(int, dfut_context_get_timeout_ms(context), 0));
	dispatch_all();
	cr_assert(eq(sz, told_count, 2));
	expect_told(0, DFUT_DEVICE_ARRIVED, "1-1");
	expect_told(1, DFUT_DEVICE_ARRIVED, "1-2");
	dispatch_all();
	cr_expect(eq(sz, told_count, 2));

	dfut_sim_device_unplug(second);
	dispatch_all();
	plug("nrf52840-keyboard", "1-3");
	dispatch_all();
	dfut_sim_device_unplug(first);
	dispatch_all();
	dfut_sim_device_replug(second);
	dispatch_all();
	cr_assert(eq(sz, told_count, 6));
	expect_told(2, DFUT_DEVICE_LEFT, "1-2");
	expect_told(3, DFUT_DEVICE_ARRIVED, "1-3");
	expect_told(4, DFUT_DEVICE_LEFT, "1-1");
	expect_told(5, DFUT_DEVICE_ARRIVED, "1-2");
	/* It is told of with the object that arrived, which lives on; who comes back is another. */
	cr_expect(eq(ptr, told[2].device, told[1].device));
	cr_expect(ne(ptr, told[5].device, told[1].device));
	expect_text(dfut_device_get_serial_number(told[2].device), "S2");
	cr_expect(not(dfut_device_is_present(told[2].device)));
	cr_expect(eq(int, dfut_device_diagnose(told[2].device), DFUT_ERROR_GONE));

	dfut_context_set_device_handler(context, NULL, NULL);
	dfut_sim_device_unplug(second);
	dispatch_all();
	cr_expect(eq(sz, told_count, 6));
}

Test(device_list, tells_of_a_trigger_as_a_departure_and_an_arrival)
{
	struct dfut_session *session;

	plug("nrf52840-keyboard", "1-1");
	dfut_context_set_device_handler(context, keep, &told_count);
	dispatch_all();
	cr_assert(eq(sz, told_count, 1));
	cr_assert(eq(int, dfut_session_new(&session, told[0].device), 0));
	cr_assert(eq(int, dfut_session_start_trigger(session), 0));
	cr_expect(eq(int, dfut_session_run(session), 0));
	cr_assert(eq(sz, told_count, 3));
	expect_told(1, DFUT_DEVICE_LEFT, "1-1");
	expect_told(2, DFUT_DEVICE_ARRIVED, "1-1");
	cr_expect(eq(ptr, told[2].device, dfut_session_get_device(session)));
	cr_expect(eq(int, dfut_device_get_mode(told[2].device), DFUT_MODE_BOOTLOADER));
	/* A session with a device that left can't be started any more. */
	dfut_session_free(session);
	cr_assert(eq(int, dfut_session_new(&session, told[0].device), 0));
	cr_expect(eq(int, dfut_session_start_trigger(session), DFUT_ERROR_GONE));
	dfut_session_free(session);
}

/* A bus whose devices are what the test says. */

#define LAB_SIZE 4

static struct {
	struct dfut_bus *bus;
	bool present[LAB_SIZE];
	bool is_named[LAB_SIZE];
	bool broken[LAB_SIZE];
	size_t broken_size;
	bool has_one_path;
	bool has_no_path;
	const char *serial;
	int scan_result;
	bool scanning;
	bool scanned_inside;
	const char *name;
	bool is_application;
} lab;

static int lab_start(void *self, struct dfut_bus *bus)
{
	(void)self;
	lab.bus = bus;
	return 0;
}

static void lab_stop(void *self)
{
	(void)self;
}

static void lab_report(size_t index)
{
	static const char *const paths[LAB_SIZE] = { "7-1", "7-2", "7-3", "7-4" };
	const uint8_t descriptors[] = {
		0x12,
		0x01,
		0x00,
		0x02,
		0x00,
		0x00,
		0x00,
		0x40,
		0x09,
		0x12,
		0x01,
		0x00,
		0x00,
		0x01,
		0x00,
		0x02,
		lab.serial ? 0x03 : 0x00,
		0x01,
		0x09,
		0x02,
		0x1b,
		0x00,
		0x01,
		0x01,
		0x00,
		0x80,
		0x32,
		0x09,
		0x04,
		0x00,
		0x00,
		0x00,
		0xfe,
		0x01,
		lab.is_application ? 0x01 : 0x02,
		0x00,
		0x09,
		0x21,
		0x03,
		0xe8,
		0x03,
		0x40,
		0x00,
		0x10,
		0x01,
	};
	const struct dfut_string names[] = { { 2, lab.name ? lab.name : "board" }, { 3, lab.serial } };
	struct dfut_device_facts facts = {
		.size = sizeof(facts),
		.instance = index + 1,
		.path = lab.has_no_path	 ? NULL :
			lab.has_one_path ? paths[0] :
					   paths[index],
		.bus_number = 7,
		.configuration = 1,
		.descriptors = descriptors,
		.descriptors_size = lab.broken[index] ? lab.broken_size : sizeof(descriptors),
		.strings = names,
		.string_count = lab.is_named[index] ? COUNT(names) : 0,
	};

	/* A bus may end its scan with an error, and one bad device is none. */
	cr_expect(eq(int, dfut_bus_report(lab.bus, &facts), 0));
}

static int lab_scan(void *self, bool may_block)
{
	(void)self;
	(void)may_block;
	lab.scanned_inside = lab.scanned_inside || lab.scanning;
	lab.scanning = true;
	for (size_t i = 0; i < LAB_SIZE; i++)
		if (lab.present[i])
			lab_report(i);
	lab.scanning = false;
	return lab.scan_result;
}

static int lab_connect(void *self, uint64_t instance, const struct dfut_transport_ops **ops, void **transport)
{
	(void)self;
	(void)instance;
	(void)ops;
	(void)transport;
	return DFUT_ERROR_ACCESS;
}

static const struct dfut_bus_ops lab_ops = {
	.size = sizeof(struct dfut_bus_ops),
	.name = "lab",
	.start = lab_start,
	.stop = lab_stop,
	.scan = lab_scan,
	.connect = lab_connect,
};

static void add_lab(void)
{
	memset(&lab, 0, sizeof(lab));
	cr_assert(eq(int, dfut_context_add_bus(context, &lab_ops, NULL), 0));
}

static void rescan(void)
{
	dfut_bus_changed(lab.bus);
	dispatch_all();
}

Test(device_list, tells_of_a_change_with_a_new_object)
{
	struct dfut_device_list *devices;

	add_lab();
	lab.present[0] = true;
	lab.present[1] = true;
	dfut_context_set_device_handler(context, keep, &told_count);
	dispatch_all();
	cr_assert(eq(sz, told_count, 2));
	lab.is_named[0] = true;
	rescan();
	cr_assert(eq(sz, told_count, 3));
	expect_told(2, DFUT_DEVICE_CHANGED, "7-1");
	cr_expect(ne(ptr, told[2].device, told[0].device));
	cr_expect(not(dfut_device_is_present(told[0].device)));
	cr_expect(dfut_device_is_present(told[2].device));
	expect_text(dfut_device_get_product(told[0].device), "");
	expect_text(dfut_device_get_product(told[2].device), "board");
	devices = list(NULL);
	cr_assert(eq(sz, dfut_device_list_get_count(devices), 2));
	cr_expect(eq(ptr, dfut_device_list_get(devices, 0), told[2].device));
	dfut_device_list_free(devices);
	rescan();
	cr_expect(eq(sz, told_count, 3));
}

Test(device_list, has_an_id_that_stays_when_it_re_enumerates)
{
	struct dfut_sim_device *first = plug("nrf52840-keyboard", "1-1");
	struct dfut_session *session;
	const char *id;

	plug("nrf52840-keyboard", "1-2");
	dfut_context_set_device_handler(context, keep, &told_count);
	dispatch_all();
	cr_assert(eq(sz, told_count, 2));
	id = dfut_device_get_id(told[0].device);
	cr_expect(strcmp(id, dfut_device_get_id(told[1].device)) != 0);
	cr_assert(eq(int, dfut_session_new(&session, told[0].device), 0));
	cr_assert(eq(int, dfut_session_start_trigger(session), 0));
	cr_expect(eq(int, dfut_session_run(session), 0));
	expect_text(dfut_device_get_id(dfut_session_get_device(session)), id);
	dfut_session_free(session);
	dfut_sim_device_unplug(first);
	dispatch_all();
	dfut_sim_device_replug(first);
	dispatch_all();
	cr_assert(eq(sz, told_count, 6));
	expect_told(5, DFUT_DEVICE_ARRIVED, "1-1");
	expect_text(dfut_device_get_id(told[5].device), id);
	/* The same port of another bus is another one. */
	add_lab();
	lab.has_one_path = true;
	lab.present[0] = true;
	rescan();
	cr_assert(eq(sz, told_count, 7));
	cr_expect(strcmp(dfut_device_get_id(told[6].device), "1/7-1") == 0, "%s", dfut_device_get_id(told[6].device));
}

/* Of device 0: what it is known by where the system tells no port. */
static const char *get_lab_id(size_t index, const char *serial)
{
	memset(lab.present, 0, sizeof(lab.present));
	rescan();
	lab.serial = serial;
	lab.present[index] = true;
	lab.is_named[index] = serial != NULL;
	rescan();
	return dfut_device_get_id(told[told_count - 1].device);
}

Test(device_list, has_an_id_by_its_serial_number_where_no_port_is_told)
{
	add_lab();
	lab.has_no_path = true;
	dfut_context_set_device_handler(context, keep, &told_count);
	expect_text(get_lab_id(0, "S1"), get_lab_id(1, "S1"));
	cr_expect(strcmp(get_lab_id(0, "S1"), get_lab_id(1, "S2")) != 0);
	cr_expect(strcmp(get_lab_id(0, NULL), get_lab_id(1, NULL)) != 0);
}

static void keep_line(enum dfut_log_level level, const char *text, void *user_data)
{
	(void)level;
	snprintf(user_data, 64, "%s", text);
}

/* What a device calls itself does nothing to a terminal. */
Test(device_list, cleans_what_devices_tell)
{
	struct dfut_device_list *devices;
	char line[64] = "";

	add_lab();
	lab.present[0] = true;
	lab.is_named[0] = true;
	lab.name = "Board\xc2\x9b\n\xe2\x80\xae\xed\xa0\x80";
	dfut_context_set_log_handler(context, DFUT_LOG_INFO, keep_line, line);
	devices = list(NULL);
	cr_assert(eq(sz, dfut_device_list_get_count(devices), 1));
	expect_text(dfut_device_get_product(dfut_device_list_get(devices, 0)), "Board??????");
	expect_text(line, "1209:0001 \"Board??????\" at 7-1 is there");
	dfut_device_list_free(devices);
}

Test(device_list, leaves_a_device_out_whose_descriptors_are_nonsense)
{
	struct dfut_device_list *devices;
	char line[64] = "";

	add_lab();
	lab.present[0] = true;
	lab.present[1] = true;
	lab.broken[0] = true;
	dfut_context_set_log_handler(context, DFUT_LOG_WARNING, keep_line, line);
	for (size_t size = 0; size < 18; size++) {
		lab.broken_size = size;
		devices = list(NULL);
		cr_assert(eq(sz, dfut_device_list_get_count(devices), 1), "%zu bytes", size);
		expect_text(dfut_device_get_path(dfut_device_list_get(devices, 0)), "7-2");
		cr_expect(strncmp(line, "the device at 7-1 is left out", 29) == 0, "%s", line);
		dfut_device_list_free(devices);
	}
}

Test(device_list, one_that_becomes_nonsense_has_left)
{
	struct dfut_device_list *devices;

	add_lab();
	lab.present[0] = true;
	lab.present[1] = true;
	devices = list(NULL);
	cr_expect(eq(sz, dfut_device_list_get_count(devices), 2));
	dfut_device_list_free(devices);
	lab.broken[1] = true;
	devices = list(NULL);
	cr_expect(eq(sz, dfut_device_list_get_count(devices), 1));
	dfut_device_list_free(devices);
}

Test(device_list, tells_all_that_have_the_same_place)
{
	struct dfut_device_list *devices;

	add_lab();
	lab.has_one_path = true;
	lab.present[0] = lab.present[1] = lab.present[2] = true;
	devices = list(NULL);
	cr_expect(eq(sz, dfut_device_list_get_count(devices), 3));
	dfut_device_list_free(devices);
}

Test(device_list, keeps_what_it_knows_when_a_bus_breaks_and_says_so)
{
	struct dfut_device_list *devices;

	add_lab();
	lab.present[0] = true;
	dfut_context_set_device_handler(context, keep, &told_count);
	dispatch_all();
	lab.present[0] = false;
	lab.scan_result = DFUT_ERROR_IO;
	cr_expect(eq(int, dfut_device_list_new(&devices, context, NULL), DFUT_ERROR_IO));
	cr_expect(devices == NULL);
	cr_expect(dfut_context_get_error(context)[0] != 0);
	cr_expect(eq(sz, told_count, 1));
}

static int say_nothing(void *self, uint64_t instance, enum dfut_link link, uint8_t channel)
{
	(void)self;
	(void)instance;
	(void)link;
	(void)channel;
	return DFUT_ERROR_BUSY;
}

/* The code of a bus counts, whether it has words for it or not. */
Test(device_list, a_bus_that_diagnoses_without_words_is_believed)
{
	struct dfut_bus_ops ops = lab_ops;
	struct dfut_device_list *devices;

	ops.diagnose = say_nothing;
	memset(&lab, 0, sizeof(lab));
	cr_assert(eq(int, dfut_context_add_bus(context, &ops, NULL), 0));
	for (int i = 0; i < 2; i++) {
		lab.present[0] = true;
		lab.is_application = i == 1;
		devices = list(NULL);
		cr_assert(eq(sz, dfut_device_list_get_count(devices), 1));
		cr_expect(eq(sz, dfut_device_get_trigger_count(dfut_device_list_get(devices, 0)), i));
		cr_expect(eq(int, dfut_device_diagnose(dfut_device_list_get(devices, 0)), DFUT_ERROR_BUSY));
		cr_expect(eq(int, dfut_context_get_error_code(context), DFUT_ERROR_BUSY));
		cr_expect(dfut_context_get_error(context)[0] != 0);
		dfut_device_list_free(devices);
	}
}

static size_t listed;

static void list_again(enum dfut_device_event event, struct dfut_device *device, void *user_data)
{
	struct dfut_device_list *devices = list(NULL);
	bool found = false;

	(void)user_data;
	for (size_t i = 0; i < dfut_device_list_get_count(devices); i++)
		found = found || dfut_device_list_get(devices, i) == device;
	cr_expect(eq(int, found, event != DFUT_DEVICE_LEFT));
	dfut_device_list_free(devices);
	listed++;
	/* A neighbour goes while this one is told of. */
	lab.present[0] = false;
}

Test(device_list, may_be_asked_for_from_the_handler)
{
	add_lab();
	dfut_context_set_device_handler(context, list_again, NULL);
	dispatch_all();
	for (int i = 0; i < LAB_SIZE; i++)
		lab.present[i] = true;
	rescan();
	cr_expect(eq(sz, listed, LAB_SIZE));
	lab.present[0] = true;
	lab.present[1] = false;
	lab.present[2] = false;
	rescan();
	rescan();
	cr_expect(ge(sz, listed, LAB_SIZE + 3));
	cr_expect(not(lab.scanned_inside));
}

/* Many. */

static uint32_t next_random(void)
{
	static uint32_t value = 20261121;

	value ^= value << 13;
	value ^= value >> 17;
	value ^= value << 5;
	return value;
}

static bool is_listed(const struct dfut_device_list *devices, const char *path)
{
	size_t count = 0;

	for (size_t i = 0; i < dfut_device_list_get_count(devices); i++)
		count += strcmp(dfut_device_get_path(dfut_device_list_get(devices, i)), path) == 0;
	cr_expect(le(sz, count, 1));
	return count == 1;
}

/* Where each port stands according to what was told. */
static bool was_told_present(const char *path)
{
	for (size_t i = told_count; i > 0; i--)
		if (strcmp(told[i - 1].path, path) == 0)
			return told[i - 1].event != DFUT_DEVICE_LEFT;
	return false;
}

Test(device_list, is_right_after_each_of_200_arrivals_and_departures)
{
	static const char *const specs[] = { "dfu", "zephyr", "nrf52840-keyboard", "dfu:serial=", "dfu:runtime=no" };
	struct dfut_sim_device *virtual[12];
	char paths[COUNT(virtual)][16];
	struct dfut_device_list *devices;

	for (size_t i = 0; i < COUNT(virtual); i++) {
		snprintf(paths[i], sizeof(paths[i]), "1-%zu", i + 1);
		virtual[i] = plug(specs[i % COUNT(specs)], paths[i]);
	}
	dfut_context_set_device_handler(context, keep, &told_count);
	dispatch_all();
	for (int round = 0; round < 200; round++) {
		size_t which = next_random() % COUNT(virtual);
		size_t count = 0;

		if (dfut_sim_device_is_present(virtual[which]))
			dfut_sim_device_unplug(virtual[which]);
		else
			dfut_sim_device_replug(virtual[which]);
		/* The list looks itself; with the handler it makes no difference who looked. */
		if (next_random() % 2)
			dispatch_all();
		devices = list(NULL);
		for (size_t i = 0; i < COUNT(virtual); i++) {
			bool present = dfut_sim_device_is_present(virtual[i]);

			cr_assert(eq(int, is_listed(devices, paths[i]), present), "round %d, %s", round, paths[i]);
			cr_assert(eq(int, was_told_present(paths[i]), present), "round %d, %s", round, paths[i]);
			count += present;
		}
		cr_assert(eq(sz, dfut_device_list_get_count(devices), count), "round %d", round);
		dfut_device_list_free(devices);
	}
	/* One event for each change, after those for the devices that were there. */
	cr_expect(eq(sz, told_count, COUNT(virtual) + 200));
}
