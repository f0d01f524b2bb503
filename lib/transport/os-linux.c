/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* What Linux tells in sysfs, so that a list needs no permission; and in /proc, who holds a node. */

#define _GNU_SOURCE
#include <dirent.h>
#include <grp.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "transport/holders.h"
#include "transport/mounts.h"
#include "transport/os.h"
#include "transport/udev.h"

#define DESCRIPTORS_LIMIT 65553 /* what the kernel gives at most */
#define TEXT_LIMIT 512
#define REPORT_DESCRIPTOR_LIMIT 4096 /* HID_MAX_DESCRIPTOR_SIZE */
#define NODE_SIZE DFUT_OS_NAME_SIZE

int dfut_os_check(struct dfut_failure *failure)
{
	if (access("/sys/bus/usb", F_OK) == 0 || access("/dev/bus/usb", F_OK) == 0)
		return 0;
	dfut_fail(failure, DFUT_ERROR_UNSUPPORTED,
		  "this system has no USB: neither /sys/bus/usb nor /dev/bus/usb exists");
	dfut_hint(failure,
		  "load the kernel's USB support (usbcore), or give a container its devices (/dev/bus/usb and /sys)");
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

/* The first entry of a folder that begins so; false if there is none. */
static bool find_entry(const char *path, const char *prefix, char *name, size_t size)
{
	DIR *folder = opendir(path);
	struct dirent *entry;
	bool found = false;

	if (!folder)
		return false;
	while (!found && (entry = readdir(folder))) {
		found = entry->d_name[0] != '.' && strncmp(entry->d_name, prefix, strlen(prefix)) == 0;
		if (found)
			snprintf(name, size, "%.*s", (int)size - 1, entry->d_name);
	}
	closedir(folder);
	return found;
}

static void take(char *strings[256], uint8_t index, char *text)
{
	if (index && text && !strings[index])
		strings[index] = text;
	else
		free(text);
}

/* The kernel keeps the name of the alternate setting in use only. */
static void read_interface_names(char *strings[256], const struct dfut_os_facts *facts, const char *path)
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
			take(strings, descriptor[8], read_text(folder, "interface"));
		free(alternate);
	}
}

void dfut_os_read(struct dfut_os_facts *facts, const char *path)
{
	char file[300];

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
	facts->configuration = dfut_os_read_configuration(path, 0);
}

/* By the folders of its interfaces: bConfigurationValue waits while a driver is at work with the device. */
uint8_t dfut_os_read_configuration(const char *path, uint8_t known)
{
	char folder[300], prefix[64], found[64];

	(void)known;
	snprintf(folder, sizeof(folder), "/sys/bus/usb/devices/%s", path);
	snprintf(prefix, sizeof(prefix), "%s:", path);
	return find_entry(folder, prefix, found, sizeof(found)) ? (uint8_t)atoi(found + strlen(prefix)) : 0;
}

void dfut_os_read_strings(char *strings[256], const struct dfut_os_facts *facts, const char *path)
{
	take(strings, facts->descriptors[14], read_text(path, "manufacturer"));
	take(strings, facts->descriptors[15], read_text(path, "product"));
	take(strings, facts->descriptors[16], read_text(path, "serial"));
	read_interface_names(strings, facts, path);
}

static unsigned int read_number(const char *device, const char *name)
{
	char *text = read_text(device, name);
	unsigned int number = text ? (unsigned int)strtoul(text, NULL, 10) : 0;

	free(text);
	return number;
}

static bool is_device(const char *name)
{
	return name[0] >= '0' && name[0] <= '9' && strchr(name, '-') && !strchr(name, ':');
}

static bool has_descriptors(const char *device)
{
	char path[300];

	snprintf(path, sizeof(path), "/sys/bus/usb/devices/%s/descriptors", device);
	return access(path, F_OK) == 0;
}

