/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* What a request meets when it reaches a device: the record, then the answer or a fault. */

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/struct.h"
#include "sim/sim.h"

DFUT_SIM_API int dfut_sim_device_add_fault(struct dfut_sim_device *device, const struct dfut_sim_fault *fault)
{
	struct dfut_sim_fault known = { .times = 0 };
	struct dfut_sim_fault *grown;

	if (!dfut_struct_take(&known, sizeof(known), fault))
		return dfut_sim_fail(device->sim, DFUT_ERROR_USAGE, "the fault has no size");
	grown = realloc(device->faults, (device->fault_count + 1) * sizeof(*grown));
	if (!grown)
		return dfut_sim_fail(device->sim, DFUT_ERROR_NO_MEMORY, "out of memory");
	device->faults = grown;
	device->faults[device->fault_count++] = known;
	return 0;
}

DFUT_SIM_API void dfut_sim_device_clear_faults(struct dfut_sim_device *device)
{
	device->fault_count = 0;
}

DFUT_SIM_API size_t dfut_sim_device_get_fault_count(const struct dfut_sim_device *device)
{
	return device->struck_count;
}

static bool take_number(const char **text, unsigned long most, unsigned long *number)
{
	char *end = NULL;

	if (**text < '0' || **text > '9')
		return false;
	errno = 0;
	*number = strtoul(*text, &end, 10);
	*text = end;
	return errno == 0 && *number <= most;
}

static enum dfut_sim_fault_kind find_kind(const char *text, size_t length)
{
	static const struct {
		const char *name;
		enum dfut_sim_fault_kind kind;
	} kinds[] = {
		{ "stall", DFUT_SIM_FAULT_STALL },
		{ "timeout", DFUT_SIM_FAULT_TIMEOUT },
		{ "lost-answer", DFUT_SIM_FAULT_LOST_ANSWER },
		{ "unplug", DFUT_SIM_FAULT_UNPLUG },
		{ "short", DFUT_SIM_FAULT_SHORT },
		{ "garbage", DFUT_SIM_FAULT_GARBAGE },
		{ "slow", DFUT_SIM_FAULT_SLOW },
		{ "lost-byte", DFUT_SIM_FAULT_LOST_BYTE },
		{ "doubled-byte", DFUT_SIM_FAULT_DOUBLED_BYTE },
		{ "noise", DFUT_SIM_FAULT_NOISE },
		{ "lost-reply", DFUT_SIM_FAULT_LOST_REPLY },
		{ "spoilt-reply", DFUT_SIM_FAULT_SPOILT_REPLY },
		{ "noisy-reply", DFUT_SIM_FAULT_NOISY_REPLY },
		{ "late-reply", DFUT_SIM_FAULT_LATE_REPLY },
	};

	for (size_t i = 0; i < DFUT_COUNT(kinds); i++)
		if (strlen(kinds[i].name) == length && memcmp(kinds[i].name, text, length) == 0)
			return kinds[i].kind;
	return 0;
}

int dfut_sim_fault_parse(struct dfut_sim_device *device, const char *text)
{
	const char *at = text + strcspn(text, "@");
	struct dfut_sim_fault fault = { .size = sizeof(fault), .kind = find_kind(text, (size_t)(at - text)) };
	unsigned long number = 0;

	if (!fault.kind || *at++ != '@' || !take_number(&at, UINT32_MAX, &number))
		return DFUT_ERROR_USAGE;
	fault.request = number;
	number = 0;
	if (*at == 'x' && (at++, !take_number(&at, UINT32_MAX, &number)))
		return DFUT_ERROR_USAGE;
	fault.times = number;
	number = 0;
	if (*at == '/' && (at++, !take_number(&at, UINT32_MAX, &number)))
		return DFUT_ERROR_USAGE;
	fault.delay_ms = (uint32_t)number;
	return *at ? DFUT_ERROR_USAGE : dfut_sim_device_add_fault(device, &fault);
}

