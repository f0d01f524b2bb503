/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/*
 * What tests of updates by DfuSe have in common: images of several kinds, and what the flash must hold afterwards. Sectors
 * are told here once more, from the data sheets, and images are composed without the library's help.
 */

#ifndef DFUT_TESTS_DFUSE_BENCH_H
#define DFUT_TESTS_DFUSE_BENCH_H

/* Small blocks, and ROMs that have themselves asked all the time */
#define ROUND_LIMIT 1000000

#include "bench.h"

#define FLASH 0x08000000u
#define FLASH_LIMIT (1024 * 1024)
#define KIB 1024u

/* Bytes of an image, one behind the other. */
struct part {
	uint32_t address;
	uint32_t size;
};

enum kind {
	KIND_RAW,
	KIND_DFUSE,
	KIND_HEX,
};

struct file {
	uint8_t bytes[600 * 1024];
	size_t size;
};

struct wishes {
	enum dfut_erase erase;
	enum dfut_verify verify;
	unsigned int force;
	const char *alternate;
};

/* What is to be at an address: a vector table that chips take for one, then anything. */
static inline uint8_t get_content(uint32_t address)
{
	static const uint8_t vectors[] = { 0x00, 0x40, 0x00, 0x20, 0x01, 0x02, 0x00, 0x08 };

	if (address - FLASH < sizeof(vectors))
		return vectors[address - FLASH];
	return (uint8_t)((address * 2654435761u) >> 13);
}

/* What was there before. */
static inline uint8_t get_old(uint32_t address)
{
	return address - FLASH < 8 ? get_content(address) : (uint8_t)(~get_content(address) ^ address >> 11);
}

/* Files. */

static inline void file_add(struct file *file, const void *bytes, size_t size)
{
	cr_assert(size <= sizeof(file->bytes) - file->size);
	memcpy(file->bytes + file->size, bytes, size);
	file->size += size;
}

static inline void file_add_le(struct file *file, uint32_t value, size_t size)
{
	for (size_t i = 0; i < size; i++)
		file_add(file, &(uint8_t){ (uint8_t)(value >> 8 * i) }, 1);
}

static inline void file_add_content(struct file *file, const struct part *part)
{
	for (uint32_t i = 0; i < part->size; i++)
		file_add(file, &(uint8_t){ get_content(part->address + i) }, 1);
}

static inline void file_add_suffix(struct file *file, uint16_t vendor, uint16_t product)
{
	uint32_t crc = 0xffffffff;

	file_add_le(file, 0xffff, 2);
	file_add_le(file, product, 2);
	file_add_le(file, vendor, 2);
	file_add_le(file, 0x011a, 2);
	file_add(file, "UFD\x10", 4);
	for (size_t i = 0; i < file->size; i++) {
		crc ^= file->bytes[i];
		for (int bit = 0; bit < 8; bit++)
			crc = crc & 1 ? crc >> 1 ^ 0xedb88320 : crc >> 1;
	}
	file_add_le(file, crc, 4);
}

/* A target of a DfuSe file with these elements. */
static inline void file_add_target(struct file *file, uint8_t alternate, const struct part *parts, size_t count)
{
	uint8_t prefix[266] = "Target";
	uint32_t size = 0;

	prefix[6] = alternate;
	for (size_t i = 0; i < count; i++)
		size += 8 + parts[i].size;
	file_add(file, prefix, sizeof(prefix));
	file_add_le(file, size, 4);
	file_add_le(file, (uint32_t)count, 4);
	for (size_t i = 0; i < count; i++) {
		file_add_le(file, parts[i].address, 4);
		file_add_le(file, parts[i].size, 4);
		file_add_content(file, &parts[i]);
	}
}

static inline void file_begin_dfuse(struct file *file, uint8_t targets)
{
	file->size = 0;
	file_add(file, "DfuSe\1", 6);
	file_add_le(file, 0, 4);
	file_add(file, &targets, 1);
}

static inline void file_end_dfuse(struct file *file, uint16_t vendor, uint16_t product)
{
	size_t size = file->size;

	file->size = 6;
	file_add_le(file, (uint32_t)size, 4);
	file->size = size;
	file_add_suffix(file, vendor, product);
}

