/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* USB facts that Linux tells in sysfs, so that a list needs no permission. */

#define _GNU_SOURCE
#include <dirent.h>
#include <grp.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "transport/usb.h"

#define DESCRIPTORS_LIMIT 65553		/* what the kernel gives at most */
#define TEXT_LIMIT 512
#define NODE_SIZE 64

int dfut_usb_system_check(struct dfut_failure *failure)
{
	if (access("/sys/bus/usb", F_OK) == 0 || access("/dev/bus/usb", F_OK) == 0)
		return 0;
	dfut_fail(failure, DFUT_ERROR_UNSUPPORTED, "this system has no USB: neither /sys/bus/usb nor /dev/bus/usb exists");
	dfut_hint(failure, "load the kernel's USB support (usbcore), or give a container its devices (/dev/bus/usb and /sys)");
	return DFUT_ERROR_UNSUPPORTED;
}

static size_t read_file(const char *path, uint8_t *data, size_t size)
{
	FILE *file = fopen(path, "rb");
	size_t got;

	if (!file)
		return 0;
	got = fread(data, 1, size, file);
	fclose(file);
	return got;
}

static char *read_text(const char *device, const char *name)
{
	char path[300];
	char text[TEXT_LIMIT];
	size_t size;

	snprintf(path, sizeof(path), "/sys/bus/usb/devices/%s/%s", device, name);
	size = read_file(path, (uint8_t *)text, sizeof(text) - 1);
	while (size && text[size - 1] == '\n')
		size--;
	text[size] = '\0';
	return size ? dfut_format_text("%s", text) : NULL;
}

static void take(struct dfut_usb_facts *facts, uint8_t index, char *text)
{
	if (index && text && !facts->strings[index])
		facts->strings[index] = text;
	else
		free(text);
}

/* The kernel keeps the name of the alternate setting in use only. */
static void read_interface_names(struct dfut_usb_facts *facts, const char *path)
{
	for (size_t at = 0; at + 9 <= facts->size && facts->descriptors[at] >= 2; at += facts->descriptors[at]) {
		const uint8_t *descriptor = facts->descriptors + at;
		char folder[64];
		char *alternate;

		if (descriptor[1] != 4 || descriptor[0] < 9 || !descriptor[8])
			continue;
		snprintf(folder, sizeof(folder), "%s:%u.%u", path, facts->configuration, descriptor[2]);
		alternate = read_text(folder, "bAlternateSetting");
		if (alternate && atoi(alternate) == descriptor[3])
			take(facts, descriptor[8], read_text(folder, "interface"));
		free(alternate);
	}
}

void dfut_usb_system_read(struct dfut_usb_facts *facts, const char *path)
{
	char file[300];
	char *configuration;

	snprintf(file, sizeof(file), "/sys/bus/usb/devices/%s/descriptors", path);
	facts->descriptors = malloc(DESCRIPTORS_LIMIT);
	if (!facts->descriptors)
		return;
	facts->size = read_file(file, facts->descriptors, DESCRIPTORS_LIMIT);
	if (facts->size < 18) {
		free(facts->descriptors);
		facts->descriptors = NULL;
		return;
	}
	configuration = read_text(path, "bConfigurationValue");
	facts->configuration = configuration ? (uint8_t)atoi(configuration) : 0;
	free(configuration);
	take(facts, facts->descriptors[14], read_text(path, "manufacturer"));
	take(facts, facts->descriptors[15], read_text(path, "product"));
	take(facts, facts->descriptors[16], read_text(path, "serial"));
	read_interface_names(facts, path);
}

static void get_node(char node[NODE_SIZE], const struct dfut_usb_place *place)
{
	snprintf(node, NODE_SIZE, "/dev/bus/usb/%03u/%03u", place->bus_number, place->address);
}