/* What the request that is now coming meets; NULL if nothing. */
static const struct dfut_sim_fault *take_fault(struct dfut_sim_device *device)
{
	size_t request = device->request_count;

	for (size_t i = 0; i < device->fault_count; i++) {
		const struct dfut_sim_fault *fault = &device->faults[i];
		size_t times = fault->times ? fault->times : 1;

		if (request >= fault->request && request - fault->request < times) {
			device->struck_count++;
			return fault;
		}
	}
	return NULL;
}

/* With a delay, whoever has pulled it out plugs it in again. */
static void unplug(struct dfut_sim_device *device, const struct dfut_sim_fault *fault)
{
	dfut_sim_device_unplug(device);
	if (!fault->delay_ms)
		return;
	device->replug_us = dfut_sim_device_get_time_us(device) + fault->delay_ms * DFUT_SIM_US_PER_MS;
	dfut_sim_device_plan(device);
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
	result = dfut_sim_device_answer(device, setup, data);
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
		dfut_sim_device_answer(device, setup, data);
		return DFUT_ERROR_TIMEOUT;
	case DFUT_SIM_FAULT_UNPLUG:
		unplug(device, fault);
		return device->is_dying ? DFUT_ERROR_IO : DFUT_ERROR_GONE;
	case DFUT_SIM_FAULT_SHORT:
	case DFUT_SIM_FAULT_GARBAGE:
		return answer_spoilt(device, setup, data, fault->kind);
	case DFUT_SIM_FAULT_SLOW:
		device->answer_delay_us += fault->delay_ms * DFUT_SIM_US_PER_MS;
		break;
	case DFUT_SIM_FAULT_LOST_BYTE:
	case DFUT_SIM_FAULT_DOUBLED_BYTE:
	case DFUT_SIM_FAULT_NOISE:
	case DFUT_SIM_FAULT_LOST_REPLY:
	case DFUT_SIM_FAULT_SPOILT_REPLY:
	case DFUT_SIM_FAULT_NOISY_REPLY:
	case DFUT_SIM_FAULT_LATE_REPLY:
		break;
	}
	return dfut_sim_device_answer(device, setup, data);
}

void dfut_sim_device_receive(struct dfut_sim_device *device, const struct dfut_sim_setup *setup, uint8_t *data,
			     struct dfut_sim_reply *reply)
{
	const struct dfut_sim_fault *fault = take_fault(device);

	device->answer_delay_us = 0;
	device->is_answer_spoilt = false;
	reply->record = device->entry_count;
	reply->record_era = device->record_era;
	dfut_sim_record_control(device, setup);
	reply->result = fault ? answer_with_fault(device, setup, data, fault) :
				dfut_sim_device_answer(device, setup, data);
	reply->is_answered = reply->result != DFUT_ERROR_TIMEOUT;
	reply->delay_us = device->answer_delay_us;
}

/* With a byte less or more in the middle, or with others in front. The host is told that all went well. */
static int take_changed(struct dfut_sim_device *device, uint8_t endpoint, const uint8_t *data, size_t size,
			enum dfut_sim_fault_kind kind)
{
	static const uint8_t noise[] = { 'A', 'T', '\r' };
	size_t head = kind == DFUT_SIM_FAULT_NOISE || size == 0 ? 0 : size / 2;
	size_t skipped = kind == DFUT_SIM_FAULT_LOST_BYTE && size ? 1 : 0;
	size_t made_size = 0;
	uint8_t *made = malloc(size + sizeof(noise));
	int result;

	if (!made)
		return DFUT_ERROR_NO_MEMORY;
	memcpy(made, data, head);
	made_size = head;
	if (kind == DFUT_SIM_FAULT_NOISE) {
		memcpy(made, noise, sizeof(noise));
		made_size = sizeof(noise);
	} else if (kind == DFUT_SIM_FAULT_DOUBLED_BYTE && size) {
		made[made_size++] = data[head];
	}
	memcpy(made + made_size, data + head + skipped, size - head - skipped);
	made_size += size - head - skipped;
	result = dfut_sim_endpoint_receive(device, endpoint, made, made_size);
	free(made);
	return result < 0 ? result : (int)size;
}

