/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* Commands, status and answers of PICOBOOT (pico-sdk, boot/picoboot.h and boot/picobin.h). */

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "language/picoboot/wire.h"

#define MAGIC 0x431fd10b
#define ARGUMENTS 16

/* The acknowledgement gets through before the device is gone. */
#define REBOOT_DELAY_MS 100
#define REBOOT2_NORMAL 0
#define REBOOT2_FLASH_UPDATE 4

/* GET_INFO: what is asked for, and of the system what. */
#define INFO_SYSTEM 1
#define INFO_TARGET_PARTITION 3
#define SYSTEM_FLASH 0x08
/* As in OTP's FLASH_DEVINFO (RP2350 datasheet, 13.9): 4 KiB << size, 0 for none. */
#define FLASH_SIZE_SHIFT 8
#define FLASH_SIZE_MASK 0x0f
#define FLASH_SIZE_MAX 12
/* A partition's location: its first and its last sector. */
#define LAST_SECTOR_SHIFT 13
#define SECTOR_MASK 0x1fff

void picoboot_put_command(uint8_t frame[PICOBOOT_COMMAND_SIZE], const struct picoboot_command *command, uint32_t token)
{
	memset(frame, 0, PICOBOOT_COMMAND_SIZE);
	dfut_put_le32(frame, MAGIC);
	dfut_put_le32(frame + 4, token);
	frame[8] = (uint8_t)command->op;
	frame[9] = command->argument_size;
	dfut_put_le32(frame + 12, command->length);
	memcpy(frame + ARGUMENTS, command->arguments, sizeof(command->arguments));
}

bool picoboot_read_status(struct picoboot_status *status, const uint8_t *bytes, size_t size)
{
	if (size < PICOBOOT_STATUS_SIZE)
		return false;
	*status = (struct picoboot_status){ dfut_le32(bytes), dfut_le32(bytes + 4) };
	return true;
}

void picoboot_name_status(uint32_t code, char *text, size_t size)
{
	static const char *const names[] = {
		"no error",
		"unknown command",
		"bad length of arguments",
		"bad transfer length",
		"bad address",
		"bad alignment",
		"its drive is written to at the same time",
		"it is restarting",
		"unknown error",
		"invalid state",
		"not permitted",
		"invalid argument",
		"buffer too small",
		"precondition not met",
		"modified data",
		"invalid data",
		"not found",
		"unsupported modification",
	};

	snprintf(text, size, "%s (%" PRIu32 ")", code < DFUT_COUNT(names) ? names[code] : "unknown code", code);
}

const char *picoboot_get_status_hint(uint32_t code)
{
	if (code == PICOBOOT_STATUS_BAD_ADDRESS)
		return "is the image for a board with more flash?";
	if (code == PICOBOOT_STATUS_INTERLEAVED)
		return "leave its drive alone meanwhile, and run it again";
	if (code == PICOBOOT_STATUS_REBOOTING)
		return "run it again once it is back in its bootloader";
	if (code == PICOBOOT_STATUS_NOT_PERMITTED)
		return "the partition, or what is set in the chip's one-time memory, does not let the bootloader do that";
	return NULL;
}

struct picoboot_command picoboot_take(void)
{
	return (struct picoboot_command){ PICOBOOT_OP_EXCLUSIVE, 1, { 1 }, 0 };
}

struct picoboot_command picoboot_exit_xip(void)
{
	return (struct picoboot_command){ .op = PICOBOOT_OP_EXIT_XIP };
}

static struct picoboot_command make_range(enum picoboot_op op, uint32_t address, uint32_t size, uint32_t length)
{
	struct picoboot_command command = { .op = op, .argument_size = 8, .length = length };

	dfut_put_le32(command.arguments, address);
	dfut_put_le32(command.arguments + 4, size);
	return command;
}

struct picoboot_command picoboot_erase(uint32_t address, uint32_t size)
{
	return make_range(PICOBOOT_OP_ERASE, address, size, 0);
}

struct picoboot_command picoboot_write(uint32_t address, uint32_t size)
{
	return make_range(PICOBOOT_OP_WRITE, address, size, size);
}

