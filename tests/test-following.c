/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* Which of two devices that look the same is triggered and followed, in whatever order they leave and return. */

#include "bench.h"
#include "sim/sim.h"

#define ROUNDS 1000
#define SEED 20260404u

TestSuite(following, .timeout = 600);

static uint32_t random_value = SEED;

static uint32_t pick(uint32_t below)
{
	random_value ^= random_value << 13;
	random_value ^= random_value >> 17;
	random_value ^= random_value << 5;
	return random_value % below;
}

/* Devices of which two show the same, or nothing, in place of a serial number. */
/* clang-format off */
static const char *const models[] = {
	"sonix-keyboard:serial=", "sonix-keyboard:serial=0001", "sinowealth-keyboard:serial=", "via-keyboard",
	"jabra:will-detach=no", "teensy:serial=", "teensy:type=serial", "leonardo", "samd:serial=",
	"adafruit-nrf52", "pico", "pico:reset-interface=no", "esp32-s2", "nrf52840-keyboard",
};
/* clang-format on */

/* One of the two is triggered; the other is pulled and plugged in again at any time. */
struct round {
	struct bench bench;
	struct dfut_sim_device *devices[2];
	size_t meant;
	bool both; /* the other is triggered, too, by a session of its own */
	bool returns;
	char what[200];
};

static const char *const paths[] = { "1-1", "1-2" };

static void start_round(struct round *round, size_t number)
{
	const char *model = models[number % COUNT(models)];
	char spec[160];

	memset(round, 0, sizeof(*round));
	round->meant = pick(2);
	round->both = pick(4) == 0;
	round->returns = pick(5) != 0;
	cr_assert(eq(int, dfut_context_new(&round->bench.context), 0));
	cr_assert(eq(int, dfut_sim_new(&round->bench.sim, DFUT_SIM_CLOCK_VIRTUAL), 0));
	cr_assert(eq(int, dfut_sim_add_to_context(round->bench.sim, round->bench.context), 0));
	for (size_t i = 0; i < 2; i++) {
		const char *end = i == round->meant && !round->returns ? ",return=no" : "";

		snprintf(spec, sizeof(spec), "%s%creturn-ms=%u%s", model, strchr(model, ':') ? ',' : ':',
			 (unsigned int)(20 + pick(4000)), end);
		round->devices[i] = bench_plug(&round->bench, spec, paths[i]);
	}
	snprintf(round->what, sizeof(round->what), "round %zu: %s, meant is %s, %s, %s", number, model,
		 paths[round->meant], round->both ? "both triggered" : "one triggered",
		 round->returns ? "returns" : "never returns");
}

/* The other one leaves and comes back by somebody's hand. */
static void disturb(struct round *round)
{
	struct dfut_sim_device *other = round->devices[1 - round->meant];

	if (round->both || pick(3))
		return;
	if (dfut_sim_device_is_present(other))
		dfut_sim_device_unplug(other);
	else
		dfut_sim_device_replug(other);
}

static struct dfut_session *start_session(struct round *round, size_t which)
{
	struct dfut_session *session = bench_new_session(&round->bench, paths[which]);

	cr_assert(eq(int, dfut_session_start_trigger(session), 0), "%s: %s", round->what,
		  dfut_session_get_message(session));
	return session;
}

static void judge(struct round *round, struct dfut_session *session, size_t which)
{
	struct dfut_device *device = dfut_session_get_device(session);
	int expected = which == round->meant && !round->returns ? DFUT_ERROR_TIMEOUT : 0;

	cr_expect(eq(int, dfut_session_get_result(session), expected), "%s: %s", round->what,
		  dfut_session_get_message(session));
	cr_expect(eq(int, strcmp(dfut_device_get_path(device), paths[which]), 0), "%s", round->what);
	if (expected == 0) {
		cr_expect(eq(int, dfut_device_get_mode(device), DFUT_MODE_BOOTLOADER), "%s", round->what);
		cr_expect(dfut_device_is_present(device), "%s", round->what);
		cr_expect(bench_is_in_bootloader(round->devices[which]), "%s", round->what);
	}
	bench_expect_words(dfut_session_get_message(session), round->what);
	bench_expect_no_breach(round->devices[which], round->what);
}

