/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* Names of files and the command line are UTF-8, as dfutrigger.manifest asks for. */

#include <errno.h>
#include <fcntl.h>
#include <io.h>
#include <string.h>
#include <sys/stat.h>
#include <windows.h>

#include "system.h"

bool system_begin(void)
{
	FILE *const files[] = { stdin, stdout, stderr };

	/* Programs compare bytes: a '\n' stays one. One that is missing has no descriptor, and is an error by itself. */
	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++)
		if (_fileno(files[i]) >= 0)
			_setmode(_fileno(files[i]), _O_BINARY);
	SetConsoleOutputCP(CP_UTF8);
	return true;
}

bool system_has_terminal(void)
{
	HANDLE console = GetStdHandle(STD_ERROR_HANDLE);
	DWORD mode;

	return GetConsoleMode(console, &mode) && SetConsoleMode(console, mode | ENABLE_VIRTUAL_TERMINAL_PROCESSING);
}

size_t system_get_columns(void)
{
	CONSOLE_SCREEN_BUFFER_INFO info;

	if (!GetConsoleScreenBufferInfo(GetStdHandle(STD_ERROR_HANDLE), &info))
		return 80;
	return (size_t)(info.srWindow.Right - info.srWindow.Left + 1);
}

/* Windows gives it nothing but the event's number. */
static void (*interrupt_handler)(void);

static BOOL WINAPI handle_event(DWORD event)
{
	(void)event;
	interrupt_handler();
	return TRUE;
}

void system_watch_interrupts(void (*handler)(void))
{
	interrupt_handler = handler;
	SetConsoleCtrlHandler(handle_event, TRUE);
}

/* Behind a drive's letter the folder is the one that one is in there. */
size_t system_get_folder_length(const char *path)
{
	size_t length = strlen(path);

	while (length > 0 && !strchr("/\\:", path[length - 1]))
		length--;
	return length;
}

enum system_kind system_get_kind(const char *path)
{
	struct _stat64 status;

	if (_stat64(path, &status) < 0)
		return errno == ENOENT && *path ? SYSTEM_NOTHING : SYSTEM_UNKNOWN;
	return status.st_mode & _S_IFREG ? SYSTEM_FILE : SYSTEM_OTHER;
}

char *system_resolve(const char *path)
{
	return strdup(path);
}

bool system_copy_mode(const char *path, FILE *file)
{
	(void)path;
	(void)file;
	return true;
}

/* In parts of 100 ns */
bool system_get_written(const char *path, unsigned long long *time_ns)
{
	WIN32_FILE_ATTRIBUTE_DATA data;

	if (!GetFileAttributesExA(path, GetFileExInfoStandard, &data))
		return false;
	*time_ns = ((unsigned long long)data.ftLastWriteTime.dwHighDateTime << 32 |
		    data.ftLastWriteTime.dwLowDateTime) *
		   100;
	return true;
}

FILE *system_create_nameless(const char *path)
{
	(void)path;
	return NULL;
}

/* The C library's words for the system's errors */
static bool judge(bool is_done)
{
	DWORD error = GetLastError();

	if (is_done)
		return true;
	errno = EIO;
	if (error == ERROR_ALREADY_EXISTS || error == ERROR_FILE_EXISTS)
		errno = EEXIST;
	if (error == ERROR_ACCESS_DENIED || error == ERROR_SHARING_VIOLATION)
		errno = EACCES;
	if (error == ERROR_FILE_NOT_FOUND || error == ERROR_PATH_NOT_FOUND)
		errno = ENOENT;
	return false;
}

/* Unlike one of the C library it can be renamed and deleted while it is open. */
FILE *system_create_temporary(char *pattern)
{
	HANDLE handle = _mktemp(pattern) ? CreateFileA(pattern, GENERIC_WRITE,
						       FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE, NULL,
						       CREATE_NEW, FILE_ATTRIBUTE_NORMAL, NULL) :
					   INVALID_HANDLE_VALUE;
	FILE *file = NULL;
	int fd;

	if (!judge(handle != INVALID_HANDLE_VALUE))
		return NULL;
	fd = _open_osfhandle((intptr_t)handle, _O_WRONLY | _O_BINARY);
	if (fd < 0)
		CloseHandle(handle);
	else
		file = _fdopen(fd, "wb");
	if (fd >= 0 && !file)
		_close(fd);
	return file;
}

bool system_make_private(FILE *file)
{
	(void)file;
	return true;
}

bool system_name(FILE *file, const char *to)
{
	(void)file;
	(void)to;
	errno = ENOSYS;
	return false;
}

bool system_rename_new(const char *from, const char *to)
{
	return judge(MoveFileExA(from, to, MOVEFILE_WRITE_THROUGH));
}

bool system_replace(const char *from, const char *to)
{
	return judge(MoveFileExA(from, to, MOVEFILE_REPLACE_EXISTING | MOVEFILE_WRITE_THROUGH));
}

bool system_flush(FILE *file)
{
	/* A console and a pipe have no disk. */
	return _commit(_fileno(file)) == 0 || errno == EBADF || errno == EINVAL;
}

bool system_get_size(FILE *file, unsigned long long *size)
{
	long long length = _filelengthi64(_fileno(file));

	*size = length > 0 ? (unsigned long long)length : 0;
	return length >= 0;
}
