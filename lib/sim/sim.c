/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* The virtual bus: its clock, what happens when, and its side of dfutrigger-transport.h. */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/time.h"
#include "sim/models/models.h"
#include "sim/models/xmos.h"
#include "sim/parts/dfuse.h"

/* So that a time of zero can't be taken for a real one. */
#define VIRTUAL_START_US UINT64_C(1000000)
#define BUS_NUMBER 1

#define INTERFACE_CLASS 5
#define CLASS_COMMUNICATION 2
#define SUBCLASS_ACM 2
#define CLASS_HID 3
#define NODE_LIMIT 16

struct dfut_sim_node {
	struct dfut_node_facts facts;
	char name[96];
	uint8_t report_descriptor[DFUT_SIM_REPORT_DESCRIPTOR_LIMIT];
};

/* clang-format off */
static const struct dfut_sim_model *const built_in_models[] = {
	&dfut_sim_zephyr,
	&dfut_sim_nrf52840_keyboard,
	&dfut_sim_pca10059,
	&dfut_sim_dfu_device,
	&dfut_sim_sonix_keyboard,
	&dfut_sim_sinowealth_keyboard,
	&dfut_sim_via_keyboard,
	&dfut_sim_jabra,
	&dfut_sim_teensy,
	&dfut_sim_leonardo,
	&dfut_sim_samd,
	&dfut_sim_adafruit_nrf52,
	&dfut_sim_pico,
	&dfut_sim_esp32_s2,
	&dfut_sim_esp32_s3_jtag,
	&dfut_sim_stm32f072,
	&dfut_sim_stm32f405,
	&dfut_sim_gd32vf103,
	&dfut_sim_usbd_dfu_rt,
	&dfut_sim_xmos,
	&dfut_sim_sln_voice,
	&dfut_sim_webcam,
	&dfut_sim_cdc_board,
	&dfut_sim_flip_device,
	&dfut_sim_uf2_board,
	&dfut_sim_smp_board,
	&dfut_sim_dump,
	&dfut_sim_replay,
};
/* clang-format on */

int dfut_sim_fail(struct dfut_sim *sim, int code, const char *text, ...)
{
	va_list arguments;

	va_start(arguments, text);
	vsnprintf(sim->error, sizeof(sim->error), text, arguments);
	va_end(arguments);
	dfut_clean_text(sim->error);
	return code;
}

/* Clock. */

DFUT_SIM_API uint64_t dfut_sim_get_time_us(const struct dfut_sim *sim)
{
	if (sim->bus && !sim->is_clock)
		return dfut_bus_get_time_us(sim->bus);
	return sim->clock == DFUT_SIM_CLOCK_VIRTUAL ? sim->now_us : dfut_system_time_us();
}

uint64_t dfut_sim_get_next_us(const struct dfut_sim *sim)
{
	uint64_t device_us = dfut_deadlines_get_first_us(&sim->device_times);
	uint64_t transfer_us = dfut_deadlines_get_first_us(&sim->transfer_times);

	return device_us < transfer_us ? device_us : transfer_us;
}

/* The device comes before the wire: what leaves the bus does not answer at the same moment. */
static void run_at(struct dfut_sim *sim, uint64_t time_us)
{
	if (dfut_deadlines_get_first_us(&sim->device_times) <= time_us)
		dfut_sim_device_run_due(sim->device_times.first->owner);
	else
		dfut_sim_transfer_run(sim->transfer_times.first->owner);
}

void dfut_sim_run_due(struct dfut_sim *sim)
{
	uint64_t next_us;

	sim->refs++;
	/* What is to follow at once is due a moment after this began. */
	while ((next_us = dfut_sim_get_next_us(sim)) <= dfut_sim_get_time_us(sim))
		run_at(sim, next_us);
	dfut_sim_unref(sim);
}

