/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* USB DFU 1.1 on the wire: names, status payload. */

#include "language/dfu/wire.h"

static const char *const states[] = {
	"appIDLE",	  "appDETACH",	      "dfuIDLE",     "dfuDNLOAD-SYNC",	       "dfuDNBUSY",
	"dfuDNLOAD-IDLE", "dfuMANIFEST-SYNC", "dfuMANIFEST", "dfuMANIFEST-WAIT-RESET", "dfuUPLOAD-IDLE",
	"dfuERROR",
};

static const struct {
	const char *name;
	const char *text;
} statuses[] = {
	{ "OK", "no error" },
	{ "errTARGET", "the file is not for this device" },
	{ "errFILE", "the file fails a check of the vendor" },
	{ "errWRITE", "memory can't be written" },
	{ "errERASE", "memory can't be erased" },
	{ "errCHECK_ERASED", "memory is not erased after erasing" },
	{ "errPROG", "programming failed" },
	{ "errVERIFY", "programmed memory differs" },
	{ "errADDRESS", "address out of range" },
	{ "errNOTDONE", "the transfer ended before the device had everything" },
	{ "errFIRMWARE", "its firmware is damaged" },
	{ "errVENDOR", "vendor-specific error" },
	{ "errUSBR", "unexpected USB reset" },
	{ "errPOR", "unexpected power-on reset" },
	{ "errUNKNOWN", "it does not know what went wrong" },
	{ "errSTALLEDPKT", "it got a request that it did not expect" },
};

const char *dfu_state_get_name(unsigned int state)
{
	return state < DFUT_COUNT(states) ? states[state] : "unknown state";
}

const char *dfu_status_get_name(unsigned int status)
{
	return status < DFUT_COUNT(statuses) ? statuses[status].name : "unknown status";
}

const char *dfu_status_get_text(unsigned int status)
{
	return status < DFUT_COUNT(statuses) ? statuses[status].text : "";
}

bool dfu_status_parse(struct dfu_status *status, const uint8_t *data, size_t size)
{
	if (size != DFU_STATUS_SIZE || data[0] >= DFUT_COUNT(statuses) || data[4] >= DFUT_COUNT(states))
		return false;
	status->status = data[0];
	status->poll_timeout_ms = dfut_le16(data + 1) | (uint32_t)data[3] << 16;
	status->state = (enum dfu_state)data[4];
	status->string = data[5];
	return true;
}
