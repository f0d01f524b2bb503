/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

#include "bench.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
/* Far more than any job needs */
#define ROUND_LIMIT 2000000u
#define TIME_LIMIT_US (UINT64_C(24) * 3600 * 1000000)
#define SETTLE_US 5000000

void outcome_clear(struct outcome *outcome)
{
	lines_clear(&outcome->words);
	lines_clear(&outcome->states);
	lines_clear(&outcome->steps);
	lines_clear(&outcome->requests);
	lines_clear(&outcome->log);
	free(outcome->is_endpoint);
	memset(outcome, 0, sizeof(*outcome));
}

static void on_log(enum dfut_log_level level, const char *text, void *user_data)
{
	static const char *const names[] = { "error", "warning", "info", "debug" };
	struct bench *bench = user_data;

	if (bench->outcome)
		lines_add(&bench->outcome->log, "%s: %s", names[level], text);
}

/* Other bytes than those of any image. */
static void fill(struct dfut_sim_device *device, const char *name)
{
	size_t size = 0;
	uint8_t *bytes;

	if (!dfut_sim_device_get_memory(device, name, &size))
		return;
	bytes = allocate_or_die(NULL, size);
	for (size_t i = 0; i < size; i++)
		bytes[i] = (uint8_t)(i * 2246822519u >> 15);
	dfut_sim_device_set_memory(device, name, 0, bytes, size);
	free(bytes);
}

static int plug(struct bench *bench)
{
	const struct setup *setup = bench->setup;
	int result = dfut_sim_plug(&bench->device, bench->sim, setup->spec, bench->port);

	if (result < 0)
		printf("no such device: %s %s\n", dfut_error_get_name(result), dfut_sim_get_error(bench->sim));
	else if (setup->fill)
		fill(bench->device, setup->fill);
	return result;
}

int bench_start(struct bench *bench, const struct setup *setup)
{
	int result;

	memset(bench, 0, sizeof(*bench));
	bench->setup = setup;
	strcpy(bench->port, "1-1");
	if (dfut_context_new(&bench->context) < 0 || dfut_sim_new(&bench->sim, DFUT_SIM_CLOCK_VIRTUAL) < 0 ||
	    dfut_sim_add_to_context(bench->sim, bench->context) < 0)
		abort();
	dfut_context_set_log_handler(bench->context, DFUT_LOG_DEBUG, on_log, bench);
	result = setup->devices ? dfut_context_load_devices(bench->context, setup->devices) : 0;
	if (result < 0)
		printf("devices: %s %s\n", dfut_error_get_name(result), dfut_context_get_error(bench->context));
	return result < 0 ? result : plug(bench);
}

int bench_join(struct bench *bench, const struct bench *first, const struct setup *setup, const char *port)
{
	memset(bench, 0, sizeof(*bench));
	bench->setup = setup;
	bench->context = first->context;
	bench->sim = first->sim;
	snprintf(bench->port, sizeof(bench->port), "%s", port);
	return plug(bench);
}

void bench_stop(struct bench *bench)
{
	dfut_context_free(bench->context);
	dfut_sim_free(bench->sim);
}

static struct dfut_device *find(struct bench *bench)
{
	struct dfut_match match = DFUT_MATCH_INIT;
	struct dfut_device *device = NULL;
	int result;

	match.path = bench->port;
	result = dfut_device_find(&device, bench->context, &match);
	if (result < 0 && bench->outcome)
		lines_add(&bench->outcome->words, "not found: %s \"%s\" hint \"%s\"", dfut_error_get_name(result),
			  dfut_context_get_error(bench->context), dfut_context_get_hint(bench->context));
	return result < 0 ? NULL : device;
}

void bench_list_commands(struct bench *bench, struct lines *names)
{
	struct dfut_device *device = find(bench);

	if (!device)
		return;
	for (size_t i = 0; i < dfut_device_get_command_count(device); i++)
		lines_add(names, "%s", dfut_device_get_command_name(device, i));
	dfut_device_unref(device);
}

static void on_progress(struct dfut_session *session, const struct dfut_progress *progress, void *user_data)
{
	struct run *run = user_data;
	struct outcome *outcome = run->bench->outcome;
	char text[160];
	int length = snprintf(text, sizeof(text), "%d %" PRIu64 " %" PRIu64 " %" PRIu64 " %" PRId64 " %u",
			      progress->state, progress->done, progress->total, progress->elapsed_ms, progress->left_ms,
			      progress->plan);

	outcome->progress = digest_add(outcome->progress, text, (size_t)length + 1);
	outcome->progress_count++;
	if (outcome->states.count && progress->state == run->state)
		return;
	run->state = progress->state;
	lines_add(&outcome->states, "%s", dfut_session_state_get_name(progress->state));
	if (run->variant->kind == VARIANT_CANCEL_AT_STATE && run->state_changes++ == run->variant->at)
		dfut_session_cancel(session);
}

