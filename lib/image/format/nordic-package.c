/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/*
 * Reading Nordic DFU packages (pc-nrfutil 6.1.7: manifest.py, package.py): a ZIP archive whose manifest.json names, for
 * each image, a .bin file and its init packet, a .dat file. Functions that judge return 1 if what comes next can be
 * looked at, 0 if a doubt that was overruled prevents it, or an error.
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/digest.h"
#include "base/json.h"
#include "image/format/nordic-package.h"

#define LEGACY_VERSION "0.5"
/* Those of real packages have less than two thousand bytes; each may become seventy when it is parsed. */
#define MAX_MANIFEST 65536

struct package {
	struct dfut_loader *loader;
	struct dfut_zip *zip;
	const struct dfut_zip_file *file; /* manifest.json */
	struct dfut_json_document document;
	const struct dfut_json *manifest; /* the object in it */
};

/* A SoftDevice is replaced before what needs it, and the bootloader with it or after it. */
static const enum dfut_nordic_firmware order[] = {
	DFUT_NORDIC_SOFTDEVICE_BOOTLOADER,
	DFUT_NORDIC_SOFTDEVICE,
	DFUT_NORDIC_BOOTLOADER,
	DFUT_NORDIC_APPLICATION,
};

static int waive(int result)
{
	return result < 0 ? result : 1;
}

/* The manifest */

static const char *get_text(const struct package *package)
{
	return (const char *)package->zip->content.data + package->file->offset;
}

/* Where a key, or another text, is first in the manifest; 0 if it is not */
static size_t find_key(const struct package *package, const char *key)
{
	const char *text = get_text(package);
	size_t length = strlen(key);

	for (size_t i = 0; i + length + 2 <= package->file->size; i++)
		if (text[i] == '"' && text[i + length + 1] == '"' && memcmp(text + i + 1, key, length) == 0)
			return i;
	return 0;
}

static int doubt_key(struct package *package, unsigned int check, const char *key, const char *text)
{
	return dfut_image_doubt(package->loader, DFUT_ERROR_IMAGE, check, "%s, offset %zu: \"%.40s\" %s",
				DFUT_NORDIC_MANIFEST_NAME, find_key(package, key), key, text);
}

/* A second one in a folder would be found by some tools. */
static int judge_manifests(struct package *package)
{
	for (size_t i = 0; i < package->zip->count; i++) {
		const struct dfut_zip_file *file = &package->zip->files[i];
		const char *slash = strrchr(file->name, '/');

		if (slash && strcmp(slash + 1, DFUT_NORDIC_MANIFEST_NAME) == 0)
			return dfut_fail(package->loader->failure, DFUT_ERROR_IMAGE,
					 "offset %zu: %s: the manifest must be in the root of the package",
					 file->position, file->name);
	}
	package->file = dfut_zip_find(package->zip, DFUT_NORDIC_MANIFEST_NAME);
	if (package->file)
		return 1;
	return dfut_image_doubt(package->loader, DFUT_ERROR_IMAGE, DFUT_CHECK_FORMAT,
				"offset 0: this is a ZIP archive without a %s, not firmware",
				DFUT_NORDIC_MANIFEST_NAME);
}

static int parse_manifest(struct package *package)
{
	struct dfut_json_document *document = &package->document;
	int result;

	if (package->file->size > MAX_MANIFEST)
		return dfut_fail(package->loader->failure, DFUT_ERROR_IMAGE,
				 "offset %zu: %s has %zu bytes, a manifest has %d at most", package->file->position,
				 DFUT_NORDIC_MANIFEST_NAME, package->file->size, MAX_MANIFEST);
	result = dfut_json_parse(document, get_text(package), package->file->size);
	if (result == DFUT_ERROR_NO_MEMORY)
		return dfut_fail_memory(package->loader->failure);
	if (result < 0)
		return dfut_image_doubt(package->loader, DFUT_ERROR_IMAGE, DFUT_CHECK_FORMAT,
					"%s, line %d, column %d: %s", DFUT_NORDIC_MANIFEST_NAME, document->line,
					document->column, document->mistake);
	package->manifest = dfut_json_get(document->values, "manifest");
	if (!dfut_json_is(package->manifest, DFUT_JSON_OBJECT))
		return doubt_key(package, DFUT_CHECK_FORMAT, "manifest", "is missing, or not an object");
	return 1;
}

static bool is_image_name(const char *name)
{
	for (size_t i = 0; i < DFUT_COUNT(dfut_nordic_names); i++)
		if (strcmp(name, dfut_nordic_names[i]) == 0)
			return true;
	return false;
}

