/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/*
 * Bytes are read when they are there, which an event of the port tells; a write is under way while the next one waits for it.
 * What is under way has memory of its own, as the caller's may be gone before it ends.
 */

#include <windows.h>
/* It brings a word of COM with it. */
#undef interface

#include <stdlib.h>
#include <string.h>

#include "transport/serial-io.h"

#define BUFFER_SIZE 4096

/* A read takes what is there and never waits: so says the documentation of COMMTIMEOUTS. */
#define WHAT_IS_THERE \
	{ \
		MAXDWORD, 0, 0, 0, 0 \
	}
#define WATCHED (EV_RXCHAR | EV_ERR)

struct dfut_serial_io {
	HANDLE port;
	OVERLAPPED wait, in, out;
	DWORD happened; /* of what is waited for */
	bool is_waiting, is_writing;
	uint8_t bytes[BUFFER_SIZE]; /* that are being written */
};

/* Which of its codes a driver gives for a port that has been pulled out differs. */
int dfut_serial_get_system_error(int code)
{
	switch (code) {
	case ERROR_FILE_NOT_FOUND:
	case ERROR_PATH_NOT_FOUND:
		return DFUT_ERROR_NOT_FOUND;
	case ERROR_ACCESS_DENIED:
	case ERROR_BAD_COMMAND:
	case ERROR_DEVICE_NOT_CONNECTED:
	case ERROR_DEVICE_REMOVED:
	case ERROR_GEN_FAILURE:
	case ERROR_INVALID_HANDLE:
	case ERROR_NOT_READY:
	case ERROR_OPERATION_ABORTED:
		return DFUT_ERROR_GONE;
	case ERROR_BUSY:
	case ERROR_SHARING_VIOLATION:
		return DFUT_ERROR_BUSY;
	case ERROR_SEM_TIMEOUT:
		return DFUT_ERROR_TIMEOUT;
	case ERROR_NOT_ENOUGH_MEMORY:
		return DFUT_ERROR_NO_MEMORY;
	default:
		return DFUT_ERROR_IO;
	}
}

/* One that another program has is an access denied. */
int dfut_serial_get_open_error(int code)
{
	return code == ERROR_ACCESS_DENIED ? DFUT_ERROR_BUSY : dfut_serial_get_system_error(code);
}

static int get_last_error(void)
{
	return dfut_serial_get_system_error((int)GetLastError());
}

/* The system ends a wait when the thread that began it ends: it is begun anew. */
static int wait_for_bytes(struct dfut_serial_io *io)
{
	if (io->is_waiting && !HasOverlappedIoCompleted(&io->wait))
		return 0;
	io->is_waiting = WaitCommEvent(io->port, &io->happened, &io->wait) || GetLastError() == ERROR_IO_PENDING;
	/* libserialport's has not ended yet: the next read tries again. */
	return io->is_waiting || GetLastError() == ERROR_INVALID_PARAMETER ? 0 : get_last_error();
}

static int read_queue(struct dfut_serial_io *io, uint8_t *data, size_t size)
{
	DWORD read = 0;

	if (!ReadFile(io->port, data, (DWORD)size, NULL, &io->in) && GetLastError() != ERROR_IO_PENDING)
		return get_last_error();
	/* They are there. */
	return GetOverlappedResult(io->port, &io->in, &read, TRUE) ? (int)read : get_last_error();
}

/* What stays in the queue is no news to the system. */
static void set_event(struct dfut_serial_io *io, bool is_more)
{
	is_more = is_more || !io->is_waiting;
	if (!is_more)
		ResetEvent(io->wait.hEvent);
	if (is_more || HasOverlappedIoCompleted(&io->wait))
		SetEvent(io->wait.hEvent);
}

