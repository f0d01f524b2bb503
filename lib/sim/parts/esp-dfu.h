/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* DFU mode of an ESP chip's ROM: esp-idf's tools/mkdfu.py makes what it takes. */

#ifndef DFUT_SIM_ESP_DFU_H
#define DFUT_SIM_ESP_DFU_H

#include "sim/sim.h"

/* cpio-files.c */

#define DFUT_SIM_CPIO_NAME_SIZE 64

enum dfut_sim_cpio_part {
	DFUT_SIM_CPIO_HEADER,
	DFUT_SIM_CPIO_NAME,
	DFUT_SIM_CPIO_DATA,
	DFUT_SIM_CPIO_END,
};

/* Reads a cpio archive (new ASCII form) that comes in pieces. */
struct dfut_sim_cpio {
	enum dfut_sim_cpio_part part;
	uint64_t at; /* in the archive */
	uint32_t collected;
	char header[110];
	char name[DFUT_SIM_CPIO_NAME_SIZE];
	uint32_t name_size;
	uint32_t file_size;
	uint32_t left; /* of the file */
};

enum dfut_sim_cpio_event {
	DFUT_SIM_CPIO_NOTHING, /* wants more */
	DFUT_SIM_CPIO_FILE,    /* a file begins */
	DFUT_SIM_CPIO_BYTES,   /* a piece of it */
	DFUT_SIM_CPIO_FILE_END,
	DFUT_SIM_CPIO_TRAILER,
	DFUT_SIM_CPIO_WRONG,
};

/* Takes some of the data; bytes and count are the piece of a file, or what is behind the archive. */
enum dfut_sim_cpio_event dfut_sim_cpio_take(struct dfut_sim_cpio *cpio, const uint8_t **data, size_t *size,
					    const uint8_t **bytes, size_t *count);

/* esp-dfu.c */

#define DFUT_SIM_ESP_FILE_LIMIT 64
#define DFUT_SIM_ESP_RECORD_SIZE 88

/* Where the time for erasing and writing goes; the order is that of the option's words. */
enum dfut_sim_esp_work {
	DFUT_SIM_ESP_IN_DNLOAD,
	DFUT_SIM_ESP_IN_GETSTATUS,
	DFUT_SIM_ESP_BUSY,
};

struct dfut_sim_esp_dfu {
	struct dfut_sim_device *device;
	struct dfut_sim_dfu_rules rules;
	struct {
		uint32_t work;
		uint32_t erase_percent;
		uint32_t flash_size;
		uint32_t manifest;
		uint32_t manifest_ms;
	} options;
	uint32_t code_address; /* where the first bootloader is */
	uint8_t *flash;
	uint8_t state;
	uint8_t status;
	uint64_t work_until_us;

	struct dfut_sim_cpio cpio;
	uint8_t records[DFUT_SIM_ESP_FILE_LIMIT * DFUT_SIM_ESP_RECORD_SIZE];
	uint32_t records_size;
	uint32_t file; /* 0 is the one with the records */
	uint32_t chip_size;
	uint32_t offset; /* in the file */
	uint8_t params[32];
	uint8_t *received; /* of the file */
	bool is_complete;
};

/* How it tells that all is written; the order is that of the option's words. */
enum dfut_sim_esp_manifest {
	DFUT_SIM_ESP_TO_IDLE,
	DFUT_SIM_ESP_LEAVES,
};

/* Restarts the chip after the manifestation */
#define DFUT_SIM_ESP_TIMER 1

void dfut_sim_esp_dfu_set_defaults(struct dfut_sim_esp_dfu *esp);
int dfut_sim_esp_dfu_prepare(struct dfut_sim_esp_dfu *esp);
void dfut_sim_esp_dfu_free(struct dfut_sim_esp_dfu *esp);
/* transfer_size and attributes are those of the functional descriptor. */
void dfut_sim_esp_dfu_start(struct dfut_sim_esp_dfu *esp, struct dfut_sim_device *device, uint16_t transfer_size,
			    uint8_t attributes);
int dfut_sim_esp_dfu_answer(struct dfut_sim_esp_dfu *esp, const struct dfut_sim_setup *setup, uint8_t *data);
/* Is there something that the ROM can start? */
bool dfut_sim_esp_dfu_has_code(const struct dfut_sim_esp_dfu *esp);

#endif
