/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* A host of USB drives, written from Bulk-Only Transport 1.0 and microsoft/uf2's README.md. */

#ifndef DFUT_TESTS_DRIVE_HOST_H
#define DFUT_TESTS_DRIVE_HOST_H

#include "base/base.h"
#include "bulk-host.h"

#define BLOCK 512

struct drive {
	struct host *host;
	uint8_t interface;
	uint8_t out;
	uint8_t in;
	uint32_t tag;
	uint32_t residue;
};

static int drive_send_command(struct drive *drive, const uint8_t command[10], uint32_t length, bool is_in)
{
	uint8_t wrapper[31] = "USBC";

	dfut_put_le32(&wrapper[4], ++drive->tag);
	dfut_put_le32(&wrapper[8], length);
	wrapper[12] = is_in ? 0x80 : 0;
	wrapper[14] = 10;
	memcpy(&wrapper[15], command, 10);
	return bulk_out(drive->host, drive->out, wrapper, sizeof(wrapper), 1000);
}

/* What it says of the command; a halt is cleared before. */
static int drive_take_status(struct drive *drive)
{
	int got = bulk_in(drive->host, drive->in, 13, BULK_LIMIT_MS);

	if (got == DFUT_ERROR_DEVICE) {
		bulk_clear_halt(drive->host, drive->in);
		got = bulk_in(drive->host, drive->in, 13, BULK_LIMIT_MS);
	}
	if (got < 0)
		return got;
	if (got != 13 || memcmp(drive->host->request.buffer, "USBS", 4) != 0 ||
	    dfut_le32(&drive->host->request.buffer[4]) != drive->tag)
		abort();
	drive->residue = dfut_le32(&drive->host->request.buffer[8]);
	return drive->host->request.buffer[12];
}

/* Returns the status, or a negative error; what comes is in `data`. */
static int drive_read(struct drive *drive, const uint8_t command[10], uint8_t *data, uint32_t length)
{
	int result = drive_send_command(drive, command, length, true);

	if (result < 0)
		return result;
	result = length ? bulk_in(drive->host, drive->in, length, 1000) : 0;
	if (result == DFUT_ERROR_DEVICE)
		bulk_clear_halt(drive->host, drive->in);
	else if (result < 0)
		return result;
	else if (result)
		memcpy(data, drive->host->request.buffer, (size_t)result);
	return drive_take_status(drive);
}

static int drive_write(struct drive *drive, const uint8_t command[10], const uint8_t *data, uint32_t length)
{
	int result = drive_send_command(drive, command, length, false);

	if (result < 0)
		return result;
	result = length ? bulk_out(drive->host, drive->out, data, length, 1000) : 0;
	if (result == DFUT_ERROR_DEVICE)
		bulk_clear_halt(drive->host, drive->out);
	else if (result < 0)
		return result;
	return drive_take_status(drive);
}

static void drive_put_transfer(uint8_t command[10], uint8_t id, uint32_t block, uint16_t count)
{
	memset(command, 0, 10);
	command[0] = id;
	for (int i = 0; i < 4; i++)
		command[2 + i] = (uint8_t)(block >> (24 - 8 * i));
	command[7] = (uint8_t)(count >> 8);
	command[8] = (uint8_t)count;
}

static int drive_read_blocks(struct drive *drive, uint32_t block, uint16_t count, uint8_t *data)
{
	uint8_t command[10];

	drive_put_transfer(command, 0x28, block, count);
	return drive_read(drive, command, data, count * BLOCK);
}

static int drive_write_blocks(struct drive *drive, uint32_t block, uint16_t count, const uint8_t *data)
{
	uint8_t command[10];

	drive_put_transfer(command, 0x2a, block, count);
	return drive_write(drive, command, data, count * BLOCK);
}

/* Key << 8 | additional code */
static inline unsigned int drive_get_sense(struct drive *drive)
{
	static const uint8_t command[10] = { 0x03, 0, 0, 0, 18 };
	uint8_t data[18] = { 0 };

	if (drive_read(drive, command, data, sizeof(data)) != 0)
		abort();
	return (unsigned int)data[2] << 8 | data[12];
}

/* A UF2 block. */
static void drive_put_block(uint8_t data[BLOCK], uint32_t family, uint32_t address, uint32_t number, uint32_t count,
			    const uint8_t *payload)
{
	memset(data, 0, BLOCK);
	dfut_put_le32(data, 0x0a324655);
	dfut_put_le32(&data[4], 0x9e5d5157);
	dfut_put_le32(&data[8], family ? 0x2000 : 0);
	dfut_put_le32(&data[12], address);
	dfut_put_le32(&data[16], 256);
	dfut_put_le32(&data[20], number);
	dfut_put_le32(&data[24], count);
	dfut_put_le32(&data[28], family);
	memcpy(&data[32], payload, 256);
	dfut_put_le32(&data[508], 0x0ab16f30);
}

#endif
