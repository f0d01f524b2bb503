/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/*
 * Parts in a bootloader that speaks FLIP over DFU's requests. Atmel's: doc7618 (AVR), doc32131 and doc8457 (UC3, XMEGA), and
 * its source in ASF (udi_dfu_atmel.c, isp.c); LUFA's and QMK's: Bootloaders/DFU/BootloaderDFU.c.
 */

#ifndef DFUT_SIM_FLIP_H
#define DFUT_SIM_FLIP_H

#include "sim/sim.h"

#define DFUT_SIM_FLIP_ERASED 0xff
#define DFUT_SIM_FLIP_COMMAND_SIZE 6
/* What follows the data of a program command on AVR */
#define DFUT_SIM_FLIP_SUFFIX_SIZE 16
/* Bytes of data in a message */
#define DFUT_SIM_FLIP_DATA_LIMIT 0x400
#define DFUT_SIM_FLIP_PAGE_LIMIT 512
#define DFUT_SIM_FLIP_FUSES 32
#define DFUT_SIM_FLIP_USER_SIZE 512
/* In place of a time: the part's */
#define DFUT_SIM_FLIP_USUAL UINT32_MAX

#define DFUT_SIM_FLIP_ERR_CHECK_ERASED 0x05

enum dfut_sim_flip_command {
	DFUT_SIM_FLIP_PROGRAM = 0x01,
	DFUT_SIM_FLIP_READ = 0x03,
	DFUT_SIM_FLIP_WRITE = 0x04, /* erases, starts */
	DFUT_SIM_FLIP_READ_ID = 0x05,
	DFUT_SIM_FLIP_SELECT = 0x06,
};

/* flip-parts.c */

enum dfut_sim_flip_family {
	DFUT_SIM_FLIP_AVR,
	DFUT_SIM_FLIP_XMEGA,
	DFUT_SIM_FLIP_UC3,
};

struct dfut_sim_flip_part {
	const char *product; /* its bootloader's iProduct */
	uint16_t product_id;
	enum dfut_sim_flip_family family;
	uint32_t flash_size;
	uint32_t loader_size; /* of that: at the end of AVR's, at the beginning of UC3's; XMEGA's is elsewhere */
	uint16_t page_size;
	uint16_t eeprom_size;
	uint8_t signature[4];
	uint32_t erase_ms;  /* of all */
	uint32_t page_ms;   /* to write a page */
	uint32_t eeprom_us; /* to write a byte */
};

#define DFUT_SIM_FLIP_PART_WORDS \
	"at90usb82|at90usb162|atmega8u2|atmega16u2|atmega32u2|atmega16u4|atmega32u4|at90usb646|at90usb1286|" \
	"atxmega64a3u|atxmega128a3u|at32uc3a0512|at32uc3b0256"
#define DFUT_SIM_FLIP_ATMEGA32U4 6
#define DFUT_SIM_FLIP_AT90USB646 7

/* In the order of the words. */
const struct dfut_sim_flip_part *dfut_sim_flip_get_part(uint32_t index);

/* flip.c */

/* In the order of the options' words. */
enum dfut_sim_flip_loader {
	DFUT_SIM_FLIP_ATMEL,
	DFUT_SIM_FLIP_LUFA,
	DFUT_SIM_FLIP_QMK,
};

enum dfut_sim_flip_secure {
	DFUT_SIM_FLIP_SECURE_USUAL,
	DFUT_SIM_FLIP_SECURE_YES,
	DFUT_SIM_FLIP_SECURE_NO,
};

enum dfut_sim_flip_erase {
	DFUT_SIM_FLIP_ERASE_USUAL,
	DFUT_SIM_FLIP_ERASE_STATUS,  /* GETSTATUS is answered when it is done */
	DFUT_SIM_FLIP_ERASE_COMMAND, /* the command is */
	DFUT_SIM_FLIP_ERASE_POLL,    /* GETSTATUS says errNOTDONE and dfuDNBUSY until then */
};

/* What an UPLOAD gets. */
enum dfut_sim_flip_answer {
	DFUT_SIM_FLIP_NOTHING,
	DFUT_SIM_FLIP_MEMORY,
	DFUT_SIM_FLIP_PROTECTED,
	DFUT_SIM_FLIP_BYTE,
	DFUT_SIM_FLIP_ADDRESS, /* of the first byte that is not blank */
};

struct dfut_sim_flip_memory {
	uint8_t *bytes;
	uint32_t size;
	bool is_writable;
	bool is_guarded; /* by the security bit */
};

/* The first message byte that the rest of LUFA's code looks at, and what follows it */
struct dfut_sim_flip_lufa {
	uint8_t command;
	uint8_t data[DFUT_SIM_FLIP_COMMAND_SIZE - 1];
	uint16_t data_size; /* what of the message is not in these */
	uint16_t start;
	uint16_t end;
	uint8_t page; /* of 64 KiB */
	uint8_t response;
	bool waits_for_exit;
	uint8_t buffer[DFUT_SIM_FLIP_PAGE_LIMIT]; /* of the page that is to be written */
};

