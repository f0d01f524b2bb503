/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/*
 * PICOBOOT: commands of 32 bytes, the data, then an acknowledgement in the other direction (boot/picoboot.h of the
 * pico-sdk; usb_boot_device.c and nsboot_usb_client.c of the boot ROMs).
 */

#include <string.h>

#include "sim/parts/rp.h"

#define COMMAND_MAGIC 0x431fd10bu
#define COMMAND_SIZE 32

/* Offsets in a command */
enum {
	COMMAND_TOKEN = 4,
	COMMAND_ID = 8,
	COMMAND_ARGS_LENGTH = 9,
	COMMAND_LENGTH = 12,
	COMMAND_ARGS = 16,
};

#define REQUEST_RESET 0x41
#define REQUEST_STATUS 0x42
#define STATUS_SIZE 16

void dfut_sim_picoboot_start(struct dfut_sim_picoboot *picoboot, struct dfut_sim_rp *rp)
{
	memset(picoboot, 0, sizeof(*picoboot));
	picoboot->rp = rp;
}

static void go_on(struct dfut_sim_picoboot *picoboot, enum dfut_sim_picoboot_phase phase)
{
	picoboot->phase = phase;
	dfut_sim_device_set_ready(picoboot->rp->device);
}

/* Control requests. */

/* All is given up; the halts go without CLEAR_FEATURE, of which the host's controller knows nothing. */
static void reset(struct dfut_sim_picoboot *picoboot)
{
	struct dfut_sim_device *device = picoboot->rp->device;

	picoboot->is_unsure |= dfut_sim_endpoint_is_halted(device, DFUT_SIM_PICOBOOT_OUT) ||
			       dfut_sim_endpoint_is_halted(device, DFUT_SIM_PICOBOOT_IN);
	dfut_sim_endpoint_set_halt(device, DFUT_SIM_PICOBOOT_OUT, false);
	dfut_sim_endpoint_set_halt(device, DFUT_SIM_PICOBOOT_IN, false);
	picoboot->is_unreset = false;
	picoboot->code = PICOBOOT_OK;
	go_on(picoboot, DFUT_SIM_PICOBOOT_IDLE);
}

static int give_status(const struct dfut_sim_picoboot *picoboot, const struct dfut_sim_setup *setup, uint8_t *data)
{
	uint8_t status[STATUS_SIZE] = { 0 };
	size_t given = setup->length < sizeof(status) ? setup->length : sizeof(status);

	dfut_put_le32(status, picoboot->token);
	dfut_put_le32(&status[4], picoboot->code);
	status[8] = picoboot->command;
	status[9] = picoboot->phase != DFUT_SIM_PICOBOOT_FAILED &&
		    (picoboot->phase != DFUT_SIM_PICOBOOT_IDLE || dfut_sim_rp_is_working(picoboot->rp));
	memcpy(data, status, given);
	return (int)given;
}

int dfut_sim_picoboot_answer(struct dfut_sim_picoboot *picoboot, const struct dfut_sim_setup *setup, uint8_t *data)
{
	bool is_in = setup->request_type & DFUT_SIM_REQUEST_IN;

	if (setup->request == REQUEST_RESET && !is_in) {
		reset(picoboot);
		return setup->length;
	}
	if (setup->request == REQUEST_STATUS && is_in)
		return give_status(picoboot, setup, data);
	return DFUT_ERROR_DEVICE;
}

/* Commands. */

/* What was found out only when data came halts the data's endpoint alone on the RP2040. */
static void fail(struct dfut_sim_picoboot *picoboot, uint32_t code, bool is_late)
{
	struct dfut_sim_device *device = picoboot->rp->device;

	picoboot->code = code;
	picoboot->is_unreset = true;
	if (!is_late || picoboot->rp->options.chip != DFUT_SIM_RP2040)
		dfut_sim_endpoint_set_halt(device, DFUT_SIM_PICOBOOT_IN, true);
	dfut_sim_endpoint_set_halt(device, DFUT_SIM_PICOBOOT_OUT, true);
	go_on(picoboot, DFUT_SIM_PICOBOOT_FAILED);
}

static void check_recovery(struct dfut_sim_picoboot *picoboot)
{
	struct dfut_sim_device *device = picoboot->rp->device;

	if (picoboot->is_unreset)
		dfut_sim_device_breach(device, "PICOBOOT: a command after a failure, but no reset of the interface");
	if (picoboot->is_unsure)
		dfut_sim_device_breach(device, "PICOBOOT: a command after a failure, but no CLEAR_FEATURE(HALT)");
	picoboot->is_unreset = false;
	picoboot->is_unsure = false;
}

