/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* Whether a device can be updated, asked from an event loop; and the line of a hint that is to be copied. */

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <string.h>

#include "dfutrigger-sim.h"
#include "base/base.h"

static struct dfut_context *context;
static struct dfut_sim *sim;
static struct dfut_sim_device *device;

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

TestSuite(diagnose, .init = start, .fini = stop, .timeout = 60);

static struct dfut_session *new_session(const char *spec)
{
	struct dfut_match match = DFUT_MATCH_INIT;
	struct dfut_device *found;
	struct dfut_session *session;

	cr_assert(eq(int, dfut_sim_plug(&device, sim, spec, "1-7"), 0), "%s", dfut_sim_get_error(sim));
	match.path = "1-7";
	cr_assert(eq(int, dfut_device_find(&found, context, &match), 0), "%s", dfut_context_get_error(context));
	cr_assert(eq(int, dfut_session_new(&session, found), 0));
	dfut_device_unref(found);
	return session;
}

/* Nothing but what the system itself asks reaches the device. */
static void expect_untouched(void)
{
	cr_expect(eq(sz, dfut_sim_device_get_request_count(device), 0));
	cr_expect(eq(sz, dfut_sim_device_get_breach_count(device), 0));
}

static void expect_good(const char *spec)
{
	struct dfut_session *session = new_session(spec);

	cr_assert(eq(int, dfut_session_start_diagnose(session), 0), "%s", dfut_session_get_message(session));
	cr_expect(eq(sz, dfut_session_get_step_count(session), 1));
	cr_expect(eq(int, dfut_session_run(session), 0), "%s", dfut_session_get_message(session));
	cr_expect(eq(int, dfut_session_get_state(session), DFUT_SESSION_DONE));
	cr_expect(strstr(dfut_session_get_message(session), " can be updated") != NULL);
	cr_expect(eq(int, strcmp(dfut_session_get_hint(session), ""), 0));
	expect_untouched();
	dfut_session_free(session);
}

Test(diagnose, an_application_with_dfu)
{
	expect_good("zephyr");
}

Test(diagnose, a_bootloader)
{
	expect_good("dfu:start=bootloader");
}

Test(diagnose, a_headset_that_a_report_triggers)
{
	expect_good("jabra");
}

static void expect_refused(const char *spec, const char *bootloader)
{
	struct dfut_session *session = new_session(spec);
	const char *line;

	cr_assert(eq(int, dfut_session_start_diagnose(session), 0), "%s", dfut_session_get_message(session));
	cr_expect(eq(int, dfut_session_run(session), DFUT_ERROR_ACCESS));
	cr_expect(eq(int, dfut_session_get_state(session), DFUT_SESSION_FAILED));
	cr_expect(strstr(dfut_session_get_message(session), "no permission to open /dev/") != NULL);
	line = dfut_session_get_hint_line(session);
	cr_expect(eq(int, strncmp(line, "printf '\\n%s\\n' 'SUBSYSTEM==\"usb\", ATTR{idVendor}==\"", 51), 0), "%s",
		  line);
	cr_expect(lt(sz, strlen(line), strlen(dfut_session_get_hint(session))));
	cr_expect(eq(int, strcmp(strstr(dfut_session_get_hint(session), "printf"), line), 0));
	/* The bootloader's rule is for later, or there is none to add. */
	cr_expect(eq(int, strstr(line, " && printf ") != NULL, *bootloader != 0), "%s", line);
	cr_expect(strstr(line, bootloader) != NULL, "%s", line);
	expect_untouched();
	dfut_session_free(session);
}

Test(diagnose, no_permission_tells_the_rule)
{
	expect_refused("zephyr:access=no", "71-dfutrigger-2fe3-ffff.rules");
}

Test(diagnose, no_permission_for_a_bootloader)
{
	expect_refused("stm32f405:access=no", "");
}

Test(diagnose, no_permission_for_a_node)
{
	expect_refused("jabra:access=no", "71-dfutrigger-0b0e-0411.rules");
}

/* udev's rules run after the device is there: what was plugged in meanwhile is given time, and no more than it needs. */
static void expect_wait(const char *spec, int expected, uint64_t least_ms, uint64_t most_ms)
{
	struct dfut_device_list *list;
	struct dfut_session *session;
	uint64_t begin_us;

	cr_assert(eq(int, dfut_device_list_new(&list, context, NULL), 0));
	dfut_device_list_free(list);
	session = new_session(spec);
	begin_us = dfut_sim_get_time_us(sim);
	cr_assert(eq(int, dfut_session_start_diagnose(session), 0), "%s", dfut_session_get_message(session));
	cr_expect(eq(int, dfut_session_run(session), expected), "%s", dfut_session_get_message(session));
	cr_expect(ge(u64, dfut_sim_get_time_us(sim) - begin_us, least_ms * 1000));
	cr_expect(le(u64, dfut_sim_get_time_us(sim) - begin_us, most_ms * 1000));
	cr_expect(eq(int, dfut_session_get_hint(session)[0] != 0, expected < 0));
	dfut_session_free(session);
}

