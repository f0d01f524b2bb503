/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* State files of virtual devices: saved whole, or an error. */

#if !defined(_WIN32) && !defined(_XOPEN_SOURCE)
#define _XOPEN_SOURCE 700
#endif

#include <dirent.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include "dfutrigger-sim.h"

static struct dfut_sim *sim;
static struct dfut_sim_device *device;

static void stop(void)
{
	dfut_sim_free(sim);
	sim = NULL;
}

TestSuite(sim_state, .fini = stop, .timeout = 20);

/* A folder with a board in it, whose state could be saved in board.bin. */
static const char *make_state_folder(void)
{
	static char folder[] = "/tmp/dfutrigger-sim-XXXXXX";

	cr_assert(ne(ptr, mkdtemp(folder), NULL));
	return folder;
}

static const char *join(const char *folder, const char *name)
{
	static char paths[16][400];
	static size_t next;

	next = (next + 1) % 16;
	snprintf(paths[next], sizeof(paths[next]), "%s/%s", folder, name);
	return paths[next];
}

static const char *spec_of_state(const char *path)
{
	static char spec[500];

	snprintf(spec, sizeof(spec), "zephyr:slot-size=8K,state=%s", path);
	return spec;
}

static void plug_with_state(const char *path)
{
	dfut_sim_free(sim);
	cr_assert(eq(int, dfut_sim_new(&sim, DFUT_SIM_CLOCK_VIRTUAL), 0));
	cr_assert(eq(int, dfut_sim_plug(&device, sim, spec_of_state(path), NULL), 0), "%s", dfut_sim_get_error(sim));
}

static size_t count_files(const char *folder)
{
	DIR *directory = opendir(folder);
	size_t count = 0;

	for (struct dirent *entry; (entry = readdir(directory)) != NULL;)
		count += strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0;
	closedir(directory);
	return count;
}

static void remove_folder(const char *folder)
{
	char command[500];

	snprintf(command, sizeof(command), "rm -r %s", folder);
	cr_expect(eq(int, system(command), 0));
}

static void expect_not_saved(const char *path, const char *words)
{
	cr_expect(eq(int, dfut_sim_save(sim), DFUT_ERROR_IO), "%s", path);
	cr_expect(ne(ptr, strstr(dfut_sim_get_error(sim), path), NULL), "%s", dfut_sim_get_error(sim));
	cr_expect(ne(ptr, strstr(dfut_sim_get_error(sim), words), NULL), "%s", dfut_sim_get_error(sim));
}

Test(sim_state, tells_that_a_state_was_not_saved)
{
	const struct rlimit little = { 1000, RLIM_INFINITY };
	const char *folder = make_state_folder();
	const char *path = join(folder, "board.bin");

	plug_with_state("/nowhere/board.bin");
	expect_not_saved("/nowhere/board.bin", strerror(ENOENT));
	plug_with_state(path);
	cr_assert(eq(int, dfut_sim_save(sim), 0), "%s", dfut_sim_get_error(sim));
	cr_assert(eq(str, (char *)dfut_sim_get_error(sim), (char *)""));
	cr_assert(eq(sz, count_files(folder), 1));
	/* A disk that is full; what was there stays, and nothing else does. */
	cr_assert(eq(int, dfut_sim_device_set_memory(device, "slot1", 0, "new", 3), 0));
	signal(SIGXFSZ, SIG_IGN);
	setrlimit(RLIMIT_FSIZE, &little);
	expect_not_saved(path, strerror(EFBIG));
	setrlimit(RLIMIT_FSIZE, &(struct rlimit){ RLIM_INFINITY, RLIM_INFINITY });
	cr_assert(eq(sz, count_files(folder), 1));
	cr_assert(eq(int, dfut_sim_save(sim), 0), "%s", dfut_sim_get_error(sim));
	/* What took its place meanwhile is not replaced. */
	remove(path);
	cr_assert(eq(int, mkdir(path, 0700), 0));
	expect_not_saved(path, strerror(EISDIR));
	rmdir(path);
	cr_assert(eq(int, mkfifo(path, 0600), 0));
	expect_not_saved(path, "it is not a regular file");
	cr_assert(eq(int, dfut_sim_plug(NULL, sim, spec_of_state(path), NULL), DFUT_ERROR_IO));
	remove_folder(folder);
	expect_not_saved(path, strerror(ENOENT));
}

/* The first error is told, whatever goes well afterwards. */
Test(sim_state, saves_the_states_of_the_other_devices)
{
	const char *folder = make_state_folder();
	const char *path = join(folder, "board.bin");

	plug_with_state("/nowhere/board.bin");
	cr_assert(eq(int, dfut_sim_plug(NULL, sim, spec_of_state(path), NULL), 0));
	expect_not_saved("/nowhere/board.bin", strerror(ENOENT));
	cr_expect(eq(sz, count_files(folder), 1));
	remove_folder(folder);
}

/* Whoever may write to the folder can guess names; what they lead to is left alone. */
Test(sim_state, writes_states_through_no_planted_name)
{
	const char *folder = make_state_folder();
	const char *path = join(folder, "board.bin");
	const char *victim = join(folder, "victim");
	char name[100];
	struct stat status;
	FILE *file = fopen(victim, "w");

	fputs("mine", file);
	fclose(file);
	cr_assert(eq(int, symlink(victim, join(folder, "board.bin.new")), 0));
	for (int i = 0; i < 5; i++) {
		snprintf(name, sizeof(name), ".dfutrigger-%lu-%d.tmp", (unsigned long)getpid(), i);
		cr_assert(eq(int, symlink(victim, join(folder, name)), 0));
	}
	plug_with_state(path);
	cr_assert(eq(int, dfut_sim_save(sim), 0), "%s", dfut_sim_get_error(sim));
	cr_assert(eq(int, stat(victim, &status), 0));
	cr_assert(eq(int, (int)status.st_size, 4));
	cr_assert(eq(int, lstat(path, &status), 0));
	cr_assert(eq(int, S_ISREG(status.st_mode) ? 1 : 0, 1));
	cr_assert(eq(sz, count_files(folder), 8));
	remove_folder(folder);
}

Test(sim_state, keeps_link_and_mode_of_a_state_file)
{
	const char *folder = make_state_folder();
	const char *path = join(folder, "link.bin");
	const char *target = join(folder, "board.bin");
	struct stat status;

	plug_with_state(target);
	cr_assert(eq(int, dfut_sim_save(sim), 0), "%s", dfut_sim_get_error(sim));
	cr_assert(eq(int, chmod(target, 0600), 0));
	cr_assert(eq(int, symlink("board.bin", path), 0));
	plug_with_state(path);
	cr_assert(eq(int, dfut_sim_save(sim), 0), "%s", dfut_sim_get_error(sim));
	cr_assert(eq(int, lstat(path, &status), 0));
	cr_assert(eq(int, S_ISLNK(status.st_mode) ? 1 : 0, 1));
	cr_assert(eq(int, stat(path, &status), 0));
	cr_assert(eq(int, (int)(status.st_mode & 0777), 0600));
	remove_folder(folder);
}

/* A name that is as long as names can be */
Test(sim_state, saves_under_a_long_name)
{
	const char *folder = make_state_folder();
	char name[256];

	memset(name, 'x', 255);
	name[255] = '\0';
	plug_with_state(join(folder, name));
	cr_assert(eq(int, dfut_sim_save(sim), 0), "%s", dfut_sim_get_error(sim));
	cr_assert(eq(sz, count_files(folder), 1));
	remove_folder(folder);
}
