/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* DFU 1.1, appendix B; TI SPMA003 and NXP UM10503 for the prefixes. Any payload will do: nothing is sent to a device. */

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "sink.h"
#include "container.h"
#include "system.h"
#include "exit-code.h"
#include "input.h"

/* Of what has no size, as a pipe */
#define STREAM_LIMIT (256u << 20)
#define SUFFIX_SIZE 16
#define STELLARIS_SIZE 8
#define LPC_SIZE 16
#define CRC_OFFSET 12
#define CRC_POLYNOMIAL 0xedb88320
#define ADDRESS_UNIT 1024
#define LPC_FRAME 512

static uint16_t get_16(const uint8_t *bytes)
{
	return (uint16_t)(bytes[0] | bytes[1] << 8);
}

static uint32_t get_32(const uint8_t *bytes)
{
	return get_16(bytes) | (uint32_t)get_16(bytes + 2) << 16;
}

static void put_16(uint8_t *bytes, uint32_t value)
{
	bytes[0] = (uint8_t)value;
	bytes[1] = (uint8_t)(value >> 8);
}

static void put_32(uint8_t *bytes, uint32_t value)
{
	put_16(bytes, value);
	put_16(bytes + 2, value >> 16);
}

static uint32_t add_to_crc(uint32_t crc, const uint8_t *data, size_t size)
{
	for (size_t i = 0; i < size; i++) {
		crc ^= data[i];
		for (int bit = 0; bit < 8; bit++)
			crc = crc & 1 ? crc >> 1 ^ CRC_POLYNOMIAL : crc >> 1;
	}
	return crc;
}

static const char *parse_suffix(struct container *container)
{
	const uint8_t *suffix;

	if (container->size < SUFFIX_SIZE)
		return "File too short for DFU suffix";
	suffix = container->data + container->size - SUFFIX_SIZE;
	if (memcmp(suffix + 8, "UFD", 3) != 0)
		return "Invalid DFU suffix signature";
	container->crc = get_32(suffix + CRC_OFFSET);
	if (container->crc != add_to_crc(UINT32_MAX, container->data, container->size - 4))
		return "DFU suffix CRC does not match";
	container->suffix_size = suffix[11];
	container->release = get_16(suffix);
	container->product_id = get_16(suffix + 2);
	container->vendor_id = get_16(suffix + 4);
	container->dfu_version = get_16(suffix + 6);
	return NULL;
}

static void parse_prefix(struct container *container)
{
	const uint8_t *data = container->data;
	size_t size = container->size - container->suffix_size;

	if (size >= STELLARIS_SIZE && get_16(data) == 0x0001 && get_32(data + 4) == size - STELLARIS_SIZE) {
		container->prefix = PREFIX_STELLARIS;
		container->prefix_size = STELLARIS_SIZE;
		container->address = (uint32_t)get_16(data + 2) * ADDRESS_UNIT;
	} else if (size >= LPC_SIZE && (data[0] & 0x3f) == 0x1a && (data[1] & 0x3f) == 0x3f) {
		container->prefix = PREFIX_LPC;
		container->prefix_size = LPC_SIZE;
	}
}

static int read_file(struct container *container)
{
	bool is_input = strcmp(container->path, "-") == 0;
	FILE *file = is_input ? stdin : fopen(container->path, "rb");
	size_t limit = system_get_kind(container->path) == SYSTEM_FILE ? SIZE_MAX : STREAM_LIMIT;
	int error;

	if (!file)
		return errno;
	error = input_read(file, limit, &container->data, &container->size);
	if (!is_input)
		fclose(file);
	return error;
}

int container_load(struct container *container, struct words *words, const char *path)
{
	int error;

	memset(container, 0, sizeof(*container));
	container->path = path;
	container->vendor_id = container->product_id = container->release = DFUT_ID_ANY;
	error = read_file(container);
	if (error) {
		words_complain(words, "Could not open file %s for reading: %s", path, strerror(error));
		return EXIT_CODE_NO_INPUT;
	}
	container->no_suffix = parse_suffix(container);
	if (!container->no_suffix &&
	    (container->suffix_size < SUFFIX_SIZE || container->suffix_size > container->size)) {
		words_complain(words, "Unsupported DFU suffix length %zu", container->suffix_size);
		return EXIT_CODE_DATA;
	}
	parse_prefix(container);
	return 0;
}

