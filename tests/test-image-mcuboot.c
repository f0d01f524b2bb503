/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* MCUboot images: what is told of good ones, that damaged ones are refused, slots, and the builder. */

#include <stdio.h>
#include <string.h>

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <criterion/parameterized.h>

#include "image/image.h"
#include "mcuboot-sample.h"

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

TestSuite(mcuboot, .init = start, .fini = stop, .timeout = 60);

static int load_forced(const struct sample *sample, unsigned int force)
{
	dfut_image_free(image);
	return dfut_image_load_buffer(&image, context, sample->bytes, sample->size, force);
}

static int load(const struct sample *sample)
{
	return load_forced(sample, 0);
}

static char *fact(const char *wanted)
{
	const char *layer, *key, *value;

	for (size_t i = 0; dfut_image_get_fact(image, i, &layer, &key, &value) == 0; i++)
		if (strcmp(layer, "mcuboot") == 0 && strcmp(key, wanted) == 0)
			return (char *)value;
	return (char *)"(none)";
}

static bool begins_with(const char *text, const char *beginning)
{
	return strncmp(text, beginning, strlen(beginning)) == 0;
}

static bool says(const char *text)
{
	return strstr(dfut_context_get_error(context), text) != NULL;
}

static unsigned int failed_check(void)
{
	return dfut_context_get_failed_check(context);
}

Test(mcuboot, image_is_recognised_and_sent_whole)
{
	struct sample sample = sample_plain();
	struct dfut_segment segment;

	cr_assert(eq(int, load(&sample), 0));
	cr_assert(eq(str, (char *)dfut_image_get_format(image), (char *)"mcuboot"));
	cr_assert(eq(int, dfut_image_get_segment(image, 0, &segment, sizeof(segment)), 0));
	cr_assert(eq(sz, segment.size, sample.size));
	cr_assert(eq(int, memcmp(segment.data, sample.bytes, sample.size), 0));
	cr_assert(dfut_image_is_mcuboot(image));
}

Test(mcuboot, header_is_told)
{
	struct sample_wish wish = { .header_size = 0x200,
				    .load_address = 0x20001000,
				    .flags = 0x21,
				    .version = { 1, 2, 0x03, 0x01, 4, 0, 1, 0 } };
	struct sample sample = sample_make(&wish);
	struct dfut_mcuboot_version version;

	cr_assert(eq(int, load(&sample), 0));
	cr_assert(eq(str, fact("header_size"), (char *)"512"));
	cr_assert(eq(str, fact("image_size"), (char *)"64"));
	cr_assert(eq(str, fact("version"), (char *)"1.2.259+65540"));
	cr_assert(eq(str, fact("flags"), (char *)"pic, ram-load"));
	cr_assert(eq(str, fact("load_address"), (char *)"0x20001000"));
	cr_assert(eq(str, fact("signature"), (char *)"none"));
	cr_assert(eq(str, fact("warning"), (char *)"(none)"));
	cr_assert(dfut_image_get_mcuboot_version(image, &version));
	cr_assert(eq(u8, version.major_number, 1));
	cr_assert(eq(u8, version.minor_number, 2));
	cr_assert(eq(u16, version.revision, 259));
	cr_assert(eq(u32, version.build, 65540));
}

Test(mcuboot, version_without_build_number_is_short)
{
	struct sample sample = sample_plain();

	cr_assert(eq(int, load(&sample), 0));
	cr_assert(eq(str, fact("version"), (char *)"1.2.3"));
	cr_assert(eq(str, fact("flags"), (char *)"none"));
}

Test(mcuboot, version_is_cut_to_the_room_there_is)
{
	struct sample_wish wish = { .version = { 1, 2, 3, 0, 9, 0, 0, 0 } };
	struct sample sample = sample_make(&wish);
	struct dfut_mcuboot_version version;
	char text[5] = "....";

	cr_assert(eq(int, load(&sample), 0));
	cr_assert(dfut_image_get_mcuboot_version(image, &version));
	cr_assert(eq(str, dfut_mcuboot_describe_version(&version, text, sizeof(text)), (char *)"1.2."));
}