static int on_upload(const uint8_t *data, size_t size, void *user_data)
{
	struct run *run = user_data;

	/* However it is cut into pieces */
	for (size_t i = 0; i < size; i++)
		run->uploaded = (run->uploaded ^ data[i]) * UINT64_C(0x100000001b3);
	run->uploaded_size += size;
	return 0;
}

static struct dfut_image *load(struct bench *bench)
{
	const struct setup *setup = bench->setup;
	unsigned int force = setup->force ? dfut_check_from_name(setup->force) : 0;
	struct dfut_image *image = NULL;
	int result = dfut_image_load_file(&image, bench->context, setup->image ? setup->image : "", force);

	if (result == 0 && setup->address)
		result = dfut_image_set_address(image, (uint32_t)strtoul(setup->address, NULL, 0));
	if (result < 0)
		lines_add(&bench->outcome->words, "image: %s \"%s\"", dfut_error_get_name(result),
			  dfut_context_get_error(bench->context));
	return image;
}

static int choose(const char *value, const char *const *words, size_t count)
{
	for (size_t i = 0; value && i < count; i++)
		if (strcmp(value, words[i]) == 0)
			return (int)i;
	return 0;
}

static int configure(struct dfut_session *session, const struct setup *setup)
{
	static const char *const verify[] = { "auto", "never", "always" };
	static const char *const erase[] = { "auto", "needed", "all", "mass" };
	int result = 0;

	dfut_session_set_verify(session, (enum dfut_verify)choose(setup->verify, verify, COUNT(verify)));
	dfut_session_set_erase(session, (enum dfut_erase)choose(setup->erase, erase, COUNT(erase)));
	if (setup->force)
		dfut_session_set_force(session, dfut_check_from_name(setup->force));
	if (setup->size)
		dfut_session_set_upload_size(session, strtoul(setup->size, NULL, 0));
	if (setup->alternate)
		result = dfut_session_set_alternate(session, setup->alternate);
	if (result == 0 && setup->how)
		result = dfut_session_set_trigger(session, setup->how);
	return result;
}

static int start(struct run *run, struct dfut_session *session, const char *job, struct dfut_image *image)
{
	if (strcmp(job, "trigger") == 0)
		return dfut_session_start_trigger(session);
	if (strcmp(job, "probe") == 0)
		return dfut_session_start_probe(session);
	if (strcmp(job, "diagnose") == 0)
		return dfut_session_start_diagnose(session);
	if (strcmp(job, "update") == 0)
		return dfut_session_start_update(session, image);
	if (strcmp(job, "plan") == 0)
		return dfut_session_plan_update(session, image);
	if (strcmp(job, "upload") == 0)
		return dfut_session_start_upload(session, on_upload, run);
	if (strncmp(job, "command:", 8) == 0)
		return dfut_session_start_command(session, job + 8);
	abort();
}

static void dispatch(struct run *run)
{
	const struct bench *bench = run->bench;
	const struct variant *variant = run->variant;
	uint64_t limit_us = dfut_sim_get_time_us(bench->sim) + TIME_LIMIT_US;
	bool is_cancelled = false;

	for (size_t i = 0; !run_has_ended(run); i++) {
		if (i > ROUND_LIMIT || dfut_sim_get_time_us(bench->sim) > limit_us) {
			lines_add(&bench->outcome->words, "HANGS");
			return;
		}
		if (variant->kind == VARIANT_CANCEL_AT_REQUEST && !is_cancelled &&
		    dfut_sim_device_get_request_count(bench->device) >= variant->at) {
			dfut_session_cancel(run->session);
			is_cancelled = true;
		}
		dfut_context_dispatch(bench->context, -1);
	}
}

static void note_steps(struct lines *lines, const struct dfut_session *session)
{
	struct dfut_step step;

	for (size_t i = 0; dfut_session_get_step(session, i, &step, sizeof(step)) == 0; i++)
		lines_add(lines, "%s \"%s\" %" PRIu64 " bytes %u ms", dfut_session_state_get_name(step.state),
			  step.text, step.bytes, step.time_ms);
}

