/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* Linux in a report: which one it is, udev's rules, the kernel's messages. */

#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "report/report.h"
#include "transport/udev.h"

#define KERNEL_LOG "/dev/kmsg"
/* CONSOLE_EXT_LOG_MAX: what one read returns at most */
#define RECORD_SIZE 8192
/* The last ones are kept. */
#define RECORDS_KEPT 300

/* Which system it is. */

/* A shell's quotes */
static char *strip(char *text)
{
	size_t length = strlen(text);

	if (length < 2 || text[0] != '"' || text[length - 1] != '"')
		return text;
	text[length - 1] = '\0';
	return text + 1;
}

static void tell_release(struct dfut_report *report)
{
	static const char key[] = "PRETTY_NAME=";
	FILE *file = fopen("/etc/os-release", "r");
	char line[256];

	while (file && fgets(line, sizeof(line), file)) {
		line[strcspn(line, "\n")] = '\0';
		if (strncmp(line, key, strlen(key)) == 0)
			dfut_report_add_fact(report, "system", "%s", strip(line + strlen(key)));
	}
	if (file)
		fclose(file);
}

/* The ones that give devices: names of others say who somebody is. */
static void tell_groups(struct dfut_report *report)
{
	static const char *const names[] = { "dialout", "uucp", "plugdev", "input", "tty", "adm", "systemd-journal" };
	gid_t groups[256];
	int count = getgroups((int)DFUT_COUNT(groups), groups);
	char text[128] = "";
	size_t used = 0;

	for (size_t i = 0; i < DFUT_COUNT(names); i++) {
		struct group entry, *found = NULL;
		char buffer[1024];
		bool is_in = false;

		if (getgrnam_r(names[i], &entry, buffer, sizeof(buffer), &found) != 0 || !found)
			continue;
		for (int j = 0; j < count; j++)
			is_in = is_in || groups[j] == found->gr_gid;
		if (is_in)
			used += (size_t)snprintf(text + used, sizeof(text) - used, "%s%s", used ? ", " : "", names[i]);
	}
	dfut_report_add_fact(report, "user", "%s; in the groups that give devices: %s", geteuid() ? "not root" : "root",
			     used ? text : "none");
}

void dfut_report_tell_system(struct dfut_report *report)
{
	struct utsname name;

	tell_release(report);
	if (uname(&name) == 0)
		dfut_report_add_fact(report, "kernel", "%s %s %s", name.sysname, name.release, name.machine);
	tell_groups(report);
	dfut_report_add_fact(report, "udev", "%s", access("/run/udev/control", F_OK) == 0 ? "runs" : "does not run");
}

/* udev's rules. */

struct telling {
	struct dfut_report *report;
	size_t count;
};

static void tell_rule(const char *path, const char *rule, void *data)
{
	struct telling *telling = data;

	telling->count++;
	dfut_report_add_fact(telling->report, "udev rule", "%s: %s", path, rule);
}

void dfut_report_tell_rules(struct dfut_report *report, const struct dfut_device *device)
{
	struct telling telling = { report, 0 };
	struct dfut_udev_node place = { DFUT_LINK_USB, dfut_device_get_vendor_id(device),
					dfut_device_get_product_id(device), 0 };
	const struct dfut_node *node;
	bool is_told[DFUT_LINK_VOLUME] = { false };

	dfut_report_take_code(report, dfut_udev_visit_installed(&place, tell_rule, &telling));
	for (size_t i = 0; (node = dfut_device_get_node(device, i)); i++) {
		place.link = node->link;
		if (!is_told[node->link])
			dfut_report_take_code(report, dfut_udev_visit_installed(&place, tell_rule, &telling));
		is_told[node->link] = true;
	}
	if (!telling.count)
		dfut_report_add_fact(report, "udev rule", "none is installed that names it or gives it to this user");
}

/* The kernel's messages. */

/* The last ones, each a line. */
struct messages {
	char *lines[RECORDS_KEPT];
	size_t count; /* of all */
};

static bool is_part_of_word(char letter)
{
	return (letter >= '0' && letter <= '9') || (letter >= 'a' && letter <= 'z') ||
	       (letter >= 'A' && letter <= 'Z') || letter == '-' || letter == '.';
}

/* "1-2" stands in "usb 1-2: new", and in "cdc_acm 1-2:1.0", but not in "usb 1-2.3". */
static bool has_word(const char *text, const char *word)
{
	size_t length = strlen(word);
	const char *at = text;

	while ((at = strstr(at, word))) {
		if ((at == text || !is_part_of_word(at[-1])) && !is_part_of_word(at[length]))
			return true;
		at += length;
	}
	return false;
}

