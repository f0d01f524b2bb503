/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* flasher_args.json of ESP-IDF: its files, and all that may be wrong with them. */

#if !defined(_WIN32) && !defined(_XOPEN_SOURCE)
#define _XOPEN_SOURCE 700
#endif

#include <sys/stat.h>

#include "esp-folder.h"
#include "image-host.h"

TestSuite(esp_flasher_args, .init = start, .fini = stop, .timeout = 60);

static int load_args(const char *text)
{
	write_text("flasher_args.json", text);
	dfut_image_free(image);
	image = NULL;
	return dfut_image_load_file(&image, context, in_folder("flasher_args.json"), 0);
}

static void expect_segment(size_t index, uint32_t address, const char *text)
{
	struct dfut_segment segment;

	cr_assert(eq(int, dfut_image_get_segment(image, index, &segment, sizeof(segment)), 0));
	cr_expect(segment.has_address);
	cr_expect(eq(u32, segment.address, address));
	cr_expect(eq(sz, segment.size, strlen(text)));
	cr_expect(zero(int, memcmp(segment.data, text, segment.size)));
}

Test(esp_flasher_args, has_its_files_by_address)
{
	make_folder();
	cr_assert(eq(int,
		     load_args(
			     " \n{\"flash_files\": {\"0x10000\": \"app.bin\", \"4096\": \"boot/boot.bin\", \"0x9000\": "
			     "\"empty.bin\"}, \"flash_settings\": {\"flash_size\": \"8MB\"}, \"extra_esptool_args\": "
			     "{\"chip\": \"esp32s2\"}}"),
		     0),
		  "%s", dfut_context_get_error(context));
	cr_expect(eq(str, get_format(), (char *)"esp-flasher-args"));
	cr_expect(eq(sz, dfut_image_get_segment_count(image), 2));
	expect_segment(0, 0x1000, "a boot loader");
	expect_segment(1, 0x10000, "an application");
	cr_expect(eq(str, get_fact("chip"), (char *)"esp32s2"));
	cr_expect(eq(str, get_fact("flash_size"), (char *)"8388608"));
	cr_expect(eq(str, get_fact("file_0"), (char *)"boot/boot.bin, 0x00001000, 13 bytes"));
	remove_folder();
}

/* A folder may be named in any way, or not at all. */
Test(esp_flasher_args, is_found_from_where_it_is)
{
	const char *text = "{\"flash_files\": {\"0x10000\": \"./boot//boot.bin\"}}";
	char before[256];

	make_folder();
	cr_assert(getcwd(before, sizeof(before)) != NULL);
	cr_assert(eq(int, load_args(text), 0), "%s", dfut_context_get_error(context));
	cr_expect(eq(str, get_fact("flash_size"), (char *)"(none)"));
	cr_assert(zero(int, chdir(folder)));
	dfut_image_free(image);
	cr_expect(eq(int, dfut_image_load_file(&image, context, "flasher_args.json", 0), 0), "%s",
		  dfut_context_get_error(context));
	cr_assert(zero(int, chdir(before)));
	remove_folder();
}

Test(esp_flasher_args, needs_a_folder)
{
	cr_expect(eq(int, load_text("{\"flash_files\": {\"0x10000\": \"app.bin\"}}"), DFUT_ERROR_IMAGE));
	cr_expect(strstr(dfut_context_get_error(context), "was not loaded from a folder") != NULL);
	cr_expect(strstr(dfut_context_get_hint(context), "by its path") != NULL);
}

#define FILES(list) "{\"flash_files\": {" list "}}"

