/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* The rules that every DFU device judges its host by (USB DFU 1.1, appendix A), and its answers about its state. */

#include <string.h>

#include "sim/sim.h"

#define STATE_BIT(state) (1u << (state))
#define ANY_STATE 0x7ffu
#define ANY_DFU_STATE (ANY_STATE & ~(STATE_BIT(APP_IDLE) | STATE_BIT(APP_DETACH)))
#define BUSY_STATES \
	(STATE_BIT(DFU_DNLOAD_SYNC) | STATE_BIT(DFU_DNBUSY) | STATE_BIT(DFU_MANIFEST_SYNC) | STATE_BIT(DFU_MANIFEST))

static const char *const state_names[] = {
	[APP_IDLE] = "appIDLE",
	[APP_DETACH] = "appDETACH",
	[DFU_IDLE] = "dfuIDLE",
	[DFU_DNLOAD_SYNC] = "dfuDNLOAD-SYNC",
	[DFU_DNBUSY] = "dfuDNBUSY",
	[DFU_DNLOAD_IDLE] = "dfuDNLOAD-IDLE",
	[DFU_MANIFEST_SYNC] = "dfuMANIFEST-SYNC",
	[DFU_MANIFEST] = "dfuMANIFEST",
	[DFU_MANIFEST_WAIT_RESET] = "dfuMANIFEST-WAIT-RESET",
	[DFU_UPLOAD_IDLE] = "dfuUPLOAD-IDLE",
	[DFU_ERROR] = "dfuERROR",
};

/* clang-format off */
static const char *const request_names[] = {
	[DFUT_SIM_DFU_DETACH] = "DETACH",
	[DFUT_SIM_DFU_DNLOAD] = "DNLOAD",
	[DFUT_SIM_DFU_UPLOAD] = "UPLOAD",
	[DFUT_SIM_DFU_GETSTATUS] = "GETSTATUS",
	[DFUT_SIM_DFU_CLRSTATUS] = "CLRSTATUS",
	[DFUT_SIM_DFU_GETSTATE] = "GETSTATE",
	[DFUT_SIM_DFU_ABORT] = "ABORT",
};
/* clang-format on */

/* Where the host may send each request (DFU 1.1, A.1). */
static const unsigned int allowed_states[] = {
	[DFUT_SIM_DFU_DETACH] = STATE_BIT(APP_IDLE),
	[DFUT_SIM_DFU_DNLOAD] = STATE_BIT(DFU_IDLE) | STATE_BIT(DFU_DNLOAD_IDLE),
	[DFUT_SIM_DFU_UPLOAD] = STATE_BIT(DFU_IDLE) | STATE_BIT(DFU_UPLOAD_IDLE),
	[DFUT_SIM_DFU_GETSTATUS] = ANY_STATE,
	[DFUT_SIM_DFU_CLRSTATUS] = STATE_BIT(DFU_ERROR),
	[DFUT_SIM_DFU_GETSTATE] = ANY_STATE & ~(STATE_BIT(DFU_DNBUSY) | STATE_BIT(DFU_MANIFEST)),
	[DFUT_SIM_DFU_ABORT] = STATE_BIT(DFU_IDLE) | STATE_BIT(DFU_DNLOAD_IDLE) | STATE_BIT(DFU_UPLOAD_IDLE),
};

const char *dfut_sim_dfu_state_get_name(uint8_t state)
{
	return state < DFUT_COUNT(state_names) ? state_names[state] : "no state";
}

bool dfut_sim_is_dfu_request(const struct dfut_sim_setup *setup)
{
	bool is_in = setup->request == DFUT_SIM_DFU_UPLOAD || setup->request == DFUT_SIM_DFU_GETSTATUS ||
		     setup->request == DFUT_SIM_DFU_GETSTATE;

	return setup->request <= DFUT_SIM_DFU_ABORT &&
	       setup->request_type ==
		       (DFUT_SIM_TYPE_CLASS | DFUT_SIM_RECIPIENT_INTERFACE | (is_in ? DFUT_SIM_REQUEST_IN : 0));
}

static void check_state(const struct dfut_sim_dfu_rules *rules, const struct dfut_sim_setup *setup, uint8_t state,
			uint8_t status)
{
	unsigned int allowed = allowed_states[setup->request];
	const char *name = state_names[state];

	if (setup->request == DFUT_SIM_DFU_DETACH && rules->is_detach_free)
		allowed |= ANY_DFU_STATE;
	if (setup->request == DFUT_SIM_DFU_CLRSTATUS && status != STATUS_OK)
		allowed |= ANY_DFU_STATE;
	if (!(allowed & STATE_BIT(state)))
		dfut_sim_device_breach(rules->device, "%s: %s is not allowed in this state (DFU 1.1, A.1)", name,
				       request_names[setup->request]);
	else if (setup->request == DFUT_SIM_DFU_DNLOAD && setup->length == 0 && state == DFU_IDLE &&
		 !rules->is_zero_length_free)
		dfut_sim_device_breach(rules->device, "%s: DNLOAD of nothing (DFU 1.1, A.2.3)", name);
}

