/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

#if !defined(_WIN32) && !defined(_XOPEN_SOURCE)
#define _XOPEN_SOURCE 700
#endif

#if defined(_WIN32)
#include <windows.h>
#else
#include <time.h>
#endif

#include "base/time.h"

uint64_t dfut_system_time_us(void)
{
#if defined(_WIN32)
	LARGE_INTEGER count, frequency;

	QueryPerformanceCounter(&count);
	QueryPerformanceFrequency(&frequency);
	/* In two parts, as their product may be too large. */
	return (uint64_t)(count.QuadPart / frequency.QuadPart * 1000000 +
			  count.QuadPart % frequency.QuadPart * 1000000 / frequency.QuadPart);
#else
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000;
#endif
}
