/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* Windows: libusb lists the devices, Plug and Play tells what belongs to them and who drives them. */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "transport/hid.h"
#include "transport/os.h"
#include "transport/pnp.h"
#include "transport/serial.h"

/* Where the serial number's index is in a device descriptor */
#define SERIAL_INDEX 16
#define DEVICE_SIZE 18

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

static char *copy_text(const char *text)
{
	size_t size = strlen(text) + 1;
	char *copy = malloc(size);

	return copy ? memcpy(copy, text, size) : NULL;
}

/* The serial number, which is part of a device's id: also of one that can't be opened. */
void dfut_os_read_strings(char *strings[256], const struct dfut_os_facts *facts, const char *path)
{
	uint8_t index = facts->size >= DEVICE_SIZE ? facts->descriptors[SERIAL_INDEX] : 0;
	struct dfut_os_place place = { .path = path, .serial_number = "" };
	char serial_number[DFUT_PNP_TEXT_SIZE];
	const struct dfut_pnp_node *device;
	struct dfut_pnp_tree tree;

	if (!index || strings[index])
		return;
	place.vendor_id = dfut_le16(facts->descriptors + 8);
	place.product_id = dfut_le16(facts->descriptors + 10);
	device = dfut_pnp_read(&tree, place.vendor_id, place.product_id) == 0 ? dfut_pnp_find_device(&tree, &place) :
										NULL;
	if (device && dfut_pnp_get_serial_number(serial_number, sizeof(serial_number), device))
		strings[index] = copy_text(serial_number);
	dfut_pnp_free(&tree);
}

/* What the libraries tell, where Plug and Play can't say which device is meant. */
static void find_by_library(char name[DFUT_OS_NAME_SIZE], const struct dfut_os_place *place, enum dfut_link link,
			    uint8_t interface)
{
	if (link == DFUT_LINK_HID)
		dfut_hid_find(name, DFUT_OS_NAME_SIZE, place, interface);
	if (link == DFUT_LINK_SERIAL)
		dfut_serial_find(name, DFUT_OS_NAME_SIZE, place);
}

void dfut_os_find_node(char name[DFUT_OS_NAME_SIZE], const struct dfut_os_place *place, enum dfut_link link,
		       uint8_t interface)
{
	struct dfut_pnp_tree tree;
	const struct dfut_pnp_node *device = NULL;

	name[0] = '\0';
	if (link != DFUT_LINK_HID && link != DFUT_LINK_SERIAL)
		return;
	if (dfut_pnp_read(&tree, place->vendor_id, place->product_id) == 0)
		device = dfut_pnp_find_device(&tree, place);
	if (device)
		dfut_pnp_find_name(name, &tree, device, link, interface);
	else
		find_by_library(name, place, link, interface);
	dfut_pnp_free(&tree);
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
	struct dfut_pnp_tree tree;
	bool has_left = dfut_pnp_read(&tree, place->vendor_id, place->product_id) == 0 &&
			!dfut_pnp_is_there(&tree, place);

	dfut_pnp_free(&tree);
	return has_left;
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
	struct dfut_pnp_tree tree;

	dfut_failure_clear(failure);
	/* Of a tree that can't be read, what has failed is told all the same. */
	dfut_pnp_read(&tree, place->vendor_id, place->product_id);
	dfut_pnp_explain(failure, &tree, place, link, interface, code);
	dfut_pnp_free(&tree);
}

int dfut_os_foresee(struct dfut_failure *failure, const struct dfut_prospect *prospect)
{
	(void)failure;
	(void)prospect;
	return 0;
}
