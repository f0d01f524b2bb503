/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* Contexts, devices, sessions and handles without memory: that of the library itself, as virtual devices have theirs. */

/* For an image of more than 128 MiB */
#define ROUND_LIMIT 2000000

#include "no-memory.h"

/* That a context may take: its table takes none. */
#define CONTEXT_LIMIT 10

TestSuite(no_memory, .timeout = 3600);

/* The context itself. */

static int make_context(const struct deed *deed)
{
	struct dfut_context *made;
	int result;

	arm(deed);
	result = dfut_context_new(&made);
	disarm(deed);
	cr_expect(le(u64, *deed->count, CONTEXT_LIMIT));
	dfut_context_free(made);
	return result;
}

Test(no_memory, a_context)
{
	struct deed deed = { .what = "dfut_context_new", .run = make_context };
	struct tally tally = { 0 };

	try_each(&deed, &tally);
	print("context", &tally);
}

/* Devices. */

static int list_devices(const struct deed *deed)
{
	const struct dfut_device *device;
	struct dfut_device_list *list;
	struct bench bench;
	int result;

	bench_start(&bench, deed->data);
	arm(deed);
	result = dfut_device_list_new(&list, bench.context, NULL);
	disarm(deed);
	if (result < 0) {
		keep_words(deed, result, dfut_context_get_error(bench.context));
	} else {
		device = dfut_device_list_get(list, 0);
		if (dfut_device_list_get_count(list) != 1 || dfut_device_get_mode(device) == DFUT_MODE_UNKNOWN ||
		    !*dfut_device_get_path(device))
			result = keep_words(deed, FALSE_SUCCESS, "the list is not right");
		dfut_device_list_free(list);
	}
	bench_stop(&bench);
	return result;
}

static int find_device(const struct deed *deed)
{
	struct dfut_match match = DFUT_MATCH_INIT;
	struct dfut_device *device;
	struct bench bench;
	int result;

	bench_start(&bench, deed->data);
	match.path = "1-1";
	arm(deed);
	result = dfut_device_find(&device, bench.context, &match);
	disarm(deed);
	keep_words(deed, result, dfut_context_get_error(bench.context));
	dfut_device_unref(device);
	bench_stop(&bench);
	return result;
}

static int diagnose_device(const struct deed *deed)
{
	struct dfut_device *device;
	struct bench bench;
	int result;

	bench_start(&bench, deed->data);
	device = bench_find(&bench, "1-1");
	arm(deed);
	result = dfut_device_diagnose(device);
	disarm(deed);
	keep_words(deed, result, dfut_context_get_error(bench.context));
	dfut_device_unref(device);
	bench_stop(&bench);
	return result;
}

Test(no_memory, looking)
{
	static int (*const runs[])(const struct deed *) = { list_devices, find_device, diagnose_device };
	static const char *const specs[] = { "zephyr", "via-keyboard", "leonardo", "stm32f072:application=runtime" };
	struct tally tally = { 0 };

	for (size_t i = 0; i < COUNT(specs); i++) {
		for (size_t k = 0; k < COUNT(runs); k++) {
			struct deed deed = { .what = specs[i], .run = runs[k], .data = specs[i] };

			try_each(&deed, &tally);
		}
	}
	print("looking", &tally);
}

/* Sessions. */

enum job { JOB_TRIGGER, JOB_UPDATE, JOB_UPLOAD, JOB_PLAN, JOB_DIAGNOSE };

struct scene {
	const struct specimen *specimen;
	enum job job;
};

struct read {
	size_t size;
	uint64_t digest;
};

static int take(const uint8_t *data, size_t size, void *user_data)
{
	struct read *read = user_data;

	for (size_t i = 0; i < size; i++)
		read->digest = (read->digest ^ data[i]) * UINT64_C(0x100000001b3);
	read->size += size;
	return 0;
}

static int start(struct dfut_session *session, enum job job, struct dfut_image *image, struct read *read)
{
	switch (job) {
	case JOB_TRIGGER:
		return dfut_session_start_trigger(session);
	case JOB_UPDATE:
		return dfut_session_start_update(session, image);
	case JOB_UPLOAD:
		return dfut_session_start_upload(session, take, read);
	case JOB_PLAN:
		return dfut_session_plan_update(session, image);
	case JOB_DIAGNOSE:
		return dfut_session_start_diagnose(session);
	}
	return 0;
}

/* Armed: from the making of the session to its end. */
static int run_session(const struct deed *deed, struct bench *bench, struct dfut_device *device,
		       struct dfut_image *image)
{
	const struct scene *scene = deed->data;
	struct dfut_session *session;
	struct read read = { 0, 0 };
	int result;

