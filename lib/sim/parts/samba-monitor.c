/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/*
 * The monitor of boards with a SAM: it takes packets from its endpoint, one after the other, and the bytes in them
 * (ArduinoCore-samd, bootloaders/zero/sam_ba_monitor.c and board_driver_usb.c; uf2-samdx1, src/sam_ba_monitor.c).
 */

#include <stdio.h>
#include <string.h>

#include "sim/parts/samba.h"

#define SKIPPED 0xff
#define SECURED_START 0x2000u
/* The last address that a secured one tells words of */
#define SECURED_LAST 3u
/* As much as USB takes out of its own buffer: more is sent from where it is, which for flash does not work. */
#define READ_LIMIT 63u
#define READ_ROOM DFUT_SIM_SERIAL_ROOM
#define ROM_READ_LIMIT 32u

static bool is_rom(const struct dfut_sim_samba *samba)
{
	return samba->kind->dialect == DFUT_SIM_SAMBA_ROM;
}

static void hang_at(struct dfut_sim_samba *samba, uint32_t address)
{
	dfut_sim_samba_hang(samba, "nothing is at", address);
}

/* Reading. */

static void say_value(struct dfut_sim_samba *samba, const uint8_t *bytes, size_t size)
{
	char text[16];
	uint32_t value = 0;

	if (!samba->is_terminal) {
		dfut_sim_samba_say(samba, bytes, size);
		return;
	}
	for (size_t i = size; i > 0; i--)
		value = value << 8 | bytes[i - 1];
	snprintf(text, sizeof(text), "0x%0*X\n\r", (int)size * 2, (unsigned int)value);
	dfut_sim_samba_say(samba, text, strlen(text));
}

static void read_value(struct dfut_sim_samba *samba, size_t size)
{
	uint8_t bytes[4] = { 0 };

	if (samba->options.secured && samba->pointer > SECURED_LAST)
		say_value(samba, bytes, size);
	else if (dfut_sim_samba_read(samba, samba->pointer, bytes, size))
		say_value(samba, bytes, size);
	else
		hang_at(samba, samba->pointer);
}

static void copy_ram(const struct dfut_sim_samba *samba, uint8_t *bytes, size_t size)
{
	for (size_t i = 0; i < size; i++)
		bytes[i] = samba->ram[(samba->pointer + i) % samba->kind->ram_size];
}

/* Returns how much of it comes. */
static size_t spoil_rom(struct dfut_sim_samba *samba, uint8_t *bytes, size_t size)
{
	if (dfut_sim_samba_is_flash(samba, samba->pointer)) {
		dfut_sim_device_breach(samba->device, "%s: R of flash, at 0x%08x: a ROM sends zeros",
				       dfut_sim_samba_get_state_name(samba), (unsigned int)samba->pointer);
		memset(bytes, 0, size);
	}
	if (size <= ROM_READ_LIMIT || size & (size - 1))
		return size;
	dfut_sim_device_breach(samba->device, "%s: R of %zu bytes: a ROM loses the last packet of a power of two",
			       dfut_sim_samba_get_state_name(samba), size);
	return size - (READ_LIMIT + 1);
}

static void read_bytes(struct dfut_sim_samba *samba)
{
	uint8_t bytes[READ_ROOM];
	size_t size = samba->number < READ_ROOM ? samba->number : READ_ROOM;

	if (samba->options.secured && samba->pointer < DFUT_SIM_SAMBA_RAM) {
		copy_ram(samba, bytes, size);
	} else if (!dfut_sim_samba_read(samba, samba->pointer, bytes, size)) {
		hang_at(samba, samba->pointer);
		return;
	}
	if (is_rom(samba)) {
		size = spoil_rom(samba, bytes, size);
	} else if (size > READ_LIMIT) {
		dfut_sim_device_breach(samba->device, "%s: R of %zu bytes: more than %u come spoilt",
				       dfut_sim_samba_get_state_name(samba), size, READ_LIMIT);
		copy_ram(samba, bytes, size);
	}
	if (size)
		dfut_sim_samba_say(samba, bytes, size);
}

static void say_crc(struct dfut_sim_samba *samba)
{
	uint16_t crc = 0;
	uint8_t byte;

	for (uint32_t i = 0; i < samba->number; i++) {
		if (!dfut_sim_samba_read(samba, samba->pointer + i, &byte, 1)) {
			hang_at(samba, samba->pointer + i);
			return;
		}
		crc = dfut_sim_samba_get_crc(crc, byte);
	}
	dfut_sim_samba_say_crc(samba, crc);
}

