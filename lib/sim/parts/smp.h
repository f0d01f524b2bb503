/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/*
 * Devices that speak SMP (MCUmgr) on a serial port: an application made with Zephyr (subsys/mgmt/mcumgr), and MCUboot's
 * serial recovery behind it (boot/boot_serial). smp-console.c takes lines and makes packets of them, smp.c takes what is in
 * those, smp-image.c is the application's group of images, smp-recovery.c what MCUboot makes of the same requests, smp-slots.c
 * the flash of both.
 */

#ifndef DFUT_SIM_SMP_H
#define DFUT_SIM_SMP_H

#include "sim/parts/mcuboot.h"
#include "sim/parts/serial.h"
#include "sim/parts/smp-cbor.h"

#define DFUT_SIM_SMP_PAGE_SIZE 4096u
#define DFUT_SIM_SMP_IMAGE_LIMIT 2
#define DFUT_SIM_SMP_SLOT_LIMIT (2 * DFUT_SIM_SMP_IMAGE_LIMIT)
/* BOOT_MAX_LINE_INPUT_LEN, UART_MCUMGR_RX_BUF_SIZE */
#define DFUT_SIM_SMP_LINE_SIZE 128
#define DFUT_SIM_SMP_LINE_LIMIT 48
#define DFUT_SIM_SMP_PACKET_LIMIT 2048
#define DFUT_SIM_SMP_HEADER_SIZE 8
#define DFUT_SIM_SMP_HASH_SIZE 32
#define DFUT_SIM_SMP_TEXT_ROOM 512

/* Timers; the first is the board's. */
enum dfut_sim_smp_timer {
	DFUT_SIM_SMP_REPLY = 1,
	DFUT_SIM_SMP_WORK = 2,
	DFUT_SIM_SMP_RESET = 3,
};

enum dfut_sim_smp_kind {
	DFUT_SIM_SMP_SPEAKS,
	DFUT_SIM_SMP_CONSOLE, /* a shell, and nothing else */
	DFUT_SIM_SMP_ECHO,    /* gives back each byte */
};

enum dfut_sim_smp_loader {
	DFUT_SIM_SMP_SWAP,
	DFUT_SIM_SMP_OVERWRITE,
	DFUT_SIM_SMP_SINGLE,
};

/* Buffers; by mode unless the option says it */
enum dfut_sim_smp_buffer {
	DFUT_SIM_SMP_BUFFER_384,
	DFUT_SIM_SMP_BUFFER_512,
	DFUT_SIM_SMP_BUFFER_1024,
	DFUT_SIM_SMP_BUFFER_NONE, /* it does not tell */
	DFUT_SIM_SMP_BUFFER_BY_MODE,
};

struct dfut_sim_smp_options {
	uint32_t mode; /* 1: recovery */
	uint32_t kind;
	uint32_t buffer;
	uint32_t encoding; /* 1: canonical */
	uint32_t version;
	bool console;
	uint32_t images;
	uint32_t loader;
	bool no_downgrade;
	uint32_t slot_size;
	uint32_t erase; /* 1: as it goes on */
	uint32_t erase_ms;
	uint32_t write_us;
	uint32_t write_block;
	uint32_t speed;
	uint32_t list; /* 1: frugal */
	bool slot_info;
	bool match;
	bool direct;
	bool image_state;
	bool echo;
};

/* An upload that was begun; lost when the device restarts. */
struct dfut_sim_smp_upload {
	bool is_open;
	unsigned int slot; /* of all, the second of the first image being 1 */
	uint32_t size;
	uint32_t offset;
	uint32_t erased; /* up to here, if that is done as it goes on */
	uint8_t sha[DFUT_SIM_SMP_HASH_SIZE];
	size_t sha_size;
};

struct dfut_sim_smp_line {
	uint8_t bytes[DFUT_SIM_SMP_LINE_SIZE];
	size_t size;
};

struct dfut_sim_smp_request {
	uint8_t head[DFUT_SIM_SMP_HEADER_SIZE]; /* as it came */
	uint8_t op;
	uint8_t version;
	uint16_t group;
	uint8_t command;
	const uint8_t *payload;
	size_t size;
};