/* The port itself, as its hub names it: "usb 1-2" is plugged in at "usb1-port2", and 1-2.3 at "1-2-port3". */
static bool has_port(const char *text, const char *path)
{
	const char *last = strrchr(path, '.');
	const char *dash = strchr(path, '-');
	char port[80];

	if (last)
		snprintf(port, sizeof(port), "%.*s-port%s", (int)(last - path), path, last + 1);
	else if (dash)
		snprintf(port, sizeof(port), "usb%.*s-port%s", (int)(dash - path), path, dash + 1);
	else
		return false;
	return has_word(text, port);
}

static bool is_about(const char *text, const struct dfut_device_list *list)
{
	size_t count = dfut_device_list_get_count(list);

	for (size_t i = 0; i < count; i++) {
		const char *path = dfut_device_get_path(dfut_device_list_get(list, i));

		if (*path && (has_word(text, path) || has_port(text, path)))
			return true;
	}
	return !count && (strncmp(text, "usb ", 4) == 0 || strncmp(text, "hub ", 4) == 0 || strstr(text, "-port"));
}

/* "6,339,5140900,-;usb 1-2: new full-speed USB device": priority, number, µs since the start; what else there is ends the line. */
/* False for what is about others; NULL without memory. */
static bool read_message(char **line, char *record, const struct dfut_device_list *list)
{
	char *text = strchr(record, ';');
	const char *time = strchr(record, ',');
	unsigned long long us;

	time = time ? strchr(time + 1, ',') : NULL;
	if (!text || !time || time > text)
		return false;
	text++;
	text[strcspn(text, "\n")] = '\0';
	if (!is_about(text, list))
		return false;
	us = strtoull(time + 1, NULL, 10);
	*line = dfut_format_text("[%5llu.%06llu] %s", us / 1000000, us % 1000000, text);
	return true;
}

/* 0, or what errno said. */
static int read_messages(struct dfut_report *report, struct messages *messages, const struct dfut_device_list *list)
{
	int fd = open(KERNEL_LOG, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	char record[RECORD_SIZE + 1];
	ssize_t size;

	if (fd < 0)
		return errno;
	/* EPIPE: some were overwritten meanwhile, and reading goes on with those after them. */
	while ((size = read(fd, record, RECORD_SIZE)) > 0 || (size < 0 && (errno == EPIPE || errno == EINTR))) {
		char **place = &messages->lines[messages->count % RECORDS_KEPT];
		char *line;

		record[size > 0 ? size : 0] = '\0';
		if (!read_message(&line, record, list))
			continue;
		if (!line) {
			dfut_report_take_code(report, DFUT_ERROR_NO_MEMORY);
			continue;
		}
		free(*place);
		*place = line;
		messages->count++;
	}
	close(fd);
	return size < 0 && errno != EAGAIN ? errno : 0;
}

/* Of a device that has left nobody else knows its serial number. */
static void tell_message(struct dfut_report *report, const char *line)
{
	static const char key[] = "SerialNumber: ";
	const char *at = strstr(line, key);

	if (at) {
		at += strlen(key);
		dfut_report_add_serial(report, at);
		dfut_report_add_line(report, "%.*s%s", (int)(at - line), line, dfut_report_get_serial(report, at));
	} else {
		dfut_report_add_line(report, "%s", line);
	}
}

static void tell_messages(struct dfut_report *report, const struct messages *messages)
{
	size_t first = messages->count > RECORDS_KEPT ? messages->count - RECORDS_KEPT : 0;

	if (first)
		dfut_report_add_line(report, "%zu earlier ones are left out", first);
	for (size_t i = first; i < messages->count; i++)
		tell_message(report, messages->lines[i % RECORDS_KEPT]);
	if (!messages->count)
		dfut_report_add_line(report, "none");
}

void dfut_report_tell_kernel(struct dfut_report *report, const struct dfut_device_list *list)
{
	struct messages messages = { .count = 0 };
	int error = read_messages(report, &messages, list);

	if (error) {
		dfut_report_add_line(report, "not readable by this user: %s: %s", KERNEL_LOG, strerror(error));
		dfut_report_add_line(report, "who may can add what \"sudo dmesg | grep -i usb\" prints");
	}
	if (!error || messages.count)
		tell_messages(report, &messages);
	for (size_t i = 0; i < RECORDS_KEPT; i++)
		free(messages.lines[i]);
}
