/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* A host that sends HID reports to a virtual device, for tests of the devices that reports trigger and update. */

#ifndef DFUT_TESTS_SIM_HID_HOST_H
#define DFUT_TESTS_SIM_HID_HOST_H

#include <stdio.h>
#include <unistd.h>

#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include "sim-host.h"
#include "sim/sim.h"

#define assert_text(got, want) cr_assert(eq(str, (char *)(got), (char *)(want)))

#define INPUT 0x0100
#define OUTPUT 0x0200
#define FEATURE 0x0300

static struct host *host;

static void stop(void)
{
	host_free(host);
	host = NULL;
}

static void open_interface(uint8_t number)
{
	host_disconnect(host);
	cr_assert(eq(int, host_open(host, number), 0));
}

static void plug(const char *spec, uint8_t interface)
{
	host_free(host);
	host = host_new_or_fail(spec);
	open_interface(interface);
}

static const char *get_mode(void)
{
	return dfut_sim_device_get_mode_name(host->device);
}

static size_t get_breaches(void)
{
	return dfut_sim_device_get_breach_count(host->device);
}

static bool has_breach(const char *word)
{
	for (size_t i = 0; i < dfut_sim_device_get_record_count(host->device); i++) {
		const struct dfut_sim_record *record = dfut_sim_device_get_record(host->device, i);

		if (record->event == DFUT_SIM_EVENT_BREACH && strstr(record->text, word))
			return true;
	}
	return false;
}

static void assert_ids(uint16_t vendor_id, uint16_t product_id)
{
	const struct host_device *device = host_get(host);

	cr_assert(ne(ptr, (void *)device, NULL));
	cr_assert(eq(u16, dfut_le16(&device->descriptors[8]), vendor_id));
	cr_assert(eq(u16, dfut_le16(&device->descriptors[10]), product_id));
}

static int set_report(uint16_t value, uint16_t interface, const void *data, uint16_t length)
{
	return host_out(host, 0x21, 0x09, value, interface, data, length);
}

static int get_report(uint16_t value, uint16_t interface, uint16_t length)
{
	return host_in(host, 0xa1, 0x01, value, interface, length);
}

/* What the device is once it has come back, if it left. */
static inline void assert_is(const char *mode, uint16_t vendor_id, uint16_t product_id)
{
	host_wait_ms(host, 2000);
	assert_text(get_mode(), mode);
	assert_ids(vendor_id, product_id);
}

/* One breach, which says that; then none. */
static inline void assert_breach(const char *word)
{
	cr_assert(has_breach(word), "%s", word);
	cr_assert(eq(sz, get_breaches(), 1));
	dfut_sim_device_clear_record(host->device);
}

static inline const uint8_t *get_flash(size_t size)
{
	size_t there;
	const uint8_t *flash = dfut_sim_device_get_memory(host->device, "flash", &there);

	cr_assert(eq(sz, there, size));
	return flash;
}

#endif
