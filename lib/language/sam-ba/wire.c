/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* Commands and replies of SAM-BA's monitor. */

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "language/sam-ba/wire.h"

#define POLYNOMIAL 0x1021
/* In front of a number of 8 digits; the loader keeps the last 8. */
#define GUARD "FFFF"
/* Z, 8 digits, #, LF, CR */
#define SUM_SIZE 12

/* Commands. */

static struct samba_command make(char letter, uint32_t address, enum samba_reply_kind reply, uint32_t limit_ms)
{
	return (struct samba_command){ .letter = letter, .address = address, .reply = reply, .limit_ms = limit_ms };
}

/* Behind what is there. */
static void DFUT_PRINTF(2, 3) put(struct samba_command *command, const char *text, ...)
{
	size_t room = sizeof(command->text) - command->size;
	va_list arguments;
	int size;

	va_start(arguments, text);
	size = vsnprintf(command->text + command->size, room, text, arguments);
	va_end(arguments);
	command->size += size > 0 && (size_t)size < room ? (size_t)size : 0;
}

struct samba_command samba_make_plain(char letter, uint32_t limit_ms)
{
	struct samba_command command = make(letter, 0, letter == 'K' ? SAMBA_SILENCE : SAMBA_LINE, limit_ms);

	put(&command, "%c#", letter);
	return command;
}

struct samba_command samba_make_words(uint32_t address, size_t count)
{
	struct samba_command command = make('w', address, SAMBA_BYTES, SAMBA_NORMAL_MS);

	command.reply_size = 4 * count;
	for (size_t i = 0; i < count; i++)
		put(&command, "w%08" PRIX32 ",4#", (uint32_t)(address + 4 * i));
	return command;
}

struct samba_command samba_make_word(uint32_t address)
{
	return samba_make_words(address, 1);
}

struct samba_command samba_make_read(uint32_t address, size_t size)
{
	struct samba_command command = make('R', address, SAMBA_BYTES, SAMBA_NORMAL_MS);

	command.reply_size = size;
	put(&command, "R%08" PRIX32 ",%08zX#", address, size);
	return command;
}

struct samba_command samba_make_store(uint32_t address, size_t size)
{
	struct samba_command command = make('S', address, SAMBA_SILENCE, SAMBA_NORMAL_MS);

	command.is_about_buffer = true;
	put(&command, "S%08" PRIX32 ",%08zX#", address, size);
	return command;
}

struct samba_command samba_make_pokes(uint32_t address, const uint32_t *values, size_t count)
{
	struct samba_command command = make('W', address, SAMBA_SILENCE, SAMBA_NORMAL_MS);

	for (size_t i = 0; i < count; i++)
		put(&command, "W%08" PRIX32 ",%08" PRIX32 "#", (uint32_t)(address + 4 * i), values[i]);
	return command;
}

struct samba_command samba_make_erase(uint32_t address, bool is_guarded, uint32_t limit_ms)
{
	struct samba_command command = make('X', address, SAMBA_MARK, limit_ms);

	put(&command, "X%s%08" PRIX32 "#", is_guarded ? GUARD : "", address);
	return command;
}

struct samba_command samba_make_source(uint32_t address)
{
	struct samba_command command = make('Y', address, SAMBA_MARK, SAMBA_LONG_MS);

	command.is_about_buffer = true;
	put(&command, "Y%08" PRIX32 ",0#", address);
	return command;
}

struct samba_command samba_make_write(uint32_t address, size_t size, bool is_guarded)
{
	struct samba_command command = make('Y', address, SAMBA_MARK, SAMBA_LONG_MS);

	put(&command, "Y%s%08" PRIX32 ",%08zX#", is_guarded ? GUARD : "", address, size);
	return command;
}

struct samba_command samba_make_sum(uint32_t address, size_t size)
{
	struct samba_command command = make('Z', address, SAMBA_SUM, SAMBA_LONG_MS);

	put(&command, "Z%08" PRIX32 ",%08zX#", address, size);
	return command;
}

/* Replies. */

void samba_reply_begin(struct samba_reply *reply, const struct samba_command *command)
{
	reply->kind = command->reply;
	reply->letter = command->letter;
	reply->wanted = command->reply_size < sizeof(reply->bytes) ? command->reply_size : sizeof(reply->bytes);
	reply->size = 0;
}

static bool ends_line(const struct samba_reply *reply)
{
	return reply->size >= 2 && reply->bytes[reply->size - 2] == '\n' && reply->bytes[reply->size - 1] == '\r';
}