/* A plan that is another one at the end comes behind the first. */
static void note_last_steps(struct outcome *outcome, const struct dfut_session *session)
{
	struct lines last = { .count = 0 };

	note_steps(&last, session);
	if (digest_lines(&last) != digest_lines(&outcome->steps)) {
		lines_add(&outcome->steps, "at the end:");
		note_steps(&outcome->steps, session);
	}
	lines_clear(&last);
}

static void note_device(struct outcome *outcome, struct dfut_device *device)
{
	if (!device) {
		lines_add(&outcome->words, "device: none");
		return;
	}
	lines_add(&outcome->words,
		  "device: %04x:%04x at %s, %s, address %u, %s, language \"%s\", %zu triggers, %zu commands",
		  dfut_device_get_vendor_id(device), dfut_device_get_product_id(device), dfut_device_get_path(device),
		  dfut_mode_get_name(dfut_device_get_mode(device)), dfut_device_get_address(device),
		  dfut_device_is_present(device) ? "present" : "gone", dfut_device_get_protocol(device),
		  dfut_device_get_trigger_count(device), dfut_device_get_command_count(device));
}

static void note_session(struct outcome *outcome, const struct dfut_session *session, int started)
{
	static const char *const verified[] = { "no", "yes", "impossible" };
	int result = started < 0 ? started : dfut_session_get_result(session);
	const char *check = dfut_check_get_name(dfut_session_get_failed_check(session));
	const char *key, *value;

	lines_add(&outcome->words, "%s: %s \"%s\"", started < 0 ? "refused" : "ended", dfut_error_get_name(result),
		  dfut_session_get_message(session));
	if (*dfut_session_get_hint(session))
		lines_add(&outcome->words, "hint: \"%s\" line \"%s\"", dfut_session_get_hint(session),
			  dfut_session_get_hint_line(session));
	if (check)
		lines_add(&outcome->words, "check: %s", check);
	lines_add(&outcome->words, "state: %s, verified: %s",
		  dfut_session_state_get_name(dfut_session_get_state(session)),
		  verified[dfut_session_get_verified(session)]);
	note_device(outcome, dfut_session_get_device(session));
	for (size_t i = 0; dfut_session_get_fact(session, i, &key, &value) == 0; i++)
		lines_add(&outcome->words, "fact: %s = %s", key, value);
}

/* Those that the models have, by name; a device has a few of them. */
static void note_memories(const struct bench *bench)
{
	static const char *const names[] = {
		"slot0",   "slot1",   "flash",	 "settings",   "option-bytes",	"otp",
		"factory", "upgrade", "data",	 "image-size", "audio-playing", "firmware-valid",
		"memory0", "memory1", "memory2", "memory3",
	};

	lines_add(&bench->outcome->words, "virtual device: %s, %s, %zu breaches",
		  dfut_sim_device_is_present(bench->device) ? "present" : "gone",
		  dfut_sim_device_get_mode_name(bench->device), dfut_sim_device_get_breach_count(bench->device));
	for (size_t i = 0; i < COUNT(names); i++) {
		size_t size = 0;
		const uint8_t *bytes = dfut_sim_device_get_memory(bench->device, names[i], &size);

		if (bytes)
			lines_add(&bench->outcome->words, "memory: %s %zu %016" PRIx64, names[i], size,
				  digest_add(DIGEST_START, bytes, size));
	}
}

static const char *get_result_name(int result)
{
	static char number[16];

	if (result == DFUT_SIM_UNANSWERED)
		return "unanswered";
	if (result < 0)
		return dfut_error_get_name(result);
	snprintf(number, sizeof(number), "%d", result);
	return number;
}

static void note_record(struct outcome *outcome, const struct dfut_sim_record *record, uint64_t since_us)
{
	double ms = (double)(record->time_us - since_us) / 1000;

	switch (record->event) {
	case DFUT_SIM_EVENT_CONTROL:
		lines_add(&outcome->requests, "+%.3f control %02x %02x %04x %04x %u = %s, %s", ms, record->request_type,
			  record->request, record->value, record->index, record->length,
			  get_result_name(record->result), record->text);
		return;
	case DFUT_SIM_EVENT_ENDPOINT:
		lines_add(&outcome->requests, "+%.3f endpoint %02x %u = %s, %s", ms, record->index, record->length,
			  get_result_name(record->result), record->text);
		return;
	case DFUT_SIM_EVENT_BUS_RESET:
		lines_add(&outcome->requests, "+%.3f bus reset, %s", ms, record->text);
		return;
	case DFUT_SIM_EVENT_ARRIVED:
		lines_add(&outcome->requests, "+%.3f arrived, %s", ms, record->text);
		return;
	case DFUT_SIM_EVENT_LEFT:
		lines_add(&outcome->requests, "+%.3f left, %s", ms, record->text);
		return;
	case DFUT_SIM_EVENT_BREACH:
		lines_add(&outcome->requests, "+%.3f BREACH %s", ms, record->text);
		return;
	}
}

