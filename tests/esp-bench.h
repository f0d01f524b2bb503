/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/*
 * What tests of updates through Espressif's ROM loader have in common: images, composed without the library's help (esp-idf,
 * components/bootloader_support/include/esp_app_format.h and esp_flash_partitions.h), and what the flash holds afterwards.
 */

#ifndef DFUT_TESTS_ESP_BENCH_H
#define DFUT_TESTS_ESP_BENCH_H

#define ROUND_LIMIT 200000

#include "bench.h"

#define S3 9
#define C3 5
#define S2 2

#define APPLICATION 0x10000u
#define TABLE 0x8000u
#define IMAGE_MAX (512 * 1024)

struct bytes {
	uint8_t data[IMAGE_MAX];
	size_t size;
};

static inline void put_le32(uint8_t *at, uint32_t value)
{
	for (int i = 0; i < 4; i++)
		at[i] = (uint8_t)(value >> 8 * i);
}

/* An image with one segment: of what compresses well up to the half, and of what does not. */
static inline void make_image(struct bytes *bytes, uint16_t chip, size_t size, unsigned int seed)
{
	size_t length = (size - 48) / 16 * 16 + 8;
	uint8_t sum = 0xef;

	memset(bytes->data, 0, 24);
	bytes->data[0] = 0xe9;
	bytes->data[1] = 1;
	bytes->data[2] = 2;
	bytes->data[3] = 0x2f; /* 4 MiB */
	put_le32(bytes->data + 4, 0x40374000);
	bytes->data[12] = (uint8_t)chip;
	put_le32(bytes->data + 24, 0x3fc88000);
	put_le32(bytes->data + 28, (uint32_t)length);
	for (size_t i = 0; i < length; i++) {
		uint32_t value = (uint32_t)(i + seed) * 2654435761u;

		bytes->data[32 + i] = i < length / 2 ? (uint8_t)(i / 64) : (uint8_t)(value >> 13 ^ value >> 22);
	}
	for (size_t i = 0; i < length; i++)
		sum ^= bytes->data[32 + i];
	bytes->size = (32 + length) / 16 * 16 + 16;
	memset(bytes->data + 32 + length, 0, bytes->size - 32 - length);
	bytes->data[bytes->size - 1] = sum;
}

static inline void make_application(struct bytes *bytes, uint16_t chip, size_t size, unsigned int seed)
{
	make_image(bytes, chip, size, seed);
	bytes->data[bytes->size - 1] ^= bytes->data[32] ^ bytes->data[33] ^ bytes->data[34] ^ bytes->data[35];
	put_le32(bytes->data + 32, 0xabcd5432);
	bytes->data[bytes->size - 1] ^= 0x32 ^ 0x54 ^ 0xcd ^ 0xab;
}

/* A partition table with an application. */
static inline void make_table(uint8_t *at)
{
	memset(at, 0xff, 0xc00);
	memset(at, 0, 32);
	at[0] = 0xaa;
	at[1] = 0x50;
	put_le32(at + 4, APPLICATION);
	put_le32(at + 8, 0x100000);
	memcpy(at + 12, "factory", 7);
}

/* Bootloader, table and application in one file. */
static inline void make_merged(struct bytes *bytes, uint16_t chip, size_t size, unsigned int seed)
{
	static struct bytes part;
	uint32_t bootloader = chip == S2 ? 0x1000 : 0;

	memset(bytes->data, 0xff, APPLICATION);
	make_image(&part, chip, 0x3000, seed);
	memcpy(bytes->data + bootloader, part.data, part.size);
	make_table(bytes->data + TABLE);
	make_application(&part, chip, size, seed);
	memcpy(bytes->data + APPLICATION, part.data, part.size);
	bytes->size = APPLICATION + part.size;
}

static inline struct dfut_image *load(struct bench *bench, const struct bytes *bytes)
{
	struct dfut_image *image = NULL;

	cr_assert(eq(int, dfut_image_load_buffer(&image, bench->context, bytes->data, bytes->size, 0), 0), "%s",
		  dfut_context_get_error(bench->context));
	return image;
}

