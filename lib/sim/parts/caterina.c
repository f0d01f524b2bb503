/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/*
 * The life of a bootloader that speaks AVR109: its packets, its answers, and the time after which it starts the program.
 * One command is taken from a packet and the rest of that is thrown away; a block takes packets until it is whole.
 */

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "sim/parts/caterina.h"

/* Caterina.c: TIMEOUT_PERIOD, and what E leaves of it; BootloaderCDC.c waits so long before it detaches. */
#define LIMIT_US UINT64_C(8000000)
#define EXIT_US UINT64_C(500000)
#define DETACH_US UINT64_C(1000)
/* avrdude.conf, delays of the flash; EEPROM: data sheet of ATmega16U4/32U4 */
#define ERASE_US 4500
#define PAGE_US 4500
#define EEPROM_US 3400
/* What is said at a time of a long block */
#define PIECE 512u

void dfut_sim_caterina_set_defaults(struct dfut_sim_caterina *caterina)
{
	caterina->options.has_program = true;
	caterina->options.erase_us = ERASE_US;
	caterina->options.page_us = PAGE_US;
	caterina->options.eeprom_us = EEPROM_US;
}

static uint64_t get_time_us(const struct dfut_sim_caterina *caterina)
{
	return dfut_sim_device_get_time_us(caterina->device);
}

/* It has not yet said all that it has to say to the last command. */
static bool is_at_work(const struct dfut_sim_caterina *caterina)
{
	return get_time_us(caterina) < caterina->busy_us || caterina->read_left ||
	       !dfut_sim_serial_is_empty(&caterina->serial);
}

const char *dfut_sim_caterina_get_state_name(const struct dfut_sim_caterina *caterina)
{
	if (caterina->block_left)
		return "block";
	if (caterina->has_command)
		return "arguments";
	return is_at_work(caterina) ? "answering" : "idle";
}

void dfut_sim_caterina_breach(struct dfut_sim_caterina *caterina, const char *text, ...)
{
	char words[128];
	va_list values;

	va_start(values, text);
	vsnprintf(words, sizeof(words), text, values);
	va_end(values);
	dfut_sim_device_breach(caterina->device, "%s: %s", dfut_sim_caterina_get_state_name(caterina), words);
}

bool dfut_sim_caterina_takes_line_state(const struct dfut_sim_caterina *caterina)
{
	if (caterina->options.line_state == DFUT_SIM_CATERINA_LINE_STATE_USUAL)
		return caterina->options.loader != DFUT_SIM_CATERINA_CATERINA;
	return caterina->options.line_state == DFUT_SIM_CATERINA_LINE_STATE_TAKE;
}

/* The time that it gives its host passes only while there is a program that could be started. */

static void count(struct dfut_sim_caterina *caterina)
{
	uint64_t now_us = get_time_us(caterina);

	if (now_us <= caterina->counted_us)
		return;
	if (dfut_sim_caterina_has_program(caterina))
		caterina->elapsed_us += now_us - caterina->counted_us;
	caterina->counted_us = now_us;
}

static void limit(struct dfut_sim_caterina *caterina)
{
	uint64_t now_us = get_time_us(caterina);
	uint64_t rest_us = caterina->elapsed_us < LIMIT_US ? LIMIT_US - caterina->elapsed_us : 0;

	if (caterina->options.loader != DFUT_SIM_CATERINA_CATERINA)
		return;
	if (caterina->is_away || caterina->counted_us == UINT64_MAX || !dfut_sim_caterina_has_program(caterina))
		rest_us = UINT64_MAX;
	else if (caterina->counted_us > now_us)
		rest_us += caterina->counted_us - now_us;
	dfut_sim_device_set_timer(caterina->device, DFUT_SIM_CATERINA_LEAVE, rest_us);
}

void dfut_sim_caterina_rest(struct dfut_sim_caterina *caterina)
{
	caterina->elapsed_us = 0;
	caterina->counted_us = UINT64_MAX;
	limit(caterina);
}

void dfut_sim_caterina_exit(struct dfut_sim_caterina *caterina)
{
	if (caterina->options.loader == DFUT_SIM_CATERINA_CATERINA)
		caterina->elapsed_us = LIMIT_US - EXIT_US;
	else
		caterina->is_leaving = true;
	dfut_sim_caterina_say(caterina, "\r", 1);
}

void dfut_sim_caterina_start(struct dfut_sim_caterina *caterina, uint32_t away_ms)
{
	dfut_sim_serial_start(&caterina->serial, caterina->device, DFUT_SIM_CATERINA_REPLY);
	caterina->packet_count = 0;
	caterina->has_empty = false;
	caterina->said = 0;
	caterina->work_us = 0;
	caterina->busy_us = 0;
	caterina->read_left = 0;
	caterina->has_command = false;
	caterina->block_left = 0;
	caterina->address = 0;
	caterina->elapsed_us = 0;
	caterina->is_leaving = false;
	caterina->is_away = away_ms == DFUT_SIM_NEVER;
	caterina->counted_us = get_time_us(caterina) + away_ms * DFUT_SIM_US_PER_MS;
	limit(caterina);
}

/* Answers. */

