/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* Calls of POSIX that the C library of Windows has not, or has otherwise. */

#include <windows.h>
/* First windows.h */
#include <io.h>
#include <psapi.h>

#include "calls.h"

int posix_rename(const char *from, const char *to)
{
	return MoveFileExA(from, to, MOVEFILE_REPLACE_EXISTING) ? 0 : -1;
}

/* As fast as elsewhere, and not refused where the disk has less: nothing is written. */
static int set_size(HANDLE file, long long size)
{
	FILE_END_OF_FILE_INFO end = { .EndOfFile.QuadPart = size };

	return SetFileInformationByHandle(file, FileEndOfFileInfo, &end, sizeof(end)) ? 0 : -1;
}

int posix_ftruncate(int descriptor, long long size)
{
	return set_size((HANDLE)_get_osfhandle(descriptor), size);
}

int posix_truncate(const char *path, long long size)
{
	HANDLE file = CreateFileA(path, GENERIC_WRITE, FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE, NULL,
				  OPEN_EXISTING, FILE_ATTRIBUTE_NORMAL, NULL);
	int result = -1;

	if (file != INVALID_HANDLE_VALUE) {
		result = set_size(file, size);
		CloseHandle(file);
	}
	return result;
}

long posix_get_peak(void)
{
	PROCESS_MEMORY_COUNTERS counters = { .cb = sizeof(counters) };

	return K32GetProcessMemoryInfo(GetCurrentProcess(), &counters, sizeof(counters)) ?
		       (long)(counters.PeakWorkingSetSize / 1024) :
		       0;
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
