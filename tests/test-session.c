/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* Sessions: triggers and their outcomes on the bus, times, counts, many at once. */

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdio.h>
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

TestSuite(session, .init = start, .fini = stop, .timeout = 60);

static struct dfut_sim_device *plug(const char *spec)
{
	struct dfut_sim_device *device;

	cr_assert(eq(int, dfut_sim_plug(&device, sim, spec, NULL), 0), "%s", dfut_sim_get_error(sim));
	return device;
}

/* Whatever is plugged in. */
static struct dfut_device *find(void)
{
	struct dfut_device_list *list;
	struct dfut_device *device;

	cr_assert(eq(int, dfut_device_list_new(&list, context, NULL), 0), "%s", dfut_context_get_error(context));
	cr_assert(eq(sz, dfut_device_list_get_count(list), 1));
	device = dfut_device_ref(dfut_device_list_get(list, 0));
	dfut_device_list_free(list);
	return device;
}

static struct dfut_image *make_image(size_t size)
{
	static uint8_t payload[1 << 20];
	struct dfut_image *image;

	for (size_t i = 0; i < size; i++)
		payload[i] = (uint8_t)(i * 13 + i / 256 + 129);
	cr_assert(eq(int, dfut_image_load_buffer(&image, context, payload, size, 0), 0));
	return image;
}

static int trigger(const char *spec, enum dfut_mode *mode)
{
	struct dfut_device *device;
	struct dfut_session *session;
	int result;

	plug(spec);
	device = find();
	cr_assert(eq(int, dfut_session_new(&session, device), 0));
	cr_assert(eq(int, dfut_session_start_trigger(session), 0));
	result = dfut_session_run(session);
	*mode = dfut_device_get_mode(dfut_session_get_device(session));
	dfut_session_free(session);
	dfut_device_unref(device);
	return result;
}

Test(session, triggers_the_keyboard_though_it_vanishes_before_it_answers)
{
	enum dfut_mode mode;

	cr_assert(eq(int, trigger("nrf52840-keyboard", &mode), 0));
	cr_assert(eq(int, mode, DFUT_MODE_BOOTLOADER));
}

Test(session, falls_back_to_the_device_recipient)
{
	enum dfut_mode mode;

	cr_assert(eq(int, trigger("nrf52840-keyboard:interface-detach=stall", &mode), 0));
	cr_assert(eq(int, mode, DFUT_MODE_BOOTLOADER));
}

Test(session, says_that_a_device_never_left)
{
	enum dfut_mode mode;

	cr_assert(eq(int, trigger("zephyr:leave=no", &mode), DFUT_ERROR_DEVICE));
}

Test(session, says_that_a_device_never_returned)
{
	enum dfut_mode mode;

	cr_assert(eq(int, trigger("zephyr:return=no", &mode), DFUT_ERROR_TIMEOUT));
}

Test(session, says_that_a_device_came_back_as_its_application)
{
	enum dfut_mode mode;

	cr_assert(eq(int, trigger("zephyr:return-as=application", &mode), DFUT_ERROR_MISMATCH));
}

Test(session, says_that_an_absence_is_longer_than_the_deadline)
{
	enum dfut_mode mode;

	cr_assert(eq(int, trigger("zephyr:return-ms=11000", &mode), DFUT_ERROR_TIMEOUT));
}

static uint64_t first_request_after_return_us(const struct dfut_sim_device *device)
{
	uint64_t arrived_us = 0;

	for (size_t i = 0; i < dfut_sim_device_get_record_count(device); i++) {
		const struct dfut_sim_record *record = dfut_sim_device_get_record(device, i);

		if (record->event == DFUT_SIM_EVENT_ARRIVED)
			arrived_us = record->time_us;
		if (record->event == DFUT_SIM_EVENT_LEFT)
			arrived_us = UINT64_MAX;
		if (record->event == DFUT_SIM_EVENT_CONTROL && i > 0 && arrived_us != UINT64_MAX &&
		    record->request != 0)
			return record->time_us - arrived_us;
	}
	return UINT64_MAX;
}

