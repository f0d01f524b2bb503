/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* Which device is meant, and what it says before anything is done with it. */

#include <string.h>

#include "exit-code.h"
#include "hint.h"
#include "session.h"
#include "state.h"
#include "target.h"

#define DFUSE_VERSION 0x011a
#define TO_INTERFACE 0x21
#define DETACH 0
#define CLRSTATUS 4
#define DETACH_TIMEOUT_MS 1000
#define REQUEST_TIMEOUT_MS 5000

static const char too_many[] = "More than one DFU capable USB device found! Try `--list' and specify the serial number "
			       "or disconnect all but one device";

static int fail_none(struct program *program, const struct found_list *found)
{
	words_complain(&program->words, "No DFU capable USB device available");
	if (found->unnamed_count)
		words_complain(&program->words,
			       "a device in its application is left alone unless it is named: -d VENDOR:PRODUCT, "
			       "-p PATH or -S SERIAL");
	return EXIT_CODE_IO;
}

/* Of a bootloader the library may know better than its version. What has to be asked is believed to be what -s is for. */
static bool is_dfuse(const struct target *target, const struct dfuse_options *dfuse)
{
	const char *protocol = dfut_device_get_protocol(target->device);
	const char *name = target->interface->name;

	if (dfut_device_get_mode(target->device) == DFUT_MODE_BOOTLOADER && protocol[0])
		return strcmp(protocol, "dfuse") == 0;
	return (target->has_dfu && target->dfu.version == DFUSE_VERSION) ||
	       (dfuse->is_given && name && strstr(name, "/0x"));
}

static void take(struct target *target, const struct found_list *list, const struct dfuse_options *dfuse)
{
	/* The last one of the list is the first one of the device. */
	const struct found *found = &list->items[list->count - 1];
	struct dfut_device *device = dfut_device_ref(found->device);

	dfut_device_unref(target->device);
	target->device = device;
	target->interface = found->interface;
	target->is_dfu = found->is_dfu;
	target->has_dfu = dfut_device_get_interface_dfu_descriptor(device, found->index, &target->dfu) == 0;
	target->is_dfuse = found->is_dfu && is_dfuse(target, dfuse);
	target->takes_any = list->count > 1;
}

static int judge(struct target *target, struct program *program, const struct found_list *found, bool takes_any)
{
	bool is_choice = takes_any && found->count > 1 && found_list_is_one_interface(found);

	if (found->count == 0)
		return fail_none(program, found);
	if (found->count > 1 && !is_choice) {
		words_complain(&program->words, "%s", too_many);
		return EXIT_CODE_IO;
	}
	if (is_choice)
		words_say("Multiple alternate interfaces for DfuSe file\n");
	take(target, found, &program->dfuse);
	return 0;
}

static int look(struct found_list *found, struct program *program)
{
	struct dfut_device_list *devices = NULL;
	int code = dfut_device_list_new(&devices, program->bus.context, NULL);

	found_list_free(found);
	if (code == 0)
		code = found_list_add_all(found, &program->options, devices);
	if (code == 0 && found->count == 0 && !program->options.wait)
		found_complain_of_denied(&program->words, devices);
	/* What was found keeps its device. */
	for (size_t i = 0; i < found->count; i++)
		dfut_device_ref(found->items[i].device);
	dfut_device_list_free(devices);
	return code;
}

static void forget(struct found_list *found)
{
	for (size_t i = 0; i < found->count; i++)
		dfut_device_unref(found->items[i].device);
	found_list_free(found);
}

static void note_event(enum dfut_device_event event, struct dfut_device *device, void *user_data)
{
	bool *has_changed = user_data;

	(void)event;
	(void)device;
	*has_changed = true;
}

/* Looks again whenever a device has come or changed. */
static int wait_for_one(struct found_list *found, struct program *program)
{
	struct dfut_context *context = program->bus.context;
	bool has_changed = false;
	int code = 0;

	dfut_context_set_device_handler(context, note_event, &has_changed);
	while (code == 0 && found->count == 0) {
		for (has_changed = false; code >= 0 && !has_changed;)
			code = dfut_context_dispatch(context, -1);
		if (code >= 0) {
			forget(found);
			code = look(found, program);
		}
	}
	dfut_context_set_device_handler(context, NULL, NULL);
	return code;
}

int target_choose(struct target *target, struct program *program, bool takes_any)
{
	struct found_list found = { 0 };
	int exit_code;
	int code;

	if (program->options.wait)
		words_say("Waiting for device, exit with ctrl-C\n");
	code = look(&found, program);
	if (code == 0 && found.count == 0 && program->options.wait)
		code = wait_for_one(&found, program);
	exit_code = code < 0 ? program_fail(program, code) : judge(target, program, &found, takes_any);
	forget(&found);
	return exit_code;
}

