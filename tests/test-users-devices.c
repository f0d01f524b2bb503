/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* Devices that only a user's file knows: all kinds of triggers, on virtual devices with ids of no built-in entry. */

#include "bench.h"

TestSuite(users_devices, .timeout = 60);

#define FILE_WITH(entry) "{\"format\": 1, \"devices\": [" entry "]}"

static const struct user {
	const char *spec;
	const char *file;
	const char *trigger;
	bool in_place;
} users[] = {
	{ .spec = "pico:vid=1209,pid=0a01,baud=no",
	  .trigger = "my-request",
	  .file = FILE_WITH(
		  "{\"name\": \"mine\", \"application\": [{\"ids\": [\"1209:0a01\"], \"interface\": \"ff/00/01\"}],"
		  "\"bootloader\": [{\"ids\": [\"2e8a:0003\"]}], \"protocol\": \"uf2\","
		  "\"triggers\": [{\"name\": \"my-request\", \"interface\": \"ff/00/01\", \"request_type\": \"21\","
		  "\"request\": \"01\", \"value\": \"0000\", \"index\": \"interface\"}]}") },
	/* The interface by its number */
	{ .spec = "pico:vid=1209,pid=0a01,baud=no",
	  .trigger = "my-request",
	  .file = FILE_WITH("{\"name\": \"mine\", \"application\": [{\"ids\": [\"1209:0a01\"]}],"
			    "\"bootloader\": [{\"ids\": [\"2e8a:0003\"]}],"
			    "\"triggers\": [{\"name\": \"my-request\", \"request_type\": \"21\","
			    "\"request\": \"01\", \"index\": \"0002\"}]}") },
	{ .spec = "sonix-keyboard:vid=1209,pid=0a02",
	  .trigger = "my-report",
	  .file = FILE_WITH("{\"name\": \"mine\", \"application\": [{\"ids\": [\"1209:0a02\"],"
			    "\"report\": {\"type\": \"feature\", \"size\": 64}}],"
			    "\"bootloader\": [{\"ids\": [\"0c45:7040\"]}],"
			    "\"triggers\": [{\"name\": \"my-report\", \"report\": \"feature\","
			    "\"data\": \"aa55a55aff0033cc\", \"size\": 64}]}") },
	/* Zeros follow up to what the device declares. */
	{ .spec = "sonix-keyboard:vid=1209,pid=0a02,interface=0",
	  .trigger = "my-report",
	  .file = FILE_WITH("{\"name\": \"mine\", \"application\": [{\"ids\": [\"1209:*\"]}],"
			    "\"bootloader\": [{\"ids\": [\"0c45:7040\"]}],"
			    "\"triggers\": [{\"name\": \"my-report\", \"report\": \"feature\","
			    "\"data\": \"AA55A55AFF0033CC\"}]}") },
	{ .spec = "sinowealth-keyboard:vid=1209,pid=0a03",
	  .trigger = "my-numbered-report",
	  .file = FILE_WITH(
		  "{\"name\": \"mine\", \"application\": [{\"ids\": [\"1209:0a00-0a0f\"],"
		  "\"usage\": \"ff00/01\", \"report\": {\"type\": \"feature\", \"id\": \"05\", \"size\": 5}}],"
		  "\"bootloader\": [{\"ids\": [\"0603:1020\"]}],"
		  "\"triggers\": [{\"name\": \"my-numbered-report\", \"report\": \"feature\", \"id\": \"5\","
		  "\"usage\": \"ff00/01\", \"number\": 1, \"data\": \"75\"}]}") },
	{ .spec = "via-keyboard:vid=1209,pid=0a04",
	  .trigger = "my-output-report",
	  .file = FILE_WITH("{\"name\": \"mine\", \"application\": [{\"ids\": [\"1209:0a04\"],"
			    "\"product\": \"Virtual VIA keyboard\", \"manufacturer\": \"QMK\"}],"
			    "\"bootloader\": [{\"ids\": [\"03eb:2ff4\"]}],"
			    "\"triggers\": [{\"name\": \"my-output-report\", \"report\": \"output\","
			    "\"usage\": \"ff60/61\", \"data\": \"0b\", \"size\": 32,"
			    "\"reply\": {\"at\": 0, \"accepted\": \"0b\"}}]}") },
	{ .spec = "leonardo:vid=1209,pid=0a05",
	  .trigger = "my-touch",
	  .file = FILE_WITH("{\"name\": \"mine\", \"application\": [{\"ids\": [\"1209:0a05\"]}],"
			    "\"bootloader\": [{\"ids\": [\"2341:0036\"]}],"
			    "\"triggers\": [{\"name\": \"my-touch\", \"touch\": 1200, \"number\": 0}]}") },
	{ .spec = "samd:vid=1209,pid=0a05",
	  .trigger = "touch-1200",
	  .file = FILE_WITH("{\"name\": \"mine\", \"application\": [{\"ids\": [\"1209:0a05\"]}],"
			    "\"bootloader\": [{\"ids\": [\"2341:004d\"]}], \"triggers\": [\"touch-1200\"]}") },
	{ .spec = "teensy:type=serial,vid=1209,pid=0a06",
	  .trigger = "my-touch",
	  .file = FILE_WITH("{\"name\": \"mine\", \"application\": [{\"ids\": [\"1209:0a06\"]}],"
			    "\"bootloader\": [{\"ids\": [\"16c0:0478\"]}],"
			    "\"triggers\": [{\"name\": \"my-touch\", \"touch\": 134}]}") },
	{ .spec = "esp32-s2:vid=1209,pid=0a07",
	  .trigger = "my-lines",
	  .file = FILE_WITH(
		  "{\"name\": \"mine\", \"application\": [{\"ids\": [\"1209:0a07\"]}],"
		  "\"bootloader\": [{\"ids\": [\"303a:0002\"]}],"
		  "\"triggers\": [{\"name\": \"my-lines\", \"lines\": [{\"dtr\": false, \"rts\": true, \"wait_ms\": 10},"
		  "{\"dtr\": true}, {\"rts\": false, \"wait_ms\": 10}, {\"dtr\": false}]}]}") },
	/* Lines, and bytes among them */
	{ .spec = "cdc-board:vid=1209,pid=0a09,boot-vid=1209,boot-pid=0a0a,magic=yes",
	  .trigger = "my-magic",
	  .file = FILE_WITH(
		  "{\"name\": \"mine\", \"application\": [{\"ids\": [\"1209:0a09\"], \"interface\": \"02/02/*\"}],"
		  "\"bootloader\": [{\"ids\": [\"1209:0a0a\"]}], \"triggers\": [{\"name\": \"my-magic\", \"lines\": ["
		  "{\"rts\": false}, {\"dtr\": false}, {\"data\": \"3145\", \"wait_ms\": 1},"
		  "{\"dtr\": true}, {\"dtr\": false, \"data\": \"003145414631454146\", \"wait_ms\": 20}]}]}") },
	{ .spec = "esp32-s3-jtag:vid=1209,pid=0a08",
	  .trigger = "my-lines",
	  .in_place = true,
	  .file = FILE_WITH("{\"name\": \"mine\", \"application\": [{\"ids\": [\"1209:0a08\"]}],"
			    "\"triggers\": [{\"name\": \"my-lines\", \"in_place\": true, \"lines\": ["
			    "{\"dtr\": false, \"rts\": false}, {\"dtr\": true}, {\"wait_ms\": 10}, {\"rts\": true},"
			    "{\"dtr\": false}, {\"wait_ms\": 10}, {\"rts\": false}]}]}") },
};

