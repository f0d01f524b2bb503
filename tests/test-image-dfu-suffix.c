/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* The suffix of DFU files (DFU 1.1, appendix B): vectors, damage, changes. */

#if !defined(_WIN32) && !defined(_XOPEN_SOURCE)
#define _XOPEN_SOURCE 700
#endif

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <unistd.h>

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <criterion/parameterized.h>

#include "dfutrigger.h"

#define LENGTH 11
#define CRC 12

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

TestSuite(dfu_suffix, .init = start, .fini = stop, .timeout = 60);

/* A file with room to spare. */
struct file {
	uint8_t bytes[8192];
	size_t size;
};

/* Bit by bit, as the specification gives it, so that it shares nothing with the library. */
static uint32_t crc_of(const uint8_t *data, size_t size)
{
	uint32_t crc = 0xffffffff;

	for (size_t i = 0; i < size; i++) {
		crc ^= data[i];
		for (int bit = 0; bit < 8; bit++)
			crc = crc & 1 ? crc >> 1 ^ 0xedb88320 : crc >> 1;
	}
	return crc;
}

static void put_crc(struct file *file)
{
	uint32_t crc = crc_of(file->bytes, file->size - 4);

	for (int i = 0; i < 4; i++)
		file->bytes[file->size - 4 + (size_t)i] = (uint8_t)(crc >> 8 * i);
}

static struct file make(const void *payload, size_t size, unsigned int version)
{
	static const uint8_t suffix[16] = { 0x34, 0x12, 0x0c, 0x00, 0xc9, 0x1f, 0x00, 0x01, 'U', 'F', 'D', 16 };
	struct file file = { .size = size + 16 };

	if (size > 0)
		memcpy(file.bytes, payload, size);
	memcpy(file.bytes + size, suffix, sizeof(suffix));
	file.bytes[size + 6] = (uint8_t)version;
	file.bytes[size + 7] = (uint8_t)(version >> 8);
	put_crc(&file);
	return file;
}

static const uint8_t payload[] = { 0x00, 0x10, 0x00, 0x20, 0xc1, 0x01, 0x00, 0x08 };

static struct file make_plain(void)
{
	return make(payload, sizeof(payload), 0x0100);
}

static int load(const struct file *file, unsigned int force)
{
	dfut_image_free(image);
	return dfut_image_load_buffer(&image, context, file->bytes, file->size, force);
}

static const char *fact(const char *wanted)
{
	const char *layer, *key, *value;

	for (size_t i = 0; dfut_image_get_fact(image, i, &layer, &key, &value) == 0; i++)
		if (strcmp(layer, "dfu-suffix") == 0 && strcmp(key, wanted) == 0)
			return value;
	return "(none)";
}

static bool says(const char *text)
{
	return strstr(dfut_context_get_error(context), text) != NULL;
}

Test(dfu_suffix, is_read_and_cut_off)
{
	struct file file = make_plain();
	uint16_t vendor, product, release;

	cr_assert(eq(int, load(&file, 0), 0));
	cr_assert(eq(sz, dfut_image_get_size(image), sizeof(payload)));
	cr_assert(eq(str, (char *)dfut_image_get_format(image), (char *)"raw"));
	cr_assert(dfut_image_get_ids(image, &vendor, &product, &release));
	cr_assert(eq(u16, vendor, 0x1fc9));
	cr_assert(eq(u16, product, 0x000c));
	cr_assert(eq(u16, release, 0x1234));
}

Test(dfu_suffix, tells_its_facts_first)
{
	struct file file = make_plain();
	const char *layer, *key, *value;

	cr_assert(eq(int, load(&file, 0), 0));
	cr_assert(eq(int, dfut_image_get_fact(image, 0, &layer, &key, &value), 0));
	cr_assert(eq(str, (char *)layer, (char *)"dfu-suffix"));
	cr_assert(eq(str, (char *)key, (char *)"vendor_id"));
	cr_assert(eq(str, (char *)value, (char *)"1fc9"));
	cr_assert(eq(str, (char *)fact("product_id"), (char *)"000c"));
	cr_assert(eq(str, (char *)fact("release"), (char *)"1234"));
	cr_assert(eq(str, (char *)fact("dfu_version"), (char *)"0100"));
	cr_assert(eq(int, dfut_image_get_fact(image, 5, &layer, &key, &value), 0));
	cr_assert(eq(str, (char *)layer, (char *)"raw"));
}

struct vector {
	uint8_t size;
	uint8_t bytes[16];
	uint8_t crc[4];
};

