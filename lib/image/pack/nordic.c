/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* Making Nordic DFU packages. */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "base/digest.h"
#include "base/struct.h"
#include "image/format/nordic-package.h"

/* The master boot record in front of a SoftDevice stays (nRF5 SDK 17.1: nrf_mbr.h). */
#define MBR_END 0x1000
/* FICR and UICR (nRF52840 Product Specification, 4.2): registers that hex files have, and no bootloader writes. */
#define REGISTERS_BEGIN 0x10000000
#define REGISTERS_END 0x10002000

struct packer {
	struct dfut_failure *failure;
	const struct dfut_nordic *wish;
	struct dfut_key *key;
	json_t *manifest;
	struct dfut_zip *zip;
};

/* Firmware */

/* False if nothing of the segment is kept. */
static bool cut(struct dfut_segment *segment, uint32_t begin)
{
	size_t above;

	if (!segment->has_address)
		return segment->size > 0;
	if (segment->address >= REGISTERS_BEGIN && segment->address < REGISTERS_END)
		return false;
	if (segment->address >= begin)
		return segment->size > 0;
	above = begin - segment->address;
	if (segment->size <= above)
		return false;
	segment->address = begin;
	segment->data += above;
	segment->size -= above;
	return true;
}

static int join(const struct dfut_image *image, uint32_t begin, struct dfut_buffer *firmware)
{
	size_t count = dfut_image_get_segment_count(image);
	struct dfut_source source = { .segments = calloc(count, sizeof(*source.segments)) };
	int result;

	if (!source.segments)
		return dfut_fail_memory(firmware->failure);
	for (size_t i = 0; i < count; i++) {
		dfut_image_find_segment(image, i, &source.segments[source.count]);
		source.count += cut(&source.segments[source.count], begin);
	}
	result = dfut_raw_write(&source, firmware);
	free(source.segments);
	return result;
}

static bool has_one_place(const struct dfut_image *image)
{
	return !dfut_image_is(image, DFUT_FORMAT_ALTERNATES) && !dfut_image_has_several_groups(image) && !image->nordic;
}

/* Adds what the file has, a multiple of 4 bytes; tells how many. */
static int add_firmware(struct packer *packer, const char *path, uint32_t begin, struct dfut_buffer *firmware,
			uint32_t *size)
{
	struct dfut_buffer part = { .failure = packer->failure };
	struct dfut_image *image = NULL;
	int result = dfut_image_load(&image, packer->failure, path, 0);

	if (result == 0 && !has_one_place(image))
		result = dfut_fail(packer->failure, DFUT_ERROR_UNSUPPORTED,
				   "%s: a file of the format %s is not one firmware: convert it, to raw or ihex", path,
				   dfut_image_get_format(image));
	if (result == 0)
		result = join(image, begin, &part);
	if (result == 0 && (part.size == 0 || part.size > DFUT_ZIP_MAX_FILE_SIZE))
		result = dfut_fail(packer->failure, DFUT_ERROR_UNSUPPORTED,
				   "%s: %zu bytes between its first and its last address, which no bootloader takes",
				   path, part.size);
	if (result == 0)
		result = dfut_buffer_fill(&part, 0xff, (4 - part.size % 4) % 4);
	if (result == 0)
		result = dfut_buffer_add(firmware, part.data, part.size);
	*size = (uint32_t)part.size;
	free(part.data);
	dfut_image_free(image);
	return result;
}

/* The manifest */

static json_t *new_init_data(const struct packer *packer, const struct dfut_nordic_image *image)
{
	json_t *sd_req = json_array();
	bool done = sd_req;

	for (size_t i = 0; done && i < image->part.sd_req_count; i++)
		done = json_array_append_new(sd_req, json_integer(image->sd_req[i])) == 0;
	if (!done) {
		json_decref(sd_req);
		return NULL;
	}
	return json_pack("{s:I, s:i, s:i, s:i, s:o}", "application_version", (json_int_t)image->part.fw_version,
			 "device_revision", packer->wish->device_revision, "device_type", packer->wish->device_type,
			 "firmware_crc16", dfut_nordic_legacy_sum(image->part.data, image->part.size), "softdevice_req",
			 sd_req);
}

