/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* HalfKay: blocks of flash as output reports, which nothing answers but the transfer itself. */

#include <stdlib.h>
#include <string.h>

#include "sim/parts/halfkay.h"

#define ERASED 0xff
#define LONG_HEADER_SIZE 64
#define SHORT_HEADER_SIZE 2
#define BOOT_SIZE 3
/* In front of the time, in a report that starts the program: tytools */
#define TIME_MARK_SIZE 4
#define BLOCK_MS 2
/* In the report descriptor */
#define USAGE_OFFSET 4
#define SIZE_OFFSET 15

enum busy {
	BUSY_STALL,
	BUSY_TIMEOUT,
};

/* teensy_loader_cli.c and tytools' class_teensy.c; the times of the erase are of the size that these programs wait for. */
static const struct dfut_sim_halfkay_board boards[] = {
	{ "2.0", 0x1b, 0x0100, 32256, 128, DFUT_SIM_HALFKAY_ADDRESS, 600 },
	{ "++1.0", 0x1a, 0x0100, 64512, 256, DFUT_SIM_HALFKAY_ADDRESS, 800 },
	{ "++2.0", 0x1c, 0x0100, 130048, 256, DFUT_SIM_HALFKAY_HIGH_ADDRESS, 1200 },
	{ "lc", 0x20, 0x0273, 63488, 512, DFUT_SIM_HALFKAY_LONG, 300 },
	{ "3.0", 0x1d, 0x0274, 131072, 1024, DFUT_SIM_HALFKAY_LONG, 300 },
	{ "3.1", 0x1e, 0x0275, 262144, 1024, DFUT_SIM_HALFKAY_LONG, 400 },
	{ "3.2", 0x21, 0x0275, 262144, 1024, DFUT_SIM_HALFKAY_LONG, 400 },
	{ "3.5", 0x1f, 0x0276, 524288, 1024, DFUT_SIM_HALFKAY_LONG, 800 },
	{ "3.6", 0x22, 0x0277, 1048576, 1024, DFUT_SIM_HALFKAY_LONG, 1000 },
	{ "4.0", 0x24, 0x0279, 2031616, 1024, DFUT_SIM_HALFKAY_LONG, 6000 },
	{ "4.1", 0x25, 0x0280, 8126464, 1024, DFUT_SIM_HALFKAY_LONG, 15000 },
	{ "micromod", 0x26, 0x0281, 16515072, 1024, DFUT_SIM_HALFKAY_LONG, 30000 },
};

void dfut_sim_halfkay_create(struct dfut_sim_halfkay *halfkay, struct dfut_sim_device *device)
{
	halfkay->device = device;
	halfkay->options.board = DFUT_SIM_TEENSY_3_2;
	halfkay->options.block_ms = BLOCK_MS;
}

/* The program that is there from the start is a block of something. */
int dfut_sim_halfkay_prepare(struct dfut_sim_halfkay *halfkay)
{
	halfkay->board = &boards[halfkay->options.board];
	halfkay->flash = malloc(halfkay->board->code_size);
	if (!halfkay->flash)
		return DFUT_ERROR_NO_MEMORY;
	memset(halfkay->flash, ERASED, halfkay->board->code_size);
	for (uint16_t i = 0; i < halfkay->board->block_size; i++)
		halfkay->flash[i] = (uint8_t)(i * 3 + 1);
	return 0;
}

void dfut_sim_halfkay_free(struct dfut_sim_halfkay *halfkay)
{
	free(halfkay->flash);
}

bool dfut_sim_halfkay_has_program(const struct dfut_sim_halfkay *halfkay)
{
	for (uint16_t i = 0; i < halfkay->board->block_size; i++)
		if (halfkay->flash[i] != ERASED)
			return true;
	return false;
}

static size_t get_header_size(const struct dfut_sim_halfkay *halfkay)
{
	return halfkay->board->header == DFUT_SIM_HALFKAY_LONG ? LONG_HEADER_SIZE : SHORT_HEADER_SIZE;
}

void dfut_sim_halfkay_start(struct dfut_sim_halfkay *halfkay)
{
	/* Usage page FF9C; usage and size are filled in */
	static const uint8_t reports[DFUT_SIM_HALFKAY_REPORTS_SIZE] = {
		0x06, 0x9c, 0xff, 0x09, 0x00, 0xa1, 0x01, 0x15, 0x00, 0x26, 0xff,
		0x00, 0x75, 0x08, 0x96, 0x00, 0x00, 0x09, 0x19, 0x91, 0x02, 0xc0,
	};
	uint16_t usage = halfkay->options.usage ? halfkay->options.usage : halfkay->board->usage;

	memcpy(halfkay->reports, reports, sizeof(reports));
	halfkay->reports[USAGE_OFFSET] = (uint8_t)usage;
	dfut_put_le16(&halfkay->reports[SIZE_OFFSET],
		      (uint16_t)(get_header_size(halfkay) + halfkay->board->block_size));
	halfkay->is_erased = false;
	halfkay->next_address = 0;
	halfkay->busy_until_us = 0;
}