/* Computed with other programs. The first two hold no firmware, which is overruled. */
ParameterizedTestParameters(dfu_suffix, crc_is_that_of_the_vectors)
{
	static struct vector vectors[] = {
		{ 0, { 0 }, { 0xe1, 0xf1, 0x7b, 0x88 } },
		{ 1, { 0x00 }, { 0x0c, 0x71, 0xda, 0xfc } },
		{ 16, { 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15 }, { 0x51, 0x14, 0x9a, 0x87 } },
	};

	return cr_make_param_array(struct vector, vectors, sizeof(vectors) / sizeof(vectors[0]));
}

ParameterizedTest(struct vector *vector, dfu_suffix, crc_is_that_of_the_vectors)
{
	static const uint8_t suffix[12] = { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x00, 0x01, 'U', 'F', 'D', 16 };
	struct file file = { .size = vector->size + 16u };
	char text[9];

	memcpy(file.bytes, vector->bytes, vector->size);
	memcpy(file.bytes + vector->size, suffix, sizeof(suffix));
	memcpy(file.bytes + vector->size + CRC, vector->crc, 4);
	snprintf(text, sizeof(text), "%02x%02x%02x%02x", vector->crc[3], vector->crc[2], vector->crc[1],
		 vector->crc[0]);

	cr_assert(eq(int, load(&file, DFUT_CHECK_FORMAT | DFUT_CHECK_LENGTH), 0));
	cr_assert(eq(str, (char *)fact("crc"), text));
	cr_assert(eq(str, (char *)fact("vendor_id"), (char *)"ffff"));

	dfut_image_remove_suffix(image);
	dfut_image_set_suffix(image, DFUT_ID_ANY, DFUT_ID_ANY, DFUT_ID_ANY);
	cr_assert(eq(str, (char *)fact("crc"), text));
}

Test(dfu_suffix, every_flipped_bit_is_refused)
{
	struct file good = make_plain();

	for (size_t bit = 0; bit < 8 * good.size; bit++) {
		struct file bad = good;

		bad.bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
		cr_assert(eq(int, load(&bad, 0), DFUT_ERROR_IMAGE), "bit %zu", bit);
	}
}

Test(dfu_suffix, wrong_crc_names_both_and_the_place)
{
	struct file file = make_plain();
	char said[32], found[32];

	snprintf(found, sizeof(found), "%08lx", (unsigned long)crc_of(file.bytes, file.size - 4));
	memcpy(file.bytes + file.size - 4, "\x78\x56\x34\x12", 4);
	snprintf(said, sizeof(said), "12345678");

	cr_assert(eq(int, load(&file, 0), DFUT_ERROR_IMAGE));
	cr_assert(eq(u32, dfut_context_get_failed_check(context), DFUT_CHECK_CHECKSUM));
	cr_assert(says(said));
	cr_assert(says(found));
	cr_assert(says("offset 20"));
}

Test(dfu_suffix, wrong_crc_can_be_overruled_with_a_warning)
{
	struct file file = make_plain();

	file.bytes[0] ^= 1;

	cr_assert(eq(int, load(&file, ~0u & ~(unsigned int)DFUT_CHECK_CHECKSUM), DFUT_ERROR_IMAGE));
	cr_assert(eq(int, load(&file, DFUT_CHECK_CHECKSUM), 0));
	cr_assert(eq(sz, dfut_image_get_size(image), sizeof(payload)));
	cr_assert(strstr(fact("warning"), "CRC") != NULL);
}

Test(dfu_suffix, crc_may_leave_out_an_lpc_header)
{
	static const uint8_t header[16] = { 0xda, 0xff, 1,    0,    0xff, 0xff, 0xff, 0xff,
					    0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff };
	struct file inner = make_plain();
	struct file file = { .size = inner.size + 16 };

	memcpy(file.bytes, header, sizeof(header));
	memcpy(file.bytes + 16, inner.bytes, inner.size);

	cr_assert(eq(int, load(&file, 0), 0));
	cr_assert(eq(str, (char *)dfut_image_get_format(image), (char *)"lpc"));
	cr_assert(eq(str, (char *)fact("crc_range"), (char *)"without the 16 bytes of the LPC header"));

	file.bytes[20] ^= 1;
	cr_assert(eq(int, load(&file, 0), DFUT_ERROR_IMAGE));
	cr_assert(eq(u32, dfut_context_get_failed_check(context), DFUT_CHECK_CHECKSUM));
}

Test(dfu_suffix, shorter_than_16_bytes_is_refused)
{
	for (unsigned int length = 0; length < 16; length++) {
		struct file file = make_plain();

		file.bytes[sizeof(payload) + LENGTH] = (uint8_t)length;
		put_crc(&file);
		cr_assert(eq(int, load(&file, 0), DFUT_ERROR_IMAGE));
		cr_assert(eq(u32, dfut_context_get_failed_check(context), DFUT_CHECK_LENGTH));
		cr_assert(eq(int, load(&file, DFUT_CHECK_LENGTH), 0));
		cr_assert(eq(sz, dfut_image_get_size(image), sizeof(payload)));
	}
}