static void say_version(struct dfut_sim_samba *samba)
{
	static const char *const arduino[] = { "v",	      "2.0", " ",	 "[Arduino:XYZ]", " ",
					       "Apr 19 2019", " ",   "14:38:48", "\n\r",	  NULL };
	/* With the end of its text */
	static const char adafruit[] = "v1.1 [Arduino:XYZ] Feb 19 2019 01:27:02\n\r";
	static const char rom[] = "v1.1 Dec 15 2010 19:25:04\n\r";

	if (is_rom(samba))
		dfut_sim_samba_say(samba, rom, strlen(rom));
	else if (samba->kind->dialect == DFUT_SIM_SAMBA_ADAFRUIT)
		dfut_sim_samba_say(samba, adafruit, sizeof(adafruit));
	else
		dfut_sim_samba_say_packets(samba, arduino);
}

/* Writing. */

static void write_value(struct dfut_sim_samba *samba, size_t size)
{
	if (!dfut_sim_samba_write(samba, samba->pointer, samba->number, size))
		hang_at(samba, samba->pointer);
}

static void erase_to_end(struct dfut_sim_samba *samba, uint32_t offset)
{
	uint32_t erase_size = samba->kind->erase_size;

	/* From what holds the first byte on, each in its turn */
	for (offset = offset / erase_size * erase_size; offset < samba->kind->size; offset += erase_size) {
		if (!dfut_sim_samba_erase(samba, offset, erase_size))
			return;
		dfut_sim_samba_take_time(samba, dfut_sim_samba_get_erase_us(samba));
	}
}

static void erase_chip(struct dfut_sim_samba *samba)
{
	erase_to_end(samba, samba->options.secured ? SECURED_START : samba->number);
	samba->is_erased = true;
	if (!samba->is_bricked)
		dfut_sim_samba_say(samba, "X\n\r", 3);
}

/* What is written at once must be whole; where pages begin does not matter then, but no host means that. */
static void check_write(struct dfut_sim_samba *samba)
{
	const struct dfut_sim_samba_kind *kind = samba->kind;

	if (samba->number % kind->unit || samba->pointer % kind->page_size)
		dfut_sim_device_breach(samba->device,
				       "%s: Y of %u bytes to 0x%08x: pages of %u, of which %u are written at once",
				       dfut_sim_samba_get_state_name(samba), (unsigned int)samba->number,
				       (unsigned int)samba->pointer, (unsigned int)kind->page_size,
				       (unsigned int)kind->unit);
}

static void write_pages(struct dfut_sim_samba *samba)
{
	const struct dfut_sim_samba_kind *kind = samba->kind;
	uint32_t size = samba->number / kind->unit * kind->unit;
	uint8_t page[DFUT_SIM_SAMBA_PAGE_LIMIT];

	check_write(samba);
	for (uint32_t done = 0; done < size;) {
		uint32_t at = samba->pointer + done;
		uint32_t room = kind->page_size - at % kind->page_size;
		uint32_t step = size - done < room ? size - done : room;

		if (!dfut_sim_samba_read(samba, samba->source + done, page, step)) {
			hang_at(samba, samba->source + done);
			return;
		}
		if (!dfut_sim_samba_is_flash(samba, at) || !dfut_sim_samba_is_flash(samba, at + step - 1)) {
			hang_at(samba, at);
			return;
		}
		if (!dfut_sim_samba_program(samba, at - kind->base, page, step))
			return;
		dfut_sim_samba_take_time(samba, dfut_sim_samba_get_page_us(samba));
		done += step;
	}
	dfut_sim_samba_say(samba, "Y\n\r", 3);
}

static void write_buffer(struct dfut_sim_samba *samba)
{
	if (samba->number == 0) {
		samba->source = samba->pointer;
		dfut_sim_samba_say(samba, "Y\n\r", 3);
		return;
	}
	if (samba->options.secured && !samba->is_erased)
		erase_to_end(samba, SECURED_START);
	samba->is_erased = true;
	samba->device->counters.objects++;
	write_pages(samba);
}

/* Code at an address: the application, or what a host has put into RAM. */
static void go(struct dfut_sim_samba *samba)
{
	uint32_t application = samba->kind->base + dfut_sim_samba_get_application(samba);

	if (samba->options.secured)
		return;
	if (samba->number == application && dfut_sim_samba_has_application(samba))
		dfut_sim_samba_reset(samba);
	else if (!dfut_sim_samba_run(samba, samba->number))
		dfut_sim_samba_hang(samba, "it runs what is at", samba->number);
}

/* Commands. */

static void set_terminal(struct dfut_sim_samba *samba, bool is_terminal)
{
	bool is_quiet = samba->kind->dialect == DFUT_SIM_SAMBA_ADAFRUIT || (!is_terminal && samba->is_terminal);

	samba->is_terminal = is_terminal && samba->kind->dialect != DFUT_SIM_SAMBA_ADAFRUIT;
	if (!is_quiet)
		dfut_sim_samba_say(samba, "\n\r", 2);
}

