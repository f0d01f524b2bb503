/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* What an image puts into the flash of one of Espressif's chips, and whether it can be for that. */

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include <zlib.h>

#include "image/format/esp.h"
#include "language/esp-serial/image.h"
#include "language/esp-serial/plan.h"
#include "language/esp-serial/wire.h"

#define WORD 4
#define FLASH_MAX (UINT64_C(256) * 1024 * 1024)

void esp_serial_finish(void *data)
{
	struct esp_serial_work *work = data;

	free(work->regions);
	free(work->bytes);
	free(work->outs);
	work->regions = NULL;
	work->bytes = NULL;
	work->outs = NULL;
	work->region_count = 0;
}

static bool is_forced(const struct dfut_session *session, unsigned int check)
{
	return session->force & check;
}

/* Where it goes. */

static int refuse_kind(struct dfut_session *session, const struct dfut_segment *segment)
{
	if (esp_serial_get_kind(segment->data, segment->size) == ESP_SERIAL_KIND_BOOTLOADER) {
		dfut_fail(&session->failure, DFUT_ERROR_MISMATCH,
			  "the file is a bootloader, and does not say where it goes");
		dfut_hint(&session->failure,
			  "say it (--address): 0x1000 on an ESP32-S2, 0 on an ESP32-S3 or ESP32-C3; or use "
			  "build/flasher_args.json, which has all parts with their addresses");
		return DFUT_ERROR_MISMATCH;
	}
	dfut_fail_check(&session->failure, DFUT_ERROR_MISMATCH, DFUT_CHECK_FORMAT,
			"offset 0: this is no image for an Espressif chip: it begins with 0x%02x, not with 0x%02x",
			segment->size ? segment->data[0] : 0, ESP_SERIAL_MAGIC);
	dfut_hint(
		&session->failure,
		"use the application's .bin, a merged .bin or build/flasher_args.json; data that goes elsewhere need an "
		"address (--address)");
	return DFUT_ERROR_MISMATCH;
}

/* False if a segment without an address is nothing that would be known. */
static bool find_address(const struct dfut_session *session, const struct dfut_segment *segment, uint32_t *address)
{
	enum esp_serial_kind kind = esp_serial_get_kind(segment->data, segment->size);

	*address = segment->address;
	if (segment->has_address)
		return true;
	*address = kind == ESP_SERIAL_KIND_MERGED ? 0 : ESP_SERIAL_APPLICATION;
	return kind == ESP_SERIAL_KIND_MERGED || kind == ESP_SERIAL_KIND_APPLICATION ||
	       (kind == ESP_SERIAL_KIND_OTHER && is_forced(session, DFUT_CHECK_FORMAT));
}

static size_t pad(size_t size)
{
	return (size + WORD - 1) / WORD * WORD;
}

static int check_segment(struct dfut_session *session, const struct dfut_segment *segment, uint32_t *address)
{
	if (segment->alternate >= 0)
		return dfut_fail(&session->failure, DFUT_ERROR_MISMATCH,
				 "the file names alternate settings of a DFU device, which this device has not");
	if (!find_address(session, segment, address))
		return refuse_kind(session, segment);
	if (*address % ESP_SERIAL_SECTOR) {
		dfut_fail(&session->failure, DFUT_ERROR_MISMATCH,
			  "the image has data at 0x%" PRIx32 ", which is not where a sector of 4096 bytes begins",
			  *address);
		dfut_hint(&session->failure, "flash is erased in sectors: what is before it would be lost");
		return DFUT_ERROR_MISMATCH;
	}
	if ((uint64_t)*address + segment->size > FLASH_MAX)
		return dfut_fail(&session->failure, DFUT_ERROR_MISMATCH,
				 "the image has %zu bytes at 0x%" PRIx32 ", and no flash is so large", segment->size,
				 *address);
	return 0;
}

/* Compressing. */

/* A stream that is not longer than the bytes themselves; false if it would be, or could not be made. */
static bool pack(struct esp_serial_region *region, uint8_t *room)
{
	uLongf size = region->size;

	if (compress2(room, &size, region->data, region->size, Z_BEST_COMPRESSION) != Z_OK || size >= region->size)
		return false;
	region->packed = room;
	region->packed_size = (uint32_t)size;
	return true;
}