struct dfut_sim_smp {
	struct dfut_sim_device *device;
	struct dfut_sim_smp_options options;
	bool is_recovery;
	uint8_t *slots[DFUT_SIM_SMP_SLOT_LIMIT];
	struct dfut_sim_serial serial;
	const struct dfut_sim_cdc *cdc;

	/* What comes */
	struct dfut_sim_smp_line line;
	bool is_long;	/* the line: more than a buffer has room for */
	bool is_marked; /* the line: begins a frame, or goes on with one */
	bool is_set;	/* the port's speed was, by its host */
	bool is_spoilt; /* the port has another speed */
	struct dfut_sim_smp_line lines[DFUT_SIM_SMP_LINE_LIMIT];
	size_t line_count;
	uint8_t packet[DFUT_SIM_SMP_PACKET_LIMIT];
	size_t packet_size;
	char command[DFUT_SIM_SMP_LINE_SIZE]; /* that is typed into the shell */
	size_t command_size;
	uint64_t line_until_us; /* when what was sent is through */
	uint64_t busy_until_us;
	uint64_t asked_us;

	/* What is said */
	char text[DFUT_SIM_SMP_TEXT_ROOM];
	size_t text_size;
	size_t unread; /* bytes up to the end of the last answer */
	unsigned int answers;
	bool is_resetting;

	struct dfut_sim_smp_upload upload;
	struct dfut_sim_cbor cbor;
	uint8_t answer[DFUT_SIM_SMP_HEADER_SIZE + DFUT_SIM_SMP_PACKET_LIMIT];
	uint16_t error_group;
	uint16_t error; /* of the group; 0 for none */
	uint32_t last_offset;
	bool is_told; /* which offset is wanted, as the last was not it */
};

