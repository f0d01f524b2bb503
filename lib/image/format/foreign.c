/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/*
 * Files that people take for firmware, told apart by their content. File systems, kernels and device trees are none of
 * them: U-Boot takes those.
 */

#include <string.h>

#include "image/format/foreign.h"
#include "image/format/text.h"

struct row {
	struct dfut_foreign foreign;
	/* Either bytes at the offset, or a function, or both. */
	const char *magic;
	size_t magic_size;
	bool (*matches)(const struct dfut_content *content);
};

#define MAGIC(text) text, sizeof(text) - 1

static bool is_windows_program(const struct dfut_content *content)
{
	size_t offset = content->size >= 0x40 ? dfut_le32(content->data + 0x3c) : 0;

	return offset >= 0x40 && offset <= content->size - 4 && memcmp(content->data + offset, "PE\0\0", 4) == 0;
}

/* The four magic numbers are also addresses; the file type, 1 to 12 in either byte order, makes it sure. */
static bool is_mac_program(const struct dfut_content *content)
{
	uint32_t magic = content->size >= 16 ? dfut_le32(content->data) : 0;

	if (magic == 0xfeedface || magic == 0xfeedfacf)
		return dfut_le32(content->data + 12) - 1 < 12;
	if (magic == 0xcefaedfe || magic == 0xcffaedfe)
		return memcmp(content->data + 12, "\0\0\0", 3) == 0 && content->data[15] - 1u < 12;
	return false;
}

/* Both begin with cafebabe: then comes the number of architectures, or the version of Java, which began at 45. */
static bool is_mac_universal(const struct dfut_content *content)
{
	return content->size >= 8 && memcmp(content->data + 4, "\0\0\0", 3) == 0 && content->data[7] - 1u < 40;
}

static bool is_java_class(const struct dfut_content *content)
{
	return content->size >= 8 && content->data[6] == 0 && content->data[7] >= 45;
}

/* The sum of the header, where its own field counts as blanks. */
static bool is_tar(const struct dfut_content *content)
{
	unsigned int said = 0;
	unsigned int sum = 8 * ' ';
	size_t at = 148;

	if (content->size < 512 || content->data[0] == '\0')
		return false;
	while (at < 156 && content->data[at] == ' ')
		at++;
	for (; at < 156 && content->data[at] >= '0' && content->data[at] <= '7'; at++)
		said = said * 8 + content->data[at] - '0';
	for (size_t i = 0; i < 512; i++)
		sum += i >= 148 && i < 156 ? 0u : content->data[i];
	return said == sum;
}

static bool is_bitmap(const struct dfut_content *content)
{
	return content->size >= 26 && dfut_le32(content->data + 2) == content->file_size;
}

static bool is_riff(const struct dfut_content *content)
{
	return content->size >= 12 && dfut_le32(content->data + 4) <= content->file_size;
}

/* Its dictionary is a power of two, its size known or not: all ones. */
static bool is_lzma(const struct dfut_content *content)
{
	uint32_t dictionary = content->size >= 13 ? dfut_le32(content->data + 1) : 0;

	if (dictionary < 4096 || (dictionary & (dictionary - 1)) != 0)
		return false;
	return dfut_le32(content->data + 9) == 0 ||
	       memcmp(content->data + 5, "\xff\xff\xff\xff\xff\xff\xff\xff", 8) == 0;
}

static bool is_filled(const struct dfut_content *content, uint8_t value)
{
	for (size_t i = 0; i < content->size; i++)
		if (content->data[i] != value)
			return false;
	return content->size > 0 && content->is_even;
}

static bool is_zeros(const struct dfut_content *content)
{
	return is_filled(content, 0x00);
}

static bool is_erased(const struct dfut_content *content)
{
	return is_filled(content, 0xff);
}

static const char unpack[] = "unpack it and use the firmware inside";
static const char to_binary[] = "convert it to a binary file, e.g. with objcopy -O binary";
static const char wrong_file[] = "look for the firmware file, often named .bin or .dfu";
static const char wrong_link[] = "use the file's raw download link";
static const char again[] = "build or download it again";
static const char plain[] = "save it as UTF-8 or ASCII if it is a .hex or .srec file, else look for the firmware file";

#define ARCHIVE(what, offset, magic, matches) \
	{ \
		{ what " archive, not firmware", unpack, offset, 0 }, MAGIC(magic), matches \
	}
#define OTHER(what, offset, magic, matches) \
	{ \
		{ what ", not firmware", wrong_file, offset, 0 }, MAGIC(magic), matches \
	}
#define CONTENT(what, advice, matches) \
	{ \
		{ what ", not firmware", advice, 0, 0 }, NULL, 0, matches \
	}

