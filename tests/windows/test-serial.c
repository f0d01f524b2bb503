/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/*
 * A serial port of Windows: bytes move when its events say so. port.py gives it one whose other end sends back what it gets,
 * and hangs up when that ends with "bye".
 */

#include <windows.h>

#undef interface

#include "transport/serial.h"
/* Behind windows.h, as it takes words that are ours */
#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#define NEVER_MS 50
#define SOON_MS 10000

static struct dfut_serial_port *port;

static const char *get_name(void)
{
	const char *name = getenv("DFUTRIGGER_TEST_PORT");

	if (!name)
		cr_skip("no port: port.py gives one");
	return name;
}

static void start(void)
{
	struct dfut_line_coding coding = { .baud = 115200, .data_bits = 8, .stop_bits = 1 };

	cr_assert(eq(int, dfut_serial_open(&port, get_name()), 0));
	cr_assert(eq(int, dfut_serial_set_line_coding(port, &coding), 0));
}

static bool is_wine(void)
{
	return GetProcAddress(GetModuleHandleW(L"ntdll.dll"), "wine_get_version") != NULL;
}

static void stop(void)
{
	dfut_serial_close(port);
}

TestSuite(serial, .init = start, .fini = stop, .timeout = 30);

static void put(const void *bytes, size_t size)
{
	size_t sent = 0;

	while (sent < size) {
		int result = dfut_serial_write(port, (const uint8_t *)bytes + sent, size - sent);

		cr_assert(ge(int, result, 0));
		sent += (size_t)result;
		if (sent < size)
			cr_assert(eq(uint, WaitForSingleObject(dfut_serial_get_event(port, true), SOON_MS),
				     WAIT_OBJECT_0));
	}
}

static void take(const uint8_t *bytes, size_t size)
{
	uint8_t read[300];
	ULONGLONG began_ms = GetTickCount64();
	size_t got = 0;

	while (got < size && GetTickCount64() - began_ms < SOON_MS) {
		int result = dfut_serial_read(port, read + got, sizeof(read) - got);

		cr_assert(ge(int, result, 0));
		got += (size_t)result;
		if (result == 0)
			WaitForSingleObject(dfut_serial_get_event(port, false), NEVER_MS);
	}
	cr_assert(eq(sz, got, size));
	cr_expect(eq(int, memcmp(read, bytes, size), 0));
}

/* It may tell of nothing once or twice; then it waits. */
static bool becomes_quiet(void)
{
	ULONGLONG began_ms = GetTickCount64();
	uint8_t byte;

	while (GetTickCount64() - began_ms < SOON_MS) {
		cr_assert(eq(int, dfut_serial_read(port, &byte, 1), 0));
		if (WaitForSingleObject(dfut_serial_get_event(port, false), NEVER_MS) == WAIT_TIMEOUT)
			return true;
	}
	return false;
}

Test(serial, says_when_bytes_are_there)
{
	/* It learns of bytes by a count (TIOCGICOUNT) that a pseudo terminal does not have. */
	if (is_wine())
		cr_skip("Wine does not see what a pseudo terminal has");
	cr_expect(becomes_quiet());
	put("hello", 5);
	cr_assert(eq(uint, WaitForSingleObject(dfut_serial_get_event(port, false), SOON_MS), WAIT_OBJECT_0));
	take((const uint8_t *)"hello", 5);
	cr_expect(becomes_quiet());
}

/* Among them XON, XOFF, ends of lines and of files */
Test(serial, moves_each_byte_as_it_is)
{
	uint8_t all[256];

	for (size_t i = 0; i < sizeof(all); i++)
		all[i] = (uint8_t)i;
	for (int turn = 0; turn < 20; turn++) {
		put(all, sizeof(all));
		take(all, sizeof(all));
	}
}

Test(serial, is_for_one_program)
{
	struct dfut_serial_port *other;

	if (is_wine())
		cr_skip("Wine gives a port to several programs");
	cr_expect(eq(int, dfut_serial_open(&other, get_name()), DFUT_ERROR_BUSY));
	cr_expect(eq(ptr, other, NULL));
}

Test(serial, is_not_found_where_there_is_none)
{
	struct dfut_serial_port *other;

	cr_expect(eq(int, dfut_serial_open(&other, "COM250"), DFUT_ERROR_NOT_FOUND));
	cr_expect(eq(ptr, other, NULL));
}

/* As a port whose device has left */
Test(serial, tells_that_the_other_end_has_gone)
{
	uint8_t read[16];
	ULONGLONG began_ms = GetTickCount64();
	int result = 0;

	put("bye", 3);
	while (result >= 0 && GetTickCount64() - began_ms < SOON_MS) {
		WaitForSingleObject(dfut_serial_get_event(port, false), NEVER_MS);
		result = dfut_serial_read(port, read, sizeof(read));
	}
	cr_expect(eq(int, result, DFUT_ERROR_GONE));
}
