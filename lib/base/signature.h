/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/*
 * Signatures, by Mbed TLS: ECDSA on P-256 over the SHA-256 of the bytes. Stored are R and S, 32 bytes each, the lowest first.
 * In both libraries.
 */

#ifndef DFUT_SIGNATURE_H
#define DFUT_SIGNATURE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define DFUT_SIGNATURE_SIZE 64

struct dfut_key;

/*
 * Reads a key in PEM. 0; DFUT_ERROR_USAGE if it is none, or has a password; DFUT_ERROR_UNSUPPORTED if it is one of another
 * kind or curve; or DFUT_ERROR_NO_MEMORY.
 */
int dfut_key_parse(struct dfut_key **key, const uint8_t *text, size_t size, bool is_private);
void dfut_key_free(struct dfut_key *key);
/* The same bytes and key make the same signature (RFC 6979). 0, DFUT_ERROR_UNSUPPORTED if the system gives no random numbers
 * or the key is a public one, or DFUT_ERROR_NO_MEMORY. */
int dfut_key_sign(struct dfut_key *key, const uint8_t *data, size_t size, uint8_t signature[DFUT_SIGNATURE_SIZE]);
/* 1 if the signature is good, 0 if not, or DFUT_ERROR_UNSUPPORTED or DFUT_ERROR_NO_MEMORY */
int dfut_key_verify(struct dfut_key *key, const uint8_t *data, size_t size,
		    const uint8_t signature[DFUT_SIGNATURE_SIZE]);

/* Overwrites what nobody shall read afterwards. */
void dfut_wipe(void *bytes, size_t size);

#endif
