/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/*
 * What tests of updates by UF2 have in common: the boards with their rows of a table, programs for them as files of their own
 * making, and what their flash must hold afterwards.
 */

#ifndef DFUT_TESTS_UF2_BENCH_H
#define DFUT_TESTS_UF2_BENCH_H

#include "picoboot-bench.h"

#define ESP32_S2 0xbfdd4eeeu
#define SAMD51 0x55114460u
#define SAMD21 0x68ed2b88u
#define NRF52840 0xada52840u
#define NRF52_BOOTLOADER 0xd663823cu

/* An RP2040's or RP2350's ROM without PICOBOOT: what the reset request asks for. */
#define RP_ROW(name, pid, boot, part) \
	"{\"name\": \"" name "\", \"application\": [{\"ids\": [\"1209:" pid "\"], \"interface\": \"ff/00/01\"}]," \
	"\"bootloader\": [{\"ids\": [\"2e8a:" boot "\"], \"interface\": \"08/06/50\"}]," \
	"\"triggers\": [{\"name\": \"drive-only\", \"interface\": \"ff/00/01\", \"request_type\": \"21\"," \
	"\"request\": \"01\", \"value\": \"0002\", \"index\": \"interface\"}]," \
	"\"protocol\": \"uf2\", \"part\": \"" part "\", \"leave\": \"self\"}"
#define BOARD_ROW(name, app, boot, more) \
	"{\"name\": \"" name "\", \"application\": [{\"ids\": [\"239a:" app "\"], \"interface\": \"02/02/*\"}]," \
	"\"bootloader\": [{\"ids\": [\"239a:" boot "\"], \"interface\": \"08/06/50\"}]," \
	"\"triggers\": [\"touch-1200\"], \"protocol\": \"uf2\"" more "}"

static const char rows[] = "{\"format\": 1, \"devices\": [" RP_ROW("rp2040", "0a01", "0003", "rp2040") "," RP_ROW(
	"rp2350", "0a02", "000f",
	"rp2350") "," BOARD_ROW("metro", "80df", "00df",
				", \"leave\": \"self\"") "," BOARD_ROW("m4", "8022", "0022",
								       "") "," BOARD_ROW("m0", "801b", "001b",
											 "") "," BOARD_ROW("nrf52",
													   "8029",
													   "0029",
													   "") "]}";

struct kind {
	const char *spec;
	uint32_t family;
	uint32_t start; /* of an application */
	uint32_t base;	/* of the memory "flash" */
	bool has_current;
	bool can_leave;
};

static const struct kind kinds[] = {
	{ "pico:vid=1209,pid=0a01,flash-size=1M", FAMILY_RP2040, FLASH, FLASH, false, false },
	{ "pico:vid=1209,pid=0a02,chip=rp2350,flash-size=1M", FAMILY_ARM, FLASH, FLASH, false, false },
	{ "uf2-board:flavour=tinyuf2", ESP32_S2, 0, 0, true, false },
	{ "uf2-board:flavour=samdx1", SAMD51, 0x4000, 0, true, true },
	{ "uf2-board:flavour=samd21", SAMD21, 0x2000, 0, true, true },
	{ "uf2-board:flavour=nrf52", NRF52840, 0x26000, 0, true, true },
};

enum { PICO, PICO_2, METRO, M4, M0, NRF52 };

static inline void uf2_start(struct bench *bench, const struct kind *kind, const char *options)
{
	char spec[192];

	snprintf(spec, sizeof(spec), "%s%s", kind->spec, options);
	cr_assert(eq(int, dfut_context_new(&bench->context), 0));
	cr_assert(eq(int, bench_load_devices(bench, rows), 0), "%s", dfut_context_get_error(bench->context));
	cr_assert(eq(int, dfut_sim_new(&bench->sim, DFUT_SIM_CLOCK_VIRTUAL), 0));
	cr_assert(eq(int, dfut_sim_add_to_context(bench->sim, bench->context), 0));
	bench->device = bench_plug(bench, spec, "1-1");
}

static inline void uf2_touch(struct bench *bench)
{
	struct dfut_session *session = bench_new_session(bench, "1-1");

	cr_assert(eq(int, dfut_session_start_trigger(session), 0), "%s", dfut_session_get_message(session));
	cr_assert(eq(int, bench_run(bench, session, SIZE_MAX, "trigger"), 0), "%s", dfut_session_get_message(session));
	dfut_session_free(session);
	cr_assert(bench_is_in_bootloader(bench->device));
}

/* What each chip starts: a second stage, an image definition, an ESP image, or vectors. */
static inline void make_application(struct bytes *bytes, const struct kind *kind, size_t size, uint8_t seed)
{
	make_data(bytes, seed * 77u, size);
	switch (kind - kinds) {
	case PICO:
		put_le32(bytes->data + 252, rp_stage_get_crc(bytes->data));
		break;
	case PICO_2:
		put_definition(bytes->data + 0x80, TYPE_RP2350);
		break;
	case METRO:
		bytes->data[0] = 0xe9;
		break;
	default:
		put_le32(bytes->data, 0x20010000);
		put_le32(bytes->data + 4, kind->start + 0x199);
	}
}

/* Of whole pages. */
static inline void make_uf2_file(struct bytes *file, const struct bytes *application, const struct kind *kind)
{
	file->size = 0;
	make_uf2(file, application, kind->family, kind->start);
}

static inline bool holds(const struct bench *bench, const struct kind *kind, const struct bytes *application)
{
	return holds_at(bench, kind->start - kind->base, application);
}

#endif
