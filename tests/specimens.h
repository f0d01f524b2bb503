/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/*
 * A virtual device of each language with a small image that it takes, for tests that do the same with all of them: what must
 * be in one of its memories after a success is known without the library.
 */

#ifndef DFUT_TESTS_SPECIMENS_H
#define DFUT_TESTS_SPECIMENS_H

#include "bench.h"
#include "mcuboot-sample.h"
#include "rp-stage.h"

#define SPECIMEN_ROOM (16 * 1024)

enum content {
	CONTENT_RAW,
	CONTENT_AVR,
	CONTENT_VECTORS,
	CONTENT_SINOWEALTH,
	CONTENT_RP2040,
	CONTENT_ESP,
	CONTENT_MCUBOOT,
	CONTENT_NORDIC,
	CONTENT_NORDIC_LEGACY,
	CONTENT_UF2,
};

struct specimen {
	const char *language;
	const char *spec;
	enum content content;
	uint32_t size;
	uint32_t address; /* of an image without addresses; 0: it has none */
	uint32_t stack;	  /* CONTENT_VECTORS: the first word; the others are in front of `start` */
	uint32_t start;
	const char *part;
	const char *row;   /* of a user's table */
	uint16_t named[2]; /* a vendor, a product: their language is told by hand */
	uint16_t chip;	   /* CONTENT_ESP */
	uint32_t family;   /* CONTENT_UF2 */
};

#define SPECIMEN_UF2_ROW \
	"{\"format\": 1, \"devices\": [{\"name\": \"m0\", \"application\": [{\"ids\": [\"239a:801b\"]," \
	"\"interface\": \"02/02/*\"}], \"bootloader\": [{\"ids\": [\"239a:001b\"], \"interface\": \"08/06/50\"}]," \
	"\"triggers\": [\"touch-1200\"], \"protocol\": \"uf2\"}]}"

/* clang-format off */
static const struct specimen specimens[] = {
	{ .language = "dfu", .spec = "dfu:transfer-size=256", .content = CONTENT_RAW, .size = 1300 },
	{ .language = "dfu", .spec = "dfu:transfer-size=256,tolerant=no,will-detach=no", .content = CONTENT_RAW, .size = 1300 },
	{ .language = "dfu", .spec = "zephyr:slot-size=8K", .content = CONTENT_MCUBOOT, .size = 1000 },
	{ .language = "dfu", .spec = "zephyr:stack=legacy,slot-size=8K", .content = CONTENT_MCUBOOT, .size = 1000 },
	{ .language = "dfu", .spec = "xmos:erase-percent=1", .content = CONTENT_RAW, .size = 1300 },
	{ .language = "dfu", .spec = "sln-voice", .content = CONTENT_RAW, .size = 1300 },
	{ .language = "dfuse", .spec = "stm32f072:application=runtime", .content = CONTENT_VECTORS, .size = 3000,
	  .address = 0x08000000, .stack = 0x20004000, .start = 0x08000201 },
	{ .language = "dfuse", .spec = "gd32vf103:application=runtime", .content = CONTENT_VECTORS, .size = 3000,
	  .address = 0x08000000, .stack = 0x20004000, .start = 0x08000201 },
	{ .language = "atmel-flip", .spec = "flip:part=atmega32u4,loader=lufa,application=via", .content = CONTENT_AVR, .size = 1300 },
	{ .language = "avr109", .spec = "leonardo", .content = CONTENT_AVR, .size = 1300 },
	{ .language = "qmk-hid", .spec = "via-keyboard:bootloader=lufa-hid,part=atmega32u4", .content = CONTENT_AVR,
	  .size = 1300, .part = "atmega32u4" },
	{ .language = "halfkay", .spec = "teensy:board=lc", .content = CONTENT_VECTORS, .size = 2100, .stack = 0x20001800,
	  .start = 0xc1 },
	{ .language = "sam-ba", .spec = "samd:board=zero", .content = CONTENT_VECTORS, .size = 3000, .stack = 0x20008000,
	  .start = 0x2081 },
	{ .language = "sonix-isp", .spec = "sonix-keyboard:chip=24x", .content = CONTENT_VECTORS, .size = 3000,
	  .stack = 0x20000800, .start = 0xc1 },
	{ .language = "sinowealth-isp", .spec = "sinowealth-keyboard:chip=sh68f881", .content = CONTENT_SINOWEALTH, .size = 1300,
	  .part = "sh68f881" },
	{ .language = "picoboot", .spec = "pico:flash-size=1M", .content = CONTENT_RP2040, .size = 5000 },
	{ .language = "uf2", .spec = "uf2-board:flavour=samd21", .content = CONTENT_UF2, .size = 2048, .row = SPECIMEN_UF2_ROW,
	  .stack = 0x20008000, .start = 0x2081, .family = 0x68ed2b88, .address = 0x2000 },
	{ .language = "esp-serial", .spec = "esp32-s3-jtag", .content = CONTENT_ESP, .size = 2000, .chip = 9,
	  .address = 0x10000 },
	{ .language = "esp-serial", .spec = "esp32-s2", .content = CONTENT_ESP, .size = 2000, .chip = 2, .address = 0x10000 },
	{ .language = "smp", .spec = "smp-board", .content = CONTENT_MCUBOOT, .size = 1000, .named = { 0x2fe3, 0x0004 } },
	{ .language = "smp", .spec = "smp-board:mode=recovery", .content = CONTENT_MCUBOOT, .size = 1000,
	  .named = { 0x2fe3, 0x0100 } },
	{ .language = "nordic-serial", .spec = "nrf52840-keyboard", .content = CONTENT_NORDIC, .size = 5000 },
	{ .language = "nordic-serial-legacy", .spec = "adafruit-nrf52", .content = CONTENT_NORDIC_LEGACY, .size = 3000 },
};
/* clang-format on */

