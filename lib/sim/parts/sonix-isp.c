/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* SONiX's ISP: commands and answers of 64 bytes, and data that nothing but their number tells from commands. */

#include <stdlib.h>
#include <string.h>

#include "sim/parts/sonix-isp.h"

#define ERASED 0xff
#define BLOCK_SIZE DFUT_SIM_SONIX_REPORT_SIZE

enum command {
	COMMAND_GET_VERSION = 1,
	COMMAND_COMPARE_CODE_OPTION = 2,
	COMMAND_SET_CODE_OPTION = 3,
	COMMAND_ERASE = 4,
	COMMAND_PROGRAM = 5,
	COMMAND_RETURN_TO_USER_CODE = 7,
};

/* Of every command and reply: the command, and this times 256 */
#define COMMAND_MARK 0x55aa
#define STATUS_DONE 0xfafafafau
#define FAMILY_SN32 32

/* In reports */
enum {
	STATUS = 4,
	PARAMETER = 4,
	SECOND_PARAMETER = 6,
	THIRD_PARAMETER = 8,
	CHECKSUM = 8,
	FAMILY = 8,
	SUB_FAMILY = 9,
	MEMBER = 11,
	CODE_OPTION = 12,
	LEVEL = 14,
	LAST_BYTES = 60,
};

/* In the settings */
enum {
	SETTING_CODE_OPTION = 0,
	SETTING_LEVEL = 2,
};

enum spoil {
	SPOIL_NONE,
	SPOIL_ERASE,
	SPOIL_PROGRAM,
};

/* What SonixFlasherC waits after each step, and after programming */
#define PAUSE_US 1000000
#define PROGRAMMED_PAUSE_US 2000000
#define BUSY_MS 300

/* SonixQMK's jumploader: where the program behind it begins, and the word that it looks for in RAM */
#define JUMPLOADER_SIZE 0x200
#define JUMPLOADER_WORD 0x626c6472
#define STACK_MASK 0xfffe0001
#define STACK_BASE 0x20000000

static const struct dfut_sim_sonix_chip chips[] = {
	{ 1, 1, false, false, 0x4000, 1024, 0xffff, 0x7900 },  { 1, 2, false, false, 0x8000, 1024, 0xffff, 0x7900 },
	{ 1, 3, false, false, 0x10000, 1024, 0xffff, 0x7900 }, { 2, 0, true, true, 0x7800, 64, 0x0000, 0x7010 },
	{ 3, 0, true, false, 0x10000, 64, 0x0000, 0x7040 },    { 4, 0, false, false, 0x20000, 1024, 0xffff, 0x7120 },
	{ 5, 0, false, false, 0x40000, 1024, 0xffff, 0x7140 }, { 6, 0, false, false, 0x20000, 1024, 0xffff, 0x7160 },
};

void dfut_sim_sonix_isp_create(struct dfut_sim_sonix_isp *isp, struct dfut_sim_device *device)
{
	isp->device = device;
	isp->options.chip = DFUT_SIM_SN32F24XB;
	isp->options.family = FAMILY_SN32;
	isp->options.wipe = true;
	isp->options.erase_ms = BUSY_MS;
	isp->options.program_ms = BUSY_MS;
}

static void put_program(uint8_t *flash, uint32_t at, size_t size)
{
	for (size_t i = 8; i < size; i++)
		flash[at + i] = (uint8_t)(i * 3 + 1);
	dfut_put_le32(&flash[at], STACK_BASE + 0x800);
	dfut_put_le32(&flash[at + 4], at + 0xc1);
}

int dfut_sim_sonix_isp_prepare(struct dfut_sim_sonix_isp *isp)
{
	static const uint16_t levels[] = { 0, 0x5a5a, 0xa5a5, 0x55aa };
	const struct dfut_sim_sonix_chip *chip = &chips[isp->options.chip];

	isp->chip = chip;
	isp->flash = malloc(chip->flash_size);
	if (!isp->flash)
		return DFUT_ERROR_NO_MEMORY;
	memset(isp->flash, ERASED, chip->flash_size);
	put_program(isp->flash, 0, JUMPLOADER_SIZE);
	if (chip->has_no_rom) {
		dfut_put_le32(&isp->flash[JUMPLOADER_SIZE - 4], JUMPLOADER_WORD);
		put_program(isp->flash, JUMPLOADER_SIZE, JUMPLOADER_SIZE);
	}
	dfut_put_le16(&isp->settings[SETTING_CODE_OPTION], isp->options.code_option);
	dfut_put_le16(&isp->settings[SETTING_LEVEL],
		      isp->options.security ? levels[isp->options.security] : chip->open_level);
	return 0;
}