/* Each is judged as soon as it ends: a bootloader may leave by itself. True if none is left. */
static bool judge_ended(struct round *round, struct dfut_session **sessions)
{
	for (size_t i = 0; i < 2; i++) {
		if (!sessions[i] || !dfut_session_has_ended(sessions[i]))
			continue;
		judge(round, sessions[i], i);
		dfut_session_free(sessions[i]);
		sessions[i] = NULL;
	}
	return !sessions[0] && !sessions[1];
}

static void run_round(struct round *round)
{
	struct dfut_session *sessions[2] = { NULL };
	bool ended = false;

	sessions[round->meant] = start_session(round, round->meant);
	if (round->both)
		sessions[1 - round->meant] = start_session(round, 1 - round->meant);
	for (size_t i = 0; !ended && i < ROUND_LIMIT; i++) {
		disturb(round);
		dfut_context_dispatch(round->bench.context, (int)pick(900));
		ended = judge_ended(round, sessions);
	}
	cr_expect(ended, "%s: hang", round->what);
	if (!round->both)
		cr_expect(eq(sz, dfut_sim_device_get_request_count(round->devices[1 - round->meant]), 0),
			  "%s: the other one was asked something", round->what);
}

Test(following, follows_the_one_that_is_meant_in_every_order)
{
	size_t both = 0, lost = 0;

	for (size_t i = 0; i < ROUNDS; i++) {
		struct round round;

		start_round(&round, i);
		run_round(&round);
		both += round.both;
		lost += !round.returns;
		bench_stop(&round.bench);
	}
	fprintf(stderr, "%u orders, seed %u: %zu with both triggered, %zu that never returned\n", ROUNDS, SEED, both,
		lost);
}

/* It was pulled and plugged in elsewhere while it was away: found by a serial number that only it has. */
Test(following, finds_one_that_moved_by_a_serial_number_of_its_own)
{
	struct dfut_session *session;
	struct bench bench;

	bench_start(&bench, "sonix-keyboard:serial=A1,return=no");
	bench_plug(&bench, "sonix-keyboard:serial=A2", "1-2");
	session = bench_new_session(&bench, "1-1");
	cr_assert(eq(int, dfut_session_start_trigger(session), 0));
	while (dfut_sim_device_is_present(bench.device))
		dfut_context_dispatch(bench.context, 10);
	/* It arrives as what it is after the power was off. */
	bench_plug(&bench, "sonix-keyboard:serial=A1", "1-3");
	cr_expect(eq(int, bench_run(&bench, session, SIZE_MAX, "moved"), DFUT_ERROR_MISMATCH), "%s",
		  dfut_session_get_message(session));
	cr_expect(eq(int, strcmp(dfut_device_get_path(dfut_session_get_device(session)), "1-3"), 0));
	dfut_session_free(session);
	bench_stop(&bench);
}

/* Another one arrives while the first is still there, with the same serial number. */
Test(following, does_not_believe_a_serial_number_that_another_has_had)
{
	static const bool stays[] = { false, true };

	for (size_t i = 0; i < COUNT(stays); i++) {
		struct dfut_sim_device *other;
		struct dfut_session *session;
		struct bench bench;

		bench_start(&bench, "sonix-keyboard:return=no");
		session = bench_new_session(&bench, "1-1");
		cr_assert(eq(int, dfut_session_start_trigger(session), 0));
		other = bench_plug(&bench, "sonix-keyboard", "1-2");
		dfut_context_dispatch(bench.context, 0);
		if (!stays[i])
			dfut_sim_device_unplug(other);
		while (dfut_sim_device_is_present(bench.device))
			dfut_context_dispatch(bench.context, 1);
		if (!stays[i])
			dfut_sim_device_replug(other);
		cr_expect(eq(int, bench_run(&bench, session, SIZE_MAX, "another"), DFUT_ERROR_TIMEOUT), "%s",
			  dfut_session_get_message(session));
		dfut_session_free(session);
		bench_stop(&bench);
	}
}

