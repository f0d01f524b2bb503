/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* AVR109 on the wire (Atmel's application note AVR109; LUFA, Bootloaders/CDC). */

#include <string.h>

#include "language/avr109/wire.h"

#define SET_ADDRESS 'A'
/* Of more than 64 K words */
#define SET_FAR_ADDRESS 'H'
#define READ_BLOCK 'g'
#define WRITE_BLOCK 'B'

void avr109_put_command(struct avr109_message *message, enum avr109_command command)
{
	message->bytes[0] = (uint8_t)command;
	message->size = 1;
}

void avr109_put_address(struct avr109_message *message, enum avr109_memory memory, uint32_t address)
{
	uint32_t place = memory == AVR109_FLASH ? address / 2 : address;
	uint8_t *bytes = message->bytes;

	*bytes++ = place > UINT16_MAX ? SET_FAR_ADDRESS : SET_ADDRESS;
	if (place > UINT16_MAX)
		*bytes++ = (uint8_t)(place >> 16);
	*bytes++ = (uint8_t)(place >> 8);
	*bytes++ = (uint8_t)place;
	message->size = (uint16_t)(bytes - message->bytes);
}

static void put_header(struct avr109_message *message, uint8_t command, enum avr109_memory memory, uint16_t size)
{
	message->bytes[0] = command;
	message->bytes[1] = (uint8_t)(size >> 8);
	message->bytes[2] = (uint8_t)size;
	message->bytes[3] = (uint8_t)memory;
	message->size = AVR109_HEADER_SIZE;
}

void avr109_put_read(struct avr109_message *message, enum avr109_memory memory, uint16_t size)
{
	put_header(message, READ_BLOCK, memory, size);
}

void avr109_put_write(struct avr109_message *message, enum avr109_memory memory, const uint8_t *data, uint16_t size)
{
	put_header(message, WRITE_BLOCK, memory, size);
	if (data)
		memcpy(message->bytes + AVR109_HEADER_SIZE, data, size);
	else
		memset(message->bytes + AVR109_HEADER_SIZE, 0xff, size);
	message->size += size;
}
