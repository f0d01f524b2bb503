/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* What the files of image/ share: the image, the table of formats, and how a file is judged. */

#ifndef DFUT_IMAGE_H
#define DFUT_IMAGE_H

#include "private.h"

/* Larger than any flash that is updated over USB, and small enough to be held in memory. */
#define DFUT_IMAGE_MAX_SIZE ((size_t)256 * 1024 * 1024)

#define DFUT_SUFFIX_SIZE 16
#define DFUT_LPC_HEADER_SIZE 16
#define DFUT_SUFFIX_FACT_COUNT 5

struct dfut_fact {
	const char *layer;
	char key[48];
	char *value;
};

/* Its facts are kept inside, so that setting a suffix can't fail. */
struct dfut_suffix {
	bool present;
	uint16_t vendor_id;
	uint16_t product_id;
	uint16_t release;
	uint16_t dfu_version;
	char values[DFUT_SUFFIX_FACT_COUNT][12];
};

struct dfut_format;

struct dfut_image {
	_Atomic unsigned int references;	/* sessions of other contexts, in other threads, may hold it */
	uint8_t *data;
	size_t size; /* of what goes to the device; a suffix that was read lies behind it */
	const struct dfut_format *format;
	struct dfut_suffix suffix;
	bool has_address;
	uint32_t address;
	struct dfut_fact *facts;
	size_t fact_count;
	size_t fact_capacity;
	bool lacks_memory; /* a fact could not be kept */
};

/* One file that is being judged. */
struct dfut_loader {
	struct dfut_image *image;
	struct dfut_failure *failure;
	unsigned int force;
	const char *layer; /* that is being looked at; facts and warnings come from it */
};

/* A kind of payload. */
struct dfut_format {
	const char *name;
	bool (*matches)(const struct dfut_image *image);
	/* 0, or the negative code of a doubt that was not overruled */
	int (*inspect)(struct dfut_loader *loader);
	bool has_addresses;
};

/* file.c: the whole of a file, which the caller frees, also after an error. The failure does not name the path. */
int dfut_image_read_file(struct dfut_failure *failure, const char *path, uint8_t **data, size_t *size);
struct dfut_image *dfut_image_ref(struct dfut_image *image);

/*
 * The one way in which a file fails. Returns the code, or 0 if the caller of the library overruled the check: then
 * the text is kept as a warning among the facts.
 */
int dfut_image_doubt(struct dfut_loader *loader, int code, unsigned int check, const char *text, ...) DFUT_PRINTF(4, 5);
void dfut_image_add_fact(struct dfut_loader *loader, const char *key, const char *text, ...) DFUT_PRINTF(3, 4);
void dfut_image_add_hex_fact(struct dfut_loader *loader, const char *key, const uint8_t *data, size_t size);

/* Writes two digits per byte and a NUL. */
void dfut_image_put_hex(char *text, const uint8_t *data, size_t size);

/* raw.c */
bool dfut_raw_matches(const struct dfut_image *image);
int dfut_raw_inspect(struct dfut_loader *loader);

/* dfu-suffix.c */
int dfut_suffix_read(struct dfut_loader *loader);
void dfut_suffix_set(struct dfut_image *image, uint16_t vendor_id, uint16_t product_id, uint16_t release,
		     uint16_t dfu_version);
void dfut_suffix_write(const struct dfut_image *image, uint8_t bytes[DFUT_SUFFIX_SIZE]);
const char *dfut_suffix_get_fact_key(size_t index);
extern const char dfut_suffix_layer[];

/* lpc.c, lmdfu.c */
bool dfut_lpc_matches(const struct dfut_image *image);
int dfut_lpc_inspect(struct dfut_loader *loader);
bool dfut_lmdfu_matches(const struct dfut_image *image);
int dfut_lmdfu_inspect(struct dfut_loader *loader);

/* mcuboot.c */
bool dfut_mcuboot_matches(const struct dfut_image *image);
int dfut_mcuboot_inspect(struct dfut_loader *loader);
/* Wraps data; the caller frees *wrapped. 0, DFUT_ERROR_USAGE, DFUT_ERROR_NO_MEMORY or DFUT_ERROR_UNSUPPORTED. */
int dfut_mcuboot_wrap(const uint8_t *data, size_t size, const char *version, size_t header_size, uint8_t **wrapped,
		      size_t *wrapped_size);
bool dfut_image_is_mcuboot(const struct dfut_image *image);
/* Writes "MAJOR.MINOR.REVISION[+BUILD]"; false if the image is not MCUboot's or its header is incomplete. */
bool dfut_image_get_mcuboot_version(const struct dfut_image *image, char *text, size_t size);

#endif