int dfut_os_list(void (*found)(void *owner, const struct dfut_os_place *place), void *owner)
{
	DIR *folder = opendir("/sys/bus/usb/devices");
	struct dirent *entry;

	if (!folder)
		return 0;
	while ((entry = readdir(folder))) {
		struct dfut_os_place place = { .path = entry->d_name, .serial_number = "" };

		if (!is_device(entry->d_name))
			continue;
		place.bus_number = read_number(entry->d_name, "busnum");
		place.address = read_number(entry->d_name, "devnum");
		/* What arrives right now has its descriptors a moment later, and is told then. */
		if (has_descriptors(entry->d_name))
			found(owner, &place);
	}
	closedir(folder);
	return 0;
}

static void get_interface_folder(char *folder, size_t size, const struct dfut_os_place *place, uint8_t interface)
{
	snprintf(folder, size, "/sys/bus/usb/devices/%s:%u.%u", place->path, place->configuration, interface);
}

/* INTERFACE/0003:1915:520F.0001, where 0003 is the bus type USB */
static bool find_hid_folder(char *folder, size_t size, const struct dfut_os_place *place, uint8_t interface)
{
	char name[64];
	size_t used;

	get_interface_folder(folder, size, place, interface);
	if (!find_entry(folder, "0003:", name, sizeof(name)))
		return false;
	used = strlen(folder);
	snprintf(folder + used, size - used, "/%s", name);
	return true;
}

/* INTERFACE/tty/ttyACM0 of cdc-acm, INTERFACE/ttyUSB0 of the drivers of serial adapters */
static bool find_tty(char *name, size_t size, const struct dfut_os_place *place, uint8_t interface)
{
	char folder[300];
	size_t used;

	get_interface_folder(folder, sizeof(folder), place, interface);
	if (find_entry(folder, "ttyUSB", name, size))
		return true;
	used = strlen(folder);
	snprintf(folder + used, sizeof(folder) - used, "/tty");
	return find_entry(folder, "tty", name, size);
}

void dfut_os_find_node(char name[DFUT_OS_NAME_SIZE], const struct dfut_os_place *place, enum dfut_link link,
		       uint8_t interface)
{
	char folder[400], found[64];
	size_t used;

	name[0] = '\0';
	switch (link) {
	case DFUT_LINK_VOLUME:
		return;
	case DFUT_LINK_USB:
		snprintf(name, DFUT_OS_NAME_SIZE, "/dev/bus/usb/%03u/%03u", place->bus_number, place->address);
		return;
	case DFUT_LINK_SERIAL:
		if (find_tty(found, sizeof(found), place, interface))
			snprintf(name, DFUT_OS_NAME_SIZE, "/dev/%s", found);
		return;
	case DFUT_LINK_HID:
		if (!find_hid_folder(folder, sizeof(folder), place, interface))
			return;
		used = strlen(folder);
		snprintf(folder + used, sizeof(folder) - used, "/hidraw");
		if (find_entry(folder, "hidraw", found, sizeof(found)))
			snprintf(name, DFUT_OS_NAME_SIZE, "/dev/%s", found);
		return;
	}
}

uint8_t *dfut_os_read_report_descriptor(const struct dfut_os_place *place, uint8_t interface, size_t *size)
{
	char file[400];
	uint8_t *data;
	size_t used;

	if (!find_hid_folder(file, sizeof(file), place, interface))
		return NULL;
	used = strlen(file);
	snprintf(file + used, sizeof(file) - used, "/report_descriptor");
	data = malloc(REPORT_DESCRIPTOR_LIMIT);
	*size = data ? read_file(file, data, REPORT_DESCRIPTOR_LIMIT) : 0;
	if (*size)
		return data;
	free(data);
	return NULL;
}

bool dfut_os_has_left(const struct dfut_os_place *place)
{
	char *text;
	unsigned long address;

	/* A container may have no sysfs. */
	if (!place->path[0] || access("/sys/bus/usb/devices", F_OK) < 0)
		return false;
	text = read_text(place->path, "devnum");
	address = text ? strtoul(text, NULL, 10) : 0;
	free(text);
	/* In the middle of a bus reset it is 0. */
	return !text || (address && address != place->address);
}

