/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* The requests of nRF5 SDK's bootloader, and the objects that they are about: nrf_dfu_req_handler.c. */

#include <string.h>

#include "sim/parts/nordic.h"

enum request {
	PROTOCOL_VERSION = 0x00,
	OBJECT_CREATE = 0x01,
	RECEIPT_NOTIF_SET = 0x02,
	CRC_GET = 0x03,
	OBJECT_EXECUTE = 0x04,
	OBJECT_SELECT = 0x06,
	MTU_GET = 0x07,
	OBJECT_WRITE = 0x08,
	PING = 0x09,
	HARDWARE_VERSION = 0x0a,
	FIRMWARE_VERSION = 0x0b,
	ABORT = 0x0c,
	RESPONSE = 0x60,
};

enum object {
	OBJECT_COMMAND = 1,
	OBJECT_DATA = 2,
};

enum requests_option {
	REQUESTS_ALL,
	REQUESTS_FEW,
};

#define PROTOCOL 1
#define WORD_SIZE 4
/* SHA-256 of a page, by the chip's CryptoCell */
#define HASH_US 500u
/* The bytes were taken, so their host still learns that. */
#define ABORT_US 2000
/* FICR: part, variant AAD0, RAM */
#define PART 0x52840u
#define VARIANT 0x41414430u
#define RAM_SIZE (256u * 1024u)

enum image {
	IMAGE_SOFTDEVICE = 0x00,
	IMAGE_APPLICATION = 0x01,
	IMAGE_BOOTLOADER = 0x02,
	IMAGE_NONE = 0xff,
};

/* Answers. */

static void add8(struct dfut_sim_nordic_answer *answer, uint8_t value)
{
	answer->bytes[answer->size++] = value;
}

static void add32(struct dfut_sim_nordic_answer *answer, uint32_t value)
{
	dfut_put_le32(answer->bytes + answer->size, value);
	answer->size += sizeof(value);
}

static void say(struct dfut_sim_nordic_answer *answer, uint8_t request, dfut_sim_nordic_verdict verdict)
{
	answer->size = 0;
	add8(answer, RESPONSE);
	add8(answer, request);
	add8(answer, (uint8_t)(verdict >> 8));
	if (verdict >> 8 == DFUT_SIM_NORDIC_EXTENDED)
		add8(answer, (uint8_t)verdict);
}

static dfut_sim_nordic_verdict plain(enum dfut_sim_nordic_result result)
{
	return DFUT_SIM_NORDIC_VERDICT(result);
}

static bool is_success(dfut_sim_nordic_verdict verdict)
{
	return verdict == DFUT_SIM_NORDIC_VERDICT(DFUT_SIM_NORDIC_SUCCESS);
}

void dfut_sim_nordic_wait(struct dfut_sim_nordic *nordic, uint32_t ms)
{
	uint64_t us = ms ? ms * DFUT_SIM_US_PER_MS : UINT64_MAX;

	nordic->waits_until_us = ms ? dfut_sim_device_get_time_us(nordic->device) + us : UINT64_MAX;
	dfut_sim_device_set_timer(nordic->device, DFUT_SIM_NORDIC_INACTIVITY, us);
}

bool dfut_sim_nordic_has_waited(const struct dfut_sim_nordic *nordic)
{
	return dfut_sim_device_get_time_us(nordic->device) >= nordic->waits_until_us;
}

static void wait_for_update(struct dfut_sim_nordic *nordic)
{
	dfut_sim_nordic_wait(nordic, nordic->options.inactivity_ms);
}

static void forget_progress(struct dfut_sim_nordic_settings *settings)
{
	settings->command_size = 0;
	settings->command_offset = 0;
	settings->command_crc = 0;
	settings->data_size = 0;
	settings->data_offset = 0;
	settings->data_crc = 0;
	settings->data_done = 0;
	settings->data_done_crc = 0;
}

