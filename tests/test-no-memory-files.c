/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* Firmware files and tables without memory: the library's own, and that of those it is linked with. */

#include <dirent.h>

#include <openssl/pem.h>
#include <zlib.h>

#include "no-memory.h"

#define CORPUS_LIMIT 16384

TestSuite(no_memory_files, .timeout = 3600);

struct file_bytes {
	uint8_t bytes[CORPUS_LIMIT];
	size_t size;
};

/* Of all facts and segments */
static uint32_t sum_image(struct dfut_image *image)
{
	const char *texts[3];
	struct dfut_segment segment;
	uLong sum = crc32(0, NULL, 0);

	for (size_t i = 0; dfut_image_get_fact(image, i, &texts[0], &texts[1], &texts[2]) == 0; i++)
		for (size_t k = 0; k < COUNT(texts); k++)
			sum = crc32(sum, (const uint8_t *)texts[k], (unsigned int)strlen(texts[k]) + 1);
	for (size_t i = 0; dfut_image_get_segment(image, i, &segment, sizeof(segment)) == 0; i++)
		sum = crc32(sum, segment.data, (unsigned int)segment.size);
	return (uint32_t)sum;
}

/* What was made in spite of all is what is made with all memory, which is tried first. */
static int judge_image(const struct deed *deed, int result, struct dfut_image *image)
{
	static uint32_t whole;
	uint32_t sum = result == 0 ? sum_image(image) : 0;

	if (result < 0)
		return result;
	if (deed->nth == UINT64_MAX)
		whole = sum;
	return sum == whole ? 0 : keep_words(deed, FALSE_SUCCESS, "another image");
}

/* Where checks are overruled, what can't be read must not be taken for what is not there. */
static int load_image(const struct deed *deed)
{
	const struct file_bytes *file = deed->data;
	struct dfut_context *context;
	struct dfut_image *image;
	int result;

	cr_assert(eq(int, dfut_context_new(&context), 0));
	arm(deed);
	result = dfut_image_load_buffer(&image, context, file->bytes, file->size, deed->number ? ~0u : 0);
	disarm(deed);
	keep_words(deed, result, dfut_context_get_error(context));
	result = judge_image(deed, result, image);
	dfut_image_free(image);
	dfut_context_free(context);
	return result;
}

/* A file that stays where it is, as it is too large to be held: noise at its end, and a hole before that. */

#define LARGE_SIZE ((size_t)128 * 1024 * 1024 + 4096 + 77)

struct large {
	char path[64];
	bool has_suffix;
};

static void put_at(FILE *stream, size_t offset, const void *bytes, size_t size)
{
	cr_assert(eq(int, fseek(stream, (long)offset, SEEK_SET), 0));
	cr_assert(eq(sz, fwrite(bytes, 1, size, stream), size));
}

/* Of all that is before it, and of itself but for the sum */
static uint32_t sum_large(FILE *stream, const uint8_t *suffix)
{
	static uint8_t bytes[1024 * 1024];
	uLong sum = crc32(0, NULL, 0);
	size_t part;

	rewind(stream);
	while ((part = fread(bytes, 1, sizeof(bytes), stream)) > 0)
		sum = crc32(sum, bytes, (unsigned int)part);
	return ~(uint32_t)crc32(sum, suffix, 12);
}

static void make_large(struct large *large, bool has_suffix)
{
	uint8_t suffix[16] = { 0x02, 0x01, 0x66, 0x55, 0x09, 0x12, 0x00, 0x01, 'U', 'F', 'D', sizeof(suffix) };
	FILE *stream;
	uint32_t sum;
	int fd;

	*large = (struct large){ "/tmp/dfutrigger-large-XXXXXX", has_suffix };
	fd = mkstemp(large->path);
	cr_assert(ge(int, fd, 0));
	stream = fdopen(fd, "w+b");
	put_at(stream, LARGE_SIZE - 77, suffix, 16);
	put_at(stream, LARGE_SIZE - 1, suffix, 1);
	if (has_suffix) {
		sum = sum_large(stream, suffix);
		for (size_t i = 0; i < 4; i++)
			suffix[12 + i] = (uint8_t)(sum >> 8 * i);
		put_at(stream, LARGE_SIZE, suffix, sizeof(suffix));
	}
	cr_assert(eq(int, fclose(stream), 0));
}

