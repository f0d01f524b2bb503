/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* What Linux has in files: udev's rules, who sits at the machine, what is mounted. The first byte says which file it is,
 * and for what kind of node. */

#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "scratch.h"
#include "transport/mounts.h"
#include "transport/udev.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define DISK "/sys/bus/usb/devices/1-2:1.0/host0/target0:0:0/0:0:0:0/block/sda"

static const char *const folders[] = {
	"/etc",
	"/etc/udev",
	"/etc/udev/rules.d",
	"/run",
	"/run/systemd",
	"/run/systemd/seats",
	"/proc",
	"/proc/self",
	"/sys",
	"/sys/bus",
	"/sys/bus/usb",
	"/sys/bus/usb/devices",
	"/sys/bus/usb/devices/1-2:1.0",
	"/sys/bus/usb/devices/1-2:1.0/host0",
	"/sys/bus/usb/devices/1-2:1.0/host0/target0:0:0",
	"/sys/bus/usb/devices/1-2:1.0/host0/target0:0:0/0:0:0:0",
	"/sys/bus/usb/devices/1-2:1.0/host0/target0:0:0/0:0:0:0/block",
	DISK,
};
static const char *const paths[] = { "/etc/udev/rules.d/70-fuzz.rules", "/run/systemd/seats/seat0",
				     "/proc/self/mountinfo", DISK "/dev" };
/* What is in them while another one is tried */
static const char *const defaults[] = { "SUBSYSTEM==\"usb\", TAG+=\"uaccess\"\n", "",
					"40 22 8:0 / /mnt rw - vfat /dev/sda rw\n", "8:0\n" };

static void make_root(void)
{
	scratch_make(folders, DFUT_COUNT(folders), paths, DFUT_COUNT(paths));
	for (size_t i = 0; i < DFUT_COUNT(paths); i++)
		scratch_write(paths[i], defaults[i], strlen(defaults[i]));
}

static bool has_group(const char *group)
{
	return strcmp(group, "plugdev") == 0;
}

static void look_at_rules(enum dfut_link link)
{
	static const struct dfut_kind kinds[] = { { 0x1209, 0x0001, 0x0001 }, { 0x0483, 0xdf10, 0xdf1f } };
	const struct dfut_udev udev = {
		.root = scratch.root, .user_id = 1000, .user = "alice", .has_group = has_group
	};
	const struct dfut_prospect prospect = { link, link == DFUT_LINK_USB, kinds, DFUT_COUNT(kinds) };

	dfut_udev_gives(&udev, &prospect);
	dfut_udev_has_seat(&udev);
}

/* In a block of exactly its size, so that a read beyond it is seen; its place is fit to be shown. */
static void look_at_mounts(void)
{
	struct dfut_mount *mount = malloc(sizeof(*mount));
	uint32_t code;
	size_t length;

	if (!mount)
		return;
	if (dfut_mounts_find(mount, scratch.root, "1-2:1.0"))
		for (const char *at = mount->point; *at; at += length) {
			length = dfut_decode_text(at, &code);
			if (!length || code < 0x20)
				abort();
		}
	free(mount);
	dfut_mounts_may_have(scratch.root, "1-2:1.0", "8:1");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *path;
	size_t which;

	if (!size)
		return 0;
	if (!scratch.root[0])
		make_root();
	which = data[0] % DFUT_COUNT(paths);
	path = paths[which];
	scratch_write(path, data + 1, size - 1);
	if (which < 2)
		look_at_rules((enum dfut_link)(data[0] / DFUT_COUNT(paths) % (DFUT_LINK_SERIAL + 1)));
	else
		look_at_mounts();
	scratch_write(path, defaults[which], strlen(defaults[which]));
	return 0;
}