static bool is_digit(uint8_t byte)
{
	return (byte >= '0' && byte <= '9') || (byte >= 'A' && byte <= 'F') || (byte >= 'a' && byte <= 'f');
}

static bool is_sum(const uint8_t *bytes)
{
	for (size_t i = 1; i < 9; i++)
		if (!is_digit(bytes[i]))
			return false;
	return bytes[0] == 'Z' && bytes[9] == '#';
}

static bool is_whole(const struct samba_reply *reply)
{
	switch (reply->kind) {
	case SAMBA_SILENCE:
		break;
	case SAMBA_BYTES:
		return reply->size >= reply->wanted;
	case SAMBA_LINE:
		return ends_line(reply);
	case SAMBA_MARK:
		return ends_line(reply) && reply->size >= 3 && reply->bytes[reply->size - 3] == (uint8_t)reply->letter;
	case SAMBA_SUM:
		return ends_line(reply) && reply->size >= SUM_SIZE && is_sum(reply->bytes + reply->size - SUM_SIZE);
	}
	return true;
}

int samba_reply_take(struct samba_reply *reply, uint8_t byte)
{
	if (reply->size == sizeof(reply->bytes))
		return DFUT_ERROR_PROTOCOL;
	reply->bytes[reply->size++] = byte;
	return is_whole(reply);
}

static uint32_t get_digit(uint8_t byte)
{
	return byte <= '9' ? byte - (uint32_t)'0' : (byte | 0x20u) - 'a' + 10u;
}

uint32_t samba_reply_get_sum(const struct samba_reply *reply)
{
	uint32_t sum = 0;

	for (size_t i = reply->size - SUM_SIZE + 1; i < reply->size - 3; i++)
		sum = sum << 4 | get_digit(reply->bytes[i]);
	return sum;
}

void samba_reply_get_text(const struct samba_reply *reply, char *text, size_t size)
{
	size_t used = 0;

	for (size_t i = 0; i < reply->size && used + 1 < size; i++)
		if (reply->bytes[i] >= ' ' && reply->bytes[i] < 0x7f)
			text[used++] = (char)reply->bytes[i];
	text[used] = '\0';
}

/* What they mean. */

bool samba_parse_letters(const char *version, unsigned int *letters)
{
	static const struct {
		char letter;
		unsigned int bit;
	} known[] = { { 'I', SAMBA_CAN_IDENTIFY },
		      { 'K', SAMBA_CAN_RESET },
		      { 'X', SAMBA_CAN_ERASE },
		      { 'Y', SAMBA_CAN_WRITE },
		      { 'Z', SAMBA_CAN_SUM } };
	static const char opening[] = "[Arduino:";
	const char *at = strstr(version, opening);

	*letters = 0;
	if (!at || !strchr(at, ']'))
		return false;
	for (at += sizeof(opening) - 1; *at != ']'; at++)
		for (size_t i = 0; i < DFUT_COUNT(known); i++)
			*letters |= known[i].letter == *at ? known[i].bit : 0;
	return true;
}

void samba_describe(const struct samba_command *command, uint32_t origin, char *text, size_t size)
{
	static const struct {
		char letter;
		const char *what;
	} names[] = { { 'X', "erasing the flash from" }, { 'Y', "writing at" },
		      { 'Z', "summing up from" },	 { 'R', "reading at" },
		      { 'w', "reading the word at" },	 { 'W', "writing the word at" } };

	snprintf(text, size,
		 command->is_about_buffer ? "sending data" :
		 command->letter == 'I'	  ? "asking for the chip" :
					    "asking for the version");
	for (size_t i = 0; !command->is_about_buffer && i < DFUT_COUNT(names); i++)
		if (names[i].letter == command->letter)
			snprintf(text, size, "%s 0x%08" PRIx32, names[i].what, command->address + origin);
}

static uint16_t add_byte(uint16_t crc, uint8_t byte)
{
	crc ^= (uint16_t)(byte << 8);
	for (unsigned int bit = 0; bit < 8; bit++)
		crc = (uint16_t)(crc & 0x8000 ? crc << 1 ^ POLYNOMIAL : crc << 1);
	return crc;
}

uint16_t samba_crc(const uint8_t *data, size_t size)
{
	uint16_t crc = 0;

	for (size_t i = 0; i < size; i++)
		crc = add_byte(crc, data[i]);
	return crc;
}

uint16_t samba_crc_of_blank(size_t size)
{
	uint16_t crc = 0;

	for (size_t i = 0; i < size; i++)
		crc = add_byte(crc, 0xff);
	return crc;
}
