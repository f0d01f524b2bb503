/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* A host that speaks to a device with SMP in payloads written as hexadecimal digits, and wraps and unwraps them itself. */

#ifndef DFUT_TESTS_SMP_HOST_H
#define DFUT_TESTS_SMP_HOST_H

#include <stdio.h>
#include <unistd.h>

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <openssl/evp.h>

#include "base/base.h"
#include "mcuboot-sample.h"
#include "sim-host.h"
#include "sim/sim.h"

#define assert_text(got, want) cr_assert(eq(str, (char *)(got), (char *)(want)))

#define BYTES_LIMIT 4096
#define TEXT_LIMIT (2 * BYTES_LIMIT)
#define REPLY_MS 60000
#define SILENCE_MS 300
#define LINE_ROOM 93

struct bytes {
	uint8_t bytes[BYTES_LIMIT];
	size_t size;
};

static struct host *host;
static uint8_t sequence;
/* What was heard, text and all, and where the next look at it begins */
static struct bytes heard;

static void stop(void)
{
	host_free(host);
	host = NULL;
}

static void assert_mode(const char *mode)
{
	assert_text(dfut_sim_device_get_mode_name(host->device), mode);
}

static void assert_breaches(size_t count)
{
	for (size_t i = 0; i < dfut_sim_device_get_record_count(host->device); i++) {
		const struct dfut_sim_record *record = dfut_sim_device_get_record(host->device, i);

		if (record->event == DFUT_SIM_EVENT_BREACH && !count)
			cr_log_warn("%s", record->text);
	}
	cr_assert(eq(sz, dfut_sim_device_get_breach_count(host->device), count));
}

static const uint8_t *get_slot(const char *name)
{
	return dfut_sim_device_get_memory(host->device, name, NULL);
}

/* The port. */

static void open_port(void)
{
	struct dfut_action action = { .kind = DFUT_ACTION_OPEN, .link = DFUT_LINK_SERIAL };

	cr_assert(eq(int, host_connect(host), 0));
	cr_assert(eq(int, host_run(host, &action, 1000), 0));
	heard.size = 0;
}

static inline void set_baud(uint32_t baud)
{
	struct dfut_action action = { .kind = DFUT_ACTION_LINE_CODING,
				      .link = DFUT_LINK_SERIAL,
				      .line_coding = { .baud = baud, .stop_bits = 1, .data_bits = 8 } };

	cr_assert(eq(int, host_run(host, &action, 1000), 0));
}

static void plug(const char *spec)
{
	host_free(host);
	host = host_new_or_fail(spec);
	open_port();
}

static void say_bytes(const void *bytes, size_t size)
{
	struct dfut_action action = { .kind = DFUT_ACTION_WRITE,
				      .link = DFUT_LINK_SERIAL,
				      .transfer = { .data = bytes, .length = (uint16_t)size } };

	cr_assert(eq(int, host_run(host, &action, REPLY_MS), (int)size));
}

static inline void say_text(const char *text)
{
	say_bytes(text, strlen(text));
}

/* Adds to what was heard. Returns false for nothing. */
static bool hear(uint64_t limit_ms)
{
	struct dfut_action action = { .kind = DFUT_ACTION_READ,
				      .link = DFUT_LINK_SERIAL,
				      .transfer = { .length = 512 } };
	int result = host_run(host, &action, limit_ms);

	if (result <= 0)
		return false;
	cr_assert(le(sz, heard.size + (size_t)result, BYTES_LIMIT));
	memcpy(heard.bytes + heard.size, host->request.buffer, (size_t)result);
	heard.size += (size_t)result;
	return true;
}

/* All that comes, as text. */
static inline const char *hear_text(void)
{
	static char text[BYTES_LIMIT + 1];

	while (hear(SILENCE_MS))
		;
	memcpy(text, heard.bytes, heard.size);
	text[heard.size] = '\0';
	heard.size = 0;
	return text;
}

static inline void assert_silent(void)
{
	cr_assert(not(hear(SILENCE_MS)));
}

/* Digits. */

static size_t get_bytes(const char *digits, uint8_t *bytes)
{
	size_t size = strlen(digits) / 2;

	for (size_t i = 0; i < size; i++) {
		const char pair[] = { digits[2 * i], digits[2 * i + 1], '\0' };

		bytes[i] = (uint8_t)strtoul(pair, NULL, 16);
	}
	return size;
}

static void put_digits(char *text, const uint8_t *bytes, size_t size)
{
	text[0] = '\0';
	for (size_t i = 0; i < size; i++)
		snprintf(text + 2 * i, 3, "%02x", bytes[i]);
}

