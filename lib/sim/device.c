/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/*
 * What all virtual devices have in common: standard requests (USB 2.0, 9.4), the record, faults, leaving the bus and
 * coming back, and the transports to them.
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sim.h"

#define DEFAULT_TRANSFER_US 1000
#define DEFAULT_OPEN_MS 1
#define DEFAULT_RESET_MS 10
#define ADDRESS_COUNT 127
#define SETTLE_LIMIT 100
#define LANGUAGE_US_ENGLISH 0x0409

/* Offsets in descriptors: USB 2.0, 9.6 */
enum {
	CONFIGURATION_TOTAL_LENGTH = 2,
	CONFIGURATION_VALUE = 5,
	CONFIGURATION_ATTRIBUTES = 7,
	INTERFACE_NUMBER = 2,
	INTERFACE_ALTERNATE = 3,
	INTERFACE_SIZE = 9,
};
#define ATTRIBUTE_SELF_POWERED 0x40
#define ATTRIBUTE_REMOTE_WAKEUP 0x20
#define FEATURE_ENDPOINT_HALT 0
#define FEATURE_REMOTE_WAKEUP 1
#define RECIPIENT_ENDPOINT 2

struct dfut_sim_transport {
	struct dfut_sim_transport *next;
	struct dfut_sim *sim;
	struct dfut_sim_device *device;
	uint64_t instance;
	bool is_open;
	bool is_claimed[256];
};

static uint64_t get_now_us(const struct dfut_sim_device *device)
{
	return dfut_sim_get_time_us(device->sim);
}

/* Record. */

static const char *get_state_name(const struct dfut_sim_device *device)
{
	const char *name = device->model->get_state_name ? device->model->get_state_name(device->state) : NULL;

	return name ? name : device->model->get_mode_name(device->state);
}

/* Returns NULL when out of memory: the device goes on without. */
static struct dfut_sim_record *add_record(struct dfut_sim_device *device, enum dfut_sim_event event, const char *text)
{
	struct dfut_sim_entry *entry;

	if (device->entry_count == device->entry_room) {
		size_t room = device->entry_room ? device->entry_room * 2 : 64;
		struct dfut_sim_entry *grown = realloc(device->entries, room * sizeof(*grown));

		if (!grown)
			return NULL;
		device->entries = grown;
		device->entry_room = room;
	}
	entry = &device->entries[device->entry_count++];
	memset(entry, 0, sizeof(*entry));
	entry->text = dfut_sim_copy_text(text, strlen(text));
	entry->record.event = event;
	entry->record.time_us = get_now_us(device);
	entry->record.text = entry->text ? entry->text : "";
	return &entry->record;
}

void dfut_sim_device_breach(struct dfut_sim_device *device, const char *text, ...)
{
	char line[256];
	va_list arguments;

	va_start(arguments, text);
	vsnprintf(line, sizeof(line), text, arguments);
	va_end(arguments);
	dfut_sim_device_note_breach(device, line);
}

DFUT_SIM_API void dfut_sim_device_note_breach(struct dfut_sim_device *device, const char *text)
{
	device->breach_count++;
	add_record(device, DFUT_SIM_EVENT_BREACH, text);
}

DFUT_SIM_API size_t dfut_sim_device_get_record_count(const struct dfut_sim_device *device)
{
	return device->entry_count;
}

DFUT_SIM_API const struct dfut_sim_record *dfut_sim_device_get_record(const struct dfut_sim_device *device,
								      size_t index)
{
	return index < device->entry_count ? &device->entries[index].record : NULL;
}

DFUT_SIM_API void dfut_sim_device_clear_record(struct dfut_sim_device *device)
{
	for (size_t i = 0; i < device->entry_count; i++)
		free(device->entries[i].text);
	device->entry_count = 0;
	device->breach_count = 0;
	device->request_count = 0;
	device->record_era++;
}

DFUT_SIM_API size_t dfut_sim_device_get_breach_count(const struct dfut_sim_device *device)
{
	return device->breach_count;
}

DFUT_SIM_API size_t dfut_sim_device_get_request_count(const struct dfut_sim_device *device)
{
	return device->request_count;
}

void dfut_sim_device_set_result(struct dfut_sim_device *device, const struct dfut_sim_transfer *transfer, int result)
{
	if (transfer->recorded && transfer->record_era == device->record_era && transfer->record < device->entry_count)
		device->entries[transfer->record].record.result = result;
}

