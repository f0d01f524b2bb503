/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/*
 * The n-th allocation of the library fails, and then all from the n-th on: every call says so or succeeds rightly. What is
 * lost or used wrongly is found by the sanitizers. tests/failing-memory.c has to be loaded in front of it.
 *
 * NO_MEMORY_STEP: every how manyth is tried; 1 tries each (0, as in each push: some 20 of each run).
 */

#include <dirent.h>
#include <sys/stat.h>

#include "failing-memory.h"
#include "specimens.h"

#define CORPUS_LIMIT 8192
/* Of a result: it claims what is not so. */
#define FALSE_SUCCESS 1

TestSuite(no_memory, .timeout = 3600);

/* What is tried: armed by itself where memory is to be missing. */
struct deed {
	const char *what;
	int (*run)(const struct deed *deed);
	const void *data;
	size_t number;
	uint64_t nth;
	bool is_for_good;
	uint64_t *count;
	char *words; /* of a result that is neither */
};

struct tally {
	size_t runs, good, told, others;
};

static void arm(const struct deed *deed)
{
	failing_memory_arm(deed->nth, deed->is_for_good);
}

static void disarm(const struct deed *deed)
{
	*deed->count = failing_memory_disarm();
}

static uint64_t get_number(const char *name, uint64_t other)
{
	const char *text = getenv(name);

	return text && text[0] ? strtoull(text, NULL, 10) : other;
}

static void try(struct deed *deed, struct tally *tally)
{
	int result = deed->run(deed);

	/* A session, a context or an image that is not there has no words. */
	if (result == DFUT_ERROR_NO_MEMORY && *deed->words && !strstr(deed->words, "memory"))
		result = DFUT_ERROR_USAGE;
	tally->runs++;
	tally->good += result == 0;
	tally->told += result == DFUT_ERROR_NO_MEMORY;
	if (result == 0 || result == DFUT_ERROR_NO_MEMORY)
		return;
	tally->others++;
	if (tally->others > 12)
		return;
	cr_expect(false, "%s: allocation %llu%s: %s: %s", deed->what, (unsigned long long)deed->nth,
		  deed->is_for_good ? " and all later ones" : "",
		  result == FALSE_SUCCESS ? "false success" : dfut_error_get_name(result), deed->words);
}

/* All n, or, of a long run, some of them: other ones of each deed. */
static void try_each(struct deed *deed, struct tally *tally)
{
	char words[1024] = "";
	uint64_t count = 0, step = get_number("NO_MEMORY_STEP", 0);
	int result;

	if (!failing_memory_arm)
		cr_skip("a sanitizer's malloc is in front");
	deed->count = &count;
	deed->words = words;
	deed->nth = UINT64_MAX;
	result = deed->run(deed);
	cr_assert(eq(int, result, 0), "%s: with all memory: %s: %s", deed->what, dfut_error_get_name(result), words);
	cr_assert(gt(u64, count, 0), "%s", deed->what);
	step = step ? step : 1 + count / 20;
	for (uint64_t n = 1 + deed->number % step, all = count; n <= all; n += step) {
		for (int k = 0; k < 2; k++) {
			deed->nth = n;
			deed->is_for_good = k;
			words[0] = 0;
			try(deed, tally);
		}
	}
}

static void print(const char *what, const struct tally *tally)
{
	fprintf(stderr, "%s: %zu runs, %zu good, %zu said no-memory, %zu others\n", what, tally->runs, tally->good,
		tally->told, tally->others);
}

static int keep_words(const struct deed *deed, int result, const char *text)
{
	snprintf(deed->words, 1024, "%s", text);
	return result;
}

/* The context itself. */