int container_need_suffix(const struct container *container, struct words *words)
{
	if (!container->no_suffix)
		return 0;
	words_complain(words, "%s", container->no_suffix);
	words_complain(words, "Valid DFU suffix needed");
	return EXIT_CODE_DATA;
}

void container_warn(const struct container *container, struct words *words)
{
	if (container->no_suffix)
		words_complain(words, "Warning: %s", container->no_suffix);
}

static void print_prefix(const struct container *container)
{
	const uint8_t *data = container->data;

	if (container->prefix == PREFIX_STELLARIS) {
		words_say("The file %s contains a TI Stellaris DFU prefix with the following properties:\n",
			  container->path);
		words_say("Address:\t0x%08x\n", container->address);
	} else if (container->prefix == PREFIX_LPC) {
		words_say("The file %s contains a NXP unencrypted LPC DFU prefix with the following properties:\n",
			  container->path);
		words_say("Size:\t%5d kiB\n", data[2] >> 1 | data[3] << 7);
	}
}

void container_print(const struct container *container)
{
	print_prefix(container);
	if (container->no_suffix)
		return;
	words_say("The file %s contains a DFU suffix with the following properties:\n", container->path);
	words_say("BCD device:\t0x%04X\n", container->release);
	words_say("Product ID:\t0x%04X\n", container->product_id);
	words_say("Vendor ID:\t0x%04X\n", container->vendor_id);
	words_say("BCD DFU:\t0x%04X\n", container->dfu_version);
	words_say("Length:\t\t%zu\n", container->suffix_size);
	words_say("CRC:\t\t0x%08X\n", container->crc);
}

static size_t write_prefix(uint8_t *bytes, const struct container *container, enum prefix prefix, size_t payload)
{
	switch (prefix) {
	case PREFIX_STELLARIS:
		put_16(bytes, 0x0001);
		put_16(bytes + 2, container->address / ADDRESS_UNIT);
		put_32(bytes + 4, (uint32_t)payload);
		return STELLARIS_SIZE;
	case PREFIX_LPC:
		memset(bytes, 0, LPC_SIZE);
		bytes[0] = 0x1a;
		bytes[1] = 0x3f;
		/* Frames of 512 bytes; what the header itself needs is counted as dfu-prefix does. */
		put_16(bytes + 2, (uint32_t)((container->size - container->suffix_size + LPC_FRAME - 1) / LPC_FRAME));
		memset(bytes + 12, 0xff, 4);
		return LPC_SIZE;
	case PREFIX_NONE:
		break;
	}
	return 0;
}

static size_t write_suffix(uint8_t *bytes, const struct container *container, uint32_t crc)
{
	put_16(bytes, container->release);
	put_16(bytes + 2, container->product_id);
	put_16(bytes + 4, container->vendor_id);
	put_16(bytes + 6, container->dfu_version);
	memcpy(bytes + 8, "UFD", 3);
	bytes[11] = SUFFIX_SIZE;
	put_32(bytes + CRC_OFFSET, add_to_crc(crc, bytes, CRC_OFFSET));
	return SUFFIX_SIZE;
}

static void write_all(struct sink *sink, const struct container *container, enum prefix prefix, bool has_suffix)
{
	size_t payload = container->size - container->prefix_size - container->suffix_size;
	const uint8_t *data = container->data + container->prefix_size;
	uint8_t head[LPC_SIZE], tail[SUFFIX_SIZE];
	size_t head_size = write_prefix(head, container, prefix, payload);
	uint32_t crc = add_to_crc(add_to_crc(UINT32_MAX, head, head_size), data, payload);

	sink_write(head, head_size, sink);
	sink_write(data, payload, sink);
	if (has_suffix)
		sink_write(tail, write_suffix(tail, container, crc), sink);
}

int container_save(const struct container *container, struct words *words, enum prefix prefix, bool has_suffix)
{
	struct sink sink = { 0 };
	int error = 0;

	/* A new file takes the old one's place, also of one that is not to be written. */
	if (access(container->path, W_OK) != 0)
		error = errno;
	if (!error && sink_open(&sink, container->path, true)) {
		write_all(&sink, container, prefix, has_suffix);
		sink_close(&sink);
	}
	if (!error)
		error = sink.error;
	sink_discard(&sink);
	if (!error)
		return 0;
	words_complain(words, "Could not open file %s for writing: %s", container->path, strerror(error));
	return EXIT_CODE_CANT_CREATE;
}

void container_free(struct container *container)
{
	free(container->data);
}
