/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* dfu.bin of ESP-IDF: reading it, damage of each part, making it. Its bytes are compared in formats/run.py. */

#if !defined(_WIN32) && !defined(_XOPEN_SOURCE)
#define _XOPEN_SOURCE 700
#endif

#include <sys/stat.h>

#include "esp-folder.h"
#include "image-host.h"

TestSuite(esp, .init = start, .fini = stop, .timeout = 60);

/* Of the four files of the sample: names of 13, 17, 8 and 8 bytes */
#define HEADER 110
#define INFO 0
#define RECORDS 124
#define PARAMS (RECORDS + 3 * 88)
#define PARAMS_DATA (PARAMS + 128)
#define APP (PARAMS_DATA + 32)
#define APP_DATA (APP + 120)
#define DATA (APP_DATA + 8)
#define DATA_DATA (DATA + 120)
#define TRAILER (DATA_DATA + 4)
#define END (TRAILER + 124)

#define RECORD(index) (RECORDS + 88 * (index))

/* Fields of a header */
#define FILE_SIZE (6 + 8 * 6)
#define NAME_SIZE (6 + 8 * 11)

static const uint8_t app[] = { 0xe9, 1, 2, 3, 4, 5, 6 };

static void pad(struct file *file)
{
	add_bytes(file, "\0\0\0", (4 - file->size % 4) % 4);
}

static void add_entry(struct file *file, const char *name, const void *data, size_t size)
{
	char header[HEADER + 1];

	snprintf(header, sizeof(header), "070701%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x", 0,
		 data ? 0100644 : 0, 0, 0, data ? 0 : 1, 0, (unsigned int)size, 0, 0, 0, 0,
		 (unsigned int)strlen(name) + 1, 0);
	add_bytes(file, header, HEADER);
	add_bytes(file, name, strlen(name) + 1);
	pad(file);
	add_bytes(file, data ? data : "", size);
	pad(file);
}

/* The MD5s were computed by Python's hashlib. */
static void add_record(struct file *file, uint32_t address, uint32_t flags, const char *name, const char *md5)
{
	char field[64] = "";

	memcpy(field, name, strlen(name));
	add_le32(file, address);
	add_le32(file, flags);
	add_bytes(file, field, sizeof(field));
	add_bytes(file, md5, 16);
}

static struct file make_body(void)
{
	static const uint8_t params[32] = { [14] = 0x40 };
	struct file records = { .size = 0 };
	struct file file = { .size = 0 };

	add_record(&records, 0, 0x1c, "flash_params.dat", "not looked at!!!");
	add_record(&records, 0x1000, 0, "app.bin", "\x9b\x72\x13\x31\x05\xed\xd1\x7e\xef\x1a\x82\x76\x02\x88\x92\x17");
	add_record(&records, 0x8000, 0, "dat.bin", "\x08\xd6\xc0\x5a\x21\x51\x2a\x79\xa1\xdf\xeb\x9d\x2a\x8f\x26\x2f");
	add_entry(&file, "dfuinfo0.dat", records.bytes, records.size);
	add_entry(&file, "flash_params.dat", params, sizeof(params));
	add_entry(&file, "app.bin", app, sizeof(app));
	add_entry(&file, "dat.bin", "\1\2\3\4", 4);
	add_entry(&file, "TRAILER!!!", NULL, 0);
	cr_assert(eq(sz, file.size, END));
	return file;
}

static struct file make_sample(void)
{
	struct file file = make_body();

	memset(file.bytes + file.size, 0, 10240 - file.size);
	file.size = 10240;
	add_suffix(&file, 0x0100);
	return file;
}

Test(esp, archive_is_explained_and_sent_as_it_is)
{
	struct file file = make_sample();
	struct dfut_segment segment;

	cr_assert(eq(int, load_file(&file), 0), "%s", dfut_context_get_error(context));
	cr_assert(eq(str, get_format(), (char *)"esp"));
	cr_assert(eq(sz, dfut_image_get_segment_count(image), 1));
	cr_assert(eq(int, dfut_image_get_segment(image, 0, &segment, sizeof(segment)), 0));
	cr_assert(eq(sz, segment.size, 10240));
	cr_assert(not(segment.has_address));
	cr_assert(eq(int, memcmp(segment.data, file.bytes, 10240), 0));
	cr_assert(eq(str, get_fact("files"), (char *)"3"));
	cr_assert(eq(str, get_fact("flash_size"), (char *)"4194304"));
	cr_assert(eq(str, get_fact("file_0"), (char *)"flash_params.dat, parameters, 32 bytes"));
	cr_assert(eq(str, get_fact("file_1"), (char *)"app.bin, 0x00001000, 7 bytes"));
	cr_assert(eq(str, get_fact("file_2"), (char *)"dat.bin, 0x00008000, 4 bytes"));
	cr_assert(eq(int, dfut_image_set_address(image, 0), DFUT_ERROR_USAGE));
	cr_assert(eq(int, dfut_image_convert(image, "esp"), 0));
	cr_assert(eq(int, dfut_image_convert(image, "ihex"), DFUT_ERROR_USAGE));
	expect_round_trip();
}

