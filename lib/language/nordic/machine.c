/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/*
 * Nordic's Secure DFU over a serial port, host side (nRF5 SDK 17.1, nrf_dfu_req_handler.c): the init packet, which the
 * bootloader judges, then the firmware in objects of a flash page. What it has already is not sent again. Whatever goes
 * wrong on the way is answered alike: ping, ask what it has, go on from there. Drawing: docs/protocols/nordic.md.
 */

#include <inttypes.h>
#include <stdio.h>
#include <zlib.h>

#include "language/nordic/line.h"
#include "language/nordic/machine.h"

/* Requests that touch no flash. */
#define QUICK_MS 1000
/* Of a page, nRF52 at worst (nRF52840 PS 1.1, 6.2): erase 85 ms, write 1024 words of 41 us. */
#define ERASE_PAGE_MS 90
#define WRITE_PAGE_MS 45
#define PAGE_SIZE 4096
/* A signature in software, on the slowest chip. */
#define INIT_MS 6000
/* SHA-256 of a KiB in software. */
#define HASH_KIB_MS 2
/* Times in a row that it is begun anew without getting any further. */
#define SETBACK_LIMIT 5
/* ... from which on what the bootloader has kept is thrown away. */
#define SETBACKS_BEFORE_FRESH 2
#define WRITE_MAX 1024

enum step {
	STEP_BEGIN,
	STEP_FOUND,
	STEP_QUIET, /* RECEIPT_NOTIF_SET 0 */
	STEP_MTU,
	STEP_HARDWARE,
	STEP_FIRMWARE,
	STEP_SELECT_INIT,
	STEP_CREATE_INIT,
	STEP_WRITE_INIT,
	STEP_CRC_INIT,
	STEP_EXECUTE_INIT,
	STEP_SELECT_DATA,
	STEP_CREATE_DATA,
	STEP_WRITE_DATA,
	STEP_CRC_DATA,
	STEP_EXECUTE_DATA,
	STEP_LEAVING, /* ABORT */
};

struct nordic {
	struct nordic_line line; /* the first: both machines have one */
	const struct dfut_job *job;
	const struct nordic_job *own;
	enum step step;
	bool has_asked; /* MTU and versions */
	size_t write_size;
	struct nordic_versions versions;
	uint32_t object_max;
	size_t sent;	   /* of the init packet or the firmware */
	size_t object_end; /* where the object that is under way ends */
	uint32_t crc;	   /* of all that was sent */
	size_t done;	   /* executed, or known to be there */
	size_t furthest;   /* that it has ever been */
	bool has_init;	   /* the bootloader has taken the init packet */
	bool is_resumed;   /* EXECUTE of what was there before: it may be executed already */
	bool is_last;	   /* EXECUTE of the last object was sent: the device leaves */
	unsigned int setbacks;
	bool is_fresh; /* what the bootloader has kept is of no use */
	int refusal;   /* what to end with after ABORT */
};

static int begin(void *state, const struct dfut_job *job)
{
	struct nordic *nordic = state;

	nordic->job = job;
	nordic->own = job->own;
	nordic_line_begin(&nordic->line, job);
	return 0;
}

static void progress(const void *state, uint64_t *done, uint64_t *total)
{
	const struct nordic *nordic = state;

	*done = nordic->done;
	*total = nordic->has_init ? nordic->job->size : 0;
}

static enum dfut_session_state phase(const void *state)
{
	const struct nordic *nordic = state;

	if (nordic->is_last)
		return DFUT_SESSION_MANIFESTING;
	return nordic->has_init ? DFUT_SESSION_DOWNLOADING : DFUT_SESSION_ANNOUNCING;
}

/* Where we are, for error texts. */
static const char *get_place(const struct nordic *nordic, char *text, size_t size)
{
	switch (nordic->step) {
	case STEP_BEGIN:
	case STEP_FOUND:
	case STEP_QUIET:
	case STEP_MTU:
	case STEP_HARDWARE:
	case STEP_FIRMWARE:
	case STEP_SELECT_INIT:
	case STEP_LEAVING:
		snprintf(text, size, "before the init packet");
		break;
	case STEP_CREATE_INIT:
	case STEP_WRITE_INIT:
	case STEP_CRC_INIT:
	case STEP_EXECUTE_INIT:
		snprintf(text, size, "init packet");
		break;
	case STEP_SELECT_DATA:
	case STEP_CREATE_DATA:
	case STEP_WRITE_DATA:
	case STEP_CRC_DATA:
	case STEP_EXECUTE_DATA:
		snprintf(text, size, "firmware at 0x%zx of 0x%" PRIx64, nordic->done, nordic->job->size);
		break;
	}
	return text;
}

