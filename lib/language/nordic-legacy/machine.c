/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/*
 * Serial DFU of nRF5 SDK 11 and earlier, as in Adafruit's bootloader, host side: START, INIT, DATA, STOP, each packet
 * numbered and acknowledged. A packet whose acknowledgement does not come is sent again; the bootloader knows it by its
 * number. It tells no errors: what it refuses it acknowledges, and restarts. Drawing: docs/protocols/nordic.md.
 */

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "core/machine.h"
#include "language/nordic-legacy/hci.h"
#include "language/nordic-legacy/machine.h"

#define OP_SIZE 4
/* In front of what a packet carries: END, header, op */
#define HEAD_SIZE 9
#define DATA_MAX 512
/* Behind the init packet */
#define INIT_TAIL_SIZE 2
#define BAUD 115200
/* For an acknowledgement; some boards take more than 1 s for one (Adafruit_nRF52_nrfutil, issue 34). */
#define AGAIN_MS 1000
#define LIMIT_MS 5000
/* After an error of the line, which most often ends at once. */
#define PAUSE_MS 250
/* Flash, nRF52 at worst. */
#define PAGE_SIZE 4096
#define ERASE_PAGE_MS 90
#define WRITE_PAGE_MS 45
#define IN_MAX 64

enum op {
	OP_INIT = 1,
	OP_START = 3,
	OP_DATA = 4,
	OP_STOP = 5,
};

enum mode {
	MODE_SOFTDEVICE = 1,
	MODE_BOOTLOADER = 2,
	MODE_APPLICATION = 4,
};

enum step {
	STEP_OPEN,
	STEP_BAUD,
	STEP_LINES,
	STEP_FIRST,
	STEP_SENDING,
	STEP_WAITING,
	STEP_PAUSED,
};

struct legacy {
	const struct dfut_job *job;
	const struct nordic_job *own;
	enum step step;
	enum op op;		       /* that is under way */
	uint8_t sequence;	       /* its number */
	bool has_adopted;	       /* that number is the device's, who was talked to before */
	uint64_t sent;		       /* bytes of the image, acknowledged */
	uint16_t size;		       /* of those under way */
	uint8_t out[HCI_WIRE_MAX + 1]; /* room for one more END */
	size_t out_size;
	size_t out_done;
	unsigned int tries;   /* times that the packet was sent */
	uint64_t again_ms;    /* when it is sent again ... */
	uint64_t deadline_ms; /* ... and when no more */
	struct slip_decoder decoder;
};

static int begin(void *state, const struct dfut_job *job)
{
	struct legacy *legacy = state;

	legacy->job = job;
	legacy->own = job->own;
	if (legacy->own->init_size > HCI_PAYLOAD_MAX - OP_SIZE - INIT_TAIL_SIZE)
		return dfut_fail(job->failure, DFUT_ERROR_MISMATCH,
				 "the init packet has %zu bytes: more than any bootloader takes",
				 legacy->own->init_size);
	return 0;
}

static void progress(const void *state, uint64_t *done, uint64_t *total)
{
	const struct legacy *legacy = state;

	*done = legacy->sent;
	*total = legacy->op == OP_DATA || legacy->op == OP_STOP ? legacy->job->size : 0;
}

static enum dfut_session_state phase(const void *state)
{
	const struct legacy *legacy = state;

	if (legacy->op == OP_STOP)
		return DFUT_SESSION_MANIFESTING;
	return legacy->op == OP_DATA ? DFUT_SESSION_DOWNLOADING : DFUT_SESSION_ANNOUNCING;
}

/* Errors. */

static const char *get_place(const struct legacy *legacy, char *text, size_t size)
{
	switch (legacy->op) {
	case OP_START:
		snprintf(text, size, "START");
		break;
	case OP_INIT:
		snprintf(text, size, "init packet");
		break;
	case OP_DATA:
		snprintf(text, size, "firmware at 0x%" PRIx64 " of 0x%" PRIx64, legacy->sent, legacy->job->size);
		break;
	case OP_STOP:
		snprintf(text, size, "end of the firmware");
		break;
	}
	return text;
}

static int not_opened(const struct legacy *legacy, int code)
{
	return dfut_fail(legacy->job->failure, code, "the serial port of interface %u can't be used: %s",
			 legacy->job->interface, dfut_error_get_text(code));
}

/* It restarts instead of telling why: because of the packet before this one. */
static int restarted(const struct legacy *legacy, struct dfut_next *next)
{
	struct dfut_failure *failure = legacy->job->failure;

	/* Somebody's transfer was interrupted, and it does not take another START until it has restarted. */
	if (legacy->job->restarts == 0)
		return dfut_next_done(next, DFUT_END_RESTARTED);
	if (legacy->op == OP_DATA) {
		dfut_fail(failure, DFUT_ERROR_DEVICE,
			  "the bootloader restarts when it has the init packet: it refuses it");
		dfut_hint(failure, "the package is for another kind of device, or for another SoftDevice than it has");
		return DFUT_ERROR_DEVICE;
	}
	dfut_fail(failure, DFUT_ERROR_DEVICE,
		  "the bootloader restarts when it has been told the sizes: it refuses %" PRIu64 " bytes",
		  legacy->job->size);
	dfut_hint(failure,
		  "the firmware may be too large for the device, or of a kind that its bootloader does not take");
	return DFUT_ERROR_DEVICE;
}