static int judge_keys(struct package *package)
{
	int result = 1;

	for (const struct dfut_json *value = package->manifest->first; value; value = value->next) {
		const char *key = value->key;

		if (strcmp(key, "dfu_version") == 0)
			continue;
		if (!is_image_name(key))
			result = waive(
				doubt_key(package, DFUT_CHECK_FORMAT, key, "is not an image that a package can have"));
		else if (!dfut_json_is(value, DFUT_JSON_OBJECT))
			result = doubt_key(package, DFUT_CHECK_FORMAT, key, "is not an object");
		if (result <= 0)
			return result;
	}
	return 1;
}

/* Its presence tells a legacy package. */
static int judge_version(struct package *package)
{
	const struct dfut_json *version = dfut_json_get(package->manifest, "dfu_version");
	const char *written;

	if (!version)
		return 1;
	package->loader->image->nordic->is_legacy = true;
	package->loader->image->format = dfut_image_find_format("nordic-legacy");
	package->loader->layer = package->loader->image->format->name;
	if (version->written_size == strlen(LEGACY_VERSION) &&
	    memcmp(version->written, LEGACY_VERSION, version->written_size) == 0)
		return 1;
	written = version->written ? version->written : "that is no number";
	return dfut_fail(package->loader->failure, DFUT_ERROR_UNSUPPORTED,
			 "%s, offset %zu: dfu_version %.*s: only " LEGACY_VERSION " is known",
			 DFUT_NORDIC_MANIFEST_NAME, find_key(package, "dfu_version"),
			 (int)(version->written ? version->written_size : strlen(written)), written);
}

/* Images */

static int find_file(struct package *package, const struct dfut_json *entry, const char *key,
		     const struct dfut_zip_file **file)
{
	const char *name = dfut_json_get_text(dfut_json_get(entry, key));

	if (!name)
		return doubt_key(package, DFUT_CHECK_FORMAT, key, "is missing from an image, or not a text");
	*file = dfut_zip_find(package->zip, name);
	if (*file)
		return 1;
	return dfut_image_doubt(package->loader, DFUT_ERROR_IMAGE, DFUT_CHECK_LENGTH,
				"%s, offset %zu: there is no \"%.100s\" in the archive", DFUT_NORDIC_MANIFEST_NAME,
				find_key(package, name), name);
}

/* Does a number in the manifest, if it is there, agree with one that is known? */
static int judge_number(struct package *package, const struct dfut_json *object, const char *key, uint32_t known,
			unsigned int check)
{
	const struct dfut_json *value = dfut_json_get(object, key);

	if (!value || value->type == DFUT_JSON_NULL || (value->type == DFUT_JSON_INTEGER && value->number == known))
		return 1;
	return waive(dfut_image_doubt(package->loader, DFUT_ERROR_IMAGE, check,
				      "%s, offset %zu: \"%s\" is %lld, the init packet or the file says %lu",
				      DFUT_NORDIC_MANIFEST_NAME, find_key(package, key), key,
				      (long long)dfut_json_get_integer(value), (unsigned long)known));
}

static int judge_size(struct package *package, const struct dfut_nordic_image *image, const char *file)
{
	const struct dfut_nordic_part *part = &image->part;
	int result;

	if (part->size == 0)
		return dfut_image_doubt(package->loader, DFUT_ERROR_IMAGE, DFUT_CHECK_LENGTH,
					"%s, offset 0: the file is empty", file);
	if (part->size % 4 == 0)
		return 1;
	result = dfut_image_doubt(package->loader, DFUT_ERROR_IMAGE, DFUT_CHECK_LENGTH,
				  "%s, offset %zu: the size is not a multiple of 4, bootloaders never complete such an "
				  "image",
				  file, part->size);
	if (result < 0)
		dfut_hint(package->loader->failure, "fill the firmware up with FF and make the package again");
	return waive(result);
}

/* What the init packet says is there, and nothing else. */
static int judge_sizes(struct package *package, const struct dfut_nordic_image *image, const char *file)
{
	const struct dfut_nordic_part *part = &image->part;
	bool has_sd = part->type == DFUT_NORDIC_SOFTDEVICE || part->type == DFUT_NORDIC_SOFTDEVICE_BOOTLOADER;
	bool has_bl = part->type == DFUT_NORDIC_BOOTLOADER || part->type == DFUT_NORDIC_SOFTDEVICE_BOOTLOADER;
	bool has_app = !has_sd && !has_bl;
	uint64_t said = (has_sd ? (uint64_t)part->sd_size : 0) + (has_bl ? (uint64_t)part->bl_size : 0) +
			(has_app ? (uint64_t)part->app_size : 0);

	if (said == part->size && (has_sd || part->sd_size == 0) && (has_bl || part->bl_size == 0) &&
	    (has_app || part->app_size == 0))
		return 1;
	return waive(dfut_image_doubt(package->loader, DFUT_ERROR_IMAGE, DFUT_CHECK_LENGTH,
				      "%s, offset %zu: the file has %zu bytes, %s says SoftDevice %lu, bootloader %lu, "
				      "application %lu",
				      file, part->size, part->size, image->init_name, (unsigned long)part->sd_size,
				      (unsigned long)part->bl_size, (unsigned long)part->app_size));
}

