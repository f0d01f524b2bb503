/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* Files that are too large to be held in memory: what is read of them, what is sent, and what if they are changed meanwhile. */

#if !defined(_WIN32) && !defined(_XOPEN_SOURCE)
#define _XOPEN_SOURCE 700
#endif

#define ROUND_LIMIT 2000000

#include "bench.h"

#include <zlib.h>

#define MIB ((size_t)1024 * 1024)
/* No multiple of a page, or of a block */
#define FILE_SIZE (130 * MIB + 1234)
#define NOISE_SIZE (3 * MIB)
#define SUFFIX_SIZE 16

static char folder[64];
static char path[96];
static struct bench bench;
static struct dfut_image *image;
static uint8_t noise[NOISE_SIZE];

/* Noise at the beginning, in the middle and at the end, and holes between, which are zeros. */
static const size_t places[] = { 0, 60 * MIB + 77, FILE_SIZE - NOISE_SIZE };

static void put(size_t offset, const void *bytes, size_t size)
{
	FILE *file = fopen(path, "r+b");

	cr_assert(file != NULL);
	cr_assert(eq(int, fseek(file, (long)offset, SEEK_SET), 0));
	cr_assert(eq(sz, fwrite(bytes, 1, size, file), size));
	fclose(file);
}

static void make_file(size_t size)
{
	FILE *file = fopen(path, "wb");

	cr_assert(file != NULL);
	fclose(file);
	cr_assert(eq(int, truncate(path, (off_t)size), 0));
}

static void make_firmware(void)
{
	uint32_t state = 1;

	for (size_t i = 0; i < NOISE_SIZE; i++) {
		state = state * 1664525 + 1013904223;
		noise[i] = (uint8_t)(state >> 24);
	}
	make_file(FILE_SIZE);
	for (size_t i = 0; i < COUNT(places); i++)
		put(places[i], noise, NOISE_SIZE);
}

static void start(void)
{
	bench_start(&bench, "dfu:start=bootloader,size=160M,erases=no,busy=0,transfer-size=2048");
	snprintf(folder, sizeof(folder), "/tmp/dfut-test-paged-XXXXXX");
	cr_assert(mkdtemp(folder) != NULL);
	snprintf(path, sizeof(path), "%s/firmware.bin", folder);
	make_firmware();
}

static void stop(void)
{
	dfut_image_free(image);
	bench_stop(&bench);
	unlink(path);
	rmdir(folder);
}

TestSuite(paged, .init = start, .fini = stop, .timeout = 300);

static int load(unsigned int force)
{
	dfut_image_free(image);
	return dfut_image_load_file(&image, bench.context, path, force);
}

static void load_or_fail(void)
{
	cr_assert(eq(int, load(0), 0), "%s", dfut_context_get_error(bench.context));
}

static bool says(const char *text)
{
	return strstr(dfut_context_get_error(bench.context), text) != NULL;
}

static bool image_says(const char *text)
{
	return strstr(dfut_image_get_error(image), text) != NULL;
}

static bool has_fact(const char *wanted, const char *text)
{
	const char *layer, *key, *value;

	for (size_t i = 0; dfut_image_get_fact(image, i, &layer, &key, &value) == 0; i++)
		if (strcmp(key, wanted) == 0)
			return strcmp(value, text) == 0;
	return false;
}

/* Reading */

static uint8_t get_byte(size_t offset)
{
	for (size_t i = 0; i < COUNT(places); i++)
		if (offset >= places[i] && offset - places[i] < NOISE_SIZE)
			return noise[offset - places[i]];
	return 0;
}

static void expect_bytes(size_t offset, size_t size)
{
	uint8_t bytes[20000];

	cr_assert(eq(int, dfut_image_read_segment(image, 0, offset, bytes, size), 0), "%zu: %s", offset,
		  dfut_image_get_error(image));
	for (size_t i = 0; i < size; i++)
		cr_assert(eq(u8, bytes[i], get_byte(offset + i)), "%zu", offset + i);
}

