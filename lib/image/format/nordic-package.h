/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* What reading and making Nordic DFU packages share. */

#ifndef DFUT_NORDIC_PACKAGE_H
#define DFUT_NORDIC_PACKAGE_H

#include "base/signature.h"
#include "image/format/nordic.h"
#include "image/format/zip.h"

#define DFUT_NORDIC_MANIFEST_NAME "manifest.json"
/* What a bootloader takes (dfu-cc.options) */
#define DFUT_NORDIC_MAX_INIT_SIZE 512
#define DFUT_NORDIC_MAX_VALIDATIONS 3

/* nordic.c. Indexed by enum dfut_nordic_firmware, up to the last that a manifest can have. */
extern const char *const dfut_nordic_names[DFUT_NORDIC_MAX_PARTS];
/* A fact of one image of the package: its key begins with the image's name. */
void dfut_nordic_add_fact(struct dfut_loader *loader, const struct dfut_nordic_image *image, const char *key,
			  const char *text, ...) DFUT_PRINTF(4, 5);

/*
 * nordic-init.c, nordic-legacy.c: judge the .dat file, which part.init is, and tell what it says of the image. 1, 0 if
 * a doubt that was overruled prevents it, or an error.
 */
int dfut_nordic_init_read(struct dfut_loader *loader, struct dfut_nordic_image *image);
int dfut_nordic_legacy_read(struct dfut_loader *loader, struct dfut_nordic_image *image);
/* Make one of what is said; without a key it is not signed. */
int dfut_nordic_init_write(struct dfut_buffer *file, const struct dfut_nordic_image *image, struct dfut_key *key);
int dfut_nordic_legacy_write(struct dfut_buffer *file, const struct dfut_nordic_image *image, uint16_t device_type,
			     uint16_t device_revision);
uint16_t dfut_nordic_legacy_sum(const uint8_t *data, size_t size);

/* nordic-key.c: PEM files of P-256 keys; the caller frees *key. */
int dfut_nordic_key_load(struct dfut_key **key, struct dfut_failure *failure, const char *path, bool is_private);
int dfut_nordic_key_sign(struct dfut_failure *failure, struct dfut_key *key, const uint8_t *data, size_t size,
			 uint8_t signature[DFUT_SIGNATURE_SIZE]);
/* 1 if the signature is good, 0 if not, or an error */
int dfut_nordic_key_verify(struct dfut_failure *failure, struct dfut_key *key, const uint8_t *data, size_t size,
			   const uint8_t signature[DFUT_SIGNATURE_SIZE]);

#endif
