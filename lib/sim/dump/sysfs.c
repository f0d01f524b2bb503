/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* A saved folder of /sys/bus/usb/devices (Linux, Documentation/ABI/testing/sysfs-bus-usb): `descriptors`, the names of the
 * device, and a folder for each interface with its name and, of HID, its report descriptor. */

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "sim/dump/dump.h"

#define PATH_SIZE 4096
#define TEXT_SIZE 512
#define INTERFACE_SIZE 9

/* Bytes of a file, as far as there is room; -1 if it is not there. */
static long read_bytes(const char *folder, const char *name, void *bytes, size_t room)
{
	char path[PATH_SIZE];
	FILE *file;
	size_t size;

	if (snprintf(path, sizeof(path), "%s/%s", folder, name) >= (int)sizeof(path))
		return -1;
	file = dfut_file_open(path);
	if (!file)
		return -1;
	size = fread(bytes, 1, room, file);
	fclose(file);
	return (long)size;
}

static int take_name(struct dump *dump, const char *folder, const char *name, unsigned int index)
{
	char text[TEXT_SIZE];
	long size = read_bytes(folder, name, text, sizeof(text));

	while (size > 0 && (text[size - 1] == '\n' || text[size - 1] == '\0'))
		size--;
	return size > 0 ? dump_add_string(dump, index, text, (size_t)size) : 0;
}

/* iInterface of an interface's first alternate setting. */
static unsigned int get_name_index(const struct dump *dump, unsigned int interface)
{
	for (size_t at = 18; at + 1 < dump->size && dump->bytes[at] >= 2; at += dump->bytes[at])
		if (dump->bytes[at + 1] == DFUT_SIM_INTERFACE_DESCRIPTOR && at + INTERFACE_SIZE <= dump->size &&
		    dump->bytes[at + 2] == interface)
			return dump->bytes[at + 8];
	return 0;
}

/* The driver of HID has a folder of its own below, as 0003:1234:5678.0001. */
static int take_report(struct dump *dump, const char *folder, unsigned int interface)
{
	static const char prefix[] = "0003:";
	uint8_t report[DUMP_REPORT_SIZE];
	char path[PATH_SIZE];
	struct dirent *entry;
	DIR *list = opendir(folder);
	int result = 0;

	while (list && result == 0 && (entry = readdir(list))) {
		long size;

		if (strncmp(entry->d_name, prefix, strlen(prefix)) != 0 ||
		    snprintf(path, sizeof(path), "%s/%s", folder, entry->d_name) >= (int)sizeof(path))
			continue;
		size = read_bytes(path, "report_descriptor", report, sizeof(report));
		if (size > 0)
			result = dump_add_report(dump, interface, report, (size_t)size);
	}
	if (list)
		closedir(list);
	return result;
}

/* "1-2.3:1.0": of the configuration, the interface. */
static int take_interface(struct dump *dump, const char *folder, const char *name)
{
	const char *colon = strchr(name, ':');
	char path[PATH_SIZE];
	unsigned int configuration, interface;
	int result;

	if (!colon || sscanf(colon, ":%3u.%3u", &configuration, &interface) != 2 ||
	    snprintf(path, sizeof(path), "%s/%s", folder, name) >= (int)sizeof(path))
		return 0;
	result = take_name(dump, path, "interface", get_name_index(dump, interface));
	return result < 0 ? result : take_report(dump, path, interface);
}

static int take_interfaces(struct dump *dump, const char *folder)
{
	DIR *list = opendir(folder);
	struct dirent *entry;
	int result = 0;

	while (list && result == 0 && (entry = readdir(list)))
		result = take_interface(dump, folder, entry->d_name);
	if (list)
		closedir(list);
	return result;
}

int dump_read_folder(struct dump *dump, const char *path)
{
	static const char *const names[] = { "manufacturer", "product", "serial" };
	uint8_t descriptors[DUMP_SIZE];
	long size = read_bytes(path, "descriptors", descriptors, sizeof(descriptors));
	int result;

	if (size < 0)
		return dump_fail(dump, DFUT_ERROR_IMAGE,
				 "a folder without the file \"descriptors\", so not of /sys/bus/usb/devices");
	result = dump_take_descriptors(dump, descriptors, (size_t)size);
	for (unsigned int i = 0; i < DFUT_COUNT(names) && result == 0; i++)
		result = take_name(dump, path, names[i], dump->bytes[14 + i]);
	return result < 0 ? result : take_interfaces(dump, path);
}
