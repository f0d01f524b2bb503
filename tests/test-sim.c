/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* The virtual devices do what their specifications say, and tell when a host does not. */

#include <stdio.h>
#include <unistd.h>

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <openssl/evp.h>

#include "sim-host.h"
#include "sim/sim.h"

#define assert_text(got, want) cr_assert(eq(str, (char *)(got), (char *)(want)))

static struct host *host;

static void stop(void)
{
	host_free(host);
	host = NULL;
}

TestSuite(sim, .fini = stop, .timeout = 20);

static void plug(const char *spec)
{
	host_free(host);
	host = host_new_or_fail(spec);
}

static void open_interface(uint8_t number)
{
	host_disconnect(host);
	cr_assert(eq(int, host_open(host, number), 0));
}

static void plug_and_open(const char *spec)
{
	plug(spec);
	open_interface(0);
}

static const char *get_mode(void)
{
	return dfut_sim_device_get_mode_name(host->device);
}

static size_t get_breaches(void)
{
	return dfut_sim_device_get_breach_count(host->device);
}

static bool is_breach(size_t index, const char *word)
{
	const struct dfut_sim_record *record = dfut_sim_device_get_record(host->device, index);

	return record->event == DFUT_SIM_EVENT_BREACH && strstr(record->text, word);
}

static bool has_breach(const char *word)
{
	for (size_t i = 0; i < dfut_sim_device_get_record_count(host->device); i++)
		if (is_breach(i, word))
			return true;
	return false;
}

static void assert_ids(uint16_t vendor_id, uint16_t product_id)
{
	const struct host_device *device = host_get(host);

	cr_assert(ne(ptr, (void *)device, NULL));
	cr_assert(eq(u16, dfut_le16(&device->descriptors[8]), vendor_id));
	cr_assert(eq(u16, dfut_le16(&device->descriptors[10]), product_id));
}

/* DFU requests to interface 0. */

static int send_dfu(uint8_t request, uint16_t value)
{
	return host_out(host, 0x21, request, value, 0, NULL, 0);
}

static int dnload(uint16_t block, const void *data, uint16_t length)
{
	return host_out(host, 0x21, DFUT_SIM_DFU_DNLOAD, block, 0, data, length);
}

static int upload(uint16_t block, uint16_t length)
{
	return host_in(host, 0xa1, DFUT_SIM_DFU_UPLOAD, block, 0, length);
}

static int detach(void)
{
	return send_dfu(DFUT_SIM_DFU_DETACH, 1000);
}

static struct dfut_sim_dfu_answer getstatus(void)
{
	struct dfut_sim_dfu_answer answer = { 0 };
	const uint8_t *data = host->request.buffer;

	cr_assert(eq(int, host_in(host, 0xa1, DFUT_SIM_DFU_GETSTATUS, 0, 0, 6), 6));
	answer.status = data[0];
	answer.poll_ms = (uint32_t)(data[1] | data[2] << 8 | data[3] << 16);
	answer.state = data[4];
	return answer;
}

static uint8_t getstate(void)
{
	cr_assert(eq(int, host_in(host, 0xa1, DFUT_SIM_DFU_GETSTATE, 0, 0, 1), 1));
	return host->request.buffer[0];
}

/* Asks as often as it takes, as late as the device wants. */
static struct dfut_sim_dfu_answer wait_for_state(uint8_t state)
{
	struct dfut_sim_dfu_answer answer = getstatus();

	for (int i = 0; i < 10000 && answer.state != state && answer.state != DFU_ERROR; i++) {
		host_wait_ms(host, answer.poll_ms);
		answer = getstatus();
	}
	cr_assert(eq(u8, answer.state, state));
	return answer;
}

static void trigger(void)
{
	open_interface(0);
	cr_assert(eq(int, detach(), 0));
	host_wait_ms(host, 2000);
	assert_text(get_mode(), "bootloader");
	open_interface(0);
}

static void download(const uint8_t *data, size_t size, uint16_t transfer_size)
{
	uint16_t block = 0;

	for (size_t at = 0; at < size; at += transfer_size) {
		uint16_t length = size - at < transfer_size ? (uint16_t)(size - at) : transfer_size;

		cr_assert(eq(int, dnload(block++, data + at, length), length));
		wait_for_state(DFU_DNLOAD_IDLE);
	}
	cr_assert(eq(int, dnload(block, NULL, 0), 0));
}

/* A firmware image for the Zephyr board: version 2.7, and a body that can be told from others. */
static size_t make_image(uint8_t *image, size_t body_size)
{
	uint8_t *tlvs = image + 32 + body_size;
	unsigned int hash_size = 0;

	memset(image, 0, 32);
	dfut_put_le32(image, 0x96f3b83d);
	dfut_put_le16(image + 8, 32);
	dfut_put_le32(image + 12, (uint32_t)body_size);
	image[20] = 2;
	image[21] = 7;
	for (size_t i = 0; i < body_size; i++)
		image[32 + i] = (uint8_t)(i * 7 + i / 256);
	dfut_put_le16(tlvs, 0x6907);
	dfut_put_le16(tlvs + 2, 40);
	dfut_put_le16(tlvs + 4, 0x10);
	dfut_put_le16(tlvs + 6, 32);
	EVP_Digest(image, 32 + body_size, tlvs + 8, &hash_size, EVP_sha256(), NULL);
	return 32 + body_size + 40;
}

static const uint8_t *get_memory(const char *name)
{
	return dfut_sim_device_get_memory(host->device, name, NULL);
}

static uint16_t get_release(void)
{
	return dfut_le16(&host_get(host)->descriptors[12]);
}

/* Options. */

Test(sim, takes_options_apart)
{
	struct dfut_sim_spec spec;

	cr_assert(eq(int, dfut_sim_spec_parse(&spec, "dfu:names=a\\,b\\\\c,size=4K"), 0));
	assert_text(spec.name, "dfu");
	cr_assert(eq(sz, spec.count, 2));
	assert_text(spec.keys[0].key, "names");
	assert_text(spec.keys[0].value, "a,b\\c");
	assert_text(spec.keys[1].value, "4K");
	dfut_sim_spec_finish(&spec);
}

Test(sim, refuses_wrong_options)
{
	static const struct {
		const char *spec;
		int code;
		const char *text;
	} cases[] = {
		{ "teapot", DFUT_ERROR_NOT_FOUND, "teapot" },
		{ "zephyr:colour=red", DFUT_ERROR_USAGE, "colour" },
		{ "zephyr:stack=newer", DFUT_ERROR_USAGE, "new|legacy" },
		{ "zephyr:reboot", DFUT_ERROR_USAGE, "key=value" },
		{ NULL, DFUT_ERROR_USAGE, "nothing" },
		{ "zephyr:reboot=maybe", DFUT_ERROR_USAGE, "reboot" },
		{ "zephyr:slot-size=5000", DFUT_ERROR_USAGE, "4096" },
		{ "zephyr:will-detach=no", DFUT_ERROR_USAGE, "legacy" },
		{ "zephyr:slots=3", DFUT_ERROR_USAGE, "slots" },
		{ "zephyr:poll-ms=-1", DFUT_ERROR_USAGE, "poll-ms" },
		{ "zephyr:poll-ms=1x", DFUT_ERROR_USAGE, "poll-ms" },
		{ "zephyr:poll-ms=99999999999", DFUT_ERROR_USAGE, "poll-ms" },
		{ "zephyr:transfer-us=", DFUT_ERROR_USAGE, "transfer-us" },
		{ "dfu:alternates=0", DFUT_ERROR_USAGE, "alternates" },
	};

	plug(NULL);
	for (size_t i = 0; i < DFUT_COUNT(cases); i++) {
		struct dfut_sim_device *device = NULL;

		cr_assert(eq(int, dfut_sim_plug(&device, host->sim, cases[i].spec, NULL), cases[i].code), "%s",
			  cases[i].text);
		cr_assert(eq(ptr, device, NULL));
		cr_assert(ne(ptr, strstr(dfut_sim_get_error(host->sim), cases[i].text), NULL), "%s: %s", cases[i].text,
			  dfut_sim_get_error(host->sim));
	}
	cr_assert(eq(sz, host_scan(host), 0));
}

Test(sim, understands_every_option_that_it_tells_of)
{
	const char *name, *text, *options;

	plug(NULL);
	for (size_t i = 0; dfut_sim_get_model(i, &name, &text, &options) == 0; i++) {
		for (const char *line = options; *line; line += strcspn(line, "\n") + 1) {
			char spec[128];

			/* Any text is a file's name. */
			if (strncmp(line, "state=", strlen("state=")) == 0 ||
			    strncmp(line, "file=", strlen("file=")) == 0)
				continue;
			snprintf(spec, sizeof(spec), "%s:%.*s=#", name, (int)strcspn(line, "="), line);
			dfut_sim_plug(NULL, host->sim, spec, NULL);
			cr_assert(eq(ptr, strstr(dfut_sim_get_error(host->sim), "no option"), NULL), "%s", spec);
		}
	}
	cr_assert(eq(sz, dfut_sim_get_model_count(), 28));
}