/* What is not held is read again. */
static int load_large(const struct deed *deed)
{
	const struct large *large = deed->data;
	struct dfut_context *context;
	struct dfut_image *image;
	uint8_t bytes[77];
	int result;

	cr_assert(eq(int, dfut_context_new(&context), 0));
	arm(deed);
	result = dfut_image_load_file(&image, context, large->path, 0);
	disarm(deed);
	keep_words(deed, result, dfut_context_get_error(context));
	if (result == 0) {
		result = dfut_image_read_segment(image, 0, LARGE_SIZE - 77, bytes, sizeof(bytes));
		keep_words(deed, result, dfut_image_get_error(image));
	}
	if (result == 0 && (memcmp(bytes + 8, "UFD", 3) != 0 || dfut_image_get_size(image) != LARGE_SIZE ||
			    dfut_image_get_ids(image, NULL, NULL, NULL) != large->has_suffix))
		result = keep_words(deed, FALSE_SUCCESS, "another image");
	dfut_image_free(image);
	dfut_context_free(context);
	return result;
}

Test(no_memory_files, loading_what_is_not_held)
{
	struct tally tally = { 0 };

	if (!failing_memory_arm)
		cr_skip("a sanitizer's malloc is in front");
	for (int has_suffix = 0; has_suffix < 2; has_suffix++) {
		struct large large;
		struct deed deed = { .what = has_suffix ? "large, suffix" : "large",
				     .run = load_large,
				     .data = &large };

		make_large(&large, has_suffix);
		try_each(&deed, &tally);
		unlink(large.path);
	}
	print("large", &tally);
}

static const char *const formats[] = { "raw", "ihex", "srec", "dfuse", "uf2", "dfu" };

static int convert_image(const struct deed *deed)
{
	const struct file_bytes *file = deed->data;
	struct dfut_context *context;
	struct dfut_image *image;
	char path[] = "/tmp/dfutrigger-saved-XXXXXX";
	int fd = mkstemp(path), result;

	cr_assert(ge(int, fd, 0));
	close(fd);
	cr_assert(eq(int, dfut_context_new(&context), 0));
	cr_assert(eq(int, dfut_image_load_buffer(&image, context, file->bytes, file->size, 0), 0));
	dfut_image_set_address(image, 0x08000000);
	arm(deed);
	result = dfut_image_convert(image, formats[deed->number]);
	if (result == 0)
		result = dfut_image_save_file(image, path);
	disarm(deed);
	keep_words(deed, result, dfut_image_get_error(image));
	/* Not every file can become each format. */
	if (result < 0 && deed->nth == UINT64_MAX)
		*deed->count = 0;
	dfut_image_free(image);
	dfut_context_free(context);
	unlink(path);
	return result;
}

/* The first byte is not the file's: it tells the fuzzer what to overrule. */
static bool read_corpus_file(struct file_bytes *file, const char *path)
{
	FILE *stream = fopen(path, "rb");

	if (!stream)
		return false;
	fgetc(stream);
	file->size = fread(file->bytes, 1, sizeof(file->bytes), stream);
	fclose(stream);
	return file->size && file->size < sizeof(file->bytes);
}

/* Whether it ends well where memory is not missing. */
static bool is_possible(struct deed *deed)
{
	char words[1024];
	uint64_t count;

	deed->count = &count;
	deed->words = words;
	deed->nth = UINT64_MAX;
	return failing_memory_arm && deed->run(deed) == 0;
}

static void try_corpus(int (*run)(const struct deed *), size_t count, const char *what)
{
	static struct file_bytes file;
	const char *folder = getenv("DFUTRIGGER_TEST_CORPUS");
	struct tally tally = { 0 };
	DIR *entries = folder ? opendir(folder) : NULL;
	char path[1024];

	cr_assert(entries != NULL, "no DFUTRIGGER_TEST_CORPUS");
	for (struct dirent *entry; (entry = readdir(entries));) {
		snprintf(path, sizeof(path), "%s/%s", folder, entry->d_name);
		if (entry->d_name[0] == '.' || !read_corpus_file(&file, path))
			continue;
		for (size_t i = 0; i < count; i++) {
			struct deed deed = { .what = entry->d_name, .run = run, .data = &file, .number = i };

			if (is_possible(&deed))
				try_each(&deed, &tally);
		}
	}
	closedir(entries);
	print(what, &tally);
	cr_expect(tally.runs > 100 || !failing_memory_arm);
}

