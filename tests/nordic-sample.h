/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* Nordic DFU packages, byte by byte: ZIP archives (PKWARE APPNOTE.TXT) and init packets (protobuf encoding). */

#ifndef DFUTRIGGER_TESTS_NORDIC_SAMPLE_H
#define DFUTRIGGER_TESTS_NORDIC_SAMPLE_H

#include <openssl/evp.h>

#include "image-host.h"

static inline void add_le16(struct file *file, unsigned int value)
{
	const uint8_t bytes[] = { (uint8_t)value, (uint8_t)(value >> 8) };

	add_bytes(file, bytes, sizeof(bytes));
}

/* One file of an archive, as its headers tell of it. */
struct entry {
	const char *name;
	const void *data;
	size_t size;
	size_t full_size; /* if it is compressed */
	uint16_t flags;
	uint16_t method;
	uint32_t mode; /* of Unix, with the kind of file */
	uint32_t crc_error;
};

/* From the version to the length of the name, as both headers have it */
static inline void add_zip_numbers(struct file *file, const struct entry *entry)
{
	add_le16(file, 20);
	add_le16(file, entry->flags);
	add_le16(file, entry->method);
	add_le32(file, 0x00210000);
	add_le32(file, ~get_crc(entry->data, entry->size) ^ entry->crc_error);
	add_le32(file, (uint32_t)entry->size);
	add_le32(file, (uint32_t)(entry->full_size ? entry->full_size : entry->size));
	add_le16(file, (unsigned int)strlen(entry->name));
}

static inline void add_zip(struct file *file, const struct entry *entries, size_t count)
{
	uint32_t positions[64];
	size_t directory, end;

	for (size_t i = 0; i < count; i++) {
		positions[i] = (uint32_t)file->size;
		add_bytes(file, "PK\3\4", 4);
		add_zip_numbers(file, &entries[i]);
		add_le16(file, 0);
		add_bytes(file, entries[i].name, strlen(entries[i].name));
		add_bytes(file, entries[i].data, entries[i].size);
	}
	directory = file->size;
	for (size_t i = 0; i < count; i++) {
		add_bytes(file, "PK\1\2\x14\3", 6);
		add_zip_numbers(file, &entries[i]);
		add_bytes(file, "\0\0\0\0\0\0\0\0", 8);
		add_le32(file, (entries[i].mode ? entries[i].mode : 0100644) << 16);
		add_le32(file, positions[i]);
		add_bytes(file, entries[i].name, strlen(entries[i].name));
	}
	end = file->size;
	add_bytes(file, "PK\5\6\0\0\0\0", 8);
	add_le16(file, (unsigned int)count);
	add_le16(file, (unsigned int)count);
	add_le32(file, (uint32_t)(end - directory));
	add_le32(file, (uint32_t)directory);
	add_le16(file, 0);
}

/* Protobuf */

static inline void add_varint(struct file *file, uint64_t value)
{
	do {
		const uint8_t byte = (uint8_t)((value & 0x7f) | (value > 0x7f ? 0x80 : 0));

		add_bytes(file, &byte, 1);
		value >>= 7;
	} while (value > 0);
}

static inline void add_number(struct file *file, unsigned int field, uint64_t value)
{
	add_varint(file, field << 3);
	add_varint(file, value);
}

static inline void add_blob(struct file *file, unsigned int field, const void *data, size_t size)
{
	add_varint(file, field << 3 | 2);
	add_varint(file, size);
	add_bytes(file, data, size);
}

static inline void add_message(struct file *file, unsigned int field, const struct file *message)
{
	add_blob(file, field, message->bytes, message->size);
}

/* An init packet, with what can be wrong in it. */
struct init {
	uint32_t type;
	uint32_t hw_version;
	uint32_t fw_version;
	uint32_t sizes[3]; /* of SoftDevice, bootloader, application; 0: not told */
	size_t sd_req_count;
	unsigned int op_code;
	unsigned int hash_type;
	size_t hash_size;
	const void *firmware;
	size_t firmware_size;
	bool is_debug;
	bool has_no_type;
	bool is_signed;
	unsigned int signature_type;
	size_t signature_size;
};