static int take_with_fault(struct dfut_sim_device *device, uint8_t endpoint, const uint8_t *data, size_t size,
			   const struct dfut_sim_fault *fault)
{
	switch (fault->kind) {
	case DFUT_SIM_FAULT_STALL:
		return DFUT_ERROR_DEVICE;
	case DFUT_SIM_FAULT_TIMEOUT:
		return DFUT_ERROR_TIMEOUT;
	case DFUT_SIM_FAULT_LOST_ANSWER:
		dfut_sim_endpoint_receive(device, endpoint, data, size);
		return DFUT_ERROR_TIMEOUT;
	case DFUT_SIM_FAULT_UNPLUG:
		unplug(device, fault);
		return device->is_dying ? DFUT_ERROR_IO : DFUT_ERROR_GONE;
	case DFUT_SIM_FAULT_SHORT:
		return (int)(size / 2);
	case DFUT_SIM_FAULT_GARBAGE:
		return (int)size;
	case DFUT_SIM_FAULT_SLOW:
		device->answer_delay_us += fault->delay_ms * DFUT_SIM_US_PER_MS;
		break;
	case DFUT_SIM_FAULT_LOST_BYTE:
	case DFUT_SIM_FAULT_DOUBLED_BYTE:
	case DFUT_SIM_FAULT_NOISE:
		return take_changed(device, endpoint, data, size, fault->kind);
	case DFUT_SIM_FAULT_LOST_REPLY:
	case DFUT_SIM_FAULT_SPOILT_REPLY:
	case DFUT_SIM_FAULT_NOISY_REPLY:
	case DFUT_SIM_FAULT_LATE_REPLY:
		device->reply_fault = fault->kind;
		device->reply_delay_us = fault->delay_ms * DFUT_SIM_US_PER_MS;
		break;
	}
	return dfut_sim_endpoint_receive(device, endpoint, data, size);
}

void dfut_sim_device_receive_endpoint(struct dfut_sim_device *device, uint8_t endpoint, const uint8_t *data,
				      size_t size, struct dfut_sim_reply *reply)
{
	const struct dfut_sim_fault *fault = take_fault(device);

	device->answer_delay_us = 0;
	device->is_answer_spoilt = false;
	reply->record = device->entry_count;
	reply->record_era = device->record_era;
	dfut_sim_record_endpoint(device, endpoint, size);
	reply->result = fault ? take_with_fault(device, endpoint, data, size, fault) :
				dfut_sim_endpoint_receive(device, endpoint, data, size);
	device->reply_fault = 0;
	/* No room: the host goes on trying, until it gives up. */
	reply->is_busy = reply->result == DFUT_ERROR_BUSY;
	if (reply->is_busy)
		reply->result = DFUT_ERROR_TIMEOUT;
	reply->is_answered = reply->result != DFUT_ERROR_TIMEOUT;
	reply->delay_us = device->answer_delay_us;
}

void dfut_sim_device_receive_reset(struct dfut_sim_device *device, struct dfut_sim_reply *reply)
{
	const struct dfut_sim_fault *fault = take_fault(device);

	reply->record = device->entry_count;
	reply->is_answered = true;
	if (!fault || fault->kind == DFUT_SIM_FAULT_SLOW || fault->kind == DFUT_SIM_FAULT_LOST_ANSWER) {
		dfut_sim_device_reset(device);
		reply->is_answered = !fault || fault->kind == DFUT_SIM_FAULT_SLOW;
		reply->delay_us = fault ? fault->delay_ms * DFUT_SIM_US_PER_MS : 0;
		return;
	}
	dfut_sim_record_reset(device);
	reply->is_answered = fault->kind != DFUT_SIM_FAULT_TIMEOUT;
	reply->result = DFUT_ERROR_IO;
	if (fault->kind == DFUT_SIM_FAULT_UNPLUG)
		unplug(device, fault);
}

void dfut_sim_device_set_result(struct dfut_sim_device *device, const struct dfut_sim_reply *reply, int result)
{
	/* The record may have been cleared since. */
	if (reply->record_era == device->record_era && reply->record < device->entry_count)
		device->entries[reply->record].record.result = result;
}
