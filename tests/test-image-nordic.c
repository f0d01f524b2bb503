/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* Nordic DFU packages: what is read, what the protocols get of it, damage of each structure. */

#if !defined(_WIN32) && !defined(_XOPEN_SOURCE)
#define _XOPEN_SOURCE 700
#endif

#include <zlib.h>

#include "image/format/nordic.h"
#include "nordic-sample.h"

TestSuite(nordic, .init = start, .fini = stop, .timeout = 60);

static struct dfut_nordic_part get_part(size_t index)
{
	struct dfut_nordic_part part = { .type = 99 };

	cr_assert(eq(int, dfut_image_get_nordic_part(image, index, &part), 0));
	return part;
}

/* What is read */

Test(nordic, application_is_read)
{
	struct init init = make_init();
	struct file file = make_package_of(&init);
	struct dfut_nordic_part part;

	cr_assert(eq(int, load_file(&file), 0), "%s", dfut_context_get_error(context));
	cr_assert(eq(str, get_format(), (char *)"nordic"));
	cr_assert(eq(sz, dfut_image_get_size(image), 1024));
	cr_assert(dfut_image_is_nordic(image));
	cr_assert(not(dfut_image_is_nordic_legacy(image)));
	cr_assert(eq(sz, dfut_image_get_nordic_part_count(image), 1));
	part = get_part(0);
	cr_assert(eq(int, (int)part.type, DFUT_NORDIC_APPLICATION));
	cr_assert(eq(sz, part.size, 1024));
	cr_assert(eq(int, memcmp(part.data, get_firmware(), 1024), 0));
	cr_assert(eq(u32, part.app_size, 1024));
	cr_assert(eq(u32, part.sd_size + part.bl_size, 0));
	cr_assert(part.has_fw_version);
	cr_assert(eq(u32, part.fw_version, 3));
	cr_assert(part.has_hw_version);
	cr_assert(eq(u32, part.hw_version, 52));
	cr_assert(eq(sz, part.sd_req_count, 2));
	cr_assert(eq(u32, part.sd_req[1], 0x101));
	cr_assert(not(part.is_signed));
	cr_assert(not(part.is_debug));
	cr_assert(eq(sz, strlen(part.digest), 64));
	cr_assert(eq(str, get_fact("application_sha256"), part.digest));
	cr_assert(eq(str, get_fact("application_sd_req"), (char *)"0x0100 0x0101"));
	cr_assert(eq(str, get_fact("application_signature"), (char *)"none"));
}

Test(nordic, init_packet_is_handed_on_as_it_is)
{
	struct init init = make_init();
	struct file packet = { .size = 0 };
	struct file file;
	struct dfut_nordic_part part;

	init.is_signed = init.is_debug = true;
	add_init_packet(&packet, &init);
	file = make_package(usual_manifest, &packet, 1024);
	cr_assert(eq(int, load_file(&file), 0), "%s", dfut_context_get_error(context));
	part = get_part(0);
	cr_assert(part.is_signed);
	cr_assert(part.is_debug);
	cr_assert(eq(sz, part.init_size, packet.size));
	cr_assert(eq(int, memcmp(part.init, packet.bytes, packet.size), 0));
	cr_assert(eq(str, get_fact("application_signature"), (char *)"ecdsa-p256-sha256"));
	cr_assert(eq(str, get_fact("application_debug"), (char *)"yes"));
}

/* The contract with the protocols */
Test(nordic, there_are_no_other_parts)
{
	struct init init = make_init();
	struct file file = make_package_of(&init);
	struct dfut_nordic_part part = { .size = 7 };

	cr_assert(eq(int, load_file(&file), 0));
	cr_assert(eq(int, dfut_image_get_nordic_part(image, 1, &part), DFUT_ERROR_NOT_FOUND));
	cr_assert(eq(int, dfut_image_get_nordic_part(image, SIZE_MAX, &part), DFUT_ERROR_NOT_FOUND));
	cr_assert(eq(sz, part.size, 7));
	cr_assert(eq(int, load_forced("\x80 firmware", 10, 0), 0));
	cr_assert(eq(sz, dfut_image_get_nordic_part_count(image), 0));
	cr_assert(eq(int, dfut_image_get_nordic_part(image, 0, &part), DFUT_ERROR_NOT_FOUND));
	cr_assert(not(dfut_image_is_nordic(image)));
	cr_assert(not(dfut_image_is_nordic_legacy(image)));
}

static struct file make_combined(const char *metadata)
{
	struct init application = make_init();
	struct init system = make_init();
	struct file packets[2] = { { .size = 0 }, { .size = 0 } };
	struct file file = { .size = 0 };
	char manifest[500];
	struct entry entries[5] = {
		{ .name = "manifest.json", .data = manifest },
		{ .name = "app.bin", .data = get_firmware(), .size = 1024 },
		{ .name = "app.dat", .data = packets[0].bytes },
		{ .name = "sd_bl.bin", .data = get_firmware(), .size = 2048 },
		{ .name = "sd_bl.dat", .data = packets[1].bytes },
	};

	system.type = DFUT_NORDIC_SOFTDEVICE_BOOTLOADER;
	system.sizes[0] = 1500;
	system.sizes[1] = 548;
	system.sizes[2] = 0;
	system.firmware_size = 2048;
	add_init_packet(&packets[0], &application);
	add_init_packet(&packets[1], &system);
	snprintf(manifest, sizeof(manifest),
		 "{\"manifest\": {\"application\": {\"bin_file\": \"app.bin\", \"dat_file\": \"app.dat\"}, "
		 "\"softdevice_bootloader\": {\"bin_file\": \"sd_bl.bin\", \"dat_file\": \"sd_bl.dat\", "
		 "\"info_read_only_metadata\": %s}}}",
		 metadata);
	entries[0].size = strlen(manifest);
	entries[2].size = packets[0].size;
	entries[4].size = packets[1].size;
	add_zip(&file, entries, 5);
	return file;
}

