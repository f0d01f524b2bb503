/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* calls.c */

#include <time.h>

/* 0 or -1 */
int posix_rename(const char *from, const char *to);
int posix_truncate(const char *path, long long size);
int posix_ftruncate(int descriptor, long long size);
/* The most memory that the process ever had, in KiB; 0 if not told */
long posix_get_peak(void);
clock_t posix_clock(void);
