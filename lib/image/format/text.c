/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* Text among the files that are taken for firmware. */

#include <string.h>

#include "image/format/text.h"

/* Shorter text may be anything. */
#define TEXT_MIN_SIZE 8
#define TEXT_8_BIT_MIN_SIZE 32

static bool begins_with(const struct dfut_content *content, const char *text)
{
	size_t length = strlen(text);

	return content->size >= length && memcmp(content->data, text, length) == 0;
}

static bool is_blank(uint8_t byte)
{
	return byte == ' ' || byte == '\t' || byte == '\n' || byte == '\r' || byte == '\f';
}

static bool is_letter(uint8_t byte)
{
	return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z');
}

static uint8_t to_lower(uint8_t byte)
{
	return byte >= 'A' && byte <= 'Z' ? (uint8_t)(byte + 'a' - 'A') : byte;
}

static struct dfut_content skip_blanks(const struct dfut_content *content)
{
	struct dfut_content rest = *content;

	if (begins_with(&rest, DFUT_BYTE_ORDER_MARK)) {
		rest.data += 3;
		rest.size -= 3;
	}
	while (rest.size > 0 && is_blank(*rest.data)) {
		rest.data++;
		rest.size--;
	}
	return rest;
}

static bool begins_with_tag(const struct dfut_content *content, const char *tag)
{
	struct dfut_content rest = skip_blanks(content);
	size_t length = strlen(tag);

	if (rest.size < length)
		return false;
	for (size_t i = 0; i < length; i++)
		if (to_lower(rest.data[i]) != (uint8_t)tag[i])
			return false;
	return true;
}

bool dfut_text_is_web_page(const struct dfut_content *content)
{
	static const char *const tags[] = { "<!doctype html", "<html", "<head", "<body", "<script", "<!--" };

	for (size_t i = 0; i < DFUT_COUNT(tags); i++)
		if (begins_with_tag(content, tags[i]))
			return true;
	return false;
}

bool dfut_text_is_xml(const struct dfut_content *content)
{
	return begins_with_tag(content, "<?xml") || begins_with_tag(content, "<!doctype") ||
	       begins_with_tag(content, "<svg");
}

/* The length of the character at the beginning, 0 if it is not one of printable UTF-8 text. */
static size_t text_character(const uint8_t *data, size_t size)
{
	size_t length = data[0] < 0x80 ? 1 :
			data[0] < 0xc2 ? 0 :
			data[0] < 0xe0 ? 2 :
			data[0] < 0xf0 ? 3 :
			data[0] < 0xf5 ? 4 :
					 0;

	if (length == 1)
		return (data[0] >= 0x20 && data[0] != 0x7f) || is_blank(data[0]) ? 1 : 0;
	if (length > size)
		return 0;
	for (size_t i = 1; i < length; i++)
		if ((data[i] & 0xc0) != 0x80)
			return 0;
	return length;
}

static bool is_digit(uint8_t byte)
{
	return byte >= '0' && byte <= '9';
}

/* What is in a text. */
struct census {
	size_t count;
	size_t letters;
	size_t digits;
	size_t blanks;
	size_t others; /* beyond ASCII */
};

static void count_character(struct census *census, uint32_t character)
{
	uint8_t byte = character < 0x80 ? (uint8_t)character : 0;

	census->count++;
	census->letters += is_letter(byte);
	census->digits += is_digit(byte);
	census->blanks += is_blank(byte);
	census->others += character >= 0x80;
}

/* False if there is anything else than UTF-8 */
static bool take_census(struct census *census, const struct dfut_content *content)
{
	size_t length;

	*census = (struct census){ 0 };
	for (size_t i = 0; i < content->size; i += length) {
		length = text_character(content->data + i, content->size - i);
		if (length == 0)
			return false;
		count_character(census, length > 1 ? 0x80 : content->data[i]);
	}
	return true;
}

static bool has_words(const struct census *census)
{
	return census->letters > 0 && census->blanks > 0 && census->count >= TEXT_MIN_SIZE;
}

bool dfut_text_is_plain(const struct dfut_content *content)
{
	struct census census;

	if (!take_census(&census, content))
		return false;
	return has_words(&census) || (census.letters + census.digits == 0 && census.count >= TEXT_MIN_SIZE);
}

bool dfut_text_is_white(const struct dfut_content *content)
{
	return content->size > 0 && skip_blanks(content).size == 0;
}

bool dfut_text_is_json(const struct dfut_content *content)
{
	struct dfut_content rest = skip_blanks(content);
	struct census census;

	while (rest.size > 0 && is_blank(rest.data[rest.size - 1]))
		rest.size--;
	if (rest.size < 2 || !take_census(&census, &rest))
		return false;
	return (rest.data[0] == '{' && rest.data[rest.size - 1] == '}') ||
	       (rest.data[0] == '[' && rest.data[rest.size - 1] == ']');
}

/* A unit of UTF-16 or UTF-32 */
static uint32_t get_unit(const uint8_t *data, size_t width, bool is_big)
{
	uint32_t unit = 0;

	for (size_t i = 0; i < width; i++)
		unit |= (uint32_t)data[i] << 8 * (is_big ? width - 1 - i : i);
	return unit;
}

static bool is_wide(const struct dfut_content *content, size_t from, size_t width, bool is_big, uint32_t last)
{
	struct census census = { 0 };

	if (content->size % width != 0)
		return false;
	for (size_t i = from; i < content->size; i += width) {
		uint32_t unit = get_unit(content->data + i, width, is_big);

		if (unit > last || (unit >= 0x7f && unit < 0xa0) || (unit < 0x20 && !is_blank((uint8_t)unit)))
			return false;
		count_character(&census, unit);
	}
	return from > 0 ? census.count >= TEXT_MIN_SIZE : has_words(&census);
}

bool dfut_text_is_wide(const struct dfut_content *content)
{
	if (begins_with(content, "\xff\xfe") &&
	    (is_wide(content, 2, 2, false, 0xfffd) || is_wide(content, 4, 4, false, 0x10ffff)))
		return true;
	if (begins_with(content, "\xfe\xff") && is_wide(content, 2, 2, true, 0xfffd))
		return true;
	return is_wide(content, 0, 2, false, 0xff) || is_wide(content, 0, 2, true, 0xff);
}

bool dfut_text_is_8_bit(const struct dfut_content *content)
{
	struct census census = { 0 };

	for (size_t i = 0; i < content->size; i++) {
		uint8_t byte = content->data[i];

		if ((byte >= 0x7f && byte < 0xa0) || (byte < 0x20 && !is_blank(byte)))
			return false;
		count_character(&census, byte);
	}
	return has_words(&census) && census.count >= TEXT_8_BIT_MIN_SIZE && census.others <= census.count / 8;
}