static void record_control(struct dfut_sim_device *device, const struct dfut_sim_setup *setup)
{
	struct dfut_sim_record *record = add_record(device, DFUT_SIM_EVENT_CONTROL, get_state_name(device));

	device->request_count++;
	if (!record)
		return;
	record->request_type = setup->request_type;
	record->request = setup->request;
	record->value = setup->value;
	record->index = setup->index;
	record->length = setup->length;
	record->result = 1;
}

static void record_reset(struct dfut_sim_device *device)
{
	device->request_count++;
	add_record(device, DFUT_SIM_EVENT_BUS_RESET, get_state_name(device));
}

/* Standard requests. */

static struct dfut_sim_description describe(const struct dfut_sim_device *device)
{
	struct dfut_sim_description description = { 0 };

	device->model->describe(device->state, &description);
	return description;
}

static const uint8_t *get_configuration(const struct dfut_sim_description *description)
{
	return description->descriptors + description->descriptors[0];
}

static bool has_interface(const struct dfut_sim_device *device, uint8_t number, int alternate)
{
	struct dfut_sim_description description = describe(device);
	const uint8_t *at = description.descriptors;
	const uint8_t *end = at + description.descriptors_size;

	for (; end - at >= 2 && at[0] >= 2 && end - at >= at[0]; at += at[0]) {
		if (at[1] != DFUT_SIM_INTERFACE_DESCRIPTOR || at[0] < INTERFACE_SIZE)
			continue;
		if (at[INTERFACE_NUMBER] == number && (alternate < 0 || at[INTERFACE_ALTERNATE] == alternate))
			return true;
	}
	return false;
}

static int give(const struct dfut_sim_setup *setup, uint8_t *data, const void *bytes, size_t size)
{
	size_t given = size < setup->length ? size : setup->length;

	if (!(setup->request_type & DFUT_SIM_REQUEST_IN))
		return DFUT_ERROR_DEVICE;
	if (given)
		memcpy(data, bytes, given);
	return (int)given;
}

static size_t put_utf16(uint8_t *out, uint32_t point)
{
	if (point < 0x10000) {
		dfut_put_le16(out, (uint16_t)point);
		return 2;
	}
	dfut_put_le16(out, (uint16_t)(0xd800 + ((point - 0x10000) >> 10)));
	dfut_put_le16(out + 2, (uint16_t)(0xdc00 + ((point - 0x10000) & 0x3ff)));
	return 4;
}

/* A model's strings are UTF-8 by contract, so this does not look for broken ones. */
static uint32_t take_utf8(const uint8_t **text)
{
	uint8_t lead = *(*text)++;
	unsigned int more = lead >= 0xf0 ? 3 : lead >= 0xe0 ? 2 : lead >= 0xc0 ? 1 : 0;
	uint32_t point = more == 0 ? lead : lead & (0x3fu >> more);

	while (more-- && (**text & 0xc0) == 0x80)
		point = point << 6 | (*(*text)++ & 0x3f);
	return point;
}

static int give_string(const struct dfut_sim_description *description, const struct dfut_sim_setup *setup,
		       uint8_t *data)
{
	uint8_t descriptor[254 + 4] = { 0, DFUT_SIM_STRING_DESCRIPTOR };
	size_t size = 2;
	uint8_t index = (uint8_t)setup->value;

	if (index == 0) {
		descriptor[0] = 4;
		dfut_put_le16(&descriptor[2], LANGUAGE_US_ENGLISH);
		return give(setup, data, descriptor, 4);
	}
	for (size_t i = 0; i < description->string_count; i++) {
		const uint8_t *text = (const uint8_t *)description->strings[i].text;

		if (description->strings[i].index != index)
			continue;
		while (*text && size <= 250)
			size += put_utf16(&descriptor[size], take_utf8(&text));
		descriptor[0] = (uint8_t)size;
		return give(setup, data, descriptor, size);
	}
	return DFUT_ERROR_DEVICE;
}

static bool give_descriptor(const struct dfut_sim_device *device, const struct dfut_sim_setup *setup, uint8_t *data,
			    int *result)
{
	struct dfut_sim_description description = describe(device);
	const uint8_t *configuration = get_configuration(&description);

	if ((setup->request_type & DFUT_SIM_RECIPIENT_MASK) != DFUT_SIM_RECIPIENT_DEVICE)
		return false;
	switch (setup->value >> 8) {
	case DFUT_SIM_DEVICE_DESCRIPTOR:
		*result = give(setup, data, description.descriptors, description.descriptors[0]);
		return true;
	case DFUT_SIM_CONFIGURATION_DESCRIPTOR:
		*result = setup->value & 0xff ? DFUT_ERROR_DEVICE :
			  give(setup, data, configuration, dfut_le16(&configuration[CONFIGURATION_TOTAL_LENGTH]));
		return true;
	case DFUT_SIM_STRING_DESCRIPTOR:
		*result = give_string(&description, setup, data);
		return true;
	default:
		return false;
	}
}

