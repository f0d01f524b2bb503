/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* Images as objects: files, memory, segments, facts, ownership. */

#if !defined(_WIN32) && !defined(_XOPEN_SOURCE)
#define _XOPEN_SOURCE 700
#endif

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <dirent.h>
#include <signal.h>
#include <pthread.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include "base/file.h"
#include "image/image.h"

static const uint8_t firmware[] = { 0x00, 0x10, 0x00, 0x20, 0xc1, 0x01, 0x00, 0x08, 0x01, 0x02, 0x03 };

static struct dfut_context *context;
static struct dfut_image *image;
static char directory[64];
static char path[128];

static void start(void)
{
	cr_assert(eq(int, dfut_context_new(&context), 0));
	snprintf(directory, sizeof(directory), "/tmp/dfut-test-image-XXXXXX");
	cr_assert(mkdtemp(directory) != NULL);
	snprintf(path, sizeof(path), "%s/firmware.bin", directory);
}

static void stop(void)
{
	dfut_image_free(image);
	dfut_context_free(context);
	remove(path);
	rmdir(directory);
}

#define NOBODY 65534

/* Root may read and write everything: these tests are for the others. */
static void be_nobody(void)
{
	if (geteuid() != 0)
		return;
	cr_assert(eq(int, chown(directory, NOBODY, NOBODY), 0));
	cr_assert(eq(int, seteuid(NOBODY), 0));
}

static void be_root_again(void)
{
	if (getuid() == 0)
		cr_assert(eq(int, seteuid(0), 0));
}

TestSuite(image, .init = start, .fini = stop, .timeout = 60);

static struct cr_mem mem_of(const void *data, size_t size)
{
	return (struct cr_mem){ .data = data, .size = size };
}

static void load_or_fail(const void *data, size_t size)
{
	cr_assert(eq(int, dfut_image_load_buffer(&image, context, data, size, 0), 0));
}

static void write_file_or_fail(const char *name, const void *data, size_t size)
{
	FILE *file = fopen(name, "wb");

	cr_assert(file != NULL);
	cr_assert(eq(sz, fwrite(data, 1, size, file), size));
	cr_assert(eq(int, fclose(file), 0));
}

static size_t read_file_or_fail(const char *name, uint8_t *data, size_t capacity)
{
	FILE *file = fopen(name, "rb");
	size_t size;

	cr_assert(file != NULL);
	size = fread(data, 1, capacity, file);
	fclose(file);
	return size;
}

static int count_files(void)
{
	DIR *listing = opendir(directory);
	int count = 0;

	cr_assert(listing != NULL);
	for (struct dirent *entry = readdir(listing); entry; entry = readdir(listing))
		if (entry->d_name[0] != '.')
			count++;
	closedir(listing);
	return count;
}

Test(image, has_one_segment_with_all_bytes_and_no_address)
{
	struct dfut_segment segment;

	load_or_fail(firmware, sizeof(firmware));

	cr_assert(eq(sz, dfut_image_get_segment_count(image), 1));
	cr_assert(eq(int, dfut_image_get_segment(image, 0, &segment, sizeof(segment)), 0));
	cr_assert(eq(mem, mem_of(segment.data, segment.size), mem_of(firmware, sizeof(firmware))));
	cr_assert(eq(sz, dfut_image_get_size(image), sizeof(firmware)));
	cr_assert(not(segment.has_address));
	cr_assert(eq(int, segment.alternate, -1));
	cr_assert(eq(int, dfut_image_get_segment(image, 1, &segment, sizeof(segment)), DFUT_ERROR_NOT_FOUND));
}

Test(image, copies_the_bytes_it_is_given)
{
	uint8_t *bytes = malloc(sizeof(firmware));
	struct dfut_segment segment;

	memcpy(bytes, firmware, sizeof(firmware));
	load_or_fail(bytes, sizeof(firmware));
	free(bytes);

	cr_assert(eq(int, dfut_image_get_segment(image, 0, &segment, sizeof(segment)), 0));
	cr_assert(eq(mem, mem_of(segment.data, segment.size), mem_of(firmware, sizeof(firmware))));
}

