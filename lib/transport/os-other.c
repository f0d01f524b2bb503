/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* Systems other than Linux: what the libraries tell. They know ids and serial numbers, but not always ports, so that of
 * several alike without serial numbers none is chosen. */

#include "transport/hid.h"
#include "transport/os.h"
#include "transport/serial.h"

int dfut_os_check(struct dfut_failure *failure)
{
	(void)failure;
	return 0;
}

int dfut_os_list(void (*found)(void *owner, const struct dfut_os_place *place), void *owner)
{
	(void)found;
	(void)owner;
	return DFUT_ERROR_UNSUPPORTED;
}

void dfut_os_read(struct dfut_os_facts *facts, const char *path)
{
	(void)facts;
	(void)path;
}

uint8_t dfut_os_read_configuration(const char *path, uint8_t known)
{
	(void)path;
	return known;
}

void dfut_os_read_strings(char *strings[256], const struct dfut_os_facts *facts, const char *path)
{
	(void)strings;
	(void)facts;
	(void)path;
}

void dfut_os_find_node(char name[DFUT_OS_NAME_SIZE], const struct dfut_os_place *place, enum dfut_link link,
		       uint8_t interface)
{
	name[0] = '\0';
	switch (link) {
	case DFUT_LINK_VOLUME:
		return;
	case DFUT_LINK_USB:
		return;
	case DFUT_LINK_HID:
		dfut_hid_find(name, DFUT_OS_NAME_SIZE, place, interface);
		return;
	case DFUT_LINK_SERIAL:
		dfut_serial_find(name, DFUT_OS_NAME_SIZE, place);
		return;
	}
}

uint8_t *dfut_os_read_report_descriptor(const struct dfut_os_place *place, uint8_t interface, size_t *size)
{
	(void)place;
	(void)interface;
	*size = 0;
	return NULL;
}

bool dfut_os_has_left(const struct dfut_os_place *place)
{
	(void)place;
	return false;
}

int dfut_os_try_node(const struct dfut_os_place *place, enum dfut_link link, uint8_t interface)
{
	char name[DFUT_OS_NAME_SIZE];

	dfut_os_find_node(name, place, link, interface);
	return name[0] || link == DFUT_LINK_USB ? 0 : DFUT_ERROR_NOT_FOUND;
}

bool dfut_os_find_volume(char point[DFUT_OS_NAME_SIZE], const struct dfut_os_place *place, uint8_t interface)
{
	(void)place;
	(void)interface;
	point[0] = '\0';
	return false;
}

bool dfut_os_may_have_disk(const struct dfut_os_place *place, uint8_t interface, const char *number)
{
	(void)place;
	(void)interface;
	(void)number;
	return true;
}

bool dfut_os_is_mounted(const struct dfut_os_place *place, uint8_t interface)
{
	(void)place;
	(void)interface;
	return false;
}

void dfut_os_explain(struct dfut_failure *failure, const struct dfut_os_place *place, enum dfut_link link,
		     uint8_t interface, int code)
{
	static const char *const what[] = { "USB device", "HID interface", "serial port", "volume" };

	dfut_failure_clear(failure);
	if (code == DFUT_OK)
		return;
	dfut_fail(failure, code, "the %s of %04x:%04x, interface %u, can't be used: %s", what[link], place->vendor_id,
		  place->product_id, interface, dfut_error_get_text(code));
	if (code == DFUT_ERROR_BUSY)
		dfut_hint(failure, "end the program that uses it, then repeat");
}

int dfut_os_foresee(struct dfut_failure *failure, const struct dfut_prospect *prospect)
{
	(void)failure;
	(void)prospect;
	return 0;
}