static void expect_unknown(struct bench *bench, const char *spec)
{
	struct dfut_device *device = bench_find(bench, "1-1");
	struct dfut_session *session;

	if (dfut_device_get_mode(device) == DFUT_MODE_UNKNOWN) {
		cr_assert(eq(int, dfut_session_new(&session, device), 0));
		cr_expect(eq(int, dfut_session_start_trigger(session), DFUT_ERROR_UNSUPPORTED), "%s", spec);
		bench_expect_words(dfut_session_get_message(session), spec);
		cr_expect(dfut_session_get_hint(session)[0] != 0, "%s", spec);
		dfut_session_free(session);
	}
	dfut_device_unref(device);
}

static void expect_trigger(struct bench *bench, const struct user *user)
{
	struct dfut_session *session = bench_new_session(bench, "1-1");
	struct dfut_device *device = dfut_session_get_device(session);

	cr_expect(eq(int, dfut_device_get_mode(device), DFUT_MODE_APPLICATION), "%s", user->spec);
	cr_expect(eq(sz, dfut_device_get_trigger_count(device), 1), "%s", user->spec);
	if (dfut_device_get_trigger_count(device))
		cr_expect(eq(int, strcmp(dfut_device_get_trigger_name(device, 0), user->trigger), 0), "%s", user->spec);
	cr_assert(eq(int, dfut_session_start_trigger(session), 0), "%s: %s", user->spec,
		  dfut_session_get_message(session));
	cr_expect(eq(int, bench_run(bench, session, SIZE_MAX, user->spec), 0), "%s: %s", user->spec,
		  dfut_session_get_message(session));
	cr_expect(bench_has_left_application(bench->device), "%s", user->spec);
	if (!user->in_place)
		cr_expect(eq(int, dfut_device_get_mode(dfut_session_get_device(session)), DFUT_MODE_BOOTLOADER), "%s",
			  user->spec);
	bench_expect_no_breach(bench->device, user->spec);
	dfut_session_free(session);
}