/* The SHA-256 of the firmware, as text. 1 if it is the one that the init packet says, 0 if not, or an error */
static int compare_digest(struct dfut_failure *failure, const struct dfut_nordic_image *image,
			  char text[2 * DFUT_NORDIC_DIGEST_SIZE + 1])
{
	uint8_t digest[DFUT_DIGEST_MAX_SIZE];

	if (!dfut_digest(digest, DFUT_DIGEST_SHA256, image->part.data, image->part.size))
		return dfut_fail(failure, DFUT_ERROR_UNSUPPORTED, "Mbed TLS has no SHA-256");
	dfut_image_put_hex(text, digest, DFUT_NORDIC_DIGEST_SIZE);
	return image->has_digest && memcmp(digest, image->digest, DFUT_NORDIC_DIGEST_SIZE) == 0;
}

static int judge_digest(struct package *package, const struct dfut_nordic_image *image, const char *file)
{
	char text[2 * DFUT_NORDIC_DIGEST_SIZE + 1];
	int result = image->has_digest ? compare_digest(package->loader->failure, image, text) : 1;

	if (result != 0)
		return result;
	return waive(dfut_image_doubt(package->loader, DFUT_ERROR_IMAGE, DFUT_CHECK_HASH,
				      "%s, offset 0: its SHA-256 is %s, %s says %s", file, text, image->init_name,
				      image->part.digest));
}

static int judge_type(struct package *package, const struct dfut_nordic_image *image, enum dfut_nordic_firmware wanted)
{
	enum dfut_nordic_firmware type = image->part.type;

	/* The manifest has no name of its own for an external application. */
	if (type == wanted || (wanted == DFUT_NORDIC_APPLICATION && type == DFUT_NORDIC_EXTERNAL_APPLICATION))
		return 1;
	return waive(
		dfut_image_doubt(package->loader, DFUT_ERROR_IMAGE, DFUT_CHECK_FORMAT,
				 "%s, offset 0: the init packet is for %s, the manifest says %s", image->init_name,
				 type < DFUT_NORDIC_MAX_PARTS ? dfut_nordic_names[type] : "an external application",
				 dfut_nordic_names[wanted]));
}

static int read_secure(struct package *package, const struct dfut_json *entry, struct dfut_nordic_image *image,
		       const char *file, enum dfut_nordic_firmware type)
{
	const struct dfut_json *metadata = dfut_json_get(entry, "info_read_only_metadata");
	int result = dfut_nordic_init_read(package->loader, image);

	if (result > 0)
		result = judge_type(package, image, type);
	if (result > 0)
		result = judge_sizes(package, image, file);
	if (result > 0)
		result = judge_number(package, metadata, "sd_size", image->part.sd_size, DFUT_CHECK_LENGTH);
	if (result > 0)
		result = judge_number(package, metadata, "bl_size", image->part.bl_size, DFUT_CHECK_LENGTH);
	return result <= 0 ? result : judge_digest(package, image, file);
}

/* Only the manifest tells where the bootloader begins in a combined image. */
static int read_legacy(struct package *package, const struct dfut_json *entry, struct dfut_nordic_image *image,
		       const char *file, enum dfut_nordic_firmware type)
{
	const struct dfut_json *data = dfut_json_get(entry, "init_packet_data");
	struct dfut_nordic_part *part = &image->part;
	int64_t sd_size = dfut_json_get_integer(dfut_json_get(entry, "sd_size"));
	int64_t bl_size = dfut_json_get_integer(dfut_json_get(entry, "bl_size"));
	int result;

	part->type = type;
	part->app_size = type == DFUT_NORDIC_APPLICATION ? (uint32_t)part->size : 0;
	part->sd_size = type == DFUT_NORDIC_SOFTDEVICE ? (uint32_t)part->size : 0;
	part->bl_size = type == DFUT_NORDIC_BOOTLOADER ? (uint32_t)part->size : 0;
	if (type == DFUT_NORDIC_SOFTDEVICE_BOOTLOADER) {
		if (sd_size <= 0 || bl_size <= 0 || sd_size > UINT32_MAX || bl_size > UINT32_MAX)
			return doubt_key(package, DFUT_CHECK_LENGTH, "sd_size", "or \"bl_size\" is missing or no size");
		part->sd_size = (uint32_t)sd_size;
		part->bl_size = (uint32_t)bl_size;
		result = judge_sizes(package, image, file);
		if (result < 0)
			return result;
	}
	result = dfut_nordic_legacy_read(package->loader, image);
	return result <= 0 ? result :
			     judge_number(package, data, "firmware_crc16",
					  dfut_nordic_legacy_sum(part->data, part->size), DFUT_CHECK_CHECKSUM);
}

