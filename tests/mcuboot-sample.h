/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* Composes MCUboot images for tests, byte by byte from MCUboot's image.h and without the library. */

#ifndef MCUBOOT_SAMPLE_H
#define MCUBOOT_SAMPLE_H

#include <stdint.h>
#include <string.h>

#include <openssl/evp.h>

#ifndef SAMPLE_CAPACITY
#define SAMPLE_CAPACITY 16384
#endif

struct sample {
	uint8_t bytes[SAMPLE_CAPACITY];
	size_t size;
};

/* Zero and NULL stand for: header of 32 bytes, 64 bytes of body, version 1.2.3, SHA-256 that is right, no trailer. */
struct sample_wish {
	uint16_t header_size;
	uint32_t body_size;
	uint32_t flags;
	uint32_t load_address;
	uint8_t version[8];	       /* as in the header; all 0 for 1.2.3 */
	const uint8_t *protected_tlvs; /* type, length, data, ... */
	size_t protected_size;
	const uint8_t *other_tlvs; /* behind the hash */
	size_t other_size;
	uint16_t hash; /* TLV type 0x10, 0x11 or 0x12; 0xffff for no hash */
};

static inline void sample_u16(struct sample *sample, unsigned int value)
{
	sample->bytes[sample->size++] = value & 0xff;
	sample->bytes[sample->size++] = value >> 8 & 0xff;
}

static inline void sample_u32(struct sample *sample, uint32_t value)
{
	sample_u16(sample, value & 0xffff);
	sample_u16(sample, value >> 16);
}

static inline void sample_bytes(struct sample *sample, const void *bytes, size_t size)
{
	if (size > 0)
		memcpy(sample->bytes + sample->size, bytes, size);
	sample->size += size;
}

static inline void sample_fill(struct sample *sample, uint8_t value, size_t size)
{
	memset(sample->bytes + sample->size, value, size);
	sample->size += size;
}

/* The body counts up, so that each byte tells where it belongs. */
static inline void sample_body(struct sample *sample, size_t size)
{
	for (size_t i = 0; i < size; i++)
		sample->bytes[sample->size++] = (uint8_t)(i * 7 + 1);
}

static inline void sample_header(struct sample *sample, const struct sample_wish *wish)
{
	static const uint8_t version[8] = { 1, 2, 3, 0, 0, 0, 0, 0 };
	static const uint8_t none[8] = { 0 };
	uint16_t header_size = wish->header_size ? wish->header_size : 32;

	sample_u32(sample, 0x96f3b83d);
	sample_u32(sample, wish->load_address);
	sample_u16(sample, header_size);
	sample_u16(sample, wish->protected_size ? (unsigned int)wish->protected_size + 4 : 0);
	sample_u32(sample, wish->body_size ? wish->body_size : 64);
	sample_u32(sample, wish->flags);
	sample_bytes(sample, memcmp(wish->version, none, 8) ? wish->version : version, 8);
	sample_u32(sample, 0);
	sample_fill(sample, 0xff, header_size - 32u);
}

static inline size_t sample_hash(const struct sample *sample, uint16_t type, uint8_t *digest)
{
	const EVP_MD *algorithm = type == 0x12 ? EVP_sha512() : type == 0x11 ? EVP_sha384() : EVP_sha256();
	unsigned int size = 0;

	EVP_Digest(sample->bytes, sample->size, digest, &size, algorithm, NULL);
	return size;
}

static inline struct sample sample_make(const struct sample_wish *wish)
{
	struct sample sample = { .size = 0 };
	uint16_t type = wish->hash ? wish->hash : 0x10;
	uint8_t digest[EVP_MAX_MD_SIZE];
	size_t digest_size = 0;

	sample_header(&sample, wish);
	sample_body(&sample, wish->body_size ? wish->body_size : 64);
	if (wish->protected_size) {
		sample_u16(&sample, 0x6908);
		sample_u16(&sample, (unsigned int)wish->protected_size + 4);
		sample_bytes(&sample, wish->protected_tlvs, wish->protected_size);
	}
	if (type != 0xffff)
		digest_size = sample_hash(&sample, type, digest);
	sample_u16(&sample, 0x6907);
	sample_u16(&sample, (unsigned int)(4 + (digest_size ? 4 + digest_size : 0) + wish->other_size));
	if (digest_size) {
		sample_u16(&sample, type);
		sample_u16(&sample, (unsigned int)digest_size);
		sample_bytes(&sample, digest, digest_size);
	}
	sample_bytes(&sample, wish->other_tlvs, wish->other_size);
	return sample;
}

static inline struct sample sample_plain(void)
{
	struct sample_wish wish = { 0 };

	return sample_make(&wish);
}

/* Makes a slot of it. Flags of 0xff are erased; the magic is that of the alignment, 8 having its own. */
static inline void sample_put_trailer(struct sample *sample, size_t slot_size, unsigned int alignment, uint8_t image_ok,
				      uint8_t copy_done, uint8_t swap_info)
{
	static const uint8_t magic[16] = { 0x77, 0xc2, 0x95, 0xf3, 0x60, 0xd2, 0xef, 0x7f,
					   0x35, 0x52, 0x50, 0x0f, 0x2c, 0xb6, 0x79, 0x80 };
	static const uint8_t other[14] = { 0x2d, 0xe1, 0x5d, 0x29, 0x41, 0x0b, 0x8d,
					   0x77, 0x67, 0x9c, 0x11, 0x0f, 0x1f, 0x8a };
	size_t flags = alignment == 8 ? slot_size - 24 : slot_size - alignment - (alignment > 16 ? alignment : 16);

	sample_fill(sample, 0xff, slot_size - sample->size);
	sample->bytes[flags] = image_ok;
	sample->bytes[flags - alignment] = copy_done;
	sample->bytes[flags - 2 * alignment] = swap_info;
	sample->size = slot_size - 16;
	if (alignment == 8) {
		sample_bytes(sample, magic, sizeof(magic));
		return;
	}
	sample_u16(sample, alignment);
	sample_bytes(sample, other, sizeof(other));
}

#endif
