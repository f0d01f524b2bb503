/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* Interrupt and bulk endpoints of a device. */

#include "sim/sim.h"

#define ENDPOINT_DESCRIPTOR 5
#define INTERFACE_NUMBER 2
#define INTERFACE_SIZE 9
/* USB 2.0, 9.6.6 */
#define ENDPOINT_ADDRESS 2
#define ENDPOINT_SIZE 7

static bool has_endpoint(const struct dfut_sim_device *device, uint8_t endpoint)
{
	struct dfut_sim_description description = dfut_sim_device_describe(device);
	const uint8_t *at = description.descriptors;
	const uint8_t *end = at + description.descriptors_size;

	for (; end - at >= 2 && at[0] >= 2 && end - at >= at[0]; at += at[0])
		if (at[1] == ENDPOINT_DESCRIPTOR && at[0] >= ENDPOINT_SIZE && at[ENDPOINT_ADDRESS] == endpoint)
			return true;
	return false;
}

/* Halts. */

static uint32_t get_bit(uint8_t endpoint)
{
	return UINT32_C(1) << ((endpoint & 0x0f) + (endpoint & DFUT_SIM_REQUEST_IN ? 16 : 0));
}

void dfut_sim_endpoint_set_halt(struct dfut_sim_device *device, uint8_t endpoint, bool is_halted)
{
	device->halts = is_halted ? device->halts | get_bit(endpoint) : device->halts & ~get_bit(endpoint);
	/* Who waits for it learns that it is stalled. */
	dfut_sim_device_set_ready(device);
}

bool dfut_sim_endpoint_is_halted(const struct dfut_sim_device *device, uint8_t endpoint)
{
	return device->halts & get_bit(endpoint);
}

void dfut_sim_endpoints_select(struct dfut_sim_device *device, int interface)
{
	struct dfut_sim_description description = dfut_sim_device_describe(device);
	const uint8_t *at = description.descriptors;
	const uint8_t *end = at + description.descriptors_size;
	int number = -1;

	for (; end - at >= 2 && at[0] >= 2 && end - at >= at[0]; at += at[0]) {
		if (at[1] == DFUT_SIM_INTERFACE_DESCRIPTOR && at[0] >= INTERFACE_SIZE)
			number = at[INTERFACE_NUMBER];
		else if (at[1] == ENDPOINT_DESCRIPTOR && at[0] >= ENDPOINT_SIZE &&
			 (interface < 0 || number == interface))
			dfut_sim_endpoint_set_halt(device, at[ENDPOINT_ADDRESS], false);
	}
}

/* Transfers. */

static int check(const struct dfut_sim_device *device, uint8_t endpoint)
{
	if (!device->present)
		return DFUT_ERROR_GONE;
	return has_endpoint(device, endpoint) && !dfut_sim_endpoint_is_halted(device, endpoint) ? 0 : DFUT_ERROR_DEVICE;
}

int dfut_sim_endpoint_send(struct dfut_sim_device *device, uint8_t endpoint, uint8_t *data, size_t room)
{
	int result = check(device, endpoint);

	if (result < 0)
		return result;
	if (!device->model->endpoint_send)
		return DFUT_ERROR_BUSY;
	result = device->model->endpoint_send(device->state, endpoint, data, room);
	return result > 0 && (size_t)result > room ? (int)room : result;
}

int dfut_sim_endpoint_receive(struct dfut_sim_device *device, uint8_t endpoint, const uint8_t *data, size_t size)
{
	int result = check(device, endpoint);

	if (result < 0)
		return result;
	return device->model->endpoint_receive ? device->model->endpoint_receive(device->state, endpoint, data, size) :
						 (int)size;
}

DFUT_SIM_API void dfut_sim_device_set_ready(struct dfut_sim_device *device)
{
	device->ready_count++;
	dfut_sim_transfers_wake(device);
}
