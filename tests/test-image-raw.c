/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* What is no firmware is refused by name, what may be firmware never is; prefixes of LPC and LMDFU. */

#include <stdio.h>
#include <string.h>

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <criterion/parameterized.h>

#include "dfutrigger.h"

static struct dfut_context *context;
static struct dfut_image *image;

static void start(void)
{
	cr_assert(eq(int, dfut_context_new(&context), 0));
}

static void stop(void)
{
	dfut_image_free(image);
	dfut_context_free(context);
}

TestSuite(raw, .init = start, .fini = stop, .timeout = 60);
TestSuite(lpc, .init = start, .fini = stop, .timeout = 60);
TestSuite(lmdfu, .init = start, .fini = stop, .timeout = 60);

static int load_forced(const void *data, size_t size, unsigned int force)
{
	dfut_image_free(image);
	return dfut_image_load_buffer(&image, context, data, size, force);
}

static int load(const void *data, size_t size)
{
	return load_forced(data, size, 0);
}

static char *fact(const char *wanted)
{
	const char *layer, *key, *value;

	for (size_t i = 0; dfut_image_get_fact(image, i, &layer, &key, &value) == 0; i++)
		if (strcmp(key, wanted) == 0)
			return (char *)value;
	return (char *)"(none)";
}

static bool says(const char *text)
{
	return strstr(dfut_context_get_error(context), text) != NULL;
}

static bool advises(const char *text)
{
	return strstr(dfut_context_get_hint(context), text) != NULL;
}

struct refusal {
	char name[24];	 /* in the text */
	char advice[24]; /* in the hint */
	int code;	 /* 0: DFUT_ERROR_IMAGE */
	size_t size;	 /* of the whole file: filled up with bytes that are no text */
	char bytes[200];
};

#define BYTES(text) sizeof(text) - 1, text
#define PADDED(text) 600, text