Test(diagnose, permission_for_a_node_that_comes_late)
{
	expect_wait("jabra:access-ms=300", 0, 290, 330);
}

Test(diagnose, permission_that_comes_late)
{
	expect_wait("zephyr:access-ms=300", 0, 290, 330);
}

Test(diagnose, permission_for_a_node_that_does_not_come)
{
	expect_wait("jabra:access=no", DFUT_ERROR_ACCESS, 1900, 2100);
}

Test(diagnose, permission_that_does_not_come)
{
	expect_wait("zephyr:access=no", DFUT_ERROR_ACCESS, 1900, 2100);
}

/* It was there before us, so that udev has had its time. */
Test(diagnose, permission_that_is_not_there)
{
	struct dfut_session *session = new_session("jabra:access=no");
	uint64_t begin_us = dfut_sim_get_time_us(sim);

	cr_assert(eq(int, dfut_session_start_diagnose(session), 0));
	cr_expect(eq(int, dfut_session_run(session), DFUT_ERROR_ACCESS));
	cr_expect(lt(u64, dfut_sim_get_time_us(sim) - begin_us, 50000));
	dfut_session_free(session);
}

Test(diagnose, an_update_without_permission_tells_the_same)
{
	struct dfut_session *session = new_session("zephyr:access=no");

	cr_assert(eq(int, dfut_session_start_trigger(session), 0));
	cr_expect(eq(int, dfut_session_run(session), DFUT_ERROR_ACCESS));
	cr_expect(eq(int, strncmp(dfut_session_get_hint_line(session), "printf '", 8), 0));
	dfut_session_free(session);
}

/* Who can open the application only would be stranded: it is said before anything is sent. */
Test(diagnose, a_bootloader_that_will_be_closed_is_told_with_the_rule)
{
	struct dfut_session *session = new_session("zephyr:access=application");

	cr_assert(eq(int, dfut_session_start_diagnose(session), 0), "%s", dfut_session_get_message(session));
	cr_expect(eq(int, dfut_session_run(session), 0), "%s", dfut_session_get_message(session));
	cr_expect(strstr(dfut_session_get_message(session), " can be updated") != NULL);
	cr_expect(strstr(dfut_session_get_hint(session), "no udev rule gives this user its bootloader") != NULL);
	cr_expect(strstr(dfut_session_get_hint_line(session), "71-dfutrigger-2fe3-ffff.rules") != NULL);
	cr_expect(eq(int, dfut_device_diagnose(dfut_session_get_device(session)), 0));
	cr_expect(strstr(dfut_context_get_hint_line(context), "71-dfutrigger-2fe3-ffff.rules") != NULL);
	cr_expect(eq(int, strcmp(dfut_context_get_error(context), ""), 0));
	dfut_session_free(session);
}

/* Its ids show later; most have the DFU class. */
Test(diagnose, a_bootloader_of_which_no_ids_are_known_is_told_by_its_class)
{
	struct dfut_session *session = new_session("via-keyboard:access=application");

	cr_expect(eq(int, dfut_device_diagnose(dfut_session_get_device(session)), 0));
	cr_expect(strstr(dfut_context_get_hint(context), "no udev rule gives this user its bootloader") != NULL);
	cr_expect(strstr(dfut_context_get_hint_line(context), "fe0102") != NULL, "%s",
		  dfut_context_get_hint_line(context));
	expect_untouched();
	dfut_session_free(session);
}

Test(diagnose, a_plan_tells_of_the_bootloader_whose_ids_were_given)
{
	struct dfut_session *session = new_session("cdc-board:access=application");
	struct dfut_step step;

	cr_assert(eq(int, dfut_session_set_trigger_touch(session, -1, 1200), 0));
	dfut_session_set_bootloader_ids(session, 0x1209, 0x0006);
	cr_assert(eq(int, dfut_session_start_trigger(session), 0), "%s", dfut_session_get_message(session));
	cr_assert(eq(int, dfut_session_get_step(session, 0, &step, sizeof(step)), 0));
	cr_expect(strstr(step.text, "71-dfutrigger-1209-0006.rules && sudo udevadm control --reload") != NULL, "%s",
		  step.text);
	expect_untouched();
	dfut_session_free(session);
}

Test(diagnose, a_plan_tells_of_the_bootloader_that_will_be_closed)
{
	struct dfut_session *session = new_session("zephyr:access=application");
	struct dfut_step step;

	cr_assert(eq(int, dfut_session_start_trigger(session), 0));
	cr_assert(eq(int, dfut_session_get_step(session, 0, &step, sizeof(step)), 0));
	cr_expect(strstr(step.text, "no udev rule gives this user its bootloader; add one") != NULL, "%s", step.text);
	cr_expect(strstr(step.text, "71-dfutrigger-2fe3-ffff.rules && sudo udevadm control --reload") != NULL, "%s",
		  step.text);
	expect_untouched();
	dfut_session_free(session);
}