Test(nordic, images_come_in_the_order_in_which_they_are_sent)
{
	struct file file = make_combined("{\"bl_size\": 548, \"sd_size\": 1500}");
	struct dfut_segment segment;
	struct dfut_nordic_part part;

	cr_assert(eq(int, load_file(&file), 0), "%s", dfut_context_get_error(context));
	cr_assert(eq(sz, dfut_image_get_nordic_part_count(image), 2));
	part = get_part(0);
	cr_assert(eq(int, (int)part.type, DFUT_NORDIC_SOFTDEVICE_BOOTLOADER));
	cr_assert(eq(u32, part.sd_size, 1500));
	cr_assert(eq(u32, part.bl_size, 548));
	cr_assert(eq(int, (int)get_part(1).type, DFUT_NORDIC_APPLICATION));
	cr_assert(eq(sz, dfut_image_get_segment_count(image), 2));
	cr_assert(eq(int, dfut_image_get_segment(image, 1, &segment, sizeof(segment)), 0));
	cr_assert(eq(ptr, (void *)segment.data, (void *)get_part(1).data));
	cr_assert(not(segment.has_address));
	cr_assert(eq(sz, dfut_image_get_size(image), 3072));
	cr_assert(eq(str, get_fact("softdevice_bootloader_bl_size"), (char *)"548"));
}

Test(nordic, external_application_is_stored_as_application)
{
	struct init init = make_init();
	struct file file;

	init.type = DFUT_NORDIC_EXTERNAL_APPLICATION;
	file = make_package_of(&init);
	cr_assert(eq(int, load_file(&file), 0), "%s", dfut_context_get_error(context));
	cr_assert(eq(int, (int)get_part(0).type, DFUT_NORDIC_EXTERNAL_APPLICATION));
	cr_assert(eq(str, get_fact("application_external"), (char *)"yes"));
}

Test(nordic, package_is_saved_as_it_was)
{
	struct init init = make_init();
	struct file file = make_package_of(&init);
	static struct file saved;

	cr_assert(eq(int, load_file(&file), 0));
	save_to(&saved);
	cr_assert(eq(sz, saved.size, file.size));
	cr_assert(eq(int, memcmp(saved.bytes, file.bytes, file.size), 0));
}

Test(nordic, single_image_can_be_taken_out)
{
	struct init init = make_init();
	struct file file = make_package_of(&init);
	static struct file saved;

	cr_assert(eq(int, load_file(&file), 0));
	cr_assert(eq(int, dfut_image_set_address(image, 0x26000), DFUT_ERROR_USAGE));
	cr_assert(eq(int, dfut_image_convert(image, "ihex"), DFUT_ERROR_USAGE));
	cr_assert(eq(int, dfut_image_convert(image, "raw"), 0), "%s", dfut_image_get_error(image));
	cr_assert(eq(sz, dfut_image_get_nordic_part_count(image), 0));
	save_to(&saved);
	cr_assert(eq(sz, saved.size, 1024));
	cr_assert(eq(int, memcmp(saved.bytes, get_firmware(), 1024), 0));
	file = make_combined("{}");
	cr_assert(eq(int, load_file(&file), 0), "%s", dfut_context_get_error(context));
	cr_assert(eq(int, dfut_image_convert(image, "raw"), DFUT_ERROR_UNSUPPORTED));
	cr_assert(image_says("several images"));
	cr_assert(eq(int, dfut_image_convert(image, "nordic"), 0));
}

Test(nordic, compressed_files_are_read)
{
	struct init init = make_init();
	struct file packet = { .size = 0 };
	struct file file = { .size = 0 };
	uint8_t packed[4096];
	z_stream stream = {
		.next_in = (uint8_t *)get_firmware(), .avail_in = 1024, .next_out = packed, .avail_out = sizeof(packed)
	};
	struct entry entries[3] = {
		{ .name = "app.bin", .data = packed, .full_size = 1024, .method = 8 },
		{ .name = "app.dat", .data = packet.bytes },
		{ .name = "manifest.json", .data = usual_manifest, .size = strlen(usual_manifest) }
	};

	cr_assert(eq(int, deflateInit2(&stream, 9, Z_DEFLATED, -15, 9, Z_DEFAULT_STRATEGY), Z_OK));
	cr_assert(eq(int, deflate(&stream, Z_FINISH), Z_STREAM_END));
	deflateEnd(&stream);
	entries[0].size = stream.total_out;
	entries[0].crc_error = get_crc(packed, stream.total_out) ^ get_crc(get_firmware(), 1024);
	add_init_packet(&packet, &init);
	entries[1].size = packet.size;
	add_zip(&file, entries, 3);
	cr_assert(eq(int, load_file(&file), 0), "%s", dfut_context_get_error(context));
	cr_assert(eq(int, memcmp(get_part(0).data, get_firmware(), 1024), 0));
}

/* Bad archives */

Test(nordic, truncated_anywhere_is_refused)
{
	static const struct refusal refusal = { "truncated", "no end record at its end", DFUT_CHECK_LENGTH };
	struct init init = make_init();
	struct file file = make_package_of(&init);

	for (size_t size = 37; size<file.size; size += size> 37 && size < 1000 ? 31 : 1)
		expect_refusal(&refusal, file.bytes, size);
	for (size_t size = 4; size < 37; size++)
		cr_expect(eq(int, load_forced(file.bytes, size, 0), DFUT_ERROR_IMAGE), "%zu", size);
}

