/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* Handles on virtual devices: requests, reports, serial ports, touch and reset, and what can go wrong with each. */

#include "bench.h"

TestSuite(handle_calls, .timeout = 60);

static struct dfut_handle *open_at(struct bench *bench, const char *path)
{
	struct dfut_device *device = bench_find(bench, path);
	struct dfut_handle *handle;

	cr_assert(eq(int, dfut_handle_new(&handle, device), 0), "%s", dfut_context_get_error(bench->context));
	dfut_device_unref(device);
	return handle;
}

static struct dfut_handle *start(struct bench *bench, const char *spec)
{
	bench_start(bench, spec);
	return open_at(bench, "1-1");
}

static void stop(struct bench *bench, struct dfut_handle *handle)
{
	dfut_handle_free(handle);
	bench_stop(bench);
}

/* A handle of what it becomes. */
static struct dfut_handle *start_in_bootloader(struct bench *bench, const char *spec)
{
	struct dfut_session *session;

	bench_start(bench, spec);
	session = bench_new_session(bench, "1-1");
	cr_assert(eq(int, dfut_session_start_trigger(session), 0));
	cr_assert(eq(int, bench_run(bench, session, SIZE_MAX, spec), 0), "%s", dfut_session_get_message(session));
	dfut_session_free(session);
	dfut_sim_device_clear_record(bench->device);
	return open_at(bench, "1-1");
}

static void wait_ms(struct bench *bench, unsigned int ms)
{
	uint64_t until_us = dfut_sim_get_time_us(bench->sim) + ms * UINT64_C(1000);

	/* A context that waits for nothing does not wait: a session on nothing would, so small steps do. */
	for (size_t i = 0; i < ROUND_LIMIT && dfut_sim_get_time_us(bench->sim) < until_us; i++)
		dfut_context_dispatch(bench->context, 10);
}

static const struct dfut_sim_record *get_last_record(const struct dfut_sim_device *device, enum dfut_sim_event event)
{
	for (size_t i = dfut_sim_device_get_record_count(device); i > 0; i--)
		if (dfut_sim_device_get_record(device, i - 1)->event == event)
			return dfut_sim_device_get_record(device, i - 1);
	return NULL;
}

/* Control. */

Test(handle_calls, moves_control_transfers_both_ways)
{
	static uint8_t coding[] = { 0x80, 0x25, 0, 0, 0, 0, 8 };
	struct bench bench;
	struct dfut_handle *handle = start(&bench, "leonardo");
	uint8_t data[64] = { 0 };

	cr_expect(eq(int, dfut_handle_control(handle, 0x80, 6, 0x0100, 0, data, sizeof(data), 1000), 18));
	cr_expect(eq(int, data[8] | data[9] << 8, 0x2341));
	/* To an interface: it is claimed by itself. */
	cr_expect(eq(int, dfut_handle_control(handle, 0x21, 0x20, 0, 0, coding, sizeof(coding), 1000), 7));
	memset(data, 0, sizeof(data));
	cr_expect(eq(int, dfut_handle_control(handle, 0xa1, 0x21, 0, 0, data, 7, 1000), 7));
	cr_expect(eq(int, memcmp(data, coding, 7), 0));
	cr_expect(eq(int, dfut_handle_control(handle, 0x21, 0x22, 1, 0, NULL, 0, 1000), 0));
	bench_expect_no_breach(bench.device, "control");
	stop(&bench, handle);
}

Test(handle_calls, tells_a_stall_from_an_answer_that_does_not_come)
{
	struct bench bench;
	struct dfut_handle *handle = start(&bench, "leonardo:fault=timeout@1,fault=unplug@3");
	uint64_t begin_us;
	uint8_t data[8];

	cr_expect(eq(int, dfut_handle_control(handle, 0xc0, 0x55, 0, 0, data, sizeof(data), 1000), DFUT_ERROR_DEVICE));
	bench_expect_words(dfut_context_get_error(bench.context), "stall");
	begin_us = dfut_sim_get_time_us(bench.sim);
	cr_expect(eq(int, dfut_handle_control(handle, 0xa1, 0x21, 0, 0, data, 7, 300), DFUT_ERROR_TIMEOUT));
	cr_expect(ge(u64, dfut_sim_get_time_us(bench.sim) - begin_us, 300000));
	cr_expect(lt(u64, dfut_sim_get_time_us(bench.sim) - begin_us, 310000));
	bench_expect_words(dfut_context_get_error(bench.context), "timeout");
	/* The next one is as good as the first. */
	cr_expect(eq(int, dfut_handle_control(handle, 0xa1, 0x21, 0, 0, data, 7, 300), 7));
	cr_expect(eq(int, dfut_handle_control(handle, 0xa1, 0x21, 0, 0, data, 7, 300), DFUT_ERROR_GONE));
	cr_expect(eq(int, dfut_handle_control(handle, 0xa1, 0x21, 0, 0, data, 7, 300), DFUT_ERROR_GONE));
	bench_expect_words(dfut_context_get_error(bench.context), "gone");
	stop(&bench, handle);
}

