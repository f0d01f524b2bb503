/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#include "transport/serial-io.h"

struct dfut_serial_io {
	int descriptor;
};

int dfut_serial_get_system_error(int code)
{
	switch (code) {
	case EACCES:
	case EPERM:
		return DFUT_ERROR_ACCESS;
	case EBUSY:
	case EAGAIN:
		return DFUT_ERROR_BUSY;
	case ENOENT:
		return DFUT_ERROR_NOT_FOUND;
	case ENODEV:
	case ENXIO:
#ifdef ESHUTDOWN
	case ESHUTDOWN:
#endif
	case EIO:
		return DFUT_ERROR_GONE;
	case EPIPE:
		return DFUT_ERROR_DEVICE;
	case ETIMEDOUT:
		return DFUT_ERROR_TIMEOUT;
	default:
		return DFUT_ERROR_IO;
	}
}

int dfut_serial_get_open_error(int code)
{
	return dfut_serial_get_system_error(code);
}

/* sp_open() leaves XON and XOFF on, which a new port has: bytes 0x11 and 0x13 would never arrive. */
static void make_transparent(const struct dfut_serial_io *io)
{
	struct termios settings;

	if (tcgetattr(io->descriptor, &settings) < 0)
		return;
	settings.c_iflag &= ~(tcflag_t)(IXON | IXOFF | IXANY);
	tcsetattr(io->descriptor, TCSANOW, &settings);
}

/* Who asks first has it: both ways are in use. */
int dfut_serial_io_new(struct dfut_serial_io **out, struct sp_port *port)
{
	struct dfut_serial_io *io = calloc(1, sizeof(*io));

	*out = NULL;
	if (!io)
		return DFUT_ERROR_NO_MEMORY;
	sp_get_port_handle(port, &io->descriptor);
	if (flock(io->descriptor, LOCK_EX | LOCK_NB) < 0 && errno == EWOULDBLOCK) {
		free(io);
		return DFUT_ERROR_BUSY;
	}
	ioctl(io->descriptor, TIOCEXCL);
	/* A port that is on its way out tells by the next call. */
	make_transparent(io);
	*out = io;
	return 0;
}

/* It would stay exclusive for as long as any other program has it open. */
void dfut_serial_io_free(struct dfut_serial_io *io)
{
	ioctl(io->descriptor, TIOCNXCL);
	free(io);
}

/* A port whose device has left reads as empty for ever. */
static bool has_hung_up(const struct dfut_serial_io *io)
{
	struct pollfd state = { .fd = io->descriptor, .events = POLLIN };

	return poll(&state, 1, 0) > 0 && state.revents & (POLLHUP | POLLERR | POLLNVAL);
}

/* No room and no bytes are no error. */
static int judge(ssize_t result)
{
	if (result >= 0)
		return (int)result;
	return errno == EAGAIN ? 0 : dfut_serial_get_system_error(errno);
}

int dfut_serial_io_read(struct dfut_serial_io *io, uint8_t *data, size_t room)
{
	int result = judge(read(io->descriptor, data, room));

	return result == 0 && has_hung_up(io) ? DFUT_ERROR_GONE : result;
}

int dfut_serial_io_write(struct dfut_serial_io *io, const uint8_t *data, size_t size)
{
	return judge(write(io->descriptor, data, size));
}

dfut_event dfut_serial_io_get_event(const struct dfut_serial_io *io, bool writes)
{
	(void)writes;
	return io->descriptor;
}