static int update(struct dfut_image *image, enum dfut_verify verify)
{
	struct dfut_device *device = find();
	struct dfut_session *session;
	int result;

	cr_assert(eq(int, dfut_session_new(&session, device), 0));
	dfut_session_set_verify(session, verify);
	result = dfut_session_start_update(session, image);
	if (result == 0)
		result = dfut_session_run(session);
	cr_log_info("%s", dfut_session_get_message(session));
	dfut_session_free(session);
	dfut_device_unref(device);
	return result;
}

static void cancel(struct dfut_session *session, const struct dfut_progress *progress, void *user_data)
{
	(void)progress;
	(void)user_data;
	dfut_session_cancel(session);
}

/* However a job fails, its session says which device that was. */
Test(session, tells_whose_error_it_is)
{
	static const struct {
		const char *spec;
		int (*start)(struct dfut_session *session);
		int expected;
		dfut_progress_handler handler;
		bool refused;
	} cases[] = {
		{ "zephyr", dfut_session_start_probe, DFUT_ERROR_UNSUPPORTED, NULL, true },
		{ "zephyr:leave=no", dfut_session_start_trigger, DFUT_ERROR_DEVICE, NULL, false },
		{ "zephyr:return=no", dfut_session_start_trigger, DFUT_ERROR_TIMEOUT, NULL, false },
		{ "zephyr:return-as=application", dfut_session_start_trigger, DFUT_ERROR_MISMATCH, NULL, false },
		{ "zephyr:access=no", dfut_session_start_trigger, DFUT_ERROR_ACCESS, NULL, false },
		{ "zephyr:access=no", dfut_session_start_diagnose, DFUT_ERROR_ACCESS, NULL, false },
		{ "zephyr", dfut_session_start_trigger, DFUT_ERROR_CANCELLED, cancel, false },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct dfut_sim_device *device = plug(cases[i].spec);
		struct dfut_session *session;
		struct dfut_device *found, *named;
		int result;

		cr_assert(eq(int, dfut_device_find(&found, context, NULL), 0));
		cr_assert(eq(int, dfut_session_new(&session, found), 0));
		dfut_session_set_progress_handler(session, cases[i].handler, NULL);
		result = cases[i].start(session);
		cr_expect(eq(int, result < 0, cases[i].refused), "%s", cases[i].spec);
		result = cases[i].refused ? result : dfut_session_run(session);
		cr_expect(eq(int, result, cases[i].expected), "%s", cases[i].spec);
		named = dfut_session_get_device(session);
		cr_expect(eq(str, (char *)dfut_device_get_path(named), (char *)dfut_device_get_path(found)));
		cr_expect(eq(str, (char *)dfut_device_get_serial_number(named),
			     (char *)dfut_device_get_serial_number(found)));
		cr_expect(dfut_device_get_path(named)[0] && dfut_device_get_serial_number(named)[0]);
		dfut_session_free(session);
		dfut_device_unref(found);
		dfut_sim_device_unplug(device);
		cr_assert(ge(int, dfut_context_dispatch(context, 0), 0));
	}
}

