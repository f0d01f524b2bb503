/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* Making Nordic DFU packages. */

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/digest.h"
#include "base/struct.h"
#include "image/format/nordic-package.h"

/* The master boot record in front of a SoftDevice stays (nRF5 SDK 17.1: nrf_mbr.h). */
#define MBR_END 0x1000
/* FICR and UICR (nRF52840 Product Specification, 4.2): registers that hex files have, and no bootloader writes. */
#define REGISTERS_BEGIN 0x10000000
#define REGISTERS_END 0x10002000
/* What a SoftDevice says of itself begins with its size and this (nRF5 SDK 17.1: nrf_sdm.h). */
#define SOFTDEVICE_MAGIC_ADDRESS 0x3004
#define SOFTDEVICE_MAGIC 0x51b1e5db

#define MAX_NOTES 3

/* JSON whose texts need no escapes */
struct writer {
	struct dfut_buffer text;
	unsigned int depth;
	bool follows; /* something in the same brackets */
	int result;   /* the first error */
};

struct packer {
	struct dfut_failure *failure;
	const struct dfut_nordic *wish;
	char *notes[MAX_NOTES]; /* what was left out, a line for a file */
	size_t note_count;
	struct dfut_key *key;
	struct writer manifest;
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

static bool is_below(const struct dfut_segment *segment, uint32_t end)
{
	return segment->has_address && (uint64_t)segment->address + segment->size <= end;
}

/* Where the firmware begins: behind a master boot record that the file has in front of it. */
static uint32_t find_begin(const struct dfut_image *image)
{
	struct dfut_segment first;
	struct dfut_segment segment;

	dfut_image_find_segment(image, 0, &first);
	for (size_t i = 1; dfut_image_find_segment(image, i, &segment); i++)
		if (first.address == 0 && is_below(&first, MBR_END) && segment.address >= MBR_END &&
		    segment.address < DFUT_ZIP_MAX_FILE_SIZE)
			return MBR_END;
	return 0;
}

static int note_cut(struct packer *packer, const struct dfut_image *image, const char *path, uint32_t begin)
{
	struct dfut_segment first;

	dfut_image_find_segment(image, 0, &first);
	if (!first.has_address || first.address >= begin || packer->note_count == MAX_NOTES)
		return 0;
	packer->notes[packer->note_count] = dfut_format_text("%s: the master boot record, from 0x%08lx to 0x%08lx",
							     path, (unsigned long)first.address,
							     (unsigned long)begin - 1);
	if (!packer->notes[packer->note_count])
		return dfut_fail_memory(packer->failure);
	packer->note_count++;
	return 0;
}

static bool has_softdevice(const struct dfut_image *image)
{
	struct dfut_segment segment;

	for (size_t i = 0; dfut_image_find_segment(image, i, &segment); i++)
		if (segment.has_address && segment.address <= SOFTDEVICE_MAGIC_ADDRESS && segment.size >= 4 &&
		    segment.size - 4 >= SOFTDEVICE_MAGIC_ADDRESS - segment.address &&
		    dfut_le32(segment.data + (SOFTDEVICE_MAGIC_ADDRESS - segment.address)) == SOFTDEVICE_MAGIC)
			return true;
	return false;
}

static int refuse_ram(struct packer *packer, const struct dfut_image *image, const char *path)
{
	for (size_t i = 0; i < image->part_count; i++) {
		const struct dfut_part *part = &image->parts[i];
		char place[40];

		if (!part->segment.has_address || !dfut_image_is_ram(part->segment.address))
			continue;
		return dfut_fail(packer->failure, DFUT_ERROR_UNSUPPORTED,
				 "%s: %s: data at 0x%08lx, which is RAM: no bootloader writes it", path,
				 dfut_image_put_place(image, part->offset, place, sizeof(place)),
				 (unsigned long)part->segment.address);
	}
	return 0;
}

/* Is the file what it is given as? */
static int judge_firmware(struct packer *packer, const struct dfut_image *image, const char *path, bool is_softdevice)
{
	if (!is_softdevice && has_softdevice(image)) {
		dfut_fail(packer->failure, DFUT_ERROR_UNSUPPORTED,
			  "%s: a SoftDevice (0x%08x) is in the same file, and the device has one already", path,
			  SOFTDEVICE_MAGIC_ADDRESS);
		dfut_hint(packer->failure,
			  "give the file of the application alone (--application), and the SoftDevice's "
			  "(--softdevice) if it has to be replaced");
		return packer->failure->code;
	}
	return refuse_ram(packer, image, path);
}

static bool has_one_place(const struct dfut_image *image)
{
	return !dfut_image_is(image, DFUT_FORMAT_ALTERNATES) && !dfut_image_has_several_groups(image) && !image->nordic;
}

static int load_firmware(struct packer *packer, const char *path, struct dfut_image **image)
{
	int result = dfut_image_load(image, packer->failure, path, 0);

	if (result == 0)
		result = dfut_image_need_held(*image, packer->failure, "a Nordic DFU package");
	if (result < 0 || has_one_place(*image))
		return result;
	dfut_fail(packer->failure, DFUT_ERROR_UNSUPPORTED, "%s: a file of the format %s that is not one firmware", path,
		  dfut_image_get_format(*image));
	if (dfut_image_has_several_groups(*image))
		dfut_image_hint_families(*image, packer->failure);
	else
		dfut_hint(packer->failure, "take its firmware out first (pack --format raw, or ihex)");
	return packer->failure->code;
}

/* Adds what the file has, a multiple of 4 bytes; tells how many. */
static int add_firmware(struct packer *packer, const char *path, bool is_softdevice, struct dfut_buffer *firmware,
			uint32_t *size)
{
	struct dfut_buffer part = { .failure = packer->failure };
	struct dfut_image *image = NULL;
	int result = load_firmware(packer, path, &image);
	uint32_t begin = result < 0 ? 0 : is_softdevice ? MBR_END : find_begin(image);

	if (result == 0)
		result = judge_firmware(packer, image, path, is_softdevice);
	if (result == 0)
		result = note_cut(packer, image, path, begin);
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

static void write_text(struct writer *writer, const char *text)
{
	if (writer->result == 0)
		writer->result = dfut_buffer_add(&writer->text, text, strlen(text));
}

static void write_line(struct writer *writer, const char *end)
{
	write_text(writer, end);
	if (writer->result == 0)
		writer->result = dfut_buffer_fill(&writer->text, ' ', (size_t)4 * writer->depth);
}

/* Without a key in a list */
static void write_value(struct writer *writer, const char *key, const char *value)
{
	write_line(writer, writer->follows ? ",\n" : writer->depth ? "\n" : "");
	if (key) {
		write_text(writer, "\"");
		write_text(writer, key);
		write_text(writer, "\": ");
	}
	write_text(writer, value);
	writer->follows = true;
}

static void write_name(struct writer *writer, const char *key, const char *name)
{
	write_value(writer, key, "\"");
	write_text(writer, name);
	write_text(writer, "\"");
}

static void write_number(struct writer *writer, const char *key, uint32_t number)
{
	char digits[16];

	snprintf(digits, sizeof(digits), "%" PRIu32, number);
	write_value(writer, key, digits);
}

static void open_brackets(struct writer *writer, const char *key, const char *bracket)
{
	write_value(writer, key, bracket);
	writer->depth++;
	writer->follows = false;
}

static void close_brackets(struct writer *writer, const char *bracket)
{
	writer->depth--;
	if (writer->follows)
		write_line(writer, "\n");
	write_text(writer, bracket);
	writer->follows = true;
}

static void write_init_data(struct packer *packer, const struct dfut_nordic_image *image)
{
	struct writer *manifest = &packer->manifest;

	open_brackets(manifest, "init_packet_data", "{");
	write_number(manifest, "application_version", image->part.fw_version);
	write_number(manifest, "device_revision", packer->wish->device_revision);
	write_number(manifest, "device_type", packer->wish->device_type);
	write_number(manifest, "firmware_crc16", dfut_nordic_legacy_sum(image->part.data, image->part.size));
	open_brackets(manifest, "softdevice_req", "[");
	for (size_t i = 0; i < image->part.sd_req_count; i++)
		write_number(manifest, NULL, image->sd_req[i]);
	close_brackets(manifest, "]");
	close_brackets(manifest, "}");
}

static int list_image(struct packer *packer, const struct dfut_nordic_image *image, const char *bin, const char *dat)
{
	bool is_combined = image->part.type == DFUT_NORDIC_SOFTDEVICE_BOOTLOADER;
	bool is_legacy = packer->wish->legacy;
	struct writer *manifest = &packer->manifest;

	open_brackets(manifest, image->name, "{");
	write_name(manifest, "bin_file", bin);
	write_name(manifest, "dat_file", dat);
	if (is_legacy)
		write_init_data(packer, image);
	else if (is_combined)
		open_brackets(manifest, "info_read_only_metadata", "{");
	if (is_combined) {
		write_number(manifest, "bl_size", image->part.bl_size);
		write_number(manifest, "sd_size", image->part.sd_size);
	}
	if (is_combined && !is_legacy)
		close_brackets(manifest, "}");
	close_brackets(manifest, "}");
	return manifest->result;
}

static void begin_manifest(struct writer *manifest)
{
	open_brackets(manifest, NULL, "{");
	open_brackets(manifest, "manifest", "{");
}

static int add_manifest(struct packer *packer)
{
	struct writer *manifest = &packer->manifest;

	if (packer->wish->legacy)
		write_value(manifest, "dfu_version", "0.5");
	close_brackets(manifest, "}");
	close_brackets(manifest, "}");
	if (manifest->result < 0)
		return manifest->result;
	return dfut_zip_add(packer->zip, DFUT_NORDIC_MANIFEST_NAME, manifest->text.data, manifest->text.size);
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
		result = add_firmware(packer, wish->softdevice, true, &firmware, &image.part.sd_size);
	if (result == 0 && wish->bootloader)
		result = add_firmware(packer, wish->bootloader, false, &firmware, &image.part.bl_size);
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
	result = add_firmware(packer, packer->wish->application, false, &firmware, &image.part.app_size);
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

	begin_manifest(&packer->manifest);
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

static int judge_package(struct dfut_image **image, const struct packer *packer, struct dfut_buffer *archive)
{
	struct dfut_loader loader = { .failure = packer->failure };
	int result = dfut_image_judge(image, packer->failure, archive->data, archive->size, 0);

	if (result < 0)
		return result;
	loader.image = *image;
	loader.layer = (*image)->format->name;
	for (size_t i = 0; i < packer->note_count; i++)
		dfut_image_add_fact(&loader, "left_out", "%s", packer->notes[i]);
	return 0;
}

static void free_packer(struct packer *packer)
{
	dfut_key_free(packer->key);
	free(packer->manifest.text.data);
	free(packer->zip->content.data);
	free(packer->zip);
	for (size_t i = 0; i < packer->note_count; i++)
		free(packer->notes[i]);
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
	packer.zip = calloc(1, sizeof(*packer.zip));
	if (!packer.zip)
		return dfut_fail_memory(failure);
	packer.zip->content.failure = failure;
	packer.manifest.text.failure = failure;
	result = pack(&packer, &archive);
	if (result == 0)
		result = judge_package(image, &packer, &archive);
	else
		free(archive.data);
	free_packer(&packer);
	return result;
}
