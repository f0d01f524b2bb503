/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* Calls of POSIX that the C library of Windows has not, or has otherwise. */

#include <windows.h>

#include "calls.h"

int posix_rename(const char *from, const char *to)
{
	return MoveFileExA(from, to, MOVEFILE_REPLACE_EXISTING) ? 0 : -1;
}

/* As fast as elsewhere, and not refused where the disk has less: nothing is written. */
int posix_truncate(const char *path, long long size)
{
	const LARGE_INTEGER end = { .QuadPart = size };
	HANDLE file = CreateFileA(path, GENERIC_WRITE, FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE, NULL,
				  OPEN_EXISTING, FILE_ATTRIBUTE_NORMAL, NULL);
	BOOL is_done;

	if (file == INVALID_HANDLE_VALUE)
		return -1;
	is_done = SetFilePointerEx(file, end, NULL, FILE_BEGIN) && SetEndOfFile(file);
	CloseHandle(file);
	return is_done ? 0 : -1;
}

static unsigned long long get_number(FILETIME time)
{
	return (unsigned long long)time.dwHighDateTime << 32 | time.dwLowDateTime;
}

/* The processor's time. What Windows has under that name goes on while the program waits for its turn. */
clock_t posix_clock(void)
{
	FILETIME created, ended, kernel, user;

	if (!GetProcessTimes(GetCurrentProcess(), &created, &ended, &kernel, &user))
		return -1;
	return (clock_t)((get_number(kernel) + get_number(user)) / (10000000 / CLOCKS_PER_SEC));
}
