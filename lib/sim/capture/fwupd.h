/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/*
 * fwupd's device emulation (fwupd, docs/device-emulation.md): a ZIP of JSON files, one for each phase of an update, with devices and
 * what they were asked; or one of these files. Its devices are met, and their requests told, as if it were a capture; a millisecond
 * lies between one and the next, as it tells no times.
 */

#ifndef DFUT_CAPTURE_FWUPD_H
#define DFUT_CAPTURE_FWUPD_H

#include "sim/capture/requests.h"

bool fwupd_is_emulation(const uint8_t *bytes, size_t size);
/* As capture_read(). */
int fwupd_read(const uint8_t *bytes, size_t size, capture_visitor visitor, void *data, const char **error);

/* fwupd-zip.c */

/* The JSON files of a ZIP, in the order in which an update goes through their phases. */
struct fwupd_files {
	struct fwupd_file {
		char name[64];
		char *text;
		size_t size;
	} * items;
	size_t count;
	size_t size; /* of all */
};

bool fwupd_is_zip(const uint8_t *bytes, size_t size);
/* 0, DFUT_ERROR_IMAGE with the error's text, or DFUT_ERROR_NO_MEMORY; to be cleared in any case. */
int fwupd_unpack(struct fwupd_files *files, const uint8_t *bytes, size_t size, const char **error);
void fwupd_clear(struct fwupd_files *files);

/* fwupd-device.c: a device object, as the requests by which a system meets it. */
struct meeting;
struct dfut_json;
void fwupd_meet(struct meeting *meeting, const struct dfut_json *device);
/* Its name (bus and port) as Linux has it, from "usb:01:00:02" or "1-2". */
void fwupd_take_path(const struct dfut_json *device, char *path, size_t room, unsigned int *bus);

/* fwupd-event.c */

/* Bytes in Base64 (RFC 4648), to be freed; what is none of it ends them. NULL without memory. */
uint8_t *fwupd_decode(const char *text, size_t length, size_t *size);
/* One of "UsbEvents". False: it is no request, or its id is a hash, of which nothing can be known. */
bool fwupd_tell_event(struct meeting *meeting, const struct dfut_json *event);

#endif
