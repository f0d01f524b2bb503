/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* Reading memories by Atmel's FLIP: which bytes, and which requests are refused. */

#include "flip-bench.h"

struct sink {
	size_t size;
	uint8_t bytes[PROGRAM_LIMIT];
};

static int take(const uint8_t *data, size_t size, void *user_data)
{
	struct sink *sink = user_data;

	cr_assert(size <= sizeof(sink->bytes) - sink->size);
	memcpy(sink->bytes + sink->size, data, size);
	sink->size += size;
	return 0;
}

struct reading {
	const char *spec;
	const char *part;
	const char *alternate;
	int64_t address;
	uint64_t size;
	/* What comes, or the error. */
	const char *memory;
	uint32_t from, count;
	int result;
};

/* clang-format off */
static const struct reading readings[] = {
	{ "flip:part=atmega32u4,loader=lufa", NULL, NULL, -1, 0, "flash", 0, 0x7000, 0 },
	{ "flip:part=atmega32u4,loader=lufa", NULL, "flash", -1, 100, "flash", 0, 100, 0 },
	{ "flip:part=atmega32u4,loader=lufa", NULL, NULL, 0x123, 0, "flash", 0x123, 0x7000 - 0x123, 0 },
	{ "flip:part=atmega32u4,loader=lufa", NULL, NULL, 0x7000, 0, "flash", 0x7000, 0x1000, 0 },
	{ "flip:part=atmega32u4,loader=lufa", NULL, NULL, 0, 0x8000, "flash", 0, 0x8000, 0 },
	{ "flip:part=atmega32u4,loader=lufa", NULL, NULL, 0x8000, 0, NULL, 0, 0, DFUT_ERROR_MISMATCH },
	{ "flip:part=atmega32u4,loader=lufa", NULL, "eeprom", -1, 0, "eeprom", 0, 1024, 0 },
	{ "flip:part=atmega32u4,loader=lufa", NULL, "eeprom", 1000, 100, "eeprom", 1000, 24, 0 },
	{ "flip:part=atmega32u4,loader=lufa", NULL, "eeprom", 1024, 0, NULL, 0, 0, DFUT_ERROR_MISMATCH },
	{ "flip:part=atmega32u4,loader=lufa", NULL, "user", -1, 0, NULL, 0, 0, DFUT_ERROR_NOT_FOUND },
	{ "flip:part=atmega32u4,loader=lufa", NULL, "fuses", -1, 0, NULL, 0, 0, DFUT_ERROR_NOT_FOUND },
	{ "flip:part=atmega32u4,loader=lufa,application=via", NULL, NULL, -1, 0, "flash", 0, 0x7000, 0 },
	{ "flip:part=atmega32u4,loader=atmel", NULL, NULL, -1, 0, NULL, 0, 0, DFUT_ERROR_DEVICE },
	{ "flip:part=atmega32u4,loader=atmel,secure=no", NULL, NULL, -1, 0, "flash", 0, 0x7000, 0 },
	{ "flip:part=at90usb1286,loader=lufa", NULL, NULL, -1, 0, "flash", 0, 0x1e000, 0 },
	{ "flip:part=at90usb1286,loader=qmk", NULL, NULL, 0xff01, 0x1002, "flash", 0xff01, 0x1002, 0 },
	{ "flip:part=at90usb1286,loader=lufa", NULL, "eeprom", -1, 0, "eeprom", 0, 4096, 0 },
	{ "flip:part=atxmega128a3u", NULL, NULL, -1, 0, "flash", 0, 0x20000, 0 },
	{ "flip:part=atxmega128a3u", NULL, "eeprom", -1, 0, "eeprom", 0, 2048, 0 },
	{ "flip:part=at32uc3b0256", "at32uc3b0256", NULL, -1, 0, "flash", 0x2000, 0x3e000, 0 },
	{ "flip:part=at32uc3b0256", "at32uc3b0256", NULL, 0x80002004, 77, "flash", 0x2004, 77, 0 },
	{ "flip:part=at32uc3b0256", "at32uc3b0256", NULL, 0x80040000, 0, NULL, 0, 0, DFUT_ERROR_MISMATCH },
	{ "flip:part=at32uc3b0256", "at32uc3b0256", "user", -1, 0, "user", 0, 512, 0 },
	{ "flip:part=at32uc3b0256", "at32uc3b0256", "eeprom", -1, 0, NULL, 0, 0, DFUT_ERROR_NOT_FOUND },
	{ "flip:part=at32uc3b0256", NULL, NULL, -1, 0, NULL, 0, 0, DFUT_ERROR_USAGE },
	{ "flip:part=at32uc3b0256,secure=yes", "at32uc3b0256", NULL, -1, 0, NULL, 0, 0, DFUT_ERROR_DEVICE },
};
/* clang-format on */

static struct end read_memory(struct bench *bench, const struct reading *reading, struct sink *sink, const char *what)
{
	struct wish wish = { .part = reading->part, .alternate = reading->alternate };
	struct dfut_session *session = new_session(bench, &wish);
	struct end end = { 0 };

	cr_assert(eq(int, dfut_session_set_address(session, reading->address), 0));
	dfut_session_set_upload_size(session, reading->size);
	end.result = dfut_session_start_upload(session, take, sink);
	if (end.result == 0)
		end.result = bench_run(bench, session, SIZE_MAX, what);
	keep_end(&end, session, what);
	dfut_session_free(session);
	return end;
}

Test(upload_atmel_flip, reads_what_it_is_asked_for, .timeout = 120)
{
	struct sink *sink = malloc(sizeof(*sink));

	for (size_t i = 0; i < COUNT(readings); i++) {
		const struct reading *reading = &readings[i];
		struct bench bench;
		char what[160];
		struct end end;

		snprintf(what, sizeof(what), "%zu: %s, %s", i, reading->spec,
			 reading->alternate ? reading->alternate : "flash");
		bench_start(&bench, reading->spec);
		sink->size = 0;
		end = read_memory(&bench, reading, sink, what);
		cr_expect(eq(int, end.result, reading->result), "%s: %s", what, end.message);
		cr_expect(eq(sz, sink->size, reading->count), "%s", what);
		if (reading->count)
			cr_expect(memcmp(sink->bytes, get_bytes(&bench, reading->memory, NULL) + reading->from,
					 reading->count) == 0,
				  "%s", what);
		bench_expect_no_breach(bench.device, what);
		bench_stop(&bench);
	}
	free(sink);
}
