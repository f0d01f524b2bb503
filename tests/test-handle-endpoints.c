/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* Raw access to interfaces and endpoints, on a VIA keyboard: raw HID on interface 1, answers to commands. */

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <string.h>

#include "dfutrigger-sim.h"

#define RAW_INTERFACE 1
#define RAW_IN 0x82
#define RAW_OUT 0x03
#define RAW_SIZE 32
#define GET_PROTOCOL_VERSION 0x01

static struct dfut_context *context;
static struct dfut_sim *sim;
static struct dfut_sim_device *virtual_device;
static struct dfut_device *device;
static struct dfut_handle *handle;

static void start(void)
{
	cr_assert(eq(int, dfut_context_new(&context), 0));
	cr_assert(eq(int, dfut_sim_new(&sim, DFUT_SIM_CLOCK_VIRTUAL), 0));
	cr_assert(eq(int, dfut_sim_plug(&virtual_device, sim, "via-keyboard", NULL), 0));
	cr_assert(eq(int, dfut_sim_add_to_context(sim, context), 0));
	cr_assert(eq(int, dfut_device_find(&device, context, NULL), 0));
	cr_assert(eq(int, dfut_handle_new(&handle, device), 0));
}

static void stop(void)
{
	dfut_handle_free(handle);
	dfut_device_unref(device);
	dfut_context_free(context);
	dfut_sim_free(sim);
}

TestSuite(handle, .init = start, .fini = stop, .timeout = 20);

static struct dfut_handle *open_another(void)
{
	struct dfut_handle *other = NULL;

	cr_assert(eq(int, dfut_handle_new(&other, device), 0));
	return other;
}

static int ask(uint8_t *data, size_t room)
{
	uint8_t command[RAW_SIZE] = { GET_PROTOCOL_VERSION };

	cr_assert(eq(int, dfut_handle_transfer(handle, RAW_OUT, command, sizeof(command), 1000), RAW_SIZE));
	return dfut_handle_transfer(handle, RAW_IN, data, (uint16_t)room, 1000);
}

Test(handle, moves_bytes_from_and_to_an_endpoint)
{
	uint8_t data[RAW_SIZE] = { 0 };

	cr_assert(eq(int, ask(data, sizeof(data)), RAW_SIZE));
	cr_assert(eq(int, data[0], GET_PROTOCOL_VERSION));
	cr_assert(ne(int, data[2], 0));
	cr_assert(eq(sz, dfut_sim_device_get_breach_count(virtual_device), 0));
}

Test(handle, gives_what_came_when_the_time_has_passed)
{
	uint8_t data[2 * RAW_SIZE];

	cr_assert(eq(int, ask(data, sizeof(data)), RAW_SIZE));
}

Test(handle, waits_for_an_endpoint_as_long_as_it_may)
{
	uint64_t start_us = dfut_sim_get_time_us(sim);
	uint8_t data[RAW_SIZE];

	cr_assert(eq(int, dfut_handle_transfer(handle, RAW_IN, data, sizeof(data), 300), DFUT_ERROR_TIMEOUT));
	cr_assert(ge(u64, dfut_sim_get_time_us(sim) - start_us, 300000));
	cr_assert(le(u64, dfut_sim_get_time_us(sim) - start_us, 310000));
	/* It is not in the way of the next. */
	cr_assert(eq(int, ask(data, sizeof(data)), RAW_SIZE));
}

Test(handle, knows_which_endpoints_there_are)
{
	uint8_t data[RAW_SIZE];

	cr_assert(eq(int, dfut_handle_transfer(handle, 0x8f, data, sizeof(data), 100), DFUT_ERROR_NOT_FOUND));
	cr_assert(eq(int, dfut_handle_clear_halt(handle, 0x8f), DFUT_ERROR_NOT_FOUND));
	cr_assert(eq(int, dfut_handle_transfer(handle, RAW_OUT, NULL, 1, 100), DFUT_ERROR_USAGE));
}

Test(handle, tells_a_stall_and_clears_it)
{
	struct dfut_sim_fault fault = { .size = sizeof(fault), .kind = DFUT_SIM_FAULT_STALL };
	const struct dfut_sim_record *record;
	uint8_t data[RAW_SIZE] = { 0 };

	dfut_sim_device_clear_record(virtual_device);
	cr_assert(eq(int, dfut_sim_device_add_fault(virtual_device, &fault), 0));
	cr_assert(eq(int, dfut_handle_transfer(handle, RAW_OUT, data, sizeof(data), 100), DFUT_ERROR_DEVICE));
	cr_assert(eq(int, dfut_handle_clear_halt(handle, RAW_OUT), 0));
	record = dfut_sim_device_get_record(virtual_device, 1);
	cr_assert(eq(int, record->request_type, 0x02));
	cr_assert(eq(int, record->request, 1));
	cr_assert(eq(int, record->index, RAW_OUT));
}

