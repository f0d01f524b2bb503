/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/*
 * What a drive is: its name, its size, its file system, the text of INFO_UF2.TXT, and the first block of CURRENT.UF2, of
 * loaders that have it. Nothing is written before the text has said that this is a UF2 bootloader. Of a drive that the system
 * has mounted, the files are enough.
 */

#include <stdio.h>

#include "language/uf2/machine.h"
#include "language/uf2/probe.h"

/* A drive tells once that it was reset before it is ready. */
#define READY_TRIES 3

static struct uf2_identity *get_identity(const struct uf2_core *core)
{
	return core->own->identity;
}

/* One that is not there is no error. */
static int read_mounted(struct uf2_probe *probe, struct uf2_core *core, enum uf2_probe_step step, const char *file,
			struct dfut_next *next)
{
	char place[64];

	snprintf(place, sizeof(place), "reading %s", file);
	probe->step = step;
	uf2_core_move(core, UF2_OP_READ, file, 0, UF2_SECTOR, NULL, place, next);
	core->tolerates = true;
	return 0;
}

static int ask(struct uf2_probe *probe, struct uf2_core *core, enum uf2_probe_step step, enum uf2_op op,
	       uint32_t length, struct dfut_next *next)
{
	const struct uf2_command command = { .op = op, .length = length };

	probe->step = step;
	return uf2_core_send(core, &command, NULL, "asking what the drive is", next);
}

static int read_sector(struct uf2_probe *probe, struct uf2_core *core, enum uf2_probe_step step, uint32_t lba,
		       const char *place, struct dfut_next *next)
{
	const struct uf2_command command = { .op = UF2_OP_READ,
					     .length = UF2_SECTOR,
					     .lba = lba,
					     .has_content = step == UF2_PROBE_CURRENT,
					     .content_at = UF2_HEAD_SIZE };

	probe->step = step;
	return uf2_core_send(core, &command, NULL, place, next);
}

static int refuse(const struct uf2_core *core, const char *what)
{
	if (core->own->volume) {
		dfut_fail(core->job->failure, DFUT_ERROR_MISMATCH,
			  "%s: what is at %s is no drive of %s as a UF2 bootloader", what, core->own->volume,
			  core->own->device);
		dfut_hint(core->job->failure, "it was only read; name where that is mounted (--volume)");
		return DFUT_ERROR_MISMATCH;
	}
	dfut_fail(core->job->failure, DFUT_ERROR_MISMATCH, "%s: this is no drive of a UF2 bootloader", what);
	dfut_hint(core->job->failure,
		  "it was only read; is it the right device, and in its bootloader? A drive in place of that is what "
		  "many applications have, too");
	return DFUT_ERROR_MISMATCH;
}

static int ask_ready(struct uf2_probe *probe, struct uf2_core *core, struct dfut_next *next)
{
	int result = ask(probe, core, UF2_PROBE_READY, UF2_OP_TEST_UNIT_READY, 0, next);

	core->tolerates = ++probe->tries < READY_TRIES;
	return result;
}

static int take_name(struct uf2_probe *probe, struct uf2_core *core, struct dfut_next *next)
{
	return uf2_is_disk(core->in, core->in_size) ? ask_ready(probe, core, next) :
						      refuse(core, "it does not call itself a disk");
}

static int take_ready(struct uf2_probe *probe, struct uf2_core *core, struct dfut_next *next)
{
	return core->has_failed ? ask_ready(probe, core, next) :
				  ask(probe, core, UF2_PROBE_CAPACITY, UF2_OP_READ_CAPACITY, UF2_CAPACITY_SIZE, next);
}

static int take_capacity(struct uf2_probe *probe, struct uf2_core *core, struct dfut_next *next)
{
	get_identity(core)->capacity = uf2_read_capacity(core->in, core->in_size);
	if (!get_identity(core)->capacity)
		return refuse(core, "its sectors have not 512 bytes");
	return read_sector(probe, core, UF2_PROBE_START, 0, "reading its first sector", next);
}

static int read_root(struct uf2_probe *probe, struct uf2_core *core, struct dfut_next *next)
{
	return read_sector(probe, core, UF2_PROBE_ROOT, get_identity(core)->volume.root + probe->root,
			   "reading its directory", next);
}