/* Words for a code that came from the line. */
static int broke(const struct nordic *nordic, int code)
{
	struct dfut_failure *failure = nordic->job->failure;
	char where[64];

	if (nordic->step == STEP_BEGIN && nordic->line.port.step == DFUT_PORT_OPENING)
		return dfut_fail(failure, code, "the serial port of interface %u can't be used: %s",
				 nordic->job->interface, dfut_error_get_text(code));
	get_place(nordic, where, sizeof(where));
	if (code == DFUT_ERROR_TIMEOUT && nordic->line.op == NORDIC_OP_PING) {
		dfut_fail(failure, code, "%s: the bootloader does not answer on its serial port", where);
		dfut_hint(
			failure,
			"unplug it, plug it in again, and repeat: a bootloader that was sent something else first may be stuck until then");
		return code;
	}
	dfut_fail(failure, code, "%s: %s: %s", where, nordic_op_get_name(nordic->line.op), dfut_error_get_text(code));
	if (code == DFUT_ERROR_GONE)
		dfut_hint(failure, "plug the device in again and repeat: the update starts from its bootloader");
	return code;
}

static int refused(const struct nordic *nordic)
{
	const struct nordic_reply *reply = &nordic->line.reply;
	struct dfut_failure *failure = nordic->job->failure;
	char where[64], code[32];

	if (reply->result == NORDIC_RESULT_EXTENDED)
		snprintf(code, sizeof(code), "extended error 0x%02x", reply->extended);
	else
		snprintf(code, sizeof(code), "result 0x%02x", reply->result);
	dfut_fail(failure, DFUT_ERROR_DEVICE, "%s: the bootloader refuses %s: %s (%s)",
		  get_place(nordic, where, sizeof(where)), nordic_op_get_name(reply->op), nordic_reply_get_text(reply),
		  code);
	if (nordic_reply_get_hint(reply))
		dfut_hint(failure, "%s", nordic_reply_get_hint(reply));
	return DFUT_ERROR_DEVICE;
}

static int request(struct nordic *nordic, struct dfut_next *next, enum step step, uint8_t op, const uint8_t *data,
		   size_t size, uint32_t limit_ms)
{
	nordic->step = step;
	return nordic_line_request(&nordic->line, next, op, data, size, limit_ms);
}

/* The package does not fit: no byte of it was taken, and the application may still be there. */
static int refuse(struct nordic *nordic, int code, struct dfut_next *next)
{
	if (!nordic->own->leave_if_refused)
		return code;
	nordic->refusal = code;
	nordic->step = STEP_LEAVING;
	nordic_line_clear(&nordic->line);
	nordic_line_add(&nordic->line, NORDIC_OP_ABORT, NULL, 0);
	return nordic_line_send(&nordic->line, next, QUICK_MS);
}

/* Begins anew with what the bootloader has; the failure that led here is told if that does not help. */
static int set_back(struct nordic *nordic, int code, struct dfut_next *next)
{
	if (++nordic->setbacks > SETBACK_LIMIT)
		return code;
	nordic->is_fresh = nordic->setbacks > SETBACKS_BEFORE_FRESH;
	nordic->step = STEP_FOUND;
	return nordic_line_find_back(&nordic->line, next);
}

/* Getting ready. */

static int select_object(struct nordic *nordic, struct dfut_next *next, enum step step, enum nordic_object type)
{
	return request(nordic, next, step, NORDIC_OP_OBJECT_SELECT, &(uint8_t){ (uint8_t)type }, 1, QUICK_MS);
}

static int ask_firmware(struct nordic *nordic, struct dfut_next *next)
{
	uint8_t index = (uint8_t)nordic->versions.firmware_count;

	return request(nordic, next, STEP_FIRMWARE, NORDIC_OP_FIRMWARE_VERSION, &index, 1, QUICK_MS);
}

