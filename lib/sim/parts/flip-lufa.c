/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/*
 * LUFA's DFU bootloader, and QMK's, which is the same (Bootloaders/DFU/BootloaderDFU.c): messages are read from the endpoint
 * packet by packet, and what is missing in one is waited for.
 */

#include <string.h>

#include "sim/parts/flip.h"

#define PACKET_SIZE 32
/* Between the command and the data */
#define FILLER_SIZE (PACKET_SIZE - DFUT_SIM_FLIP_COMMAND_SIZE)
#define VERSION 0x20
#define ID_1 0xdc
#define ID_2 0xfb

/* A message on its way through the endpoint. */
struct stream {
	const uint8_t *data;
	uint32_t at;
	uint32_t packet_end;
	uint32_t length;
	bool is_starved; /* it waits for what nobody sends */
};

static void set_packet(struct stream *stream)
{
	uint32_t end = stream->packet_end + PACKET_SIZE;

	if (stream->at == stream->length)
		stream->is_starved = true;
	stream->packet_end = end < stream->length ? end : stream->length;
}

/* Waiting for a packet counts as a byte. */
static void discard(struct stream *stream, uint32_t count)
{
	while (count-- && !stream->is_starved) {
		if (stream->at == stream->packet_end)
			set_packet(stream);
		else
			stream->at++;
	}
}

/* It looks for a packet before each word or byte, not within one. */
static void wait_for_data(struct stream *stream)
{
	if (stream->at == stream->packet_end)
		set_packet(stream);
}

static uint8_t take_byte(struct stream *stream)
{
	return stream->at < stream->packet_end ? stream->data[stream->at++] : 0;
}

/* Memories. Addresses beyond the part's are those without the upper bits. */

static bool is_locked(const struct dfut_sim_flip *flip, uint32_t address)
{
	return flip->options.locked && address >= dfut_sim_flip_get_application_end(flip);
}

static uint8_t *get_page(const struct dfut_sim_flip *flip, uint32_t address)
{
	return flip->flash + address % flip->part->flash_size / flip->part->page_size * flip->part->page_size;
}

static void erase_page(struct dfut_sim_flip *flip, uint32_t address)
{
	if (!is_locked(flip, address % flip->part->flash_size))
		memset(get_page(flip, address), DFUT_SIM_FLIP_ERASED, flip->part->page_size);
}

static void write_page(struct dfut_sim_flip *flip, uint32_t address)
{
	uint8_t *page = get_page(flip, address);

	for (uint32_t i = 0; i < flip->part->page_size && !is_locked(flip, address % flip->part->flash_size); i++)
		page[i] &= flip->lufa.buffer[i];
	memset(flip->lufa.buffer, DFUT_SIM_FLIP_ERASED, sizeof(flip->lufa.buffer));
	dfut_sim_flip_take_time(flip, DFUT_SIM_FLIP_UNIT_FLASH, address - address % flip->part->page_size,
				flip->part->page_size);
}

static uint32_t get_address(const struct dfut_sim_flip *flip)
{
	return (uint32_t)flip->lufa.page << 16 | flip->lufa.start;
}

/* Commands. */

static void take_addresses(struct dfut_sim_flip_lufa *lufa)
{
	lufa->start = (uint16_t)(lufa->data[1] << 8 | lufa->data[2]);
	lufa->end = (uint16_t)(lufa->data[3] << 8 | lufa->data[4]);
}

static void begin_program(struct dfut_sim_flip *flip)
{
	struct dfut_sim_flip_lufa *lufa = &flip->lufa;

	if (lufa->data[0] > 1)
		return;
	take_addresses(lufa);
	if (lufa->data[0] == 0)
		erase_page(flip, get_address(flip));
	flip->state = DFU_DNLOAD_IDLE;
}

/* All of the application's section, whatever the range. The page is that of what was found. */
static void check_blank(struct dfut_sim_flip *flip)
{
	uint32_t end = dfut_sim_flip_get_application_end(flip);
	uint32_t at = 0;

	while (at < end && flip->flash[at] == DFUT_SIM_FLIP_ERASED)
		at++;
	if (at == end)
		return;
	flip->lufa.page = (uint8_t)(at >> 16);
	flip->lufa.start = (uint16_t)at;
	flip->state = DFU_ERROR;
	flip->status = DFUT_SIM_FLIP_ERR_CHECK_ERASED;
}

static void begin_read(struct dfut_sim_flip *flip)
{
	if (flip->lufa.data[0] == 1)
		check_blank(flip);
	if (flip->lufa.data[0] != 0 && flip->lufa.data[0] != 2)
		return;
	take_addresses(&flip->lufa);
	flip->state = DFU_UPLOAD_IDLE;
}