/* The bytes of one record, behind the colon. */
static inline void file_add_record(struct file *file, uint8_t type, uint16_t address, const uint8_t *data, uint8_t size)
{
	uint8_t sum = (uint8_t)(size + (address >> 8) + address + type);
	char text[16];

	snprintf(text, sizeof(text), ":%02X%04X%02X", size, address, type);
	file_add(file, text, strlen(text));
	for (size_t i = 0; i < size; i++) {
		snprintf(text, sizeof(text), "%02X", data[i]);
		file_add(file, text, 2);
		sum = (uint8_t)(sum + data[i]);
	}
	snprintf(text, sizeof(text), "%02X\n", (uint8_t)-sum);
	file_add(file, text, 3);
}

static inline void file_make_hex(struct file *file, const struct part *parts, size_t count)
{
	file->size = 0;
	for (size_t i = 0; i < count; i++) {
		for (uint32_t at = parts[i].address, end = at + parts[i].size; at < end;) {
			uint8_t high[] = { (uint8_t)(at >> 24), (uint8_t)(at >> 16) };
			uint8_t data[16];
			uint8_t size = 0;

			/* None of them crosses 64 KiB. */
			do
				data[size] = get_content(at + size);
			while (++size < sizeof(data) && at + size < end && (at + size) % 0x10000);
			file_add_record(file, 4, 0, high, 2);
			file_add_record(file, 0, (uint16_t)at, data, size);
			at += size;
		}
	}
	file_add_record(file, 1, 0, NULL, 0);
}

static inline struct dfut_image *bench_load(struct bench *bench, const struct file *file)
{
	struct dfut_image *image = NULL;

	cr_assert(eq(int, dfut_image_load_buffer(&image, bench->context, file->bytes, file->size, 0), 0), "%s",
		  dfut_context_get_error(bench->context));
	return image;
}

static inline struct dfut_image *bench_make_image(struct bench *bench, enum kind kind, const struct part *parts,
						  size_t count)
{
	struct file *file = calloc(1, sizeof(*file));
	struct dfut_image *image;

	if (kind == KIND_RAW)
		file_add_content(file, &parts[0]);
	if (kind == KIND_DFUSE) {
		file_begin_dfuse(file, 1);
		file_add_target(file, 0, parts, count);
		file_end_dfuse(file, DFUT_ID_ANY, DFUT_ID_ANY);
	}
	if (kind == KIND_HEX)
		file_make_hex(file, parts, count);
	image = bench_load(bench, file);
	if (kind == KIND_RAW)
		cr_assert(eq(int, dfut_image_set_address(image, parts[0].address), 0));
	free(file);
	return image;
}

/* Flash. */

static inline const uint8_t *bench_get_flash(const struct bench *bench, size_t *size)
{
	const uint8_t *flash = dfut_sim_device_get_memory(bench->device, "flash", size);

	cr_assert(flash != NULL);
	return flash;
}

static inline void bench_fill_old(struct bench *bench)
{
	size_t size;
	uint8_t *old;

	bench_get_flash(bench, &size);
	old = malloc(size);
	for (size_t i = 0; i < size; i++)
		old[i] = get_old(FLASH + (uint32_t)i);
	cr_assert(eq(int, dfut_sim_device_set_memory(bench->device, "flash", 0, old, size), 0));
	free(old);
}

static inline uint32_t get_sector_size(const char *spec, uint32_t offset)
{
	if (strncmp(spec, "gd32", 4) == 0)
		return 1 * KIB;
	if (strncmp(spec, "stm32f405", 9) != 0)
		return 2 * KIB;
	return offset < 64 * KIB ? 16 * KIB : offset < 128 * KIB ? 64 * KIB : 128 * KIB;
}