Test(users_devices, are_triggered_though_nobody_else_knows_them)
{
	for (size_t i = 0; i < COUNT(users); i++) {
		struct bench bench;

		bench_start(&bench, users[i].spec);
		/* Also if the device was looked at before. */
		expect_unknown(&bench, users[i].spec);
		cr_assert(eq(int, bench_load_devices(&bench, users[i].file), 0), "%s: %s", users[i].spec,
			  dfut_context_get_error(bench.context));
		expect_trigger(&bench, &users[i]);
		bench_stop(&bench);
	}
	fprintf(stderr, "%zu devices of users\n", COUNT(users));
}

Test(users_devices, are_known_when_the_file_is_loaded_first)
{
	for (size_t i = 0; i < COUNT(users); i++) {
		struct bench bench;

		bench_start(&bench, users[i].spec);
		cr_assert(eq(int, bench_load_devices(&bench, users[i].file), 0), "%s: %s", users[i].spec,
			  dfut_context_get_error(bench.context));
		expect_trigger(&bench, &users[i]);
		bench_stop(&bench);
	}
}

/* An answer that says no, or goes on saying "not yet" */
Test(users_devices, are_told_apart_by_their_answers)
{
	static const struct {
		const char *reply;
		int result;
	} cases[] = {
		{ "{\"accepted\": \"0b\"}", 0 },
		{ "{\"at\": 1, \"accepted\": \"00\"}", 0 },
		{ "{\"at\": 31, \"refused\": \"ff\"}", 0 },
		{ "{\"accepted\": \"0c\"}", DFUT_ERROR_DEVICE },
		{ "{\"refused\": \"0b\"}", DFUT_ERROR_DEVICE },
		/* Longer than the answer: it says nothing. */
		{ "{\"at\": 200, \"accepted\": \"00\"}", 0 },
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		struct dfut_session *session;
		struct bench bench;
		char file[1024];

		snprintf(
			file, sizeof(file),
			FILE_WITH(
				"{\"name\": \"mine\", \"application\": [{\"ids\": [\"feed:6060\"]}],"
				"\"bootloader\": [{\"ids\": [\"03eb:2ff4\"]}], \"triggers\": [{\"name\": \"jump\","
				"\"report\": \"output\", \"usage\": \"ff60/61\", \"data\": \"0b\", \"hint\": \"say please\","
				"\"reply\": %s}]}"),
			cases[i].reply);
		bench_start(&bench, cases[i].result ? "via-keyboard:via=locked" : "via-keyboard");
		cr_assert(eq(int, bench_load_devices(&bench, file), 0), "%s", dfut_context_get_error(bench.context));
		session = bench_new_session(&bench, "1-1");
		cr_assert(eq(int, dfut_session_start_trigger(session), 0));
		cr_expect(eq(int, bench_run(&bench, session, SIZE_MAX, cases[i].reply), cases[i].result), "%s: %s",
			  cases[i].reply, dfut_session_get_message(session));
		bench_expect_words(dfut_session_get_message(session), cases[i].reply);
		if (cases[i].result)
			cr_expect(eq(int, strcmp(dfut_session_get_hint(session), "say please"), 0), "%s",
				  dfut_session_get_hint(session));
		dfut_session_free(session);
		bench_stop(&bench);
	}
}

