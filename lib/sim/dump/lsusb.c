/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/*
 * The text of `lsusb -v` (usbutils): a line for each field of each descriptor,
 *
 *	      bInterfaceClass       254 Application Specific Interface
 *	      iInterface              4 @Internal Flash  /0x08000000/04*016Kg
 *
 * whose name says its size: b and i one byte, w, bcd and id two, dw four. What lsusb does not know it prints as it is.
 */

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sim/dump/dump.h"

#define LINE_SIZE 512
#define DEVICE_SIZE 18
#define CLASS_AT 4
#define CLASS_HUB 9
#define VENDOR_AT 8
#define PRODUCT_AT 10
#define CS_INTERFACE 0x24

/* A device of the text while it is read. */
struct reading {
	struct dump *dump;
	uint8_t bytes[DUMP_SIZE];
	size_t size;
	size_t begin; /* of the descriptor that is being read */
	size_t end;   /* of it, by its bLength; 0 if there is none */
	unsigned int interface;
	uint8_t report[DUMP_REPORT_SIZE];
	size_t report_size;
	unsigned int configurations;
	bool is_kept;	    /* it is the device that is meant */
	unsigned int found; /* devices that could be meant */
	char ids[200];	    /* their names */
};

static void finish_descriptor(struct reading *reading)
{
	/* A class has fields that lsusb explains instead of showing them. */
	while (reading->end > 0 && reading->size < reading->end && reading->size < DUMP_SIZE)
		reading->bytes[reading->size++] = 0;
	if (reading->end > 0 && reading->size > reading->end)
		reading->size = reading->end;
	reading->end = 0;
}

static void put(struct reading *reading, uint32_t value, unsigned int size)
{
	/* More fields than bLength says are of a list within it, as the descriptors that one of HID names. */
	for (unsigned int i = 0; i < size && reading->size < reading->end && reading->size < DUMP_SIZE; i++)
		reading->bytes[reading->size++] = (uint8_t)(value >> 8 * i);
}

static bool starts(const char *text, const char *with)
{
	return strncmp(text, with, strlen(with)) == 0;
}

/* Bytes of a field, by its name; 0 if it is the name of none. */
static unsigned int get_size(const char *name)
{
	static const struct {
		const char *prefix;
		unsigned int size;
	} prefixes[] = { { "bcd", 2 }, { "bm", 1 }, { "dw", 4 }, { "id", 2 }, { "b", 1 }, { "i", 1 }, { "w", 2 } };

	for (size_t i = 0; i < DFUT_COUNT(prefixes); i++)
		if (starts(name, prefixes[i].prefix) && isupper((unsigned char)name[strlen(prefixes[i].prefix)]))
			return prefixes[i].size;
	return 0;
}

/* "2.00" and "1.1a" are digits of BCD, "0x0200" and "512" numbers. */
static bool read_value(const char *name, const char *text, uint32_t *value, const char **rest)
{
	char *end;

	*value = (uint32_t)strtoul(text, &end, starts(name, "bcd") ? 16 : 0);
	if (end == text)
		return false;
	if (*end == '.' && starts(name, "bcd")) {
		const char *fraction = end + 1;

		*value = *value << 8 | (uint32_t)strtoul(fraction, &end, 16);
	}
	*rest = end;
	return true;
}

static int finish_report(struct reading *reading)
{
	int result = reading->is_kept ?
			     dump_add_report(reading->dump, reading->interface, reading->report, reading->report_size) :
			     0;

	reading->report_size = 0;
	return result;
}

static void begin_descriptor(struct reading *reading, uint32_t length)
{
	finish_descriptor(reading);
	reading->begin = reading->size;
	if (length >= 2 && length <= UINT8_MAX && reading->size + length <= DUMP_SIZE)
		reading->end = reading->size + length;
}

static int take_string(struct reading *reading, uint32_t index, const char *text)
{
	size_t length;

	text += strspn(text, " ");
	length = strlen(text);
	/* What could not be read. */
	if (!reading->is_kept || strcmp(text, "(error)") == 0)
		return 0;
	return dump_add_string(reading->dump, index, text, length);
}

/* Whether it is the one that is meant: known once its ids are there. */
static void choose(struct reading *reading)
{
	const struct dump *dump = reading->dump;
	uint16_t vendor_id = dfut_le16(reading->bytes + VENDOR_AT);
	uint16_t product_id = dfut_le16(reading->bytes + PRODUCT_AT);
	size_t length = strlen(reading->ids);
	bool is_wanted = dump->vendor_id == vendor_id && dump->product_id == product_id;

	if (dump->vendor_id || dump->product_id ? !is_wanted : reading->bytes[CLASS_AT] == CLASS_HUB)
		return;
	reading->is_kept = reading->found++ == 0;
	snprintf(reading->ids + length, sizeof(reading->ids) - length, " %04x:%04x", vendor_id, product_id);
}

static void keep_device(struct reading *reading)
{
	finish_descriptor(reading);
	if (!reading->is_kept)
		return;
	memcpy(reading->dump->bytes, reading->bytes, reading->size);
	reading->dump->size = reading->size;
}

static int begin_device(struct reading *reading)
{
	int result = finish_report(reading);

	keep_device(reading);
	reading->size = 0;
	reading->end = 0;
	reading->configurations = 0;
	reading->is_kept = false;
	return result;
}