static int make_context(const struct deed *deed)
{
	struct dfut_context *made;
	int result;

	arm(deed);
	result = dfut_context_new(&made);
	disarm(deed);
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

/* Files. */

struct file_bytes {
	uint8_t bytes[CORPUS_LIMIT];
	size_t size;
};

static int load_image(const struct deed *deed)
{
	const struct file_bytes *file = deed->data;
	struct dfut_context *context;
	struct dfut_image *image;
	int result;

	cr_assert(eq(int, dfut_context_new(&context), 0));
	arm(deed);
	result = dfut_image_load_buffer(&image, context, file->bytes, file->size, 0);
	disarm(deed);
	keep_words(deed, result, dfut_context_get_error(context));
	dfut_image_free(image);
	dfut_context_free(context);
	return result;
}

static const char *const formats[] = { "raw", "ihex", "srec", "dfuse", "uf2", "dfu" };

static int convert_image(const struct deed *deed)
{
	const struct file_bytes *file = deed->data;
	struct dfut_context *context;
	struct dfut_image *image;
	char path[] = "/tmp/dfutrigger-saved-XXXXXX";
	int fd = mkstemp(path), result;

	cr_assert(ge(int, fd, 0));
	close(fd);
	cr_assert(eq(int, dfut_context_new(&context), 0));
	cr_assert(eq(int, dfut_image_load_buffer(&image, context, file->bytes, file->size, 0), 0));
	dfut_image_set_address(image, 0x08000000);
	arm(deed);
	result = dfut_image_convert(image, formats[deed->number]);
	if (result == 0)
		result = dfut_image_save_file(image, path);
	disarm(deed);
	keep_words(deed, result, dfut_image_get_error(image));
	/* Not every file can become each format. */
	if (result < 0 && deed->nth == UINT64_MAX)
		*deed->count = 0;
	dfut_image_free(image);
	dfut_context_free(context);
	unlink(path);
	return result;
}

static bool read_corpus_file(struct file_bytes *file, const char *path)
{
	FILE *stream = fopen(path, "rb");

	if (!stream)
		return false;
	file->size = fread(file->bytes, 1, sizeof(file->bytes), stream);
	fclose(stream);
	return file->size && file->size < sizeof(file->bytes);
}

/* Whether it ends well where memory is not missing. */
static bool is_possible(struct deed *deed)
{
	char words[1024];
	uint64_t count;

	deed->count = &count;
	deed->words = words;
	deed->nth = UINT64_MAX;
	return failing_memory_arm && deed->run(deed) == 0;
}

static void try_corpus(int (*run)(const struct deed *), size_t count, const char *what)
{
	static struct file_bytes file;
	const char *folder = getenv("DFUTRIGGER_TEST_CORPUS");
	struct tally tally = { 0 };
	DIR *entries = folder ? opendir(folder) : NULL;
	char path[1024];

	cr_assert(entries != NULL, "no DFUTRIGGER_TEST_CORPUS");
	for (struct dirent *entry; (entry = readdir(entries));) {
		snprintf(path, sizeof(path), "%s/%s", folder, entry->d_name);
		if (entry->d_name[0] == '.' || !read_corpus_file(&file, path))
			continue;
		for (size_t i = 0; i < count; i++) {
			struct deed deed = { .what = entry->d_name, .run = run, .data = &file, .number = i };

			if (is_possible(&deed))
				try_each(&deed, &tally);
		}
	}
	closedir(entries);
	print(what, &tally);
	cr_expect(tally.runs > 100 || !failing_memory_arm);
}

Test(no_memory, loading)
{
	try_corpus(load_image, 1, "loading");
}

static const struct file_bytes raw = { .bytes = { 0, 0x40, 0, 0x20, 1, 2, 0, 8 }, .size = 3000 };

Test(no_memory, converting)
{
	struct tally tally = { 0 };

	for (size_t i = 0; i < COUNT(formats); i++) {
		struct deed deed = { .what = formats[i], .run = convert_image, .data = &raw, .number = i };

		if (is_possible(&deed))
			try_each(&deed, &tally);
	}
	print("converting", &tally);
}

static int pack_nordic(const struct deed *deed)
{
	static struct firmware firmware;
	const struct specimen *specimen = deed->data;
	struct dfut_context *context;
	struct dfut_image *image;
	int result;

	specimen_make(&firmware, specimen);
	cr_assert(eq(int, dfut_context_new(&context), 0));
	arm(deed);
	result = specimen_load(&image, context, specimen, &firmware);
	disarm(deed);
	keep_words(deed, result, dfut_context_get_error(context));
	dfut_image_free(image);
	dfut_context_free(context);
	return result;
}

static int wrap_mcuboot(const struct deed *deed)
{
	struct dfut_context *context;
	struct dfut_image *image;
	int result;

	cr_assert(eq(int, dfut_context_new(&context), 0));
	cr_assert(eq(int, dfut_image_load_buffer(&image, context, raw.bytes, raw.size, 0), 0));
	arm(deed);
	result = dfut_image_wrap_mcuboot(image, "1.2.3+4", 0x200);
	disarm(deed);
	keep_words(deed, result, dfut_image_get_error(image));
	dfut_image_free(image);
	dfut_context_free(context);
	return result;
}

Test(no_memory, packing)
{
	struct tally tally = { 0 };
	struct deed mcuboot = { .what = "mcuboot", .run = wrap_mcuboot };

	try_each(&mcuboot, &tally);
	for (size_t i = 0; i < COUNT(specimens); i++) {
		struct deed deed = { .what = specimens[i].spec, .run = pack_nordic, .data = &specimens[i] };

		if (strstr(specimens[i].language, "nordic"))
			try_each(&deed, &tally);
	}
	print("packing", &tally);
}

/* Tables. */

static int load_table(const struct deed *deed)
{
	struct bench bench;
	int result;

	cr_assert(eq(int, dfut_context_new(&bench.context), 0));
	arm(deed);
	result = bench_load_devices(&bench, deed->data);
	if (result == 0)
		result = dfut_context_set_protocol(bench.context, 0x1209, 1, "smp", 0);
	disarm(deed);
	keep_words(deed, result, dfut_context_get_error(bench.context));
	dfut_context_free(bench.context);
	return result;
}

Test(no_memory, a_users_table)
{
	struct deed deed = { .what = "table", .run = load_table, .data = SPECIMEN_UF2_ROW };
	struct tally tally = { 0 };

	try_each(&deed, &tally);
	print("table", &tally);
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