Test(nordic, no_byte_of_the_archive_may_be_anything)
{
	struct init init = make_init();
	struct file file = make_package_of(&init);

	/* Some fields mean nothing to firmware (times, versions): the file is read then, and what is read is right. */
	for (size_t i = 0; i < file.size; i++) {
		struct file changed = file;

		changed.bytes[i] ^= 0x01;
		if (load_file(&changed) == 0 && dfut_image_get_nordic_part_count(image) > 0)
			cr_expect(eq(int, memcmp(get_part(0).data, get_firmware(), 1024), 0), "byte %zu", i);
		load_forced(changed.bytes, changed.size, ~0u);
		changed.bytes[i] ^= 0xfe;
		load_forced(changed.bytes, changed.size, ~0u);
	}
}

Test(nordic, names_and_kinds_of_files_that_mean_harm_are_refused)
{
	static const struct {
		struct refusal refusal;
		const char *name;
		uint32_t mode;
	} cases[] = {
		{ { "up", "offset 0: the name \"../app.bin\" leads out of the archive", 0 }, "../app.bin", 0 },
		{ { "up behind a folder", "offset 0: the name \"a/../../b.bin\" leads out", 0 }, "a/../../b.bin", 0 },
		{ { "up at the end", "offset 0: the name \"x.bin/..\" leads out", 0 }, "x.bin/..", 0 },
		{ { "absolute", "offset 0: the name \"/etc/app.bin\" leads out", 0 }, "/etc/app.bin", 0 },
		{ { "drive", "offset 0: the name \"C:app.bin\" leads out", 0 }, "C:app.bin", 0 },
		{ { "backslashes", "leads out of the archive", 0 }, "..\\app.bin", 0 },
		{ { "link", "offset 0: app.bin is a link, not a file", 0 }, "app.bin", 0120777 },
		{ { "second manifest", "offset 0: sub.bin/manifest.json: the manifest must be in the root", 0 },
		  "sub.bin/manifest.json",
		  0 },
		{ { "manifest twice", "manifest.json is in the archive twice", 0 }, "manifest.json", 0 },
		{ { "packet twice", "app.dat is in the archive twice", 0 }, "app.dat", 0 },
		{ { "control character", "offset 0: \"?.bin\" is not the name of a file", 0 }, "\x01.bin", 0 },
	};
	struct init init = make_init();
	struct file packet = { .size = 0 };

	add_init_packet(&packet, &init);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const struct entry entries[] = {
			{ .name = cases[i].name, .data = "link", .size = 4, .mode = cases[i].mode },
			{ .name = "app.dat", .data = packet.bytes, .size = packet.size },
			{ .name = "manifest.json", .data = usual_manifest, .size = strlen(usual_manifest) },
		};
		struct file file = { .size = 0 };

		add_zip(&file, entries, 3);
		expect_refusal(&cases[i].refusal, file.bytes, file.size);
	}
}

Test(nordic, too_long_names_and_too_many_files_are_refused)
{
	static const struct refusal long_name = { "long name", "or longer than 127 bytes", 0 };
	static const struct refusal many = { "many", "the archive has more than 32 files", 0 };
	char names[40][8];
	char name[201];
	struct entry entries[40] = { { .name = name, .data = "x", .size = 1 } };
	struct file file = { .size = 0 };

	memset(name, 'x', sizeof(name));
	snprintf(name + 196, 5, ".bin");
	add_zip(&file, entries, 1);
	expect_refusal(&long_name, file.bytes, file.size);
	for (size_t i = 0; i < 40; i++) {
		snprintf(names[i], sizeof(names[i]), "%zu.bin", i);
		entries[i] = (struct entry){ .name = names[i], .data = "x", .size = 1 };
	}
	file.size = 0;
	add_zip(&file, entries, 40);
	expect_refusal(&many, file.bytes, file.size);
}

Test(nordic, wrong_sums_and_counts_of_the_archive_are_refused)
{
	static const struct refusal crc = { "CRC", "offset 0: app.bin: ", DFUT_CHECK_CHECKSUM };
	static const struct refusal count = { "count", "the ZIP archive has 3 files, its end record says 7",
					      DFUT_CHECK_LENGTH };
	struct init init = make_init();
	struct file file = make_package_of(&init);

	file.bytes[file.size - 14] = file.bytes[file.size - 12] = 7;
	expect_refusal(&count, file.bytes, file.size);
	file = make_package_of(&init);
	file.bytes[30 + 7 + 100] ^= 4;
	expect_refusal(&crc, file.bytes, file.size);
}

/* Offsets in the archive, from its begin, its directory or its end record */
enum origin {
	AT_BEGIN,
	AT_DIRECTORY,
	AT_END,
};