/* How much comes out of each block: the ROM writes that before it answers. */
static bool measure_blocks(const struct esp_serial_region *region, uint32_t *outs)
{
	z_stream stream = { 0 };
	uint8_t bytes[ESP_SERIAL_SECTOR];
	uint32_t at = 0;
	int result = inflateInit(&stream);

	while (result == Z_OK && at < region->packed_size) {
		uint32_t left = region->packed_size - at;
		uLong before = stream.total_out;

		stream.next_in = (Bytef *)region->packed + at;
		stream.avail_in = left < ESP_SERIAL_BLOCK ? left : ESP_SERIAL_BLOCK;
		do {
			stream.next_out = bytes;
			stream.avail_out = sizeof(bytes);
			result = inflate(&stream, Z_NO_FLUSH);
		} while (result == Z_OK && (stream.avail_in || !stream.avail_out));
		/* There was nothing left to come out. */
		result = result == Z_BUF_ERROR ? Z_OK : result;
		outs[at / ESP_SERIAL_BLOCK] = (uint32_t)(stream.total_out - before);
		at += ESP_SERIAL_BLOCK;
	}
	inflateEnd(&stream);
	return result == Z_STREAM_END;
}

static size_t count_outs(size_t size)
{
	return (size + ESP_SERIAL_BLOCK - 1) / ESP_SERIAL_BLOCK;
}

/* Makes it of a copy of the segment's bytes, and of as much room behind them. */
static bool fill(struct esp_serial_region *region, const struct dfut_segment *segment, uint8_t *bytes, uint32_t *outs)
{
	uint8_t md5[DFUT_ESP_MD5_SIZE];

	memcpy(bytes, segment->data, segment->size);
	memset(bytes + segment->size, 0xff, region->size - segment->size);
	region->data = bytes;
	region->outs = outs;
	if (pack(region, bytes + region->size) && !measure_blocks(region, outs))
		region->packed = NULL;
	if (!dfut_esp_get_md5(region->data, region->size, md5))
		return false;
	dfut_image_put_hex(region->md5, md5, sizeof(md5));
	return true;
}

/* Laying out. */

static int compare(const void *one, const void *two)
{
	const struct esp_serial_region *a = one;
	const struct esp_serial_region *b = two;

	return (a->address > b->address) - (a->address < b->address);
}

static int check_overlap(struct dfut_session *session)
{
	const struct esp_serial_work *work = esp_serial_get_work(session);

	for (size_t i = 1; i < work->region_count; i++)
		if (work->regions[i].address < work->regions[i - 1].address + work->regions[i - 1].size)
			return dfut_fail(&session->failure, DFUT_ERROR_MISMATCH,
					 "the image has data at 0x%" PRIx32 ", where what begins at 0x%" PRIx32
					 " is not over yet",
					 work->regions[i].address, work->regions[i - 1].address);
	return 0;
}

static int reserve(struct dfut_session *session)
{
	struct esp_serial_work *work = esp_serial_get_work(session);
	struct dfut_segment segment;
	size_t size = 0, outs = 0, count = 0;

	for (size_t i = 0; dfut_image_find_segment(session->plan.image, i, &segment); i++) {
		size += 2 * pad(segment.size);
		outs += count_outs(segment.size);
		count++;
	}
	work->regions = calloc(count + 1, sizeof(*work->regions));
	work->bytes = malloc(size + 1);
	work->outs = calloc(outs + 1, sizeof(*work->outs));
	return work->regions && work->bytes && work->outs ? 0 : dfut_fail_memory(&session->failure);
}

int esp_serial_lay_out(struct dfut_session *session)
{
	struct esp_serial_work *work = esp_serial_get_work(session);
	struct dfut_segment segment;
	uint8_t *bytes;
	uint32_t *outs;

	esp_serial_finish(work);
	if (reserve(session) < 0)
		return session->failure.code;
	bytes = work->bytes;
	outs = work->outs;
	for (size_t i = 0; dfut_image_find_segment(session->plan.image, i, &segment); i++) {
		struct esp_serial_region *region = &work->regions[work->region_count];

		if (!segment.size)
			continue;
		if (check_segment(session, &segment, &region->address) < 0)
			return session->failure.code;
		region->size = (uint32_t)pad(segment.size);
		if (!fill(region, &segment, bytes, outs))
			return dfut_fail(&session->failure, DFUT_ERROR_UNSUPPORTED, "Mbed TLS has no MD5");
		bytes += (size_t)2 * region->size;
		outs += count_outs(segment.size);
		work->region_count++;
	}
	if (!work->region_count)
		return dfut_fail(&session->failure, DFUT_ERROR_MISMATCH, "the image has no bytes");
	qsort(work->regions, work->region_count, sizeof(*work->regions), compare);
	return check_overlap(session);
}

/* Whether it fits. */

static bool has_address(const struct esp_serial_region *region, uint32_t address)
{
	return region->address <= address && address - region->address < region->size;
}

/* What begins at this address of flash is an image. */
static bool read_at(struct esp_serial_header *header, const struct esp_serial_region *region, uint32_t address)
{
	return has_address(region, address) &&
	       esp_serial_read_header(header, region->data + (address - region->address),
				      region->size - (address - region->address));
}

