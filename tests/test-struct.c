/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* Programs that were built when structs were shorter: nothing beyond what they have is read or written. */

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "bench.h"

#define CANARY 0xa5
/* Bytes that a struct has up to a member, and without it. */
#define SIZE_BEFORE(type, member) offsetof(type, member)

static struct bench bench;

static void start(void)
{
	bench_start(&bench, "zephyr");
}

static void stop(void)
{
	bench_stop(&bench);
}

TestSuite(structs, .init = start, .fini = stop);

/* What lies behind the part that the program has. */
static bool is_kept(const void *given, size_t from, size_t size)
{
	const uint8_t *bytes = given;

	for (size_t i = from; i < size; i++)
		if (bytes[i] != CANARY)
			return false;
	return true;
}

/* A sanitizer sees what is read beyond it. */
static void *shorten(const void *given, size_t size)
{
	uint8_t *made = malloc(size);

	memcpy(made, given, size);
	memcpy(made, &size, sizeof(size));
	return made;
}

Test(structs, segment_of_an_older_program)
{
	size_t known = SIZE_BEFORE(struct dfut_segment, size);
	struct dfut_segment segment;
	struct dfut_image *image;

	cr_assert(eq(int, dfut_image_load_buffer(&image, bench.context, "\1\2\3", 3, DFUT_CHECK_FORMAT), 0));
	memset(&segment, CANARY, sizeof(segment));
	cr_assert(eq(int, dfut_image_get_segment(image, 0, &segment, known), 0));
	cr_expect(eq(int, segment.alternate, -1));
	cr_expect(eq(u8, segment.data[2], 3));
	cr_expect(is_kept(&segment, known, sizeof(segment)));
	dfut_image_free(image);
}

Test(structs, segment_of_a_younger_program)
{
	struct {
		struct dfut_segment segment;
		uint8_t unknown[16];
	} younger;
	struct dfut_image *image;
	uint8_t sum = 0;

	cr_assert(eq(int, dfut_image_load_buffer(&image, bench.context, "\1\2\3", 3, DFUT_CHECK_FORMAT), 0));
	memset(&younger, CANARY, sizeof(younger));
	cr_assert(eq(int, dfut_image_get_segment(image, 0, &younger.segment, sizeof(younger)), 0));
	cr_expect(eq(sz, younger.segment.size, 3));
	for (size_t i = 0; i < sizeof(younger.unknown); i++)
		sum |= younger.unknown[i];
	cr_expect(eq(u8, sum, 0));
	dfut_image_free(image);
}

Test(structs, step_and_progress_of_an_older_program)
{
	struct dfut_session *session = bench_new_session(&bench, "1-1");
	size_t known_step = SIZE_BEFORE(struct dfut_step, time_ms);
	size_t known = SIZE_BEFORE(struct dfut_progress, left_ms);
	struct dfut_progress progress;
	struct dfut_step step;

	cr_assert(eq(int, dfut_session_start_trigger(session), 0));
	memset(&step, CANARY, sizeof(step));
	cr_assert(eq(int, dfut_session_get_step(session, 0, &step, known_step), 0));
	cr_expect(eq(int, step.state, DFUT_SESSION_TRIGGERING));
	cr_expect(is_kept(&step, known_step, sizeof(step)));
	cr_assert(eq(int, dfut_session_run(session), 0));
	memset(&progress, CANARY, sizeof(progress));
	dfut_session_get_progress(session, &progress, known);
	cr_expect(eq(int, progress.state, DFUT_SESSION_DONE));
	cr_expect(is_kept(&progress, known, sizeof(progress)));
	dfut_session_free(session);
}

Test(structs, match_of_an_older_program)
{
	struct dfut_match whole = DFUT_MATCH_INIT;
	struct dfut_match *match = shorten(&whole, SIZE_BEFORE(struct dfut_match, bootloader_serial_number));
	struct dfut_match *none = shorten(&whole, sizeof(size_t));
	struct dfut_device *device;

	cr_assert(eq(int, dfut_device_find(&device, bench.context, match), 0));
	dfut_device_unref(device);
	match->vendor_id = 1;
	cr_expect(eq(int, dfut_device_find(&device, bench.context, match), DFUT_ERROR_NOT_FOUND));
	cr_expect(eq(int, dfut_device_find(&device, bench.context, none), DFUT_ERROR_USAGE));
	free(match);
	free(none);
}

