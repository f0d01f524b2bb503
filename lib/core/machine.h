/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/*
 * Machines: triggers and bootloader protocols. A machine is told how its last action ended and answers with the
 * next. It does no I/O, never sleeps and reads no clock; the engine carries its actions out.
 */

#ifndef DFUT_MACHINE_H
#define DFUT_MACHINE_H

#include <string.h>

#include "base/facts.h"
#include "dfutrigger-transport.h"

/*
 * Linux's cdc-acm waits up to 5 s for each of the two requests of an open, and an open of usbfs for the 5 s of a request of
 * somebody else; a system with many devices and little time takes long by itself.
 */
#define DFUT_OPEN_TIMEOUT_MS 12000

struct dfut_command;
struct dfut_control;
struct dfut_trigger;

/* How a machine leaves the device. */
enum dfut_end {
	DFUT_END_STAYS,	    /* nothing changes on the bus */
	DFUT_END_LEAVES,    /* it leaves the bus, and returns in its other mode */
	DFUT_END_MAY_LEAVE, /* the same, but staying is no failure */
	DFUT_END_RESTARTED, /* it was in a dead end and leaves now; the machine must begin again */
	DFUT_END_REFUSED,   /* it was asked to leave, and said no: it leaves soon or not at all */
	DFUT_END_GONE,	    /* it leaves the bus; whether it comes back is its application's business */
	DFUT_END_RESETS,    /* it resets by itself: what comes back, if anything, may be any of its modes */
	DFUT_END_STAYED,    /* it was asked to leave, was waited for, and is still there */
	DFUT_END_RETURNS,   /* it leaves the bus, and returns in whichever mode */
};

/* Quirks of a device, from the table, whatever its bootloader speaks. */
enum dfut_quirk {
	DFUT_QUIRK_NO_UPLOAD = 1 << 0,		/* bitCanUpload is not true */
	DFUT_QUIRK_VERSION_1_1 = 1 << 1,	/* whatever bcdDFUVersion says, it is DFU 1.1 */
	DFUT_QUIRK_NOT_DFU = 1 << 2,		/* shows a DFU interface, but it is none */
	DFUT_QUIRK_DFU_IN_APPLICATION = 1 << 3, /* the application that runs is its own bootloader */
	/* Those of a language have this value and above. */
	DFUT_QUIRK_OWN = 1 << 8,
};

/* How a DFU device is asked to start its application once everything is done. */
enum dfut_leave {
	DFUT_LEAVE_UNSAID,  /* the table does not say: the ways of its language, one after the other */
	DFUT_LEAVE_OWN,	    /* by a request of its language */
	DFUT_LEAVE_RESET,   /* USB reset, as the specification says */
	DFUT_LEAVE_DETACH,  /* DFU DETACH in DFU mode */
	DFUT_LEAVE_REQUEST, /* a control request of its own */
	DFUT_LEAVE_SELF,    /* the device does it after each download, unasked */
	DFUT_LEAVE_NONE,    /* it can't be done over USB */
};

/* Fills data with what is to be written from the offset on: 0, or a negative error whose words are in the job's failure. */
typedef int (*dfut_reader)(uint64_t offset, uint8_t *data, size_t size, void *user_data);