Test(esp, without_padding_is_taken)
{
	struct file file = make_body();

	add_suffix(&file, 0x0100);
	cr_assert(eq(int, load_file(&file), 0), "%s", dfut_context_get_error(context));
}

/* Bad files */

Test(esp, wrong_bytes_are_refused_where_they_stand)
{
	static const struct {
		struct refusal refusal;
		size_t offset;
		char bytes[24];
		/* clang-format off */
	} cases[] = {
		{ { "no hexadecimal number", "offset 6: no hexadecimal number", DFUT_CHECK_FORMAT }, 6, "0000000g" },
		{ { "a blank in the last field", "offset 102: no hexadecimal number", DFUT_CHECK_FORMAT }, 102, " " },
		{ { "another index", "offset 0: the first file of the archive is not dfuinfo0.dat", DFUT_CHECK_FORMAT }, HEADER,
		  "dfuinfo1" },
		{ { "name size 0", "offset 94: the name in the archive has 0 bytes", DFUT_CHECK_LENGTH }, NAME_SIZE,
		  "00000000" },
		{ { "name size less", "offset 110: the name in the archive does not end", DFUT_CHECK_FORMAT }, NAME_SIZE,
		  "0000000c" },
		{ { "name size more", "offset 110: the name in the archive does not end", DFUT_CHECK_FORMAT }, NAME_SIZE,
		  "0000000e" },
		{ { "name size 4 GiB", "offset 94: the name in the archive has 4294967295 bytes", DFUT_CHECK_LENGTH },
		  NAME_SIZE, "ffffffff" },
		{ { "name size 4 GiB less a header", "offset 94:", DFUT_CHECK_LENGTH }, NAME_SIZE, "ffffff92" },
		{ { "index size 0", "offset 124: dfuinfo0.dat has 0 bytes", DFUT_CHECK_LENGTH }, FILE_SIZE, "00000000" },
		{ { "index size one less", "offset 124: dfuinfo0.dat has 263 bytes, no multiple of 88", DFUT_CHECK_LENGTH },
		  FILE_SIZE, "00000107" },
		{ { "index of a record less", "offset 300: no header", DFUT_CHECK_FORMAT }, FILE_SIZE, "000000b0" },
		{ { "index of a record more", "offset 476: no header", DFUT_CHECK_FORMAT }, FILE_SIZE, "00000160" },
		{ { "index size 4 GiB", "offset 54: the file in the archive has 4294967295 bytes", DFUT_CHECK_LENGTH },
		  FILE_SIZE, "ffffffff" },
		{ { "params name size 4 GiB", "offset 482:", DFUT_CHECK_LENGTH }, PARAMS + NAME_SIZE, "fffffff0" },
		{ { "no second header", "offset 388: no header of a cpio archive here", DFUT_CHECK_FORMAT }, PARAMS, "070702" },
		{ { "params of another name", "offset 388: the archive goes on with \"Flash_params.dat\"", DFUT_CHECK_FORMAT },
		  PARAMS + HEADER, "F" },
		{ { "app of another name", "offset 548: the archive goes on with \"bpp.bin\", dfuinfo0.dat has another name at "
					   "offset 220", DFUT_CHECK_FORMAT }, APP + HEADER, "b" },
		{ { "another name in the index", "offset 676: the archive goes on with \"dat.bin\"", DFUT_CHECK_FORMAT },
		  RECORD(2) + 8, "cat" },
		{ { "app size one more", "offset 284: the MD5 of \"app.bin\" does not match", DFUT_CHECK_HASH }, APP + FILE_SIZE,
		  "00000008" },
		{ { "app size one less", "offset 284: the MD5 of", DFUT_CHECK_HASH }, APP + FILE_SIZE, "00000006" },
		{ { "app size over the next", "offset 284: the MD5 of", DFUT_CHECK_HASH }, APP + FILE_SIZE, "00000080" },
		{ { "app size 4 GiB", "offset 602: the file in the archive has 4294967294 bytes", DFUT_CHECK_LENGTH },
		  APP + FILE_SIZE, "fffffffe" },
		{ { "damaged app", "offset 284: the MD5 of \"app.bin\" does not match: it is damaged", DFUT_CHECK_HASH },
		  APP_DATA + 3, "x" },
		{ { "damaged data", "offset 372: the MD5 of \"dat.bin\"", DFUT_CHECK_HASH }, DATA_DATA, "x" },
		{ { "damaged MD5", "offset 284:", DFUT_CHECK_HASH }, RECORD(1) + 72, "x" },
		{ { "an early end", "offset 800: the archive ends after 2 files, dfuinfo0.dat tells of 3", DFUT_CHECK_LENGTH },
		  DATA + NAME_SIZE, "0000000b" },
		{ { "no trailer", "offset 800: the archive has more files than dfuinfo0.dat tells of, 3", DFUT_CHECK_FORMAT },
		  TRAILER + HEADER, "trailer" },
		{ { "trailer with a size", "offset 854: the file in the archive has 65536 bytes", DFUT_CHECK_LENGTH },
		  TRAILER + FILE_SIZE, "00010000" },
		{ { "more than padding", "offset 924: more than padding", DFUT_CHECK_LENGTH }, END, "x" },
		{ { "more than padding at the end", "offset 10239: more than padding", DFUT_CHECK_LENGTH }, 10239, "x" },
		{ { "overlap by a byte", "offset 300: 0x00001006 is written a second time, the first is at offset 212", 0 }, RECORD(2),
		  "\x06\x10" },
		{ { "the same address", "offset 300: 0x00001000 is written a second time", 0 }, RECORD(1), "\0\x80" },
		{ { "beyond the last address", "offset 212: 7 bytes at 0xffffffff go beyond", 0 }, RECORD(1), "\xff\xff\xff\xff" },
	};
	/* clang-format on */

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct file file = make_sample();
		size_t length = strlen(cases[i].bytes);

		if (strcmp(cases[i].refusal.name, "the same address") == 0) {
			file.bytes[RECORD(2) + 1] = 0x10;
		} else if (strcmp(cases[i].refusal.name, "an early end") == 0) {
			memcpy(file.bytes + DATA, file.bytes + TRAILER, 124);
		} else {
			memcpy(file.bytes + cases[i].offset, cases[i].bytes, length);
		}
		file.size = 10240;
		add_suffix(&file, 0x0100);
		expect_refusal(&cases[i].refusal, file.bytes, file.size);
	}
}