/* A system that tells no ports. */

struct portless {
	const struct dfut_bus_ops *ops; /* of the virtual bus behind */
	struct dfut_sim *sim;
	struct dfut_bus *front, *behind;
};

static int portless_report(void *data, const struct dfut_device_facts *facts)
{
	struct portless *portless = data;
	struct dfut_device_facts told = *facts;

	told.path = "";
	return dfut_bus_report(portless->front, &told);
}

static int portless_start(void *self, struct dfut_bus *bus)
{
	struct portless *portless = self;
	int result;

	portless->front = bus;
	result = dfut_bus_new_behind(&portless->behind, bus, portless_report, portless);
	return result < 0 ? result : portless->ops->start(portless->sim, portless->behind);
}

static void portless_stop(void *self)
{
	struct portless *portless = self;

	portless->ops->stop(portless->sim);
	dfut_bus_free_behind(portless->behind);
}

static int portless_scan(void *self, bool may_block)
{
	struct portless *portless = self;

	return portless->ops->scan(portless->sim, may_block);
}

static int portless_connect(void *self, uint64_t instance, const struct dfut_transport_ops **ops, void **transport)
{
	struct portless *portless = self;

	return portless->ops->connect(portless->sim, instance, ops, transport);
}

static void portless_dispatch(void *self)
{
	struct portless *portless = self;

	portless->ops->dispatch(portless->sim);
}

static uint64_t portless_get_deadline_us(void *self)
{
	struct portless *portless = self;

	return portless->ops->get_deadline_us(portless->sim);
}

static const struct dfut_bus_ops portless_ops = {
	.size = sizeof(struct dfut_bus_ops),
	.name = "portless",
	.start = portless_start,
	.stop = portless_stop,
	.scan = portless_scan,
	.connect = portless_connect,
	.dispatch = portless_dispatch,
	.get_deadline_us = portless_get_deadline_us,
};

/* Both are triggered, and the second is back before the first. */
static void trigger_without_ports(const char *spec, const char *other_spec, int expected)
{
	struct dfut_session *sessions[2];
	struct dfut_device_list *list;
	struct portless portless = { 0 };
	struct bench bench;

	cr_assert(eq(int, dfut_context_new(&bench.context), 0));
	cr_assert(eq(int, dfut_sim_new(&bench.sim, DFUT_SIM_CLOCK_VIRTUAL), 0));
	portless.sim = bench.sim;
	portless.ops = dfut_sim_join(bench.sim, bench.context);
	cr_assert(eq(int, dfut_context_add_bus(bench.context, &portless_ops, &portless), 0));
	bench.device = bench_plug(&bench, spec, "1-1");
	bench_plug(&bench, other_spec, "1-2");
	cr_assert(eq(int, dfut_device_list_new(&list, bench.context, NULL), 0));
	for (size_t i = 0; i < COUNT(sessions); i++) {
		cr_assert(eq(int, dfut_session_new(&sessions[i], dfut_device_list_get(list, i)), 0));
		cr_assert(eq(int, dfut_session_start_trigger(sessions[i]), 0));
	}
	dfut_device_list_free(list);
	for (size_t i = 0; i < COUNT(sessions); i++) {
		cr_expect(eq(int, bench_run(&bench, sessions[i], SIZE_MAX, spec), expected), "%s: %s", spec,
			  dfut_session_get_message(sessions[i]));
		cr_expect(eq(int, strstr(dfut_session_get_hint(sessions[i]), "one after the other") != NULL,
			     expected < 0));
		dfut_session_free(sessions[i]);
	}
	bench_stop(&bench);
}

/* Where ports are not told, the serial number says who is back; but not if another one that has it is away, too. */
Test(following, without_ports_does_not_believe_a_serial_number_that_another_has)
{
	trigger_without_ports("dfu:serial=A1,return-ms=3000", "dfu:serial=B2,return-ms=100", 0);
	trigger_without_ports("dfu:serial=A1,return-ms=3000", "dfu:serial=A1,return-ms=100", DFUT_ERROR_TIMEOUT);
}