Test(paged, any_bytes_can_be_read)
{
	static const size_t sizes[] = { 0, 1, 1000, 4095, 4096, 4097, 20000 };
	struct dfut_segment segment;

	load_or_fail();
	cr_assert(eq(str, (char *)dfut_image_get_format(image), (char *)"raw"));
	cr_assert(eq(sz, dfut_image_get_size(image), FILE_SIZE));
	cr_assert(eq(int, dfut_image_get_segment(image, 0, &segment, sizeof(segment)), 0));
	cr_assert(segment.data == NULL);
	cr_assert(eq(sz, segment.size, FILE_SIZE));
	for (size_t i = 0; i < COUNT(sizes); i++) {
		for (size_t offset = 0; offset + sizes[i] <= FILE_SIZE; offset += 4 * MIB + 1234)
			expect_bytes(offset, sizes[i]);
		expect_bytes(FILE_SIZE - sizes[i], sizes[i]);
	}
}

Test(paged, bytes_that_are_not_there_are_refused)
{
	uint8_t bytes[4];

	load_or_fail();
	cr_assert(eq(int, dfut_image_read_segment(image, 0, FILE_SIZE - 3, bytes, 4), DFUT_ERROR_USAGE));
	cr_assert(eq(int, dfut_image_read_segment(image, 0, FILE_SIZE + 1, bytes, 0), DFUT_ERROR_USAGE));
	cr_assert(eq(int, dfut_image_read_segment(image, 0, SIZE_MAX, bytes, 4), DFUT_ERROR_USAGE));
	cr_assert(eq(int, dfut_image_read_segment(image, 1, 0, bytes, 4), DFUT_ERROR_NOT_FOUND));
}

Test(paged, small_images_are_read_alike)
{
	uint8_t bytes[1000];

	cr_assert(eq(int, dfut_image_load_buffer(&image, bench.context, noise, NOISE_SIZE, 0), 0));
	cr_assert(eq(int, dfut_image_read_segment(image, 0, 5000, bytes, sizeof(bytes)), 0));
	cr_assert(eq(int, memcmp(bytes, noise + 5000, sizeof(bytes)), 0));
	cr_assert(eq(int, dfut_image_read_segment(image, 0, NOISE_SIZE, bytes, 0), 0));
	cr_assert(eq(int, dfut_image_read_segment(image, 0, NOISE_SIZE - 999, bytes, 1000), DFUT_ERROR_USAGE));
}

Test(paged, what_was_changed_is_not_read)
{
	static const size_t changed[] = { 0, 61 * MIB, 100 * MIB, FILE_SIZE - 1 };
	uint8_t byte, other;

	load_or_fail();
	for (size_t i = 0; i < COUNT(changed); i++) {
		byte = get_byte(changed[i]);
		other = byte ^ 1;
		put(changed[i], &other, 1);
		cr_expect(eq(int, dfut_image_read_segment(image, 0, changed[i], &other, 1), DFUT_ERROR_IO));
		cr_expect(image_says("the firmware file was changed after it was judged"), "%s",
			  dfut_image_get_error(image));
		cr_expect(lt(sz, 0, strlen(dfut_image_get_hint(image))));
		expect_bytes(changed[i] < MIB ? 2 * MIB : changed[i] - MIB, 4096);
		put(changed[i], &byte, 1);
		expect_bytes(changed[i], 1);
	}
}

/* As a map of it would, whose reader is killed then. */
Test(paged, what_was_cut_off_is_not_read)
{
	uint8_t byte;

	load_or_fail();
	cr_assert(eq(int, truncate(path, 100 * MIB), 0));
	cr_assert(eq(int, dfut_image_read_segment(image, 0, 100 * MIB, &byte, 1), DFUT_ERROR_IO));
	cr_assert(image_says("offset 104857600: the firmware file was changed after it was judged: it ends here"), "%s",
		  dfut_image_get_error(image));
	expect_bytes(60 * MIB, 20000);
	/* What is there instead is what was there. */
	cr_assert(eq(int, truncate(path, FILE_SIZE), 0));
	expect_bytes(100 * MIB, 20000);
}

/* Another file in its place is not the one that was judged. */
Test(paged, a_file_that_is_replaced_stays)
{
	char old[sizeof(path) + 4];

	load_or_fail();
	snprintf(old, sizeof(old), "%s.old", path);
	cr_assert(eq(int, rename(path, old), 0));
	make_file(10);
	expect_bytes(61 * MIB, 20000);
	cr_assert(eq(int, unlink(old), 0));
	expect_bytes(61 * MIB, 20000);
}

/* Judging */