/* clang-format off */
/* The first that fits is told, so the general ones come last. */
static const struct row rows[] = {
	{ { "an MCUboot image in the form used before 2018 (magic 96f3b83c), which is not supported",
	    "sign it with a current imgtool", 0, DFUT_ERROR_UNSUPPORTED }, MAGIC("\x3c\xb8\xf3\x96"), NULL },
	ARCHIVE("a ZIP", 0, "PK\3\4", NULL),
	ARCHIVE("a ZIP", 0, "PK\7\x8", NULL),
	{ { "an empty ZIP archive, not firmware", again, 0, 0 }, MAGIC("PK\5\6"), NULL },
	ARCHIVE("a gzip", 0, "\x1f\x8b\x08", NULL),
	ARCHIVE("an xz", 0, "\xfd" "7zXZ\0", NULL),
	ARCHIVE("an LZMA", 0, "\x5d", is_lzma),
	ARCHIVE("an LZ4", 0, "\x04\x22\x4d\x18", NULL),
	ARCHIVE("a bzip2", 4, "1AY&SY", NULL),
	ARCHIVE("a Zstandard", 0, "\x28\xb5\x2f\xfd", NULL),
	ARCHIVE("a compress (.Z)", 0, "\x1f\x9d\x90", NULL),
	ARCHIVE("a 7-Zip", 0, "7z\xbc\xaf\x27\x1c", NULL),
	ARCHIVE("a RAR", 0, "Rar!\x1a\x07", NULL),
	ARCHIVE("a cabinet (.cab)", 0, "MSCF\0\0\0\0", NULL),
	ARCHIVE("a tar", 257, "ustar", NULL),
	{ { "a tar archive, not firmware", unpack, 0, 0 }, NULL, 0, is_tar },
	{ { "a Debian package, not firmware", unpack, 0, 0 }, MAGIC("!<arch>\ndebian-binary"), NULL },
	{ { "an RPM package, not firmware", unpack, 0, 0 }, MAGIC("\xed\xab\xee\xdb"), NULL },
	{ { "a static library, not firmware", to_binary, 0, 0 }, MAGIC("!<arch>\n"), NULL },
	{ { "LLVM bitcode, not firmware", to_binary, 0, 0 }, MAGIC("BC\xc0\xde"), NULL },
	OTHER("a Windows program", 0, "MZ", is_windows_program),
	CONTENT("a macOS program", wrong_file, is_mac_program),
	OTHER("a macOS program", 0, "\xca\xfe\xba\xbe", is_mac_universal),
	OTHER("a Java class", 0, "\xca\xfe\xba\xbe", is_java_class),
	OTHER("a WebAssembly module", 0, "\0asm", NULL),
	OTHER("an Android program (dex)", 0, "dex\n", NULL),
	OTHER("compiled Python", 1, "\r\r\n", NULL),
	OTHER("compiled Lua", 0, "\x1bLua", NULL),
	OTHER("a script", 0, "#!/", NULL),
	OTHER("a PDF document", 0, "%PDF-", NULL),
	OTHER("a PostScript document", 0, "%!PS", NULL),
	OTHER("an RTF document", 0, "{\\rtf", NULL),
	OTHER("a document or installer of Microsoft's", 0, "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", NULL),
	OTHER("a PNG picture", 0, "\x89PNG\r\n\x1a\n", NULL),
	OTHER("a JPEG picture", 0, "\xff\xd8\xff", NULL),
	OTHER("a GIF picture", 0, "GIF8", NULL),
	OTHER("a TIFF picture", 0, "II*\0", NULL),
	OTHER("a TIFF picture", 0, "MM\0*", NULL),
	OTHER("a BMP picture", 0, "BM", is_bitmap),
	OTHER("a Photoshop picture", 0, "8BPS", NULL),
	OTHER("a picture, sound or film (RIFF)", 0, "RIFF", is_riff),
	OTHER("an MP3 file", 0, "ID3", NULL),
	OTHER("an Ogg file", 0, "OggS", NULL),
	OTHER("a FLAC file", 0, "fLaC", NULL),
	OTHER("a film (MP4)", 4, "ftyp", NULL),
	OTHER("a film (Matroska)", 0, "\x1a\x45\xdf\xa3", NULL),
	OTHER("a font", 0, "wOFF", NULL),
	OTHER("a font", 0, "wOF2", NULL),
	OTHER("a font", 0, "OTTO", NULL),
	OTHER("an SQLite database", 0, "SQLite format 3", NULL),
	OTHER("a property list of Apple's", 0, "bplist0", NULL),
	OTHER("a network capture", 0, "\x0a\x0d\x0d\x0a", NULL),
	OTHER("a network capture", 0, "\xd4\xc3\xb2\xa1", NULL),
	OTHER("a browser extension", 0, "Cr24", NULL),
	OTHER("an ISO image of a disc", 0x8001, "CD001", NULL),
	OTHER("a disk of a virtual machine", 0, "QFI\xfb", NULL),
	OTHER("a disk of a virtual machine", 0, "conectix", NULL),
	CONTENT("a web page", wrong_link, dfut_text_is_web_page),
	CONTENT("an XML document", wrong_link, dfut_text_is_xml),
	{ { "a Git LFS pointer, not firmware", "fetch the file itself with git lfs pull, or use its raw download link", 0, 0 },
	  MAGIC("version https://git-lfs.github.com/spec/v1"), NULL },
	CONTENT("JSON text", wrong_file, dfut_text_is_json),
	CONTENT("nothing but white space", again, dfut_text_is_white),
	CONTENT("plain text", wrong_file, dfut_text_is_plain),
	CONTENT("plain text in UTF-16 or UTF-32", plain, dfut_text_is_wide),
	CONTENT("plain text that is not in UTF-8", plain, dfut_text_is_8_bit),
	CONTENT("nothing but 00 bytes", again, is_zeros),
	CONTENT("nothing but FF bytes (erased flash)", again, is_erased),
};
/* clang-format on */

static bool fits(const struct dfut_content *content, const struct row *row)
{
	size_t offset = row->foreign.offset;

	if (row->magic) {
		if (content->size < offset || content->size - offset < row->magic_size)
			return false;
		if (memcmp(content->data + offset, row->magic, row->magic_size) != 0)
			return false;
	}
	return !row->matches || row->matches(content);
}

const struct dfut_foreign *dfut_foreign_find(const struct dfut_content *content)
{
	for (size_t i = 0; i < DFUT_COUNT(rows); i++)
		if (fits(content, &rows[i]))
			return &rows[i].foreign;
	return NULL;
}
