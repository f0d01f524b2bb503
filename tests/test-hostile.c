/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/*
 * Hostile devices, made by a generator from seeds, for each job: each ends by its deadline and within its memory, says why,
 * and no success is false. The bus knows what each device really holds.
 *
 * HOSTILE trials (500) from HOSTILE_SEED on, a seed each: what fails is tried alone with its seed and HOSTILE=1.
 */

#include "hostile-face.h"
#include "specimens.h"

#include <malloc.h>

#define DEFAULT_SEED 20261201
#define ROUNDS 4000000u
/* Bytes of UTF-8 in a string descriptor of 255 bytes */
#define NAME_LIMIT 378
#define S UINT64_C(1000000)
/* The longest that each may take, on the devices' clock. */
#define LOOK_DEADLINE_US (10 * S + 1000)
#define DIAGNOSE_DEADLINE_US (30 * S)
#define TRIGGER_DEADLINE_US (60 * S)
/* Installing alone may take ten minutes, and what a plan has before and after it comes on top. */
#define JOB_DEADLINE_US (900 * S)
/* The longest name is told 8 MiB long. */
#define MEMORY_LIMIT (64 * (size_t)MIB)

TestSuite(hostile, .timeout = 3600);

enum job {
	JOB_TRIGGER,
	JOB_UPDATE,
	JOB_UPLOAD,
	JOB_DIAGNOSE,
	JOB_PROBE,
	JOB_PLAN,
	JOB_COMMAND,
	JOB_COUNT,
};

static const char *const job_names[] = { "trigger", "update", "upload", "diagnose", "probe", "plan", "command" };
static const uint64_t deadlines_us[] = {
	[JOB_TRIGGER] = TRIGGER_DEADLINE_US,   [JOB_UPDATE] = JOB_DEADLINE_US,	  [JOB_UPLOAD] = JOB_DEADLINE_US,
	[JOB_DIAGNOSE] = DIAGNOSE_DEADLINE_US, [JOB_PROBE] = TRIGGER_DEADLINE_US, [JOB_PLAN] = LOOK_DEADLINE_US,
	[JOB_COMMAND] = JOB_DEADLINE_US,
};

struct tally {
	size_t jobs, good, written, unverified, refused, cancelled;
	uint64_t longest_us[JOB_COUNT], longest_look_us;
	size_t most_memory;
};

struct trial {
	uint64_t seed;
	const struct specimen *specimen;
	struct firmware firmware;
	struct bench bench;
	struct hostile hostile;
	size_t memory; /* in use at its beginning */
	struct tally *tally;
};

/* Of the sanitizer, where there is one */
size_t __sanitizer_get_current_allocated_bytes(void) __attribute__((weak));

static size_t get_memory_in_use(void)
{
	return __sanitizer_get_current_allocated_bytes ? __sanitizer_get_current_allocated_bytes() :
							 mallinfo2().uordblks;
}

static void look_at_memory(struct trial *trial)
{
	size_t used = get_memory_in_use();

	used = used > trial->memory ? used - trial->memory : 0;
	trial->tally->most_memory = used > trial->tally->most_memory ? used : trial->tally->most_memory;
}

static uint32_t draw(struct trial *trial, uint32_t below)
{
	return hostile_pick(&trial->hostile, below);
}

static uint64_t get_time_us(const struct trial *trial)
{
	return dfut_sim_get_time_us(trial->bench.sim);
}

/* The trial. */

static void draw_temper(struct trial *trial)
{
	struct temper *temper = &trial->hostile.temper;
	uint32_t kind = draw(trial, 8);

	temper->kinds = draw(trial, 2) ? UINT32_MAX : draw(trial, 1u << MISCHIEF_COUNT);
	if (kind == 0 || kind == 7)
		temper->once_in = 10 + draw(trial, 200);
	if (kind == 1)
		temper->once_in = 1 + draw(trial, 8);
	if (kind == 2 || kind == 6) {
		temper->sticky = (enum mischief)(1 + draw(trial, MISCHIEF_COUNT - 1));
		temper->sticky_from = draw(trial, 60);
	}
	if (kind == 3 || kind == 7)
		temper->face_once_in = draw(trial, 3) ? 1 : 2 + draw(trial, 6);
	if (kind == 4 || kind == 7)
		temper->comes_once_in = 3 + draw(trial, 150);
	if (kind == 5 || kind == 6)
		temper->ghost_count = 1 + draw(trial, GHOST_LIMIT);
	temper->are_twins = temper->ghost_count && draw(trial, 3) == 0;
}

