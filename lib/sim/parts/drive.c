/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* How commands come to a drive, and their data and status back: Bulk-Only Transport 1.0. */

#include <string.h>

#include "sim/parts/drive.h"

#define RESET 0xff
#define GET_MAX_LUN 0xfe

#define COMMAND_SIGNATURE 0x43425355
#define COMMAND_SIZE 31
#define STATUS_SIGNATURE 0x53425355
#define STATUS_SIZE 13

/* Offsets in a command block wrapper: 5.1 */
enum {
	COMMAND_TAG = 4,
	COMMAND_LENGTH = 8,
	COMMAND_FLAGS = 12,
	COMMAND_UNIT = 13,
	COMMAND_BLOCK_LENGTH = 14,
	COMMAND_BLOCK = 15,
};

void dfut_sim_drive_create(struct dfut_sim_drive *drive, struct dfut_sim_device *device,
			   const struct dfut_sim_drive_layout *layout, const struct dfut_sim_medium *medium)
{
	memset(drive, 0, sizeof(*drive));
	drive->device = device;
	drive->layout = *layout;
	drive->medium = medium;
}

void dfut_sim_drive_start(struct dfut_sim_drive *drive)
{
	drive->phase = DFUT_SIM_DRIVE_COMMAND;
	drive->is_ejected = false;
	drive->sense = 0;
}

/* The other endpoint may be waited for. */
static void go_on(struct dfut_sim_drive *drive, enum dfut_sim_drive_phase phase)
{
	drive->phase = phase;
	dfut_sim_device_set_ready(drive->device);
}

/* Halts stay until CLEAR_FEATURE: 3.1. */
int dfut_sim_drive_answer(struct dfut_sim_drive *drive, const struct dfut_sim_setup *setup, uint8_t *data)
{
	bool is_in = setup->request_type & DFUT_SIM_REQUEST_IN;

	if (setup->request == GET_MAX_LUN && is_in && setup->length == 1) {
		data[0] = 0;
		return 1;
	}
	if (setup->request != RESET || is_in)
		return DFUT_ERROR_DEVICE;
	go_on(drive, DFUT_SIM_DRIVE_COMMAND);
	if (drive->medium && drive->medium->reset)
		drive->medium->reset(drive->medium->self);
	return setup->length;
}

/* 6.6.1: until its host recovers it */
static int break_down(struct dfut_sim_drive *drive)
{
	dfut_sim_endpoint_set_halt(drive->device, drive->layout.in, true);
	dfut_sim_endpoint_set_halt(drive->device, drive->layout.out, true);
	go_on(drive, DFUT_SIM_DRIVE_BROKEN);
	return DFUT_ERROR_DEVICE;
}

static bool is_command(const uint8_t *data, size_t size)
{
	return size == COMMAND_SIZE && dfut_le32(data) == COMMAND_SIGNATURE && data[COMMAND_UNIT] == 0 &&
	       data[COMMAND_BLOCK_LENGTH] >= 1 && data[COMMAND_BLOCK_LENGTH] <= DFUT_SIM_DRIVE_BLOCK_SIZE;
}

/* 6.7: what the host wants to move, and what the drive does, are not the same. */
static bool is_mismatch(const struct dfut_sim_drive *drive, bool is_in)
{
	if (drive->status != DFUT_SIM_DRIVE_PASSED || drive->size == 0)
		return false;
	if (drive->length == 0 || is_in == drive->is_out)
		return true;
	return drive->is_transfer && drive->size != drive->length;
}

static void begin_data(struct dfut_sim_drive *drive, bool is_in)
{
	if (drive->length == 0)
		go_on(drive, DFUT_SIM_DRIVE_STATUS);
	else if (drive->status == DFUT_SIM_DRIVE_PASSED && (drive->size || is_in))
		go_on(drive, is_in ? DFUT_SIM_DRIVE_DATA_IN : DFUT_SIM_DRIVE_DATA_OUT);
	else {
		dfut_sim_endpoint_set_halt(drive->device, is_in ? drive->layout.in : drive->layout.out, true);
		go_on(drive, DFUT_SIM_DRIVE_STATUS);
	}
}