Test(sim, gives_out_ports)
{
	struct dfut_sim_device *device;

	plug(NULL);
	cr_assert(eq(int, dfut_sim_plug(&device, host->sim, "dfu", "1-1"), 0));
	cr_assert(eq(int, dfut_sim_plug(&device, host->sim, "dfu", NULL), 0));
	cr_assert(eq(int, dfut_sim_plug(&device, host->sim, "dfu", "2-4.1"), 0));
	cr_assert(eq(int, dfut_sim_plug(&device, host->sim, "dfu", "1-2"), DFUT_ERROR_BUSY));
	cr_assert(eq(int, dfut_sim_plug(&device, host->sim, "dfu", "nowhere"), DFUT_ERROR_USAGE));
	cr_assert(eq(int, dfut_sim_plug(&device, host->sim, "dfu", "1-2."), DFUT_ERROR_USAGE));
	cr_assert(eq(sz, host_scan(host), 3));
	assert_text(host->context.bus.devices[1].path, "1-2");
	assert_text(host->context.bus.devices[2].path, "2-4.1");
}

/* Bus, clock, standard requests. */

Test(sim, answers_later_on_its_own_clock)
{
	uint64_t start_us;

	plug_and_open("dfu:transfer-us=5000");
	start_us = host_get_time_us(host);
	getstatus();
	cr_assert(eq(u64, host_get_time_us(host) - start_us, 5000));
}

Test(sim, runs_on_the_real_clock)
{
	struct dfut_context context = { 0 };
	struct dfut_sim_device *device;
	struct dfut_sim *sim;

	context.bus.real_us = 77;
	cr_assert(eq(int, dfut_sim_new(&sim, DFUT_SIM_CLOCK_REAL), 0));
	cr_assert(eq(int, dfut_sim_plug(&device, sim, "dfu:return-ms=5", NULL), 0));
	dfut_sim_device_press_reset(device);
	cr_assert(eq(int, dfut_sim_add_to_context(sim, &context), 0));
	cr_assert(eq(int, dfut_sim_add_to_context(sim, &context), DFUT_ERROR_USAGE));
	cr_assert(eq(u64, dfut_sim_get_time_us(sim), 77));
	cr_assert(le(u64, context.bus.ops.get_deadline_us(sim), 77 + 5000));
	cr_assert(not(dfut_sim_device_is_present(device)));
	context.bus.real_us += 5000;
	context.bus.ops.dispatch(sim);
	cr_assert(dfut_sim_device_is_present(device));
	dfut_sim_free(sim);
	context.bus.ops.stop(sim);
}

Test(sim, outlives_its_context_and_the_other_way_round)
{
	struct dfut_context context = { 0 };
	struct dfut_sim *sim;

	cr_assert(eq(int, dfut_sim_new(&sim, DFUT_SIM_CLOCK_VIRTUAL), 0));
	cr_assert(eq(int, dfut_sim_add_to_context(sim, &context), 0));
	context.bus.ops.stop(sim);
	cr_assert(eq(int, dfut_sim_plug(NULL, sim, "dfu", NULL), 0));
	dfut_sim_free(sim);

	plug_and_open("dfu");
	dfut_sim_free(host->sim);
	cr_assert(eq(sz, host_scan(host), 0));
	cr_assert(eq(int, host_in(host, 0xa1, DFUT_SIM_DFU_GETSTATUS, 0, 0, 6), DFUT_ERROR_GONE));
	cr_assert(eq(int, host_close(host), 0));
	host_disconnect(host);
	host->context.bus.ops.stop(host->context.bus.self);
	free(host);
	host = NULL;
}

Test(sim, answers_standard_requests)
{
	plug_and_open("nrf52840-keyboard");
	cr_assert(eq(int, host_in(host, 0x80, 6, 0x0100, 0, 64), 18));
	cr_assert(eq(int, host_in(host, 0x80, 6, 0x0200, 0, 9), 9));
	cr_assert(eq(u16, dfut_le16(&host->request.buffer[2]), 118));
	cr_assert(eq(int, host_in(host, 0x80, 6, 0x0200, 0, 255), 118));
	cr_assert(eq(int, host_in(host, 0x80, 6, 0x0201, 0, 255), DFUT_ERROR_DEVICE));
	cr_assert(eq(int, host_in(host, 0x80, 6, 0x0300, 0, 255), 4));
	cr_assert(eq(int, host_in(host, 0x80, 6, 0x0301, 0x0409, 255), 8));
	cr_assert(eq(int, memcmp(host->request.buffer, "\x08\x03H\0J\0Z\0", 8), 0));
	cr_assert(eq(int, host_in(host, 0x80, 6, 0x0309, 0x0409, 255), DFUT_ERROR_DEVICE));
	cr_assert(eq(int, host_in(host, 0x80, 6, 0x0f00, 0, 255), DFUT_ERROR_DEVICE));
	cr_assert(eq(int, host_in(host, 0x80, 0, 0, 0, 2), 2));
	cr_assert(eq(u8, host->request.buffer[0], 1));
	cr_assert(eq(int, host_in(host, 0x80, 8, 0, 0, 1), 1));
	cr_assert(eq(u8, host->request.buffer[0], 1));
	cr_assert(eq(int, host_out(host, 0x00, 9, 1, 0, NULL, 0), 0));
	cr_assert(eq(int, host_out(host, 0x00, 9, 2, 0, NULL, 0), DFUT_ERROR_DEVICE));
	cr_assert(eq(int, host_in(host, 0x81, 6, 0x2200, 0, 255), 63));
	cr_assert(eq(int, host_in(host, 0x81, 6, 0x2100, 0, 255), 9));
	cr_assert(eq(int, host_in(host, 0xa1, 0x01, 0x0100, 0, 8), 8));
	cr_assert(eq(int, host_out(host, 0x21, 0x0a, 0, 0, NULL, 0), 0));
	cr_assert(eq(sz, get_breaches(), 0));
}

Test(sim, selects_alternates)
{
	plug_and_open("dfu:start=bootloader,alternates=3,names=boot/main");
	assert_text(host_get(host)->strings[5], "main");
	assert_text(host_get(host)->strings[6], "memory 2");
	cr_assert(eq(int, host_alternate(host, 0, 2), 0));
	cr_assert(eq(int, host_in(host, 0x81, 10, 0, 0, 1), 1));
	cr_assert(eq(u8, host->request.buffer[0], 2));
	download((const uint8_t *)"third", 5, 1024);
	cr_assert(eq(int, memcmp(get_memory("memory2"), "third", 5), 0));
	cr_assert(eq(sz, get_breaches(), 0));
	cr_assert(eq(int, host_alternate(host, 0, 3), DFUT_ERROR_DEVICE));
	cr_assert(has_breach("alternate 3"));
}

Test(sim, judges_claims)
{
	plug("dfu");
	cr_assert(eq(int, host_connect(host), 0));
	cr_assert(eq(int, host_in(host, 0xa1, DFUT_SIM_DFU_GETSTATUS, 0, 0, 6), DFUT_ERROR_IO));
	cr_assert(has_breach("not open"));
	cr_assert(eq(int, host_open(host, 7), DFUT_ERROR_NOT_FOUND));
	cr_assert(eq(int, host_open(host, DFUT_CHANNEL_DEVICE), 0));
	cr_assert(eq(int, host_in(host, 0x80, 6, 0x0100, 0, 18), 18));
	cr_assert(eq(sz, get_breaches(), 1));
	getstatus();
	cr_assert(has_breach("not claimed"));
	cr_assert(eq(int, host_open(host, 0), 0));
	getstatus();
	cr_assert(eq(sz, get_breaches(), 2));
	cr_assert(eq(int, host_open(host, 0), 0));
	cr_assert(has_breach("claimed twice"));
	cr_assert(eq(int, host_close(host), 0));
	cr_assert(eq(int, host_reset(host), DFUT_ERROR_IO));
}

Test(sim, lets_only_one_claim_an_interface)
{
	void *first;

	plug_and_open("dfu");
	first = host->transport;
	host->transport = NULL;
	cr_assert(eq(int, host_open(host, 0), DFUT_ERROR_BUSY));
	host->ops->close(first);
	cr_assert(eq(int, host_open(host, 0), 0));
}

