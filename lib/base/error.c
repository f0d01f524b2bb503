/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* Names and texts of errors and checks, and failures: the text that goes with an error. */

#include <stdio.h>
#include <string.h>

#include "base/base.h"

static const struct {
	int code;
	const char *name;
	const char *text;
} errors[] = {
	{ DFUT_OK, "ok", "done" },
	{ DFUT_ERROR_USAGE, "usage", "wrong call or argument" },
	{ DFUT_ERROR_NO_MEMORY, "no-memory", "out of memory" },
	{ DFUT_ERROR_NOT_FOUND, "not-found", "not found" },
	{ DFUT_ERROR_AMBIGUOUS, "ambiguous", "more than one fits" },
	{ DFUT_ERROR_ACCESS, "access", "no permission" },
	{ DFUT_ERROR_BUSY, "busy", "held by another program or driver" },
	{ DFUT_ERROR_GONE, "gone", "the device left the bus" },
	{ DFUT_ERROR_TIMEOUT, "timeout", "no answer in time" },
	{ DFUT_ERROR_IO, "io", "transfer or file operation failed" },
	{ DFUT_ERROR_UNSUPPORTED, "unsupported", "not possible with this device, system or build" },
	{ DFUT_ERROR_IMAGE, "image", "not firmware, or damaged" },
	{ DFUT_ERROR_MISMATCH, "mismatch", "does not fit" },
	{ DFUT_ERROR_PROTOCOL, "protocol", "the device broke its protocol" },
	{ DFUT_ERROR_DEVICE, "device", "the device refused" },
	{ DFUT_ERROR_VERIFY, "verify", "read back differs from what was written" },
	{ DFUT_ERROR_CANCELLED, "cancelled", "cancelled" },
};

/* clang-format off */
static const struct {
	unsigned int check;
	const char *name;
} checks[] = {
	{ DFUT_CHECK_FORMAT, "format" },
	{ DFUT_CHECK_LENGTH, "length" },
	{ DFUT_CHECK_CHECKSUM, "checksum" },
	{ DFUT_CHECK_HASH, "hash" },
	{ DFUT_CHECK_IDS, "ids" },
	{ DFUT_CHECK_SIZE, "size" },
	{ DFUT_CHECK_VERSION, "version" },
	{ DFUT_CHECK_MEMORY_MAP, "memory-map" },
	{ DFUT_CHECK_BOOTLOADER, "bootloader" },
};
/* clang-format on */

DFUT_API const char *dfut_error_get_name(int code)
{
	for (size_t i = 0; i < DFUT_COUNT(errors); i++)
		if (errors[i].code == code)
			return errors[i].name;
	return "unknown";
}

DFUT_API const char *dfut_error_get_text(int code)
{
	for (size_t i = 0; i < DFUT_COUNT(errors); i++)
		if (errors[i].code == code)
			return errors[i].text;
	return "unknown error";
}

int dfut_error_take(int result, int most)
{
	return result > most || result <= DFUT_ERROR_CANCELLED ? DFUT_ERROR_IO : result;
}

DFUT_API const char *dfut_check_get_name(unsigned int check)
{
	for (size_t i = 0; i < DFUT_COUNT(checks); i++)
		if (checks[i].check == check)
			return checks[i].name;
	return NULL;
}

DFUT_API unsigned int dfut_check_from_name(const char *name)
{
	for (size_t i = 0; name && i < DFUT_COUNT(checks); i++)
		if (strcmp(checks[i].name, name) == 0)
			return checks[i].check;
	return 0;
}

void dfut_failure_clear(struct dfut_failure *failure)
{
	failure->code = 0;
	failure->check = 0;
	failure->text[0] = '\0';
	failure->hint[0] = '\0';
	failure->line = 0;
}

static int fail(struct dfut_failure *failure, int code, unsigned int check, const char *text, va_list arguments)
{
	/* The new text may quote the old one. */
	char line[sizeof(failure->text)];

	vsnprintf(line, sizeof(line), text, arguments);
	dfut_clean_text(line);
	dfut_failure_clear(failure);
	failure->code = code;
	failure->check = check;
	memcpy(failure->text, line, sizeof(line));
	return code;
}

int dfut_fail(struct dfut_failure *failure, int code, const char *text, ...)
{
	va_list arguments;

	va_start(arguments, text);
	fail(failure, code, 0, text, arguments);
	va_end(arguments);
	return code;
}

int dfut_fail_check(struct dfut_failure *failure, int code, unsigned int check, const char *text, ...)
{
	va_list arguments;

	va_start(arguments, text);
	fail(failure, code, check, text, arguments);
	va_end(arguments);
	return code;
}

void dfut_hint(struct dfut_failure *failure, const char *text, ...)
{
	va_list arguments;

	va_start(arguments, text);
	vsnprintf(failure->hint, sizeof(failure->hint), text, arguments);
	va_end(arguments);
	dfut_clean_text(failure->hint);
	failure->line = 0;
}

void dfut_hint_line(struct dfut_failure *failure, const char *line, ...)
{
	size_t used = strlen(failure->hint);
	size_t room = sizeof(failure->hint) - used;
	va_list arguments;
	int length = 0;

	if (room < 2)
		return;
	va_start(arguments, line);
	length = vsnprintf(failure->hint + used + 1, room - 1, line, arguments);
	va_end(arguments);
	if (length < 0 || (size_t)length >= room - 1) {
		failure->hint[used] = '\0';
		return;
	}
	dfut_clean_text(failure->hint + used + 1);
	failure->hint[used] = ' ';
	failure->line = used + 1;
}

const char *dfut_failure_get_line(const struct dfut_failure *failure)
{
	return failure->line ? failure->hint + failure->line : "";
}

int dfut_fail_memory(struct dfut_failure *failure)
{
	return dfut_fail(failure, DFUT_ERROR_NO_MEMORY, "out of memory");
}
