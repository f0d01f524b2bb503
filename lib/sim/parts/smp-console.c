/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/*
 * Lines of a console and the packets in them: mcumgr/transport/src/serial_util.c, smp_shell.c and
 * drivers/console/uart_mcumgr.c in Zephyr, boot_serial.c and boot/zephyr/serial_adapter.c in MCUboot.
 */

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "sim/parts/smp.h"

enum mark {
	PACKET_1 = 0x06,
	PACKET_2 = 0x09,
	PART_1 = 0x04,
	PART_2 = 0x14,
};

#define MARK_SIZE 2u
#define LENGTH_SIZE 2u
#define CRC_SIZE 2u
/* With marks and newline */
#define LINE_LIMIT 127u
/* What fits between them, before it is base64 */
#define FIRST_ROOM 93u
/* Zephyr takes the length off each line, though only the first has one. */
#define LATER_ROOM 90u
#define RECOVERY_LINES 8
/* Who has waited for so long may ask again. */
#define PATIENCE_US 1000000
#define ANSWER_US 500
#define OUT_ROOM DFUT_SIM_SERIAL_ROOM
#define CRC_POLYNOMIAL 0x1021
/* As Zephyr's shell writes it, with its colours */
#define PROMPT "\033[1;32muart:~$ \033[m"
#define WIPE "\033[8D\033[J"

static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

static bool has_shell(const struct dfut_sim_smp *smp)
{
	return !smp->is_recovery && (smp->options.console || smp->options.kind == DFUT_SIM_SMP_CONSOLE);
}

size_t dfut_sim_smp_get_buffer_size(const struct dfut_sim_smp *smp)
{
	switch ((enum dfut_sim_smp_buffer)smp->options.buffer) {
	case DFUT_SIM_SMP_BUFFER_384:
		return 384;
	case DFUT_SIM_SMP_BUFFER_512:
		return 512;
	case DFUT_SIM_SMP_BUFFER_1024:
		return 1024;
	case DFUT_SIM_SMP_BUFFER_NONE:
	case DFUT_SIM_SMP_BUFFER_BY_MODE:
		break;
	}
	return smp->is_recovery || smp->options.images > 1 ? 1024 : 384;
}

static uint16_t get_crc(const uint8_t *bytes, size_t size)
{
	uint16_t crc = 0;

	for (size_t i = 0; i < size; i++) {
		crc ^= (uint16_t)(bytes[i] << 8);
		for (int bit = 0; bit < 8; bit++)
			crc = (uint16_t)(crc & 0x8000 ? crc << 1 ^ CRC_POLYNOMIAL : crc << 1);
	}
	return crc;
}

void dfut_sim_smp_work(struct dfut_sim_smp *smp, uint64_t us)
{
	uint64_t now_us = dfut_sim_device_get_time_us(smp->device);

	if (smp->busy_until_us < now_us)
		smp->busy_until_us = now_us;
	if (smp->busy_until_us < smp->line_until_us)
		smp->busy_until_us = smp->line_until_us;
	smp->busy_until_us += us;
}

static bool is_busy(const struct dfut_sim_smp *smp)
{
	return smp->busy_until_us > dfut_sim_device_get_time_us(smp->device);
}

/* What it says. */

static void say_bytes(struct dfut_sim_smp *smp, const uint8_t *bytes, size_t size)
{
	uint64_t now_us = dfut_sim_device_get_time_us(smp->device);

	dfut_sim_serial_say(&smp->serial, bytes, size, is_busy(smp) ? smp->busy_until_us - now_us : 0);
}

static void add_text(struct dfut_sim_smp *smp, const char *text)
{
	size_t size = strlen(text);

	if (size > sizeof(smp->text) - smp->text_size)
		size = sizeof(smp->text) - smp->text_size;
	memcpy(smp->text + smp->text_size, text, size);
	smp->text_size += size;
}

/* A shell that is told to log takes its prompt away, and writes it anew. */
static size_t put_log(const struct dfut_sim_smp *smp, char *out, size_t room)
{
	uint64_t ms = dfut_sim_device_get_time_us(smp->device) / DFUT_SIM_US_PER_MS;
	int size = snprintf(out, room,
			    WIPE "[%02" PRIu64 ":%02" PRIu64 ":%02" PRIu64 ".%03" PRIu64
				 ",000] <inf> sensor: 21.5 C, %u answers\r\n" PROMPT,
			    ms / 3600000, ms / 60000 % 60, ms / 1000 % 60, ms % 1000, smp->answers);

	return size > 0 && (size_t)size < room ? (size_t)size : 0;
}