static int set_configuration(struct dfut_sim_device *device, uint16_t value)
{
	struct dfut_sim_description description = describe(device);

	if (value && value != get_configuration(&description)[CONFIGURATION_VALUE])
		return DFUT_ERROR_DEVICE;
	device->configuration = (uint8_t)value;
	memset(device->alternates, 0, sizeof(device->alternates));
	return 0;
}

static int set_interface(struct dfut_sim_device *device, const struct dfut_sim_setup *setup)
{
	uint8_t number = (uint8_t)setup->index;
	int result = 0;

	if (setup->value > 255 || !has_interface(device, number, setup->value)) {
		dfut_sim_device_breach(device, "%s: SET_INTERFACE to interface %d, alternate %d, which does not exist",
				       get_state_name(device), setup->index, setup->value);
		return DFUT_ERROR_DEVICE;
	}
	if (device->model->set_interface)
		result = device->model->set_interface(device->state, number, (uint8_t)setup->value);
	if (result == 0)
		device->alternates[number] = (uint8_t)setup->value;
	return result;
}

static int get_status(const struct dfut_sim_device *device, const struct dfut_sim_setup *setup, uint8_t *data)
{
	struct dfut_sim_description description = describe(device);
	uint8_t status[2] = { 0 };
	uint8_t attributes = get_configuration(&description)[CONFIGURATION_ATTRIBUTES];

	if ((setup->request_type & DFUT_SIM_RECIPIENT_MASK) == DFUT_SIM_RECIPIENT_DEVICE)
		status[0] = attributes & ATTRIBUTE_SELF_POWERED ? 1 : 0;
	return give(setup, data, status, sizeof(status));
}

static int set_feature(const struct dfut_sim_device *device, const struct dfut_sim_setup *setup)
{
	struct dfut_sim_description description = describe(device);
	uint8_t recipient = setup->request_type & DFUT_SIM_RECIPIENT_MASK;

	if (recipient == DFUT_SIM_RECIPIENT_DEVICE && setup->value == FEATURE_REMOTE_WAKEUP &&
	    get_configuration(&description)[CONFIGURATION_ATTRIBUTES] & ATTRIBUTE_REMOTE_WAKEUP)
		return 0;
	return recipient == RECIPIENT_ENDPOINT && setup->value == FEATURE_ENDPOINT_HALT ? 0 : DFUT_ERROR_DEVICE;
}

/* Returns false for what the model has to answer. */
static bool answer_standard(struct dfut_sim_device *device, const struct dfut_sim_setup *setup, uint8_t *data,
			    int *result)
{
	*result = DFUT_ERROR_DEVICE;
	switch (setup->request) {
	case DFUT_SIM_GET_STATUS:
		*result = get_status(device, setup, data);
		return true;
	case DFUT_SIM_CLEAR_FEATURE:
	case DFUT_SIM_SET_FEATURE:
		*result = set_feature(device, setup);
		return true;
	case DFUT_SIM_GET_DESCRIPTOR:
		return give_descriptor(device, setup, data, result);
	case DFUT_SIM_GET_CONFIGURATION:
		*result = give(setup, data, &device->configuration, 1);
		return true;
	case DFUT_SIM_SET_CONFIGURATION:
		*result = set_configuration(device, setup->value);
		return true;
	case DFUT_SIM_GET_INTERFACE:
		*result = give(setup, data, &device->alternates[setup->index & 0xff], 1);
		return true;
	case DFUT_SIM_SET_INTERFACE:
		*result = set_interface(device, setup);
		return true;
	default:
		return true;
	}
}

static int answer(struct dfut_sim_device *device, const struct dfut_sim_setup *setup, uint8_t *data)
{
	bool is_standard = (setup->request_type & DFUT_SIM_TYPE_MASK) == DFUT_SIM_TYPE_STANDARD;
	bool is_interface = (setup->request_type & DFUT_SIM_RECIPIENT_MASK) == DFUT_SIM_RECIPIENT_INTERFACE;
	int result;

	if (is_standard && setup->request == DFUT_SIM_SET_INTERFACE)
		return set_interface(device, setup);
	if (is_interface && !has_interface(device, (uint8_t)setup->index, -1))
		return DFUT_ERROR_DEVICE;
	if (is_standard && answer_standard(device, setup, data, &result))
		return result;
	result = device->model->control(device->state, setup, data);
	return result > setup->length ? setup->length : result;
}