/* Bytes, and which of them must be in a memory in one piece. */
struct firmware {
	uint8_t bytes[SPECIMEN_ROOM];
	size_t size;
	size_t skipped; /* at the beginning, as a bootloader has its own there */
};

static inline void specimen_put(struct firmware *firmware, size_t at, uint32_t value)
{
	for (size_t i = 0; i < 4; i++)
		firmware->bytes[at + i] = (uint8_t)(value >> 8 * i);
}

/* Neither erased nor "#", which is a command of SAM-BA. */
static inline void specimen_fill(struct firmware *firmware, size_t size)
{
	firmware->size = size;
	for (size_t i = 0; i < size; i++) {
		uint8_t byte = (uint8_t)((i * 2654435761u >> 13) & 0x7f);

		firmware->bytes[i] = byte == '#' ? '$' : byte;
	}
}

/* An image with one segment, which is an application (esp-idf, esp_app_format.h). */
static inline void specimen_make_esp(struct firmware *firmware, size_t size, uint16_t chip)
{
	size_t length = (size - 48) / 16 * 16 + 8;
	uint8_t sum = 0xef;

	specimen_fill(firmware, (32 + length) / 16 * 16 + 16);
	memset(firmware->bytes, 0, 24);
	memcpy(firmware->bytes, "\xe9\x01\x02\x2f", 4);
	specimen_put(firmware, 4, 0x40374000);
	firmware->bytes[12] = (uint8_t)chip;
	specimen_put(firmware, 24, 0x3fc88000);
	specimen_put(firmware, 28, (uint32_t)length);
	specimen_put(firmware, 32, 0xabcd5432);
	for (size_t i = 32; i < 32 + length; i++)
		sum ^= firmware->bytes[i];
	memset(firmware->bytes + 32 + length, 0, firmware->size - 32 - length);
	firmware->bytes[firmware->size - 1] = sum;
}

static inline void specimen_make_mcuboot(struct firmware *firmware, uint32_t size)
{
	struct sample_wish wish = { .version = { 9, 1, 0, 0 }, .header_size = 0x200, .body_size = size };
	struct sample sample = sample_make(&wish);

	firmware->size = sample.size;
	memcpy(firmware->bytes, sample.bytes, sample.size);
}

static inline void specimen_make(struct firmware *firmware, const struct specimen *specimen)
{
	firmware->skipped = 0;
	specimen_fill(firmware, specimen->size);
	switch (specimen->content) {
	case CONTENT_RAW:
		break;
	case CONTENT_NORDIC:
	case CONTENT_NORDIC_LEGACY:
		memcpy(firmware->bytes, "\0\0\4\x20\1\x12\0\0", 8);
		break;
	case CONTENT_AVR:
		memcpy(firmware->bytes, "\x0c\x94\x40\0", 4);
		break;
	case CONTENT_VECTORS:
	case CONTENT_UF2:
		specimen_put(firmware, 0, specimen->stack);
		for (size_t i = 1; i < 16; i++)
			specimen_put(firmware, 4 * i, specimen->start + 4 * (uint32_t)(i - 1));
		break;
	case CONTENT_SINOWEALTH:
		memcpy(firmware->bytes, "\2\1\x23", 3);
		firmware->skipped = 3;
		break;
	case CONTENT_RP2040:
		specimen_put(firmware, 252, rp_stage_get_crc(firmware->bytes));
		break;
	case CONTENT_ESP:
		specimen_make_esp(firmware, specimen->size, specimen->chip);
		break;
	case CONTENT_MCUBOOT:
		specimen_make_mcuboot(firmware, specimen->size);
		break;
	}
}