static int broke(const struct legacy *legacy, int code, struct dfut_next *next)
{
	struct dfut_failure *failure = legacy->job->failure;
	char where[64];

	if (code == DFUT_ERROR_GONE && legacy->op == OP_STOP)
		return dfut_next_done(next, legacy->own->end);
	if (code == DFUT_ERROR_GONE && legacy->sent == 0)
		return restarted(legacy, next);
	dfut_fail(failure, code, "%s: %s", get_place(legacy, where, sizeof(where)),
		  code == DFUT_ERROR_TIMEOUT ? "the bootloader does not acknowledge it" : dfut_error_get_text(code));
	if (code == DFUT_ERROR_GONE)
		dfut_hint(
			failure,
			"plug the device in again and repeat: without an application it comes back as its bootloader");
	else
		dfut_hint(failure, "unplug the device, plug it in again, and repeat");
	return code;
}

/* Packets. */

static size_t put_start(const struct legacy *legacy, uint8_t *payload)
{
	const uint32_t *sizes = legacy->own->sizes;

	dfut_put_le32(payload, (sizes[0] ? MODE_SOFTDEVICE : 0) | (sizes[1] ? MODE_BOOTLOADER : 0) |
				       (sizes[2] ? MODE_APPLICATION : 0));
	for (size_t i = 0; i < 3; i++)
		dfut_put_le32(payload + 4 + 4 * i, sizes[i]);
	return 16;
}

static size_t put_init(const struct legacy *legacy, uint8_t *payload)
{
	memcpy(payload, legacy->own->init, legacy->own->init_size);
	memset(payload + legacy->own->init_size, 0, INIT_TAIL_SIZE);
	return legacy->own->init_size + INIT_TAIL_SIZE;
}

static size_t put_data(struct legacy *legacy, uint8_t *payload)
{
	uint64_t left = legacy->job->size - legacy->sent;

	legacy->size = (uint16_t)(left < DATA_MAX ? left : DATA_MAX);
	memcpy(payload, legacy->job->data + legacy->sent, legacy->size);
	return legacy->size;
}

static void build_packet(struct legacy *legacy)
{
	uint8_t payload[HCI_PAYLOAD_MAX];
	size_t size = 0;

	dfut_put_le32(payload, (uint32_t)legacy->op);
	switch (legacy->op) {
	case OP_START:
		size = put_start(legacy, payload + OP_SIZE);
		break;
	case OP_INIT:
		size = put_init(legacy, payload + OP_SIZE);
		break;
	case OP_DATA:
		size = put_data(legacy, payload + OP_SIZE);
		break;
	case OP_STOP:
		break;
	}
	legacy->out_size = hci_encode(legacy->out, legacy->sequence, payload, OP_SIZE + size);
	/* If the END in front was lost, the last one was taken for it: then one more is needed, else it does no harm. */
	if (legacy->tries % 2)
		return;
	memmove(legacy->out + 1, legacy->out, legacy->out_size++);
}

/* What the flash may still have to do until this packet can be looked at. */
static uint32_t get_work_ms(const struct legacy *legacy)
{
	uint32_t pages = (uint32_t)(legacy->job->size / PAGE_SIZE) + 1;

	switch (legacy->op) {
	case OP_START:
		return 0;
	case OP_INIT:
		return pages * ERASE_PAGE_MS;
	case OP_DATA:
		return legacy->sent ? ERASE_PAGE_MS + WRITE_PAGE_MS : pages * ERASE_PAGE_MS;
	case OP_STOP:
		return pages * (ERASE_PAGE_MS + WRITE_PAGE_MS);
	}
	return 0;
}

static int write_rest(struct legacy *legacy, struct dfut_next *next)
{
	legacy->step = STEP_SENDING;
	if (legacy->op == OP_DATA || legacy->op == OP_INIT)
		dfut_next_content(next, legacy->out_done ? 0 : HEAD_SIZE);
	return dfut_next_write(next, legacy->job->interface, legacy->out + legacy->out_done,
			       (uint16_t)(legacy->out_size - legacy->out_done), AGAIN_MS + get_work_ms(legacy));
}

static int send_packet(struct legacy *legacy, struct dfut_next *next)
{
	legacy->tries++;
	build_packet(legacy);
	legacy->out_done = 0;
	return write_rest(legacy, next);
}

static int begin_packet(struct legacy *legacy, enum op op, uint64_t now_ms, struct dfut_next *next)
{
	legacy->op = op;
	legacy->tries = 0;
	legacy->deadline_ms = now_ms + LIMIT_MS + 2 * get_work_ms(legacy);
	return send_packet(legacy, next);
}

/* Acknowledgements. */