static void begin(struct trial *trial, struct tally *tally, uint64_t seed, const struct specimen *specimen)
{
	struct bench *bench = &trial->bench;

	memset(trial, 0, sizeof(*trial));
	face_get_long_text();
	trial->memory = get_memory_in_use();
	trial->tally = tally;
	trial->seed = trial->hostile.random = trial->hostile.faces = seed;
	trial->specimen = specimen;
	specimen_make(&trial->firmware, specimen);
	cr_assert(eq(int, dfut_context_new(&bench->context), 0));
	cr_assert(eq(int, specimen_teach(bench->context, specimen), 0), "%s", dfut_context_get_error(bench->context));
	cr_assert(eq(int, dfut_sim_new(&bench->sim, DFUT_SIM_CLOCK_VIRTUAL), 0));
	trial->hostile.sim = bench->sim;
	trial->hostile.ops = dfut_sim_join(bench->sim, bench->context);
	cr_assert(eq(int, dfut_context_add_bus(bench->context, &hostile_ops, &trial->hostile), 0));
	bench->device = bench_plug(bench, specimen->spec, "1-1");
	specimen_prepare(bench->device, specimen);
}

/* The device itself has faults, too. */
static void add_faults(struct trial *trial)
{
	for (uint32_t i = draw(trial, 6) ? 0 : 1 + draw(trial, 4); i > 0; i--) {
		struct dfut_sim_fault fault = { .size = sizeof(fault),
						.kind = (enum dfut_sim_fault_kind)(1 + draw(trial, 14)),
						.request = draw(trial, 60),
						.times = draw(trial, 3),
						.delay_ms = draw(trial, 8000) };

		cr_assert(eq(int, dfut_sim_device_add_fault(trial->bench.device, &fault), 0));
	}
}

static void disturb(struct trial *trial)
{
	struct dfut_sim_device *device = trial->bench.device;
	uint32_t what = draw(trial, 400);

	if (what == 0 && dfut_sim_device_is_present(device))
		dfut_sim_device_unplug(device);
	else if (what < 100 && !dfut_sim_device_is_present(device))
		dfut_sim_device_replug(device);
	else if (what == 100 && dfut_sim_device_is_present(device))
		dfut_sim_device_press_reset(device);
	else if (what == 101)
		hostile_enumerate_anew(&trial->hostile);
}

/* Judging. */

static void expect_time(struct trial *trial, uint64_t begin_us, uint64_t most_us, uint64_t *longest_us,
			const char *what)
{
	uint64_t time_us = get_time_us(trial) - begin_us;

	*longest_us = time_us > *longest_us ? time_us : *longest_us;
	cr_expect(le(u64, time_us, most_us), "seed %llu, %s: %s took %llu ms", (unsigned long long)trial->seed,
		  trial->specimen->spec, what, (unsigned long long)(time_us / 1000));
}

static void expect_words(const struct trial *trial, const char *text, const char *what)
{
	char where[200];

	snprintf(where, sizeof(where), "seed %llu, %s, %s", (unsigned long long)trial->seed, trial->specimen->spec,
		 what);
	bench_expect_words(text, where);
}

/* Who says that all of it was read back has it; who says less says so. */
static void expect_held(struct trial *trial, const struct dfut_session *session)
{
	const char *message = dfut_session_get_message(session);
	bool is_held = specimen_is_held(trial->bench.device, &trial->firmware);
	bool is_said = strstr(message, "not verified") != NULL || strstr(message, "can't be read") != NULL;

	trial->tally->written += is_held;
	trial->tally->unverified += !is_held;
	if (dfut_session_get_verified(session) == DFUT_VERIFIED_YES)
		is_said = false;
	cr_expect(is_held || is_said, "seed %llu, %s: false success: %s", (unsigned long long)trial->seed,
		  trial->specimen->spec, message);
}

static void judge(struct trial *trial, struct dfut_session *session, enum job job, bool is_cancelled)
{
	int result = dfut_session_get_result(session);

	trial->tally->good += result == 0;
	trial->tally->cancelled += result == DFUT_ERROR_CANCELLED;
	expect_words(trial, dfut_session_get_message(session), job_names[job]);
	if (result == DFUT_ERROR_CANCELLED)
		cr_expect(is_cancelled, "seed %llu: cancelled by nobody", (unsigned long long)trial->seed);
	if (result == 0 && job == JOB_UPDATE)
		expect_held(trial, session);
	/* One looks the same in both, and its session says so. */
	if (result == 0 && job == JOB_TRIGGER && !strstr(dfut_session_get_message(session), "can't be seen"))
		cr_expect(eq(int, dfut_device_get_mode(dfut_session_get_device(session)), DFUT_MODE_BOOTLOADER),
			  "seed %llu, %s: %s", (unsigned long long)trial->seed, trial->specimen->spec,
			  dfut_session_get_message(session));
}

