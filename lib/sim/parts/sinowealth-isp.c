/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/*
 * SinoWealth's ISP. The chip begins at address 0, where a jump to the bootloader always is; where the user's firmware
 * begins is kept in the last bytes in front of the bootloader, and both are exchanged for whoever reads or writes.
 */

#include <stdlib.h>
#include <string.h>

#include "sim/parts/sinowealth-isp.h"

#define PAGE_SIZE DFUT_SIM_SINOWEALTH_PAGE_SIZE
#define PAGE_HEADER_SIZE 2
#define PAGE_READ 0x72
#define PAGE_WRITE 0x77
#define LOADER_SIZE 4096
#define NOWHERE UINT32_MAX
#define ERASE_MS 2000
#define PAGE_MS 10
/* Of the 8051, with the address behind it, high byte first */
#define LJMP 0x02
#define LJMP_SIZE 3
/* The jump to the firmware, counted from the end of the user's flash: opcode, high and low byte */
#define JUMP_AT 5
#define JUMP_HIGH_AT 4
#define JUMP_LOW_AT 3
/* The least that is taken for code */
#define CODE_SIZE 4

enum command {
	COMMAND_ERASE = 0x45,
	COMMAND_READ = 0x52,
	COMMAND_ENABLE_FIRMWARE = 0x55,
	COMMAND_WRITE = 0x57,
	COMMAND_REBOOT = 0x5a,
};

enum reading {
	READING_FREE,
	READING_LOCKED,
};

enum reboot {
	REBOOT_ACK,
	REBOOT_STALL,
	REBOOT_GONE,
	REBOOT_NO,
};

void dfut_sim_sinowealth_isp_create(struct dfut_sim_sinowealth_isp *isp, struct dfut_sim_device *device)
{
	isp->device = device;
	isp->options.erase_ms = ERASE_MS;
	isp->options.page_ms = PAGE_MS;
}

static void put_jump(uint8_t *at, uint32_t address)
{
	at[0] = LJMP;
	at[1] = (uint8_t)(address >> 8);
	at[2] = (uint8_t)address;
}

int dfut_sim_sinowealth_isp_prepare(struct dfut_sim_sinowealth_isp *isp)
{
	static const uint32_t sizes[] = { 0xf000, 0x7000 };

	isp->size = sizes[isp->options.chip];
	isp->blank = isp->options.blank ? 0xff : 0x00;
	isp->flash_size = isp->size + LOADER_SIZE;
	isp->flash = malloc(isp->flash_size);
	if (!isp->flash)
		return DFUT_ERROR_NO_MEMORY;
	memset(isp->flash, isp->blank, isp->flash_size);
	for (uint32_t i = LJMP_SIZE; i < 2 * PAGE_SIZE; i++)
		isp->flash[i] = (uint8_t)(i * 3 + 1);
	for (uint32_t i = isp->size; i < isp->flash_size; i++)
		isp->flash[i] = (uint8_t)(i * 5 + 7);
	put_jump(isp->flash, isp->size);
	put_jump(&isp->flash[isp->size - JUMP_AT], 0x100);
	return 0;
}

void dfut_sim_sinowealth_isp_free(struct dfut_sim_sinowealth_isp *isp)
{
	free(isp->flash);
}

enum dfut_sim_sinowealth_start dfut_sim_sinowealth_isp_get_start(const struct dfut_sim_sinowealth_isp *isp)
{
	const uint8_t *jump = &isp->flash[isp->size - JUMP_AT];
	uint32_t entry = (uint32_t)jump[1] << 8 | jump[2];

	if (jump[0] != LJMP || entry < LJMP_SIZE || entry >= isp->size)
		return DFUT_SIM_SINOWEALTH_ISP;
	for (uint32_t i = entry; i < entry + CODE_SIZE; i++)
		if (isp->flash[i] != isp->blank)
			return DFUT_SIM_SINOWEALTH_FIRMWARE;
	return DFUT_SIM_SINOWEALTH_NOTHING;
}

void dfut_sim_sinowealth_isp_start(struct dfut_sim_sinowealth_isp *isp)
{
	isp->read_at = NOWHERE;
	isp->write_at = NOWHERE;
	isp->is_erased = false;
	isp->is_readable = isp->options.reading == READING_FREE;
	isp->is_enabled = false;
	isp->has_vector = false;
	memset(isp->is_unread, 0, sizeof(isp->is_unread));
	isp->busy_until_us = 0;
}

