/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/*
 * An application with usbd-dfu-rt's DFU interface (class.rs), which jumps into the ROM when it is detached: wValue is
 * the delay, or the window for a bus reset, and appDETACH stays when nothing came of it.
 */

#include "sim/parts/dfuse.h"

#define VENDOR_ID 0x1209
#define PRODUCT_ID 0x0001
#define DETACH_TIMEOUT_MS 255
#define TRANSFER_SIZE 2048
/* The crate sends it, although it means nothing in an application. */
#define VERSION 0x011a
/* The next tick, by which the request has been answered */
#define TICK_US 2000

void dfut_sim_rt_set_defaults(struct dfut_sim_rt *rt)
{
	rt->options.will_detach = true;
	rt->options.really_detaches = true;
	rt->options.vendor_id = VENDOR_ID;
	rt->options.product_id = PRODUCT_ID;
}

static uint8_t get_attributes(const struct dfut_sim_rt *rt)
{
	return (uint8_t)(DFUT_DFU_CAN_DNLOAD | DFUT_DFU_CAN_UPLOAD |
			 (rt->options.will_detach ? DFUT_DFU_WILL_DETACH : 0));
}

static bool leaves_by_itself(const struct dfut_sim_rt *rt)
{
	return rt->options.will_detach && rt->options.really_detaches;
}

void dfut_sim_rt_start(struct dfut_sim_rt *rt, struct dfut_sim_device *device, const char *serial)
{
	const struct dfut_sim_dfu_layout layout = {
		.vendor_id = rt->options.vendor_id,
		.product_id = rt->options.product_id,
		.release = 0x0010,
		.has_strings = true,
		.max_power = 50,
		.has_association = true,
		.class_code = DFUT_SIM_DFU_CLASS,
		.subclass = DFUT_SIM_DFU_SUBCLASS,
		.protocol = 1,
		.alternate_count = 1,
		.place = DFUT_SIM_PLACE_LAST,
		.functional_size = 9,
		.attributes = get_attributes(rt),
		.detach_timeout_ms = DETACH_TIMEOUT_MS,
		.transfer_size = TRANSFER_SIZE,
		.version = VERSION,
	};

	rt->device = device;
	rt->state = APP_IDLE;
	rt->is_window_open = false;
	rt->rules = (struct dfut_sim_dfu_rules){ .device = device, .transfer_size = TRANSFER_SIZE };
	rt->rules.attributes = layout.attributes;
	if (!leaves_by_itself(rt))
		rt->rules.attributes &= (uint8_t)~DFUT_DFU_WILL_DETACH;
	rt->size = dfut_sim_dfu_put_descriptors(rt->descriptors, &layout);
	rt->strings[0] = (struct dfut_string){ 1, "libdfutrigger" };
	rt->strings[1] = (struct dfut_string){ 2, "Virtual usbd-dfu-rt application" };
	rt->strings[2] = (struct dfut_string){ 3, serial };
}

static int detach(struct dfut_sim_rt *rt, uint16_t value)
{
	uint64_t delay_us = value * DFUT_SIM_US_PER_MS;

	rt->state = APP_DETACH;
	rt->is_window_open = !leaves_by_itself(rt);
	dfut_sim_device_set_timer(rt->device, DFUT_SIM_RT_TIMER, delay_us > TICK_US ? delay_us : TICK_US);
	return 0;
}

int dfut_sim_rt_answer(struct dfut_sim_rt *rt, const struct dfut_sim_setup *setup, uint8_t *data)
{
	struct dfut_sim_dfu_answer answer = { STATUS_OK, 0, rt->state };

	dfut_sim_dfu_rules_check(&rt->rules, setup, rt->state, STATUS_OK);
	if (!dfut_sim_is_dfu_request(setup) || setup->index != 0)
		return DFUT_ERROR_DEVICE;
	if (setup->request == DFUT_SIM_DFU_DETACH)
		return detach(rt, setup->value);
	if (setup->request == DFUT_SIM_DFU_GETSTATUS && rt->options.getstatus == 0)
		return dfut_sim_dfu_answer_status(&rt->rules, setup, data, &answer);
	return DFUT_ERROR_DEVICE;
}

bool dfut_sim_rt_bus_reset(struct dfut_sim_rt *rt)
{
	dfut_sim_dfu_rules_check_reset(&rt->rules, rt->state);
	return rt->is_window_open;
}

bool dfut_sim_rt_timer(struct dfut_sim_rt *rt)
{
	rt->is_window_open = false;
	/* ST's class, which tells such lies, forgets about it; the crate does not. */
	if (!rt->options.really_detaches)
		rt->state = APP_IDLE;
	return leaves_by_itself(rt);
}

void dfut_sim_rt_describe(const struct dfut_sim_rt *rt, struct dfut_sim_description *description)
{
	description->descriptors = rt->descriptors;
	description->descriptors_size = rt->size;
	description->strings = rt->strings;
	description->string_count = DFUT_COUNT(rt->strings);
}
