/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/*
 * Nordic's DFU trigger interface, class ff/01/01 (nRF5 SDK 17.1.0, app_usbd_nrf_dfu_trigger): NORDIC_INFO and SEM_VER
 * tell about the firmware, DETACH resets the chip by its own reset pin, often before it has answered. Requests to the
 * interface come first; the device recipient is a fallback that the SDK's core passes on.
 */

#include <stdio.h>
#include <string.h>

#include "trigger/trigger.h"

#define REQUEST_DETACH 0x00
#define REQUEST_NORDIC_INFO 0x07
#define REQUEST_SEM_VER 0x08

/* Any other length is stalled. */
#define NORDIC_INFO_SIZE 24
#define SEM_VER_SIZE 256

#define REQUEST_TIMEOUT_MS 1000
/* The reset is immediate; a device that is still there after this did not take the request. */
#define LEAVE_MS 1000

enum step {
	STEP_OPEN,
	STEP_INFO,
	STEP_VERSION,
	STEP_DETACH,
	STEP_DETACHED,
	STEP_WAITED,
	STEP_DEVICE_DETACHED,
};

struct nordic {
	const struct dfut_job *job;
	enum step step;
	bool probe_only;
	bool refused;
};

static int begin_trigger(void *state, const struct dfut_job *job)
{
	struct nordic *nordic = state;

	nordic->job = job;
	return 0;
}

static int begin_probe(void *state, const struct dfut_job *job)
{
	struct nordic *nordic = state;

	nordic->job = job;
	nordic->probe_only = true;
	return 0;
}

static int ask(struct nordic *nordic, struct dfut_next *next, uint8_t request, uint16_t size)
{
	return dfut_next_control(next, nordic->job->interface, 0xa1, request, 0, nordic->job->interface, NULL, size,
				 REQUEST_TIMEOUT_MS);
}

static int tell_info(struct nordic *nordic, const struct dfut_outcome *outcome)
{
	struct dfut_facts *facts = nordic->job->facts;
	const uint8_t *info = outcome->data;

	if (!facts || outcome->result != NORDIC_INFO_SIZE)
		return 0;
	if (dfut_facts_add(facts, "nordic_firmware_address", "0x%08lx", (unsigned long)dfut_le32(info)) < 0 ||
	    dfut_facts_add(facts, "nordic_firmware_size", "%lu", (unsigned long)dfut_le32(info + 4)) < 0 ||
	    dfut_facts_add(facts, "nordic_version", "%u.%u", dfut_le16(info + 8), dfut_le16(info + 10)) < 0 ||
	    dfut_facts_add(facts, "nordic_firmware_id", "0x%08lx", (unsigned long)dfut_le32(info + 12)) < 0 ||
	    dfut_facts_add(facts, "nordic_flash_size", "%lu", (unsigned long)dfut_le32(info + 16)) < 0 ||
	    dfut_facts_add(facts, "nordic_flash_page_size", "%lu", (unsigned long)dfut_le32(info + 20)) < 0)
		return dfut_fail_memory(nordic->job->failure);
	return 0;
}

static int tell_version(struct nordic *nordic, const struct dfut_outcome *outcome)
{
	char text[SEM_VER_SIZE + 1];

	if (!nordic->job->facts || outcome->result <= 0)
		return 0;
	memcpy(text, outcome->data, (size_t)outcome->result);
	text[outcome->result] = '\0';
	if (dfut_facts_add(nordic->job->facts, "nordic_semantic_version", "%s", text) < 0)
		return dfut_fail_memory(nordic->job->failure);
	return 0;
}

static int gone(struct nordic *nordic)
{
	return dfut_fail(nordic->job->failure, DFUT_ERROR_GONE, "the device left before it was triggered");
}

static int detach(struct nordic *nordic, struct dfut_next *next)
{
	nordic->step = STEP_DETACHED;
	return dfut_next_control(next, nordic->job->interface, 0x21, REQUEST_DETACH, 0, nordic->job->interface, NULL, 0,
				 REQUEST_TIMEOUT_MS);
}

