/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* Signatures. */

#include <stdlib.h>
#include <string.h>

/* The parts of a key have no functions that both 2.28 and 3 know. */
#define MBEDTLS_ALLOW_PRIVATE_ACCESS
#include <mbedtls/asn1.h>
#include <mbedtls/ctr_drbg.h>
#include <mbedtls/ecdsa.h>
#include <mbedtls/entropy.h>
#include <mbedtls/md.h>
#include <mbedtls/pem.h>
#include <mbedtls/pk.h>
#include <mbedtls/platform_util.h>
#include <mbedtls/version.h>

#include "base/base.h"
#include "base/digest.h"
#include "base/signature.h"

#define HALF (DFUT_SIGNATURE_SIZE / 2)
#define HASH_SIZE 32

/* Since version 3 a private key is checked with random numbers. */
#if MBEDTLS_VERSION_MAJOR >= 3
#define CHECKED_WITH(random, state) , random, state
#else
#define CHECKED_WITH(random, state)
#endif

struct dfut_key {
	mbedtls_pk_context pk;
};

struct random {
	mbedtls_entropy_context entropy;
	mbedtls_ctr_drbg_context generator;
};

void dfut_wipe(void *bytes, size_t size)
{
	mbedtls_platform_zeroize(bytes, size);
}

/* An error is one of the module that was called, and one of a module below. */
#define MODULE_MASK 0xff80
#define BELOW_MASK 0x7f

static bool is_error(int status, int error)
{
	int mask = -error & BELOW_MASK ? BELOW_MASK : MODULE_MASK;

	return status < 0 && (-status & mask) == -error;
}

static int get_code(int status, int otherwise)
{
	static const int lacks_memory[] = {
		MBEDTLS_ERR_ASN1_ALLOC_FAILED, MBEDTLS_ERR_ECP_ALLOC_FAILED, MBEDTLS_ERR_MD_ALLOC_FAILED,
		MBEDTLS_ERR_MPI_ALLOC_FAILED,  MBEDTLS_ERR_PEM_ALLOC_FAILED, MBEDTLS_ERR_PK_ALLOC_FAILED,
	};

	for (size_t i = 0; i < DFUT_COUNT(lacks_memory); i++)
		if (is_error(status, lacks_memory[i]))
			return DFUT_ERROR_NO_MEMORY;
	return status == 0 ? 0 : otherwise;
}

/* Random numbers, which hide from who measures what a private key does */

static int start_random(struct random *random)
{
	mbedtls_entropy_init(&random->entropy);
	mbedtls_ctr_drbg_init(&random->generator);
	return mbedtls_ctr_drbg_seed(&random->generator, mbedtls_entropy_func, &random->entropy, NULL, 0);
}

static void stop_random(struct random *random)
{
	mbedtls_ctr_drbg_free(&random->generator);
	mbedtls_entropy_free(&random->entropy);
}

/* Keys */

static int parse_private(mbedtls_pk_context *pk, const uint8_t *text, size_t size)
{
	struct random random;
	int status = start_random(&random);

	if (status == 0)
		status = mbedtls_pk_parse_key(pk, text, size, NULL,
					      0 CHECKED_WITH(mbedtls_ctr_drbg_random, &random.generator));
	stop_random(&random);
	return status;
}

static bool is_p256(const mbedtls_pk_context *pk)
{
	return mbedtls_pk_get_type(pk) == MBEDTLS_PK_ECKEY && mbedtls_pk_ec(*pk)->grp.id == MBEDTLS_ECP_DP_SECP256R1;
}

static int judge_key(const mbedtls_pk_context *pk, int status)
{
	if (is_error(status, MBEDTLS_ERR_PK_UNKNOWN_PK_ALG) || is_error(status, MBEDTLS_ERR_PK_UNKNOWN_NAMED_CURVE) ||
	    (status == 0 && !is_p256(pk)))
		return DFUT_ERROR_UNSUPPORTED;
	return get_code(status, DFUT_ERROR_USAGE);
}

/* The text ends with a NUL, as Mbed TLS needs it; without this line it would look for other forms than PEM. */
static bool is_pem(const char *text)
{
	return strstr(text, "-----BEGIN ");
}