static int take_mtu(struct nordic *nordic, struct dfut_next *next)
{
	uint16_t mtu = dfut_le16(nordic->line.reply.payload);
	/* As if all had to be escaped: the bootloader's decoder is stuck for ever once it is full. */
	size_t size = mtu < 3 ? 0 : (size_t)(mtu - 1) / 2 - 1;

	/* Flash takes words. */
	nordic->write_size = (size < WRITE_MAX ? size : WRITE_MAX) / 4 * 4;
	if (nordic->write_size)
		return request(nordic, next, STEP_HARDWARE, NORDIC_OP_HARDWARE_VERSION, NULL, 0, QUICK_MS);
	return dfut_fail(nordic->job->failure, DFUT_ERROR_PROTOCOL,
			 "the bootloader says that it takes frames of %u bytes: too "
			 "few to write a word",
			 mtu);
}

static void take_hardware(struct nordic *nordic)
{
	struct nordic_versions *versions = &nordic->versions;
	const uint8_t *payload = nordic->line.reply.payload;

	if (nordic->line.reply.result != NORDIC_RESULT_SUCCESS)
		return;
	versions->has_hardware = true;
	versions->chip = dfut_le32(payload);
	versions->flash_size = dfut_le32(payload + 8);
	versions->ram_size = dfut_le32(payload + 12);
	versions->page_size = dfut_le32(payload + 16);
}

static int judge(struct nordic *nordic, struct dfut_next *next)
{
	int result = nordic->own->judge ? nordic->own->judge(&nordic->versions, nordic->own->judge_data) : 0;

	nordic->has_asked = true;
	if (result < 0)
		return refuse(nordic, result, next);
	return select_object(nordic, next, STEP_SELECT_INIT, NORDIC_OBJECT_COMMAND);
}

/* Past the last one the answer is a success of type 0xff. */
static int take_firmware(struct nordic *nordic, struct dfut_next *next)
{
	struct nordic_versions *versions = &nordic->versions;
	const uint8_t *payload = nordic->line.reply.payload;

	if (nordic->line.reply.result != NORDIC_RESULT_SUCCESS)
		return judge(nordic, next);
	versions->has_firmware = true;
	if (payload[0] == 0xff)
		return judge(nordic, next);
	versions->firmware[versions->firmware_count++] = (struct nordic_firmware_version){
		payload[0], dfut_le32(payload + 1), dfut_le32(payload + 5), dfut_le32(payload + 9)
	};
	if (versions->firmware_count == DFUT_COUNT(versions->firmware))
		return judge(nordic, next);
	return ask_firmware(nordic, next);
}

/* Objects. */

static int create(struct nordic *nordic, struct dfut_next *next, enum nordic_object type, size_t size)
{
	uint8_t data[5] = { (uint8_t)type };
	bool is_data = type == NORDIC_OBJECT_DATA;
	uint32_t pages = is_data ? (uint32_t)((size + PAGE_SIZE - 1) / PAGE_SIZE) : 0;

	dfut_put_le32(data + 1, (uint32_t)size);
	return request(nordic, next, is_data ? STEP_CREATE_DATA : STEP_CREATE_INIT, NORDIC_OP_OBJECT_CREATE, data,
		       sizeof(data), QUICK_MS + pages * ERASE_PAGE_MS);
}