static int next_action(void *state, const struct dfut_outcome *outcome, struct dfut_next *next)
{
	struct nordic *nordic = state;

	switch (nordic->step) {
	case STEP_OPEN:
		nordic->step = STEP_INFO;
		return dfut_next_open(next, nordic->job->interface);
	case STEP_INFO:
		if (outcome->result < 0)
			return dfut_fail(nordic->job->failure, outcome->result, "interface %u can't be opened: %s",
					 nordic->job->interface, dfut_error_get_text(outcome->result));
		nordic->step = STEP_VERSION;
		return ask(nordic, next, REQUEST_NORDIC_INFO, NORDIC_INFO_SIZE);
	case STEP_VERSION:
		if (outcome->result == DFUT_ERROR_GONE)
			return gone(nordic);
		if (tell_info(nordic, outcome) < 0)
			return DFUT_ERROR_NO_MEMORY;
		nordic->step = STEP_DETACH;
		return ask(nordic, next, REQUEST_SEM_VER, SEM_VER_SIZE);
	case STEP_DETACH:
		if (outcome->result == DFUT_ERROR_GONE)
			return gone(nordic);
		if (tell_version(nordic, outcome) < 0)
			return DFUT_ERROR_NO_MEMORY;
		if (nordic->probe_only)
			return dfut_next_done(next, DFUT_END_STAYS);
		return detach(nordic, next);
	case STEP_DETACHED:
		if (outcome->result == DFUT_ERROR_GONE)
			return dfut_next_done(next, DFUT_END_LEAVES);
		nordic->refused = outcome->result == DFUT_ERROR_DEVICE;
		nordic->step = STEP_WAITED;
		return dfut_next_wait(next, LEAVE_MS);
	case STEP_WAITED:
		if (outcome->result == DFUT_ERROR_GONE)
			return dfut_next_done(next, DFUT_END_LEAVES);
		nordic->step = STEP_DEVICE_DETACHED;
		return dfut_next_control(next, DFUT_CHANNEL_DEVICE, 0x20, REQUEST_DETACH, 0, 0, NULL, 0,
					 REQUEST_TIMEOUT_MS);
	case STEP_DEVICE_DETACHED:
		nordic->refused = nordic->refused && outcome->result == DFUT_ERROR_DEVICE;
		return dfut_next_done(next, nordic->refused ? DFUT_END_REFUSED : DFUT_END_LEAVES);
	}
	return DFUT_ERROR_PROTOCOL;
}

static const struct dfut_machine_ops trigger_machine = {
	.name = "nordic-dfu-trigger",
	.state_size = sizeof(struct nordic),
	.begin = begin_trigger,
	.next = next_action,
};

static const struct dfut_machine_ops probe_machine = {
	.name = "nordic-probe",
	.state_size = sizeof(struct nordic),
	.begin = begin_probe,
	.next = next_action,
};

static const char *get_word(const uint8_t setup[8])
{
	static const char *const words[] = { [REQUEST_DETACH] = "restart into the bootloader (DETACH)",
					     [REQUEST_NORDIC_INFO] = "where does the firmware end (NORDIC_INFO)?",
					     [REQUEST_SEM_VER] = "which firmware is it (SEM_VER)?" };
	bool is_class = (setup[0] & 0x60) == 0x20;

	return is_class && setup[1] < DFUT_COUNT(words) ? words[setup[1]] : NULL;
}

const struct dfut_way dfut_way_nordic = {
	.name = "nordic-dfu-trigger",
	.machine = &trigger_machine,
	.probe_text = "read NORDIC_INFO and SEM_VER",
	.probe = &probe_machine,
	.link = DFUT_LINK_USB,
	.interface = { true, 0xff, 0x01, 0x01, false },
	.get_word = get_word,
};
