/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/*
 * Mounted drives: below an interface, sysfs has host0/target0:0:0/0:0:0:0/block/sda/sda1, each with its number in `dev`;
 * /proc/self/mountinfo has that number (proc(5)), or the name, where a file system has numbers of its own.
 */

#define _GNU_SOURCE
#include <dirent.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/base.h"
#include "transport/mounts.h"

#define PATH_SIZE 1024
/* host, target, unit, block */
#define DEPTH_TO_DISKS 4
/* A partition, encrypted, with volumes on it */
#define DEPTH_BELOW_DISKS 4

/* What is looked for, and found. */
struct search {
	struct dfut_mount *mount;
	const char *root;
	const char *number; /* which disk, whether it is mounted or not; NULL: what is mounted */
	bool *has_disks;    /* there are some at all */
};

static char *join(char path[PATH_SIZE], const char *folder, const char *name)
{
	/* What is too long for that is nothing of sysfs. */
	snprintf(path, PATH_SIZE, "%.700s/%.200s", folder, name);
	return path;
}

static bool is_folder(const char *path)
{
	struct stat status;

	return lstat(path, &status) == 0 && S_ISDIR(status.st_mode);
}

/* "8:1" */
static bool read_number(const char *folder, char number[32])
{
	char path[PATH_SIZE];
	FILE *file = fopen(join(path, folder, "dev"), "r");
	bool is_read = file && fgets(number, 32, file);

	if (file)
		fclose(file);
	if (is_read)
		number[strcspn(number, "\n")] = '\0';
	return is_read;
}

static bool is_escape(const char *text)
{
	return text[0] == '\\' && strspn(text + 1, "01234567") >= 3;
}

/* Blanks and the like are \040. */
static void decode(char *text)
{
	char *to = text;

	for (const char *from = text; *from;) {
		if (is_escape(from)) {
			*to++ = (char)((from[1] - '0') << 6 | (from[2] - '0') << 3 | (from[3] - '0'));
			from += 4;
		} else {
			*to++ = *from++;
		}
	}
	*to = '\0';
	dfut_clean_text(text);
}

static bool is_line_of(const char *line, const char *number, const char *name, char point[256])
{
	const char *source = strstr(line, " - ");
	char has_number[32], has_source[256] = "", node[80];

	if (sscanf(line, "%*s %*s %31s %*s %255s", has_number, point) != 2)
		return false;
	if (source)
		sscanf(source, " - %*s %255s", has_source);
	snprintf(node, sizeof(node), "/dev/%.64s", name);
	return strcmp(has_number, number) == 0 || strcmp(has_source, node) == 0;
}

static bool is_mounted(const struct search *search, const char *number, const char *name)
{
	char path[PATH_SIZE], line[4096];
	FILE *file = fopen(join(path, search->root, "proc/self/mountinfo"), "r");
	bool found = false;

	if (!file)
		return false;
	while (!found && fgets(line, sizeof(line), file))
		found = is_line_of(line, number, name, search->mount->point);
	fclose(file);
	if (found) {
		decode(search->mount->point);
		snprintf(search->mount->disk, sizeof(search->mount->disk), "%.63s", name);
	}
	return found;
}

static bool is_wanted(const struct search *search, const char *number, const char *name)
{
	if (!search->number)
		return is_mounted(search, number, name);
	*search->has_disks = true;
	return strcmp(number, search->number) == 0;
}

typedef bool (*visit)(const struct search *search, const char *folder, const char *name, unsigned int depth);

/* Until one says yes. */
static bool visit_all(const struct search *search, const char *folder, visit each, unsigned int depth)
{
	DIR *entries = opendir(folder);
	char path[PATH_SIZE];
	struct dirent *entry;
	bool found = false;

	if (!entries)
		return false;
	while (!found && (entry = readdir(entries)))
		if (entry->d_name[0] != '.')
			found = each(search, join(path, folder, entry->d_name), entry->d_name, depth);
	closedir(entries);
	return found;
}

/* A disk, its partitions, and what holds either of them. */
static bool visit_disk(const struct search *search, const char *folder, const char *name, unsigned int depth)
{
	char number[32], path[PATH_SIZE];

	if (depth > DEPTH_BELOW_DISKS || !read_number(folder, number))
		return false;
	return is_wanted(search, number, name) || visit_all(search, folder, visit_disk, depth + 1) ||
	       visit_all(search, join(path, folder, "holders"), visit_disk, depth + 1);
}

static bool visit_folder(const struct search *search, const char *folder, const char *name, unsigned int depth)
{
	if (depth > DEPTH_TO_DISKS || !is_folder(folder))
		return false;
	return strcmp(name, "block") == 0 ? visit_all(search, folder, visit_disk, 0) :
					    visit_all(search, folder, visit_folder, depth + 1);
}

static bool search_interface(const struct search *search, const char *interface)
{
	char path[PATH_SIZE];

	snprintf(path, sizeof(path), "%.400s/sys/bus/usb/devices/%.64s", search->root, interface);
	return visit_all(search, path, visit_folder, 1);
}

bool dfut_mounts_find(struct dfut_mount *mount, const char *root, const char *interface)
{
	const struct search search = { .mount = mount, .root = root };

	*mount = (struct dfut_mount){ 0 };
	return search_interface(&search, interface);
}

bool dfut_mounts_may_have(const char *root, const char *interface, const char *number)
{
	bool has_disks = false;
	const struct search search = { .root = root, .number = number, .has_disks = &has_disks };

	return search_interface(&search, interface) || !has_disks;
}
