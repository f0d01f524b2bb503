/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* What the machines of the DFU family share: requests, getting to dfuIDLE, waiting, and the words for what went wrong. */

#ifndef DFUT_DFU_CORE_H
#define DFUT_DFU_CORE_H

#include "language/dfu/wire.h"

/* Some devices erase or program while they handle DNLOAD or GETSTATUS, and answer when they are done. */
#define DFU_WORK_TIMEOUT_MS 25000
#define DFU_SHORT_TIMEOUT_MS 5000
/* Times that a failing GETSTATUS is repeated where devices are known to fail it. */
#define DFU_STATUS_RETRIES 3
#define DFU_STATUS_RETRY_MS 100
#define DFU_DETACH_MS 1000

/* Quirks that the language has of its own. */
enum dfu_quirk {
	DFU_QUIRK_POLL_5_MS = DFUT_QUIRK_OWN << 0,	    /* bwPollTimeout is garbage: 5 ms instead */
	DFU_QUIRK_PAD_LAST_BLOCK = DFUT_QUIRK_OWN << 1,	    /* takes whole blocks only: zeros follow the last bytes */
	DFU_QUIRK_READ_AFTER_RESTART = DFUT_QUIRK_OWN << 2, /* what was written can be read once it has restarted */
	DFU_QUIRK_NO_DESCRIPTOR_REQUEST = DFUT_QUIRK_OWN
					  << 3, /* hangs when it is asked for its functional descriptor */
	/* Those of a language that builds on this one have this value and above. */
	DFU_QUIRK_OWN = DFUT_QUIRK_OWN << 8,
};

/* Getting to dfuIDLE. */
enum dfu_ready {
	DFU_READY_OPEN,
	DFU_READY_ALTERNATE,
	DFU_READY_DESCRIPTOR,
	DFU_READY_ASK,
	DFU_READY_JUDGE,
	DFU_READY_RECOVERED,
	DFU_READY_TURN,
	DFU_READY_RESTART,
	DFU_READY_RESTARTED,
	/* The device has reported an error, and is asked for its own words. */
	DFU_READY_LANGUAGE,
	DFU_READY_STRING,
	DFU_READY_DONE,
};

/* The first member of a machine's state. */
struct dfu_core {
	const struct dfut_job *job;
	/* Where the machine is, for error texts; not asked before it is ready. */
	void (*place)(const void *state, char *text, size_t size);
	enum dfu_ready ready;
	struct dfut_dfu_descriptor descriptor;
	uint16_t transfer_size;
	uint64_t busy_since_ms;
	uint64_t busy_limit_ms;	    /* the longest time that one command may keep the device busy ... */
	uint64_t manifest_limit_ms; /* ... and that installing what it got may */
	unsigned int zero_polls;
	unsigned int retries;
	unsigned int recoveries;
	uint8_t string; /* iString of the error that it has reported */
	bool was_busy;
	bool leaves_by_reset;	  /* dfuMANIFEST is no work: what stays in it waits for a bus reset */
	bool takes_download_idle; /* dfuDNLOAD-IDLE is as good as dfuIDLE */
};

/* The most time that a device has to install what it got: as the table knows, and as long as the caller has patience. */
uint32_t dfu_get_manifest_limit_ms(uint32_t known_ms, uint32_t patience_ms);

void dfu_core_begin(struct dfu_core *core, const struct dfut_job *job,
		    void (*place)(const void *state, char *text, size_t size));

/* Requests. wIndex is the interface in each of them (DFU 1.1, table 3.2). */
int dfu_core_out(const struct dfu_core *core, struct dfut_next *next, enum dfu_request request, uint16_t value,
		 const uint8_t *data, uint16_t size, uint32_t timeout_ms);
int dfu_core_in(const struct dfu_core *core, struct dfut_next *next, enum dfu_request request, uint16_t value,
		uint16_t size, uint32_t timeout_ms);
int dfu_core_getstatus(const struct dfu_core *core, struct dfut_next *next);

/* To be called first, each time. 1: it is ready, go on with the transfer; 0: *next is filled in; or a negative error. */
int dfu_core_get_ready(struct dfu_core *core, const struct dfut_outcome *outcome, struct dfut_next *next);

/* After that: back to dfuIDLE from whatever state it is in; get_ready() goes on. */
int dfu_core_recover(struct dfu_core *core, struct dfut_next *next);

/* A command begins to keep the device busy. */
void dfu_core_busy_begins(struct dfu_core *core, const struct dfut_outcome *outcome);
/* Waits as long as the device asks. */
int dfu_core_wait_poll(struct dfu_core *core, const struct dfu_status *status, const struct dfut_outcome *outcome,
		       struct dfut_next *next);

bool dfu_core_is_tolerant(const struct dfu_core *core);
bool dfu_core_will_detach(const struct dfu_core *core);

/* Errors: code and words are set, the code is returned. */
int dfu_core_broke(const struct dfu_core *core, int code, const char *what);
int dfu_core_nonsense(const struct dfu_core *core, const struct dfut_outcome *outcome);
int dfu_core_unexpected(const struct dfu_core *core, const struct dfu_status *status);
/* The same for an error that the device reports; but if it has words of its own for it they are asked for: 0, *next is filled in,
 * and get_ready() returns the code when they are there. */
int dfu_core_reported(struct dfu_core *core, const struct dfu_status *status, struct dfut_next *next);

#endif
