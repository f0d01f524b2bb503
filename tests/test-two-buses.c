/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* Two buses in one context that both have a port 1-1, and devices that look the same: a stranger is never taken. */

#include "base/time.h"
#include "bench.h"

#define IMAGE_SIZE 1300

TestSuite(two_buses, .timeout = 60);

/* The bench's bus has the device that is meant, the other one a stranger at a port of the same name. */
struct pair {
	struct bench bench;
	struct dfut_sim *other;
	struct dfut_sim_device *stranger;
};

static struct dfut_sim_device *plug_stranger(struct pair *pair, const char *spec, const char *path)
{
	struct dfut_sim_device *device;

	cr_assert(eq(int, dfut_sim_plug(&device, pair->other, spec, path), 0), "%s", dfut_sim_get_error(pair->other));
	return device;
}

static void start_pair(struct pair *pair, const char *spec, enum dfut_sim_clock clock)
{
	bench_start(&pair->bench, spec);
	pair->stranger = NULL;
	cr_assert(eq(int, dfut_sim_new(&pair->other, clock), 0));
	cr_assert(eq(int, dfut_sim_add_to_context(pair->other, pair->bench.context), 0));
}

static void stop_pair(struct pair *pair)
{
	bench_stop(&pair->bench);
	dfut_sim_free(pair->other);
}

/* Numbers of devices are those of their bus: so that the two are not equal by chance, the stranger is plugged in again. */
static void plug_stranger_twice(struct pair *pair, const char *spec)
{
	pair->stranger = plug_stranger(pair, spec, "1-1");
	dfut_sim_device_unplug(pair->stranger);
	dfut_sim_device_replug(pair->stranger);
}

/* Of equal ports, the first bus comes first. */
static struct dfut_device *get_first(struct pair *pair)
{
	struct dfut_device_list *list;
	struct dfut_device *device;

	cr_assert(eq(int, dfut_device_list_new(&list, pair->bench.context, NULL), 0));
	cr_assert(ge(sz, dfut_device_list_get_count(list), 1));
	device = dfut_device_ref(dfut_device_list_get(list, 0));
	dfut_device_list_free(list);
	return device;
}

static struct dfut_session *new_session(struct pair *pair)
{
	struct dfut_device *device = get_first(pair);
	struct dfut_session *session;

	cr_assert(eq(int, dfut_session_new(&session, device), 0));
	dfut_device_unref(device);
	return session;
}

static bool has_left(const struct pair *pair)
{
	return !dfut_sim_device_is_present(pair->bench.device);
}

static void wait_until_it_leaves(struct pair *pair)
{
	for (size_t i = 0; !has_left(pair) && i < ROUND_LIMIT; i++)
		dfut_context_dispatch(pair->bench.context, 1);
	cr_assert(has_left(pair));
}

static void expect_stranger_alone(const struct pair *pair, const char *what)
{
	cr_expect(eq(sz, dfut_sim_device_get_request_count(pair->stranger), 0), "%s: the stranger was asked something",
		  what);
	cr_expect(not(bench_is_in_bootloader(pair->stranger)), "%s", what);
}

static const struct way {
	const char *spec;
	int expected;
} ways[] = {
	{ "nrf52840-keyboard:return-ms=900", 0 },
	{ "sonix-keyboard:return-ms=900", 0 },
	{ "leonardo:return-ms=900", 0 },
	{ "pico:return-ms=900", 0 },
	{ "sonix-keyboard:return=no", DFUT_ERROR_TIMEOUT },
	{ "teensy:return=no,serial=", DFUT_ERROR_TIMEOUT },
};

/* The stranger is there when the device leaves, or arrives while it is away. */
static void trigger_beside_stranger(const struct way *way, bool is_there, enum dfut_sim_clock clock)
{
	struct dfut_session *session;
	struct pair pair;
	int result;

	start_pair(&pair, way->spec, clock);
	plug_stranger_twice(&pair, way->spec);
	session = new_session(&pair);
	if (!is_there)
		dfut_sim_device_unplug(pair.stranger);
	cr_assert(eq(int, dfut_session_start_trigger(session), 0), "%s: %s", way->spec,
		  dfut_session_get_message(session));
	wait_until_it_leaves(&pair);
	if (!is_there)
		dfut_sim_device_replug(pair.stranger);
	result = bench_run(&pair.bench, session, SIZE_MAX, way->spec);
	cr_expect(eq(int, result, way->expected), "%s: %s", way->spec, dfut_session_get_message(session));
	cr_expect(eq(int, bench_is_in_bootloader(pair.bench.device), result == 0), "%s", way->spec);
	expect_stranger_alone(&pair, way->spec);
	dfut_session_free(session);
	stop_pair(&pair);
}

Test(two_buses, trigger_follows_the_device_of_its_own_bus)
{
	for (size_t i = 0; i < COUNT(ways); i++) {
		trigger_beside_stranger(&ways[i], true, DFUT_SIM_CLOCK_VIRTUAL);
		trigger_beside_stranger(&ways[i], false, DFUT_SIM_CLOCK_VIRTUAL);
		trigger_beside_stranger(&ways[i], false, DFUT_SIM_CLOCK_REAL);
	}
}