Test(image, outlives_its_context)
{
	const char *layer, *key, *value;

	load_or_fail(firmware, sizeof(firmware));
	dfut_context_free(context);
	context = NULL;

	cr_assert(eq(str, (char *)dfut_image_get_format(image), (char *)"raw"));
	cr_assert(eq(int, dfut_image_get_fact(image, 0, &layer, &key, &value), 0));
	cr_assert(eq(str, (char *)value, (char *)"11"));
}

Test(image, lives_until_the_last_reference_is_gone)
{
	struct dfut_image *second;

	load_or_fail(firmware, sizeof(firmware));
	second = dfut_image_ref(image);
	dfut_image_free(image);
	image = NULL;

	cr_assert(eq(sz, dfut_image_get_size(second), sizeof(firmware)));
	dfut_image_free(second);
}

Test(image, free_accepts_nothing)
{
	dfut_image_free(NULL);
}

Test(image, gives_no_fact_beyond_the_last)
{
	const char *layer, *key, *value;

	load_or_fail(firmware, sizeof(firmware));

	cr_assert(eq(int, dfut_image_get_fact(image, dfut_image_get_fact_count(image), &layer, &key, &value),
		     DFUT_ERROR_NOT_FOUND));
	cr_assert(eq(int, dfut_image_get_fact(image, SIZE_MAX, &layer, &key, &value), DFUT_ERROR_NOT_FOUND));
}

Test(image, takes_an_address)
{
	struct dfut_segment segment;

	load_or_fail(firmware, sizeof(firmware));

	cr_assert(eq(int, dfut_image_set_address(image, 0x08004000), 0));
	cr_assert(eq(int, dfut_image_get_segment(image, 0, &segment, sizeof(segment)), 0));
	cr_assert(segment.has_address);
	cr_assert(eq(u32, segment.address, 0x08004000));
}

Test(image, tells_no_ids_without_a_suffix)
{
	uint16_t vendor = 1, product = 1, release = 1;

	load_or_fail(firmware, sizeof(firmware));

	cr_assert(not(dfut_image_get_ids(image, &vendor, &product, &release)));
	cr_assert(eq(u16, vendor, DFUT_ID_ANY));
	cr_assert(eq(u16, product, DFUT_ID_ANY));
	cr_assert(eq(u16, release, DFUT_ID_ANY));
	cr_assert(not(dfut_image_get_ids(image, NULL, NULL, NULL)));
}

Test(image, is_not_given_when_loading_fails)
{
	struct dfut_image *none = (struct dfut_image *)firmware;

	cr_assert(eq(int, dfut_image_load_buffer(&none, context, NULL, 0, 0), DFUT_ERROR_IMAGE));
	cr_assert(eq(ptr, none, NULL));
}

Test(image, needs_bytes_if_there_is_a_size)
{
	cr_assert(eq(int, dfut_image_load_buffer(&image, context, NULL, 5, 0), DFUT_ERROR_USAGE));
}

Test(image, needs_a_path)
{
	cr_assert(eq(int, dfut_image_load_file(&image, context, NULL, 0), DFUT_ERROR_USAGE));
	load_or_fail(firmware, sizeof(firmware));
	cr_assert(eq(int, dfut_image_save_file(image, NULL), DFUT_ERROR_USAGE));
}

Test(image, larger_than_256_mib_is_refused_whatever_is_forced)
{
	size_t size = DFUT_IMAGE_MAX_SIZE + 1;

	/* Refused before a byte of it is read. */
	cr_assert(eq(int, dfut_image_load_buffer(&image, context, firmware, size, ~0u), DFUT_ERROR_IMAGE));
	cr_assert(eq(u32, dfut_context_get_failed_check(context), DFUT_CHECK_SIZE));
	cr_assert(
		ne(ptr, strstr(dfut_context_get_error(context), "has 268435457 bytes, the limit is 268435456"), NULL));
}