static void note_requests(const struct bench *bench, uint64_t since_us)
{
	struct outcome *outcome = bench->outcome;
	size_t count = dfut_sim_device_get_record_count(bench->device);
	size_t request = 0;

	outcome->request_count = dfut_sim_device_get_request_count(bench->device);
	outcome->is_endpoint = allocate_or_die(NULL, outcome->request_count + 1);
	for (size_t i = 0; i < count; i++) {
		const struct dfut_sim_record *record = dfut_sim_device_get_record(bench->device, i);

		if (record->event == DFUT_SIM_EVENT_CONTROL || record->event == DFUT_SIM_EVENT_ENDPOINT ||
		    record->event == DFUT_SIM_EVENT_BUS_RESET)
			outcome->is_endpoint[request++] = record->event == DFUT_SIM_EVENT_ENDPOINT;
		note_record(outcome, record, since_us);
		since_us = record->time_us;
	}
}

static void begin_session(struct run *run, struct dfut_device *device)
{
	struct bench *bench = run->bench;
	bool needs_image = strcmp(run->job, "update") == 0 || strcmp(run->job, "plan") == 0;

	run->image = needs_image ? load(bench) : NULL;
	if (needs_image && !run->image)
		return;
	if (dfut_session_new(&run->session, device) < 0)
		abort();
	dfut_session_set_progress_handler(run->session, on_progress, run);
	run->started = configure(run->session, bench->setup);
	if (run->started == 0)
		run->started = start(run, run->session, run->job, run->image);
	note_steps(&bench->outcome->steps, run->session);
}

void run_begin(struct run *run, struct bench *bench, const char *job, const struct variant *variant,
	       struct outcome *outcome)
{
	struct dfut_device *device;

	*run = (struct run){
		.bench = bench,
		.variant = variant,
		.job = job,
		.begin_us = dfut_sim_get_time_us(bench->sim),
		.uploaded = DIGEST_START,
	};
	memset(outcome, 0, sizeof(*outcome));
	outcome->progress = DIGEST_START;
	outcome->is_of_handle = strcmp(job, "handle") == 0;
	bench->outcome = outcome;
	dfut_sim_device_clear_record(bench->device);
	if (variant->kind == VARIANT_FAULT && dfut_sim_device_add_fault(bench->device, &variant->fault) < 0)
		abort();
	device = find(bench);
	if (!device)
		return;
	if (outcome->is_of_handle)
		bench_run_handle(bench, device);
	else
		begin_session(run, device);
	dfut_device_unref(device);
}

bool run_has_ended(const struct run *run)
{
	return !run->session || run->started < 0 || strcmp(run->job, "plan") == 0 ||
	       dfut_session_has_ended(run->session);
}

static void end_session(struct run *run)
{
	struct outcome *outcome = run->bench->outcome;

	note_last_steps(outcome, run->session);
	note_session(outcome, run->session, run->started);
	if (strcmp(run->job, "upload") == 0)
		lines_add(&outcome->words, "uploaded: %" PRIu64 " bytes %016" PRIx64, run->uploaded_size,
			  run->uploaded);
	dfut_session_free(run->session);
}

void run_end(struct run *run)
{
	struct bench *bench = run->bench;

	if (run->session)
		end_session(run);
	dfut_image_free(run->image);
	bench->outcome->time_us = dfut_sim_get_time_us(bench->sim) - run->begin_us;
	note_memories(bench);
	note_requests(bench, run->begin_us);
	bench->outcome = NULL;
}

void bench_run(struct bench *bench, const char *job, const struct variant *variant, struct outcome *outcome)
{
	struct run run;

	run_begin(&run, bench, job, variant, outcome);
	if (!run_has_ended(&run))
		dispatch(&run);
	run_end(&run);
}

void bench_settle(struct bench *bench)
{
	dfut_sim_device_clear_faults(bench->device);
	for (uint64_t until_us = dfut_sim_get_time_us(bench->sim) + SETTLE_US;
	     dfut_sim_get_time_us(bench->sim) < until_us;)
		dfut_context_dispatch(bench->context, 500);
	if (!dfut_sim_device_is_present(bench->device))
		dfut_sim_device_replug(bench->device);
}
