/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/*
 * The bus of the operating system's devices. The system tells which there are, or else libusb does; and what they are, which
 * HID nodes and serial ports it made of their interfaces, and why they can't be opened.
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/time.h"
#include "transport/look.h"
#include "transport/usb.h"

/* Where nobody tells that devices come and go: a slow scan goes beside it. */
#define SCAN_INTERVAL_MS 500
/* Drivers make their nodes some time after a device arrived, and nobody tells. */
#define NODE_LIMIT_US 2000000
#define NODE_INTERVAL_US 20000
/* How often devices are looked at that are still being read. */
#define READING_INTERVAL_US 100000
/* The longest that whoever lists devices is blocked; dispatch sees the rest. */
#define BLOCK_LIMIT_MS 250

struct bus {
	struct dfut_system *system;
	uint64_t rescan_us; /* when to look for nodes again */
	bool has_looked;    /* what is found from now on has arrived */
};

void dfut_system_ref(struct dfut_system *system)
{
	pthread_mutex_lock(&system->lock);
	system->refs++;
	pthread_mutex_unlock(&system->lock);
}

void dfut_system_unref(struct dfut_system *system)
{
	bool last;

	pthread_mutex_lock(&system->lock);
	last = --system->refs == 0;
	pthread_mutex_unlock(&system->lock);
	if (!last)
		return;
	dfut_usb_free(system->usb);
	pthread_cond_destroy(&system->closed);
	pthread_cond_destroy(&system->looked);
	pthread_mutex_destroy(&system->lock);
	free(system);
}

void dfut_system_tell_changed(struct dfut_system *system)
{
	pthread_mutex_lock(&system->lock);
	if (system->bus)
		dfut_bus_changed(system->bus);
	pthread_mutex_unlock(&system->lock);
}

void dfut_system_changed(struct dfut_system *system)
{
	pthread_mutex_lock(&system->lock);
	system->dirty = true;
	if (system->bus)
		dfut_bus_changed(system->bus);
	pthread_mutex_unlock(&system->lock);
}

/* One more look after the one that is under way. */
static void mark_dirty(struct dfut_system *system)
{
	pthread_mutex_lock(&system->lock);
	system->dirty = true;
	pthread_mutex_unlock(&system->lock);
}

void dfut_system_wake(struct dfut_system *system)
{
	pthread_mutex_lock(&system->lock);
	if (system->bus)
		dfut_bus_wake(system->bus);
	pthread_mutex_unlock(&system->lock);
}

int dfut_system_run(struct dfut_system *system, struct dfut_strand *strand, dfut_work work, void *data)
{
	int result = DFUT_ERROR_GONE;

	pthread_mutex_lock(&system->lock);
	if (system->bus)
		result = dfut_bus_run(system->bus, strand, work, data);
	pthread_mutex_unlock(&system->lock);
	return result;
}

/* Tells the context why something did not work. Returns the code. */
static int tell(struct dfut_bus *bus, const struct dfut_failure *failure)
{
	const char *line = dfut_failure_get_line(failure);
	char hint[sizeof(failure->hint)];

	snprintf(hint, sizeof(hint), "%.*s", failure->line ? (int)failure->line - 1 : (int)sizeof(hint) - 1,
		 failure->hint);
	dfut_bus_set_error(bus, failure->code, hint, failure->text);
	if (*line)
		dfut_bus_set_hint_line(bus, line);
	return failure->code;
}

/* Begin and end. */

static int bus_start(void *self, struct dfut_bus *bus)
{
	struct dfut_failure failure = { 0 };
	struct bus *own = self;

	if (!own)
		return DFUT_ERROR_NO_MEMORY;
	if (dfut_os_check(&failure) < 0)
		return tell(bus, &failure);
	own->system->bus = bus;
	return dfut_usb_start(&own->system->usb, own->system, &failure) < 0 ? tell(bus, &failure) : 0;
}

/* Looking at devices. */

/* One line for each change. */
static void log_change(const struct dfut_system *system, const char *path, enum dfut_node_state before,
		       enum dfut_node_state state)
{
	char text[128];

	if (state == before)
		return;
	snprintf(text, sizeof(text), "%s: %s -> %s", path, dfut_node_state_get_name(before),
		 dfut_node_state_get_name(state));
	dfut_bus_log(system->bus, DFUT_LOG_DEBUG, text);
}

/* What a thread has changed is noticed here, too. */
static void change(struct dfut_system *system, struct dfut_system_node *node, enum dfut_node_event event)
{
	enum dfut_node_state before = node->logged;
	enum dfut_node_state state;
	char path[sizeof(node->place.path)];

	memcpy(path, node->place.path, sizeof(path));
	state = dfut_system_node_change(node, event);
	if (state == DFUT_NODE_GONE)
		dfut_system_node_free(node);
	else if (state != DFUT_NODE_LEFT)
		node->logged = state;
	log_change(system, path, before, state);
}