Test(handle_calls, resets_the_port)
{
	struct bench bench;
	struct dfut_handle *handle = start(&bench, "leonardo");
	uint8_t data[7];

	cr_expect(eq(int, dfut_handle_reset(handle, 1000), 0), "%s", dfut_context_get_error(bench.context));
	cr_expect(get_last_record(bench.device, DFUT_SIM_EVENT_BUS_RESET) != NULL);
	cr_expect(eq(int, dfut_handle_control(handle, 0xa1, 0x21, 0, 0, data, 7, 300), 7));
	bench_expect_no_breach(bench.device, "reset");
	stop(&bench, handle);
}

Test(handle_calls, says_that_a_device_became_another_by_the_reset)
{
	static const uint8_t enable[] = { 0x55, 0, 0, 0, 0 };
	struct bench bench;
	struct dfut_handle *handle = start_in_bootloader(&bench, "sinowealth-keyboard");

	cr_expect(
		eq(int, dfut_handle_send_report(handle, -1, DFUT_REPORT_FEATURE, 5, enable, sizeof(enable), 1000), 0));
	/* It leaves by the reset; that may be told by this call or by the next. */
	dfut_handle_reset(handle, 1000);
	wait_ms(&bench, 1000);
	cr_expect(eq(int, dfut_handle_reset(handle, 1000), DFUT_ERROR_GONE));
	stop(&bench, handle);
}

/* Reports. */

Test(handle_calls, sends_and_gets_feature_reports_without_numbers)
{
	static const uint8_t get_version[64] = { 1, 0xaa, 0x55 };
	struct bench bench;
	struct dfut_handle *handle = start_in_bootloader(&bench, "sonix-keyboard");
	uint8_t data[64] = { 0 };

	cr_expect(eq(int, dfut_handle_send_report(handle, -1, DFUT_REPORT_FEATURE, 0, get_version, 64, 1000), 0), "%s",
		  dfut_context_get_error(bench.context));
	cr_expect(eq(int, dfut_handle_get_feature_report(handle, 0, 0, data, sizeof(data), 1000), 64), "%s",
		  dfut_context_get_error(bench.context));
	cr_expect(eq(int, data[0], 1));
	cr_expect(eq(int, data[4], 0xfa));
	bench_expect_no_breach(bench.device, "feature");
	stop(&bench, handle);
}

Test(handle_calls, sends_and_gets_feature_reports_with_numbers)
{
	static const uint8_t read[] = { 0x52, 0, 0, 0, 0 };
	struct bench bench;
	struct dfut_handle *handle = start_in_bootloader(&bench, "sinowealth-keyboard");
	uint8_t data[2049];

	memset(data, 0, sizeof(data));
	cr_expect(eq(int, dfut_handle_send_report(handle, -1, DFUT_REPORT_FEATURE, 5, read, sizeof(read), 1000), 0),
		  "%s", dfut_context_get_error(bench.context));
	cr_expect(eq(int, dfut_handle_get_feature_report(handle, -1, 6, data, sizeof(data), 1000), 2049), "%s",
		  dfut_context_get_error(bench.context));
	/* Without the number */
	cr_expect(eq(int, data[0], 0x72));
	cr_expect(eq(int, data[1], 0x02));
	cr_expect(eq(int, data[2048], 0xfe));
	bench_expect_no_breach(bench.device, "feature");
	stop(&bench, handle);
}