Test(no_memory_files, loading)
{
	try_corpus(load_image, 2, "loading");
}

static const struct file_bytes raw = { .bytes = { 0, 0x40, 0, 0x20, 1, 2, 0, 8 }, .size = 3000 };

Test(no_memory_files, converting)
{
	struct tally tally = { 0 };

	for (size_t i = 0; i < COUNT(formats); i++) {
		struct deed deed = { .what = formats[i], .run = convert_image, .data = &raw, .number = i };

		if (is_possible(&deed))
			try_each(&deed, &tally);
	}
	print("converting", &tally);
}

static int pack_nordic(const struct deed *deed)
{
	static struct firmware firmware;
	const struct specimen *specimen = deed->data;
	struct dfut_context *context;
	struct dfut_image *image;
	int result;

	specimen_make(&firmware, specimen);
	cr_assert(eq(int, dfut_context_new(&context), 0));
	arm(deed);
	result = specimen_load(&image, context, specimen, &firmware);
	disarm(deed);
	keep_words(deed, result, dfut_context_get_error(context));
	result = judge_image(deed, result, image);
	dfut_image_free(image);
	dfut_context_free(context);
	return result;
}

static int wrap_mcuboot(const struct deed *deed)
{
	struct dfut_context *context;
	struct dfut_image *image;
	int result;

	cr_assert(eq(int, dfut_context_new(&context), 0));
	cr_assert(eq(int, dfut_image_load_buffer(&image, context, raw.bytes, raw.size, 0), 0));
	arm(deed);
	result = dfut_image_wrap_mcuboot(image, "1.2.3+4", 0x200);
	disarm(deed);
	keep_words(deed, result, dfut_image_get_error(image));
	dfut_image_free(image);
	dfut_context_free(context);
	return result;
}

Test(no_memory_files, packing)
{
	struct tally tally = { 0 };
	struct deed mcuboot = { .what = "mcuboot", .run = wrap_mcuboot };

	try_each(&mcuboot, &tally);
	for (size_t i = 0; i < COUNT(specimens); i++) {
		struct deed deed = { .what = specimens[i].spec, .run = pack_nordic, .data = &specimens[i] };

		if (strstr(specimens[i].language, "nordic"))
			try_each(&deed, &tally);
	}
	print("packing", &tally);
}

/* Signatures. */

static char folder[] = "/tmp/dfutrigger-signed-XXXXXX";
static char paths[4][64];

enum { FIRMWARE, PRIVATE_KEY, PUBLIC_KEY, PACKAGE };

static FILE *create(size_t index, const char *name)
{
	FILE *stream;

	snprintf(paths[index], sizeof(paths[index]), "%s/%s", folder, name);
	stream = fopen(paths[index], "wb");
	cr_assert(stream != NULL);
	return stream;
}

static void start_signing(void)
{
	EVP_PKEY *key = EVP_EC_gen("P-256");
	FILE *stream;

	cr_assert(mkdtemp(folder) != NULL);
	stream = create(FIRMWARE, "app.bin");
	for (int i = 0; i < 1024; i++)
		fputc(i * 7 >> 2 & 0xff, stream);
	fclose(stream);
	stream = create(PRIVATE_KEY, "private.pem");
	cr_assert(PEM_write_PrivateKey(stream, key, NULL, NULL, 0, NULL, NULL));
	fclose(stream);
	stream = create(PUBLIC_KEY, "public.pem");
	cr_assert(PEM_write_PUBKEY(stream, key));
	fclose(stream);
	fclose(create(PACKAGE, "app.zip"));
	EVP_PKEY_free(key);
}

static void stop_signing(void)
{
	for (size_t i = 0; i < COUNT(paths); i++)
		remove(paths[i]);
	rmdir(folder);
}

static int pack_signed(const struct deed *deed)
{
	struct dfut_nordic wish = DFUT_NORDIC_INIT;
	const uint32_t sd_req[] = { 0x123 };
	struct dfut_context *context;
	struct dfut_image *image;
	int result;

	wish.application = paths[FIRMWARE];
	wish.application_version = 7;
	wish.sd_req = sd_req;
	wish.sd_req_count = COUNT(sd_req);
	wish.private_key = paths[PRIVATE_KEY];
	cr_assert(eq(int, dfut_context_new(&context), 0));
	arm(deed);
	result = dfut_image_build_nordic(&image, context, &wish);
	disarm(deed);
	keep_words(deed, result, dfut_context_get_error(context));
	result = judge_image(deed, result, image);
	if (deed->nth == UINT64_MAX)
		cr_assert(eq(int, dfut_image_save_file(image, paths[PACKAGE]), 0));
	dfut_image_free(image);
	dfut_context_free(context);
	return result;
}