ParameterizedTestParameters(raw, is_refused_by_name_if_it_is_something_else)
{
	static struct refusal refusals[] = {
		{ "web page", "raw download link", 0, BYTES("<!DOCTYPE html><html><body>Not here</body></html>") },
		{ "web page", "raw download link", 0, BYTES("\xef\xbb\xbf \r\n\t<!doctype HTML>\n<title>x</title>") },
		{ "web page", "raw download link", 0, BYTES("\n\n<HtMl lang=en>") },
		{ "web page", "raw download link", 0, PADDED("<html>") },
		{ "web page", "raw download link", 0, BYTES("<!-- comment --><p>x") },
		{ "XML", "raw download link", 0, BYTES("<?xml version=\"1.0\"?><Error/>") },
		{ "Git LFS", "git lfs pull", 0,
		  BYTES("version https://git-lfs.github.com/spec/v1\noid sha256:4d7a214614ab2935\nsize 12345\n") },
		{ "JSON", ".bin", 0, BYTES("{\"message\": \"Not Found\", \"status\": \"404\"}") },
		{ "JSON", ".bin", 0, BYTES("[ \"a\", \"b\" ]") },
		{ "plain text", ".bin", 0, BYTES("404: Not Found") },
		{ "plain text", ".bin", 0,
		  BYTES("Gr\xc3\xbc\xc3\x9f"
			"e aus Text\n") },
		{ "ZIP", "unpack", 0, PADDED("PK\3\4") },
		{ "gzip", "unpack", 0, PADDED("\x1f\x8b\x08") },
		{ "xz", "unpack", 0,
		  PADDED("\xfd"
			 "7zXZ\0") },
		{ "bzip2", "unpack", 0, PADDED("BZh91AY&SY") },
		{ "Zstandard", "unpack", 0, PADDED("\x28\xb5\x2f\xfd") },
		{ "7-Zip", "unpack", 0, PADDED("7z\xbc\xaf\x27\x1c") },
		{ "static library", "objcopy", 0, PADDED("!<arch>\n") },
		{ "PDF", ".bin", 0, PADDED("%PDF-1.4\n") },
		{ "PNG", ".bin", 0, PADDED("\x89PNG\r\n\x1a\n") },
		{ "macOS", ".bin", 0, PADDED("\xcf\xfa\xed\xfe\7\0\0\1\3\0\0\0\2\0\0\0") },
		{ "macOS", ".bin", 0, PADDED("\xfe\xed\xfa\xce\0\0\0\1\0\0\0\3\0\0\0\2") },
		{ "macOS", ".bin", 0, PADDED("\xca\xfe\xba\xbe\0\0\0\2") },
		{ "Java", ".bin", 0, PADDED("\xca\xfe\xba\xbe\0\0\0\x3d") },
		{ "WebAssembly", ".bin", 0, PADDED("\0asm\1\0\0\0") },
		{ "JPEG", ".bin", 0, PADDED("\xff\xd8\xff\xe0\0\x10JFIF") },
		{ "GIF", ".bin", 0, PADDED("GIF89a") },
		{ "TIFF", ".bin", 0, PADDED("II*\0") },
		{ "BMP", ".bin", 0, PADDED("BM\x58\2\0\0") },
		{ "RIFF", ".bin", 0, PADDED("RIFF\0\1\0\0WAVE") },
		{ "MP3", ".bin", 0, PADDED("ID3\3") },
		{ "MP4", ".bin", 0,
		  PADDED("\0\0\0\x20"
			 "ftypisom") },
		{ "Matroska", ".bin", 0, PADDED("\x1a\x45\xdf\xa3") },
		{ "font", ".bin", 0, PADDED("wOF2") },
		{ "SQLite", ".bin", 0, PADDED("SQLite format 3\0") },
		{ "property list", ".bin", 0, PADDED("bplist00") },
		{ "compiled Python", ".bin", 0, PADDED("\xa7\r\r\n") },
		{ "compiled Lua", ".bin", 0, PADDED("\x1bLua") },
		{ "dex", ".bin", 0, PADDED("dex\n035") },
		{ "a script", ".bin", 0, PADDED("#!/bin/sh\n") },
		{ "PostScript", ".bin", 0, PADDED("%!PS-Adobe-3.0\n") },
		{ "RTF", ".bin", 0, PADDED("{\\rtf1") },
		{ "Microsoft", ".bin", 0, PADDED("\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1") },
		{ "network capture", ".bin", 0, PADDED("\xd4\xc3\xb2\xa1") },
		{ "virtual machine", ".bin", 0, PADDED("QFI\xfb") },
		{ "Debian", "unpack", 0, PADDED("!<arch>\ndebian-binary ") },
		{ "RPM", "unpack", 0, PADDED("\xed\xab\xee\xdb\3") },
		{ "RAR", "unpack", 0, PADDED("Rar!\x1a\7\1") },
		{ "cabinet", "unpack", 0, PADDED("MSCF\0\0\0\0") },
		{ "LZ4", "unpack", 0, PADDED("\x04\x22\x4d\x18") },
		{ "LZMA", "unpack", 0, PADDED("\x5d\0\0\x80\0\xff\xff\xff\xff\xff\xff\xff\xff") },
		{ "compress", "unpack", 0, PADDED("\x1f\x9d\x90") },
		{ "LLVM", "objcopy", 0, PADDED("BC\xc0\xde") },
		{ "an empty ZIP", "again", 0, BYTES("PK\5\6\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0") },
		{ "JSON", ".bin", 0, BYTES("[1,2,3]") },
		{ "plain text", ".bin", 0, BYTES("[core]\nname = value\n") },
		{ "plain text", ".bin", 0, BYTES("::::::::::::::::") },
		{ "plain text", ".bin", 0, BYTES(":\n:\n:\n:\n:\n") },
		{ "white space", "again", 0, BYTES(" ") },
		{ "white space", "again", 0, BYTES("\xef\xbb\xbf \t\r\n\f") },
		{ "UTF-16", "UTF-8", 0, BYTES("\xff\xfe:\0\x30\0\x30\0\x30\0\x30\0\x30\0\x30\0\x31\0") },
		{ "UTF-16", "UTF-8", 0, BYTES("\xfe\xff\0a\0 \0b\0 \0c\0 \x4e\0\0d\0e") },
		{ "UTF-16", "UTF-8", 0, BYTES("a\0 \0w\0o\0r\0d\0 \0t\0o\0o\0") },
		{ "UTF-32", "UTF-8", 0, BYTES("\xff\xfe\0\0a\0\0\0 \0\0\0b\0\0\0 \0\0\0c\0\0\0 \0\0\0d\0\0\0e\0\0\0") },
		{ "not in UTF-8", "UTF-8", 0,
		  BYTES("Gr\xfc\xdf"
			"e aus M\xfcnchen, und noch ein paar Worte") },
	};

	return cr_make_param_array(struct refusal, refusals, sizeof(refusals) / sizeof(refusals[0]));
}