Test(handle_calls, sends_output_reports_and_reads_input_reports)
{
	static const uint8_t get_version[32] = { 0x01 };
	struct bench bench;
	struct dfut_handle *handle = start(&bench, "via-keyboard");
	uint8_t data[64] = { 0 };
	uint8_t id = 99;

	cr_expect(eq(int, dfut_handle_send_report(handle, 1, DFUT_REPORT_OUTPUT, 0, get_version, 32, 1000), 0), "%s",
		  dfut_context_get_error(bench.context));
	cr_expect(eq(int, dfut_handle_read_report(handle, 1, &id, data, sizeof(data), 1000), 32), "%s",
		  dfut_context_get_error(bench.context));
	cr_expect(eq(int, id, 0));
	cr_expect(eq(int, data[0], 1));
	cr_expect(eq(int, data[2], 0x0c));
	/* Nothing more comes. */
	cr_expect(eq(int, dfut_handle_read_report(handle, 1, NULL, data, sizeof(data), 200), DFUT_ERROR_TIMEOUT));
	/* The next one is not lost by that. */
	cr_expect(eq(int, dfut_handle_send_report(handle, 1, DFUT_REPORT_OUTPUT, 0, get_version, 32, 1000), 0));
	cr_expect(eq(int, dfut_handle_read_report(handle, 1, NULL, data, sizeof(data), 1000), 32));
	bench_expect_no_breach(bench.device, "output");
	stop(&bench, handle);
}

/* A device with input reports 3 and 7, of which the second is ready. */

static const uint8_t numbered_reports[] = {
	0x05, 0x0c, 0x09, 0x01, 0xa1, 0x01, 0x85, 0x03, 0x75, 0x08, 0x95,
	0x01, 0x81, 0x02, 0x85, 0x07, 0x95, 0x03, 0x81, 0x02, 0xc0,
};
static const uint8_t numbered_descriptors[] = {
	18,   1,    0x00, 0x02, 0,    0,    0,	  64, 0x09, 0x12, 0x07,
	0x0a, 0x00, 0x01, 0,	0,    0,    1,	  9,  2,    34,	  0,
	1,    1,    0,	  0x80, 50,   9,    4,	  0,  0,    1,	  3,
	0,    0,    0,	  9,	0x21, 0x11, 0x01, 0,  1,    0x22, sizeof(numbered_reports),
	0,    7,    5,	  0x81, 3,    64,   0,	  1,
};

static int numbered_create(void *state, struct dfut_sim_device *device)
{
	(void)state;
	(void)device;
	return 0;
}

static uint32_t numbered_start(void *state, enum dfut_sim_start why)
{
	(void)state;
	(void)why;
	return 0;
}

static const char *numbered_get_mode_name(const void *state)
{
	(void)state;
	return "application";
}

static void numbered_describe(const void *state, struct dfut_sim_description *description)
{
	(void)state;
	description->descriptors = numbered_descriptors;
	description->descriptors_size = sizeof(numbered_descriptors);
}

static int numbered_control(void *state, const struct dfut_sim_setup *setup, uint8_t *data)
{
	size_t size = setup->length < sizeof(numbered_reports) ? setup->length : sizeof(numbered_reports);

	(void)state;
	if (setup->request_type != 0x81 || setup->value != 0x2200)
		return DFUT_ERROR_DEVICE;
	memcpy(data, numbered_reports, size);
	return (int)size;
}

static int numbered_send(void *state, uint8_t endpoint, uint8_t *data, size_t room)
{
	static const uint8_t report[] = { 7, 0xa1, 0xa2, 0xa3 };

	(void)state;
	(void)endpoint;
	memcpy(data, report, room < sizeof(report) ? room : sizeof(report));
	return (int)(room < sizeof(report) ? room : sizeof(report));
}

static const struct dfut_sim_model numbered = {
	.size = sizeof(struct dfut_sim_model),
	.name = "numbered",
	.text = "a device with numbered input reports",
	.state_size = 1,
	.create = numbered_create,
	.start = numbered_start,
	.get_mode_name = numbered_get_mode_name,
	.describe = numbered_describe,
	.control = numbered_control,
	.endpoint_send = numbered_send,
};

