/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/*
 * What tests of updates by PICOBOOT have in common: programs for RP2040 and RP2350 and their files, composed without the
 * library's help (RP2040 datasheet, 2.8; RP2350 datasheet, 5.9; microsoft/uf2), and what the flash must hold afterwards.
 */

#ifndef DFUT_TESTS_PICOBOOT_BENCH_H
#define DFUT_TESTS_PICOBOOT_BENCH_H

#define ROUND_LIMIT 200000

#include "bench.h"
#include "rp-stage.h"

#define FLASH 0x10000000u
#define SECTOR 4096u
#define KIB 1024u
#define MIB (1024u * 1024u)
#define FAMILY_RP2040 0xe48bff56u
#define FAMILY_ABSOLUTE 0xe48bff57u
#define FAMILY_DATA 0xe48bff58u
#define FAMILY_ARM 0xe48bff59u
#define FAMILY_RISCV 0xe48bff5au
#define TYPE_RP2350 0x1021 /* Arm, secure, a program */
#define TYPE_RISCV 0x1101
#define TYPE_OF_RP2040 0x0021

#define RP2040 "pico:flash-size=1M"
#define RP2350 "pico:chip=rp2350,flash-size=1M"

struct bytes {
	uint8_t data[600 * 1024];
	size_t size;
};

static inline void put_le32(uint8_t *at, uint32_t value)
{
	for (int i = 0; i < 4; i++)
		at[i] = (uint8_t)(value >> 8 * i);
}

static inline uint32_t get_le32(const uint8_t *at)
{
	return at[0] | (uint32_t)at[1] << 8 | (uint32_t)at[2] << 16 | (uint32_t)at[3] << 24;
}

static inline uint8_t get_content(uint32_t offset)
{
	return (uint8_t)((offset * 2654435761u) >> 13);
}

/* What was there before, beside what starts. */
static inline uint8_t get_old(uint32_t offset)
{
	return (uint8_t)(~get_content(offset) ^ offset >> 11);
}

static inline void put_definition(uint8_t *at, uint16_t type)
{
	put_le32(at, 0xffffded3);
	put_le32(at + 4, 0x0142 | (uint32_t)type << 16);
	put_le32(at + 8, 0x01ff);
	put_le32(at + 12, 0);
	put_le32(at + 16, 0xab123579);
}

static inline void make_data(struct bytes *bytes, uint32_t offset, size_t size)
{
	cr_assert(le(sz, size, sizeof(bytes->data)));
	bytes->size = size;
	for (size_t i = 0; i < size; i++)
		bytes->data[i] = get_content(offset + (uint32_t)i);
}

static inline void make_rp2040(struct bytes *bytes, size_t size)
{
	make_data(bytes, 0, size);
	put_le32(bytes->data + 252, rp_stage_get_crc(bytes->data));
}

static inline void make_rp2350(struct bytes *bytes, size_t size, uint16_t type)
{
	make_data(bytes, 0, size);
	put_definition(bytes->data + 0x140, type);
}

static inline bool is_rp2350(const char *spec)
{
	return strstr(spec, "rp2350") != NULL;
}

static inline void make_program(struct bytes *bytes, const char *spec, size_t size)
{
	if (is_rp2350(spec))
		make_rp2350(bytes, size, TYPE_RP2350);
	else
		make_rp2040(bytes, size);
}

/* A block of a UF2 file behind the others. */
static inline void add_block(struct bytes *file, uint32_t family, uint32_t address, const uint8_t *data,
			     uint32_t number, uint32_t count)
{
	uint8_t *block = file->data + file->size;

	cr_assert(le(sz, file->size + 512, sizeof(file->data)));
	memset(block, 0, 512);
	put_le32(block, 0x0a324655);
	put_le32(block + 4, 0x9e5d5157);
	put_le32(block + 8, family ? 0x2000 : 0);
	put_le32(block + 12, address);
	put_le32(block + 16, 256);
	put_le32(block + 20, number);
	put_le32(block + 24, count);
	put_le32(block + 28, family);
	memcpy(block + 32, data, 256);
	put_le32(block + 508, 0x0ab16f30);
	file->size += 512;
}

static inline void make_uf2(struct bytes *file, const struct bytes *bytes, uint32_t family, uint32_t address)
{
	uint32_t count = (uint32_t)(bytes->size + 255) / 256;

	for (uint32_t i = 0; i < count; i++)
		add_block(file, family, address + 256 * i, bytes->data + 256 * i, i, count);
}