/* With the effective ids, which the kernel asks for. */
static bool has_group(const char *name)
{
	gid_t groups[256];
	char buffer[1024];
	struct group entry, *found = NULL;
	int count = getgroups((int)DFUT_COUNT(groups), groups);

	if (getgrnam_r(name, &entry, buffer, sizeof(buffer), &found) != 0 || !found)
		return false;
	for (int i = 0; i < count; i++)
		if (groups[i] == found->gr_gid)
			return true;
	return found->gr_gid == getegid();
}

static void get_user_name(char *name, size_t size, uid_t id, const char *otherwise)
{
	char buffer[1024];
	struct passwd entry, *found = NULL;

	snprintf(name, size, "%s", otherwise);
	if (getpwuid_r(id, &entry, buffer, sizeof(buffer), &found) == 0 && found)
		snprintf(name, size, "%s", found->pw_name);
}

static struct dfut_udev get_udev(char *user, size_t size)
{
	get_user_name(user, size, geteuid(), "");
	return (struct dfut_udev){ .root = "", .user_id = geteuid(), .user = user, .has_group = has_group };
}

int dfut_udev_visit_installed(const struct dfut_udev_node *node, dfut_udev_visitor visit, void *data)
{
	char user[64];
	struct dfut_udev udev = get_udev(user, sizeof(user));

	return dfut_udev_visit(&udev, node, visit, data);
}

/* Which command gives access to a node. */
static void hint_access(struct dfut_failure *failure, const struct dfut_os_place *place, enum dfut_link link,
			uint8_t interface, const char *group)
{
	struct dfut_udev_node node = { link, place->vendor_id, place->product_id, interface };
	char line[DFUT_UDEV_LINE_SIZE], user[64];
	struct dfut_udev udev = get_udev(user, sizeof(user));

	dfut_udev_make_node_line(line, &udev, &node);
	dfut_hint(failure, "%s%s%sadd a udev rule by this command, then plug the device in again:",
		  *group ? "join the group " : "", group, *group ? ", or " : "");
	dfut_hint_line(failure, "%s", line);
}

static void explain_access(struct dfut_failure *failure, const struct dfut_os_place *place, enum dfut_link link,
			   uint8_t interface, const char *node)
{
	char user[64], group[64] = "?", buffer[1024];
	struct group members, *found = NULL;
	struct stat status;
	bool is_shared;

	if (stat(node, &status) < 0) {
		dfut_fail(failure, DFUT_ERROR_ACCESS, "%s does not exist, so the device can't be opened", node);
		dfut_hint(failure, "is this a container without the host's /dev, or is udev not running?");
		return;
	}
	get_user_name(user, sizeof(user), status.st_uid, "?");
	if (getgrgid_r(status.st_gid, &members, buffer, sizeof(buffer), &found) == 0 && found)
		snprintf(group, sizeof(group), "%s", found->gr_name);
	dfut_fail(failure, DFUT_ERROR_ACCESS, "no permission to open %s (owner %s, group %s, mode %04o)", node, user,
		  group, status.st_mode & 07777);
	/* Serial ports have a group of their own. */
	is_shared = link == DFUT_LINK_SERIAL && status.st_gid && status.st_mode & S_IWGRP;
	hint_access(failure, place, link, interface, is_shared ? group : "");
}

