/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* The drive of a loader that counts the UF2 blocks of one file, and restarts when it has them all. */

#include <stdlib.h>
#include <string.h>

#include "sim/parts/uf2.h"

/* When the number of blocks changes in the middle, no number is enough. */
#define NEVER_ENOUGH UINT32_MAX
#define SURPLUS_BLOCKS 100
#define RESTART_US 30000
#define RESTART_AT_ZERO_US 300000
#define ESP_IMAGE_MARK 0xe9
#define RAM_START 0x20000000u
#define RAM_SIZE 0x00100000u
#define NO_PIECE UINT32_MAX

static void breach(const struct dfut_sim_uf2_board *uf2, const struct dfut_sim_uf2_block *block, const char *what)
{
	dfut_sim_device_breach(uf2->device, "UF2: block %u of %u at 0x%08x: %s", block->number, block->count,
			       block->address, what);
}

/* Work. */

static void work(struct dfut_sim_uf2_board *uf2, uint32_t us)
{
	uint64_t now_us = dfut_sim_device_get_time_us(uf2->device);

	if (uf2->work_until_us < now_us)
		uf2->work_until_us = now_us;
	uf2->work_until_us += us;
	dfut_sim_device_set_timer(uf2->device, DFUT_SIM_UF2_BOARD_WORK_TIMER, uf2->work_until_us - now_us);
}

static uint32_t get_erase_us(const struct dfut_sim_uf2_board *uf2)
{
	return uf2->options.erase_us == UINT32_MAX ? uf2->kind->erase_us : uf2->options.erase_us;
}

static uint32_t get_program_us(const struct dfut_sim_uf2_board *uf2)
{
	return uf2->options.program_us == UINT32_MAX ? uf2->kind->program_us : uf2->options.program_us;
}

/* Flash. */

/* Erased as long as nothing was written since the loader started; then bits are cleared only. */
static void program_once_erased(struct dfut_sim_uf2_board *uf2, const struct dfut_sim_uf2_block *block)
{
	uint32_t piece = block->address / uf2->kind->erase_size;
	bool is_erased = true;

	if (!dfut_sim_uf2_get_bit(uf2->erased, piece)) {
		dfut_sim_uf2_set_bit(uf2->erased, piece);
		memset(uf2->flash + piece * uf2->kind->erase_size, 0xff, uf2->kind->erase_size);
		work(uf2, get_erase_us(uf2));
	}
	for (uint32_t i = 0; i < block->size; i++) {
		uf2->flash[block->address + i] &= block->data[i];
		is_erased &= uf2->flash[block->address + i] == block->data[i];
	}
	if (!is_erased)
		breach(uf2, block, "written over another image, as nothing is erased twice");
}

/* Through a copy of what is erased with it */
static void replace(struct dfut_sim_uf2_board *uf2, const struct dfut_sim_uf2_block *block)
{
	uint32_t piece = block->address / uf2->kind->erase_size;

	if (piece != uf2->erased_piece)
		work(uf2, get_erase_us(uf2));
	uf2->erased_piece = piece;
	memcpy(uf2->flash + block->address, block->data, block->size);
}

static void write_flash(struct dfut_sim_uf2_board *uf2, const struct dfut_sim_uf2_block *block)
{
	if (uf2->kind->erases_once)
		program_once_erased(uf2, block);
	else
		replace(uf2, block);
	work(uf2, get_program_us(uf2));
}

/* Blocks. */

static bool is_for(const struct dfut_sim_uf2_board *uf2, const struct dfut_sim_uf2_block *block)
{
	if (block->flags & DFUT_SIM_UF2_NOT_MAIN_FLASH)
		return false;
	if (!(block->flags & DFUT_SIM_UF2_FAMILY))
		return uf2->kind->needs_no_family;
	if (uf2->kind->own_family && block->family == uf2->kind->own_family)
		breach(uf2, block, "it would replace the loader itself");
	return block->family == uf2->kind->family;
}

