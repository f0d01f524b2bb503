/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/*
 * Bootloaders that speak AVR109: one byte is a command, its arguments follow, nothing is framed or summed up. Caterina:
 * arduino/ArduinoCore-avr, bootloaders/caterina; LUFA's: abcminiuser/lufa, Bootloaders/CDC; XBoot: alexforencich/xboot.
 */

#ifndef DFUT_SIM_CATERINA_H
#define DFUT_SIM_CATERINA_H

#include "sim/parts/serial.h"

#define DFUT_SIM_CATERINA_ERASED 0xff
/* CDC_TXRX_EPSIZE in Descriptors.h */
#define DFUT_SIM_CATERINA_PACKET_SIZE 16u
/* What waits while a command is at work; more is not taken. */
#define DFUT_SIM_CATERINA_PACKETS 256u
#define DFUT_SIM_CATERINA_PAGE_LIMIT 512u
#define DFUT_SIM_CATERINA_ARGUMENTS 3u

/* Timers; the first is the board's. */
enum dfut_sim_caterina_timer {
	DFUT_SIM_CATERINA_LEAVE = 1,
	DFUT_SIM_CATERINA_REPLY = 2,
};

/* In the order of the options' words. */
enum dfut_sim_caterina_loader {
	DFUT_SIM_CATERINA_CATERINA,
	DFUT_SIM_CATERINA_LUFA,
	DFUT_SIM_CATERINA_XBOOT,
};

enum dfut_sim_caterina_line_state {
	DFUT_SIM_CATERINA_LINE_STATE_USUAL,
	DFUT_SIM_CATERINA_LINE_STATE_STALL,
	DFUT_SIM_CATERINA_LINE_STATE_TAKE,
};

/* In the memory "fuses". */
enum dfut_sim_caterina_fuse {
	DFUT_SIM_CATERINA_LOW,
	DFUT_SIM_CATERINA_HIGH,
	DFUT_SIM_CATERINA_EXTENDED,
	DFUT_SIM_CATERINA_LOCK,
	DFUT_SIM_CATERINA_FUSES,
};

struct dfut_sim_caterina_part {
	uint8_t signature[3];
	bool is_xmega; /* a page of its loader is not written by commands for the application's */
	uint16_t page_size;
	uint32_t flash_size;
	uint32_t loader_size; /* of that, at its end */
	uint32_t eeprom_size;
	uint8_t fuses[DFUT_SIM_CATERINA_LOCK];
};

#define DFUT_SIM_CATERINA_PART_WORDS "atmega32u4|atmega16u4|at90usb646|atxmega256a3u"

struct dfut_sim_caterina_packet {
	uint8_t size;
	uint8_t bytes[DFUT_SIM_CATERINA_PACKET_SIZE];
};

struct dfut_sim_caterina {
	struct dfut_sim_device *device;
	const struct dfut_sim_caterina_part *part;
	struct {
		uint32_t loader;
		uint32_t part;
		uint32_t line_state;
		uint32_t lock; /* 1: open */
		uint32_t erase_us;
		uint32_t page_us;
		uint32_t eeprom_us;
		bool has_program;
	} options;

	uint8_t *flash;
	uint8_t *eeprom;
	uint8_t fuses[DFUT_SIM_CATERINA_FUSES];
	/* The chip's buffer of the page that is to be written: a word of it takes one value until then. */
	uint8_t page[DFUT_SIM_CATERINA_PAGE_LIMIT];
	bool is_filled[DFUT_SIM_CATERINA_PAGE_LIMIT / 2];

	struct dfut_sim_serial serial;
	struct dfut_sim_caterina_packet packets[DFUT_SIM_CATERINA_PACKETS];
	size_t packet_count;
	bool has_empty;	    /* a packet that ends what was said exactly in full ones */
	size_t said;	    /* of the present answer */
	uint64_t work_us;   /* that the present command takes */
	uint64_t busy_us;   /* until when the last one is at work */
	uint32_t read_left; /* of a block that is read, what is not said yet */
	uint32_t read_at;
	bool is_flash_read;

	bool has_command; /* else it waits for one */
	uint8_t command;
	uint8_t arguments[DFUT_SIM_CATERINA_ARGUMENTS];
	size_t argument_count;
	uint32_t address;    /* in bytes of flash: EEPROM is counted in words, too */
	uint32_t block_left; /* bytes of a block that are still to come */
	uint32_t block_page; /* where it began */
	uint32_t block_at;   /* where its next word goes to */
	uint8_t block_low;   /* the first byte of a word */
	bool is_block_high;

	uint64_t elapsed_us; /* of the time that it gives its host */
	uint64_t counted_us; /* up to when that is counted; UINT64_MAX: it is stopped */
	bool is_leaving;
	bool is_away; /* for ever */
};

