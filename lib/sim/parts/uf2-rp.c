/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/*
 * The drive of the boot ROMs: virtual_disk.c and async_task.c of pico-bootrom-rp2040, usb_virtual_disk.c and
 * nsboot_async_task.c of pico-bootrom-rp2350. An RP2040 erases by groups of 16 block numbers, an RP2350 by sectors.
 */

#include <string.h>

#include "sim/parts/uf2.h"

#define FAMILY_RP2040 0xe48bff56u
#define FAMILY_ABSOLUTE 0xe48bff57u
/* What picotool puts in front of its files for the sake of erratum RP2350-E10: one of two blocks */
#define E10_ADDRESS 0x10ffff00u
#define E10_COUNT 2u

#define BLOCKS_IN_GROUP 16u
#define VOLUME_BLOCKS (128u * 1024 * 1024 / DFUT_SIM_BLOCK_SIZE - 1)
#define CLUSTER_BLOCKS 8
#define RESTART_MS 1000
#define STATUS_IGNORED_FAMILY 0x01u
#define STATUS_BAD_ADDRESS 0x20u

static const char info_2040[] = "UF2 Bootloader v3.0\r\nModel: Raspberry Pi RP2\r\nBoard-ID: RPI-RP2\r\n";
static const char info_2350[] = "UF2 Bootloader v1.0\r\nModel: Raspberry Pi RP2350\r\nBoard-ID: RP2350\r\n";
static const char index_2040
	[] = "<html><head><meta http-equiv=\"refresh\" content=\"0;URL='https://raspberrypi.com/device/RP2'\"/></head>"
	     "<body>Redirecting to raspberrypi.com</body></html>\r\n";
static const char index_2350[] =
	"<html><head><meta http-equiv=\"refresh\" content=\"0;URL='https://raspberrypi.com/device/RP2350'\"/></head>"
	"<body>Redirecting to raspberrypi.com</body></html>\r\n";

static bool is_rp2040(const struct dfut_sim_uf2_rp *uf2)
{
	return uf2->rp->options.chip == DFUT_SIM_RP2040;
}

static void breach(const struct dfut_sim_uf2_rp *uf2, const struct dfut_sim_uf2_block *block, const char *what)
{
	dfut_sim_device_breach(uf2->rp->device, "UF2: block %u of %u at 0x%08x: %s", block->number, block->count,
			       block->address, what);
}

/* Transfers. */

static void forget(struct dfut_sim_uf2_rp *uf2)
{
	uf2->rp->is_uf2_running = false;
	uf2->count = 0;
	uf2->seen_count = 0;
	memset(uf2->seen, 0, sizeof(uf2->seen));
	memset(uf2->erased, 0, sizeof(uf2->erased));
	memset(uf2->written, 0, sizeof(uf2->written));
}

/* E10's is one of two blocks, so its transfer never ends. */
static bool is_e10(const struct dfut_sim_uf2_block *block)
{
	return block->family == FAMILY_ABSOLUTE && block->address == E10_ADDRESS && block->count == E10_COUNT;
}

static void begin(struct dfut_sim_uf2_rp *uf2, const struct dfut_sim_uf2_block *block, bool is_ram)
{
	if (uf2->rp->is_uf2_running && !(uf2->family == FAMILY_ABSOLUTE && uf2->count == E10_COUNT))
		breach(uf2, block, "another transfer, before the last one was complete");
	forget(uf2);
	uf2->rp->is_uf2_running = true;
	uf2->rp->uf2_status = 0;
	uf2->family = block->family;
	uf2->count = block->count;
	uf2->is_ram = is_ram;
}

static void throw_away(struct dfut_sim_uf2_rp *uf2, const struct dfut_sim_uf2_block *block, const char *why)
{
	breach(uf2, block, why);
	forget(uf2);
}

static void end(struct dfut_sim_uf2_rp *uf2, bool restarts, uint32_t updated_at)
{
	bool is_ram = uf2->is_ram;

	forget(uf2);
	if (!restarts)
		return;
	uf2->is_done = true;
	uf2->rp->updated_at = updated_at;
	dfut_sim_rp_restart(uf2->rp, is_ram ? DFUT_SIM_RP_TO_RAM : DFUT_SIM_RP_TO_FLASH, RESTART_MS);
}