static int verify_signed(const struct deed *deed)
{
	struct dfut_context *context;
	struct dfut_image *image;
	int result;

	cr_assert(eq(int, dfut_context_new(&context), 0));
	cr_assert(eq(int, dfut_image_load_file(&image, context, paths[PACKAGE], 0), 0), "%s",
		  dfut_context_get_error(context));
	arm(deed);
	result = dfut_image_verify_signature(image, paths[PUBLIC_KEY]);
	disarm(deed);
	keep_words(deed, result, dfut_image_get_error(image));
	result = judge_image(deed, result, image);
	dfut_image_free(image);
	dfut_context_free(context);
	return result;
}

Test(no_memory_files, signing_and_verifying, .init = start_signing, .fini = stop_signing)
{
	struct tally tally = { 0 };
	struct deed pack = { .what = "sign", .run = pack_signed };
	struct deed verify = { .what = "verify", .run = verify_signed };

	try_each(&pack, &tally);
	try_each(&verify, &tally);
	print("signing", &tally);
}

/* Tables. */

/* One of each kind, with strings and keys that are long. */
static const char table_text[] =
	"{\"format\": 1, \"devices\": [{\"name\": \"a-name-of-more-than-sixteen-characters\","
	"\"title\": \"A title which is so long that no reader has room for it from the beginning, \\u00e9\\ud83d\\ude00\","
	"\"application\": [{\"ids\": [\"1209:0001\", \"1209:0010-001f\"], \"product\": \"Some product or other\","
	"\"manufacturer\": \"Some manufacturer or other\"}, {\"interface\": \"ff/01/01\", \"alternate\": \"@Internal*\"}],"
	"\"bootloader\": [{\"ids\": [\"1209:0002\"], \"report\": {\"type\": \"feature\", \"id\": \"07\", \"size\": 64}}],"
	"\"triggers\": [\"dfu-detach\", {\"name\": \"lines\", \"hint\": \"let go of the port\","
	"\"lines\": [{\"dtr\": true, \"data\": \"31454146\", \"wait_ms\": 50}]},"
	"{\"name\": \"report\", \"report\": \"feature\", \"data\": \"000102030405060708090a0b0c0d0e0f1011121314151617\"}],"
	"\"protocol\": \"dfu\", \"quirks\": [\"poll-5-ms\"], \"leave\": \"detach\", \"machine\": \"arm\","
	"\"part\": \"a part\", \"other_files\": \"dfuse\", \"help\": [\"one sentence\", \"another sentence\"],"
	"\"slots\": {\"running\": [\"slot0\"], \"update\": [\"slot1\"], \"format\": \"mcuboot\"},"
	"\"commands\": [{\"name\": \"revert\", \"text\": \"revert it\", \"mode\": \"any\","
	"\"requests\": [{\"request_type\": \"40\", \"request\": \"01\"}]}]},"
	"{\"name\": \"other\", \"bootloader\": [{\"ids\": [\"1209:0003\"]}], \"protocols\": [\"dfuse\", \"dfu\"]}]}";

static int load_table(const struct deed *deed)
{
	struct bench bench;
	int result;

	cr_assert(eq(int, dfut_context_new(&bench.context), 0));
	arm(deed);
	result = bench_load_devices(&bench, deed->data);
	if (result == 0)
		result = dfut_context_set_protocol(bench.context, 0x1209, 1, "smp", 0);
	disarm(deed);
	keep_words(deed, result, dfut_context_get_error(bench.context));
	/* A table that lacks a part is none. */
	if (result == 0 && *deed->count >= deed->nth)
		result = FALSE_SUCCESS;
	dfut_context_free(bench.context);
	return result;
}

Test(no_memory_files, a_users_table)
{
	struct deed deed = { .what = "table", .run = load_table, .data = table_text };
	struct tally tally = { 0 };

	try_each(&deed, &tally);
	print("table", &tally);
}