void dfut_sim_sonix_isp_free(struct dfut_sim_sonix_isp *isp)
{
	free(isp->flash);
}

/* Starting. */

static bool has_stack(const struct dfut_sim_sonix_isp *isp, uint32_t at)
{
	return (dfut_le32(&isp->flash[at]) & STACK_MASK) == STACK_BASE;
}

static bool has_jumploader(const struct dfut_sim_sonix_isp *isp)
{
	for (uint32_t at = 0; at < JUMPLOADER_SIZE; at += 4)
		if (dfut_le32(&isp->flash[at]) == JUMPLOADER_WORD)
			return true;
	return false;
}

enum dfut_sim_sonix_start dfut_sim_sonix_isp_get_start(const struct dfut_sim_sonix_isp *isp)
{
	uint32_t reset = dfut_le32(&isp->flash[4]);
	bool is_program = has_stack(isp, 0) && reset & 1 && reset < isp->chip->flash_size;

	if (is_program && has_jumploader(isp))
		return has_stack(isp, JUMPLOADER_SIZE) ? DFUT_SIM_SONIX_PROGRAM : DFUT_SIM_SONIX_ISP;
	if (isp->chip->has_no_rom)
		return is_program ? DFUT_SIM_SONIX_NO_WAY_IN : DFUT_SIM_SONIX_NOTHING;
	return is_program ? DFUT_SIM_SONIX_PROGRAM : DFUT_SIM_SONIX_ISP;
}

void dfut_sim_sonix_isp_start(struct dfut_sim_sonix_isp *isp)
{
	memset(isp->reply, 0, sizeof(isp->reply));
	isp->command = 0;
	isp->busy_until_us = 0;
	isp->is_erased = false;
	isp->next = isp->end = 0;
}

static bool is_busy(const struct dfut_sim_sonix_isp *isp)
{
	return dfut_sim_device_get_time_us(isp->device) < isp->busy_until_us;
}

static void work(struct dfut_sim_sonix_isp *isp, uint32_t ms)
{
	isp->busy_until_us = dfut_sim_device_get_time_us(isp->device) + ms * DFUT_SIM_US_PER_MS;
}

/* Answers. */

static uint16_t get_checksum(const struct dfut_sim_sonix_isp *isp, uint32_t end)
{
	uint16_t sum = 0;

	for (uint32_t at = 0; at < end; at += 2)
		sum = (uint16_t)(sum + dfut_le16(&isp->flash[at]));
	return sum;
}

static void accept(struct dfut_sim_sonix_isp *isp)
{
	dfut_put_le32(&isp->reply[STATUS], STATUS_DONE);
}

static void put_be16(uint8_t *bytes, const uint8_t *le16)
{
	bytes[0] = le16[1];
	bytes[1] = le16[0];
}

static void refuse(struct dfut_sim_sonix_isp *isp, const char *what)
{
	dfut_sim_device_breach(isp->device, "ISP: command %u: %s", isp->command, what);
}

static bool is_open(const struct dfut_sim_sonix_isp *isp)
{
	return dfut_le16(&isp->settings[SETTING_LEVEL]) == isp->chip->open_level;
}

/* Commands. */

static bool has_code_option(const struct dfut_sim_sonix_isp *isp, const uint8_t *data)
{
	return memcmp(&isp->settings[SETTING_CODE_OPTION], data + PARAMETER, 2) == 0;
}

static void tell_version(struct dfut_sim_sonix_isp *isp, const uint8_t *data)
{
	if (dfut_le16(data + PARAMETER) && !has_code_option(isp, data))
		refuse(isp, "another code option than the one that was told");
	isp->reply[FAMILY] = (uint8_t)isp->options.family;
	isp->reply[SUB_FAMILY] = isp->options.sub_family ? (uint8_t)isp->options.sub_family : isp->chip->sub_family;
	isp->reply[MEMBER] = isp->chip->member;
	put_be16(&isp->reply[CODE_OPTION], &isp->settings[SETTING_CODE_OPTION]);
	put_be16(&isp->reply[LEVEL], &isp->settings[SETTING_LEVEL]);
	accept(isp);
}