static int take_start(struct uf2_probe *probe, struct uf2_core *core, struct dfut_next *next)
{
	struct uf2_identity *identity = get_identity(core);
	uint32_t partition = uf2_read_partition(core->in);

	if (uf2_read_volume(&identity->volume, core->in, 0, identity->capacity))
		return read_root(probe, core, next);
	if (!partition || partition >= identity->capacity)
		return refuse(core, "it has no FAT16 file system");
	identity->volume.root = partition;
	return read_sector(probe, core, UF2_PROBE_PARTITION, partition, "reading the first sector of its volume", next);
}

static int take_partition(struct uf2_probe *probe, struct uf2_core *core, struct dfut_next *next)
{
	struct uf2_identity *identity = get_identity(core);

	if (!uf2_read_volume(&identity->volume, core->in, identity->volume.root, identity->capacity))
		return refuse(core, "its first partition has no FAT16 file system");
	return read_root(probe, core, next);
}

static int take_root(struct uf2_probe *probe, struct uf2_core *core, struct dfut_next *next)
{
	struct uf2_identity *identity = get_identity(core);

	if (uf2_read_directory(&identity->files, &identity->volume, core->in) &&
	    ++probe->root < identity->volume.root_size)
		return read_root(probe, core, next);
	if (!identity->files.info.is_there)
		return refuse(core, "it has no INFO_UF2.TXT");
	return read_sector(probe, core, UF2_PROBE_INFO, identity->files.info.lba, "reading INFO_UF2.TXT", next);
}

static int end(struct uf2_probe *probe, struct uf2_core *core)
{
	probe->step = UF2_PROBE_OVER;
	get_identity(core)->is_known = true;
	return 1;
}

static int take_info(struct uf2_probe *probe, struct uf2_core *core, struct dfut_next *next)
{
	struct uf2_identity *identity = get_identity(core);
	size_t size = core->in_size;

	if (core->has_failed)
		return refuse(core, "it has no INFO_UF2.TXT");
	if (!core->is_mounted && identity->files.info.size < size)
		size = identity->files.info.size;
	if (!uf2_read_info(&identity->info, core->in, size))
		return refuse(core, "the first line of its INFO_UF2.TXT does not name a UF2 bootloader");
	if (core->is_mounted)
		return read_mounted(probe, core, UF2_PROBE_CURRENT, UF2_FILE_CURRENT, next);
	if (!identity->files.current.is_there)
		return end(probe, core);
	return read_sector(probe, core, UF2_PROBE_CURRENT, identity->files.current.lba, "reading CURRENT.UF2", next);
}

/* One that is empty, or has something else in it, is as good as none. */
static int take_current(struct uf2_probe *probe, struct uf2_core *core)
{
	struct uf2_identity *identity = get_identity(core);
	uint32_t sectors = identity->files.current.size / UF2_SECTOR;
	struct uf2_block block;

	if (core->in_size < UF2_SECTOR)
		return end(probe, core);
	/* Of a file, its first block tells how many there are. */
	if (uf2_read_block(&block, core->in) && core->is_mounted)
		sectors = block.count;
	if (uf2_read_block(&block, core->in) && block.size == UF2_PAYLOAD && block.number == 0)
		identity->current = (struct uf2_current){ .lba = identity->files.current.lba,
							  .count = sectors,
							  .address = block.address,
							  .family = block.family };
	return end(probe, core);
}

int uf2_probe_next(struct uf2_probe *probe, struct uf2_core *core, struct dfut_next *next)
{
	switch (probe->step) {
	case UF2_PROBE_BEGIN:
		*get_identity(core) = (struct uf2_identity){ .is_mounted = core->is_mounted };
		if (core->is_mounted)
			return read_mounted(probe, core, UF2_PROBE_INFO, UF2_FILE_INFO, next);
		return ask(probe, core, UF2_PROBE_NAME, UF2_OP_INQUIRY, UF2_INQUIRY_SIZE, next);
	case UF2_PROBE_NAME:
		return take_name(probe, core, next);
	case UF2_PROBE_READY:
		return take_ready(probe, core, next);
	case UF2_PROBE_CAPACITY:
		return take_capacity(probe, core, next);
	case UF2_PROBE_START:
		return take_start(probe, core, next);
	case UF2_PROBE_PARTITION:
		return take_partition(probe, core, next);
	case UF2_PROBE_ROOT:
		return take_root(probe, core, next);
	case UF2_PROBE_INFO:
		return take_info(probe, core, next);
	case UF2_PROBE_CURRENT:
		return take_current(probe, core);
	case UF2_PROBE_OVER:
		break;
	}
	return 1;
}