static inline struct dfut_image *load(struct bench *bench, const struct bytes *file)
{
	struct dfut_image *image = NULL;

	cr_assert(eq(int, dfut_image_load_buffer(&image, bench->context, file->data, file->size, 0), 0), "%s",
		  dfut_context_get_error(bench->context));
	return image;
}

static inline struct dfut_image *load_at(struct bench *bench, const struct bytes *file, uint32_t address)
{
	struct dfut_image *image = load(bench, file);

	cr_assert(eq(int, dfut_image_set_address(image, address), 0));
	return image;
}

/* Flash. */

static inline const uint8_t *get_flash(const struct bench *bench, size_t *size)
{
	const uint8_t *flash = dfut_sim_device_get_memory(bench->device, "flash", size);

	cr_assert(flash != NULL);
	return flash;
}

/* Everything behind the first sectors, which start, is something else than what tests write. */
static inline void fill_old(struct bench *bench, uint32_t from)
{
	static uint8_t old[2 * MIB];
	size_t size;

	get_flash(bench, &size);
	cr_assert(le(sz, size, sizeof(old)));
	for (uint32_t i = from; i < size; i++)
		old[i] = get_old(i);
	cr_assert(eq(int, dfut_sim_device_set_memory(bench->device, "flash", from, old + from, size - from), 0));
}

static inline bool holds_at(const struct bench *bench, uint32_t offset, const struct bytes *bytes)
{
	size_t size;
	const uint8_t *flash = get_flash(bench, &size);

	return offset <= size && bytes->size <= size - offset && memcmp(flash + offset, bytes->data, bytes->size) == 0;
}

/* What the host sent to the endpoint for commands, and asked for beside that. */
struct tally {
	size_t commands; /* of 32 bytes */
	size_t sectors;	 /* data of 4096 */
	size_t acknowledgements;
	size_t others;
	size_t controls; /* vendor requests to the interface */
	size_t drive;	 /* transfers to the drive */
};

static inline struct tally count(const struct dfut_sim_device *device)
{
	struct tally tally = { 0 };

	for (size_t i = 0; i < dfut_sim_device_get_record_count(device); i++) {
		const struct dfut_sim_record *record = dfut_sim_device_get_record(device, i);
		bool is_out = record->event == DFUT_SIM_EVENT_ENDPOINT && record->index == 3;

		tally.commands += is_out && record->length == 32;
		tally.sectors += is_out && record->length == SECTOR;
		tally.acknowledgements += is_out && record->length == 0;
		tally.others += is_out && record->length != 32 && record->length != SECTOR && record->length;
		tally.controls += record->event == DFUT_SIM_EVENT_CONTROL && (record->request_type & 0x7f) == 0x41;
		tally.drive += record->event == DFUT_SIM_EVENT_ENDPOINT && record->index != 3;
	}
	return tally;
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
};

static inline struct outcome update_with(struct bench *bench, struct dfut_image *image, const struct wishes *wishes,
					 size_t cancel_round, const char *what)
{
	struct dfut_session *session = bench_new_session(bench, "1-1");
	struct outcome outcome;

	dfut_session_set_erase(session, wishes->erase);
	dfut_session_set_verify(session, wishes->verify);
	dfut_session_set_force(session, wishes->force);
	cr_assert(eq(int, dfut_session_set_part(session, wishes->part), 0));
	outcome.result = dfut_session_start_update(session, image);
	if (outcome.result == 0)
		outcome.result = bench_run(bench, session, cancel_round, what);
	outcome.verified = dfut_session_get_verified(session);
	snprintf(outcome.message, sizeof(outcome.message), "%s", dfut_session_get_message(session));
	snprintf(outcome.hint, sizeof(outcome.hint), "%s", dfut_session_get_hint(session));
	bench_expect_words(outcome.message, what);
	dfut_session_free(session);
	return outcome;
}

static inline struct outcome update(struct bench *bench, struct dfut_image *image, const char *what)
{
	static const struct wishes wishes = { DFUT_ERASE_AUTO, DFUT_VERIFY_AUTO, 0, NULL };

	return update_with(bench, image, &wishes, SIZE_MAX, what);
}

static inline void wait_ms(struct bench *bench, uint64_t ms)
{
	for (uint64_t until_us = dfut_sim_get_time_us(bench->sim) + ms * 1000;
	     dfut_sim_get_time_us(bench->sim) < until_us;)
		dfut_context_dispatch(bench->context, 500);
}

static inline bool runs_application(const struct bench *bench)
{
	return dfut_sim_device_is_present(bench->device) &&
	       strcmp(dfut_sim_device_get_mode_name(bench->device), "application") == 0;
}

#endif
