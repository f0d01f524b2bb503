/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* What nRF5 SDK's bootloader takes: nrf_dfu_validation.c and nrf_dfu_ver_validation.c, in their order. */

#include <stdio.h>
#include <string.h>

#include "base/digest.h"
#include "base/file.h"
#include "sim/parts/nordic.h"

#define HASH_SIZE 32
#define HASH_SHA256 3
#define SIGNATURE_ECDSA_P256 0
#define SIGNATURE_SIZE DFUT_SIGNATURE_SIZE
#define SOFTDEVICE_NONE 0
#define MAX_KEY_SIZE 4096

enum validation_type {
	VALIDATION_NONE,
	VALIDATION_CRC,
	VALIDATION_SHA256,
	VALIDATION_ECDSA,
};

static const dfut_sim_nordic_verdict success = DFUT_SIM_NORDIC_VERDICT(DFUT_SIM_NORDIC_SUCCESS);

static bool is_secure(const struct dfut_sim_nordic *nordic)
{
	return nordic->options.variant == DFUT_SIM_NORDIC_SECURE;
}

static size_t read_key(const char *path, uint8_t *text, size_t size)
{
	FILE *file = dfut_file_open(path);
	size_t count;

	if (!file)
		return 0;
	count = fread(text, 1, size, file);
	fclose(file);
	return count;
}

int dfut_sim_nordic_load_key(struct dfut_sim_nordic *nordic)
{
	uint8_t text[MAX_KEY_SIZE];
	size_t size;

	if (!nordic->options.public_key[0])
		return is_secure(nordic) ? dfut_sim_fail(nordic->device->sim, DFUT_ERROR_USAGE,
							 "variant=secure needs a public-key") :
					   0;
	size = read_key(nordic->options.public_key, text, sizeof(text));
	if (dfut_key_parse(&nordic->key, text, size, false) < 0)
		return dfut_sim_fail(nordic->device->sim, DFUT_ERROR_IO, "%s: not a public key for ECDSA (PEM)",
				     nordic->options.public_key);
	return 0;
}

static bool verify(const struct dfut_sim_nordic *nordic, const uint8_t *bytes, size_t size, const uint8_t *signature)
{
	return nordic->key && dfut_key_verify(nordic->key, bytes, size, signature) == 1;
}

static bool needs_signature(const struct dfut_sim_nordic *nordic, const struct dfut_sim_nordic_init *init)
{
	switch ((enum dfut_sim_nordic_type)init->type.value) {
	case DFUT_SIM_NORDIC_APPLICATION:
	case DFUT_SIM_NORDIC_SOFTDEVICE:
		return is_secure(nordic);
	case DFUT_SIM_NORDIC_BOOTLOADER_IMAGE:
	case DFUT_SIM_NORDIC_SOFTDEVICE_BOOTLOADER:
	case DFUT_SIM_NORDIC_EXTERNAL:
		break;
	}
	return true;
}

static dfut_sim_nordic_verdict check_signature(const struct dfut_sim_nordic *nordic,
					       const struct dfut_sim_nordic_init *init)
{
	if (!needs_signature(nordic, init))
		return success;
	if (!init->is_signed)
		return DFUT_SIM_NORDIC_EXTENDED_VERDICT(DFUT_SIM_NORDIC_SIGNATURE_MISSING);
	if (init->signature_type != SIGNATURE_ECDSA_P256)
		return DFUT_SIM_NORDIC_EXTENDED_VERDICT(DFUT_SIM_NORDIC_WRONG_SIGNATURE_TYPE);
	if (init->signature_size != SIGNATURE_SIZE)
		return DFUT_SIM_NORDIC_EXTENDED_VERDICT(DFUT_SIM_NORDIC_HASH_FAILED);
	return verify(nordic, init->bytes, init->size, init->signature) ?
		       success :
		       DFUT_SIM_NORDIC_VERDICT(DFUT_SIM_NORDIC_INVALID_OBJECT);
}

/* What it asks for, and what is there. */

