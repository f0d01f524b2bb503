/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* HalfKay, the bootloader of the Teensy boards, as teensy_loader_cli and tytools know it, with the flash behind it. */

#ifndef DFUT_SIM_HALFKAY_H
#define DFUT_SIM_HALFKAY_H

#include "sim/parts/hid.h"

enum dfut_sim_halfkay_header {
	DFUT_SIM_HALFKAY_ADDRESS,      /* 2 bytes */
	DFUT_SIM_HALFKAY_HIGH_ADDRESS, /* 2 bytes: the address / 256 */
	DFUT_SIM_HALFKAY_LONG,	       /* 3 bytes, then zeros up to 64 */
};

/* What tells one Teensy from another. */
struct dfut_sim_halfkay_board {
	const char *name;
	uint8_t usage;	  /* on usage page FF9C */
	uint16_t release; /* bcdDevice of its programs */
	uint32_t code_size;
	uint16_t block_size;
	uint8_t header; /* enum dfut_sim_halfkay_header */
	uint32_t erase_ms;
};

/* As the boards are numbered by the option. */
#define DFUT_SIM_HALFKAY_BOARDS "2.0|++1.0|++2.0|lc|3.0|3.1|3.2|3.5|3.6|4.0|4.1|micromod"

enum dfut_sim_halfkay_board_index {
	DFUT_SIM_TEENSY_3_2 = 6,
	DFUT_SIM_TEENSY_4_0 = 9,
	DFUT_SIM_TEENSY_4_1 = 10,
};

#define DFUT_SIM_HALFKAY_REPORTS_SIZE 22

struct dfut_sim_halfkay {
	struct dfut_sim_device *device;
	const struct dfut_sim_halfkay_board *board;
	struct {
		uint32_t board;
		uint32_t busy;
		uint32_t erase_ms; /* 0: the board's */
		uint32_t block_ms;
		uint16_t usage; /* 0: the board's */
	} options;

	uint8_t reports[DFUT_SIM_HALFKAY_REPORTS_SIZE];
	uint8_t *flash;
	bool is_erased; /* by the first block since it started */
	uint32_t next_address;
	uint64_t busy_until_us;
};

#define DFUT_SIM_HALFKAY_OPTION(type, key, kind, member, most, words) \
	{ \
		key, DFUT_SIM_OPTION_##kind, offsetof(type, halfkay.options.member), 0, most, words \
	}

/* Of a model whose state has a `halfkay` */
#define DFUT_SIM_HALFKAY_OPTIONS(type) \
	DFUT_SIM_HALFKAY_OPTION(type, "board", CHOICE, board, 0, DFUT_SIM_HALFKAY_BOARDS), \
		DFUT_SIM_HALFKAY_OPTION(type, "busy", CHOICE, busy, 0, "stall|timeout"), \
		DFUT_SIM_HALFKAY_OPTION(type, "erase-ms", NUMBER, erase_ms, 600000, NULL), \
		DFUT_SIM_HALFKAY_OPTION(type, "block-ms", NUMBER, block_ms, 60000, NULL), \
		DFUT_SIM_HALFKAY_OPTION(type, "usage", ID, usage, 0, NULL)

#define DFUT_SIM_HALFKAY_TEXT \
	"board=" DFUT_SIM_HALFKAY_BOARDS ": which Teensy; size of its flash and of its blocks\n" \
	"busy=stall|timeout: what becomes of reports while HalfKay erases or writes\n" \
	"erase-ms=MS: how long the erase takes that the first block begins; 0 for what is usual for the board\n" \
	"block-ms=MS: how long a block is being written\n" \
	"usage=HHHH: usage of HalfKay's collection, if not the board's; 0000 for that\n"

void dfut_sim_halfkay_create(struct dfut_sim_halfkay *halfkay, struct dfut_sim_device *device);
/* Chooses the board, and makes its flash with a program in it. Returns 0 or DFUT_ERROR_NO_MEMORY. */
int dfut_sim_halfkay_prepare(struct dfut_sim_halfkay *halfkay);
void dfut_sim_halfkay_free(struct dfut_sim_halfkay *halfkay);
/* A program is started if the first block of the flash is not erased. */
bool dfut_sim_halfkay_has_program(const struct dfut_sim_halfkay *halfkay);
/* It is HalfKay from now on; makes the report descriptor. */
void dfut_sim_halfkay_start(struct dfut_sim_halfkay *halfkay);
/* A report of the declared size. Returns 0 or a failure; `restarts` is set if it is the one that starts the program. */
int dfut_sim_halfkay_take(struct dfut_sim_halfkay *halfkay, const struct dfut_sim_hid_report *report, bool *restarts);
int dfut_sim_halfkay_get_memory(struct dfut_sim_halfkay *halfkay, size_t index, struct dfut_sim_memory *memory);

#endif