Test(mcuboot, version_of_another_format_is_not_told)
{
	static const uint8_t raw[40] = { 1 };
	struct dfut_mcuboot_version version;

	cr_assert(eq(int, dfut_image_load_buffer(&image, context, raw, sizeof(raw), 0), 0));
	cr_assert(not(dfut_image_is_mcuboot(image)));
	cr_assert(not(dfut_image_get_mcuboot_version(image, &version)));
	cr_assert(not(dfut_mcuboot_read_version(raw, sizeof(raw), &version)));
}

Test(mcuboot, versions_are_ordered_without_their_build_numbers)
{
	static const struct dfut_mcuboot_version rising[] = {
		{ 0, 0, 0, 9 },	      { 0, 0, 1, 0 }, { 0, 0, 256, 0 }, { 0, 1, 0, 0 },
		{ 0, 255, 65535, 7 }, { 1, 0, 0, 0 }, { 1, 0, 2, 0 },
	};
	const struct dfut_mcuboot_version built = { 1, 0, 2, 5 };

	for (size_t i = 0; i < DFUT_COUNT(rising); i++)
		for (size_t k = 0; k < DFUT_COUNT(rising); k++)
			cr_expect(eq(int, dfut_mcuboot_is_older(&rising[i], &rising[k]), i < k), "%zu, %zu", i, k);
	cr_expect(not(dfut_mcuboot_is_older(&rising[6], &built)));
	cr_expect(not(dfut_mcuboot_is_older(&built, &rising[6])));
}

Test(mcuboot, flags_without_a_name_are_told_as_a_number)
{
	struct sample_wish wish = { .flags = 0x80000010 };
	struct sample sample = sample_make(&wish);

	cr_assert(eq(int, load(&sample), 0));
	cr_assert(eq(str, fact("flags"), (char *)"non-bootable, 0x80000000"));
}

struct hash_case {
	uint16_t type;
	char key[16];
};

ParameterizedTestParameters(mcuboot, hash_of_each_kind_is_verified)
{
	static struct hash_case cases[] = {
		{ 0x10, "tlv_sha256" },
		{ 0x11, "tlv_sha384" },
		{ 0x12, "tlv_sha512" },
	};

	return cr_make_param_array(struct hash_case, cases, sizeof(cases) / sizeof(cases[0]));
}

ParameterizedTest(struct hash_case *hash_case, mcuboot, hash_of_each_kind_is_verified)
{
	struct sample_wish wish = { .hash = hash_case->type };
	struct sample sample = sample_make(&wish);
	size_t digest_size = sample.size - 32 - 64 - 8;

	cr_assert(eq(int, load(&sample), 0));
	cr_assert(eq(str, fact("hash"), (char *)"verified"));
	cr_assert(eq(sz, strlen(fact(hash_case->key)), 2 * digest_size));

	sample.bytes[40] ^= 0x10;
	cr_assert(eq(int, load(&sample), DFUT_ERROR_IMAGE));
	cr_assert(eq(u32, failed_check(), DFUT_CHECK_HASH));
}

Test(mcuboot, hash_covers_protected_tlvs)
{
	static const uint8_t tlvs[] = { 0x50, 0x00, 4, 0, 7, 0, 0, 0 };
	struct sample_wish wish = { .protected_tlvs = tlvs, .protected_size = sizeof(tlvs) };
	struct sample sample = sample_make(&wish);

	cr_assert(eq(int, load(&sample), 0));
	cr_assert(eq(str, fact("hash"), (char *)"verified"));
	cr_assert(eq(str, fact("protected_tlv_sec_cnt"), (char *)"07000000"));
	cr_assert(eq(str, fact("protected_tlv_size"), (char *)"12"));

	sample.bytes[32 + 64 + 8] ^= 1;
	cr_assert(eq(int, load(&sample), DFUT_ERROR_IMAGE));
	cr_assert(eq(u32, failed_check(), DFUT_CHECK_HASH));
}

Test(mcuboot, tlvs_are_named_and_unknown_ones_numbered)
{
	static const uint8_t tlvs[] = { 0x01, 0,    2,	  0, 0xab, 0xcd, 0x24, 0, 1, 0,
					0xff, 0xa1, 0x00, 0, 0,	   0xa0, 0xf1, 1, 0, 9 };
	struct sample_wish wish = { .other_tlvs = tlvs, .other_size = sizeof(tlvs) };
	struct sample sample = sample_make(&wish);

	cr_assert(eq(int, load(&sample), 0));
	cr_assert(eq(str, fact("tlv_keyhash"), (char *)"abcd"));
	cr_assert(eq(str, fact("tlv_ed25519"), (char *)"ff"));
	cr_assert(eq(str, fact("tlv_00a1"), (char *)""));
	cr_assert(eq(str, fact("tlv_f1a0"), (char *)"09"));
	cr_assert(eq(str, fact("signature"), (char *)"ed25519, not checked: no key"));
}