/* Jobs. */

static int count_bytes(const uint8_t *data, size_t size, void *user_data)
{
	size_t *count = user_data;

	(void)data;
	*count += size;
	return 0;
}

static void configure(struct trial *trial, struct dfut_session *session)
{
	cr_assert(eq(int, dfut_session_set_part(session, trial->specimen->part), 0));
	dfut_session_set_verify(session, (enum dfut_verify)(draw(trial, 4) ? 0 : draw(trial, 3)));
	dfut_session_set_erase(session, (enum dfut_erase)(draw(trial, 4) ? 0 : draw(trial, 4)));
	if (draw(trial, 3))
		dfut_session_set_upload_size(session, 1 + draw(trial, 6000));
	if (draw(trial, 12) == 0)
		dfut_session_set_force(session, draw(trial, 1u << 16));
}

static int start(struct trial *trial, struct dfut_session *session, enum job job, struct dfut_image *image,
		 size_t *count)
{
	struct dfut_device *device = dfut_session_get_device(session);
	size_t commands = dfut_device_get_command_count(device);

	switch (job) {
	case JOB_TRIGGER:
		return dfut_session_start_trigger(session);
	case JOB_UPDATE:
		return dfut_session_start_update(session, image);
	case JOB_UPLOAD:
		return dfut_session_start_upload(session, count_bytes, count);
	case JOB_DIAGNOSE:
		return dfut_session_start_diagnose(session);
	case JOB_PROBE:
		return dfut_session_start_probe(session);
	case JOB_PLAN:
		return dfut_session_plan_update(session, image);
	case JOB_COMMAND:
		return dfut_session_start_command(session,
						  commands ? dfut_device_get_command_name(device,
											  draw(trial,
											       (uint32_t)commands)) :
							     "start");
	case JOB_COUNT:
		break;
	}
	return 0;
}

/* Until it has ended; returns whether it was cancelled. */
static bool wait(struct trial *trial, struct dfut_session *session)
{
	uint32_t cancel_at = draw(trial, 4) ? UINT32_MAX : 1u << draw(trial, 12);
	bool is_disturbed = draw(trial, 4) == 0;
	uint32_t i = 0;

	for (; !dfut_session_has_ended(session) && i < ROUNDS; i++) {
		if (is_disturbed)
			disturb(trial);
		if (i >= cancel_at)
			dfut_session_cancel(session);
		dfut_context_dispatch(trial->bench.context, is_disturbed ? (int)draw(trial, 500) : -1);
		if (i % 64 == 0)
			look_at_memory(trial);
		if (i % 1024 == 1023)
			dfut_sim_device_clear_record(trial->bench.device);
	}
	return i > cancel_at;
}

static void run_job(struct trial *trial, struct dfut_device *device, enum job job)
{
	struct dfut_session *session;
	struct dfut_image *image = NULL;
	uint64_t begin_us = get_time_us(trial);
	bool is_cancelled = false;
	size_t count = 0;
	int result;

	cr_assert(eq(int, specimen_load(&image, trial->bench.context, trial->specimen, &trial->firmware), 0));
	cr_assert(eq(int, dfut_session_new(&session, device), 0));
	configure(trial, session);
	add_faults(trial);
	result = start(trial, session, job, image, &count);
	trial->tally->jobs++;
	trial->tally->refused += result < 0;
	if (result < 0)
		expect_words(trial, dfut_session_get_message(session), job_names[job]);
	if (result == 0 && job != JOB_PLAN) {
		is_cancelled = wait(trial, session);
		cr_expect(dfut_session_has_ended(session), "seed %llu, %s: %s hangs", (unsigned long long)trial->seed,
			  trial->specimen->spec, job_names[job]);
		judge(trial, session, job, is_cancelled);
	}
	expect_time(trial, begin_us, deadlines_us[job], &trial->tally->longest_us[job], job_names[job]);
	look_at_memory(trial);
	if (getenv("VERBOSE"))
		fprintf(stderr, "seed %llu %s %s: %d %s (%llu ms, %zu requests, %zu mischiefs, %zu bytes)\n",
			(unsigned long long)trial->seed, trial->specimen->spec, job_names[job],
			result < 0 ? result : dfut_session_get_result(session), dfut_session_get_message(session),
			(unsigned long long)(get_time_us(trial) - begin_us) / 1000, trial->hostile.requests,
			trial->hostile.mischiefs, count);
	dfut_session_free(session);
	dfut_image_free(image);
	dfut_sim_device_clear_faults(trial->bench.device);
}