static inline void add_hash(struct file *file, const struct init *init)
{
	static struct file hash;
	uint8_t digest[64] = { 0 };
	uint8_t reversed[64] = { 0 };

	EVP_Digest(init->firmware, init->firmware_size, digest, NULL, EVP_sha256(), NULL);
	for (size_t i = 0; i < 32; i++)
		reversed[i] = digest[31 - i];
	hash.size = 0;
	add_number(&hash, 1, init->hash_type);
	add_blob(&hash, 2, reversed, init->hash_size);
	add_message(file, 8, &hash);
}

static inline void add_init_command(struct file *file, const struct init *init)
{
	static struct file ids;

	add_number(file, 1, init->fw_version);
	add_number(file, 2, init->hw_version);
	ids.size = 0;
	for (size_t i = 0; i < init->sd_req_count; i++)
		add_varint(&ids, 0x100 + i);
	add_message(file, 3, &ids);
	if (!init->has_no_type)
		add_number(file, 4, init->type);
	for (unsigned int i = 0; i < 3; i++)
		if (init->sizes[i])
			add_number(file, 5 + i, init->sizes[i]);
	add_hash(file, init);
	add_number(file, 9, init->is_debug);
	add_blob(file, 10, "\x08\x01\x12\x00", 4);
}

/* Around it the command, around that the signature if there is one, around that the packet. */
static inline void add_packet(struct file *file, const struct init *init, const struct file *init_command)
{
	static const uint8_t signature[256] = { 1, 2, 3 };
	static struct file command, signed_command;

	command.size = signed_command.size = 0;
	add_number(&command, 1, init->op_code);
	add_message(&command, 2, init_command);
	if (!init->is_signed) {
		add_message(file, 1, &command);
		return;
	}
	add_message(&signed_command, 1, &command);
	add_number(&signed_command, 2, init->signature_type);
	add_blob(&signed_command, 3, signature, init->signature_size);
	add_message(file, 2, &signed_command);
}

static inline void add_init_packet(struct file *file, const struct init *init)
{
	static struct file init_command;

	init_command.size = 0;
	add_init_command(&init_command, init);
	add_packet(file, init, &init_command);
}

/* The firmware of the samples, of any size up to this. */
static const uint8_t *get_firmware(void)
{
	static uint8_t firmware[4096];

	for (size_t i = 0; i < sizeof(firmware); i++)
		firmware[i] = (uint8_t)(i * 7 + i / 256 + 1);
	return firmware;
}

/* An application that any bootloader takes. */
static inline struct init make_init(void)
{
	return (struct init){
		.hw_version = 52,
		.fw_version = 3,
		.sizes = { 0, 0, 1024 },
		.sd_req_count = 2,
		.op_code = 1,
		.hash_type = 3,
		.hash_size = 32,
		.firmware = get_firmware(),
		.firmware_size = 1024,
		.signature_size = 64,
	};
}

static const char
	usual_manifest[] = "{\"manifest\": {\"application\": {\"bin_file\": \"app.bin\", \"dat_file\": \"app.dat\"}}}";

/* app.bin, app.dat, manifest.json */
static inline struct file make_package(const char *manifest, const struct file *packet, size_t size)
{
	const struct entry entries[] = {
		{ .name = "app.bin", .data = get_firmware(), .size = size },
		{ .name = "app.dat", .data = packet->bytes, .size = packet->size },
		{ .name = "manifest.json", .data = manifest, .size = strlen(manifest) },
	};
	struct file file = { .size = 0 };

	add_zip(&file, entries, 3);
	return file;
}

static inline struct file make_package_of(const struct init *init)
{
	struct file packet = { .size = 0 };

	add_init_packet(&packet, init);
	return make_package(usual_manifest, &packet, init->firmware_size);
}

#endif