/* Returns false for one that was there before. */
static bool see(struct dfut_sim_uf2_rp *uf2, uint32_t number)
{
	if (dfut_sim_uf2_get_bit(uf2->seen, number))
		return false;
	dfut_sim_uf2_set_bit(uf2->seen, number);
	uf2->seen_count++;
	return true;
}

/* Writing. */

static bool is_in_ram(const struct dfut_sim_uf2_rp *uf2, uint32_t address)
{
	return address >= DFUT_SIM_RP_RAM_BASE &&
	       address - DFUT_SIM_RP_RAM_BASE <= dfut_sim_rp_get_ram_size(uf2->rp) - DFUT_SIM_UF2_PAYLOAD;
}

static void write_ram(struct dfut_sim_uf2_rp *uf2, const struct dfut_sim_uf2_block *block)
{
	uf2->rp->is_ram_written = true;
	memcpy(uf2->rp->ram + block->address - DFUT_SIM_RP_RAM_BASE, block->data, DFUT_SIM_UF2_PAYLOAD);
}

/* key: what its being erased is remembered by */
static void write_flash(struct dfut_sim_uf2_rp *uf2, const struct dfut_sim_uf2_block *block, uint32_t offset,
			uint32_t key)
{
	uint32_t sector = offset / DFUT_SIM_RP_SECTOR_SIZE;

	if (!dfut_sim_uf2_get_bit(uf2->erased, key)) {
		if (dfut_sim_uf2_get_bit(uf2->written, sector))
			breach(uf2, block, "its sector is erased after a part of it was written");
		dfut_sim_uf2_set_bit(uf2->erased, key);
		dfut_sim_rp_erase(uf2->rp, sector * DFUT_SIM_RP_SECTOR_SIZE);
	}
	dfut_sim_uf2_set_bit(uf2->written, sector);
	dfut_sim_rp_program(uf2->rp, offset, block->data);
}

/* RP2040. */

static void take_2040(struct dfut_sim_uf2_rp *uf2, const struct dfut_sim_uf2_block *block)
{
	uint32_t offset = block->address - DFUT_SIM_RP_FLASH_BASE;
	bool is_ram = is_in_ram(uf2, block->address);

	if (block->family != FAMILY_RP2040)
		return;
	if (block->number >= block->count || block->count > DFUT_SIM_RP_BLOCK_LIMIT) {
		throw_away(uf2, block, "no such number");
		return;
	}
	if (block->address % DFUT_SIM_RP_PAGE_SIZE || (!is_ram && offset >= DFUT_SIM_RP_WINDOW_SIZE)) {
		throw_away(uf2, block, "no such address");
		return;
	}
	if (!uf2->rp->is_uf2_running || block->count != uf2->count)
		begin(uf2, block, is_ram);
	if (is_ram != uf2->is_ram) {
		throw_away(uf2, block, "RAM and flash in one transfer");
		return;
	}
	if (!see(uf2, block->number))
		return;
	if (is_ram)
		write_ram(uf2, block);
	else
		write_flash(uf2, block, offset, block->number / BLOCKS_IN_GROUP);
	if (uf2->seen_count == uf2->count)
		end(uf2, true, 0);
}

/* RP2350. */

struct target {
	uint32_t start;
	uint32_t size;
	bool restarts;
};

static bool find_target(const struct dfut_sim_uf2_rp *uf2, uint32_t family, struct target *target)
{
	const struct dfut_sim_rp *rp = uf2->rp;
	int index = dfut_sim_rp_find_target(rp, family);

	*target = (struct target){ 0, rp->options.flash_size, true };
	if (index == DFUT_SIM_RP_NOWHERE)
		return false;
	if (index == DFUT_SIM_RP_UNPARTITIONED_SPACE || family == FAMILY_ABSOLUTE)
		return true;
	target->start = dfut_sim_rp_get_start(&rp->partitions[index]);
	target->size = dfut_sim_rp_get_end(&rp->partitions[index]) - target->start;
	target->restarts = !(rp->partitions[index].flags & DFUT_SIM_RP_FLAG_NO_REBOOT);
	return true;
}

