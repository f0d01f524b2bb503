/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/*
 * Whether one of udev's rules gives a device to a user. A guess: conditions that are not known here hold if the rule
 * names the device's ids; jumps and programs are not followed.
 */

#define _GNU_SOURCE
#include <dirent.h>
#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "transport/udev.h"

/* The first that has a file hides files of the same name in those behind it. */
static const char *const folders[] = { "/etc/udev/rules.d", "/run/udev/rules.d", "/usr/local/lib/udev/rules.d",
				       "/usr/lib/udev/rules.d", "/lib/udev/rules.d" };

#define PATH_SIZE 1024

/* What is asked of rules. */
struct question {
	const struct dfut_udev *udev;
	enum dfut_link link;
	bool has_dfu;
	char vendor[5];
	char product[5];
	dfut_udev_visitor visit; /* NULL: whether a rule gives the device */
	void *data;
	bool lacks_memory; /* not all rules were looked at */
};

/* KEY{argument}=="value" */
struct term {
	char key[64];
	char operator[3];
	char value[1024];
};

bool dfut_udev_has_seat(const struct dfut_udev *udev)
{
	char path[PATH_SIZE], line[256];
	struct dirent *entry;
	bool found = false;
	DIR *folder;

	snprintf(path, sizeof(path), "%s/run/systemd/seats", udev->root);
	folder = opendir(path);
	if (!folder)
		return false;
	while (!found && (entry = readdir(folder))) {
		FILE *file;

		snprintf(path, sizeof(path), "%s/run/systemd/seats/%s", udev->root, entry->d_name);
		file = entry->d_name[0] == '.' ? NULL : fopen(path, "r");
		while (file && fgets(line, sizeof(line), file))
			found |= strncmp(line, "ACTIVE_UID=", 11) == 0 && strtoul(line + 11, NULL, 10) == udev->user_id;
		if (file)
			fclose(file);
	}
	closedir(folder);
	return found;
}

/* udev's patterns: alternatives with | between them. */
static bool matches(const char *patterns, const char *text)
{
	char pattern[sizeof(((struct term *)0)->value)];

	for (;;) {
		size_t length = strcspn(patterns, "|");

		snprintf(pattern, sizeof(pattern), "%.*s", (int)length, patterns);
		if (fnmatch(pattern, text, 0) == 0)
			return true;
		if (!patterns[length])
			return false;
		patterns += length + 1;
	}
}

/* The next term of a rule, or NULL. */
static const char *read_term(struct term *term, const char *at)
{
	size_t length;

	at += strspn(at, ", \t");
	length = strcspn(at, "=!+-:");
	/* An argument may have any of them. */
	if (memchr(at, '{', length))
		length = strcspn(at, "}") + 1;
	if (length >= sizeof(term->key) || strlen(at) < length)
		return NULL;
	snprintf(term->key, sizeof(term->key), "%.*s", (int)length, at);
	term->key[strcspn(term->key, " \t")] = '\0';
	at += length;
	at += strspn(at, " \t");
	length = strcspn(at, "\"");
	if (!*at || at[length] != '"' || length >= sizeof(term->operator) + 2)
		return NULL;
	snprintf(term->operator, sizeof(term->operator), "%.*s", at[0] == '=' && at[1] != '=' ? 1 : 2, at);
	at += length + 1;
	length = strcspn(at, "\"");
	if (at[length] != '"' || length >= sizeof(term->value))
		return NULL;
	snprintf(term->value, sizeof(term->value), "%.*s", (int)length, at);
	return at + length + 1;
}

static bool is_key(const char *key, const char *name)
{
	char attribute[64];

	snprintf(attribute, sizeof(attribute), "ATTR{%s}", name);
	if (strcmp(key, attribute) == 0)
		return true;
	snprintf(attribute, sizeof(attribute), "ATTRS{%s}", name);
	return strcmp(key, attribute) == 0;
}

/* 1: it holds, -1: it does not, 0: not known here. *names: it is about the ids. */
static int judge(const struct question *question, const struct term *term, bool *names)
{
	static const char *const subsystems[] = { "usb", "hidraw", "tty" };
	const char *fact;

	if (is_key(term->key, "idVendor") || strcmp(term->key, "ENV{ID_VENDOR_ID}") == 0) {
		*names = true;
		fact = question->vendor;
	} else if (is_key(term->key, "idProduct") || strcmp(term->key, "ENV{ID_MODEL_ID}") == 0) {
		fact = question->product;
	} else if (strcmp(term->key, "SUBSYSTEM") == 0) {
		fact = subsystems[question->link];
	} else if (strcmp(term->key, "SUBSYSTEMS") == 0) {
		return matches(term->value, "usb") || matches(term->value, subsystems[question->link]) ? 1 : -1;
	} else if (strcmp(term->key, "ACTION") == 0) {
		fact = "add";
	} else if (strcmp(term->key, "ENV{DEVTYPE}") == 0) {
		fact = question->link == DFUT_LINK_USB ? "usb_device" : "";
	} else if (strcmp(term->key, "KERNEL") == 0 && question->link == DFUT_LINK_SERIAL) {
		fact = "ttyACM0";
	} else if (strcmp(term->key, "ENV{ID_USB_INTERFACES}") == 0) {
		fact = question->has_dfu ? ":fe0102:" : ":";
	} else {
		return 0;
	}
	return matches(term->value, fact) == (term->operator[0] == '=') ? 1 : -1;
}

