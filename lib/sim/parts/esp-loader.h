/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/*
 * The serial loader in the ROM of ESP32-S2, S3 and C3: esptool's docs/en/advanced-topics/serial-protocol.rst, loader.py and
 * targets/. esp-loader.c takes frames and answers them, esp-loader-flash.c does what goes to the flash,
 * esp-loader-registers.c has the registers, esp-boot.c says what the chip starts.
 */

#ifndef DFUT_SIM_ESP_LOADER_H
#define DFUT_SIM_ESP_LOADER_H

#include "sim/parts/inflate.h"
#include "sim/parts/serial.h"

/* 24 bytes in front, and a block of RAM (esptool's ESP_RAM_BLOCK) */
#define DFUT_SIM_ESP_FRAME_LIMIT (24u + 0x1800u)
#define DFUT_SIM_ESP_BLOCK 0x400u
#define DFUT_SIM_ESP_OTG_BLOCK 0x800u
#define DFUT_SIM_ESP_SECTOR 4096u
#define DFUT_SIM_ESP_REGISTER_LIMIT 64

/* Timers; the first ones are those of the board and of the DFU mode. */
enum dfut_sim_esp_loader_timer {
	DFUT_SIM_ESP_LOADER_REPLY = 2,
	/* At these the chip restarts; the model does it. */
	DFUT_SIM_ESP_LOADER_RESET = 3,
	DFUT_SIM_ESP_LOADER_WATCHDOG = 4,
};

/* loader.py; in this order in the option `chip` */
enum dfut_sim_esp_chip_name {
	DFUT_SIM_ESP32_S2,
	DFUT_SIM_ESP32_S3,
	DFUT_SIM_ESP32_C3,
};

/* What differs from chip to chip: esptool's targets/ */
struct dfut_sim_esp_chip {
	const char *boot_log; /* what its ROM says on USB-Serial-JTAG before it listens */
	uint16_t id;
	uint32_t magic;		  /* what is at 0x40001000 */
	uint32_t code_address;	  /* where the second-stage bootloader is */
	bool tells_id;		  /* in its security information */
	uint32_t watchdog_config; /* WDTCONFIG0; WDTCONFIG1 is behind it */
	uint32_t watchdog_key;
	uint32_t super_config; /* of the super watchdog, 0 if it does not bite here */
	uint32_t super_key;
	uint32_t option1; /* bit 0: force download; 0 if there is none */
	uint32_t strap;
	uint32_t efuse;
	uint32_t spi;
	uint32_t port_number; /* which port the ROM listens to */
	uint8_t otg_number;
	uint8_t jtag_number;
};

struct dfut_sim_esp_loader_options {
	uint32_t flash_size;
	uint32_t erase_ms;
	uint32_t write_us;
	bool is_encrypted;
	bool has_secure_boot;
	bool has_secure_download;
	bool has_stub;
	bool has_watchdog;
	bool forces_download; /* the application's touch leaves the bit set */
	bool has_strap;	      /* GPIO0 is held low */
	bool has_boot_log;
};

/* What a host has begun with 02 or 10. */
struct dfut_sim_esp_job {
	bool is_open;
	bool is_deflated;
	bool is_encrypted;
	uint32_t address;
	uint32_t size; /* that may be written */
	uint32_t blocks;
	uint32_t next;	  /* number of the block that comes */
	uint32_t written; /* bytes */
	bool is_over;	  /* more came than what is to be written */
	bool is_done;	  /* the stream is at its end */
	bool is_wrong;	  /* what is in flash is not what came: it was not erased */
};

struct dfut_sim_esp_loader {
	struct dfut_sim_device *device;
	const struct dfut_sim_esp_chip *chip;
	bool is_otg;
	struct dfut_sim_esp_loader_options options;
	uint8_t *flash; /* of options.flash_size */
	bool is_flash_own;
	bool has_written; /* or erased something, since it was plugged in */
	struct dfut_sim_serial serial;