Test(users_devices, are_as_before_after_a_file_with_a_mistake)
{
	static const char wrong[] = FILE_WITH("{\"name\": \"mine\", \"application\": [{\"ids\": [\"2341:8036\"]}]},\n"
					      "{\"name\": \"other\", \"application\": [{\"ids\": [\"1:2\"]}]}");
	struct dfut_device *device;
	struct bench bench;

	bench_start(&bench, "leonardo");
	cr_expect(eq(int, bench_load_devices(&bench, wrong), DFUT_ERROR_USAGE));
	cr_expect(strstr(dfut_context_get_error(bench.context), "/tmp/dfutrigger-test-") != NULL);
	cr_expect(strstr(dfut_context_get_error(bench.context), ":2: device \"other\": \"ids\": ") != NULL, "%s",
		  dfut_context_get_error(bench.context));
	device = bench_find(&bench, "1-1");
	cr_expect(eq(sz, dfut_device_get_trigger_count(device), 1));
	cr_expect(eq(int, strcmp(dfut_device_get_protocol(device), "avr109"), 0));
	dfut_device_unref(device);
	bench_stop(&bench);
}

/* The newest entry wins, also against the built-in ones. */
Test(users_devices, win_against_the_built_in_ones)
{
	static const char first[] = FILE_WITH("{\"name\": \"first\", \"application\": [{\"ids\": [\"2341:8036\"]}],"
					      "\"protocol\": \"stk500v1\"}");
	static const char second[] = FILE_WITH("{\"name\": \"second\", \"application\": [{\"ids\": [\"2341:8036\"]}],"
					       "\"protocol\": \"usbasp\"}");
	struct dfut_device *device;
	struct bench bench;

	bench_start(&bench, "leonardo");
	cr_assert(eq(int, bench_load_devices(&bench, first), 0));
	cr_assert(eq(int, bench_load_devices(&bench, second), 0));
	device = bench_find(&bench, "1-1");
	cr_expect(eq(int, strcmp(dfut_device_get_protocol(device), "usbasp"), 0));
	cr_expect(eq(sz, dfut_device_get_trigger_count(device), 0));
	dfut_device_unref(device);
	bench_stop(&bench);
}

/* What no table knows at all: given by the caller. */
Test(users_devices, need_no_file_if_the_caller_says_how)
{
	static const uint8_t sonix[] = { 0xaa, 0x55, 0xa5, 0x5a, 0xff, 0x00, 0x33, 0xcc };
	static const uint8_t sinowealth[] = { 0x75 };
	static const struct {
		const char *spec;
		uint32_t baud;
		enum dfut_report_type type;
		uint8_t id;
		const uint8_t *data;
		uint16_t size;
	} cases[] = {
		{ "sonix-keyboard:vid=1209,pid=0a02", 0, DFUT_REPORT_FEATURE, 0, sonix, sizeof(sonix) },
		{ "sinowealth-keyboard:vid=1209,pid=0a02", 0, DFUT_REPORT_FEATURE, 5, sinowealth, sizeof(sinowealth) },
		{ "leonardo:vid=1209,pid=0a05", 1200, 0, 0, NULL, 0 },
		{ "teensy:type=serial,vid=1209,pid=0a06", 134, 0, 0, NULL, 0 },
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		struct dfut_session *session;
		struct bench bench;

		bench_start(&bench, cases[i].spec);
		session = bench_new_session(&bench, "1-1");
		if (cases[i].baud)
			cr_assert(eq(int, dfut_session_set_trigger_touch(session, -1, cases[i].baud), 0));
		else
			cr_assert(eq(int,
				     dfut_session_set_trigger_report(session, -1, cases[i].type, cases[i].id,
								     cases[i].data, cases[i].size),
				     0));
		cr_assert(eq(int, dfut_session_start_trigger(session), 0), "%s: %s", cases[i].spec,
			  dfut_session_get_message(session));
		cr_expect(eq(int, bench_run(&bench, session, SIZE_MAX, cases[i].spec), 0), "%s: %s", cases[i].spec,
			  dfut_session_get_message(session));
		cr_expect(bench_is_in_bootloader(bench.device), "%s", cases[i].spec);
		bench_expect_no_breach(bench.device, cases[i].spec);
		dfut_session_free(session);
		bench_stop(&bench);
	}
}

