/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* Sessions and handles on devices that misbehave at random: every call ends in its time, and no success is false. */

#include "bench.h"

#define SEED 20261121u
#define SESSION_ROUNDS 2000
#define HANDLE_ROUNDS 500
#define CALLS 20
/* Three ways that share 10 s, with requests that hang, and two steps; then the way back */
#define DEADLINE_US 120000000

TestSuite(chaos, .timeout = 600);

static uint32_t random_value = SEED;

static uint32_t pick(uint32_t below)
{
	random_value ^= random_value << 13;
	random_value ^= random_value >> 17;
	random_value ^= random_value << 5;
	return random_value % below;
}

/* clang-format off */
static const char *const specs[] = {
	"sonix-keyboard", "sonix-keyboard:firmware=hfd", "sonix-keyboard:race=gone", "sinowealth-keyboard", "via-keyboard",
	"via-keyboard:via=silent", "via-keyboard:bootloader=stm32", "via-keyboard:via=refuse", "jabra",
	"jabra:will-detach=no", "jabra:family=710,race=gone", "teensy", "teensy:type=serial", "leonardo", "samd",
	"adafruit-nrf52", "pico", "pico:reset-interface=no", "pico:baud=no", "esp32-s2", "nrf52840-keyboard", "zephyr", "dfu",
};
/* clang-format on */

static void add_faults(struct dfut_sim_device *device)
{
	for (uint32_t i = pick(4); i > 0; i--) {
		struct dfut_sim_fault fault = { .size = sizeof(fault),
						.kind = (enum dfut_sim_fault_kind)(1 + pick(7)),
						.request = pick(12),
						.times = pick(3),
						.delay_ms = pick(8000) };

		dfut_sim_device_add_fault(device, &fault);
	}
}

/* Somebody pulls the cable, or presses the button. */
static void disturb(struct dfut_sim_device *device)
{
	uint32_t what = pick(60);

	if (what == 0 && dfut_sim_device_is_present(device))
		dfut_sim_device_unplug(device);
	else if (what < 10 && !dfut_sim_device_is_present(device))
		dfut_sim_device_replug(device);
	else if (what == 10 && dfut_sim_device_is_present(device))
		dfut_sim_device_press_reset(device);
}

static int run_session(struct bench *bench, size_t round)
{
	struct dfut_session *session = bench_new_session(bench, "1-1");
	uint64_t begin_us = dfut_sim_get_time_us(bench->sim);
	const char *spec = specs[round % COUNT(specs)];
	bool is_cancelled = false;
	int result;

	cr_assert(eq(int, dfut_session_start_trigger(session), 0), "%s: %s", spec, dfut_session_get_message(session));
	for (size_t i = 0; !dfut_session_has_ended(session) && i < ROUND_LIMIT; i++) {
		disturb(bench->device);
		if (pick(200) == 0) {
			dfut_session_cancel(session);
			is_cancelled = true;
		}
		dfut_context_dispatch(bench->context, (int)pick(500));
	}
	result = dfut_session_get_result(session);
	cr_expect(dfut_session_has_ended(session), "round %zu, %s: hang", round, spec);
	cr_expect(lt(u64, dfut_sim_get_time_us(bench->sim) - begin_us, DEADLINE_US), "round %zu, %s", round, spec);
	bench_expect_words(dfut_session_get_message(session), spec);
	if (result == DFUT_ERROR_CANCELLED)
		cr_expect(is_cancelled, "round %zu, %s", round, spec);
	if (result == 0) {
		cr_expect(bench_is_in_bootloader(bench->device), "round %zu, %s: false success: %s", round, spec,
			  dfut_session_get_message(session));
		cr_expect(eq(int, dfut_device_get_mode(dfut_session_get_device(session)), DFUT_MODE_BOOTLOADER),
			  "round %zu, %s", round, spec);
	}
	dfut_session_free(session);
	return result;
}

Test(chaos, ends_every_session)
{
	size_t counts[20] = { 0 };

	for (size_t i = 0; i < SESSION_ROUNDS; i++) {
		struct bench bench;

		bench_start(&bench, specs[i % COUNT(specs)]);
		add_faults(bench.device);
		counts[-run_session(&bench, i)]++;
		bench_stop(&bench);
	}
	fprintf(stderr, "%u sessions, seed %u:", SESSION_ROUNDS, SEED);
	for (int i = 0; i < (int)COUNT(counts); i++)
		if (counts[i])
			fprintf(stderr, " %s %zu", dfut_error_get_name(-i), counts[i]);
	fprintf(stderr, "\n");
	cr_expect(lt(sz, SESSION_ROUNDS / 4, counts[0]));
}

