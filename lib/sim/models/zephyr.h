/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* A board with MCUboot and Zephyr: its flash, and either of Zephyr's two USB stacks. */

#ifndef DFUT_SIM_ZEPHYR_H
#define DFUT_SIM_ZEPHYR_H

#include "sim/parts/mcuboot.h"

#define DFUT_SIM_ZEPHYR_PAGE_SIZE 4096
#define DFUT_SIM_ZEPHYR_ERASED 0xff
/* CONFIG_IMG_BLOCK_BUF_SIZE */
#define DFUT_SIM_ZEPHYR_BLOCK_SIZE 512
#define DFUT_SIM_ZEPHYR_REBOOT_MS 500

enum dfut_sim_zephyr_stack {
	DFUT_SIM_ZEPHYR_NEW,
	DFUT_SIM_ZEPHYR_LEGACY,
};

enum dfut_sim_zephyr_timer {
	DFUT_SIM_ZEPHYR_TIMER_DETACH,
	DFUT_SIM_ZEPHYR_TIMER_WORK,
	DFUT_SIM_ZEPHYR_TIMER_REBOOT,
};

/* flash_img: collects blocks, writes full ones, erases pages as it reaches them. */
struct dfut_sim_zephyr_image {
	uint8_t *slot;
	uint8_t block[DFUT_SIM_ZEPHYR_BLOCK_SIZE];
	uint32_t fill;
	uint32_t written;
	uint32_t erased;
};

struct dfut_sim_zephyr {
	struct dfut_sim_device *device;
	struct {
		uint32_t stack;
		bool reboot;
		bool permanent;
		bool will_detach;
		bool upload;
		bool tolerant;
		uint32_t slot_size;
		uint32_t slots;
		uint32_t transfer_size;
		uint32_t poll_ms;
		uint32_t erase_ms;
		uint32_t detach_ms;
		char serial[DFUT_SIM_TEXT_SIZE];
		struct dfut_sim_return leaving;
	} options;

	uint8_t *slots[DFUT_SIM_SLOT_COUNT];
	bool is_bootloader;
	uint8_t state;
	uint8_t next;
	uint8_t status;
	uint8_t slot;
	uint32_t uploaded;
	uint32_t last_block;
	struct dfut_sim_zephyr_image image;
	uint8_t *work;
	uint16_t work_length;
	bool is_first_work;
	struct dfut_sim_dfu_rules rules;

	uint8_t descriptors[DFUT_SIM_DFU_DESCRIPTORS_SIZE];
	size_t descriptors_size;
	struct dfut_string strings[3 + DFUT_SIM_SLOT_COUNT];
	size_t string_count;
};

/* zephyr.c */

bool dfut_sim_zephyr_is_question(const struct dfut_sim_setup *setup);
uint16_t dfut_sim_zephyr_get_detach_timeout_ms(const struct dfut_sim_zephyr *zephyr);
void dfut_sim_zephyr_request_upgrade(const struct dfut_sim_zephyr *zephyr);
int dfut_sim_zephyr_answer_status(struct dfut_sim_zephyr *zephyr, const struct dfut_sim_setup *setup, uint8_t *data);

/* zephyr-flash.c */

unsigned int dfut_sim_zephyr_get_download_slot(const struct dfut_sim_zephyr *zephyr);
void dfut_sim_zephyr_begin_image(struct dfut_sim_zephyr *zephyr);
/* Returns the pages erased. */
uint32_t dfut_sim_zephyr_erase_until(struct dfut_sim_zephyr *zephyr, uint32_t end);
/* No data: the end. Returns the pages erased, or -1 if the slot is full. */
int dfut_sim_zephyr_write(struct dfut_sim_zephyr *zephyr, const uint8_t *data, uint32_t length);
/* From the slot that is shown; returns how much there was. */
int dfut_sim_zephyr_read_slot(const struct dfut_sim_zephyr *zephyr, uint32_t offset, uint32_t length, uint8_t *data);

/* zephyr-new.c, zephyr-legacy.c */

int dfut_sim_zephyr_new_control(struct dfut_sim_zephyr *zephyr, const struct dfut_sim_setup *setup, uint8_t *data);
int dfut_sim_zephyr_legacy_control(struct dfut_sim_zephyr *zephyr, const struct dfut_sim_setup *setup, uint8_t *data);
void dfut_sim_zephyr_legacy_work(struct dfut_sim_zephyr *zephyr);

#endif