Test(sim, ends_requests_when_the_device_leaves)
{
	struct dfut_action action = { .kind = DFUT_ACTION_CONTROL,
				      .control = { .request_type = 0xa1, .request = 3, .length = 6 } };

	plug_and_open("dfu");
	host->request.action = action;
	host->request.completions = 0;
	host->ops->submit(host->transport, &host->request);
	dfut_sim_device_unplug(host->device);
	cr_assert(not(dfut_sim_device_is_present(host->device)));
	host_wait_ms(host, 10);
	cr_assert(eq(uint, host->request.completions, 1));
	cr_assert(eq(int, host->request.result, DFUT_ERROR_GONE));
	cr_assert(eq(sz, host_scan(host), 0));
	dfut_sim_device_replug(host->device);
	cr_assert(eq(sz, host_scan(host), 1));
	cr_assert(eq(int, host_in(host, 0xa1, 3, 0, 0, 6), DFUT_ERROR_GONE));
	cr_assert(eq(int, host_close(host), 0));
	open_interface(0);
	getstatus();
}

Test(sim, completes_a_cancelled_request_once)
{
	struct dfut_action action = { .kind = DFUT_ACTION_CONTROL,
				      .control = { .request_type = 0x21, .request = 0, .value = 1000 } };

	plug_and_open("dfu");
	host->request.action = action;
	host->request.completions = 0;
	host->ops->submit(host->transport, &host->request);
	host->ops->cancel(host->transport, &host->request);
	cr_assert(eq(uint, host->request.completions, 0));
	host_wait_ms(host, 1000);
	cr_assert(eq(uint, host->request.completions, 1));
	cr_assert(dfut_sim_device_is_present(host->device));
	cr_assert(eq(sz, dfut_sim_device_get_request_count(host->device), 0));
}

Test(sim, does_not_know_other_actions)
{
	struct dfut_action action = { .kind = (enum dfut_action_kind)99 };

	plug_and_open("dfu");
	cr_assert(eq(int, host_run(host, &action, 100), DFUT_ERROR_UNSUPPORTED));
}

/* Record and faults. */

Test(sim, records_what_it_was_asked)
{
	const struct dfut_sim_record *record;

	plug_and_open("dfu:start=bootloader");
	getstatus();
	host_alternate(host, 0, 0);
	host_in(host, 0x80, 6, 0x0f00, 0, 5);
	cr_assert(eq(sz, dfut_sim_device_get_record_count(host->device), 4));
	record = dfut_sim_device_get_record(host->device, 0);
	cr_assert(eq(int, (int)record->event, DFUT_SIM_EVENT_ARRIVED));
	record = dfut_sim_device_get_record(host->device, 1);
	cr_assert(eq(int, (int)record->event, DFUT_SIM_EVENT_CONTROL));
	cr_assert(eq(u8, record->request_type, 0xa1));
	cr_assert(eq(u8, record->request, 3));
	cr_assert(eq(u16, record->length, 6));
	cr_assert(eq(int, record->result, 6));
	assert_text(record->text, "dfuIDLE");
	record = dfut_sim_device_get_record(host->device, 2);
	cr_assert(eq(u8, record->request_type, 0x01));
	cr_assert(eq(u8, record->request, 11));
	cr_assert(eq(int, record->result, 0));
	record = dfut_sim_device_get_record(host->device, 3);
	cr_assert(eq(int, record->result, DFUT_ERROR_DEVICE));
	cr_assert(eq(ptr, (void *)dfut_sim_device_get_record(host->device, 4), NULL));
	cr_assert(eq(sz, dfut_sim_device_get_request_count(host->device), 3));
	dfut_sim_device_clear_record(host->device);
	cr_assert(eq(sz, dfut_sim_device_get_record_count(host->device), 0));
	cr_assert(eq(sz, dfut_sim_device_get_request_count(host->device), 0));
}

static void add_fault(enum dfut_sim_fault_kind kind, size_t request, uint32_t delay_ms)
{
	struct dfut_sim_fault fault = { .size = sizeof(fault), .kind = kind, .request = request, .delay_ms = delay_ms };

	cr_assert(eq(int, dfut_sim_device_add_fault(host->device, &fault), 0));
}

static int ask_status(void)
{
	return host_in(host, 0xa1, DFUT_SIM_DFU_GETSTATUS, 0, 0, 6);
}

Test(sim, misbehaves_on_demand)
{
	uint64_t start_us;

	plug_and_open("dfu:start=bootloader");
	add_fault(DFUT_SIM_FAULT_STALL, 1, 0);
	add_fault(DFUT_SIM_FAULT_TIMEOUT, 2, 0);
	add_fault(DFUT_SIM_FAULT_SHORT, 3, 0);
	add_fault(DFUT_SIM_FAULT_GARBAGE, 4, 0);
	add_fault(DFUT_SIM_FAULT_SLOW, 5, 250);
	add_fault(DFUT_SIM_FAULT_UNPLUG, 7, 0);
	cr_assert(eq(int, ask_status(), 6));
	cr_assert(eq(int, ask_status(), DFUT_ERROR_DEVICE));
	cr_assert(eq(int, ask_status(), DFUT_ERROR_TIMEOUT));
	cr_assert(eq(int, dfut_sim_device_get_record(host->device, 3)->result, DFUT_SIM_UNANSWERED));
	cr_assert(eq(int, ask_status(), 3));
	cr_assert(eq(int, ask_status(), 6));
	cr_assert(ne(int, memcmp(host->request.buffer, "\0\0\0\0\2\0", 6), 0));
	start_us = host_get_time_us(host);
	cr_assert(eq(int, ask_status(), 6));
	cr_assert(eq(u64, host_get_time_us(host) - start_us, 251000));
	cr_assert(eq(int, ask_status(), 6));
	cr_assert(eq(int, ask_status(), DFUT_ERROR_GONE));
	cr_assert(not(dfut_sim_device_is_present(host->device)));
	cr_assert(eq(sz, dfut_sim_device_get_request_count(host->device), 8));
}

Test(sim, has_faults_on_what_goes_out)
{
	plug_and_open("dfu:start=bootloader");
	add_fault(DFUT_SIM_FAULT_SHORT, 0, 0);
	add_fault(DFUT_SIM_FAULT_GARBAGE, 1, 0);
	add_fault(DFUT_SIM_FAULT_LOST_ANSWER, 2, 0);
	cr_assert(eq(int, dnload(0, "12345678", 8), 4));
	cr_assert(eq(int, dnload(0, "12345678", 8), 8));
	cr_assert(eq(u8, get_memory("memory0")[0], 0xff));
	cr_assert(eq(int, dnload(0, "12345678", 8), DFUT_ERROR_TIMEOUT));
	cr_assert(eq(u8, get_memory("memory0")[0], '1'));
	wait_for_state(DFU_DNLOAD_IDLE);
	cr_assert(eq(sz, get_breaches(), 0));
}

Test(sim, repeats_faults_and_forgets_them)
{
	struct dfut_sim_fault fault = {
		.size = sizeof(fault), .kind = DFUT_SIM_FAULT_STALL, .request = 0, .times = 100
	};

	plug_and_open("dfu");
	dfut_sim_device_add_fault(host->device, &fault);
	cr_assert(eq(int, ask_status(), DFUT_ERROR_DEVICE));
	cr_assert(eq(int, ask_status(), DFUT_ERROR_DEVICE));
	dfut_sim_device_clear_faults(host->device);
	cr_assert(eq(int, ask_status(), 6));
}

/* DFU by the specification. */

Test(sim, downloads_and_uploads_by_the_specification)
{
	uint8_t image[2500];
	struct dfut_sim_dfu_answer answer;

	for (size_t i = 0; i < sizeof(image); i++)
		image[i] = (uint8_t)(i * 3);
	plug_and_open("dfu:size=4K");
	assert_ids(0x1209, 0x0001);
	trigger();
	assert_ids(0x1209, 0x0002);
	cr_assert(eq(int, dnload(0, image, 1024), 1024));
	cr_assert(eq(u8, getstate(), DFU_DNLOAD_SYNC));
	answer = getstatus();
	cr_assert(eq(u8, answer.state, DFU_DNBUSY));
	cr_assert(eq(u32, answer.poll_ms, 10));
	host_wait_ms(host, 10);
	cr_assert(eq(u8, getstate(), DFU_DNLOAD_SYNC));
	cr_assert(eq(u8, getstatus().state, DFU_DNLOAD_IDLE));
	cr_assert(eq(int, send_dfu(DFUT_SIM_DFU_ABORT, 0), 0));
	download(image, sizeof(image), 1024);
	cr_assert(eq(u8, getstate(), DFU_MANIFEST_SYNC));
	cr_assert(eq(u8, getstatus().state, DFU_MANIFEST));
	host_wait_ms(host, 100);
	cr_assert(eq(u8, getstatus().state, DFU_IDLE));
	cr_assert(eq(int, memcmp(get_memory("memory0"), image, sizeof(image)), 0));
	for (uint16_t block = 0; block < 4; block++) {
		cr_assert(eq(int, upload(block, 1024), 1024));
		cr_assert(eq(u8, getstatus().state, DFU_UPLOAD_IDLE));
	}
	cr_assert(eq(int, upload(4, 1024), 0));
	cr_assert(eq(u8, getstatus().state, DFU_IDLE));
	cr_assert(eq(int, host_reset(host), DFUT_ERROR_GONE));
	host_wait_ms(host, 1000);
	assert_ids(0x1209, 0x0001);
	cr_assert(eq(sz, get_breaches(), 0));
}