static void say_text(struct dfut_sim_smp *smp)
{
	if (smp->text_size)
		say_bytes(smp, (const uint8_t *)smp->text, smp->text_size);
	smp->text_size = 0;
}

void dfut_sim_smp_say_banner(struct dfut_sim_smp *smp)
{
	if (!has_shell(smp))
		return;
	add_text(smp, "*** Booting Zephyr OS build v4.1.0 ***\r\n\r\n\r\n" PROMPT);
	say_text(smp);
}

static size_t encode(uint8_t *out, const uint8_t *bytes, size_t size)
{
	size_t put = 0;

	for (size_t i = 0; i < size; i += 3) {
		uint32_t group = (uint32_t)bytes[i] << 16 | (i + 1 < size ? (uint32_t)bytes[i + 1] << 8 : 0) |
				 (i + 2 < size ? bytes[i + 2] : 0);

		out[put++] = (uint8_t)alphabet[group >> 18];
		out[put++] = (uint8_t)alphabet[group >> 12 & 0x3f];
		out[put++] = (uint8_t)(i + 1 < size ? alphabet[group >> 6 & 0x3f] : '=');
		out[put++] = (uint8_t)(i + 2 < size ? alphabet[group & 0x3f] : '=');
	}
	return put;
}

/* How much goes into a line. Zephyr does not tear the CRC apart: the line is a group shorter then. */
static size_t get_piece(const struct dfut_sim_smp *smp, size_t left, bool is_first)
{
	size_t room = is_first || smp->is_recovery ? FIRST_ROOM : LATER_ROOM;

	if (left <= room)
		return left;
	return !smp->is_recovery && left - CRC_SIZE <= room ? room - 3 : room;
}

/* Cuts it into lines; a log line may come between two. */
static size_t put_lines(struct dfut_sim_smp *smp, uint8_t *out, const uint8_t *bytes, size_t size)
{
	size_t put = 0;

	for (size_t at = 0, piece; at < size; at += piece) {
		piece = get_piece(smp, size - at, at == 0);
		if (at && has_shell(smp) && smp->answers % 2)
			put += put_log(smp, (char *)out + put, OUT_ROOM - put);
		out[put++] = at ? PART_1 : PACKET_1;
		out[put++] = at ? PART_2 : PACKET_2;
		put += encode(out + put, bytes + at, piece);
		out[put++] = '\n';
	}
	return put;
}

void dfut_sim_smp_say(struct dfut_sim_smp *smp, size_t size)
{
	uint8_t wrapped[LENGTH_SIZE + sizeof(smp->answer) + CRC_SIZE];
	uint8_t out[OUT_ROOM];
	size_t before = smp->serial.size;
	size_t put = 0, rest = 0;

	dfut_sim_smp_put16(wrapped, size + CRC_SIZE);
	memcpy(wrapped + LENGTH_SIZE, smp->answer, size);
	dfut_sim_smp_put16(wrapped + LENGTH_SIZE + size, get_crc(smp->answer, size));
	if (has_shell(smp) && smp->answers % 3 == 0)
		put += put_log(smp, (char *)out, sizeof(out));
	put += put_lines(smp, out + put, wrapped, LENGTH_SIZE + size + CRC_SIZE);
	if (has_shell(smp) && smp->answers % 3 == 2)
		rest = put_log(smp, (char *)out + put, sizeof(out) - put);
	smp->answers++;
	say_bytes(smp, out, put + rest);
	if (smp->serial.size > before + rest)
		smp->unread = smp->serial.size - rest;
}

int dfut_sim_smp_send(struct dfut_sim_smp *smp, uint8_t *data, size_t room)
{
	int given = dfut_sim_serial_send(&smp->serial, data, room);

	if (given > 0)
		smp->unread -= smp->unread < (size_t)given ? smp->unread : (size_t)given;
	return given;
}

/* What comes. */

static int find_digit(uint8_t character)
{
	const char *found = character ? strchr(alphabet, character) : NULL;

	return found ? (int)(found - alphabet) : -1;
}

/* Behind what is there. Zephyr ignores line ends, and a group that is not complete. Returns false for what is not base64. */
static bool decode(struct dfut_sim_smp *smp, const uint8_t *text, size_t size, size_t room)
{
	uint32_t group = 0;
	size_t digits = 0, pads = 0;

	for (size_t i = 0; i < size; i++) {
		int digit = find_digit(text[i]);

		pads += text[i] == '=';
		if ((digit < 0 && text[i] != '=') || pads > 2 || (pads && digit >= 0))
			return false;
		group = group << 6 | (uint32_t)(digit < 0 ? 0 : digit);
		if (++digits % 4)
			continue;
		for (size_t byte = 0; byte < 3 - pads; byte++) {
			if (smp->packet_size == room)
				return false;
			smp->packet[smp->packet_size++] = (uint8_t)(group >> (16 - 8 * byte));
		}
	}
	return true;
}