static void print_attributes(const struct target *target)
{
	uint8_t attributes = target->dfu.attributes;

	words_say("DFU attributes: (0x%02x)%s%s%s%s\n", attributes,
		  attributes & DFUT_DFU_CAN_DNLOAD ? " bitCanDnload" : "",
		  attributes & DFUT_DFU_CAN_UPLOAD ? " bitCanUpload" : "",
		  attributes & DFUT_DFU_MANIFESTATION_TOLERANT ? " bitManifestationTolerant" : "",
		  attributes & DFUT_DFU_WILL_DETACH ? " bitWillDetach" : "");
	words_say("Detach timeout %u ms\n", target->dfu.detach_timeout_ms);
}

static int fail_to(struct program *program, const char *what, int code)
{
	words_complain(&program->words, "%s: %s", what, dfut_context_get_error(program->bus.context));
	if (dfut_context_get_hint(program->bus.context)[0])
		hint_complain(&program->words, dfut_context_get_hint(program->bus.context));
	return exit_code_get(code);
}

int target_open(struct target *target, struct program *program)
{
	int code = dfut_handle_new(&target->handle, target->device);

	words_say("Opening DFU capable USB device...\n");
	if (code == 0)
		code = dfut_handle_open(target->handle);
	if (code < 0)
		return fail_to(program, "Cannot open device", code);
	words_say("Device ID %04x:%04x\n", dfut_device_get_vendor_id(target->device),
		  dfut_device_get_product_id(target->device));
	if (target->has_dfu)
		words_say("Device DFU version %04x\n", target->dfu.version);
	if (target->has_dfu && program->options.verbosity)
		print_attributes(target);
	return 0;
}

/* A device that does not tell its state is no worse for it: the session knows what to do. Returns an exit code. */
static int ask_state(struct target *target, struct program *program, struct state *state, bool *is_told)
{
	int code;

	words_say("Determining device status...\n");
	code = state_ask(state, target->handle, target->interface->number);
	if (code == DFUT_ERROR_NO_MEMORY)
		return fail_to(program, "Cannot ask for the status", code);
	*is_told = code == 0;
	if (*is_told)
		state_print(state);
	return 0;
}

static int select_alternate(struct target *target, struct program *program)
{
	int code;

	if (target->is_dfu)
		words_say("Setting Alternate Interface #%u ...\n", target->interface->alternate);
	else
		words_say("Setting Alternate Interface zero...\n");
	code = dfut_handle_set_alternate(target->handle, target->interface->number,
					 target->is_dfu ? target->interface->alternate : 0);
	return code < 0 ? fail_to(program, "Cannot set alternate interface", code) : 0;
}

static int claim(struct target *target, struct program *program)
{
	int code;

	words_say("Claiming USB DFU %sInterface...\n", target->is_dfu ? "" : "(Run-Time) ");
	code = dfut_handle_claim(target->handle, target->interface->number);
	return code < 0 ? fail_to(program, "Cannot claim interface", code) : select_alternate(target, program);
}

/* What the session does about the state before anything else. */
static void print_recovery(const struct state *state)
{
	if (state->state == STATE_ERROR)
		words_say("Clearing status\n");
	else if (state->state == STATE_DNLOAD_IDLE || state->state == STATE_UPLOAD_IDLE)
		words_say("Aborting previous incomplete transfer\n");
}

static void print_transfer_size(const struct target *target, const struct options *options)
{
	uint16_t size = target->dfu.transfer_size;
	bool is_given = options->transfer_size > 0;

	if (size)
		words_say("Device returned transfer size %u\n", size);
	if (size && is_given)
		words_say("Warning: Overriding device-reported transfer size\n");
	if ((is_given ? options->transfer_size : (long)size) > TRANSFER_SIZE_LIMIT)
		words_say("Limited transfer size to %u\n", TRANSFER_SIZE_LIMIT);
}

/* An address that a device does not know would be silently another one. */
static int refuse_dfuse(const struct target *target, struct program *program)
{
	words_complain(&program->words, "Failed to parse memory layout for alternate interface %u",
		       target->interface->alternate);
	words_complain(&program->words, "this device has no addresses: leave -s out; -R starts its application");
	return EXIT_CODE_IO;
}

int target_prepare(struct target *target, struct program *program)
{
	struct state state;
	bool is_told = false;
	int exit_code = claim(target, program);

	if (exit_code == 0)
		exit_code = ask_state(target, program, &state, &is_told);
	if (exit_code)
		return exit_code;
	if (is_told)
		print_recovery(&state);
	if (target->has_dfu)
		words_say("DFU mode device DFU version %04x\n", target->dfu.version);
	if (program->dfuse.is_given && !target->is_dfuse)
		words_say("Warning: DfuSe option used on non-DfuSe device\n");
	if (target->has_dfu)
		print_transfer_size(target, &program->options);
	return program->dfuse.is_given && !target->is_dfuse ? refuse_dfuse(target, program) : 0;
}