/* A suffix is put behind what is left. */
Test(esp, truncated_anywhere_is_refused)
{
	static const struct refusal refusal = { "truncated", "offset ", DFUT_CHECK_LENGTH };

	for (size_t size = 6; size < TRAILER + 121; size += 3) {
		struct file file = make_body();

		file.size = size;
		add_suffix(&file, 0x0100);
		expect_refusal(&refusal, file.bytes, file.size);
	}
}

Test(esp, without_a_suffix_is_refused)
{
	static const struct refusal refusal = { "no suffix", "offset 0: this is a cpio archive without the DFU suffix",
						DFUT_CHECK_FORMAT };
	struct file file = make_sample();

	expect_refusal(&refusal, file.bytes, 10240);
	load_forced(file.bytes, 10240, 0);
	cr_assert(strstr(dfut_context_get_hint(context), "esp-idf") != NULL);
}

/* Making it */

static int build(const char *chip, const char *description, const char *flash_size, uint32_t part_size)
{
	struct dfut_esp esp = DFUT_ESP_INIT;

	write_text("flasher_args.json", description);
	esp.chip = chip;
	esp.flasher_args = in_folder("flasher_args.json");
	esp.flash_size = flash_size;
	esp.part_size = part_size;
	dfut_image_free(image);
	return dfut_image_build_esp(&image, context, &esp);
}

#define TWO_FILES "{\"flash_files\": {\"0x10000\": \"app.bin\", \"0x1000\": \"boot/boot.bin\"}}"

Test(esp, is_made_of_what_was_built)
{
	uint16_t vendor, product, release;

	make_folder();
	cr_assert(eq(int, build("esp32s3", TWO_FILES, NULL, 0), 0), "%s", dfut_context_get_error(context));
	cr_assert(eq(str, get_format(), (char *)"esp"));
	cr_assert(dfut_image_get_ids(image, &vendor, &product, &release));
	cr_assert(eq(u16, vendor, 0x303a));
	cr_assert(eq(u16, product, 0x0009));
	cr_assert(eq(u16, release, 0xffff));
	cr_assert(eq(str, get_fact("chip"), (char *)"esp32s3"));
	cr_assert(eq(str, get_fact("file_1"), (char *)"boot.bin, 0x00001000, 13 bytes"));
	cr_assert(eq(str, get_fact("file_2"), (char *)"app.bin, 0x00010000, 14 bytes"));
	cr_assert(eq(str, get_fact("flash_size"), (char *)"2097152"));
	cr_assert(eq(sz, dfut_image_get_size(image), 10240));
	expect_round_trip();

	cr_assert(eq(int, build("esp32s2", TWO_FILES, "16MB", 5), 0), "%s", dfut_context_get_error(context));
	cr_assert(eq(str, get_fact("flash_size"), (char *)"16777216"));
	cr_assert(eq(str, get_fact("file_6"), (char *)"app.bin.2, 0x0001000a, 4 bytes"));
	cr_assert(ne(str, get_fact("warning"), (char *)"(none)"));
	remove_folder();
}

