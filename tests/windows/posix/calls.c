/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* What of POSIX's calls on files the C library of Windows has not, or has otherwise. */

#include <windows.h>

#include "files.h"

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
