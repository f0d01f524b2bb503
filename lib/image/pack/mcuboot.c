/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* Making an MCUboot image: header, body, and a TLV with the hash of both (MCUboot's image.h). */

#include <stdlib.h>
#include <string.h>

#include "base/digest.h"
#include "image/image.h"

#define IMAGE_TLV_INFO_MAGIC 0x6907
#define IMAGE_TLV_SHA256 0x10
#define TLV_HEADER_SIZE 4
#define SHA256_SIZE 32

/* Digits only, at least one, at most `most`. Moves on to what follows. */
static bool read_number(const char **text, uint32_t most, uint32_t *number)
{
	uint64_t value = 0;
	const char *at = *text;

	while (*at >= '0' && *at <= '9') {
		value = value * 10 + (uint64_t)(*at++ - '0');
		if (value > most)
			return false;
	}
	if (at == *text)
		return false;
	*text = at;
	*number = (uint32_t)value;
	return true;
}

static bool read_character(const char **text, char character)
{
	if (**text != character)
		return false;
	(*text)++;
	return true;
}

/* Writes the 8 bytes of struct image_version. */
static bool put_version(uint8_t *bytes, const char *text)
{
	uint32_t major, minor, revision, build = 0;

	if (!read_number(&text, 0xff, &major) || !read_character(&text, '.') || !read_number(&text, 0xff, &minor) ||
	    !read_character(&text, '.') || !read_number(&text, 0xffff, &revision))
		return false;
	if (read_character(&text, '+') && !read_number(&text, 0xffffffff, &build))
		return false;
	bytes[0] = (uint8_t)major;
	bytes[1] = (uint8_t)minor;
	dfut_put_le16(bytes + 2, (uint16_t)revision);
	dfut_put_le32(bytes + 4, build);
	return *text == '\0';
}

int dfut_mcuboot_wrap(const struct dfut_image *image, struct dfut_failure *failure, const char *version,
		      size_t header_size, uint8_t **wrapped, size_t *wrapped_size)
{
	const size_t tlv_size = 2 * TLV_HEADER_SIZE + SHA256_SIZE;
	const size_t size = image->size;
	uint8_t header[DFUT_MCUBOOT_HEADER_SIZE] = { 0 };
	uint8_t *bytes;
	uint8_t *tlvs;

	if (header_size < sizeof(header) || header_size > UINT16_MAX)
		return dfut_fail(failure, DFUT_ERROR_USAGE, "MCUboot's header has %zu to %u bytes, not %zu",
				 sizeof(header), UINT16_MAX, header_size);
	if (!put_version(header + 20, version))
		return dfut_fail(failure, DFUT_ERROR_USAGE,
				 "\"%s\" is not a version for MCUboot: MAJOR.MINOR.REVISION[+BUILD], at most "
				 "255.255.65535+4294967295",
				 version);
	bytes = malloc(header_size + size + tlv_size);
	if (!bytes)
		return dfut_fail_memory(failure);
	dfut_put_le32(header, DFUT_MCUBOOT_MAGIC);
	dfut_put_le16(header + 8, (uint16_t)header_size);
	dfut_put_le32(header + 12, (uint32_t)size);
	memset(bytes, 0xff, header_size);
	memcpy(bytes, header, sizeof(header));
	memcpy(bytes + header_size, image->data, size);
	tlvs = bytes + header_size + size;
	dfut_put_le16(tlvs, IMAGE_TLV_INFO_MAGIC);
	dfut_put_le16(tlvs + 2, (uint16_t)tlv_size);
	dfut_put_le16(tlvs + 4, IMAGE_TLV_SHA256);
	dfut_put_le16(tlvs + 6, SHA256_SIZE);
	if (!dfut_digest(tlvs + 8, DFUT_DIGEST_SHA256, bytes, header_size + size)) {
		free(bytes);
		return dfut_fail(failure, DFUT_ERROR_UNSUPPORTED, "Mbed TLS has no SHA-256");
	}
	*wrapped = bytes;
	*wrapped_size = header_size + size + tlv_size;
	return 0;
}
