/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/*
 * Machines: triggers and bootloader protocols. A machine is told how its last action ended and answers with the
 * next. It does no I/O, never sleeps and reads no clock; the engine carries its actions out.
 */

#ifndef DFUT_MACHINE_H
#define DFUT_MACHINE_H

#include "base/base.h"
#include "dfutrigger-transport.h"

struct dfut_command;
struct dfut_control;
struct dfut_facts;
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

/* Quirks of a device, from the table. */
enum dfut_quirk {
	DFUT_QUIRK_POLL_5_MS = 1 << 0,		/* bwPollTimeout is garbage: 5 ms instead */
	DFUT_QUIRK_NO_UPLOAD = 1 << 1,		/* bitCanUpload is not true */
	DFUT_QUIRK_VERSION_1_1 = 1 << 2,	/* whatever bcdDFUVersion says, it is DFU 1.1 */
	DFUT_QUIRK_NOT_DFU = 1 << 3,		/* shows a DFU interface, but it is none */
	DFUT_QUIRK_PAD_LAST_BLOCK = 1 << 4,	/* takes whole blocks only: zeros follow the last bytes */
	DFUT_QUIRK_READ_AFTER_RESTART = 1 << 5, /* what was written can be read once the device has restarted */
	DFUT_QUIRK_DFU_IN_APPLICATION = 1 << 6, /* the application that runs is its own bootloader */
	/* DfuSe */
	DFUT_QUIRK_SLOW_MASS_ERASE = 1 << 8, /* takes far longer than bwPollTimeout says */
	DFUT_QUIRK_BUSY_STALL = 1 << 9,	     /* stalls GETSTATUS while it is at work */
	DFUT_QUIRK_STUCK_ERASE = 1 << 10,    /* stays in dfuDNBUSY after an erase until CLRSTATUS comes twice */
	DFUT_QUIRK_NO_BUSY = 1 << 11,	     /* has carried a command out when it answers GETSTATUS first */
	DFUT_QUIRK_BLOCKS_1024 = 1 << 12,   /* may refuse blocks of more than 1024 bytes, whatever wTransferSize says */
	DFUT_QUIRK_LEAVE_ADDRESS = 1 << 13, /* leaves only if the address was set before */
	DFUT_QUIRK_LEAVE_SILENT = 1 << 14,  /* leaves without an answer, or with a stall */
	DFUT_QUIRK_FEATURE_LETTER = 1 << 15, /* "Device Feature" is readable, writable; its layout lies */
	DFUT_QUIRK_SAME_NAMES = 1 << 16,  /* all alternate settings have the name of the first, which is right there */
	DFUT_QUIRK_GD32_SERIAL = 1 << 17, /* the serial number tells the size of the flash, and not the layout */
	DFUT_QUIRK_NO_DESCRIPTOR_REQUEST = 1 << 18, /* hangs when it is asked for its functional descriptor */
};

/* How a DFU device is asked to start its application once everything is done. */
enum dfut_leave {
	DFUT_LEAVE_RESET,   /* USB reset, as the specification says */
	DFUT_LEAVE_DETACH,  /* DFU DETACH in DFU mode */
	DFUT_LEAVE_REQUEST, /* a control request of its own */
	DFUT_LEAVE_SELF,    /* the device does it after each download, unasked */
	DFUT_LEAVE_NONE,    /* it can't be done over USB */
};

/* A part of the device's memory. */
struct dfut_range {
	uint32_t address;
	const uint8_t *data; /* NULL if it is only read, or erased */
	size_t size;
	uint8_t alternate; /* where several have memories */
};

/* What a Nordic bootloader has. */
#define DFUT_NORDIC_FIRMWARE_LIMIT 3

struct dfut_nordic_firmware_version {
	uint8_t type; /* 0 SoftDevice, 1 application, 2 bootloader */
	uint32_t version;
	uint32_t address;
	uint32_t size;
};

