/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* Commands of a drive, and their frames (Bulk-Only Transport 1.0, 5; SPC-2; SBC-2). Those of SCSI have the highest byte first. */

#include <stdio.h>
#include <string.h>

#include "language/uf2/wire.h"

#define COMMAND_MAGIC 0x43425355
#define STATUS_MAGIC 0x53425355
#define FLAG_IN 0x80
#define CDB 15 /* where the command itself begins */
#define CDB_6 6
#define CDB_10 10

#define DEVICE_TYPE 0x1f
#define DEVICE_DISK 0

bool uf2_is_out(enum uf2_op op)
{
	return op == UF2_OP_WRITE;
}

static void put_be16(uint8_t *bytes, uint32_t value)
{
	bytes[0] = (uint8_t)(value >> 8);
	bytes[1] = (uint8_t)value;
}

static void put_be32(uint8_t *bytes, uint32_t value)
{
	put_be16(bytes, value >> 16);
	put_be16(bytes + 2, value);
}

static uint32_t get_be32(const uint8_t *bytes)
{
	return (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 | (uint32_t)bytes[2] << 8 | bytes[3];
}

static uint8_t put_cdb(uint8_t *cdb, const struct uf2_command *command)
{
	cdb[0] = (uint8_t)command->op;
	switch (command->op) {
	case UF2_OP_TEST_UNIT_READY:
		return CDB_6;
	case UF2_OP_REQUEST_SENSE:
	case UF2_OP_INQUIRY:
		cdb[4] = (uint8_t)command->length;
		return CDB_6;
	case UF2_OP_READ_CAPACITY:
		return CDB_10;
	case UF2_OP_READ:
	case UF2_OP_WRITE:
		put_be32(cdb + 2, command->lba);
		put_be16(cdb + 7, command->length / UF2_SECTOR);
		return CDB_10;
	}
	return 0;
}

void uf2_put_command(uint8_t frame[UF2_COMMAND_SIZE], const struct uf2_command *command, uint32_t tag)
{
	memset(frame, 0, UF2_COMMAND_SIZE);
	dfut_put_le32(frame, COMMAND_MAGIC);
	dfut_put_le32(frame + 4, tag);
	dfut_put_le32(frame + 8, command->length);
	frame[12] = command->length && !uf2_is_out(command->op) ? FLAG_IN : 0;
	frame[14] = put_cdb(frame + CDB, command);
}

bool uf2_read_status(enum uf2_status *status, const uint8_t *bytes, size_t size, uint32_t tag)
{
	if (size != UF2_STATUS_SIZE || dfut_le32(bytes) != STATUS_MAGIC || dfut_le32(bytes + 4) != tag ||
	    bytes[12] > UF2_STATUS_PHASE_ERROR)
		return false;
	*status = (enum uf2_status)bytes[12];
	return true;
}

bool uf2_read_sense(struct uf2_sense *sense, const uint8_t *bytes, size_t size)
{
	*sense = (struct uf2_sense){ 0 };
	if (size < 3)
		return false;
	sense->key = bytes[2] & 0x0f;
	sense->code = size > 12 ? bytes[12] : 0;
	sense->qualifier = size > 13 ? bytes[13] : 0;
	return true;
}

void uf2_name_sense(const struct uf2_sense *sense, char *text, size_t size)
{
	static const char *const keys[] = {
		"no reason",	   "recovered error", "not ready",	"medium error",
		"hardware error",  "illegal request", "unit attention", "it is write-protected",
		"blank",	   "vendor's reason", "copy aborted",	"command aborted",
		"reserved reason", "volume overflow", "miscompare",	"reserved reason",
	};

	snprintf(text, size, "%s (%x/%02x/%02x)", sense->code == 0x3a ? "no medium" : keys[sense->key & 0x0f],
		 sense->key, sense->code, sense->qualifier);
}

bool uf2_is_disk(const uint8_t *bytes, size_t size)
{
	return size > 0 && (bytes[0] & DEVICE_TYPE) == DEVICE_DISK;
}

uint32_t uf2_read_capacity(const uint8_t *bytes, size_t size)
{
	uint32_t last;

	if (size < UF2_CAPACITY_SIZE || get_be32(bytes + 4) != UF2_SECTOR)
		return 0;
	last = get_be32(bytes);
	return last == UINT32_MAX ? 0 : last + 1;
}