#define DFUT_SIM_CATERINA_OPTIONS(type, member) \
	{ "program", DFUT_SIM_OPTION_FLAG, offsetof(type, member.options.has_program), 0, 0, NULL }, \
		{ "loader", DFUT_SIM_OPTION_CHOICE,  offsetof(type, member.options.loader), 0, \
		  0,	    "caterina|lufacdc|xboot" }, \
		{ "part", DFUT_SIM_OPTION_CHOICE,      offsetof(type, member.options.part), 0, \
		  0,	  DFUT_SIM_CATERINA_PART_WORDS }, \
		{ "line-state",	     DFUT_SIM_OPTION_CHOICE, offsetof(type, member.options.line_state), 0, 0, \
		  "usual|stall|take" }, \
		{ "lock", DFUT_SIM_OPTION_CHOICE, offsetof(type, member.options.lock), 0, 0, "usual|open" }, \
		{ "erase-us", DFUT_SIM_OPTION_NUMBER, offsetof(type, member.options.erase_us), 0, 1000000, NULL }, \
		{ "page-us", DFUT_SIM_OPTION_NUMBER, offsetof(type, member.options.page_us), 0, 1000000, NULL }, \
	{ \
		"eeprom-us", DFUT_SIM_OPTION_NUMBER, offsetof(type, member.options.eeprom_us), 0, 1000000, NULL \
	}

#define DFUT_SIM_CATERINA_TEXT \
	"program=yes|no: whether there is a sketch that the bootloader gives way to\n" \
	"loader=caterina|lufacdc|xboot: which bootloader it is that speaks AVR109\n" \
	"part=" DFUT_SIM_CATERINA_PART_WORDS ": its chip\n" \
	"line-state=usual|stall|take: whether the bootloader refuses SET_CONTROL_LINE_STATE, as Caterina usually does\n" \
	"lock=usual|open: whether lock bits keep the bootloader from overwriting itself\n" \
	"erase-us=US: time to erase a page\n" \
	"page-us=US: time to write a page\n" \
	"eeprom-us=US: time to write a byte of EEPROM\n"

/* caterina-memory.c */

int dfut_sim_caterina_prepare(struct dfut_sim_caterina *caterina, struct dfut_sim_device *device);
void dfut_sim_caterina_free(struct dfut_sim_caterina *caterina);
int dfut_sim_caterina_get_memory(struct dfut_sim_caterina *caterina, size_t index, struct dfut_sim_memory *memory);
/* Its first word is not blank. */
bool dfut_sim_caterina_has_program(const struct dfut_sim_caterina *caterina);
/* It has overwritten itself, and nothing but a programmer gets a word out of the chip again. */
bool dfut_sim_caterina_is_bricked(const struct dfut_sim_caterina *caterina);
/* Bytes that a program can have. */
uint32_t dfut_sim_caterina_get_room(const struct dfut_sim_caterina *caterina);
void dfut_sim_caterina_erase_page(struct dfut_sim_caterina *caterina, uint32_t address);
void dfut_sim_caterina_fill_word(struct dfut_sim_caterina *caterina, uint32_t address, uint8_t low, uint8_t high);
void dfut_sim_caterina_write_page(struct dfut_sim_caterina *caterina, uint32_t address);
uint8_t dfut_sim_caterina_read_flash(const struct dfut_sim_caterina *caterina, uint32_t address);
uint8_t *dfut_sim_caterina_get_eeprom(struct dfut_sim_caterina *caterina, uint32_t address);

/* caterina-commands.c */

/* Takes a byte of a command. Returns true if that was its last one. */
bool dfut_sim_caterina_take(struct dfut_sim_caterina *caterina, uint8_t byte);

/* caterina.c */

/* For create: the defaults. */
void dfut_sim_caterina_set_defaults(struct dfut_sim_caterina *caterina);
/* The bootloader starts, and is on the bus after that time. */
void dfut_sim_caterina_start(struct dfut_sim_caterina *caterina, uint32_t away_ms);
void dfut_sim_caterina_say(struct dfut_sim_caterina *caterina, const void *bytes, size_t size);
void dfut_sim_caterina_breach(struct dfut_sim_caterina *caterina, const char *text, ...) DFUT_PRINTF(2, 3);
const char *dfut_sim_caterina_get_state_name(const struct dfut_sim_caterina *caterina);
bool dfut_sim_caterina_takes_line_state(const struct dfut_sim_caterina *caterina);
/* The time that it gives its host begins anew, and does not pass until the command is done. */
void dfut_sim_caterina_rest(struct dfut_sim_caterina *caterina);
/* It leaves soon. */
void dfut_sim_caterina_exit(struct dfut_sim_caterina *caterina);
/* For the model's endpoint_receive, endpoint_send and timer; the last returns true if the bootloader leaves now. */
int dfut_sim_caterina_receive(struct dfut_sim_caterina *caterina, const uint8_t *data, size_t size);
int dfut_sim_caterina_send(struct dfut_sim_caterina *caterina, uint8_t *data, size_t room);
bool dfut_sim_caterina_timer(struct dfut_sim_caterina *caterina, unsigned int timer);

#endif
