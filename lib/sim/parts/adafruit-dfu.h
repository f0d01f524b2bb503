/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/*
 * The serial port of Adafruit's nRF52 bootloader (Adafruit_nRF52_Bootloader, lib/sdk11): packets of Nordic's HCI
 * transport, and in them the legacy DFU of nRF5 SDK 11. adafruit-hci.c takes the packets, adafruit-dfu.c what is in them.
 */

#ifndef DFUT_SIM_ADAFRUIT_DFU_H
#define DFUT_SIM_ADAFRUIT_DFU_H

#include "sim/parts/serial.h"

#define DFUT_SIM_ADAFRUIT_FLASH_SIZE (1024u * 1024u)
#define DFUT_SIM_ADAFRUIT_PAGE_SIZE 4096u
/* hci_mem_pool_internal.h */
#define DFUT_SIM_ADAFRUIT_BUFFER_SIZE 600u
#define DFUT_SIM_ADAFRUIT_INIT_SIZE 64u

/* Timers; the first is the board's. */
enum dfut_sim_adafruit_timer {
	DFUT_SIM_ADAFRUIT_REPLY = 1,
	DFUT_SIM_ADAFRUIT_RESET = 2,
};

enum dfut_sim_adafruit_phase {
	DFUT_SIM_ADAFRUIT_IDLE,
	DFUT_SIM_ADAFRUIT_STARTED,   /* wants INIT */
	DFUT_SIM_ADAFRUIT_RECEIVING, /* wants DATA, or STOP */
	DFUT_SIM_ADAFRUIT_ENDING,    /* restarts in a moment */
};

/* What survives a restart. */
struct dfut_sim_adafruit_settings {
	uint32_t application_size; /* 0: there is none that is valid */
	uint32_t softdevice;	   /* FWID */
};

struct dfut_sim_adafruit {
	struct dfut_sim_device *device;
	struct {
		uint32_t softdevice;
		uint32_t bank;
		uint32_t erase_ms;
		uint32_t write_us;
	} options;
	uint8_t *flash;
	struct dfut_sim_adafruit_settings settings;
	struct dfut_sim_serial serial;

	uint8_t packet[DFUT_SIM_ADAFRUIT_BUFFER_SIZE];
	size_t packet_size;
	bool is_inside; /* END was seen in front */
	bool is_escaped;
	bool is_wrong;	  /* thrown away up to the next END */
	bool is_deaf;	  /* for good */
	uint8_t expected; /* sequence number */
	uint64_t busy_until_us;

	enum dfut_sim_adafruit_phase phase;
	uint32_t mode;
	uint32_t image_size;
	uint32_t received;
	uint16_t crc;
	uint32_t activation_ms;
};

#define DFUT_SIM_ADAFRUIT_OPTIONS(type) \
	{ "softdevice", DFUT_SIM_OPTION_NUMBER, offsetof(type, dfu.options.softdevice), 1, UINT16_MAX, NULL }, \
		{ "bank", DFUT_SIM_OPTION_CHOICE, offsetof(type, dfu.options.bank), 0, 0, "single|dual" }, \
		{ "erase-ms", DFUT_SIM_OPTION_NUMBER, offsetof(type, dfu.options.erase_ms), 0, 60000, NULL }, \
	{ \
		"write-us", DFUT_SIM_OPTION_NUMBER, offsetof(type, dfu.options.write_us), 0, 1000000, NULL \
	}

#define DFUT_SIM_ADAFRUIT_TEXT \
	"softdevice=N: id (FWID) of the SoftDevice in flash; 0xb6\n" \
	"bank=single|dual: whether the image is received where it runs, or copied there at the end\n" \
	"erase-ms=MS: time to erase a page of 4096 bytes\n" \
	"write-us=US: time to write 4 bytes\n"

/* adafruit-dfu.c */

void dfut_sim_adafruit_create(struct dfut_sim_adafruit *dfu, struct dfut_sim_device *device);
int dfut_sim_adafruit_prepare(struct dfut_sim_adafruit *dfu);
void dfut_sim_adafruit_free(struct dfut_sim_adafruit *dfu);
/* The bootloader starts. */
void dfut_sim_adafruit_start(struct dfut_sim_adafruit *dfu);
uint64_t dfut_sim_adafruit_get_busy_us(const struct dfut_sim_adafruit *dfu);
/* What is in a packet. */
void dfut_sim_adafruit_take(struct dfut_sim_adafruit *dfu, const uint8_t *payload, size_t size);
const char *dfut_sim_adafruit_get_state_name(const struct dfut_sim_adafruit *dfu);
int dfut_sim_adafruit_get_memory(struct dfut_sim_adafruit *dfu, size_t index, struct dfut_sim_memory *memory);

/* adafruit-hci.c */

uint16_t dfut_sim_adafruit_crc(uint16_t crc, const uint8_t *bytes, size_t size);
int dfut_sim_adafruit_receive(struct dfut_sim_adafruit *dfu, const uint8_t *data, size_t size);

#endif