/* As many frames as fit; with the last ones the question for the CRC, as a WRITE is not answered. */
static int write_object(struct nordic *nordic, struct dfut_next *next)
{
	bool is_data = nordic->step >= STEP_SELECT_DATA;
	const uint8_t *bytes = is_data ? nordic->job->data : nordic->own->init;
	uint32_t limit_ms = QUICK_MS + (NORDIC_OUT_MAX / PAGE_SIZE + 1) * (ERASE_PAGE_MS + WRITE_PAGE_MS);

	nordic_line_clear(&nordic->line);
	while (nordic->sent < nordic->object_end && nordic_line_get_room(&nordic->line) >= nordic->write_size) {
		size_t left = nordic->object_end - nordic->sent;
		size_t size = left < nordic->write_size ? left : nordic->write_size;

		nordic_line_add(&nordic->line, NORDIC_OP_OBJECT_WRITE, bytes + nordic->sent, size);
		nordic->crc = (uint32_t)crc32(nordic->crc, bytes + nordic->sent, (uInt)size);
		nordic->sent += size;
	}
	if (nordic->sent < nordic->object_end || nordic_line_get_room(&nordic->line) == 0) {
		nordic->step = is_data ? STEP_WRITE_DATA : STEP_WRITE_INIT;
		nordic_line_send(&nordic->line, next, limit_ms);
		return dfut_port_mark(&nordic->line.port, true, 1, next);
	}
	nordic->step = is_data ? STEP_CRC_DATA : STEP_CRC_INIT;
	nordic_line_add(&nordic->line, NORDIC_OP_CRC_GET, NULL, 0);
	nordic_line_ask(&nordic->line, next, NORDIC_OP_CRC_GET, limit_ms);
	return dfut_port_mark(&nordic->line.port, true, 1, next);
}

static uint32_t get_crc(const uint8_t *data, size_t size)
{
	uint32_t crc = (uint32_t)crc32(0, NULL, 0);

	for (size_t at = 0; at < size;) {
		size_t part = size - at < PAGE_SIZE ? size - at : PAGE_SIZE;

		crc = (uint32_t)crc32(crc, data + at, (uInt)part);
		at += part;
	}
	return crc;
}

/* From here on: the bytes before `sent` are there. */
static void go_to(struct nordic *nordic, const uint8_t *bytes, size_t sent, size_t object_end)
{
	nordic->sent = sent;
	nordic->object_end = object_end;
	nordic->crc = get_crc(bytes, sent);
}

static bool check_crc(struct nordic *nordic)
{
	const uint8_t *payload = nordic->line.reply.payload;
	uint32_t offset = dfut_le32(payload), crc = dfut_le32(payload + 4);
	char where[64];

	if (offset == nordic->object_end && crc == nordic->crc)
		return true;
	dfut_fail(nordic->job->failure, DFUT_ERROR_PROTOCOL,
		  "%s: the bootloader has %" PRIu32 " bytes with CRC 0x%08" PRIx32 ", %zu with 0x%08" PRIx32
		  " were sent",
		  get_place(nordic, where, sizeof(where)), offset, crc, nordic->object_end, nordic->crc);
	return false;
}

/* The init packet. */

static int execute_init(struct nordic *nordic, struct dfut_next *next)
{
	return request(nordic, next, STEP_EXECUTE_INIT, NORDIC_OP_OBJECT_EXECUTE, NULL, 0, INIT_MS);
}

static int take_init(struct nordic *nordic, struct dfut_next *next)
{
	const struct nordic_job *own = nordic->own;
	const uint8_t *payload = nordic->line.reply.payload;
	uint32_t max = dfut_le32(payload), offset = dfut_le32(payload + 4), crc = dfut_le32(payload + 8);

	if (own->init_size > max) {
		dfut_fail(nordic->job->failure, DFUT_ERROR_MISMATCH,
			  "the init packet has %zu bytes, the bootloader takes %" PRIu32, own->init_size, max);
		return refuse(nordic, DFUT_ERROR_MISMATCH, next);
	}
	if (nordic->is_fresh || offset == 0 || offset > own->init_size || crc != get_crc(own->init, offset)) {
		nordic->is_fresh = false;
		go_to(nordic, own->init, 0, own->init_size);
		return create(nordic, next, NORDIC_OBJECT_COMMAND, own->init_size);
	}
	go_to(nordic, own->init, offset, own->init_size);
	return offset == own->init_size ? execute_init(nordic, next) : write_object(nordic, next);
}

/* The firmware. */

static int execute_data(struct nordic *nordic, struct dfut_next *next)
{
	uint32_t size = (uint32_t)(nordic->object_end - nordic->done);
	uint32_t limit_ms = QUICK_MS + (size / PAGE_SIZE + 1) * (ERASE_PAGE_MS + WRITE_PAGE_MS);

	nordic->is_last = nordic->object_end == nordic->job->size;
	if (nordic->is_last)
		limit_ms += (uint32_t)(nordic->job->size / 1024) * HASH_KIB_MS;
	return request(nordic, next, STEP_EXECUTE_DATA, NORDIC_OP_OBJECT_EXECUTE, NULL, 0, limit_ms);
}