/* Writes what can be written. Returns false for a block that does not count. */
static bool place(struct dfut_sim_uf2_board *uf2, const struct dfut_sim_uf2_block *block)
{
	const struct dfut_sim_uf2_kind *kind = uf2->kind;

	if (!kind->has_any_payload && block->size != DFUT_SIM_UF2_PAYLOAD) {
		breach(uf2, block, "not 256 bytes: it is not written");
		return kind->counts_payload;
	}
	if (!kind->has_any_payload && block->address % DFUT_SIM_UF2_PAYLOAD) {
		breach(uf2, block, "not aligned: it is not written");
		return kind->above == DFUT_SIM_UF2_ABOVE_COUNTS;
	}
	if (block->address >= kind->end || block->size > kind->end - block->address) {
		/* CURRENT.UF2 of a bigger area is no file of this loader's. */
		breach(uf2, block, "above the application's area: it is not written");
		return kind->above == DFUT_SIM_UF2_ABOVE_COUNTS;
	}
	if (block->address >= kind->start)
		write_flash(uf2, block);
	return true;
}

/* Where the restart does not wait for the last command's status, it waits for the last block to be written. */
static void complete(struct dfut_sim_uf2_board *uf2, uint64_t after_us)
{
	uint64_t now_us = dfut_sim_device_get_time_us(uf2->device);

	uf2->is_complete = true;
	if (uf2->kind->waits_for_status && uf2->options.tells_last)
		return;
	if (uf2->work_until_us > now_us)
		after_us += uf2->work_until_us - now_us;
	dfut_sim_device_set_timer(uf2->device, DFUT_SIM_UF2_BOARD_RESTART_TIMER, after_us);
}

static void count(struct dfut_sim_uf2_board *uf2, const struct dfut_sim_uf2_block *block)
{
	uint32_t limit = uf2->kind->flash_size / DFUT_SIM_UF2_PAYLOAD + SURPLUS_BLOCKS;

	if (block->count == 0 && uf2->kind->restarts_at_zero) {
		complete(uf2, RESTART_AT_ZERO_US);
		return;
	}
	if (block->count != uf2->count) {
		bool is_wrong = uf2->count != 0 || block->count >= limit;

		if (is_wrong && uf2->count != NEVER_ENOUGH)
			breach(uf2, block, "the number of blocks changes, or is too large: it never ends");
		uf2->count = is_wrong ? NEVER_ENOUGH : block->count;
	}
	if (block->number >= limit)
		breach(uf2, block, "no such number");
	else if (!dfut_sim_uf2_get_bit(uf2->seen, block->number)) {
		dfut_sim_uf2_set_bit(uf2->seen, block->number);
		uf2->written++;
	}
	if (uf2->written >= uf2->count)
		complete(uf2, RESTART_US);
}

/* The medium. */

static void read_block(void *self, uint32_t block, uint8_t *data)
{
	const struct dfut_sim_uf2_board *uf2 = self;

	dfut_sim_ghost_read(&uf2->ghost, block, data);
}

static void write_block(void *self, uint32_t number, const uint8_t *data)
{
	struct dfut_sim_uf2_board *uf2 = self;
	struct dfut_sim_uf2_block block;

	(void)number;
	if (!dfut_sim_uf2_take(&block, data) || uf2->is_complete || !is_for(uf2, &block))
		return;
	if (place(uf2, &block))
		count(uf2, &block);
}

/* The status of the last block may never come. */
static bool is_working(const void *self)
{
	const struct dfut_sim_uf2_board *uf2 = self;

	return dfut_sim_device_get_time_us(uf2->device) < uf2->work_until_us ||
	       (uf2->is_complete && !uf2->options.tells_last);
}

static void told(void *self)
{
	struct dfut_sim_uf2_board *uf2 = self;

	if (uf2->is_complete && uf2->kind->waits_for_status)
		dfut_sim_device_set_timer(uf2->device, DFUT_SIM_UF2_BOARD_RESTART_TIMER, RESTART_US);
}

