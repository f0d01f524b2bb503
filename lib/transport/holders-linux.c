/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* Who has a node open: /proc tells open files of one's own processes, root of all, and everybody of locks. */

#define _GNU_SOURCE
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "base/base.h"
#include "transport/holders.h"

#define NODE_SIZE 256

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
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%.20s/comm", process);
	file = fopen(path, "r");
	if (file && !fgets(name, sizeof(name), file))
		name[0] = '\0';
	if (file)
		fclose(file);
	name[strcspn(name, "\n")] = '\0';
	dfut_clean_text(name);
	snprintf(text + used, size - used, "%s%s (process %.20s)", used ? ", " : "", name, process);
}

/* A line of /proc/locks: number, kind, how, access, process, and device and inode as in 00:05:123. Where it waits for a lock
 * there is an arrow before the kind. */
static bool is_lock_of(const char *line, const struct stat *node, long *process)
{
	unsigned int major_number, minor_number;
	unsigned long long inode;

	if (sscanf(line, "%*s %*s %*s %*s %ld %x:%x:%llu", process, &major_number, &minor_number, &inode) != 4)
		return false;
	return *process > 0 && major_number == major(node->st_dev) && minor_number == minor(node->st_dev) &&
	       inode == (unsigned long long)node->st_ino;
}

/* Serial programs lock their port, so that others see it. */
static bool has_locked(const char *process, const struct stat *node)
{
	FILE *file = fopen("/proc/locks", "r");
	char line[256];
	bool found = false;
	long owner;

	if (!file)
		return false;
	while (!found && fgets(line, sizeof(line), file))
		found = is_lock_of(line, node, &owner) && owner == atol(process);
	fclose(file);
	return found;
}

void dfut_os_find_programs(char *text, size_t size, const char *node)
{
	DIR *folder = opendir("/proc");
	struct dirent *entry;
	struct stat status;
	bool is_there = stat(node, &status) == 0;

	text[0] = '\0';
	if (!folder)
		return;
	while ((entry = readdir(folder)))
		if (entry->d_name[0] >= '1' && entry->d_name[0] <= '9' && atol(entry->d_name) != (long)getpid() &&
		    (has_open(entry->d_name, node) || (is_there && has_locked(entry->d_name, &status))))
			add_process(text, size, entry->d_name);
	closedir(folder);
}

bool dfut_os_is_running(const char *program)
{
	DIR *folder = opendir("/proc");
	struct dirent *entry;
	bool found = false;

	if (!folder)
		return false;
	while (!found && (entry = readdir(folder))) {
		char text[64] = "";

		if (entry->d_name[0] < '1' || entry->d_name[0] > '9')
			continue;
		add_process(text, sizeof(text), entry->d_name);
		found = strncmp(text, program, strlen(program)) == 0;
	}
	closedir(folder);
	return found;
}
