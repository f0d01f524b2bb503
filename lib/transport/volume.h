/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* A drive that the system has mounted: files in its first folder. All calls may block. */

#ifndef DFUT_VOLUME_H
#define DFUT_VOLUME_H

#include "dfutrigger-transport.h"

struct dfut_volume;

/* By where it is mounted. 0, DFUT_ERROR_ACCESS if nothing can be written there, DFUT_ERROR_NOT_FOUND if there is no such folder, or
 * another error. */
int dfut_volume_open(struct dfut_volume **volume, const char *point);
/* The disk that its folder is on, as in "8:1"; "" if that can't be told. */
void dfut_volume_get_disk(const struct dfut_volume *volume, char number[32]);
void dfut_volume_close(struct dfut_volume *volume);
/* Bytes read; 0 from the end of the file on, DFUT_ERROR_UNSUPPORTED if there is no such file, or DFUT_ERROR_IO. */
int dfut_volume_read(struct dfut_volume *volume, const struct dfut_action_transfer *transfer, uint8_t *data);
/* Bytes that are on the drive now: all, or an error. */
int dfut_volume_write(struct dfut_volume *volume, const struct dfut_action_transfer *transfer, const uint8_t *data);

#endif
