/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* Reading flash through Espressif's ROM loader, 64 bytes at a time: more it does not give without a stub. */

#include <inttypes.h>

#include "language/esp-serial/probe.h"
#include "language/esp-serial/restart.h"

enum step {
	STEP_PROBING,
	STEP_READY,
	STEP_READING,
	STEP_RESTARTING,
};

struct upload {
	struct esp_serial_core core;
	const struct dfut_job *job;
	const struct esp_serial_job *own;
	struct esp_serial_probe probe;
	struct esp_serial_restart restart;
	enum step step;
	uint32_t size; /* that is to be read */
	uint32_t done;
};

static int begin(void *state, const struct dfut_job *job)
{
	struct upload *upload = state;

	upload->job = job;
	upload->own = job->own;
	esp_serial_core_begin(&upload->core, job);
	esp_serial_restart_begin(&upload->restart, job);
	return 0;
}

static void progress(const void *state, uint64_t *done, uint64_t *total)
{
	const struct upload *upload = state;

	*done = upload->done;
	*total = upload->size;
}

static int ask(struct upload *upload, enum step step, const struct esp_serial_request *request, struct dfut_next *next)
{
	upload->step = step;
	return esp_serial_core_ask(&upload->core, request, next);
}

static int judge_range(const struct upload *upload)
{
	const struct esp_serial_identity *identity = upload->own->identity;

	if (!identity->flash_size) {
		dfut_fail(upload->job->failure, DFUT_ERROR_DEVICE,
			  "the chip's flash does not say how large it is (JEDEC id %06" PRIx32 ")", identity->flash_id);
		dfut_hint(upload->job->failure, "is there any? it may be soldered badly, or not be powered");
		return DFUT_ERROR_DEVICE;
	}
	if (upload->own->address < identity->flash_size &&
	    upload->job->size <= identity->flash_size - upload->own->address)
		return 0;
	return dfut_fail_check(upload->job->failure, DFUT_ERROR_MISMATCH, DFUT_CHECK_MEMORY_MAP,
			       "the flash has 0x%" PRIx32 " bytes, and reading is to begin at 0x%" PRIx32
			       " and go on for 0x%" PRIx64,
			       identity->flash_size, upload->own->address, upload->job->size);
}

static int probed(struct upload *upload, struct dfut_next *next)
{
	struct esp_serial_request request = esp_serial_set_parameters(upload->own->identity->flash_size);
	int result = upload->own->judge ? upload->own->judge(upload->own->judge_data) : 0;

	if (result == 0)
		result = judge_range(upload);
	if (result < 0)
		return result;
	upload->size = upload->job->size ? (uint32_t)upload->job->size :
					   upload->own->identity->flash_size - upload->own->address;
	return ask(upload, STEP_READY, &request, next);
}

static int end(struct upload *upload, const struct dfut_outcome *outcome, struct dfut_next *next)
{
	int result;

	if (upload->own->port == ESP_SERIAL_PORT_ROM || upload->job->restart == DFUT_RESTART_NEVER)
		return dfut_next_done(next, DFUT_END_STAYS);
	result = esp_serial_restart_next(&upload->restart, outcome, next);
	upload->step = STEP_RESTARTING;
	if (result == 0)
		return 0;
	/* All that was asked for is there. */
	dfut_failure_clear(upload->job->failure);
	return dfut_next_done(next, upload->restart.is_gone ? DFUT_END_GONE : DFUT_END_STAYS);
}

static int read_more(struct upload *upload, struct dfut_next *next)
{
	struct esp_serial_request request = esp_serial_read_flash(upload->own->address + upload->done);

	if (upload->done == upload->size)
		return end(upload, NULL, next);
	return ask(upload, STEP_READING, &request, next);
}

static int take(struct upload *upload, struct dfut_next *next)
{
	const struct esp_serial_reply *reply = &upload->core.reply;
	uint32_t left = upload->size - upload->done;
	uint32_t size = left < ESP_SERIAL_READ_SIZE ? left : ESP_SERIAL_READ_SIZE;
	int result;

	if (reply->payload_size != ESP_SERIAL_READ_SIZE)
		return dfut_fail(upload->job->failure, DFUT_ERROR_PROTOCOL,
				 "reading the flash at 0x%" PRIx32 ": %zu bytes came in place of %d",
				 upload->own->address + upload->done, reply->payload_size, ESP_SERIAL_READ_SIZE);
	result = upload->job->writer(reply->payload, size, upload->job->writer_data);
	if (result < 0)
		return result;
	upload->done += size;
	return read_more(upload, next);
}

static int upload_next(void *state, const struct dfut_outcome *outcome, struct dfut_next *next)
{
	struct upload *upload = state;
	int result;

	if (!outcome)
		return esp_serial_core_connect(&upload->core, next);
	if (upload->step == STEP_RESTARTING)
		return end(upload, outcome, next);
	result = esp_serial_core_run(&upload->core, outcome, next);
	if (result > 0 && upload->step == STEP_PROBING)
		result = esp_serial_probe_next(&upload->probe, &upload->core, next);
	if (result <= 0)
		return result;
	switch (upload->step) {
	case STEP_PROBING:
		return probed(upload, next);
	case STEP_READY:
		return read_more(upload, next);
	case STEP_READING:
		return take(upload, next);
	case STEP_RESTARTING:
		break;
	}
	return DFUT_ERROR_PROTOCOL;
}

const struct dfut_machine_ops esp_serial_upload_machine = {
	.name = "esp-serial-upload",
	.state_size = sizeof(struct upload),
	.begin = begin,
	.next = upload_next,
	.progress = progress,
};
