/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* Devices of a capture, as a session file tells them. */

#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sim/capture/import.h"

#define TEXT_SIZE 1024
#define STAND_IN_LEAST 4
#define SERIAL_INDEX 16
#define DESCRIPTOR_INTERFACE 4
#define CONFIGURATION_SIZE 9

void import_write_log(struct import *import, uint64_t at, const char *text, ...)
{
	char line[TEXT_SIZE];
	va_list arguments;

	va_start(arguments, text);
	vsnprintf(line, sizeof(line), text, arguments);
	va_end(arguments);
	dfut_line_begin(&import->line);
	dfut_line_number(&import->line, "at", at - import->begin);
	dfut_line_text(&import->line, "event", "log");
	dfut_line_text(&import->line, "level", "warning");
	dfut_line_text(&import->line, "text", line);
	import_end_line(import);
}

static const char *get_serial(const struct capture_device *device)
{
	unsigned int index = device->descriptor.size > SERIAL_INDEX ? device->descriptor.data[SERIAL_INDEX] : 0;

	return index > 0 ? device->strings[index] : NULL;
}

static unsigned int count_letters(const char *text)
{
	unsigned int count = 0;

	for (; *text; text++)
		count += isalnum((unsigned char)*text) != 0;
	return count;
}

/* The number of the first device that has it. */
static unsigned int get_stand_in(const struct import *import, const char *serial)
{
	unsigned int number = 0;

	for (size_t i = 0; i < import->devices.count; i++) {
		const char *other = get_serial(import->devices.items[i]);

		if (!other)
			continue;
		number++;
		if (strcmp(other, serial) == 0)
			break;
	}
	return number;
}

/* Zeros for letters and digits, and at its end the number of the stand-in. */
static void put_stand_in(const struct import *import, char *text, const char *serial)
{
	unsigned int number = get_stand_in(import, serial);

	for (size_t i = strlen(serial); i > 0; i--) {
		bool is_letter = isalnum((unsigned char)serial[i - 1]) != 0;

		text[i - 1] = is_letter ? (char)('0' + number % 10) : serial[i - 1];
		if (is_letter)
			number /= 10;
	}
}

static bool is_word(const char *text, const char *found, size_t length)
{
	return (found == text || !isalnum((unsigned char)found[-1])) && !isalnum((unsigned char)found[length]);
}

/* Also where it stands as a word in another string. */
static void replace_serial(const struct import *import, char *text, const char *serial)
{
	size_t length = strlen(serial);
	char *found = text;

	while ((found = strstr(found, serial))) {
		if (is_word(text, found, length))
			put_stand_in(import, found, serial);
		found += length;
	}
}

static char *new_string(const struct import *import, const struct capture_device *device, const char *text)
{
	char *copy = dfut_format_text("%s", text);

	if (!copy || import->flags & DFUT_SIM_IMPORT_NAMES)
		return copy;
	if (get_serial(device) && strcmp(text, get_serial(device)) == 0) {
		put_stand_in(import, copy, text);
		return copy;
	}
	for (size_t i = 0; i < import->devices.count; i++) {
		const char *serial = get_serial(import->devices.items[i]);

		if (serial && count_letters(serial) >= STAND_IN_LEAST)
			replace_serial(import, copy, serial);
	}
	return copy;
}

static void add_strings(struct import *import, const struct capture_device *device)
{
	import_open_member(import, "strings", '{');
	for (unsigned int i = 1; i < CAPTURE_STRINGS; i++) {
		char *text = device->strings[i] ? new_string(import, device, device->strings[i]) : NULL;
		char key[8];

		snprintf(key, sizeof(key), "%u", i);
		if (text)
			dfut_line_text(&import->line, key, text);
		else if (device->strings[i])
			import->result = DFUT_ERROR_NO_MEMORY;
		free(text);
	}
	dfut_line_close(&import->line, '}');
}