	arm(deed);
	result = dfut_session_new(&session, device);
	if (result == 0)
		result = dfut_session_set_part(session, scene->specimen->part);
	/* Of several memories, one is chosen. */
	if (result == 0 && scene->job == JOB_UPLOAD && strcmp(scene->specimen->language, "dfuse") == 0)
		result = dfut_session_set_alternate(session, "0");
	if (result == 0) {
		dfut_session_set_upload_size(session, 3000);
		result = start(session, scene->job, image, &read);
	}
	for (size_t i = 0; result == 0 && scene->job != JOB_PLAN && !dfut_session_has_ended(session) && i < 200000; i++)
		dfut_context_dispatch(bench->context, -1);
	disarm(deed);
	if (result == 0 && session && scene->job != JOB_PLAN)
		result = dfut_session_has_ended(session) ? dfut_session_get_result(session) : DFUT_ERROR_TIMEOUT;
	keep_words(deed, result, session ? dfut_session_get_message(session) : "");
	dfut_session_free(session);
	return result;
}

static int do_job(const struct deed *deed)
{
	static struct firmware firmware;
	const struct scene *scene = deed->data;
	struct dfut_image *image = NULL;
	struct dfut_device *device;
	struct bench bench;
	int result;

	specimen_make(&firmware, scene->specimen);
	cr_assert(eq(int, dfut_context_new(&bench.context), 0));
	cr_assert(eq(int, specimen_teach(bench.context, scene->specimen), 0));
	cr_assert(eq(int, dfut_sim_new(&bench.sim, DFUT_SIM_CLOCK_VIRTUAL), 0));
	cr_assert(eq(int, dfut_sim_add_to_context(bench.sim, bench.context), 0));
	bench.device = bench_plug(&bench, scene->specimen->spec, "1-1");
	specimen_prepare(bench.device, scene->specimen);
	cr_assert(eq(int, specimen_load(&image, bench.context, scene->specimen, &firmware), 0));
	device = bench_find(&bench, "1-1");
	result = run_session(deed, &bench, device, image);
	if (result == 0 && scene->job == JOB_UPDATE && !specimen_is_held(bench.device, &firmware))
		result = FALSE_SUCCESS;
	if (result == 0 && scene->job == JOB_TRIGGER && !bench_has_left_application(bench.device))
		result = FALSE_SUCCESS;
	dfut_device_unref(device);
	dfut_image_free(image);
	bench_stop(&bench);
	return result;
}

static bool can_do(const struct specimen *specimen, enum job job)
{
	static const char *const readable[] = { "dfu", "dfuse", "picoboot", "sam-ba", "avr109" };

	/* These take updates as they are. */
	if (job == JOB_TRIGGER && (strstr(specimen->spec, "smp-") || strstr(specimen->spec, "sln-voice")))
		return false;
	for (size_t i = 0; job == JOB_UPLOAD && i < COUNT(readable); i++)
		if (strcmp(readable[i], specimen->language) == 0 && specimen->content != CONTENT_MCUBOOT &&
		    !strstr(specimen->spec, "xmos") && !strstr(specimen->spec, "sln-"))
			return true;
	return job != JOB_UPLOAD;
}

static void try_job(enum job job, const char *what)
{
	struct tally tally = { 0 };

	for (size_t i = 0; i < COUNT(specimens); i++) {
		struct scene scene = { &specimens[i], job };
		struct deed deed = { .what = specimens[i].spec, .run = do_job, .data = &scene, .number = i };

		if (can_do(&specimens[i], job))
			try_each(&deed, &tally);
	}
	print(what, &tally);
}

Test(no_memory, trigger)
{
	try_job(JOB_TRIGGER, "trigger");
}

Test(no_memory, update)
{
	try_job(JOB_UPDATE, "update");
}

Test(no_memory, upload)
{
	try_job(JOB_UPLOAD, "upload");
}

Test(no_memory, plan_and_diagnose)
{
	try_job(JOB_PLAN, "plan");
	try_job(JOB_DIAGNOSE, "diagnose");
}

/* Handles. */

static int use_handle(const struct deed *deed)
{
	struct dfut_handle *handle;
	struct dfut_device *device;
	struct bench bench;
	uint8_t data[64] = { 0 };
	int result;

	bench_start(&bench, deed->data);
	device = bench_find(&bench, "1-1");
	arm(deed);
	result = dfut_handle_new(&handle, device);
	if (result == 0)
		result = dfut_handle_control(handle, 0x80, 6, 0x0100, 0, data, 18, 1000);
	if (result > 0 && strstr(deed->data, "keyboard"))
		result = dfut_handle_send_report(handle, 1, DFUT_REPORT_OUTPUT, 0, data, 32, 1000);
	if (result >= 0 && strstr(deed->data, "leonardo"))
		result = dfut_handle_set_lines(handle, -1, 1, 1, 1000);
	if (result >= 0 && strstr(deed->data, "leonardo"))
		result = dfut_handle_write_serial(handle, -1, data, 4, 1000);
	disarm(deed);
	keep_words(deed, result, dfut_context_get_error(bench.context));
	dfut_handle_free(handle);
	dfut_device_unref(device);
	bench_stop(&bench);
	return result > 0 ? 0 : result;
}

