/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/*
 * Writes the flash: compares the code option and erases where the chip wants that, announces the data, sends it in reports that
 * have no head, and compares the sum. The chip wants its pauses. A block is never sent twice: the chip would take it for the
 * next one.
 */

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "language/sonix-isp/exchange.h"
#include "language/sonix-isp/machine.h"

#define TIMEOUT_MS 5000
#define PAUSE_MS 1000
/* Before it is told to leave */
#define END_PAUSE_MS 2000
/* For an answer, while flash is erased */
#define WORK_MS 10000

/* In this order; a chip that does not want one does without. */
enum stage {
	STAGE_OPEN,
	STAGE_COMPARE,
	STAGE_UNSECURE,
	STAGE_ERASE,
	STAGE_ANNOUNCE,
	STAGE_SEND,
	STAGE_FINISH,
	STAGE_OVER,
};

struct download {
	const struct dfut_job *job;
	const struct sonix_job *own;
	enum stage stage;
	bool is_pausing; /* after the stage */
	struct sonix_exchange exchange;
	uint64_t sent; /* bytes */
};

static int begin(void *state, const struct dfut_job *job)
{
	struct download *download = state;

	download->job = job;
	download->own = job->own;
	download->exchange.job = job;
	return 0;
}

static void progress(const void *state, uint64_t *done, uint64_t *total)
{
	const struct download *download = state;

	*done = download->sent;
	*total = download->job->size;
}

/* It waits for the rest of what was announced, and takes for that whatever comes. */
static const char *remedy(const void *state)
{
	const struct download *download = state;

	return download->stage == STAGE_ANNOUNCE || download->stage == STAGE_SEND ? sonix_power_hint : NULL;
}

static void put(struct download *download, enum sonix_command command)
{
	download->exchange.command = command;
	download->exchange.patience_ms = command == SONIX_ERASE || command == SONIX_PROGRAM ? WORK_MS : 0;
	sonix_put_command(download->exchange.frame, command);
}

static int send_block(struct download *download, struct dfut_next *next)
{
	dfut_next_content(next, 0);
	return dfut_next_send_report(next, download->job->interface, DFUT_REPORT_FEATURE, 0,
				     download->job->data + download->sent, SONIX_REPORT_SIZE, TIMEOUT_MS);
}

static bool is_wanted(const struct download *download, enum stage stage)
{
	switch (stage) {
	case STAGE_COMPARE:
	case STAGE_ERASE:
		return download->own->part->is_erased;
	case STAGE_UNSECURE:
		return download->own->is_secured;
	case STAGE_OPEN:
	case STAGE_ANNOUNCE:
	case STAGE_SEND:
	case STAGE_FINISH:
	case STAGE_OVER:
		break;
	}
	return true;
}

static int begin_next_stage(struct download *download, uint64_t now_ms, struct dfut_next *next)
{
	uint8_t *parameters = download->exchange.frame + SONIX_PARAMETERS;

	do
		download->stage++;
	while (!is_wanted(download, download->stage));
	switch (download->stage) {
	case STAGE_OPEN:
		break;
	case STAGE_COMPARE:
		put(download, SONIX_COMPARE);
		dfut_put_le16(parameters, download->own->code_option);
		return sonix_exchange_send(&download->exchange, next);
	case STAGE_UNSECURE:
		put(download, SONIX_SECURE);
		dfut_put_le16(parameters, download->own->code_option);
		dfut_put_le16(parameters + 2, download->own->part->open);
		return sonix_exchange_send(&download->exchange, next);
	case STAGE_ERASE:
		put(download, SONIX_ERASE);
		/* From page 0. */
		dfut_put_le16(parameters + 4, download->own->part->pages);
		return sonix_exchange_send(&download->exchange, next);
	case STAGE_ANNOUNCE:
		put(download, SONIX_PROGRAM);
		dfut_put_le32(parameters, download->own->offset);
		dfut_put_le32(parameters + 4, (uint32_t)(download->job->size / SONIX_REPORT_SIZE));
		return sonix_exchange_send(&download->exchange, next);
	case STAGE_SEND:
		return send_block(download, next);
	case STAGE_FINISH:
		return sonix_exchange_ask(&download->exchange, now_ms, next);
	case STAGE_OVER:
		break;
	}
	return dfut_next_done(next, DFUT_END_STAYS);
}