/* As many whole descriptors as there are: what a text of usbmon keeps of 32 bytes. The interfaces that are left are counted. */
static size_t cut_configuration(uint8_t *data, size_t size)
{
	uint32_t interfaces[8] = { 0 };
	uint8_t count = 0;
	size_t at = 0;

	while (size - at >= 2 && data[at] >= 2 && data[at] <= size - at) {
		if (data[at + 1] == DESCRIPTOR_INTERFACE && data[at] >= 3) {
			uint32_t bit = UINT32_C(1) << data[at + 2] % 32;

			count += !(interfaces[data[at + 2] / 32] & bit);
			interfaces[data[at + 2] / 32] |= bit;
		}
		at += data[at];
	}
	dfut_put_le16(data + 2, (uint16_t)at);
	data[4] = count;
	return at;
}

/* The device descriptor and each configuration that is there, in one text of digits. */
static void add_descriptors(struct import *import, const struct capture_device *device)
{
	size_t size = device->descriptor.size;
	uint8_t *all;

	for (size_t i = 0; i < CAPTURE_CONFIGURATIONS; i++)
		size += device->configurations[i].size;
	all = malloc(size);
	if (!all) {
		import->result = DFUT_ERROR_NO_MEMORY;
		return;
	}
	memcpy(all, device->descriptor.data, device->descriptor.size);
	size = device->descriptor.size;
	for (size_t i = 0; i < CAPTURE_CONFIGURATIONS; i++) {
		const struct capture_bytes *configuration = &device->configurations[i];

		if (configuration->size <= CONFIGURATION_SIZE)
			continue;
		memcpy(all + size, configuration->data, configuration->size);
		size += configuration->size < configuration->whole ?
				cut_configuration(all + size, configuration->size) :
				configuration->size;
	}
	dfut_line_bytes(&import->line, "descriptors", all, size);
	free(all);
}

static void add_nodes(struct import *import, const struct capture_device *device)
{
	import_open_member(import, "nodes", '[');
	for (unsigned int i = 0; i < CAPTURE_REPORTS; i++) {
		if (device->reports[i].size == 0)
			continue;
		import_open_member(import, NULL, '{');
		dfut_line_text(&import->line, "link", "hid");
		dfut_line_number(&import->line, "interface", i);
		dfut_line_bytes(&import->line, "report_descriptor", device->reports[i].data, device->reports[i].size);
		dfut_line_close(&import->line, '}');
	}
	dfut_line_close(&import->line, ']');
}

/* What the capture did not have is told behind the device. */
static void write_remarks(struct import *import, const struct capture_device *device, unsigned int number, uint64_t at)
{
	for (size_t i = 0; i < CAPTURE_CONFIGURATIONS; i++) {
		const struct capture_bytes *configuration = &device->configurations[i];

		if (configuration->size > 0 && configuration->size < configuration->whole)
			import_write_log(
				import, at,
				"device %u: the capture has %zu of the %zu bytes of configuration descriptor %zu; "
				"what is cut off is left out",
				number, configuration->size, configuration->whole, i);
	}
	if (device->is_guess)
		import_write_log(import, at, "device %u: the capture does not tell its port; %s is a guess", number,
				 device->path);
}

void import_write_device(struct import *import, const struct capture_device *device, unsigned int number, uint64_t at,
			 bool is_new)
{
	struct dfut_record_line *line = &import->line;

	dfut_line_begin(line);
	dfut_line_number(line, "at", at - import->begin);
	dfut_line_text(line, "event", "arrives");
	dfut_line_number(line, "device", number);
	dfut_line_flag(line, "new", is_new);
	dfut_line_text(line, "bus", "usb");
	dfut_line_text(line, "path", device->path);
	dfut_line_number(line, "bus_number", device->bus);
	dfut_line_number(line, "address", device->address);
	dfut_line_number(line, "configuration",
			 device->configuration ? device->configuration : device->configurations[0].data[5]);
	add_descriptors(import, device);
	add_strings(import, device);
	dfut_line_text(line, "names", device->has_cut_names ? "io" : "ok");
	add_nodes(import, device);
	import_end_line(import);
	write_remarks(import, device, number, at);
}
