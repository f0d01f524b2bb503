/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* What the bootloaders that speak on a serial port share: frames that come in bytes, replies that take their time. */

#ifndef DFUT_SIM_SERIAL_H
#define DFUT_SIM_SERIAL_H

#include "sim/sim.h"

/* slip.c */

/* RFC 1055 */
enum dfut_sim_slip_byte {
	DFUT_SIM_SLIP_END = 0xc0,
	DFUT_SIM_SLIP_ESC = 0xdb,
	DFUT_SIM_SLIP_ESC_END = 0xdc,
	DFUT_SIM_SLIP_ESC_ESC = 0xdd,
};

/* Takes frames out of the bytes that come. It is not cleared when the port is closed, only when the device restarts. */
struct dfut_sim_slip {
	uint8_t *bytes; /* of the frame so far; stay when the frame is complete */
	size_t room;
	size_t size;
	bool is_escaped;
	bool is_wrong; /* all is thrown away up to the next END */
};

enum dfut_sim_slip_event {
	DFUT_SIM_SLIP_NOTHING,
	DFUT_SIM_SLIP_FRAME,
	DFUT_SIM_SLIP_BAD_ESCAPE,
	DFUT_SIM_SLIP_NO_ROOM, /* for this byte, nor for any that comes, END included */
};

enum dfut_sim_slip_event dfut_sim_slip_take(struct dfut_sim_slip *slip, uint8_t byte);
/* Escapes; END is left to the caller. out: room for twice the size. Returns the bytes put. */
size_t dfut_sim_slip_put(uint8_t *out, const uint8_t *bytes, size_t size);

/* serial.c */

#define DFUT_SIM_SERIAL_ROOM 8192

/* What a device has to say on its port, from the time on when it has worked it out. */
struct dfut_sim_serial {
	struct dfut_sim_device *device;
	unsigned int timer; /* the one of the device that it may use */
	uint8_t bytes[DFUT_SIM_SERIAL_ROOM];
	size_t size;
	size_t ready; /* bytes that can be read */
	uint64_t due_us;
	uint32_t baud; /* at which they come; 0: all at once */
};

void dfut_sim_serial_start(struct dfut_sim_serial *serial, struct dfut_sim_device *device, unsigned int timer);
/* Nothing is left to be read. */
bool dfut_sim_serial_is_empty(const struct dfut_sim_serial *serial);
/* Says it after that time, through a fault if there is one. What there is no room for is lost. */
void dfut_sim_serial_say(struct dfut_sim_serial *serial, const uint8_t *bytes, size_t size, uint64_t after_us);
/* Nobody listens any more. */
void dfut_sim_serial_forget(struct dfut_sim_serial *serial);
/* How long so many bytes take on the line. */
uint64_t dfut_sim_serial_get_time_us(const struct dfut_sim_serial *serial, size_t size);
/* For the model's endpoint_send and timer. */
int dfut_sim_serial_send(struct dfut_sim_serial *serial, uint8_t *data, size_t room);
void dfut_sim_serial_timer(struct dfut_sim_serial *serial);

#endif