static int list_image(struct packer *packer, const struct dfut_nordic_image *image, const char *bin, const char *dat)
{
	const struct dfut_nordic_part *part = &image->part;
	json_t *entry = json_pack("{s:s, s:s}", "bin_file", bin, "dat_file", dat);
	json_t *sizes = json_pack("{s:I, s:I}", "bl_size", (json_int_t)part->bl_size, "sd_size",
				  (json_int_t)part->sd_size);
	bool is_combined = part->type == DFUT_NORDIC_SOFTDEVICE_BOOTLOADER;
	bool done = entry && sizes;

	if (done && packer->wish->legacy)
		done = json_object_set_new(entry, "init_packet_data", new_init_data(packer, image)) == 0 &&
		       (!is_combined || json_object_update(entry, sizes) == 0);
	else if (done && is_combined)
		done = json_object_set(entry, "info_read_only_metadata", sizes) == 0;
	json_decref(sizes);
	/* Takes the entry over, also when it fails. */
	if (json_object_set_new(packer->manifest, image->name, entry) < 0 || !done)
		return dfut_fail_memory(packer->failure);
	return 0;
}

static int add_manifest(struct packer *packer)
{
	json_t *document;
	char *text;
	int result;

	if (packer->wish->legacy && json_object_set_new(packer->manifest, "dfu_version", json_real(0.5)) < 0)
		return dfut_fail_memory(packer->failure);
	document = json_pack("{s:O}", "manifest", packer->manifest);
	text = document ? json_dumps(document, JSON_INDENT(4)) : NULL;
	json_decref(document);
	if (!text)
		return dfut_fail_memory(packer->failure);
	result = dfut_zip_add(packer->zip, DFUT_NORDIC_MANIFEST_NAME, text, strlen(text));
	free(text);
	return result;
}

/* Images */

static int add_files(struct packer *packer, const struct dfut_nordic_image *image)
{
	const char *base = image->part.type == DFUT_NORDIC_SOFTDEVICE_BOOTLOADER ? "sd_bl" : image->name;
	struct dfut_buffer init = { .failure = packer->failure };
	char bin[32];
	char dat[32];
	int result;

	snprintf(bin, sizeof(bin), "%s.bin", base);
	snprintf(dat, sizeof(dat), "%s.dat", base);
	if (packer->wish->legacy)
		result = dfut_nordic_legacy_write(&init, image, packer->wish->device_type,
						  packer->wish->device_revision);
	else
		result = dfut_nordic_init_write(&init, image, packer->key);
	if (result == 0)
		result = dfut_zip_add(packer->zip, bin, image->part.data, image->part.size);
	if (result == 0)
		result = dfut_zip_add(packer->zip, dat, init.data, init.size);
	free(init.data);
	return result < 0 ? result : list_image(packer, image, bin, dat);
}

/* Bootloaders look at the version of what they replace; a SoftDevice has none. */
static uint32_t get_version(const struct dfut_nordic *wish, enum dfut_nordic_firmware type)
{
	if (type == DFUT_NORDIC_APPLICATION)
		return wish->application_version;
	return type == DFUT_NORDIC_SOFTDEVICE ? UINT32_MAX : wish->bootloader_version;
}

static int add_image(struct packer *packer, struct dfut_nordic_image *image, const struct dfut_buffer *firmware)
{
	const struct dfut_nordic *wish = packer->wish;
	struct dfut_nordic_part *part = &image->part;
	bool has_own = part->type == DFUT_NORDIC_APPLICATION && wish->softdevice;

	image->name = dfut_nordic_names[part->type];
	part->data = firmware->data;
	part->size = firmware->size;
	part->has_fw_version = true;
	part->fw_version = get_version(wish, part->type);
	part->hw_version = wish->hw_version;
	part->is_debug = wish->debug;
	part->sd_req_count = has_own ? wish->sd_id_count : wish->sd_req_count;
	if (part->sd_req_count > 0)
		memcpy(image->sd_req, has_own ? wish->sd_id : wish->sd_req,
		       part->sd_req_count * sizeof(*image->sd_req));
	if (!dfut_digest(image->digest, DFUT_DIGEST_SHA256, part->data, part->size))
		return dfut_fail(packer->failure, DFUT_ERROR_UNSUPPORTED, "Mbed TLS has no SHA-256");
	return add_files(packer, image);
}

static int pack_system(struct packer *packer)
{
	const struct dfut_nordic *wish = packer->wish;
	struct dfut_buffer firmware = { .failure = packer->failure };
	struct dfut_nordic_image image = { .name = NULL };
	int result = 0;

	if (!wish->softdevice && !wish->bootloader)
		return 0;
	image.part.type = !wish->bootloader ? DFUT_NORDIC_SOFTDEVICE :
			  !wish->softdevice ? DFUT_NORDIC_BOOTLOADER :
					      DFUT_NORDIC_SOFTDEVICE_BOOTLOADER;
	if (wish->softdevice)
		result = add_firmware(packer, wish->softdevice, MBR_END, &firmware, &image.part.sd_size);
	if (result == 0 && wish->bootloader)
		result = add_firmware(packer, wish->bootloader, 0, &firmware, &image.part.bl_size);
	if (result == 0)
		result = add_image(packer, &image, &firmware);
	free(firmware.data);
	return result;
}