/* The watchdog runs from the command on. A jump is only made where there is nothing to jump to, with the next DNLOAD. */
static void start(struct dfut_sim_flip *flip)
{
	struct dfut_sim_flip_lufa *lufa = &flip->lufa;

	lufa->waits_for_exit = true;
	if (lufa->data_size)
		return;
	if (lufa->data[1] == 0)
		dfut_sim_flip_reset(flip);
	else if (dfut_le16(flip->flash) == UINT16_MAX)
		flip->has_jumped = true;
}

static void write_command(struct dfut_sim_flip *flip)
{
	if (flip->lufa.data[0] == 3)
		start(flip);
	else if (flip->lufa.data[0] == 0 && flip->lufa.data[1] == 0xff)
		dfut_sim_flip_erase(flip);
}

static void read_id(struct dfut_sim_flip *flip)
{
	static const uint8_t info[] = { VERSION, ID_1, ID_2 };
	static const uint8_t numbers[] = { 0x30, 0x31, 0x60, 0x61 };
	uint8_t group = flip->lufa.data[0];
	uint8_t which = flip->lufa.data[1];

	if (group == 0 && which < sizeof(info)) {
		flip->lufa.response = info[which];
		return;
	}
	for (size_t i = 0; group == 1 && i < sizeof(numbers); i++) {
		if (which != numbers[i])
			continue;
		flip->lufa.response = flip->signature[i];
		return;
	}
	if (group > 1)
		return;
	flip->state = DFU_ERROR;
	flip->status = ERR_ADDRESS;
}

/* Returns false if it stalls; what it does not know is taken. */
static bool take_command(struct dfut_sim_flip *flip)
{
	struct dfut_sim_flip_lufa *lufa = &flip->lufa;
	bool is_erase = lufa->command == DFUT_SIM_FLIP_WRITE && lufa->data[0] == 0 && lufa->data[1] == 0xff;

	if (flip->is_secure && !is_erase && lufa->command != DFUT_SIM_FLIP_READ_ID) {
		flip->state = DFU_ERROR;
		flip->status = ERR_WRITE;
		return false;
	}
	if (lufa->command == DFUT_SIM_FLIP_PROGRAM)
		begin_program(flip);
	else if (lufa->command == DFUT_SIM_FLIP_READ)
		begin_read(flip);
	else if (lufa->command == DFUT_SIM_FLIP_WRITE)
		write_command(flip);
	else if (lufa->command == DFUT_SIM_FLIP_READ_ID)
		read_id(flip);
	else if (lufa->command == DFUT_SIM_FLIP_SELECT && lufa->data[0] == 3 && lufa->data[1] == 0)
		lufa->page = lufa->data[2];
	return true;
}

/* Data. */

static void program_flash(struct dfut_sim_flip *flip, struct stream *stream, uint16_t size)
{
	uint32_t address = get_address(flip);
	uint32_t page_address = address;
	uint32_t page_size = flip->part->page_size;
	uint32_t filled = 0;

	for (uint16_t left = size / 2; left; left--) {
		wait_for_data(stream);
		if (stream->is_starved)
			return;
		for (int i = 0; i < 2; i++)
			flip->lufa.buffer[address++ % page_size] = take_byte(stream);
		filled += 2;
		if (filled < page_size && left > 1)
			continue;
		write_page(flip, page_address);
		page_address = address;
		filled = 0;
		if (left > 1)
			erase_page(flip, address);
	}
	flip->lufa.start = flip->lufa.end;
}

static void program_eeprom(struct dfut_sim_flip *flip, struct stream *stream, uint16_t size)
{
	for (uint16_t left = size; left; left--) {
		wait_for_data(stream);
		if (stream->is_starved)
			return;
		flip->eeprom[flip->lufa.start++ % flip->part->eeprom_size] = take_byte(stream);
	}
	dfut_sim_flip_take_time(flip, DFUT_SIM_FLIP_UNIT_EEPROM, 0, size);
}

/* It has cut the branch that it sits on. */
static int end_if_bricked(struct dfut_sim_flip *flip, int result)
{
	if (!dfut_sim_flip_is_bricked(flip))
		return result;
	flip->is_hung = true;
	dfut_sim_device_breach(flip->device, "%s: the bootloader is overwritten",
			       dfut_sim_dfu_state_get_name(flip->state));
	dfut_sim_device_leave(flip->device, 0, DFUT_SIM_NEVER);
	return DFUT_ERROR_TIMEOUT;
}