/* A row of the transition table: DFU 1.1, A.1. */
static const struct transition {
	const char *start;
	uint8_t request;
	uint16_t length;
	bool is_stall;
	uint8_t next;
	bool is_breach;
} transitions[] = {
	{ "application", DFUT_SIM_DFU_DNLOAD, 8, true, APP_IDLE, true },
	{ "application", DFUT_SIM_DFU_UPLOAD, 8, true, APP_IDLE, true },
	{ "application", DFUT_SIM_DFU_CLRSTATUS, 0, true, APP_IDLE, true },
	{ "application", DFUT_SIM_DFU_ABORT, 0, true, APP_IDLE, true },
	{ "application", DFUT_SIM_DFU_DETACH, 0, false, APP_DETACH, false },
	{ "bootloader", DFUT_SIM_DFU_DETACH, 0, true, DFU_ERROR, true },
	{ "bootloader", DFUT_SIM_DFU_DNLOAD, 8, false, DFU_DNLOAD_SYNC, false },
	{ "bootloader", DFUT_SIM_DFU_DNLOAD, 0, true, DFU_ERROR, true },
	{ "bootloader", DFUT_SIM_DFU_DNLOAD, 1025, true, DFU_ERROR, true },
	{ "bootloader", DFUT_SIM_DFU_UPLOAD, 8, false, DFU_UPLOAD_IDLE, false },
	{ "bootloader", DFUT_SIM_DFU_UPLOAD, 1025, true, DFU_ERROR, true },
	{ "bootloader", DFUT_SIM_DFU_CLRSTATUS, 0, true, DFU_ERROR, true },
	{ "bootloader", DFUT_SIM_DFU_ABORT, 0, false, DFU_IDLE, false },
	{ "error", DFUT_SIM_DFU_DETACH, 0, true, DFU_ERROR, true },
	{ "error", DFUT_SIM_DFU_DNLOAD, 8, true, DFU_ERROR, true },
	{ "error", DFUT_SIM_DFU_UPLOAD, 8, true, DFU_ERROR, true },
	{ "error", DFUT_SIM_DFU_CLRSTATUS, 0, false, DFU_IDLE, false },
	{ "error", DFUT_SIM_DFU_ABORT, 0, true, DFU_ERROR, true },
	{ "dnload-idle", DFUT_SIM_DFU_DETACH, 0, true, DFU_ERROR, true },
	{ "dnload-idle", DFUT_SIM_DFU_DNLOAD, 8, false, DFU_DNLOAD_SYNC, false },
	{ "dnload-idle", DFUT_SIM_DFU_DNLOAD, 0, false, DFU_MANIFEST_SYNC, false },
	{ "dnload-idle", DFUT_SIM_DFU_UPLOAD, 8, true, DFU_ERROR, true },
	{ "dnload-idle", DFUT_SIM_DFU_CLRSTATUS, 0, true, DFU_ERROR, true },
	{ "dnload-idle", DFUT_SIM_DFU_ABORT, 0, false, DFU_IDLE, false },
	{ "upload-idle", DFUT_SIM_DFU_DETACH, 0, true, DFU_ERROR, true },
	{ "upload-idle", DFUT_SIM_DFU_DNLOAD, 8, true, DFU_ERROR, true },
	{ "upload-idle", DFUT_SIM_DFU_UPLOAD, 8, false, DFU_UPLOAD_IDLE, false },
	{ "upload-idle", DFUT_SIM_DFU_CLRSTATUS, 0, true, DFU_ERROR, true },
	{ "upload-idle", DFUT_SIM_DFU_ABORT, 0, false, DFU_IDLE, false },
};

Test(sim, follows_the_transition_table)
{
	static const uint8_t data[1025];

	for (size_t i = 0; i < DFUT_COUNT(transitions); i++) {
		const struct transition *row = &transitions[i];
		bool is_in = row->request == DFUT_SIM_DFU_UPLOAD;
		char spec[64];
		int result;

		snprintf(spec, sizeof(spec), "dfu:start=%s", row->start);
		plug_and_open(spec);
		result = host_out(host, is_in ? 0xa1 : 0x21, row->request, 0, 0, is_in ? NULL : data, row->length);
		cr_assert(eq(int, result, row->is_stall ? DFUT_ERROR_DEVICE : row->length), "%s, request %d",
			  row->start, row->request);
		cr_assert(eq(u8, getstate(), row->next), "%s, request %d", row->start, row->request);
		cr_assert(eq(int, get_breaches() > 0, row->is_breach), "%s, request %d", row->start, row->request);
	}
}

static void get_into_state(uint8_t state)
{
	plug_and_open("dfu:start=bootloader");
	cr_assert(eq(int, dnload(0, "1", 1), 1));
	if (state == DFU_DNLOAD_SYNC)
		return;
	if (state == DFU_DNBUSY) {
		cr_assert(eq(u8, getstatus().state, DFU_DNBUSY));
		return;
	}
	wait_for_state(DFU_DNLOAD_IDLE);
	cr_assert(eq(int, dnload(1, NULL, 0), 0));
	if (state == DFU_MANIFEST)
		cr_assert(eq(u8, getstatus().state, DFU_MANIFEST));
}

Test(sim, refuses_all_but_questions_while_it_works)
{
	static const uint8_t states[] = { DFU_DNLOAD_SYNC, DFU_DNBUSY, DFU_MANIFEST_SYNC, DFU_MANIFEST };

	for (size_t i = 0; i < DFUT_COUNT(states); i++) {
		get_into_state(states[i]);
		cr_assert(eq(sz, get_breaches(), 0));
		cr_assert(eq(int, send_dfu(DFUT_SIM_DFU_ABORT, 0), DFUT_ERROR_DEVICE));
		cr_assert(eq(u8, getstate(), DFU_ERROR));
		cr_assert(has_breach("ABORT"));
		cr_assert(has_breach(dfut_sim_dfu_state_get_name(states[i])));
	}
}

Test(sim, does_not_like_to_be_asked_too_early)
{
	plug_and_open("dfu:start=bootloader");
	cr_assert(eq(int, dnload(0, "1", 1), 1));
	getstatus();
	host_wait_ms(host, 5);
	cr_assert(eq(int, ask_status(), DFUT_ERROR_DEVICE));
	cr_assert(has_breach("bwPollTimeout"));
}

Test(sim, does_not_blame_the_host_for_an_answer_that_was_spoilt)
{
	plug_and_open("zephyr");
	trigger();
	dfut_sim_device_clear_record(host->device);
	add_fault(DFUT_SIM_FAULT_GARBAGE, 1, 0);
	cr_assert(eq(int, dnload(0, "1", 1), 1));
	cr_assert(eq(int, ask_status(), 6));
	cr_assert(eq(int, ask_status(), 6));
	cr_assert(eq(sz, get_breaches(), 0));
}

Test(sim, judges_blocks)
{
	plug_and_open("dfu:start=bootloader,busy=0,upload=no");
	cr_assert(eq(int, dnload(0, "1", 1), 1));
	cr_assert(eq(u8, getstatus().state, DFU_DNLOAD_IDLE));
	cr_assert(eq(int, dnload(2, "1", 1), 1));
	cr_assert(has_breach("block 2, but 1 is next"));
	cr_assert(eq(u8, getstatus().state, DFU_DNLOAD_IDLE));
	cr_assert(eq(int, dnload(0, NULL, 0), 0));
	cr_assert(has_breach("zero-length DNLOAD block 0, but 3 is next"));
	wait_for_state(DFU_IDLE);
	cr_assert(eq(int, upload(1, 4), DFUT_ERROR_DEVICE));
	cr_assert(has_breach("it can't"));
	cr_assert(has_breach("UPLOAD block 1, but 0 is next"));
	host_in(host, 0xa1, DFUT_SIM_DFU_GETSTATUS, 0, 0, 64);
	cr_assert(has_breach("wLength 64"));
	cr_assert(eq(int, host_out(host, 0x21, 0x0b, 0, 0, NULL, 0), DFUT_ERROR_DEVICE));
	cr_assert(has_breach("no DFU request"));
}

Test(sim, keeps_what_does_not_fit_out)
{
	plug_and_open("dfu:start=bootloader,size=4");
	cr_assert(eq(int, dnload(0, "12345", 5), DFUT_ERROR_DEVICE));
	cr_assert(eq(u8, getstatus().status, ERR_ADDRESS));
}