Test(dfu_suffix, longer_than_the_file_is_refused)
{
	struct file file = make_plain();

	file.bytes[sizeof(payload) + LENGTH] = (uint8_t)(file.size + 1);
	put_crc(&file);

	cr_assert(eq(int, load(&file, 0), DFUT_ERROR_IMAGE));
	cr_assert(eq(u32, dfut_context_get_failed_check(context), DFUT_CHECK_LENGTH));
	cr_assert(says("the whole file has 24"));
}

Test(dfu_suffix, longer_than_16_bytes_is_cut_off_whole)
{
	struct file file = make_plain();

	file.bytes[sizeof(payload) + LENGTH] = 20;
	put_crc(&file);

	cr_assert(eq(int, load(&file, 0), 0));
	cr_assert(eq(sz, dfut_image_get_size(image), sizeof(payload) - 4));
	cr_assert(eq(str, (char *)fact("vendor_id"), (char *)"1fc9"));
}

Test(dfu_suffix, that_is_cut_off_in_its_crc_is_refused)
{
	for (size_t missing = 1; missing <= 5; missing++) {
		struct file file = make_plain();

		file.size -= missing;
		cr_assert(eq(int, load(&file, 0), DFUT_ERROR_IMAGE), "%zu missing", missing);
		cr_assert(eq(u32, dfut_context_get_failed_check(context), DFUT_CHECK_LENGTH));
		cr_assert(says("ends inside its DFU suffix"));
	}
}

Test(dfu_suffix, that_is_all_of_a_file_which_is_too_short_is_refused)
{
	for (size_t size = 8; size < 16; size++) {
		struct file file = make_plain();

		memmove(file.bytes, file.bytes + file.size - size, size);
		file.size = size;
		cr_assert(eq(int, load(&file, 0), DFUT_ERROR_IMAGE));
		cr_assert(eq(u32, dfut_context_get_failed_check(context), DFUT_CHECK_LENGTH));
	}
}

Test(dfu_suffix, with_bytes_behind_it_is_refused)
{
	for (size_t more = 1; more <= 4000; more = more * 2 + 1) {
		struct file file = make_plain();

		memset(file.bytes + file.size, 0xff, more);
		file.size += more;
		cr_assert(eq(int, load(&file, 0), DFUT_ERROR_IMAGE), "%zu more", more);
		cr_assert(eq(u32, dfut_context_get_failed_check(context), DFUT_CHECK_LENGTH));
		cr_assert(says("too many after the DFU suffix"));
	}
}

Test(dfu_suffix, within_firmware_is_no_suffix)
{
	struct file file = make_plain();

	/* Other bytes in front, so that the CRC does not fit: as in firmware that writes suffixes. */
	file.bytes[0] ^= 1;
	memset(file.bytes + file.size, 0x5a, 40);
	file.size += 40;

	cr_assert(eq(int, load(&file, 0), 0));
	cr_assert(eq(sz, dfut_image_get_size(image), file.size));
}

Test(dfu_suffix, of_a_dfuse_file_is_refused_on_another)
{
	struct file file = make(payload, sizeof(payload), 0x011a);

	cr_assert(eq(int, load(&file, 0), DFUT_ERROR_IMAGE));
	cr_assert(eq(u32, dfut_context_get_failed_check(context), DFUT_CHECK_FORMAT));
	cr_assert(says("DfuSe"));
	cr_assert(says("offset 14"));
}

Test(dfu_suffix, around_nothing_is_refused)
{
	struct file file = make(NULL, 0, 0x0100);

	cr_assert(eq(int, load(&file, 0), DFUT_ERROR_IMAGE));
	cr_assert(eq(u32, dfut_context_get_failed_check(context), DFUT_CHECK_LENGTH));
}

Test(dfu_suffix, can_be_set_changed_and_removed)
{
	uint16_t vendor;

	cr_assert(eq(int, dfut_image_load_buffer(&image, context, payload, sizeof(payload), 0), 0));
	dfut_image_set_suffix(image, 0x1209, 0x0001, 0x0002);
	cr_assert(eq(str, (char *)fact("vendor_id"), (char *)"1209"));
	cr_assert(eq(str, (char *)fact("release"), (char *)"0002"));
	dfut_image_set_suffix(image, 0x1d50, DFUT_ID_ANY, DFUT_ID_ANY);
	cr_assert(eq(str, (char *)fact("vendor_id"), (char *)"1d50"));
	cr_assert(eq(str, (char *)fact("product_id"), (char *)"ffff"));
	dfut_image_remove_suffix(image);
	cr_assert(not(dfut_image_get_ids(image, &vendor, NULL, NULL)));
	cr_assert(eq(str, (char *)fact("vendor_id"), (char *)"(none)"));
}

