/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* What hostile devices tell of themselves: descriptors, names and nodes that are wrong, too long, or others with each look. */

#ifndef DFUT_TESTS_HOSTILE_FACE_H
#define DFUT_TESTS_HOSTILE_FACE_H

#include "hostile-bus.h"
#include "table/table.h"

#define FACE_DESCRIPTORS (128 * 1024)
#define FACE_STRINGS 300
#define FACE_NODES 40
#define FACE_REPORT 4096
#define FACE_LONG_STRING (8 * MIB)

struct face {
	struct dfut_device_facts facts;
	uint8_t descriptors[FACE_DESCRIPTORS];
	struct dfut_string strings[FACE_STRINGS];
	struct dfut_node_facts nodes[FACE_NODES];
	uint8_t report[FACE_REPORT];
};

/* Ids of a row of the table, any of them. */
static inline void face_pick_ids(struct hostile *hostile, uint8_t *descriptor)
{
	const struct dfut_builtin *builtin = &dfut_builtin_devices;
	size_t at = hostile_pick(hostile, (uint32_t)builtin->entry_count);
	unsigned int vendor = 0x1209, product = 1;

	for (size_t i = 0; i < builtin->entry_count; i++) {
		const struct dfut_entry *entry = &builtin->entries[(at + i) % builtin->entry_count];
		bool is_application = entry->bootloader_count == 0 || hostile_pick(hostile, 2) == 0;
		const struct dfut_rule *rule = is_application ? entry->application : entry->bootloader;

		if (!rule || rule->id_count == 0)
			continue;
		vendor = rule->ids[0].vendor;
		product = rule->ids[0].product_first;
		break;
	}
	descriptor[8] = (uint8_t)vendor;
	descriptor[9] = (uint8_t)(vendor >> 8);
	descriptor[10] = (uint8_t)product;
	descriptor[11] = (uint8_t)(product >> 8);
}

/* Composed from nothing. */

static inline void face_add(struct face *face, const void *bytes, size_t size)
{
	memcpy(face->descriptors + face->facts.descriptors_size, bytes, size);
	face->facts.descriptors_size += size;
}

static inline void face_add_node(struct face *face, uint8_t number, uint8_t class_code)
{
	struct dfut_node_facts *node = &face->nodes[face->facts.node_count++];

	*node = (struct dfut_node_facts){ .size = sizeof(*node),
					  .link = class_code == 3 ? DFUT_LINK_HID : DFUT_LINK_SERIAL,
					  .interface_number = number,
					  .name = "/dev/hostile",
					  .report_descriptor = class_code == 3 ? face->report : NULL,
					  .report_descriptor_size = class_code == 3 ? 18 : 0 };
}

static inline void face_add_interface(struct hostile *hostile, struct face *face, uint8_t number)
{
	static const uint8_t classes[][3] = { { 0xfe, 1, 1 }, { 0xfe, 1, 2 },	   { 3, 0, 0 },	   { 2, 2, 1 },
					      { 10, 0, 0 },   { 8, 6, 0x50 },	   { 0xff, 0, 1 }, { 0xff, 1, 1 },
					      { 0xff, 0, 0 }, { 0xff, 0xff, 0xff } };
	const uint8_t *code = classes[hostile_pick(hostile, COUNT(classes))];
	uint8_t endpoints = (uint8_t)hostile_pick(hostile, 3);
	const uint8_t descriptor[] = { 9,	4,	   number,
				       0,	endpoints, code[0],
				       code[1], code[2],   (uint8_t)hostile_pick(hostile, 6) };
	const uint8_t hid[] = { 9, 0x21, 0x11, 1, 0, 1, 0x22, 18, 0 };
	uint8_t functional[] = { 9, 0x21, (uint8_t)hostile_pick(hostile, 16), 0xe8, 3, 0, 0, 0x10, 1 };

	functional[5] = (uint8_t)hostile_pick(hostile, 256);
	functional[6] = (uint8_t)hostile_pick(hostile, 20);
	if (hostile_pick(hostile, 4) == 0)
		functional[7] = 0x1a;
	face_add(face, descriptor, sizeof(descriptor));
	if (code[0] == 3)
		face_add(face, hid, sizeof(hid));
	if (code[0] == 0xfe)
		face_add(face, functional, sizeof(functional));
	for (uint8_t i = 0; i < endpoints; i++) {
		const uint8_t endpoint[] = {
			7, 5, (uint8_t)((i ? 0 : 0x80) | (number + 1)), (uint8_t)(code[0] == 3 ? 3 : 2), 64, 0, 1
		};

		face_add(face, endpoint, sizeof(endpoint));
	}
	if (code[0] == 3 || code[0] == 2)
		face_add_node(face, number, code[0]);
}