static void note_sd_req(struct dfut_loader *loader, const struct dfut_nordic_image *image)
{
	char text[DFUT_NORDIC_MAX_SD_REQ * 12 + 1] = "";
	size_t length = 0;

	for (size_t i = 0; i < image->part.sd_req_count; i++)
		length += (size_t)snprintf(text + length, sizeof(text) - length, "%s0x%04lx", i ? " " : "",
					   (unsigned long)image->part.sd_req[i]);
	dfut_nordic_add_fact(loader, image, "sd_req", "%s", text[0] ? text : "none");
}

static void note_image(struct dfut_loader *loader, const struct dfut_nordic_image *image)
{
	const struct dfut_nordic_part *part = &image->part;

	dfut_nordic_add_fact(loader, image, "size", "%zu", part->size);
	if (part->type == DFUT_NORDIC_SOFTDEVICE_BOOTLOADER) {
		dfut_nordic_add_fact(loader, image, "sd_size", "%lu", (unsigned long)part->sd_size);
		dfut_nordic_add_fact(loader, image, "bl_size", "%lu", (unsigned long)part->bl_size);
	}
	if (part->type == DFUT_NORDIC_EXTERNAL_APPLICATION)
		dfut_nordic_add_fact(loader, image, "external", "yes");
	if (part->has_fw_version)
		dfut_nordic_add_fact(loader, image, "version", "%lu", (unsigned long)part->fw_version);
	if (part->has_hw_version)
		dfut_nordic_add_fact(loader, image, "hw_version", "%lu", (unsigned long)part->hw_version);
	note_sd_req(loader, image);
	if (dfut_image_is_nordic_legacy(loader->image))
		return;
	dfut_nordic_add_fact(loader, image, "sha256", "%s", part->digest);
	dfut_nordic_add_fact(loader, image, "signature", "%s",
			     image->signature ? "ecdsa-p256-sha256" :
			     part->is_signed  ? "of an unknown kind" :
						"none");
	if (part->is_debug)
		dfut_nordic_add_fact(loader, image, "debug", "yes");
}

static int read_files(struct package *package, const struct dfut_json *entry, struct dfut_nordic_image *image,
		      const struct dfut_zip_file **bin)
{
	const struct dfut_zip_file *dat = NULL;
	int result = find_file(package, entry, "bin_file", bin);

	if (result > 0)
		result = find_file(package, entry, "dat_file", &dat);
	if (result <= 0)
		return result;
	image->init_name = dat->name;
	image->part.data = package->zip->content.data + (*bin)->offset;
	image->part.size = (*bin)->size;
	image->part.init = package->zip->content.data + dat->offset;
	image->part.init_size = dat->size;
	if (dat->size > DFUT_NORDIC_MAX_INIT_SIZE)
		return dfut_fail(package->loader->failure, DFUT_ERROR_IMAGE,
				 "%s, offset %d: the init packet has %zu bytes, bootloaders take %d", dat->name,
				 DFUT_NORDIC_MAX_INIT_SIZE, dat->size, DFUT_NORDIC_MAX_INIT_SIZE);
	return judge_size(package, image, (*bin)->name);
}

static int read_image(struct package *package, enum dfut_nordic_firmware type)
{
	struct dfut_nordic_package *nordic = package->loader->image->nordic;
	struct dfut_nordic_image *image = &nordic->images[nordic->count];
	const struct dfut_json *entry = dfut_json_get(package->manifest, dfut_nordic_names[type]);
	const struct dfut_zip_file *bin = NULL;
	struct dfut_segment segment = { .alternate = -1 };
	int result;

	if (!entry)
		return 1;
	image->name = dfut_nordic_names[type];
	result = read_files(package, entry, image, &bin);
	if (result > 0)
		result = nordic->is_legacy ? read_legacy(package, entry, image, bin->name, type) :
					     read_secure(package, entry, image, bin->name, type);
	if (result <= 0)
		return result;
	note_image(package->loader, image);
	segment.data = image->part.data;
	segment.size = image->part.size;
	nordic->count++;
	return waive(dfut_image_add_part(package->loader, &segment, (uint32_t)type));
}

