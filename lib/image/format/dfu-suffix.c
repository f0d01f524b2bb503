/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* The suffix of a DFU file (DFU 1.1, appendix B): who it is for, and a CRC over all of it. Never sent to a device. */

#include <stdio.h>
#include <string.h>

#include <zlib.h>

#include "image/paged.h"

/* Offsets from the beginning of a suffix of 16 bytes */
#define BCD_DEVICE 0
#define ID_PRODUCT 2
#define ID_VENDOR 4
#define BCD_DFU 6
#define SIGNATURE 8
#define LENGTH 11
#define CRC 12

#define SIGNATURE_SIZE 3
/* How far behind a suffix padding is looked through: the largest common flash page. */
#define SEARCH_SIZE 4096

const char dfut_suffix_layer[] = "dfu-suffix";

static const char *const fact_keys[DFUT_SUFFIX_FACT_COUNT] = {
	"vendor_id", "product_id", "release", "dfu_version", "crc",
};

const char *dfut_suffix_get_fact_key(size_t index)
{
	return fact_keys[index];
}

/* dwCRC is not inverted at its end, unlike zlib's. Sizes fit uInt: DFUT_IMAGE_MAX_SIZE. */
static uint32_t crc_update(uint32_t crc, const uint8_t *data, size_t size)
{
	return ~(uint32_t)crc32((uLong)(uint32_t)~crc, data, (uInt)size);
}

static uint32_t crc_of(const uint8_t *data, size_t size)
{
	return crc_update(0xffffffff, data, size);
}

/* What is there near the end of the file. */
static const uint8_t *get_end(const struct dfut_image *image, size_t offset)
{
	return image->paged ? dfut_paged_get_tail(image->paged, offset) : image->data + offset;
}

/* Of all bytes up to there. */
static uint32_t crc_to(const struct dfut_image *image, size_t end)
{
	return image->paged ? ~dfut_paged_get_crc(image->paged, end) : crc_of(image->data, end);
}

static uint32_t crc_of_image(const struct dfut_image *image, const uint8_t suffix[DFUT_SUFFIX_SIZE])
{
	return crc_update(crc_to(image, image->size), suffix, CRC);
}

void dfut_suffix_write(const struct dfut_image *image, uint8_t bytes[DFUT_SUFFIX_SIZE])
{
	dfut_put_le16(bytes + BCD_DEVICE, image->suffix.release);
	dfut_put_le16(bytes + ID_PRODUCT, image->suffix.product_id);
	dfut_put_le16(bytes + ID_VENDOR, image->suffix.vendor_id);
	dfut_put_le16(bytes + BCD_DFU, image->suffix.dfu_version);
	memcpy(bytes + SIGNATURE, "UFD", SIGNATURE_SIZE);
	bytes[LENGTH] = DFUT_SUFFIX_SIZE;
	dfut_put_le32(bytes + CRC, crc_of_image(image, bytes));
}

static void set_values(struct dfut_suffix *suffix, uint32_t crc)
{
	const uint16_t words[] = { suffix->vendor_id, suffix->product_id, suffix->release, suffix->dfu_version };

	for (size_t i = 0; i < DFUT_COUNT(words); i++)
		snprintf(suffix->values[i], sizeof(suffix->values[i]), "%04x", (unsigned int)words[i]);
	snprintf(suffix->values[DFUT_COUNT(words)], sizeof(suffix->values[0]), "%08lx", (unsigned long)crc);
}

void dfut_suffix_set(struct dfut_image *image, uint16_t vendor_id, uint16_t product_id, uint16_t release,
		     uint16_t dfu_version)
{
	uint8_t bytes[DFUT_SUFFIX_SIZE];

	image->suffix.present = true;
	image->suffix.length = DFUT_SUFFIX_SIZE;
	image->suffix.vendor_id = vendor_id;
	image->suffix.product_id = product_id;
	image->suffix.release = release;
	image->suffix.dfu_version = dfu_version;
	dfut_suffix_write(image, bytes);
	set_values(&image->suffix, dfut_le32(bytes + CRC));
}

static bool is_version(const uint8_t *bytes)
{
	return dfut_le16(bytes) == DFUT_DFU_VERSION_1_0 || dfut_le16(bytes) == DFUT_DFU_VERSION_DFUSE;
}