static int take_field(struct reading *reading, const char *name, const char *text)
{
	uint32_t value;
	const char *rest;

	if (strcmp(name, "MaxPower") == 0) {
		put(reading, (uint32_t)strtoul(text, NULL, 10) / 2, 1);
		return 0;
	}
	if (get_size(name) == 0 || !read_value(name, text, &value, &rest))
		return 0;
	if (strcmp(name, "bLength") == 0)
		begin_descriptor(reading, value);
	put(reading, value, get_size(name));
	if (strcmp(name, "idProduct") == 0 && reading->size == PRODUCT_AT + 2)
		choose(reading);
	if (strcmp(name, "bInterfaceNumber") == 0)
		reading->interface = value;
	return name[0] == 'i' && get_size(name) == 1 ? take_string(reading, value, rest) : 0;
}

/* "** UNRECOGNIZED:  09 21 0b ff 00 00 08 1a 01" */
static void take_bytes(struct reading *reading, const char *text)
{
	char *end;

	finish_descriptor(reading);
	for (;; text = end) {
		unsigned long value = strtoul(text, &end, 16);

		if (end == text || value > UINT8_MAX || reading->size == DUMP_SIZE)
			return;
		reading->bytes[reading->size++] = (uint8_t)value;
	}
}

/* Communications Class functional descriptors (USB CDC 1.2, 5.2.3) have headings in place of their first fields. */
static const struct {
	const char *heading;
	uint8_t length;
	uint8_t subtype;
} functions[] = {
	{ "CDC Header:", 5, 0 },
	{ "CDC Call Management:", 5, 1 },
	{ "CDC ACM:", 4, 2 },
	{ "CDC Union:", 5, 6 },
};

static void begin_function(struct reading *reading, const char *name)
{
	for (size_t i = 0; i < DFUT_COUNT(functions); i++) {
		if (strcmp(name, functions[i].heading) != 0)
			continue;
		begin_descriptor(reading, functions[i].length);
		put(reading, functions[i].length, 1);
		put(reading, CS_INTERFACE, 1);
		put(reading, functions[i].subtype, 1);
	}
}

static bool is_heading(const char *line, const char *name)
{
	return strcmp(line, name) == 0;
}

static int take_line(struct reading *reading, char *line)
{
	uint8_t item[5];
	size_t size = dump_read_item(line, item);
	char *name = line + strspn(line, " \t");
	char *value;

	if (size > 0) {
		if (reading->report_size + size <= sizeof(reading->report)) {
			memcpy(reading->report + reading->report_size, item, size);
			reading->report_size += size;
		}
		return 0;
	}
	if (is_heading(name, "Device Descriptor:"))
		return begin_device(reading);
	if (is_heading(name, "Configuration Descriptor:"))
		reading->configurations++;
	if (is_heading(name, "Interface Descriptor:") || is_heading(name, "Endpoint Descriptor:")) {
		int result = finish_report(reading);

		if (result < 0)
			return result;
	}
	/* Only the first configuration is shown; other speeds and what is behind the configurations is not part of it. */
	if (reading->configurations > 1 || starts(name, "Device Qualifier") || starts(name, "Binary Object Store"))
		reading->configurations = 2;
	if (reading->configurations > 1)
		return 0;
	if (starts(name, "** UNRECOGNIZED:")) {
		take_bytes(reading, name + strlen("** UNRECOGNIZED:"));
		return 0;
	}
	begin_function(reading, name);
	value = name + strcspn(name, " ");
	if (*value)
		*value++ = '\0';
	return take_field(reading, name, value + strspn(value, " "));
}

static int take_lines(struct reading *reading, const char *text, size_t size)
{
	char line[LINE_SIZE];
	int result = 0;

	for (size_t at = 0; at < size && result == 0;) {
		const char *end = memchr(text + at, '\n', size - at);
		size_t length = (end ? (size_t)(end - text) : size) - at;
		size_t kept = length < sizeof(line) ? length : sizeof(line) - 1;

		memcpy(line, text + at, kept);
		line[kept] = '\0';
		while (kept > 0 && isspace((unsigned char)line[kept - 1]))
			line[--kept] = '\0';
		at += length + 1;
		result = take_line(reading, line);
	}
	return result;
}

int dump_read_lsusb(struct dump *dump, const char *text, size_t size)
{
	struct reading *reading = calloc(1, sizeof(*reading));
	int result;

	if (!reading)
		return dump_fail(dump, DFUT_ERROR_NO_MEMORY, "out of memory");
	reading->dump = dump;
	result = take_lines(reading, text, size);
	if (result == 0)
		result = begin_device(reading);
	if (result == 0 && reading->found == 0)
		result = dump_fail(dump, DFUT_ERROR_IMAGE,
				   dump->vendor_id ?
					   "no device %04x:%04x in it" :
					   "neither descriptors, nor a folder of /sys, nor a text of lsusb -v",
				   dump->vendor_id, dump->product_id);
	if (result == 0 && reading->found > 1)
		result = dump_fail(dump, DFUT_ERROR_AMBIGUOUS,
				   dump->vendor_id ? "%u devices with these ids in it: leave one:%s" :
						     "%u devices in it; give one with ids=:%s",
				   reading->found, reading->ids);
	free(reading);
	if (result < 0)
		return result;
	if (dump->size > DEVICE_SIZE + 4)
		dfut_put_le16(dump->bytes + DEVICE_SIZE + 2, (uint16_t)(dump->size - DEVICE_SIZE));
	return dump_take_descriptors(dump, dump->bytes, dump->size);
}