static void sweep_nodes(struct dfut_system *system)
{
	struct dfut_system_node **at = &system->nodes;

	while (*at) {
		struct dfut_system_node *node = *at;

		if (node->seen) {
			node->seen = false;
			at = &node->next;
			continue;
		}
		*at = node->next;
		change(system, node, DFUT_NODE_MISSED);
	}
}

static void adopt_new(struct bus *own, struct dfut_system_node *node, uint64_t now_us)
{
	struct dfut_system *system = own->system;

	node->instance = ++system->instances;
	node->arrived_us = own->has_looked ? now_us : 0;
	node->next = system->nodes;
	system->nodes = node;
}

static bool is_new(const struct dfut_system_node *node, uint64_t now_us)
{
	return node->arrived_us && now_us - node->arrived_us < NODE_LIMIT_US;
}

static void look_again(struct bus *own, uint64_t at_us)
{
	own->rescan_us = at_us < own->rescan_us ? at_us : own->rescan_us;
}

/* What a look says of a device. */
static enum dfut_node_event judge(const struct dfut_system_found *found, uint64_t now_us)
{
	if (!found->node->facts.descriptors)
		return DFUT_NODE_NO_DESCRIPTORS;
	return (!found->is_complete || !found->configuration) && is_new(found->node, now_us) ? DFUT_NODE_MAY_GROW :
											       DFUT_NODE_COMPLETE;
}

static void adopt_found(struct bus *own, struct dfut_system_found *found, bool is_listing, uint64_t now_us)
{
	struct dfut_system_node *node = found->node;
	enum dfut_node_event event;

	if (dfut_system_node_get_state(node) == DFUT_NODE_NEW)
		adopt_new(own, node, now_us);
	dfut_system_found_take(found);
	node->seen = true;
	if (dfut_system_node_wants_names(node, is_listing, is_new(node, now_us))) {
		change(own->system, node, DFUT_NODE_NAMES_MISSING);
		dfut_system_node_begin_reading(node);
	}
	event = judge(found, now_us);
	if (event == DFUT_NODE_MAY_GROW)
		look_again(own, now_us + NODE_INTERVAL_US);
	change(own->system, node, event);
}

/* What a look has found becomes what is known. 0 or its error. */
static int adopt(struct bus *own, struct dfut_system_look *look, bool is_listing)
{
	struct dfut_system *system = own->system;
	uint64_t now_us = dfut_bus_get_time_us(system->bus);
	int result = look->result;

	own->rescan_us = UINT64_MAX;
	for (size_t i = 0; i < look->count && result >= 0; i++)
		adopt_found(own, &look->found[i], is_listing, now_us);
	if (result >= 0)
		sweep_nodes(system);
	own->has_looked = true;
	dfut_system_look_free(look);
	return result;
}

/* 1 if it is not told yet: most devices' names take no time. */
static int report_node(struct bus *own, struct dfut_system_node *node, bool is_waited_for)
{
	uint64_t now_us = dfut_bus_get_time_us(own->system->bus);
	int names = dfut_system_node_judge_names(node, is_new(node, now_us));

	if (names == DFUT_NAMES_COMING)
		look_again(own, now_us + READING_INTERVAL_US);
	if (names == DFUT_NAMES_COMING && !node->told && !is_waited_for && !dfut_system_node_is_slow(node))
		return 1;
	dfut_system_node_report(own->system, node, names);
	return 0;
}

static int report_nodes(struct bus *own, bool is_waited_for)
{
	struct dfut_system *system = own->system;
	int pending = 0;

	for (struct dfut_system_node *node = system->nodes; node; node = node->next) {
		enum dfut_node_state state = dfut_system_node_get_state(node);

		log_change(system, node->place.path, node->logged, state);
		node->logged = state;
		switch (state) {
		case DFUT_NODE_READING:
		case DFUT_NODE_UNREAD:
		case DFUT_NODE_SETTLING:
		case DFUT_NODE_KNOWN:
			pending |= report_node(own, node, is_waited_for);
			break;
		case DFUT_NODE_NEW:
		case DFUT_NODE_SILENT:
		case DFUT_NODE_LEFT:
		case DFUT_NODE_GONE:
			break;
		}
	}
	return pending;
}

static bool is_reading(struct dfut_system *system)
{
	for (struct dfut_system_node *node = system->nodes; node; node = node->next)
		if (node->state == DFUT_NODE_READING &&
		    dfut_system_time_us() - node->answered_us < UINT64_C(1000) * BLOCK_LIMIT_MS)
			return true;
	return false;
}