static int pack_application(struct packer *packer)
{
	struct dfut_buffer firmware = { .failure = packer->failure };
	struct dfut_nordic_image image = { .part.type = DFUT_NORDIC_APPLICATION };
	int result;

	if (!packer->wish->application)
		return 0;
	result = add_firmware(packer, packer->wish->application, 0, &firmware, &image.part.app_size);
	if (result == 0)
		result = add_image(packer, &image, &firmware);
	free(firmware.data);
	return result;
}

/* What was wished */

static bool has_wide_id(const uint32_t *ids, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (ids[i] > UINT16_MAX)
			return true;
	return false;
}

static int judge_ids(const struct dfut_nordic *wish, struct dfut_failure *failure)
{
	if (wish->sd_req_count > DFUT_NORDIC_MAX_SD_REQ || wish->sd_id_count > DFUT_NORDIC_MAX_SD_REQ)
		return dfut_fail(failure, DFUT_ERROR_USAGE, "bootloaders take at most %d ids of SoftDevices",
				 DFUT_NORDIC_MAX_SD_REQ);
	if ((wish->sd_req_count > 0 && !wish->sd_req) || (wish->sd_id_count > 0 && !wish->sd_id))
		return dfut_fail(failure, DFUT_ERROR_USAGE, "no ids of SoftDevices given");
	if (has_wide_id(wish->sd_req, wish->sd_req_count) || has_wide_id(wish->sd_id, wish->sd_id_count))
		return dfut_fail(failure, DFUT_ERROR_USAGE, "ids of SoftDevices are at most 0xffff");
	if (wish->application && wish->softdevice && wish->sd_id_count == 0)
		return dfut_fail(failure, DFUT_ERROR_USAGE,
				 "the application needs the id of the new SoftDevice, as the package has both");
	return 0;
}

static int judge_wish(const struct dfut_nordic *wish, struct dfut_failure *failure)
{
	if (!wish->application && !wish->softdevice && !wish->bootloader)
		return dfut_fail(failure, DFUT_ERROR_USAGE, "an application, a SoftDevice or a bootloader is needed");
	if (wish->legacy && (wish->private_key || wish->debug))
		return dfut_fail(failure, DFUT_ERROR_USAGE,
				 "a legacy package can be neither signed nor made for debugging");
	if (!wish->legacy && wish->bootloader && wish->bootloader_version == 0)
		return dfut_fail(failure, DFUT_ERROR_USAGE,
				 "a bootloader needs a version, greater than that of the one in the device");
	return judge_ids(wish, failure);
}

static int pack(struct packer *packer, struct dfut_buffer *archive)
{
	int result = 0;

	if (packer->wish->private_key)
		result = dfut_nordic_key_load(&packer->key, packer->failure, packer->wish->private_key, true);
	if (result == 0)
		result = pack_system(packer);
	if (result == 0)
		result = pack_application(packer);
	if (result == 0)
		result = add_manifest(packer);
	return result < 0 ? result : dfut_zip_write(archive, packer->zip);
}

int dfut_image_make_nordic(struct dfut_image **image, struct dfut_failure *failure, const struct dfut_nordic *nordic)
{
	struct dfut_buffer archive = { .failure = failure };
	struct dfut_nordic wish = DFUT_NORDIC_INIT;
	struct packer packer = { .failure = failure, .wish = &wish };
	int result;

	*image = NULL;
	if (nordic && !dfut_struct_take(&wish, sizeof(wish), nordic))
		return dfut_fail(failure, DFUT_ERROR_USAGE, "the wish is not initialised: use DFUT_NORDIC_INIT");
	result = judge_wish(&wish, failure);
	if (result < 0)
		return result;
	packer.manifest = json_object();
	packer.zip = calloc(1, sizeof(*packer.zip));
	if (packer.manifest && packer.zip) {
		packer.zip->content.failure = failure;
		result = pack(&packer, &archive);
	} else {
		result = dfut_fail_memory(failure);
	}
	dfut_key_free(packer.key);
	json_decref(packer.manifest);
	if (packer.zip)
		free(packer.zip->content.data);
	free(packer.zip);
	if (result == 0)
		return dfut_image_judge(image, failure, archive.data, archive.size, 0);
	free(archive.data);
	return result;
}
