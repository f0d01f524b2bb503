/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

#ifndef DFUTRIGGER_CLI_SYSTEM_H
#define DFUTRIGGER_CLI_SYSTEM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

/** What printf() knows on each system, which on Windows two C libraries see differently */
#ifdef __MINGW32__
#define SYSTEM_PRINTF(text, arguments) __attribute__((format(gnu_printf, text, arguments)))
#else
#define SYSTEM_PRINTF(text, arguments) __attribute__((format(printf, text, arguments)))
#endif

/* What systems do differently: system-posix.c or system-windows.c. What fails sets errno. */

/** What has a name in a file system. */
enum system_kind {
	SYSTEM_NOTHING,
	SYSTEM_FILE,
	SYSTEM_OTHER,	/**< a pipe, a device, a folder */
	SYSTEM_LINK,	/**< a link that leads nowhere */
	SYSTEM_UNKNOWN, /**< that can't be told, and errno says why: the name is too long, a folder is closed */
};

/** Standard files that are missing can't be taken for others; what is written is bytes in UTF-8; a reader that has gone is an
 * error like others. @return false if that can't be had */
bool system_begin(void);
/** @return whether stderr is a terminal that can go back to the beginning of a line, and knows "\033[K" */
bool system_has_terminal(void);
/** @return the width of that terminal now; 80 if it is not told */
size_t system_get_columns(void);
/** Calls the handler at Ctrl-C and the like, to the end of the process; it may do no more than a signal handler. */
void system_watch_interrupts(void (*handler)(void));

/** @return how long the part of the path is that names a folder, with the separator at its end; 0 for the folder that one is in */
size_t system_get_folder_length(const char *path);
enum system_kind system_get_kind(const char *path);
/** @return the path of what has that name, links followed; NULL if that can't be told. To be freed */
char *system_resolve(const char *path);
/** The file can be read and written by whom that path can be. On Windows the folder says who can. */
bool system_copy_mode(const char *path, FILE *file);
/** @param time_ns when its content was last written, in ns since some day @return false where nothing has that name */
bool system_get_written(const char *path, unsigned long long *time_ns);
/** @return a file without a name, which will be in the folder of the path; NULL where the system has none */
FILE *system_create_nameless(const char *path);
/** @param pattern ends with XXXXXX, which are replaced */
FILE *system_create_temporary(char *pattern);
/** From now on only its owner can read it. On Windows the folder says who can. */
bool system_make_private(FILE *file);
/** Gives it its name. What else has that name stays: false, with errno EEXIST. */
bool system_name(FILE *file, const char *to);
/** The same for one that has a name. */
bool system_rename_new(const char *from, const char *to);
bool system_replace(const char *from, const char *to);
/** Waits until what was flushed is on the disk. */
bool system_flush(FILE *file);
/** @return false if it has no size */
bool system_get_size(FILE *file, unsigned long long *size);

#endif