	uint8_t frame[DFUT_SIM_ESP_FRAME_LIMIT];
	size_t size;
	bool is_inside; /* END was seen in front */
	bool is_escaped;
	bool is_wrong; /* thrown away up to the next END */

	bool is_stub; /* a stub runs in place of the ROM */
	bool is_deaf; /* other code runs */
	bool is_attached;
	bool owes; /* what is said and not read yet is the answer to a request */
	uint32_t total_size;
	uint64_t busy_until_us;
	struct dfut_sim_esp_job job;
	struct dfut_sim_inflate inflate;
	uint64_t write_us; /* that the last block takes */

	/* Registers that were written, which a reset of the chip leaves as they are or clears */
	struct {
		uint32_t address;
		uint32_t value;
	} registers[DFUT_SIM_ESP_REGISTER_LIMIT];
	size_t register_count;
	bool is_download_forced; /* bit 0 of OPTION1, which only a loss of power or the button clear */
	bool is_watchdog_on;
	bool is_super_on;
};

#define DFUT_SIM_ESP_LOADER_OPTIONS(type) \
	{ "erase-ms", DFUT_SIM_OPTION_NUMBER, offsetof(type, loader.options.erase_ms), 0, 60000, NULL }, \
		{ "write-us", DFUT_SIM_OPTION_NUMBER, offsetof(type, loader.options.write_us), 0, 1000000, NULL }, \
		{ "encrypted", DFUT_SIM_OPTION_FLAG, offsetof(type, loader.options.is_encrypted), 0, 0, NULL }, \
		{ "secure-boot", DFUT_SIM_OPTION_FLAG, offsetof(type, loader.options.has_secure_boot), 0, 0, NULL }, \
		{ "secure-download", \
		  DFUT_SIM_OPTION_FLAG, \
		  offsetof(type, loader.options.has_secure_download), \
		  0, \
		  0, \
		  NULL }, \
		{ "stub", DFUT_SIM_OPTION_FLAG, offsetof(type, loader.options.has_stub), 0, 0, NULL }, \
		{ "watchdog", DFUT_SIM_OPTION_FLAG, offsetof(type, loader.options.has_watchdog), 0, 0, NULL }, \
		{ "force-download", DFUT_SIM_OPTION_FLAG, offsetof(type, loader.options.forces_download), 0, 0, NULL }, \
	{ \
		"strap", DFUT_SIM_OPTION_FLAG, offsetof(type, loader.options.has_strap), 0, 0, NULL \
	}

#define DFUT_SIM_ESP_LOADER_TEXT \
	"erase-ms=MS: time to erase a sector of 4096 bytes\n" \
	"write-us=US: time to write a page of 256 bytes\n" \
	"encrypted=yes|no: whether what is in its flash is encrypted\n" \
	"secure-boot=yes|no: whether it starts nothing but signed bootloaders\n" \
	"secure-download=yes|no: whether its ROM takes a few requests only, and tells nothing\n" \
	"stub=yes|no: whether it waits with a flasher stub that somebody has left running, until it is reset\n" \
	"watchdog=yes|no: whether its watchdog restarts it in the middle unless the host turns it off\n" \
	"force-download=yes|no: whether the touch makes each reset lead back into the loader until the host clears that\n" \
	"strap=yes|no: whether GPIO0 is held low, so that each reset leads into the loader\n"

/* esp-loader.c */

void dfut_sim_esp_loader_create(struct dfut_sim_esp_loader *loader, struct dfut_sim_device *device,
				enum dfut_sim_esp_chip_name chip);