/* A hole: it takes no room on the disk. */
static void make_hole(off_t size)
{
	FILE *file = fopen(path, "wb");

	cr_assert(eq(int, ftruncate(fileno(file), size), 0));
	fclose(file);
}

/* Of the process, ever, in KiB */
static long get_peak(void)
{
	struct rusage usage;

	getrusage(RUSAGE_SELF, &usage);
	return usage.ru_maxrss;
}

Test(image, file_larger_than_any_device_is_refused_before_it_is_read)
{
	const off_t sizes[] = { ((off_t)64 << 30) + 1, (off_t)1 << 40 };
	char text[80];
	long peak = get_peak();

	for (int i = 0; i < 2; i++) {
		make_hole(sizes[i]);
		cr_assert(eq(int, dfut_image_load_file(&image, context, path, ~0u), DFUT_ERROR_IMAGE));
		cr_assert(eq(u32, dfut_context_get_failed_check(context), DFUT_CHECK_SIZE));
		snprintf(text, sizeof(text), "has %lld bytes, the limit is 68719476736", (long long)sizes[i]);
		cr_assert(ne(ptr, strstr(dfut_context_get_error(context), text), NULL), "%s",
			  dfut_context_get_error(context));
	}
	cr_assert(lt(long, get_peak() - peak, 8 * 1024));
}

/* Of the file's size, and no second copy */
Test(image, file_is_read_into_one_block_of_its_size)
{
	const long size = 100l << 20;
	long peak = get_peak();

	make_hole(size);
	cr_assert(eq(int, dfut_image_load_file(&image, context, path, ~0u), 0), "%s", dfut_context_get_error(context));
	cr_assert(eq(sz, dfut_image_get_size(image), (size_t)size));
	cr_assert(lt(long, get_peak() - peak, 5 * size / 4 / 1024));
}

Test(image, what_has_no_end_is_refused_at_the_limit)
{
	long peak = get_peak();

	cr_assert(eq(int, dfut_image_load_file(&image, context, "/dev/zero", ~0u), DFUT_ERROR_IMAGE));
	cr_assert(eq(u32, dfut_context_get_failed_check(context), DFUT_CHECK_SIZE));
	cr_assert(ne(ptr, strstr(dfut_context_get_error(context), "has more than 268435456 bytes, which is the limit"),
		     NULL),
		  "%s", dfut_context_get_error(context));
	/* A sanitizer needs an eighth more. */
	cr_assert(lt(long, get_peak() - peak, 5 * (long)DFUT_IMAGE_MAX_SIZE / 4 / 1024));
}

struct filler {
	const uint8_t *bytes;
	size_t size;
};

static void *fill_pipe(void *data)
{
	const struct filler *filler = data;
	FILE *file = fopen(path, "wb");

	fwrite(filler->bytes, 1, filler->size, file);
	fclose(file);
	return NULL;
}

Test(image, loads_what_has_no_size)
{
	const size_t sizes[] = { 1, 65535, 65536, 65537, 3 * 65536, 20000001 };
	uint8_t *bytes = malloc(20000001);
	struct dfut_segment segment;
	pthread_t thread;

	for (size_t i = 0; i < 20000001; i++)
		bytes[i] = (uint8_t)(i * 31 + i / 256);
	cr_assert(eq(int, mkfifo(path, 0600), 0));
	for (size_t i = 0; i < DFUT_COUNT(sizes); i++) {
		struct filler filler = { bytes, sizes[i] };

		pthread_create(&thread, NULL, fill_pipe, &filler);
		cr_assert(eq(int, dfut_image_load_file(&image, context, path, ~0u), 0), "%s",
			  dfut_context_get_error(context));
		pthread_join(thread, NULL);
		cr_assert(eq(int, dfut_image_get_segment(image, 0, &segment, sizeof(segment)), 0));
		cr_assert(eq(sz, segment.size, sizes[i]));
		cr_assert(eq(int, memcmp(segment.data, bytes, sizes[i]), 0));
		dfut_image_free(image);
		image = NULL;
	}
	free(bytes);
	/* Neither has a file that the kernel makes up. */
	cr_assert(eq(int, dfut_image_load_file(&image, context, "/proc/self/status", ~0u), 0));
	cr_assert(ge(sz, dfut_image_get_size(image), 100));
}

