/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* Structs that cross the border between programs and libraries of different age: see "Structs" in dfutrigger.h. */

#ifndef DFUT_STRUCT_H
#define DFUT_STRUCT_H

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

/* Takes one that begins with its size; what it does not have stays as it is. False: it was not initialised. */
static inline bool dfut_struct_take(void *own, size_t own_size, const void *given)
{
	size_t size;

	memcpy(&size, given, sizeof(size));
	if (size <= sizeof(size))
		return false;
	memcpy(own, given, size < own_size ? size : own_size);
	memcpy(own, &own_size, sizeof(own_size));
	return true;
}

/* Fills one that has that size; what is not known is 0. */
static inline void dfut_struct_give(void *given, size_t given_size, const void *own, size_t own_size)
{
	size_t known = given_size < own_size ? given_size : own_size;

	memcpy(given, own, known);
	memset((char *)given + known, 0, given_size - known);
}

#endif
