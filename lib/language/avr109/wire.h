/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* AVR109 on the wire: a command is a letter and what belongs to it, without frame or checksum. Numbers are big-endian. */

#ifndef DFUT_AVR109_WIRE_H
#define DFUT_AVR109_WIRE_H

#include "base/base.h"
#include "language/meaning.h"

#define AVR109_ACK '\r'
/* What is no command */
#define AVR109_UNKNOWN '?'
#define AVR109_YES 'Y'
/* Has no answer, and ends what a bootloader still waits for */
#define AVR109_ESC 0x1b

/* The most that is written or read at once: a page of an XMEGA */
#define AVR109_BLOCK_MAX 512
#define AVR109_HEADER_SIZE 4
#define AVR109_MESSAGE_MAX (AVR109_HEADER_SIZE + AVR109_BLOCK_MAX)
#define AVR109_ID_SIZE 7
#define AVR109_SIGNATURE_SIZE 3

/* Lock bits and fuses are never written: there are no commands for them here. */
enum avr109_command {
	AVR109_GET_ID = 'S',
	AVR109_GET_SOFTWARE = 'V',
	AVR109_GET_HARDWARE = 'v',
	AVR109_GET_KIND = 'p', /* of programmer: 'S' for serial */
	AVR109_GET_INCREMENT = 'a',
	AVR109_GET_BLOCK = 'b',
	AVR109_GET_DEVICES = 't',
	AVR109_GET_SIGNATURE = 's',
	AVR109_ENTER = 'P',
	AVR109_FINISH = 'L',
	AVR109_ERASE = 'e', /* the flash that is not the bootloader's */
	AVR109_EXIT = 'E',
};

enum avr109_memory {
	AVR109_FLASH = 'F',
	AVR109_EEPROM = 'E',
};

struct avr109_message {
	uint16_t size;
	uint8_t bytes[AVR109_MESSAGE_MAX];
};

void avr109_put_command(struct avr109_message *message, enum avr109_command command);
/* address: of a byte. Flash is counted in words. */
void avr109_put_address(struct avr109_message *message, enum avr109_memory memory, uint32_t address);
/* From the address that was set: size bytes, AVR109_BLOCK_MAX at most. */
void avr109_put_read(struct avr109_message *message, enum avr109_memory memory, uint16_t size);
/* data: NULL for filler, as erased flash has it. */
void avr109_put_write(struct avr109_message *message, enum avr109_memory memory, const uint8_t *data, uint16_t size);

/* In words; of a recording. */
bool avr109_explain(struct dfut_talk *talk, const struct dfut_tape_event *event, struct dfut_meaning *meaning);

#endif
