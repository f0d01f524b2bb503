/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* Messages to an application of Zephyr: mcumgr/smp/src/smp.c and grp/os_mgmt/src/os_mgmt.c. */

#include <stdlib.h>
#include <string.h>

#include "sim/parts/smp.h"

#define OP_MASK 0x07
#define VERSION_SHIFT 3
#define VERSION_MASK 0x03
#define RESET_MS 250
#define BUFFER_COUNT 4
#define QUERY_YIELDS_NOTHING 3
/* slot0_partition of the nRF52840 DK is larger; tests are quicker so */
#define SLOT_SIZE (256 * 1024)
/* nRF52840 product specification: a page is erased, four bytes are written */
#define ERASE_MS 85
#define WRITE_US 41
#define WRITE_BLOCK 8

/* MCUBOOT_MODE_ in boot/bootutil/include/bootutil/boot_status.h */
enum loader_mode {
	LOADER_SINGLE = 0,
	LOADER_OVERWRITE = 2,
	LOADER_SWAP_MOVE = 3,
};

/* Life. */

void dfut_sim_smp_create(struct dfut_sim_smp *smp, struct dfut_sim_device *device, const struct dfut_sim_cdc *cdc)
{
	smp->device = device;
	smp->cdc = cdc;
	smp->options.buffer = DFUT_SIM_SMP_BUFFER_BY_MODE;
	smp->options.version = 2;
	smp->options.images = 1;
	smp->options.slot_size = SLOT_SIZE;
	smp->options.erase_ms = ERASE_MS;
	smp->options.write_us = WRITE_US;
	smp->options.write_block = WRITE_BLOCK;
	smp->options.slot_info = true;
	smp->options.match = true;
	smp->options.echo = true;
}

int dfut_sim_smp_prepare(struct dfut_sim_smp *smp)
{
	if (smp->options.slot_size % DFUT_SIM_SMP_PAGE_SIZE)
		return dfut_sim_fail(smp->device->sim, DFUT_ERROR_USAGE, "slot-size=%u is no multiple of %u",
				     (unsigned int)smp->options.slot_size, DFUT_SIM_SMP_PAGE_SIZE);
	return dfut_sim_smp_make_slots(smp);
}

void dfut_sim_smp_free(struct dfut_sim_smp *smp)
{
	for (size_t i = 0; i < DFUT_SIM_SMP_SLOT_LIMIT; i++)
		free(smp->slots[i]);
}

void dfut_sim_smp_start(struct dfut_sim_smp *smp, bool is_recovery)
{
	smp->is_recovery = is_recovery;
	smp->line.size = 0;
	smp->is_long = false;
	smp->is_set = false;
	smp->is_spoilt = false;
	smp->line_count = 0;
	smp->packet_size = 0;
	smp->command_size = 0;
	smp->text_size = 0;
	smp->line_until_us = 0;
	smp->busy_until_us = 0;
	smp->unread = 0;
	smp->answers = 0;
	smp->is_resetting = false;
	smp->last_offset = 0;
	smp->is_told = false;
	memset(&smp->upload, 0, sizeof(smp->upload));
	dfut_sim_serial_start(&smp->serial, smp->device, DFUT_SIM_SMP_REPLY);
	smp->serial.baud = smp->options.speed;
	dfut_sim_smp_say_banner(smp);
}

const char *dfut_sim_smp_get_state_name(const struct dfut_sim_smp *smp)
{
	if (smp->is_resetting)
		return "resetting";
	return smp->upload.is_open ? "uploading" : "idle";
}

int dfut_sim_smp_get_memory(struct dfut_sim_smp *smp, size_t index, struct dfut_sim_memory *memory)
{
	static const char *const names[DFUT_SIM_SMP_SLOT_LIMIT] = { "slot0", "slot1", "slot2", "slot3" };

	for (unsigned int slot = 0; slot < DFUT_SIM_SMP_SLOT_LIMIT; slot++) {
		if (!dfut_sim_smp_has_slot(smp, slot) || index--)
			continue;
		*memory = (struct dfut_sim_memory){ names[slot], smp->slots[slot], smp->options.slot_size };
		return 0;
	}
	return DFUT_ERROR_NOT_FOUND;
}

void dfut_sim_smp_reset(struct dfut_sim_smp *smp)
{
	smp->is_resetting = true;
	dfut_sim_device_set_timer(smp->device, DFUT_SIM_SMP_RESET, RESET_MS * DFUT_SIM_US_PER_MS);
}

/* The group of the operating system. */