ParameterizedTest(struct refusal *refusal, raw, is_refused_by_name_if_it_is_something_else)
{
	uint8_t file[600];
	int code = refusal->code ? refusal->code : DFUT_ERROR_IMAGE;

	memset(file, 0x81, sizeof(file));
	memcpy(file, refusal->bytes, refusal->size < sizeof(refusal->bytes) ? refusal->size : sizeof(refusal->bytes));

	cr_assert(eq(int, load(file, refusal->size), code), "%s", refusal->name);
	cr_assert(says(refusal->name), "%s", dfut_context_get_error(context));
	cr_assert(says("offset "));
	cr_assert(advises(refusal->advice), "%s", dfut_context_get_hint(context));
	cr_assert(eq(u32, dfut_context_get_failed_check(context), DFUT_CHECK_FORMAT));

	cr_assert(eq(int, load_forced(file, refusal->size, DFUT_CHECK_FORMAT), 0));
	cr_assert(eq(sz, dfut_image_get_size(image), refusal->size));
	cr_assert(strstr(fact("warning"), refusal->name) != NULL);
	cr_assert(eq(int, load_forced(file, refusal->size, ~0u & ~(unsigned int)DFUT_CHECK_FORMAT), code));
}

Test(raw, tar_archive_and_windows_program_are_refused_by_what_lies_deeper)
{
	uint8_t file[600];

	memset(file, 0x81, sizeof(file));
	memcpy(file + 257, "ustar", 5);
	cr_assert(eq(int, load(file, sizeof(file)), DFUT_ERROR_IMAGE));
	cr_assert(says("offset 257: this is a tar archive"));

	/* Older ones have no word for it, but a sum. */
	memset(file, 0, sizeof(file));
	memcpy(file, "firmware.bin", 12);
	memcpy(file + 148, "002704\0 ", 8);
	cr_assert(eq(int, load(file, sizeof(file)), DFUT_ERROR_IMAGE));
	cr_assert(says("offset 0: this is a tar archive"));
	file[0]++;
	cr_assert(eq(int, load(file, sizeof(file)), 0));

	memset(file, 0x81, sizeof(file));
	memcpy(file, "MZ", 2);
	memcpy(file + 0x3c, "\x80\0\0\0", 4);
	memcpy(file + 0x80, "PE\0\0", 4);
	cr_assert(eq(int, load(file, sizeof(file)), DFUT_ERROR_IMAGE));
	cr_assert(says("Windows program"));
}

Test(raw, windows_program_whose_header_is_out_of_reach_is_just_bytes)
{
	static const uint32_t offsets[] = { 0, 63, 597, 600, 0x7fffffff, 0xffffffff };
	uint8_t file[600];

	for (size_t i = 0; i < sizeof(offsets) / sizeof(offsets[0]); i++) {
		memset(file, 0x81, sizeof(file));
		memcpy(file, "MZ", 2);
		for (int byte = 0; byte < 4; byte++)
			file[0x3c + byte] = (uint8_t)(offsets[i] >> 8 * byte);
		cr_assert(eq(int, load(file, sizeof(file)), 0));
	}
}