#define SHORT_SIZE ((off_t)1 << 20)
#define LONG_SIZE ((off_t)32 << 20)

static void *change_size(void *data)
{
	const volatile bool *is_over = data;

	while (!*is_over) {
		cr_assert(eq(int, truncate(path, SHORT_SIZE), 0));
		cr_assert(eq(int, truncate(path, LONG_SIZE), 0));
	}
	return NULL;
}

/* Of a file that somebody writes to there is all or an error, but never a part. */
Test(image, file_that_changes_while_it_is_read_is_refused)
{
	volatile bool is_over = false;
	pthread_t thread;

	make_hole(LONG_SIZE);
	pthread_create(&thread, NULL, change_size, (void *)&is_over);
	for (int i = 0; i < 100; i++) {
		int result = dfut_image_load_file(&image, context, path, ~0u);

		if (result == 0) {
			off_t size = (off_t)dfut_image_get_size(image);

			cr_expect(size == SHORT_SIZE || size == LONG_SIZE, "%lld", (long long)size);
			dfut_image_free(image);
			image = NULL;
			continue;
		}
		cr_expect(eq(int, result, DFUT_ERROR_IO));
		cr_expect(ne(ptr, strstr(dfut_context_get_error(context), "was changed while it was read"), NULL), "%s",
			  dfut_context_get_error(context));
	}
	is_over = true;
	pthread_join(thread, NULL);
}

Test(image, loads_a_file)
{
	struct dfut_segment segment;

	write_file_or_fail(path, firmware, sizeof(firmware));

	cr_assert(eq(int, dfut_image_load_file(&image, context, path, 0), 0));
	cr_assert(eq(int, dfut_image_get_segment(image, 0, &segment, sizeof(segment)), 0));
	cr_assert(eq(mem, mem_of(segment.data, segment.size), mem_of(firmware, sizeof(firmware))));
}

Test(image, loads_a_file_larger_than_one_read)
{
	size_t size = 300001;
	uint8_t *bytes = malloc(size);
	struct dfut_segment segment;

	for (size_t i = 0; i < size; i++)
		bytes[i] = (uint8_t)(i * 31 + i / 256);
	write_file_or_fail(path, bytes, size);

	cr_assert(eq(int, dfut_image_load_file(&image, context, path, 0), 0));
	cr_assert(eq(int, dfut_image_get_segment(image, 0, &segment, sizeof(segment)), 0));
	cr_assert(eq(mem, mem_of(segment.data, segment.size), mem_of(bytes, size)));
	free(bytes);
}

Test(image, file_that_is_missing_is_named)
{
	cr_assert(eq(int, dfut_image_load_file(&image, context, path, 0), DFUT_ERROR_NOT_FOUND));
	cr_assert(strstr(dfut_context_get_error(context), path) != NULL);
	cr_assert(strstr(dfut_context_get_error(context), "no such file") != NULL);
}

Test(image, directory_is_refused)
{
	cr_assert(eq(int, dfut_image_load_file(&image, context, directory, 0), DFUT_ERROR_IO));
	cr_assert(strstr(dfut_context_get_error(context), "is a directory") != NULL);
}

Test(image, file_without_permission_is_an_access_error)
{
	be_nobody();
	write_file_or_fail(path, firmware, sizeof(firmware));
	cr_assert(eq(int, chmod(path, 0), 0));

	cr_assert(eq(int, dfut_image_load_file(&image, context, path, 0), DFUT_ERROR_ACCESS));
	be_root_again();
}

