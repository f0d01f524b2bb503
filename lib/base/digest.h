/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* Digests, by Mbed TLS. In both libraries. */

#ifndef DFUT_DIGEST_H
#define DFUT_DIGEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum dfut_digest_kind {
	DFUT_DIGEST_MD5,
	DFUT_DIGEST_SHA256,
	DFUT_DIGEST_SHA384,
	DFUT_DIGEST_SHA512,
	/* XXH64 (https://github.com/Cyan4973/xxHash, doc/xxhash_spec.md) with the seed 0, its highest byte first: it tells whether
	 * bytes are the same, thirty times cheaper than SHA-256, and withstands nobody who wants others to have it. */
	DFUT_DIGEST_XXH64,
};

/* Of the largest */
#define DFUT_DIGEST_MAX_SIZE 64

/* Allocates nothing. False if the library was built without this kind. */
bool dfut_digest(uint8_t *digest, enum dfut_digest_kind kind, const void *data, size_t size);

#endif