static int pause(struct download *download, uint32_t time_ms, struct dfut_next *next)
{
	download->is_pausing = true;
	return dfut_next_wait(next, time_ms);
}

/* Errors. */

static int broke(const struct download *download, int code)
{
	char what[80];

	if (download->stage == STAGE_OPEN)
		return sonix_fail(download->job, code, "the interface of the bootloader can't be opened");
	if (download->stage != STAGE_SEND)
		return sonix_fail(download->job, code, sonix_command_get_name(download->exchange.command));
	snprintf(what, sizeof(what), "writing the flash at 0x%05" PRIx64, download->own->offset + download->sent);
	return sonix_fail(download->job, code, what);
}

static int check_blank(const struct download *download, const uint8_t *answer)
{
	uint16_t sum = dfut_le16(answer + SONIX_ANSWER);

	if (sum == download->own->part->blank_sum)
		return 0;
	dfut_fail(download->job->failure, DFUT_ERROR_DEVICE,
		  "the flash is not empty after it was erased: its sum is 0x%04x, that of an empty %s is 0x%04x", sum,
		  download->own->part->name, download->own->part->blank_sum);
	sonix_hint_power(download->job->failure);
	return DFUT_ERROR_DEVICE;
}

/* At another offset than 0 the sum is one of more than what was sent. */
static int check_written(const struct download *download, const uint8_t *answer)
{
	const struct dfut_job *job = download->job;
	uint16_t expected = sonix_sum(job->data, job->size), sum = dfut_le16(answer + SONIX_ANSWER);

	if (memcmp(answer + SONIX_ANSWER_TAIL, job->data + job->size - SONIX_TAIL_SIZE, SONIX_TAIL_SIZE) != 0)
		dfut_fail(job->failure, DFUT_ERROR_VERIFY,
			  "the bootloader ended with other bytes than the last that were sent: some were lost");
	else if (download->own->offset == 0 && sum != expected)
		dfut_fail(job->failure, DFUT_ERROR_VERIFY,
			  "the sum of what the bootloader has written is 0x%04x, that of the image 0x%04x", sum,
			  expected);
	else
		return 0;
	sonix_hint_power(job->failure);
	return DFUT_ERROR_VERIFY;
}

/* The exchange of the stage has ended well. */
static int answered(struct download *download, const struct dfut_outcome *outcome, struct dfut_next *next)
{
	int result = 0;

	if (download->stage == STAGE_ANNOUNCE)
		return begin_next_stage(download, outcome->elapsed_ms, next);
	if (download->stage == STAGE_ERASE)
		result = check_blank(download, outcome->data);
	if (download->stage == STAGE_FINISH)
		result = check_written(download, outcome->data);
	if (result < 0)
		return result;
	return pause(download, download->stage == STAGE_FINISH ? END_PAUSE_MS : PAUSE_MS, next);
}

static int block_sent(struct download *download, const struct dfut_outcome *outcome, struct dfut_next *next)
{
	download->sent += SONIX_REPORT_SIZE;
	return download->sent < download->job->size ? send_block(download, next) :
						      begin_next_stage(download, outcome->elapsed_ms, next);
}

static int next_action(void *state, const struct dfut_outcome *outcome, struct dfut_next *next)
{
	struct download *download = state;
	int result;

	if (!outcome)
		return dfut_next_open_link(next, DFUT_LINK_HID, download->job->interface);
	switch (download->is_pausing ? STAGE_OVER : download->stage) {
	case STAGE_COMPARE:
		return outcome->result < 0 ? broke(download, outcome->result) : pause(download, PAUSE_MS, next);
	case STAGE_UNSECURE:
	case STAGE_ERASE:
	case STAGE_ANNOUNCE:
	case STAGE_FINISH:
		result = sonix_exchange_go_on(&download->exchange, outcome, next);
		return result > 0 ? answered(download, outcome, next) : result;
	case STAGE_SEND:
		return outcome->result < 0 ? broke(download, outcome->result) : block_sent(download, outcome, next);
	case STAGE_OPEN:
	case STAGE_OVER:
		break;
	}
	download->is_pausing = false;
	return outcome->result < 0 ? broke(download, outcome->result) :
				     begin_next_stage(download, outcome->elapsed_ms, next);
}

const struct dfut_machine_ops sonix_download_machine = {
	.name = "sonix-download",
	.state_size = sizeof(struct download),
	.begin = begin,
	.next = next_action,
	.progress = progress,
	.remedy = remedy,
};