static void check_block(struct dfut_sim_dfu_rules *rules, const struct dfut_sim_setup *setup, uint8_t state)
{
	const char *name = state_names[state];
	const char *request = request_names[setup->request];
	uint8_t needed = setup->request == DFUT_SIM_DFU_DNLOAD ? DFUT_DFU_CAN_DNLOAD : DFUT_DFU_CAN_UPLOAD;
	uint16_t expected = state == DFU_IDLE ? 0 : rules->next_block;

	if (rules->has_no_upload_idle && setup->request == DFUT_SIM_DFU_UPLOAD && setup->value)
		expected = rules->next_block;
	if (!(rules->attributes & needed))
		dfut_sim_device_breach(rules->device, "%s: %s, which bmAttributes says it can't (DFU 1.1, 4.1.3)", name,
				       request);
	if (setup->length > rules->transfer_size)
		dfut_sim_device_breach(rules->device, "%s: %s of %u bytes, with wTransferSize %u (DFU 1.1, 6.1.1)",
				       name, request, setup->length, rules->transfer_size);
	if (!rules->is_dfuse && setup->value != expected && allowed_states[setup->request] & STATE_BIT(state))
		dfut_sim_device_breach(rules->device, "%s: %s%s block %u, but %u is next (DFU 1.1, 6.1.1)", name,
				       setup->length ? "" : "zero-length ", request, setup->value, expected);
	rules->next_block = (uint16_t)(setup->value + 1);
}

static void check_fields(struct dfut_sim_dfu_rules *rules, const struct dfut_sim_setup *setup, uint8_t state)
{
	uint16_t length = setup->request == DFUT_SIM_DFU_GETSTATUS ? DFUT_SIM_GETSTATUS_SIZE :
			  setup->request == DFUT_SIM_DFU_GETSTATE  ? DFUT_SIM_GETSTATE_SIZE :
								     0;

	if (setup->length != length)
		dfut_sim_device_breach(rules->device, "%s: %s with wLength %u instead of %u (DFU 1.1, 3)",
				       state_names[state], request_names[setup->request], setup->length, length);
	if (setup->value && setup->request != DFUT_SIM_DFU_DETACH)
		dfut_sim_device_breach(rules->device, "%s: %s with wValue %u instead of 0 (DFU 1.1, 3)",
				       state_names[state], request_names[setup->request], setup->value);
}

static void check_poll(struct dfut_sim_dfu_rules *rules, const struct dfut_sim_setup *setup, uint8_t state)
{
	uint64_t now_us = dfut_sim_device_get_time_us(rules->device);

	if (setup->request == DFUT_SIM_DFU_GETSTATUS && now_us < rules->poll_until_us)
		dfut_sim_device_breach(rules->device,
				       "%s: GETSTATUS %u us before bwPollTimeout has passed (DFU 1.1, 6.1.2)",
				       state_names[state], (unsigned int)(rules->poll_until_us - now_us));
	if (setup->request != DFUT_SIM_DFU_GETSTATE)
		rules->poll_until_us = 0;
}

void dfut_sim_dfu_rules_check(struct dfut_sim_dfu_rules *rules, const struct dfut_sim_setup *setup, uint8_t state,
			      uint8_t status)
{
	if ((setup->request_type & DFUT_SIM_TYPE_MASK) != DFUT_SIM_TYPE_CLASS)
		return;
	if (!dfut_sim_is_dfu_request(setup)) {
		dfut_sim_device_breach(rules->device, "%s: 0x%02x 0x%02x is no DFU request (DFU 1.1, 3)",
				       state_names[state], setup->request_type, setup->request);
		return;
	}
	check_state(rules, setup, state, status);
	if (setup->request == DFUT_SIM_DFU_DNLOAD || setup->request == DFUT_SIM_DFU_UPLOAD)
		check_block(rules, setup, state);
	else
		check_fields(rules, setup, state);
	check_poll(rules, setup, state);
}

void dfut_sim_dfu_rules_check_reset(struct dfut_sim_dfu_rules *rules, uint8_t state)
{
	unsigned int leaving = STATE_BIT(APP_DETACH) | STATE_BIT(DFU_MANIFEST) | STATE_BIT(DFU_MANIFEST_WAIT_RESET);

	rules->poll_until_us = 0;
	if (rules->attributes & DFUT_DFU_WILL_DETACH && leaving & STATE_BIT(state))
		dfut_sim_device_breach(rules->device,
				       "%s: bus reset, but bitWillDetach says that the device leaves by itself "
				       "(DFU 1.1, 4.1.3)",
				       state_names[state]);
}

int dfut_sim_dfu_answer_status(struct dfut_sim_dfu_rules *rules, const struct dfut_sim_setup *setup, uint8_t *data,
			       const struct dfut_sim_dfu_answer *answer)
{
	uint8_t status[DFUT_SIM_GETSTATUS_SIZE] = {
		answer->status,
		(uint8_t)answer->poll_ms,
		(uint8_t)(answer->poll_ms >> 8),
		(uint8_t)(answer->poll_ms >> 16),
		answer->state,
		answer->status == STATUS_OK ? 0 : rules->string,
	};
	size_t size = setup->length < sizeof(status) ? setup->length : sizeof(status);

	if (size)
		memcpy(data, status, size);
	rules->poll_until_us = 0;
	if (BUSY_STATES & STATE_BIT(answer->state) && !rules->device->is_answer_spoilt)
		rules->poll_until_us = dfut_sim_device_get_time_us(rules->device) +
				       answer->poll_ms * DFUT_SIM_US_PER_MS;
	return (int)size;
}

int dfut_sim_dfu_answer_state(const struct dfut_sim_setup *setup, uint8_t *data, uint8_t state)
{
	if (setup->length == 0)
		return 0;
	data[0] = state;
	return DFUT_SIM_GETSTATE_SIZE;
}
