/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* What tests of updates by Atmel's FLIP have in common: programs, and what a part must hold afterwards. */

#ifndef DFUT_TESTS_FLIP_BENCH_H
#define DFUT_TESTS_FLIP_BENCH_H

#include "dfuse-bench.h"

#define PROGRAM_LIMIT (512 * KIB)

/* A part of the virtual device, told here once more, from the data sheets. */
struct chip {
	const char *name;
	uint32_t flash;
	uint32_t loader; /* of it, at its end; of an AVR32 at its beginning */
	uint32_t eeprom;
	bool is_avr32;
	bool is_two; /* speaks FLIP 2 */
};

static const struct chip chips[] = {
	{ "at90usb82", 8 * KIB, 4 * KIB, 512, false, false },
	{ "at90usb162", 16 * KIB, 4 * KIB, 512, false, false },
	{ "atmega8u2", 8 * KIB, 4 * KIB, 512, false, false },
	{ "atmega16u2", 16 * KIB, 4 * KIB, 512, false, false },
	{ "atmega32u2", 32 * KIB, 4 * KIB, 1 * KIB, false, false },
	{ "atmega16u4", 16 * KIB, 4 * KIB, 512, false, false },
	{ "atmega32u4", 32 * KIB, 4 * KIB, 1 * KIB, false, false },
	{ "at90usb646", 64 * KIB, 8 * KIB, 2 * KIB, false, false },
	{ "at90usb1286", 128 * KIB, 8 * KIB, 4 * KIB, false, false },
	{ "atxmega64a3u", 64 * KIB, 0, 2 * KIB, false, true },
	{ "atxmega128a3u", 128 * KIB, 0, 2 * KIB, false, true },
	{ "at32uc3a0512", 512 * KIB, 8 * KIB, 0, true, true },
	{ "at32uc3b0256", 256 * KIB, 8 * KIB, 0, true, true },
};

static inline const struct chip *find_chip(const char *name)
{
	for (size_t i = 0; i < COUNT(chips); i++)
		if (strcmp(chips[i].name, name) == 0)
			return &chips[i];
	cr_assert(false, "%s", name);
	return NULL;
}

static inline uint32_t get_start(const struct chip *chip)
{
	return chip->is_avr32 ? chip->loader : 0;
}

static inline uint32_t get_room(const struct chip *chip)
{
	return chip->flash - chip->loader;
}

/* What a program is at this offset: a jump to 0x80, then anything that is not empty. */
static inline uint8_t get_code(uint32_t offset, uint32_t version)
{
	static const uint8_t vector[] = { 0x0c, 0x94, 0x40, 0x00 };

	return offset < sizeof(vector) ? vector[offset] : (uint8_t)((offset * 2654435761u + version * 77) >> 13 & 0x7f);
}

static inline struct dfut_image *make_program(struct bench *bench, uint32_t size, uint32_t version)
{
	uint8_t *bytes = malloc(size);
	struct dfut_image *image;

	for (uint32_t i = 0; i < size; i++)
		bytes[i] = get_code(i, version);
	cr_assert(eq(int, dfut_image_load_buffer(&image, bench->context, bytes, size, 0), 0), "%s",
		  dfut_context_get_error(bench->context));
	free(bytes);
	return image;
}

static inline const uint8_t *get_bytes(const struct bench *bench, const char *name, size_t *size)
{
	const uint8_t *bytes = dfut_sim_device_get_memory(bench->device, name, size);

	cr_assert(bytes != NULL, "%s", name);
	return bytes;
}

/* The program, and nothing behind it. */
static inline bool holds_program(const struct bench *bench, const struct chip *chip, uint32_t size, uint32_t version)
{
	const uint8_t *flash = get_bytes(bench, "flash", NULL) + get_start(chip);

	for (uint32_t i = 0; i < get_room(chip); i++)
		if (flash[i] != (i < size ? get_code(i, version) : 0xff))
			return false;
	return true;
}

struct wish {
	const char *part;
	const char *alternate;
	enum dfut_erase erase;
	enum dfut_verify verify;
	unsigned int force;
};

struct end {
	int result;
	enum dfut_verified verified;
	unsigned int check;
	char message[1024];
	char hint[1024];
};

static inline struct dfut_session *new_session(struct bench *bench, const struct wish *wish)
{
	struct dfut_session *session = bench_new_session(bench, "1-1");

	cr_assert(eq(int, dfut_session_set_part(session, wish->part), 0));
	cr_assert(eq(int, dfut_session_set_alternate(session, wish->alternate), 0));
	dfut_session_set_erase(session, wish->erase);
	dfut_session_set_verify(session, wish->verify);
	dfut_session_set_force(session, wish->force);
	return session;
}

static inline void keep_end(struct end *end, struct dfut_session *session, const char *what)
{
	end->verified = dfut_session_get_verified(session);
	end->check = dfut_session_get_failed_check(session);
	snprintf(end->message, sizeof(end->message), "%s", dfut_session_get_message(session));
	snprintf(end->hint, sizeof(end->hint), "%s", dfut_session_get_hint(session));
	bench_expect_words(end->message, what);
}

static inline struct end update_image(struct bench *bench, struct dfut_image *image, const struct wish *wish,
				      size_t cancel_round, const char *what)
{
	struct dfut_session *session = new_session(bench, wish);
	struct end end = { 0 };

	end.result = dfut_session_start_update(session, image);
	if (end.result == 0)
		end.result = bench_run(bench, session, cancel_round, what);
	keep_end(&end, session, what);
	dfut_session_free(session);
	return end;
}

static inline struct end update_program(struct bench *bench, uint32_t size, uint32_t version, const struct wish *wish,
					const char *what)
{
	struct dfut_image *image = make_program(bench, size, version);
	struct end end = update_image(bench, image, wish, SIZE_MAX, what);

	dfut_image_free(image);
	return end;
}

static inline struct end command(struct bench *bench, const char *name, const char *what)
{
	struct dfut_session *session = bench_new_session(bench, "1-1");
	struct end end = { 0 };

	end.result = dfut_session_start_command(session, name);
	if (end.result == 0)
		end.result = bench_run(bench, session, SIZE_MAX, what);
	keep_end(&end, session, what);
	dfut_session_free(session);
	return end;
}

#endif
