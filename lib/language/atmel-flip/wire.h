/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* Atmel's FLIP on the wire (doc7618, AVR1916): commands, as a DNLOAD of DFU carries them. */

#ifndef DFUT_FLIP_WIRE_H
#define DFUT_FLIP_WIRE_H

#include "base/base.h"
#include "language/meaning.h"

/* The most that is written or read at once */
#define FLIP_PIECE_SIZE 0x400
/* Addresses have 16 bits; a page of 64 KiB is selected before. */
#define FLIP_PAGE_SIZE 0x10000u
#define FLIP_COMMAND_SIZE 6
/* A message that programs: the command fills a packet of endpoint 0, the data follows, and of FLIP 1 a suffix. */
#define FLIP_HEADER_ONE 32
#define FLIP_HEADER_TWO 64
#define FLIP_SUFFIX_SIZE 16
#define FLIP_MESSAGE_MAX (FLIP_HEADER_TWO + FLIP_PIECE_SIZE + FLIP_SUFFIX_SIZE)

/* What a command begins with */
enum flip_group {
	FLIP_GROUP_PROGRAM = 1,
	FLIP_GROUP_READ = 3,
	FLIP_GROUP_WRITE = 4,
	FLIP_GROUP_ASK = 5,
	FLIP_GROUP_SELECT = 6,
};

/* Memories of FLIP 2; those of FLIP 1 are flash and EEPROM. Others are never selected. */
enum flip_unit {
	FLIP_UNIT_FLASH = 0,
	FLIP_UNIT_EEPROM = 1,
	FLIP_UNIT_SECURITY = 2,
	FLIP_UNIT_SIGNATURE = 5,
	FLIP_UNIT_USER = 6,
};

struct flip_message {
	uint16_t size;
	uint8_t bytes[FLIP_MESSAGE_MAX];
};

/* FLIP 1: a byte of the signature. */
void flip_put_question(struct flip_message *message, uint8_t index);
void flip_put_select_page(struct flip_message *message, bool is_two, uint16_t page);
void flip_put_select_unit(struct flip_message *message, enum flip_unit unit);
void flip_put_erase(struct flip_message *message);
void flip_put_start(struct flip_message *message);
/* Ranges are of one page of 64 KiB: an address in it, and how many bytes. */
void flip_put_blank_check(struct flip_message *message, uint32_t address, uint32_t size);
void flip_put_read(struct flip_message *message, bool is_two, enum flip_unit unit, uint32_t address, uint32_t size);
/* size: FLIP_PIECE_SIZE at most. */
void flip_put_program(struct flip_message *message, bool is_two, enum flip_unit unit, uint32_t address,
		      const uint8_t *data, uint32_t size);

/* In words; of a recording. */
bool flip_explain(struct dfut_talk *talk, const struct dfut_tape_event *event, struct dfut_meaning *meaning);

#endif