static void obey_extended(struct dfut_sim_samba *samba)
{
	if (is_rom(samba))
		return;
	if (samba->command == 'X')
		erase_chip(samba);
	else if (samba->command == 'Y')
		write_buffer(samba);
	else if (samba->command == 'Z')
		say_crc(samba);
}

static void obey(struct dfut_sim_samba *samba)
{
	switch (samba->command) {
	case 'R':
		read_bytes(samba);
		return;
	case 'O':
	case 'H':
	case 'W':
		write_value(samba, samba->command == 'O' ? 1 : samba->command == 'H' ? 2 : 4);
		return;
	case 'o':
	case 'h':
	case 'w':
		read_value(samba, samba->command == 'o' ? 1 : samba->command == 'h' ? 2 : 4);
		return;
	case 'G':
		go(samba);
		return;
	case 'T':
	case 'N':
		set_terminal(samba, samba->command == 'T');
		return;
	case 'V':
		say_version(samba);
		return;
	default:
		obey_extended(samba);
	}
}

/* Bytes. */

static void store(struct dfut_sim_samba *samba, const uint8_t *bytes, size_t size)
{
	uint8_t *to = size ? dfut_sim_samba_get_ram(samba, samba->data_at, size) : NULL;

	if (size && !to) {
		hang_at(samba, samba->data_at);
		return;
	}
	if (to)
		memcpy(to, bytes, size);
}

/*
 * What is behind the command in its packet is stored; what comes in others, as much as is missing, is stored from the
 * start of the same place again. Returns how much of the packet that was.
 */
static size_t begin_data(struct dfut_sim_samba *samba, const uint8_t *bytes, size_t size)
{
	size_t taken = size < samba->number ? size : samba->number;

	if (taken)
		dfut_sim_device_breach(samba->device, "%s: data of S in the packet of its command",
				       dfut_sim_samba_get_state_name(samba));
	samba->data_at = samba->pointer;
	samba->wanted = samba->number - (uint32_t)taken;
	store(samba, bytes, taken);
	return taken;
}

/* The rest of the last packet is thrown away. */
static void take_data(struct dfut_sim_samba *samba, const uint8_t *bytes, size_t size)
{
	size_t taken = size < samba->wanted ? size : samba->wanted;

	store(samba, bytes, taken);
	if (samba->is_hung)
		return;
	samba->data_at += (uint32_t)taken;
	samba->wanted -= (uint32_t)taken;
	if (taken < size)
		dfut_sim_device_breach(samba->device,
				       "%s: %zu bytes behind the data of S in their packet: they are lost",
				       dfut_sim_samba_get_state_name(samba), size - taken);
}

static void take_byte(struct dfut_sim_samba *samba, uint8_t byte)
{
	if (byte >= '0' && byte <= '9') {
		samba->number = samba->number << 4 | (uint32_t)(byte - '0');
	} else if ((byte >= 'A' && byte <= 'F') || (byte >= 'a' && byte <= 'f')) {
		samba->number = samba->number << 4 | (uint32_t)((byte | 0x20) - 'a' + 10);
	} else if (byte == ',') {
		samba->pointer = samba->number;
		samba->number = 0;
	} else {
		samba->command = byte;
		samba->number = 0;
	}
}

/* Returns how many bytes behind it were its own; a version takes all of its packet. */
static size_t end_command(struct dfut_sim_samba *samba, const uint8_t *rest, size_t size)
{
	bool is_version = samba->command == 'V' && samba->kind->dialect == DFUT_SIM_SAMBA_ARDUINO;
	size_t taken = is_version ? size : 0;

	samba->device->counters.frames++;
	if (samba->is_terminal)
		dfut_sim_samba_say(samba, "\n\r", 2);
	if (samba->command == 'S')
		taken = begin_data(samba, rest, size);
	else
		obey(samba);
	samba->command = 0;
	samba->number = 0;
	if (samba->is_terminal)
		dfut_sim_samba_say(samba, ">", 1);
	return taken;
}

void dfut_sim_samba_take_packet(struct dfut_sim_samba *samba, const uint8_t *bytes, size_t size)
{
	if (samba->is_hung)
		return;
	if (samba->wanted) {
		take_data(samba, bytes, size);
		return;
	}
	for (size_t i = 0; i < size && !samba->is_hung && !samba->is_resetting; i++) {
		if (samba->wanted) {
			take_data(samba, bytes + i, size - i);
			return;
		}
		/* Adafruit's goes on to look at the same byte. */
		if (bytes[i] == SKIPPED && samba->kind->dialect == DFUT_SIM_SAMBA_ADAFRUIT)
			return;
		if (bytes[i] == '#')
			i += end_command(samba, bytes + i + 1, size - i - 1);
		else if (bytes[i] != SKIPPED)
			take_byte(samba, bytes[i]);
	}
}
