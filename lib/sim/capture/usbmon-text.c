/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* usbmon's text (Linux, Documentation/usb/usbmon.rst), as in /sys/kernel/debug/usb/usbmon/1u:
 *
 *	ffff88003b8f0c00 2164857451 S Ci:1:005:0 s a1 03 0000 0000 0006 6 <
 *	ffff88003b8f0c00 2164857705 C Ci:1:005:0 0 6 = 00000000 0200
 *
 * It keeps the first 32 bytes of each transfer.
 */

#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sim/capture/capture.h"

/* More than a line has. */
#define LINE_SIZE 1024
#define SETUP_WORDS 5

/* A line in words. */
struct words {
	char text[LINE_SIZE];
	char *next;
};

static char *get_word(struct words *words)
{
	char *word = words->next;

	while (*word == ' ')
		word++;
	if (*word == '\0')
		return NULL;
	words->next = word + strcspn(word, " ");
	if (*words->next)
		*words->next++ = '\0';
	return word;
}

static bool read_hex(const char *word, uint64_t *value)
{
	char *end;

	if (!isxdigit((unsigned char)*word))
		return false;
	*value = strtoull(word, &end, 16);
	return *end == '\0';
}

static bool read_number(const char *word, uint64_t *value)
{
	char *end;

	if (!word || !isdigit((unsigned char)*word))
		return false;
	*value = strtoull(word, &end, 10);
	return *end == '\0';
}

/* "Ci:1:005:0", or "Ci:005:00" of the old form, whose bus is not told. */
static bool read_pipe(const char *word, struct capture_packet *packet)
{
	static const char kinds[] = "ZICB";
	const char *kind = word && word[0] ? strchr(kinds, word[0]) : NULL;
	unsigned int bus, address, endpoint;

	if (!kind || !word[1] || !strchr("io", word[1]))
		return false;
	if (sscanf(word + 2, ":%3u:%3u:%2u", &bus, &address, &endpoint) != 3) {
		bus = 1;
		if (sscanf(word + 2, ":%3u:%2u", &address, &endpoint) != 2)
			return false;
	}
	packet->kind = (enum capture_kind)(kind - kinds);
	packet->bus = bus;
	packet->address = address;
	packet->endpoint = (uint8_t)(endpoint | (word[1] == 'i' ? 0x80 : 0));
	return true;
}

/* "a1 03 0000 0000 0006": a request, whose 16-bit members are numbers. */
static bool read_setup(struct capture *capture, struct words *words)
{
	for (int i = 0, at = 0; i < SETUP_WORDS; i++) {
		const char *word = get_word(words);
		uint64_t value;

		if (!word || !read_hex(word, &value))
			return false;
		capture->setup[at++] = (uint8_t)value;
		if (i >= 2)
			capture->setup[at++] = (uint8_t)(value >> 8);
	}
	return true;
}

/* "= 01050000 00": bytes in groups of four. */
static size_t read_data(struct capture *capture, struct words *words)
{
	size_t size = 0;
	const char *word = get_word(words);

	if (!word || strcmp(word, "=") != 0)
		return 0;
	while ((word = get_word(words)))
		for (; isxdigit((unsigned char)word[0]) && isxdigit((unsigned char)word[1]) && size < CAPTURE_TEXT_DATA;
		     word += 2) {
			char digits[3] = { word[0], word[1], '\0' };

			capture->data[size++] = (uint8_t)strtoul(digits, NULL, 16);
		}
	return size;
}

/* "s" and the setup of a control request that is asked, or else the status, behind which ':' and an interval may stand. */
static bool read_status(struct capture *capture, struct words *words, struct capture_packet *packet)
{
	const char *word = get_word(words);

	if (!word)
		return false;
	if (strcmp(word, "s") == 0) {
		packet->setup = capture->setup;
		return read_setup(capture, words);
	}
	if (word[0] != '-' && !isdigit((unsigned char)word[0]))
		return false;
	packet->status = packet->stage == CAPTURE_OVER ? (int)strtol(word, NULL, 10) : 0;
	return true;
}

static bool read_line(struct capture *capture, struct words *words, struct capture_packet *packet)
{
	const char *id = get_word(words);
	const char *at = get_word(words);
	const char *stage = get_word(words);
	uint64_t length;

	memset(packet, 0, sizeof(*packet));
	if (!id || !read_hex(id, &packet->id) || !read_number(at, &packet->at) || !stage || strlen(stage) != 1 ||
	    !strchr("SCE", stage[0]))
		return false;
	packet->stage = stage[0] == 'S' ? CAPTURE_ASKED : CAPTURE_OVER;
	if (!read_pipe(get_word(words), packet) || packet->kind == CAPTURE_ISOCHRONOUS ||
	    !read_status(capture, words, packet) || !read_number(get_word(words), &length))
		return false;
	packet->length = (uint32_t)length;
	packet->size = read_data(capture, words);
	packet->data = capture->data;
	return true;
}

/* The next line, cut where it is longer than one can be. False at the end. */
static bool take_line(struct words *words, const uint8_t *bytes, size_t size, size_t *at)
{
	const uint8_t *end = *at < size ? memchr(bytes + *at, '\n', size - *at) : NULL;
	size_t length;

	if (!end)
		return false;
	length = (size_t)(end - bytes) - *at;
	if (length >= sizeof(words->text))
		length = sizeof(words->text) - 1;
	memcpy(words->text, bytes + *at, length);
	words->text[length] = '\0';
	words->text[strcspn(words->text, "\r")] = '\0';
	words->next = words->text;
	*at = (size_t)(end - bytes) + 1;
	return true;
}

bool capture_next_line(struct capture *capture, struct capture_packet *packet)
{
	struct words words;

	while (take_line(&words, capture->bytes, capture->size, &capture->at)) {
		capture->line++;
		if (read_line(capture, &words, packet))
			return true;
	}
	return false;
}

/* Whether its first line is one. */
bool capture_is_text(const uint8_t *bytes, size_t size)
{
	struct capture capture = { .bytes = bytes, .size = size };
	struct capture_packet packet;
	struct words words;
	size_t at = 0;

	return take_line(&words, bytes, size, &at) &&
	       (read_line(&capture, &words, &packet) || packet.kind == CAPTURE_ISOCHRONOUS) && packet.id != 0;
}
