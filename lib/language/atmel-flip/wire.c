/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* Atmel's FLIP on the wire: addresses are big-endian, and an end is that of the last byte. */

#include <string.h>

#include "language/atmel-flip/wire.h"

#define READ_FLASH 0
#define READ_BLANK 1
#define READ_EEPROM 2
#define ASK_SIGNATURE 1
#define SELECT_MEMORY 3

/* None is longer: LUFA takes what follows for data (LUFA, Bootloaders/DFU). */
static void put(struct flip_message *message, const uint8_t *bytes, uint16_t size)
{
	memcpy(message->bytes, bytes, size);
	message->size = size;
}

void flip_put_question(struct flip_message *message, uint8_t index)
{
	put(message, (uint8_t[]){ FLIP_GROUP_ASK, ASK_SIGNATURE, index }, 3);
}

/* LUFA knows the form with four bytes only. */
void flip_put_select_page(struct flip_message *message, bool is_two, uint16_t page)
{
	uint8_t one[] = { FLIP_GROUP_SELECT, SELECT_MEMORY, 0, (uint8_t)page };
	uint8_t two[FLIP_COMMAND_SIZE] = { FLIP_GROUP_SELECT, SELECT_MEMORY, 1, (uint8_t)(page >> 8), (uint8_t)page };

	if (is_two)
		put(message, two, sizeof(two));
	else
		put(message, one, sizeof(one));
}

void flip_put_select_unit(struct flip_message *message, enum flip_unit unit)
{
	put(message, (uint8_t[FLIP_COMMAND_SIZE]){ FLIP_GROUP_SELECT, SELECT_MEMORY, 0, (uint8_t)unit },
	    FLIP_COMMAND_SIZE);
}

void flip_put_erase(struct flip_message *message)
{
	put(message, (uint8_t[]){ FLIP_GROUP_WRITE, 0, 0xff }, 3);
}

/* By the watchdog: LUFA's other way, a jump, does not leave if there is an application. */
void flip_put_start(struct flip_message *message)
{
	put(message, (uint8_t[]){ FLIP_GROUP_WRITE, 3, 0 }, 3);
}

static void put_range(struct flip_message *message, uint8_t group, uint8_t memory, uint32_t address, uint32_t size)
{
	uint32_t last = address + size - 1;

	put(message,
	    (uint8_t[]){ group, memory, (uint8_t)(address >> 8), (uint8_t)address, (uint8_t)(last >> 8),
			 (uint8_t)last },
	    FLIP_COMMAND_SIZE);
}

void flip_put_blank_check(struct flip_message *message, uint32_t address, uint32_t size)
{
	put_range(message, FLIP_GROUP_READ, READ_BLANK, address, size);
}

void flip_put_read(struct flip_message *message, bool is_two, enum flip_unit unit, uint32_t address, uint32_t size)
{
	put_range(message, FLIP_GROUP_READ, !is_two && unit == FLIP_UNIT_EEPROM ? READ_EEPROM : READ_FLASH, address,
		  size);
}

void flip_put_program(struct flip_message *message, bool is_two, enum flip_unit unit, uint32_t address,
		      const uint8_t *data, uint32_t size)
{
	static const uint8_t suffix[FLIP_SUFFIX_SIZE] = { 0,	0,    0,    0,	  0x10, 0x44, 0x46, 0x55,
							  0x01, 0x10, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff };
	uint16_t header = is_two ? FLIP_HEADER_TWO : FLIP_HEADER_ONE;

	put_range(message, FLIP_GROUP_PROGRAM, !is_two && unit == FLIP_UNIT_EEPROM ? 1 : 0, address, size);
	memset(message->bytes + FLIP_COMMAND_SIZE, 0, header - FLIP_COMMAND_SIZE);
	memcpy(message->bytes + header, data, size);
	message->size = (uint16_t)(header + size);
	if (is_two)
		return;
	memcpy(message->bytes + message->size, suffix, sizeof(suffix));
	message->size += FLIP_SUFFIX_SIZE;
}
