/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/*
 * udev's rules: the commands that add some, for people. The file is named after the device: one of the name of the
 * installed file would take its place. Whether an installed rule gives a device is in udev-look.c.
 */

#include <stdio.h>
#include <string.h>

#include "transport/udev.h"

/* Rules of one command. */
struct rules {
	char text[4][DFUT_UDEV_RULE_SIZE];
	size_t count;
	bool is_cut;
};

static void add_rule(struct rules *rules, const char *text, ...) DFUT_PRINTF(2, 3);

static void add_rule(struct rules *rules, const char *text, ...)
{
	va_list arguments;
	int length;

	if (rules->count == DFUT_COUNT(rules->text)) {
		rules->is_cut = true;
		return;
	}
	va_start(arguments, text);
	length = vsnprintf(rules->text[rules->count], DFUT_UDEV_RULE_SIZE, text, arguments);
	va_end(arguments);
	rules->is_cut |= length < 0 || length >= DFUT_UDEV_RULE_SIZE;
	rules->count++;
}

/* What rules give. Who does not sit at the machine becomes the owner: a group would give it to more people. */
static void make_access(char *access, size_t size, const struct dfut_udev *udev)
{
	/* A name with anything else would end the quotes of the rule, or those of the shell. */
	bool is_plain = udev->user[0] && strspn(udev->user, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
							    "0123456789-_.") == strlen(udev->user);

	if (dfut_udev_has_seat(udev))
		snprintf(access, size, "TAG+=\"uaccess\"");
	else if (is_plain)
		snprintf(access, size, "TAG+=\"uaccess\", OWNER=\"%s\"", udev->user);
	else
		snprintf(access, size, "TAG+=\"uaccess\", OWNER=\"%u\"", udev->user_id);
}

/* A leading line feed: the last line that is there may have none. */
static void make_line(char line[DFUT_UDEV_LINE_SIZE], const struct rules *rules, const char *name)
{
	size_t used = (size_t)snprintf(line, DFUT_UDEV_LINE_SIZE, "printf '\\n%%s\\n'");

	for (size_t i = 0; i < rules->count && used < DFUT_UDEV_LINE_SIZE; i++)
		used += (size_t)snprintf(line + used, DFUT_UDEV_LINE_SIZE - used, " '%s'", rules->text[i]);
	if (used < DFUT_UDEV_LINE_SIZE)
		used += (size_t)snprintf(
			line + used, DFUT_UDEV_LINE_SIZE - used,
			" | sudo tee -a /etc/udev/rules.d/71-dfutrigger-%s.rules && sudo udevadm control --reload",
			name);
	if (used >= DFUT_UDEV_LINE_SIZE || rules->is_cut)
		line[0] = '\0';
}

void dfut_udev_make_node_line(char line[DFUT_UDEV_LINE_SIZE], const struct dfut_udev *udev,
			      const struct dfut_udev_node *node)
{
	struct rules rules = { .count = 0 };
	char access[128], name[16];

	make_access(access, sizeof(access), udev);
	snprintf(name, sizeof(name), "%04x-%04x", node->vendor_id, node->product_id);
	switch (node->link) {
	case DFUT_LINK_USB:
		add_rule(&rules, "SUBSYSTEM==\"usb\", ATTR{idVendor}==\"%04x\", ATTR{idProduct}==\"%04x\", %s",
			 node->vendor_id, node->product_id, access);
		break;
	case DFUT_LINK_HID:
		/* One rule can't match attributes of two parents, nor import what it matches. */
		add_rule(&rules, "SUBSYSTEM==\"hidraw\", IMPORT{builtin}=\"usb_id\"");
		add_rule(&rules,
			 "SUBSYSTEM==\"hidraw\", ATTRS{idVendor}==\"%04x\", ATTRS{idProduct}==\"%04x\", "
			 "ENV{ID_USB_INTERFACE_NUM}==\"%02x\", %s",
			 node->vendor_id, node->product_id, node->interface, access);
		break;
	case DFUT_LINK_SERIAL:
		add_rule(&rules, "SUBSYSTEM==\"tty\", ATTRS{idVendor}==\"%04x\", ATTRS{idProduct}==\"%04x\", %s",
			 node->vendor_id, node->product_id, access);
		break;
	case DFUT_LINK_VOLUME:
		break;
	}
	make_line(line, &rules, name);
}

void dfut_udev_make_modem_line(char line[DFUT_UDEV_LINE_SIZE], uint16_t vendor_id, uint16_t product_id)
{
	struct rules rules = { .count = 0 };
	char name[16];

	snprintf(name, sizeof(name), "%04x-%04x", vendor_id, product_id);
	add_rule(&rules, "ATTRS{idVendor}==\"%04x\", ATTRS{idProduct}==\"%04x\", ENV{ID_MM_DEVICE_IGNORE}=\"1\"",
		 vendor_id, product_id);
	make_line(line, &rules, name);
}