/* What one reader finds and another does not */
Test(nordic, archives_that_can_be_read_in_two_ways_are_refused)
{
	static const struct {
		struct refusal refusal;
		enum origin origin;
		size_t offset;
		uint8_t value;
	} cases[] = {
		{ { "name", "offset 0: app.bin: its name, its size or its CRC is another one", DFUT_CHECK_FORMAT },
		  AT_BEGIN,
		  30,
		  'b' },
		{ { "CRC", "offset 0: app.bin: its name, its size or its CRC is another one", DFUT_CHECK_FORMAT },
		  AT_BEGIN,
		  15,
		  7 },
		{ { "size", "offset 0: app.bin: its name, its size or its CRC is another one", DFUT_CHECK_FORMAT },
		  AT_BEGIN,
		  22,
		  7 },
		{ { "method", "offset 0: app.bin: its name, its size or its CRC is another one", DFUT_CHECK_FORMAT },
		  AT_BEGIN,
		  8,
		  8 },
		{ { "flags", "offset 0: app.bin: its name, its size or its CRC is another one", DFUT_CHECK_FORMAT },
		  AT_BEGIN,
		  6,
		  8 },
		{ { "extra bytes", "offset 0: app.bin: it reaches into the directory", DFUT_CHECK_FORMAT },
		  AT_BEGIN,
		  29,
		  0x40 },
		{ { "place", "offset 16: app.bin: the directory says that it begins here, which it does not",
		    DFUT_CHECK_FORMAT },
		  AT_DIRECTORY,
		  42,
		  16 },
		{ { "far place", "app.bin: the directory says that it begins here, which it can't", DFUT_CHECK_FORMAT },
		  AT_DIRECTORY,
		  45,
		  1 },
		{ { "full size", "offset 0: app.bin: its name, its size or its CRC is another one", DFUT_CHECK_FORMAT },
		  AT_DIRECTORY,
		  24,
		  7 },
		{ { "entry", "its directory has no whole entry here", DFUT_CHECK_FORMAT }, AT_DIRECTORY, 0, 'X' },
		{ { "comment", "its directory has no whole entry here", DFUT_CHECK_FORMAT }, AT_DIRECTORY, 33, 4 },
		{ { "parts", "is one of several parts", DFUT_CHECK_FORMAT }, AT_END, 4, 1 },
		{ { "entries here", "is one of several parts", DFUT_CHECK_FORMAT }, AT_END, 8, 1 },
		{ { "size of the directory", "does not end here", DFUT_CHECK_FORMAT }, AT_END, 12, 1 },
		{ { "place of the directory", "does not end here", DFUT_CHECK_FORMAT }, AT_END, 19, 0xff },
	};
	struct init init = make_init();

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct file file = make_package_of(&init);
		size_t end = file.size - 22;
		size_t origins[] = { 0, dfut_le32(file.bytes + end + 16), end };

		file.bytes[origins[cases[i].origin] + cases[i].offset] = cases[i].value;
		expect_refusal(&cases[i].refusal, file.bytes, file.size);
	}
}

/* A file whose bytes are another file, with its header */
Test(nordic, files_in_the_same_place_of_the_archive_are_refused)
{
	static const struct refusal refusal = { "overlap", "offset 35: b.bin and a.bin are in the same place", 0 };
	const struct entry inner = { .name = "b.bin", .data = "x", .size = 1 };
	struct file nested = { .size = 0 };
	struct file file = { .size = 0 };
	const struct entry entries[] = { { .name = "a.bin", .data = nested.bytes, .size = 36 }, inner };

	add_zip(&nested, &inner, 1);
	add_zip(&file, entries, 2);
	put_le32(&file, file.size - 22 - 5 - 4, 35);
	expect_refusal(&refusal, file.bytes, file.size);
}

/* As programs write them that can't go back: the sums follow the file. */
static struct file make_streamed(size_t wrong, bool has_signature)
{
	static const struct entry entry = {
		.name = "manifest.json", .data = "{\"manifest\": {}}", .size = 16, .flags = 8
	};
	struct file whole = { .size = 0 };
	struct file file = { .size = 0 };
	uint8_t sums[12];

	add_zip(&whole, &entry, 1);
	memcpy(sums, whole.bytes + 14, 12);
	memset(whole.bytes + 14, 0, 12);
	add_bytes(&file, whole.bytes, 30 + 13 + 16);
	if (has_signature)
		add_bytes(&file, "PK\7\10", 4);
	if (wrong < sizeof(sums))
		sums[wrong] ^= 1;
	add_bytes(&file, sums, 12);
	add_bytes(&file, whole.bytes + 59, whole.size - 59);
	put_le32(&file, file.size - 6, (uint32_t)(59 + 12 + (has_signature ? 4 : 0)));
	return file;
}

Test(nordic, sums_that_follow_a_file_are_those_of_the_directory)
{
	static const struct refusal refusal = { "sums", "offset 0: manifest.json: what follows it is not the CRC",
						DFUT_CHECK_FORMAT };

	for (int has_signature = 0; has_signature < 2; has_signature++) {
		struct file file = make_streamed(99, has_signature);

		/* The archive is read, and has no firmware. */
		cr_expect(eq(int, load_file(&file), DFUT_ERROR_IMAGE));
		cr_expect(says("nothing to write"), "%s", dfut_context_get_error(context));
		for (size_t wrong = 0; wrong < 12; wrong++) {
			file = make_streamed(wrong, has_signature);
			expect_refusal(&refusal, file.bytes, file.size);
		}
	}
}

Test(nordic, compressed_bytes_are_those_of_the_size_and_no_more)
{
	static const struct refusal refusal = { "bytes", "offset 0: app.bin: its compressed bytes are damaged",
						DFUT_CHECK_CHECKSUM };
	uint8_t packed[2000] = { 0 };
	z_stream stream = {
		.next_in = (uint8_t *)get_firmware(), .avail_in = 1024, .next_out = packed, .avail_out = 1900
	};

	deflateInit2(&stream, 9, Z_DEFLATED, -15, 9, Z_DEFAULT_STRATEGY);
	cr_assert(eq(int, deflate(&stream, Z_FINISH), Z_STREAM_END));
	deflateEnd(&stream);
	/* Bytes that the size leaves out, bytes that are missing, a byte behind the stream, a stream that is cut off */
	for (int i = 0; i < 4; i++) {
		struct entry entry = {
			.name = "app.bin",
			.data = packed,
			.size = stream.total_out + (i == 2) - (i == 3),
			.full_size = (size_t)1024 - (i == 0) + (i == 1),
			.method = 8,
		};
		struct file file = { .size = 0 };

		entry.crc_error = ~get_crc(packed, entry.size) ^ (uint32_t)crc32(0, get_firmware(), 1024 - (i == 0));
		add_zip(&file, &entry, 1);
		expect_refusal(&refusal, file.bytes, file.size);
	}
}

