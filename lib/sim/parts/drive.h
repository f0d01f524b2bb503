/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* A USB drive that can be taken out (Mass Storage, Bulk-Only Transport 1.0), with a medium or without. */

#ifndef DFUT_SIM_DRIVE_H
#define DFUT_SIM_DRIVE_H

#include "sim/sim.h"

#define DFUT_SIM_BLOCK_SIZE 512u

/* What is in a drive: blocks of 512 bytes. */
struct dfut_sim_medium {
	void *self;
	uint32_t block_count;
	void (*read)(void *self, uint32_t block, uint8_t *data);
	void (*write)(void *self, uint32_t block, const uint8_t *data);
	/* A command's status waits for that; the device says when it is ready. */
	bool (*is_working)(const void *self);
	/* The host has taken a status. NULL if that does not matter. */
	void (*told)(void *self);
	/* The host has reset the drive, by Bulk-Only Transport's request. NULL if that does not matter. */
	void (*reset)(void *self);
};

enum dfut_sim_drive_phase {
	DFUT_SIM_DRIVE_COMMAND,
	DFUT_SIM_DRIVE_DATA_OUT,
	DFUT_SIM_DRIVE_DATA_IN,
	DFUT_SIM_DRIVE_STATUS,
	DFUT_SIM_DRIVE_BROKEN, /* stalls all until it is reset */
};

/* In a command status wrapper: 5.2 */
enum dfut_sim_drive_status {
	DFUT_SIM_DRIVE_PASSED = 0,
	DFUT_SIM_DRIVE_FAILED = 1,
	DFUT_SIM_DRIVE_PHASE_ERROR = 2,
};

/* Vendor, product and revision as INQUIRY tells them: 8, 16 and 4 characters */
#define DFUT_SIM_DRIVE_NAME_SIZE 28
#define DFUT_SIM_DRIVE_INQUIRY_SIZE (8 + DFUT_SIM_DRIVE_NAME_SIZE)
#define DFUT_SIM_DRIVE_BLOCK_SIZE 16 /* of a command */

/* What it is all the time. */
struct dfut_sim_drive_layout {
	const char *name;
	uint8_t out; /* endpoints */
	uint8_t in;
};

struct dfut_sim_drive {
	struct dfut_sim_device *device;
	struct dfut_sim_drive_layout layout;
	const struct dfut_sim_medium *medium; /* NULL for none */
	bool is_ejected;
	enum dfut_sim_drive_phase phase;
	uint32_t tag;
	uint32_t length; /* of the data, as the host wants it */
	uint32_t moved;
	uint8_t status;
	uint16_t sense; /* key << 8 | additional code */
	bool is_out;
	bool is_transfer; /* of blocks from this one on */
	uint32_t block;
	uint32_t size; /* of the data, as the drive has it */
	uint8_t bytes[DFUT_SIM_BLOCK_SIZE];
};

#define DFUT_SIM_DRIVE_DESCRIPTORS(interface, in, out) \
	0x09, 0x04, interface, 0x00, 0x02, 0x08, 0x06, 0x50, 0x00, 0x07, 0x05, in, 0x02, 0x40, 0x00, 0x00, 0x07, 0x05, \
		out, 0x02, 0x40, 0x00, 0x00

/* drive.c */

/* medium: NULL for none, else it stays as long as the drive */
void dfut_sim_drive_create(struct dfut_sim_drive *drive, struct dfut_sim_device *device,
			   const struct dfut_sim_drive_layout *layout, const struct dfut_sim_medium *medium);
/* The device has just come to the bus, or was reset. */
void dfut_sim_drive_start(struct dfut_sim_drive *drive);
/* Class requests to its interface, and what its endpoints move; results as the model's functions return them. */
int dfut_sim_drive_answer(struct dfut_sim_drive *drive, const struct dfut_sim_setup *setup, uint8_t *data);
int dfut_sim_drive_receive(struct dfut_sim_drive *drive, const uint8_t *data, size_t size);
int dfut_sim_drive_send(struct dfut_sim_drive *drive, uint8_t *data, size_t room);

/* drive-commands.c */

/* Begins a command: sets status, the direction and size of its data, and the data if they are not of the medium. */
void dfut_sim_drive_run(struct dfut_sim_drive *drive, const uint8_t command[DFUT_SIM_DRIVE_BLOCK_SIZE]);

#endif