/* With words of the language's own, or those of any session. */
Test(session, says_what_to_do_when_it_is_pulled_out)
{
	static const char *const specs[] = { "dfu:start=bootloader,fault=unplug@0",
					     "dfu:start=bootloader,fault=unplug@5", "nrf52840-keyboard:fault=unplug@0",
					     "leonardo:fault=unplug@0" };

	for (size_t i = 0; i < sizeof(specs) / sizeof(specs[0]); i++) {
		struct dfut_sim_device *device = plug(specs[i]);
		struct dfut_session *session;
		struct dfut_device *found;
		bool is_trigger = i > 1;
		struct dfut_image *image = make_image(1000);

		cr_assert(eq(int, dfut_device_find(&found, context, NULL), 0));
		cr_assert(eq(int, dfut_session_new(&session, found), 0));
		cr_assert(
			eq(int,
			   is_trigger ? dfut_session_start_trigger(session) : dfut_session_start_update(session, image),
			   0));
		cr_expect(eq(int, dfut_session_run(session), DFUT_ERROR_GONE), "%s", specs[i]);
		cr_expect(ne(ptr, strstr(dfut_session_get_hint(session), "plug the device in again and repeat"), NULL),
			  "%s: %s", specs[i], dfut_session_get_hint(session));
		dfut_session_free(session);
		dfut_device_unref(found);
		dfut_image_free(image);
		dfut_sim_device_unplug(device);
		cr_assert(ge(int, dfut_context_dispatch(context, 0), 0));
	}
}

Test(session, asks_the_bootloader_within_50_ms_of_its_return)
{
	static const unsigned int absences[] = { 50, 300, 1000, 3000, 8000 };
	struct dfut_image *image = make_image(1000);

	for (size_t i = 0; i < sizeof(absences) / sizeof(absences[0]); i++) {
		struct dfut_sim_device *device;
		char spec[64];

		snprintf(spec, sizeof(spec), "dfu:return-ms=%u", absences[i]);
		device = plug(spec);
		cr_assert(eq(int, update(image, DFUT_VERIFY_AUTO), 0));
		cr_expect(le(u64, first_request_after_return_us(device), 50000));
		dfut_sim_device_unplug(device);
	}
	dfut_image_free(image);
}

Test(session, needs_two_requests_for_a_block_and_six_around)
{
	struct dfut_sim_device *device = plug("dfu:transfer-size=256,busy=0,reset-returns=application");
	struct dfut_image *image = make_image(256 * 40);
	size_t requests = 0;

	cr_assert(eq(int, update(image, DFUT_VERIFY_NEVER), 0));
	for (size_t i = 0; i < dfut_sim_device_get_record_count(device); i++)
		requests += dfut_sim_device_get_record(device, i)->event == DFUT_SIM_EVENT_CONTROL;
	fprintf(stderr, "%zu control transfers for 40 blocks\n", requests);
	cr_assert(le(sz, requests, 2 * 40 + 6));
	dfut_image_free(image);
}

Test(session, refuses_an_image_larger_than_the_slot_before_the_first_download)
{
	struct dfut_sim_device *device = plug("zephyr:slot-size=8K");
	struct dfut_image *image = make_image(9000);

	cr_assert(eq(int, dfut_image_wrap_mcuboot(image, "2.0.0", 32), 0));
	cr_assert(eq(int, update(image, DFUT_VERIFY_AUTO), DFUT_ERROR_MISMATCH));
	for (size_t i = 0; i < dfut_sim_device_get_record_count(device); i++) {
		const struct dfut_sim_record *record = dfut_sim_device_get_record(device, i);

		cr_expect(not(record->event == DFUT_SIM_EVENT_CONTROL && record->request_type == 0x21 &&
			      record->request == 1));
	}
	dfut_image_free(image);
}

Test(session, sends_nothing_to_a_device_that_the_image_does_not_fit)
{
	struct dfut_sim_device *device = plug("zephyr");
	struct dfut_image *image = make_image(1000);

	cr_assert(eq(int, dfut_image_wrap_mcuboot(image, "2.0.0", 32), 0));
	dfut_image_set_suffix(image, 0x1234, 0x5678, 0xffff);
	cr_assert(eq(int, update(image, DFUT_VERIFY_AUTO), DFUT_ERROR_MISMATCH));
	cr_assert(eq(sz, dfut_sim_device_get_request_count(device), 0));
	dfut_image_free(image);
}