static void take_command(struct dfut_sim_picoboot *picoboot, const uint8_t *data, size_t size)
{
	struct dfut_sim_device *device = picoboot->rp->device;
	uint32_t code = PICOBOOT_UNKNOWN_ERROR;

	check_recovery(picoboot);
	if (size != COMMAND_SIZE || dfut_le32(data) != COMMAND_MAGIC) {
		dfut_sim_device_breach(device, "PICOBOOT: %zu bytes are no command", size);
		fail(picoboot, code, false);
		return;
	}
	picoboot->token = dfut_le32(&data[COMMAND_TOKEN]);
	picoboot->command = data[COMMAND_ID];
	picoboot->length = dfut_le32(&data[COMMAND_LENGTH]);
	picoboot->moved = 0;
	memcpy(picoboot->args, &data[COMMAND_ARGS], sizeof(picoboot->args));
	code = dfut_sim_picoboot_run(picoboot, data[COMMAND_ARGS_LENGTH]);
	picoboot->code = code;
	if (code != PICOBOOT_OK)
		fail(picoboot, code, false);
	else if (picoboot->length == 0)
		go_on(picoboot, DFUT_SIM_PICOBOOT_ACK_IN);
	else if (picoboot->command & DFUT_SIM_REQUEST_IN)
		go_on(picoboot, DFUT_SIM_PICOBOOT_DATA_IN);
	else
		go_on(picoboot, DFUT_SIM_PICOBOOT_DATA_OUT);
}

/* Data. */

static int take_data(struct dfut_sim_picoboot *picoboot, const uint8_t *data, size_t size)
{
	uint32_t code;

	if (size > picoboot->length - picoboot->moved) {
		dfut_sim_device_breach(picoboot->rp->device, "PICOBOOT: more data than the command told of");
		fail(picoboot, PICOBOOT_INVALID_TRANSFER_LENGTH, true);
		return DFUT_ERROR_DEVICE;
	}
	code = dfut_sim_picoboot_take(picoboot, data, size);
	if (code != PICOBOOT_OK) {
		fail(picoboot, code, true);
		return DFUT_ERROR_DEVICE;
	}
	picoboot->moved += (uint32_t)size;
	if (picoboot->moved == picoboot->length) {
		dfut_sim_picoboot_finish(picoboot);
		go_on(picoboot, DFUT_SIM_PICOBOOT_ACK_IN);
	}
	return (int)size;
}

/* The ROM looks only whether something came: a command in its place is lost. */
static int take_acknowledgement(struct dfut_sim_picoboot *picoboot, size_t size)
{
	if (size > 1)
		dfut_sim_device_breach(picoboot->rp->device, "PICOBOOT: %zu bytes where data is to be acknowledged",
				       size);
	go_on(picoboot, DFUT_SIM_PICOBOOT_IDLE);
	return (int)size;
}

int dfut_sim_picoboot_receive(struct dfut_sim_picoboot *picoboot, const uint8_t *data, size_t size)
{
	switch (picoboot->phase) {
	case DFUT_SIM_PICOBOOT_IDLE:
	case DFUT_SIM_PICOBOOT_FAILED:
		/* A command is taken before it is refused. */
		take_command(picoboot, data, size);
		return (int)size;
	case DFUT_SIM_PICOBOOT_DATA_OUT:
		return take_data(picoboot, data, size);
	case DFUT_SIM_PICOBOOT_ACK_OUT:
		return take_acknowledgement(picoboot, size);
	case DFUT_SIM_PICOBOOT_DATA_IN:
	case DFUT_SIM_PICOBOOT_ACK_IN:
		break;
	}
	dfut_sim_device_breach(picoboot->rp->device, "PICOBOOT: %s is not read, and the host sends %zu bytes",
			       picoboot->phase == DFUT_SIM_PICOBOOT_ACK_IN ? "the acknowledgement" : "the data", size);
	return DFUT_ERROR_BUSY;
}

int dfut_sim_picoboot_send(struct dfut_sim_picoboot *picoboot, uint8_t *data, size_t room)
{
	uint32_t left = picoboot->length - picoboot->moved;
	size_t given = left < room ? left : room;

	if (dfut_sim_rp_is_working(picoboot->rp))
		return DFUT_ERROR_BUSY;
	if (picoboot->phase == DFUT_SIM_PICOBOOT_ACK_IN) {
		go_on(picoboot, DFUT_SIM_PICOBOOT_IDLE);
		return 0;
	}
	if (picoboot->phase != DFUT_SIM_PICOBOOT_DATA_IN)
		return DFUT_ERROR_BUSY;
	dfut_sim_picoboot_give(picoboot, data, given);
	picoboot->moved += (uint32_t)given;
	if (picoboot->moved == picoboot->length)
		go_on(picoboot, DFUT_SIM_PICOBOOT_ACK_OUT);
	return (int)given;
}
