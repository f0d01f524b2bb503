/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/*
 * Espressif's ROM loader on a serial port, host side. Its answer to SYNC comes eight times, that to what it does not
 * understand as well, and under another name. A request that changes nothing twice is repeated when its answer is bad or
 * missing. Drawing: docs/protocols/esp-serial.md.
 */

#include <inttypes.h>
#include <stdio.h>

#include "language/esp-serial/core.h"

#define BAUD 115200
/* Between two SYNCs; after an answer that may come several times. */
#define SYNC_PAUSE_MS 50
#define QUIET_MS 200
#define SYNC_LIMIT 35
#define TRY_LIMIT 3

static int take(void *user_data, uint8_t byte)
{
	struct esp_serial_core *core = user_data;

	if (!slip_decode(&core->decoder, byte) ||
	    !esp_serial_read_reply(&core->reply, core->request.op, core->decoder.frame, core->decoder.size))
		return 0;
	if (core->request.op != ESP_SERIAL_SYNC)
		return 1;
	core->answers += !core->reply.is_refused;
	return core->answers == ESP_SERIAL_SYNC_ANSWERS;
}

void esp_serial_core_begin(struct esp_serial_core *core, const struct dfut_job *job)
{
	core->job = job;
	core->sync_limit = SYNC_LIMIT;
	dfut_port_begin(&core->port, job, BAUD, take, core);
}

static int send(struct esp_serial_core *core, enum esp_serial_core_step step, struct dfut_next *next)
{
	core->step = step;
	core->decoder = (struct slip_decoder){ 0 };
	core->reply = (struct esp_serial_reply){ 0 };
	core->answers = 0;
	dfut_port_ask(&core->port, core->frame, core->frame_size, core->request.limit_ms, next);
	if (core->request.data || core->request.op == ESP_SERIAL_READ)
		dfut_port_mark(&core->port, core->request.data, ESP_SERIAL_HEAD, next);
	return 0;
}

static void put(struct esp_serial_core *core, const struct esp_serial_request *request)
{
	core->request = *request;
	core->frame_size = esp_serial_put_request(core->frame, request);
	core->tries = 0;
	core->may_be_unknown = false;
	core->is_unknown = false;
}

int esp_serial_core_ask(struct esp_serial_core *core, const struct esp_serial_request *request, struct dfut_next *next)
{
	put(core, request);
	return send(core, ESP_SERIAL_ASKING, next);
}

int esp_serial_core_try(struct esp_serial_core *core, const struct esp_serial_request *request, struct dfut_next *next)
{
	put(core, request);
	core->may_be_unknown = true;
	return send(core, ESP_SERIAL_ASKING, next);
}

/* Finding it. */

int esp_serial_core_connect(struct esp_serial_core *core, struct dfut_next *next)
{
	core->step = ESP_SERIAL_OPENING;
	return dfut_port_open(&core->port, next);
}

static int pause_sync(struct esp_serial_core *core, struct dfut_next *next)
{
	core->step = ESP_SERIAL_PAUSING;
	return dfut_port_drain(&core->port, SYNC_PAUSE_MS, next);
}

int esp_serial_core_find_back(struct esp_serial_core *core, struct dfut_next *next)
{
	struct esp_serial_request request = esp_serial_sync();

	put(core, &request);
	return pause_sync(core, next);
}

static int opened(struct esp_serial_core *core, int result, struct dfut_next *next)
{
	if (result < 0)
		return dfut_fail(core->job->failure, result, "the serial port of interface %u can't be used: %s",
				 core->job->interface, dfut_error_get_text(result));
	return esp_serial_core_find_back(core, next);
}

static int refuse_stub(const struct esp_serial_core *core)
{
	dfut_fail(core->job->failure, DFUT_ERROR_UNSUPPORTED,
		  "another tool's flasher runs in the chip's RAM in place of its ROM loader");
	dfut_hint(core->job->failure, "press its RESET button, or unplug it and plug it in again; then repeat");
	return DFUT_ERROR_UNSUPPORTED;
}

static int fail_silent(const struct esp_serial_core *core)
{
	dfut_fail(core->job->failure, DFUT_ERROR_TIMEOUT, "the chip's ROM loader does not answer on its serial port");
	dfut_hint(
		core->job->failure,
		"hold BOOT, press and release RESET, release BOOT, and repeat; unplug it first if that does not help");
	return DFUT_ERROR_TIMEOUT;
}

static int broke(const struct esp_serial_core *core, int code);

static int synced(struct esp_serial_core *core, int result, struct dfut_next *next)
{
	if (core->answers) {
		core->step = ESP_SERIAL_IDLE;
		return core->reply.value ? 1 : refuse_stub(core);
	}
	if (result < 0 && result != DFUT_ERROR_TIMEOUT)
		return broke(core, result);
	return ++core->tries == core->sync_limit ? fail_silent(core) : pause_sync(core, next);
}

/* Words. */