Test(session, names_the_language_that_it_does_not_speak_and_leaves_the_device_alone)
{
	/* An Arduino Uno's port */
	struct dfut_sim_device *device = plug("cdc-board:vid=2341,pid=0043");
	struct dfut_image *image = make_image(1000);

	cr_assert(eq(int, update(image, DFUT_VERIFY_AUTO), DFUT_ERROR_UNSUPPORTED));
	cr_assert(eq(sz, dfut_sim_device_get_request_count(device), 0));
	dfut_image_free(image);
}

static uint64_t flash_many(size_t count)
{
	struct dfut_session *sessions[100];
	struct dfut_image *image = make_image(20000);
	struct dfut_device_list *list;
	uint64_t begin_us;

	for (size_t i = 0; i < count; i++)
		plug("dfu:transfer-size=512,busy=1,poll-ms=5");
	cr_assert(eq(int, dfut_device_list_new(&list, context, NULL), 0));
	cr_assert(eq(sz, dfut_device_list_get_count(list), count));
	begin_us = dfut_sim_get_time_us(sim);
	for (size_t i = 0; i < count; i++) {
		cr_assert(eq(int, dfut_session_new(&sessions[i], dfut_device_list_get(list, i)), 0));
		cr_assert(eq(int, dfut_session_start_update(sessions[i], image), 0));
	}
	for (size_t i = 0; i < count; i++) {
		cr_expect(eq(int, dfut_session_run(sessions[i]), 0));
		cr_expect(eq(int, dfut_session_get_verified(sessions[i]), DFUT_VERIFIED_YES));
	}
	begin_us = dfut_sim_get_time_us(sim) - begin_us;
	for (size_t i = 0; i < count; i++)
		dfut_session_free(sessions[i]);
	dfut_device_list_free(list);
	dfut_image_free(image);
	return begin_us;
}

Test(session, flashes_100_devices_in_about_the_time_of_one)
{
	uint64_t one_us, many_us;

	one_us = flash_many(1);
	stop();
	start();
	many_us = flash_many(100);
	fprintf(stderr, "one device %llu us, 100 devices %llu us\n", (unsigned long long)one_us,
		(unsigned long long)many_us);
	cr_assert(le(u64, many_us, one_us + one_us / 10));
}

Test(session, can_be_started_after_a_start_was_refused)
{
	struct dfut_sim_device *device = plug("zephyr:slot-size=8K");
	struct dfut_image *image = make_image(1000);
	struct dfut_session *session;
	struct dfut_device *found;

	cr_assert(eq(int, dfut_device_find(&found, context, NULL), 0));
	cr_assert(eq(int, dfut_session_new(&session, found), 0));
	cr_assert(eq(int, dfut_image_wrap_mcuboot(image, "2.0.0", 32), 0));
	dfut_image_set_suffix(image, 0x1234, 0x5678, 0xffff);
	cr_expect(eq(int, dfut_session_start_update(session, image), DFUT_ERROR_MISMATCH));
	cr_expect(eq(uint, dfut_session_get_failed_check(session), DFUT_CHECK_IDS));
	cr_expect(eq(int, dfut_session_start_update(session, image), DFUT_ERROR_MISMATCH));
	cr_expect(eq(sz, dfut_session_get_step_count(session), 0));
	dfut_image_free(image);
	/* What it was to do before does not matter any more. */
	cr_assert(eq(int, dfut_session_start_trigger(session), 0));
	cr_expect(eq(int, dfut_session_run(session), 0));
	cr_expect(eq(uint, dfut_session_get_failed_check(session), 0));
	cr_expect(strstr(dfut_session_get_message(session), "bootloader") != NULL, "%s",
		  dfut_session_get_message(session));
	cr_expect(dfut_sim_device_is_present(device));
	dfut_session_free(session);
	dfut_device_unref(found);
}