Test(handle_calls, tells_the_number_of_an_input_report)
{
	struct dfut_handle *handle;
	struct bench bench;
	uint8_t data[8] = { 0 };
	uint8_t id = 0;

	bench_start(&bench, "leonardo");
	cr_assert(eq(int, dfut_sim_add_model(bench.sim, &numbered), 0));
	bench_plug(&bench, "numbered", "1-2");
	handle = open_at(&bench, "1-2");
	cr_expect(eq(int, dfut_handle_read_report(handle, -1, &id, data, sizeof(data), 1000), 3), "%s",
		  dfut_context_get_error(bench.context));
	cr_expect(eq(int, id, 7));
	cr_expect(eq(int, memcmp(data, "\xa1\xa2\xa3\0", 4), 0));
	/* Too little room: what fits */
	memset(data, 0, sizeof(data));
	cr_expect(eq(int, dfut_handle_read_report(handle, 0, &id, data, 2, 1000), 2));
	cr_expect(eq(int, memcmp(data, "\xa1\xa2\0", 3), 0));
	/* None at all: only that one came, and which */
	id = 0;
	cr_expect(eq(int, dfut_handle_read_report(handle, 0, &id, NULL, 0, 1000), 0));
	cr_expect(eq(int, id, 7));
	stop(&bench, handle);
}

Test(handle_calls, brings_a_keyboard_to_its_bootloader_by_hand)
{
	static const uint8_t magic[64] = { 0xaa, 0x55, 0xa5, 0x5a, 0xff, 0x00, 0x33, 0xcc };
	struct bench bench;
	struct dfut_handle *handle = start(&bench, "sonix-keyboard");

	cr_expect(eq(int, dfut_handle_send_report(handle, -1, DFUT_REPORT_FEATURE, 0, magic, sizeof(magic), 1000), 0));
	wait_ms(&bench, 1000);
	cr_expect(bench_is_in_bootloader(bench.device));
	cr_expect(eq(int, dfut_handle_send_report(handle, -1, DFUT_REPORT_FEATURE, 0, magic, sizeof(magic), 1000),
		     DFUT_ERROR_GONE));
	stop(&bench, handle);
}

/* Serial ports. */

Test(handle_calls, talks_to_a_serial_port)
{
	static const struct dfut_line_coding coding = { 57600, 1, 0, 8 };
	struct bench bench;
	struct dfut_handle *handle = start_in_bootloader(&bench, "leonardo:line-state=take");
	const struct dfut_sim_record *record;
	char data[16] = "";
	int result;

	cr_expect(eq(int, dfut_handle_set_line_coding(handle, -1, &coding, 1000), 0), "%s",
		  dfut_context_get_error(bench.context));
	record = get_last_record(bench.device, DFUT_SIM_EVENT_CONTROL);
	cr_assert(record != NULL);
	cr_expect(eq(int, record->request, 0x20));
	cr_expect(eq(int, record->length, 7));
	cr_expect(eq(int, dfut_handle_set_lines(handle, 0, 1, 0, 1000), 0));
	record = get_last_record(bench.device, DFUT_SIM_EVENT_CONTROL);
	cr_expect(eq(int, record->request, 0x22));
	cr_expect(eq(int, record->value, 1));
	/* As they are: nothing is sent. */
	dfut_sim_device_clear_record(bench.device);
	cr_expect(eq(int, dfut_handle_set_lines(handle, 0, -1, -1, 1000), 0));
	cr_expect(eq(sz, dfut_sim_device_get_request_count(bench.device), 0));
	cr_expect(eq(int, dfut_handle_read_serial(handle, 0, data, sizeof(data), 100), DFUT_ERROR_TIMEOUT));
	cr_expect(eq(int, dfut_handle_write_serial(handle, 0, "S", 1, 1000), 1));
	result = dfut_handle_read_serial(handle, 0, data, sizeof(data), 1000);
	cr_expect(eq(int, result, 7), "%s", dfut_context_get_error(bench.context));
	cr_expect(eq(int, memcmp(data, "CATERIN", 7), 0));
	/* In two parts */
	cr_expect(eq(int, dfut_handle_write_serial(handle, -1, "S", 1, 1000), 1));
	cr_expect(eq(int, dfut_handle_read_serial(handle, -1, data, 3, 1000), 3));
	cr_expect(eq(int, dfut_handle_read_serial(handle, -1, data + 3, 10, 1000), 4));
	cr_expect(eq(int, memcmp(data, "CATERIN", 7), 0));
	bench_expect_no_breach(bench.device, "serial");
	stop(&bench, handle);
}