/* What there is to take, and whether a thread still looks. */
static struct dfut_system_look *take_look(struct dfut_system *system, bool *looking)
{
	struct dfut_system_look *look;

	pthread_mutex_lock(&system->lock);
	look = system->look;
	system->look = NULL;
	*looking = system->looking;
	pthread_mutex_unlock(&system->lock);
	return look;
}

/* Until the look is over, or all that is quickly read is; false if that takes too long. */
static bool wait_for(struct dfut_system *system, const struct timespec *until,
		     bool (*is_busy)(struct dfut_system *system))
{
	bool busy;
	int result = 0;

	pthread_mutex_lock(&system->lock);
	while ((busy = is_busy(system)) && result == 0)
		result = pthread_cond_timedwait(&system->looked, &system->lock, until);
	pthread_mutex_unlock(&system->lock);
	return !busy;
}

static bool is_looking(struct dfut_system *system)
{
	return system->looking;
}

static int is_looking_now(struct dfut_system *system)
{
	bool looking;

	pthread_mutex_lock(&system->lock);
	looking = system->looking;
	pthread_mutex_unlock(&system->lock);
	return looking;
}

/* Whoever lists devices wants to know what is there now: one look from its beginning, and what is quickly read. */
static int scan_now(struct bus *own)
{
	struct dfut_system *system = own->system;
	struct dfut_system_look *look;
	const struct timespec until = dfut_system_get_deadline(BLOCK_LIMIT_MS);
	bool looking, began = false;
	int result = 0;

	while (result >= 0) {
		look = take_look(system, &looking);
		if (look)
			result = adopt(own, look, began);
		if (result < 0 || (look && began))
			break;
		if (!looking)
			result = dfut_system_look_begin(system);
		began |= !looking;
		if (result < 0 || !wait_for(system, &until, is_looking)) {
			mark_dirty(system);
			break;
		}
	}
	if (result < 0)
		return result;
	wait_for(system, &until, is_reading);
	report_nodes(own, true);
	return is_looking_now(system);
}

/* In the middle of a dispatch a thread looks. */
static int bus_scan(void *self, bool may_block)
{
	struct bus *own = self;
	struct dfut_system *system = own->system;
	struct dfut_system_look *look;
	bool looking, dirty;
	int result = 0;

	if (may_block)
		return scan_now(own);
	look = take_look(system, &looking);
	pthread_mutex_lock(&system->lock);
	dirty = system->dirty || !look;
	pthread_mutex_unlock(&system->lock);
	if (look)
		result = adopt(own, look, false);
	if (result >= 0 && !looking && dirty)
		result = dfut_system_look_begin(system);
	if (result < 0)
		return result;
	result = report_nodes(own, false);
	return result || is_looking_now(system);
}

static void bus_stop(void *self)
{
	struct bus *own = self;
	struct dfut_system *system;
	struct dfut_system_look *look;
	bool looking;

	if (!own)
		return;
	system = own->system;
	dfut_usb_stop(system->usb);
	pthread_mutex_lock(&system->lock);
	system->bus = NULL;
	looking = system->looking;
	look = system->look;
	system->look = NULL;
	pthread_mutex_unlock(&system->lock);
	if (look)
		dfut_system_look_free(look);
	if (!looking)
		dfut_system_nodes_free(system);
	dfut_system_unref(system);
	free(own);
}

static void bus_dispatch(void *self)
{
	struct bus *own = self;

	if (own->rescan_us <= dfut_bus_get_time_us(own->system->bus)) {
		own->rescan_us = UINT64_MAX;
		dfut_bus_changed(own->system->bus);
	}
	/* What can't be watched for lack of memory is tried again soon. */
	if (dfut_usb_dispatch(own->system->usb) < 0)
		own->rescan_us = dfut_bus_get_time_us(own->system->bus) + NODE_INTERVAL_US;
}

static void bus_ready(void *self, void *owner)
{
	const struct dfut_system_source *source = owner;

	(void)self;
	source->ready(source->data);
}

static uint64_t bus_get_deadline_us(void *self)
{
	const struct bus *own = self;

	return own->rescan_us;
}

/* Devices. */

static struct dfut_system_node *find_instance(struct dfut_system *system, uint64_t instance)
{
	struct dfut_system_node *node = system->nodes;

	while (node && node->instance != instance)
		node = node->next;
	return node;
}