/* What an update has to leave in a flash that held `flash`: what shares a sector with the image is erased. */
static inline void expect_update(uint8_t *flash, const char *spec, const struct part *parts, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		uint32_t offset = parts[i].address - FLASH;

		for (uint32_t end = offset + parts[i].size; offset < end;) {
			uint32_t size = get_sector_size(spec, offset);

			memset(flash + offset / size * size, 0xff, size);
			offset = offset / size * size + size;
		}
	}
	for (size_t i = 0; i < count; i++)
		for (uint32_t k = 0; k < parts[i].size; k++)
			flash[parts[i].address - FLASH + k] = get_content(parts[i].address + k);
}

static inline void bench_expect_flash(const struct bench *bench, const uint8_t *wanted, const char *what)
{
	size_t size;
	const uint8_t *flash = bench_get_flash(bench, &size);

	for (size_t i = 0; i < size; i++) {
		if (flash[i] != wanted[i]) {
			cr_expect(false, "%s: 0x%02x at offset 0x%zx, not 0x%02x", what, flash[i], i, wanted[i]);
			return;
		}
	}
}

static inline bool bench_holds(const struct bench *bench, const struct part *parts, size_t count)
{
	const uint8_t *flash = bench_get_flash(bench, NULL);

	for (size_t i = 0; i < count; i++)
		for (uint32_t k = 0; k < parts[i].size; k++)
			if (flash[parts[i].address - FLASH + k] != get_content(parts[i].address + k))
				return false;
	return true;
}

/* Sessions. */

static inline struct dfut_session *bench_new_wishing(struct bench *bench, const struct wishes *wishes)
{
	struct dfut_session *session = bench_new_session(bench, "1-1");

	dfut_session_set_erase(session, wishes->erase);
	dfut_session_set_verify(session, wishes->verify);
	dfut_session_set_force(session, wishes->force);
	cr_assert(eq(int, dfut_session_set_alternate(session, wishes->alternate), 0));
	return session;
}

/* A whole update that must end well. */
static inline void bench_update(struct bench *bench, struct dfut_image *image, const struct wishes *wishes,
				const char *what)
{
	struct dfut_session *session = bench_new_wishing(bench, wishes);

	cr_expect(eq(int, dfut_session_start_update(session, image), 0), "%s: %s", what,
		  dfut_session_get_message(session));
	cr_expect(eq(int, bench_run(bench, session, SIZE_MAX, what), 0), "%s: %s", what,
		  dfut_session_get_message(session));
	bench_expect_words(dfut_session_get_message(session), what);
	if (wishes->verify != DFUT_VERIFY_NEVER)
		cr_expect(eq(int, dfut_session_get_verified(session), DFUT_VERIFIED_YES), "%s: %s", what,
			  dfut_session_get_message(session));
	dfut_session_free(session);
}

/* What the host did to the device. */
struct tally {
	size_t requests; /* class requests, each of them */
	size_t erases;
	size_t mass_erases;
	size_t addresses;
	size_t blocks;
	size_t reads;
	size_t leaves;
};

/* What came with a DNLOAD of block 0 is not in the record: a length of 5 is an erase, or an address, which data follows. */
static inline struct tally bench_count(const struct dfut_sim_device *device)
{
	struct tally tally = { .requests = 0 };
	bool was_addressed = false;

	for (size_t i = 0; i < dfut_sim_device_get_record_count(device); i++) {
		const struct dfut_sim_record *record = dfut_sim_device_get_record(device, i);
		bool is_class = record->event == DFUT_SIM_EVENT_CONTROL && (record->request_type & 0x60) == 0x20;
		bool is_download = is_class && record->request == 1;

		tally.requests += is_class;
		tally.reads += is_class && record->request == 2 && record->value >= 2;
		tally.leaves += is_download && record->length == 0;
		tally.blocks += is_download && record->value >= 2 && record->length > 0;
		tally.mass_erases += is_download && record->value == 0 && record->length == 1;
		if (is_download && record->value == 0 && record->length == 5) {
			tally.erases += was_addressed;
			was_addressed = true;
			continue;
		}
		/* Of several in a row the last one is an address. */
		if (is_class && record->request != 3) {
			tally.addresses += was_addressed;
			was_addressed = false;
		}
	}
	return tally;
}

#endif