Test(users_devices, have_no_place_for_what_they_do_not_have)
{
	static const uint8_t data[1] = { 1 };
	struct dfut_session *session;
	struct bench bench;

	bench_start(&bench, "sonix-keyboard");
	session = bench_new_session(&bench, "1-1");
	cr_assert(eq(int, dfut_session_set_trigger_touch(session, -1, 1200), 0));
	cr_expect(eq(int, dfut_session_start_trigger(session), DFUT_ERROR_UNSUPPORTED));
	bench_expect_words(dfut_session_get_message(session), "touch");
	cr_assert(eq(int, dfut_session_set_trigger_report(session, -1, DFUT_REPORT_FEATURE, 9, data, 1), 0));
	cr_expect(eq(int, dfut_session_start_trigger(session), DFUT_ERROR_UNSUPPORTED));
	bench_expect_words(dfut_session_get_message(session), "report");
	cr_expect(eq(int, dfut_session_set_trigger_report(session, 255, DFUT_REPORT_FEATURE, 9, data, 1),
		     DFUT_ERROR_USAGE));
	cr_expect(
		eq(int, dfut_session_set_trigger_report(session, 0, DFUT_REPORT_INPUT, 9, data, 1), DFUT_ERROR_USAGE));
	cr_expect(
		eq(int, dfut_session_set_trigger_report(session, 0, DFUT_REPORT_OUTPUT, 0, NULL, 0), DFUT_ERROR_USAGE));
	cr_expect(
		eq(int, dfut_session_set_trigger_report(session, 0, DFUT_REPORT_OUTPUT, 0, NULL, 1), DFUT_ERROR_USAGE));
	cr_expect(eq(int, dfut_session_set_trigger_touch(session, -2, 1200), DFUT_ERROR_USAGE));
	cr_expect(eq(int, dfut_session_set_trigger_touch(session, 0, 0), DFUT_ERROR_USAGE));
	cr_expect(eq(sz, dfut_sim_device_get_request_count(bench.device), 0));
	dfut_session_free(session);
	bench_stop(&bench);
}

static int trigger(struct bench *bench, const char *file, char *text, size_t size)
{
	struct dfut_session *session;
	int result;

	cr_assert(eq(int, bench_load_devices(bench, file), 0), "%s", dfut_context_get_error(bench->context));
	session = bench_new_session(bench, "1-1");
	cr_assert(eq(int, dfut_session_start_trigger(session), 0), "%s", dfut_session_get_message(session));
	result = bench_run(bench, session, SIZE_MAX, file);
	snprintf(text, size, "%s", dfut_session_get_message(session));
	bench_expect_words(text, file);
	bench_expect_no_breach(bench->device, file);
	dfut_session_free(session);
	return result;
}

#define SINOWEALTH(trigger) \
	FILE_WITH("{\"name\": \"mine\", \"application\": [{\"ids\": [\"1209:0a03\"]}]," \
		  "\"bootloader\": [{\"ids\": [\"0603:1020\"]}], \"triggers\": [" trigger "]}")

