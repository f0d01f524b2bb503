/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/*
 * Requests and answers. Whoever gets a frame that is spoilt drops it without a word, so that a request is repeated: with a
 * sequence number of its own, as the answer to the one before may only be late.
 */

#include "language/smp/core.h"

#define BAUD 115200
/* Who speaks SMP answers this at once; a console that does not never will. */
#define HELLO_MS 1000

static int take(void *user_data, uint8_t byte);

void smp_begin(struct smp *smp, const struct dfut_job *job)
{
	smp->job = job;
	smp->own = job->own;
	smp->version = 1;
	dfut_port_begin(&smp->port, job, BAUD, take, smp);
}

/* Answers. */

static bool is_answer(const struct smp *smp, const struct smp_header *header)
{
	return header->op == smp->header.op + 1 && header->group == smp->header.group &&
	       header->command == smp->header.command && header->sequence == smp->header.sequence;
}

/* A byte that comes in; whatever is no answer to this request is passed over. */
static int take(void *user_data, uint8_t byte)
{
	struct smp *smp = user_data;
	const struct smp_decoder *decoder = &smp->decoder;
	struct smp_header header;

	if (!smp_frame_decode(&smp->decoder, byte) || smp->step == SMP_CORE_HEARING)
		return 0;
	return smp_header_read(&header, decoder->message, decoder->message_size) && is_answer(smp, &header) &&
	       smp_answer_read(&smp->answer, decoder->message + SMP_HEADER_SIZE, header.length);
}

/* Requests. */

struct smp_writer *smp_request(struct smp *smp, enum smp_op op, enum smp_group group, unsigned int command)
{
	smp->header = (struct smp_header){ .op = (uint8_t)op, .group = (uint16_t)group, .command = (uint8_t)command };
	smp->has_content = false;
	smp->writer = (struct smp_writer){ .out = smp->message + SMP_HEADER_SIZE,
					   .room = sizeof(smp->message) - SMP_HEADER_SIZE };
	return &smp->writer;
}

static int send_message(struct smp *smp, struct dfut_next *next)
{
	size_t size = 0;

	smp->header.sequence = smp->sequence++;
	smp->header.version = smp->version;
	smp->header.length = (uint16_t)smp->writer.size;
	smp_header_put(smp->message, &smp->header);
	/* A line that was begun, or whose end was lost, would swallow the first one of this. */
	if (smp->is_first)
		smp->out[size++] = '\n';
	size += smp_frame_encode(smp->out + size, smp->message, SMP_HEADER_SIZE + smp->writer.size);
	smp->is_first = true;
	smp->decoder.is_begun = false;
	smp->decoder.is_in_line = false;
	dfut_port_ask(&smp->port, smp->out, size, smp->limit_ms, next);
	return smp->has_content ? dfut_port_mark(&smp->port, true, 0, next) : 0;
}

int smp_send(struct smp *smp, uint32_t limit_ms, unsigned int tries, struct dfut_next *next)
{
	smp->step = SMP_CORE_ASKING;
	smp->limit_ms = limit_ms;
	smp->tries_left = tries - 1;
	if (smp->writer.has_overflowed)
		return dfut_fail(smp->job->failure, DFUT_ERROR_PROTOCOL, "a request of SMP became too long");
	return send_message(smp, next);
}

int smp_ask(struct smp *smp, enum smp_op op, enum smp_group group, unsigned int command, struct dfut_next *next)
{
	smp_put_map(smp_request(smp, op, group, command), 0);
	return smp_send(smp, SMP_ANSWER_MS, SMP_TRIES, next);
}

int smp_ask_list(struct smp *smp, struct dfut_next *next)
{
	return smp_ask(smp, SMP_OP_READ, SMP_GROUP_IMAGE, SMP_IMAGE_STATE, next);
}

int smp_wait(struct smp *smp, uint32_t limit_ms, struct dfut_next *next)
{
	smp->step = SMP_CORE_HEARING;
	return dfut_port_hear(&smp->port, smp->now_ms, limit_ms, next);
}

/* The port. */

int smp_open(struct smp *smp, struct dfut_next *next)
{
	smp->step = SMP_CORE_OPENING;
	smp->is_first = true;
	return dfut_port_open(&smp->port, next);
}

int smp_connect(struct smp *smp, struct dfut_next *next)
{
	smp->has_hello = true;
	return smp_open(smp, next);
}