Test(no_memory, handles)
{
	static const char *const specs[] = { "zephyr", "via-keyboard", "leonardo" };
	struct tally tally = { 0 };

	for (size_t i = 0; i < COUNT(specs); i++) {
		struct deed deed = { .what = specs[i], .run = use_handle, .data = specs[i] };

		try_each(&deed, &tally);
	}
	print("handles", &tally);
}

/* Blocks. */

/* What an update takes, which ends well. */
static uint64_t count_update(struct bench *bench, struct dfut_image *image, const char *spec)
{
	struct dfut_session *session = bench_new_session(bench, "1-1");
	uint64_t count;

	failing_memory_arm(UINT64_MAX, false);
	cr_expect(eq(int, dfut_session_start_update(session, image), 0), "%s", dfut_session_get_message(session));
	cr_expect(eq(int, bench_run(bench, session, SIZE_MAX, spec), 0), "%s", dfut_session_get_message(session));
	count = failing_memory_disarm();
	cr_expect(eq(int, dfut_session_get_verified(session), DFUT_VERIFIED_YES), "%s", spec);
	dfut_session_free(session);
	return count;
}

static uint64_t count_bytes(const char *spec, size_t size)
{
	uint8_t *bytes = malloc(size);
	struct dfut_image *image;
	struct bench bench;
	uint64_t count;

	for (size_t i = 0; i < size; i++)
		bytes[i] = (uint8_t)(i * 2654435761u >> 13);
	bench_start(&bench, spec);
	cr_assert(eq(int, dfut_image_load_buffer(&image, bench.context, bytes, size, 0), 0));
	if (strncmp(spec, "stm32", 5) == 0)
		cr_assert(eq(int, dfut_image_set_address(image, 0x08000000), 0));
	count = count_update(&bench, image, spec);
	dfut_image_free(image);
	bench_stop(&bench);
	free(bytes);
	return count;
}

/* Of a file that stays where it is: a hole, and a byte behind it. */
static uint64_t count_file(const char *spec, size_t size)
{
	char path[] = "/tmp/dfutrigger-large-XXXXXX";
	struct dfut_image *image;
	struct bench bench;
	uint64_t count;
	int fd = mkstemp(path);

	cr_assert(ge(int, fd, 0));
	cr_assert(eq(long, lseek(fd, (off_t)size - 1, SEEK_SET), (off_t)size - 1));
	cr_assert(eq(long, write(fd, "x", 1), 1));
	close(fd);
	bench_start(&bench, spec);
	cr_assert(eq(int, dfut_image_load_file(&image, bench.context, path, 0), 0), "%s",
		  dfut_context_get_error(bench.context));
	count = count_update(&bench, image, spec);
	dfut_image_free(image);
	bench_stop(&bench);
	unlink(path);
	return count;
}

/* What one needs is there from the one before it: many cost as much memory as few. */
Test(no_memory, blocks_need_none)
{
	static const char *const specs[] = { "dfu:start=bootloader", "stm32f405" };

	if (!failing_memory_arm)
		cr_skip("a sanitizer's malloc is in front");
	for (size_t i = 0; i < sizeof(specs) / sizeof(specs[0]); i++) {
		uint64_t few = count_bytes(specs[i], 20 * 1024), many = count_bytes(specs[i], 60 * 1024);

		fprintf(stderr, "%s: %llu allocations for 20 KiB, %llu for 60\n", specs[i], (unsigned long long)few,
			(unsigned long long)many);
		cr_expect(eq(u64, many, few), "%s", specs[i]);
	}
}

/* Its pages are read without any. */
Test(no_memory, an_image_that_is_not_held_needs_none)
{
	static const char spec[] = "dfu:start=bootloader,size=160M,erases=no,busy=0,transfer-size=65535";
	uint64_t held, large;

	if (!failing_memory_arm)
		cr_skip("a sanitizer's malloc is in front");
	held = count_bytes(spec, 200 * 1024);
	large = count_file(spec, (size_t)129 * 1024 * 1024 + 77);
	fprintf(stderr, "%s: %llu allocations for 200 KiB, %llu for 129 MiB\n", spec, (unsigned long long)held,
		(unsigned long long)large);
	cr_expect(eq(u64, large, held));
}