static void reset_bus(struct dfut_sim_device *device)
{
	record_reset(device);
	if (device->model->bus_reset)
		device->model->bus_reset(device->state);
}

/* Faults. */

DFUT_SIM_API int dfut_sim_device_add_fault(struct dfut_sim_device *device, const struct dfut_sim_fault *fault)
{
	struct dfut_sim_fault *grown = realloc(device->faults, (device->fault_count + 1) * sizeof(*grown));

	if (!grown)
		return dfut_sim_fail(device->sim, DFUT_ERROR_NO_MEMORY, "out of memory");
	device->faults = grown;
	device->faults[device->fault_count++] = *fault;
	return 0;
}

DFUT_SIM_API void dfut_sim_device_clear_faults(struct dfut_sim_device *device)
{
	device->fault_count = 0;
}

static const struct dfut_sim_fault *find_fault(const struct dfut_sim_device *device, size_t request)
{
	for (size_t i = 0; i < device->fault_count; i++) {
		const struct dfut_sim_fault *fault = &device->faults[i];
		size_t times = fault->times ? fault->times : 1;

		if (request >= fault->request && request - fault->request < times)
			return fault;
	}
	return NULL;
}

/* Pseudo-random, and the same in each run. */
static void fill_garbage(uint8_t *data, int size, size_t seed)
{
	uint32_t value = (uint32_t)seed * 2654435761u + 1;

	for (int i = 0; i < size; i++) {
		value ^= value << 13;
		value ^= value >> 17;
		value ^= value << 5;
		data[i] = (uint8_t)value;
	}
}

/* What goes out is swallowed; what comes in is made, then spoilt. */
static int answer_spoilt(struct dfut_sim_device *device, const struct dfut_sim_setup *setup, uint8_t *data,
			 enum dfut_sim_fault_kind kind)
{
	size_t seed = device->request_count;
	int result;

	if (!(setup->request_type & DFUT_SIM_REQUEST_IN))
		return kind == DFUT_SIM_FAULT_SHORT ? setup->length / 2 : setup->length;
	device->is_answer_spoilt = true;
	result = answer(device, setup, data);
	if (result <= 0 || kind == DFUT_SIM_FAULT_SHORT)
		return result > 0 ? result / 2 : result;
	fill_garbage(data, result, seed);
	return result;
}

static int answer_with_fault(struct dfut_sim_device *device, const struct dfut_sim_setup *setup, uint8_t *data,
			     const struct dfut_sim_fault *fault)
{
	switch (fault->kind) {
	case DFUT_SIM_FAULT_STALL:
		return DFUT_ERROR_DEVICE;
	case DFUT_SIM_FAULT_TIMEOUT:
		return DFUT_ERROR_TIMEOUT;
	case DFUT_SIM_FAULT_LOST_ANSWER:
		device->is_answer_spoilt = true;
		answer(device, setup, data);
		return DFUT_ERROR_TIMEOUT;
	case DFUT_SIM_FAULT_UNPLUG:
		dfut_sim_device_unplug(device);
		return DFUT_ERROR_GONE;
	case DFUT_SIM_FAULT_SHORT:
	case DFUT_SIM_FAULT_GARBAGE:
		return answer_spoilt(device, setup, data, fault->kind);
	case DFUT_SIM_FAULT_SLOW:
		break;
	}
	device->answer_delay_us += fault->delay_ms * DFUT_SIM_US_PER_MS;
	return answer(device, setup, data);
}

static void receive_control(struct dfut_sim_device *device, const struct dfut_sim_setup *setup, uint8_t *data,
			    struct dfut_sim_reply *reply)
{
	const struct dfut_sim_fault *fault = find_fault(device, device->request_count);

	device->answer_delay_us = 0;
	device->is_answer_spoilt = false;
	reply->record = device->entry_count;
	record_control(device, setup);
	reply->result = fault ? answer_with_fault(device, setup, data, fault) : answer(device, setup, data);
	reply->is_answered = reply->result != DFUT_ERROR_TIMEOUT;
	reply->delay_us = device->answer_delay_us;
}