/* What a machine is to do. Lives as long as the machine runs. */
struct dfut_job {
	struct dfut_failure *failure; /* where the machine says why it returned an error */
	struct dfut_facts *facts;     /* where it says what the device told, NULL if nobody wants to know */
	uint8_t interface;	      /* bInterfaceNumber of the interface that it talks to */
	uint8_t configuration;	      /* bConfigurationValue to be selected before; 0 if it is in use */
	uint8_t alternate;	      /* alternate setting to select ... */
	bool has_alternates;	      /* ... if there is a choice */
	bool has_descriptor;	      /* dfu is what the device says, not a substitute */
	struct dfut_dfu_descriptor dfu;
	uint8_t max_packet_size; /* bMaxPacketSize0 */
	uint16_t transfer_size;	 /* bytes of a block, whatever dfu says; 0: as that says */
	unsigned int quirks;
	enum dfut_leave leave;
	const struct dfut_control *leave_request;
	enum dfut_restart restart;	    /* whether it is to end with the application's start */
	uint32_t manifest_ms;		    /* the most that it may take to install what it got; 0: what is usual */
	uint32_t patience_ms;		    /* a time that the device asks for is believed in any case up to this */
	const struct dfut_command *command; /* what a command is to send */
	int detach_timeout_ms;		    /* -1: what suits the device */
	const struct dfut_trigger *trigger; /* what a trigger is to send */
	int report_size;		    /* bytes of its report as the device declares them, -1 if not known */
	bool is_numbered;		    /* the device's reports are */
	uint32_t leave_ms;		    /* how long the device may take to leave */
	const void *own;		    /* what else the language wants to know */
	unsigned int restarts;		    /* times that the device has begun this leg anew */
	const uint8_t *data;		    /* download: what to write, or it is read when it is its turn */
	dfut_reader reader;		    /* ... by this */
	void *reader_data;
	uint64_t size;	     /* download: its bytes; upload: the most to read, 0 for all */
	uint64_t known_size; /* upload: of the memory, beyond which nothing is its own; 0: not known */
	dfut_writer writer;  /* upload: gets the bytes */
	void *writer_data;
};

/* How what a machine wanted has ended. */
struct dfut_outcome {
	int result;	     /* as of dfut_request_complete() */
	const uint8_t *data; /* what came in: `result` bytes, valid until the next action */
	uint64_t elapsed_ms; /* since the machine's first action */
};

/* What a machine wants next. */
struct dfut_next {
	enum {
		DFUT_NEXT_ACT,	/* that an action is carried out */
		DFUT_NEXT_WAIT, /* nothing, for a while */
		DFUT_NEXT_TURN, /* nothing, until it is its device's turn on its bus: to the machine's end then */
		DFUT_NEXT_DONE, /* nothing more */
	} kind;
	union {
		struct dfut_action action;
		uint64_t wait_us;
		enum dfut_end end;
	};
};

struct dfut_machine_ops {
	const char *name;
	size_t state_size;
	/* Keeps the job. State is zeroed before. 0 or a negative error. */
	int (*begin)(void *state, const struct dfut_job *job);
	/* outcome is NULL on the first call, else it says how the action or the wait ended. 0 with *next filled in, or a
	 * negative error whose words are in job->failure. *next is zeroed before. */
	int (*next)(void *state, const struct dfut_outcome *outcome, struct dfut_next *next);
	/* Bytes done, and of how many (0 if not known); NULL if it moves none. */
	void (*progress)(const void *state, uint64_t *done, uint64_t *total);
	/* The phase that it is in, if that changes while it runs; NULL if not. */
	enum dfut_session_state (*phase)(const void *state);
	/* What a person has to do before the next run if it is given up now; NULL, or no such function: nothing. */
	const char *(*remedy)(const void *state);
};

static inline int dfut_next_done(struct dfut_next *next, enum dfut_end end)
{
	next->kind = DFUT_NEXT_DONE;
	next->end = end;
	return 0;
}

/* A system that can't wait as exactly makes it a whole ms. */
static inline int dfut_next_wait_us(struct dfut_next *next, uint64_t time_us)
{
	next->kind = DFUT_NEXT_WAIT;
	next->wait_us = time_us;
	return 0;
}

static inline int dfut_next_wait(struct dfut_next *next, uint32_t time_ms)
{
	return dfut_next_wait_us(next, time_ms * UINT64_C(1000));
}

static inline int dfut_next_turn(struct dfut_next *next)
{
	next->kind = DFUT_NEXT_TURN;
	return 0;
}