/* As a program does that shows the plan and asks first. */
Test(session, is_planned_without_being_started)
{
	struct dfut_sim_device *device = plug("zephyr:slot-size=8K,reboot=yes");
	struct dfut_image *image = make_image(1000);
	struct dfut_image *foreign = make_image(1000);
	struct dfut_session *session;
	struct dfut_device *found;
	size_t steps;

	cr_assert(eq(int, dfut_device_find(&found, context, NULL), 0));
	cr_assert(eq(int, dfut_session_new(&session, found), 0));
	cr_assert(eq(int, dfut_image_wrap_mcuboot(image, "2.0.0", 32), 0));
	dfut_image_set_suffix(foreign, 0x1234, 0x5678, 0xffff);
	cr_expect(eq(int, dfut_session_plan_update(session, NULL), DFUT_ERROR_USAGE));
	cr_assert(eq(int, dfut_session_plan_update(session, image), 0));
	steps = dfut_session_get_step_count(session);
	cr_expect(lt(sz, 3, steps));
	/* Nothing is under way: the loop sleeps, and the device is left alone. */
	dfut_context_dispatch(context, 1000);
	cr_expect(eq(int, dfut_context_get_timeout_ms(context), -1));
	cr_expect(eq(int, dfut_session_get_state(session), DFUT_SESSION_NEW));
	cr_expect(eq(sz, dfut_sim_device_get_request_count(device), 0));
	cr_expect(eq(int, dfut_session_run(session), DFUT_ERROR_USAGE));
	cr_expect(eq(int, dfut_session_plan_update(session, foreign), DFUT_ERROR_MISMATCH));
	cr_expect(eq(sz, dfut_session_get_step_count(session), 0));
	dfut_image_free(foreign);
	cr_assert(eq(int, dfut_session_plan_update(session, image), 0));
	cr_assert(eq(int, dfut_session_start_update(session, image), 0));
	cr_expect(eq(sz, dfut_session_get_step_count(session), steps));
	dfut_image_free(image);
	cr_expect(eq(int, dfut_session_run(session), 0), "%s", dfut_session_get_message(session));
	dfut_session_free(session);
	dfut_device_unref(found);
}

Test(session, a_plan_does_not_become_part_of_another_job)
{
	struct dfut_image *image = make_image(1000);
	struct dfut_sim_device *device = plug("zephyr:slot-size=8K");
	struct dfut_session *session;
	struct dfut_device *found;

	cr_assert(eq(int, dfut_device_find(&found, context, NULL), 0));
	cr_assert(eq(int, dfut_session_new(&session, found), 0));
	cr_assert(eq(int, dfut_image_wrap_mcuboot(image, "2.0.0", 32), 0));
	cr_assert(eq(int, dfut_session_plan_update(session, image), 0));
	dfut_image_free(image);
	cr_assert(eq(int, dfut_session_start_trigger(session), 0));
	cr_expect(eq(sz, dfut_session_get_step_count(session), 2));
	cr_expect(eq(int, dfut_session_run(session), 0));
	cr_expect(eq(int, strcmp(dfut_sim_device_get_mode_name(device), "bootloader"), 0));
	dfut_session_free(session);
	dfut_device_unref(found);
}

/* Plans. */

struct phases {
	enum dfut_session_state states[32];
	size_t count;
};

static void note_phase(struct dfut_session *session, const struct dfut_progress *progress, void *user_data)
{
	struct phases *phases = user_data;

	(void)session;
	if (phases->count && phases->states[phases->count - 1] == progress->state)
		return;
	cr_assert(lt(sz, phases->count, 32));
	phases->states[phases->count++] = progress->state;
}

static struct dfut_session *new_session(void)
{
	struct dfut_device *device = find();
	struct dfut_session *session;

	cr_assert(eq(int, dfut_session_new(&session, device), 0));
	dfut_device_unref(device);
	return session;
}