/* Looking. */

static struct dfut_device *find(struct trial *trial)
{
	struct dfut_context *context = trial->bench.context;
	struct dfut_match match = DFUT_MATCH_INIT;
	struct dfut_device *device = NULL;
	uint64_t begin_us = get_time_us(trial);
	int result;

	if (draw(trial, 3) == 0)
		match.path = draw(trial, 2) ? "1-1" : "1-7";
	if (draw(trial, 6) == 0)
		match.serial_number = "A1";
	result = dfut_device_find(&device, context, &match);
	expect_time(trial, begin_us, LOOK_DEADLINE_US, &trial->tally->longest_look_us, "find");
	if (result < 0)
		expect_words(trial, dfut_context_get_error(context), "find");
	return device;
}

/* All that is there, or some of it. */
static struct dfut_device *list(struct trial *trial)
{
	struct dfut_context *context = trial->bench.context;
	struct dfut_device_list *list = NULL;
	struct dfut_device *device = NULL;
	uint64_t begin_us = get_time_us(trial);
	int result = dfut_device_list_new(&list, context, NULL);

	expect_time(trial, begin_us, LOOK_DEADLINE_US, &trial->tally->longest_look_us, "list");
	if (result < 0)
		expect_words(trial, dfut_context_get_error(context), "list");
	for (size_t i = 0; result == 0 && i < dfut_device_list_get_count(list); i++) {
		struct dfut_device *one = dfut_device_list_get(list, i);

		cr_expect(le(sz, strlen(dfut_device_get_product(one)), NAME_LIMIT));
		for (size_t k = 0; k < dfut_device_get_interface_count(one); k++)
			cr_expect(dfut_device_get_interface(one, k) != NULL);
		if (!device || draw(trial, 2)) {
			dfut_device_unref(device);
			device = dfut_device_ref(one);
		}
	}
	dfut_device_list_free(list);
	return device;
}

static void run_trial(struct trial *trial)
{
	uint32_t jobs = 1 + draw(trial, 3);

	for (uint32_t i = 0; i < jobs; i++) {
		struct dfut_device *device = draw(trial, 2) ? list(trial) : find(trial);
		uint64_t begin_us = get_time_us(trial);
		uint32_t job = draw(trial, JOB_COUNT + 6);

		if (!device)
			continue;
		if (draw(trial, 3) == 0) {
			dfut_device_diagnose(device);
			expect_time(trial, begin_us, DIAGNOSE_DEADLINE_US, &trial->tally->longest_us[JOB_DIAGNOSE],
				    "dfut_device_diagnose");
		}
		run_job(trial, device, job < JOB_COUNT ? (enum job)job : JOB_UPDATE);
		dfut_device_unref(device);
	}
}

static void end(struct trial *trial)
{
	/* One of them first */
	if (draw(trial, 2)) {
		dfut_sim_free(trial->bench.sim);
		dfut_context_free(trial->bench.context);
	} else {
		bench_stop(&trial->bench);
	}
}

/* The oracle is right: without mischief, each device takes its image and holds it then. */
Test(hostile, none_of_it_and_each_update_is_held)
{
	struct tally tally = { 0 };

	for (size_t i = 0; i < COUNT(specimens); i++) {
		static struct trial trial;
		struct dfut_session *session;
		struct dfut_image *image;

		begin(&trial, &tally, i, &specimens[i]);
		session = bench_new_session(&trial.bench, "1-1");
		cr_assert(eq(int, specimen_load(&image, trial.bench.context, trial.specimen, &trial.firmware), 0),
			  "%s: %s", trial.specimen->spec, dfut_context_get_error(trial.bench.context));
		cr_assert(eq(int, dfut_session_set_part(session, trial.specimen->part), 0));
		cr_expect(not(specimen_is_held(trial.bench.device, &trial.firmware)), "%s", trial.specimen->spec);
		cr_expect(eq(int, dfut_session_start_update(session, image), 0), "%s: %s", trial.specimen->spec,
			  dfut_session_get_message(session));
		cr_expect(eq(int, bench_run(&trial.bench, session, SIZE_MAX, trial.specimen->spec), 0), "%s: %s",
			  trial.specimen->spec, dfut_session_get_message(session));
		cr_expect(specimen_is_held(trial.bench.device, &trial.firmware), "%s: %s", trial.specimen->spec,
			  dfut_session_get_message(session));
		dfut_session_free(session);
		dfut_image_free(image);
		bench_stop(&trial.bench);
	}
}