Test(nordic, other_ways_of_compression_are_not_supported)
{
	static const struct entry entry = { .name = "manifest.json", .data = "x", .size = 1, .method = 12 };
	struct file file = { .size = 0 };

	add_zip(&file, &entry, 1);
	cr_assert(eq(int, load_file(&file), DFUT_ERROR_UNSUPPORTED));
	cr_assert(says("offset 0: manifest.json is compressed by method 12"), "%s", dfut_context_get_error(context));
}

Test(nordic, encrypted_files_are_not_supported)
{
	static const struct entry entry = { .name = "manifest.json", .data = "x", .size = 1, .flags = 1 };
	struct file file = { .size = 0 };

	add_zip(&file, &entry, 1);
	cr_assert(eq(int, load_file(&file), DFUT_ERROR_UNSUPPORTED));
	cr_assert(says("offset 0: manifest.json is encrypted"), "%s", dfut_context_get_error(context));
}

/* An archive with one file of so many zeros, behind one of so many bytes that can't be compressed */
static int load_bomb(size_t zeros, size_t noise)
{
	uint8_t *plain = calloc(zeros, 1);
	size_t room = zeros / 500 + 1000;
	uint8_t *packed = malloc(room);
	uint8_t *archive = malloc(noise + room + 1000);
	struct file header = { .size = 0 };
	z_stream stream = {
		.next_in = plain, .avail_in = (unsigned int)zeros, .next_out = packed, .avail_out = (unsigned int)room
	};
	struct entry entries[2] = { { .name = "manifest.json", .method = 8, .full_size = zeros },
				    { .name = "noise.bin" } };
	size_t size = 0;
	int result;

	deflateInit2(&stream, 9, Z_DEFLATED, -15, 9, Z_DEFAULT_STRATEGY);
	cr_assert(eq(int, deflate(&stream, Z_FINISH), Z_STREAM_END));
	deflateEnd(&stream);
	/* Composed of the headers of an archive of empty files */
	entries[0].data = entries[1].data = "";
	add_zip(&header, entries, 2);
	memcpy(archive, header.bytes, 43);
	dfut_put_le32(archive + 18, (uint32_t)stream.total_out);
	memcpy(archive + 43, packed, stream.total_out);
	size = 43 + stream.total_out;
	memcpy(archive + size, header.bytes + 43, 39);
	dfut_put_le32(archive + size + 18, (uint32_t)noise);
	dfut_put_le32(archive + size + 22, (uint32_t)noise);
	size += 39;
	for (size_t i = 0; i < noise; i++)
		archive[size++] = (uint8_t)(i * 2654435761u >> 13);
	memcpy(archive + size, header.bytes + 82, header.size - 82);
	dfut_put_le32(archive + size + 20, (uint32_t)stream.total_out);
	dfut_put_le32(archive + size + 59 + 20, (uint32_t)noise);
	dfut_put_le32(archive + size + 59 + 24, (uint32_t)noise);
	dfut_put_le32(archive + size + 59 + 42, (uint32_t)(43 + stream.total_out));
	dfut_put_le32(archive + size + 59 + 55 + 16, (uint32_t)size);
	result = load_forced(archive, size + header.size - 82, ~0u);
	free(plain);
	free(packed);
	free(archive);
	return result;
}

Test(nordic, what_unpacks_to_more_than_any_firmware_is_refused)
{
	cr_assert(eq(int, load_bomb(8 << 20, 100), DFUT_ERROR_IMAGE));
	cr_assert(says("offset 0: manifest.json: "), "%s", dfut_context_get_error(context));
	cr_assert(says("become more than"), "%s", dfut_context_get_error(context));
	cr_assert(eq(int, load_bomb(40 << 20, 1 << 20), DFUT_ERROR_IMAGE));
	cr_assert(says("offset 0: manifest.json is larger than 16 MiB"), "%s", dfut_context_get_error(context));
}

/* An archive of any size; the caller frees it. */
static uint8_t *compose_archive(const struct entry *entries, size_t count, size_t *size)
{
	size_t room = 22;
	uint8_t *archive;
	uint32_t positions[2000];
	struct file header;
	size_t directory;

	for (size_t i = 0; i < count; i++)
		room += 30 + 46 + 2 * strlen(entries[i].name) + entries[i].size;
	archive = malloc(room);
	*size = 0;
	for (size_t i = 0; i < count; i++) {
		positions[i] = (uint32_t)*size;
		header.size = 0;
		add_bytes(&header, "PK\3\4", 4);
		add_zip_numbers(&header, &entries[i]);
		add_le16(&header, 0);
		add_bytes(&header, entries[i].name, strlen(entries[i].name));
		memcpy(archive + *size, header.bytes, header.size);
		memcpy(archive + *size + header.size, entries[i].data, entries[i].size);
		*size += header.size + entries[i].size;
	}
	directory = *size;
	for (size_t i = 0; i <= count; i++) {
		header.size = 0;
		if (i < count) {
			add_bytes(&header, "PK\1\2\x14\3", 6);
			add_zip_numbers(&header, &entries[i]);
			add_bytes(&header, "\0\0\0\0\0\0\0\0", 8);
			add_le32(&header, 0100644u << 16);
			add_le32(&header, positions[i]);
			add_bytes(&header, entries[i].name, strlen(entries[i].name));
		} else {
			add_bytes(&header, "PK\5\6\0\0\0\0", 8);
			add_le16(&header, (unsigned int)count);
			add_le16(&header, (unsigned int)count);
			add_le32(&header, (uint32_t)(*size - directory));
			add_le32(&header, (uint32_t)directory);
			add_le16(&header, 0);
		}
		memcpy(archive + *size, header.bytes, header.size);
		*size += header.size;
	}
	return archive;
}

static int load_archive(const struct entry *entries, size_t count)
{
	size_t size;
	uint8_t *archive = compose_archive(entries, count, &size);
	int result = load_forced(archive, size, ~0u);

	free(archive);
	return result;
}