static void clock_advance(void *self, uint64_t until_us)
{
	struct dfut_sim *sim = self;
	uint64_t next_us = dfut_sim_get_next_us(sim);
	uint64_t target_us = next_us < until_us ? next_us : until_us;

	if (target_us != UINT64_MAX && target_us > sim->now_us)
		sim->now_us = target_us;
	dfut_sim_run_due(sim);
}

static uint64_t clock_get_time_us(void *self)
{
	return dfut_sim_get_time_us(self);
}

static const struct dfut_clock_ops clock_ops = {
	.size = sizeof(struct dfut_clock_ops),
	.get_time_us = clock_get_time_us,
	.advance = clock_advance,
};

/* Life. */

DFUT_SIM_API int dfut_sim_new(struct dfut_sim **sim, enum dfut_sim_clock clock)
{
	*sim = calloc(1, sizeof(**sim));
	if (!*sim)
		return DFUT_ERROR_NO_MEMORY;
	(*sim)->refs = 1;
	(*sim)->clock = clock;
	(*sim)->now_us = VIRTUAL_START_US;
	return 0;
}

/* The user, the context and each transport hold it. */
void dfut_sim_unref(struct dfut_sim *sim)
{
	if (--sim->refs > 0)
		return;
	free(sim->models);
	free(sim->nodes);
	free(sim);
}

static void remove_devices(struct dfut_sim *sim)
{
	while (sim->devices) {
		struct dfut_sim_device *device = sim->devices;

		dfut_sim_transports_forget(device);
		sim->devices = device->next;
		dfut_sim_device_free(device);
	}
	sim->last_device = NULL;
}

/* The first error is told, and the other devices are saved all the same. */
DFUT_SIM_API int dfut_sim_save(struct dfut_sim *sim)
{
	char error[sizeof(sim->error)] = "";
	int result = 0;

	for (struct dfut_sim_device *device = sim->devices; device; device = device->next) {
		int code;

		if (!device->options.state)
			continue;
		dfut_sim_device_settle(device);
		code = dfut_sim_state_save(device);
		if (result < 0 || code == 0)
			continue;
		result = code;
		memcpy(error, sim->error, sizeof(error));
	}
	memcpy(sim->error, error, sizeof(error));
	return result;
}

DFUT_SIM_API void dfut_sim_free(struct dfut_sim *sim)
{
	if (!sim)
		return;
	for (struct dfut_sim_device *device = sim->devices; device; device = device->next)
		dfut_sim_transports_forget(device);
	dfut_sim_save(sim);
	remove_devices(sim);
	dfut_sim_changed(sim);
	dfut_sim_unref(sim);
}

DFUT_SIM_API const char *dfut_sim_get_error(const struct dfut_sim *sim)
{
	return sim->error;
}

void dfut_sim_changed(struct dfut_sim *sim)
{
	if (sim->bus)
		dfut_bus_changed(sim->bus);
}

/* Bus. */

/* What was planned before there was a context was planned by another clock. */
static void change_clock(struct dfut_sim *sim, struct dfut_bus *bus)
{
	uint64_t by_us = dfut_bus_get_time_us(bus) - dfut_sim_get_time_us(sim);

	for (struct dfut_sim_device *device = sim->devices; device; device = device->next)
		dfut_sim_device_shift(device, by_us);
}

static int bus_start(void *self, struct dfut_bus *bus)
{
	struct dfut_sim *sim = self;

	if (!sim->is_clock)
		change_clock(sim, bus);
	sim->bus = bus;
	return 0;
}

static void bus_stop(void *self)
{
	struct dfut_sim *sim = self;

	dfut_sim_transfers_give_up(sim);
	sim->now_us = dfut_sim_get_time_us(sim);
	sim->bus = NULL;
	dfut_sim_unref(sim);
}

