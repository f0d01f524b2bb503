/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* Files of keys that sign init packets. */

#include <stdlib.h>

#include "base/file.h"
#include "image/format/nordic-package.h"

#define MAX_KEY_SIZE 65536

static int fail_key(struct dfut_failure *failure, int code, bool is_private)
{
	if (code == DFUT_ERROR_NO_MEMORY)
		return dfut_fail_memory(failure);
	if (code == DFUT_ERROR_UNSUPPORTED)
		return dfut_fail(failure, DFUT_ERROR_USAGE, "the key is not of the curve P-256, which bootloaders use");
	if (is_private) {
		dfut_fail(failure, DFUT_ERROR_USAGE, "not a private key in PEM format without a password");
		dfut_hint(failure, "make one with: openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256");
	} else {
		dfut_fail(failure, DFUT_ERROR_USAGE, "not a public key in PEM format");
		dfut_hint(failure, "get it from the private key with: openssl pkey -pubout -in PRIVATE.pem");
	}
	return failure->code;
}

int dfut_nordic_key_load(struct dfut_key **key, struct dfut_failure *failure, const char *path, bool is_private)
{
	struct dfut_failure inner;
	uint8_t *text = NULL;
	size_t size = 0;
	int result = dfut_file_read(failure, path, MAX_KEY_SIZE, &text, &size);

	*key = NULL;
	/* Too large for a key */
	if (result == DFUT_ERROR_IMAGE)
		result = DFUT_ERROR_USAGE;
	if (result == 0) {
		result = dfut_key_parse(key, text, size, is_private);
		if (result < 0)
			result = fail_key(failure, result, is_private);
	}
	if (text)
		dfut_wipe(text, size);
	free(text);
	if (result == 0 || result == DFUT_ERROR_NO_MEMORY)
		return result;
	inner = *failure;
	dfut_fail(failure, result, "%s: %s", path, inner.text);
	if (inner.hint[0])
		dfut_hint(failure, "%s", inner.hint);
	return result;
}

int dfut_nordic_key_sign(struct dfut_failure *failure, struct dfut_key *key, const uint8_t *data, size_t size,
			 uint8_t signature[DFUT_SIGNATURE_SIZE])
{
	int result = dfut_key_sign(key, data, size, signature);

	if (result == DFUT_ERROR_NO_MEMORY)
		return dfut_fail_memory(failure);
	return result == 0 ? 0 : dfut_fail(failure, result, "Mbed TLS can't sign with this key");
}

int dfut_nordic_key_verify(struct dfut_failure *failure, struct dfut_key *key, const uint8_t *data, size_t size,
			   const uint8_t signature[DFUT_SIGNATURE_SIZE])
{
	int result = dfut_key_verify(key, data, size, signature);

	if (result == DFUT_ERROR_NO_MEMORY)
		return dfut_fail_memory(failure);
	return result >= 0 ? result : dfut_fail(failure, result, "Mbed TLS can't verify with this key");
}
