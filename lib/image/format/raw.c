/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* Bytes without a format, and the files that people take for firmware: those are told apart by their content. */

#include <string.h>

#include "image/image.h"

/* Shorter text may be anything. */
#define TEXT_MIN_SIZE 8

struct content {
	const uint8_t *data;
	size_t size;
};

/* What is not firmware, or not in a form that can be sent. */
struct foreign {
	const char *what;
	const char *advice;
	/* Either bytes at an offset, or a function, or both. */
	size_t offset;
	const char *magic;
	size_t magic_size;
	bool (*matches)(const struct content *content);
	int code;
};

#define MAGIC(text) text, sizeof(text) - 1

static bool begins_with(const struct content *content, const char *text)
{
	size_t length = strlen(text);

	return content->size >= length && memcmp(content->data, text, length) == 0;
}

static bool is_blank(uint8_t byte)
{
	return byte == ' ' || byte == '\t' || byte == '\n' || byte == '\r' || byte == '\f';
}

static bool is_letter(uint8_t byte)
{
	return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z');
}

static uint8_t to_lower(uint8_t byte)
{
	return byte >= 'A' && byte <= 'Z' ? (uint8_t)(byte + 'a' - 'A') : byte;
}

static struct content skip_blanks(const struct content *content)
{
	struct content rest = *content;

	if (begins_with(&rest, "\xef\xbb\xbf")) {
		rest.data += 3;
		rest.size -= 3;
	}
	while (rest.size > 0 && is_blank(*rest.data)) {
		rest.data++;
		rest.size--;
	}
	return rest;
}

static bool begins_with_tag(const struct content *content, const char *tag)
{
	struct content rest = skip_blanks(content);
	size_t length = strlen(tag);

	if (rest.size < length)
		return false;
	for (size_t i = 0; i < length; i++)
		if (to_lower(rest.data[i]) != (uint8_t)tag[i])
			return false;
	return true;
}

static bool is_web_page(const struct content *content)
{
	static const char *const tags[] = { "<!doctype html", "<html", "<head", "<body", "<script", "<!--" };

	for (size_t i = 0; i < DFUT_COUNT(tags); i++)
		if (begins_with_tag(content, tags[i]))
			return true;
	return false;
}

static bool is_xml(const struct content *content)
{
	return begins_with_tag(content, "<?xml") || begins_with_tag(content, "<!doctype") ||
	       begins_with_tag(content, "<svg");
}

/* The length of the character at the beginning, 0 if it is not one of printable UTF-8 text. */
static size_t text_character(const uint8_t *data, size_t size)
{
	size_t length = data[0] < 0x80 ? 1 :
			data[0] < 0xc2 ? 0 :
			data[0] < 0xe0 ? 2 :
			data[0] < 0xf0 ? 3 :
			data[0] < 0xf5 ? 4 :
					 0;

	if (length == 1)
		return (data[0] >= 0x20 && data[0] != 0x7f) || is_blank(data[0]) ? 1 : 0;
	if (length > size)
		return 0;
	for (size_t i = 1; i < length; i++)
		if ((data[i] & 0xc0) != 0x80)
			return 0;
	return length;
}

/* All of it must be text, with words and blanks: a filler byte is often a letter. */
static bool is_text(const struct content *content)
{
	bool letters = false;
	bool blanks = false;
	size_t length;

	for (size_t i = 0; i < content->size; i += length) {
		length = text_character(content->data + i, content->size - i);
		if (length == 0)
			return false;
		letters = letters || is_letter(content->data[i]);
		blanks = blanks || is_blank(content->data[i]);
	}
	return letters && blanks && content->size >= TEXT_MIN_SIZE;
}

static bool is_json(const struct content *content)
{
	return (begins_with_tag(content, "{") || begins_with_tag(content, "[")) && is_text(content);
}

static bool is_windows_program(const struct content *content)
{
	size_t offset = content->size >= 0x40 ? dfut_le32(content->data + 0x3c) : 0;

	return offset >= 0x40 && offset <= content->size - 4 && memcmp(content->data + offset, "PE\0\0", 4) == 0;
}

/* The four magic numbers are also addresses; the file type, 1 to 12 in either byte order, makes it sure. */
static bool is_mac_program(const struct content *content)
{
	uint32_t magic = content->size >= 16 ? dfut_le32(content->data) : 0;

	if (magic == 0xfeedface || magic == 0xfeedfacf)
		return dfut_le32(content->data + 12) - 1 < 12;
	if (magic == 0xcefaedfe || magic == 0xcffaedfe)
		return memcmp(content->data + 12, "\0\0\0", 3) == 0 && content->data[15] - 1u < 12;
	return false;
}

static bool is_filled(const struct content *content, uint8_t value)
{
	for (size_t i = 0; i < content->size; i++)
		if (content->data[i] != value)
			return false;
	return content->size > 0;
}

static bool is_zeros(const struct content *content)
{
	return is_filled(content, 0x00);
}

static bool is_erased(const struct content *content)
{
	return is_filled(content, 0xff);
}

static const char unpack[] = "unpack it and use the firmware inside";
static const char to_binary[] = "convert it to a binary file, e.g. with objcopy -O binary";
static const char wrong_file[] = "look for the firmware file, often named .bin or .dfu";
static const char wrong_link[] = "use the file's raw download link";