Test(mcuboot, bad_hash_is_told_with_both_digests_and_its_place)
{
	struct sample sample = sample_plain();
	char said[20], found[20];
	uint8_t digest[64];
	struct sample content;

	sample.bytes[50] ^= 1;
	content = sample;
	content.size = 32 + 64;
	sample_hash(&content, 0x10, digest);
	for (int i = 0; i < 8; i++) {
		snprintf(said + 2 * i, 3, "%02x", sample.bytes[32 + 64 + 8 + i]);
		snprintf(found + 2 * i, 3, "%02x", digest[i]);
	}

	cr_assert(eq(int, load(&sample), DFUT_ERROR_IMAGE));
	cr_assert(eq(u32, failed_check(), DFUT_CHECK_HASH));
	cr_assert(says(said));
	cr_assert(says(found));
	cr_assert(says("offset 104"));
}

Test(mcuboot, bad_hash_can_be_overruled_with_a_warning)
{
	struct sample sample = sample_plain();

	sample.bytes[50] ^= 1;

	cr_assert(eq(int, load_forced(&sample, ~0u & ~(unsigned int)DFUT_CHECK_HASH), DFUT_ERROR_IMAGE));
	cr_assert(eq(int, load_forced(&sample, DFUT_CHECK_HASH), 0));
	cr_assert(strstr(fact("warning"), "SHA-256") != NULL);
	cr_assert(eq(str, fact("hash"), (char *)"(none)"));
}

Test(mcuboot, hash_tlv_of_the_wrong_size_is_refused)
{
	static const uint8_t tlvs[] = { 0x10, 0,  20, 0,  1,  2,  3,  4,  5,  6,  7,  8,
					9,    10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20 };
	struct sample_wish wish = { .hash = 0xffff, .other_tlvs = tlvs, .other_size = sizeof(tlvs) };
	struct sample sample = sample_make(&wish);

	cr_assert(eq(int, load(&sample), DFUT_ERROR_IMAGE));
	cr_assert(eq(u32, failed_check(), DFUT_CHECK_HASH));
	cr_assert(says("20 bytes instead of 32"));
}

/* Whichever a loader looks at, it must be right. */
Test(mcuboot, hashes_that_disagree_are_refused)
{
	struct sample plain = sample_plain();
	const uint8_t *right = plain.bytes + plain.size - 36;
	uint8_t tlvs[4 + 64] = { 0 };
	struct sample_wish wish = { .other_tlvs = tlvs, .other_size = 36 };
	struct sample sample;

	memcpy(tlvs, right, 36);
	sample = sample_make(&wish);
	cr_expect(eq(int, load(&sample), 0));
	tlvs[35] ^= 1;
	sample = sample_make(&wish);
	cr_expect(eq(int, load(&sample), DFUT_ERROR_IMAGE));
	cr_expect(eq(u32, failed_check(), DFUT_CHECK_HASH));
	cr_expect(says("a second hash"));
	cr_expect(eq(int, load_forced(&sample, DFUT_CHECK_HASH), 0));
	/* The first is wrong, the second right; another kind is wrong */
	wish.hash = 0xffff;
	memcpy(tlvs + 4, right + 4, 32);
	tlvs[4] ^= 1;
	sample = sample_make(&wish);
	cr_expect(eq(int, load(&sample), DFUT_ERROR_IMAGE));
	memset(tlvs, 0, sizeof(tlvs));
	tlvs[0] = 0x12;
	tlvs[2] = 64;
	wish = (struct sample_wish){ .other_tlvs = tlvs, .other_size = sizeof(tlvs) };
	sample = sample_make(&wish);
	cr_expect(eq(int, load(&sample), DFUT_ERROR_IMAGE));
	cr_expect(says("SHA-512"));
}

