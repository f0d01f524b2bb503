/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* Opens HID nodes, serial ports and mounted drives by what the system calls them. */

#include <stdlib.h>

#include "base/base.h"
#include "transport/opened.h"

#define HID_LONG_ITEM 0xfe
#define HID_REPORT_ID 0x84

/* Whether there is a Report ID among the items (HID 1.11, 6.2.2). */
static bool has_report_ids(const uint8_t *data, size_t size)
{
	static const uint8_t sizes[] = { 0, 1, 2, 4 };

	for (size_t at = 0; at < size;) {
		uint8_t prefix = data[at++];
		size_t length = prefix == HID_LONG_ITEM ? (at < size ? data[at] + 2u : 1) : sizes[prefix & 3];

		if (length > size - at)
			return false;
		if ((prefix & ~3) == HID_REPORT_ID)
			return true;
		at += length;
	}
	return false;
}

/* The report descriptor tells whether the first byte of what comes in is an id. */
static int open_hid(struct dfut_opened *opened, const struct dfut_os_place *place, const char *name)
{
	size_t size = 0;
	uint8_t *descriptor = dfut_os_read_report_descriptor(place, opened->channel, &size);
	int result = dfut_hid_open(&opened->hid, name, descriptor && has_report_ids(descriptor, size));

	free(descriptor);
	return result;
}

/* A name of what is to be opened, "" if there is none. A drive that nobody has mounted is no volume. */
static int find_name(char name[DFUT_OS_NAME_SIZE], const struct dfut_os_place *place, enum dfut_link link,
		     uint8_t channel)
{
	if (link == DFUT_LINK_VOLUME)
		return dfut_os_find_volume(name, place, channel) ? 0 : DFUT_ERROR_UNSUPPORTED;
	dfut_os_find_node(name, place, link, channel);
	return name[0] ? 0 : DFUT_ERROR_NOT_FOUND;
}

static int open_mounted(struct dfut_opened *opened, const char *point)
{
	int result = dfut_volume_open(&opened->volume, point);

	/* Unmounted by now */
	return result == DFUT_ERROR_NOT_FOUND ? DFUT_ERROR_UNSUPPORTED : result;
}

/* Whoever says where it is mounted may be wrong, or early. */
static int open_given(struct dfut_opened *opened, const struct dfut_os_place *place, const char *path)
{
	int result = dfut_volume_open(&opened->volume, path);
	char number[32];

	if (result < 0)
		return result;
	dfut_volume_get_disk(opened->volume, number);
	return dfut_os_may_have_disk(place, opened->channel, number) ? 0 : DFUT_ERROR_NOT_FOUND;
}

static int open_name(struct dfut_opened *opened, const struct dfut_os_place *place, const char *name)
{
	switch (opened->link) {
	case DFUT_LINK_HID:
		return open_hid(opened, place, name);
	case DFUT_LINK_SERIAL:
		return dfut_serial_open(&opened->serial, name);
	case DFUT_LINK_VOLUME:
		return open_mounted(opened, name);
	case DFUT_LINK_USB:
		break;
	}
	return DFUT_ERROR_UNSUPPORTED;
}

void dfut_opened_free(struct dfut_opened *opened)
{
	if (opened->hid)
		dfut_hid_close(opened->hid);
	if (opened->serial)
		dfut_serial_close(opened->serial);
	if (opened->volume)
		dfut_volume_close(opened->volume);
	free(opened);
}

int dfut_opened_new(struct dfut_opened **opened, const struct dfut_os_place *place, enum dfut_link link,
		    uint8_t channel, const char *path)
{
	char name[DFUT_OS_NAME_SIZE];
	int result;

	*opened = NULL;
	/* A node's name is that of the port: another device may have it by now. */
	if (dfut_os_has_left(place))
		return DFUT_ERROR_GONE;
	/* Looked up now: right after an arrival it may not have been there before. */
	result = path ? 0 : find_name(name, place, link, channel);
	if (result < 0)
		return result;
	*opened = calloc(1, sizeof(**opened));
	if (!*opened)
		return DFUT_ERROR_NO_MEMORY;
	(*opened)->link = link;
	(*opened)->channel = channel;
	result = path ? open_given(*opened, place, path) : open_name(*opened, place, name);
	if (dfut_os_has_left(place))
		result = DFUT_ERROR_GONE;
	if (result < 0) {
		dfut_opened_free(*opened);
		*opened = NULL;
	}
	return result < 0 ? result : 0;
}