void dfut_sim_nordic_start(struct dfut_sim_nordic *nordic, bool is_bootloader)
{
	struct dfut_sim_nordic_settings *settings = &nordic->settings;

	memset(&nordic->slip, 0, sizeof(nordic->slip));
	nordic->slip.bytes = nordic->frame;
	nordic->slip.room = sizeof(nordic->frame);
	nordic->frame_size = 0;
	dfut_sim_serial_start(&nordic->serial, nordic->device, DFUT_SIM_NORDIC_REPLY);
	nordic->is_listening = false;
	nordic->is_full = false;
	nordic->is_ending = false;
	nordic->is_unchecked = false;
	nordic->object = OBJECT_COMMAND;
	nordic->receipts = 0;
	nordic->flash_until_us = 0;
	memset(nordic->buffers_until_us, 0, sizeof(nordic->buffers_until_us));
	nordic->is_init_valid = settings->command_size && settings->command_offset == settings->command_size &&
				settings->command_size <= sizeof(settings->command) &&
				dfut_sim_nordic_init_decode(&nordic->init, settings->command, settings->command_size) &&
				dfut_sim_nordic_find_bank(nordic, &nordic->init, &nordic->bank);
	if (!nordic->is_init_valid || settings->data_done > dfut_sim_nordic_init_get_size(&nordic->init)) {
		settings->data_done = 0;
		settings->data_done_crc = 0;
		settings->data_offset = 0;
	}
	dfut_sim_nordic_wait(nordic, is_bootloader ? nordic->options.inactivity_ms : 0);
}

/* Objects. */

static dfut_sim_nordic_verdict create_command(struct dfut_sim_nordic *nordic, uint32_t size)
{
	wait_for_update(nordic);
	if (size == 0)
		return plain(DFUT_SIM_NORDIC_INVALID_PARAMETER);
	if (size > DFUT_SIM_NORDIC_INIT_SIZE)
		return plain(DFUT_SIM_NORDIC_NO_RESOURCES);
	forget_progress(&nordic->settings);
	nordic->settings.command_size = size;
	nordic->is_init_valid = false;
	return plain(DFUT_SIM_NORDIC_SUCCESS);
}

static dfut_sim_nordic_verdict create_data(struct dfut_sim_nordic *nordic, uint32_t size)
{
	struct dfut_sim_nordic_settings *settings = &nordic->settings;
	uint32_t left;

	if (!nordic->is_init_valid)
		return plain(DFUT_SIM_NORDIC_NOT_PERMITTED);
	left = dfut_sim_nordic_init_get_size(&nordic->init) - settings->data_done;
	if (size == 0 || (size % DFUT_SIM_NORDIC_PAGE_SIZE && size != left))
		return plain(DFUT_SIM_NORDIC_INVALID_PARAMETER);
	if (size > DFUT_SIM_NORDIC_PAGE_SIZE)
		return plain(DFUT_SIM_NORDIC_NO_RESOURCES);
	if (size > left)
		return plain(DFUT_SIM_NORDIC_NOT_PERMITTED);
	settings->data_size = size;
	settings->data_offset = settings->data_done;
	settings->data_crc = settings->data_done_crc;
	dfut_sim_nordic_erase(nordic, nordic->bank + settings->data_offset, size);
	return plain(DFUT_SIM_NORDIC_SUCCESS);
}

static dfut_sim_nordic_verdict create(struct dfut_sim_nordic *nordic, const uint8_t *payload)
{
	uint32_t size = dfut_le32(payload + 1);
	dfut_sim_nordic_verdict verdict = plain(DFUT_SIM_NORDIC_INVALID_OBJECT);

	/* That is meant from now on, whatever comes of this. */
	nordic->object = payload[0];
	if (payload[0] == OBJECT_COMMAND)
		verdict = create_command(nordic, size);
	else if (payload[0] == OBJECT_DATA)
		verdict = create_data(nordic, size);
	if (!is_success(verdict))
		return verdict;
	nordic->is_unchecked = false;
	nordic->receipts_left = nordic->receipts;
	return verdict;
}

static void select_object(struct dfut_sim_nordic *nordic, uint8_t type, struct dfut_sim_nordic_answer *answer)
{
	const struct dfut_sim_nordic_settings *settings = &nordic->settings;
	bool is_command = type == OBJECT_COMMAND;

	nordic->object = type;
	if (!is_command && type != OBJECT_DATA) {
		say(answer, OBJECT_SELECT, plain(DFUT_SIM_NORDIC_INVALID_OBJECT));
		return;
	}
	nordic->is_unchecked = false;
	add32(answer, is_command ? DFUT_SIM_NORDIC_INIT_SIZE : DFUT_SIM_NORDIC_PAGE_SIZE);
	add32(answer, is_command ? settings->command_offset : settings->data_offset);
	add32(answer, is_command ? settings->command_crc : settings->data_crc);
}