/* clang-format off */
#define DFUT_SIM_SMP_OPTION(type, key, kind, member, least, most, words) \
	{ key, DFUT_SIM_OPTION_##kind, offsetof(type, smp.options.member), least, most, words }

#define DFUT_SIM_SMP_OPTIONS(type) \
	DFUT_SIM_SMP_OPTION(type, "mode", CHOICE, mode, 0, 0, "application|recovery"), \
	DFUT_SIM_SMP_OPTION(type, "kind", CHOICE, kind, 0, 0, "smp|console|echo"), \
	DFUT_SIM_SMP_OPTION(type, "buffer", CHOICE, buffer, 0, 0, "384|512|1024|none"), \
	DFUT_SIM_SMP_OPTION(type, "encoding", CHOICE, encoding, 0, 0, "indefinite|canonical"), \
	DFUT_SIM_SMP_OPTION(type, "version", NUMBER, version, 1, 2, NULL), \
	DFUT_SIM_SMP_OPTION(type, "console", FLAG, console, 0, 0, NULL), \
	DFUT_SIM_SMP_OPTION(type, "images", NUMBER, images, 1, DFUT_SIM_SMP_IMAGE_LIMIT, NULL), \
	DFUT_SIM_SMP_OPTION(type, "bootloader", CHOICE, loader, 0, 0, "swap|overwrite|single"), \
	DFUT_SIM_SMP_OPTION(type, "no-downgrade", FLAG, no_downgrade, 0, 0, NULL), \
	DFUT_SIM_SMP_OPTION(type, "slot-size", SIZE, slot_size, 4 * DFUT_SIM_SMP_PAGE_SIZE, 16 << 20, NULL), \
	DFUT_SIM_SMP_OPTION(type, "erase", CHOICE, erase, 0, 0, "at-once|progressive"), \
	DFUT_SIM_SMP_OPTION(type, "erase-ms", NUMBER, erase_ms, 0, 60000, NULL), \
	DFUT_SIM_SMP_OPTION(type, "write-us", NUMBER, write_us, 0, 1000000, NULL), \
	DFUT_SIM_SMP_OPTION(type, "write-block", NUMBER, write_block, 1, 32, NULL), \
	DFUT_SIM_SMP_OPTION(type, "speed", NUMBER, speed, 0, 12000000, NULL), \
	DFUT_SIM_SMP_OPTION(type, "list", CHOICE, list, 0, 0, "full|frugal"), \
	DFUT_SIM_SMP_OPTION(type, "slot-info", FLAG, slot_info, 0, 0, NULL), \
	DFUT_SIM_SMP_OPTION(type, "match", FLAG, match, 0, 0, NULL), \
	DFUT_SIM_SMP_OPTION(type, "direct", FLAG, direct, 0, 0, NULL), \
	DFUT_SIM_SMP_OPTION(type, "image-state", FLAG, image_state, 0, 0, NULL), \
	DFUT_SIM_SMP_OPTION(type, "echo", FLAG, echo, 0, 0, NULL)
/* clang-format on */

#define DFUT_SIM_SMP_TEXT \
	"mode=application|recovery: what it starts as; without a valid image it is MCUboot's serial recovery\n" \
	"kind=smp|console|echo: console is a shell that knows no SMP, echo gives back each byte\n" \
	"buffer=384|512|1024|none: room for a message, which none does not tell; 1024 in recovery and with two images, else " \
	"384\n" \
	"encoding=indefinite|canonical: of its CBOR; canonical also refuses maps without a length\n" \
	"version=1|2: of SMP that the application speaks\n" \
	"console=yes|no: whether the application has a shell on the port: its prompt and log lines between frames\n" \
	"images=1|2: how many images MCUboot has\n" \
	"bootloader=swap|overwrite|single: what MCUboot does with an image; single has one slot\n" \
	"no-downgrade=yes|no: whether MCUboot refuses older images\n" \
	"slot-size=BYTES: a multiple of 4096; K and M are understood\n" \
	"erase=at-once|progressive: whether a slot is erased with the first request of an upload\n" \
	"erase-ms=MS: time to erase a page of 4096 bytes\n" \
	"write-us=US: time to write 4 bytes\n" \
	"write-block=BYTES: what MCUboot writes at once in recovery; 8\n" \
	"speed=BAUD: of the line, for the time that bytes take; 0 for none\n" \
	"list=full|frugal: frugal leaves out flags that are false\n" \
	"slot-info=yes|no: whether it tells about its slots\n" \
	"match=yes|no: whether the application compares the file's SHA-256 in the end\n" \
	"direct=yes|no: whether recovery writes to any slot\n" \
	"image-state=yes|no: whether recovery tells the state of images and sets it\n" \
	"echo=yes|no: whether recovery knows echo\n"

/* Codes of answers: mgmt_defines.h */
enum dfut_sim_smp_code {
	DFUT_SIM_SMP_OK = 0,
	DFUT_SIM_SMP_UNKNOWN = 1,
	DFUT_SIM_SMP_NO_MEMORY = 2,
	DFUT_SIM_SMP_INVALID = 3,
	DFUT_SIM_SMP_NO_ENTRY = 5,
	DFUT_SIM_SMP_BAD_STATE = 6,
	DFUT_SIM_SMP_TOO_BIG = 7,
	DFUT_SIM_SMP_NOT_SUPPORTED = 8,
	DFUT_SIM_SMP_CORRUPT = 9,
	DFUT_SIM_SMP_TOO_NEW = 13,
};

enum dfut_sim_smp_op {
	DFUT_SIM_SMP_READ = 0,
	DFUT_SIM_SMP_WRITE = 2,
};

enum dfut_sim_smp_group {
	DFUT_SIM_SMP_OS = 0,
	DFUT_SIM_SMP_IMAGE = 1,
};

enum dfut_sim_smp_os_command {
	DFUT_SIM_SMP_ECHO_TEXT = 0,
	DFUT_SIM_SMP_CONSOLE_ECHO = 1,
	DFUT_SIM_SMP_RESTART = 5,
	DFUT_SIM_SMP_PARAMETERS = 6,
	DFUT_SIM_SMP_LOADER_INFO = 8,
};

enum dfut_sim_smp_image_command {
	DFUT_SIM_SMP_STATE = 0,
	DFUT_SIM_SMP_UPLOAD = 1,
	DFUT_SIM_SMP_ERASE = 5,
	DFUT_SIM_SMP_SLOT_INFO = 6,
};

/* Numbers of SMP: the high byte first */
static inline uint16_t dfut_sim_smp_get16(const uint8_t *bytes)
{
	return (uint16_t)(bytes[0] << 8 | bytes[1]);
}

static inline void dfut_sim_smp_put16(uint8_t *bytes, size_t value)
{
	bytes[0] = (uint8_t)(value >> 8);
	bytes[1] = (uint8_t)value;
}

/* smp-slots.c */

struct dfut_sim_mcuboot dfut_sim_smp_get_mcuboot(const struct dfut_sim_smp *smp, unsigned int image);
unsigned int dfut_sim_smp_count_slots(const struct dfut_sim_smp *smp); /* of an image */
bool dfut_sim_smp_has_slot(const struct dfut_sim_smp *smp, unsigned int slot);
int dfut_sim_smp_make_slots(struct dfut_sim_smp *smp);
bool dfut_sim_smp_is_empty(const struct dfut_sim_smp *smp, unsigned int slot);
/* Whole pages; takes its time. */
void dfut_sim_smp_erase(struct dfut_sim_smp *smp, unsigned int slot, uint32_t start, uint32_t end);
/* As it goes on, up to the end of what is to be written. */
void dfut_sim_smp_erase_ahead(struct dfut_sim_smp *smp, uint32_t end);
void dfut_sim_smp_erase_trailer(struct dfut_sim_smp *smp, unsigned int slot, uint32_t erased);
/* Bits become 0 only. */
void dfut_sim_smp_write(struct dfut_sim_smp *smp, unsigned int slot, uint32_t offset, const uint8_t *bytes,
			size_t size);
/* What MCUboot takes at most. */
uint32_t dfut_sim_smp_get_image_limit(const struct dfut_sim_smp *smp);
/* "1.2.3", and the build number if there is one */
void dfut_sim_smp_put_version(struct dfut_sim_smp *smp, unsigned int slot);
/* MCUboot starts: true if there is an application. Adds the time that swaps take. */
bool dfut_sim_smp_boot(const struct dfut_sim_smp *smp, uint32_t *ms);

/* smp-console.c */

int dfut_sim_smp_receive(struct dfut_sim_smp *smp, const uint8_t *data, size_t size);
int dfut_sim_smp_send(struct dfut_sim_smp *smp, uint8_t *data, size_t room);
/* Of DFUT_SIM_SMP_WORK */
void dfut_sim_smp_go_on(struct dfut_sim_smp *smp);
void dfut_sim_smp_say_banner(struct dfut_sim_smp *smp);
/* Wraps the answer, of header and payload. */
void dfut_sim_smp_say(struct dfut_sim_smp *smp, size_t size);
/* It is at work for so long. */
void dfut_sim_smp_work(struct dfut_sim_smp *smp, uint64_t us);
size_t dfut_sim_smp_get_buffer_size(const struct dfut_sim_smp *smp);

/* smp.c */

void dfut_sim_smp_create(struct dfut_sim_smp *smp, struct dfut_sim_device *device, const struct dfut_sim_cdc *cdc);
int dfut_sim_smp_prepare(struct dfut_sim_smp *smp);
void dfut_sim_smp_free(struct dfut_sim_smp *smp);
void dfut_sim_smp_start(struct dfut_sim_smp *smp, bool is_recovery);
const char *dfut_sim_smp_get_state_name(const struct dfut_sim_smp *smp);
int dfut_sim_smp_get_memory(struct dfut_sim_smp *smp, size_t index, struct dfut_sim_memory *memory);
/* A message that came whole. */
void dfut_sim_smp_take(struct dfut_sim_smp *smp, const uint8_t *bytes, size_t size);
/* For groups: reads the fields of the request. */
bool dfut_sim_smp_read(const struct dfut_sim_smp *smp, const struct dfut_sim_smp_request *request,
		       struct dfut_sim_cbor_field *fields, size_t count);
/* It restarts, once its answer is out. */
void dfut_sim_smp_reset(struct dfut_sim_smp *smp);
void dfut_sim_smp_put_parameters(struct dfut_sim_smp *smp);
/* What is wrong with the place of a part of an image. */
void dfut_sim_smp_check_offset(struct dfut_sim_smp *smp, uint32_t offset);

/* smp-image.c: returns a code; errors of the group are noted. */

int dfut_sim_smp_answer_image(struct dfut_sim_smp *smp, const struct dfut_sim_smp_request *request);
/* What version 1 says for an error of the group. */
int dfut_sim_smp_translate_image_error(uint16_t error);

/* smp-recovery.c */

void dfut_sim_smp_recover(struct dfut_sim_smp *smp, const uint8_t *bytes, size_t size);

#endif