Test(raw, nothing_is_refused_as_too_short)
{
	cr_assert(eq(int, load("", 0), DFUT_ERROR_IMAGE));
	cr_assert(eq(u32, dfut_context_get_failed_check(context), DFUT_CHECK_LENGTH));
	cr_assert(says("empty"));
	cr_assert(eq(int, load_forced("", 0, DFUT_CHECK_LENGTH), 0));
	cr_assert(eq(sz, dfut_image_get_size(image), 0));
}

Test(raw, one_and_the_same_byte_is_refused_if_it_is_00_or_ff)
{
	uint8_t file[4096];

	for (int value = 0; value < 256; value++) {
		/* Blanks and punctuation are no filler. */
		bool refused = value == 0x00 || value == 0xff ||
			       strchr("\t\n\f\r !\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~", value);

		memset(file, value, sizeof(file));
		cr_assert(eq(int, load(file, sizeof(file)), refused ? DFUT_ERROR_IMAGE : 0), "%02x", value);
		file[4095] ^= 0x80;
		cr_assert(eq(int, load(file, sizeof(file)), 0), "%02x", value);
	}
}

Test(raw, one_byte_that_is_not_text_makes_it_firmware)
{
	char text[] = "This is a long text with one odd byte in it, as firmware may have a lot of text.";

	cr_assert(eq(int, load(text, sizeof(text) - 1), DFUT_ERROR_IMAGE));
	for (size_t i = 0; i < sizeof(text) - 1; i++) {
		char kept = text[i];

		text[i] = 0x00;
		cr_assert(eq(int, load(text, sizeof(text) - 1), 0));
		text[i] = (char)0x80;
		cr_assert(eq(int, load(text, sizeof(text) - 1), 0));
		text[i] = kept;
	}
}

Test(raw, utf_8_that_breaks_off_is_not_text)
{
	cr_assert(eq(int, load("some text and \xe2\x82", 16), 0));
}

Test(raw, short_words_are_taken_as_bytes)
{
	cr_assert(eq(int, load("x", 1), 0));
	cr_assert(eq(int, load("firmware", 8), 0));
	cr_assert(eq(int, load("a b c", 5), 0));
}

/* What U-Boot takes: file systems, kernels, device trees */
Test(raw, parts_of_a_system_are_firmware)
{
	static const char *const magics[] = { "hsqs", "\x27\x05\x19\x56", "\xd0\x0d\xfe\xed", "ANDROID!", "UBI#" };
	uint8_t file[600];

	for (size_t i = 0; i < sizeof(magics) / sizeof(magics[0]); i++) {
		memset(file, 0x81, sizeof(file));
		memcpy(file, magics[i], strlen(magics[i]));
		cr_expect(eq(int, load(file, sizeof(file)), 0), "%s", magics[i]);
	}
}

Test(raw, vector_tables_are_firmware)
{
	static const uint8_t stm32[] = { 0x00, 0x50, 0x00, 0x20, 0x45, 0x01, 0x00, 0x08, 0x41, 0x01, 0x00, 0x08 };
	static const uint8_t hackrf[] = { 0xe0, 0x7f, 0x08, 0x10, 0x7d, 0x78, 0x00, 0x00, 0x79, 0x78, 0x00, 0x00 };
	static const uint8_t esp32[] = { 0xe9, 0x05, 0x02, 0x20, 0x10, 0x10, 0x08, 0x40, 0xee, 0x00, 0x00, 0x00 };

	cr_assert(eq(int, load(stm32, sizeof(stm32)), 0));
	cr_assert(eq(int, load(hackrf, sizeof(hackrf)), 0));
	cr_assert(eq(int, load(esp32, sizeof(esp32)), 0));
	cr_assert(eq(str, (char *)dfut_image_get_format(image), (char *)"raw"));
	cr_assert(eq(str, fact("size"), (char *)"12"));
}

/* Prefixes */

static const uint8_t lpc_header[16] = { 0x1a, 0x3f, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 0xff, 0xff };