static void compare_code_option(struct dfut_sim_sonix_isp *isp, const uint8_t *data)
{
	if (isp->chip->erases_itself) {
		refuse(isp, "this chip does not know it");
	} else if (!has_code_option(isp, data)) {
		refuse(isp, "another code option than the one that was told");
	} else {
		accept(isp);
	}
}

static void set_code_option(struct dfut_sim_sonix_isp *isp, const uint8_t *data)
{
	bool was_open = is_open(isp);

	if (!has_code_option(isp, data))
		refuse(isp, "another code option than the one that was told");
	memcpy(isp->settings, data + PARAMETER, sizeof(isp->settings));
	if (!is_open(isp))
		refuse(isp, "a code security that locks the chip");
	else if (!was_open && isp->options.wipe)
		memset(isp->flash, ERASED, isp->chip->flash_size);
	accept(isp);
}

static void erase(struct dfut_sim_sonix_isp *isp, const uint8_t *data)
{
	uint16_t page_size = isp->chip->page_size;
	uint32_t first = dfut_le16(data + PARAMETER), count = dfut_le16(data + THIRD_PARAMETER);

	if (isp->chip->erases_itself) {
		refuse(isp, "this chip erases while it is programmed");
		return;
	}
	if (!is_open(isp) || !count || (first + count) * page_size > isp->chip->flash_size) {
		refuse(isp, is_open(isp) ? "no such pages" : "the chip is protected");
		return;
	}
	memset(&isp->flash[first * page_size], ERASED, (size_t)count * page_size);
	if (isp->options.spoil == SPOIL_ERASE)
		isp->flash[first * page_size] = 0;
	isp->is_erased = count * page_size == isp->chip->flash_size;
	work(isp, isp->options.erase_ms);
	dfut_put_le16(&isp->reply[CHECKSUM], get_checksum(isp, isp->chip->flash_size));
	accept(isp);
}

static void program(struct dfut_sim_sonix_isp *isp, const uint8_t *data)
{
	uint32_t offset = dfut_le32(data + PARAMETER), count = dfut_le32(data + THIRD_PARAMETER);
	uint32_t room = offset < isp->chip->flash_size ? (isp->chip->flash_size - offset) / BLOCK_SIZE : 0;

	if (!is_open(isp) || offset % BLOCK_SIZE || !count || count > room) {
		refuse(isp, is_open(isp) ? "no such blocks" : "the chip is protected");
		return;
	}
	if (!isp->chip->erases_itself && !isp->is_erased)
		refuse(isp, "the flash was not erased");
	isp->start = isp->next = offset;
	isp->end = offset + count * BLOCK_SIZE;
	isp->is_told = isp->is_asked = false;
	accept(isp);
}

/* Zeros follow the parameters. */
static void check_rest(struct dfut_sim_sonix_isp *isp, const uint8_t *data)
{
	static const uint8_t used[] = { 4, 6, 6, 8, 10, 12, 4, 4 };
	size_t at = data[0] < DFUT_COUNT(used) ? used[data[0]] : DFUT_SIM_SONIX_REPORT_SIZE;

	if (data[0] == COMMAND_ERASE && dfut_le16(data + SECOND_PARAMETER))
		at = SECOND_PARAMETER;
	for (; at < DFUT_SIM_SONIX_REPORT_SIZE; at++) {
		if (data[at] == 0)
			continue;
		dfut_sim_device_breach(isp->device, "ISP: command %u: 0x%02x at %u, which is to be 0", data[0],
				       data[at], (unsigned int)at);
		return;
	}
}

static void check_pause(struct dfut_sim_sonix_isp *isp, uint8_t command)
{
	uint64_t passed_us = dfut_sim_device_get_time_us(isp->device) - isp->moved_us;
	uint64_t wanted_us = isp->command == COMMAND_PROGRAM ? PROGRAMMED_PAUSE_US : PAUSE_US;

	if (isp->command && passed_us < wanted_us)
		dfut_sim_device_breach(isp->device, "ISP: command %u comes %u ms after command %u instead of %u",
				       command, (unsigned int)(passed_us / DFUT_SIM_US_PER_MS), isp->command,
				       (unsigned int)(wanted_us / DFUT_SIM_US_PER_MS));
}

