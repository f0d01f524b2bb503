/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/*
 * Memory that runs short. malloc(), calloc(), realloc() and free() of the program come before those of the C library, for all
 * libraries in it. A program includes this once.
 */

#ifndef DFUTRIGGER_TESTS_SHORT_MEMORY_H
#define DFUTRIGGER_TESTS_SHORT_MEMORY_H

#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

extern void *__libc_malloc(size_t size);
extern void *__libc_calloc(size_t count, size_t size);
extern void *__libc_realloc(void *bytes, size_t size);
extern void __libc_free(void *bytes);

/* Those of AddressSanitizer, if the program has it: what it gave out by other names comes back to free(). */
extern void *__interceptor_malloc(size_t size) __attribute__((weak));
extern void *__interceptor_calloc(size_t count, size_t size) __attribute__((weak));
extern void *__interceptor_realloc(void *bytes, size_t size) __attribute__((weak));
extern void __interceptor_free(void *bytes) __attribute__((weak));

/* Of this thread: how many allocations were asked for, which one fails, and whether those after it do. */
static _Thread_local struct {
	bool is_watched;
	size_t asked;
	size_t fails_at;
	bool fails_from_there;
	long held; /* what was allocated and is not free yet */
} memory;

static bool refuse_memory(void)
{
	if (!memory.is_watched)
		return false;
	memory.asked++;
	if (memory.asked != memory.fails_at && !(memory.fails_from_there && memory.asked > memory.fails_at))
		return false;
	errno = ENOMEM;
	return true;
}

static void *hold_memory(void *bytes)
{
	memory.held += memory.is_watched && bytes;
	return bytes;
}

void *malloc(size_t size)
{
	if (refuse_memory())
		return NULL;
	return hold_memory(__interceptor_malloc ? __interceptor_malloc(size) : __libc_malloc(size));
}

void *calloc(size_t count, size_t size)
{
	if (refuse_memory())
		return NULL;
	return hold_memory(__interceptor_calloc ? __interceptor_calloc(count, size) : __libc_calloc(count, size));
}

void *realloc(void *bytes, size_t size)
{
	void *moved;

	if (refuse_memory())
		return NULL;
	moved = __interceptor_realloc ? __interceptor_realloc(bytes, size) : __libc_realloc(bytes, size);
	return bytes ? moved : hold_memory(moved);
}

void free(void *bytes)
{
	memory.held -= memory.is_watched && bytes;
	if (__interceptor_free)
		__interceptor_free(bytes);
	else
		__libc_free(bytes);
}

/* The n-th allocation from now on fails, counted from 1, or all from it on; 0: none. */
static inline void watch_memory(size_t fails_at, bool fails_from_there)
{
	memset(&memory, 0, sizeof(memory));
	memory.fails_at = fails_at;
	memory.fails_from_there = fails_from_there;
	memory.is_watched = true;
}

/* True if the allocation that was to fail has been asked for. */
static inline bool stop_watching_memory(void)
{
	memory.is_watched = false;
	return memory.fails_at > 0 && memory.asked >= memory.fails_at;
}

#endif