/* The length counts in Zephyr's buffer, and MCUboot's has one byte more than it says. */
static size_t get_room(const struct dfut_sim_smp *smp)
{
	return dfut_sim_smp_get_buffer_size(smp) + (smp->is_recovery ? 1 : 0);
}

static void drop(struct dfut_sim_smp *smp)
{
	smp->packet_size = 0;
}

static void take_packet(struct dfut_sim_smp *smp)
{
	uint8_t bytes[DFUT_SIM_SMP_PACKET_LIMIT];
	size_t size = smp->packet_size - LENGTH_SIZE;

	if (size <= CRC_SIZE || get_crc(smp->packet + LENGTH_SIZE, size) != 0) {
		drop(smp);
		return;
	}
	memcpy(bytes, smp->packet + LENGTH_SIZE, size - CRC_SIZE);
	drop(smp);
	smp->device->counters.frames++;
	smp->asked_us = dfut_sim_device_get_time_us(smp->device);
	dfut_sim_smp_work(smp, ANSWER_US);
	dfut_sim_smp_take(smp, bytes, size - CRC_SIZE);
}

static void check_size(const struct dfut_sim_smp *smp)
{
	if (LENGTH_SIZE + dfut_sim_smp_get16(smp->packet) > get_room(smp))
		dfut_sim_device_breach(smp->device, "%s: a message of %u bytes does not fit into a buffer of %zu",
				       dfut_sim_smp_get_state_name(smp), dfut_sim_smp_get16(smp->packet) - CRC_SIZE,
				       dfut_sim_smp_get_buffer_size(smp));
}

/* A line without its newline. What is wrong is dropped without a word. */
static void take_line(struct dfut_sim_smp *smp, const struct dfut_sim_smp_line *line)
{
	bool is_first = line->bytes[0] == PACKET_1;
	size_t wanted;

	if (is_first)
		drop(smp);
	else if (!smp->packet_size)
		return;
	if (!decode(smp, line->bytes + MARK_SIZE, line->size - MARK_SIZE, get_room(smp))) {
		if (is_first && smp->packet_size >= LENGTH_SIZE)
			check_size(smp);
		drop(smp);
		return;
	}
	if (smp->packet_size < LENGTH_SIZE)
		return;
	if (is_first)
		check_size(smp);
	wanted = LENGTH_SIZE + dfut_sim_smp_get16(smp->packet);
	if (smp->packet_size == wanted)
		take_packet(smp);
	else if (smp->packet_size > wanted)
		drop(smp);
}

void dfut_sim_smp_go_on(struct dfut_sim_smp *smp)
{
	while (smp->line_count && !is_busy(smp)) {
		struct dfut_sim_smp_line line = smp->lines[0];

		memmove(smp->lines, smp->lines + 1, --smp->line_count * sizeof(line));
		take_line(smp, &line);
	}
	if (smp->line_count)
		dfut_sim_device_set_timer(smp->device, DFUT_SIM_SMP_WORK,
					  smp->busy_until_us - dfut_sim_device_get_time_us(smp->device));
}

/* Lines wait while it is at work; those for which there is no buffer are lost. */
static void keep_line(struct dfut_sim_smp *smp)
{
	size_t limit = smp->is_recovery ? RECOVERY_LINES : DFUT_SIM_SMP_LINE_LIMIT;

	if (smp->line_count < limit)
		smp->lines[smp->line_count++] = smp->line;
	dfut_sim_smp_go_on(smp);
}

static void check_line(const struct dfut_sim_smp *smp)
{
	const struct dfut_sim_smp_line *line = &smp->line;
	uint64_t now_us = dfut_sim_device_get_time_us(smp->device);

	if (line->size + 1 > LINE_LIMIT || smp->is_long)
		dfut_sim_device_breach(smp->device, "%s: a line of more than %u bytes",
				       dfut_sim_smp_get_state_name(smp), LINE_LIMIT);
	if (line->size && memchr(line->bytes, '\r', line->size))
		dfut_sim_device_breach(smp->device, "%s: a line with CR: it ends with LF alone",
				       dfut_sim_smp_get_state_name(smp));
	if (line->bytes[0] == PACKET_1 && (smp->unread || is_busy(smp)) && now_us - smp->asked_us < PATIENCE_US)
		dfut_sim_device_breach(smp->device, "%s: a request before the last answer was read",
				       dfut_sim_smp_get_state_name(smp));
}

