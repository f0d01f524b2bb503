/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* dfutrigger sim NAME...: virtual devices in a real system. */

#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "exit-code.h"
#include "export.h"
#include "json.h"
#include "system.h"

#define LOOPBACK "127.0.0.1"

/* A signal handler is given no data. Nobody waits while this is NULL. */
static struct dfut_sim_usbip *volatile interrupted;
static volatile sig_atomic_t is_interrupted;

/* To the end of the process: what comes late must not end it before the states are saved. */
static void handle_interrupt(void)
{
	struct dfut_sim_usbip *usbip = interrupted;

	is_interrupted = 1;
	if (usbip)
		dfut_sim_usbip_wake(usbip);
}

static const char *find_spec(const struct application *application, const struct dfut_sim_device *device)
{
	const struct virtual_bus *bus = &application->virtual_bus;

	for (size_t i = 0; i < bus->count; i++)
		if (bus->devices[i] == device)
			return application->options.sims.items[i];
	return "";
}

/* Programs wait for these lines, through a pipe as well. */
static void flush(struct output *output)
{
	fflush(output->text);
}

static void handle_device(void *data, struct dfut_sim_device *device, const char *path)
{
	struct application *application = data;
	struct output *output = &application->output;
	const char *spec = find_spec(application, device);

	if (output->json)
		output_json(output, json_pack("{s:s, s:o, s:o}", "event", path ? "attached" : "left", "sim",
					      new_json_text(spec), "path", new_json_text(path)));
	else if (!path)
		output_text(output, "%s has left\n", spec);
	else
		output_text(output, "%s is at %s\n", spec, path[0] ? path : "another host");
	flush(output);
}

static int listen_for_hosts(struct application *application, struct dfut_sim_usbip *usbip)
{
	const struct options *options = &application->options;
	struct output *output = &application->output;
	const char *address = options->listen_address ? options->listen_address : LOOPBACK;
	int port = dfut_sim_usbip_listen(usbip, address, options->listen_port);

	if (port < 0)
		return port;
	if (output->json)
		output_json(output, json_pack("{s:s, s:o, s:i}", "event", "listening", "address",
					      new_json_text(address), "port", port));
	else
		output_text(output, "listening at %s, port %d\n", address, port);
	flush(output);
	return 0;
}

/* Whoever tries what becomes of a fault learns when it strikes. */
static void tell_faults(struct application *application, size_t *told)
{
	const struct virtual_bus *bus = &application->virtual_bus;
	struct output *output = &application->output;

	for (size_t i = 0; i < bus->count; i++) {
		const char *spec = application->options.sims.items[i];
		size_t count = dfut_sim_device_get_fault_count(bus->devices[i]);

		if (count == told[i])
			continue;
		told[i] = count;
		if (output->json)
			output_json(output, json_pack("{s:s, s:o}", "event", "fault", "device", new_json_text(spec)));
		else
			output_text(output, "%s has a fault now\n", spec);
		flush(output);
	}
}

static int serve(struct application *application, struct dfut_sim_usbip *usbip)
{
	size_t *told = calloc(application->virtual_bus.count, sizeof(*told));
	int code = DFUT_ERROR_NO_MEMORY;

	if (told)
		code = application->options.attach ? dfut_sim_usbip_attach(usbip) :
						     listen_for_hosts(application, usbip);
	while (code >= 0 && !is_interrupted) {
		code = dfut_sim_usbip_dispatch(usbip, -1);
		tell_faults(application, told);
	}
	free(told);
	return code;
}

int export_run(struct application *application)
{
	struct dfut_sim_usbip *usbip = NULL;
	int exit_code = application_open_virtual_bus(application);
	struct dfut_sim *sim = application->virtual_bus.sim;
	int code = 0;

	if (exit_code)
		return exit_code;
	code = dfut_sim_usbip_new(&usbip, sim);
	if (code == 0) {
		dfut_sim_usbip_set_handler(usbip, handle_device, application);
		interrupted = usbip;
		system_watch_interrupts(handle_interrupt);
		code = serve(application, usbip);
		interrupted = NULL;
		dfut_sim_usbip_set_handler(usbip, NULL, NULL);
		dfut_sim_usbip_free(usbip);
	}
	return code < 0 ? application_fail_text(application, code, NULL, "%s", dfut_sim_get_error(sim)) : 0;
}
