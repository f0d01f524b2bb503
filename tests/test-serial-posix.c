/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* How bytes of a serial port move on POSIX systems, with a pseudo terminal in the place of a port. */

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <termios.h>
#include <unistd.h>

#include "transport/serial-io.h"

static struct {
	int other; /* the end that is not ours */
	int port;
	struct dfut_serial_io *io;
} lab = { .other = -1, .port = -1 };

/* In the place of libserialport's, which opens no pseudo terminals. */
enum sp_return sp_get_port_handle(const struct sp_port *port, void *handle)
{
	(void)port;
	memcpy(handle, &lab.port, sizeof(lab.port));
	return SP_OK;
}

static void start(void)
{
	struct termios settings;

	lab.other = posix_openpt(O_RDWR | O_NOCTTY);
	cr_assert(ge(int, lab.other, 0));
	cr_assert(eq(int, grantpt(lab.other), 0));
	cr_assert(eq(int, unlockpt(lab.other), 0));
	lab.port = open(ptsname(lab.other), O_RDWR | O_NOCTTY | O_NONBLOCK);
	cr_assert(ge(int, lab.port, 0));
	/* As sp_open() leaves a port: raw, but for XON and XOFF. */
	cr_assert(eq(int, tcgetattr(lab.port, &settings), 0));
	cfmakeraw(&settings);
	settings.c_iflag |= IXON | IXOFF;
	cr_assert(eq(int, tcsetattr(lab.port, TCSANOW, &settings), 0));
}

static void stop(void)
{
	if (lab.io)
		dfut_serial_io_free(lab.io);
	close(lab.port);
	if (lab.other >= 0)
		close(lab.other);
}

TestSuite(serial_posix, .init = start, .fini = stop, .timeout = 60);

static void open_io(void)
{
	cr_assert(eq(int, dfut_serial_io_new(&lab.io, NULL), 0));
}

static bool is_ready(bool writes)
{
	struct pollfd event = { .fd = dfut_serial_io_get_event(lab.io, writes), .events = writes ? POLLOUT : POLLIN };

	return poll(&event, 1, 5000) == 1;
}

Test(serial_posix, moves_each_byte_as_it_is)
{
	uint8_t all[256], read_back[256];
	size_t got = 0;

	for (size_t i = 0; i < sizeof(all); i++)
		all[i] = (uint8_t)i;
	open_io();
	cr_expect(eq(int, dfut_serial_io_read(lab.io, read_back, sizeof(read_back)), 0), "nothing is there");
	cr_assert(is_ready(true));
	cr_assert(eq(int, dfut_serial_io_write(lab.io, all, sizeof(all)), 256));
	cr_assert(eq(int, (int)read(lab.other, read_back, sizeof(read_back)), 256));
	cr_expect(eq(int, memcmp(read_back, all, sizeof(all)), 0));
	/* XON and XOFF are among them. */
	cr_assert(eq(int, (int)write(lab.other, all, sizeof(all)), 256));
	while (got < sizeof(all)) {
		int result;

		cr_assert(is_ready(false));
		result = dfut_serial_io_read(lab.io, read_back + got, sizeof(read_back) - got);
		cr_assert(lt(int, 0, result));
		got += (size_t)result;
	}
	cr_expect(eq(int, memcmp(read_back, all, sizeof(all)), 0));
}

Test(serial_posix, takes_no_more_than_there_is_room_for)
{
	uint8_t bytes[4096] = { 0 };
	int result = 1;

	open_io();
	for (int i = 0; i < 1000 && result > 0; i++)
		result = dfut_serial_io_write(lab.io, bytes, sizeof(bytes));
	cr_expect(eq(int, result, 0), "no room is no error");
}

Test(serial_posix, is_for_one_program)
{
	struct dfut_serial_io *io;
	int other = open(ptsname(lab.other), O_RDWR | O_NOCTTY | O_NONBLOCK);

	cr_assert(ge(int, other, 0));
	cr_assert(eq(int, flock(other, LOCK_EX | LOCK_NB), 0));
	cr_expect(eq(int, dfut_serial_io_new(&io, NULL), DFUT_ERROR_BUSY));
	cr_expect(eq(ptr, io, NULL));
	close(other);
	open_io();
}

/* As a port whose device has left */
Test(serial_posix, tells_that_the_other_end_has_gone)
{
	uint8_t byte;

	open_io();
	close(lab.other);
	lab.other = -1;
	cr_expect(is_ready(false));
	cr_expect(eq(int, dfut_serial_io_read(lab.io, &byte, 1), DFUT_ERROR_GONE));
	cr_expect(eq(int, dfut_serial_io_write(lab.io, &byte, 1), DFUT_ERROR_GONE));
}