static void run_command(struct dfut_sim_sonix_isp *isp, const uint8_t *data)
{
	switch ((enum command)data[0]) {
	case COMMAND_GET_VERSION:
		tell_version(isp, data);
		return;
	case COMMAND_COMPARE_CODE_OPTION:
		compare_code_option(isp, data);
		return;
	case COMMAND_SET_CODE_OPTION:
		set_code_option(isp, data);
		return;
	case COMMAND_ERASE:
		erase(isp, data);
		return;
	case COMMAND_PROGRAM:
		program(isp, data);
		return;
	case COMMAND_RETURN_TO_USER_CODE:
		accept(isp);
		return;
	}
	refuse(isp, "nobody knows what it does");
}

/* Data. */

static void finish(struct dfut_sim_sonix_isp *isp, const uint8_t *last)
{
	if (isp->options.spoil == SPOIL_PROGRAM)
		isp->flash[isp->start] ^= 1;
	if (isp->chip->erases_itself)
		work(isp, isp->options.program_ms);
	dfut_put_le16(&isp->reply[CHECKSUM], get_checksum(isp, isp->end));
	memcpy(&isp->reply[LAST_BYTES], last + LAST_BYTES, BLOCK_SIZE - LAST_BYTES);
}

/* A chip that is still waiting for data does not know that a new host sends it a command. */
static void take_block(struct dfut_sim_sonix_isp *isp, const uint8_t *data)
{
	uint8_t *block = &isp->flash[isp->next];

	isp->is_asked = dfut_le32(data) == (COMMAND_MARK << 8 | COMMAND_GET_VERSION);
	if (!isp->is_told && !isp->is_asked)
		dfut_sim_device_note_breach(isp->device, "ISP: data before the reply was read that asks for it");
	isp->is_told = true;
	for (size_t i = 0; i < BLOCK_SIZE; i++)
		block[i] = isp->chip->erases_itself ? data[i] : block[i] & data[i];
	isp->next += BLOCK_SIZE;
	if (isp->next == isp->end)
		finish(isp, data);
}

int dfut_sim_sonix_isp_take(struct dfut_sim_sonix_isp *isp, const uint8_t *data, bool *restarts)
{
	*restarts = false;
	if (is_busy(isp)) {
		dfut_sim_device_breach(isp->device, "ISP: a report while command %u is at work", isp->command);
		return DFUT_ERROR_DEVICE;
	}
	if (isp->next < isp->end) {
		take_block(isp, data);
		isp->moved_us = dfut_sim_device_get_time_us(isp->device);
		return 0;
	}
	check_pause(isp, data[0]);
	memset(isp->reply, 0, sizeof(isp->reply));
	memcpy(isp->reply, data, STATUS);
	isp->command = data[0];
	isp->moved_us = dfut_sim_device_get_time_us(isp->device);
	if (dfut_le32(data) >> 8 != COMMAND_MARK) {
		refuse(isp, "is none");
		return 0;
	}
	check_rest(isp, data);
	run_command(isp, data);
	*restarts = data[0] == COMMAND_RETURN_TO_USER_CODE;
	return 0;
}

int dfut_sim_sonix_isp_give(struct dfut_sim_sonix_isp *isp, uint8_t *data)
{
	if (is_busy(isp))
		return DFUT_ERROR_DEVICE;
	if (isp->next < isp->end && isp->next > isp->start && !isp->is_asked)
		dfut_sim_device_note_breach(isp->device, "ISP: GET_REPORT among the data");
	isp->is_told = true;
	isp->moved_us = dfut_sim_device_get_time_us(isp->device);
	memcpy(data, isp->reply, sizeof(isp->reply));
	return 0;
}

int dfut_sim_sonix_isp_get_memory(struct dfut_sim_sonix_isp *isp, size_t index, struct dfut_sim_memory *memory)
{
	if (index == 0)
		*memory = (struct dfut_sim_memory){ "flash", isp->flash, isp->chip->flash_size };
	else if (index == 1)
		*memory = (struct dfut_sim_memory){ "settings", isp->settings, sizeof(isp->settings) };
	return index < 2 ? 0 : DFUT_ERROR_NOT_FOUND;
}