static int check_header(struct dfut_session *session, const struct esp_serial_header *header, uint32_t address,
			const struct esp_serial_chip *chip)
{
	const struct esp_serial_chip *other = esp_serial_find_chip(header->chip_id);

	if (chip && header->chip_id != chip->id && !is_forced(session, DFUT_CHECK_IDS))
		return dfut_fail_check(&session->failure, DFUT_ERROR_MISMATCH, DFUT_CHECK_IDS,
				       "the image at 0x%" PRIx32 " is for an %s (chip id %u), the device has an %s",
				       address, other ? other->title : "unknown chip", header->chip_id, chip->title);
	if (!header->is_whole && !is_forced(session, DFUT_CHECK_LENGTH))
		return dfut_fail_check(&session->failure, DFUT_ERROR_MISMATCH, DFUT_CHECK_LENGTH,
				       "the image at 0x%" PRIx32 " is cut off: its segments go on behind its end",
				       address);
	if (header->is_whole && !header->is_right && !is_forced(session, DFUT_CHECK_CHECKSUM))
		return dfut_fail_check(&session->failure, DFUT_ERROR_MISMATCH, DFUT_CHECK_CHECKSUM,
				       "the image at 0x%" PRIx32
				       " does not have the checksum that it should: it is damaged",
				       address);
	return 0;
}

static int check_bootloader(struct dfut_session *session, const struct esp_serial_region *region,
			    const struct esp_serial_chip *chip)
{
	struct esp_serial_header header;

	if (!chip || !has_address(region, chip->bootloader))
		return 0;
	if (read_at(&header, region, chip->bootloader))
		return check_header(session, &header, chip->bootloader, chip);
	if (is_forced(session, DFUT_CHECK_FORMAT))
		return 0;
	dfut_fail_check(&session->failure, DFUT_ERROR_MISMATCH, DFUT_CHECK_FORMAT,
			"at 0x%" PRIx32 ", where an %s has its bootloader, the image has something else",
			chip->bootloader, chip->title);
	dfut_hint(&session->failure,
		  "is it for another chip? the bootloader of an ESP32-S2 is at 0x1000, of others at 0");
	return DFUT_ERROR_MISMATCH;
}

static int check_region(struct dfut_session *session, const struct esp_serial_region *region,
			const struct esp_serial_chip *chip, uint32_t flash_size)
{
	struct esp_serial_header header;
	uint64_t end = (uint64_t)region->address + region->size;

	if (flash_size && end > flash_size && !is_forced(session, DFUT_CHECK_SIZE))
		return dfut_fail_check(&session->failure, DFUT_ERROR_MISMATCH, DFUT_CHECK_SIZE,
				       "the image ends at 0x%" PRIx64 ", and the flash at 0x%" PRIx32, end - 1,
				       flash_size - 1);
	if (read_at(&header, region, region->address) && check_header(session, &header, region->address, chip) < 0)
		return session->failure.code;
	if (region->address < ESP_SERIAL_APPLICATION && read_at(&header, region, ESP_SERIAL_APPLICATION) &&
	    check_header(session, &header, ESP_SERIAL_APPLICATION, chip) < 0)
		return session->failure.code;
	return check_bootloader(session, region, chip);
}

/* What the file itself says of the chip or its flash; NULL if nothing. */
static const char *find_fact(const struct dfut_session *session, const char *wanted)
{
	const char *layer, *key, *value;

	for (size_t i = 0; i < dfut_image_get_fact_count(session->plan.image); i++)
		if (dfut_image_get_fact(session->plan.image, i, &layer, &key, &value) == 0 && strcmp(key, wanted) == 0)
			return value;
	return NULL;
}

static int check_named_chip(struct dfut_session *session, const struct esp_serial_chip *chip)
{
	const char *part = find_fact(session, "chip");

	if (!part || !chip || strcmp(part, chip->part) == 0 || is_forced(session, DFUT_CHECK_IDS))
		return 0;
	return dfut_fail_check(&session->failure, DFUT_ERROR_MISMATCH, DFUT_CHECK_IDS,
			       "the file is for the chip %s, the device has an %s", part, chip->title);
}

int esp_serial_check_regions(struct dfut_session *session, const struct esp_serial_chip *chip, uint32_t flash_size)
{
	const struct esp_serial_work *work = esp_serial_get_work(session);

	if (check_named_chip(session, chip) < 0)
		return session->failure.code;
	for (size_t i = 0; i < work->region_count; i++)
		if (check_region(session, &work->regions[i], chip, flash_size) < 0)
			return session->failure.code;
	return 0;
}

uint32_t esp_serial_get_image_flash_size(const struct dfut_session *session)
{
	const struct esp_serial_work *work = esp_serial_get_work(session);
	const char *said = find_fact(session, "flash_size");
	struct esp_serial_header header;

	if (said)
		return (uint32_t)strtoul(said, NULL, 10);
	for (size_t i = 0; i < work->region_count; i++)
		if (read_at(&header, &work->regions[i], work->regions[i].address) && header.flash_size)
			return header.flash_size;
	return 0;
}
