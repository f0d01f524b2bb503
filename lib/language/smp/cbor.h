/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* CBOR as messages of SMP have it: maps with text for keys. libcbor reads and writes it, within bounds. */

#ifndef DFUT_SMP_CBOR_H
#define DFUT_SMP_CBOR_H

#include <cbor.h>

#include "base/base.h"

/* Bytes that are put together; has_overflowed: there was more than room. */
struct smp_writer {
	uint8_t *out;
	size_t room;
	size_t size;
	bool has_overflowed;
};

/* A map of so many pairs, which follow. Lengths are always told: some servers take no others. */
void smp_put_map(struct smp_writer *writer, size_t pairs);
void smp_put_text(struct smp_writer *writer, const char *text);
void smp_put_uint(struct smp_writer *writer, uint64_t value);
void smp_put_bool(struct smp_writer *writer, bool value);
void smp_put_bytes(struct smp_writer *writer, const uint8_t *bytes, size_t size);

/* A map that is the first of these bytes; NULL if it is none, is too deep, says that it has more than there is, or memory is short.
 * The caller frees it with cbor_decref(). */
cbor_item_t *smp_cbor_load(const uint8_t *bytes, size_t size);
/* NULL if the map has no such key. */
const cbor_item_t *smp_cbor_find(const cbor_item_t *map, const char *key);
/* False if there is none (NULL), or it is no such thing; then the value is left as it is. */
bool smp_cbor_get_uint(const cbor_item_t *item, uint64_t *value);
bool smp_cbor_get_int(const cbor_item_t *item, int64_t *value);
bool smp_cbor_get_bool(const cbor_item_t *item, bool *value);
/* What does not fit is cut off. */
bool smp_cbor_get_text(const cbor_item_t *item, char *text, size_t size);
/* More than fit are none. */
bool smp_cbor_get_bytes(const cbor_item_t *item, uint8_t *bytes, size_t room, size_t *size);
/* 0 if it is no list. */
size_t smp_cbor_count(const cbor_item_t *list);
/* NULL if it is no map. */
const cbor_item_t *smp_cbor_get_map(const cbor_item_t *list, size_t index);

#endif