static void expect_plan(struct dfut_session *session, const enum dfut_session_state *states, size_t count,
			uint64_t bytes)
{
	struct dfut_step step;

	cr_expect(eq(int, dfut_session_get_state(session), DFUT_SESSION_NEW));
	cr_assert(eq(sz, dfut_session_get_step_count(session), count));
	for (size_t i = 0; i < count; i++) {
		cr_assert(eq(int, dfut_session_get_step(session, i, &step, sizeof(step)), 0));
		cr_expect(eq(int, step.state, states[i]), "step %zu", i);
		cr_expect(step.text[0] != 0, "step %zu", i);
		cr_expect(lt(u32, 0, step.time_ms), "step %zu", i);
		if (step.state == DFUT_SESSION_DOWNLOADING)
			cr_expect(eq(u64, step.bytes, bytes));
	}
	cr_expect(eq(int, dfut_session_get_step(session, count, &step, sizeof(step)), DFUT_ERROR_NOT_FOUND));
}

Test(session, tells_its_plan_before_anything_is_sent)
{
	static const struct {
		const char *spec;
		enum dfut_verify verify;
		size_t count;
		enum dfut_session_state states[8];
		/* clang-format off */
	} cases[] = {
		{ "zephyr", DFUT_VERIFY_AUTO, 8,
		  { DFUT_SESSION_TRIGGERING, DFUT_SESSION_RETURNING, DFUT_SESSION_MEASURING, DFUT_SESSION_MEASURING,
		    DFUT_SESSION_DOWNLOADING, DFUT_SESSION_MANIFESTING, DFUT_SESSION_VERIFYING, DFUT_SESSION_RESTARTING } },
		{ "dfu", DFUT_VERIFY_AUTO, 6,
		  { DFUT_SESSION_TRIGGERING, DFUT_SESSION_RETURNING, DFUT_SESSION_DOWNLOADING, DFUT_SESSION_MANIFESTING,
		    DFUT_SESSION_VERIFYING, DFUT_SESSION_RESTARTING } },
		{ "dfu:start=bootloader", DFUT_VERIFY_NEVER, 3,
		  { DFUT_SESSION_DOWNLOADING, DFUT_SESSION_MANIFESTING, DFUT_SESSION_RESTARTING } },
	};
	/* clang-format on */

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct dfut_sim_device *device = plug(cases[i].spec);
		struct dfut_image *image = make_image(1000);
		struct dfut_session *session = new_session();

		cr_assert(eq(int, dfut_image_wrap_mcuboot(image, "2.0.0", 32), 0));
		cr_expect(eq(sz, dfut_session_get_step_count(session), 0));
		dfut_session_set_verify(session, cases[i].verify);
		cr_assert(eq(int, dfut_session_start_update(session, image), 0));
		expect_plan(session, cases[i].states, cases[i].count, dfut_image_get_size(image));
		cr_expect(eq(sz, dfut_sim_device_get_request_count(device), 0), "%s", cases[i].spec);
		/* Who only wanted to know the plan goes away. */
		dfut_session_free(session);
		while (dfut_context_dispatch(context, 100) > 0)
			;
		cr_expect(eq(sz, dfut_sim_device_get_request_count(device), 0), "%s", cases[i].spec);
		dfut_image_free(image);
		dfut_sim_device_unplug(device);
	}
}

static int drop(const uint8_t *data, size_t size, void *user_data)
{
	(void)data;
	(void)size;
	(void)user_data;
	return 0;
}

Test(session, tells_the_plan_of_a_trigger_a_probe_and_an_upload)
{
	static const enum dfut_session_state triggering[] = { DFUT_SESSION_TRIGGERING, DFUT_SESSION_RETURNING };
	static const enum dfut_session_state probing[] = { DFUT_SESSION_PROBING };
	static const enum dfut_session_state uploading[] = { DFUT_SESSION_TRIGGERING, DFUT_SESSION_RETURNING,
							     DFUT_SESSION_UPLOADING };
	struct dfut_sim_device *device = plug("nrf52840-keyboard");
	struct dfut_session *session = new_session();

	cr_assert(eq(int, dfut_session_start_trigger(session), 0));
	expect_plan(session, triggering, 2, 0);
	dfut_session_free(session);
	session = new_session();
	cr_assert(eq(int, dfut_session_start_probe(session), 0));
	expect_plan(session, probing, 1, 0);
	dfut_session_free(session);
	cr_expect(eq(sz, dfut_sim_device_get_request_count(device), 0));
	dfut_sim_device_unplug(device);

	device = plug("zephyr");
	session = new_session();
	cr_assert(eq(int, dfut_session_start_upload(session, drop, NULL), 0));
	expect_plan(session, uploading, 3, 0);
	dfut_session_free(session);
	cr_expect(eq(sz, dfut_sim_device_get_request_count(device), 0));
}

