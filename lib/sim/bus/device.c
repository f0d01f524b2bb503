/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* The life of a virtual device: on the bus and off it, its timers, memories and options. */

#include <stdlib.h>
#include <string.h>

#include "sim/sim.h"

#define DEFAULT_TRANSFER_US 1000
#define DEFAULT_OPEN_MS 1
#define DEFAULT_RESET_MS 10
#define ADDRESS_COUNT 127
/* A host gives up on a device that does not answer a request for a string for so long. */
#define STRING_LIMIT_US 2000000
#define SETTLE_LIMIT 100

static uint64_t get_now_us(const struct dfut_sim_device *device)
{
	return dfut_sim_get_time_us(device->sim);
}

void dfut_sim_device_plan(struct dfut_sim_device *device)
{
	dfut_deadline_set(&device->due, dfut_sim_device_get_next_us(device));
}

/* On the bus and off it. */

/* A string after the other; nobody waits for one for ever. */
static uint64_t get_names_us(const struct dfut_sim_device *device)
{
	struct dfut_sim_description description = dfut_sim_device_describe_all(device);

	if (device->options.strings != DFUT_SIM_STRINGS_ANSWERED)
		return get_now_us(device) + STRING_LIMIT_US;
	if (!device->options.string_ms || !description.string_count)
		return UINT64_MAX;
	return get_now_us(device) + description.string_count * device->options.string_ms * DFUT_SIM_US_PER_MS;
}

void dfut_sim_device_arrive(struct dfut_sim_device *device)
{
	struct dfut_sim *sim = device->sim;

	device->return_us = UINT64_MAX;
	dfut_sim_device_plan(device);
	if (!device->plugged || device->present)
		return;
	device->present = true;
	device->instance = ++sim->last_instance;
	device->arrived_us = get_now_us(device);
	device->address = sim->last_address++ % ADDRESS_COUNT + 1;
	device->configuration = dfut_sim_device_choose_configuration(device);
	device->names_us = get_names_us(device);
	if (device->options.nodes_ms)
		device->nodes_us = device->arrived_us + device->options.nodes_ms * DFUT_SIM_US_PER_MS;
	dfut_sim_device_plan(device);
	memset(device->alternates, 0, sizeof(device->alternates));
	memset(device->is_driverless, 0, sizeof(device->is_driverless));
	device->halts = 0;
	dfut_sim_record_add(device, DFUT_SIM_EVENT_ARRIVED, dfut_sim_device_get_state_name(device));
	dfut_sim_changed(sim);
}

bool dfut_sim_device_is_accessible(const struct dfut_sim_device *device)
{
	bool is_given = device->options.access == DFUT_SIM_ACCESS_YES ||
			(device->options.access == DFUT_SIM_ACCESS_APPLICATION &&
			 strcmp(dfut_sim_device_get_state_name(device), "bootloader") != 0);

	return is_given && get_now_us(device) - device->arrived_us >= device->options.access_ms * DFUT_SIM_US_PER_MS;
}

static void depart(struct dfut_sim_device *device)
{
	device->leave_us = UINT64_MAX;
	device->names_us = UINT64_MAX;
	device->nodes_us = UINT64_MAX;
	device->is_dying = false;
	dfut_sim_device_plan(device);
	if (!device->present)
		return;
	device->present = false;
	dfut_sim_record_add(device, DFUT_SIM_EVENT_LEFT, dfut_sim_device_get_state_name(device));
	dfut_sim_transfers_end(device, DFUT_ERROR_GONE);
	dfut_sim_changed(device->sim);
}

/* It is gone, and its host will see that a little later. False if it does at once. */
static bool die(struct dfut_sim_device *device)
{
	if (!device->options.break_ms || device->is_dying || !device->present)
		return false;
	device->is_dying = true;
	device->leave_us = get_now_us(device) + device->options.break_ms * DFUT_SIM_US_PER_MS;
	dfut_sim_device_plan(device);
	dfut_sim_transfers_end(device, DFUT_ERROR_IO);
	return true;
}

static void stop_timers(struct dfut_sim_device *device)
{
	device->leave_us = UINT64_MAX;
	device->return_us = UINT64_MAX;
	for (size_t i = 0; i < DFUT_SIM_TIMER_COUNT; i++)
		device->timers_us[i] = UINT64_MAX;
	dfut_sim_device_plan(device);
}

