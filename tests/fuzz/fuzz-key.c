/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* Files that should be public keys: PEM, or what is to be in it, which a fuzzer does not find in base64. */

#include <stdlib.h>
#include <string.h>

#include "base/base.h"
#include "base/signature.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define DER_LIMIT 600

static void parse(const uint8_t *text, size_t size)
{
	static const uint8_t signature[DFUT_SIGNATURE_SIZE] = { 1, [32] = 1 };
	struct dfut_key *key;
	int result = dfut_key_parse(&key, text, size, false);

	if ((result == 0) != (key != NULL))
		abort();
	if (key && dfut_key_verify(key, text, size, signature) != 0)
		abort();
	dfut_key_free(key);
}

static size_t put_base64(char *text, const uint8_t *data, size_t size)
{
	static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	size_t used = 0;

	for (size_t i = 0; i < size; i += 3) {
		uint32_t bits = (uint32_t)data[i] << 16 | (i + 1 < size ? data[i + 1] : 0u) << 8 |
				(i + 2 < size ? data[i + 2] : 0u);

		text[used++] = digits[bits >> 18];
		text[used++] = digits[bits >> 12 & 63];
		text[used++] = i + 1 < size ? digits[bits >> 6 & 63] : '=';
		text[used++] = i + 2 < size ? digits[bits & 63] : '=';
		if (i % 48 == 45)
			text[used++] = '\n';
	}
	return used;
}

static void wrap(const uint8_t *der, size_t size)
{
	static const char begin[] = "-----BEGIN PUBLIC KEY-----\n", end[] = "\n-----END PUBLIC KEY-----\n";
	char text[DER_LIMIT * 2];
	size_t used = sizeof(begin) - 1;

	memcpy(text, begin, used);
	used += put_base64(text + used, der, size < DER_LIMIT ? size : DER_LIMIT);
	memcpy(text + used, end, sizeof(end) - 1);
	parse((const uint8_t *)text, used + sizeof(end) - 1);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (!size)
		return 0;
	if (data[0] & 1)
		wrap(data + 1, size - 1);
	else
		parse(data + 1, size - 1);
	return 0;
}