Test(session, goes_by_its_plan)
{
	struct phases phases = { 0 };
	struct dfut_image *image = make_image(1000);
	struct dfut_session *session;
	struct dfut_step step;
	size_t at = 0;

	plug("zephyr:stack=new");
	session = new_session();
	cr_assert(eq(int, dfut_image_wrap_mcuboot(image, "2.0.0", 32), 0));
	dfut_session_set_progress_handler(session, note_phase, &phases);
	cr_assert(eq(int, dfut_session_start_update(session, image), 0));
	cr_expect(eq(int, dfut_session_run(session), 0), "%s", dfut_session_get_message(session));
	cr_expect(eq(int, phases.states[phases.count - 1], DFUT_SESSION_DONE));
	for (size_t i = 0; i + 1 < phases.count; i++) {
		/* Leaving and returning are one step. */
		if (phases.states[i] == DFUT_SESSION_LEAVING)
			continue;
		do
			cr_assert(eq(int, dfut_session_get_step(session, at++, &step, sizeof(step)), 0),
				  "%s is not in the plan", dfut_session_state_get_name(phases.states[i]));
		while (step.state != phases.states[i]);
	}
	cr_expect(ge(sz, phases.count, 7));
	dfut_session_free(session);
	dfut_image_free(image);
}

/* What is set, and what is started, once a session was started. */

static void expect_refused(int result, const char *what)
{
	cr_expect(eq(int, result, DFUT_ERROR_USAGE), "%s", what);
	cr_expect(strstr(dfut_context_get_error(context), "was started") != NULL, "%s: %s", what,
		  dfut_context_get_error(context));
}

static void expect_settings_refused(struct dfut_session *session)
{
	expect_refused(dfut_session_set_alternate(session, "1"), "alternate");
	expect_refused(dfut_session_set_interface(session, 1, 0), "interface");
	expect_refused(dfut_session_set_trigger(session, "dfu-detach"), "trigger");
	expect_refused(dfut_session_set_trigger_request(session, 0x40, 1, 0, 0, NULL, 0), "trigger_request");
	expect_refused(dfut_session_set_trigger_report(session, -1, DFUT_REPORT_FEATURE, 1, NULL, 0), "trigger_report");
	expect_refused(dfut_session_set_trigger_touch(session, -1, 1200), "trigger_touch");
	expect_refused(dfut_session_set_bootloader_ids(session, 1, 2), "bootloader_ids");
	expect_refused(dfut_session_set_detach_timeout_ms(session, 1), "detach_timeout_ms");
	expect_refused(dfut_session_set_return_timeout_ms(session, 1), "return_timeout_ms");
	expect_refused(dfut_session_set_verify(session, DFUT_VERIFY_NEVER), "verify");
	expect_refused(dfut_session_set_erase(session, DFUT_ERASE_MASS), "erase");
	expect_refused(dfut_session_set_confirm(session, false), "confirm");
	expect_refused(dfut_session_set_restart(session, DFUT_RESTART_NEVER), "restart");
	expect_refused(dfut_session_set_force(session, DFUT_CHECK_IDS), "force");
	expect_refused(dfut_session_set_upload_size(session, 1), "upload_size");
	expect_refused(dfut_session_set_transfer_size(session, 64), "transfer_size");
	expect_refused(dfut_session_set_address(session, 0), "address");
	expect_refused(dfut_session_set_part(session, "atmega32u4"), "part");
	expect_refused(dfut_session_set_volume(session, "/"), "volume");
}