static void start_model(struct dfut_sim_device *device, enum dfut_sim_start start)
{
	uint32_t away_ms;

	stop_timers(device);
	away_ms = device->model->start(device->state, start);
	/* The model may have planned to be away itself. */
	device->leave_us = UINT64_MAX;
	if (away_ms != DFUT_SIM_NEVER)
		device->return_us = get_now_us(device);
	if (away_ms != DFUT_SIM_NEVER && start == DFUT_SIM_START_BUTTON)
		device->return_us += away_ms * DFUT_SIM_US_PER_MS;
	dfut_sim_device_plan(device);
}

DFUT_SIM_API void dfut_sim_device_unplug(struct dfut_sim_device *device)
{
	device->plugged = false;
	device->replug_us = UINT64_MAX;
	device->away_ms = DFUT_SIM_NEVER;
	stop_timers(device);
	if (!die(device))
		depart(device);
}

DFUT_SIM_API void dfut_sim_device_replug(struct dfut_sim_device *device)
{
	device->replug_us = UINT64_MAX;
	dfut_sim_device_plan(device);
	if (device->plugged || dfut_sim_is_port_taken(device->sim, device->path, false))
		return;
	device->plugged = true;
	start_model(device, DFUT_SIM_START_POWER);
	if (device->return_us != UINT64_MAX)
		dfut_sim_device_arrive(device);
}

DFUT_SIM_API void dfut_sim_device_press_reset(struct dfut_sim_device *device)
{
	if (!device->plugged)
		return;
	depart(device);
	start_model(device, DFUT_SIM_START_BUTTON);
}

DFUT_SIM_API bool dfut_sim_device_is_present(const struct dfut_sim_device *device)
{
	return device->present;
}

DFUT_SIM_API const char *dfut_sim_device_get_mode_name(const struct dfut_sim_device *device)
{
	return device->model->get_mode_name(device->state);
}

uint64_t dfut_sim_device_get_next_us(const struct dfut_sim_device *device)
{
	uint64_t next_us = device->leave_us < device->return_us ? device->leave_us : device->return_us;

	next_us = device->names_us < next_us ? device->names_us : next_us;
	next_us = device->nodes_us < next_us ? device->nodes_us : next_us;
	next_us = device->replug_us < next_us ? device->replug_us : next_us;
	for (size_t i = 0; i < DFUT_SIM_TIMER_COUNT; i++)
		next_us = device->timers_us[i] < next_us ? device->timers_us[i] : next_us;
	return next_us;
}

static void shift(uint64_t *time_us, uint64_t by_us)
{
	if (*time_us != UINT64_MAX)
		*time_us += by_us;
}

void dfut_sim_device_shift(struct dfut_sim_device *device, uint64_t by_us)
{
	shift(&device->leave_us, by_us);
	shift(&device->return_us, by_us);
	shift(&device->names_us, by_us);
	shift(&device->nodes_us, by_us);
	shift(&device->replug_us, by_us);
	for (size_t i = 0; i < DFUT_SIM_TIMER_COUNT; i++)
		shift(&device->timers_us[i], by_us);
	dfut_sim_device_plan(device);
}

static void run_timer(struct dfut_sim_device *device, uint64_t due_us)
{
	for (unsigned int i = 0; i < DFUT_SIM_TIMER_COUNT; i++) {
		if (device->timers_us[i] != due_us)
			continue;
		device->timers_us[i] = UINT64_MAX;
		dfut_sim_device_plan(device);
		if (device->model->timer)
			device->model->timer(device->state, i);
		return;
	}
}

void dfut_sim_device_run_due(struct dfut_sim_device *device)
{
	uint64_t due_us = dfut_sim_device_get_next_us(device);

	if (device->leave_us == due_us) {
		if (die(device))
			return;
		depart(device);
		device->return_us = device->away_ms == DFUT_SIM_NEVER ?
					    UINT64_MAX :
					    get_now_us(device) + device->away_ms * DFUT_SIM_US_PER_MS;
		dfut_sim_device_plan(device);
	} else if (device->return_us == due_us) {
		dfut_sim_device_arrive(device);
	} else if (device->replug_us == due_us) {
		dfut_sim_device_replug(device);
	} else if (device->nodes_us == due_us) {
		device->nodes_us = UINT64_MAX;
		dfut_sim_device_plan(device);
		dfut_sim_changed(device->sim);
	} else if (device->names_us == due_us) {
		device->names_us = UINT64_MAX;
		dfut_sim_device_plan(device);
		dfut_sim_changed(device->sim);
	} else {
		run_timer(device, due_us);
	}
}

void dfut_sim_device_settle(struct dfut_sim_device *device)
{
	/* A model may set its timer again and again. */
	for (int i = 0; i < SETTLE_LIMIT && dfut_sim_device_get_next_us(device) != UINT64_MAX; i++)
		dfut_sim_device_run_due(device);
}

/* For models. */