Test(dfu_suffix, that_is_set_anew_loses_the_warning_of_the_old_one)
{
	struct file file = make_plain();

	file.bytes[0] ^= 1;
	cr_assert(eq(int, load(&file, DFUT_CHECK_CHECKSUM), 0));

	dfut_image_set_suffix(image, 0x1fc9, 0x000c, DFUT_ID_ANY);

	cr_assert(eq(str, (char *)fact("warning"), (char *)"(none)"));
}

Test(dfu_suffix, is_written_as_the_specification_lays_it_out)
{
	char path[] = "/tmp/dfut-test-suffix-XXXXXX";
	struct file expected = make_plain();
	struct file saved = { .size = 0 };
	FILE *stream;

	cr_assert(eq(int, close(mkstemp(path)), 0));
	cr_assert(eq(int, dfut_image_load_buffer(&image, context, payload, sizeof(payload), 0), 0));
	dfut_image_set_suffix(image, 0x1fc9, 0x000c, 0x1234);
	cr_assert(eq(int, dfut_image_save_file(image, path), 0));
	stream = fopen(path, "rb");
	cr_assert(stream != NULL);
	saved.size = fread(saved.bytes, 1, sizeof(saved.bytes), stream);
	fclose(stream);
	remove(path);

	cr_assert(eq(sz, saved.size, expected.size));
	cr_assert(eq(int, memcmp(saved.bytes, expected.bytes, expected.size), 0));
}

Test(dfu_suffix, of_a_version_that_dfu_does_not_have_is_refused)
{
	static const unsigned int versions[] = { 0x0000, 0x0001, 0x00ff, 0x0200, 0xffff };
	static const unsigned int known[] = { 0x0100, 0x0101, 0x0110 };

	for (size_t i = 0; i < sizeof(versions) / sizeof(versions[0]); i++) {
		struct file file = make(payload, sizeof(payload), versions[i]);

		cr_expect(eq(int, load(&file, 0), DFUT_ERROR_IMAGE), "%04x", versions[i]);
		cr_expect(says("offset 14: the DFU suffix says bcdDFU"), "%s", dfut_context_get_error(context));
		cr_expect(eq(u32, dfut_context_get_failed_check(context), DFUT_CHECK_FORMAT));
		cr_expect(eq(int, load(&file, DFUT_CHECK_FORMAT), 0));
		cr_expect(eq(sz, dfut_image_get_size(image), sizeof(payload)));
	}
	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
		struct file file = make(payload, sizeof(payload), known[i]);

		cr_expect(eq(int, load(&file, 0), 0), "%04x", known[i]);
	}
}

Test(dfu_suffix, with_its_signature_in_reading_order_is_refused)
{
	struct file file = make_plain();

	memcpy(file.bytes + sizeof(payload) + 8, "DFU", 3);
	put_crc(&file);
	cr_assert(eq(int, load(&file, 0), DFUT_ERROR_IMAGE));
	cr_expect(says("offset 16: the signature of the DFU suffix is DFU"));
	cr_expect(eq(u32, dfut_context_get_failed_check(context), DFUT_CHECK_FORMAT));
	cr_expect(eq(int, load(&file, DFUT_CHECK_FORMAT), 0));
}

Test(dfu_suffix, that_a_name_promises_is_missed)
{
	static const struct {
		const char *name;
		int code;
	} cases[] = { { "/tmp/dfut-test-%d.dfu", DFUT_ERROR_IMAGE },
		      { "/tmp/dfut-test-%d.DFU", DFUT_ERROR_IMAGE },
		      { "/tmp/dfut-test-%d.bin", 0 } };
	struct file file = make_plain();
	char path[60];
	FILE *stream;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		snprintf(path, sizeof(path), cases[i].name, (int)getpid());
		for (size_t has_suffix = 0; has_suffix < 2; has_suffix++) {
			stream = fopen(path, "wb");
			fwrite(file.bytes, 1, has_suffix ? file.size : sizeof(payload), stream);
			fclose(stream);
			dfut_image_free(image);
			cr_expect(eq(int, dfut_image_load_file(&image, context, path, 0),
				     has_suffix ? 0 : cases[i].code),
				  "%s", path);
		}
		dfut_image_free(image);
		image = NULL;
		if (cases[i].code)
			cr_expect(eq(int, dfut_image_load_file(&image, context, path, DFUT_CHECK_FORMAT), 0));
		remove(path);
	}
}