/* Each of them small enough, and the archive large enough for so many */
Test(nordic, files_that_are_more_than_a_package_together_are_refused)
{
	const size_t zeros = 13 << 20;
	const size_t noise = 2 << 20;
	uint8_t *plain = calloc(zeros, 1);
	uint8_t *packed = malloc(zeros / 500);
	uint8_t *filler = malloc(noise);
	z_stream stream = { .next_in = plain,
			    .avail_in = (unsigned int)zeros,
			    .next_out = packed,
			    .avail_out = (unsigned int)(zeros / 500) };
	char names[6][24];
	struct entry entries[7] = { { .name = "manifest.json", .data = filler, .size = noise } };

	for (size_t i = 0; i < noise; i++)
		filler[i] = (uint8_t)(i * 2654435761u >> 13);
	deflateInit2(&stream, 9, Z_DEFLATED, -15, 9, Z_DEFAULT_STRATEGY);
	cr_assert(eq(int, deflate(&stream, Z_FINISH), Z_STREAM_END));
	deflateEnd(&stream);
	for (size_t i = 0; i < 6; i++) {
		snprintf(names[i], sizeof(names[i]), "%zu.bin", i);
		entries[1 + i] = (struct entry){
			.name = names[i],
			.data = packed,
			.size = stream.total_out,
			.full_size = zeros,
			.method = 8,
			.crc_error = ~get_crc(packed, stream.total_out) ^
				     (uint32_t)crc32(0, plain, (unsigned int)zeros),
		};
	}
	cr_assert(eq(int, load_archive(entries, 7), DFUT_ERROR_IMAGE));
	cr_assert(says("4.bin: "), "%s", dfut_context_get_error(context));
	cr_assert(says("become more than 67108864"), "%s", dfut_context_get_error(context));
	free(plain);
	free(packed);
	free(filler);
}

/* The directory is read before any file, and its end record need not tell the truth. */
Test(nordic, directory_of_many_files_is_refused)
{
	static char names[2000][24];
	static struct entry entries[2000];
	size_t size;
	size_t place = 0;
	uint8_t *archive;
	char text[80];

	for (size_t i = 0; i < 2000; i++) {
		snprintf(names[i], sizeof(names[i]), "%zu.bin", i);
		entries[i] = (struct entry){ .name = names[i], .data = "x", .size = 1 };
	}
	archive = compose_archive(entries, 2000, &size);
	archive[size - 14] = archive[size - 12] = 3;
	archive[size - 13] = archive[size - 11] = 0;
	cr_assert(eq(int, load_forced(archive, size, ~0u), DFUT_ERROR_IMAGE));
	for (size_t count = 0; count < 33; place++)
		count += memcmp(archive + place, "PK\3\4", 4) == 0;
	snprintf(text, sizeof(text), "offset %zu: the archive has more than 32 files", place - 1);
	cr_assert(says(text), "%s", dfut_context_get_error(context));
	free(archive);
}

Test(nordic, manifest_that_is_no_manifest_by_its_size_is_refused)
{
	static char manifest[70000];
	const struct entry entry = { .name = "manifest.json", .data = manifest, .size = sizeof(manifest) };

	memset(manifest, ' ', sizeof(manifest));
	memcpy(manifest, "{\"manifest\": {}}", 16);
	cr_assert(eq(int, load_archive(&entry, 1), DFUT_ERROR_IMAGE));
	cr_assert(says("manifest.json has 70000 bytes, a manifest has 65536 at most"), "%s",
		  dfut_context_get_error(context));
}

/* Bad manifests */

Test(nordic, wrong_manifests_are_refused_where_they_are_wrong)
{
	static const struct {
		struct refusal refusal;
		const char *manifest;
	} cases[] = {
		{ { "empty", "manifest.json, line 1", DFUT_CHECK_FORMAT }, "" },
		{ { "no JSON", "manifest.json, line 1, column 2:", DFUT_CHECK_FORMAT }, "{" },
		{ { "cut off", "manifest.json, line 2", DFUT_CHECK_FORMAT }, "{\"manifest\":\n{\"application\": {" },
		{ { "not UTF-8", "manifest.json, line 1", DFUT_CHECK_FORMAT }, "{\"\xff\": 1}" },
		{ { "a list", "manifest.json, offset 0: \"manifest\" is missing", DFUT_CHECK_FORMAT }, "[]" },
		{ { "no manifest", "manifest.json, offset 0: \"manifest\" is missing", DFUT_CHECK_FORMAT },
		  "{\"a\": {}}" },
		{ { "a text", "manifest.json, offset 1: \"manifest\" is missing, or not an object", DFUT_CHECK_FORMAT },
		  "{\"manifest\": \"x\"}" },
		{ { "key twice", "duplicate", DFUT_CHECK_FORMAT },
		  "{\"manifest\": {\"application\": {}, \"application\": {}}}" },
		{ { "no image", "the file has nothing to write to a device", 0 }, "{\"manifest\": {}}" },
		{ { "unknown image", "manifest.json, offset 14: \"firmware\" is not an image that a package can have",
		    DFUT_CHECK_FORMAT },
		  "{\"manifest\": {\"firmware\": {}}}" },
		{ { "image of a number", "manifest.json, offset 14: \"application\" is not an object",
		    DFUT_CHECK_FORMAT },
		  "{\"manifest\": {\"application\": 3}}" },
		{ { "no files", "\"bin_file\" is missing from an image", DFUT_CHECK_FORMAT },
		  "{\"manifest\": {\"application\": {}}}" },
		{ { "no dat_file", "\"dat_file\" is missing from an image", DFUT_CHECK_FORMAT },
		  "{\"manifest\": {\"application\": {\"bin_file\": \"app.bin\"}}}" },
		{ { "file of a number", "\"dat_file\" is missing from an image", DFUT_CHECK_FORMAT },
		  "{\"manifest\": {\"application\": {\"bin_file\": \"app.bin\", \"dat_file\": 4}}}" },
		{ { "absent file", "manifest.json, offset 42: there is no \"b.bin\" in the archive",
		    DFUT_CHECK_LENGTH },
		  "{\"manifest\": {\"application\": {\"bin_file\": \"b.bin\", \"dat_file\": \"app.dat\"}}}" },
		{ { "path of a file", "there is no \"../app.bin\" in the archive", DFUT_CHECK_LENGTH },
		  "{\"manifest\": {\"application\": {\"bin_file\": \"../app.bin\", \"dat_file\": \"app.dat\"}}}" },
		{ { "packet as firmware", "app.dat, offset 67: the size is not a multiple of 4", DFUT_CHECK_LENGTH },
		  "{\"manifest\": {\"application\": {\"bin_file\": \"app.dat\", \"dat_file\": \"app.dat\"}}}" },
		{ { "another image",
		    "app.dat, offset 0: the init packet is for application, the manifest says bootloader",
		    DFUT_CHECK_FORMAT },
		  "{\"manifest\": {\"bootloader\": {\"bin_file\": \"app.bin\", \"dat_file\": \"app.dat\"}}}" },
		{ { "firmware as packet", "app.bin, offset 512: the init packet has 1024 bytes, bootloaders take 512",
		    0 },
		  "{\"manifest\": {\"application\": {\"bin_file\": \"app.bin\", \"dat_file\": \"app.bin\"}}}" },
		{ { "size in the manifest", "\"sd_size\" is 9, the init packet or the file says 0", DFUT_CHECK_LENGTH },
		  "{\"manifest\": {\"application\": {\"bin_file\": \"app.bin\", \"dat_file\": \"app.dat\", "
		  "\"info_read_only_metadata\": {\"sd_size\": 9}}}}" },
	};
	struct init init = make_init();
	struct file packet = { .size = 0 };

	add_init_packet(&packet, &init);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct file file = make_package(cases[i].manifest, &packet, 1024);

		expect_refusal(&cases[i].refusal, file.bytes, file.size);
	}
}