static void say_piece(struct dfut_sim_caterina *caterina, uint64_t after_us)
{
	uint8_t piece[PIECE];
	uint32_t size = caterina->read_left < PIECE ? caterina->read_left : PIECE;

	for (uint32_t i = 0; i < size; i++) {
		uint32_t at = caterina->read_at + i;

		piece[i] = caterina->is_flash_read ? dfut_sim_caterina_read_flash(caterina, at) :
						     *dfut_sim_caterina_get_eeprom(caterina, at);
	}
	caterina->read_at += size;
	caterina->read_left -= size;
	caterina->said += size;
	dfut_sim_serial_say(&caterina->serial, piece, size, after_us);
}

/* With no bytes: the block that is read. */
void dfut_sim_caterina_say(struct dfut_sim_caterina *caterina, const void *bytes, size_t size)
{
	uint64_t after_us = caterina->work_us;

	if (caterina->device->reply_fault == DFUT_SIM_FAULT_LOST_REPLY) {
		caterina->read_left = 0;
	} else if (caterina->read_left) {
		say_piece(caterina, after_us);
	} else if (size) {
		caterina->said = size;
		dfut_sim_serial_say(&caterina->serial, bytes, size, after_us);
	}
}

/* Packets. */

static void end_command(struct dfut_sim_caterina *caterina)
{
	uint64_t now_us = get_time_us(caterina);

	count(caterina);
	caterina->has_command = false;
	caterina->device->counters.frames++;
	caterina->busy_us = now_us + caterina->work_us;
	caterina->has_empty = caterina->said == 0;
	if (caterina->counted_us == UINT64_MAX)
		caterina->counted_us = caterina->busy_us;
	/* Told again when that is over, even if the answer was lost on its way. */
	dfut_sim_device_set_timer(caterina->device, DFUT_SIM_CATERINA_REPLY, caterina->work_us);
	limit(caterina);
}

static void take_packet(struct dfut_sim_caterina *caterina, const uint8_t *bytes, size_t size)
{
	bool is_stream = caterina->options.loader == DFUT_SIM_CATERINA_XBOOT;

	for (size_t i = 0; i < size; i++) {
		if (!caterina->has_command) {
			count(caterina);
			caterina->has_empty = false;
			caterina->said = 0;
			caterina->work_us = 0;
		}
		if (!dfut_sim_caterina_take(caterina, bytes[i]))
			continue;
		end_command(caterina);
		if (i + 1 < size)
			dfut_sim_caterina_breach(caterina, "%zu bytes behind a command, in one packet", size - i - 1);
		if (!is_stream)
			return;
	}
}

static void queue(struct dfut_sim_caterina *caterina, const uint8_t *bytes, size_t size)
{
	struct dfut_sim_caterina_packet *packet = &caterina->packets[caterina->packet_count++];

	packet->size = (uint8_t)size;
	memcpy(packet->bytes, bytes, size);
}

/* What has waited until the last answer was read. */
static void go_on(struct dfut_sim_caterina *caterina)
{
	while (caterina->packet_count && (caterina->has_command || !is_at_work(caterina))) {
		struct dfut_sim_caterina_packet packet = caterina->packets[0];

		caterina->packet_count--;
		memmove(caterina->packets, caterina->packets + 1, caterina->packet_count * sizeof(packet));
		take_packet(caterina, packet.bytes, packet.size);
	}
	if (!caterina->is_leaving || is_at_work(caterina))
		return;
	caterina->is_leaving = false;
	dfut_sim_device_set_timer(caterina->device, DFUT_SIM_CATERINA_LEAVE, DETACH_US);
}

int dfut_sim_caterina_receive(struct dfut_sim_caterina *caterina, const uint8_t *data, size_t size)
{
	size_t count_of_packets = (size + DFUT_SIM_CATERINA_PACKET_SIZE - 1) / DFUT_SIM_CATERINA_PACKET_SIZE;

	if (count_of_packets > DFUT_SIM_CATERINA_PACKETS - caterina->packet_count)
		return DFUT_ERROR_BUSY;
	if (size && !caterina->has_command && is_at_work(caterina))
		dfut_sim_caterina_breach(caterina, "command 0x%02x before the last answer was read", data[0]);
	caterina->device->counters.bytes += size;
	for (size_t at = 0; at < size; at += DFUT_SIM_CATERINA_PACKET_SIZE) {
		size_t left = size - at;

		queue(caterina, data + at, left < DFUT_SIM_CATERINA_PACKET_SIZE ? left : DFUT_SIM_CATERINA_PACKET_SIZE);
		go_on(caterina);
	}
	return (int)size;
}

int dfut_sim_caterina_send(struct dfut_sim_caterina *caterina, uint8_t *data, size_t room)
{
	int given = dfut_sim_serial_send(&caterina->serial, data, room);

	if (given == DFUT_ERROR_BUSY && caterina->has_empty) {
		caterina->has_empty = false;
		return 0;
	}
	if (given <= 0 || !dfut_sim_serial_is_empty(&caterina->serial))
		return given;
	if (caterina->read_left) {
		say_piece(caterina, 0);
		return given;
	}
	caterina->has_empty = caterina->said % DFUT_SIM_CATERINA_PACKET_SIZE == 0;
	go_on(caterina);
	return given;
}

bool dfut_sim_caterina_timer(struct dfut_sim_caterina *caterina, unsigned int timer)
{
	if (timer == DFUT_SIM_CATERINA_REPLY) {
		dfut_sim_serial_timer(&caterina->serial);
		go_on(caterina);
		return false;
	}
	/* While it waits for the rest of a command it looks at nothing else. */
	return timer == DFUT_SIM_CATERINA_LEAVE && !caterina->has_command;
}