Test(structs, wish_of_an_older_program)
{
	struct dfut_esp whole = DFUT_ESP_INIT;
	struct dfut_esp *esp;
	struct dfut_image *image;

	whole.chip = "esp32s2";
	whole.flasher_args = "/none/flasher_args.json";
	esp = shorten(&whole, SIZE_BEFORE(struct dfut_esp, part_size));
	cr_expect(eq(int, dfut_image_build_esp(&image, bench.context, esp), DFUT_ERROR_NOT_FOUND));
	free(esp);
}

/* A bus that knows nodes by one member more, or that forgets to say how long they are. */
struct younger_node {
	struct dfut_node_facts facts;
	uint64_t unknown;
};

struct lab {
	struct dfut_bus *bus;
	size_t node_size;
	int result; /* of the report */
};

static int lab_start(void *self, struct dfut_bus *bus)
{
	struct lab *lab = self;

	lab->bus = bus;
	return 0;
}

static void lab_stop(void *self)
{
	(void)self;
}

static int lab_scan(void *self, bool may_block)
{
	static const uint8_t descriptors[] = {
		0x12, 0x01, 0x00, 0x02, 0x00, 0x00, 0x00, 0x40, 0x09, 0x12, 0x01, 0x00,
		0x00, 0x01, 0x00, 0x00, 0x00, 0x01, 0x09, 0x02, 0x12, 0x00, 0x01, 0x01,
		0x00, 0x80, 0x32, 0x09, 0x04, 0x00, 0x00, 0x00, 0x03, 0x00, 0x00, 0x00,
	};
	struct lab *lab = self;
	struct younger_node nodes[] = {
		{ { lab->node_size, DFUT_LINK_HID, 0, "first", NULL, 0 }, UINT64_MAX },
		{ { lab->node_size, DFUT_LINK_SERIAL, 1, "second", NULL, 0 }, UINT64_MAX },
	};
	struct dfut_device_facts facts = {
		.size = sizeof(facts),
		.instance = 1,
		.path = "7-1",
		.bus_number = 7,
		.configuration = 1,
		.descriptors = descriptors,
		.descriptors_size = sizeof(descriptors),
		.nodes = &nodes[0].facts,
		.node_count = COUNT(nodes),
	};

	(void)may_block;
	lab->result = dfut_bus_report(lab->bus, &facts);
	return 0;
}

static int lab_connect(void *self, uint64_t instance, const struct dfut_transport_ops **ops, void **transport)
{
	(void)self;
	(void)instance;
	(void)ops;
	(void)transport;
	return DFUT_ERROR_ACCESS;
}

/* As of a program that was built when a bus could do no more than this. */
static const struct dfut_bus_ops lab_ops = {
	.size = offsetof(struct dfut_bus_ops, dispatch),
	.name = "lab",
	.start = lab_start,
	.stop = lab_stop,
	.scan = lab_scan,
	.connect = lab_connect,
};

Test(structs, bus_of_an_older_program_with_nodes_of_a_younger_one)
{
	struct lab lab = { .node_size = sizeof(struct younger_node) };
	struct dfut_bus_ops *ops = shorten(&lab_ops, lab_ops.size);
	struct dfut_device *device;

	cr_assert(eq(int, dfut_context_add_bus(bench.context, ops, &lab), 0));
	free(ops);
	device = bench_find(&bench, "7-1");
	cr_assert(eq(sz, dfut_device_get_node_count(device), 2));
	cr_expect(eq(str, (char *)dfut_device_get_node(device, 1)->name, (char *)"second"));
	cr_expect(eq(int, dfut_device_get_node(device, 1)->link, DFUT_LINK_SERIAL));
	dfut_device_unref(device);
}

Test(structs, nodes_without_a_size_are_refused)
{
	struct lab lab = { .node_size = 0 };
	struct dfut_device_list *list;

	cr_assert(eq(int, dfut_context_add_bus(bench.context, &lab_ops, &lab), 0));
	cr_assert(eq(int, dfut_device_list_new(&list, bench.context, NULL), 0));
	cr_expect(eq(sz, dfut_device_list_get_count(list), 1));
	cr_expect(eq(int, lab.result, DFUT_ERROR_USAGE));
	dfut_device_list_free(list);
}

Test(structs, fault_without_a_size_is_refused)
{
	struct dfut_sim_fault fault = { .kind = DFUT_SIM_FAULT_STALL };

	cr_expect(eq(int, dfut_sim_device_add_fault(bench.device, &fault), DFUT_ERROR_USAGE));
	fault.size = SIZE_BEFORE(struct dfut_sim_fault, delay_ms);
	cr_expect(eq(int, dfut_sim_device_add_fault(bench.device, &fault), 0));
}
