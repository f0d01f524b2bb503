/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* Nordic DFU packages: what the protocols send of them. */

#ifndef DFUT_NORDIC_H
#define DFUT_NORDIC_H

#include "image/image.h"

/* The numbers that init packets have for them. */
enum dfut_nordic_firmware {
	DFUT_NORDIC_APPLICATION = 0,
	DFUT_NORDIC_SOFTDEVICE = 1,
	DFUT_NORDIC_BOOTLOADER = 2,
	DFUT_NORDIC_SOFTDEVICE_BOOTLOADER = 3,
	DFUT_NORDIC_EXTERNAL_APPLICATION = 4,
};

/* One image of a package; everything points into the dfut_image. */
struct dfut_nordic_part {
	enum dfut_nordic_firmware type;
	const uint8_t *init; /* the .dat file, sent as it is */
	size_t init_size;
	const uint8_t *data; /* the .bin file */
	size_t size;
	uint32_t sd_size;
	uint32_t bl_size;
	uint32_t app_size;
	bool has_fw_version;
	uint32_t fw_version; /* in a legacy package application_version */
	bool has_hw_version;
	uint32_t hw_version;
	const uint32_t *sd_req;
	size_t sd_req_count;
	bool is_signed;
	bool is_debug;
	char digest[65]; /* SHA-256 in hexadecimal, "" in a legacy package */
};

/* One for each name that a manifest can have. */
#define DFUT_NORDIC_MAX_PARTS 4
/* What a bootloader takes (dfu-cc.options of nRF5 SDK 17.1). */
#define DFUT_NORDIC_MAX_SD_REQ 16

#define DFUT_NORDIC_DIGEST_SIZE 32

struct dfut_nordic_image {
	struct dfut_nordic_part part;
	uint32_t sd_req[DFUT_NORDIC_MAX_SD_REQ];
	const char *name;	    /* in the manifest */
	const char *init_name;	    /* of the .dat file */
	const uint8_t *signed_data; /* what the signature is about */
	size_t signed_size;
	const uint8_t *signature; /* NULL if there is none, or none of the kind that is known */
	bool is_ambiguous;	  /* a bootloader may read another message out of the init packet */
	bool has_digest;
	uint8_t digest[DFUT_NORDIC_DIGEST_SIZE];
};

struct dfut_nordic_package {
	bool is_legacy;
	struct dfut_nordic_image images[DFUT_NORDIC_MAX_PARTS]; /* in the order in which they are sent */
	size_t count;
	bool is_whole; /* no image of the manifest was left out, whatever was overruled */
};

/* A package for a bootloader of nRF5 SDK 12 and later (Secure DFU). */
bool dfut_image_is_nordic(const struct dfut_image *image);
/* One for a bootloader of nRF5 SDK 11 and earlier, such as Adafruit's: its manifest has a dfu_version. */
bool dfut_image_is_nordic_legacy(const struct dfut_image *image);
size_t dfut_image_get_nordic_part_count(const struct dfut_image *image);
/* In the order in which they are to be sent: SoftDevice and bootloader, SoftDevice, bootloader, application. 0, or
 * DFUT_ERROR_NOT_FOUND. */
int dfut_image_get_nordic_part(const struct dfut_image *image, size_t index, struct dfut_nordic_part *part);

#endif