Test(nordic, other_keys_of_an_image_are_left_alone)
{
	struct init init = make_init();
	struct file packet = { .size = 0 };
	struct file file;

	add_init_packet(&packet, &init);
	file = make_package("{\"manifest\": {\"application\": {\"bin_file\": \"app.bin\", \"dat_file\": \"app.dat\", "
			    "\"info_read_only_metadata\": {\"sd_size\": null}, \"x\": [1]}}, \"y\": 2}",
			    &packet, 1024);
	cr_assert(eq(int, load_file(&file), 0), "%s", dfut_context_get_error(context));
}

Test(nordic, sizes_of_a_combined_image_in_the_manifest_are_compared)
{
	static const struct refusal sd = { "sd_size", "\"sd_size\" is 1504, the init packet or the file says 1500",
					   DFUT_CHECK_LENGTH };
	static const struct refusal bl = { "bl_size", "\"bl_size\" is 0, the init packet", DFUT_CHECK_LENGTH };
	struct file file = make_combined("{\"bl_size\": 548, \"sd_size\": 1504}");

	expect_refusal(&sd, file.bytes, file.size);
	file = make_combined("{\"bl_size\": \"x\", \"sd_size\": 1500}");
	expect_refusal(&bl, file.bytes, file.size);
}

/* Bad init packets */