/* Blocks of 256 bytes (microsoft/uf2). */
static inline size_t specimen_make_uf2(uint8_t *file, const struct firmware *firmware, const struct specimen *specimen)
{
	struct firmware block;
	uint32_t count = (uint32_t)firmware->size / 256;

	for (uint32_t i = 0; i < count; i++) {
		const uint32_t head[] = { 0x0a324655, 0x9e5d5157, 0x2000, specimen->address + 256 * i,
					  256,	      i,	  count,  specimen->family };

		memset(block.bytes, 0, 512);
		for (size_t k = 0; k < COUNT(head); k++)
			specimen_put(&block, 4 * k, head[k]);
		memcpy(block.bytes + 32, firmware->bytes + 256 * (size_t)i, 256);
		specimen_put(&block, 508, 0x0ab16f30);
		memcpy(file + 512 * (size_t)i, block.bytes, 512);
	}
	return 512 * (size_t)count;
}

/* Written once: where memory is missing, its name is all that is needed. */
static inline void specimen_save(const struct firmware *firmware, char *path)
{
	int fd;

	strcpy(path, "/tmp/dfutrigger-specimen-XXXXXX");
	fd = mkstemp(path);
	cr_assert(ge(int, fd, 0));
	cr_assert(eq(sz, (size_t)write(fd, firmware->bytes, firmware->size), firmware->size));
	close(fd);
}

static inline int specimen_pack_nordic(struct dfut_image **image, struct dfut_context *context,
				       const struct specimen *specimen, const struct firmware *firmware)
{
	static const uint32_t none[] = { 0 }, s140[] = { 0xb6 };
	struct dfut_nordic nordic = DFUT_NORDIC_INIT;
	char path[48];
	int result;

	specimen_save(firmware, path);
	nordic.legacy = specimen->content == CONTENT_NORDIC_LEGACY;
	nordic.application = path;
	nordic.application_version = 2;
	nordic.bootloader_version = 9;
	nordic.sd_req = nordic.legacy ? s140 : none;
	nordic.sd_req_count = 1;
	result = dfut_image_build_nordic(image, context, &nordic);
	unlink(path);
	return result;
}

static inline int specimen_load(struct dfut_image **image, struct dfut_context *context,
				const struct specimen *specimen, const struct firmware *firmware)
{
	static uint8_t file[2 * SPECIMEN_ROOM];
	int result;

	*image = NULL;
	if (specimen->content == CONTENT_NORDIC || specimen->content == CONTENT_NORDIC_LEGACY)
		return specimen_pack_nordic(image, context, specimen, firmware);
	if (specimen->content == CONTENT_UF2)
		return dfut_image_load_buffer(image, context, file, specimen_make_uf2(file, firmware, specimen), 0);
	result = dfut_image_load_buffer(image, context, firmware->bytes, firmware->size, 0);
	if (result == 0 && specimen->address)
		result = dfut_image_set_address(*image, specimen->address);
	return result;
}

/* What the context has to know of it. */
static inline int specimen_teach(struct dfut_context *context, const struct specimen *specimen)
{
	struct bench bench = { .context = context };
	int result = specimen->row ? bench_load_devices(&bench, specimen->row) : 0;

	if (result == 0 && specimen->named[0])
		result = dfut_context_set_protocol(context, specimen->named[0], specimen->named[1], specimen->language,
						   -1);
	return result;
}

/* An ESP chip starts a bootloader, which finds the application by the table of partitions. */
static inline void specimen_prepare(struct dfut_sim_device *device, const struct specimen *specimen)
{
	static uint8_t flash[0x10000];
	static struct firmware part;

	if (specimen->content != CONTENT_ESP)
		return;
	memset(flash, 0xff, sizeof(flash));
	specimen_make_esp(&part, 12000, specimen->chip);
	memcpy(flash + (specimen->chip == 2 ? 0x1000 : 0), part.bytes, part.size);
	memset(flash + 0x8000, 0, 32);
	memcpy(flash + 0x8000, "\xaa\x50\0\0\0\0\1\0\0\0\x10\0factory", 19);
	cr_assert(eq(int, dfut_sim_device_set_memory(device, "flash", 0, flash, sizeof(flash)), 0));
	cr_assert(eq(int, dfut_sim_device_set_memory(device, "flash", 0x10000, part.bytes, part.size), 0));
}

static inline bool specimen_is_in(const uint8_t *memory, size_t size, const uint8_t *bytes, size_t length)
{
	for (const uint8_t *at = memory; at && size - (size_t)(at - memory) >= length; at++) {
		at = memchr(at, bytes[0], size - (size_t)(at - memory) - length + 1);
		if (!at)
			return false;
		if (memcmp(at, bytes, length) == 0)
			return true;
	}
	return false;
}

/* Whether one of its memories has the image. */
static inline bool specimen_is_held(const struct dfut_sim_device *device, const struct firmware *firmware)
{
	static const char *const names[] = { "flash", "slot0", "slot1", "memory0", "upgrade", "factory", "data" };

	for (size_t i = 0; i < COUNT(names); i++) {
		size_t size = 0;
		const uint8_t *memory = dfut_sim_device_get_memory(device, names[i], &size);

		if (memory && specimen_is_in(memory, size, firmware->bytes + firmware->skipped,
					     firmware->size - firmware->skipped))
			return true;
	}
	return false;
}

#endif