static int read_more(struct legacy *legacy, uint64_t now_ms, struct dfut_next *next)
{
	if (now_ms >= legacy->deadline_ms)
		return broke(legacy, DFUT_ERROR_TIMEOUT, next);
	if (now_ms >= legacy->again_ms)
		return send_packet(legacy, next);
	legacy->step = STEP_WAITING;
	return dfut_next_read(next, legacy->job->interface, IN_MAX, (uint32_t)(legacy->again_ms - now_ms));
}

static int acknowledged(struct legacy *legacy, uint64_t now_ms, struct dfut_next *next)
{
	legacy->sequence = (legacy->sequence + 1) & HCI_SEQUENCE_MASK;
	switch (legacy->op) {
	case OP_START:
		return begin_packet(legacy, OP_INIT, now_ms, next);
	case OP_INIT:
		return begin_packet(legacy, OP_DATA, now_ms, next);
	case OP_DATA:
		legacy->sent += legacy->size;
		return begin_packet(legacy, legacy->sent < legacy->job->size ? OP_DATA : OP_STOP, now_ms, next);
	case OP_STOP:
		break;
	}
	return dfut_next_done(next, legacy->own->end);
}

static int received(struct legacy *legacy, const struct dfut_outcome *outcome, struct dfut_next *next)
{
	for (int i = 0; i < outcome->result; i++) {
		int expected;

		if (!slip_decode(&legacy->decoder, outcome->data[i]))
			continue;
		expected = hci_parse_acknowledgement(legacy->decoder.frame, legacy->decoder.size);
		if (expected == ((legacy->sequence + 1) & HCI_SEQUENCE_MASK))
			return acknowledged(legacy, outcome->elapsed_ms, next);
		/* It goes on counting from a transfer that was interrupted. */
		if (legacy->op == OP_START && !legacy->has_adopted && expected >= 0 && expected != legacy->sequence) {
			legacy->has_adopted = true;
			legacy->sequence = (uint8_t)expected;
			return begin_packet(legacy, OP_START, outcome->elapsed_ms, next);
		}
	}
	return read_more(legacy, outcome->elapsed_ms, next);
}

static int sent(struct legacy *legacy, const struct dfut_outcome *outcome, struct dfut_next *next)
{
	if (outcome->result == 0)
		return broke(legacy, DFUT_ERROR_IO, next);
	legacy->out_done += (size_t)outcome->result;
	if (legacy->out_done < legacy->out_size)
		return write_rest(legacy, next);
	legacy->again_ms = outcome->elapsed_ms + AGAIN_MS + get_work_ms(legacy);
	return read_more(legacy, outcome->elapsed_ms, next);
}

/* The packet, or its acknowledgement, did not get through. */
static int failed(struct legacy *legacy, const struct dfut_outcome *outcome, struct dfut_next *next)
{
	if (outcome->result == DFUT_ERROR_GONE || outcome->elapsed_ms + PAUSE_MS >= legacy->deadline_ms)
		return broke(legacy, outcome->result, next);
	legacy->step = STEP_PAUSED;
	return dfut_next_wait(next, PAUSE_MS);
}

static int next_action(void *state, const struct dfut_outcome *outcome, struct dfut_next *next)
{
	struct legacy *legacy = state;

	switch (legacy->step) {
	case STEP_OPEN:
		legacy->op = OP_START;
		legacy->step = STEP_BAUD;
		return dfut_next_open_link(next, DFUT_LINK_SERIAL, legacy->job->interface);
	case STEP_BAUD:
		if (outcome->result < 0)
			return not_opened(legacy, outcome->result);
		legacy->step = STEP_LINES;
		return dfut_next_baud(next, legacy->job->interface, BAUD);
	case STEP_LINES:
		if (outcome->result == DFUT_ERROR_GONE)
			return not_opened(legacy, outcome->result);
		legacy->step = STEP_FIRST;
		return dfut_next_lines(next, legacy->job->interface, 1, 1);
	case STEP_FIRST:
		if (outcome->result == DFUT_ERROR_GONE)
			return not_opened(legacy, outcome->result);
		legacy->sequence = 1;
		return begin_packet(legacy, OP_START, outcome->elapsed_ms, next);
	case STEP_SENDING:
		return outcome->result < 0 ? failed(legacy, outcome, next) : sent(legacy, outcome, next);
	case STEP_WAITING:
		if (outcome->result == DFUT_ERROR_TIMEOUT)
			return read_more(legacy, outcome->elapsed_ms, next);
		return outcome->result < 0 ? failed(legacy, outcome, next) : received(legacy, outcome, next);
	case STEP_PAUSED:
		return outcome->result < 0 ? broke(legacy, outcome->result, next) : send_packet(legacy, next);
	}
	return DFUT_ERROR_PROTOCOL;
}

const struct dfut_machine_ops nordic_legacy_machine = {
	.name = "nordic-legacy",
	.state_size = sizeof(struct legacy),
	.begin = begin,
	.next = next_action,
	.progress = progress,
	.phase = phase,
};