static void tell_crc(struct dfut_sim_nordic *nordic, struct dfut_sim_nordic_answer *answer)
{
	const struct dfut_sim_nordic_settings *settings = &nordic->settings;
	bool is_command = nordic->object == OBJECT_COMMAND;

	if (!is_command && nordic->object != OBJECT_DATA) {
		say(answer, CRC_GET, plain(DFUT_SIM_NORDIC_INVALID_OBJECT));
		return;
	}
	say(answer, CRC_GET, plain(DFUT_SIM_NORDIC_SUCCESS));
	nordic->is_unchecked = false;
	add32(answer, is_command ? settings->command_offset : settings->data_offset);
	add32(answer, is_command ? settings->command_crc : settings->data_crc);
}

/* WRITE. */

/* They return what a receipt would say. */

static enum dfut_sim_nordic_result write_command(struct dfut_sim_nordic *nordic, const uint8_t *bytes, size_t size)
{
	struct dfut_sim_nordic_settings *settings = &nordic->settings;

	if (size > settings->command_size - settings->command_offset)
		return DFUT_SIM_NORDIC_INVALID_PARAMETER;
	memcpy(settings->command + settings->command_offset, bytes, size);
	settings->command_offset += (uint32_t)size;
	settings->command_crc = dfut_sim_nordic_crc(settings->command_crc, bytes, size);
	return DFUT_SIM_NORDIC_SUCCESS;
}

/* The bytes stay in the buffer that they came in until they are in the flash; without a buffer nothing comes in. */
static void hold_buffer(struct dfut_sim_nordic *nordic, uint64_t until_us)
{
	uint64_t now_us = dfut_sim_device_get_time_us(nordic->device);
	uint64_t oldest_us = nordic->buffers_until_us[0];

	memmove(nordic->buffers_until_us, nordic->buffers_until_us + 1,
		sizeof(nordic->buffers_until_us) - sizeof(nordic->buffers_until_us[0]));
	nordic->buffers_until_us[DFUT_SIM_NORDIC_BUFFER_COUNT - 1] = until_us;
	if (oldest_us > now_us && oldest_us - now_us > nordic->device->answer_delay_us)
		nordic->device->answer_delay_us = oldest_us - now_us;
}

/* is_lost: the receipt says success, but of nothing. */
static enum dfut_sim_nordic_result write_data(struct dfut_sim_nordic *nordic, const uint8_t *bytes, size_t size,
					      bool *is_lost)
{
	struct dfut_sim_nordic_settings *settings = &nordic->settings;

	if (!nordic->is_init_valid)
		return DFUT_SIM_NORDIC_NOT_PERMITTED;
	if (size > settings->data_done + settings->data_size - settings->data_offset)
		return DFUT_SIM_NORDIC_INVALID_PARAMETER;
	*is_lost = size % WORD_SIZE;
	if (*is_lost) {
		dfut_sim_device_breach(nordic->device,
				       "data: WRITE of %zu bytes, no multiple of 4: the flash driver "
				       "refuses it (nrf_fstorage)",
				       size);
		return DFUT_SIM_NORDIC_SUCCESS;
	}
	hold_buffer(nordic, dfut_sim_nordic_write(nordic, nordic->bank + settings->data_offset, bytes, size));
	settings->data_offset += (uint32_t)size;
	settings->data_crc = dfut_sim_nordic_crc(settings->data_crc, bytes, size);
	return DFUT_SIM_NORDIC_SUCCESS;
}

static void write(struct dfut_sim_nordic *nordic, const uint8_t *bytes, size_t size,
		  struct dfut_sim_nordic_answer *answer)
{
	enum dfut_sim_nordic_result result = DFUT_SIM_NORDIC_INVALID_OBJECT;
	bool is_lost = false;

	answer->size = 0;
	if (nordic->object == OBJECT_COMMAND)
		result = write_command(nordic, bytes, size);
	else if (nordic->object == OBJECT_DATA)
		result = write_data(nordic, bytes, size, &is_lost);
	nordic->is_unchecked = true;
	if (!nordic->receipts || --nordic->receipts_left)
		return;
	nordic->receipts_left = nordic->receipts;
	if (result == DFUT_SIM_NORDIC_SUCCESS && !is_lost) {
		tell_crc(nordic, answer);
		return;
	}
	say(answer, CRC_GET, plain(result));
	if (!is_lost)
		return;
	add32(answer, 0);
	add32(answer, 0);
}

/* EXECUTE. */