Test(handle, has_an_interface_for_itself)
{
	struct dfut_handle *other = open_another();

	cr_assert(eq(int, dfut_handle_claim(handle, RAW_INTERFACE), 0));
	cr_assert(eq(int, dfut_handle_claim(handle, RAW_INTERFACE), 0));
	cr_assert(eq(int, dfut_handle_claim(other, RAW_INTERFACE), DFUT_ERROR_BUSY));
	cr_assert(eq(int, dfut_handle_claim(other, 99), DFUT_ERROR_NOT_FOUND));
	cr_assert(eq(int, dfut_handle_claim(other, 255), DFUT_ERROR_USAGE));
	cr_assert(eq(int, dfut_handle_release(handle, RAW_INTERFACE), 0));
	cr_assert(eq(int, dfut_handle_release(handle, RAW_INTERFACE), 0));
	cr_assert(eq(int, dfut_handle_claim(other, RAW_INTERFACE), 0));
	dfut_handle_free(other);
}

Test(handle, leaves_drivers_alone_if_told_so)
{
	dfut_handle_set_keeps_drivers(handle, true);
	cr_assert(eq(int, dfut_handle_has_driver(handle, RAW_INTERFACE), 1));
	cr_assert(eq(int, dfut_handle_attach_driver(handle, RAW_INTERFACE), DFUT_ERROR_BUSY));
	cr_assert(eq(int, dfut_handle_claim(handle, RAW_INTERFACE), DFUT_ERROR_BUSY));
	cr_assert(eq(int, dfut_handle_detach_driver(handle, RAW_INTERFACE), 0));
	cr_assert(eq(int, dfut_handle_detach_driver(handle, RAW_INTERFACE), DFUT_ERROR_NOT_FOUND));
	cr_assert(eq(int, dfut_handle_has_driver(handle, RAW_INTERFACE), 0));
	cr_assert(eq(int, dfut_handle_claim(handle, RAW_INTERFACE), 0));
	cr_assert(eq(int, dfut_handle_attach_driver(handle, RAW_INTERFACE), DFUT_ERROR_BUSY));
	cr_assert(eq(int, dfut_handle_release(handle, RAW_INTERFACE), 0));
	cr_assert(eq(int, dfut_handle_attach_driver(handle, RAW_INTERFACE), 0));
	cr_assert(eq(int, dfut_handle_has_driver(handle, RAW_INTERFACE), 1));
}

Test(handle, takes_drivers_off_by_itself)
{
	cr_assert(eq(int, dfut_handle_claim(handle, RAW_INTERFACE), 0));
	cr_assert(eq(int, dfut_handle_has_driver(handle, RAW_INTERFACE), 0));
	cr_assert(eq(int, dfut_handle_release(handle, RAW_INTERFACE), 0));
	cr_assert(eq(int, dfut_handle_has_driver(handle, RAW_INTERFACE), 1));
}

Test(handle, selects_configurations)
{
	uint8_t data[RAW_SIZE];

	cr_assert(eq(int, dfut_handle_set_configuration(handle, 9), DFUT_ERROR_NOT_FOUND));
	cr_assert(eq(int, dfut_handle_claim(handle, RAW_INTERFACE), 0));
	cr_assert(eq(int, dfut_handle_set_configuration(handle, 1), DFUT_ERROR_BUSY));
	cr_assert(eq(int, dfut_handle_release(handle, RAW_INTERFACE), 0));
	cr_assert(eq(int, dfut_handle_set_configuration(handle, 0), 0));
	cr_assert(eq(int, dfut_handle_transfer(handle, RAW_IN, data, sizeof(data), 100), DFUT_ERROR_NOT_FOUND));
	cr_assert(eq(int, dfut_handle_set_configuration(handle, 1), 0));
	cr_assert(eq(int, ask(data, sizeof(data)), RAW_SIZE));
}

Test(handle, selects_alternate_settings)
{
	cr_assert(eq(int, dfut_handle_set_alternate(handle, RAW_INTERFACE, 0), 0));
	cr_assert(eq(int, dfut_handle_set_alternate(handle, RAW_INTERFACE, 1), DFUT_ERROR_DEVICE));
}

Test(handle, ends_when_the_device_leaves)
{
	uint8_t data[RAW_SIZE];

	cr_assert(eq(int, dfut_handle_open(handle), 0));
	dfut_sim_device_unplug(virtual_device);
	cr_assert(eq(int, dfut_handle_transfer(handle, RAW_IN, data, sizeof(data), 0), DFUT_ERROR_GONE));
	cr_assert(eq(int, dfut_handle_claim(handle, RAW_INTERFACE), DFUT_ERROR_GONE));
	cr_assert(eq(int, dfut_handle_set_configuration(handle, 1), DFUT_ERROR_GONE));
}

Test(handle, ends_when_the_device_leaves_during_a_transfer)
{
	struct dfut_sim_fault fault = { .size = sizeof(fault), .kind = DFUT_SIM_FAULT_UNPLUG };
	uint8_t data[RAW_SIZE] = { 0 };

	cr_assert(eq(int, dfut_sim_device_add_fault(virtual_device, &fault), 0));
	cr_assert(eq(int, dfut_handle_control(handle, 0x80, 0, 0, 0, data, 2, 100), DFUT_ERROR_GONE));
	cr_assert(eq(int, dfut_handle_control(handle, 0x80, 0, 0, 0, data, 2, 100), DFUT_ERROR_GONE));
}
