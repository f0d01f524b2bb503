/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* CBOR (RFC 8949) as devices with SMP have it: Zephyr's zcbor, as far as its messages go. */

#ifndef DFUT_SIM_SMP_CBOR_H
#define DFUT_SIM_SMP_CBOR_H

#include "base/base.h"

#define DFUT_SIM_CBOR_DEPTH 8

/* What is written. Maps and lists have no length, but an end; canonical ones have a length (ZCBOR_CANONICAL). */
struct dfut_sim_cbor {
	uint8_t *bytes;
	size_t room;
	size_t size;
	bool is_canonical;
	bool is_full; /* something did not fit */
	size_t depth;
	struct {
		size_t start;
		size_t count; /* of items, keys included */
		bool is_map;
	} levels[DFUT_SIM_CBOR_DEPTH];
};

void dfut_sim_cbor_start(struct dfut_sim_cbor *cbor, uint8_t *bytes, size_t room, bool is_canonical);
void dfut_sim_cbor_open_map(struct dfut_sim_cbor *cbor);
void dfut_sim_cbor_open_list(struct dfut_sim_cbor *cbor);
void dfut_sim_cbor_close(struct dfut_sim_cbor *cbor);
void dfut_sim_cbor_put_text(struct dfut_sim_cbor *cbor, const char *text);
void dfut_sim_cbor_put_number(struct dfut_sim_cbor *cbor, uint32_t number);
void dfut_sim_cbor_put_flag(struct dfut_sim_cbor *cbor, bool flag);
void dfut_sim_cbor_put_bytes(struct dfut_sim_cbor *cbor, const uint8_t *bytes, size_t size);
/* Text that need not end with zero. */
void dfut_sim_cbor_put_text_bytes(struct dfut_sim_cbor *cbor, const uint8_t *bytes, size_t size);
/* A key and its value. */
void dfut_sim_cbor_put_number_as(struct dfut_sim_cbor *cbor, const char *key, uint32_t number);
void dfut_sim_cbor_put_flag_as(struct dfut_sim_cbor *cbor, const char *key, bool flag);

enum dfut_sim_cbor_kind {
	DFUT_SIM_CBOR_NUMBER,
	DFUT_SIM_CBOR_FLAG,
	DFUT_SIM_CBOR_TEXT,
	DFUT_SIM_CBOR_BYTES,
};

/* A key that is looked for, and what was found. */
struct dfut_sim_cbor_field {
	const char *key;
	enum dfut_sim_cbor_kind kind;
	bool is_there;
	bool flag;
	uint32_t number;
	const uint8_t *bytes;
	size_t size;
};

/*
 * Reads a map; other keys are passed over. Returns false for what is no map, is cut off, has a key twice, or a value of
 * another kind; canonical devices take no map without a length.
 */
bool dfut_sim_cbor_read_map(const uint8_t *bytes, size_t size, bool is_canonical, struct dfut_sim_cbor_field *fields,
			    size_t count);

#endif