/* Whether the term lets the user read and write. */
static bool gives(const struct dfut_udev *udev, const struct term *term)
{
	char number[16];

	if (strcmp(term->key, "TAG") == 0)
		return term->operator[0] != '-' && strcmp(term->value, "uaccess") == 0 && dfut_udev_has_seat(udev);
	if (strcmp(term->key, "GROUP") == 0)
		return udev->has_group(term->value);
	if (strcmp(term->key, "OWNER") == 0) {
		snprintf(number, sizeof(number), "%u", udev->user_id);
		return strcmp(term->value, udev->user) == 0 || strcmp(term->value, number) == 0;
	}
	return strcmp(term->key, "MODE") == 0 && (strtoul(term->value, NULL, 8) & 6) == 6;
}

static bool is_condition(const struct term *term)
{
	return (term->operator[0] == '=' || term->operator[0] == '!') && term->operator[1] == '=';
}

/* A rule is taken that fits and names the device, or gives it. */
static bool take_rule(const struct question *question, const char *path, const char *rule)
{
	bool names = false, unknown = false, given = false;
	const char *text = rule;
	struct term term;

	while ((rule = read_term(&term, rule))) {
		int holds;

		if (!is_condition(&term)) {
			given |= gives(question->udev, &term);
			continue;
		}
		holds = judge(question, &term, &names);
		if (holds < 0)
			return false;
		unknown |= holds == 0;
	}
	given = given && (!unknown || names);
	if (!question->visit)
		return given;
	if (given || names)
		question->visit(path, text, question->data);
	return false;
}

/* Rules may go on in the next line, after a backslash. */
static bool file_takes(struct question *question, const char *path)
{
	FILE *file = fopen(path, "r");
	char *line = NULL, *rule = NULL;
	size_t size = 0, used = 0;
	bool found = false;
	ssize_t length;

	while (file && !found && (length = getline(&line, &size, file)) > 0) {
		char *grown;

		if (line[strspn(line, " \t")] == '#')
			continue;
		line[strcspn(line, "\n")] = '\0';
		length = (ssize_t)strlen(line);
		grown = realloc(rule, used + (size_t)length + 1);
		if (!grown) {
			question->lacks_memory = true;
			break;
		}
		rule = grown;
		memcpy(rule + used, line, (size_t)length + 1);
		used += (size_t)length;
		if (used && rule[used - 1] == '\\') {
			rule[--used] = '\0';
			continue;
		}
		found = take_rule(question, path, rule);
		used = 0;
	}
	free(rule);
	free(line);
	if (file)
		fclose(file);
	return found;
}

/* A folder before this one has a file of this name. */
static bool is_hidden(const struct dfut_udev *udev, size_t folder, const char *name)
{
	char path[PATH_SIZE];

	for (size_t i = 0; i < folder; i++) {
		snprintf(path, sizeof(path), "%s%s/%s", udev->root, folders[i], name);
		if (access(path, F_OK) == 0)
			return true;
	}
	return false;
}

static bool folder_takes(struct question *question, size_t index)
{
	char path[PATH_SIZE];
	struct dirent *entry;
	bool found = false;
	DIR *folder;

	snprintf(path, sizeof(path), "%s%s", question->udev->root, folders[index]);
	folder = opendir(path);
	if (!folder)
		return false;
	while (!found && (entry = readdir(folder))) {
		size_t length = strlen(entry->d_name);

		if (length < 6 || strcmp(entry->d_name + length - 6, ".rules") != 0 ||
		    is_hidden(question->udev, index, entry->d_name))
			continue;
		snprintf(path, sizeof(path), "%s%s/%s", question->udev->root, folders[index], entry->d_name);
		found = file_takes(question, path);
	}
	closedir(folder);
	return found;
}

static bool is_given(struct question *question)
{
	for (size_t i = 0; i < DFUT_COUNT(folders); i++)
		if (folder_takes(question, i))
			return true;
	return false;
}

/* Both ends of a range stand for all of it. */
static bool kind_is_given(struct question *question, const struct dfut_kind *kind)
{
	snprintf(question->vendor, sizeof(question->vendor), "%04x", kind->vendor_id);
	snprintf(question->product, sizeof(question->product), "%04x", kind->product_id_first);
	if (!is_given(question))
		return false;
	if (kind->product_id_last == kind->product_id_first)
		return true;
	snprintf(question->product, sizeof(question->product), "%04x", kind->product_id_last);
	return is_given(question);
}

bool dfut_udev_gives(const struct dfut_udev *udev, const struct dfut_prospect *prospect)
{
	struct question question = { .udev = udev, .link = prospect->link, .has_dfu = prospect->has_dfu };

	if (!prospect->kind_count)
		return is_given(&question);
	for (size_t i = 0; i < prospect->kind_count; i++)
		if (!kind_is_given(&question, &prospect->kinds[i]))
			return false;
	return true;
}

int dfut_udev_visit(const struct dfut_udev *udev, const struct dfut_udev_node *node, dfut_udev_visitor visit,
		    void *data)
{
	struct question question = { .udev = udev, .link = node->link, .visit = visit, .data = data };

	snprintf(question.vendor, sizeof(question.vendor), "%04x", node->vendor_id);
	snprintf(question.product, sizeof(question.product), "%04x", node->product_id);
	is_given(&question);
	return question.lacks_memory ? DFUT_ERROR_NO_MEMORY : 0;
}