static int call(struct dfut_handle *handle, unsigned int timeout_ms)
{
	static const uint8_t types[] = { 0x80, 0x81, 0x00, 0x21, 0xa1, 0xc0, 0x40, 0x41, 0xc1, 0x22, 0xa2 };
	struct dfut_line_coding coding = { 1 + pick(20000), (uint8_t)pick(4), (uint8_t)pick(6),
					   (uint8_t)(4 + pick(6)) };
	uint8_t data[80] = { 0 };
	uint8_t type = types[pick(COUNT(types))];
	uint16_t length = (uint16_t)pick(sizeof(data) + 1);
	int interface = (int)pick(5) - 1;

	for (size_t i = 0; i < sizeof(data); i++)
		data[i] = (uint8_t)pick(256);
	switch (pick(10)) {
	case 0:
		return dfut_handle_control(handle, type, (uint8_t)pick(48), (uint16_t)pick(0x10000), (uint16_t)pick(5),
					   data, length, timeout_ms);
	case 1:
		return dfut_handle_reset(handle, timeout_ms);
	case 2:
		return dfut_handle_send_report(handle, interface, (enum dfut_report_type)(2 + pick(2)),
					       (uint8_t)pick(8), data, length, timeout_ms);
	case 3:
		return dfut_handle_get_feature_report(handle, interface, (uint8_t)pick(8), data, length, timeout_ms);
	case 4:
		return dfut_handle_read_report(handle, interface, data, data + 1, length ? length - 1u : 0, timeout_ms);
	case 5:
		return dfut_handle_set_line_coding(handle, interface, &coding, timeout_ms);
	case 6:
		return dfut_handle_set_lines(handle, interface, (int)pick(3) - 1, (int)pick(3) - 1, timeout_ms);
	case 7:
		return dfut_handle_read_serial(handle, interface, data, length, timeout_ms);
	case 8:
		return dfut_handle_write_serial(handle, interface, data, length, timeout_ms);
	default:
		return dfut_handle_touch(handle, interface, pick(2) ? 1200 : 134, timeout_ms);
	}
}

static size_t run_handle(struct bench *bench, const char *spec)
{
	struct dfut_device *device = bench_find(bench, "1-1");
	struct dfut_handle *handle;
	size_t good = 0;

	cr_assert(eq(int, dfut_handle_new(&handle, device), 0));
	dfut_device_unref(device);
	for (size_t i = 0; i < CALLS; i++) {
		unsigned int timeout_ms = 1 + pick(3000);
		uint64_t begin_us = dfut_sim_get_time_us(bench->sim);
		int result = call(handle, timeout_ms);

		cr_expect(le(u64, dfut_sim_get_time_us(bench->sim) - begin_us, timeout_ms * UINT64_C(1000) + 1000),
			  "%s", spec);
		if (result < 0)
			bench_expect_words(dfut_context_get_error(bench->context), spec);
		good += result >= 0;
		if (pick(4) == 0)
			dfut_context_dispatch(bench->context, (int)pick(1000));
	}
	dfut_handle_free(handle);
	return good;
}

Test(chaos, ends_every_call_of_a_handle_in_its_time)
{
	size_t calls = 0, good = 0;

	for (size_t i = 0; i < HANDLE_ROUNDS; i++) {
		const char *spec = specs[i % COUNT(specs)];
		struct bench bench;

		bench_start(&bench, spec);
		for (size_t k = 0; k < 3; k++) {
			add_faults(bench.device);
			good += run_handle(&bench, spec);
			calls += CALLS;
			/* Once more with what it has become */
			dfut_sim_device_clear_faults(bench.device);
			for (size_t m = 0; m < 1000 && !dfut_sim_device_is_present(bench.device); m++)
				dfut_context_dispatch(bench.context, 100);
			if (!dfut_sim_device_is_present(bench.device))
				dfut_sim_device_replug(bench.device);
		}
		bench_stop(&bench);
	}
	fprintf(stderr, "%zu calls of handles, seed %u, %zu of them good\n", calls, SEED, good);
	cr_expect(lt(sz, calls / 20, good));
}