static bool meets_softdevice(const struct dfut_sim_nordic *nordic, const struct dfut_sim_nordic_init *init)
{
	uint32_t present = nordic->settings.softdevice;
	bool is_application = init->type.value == DFUT_SIM_NORDIC_APPLICATION;

	if (present == SOFTDEVICE_NONE)
		return init->requirement_count == 0 || init->requirements[0] == 0;
	if (is_application && init->requirement_count && init->requirements[0] == 0)
		return true;
	for (size_t i = 0; i < init->requirement_count; i++)
		if (init->requirements[i] == present)
			return true;
	return false;
}

static dfut_sim_nordic_verdict check_version(const struct dfut_sim_nordic *nordic,
					     const struct dfut_sim_nordic_init *init)
{
	const dfut_sim_nordic_verdict too_low = DFUT_SIM_NORDIC_EXTENDED_VERDICT(DFUT_SIM_NORDIC_VERSION_LOW);
	uint32_t version = init->fw_version.value;

	switch ((enum dfut_sim_nordic_type)init->type.value) {
	case DFUT_SIM_NORDIC_APPLICATION:
		if (!is_secure(nordic))
			return success;
		if (!init->fw_version.is_there)
			return DFUT_SIM_NORDIC_EXTENDED_VERDICT(nordic->settings.softdevice ?
									DFUT_SIM_NORDIC_INIT_INVALID :
									DFUT_SIM_NORDIC_SOFTDEVICE_REQUIRED);
		return version >= nordic->settings.application_version ? success : too_low;
	case DFUT_SIM_NORDIC_SOFTDEVICE:
		if (!is_secure(nordic) || !init->fw_version.is_there)
			return success;
		return version >= nordic->settings.application_version ? success : too_low;
	case DFUT_SIM_NORDIC_BOOTLOADER_IMAGE:
	case DFUT_SIM_NORDIC_SOFTDEVICE_BOOTLOADER:
	case DFUT_SIM_NORDIC_EXTERNAL:
		break;
	}
	if (!init->fw_version.is_there)
		return DFUT_SIM_NORDIC_EXTENDED_VERDICT(DFUT_SIM_NORDIC_INIT_INVALID);
	return version > nordic->settings.bootloader_version ? success : too_low;
}

static dfut_sim_nordic_verdict check_sizes(const struct dfut_sim_nordic *nordic,
					   const struct dfut_sim_nordic_init *init)
{
	bool has_softdevice = init->type.value == DFUT_SIM_NORDIC_SOFTDEVICE ||
			      init->type.value == DFUT_SIM_NORDIC_SOFTDEVICE_BOOTLOADER;
	bool has_bootloader = init->type.value == DFUT_SIM_NORDIC_BOOTLOADER_IMAGE ||
			      init->type.value == DFUT_SIM_NORDIC_SOFTDEVICE_BOOTLOADER;
	bool has_application = init->type.value == DFUT_SIM_NORDIC_APPLICATION;
	uint32_t bank;

	if ((has_softdevice && !init->sd_size.value) || (has_bootloader && !init->bl_size.value) ||
	    (has_application && !init->app_size.value))
		return DFUT_SIM_NORDIC_EXTENDED_VERDICT(DFUT_SIM_NORDIC_INIT_INVALID);
	if ((has_bootloader && init->bl_size.value > DFUT_SIM_NORDIC_BOOTLOADER_SIZE) ||
	    (has_softdevice && init->sd_size.value > DFUT_SIM_NORDIC_FLASH_SIZE) ||
	    !dfut_sim_nordic_find_bank(nordic, init, &bank))
		return DFUT_SIM_NORDIC_VERDICT(DFUT_SIM_NORDIC_NO_RESOURCES);
	return success;
}

static dfut_sim_nordic_verdict check_target(const struct dfut_sim_nordic *nordic,
					    const struct dfut_sim_nordic_init *init)
{
	if (nordic->options.is_debug && init->is_debug)
		return success;
	if (!init->hw_version.is_there)
		return DFUT_SIM_NORDIC_EXTENDED_VERDICT(DFUT_SIM_NORDIC_INIT_INVALID);
	if (init->hw_version.value != nordic->options.hw_version)
		return DFUT_SIM_NORDIC_EXTENDED_VERDICT(DFUT_SIM_NORDIC_HARDWARE);
	if (!meets_softdevice(nordic, init))
		return DFUT_SIM_NORDIC_EXTENDED_VERDICT(DFUT_SIM_NORDIC_SOFTDEVICE_REQUIRED);
	return check_version(nordic, init);
}

