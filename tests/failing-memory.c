/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

#include "failing-memory.h"

#include <errno.h>
#include <fcntl.h>
#include <link.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define EXPORT __attribute__((visibility("default")))
#define RANGE_LIMIT 32

/* What is behind: the sanitizer's, or the C library's. */
void *__interceptor_malloc(size_t size) __attribute__((weak));
void *__interceptor_calloc(size_t count, size_t size) __attribute__((weak));
void *__interceptor_realloc(void *old, size_t size) __attribute__((weak));
void *__libc_malloc(size_t size);
void *__libc_calloc(size_t count, size_t size);
void *__libc_realloc(void *old, size_t size);

static struct {
	uintptr_t begin, end;
} ranges[RANGE_LIMIT];
static size_t range_count;

static _Thread_local struct {
	bool is_armed, is_for_good;
	uint64_t nth, count;
} state __attribute__((tls_model("initial-exec")));

/* Its file begins with one of the names; that of the program is empty. */
static bool is_meant(const char *path, const char *names)
{
	const char *file = strrchr(path, '/') ? strrchr(path, '/') + 1 : *path ? path : "program";

	for (const char *at = names; at; at = strchr(at, ':') ? strchr(at, ':') + 1 : NULL) {
		size_t length = strcspn(at, ":");

		if (length && strncmp(file, at, length) == 0)
			return true;
	}
	return false;
}

static int note_object(struct dl_phdr_info *info, size_t size, void *data)
{
	(void)size;
	for (int i = 0; is_meant(info->dlpi_name, data) && i < info->dlpi_phnum && range_count < RANGE_LIMIT; i++) {
		uintptr_t begin = info->dlpi_addr + info->dlpi_phdr[i].p_vaddr;

		if (info->dlpi_phdr[i].p_type != PT_LOAD || !(info->dlpi_phdr[i].p_flags & PF_X))
			continue;
		ranges[range_count].begin = begin;
		ranges[range_count++].end = begin + info->dlpi_phdr[i].p_memsz;
	}
	return 0;
}

__attribute__((constructor)) static void begin(void)
{
	const char *when = getenv("FAILING_MEMORY");
	char *names = getenv("FAILING_MEMORY_OF"), own[] = "libdfutrigger.so", *end = NULL;

	dl_iterate_phdr(note_object, names ? names : own);
	if (!when)
		return;
	state.nth = strtoull(when, &end, 10);
	state.is_for_good = *end == '+';
	state.is_armed = true;
}

__attribute__((destructor)) static void finish(void)
{
	const char *path = getenv("FAILING_MEMORY_COUNT");
	char text[32];
	int fd, length;

	if (!path)
		return;
	length = snprintf(text, sizeof(text), "%llu\n", (unsigned long long)state.count);
	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0666);
	if (fd < 0 || write(fd, text, (size_t)length) != length)
		abort();
	close(fd);
}

EXPORT void failing_memory_arm(uint64_t nth, bool for_good)
{
	state.nth = nth;
	state.is_for_good = for_good;
	state.count = 0;
	state.is_armed = true;
}

EXPORT uint64_t failing_memory_disarm(void)
{
	state.is_armed = false;
	return state.count;
}

static bool fails(const void *caller)
{
	uintptr_t at = (uintptr_t)caller;

	if (!state.is_armed)
		return false;
	for (size_t i = 0; i < range_count; i++) {
		if (at < ranges[i].begin || at >= ranges[i].end)
			continue;
		state.count++;
		if (state.count != state.nth && !(state.is_for_good && state.count > state.nth))
			return false;
		errno = ENOMEM;
		return true;
	}
	return false;
}

EXPORT void *malloc(size_t size)
{
	if (fails(__builtin_return_address(0)))
		return NULL;
	return __interceptor_malloc ? __interceptor_malloc(size) : __libc_malloc(size);
}

EXPORT void *calloc(size_t count, size_t size)
{
	if (fails(__builtin_return_address(0)))
		return NULL;
	return __interceptor_calloc ? __interceptor_calloc(count, size) : __libc_calloc(count, size);
}

EXPORT void *realloc(void *old, size_t size)
{
	if (fails(__builtin_return_address(0)))
		return NULL;
	return __interceptor_realloc ? __interceptor_realloc(old, size) : __libc_realloc(old, size);
}

EXPORT char *strdup(const char *text)
{
	size_t size = strlen(text) + 1;
	char *copy;

	if (fails(__builtin_return_address(0)))
		return NULL;
	copy = __interceptor_malloc ? __interceptor_malloc(size) : __libc_malloc(size);
	return copy ? memcpy(copy, text, size) : NULL;
}
