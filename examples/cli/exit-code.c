/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* The exit codes. Scripts depend on them: rows may be added, none may change. */

#include <dfutrigger.h>

#include "exit-code.h"

static const struct {
	int exit_code;
	int error;
	unsigned int check;
	const char *text;
} rows[] = {
	{ 0, DFUT_OK, 0, "done (also: done, but it can't be verified; the text says why)" },
	{ 2, DFUT_ERROR_USAGE, 0, "wrong command line" },
	{ 12, DFUT_ERROR_NO_MEMORY, 0, "out of memory or of another resource" },
	{ 13, DFUT_ERROR_NOT_FOUND, 0, "no such device, alternate setting or file" },
	{ 14, DFUT_ERROR_AMBIGUOUS, 0, "more than one device fits; choose with -d, -p or -S" },
	{ 15, DFUT_ERROR_ACCESS, 0, "no permission; the hint has the rule to add" },
	{ 16, DFUT_ERROR_BUSY, 0, "another program or driver holds the device" },
	{ 17, DFUT_ERROR_GONE, 0, "the device left the bus while it was needed" },
	{ 18, DFUT_ERROR_TIMEOUT, 0, "no answer, or no return, before the deadline" },
	{ 19, DFUT_ERROR_IO, 0, "a transfer or a file operation failed" },
	{ 20, DFUT_ERROR_UNSUPPORTED, 0, "not possible with this device, system or build" },
	{ 21, DFUT_ERROR_IMAGE, 0, "the file is not firmware, or is damaged" },
	{ 22, DFUT_ERROR_MISMATCH, 0,
	  "file and device, or file and key, do not match, or another device came back than was expected" },
	{ 23, DFUT_ERROR_PROTOCOL, 0, "the device broke the protocol" },
	{ 24, DFUT_ERROR_DEVICE, 0, "the device refused, did not react, or reports an error" },
	{ 25, DFUT_ERROR_VERIFY, 0, "what was read back is not what was written" },
	{ 26, DFUT_ERROR_CANCELLED, 0, "interrupted" },
	{ 31, 0, DFUT_CHECK_FORMAT, "check \"format\": not firmware, or not of a kind that the device takes" },
	{ 32, 0, DFUT_CHECK_LENGTH, "check \"length\": truncated, or too many bytes" },
	{ 33, 0, DFUT_CHECK_CHECKSUM, "check \"checksum\": wrong CRC of the container" },
	{ 34, 0, DFUT_CHECK_HASH, "check \"hash\": wrong hash inside the image" },
	{ 35, 0, DFUT_CHECK_IDS, "check \"ids\": made for another device" },
	{ 36, 0, DFUT_CHECK_SIZE, "check \"size\": does not fit the memory" },
	{ 37, 0, DFUT_CHECK_VERSION, "check \"version\": older than what the device runs" },
	{ 38, 0, DFUT_CHECK_MEMORY_MAP, "check \"memory-map\": an address that can't be written" },
	{ 39, 0, DFUT_CHECK_BOOTLOADER, "check \"bootloader\": the device could not be updated again" },
};

#define ROW_COUNT (sizeof(rows) / sizeof(rows[0]))

int exit_code_get(int code, unsigned int check)
{
	if (code >= 0)
		return 0;
	for (size_t i = 0; i < ROW_COUNT; i++)
		if (check ? rows[i].check == check : rows[i].error == code)
			return rows[i].exit_code;
	/* A library newer than this command may know more errors and checks. */
	return check ? exit_code_get(code, 0) : 1;
}

const char *exit_code_get_row(size_t index, int *exit_code)
{
	if (index >= ROW_COUNT)
		return NULL;
	*exit_code = rows[index].exit_code;
	return rows[index].text;
}