/* What a Nordic bootloader tells of itself and its chip; old ones do not know these questions. */
struct dfut_nordic_versions {
	bool has_hardware;
	uint32_t chip; /* 0x52840 */
	uint32_t flash_size;
	uint32_t ram_size;
	uint32_t page_size;
	bool has_firmware; /* all that there is, is among the following */
	struct dfut_nordic_firmware_version firmware[DFUT_NORDIC_FIRMWARE_LIMIT];
	size_t firmware_count;
};

/* Whether a package fits what the bootloader tells: 0, or a negative error with its words in the job's failure. */
typedef int (*dfut_nordic_judge)(const struct dfut_nordic_versions *versions, void *user_data);

/* What a machine is to do. Lives as long as the machine runs. */
struct dfut_job {
	struct dfut_failure *failure; /* where the machine says why it returned an error */
	struct dfut_facts *facts;     /* where it says what the device told, NULL if nobody wants to know */
	uint8_t interface;	      /* bInterfaceNumber of the interface that it talks to */
	uint8_t alternate;	      /* alternate setting to select ... */
	bool has_alternates;	      /* ... if there is a choice */
	bool has_descriptor;	      /* dfu is what the device says, not a substitute */
	struct dfut_dfu_descriptor dfu;
	uint8_t max_packet_size; /* bMaxPacketSize0 */
	unsigned int quirks;
	enum dfut_leave leave;
	const struct dfut_control *leave_request;
	const struct dfut_command *command; /* what a command is to send */
	int detach_timeout_ms;		    /* -1: what suits the device */
	const struct dfut_trigger *trigger; /* what a trigger is to send */
	int report_size;		    /* bytes of its report as the device declares them, -1 if not known */
	bool is_numbered;		    /* the device's reports are */
	uint32_t leave_ms;		    /* how long the device may take to leave */
	const struct dfut_range *ranges;    /* DfuSe: what to write, or where to read */
	size_t range_count;
	const struct dfut_range *erases; /* DfuSe: the sectors to erase, before anything is written */
	size_t erase_count;
	bool mass_erase;      /* DfuSe: all of the memory instead */
	bool resets;	      /* DfuSe: the part may reset itself once all is written, as for option bytes */
	bool *read_protected; /* DfuSe: set if the part refuses because of its read protection; may be NULL */
	uint32_t start;	      /* DfuSe: where the application begins */
	const uint8_t *init;  /* Nordic: the init packet, which goes first */
	size_t init_size;
	dfut_nordic_judge judge; /* Nordic: asked before anything is sent, NULL if nobody wants to know */
	void *judge_data;
	bool leave_if_refused; /* Nordic: back to the application, which was there before */
	enum dfut_end end;     /* Nordic: how the device leaves when it has all */
	uint32_t sizes[3];     /* legacy Nordic: of SoftDevice, bootloader, application */
	unsigned int restarts; /* times that the device has begun this leg anew */
	const uint8_t *data;   /* download: what to write */
	uint64_t size;	       /* download: its bytes; upload: the most to read, 0 for all */
	dfut_writer writer;    /* upload: gets the bytes */
	void *writer_data;
};

struct dfut_machine_ops {
	const char *name;
	size_t state_size;
	/* Keeps the job. State is zeroed before. 0 or a negative error. */
	int (*begin)(void *state, const struct dfut_job *job);
	/* outcome is NULL on the first call, else it says how the action ended. 0 with *next filled in, or a negative
	 * error whose words are in job->failure. A DONE action has an enum dfut_end as its value. *next is zeroed before. */
	int (*next)(void *state, const struct dfut_outcome *outcome, struct dfut_action *next);
	/* Bytes done, and of how many (0 if not known); NULL if it moves none. */
	void (*progress)(const void *state, uint64_t *done, uint64_t *total);
	/* The phase that it is in, if that changes while it runs; NULL if not. */
	enum dfut_session_state (*phase)(const void *state);
};

/* Named facts that a device told; see facts.c. */
int dfut_facts_add(struct dfut_facts *facts, const char *key, const char *value, ...) DFUT_PRINTF(3, 4);

static inline int dfut_action_done(struct dfut_action *next, enum dfut_end end)
{
	next->kind = DFUT_ACTION_DONE;
	next->value = (uint16_t)end;
	return 0;
}

