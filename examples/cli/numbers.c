/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* What a person writes on a command line, as numbers. */

#include <stdlib.h>
#include <string.h>

#include "numbers.h"

static int digit_of(char character)
{
	if (character >= '0' && character <= '9')
		return character - '0';
	if (character >= 'a' && character <= 'f')
		return character - 'a' + 10;
	if (character >= 'A' && character <= 'F')
		return character - 'A' + 10;
	return 16;
}

static bool parse_digits(const char *text, size_t length, unsigned int base, uint64_t max, uint64_t *value)
{
	uint64_t sum = 0;

	if (length == 0)
		return false;
	for (size_t i = 0; i < length; i++) {
		unsigned int digit = (unsigned int)digit_of(text[i]);

		if (digit >= base || digit > max || sum > (max - digit) / base)
			return false;
		sum = sum * base + digit;
	}
	*value = sum;
	return true;
}

static bool parse_part(const char *text, size_t length, uint64_t max, uint64_t *value)
{
	if (length > 2 && text[0] == '0' && (text[1] == 'x' || text[1] == 'X'))
		return parse_digits(text + 2, length - 2, 16, max, value);
	return parse_digits(text, length, 10, max, value);
}

bool number_parse(const char *text, uint64_t max, uint64_t *value)
{
	return parse_part(text, strlen(text), max, value);
}

bool number_parse_size(const char *text, uint64_t *value)
{
	size_t length = strlen(text);
	uint64_t unit = 1;

	if (length > 0 && (text[length - 1] == 'K' || text[length - 1] == 'k'))
		unit = 1024;
	if (length > 0 && (text[length - 1] == 'M' || text[length - 1] == 'm'))
		unit = 1024 * 1024;
	if (!parse_part(text, unit == 1 ? length : length - 1, UINT64_MAX / unit, value))
		return false;
	*value *= unit;
	return true;
}

bool number_parse_seconds(const char *text, unsigned int *milliseconds)
{
	const double most = 24 * 60 * 60;
	double seconds = 0;
	char *end = NULL;

	/* strtod() also knows spaces, signs, "inf" and "nan". */
	if (digit_of(text[0]) > 9 && text[0] != '.')
		return false;
	seconds = strtod(text, &end);
	if (*end != '\0' || seconds < 0.001 || seconds > most)
		return false;
	*milliseconds = (unsigned int)(seconds * 1000 + 0.5);
	return true;
}

bool number_parse_id(const char *text, size_t length, uint16_t *value)
{
	uint64_t number = 0;

	if (length > 2 && text[0] == '0' && (text[1] == 'x' || text[1] == 'X')) {
		text += 2;
		length -= 2;
	}
	if (length > 4 || !parse_digits(text, length, 16, UINT16_MAX, &number))
		return false;
	*value = (uint16_t)number;
	return true;
}

int number_parse_bytes(const char *text, uint8_t *bytes, size_t room)
{
	size_t length = strlen(text);

	if (length % 2 || length / 2 > room)
		return -1;
	for (size_t i = 0; i < length; i += 2) {
		if (digit_of(text[i]) > 15 || digit_of(text[i + 1]) > 15)
			return -1;
		bytes[i / 2] = (uint8_t)(digit_of(text[i]) << 4 | digit_of(text[i + 1]));
	}
	return (int)(length / 2);
}