Test(sim, waits_for_a_reset_unless_it_detaches_itself)
{
	plug_and_open("dfu:will-detach=no,detach-timeout=500");
	cr_assert(eq(int, detach(), 0));
	host_wait_ms(host, 600);
	cr_assert(eq(u8, getstate(), APP_IDLE));
	cr_assert(eq(int, host_reset(host), 0));
	assert_text(get_mode(), "application");
	cr_assert(eq(int, detach(), 0));
	host_wait_ms(host, 100);
	cr_assert(eq(int, host_reset(host), DFUT_ERROR_GONE));
	host_wait_ms(host, 300);
	assert_ids(0x1209, 0x0002);
	cr_assert(eq(sz, get_breaches(), 0));

	plug_and_open("dfu");
	cr_assert(eq(int, detach(), 0));
	cr_assert(eq(int, host_reset(host), 0));
	cr_assert(has_breach("bitWillDetach"));
	cr_assert(eq(int, detach(), DFUT_ERROR_DEVICE));
	cr_assert(has_breach("appDETACH"));
}

Test(sim, restarts_after_manifestation)
{
	plug_and_open("dfu:start=bootloader,tolerant=no");
	download((const uint8_t *)"1", 1, 1024);
	cr_assert(eq(u8, getstatus().state, DFU_MANIFEST));
	cr_assert(eq(int, host_in(host, 0xa1, 3, 0, 0, 6), DFUT_ERROR_DEVICE));
	plug_and_open("dfu:start=bootloader,tolerant=no");
	download((const uint8_t *)"1", 1, 1024);
	getstatus();
	host_wait_ms(host, 500);
	assert_ids(0x1209, 0x0001);

	plug_and_open("dfu:start=bootloader,tolerant=no,will-detach=no");
	download((const uint8_t *)"1", 1, 1024);
	wait_for_state(DFU_MANIFEST_WAIT_RESET);
	cr_assert(eq(int, host_reset(host), DFUT_ERROR_GONE));
	host_wait_ms(host, 500);
	assert_ids(0x1209, 0x0001);
	cr_assert(eq(sz, get_breaches(), 0));
}

Test(sim, does_not_start_half_a_firmware)
{
	struct dfut_sim_dfu_answer answer;

	plug_and_open("dfu:start=bootloader");
	cr_assert(eq(int, dnload(0, "1", 1), 1));
	wait_for_state(DFU_DNLOAD_IDLE);
	cr_assert(eq(int, host_reset(host), 0));
	answer = getstatus();
	cr_assert(eq(u8, answer.state, DFU_ERROR));
	cr_assert(eq(u8, answer.status, ERR_FIRMWARE));
	dfut_sim_device_unplug(host->device);
	dfut_sim_device_replug(host->device);
	assert_text(get_mode(), "bootloader");
}

Test(sim, bends_descriptors)
{
	const struct host_device *device;

	plug("dfu:start=bootloader,alternates=2,functional=first");
	cr_assert(eq(u8, host_get(host)->descriptors[18 + 9 + 9 + 1], 0x21));
	plug("dfu:start=bootloader,alternates=2");
	cr_assert(eq(u8, host_get(host)->descriptors[18 + 9 + 18 + 1], 0x21));
	plug("dfu:functional=configuration,version=1.0");
	device = host_get(host);
	cr_assert(eq(u8, device->descriptors[18 + 9], 7));
	cr_assert(eq(u8, device->descriptors[18 + 9 + 1], 0x21));
	cr_assert(eq(u8, device->descriptors[18 + 9 + 7 + 7], 0));
	plug("dfu:functional=missing");
	cr_assert(eq(sz, host_get(host)->descriptors_size, 18 + 9 + 9));
	plug("dfu:runtime=no");
	cr_assert(eq(u8, host_get(host)->descriptors[18 + 9 + 5], 0xff));
}

Test(sim, behaves_like_tinyusb)
{
	plug_and_open("dfu:flavour=tinyusb,transfer-size=64,size=100");
	cr_assert(eq(int, host_in(host, 0xa1, DFUT_SIM_DFU_GETSTATE, 0, 0, 1), DFUT_ERROR_DEVICE));
	trigger();
	cr_assert(eq(int, dnload(0, "1", 1), 1));
	cr_assert(eq(int, dnload(1, "1", 1), DFUT_ERROR_DEVICE));
	cr_assert(eq(u8, getstate(), DFU_DNLOAD_SYNC));
	cr_assert(eq(u8, getstatus().state, DFU_DNBUSY));
	host_wait_ms(host, 10);
	cr_assert(eq(u8, getstatus().state, DFU_DNLOAD_IDLE));
	cr_assert(eq(int, send_dfu(DFUT_SIM_DFU_CLRSTATUS, 0), 0));
	cr_assert(eq(u8, getstate(), DFU_IDLE));
	cr_assert(eq(int, upload(1, 64), 36));
	cr_assert(eq(int, upload(0, 65), DFUT_ERROR_DEVICE));
	cr_assert(eq(u8, getstate(), DFU_IDLE));
	dfut_sim_device_clear_record(host->device);
	cr_assert(eq(int, detach(), 0));
	cr_assert(eq(sz, get_breaches(), 0));
	host_wait_ms(host, 1000);
	/* A download had begun and was not finished. */
	assert_text(get_mode(), "bootloader");
}

Test(sim, behaves_like_usbd_dfu_rt)
{
	uint64_t start_us;

	plug_and_open("dfu:flavour=rt");
	cr_assert(eq(u8, host_get(host)->descriptors[18 + 9 + 1], 11));
	cr_assert(eq(u16, dfut_le16(&host_get(host)->descriptors[18 + 9 + 8 + 9 + 7]), 0x011a));
	cr_assert(eq(int, ask_status(), 6));
	cr_assert(eq(int, host_in(host, 0xa1, DFUT_SIM_DFU_GETSTATE, 0, 0, 1), DFUT_ERROR_DEVICE));
	start_us = host_get_time_us(host);
	cr_assert(eq(int, send_dfu(DFUT_SIM_DFU_DETACH, 700), 0));
	while (dfut_sim_device_is_present(host->device))
		host_wait_ms(host, 1);
	cr_assert(ge(u64, host_get_time_us(host) - start_us, 700000));
	host_wait_ms(host, 500);
	assert_ids(0x1209, 0x0002);

	plug_and_open("dfu:flavour=rt,getstatus=stall,will-detach=no");
	cr_assert(eq(int, ask_status(), DFUT_ERROR_DEVICE));
	cr_assert(eq(int, send_dfu(DFUT_SIM_DFU_DETACH, 50), 0));
	host_wait_ms(host, 60);
	cr_assert(eq(int, host_reset(host), 0));
	assert_text(get_mode(), "application");
}

Test(sim, may_not_leave_or_not_come_back)
{
	static const struct {
		const char *option;
		bool is_present;
		const char *mode;
	} cases[] = {
		{ "leave=no", true, "application" },
		{ "return=no", false, "bootloader" },
		{ "return-as=application", true, "application" },
		{ "return-ms=60000", false, "bootloader" },
	};
	static const char *const models[] = { "dfu", "zephyr", "zephyr:stack=legacy" };

	for (size_t model = 0; model < DFUT_COUNT(models); model++) {
		for (size_t i = 0; i < DFUT_COUNT(cases); i++) {
			char spec[128];

			snprintf(spec, sizeof(spec), "%s%c%s", models[model], strchr(models[model], ':') ? ',' : ':',
				 cases[i].option);
			plug_and_open(spec);
			cr_assert(eq(int, detach(), 0));
			host_wait_ms(host, 5000);
			cr_assert(eq(int, dfut_sim_device_is_present(host->device), cases[i].is_present), "%s", spec);
			assert_text(get_mode(), cases[i].mode);
		}
	}
}

/* Nordic keyboard. */

static size_t read_dump(long *values, size_t room)
{
	const char *folder = getenv("DFUTRIGGER_TEST_DATA");
	char path[512];
	char line[256];
	char name[64];
	size_t count = 0;
	FILE *file;

	snprintf(path, sizeof(path), "%s/nrf52840-keyboard.txt", folder ? folder : "tests/data");
	file = fopen(path, "r");
	cr_assert(ne(ptr, file, NULL), "%s", path);
	while (fgets(line, sizeof(line), file) && count < room)
		if (line[0] == ' ' && sscanf(line, " %63[a-zA-Z0-9] : %li", name, &values[count]) == 2)
			count++;
	fclose(file);
	return count;
}

/* Sizes of the fields of the descriptors that the dump shows; it leaves class-specific ones out. */
static const char *get_fields(uint8_t type)
{
	switch (type) {
	case 1:
		return "112111122211111";
	case 2:
		return "11211111";
	case 4:
		return "111111111";
	case 5:
		return "111121";
	default:
		return "";
	}
}

