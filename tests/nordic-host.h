/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* A host that speaks to a Nordic bootloader in bytes written as hexadecimal digits, and makes init packets by hand. */

#ifndef DFUT_TESTS_NORDIC_HOST_H
#define DFUT_TESTS_NORDIC_HOST_H

#include <stdio.h>
#include <unistd.h>

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <openssl/ec.h>
#include <openssl/ecdsa.h>
#include <openssl/evp.h>
#include <openssl/pem.h>

#include "sim-host.h"
#include "sim/parts/serial.h"

#define assert_text(got, want) cr_assert(eq(str, (char *)(got), (char *)(want)))

#define TEXT_LIMIT 2048
#define REPLY_MS 5000
#define SILENCE_MS 300
#define IMAGE_LIMIT (256 * 1024)

static struct host *host;
static EVP_PKEY *key;
static char key_path[64];
static uint8_t image[IMAGE_LIMIT];

static void stop(void)
{
	host_free(host);
	host = NULL;
	EVP_PKEY_free(key);
	key = NULL;
	if (key_path[0])
		remove(key_path);
	key_path[0] = '\0';
}

static void plug(const char *spec)
{
	host_free(host);
	host = host_new_or_fail(spec);
}

static void assert_mode(const char *mode)
{
	assert_text(dfut_sim_device_get_mode_name(host->device), mode);
}

static void assert_breaches(size_t count)
{
	cr_assert(eq(sz, dfut_sim_device_get_breach_count(host->device), count));
}

static size_t count_arrivals(void)
{
	size_t count = 0;

	for (size_t i = 0; i < dfut_sim_device_get_record_count(host->device); i++)
		count += dfut_sim_device_get_record(host->device, i)->event == DFUT_SIM_EVENT_ARRIVED;
	return count;
}

static inline const uint8_t *get_flash(void)
{
	return dfut_sim_device_get_memory(host->device, "flash", NULL);
}

/* The port. */

/* Both lines are raised with it, as Linux does. */
static void open_port(void)
{
	struct dfut_action action = { .kind = DFUT_ACTION_OPEN, .link = DFUT_LINK_SERIAL };

	cr_assert(eq(int, host_connect(host), 0));
	cr_assert(eq(int, host_run(host, &action, 1000), 0));
}

static inline void set_lines(uint8_t lines)
{
	struct dfut_action action = { .kind = DFUT_ACTION_LINES,
				      .link = DFUT_LINK_SERIAL,
				      .lines = { .which = DFUT_LINE_DTR | DFUT_LINE_RTS, .on = lines } };

	cr_assert(eq(int, host_run(host, &action, 1000), 0));
}

static int write_bytes(const uint8_t *bytes, size_t size)
{
	struct dfut_action action = { .kind = DFUT_ACTION_WRITE,
				      .link = DFUT_LINK_SERIAL,
				      .transfer = { .data = bytes, .length = (uint16_t)size } };

	return host_run(host, &action, REPLY_MS);
}

static void say_bytes(const uint8_t *bytes, size_t size)
{
	cr_assert(eq(int, write_bytes(bytes, size), (int)size));
}

static size_t get_bytes(const char *digits, uint8_t *bytes)
{
	size_t size = strlen(digits) / 2;

	for (size_t i = 0; i < size; i++) {
		const char pair[] = { digits[2 * i], digits[2 * i + 1], '\0' };

		bytes[i] = (uint8_t)strtoul(pair, NULL, 16);
	}
	return size;
}

static void say(const char *digits)
{
	uint8_t bytes[TEXT_LIMIT / 2];

	say_bytes(bytes, get_bytes(digits, bytes));
}

/* What comes at once, as digits; "" for nothing. */
static const char *hear(uint64_t limit_ms)
{
	static char text[TEXT_LIMIT];
	struct dfut_action action = { .kind = DFUT_ACTION_READ,
				      .link = DFUT_LINK_SERIAL,
				      .transfer = { .length = TEXT_LIMIT / 2 - 1 } };
	int result = host_run(host, &action, limit_ms);

	text[0] = '\0';
	for (int i = 0; i < result; i++)
		snprintf(text + 2 * i, 3, "%02x", host->request.buffer[i]);
	return text;
}

static void assert_heard(const char *want)
{
	assert_text(hear(want[0] ? REPLY_MS : SILENCE_MS), want);
}

static void assert_silent(void)
{
	assert_heard("");
}

static inline void assert_said(const char *request, const char *reply)
{
	say(request);
	assert_heard(reply);
}

/* As the trigger does. */
static inline void enter(void)
{
	uint8_t trigger = host_get(host)->descriptors[22] == 4 ? 3 : 2;

	cr_assert(eq(int, host_connect(host), 0));
	cr_assert(eq(int, host_open(host, trigger), 0));
	host_out(host, 0x21, 0, 0, trigger, NULL, 0);
	host_wait_ms(host, 1000);
	assert_mode("bootloader");
}

static inline void plug_bootloader(const char *spec)
{
	plug(spec);
	if (strcmp(dfut_sim_device_get_mode_name(host->device), "application") == 0)
		enter();
	open_port();
}

