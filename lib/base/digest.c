/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* Digests. */

#include <mbedtls/md.h>

#include "base/base.h"
#include "base/digest.h"

#define PRIME_1 UINT64_C(0x9e3779b185ebca87)
#define PRIME_2 UINT64_C(0xc2b2ae3d27d4eb4f)
#define PRIME_3 UINT64_C(0x165667b19e3779f9)
#define PRIME_4 UINT64_C(0x85ebca77c2b2ae63)
#define PRIME_5 UINT64_C(0x27d4eb2f165667c5)
#define STRIPE 32

/* XXH64 */

static uint64_t rotate(uint64_t value, unsigned int bits)
{
	return value << bits | value >> (64 - bits);
}

static uint64_t read_64(const uint8_t *bytes)
{
	return (uint64_t)dfut_le32(bytes + 4) << 32 | dfut_le32(bytes);
}

static uint64_t take_lane(uint64_t lane, uint64_t value)
{
	return rotate(lane + value * PRIME_2, 31) * PRIME_1;
}

/* All stripes: what is behind them is left. */
static uint64_t take_stripes(const uint8_t **bytes, size_t *size)
{
	uint64_t lanes[] = { PRIME_1 + PRIME_2, PRIME_2, 0, 0 - PRIME_1 };
	uint64_t hash;

	for (; *size >= STRIPE; *size -= STRIPE, *bytes += STRIPE)
		for (size_t i = 0; i < 4; i++)
			lanes[i] = take_lane(lanes[i], read_64(*bytes + 8 * i));
	hash = rotate(lanes[0], 1) + rotate(lanes[1], 7) + rotate(lanes[2], 12) + rotate(lanes[3], 18);
	for (size_t i = 0; i < 4; i++)
		hash = (hash ^ take_lane(0, lanes[i])) * PRIME_1 + PRIME_4;
	return hash;
}

static uint64_t get_xxh64(const void *data, size_t size)
{
	const uint8_t *bytes = data;
	size_t left = size;
	uint64_t hash = size >= STRIPE ? take_stripes(&bytes, &left) : PRIME_5;

	hash += size;
	for (; left >= 8; left -= 8, bytes += 8)
		hash = rotate(hash ^ take_lane(0, read_64(bytes)), 27) * PRIME_1 + PRIME_4;
	if (left >= 4) {
		hash = rotate(hash ^ dfut_le32(bytes) * PRIME_1, 23) * PRIME_2 + PRIME_3;
		left -= 4;
		bytes += 4;
	}
	for (; left; left--, bytes++)
		hash = rotate(hash ^ *bytes * PRIME_5, 11) * PRIME_1;
	hash = (hash ^ hash >> 33) * PRIME_2;
	hash = (hash ^ hash >> 29) * PRIME_3;
	return hash ^ hash >> 32;
}

static void put_xxh64(uint8_t *digest, const void *data, size_t size)
{
	uint64_t hash = get_xxh64(data, size);

	for (unsigned int i = 0; i < sizeof(hash); i++)
		digest[i] = (uint8_t)(hash >> (56 - 8 * i));
}

/* All of them */

bool dfut_digest(uint8_t *digest, enum dfut_digest_kind kind, const void *data, size_t size)
{
	static const mbedtls_md_type_t types[] = {
		[DFUT_DIGEST_MD5] = MBEDTLS_MD_MD5,
		[DFUT_DIGEST_SHA256] = MBEDTLS_MD_SHA256,
		[DFUT_DIGEST_SHA384] = MBEDTLS_MD_SHA384,
		[DFUT_DIGEST_SHA512] = MBEDTLS_MD_SHA512,
	};
	const mbedtls_md_info_t *info;

	if (kind == DFUT_DIGEST_XXH64) {
		put_xxh64(digest, data, size);
		return true;
	}
	info = mbedtls_md_info_from_type(types[kind]);
	return info && mbedtls_md(info, data, size, digest) == 0;
}