static int create_data(struct nordic *nordic, size_t at, struct dfut_next *next)
{
	size_t left = (size_t)nordic->job->size - at;
	size_t size = left < nordic->object_max ? left : nordic->object_max;

	nordic->done = at;
	nordic->is_resumed = false;
	nordic->is_last = false;
	nordic->object_end = at + size;
	return create(nordic, next, NORDIC_OBJECT_DATA, size);
}

/* What there is, is kept as far as it is right. */
static int take_data(struct nordic *nordic, struct dfut_next *next)
{
	const struct dfut_job *job = nordic->job;
	const uint8_t *payload = nordic->line.reply.payload;
	uint32_t max = dfut_le32(payload), offset = dfut_le32(payload + 4), crc = dfut_le32(payload + 8);
	uint32_t rest;

	if (max == 0 || max % 4)
		return dfut_fail(job->failure, DFUT_ERROR_PROTOCOL,
				 "the bootloader takes objects of %" PRIu32 " bytes, which are "
				 "no whole words",
				 max);
	nordic->object_max = max;
	nordic->has_init = true;
	rest = offset % max;
	if (offset == 0 || offset > job->size || crc != get_crc(job->data, offset)) {
		/* An object that is wrong is made again; if that is not enough, all of them are. */
		uint32_t at = offset - (rest || max > offset ? rest : max);

		at = at < job->size ? at : 0;
		go_to(nordic, job->data, at, at);
		return create_data(nordic, at, next);
	}
	nordic->done = offset - rest;
	nordic->is_resumed = true;
	if (rest == 0 || offset == job->size) {
		go_to(nordic, job->data, offset, offset);
		return execute_data(nordic, next);
	}
	go_to(nordic, job->data, offset, job->size - nordic->done < max ? (size_t)job->size : nordic->done + max);
	nordic->step = STEP_SELECT_DATA;
	return write_object(nordic, next);
}

static int executed(struct nordic *nordic, struct dfut_next *next)
{
	nordic->done = nordic->object_end;
	if (nordic->done > nordic->furthest)
		nordic->setbacks = 0;
	nordic->furthest = nordic->done > nordic->furthest ? nordic->done : nordic->furthest;
	if (nordic->is_last)
		return dfut_next_done(next, nordic->own->end);
	return create_data(nordic, nordic->done, next);
}

/* Replies. */

/* An answer other than success. */
static int judge_refusal(struct nordic *nordic, struct dfut_next *next)
{
	const struct nordic_reply *reply = &nordic->line.reply;

	/* The object behind the one that is there was begun already. */
	if (nordic->step == STEP_EXECUTE_DATA && nordic->is_resumed && reply->result == NORDIC_RESULT_NOT_PERMITTED &&
	    nordic->object_end < nordic->job->size)
		return create_data(nordic, nordic->object_end, next);
	refused(nordic);
	if (nordic->step == STEP_EXECUTE_INIT && reply->result != NORDIC_RESULT_NOT_PERMITTED)
		return refuse(nordic, DFUT_ERROR_DEVICE, next);
	/* It has looked at all of it, and restarts. */
	if (nordic->step == STEP_EXECUTE_DATA && nordic->is_last && reply->result != NORDIC_RESULT_NOT_PERMITTED)
		return DFUT_ERROR_DEVICE;
	return set_back(nordic, DFUT_ERROR_DEVICE, next);
}

static bool may_be_refused(const struct nordic *nordic)
{
	return nordic->step == STEP_FOUND || nordic->step == STEP_QUIET || nordic->step == STEP_HARDWARE ||
	       nordic->step == STEP_FIRMWARE;
}