Test(handle_calls, waits_for_ever_but_not_longer_than_the_device_is_there)
{
	struct bench bench;
	struct dfut_handle *handle = start_in_bootloader(&bench, "leonardo");
	uint64_t begin_us = dfut_sim_get_time_us(bench.sim);
	char data[16];

	/* Caterina gives way to the sketch after 8 s. */
	cr_expect(eq(int, dfut_handle_read_serial(handle, -1, data, sizeof(data), 0), DFUT_ERROR_GONE));
	cr_expect(le(u64, dfut_sim_get_time_us(bench.sim) - begin_us, 8100000));
	stop(&bench, handle);
}

Test(handle_calls, touches_a_port)
{
	static const char *const specs[] = { "leonardo",	   "samd",
					     "adafruit-nrf52",	   "pico",
					     "esp32-s2",	   "pico:race=gone",
					     "esp32-s2:race=gone", "adafruit-nrf52:race=gone" };

	for (size_t i = 0; i < COUNT(specs); i++) {
		struct bench bench;
		struct dfut_handle *handle = start(&bench, specs[i]);

		cr_expect(eq(int, dfut_handle_touch(handle, -1, 1200, 5000), 0), "%s: %s", specs[i],
			  dfut_context_get_error(bench.context));
		wait_ms(&bench, 1500);
		cr_expect(bench_has_left_application(bench.device), "%s", specs[i]);
		bench_expect_no_breach(bench.device, specs[i]);
		stop(&bench, handle);
	}
}

/* The port that it has open itself is in nobody's way. */
Test(handle_calls, touches_a_port_that_it_has_open)
{
	struct bench bench;
	struct dfut_handle *handle = start(&bench, "leonardo");

	cr_expect(eq(int, dfut_handle_set_lines(handle, -1, 1, 1, 1000), 0));
	cr_expect(eq(int, dfut_handle_touch(handle, -1, 1200, 5000), 0), "%s", dfut_context_get_error(bench.context));
	wait_ms(&bench, 1500);
	cr_expect(bench_is_in_bootloader(bench.device));
	stop(&bench, handle);
}

Test(handle_calls, takes_as_long_to_open_as_the_device_says)
{
	struct bench bench;
	struct dfut_handle *handle = start(&bench, "leonardo:open-ms=1000,transfer-us=500");
	uint64_t begin_us = dfut_sim_get_time_us(bench.sim);

	cr_expect(eq(int, dfut_handle_set_lines(handle, -1, 1, 0, 10000), 0));
	cr_expect(eq(u64, dfut_sim_get_time_us(bench.sim) - begin_us, 1001000));
	stop(&bench, handle);
}

/* And after a touch without effect it can be used again. */
Test(handle_calls, uses_a_port_again_after_a_touch)
{
	struct bench bench;
	struct dfut_handle *handle = start(&bench, "leonardo:leave=no");

	cr_expect(eq(int, dfut_handle_set_lines(handle, -1, 1, 1, 1000), 0));
	cr_expect(eq(int, dfut_handle_touch(handle, -1, 1200, 5000), 0));
	cr_expect(eq(int, dfut_handle_set_lines(handle, -1, 1, 0, 1000), 0), "%s",
		  dfut_context_get_error(bench.context));
	cr_expect(eq(int, dfut_handle_write_serial(handle, -1, "x", 1, 1000), 1));
	stop(&bench, handle);
}

Test(handle_calls, has_a_port_for_itself)
{
	struct bench bench;
	struct dfut_handle *first = start(&bench, "leonardo");
	struct dfut_handle *second = open_at(&bench, "1-1");

	cr_expect(eq(int, dfut_handle_set_lines(first, -1, 1, 1, 1000), 0));
	cr_expect(eq(int, dfut_handle_set_lines(second, -1, 0, 0, 1000), DFUT_ERROR_BUSY));
	bench_expect_words(dfut_context_get_error(bench.context), "busy");
	cr_expect(eq(int, dfut_handle_touch(second, -1, 1200, 5000), DFUT_ERROR_BUSY));
	bench_expect_words(dfut_context_get_error(bench.context), "busy");
	dfut_handle_free(first);
	cr_expect(eq(int, dfut_handle_set_lines(second, -1, 0, 0, 1000), 0), "%s",
		  dfut_context_get_error(bench.context));
	stop(&bench, second);
}
