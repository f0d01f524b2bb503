/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/*
 * Raw access, for a script's first steps with a device that no table knows: reads its device descriptor, tells its HID
 * nodes and serial ports, and touches the first port: handle [--sim SPEC]
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <dfutrigger-sim.h>
#include <dfutrigger.h>

#define GET_DESCRIPTOR 6
#define DEVICE_DESCRIPTOR 1
#define TIMEOUT_MS 1000
#define TOUCH_BAUD 1200

static int read_descriptor(struct dfut_handle *handle)
{
	uint8_t descriptor[18];
	int size = dfut_handle_control(handle, 0x80, GET_DESCRIPTOR, DEVICE_DESCRIPTOR << 8, 0, descriptor,
				       sizeof(descriptor), TIMEOUT_MS);

	for (int i = 0; i < size; i++)
		printf("%02x%s", descriptor[i], i + 1 < size ? " " : "\n");
	return size < 0 ? size : 0;
}

static bool list_nodes(const struct dfut_device *device)
{
	bool has_port = false;

	for (size_t i = 0; i < dfut_device_get_node_count(device); i++) {
		const struct dfut_node *node = dfut_device_get_node(device, i);

		printf("interface %u: %s %s\n", node->interface_number,
		       node->link == DFUT_LINK_HID ? "HID node" : "serial port", node->name);
		has_port = has_port || node->link == DFUT_LINK_SERIAL;
	}
	return has_port;
}

static int look_at(struct dfut_device *device)
{
	struct dfut_handle *handle = NULL;
	int code = dfut_handle_new(&handle, device);

	if (code == 0)
		code = read_descriptor(handle);
	if (code == 0 && list_nodes(device)) {
		code = dfut_handle_touch(handle, -1, TOUCH_BAUD, TIMEOUT_MS);
		printf("touched: %s\n", dfut_error_get_name(code));
	}
	dfut_handle_free(handle);
	return code;
}

/* A virtual device in place of hardware. */
static int plug_virtual_device(struct dfut_sim **sim, struct dfut_context *context, const char *spec)
{
	int code = dfut_sim_new(sim, DFUT_SIM_CLOCK_REAL);

	if (code < 0)
		return code;
	code = dfut_sim_plug(NULL, *sim, spec, NULL);
	if (code < 0) {
		fprintf(stderr, "%s: %s\n", spec, dfut_sim_get_error(*sim));
		return code;
	}
	return dfut_sim_add_to_context(*sim, context);
}

int main(int argc, char **argv)
{
	struct dfut_context *context = NULL;
	struct dfut_device *device = NULL;
	struct dfut_sim *sim = NULL;
	int code = dfut_context_new(&context);

	if (code == 0 && argc > 2 && strcmp(argv[1], "--sim") == 0)
		code = plug_virtual_device(&sim, context, argv[2]);
	if (code == 0)
		code = dfut_device_find(&device, context, NULL);
	if (code == 0)
		code = look_at(device);
	if (code < 0 && context)
		fprintf(stderr, "%s\n%s\n", dfut_context_get_error(context), dfut_context_get_hint(context));
	dfut_device_unref(device);
	dfut_context_free(context);
	dfut_sim_free(sim);
	return code < 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}