static inline void assert_version(const char *want)
{
	cr_assert(eq(int, host_connect(host), 0));
	cr_assert(eq(int, host_open(host, host_get(host)->descriptors[22] - 1), 0));
	cr_assert(lt(int, 0, host_in(host, 0xa1, 8, 0, host_get(host)->descriptors[22] - 1, 256)));
	assert_text((char *)host->request.buffer, want);
}

/* Init packets. */

struct packet {
	bool has_fw_version;
	uint32_t fw_version;
	bool has_hw_version;
	uint32_t hw_version;
	bool has_type;
	uint32_t type;
	uint32_t size;
	uint32_t sd_req[4];
	size_t sd_req_count;
	bool is_unpacked;
	uint32_t hash_type;
	uint8_t hash[32];
	uint32_t validation_type;
	bool is_debug;
	bool is_signed;
	uint32_t signature_type;
	size_t signature_size;
	bool is_signature_wrong;
};

struct bytes {
	uint8_t bytes[512];
	size_t size;
};

static inline void put_varint(struct bytes *out, uint64_t value)
{
	for (; value > 0x7f; value >>= 7)
		out->bytes[out->size++] = (uint8_t)(value | 0x80);
	out->bytes[out->size++] = (uint8_t)value;
}

static inline void put_number(struct bytes *out, uint32_t field, uint32_t value)
{
	put_varint(out, field << 3);
	put_varint(out, value);
}

static inline void put_bytes(struct bytes *out, uint32_t field, const void *bytes, size_t size)
{
	put_varint(out, field << 3 | 2);
	put_varint(out, size);
	memcpy(out->bytes + out->size, bytes, size);
	out->size += size;
}

static inline void reverse(uint8_t *out, const uint8_t *bytes, size_t size)
{
	for (size_t i = 0; i < size; i++)
		out[i] = bytes[size - 1 - i];
}

static inline const uint8_t *get_image(void)
{
	return image;
}

static inline void hash_image(struct packet *packet)
{
	uint8_t hash[EVP_MAX_MD_SIZE];

	EVP_Digest(image, packet->size, hash, NULL, EVP_sha256(), NULL);
	reverse(packet->hash, hash, sizeof(packet->hash));
}

static inline struct packet make_packet(uint32_t size)
{
	struct packet packet = { .has_fw_version = true,
				 .fw_version = 3,
				 .has_hw_version = true,
				 .hw_version = 52,
				 .has_type = true,
				 .size = size,
				 .hash_type = 3,
				 .signature_size = 64 };

	for (uint32_t i = 0; i < size; i++)
		image[i] = (uint8_t)(i * 13 + i / 256);
	hash_image(&packet);
	return packet;
}

static inline struct packet make_softdevice(uint32_t size, uint16_t id)
{
	struct packet packet = make_packet(size);

	packet.type = 1;
	dfut_put_le32(image + 0x2004, 0x51b1e5db);
	dfut_put_le16(image + 0x200c, id);
	dfut_put_le32(image + 0x2014, 0x12345678);
	hash_image(&packet);
	return packet;
}

static inline struct bytes make_init(const struct packet *packet)
{
	struct bytes init = { .size = 0 };
	struct bytes part = { .size = 0 };

	if (packet->has_fw_version)
		put_number(&init, 1, packet->fw_version);
	if (packet->has_hw_version)
		put_number(&init, 2, packet->hw_version);
	for (size_t i = 0; i < packet->sd_req_count; i++) {
		if (packet->is_unpacked)
			put_number(&init, 3, packet->sd_req[i]);
		else
			put_varint(&part, packet->sd_req[i]);
	}
	if (part.size)
		put_bytes(&init, 3, part.bytes, part.size);
	if (packet->has_type)
		put_number(&init, 4, packet->type);
	put_number(&init, packet->type == 1 ? 5 : packet->type == 2 ? 6 : 7, packet->size);
	part.size = 0;
	put_number(&part, 1, packet->hash_type);
	put_bytes(&part, 2, packet->hash, sizeof(packet->hash));
	put_bytes(&init, 8, part.bytes, part.size);
	put_number(&init, 9, packet->is_debug);
	part.size = 0;
	put_number(&part, 1, packet->validation_type);
	put_bytes(&part, 2, packet->hash, packet->validation_type == 2 ? sizeof(packet->hash) : 0);
	put_bytes(&init, 10, part.bytes, part.size);
	return init;
}

/* R and S, each reversed. */
static inline void sign(const struct bytes *init, uint8_t signature[64])
{
	EVP_MD_CTX *context = EVP_MD_CTX_new();
	uint8_t der[80];
	const uint8_t *at = der;
	size_t der_size = sizeof(der);
	uint8_t half[32];
	ECDSA_SIG *pair;

	cr_assert(ne(ptr, key, NULL));
	EVP_DigestSignInit(context, NULL, EVP_sha256(), NULL, key);
	cr_assert(eq(int, EVP_DigestSign(context, der, &der_size, init->bytes, init->size), 1));
	EVP_MD_CTX_free(context);
	pair = d2i_ECDSA_SIG(NULL, &at, (long)der_size);
	BN_bn2binpad(ECDSA_SIG_get0_r(pair), half, sizeof(half));
	reverse(signature, half, sizeof(half));
	BN_bn2binpad(ECDSA_SIG_get0_s(pair), half, sizeof(half));
	reverse(signature + 32, half, sizeof(half));
	ECDSA_SIG_free(pair);
}