Test(diagnose, a_bootloader_that_speaks_another_language_is_refused_at_once)
{
	struct dfut_session *session = new_session("webcam:vid=273f,pid=1001");

	cr_expect(eq(int, dfut_session_start_diagnose(session), DFUT_ERROR_UNSUPPORTED));
	cr_expect(dfut_session_get_message(session)[0] != 0);
	cr_expect(eq(sz, dfut_session_get_step_count(session), 0));
	dfut_session_free(session);
}

Test(diagnose, a_device_that_leaves_meanwhile)
{
	struct dfut_session *session = new_session("zephyr");

	cr_assert(eq(int, dfut_session_start_diagnose(session), 0));
	dfut_sim_device_unplug(device);
	cr_expect(eq(int, dfut_session_run(session), DFUT_ERROR_GONE));
	cr_expect(dfut_session_get_message(session)[0] != 0);
	dfut_session_free(session);
	cr_assert(eq(int, dfut_sim_device_is_present(device), false));
}

Test(diagnose, can_be_cancelled)
{
	struct dfut_session *session = new_session("zephyr:open-ms=3000");
	uint64_t begin_us;

	cr_assert(eq(int, dfut_session_start_diagnose(session), 0));
	dfut_context_dispatch(context, 0);
	cr_expect(eq(int, dfut_session_get_state(session), DFUT_SESSION_DIAGNOSING));
	begin_us = dfut_sim_get_time_us(sim);
	dfut_session_cancel(session);
	cr_expect(eq(int, dfut_session_run(session), DFUT_ERROR_CANCELLED));
	cr_expect(lt(u64, dfut_sim_get_time_us(sim) - begin_us, 50000));
	dfut_session_free(session);
}

Test(diagnose, a_line_that_does_not_fit_is_left_out)
{
	struct dfut_failure failure = { 0 };
	char text[sizeof(failure.hint)];

	memset(text, 'a', sizeof(text));
	text[sizeof(text) - 1] = '\0';
	dfut_hint(&failure, "%.*s", (int)sizeof(text) - 5, text);
	dfut_hint_line(&failure, "bcde");
	cr_expect(eq(sz, strlen(failure.hint), sizeof(text) - 5));
	cr_expect(eq(int, strcmp(dfut_failure_get_line(&failure), ""), 0));
	dfut_hint_line(&failure, "bcd");
	cr_expect(eq(int, strcmp(dfut_failure_get_line(&failure), "bcd"), 0));
	dfut_hint(&failure, "another");
	cr_expect(eq(int, strcmp(dfut_failure_get_line(&failure), ""), 0));
	dfut_hint_line(&failure, "line");
	cr_expect(eq(int, strcmp(failure.hint, "another line"), 0));
	dfut_failure_clear(&failure);
	cr_expect(eq(int, strcmp(dfut_failure_get_line(&failure), ""), 0));
}

/* Who has it. */

static void expect_holder(struct dfut_device *found, int number, const char *driver, const char *programs)
{
	struct dfut_holder holder;

	memset(&holder, 0xff, sizeof(holder));
	cr_assert(eq(int, dfut_device_get_holder(found, number, &holder, sizeof(holder)), 0));
	cr_expect(eq(str, holder.driver, (char *)driver), "interface %d", number);
	cr_expect(eq(str, holder.programs, (char *)programs), "interface %d", number);
}

Test(diagnose, holders_are_told_of_each_interface)
{
	struct dfut_session *session = new_session("nrf52840-keyboard:holder=modem-manager");
	struct dfut_device *found = dfut_session_get_device(session);
	struct dfut_holder holder;

	expect_holder(found, -1, "", "");
	expect_holder(found, 0, "usbhid", "");
	expect_holder(found, 1, "cdc_acm", "ModemManager (process 311)");
	expect_holder(found, 2, "cdc_acm", "");
	cr_expect(eq(int, dfut_device_get_holder(found, 9, &holder, sizeof(holder)), DFUT_ERROR_NOT_FOUND));
	cr_expect(eq(int, dfut_device_get_holder(found, -2, &holder, sizeof(holder)), DFUT_ERROR_NOT_FOUND));
	expect_untouched();
	dfut_sim_device_unplug(device);
	cr_assert(ge(int, dfut_context_dispatch(context, 0), 0));
	cr_expect(eq(int, dfut_device_get_holder(found, 0, &holder, sizeof(holder)), DFUT_ERROR_GONE));
	dfut_session_free(session);
}

Test(diagnose, what_the_table_knows_has_a_title)
{
	struct dfut_session *session = new_session("zephyr");

	cr_expect(eq(str, (char *)dfut_device_get_title(dfut_session_get_device(session)),
		     (char *)"Zephyr USB DFU sample"));
	dfut_session_free(session);
}

Test(diagnose, what_it_does_not_know_has_none)
{
	struct dfut_session *session = new_session("cdc-board");

	cr_expect(eq(str, (char *)dfut_device_get_title(dfut_session_get_device(session)), (char *)""));
	dfut_session_free(session);
}