static int take_data(struct dfut_sim_flip *flip, const uint8_t *data, uint16_t length)
{
	struct stream stream = { .data = data, .at = DFUT_SIM_FLIP_COMMAND_SIZE, .length = length };
	uint16_t size = (uint16_t)(flip->lufa.end - flip->lufa.start + 1);

	stream.packet_end = length < PACKET_SIZE ? length : PACKET_SIZE;
	discard(&stream, FILLER_SIZE);
	discard(&stream, flip->lufa.start % PACKET_SIZE);
	if (!stream.is_starved && flip->lufa.data[0] == 0)
		program_flash(flip, &stream, size);
	else if (!stream.is_starved)
		program_eeprom(flip, &stream, size);
	discard(&stream, DFUT_SIM_FLIP_SUFFIX_SIZE);
	flip->is_hung = stream.is_starved;
	flip->is_status_due = true;
	return end_if_bricked(flip, flip->is_hung ? DFUT_ERROR_TIMEOUT : length);
}

/* Requests. */

static int leave_by_jump(struct dfut_sim_flip *flip, uint16_t length)
{
	dfut_sim_device_set_timer(flip->device, DFUT_SIM_FLIP_TIMER, DFUT_SIM_US_PER_MS);
	return length;
}

static int download(struct dfut_sim_flip *flip, const uint8_t *data, uint16_t length)
{
	struct dfut_sim_flip_lufa *lufa = &flip->lufa;
	uint16_t taken = length < DFUT_SIM_FLIP_COMMAND_SIZE ? length : DFUT_SIM_FLIP_COMMAND_SIZE;

	lufa->data_size = length;
	if (lufa->waits_for_exit) {
		take_command(flip);
		lufa->waits_for_exit = false;
	}
	if (length) {
		lufa->command = data[0];
		/* What is missing is what was there before. */
		memcpy(lufa->data, data + 1, taken - 1U);
		lufa->data_size = length - taken;
		if (!take_command(flip))
			return DFUT_ERROR_DEVICE;
	}
	if (flip->has_jumped && !lufa->waits_for_exit)
		return leave_by_jump(flip, length);
	if (flip->state != DFU_DNLOAD_IDLE)
		return end_if_bricked(flip, length);
	if (lufa->data_size)
		return take_data(flip, data, length);
	flip->state = DFU_IDLE;
	return end_if_bricked(flip, length);
}

static int read_memory(struct dfut_sim_flip *flip, const struct dfut_sim_setup *setup, uint8_t *data)
{
	uint32_t size = (uint16_t)(flip->lufa.end - flip->lufa.start + 1);
	const uint8_t *bytes = flip->lufa.data[0] == 0 ? flip->flash : flip->eeprom;
	uint32_t room = flip->lufa.data[0] == 0 ? flip->part->flash_size : flip->part->eeprom_size;
	uint32_t address = flip->lufa.data[0] == 0 ? get_address(flip) : flip->lufa.start;

	/* Flash is read in words. */
	if (flip->lufa.data[0] == 0)
		size -= size % 2;
	size = size < setup->length ? size : setup->length;
	for (uint32_t i = 0; i < size; i++)
		data[i] = bytes[(address + i) % room];
	flip->lufa.start = flip->lufa.data[0] == 0 ? flip->lufa.end : (uint16_t)(flip->lufa.end + 1);
	flip->state = DFU_IDLE;
	return (int)size;
}

static int upload(struct dfut_sim_flip *flip, const struct dfut_sim_setup *setup, uint8_t *data)
{
	bool is_address = flip->state == DFU_ERROR && flip->lufa.data[0] == 1;
	uint8_t answer[2] = { flip->lufa.response };
	size_t size = is_address ? 2 : 1;

	if (flip->state == DFU_UPLOAD_IDLE)
		return read_memory(flip, setup, data);
	if (is_address)
		dfut_put_le16(answer, flip->lufa.start);
	size = size < setup->length ? size : setup->length;
	if (size)
		memcpy(data, answer, size);
	return (int)size;
}

int dfut_sim_flip_answer_lufa(struct dfut_sim_flip *flip, const struct dfut_sim_setup *setup, uint8_t *data)
{
	switch ((enum dfut_sim_dfu_request)setup->request) {
	case DFUT_SIM_DFU_DNLOAD:
		return download(flip, data, setup->length);
	case DFUT_SIM_DFU_UPLOAD:
		return upload(flip, setup, data);
	case DFUT_SIM_DFU_GETSTATUS:
		return dfut_sim_flip_tell_status(flip, setup, data);
	case DFUT_SIM_DFU_GETSTATE:
		return dfut_sim_dfu_answer_state(setup, data, flip->state);
	case DFUT_SIM_DFU_CLRSTATUS:
		flip->status = STATUS_OK;
		return 0;
	case DFUT_SIM_DFU_ABORT:
		flip->state = DFU_IDLE;
		return 0;
	case DFUT_SIM_DFU_DETACH:
		break;
	}
	return DFUT_ERROR_DEVICE;
}