DFUT_SIM_API void *dfut_sim_device_get_state(const struct dfut_sim_device *device)
{
	return device->state;
}

DFUT_SIM_API uint64_t dfut_sim_device_get_time_us(const struct dfut_sim_device *device)
{
	return get_now_us(device);
}

DFUT_SIM_API void dfut_sim_device_leave(struct dfut_sim_device *device, uint32_t after_ms, uint32_t away_ms)
{
	device->leave_us = get_now_us(device) + after_ms * DFUT_SIM_US_PER_MS;
	device->away_ms = away_ms;
	dfut_sim_device_plan(device);
}

DFUT_SIM_API void dfut_sim_device_set_timer(struct dfut_sim_device *device, unsigned int timer, uint64_t after_us)
{
	if (timer >= DFUT_SIM_TIMER_COUNT)
		return;
	device->timers_us[timer] = after_us == UINT64_MAX ? UINT64_MAX : get_now_us(device) + after_us;
	dfut_sim_device_plan(device);
}

DFUT_SIM_API void dfut_sim_device_delay_answer(struct dfut_sim_device *device, uint32_t ms)
{
	device->answer_delay_us += ms * DFUT_SIM_US_PER_MS;
}

/* Memories. */

static bool find_memory(const struct dfut_sim_device *device, const char *name, struct dfut_sim_memory *memory)
{
	if (!device->model->get_memory)
		return false;
	for (size_t i = 0; device->model->get_memory(device->state, i, memory) == 0; i++)
		if (strcmp(memory->name, name) == 0)
			return true;
	return false;
}

DFUT_SIM_API const uint8_t *dfut_sim_device_get_memory(const struct dfut_sim_device *device, const char *name,
						       size_t *size)
{
	struct dfut_sim_memory memory;

	if (!find_memory(device, name, &memory))
		return NULL;
	if (size)
		*size = memory.size;
	return memory.data;
}

DFUT_SIM_API int dfut_sim_device_set_memory(struct dfut_sim_device *device, const char *name, size_t offset,
					    const void *data, size_t size)
{
	struct dfut_sim_memory memory;

	if (!find_memory(device, name, &memory))
		return dfut_sim_fail(device->sim, DFUT_ERROR_NOT_FOUND, "%s: no such memory", name);
	if (offset > memory.size || size > memory.size - offset)
		return dfut_sim_fail(device->sim, DFUT_ERROR_USAGE, "%s: %zu bytes at %zu do not fit into %zu", name,
				     size, offset, memory.size);
	if (size)
		memcpy(memory.data + offset, data, size);
	return 0;
}

/* Life. */

#define COMMON(key, kind, member, most, words) \
	{ \
		key, kind, offsetof(struct dfut_sim_device, member), 0, most, words \
	}

static const struct dfut_sim_option common_options[] = {
	COMMON("press", DFUT_SIM_OPTION_CHOICE, options.press, 0, "none|reset|plug"),
	COMMON("transfer-us", DFUT_SIM_OPTION_NUMBER, options.transfer_us, 60000000, NULL),
	COMMON("open-ms", DFUT_SIM_OPTION_NUMBER, options.open_ms, 60000, NULL),
	COMMON("reset-ms", DFUT_SIM_OPTION_NUMBER, options.reset_ms, 60000, NULL),
	COMMON("hub-resets", DFUT_SIM_OPTION_CHOICE, options.hub_resets, 0, "parallel|serial"),
	COMMON("break-ms", DFUT_SIM_OPTION_NUMBER, options.break_ms, 60000, NULL),
	COMMON("access", DFUT_SIM_OPTION_CHOICE, options.access, 0, "yes|no|application"),
	COMMON("holder", DFUT_SIM_OPTION_CHOICE, options.holder, 0, "none|modem-manager"),
	COMMON("nodes-ms", DFUT_SIM_OPTION_NUMBER, options.nodes_ms, 60000, NULL),
	COMMON("access-ms", DFUT_SIM_OPTION_NUMBER, options.access_ms, 60000, NULL),
	COMMON("string-ms", DFUT_SIM_OPTION_NUMBER, options.string_ms, 60000, NULL),
	COMMON("strings", DFUT_SIM_OPTION_CHOICE, options.strings, 0, "answered|hang|names-hang"),
	COMMON("reports", DFUT_SIM_OPTION_CHOICE, options.reports, 0, "answered|hang"),
	COMMON("configured", DFUT_SIM_OPTION_FLAG, options.configured, 0, NULL),
	COMMON("dfu-configuration", DFUT_SIM_OPTION_CHOICE, options.dfu_configuration, 0, "active|inactive"),
};