static int parse_once(struct dfut_key **key, const uint8_t *text, size_t size, bool is_private)
{
	struct dfut_key *parsed = calloc(1, sizeof(*parsed));
	uint8_t *copy = calloc(1, size + 1);
	int result = DFUT_ERROR_NO_MEMORY;

	if (parsed && copy) {
		if (size > 0)
			memcpy(copy, text, size);
		mbedtls_pk_init(&parsed->pk);
		result = DFUT_ERROR_USAGE;
		if (is_pem((char *)copy))
			result = judge_key(&parsed->pk,
					   is_private ? parse_private(&parsed->pk, copy, size + 1) :
							mbedtls_pk_parse_public_key(&parsed->pk, copy, size + 1));
		dfut_wipe(copy, size);
	}
	free(copy);
	if (result == 0)
		*key = parsed;
	else
		dfut_key_free(parsed);
	return result;
}

/* Version 2.28 does not always tell that it had no memory: what it can't read is given to it again. */
int dfut_key_parse(struct dfut_key **key, const uint8_t *text, size_t size, bool is_private)
{
	int result;

	*key = NULL;
	result = parse_once(key, text, size, is_private);
	return result == DFUT_ERROR_USAGE ? parse_once(key, text, size, is_private) : result;
}

void dfut_key_free(struct dfut_key *key)
{
	if (!key)
		return;
	mbedtls_pk_free(&key->pk);
	free(key);
}

/* Signing and verifying */

static int sign_hash(mbedtls_ecp_keypair *pair, const uint8_t *hash, uint8_t *signature)
{
	struct random random;
	mbedtls_mpi r;
	mbedtls_mpi s;
	int status = start_random(&random);

	mbedtls_mpi_init(&r);
	mbedtls_mpi_init(&s);
	if (status == 0)
		status = mbedtls_ecdsa_sign_det_ext(&pair->grp, &r, &s, &pair->d, hash, HASH_SIZE, MBEDTLS_MD_SHA256,
						    mbedtls_ctr_drbg_random, &random.generator);
	if (status == 0)
		status = mbedtls_mpi_write_binary_le(&r, signature, HALF);
	if (status == 0)
		status = mbedtls_mpi_write_binary_le(&s, signature + HALF, HALF);
	mbedtls_mpi_free(&r);
	mbedtls_mpi_free(&s);
	stop_random(&random);
	return status;
}

int dfut_key_sign(struct dfut_key *key, const uint8_t *data, size_t size, uint8_t signature[DFUT_SIGNATURE_SIZE])
{
	mbedtls_ecp_keypair *pair = mbedtls_pk_ec(key->pk);
	uint8_t hash[DFUT_DIGEST_MAX_SIZE];
	int result;

	if (!dfut_digest(hash, DFUT_DIGEST_SHA256, data, size))
		return DFUT_ERROR_UNSUPPORTED;
	result = get_code(sign_hash(pair, hash, signature), DFUT_ERROR_UNSUPPORTED);
	/* As when it is read */
	if (result == DFUT_ERROR_UNSUPPORTED)
		result = get_code(sign_hash(pair, hash, signature), DFUT_ERROR_UNSUPPORTED);
	return result;
}

int dfut_key_verify(struct dfut_key *key, const uint8_t *data, size_t size,
		    const uint8_t signature[DFUT_SIGNATURE_SIZE])
{
	mbedtls_ecp_keypair *pair = mbedtls_pk_ec(key->pk);
	uint8_t hash[DFUT_DIGEST_MAX_SIZE];
	mbedtls_mpi r;
	mbedtls_mpi s;
	int status;

	if (!dfut_digest(hash, DFUT_DIGEST_SHA256, data, size))
		return DFUT_ERROR_UNSUPPORTED;
	mbedtls_mpi_init(&r);
	mbedtls_mpi_init(&s);
	status = mbedtls_mpi_read_binary_le(&r, signature, HALF);
	if (status == 0)
		status = mbedtls_mpi_read_binary_le(&s, signature + HALF, HALF);
	if (status == 0)
		status = mbedtls_ecdsa_verify(&pair->grp, hash, HASH_SIZE, &pair->Q, &r, &s);
	mbedtls_mpi_free(&r);
	mbedtls_mpi_free(&s);
	if (status == MBEDTLS_ERR_ECP_VERIFY_FAILED)
		return 0;
	return status == 0 ? 1 : get_code(status, DFUT_ERROR_UNSUPPORTED);
}