Test(paged, what_is_no_firmware_is_refused)
{
	static const uint8_t archive[] = { 0x1f, 0x8b, 0x08, 0x00 };
	uint8_t end = 0;

	put(0, archive, sizeof(archive));
	cr_assert(eq(int, load(0), DFUT_ERROR_IMAGE));
	cr_assert(says("gzip archive"), "%s", dfut_context_get_error(bench.context));
	cr_assert(eq(int, load(DFUT_CHECK_FORMAT), 0));
	make_file(FILE_SIZE);
	cr_assert(eq(int, load(0), DFUT_ERROR_IMAGE));
	cr_assert(says("nothing but 00 bytes"), "%s", dfut_context_get_error(bench.context));
	/* A file system begins with zeros, too. */
	end = 1;
	put(FILE_SIZE - 1, &end, 1);
	load_or_fail();
	end = 0;
	put(FILE_SIZE - 1, &end, 1);
	end = 1;
	put(70 * MIB, &end, 1);
	load_or_fail();
}

Test(paged, other_formats_have_a_limit)
{
	static const char hex[] = ":0400000001020304F2\n";

	/* Up to it they are read whole, and refused for what they are. */
	put(0, hex, sizeof(hex) - 1);
	cr_assert(eq(int, load(0), DFUT_ERROR_IMAGE));
	cr_assert(says("line 2"), "%s", dfut_context_get_error(bench.context));
	cr_assert(eq(int, truncate(path, 300 * MIB), 0));
	cr_assert(eq(int, load(~0u), DFUT_ERROR_IMAGE));
	cr_assert(says("has 314572800 bytes, the limit is 268435456 for files of the format ihex"), "%s",
		  dfut_context_get_error(bench.context));
	cr_assert(eq(u32, dfut_context_get_failed_check(bench.context), DFUT_CHECK_SIZE));
	cr_assert(lt(sz, 0, strlen(dfut_context_get_hint(bench.context))));
}

Test(paged, more_than_any_device_takes_is_refused_by_its_size)
{
	cr_assert(eq(int, truncate(path, (off_t)(64 * 1024 * MIB + 1)), 0));
	cr_assert(eq(int, load(~0u), DFUT_ERROR_IMAGE));
	cr_assert(says("has 68719476737 bytes, the limit is 68719476736"), "%s", dfut_context_get_error(bench.context));
}

Test(paged, needs_memory_is_refused)
{
	load_or_fail();
	cr_assert(eq(int, dfut_image_set_address(image, 0x1000), 0));
	cr_assert(eq(int, dfut_image_convert(image, "ihex"), DFUT_ERROR_UNSUPPORTED));
	cr_assert(image_says("the limit is 134217728"), "%s", dfut_image_get_error(image));
	cr_assert(eq(int, dfut_image_wrap_mcuboot(image, "1.2.3", 0x200), DFUT_ERROR_UNSUPPORTED));
	cr_assert(image_says("too large for an MCUboot image"), "%s", dfut_image_get_error(image));
	cr_assert(eq(int, dfut_image_convert(image, "raw"), 0));
}

/* Suffix */

static uint32_t get_crc(const void *more, size_t size)
{
	uint8_t bytes[4096];
	uLong crc = crc32(0, NULL, 0);
	FILE *file = fopen(path, "rb");
	size_t part;

	while ((part = fread(bytes, 1, sizeof(bytes), file)) > 0)
		crc = crc32(crc, bytes, (uInt)part);
	fclose(file);
	return ~(uint32_t)crc32(crc, more, (uInt)size);
}

static void add_suffix(size_t payload)
{
	uint8_t suffix[SUFFIX_SIZE] = { 0x02, 0x01, 0x66, 0x55, 0x09, 0x12, 0x00, 0x01, 'U', 'F', 'D', SUFFIX_SIZE };
	uint32_t crc = get_crc(suffix, 12);

	for (size_t i = 0; i < 4; i++)
		suffix[12 + i] = (uint8_t)(crc >> 8 * i);
	put(payload, suffix, sizeof(suffix));
}

/* It may begin in one page and end in the next. */
Test(paged, suffix_is_taken_off)
{
	static const size_t sizes[] = { 130 * MIB, 130 * MIB - 1, 130 * MIB - 8, 130 * MIB - 16, 130 * MIB + 4000 };
	uint16_t vendor, product;

	for (size_t i = 0; i < COUNT(sizes); i++) {
		uint8_t byte = (uint8_t)~get_byte(5);

		make_firmware();
		cr_assert(eq(int, truncate(path, (off_t)sizes[i]), 0));
		add_suffix(sizes[i]);
		load_or_fail();
		cr_assert(eq(sz, dfut_image_get_size(image), sizes[i]));
		cr_assert(dfut_image_get_ids(image, &vendor, &product, NULL));
		cr_assert(eq(u16, vendor, 0x1209));
		cr_assert(eq(u16, product, 0x5566));
		put(5, &byte, 1);
		cr_assert(eq(int, load(0), DFUT_ERROR_IMAGE));
		cr_assert(eq(u32, dfut_context_get_failed_check(bench.context), DFUT_CHECK_CHECKSUM));
	}
}