/* It is waited for bytes before a look at the queue: what comes behind the look is told. */
int dfut_serial_io_read(struct dfut_serial_io *io, uint8_t *data, size_t room)
{
	int result = wait_for_bytes(io);
	COMSTAT state = { 0 };
	DWORD errors;

	if (result < 0)
		return result;
	if (!ClearCommError(io->port, &errors, &state))
		return get_last_error();
	if (state.cbInQue > 0)
		result = read_queue(io, data, state.cbInQue < room ? state.cbInQue : room);
	set_event(io, result > 0 && state.cbInQue > (DWORD)result);
	return result;
}

/* 1 when it is over, 0 while it is under way. */
static int end_write(struct dfut_serial_io *io)
{
	DWORD written;

	if (io->is_writing && !HasOverlappedIoCompleted(&io->out))
		return 0;
	if (io->is_writing && !GetOverlappedResult(io->port, &io->out, &written, FALSE))
		return get_last_error();
	io->is_writing = false;
	return 1;
}

int dfut_serial_io_write(struct dfut_serial_io *io, const uint8_t *data, size_t size)
{
	int result = end_write(io);

	if (result <= 0)
		return result;
	size = size < sizeof(io->bytes) ? size : sizeof(io->bytes);
	memcpy(io->bytes, data, size);
	if (!WriteFile(io->port, io->bytes, (DWORD)size, NULL, &io->out) && GetLastError() != ERROR_IO_PENDING)
		return get_last_error();
	io->is_writing = true;
	return (int)size;
}

dfut_event dfut_serial_io_get_event(const struct dfut_serial_io *io, bool writes)
{
	return writes ? io->out.hEvent : io->wait.hEvent;
}

static void stop(struct dfut_serial_io *io, OVERLAPPED *state, bool is_under_way)
{
	DWORD size;

	if (is_under_way && CancelIoEx(io->port, state))
		GetOverlappedResult(io->port, state, &size, TRUE);
	if (state->hEvent)
		CloseHandle(state->hEvent);
}

void dfut_serial_io_free(struct dfut_serial_io *io)
{
	/* It ends a wait, too. */
	SetCommMask(io->port, 0);
	stop(io, &io->wait, io->is_waiting);
	stop(io, &io->in, false);
	stop(io, &io->out, io->is_writing);
	free(io);
}

/* What others have left may swallow two of 256 bytes, XON and XOFF. Nothing is asked of a port that lets all of them through. */
static bool let_bytes_through(HANDLE port)
{
	DCB settings = { .DCBlength = sizeof(settings) };

	if (!GetCommState(port, &settings))
		return false;
	if (!settings.fOutX && !settings.fInX)
		return true;
	settings.fOutX = FALSE;
	settings.fInX = FALSE;
	return SetCommState(port, &settings);
}

/* libserialport waits from the moment of opening, and there is one wait at a time: another mask ends it. */
static bool take_over(struct dfut_serial_io *io)
{
	COMMTIMEOUTS timeouts = WHAT_IS_THERE;

	return SetCommMask(io->port, WATCHED) && SetCommTimeouts(io->port, &timeouts) && let_bytes_through(io->port);
}

/* Windows gives a port to one program only. */
int dfut_serial_io_new(struct dfut_serial_io **out, struct sp_port *port)
{
	struct dfut_serial_io *io = calloc(1, sizeof(*io));
	int result = 0;

	*out = NULL;
	if (!io)
		return DFUT_ERROR_NO_MEMORY;
	sp_get_port_handle(port, &io->port);
	io->wait.hEvent = CreateEventW(NULL, TRUE, FALSE, NULL);
	io->in.hEvent = CreateEventW(NULL, TRUE, FALSE, NULL);
	io->out.hEvent = CreateEventW(NULL, TRUE, TRUE, NULL);
	if (!io->wait.hEvent || !io->in.hEvent || !io->out.hEvent)
		result = DFUT_ERROR_NO_MEMORY;
	else if (!take_over(io))
		result = get_last_error();
	if (result < 0)
		dfut_serial_io_free(io);
	else
		*out = io;
	return result;
}
