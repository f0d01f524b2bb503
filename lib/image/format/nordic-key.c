/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/*
 * Signatures of init packets, by libcrypto: ECDSA on P-256 over the SHA-256 of the bytes. Stored are R and S, 32 bytes
 * each, the lowest first.
 */

#include <stdlib.h>
#include <string.h>

#include <openssl/bio.h>
#include <openssl/bn.h>
#include <openssl/ec.h>
#include <openssl/ecdsa.h>
#include <openssl/pem.h>

#include "base/file.h"
#include "image/format/nordic-package.h"

#define HALF (DFUT_NORDIC_SIGNATURE_SIZE / 2)
#define MAX_KEY_SIZE 65536

/* libcrypto would ask for a password on the terminal. */
static int refuse_password(char *buffer, int size, int for_writing, void *user_data)
{
	(void)buffer;
	(void)size;
	(void)for_writing;
	(void)user_data;
	return -1;
}

static bool is_p256(const EVP_PKEY *key)
{
	char group[40] = "";

	return EVP_PKEY_is_a(key, "EC") && EVP_PKEY_get_group_name(key, group, sizeof(group), NULL) &&
	       strcmp(group, "prime256v1") == 0;
}

static int fail_key(struct dfut_failure *failure, bool is_private)
{
	if (is_private) {
		dfut_fail(failure, DFUT_ERROR_USAGE, "not a private key in PEM format without a password");
		dfut_hint(failure, "make one with: openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256");
	} else {
		dfut_fail(failure, DFUT_ERROR_USAGE, "not a public key in PEM format");
		dfut_hint(failure, "get it from the private key with: openssl pkey -pubout -in PRIVATE.pem");
	}
	return failure->code;
}

static int parse_key(EVP_PKEY **key, struct dfut_failure *failure, const uint8_t *text, size_t size, bool is_private)
{
	BIO *bio = BIO_new_mem_buf(text, (int)size);

	if (!bio)
		return dfut_fail_memory(failure);
	*key = is_private ? PEM_read_bio_PrivateKey(bio, NULL, refuse_password, NULL) :
			    PEM_read_bio_PUBKEY(bio, NULL, refuse_password, NULL);
	BIO_free(bio);
	if (!*key)
		return fail_key(failure, is_private);
	if (is_p256(*key))
		return 0;
	EVP_PKEY_free(*key);
	*key = NULL;
	return dfut_fail(failure, DFUT_ERROR_USAGE, "the key is not of the curve P-256, which bootloaders use");
}

int dfut_nordic_key_load(EVP_PKEY **key, struct dfut_failure *failure, const char *path, bool is_private)
{
	struct dfut_failure inner;
	uint8_t *text = NULL;
	size_t size = 0;
	int result = dfut_file_read(failure, path, MAX_KEY_SIZE, &text, &size);

	*key = NULL;
	/* Too large for a key */
	if (result == DFUT_ERROR_IMAGE)
		result = DFUT_ERROR_USAGE;
	if (result == 0)
		result = parse_key(key, failure, text, size, is_private);
	if (text)
		OPENSSL_cleanse(text, size);
	free(text);
	if (result == 0)
		return 0;
	inner = *failure;
	dfut_fail(failure, result, "%s: %s", path, inner.text);
	if (inner.hint[0])
		dfut_hint(failure, "%s", inner.hint);
	return result;
}

/* Signing */

static bool split(const uint8_t *der, size_t size, uint8_t signature[DFUT_NORDIC_SIGNATURE_SIZE])
{
	ECDSA_SIG *pair = d2i_ECDSA_SIG(NULL, &der, (long)size);
	bool done = pair && BN_bn2lebinpad(ECDSA_SIG_get0_r(pair), signature, HALF) == HALF &&
		    BN_bn2lebinpad(ECDSA_SIG_get0_s(pair), signature + HALF, HALF) == HALF;

	ECDSA_SIG_free(pair);
	return done;
}

int dfut_nordic_key_sign(struct dfut_failure *failure, EVP_PKEY *key, const uint8_t *data, size_t size,
			 uint8_t signature[DFUT_NORDIC_SIGNATURE_SIZE])
{
	EVP_MD_CTX *signer = EVP_MD_CTX_new();
	uint8_t der[128];
	size_t length = sizeof(der);
	bool done = signer && EVP_DigestSignInit(signer, NULL, EVP_sha256(), NULL, key) == 1 &&
		    EVP_DigestSign(signer, der, &length, data, size) == 1 && split(der, length, signature);

	EVP_MD_CTX_free(signer);
	return done ? 0 : dfut_fail(failure, DFUT_ERROR_UNSUPPORTED, "libcrypto can't sign with this key");
}

/* Verifying */

/* The caller frees *der; 0 without memory. */
static int join(const uint8_t signature[DFUT_NORDIC_SIGNATURE_SIZE], uint8_t **der)
{
	ECDSA_SIG *pair = ECDSA_SIG_new();
	BIGNUM *r = BN_lebin2bn(signature, HALF, NULL);
	BIGNUM *s = BN_lebin2bn(signature + HALF, HALF, NULL);
	int length = 0;

	*der = NULL;
	if (pair && r && s && ECDSA_SIG_set0(pair, r, s)) {
		length = i2d_ECDSA_SIG(pair, der);
	} else {
		BN_free(r);
		BN_free(s);
	}
	ECDSA_SIG_free(pair);
	return length > 0 ? length : 0;
}

int dfut_nordic_key_verify(struct dfut_failure *failure, EVP_PKEY *key, const uint8_t *data, size_t size,
			   const uint8_t signature[DFUT_NORDIC_SIGNATURE_SIZE])
{
	EVP_MD_CTX *verifier = EVP_MD_CTX_new();
	uint8_t *der = NULL;
	int length = join(signature, &der);
	int result;

	if (!verifier || length == 0)
		result = dfut_fail_memory(failure);
	else if (EVP_DigestVerifyInit(verifier, NULL, EVP_sha256(), NULL, key) != 1)
		result = dfut_fail(failure, DFUT_ERROR_UNSUPPORTED, "libcrypto can't verify with this key");
	else
		result = EVP_DigestVerify(verifier, der, (size_t)length, data, size) == 1 ? 1 : 0;
	OPENSSL_free(der);
	EVP_MD_CTX_free(verifier);
	return result;
}