static int set_state_path(struct dfut_sim_device *device, const char *path)
{
	free(device->options.state);
	device->options.state = dfut_sim_copy_text(path, strlen(path));
	if (!device->options.state)
		return DFUT_ERROR_NO_MEMORY;
	return *path ? 0 : DFUT_ERROR_USAGE;
}

static int set_option(struct dfut_sim_device *device, const struct dfut_sim_key *option)
{
	const char *key = option->key;
	const char *value = option->value;
	const struct dfut_sim_model *model = device->model;
	const char *line;
	int length = 0;
	int result;

	if (strcmp(key, "state") == 0)
		result = set_state_path(device, value);
	else if (strcmp(key, "fault") == 0)
		result = dfut_sim_fault_parse(device, value);
	else
		result = dfut_sim_option_set(common_options, DFUT_COUNT(common_options), device, key, value);
	if (result == DFUT_ERROR_NOT_FOUND && model->set_option)
		result = model->set_option(device->state, key, value);
	/* It may have said why. */
	if (result == 0 || device->sim->error[0])
		return result;
	if (result == DFUT_ERROR_NO_MEMORY)
		return dfut_sim_fail(device->sim, result, "out of memory");
	if (result == DFUT_ERROR_NOT_FOUND && option->is_alone)
		return dfut_sim_fail(device->sim, DFUT_ERROR_USAGE, "%s: '%s' is not key=value", model->name, value);
	if (result == DFUT_ERROR_NOT_FOUND)
		return dfut_sim_fail(device->sim, DFUT_ERROR_USAGE, "%s: no option '%s'", model->name, key);
	line = dfut_sim_option_find_line(model->options, key, &length);
	return dfut_sim_fail(device->sim, DFUT_ERROR_USAGE, "%s: %s=%s is not possible%s%.*s", model->name, key, value,
			     line ? "; " : "", length, line ? line : "");
}

static int set_options(struct dfut_sim_device *device, const struct dfut_sim_spec *spec)
{
	int result = 0;

	device->options.transfer_us = DEFAULT_TRANSFER_US;
	device->options.open_ms = DEFAULT_OPEN_MS;
	device->options.reset_ms = DEFAULT_RESET_MS;
	device->options.configured = true;
	for (size_t i = 0; i < spec->count && result == 0; i++)
		result = set_option(device, &spec->keys[i]);
	return result;
}

static int prepare(struct dfut_sim_device *device, const struct dfut_sim_spec *spec)
{
	const struct dfut_sim_model *model = device->model;
	bool found = false;
	int result = model->create(device->state, device);

	if (result == 0)
		result = set_options(device, spec);
	if (result == 0)
		result = dfut_sim_device_prepare_configurations(device);
	if (result == 0 && model->prepare)
		result = model->prepare(device->state);
	stop_timers(device);
	if (result == 0)
		result = dfut_sim_state_load(device, &found);
	if (result < 0)
		return result;
	device->plugged = true;
	device->return_us = get_now_us(device);
	if (!found)
		start_model(device, DFUT_SIM_START_POWER);
	if (device->options.press)
		start_model(device, device->options.press == 1 ? DFUT_SIM_START_BUTTON : DFUT_SIM_START_POWER);
	return 0;
}

int dfut_sim_device_new(struct dfut_sim_device **device, struct dfut_sim *sim, const struct dfut_sim_model *model,
			const struct dfut_sim_spec *spec)
{
	int result;

	*device = calloc(1, sizeof(**device));
	if (!*device)
		return dfut_sim_fail(sim, DFUT_ERROR_NO_MEMORY, "out of memory");
	(*device)->sim = sim;
	(*device)->names_us = UINT64_MAX;
	(*device)->nodes_us = UINT64_MAX;
	(*device)->replug_us = UINT64_MAX;
	(*device)->model = model;
	(*device)->state = calloc(1, model->state_size ? model->state_size : 1);
	if (!(*device)->state)
		return dfut_sim_fail(sim, DFUT_ERROR_NO_MEMORY, "out of memory");
	result = prepare(*device, spec);
	if (result < 0 && !sim->error[0])
		dfut_sim_fail(sim, result, "%s: %s", model->name, dfut_error_get_text(result));
	return result;
}

void dfut_sim_device_free(struct dfut_sim_device *device)
{
	if (!device)
		return;
	dfut_deadline_remove(&device->due);
	if (device->state && device->model->destroy)
		device->model->destroy(device->state);
	dfut_sim_device_clear_record(device);
	free(device->entries);
	free(device->faults);
	free(device->options.state);
	free(device->shown);
	free(device->path);
	free(device->state);
	free(device);
}