static int take_command(struct dfut_sim_drive *drive, const uint8_t *data, size_t size)
{
	bool is_in;

	if (!is_command(data, size)) {
		dfut_sim_device_breach(drive->device, "drive: %zu bytes are no command", size);
		return break_down(drive);
	}
	is_in = data[COMMAND_FLAGS] & DFUT_SIM_REQUEST_IN;
	drive->tag = dfut_le32(&data[COMMAND_TAG]);
	drive->length = dfut_le32(&data[COMMAND_LENGTH]);
	drive->moved = 0;
	dfut_sim_drive_run(drive, &data[COMMAND_BLOCK]);
	if (is_mismatch(drive, is_in)) {
		dfut_sim_device_breach(drive->device, "drive: command 0x%02x: not the data that it moves",
				       data[COMMAND_BLOCK]);
		drive->status = DFUT_SIM_DRIVE_PHASE_ERROR;
	}
	if (drive->size > drive->length)
		drive->size = drive->length;
	begin_data(drive, is_in);
	return COMMAND_SIZE;
}

static int take_data(struct dfut_sim_drive *drive, const uint8_t *data, size_t size)
{
	if (size > drive->size - drive->moved) {
		dfut_sim_device_breach(drive->device, "drive: more data than the command told of");
		return break_down(drive);
	}
	for (size_t i = 0; i < size; i++) {
		drive->bytes[drive->moved++ % DFUT_SIM_BLOCK_SIZE] = data[i];
		if (drive->moved % DFUT_SIM_BLOCK_SIZE == 0)
			drive->medium->write(drive->medium->self, drive->block++, drive->bytes);
	}
	if (drive->moved == drive->size)
		go_on(drive, DFUT_SIM_DRIVE_STATUS);
	return (int)size;
}

int dfut_sim_drive_receive(struct dfut_sim_drive *drive, const uint8_t *data, size_t size)
{
	switch (drive->phase) {
	case DFUT_SIM_DRIVE_COMMAND:
		return take_command(drive, data, size);
	case DFUT_SIM_DRIVE_DATA_OUT:
		return take_data(drive, data, size);
	case DFUT_SIM_DRIVE_BROKEN:
		return break_down(drive);
	case DFUT_SIM_DRIVE_DATA_IN:
	case DFUT_SIM_DRIVE_STATUS:
		break;
	}
	dfut_sim_device_breach(drive->device, "drive: a command before the last one's %s was read",
			       drive->phase == DFUT_SIM_DRIVE_STATUS ? "status" : "data");
	return DFUT_ERROR_BUSY;
}

static int send_status(struct dfut_sim_drive *drive, uint8_t *data, size_t room)
{
	uint8_t status[STATUS_SIZE];
	size_t given = room < sizeof(status) ? room : sizeof(status);

	if (drive->medium && drive->medium->is_working(drive->medium->self))
		return DFUT_ERROR_BUSY;
	dfut_put_le32(status, STATUS_SIGNATURE);
	dfut_put_le32(&status[4], drive->tag);
	dfut_put_le32(&status[8], drive->length - drive->moved);
	status[12] = drive->status;
	memcpy(data, status, given);
	go_on(drive, DFUT_SIM_DRIVE_COMMAND);
	if (drive->medium && drive->medium->told)
		drive->medium->told(drive->medium->self);
	return (int)given;
}

static void give_data(struct dfut_sim_drive *drive, uint8_t *data, size_t size)
{
	for (size_t i = 0; i < size; i++) {
		if (drive->is_transfer && drive->moved % DFUT_SIM_BLOCK_SIZE == 0)
			drive->medium->read(drive->medium->self, drive->block++, drive->bytes);
		data[i] = drive->bytes[drive->moved++ % DFUT_SIM_BLOCK_SIZE];
	}
}

int dfut_sim_drive_send(struct dfut_sim_drive *drive, uint8_t *data, size_t room)
{
	size_t left = drive->size - drive->moved;
	size_t given = left < room ? left : room;

	if (drive->phase == DFUT_SIM_DRIVE_STATUS)
		return send_status(drive, data, room);
	if (drive->phase == DFUT_SIM_DRIVE_BROKEN)
		return break_down(drive);
	if (drive->phase != DFUT_SIM_DRIVE_DATA_IN)
		return DFUT_ERROR_BUSY;
	give_data(drive, data, given);
	if (drive->moved == drive->size)
		go_on(drive, DFUT_SIM_DRIVE_STATUS);
	return (int)given;
}