static inline int dfut_action_wait(struct dfut_action *next, uint32_t time_ms)
{
	next->kind = DFUT_ACTION_WAIT;
	next->timeout_ms = time_ms;
	return 0;
}

static inline int dfut_action_open(struct dfut_action *next, uint8_t channel)
{
	next->kind = DFUT_ACTION_OPEN;
	next->channel = channel;
	next->timeout_ms = 5000;
	return 0;
}

static inline int dfut_action_open_link(struct dfut_action *next, enum dfut_link link, uint8_t channel)
{
	dfut_action_open(next, channel);
	next->link = link;
	/* Linux's cdc-acm waits up to 5 s for each of the two requests of an open. */
	next->timeout_ms = 12000;
	return 0;
}

static inline int dfut_action_close(struct dfut_action *next)
{
	next->kind = DFUT_ACTION_CLOSE;
	return 0;
}

static inline int dfut_action_reset(struct dfut_action *next, uint8_t channel)
{
	next->kind = DFUT_ACTION_RESET;
	next->channel = channel;
	next->timeout_ms = 10000;
	return 0;
}

static inline int dfut_action_control(struct dfut_action *next, uint8_t channel, uint8_t request_type, uint8_t request,
				      uint16_t value, uint16_t index, const uint8_t *data, uint16_t length,
				      uint32_t timeout_ms)
{
	next->kind = DFUT_ACTION_CONTROL;
	next->channel = channel;
	next->request_type = request_type;
	next->request = request;
	next->value = value;
	next->index = index;
	next->data = data;
	next->length = length;
	next->timeout_ms = timeout_ms;
	return 0;
}

static inline int dfut_action_lines(struct dfut_action *next, uint8_t channel, int dtr, int rts)
{
	next->kind = DFUT_ACTION_LINES;
	next->link = DFUT_LINK_SERIAL;
	next->channel = channel;
	next->value = (uint16_t)((dtr > 0 ? 1 : 0) | (rts > 0 ? 2 : 0));
	next->index = (uint16_t)((dtr >= 0 ? 1 : 0) | (rts >= 0 ? 2 : 0));
	next->timeout_ms = 6000;
	return 0;
}

/* 8N1 */
static inline int dfut_action_baud(struct dfut_action *next, uint8_t channel, uint32_t baud)
{
	next->kind = DFUT_ACTION_LINE_CODING;
	next->link = DFUT_LINK_SERIAL;
	next->channel = channel;
	next->line_coding = (struct dfut_line_coding){ baud, 1, 0, 8 };
	next->timeout_ms = 6000;
	return 0;
}

extern const struct dfut_machine_ops dfut_control_request_machine;
extern const struct dfut_machine_ops dfut_command_machine;
extern const struct dfut_machine_ops dfut_hid_report_machine;
extern const struct dfut_machine_ops dfut_serial_touch_machine;
extern const struct dfut_machine_ops dfut_serial_lines_machine;
extern const struct dfut_machine_ops dfut_dfu_detach_machine;
extern const struct dfut_machine_ops dfut_dfu_detach_reset_machine;
extern const struct dfut_machine_ops dfut_nordic_trigger_machine;
extern const struct dfut_machine_ops dfut_nordic_probe_machine;
extern const struct dfut_machine_ops dfut_dfu_download_machine;
extern const struct dfut_machine_ops dfut_dfu_upload_machine;
extern const struct dfut_machine_ops dfut_dfu_leave_machine;
extern const struct dfut_machine_ops dfut_dfu_ask_machine;
extern const struct dfut_machine_ops dfut_dfuse_download_machine;
extern const struct dfut_machine_ops dfut_dfuse_read_machine;
extern const struct dfut_machine_ops dfut_dfuse_leave_machine;
extern const struct dfut_machine_ops dfut_dfuse_unprotect_machine;
extern const struct dfut_machine_ops dfut_nordic_download_machine;
extern const struct dfut_machine_ops dfut_nordic_leave_machine;
extern const struct dfut_machine_ops dfut_nordic_legacy_machine;

#endif