Test(esp, size_of_the_flash_comes_from_the_description)
{
	make_folder();
	cr_assert(eq(int,
		     build("esp32s2",
			   "{\"flash_settings\": {\"flash_size\": \"8MB\"}, \"flash_files\": {\"4096\": "
			   "\"empty.bin\"}}",
			   NULL, 0),
		     0),
		  "%s", dfut_context_get_error(context));
	cr_assert(eq(str, get_fact("flash_size"), (char *)"8388608"));
	cr_assert(eq(str, get_fact("files"), (char *)"1"));
	cr_assert(eq(int,
		     build("esp32s2",
			   "{\"flash_settings\": {\"flash_size\": \"detect\"}, \"flash_files\": {\"4096\": "
			   "\"empty.bin\"}}",
			   NULL, 0),
		     DFUT_ERROR_USAGE));
	cr_assert(says("\"detect\""));
	remove_folder();
}

Test(esp, what_can_not_be_made_is_refused)
{
	static const struct {
		const char *chip;
		const char *description;
		const char *text;
		int code;
	} cases[] = {
		{ "esp32", TWO_FILES, "\"esp32\" is not a chip whose ROM speaks DFU", DFUT_ERROR_UNSUPPORTED },
		{ NULL, TWO_FILES, "needed", DFUT_ERROR_USAGE },
		{ "esp32s2", "", "line 1", DFUT_ERROR_IMAGE },
		{ "esp32s2", "{\"flash_files\": {\n\"0x0\": }}", "line 2", DFUT_ERROR_IMAGE },
		{ "esp32s2", "[]", "there are no \"flash_files\"", DFUT_ERROR_IMAGE },
		{ "esp32s2", "{}", "there are no \"flash_files\"", DFUT_ERROR_IMAGE },
		{ "esp32s2", "{\"flash_files\": {}}", "no entries", DFUT_ERROR_IMAGE },
		{ "esp32s2", "{\"flash_files\": {\"x\": \"app.bin\"}}", "\"x\"", DFUT_ERROR_IMAGE },
		{ "esp32s2", "{\"flash_files\": {\"0x\": \"app.bin\"}}", "\"0x\"", DFUT_ERROR_IMAGE },
		{ "esp32s2", "{\"flash_files\": {\"\": \"app.bin\"}}", "\"\"", DFUT_ERROR_IMAGE },
		{ "esp32s2", "{\"flash_files\": {\"-1\": \"app.bin\"}}", "\"-1\"", DFUT_ERROR_IMAGE },
		{ "esp32s2", "{\"flash_files\": {\"0x100000000\": \"app.bin\"}}", "\"0x100000000\"", DFUT_ERROR_IMAGE },
		{ "esp32s2", "{\"flash_files\": {\"0x1000\": 7}}", "\"0x1000\"", DFUT_ERROR_IMAGE },
		{ "esp32s2", "{\"flash_files\": {\"0x1000\": \"\"}}", "\"0x1000\"", DFUT_ERROR_IMAGE },
		{ "esp32s2", "{\"flash_files\": {\"0x1000\": \"none.bin\"}}", "none.bin: no such file",
		  DFUT_ERROR_NOT_FOUND },
		{ "esp32s2", "{\"flash_files\": {\"0x1000\": \"boot\"}}", "is a directory", DFUT_ERROR_IO },
		{ "esp32s2", "{\"flash_files\": {\"0xffffffff\": \"app.bin\"}}", "beyond the last address",
		  DFUT_ERROR_IMAGE },
		{ "esp32s2", "{\"flash_files\": {\"0x1000\": \"app.bin\", \"0x1001\": \"boot/boot.bin\"}}",
		  "0x00001001 is written a second time", DFUT_ERROR_IMAGE },
	};

	make_folder();
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		cr_expect(eq(int, build(cases[i].chip, cases[i].description, NULL, 0), cases[i].code), "%s",
			  cases[i].description);
		cr_expect(says(cases[i].text), "%s", dfut_context_get_error(context));
	}
	remove_folder();
}