static void receive_reset(struct dfut_sim_device *device, struct dfut_sim_reply *reply)
{
	const struct dfut_sim_fault *fault = find_fault(device, device->request_count);

	reply->record = device->entry_count;
	reply->is_answered = true;
	if (!fault || fault->kind == DFUT_SIM_FAULT_SLOW || fault->kind == DFUT_SIM_FAULT_LOST_ANSWER) {
		reset_bus(device);
		reply->is_answered = !fault || fault->kind == DFUT_SIM_FAULT_SLOW;
		reply->delay_us = fault ? fault->delay_ms * DFUT_SIM_US_PER_MS : 0;
		return;
	}
	record_reset(device);
	reply->is_answered = fault->kind != DFUT_SIM_FAULT_TIMEOUT;
	reply->result = DFUT_ERROR_IO;
	if (fault->kind == DFUT_SIM_FAULT_UNPLUG)
		dfut_sim_device_unplug(device);
}

/* On the bus and off it. */

void dfut_sim_device_arrive(struct dfut_sim_device *device)
{
	struct dfut_sim *sim = device->sim;
	struct dfut_sim_description description;

	device->return_us = UINT64_MAX;
	if (!device->plugged || device->present)
		return;
	description = describe(device);
	device->present = true;
	device->instance = ++sim->last_instance;
	device->address = sim->last_address++ % ADDRESS_COUNT + 1;
	device->configuration = get_configuration(&description)[CONFIGURATION_VALUE];
	memset(device->alternates, 0, sizeof(device->alternates));
	add_record(device, DFUT_SIM_EVENT_ARRIVED, get_state_name(device));
	dfut_sim_changed(sim);
}

static void depart(struct dfut_sim_device *device)
{
	device->leave_us = UINT64_MAX;
	if (!device->present)
		return;
	device->present = false;
	add_record(device, DFUT_SIM_EVENT_LEFT, get_state_name(device));
	for (struct dfut_sim_transfer *transfer = device->sim->transfers; transfer; transfer = transfer->next) {
		if (transfer->device != device || transfer->cancelled)
			continue;
		transfer->result = transfer->is_close ? 0 : DFUT_ERROR_GONE;
		transfer->arrived = true;
		transfer->due_us = get_now_us(device);
	}
	dfut_sim_changed(device->sim);
}

static void stop_timers(struct dfut_sim_device *device)
{
	device->leave_us = UINT64_MAX;
	device->return_us = UINT64_MAX;
	for (size_t i = 0; i < DFUT_SIM_TIMER_COUNT; i++)
		device->timers_us[i] = UINT64_MAX;
}

static void start_model(struct dfut_sim_device *device, enum dfut_sim_start start)
{
	uint32_t away_ms;

	stop_timers(device);
	away_ms = device->model->start(device->state, start);
	/* The model may have planned to be away itself. */
	device->leave_us = UINT64_MAX;
	if (away_ms == DFUT_SIM_NEVER)
		return;
	device->return_us = get_now_us(device);
	if (start == DFUT_SIM_START_BUTTON)
		device->return_us += away_ms * DFUT_SIM_US_PER_MS;
}

DFUT_SIM_API void dfut_sim_device_unplug(struct dfut_sim_device *device)
{
	device->plugged = false;
	depart(device);
	stop_timers(device);
}

DFUT_SIM_API void dfut_sim_device_replug(struct dfut_sim_device *device)
{
	if (device->plugged)
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

	for (size_t i = 0; i < DFUT_SIM_TIMER_COUNT; i++)
		next_us = device->timers_us[i] < next_us ? device->timers_us[i] : next_us;
	return next_us;
}

static void run_timer(struct dfut_sim_device *device, uint64_t due_us)
{
	for (unsigned int i = 0; i < DFUT_SIM_TIMER_COUNT; i++) {
		if (device->timers_us[i] != due_us)
			continue;
		device->timers_us[i] = UINT64_MAX;
		if (device->model->timer)
			device->model->timer(device->state, i);
		return;
	}
}