static const struct specimen *find_specimen(const char *language)
{
	for (size_t i = 0; i < COUNT(specimens); i++)
		if (strcmp(specimens[i].language, language) == 0)
			return &specimens[i];
	cr_assert(false, "%s", language);
	return NULL;
}

/* What is not known is not told as a number. */
Test(hostile, a_bootloader_whose_reports_are_not_known)
{
	static struct trial trial;
	struct tally tally = { 0 };
	struct dfut_session *session;
	struct dfut_image *image;
	int result;

	begin(&trial, &tally, 1, find_specimen("qmk-hid"));
	session = bench_new_session(&trial.bench, "1-1");
	cr_assert(eq(int, dfut_session_start_trigger(session), 0));
	cr_assert(eq(int, bench_run(&trial.bench, session, SIZE_MAX, "trigger"), 0));
	dfut_session_free(session);
	trial.hostile.temper.hides_nodes = true;
	hostile_enumerate_anew(&trial.hostile);
	trial.hostile.hidden_until_us = 0;
	session = bench_new_session(&trial.bench, "1-1");
	cr_assert(eq(int, specimen_load(&image, trial.bench.context, trial.specimen, &trial.firmware), 0));
	cr_assert(eq(int, dfut_session_set_part(session, trial.specimen->part), 0));
	result = dfut_session_start_update(session, image);
	cr_expect(eq(int, result, DFUT_ERROR_MISMATCH), "%s", dfut_session_get_message(session));
	cr_expect(strstr(dfut_session_get_message(session), "does not tell how long its reports are") != NULL, "%s",
		  dfut_session_get_message(session));
	dfut_session_free(session);
	dfut_image_free(image);
	bench_stop(&trial.bench);
}

static uint64_t get_number(const char *name, uint64_t other)
{
	const char *text = getenv(name);

	return text && text[0] ? strtoull(text, NULL, 10) : other;
}

static void print(const struct tally *tally, uint64_t count, uint64_t seed)
{
	fprintf(stderr,
		"%llu trials from seed %llu: %zu jobs, %zu refused, %zu cancelled, %zu good; of updates that ended well %zu "
		"held, %zu said that they are not verified; at most %zu KiB; longest look %llu ms",
		(unsigned long long)count, (unsigned long long)seed, tally->jobs, tally->refused, tally->cancelled,
		tally->good, tally->written, tally->unverified, tally->most_memory / 1024,
		(unsigned long long)tally->longest_look_us / 1000);
	for (int i = 0; i < JOB_COUNT; i++)
		fprintf(stderr, ", %s %llu ms", job_names[i], (unsigned long long)tally->longest_us[i] / 1000);
	fprintf(stderr, "\n");
}

static void try_seed(struct tally *tally, uint64_t seed)
{
	static struct trial trial;

	begin(&trial, tally, seed, &specimens[seed % COUNT(specimens)]);
	draw_temper(&trial);
	run_trial(&trial);
	end(&trial);
	cr_expect(lt(sz, tally->most_memory, MEMORY_LIMIT), "seed %llu: %zu bytes", (unsigned long long)seed,
		  tally->most_memory);
}

/* Seeds that have found something, as long as the generator makes the same of them. */
Test(hostile, what_was_found_stays_mended)
{
	static const uint64_t seeds[] = {
		20261428, /* a transport that says "cancelled" */
		20262090, /* reports of -1 bytes */
		778429,	  /* gone while it was to be configured, after it had been asked to leave */
	};
	struct tally tally = { 0 };

	for (size_t i = 0; i < COUNT(seeds); i++)
		try_seed(&tally, seeds[i]);
}

Test(hostile, each_job_ends_in_its_time_and_no_success_is_false)
{
	uint64_t count = get_number("HOSTILE", 500), seed = get_number("HOSTILE_SEED", DEFAULT_SEED);
	struct tally tally = { 0 };

	for (uint64_t i = 0; i < count; i++)
		try_seed(&tally, seed + i);
	print(&tally, count, seed);
	cr_expect(lt(sz, tally.jobs / 20, tally.good));
}
