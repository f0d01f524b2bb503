/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/*
 * Init packets of legacy packages, dfu_version 0.5 (Adafruit_nRF52_nrfutil: init_packet.py; nRF5 SDK 11): device type
 * (16 bits), its revision (16), version of the application (32), number of SoftDevices (16), their ids (16 each), CRC-16.
 */

#include "image/format/nordic-package.h"

#define HEAD_SIZE 10
#define SUM_SIZE 2

/* CRC-16-CCITT, from FFFF */
uint16_t dfut_nordic_legacy_sum(const uint8_t *data, size_t size)
{
	uint16_t sum = 0xffff;

	for (size_t i = 0; i < size; i++) {
		sum ^= (uint16_t)(data[i] << 8);
		for (int bit = 0; bit < 8; bit++)
			sum = (uint16_t)(sum & 0x8000 ? sum << 1 ^ 0x1021 : sum << 1);
	}
	return sum;
}

static int judge_sum(struct dfut_loader *loader, const struct dfut_nordic_image *image)
{
	const struct dfut_nordic_part *part = &image->part;
	size_t place = part->init_size - SUM_SIZE;
	unsigned int said = dfut_le16(part->init + place);
	unsigned int real = dfut_nordic_legacy_sum(part->data, part->size);
	int result;

	dfut_nordic_add_fact(loader, image, "crc16", "0x%04x", said);
	if (said == real)
		return 1;
	result = dfut_image_doubt(loader, DFUT_ERROR_IMAGE, DFUT_CHECK_CHECKSUM,
				  "%s, offset %zu: the CRC-16 is 0x%04x, that of the %s is 0x%04x", image->init_name,
				  place, said, image->name, real);
	return result < 0 ? result : 1;
}

int dfut_nordic_legacy_read(struct dfut_loader *loader, struct dfut_nordic_image *image)
{
	struct dfut_nordic_part *part = &image->part;
	size_t count;

	if (part->init_size < HEAD_SIZE + SUM_SIZE)
		return dfut_image_doubt(loader, DFUT_ERROR_IMAGE, DFUT_CHECK_LENGTH,
					"%s, offset %zu: the init packet ends early, it has at least %d bytes",
					image->init_name, part->init_size, HEAD_SIZE + SUM_SIZE);
	count = dfut_le16(part->init + 8);
	if (count > DFUT_NORDIC_MAX_SD_REQ || part->init_size != HEAD_SIZE + 2 * count + SUM_SIZE)
		return dfut_image_doubt(
			loader, DFUT_ERROR_IMAGE, DFUT_CHECK_LENGTH,
			"%s, offset 8: an init packet for %zu SoftDevices has %zu bytes, this one %zu; they "
			"are %d at most",
			image->init_name, count, HEAD_SIZE + 2 * count + SUM_SIZE, part->init_size,
			DFUT_NORDIC_MAX_SD_REQ);
	dfut_nordic_add_fact(loader, image, "device_type", "0x%04x", dfut_le16(part->init));
	dfut_nordic_add_fact(loader, image, "device_revision", "0x%04x", dfut_le16(part->init + 2));
	part->has_fw_version = true;
	part->fw_version = dfut_le32(part->init + 4);
	part->sd_req = image->sd_req;
	part->sd_req_count = count;
	for (size_t i = 0; i < count; i++)
		image->sd_req[i] = dfut_le16(part->init + HEAD_SIZE + 2 * i);
	return judge_sum(loader, image);
}

int dfut_nordic_legacy_write(struct dfut_buffer *file, const struct dfut_nordic_image *image, uint16_t device_type,
			     uint16_t device_revision)
{
	const struct dfut_nordic_part *part = &image->part;
	uint8_t packet[HEAD_SIZE + 2 * DFUT_NORDIC_MAX_SD_REQ + SUM_SIZE];
	size_t size = HEAD_SIZE + 2 * part->sd_req_count;

	dfut_put_le16(packet, device_type);
	dfut_put_le16(packet + 2, device_revision);
	dfut_put_le32(packet + 4, part->fw_version);
	dfut_put_le16(packet + 8, (uint16_t)part->sd_req_count);
	for (size_t i = 0; i < part->sd_req_count; i++)
		dfut_put_le16(packet + HEAD_SIZE + 2 * i, (uint16_t)image->sd_req[i]);
	dfut_put_le16(packet + size, dfut_nordic_legacy_sum(part->data, part->size));
	return dfut_buffer_add(file, packet, size + SUM_SIZE);
}