Test(mcuboot, image_without_a_hash_is_refused)
{
	struct sample_wish wish = { .hash = 0xffff };
	struct sample sample = sample_make(&wish);

	cr_assert(eq(int, load(&sample), DFUT_ERROR_IMAGE));
	cr_assert(eq(u32, failed_check(), DFUT_CHECK_HASH));
}

Test(mcuboot, pure_signature_needs_no_hash)
{
	static const uint8_t tlvs[] = { 0x24, 0, 1, 0, 0xaa, 0x25, 0, 1, 0, 1 };
	struct sample_wish wish = { .hash = 0xffff, .other_tlvs = tlvs, .other_size = sizeof(tlvs) };
	struct sample sample = sample_make(&wish);

	cr_assert(eq(int, load(&sample), 0));
	cr_assert(begins_with(fact("hash"), "not checked: "));
	cr_assert(eq(str, fact("signature"), (char *)"ed25519 (pure), not checked: no key"));
}

Test(mcuboot, hash_of_an_encrypted_image_is_not_checked)
{
	static const uint8_t tlvs[] = { 0x32, 0, 1, 0, 0xaa };
	struct sample_wish wish = { .flags = 0x4, .other_tlvs = tlvs, .other_size = sizeof(tlvs) };
	struct sample sample = sample_make(&wish);

	sample.bytes[50] ^= 1;

	cr_assert(eq(int, load(&sample), 0));
	cr_assert(begins_with(fact("hash"), "not checked: "));
	cr_assert(eq(str, fact("flags"), (char *)"encrypted-aes128"));
	cr_assert(eq(str, fact("tlv_enc_ec256"), (char *)"aa"));
}

Test(mcuboot, every_truncation_is_refused)
{
	static const uint8_t protected_tlvs[] = { 0x50, 0, 4, 0, 7, 0, 0, 0 };
	static const uint8_t tlvs[] = { 0x01, 0, 2, 0, 0xab, 0xcd };
	struct sample_wish wish = { .protected_tlvs = protected_tlvs,
				    .protected_size = sizeof(protected_tlvs),
				    .other_tlvs = tlvs,
				    .other_size = sizeof(tlvs) };
	struct sample sample = sample_make(&wish);

	cr_assert(eq(int, load(&sample), 0));
	/* One byte alone may be anything. */
	while (--sample.size >= 2) {
		cr_assert(eq(int, load(&sample), DFUT_ERROR_IMAGE), "%zu bytes", sample.size);
		cr_assert(eq(u32, failed_check(), DFUT_CHECK_LENGTH), "%zu bytes", sample.size);
		cr_assert(says("offset "));
		cr_assert(eq(int, load_forced(&sample, DFUT_CHECK_LENGTH), 0), "%zu bytes", sample.size);
		cr_assert(ne(str, fact("warning"), (char *)"(none)"));
	}
}

/* With a bit of the magic flipped it is bytes like any other. */
Test(mcuboot, every_flipped_bit_behind_the_magic_is_refused)
{
	struct sample good = sample_plain();

	for (size_t bit = 8 * 4; bit < 8 * good.size; bit++) {
		struct sample bad = good;

		bad.bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
		/* An encrypted image has nothing to check without its key. */
		if (bit / 8 == 16 && (bit % 8 == 2 || bit % 8 == 3))
			continue;
		cr_assert(eq(int, load(&bad), DFUT_ERROR_IMAGE), "bit %zu", bit);
	}
}

Test(mcuboot, header_smaller_than_itself_is_refused)
{
	struct sample sample = sample_plain();

	sample.bytes[8] = 31;

	cr_assert(eq(int, load(&sample), DFUT_ERROR_IMAGE));
	cr_assert(eq(u32, failed_check(), DFUT_CHECK_FORMAT));
	cr_assert(says("offset 8"));
	cr_assert(eq(int, load_forced(&sample, DFUT_CHECK_FORMAT), 0));
}

Test(mcuboot, sizes_near_the_end_of_32_bits_do_not_overflow)
{
	struct sample sample = sample_plain();

	memset(sample.bytes + 8, 0xff, 8);

	cr_assert(eq(int, load(&sample), DFUT_ERROR_IMAGE));
	cr_assert(eq(u32, failed_check(), DFUT_CHECK_LENGTH));
}

