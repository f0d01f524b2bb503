/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* One session from the device's choice to its result. */

#include <string.h>

#include "describe.h"
#include "devices.h"
#include "exit-code.h"
#include "job.h"

static int set_trigger(struct dfut_session *session, const struct options *options)
{
	if (options->way.kind != WAY_OF_TABLE)
		return way_apply(&options->way, session,
				 options_has(options, "interface") ? (int)options->interface : -1);
	return options->trigger ? dfut_session_set_trigger(session, options->trigger) : 0;
}

static int set_up(struct job *job)
{
	const struct options *options = &job->application->options;
	int code = dfut_session_new(&job->session, job->device);

	if (code < 0)
		return code;
	code = set_trigger(job->session, options);
	if (code == 0 && options->alternate)
		code = dfut_session_set_alternate(job->session, options->alternate);
	if (code == 0)
		code = dfut_session_set_part(job->session, options->part);
	if (code == 0)
		code = dfut_session_set_volume(job->session, options->volume);
	if (code < 0)
		return code;
	dfut_session_set_bootloader_ids(job->session, options->match.bootloader_vendor_id,
					options->match.bootloader_product_id);
	if (options_has(options, "detach-timeout"))
		dfut_session_set_detach_timeout_ms(job->session, (int)options->detach_timeout_ms);
	dfut_session_set_return_timeout_ms(job->session, options->return_timeout_ms);
	dfut_session_set_verify(job->session, (enum dfut_verify)options->verify);
	dfut_session_set_erase(job->session, (enum dfut_erase)options->erase);
	dfut_session_set_restart(job->session, (enum dfut_restart)options->restart);
	dfut_session_set_transfer_size(job->session, options->transfer_size);
	dfut_session_set_confirm(job->session, !options->no_confirm);
	dfut_session_set_force(job->session, options->force);
	dfut_session_set_upload_size(job->session, options->size);
	/* That of an update is its image's. */
	if (options_has(options, "address") && options->command->bit != COMMAND_UPDATE)
		dfut_session_set_address(job->session, options->address);
	dfut_session_set_progress_handler(job->session, progress_handle, &job->progress);
	return 0;
}

int job_open(struct job *job, struct application *application, const struct dfut_image *image)
{
	int code = 0;

	memset(job, 0, sizeof(*job));
	job->application = application;
	progress_start(&job->progress, &application->output);
	code = interrupt_start(&job->interrupt);
	if (code < 0)
		return application_fail_text(application, code, NULL, "can't start a thread");
	code = devices_find(&job->device, application, image);
	if (code < 0)
		return devices_fail(application, code);
	code = set_up(job);
	return code < 0 ? job_report(job, code) : 0;
}

static void print_plan_as_json(struct job *job)
{
	struct output *output = &job->application->output;
	struct failure end = { 0, 0, "nothing was sent", NULL };

	output_json(output,
		    json_pack("{s:s, s:o, s:o}", "event", "plan", "device", describe_new_json_identity(job->device),
			      "steps", describe_new_json_steps(job->session)));
	output_json(output, output_new_result_json(output, &end, describe_new_json_identity(job->device)));
}

static int print_plan(struct job *job)
{
	struct output *output = &job->application->output;
	size_t count = dfut_session_get_step_count(job->session);

	if (output->json) {
		print_plan_as_json(job);
		return 0;
	}
	describe_headline(output, job->device);
	for (size_t i = 0; i < count; i++) {
		struct dfut_step step = { DFUT_SESSION_NEW, NULL, 0, 0 };

		if (dfut_session_get_step(job->session, i, &step, sizeof(step)) < 0)
			continue;
		output_text(output, "%3zu. %-12s %s", i + 1, dfut_session_state_get_name(step.state), step.text);
		/* What a person is to do has no limit, and may end with a command to copy. */
		if (step.time_ms)
			output_text(output, " (at most %.1f s)", step.time_ms / 1000.0);
		output_text(output, "\n");
	}
	output_text(output, "nothing was sent\n");
	return 0;
}

int job_run_silently(struct job *job)
{
	int code = 0;

	interrupt_watch(&job->interrupt, job->session);
	code = dfut_session_run(job->session);
	interrupt_watch(&job->interrupt, NULL);
	output_end_line(&job->application->output);
	return code;
}

int job_run(struct job *job, int code)
{
	if (code == 0 && job->application->options.dry_run)
		return print_plan(job);
	if (code == 0)
		code = job_run_silently(job);
	return job_report(job, code);
}

static const char *get_verified_name(enum dfut_verified verified)
{
	if (verified == DFUT_VERIFIED_YES)
		return "yes";
	return verified == DFUT_VERIFIED_IMPOSSIBLE ? "impossible" : "no";
}

/* What the session did is told by the session, what it refused to begin by the context. */
static void get_failure(const struct job *job, int code, struct failure *failure)
{
	const struct dfut_context *context = job->application->context;

	failure->code = code;
	if (job->session && dfut_session_get_message(job->session)[0]) {
		failure->check = dfut_session_get_failed_check(job->session);
		failure->message = dfut_session_get_message(job->session);
		failure->hint = dfut_session_get_hint(job->session);
		return;
	}
	failure->check = code < 0 ? dfut_context_get_failed_check(context) : 0;
	failure->message = code < 0 ? dfut_context_get_error(context) : "done";
	failure->hint = code < 0 ? dfut_context_get_hint(context) : "";
}

static int report_as_json(struct job *job, const struct failure *end)
{
	struct dfut_device *device = job->session ? dfut_session_get_device(job->session) : job->device;
	enum dfut_verified verified = job->session ? dfut_session_get_verified(job->session) : DFUT_VERIFIED_NO;
	json_t *line = output_new_result_json(&job->application->output, end, describe_new_json_identity(device));

	json_object_set_new(line, "verified", json_string(get_verified_name(verified)));
	json_object_set_new(line, "elapsed_ms", json_integer((json_int_t)job->progress.elapsed_ms));
	json_object_set_new(line, "moved", json_integer((json_int_t)job->progress.moved));
	json_object_set_new(line, "moved_ms", json_integer((json_int_t)job->progress.moved_ms));
	output_json(&job->application->output, line);
	return exit_code_get(end->code, end->check);
}

int job_report(struct job *job, int code)
{
	struct output *output = &job->application->output;
	struct failure end = { 0, 0, NULL, NULL };

	get_failure(job, code, &end);
	if (output->json)
		return report_as_json(job, &end);
	if (code < 0)
		return output_failure(output, &end);
	if (output->quiet)
		return 0;
	output_text(output, "%s\n", end.message);
	if (end.hint[0])
		output_text(output, "hint: %s\n", end.hint);
	progress_print_end(&job->progress);
	return 0;
}

void job_close(struct job *job)
{
	interrupt_watch(&job->interrupt, NULL);
	dfut_session_free(job->session);
	if (job->device)
		dfut_device_unref(job->device);
	interrupt_stop(&job->interrupt);
}
