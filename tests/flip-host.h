/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* A raw host that speaks FLIP with a virtual part (Atmel doc7618, doc8457). */

#ifndef DFUT_TESTS_FLIP_HOST_H
#define DFUT_TESTS_FLIP_HOST_H

#include <stdio.h>

#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include "sim-host.h"
#include "sim/parts/flip.h"

#define assert_text(got, want) cr_assert(eq(str, (char *)(got), (char *)(want)))

#define ERR_CHECK_ERASED 5
#define STALL DFUT_ERROR_DEVICE

static struct host *host;

static inline void stop(void)
{
	host_free(host);
	host = NULL;
}

static inline void open_again(uint8_t interface)
{
	host_disconnect(host);
	cr_assert(eq(int, host_open(host, interface), 0));
}

static inline void plug(const char *spec)
{
	host_free(host);
	host = host_new_or_fail(spec);
	open_again(0);
}

static inline void assert_mode(const char *mode)
{
	assert_text(dfut_sim_device_get_mode_name(host->device), mode);
}

static inline void assert_breaches(size_t count)
{
	for (size_t i = 0; i < dfut_sim_device_get_record_count(host->device); i++) {
		const struct dfut_sim_record *record = dfut_sim_device_get_record(host->device, i);

		if (record->event == DFUT_SIM_EVENT_BREACH && !count)
			fprintf(stderr, "%s\n", record->text);
	}
	cr_assert(eq(sz, dfut_sim_device_get_breach_count(host->device), count));
}

static inline void assert_breach(const char *word)
{
	bool is_found = false;

	for (size_t i = 0; i < dfut_sim_device_get_record_count(host->device); i++) {
		const struct dfut_sim_record *record = dfut_sim_device_get_record(host->device, i);

		is_found |= record->event == DFUT_SIM_EVENT_BREACH && strstr(record->text, word);
	}
	cr_assert(is_found, "%s", word);
	dfut_sim_device_clear_record(host->device);
}

static inline const uint8_t *get_memory(const char *name)
{
	return dfut_sim_device_get_memory(host->device, name, NULL);
}

static inline void set_memory(const char *name, size_t offset, const void *data, size_t size)
{
	cr_assert(eq(int, dfut_sim_device_set_memory(host->device, name, offset, data, size), 0));
}

/* Requests. */

static inline int send_dfu(uint8_t request)
{
	return host_out(host, 0x21, request, 0, 0, NULL, 0);
}

static inline int dnload(const void *data, uint16_t length)
{
	const struct dfut_action action = {
		.kind = DFUT_ACTION_CONTROL,
		.control = { 0x21, DFUT_SIM_DFU_DNLOAD, 0, 0, length, data },
	};

	return host_run(host, &action, 20000);
}

#define COMMAND(...) dnload((const uint8_t[]){ __VA_ARGS__ }, sizeof((const uint8_t[]){ __VA_ARGS__ }))

static inline int upload(uint16_t length)
{
	return host_in(host, 0xa1, DFUT_SIM_DFU_UPLOAD, 0, 0, length);
}

static inline void get_status(uint8_t *status, uint8_t *state)
{
	const struct dfut_action action = {
		.kind = DFUT_ACTION_CONTROL,
		.control = { 0xa1, DFUT_SIM_DFU_GETSTATUS, 0, 0, 6, NULL },
	};

	cr_assert(eq(int, host_run(host, &action, 20000), 6));
	*status = host->request.buffer[0];
	*state = host->request.buffer[4];
}

static inline void assert_status(uint8_t status, uint8_t state)
{
	uint8_t got_status, got_state;

	get_status(&got_status, &got_state);
	cr_assert(eq(u8, got_status, status));
	cr_assert(eq(u8, got_state, state));
}

static inline uint8_t read_id(uint8_t group, uint8_t which)
{
	cr_assert(eq(int, COMMAND(5, group, which), 3));
	cr_assert(eq(int, upload(1), 1));
	return host->request.buffer[0];
}

static inline void erase(void)
{
	cr_assert(eq(int, COMMAND(4, 0, 0xff), 3));
	assert_status(STATUS_OK, DFU_IDLE);
}

/* A message that writes bytes which can be told from others. Returns its length. */
static inline uint16_t make_message(uint8_t *message, uint8_t memory, uint16_t first, uint16_t size,
				    uint8_t header_size)
{
	uint16_t last = (uint16_t)(first + size - 1);
	const uint8_t head[] = {
		1, memory, (uint8_t)(first >> 8), (uint8_t)first, (uint8_t)(last >> 8), (uint8_t)last
	};
	uint16_t at = (uint16_t)(header_size + first % header_size);

	memset(message, 0, at);
	memcpy(message, head, sizeof(head));
	for (uint16_t i = 0; i < size; i++)
		message[at++] = (uint8_t)((first + i) * 3 + (first + i) / 256);
	if (header_size == 32) {
		memcpy(message + at,
		       "\0\0\0\0\x10"
		       "DFU\1\x10\xff\xff\xff\xff\xff\xff",
		       16);
		at += 16;
	}
	return at;
}

static inline bool holds(const char *memory, uint32_t offset, uint16_t first, uint16_t size)
{
	const uint8_t *bytes = get_memory(memory) + offset;

	for (uint16_t i = 0; i < size; i++)
		if (bytes[i] != (uint8_t)((first + i) * 3 + (first + i) / 256))
			return false;
	return true;
}

static inline int program(uint8_t memory, uint16_t first, uint16_t size, uint8_t header_size)
{
	static uint8_t message[4096];
	uint16_t length = make_message(message, memory, first, size, header_size);

	return dnload(message, length);
}

static inline void assert_programs(uint8_t memory, uint16_t first, uint16_t size, uint8_t header_size)
{
	uint8_t status, state;

	cr_assert(lt(int, 0, program(memory, first, size, header_size)));
	get_status(&status, &state);
	cr_assert(eq(u8, status, STATUS_OK));
}

static inline int read_range(uint8_t memory, uint16_t first, uint16_t size)
{
	uint16_t last = (uint16_t)(first + size - 1);
	int result = COMMAND(3, memory, (uint8_t)(first >> 8), (uint8_t)first, (uint8_t)(last >> 8), (uint8_t)last);

	return result < 0 ? result : upload(size);
}

static inline void leave(void)
{
	cr_assert(eq(int, COMMAND(4, 3, 0), 3));
	cr_assert(eq(int, dnload(NULL, 0), 0));
	host_wait_ms(host, 2000);
}

#endif