Test(mcuboot, tlv_that_leaves_its_area_is_refused)
{
	struct sample sample = sample_plain();

	sample.bytes[32 + 64 + 6] = 33;

	cr_assert(eq(int, load(&sample), DFUT_ERROR_IMAGE));
	cr_assert(eq(u32, failed_check(), DFUT_CHECK_LENGTH));
	cr_assert(says("offset 100: TLV 0010 has 33 bytes"));
}

Test(mcuboot, tlv_area_that_ends_inside_a_tlv_header_is_refused)
{
	static const uint8_t rest[] = { 1, 0, 0 };
	struct sample_wish wish = { .other_tlvs = rest, .other_size = sizeof(rest) };
	struct sample sample = sample_make(&wish);

	cr_assert(eq(int, load(&sample), DFUT_ERROR_IMAGE));
	cr_assert(eq(u32, failed_check(), DFUT_CHECK_LENGTH));
}

Test(mcuboot, protected_area_must_be_as_long_as_the_header_says)
{
	static const uint8_t tlvs[] = { 0x50, 0, 4, 0, 7, 0, 0, 0 };
	struct sample_wish wish = { .protected_tlvs = tlvs, .protected_size = sizeof(tlvs) };
	struct sample sample = sample_make(&wish);

	sample.bytes[32 + 64 + 2]--;

	cr_assert(eq(int, load(&sample), DFUT_ERROR_IMAGE));
	cr_assert(eq(u32, failed_check(), DFUT_CHECK_FORMAT));
}

Test(mcuboot, old_form_is_refused_by_name)
{
	struct sample sample = sample_plain();

	sample.bytes[0] = 0x3c;

	cr_assert(eq(int, load(&sample), DFUT_ERROR_UNSUPPORTED));
	cr_assert(says("MCUboot"));
}

Test(mcuboot, thousands_of_tlvs_are_taken)
{
	static uint8_t tlvs[8000];
	struct sample_wish wish = { .other_tlvs = tlvs, .other_size = sizeof(tlvs) };
	struct sample sample = sample_make(&wish);

	cr_assert(eq(int, load(&sample), 0));
	cr_assert(lt(sz, 2000, dfut_image_get_fact_count(image)));
}

Test(mcuboot, erased_bytes_behind_an_image_are_taken)
{
	for (int value = 0; value < 256; value++) {
		struct sample sample = sample_plain();
		bool erased = value == 0x00 || value == 0xff;

		sample_fill(&sample, (uint8_t)value, 300);
		cr_assert(eq(int, load(&sample), erased ? 0 : DFUT_ERROR_IMAGE));
		if (!erased)
			cr_assert(eq(u32, failed_check(), DFUT_CHECK_LENGTH));
	}
}

Test(mcuboot, other_bytes_behind_an_image_are_refused)
{
	struct sample sample = sample_plain();
	size_t end = sample.size;

	sample_fill(&sample, 0xff, 300);
	sample.bytes[end + 200] = 0xfe;

	cr_assert(eq(int, load(&sample), DFUT_ERROR_IMAGE));
	cr_assert(eq(u32, failed_check(), DFUT_CHECK_LENGTH));
	cr_assert(says("offset 136: 300 bytes too many"));
	cr_assert(eq(int, load_forced(&sample, DFUT_CHECK_LENGTH), 0));
}

struct trailer_case {
	unsigned int alignment;
	uint8_t image_ok;
	uint8_t copy_done;
	uint8_t swap_info;
	char words[16];
	char image_ok_text[16];
	char copy_done_text[16];
	char swap_type[16];
	char image_number[8];
};

ParameterizedTestParameters(mcuboot, trailer_is_explained)
{
	static struct trailer_case cases[] = {
		{ 8, 0xff, 0xff, 0xff, "test: ", "unset", "unset", "unset", "(none)" },
		{ 8, 0xff, 0xff, 0x02, "test: ", "unset", "unset", "test", "0" },
		{ 8, 0x01, 0xff, 0x13, "permanent: ", "set", "unset", "permanent", "1" },
		{ 8, 0xff, 0x01, 0x04, "revert: ", "unset", "set", "revert", "0" },
		{ 8, 0x01, 0x01, 0x31, "none: ", "set", "set", "none", "3" },
		{ 8, 0x55, 0xff, 0x02, "unclear: ", "bad (0x55)", "unset", "test", "0" },
		{ 8, 0xff, 0x02, 0x0f, "unclear: ", "unset", "bad (0x02)", "unknown (15)", "0" },
		{ 16, 0xff, 0xff, 0x02, "test: ", "unset", "unset", "test", "0" },
		{ 32, 0x01, 0xff, 0x03, "permanent: ", "set", "unset", "permanent", "0" },
		{ 64, 0xff, 0x01, 0x04, "revert: ", "unset", "set", "revert", "0" },
	};

	return cr_make_param_array(struct trailer_case, cases, sizeof(cases) / sizeof(cases[0]));
}