dfut_sim_nordic_verdict dfut_sim_nordic_check_init(const struct dfut_sim_nordic *nordic,
						   const struct dfut_sim_nordic_init *init)
{
	dfut_sim_nordic_verdict verdict = check_signature(nordic, init);

	if (verdict != success)
		return verdict;
	if (!init->type.is_there || init->type.value >= DFUT_SIM_NORDIC_EXTERNAL)
		return DFUT_SIM_NORDIC_EXTENDED_VERDICT(DFUT_SIM_NORDIC_INIT_INVALID);
	if (!init->has_hash || init->hash_type != HASH_SHA256)
		return DFUT_SIM_NORDIC_EXTENDED_VERDICT(DFUT_SIM_NORDIC_WRONG_HASH_TYPE);
	verdict = check_target(nordic, init);
	return verdict == success ? check_sizes(nordic, init) : verdict;
}

/* The image. */

static bool is_hash_of(const uint8_t *reversed, size_t reversed_size, const uint8_t *image, uint32_t size)
{
	uint8_t hash[DFUT_DIGEST_MAX_SIZE];
	uint8_t difference = 0;

	if (reversed_size != HASH_SIZE || !dfut_digest(hash, DFUT_DIGEST_SHA256, image, size))
		return false;
	for (size_t i = 0; i < HASH_SIZE; i++)
		difference |= reversed[i] ^ hash[HASH_SIZE - 1 - i];
	return difference == 0;
}

static bool is_boot_valid(const struct dfut_sim_nordic *nordic, const struct dfut_sim_nordic_validation *validation,
			  const uint8_t *image, uint32_t size)
{
	switch ((enum validation_type)validation->type) {
	case VALIDATION_NONE:
	case VALIDATION_CRC:
		return true;
	case VALIDATION_SHA256:
		return is_hash_of(validation->bytes, validation->size, image, size);
	case VALIDATION_ECDSA:
		return validation->size == SIGNATURE_SIZE && verify(nordic, image, size, validation->bytes);
	}
	return false;
}

/* The first is of a SoftDevice, or of what comes alone; the second of the bootloader behind a SoftDevice. */
static bool are_boots_valid(const struct dfut_sim_nordic *nordic, const uint8_t *image, uint32_t first, uint32_t second)
{
	const struct dfut_sim_nordic_init *init = &nordic->init;

	if (init->validation_count && !is_boot_valid(nordic, &init->validations[0], image, first))
		return false;
	return second == 0 || init->validation_count < 2 ||
	       is_boot_valid(nordic, &init->validations[1], image + first, second);
}

dfut_sim_nordic_verdict dfut_sim_nordic_check_image(const struct dfut_sim_nordic *nordic)
{
	const struct dfut_sim_nordic_init *init = &nordic->init;
	const uint8_t *image = nordic->flash + nordic->bank;
	uint32_t size = dfut_sim_nordic_init_get_size(init);
	bool has_softdevice = init->type.value == DFUT_SIM_NORDIC_SOFTDEVICE ||
			      init->type.value == DFUT_SIM_NORDIC_SOFTDEVICE_BOOTLOADER;
	uint32_t first = has_softdevice ? init->sd_size.value : size;

	if (!is_hash_of(init->hash, init->hash_size, image, size))
		return DFUT_SIM_NORDIC_EXTENDED_VERDICT(DFUT_SIM_NORDIC_VERIFICATION_FAILED);
	if (has_softdevice && !dfut_sim_nordic_is_softdevice(image, init->sd_size.value))
		return DFUT_SIM_NORDIC_VERDICT(DFUT_SIM_NORDIC_INVALID_OBJECT);
	return are_boots_valid(nordic, image, first, size - first) ?
		       success :
		       DFUT_SIM_NORDIC_VERDICT(DFUT_SIM_NORDIC_INVALID_OBJECT);
}