static struct dfut_image *make_image(struct pair *pair)
{
	uint8_t bytes[IMAGE_SIZE];
	struct dfut_image *image;

	for (size_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = (uint8_t)(i * 7 + i / 256 + 128);
	cr_assert(eq(int, dfut_image_load_buffer(&image, pair->bench.context, bytes, sizeof(bytes), 0), 0), "%s",
		  dfut_context_get_error(pair->bench.context));
	return image;
}

/* It leaves and comes back several times, and the stranger each time in between. */
Test(two_buses, update_follows_the_device_of_its_own_bus)
{
	static const char spec[] = "xmos:erase-percent=1";
	struct dfut_session *session;
	struct dfut_image *image;
	size_t departures = 0;
	bool was_there = true;
	struct pair pair;

	start_pair(&pair, spec, DFUT_SIM_CLOCK_VIRTUAL);
	plug_stranger_twice(&pair, spec);
	session = new_session(&pair);
	image = make_image(&pair);
	cr_assert(eq(int, dfut_session_start_update(session, image), 0), "%s", dfut_session_get_message(session));
	for (size_t i = 0; !dfut_session_has_ended(session) && i < ROUND_LIMIT; i++) {
		dfut_context_dispatch(pair.bench.context, 1);
		if (was_there && has_left(&pair)) {
			departures++;
			dfut_sim_device_unplug(pair.stranger);
			dfut_context_dispatch(pair.bench.context, 0);
			dfut_sim_device_replug(pair.stranger);
		}
		was_there = !has_left(&pair);
	}
	cr_expect(ge(sz, departures, 2));
	cr_expect(eq(int, dfut_session_get_result(session), 0), "%s", dfut_session_get_message(session));
	cr_expect(eq(int, dfut_session_get_verified(session), DFUT_VERIFIED_YES));
	expect_stranger_alone(&pair, spec);
	bench_expect_no_breach(pair.bench.device, spec);
	dfut_session_free(session);
	dfut_image_free(image);
	stop_pair(&pair);
}

/* A device moves between the ports of its bus. The other bus has one with the same serial number: the moved one is not
 * the only one that has it. */
static void move(bool stranger_moves, bool own_moves, bool expects_found)
{
	struct dfut_session *session;
	struct pair pair;
	int expected = expects_found ? DFUT_ERROR_MISMATCH : DFUT_ERROR_TIMEOUT;

	start_pair(&pair, "sonix-keyboard:serial=A1,return=no", DFUT_SIM_CLOCK_VIRTUAL);
	session = new_session(&pair);
	cr_assert(eq(int, dfut_session_start_trigger(session), 0));
	wait_until_it_leaves(&pair);
	if (stranger_moves)
		pair.stranger = plug_stranger(&pair, "sonix-keyboard:serial=A1", "1-3");
	if (own_moves)
		bench_plug(&pair.bench, "sonix-keyboard:serial=A1", "1-3");
	cr_expect(eq(int, bench_run(&pair.bench, session, SIZE_MAX, "moved"), expected), "%s",
		  dfut_session_get_message(session));
	if (stranger_moves)
		expect_stranger_alone(&pair, "moved");
	dfut_session_free(session);
	stop_pair(&pair);
}

Test(two_buses, device_that_moved_is_looked_for_on_its_own_bus)
{
	move(false, true, true);
	move(true, false, false);
	move(true, true, false);
}

Test(two_buses, serial_number_that_the_other_bus_has_too_proves_nothing)
{
	struct dfut_session *session;
	struct pair pair;

	start_pair(&pair, "sonix-keyboard:serial=A1,return=no", DFUT_SIM_CLOCK_VIRTUAL);
	plug_stranger_twice(&pair, "sonix-keyboard:serial=A1");
	session = new_session(&pair);
	cr_assert(eq(int, dfut_session_start_trigger(session), 0));
	wait_until_it_leaves(&pair);
	bench_plug(&pair.bench, "sonix-keyboard:serial=A1", "1-3");
	cr_expect(eq(int, bench_run(&pair.bench, session, SIZE_MAX, "twin"), DFUT_ERROR_TIMEOUT), "%s",
		  dfut_session_get_message(session));
	expect_stranger_alone(&pair, "twin");
	dfut_session_free(session);
	stop_pair(&pair);
}

/* The stranger has the number, too, that the device had on its bus. */
Test(two_buses, handle_of_a_device_that_left_does_not_reach_the_stranger)
{
	struct dfut_handle *handle;
	struct dfut_device *device;
	struct pair pair;

	start_pair(&pair, "nrf52840-keyboard", DFUT_SIM_CLOCK_VIRTUAL);
	pair.stranger = plug_stranger(&pair, "nrf52840-keyboard", "1-1");
	device = get_first(&pair);
	cr_assert(eq(int, dfut_handle_new(&handle, device), 0));
	cr_expect(eq(int, dfut_handle_open(handle), 0));
	dfut_sim_device_unplug(pair.bench.device);
	dfut_context_dispatch(pair.bench.context, 0);
	cr_expect(eq(int, dfut_handle_reset(handle, 100), DFUT_ERROR_GONE));
	expect_stranger_alone(&pair, "handle");
	dfut_handle_free(handle);
	dfut_device_unref(device);
	stop_pair(&pair);
}

Test(two_buses, path_that_both_have_is_ambiguous)
{
	struct dfut_match match = DFUT_MATCH_INIT;
	struct dfut_device *device;
	struct pair pair;

	start_pair(&pair, "nrf52840-keyboard", DFUT_SIM_CLOCK_VIRTUAL);
	pair.stranger = plug_stranger(&pair, "nrf52840-keyboard", "1-1");
	match.path = "1-1";
	cr_expect(eq(int, dfut_device_find(&device, pair.bench.context, &match), DFUT_ERROR_AMBIGUOUS));
	stop_pair(&pair);
}

/* The second sim goes by the first one's clock, also with what was planned before it was added. */
Test(two_buses, virtual_buses_of_a_context_share_one_clock)
{
	struct dfut_sim_device *device;
	uint64_t planned_us;
	struct bench bench;
	struct dfut_sim *other;

	bench_start(&bench, "nrf52840-keyboard");
	dfut_context_dispatch(bench.context, 5000);
	cr_assert(eq(int, dfut_sim_new(&other, DFUT_SIM_CLOCK_VIRTUAL), 0));
	cr_assert(eq(int, dfut_sim_plug(&device, other, "nrf52840-keyboard", "1-1"), 0));
	dfut_sim_device_leave(device, 100, DFUT_SIM_NEVER);
	cr_assert(eq(int, dfut_sim_add_to_context(other, bench.context), 0));
	cr_expect(eq(u64, dfut_sim_get_time_us(other), dfut_sim_get_time_us(bench.sim)));
	planned_us = dfut_sim_get_time_us(bench.sim) + 100000;
	while (dfut_sim_device_is_present(device) && dfut_sim_get_time_us(bench.sim) <= planned_us)
		dfut_context_dispatch(bench.context, 1000);
	cr_expect(eq(u64, dfut_sim_get_time_us(bench.sim), planned_us));
	cr_expect(eq(u64, dfut_sim_get_time_us(other), planned_us));
	dfut_context_free(bench.context);
	cr_expect(ge(u64, dfut_sim_get_time_us(other), planned_us), "time goes back when the context is gone");
	dfut_sim_free(bench.sim);
	dfut_sim_free(other);
}

/* A bus with nothing on it that takes its time in each round, as one does that looks at a rack of devices. */

#define SLOW_US 4000

static int slow_start(void *self, struct dfut_bus *bus)
{
	(void)self;
	(void)bus;
	return 0;
}

static void slow_stop(void *self)
{
	(void)self;
}

static int slow_scan(void *self, bool may_block)
{
	(void)self;
	(void)may_block;
	return 0;
}

static int slow_connect(void *self, uint64_t instance, const struct dfut_transport_ops **ops, void **transport)
{
	(void)self;
	(void)instance;
	(void)ops;
	(void)transport;
	return DFUT_ERROR_GONE;
}

static void slow_dispatch(void *self)
{
	uint64_t until_us = dfut_system_time_us() + SLOW_US;

	(void)self;
	while (dfut_system_time_us() < until_us)
		;
}

static uint64_t slow_get_deadline_us(void *self)
{
	(void)self;
	return 0;
}

static const struct dfut_bus_ops slow_ops = {
	.size = sizeof(struct dfut_bus_ops),
	.name = "slow",
	.start = slow_start,
	.stop = slow_stop,
	.scan = slow_scan,
	.connect = slow_connect,
	.dispatch = slow_dispatch,
	.get_deadline_us = slow_get_deadline_us,
};

/* bwPollTimeout is counted from the answer that has it. */
Test(two_buses, a_slow_one_makes_no_wait_of_the_other_one_shorter)
{
	uint8_t content[IMAGE_SIZE];
	struct dfut_session *session;
	struct dfut_image *image;
	struct bench bench;

	memset(content, 0x5a, sizeof(content));
	cr_assert(eq(int, dfut_context_new(&bench.context), 0));
	cr_assert(eq(int, dfut_context_add_bus(bench.context, &slow_ops, &bench), 0));
	cr_assert(eq(int, dfut_sim_new(&bench.sim, DFUT_SIM_CLOCK_REAL), 0));
	cr_assert(eq(int, dfut_sim_add_to_context(bench.sim, bench.context), 0));
	bench.device = bench_plug(&bench, "dfu:detach-ms=20,return-ms=20,transfer-size=128,poll-ms=20,busy=1", "1-1");
	session = bench_new_session(&bench, "1-1");
	cr_assert(eq(int, dfut_image_load_buffer(&image, bench.context, content, sizeof(content), 0), 0));
	cr_assert(eq(int, dfut_session_start_update(session, image), 0), "%s", dfut_session_get_message(session));
	cr_expect(eq(int, dfut_session_run(session), 0), "%s", dfut_session_get_message(session));
	bench_expect_no_breach(bench.device, "beside a slow bus");
	dfut_session_free(session);
	dfut_image_free(image);
	bench_stop(&bench);
}