static dfut_sim_nordic_verdict execute_command(struct dfut_sim_nordic *nordic, struct dfut_sim_nordic_answer *answer)
{
	struct dfut_sim_nordic_settings *settings = &nordic->settings;
	dfut_sim_nordic_verdict verdict = plain(DFUT_SIM_NORDIC_INVALID_OBJECT);

	if (settings->command_offset != settings->command_size)
		return plain(DFUT_SIM_NORDIC_NOT_PERMITTED);
	if (nordic->is_init_valid)
		return plain(DFUT_SIM_NORDIC_SUCCESS);
	if (dfut_sim_nordic_init_decode(&nordic->init, settings->command, settings->command_size))
		verdict = dfut_sim_nordic_check_init(nordic, &nordic->init);
	if (!is_success(verdict)) {
		forget_progress(settings);
		return verdict;
	}
	dfut_sim_nordic_find_bank(nordic, &nordic->init, &nordic->bank);
	/* What is overwritten is not started any more. */
	if (nordic->bank == dfut_sim_nordic_get_application_address(nordic))
		settings->application_size = 0;
	nordic->is_init_valid = true;
	dfut_sim_nordic_save(nordic);
	answer->after_us = dfut_sim_nordic_get_busy_us(nordic);
	return verdict;
}

/* The whole image is there. The device restarts, whether it was right or not. */
static dfut_sim_nordic_verdict finish(struct dfut_sim_nordic *nordic, struct dfut_sim_nordic_answer *answer)
{
	struct dfut_sim_nordic_settings *settings = &nordic->settings;
	dfut_sim_nordic_verdict verdict = dfut_sim_nordic_check_image(nordic);
	uint32_t crc = settings->data_crc;

	answer->after_us = dfut_sim_nordic_get_busy_us(nordic) +
			   settings->data_done / DFUT_SIM_NORDIC_PAGE_SIZE * (uint64_t)HASH_US;
	if (is_success(verdict))
		dfut_sim_nordic_plan_update(nordic);
	forget_progress(settings);
	if (is_success(verdict))
		settings->data_crc = crc;
	nordic->is_init_valid = false;
	nordic->is_ending = true;
	dfut_sim_nordic_save(nordic);
	dfut_sim_device_set_timer(nordic->device, DFUT_SIM_NORDIC_RESET,
				  answer->after_us + dfut_sim_nordic_get_busy_us(nordic));
	return verdict;
}

static dfut_sim_nordic_verdict execute_data(struct dfut_sim_nordic *nordic, struct dfut_sim_nordic_answer *answer)
{
	struct dfut_sim_nordic_settings *settings = &nordic->settings;

	if (!nordic->is_init_valid || settings->data_offset - settings->data_done != settings->data_size)
		return plain(DFUT_SIM_NORDIC_NOT_PERMITTED);
	nordic->device->counters.objects += settings->data_size ? 1 : 0;
	settings->data_size = 0;
	settings->data_done = settings->data_offset;
	settings->data_done_crc = settings->data_crc;
	wait_for_update(nordic);
	if (settings->data_done == dfut_sim_nordic_init_get_size(&nordic->init))
		return finish(nordic, answer);
	/* The answer does not wait for that. */
	answer->after_us = dfut_sim_nordic_get_busy_us(nordic);
	if (nordic->options.saves_progress)
		dfut_sim_nordic_save(nordic);
	return plain(DFUT_SIM_NORDIC_SUCCESS);
}

static void execute(struct dfut_sim_nordic *nordic, struct dfut_sim_nordic_answer *answer)
{
	dfut_sim_nordic_verdict verdict = plain(DFUT_SIM_NORDIC_INVALID_OBJECT);

	if (nordic->is_unchecked)
		dfut_sim_device_breach(nordic->device,
				       "%s: EXECUTE of what nobody asked the CRC of: a WRITE that fails "
				       "is silent (nrf_dfu_req_handler.c)",
				       dfut_sim_nordic_get_state_name(nordic));
	if (nordic->object == OBJECT_COMMAND)
		verdict = execute_command(nordic, answer);
	else if (nordic->object == OBJECT_DATA)
		verdict = execute_data(nordic, answer);
	say(answer, OBJECT_EXECUTE, verdict);
}

/* What it is. */

static void tell_hardware(struct dfut_sim_nordic_answer *answer)
{
	add32(answer, PART);
	add32(answer, VARIANT);
	add32(answer, DFUT_SIM_NORDIC_FLASH_SIZE);
	add32(answer, RAM_SIZE);
	add32(answer, DFUT_SIM_NORDIC_PAGE_SIZE);
}

static void add_image(struct dfut_sim_nordic_answer *answer, enum image image, uint32_t version, uint32_t address,
		      uint32_t size)
{
	add8(answer, (uint8_t)image);
	add32(answer, version);
	add32(answer, address);
	add32(answer, size);
}

