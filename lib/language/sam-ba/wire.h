/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/*
 * Commands and replies of SAM-BA's monitor: of the ROMs of Atmel's SAM, of Arduino's and Adafruit's loaders for SAMD21 and
 * SAMD51 (ArduinoCore-samd, bootloaders/zero/sam_ba_monitor.c; uf2-samdx1, src/sam_ba_monitor.c), and of the "extended" one.
 */

#ifndef DFUT_SAMBA_WIRE_H
#define DFUT_SAMBA_WIRE_H

#include "base/base.h"
#include "language/meaning.h"

/* All of a command is in one packet. */
#define SAMBA_COMMAND_MAX 64
#define SAMBA_REPLY_MAX 256
/* Of 64 bytes and more on USB some are spoilt. */
#define SAMBA_READ_MAX 63
/* Words that are read, and written, by commands in one packet. */
#define SAMBA_WORDS_MAX 5
#define SAMBA_POKES_MAX 3
/* What is written, or summed up, at once. */
#define SAMBA_CHUNK_MAX 4096u

/* Behind a bridge, a build that has two bootloaders. */
#define SAMBA_SLOW_BAUD 115200

#define SAMBA_QUICK_MS 100
#define SAMBA_NORMAL_MS 1000
#define SAMBA_LONG_MS 5000

/* What stands between "[Arduino:" and "]". */
enum samba_letter {
	SAMBA_CAN_IDENTIFY = 1 << 0, /* I */
	SAMBA_CAN_RESET = 1 << 1,    /* K */
	SAMBA_CAN_ERASE = 1 << 2,    /* X */
	SAMBA_CAN_WRITE = 1 << 3,    /* Y */
	SAMBA_CAN_SUM = 1 << 4,	     /* Z */
};

enum samba_reply_kind {
	SAMBA_SILENCE,
	SAMBA_BYTES, /* so many */
	SAMBA_LINE,  /* text, then LF CR */
	SAMBA_MARK,  /* the command's letter, LF CR */
	SAMBA_SUM,   /* Z, 8 digits, #, LF CR */
};

/* "W00001000,00000000#" */
#define SAMBA_POKE_SIZE 19
#define SAMBA_WORD_SIZE 4

struct samba_command {
	char text[SAMBA_COMMAND_MAX];
	size_t size;
	char letter;
	uint32_t address;
	bool is_about_buffer; /* not about flash */
	enum samba_reply_kind reply;
	size_t reply_size; /* of SAMBA_BYTES */
	uint32_t limit_ms;
};

/* As it comes in. */
struct samba_reply {
	enum samba_reply_kind kind;
	char letter;
	size_t wanted;
	uint8_t bytes[SAMBA_REPLY_MAX];
	size_t size;
};

/* N, V, I, K */
struct samba_command samba_make_plain(char letter, uint32_t limit_ms);
struct samba_command samba_make_word(uint32_t address);
/* Several, each by a command of its own. */
struct samba_command samba_make_words(uint32_t address, size_t count);
struct samba_command samba_make_read(uint32_t address, size_t size);
/* Its data follow, in a packet of their own. */
struct samba_command samba_make_store(uint32_t address, size_t size);
/* Words, each by a command of its own. */
struct samba_command samba_make_pokes(uint32_t address, const uint32_t *values, size_t count);
/* Guarded: a digit that is lost on the way makes an address far above all flash, never one in the bootloader. Only the loaders
 * whose numbers have any length take it. */
struct samba_command samba_make_erase(uint32_t address, bool is_guarded, uint32_t limit_ms);
struct samba_command samba_make_source(uint32_t address);
struct samba_command samba_make_write(uint32_t address, size_t size, bool is_guarded);
struct samba_command samba_make_sum(uint32_t address, size_t size);

void samba_reply_begin(struct samba_reply *reply, const struct samba_command *command);
/* 1 if it is whole, 0 if more is to come, DFUT_ERROR_PROTOCOL if it never ends. What is in front of a reply that shows where it
 * begins is skipped. */
int samba_reply_take(struct samba_reply *reply, uint8_t byte);
/* Of SAMBA_SUM. */
uint32_t samba_reply_get_sum(const struct samba_reply *reply);
/* Of SAMBA_LINE: what can be printed of it. */
void samba_reply_get_text(const struct samba_reply *reply, char *text, size_t size);

/* False if it has no bracket: a ROM. */
bool samba_parse_letters(const char *version, unsigned int *letters);
/* "erasing the flash from 0x00002000 on" */
void samba_describe(const struct samba_command *command, uint32_t origin, char *text, size_t size);
/* What Z tells: CRC-16, polynomial 1021, begun with 0. */
uint16_t samba_crc(const uint8_t *data, size_t size);
/* The same of erased flash. */
uint16_t samba_crc_of_blank(size_t size);

/* In words; of a recording. */
bool samba_explain(struct dfut_talk *talk, const struct dfut_tape_event *event, struct dfut_meaning *meaning);

#endif
