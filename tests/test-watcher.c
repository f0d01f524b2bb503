/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* Watchers: their order, and walks through them while they remove, free and add each other. */

#include "core/context.h"

#include "bench.h"

#define LIMIT 5
#define ADDED 100

/* What a watcher does when it is called: to another one, or, with -1, to itself. */
enum deed {
	DEED_NOTHING,
	DEED_REMOVE,
	DEED_FREE,
	DEED_ADD,  /* one more */
	DEED_TELL, /* of a device, in the middle of this walk */
	DEED_SWAP, /* removes all others, and adds them again */
	DEED_MOVE, /* one more, right after another one */
	DEED_COUNT,
};

struct part {
	struct dfut_watcher watcher;
	size_t number;
};

static struct {
	struct dfut_context *context;
	struct part *parts[LIMIT + ADDED];
	size_t count;
	/* Who does what to whom, once */
	size_t doer;
	enum deed deed;
	size_t victim;
	bool told; /* inside of the walk in the walk */
	/* In which order they were called */
	size_t calls[1000];
	size_t call_count;
	size_t inner_count;
	uint64_t deadline_us;
} yard;

static void add(void);

static void do_it(void)
{
	enum deed deed = yard.deed;
	struct part *victim = yard.parts[yard.victim];
	struct part *made;
	struct dfut_change change = { .event = DFUT_DEVICE_LEFT };

	yard.deed = DEED_NOTHING;
	switch (deed) {
	case DEED_NOTHING:
	case DEED_COUNT:
		break;
	case DEED_REMOVE:
		dfut_watcher_remove(&victim->watcher);
		break;
	case DEED_FREE:
		dfut_watcher_remove(&victim->watcher);
		free(victim);
		yard.parts[yard.victim] = NULL;
		break;
	case DEED_ADD:
		add();
		break;
	case DEED_MOVE:
		add();
		made = yard.parts[yard.count - 1];
		dfut_watcher_remove(&made->watcher);
		dfut_watcher_add_after(&made->watcher, &victim->watcher, made->watcher.ops, made);
		break;
	case DEED_TELL:
		yard.told = true;
		/* And in there one is removed, which may be the next of the outer walk. */
		yard.deed = DEED_REMOVE;
		dfut_watchers_tell(yard.context, &change);
		yard.told = false;
		break;
	case DEED_SWAP:
		for (size_t i = 0; i < LIMIT; i++)
			dfut_watcher_remove(&yard.parts[i]->watcher);
		for (size_t i = 0; i < LIMIT; i++)
			dfut_watcher_add(&yard.parts[i]->watcher, yard.context, yard.parts[i]->watcher.ops,
					 yard.parts[i]);
		break;
	}
}

static void call(struct part *part)
{
	cr_assert(lt(sz, yard.call_count, COUNT(yard.calls)));
	if (yard.told)
		yard.inner_count++;
	else
		yard.calls[yard.call_count++] = part->number;
	if (part->number == yard.doer)
		do_it();
}

static uint64_t get_deadline_us(void *owner)
{
	struct part *part = owner;

	return yard.deadline_us + part->number;
}

static size_t dispatch(void *owner)
{
	call(owner);
	return 1;
}

static void device_changed(void *owner, const struct dfut_change *change)
{
	cr_expect(eq(int, change->event, DFUT_DEVICE_LEFT));
	call(owner);
}

static const struct dfut_watcher_ops ops = { get_deadline_us, dispatch, device_changed };

static void add(void)
{
	struct part *part = calloc(1, sizeof(*part));

	cr_assert(part != NULL && yard.count < COUNT(yard.parts));
	part->number = yard.count;
	yard.parts[yard.count++] = part;
	dfut_watcher_add(&part->watcher, yard.context, &ops, part);
}

static void set_up(void)
{
	memset(&yard, 0, sizeof(yard));
	yard.deadline_us = 0;
	cr_assert(eq(int, dfut_context_new(&yard.context), 0));
	for (size_t i = 0; i < LIMIT; i++)
		add();
}

static void tear_down(void)
{
	for (size_t i = 0; i < yard.count; i++) {
		if (yard.parts[i])
			dfut_watcher_remove(&yard.parts[i]->watcher);
		free(yard.parts[i]);
	}
	dfut_context_free(yard.context);
}

