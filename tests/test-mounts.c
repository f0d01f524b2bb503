/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* Which drive of a USB interface is mounted, in folders of this test that look like /sys and /proc. */

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/base.h"
#include "transport/mounts.h"

#define UNIT "sys/devices/1-2:1.0/host6/target6:0:0/6:0:0:0"

static char root[64];

static void run(const char *text, ...) DFUT_PRINTF(1, 2);

static void run(const char *text, ...)
{
	char command[2048];
	va_list arguments;

	va_start(arguments, text);
	vsnprintf(command, sizeof(command), text, arguments);
	va_end(arguments);
	cr_assert(eq(int, system(command), 0), "%s", command);
}

/* A disk with a partition; beside it an interface without any. */
static void make_root(void)
{
	snprintf(root, sizeof(root), "/tmp/test-mounts-XXXXXX");
	cr_assert(mkdtemp(root) != NULL);
	run("cd %s && mkdir -p proc/self sys/bus/usb/devices sys/devices/1-2:1.1/tty/ttyACM0 " UNIT
	    "/block/sda/sda1/holders " UNIT "/block/sda/holders sys/devices/virtual/block/dm-0/holders",
	    root);
	run("cd %s && ln -s ../../../devices/1-2:1.0 ../../../devices/1-2:1.1 sys/bus/usb/devices/", root);
	run("cd %s && echo 8:0 > " UNIT "/block/sda/dev && echo 8:1 > " UNIT
	    "/block/sda/sda1/dev && echo 253:0 > sys/devices/virtual/block/dm-0/dev",
	    root);
	/* As the kernel has it: a way up that leads around. */
	run("cd %s && ln -s ../.. " UNIT "/block/sda/device && ln -s . " UNIT "/loop", root);
}

static void remove_root(void)
{
	run("rm -r %s", root);
}

TestSuite(mounts, .init = make_root, .fini = remove_root, .timeout = 60);

static void mount_as(const char *line)
{
	run("printf '%%s\\n' '22 1 8:17 / / rw - ext4 /dev/sdb1 rw' '%s' > %s/proc/self/mountinfo", line, root);
}

static bool find(struct dfut_mount *mount, const char *interface)
{
	return dfut_mounts_find(mount, root, interface);
}

Test(mounts, finds_what_is_mounted)
{
	static const struct {
		const char *line;
		const char *disk; /* NULL if it is none of the drive's */
		const char *point;
	} cases[] = {
		{ "40 22 8:1 / /media/me/RPI-RP2 rw - vfat /dev/sda1 rw", "sda1", "/media/me/RPI-RP2" },
		{ "40 22 8:0 / /mnt rw shared:1 - vfat /dev/sda rw", "sda", "/mnt" },
		{ "40 22 8:1 / /media/my\\040board rw - vfat /dev/sda1 rw", "sda1", "/media/my board" },
		{ "40 22 0:55 / /mnt rw - btrfs /dev/sda1 rw", "sda1", "/mnt" },
		{ "40 22 8:10 / /mnt rw - vfat /dev/sda10 rw", NULL, NULL },
		{ "40 22 253:0 / /mnt rw - ext4 /dev/mapper/x rw", NULL, NULL },
		{ "rubbish", NULL, NULL },
	};

	for (size_t i = 0; i < DFUT_COUNT(cases); i++) {
		struct dfut_mount mount;

		mount_as(cases[i].line);
		cr_expect(eq(int, find(&mount, "1-2:1.0"), cases[i].disk != NULL), "%s", cases[i].line);
		if (!cases[i].disk)
			continue;
		cr_expect(eq(int, strcmp(mount.disk, cases[i].disk), 0), "%s: %s", cases[i].line, mount.disk);
		cr_expect(eq(int, strcmp(mount.point, cases[i].point), 0), "%s: %s", cases[i].line, mount.point);
	}
}

/* What is encrypted, or has volumes, is mounted by another name. */
Test(mounts, looks_at_what_is_built_on_a_disk)
{
	struct dfut_mount mount;

	run("cd %s && ln -s $PWD/sys/devices/virtual/block/dm-0 " UNIT "/block/sda/sda1/holders/dm-0", root);
	mount_as("40 22 253:0 / /mnt rw - ext4 /dev/mapper/x rw");
	cr_assert(find(&mount, "1-2:1.0"));
	cr_expect(eq(int, strcmp(mount.disk, "dm-0"), 0), "%s", mount.disk);
}

Test(mounts, finds_nothing_elsewhere)
{
	struct dfut_mount mount;

	mount_as("40 22 8:1 / /mnt rw - vfat /dev/sda1 rw");
	cr_expect(not(find(&mount, "1-2:1.1")));
	cr_expect(not(find(&mount, "1-3:1.0")));
	run("rm %s/proc/self/mountinfo", root);
	cr_expect(not(find(&mount, "1-2:1.0")));
}

/* A path that was given is on the drive, or on what is built on it. */
Test(mounts, knows_whose_a_disk_is)
{
	mount_as("rubbish");
	cr_expect(dfut_mounts_may_have(root, "1-2:1.0", "8:0"));
	cr_expect(dfut_mounts_may_have(root, "1-2:1.0", "8:1"));
	cr_expect(not(dfut_mounts_may_have(root, "1-2:1.0", "8:17")));
	cr_expect(not(dfut_mounts_may_have(root, "1-2:1.0", "8:10")));
	cr_expect(not(dfut_mounts_may_have(root, "1-2:1.0", "")));
	cr_expect(not(dfut_mounts_may_have(root, "1-2:1.0", "253:0")));
	run("cd %s && ln -s $PWD/sys/devices/virtual/block/dm-0 " UNIT "/block/sda/sda1/holders/dm-0", root);
	cr_expect(dfut_mounts_may_have(root, "1-2:1.0", "253:0"));
	/* Where sysfs shows no disk, none is another's. */
	cr_expect(dfut_mounts_may_have(root, "1-2:1.1", "8:17"));
	cr_expect(dfut_mounts_may_have(root, "1-3:1.0", "8:17"));
}