int dfut_os_foresee(struct dfut_failure *failure, const struct dfut_prospect *prospect)
{
	char line[DFUT_UDEV_LINE_SIZE], user[64], ids[16] = "";
	struct dfut_udev udev;

	/* Who needs no rules need not be looked up, either. */
	if (geteuid() == 0 || access("/run/udev/control", F_OK) < 0)
		return 0;
	udev = get_udev(user, sizeof(user));
	if (dfut_udev_gives(&udev, prospect))
		return 0;
	if (prospect->kind_count == 1 && prospect->kinds->product_id_first == prospect->kinds->product_id_last)
		snprintf(ids, sizeof(ids), " %04x:%04x", prospect->kinds->vendor_id, prospect->kinds->product_id_first);
	dfut_fail(failure, DFUT_ERROR_ACCESS, "no udev rule gives %s its bootloader%s", user[0] ? user : "this user",
		  ids);
	dfut_udev_make_prospect_line(line, &udev, prospect);
	if (!line[0]) {
		dfut_hint(failure, "install the library's udev rules before the device is triggered");
		return DFUT_ERROR_ACCESS;
	}
	dfut_hint(failure, "add one by this command before the device is triggered:");
	dfut_hint_line(failure, "%s", line);
	return DFUT_ERROR_ACCESS;
}

static void get_driver(char *driver, size_t size, const struct dfut_os_place *place, uint8_t interface)
{
	char path[300], target[256];
	const char *name;
	ssize_t length;

	snprintf(path, sizeof(path), "/sys/bus/usb/devices/%s:%u.%u/driver", place->path, place->configuration,
		 interface);
	length = readlink(path, target, sizeof(target) - 1);
	target[length > 0 ? length : 0] = '\0';
	name = strrchr(target, '/');
	snprintf(driver, size, "%s", name ? name + 1 : "");
}

int dfut_os_try_node(const struct dfut_os_place *place, enum dfut_link link, uint8_t interface)
{
	char node[NODE_SIZE];

	dfut_os_find_node(node, place, link, interface);
	if (!node[0])
		return DFUT_ERROR_NOT_FOUND;
	return access(node, R_OK | W_OK) == 0 ? 0 : DFUT_ERROR_ACCESS;
}

/* Who uses the node is to go. */
static void hint_user(struct dfut_failure *failure, const char *node, const char *processes)
{
	if (processes[0]) {
		dfut_hint(failure, "end that program, then repeat");
		return;
	}
	dfut_hint(failure, "find it with:");
	dfut_hint_line(failure, "sudo fuser -v %s", node);
}

static const char *name_interface(char name[64], const struct dfut_os_place *place, uint8_t interface)
{
	snprintf(name, 64, "%.40s:%u.%u", place->path, place->configuration, interface);
	return name;
}

static bool find_mount(struct dfut_mount *mount, const struct dfut_os_place *place, uint8_t interface)
{
	char name[64];

	return dfut_mounts_find(mount, "", name_interface(name, place, interface));
}

bool dfut_os_may_have_disk(const struct dfut_os_place *place, uint8_t interface, const char *number)
{
	char name[64];

	return dfut_mounts_may_have("", name_interface(name, place, interface), number);
}

bool dfut_os_is_mounted(const struct dfut_os_place *place, uint8_t interface)
{
	struct dfut_mount mount;

	return find_mount(&mount, place, interface);
}

bool dfut_os_find_volume(char point[DFUT_OS_NAME_SIZE], const struct dfut_os_place *place, uint8_t interface)
{
	struct dfut_mount mount;

	if (!find_mount(&mount, place, interface))
		return false;
	snprintf(point, DFUT_OS_NAME_SIZE, "%s", mount.point);
	return true;
}

/* Whoever may write there goes by its files. */
static void explain_mount(struct dfut_failure *failure, const struct dfut_mount *mount, int code)
{
	dfut_fail(failure, code, "the device's drive is in use: %s is mounted at %s%s", mount->disk, mount->point,
		  code == DFUT_ERROR_ACCESS ? ", where this user may not write" : "");
	dfut_hint(failure,
		  "if it takes firmware as a file, copy it there; or unmount it by this command, then repeat:");
	dfut_hint_line(failure, "sudo umount /dev/%s", mount->disk);
}