static bool is_busy(const struct dfut_sim_halfkay *halfkay)
{
	return dfut_sim_device_get_time_us(halfkay->device) < halfkay->busy_until_us;
}

static void work(struct dfut_sim_halfkay *halfkay, uint32_t ms)
{
	halfkay->busy_until_us = dfut_sim_device_get_time_us(halfkay->device) + ms * DFUT_SIM_US_PER_MS;
}

static bool is_all(const uint8_t *data, size_t size, uint8_t byte)
{
	for (size_t i = 0; i < size; i++)
		if (data[i] != byte)
			return false;
	return true;
}

/* Behind the three bytes there are zeros, or somewhere the mark and the time. */
static void check_boot(const struct dfut_sim_halfkay *halfkay, const struct dfut_sim_hid_report *report)
{
	static const uint8_t mark[TIME_MARK_SIZE] = { 0xb7, 0x31, 0xc2, 0x89 };
	const uint8_t *at = report->data + BOOT_SIZE;
	const uint8_t *end = report->data + report->size;

	while (at < end && *at == 0)
		at++;
	if (at < end && (end - at < TIME_MARK_SIZE || memcmp(at, mark, sizeof(mark)) != 0))
		dfut_sim_device_breach(halfkay->device, "HalfKay: the report that starts the program has 0x%02x at %u",
				       *at, (unsigned int)(at - report->data));
}

static uint32_t get_address(const struct dfut_sim_halfkay *halfkay, const uint8_t *data)
{
	switch ((enum dfut_sim_halfkay_header)halfkay->board->header) {
	case DFUT_SIM_HALFKAY_ADDRESS:
		return dfut_le16(data);
	case DFUT_SIM_HALFKAY_HIGH_ADDRESS:
		return (uint32_t)dfut_le16(data) << 8;
	case DFUT_SIM_HALFKAY_LONG:
		break;
	}
	return dfut_le16(data) | (uint32_t)data[2] << 16;
}

/* Returns false for a block that has no place. */
static bool check_block(const struct dfut_sim_halfkay *halfkay, uint32_t address, const uint8_t *header)
{
	const struct dfut_sim_halfkay_board *board = halfkay->board;
	const char *fault = NULL;

	if (board->header == DFUT_SIM_HALFKAY_LONG && !is_all(header + BOOT_SIZE, LONG_HEADER_SIZE - BOOT_SIZE, 0))
		dfut_sim_device_breach(halfkay->device, "HalfKay: the header of block 0x%x is not filled with zeros",
				       address);
	if (address % board->block_size)
		fault = "is not aligned";
	else if (address >= board->code_size)
		fault = "is behind the flash";
	else if (!halfkay->is_erased && address)
		fault = "comes first, in place of block 0";
	else if (halfkay->is_erased && address + board->block_size < halfkay->next_address)
		fault = "comes after a later one";
	if (fault)
		dfut_sim_device_breach(halfkay->device, "HalfKay: block 0x%x %s (%u bytes of %u each)", address, fault,
				       board->code_size, board->block_size);
	return address % board->block_size == 0 && address < board->code_size;
}

/* Flash is only ever cleared by writing. */
static void write_block(struct dfut_sim_halfkay *halfkay, uint32_t address, const uint8_t *data)
{
	for (uint16_t i = 0; i < halfkay->board->block_size; i++)
		halfkay->flash[address + i] &= data[i];
	halfkay->next_address = address + halfkay->board->block_size;
}

int dfut_sim_halfkay_take(struct dfut_sim_halfkay *halfkay, const struct dfut_sim_hid_report *report, bool *restarts)
{
	const struct dfut_sim_halfkay_board *board = halfkay->board;
	uint32_t address = get_address(halfkay, report->data);

	*restarts = false;
	if (is_busy(halfkay))
		return halfkay->options.busy == BUSY_TIMEOUT ? DFUT_ERROR_TIMEOUT : DFUT_ERROR_DEVICE;
	if (is_all(report->data, BOOT_SIZE, 0xff)) {
		check_boot(halfkay, report);
		*restarts = true;
		return 0;
	}
	if (!check_block(halfkay, address, report->data))
		return 0;
	if (halfkay->is_erased) {
		work(halfkay, halfkay->options.block_ms);
	} else {
		memset(halfkay->flash, ERASED, board->code_size);
		halfkay->is_erased = true;
		work(halfkay, halfkay->options.erase_ms ? halfkay->options.erase_ms : board->erase_ms);
	}
	write_block(halfkay, address, report->data + get_header_size(halfkay));
	return 0;
}

int dfut_sim_halfkay_get_memory(struct dfut_sim_halfkay *halfkay, size_t index, struct dfut_sim_memory *memory)
{
	if (index > 0)
		return DFUT_ERROR_NOT_FOUND;
	*memory = (struct dfut_sim_memory){ "flash", halfkay->flash, halfkay->board->code_size };
	return 0;
}