bool dfut_sim_smp_read(const struct dfut_sim_smp *smp, const struct dfut_sim_smp_request *request,
		       struct dfut_sim_cbor_field *fields, size_t count)
{
	return dfut_sim_cbor_read_map(request->payload, request->size, smp->options.encoding, fields, count);
}

void dfut_sim_smp_put_parameters(struct dfut_sim_smp *smp)
{
	dfut_sim_cbor_put_number_as(&smp->cbor, "buf_size", (uint32_t)dfut_sim_smp_get_buffer_size(smp));
	dfut_sim_cbor_put_number_as(&smp->cbor, "buf_count", smp->is_recovery ? 1 : BUFFER_COUNT);
}

static int answer_echo(struct dfut_sim_smp *smp, const struct dfut_sim_smp_request *request)
{
	struct dfut_sim_cbor_field text = { .key = "d", .kind = DFUT_SIM_CBOR_TEXT };

	if (!dfut_sim_smp_read(smp, request, &text, 1))
		return DFUT_SIM_SMP_INVALID;
	dfut_sim_cbor_put_text(&smp->cbor, "r");
	dfut_sim_cbor_put_text_bytes(&smp->cbor, text.bytes, text.size);
	return DFUT_SIM_SMP_OK;
}

static uint32_t get_loader_mode(const struct dfut_sim_smp *smp)
{
	switch ((enum dfut_sim_smp_loader)smp->options.loader) {
	case DFUT_SIM_SMP_OVERWRITE:
		return LOADER_OVERWRITE;
	case DFUT_SIM_SMP_SINGLE:
		return LOADER_SINGLE;
	case DFUT_SIM_SMP_SWAP:
		break;
	}
	return LOADER_SWAP_MOVE;
}

static int answer_loader_info(struct dfut_sim_smp *smp, const struct dfut_sim_smp_request *request)
{
	static const char mode[] = "mode";
	struct dfut_sim_cbor_field query = { .key = "query", .kind = DFUT_SIM_CBOR_TEXT };

	if (!dfut_sim_smp_read(smp, request, &query, 1))
		return DFUT_SIM_SMP_INVALID;
	if (!query.is_there) {
		dfut_sim_cbor_put_text(&smp->cbor, "bootloader");
		dfut_sim_cbor_put_text(&smp->cbor, "MCUboot");
		return DFUT_SIM_SMP_OK;
	}
	if (query.size != strlen(mode) || memcmp(query.bytes, mode, query.size) != 0) {
		smp->error_group = DFUT_SIM_SMP_OS;
		smp->error = QUERY_YIELDS_NOTHING;
		return DFUT_SIM_SMP_OK;
	}
	dfut_sim_cbor_put_number_as(&smp->cbor, mode, get_loader_mode(smp));
	if (smp->options.no_downgrade)
		dfut_sim_cbor_put_flag_as(&smp->cbor, "no-downgrade", true);
	return DFUT_SIM_SMP_OK;
}

static int answer_os(struct dfut_sim_smp *smp, const struct dfut_sim_smp_request *request)
{
	bool is_read = request->op == DFUT_SIM_SMP_READ;

	switch (request->command) {
	case DFUT_SIM_SMP_ECHO_TEXT:
		return answer_echo(smp, request);
	case DFUT_SIM_SMP_RESTART:
		if (is_read)
			return DFUT_SIM_SMP_NOT_SUPPORTED;
		dfut_sim_smp_reset(smp);
		return DFUT_SIM_SMP_OK;
	case DFUT_SIM_SMP_PARAMETERS:
		if (!is_read || smp->options.buffer == DFUT_SIM_SMP_BUFFER_NONE)
			return DFUT_SIM_SMP_NOT_SUPPORTED;
		dfut_sim_smp_put_parameters(smp);
		return DFUT_SIM_SMP_OK;
	case DFUT_SIM_SMP_LOADER_INFO:
		return is_read ? answer_loader_info(smp, request) : DFUT_SIM_SMP_NOT_SUPPORTED;
	default:
		return DFUT_SIM_SMP_NOT_SUPPORTED;
	}
}

/* Messages. */

void dfut_sim_smp_check_offset(struct dfut_sim_smp *smp, uint32_t offset)
{
	uint32_t wanted = smp->upload.offset;

	if (offset != wanted && offset && (smp->is_told || offset != smp->last_offset))
		dfut_sim_device_breach(smp->device, "%s: a part of the image from %u on, where %u was asked for",
				       dfut_sim_smp_get_state_name(smp), (unsigned int)offset, (unsigned int)wanted);
	smp->is_told = offset != wanted;
	smp->last_offset = offset;
}