static unsigned int get_size(unsigned int digits)
{
	return 1u << 4 * digits;
}

/* One pattern: the digits above the one at this place, that from one digit to another, then anything. */
static size_t add_pattern(char *patterns, size_t size, unsigned int first, unsigned int place, unsigned int to)
{
	static const char digits[] = "0123456789abcdef";
	size_t used = strlen(patterns);
	unsigned int from = first / get_size(place) % 16;
	char text[32];
	size_t at = 0;

	for (unsigned int i = 3; i > place; i--)
		text[at++] = digits[first / get_size(i) % 16];
	/* Ranges within brackets are only sure within digits and within letters. */
	if (from == to)
		text[at++] = digits[from];
	else
		at += (size_t)snprintf(text + at, sizeof(text) - at, "[%.*s]", (int)(to - from + 1), digits + from);
	memset(text + at, '?', place);
	text[at + place] = '\0';
	return used + (size_t)snprintf(patterns + used, size - used, "%s%s", used ? "|" : "", text);
}

void dfut_udev_cover(char *patterns, size_t size, uint16_t first, uint16_t last)
{
	unsigned int at = first;

	patterns[0] = '\0';
	if (first == 0 && last == UINT16_MAX) {
		snprintf(patterns, size, "????");
		return;
	}
	while (at <= last) {
		unsigned int place = 0, to;

		/* As many digits that may be anything as begin and end allow */
		while (place < 3 && at % get_size(place + 1) == 0 && at + get_size(place + 1) - 1 <= last)
			place++;
		to = at / get_size(place) % 16;
		while (to < 15 && at + (to + 2 - at / get_size(place) % 16) * get_size(place) - 1 <= last)
			to++;
		if (add_pattern(patterns, size, at, place, to) >= size) {
			patterns[0] = '\0';
			return;
		}
		at += (to + 1 - at / get_size(place) % 16) * get_size(place);
	}
}

/* Products of a vendor, from this kind on, as one pattern; how many kinds that are. "": it does not fit. */
static size_t cover_vendor(char *patterns, size_t size, const struct dfut_prospect *prospect, size_t first)
{
	size_t i = first, used = 0;

	for (; i < prospect->kind_count && prospect->kinds[i].vendor_id == prospect->kinds[first].vendor_id; i++) {
		const struct dfut_kind *kind = &prospect->kinds[i];
		char part[128];

		dfut_udev_cover(part, sizeof(part), kind->product_id_first, kind->product_id_last);
		if (!part[0])
			used = size;
		if (used < size)
			used += (size_t)snprintf(patterns + used, size - used, "%s%s", used ? "|" : "", part);
	}
	if (used >= size)
		patterns[0] = '\0';
	return i - first;
}

/* What is matched of the device, and what is said of it besides who may use it. */
static void make_condition(char *condition, size_t size, const struct dfut_prospect *prospect, size_t first,
			   const char *patterns)
{
	/* ModemManager looks for its mark at the USB device. */
	static const char *const subsystems[] = { "usb", "hidraw", "usb|tty" };
	const char *parent = prospect->link == DFUT_LINK_USB ? "ATTR" : "ATTRS";
	size_t used = (size_t)snprintf(condition, size, "SUBSYSTEM==\"%s\", %s{idVendor}==\"%04x\"",
				       subsystems[prospect->link], parent, prospect->kinds[first].vendor_id);

	if (strcmp(patterns, "????") != 0)
		snprintf(condition + used, size - used, ", %s{idProduct}==\"%s\"", parent, patterns);
	else if (prospect->has_dfu)
		snprintf(condition + used, size - used, ", ENV{ID_USB_INTERFACES}==\"*:fe0102:*\"");
}

void dfut_udev_make_prospect_line(char line[DFUT_UDEV_LINE_SIZE], const struct dfut_udev *udev,
				  const struct dfut_prospect *prospect)
{
	const char *mark = prospect->link == DFUT_LINK_SERIAL ? ", ENV{ID_MM_DEVICE_IGNORE}=\"1\"" : "";
	struct rules rules = { .count = 0 };
	char access[128], condition[448], patterns[384], name[16] = "dfu";

	make_access(access, sizeof(access), udev);
	if (prospect->kind_count)
		snprintf(name, sizeof(name), "%04x-%04x", prospect->kinds[0].vendor_id,
			 prospect->kinds[0].product_id_first);
	for (size_t i = 0; i < prospect->kind_count;) {
		size_t count = cover_vendor(patterns, sizeof(patterns), prospect, i);

		rules.is_cut |= !patterns[0];
		make_condition(condition, sizeof(condition), prospect, i, patterns);
		add_rule(&rules, "%s, %s%s", condition, access, mark);
		i += count;
	}
	if (!prospect->kind_count)
		add_rule(&rules, "SUBSYSTEM==\"usb\", ENV{ID_USB_INTERFACES}==\"*:fe0102:*\", %s", access);
	make_line(line, &rules, name);
}