/* As a person would by pack --suffix. */
Test(paged, is_saved_with_a_suffix)
{
	char packed[sizeof(path) + 8];
	uint16_t product;

	load_or_fail();
	dfut_image_set_suffix(image, 0x1209, 0x5566, 0x0102);
	snprintf(packed, sizeof(packed), "%s.dfu", path);
	cr_assert(eq(int, dfut_image_save_file(image, packed), 0), "%s", dfut_image_get_error(image));
	/* Windows puts nothing in the place of a file that is open. */
	dfut_image_free(image);
	image = NULL;
	cr_assert(eq(int, rename(packed, path), 0));
	load_or_fail();
	cr_assert(eq(sz, dfut_image_get_size(image), FILE_SIZE));
	cr_assert(dfut_image_get_ids(image, NULL, &product, NULL));
	cr_assert(eq(u16, product, 0x5566));
	for (size_t i = 0; i < COUNT(places); i++)
		expect_bytes(places[i], 20000);
	cr_assert(has_fact("size", "136316114"));
}

/* While it is open, and nothing else is left in its folder. */
Test(paged, is_saved_in_its_own_place)
{
	load_or_fail();
	dfut_image_set_suffix(image, 0x1209, 0x5566, 0x0102);
	cr_assert(eq(int, dfut_image_save_file(image, path), 0), "%s", dfut_image_get_error(image));
	load_or_fail();
	cr_assert(dfut_image_get_ids(image, NULL, NULL, NULL));
	expect_bytes(61 * MIB, 20000);
	dfut_image_free(image);
	image = NULL;
	cr_assert(eq(int, unlink(path), 0));
	cr_assert(eq(int, rmdir(folder), 0));
}

Test(paged, is_not_saved_if_it_was_changed)
{
	char packed[sizeof(path) + 8];
	uint8_t byte = 1;

	load_or_fail();
	snprintf(packed, sizeof(packed), "%s.dfu", path);
	put(100 * MIB, &byte, 1);
	cr_assert(eq(int, dfut_image_save_file(image, packed), DFUT_ERROR_IO));
	cr_assert(image_says("was changed after it was judged"), "%s", dfut_image_get_error(image));
	cr_assert(eq(int, access(packed, F_OK), -1));
}

/* Sessions */

static void expect_firmware(void)
{
	size_t size;
	const uint8_t *memory = dfut_sim_device_get_memory(bench.device, "memory0", &size);

	cr_assert(memory != NULL && size >= FILE_SIZE);
	for (size_t i = 0; i < COUNT(places); i++)
		cr_assert(eq(int, memcmp(memory + places[i], noise, NOISE_SIZE), 0));
	for (size_t i = NOISE_SIZE; i < places[1]; i += 1000)
		cr_assert(eq(u8, memory[i], 0));
}

static struct dfut_session *start_update(enum dfut_verify verify)
{
	struct dfut_session *session = bench_new_session(&bench, "1-1");

	load_or_fail();
	dfut_session_set_verify(session, verify);
	cr_assert(eq(int, dfut_session_start_update(session, image), 0), "%s", dfut_session_get_message(session));
	return session;
}

/* More blocks than wBlockNum counts: it begins again at 0. */
Test(paged, is_sent_and_read_back)
{
	struct dfut_session *session = start_update(DFUT_VERIFY_ALWAYS);
	size_t blocks = 0, wrapped = 0;

	cr_assert(eq(int, bench_run(&bench, session, SIZE_MAX, "update"), 0), "%s", dfut_session_get_message(session));
	cr_assert(eq(int, dfut_session_get_verified(session), DFUT_VERIFIED_YES));
	expect_firmware();
	for (size_t i = 0; i < dfut_sim_device_get_record_count(bench.device); i++) {
		const struct dfut_sim_record *record = dfut_sim_device_get_record(bench.device, i);

		if (record->event != DFUT_SIM_EVENT_CONTROL || record->request != 1)
			continue;
		cr_assert(eq(u16, record->value, (uint16_t)blocks));
		wrapped += blocks > 0 && record->value == 0;
		blocks++;
	}
	cr_assert(eq(sz, blocks, (FILE_SIZE + 2047) / 2048 + 1));
	cr_assert(eq(sz, wrapped, 1));
	bench_expect_no_breach(bench.device, "update");
	dfut_session_free(session);
}