/* Frames. CRC as in smp_transport.rst: 0x1021, from 0 on. */

static uint16_t get_crc(const uint8_t *bytes, size_t size)
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

/* Lines of a body, as mcumgr cuts them. */
static struct bytes wrap(const uint8_t *body, size_t size)
{
	struct bytes out = { .size = 0 };
	uint8_t raw[BYTES_LIMIT];
	uint16_t crc = get_crc(body, size);
	size_t raw_size = size + 4;

	raw[0] = (uint8_t)((size + 2) >> 8);
	raw[1] = (uint8_t)(size + 2);
	memcpy(raw + 2, body, size);
	raw[size + 2] = (uint8_t)(crc >> 8);
	raw[size + 3] = (uint8_t)crc;
	for (size_t at = 0; at < raw_size; at += LINE_ROOM) {
		size_t piece = raw_size - at < LINE_ROOM ? raw_size - at : LINE_ROOM;

		memcpy(out.bytes + out.size, at ? "\x04\x14" : "\x06\x09", 2);
		out.size += 2;
		out.size += (size_t)EVP_EncodeBlock(out.bytes + out.size, raw + at, (int)piece);
		out.bytes[out.size++] = '\n';
	}
	return out;
}

static void say_body(const uint8_t *body, size_t size)
{
	struct bytes frame = wrap(body, size);

	say_bytes(frame.bytes, frame.size);
}

/* op: with the version bits */
static struct bytes make_body(uint8_t op, uint16_t group, uint8_t command, const uint8_t *payload, size_t size)
{
	struct bytes body = { .size = 8 + size };
	const uint8_t head[] = { op, 0, (uint8_t)(size >> 8), (uint8_t)size, 0, (uint8_t)group, ++sequence, command };

	memcpy(body.bytes, head, sizeof(head));
	if (size)
		memcpy(body.bytes + 8, payload, size);
	return body;
}

static void ask(uint8_t op, uint16_t group, uint8_t command, const char *payload)
{
	uint8_t bytes[BYTES_LIMIT];
	struct bytes body = make_body(op, group, command, bytes, get_bytes(payload, bytes));

	say_body(body.bytes, body.size);
}

/* A line out of what was heard, from its mark on; false if there is none that is whole. */
static bool find_line(bool is_first, size_t *start, size_t *end)
{
	const uint8_t *mark = memmem(heard.bytes, heard.size, is_first ? "\x06\x09" : "\x04\x14", 2);
	const uint8_t *newline;

	if (!mark)
		return false;
	*start = (size_t)(mark - heard.bytes) + 2;
	newline = memchr(heard.bytes + *start, '\n', heard.size - *start);
	if (!newline)
		return false;
	*end = (size_t)(newline - heard.bytes);
	return true;
}

static size_t decode_line(uint8_t *out, size_t start, size_t end)
{
	size_t size = end - start;
	int decoded;

	cr_assert(le(sz, size + 3, 127));
	cr_assert(eq(sz, size % 4, 0));
	decoded = EVP_DecodeBlock(out, heard.bytes + start, (int)size);
	cr_assert(lt(int, 0, decoded));
	for (size_t i = end; i > start && heard.bytes[i - 1] == '='; i--)
		decoded--;
	return (size_t)decoded;
}

/* The next message: header and payload. Size 0 for none. */
static struct bytes hear_body(uint64_t limit_ms)
{
	struct bytes raw = { .size = 0 };
	struct bytes body = { .size = 0 };

	while (raw.size < 2 || raw.size < 2u + (raw.bytes[0] << 8 | raw.bytes[1])) {
		size_t start = 0, end = 0;

		while (!find_line(raw.size == 0, &start, &end))
			if (!hear(limit_ms))
				return body;
		raw.size += decode_line(raw.bytes + raw.size, start, end);
		heard.size -= end + 1;
		memmove(heard.bytes, heard.bytes + end + 1, heard.size);
	}
	cr_assert(eq(sz, raw.size, 2u + (raw.bytes[0] << 8 | raw.bytes[1])));
	cr_assert(eq(u16, get_crc(raw.bytes + 2, raw.size - 2), 0));
	body.size = raw.size - 4;
	memcpy(body.bytes, raw.bytes + 2, body.size);
	return body;
}

/* The payload as digits; "" for no answer. */
static const char *hear_payload(void)
{
	static char text[TEXT_LIMIT + 1];
	struct bytes body = hear_body(REPLY_MS);

	text[0] = '\0';
	if (!body.size)
		return text;
	cr_assert(eq(u8, body.bytes[6], sequence));
	cr_assert(eq(sz, (size_t)(body.bytes[2] << 8 | body.bytes[3]), body.size - 8));
	put_digits(text, body.bytes + 8, body.size - 8);
	return text;
}