/* As Linux does: a node for each HID interface, a port for each CDC ACM one, numbered in the order of arrival. */
static size_t make_nodes(struct dfut_sim_device *device, struct dfut_sim_node *nodes, size_t room)
{
	struct dfut_sim_description description = dfut_sim_device_describe(device);
	bool has_nodes = device->nodes_us == UINT64_MAX && device->configuration;
	unsigned int end = has_nodes ? dfut_sim_count_interfaces(&description) : 0;
	size_t count = 0;

	for (unsigned int number = 0; number < end && count < room; number++) {
		const uint8_t *descriptor = dfut_sim_find_interface(&description, (uint8_t)number, 0);
		struct dfut_sim_node *node = &nodes[count];
		bool is_hid = descriptor && descriptor[INTERFACE_CLASS] == CLASS_HID;

		if (!descriptor || (!is_hid && (descriptor[INTERFACE_CLASS] != CLASS_COMMUNICATION ||
						descriptor[INTERFACE_CLASS + 1] != SUBCLASS_ACM)))
			continue;
		snprintf(node->name, sizeof(node->name), "%s:%u.%u/%s", device->path, device->configuration, number,
			 is_hid ? "hidraw" : "tty");
		node->facts = (struct dfut_node_facts){ .size = sizeof(node->facts),
							.link = is_hid ? DFUT_LINK_HID : DFUT_LINK_SERIAL,
							.interface_number = (uint8_t)number,
							.name = node->name };
		node->facts.report_descriptor_size = dfut_sim_get_report_descriptor(device, (uint8_t)number,
										    node->report_descriptor,
										    sizeof(node->report_descriptor));
		if (node->facts.report_descriptor_size)
			node->facts.report_descriptor = node->report_descriptor;
		count++;
	}
	return count;
}

static int report(struct dfut_sim *sim, struct dfut_sim_device *device)
{
	struct dfut_sim_description description = dfut_sim_device_describe_all(device);
	struct dfut_string strings[DFUT_SIM_STRING_LIMIT];
	struct dfut_sim_node *nodes = sim->nodes;
	struct dfut_node_facts facts_of_nodes[NODE_LIMIT];
	struct dfut_device_facts facts = {
		.size = sizeof(facts),
		.instance = device->instance,
		.path = device->path,
		.bus_number = device->bus_number,
		.address = device->address,
		.configuration = device->configuration,
		.descriptors = description.descriptors,
		.descriptors_size = description.descriptors_size,
		.strings = strings,
		.nodes = facts_of_nodes,
	};

	facts.names = dfut_sim_device_take_strings(device, &description, strings, &facts.string_count);
	facts.node_count = make_nodes(device, nodes, NODE_LIMIT);
	for (size_t i = 0; i < facts.node_count; i++)
		facts_of_nodes[i] = nodes[i].facts;
	return dfut_bus_report(sim->bus, &facts);
}

static int bus_scan(void *self, bool may_block)
{
	struct dfut_sim *sim = self;

	(void)may_block;
	if (!sim->nodes)
		sim->nodes = malloc(NODE_LIMIT * sizeof(*sim->nodes));
	if (!sim->nodes)
		return DFUT_ERROR_NO_MEMORY;
	for (struct dfut_sim_device *device = sim->devices; device; device = device->next) {
		int result = device->present ? report(sim, device) : 0;

		if (result < 0)
			return result;
	}
	return 0;
}

static struct dfut_sim_device *find_instance(struct dfut_sim *sim, uint64_t instance)
{
	for (struct dfut_sim_device *device = sim->devices; device; device = device->next)
		if (device->present && device->instance == instance)
			return device;
	return NULL;
}

static int bus_connect(void *self, uint64_t instance, const struct dfut_transport_ops **ops, void **transport)
{
	struct dfut_sim_device *device = find_instance(self, instance);
	struct dfut_sim_transport *made = NULL;
	int result;

	if (!device)
		return DFUT_ERROR_GONE;
	result = dfut_sim_transport_new(&made, device);
	*ops = &dfut_sim_transport_ops;
	*transport = made;
	return result;
}