ParameterizedTest(struct trailer_case *wanted, mcuboot, trailer_is_explained)
{
	struct sample sample = sample_plain();
	char alignment[8];

	snprintf(alignment, sizeof(alignment), "%u", wanted->alignment);
	sample_put_trailer(&sample, 4096, wanted->alignment, wanted->image_ok, wanted->copy_done, wanted->swap_info);

	cr_assert(eq(int, load(&sample), 0));
	cr_assert(begins_with(fact("trailer"), wanted->words), "%s", fact("trailer"));
	cr_assert(eq(str, fact("trailer_alignment"), alignment));
	cr_assert(eq(str, fact("trailer_image_ok"), wanted->image_ok_text));
	cr_assert(eq(str, fact("trailer_copy_done"), wanted->copy_done_text));
	cr_assert(eq(str, fact("trailer_swap_type"), wanted->swap_type));
	cr_assert(eq(str, fact("trailer_image_number"), wanted->image_number));
	cr_assert(eq(str, fact("slot_size"), (char *)"4096"));
	cr_assert(eq(sz, dfut_image_get_size(image), 4096));
}

Test(mcuboot, trailer_with_a_swap_status_is_taken)
{
	struct sample sample = sample_plain();

	sample_put_trailer(&sample, 4096, 8, 0x01, 0x01, 0x02);
	memset(sample.bytes + 4096 - 48 - 100, 0x01, 100);

	cr_assert(eq(int, load(&sample), 0));
}

Test(mcuboot, trailer_with_an_alignment_that_is_no_power_of_two_is_refused)
{
	struct sample sample = sample_plain();

	sample_put_trailer(&sample, 4096, 24, 0xff, 0xff, 0xff);

	cr_assert(eq(int, load(&sample), DFUT_ERROR_IMAGE));
	cr_assert(eq(u32, failed_check(), DFUT_CHECK_LENGTH));
}

Test(mcuboot, trailer_magic_without_room_for_its_flags_is_refused)
{
	struct sample sample = sample_plain();
	struct sample slot = sample;

	sample_put_trailer(&slot, 4096, 8, 0xff, 0xff, 0xff);
	sample_bytes(&sample, slot.bytes + 4096 - 40, 40);

	cr_assert(eq(int, load(&sample), DFUT_ERROR_IMAGE));
	cr_assert(eq(u32, failed_check(), DFUT_CHECK_LENGTH));
}

Test(mcuboot, builder_makes_the_same_bytes)
{
	struct sample_wish wish = { .header_size = 0x200,
				    .body_size = 1000,
				    .version = { 2, 10, 0x2c, 1, 5, 0, 0, 0 } };
	struct sample sample = sample_make(&wish);
	struct dfut_segment segment;

	cr_assert(eq(int, dfut_image_load_buffer(&image, context, sample.bytes + 0x200, 1000, 0), 0));
	cr_assert(eq(int, dfut_image_wrap_mcuboot(image, "2.10.300+5", 0x200), 0));

	cr_assert(eq(int, dfut_image_get_segment(image, 0, &segment, sizeof(segment)), 0));
	cr_assert(eq(sz, segment.size, sample.size));
	cr_assert(eq(int, memcmp(segment.data, sample.bytes, sample.size), 0));
	cr_assert(eq(str, (char *)dfut_image_get_format(image), (char *)"mcuboot"));
	cr_assert(eq(str, fact("hash"), (char *)"verified"));
	cr_assert(eq(str, fact("version"), (char *)"2.10.300+5"));
}