Test(session, keeps_what_was_set_before_its_start)
{
	struct dfut_sim_device *zephyr = plug("zephyr");
	struct dfut_image *image = make_image(4096);
	struct dfut_device *device = find();
	struct dfut_session *session;

	cr_assert(eq(int, dfut_image_wrap_mcuboot(image, "1.0.0", 0x200), 0));
	cr_assert(eq(int, dfut_session_new(&session, device), 0));
	cr_expect(eq(int, dfut_session_set_alternate(session, "1"), 0));
	cr_expect(eq(int, dfut_session_set_verify(session, DFUT_VERIFY_ALWAYS), 0));
	/* A plan may be made anew with other settings. */
	cr_expect(eq(int, dfut_session_plan_update(session, image), 0), "%s", dfut_session_get_message(session));
	cr_expect(eq(int, dfut_session_set_alternate(session, "slot1_image"), 0));
	cr_expect(eq(int, dfut_session_start_update(session, image), 0), "%s", dfut_session_get_message(session));
	expect_settings_refused(session);
	dfut_context_dispatch(context, 1);
	expect_settings_refused(session);
	cr_expect(eq(str, (char *)dfut_session_get_message(session), (char *)""));
	cr_expect(eq(int, dfut_session_run(session), 0), "%s", dfut_session_get_message(session));
	cr_expect(eq(int, dfut_session_get_verified(session), DFUT_VERIFIED_YES));
	expect_settings_refused(session);
	cr_expect(eq(int, dfut_session_get_error_code(session), 0));
	cr_expect(eq(sz, dfut_sim_device_get_breach_count(zephyr), 0));
	dfut_session_free(session);
	dfut_device_unref(device);
	dfut_image_free(image);
}

Test(session, null_is_nobody)
{
	struct dfut_session *session;
	struct dfut_handle *handle;

	dfut_context_free(NULL);
	dfut_device_list_free(NULL);
	dfut_image_free(NULL);
	dfut_session_free(NULL);
	dfut_handle_free(NULL);
	dfut_device_unref(NULL);
	dfut_session_cancel(NULL);
	cr_expect(eq(ptr, dfut_device_ref(NULL), NULL));
	cr_expect(eq(int, dfut_session_new(&session, NULL), DFUT_ERROR_USAGE));
	cr_expect(eq(ptr, session, NULL));
	cr_expect(eq(int, dfut_handle_new(&handle, NULL), DFUT_ERROR_USAGE));
	cr_expect(eq(ptr, handle, NULL));
}

Test(session, sends_nothing_if_it_was_cancelled_before_its_start)
{
	struct dfut_sim_device *zephyr = plug("zephyr");
	struct dfut_device *device = find();
	struct dfut_session *session;

	cr_assert(eq(int, dfut_session_new(&session, device), 0));
	dfut_session_cancel(session);
	cr_expect(not(dfut_session_has_ended(session)));
	cr_expect(eq(int, dfut_session_run(session), DFUT_ERROR_USAGE));
	cr_expect(eq(int, dfut_session_start_trigger(session), 0));
	cr_expect(eq(int, dfut_session_run(session), DFUT_ERROR_CANCELLED));
	cr_expect(eq(int, dfut_session_get_state(session), DFUT_SESSION_CANCELLED));
	cr_expect(eq(str, (char *)dfut_session_get_message(session), (char *)"cancelled before anything was sent"));
	cr_expect(eq(sz, dfut_sim_device_get_request_count(zephyr), 0));
	dfut_session_cancel(session);
	dfut_session_cancel(NULL);
	cr_expect(eq(int, dfut_session_get_result(session), DFUT_ERROR_CANCELLED));
	dfut_session_free(session);
	dfut_device_unref(device);
}