static int bus_diagnose(void *self, uint64_t instance, enum dfut_link link, uint8_t channel)
{
	struct dfut_sim *sim = self;
	struct dfut_sim_device *device = find_instance(sim, instance);

	(void)link;
	(void)channel;
	if (!device)
		return dfut_bus_set_error(sim->bus, DFUT_ERROR_GONE, NULL, "the device is no longer there");
	return dfut_sim_device_is_accessible(device) ? 0 : dfut_sim_device_explain_access(device);
}

static int bus_foresee(void *self, uint64_t instance, const struct dfut_prospect *prospect)
{
	struct dfut_sim_device *device = find_instance(self, instance);

	return device ? dfut_sim_device_foresee(device, prospect) : 0;
}

static bool bus_explain(void *self, uint64_t instance, enum dfut_link link, uint8_t channel, int code)
{
	struct dfut_sim_device *device = find_instance(self, instance);

	if (code == DFUT_OK)
		return device && dfut_sim_device_tell_holder(device, link, channel);
	return code == DFUT_ERROR_ACCESS && bus_diagnose(self, instance, link, channel) == code;
}

static void bus_dispatch(void *self)
{
	dfut_sim_run_due(self);
}

static uint64_t bus_get_deadline_us(void *self)
{
	return dfut_sim_get_next_us(self);
}

static const struct dfut_bus_ops bus_ops = {
	.size = sizeof(struct dfut_bus_ops),
	.name = "sim",
	.start = bus_start,
	.stop = bus_stop,
	.scan = bus_scan,
	.connect = bus_connect,
	.dispatch = bus_dispatch,
	.get_deadline_us = bus_get_deadline_us,
	.diagnose = bus_diagnose,
	.explain = bus_explain,
	.foresee = bus_foresee,
};

const struct dfut_bus_ops *dfut_sim_join(struct dfut_sim *sim, struct dfut_context *context)
{
	sim->added = true;
	if (sim->clock == DFUT_SIM_CLOCK_VIRTUAL)
		sim->is_clock = dfut_context_set_clock(context, &clock_ops, sim) == 0;
	sim->refs++;
	return &bus_ops;
}

DFUT_SIM_API int dfut_sim_add_to_context(struct dfut_sim *sim, struct dfut_context *context)
{
	int result;

	if (sim->added)
		return dfut_sim_fail(sim, DFUT_ERROR_USAGE, "the sim has been added to a context already");
	result = dfut_context_add_bus(context, dfut_sim_join(sim, context), sim);
	return result < 0 ? dfut_sim_fail(sim, result, "%s", dfut_context_get_error(context)) : 0;
}

/* Models. */

DFUT_SIM_API size_t dfut_sim_get_model_count(void)
{
	return DFUT_COUNT(built_in_models);
}

DFUT_SIM_API int dfut_sim_get_model(size_t index, const char **name, const char **text, const char **options)
{
	if (index >= DFUT_COUNT(built_in_models))
		return DFUT_ERROR_NOT_FOUND;
	*name = built_in_models[index]->name;
	*text = built_in_models[index]->text;
	*options = built_in_models[index]->options;
	return 0;
}

DFUT_SIM_API int dfut_sim_add_model(struct dfut_sim *sim, const struct dfut_sim_model *model)
{
	const struct dfut_sim_model **grown;

	if (model->size < sizeof(*model) || !model->name || !model->create || !model->start || !model->get_mode_name ||
	    !model->describe || !model->control)
		return dfut_sim_fail(sim, DFUT_ERROR_USAGE,
				     "a model must have a name, create, start, get_mode_name, describe and control");
	grown = realloc(sim->models, (sim->model_count + 1) * sizeof(struct dfut_sim_model *));
	if (!grown)
		return dfut_sim_fail(sim, DFUT_ERROR_NO_MEMORY, "out of memory");
	sim->models = grown;
	sim->models[sim->model_count++] = model;
	return 0;
}

