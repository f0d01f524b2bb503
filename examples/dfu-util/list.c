/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* dfu-util -l */

#include "exit-code.h"
#include "found.h"
#include "line.h"
#include "program.h"

static void print(const struct found_list *found)
{
	char line[LINE_SIZE];

	for (size_t i = 0; i < found->count; i++) {
		line_write(line, found->items[i].device, found->items[i].interface);
		words_say("%s", line);
	}
}

static bool has_dfu_interface(const struct dfut_device *device)
{
	for (size_t i = 0; i < dfut_device_get_interface_count(device); i++)
		if (line_is_dfu_interface(dfut_device_get_interface(device, i)))
			return true;
	return false;
}

/* They are listed all the same, but what they are called is not known. */
static void complain_of_unread(struct program *program, const struct dfut_device_list *devices)
{
	size_t count = dfut_device_list_get_unread_count(devices);

	for (size_t i = 0; i < count; i++) {
		const struct dfut_device *device = dfut_device_list_get_unread(devices, i);

		if (has_dfu_interface(device))
			words_complain(&program->words, "Cannot open DFU device %04x:%04x found on devnum %u (%s)",
				       dfut_device_get_vendor_id(device), dfut_device_get_product_id(device),
				       dfut_device_get_address(device), dfut_device_get_missing(device));
	}
}

int list_run(struct program *program)
{
	struct found_list found = { 0 };
	struct dfut_device_list *devices = NULL;
	int code = program_open_bus(program);

	if (code == 0)
		code = dfut_device_list_new(&devices, program->bus.context, NULL);
	if (code == 0)
		code = found_list_add_all(&found, &program->options, devices);
	if (code == 0) {
		print(&found);
		complain_of_unread(program, devices);
	}
	found_list_free(&found);
	dfut_device_list_free(devices);
	return code < 0 ? program_fail(program, code) : EXIT_CODE_DONE;
}