/* bLength counts from the end; a larger suffix has its known fields in its last 16 bytes. */
static int judge_length(struct dfut_loader *loader, size_t *length)
{
	size_t size = loader->image->size;
	size_t offset = size - DFUT_SUFFIX_SIZE + LENGTH;

	*length = *get_end(loader->image, offset);
	if (*length >= DFUT_SUFFIX_SIZE && *length <= size)
		return 0;
	if (*length < DFUT_SUFFIX_SIZE) {
		*length = DFUT_SUFFIX_SIZE;
		return dfut_image_doubt(loader, DFUT_ERROR_IMAGE, DFUT_CHECK_LENGTH,
					"offset %zu: the DFU suffix says that it has %u bytes, it needs 16", offset,
					(unsigned int)*get_end(loader->image, offset));
	}
	*length = DFUT_SUFFIX_SIZE;
	return dfut_image_doubt(loader, DFUT_ERROR_IMAGE, DFUT_CHECK_LENGTH,
				"offset %zu: the DFU suffix says that it has %u bytes, the whole file has %zu", offset,
				(unsigned int)*get_end(loader->image, offset), size);
}

/* HackRF's build puts the LPC header in front after the suffix is made, and its firmware is in the field so. */
static bool leaves_out_lpc_header(const struct dfut_image *image, size_t crc_offset)
{
	if (image->paged || image->size < DFUT_LPC_HEADER_SIZE + DFUT_SUFFIX_SIZE || !dfut_lpc_matches(image))
		return false;
	return crc_of(image->data + DFUT_LPC_HEADER_SIZE, crc_offset - DFUT_LPC_HEADER_SIZE) ==
	       dfut_le32(image->data + crc_offset);
}

static int judge_crc(struct dfut_loader *loader)
{
	const struct dfut_image *image = loader->image;
	size_t offset = image->size - DFUT_SUFFIX_SIZE + CRC;
	uint32_t said = dfut_le32(get_end(image, offset));
	uint32_t found = crc_to(image, offset);
	int result;

	if (said == found)
		return 0;
	if (leaves_out_lpc_header(image, offset)) {
		dfut_image_add_fact(loader, "crc_range", "without the %d bytes of the LPC header",
				    DFUT_LPC_HEADER_SIZE);
		return 0;
	}
	result = dfut_image_doubt(loader, DFUT_ERROR_IMAGE, DFUT_CHECK_CHECKSUM,
				  "offset %zu: the DFU suffix says CRC %08lx, the file has %08lx: it is damaged",
				  offset, (unsigned long)said, (unsigned long)found);
	if (result < 0)
		dfut_hint(loader->failure, "get the file again from where it came from");
	return result;
}

static int read_suffix(struct dfut_loader *loader)
{
	struct dfut_image *image = loader->image;
	const uint8_t *bytes = get_end(image, image->size - DFUT_SUFFIX_SIZE);
	size_t length;
	int result = judge_length(loader, &length);

	if (result == 0)
		result = judge_crc(loader);
	if (result < 0)
		return result;
	image->size -= length;
	image->suffix.present = true;
	image->suffix.length = length;
	image->suffix.release = dfut_le16(bytes + BCD_DEVICE);
	image->suffix.product_id = dfut_le16(bytes + ID_PRODUCT);
	image->suffix.vendor_id = dfut_le16(bytes + ID_VENDOR);
	image->suffix.dfu_version = dfut_le16(bytes + BCD_DFU);
	set_values(&image->suffix, dfut_le32(bytes + CRC));
	if (image->suffix.dfu_version >> 8 != DFUT_DFU_VERSION_1_0 >> 8)
		return dfut_image_doubt(loader, DFUT_ERROR_IMAGE, DFUT_CHECK_FORMAT,
					"offset %zu: the DFU suffix says bcdDFU %04x, a version that DFU does not have",
					image->size + length - DFUT_SUFFIX_SIZE + BCD_DFU,
					(unsigned int)image->suffix.dfu_version);
	if (image->suffix.dfu_version != DFUT_DFU_VERSION_DFUSE || (!image->paged && dfut_dfuse_matches(image)))
		return 0;
	return dfut_image_doubt(loader, DFUT_ERROR_IMAGE, DFUT_CHECK_FORMAT,
				"offset %zu: the DFU suffix says that this is a DfuSe file (bcdDFU 011a), "
				"which it is not",
				image->size + length - DFUT_SUFFIX_SIZE + BCD_DFU);
}

