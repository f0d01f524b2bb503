/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* Commands of a drive (SPC-2, SBC-2) and how they travel (USB Mass Storage Class, Bulk-Only Transport 1.0). */

#ifndef DFUT_UF2_WIRE_H
#define DFUT_UF2_WIRE_H

#include "base/base.h"
#include "language/meaning.h"

#define UF2_SECTOR 512

/* Bulk-Only Transport. */

#define UF2_COMMAND_SIZE 31
#define UF2_STATUS_SIZE 13
/* Ends whatever is half done; then halts of both endpoints are cleared. */
#define UF2_RESET_TYPE 0x21
#define UF2_RESET 0xff

enum uf2_status {
	UF2_STATUS_PASSED,
	UF2_STATUS_FAILED, /* REQUEST SENSE says why */
	UF2_STATUS_PHASE_ERROR,
};

/* SCSI. */

enum uf2_op {
	UF2_OP_TEST_UNIT_READY = 0x00,
	UF2_OP_REQUEST_SENSE = 0x03,
	UF2_OP_INQUIRY = 0x12,
	UF2_OP_READ_CAPACITY = 0x25,
	UF2_OP_READ = 0x28,
	UF2_OP_WRITE = 0x2a,
};

#define UF2_INQUIRY_SIZE 36
#define UF2_CAPACITY_SIZE 8
#define UF2_SENSE_SIZE 18
#define UF2_SENSE_UNIT_ATTENTION 6

struct uf2_command {
	enum uf2_op op;
	uint32_t length;    /* of its data, 0 for none */
	uint32_t lba;	    /* READ and WRITE: where it begins */
	bool has_content;   /* its data is the flash's, not the drive's own, ... */
	uint8_t content_at; /* ... behind so many bytes */
};

struct uf2_sense {
	uint8_t key;
	uint8_t code;
	uint8_t qualifier;
};

bool uf2_is_out(enum uf2_op op);
void uf2_put_command(uint8_t frame[UF2_COMMAND_SIZE], const struct uf2_command *command, uint32_t tag);
/* Status of the command with this tag; false if it is no such. */
bool uf2_read_status(enum uf2_status *status, const uint8_t *bytes, size_t size, uint32_t tag);
/* False if there are too few bytes. */
bool uf2_read_sense(struct uf2_sense *sense, const uint8_t *bytes, size_t size);
/* "medium not present (2/3a/00)" */
void uf2_name_sense(const struct uf2_sense *sense, char *text, size_t size);

/* A drive that has sectors of 512 bytes. */
bool uf2_is_disk(const uint8_t *bytes, size_t size);
/* How many sectors there are; 0 if their size is another one, or the answer is too short. */
uint32_t uf2_read_capacity(const uint8_t *bytes, size_t size);

/* In words; of a recording. */
bool uf2_explain(struct dfut_talk *talk, const struct dfut_tape_event *event, struct dfut_meaning *meaning);

#endif