Test(users_devices, are_asked_again_as_often_as_the_file_says)
{
	static const char tries[] = SINOWEALTH("{\"name\": \"way\", \"report\": \"feature\", \"id\": \"05\","
					       "\"data\": \"75\", \"tries\": 5, \"delay_ms\": 30}");
	static const char replies[] = SINOWEALTH("{\"name\": \"way\", \"report\": \"feature\", \"id\": \"05\","
						 "\"data\": \"75\", \"reply\": {\"type\": \"feature\", \"id\": \"05\","
						 "\"at\": 2, \"accepted\": \"01\", \"tries\": 4, \"delay_ms\": 50}}");
	struct bench bench;
	char text[512];

	bench_start(&bench, "sinowealth-keyboard:vid=1209,pid=0a03,trigger=stall");
	cr_expect(eq(int, trigger(&bench, tries, text, sizeof(text)), DFUT_ERROR_DEVICE), "%s", text);
	cr_expect(eq(sz, bench_count_requests(bench.device, 0x21, 0x09), 5));
	bench_stop(&bench);
	/* The third one is taken. */
	bench_start(&bench, "sinowealth-keyboard:vid=1209,pid=0a03,fault=stall@0x2");
	cr_expect(eq(int, trigger(&bench, tries, text, sizeof(text)), 0), "%s", text);
	bench_stop(&bench);
	/* It goes on saying 00, and stays. */
	bench_start(&bench, "sinowealth-keyboard:vid=1209,pid=0a03,leave=no");
	cr_expect(eq(int, trigger(&bench, replies, text, sizeof(text)), DFUT_ERROR_DEVICE), "%s", text);
	cr_expect(eq(sz, bench_count_requests(bench.device, 0x21, 0x09), 1));
	cr_expect(eq(sz, bench_count_requests(bench.device, 0xa1, 0x01), 4));
	bench_stop(&bench);
	/* It leaves before it says anything. */
	bench_start(&bench, "sinowealth-keyboard:vid=1209,pid=0a03");
	cr_expect(eq(int, trigger(&bench, replies, text, sizeof(text)), 0), "%s", text);
	bench_stop(&bench);
}

Test(users_devices, are_tried_the_second_way_if_the_first_does_not_fit)
{
	/* Six bytes for a report that has five on this device */
	static const char file[] = SINOWEALTH("{\"name\": \"long\", \"report\": \"feature\", \"id\": \"05\","
					      "\"data\": \"750000000000\"},"
					      "{\"name\": \"right\", \"report\": \"feature\", \"id\": \"05\","
					      "\"data\": \"75\"}");
	static const char only[] = SINOWEALTH("{\"name\": \"long\", \"report\": \"feature\", \"id\": \"05\","
					      "\"data\": \"750000000000\"}");
	struct bench bench;
	char text[512];

	bench_start(&bench, "sinowealth-keyboard:vid=1209,pid=0a03");
	cr_expect(eq(int, trigger(&bench, file, text, sizeof(text)), 0), "%s", text);
	cr_expect(bench_is_in_bootloader(bench.device));
	bench_stop(&bench);
	bench_start(&bench, "sinowealth-keyboard:vid=1209,pid=0a03");
	cr_expect(eq(int, trigger(&bench, only, text, sizeof(text)), DFUT_ERROR_MISMATCH), "%s", text);
	cr_expect(eq(sz, dfut_sim_device_get_request_count(bench.device), 0));
	bench_stop(&bench);
}

Test(users_devices, may_switch_without_leaving)
{
	static const char file[] = SINOWEALTH("{\"name\": \"way\", \"report\": \"feature\", \"id\": \"05\","
					      "\"data\": \"75\", \"in_place\": true}");
	struct bench bench;
	char text[512];

	bench_start(&bench, "sinowealth-keyboard:vid=1209,pid=0a03,leave=no");
	cr_expect(eq(int, trigger(&bench, file, text, sizeof(text)), 0), "%s", text);
	bench_stop(&bench);
	bench_start(&bench, "sinowealth-keyboard:vid=1209,pid=0a03");
	cr_expect(eq(int, trigger(&bench, file, text, sizeof(text)), 0), "%s", text);
	cr_expect(bench_is_in_bootloader(bench.device));
	bench_stop(&bench);
	bench_start(&bench, "sinowealth-keyboard:vid=1209,pid=0a03,trigger=stall");
	cr_expect(eq(int, trigger(&bench, file, text, sizeof(text)), DFUT_ERROR_DEVICE), "%s", text);
	bench_stop(&bench);
}

