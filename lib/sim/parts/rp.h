/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/*
 * The chips RP2040 and RP2350 of Raspberry Pi in their boot ROM: memories, what would be started, and PICOBOOT. After
 * the ROMs' sources (pico-bootrom-rp2040, pico-bootrom-rp2350) and boot/picoboot.h and boot/picobin.h of the pico-sdk.
 */

#ifndef DFUT_SIM_RP_H
#define DFUT_SIM_RP_H

#include "sim/sim.h"

/* rp.c */

/* The order is that of the option's words. */
enum dfut_sim_rp_chip {
	DFUT_SIM_RP2040,
	DFUT_SIM_RP2350,
};

enum dfut_sim_rp_partitions {
	DFUT_SIM_RP_UNPARTITIONED,
	DFUT_SIM_RP_PLAIN, /* one for programs, one for data */
	DFUT_SIM_RP_AB,	   /* two for programs that take turns, one for data */
};

#define DFUT_SIM_RP_FLASH_BASE 0x10000000u
#define DFUT_SIM_RP_WINDOW_SIZE 0x01000000u
#define DFUT_SIM_RP_RAM_BASE 0x20000000u
#define DFUT_SIM_RP_SECTOR_SIZE 4096u
#define DFUT_SIM_RP_PAGE_SIZE 256u
#define DFUT_SIM_RP_OTP_ROWS 4096u
#define DFUT_SIM_RP_PARTITION_LIMIT 8

/* Those that the UF2 families have in a partition's flags, in the order of the families from RP2040's on */
#define DFUT_SIM_RP_FAMILY_FIRST 0xe48bff56u
#define DFUT_SIM_RP_FAMILY_COUNT 6u
#define DFUT_SIM_RP_FAMILY_FLAG(family) (UINT32_C(1) << (14 + ((family)-DFUT_SIM_RP_FAMILY_FIRST)))
#define DFUT_SIM_RP_FLAG_NO_REBOOT 0x2000u

/* A partition as its table tells of it. */
struct dfut_sim_rp_partition {
	uint32_t location; /* first sector, last sector << 13, permissions */
	uint32_t flags;
};

/* In place of a partition: */
#define DFUT_SIM_RP_NOWHERE (-1)
#define DFUT_SIM_RP_UNPARTITIONED_SPACE 0xff

/* What a restart leads to. */
enum dfut_sim_rp_restart {
	DFUT_SIM_RP_TO_FLASH,
	DFUT_SIM_RP_TO_ROM,
	DFUT_SIM_RP_TO_RAM,
};

struct dfut_sim_rp {
	struct dfut_sim_device *device;
	struct {
		uint32_t chip;
		uint32_t revision;
		uint32_t flash_size;
		uint32_t partitions;
		uint32_t erase_us;
		uint32_t program_us;
		bool erases;
		bool buys;
	} options;
	uint8_t *flash;
	uint8_t *ram;
	uint8_t *otp; /* two bytes for each row */
	bool is_ram_written;
	uint64_t work_until_us;

	/* As the ROM read them when it started */
	struct dfut_sim_rp_partition partitions[DFUT_SIM_RP_PARTITION_LIMIT];
	size_t partition_count;
	uint32_t unpartitioned_flags;

	/* What comes next, when its timer has run out */
	bool is_restarting;
	enum dfut_sim_rp_restart restart;
	uint32_t disabled;   /* with DFUT_SIM_RP_TO_ROM: 1 the drive, 2 PICOBOOT */
	uint32_t updated_at; /* with DFUT_SIM_RP_TO_FLASH: what was just written, 0 for nothing */
	uint32_t trial_at;   /* the program that is on trial */
	/* Who writes flash through UF2 blocks has begun, and not ended; who wants it for himself */
	bool is_uf2_running;
	uint32_t uf2_status; /* bits of GET_INFO's */
	uint8_t exclusive;   /* 1: blocks are dropped; 2: the drive has no medium, too */
};

/* Timers of such a device: it has done its work; it restarts; the program on trial is bought, or not. */
#define DFUT_SIM_RP_WORK_TIMER 1
#define DFUT_SIM_RP_RESTART_TIMER 2
#define DFUT_SIM_RP_TRIAL_TIMER 3

void dfut_sim_rp_set_defaults(struct dfut_sim_rp *rp, struct dfut_sim_device *device);
/* Makes the memories, with a program in flash. Returns 0 or DFUT_ERROR_NO_MEMORY. */
int dfut_sim_rp_prepare(struct dfut_sim_rp *rp);
void dfut_sim_rp_free(struct dfut_sim_rp *rp);
/* The ROM starts. */
void dfut_sim_rp_start(struct dfut_sim_rp *rp);
int dfut_sim_rp_get_memory(struct dfut_sim_rp *rp, size_t index, struct dfut_sim_memory *memory);
uint32_t dfut_sim_rp_get_ram_size(const struct dfut_sim_rp *rp);