Test(mcuboot, builder_keeps_suffix_and_address)
{
	static const uint8_t raw[] = { 0x00, 0x10, 0x00, 0x20, 0xc1, 0x01, 0x00, 0x08 };
	struct dfut_segment segment;
	uint16_t vendor;

	cr_assert(eq(int, dfut_image_load_buffer(&image, context, raw, sizeof(raw), 0), 0));
	dfut_image_set_suffix(image, 0x2fe3, 0x0005, DFUT_ID_ANY);
	cr_assert(eq(int, dfut_image_set_address(image, 0x1000), 0));

	cr_assert(eq(int, dfut_image_wrap_mcuboot(image, "1.0.0", 32), 0));

	cr_assert(dfut_image_get_ids(image, &vendor, NULL, NULL));
	cr_assert(eq(u16, vendor, 0x2fe3));
	cr_assert(eq(int, dfut_image_get_segment(image, 0, &segment, sizeof(segment)), 0));
	cr_assert(segment.has_address);
	cr_assert(eq(u32, segment.address, 0x1000));
}

struct wrong_wrap {
	char version[32];
	uint32_t header_size;
};

ParameterizedTestParameters(mcuboot, builder_refuses_wrong_arguments)
{
	/* clang-format off */
	static struct wrong_wrap cases[] = {
		{ "", 512 },		  { "1", 512 },		 { "1.2", 512 },	  { "1.2.", 512 },
		{ "1.2.3.4", 512 },	  { "1.2.3+", 512 },	 { "1.2.3+x", 512 },	  { "1.2.3 ", 512 },
		{ " 1.2.3", 512 },	  { "-1.2.3", 512 },	 { "+1.2.3", 512 },	  { "256.2.3", 512 },
		{ "1.256.3", 512 },	  { "1.2.65536", 512 },	 { "1.2.3+4294967296", 512 }, { "1..3", 512 },
		{ "1.2.99999999999999999999", 512 }, { "1.2.3", 31 }, { "1.2.3", 0 },	  { "1.2.3", 65536 },
	};
	/* clang-format on */

	return cr_make_param_array(struct wrong_wrap, cases, sizeof(cases) / sizeof(cases[0]));
}

ParameterizedTest(struct wrong_wrap *wrong, mcuboot, builder_refuses_wrong_arguments)
{
	static const uint8_t raw[] = { 0x00, 0x10, 0x00, 0x20, 0xc1, 0x01, 0x00, 0x08 };

	cr_assert(eq(int, dfut_image_load_buffer(&image, context, raw, sizeof(raw), 0), 0));
	cr_assert(eq(int, dfut_image_wrap_mcuboot(image, wrong->version, wrong->header_size), DFUT_ERROR_USAGE));
	cr_assert(eq(sz, dfut_image_get_size(image), sizeof(raw)));
	cr_assert(eq(str, (char *)dfut_image_get_format(image), (char *)"raw"));
}

Test(mcuboot, builder_takes_the_largest_numbers)
{
	static const uint8_t raw[] = { 0x00, 0x10, 0x00, 0x20, 0xc1, 0x01, 0x00, 0x08 };

	cr_assert(eq(int, dfut_image_load_buffer(&image, context, raw, sizeof(raw), 0), 0));
	cr_assert(eq(int, dfut_image_wrap_mcuboot(image, "255.255.65535+4294967295", 65535), 0));
	cr_assert(eq(str, fact("version"), (char *)"255.255.65535+4294967295"));
}

Test(mcuboot, builder_refuses_an_mcuboot_image_and_one_that_is_in_use)
{
	static const uint8_t raw[] = { 0x00, 0x10, 0x00, 0x20, 0xc1, 0x01, 0x00, 0x08 };
	struct sample sample = sample_plain();
	struct dfut_image *second;

	cr_assert(eq(int, load(&sample), 0));
	cr_assert(eq(int, dfut_image_wrap_mcuboot(image, "1.2.3", 32), DFUT_ERROR_USAGE));
	dfut_image_free(image);
	cr_assert(eq(int, dfut_image_load_buffer(&image, context, raw, sizeof(raw), 0), 0));
	second = dfut_image_ref(image);
	cr_assert(eq(int, dfut_image_wrap_mcuboot(image, "1.2.3", 32), DFUT_ERROR_USAGE));
	dfut_image_free(second);
	cr_assert(eq(int, dfut_image_wrap_mcuboot(image, "1.2.3", 32), 0));
}