static bool has_mark(const struct dfut_sim_smp_line *line)
{
	return line->size >= MARK_SIZE && ((line->bytes[0] == PACKET_1 && line->bytes[1] == PACKET_2) ||
					   (line->bytes[0] == PART_1 && line->bytes[1] == PART_2));
}

/* In recovery a CR stays, and is no base64; Zephyr takes it off. */
static void end_line(struct dfut_sim_smp *smp)
{
	struct dfut_sim_smp_line *line = &smp->line;

	if (has_mark(line)) {
		check_line(smp);
		if (!smp->is_recovery && line->bytes[line->size - 1] == '\r')
			line->size--;
		say_text(smp);
		if (!smp->is_long)
			keep_line(smp);
	}
	line->size = 0;
	smp->is_long = false;
}

static void take_byte(struct dfut_sim_smp *smp, uint8_t byte)
{
	struct dfut_sim_smp_line *line = &smp->line;

	if (byte == '\n')
		end_line(smp);
	else if (line->size == DFUT_SIM_SMP_LINE_SIZE - 1)
		smp->is_long = true;
	else
		line->bytes[line->size++] = byte;
}

/* The shell echoes what is typed, and knows no command. */
static void type_byte(struct dfut_sim_smp *smp, uint8_t byte)
{
	char text[2] = { (char)byte, '\0' };

	if (byte == '\r' || byte == '\n') {
		smp->command[smp->command_size] = '\0';
		add_text(smp, "\r\n");
		if (smp->command_size) {
			add_text(smp, smp->command);
			add_text(smp, ": command not found\r\n");
		}
		add_text(smp, PROMPT);
		smp->command_size = 0;
	} else if (byte >= ' ' && byte < 0x7f && smp->command_size < sizeof(smp->command) - 1) {
		smp->command[smp->command_size++] = (char)byte;
		add_text(smp, text);
	}
}

/* A frame may begin anywhere, and goes up to the newline; all else is typed. */
static void take_shell_byte(struct dfut_sim_smp *smp, uint8_t byte)
{
	struct dfut_sim_smp_line *line = &smp->line;

	if (smp->options.kind == DFUT_SIM_SMP_CONSOLE) {
		type_byte(smp, byte);
	} else if (line->size == 0) {
		if (byte == PACKET_1 || byte == PART_1)
			line->bytes[line->size++] = byte;
		else
			type_byte(smp, byte);
	} else if (line->size == 1 && byte != (line->bytes[0] == PACKET_1 ? PACKET_2 : PART_2)) {
		line->size = 0;
		type_byte(smp, byte);
	} else {
		take_byte(smp, byte);
	}
}

static bool is_at_speed(struct dfut_sim_smp *smp)
{
	bool was_spoilt = smp->is_spoilt;
	uint32_t baud = dfut_sim_cdc_get_baud(smp->cdc);

	smp->is_spoilt = smp->options.speed && smp->is_set && baud != smp->options.speed;
	if (smp->is_spoilt && !was_spoilt)
		dfut_sim_device_breach(smp->device, "%s: %u baud on a line of %u", dfut_sim_smp_get_state_name(smp),
				       (unsigned int)baud, (unsigned int)smp->options.speed);
	return !smp->is_spoilt;
}

/* The host is through when the last byte is on the line. */
static void take_time(struct dfut_sim_smp *smp, size_t size)
{
	uint64_t now_us = dfut_sim_device_get_time_us(smp->device);

	if (!smp->options.speed)
		return;
	if (smp->line_until_us < now_us)
		smp->line_until_us = now_us;
	smp->line_until_us += dfut_sim_serial_get_time_us(&smp->serial, size);
	smp->device->answer_delay_us += smp->line_until_us - now_us;
}

int dfut_sim_smp_receive(struct dfut_sim_smp *smp, const uint8_t *data, size_t size)
{
	smp->device->counters.bytes += size;
	take_time(smp, size);
	if (!is_at_speed(smp))
		return (int)size;
	if (smp->options.kind == DFUT_SIM_SMP_ECHO && !smp->is_recovery) {
		say_bytes(smp, data, size);
		return (int)size;
	}
	for (size_t i = 0; i < size; i++) {
		if (has_shell(smp))
			take_shell_byte(smp, data[i]);
		else
			take_byte(smp, data[i]);
	}
	say_text(smp);
	return (int)size;
}