static inline void face_invent(struct hostile *hostile, struct face *face, uint64_t instance)
{
	static const uint8_t report[] = { 0x06, 0x00, 0xff, 0x09, 0x01, 0xa1, 0x01, 0x85, 0x05,
					  0x75, 0x08, 0x95, 0x05, 0x09, 0x01, 0xb1, 0x02, 0xc0 };
	uint8_t device[] = { 18, 1, 0, 2, 0, 0, 0, 64, 0, 0, 0, 0, 0, 1, 1, 2, 3, 1 };
	uint8_t configuration[] = { 9, 2, 0, 0, 0, 1, 0, 0x80, 50 };
	size_t size;

	face->facts = (struct dfut_device_facts){ .size = sizeof(face->facts),
						  .instance = instance,
						  .path = "1-7",
						  .bus_number = 1,
						  .address = 7,
						  .configuration = 1,
						  .descriptors = face->descriptors,
						  .strings = face->strings,
						  .nodes = face->nodes };
	memcpy(face->report, report, sizeof(report));
	face_pick_ids(hostile, device);
	configuration[4] = (uint8_t)(1 + hostile_pick(hostile, 4));
	face_add(face, device, sizeof(device));
	face_add(face, configuration, sizeof(configuration));
	for (uint8_t i = 0; i < configuration[4]; i++)
		face_add_interface(hostile, face, i);
	size = face->facts.descriptors_size - sizeof(device);
	face->descriptors[20] = (uint8_t)size;
	face->descriptors[21] = (uint8_t)(size >> 8);
}

/* Bent from what is there. */

static inline void face_copy(struct face *face, const struct dfut_device_facts *facts)
{
	face->facts = *facts;
	face->facts.descriptors = face->descriptors;
	face->facts.strings = face->strings;
	face->facts.nodes = face->nodes;
	memcpy(face->descriptors, facts->descriptors, facts->descriptors_size);
	memcpy(face->strings, facts->strings, facts->string_count * sizeof(*facts->strings));
	memcpy(face->nodes, facts->nodes, facts->node_count * sizeof(*facts->nodes));
}

static inline void face_bend_descriptors(struct hostile *hostile, struct face *face)
{
	size_t size = face->facts.descriptors_size;

	switch (hostile_pick(hostile, 6)) {
	case 0:
		face->facts.descriptors_size = hostile_pick(hostile, (uint32_t)size + 1);
		break;
	case 1:
		face->facts.descriptors_size = size + hostile_pick(hostile, FACE_DESCRIPTORS - (uint32_t)size);
		hostile_fill(hostile, face->descriptors + size, face->facts.descriptors_size - size);
		break;
	case 2:
		for (uint32_t i = hostile_pick(hostile, 8); size && i > 0; i--)
			face->descriptors[hostile_pick(hostile, (uint32_t)size)] = (uint8_t)hostile_pick(hostile, 256);
		break;
	case 3:
		/* A length of its own */
		if (size)
			face->descriptors[hostile_pick(hostile, (uint32_t)size)] = hostile_pick(hostile, 2) ? 0 : 0xff;
		break;
	default:
		if (size >= 18)
			face_pick_ids(hostile, face->descriptors);
	}
}

static inline const char *face_get_long_text(void)
{
	static char *text;

	if (!text) {
		text = malloc(FACE_LONG_STRING + 1);
		cr_assert(text != NULL);
		memset(text, 'x', FACE_LONG_STRING);
		text[FACE_LONG_STRING] = 0;
	}
	return text;
}

static inline void face_bend_strings(struct hostile *hostile, struct face *face)
{
	static const char *const texts[] = { "",     "A1",	     "\xff\xfe\x80", "a\nb\tc",
					     "%s%n", "\xed\xa0\x80", "1-",	     "../../x" };

	switch (hostile_pick(hostile, 5)) {
	case 0:
		face->facts.string_count = 0;
		break;
	case 1:
		for (size_t i = 0; i < FACE_STRINGS; i++)
			face->strings[i] = (struct dfut_string){ (uint8_t)i,
								 texts[hostile_pick(hostile, COUNT(texts))] };
		face->facts.string_count = hostile_pick(hostile, FACE_STRINGS);
		break;
	case 2:
		if (hostile_pick(hostile, 8) == 0 && face->facts.string_count)
			face->strings[hostile_pick(hostile, (uint32_t)face->facts.string_count)]
				.text = face_get_long_text();
		break;
	case 3:
		face->facts.names = hostile_pick(hostile, 2) ? DFUT_NAMES_COMING : hostile_pick_error(hostile);
		break;
	default:
		for (size_t i = 0; i < face->facts.string_count; i++)
			face->strings[i].text = texts[hostile_pick(hostile, COUNT(texts))];
	}
}