struct picoboot_command picoboot_read(uint32_t address, uint32_t size)
{
	return make_range(PICOBOOT_OP_READ, address, size, size);
}

/* PC 0: as after power-on; SP has no meaning then. */
struct picoboot_command picoboot_reboot(void)
{
	struct picoboot_command command = { .op = PICOBOOT_OP_REBOOT, .argument_size = 12 };

	dfut_put_le32(command.arguments + 8, REBOOT_DELAY_MS);
	return command;
}

struct picoboot_command picoboot_reboot2(uint32_t updated)
{
	struct picoboot_command command = { .op = PICOBOOT_OP_REBOOT2, .argument_size = 16 };

	dfut_put_le32(command.arguments, updated ? REBOOT2_FLASH_UPDATE : REBOOT2_NORMAL);
	dfut_put_le32(command.arguments + 4, REBOOT_DELAY_MS);
	dfut_put_le32(command.arguments + 8, updated);
	return command;
}

static struct picoboot_command make_question(uint8_t type, uint32_t parameter)
{
	struct picoboot_command command = {
		.op = PICOBOOT_OP_GET_INFO, .argument_size = 16, .arguments = { type }, .length = PICOBOOT_INFO_SIZE
	};

	dfut_put_le32(command.arguments + 4, parameter);
	return command;
}

struct picoboot_command picoboot_ask_flash(void)
{
	return make_question(INFO_SYSTEM, SYSTEM_FLASH);
}

struct picoboot_command picoboot_ask_partition(uint32_t family)
{
	return make_question(INFO_TARGET_PARTITION, family);
}

const char *picoboot_chip_get_name(enum picoboot_chip chip)
{
	static const char *const names[] = { "unknown chip", "RP2040", "RP2350" };

	return names[chip];
}

enum picoboot_chip picoboot_read_chip(const uint8_t bytes[PICOBOOT_CHIP_SIZE])
{
	if (bytes[0] != 'M' || bytes[1] != 'u')
		return PICOBOOT_CHIP_UNKNOWN;
	return bytes[2] == 1 ? PICOBOOT_CHIP_RP2040 : bytes[2] == 2 ? PICOBOOT_CHIP_RP2350 : PICOBOOT_CHIP_UNKNOWN;
}

/* How many words of an answer there are behind the first, which says it. */
static size_t count_words(const uint8_t *bytes, size_t size)
{
	size_t words = size / 4;

	if (!words)
		return 0;
	return dfut_le32(bytes) < words - 1 ? dfut_le32(bytes) : words - 1;
}

uint32_t picoboot_read_flash_size(const uint8_t *bytes, size_t size)
{
	uint32_t code;

	if (count_words(bytes, size) < 2 || !(dfut_le32(bytes + 4) & SYSTEM_FLASH))
		return 0;
	code = dfut_le32(bytes + 8) >> FLASH_SIZE_SHIFT & FLASH_SIZE_MASK;
	return code && code <= FLASH_SIZE_MAX ? UINT32_C(4096) << code : 0;
}

int picoboot_read_place(struct picoboot_place *place, const uint8_t *bytes, size_t size)
{
	uint32_t first, last;

	if (count_words(bytes, size) < 1)
		return DFUT_ERROR_PROTOCOL;
	*place = (struct picoboot_place){ .number = dfut_le32(bytes + 4) };
	if (place->number == UINT32_MAX)
		return 0;
	if (place->number == PICOBOOT_NO_PARTITION)
		return 1;
	if (count_words(bytes, size) < 2)
		return DFUT_ERROR_PROTOCOL;
	first = dfut_le32(bytes + 8) & SECTOR_MASK;
	last = dfut_le32(bytes + 8) >> LAST_SECTOR_SHIFT & SECTOR_MASK;
	if (first > last)
		return DFUT_ERROR_PROTOCOL;
	place->start = first * PICOBOOT_FLASH_SECTOR;
	place->size = (last - first + 1) * PICOBOOT_FLASH_SECTOR;
	return 1;
}