static inline int dfut_next_act(struct dfut_next *next, enum dfut_action_kind kind, enum dfut_link link,
				uint8_t channel, uint32_t timeout_ms)
{
	next->kind = DFUT_NEXT_ACT;
	next->action.kind = kind;
	next->action.link = link;
	next->action.channel = channel;
	next->action.timeout_ms = timeout_ms;
	return 0;
}

static inline int dfut_next_open_link(struct dfut_next *next, enum dfut_link link, uint8_t channel)
{
	return dfut_next_act(next, DFUT_ACTION_OPEN, link, channel, DFUT_OPEN_TIMEOUT_MS);
}

static inline int dfut_next_open(struct dfut_next *next, uint8_t channel)
{
	return dfut_next_open_link(next, DFUT_LINK_USB, channel);
}

/* What the system has mounted; at this path, NULL where that is known by itself. */
static inline int dfut_next_open_volume(struct dfut_next *next, uint8_t channel, const char *path)
{
	next->action.open.data = (const uint8_t *)path;
	next->action.open.length = path ? (uint16_t)(strlen(path) + 1) : 0;
	return dfut_next_open_link(next, DFUT_LINK_VOLUME, channel);
}

static inline int dfut_next_close(struct dfut_next *next)
{
	return dfut_next_act(next, DFUT_ACTION_CLOSE, DFUT_LINK_USB, 0, 0);
}

static inline int dfut_next_reset(struct dfut_next *next, uint8_t channel)
{
	return dfut_next_act(next, DFUT_ACTION_RESET, DFUT_LINK_USB, channel, 10000);
}

static inline int dfut_next_alternate(struct dfut_next *next, uint8_t channel, uint8_t setting, uint32_t timeout_ms)
{
	next->action.alternate.setting = setting;
	return dfut_next_act(next, DFUT_ACTION_ALTERNATE, DFUT_LINK_USB, channel, timeout_ms);
}

static inline int dfut_next_control(struct dfut_next *next, uint8_t channel, uint8_t request_type, uint8_t request,
				    uint16_t value, uint16_t index, const uint8_t *data, uint16_t length,
				    uint32_t timeout_ms)
{
	next->action.control = (struct dfut_action_control){ request_type, request, value, index, length, data };
	return dfut_next_act(next, DFUT_ACTION_CONTROL, DFUT_LINK_USB, channel, timeout_ms);
}

static inline int dfut_next_send_report(struct dfut_next *next, uint8_t channel, enum dfut_report_type type, uint8_t id,
					const uint8_t *data, uint16_t length, uint32_t timeout_ms)
{
	next->action.report = (struct dfut_action_report){ type, id, false, length, data };
	return dfut_next_act(next, DFUT_ACTION_REPORT, DFUT_LINK_HID, channel, timeout_ms);
}

static inline int dfut_next_get_report(struct dfut_next *next, uint8_t channel, enum dfut_report_type type, uint8_t id,
				       uint16_t length, uint32_t timeout_ms)
{
	next->action.report = (struct dfut_action_report){ type, id, true, length, NULL };
	return dfut_next_act(next, DFUT_ACTION_REPORT, DFUT_LINK_HID, channel, timeout_ms);
}

/* What it moves, behind so many bytes, is what a memory holds. Returns 0, as what ends a function. */
static inline int dfut_next_content(struct dfut_next *next, uint8_t content_at)
{
	next->action.has_content = true;
	next->action.content_at = content_at;
	return 0;
}

/* Of each: 1 on, 0 off, -1 as it is. */
static inline struct dfut_action_lines dfut_action_lines_from(int dtr, int rts)
{
	struct dfut_action_lines lines = { 0 };

	lines.which = (uint8_t)((dtr >= 0 ? DFUT_LINE_DTR : 0) | (rts >= 0 ? DFUT_LINE_RTS : 0));
	lines.on = (uint8_t)((dtr > 0 ? DFUT_LINE_DTR : 0) | (rts > 0 ? DFUT_LINE_RTS : 0));
	return lines;
}