static inline struct bytes make_command(const struct packet *packet)
{
	struct bytes init = make_init(packet);
	struct bytes command = { .size = 0 };
	struct bytes signed_command = { .size = 0 };
	struct bytes out = { .size = 0 };
	uint8_t signature[64] = { 0 };

	put_number(&command, 1, 1);
	put_bytes(&command, 2, init.bytes, init.size);
	if (!packet->is_signed) {
		put_bytes(&out, 1, command.bytes, command.size);
		return out;
	}
	if (key)
		sign(&init, signature);
	signature[5] ^= packet->is_signature_wrong;
	put_bytes(&signed_command, 1, command.bytes, command.size);
	put_number(&signed_command, 2, packet->signature_type);
	put_bytes(&signed_command, 3, signature, packet->signature_size);
	put_bytes(&out, 2, signed_command.bytes, signed_command.size);
	return out;
}

/* Adds the public key to a specification. */
static inline const char *make_key(const char *spec)
{
	static char with_key[256];
	FILE *file;

	if (!key)
		key = EVP_EC_gen("P-256");
	snprintf(key_path, sizeof(key_path), "/tmp/dfutrigger-test-%d.pem", (int)getpid());
	file = fopen(key_path, "w");
	cr_assert(ne(ptr, file, NULL));
	PEM_write_PUBKEY(file, key);
	fclose(file);
	snprintf(with_key, sizeof(with_key), "%s%cpublic-key=%s", spec, strchr(spec, ':') ? ',' : ':', key_path);
	return with_key;
}

/* Objects. */

/* The CRC-32 of a part from the start, as the digits of a reply. */
static inline uint32_t get_crc(const uint8_t *bytes, size_t size)
{
	uint32_t crc = UINT32_MAX;

	for (size_t i = 0; i < size; i++) {
		crc ^= bytes[i];
		for (int bit = 0; bit < 8; bit++)
			crc = crc & 1 ? crc >> 1 ^ 0xedb88320 : crc >> 1;
	}
	return ~crc;
}

static inline void put_frame(char *text, size_t size, const uint8_t *bytes, size_t count)
{
	uint8_t frame[64];
	size_t frame_size = dfut_sim_slip_put(frame, bytes, count);

	frame[frame_size++] = DFUT_SIM_SLIP_END;
	for (size_t i = 0; i < frame_size; i++)
		snprintf(text + 2 * i, size - 2 * i, "%02x", frame[i]);
}

static inline void assert_crc_of(const uint8_t *bytes, uint32_t size)
{
	uint8_t reply[11] = { 0x60, 0x03, 0x01 };
	char want[64];

	dfut_put_le32(reply + 3, size);
	dfut_put_le32(reply + 7, get_crc(bytes, size));
	put_frame(want, sizeof(want), reply, sizeof(reply));
	assert_said("03c0", want);
}

static inline void assert_crc(uint32_t size)
{
	assert_crc_of(image, size);
}

static inline void send_write(const uint8_t *bytes, size_t size)
{
	static uint8_t frame[4096];
	size_t frame_size = 1;

	frame[0] = 0x08;
	frame_size += dfut_sim_slip_put(frame + 1, bytes, size);
	frame[frame_size++] = DFUT_SIM_SLIP_END;
	say_bytes(frame, frame_size);
}

static inline void create(uint8_t type, uint32_t size)
{
	uint8_t request[6] = { 0x01, type };
	char text[64];

	dfut_put_le32(request + 2, size);
	put_frame(text, sizeof(text), request, sizeof(request));
	assert_said(text, "600101c0");
}

static inline void send_command_bytes(const uint8_t *bytes, size_t size)
{
	create(1, (uint32_t)size);
	send_write(bytes, size);
	assert_crc_of(bytes, (uint32_t)size);
}

static inline void send_command(const struct packet *packet)
{
	struct bytes command = make_command(packet);

	send_command_bytes(command.bytes, command.size);
}

static inline void send_piece(uint32_t offset, uint32_t size)
{
	send_write(image + offset, size);
}

static inline void send_object(uint32_t offset, uint32_t size)
{
	create(2, size);
	for (uint32_t at = 0; at < size; at += 1024)
		send_piece(offset + at, size - at < 1024 ? size - at : 1024);
	assert_crc(offset + size);
}

/* From an offset on to the end. */
static inline void send_image(uint32_t offset, uint32_t size)
{
	for (; offset < size; offset += 4096) {
		send_object(offset, size - offset < 4096 ? size - offset : 4096);
		assert_said("04c0", "600401c0");
	}
}

#endif