/* What is in flash, as a file */
static void make_current(void *self, uint32_t index, uint8_t *data)
{
	const struct dfut_sim_uf2_board *uf2 = self;
	uint32_t address = uf2->kind->current_start + index * DFUT_SIM_UF2_PAYLOAD;
	struct dfut_sim_uf2_block block = {
		.flags = DFUT_SIM_UF2_FAMILY,
		.address = address,
		.number = index,
		.count = (uf2->kind->end - uf2->kind->current_start) / DFUT_SIM_UF2_PAYLOAD,
		.family = uf2->kind->family,
		.data = uf2->flash + address,
	};

	dfut_sim_uf2_put(&block, data);
}

/* Life. */

void dfut_sim_uf2_board_set_defaults(struct dfut_sim_uf2_board *uf2, struct dfut_sim_device *device)
{
	uf2->device = device;
	uf2->options.erase_us = UINT32_MAX;
	uf2->options.program_us = UINT32_MAX;
	uf2->options.tells_last = true;
}

static void put_application(struct dfut_sim_uf2_board *uf2)
{
	uint8_t *start = uf2->flash + uf2->kind->start;

	for (uint32_t i = 0; i < 4096; i++)
		start[i] = (uint8_t)(i * 7);
	if (uf2->kind->is_esp_image) {
		start[0] = ESP_IMAGE_MARK;
	} else {
		dfut_put_le32(start, RAM_START + 0x8000);
		dfut_put_le32(start + 4, uf2->kind->start + 0x101);
	}
}

int dfut_sim_uf2_board_prepare(struct dfut_sim_uf2_board *uf2, const struct dfut_sim_uf2_kind *kind)
{
	uf2->kind = kind;
	uf2->flash = malloc(kind->flash_size);
	if (!uf2->flash)
		return DFUT_ERROR_NO_MEMORY;
	memset(uf2->flash, 0xff, kind->flash_size);
	put_application(uf2);
	uf2->ghost = (struct dfut_sim_ghost){
		.label = kind->label,
		.block_count = kind->volume_blocks,
		.cluster_blocks = 1,
		.has_boot_signature = true,
		.files = { { "INFO_UF2TXT", kind->info, 0 },
			   { "INDEX   HTM", kind->index, 0 },
			   { "CURRENT UF2", NULL,
			     (kind->end - kind->current_start) / DFUT_SIM_UF2_PAYLOAD * DFUT_SIM_BLOCK_SIZE } },
		.file_count = 3,
		.make = make_current,
		.self = uf2,
	};
	uf2->medium = (struct dfut_sim_medium){
		.self = uf2,
		.block_count = dfut_sim_ghost_get_count(&uf2->ghost),
		.read = read_block,
		.write = write_block,
		.is_working = is_working,
		.told = told,
	};
	return 0;
}

void dfut_sim_uf2_board_free(struct dfut_sim_uf2_board *uf2)
{
	free(uf2->flash);
}

void dfut_sim_uf2_board_start(struct dfut_sim_uf2_board *uf2)
{
	uf2->work_until_us = 0;
	uf2->erased_piece = NO_PIECE;
	uf2->count = 0;
	uf2->written = 0;
	uf2->is_complete = false;
	memset(uf2->seen, 0, sizeof(uf2->seen));
	memset(uf2->erased, 0, sizeof(uf2->erased));
	dfut_sim_device_set_timer(uf2->device, DFUT_SIM_UF2_BOARD_WORK_TIMER, UINT64_MAX);
	dfut_sim_device_set_timer(uf2->device, DFUT_SIM_UF2_BOARD_RESTART_TIMER, UINT64_MAX);
}

bool dfut_sim_uf2_board_has_application(const struct dfut_sim_uf2_board *uf2)
{
	const uint8_t *start = uf2->flash + uf2->kind->start;
	uint32_t stack = dfut_le32(start);
	uint32_t entry = dfut_le32(start + 4);

	if (uf2->kind->is_esp_image)
		return start[0] == ESP_IMAGE_MARK;
	return stack - RAM_START <= RAM_SIZE && entry >= uf2->kind->start && entry < uf2->kind->end;
}