struct dfut_sim_flip {
	struct dfut_sim_device *device;
	const struct dfut_sim_flip_part *part;
	struct {
		uint32_t part;
		uint32_t loader;
		uint32_t secure;
		uint32_t erase;
		uint32_t erase_ms;
		uint32_t page_ms;
		uint32_t watchdog_ms;
		uint32_t ids;
		uint32_t functional;
		uint32_t idle;
		bool blank;
		bool locked;
	} options;

	/* Memories; the second version reads versions and ids as such, too. */
	uint8_t info[3];
	uint8_t signature[4];
	uint8_t *flash;
	uint8_t *eeprom;
	uint8_t security;
	uint8_t fuses[DFUT_SIM_FLIP_FUSES];
	uint8_t user[DFUT_SIM_FLIP_USER_SIZE];
	uint8_t isp_force; /* UC3 comes back in its bootloader until this is taken away */

	uint8_t idle_state;
	uint8_t state;
	uint8_t status;
	bool is_secure;
	bool is_hung;
	bool has_erased; /* since it came up */
	bool is_status_due;
	bool is_starting;
	bool has_jumped; /* into nothing */
	uint64_t work_until_us;

	/* Atmel's */
	uint8_t message[DFUT_SIM_FLIP_COMMAND_SIZE];
	uint32_t base; /* the selected 64 KiB */
	uint8_t unit;
	enum dfut_sim_flip_answer answer;
	uint32_t from;
	uint32_t size;
	uint8_t byte;
	struct dfut_sim_flip_lufa lufa;

	uint8_t descriptors[DFUT_SIM_DFU_DESCRIPTORS_SIZE];
	size_t descriptors_size;
	struct dfut_string strings[3];
	size_t string_count;
};

/* clang-format off */
#define DFUT_SIM_FLIP_OPTIONS(type, member) \
	{ "part", DFUT_SIM_OPTION_CHOICE, offsetof(type, member.options.part), 0, 0, DFUT_SIM_FLIP_PART_WORDS }, \
	{ "loader", DFUT_SIM_OPTION_CHOICE, offsetof(type, member.options.loader), 0, 0, "atmel|lufa|qmk" }, \
	{ "secure", DFUT_SIM_OPTION_CHOICE, offsetof(type, member.options.secure), 0, 0, "usual|yes|no" }, \
	{ "erase", DFUT_SIM_OPTION_CHOICE, offsetof(type, member.options.erase), 0, 0, "usual|status|command|poll" }, \
	{ "erase-ms", DFUT_SIM_OPTION_NUMBER, offsetof(type, member.options.erase_ms), 0, 3600000, NULL }, \
	{ "page-ms", DFUT_SIM_OPTION_NUMBER, offsetof(type, member.options.page_ms), 0, 60000, NULL }, \
	{ "watchdog-ms", DFUT_SIM_OPTION_NUMBER, offsetof(type, member.options.watchdog_ms), 0, 60000, NULL }, \
	{ "ids", DFUT_SIM_OPTION_CHOICE, offsetof(type, member.options.ids), 0, 0, "lost|kept" }, \
	{ "functional", DFUT_SIM_OPTION_CHOICE, offsetof(type, member.options.functional), 0, 0, "usual|missing|zeros" }, \
	{ "idle", DFUT_SIM_OPTION_CHOICE, offsetof(type, member.options.idle), 0, 0, "dfu|app" }, \
	{ "blank", DFUT_SIM_OPTION_FLAG, offsetof(type, member.options.blank), 0, 0, NULL }, \
	{ "locked", DFUT_SIM_OPTION_FLAG, offsetof(type, member.options.locked), 0, 0, NULL }
/* clang-format on */

#define DFUT_SIM_FLIP_TEXT \
	"part=" DFUT_SIM_FLIP_PART_WORDS ": which part it is; XMEGA and UC3 speak the second version\n" \
	"loader=atmel|lufa|qmk: whose bootloader an AVR has\n" \
	"secure=usual|yes|no: whether its memories are closed until it is erased; usually Atmel's of an AVR are\n" \
	"erase=usual|status|command|poll: what is answered when it is erased: GETSTATUS, the command, or GETSTATUS at once " \
	"with errNOTDONE in dfuDNBUSY\n" \
	"erase-ms=MS: time to erase it\n" \
	"page-ms=MS: time to write a page of flash\n" \
	"watchdog-ms=MS: time from the request to start to the reset\n" \
	"ids=lost|kept: whether Atmel's of an AVR says FF for its ids once it was erased, until it is plugged in again\n" \
	"functional=usual|missing|zeros: its functional descriptor\n" \
	"idle=dfu|app: bState of XMEGA and UC3 where nothing is wrong: dfuIDLE as in Atmel's source, or 0 as in doc8457\n" \
	"blank=yes|no: whether there is nothing in its flash at first\n" \
	"locked=yes|no: whether lock bits guard the section that LUFA's or QMK's lives in\n"