static void assert_answer(uint8_t op, uint16_t group, uint8_t command, const char *payload, const char *want)
{
	ask(op, group, command, payload);
	assert_text(hear_payload(), want);
}

/* Uploads. */

#define WITH_SHA 1u
#define WITH_UPGRADE 2u
#define WITHOUT_LENGTH 4u

static size_t put_number(uint8_t *out, uint32_t number)
{
	out[0] = 0x1a;
	for (int i = 0; i < 4; i++)
		out[1 + i] = (uint8_t)(number >> (24 - 8 * i));
	return 5;
}

static size_t put_key(uint8_t *out, const char *key)
{
	out[0] = (uint8_t)(0x60 | strlen(key));
	memcpy(out + 1, key, strlen(key));
	return 1 + strlen(key);
}

static struct bytes make_upload(const uint8_t *image, uint32_t total, uint32_t offset, uint32_t size, unsigned int with,
				int number)
{
	struct bytes out = { .size = 1 };
	uint8_t hash[32];

	out.bytes[0] = 0xa2;
	if (number >= 0) {
		out.bytes[0]++;
		out.size += put_key(out.bytes + out.size, "image");
		out.size += put_number(out.bytes + out.size, (uint32_t)number);
	}
	if (offset == 0 && !(with & WITHOUT_LENGTH)) {
		out.bytes[0]++;
		out.size += put_key(out.bytes + out.size, "len");
		out.size += put_number(out.bytes + out.size, total);
	}
	out.size += put_key(out.bytes + out.size, "off");
	out.size += put_number(out.bytes + out.size, offset);
	if (with & WITH_SHA) {
		EVP_Digest(image, total, hash, NULL, EVP_sha256(), NULL);
		out.bytes[0]++;
		out.size += put_key(out.bytes + out.size, "sha");
		out.bytes[out.size++] = 0x58;
		out.bytes[out.size++] = 32;
		memcpy(out.bytes + out.size, hash, 32);
		out.size += 32;
	}
	if (with & WITH_UPGRADE) {
		out.bytes[0]++;
		out.size += put_key(out.bytes + out.size, "upgrade");
		out.bytes[out.size++] = 0xf5;
	}
	out.size += put_key(out.bytes + out.size, "data");
	out.bytes[out.size++] = 0x59;
	out.bytes[out.size++] = (uint8_t)(size >> 8);
	out.bytes[out.size++] = (uint8_t)size;
	memcpy(out.bytes + out.size, image + offset, size);
	out.size += size;
	return out;
}

static inline void say_upload(const struct sample *image, uint32_t offset, uint32_t size, unsigned int with)
{
	struct bytes payload = make_upload(image->bytes, (uint32_t)image->size, offset, size, with, -1);
	struct bytes body = make_body(0x0a, 1, 1, payload.bytes, payload.size);

	say_body(body.bytes, body.size);
}

/* The offset that an answer tells; UINT32_MAX for none. */
static inline uint32_t hear_offset(void)
{
	const char *text = hear_payload();
	const char *found = strstr(text, "636f6666");
	unsigned int head, value = 0;

	if (!found || sscanf(found + 8, "%2x", &head) != 1)
		return UINT32_MAX;
	if (head < 24)
		return head;
	sscanf(found + 10, head == 0x18 ? "%2x" : head == 0x19 ? "%4x" : "%8x", &value);
	return value;
}

static inline void upload(const struct sample *image, uint32_t part, unsigned int with)
{
	uint32_t offset = 0;

	while (offset < image->size) {
		uint32_t left = (uint32_t)image->size - offset;
		uint32_t size = left < part ? left : part;

		say_upload(image, offset, size, offset ? 0 : with);
		cr_assert(eq(u32, hear_offset(), offset + size));
		offset += size;
	}
}

static inline struct sample make_image(uint8_t major, size_t size)
{
	struct sample_wish wish = { .body_size = (uint32_t)size, .version = { major, 2, 3 } };

	return sample_make(&wish);
}

/* The hash that the image tells of itself, as digits. */
static inline const char *get_hash(const struct sample *image)
{
	static char text[65];

	put_digits(text, image->bytes + image->size - 32, 32);
	return text;
}

static inline void restart(void)
{
	assert_answer(0x0a, 0, 5, "a0", "bfff");
	host_wait_ms(host, 30000);
	open_port();
}

#endif