static inline struct dfut_image *load_at(struct bench *bench, const struct bytes *bytes, uint32_t address)
{
	struct dfut_image *image = load(bench, bytes);

	cr_assert(eq(int, dfut_image_set_address(image, address), 0));
	return image;
}

static inline bool holds(const struct bench *bench, const struct bytes *bytes, uint32_t address)
{
	size_t size;
	const uint8_t *flash = dfut_sim_device_get_memory(bench->device, "flash", &size);

	cr_assert(flash != NULL);
	return address + bytes->size <= size && memcmp(flash + address, bytes->data, bytes->size) == 0;
}

/* A whole flash that starts, so that there is an application to be triggered. */
static inline void fill_flash(struct bench *bench, uint16_t chip)
{
	static struct bytes old;

	make_merged(&old, chip, 20000, 77);
	cr_assert(eq(int, dfut_sim_device_set_memory(bench->device, "flash", 0, old.data, old.size), 0));
}

static inline bool runs_application(const struct bench *bench)
{
	return dfut_sim_device_is_present(bench->device) &&
	       strcmp(dfut_sim_device_get_mode_name(bench->device), "application") == 0;
}

static inline void wait_ms(struct bench *bench, uint64_t ms)
{
	for (uint64_t until_us = dfut_sim_get_time_us(bench->sim) + ms * 1000;
	     dfut_sim_get_time_us(bench->sim) < until_us;)
		dfut_context_dispatch(bench->context, 500);
}

/* Sessions. */

struct wishes {
	enum dfut_erase erase;
	enum dfut_verify verify;
	unsigned int force;
	const char *part;
};

struct outcome {
	int result;
	char message[1024];
	char hint[1024];
	enum dfut_verified verified;
	unsigned int check;
	uint64_t time_ms;
};

/* The image is freed. */
static inline struct outcome update_with(struct bench *bench, struct dfut_image *image, const struct wishes *wishes,
					 size_t cancel_round, const char *what)
{
	struct dfut_session *session = bench_new_session(bench, "1-1");
	uint64_t start_us = dfut_sim_get_time_us(bench->sim);
	struct outcome outcome;

	dfut_session_set_erase(session, wishes->erase);
	dfut_session_set_verify(session, wishes->verify);
	dfut_session_set_force(session, wishes->force);
	cr_assert(eq(int, dfut_session_set_part(session, wishes->part), 0));
	outcome.result = dfut_session_start_update(session, image);
	if (outcome.result == 0)
		outcome.result = bench_run(bench, session, cancel_round, what);
	outcome.time_ms = (dfut_sim_get_time_us(bench->sim) - start_us) / 1000;
	outcome.verified = dfut_session_get_verified(session);
	outcome.check = dfut_session_get_failed_check(session);
	snprintf(outcome.message, sizeof(outcome.message), "%s", dfut_session_get_message(session));
	snprintf(outcome.hint, sizeof(outcome.hint), "%s", dfut_session_get_hint(session));
	bench_expect_words(outcome.message, what);
	if (outcome.result < 0 && getenv("VERBOSE"))
		fprintf(stderr, "%s: %s (%s)\n", what, outcome.message, outcome.hint);
	dfut_session_free(session);
	dfut_image_free(image);
	return outcome;
}

static inline struct outcome update(struct bench *bench, struct dfut_image *image, const char *what)
{
	static const struct wishes wishes = { DFUT_ERASE_AUTO, DFUT_VERIFY_AUTO, 0, NULL };

	return update_with(bench, image, &wishes, SIZE_MAX, what);
}

static inline uint16_t get_chip(const char *spec)
{
	return strncmp(spec, "esp32-s2", 8) == 0 && !strstr(spec, "chip=esp32-s3") ? S2 :
	       strstr(spec, "chip=esp32-c3")					   ? C3 :
										     S3;
}

#endif