Test(sim, is_the_reference_keyboard)
{
	long expected[128];
	size_t count = read_dump(expected, DFUT_COUNT(expected)), at = 0;
	const struct host_device *device;
	const uint8_t *bytes, *end;

	plug("nrf52840-keyboard");
	device = host_get(host);
	cr_assert(eq(sz, device->descriptors_size, 18 + 118));
	bytes = device->descriptors;
	end = bytes + device->descriptors_size;
	for (; bytes < end; bytes += bytes[0]) {
		const uint8_t *field = bytes;

		for (const char *size = get_fields(bytes[1]); *size && field < bytes + bytes[0]; size++) {
			long value = *size == '1' ? field[0] : dfut_le16(field);

			cr_assert(lt(sz, at, count));
			cr_assert(eq(long, value, expected[at]), "field %zu", at);
			at++;
			field += *size - '0';
		}
	}
	cr_assert(eq(sz, at, count));
	cr_assert(eq(sz, count, 14 + 8 + 4 * 9 + 4 * 6));
	assert_text(device->strings[1], "HJZ");
	assert_text(device->strings[2], "27x2 Mitosis");
	assert_text(device->strings[3], "CC5B702828B2");
	assert_text(device->strings[4], "Default configuration");
}

static void assert_nordic_bootloader(void)
{
	const struct host_device *device;

	host_wait_ms(host, 1000);
	assert_ids(0x1915, 0x521f);
	device = host_get(host);
	cr_assert(eq(sz, device->descriptors_size, 18 + dfut_le16(&device->descriptors[20])));
	assert_text(device->path, "1-1");
	cr_assert(eq(u64, device->instance, 2));
	cr_assert(eq(uint, device->address, 2));
	assert_text(device->strings[1], "Nordic Semiconductor");
	assert_text(device->strings[3], "CC5B702828B2");
	cr_assert(eq(sz, get_breaches(), 0));
}

Test(sim, is_triggered_through_the_interface_and_the_device)
{
	plug("nrf52840-keyboard");
	open_interface(3);
	cr_assert(eq(int, host_out(host, 0x21, 0, 0, 3, "0", 1), DFUT_ERROR_GONE));
	assert_nordic_bootloader();

	plug("nrf52840-keyboard:detach-race=ack,interface-detach=stall");
	open_interface(3);
	cr_assert(eq(int, host_out(host, 0x21, 0, 0, 3, NULL, 0), DFUT_ERROR_DEVICE));
	host_disconnect(host);
	cr_assert(eq(int, host_open(host, DFUT_CHANNEL_DEVICE), 0));
	cr_assert(eq(int, host_out(host, 0x20, 0, 0, 0, NULL, 0), 0));
	assert_nordic_bootloader();
}

Test(sim, tells_about_the_nordic_firmware)
{
	plug("nrf52840-keyboard");
	open_interface(3);
	cr_assert(eq(int, host_in(host, 0xa1, 7, 0, 3, 24), 24));
	cr_assert(eq(u32, dfut_le32(&host->request.buffer[16]), 0x100000));
	cr_assert(eq(u32, dfut_le32(&host->request.buffer[20]), 4096));
	cr_assert(eq(int, host_in(host, 0xa1, 7, 0, 3, 25), DFUT_ERROR_DEVICE));
	cr_assert(eq(int, host_in(host, 0xa1, 8, 0, 3, 256), 19));
	assert_text(host->request.buffer, "27x2-mitosis 1.0.0");
	cr_assert(eq(int, host_in(host, 0xa1, 8, 0, 3, 4), 4));
	cr_assert(eq(int, host_in(host, 0xa1, 3, 0, 3, 6), DFUT_ERROR_DEVICE));
	cr_assert(eq(int, host_in(host, 0xc1, 7, 0, 3, 24), DFUT_ERROR_DEVICE));
	cr_assert(eq(sz, get_breaches(), 0));
}

Test(sim, enters_the_nordic_bootloader_by_its_button)
{
	plug("nrf52840-keyboard");
	dfut_sim_device_press_reset(host->device);
	host_wait_ms(host, 1000);
	assert_ids(0x1915, 0x521f);
	dfut_sim_device_unplug(host->device);
	dfut_sim_device_replug(host->device);
	assert_ids(0x1915, 0x520f);
	plug("nrf52840-keyboard:press=reset");
	assert_ids(0x1915, 0x521f);
}

/* Zephyr. */

Test(sim, is_zephyrs_sample)
{
	const struct host_device *device;

	plug("zephyr");
	assert_ids(0x2fe3, 0x0005);
	cr_assert(eq(u16, get_release(), 0x0100));
	trigger();
	assert_ids(0x2fe3, 0xffff);
	device = host_get(host);
	cr_assert(eq(int, memcmp(&device->descriptors[14], "\0\0\0\1", 4), 0));
	assert_text(device->strings[1], "slot0_image");
	assert_text(device->strings[2], "slot1_image");
	cr_assert(eq(int, memcmp(&device->descriptors[18 + 9 + 18], "\x09\x21\x0f\0\0\0\2\x10\1", 9), 0));

	plug("zephyr:stack=legacy,reboot=yes,upload=no");
	trigger();
	device = host_get(host);
	assert_text(device->strings[4], "image_0");
	assert_text(device->strings[5], "image_1");
	cr_assert(eq(int, memcmp(&device->descriptors[18 + 9 + 18], "\x09\x21\x09\x64\0\x80\0\x10\1", 9), 0));
	cr_assert(eq(sz, get_breaches(), 0));
}

Test(sim, tells_the_state_before_with_zephyrs_new_stack)
{
	struct dfut_sim_dfu_answer answer;

	plug("zephyr");
	trigger();
	cr_assert(eq(int, dnload(0, "1234", 4), 4));
	answer = getstatus();
	cr_assert(eq(u8, answer.state, DFU_DNLOAD_SYNC));
	cr_assert(eq(u32, answer.poll_ms, 100));
	host_wait_ms(host, 100);
	cr_assert(eq(u8, getstatus().state, DFU_DNLOAD_IDLE));
	cr_assert(eq(int, dnload(1, NULL, 0), 0));
	cr_assert(eq(u8, getstatus().state, DFU_MANIFEST_SYNC));
	host_wait_ms(host, 100);
	cr_assert(eq(u8, getstatus().state, DFU_IDLE));
	cr_assert(eq(sz, get_breaches(), 0));
	cr_assert(eq(int, dnload(0, "1234", 4), 4));
	getstatus();
	cr_assert(eq(u8, getstatus().state, DFU_DNLOAD_IDLE));
	cr_assert(has_breach("bwPollTimeout"));
}

Test(sim, wants_exact_lengths_with_zephyrs_new_stack)
{
	plug("zephyr");
	trigger();
	cr_assert(eq(int, host_in(host, 0xa1, 3, 0, 0, 7), 0));
	cr_assert(eq(int, host_in(host, 0xa1, 5, 0, 0, 2), 0));
	cr_assert(eq(sz, get_breaches(), 2));
	cr_assert(eq(int, upload(0, 513), DFUT_ERROR_DEVICE));
	cr_assert(eq(u8, getstatus().status, ERR_STALLEDPKT));
	cr_assert(eq(int, send_dfu(DFUT_SIM_DFU_ABORT, 0), DFUT_ERROR_DEVICE));
	cr_assert(eq(int, send_dfu(DFUT_SIM_DFU_CLRSTATUS, 0), 0));
	cr_assert(eq(int, dnload(0, NULL, 0), DFUT_ERROR_DEVICE));
	cr_assert(eq(u8, getstatus().status, ERR_STALLEDPKT));
	cr_assert(eq(int, send_dfu(DFUT_SIM_DFU_CLRSTATUS, 0), 0));
	cr_assert(eq(int, send_dfu(DFUT_SIM_DFU_CLRSTATUS, 0), DFUT_ERROR_DEVICE));
	cr_assert(eq(u8, getstate(), DFU_ERROR));
	cr_assert(eq(int, host_out(host, 0x21, 11, 0, 0, NULL, 0), DFUT_ERROR_DEVICE));
	cr_assert(eq(int, host_out(host, 0x41, 4, 0, 0, NULL, 0), DFUT_ERROR_DEVICE));
	cr_assert(eq(u8, getstate(), DFU_ERROR));
}

Test(sim, reads_slots_with_zephyrs_new_stack)
{
	plug("zephyr:slot-size=8K,transfer-size=500");
	trigger();
	for (uint16_t block = 0; block < 16; block++)
		cr_assert(eq(int, upload(block, 500), 500));
	cr_assert(eq(int, upload(16, 500), 192));
	cr_assert(eq(u8, getstate(), DFU_UPLOAD_IDLE));
	cr_assert(eq(sz, get_breaches(), 0));
	cr_assert(eq(int, upload(17, 500), 0));
	cr_assert(eq(u8, getstatus().status, ERR_UNKNOWN));
	cr_assert(eq(int, send_dfu(DFUT_SIM_DFU_CLRSTATUS, 0), 0));
	cr_assert(eq(int, upload(0, 500), 500));
	cr_assert(eq(int, upload(2, 500), 0));
	cr_assert(eq(u8, getstate(), DFU_ERROR));
}