/* A change of a line between DTR's fall and the bytes, and bytes before it, are none of what a Maple waits for. */
Test(users_devices, may_want_bytes_right_after_a_line_has_fallen)
{
#define MAPLE(steps) \
	FILE_WITH( \
		"{\"name\": \"mine\", \"application\": [{\"ids\": [\"1209:0a09\"]}]," \
		"\"bootloader\": [{\"ids\": [\"1209:0a0a\"]}], \"triggers\": [{\"name\": \"way\", \"lines\": [" steps \
		"]}]}")
	static const struct {
		const char *file;
		int result;
	} ways[] = {
		{ MAPLE("{\"dtr\": false, \"data\": \"31454146\"}"), 0 },
		{ MAPLE("{\"dtr\": false}, {\"rts\": false}, {\"data\": \"31454146\"}"), DFUT_ERROR_DEVICE },
		{ MAPLE("{\"data\": \"31454146\"}, {\"dtr\": false}"), DFUT_ERROR_DEVICE },
		{ MAPLE("{\"dtr\": false, \"data\": \"3145414600\"}"), DFUT_ERROR_DEVICE },
		{ MAPLE("{\"dtr\": false, \"data\": \"314541\"}, {\"data\": \"46\"}"), DFUT_ERROR_DEVICE },
	};

	for (size_t i = 0; i < COUNT(ways); i++) {
		struct bench bench;
		char text[512];

		bench_start(&bench, "cdc-board:vid=1209,pid=0a09,boot-vid=1209,boot-pid=0a0a,magic=yes");
		cr_expect(eq(int, trigger(&bench, ways[i].file, text, sizeof(text)), ways[i].result), "%zu: %s", i,
			  text);
		cr_expect(eq(int, bench_is_in_bootloader(bench.device), ways[i].result == 0), "%zu", i);
		bench_stop(&bench);
	}
}

/* What no table knows: the same board speaks what it is said to speak. */
Test(users_devices, a_protocol_can_be_named)
{
	static const char row[] = FILE_WITH("{\"name\": \"mine\", \"bootloader\": [{\"ids\": [\"2341:8036\"]}],"
					    "\"protocol\": \"nordic-serial\", \"port\": 256}");
	struct dfut_device *device;
	struct bench bench;

	bench_start(&bench, "leonardo");
	cr_expect(eq(int, bench_load_devices(&bench, row), DFUT_ERROR_USAGE));
	cr_expect(strstr(dfut_context_get_error(bench.context), "\"port\": must be the number of an interface") != NULL,
		  "%s", dfut_context_get_error(bench.context));
	cr_assert(eq(int, dfut_context_set_protocol(bench.context, 0x2341, 0x8036, "nordic-serial", -1), 0));
	device = bench_find(&bench, "1-1");
	cr_expect(eq(int, dfut_device_get_mode(device), DFUT_MODE_BOOTLOADER));
	cr_expect(eq(int, strcmp(dfut_device_get_protocol(device), "nordic-serial"), 0));
	dfut_device_unref(device);
	/* Whoever says it last is right. */
	cr_assert(eq(int, dfut_context_set_protocol(bench.context, 0x2341, 0x8036, "nordic-legacy-serial", 0), 0));
	device = bench_find(&bench, "1-1");
	cr_expect(eq(int, strcmp(dfut_device_get_protocol(device), "nordic-legacy-serial"), 0));
	dfut_device_unref(device);
	bench_stop(&bench);
}

Test(users_devices, a_protocol_that_is_none_is_refused)
{
	static const struct {
		int vendor, product, interface;
		const char *protocol, *says;
	} cases[] = {
		{ 0x2341, 0x8036, -1, "smtp", "\"smtp\" is no protocol that this library speaks" },
		{ 0x2341, 0x8036, -1, NULL, "\"\" is no protocol that this library speaks" },
		{ 0x2341, DFUT_MATCH_ANY, -1, "dfu", "by both ids" },
		{ 0x10000, 0x8036, -1, "dfu", "by both ids" },
		{ 0x2341, 0x8036, 0, "dfu", "\"dfu\" is not spoken on an interface that can be named: 0" },
		{ 0x2341, 0x8036, 256, "nordic-serial", "can be named: 256" },
	};
	struct bench bench;

	bench_start(&bench, "leonardo");
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		cr_expect(eq(int,
			     dfut_context_set_protocol(bench.context, cases[i].vendor, cases[i].product,
						       cases[i].protocol, cases[i].interface),
			     DFUT_ERROR_USAGE));
		cr_expect(strstr(dfut_context_get_error(bench.context), cases[i].says) != NULL, "%s",
			  dfut_context_get_error(bench.context));
	}
	cr_assert(eq(int, dfut_context_set_protocol(bench.context, 0x2341, 0x8036, "smtp", -1), DFUT_ERROR_USAGE));
	cr_expect(strstr(dfut_context_get_hint(bench.context), "dfuse") != NULL, "%s",
		  dfut_context_get_hint(bench.context));
	bench_stop(&bench);
}
