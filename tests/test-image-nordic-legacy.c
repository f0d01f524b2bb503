/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* Legacy Nordic DFU packages: what is read, damage of manifest and init packet. */

#if !defined(_WIN32) && !defined(_XOPEN_SOURCE)
#define _XOPEN_SOURCE 700
#endif

#include "image/format/nordic.h"
#include "nordic-sample.h"

TestSuite(nordic_legacy, .init = start, .fini = stop, .timeout = 60);

static const char legacy_manifest[] =
	"{\"manifest\": {\"application\": {\"bin_file\": \"app.bin\", \"dat_file\": \"app.dat\", \"init_packet_data\": "
	"{\"application_version\": 4294967295, \"device_revision\": 65535, \"device_type\": 82, \"softdevice_req\": [182]}}, "
	"\"dfu_version\": 0.5}}";

/* CRC-16-CCITT, nibble by nibble, as it shares nothing with the library */
static uint16_t get_crc16(const uint8_t *data, size_t size)
{
	uint16_t crc = 0xffff;

	for (size_t i = 0; i < size; i++) {
		crc = (uint16_t)(crc >> 8 | crc << 8);
		crc ^= data[i];
		crc ^= (uint8_t)(crc & 0xff) >> 4;
		crc ^= (uint16_t)(crc << 12);
		crc ^= (uint16_t)((crc & 0xff) << 5);
	}
	return crc;
}

static struct file make_legacy_packet(uint16_t count)
{
	struct file packet = { .size = 0 };

	add_bytes(&packet, "\x52\x00\xff\xff\xff\xff\xff\xff", 8);
	add_le16(&packet, count);
	for (unsigned int i = 0; i < count; i++)
		add_le16(&packet, 0xb6 + i);
	add_le16(&packet, get_crc16(get_firmware(), 1024));
	return packet;
}

Test(nordic_legacy, legacy_package_is_read)
{
	struct file packet = make_legacy_packet(1);
	struct file file = make_package(legacy_manifest, &packet, 1024);
	struct dfut_nordic_part part = { .type = 99 };

	cr_assert(eq(int, load_file(&file), 0), "%s", dfut_context_get_error(context));
	cr_assert(eq(str, get_format(), (char *)"nordic-legacy"));
	cr_assert(dfut_image_is_nordic_legacy(image));
	cr_assert(not(dfut_image_is_nordic(image)));
	cr_assert(eq(int, dfut_image_get_nordic_part(image, 0, &part), 0));
	cr_assert(eq(sz, part.init_size, 14));
	cr_assert(eq(u32, part.fw_version, 0xffffffff));
	cr_assert(not(part.has_hw_version));
	cr_assert(eq(sz, part.sd_req_count, 1));
	cr_assert(eq(u32, part.sd_req[0], 0xb6));
	cr_assert(eq(u32, part.app_size, 1024));
	cr_assert(eq(str, (char *)part.digest, (char *)""));
	cr_assert(eq(str, get_fact("application_device_type"), (char *)"0x0052"));
}

Test(nordic_legacy, wrong_legacy_packets_are_refused)
{
	static const struct refusal sum = { "sum", "app.dat, offset 12: the CRC-16 is 0x", DFUT_CHECK_CHECKSUM };
	static const struct refusal cut = { "cut", "app.dat, offset 11: the init packet ends early",
					    DFUT_CHECK_LENGTH };
	static const struct refusal ids = {
		"ids", "app.dat, offset 8: an init packet for 2 SoftDevices has 16 bytes, this one 14",
		DFUT_CHECK_LENGTH
	};
	static const struct refusal many = { "many",
					     "app.dat, offset 8: an init packet for 17 SoftDevices has 46 bytes",
					     DFUT_CHECK_LENGTH };
	static const struct refusal max = { "max", "for 65535 SoftDevices has 131082 bytes", DFUT_CHECK_LENGTH };
	struct file packet = make_legacy_packet(1);
	struct file file;

	packet.bytes[12] ^= 1;
	file = make_package(legacy_manifest, &packet, 1024);
	expect_refusal(&sum, file.bytes, file.size);
	packet.size = 11;
	file = make_package(legacy_manifest, &packet, 1024);
	expect_refusal(&cut, file.bytes, file.size);
	packet = make_legacy_packet(1);
	packet.bytes[8] = 2;
	file = make_package(legacy_manifest, &packet, 1024);
	expect_refusal(&ids, file.bytes, file.size);
	packet.bytes[8] = packet.bytes[9] = 0xff;
	file = make_package(legacy_manifest, &packet, 1024);
	expect_refusal(&max, file.bytes, file.size);
	packet = make_legacy_packet(17);
	file = make_package(legacy_manifest, &packet, 1024);
	expect_refusal(&many, file.bytes, file.size);
}

Test(nordic_legacy, wrong_legacy_manifests_are_refused)
{
	static const struct refusal sum = { "sum", "\"firmware_crc16\" is 1, the init packet or the file says",
					    DFUT_CHECK_CHECKSUM };
	static const struct refusal sizes = { "sizes", "\"sd_size\" or \"bl_size\" is missing or no size",
					      DFUT_CHECK_LENGTH };
	static const struct refusal more = { "more", "says SoftDevice 1000, bootloader 28", DFUT_CHECK_LENGTH };
	struct file packet = make_legacy_packet(1);
	struct file file = make_package(
		"{\"manifest\": {\"application\": {\"bin_file\": \"app.bin\", \"dat_file\": \"app.dat\", "
		"\"init_packet_data\": {\"firmware_crc16\": 1}}, \"dfu_version\": 0.5}}",
		&packet, 1024);

	expect_refusal(&sum, file.bytes, file.size);
	file = make_package(
		"{\"manifest\": {\"softdevice_bootloader\": {\"bin_file\": \"app.bin\", \"dat_file\": \"app.dat\", "
		"\"sd_size\": 4294967296, \"bl_size\": 4}, \"dfu_version\": 0.5}}",
		&packet, 1024);
	expect_refusal(&sizes, file.bytes, file.size);
	file = make_package(
		"{\"manifest\": {\"softdevice_bootloader\": {\"bin_file\": \"app.bin\", \"dat_file\": \"app.dat\", "
		"\"sd_size\": 1000, \"bl_size\": 28}, \"dfu_version\": 0.5}}",
		&packet, 1024);
	expect_refusal(&more, file.bytes, file.size);
}

Test(nordic_legacy, other_versions_of_legacy_packages_are_not_supported)
{
	static const char *const versions[] = { "0.6", "0.8", "1", "\"0.5\"", "null" };
	struct file packet = make_legacy_packet(1);

	for (size_t i = 0; i < sizeof(versions) / sizeof(versions[0]); i++) {
		char manifest[100];
		struct file file;

		snprintf(manifest, sizeof(manifest), "{\"manifest\": {\"application\": {}, \"dfu_version\": %s}}",
			 versions[i]);
		file = make_package(manifest, &packet, 1024);
		cr_expect(eq(int, load_file(&file), DFUT_ERROR_UNSUPPORTED), "%s", versions[i]);
		cr_expect(says("manifest.json, offset 33: dfu_version"), "%s", dfut_context_get_error(context));
	}
}