static int bus_connect(void *self, uint64_t instance, const struct dfut_transport_ops **ops, void **out)
{
	struct bus *own = self;
	struct dfut_system_node *node = find_instance(own->system, instance);
	struct dfut_link_transport *transport;
	int result;

	if (!node)
		return DFUT_ERROR_GONE;
	if (node->place.device)
		dfut_usb_device_ref(node->place.device);
	result = dfut_link_transport_new(&transport, own->system, &node->place);
	if (result < 0)
		return result;
	*ops = &dfut_link_transport_ops;
	*out = transport;
	return 0;
}

static int bus_diagnose(void *self, uint64_t instance, enum dfut_link link, uint8_t channel)
{
	struct bus *own = self;
	struct dfut_system_node *node = find_instance(own->system, instance);
	struct dfut_failure failure = { 0 };
	int result;

	if (!node)
		return dfut_bus_set_error(own->system->bus, DFUT_ERROR_GONE, NULL, "the device is no longer there");
	/* Opening waits for a driver that is at work with the device, as reading does. */
	if (link != DFUT_LINK_USB || dfut_system_node_get_state(node) == DFUT_NODE_READING)
		result = dfut_os_try_node(&node->place.place, link, channel);
	else
		result = dfut_usb_try(own->system->usb, &node->place);
	if (result == 0)
		return 0;
	if (result == DFUT_ERROR_ACCESS || (result == DFUT_ERROR_NOT_FOUND && link != DFUT_LINK_USB))
		dfut_os_explain(&failure, &node->place.place, link, channel, result);
	else
		dfut_fail(&failure, result, "the device can't be opened: %s", dfut_error_get_text(result));
	tell(own->system->bus, &failure);
	return result;
}

/* libusb looks at all devices when it is begun, and waits for one that its driver waits for. */
static bool explain_waiting(struct bus *own, struct dfut_failure *failure)
{
	struct dfut_system *system = own->system;
	struct dfut_system_node *node = system->nodes;

	if (!system->usb || dfut_usb_get_beginning_us(system->usb) == 0)
		return false;
	while (node && dfut_system_node_get_state(node) != DFUT_NODE_READING)
		node = node->next;
	dfut_fail(failure, DFUT_ERROR_TIMEOUT,
		  "the device can't be opened yet: libusb looks at all devices first, and waits for %s",
		  node ? node->place.path : "one that does not answer");
	dfut_hint(failure, "unplug the device that does not answer, or wait until its driver gives up, then repeat");
	return true;
}

static bool bus_explain(void *self, uint64_t instance, enum dfut_link link, uint8_t channel, int code)
{
	struct bus *own = self;
	struct dfut_system_node *node = find_instance(own->system, instance);
	struct dfut_failure failure = { 0 };

	/* The interface itself, or what was said to be the drive, is missing: there is no more to say. */
	if (!node || (link == DFUT_LINK_VOLUME && code != DFUT_OK) ||
	    (link == DFUT_LINK_USB && code == DFUT_ERROR_NOT_FOUND))
		return false;
	if (code != DFUT_ERROR_TIMEOUT)
		dfut_os_explain(&failure, &node->place.place, link, channel, code);
	else if (link != DFUT_LINK_USB || !explain_waiting(own, &failure))
		return false;
	tell(own->system->bus, &failure);
	return true;
}

static int bus_foresee(void *self, uint64_t instance, const struct dfut_prospect *prospect)
{
	struct bus *own = self;
	struct dfut_failure failure = { 0 };

	(void)instance;
	if (dfut_os_foresee(&failure, prospect) == 0)
		return 0;
	return tell(own->system->bus, &failure);
}

static const struct dfut_bus_ops bus_ops = {
	.size = sizeof(struct dfut_bus_ops),
	.name = "usb",
	.start = bus_start,
	.stop = bus_stop,
	.scan = bus_scan,
	.connect = bus_connect,
	.dispatch = bus_dispatch,
	.ready = bus_ready,
	.get_deadline_us = bus_get_deadline_us,
	.diagnose = bus_diagnose,
	.scan_interval_ms = SCAN_INTERVAL_MS,
	.explain = bus_explain,
	.foresee = bus_foresee,
};

static struct bus *new_bus(void)
{
	struct dfut_system *system = calloc(1, sizeof(*system));
	struct bus *own = calloc(1, sizeof(*own));

	if (!system || !own) {
		free(system);
		free(own);
		return NULL;
	}
	pthread_mutex_init(&system->lock, NULL);
	pthread_cond_init(&system->closed, NULL);
	pthread_cond_init(&system->looked, NULL);
	system->refs = 1;
	own->system = system;
	own->rescan_us = UINT64_MAX;
	return own;
}

DFUT_API int dfut_system_bus_new(const struct dfut_bus_ops **ops, void **self)
{
	*ops = &bus_ops;
	*self = new_bus();
	return *self ? 0 : DFUT_ERROR_NO_MEMORY;
}
