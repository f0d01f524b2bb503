/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* The bootloader of SONiX's SN32F2xx ("ISP"), as SonixFlasherC and the jumploader of SonixQMK know it, and its flash. */

#ifndef DFUT_SIM_SONIX_ISP_H
#define DFUT_SIM_SONIX_ISP_H

#include "sim/parts/hid.h"

#define DFUT_SIM_SONIX_REPORT_SIZE 64
#define DFUT_SIM_SONIX_CHIPS "22x|23x|24x|26x|24xb|28x|29x|24xc"

enum dfut_sim_sonix_chip_index {
	DFUT_SIM_SN32F24XB = 4,
};

struct dfut_sim_sonix_chip {
	uint8_t sub_family;
	uint8_t member;
	bool erases_itself; /* page by page while it is programmed */
	bool has_no_rom;    /* the bootloader is in its flash, and the program there has to jump to it */
	uint32_t flash_size;
	uint16_t page_size;
	uint16_t open_level; /* the code security that is none ("CS0") */
	uint16_t product_id;
};

struct dfut_sim_sonix_isp {
	struct dfut_sim_device *device;
	const struct dfut_sim_sonix_chip *chip;
	struct {
		uint32_t chip;
		uint32_t security;
		uint32_t family;
		uint32_t sub_family; /* 0: the chip's */
		uint32_t spoil;
		uint32_t erase_ms;
		uint32_t program_ms;
		uint16_t code_option;
		bool wipe;
	} options;

	uint8_t *flash;
	uint8_t settings[4]; /* code option and code security */
	uint8_t reply[DFUT_SIM_SONIX_REPORT_SIZE];
	uint8_t command;   /* the last one */
	uint64_t moved_us; /* when that came, or its reply was fetched */
	uint64_t busy_until_us;
	bool is_erased;
	bool is_told;  /* that it is ready for data */
	bool is_asked; /* a command came in place of data */
	uint32_t start;
	uint32_t next;
	uint32_t end;
};

#define DFUT_SIM_SONIX_OPTION(type, key, kind, member, most, words) \
	{ \
		key, DFUT_SIM_OPTION_##kind, offsetof(type, isp.options.member), 0, most, words \
	}

/* Of a model whose state has an `isp` */
#define DFUT_SIM_SONIX_OPTIONS(type) \
	DFUT_SIM_SONIX_OPTION(type, "chip", CHOICE, chip, 0, DFUT_SIM_SONIX_CHIPS), \
		DFUT_SIM_SONIX_OPTION(type, "security", CHOICE, security, 0, "cs0|cs1|cs2|cs3"), \
		DFUT_SIM_SONIX_OPTION(type, "family", NUMBER, family, 255, NULL), \
		DFUT_SIM_SONIX_OPTION(type, "sub-family", NUMBER, sub_family, 255, NULL), \
		DFUT_SIM_SONIX_OPTION(type, "spoil", CHOICE, spoil, 0, "none|erase|program"), \
		DFUT_SIM_SONIX_OPTION(type, "erase-ms", NUMBER, erase_ms, 60000, NULL), \
		DFUT_SIM_SONIX_OPTION(type, "program-ms", NUMBER, program_ms, 60000, NULL), \
		DFUT_SIM_SONIX_OPTION(type, "code-option", ID, code_option, 0, NULL), \
		DFUT_SIM_SONIX_OPTION(type, "wipe", FLAG, wipe, 0, NULL)

#define DFUT_SIM_SONIX_TEXT \
	"chip=" DFUT_SIM_SONIX_CHIPS ": which SN32F2xx; a 26x without a jumploader at 0 is bricked\n" \
	"security=cs0|cs1|cs2|cs3: code security; only cs0 can be programmed\n" \
	"wipe=yes|no: whether it erases itself when it is set to cs0\n" \
	"code-option=HHHH: code option that it is made with\n" \
	"family=NUMBER: chip family that it tells: 32\n" \
	"sub-family=NUMBER: sub-family that it tells; 0 for the chip's\n" \
	"spoil=none|erase|program: what goes wrong, and shows in the checksum\n" \
	"erase-ms=MS: how long an erase takes\n" \
	"program-ms=MS: how long its last answer takes if it erases while it is programmed (24xb, 26x)\n"

void dfut_sim_sonix_isp_create(struct dfut_sim_sonix_isp *isp, struct dfut_sim_device *device);
/* Chooses the chip, and makes its memories with a program in them. Returns 0 or DFUT_ERROR_NO_MEMORY. */
int dfut_sim_sonix_isp_prepare(struct dfut_sim_sonix_isp *isp);
void dfut_sim_sonix_isp_free(struct dfut_sim_sonix_isp *isp);

enum dfut_sim_sonix_start {
	DFUT_SIM_SONIX_PROGRAM, /* stack and reset vector are plausible */
	DFUT_SIM_SONIX_ISP,
	DFUT_SIM_SONIX_NO_WAY_IN, /* a program, and nothing that ever leads to the bootloader again */
	DFUT_SIM_SONIX_NOTHING,	  /* nor a program */
};

/* What is started after a reset. */
enum dfut_sim_sonix_start dfut_sim_sonix_isp_get_start(const struct dfut_sim_sonix_isp *isp);
/* It is the bootloader from now on. */
void dfut_sim_sonix_isp_start(struct dfut_sim_sonix_isp *isp);
/* Reports of 64 bytes. Both return 0 or a failure; `restarts` is set by the command that resets the chip. */
int dfut_sim_sonix_isp_take(struct dfut_sim_sonix_isp *isp, const uint8_t *data, bool *restarts);
int dfut_sim_sonix_isp_give(struct dfut_sim_sonix_isp *isp, uint8_t *data);
int dfut_sim_sonix_isp_get_memory(struct dfut_sim_sonix_isp *isp, size_t index, struct dfut_sim_memory *memory);

#endif