/* It takes so much longer until all that it was told is done. */
void dfut_sim_rp_work(struct dfut_sim_rp *rp, uint64_t us);
bool dfut_sim_rp_is_working(const struct dfut_sim_rp *rp);
/* offset: in flash, of a whole sector or page; it wraps. */
void dfut_sim_rp_erase(struct dfut_sim_rp *rp, uint32_t offset);
void dfut_sim_rp_program(struct dfut_sim_rp *rp, uint32_t offset, const uint8_t *page);
void dfut_sim_rp_restart(struct dfut_sim_rp *rp, enum dfut_sim_rp_restart restart, uint32_t after_ms);

/* rp-boot.c */

/* Puts into flash what the factory put there. */
void dfut_sim_rp_fill(struct dfut_sim_rp *rp);
void dfut_sim_rp_read_table(struct dfut_sim_rp *rp);
uint32_t dfut_sim_rp_get_start(const struct dfut_sim_rp_partition *partition);
uint32_t dfut_sim_rp_get_end(const struct dfut_sim_rp_partition *partition);
/* Where a UF2 family goes: a partition's index or one of those above. Of two that take turns, the one that rests. */
int dfut_sim_rp_find_target(const struct dfut_sim_rp *rp, uint32_t family);
/* Finds the program that is started, as an offset in flash. updated_at: the address of what was just written, or 0 */
bool dfut_sim_rp_find_program(const struct dfut_sim_rp *rp, uint32_t updated_at, uint32_t *start);
/* Has a program to be bought before it is started again? Does that. */
bool dfut_sim_rp_is_trial(const struct dfut_sim_rp *rp, uint32_t start);
void dfut_sim_rp_buy(struct dfut_sim_rp *rp, uint32_t start);

/* picoboot.c */

enum dfut_sim_picoboot_phase {
	DFUT_SIM_PICOBOOT_IDLE,
	DFUT_SIM_PICOBOOT_DATA_OUT,
	DFUT_SIM_PICOBOOT_DATA_IN,
	DFUT_SIM_PICOBOOT_ACK_IN,  /* the host reads it */
	DFUT_SIM_PICOBOOT_ACK_OUT, /* the host sends it */
	DFUT_SIM_PICOBOOT_FAILED,
};

/* picoboot_constants.h */
enum dfut_sim_picoboot_code {
	PICOBOOT_OK = 0,
	PICOBOOT_UNKNOWN_CMD = 1,
	PICOBOOT_INVALID_CMD_LENGTH = 2,
	PICOBOOT_INVALID_TRANSFER_LENGTH = 3,
	PICOBOOT_INVALID_ADDRESS = 4,
	PICOBOOT_BAD_ALIGNMENT = 5,
	PICOBOOT_INTERLEAVED_WRITE = 6,
	PICOBOOT_REBOOTING = 7,
	PICOBOOT_UNKNOWN_ERROR = 8,
	PICOBOOT_INVALID_ARG = 11,
	PICOBOOT_BUFFER_TOO_SMALL = 12,
};

#define DFUT_SIM_PICOBOOT_OUT 0x03
#define DFUT_SIM_PICOBOOT_IN 0x84
#define DFUT_SIM_PICOBOOT_ARGS_SIZE 16
#define DFUT_SIM_PICOBOOT_INFO_SIZE 256

struct dfut_sim_picoboot {
	struct dfut_sim_rp *rp;
	enum dfut_sim_picoboot_phase phase;
	uint32_t token;
	uint32_t code;
	uint8_t command;
	uint8_t args[DFUT_SIM_PICOBOOT_ARGS_SIZE];
	uint32_t length; /* of the data */
	uint32_t moved;
	bool is_xip_left;
	bool is_unsure; /* a halt was taken away behind the host's back: data toggles may differ */
	bool is_unreset;
	uint8_t page[DFUT_SIM_RP_PAGE_SIZE]; /* what an earlier one left is still in it */
	uint8_t info[DFUT_SIM_PICOBOOT_INFO_SIZE];
};

void dfut_sim_picoboot_start(struct dfut_sim_picoboot *picoboot, struct dfut_sim_rp *rp);
/* Vendor requests to its interface, and what its endpoints move; results as the model's functions return them. */
int dfut_sim_picoboot_answer(struct dfut_sim_picoboot *picoboot, const struct dfut_sim_setup *setup, uint8_t *data);
int dfut_sim_picoboot_receive(struct dfut_sim_picoboot *picoboot, const uint8_t *data, size_t size);
int dfut_sim_picoboot_send(struct dfut_sim_picoboot *picoboot, uint8_t *data, size_t room);

/* picoboot-commands.c */

/* Checks a command, and does it unless it needs data from the host. Returns an enum dfut_sim_picoboot_code. */
uint32_t dfut_sim_picoboot_run(struct dfut_sim_picoboot *picoboot, uint8_t args_length);
/* A piece of the data that comes, or that goes, from `moved` on. */
uint32_t dfut_sim_picoboot_take(struct dfut_sim_picoboot *picoboot, const uint8_t *data, size_t size);
void dfut_sim_picoboot_give(const struct dfut_sim_picoboot *picoboot, uint8_t *data, size_t size);
void dfut_sim_picoboot_finish(struct dfut_sim_picoboot *picoboot);

/* picoboot-info.c */

/* The answer to GET_INFO. Returns its bytes, 0 if there is no such. */
size_t dfut_sim_picoboot_put_info(struct dfut_sim_picoboot *picoboot);

#endif
