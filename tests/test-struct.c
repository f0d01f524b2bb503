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
