/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/*
 * SAM-BA's dialect 2.0. The RA4M1's loader (arduino-renesas-bootloader, src/bossa.c) hears its bridge at a fixed speed, looks
 * at a line when its last byte is '#', and at numbers where they are in bossac's. That of a Nano 33 BLE is on USB and does
 * the same with its numbers and buffer; addresses of both count from the application on.
 */

#include <string.h>

#include "sim/parts/samba.h"

#define FIRST_NUMBER 1u
#define SECOND_NUMBER 10u
#define CRC_LIMIT 4096u
#define ERASED_BLOCKS 2u
#define BAUD 230400u
#define BAUD_WITH_DFU 115200u
#define BAUD_OF_ROM 2400u
/* 8 KiB as text, each byte 5 ms after the last one */
#define DUMP_US 40960000u

static bool is_ra4m1(const struct dfut_sim_samba *samba)
{
	return samba->kind->dialect == DFUT_SIM_SAMBA_RA4M1;
}

/* As strtoul() does; what earlier lines left behind this one is read, too. */
static uint32_t get_number(const struct dfut_sim_samba *samba, size_t at)
{
	uint32_t number = 0;

	for (; at < sizeof(samba->line); at++) {
		uint8_t byte = samba->line[at];
		uint8_t lower = byte | 0x20;

		if (byte >= '0' && byte <= '9')
			number = number << 4 | (uint32_t)(byte - '0');
		else if (lower >= 'a' && lower <= 'f')
			number = number << 4 | (uint32_t)(lower - 'a' + 10);
		else
			break;
	}
	return number;
}

/* Writing. */

static void erase_blocks(struct dfut_sim_samba *samba, uint32_t offset, uint32_t count)
{
	uint32_t erase_size = samba->kind->erase_size;

	for (uint32_t i = 0; i < count && offset <= samba->kind->size - erase_size; i++, offset += erase_size) {
		if (!dfut_sim_samba_erase(samba, offset, erase_size))
			return;
		dfut_sim_samba_take_time(samba, dfut_sim_samba_get_erase_us(samba));
	}
}

static bool is_written(const struct dfut_sim_samba *samba, uint32_t offset, uint32_t size)
{
	uint32_t unit = samba->kind->unit;

	return offset % unit == 0 && size % unit == 0 && offset <= samba->kind->size &&
	       size <= samba->kind->size - offset && samba->source <= sizeof(samba->buffer) &&
	       size <= sizeof(samba->buffer) - samba->source;
}

static void write_buffer(struct dfut_sim_samba *samba, uint32_t address, uint32_t size)
{
	uint32_t offset = dfut_sim_samba_get_application(samba) + address;

	if (is_ra4m1(samba) && offset % samba->kind->erase_size == 0 && offset < samba->kind->size)
		erase_blocks(samba, offset, ERASED_BLOCKS);
	if (samba->is_bricked)
		return;
	if (!is_written(samba, offset, size))
		dfut_sim_device_breach(samba->device, "%s: Y of %u bytes to 0x%08x: nothing is written",
				       dfut_sim_samba_get_state_name(samba), (unsigned int)size, (unsigned int)address);
	else if (!dfut_sim_samba_program(samba, offset, samba->buffer + samba->source, size))
		return;
	dfut_sim_samba_take_time(samba, dfut_sim_samba_get_page_us(samba) * size / samba->kind->page_size);
	samba->device->counters.objects++;
	dfut_sim_samba_say(samba, "Y\n\r", 3);
}

static void set_source(struct dfut_sim_samba *samba, uint32_t index)
{
	samba->source = index;
	dfut_sim_samba_say(samba, "Y\n\r", 3);
}

static void erase_chip(struct dfut_sim_samba *samba, uint32_t address)
{
	uint32_t offset = dfut_sim_samba_get_application(samba) + address;

	if (!is_ra4m1(samba)) {
		offset = offset / samba->kind->erase_size * samba->kind->erase_size;
		erase_blocks(samba, offset, samba->kind->size / samba->kind->erase_size);
	}
	if (!samba->is_bricked)
		dfut_sim_samba_say(samba, "X\n\r", 3);
}

static void say_crc(struct dfut_sim_samba *samba, uint32_t address, uint32_t size)
{
	uint32_t offset = dfut_sim_samba_get_application(samba) + address;
	uint16_t crc = 0;

	if (size > CRC_LIMIT) {
		dfut_sim_samba_hang(samba, "Z of more than 4096 bytes at", address);
		return;
	}
	for (uint32_t i = 0; i < size; i++)
		crc = dfut_sim_samba_get_crc(crc, offset + i < samba->kind->size ? samba->flash[offset + i] : 0);
	dfut_sim_samba_say_crc(samba, crc);
}

/* Lines. */

static void begin_data(struct dfut_sim_samba *samba, uint32_t index, uint32_t size)
{
	samba->data_at = index;
	samba->wanted = size ? size : 1;
	samba->is_taking = true;
	/* It counts no further than its buffer, and waits for what it does not count. */
	if (index > sizeof(samba->buffer) || size > sizeof(samba->buffer) - index)
		dfut_sim_samba_hang(samba, "S beyond its buffer, at", index);
}