void dfut_sim_device_run_due(struct dfut_sim_device *device)
{
	uint64_t due_us = dfut_sim_device_get_next_us(device);

	if (device->leave_us == due_us) {
		depart(device);
		device->return_us = device->away_ms == DFUT_SIM_NEVER ? UINT64_MAX :
				    get_now_us(device) + device->away_ms * DFUT_SIM_US_PER_MS;
	} else if (device->return_us == due_us) {
		dfut_sim_device_arrive(device);
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
}

DFUT_SIM_API void dfut_sim_device_set_timer(struct dfut_sim_device *device, unsigned int timer, uint64_t after_us)
{
	if (timer < DFUT_SIM_TIMER_COUNT)
		device->timers_us[timer] = after_us == UINT64_MAX ? UINT64_MAX : get_now_us(device) + after_us;
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

#define COMMON(key, kind, member, most, words) { key, kind, offsetof(struct dfut_sim_device, member), 0, most, words }

static const struct dfut_sim_option common_options[] = {
	COMMON("press", DFUT_SIM_OPTION_CHOICE, options.press, 0, "none|reset"),
	COMMON("transfer-us", DFUT_SIM_OPTION_NUMBER, options.transfer_us, 60000000, NULL),
	COMMON("open-ms", DFUT_SIM_OPTION_NUMBER, options.open_ms, 60000, NULL),
	COMMON("reset-ms", DFUT_SIM_OPTION_NUMBER, options.reset_ms, 60000, NULL),
};

static int set_state_path(struct dfut_sim_device *device, const char *path)
{
	free(device->options.state);
	device->options.state = dfut_sim_copy_text(path, strlen(path));
	if (!device->options.state)
		return DFUT_ERROR_NO_MEMORY;
	return *path ? 0 : DFUT_ERROR_USAGE;
}

static int set_option(struct dfut_sim_device *device, const char *key, const char *value)
{
	const struct dfut_sim_model *model = device->model;
	const char *line;
	int length = 0;
	int result;

	if (strcmp(key, "state") == 0)
		result = set_state_path(device, value);
	else
		result = dfut_sim_option_set(common_options, DFUT_COUNT(common_options), device, key, value);
	if (result == DFUT_ERROR_NOT_FOUND && model->set_option)
		result = model->set_option(device->state, key, value);
	if (result == 0)
		return 0;
	if (result == DFUT_ERROR_NO_MEMORY)
		return dfut_sim_fail(device->sim, result, "out of memory");
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
	for (size_t i = 0; i < spec->count && result == 0; i++)
		result = set_option(device, spec->keys[i].key, spec->keys[i].value);
	return result;
}

static int prepare(struct dfut_sim_device *device, const struct dfut_sim_spec *spec)
{
	const struct dfut_sim_model *model = device->model;
	bool found = false;
	int result = model->create(device->state, device);

	if (result == 0)
		result = set_options(device, spec);
	if (result == 0 && model->prepare)
		result = model->prepare(device->state);
	if (result == 0)
		result = dfut_sim_state_load(device, &found);
	if (result < 0)
		return result;
	device->plugged = true;
	stop_timers(device);
	device->return_us = get_now_us(device);
	if (!found)
		start_model(device, DFUT_SIM_START_POWER);
	if (device->options.press)
		start_model(device, DFUT_SIM_START_BUTTON);
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
	if (device->state && device->model->destroy)
		device->model->destroy(device->state);
	dfut_sim_device_clear_record(device);
	free(device->entries);
	free(device->faults);
	free(device->options.state);
	free(device->path);
	free(device->state);
	free(device);
}

/* Transports. */

int dfut_sim_transport_new(struct dfut_sim_transport **transport, struct dfut_sim_device *device)
{
	struct dfut_sim *sim = device->sim;

	*transport = calloc(1, sizeof(**transport));
	if (!*transport)
		return DFUT_ERROR_NO_MEMORY;
	(*transport)->sim = sim;
	(*transport)->device = device;
	(*transport)->instance = device->instance;
	(*transport)->next = sim->transports;
	sim->transports = *transport;
	sim->refs++;
	return 0;
}

static bool is_there(const struct dfut_sim_transport *transport)
{
	return transport->device && transport->device->present && transport->device->instance == transport->instance;
}

static bool is_claimed_elsewhere(const struct dfut_sim_transport *transport, uint8_t interface)
{
	for (const struct dfut_sim_transport *other = transport->sim->transports; other; other = other->next)
		if (other != transport && other->device == transport->device && is_there(other) && other->is_open &&
		    other->is_claimed[interface])
			return true;
	return false;
}

static int open_device(struct dfut_sim_transport *transport, uint8_t channel)
{
	struct dfut_sim_device *device = transport->device;

	if (channel == DFUT_CHANNEL_DEVICE) {
		transport->is_open = true;
		return 0;
	}
	if (!has_interface(device, channel, -1))
		return DFUT_ERROR_NOT_FOUND;
	if (is_claimed_elsewhere(transport, channel))
		return DFUT_ERROR_BUSY;
	if (transport->is_claimed[channel])
		dfut_sim_device_breach(device, "%s: interface %d is claimed twice", get_state_name(device), channel);
	transport->is_open = true;
	transport->is_claimed[channel] = true;
	return 0;
}

static int close_device(struct dfut_sim_transport *transport)
{
	transport->is_open = false;
	memset(transport->is_claimed, 0, sizeof(transport->is_claimed));
	return 0;
}

/* Returns false if the request can't be sent at all. */
static bool check_claim(struct dfut_sim_transport *transport, const struct dfut_sim_setup *setup)
{
	struct dfut_sim_device *device = transport->device;
	uint8_t interface = (uint8_t)setup->index;

	if (!transport->is_open) {
		dfut_sim_device_breach(device, "%s: request 0x%02x 0x%02x to a device that is not open",
				       get_state_name(device), setup->request_type, setup->request);
		return false;
	}
	if ((setup->request_type & DFUT_SIM_RECIPIENT_MASK) == DFUT_SIM_RECIPIENT_INTERFACE &&
	    !transport->is_claimed[interface])
		dfut_sim_device_breach(device, "%s: request 0x%02x 0x%02x to interface %d, which is not claimed",
				       get_state_name(device), setup->request_type, setup->request, interface);
	return true;
}

static void arrive_control(struct dfut_sim_transfer *transfer, const struct dfut_sim_setup *setup, uint8_t *data)
{
	struct dfut_sim_transport *transport = transfer->transport;
	struct dfut_sim_device *device = transport->device;
	struct dfut_sim_reply reply = { 0 };

	if (!check_claim(transport, setup)) {
		transfer->result = DFUT_ERROR_IO;
		return;
	}
	receive_control(device, setup, data, &reply);
	transfer->recorded = true;
	transfer->record = reply.record;
	transfer->record_era = device->record_era;
	transfer->result = reply.result;
	transfer->due_us = reply.is_answered ? transfer->due_us + transfer->rest_us + reply.delay_us : UINT64_MAX;
}

static void arrive_reset(struct dfut_sim_transfer *transfer)
{
	struct dfut_sim_transport *transport = transfer->transport;
	struct dfut_sim_reply reply = { 0 };

	if (!transport->is_open) {
		dfut_sim_device_breach(transport->device, "%s: reset of a device that is not open",
				       get_state_name(transport->device));
		transfer->result = DFUT_ERROR_IO;
		return;
	}
	receive_reset(transport->device, &reply);
	transfer->result = reply.result;
	transfer->due_us = reply.is_answered ? transfer->due_us + transfer->rest_us + reply.delay_us : UINT64_MAX;
}

static void arrive(struct dfut_sim_transfer *transfer)
{
	struct dfut_sim_transport *transport = transfer->transport;
	const struct dfut_action *action = dfut_request_get_action(transfer->request);
	struct dfut_sim_setup setup = { action->request_type, action->request, action->value, action->index,
					action->length };

	transfer->arrived = true;
	switch (action->kind) {
	case DFUT_ACTION_OPEN:
		transfer->result = open_device(transport, action->channel);
		return;
	case DFUT_ACTION_CLOSE:
		transfer->result = close_device(transport);
		return;
	case DFUT_ACTION_CONTROL:
		arrive_control(transfer, &setup, dfut_request_get_buffer(transfer->request));
		return;
	case DFUT_ACTION_ALTERNATE:
		setup = (struct dfut_sim_setup){ DFUT_SIM_RECIPIENT_INTERFACE, DFUT_SIM_SET_INTERFACE, action->value,
						 action->channel, 0 };
		arrive_control(transfer, &setup, NULL);
		return;
	case DFUT_ACTION_RESET:
		arrive_reset(transfer);
		return;
	case DFUT_ACTION_WAIT:
	case DFUT_ACTION_DONE:
		break;
	}
	transfer->result = DFUT_ERROR_UNSUPPORTED;
}

static void unlink_transfer(struct dfut_sim *sim, const struct dfut_sim_transfer *transfer)
{
	struct dfut_sim_transfer **at = &sim->transfers;

	while (*at != transfer)
		at = &(*at)->next;
	*at = transfer->next;
}

static void complete(struct dfut_sim *sim, struct dfut_sim_transfer *transfer)
{
	unlink_transfer(sim, transfer);
	if (transfer->device && !transfer->cancelled)
		dfut_sim_device_set_result(transfer->device, transfer, transfer->result);
	dfut_request_complete(transfer->request, transfer->cancelled ? DFUT_ERROR_CANCELLED : transfer->result);
	free(transfer);
}

static struct dfut_sim *get_sim(const struct dfut_sim_transfer *transfer)
{
	return transfer->transport->sim;
}

void dfut_sim_transfer_run(struct dfut_sim_transfer *transfer)
{
	if (!transfer->arrived && !transfer->cancelled)
		arrive(transfer);
	if (transfer->cancelled || transfer->due_us <= dfut_sim_get_time_us(get_sim(transfer)))
		complete(get_sim(transfer), transfer);
}

static uint64_t get_length_us(const struct dfut_sim_device *device, const struct dfut_action *action)
{
	switch (action->kind) {
	case DFUT_ACTION_OPEN:
		return device->options.open_ms * DFUT_SIM_US_PER_MS;
	case DFUT_ACTION_RESET:
		return device->options.reset_ms * DFUT_SIM_US_PER_MS;
	case DFUT_ACTION_CONTROL:
	case DFUT_ACTION_ALTERNATE:
		return device->options.transfer_us;
	case DFUT_ACTION_CLOSE:
	case DFUT_ACTION_WAIT:
	case DFUT_ACTION_DONE:
		break;
	}
	return 0;
}

static void plan(struct dfut_sim_transfer *transfer, const struct dfut_action *action)
{
	struct dfut_sim_transport *transport = transfer->transport;
	uint64_t length_us;

	transfer->due_us = dfut_sim_get_time_us(transport->sim);
	if (!is_there(transport)) {
		transfer->arrived = true;
		transfer->result = action->kind == DFUT_ACTION_CLOSE ? close_device(transport) : DFUT_ERROR_GONE;
		return;
	}
	transfer->device = transport->device;
	transfer->is_close = action->kind == DFUT_ACTION_CLOSE;
	length_us = get_length_us(transport->device, action);
	transfer->rest_us = length_us / 2;
	transfer->due_us += length_us - transfer->rest_us;
	/* Opening is between the host and itself. */
	if (action->kind == DFUT_ACTION_OPEN)
		transfer->due_us += transfer->rest_us;
}

static void transport_submit(void *self, struct dfut_request *request)
{
	struct dfut_sim_transport *transport = self;
	struct dfut_sim_transfer *transfer = calloc(1, sizeof(*transfer));
	struct dfut_sim_transfer **end = &transport->sim->transfers;

	if (!transfer) {
		dfut_request_complete(request, DFUT_ERROR_NO_MEMORY);
		return;
	}
	transfer->transport = transport;
	transfer->request = request;
	plan(transfer, dfut_request_get_action(request));
	while (*end)
		end = &(*end)->next;
	*end = transfer;
}

static void cancel_transfer(struct dfut_sim_transfer *transfer)
{
	transfer->cancelled = true;
	transfer->due_us = dfut_sim_get_time_us(get_sim(transfer));
}

static void transport_cancel(void *self, struct dfut_request *request)
{
	struct dfut_sim_transport *transport = self;

	for (struct dfut_sim_transfer *transfer = transport->sim->transfers; transfer; transfer = transfer->next)
		if (transfer->request == request)
			cancel_transfer(transfer);
}

static void complete_all(struct dfut_sim *sim, const struct dfut_sim_transport *transport,
			 const struct dfut_sim_device *device)
{
	struct dfut_sim_transfer *next;

	for (struct dfut_sim_transfer *transfer = sim->transfers; transfer; transfer = next) {
		next = transfer->next;
		if ((transport && transfer->transport != transport) || (device && transfer->device != device))
			continue;
		transfer->result = DFUT_ERROR_GONE;
		complete(sim, transfer);
	}
}

static void transport_close(void *self)
{
	struct dfut_sim_transport *transport = self;
	struct dfut_sim_transport **at = &transport->sim->transports;

	complete_all(transport->sim, transport, NULL);
	while (*at != transport)
		at = &(*at)->next;
	*at = transport->next;
	dfut_sim_unref(transport->sim);
	free(transport);
}

const struct dfut_transport_ops dfut_sim_transport_ops = {
	.submit = transport_submit,
	.cancel = transport_cancel,
	.close = transport_close,
};

/* The device, or with NULL the context, will be no more. */
void dfut_sim_transports_forget(struct dfut_sim *sim, const struct dfut_sim_device *device)
{
	complete_all(sim, NULL, device);
	for (struct dfut_sim_transport *transport = sim->transports; transport; transport = transport->next)
		if (transport->device == device)
			transport->device = NULL;
}
