/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* A DFU device by the specification, and what it can be bent to. */

#ifndef DFUT_SIM_DFU_DEVICE_H
#define DFUT_SIM_DFU_DEVICE_H

#include "sim/sim.h"

#define DFUT_SIM_DFU_ERASED 0xff
/* In place of a time: the real one */
#define DFUT_SIM_DFU_HONEST UINT32_MAX

enum dfut_sim_dfu_flavour {
	DFUT_SIM_DFU_FLAVOUR_SPEC,
	DFUT_SIM_DFU_FLAVOUR_TINYUSB,
	DFUT_SIM_DFU_FLAVOUR_RT,
	DFUT_SIM_DFU_FLAVOUR_FLIP,
};

enum dfut_sim_dfu_timer {
	DFUT_SIM_DFU_TIMER_DETACH,
	DFUT_SIM_DFU_TIMER_WORK,
	DFUT_SIM_DFU_TIMER_RESTART,
};

/* In the order of the option's words. */
enum dfut_sim_dfu_reads {
	DFUT_SIM_DFU_READS_MEMORY,
	DFUT_SIM_DFU_READS_ENDLESS,
	DFUT_SIM_DFU_READS_EMPTY,
};

#define DFUT_SIM_DFU_INTERFACE_LIMIT 2

/* What each DFU interface has of its own. */
struct dfut_sim_dfu_unit {
	uint8_t attributes;
	uint16_t transfer_size;
	uint8_t state;
	uint8_t status;
	uint8_t alternate;
	uint32_t offset;
	uint16_t next_block;
};

struct dfut_sim_dfu {
	struct dfut_sim_device *device;
	struct {
		uint32_t flavour;
		uint32_t version;
		uint16_t vendor_id;
		uint16_t product_id; /* in both modes; 0: one each */
		uint16_t release;
		bool tolerant;
		bool will_detach;
		bool download;
		bool upload;
		bool readable;
		uint32_t transfer_size;
		uint32_t detach_timeout_ms;
		uint32_t detach_ms;
		uint32_t poll_ms;
		uint32_t busy;
		uint32_t manifest_ms;
		uint32_t manifest_poll_ms;
		uint32_t leave_ms;
		uint32_t stages;
		uint32_t start;
		uint32_t alternates;
		uint32_t second;
		uint32_t second_transfer_size; /* 0: as the first */
		bool second_upload;
		char names[DFUT_SIM_TEXT_SIZE];
		uint32_t size;
		bool erases;
		uint32_t reads;
		uint32_t functional;
		bool runtime;
		bool hidden;
		uint32_t reset_returns;
		uint32_t getstatus;
		uint32_t string;
		char string_text[DFUT_SIM_TEXT_SIZE];
		char serial[DFUT_SIM_TEXT_SIZE];
		struct dfut_sim_return leaving;
	} options;

	char names[DFUT_SIM_DFU_ALTERNATE_LIMIT][DFUT_SIM_TEXT_SIZE];
	char memory_names[DFUT_SIM_DFU_ALTERNATE_LIMIT][24];
	uint8_t *memories[DFUT_SIM_DFU_ALTERNATE_LIMIT];
	uint8_t firmware_valid; /* a memory of its own, as it outlives power */

	bool is_started;
	bool is_bootloader;
	uint8_t state;
	uint8_t status;
	/* Of the interface that is talked to; those of the other one are in units. */
	uint8_t interface;
	struct dfut_sim_dfu_unit units[DFUT_SIM_DFU_INTERFACE_LIMIT];
	uint8_t alternate;
	uint32_t offset;
	uint32_t busy_left;
	bool is_manifested;
	uint32_t stage; /* the bootloader that runs, of several */
	char stage_name[24];
	bool is_window_open;
	bool is_switching; /* the bus reset came in time: it leaves soon */
	struct dfut_sim_dfu_rules rules;

	uint8_t descriptors[DFUT_SIM_DFU_DESCRIPTORS_SIZE];
	size_t descriptors_size;
	struct dfut_string strings[4 + DFUT_SIM_DFU_ALTERNATE_LIMIT];
	size_t string_count;
};

/* dfu-device.c */

void dfut_sim_dfu_set_mode(struct dfut_sim_dfu *dfu, bool is_bootloader, uint8_t state, uint8_t status);

/* dfu-leaving.c */

/* At once, or after the time that it takes. */
void dfut_sim_dfu_start_application(struct dfut_sim_dfu *dfu);
/* A bus reset in DFU mode. */
void dfut_sim_dfu_reset_bootloader(struct dfut_sim_dfu *dfu);
/* What a restart leads to: firmware that is not whole is not started (DFU 1.1, A.2.11). */
void dfut_sim_dfu_restart(struct dfut_sim_dfu *dfu);
void dfut_sim_dfu_leave(struct dfut_sim_dfu *dfu);

/* dfu-units.c */

uint32_t dfut_sim_dfu_count_memories(const struct dfut_sim_dfu *dfu);
void dfut_sim_dfu_name_memories(struct dfut_sim_dfu *dfu);
/* The one that the interface's alternate setting stands for. */
uint8_t *dfut_sim_dfu_get_memory(const struct dfut_sim_dfu *dfu);
/* Of all its interfaces. */
void dfut_sim_dfu_set_states(struct dfut_sim_dfu *dfu, uint8_t state, uint8_t status);
/* What comes next is for this interface. False if it can't be: it stalls. */
bool dfut_sim_dfu_turn_to(struct dfut_sim_dfu *dfu, uint16_t interface);

/* dfu-mode.c */

int dfut_sim_dfu_tell_status(struct dfut_sim_dfu *dfu, const struct dfut_sim_setup *setup, uint8_t *data,
			     uint32_t poll_ms);
/* What an upload gets from this offset on. Returns its length. */
uint32_t dfut_sim_dfu_read(const struct dfut_sim_dfu *dfu, uint64_t offset, uint32_t wanted, uint8_t *data);
int dfut_sim_dfu_download(struct dfut_sim_dfu *dfu, const struct dfut_sim_setup *setup, const uint8_t *data);
/* A GETSTATUS moves the SYNC states on. Returns bwPollTimeout. */
uint32_t dfut_sim_dfu_sync(struct dfut_sim_dfu *dfu);
/* Work is done: the poll timeout has passed. */
void dfut_sim_dfu_finish_work(struct dfut_sim_dfu *dfu);
int dfut_sim_dfu_answer_mode(struct dfut_sim_dfu *dfu, const struct dfut_sim_setup *setup, uint8_t *data);

/* dfu-flip.c */

/* Its options are that one's. */
void dfut_sim_dfu_take_flip(struct dfut_sim_dfu *dfu);
int dfut_sim_dfu_answer_flip(struct dfut_sim_dfu *dfu, const struct dfut_sim_setup *setup, uint8_t *data);

/* dfu-tinyusb.c */

int dfut_sim_dfu_answer_tinyusb(struct dfut_sim_dfu *dfu, const struct dfut_sim_setup *setup, uint8_t *data);
int dfut_sim_dfu_reset_tinyusb(struct dfut_sim_dfu *dfu);

#endif