struct change {
	enum { CHANGE_BYTE, CHANGE_SIZE } kind;
	size_t offset;
	uint64_t when; /* so many bytes are sent, or read back */
	enum dfut_session_state state;
	bool done;
};

static void change_file(struct dfut_session *session, const struct dfut_progress *progress, void *user_data)
{
	struct change *change = user_data;
	uint8_t byte = (uint8_t)~get_byte(change->offset);

	(void)session;
	if (change->done || progress->state != change->state || progress->done < change->when)
		return;
	change->done = true;
	if (change->kind == CHANGE_SIZE)
		cr_assert(eq(int, truncate(path, (off_t)change->offset), 0));
	else
		put(change->offset, &byte, 1);
}

Test(paged, changes_while_it_is_sent_are_seen)
{
	static const struct change changes[] = {
		{ CHANGE_BYTE, 100 * MIB, 50 * MIB, DFUT_SESSION_DOWNLOADING, false },
		{ CHANGE_BYTE, FILE_SIZE - 1, 129 * MIB, DFUT_SESSION_DOWNLOADING, false },
		{ CHANGE_SIZE, 100 * MIB, 50 * MIB, DFUT_SESSION_DOWNLOADING, false },
		{ CHANGE_SIZE, 0, 10 * MIB, DFUT_SESSION_DOWNLOADING, false },
		{ CHANGE_BYTE, 100 * MIB, 50 * MIB, DFUT_SESSION_VERIFYING, false },
	};

	bench_stop(&bench);
	bench_start(&bench, "dfu:start=bootloader,size=160M,erases=no,busy=0,transfer-size=65535");
	for (size_t i = 0; i < COUNT(changes); i++) {
		struct change change = changes[i];
		struct dfut_session *session;

		make_firmware();
		session = start_update(DFUT_VERIFY_ALWAYS);
		dfut_session_set_progress_handler(session, change_file, &change);
		cr_expect(eq(int, bench_run(&bench, session, SIZE_MAX, "changed"), DFUT_ERROR_IO), "%zu: %s", i,
			  dfut_session_get_message(session));
		cr_expect(change.done);
		cr_expect(strstr(dfut_session_get_message(session), "was changed after it was judged") != NULL,
			  "%zu: %s", i, dfut_session_get_message(session));
		cr_expect(ne(int, dfut_session_get_verified(session), DFUT_VERIFIED_YES));
		cr_expect(lt(sz, 0, strlen(dfut_session_get_hint(session))));
		dfut_session_free(session);
		bench_expect_no_breach(bench.device, "changed");
		dfut_sim_device_clear_record(bench.device);
	}
	/* And once more, with a file that stays as it is. */
	make_firmware();
	struct dfut_session *session = start_update(DFUT_VERIFY_ALWAYS);

	cr_assert(eq(int, bench_run(&bench, session, SIZE_MAX, "again"), 0), "%s", dfut_session_get_message(session));
	expect_firmware();
	dfut_session_free(session);
}

Test(paged, is_too_large_for_other_languages)
{
	static const char *const specs[] = { "stm32f405", "pico", "leonardo", "teensy:board=3.6", "samd:board=zero" };
	struct bench other;

	load_or_fail();
	cr_assert(eq(int, dfut_image_set_address(image, 0x10000000), 0));
	for (size_t i = 0; i < COUNT(specs); i++) {
		struct dfut_session *session;
		int result;

		bench_start(&other, specs[i]);
		session = bench_new_session(&other, "1-1");
		result = dfut_session_plan_update(session, image);
		cr_expect(result == DFUT_ERROR_UNSUPPORTED || result == DFUT_ERROR_MISMATCH, "%s: %d", specs[i],
			  result);
		cr_expect(strstr(dfut_session_get_message(session), "136316114 bytes") != NULL, "%s: %s", specs[i],
			  dfut_session_get_message(session));
		dfut_session_free(session);
		bench_stop(&other);
	}
}
