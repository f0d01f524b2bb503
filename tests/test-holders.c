/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* Who has a node open: as the owner of the process, as root, and as somebody else, who is told of locks only. */

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/wait.h>
#include <unistd.h>

#include "transport/holders.h"

#define NOBODY 65534

static char node[64];
static pid_t process;

/* A process that has the node open until it is killed. */
static void hold(bool is_locked)
{
	int ready[2];
	char byte = 0;

	cr_assert(eq(int, pipe(ready), 0));
	process = fork();
	cr_assert(ge(int, process, 0));
	if (process == 0) {
		int file = open(node, O_RDWR);

		if (file >= 0 && (!is_locked || flock(file, LOCK_EX | LOCK_NB) == 0) && write(ready[1], "", 1) == 1)
			pause();
		_exit(1);
	}
	close(ready[1]);
	cr_assert(eq(sz, (size_t)read(ready[0], &byte, 1), 1));
	close(ready[0]);
}

static void let_go(void)
{
	kill(process, SIGKILL);
	waitpid(process, NULL, 0);
}

static void start(void)
{
	int file;

	snprintf(node, sizeof(node), "/tmp/dfutrigger-XXXXXX");
	file = mkstemp(node);
	cr_assert(ge(int, file, 0));
	close(file);
}

static void stop(void)
{
	unlink(node);
}

TestSuite(holders, .init = start, .fini = stop, .timeout = 60);

static void expect_told(bool is_told)
{
	char programs[512], expected[64];

	snprintf(expected, sizeof(expected), " (process %ld)", (long)process);
	dfut_os_find_programs(programs, sizeof(programs), node);
	cr_expect(eq(int, strstr(programs, expected) != NULL, is_told), "%s", programs);
	/* Once, and no other */
	cr_expect(eq(int, strchr(programs, ',') != NULL, false), "%s", programs);
}

Test(holders, one_s_own_process)
{
	char programs[512];

	dfut_os_find_programs(programs, sizeof(programs), node);
	cr_expect(eq(str, programs, (char *)""));
	hold(false);
	expect_told(true);
	let_go();
	hold(true);
	expect_told(true);
	let_go();
	dfut_os_find_programs(programs, sizeof(programs), node);
	cr_expect(eq(str, programs, (char *)""));
}

Test(holders, this_process_is_left_out)
{
	int file = open(node, O_RDWR);
	char programs[512];

	cr_assert(eq(int, flock(file, LOCK_EX | LOCK_NB), 0));
	dfut_os_find_programs(programs, sizeof(programs), node);
	cr_expect(eq(str, programs, (char *)""));
	close(file);
}

/* Only root can. */
static void become(uid_t user)
{
	if (getuid() == 0)
		cr_assert(eq(int, seteuid(user), 0));
}

Test(holders, another_user_is_told_of_locks_only)
{
	bool is_root = geteuid() == 0;

	hold(false);
	become(NOBODY);
	expect_told(!is_root);
	become(0);
	let_go();
	hold(true);
	become(NOBODY);
	expect_told(true);
	become(0);
	let_go();
}

Test(holders, room_is_never_left)
{
	char programs[8];

	hold(false);
	dfut_os_find_programs(programs, sizeof(programs), node);
	cr_expect(lt(sz, strlen(programs), sizeof(programs)));
	let_go();
	cr_expect(dfut_os_is_running("no program of that name") == false);
}
