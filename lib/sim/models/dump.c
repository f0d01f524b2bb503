/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* A device of which somebody saved what it shows of itself. It is met as the device is, and stalls whatever it is asked. */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sim/dump/dump.h"

struct dump_device {
	struct dfut_sim_device *device;
	char path[DUMP_PATH_SIZE];
	struct dump dump;
};

static int dump_create(void *state, struct dfut_sim_device *device)
{
	((struct dump_device *)state)->device = device;
	return 0;
}

static int set_ids(struct dump *dump, const char *value)
{
	unsigned int vendor_id, product_id;
	char end;

	if (strlen(value) != 9 || sscanf(value, "%4x:%4x%c", &vendor_id, &product_id, &end) != 2)
		return DFUT_ERROR_USAGE;
	dump->vendor_id = (uint16_t)vendor_id;
	dump->product_id = (uint16_t)product_id;
	return 0;
}

static int dump_set_option(void *state, const char *key, const char *value)
{
	struct dump_device *device = state;

	if (strcmp(key, "ids") == 0)
		return set_ids(&device->dump, value);
	if (strcmp(key, "file") != 0)
		return DFUT_ERROR_NOT_FOUND;
	if (strlen(value) >= sizeof(device->path))
		return DFUT_ERROR_USAGE;
	memcpy(device->path, value, strlen(value) + 1);
	return 0;
}

static int dump_prepare(void *state)
{
	struct dump_device *device = state;
	int result;

	if (!device->path[0])
		return dfut_sim_fail(device->device->sim, DFUT_ERROR_USAGE,
				     "dump: no file was given, as in dump:lsusb.txt");
	result = dump_read(&device->dump, device->path);
	return result < 0 ? dfut_sim_fail(device->device->sim, result, "%s: %s", device->path, device->dump.error) : 0;
}

static void dump_destroy(void *state)
{
	dump_clear(&((struct dump_device *)state)->dump);
}

static uint32_t dump_start(void *state, enum dfut_sim_start start)
{
	(void)state;
	(void)start;
	return 0;
}

static const char *dump_get_mode_name(const void *state)
{
	(void)state;
	return "saved";
}

static void dump_describe(const void *state, struct dfut_sim_description *description)
{
	const struct dump_device *device = state;

	description->descriptors = device->dump.bytes;
	description->descriptors_size = device->dump.size;
	description->strings = device->dump.strings;
	description->string_count = device->dump.string_count;
}

static int dump_control(void *state, const struct dfut_sim_setup *setup, uint8_t *data)
{
	const struct dump_device *device = state;
	const struct dump_report *report = setup->index < DUMP_REPORTS ? &device->dump.reports[setup->index] : NULL;
	size_t size;

	if (setup->request_type != (DFUT_SIM_REQUEST_IN | DFUT_SIM_RECIPIENT_INTERFACE) ||
	    setup->request != DFUT_SIM_GET_DESCRIPTOR || setup->value >> 8 != DFUT_SIM_REPORT_DESCRIPTOR || !report ||
	    !report->bytes)
		return DFUT_ERROR_DEVICE;
	size = report->size < setup->length ? report->size : setup->length;
	memcpy(data, report->bytes, size);
	return (int)size;
}

const struct dfut_sim_model dfut_sim_dump = {
	.size = sizeof(struct dfut_sim_model),
	.name = "dump",
	.text = "a device that shows itself as in a saved text of lsusb -v, folder of /sys/bus/usb/devices or bare descriptors",
	.options = "file=FILE: what was saved; also dump:FILE\n"
		   "ids=HHHH:HHHH: which device of a text that has several\n" DFUT_SIM_COMMON_TEXT,
	.state_size = sizeof(struct dump_device),
	.create = dump_create,
	.set_option = dump_set_option,
	.prepare = dump_prepare,
	.destroy = dump_destroy,
	.start = dump_start,
	.get_mode_name = dump_get_mode_name,
	.describe = dump_describe,
	.control = dump_control,
};