void dfut_usb_system_explain_access(struct dfut_failure *failure, const struct dfut_usb_place *place)
{
	char node[NODE_SIZE], user[64] = "?", group[64] = "?", buffer[1024];
	struct passwd entry, *password = NULL;
	struct group members, *found = NULL;
	struct stat status;

	get_node(node, place);
	if (stat(node, &status) < 0) {
		dfut_fail(failure, DFUT_ERROR_ACCESS, "%s does not exist, so the device can't be opened", node);
		dfut_hint(failure, "is this a container without the host's /dev/bus/usb, or is udev not running?");
		return;
	}
	if (getpwuid_r(status.st_uid, &entry, buffer, sizeof(buffer), &password) == 0 && password)
		snprintf(user, sizeof(user), "%s", password->pw_name);
	if (getgrgid_r(status.st_gid, &members, buffer, sizeof(buffer), &found) == 0 && found)
		snprintf(group, sizeof(group), "%s", found->gr_name);
	dfut_fail(failure, DFUT_ERROR_ACCESS, "no permission to open %s (owner %s, group %s, mode %04o)", node, user, group,
		  status.st_mode & 07777);
	dfut_hint(failure,
		  "put this line into /etc/udev/rules.d/70-dfutrigger.rules, then plug the device in again: "
		  "SUBSYSTEM==\"usb\", ATTR{idVendor}==\"%04x\", ATTR{idProduct}==\"%04x\", TAG+=\"uaccess\", "
		  "GROUP=\"plugdev\", MODE=\"0660\"",
		  place->vendor_id, place->product_id);
}

static void get_driver(char *driver, size_t size, const struct dfut_usb_place *place, uint8_t interface)
{
	char path[128], target[256];
	const char *name;
	ssize_t length;

	snprintf(path, sizeof(path), "/sys/bus/usb/devices/%s:%u.%u/driver", place->path, place->configuration, interface);
	length = readlink(path, target, sizeof(target) - 1);
	target[length > 0 ? length : 0] = '\0';
	name = strrchr(target, '/');
	snprintf(driver, size, "%s", name ? name + 1 : "");
}

static bool has_open(const char *process, const char *node)
{
	char path[300], target[NODE_SIZE + 1];
	struct dirent *entry;
	bool found = false;
	DIR *folder;

	snprintf(path, sizeof(path), "/proc/%.20s/fd", process);
	folder = opendir(path);
	if (!folder)
		return false;
	while (!found && (entry = readdir(folder))) {
		ssize_t length = readlinkat(dirfd(folder), entry->d_name, target, sizeof(target) - 1);

		target[length > 0 ? length : 0] = '\0';
		found = strcmp(target, node) == 0;
	}
	closedir(folder);
	return found;
}

static void add_process(char *text, size_t size, const char *process)
{
	char path[64];
	char name[64] = "";
	size_t used = strlen(text);
	size_t length;

	snprintf(path, sizeof(path), "/proc/%.20s/comm", process);
	length = read_file(path, (uint8_t *)name, sizeof(name) - 1);
	name[length] = '\0';
	name[strcspn(name, "\n")] = '\0';
	dfut_clean_text(name);
	snprintf(text + used, size - used, "%s%s (process %.20s)", used ? ", " : "", name, process);
}

/* Of other users' processes only root is told. */
static void find_processes(char *text, size_t size, const char *node)
{
	DIR *folder = opendir("/proc");
	struct dirent *entry;

	text[0] = '\0';
	if (!folder)
		return;
	while ((entry = readdir(folder)))
		if (entry->d_name[0] >= '1' && entry->d_name[0] <= '9' && atol(entry->d_name) != (long)getpid() &&
		    has_open(entry->d_name, node))
			add_process(text, size, entry->d_name);
	closedir(folder);
}

void dfut_usb_system_explain_busy(struct dfut_failure *failure, const struct dfut_usb_place *place, uint8_t interface)
{
	char node[NODE_SIZE], driver[64], processes[512];

	get_node(node, place);
	get_driver(driver, sizeof(driver), place, interface);
	find_processes(processes, sizeof(processes), node);
	if (driver[0] && strcmp(driver, "usbfs") != 0) {
		dfut_fail(failure, DFUT_ERROR_BUSY, "interface %u of %s is in use by the kernel's driver %s", interface, node,
			  driver);
		dfut_hint(failure, "unbind it: echo %s:%u.%u | sudo tee /sys/bus/usb/drivers/%s/unbind", place->path,
			  place->configuration, interface, driver);
		return;
	}
	dfut_fail(failure, DFUT_ERROR_BUSY, "interface %u of %s is in use by %s", interface, node,
		  processes[0] ? processes : "another program");
	dfut_hint(failure, processes[0] ? "end that program, then repeat" :
		  "find it with: sudo fuser -v %s", node);
}