/* flash: that of another part, of options.flash_size bytes, gets a bootloader; NULL for its own, with an application */
int dfut_sim_esp_loader_prepare(struct dfut_sim_esp_loader *loader, uint8_t *flash);
void dfut_sim_esp_loader_free(struct dfut_sim_esp_loader *loader);
/* The chip starts; in its loader if is_loader. Registers outlive it unless it has lost its power. */
void dfut_sim_esp_loader_start(struct dfut_sim_esp_loader *loader, bool is_loader);
/* A stub takes the place of the loader that has just started. */
void dfut_sim_esp_loader_start_stub(struct dfut_sim_esp_loader *loader);
void dfut_sim_esp_loader_lose_power(struct dfut_sim_esp_loader *loader);
int dfut_sim_esp_loader_receive(struct dfut_sim_esp_loader *loader, const uint8_t *data, size_t size);
const char *dfut_sim_esp_loader_get_state_name(const struct dfut_sim_esp_loader *loader);
void dfut_sim_esp_loader_take_time(struct dfut_sim_esp_loader *loader, uint64_t us);
/* Whether a reset that asks for nothing leads into the loader. */
bool dfut_sim_esp_loader_is_wanted(const struct dfut_sim_esp_loader *loader);

/* loader.py: ROM_INVALID_RECV_MSG; serial-protocol.rst, "ROM Loader Errors"; util.py */
enum dfut_sim_esp_error {
	DFUT_SIM_ESP_OK = 0,
	DFUT_SIM_ESP_INVALID = 0x05,
	DFUT_SIM_ESP_FAILED = 0x06,
	DFUT_SIM_ESP_CHECKSUM = 0x07,
	DFUT_SIM_ESP_FLASH_WRITE = 0x08,
	DFUT_SIM_ESP_READ_LENGTH = 0x0a,
	DFUT_SIM_ESP_DEFLATE = 0x0b,
	DFUT_SIM_ESP_ADLER = 0x0c,
	DFUT_SIM_ESP_DEFLATE_SIZE = 0x0d,
};

/* The data of a request, and what is said to it in front of the status. */
struct dfut_sim_esp_request {
	uint8_t op;
	uint32_t checksum;
	const uint8_t *data;
	size_t size;
	uint32_t value;
	uint8_t answer[64];
	size_t answer_size;
};

/* esp-loader-flash.c; all return an enum dfut_sim_esp_error. */

uint8_t dfut_sim_esp_attach(struct dfut_sim_esp_loader *loader, struct dfut_sim_esp_request *request);
uint8_t dfut_sim_esp_set_parameters(struct dfut_sim_esp_loader *loader, struct dfut_sim_esp_request *request);
uint8_t dfut_sim_esp_begin(struct dfut_sim_esp_loader *loader, struct dfut_sim_esp_request *request);
uint8_t dfut_sim_esp_take_block(struct dfut_sim_esp_loader *loader, struct dfut_sim_esp_request *request);
uint8_t dfut_sim_esp_get_md5(struct dfut_sim_esp_loader *loader, struct dfut_sim_esp_request *request);
uint8_t dfut_sim_esp_read(struct dfut_sim_esp_loader *loader, struct dfut_sim_esp_request *request);

/* esp-loader-registers.c */

const struct dfut_sim_esp_chip *dfut_sim_esp_get_chip(enum dfut_sim_esp_chip_name name);
uint8_t dfut_sim_esp_read_register(struct dfut_sim_esp_loader *loader, struct dfut_sim_esp_request *request);
uint8_t dfut_sim_esp_write_registers(struct dfut_sim_esp_loader *loader, struct dfut_sim_esp_request *request);
/* The watchdogs as the ROM leaves them. */
void dfut_sim_esp_start_watchdogs(struct dfut_sim_esp_loader *loader);

/* esp-boot.c */

#define DFUT_SIM_ESP_APPLICATION 0x10000u

/* Puts the least of an image that the chip starts into its flash. */
void dfut_sim_esp_make_image(struct dfut_sim_esp_loader *loader, uint32_t address);
/* Whether there is a bootloader, and an application for it. */
bool dfut_sim_esp_has_application(const struct dfut_sim_esp_loader *loader);
/* What encryption makes of a byte, both ways. */
uint8_t dfut_sim_esp_encrypt(uint8_t byte);

#endif