static int replied(struct nordic *nordic, struct dfut_next *next)
{
	switch (nordic->step) {
	case STEP_BEGIN:
	case STEP_FOUND:
		return request(nordic, next, STEP_QUIET, NORDIC_OP_RECEIPT_NOTIF_SET, (const uint8_t[]){ 0, 0 }, 2,
			       QUICK_MS);
	case STEP_QUIET:
		if (nordic->has_asked)
			return select_object(nordic, next, STEP_SELECT_INIT, NORDIC_OBJECT_COMMAND);
		return request(nordic, next, STEP_MTU, NORDIC_OP_MTU_GET, NULL, 0, QUICK_MS);
	case STEP_MTU:
		return take_mtu(nordic, next);
	case STEP_HARDWARE:
		take_hardware(nordic);
		nordic->versions.firmware_count = 0;
		return ask_firmware(nordic, next);
	case STEP_FIRMWARE:
		return take_firmware(nordic, next);
	case STEP_SELECT_INIT:
		return take_init(nordic, next);
	case STEP_CREATE_INIT:
	case STEP_WRITE_INIT:
	case STEP_CREATE_DATA:
	case STEP_WRITE_DATA:
		return write_object(nordic, next);
	case STEP_CRC_INIT:
		return check_crc(nordic) ? execute_init(nordic, next) : set_back(nordic, DFUT_ERROR_PROTOCOL, next);
	case STEP_EXECUTE_INIT:
		return select_object(nordic, next, STEP_SELECT_DATA, NORDIC_OBJECT_DATA);
	case STEP_SELECT_DATA:
		return take_data(nordic, next);
	case STEP_CRC_DATA:
		return check_crc(nordic) ? execute_data(nordic, next) : set_back(nordic, DFUT_ERROR_PROTOCOL, next);
	case STEP_EXECUTE_DATA:
		return executed(nordic, next);
	case STEP_LEAVING:
		return nordic->refusal;
	}
	return DFUT_ERROR_PROTOCOL;
}

static int judge_break(struct nordic *nordic, int code, struct dfut_next *next)
{
	if (nordic->step == STEP_LEAVING)
		return nordic->refusal;
	/* The bootloader restarts when it has answered, or before that. */
	if (code == DFUT_ERROR_GONE && nordic->is_last) {
		if (nordic->own->left_early)
			*nordic->own->left_early = true;
		return dfut_next_done(next, nordic->own->end);
	}
	broke(nordic, code);
	if (code == DFUT_ERROR_GONE || nordic->step == STEP_BEGIN || nordic->step == STEP_FOUND)
		return code;
	return set_back(nordic, code, next);
}

static bool has_reply(const struct nordic *nordic)
{
	return nordic->line.is_awaited;
}

static int download_next(void *state, const struct dfut_outcome *outcome, struct dfut_next *next)
{
	struct nordic *nordic = state;
	int result;

	if (!outcome)
		return nordic_line_connect(&nordic->line, next);
	result = nordic_line_run(&nordic->line, outcome, next);
	if (result == 0)
		return 0;
	if (result < 0)
		return judge_break(nordic, result, next);
	if (has_reply(nordic) && nordic->line.reply.result != NORDIC_RESULT_SUCCESS && !may_be_refused(nordic) &&
	    nordic->step != STEP_BEGIN)
		return judge_refusal(nordic, next);
	return replied(nordic, next);
}

const struct dfut_machine_ops nordic_download_machine = {
	.name = "nordic-download",
	.state_size = sizeof(struct nordic),
	.begin = begin,
	.next = download_next,
	.progress = progress,
	.phase = phase,
};

/* ABORT: back to the application, if that is valid. Its answer may be lost. */

static int leave_next(void *state, const struct dfut_outcome *outcome, struct dfut_next *next)
{
	struct nordic *nordic = state;
	int result;

	if (!outcome)
		return nordic_line_connect(&nordic->line, next);
	result = nordic_line_run(&nordic->line, outcome, next);
	if (result == 0)
		return 0;
	if (nordic->step == STEP_LEAVING)
		return dfut_next_done(next, DFUT_END_MAY_LEAVE);
	if (result < 0)
		return broke(nordic, result);
	nordic->step = STEP_LEAVING;
	nordic_line_clear(&nordic->line);
	nordic_line_add(&nordic->line, NORDIC_OP_ABORT, NULL, 0);
	return nordic_line_send(&nordic->line, next, QUICK_MS);
}

const struct dfut_machine_ops nordic_leave_machine = {
	.name = "nordic-leave",
	.state_size = sizeof(struct nordic),
	.begin = begin,
	.next = leave_next,
};