Test(sim, loses_the_tail_when_the_last_block_is_misnumbered)
{
	uint8_t image[700];

	memset(image, 0x5a, sizeof(image));
	plug("zephyr:slot-size=8K");
	trigger();
	cr_assert(eq(int, dnload(0, image, 512), 512));
	wait_for_state(DFU_DNLOAD_IDLE);
	cr_assert(eq(int, dnload(1, image + 512, 188), 188));
	wait_for_state(DFU_DNLOAD_IDLE);
	cr_assert(eq(int, dnload(0, NULL, 0), 0));
	wait_for_state(DFU_IDLE);
	cr_assert(has_breach("zero-length"));
	cr_assert(eq(u8, get_memory("slot1")[511], 0x5a));
	cr_assert(eq(u8, get_memory("slot1")[512], 0xff));
	cr_assert(eq(int, dnload(0, image, 512), 512));
	wait_for_state(DFU_DNLOAD_IDLE);
	cr_assert(eq(int, dnload(2, image, 512), DFUT_ERROR_DEVICE));
	cr_assert(eq(u8, getstatus().status, ERR_UNKNOWN));
}

Test(sim, erases_while_it_handles_the_request)
{
	static const uint8_t block[512];
	uint64_t start_us;

	plug("zephyr:erase-ms=85");
	trigger();
	start_us = host_get_time_us(host);
	cr_assert(eq(int, dnload(0, block, 512), 512));
	cr_assert(eq(u64, host_get_time_us(host) - start_us, 86000));
}

Test(sim, refuses_more_than_a_slot)
{
	static const uint8_t block[512];
	uint16_t number;

	plug("zephyr:slot-size=8K,poll-ms=0");
	trigger();
	for (number = 0; number < 16; number++) {
		cr_assert(eq(int, dnload(number, block, 512), 512));
		wait_for_state(DFU_DNLOAD_IDLE);
	}
	cr_assert(eq(int, dnload(number, block, 512), DFUT_ERROR_DEVICE));
	cr_assert(eq(u8, getstatus().status, ERR_UNKNOWN));
}

Test(sim, ignores_bus_resets_with_zephyr)
{
	plug("zephyr");
	trigger();
	cr_assert(eq(int, host_reset(host), 0));
	cr_assert(eq(u8, getstate(), DFU_IDLE));
	cr_assert(eq(int, detach(), DFUT_ERROR_DEVICE));
	cr_assert(eq(u8, getstate(), DFU_ERROR));
	cr_assert(has_breach("DETACH"));
}

Test(sim, has_a_worker_with_zephyrs_legacy_stack)
{
	static const uint8_t block[128];
	struct dfut_sim_dfu_answer answer;
	uint64_t start_us;

	plug("zephyr:stack=legacy,slot-size=400K,erase-ms=85,transfer-us=500");
	trigger();
	start_us = host_get_time_us(host);
	cr_assert(eq(int, dnload(0, block, 128), 128));
	cr_assert(eq(u64, host_get_time_us(host) - start_us, 500));
	answer = getstatus();
	cr_assert(eq(u8, answer.state, DFU_DNBUSY));
	cr_assert(eq(u32, answer.poll_ms, 8));
	host_wait_ms(host, 8);
	wait_for_state(DFU_DNLOAD_IDLE);
	cr_assert(ge(u64, host_get_time_us(host) - start_us, 100 * 85000));
	cr_assert(eq(int, dnload(1, NULL, 0), 0));
	cr_assert(eq(u8, getstate(), DFU_DNBUSY));
	wait_for_state(DFU_IDLE);
	cr_assert(eq(sz, get_breaches(), 1));
	cr_assert(has_breach("GETSTATE"));
}

Test(sim, writes_only_slot_1_with_zephyrs_legacy_stack)
{
	struct dfut_sim_dfu_answer answer;

	plug("zephyr:stack=legacy");
	trigger();
	cr_assert(eq(int, host_alternate(host, 0, 0), 0));
	cr_assert(eq(int, dnload(0, "1", 1), 1));
	answer = getstatus();
	cr_assert(eq(u8, answer.state, DFU_ERROR));
	cr_assert(eq(u8, answer.status, ERR_WRITE));
	cr_assert(eq(int, send_dfu(DFUT_SIM_DFU_CLRSTATUS, 0), 0));
	cr_assert(eq(int, host_alternate(host, 0, 1), 0));
	cr_assert(eq(int, dnload(0, "1", 1), 1));
	wait_for_state(DFU_DNLOAD_IDLE);
	cr_assert(eq(sz, get_breaches(), 0));
}

Test(sim, loses_the_short_block_with_zephyrs_legacy_stack)
{
	uint16_t block;

	plug("zephyr:stack=legacy,slot-size=8K,transfer-size=100");
	trigger();
	cr_assert(eq(int, host_alternate(host, 0, 0), 0));
	for (block = 0; block < 81; block++)
		cr_assert(eq(int, upload(block, 100), 100));
	cr_assert(eq(int, memcmp(get_memory("slot0") + 8000, host->request.buffer, 100), 0));
	cr_assert(eq(int, upload(block, 100), 0));
	cr_assert(eq(u8, getstate(), DFU_IDLE));
	cr_assert(eq(sz, get_breaches(), 0));
	cr_assert(eq(int, upload(1, 100), DFUT_ERROR_DEVICE));
	cr_assert(eq(u8, getstate(), DFU_ERROR));
}

Test(sim, takes_a_second_detach_for_a_no_with_zephyrs_legacy_stack)
{
	plug_and_open("zephyr:stack=legacy");
	cr_assert(eq(int, detach(), 0));
	cr_assert(eq(int, detach(), DFUT_ERROR_DEVICE));
	host_wait_ms(host, 1000);
	assert_text(get_mode(), "application");
	trigger();
	cr_assert(eq(int, detach(), DFUT_ERROR_DEVICE));
	cr_assert(eq(u8, getstate(), APP_IDLE));
	assert_ids(0x2fe3, 0xffff);
}

Test(sim, needs_a_bus_reset_with_zephyrs_legacy_stack_without_will_detach)
{
	plug_and_open("zephyr:stack=legacy,will-detach=no");
	cr_assert(eq(int, send_dfu(DFUT_SIM_DFU_DETACH, 5000), 0));
	host_wait_ms(host, 1001);
	cr_assert(eq(u8, getstate(), APP_IDLE));
	cr_assert(eq(int, send_dfu(DFUT_SIM_DFU_DETACH, 5000), 0));
	host_wait_ms(host, 900);
	cr_assert(eq(int, host_reset(host), DFUT_ERROR_GONE));
	host_wait_ms(host, 500);
	assert_ids(0x2fe3, 0xffff);
	cr_assert(eq(sz, get_breaches(), 0));
}

/* MCUboot. */

static void update(const uint8_t *image, size_t size)
{
	uint16_t transfer_size = 128;

	trigger();
	cr_assert(eq(int, host_alternate(host, 0, 1), 0));
	download(image, size, transfer_size);
}

static void press_reset(void)
{
	dfut_sim_device_press_reset(host->device);
	host_wait_ms(host, 1000);
	assert_ids(0x2fe3, 0x0005);
}

Test(sim, boots_a_new_image_once_and_reverts)
{
	static const char *const specs[] = { "zephyr", "zephyr:stack=legacy" };
	uint8_t image[4000];
	size_t size = make_image(image, 3000);

	for (size_t i = 0; i < DFUT_COUNT(specs); i++) {
		plug(specs[i]);
		update(image, size);
		wait_for_state(DFU_IDLE);
		cr_assert(eq(int, memcmp(get_memory("slot1"), image, size), 0));
		press_reset();
		cr_assert(eq(u16, get_release(), 0x0207));
		cr_assert(eq(int, memcmp(get_memory("slot0"), image, size), 0));
		press_reset();
		cr_assert(eq(u16, get_release(), 0x0100));
		press_reset();
		cr_assert(eq(u16, get_release(), 0x0100));
		cr_assert(eq(sz, get_breaches(), 0));
	}
}

Test(sim, keeps_a_permanent_image)
{
	uint8_t image[4000];
	size_t size = make_image(image, 3000);

	plug("zephyr:permanent=yes");
	update(image, size);
	wait_for_state(DFU_IDLE);
	dfut_sim_device_unplug(host->device);
	dfut_sim_device_replug(host->device);
	cr_assert(eq(u16, get_release(), 0x0207));
	press_reset();
	cr_assert(eq(u16, get_release(), 0x0207));
}