static const char *get_place(const struct esp_serial_core *core, char *text, size_t size)
{
	uint32_t address = core->request.address;

	switch (core->request.op) {
	case ESP_SERIAL_SYNC:
		snprintf(text, size, "finding the ROM loader");
		break;
	case ESP_SERIAL_SECURITY:
		snprintf(text, size, "asking which chip it is");
		break;
	case ESP_SERIAL_READ_REGISTER:
		snprintf(text, size, "reading the register at 0x%08" PRIx32, address);
		break;
	case ESP_SERIAL_WRITE_REGISTER:
		snprintf(text, size, "writing the register at 0x%08" PRIx32, address);
		break;
	case ESP_SERIAL_ATTACH:
	case ESP_SERIAL_PARAMETERS:
		snprintf(text, size, "preparing the flash");
		break;
	case ESP_SERIAL_BEGIN:
	case ESP_SERIAL_DEFLATE_BEGIN:
		snprintf(text, size, "erasing the flash at 0x%" PRIx32, address);
		break;
	case ESP_SERIAL_DATA:
	case ESP_SERIAL_DEFLATE_DATA:
		snprintf(text, size, "writing the flash at 0x%" PRIx32 ", block %" PRIu32, address,
			 dfut_le32(core->request.arguments + 4));
		break;
	case ESP_SERIAL_MD5:
		snprintf(text, size, "asking for the MD5 of the flash at 0x%" PRIx32, address);
		break;
	case ESP_SERIAL_READ:
		snprintf(text, size, "reading the flash at 0x%" PRIx32, address);
		break;
	}
	return text;
}

static int broke(const struct esp_serial_core *core, int code)
{
	struct dfut_failure *failure = core->job->failure;
	char place[80];

	get_place(core, place, sizeof(place));
	if (code == DFUT_ERROR_TIMEOUT)
		dfut_fail(failure, code, "%s: the ROM loader does not answer", place);
	else
		dfut_fail(failure, code, "%s: %s", place, dfut_error_get_text(code));
	if (code == DFUT_ERROR_GONE)
		dfut_hint(failure, "plug the device in again and repeat: its ROM loader can't be lost");
	else
		dfut_hint(failure, "repeat: its ROM loader can't be lost; unplug it first if that does not help");
	return code;
}

static int refused(const struct esp_serial_core *core)
{
	struct dfut_failure *failure = core->job->failure;
	char place[80];

	dfut_fail(failure, DFUT_ERROR_DEVICE, "%s: the ROM loader says \"%s\" (0x%02x)",
		  get_place(core, place, sizeof(place)), esp_serial_error_get_text(core->reply.error),
		  core->reply.error);
	dfut_hint(failure, "repeat; if it stays so, the flash may be protected, or does not work");
	return DFUT_ERROR_DEVICE;
}

/* Asking. */

static bool is_block(const struct esp_serial_core *core)
{
	return core->request.op == ESP_SERIAL_DATA || core->request.op == ESP_SERIAL_DEFLATE_DATA;
}

static int quiet(struct esp_serial_core *core, struct dfut_next *next)
{
	core->step = ESP_SERIAL_QUIETING;
	return dfut_port_drain(&core->port, QUIET_MS, next);
}

/* A block that was not understood was not taken. */
static bool is_to_repeat(const struct esp_serial_core *core)
{
	return !is_block(core) || core->reply.error == ESP_SERIAL_ERROR_MESSAGE ||
	       core->reply.error == ESP_SERIAL_ERROR_CHECKSUM;
}

static int answered(struct esp_serial_core *core, struct dfut_next *next)
{
	core->step = ESP_SERIAL_IDLE;
	if (!core->reply.is_refused)
		return 1;
	if (!is_to_repeat(core))
		return refused(core);
	core->tries++;
	core->is_unknown = core->tries == TRY_LIMIT && core->may_be_unknown;
	if (core->tries == TRY_LIMIT && !core->is_unknown)
		return refused(core);
	return quiet(core, next);
}

/* Whether a block was taken is not known then, and what is compressed can't be sent twice. */
static int unanswered(struct esp_serial_core *core, int code, struct dfut_next *next)
{
	if (code != DFUT_ERROR_TIMEOUT || is_block(core) || ++core->tries == TRY_LIMIT) {
		core->step = ESP_SERIAL_IDLE;
		return broke(core, code);
	}
	return quiet(core, next);
}

static int quieted(struct esp_serial_core *core, int result, struct dfut_next *next)
{
	if (result < 0)
		return broke(core, result);
	core->step = ESP_SERIAL_IDLE;
	return core->is_unknown ? 1 : send(core, ESP_SERIAL_ASKING, next);
}

int esp_serial_core_run(struct esp_serial_core *core, const struct dfut_outcome *outcome, struct dfut_next *next)
{
	int result = dfut_port_run(&core->port, outcome, next);

	if (result == 0)
		return 0;
	switch (core->step) {
	case ESP_SERIAL_IDLE:
		return 1;
	case ESP_SERIAL_OPENING:
		return opened(core, result, next);
	case ESP_SERIAL_SYNCING:
		return synced(core, result, next);
	case ESP_SERIAL_PAUSING:
		return result < 0 ? broke(core, result) : send(core, ESP_SERIAL_SYNCING, next);
	case ESP_SERIAL_ASKING:
		return result < 0 ? unanswered(core, result, next) : answered(core, next);
	case ESP_SERIAL_QUIETING:
		return quieted(core, result, next);
	}
	return DFUT_ERROR_PROTOCOL;
}
