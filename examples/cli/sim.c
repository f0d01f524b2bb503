/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* --sim and --sim-record: virtual devices in place of hardware, and what they were asked. */

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "json.h"
#include "sim.h"

int virtual_bus_open(struct virtual_bus *bus, const struct options *options, const char **failed)
{
	int code = 0;

	*failed = NULL;
	if (options->sims.count == 0)
		return 0;
	code = dfut_sim_new(&bus->sim, DFUT_SIM_CLOCK_REAL);
	if (code < 0)
		return code;
	bus->devices = calloc(options->sims.count, sizeof(struct dfut_sim_device *));
	if (!bus->devices)
		return DFUT_ERROR_NO_MEMORY;
	for (size_t i = 0; i < options->sims.count; i++) {
		code = dfut_sim_plug(&bus->devices[i], bus->sim, options->sims.items[i], NULL);
		if (code < 0) {
			*failed = options->sims.items[i];
			return code;
		}
		bus->count++;
	}
	return 0;
}

static const char *get_event_name(enum dfut_sim_event event)
{
	switch (event) {
	case DFUT_SIM_EVENT_ARRIVED:
		return "arrived";
	case DFUT_SIM_EVENT_LEFT:
		return "left";
	case DFUT_SIM_EVENT_BUS_RESET:
		return "bus-reset";
	case DFUT_SIM_EVENT_CONTROL:
		return "control";
	case DFUT_SIM_EVENT_ENDPOINT:
		return "endpoint";
	case DFUT_SIM_EVENT_BREACH:
		return "breach";
	}
	return "unknown";
}

static json_t *new_record(const struct dfut_sim_record *record, const char *spec)
{
	json_t *line = json_pack("{s:o, s:s, s:I, s:o}", "device", new_json_text(spec), "event",
				 get_event_name(record->event), "time_us", (json_int_t)record->time_us, "text",
				 new_json_text(record->text));
	json_t *control = NULL;

	if (record->event == DFUT_SIM_EVENT_ENDPOINT) {
		json_object_set_new(line, "endpoint", json_integer(record->index));
		json_object_set_new(line, "length", json_integer(record->length));
	}
	if (record->event != DFUT_SIM_EVENT_CONTROL)
		return line;
	control = json_pack("{s:i, s:i, s:i, s:i, s:i, s:o}", "request_type", record->request_type, "request",
			    record->request, "value", record->value, "index", record->index, "length", record->length,
			    "result",
			    record->result == DFUT_SIM_UNANSWERED ? json_null() : json_integer(record->result));
	json_object_update(line, control);
	json_decref(control);
	return line;
}

/* Half a line is none. */
static bool save_line(FILE *file, json_t *line)
{
	bool is_whole = !json_take_failure();

	errno = 0;
	if (is_whole && (json_dumpf(line, file, JSON_ENSURE_ASCII | JSON_COMPACT) < 0 || fputc('\n', file) == EOF))
		is_whole = false;
	json_decref(line);
	if (!is_whole && !ferror(file))
		errno = ENOMEM;
	return is_whole;
}

static bool save_device(FILE *file, const struct dfut_sim_device *device, const char *spec)
{
	size_t count = dfut_sim_device_get_record_count(device);
	bool is_whole = true;

	for (size_t i = 0; i < count && is_whole; i++)
		is_whole = save_line(file, new_record(dfut_sim_device_get_record(device, i), spec));
	return is_whole;
}

bool virtual_bus_save_record(const struct virtual_bus *bus, const struct options *options)
{
	FILE *file = NULL;
	int error = 0;

	if (!options->sim_record || !bus->sim)
		return true;
	file = fopen(options->sim_record, "w");
	if (!file)
		return false;
	for (size_t i = 0; i < bus->count && !error; i++)
		if (!save_device(file, bus->devices[i], options->sims.items[i]))
			error = errno ? errno : EIO;
	if (fclose(file) != 0 && !error)
		return false;
	errno = error;
	return !error;
}

static const char *find_breach(const struct dfut_sim_device *device)
{
	const struct dfut_sim_record *record;

	for (size_t i = 0; (record = dfut_sim_device_get_record(device, i)); i++)
		if (record->event == DFUT_SIM_EVENT_BREACH)
			return record->text;
	return NULL;
}

const char *virtual_bus_find_difference(const struct virtual_bus *bus, const struct options *options)
{
	static const char name[] = "replay:";
	const char *found = NULL;

	for (size_t i = 0; i < bus->count && !found; i++)
		if (strncmp(options->sims.items[i], name, strlen(name)) == 0)
			found = find_breach(bus->devices[i]);
	return found;
}

int virtual_bus_save_states(const struct virtual_bus *bus)
{
	return bus->sim ? dfut_sim_save(bus->sim) : 0;
}

void virtual_bus_close(struct virtual_bus *bus)
{
	dfut_sim_free(bus->sim);
	free(bus->devices);
}
