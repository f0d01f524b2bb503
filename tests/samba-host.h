/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* A host that speaks SAM-BA with a virtual board, byte by byte. */

#ifndef DFUT_TESTS_SAMBA_HOST_H
#define DFUT_TESTS_SAMBA_HOST_H

#include <stdio.h>

#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include "sim-host.h"
#include "sim/parts/samba.h"

#define assert_text(got, want) cr_assert(eq(str, (char *)(got), (char *)(want)))

#define REPLY_MS 60000
#define SILENCE_MS 300

static struct host *host;
static uint8_t heard[8192];

static inline void stop(void)
{
	host_free(host);
	host = NULL;
}

static inline void plug(const char *spec)
{
	host_free(host);
	host = host_new_or_fail(spec);
}

static inline void assert_mode(const char *mode)
{
	assert_text(dfut_sim_device_get_mode_name(host->device), mode);
}

static inline void assert_ids(uint16_t vendor_id, uint16_t product_id)
{
	const struct host_device *device = host_get(host);

	cr_assert(ne(ptr, (void *)device, NULL));
	cr_assert(eq(u16, dfut_le16(&device->descriptors[8]), vendor_id));
	cr_assert(eq(u16, dfut_le16(&device->descriptors[10]), product_id));
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

static inline const uint8_t *get_flash(void)
{
	return dfut_sim_device_get_memory(host->device, "flash", NULL);
}

static inline bool is_filled(uint32_t offset, uint32_t size, uint8_t byte)
{
	for (uint32_t i = 0; i < size; i++)
		if (get_flash()[offset + i] != byte)
			return false;
	return true;
}

/* The port. */

static inline void open_port(void)
{
	struct dfut_action action = { .kind = DFUT_ACTION_OPEN, .link = DFUT_LINK_SERIAL };

	cr_assert(eq(int, host_connect(host), 0));
	cr_assert(eq(int, host_run(host, &action, 1000), 0));
}

static inline void set_baud(uint32_t baud)
{
	struct dfut_action action = { .kind = DFUT_ACTION_LINE_CODING,
				      .link = DFUT_LINK_SERIAL,
				      .line_coding = { baud, 1, 0, 8 } };

	cr_assert(eq(int, host_run(host, &action, 6000), 0));
}

static inline void touch(void)
{
	struct dfut_action action = { .kind = DFUT_ACTION_LINES,
				      .link = DFUT_LINK_SERIAL,
				      .lines = { .which = DFUT_LINE_DTR | DFUT_LINE_RTS } };

	open_port();
	set_baud(1200);
	cr_assert(eq(int, host_run(host, &action, 1000), 0));
	host_wait_ms(host, 2000);
	assert_mode("bootloader");
}

/* With its port open, and its monitor listening. */
static inline void plug_bootloader(const char *spec)
{
	plug(spec);
	touch();
	open_port();
}

static inline int write_bytes(const void *bytes, size_t size, uint64_t limit_ms)
{
	struct dfut_action action = { .kind = DFUT_ACTION_WRITE,
				      .link = DFUT_LINK_SERIAL,
				      .transfer = { .data = bytes, .length = (uint16_t)size } };

	return host_run(host, &action, limit_ms);
}

static inline void say_bytes(const void *bytes, size_t size)
{
	cr_assert(eq(int, write_bytes(bytes, size, REPLY_MS), (int)size));
}

static inline void say(const char *text)
{
	say_bytes(text, strlen(text));
}

/* What comes until nothing comes any more. Returns its size. */
static inline size_t hear(uint64_t limit_ms)
{
	struct dfut_action action = { .kind = DFUT_ACTION_READ,
				      .link = DFUT_LINK_SERIAL,
				      .transfer = { .length = 4096 } };
	size_t size = 0;

	for (int result = host_run(host, &action, limit_ms); result > 0; result = host_run(host, &action, 100)) {
		memcpy(heard + size, host->request.buffer, (size_t)result);
		size += (size_t)result;
	}
	return size;
}

static inline void assert_heard_bytes(const void *want, size_t size)
{
	cr_assert(eq(sz, hear(size ? REPLY_MS : SILENCE_MS), size));
	cr_assert(eq(int, memcmp(heard, want, size), 0));
}

static inline void assert_silent(void)
{
	assert_heard_bytes("", 0);
}

static inline void assert_said(const char *command, const char *answer)
{
	say(command);
	assert_heard_bytes(answer, strlen(answer));
}

static inline void assert_word(const char *command, uint32_t want)
{
	uint8_t bytes[4];

	dfut_put_le32(bytes, want);
	say(command);
	assert_heard_bytes(bytes, sizeof(bytes));
}

static inline void say_quietly(const char *command)
{
	say(command);
	assert_silent();
}

/* Memory. */

static inline void fill(uint8_t *bytes, size_t size, uint32_t seed)
{
	for (size_t i = 0; i < size; i++)
		bytes[i] = (uint8_t)((i + seed) * 13 + (i + seed) / 256);
}

/* As bossac does: the command, and then the data. */
static inline void send_buffer(uint32_t address, const uint8_t *bytes, size_t size)
{
	char command[32];

	snprintf(command, sizeof(command), "S%08X,%08X#", (unsigned int)address, (unsigned int)size);
	say(command);
	for (size_t at = 0; at < size; at += 1024)
		say_bytes(bytes + at, size - at < 1024 ? size - at : 1024);
}

static inline void write_flash(uint32_t buffer, uint32_t address, const uint8_t *bytes, size_t size)
{
	char command[32];

	send_buffer(buffer, bytes, size);
	snprintf(command, sizeof(command), "Y%08X,0#", (unsigned int)buffer);
	assert_said(command, "Y\n\r");
	snprintf(command, sizeof(command), "Y%08X,%08X#", (unsigned int)address, (unsigned int)size);
	assert_said(command, "Y\n\r");
}

/* Code that copies words: where it is, and what bossac tells it. */
static inline void copy_words(uint32_t code, uint32_t to, uint32_t from, uint32_t count)
{
	static const uint8_t applet[] = { 0x09, 0x48, 0x0a, 0x49, 0x0a, 0x4a, 0x02, 0xe0, 0x08, 0xc9, 0x08,
					  0xc0, 0x01, 0x3a, 0x00, 0x2a, 0xfa, 0xd1, 0x04, 0x48, 0x00, 0x28,
					  0x01, 0xd1, 0x01, 0x48, 0x85, 0x46, 0x70, 0x47, 0xc0, 0x46 };
	const uint32_t words[] = { 0x20008000, code + 1, to, from, count };
	char command[32];

	send_buffer(code, applet, sizeof(applet));
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		snprintf(command, sizeof(command), "W%08X,%08X#", (unsigned int)(code + sizeof(applet) + 4 * i),
			 (unsigned int)words[i]);
		say(command);
	}
	snprintf(command, sizeof(command), "G%08X#", (unsigned int)(code + sizeof(applet)));
	say(command);
}

static inline uint16_t get_crc(const uint8_t *bytes, size_t size)
{
	uint16_t crc = 0;

	for (size_t i = 0; i < size; i++) {
		crc = (uint16_t)(crc >> 8 | crc << 8) ^ bytes[i];
		crc ^= (crc & 0xff) >> 4;
		crc ^= (uint16_t)(crc << 12);
		crc ^= (uint16_t)((crc & 0xff) << 5);
	}
	return crc;
}

static inline void assert_crc(uint32_t address, const uint8_t *bytes, size_t size)
{
	char command[32];
	char answer[32];

	snprintf(command, sizeof(command), "Z%08X,%08X#", (unsigned int)address, (unsigned int)size);
	snprintf(answer, sizeof(answer), "Z%08X#\n\r", get_crc(bytes, size));
	assert_said(command, answer);
}

#endif