/* While it erases the chip answers nothing. */
static void check_busy(struct dfut_sim_sinowealth_isp *isp)
{
	uint64_t now_us = dfut_sim_device_get_time_us(isp->device);

	if (now_us >= isp->busy_until_us)
		return;
	dfut_sim_device_breach(isp->device, "ISP: a report %u ms before the erase is over",
			       (unsigned int)((isp->busy_until_us - now_us + 999) / DFUT_SIM_US_PER_MS));
	dfut_sim_device_delay_answer(isp->device, (uint32_t)((isp->busy_until_us - now_us) / DFUT_SIM_US_PER_MS) + 1);
}

/* Pages. */

static bool is_in_jump(const struct dfut_sim_sinowealth_isp *isp, uint32_t address)
{
	return address >= isp->size - JUMP_AT && address <= isp->size - JUMP_LOW_AT;
}

static uint8_t read_byte(const struct dfut_sim_sinowealth_isp *isp, uint32_t address)
{
	if (address == 1 || address == 2)
		return isp->flash[isp->size - JUMP_AT + address];
	if (address >= isp->flash_size || is_in_jump(isp, address))
		return 0;
	return isp->flash[address];
}

/* The opcode of the jump is not written this way, nor is what the chip begins with. */
static void write_byte(struct dfut_sim_sinowealth_isp *isp, uint32_t address, uint8_t byte)
{
	if (address == 1 || address == 2)
		isp->flash[isp->size - JUMP_AT + address] = byte;
	else if (address >= LJMP_SIZE && address != isp->size - JUMP_AT)
		isp->flash[address] = byte;
}

static int give_page(struct dfut_sim_sinowealth_isp *isp, uint8_t *page)
{
	if (isp->read_at == NOWHERE) {
		dfut_sim_device_note_breach(isp->device, "ISP: a page is read before it was told where");
		return 0;
	}
	for (uint32_t i = 0; isp->is_readable && i < PAGE_SIZE; i++)
		page[i] = read_byte(isp, isp->read_at + i);
	if (isp->read_at < isp->size && isp->read_at % PAGE_SIZE == 0)
		isp->is_unread[isp->read_at / PAGE_SIZE] = false;
	isp->read_at += PAGE_SIZE;
	return 0;
}

/* Whether the last page has another start of the firmware than the first one had. */
static bool spoils_vector(const struct dfut_sim_sinowealth_isp *isp, const uint8_t *page)
{
	uint32_t high = isp->size - JUMP_HIGH_AT;

	return isp->has_vector && isp->write_at + PAGE_SIZE == isp->size &&
	       memcmp(&page[high - isp->write_at], &isp->flash[high], 2) != 0;
}

static void take_page(struct dfut_sim_sinowealth_isp *isp, const uint8_t *report)
{
	const uint8_t *page = report + PAGE_HEADER_SIZE;
	const char *fault = NULL;

	if (report[1] != PAGE_WRITE)
		fault = "is not marked as one to write";
	else if (isp->write_at == NOWHERE)
		fault = "comes before it was told where";
	else if (isp->write_at >= isp->size)
		fault = "is behind the user's flash";
	if (fault) {
		dfut_sim_device_breach(isp->device, "ISP: a page %s", fault);
		return;
	}
	if (!isp->is_erased)
		dfut_sim_device_note_breach(isp->device, "ISP: a page is written where nothing was erased");
	if (spoils_vector(isp, page))
		dfut_sim_device_note_breach(isp->device, "ISP: the last page has not the vector of the first");
	for (uint32_t i = 0; i < PAGE_SIZE && isp->write_at + i < isp->size; i++)
		write_byte(isp, isp->write_at + i, page[i]);
	isp->has_vector = isp->has_vector || isp->write_at == 0;
	isp->is_unread[isp->write_at / PAGE_SIZE] = true;
	isp->write_at += PAGE_SIZE;
	dfut_sim_device_delay_answer(isp->device, isp->options.page_ms);
}

/* Commands. */

static uint32_t take_address(const struct dfut_sim_sinowealth_isp *isp, const uint8_t *report)
{
	uint32_t address = dfut_le16(report + 2);

	if (address % PAGE_SIZE)
		dfut_sim_device_breach(isp->device, "ISP: 0x%x does not begin a page", address);
	return address;
}