static void explain_usb_busy(struct dfut_failure *failure, const struct dfut_os_place *place, uint8_t interface,
			     const char *node, const char *processes)
{
	char driver[64];

	get_driver(driver, sizeof(driver), place, interface);
	if (driver[0] && strcmp(driver, "usbfs") != 0) {
		dfut_fail(failure, DFUT_ERROR_BUSY, "interface %u of %s is in use by the kernel's driver %s", interface,
			  node, driver);
		dfut_hint(failure, "unbind it:");
		dfut_hint_line(failure, "echo %s:%u.%u | sudo tee /sys/bus/usb/drivers/%s/unbind", place->path,
			       place->configuration, interface, driver);
		return;
	}
	dfut_fail(failure, DFUT_ERROR_BUSY, "interface %u of %s is in use by %s", interface, node,
		  processes[0] ? processes : "another program");
	hint_user(failure, node, processes);
}

static void explain_busy(struct dfut_failure *failure, const struct dfut_os_place *place, enum dfut_link link,
			 uint8_t interface, const char *node)
{
	char processes[512], line[DFUT_UDEV_LINE_SIZE];

	dfut_os_find_programs(processes, sizeof(processes), node);
	if (link == DFUT_LINK_USB) {
		explain_usb_busy(failure, place, interface, node, processes);
		return;
	}
	dfut_fail(failure, DFUT_ERROR_BUSY, "%s is in use by %s", node, processes[0] ? processes : "another program");
	if (processes[0] ? strstr(processes, "ModemManager") == NULL : !dfut_os_is_running("ModemManager")) {
		hint_user(failure, node, processes);
		return;
	}
	dfut_hint(failure,
		  "ModemManager %s whether it is a modem; wait half a minute, or keep it away by this command, then "
		  "plug the device in again:",
		  processes[0] ? "looks" : "is running and may look");
	dfut_udev_make_modem_line(line, place->vendor_id, place->product_id);
	dfut_hint_line(failure, "%s", line);
}

static void explain_missing(struct dfut_failure *failure, const struct dfut_os_place *place, enum dfut_link link,
			    uint8_t interface)
{
	char driver[64];

	get_driver(driver, sizeof(driver), place, interface);
	dfut_fail(failure, DFUT_ERROR_NOT_FOUND, "interface %u of %s has no %s: %s%s", interface, place->path,
		  link == DFUT_LINK_HID ? "HID node" : "serial port",
		  driver[0] ? "it belongs to the driver " : "no driver has it", driver);
	if (link == DFUT_LINK_HID)
		dfut_hint(failure, "the kernel needs usbhid and hidraw for it:");
	else
		dfut_hint(failure, "the kernel needs a driver for it, for most boards this one:");
	dfut_hint_line(failure, "sudo modprobe %s", link == DFUT_LINK_HID ? "usbhid" : "cdc_acm");
}

/* The driver is the text, programs are the hint. Programs that have the device itself are those of no interface. */
static void tell_holders(struct dfut_failure *failure, const struct dfut_os_place *place, enum dfut_link link,
			 uint8_t interface, const char *node)
{
	char driver[64] = "", programs[512] = "";

	if (link == DFUT_LINK_USB && interface != DFUT_CHANNEL_DEVICE)
		get_driver(driver, sizeof(driver), place, interface);
	else if (node[0])
		dfut_os_find_programs(programs, sizeof(programs), node);
	dfut_fail(failure, DFUT_OK, "%s", driver);
	dfut_hint(failure, "%s", programs);
}

void dfut_os_explain(struct dfut_failure *failure, const struct dfut_os_place *place, enum dfut_link link,
		     uint8_t interface, int code)
{
	char node[NODE_SIZE];
	struct dfut_mount mount;

	dfut_os_find_node(node, place, link, interface);
	if (code == DFUT_OK)
		tell_holders(failure, place, link, interface, node);
	else if (link == DFUT_LINK_USB && code != DFUT_ERROR_NOT_FOUND && find_mount(&mount, place, interface))
		explain_mount(failure, &mount, code);
	else if (!node[0] || code == DFUT_ERROR_NOT_FOUND)
		explain_missing(failure, place, link, interface);
	else if (code == DFUT_ERROR_ACCESS)
		explain_access(failure, place, link, interface, node);
	else
		explain_busy(failure, place, link, interface, node);
}