/* True if the CRC comes out right once the signature is mended: then nothing else can be meant. */
static bool has_damaged_signature(const struct dfut_image *image)
{
	uint8_t suffix[DFUT_SUFFIX_SIZE];
	size_t start = image->size - DFUT_SUFFIX_SIZE;

	memcpy(suffix, get_end(image, start), sizeof(suffix));
	if (suffix[LENGTH] != DFUT_SUFFIX_SIZE || !is_version(suffix + BCD_DFU))
		return false;
	memcpy(suffix + SIGNATURE, "UFD", SIGNATURE_SIZE);
	return crc_update(crc_to(image, start), suffix, CRC) == dfut_le32(suffix + CRC);
}

/* In the order in which it is read aloud; its CRC is right with and without. */
static bool has_reversed_signature(const struct dfut_image *image)
{
	const uint8_t *suffix = get_end(image, image->size - DFUT_SUFFIX_SIZE);

	return memcmp(suffix + SIGNATURE, "DFU", SIGNATURE_SIZE) == 0 && suffix[LENGTH] == DFUT_SUFFIX_SIZE &&
	       crc_to(image, image->size - DFUT_SUFFIX_SIZE + CRC) == dfut_le32(suffix + CRC);
}

/* bcdDFU, signature and bLength as they stand together, or as much of them as there is before the end. */
static bool is_suffix_middle(const uint8_t *bytes, size_t size)
{
	if (size < SIGNATURE + SIGNATURE_SIZE - BCD_DFU || !is_version(bytes))
		return false;
	if (memcmp(bytes + SIGNATURE - BCD_DFU, "UFD", SIGNATURE_SIZE) != 0)
		return false;
	return size <= LENGTH - BCD_DFU || bytes[LENGTH - BCD_DFU] == DFUT_SUFFIX_SIZE;
}

/* Finds the last place near the end where a suffix may begin. */
static bool find_stray_suffix(const struct dfut_image *image, size_t *start)
{
	size_t first = image->size > SEARCH_SIZE ? image->size - SEARCH_SIZE : BCD_DFU;

	for (size_t at = image->size; at-- > first;) {
		if (at < BCD_DFU || !is_suffix_middle(get_end(image, at), image->size - at))
			continue;
		*start = at - BCD_DFU;
		return true;
	}
	return false;
}

static int judge_end(struct dfut_loader *loader)
{
	const struct dfut_image *image = loader->image;
	size_t start;
	size_t length;

	if (image->size >= DFUT_SUFFIX_SIZE && has_reversed_signature(image))
		return dfut_image_doubt(loader, DFUT_ERROR_IMAGE, DFUT_CHECK_FORMAT,
					"offset %zu: the signature of the DFU suffix is DFU, it has to be UFD",
					image->size - DFUT_SUFFIX_SIZE + SIGNATURE);
	if (image->size >= DFUT_SUFFIX_SIZE && has_damaged_signature(image))
		return dfut_image_doubt(loader, DFUT_ERROR_IMAGE, DFUT_CHECK_CHECKSUM,
					"offset %zu: the signature of the DFU suffix is damaged",
					image->size - DFUT_SUFFIX_SIZE + SIGNATURE);
	if (!find_stray_suffix(image, &start))
		return 0;
	length = image->size - start;
	if (length < DFUT_SUFFIX_SIZE)
		return dfut_image_doubt(loader, DFUT_ERROR_IMAGE, DFUT_CHECK_LENGTH,
					"offset %zu: the file ends inside its DFU suffix, %zu bytes are missing",
					image->size, DFUT_SUFFIX_SIZE - length);
	if (crc_to(image, start + CRC) != dfut_le32(get_end(image, start + CRC)))
		return 0;
	return dfut_image_doubt(loader, DFUT_ERROR_IMAGE, DFUT_CHECK_LENGTH,
				"offset %zu: %zu bytes too many after the DFU suffix", start + DFUT_SUFFIX_SIZE,
				length - DFUT_SUFFIX_SIZE);
}

int dfut_suffix_read(struct dfut_loader *loader)
{
	const struct dfut_image *image = loader->image;
	size_t behind_signature = DFUT_SUFFIX_SIZE - SIGNATURE;

	loader->layer = dfut_suffix_layer;
	if (image->size < behind_signature ||
	    memcmp(get_end(image, image->size - behind_signature), "UFD", SIGNATURE_SIZE) != 0)
		return judge_end(loader);
	if (image->size < DFUT_SUFFIX_SIZE)
		return dfut_image_doubt(loader, DFUT_ERROR_IMAGE, DFUT_CHECK_LENGTH,
					"offset 0: the file has %zu bytes of the 16 of its DFU suffix", image->size);
	return read_suffix(loader);
}