static inline int dfut_next_lines(struct dfut_next *next, uint8_t channel, int dtr, int rts)
{
	next->action.lines = dfut_action_lines_from(dtr, rts);
	return dfut_next_act(next, DFUT_ACTION_LINES, DFUT_LINK_SERIAL, channel, 6000);
}

/* 8N1 */
static inline int dfut_next_baud(struct dfut_next *next, uint8_t channel, uint32_t baud)
{
	next->action.line_coding = (struct dfut_line_coding){ baud, 1, 0, 8 };
	return dfut_next_act(next, DFUT_ACTION_LINE_CODING, DFUT_LINK_SERIAL, channel, 6000);
}

/* bmAttributes of a bulk endpoint: USB 2.0, table 9-13 */
#define DFUT_TRANSFER_BULK 2

/* From a bulk endpoint, at most so many bytes. */
static inline int dfut_next_bulk_in(struct dfut_next *next, uint8_t channel, uint8_t endpoint, uint16_t length,
				    uint32_t timeout_ms)
{
	next->action.transfer = (struct dfut_action_transfer){ .endpoint = endpoint,
							       .attributes = DFUT_TRANSFER_BULK,
							       .length = length };
	return dfut_next_act(next, DFUT_ACTION_READ, DFUT_LINK_USB, channel, timeout_ms);
}

/* To a bulk endpoint; a length of 0 is a packet without data. */
static inline int dfut_next_bulk_out(struct dfut_next *next, uint8_t channel, uint8_t endpoint, const uint8_t *data,
				     uint16_t length, uint32_t timeout_ms)
{
	next->action.transfer = (struct dfut_action_transfer){
		.endpoint = endpoint, .attributes = DFUT_TRANSFER_BULK, .length = length, .data = data
	};
	return dfut_next_act(next, DFUT_ACTION_WRITE, DFUT_LINK_USB, channel, timeout_ms);
}

static inline int dfut_next_clear_halt(struct dfut_next *next, uint8_t endpoint, uint32_t timeout_ms)
{
	next->action.clear_halt = (struct dfut_action_clear_halt){ endpoint };
	return dfut_next_act(next, DFUT_ACTION_CLEAR_HALT, DFUT_LINK_USB, DFUT_CHANNEL_DEVICE, timeout_ms);
}

/* A part of a file on a mounted drive; its name is a constant. */
static inline int dfut_next_read_file(struct dfut_next *next, uint8_t channel, const char *file, uint32_t offset,
				      uint16_t length, uint32_t timeout_ms)
{
	next->action.transfer = (struct dfut_action_transfer){ .file = file, .offset = offset, .length = length };
	return dfut_next_act(next, DFUT_ACTION_READ, DFUT_LINK_VOLUME, channel, timeout_ms);
}

static inline int dfut_next_write_file(struct dfut_next *next, uint8_t channel, const char *file, uint32_t offset,
				       const uint8_t *data, uint16_t length, uint32_t timeout_ms)
{
	next->action.transfer = (struct dfut_action_transfer){
		.file = file, .offset = offset, .data = data, .length = length
	};
	return dfut_next_act(next, DFUT_ACTION_WRITE, DFUT_LINK_VOLUME, channel, timeout_ms);
}

/* Serial. */
static inline int dfut_next_read(struct dfut_next *next, uint8_t channel, uint16_t length, uint32_t timeout_ms)
{
	next->action.transfer.length = length;
	return dfut_next_act(next, DFUT_ACTION_READ, DFUT_LINK_SERIAL, channel, timeout_ms);
}

static inline int dfut_next_write(struct dfut_next *next, uint8_t channel, const uint8_t *data, uint16_t length,
				  uint32_t timeout_ms)
{
	next->action.transfer.data = data;
	next->action.transfer.length = length;
	return dfut_next_act(next, DFUT_ACTION_WRITE, DFUT_LINK_SERIAL, channel, timeout_ms);
}

#endif