/* The first that fits is told, so the general ones come last. */
static const struct foreign foreigners[] = {
	{ "an MCUboot image in the form used before 2018 (magic 96f3b83c), which is not supported",
	  "sign it with a current imgtool", 0, MAGIC("\x3c\xb8\xf3\x96"), NULL, DFUT_ERROR_UNSUPPORTED },
	{ "a ZIP archive, not firmware", unpack, 0, MAGIC("PK\3\4"), NULL, 0 },
	{ "a gzip archive, not firmware", unpack, 0, MAGIC("\x1f\x8b\x08"), NULL, 0 },
	{ "an xz archive, not firmware", unpack, 0,
	  MAGIC("\xfd"
		"7zXZ\0"),
	  NULL, 0 },
	{ "a bzip2 archive, not firmware", unpack, 4, MAGIC("1AY&SY"), NULL, 0 },
	{ "a Zstandard archive, not firmware", unpack, 0, MAGIC("\x28\xb5\x2f\xfd"), NULL, 0 },
	{ "a 7-Zip archive, not firmware", unpack, 0, MAGIC("7z\xbc\xaf\x27\x1c"), NULL, 0 },
	{ "a tar archive, not firmware", unpack, 257, MAGIC("ustar"), NULL, 0 },
	{ "a static library, not firmware", to_binary, 0, MAGIC("!<arch>\n"), NULL, 0 },
	{ "a Windows program, not firmware", wrong_file, 0, MAGIC("MZ"), is_windows_program, 0 },
	{ "a macOS program, not firmware", wrong_file, 0, NULL, 0, is_mac_program, 0 },
	{ "a PDF document, not firmware", wrong_file, 0, MAGIC("%PDF-"), NULL, 0 },
	{ "a PNG picture, not firmware", wrong_file, 0, MAGIC("\x89PNG\r\n\x1a\n"), NULL, 0 },
	{ "a web page, not firmware", wrong_link, 0, NULL, 0, is_web_page, 0 },
	{ "an XML document, not firmware", wrong_link, 0, NULL, 0, is_xml, 0 },
	{ "a Git LFS pointer, not firmware", "fetch the file itself with git lfs pull, or use its raw download link", 0,
	  MAGIC("version https://git-lfs.github.com/spec/v1"), NULL, 0 },
	{ "JSON text, not firmware", wrong_file, 0, NULL, 0, is_json, 0 },
	{ "plain text, not firmware", wrong_file, 0, NULL, 0, is_text, 0 },
	{ "nothing but 00 bytes, not firmware", "build or download it again", 0, NULL, 0, is_zeros, 0 },
	{ "nothing but FF bytes (erased flash), not firmware", "build or download it again", 0, NULL, 0, is_erased, 0 },
};

static bool is_foreign(const struct content *content, const struct foreign *foreign)
{
	if (foreign->magic) {
		if (content->size < foreign->offset || content->size - foreign->offset < foreign->magic_size)
			return false;
		if (memcmp(content->data + foreign->offset, foreign->magic, foreign->magic_size) != 0)
			return false;
	}
	return !foreign->matches || foreign->matches(content);
}

static const struct foreign *find_foreign(const struct content *content)
{
	for (size_t i = 0; i < DFUT_COUNT(foreigners); i++)
		if (is_foreign(content, &foreigners[i]))
			return &foreigners[i];
	return NULL;
}

bool dfut_raw_matches(const struct dfut_image *image)
{
	(void)image;
	return true;
}

static int refuse_empty(struct dfut_loader *loader)
{
	bool has_suffix = loader->image->suffix.present;
	int result = dfut_image_doubt(loader, DFUT_ERROR_IMAGE, DFUT_CHECK_LENGTH, "offset 0: %s",
				      has_suffix ? "the file has nothing but its DFU suffix" : "the file is empty");

	if (result < 0)
		dfut_hint(loader->failure, "build or download it again");
	return result;
}

int dfut_raw_inspect(struct dfut_loader *loader)
{
	const struct dfut_image *image = loader->image;
	const struct content content = { image->data, image->size };
	const struct foreign *foreign = find_foreign(&content);
	int result;

	dfut_image_add_fact(loader, "size", "%zu", image->size);
	if (image->size == 0)
		return refuse_empty(loader);
	if (!foreign)
		return 0;
	result = dfut_image_doubt(loader, foreign->code ? foreign->code : DFUT_ERROR_IMAGE, DFUT_CHECK_FORMAT,
				  "offset %zu: this is %s", foreign->offset, foreign->what);
	if (result < 0)
		dfut_hint(loader->failure, "%s", foreign->advice);
	return result;
}

/* What lies between segments looks as if erased. */
int dfut_raw_write(const struct dfut_source *source, struct dfut_buffer *file)
{
	int result = 0;

	for (size_t i = 0; result == 0 && i < source->count; i++) {
		const struct dfut_segment *segment = &source->segments[i];

		if (i > 0)
			result = dfut_buffer_fill(file, 0xff,
						  segment->address - source->segments[0].address - file->size);
		if (result == 0)
			result = dfut_buffer_add(file, segment->data, segment->size);
	}
	return result;
}