Test(image, text_of_a_bad_file_names_the_file_and_keeps_check_and_hint)
{
	write_file_or_fail(path, "\x1f\x8b\x08 and so on", 13);

	cr_assert(eq(int, dfut_image_load_file(&image, context, path, 0), DFUT_ERROR_IMAGE));
	cr_assert(eq(int, strncmp(dfut_context_get_error(context), path, strlen(path)), 0));
	cr_assert(eq(u32, dfut_context_get_failed_check(context), DFUT_CHECK_FORMAT));
	cr_assert(strstr(dfut_context_get_hint(context), "unpack") != NULL);
}

Test(image, saves_and_loads_the_same_bytes)
{
	uint8_t bytes[64];
	size_t size;

	load_or_fail(firmware, sizeof(firmware));

	cr_assert(eq(int, dfut_image_save_file(image, path), 0));
	size = read_file_or_fail(path, bytes, sizeof(bytes));
	cr_assert(eq(mem, mem_of(bytes, size), mem_of(firmware, sizeof(firmware))));
	cr_assert(eq(int, count_files(), 1));
}

Test(image, saves_and_loads_its_suffix)
{
	uint16_t vendor, product, release;

	load_or_fail(firmware, sizeof(firmware));
	dfut_image_set_suffix(image, 0x1209, 0xdf11, 0x0100);
	cr_assert(eq(int, dfut_image_save_file(image, path), 0));
	dfut_image_free(image);
	image = NULL;

	cr_assert(eq(int, dfut_image_load_file(&image, context, path, 0), 0));
	cr_assert(dfut_image_get_ids(image, &vendor, &product, &release));
	cr_assert(eq(u16, vendor, 0x1209));
	cr_assert(eq(u16, product, 0xdf11));
	cr_assert(eq(u16, release, 0x0100));
	cr_assert(eq(sz, dfut_image_get_size(image), sizeof(firmware)));
}

Test(image, replaces_a_file_and_keeps_its_mode)
{
	struct stat status;
	uint8_t bytes[64];

	write_file_or_fail(path, "what was there before", 21);
	cr_assert(eq(int, chmod(path, 0600), 0));
	load_or_fail(firmware, sizeof(firmware));

	cr_assert(eq(int, dfut_image_save_file(image, path), 0));
	cr_assert(eq(sz, read_file_or_fail(path, bytes, sizeof(bytes)), sizeof(firmware)));
	cr_assert(eq(int, stat(path, &status), 0));
	cr_assert(eq(u32, status.st_mode & 0777, 0600));
}

Test(image, saves_through_a_symbolic_link)
{
	char link[160];
	struct stat status;
	uint8_t bytes[64];

	snprintf(link, sizeof(link), "%s/link", directory);
	write_file_or_fail(path, "old", 3);
	cr_assert(eq(int, symlink(path, link), 0));
	load_or_fail(firmware, sizeof(firmware));

	cr_assert(eq(int, dfut_image_save_file(image, link), 0));
	cr_assert(eq(int, lstat(link, &status), 0));
	cr_assert(ne(int, S_ISLNK(status.st_mode), 0));
	cr_assert(eq(sz, read_file_or_fail(path, bytes, sizeof(bytes)), sizeof(firmware)));
	unlink(link);
}

static bool is_device(const char *name)
{
	struct stat status = { 0 };

	stat(name, &status);
	return S_ISCHR(status.st_mode);
}

Test(image, never_replaces_what_is_not_a_file)
{
	load_or_fail(firmware, sizeof(firmware));

	cr_assert(eq(int, dfut_image_save_file(image, directory), DFUT_ERROR_IO));
	cr_assert(eq(int, count_files(), 0));
	cr_assert(eq(int, is_device("/dev/null"), 1));
	cr_assert(eq(int, dfut_image_save_file(image, "/dev/null"), DFUT_ERROR_IO));
	cr_assert(eq(int, is_device("/dev/null"), 1));
}