static void start_answer(struct dfut_sim_smp *smp)
{
	dfut_sim_cbor_start(&smp->cbor, smp->answer + DFUT_SIM_SMP_HEADER_SIZE,
			    dfut_sim_smp_get_buffer_size(smp) - DFUT_SIM_SMP_HEADER_SIZE, smp->options.encoding);
	dfut_sim_cbor_open_map(&smp->cbor);
	smp->error = 0;
}

static void put_error(struct dfut_sim_smp *smp, int code, uint8_t version)
{
	bool is_group_error = code == DFUT_SIM_SMP_OK && smp->error;
	int translated = smp->error_group == DFUT_SIM_SMP_IMAGE ? dfut_sim_smp_translate_image_error(smp->error) :
								  DFUT_SIM_SMP_NO_ENTRY;
	uint32_t error = smp->error;

	start_answer(smp);
	if (!is_group_error || !version) {
		dfut_sim_cbor_put_number_as(&smp->cbor, "rc", (uint32_t)(is_group_error ? translated : code));
		return;
	}
	dfut_sim_cbor_put_text(&smp->cbor, "err");
	dfut_sim_cbor_open_map(&smp->cbor);
	dfut_sim_cbor_put_number_as(&smp->cbor, "group", smp->error_group);
	dfut_sim_cbor_put_number_as(&smp->cbor, "rc", error);
	dfut_sim_cbor_close(&smp->cbor);
}

static int answer_request(struct dfut_sim_smp *smp, const struct dfut_sim_smp_request *request)
{
	if (request->version > 1)
		return DFUT_SIM_SMP_TOO_NEW;
	if (request->op != DFUT_SIM_SMP_READ && request->op != DFUT_SIM_SMP_WRITE)
		return DFUT_SIM_SMP_NOT_SUPPORTED;
	switch (request->group) {
	case DFUT_SIM_SMP_OS:
		return answer_os(smp, request);
	case DFUT_SIM_SMP_IMAGE:
		return dfut_sim_smp_answer_image(smp, request);
	default:
		return DFUT_SIM_SMP_NOT_SUPPORTED;
	}
}

static void answer(struct dfut_sim_smp *smp, const struct dfut_sim_smp_request *request, bool is_whole)
{
	uint8_t version = request->version > 1 ? 1 : request->version;
	int code = DFUT_SIM_SMP_CORRUPT;
	size_t size;

	start_answer(smp);
	if (is_whole)
		code = answer_request(smp, request);
	if (code || smp->error)
		put_error(smp, code, version);
	dfut_sim_cbor_close(&smp->cbor);
	if (smp->cbor.is_full) {
		put_error(smp, DFUT_SIM_SMP_TOO_BIG, version);
		dfut_sim_cbor_close(&smp->cbor);
	}
	size = smp->cbor.size;
	memcpy(smp->answer, request->head, DFUT_SIM_SMP_HEADER_SIZE);
	smp->answer[0] = (uint8_t)((request->op == DFUT_SIM_SMP_READ ? 1 : 3) | version << VERSION_SHIFT);
	smp->answer[1] = 0;
	dfut_sim_smp_put16(smp->answer + 2, size);
	dfut_sim_smp_say(smp, DFUT_SIM_SMP_HEADER_SIZE + size);
}

/* Several requests can be in one message. */
static void take_requests(struct dfut_sim_smp *smp, const uint8_t *bytes, size_t size)
{
	while (size >= DFUT_SIM_SMP_HEADER_SIZE) {
		size_t length = dfut_sim_smp_get16(bytes + 2);
		size_t rest = size - DFUT_SIM_SMP_HEADER_SIZE;
		struct dfut_sim_smp_request request = {
			.op = bytes[0] & OP_MASK,
			.version = bytes[0] >> VERSION_SHIFT & VERSION_MASK,
			.group = dfut_sim_smp_get16(bytes + 4),
			.command = bytes[7],
			.payload = bytes + DFUT_SIM_SMP_HEADER_SIZE,
			.size = length < rest ? length : rest,
		};

		memcpy(request.head, bytes, sizeof(request.head));
		if (smp->options.version == 1)
			request.version = 0;
		answer(smp, &request, length <= rest);
		if (length >= rest)
			return;
		bytes += DFUT_SIM_SMP_HEADER_SIZE + length;
		size = rest - length;
	}
}

void dfut_sim_smp_take(struct dfut_sim_smp *smp, const uint8_t *bytes, size_t size)
{
	if (smp->is_recovery)
		dfut_sim_smp_recover(smp, bytes, size);
	else
		take_requests(smp, bytes, size);
}