static void erase(struct dfut_sim_sinowealth_isp *isp)
{
	memset(isp->flash, isp->blank, isp->size);
	put_jump(isp->flash, isp->size);
	memset(isp->is_unread, 0, sizeof(isp->is_unread));
	isp->is_erased = true;
	isp->is_readable = true;
	isp->is_enabled = false;
	isp->has_vector = false;
	isp->busy_until_us = dfut_sim_device_get_time_us(isp->device) + isp->options.erase_ms * DFUT_SIM_US_PER_MS;
}

static void enable(struct dfut_sim_sinowealth_isp *isp)
{
	for (uint32_t i = 0; i < isp->size / PAGE_SIZE; i++) {
		if (!isp->is_unread[i])
			continue;
		dfut_sim_device_breach(isp->device, "ISP: enabled before page %u was read back", i);
		break;
	}
	isp->flash[isp->size - JUMP_AT] = LJMP;
	isp->is_enabled = true;
	isp->is_readable = true;
}

static int reboot(const struct dfut_sim_sinowealth_isp *isp, enum dfut_sim_sinowealth_event *event)
{
	switch ((enum reboot)isp->options.reboot) {
	case REBOOT_ACK:
		*event = DFUT_SIM_SINOWEALTH_RESTARTS;
		return 0;
	case REBOOT_STALL:
		*event = DFUT_SIM_SINOWEALTH_RESTARTS;
		return DFUT_ERROR_DEVICE;
	case REBOOT_GONE:
		*event = DFUT_SIM_SINOWEALTH_RESTARTS_AT_ONCE;
		return DFUT_ERROR_TIMEOUT;
	case REBOOT_NO:
		break;
	}
	return DFUT_ERROR_DEVICE;
}

static int run_command(struct dfut_sim_sinowealth_isp *isp, const uint8_t *report,
		       enum dfut_sim_sinowealth_event *event)
{
	switch ((enum command)report[1]) {
	case COMMAND_READ:
		isp->read_at = take_address(isp, report);
		return 0;
	case COMMAND_WRITE:
		isp->write_at = take_address(isp, report);
		return 0;
	case COMMAND_ERASE:
		erase(isp);
		return 0;
	case COMMAND_ENABLE_FIRMWARE:
		enable(isp);
		return 0;
	case COMMAND_REBOOT:
		return reboot(isp, event);
	}
	dfut_sim_device_breach(isp->device, "ISP: command 0x%02x, which it does not have", report[1]);
	return DFUT_ERROR_DEVICE;
}

static void check_rest(const struct dfut_sim_sinowealth_isp *isp, const uint8_t *report)
{
	static const uint8_t zeros[DFUT_SIM_SINOWEALTH_COMMAND_SIZE - 2];

	if (report[1] != COMMAND_READ && report[1] != COMMAND_WRITE && memcmp(report + 2, zeros, sizeof(zeros)) != 0)
		dfut_sim_device_breach(isp->device, "ISP: command 0x%02x is not followed by zeros", report[1]);
}

int dfut_sim_sinowealth_isp_take(struct dfut_sim_sinowealth_isp *isp, const struct dfut_sim_hid_report *report,
				 enum dfut_sim_sinowealth_event *event)
{
	*event = DFUT_SIM_SINOWEALTH_STAYS;
	check_busy(isp);
	if (report->id == DFUT_SIM_SINOWEALTH_PAGE_REPORT) {
		take_page(isp, report->data);
		return 0;
	}
	check_rest(isp, report->data);
	return run_command(isp, report->data, event);
}

int dfut_sim_sinowealth_isp_give(struct dfut_sim_sinowealth_isp *isp, const struct dfut_sim_hid_report *report)
{
	check_busy(isp);
	if (report->id != DFUT_SIM_SINOWEALTH_PAGE_REPORT)
		return 0;
	report->data[1] = PAGE_READ;
	return give_page(isp, report->data + PAGE_HEADER_SIZE);
}

int dfut_sim_sinowealth_isp_get_memory(struct dfut_sim_sinowealth_isp *isp, size_t index,
				       struct dfut_sim_memory *memory)
{
	if (index > 0)
		return DFUT_ERROR_NOT_FOUND;
	*memory = (struct dfut_sim_memory){ "flash", isp->flash, isp->flash_size };
	return 0;
}