static inline void face_bend_nodes(struct hostile *hostile, struct face *face)
{
	struct dfut_node_facts *node;

	hostile_fill(hostile, face->report, FACE_REPORT);
	if (hostile_pick(hostile, 4) == 0) {
		face->facts.node_count = 0;
		return;
	}
	while (face->facts.node_count < FACE_NODES && hostile_pick(hostile, 3))
		face_add_node(face, (uint8_t)hostile_pick(hostile, 256), hostile_pick(hostile, 2) ? 3 : 2);
	if (!face->facts.node_count)
		return;
	node = &face->nodes[hostile_pick(hostile, (uint32_t)face->facts.node_count)];
	node->name = hostile_pick(hostile, 3) ? "" : face_get_long_text();
	node->interface_number = (uint8_t)hostile_pick(hostile, 4);
	node->report_descriptor = face->report;
	node->report_descriptor_size = hostile_pick(hostile, FACE_REPORT);
	if (hostile_pick(hostile, 3) == 0)
		node->link = (enum dfut_link)hostile_pick(hostile, 4);
}

static inline void face_bend_place(struct hostile *hostile, struct face *face)
{
	static const char *const paths[] = { "", "1-1", "1-7", "0", "-", "1-1.2.3.4.5.6.7.8.9", "x", "1-1\n" };

	face->facts.path = paths[hostile_pick(hostile, COUNT(paths))];
	face->facts.address = hostile_pick(hostile, 300);
	face->facts.bus_number = hostile_pick(hostile, 3);
	if (hostile_pick(hostile, 3) == 0)
		face->facts.configuration = (uint8_t)hostile_pick(hostile, 4);
}

static inline void face_bend(struct hostile *hostile, struct face *face)
{
	for (uint32_t i = 1 + hostile_pick(hostile, 3); i > 0; i--) {
		switch (hostile_pick(hostile, 4)) {
		case 0:
			face_bend_descriptors(hostile, face);
			break;
		case 1:
			face_bend_strings(hostile, face);
			break;
		case 2:
			face_bend_nodes(hostile, face);
			break;
		default:
			face_bend_place(hostile, face);
		}
	}
}

/* The face stays the same as long as it is not enumerated anew, but of those that are another with each look. */
static inline bool face_is_bent(struct hostile *hostile)
{
	uint32_t once_in = hostile->temper.face_once_in;

	if (once_in > 1)
		return hostile_is_once_in(hostile, once_in);
	hostile->random = hostile->faces;
	return once_in == 1;
}

/* What the bus behind tells is passed on, twins with it. */
static int hostile_report(void *data, const struct dfut_device_facts *facts)
{
	static struct face face;
	struct hostile *hostile = data;
	uint64_t random = hostile->random;
	int result;

	if (hostile_is_hidden(hostile))
		return 0;
	face_copy(&face, facts);
	face.facts.instance = facts->instance * EPOCHS + hostile->epoch;
	if (face_is_bent(hostile))
		face_bend(hostile, &face);
	face.facts.node_count = hostile->temper.hides_nodes ? 0 : face.facts.node_count;
	result = dfut_bus_report(hostile->front, &face.facts);
	for (size_t i = 0; result == 0 && hostile->temper.are_twins && i < hostile->temper.ghost_count; i++) {
		face.facts.instance = GHOST_INSTANCE + i;
		result = dfut_bus_report(hostile->front, &face.facts);
	}
	if (hostile->temper.face_once_in <= 1)
		hostile->random = random;
	return result;
}

static int hostile_scan(void *self, bool may_block)
{
	static struct face face;
	struct hostile *hostile = self;
	int result = hostile->ops->scan(hostile->sim, may_block);
	uint64_t random = hostile->random;

	hostile->looks++;
	if (hostile->temper.are_twins)
		return result;
	hostile->random = hostile->faces ^ 1;
	for (size_t i = 0; result == 0 && i < hostile->temper.ghost_count; i++) {
		face_invent(hostile, &face, GHOST_INSTANCE + i);
		if (hostile->temper.face_once_in == 1)
			face_bend(hostile, &face);
		result = dfut_bus_report(hostile->front, &face.facts);
	}
	hostile->random = random;
	return result;
}

static int hostile_start(void *self, struct dfut_bus *bus)
{
	struct hostile *hostile = self;
	int result;

	hostile->front = bus;
	result = dfut_bus_new_behind(&hostile->behind, bus, hostile_report, hostile);
	return result < 0 ? result : hostile->ops->start(hostile->sim, hostile->behind);
}

static const struct dfut_bus_ops hostile_ops = {
	.size = sizeof(struct dfut_bus_ops),
	.name = "hostile",
	.start = hostile_start,
	.stop = hostile_stop,
	.scan = hostile_scan,
	.connect = hostile_connect,
	.dispatch = hostile_dispatch,
	.get_deadline_us = hostile_get_deadline_us,
	.diagnose = hostile_diagnose,
};

#endif