static void tell_firmware(const struct dfut_sim_nordic *nordic, uint8_t index, struct dfut_sim_nordic_answer *answer)
{
	const struct dfut_sim_nordic_settings *settings = &nordic->settings;

	if (index == 0) {
		add_image(answer, IMAGE_BOOTLOADER, settings->bootloader_version, DFUT_SIM_NORDIC_BOOTLOADER,
			  DFUT_SIM_NORDIC_BOOTLOADER_SIZE);
		return;
	}
	if (settings->softdevice && --index == 0) {
		add_image(answer, IMAGE_SOFTDEVICE, settings->softdevice_version, DFUT_SIM_NORDIC_MBR_SIZE,
			  settings->softdevice_size);
		return;
	}
	if (settings->application_size && --index == 0) {
		add_image(answer, IMAGE_APPLICATION, settings->application_version,
			  dfut_sim_nordic_get_application_address(nordic), settings->application_size);
		return;
	}
	add_image(answer, IMAGE_NONE, 0, 0, 0);
}

static void set_receipts(struct dfut_sim_nordic *nordic, uint16_t count)
{
	nordic->receipts = count;
	nordic->receipts_left = count;
}

/* How much a request needs behind its code; -1 if there is no such request. */
static int get_payload_size(const struct dfut_sim_nordic *nordic, uint8_t request)
{
	bool has_all = nordic->options.requests == REQUESTS_ALL;

	switch (request) {
	case CRC_GET:
	case OBJECT_EXECUTE:
	case MTU_GET:
	case OBJECT_WRITE:
	case ABORT:
		return 0;
	case OBJECT_SELECT:
	case PING:
		return 1;
	case RECEIPT_NOTIF_SET:
		return 2;
	case OBJECT_CREATE:
		return 5;
	case PROTOCOL_VERSION:
	case HARDWARE_VERSION:
		return has_all ? 0 : -1;
	case FIRMWARE_VERSION:
		return has_all ? 1 : -1;
	default:
		return -1;
	}
}

static void carry_out(struct dfut_sim_nordic *nordic, const uint8_t *request, size_t size,
		      struct dfut_sim_nordic_answer *answer)
{
	const uint8_t *payload = request + 1;

	switch ((enum request)request[0]) {
	case PROTOCOL_VERSION:
		add8(answer, PROTOCOL);
		return;
	case OBJECT_CREATE:
		say(answer, OBJECT_CREATE, create(nordic, payload));
		return;
	case RECEIPT_NOTIF_SET:
		set_receipts(nordic, dfut_le16(payload));
		return;
	case CRC_GET:
		tell_crc(nordic, answer);
		return;
	case OBJECT_EXECUTE:
		execute(nordic, answer);
		return;
	case OBJECT_SELECT:
		select_object(nordic, payload[0], answer);
		return;
	case MTU_GET:
		add8(answer, DFUT_SIM_NORDIC_MTU & 0xff);
		add8(answer, DFUT_SIM_NORDIC_MTU >> 8);
		return;
	case OBJECT_WRITE:
		write(nordic, payload, size - 1, answer);
		return;
	case PING:
		add8(answer, payload[0]);
		return;
	case HARDWARE_VERSION:
		tell_hardware(answer);
		return;
	case FIRMWARE_VERSION:
		tell_firmware(nordic, payload[0], answer);
		return;
	case ABORT:
	case RESPONSE:
		break;
	}
	/* The restart comes before the answer. */
	answer->size = 0;
	nordic->is_ending = true;
	dfut_sim_device_set_timer(nordic->device, DFUT_SIM_NORDIC_RESET, ABORT_US);
}

void dfut_sim_nordic_answer(struct dfut_sim_nordic *nordic, const uint8_t *request, size_t size,
			    struct dfut_sim_nordic_answer *answer)
{
	int payload_size = get_payload_size(nordic, request[0]);

	memset(answer, 0, sizeof(*answer));
	if (payload_size < 0) {
		say(answer, request[0], plain(DFUT_SIM_NORDIC_NOT_SUPPORTED));
		return;
	}
	if (size - 1 < (size_t)payload_size) {
		dfut_sim_device_breach(nordic->device, "%s: request 0x%02x with %zu bytes, which needs %d",
				       dfut_sim_nordic_get_state_name(nordic), request[0], size - 1, payload_size);
		say(answer, request[0], plain(DFUT_SIM_NORDIC_INVALID_PARAMETER));
		return;
	}
	say(answer, request[0], plain(DFUT_SIM_NORDIC_SUCCESS));
	carry_out(nordic, request, size, answer);
}