/* What a part in its bootloader does next. */
enum dfut_sim_flip_event {
	DFUT_SIM_FLIP_STARTS,	/* the application */
	DFUT_SIM_FLIP_RESTARTS, /* the bootloader: there is no application */
};

/* The one timer of the bootloader; a model's own others */
#define DFUT_SIM_FLIP_TIMER 1

void dfut_sim_flip_set_defaults(struct dfut_sim_flip *flip);
/* The part is in its bootloader from now on. */
void dfut_sim_flip_start(struct dfut_sim_flip *flip);
void dfut_sim_flip_describe(const struct dfut_sim_flip *flip, struct dfut_sim_description *description);
int dfut_sim_flip_answer(struct dfut_sim_flip *flip, const struct dfut_sim_setup *setup, uint8_t *data);
void dfut_sim_flip_bus_reset(struct dfut_sim_flip *flip);
/* Of DFUT_SIM_FLIP_TIMER */
enum dfut_sim_flip_event dfut_sim_flip_timer(struct dfut_sim_flip *flip);

/* For the files of the bootloaders. */
bool dfut_sim_flip_is_lufa(const struct dfut_sim_flip *flip);
uint8_t dfut_sim_flip_get_header_size(const struct dfut_sim_flip *flip);
void dfut_sim_flip_erase(struct dfut_sim_flip *flip);
/* The answer to a program command comes when it is done. */
void dfut_sim_flip_take_time(const struct dfut_sim_flip *flip, uint8_t unit, uint32_t from, uint32_t size);
/* It is being erased, and says so. */
bool dfut_sim_flip_is_polled(const struct dfut_sim_flip *flip);
/* By the watchdog, after its time. */
void dfut_sim_flip_reset(struct dfut_sim_flip *flip);
int dfut_sim_flip_tell_status(const struct dfut_sim_flip *flip, const struct dfut_sim_setup *setup, uint8_t *data);
/* What a program command, a read or a blank check is about; the end is the last byte. */
uint16_t dfut_sim_flip_get_first(const uint8_t *message);
uint16_t dfut_sim_flip_get_last(const uint8_t *message);

/* flip-rules.c */

/* To be called before a request has its effect. */
void dfut_sim_flip_rules_check(struct dfut_sim_flip *flip, const struct dfut_sim_setup *setup, const uint8_t *data);

/* flip-memory.c */

int dfut_sim_flip_prepare(struct dfut_sim_flip *flip, struct dfut_sim_device *device);
void dfut_sim_flip_free(struct dfut_sim_flip *flip);
int dfut_sim_flip_get_memory(struct dfut_sim_flip *flip, size_t index, struct dfut_sim_memory *memory);
/* What a host may write: from, up to, without the bootloader. */
uint32_t dfut_sim_flip_get_application(const struct dfut_sim_flip *flip);
uint32_t dfut_sim_flip_get_application_end(const struct dfut_sim_flip *flip);
/* Does it hold something that would start? The reset vector is not erased; a UC3 is not told to stay in its bootloader. */
bool dfut_sim_flip_has_application(const struct dfut_sim_flip *flip);
/* Its bootloader was overwritten. */
bool dfut_sim_flip_is_bricked(const struct dfut_sim_flip *flip);
void dfut_sim_flip_erase_application(struct dfut_sim_flip *flip);
/* A unit of the second version; size is 0 for those that the part has not. */
struct dfut_sim_flip_memory dfut_sim_flip_get_unit(struct dfut_sim_flip *flip, uint8_t unit);
void dfut_sim_flip_write(struct dfut_sim_flip *flip, uint8_t unit, uint32_t from, const uint8_t *data, uint32_t size);

#define DFUT_SIM_FLIP_UNIT_FLASH 0
#define DFUT_SIM_FLIP_UNIT_EEPROM 1
#define DFUT_SIM_FLIP_UNIT_SECURITY 2
#define DFUT_SIM_FLIP_UNIT_CONFIGURATION 3
#define DFUT_SIM_FLIP_UNIT_BOOTLOADER 4
#define DFUT_SIM_FLIP_UNIT_SIGNATURE 5
#define DFUT_SIM_FLIP_UNIT_USER 6
#define DFUT_SIM_FLIP_UNIT_COUNT 0x11

/* flip-atmel.c */

int dfut_sim_flip_answer_atmel(struct dfut_sim_flip *flip, const struct dfut_sim_setup *setup, uint8_t *data);

/* flip-lufa.c */

int dfut_sim_flip_answer_lufa(struct dfut_sim_flip *flip, const struct dfut_sim_setup *setup, uint8_t *data);

#endif