Test(nordic, wrong_numbers_of_init_packets_are_refused)
{
	struct init init;
	struct file file;

#define CASE(change, text, check) \
	do { \
		const struct refusal refusal = { #change, text, check }; \
		init = make_init(); \
		change; \
		file = make_package_of(&init); \
		expect_refusal(&refusal, file.bytes, file.size); \
	} while (0)
	CASE(init.type = 1, "app.dat, offset 0: the init packet is for softdevice, the manifest says application",
	     DFUT_CHECK_FORMAT);
	CASE(init.type = 5, "app.dat, offset 6: the init packet does not say what it is for", DFUT_CHECK_FORMAT);
	CASE(init.type = 0xffffffff, "does not say what it is for", DFUT_CHECK_FORMAT);
	CASE(init.has_no_type = true, "does not say what it is for", DFUT_CHECK_FORMAT);
	CASE(init.op_code = 0, "app.dat, offset 2: the command is not the one that begins an update",
	     DFUT_CHECK_FORMAT);
	CASE(init.op_code = 9, "app.dat, offset 2: the command is not the one", DFUT_CHECK_FORMAT);
	CASE(init.hash_type = 0, "the hash is of a kind that bootloaders do not take", DFUT_CHECK_HASH);
	CASE(init.hash_type = 1, "the hash is of a kind that bootloaders do not take", DFUT_CHECK_HASH);
	CASE(init.hash_type = 77, "app.dat, offset 6: the hash is of a kind", DFUT_CHECK_HASH);
	CASE(init.hash_size = 31, "the hash does not have the 32 bytes", DFUT_CHECK_HASH);
	CASE(init.hash_size = 64, "the hash does not have the 32 bytes", DFUT_CHECK_HASH);
	CASE(init.hash_size = 0, "the hash does not have the 32 bytes", DFUT_CHECK_HASH);
	CASE(init.sizes[2] = 1028,
	     "app.bin, offset 1024: the file has 1024 bytes, app.dat says SoftDevice 0, bootloader 0, "
	     "application 1028",
	     DFUT_CHECK_LENGTH);
	CASE(init.sizes[2] = 0, "application 0", DFUT_CHECK_LENGTH);
	CASE(init.sizes[2] = 0xffffffff, "application 4294967295", DFUT_CHECK_LENGTH);
	CASE(init.sizes[0] = 4, "SoftDevice 4, bootloader 0", DFUT_CHECK_LENGTH);
	CASE(init.sizes[1] = 0xfffffffc, "bootloader 4294967292", DFUT_CHECK_LENGTH);
	CASE(init.sd_req_count = 17,
	     "app.dat, offset 6: 17 SoftDevices and 1 boot validations: bootloaders take 16 and 3", 0);
	CASE(init.sd_req_count = 60, "60 SoftDevices", 0);
	CASE((init.is_signed = true, init.signature_type = 1),
	     "the signature is of a kind that bootloaders do not take", DFUT_CHECK_FORMAT);
	CASE((init.is_signed = true, init.signature_size = 63), "the signature does not have 64 bytes",
	     DFUT_CHECK_LENGTH);
	CASE((init.is_signed = true, init.signature_size = 0), "the signature does not have 64 bytes",
	     DFUT_CHECK_LENGTH);
	CASE(init.firmware_size = init.sizes[2] = 1023, "app.bin, offset 1023: the size is not a multiple of 4",
	     DFUT_CHECK_LENGTH);
	CASE(init.firmware_size = init.sizes[2] = 1, "the size is not a multiple of 4", DFUT_CHECK_LENGTH);
	CASE(init.firmware_size = init.sizes[2] = 0, "app.bin, offset 0: the file is empty", DFUT_CHECK_LENGTH);
#undef CASE
}

Test(nordic, hash_that_is_off_by_a_bit_is_refused)
{
	static const struct refusal refusal = { "hash", "app.bin, offset 0: its SHA-256 is ", DFUT_CHECK_HASH };
	struct init init = make_init();
	struct file packet = { .size = 0 };
	size_t place;

	add_init_packet(&packet, &init);
	/* The hash is followed by is_debug and the boot validation. */
	place = packet.size - 32 - 2 - 6;
	for (size_t bit = 0; bit < 256; bit += 5) {
		struct file changed = packet;
		struct file file;

		changed.bytes[place + bit / 8] ^= (uint8_t)(1u << bit % 8);
		file = make_package(usual_manifest, &changed, 1024);
		expect_refusal(&refusal, file.bytes, file.size);
	}
}

Test(nordic, init_packets_cut_off_anywhere_are_refused)
{
	struct init init = make_init();
	struct file packet = { .size = 0 };

	init.is_signed = true;
	add_init_packet(&packet, &init);
	for (size_t size = 0; size < packet.size; size++) {
		struct file cut = packet;
		struct file file;

		cut.size = size;
		file = make_package(usual_manifest, &cut, 1024);
		cr_expect(eq(int, load_file(&file), DFUT_ERROR_IMAGE), "%zu", size);
		cr_expect(says("app.dat, offset 0: "), "%zu: %s", size, dfut_context_get_error(context));
		cr_expect(eq(u32, dfut_context_get_failed_check(context), DFUT_CHECK_FORMAT));
		load_forced(file.bytes, file.size, ~0u);
	}
}

Test(nordic, lengths_in_init_packets_near_the_largest_are_refused)
{
	static const uint64_t lengths[] = { 0x7fffffff,	 0x80000000,	     0xfffffff0,	0xffffffff,
					    0x100000000, 0x7fffffffffffffff, 0xffffffffffffffff };
	static const uint8_t fields[] = { 1, 2, 3, 15 };

	for (size_t i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
		for (size_t k = 0; k < sizeof(fields); k++) {
			struct file packet = { .size = 0 };
			struct file file;

			add_varint(&packet, (uint64_t)fields[k] << 3 | 2);
			add_varint(&packet, lengths[i]);
			add_bytes(&packet, "\x08\x01\x12\x00", 4);
			file = make_package(usual_manifest, &packet, 1024);
			cr_expect(eq(int, load_file(&file), DFUT_ERROR_IMAGE));
			cr_expect(says("app.dat, offset 0: "), "%s", dfut_context_get_error(context));
		}
	}
}

/* protobuf takes the last of two, a bootloader may take the first. */
Test(nordic, fields_that_are_there_twice_are_refused)
{
	static const struct refusal refusal = { "twice", "app.dat, offset 0: fields are there twice",
						DFUT_CHECK_FORMAT };
	static const struct refusal inner = { "inner", "app.dat, offset 6: fields are there twice", DFUT_CHECK_FORMAT };
	struct init init = make_init();
	struct file packet = { .size = 0 };
	struct file command = { .size = 0 };
	struct file file;

	add_init_packet(&packet, &init);
	add_init_packet(&packet, &init);
	file = make_package(usual_manifest, &packet, 1024);
	expect_refusal(&refusal, file.bytes, file.size);
	packet.size = 0;
	add_init_command(&command, &init);
	add_number(&command, 2, 51);
	add_packet(&packet, &init, &command);
	file = make_package(usual_manifest, &packet, 1024);
	expect_refusal(&inner, file.bytes, file.size);
}

Test(nordic, packet_with_a_command_and_a_signed_one_is_refused)
{
	static const struct refusal refusal = { "both", "either a command or a signed command", DFUT_CHECK_FORMAT };
	struct init init = make_init();
	struct file packet = { .size = 0 };
	struct file file;

	add_init_packet(&packet, &init);
	init.is_signed = true;
	add_init_packet(&packet, &init);
	file = make_package(usual_manifest, &packet, 1024);
	expect_refusal(&refusal, file.bytes, file.size);
}

Test(nordic, doubts_that_are_overruled_become_warnings)
{
	struct init init = make_init();
	struct file file;

	init.firmware_size = init.sizes[2] = 1023;
	file = make_package_of(&init);
	cr_assert(eq(int, load_forced(file.bytes, file.size, DFUT_CHECK_LENGTH), 0));
	cr_assert(eq(sz, get_part(0).size, 1023));
	cr_assert(strstr(get_fact("warning"), "multiple of 4") != NULL);
}