static int keep(struct found_list *found, struct target *target, struct program *program)
{
	if (found->count == 0) {
		words_complain(&program->words, "Lost device after RESET?");
		return EXIT_CODE_IO;
	}
	if (found->count > 1 && !(target->takes_any && found_list_is_one_interface(found))) {
		words_complain(&program->words, "%s", too_many);
		return EXIT_CODE_IO;
	}
	take(target, found, &program->dfuse);
	return 0;
}

/* What is meant of a device that has just come into its bootloader, once its names are read. */
static int find_again(struct target *target, struct program *program, const struct dfut_device *device)
{
	struct options options = program->options;
	struct dfut_device_list *devices = NULL;
	struct found_list found = { 0 };
	int exit_code;
	int code = dfut_device_list_new(&devices, program->bus.context, NULL);

	/* It has another number on the bus now, and its application is not meant any more. */
	options.path = dfut_device_get_path(device);
	options.device_number = -1;
	options.ids.runtime.vendor_id = options.ids.runtime.product_id = IDS_NONE;
	if (code == 0)
		code = found_list_add_all(&found, &options, devices);
	exit_code = code < 0 ? program_fail(program, code) : keep(&found, target, program);
	found_list_free(&found);
	dfut_device_list_free(devices);
	return exit_code;
}

static int trigger(struct target *target, struct program *program, struct dfut_session *session)
{
	const struct options *options = &program->options;
	const struct id_pair *dfu = &options->ids.dfu;
	int code;

	dfut_session_set_bootloader_ids(session, dfu->vendor_id == IDS_NONE ? DFUT_MATCH_ANY : dfu->vendor_id,
					dfu->product_id == IDS_NONE ? DFUT_MATCH_ANY : dfu->product_id);
	if (options->detach_delay_s > 0)
		dfut_session_set_return_timeout_ms(session, (unsigned int)options->detach_delay_s * 1000);
	code = dfut_session_set_interface(session, (int)options->configuration, (int)options->interface);
	if (code == 0)
		code = dfut_session_start_trigger(session);
	if (code == 0)
		code = dfut_session_run(session);
	if (code < 0)
		return program_fail_session(program, session, code);
	if (options->mode == MODE_DETACH)
		return 0;
	return find_again(target, program, dfut_session_get_device(session));
}

static int ask_runtime(struct target *target, struct program *program)
{
	struct state state;
	bool is_told = false;
	int exit_code = claim(target, program);

	if (exit_code == 0)
		exit_code = ask_state(target, program, &state, &is_told);
	if (exit_code)
		return exit_code;
	if (!is_told)
		words_say("Device does not implement get_status, assuming appIDLE\n");
	return 0;
}

int target_detach(struct target *target, struct program *program)
{
	struct dfut_session *session = NULL;
	int exit_code = ask_runtime(target, program);
	int code;

	if (exit_code)
		return exit_code;
	target_close(target);
	target->runtime.vendor_id = dfut_device_get_vendor_id(target->device);
	target->runtime.product_id = dfut_device_get_product_id(target->device);
	words_say("Device really in Run-Time Mode, send DFU detach request...\n");
	if (target->has_dfu)
		words_say(target->dfu.attributes & DFUT_DFU_WILL_DETACH ? "Device will detach and reattach...\n" :
									  "Resetting USB...\n");
	code = dfut_session_new(&session, target->device);
	if (code < 0)
		return program_fail(program, code);
	exit_code = trigger(target, program, session);
	dfut_session_free(session);
	if (exit_code || program->options.mode == MODE_DETACH)
		return exit_code;
	words_say("Opening DFU USB Device...\n");
	code = dfut_handle_new(&target->handle, target->device);
	return code < 0 ? program_fail(program, code) : 0;
}

int target_send_detach(struct target *target, struct program *program)
{
	int code = dfut_handle_control(target->handle, TO_INTERFACE, DETACH, DETACH_TIMEOUT_MS,
				       target->interface->number, NULL, 0, REQUEST_TIMEOUT_MS);

	/* One that leaves at once may not have answered. One that refuses stays in the bootloader that -e is for. */
	if (code == 0 || code == DFUT_ERROR_GONE)
		return 0;
	if (code == DFUT_ERROR_NO_MEMORY)
		return fail_to(program, "can't detach", code);
	words_complain(&program->words, "can't detach");
	dfut_handle_control(target->handle, TO_INTERFACE, CLRSTATUS, 0, target->interface->number, NULL, 0,
			    REQUEST_TIMEOUT_MS);
	return 0;
}

void target_close(struct target *target)
{
	dfut_handle_free(target->handle);
	target->handle = NULL;
}

void target_follow(struct target *target, const struct dfut_session *session)
{
	struct dfut_device *device = dfut_device_ref(dfut_session_get_device(session));

	dfut_device_unref(target->device);
	target->device = device;
	target->interface = NULL;
}

void target_free(struct target *target)
{
	target_close(target);
	dfut_device_unref(target->device);
}
