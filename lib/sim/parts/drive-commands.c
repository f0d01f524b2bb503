/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* The commands of a drive: SCSI Primary Commands (SPC-2) and Block Commands (SBC). */

#include <string.h>

#include "sim/parts/drive.h"

enum command {
	TEST_UNIT_READY = 0x00,
	REQUEST_SENSE = 0x03,
	INQUIRY = 0x12,
	MODE_SENSE_6 = 0x1a,
	START_STOP_UNIT = 0x1b,
	PREVENT_ALLOW = 0x1e,
	READ_FORMAT_CAPACITIES = 0x23,
	READ_CAPACITY = 0x25,
	READ_10 = 0x28,
	WRITE_10 = 0x2a,
	VERIFY = 0x2f,
	SYNCHRONIZE_CACHE = 0x35,
	MODE_SENSE_10 = 0x5a,
};

/* Sense key << 8 | additional sense code */
#define SENSE_NO_MEDIUM 0x023a
#define SENSE_NO_COMMAND 0x0520
#define SENSE_NO_BLOCK 0x0521
#define SENSE_NO_FIELD 0x0524

#define INQUIRY_PAGES 0x01
#define START 0x01
#define LOAD_EJECT 0x02

static uint32_t get_be32(const uint8_t *bytes)
{
	return (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 | (uint32_t)bytes[2] << 8 | bytes[3];
}

static void put_be32(uint8_t *bytes, uint32_t value)
{
	for (int i = 0; i < 4; i++)
		bytes[i] = (uint8_t)(value >> (24 - 8 * i));
}

static bool has_medium(const struct dfut_sim_drive *drive)
{
	return drive->medium && !drive->is_ejected;
}

static void fail(struct dfut_sim_drive *drive, uint16_t sense)
{
	drive->status = DFUT_SIM_DRIVE_FAILED;
	drive->sense = sense;
	drive->size = 0;
}

static void give(struct dfut_sim_drive *drive, const void *data, size_t size, size_t room)
{
	memcpy(drive->bytes, data, size);
	drive->size = (uint32_t)(size < room ? size : room);
}

static void tell_sense(struct dfut_sim_drive *drive, size_t room)
{
	uint16_t sense = has_medium(drive) ? drive->sense : SENSE_NO_MEDIUM;
	uint8_t data[18] = { [0] = 0x70, [2] = (uint8_t)(sense >> 8), [7] = 10, [12] = (uint8_t)sense };

	give(drive, data, sizeof(data), room);
	drive->sense = 0;
}

static void tell_name(struct dfut_sim_drive *drive, const uint8_t *command)
{
	uint8_t data[DFUT_SIM_DRIVE_INQUIRY_SIZE] = { 0x00, 0x80, 0x04, 0x02, DFUT_SIM_DRIVE_INQUIRY_SIZE - 5 };

	if (command[1] & INQUIRY_PAGES) {
		fail(drive, SENSE_NO_FIELD);
		return;
	}
	memcpy(&data[8], drive->layout.name, DFUT_SIM_DRIVE_NAME_SIZE);
	give(drive, data, sizeof(data), command[4]);
}

static void tell_capacity(struct dfut_sim_drive *drive)
{
	uint8_t data[8];

	put_be32(data, drive->medium->block_count - 1);
	put_be32(&data[4], DFUT_SIM_BLOCK_SIZE);
	give(drive, data, sizeof(data), sizeof(data));
}

static void tell_format_capacities(struct dfut_sim_drive *drive, size_t room)
{
	uint8_t data[12] = { [3] = 8 };

	put_be32(&data[4], drive->medium->block_count);
	put_be32(&data[8], DFUT_SIM_BLOCK_SIZE);
	data[8] = 0x02;
	give(drive, data, sizeof(data), room);
}

/* No pages, not write-protected. */
static void tell_mode(struct dfut_sim_drive *drive, const uint8_t *command)
{
	static const uint8_t six[] = { 3, 0, 0, 0 };
	static const uint8_t ten[] = { 0, 6, 0, 0, 0, 0, 0, 0 };

	if (command[0] == MODE_SENSE_6)
		give(drive, six, sizeof(six), command[4]);
	else
		give(drive, ten, sizeof(ten), (size_t)command[7] << 8 | command[8]);
}

static void start_or_stop(struct dfut_sim_drive *drive, uint8_t how)
{
	if (how & LOAD_EJECT)
		drive->is_ejected = !(how & START);
}

static void begin_transfer(struct dfut_sim_drive *drive, const uint8_t *command)
{
	uint32_t count = (uint32_t)command[7] << 8 | command[8];

	drive->block = get_be32(&command[2]);
	if (drive->block > drive->medium->block_count || count > drive->medium->block_count - drive->block) {
		fail(drive, SENSE_NO_BLOCK);
		return;
	}
	drive->is_transfer = true;
	drive->is_out = command[0] == WRITE_10;
	drive->size = count * DFUT_SIM_BLOCK_SIZE;
}

/* Those that need a medium. */
static void run_with_medium(struct dfut_sim_drive *drive, const uint8_t *command)
{
	switch ((enum command)command[0]) {
	case TEST_UNIT_READY:
	case PREVENT_ALLOW:
	case VERIFY:
	case SYNCHRONIZE_CACHE:
		return;
	case MODE_SENSE_6:
	case MODE_SENSE_10:
		tell_mode(drive, command);
		return;
	case READ_FORMAT_CAPACITIES:
		tell_format_capacities(drive, (size_t)command[7] << 8 | command[8]);
		return;
	case READ_CAPACITY:
		tell_capacity(drive);
		return;
	case READ_10:
	case WRITE_10:
		begin_transfer(drive, command);
		return;
	case REQUEST_SENSE:
	case INQUIRY:
	case START_STOP_UNIT:
		break;
	}
	fail(drive, SENSE_NO_COMMAND);
}

void dfut_sim_drive_run(struct dfut_sim_drive *drive, const uint8_t command[DFUT_SIM_DRIVE_BLOCK_SIZE])
{
	drive->status = DFUT_SIM_DRIVE_PASSED;
	drive->size = 0;
	drive->is_out = false;
	drive->is_transfer = false;
	if (command[0] == INQUIRY)
		tell_name(drive, command);
	else if (command[0] == REQUEST_SENSE)
		tell_sense(drive, command[4]);
	else if (command[0] == START_STOP_UNIT && drive->medium)
		start_or_stop(drive, command[4]);
	else if (!has_medium(drive))
		fail(drive, SENSE_NO_MEDIUM);
	else
		run_with_medium(drive, command);
}