static void fill_lpc(uint8_t *file, size_t size)
{
	memset(file, 0x5a, size);
	memcpy(file, lpc_header, sizeof(lpc_header));
}

Test(lpc, header_is_recognised_and_sent)
{
	uint8_t file[16 + 600];
	struct dfut_segment segment;

	fill_lpc(file, sizeof(file));

	cr_assert(eq(int, load(file, sizeof(file)), 0));
	cr_assert(eq(str, (char *)dfut_image_get_format(image), (char *)"lpc"));
	cr_assert(eq(int, dfut_image_get_segment(image, 0, &segment, sizeof(segment)), 0));
	cr_assert(eq(sz, segment.size, sizeof(file)));
	cr_assert(eq(int, memcmp(segment.data, lpc_header, 16), 0));
	cr_assert(eq(str, fact("image_size"), (char *)"600"));
	cr_assert(eq(str, fact("header_frames"), (char *)"2"));
	cr_assert(eq(str, fact("header_length"), (char *)"1024"));
	cr_assert(eq(str, fact("warning"), (char *)"(none)"));
	cr_assert(eq(int, dfut_image_set_address(image, 0x10000000), 0));
}

Test(lpc, file_that_is_shorter_than_its_header_says_is_refused)
{
	uint8_t file[16 + 512];

	for (size_t size = 16; size <= sizeof(file); size += 64) {
		fill_lpc(file, sizeof(file));
		cr_assert(eq(int, load(file, size), DFUT_ERROR_IMAGE));
		cr_assert(eq(u32, dfut_context_get_failed_check(context), DFUT_CHECK_LENGTH));
		cr_assert(eq(int, load_forced(file, size, DFUT_CHECK_LENGTH), 0));
	}
}

Test(lpc, file_that_is_longer_than_its_header_says_is_taken_with_a_warning)
{
	uint8_t file[16 + 1025];

	fill_lpc(file, sizeof(file));

	cr_assert(eq(int, load(file, sizeof(file)), 0));
	cr_assert(ne(str, fact("warning"), (char *)"(none)"));
}

Test(lpc, header_that_differs_is_just_bytes)
{
	for (size_t i = 0; i < 16; i++) {
		uint8_t file[16 + 600];

		if (i == 2 || i == 3)
			continue;
		fill_lpc(file, sizeof(file));
		file[i] ^= 1;
		cr_assert(eq(int, load(file, sizeof(file)), 0));
		cr_assert(eq(str, (char *)dfut_image_get_format(image), (char *)"raw"));
	}
}

static const uint8_t lmdfu_file[] = { 0x01, 0x00, 0x10, 0x00, 4, 0, 0, 0, 0xaa, 0xbb, 0xcc, 0xdd };

Test(lmdfu, prefix_is_recognised_and_sent)
{
	cr_assert(eq(int, load(lmdfu_file, sizeof(lmdfu_file)), 0));
	cr_assert(eq(str, (char *)dfut_image_get_format(image), (char *)"lmdfu"));
	cr_assert(eq(sz, dfut_image_get_size(image), sizeof(lmdfu_file)));
	cr_assert(eq(str, fact("address"), (char *)"0x00004000"));
	cr_assert(eq(str, fact("image_size"), (char *)"4"));
}

Test(lmdfu, brings_its_own_address)
{
	cr_assert(eq(int, load(lmdfu_file, sizeof(lmdfu_file)), 0));
	cr_assert(eq(int, dfut_image_set_address(image, 0x4000), DFUT_ERROR_USAGE));
}

Test(lmdfu, prefix_with_another_length_is_just_bytes)
{
	for (size_t i = 4; i < 8; i++) {
		uint8_t file[sizeof(lmdfu_file)];

		memcpy(file, lmdfu_file, sizeof(file));
		file[i] ^= 1;
		cr_assert(eq(int, load(file, sizeof(file)), 0));
		cr_assert(eq(str, (char *)dfut_image_get_format(image), (char *)"raw"));
	}
}