static bool is_fit_for_2350(struct dfut_sim_uf2_rp *uf2, const struct dfut_sim_uf2_block *block,
			    const struct target *target)
{
	bool is_placed = block->address % DFUT_SIM_RP_PAGE_SIZE == 0 &&
			 (is_in_ram(uf2, block->address) || block->address - DFUT_SIM_RP_FLASH_BASE < target->size);

	if (is_placed && block->number < block->count && block->count <= DFUT_SIM_RP_BLOCK_LIMIT)
		return true;
	if (is_placed)
		breach(uf2, block, "no such number");
	else if (!is_e10(block))
		breach(uf2, block, "no such address");
	uf2->rp->uf2_status |= is_placed ? 0 : STATUS_BAD_ADDRESS;
	return false;
}

static void take_2350(struct dfut_sim_uf2_rp *uf2, const struct dfut_sim_uf2_block *block)
{
	struct target target;
	uint32_t offset = block->address - DFUT_SIM_RP_FLASH_BASE;
	bool is_ram = is_in_ram(uf2, block->address);

	if (!find_target(uf2, block->family, &target)) {
		uf2->rp->uf2_status |= STATUS_IGNORED_FAMILY;
		return;
	}
	if (!is_fit_for_2350(uf2, block, &target))
		return;
	if (!uf2->rp->is_uf2_running || block->count != uf2->count || block->family != uf2->family)
		begin(uf2, block, is_ram);
	if (!see(uf2, block->number))
		return;
	if (is_ram)
		write_ram(uf2, block);
	else
		write_flash(uf2, block, target.start + offset, (target.start + offset) / DFUT_SIM_RP_SECTOR_SIZE);
	if (uf2->seen_count == uf2->count)
		end(uf2, target.restarts, DFUT_SIM_RP_FLASH_BASE + target.start);
}

/* The medium. */

static void read_block(void *self, uint32_t block, uint8_t *data)
{
	const struct dfut_sim_uf2_rp *uf2 = self;

	dfut_sim_ghost_read(&uf2->ghost, block, data);
}

/* Nobody tells the host what becomes of a block. */
static void write_block(void *self, uint32_t number, const uint8_t *data)
{
	struct dfut_sim_uf2_rp *uf2 = self;
	struct dfut_sim_uf2_block block;

	(void)number;
	if (!dfut_sim_uf2_take(&block, data) || uf2->is_done)
		return;
	if (uf2->rp->exclusive) {
		breach(uf2, &block, "PICOBOOT has flash for itself: it is dropped");
		forget(uf2);
		return;
	}
	if (block.flags & DFUT_SIM_UF2_NOT_MAIN_FLASH || !(block.flags & DFUT_SIM_UF2_FAMILY))
		return;
	if (block.size != DFUT_SIM_UF2_PAYLOAD)
		breach(uf2, &block, "not 256 bytes: it is ignored");
	else if (is_rp2040(uf2))
		take_2040(uf2, &block);
	else
		take_2350(uf2, &block);
}

/* pico-bootrom-rp2040, usb_msc.c: what is complete restarts all the same. */
static void reset(void *self)
{
	forget(self);
}

static bool is_working(const void *self)
{
	const struct dfut_sim_uf2_rp *uf2 = self;

	return dfut_sim_rp_is_working(uf2->rp);
}

void dfut_sim_uf2_rp_prepare(struct dfut_sim_uf2_rp *uf2, struct dfut_sim_rp *rp)
{
	bool is_2040 = rp->options.chip == DFUT_SIM_RP2040;

	uf2->rp = rp;
	uf2->ghost = (struct dfut_sim_ghost){
		.label = is_2040 ? "RPI-RP2    " : "RP2350     ",
		.block_count = VOLUME_BLOCKS,
		.cluster_blocks = CLUSTER_BLOCKS,
		.has_partition_table = true,
		.has_boot_signature = !is_2040,
		.files = { { "INFO_UF2TXT", is_2040 ? info_2040 : info_2350, 0 },
			   { "INDEX   HTM", is_2040 ? index_2040 : index_2350, 0 } },
		.file_count = 2,
	};
	uf2->medium = (struct dfut_sim_medium){
		.self = uf2,
		.block_count = dfut_sim_ghost_get_count(&uf2->ghost),
		.read = read_block,
		.write = write_block,
		.is_working = is_working,
		.reset = reset,
	};
}

void dfut_sim_uf2_rp_start(struct dfut_sim_uf2_rp *uf2)
{
	forget(uf2);
	uf2->is_done = false;
}