static const struct dfut_sim_model *find_model(const struct dfut_sim *sim, const char *name)
{
	for (size_t i = sim->model_count; i > 0; i--)
		if (strcmp(sim->models[i - 1]->name, name) == 0)
			return sim->models[i - 1];
	for (size_t i = 0; i < DFUT_COUNT(built_in_models); i++)
		if (strcmp(built_in_models[i]->name, name) == 0)
			return built_in_models[i];
	return NULL;
}

/* Ports. */

bool dfut_sim_is_port_taken(const struct dfut_sim *sim, const char *path, bool or_left)
{
	for (const struct dfut_sim_device *device = sim->devices; device; device = device->next)
		if ((device->plugged || or_left) && strcmp(device->path, path) == 0)
			return true;
	return false;
}

/* "1-2.3": numbers without a sign, one '-', then dots. */
static bool is_path(const char *path)
{
	size_t length = strspn(path, "0123456789");

	if (length == 0 || length > 3 || path[length] != '-')
		return false;
	do {
		path += length + 1;
		length = strspn(path, "0123456789");
		if (length == 0 || length > 3)
			return false;
	} while (path[length] == '.');
	return !path[length];
}

static int take_port(struct dfut_sim *sim, struct dfut_sim_device *device, const char *path)
{
	char free_path[32];

	if (path && !is_path(path))
		return dfut_sim_fail(sim, DFUT_ERROR_USAGE, "%s: not a port path like 1-2 or 1-2.3", path);
	if (path && dfut_sim_is_port_taken(sim, path, false))
		return dfut_sim_fail(sim, DFUT_ERROR_BUSY, "%s: another device is plugged in there", path);
	/* Those that were given before are never free again. */
	while (!path) {
		snprintf(free_path, sizeof(free_path), "%d-%u", BUS_NUMBER, ++sim->last_port);
		if (!dfut_sim_is_port_taken(sim, free_path, true))
			path = free_path;
	}
	device->path = dfut_sim_copy_text(path, strlen(path));
	device->bus_number = (unsigned int)strtoul(path, NULL, 10);
	return device->path ? 0 : dfut_sim_fail(sim, DFUT_ERROR_NO_MEMORY, "out of memory");
}

static void add_device(struct dfut_sim *sim, struct dfut_sim_device *device)
{
	if (sim->last_device)
		sim->last_device->next = device;
	else
		sim->devices = device;
	sim->last_device = device;
	dfut_deadline_add(&device->due, &sim->device_times, device, ++sim->last_order,
			  dfut_sim_device_get_next_us(device));
}

static int plug(struct dfut_sim_device **device, struct dfut_sim *sim, const struct dfut_sim_spec *spec,
		const char *path)
{
	const struct dfut_sim_model *model = find_model(sim, spec->name);
	int result;

	if (!model)
		return dfut_sim_fail(sim, DFUT_ERROR_NOT_FOUND, "%s: no such virtual device", spec->name);
	result = dfut_sim_device_new(device, sim, model, spec);
	if (result == 0)
		result = take_port(sim, *device, path);
	if (result < 0) {
		dfut_sim_device_free(*device);
		*device = NULL;
		return result;
	}
	add_device(sim, *device);
	/* A device that does not start has no time to return at. */
	if ((*device)->return_us != UINT64_MAX)
		dfut_sim_device_arrive(*device);
	return 0;
}

DFUT_SIM_API int dfut_sim_plug(struct dfut_sim_device **device, struct dfut_sim *sim, const char *spec,
			       const char *path)
{
	struct dfut_sim_device *plugged = NULL;
	struct dfut_sim_spec parsed;
	int result = spec ? dfut_sim_spec_parse(&parsed, spec) : DFUT_ERROR_USAGE;

	sim->error[0] = '\0';
	if (device)
		*device = NULL;
	if (result < 0)
		return dfut_sim_fail(sim, result, "%s: %s", spec ? spec : "nothing",
				     result == DFUT_ERROR_USAGE ? "not NAME:key=value,..." : "out of memory");
	result = plug(&plugged, sim, &parsed, path);
	dfut_sim_spec_finish(&parsed);
	if (device)
		*device = plugged;
	return result;
}
