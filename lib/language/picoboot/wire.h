/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* PICOBOOT as it is on the wire (pico-sdk, boot/picoboot.h): commands of 32 bytes, a status of 16, and what RP2350 tells of itself. */

#ifndef DFUT_PICOBOOT_WIRE_H
#define DFUT_PICOBOOT_WIRE_H

#include "base/base.h"
#include "language/meaning.h"

#define PICOBOOT_COMMAND_SIZE 32
#define PICOBOOT_STATUS_SIZE 16
#define PICOBOOT_ARGUMENTS_SIZE 16
/* The most that GET_INFO gives. */
#define PICOBOOT_INFO_SIZE 256

/* Control requests to the interface. */
#define PICOBOOT_RESET_TYPE 0x41
#define PICOBOOT_RESET 0x41
#define PICOBOOT_STATUS_TYPE 0xc1
#define PICOBOOT_STATUS 0x42

/* Addresses. The first bytes of the ROM tell the chip. */
#define PICOBOOT_CHIP_ADDRESS 0x10
#define PICOBOOT_CHIP_SIZE 4
#define PICOBOOT_FLASH 0x10000000
#define PICOBOOT_FLASH_PAGE 256
#define PICOBOOT_FLASH_SECTOR 4096

/* What is never sent: commands that write to one-time memory are not even here. */
enum picoboot_op {
	PICOBOOT_OP_EXCLUSIVE = 0x01, /* the drive does not write meanwhile */
	PICOBOOT_OP_REBOOT = 0x02,    /* RP2040 */
	PICOBOOT_OP_ERASE = 0x03,
	PICOBOOT_OP_WRITE = 0x05,
	PICOBOOT_OP_EXIT_XIP = 0x06,
	PICOBOOT_OP_REBOOT2 = 0x0a, /* RP2350 */
	PICOBOOT_OP_READ = 0x84,
	PICOBOOT_OP_GET_INFO = 0x8b, /* RP2350 */
};

enum picoboot_status_code {
	PICOBOOT_STATUS_OK = 0,
	PICOBOOT_STATUS_BAD_ADDRESS = 4,
	PICOBOOT_STATUS_INTERLEAVED = 6,
	PICOBOOT_STATUS_REBOOTING = 7,
	PICOBOOT_STATUS_NOT_PERMITTED = 10,
};

enum picoboot_chip {
	PICOBOOT_CHIP_UNKNOWN,
	PICOBOOT_CHIP_RP2040,
	PICOBOOT_CHIP_RP2350,
};

enum picoboot_family {
	PICOBOOT_FAMILY_RP2040 = 0x56,
	PICOBOOT_FAMILY_ABSOLUTE = 0x57,
	PICOBOOT_FAMILY_DATA = 0x58,
	PICOBOOT_FAMILY_ARM_S = 0x59,
	PICOBOOT_FAMILY_RISCV = 0x5a,
	PICOBOOT_FAMILY_ARM_NS = 0x5b,
};
/* The ids are this and one of them. */
#define PICOBOOT_FAMILIES 0xe48bff00

struct picoboot_command {
	enum picoboot_op op;
	uint8_t argument_size;
	uint8_t arguments[PICOBOOT_ARGUMENTS_SIZE];
	uint32_t length; /* of its data */
};

struct picoboot_status {
	uint32_t token;
	uint32_t code;
};

/* Where a partition is, in bytes from the beginning of flash. */
struct picoboot_place {
	uint32_t number; /* PICOBOOT_NO_PARTITION: there are none, or what is asked for goes by absolute addresses */
	uint32_t start;
	uint32_t size;
};

#define PICOBOOT_NO_PARTITION 0xff

static inline bool picoboot_is_in(enum picoboot_op op)
{
	return op & 0x80;
}

void picoboot_put_command(uint8_t frame[PICOBOOT_COMMAND_SIZE], const struct picoboot_command *command, uint32_t token);
bool picoboot_read_status(struct picoboot_status *status, const uint8_t *bytes, size_t size);
/* "bad address (4)" */
void picoboot_name_status(uint32_t code, char *text, size_t size);
/* What a person can do about it; NULL if there is nothing to say. */
const char *picoboot_get_status_hint(uint32_t code);

struct picoboot_command picoboot_take(void);
struct picoboot_command picoboot_exit_xip(void);
struct picoboot_command picoboot_erase(uint32_t address, uint32_t size);
struct picoboot_command picoboot_write(uint32_t address, uint32_t size);
struct picoboot_command picoboot_read(uint32_t address, uint32_t size);
struct picoboot_command picoboot_reboot(void);
/* What was written begins there, and is started first of all; 0: a normal start. */
struct picoboot_command picoboot_reboot2(uint32_t updated);
struct picoboot_command picoboot_ask_flash(void);
struct picoboot_command picoboot_ask_partition(uint32_t family);

const char *picoboot_chip_get_name(enum picoboot_chip chip);
enum picoboot_chip picoboot_read_chip(const uint8_t bytes[PICOBOOT_CHIP_SIZE]);
/* Bytes of flash; 0 if it does not say. */
uint32_t picoboot_read_flash_size(const uint8_t *bytes, size_t size);
/* 1: there it goes; 0: nowhere; or DFUT_ERROR_PROTOCOL for what is no answer. */
int picoboot_read_place(struct picoboot_place *place, const uint8_t *bytes, size_t size);

/* In words; of a recording. */
bool picoboot_explain(struct dfut_talk *talk, const struct dfut_tape_event *event, struct dfut_meaning *meaning);

#endif
