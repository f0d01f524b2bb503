/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* A drive without a medium: USB Mass Storage, Bulk-Only Transport 1.0, and a few SCSI commands. */

#include <string.h>

#include "sim/parts/board.h"

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
	COMMAND_BLOCK = 15,
};

/* SCSI Primary Commands */
#define REQUEST_SENSE 0x03
#define INQUIRY 0x12
static const uint8_t sense_no_medium[] = { 0x70, 0, 0x02, 0, 0, 0, 0, 10, 0, 0, 0, 0, 0x3a, 0, 0, 0, 0, 0 };
/* A disk that can be taken out, SPC-2 */
static const uint8_t inquiry_head[] = { 0x00, 0x80, 0x04, 0x02, DFUT_SIM_DRIVE_INQUIRY_SIZE - 5, 0, 0, 0 };

void dfut_sim_drive_start(struct dfut_sim_drive *drive, struct dfut_sim_device *device, const char *name)
{
	memset(drive, 0, sizeof(*drive));
	drive->device = device;
	drive->name = name;
}

/* The other endpoint may be waited for. */
static void go_on(struct dfut_sim_drive *drive, enum dfut_sim_drive_phase phase)
{
	drive->phase = phase;
	dfut_sim_device_set_ready(drive->device);
}

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
	return setup->length;
}

/* All but two commands fail for want of a medium. */
static void run(struct dfut_sim_drive *drive, uint8_t command)
{
	drive->status = 0;
	drive->reply_size = 0;
	if (command == INQUIRY) {
		memcpy(drive->reply, inquiry_head, sizeof(inquiry_head));
		memcpy(drive->reply + sizeof(inquiry_head), drive->name, DFUT_SIM_DRIVE_NAME_SIZE);
		drive->reply_size = DFUT_SIM_DRIVE_INQUIRY_SIZE;
	} else if (command == REQUEST_SENSE) {
		memcpy(drive->reply, sense_no_medium, sizeof(sense_no_medium));
		drive->reply_size = sizeof(sense_no_medium);
	} else {
		drive->status = 1;
	}
}

static int take_command(struct dfut_sim_drive *drive, const uint8_t *data, size_t size)
{
	uint32_t length;

	if (size != COMMAND_SIZE || dfut_le32(data) != COMMAND_SIGNATURE)
		return DFUT_ERROR_DEVICE;
	length = dfut_le32(&data[COMMAND_LENGTH]);
	drive->tag = dfut_le32(&data[COMMAND_TAG]);
	run(drive, data[COMMAND_BLOCK]);
	if (drive->reply_size > length)
		drive->reply_size = length;
	drive->residue = length - (uint32_t)drive->reply_size;
	if (length == 0)
		go_on(drive, DFUT_SIM_DRIVE_STATUS);
	else if (data[COMMAND_FLAGS] & DFUT_SIM_REQUEST_IN)
		go_on(drive, DFUT_SIM_DRIVE_DATA_IN);
	else
		go_on(drive, DFUT_SIM_DRIVE_DATA_OUT);
	return COMMAND_SIZE;
}

int dfut_sim_drive_receive(struct dfut_sim_drive *drive, const uint8_t *data, size_t size)
{
	switch (drive->phase) {
	case DFUT_SIM_DRIVE_COMMAND:
		return take_command(drive, data, size);
	case DFUT_SIM_DRIVE_DATA_OUT:
		/* One refusal is enough to know that it wants none of it. */
		go_on(drive, DFUT_SIM_DRIVE_STATUS);
		return DFUT_ERROR_DEVICE;
	case DFUT_SIM_DRIVE_DATA_IN:
	case DFUT_SIM_DRIVE_STATUS:
		break;
	}
	return DFUT_ERROR_BUSY;
}

static int send_status(struct dfut_sim_drive *drive, uint8_t *data, size_t room)
{
	uint8_t status[STATUS_SIZE];
	size_t given = room < sizeof(status) ? room : sizeof(status);

	dfut_put_le32(status, STATUS_SIGNATURE);
	dfut_put_le32(&status[4], drive->tag);
	dfut_put_le32(&status[8], drive->residue);
	status[12] = drive->status;
	memcpy(data, status, given);
	go_on(drive, DFUT_SIM_DRIVE_COMMAND);
	return (int)given;
}

int dfut_sim_drive_send(struct dfut_sim_drive *drive, uint8_t *data, size_t room)
{
	size_t given = drive->reply_size < room ? drive->reply_size : room;

	if (drive->phase == DFUT_SIM_DRIVE_STATUS)
		return send_status(drive, data, room);
	if (drive->phase != DFUT_SIM_DRIVE_DATA_IN)
		return DFUT_ERROR_BUSY;
	memcpy(data, drive->reply, given);
	drive->reply_size -= given;
	memmove(drive->reply, drive->reply + given, drive->reply_size);
	if (drive->reply_size == 0)
		go_on(drive, DFUT_SIM_DRIVE_STATUS);
	return (int)given;
}