static int read_package(struct package *package)
{
	int result = judge_manifests(package);

	if (result > 0)
		result = parse_manifest(package);
	if (result > 0)
		result = judge_version(package);
	if (result > 0)
		result = judge_keys(package);
	for (size_t i = 0; result > 0 && i < DFUT_COUNT(order); i++)
		result = read_image(package, order[i]);
	package->loader->image->nordic->is_whole = result > 0;
	dfut_json_free(&package->document);
	return result;
}

int dfut_nordic_inspect(struct dfut_loader *loader)
{
	struct dfut_zip *zip = calloc(1, sizeof(*zip));
	struct package package = { .loader = loader, .zip = zip };
	int result;

	loader->image->nordic = calloc(1, sizeof(*loader->image->nordic));
	if (!zip || !loader->image->nordic) {
		free(zip);
		return dfut_fail_memory(loader->failure);
	}
	result = dfut_zip_read(loader, zip);
	loader->image->decoded = zip->content.data;
	if (result > 0)
		result = read_package(&package);
	/* Names of files belong to the archive. */
	for (size_t i = 0; i < DFUT_NORDIC_MAX_PARTS; i++)
		loader->image->nordic->images[i].init_name = NULL;
	free(zip);
	return result < 0 ? result : 0;
}

/* Signatures */

/* Signed is the init packet; the firmware only through the digest in it, which may have been overruled. */
static int verify_firmware(struct dfut_failure *failure, const struct dfut_nordic_image *image)
{
	char text[2 * DFUT_NORDIC_DIGEST_SIZE + 1];
	int result = compare_digest(failure, image, text);

	if (result != 0)
		return result < 0 ? result : 0;
	if (!image->has_digest)
		return dfut_fail(failure, DFUT_ERROR_MISMATCH,
				 "the %s is not covered by the signature: the init packet has no SHA-256 of it",
				 image->name);
	return dfut_fail(failure, DFUT_ERROR_MISMATCH,
			 "the %s is not the one that was signed: its SHA-256 is %s, the init packet says %s",
			 image->name, text, image->part.digest);
}

static int verify_image(struct dfut_failure *failure, const struct dfut_nordic_image *image, struct dfut_key *key)
{
	int result;

	if (!image->signature)
		return dfut_fail(failure, DFUT_ERROR_MISMATCH, "the %s is not signed", image->name);
	if (image->is_ambiguous)
		return dfut_fail(failure, DFUT_ERROR_MISMATCH,
				 "the init packet of the %s can be read in two ways, so its signature proves nothing",
				 image->name);
	result = verify_firmware(failure, image);
	if (result < 0)
		return result;
	result = dfut_nordic_key_verify(failure, key, image->signed_data, image->signed_size, image->signature);
	if (result != 0)
		return result < 0 ? result : 0;
	return dfut_fail(
		failure, DFUT_ERROR_MISMATCH,
		"the signature of the %s does not match this key: it was signed with another key, or changed afterwards",
		image->name);
}

DFUT_API int dfut_image_verify_signature(struct dfut_image *image, const char *public_key)
{
	struct dfut_failure *failure = image->failure;
	struct dfut_loader loader = { .image = image, .failure = failure, .layer = image->format->name };
	struct dfut_key *key = NULL;
	int result;

	if (!public_key)
		return dfut_fail(failure, DFUT_ERROR_USAGE, "no public key given");
	if (!dfut_image_is_nordic(image))
		return dfut_fail(failure, DFUT_ERROR_UNSUPPORTED,
				 "a file of the format %s has no signature that can be checked",
				 dfut_image_get_format(image));
	result = dfut_nordic_key_load(&key, failure, public_key, false);
	if (result == 0 && !image->nordic->is_whole)
		result = dfut_fail(failure, DFUT_ERROR_MISMATCH,
				   "not all images of the package could be read, so its signatures were not checked");
	for (size_t i = 0; result == 0 && i < image->nordic->count; i++)
		result = verify_image(failure, &image->nordic->images[i], key);
	dfut_key_free(key);
	for (size_t i = 0; result == 0 && i < image->nordic->count; i++)
		dfut_nordic_add_fact(&loader, &image->nordic->images[i], "signature_check", "good");
	return result == 0 && image->lacks_memory ? dfut_fail_memory(failure) : result;
}
