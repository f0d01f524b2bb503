/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* Packages and signatures when memory is short: one allocation fails, or all from it on. */

#include <openssl/pem.h>
#include <zlib.h>

#include "image-host.h"

#include "short-memory.h"

/* So many allocations are tried without leaving any out. */
#define EACH 64

static char folder[] = "/tmp/dfut-test-memory-XXXXXX";
static char paths[3][64];
static uint8_t *package;
static size_t package_size;

static FILE *create(size_t index, const char *name)
{
	FILE *stream;

	snprintf(paths[index], sizeof(paths[index]), "%s/%s", folder, name);
	stream = fopen(paths[index], "wb");
	cr_assert(stream != NULL);
	return stream;
}

static void start_short(void)
{
	EVP_PKEY *key = EVP_EC_gen("P-256");
	FILE *stream;

	start();
	cr_assert(mkdtemp(folder) != NULL);
	stream = create(0, "app.bin");
	for (int i = 0; i < 1024; i++)
		fputc(i * 7 >> 2 & 0xff, stream);
	fclose(stream);
	stream = create(1, "private.pem");
	cr_assert(PEM_write_PrivateKey(stream, key, NULL, NULL, 0, NULL, NULL));
	fclose(stream);
	stream = create(2, "public.pem");
	cr_assert(PEM_write_PUBKEY(stream, key));
	fclose(stream);
	EVP_PKEY_free(key);
}

static void stop_short(void)
{
	for (size_t i = 0; i < 3; i++)
		remove(paths[i]);
	rmdir(folder);
	free(package);
	stop();
}

TestSuite(image_memory, .init = start_short, .fini = stop_short, .timeout = 110);

static int pack(void)
{
	struct dfut_nordic wish = DFUT_NORDIC_INIT;
	const uint32_t sd_req[] = { 0x123 };

	wish.application = paths[0];
	wish.application_version = 7;
	wish.sd_req = sd_req;
	wish.sd_req_count = 1;
	wish.private_key = paths[1];
	return dfut_image_build_nordic(&image, context, &wish);
}

static int load(void)
{
	return dfut_image_load_buffer(&image, context, package, package_size, 0);
}

/* With a check that is overruled, what can't be read must not be taken for what is not there. */
static int load_overruled(void)
{
	return dfut_image_load_buffer(&image, context, package, package_size, ~0u);
}

static int load_and_verify(void)
{
	int result = dfut_image_load_buffer(&image, context, package, package_size, 0);

	return result < 0 ? result : dfut_image_verify_signature(image, paths[2]);
}

static const char *get_words(void)
{
	return image ? dfut_image_get_error(image) : dfut_context_get_error(context);
}

/* Of all facts and segments: an image that was read in spite of all is the same. */
static uint32_t sum_image(void)
{
	const char *texts[3];
	struct dfut_segment segment;
	uLong sum = crc32(0, NULL, 0);

	for (size_t i = 0; dfut_image_get_fact(image, i, &texts[0], &texts[1], &texts[2]) == 0; i++)
		for (size_t k = 0; k < 3; k++)
			sum = crc32(sum, (const uint8_t *)texts[k], (unsigned int)strlen(texts[k]) + 1);
	for (size_t i = 0; dfut_image_get_segment(image, i, &segment, sizeof(segment)) == 0; i++)
		sum = crc32(sum, segment.data, (unsigned int)segment.size);
	return (uint32_t)sum;
}

/* False if there is no such allocation any more. Where the library can do without it, the outcome is right. */
static bool try_once(const char *name, int (*act)(void), size_t fails_at, bool fails_from_there, uint32_t sum)
{
	int result;
	bool has_failed;

	image = NULL;
	watch_memory(fails_at, fails_from_there);
	result = act();
	has_failed = stop_watching_memory();
	if (result == 0) {
		cr_expect(eq(u32, sum_image(), sum), "%s, %zu: is another image", name, fails_at);
	} else {
		cr_expect(has_failed, "%s: %s", name, get_words());
		cr_expect(eq(int, result, DFUT_ERROR_NO_MEMORY), "%s, %zu: %s", name, fails_at, get_words());
		cr_expect(strstr(get_words(), "memory") != NULL, "%s, %zu: %s", name, fails_at, get_words());
	}
	memory.is_watched = true;
	memory.fails_at = 0;
	memory.fails_from_there = false;
	dfut_image_free(image);
	stop_watching_memory();
	image = NULL;
	cr_expect(eq(long, memory.held, 0), "%s, %zu: leaks", name, fails_at);
	return has_failed;
}

/* Each one at first; numbers of 256 bits are allocated by the thousand, one like the other. */
static size_t get_step(size_t index)
{
	return 1 + index / EACH;
}

static void try_each(const char *name, int (*act)(void))
{
	size_t count = 1;
	uint32_t sum;

	cr_assert(eq(int, act(), 0), "%s: %s", name, get_words());
	sum = sum_image();
	dfut_image_free(image);
	image = NULL;
	while (try_once(name, act, count, false, sum))
		count += get_step(count);
	for (size_t i = 1; i < count; i += get_step(i))
		try_once(name, act, i, true, sum);
	/* Else nothing was tried. */
	cr_expect(gt(sz, count, 5), "%s", name);
}

static void make_package(void)
{
	FILE *stream;

	cr_assert(eq(int, pack(), 0), "%s", get_words());
	cr_assert(eq(int, dfut_image_save_file(image, paths[0]), 0));
	dfut_image_free(image);
	image = NULL;
	stream = fopen(paths[0], "rb");
	cr_assert(stream != NULL);
	package = malloc(65536);
	package_size = fread(package, 1, 65536, stream);
	fclose(stream);
}

Test(image_memory, packing_and_signing)
{
	try_each("pack", pack);
}

Test(image_memory, loading_a_package)
{
	make_package();
	try_each("load", load);
	try_each("load overruled", load_overruled);
}

Test(image_memory, checking_a_signature)
{
	make_package();
	try_each("verify", load_and_verify);
}