static int say_hello(struct smp *smp, struct dfut_next *next)
{
	int result;

	smp_put_map(smp_request(smp, SMP_OP_READ, SMP_GROUP_OS, SMP_OS_PARAMETERS), 0);
	result = smp_send(smp, HELLO_MS, 1, next);
	smp->step = SMP_CORE_HELLO;
	return result;
}

static int judge_hello(struct smp *smp, int result)
{
	struct dfut_failure *failure = smp->job->failure;

	if (result == DFUT_ERROR_TIMEOUT) {
		dfut_fail(failure, DFUT_ERROR_MISMATCH,
			  "the serial port does not speak SMP: it was asked once, and did not answer within %u ms",
			  HELLO_MS);
		dfut_hint(failure,
			  "nothing was written; the firmware needs MCUmgr on this port, at 115200 baud: choose another "
			  "port, or repeat if it has only just started");
		return DFUT_ERROR_MISMATCH;
	}
	return result < 0 ? smp_broke(smp, result, "asking for its parameters") : result;
}

/* What broke was a transfer, and the device is there: the port is opened anew. */
static int go_on_after(struct smp *smp, int code, struct dfut_next *next)
{
	smp->tries_left--;
	if (code == DFUT_ERROR_TIMEOUT)
		return send_message(smp, next);
	smp->step = SMP_CORE_REOPENING;
	return dfut_port_open(&smp->port, next);
}

/* Old firmware does not know the second version. */
static bool is_too_new(const struct smp *smp)
{
	return smp->answer.group < 0 && smp->answer.code == SMP_TOO_NEW && smp->version;
}

static int judge_exchange(struct smp *smp, int result, struct dfut_next *next)
{
	if ((result == DFUT_ERROR_TIMEOUT || result == DFUT_ERROR_IO || result == DFUT_ERROR_DEVICE) && smp->tries_left)
		return go_on_after(smp, result, next);
	if (result == 1 && is_too_new(smp)) {
		smp->version = 0;
		smp->is_first = false;
		return send_message(smp, next);
	}
	/* Nothing of it is lost: the next one needs no new line. */
	if (result == 1)
		smp->is_first = false;
	return result;
}

int smp_run(struct smp *smp, const struct dfut_outcome *outcome, struct dfut_next *next)
{
	int result = dfut_port_run(&smp->port, outcome, next);

	smp->now_ms = outcome->elapsed_ms;
	if (result == 0)
		return 0;
	switch (smp->step) {
	case SMP_CORE_CLOSED:
		break;
	case SMP_CORE_OPENING:
		if (result == 1 && smp->has_hello)
			return say_hello(smp, next);
		return result < 0 ? smp_broke(smp, result, "opening it") : result;
	case SMP_CORE_REOPENING:
		smp->step = SMP_CORE_ASKING;
		return result == 1 ? send_message(smp, next) : result;
	case SMP_CORE_HELLO:
		result = judge_exchange(smp, result, next);
		return judge_hello(smp, result);
	case SMP_CORE_ASKING:
		return judge_exchange(smp, result, next);
	case SMP_CORE_HEARING:
		break;
	}
	return result;
}

/* Words. */

int smp_broke(struct smp *smp, int code, const char *where)
{
	struct dfut_failure *failure = smp->job->failure;

	/* Whoever broke has said it. */
	if (failure->code == code && *failure->text)
		return code;
	if (code == DFUT_ERROR_TIMEOUT) {
		dfut_fail(failure, code, "%s: the device does not answer", where);
		dfut_hint(failure, "repeat; if it stays silent, unplug it and plug it in again");
	} else if (code == DFUT_ERROR_GONE) {
		dfut_fail(failure, code, "%s: the device has left the bus", where);
		dfut_hint(failure, "plug it in again, and repeat");
	} else {
		dfut_fail(failure, code, "%s: the serial port has broken: %s", where, dfut_error_get_text(code));
		dfut_hint(failure, "repeat; if it breaks again, unplug the device and plug it in again");
	}
	return code;
}

int smp_refused(struct smp *smp, const char *where)
{
	const struct smp_answer *answer = &smp->answer;

	return dfut_fail(smp->job->failure, DFUT_ERROR_DEVICE, "%s: the device refuses: %s (%s %lld)%s%s", where,
			 smp_answer_get_text(answer),
			 answer->group == SMP_GROUP_IMAGE ? "code of the image group" : "code", (long long)answer->code,
			 *answer->reason ? ": " : "", answer->reason);
}
