/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* Where the system is not asked what it has mounted. */

#include "base/base.h"
#include "transport/volume.h"

int dfut_volume_open(struct dfut_volume **volume, const char *point)
{
	(void)point;
	*volume = NULL;
	return DFUT_ERROR_UNSUPPORTED;
}

void dfut_volume_get_disk(const struct dfut_volume *volume, char number[32])
{
	(void)volume;
	number[0] = '\0';
}

void dfut_volume_close(struct dfut_volume *volume)
{
	(void)volume;
}

int dfut_volume_read(struct dfut_volume *volume, const struct dfut_action_transfer *transfer, uint8_t *data)
{
	(void)volume;
	(void)transfer;
	(void)data;
	return DFUT_ERROR_UNSUPPORTED;
}

int dfut_volume_write(struct dfut_volume *volume, const struct dfut_action_transfer *transfer, const uint8_t *data)
{
	(void)volume;
	(void)transfer;
	(void)data;
	return DFUT_ERROR_UNSUPPORTED;
}
