/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* Which kind of capture it is. */

#include <string.h>

#include "sim/capture/capture.h"

bool capture_open(struct capture *capture, const uint8_t *bytes, size_t size)
{
	memset(capture, 0, sizeof(*capture));
	capture->bytes = bytes;
	capture->size = size;
	if (capture_open_pcap(capture) || capture_open_pcapng(capture))
		return true;
	if (!capture->error && capture_is_text(bytes, size)) {
		capture->next = capture_next_line;
		return true;
	}
	if (!capture->error)
		capture->error = "no capture of USB: neither pcap, pcapng, usbmon's text, nor fwupd's emulation";
	return false;
}
