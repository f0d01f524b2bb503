/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* The formats of firmware files: a row for each. */

#include <string.h>

#include "image/format/elf.h"
#include "image/format/nordic.h"

/* In the order in which they are tried: raw takes everything. */
static const struct dfut_format formats[] = {
	{ "mcuboot", "MCUboot image", dfut_mcuboot_matches, dfut_mcuboot_inspect, NULL, DFUT_FORMAT_SUFFIX },
	{ "dfuse", "DfuSe file", dfut_dfuse_matches, dfut_dfuse_inspect, dfut_dfuse_write,
	  DFUT_FORMAT_ADDRESSES | DFUT_FORMAT_PARTS | DFUT_FORMAT_ALTERNATES | DFUT_FORMAT_SUFFIX },
	{ "ihex", "Intel HEX file", dfut_ihex_matches, dfut_ihex_inspect, dfut_ihex_write,
	  DFUT_FORMAT_ADDRESSES | DFUT_FORMAT_PARTS | DFUT_FORMAT_GROUPS | DFUT_FORMAT_TEXT },
	{ "srec", "Motorola S-records", dfut_srec_matches, dfut_srec_inspect, dfut_srec_write,
	  DFUT_FORMAT_ADDRESSES | DFUT_FORMAT_PARTS | DFUT_FORMAT_TEXT },
	{ "uf2", "UF2 file", dfut_uf2_matches, dfut_uf2_inspect, dfut_uf2_write,
	  DFUT_FORMAT_ADDRESSES | DFUT_FORMAT_PARTS | DFUT_FORMAT_GROUPS | DFUT_FORMAT_FAMILIES },
	{ "elf", "ELF program", dfut_elf_matches, dfut_elf_inspect, NULL, DFUT_FORMAT_ADDRESSES | DFUT_FORMAT_PARTS },
	{ "nordic", "Nordic DFU package", dfut_nordic_matches, dfut_nordic_inspect, NULL, DFUT_FORMAT_PARTS },
	/* What a package is for is known when it was read. */
	{ "nordic-legacy", "Nordic DFU package, legacy", dfut_image_is_nordic_legacy, dfut_nordic_inspect, NULL,
	  DFUT_FORMAT_PARTS },
	{ "esp", "ESP-IDF DFU archive", dfut_esp_matches, dfut_esp_inspect, NULL,
	  DFUT_FORMAT_ADDRESSES | DFUT_FORMAT_SUFFIX },
	/* It names its parts, which are files beside it. */
	{ "esp-flasher-args", "ESP-IDF's list of files to flash", dfut_esp_flasher_args_matches,
	  dfut_esp_flasher_args_inspect, NULL, DFUT_FORMAT_ADDRESSES | DFUT_FORMAT_PARTS },
	{ "lmdfu", "TI LMDFU image", dfut_lmdfu_matches, dfut_lmdfu_inspect, NULL,
	  DFUT_FORMAT_ADDRESSES | DFUT_FORMAT_SUFFIX },
	{ "lpc", "NXP LPC image", dfut_lpc_matches, dfut_lpc_inspect, NULL, DFUT_FORMAT_SUFFIX },
	{ "raw", "Plain binary", dfut_raw_matches, dfut_raw_inspect, dfut_raw_write, DFUT_FORMAT_SUFFIX },
};

const struct dfut_format *dfut_image_find_format(const char *name)
{
	for (size_t i = 0; name && i < DFUT_COUNT(formats); i++)
		if (strcmp(formats[i].name, name) == 0)
			return &formats[i];
	return NULL;
}

bool dfut_image_is(const struct dfut_image *image, unsigned int traits)
{
	return (image->format->traits & traits) == traits;
}

const struct dfut_format *dfut_image_recognise(const struct dfut_image *image)
{
	size_t i = 0;

	while (i < DFUT_COUNT(formats) - 1 && !formats[i].matches(image))
		i++;
	return &formats[i];
}

DFUT_API const char *dfut_format_get_name(size_t index)
{
	return index < DFUT_COUNT(formats) ? formats[index].name : NULL;
}

DFUT_API const char *dfut_format_get_text(const char *name)
{
	const struct dfut_format *format = dfut_image_find_format(name);

	return format ? format->text : NULL;
}

DFUT_API unsigned int dfut_format_get_traits(const char *name)
{
	const struct dfut_format *format = dfut_image_find_format(name);
	unsigned int written = format && format->write ? DFUT_FORMAT_WRITTEN : 0;

	return format ? format->traits | written : 0;
}