static const struct {
	const char *text;
	int code;
	const char *words;
} bad[] = {
	{ "{\"flash_files\": ", DFUT_ERROR_IMAGE, "line 1" },
	{ "{\"flash_files\": {}}", DFUT_ERROR_IMAGE, "has no entries" },
	{ "{\"flash_files\": []}", DFUT_ERROR_IMAGE, "has no entries" },
	{ "{\"flash_files\": 3}", DFUT_ERROR_IMAGE, "has no entries" },
	{ "{\"flash_files\": null}", DFUT_ERROR_IMAGE, "has no entries" },
	{ "{\"other\": {\"flash_files\": {\"0\": \"app.bin\"}}}", DFUT_ERROR_IMAGE, "has no entries" },
	{ FILES("\"0x10000\": 3"), DFUT_ERROR_IMAGE, "is not the address of a file" },
	{ FILES("\"0x10000\": null"), DFUT_ERROR_IMAGE, "is not the address of a file" },
	{ FILES("\"0x10000\": [\"app.bin\"]"), DFUT_ERROR_IMAGE, "is not the address of a file" },
	{ FILES("\"\": \"app.bin\""), DFUT_ERROR_IMAGE, "is not the address of a file" },
	{ FILES("\"0x\": \"app.bin\""), DFUT_ERROR_IMAGE, "is not the address of a file" },
	{ FILES("\"0xg\": \"app.bin\""), DFUT_ERROR_IMAGE, "is not the address of a file" },
	{ FILES("\"-1\": \"app.bin\""), DFUT_ERROR_IMAGE, "is not the address of a file" },
	{ FILES("\"1a\": \"app.bin\""), DFUT_ERROR_IMAGE, "is not the address of a file" },
	{ FILES("\" 1\": \"app.bin\""), DFUT_ERROR_IMAGE, "is not the address of a file" },
	{ FILES("\"0x100000000\": \"app.bin\""), DFUT_ERROR_IMAGE, "is not the address of a file" },
	{ FILES("\"4294967296\": \"app.bin\""), DFUT_ERROR_IMAGE, "is not the address of a file" },
	{ FILES("\"99999999999999999999\": \"app.bin\""), DFUT_ERROR_IMAGE, "is not the address of a file" },
	{ FILES("\"0\": \"app.bin\", \"0\": \"app.bin\""), DFUT_ERROR_IMAGE, "duplicate" },
	{ FILES("\"0\": \"app.bin\", \"0x0\": \"app.bin\""), DFUT_ERROR_IMAGE, "is not over yet" },
	{ FILES("\"0\": \"app.bin\", \"0x0d\": \"app.bin\""), DFUT_ERROR_IMAGE, "is not over yet" },
	{ FILES("\"0\": \"empty.bin\", \"0x0\": \"empty.bin\""), DFUT_ERROR_IMAGE, "is not over yet" },
	{ FILES("\"0xfffffff8\": \"app.bin\""), DFUT_ERROR_IMAGE, "beyond the last address" },
	{ FILES("\"0\": \"\""), DFUT_ERROR_IMAGE, "is not in the folder" },
	{ FILES("\"0\": \"/etc/hostname\""), DFUT_ERROR_IMAGE, "is not in the folder" },
	{ FILES("\"0\": \"\\\\etc\\\\hostname\""), DFUT_ERROR_IMAGE, "is not in the folder" },
	{ FILES("\"0\": \"C:/app.bin\""), DFUT_ERROR_IMAGE, "is not in the folder" },
	{ FILES("\"0\": \"C:app.bin\""), DFUT_ERROR_IMAGE, "is not in the folder" },
	{ FILES("\"0\": \"..\""), DFUT_ERROR_IMAGE, "is not in the folder" },
	{ FILES("\"0\": \"../app.bin\""), DFUT_ERROR_IMAGE, "is not in the folder" },
	{ FILES("\"0\": \"boot/../app.bin\""), DFUT_ERROR_IMAGE, "is not in the folder" },
	{ FILES("\"0\": \"boot\\\\..\\\\app.bin\""), DFUT_ERROR_IMAGE, "is not in the folder" },
	{ FILES("\"0\": \"boot/..\""), DFUT_ERROR_IMAGE, "is not in the folder" },
	{ FILES("\"0\": \"none.bin\""), DFUT_ERROR_NOT_FOUND, "none.bin: no such file" },
	{ FILES("\"0\": \"boot\""), DFUT_ERROR_IO, "is a directory" },
	{ FILES("\"0\": \"pipe.bin\""), DFUT_ERROR_IO, "is a pipe or a device" },
	{ FILES("\"0\": \"app.bin/x\""), DFUT_ERROR_NOT_FOUND, "no such file" },
	{ FILES("\"0\": \"empty.bin\""), DFUT_ERROR_IMAGE, "nothing to write" },
};

Test(esp_flasher_args, refuses_what_is_wrong)
{
	make_folder();
	cr_assert(zero(int, mkfifo(in_folder("pipe.bin"), 0600)));
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		cr_expect(eq(int, load_args(bad[i].text), bad[i].code), "%s: %s", bad[i].text,
			  dfut_context_get_error(context));
		cr_expect(strstr(dfut_context_get_error(context), bad[i].words) != NULL, "%s: %s", bad[i].text,
			  dfut_context_get_error(context));
	}
	remove_folder();
}

Test(esp_flasher_args, has_limits)
{
	static char text[8000];
	size_t used = (size_t)snprintf(text, sizeof(text), "{\"flash_files\": {\"0\": \"app.bin\"");

	make_folder();
	for (int i = 1; i < 101; i++)
		used += (size_t)snprintf(text + used, sizeof(text) - used, ", \"0x%x\": \"app.bin\"", i << 12);
	snprintf(text + used, sizeof(text) - used, "}}");
	cr_expect(eq(int, load_args(text), DFUT_ERROR_IMAGE));
	cr_expect(strstr(dfut_context_get_error(context), "more entries") != NULL, "%s",
		  dfut_context_get_error(context));
	remove_folder();
}
