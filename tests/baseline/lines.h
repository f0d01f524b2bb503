/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* Lists of lines of text, and digests of them and of memories. */

#ifndef DFUT_BASELINE_LINES_H
#define DFUT_BASELINE_LINES_H

#include <stddef.h>
#include <stdint.h>

struct lines {
	char **items;
	size_t count;
	size_t room;
};

/** Adds a line. What is no printable character of ASCII becomes an escape, so that a line stays one. */
__attribute__((format(printf, 2, 3))) void lines_add(struct lines *lines, const char *format, ...);
void lines_clear(struct lines *lines);

#define DIGEST_START UINT64_C(0xcbf29ce484222325)

uint64_t digest_add(uint64_t digest, const void *data, size_t size);
uint64_t digest_lines(const struct lines *lines);

/** Of no memory left: a recording with holes is none. */
void *allocate_or_die(void *old, size_t size);

#endif