static bool was_called(size_t number)
{
	for (size_t i = 0; i < yard.call_count; i++)
		if (yard.calls[i] == number)
			return true;
	return false;
}

static void walk(bool tells)
{
	struct dfut_change change = { .event = DFUT_DEVICE_LEFT };

	yard.call_count = 0;
	if (tells)
		dfut_watchers_tell(yard.context, &change);
	else
		dfut_watchers_dispatch(yard.context);
	cr_expect(yard.context->walk == NULL);
}

static void expect_called(enum deed deed, size_t doer, size_t victim)
{
	for (size_t i = 0; i < LIMIT; i++) {
		bool is_gone = (i == victim && (deed == DEED_REMOVE || deed == DEED_FREE || deed == DEED_TELL)) ||
			       deed == DEED_SWAP;

		/* Each once, in order, but who has gone, or come anew, before its turn */
		cr_expect(eq(int, was_called(i), !is_gone || i <= doer), "%d by %zu to %zu: %zu", deed, doer, victim,
			  i);
	}
	for (size_t i = 1; i < yard.call_count && deed != DEED_MOVE; i++)
		cr_expect(lt(sz, yard.calls[i - 1], yard.calls[i]), "%d by %zu to %zu", deed, doer, victim);
}

/* Whatever one of them does to whichever. */
Test(watcher, survives_what_is_done_in_a_walk)
{
	for (size_t i = 0; i < (size_t)DEED_COUNT * LIMIT * LIMIT * 2; i++) {
		enum deed deed = (enum deed)(i % DEED_COUNT);
		size_t doer = i / DEED_COUNT % LIMIT, victim = i / DEED_COUNT / LIMIT % LIMIT;
		bool tells = i / DEED_COUNT / LIMIT / LIMIT;

		set_up();
		yard.doer = doer;
		yard.victim = victim;
		yard.deed = deed;
		walk(tells);
		expect_called(deed, doer, victim);
		if (deed == DEED_TELL)
			cr_expect(ge(sz, yard.inner_count, LIMIT - 1));
		/* And what is there now is there in the next walk. */
		walk(tells);
		for (size_t j = 0; j < yard.count; j++)
			cr_expect(eq(int, was_called(j), yard.parts[j] && yard.parts[j]->watcher.context != NULL));
		tear_down();
	}
}

/* The one that is to be the last is so, whenever it was added; the context has one of its own. */
Test(watcher, keeps_their_order)
{
	set_up();
	dfut_watcher_remove(&yard.parts[1]->watcher);
	yard.parts[1]->watcher.is_last = true;
	dfut_watcher_add(&yard.parts[1]->watcher, yard.context, &ops, yard.parts[1]);
	add();
	walk(false);
	cr_assert(eq(sz, yard.call_count, LIMIT + 1));
	cr_expect(eq(sz, yard.calls[LIMIT], 1));
	cr_expect(eq(sz, yard.calls[LIMIT - 1], LIMIT));
	dfut_watcher_remove(&yard.parts[3]->watcher);
	dfut_watcher_add_after(&yard.parts[3]->watcher, &yard.parts[4]->watcher, &ops, yard.parts[3]);
	walk(true);
	cr_assert(eq(sz, yard.call_count, LIMIT + 1));
	cr_expect(eq(sz, yard.calls[2], 4));
	cr_expect(eq(sz, yard.calls[3], 3));
	/* Removed again, or never added: nothing happens. */
	dfut_watcher_remove(&yard.parts[2]->watcher);
	dfut_watcher_remove(&yard.parts[2]->watcher);
	walk(true);
	cr_expect(eq(sz, yard.call_count, LIMIT));
	tear_down();
}