Test(sim, does_not_boot_a_damaged_image)
{
	uint8_t image[4000];
	size_t size = make_image(image, 3000);

	image[100] ^= 1;
	plug("zephyr");
	update(image, size);
	wait_for_state(DFU_IDLE);
	press_reset();
	cr_assert(eq(u16, get_release(), 0x0100));
	cr_assert(eq(u8, get_memory("slot1")[0], 0xff));
}

Test(sim, reboots_by_itself)
{
	static const char *const specs[] = { "zephyr:reboot=yes", "zephyr:reboot=yes,stack=legacy" };
	uint8_t image[4000];
	size_t size = make_image(image, 3000);

	for (size_t i = 0; i < DFUT_COUNT(specs); i++) {
		plug(specs[i]);
		update(image, size);
		wait_for_state(DFU_MANIFEST_WAIT_RESET);
		host_wait_ms(host, 1000);
		assert_ids(0x2fe3, 0x0005);
		cr_assert(eq(u16, get_release(), 0x0207));
		cr_assert(eq(sz, get_breaches(), 0));
	}
}

Test(sim, has_nothing_to_start_when_its_only_slot_is_spoilt)
{
	plug("zephyr:slots=1");
	trigger();
	download((const uint8_t *)"no image", 8, 512);
	wait_for_state(DFU_IDLE);
	dfut_sim_device_press_reset(host->device);
	host_wait_ms(host, 5000);
	cr_assert(not(dfut_sim_device_is_present(host->device)));
	dfut_sim_device_unplug(host->device);
	dfut_sim_device_replug(host->device);
	cr_assert(not(dfut_sim_device_is_present(host->device)));
}

/* Memories and state files. */

Test(sim, lets_tests_look_into_memory)
{
	size_t size = 0;

	plug("zephyr:slot-size=8K");
	cr_assert(ne(ptr, (void *)dfut_sim_device_get_memory(host->device, "slot0", &size), NULL));
	cr_assert(eq(sz, size, 8192));
	cr_assert(eq(ptr, (void *)dfut_sim_device_get_memory(host->device, "slot2", &size), NULL));
	cr_assert(eq(int, dfut_sim_device_set_memory(host->device, "slot1", 8190, "ab", 2), 0));
	cr_assert(eq(int, memcmp(get_memory("slot1") + 8190, "ab", 2), 0));
	cr_assert(eq(int, dfut_sim_device_set_memory(host->device, "slot1", 8191, "ab", 2), DFUT_ERROR_USAGE));
	cr_assert(eq(int, dfut_sim_device_set_memory(host->device, "slot1", SIZE_MAX, "ab", 2), DFUT_ERROR_USAGE));
	cr_assert(eq(int, dfut_sim_device_set_memory(host->device, "slot9", 0, "ab", 2), DFUT_ERROR_NOT_FOUND));
}

Test(sim, remembers_in_a_state_file)
{
	char path[] = "/tmp/dfutrigger-sim-XXXXXX";
	char spec[128];
	int fd = mkstemp(path);

	cr_assert(ge(int, fd, 0));
	close(fd);
	remove(path);
	snprintf(spec, sizeof(spec), "zephyr:slot-size=8K,state=%s", path);
	plug(spec);
	trigger();
	cr_assert(eq(int, dfut_sim_device_set_memory(host->device, "slot1", 5, "\n\0x", 3), 0));
	plug(spec);
	assert_ids(0x2fe3, 0xffff);
	cr_assert(eq(int, memcmp(get_memory("slot1") + 5, "\n\0x", 3), 0));
	cr_assert(eq(int, dfut_sim_plug(NULL, host->sim, "zephyr:slot-size=8K,press=reset,state=/nowhere/x", NULL), 0));
	host_free(host);

	host = host_new_or_fail(NULL);
	snprintf(spec, sizeof(spec), "zephyr:slot-size=12K,state=%s", path);
	cr_assert(eq(int, dfut_sim_plug(NULL, host->sim, spec, NULL), DFUT_ERROR_IO));
	snprintf(spec, sizeof(spec), "dfu:state=%s", path);
	cr_assert(eq(int, dfut_sim_plug(NULL, host->sim, spec, NULL), DFUT_ERROR_IO));
	cr_assert(eq(int, truncate(path, 100), 0));
	snprintf(spec, sizeof(spec), "zephyr:slot-size=8K,state=%s", path);
	cr_assert(eq(int, dfut_sim_plug(NULL, host->sim, spec, NULL), DFUT_ERROR_IO));
	remove(path);
}

Test(sim, does_between_runs_what_it_was_about_to_do)
{
	char path[] = "/tmp/dfutrigger-sim-XXXXXX";
	char spec[128];
	int fd = mkstemp(path);

	cr_assert(ge(int, fd, 0));
	close(fd);
	remove(path);
	snprintf(spec, sizeof(spec), "zephyr:slot-size=8K,state=%s", path);
	plug_and_open(spec);
	cr_assert(eq(int, detach(), 0));
	plug(spec);
	assert_ids(0x2fe3, 0xffff);
	remove(path);
}

Test(sim, remembers_half_a_firmware)
{
	char path[] = "/tmp/dfutrigger-sim-XXXXXX";
	char spec[128];
	int fd = mkstemp(path);

	cr_assert(ge(int, fd, 0));
	close(fd);
	remove(path);
	snprintf(spec, sizeof(spec), "dfu:state=%s", path);
	plug(spec);
	trigger();
	cr_assert(eq(int, dnload(0, "1", 1), 1));
	plug_and_open(spec);
	cr_assert(eq(u8, getstatus().status, ERR_FIRMWARE));
	remove(path);
}

/* Somebody's own model. */

struct lamp {
	struct dfut_sim_device *device;
	uint8_t brightness;
};

static int lamp_create(void *state, struct dfut_sim_device *device)
{
	struct lamp *lamp = state;

	lamp->device = device;
	return 0;
}

static uint32_t lamp_start(void *state, enum dfut_sim_start start)
{
	(void)state;
	(void)start;
	return 100;
}

static const char *lamp_get_mode_name(const void *state)
{
	(void)state;
	return "application";
}

static void lamp_describe(const void *state, struct dfut_sim_description *description)
{
	static const uint8_t descriptors[] = {
		18, 1, 0,  2, 0xff, 0, 0, 64,	0x09, 0x12, 0x03, 0, 0, 1, 0,	 0, 0, 1,
		9,  2, 18, 0, 1,    1, 0, 0x80, 50,   9,    4,	  0, 0, 0, 0xff, 0, 0, 0,
	};

	(void)state;
	description->descriptors = descriptors;
	description->descriptors_size = sizeof(descriptors);
}

static int lamp_control(void *state, const struct dfut_sim_setup *setup, uint8_t *data)
{
	struct lamp *lamp = state;

	if (setup->request_type != 0x40 || setup->length != 1)
		return DFUT_ERROR_DEVICE;
	if (data[0] > 100)
		dfut_sim_device_note_breach(lamp->device, "too bright");
	lamp->brightness = data[0];
	dfut_sim_device_leave(lamp->device, 5, 20);
	return 1;
}

static const struct dfut_sim_model lamp_model = {
	.size = sizeof(struct dfut_sim_model),
	.name = "lamp",
	.state_size = sizeof(struct lamp),
	.create = lamp_create,
	.start = lamp_start,
	.get_mode_name = lamp_get_mode_name,
	.describe = lamp_describe,
	.control = lamp_control,
};

Test(sim, takes_models_of_others)
{
	struct dfut_sim_model broken = lamp_model;

	plug(NULL);
	broken.control = NULL;
	cr_assert(eq(int, dfut_sim_add_model(host->sim, &broken), DFUT_ERROR_USAGE));
	cr_assert(eq(int, dfut_sim_add_model(host->sim, &lamp_model), 0));
	cr_assert(eq(int, dfut_sim_plug(&host->device, host->sim, "lamp:color=1", NULL), DFUT_ERROR_USAGE));
	cr_assert(eq(int, dfut_sim_plug(&host->device, host->sim, "lamp", NULL), 0));
	cr_assert(eq(int, host_open(host, DFUT_CHANNEL_DEVICE), 0));
	cr_assert(eq(int, host_out(host, 0x40, 1, 0, 0, "\xc8", 1), 1));
	cr_assert(eq(u8, ((struct lamp *)dfut_sim_device_get_state(host->device))->brightness, 200));
	cr_assert(has_breach("too bright"));
	assert_text(dfut_sim_device_get_record(host->device, 1)->text, "application");
	host_wait_ms(host, 10);
	cr_assert(eq(sz, host_scan(host), 0));
	host_wait_ms(host, 20);
	cr_assert(eq(sz, host_scan(host), 1));
}