static void say_text(struct dfut_sim_samba *samba, const char *text)
{
	dfut_sim_samba_say(samba, text, strlen(text));
}

static void check_columns(struct dfut_sim_samba *samba)
{
	if (samba->line_size <= SECOND_NUMBER || samba->line[SECOND_NUMBER - 1] != ',')
		dfut_sim_device_breach(samba->device, "%s: '%c' without 8 digits, a comma and a number",
				       dfut_sim_samba_get_state_name(samba), samba->line[0]);
}

static void obey_numbers(struct dfut_sim_samba *samba)
{
	uint32_t first = get_number(samba, FIRST_NUMBER);
	uint32_t second = get_number(samba, SECOND_NUMBER);

	check_columns(samba);
	if (samba->line[0] == 'S')
		begin_data(samba, first, second);
	else if (samba->line[0] == 'Z' && !samba->options.has_crc)
		return;
	else if (samba->line[0] == 'Z')
		say_crc(samba, first, second);
	else if (second)
		write_buffer(samba, first, second);
	else
		set_source(samba, first);
}

static void obey(struct dfut_sim_samba *samba)
{
	switch (samba->line[0]) {
	case 'N':
		say_text(samba, "\n\r");
		return;
	case 'V':
		say_text(samba, "Arduino Bootloader (SAM-BA extended) 2.0 [Arduino:IKXYZ]\n\r");
		return;
	case 'I':
		say_text(samba, "nRF52840-QIAA\n\r");
		return;
	case 'X':
		erase_chip(samba, get_number(samba, FIRST_NUMBER));
		return;
	case 'S':
	case 'Y':
	case 'Z':
		obey_numbers(samba);
		return;
	case 'K':
		dfut_sim_samba_reset(samba);
		return;
	case 'Q':
		dfut_sim_device_breach(samba->device, "%s: Q, which takes 41 s", dfut_sim_samba_get_state_name(samba));
		dfut_sim_samba_take_time(samba, DUMP_US);
		return;
	default:
		dfut_sim_device_breach(samba->device, "%s: command 0x%02x, which there is not",
				       dfut_sim_samba_get_state_name(samba), samba->line[0]);
	}
}

static void add(struct dfut_sim_samba *samba, uint8_t byte)
{
	if (samba->line_size < sizeof(samba->line)) {
		samba->line[samba->line_size++] = byte;
		return;
	}
	dfut_sim_samba_hang(samba, "its line has 64 bytes and no end, before", byte);
}

static void look_at_line(struct dfut_sim_samba *samba)
{
	if (samba->is_hung || samba->is_taking || !samba->line_size || samba->line[samba->line_size - 1] != '#')
		return;
	if (samba->line_size < sizeof(samba->line))
		samba->line[samba->line_size] = '\0';
	samba->device->counters.frames++;
	obey(samba);
	samba->line_size = 0;
}

/* Returns how much of it was data. What follows the last of it may come too early for a line. */
static size_t take_data(struct dfut_sim_samba *samba, const uint8_t *bytes, size_t size)
{
	size_t taken = size < samba->wanted ? size : samba->wanted;

	/* One byte more than none were asked for has no room at the very end. */
	for (size_t i = 0; i < taken && samba->data_at < sizeof(samba->buffer); i++)
		samba->buffer[samba->data_at++] = bytes[i];
	samba->wanted -= (uint32_t)taken;
	samba->is_taking = samba->wanted > 0;
	if (taken == size)
		return taken;
	dfut_sim_device_breach(samba->device, "%s: %zu bytes right behind the data of S: they are lost",
			       dfut_sim_samba_get_state_name(samba), size - taken);
	return size;
}

/* At another speed other bytes arrive. */
static void add_garbage(struct dfut_sim_samba *samba, const uint8_t *bytes, size_t size)
{
	for (size_t i = 0; i < size && !samba->is_hung; i++)
		add(samba, bytes[i] | 0x80);
}

void dfut_sim_samba_take_burst(struct dfut_sim_samba *samba, const uint8_t *bytes, size_t size)
{
	uint32_t baud = samba->options.has_dfu ? BAUD_WITH_DFU : BAUD;
	size_t at = 0;

	if (is_ra4m1(samba) && samba->baud != baud) {
		add_garbage(samba, bytes, size);
		return;
	}
	if (is_ra4m1(samba) && dfut_sim_samba_get_busy_us(samba)) {
		dfut_sim_device_breach(samba->device, "%s: %zu bytes while it writes: they are lost",
				       dfut_sim_samba_get_state_name(samba), size);
		return;
	}
	if (samba->is_taking)
		at = take_data(samba, bytes, size);
	for (; at < size && !samba->is_hung; at++) {
		if (at && bytes[at - 1] == '#')
			dfut_sim_device_breach(samba->device, "%s: bytes right behind '#'",
					       dfut_sim_samba_get_state_name(samba));
		add(samba, bytes[at]);
	}
	look_at_line(samba);
}

void dfut_sim_samba_set_baud(struct dfut_sim_samba *samba, uint32_t baud)
{
	samba->baud = baud;
	dfut_sim_serial_forget(&samba->serial);
	if (baud != BAUD_OF_ROM)
		return;
	dfut_sim_samba_hang(samba, "the RA4M1 is in its ROM, by a baud rate of", baud);
}