Test(watcher, has_the_earliest_deadline)
{
	set_up();
	yard.deadline_us = UINT64_MAX / 2;
	/* They have their turns, and are asked then. */
	walk(false);
	cr_expect(eq(sz, yard.call_count, LIMIT));
	cr_expect(eq(u64, dfut_watchers_get_deadline_us(yard.context), yard.deadline_us));
	dfut_watcher_remove(&yard.parts[0]->watcher);
	cr_expect(eq(u64, dfut_watchers_get_deadline_us(yard.context), yard.deadline_us + 1));
	cr_expect(not(dfut_watchers_are_waiting(yard.context)));
	yard.parts[3]->watcher.is_waiting = true;
	cr_expect(dfut_watchers_are_waiting(yard.context));
	dfut_watcher_remove(&yard.parts[3]->watcher);
	cr_expect(not(dfut_watchers_are_waiting(yard.context)));
	tear_down();
}

/* Who has nothing to do costs nothing. */
Test(watcher, only_those_that_are_due_have_a_turn)
{
	set_up();
	yard.deadline_us = UINT64_MAX / 2;
	walk(false);
	walk(false);
	cr_expect(eq(sz, yard.call_count, 0));
	dfut_watcher_wake(&yard.parts[3]->watcher);
	dfut_watcher_wake(&yard.parts[1]->watcher);
	walk(false);
	cr_assert(eq(sz, yard.call_count, 2));
	cr_expect(eq(sz, yard.calls[0], 1));
	cr_expect(eq(sz, yard.calls[1], 3));
	yard.deadline_us = 0;
	dfut_watcher_plan(&yard.parts[4]->watcher);
	walk(false);
	cr_assert(eq(sz, yard.call_count, 1));
	cr_expect(eq(sz, yard.calls[0], 4));
	dfut_watchers_wake(yard.context);
	walk(false);
	cr_expect(eq(sz, yard.call_count, LIMIT));
	tear_down();
}

/* A look at the devices in the middle of a machine, which is how its own device is found to have left. */

struct glance {
	struct bench bench;
	size_t calls;
	size_t at;		     /* the call in which it looks */
	struct dfut_session *writes; /* the session whose writer it is */
};

static void look(struct glance *glance)
{
	struct dfut_device_list *list;

	if (glance->calls++ != glance->at)
		return;
	dfut_sim_device_unplug(glance->bench.device);
	/* From inside of its own writer it is not freed. */
	dfut_session_free(glance->writes);
	cr_expect(eq(int, dfut_device_list_new(&list, glance->bench.context, NULL), 0));
	dfut_device_list_free(list);
}

static int look_and_write(const uint8_t *data, size_t size, void *user_data)
{
	(void)data;
	(void)size;
	look(user_data);
	return 0;
}

static void look_and_log(enum dfut_log_level level, const char *text, void *user_data)
{
	(void)level;
	(void)text;
	look(user_data);
}

static size_t upload(struct glance *glance, bool logs)
{
	struct dfut_session *session;

	glance->calls = 0;
	bench_start(&glance->bench, "zephyr:slot-size=32K");
	session = bench_new_session(&glance->bench, "1-1");
	dfut_session_set_alternate(session, "slot0_image");
	dfut_session_set_upload_size(session, 4096);
	if (logs)
		dfut_context_set_log_handler(glance->bench.context, DFUT_LOG_DEBUG, look_and_log, glance);
	cr_assert(eq(int, dfut_session_start_upload(session, look_and_write, glance), 0), "%s",
		  dfut_session_get_message(session));
	glance->writes = logs ? NULL : session;
	dfut_session_run(session);
	cr_expect(dfut_session_has_ended(session));
	/* What was read last may have been all. */
	if (glance->calls <= glance->at)
		cr_expect(eq(int, dfut_session_get_result(session), 0), "%s", dfut_session_get_message(session));
	else if (glance->at < 3 && !logs)
		cr_expect(eq(int, dfut_session_get_result(session), DFUT_ERROR_GONE), "at %zu", glance->at);
	dfut_session_free(session);
	bench_stop(&glance->bench);
	return glance->calls;
}

Test(watcher, survives_a_look_in_the_middle_of_a_machine)
{
	for (size_t logs = 0; logs < 2; logs++) {
		struct glance glance = { .at = SIZE_MAX };
		size_t calls = upload(&glance, logs);

		cr_expect(ge(sz, calls, 2));
		for (glance.at = 0; glance.at < calls && glance.at < 40; glance.at++)
			upload(&glance, logs);
	}
}
