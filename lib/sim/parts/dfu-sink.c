/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* DFU mode (USB DFU 1.1, appendix A) of devices of which only the way there matters: what they get is not kept. */

#include "sim/sim.h"

static int refuse(struct dfut_sim_dfu_sink *sink)
{
	sink->state = DFU_ERROR;
	sink->status = ERR_STALLEDPKT;
	return DFUT_ERROR_DEVICE;
}

static int download(struct dfut_sim_dfu_sink *sink, const struct dfut_sim_setup *setup)
{
	if (setup->length > sink->rules.transfer_size || (setup->length == 0 && sink->state == DFU_IDLE))
		return refuse(sink);
	sink->state = setup->length ? DFU_DNLOAD_SYNC : DFU_MANIFEST_SYNC;
	return setup->length;
}

static int get_status(struct dfut_sim_dfu_sink *sink, const struct dfut_sim_setup *setup, uint8_t *data)
{
	struct dfut_sim_dfu_answer answer = { .status = sink->status };

	if (sink->state == DFU_DNLOAD_SYNC)
		sink->state = DFU_DNLOAD_IDLE;
	if (sink->state == DFU_MANIFEST_SYNC)
		sink->state = DFU_IDLE;
	answer.state = sink->state;
	return dfut_sim_dfu_answer_status(&sink->rules, setup, data, &answer);
}

static int clear_status(struct dfut_sim_dfu_sink *sink)
{
	if (sink->state != DFU_ERROR)
		return refuse(sink);
	sink->state = DFU_IDLE;
	sink->status = STATUS_OK;
	return 0;
}

static int answer_transfer(struct dfut_sim_dfu_sink *sink, const struct dfut_sim_setup *setup)
{
	if (sink->state != DFU_IDLE && sink->state != DFU_DNLOAD_IDLE)
		return refuse(sink);
	if (setup->request == DFUT_SIM_DFU_DNLOAD)
		return download(sink, setup);
	sink->state = DFU_IDLE;
	return 0;
}

void dfut_sim_dfu_sink_start(struct dfut_sim_dfu_sink *sink, struct dfut_sim_device *device,
			     const struct dfut_sim_dfu_layout *layout)
{
	*sink = (struct dfut_sim_dfu_sink){ .state = DFU_IDLE, .status = STATUS_OK };
	sink->rules.device = device;
	sink->rules.transfer_size = layout->transfer_size;
	sink->rules.attributes = layout->attributes;
}

int dfut_sim_dfu_sink_answer(struct dfut_sim_dfu_sink *sink, const struct dfut_sim_setup *setup, uint8_t *data)
{
	if (!sink->is_dfuse)
		dfut_sim_dfu_rules_check(&sink->rules, setup, sink->state, sink->status);
	if (!dfut_sim_is_dfu_request(setup))
		return DFUT_ERROR_DEVICE;
	switch ((enum dfut_sim_dfu_request)setup->request) {
	case DFUT_SIM_DFU_GETSTATUS:
		return get_status(sink, setup, data);
	case DFUT_SIM_DFU_GETSTATE:
		return dfut_sim_dfu_answer_state(setup, data, sink->state);
	case DFUT_SIM_DFU_CLRSTATUS:
		return clear_status(sink);
	case DFUT_SIM_DFU_DNLOAD:
	case DFUT_SIM_DFU_ABORT:
		return answer_transfer(sink, setup);
	case DFUT_SIM_DFU_DETACH:
	case DFUT_SIM_DFU_UPLOAD:
		break;
	}
	return refuse(sink);
}
