/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* Digests. */

#include <mbedtls/md.h>

#include "base/digest.h"

bool dfut_digest(uint8_t *digest, enum dfut_digest_kind kind, const void *data, size_t size)
{
	static const mbedtls_md_type_t types[] = {
		[DFUT_DIGEST_MD5] = MBEDTLS_MD_MD5,
		[DFUT_DIGEST_SHA256] = MBEDTLS_MD_SHA256,
		[DFUT_DIGEST_SHA384] = MBEDTLS_MD_SHA384,
		[DFUT_DIGEST_SHA512] = MBEDTLS_MD_SHA512,
	};
	const mbedtls_md_info_t *info = mbedtls_md_info_from_type(types[kind]);

	return info && mbedtls_md(info, data, size, digest) == 0;
}