/* At the worst time: all of it is written, and it has not its name yet. */
static bool write_and_die(const void *data, FILE *file)
{
	(void)data;
	fwrite(firmware, 1, sizeof(firmware), file);
	fflush(file);
	raise(SIGKILL);
	return true;
}

Test(image, nothing_is_left_of_a_save_that_is_killed)
{
	static const uint8_t old[] = "old";
	int status;
	pid_t child;

	write_file_or_fail(path, old, sizeof(old));
	child = fork();
	if (child == 0) {
		dfut_file_replace(path, write_and_die, NULL);
		_exit(0);
	}
	cr_assert(eq(int, waitpid(child, &status, 0), child));
	cr_assert(eq(int, WTERMSIG(status), SIGKILL));
	cr_assert(eq(int, count_files(), 1));
	cr_assert(eq(int, dfut_image_load_file(&image, context, path, ~0u), 0));
	cr_assert(eq(sz, dfut_image_get_size(image), sizeof(old)));
	cr_assert(eq(int, dfut_image_save_file(image, path), 0));
	cr_assert(eq(int, count_files(), 1));
}

Test(image, save_fails_without_the_directory)
{
	char nowhere[160];

	snprintf(nowhere, sizeof(nowhere), "%s/none/firmware.bin", directory);
	load_or_fail(firmware, sizeof(firmware));

	cr_assert(eq(int, dfut_image_save_file(image, nowhere), DFUT_ERROR_IO));
}

Test(image, save_without_permission_leaves_the_old_file)
{
	be_nobody();
	write_file_or_fail(path, "old", 3);
	cr_assert(eq(int, chmod(directory, 0500), 0));
	load_or_fail(firmware, sizeof(firmware));

	cr_assert(eq(int, dfut_image_save_file(image, path), DFUT_ERROR_ACCESS));
	cr_assert(eq(int, chmod(directory, 0700), 0));
	cr_assert(eq(int, count_files(), 1));
	be_root_again();
}

Test(image, formats_tell_what_they_can)
{
	const char *name;
	size_t written = 0;

	for (size_t i = 0; (name = dfut_format_get_name(i)); i++) {
		unsigned int traits = dfut_format_get_traits(name);
		int code;

		cr_expect(strlen(dfut_format_get_text(name)) > 3, "%s", name);
		for (size_t j = 0; j < i; j++)
			cr_expect(strcmp(name, dfut_format_get_name(j)) != 0, "%s", name);
		load_or_fail(firmware, sizeof(firmware));
		cr_assert(eq(int, dfut_image_set_address(image, 0x08000000), 0));
		code = dfut_image_convert(image, name);
		cr_expect(eq(int, code, traits &DFUT_FORMAT_WRITTEN ? 0 : DFUT_ERROR_UNSUPPORTED), "%s", name);
		written += code == 0;
		/* What has addresses of its own takes no other. */
		if (code == 0)
			cr_expect(eq(int, dfut_image_set_address(image, 0),
				     traits &DFUT_FORMAT_ADDRESSES ? DFUT_ERROR_USAGE : 0),
				  "%s", name);
		dfut_image_free(image);
		image = NULL;
	}
	cr_assert(eq(sz, written, 5));
	cr_assert(dfut_format_get_text("none") == NULL);
	cr_assert(dfut_format_get_text(NULL) == NULL);
	cr_assert(eq(uint, dfut_format_get_traits("none"), 0));
	cr_assert(eq(uint, dfut_format_get_traits(NULL), 0));
}

Test(image, families_are_those_that_an_image_takes)
{
	const char *name;
	size_t count = 0;

	load_or_fail(firmware, sizeof(firmware));
	for (; (name = dfut_family_get_name(count)); count++)
		cr_expect(eq(int, dfut_image_set_family(image, name), 0), "%s", name);
	cr_assert(lt(sz, 50, count));
}
