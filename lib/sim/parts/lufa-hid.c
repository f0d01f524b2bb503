/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* LUFA's HID bootloader: it knows pages and the report that ends it, says nothing, and takes nothing else off the wire. */

#include <stdlib.h>
#include <string.h>

#include "sim/parts/lufa-hid.h"

#define ERASED 0xff
#define ADDRESS_SIZE 2
/* Of a report, in the report descriptor */
#define SIZE_OFFSET 16
#define COMMAND_START 0xffff
/* Of an address of 16 bits; beyond that it is sent without its last byte. */
#define SHORT_FLASH_SIZE 65536
/* Erasing and writing a page of an AVR: 4.5 ms each (ATmega32U4's data sheet) */
#define PAGE_MS 9

enum alignment {
	ALIGNMENT_CHECKED,
	ALIGNMENT_UNCHECKED,
};

static const struct dfut_sim_lufa_hid_part parts[] = {
	{ 0x4000, 0x1000, 128 }, { 0x8000, 0x1000, 128 }, { 0x4000, 0x1000, 128 },  { 0x8000, 0x1000, 128 },
	{ 0x2000, 0x1000, 128 }, { 0x4000, 0x1000, 128 }, { 0x10000, 0x2000, 256 }, { 0x20000, 0x2000, 256 },
};

void dfut_sim_lufa_hid_create(struct dfut_sim_lufa_hid *lufa_hid, struct dfut_sim_device *device)
{
	lufa_hid->device = device;
	lufa_hid->options.part = DFUT_SIM_ATMEGA32U4;
	lufa_hid->options.page_ms = PAGE_MS;
}

/* The application that is there from the start is some pages of something; the bootloader is at the end. */
int dfut_sim_lufa_hid_prepare(struct dfut_sim_lufa_hid *lufa_hid)
{
	const struct dfut_sim_lufa_hid_part *part = &parts[lufa_hid->options.part];
	uint32_t loader_size = lufa_hid->options.loader_size ? lufa_hid->options.loader_size : part->loader_size;

	lufa_hid->part = part;
	if (loader_size >= part->flash_size)
		loader_size = part->loader_size;
	lufa_hid->loader_start = part->flash_size - loader_size;
	lufa_hid->flash = malloc(part->flash_size);
	if (!lufa_hid->flash)
		return DFUT_ERROR_NO_MEMORY;
	memset(lufa_hid->flash, ERASED, part->flash_size);
	for (uint32_t i = 0; i < 4u * part->page_size; i++)
		lufa_hid->flash[i] = (uint8_t)(i * 5 + 12);
	for (uint32_t i = lufa_hid->loader_start; i < part->flash_size; i++)
		lufa_hid->flash[i] = (uint8_t)(i * 3 + 1);
	return 0;
}

void dfut_sim_lufa_hid_free(struct dfut_sim_lufa_hid *lufa_hid)
{
	free(lufa_hid->flash);
}

bool dfut_sim_lufa_hid_has_application(const struct dfut_sim_lufa_hid *lufa_hid)
{
	return lufa_hid->flash[0] != ERASED || lufa_hid->flash[1] != ERASED;
}

void dfut_sim_lufa_hid_start(struct dfut_sim_lufa_hid *lufa_hid)
{
	/* Usage page FFDC, usage FB; the size is filled in */
	static const uint8_t reports[DFUT_SIM_LUFA_HID_REPORTS_SIZE] = {
		0x06, 0xdc, 0xff, 0x09, 0xfb, 0xa1, 0x01, 0x09, 0x02, 0x15, 0x00,
		0x25, 0xff, 0x75, 0x08, 0x96, 0x00, 0x00, 0x91, 0x02, 0xc0,
	};

	memcpy(lufa_hid->reports, reports, sizeof(reports));
	dfut_put_le16(&lufa_hid->reports[SIZE_OFFSET], (uint16_t)(ADDRESS_SIZE + lufa_hid->part->page_size));
}

static uint32_t get_address(const struct dfut_sim_lufa_hid *lufa_hid, const uint8_t *data)
{
	return (uint32_t)dfut_le16(data) << (lufa_hid->part->flash_size > SHORT_FLASH_SIZE ? 8 : 0);
}

/* Returns false for a page that is not wanted. */
static bool check_page(const struct dfut_sim_lufa_hid *lufa_hid, uint32_t address)
{
	bool is_aligned = address % lufa_hid->part->page_size == 0;
	bool is_behind = address >= lufa_hid->loader_start;

	if (!is_aligned || is_behind)
		dfut_sim_device_breach(lufa_hid->device, "bootloader: page 0x%x %s (bootloader at 0x%x, pages of %u)",
				       address, is_behind ? "is in the bootloader or behind it" : "is not aligned",
				       lufa_hid->loader_start, lufa_hid->part->page_size);
	return !is_behind && (is_aligned || lufa_hid->options.alignment == ALIGNMENT_UNCHECKED);
}

/* The chip's buffer of a page goes by the low bits of an address: what is not aligned is turned round in its page. */
static void write_page(struct dfut_sim_lufa_hid *lufa_hid, uint32_t address, const uint8_t *data)
{
	uint16_t size = lufa_hid->part->page_size;
	uint8_t *page = &lufa_hid->flash[address - address % size];

	for (uint16_t i = 0; i < size; i++)
		page[(address + i) % size] = data[i];
	dfut_sim_device_delay_answer(lufa_hid->device, lufa_hid->options.page_ms);
}

/* What is not fetched from the endpoint keeps the host waiting: only the first 8 bytes were taken. */
int dfut_sim_lufa_hid_take(struct dfut_sim_lufa_hid *lufa_hid, const struct dfut_sim_hid_report *report, bool *restarts)
{
	uint32_t address = get_address(lufa_hid, report->data);

	*restarts = dfut_le16(report->data) == COMMAND_START;
	if (*restarts || !check_page(lufa_hid, address))
		return DFUT_ERROR_TIMEOUT;
	write_page(lufa_hid, address, report->data + ADDRESS_SIZE);
	return 0;
}

int dfut_sim_lufa_hid_get_memory(struct dfut_sim_lufa_hid *lufa_hid, size_t index, struct dfut_sim_memory *memory)
{
	if (index > 0)
		return DFUT_ERROR_NOT_FOUND;
	*memory = (struct dfut_sim_memory){ "flash", lufa_hid->flash, lufa_hid->part->flash_size };
	return 0;
}
