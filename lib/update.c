/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* The jobs of a session: probe, trigger, update, upload, each as a list of legs and a plan. */

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "session.h"

/* The least that MCUboot's trailer takes at the end of a slot (bootutil_public.h: magic, three flags, swap size). */
#define MCUBOOT_TRAILER_SIZE 48

/* The languages that bootloaders speak, and what speaks them here. A new one is a row. */
static const struct protocol {
	const char *name;
	const struct dfut_machine_ops *download;
	const struct dfut_machine_ops *upload;
	const struct dfut_machine_ops *leave;
	const struct dfut_machine_ops *ask;	/* whether a device that looks like a bootloader is one */
} protocols[] = {
	{ "dfu", &dfut_dfu_download_machine, &dfut_dfu_upload_machine, &dfut_dfu_leave_machine, &dfut_dfu_ask_machine },
};

static const struct protocol *find_protocol(const struct dfut_device *device)
{
	for (size_t i = 0; i < DFUT_COUNT(protocols); i++)
		if (strcmp(protocols[i].name, dfut_device_get_protocol(device)) == 0)
			return &protocols[i];
	return NULL;
}

static int need_protocol(struct dfut_session *session)
{
	const struct dfut_device *device = session->device;
	const char *name = dfut_device_get_protocol(device);
	char text[128];

	if (find_protocol(device))
		return 0;
	dfut_device_describe(device, text, sizeof(text));
	if (*name) {
		dfut_fail(&session->failure, DFUT_ERROR_UNSUPPORTED,
			  "the bootloader of %s speaks \"%s\", which this version does not", text, name);
		if (device->mode == DFUT_MODE_APPLICATION)
			dfut_hint(&session->failure, "the device was left alone; triggering it without an update is possible");
		return DFUT_ERROR_UNSUPPORTED;
	}
	dfut_fail(&session->failure, DFUT_ERROR_UNSUPPORTED, "%s is no device that can be updated: it has no known bootloader",
		  text);
	return DFUT_ERROR_UNSUPPORTED;
}

static const struct dfut_interface *get_interface(const struct dfut_session *session, int index)
{
	return &session->device->descriptors.interfaces[index];
}

/* The alternate setting of a bootloader to use: chosen, asked for by the image, the table's, or the only one. */
static int resolve_alternate(struct dfut_session *session)
{
	struct dfut_device *device = session->device;
	struct dfut_segment segment;
	char number[16];
	int slot;

	if (session->alternate)
		return dfut_device_find_alternate(device, session->alternate, &session->failure);
	if (session->image && dfut_image_get_segment(session->image, 0, &segment) == 0 && segment.alternate >= 0) {
		snprintf(number, sizeof(number), "%d", segment.alternate);
		return dfut_device_find_alternate(device, number, &session->failure);
	}
	if (device->descriptors.dfu_index < 0)
		return dfut_fail(&session->failure, DFUT_ERROR_UNSUPPORTED, "the device has no DFU interface");
	if (dfut_device_count_alternates(device) == 1)
		return device->descriptors.dfu_index;
	slot = session->image ? dfut_device_find_slot(device, false) : -1;
	if (slot >= 0)
		return slot;
	dfut_device_find_alternate(device, "", &session->failure);
	dfut_fail(&session->failure, DFUT_ERROR_USAGE, "the device has several memories, and none was chosen: %s",
		  session->failure.text);
	dfut_hint(&session->failure, "choose one by the name or number of its alternate setting");
	return DFUT_ERROR_USAGE;
}

static int choose_alternate(struct dfut_session *session, struct dfut_job *job)
{
	int index = resolve_alternate(session);

	if (index < 0)
		return index;
	job->interface = get_interface(session, index)->number;
	job->alternate = get_interface(session, index)->alternate;
	job->has_alternates = dfut_device_count_alternates(session->device) > 1;
	return index;
}

static bool can(const struct dfut_session *session, enum dfut_dfu_attribute attribute)
{
	const struct dfut_device *device = session->device;

	if (attribute == DFUT_DFU_CAN_UPLOAD && device->entry && device->entry->quirks & DFUT_QUIRK_NO_UPLOAD)
		return false;
	return device->descriptors.has_functional && device->descriptors.dfu.attributes & attribute;
}

/* Measure: whether the image fits is learned by reading as many bytes as it has. */

static uint64_t get_needed_size(const struct dfut_session *session)
{
	uint64_t size = dfut_image_get_size(session->image);

	return dfut_image_is_mcuboot(session->image) ? size + MCUBOOT_TRAILER_SIZE : size;
}

static int count_bytes(const uint8_t *data, size_t size, void *user_data)
{
	struct dfut_session *session = user_data;

	(void)data;
	session->counted += size;
	return 0;
}

static bool measure_is_wanted(struct dfut_session *session)
{
	const struct dfut_device *device = session->device;

	if (session->force & DFUT_CHECK_SIZE || !device->entry || !device->entry->slots.measure || device->entry->slots.size)
		return false;
	return device->mode != DFUT_MODE_BOOTLOADER || can(session, DFUT_DFU_CAN_UPLOAD);
}

static int prepare_measure(struct dfut_session *session, struct dfut_job *job, const struct dfut_machine_ops **machine)
{
	int index;

	if (need_protocol(session) < 0)
		return session->failure.code;
	index = choose_alternate(session, job);
	if (index < 0)
		return index;
	*machine = find_protocol(session->device)->upload;
	job->size = get_needed_size(session);
	job->writer = count_bytes;
	job->writer_data = session;
	return 0;
}

static int judge_measure(struct dfut_session *session, int code)
{
	if (code < 0)
		return code;
	/* Nothing at all is no size: some devices have nothing to read before the first download. */
	if (session->counted == 0 || session->counted >= get_needed_size(session))
		return 0;
	dfut_fail_check(&session->failure, DFUT_ERROR_MISMATCH, DFUT_CHECK_SIZE,
			"the image needs %" PRIu64 " bytes%s, the memory of the device holds %" PRIu64, get_needed_size(session),
			dfut_image_is_mcuboot(session->image) ? " with MCUboot's trailer" : "", session->counted);
	return DFUT_ERROR_MISMATCH;
}

/* Download. */

static int prepare_download(struct dfut_session *session, struct dfut_job *job, const struct dfut_machine_ops **machine)
{
	struct dfut_segment segment;
	int index;

	if (need_protocol(session) < 0)
		return session->failure.code;
	index = choose_alternate(session, job);
	if (index < 0)
		return index;
	if (dfut_image_check(session->image, session->device, session->alternate, session->force) < 0) {
		session->failure = session->context->failure;
		return session->failure.code;
	}
	if (session->device->descriptors.has_functional && !can(session, DFUT_DFU_CAN_DNLOAD))
		return dfut_fail(&session->failure, DFUT_ERROR_UNSUPPORTED, "the device says that it can't download");
	dfut_image_get_segment(session->image, 0, &segment);
	*machine = find_protocol(session->device)->download;
	job->data = segment.data;
	job->size = segment.size;
	return 0;
}

/* Verify. */

static void note(struct dfut_session *session, const char *text)
{
	snprintf(session->verify_note, sizeof(session->verify_note), "%s", text);
	session->verified = DFUT_VERIFIED_IMPOSSIBLE;
}

static bool verify_is_wanted(struct dfut_session *session)
{
	if (session->verify == DFUT_VERIFY_NEVER)
		return false;
	if (session->restarted && session->verify == DFUT_VERIFY_AUTO && session->device->entry &&
	    session->device->entry->leave == DFUT_LEAVE_NONE) {
		note(session, "the device has restarted, and would not leave its bootloader again by itself");
		return false;
	}
	if (session->device->mode == DFUT_MODE_BOOTLOADER && !can(session, DFUT_DFU_CAN_UPLOAD)) {
		note(session, "the device does not allow reading back");
		return session->verify == DFUT_VERIFY_ALWAYS;
	}
	return true;
}

static int compare_bytes(const uint8_t *data, size_t size, void *user_data)
{
	struct dfut_session *session = user_data;
	struct dfut_segment segment;

	dfut_image_get_segment(session->image, 0, &segment);
	if (size > segment.size - session->counted)
		size = segment.size - (size_t)session->counted;
	for (size_t i = 0; i < size; i++) {
		size_t at = (size_t)session->counted + i;

		if (data[i] != segment.data[at])
			return dfut_fail(&session->failure, DFUT_ERROR_VERIFY,
					 "read back differs at offset 0x%zx: 0x%02x was written, 0x%02x is there", at,
					 segment.data[at], data[i]);
	}
	session->counted += size;
	return 0;
}

static int prepare_verify(struct dfut_session *session, struct dfut_job *job, const struct dfut_machine_ops **machine)
{
	int index;

	if (!can(session, DFUT_DFU_CAN_UPLOAD))
		return dfut_fail(&session->failure, DFUT_ERROR_VERIFY, "the device does not allow reading back");
	index = choose_alternate(session, job);
	if (index < 0)
		return index;
	/* After the swap the new image is in the slot that runs. */
	if (session->restarted && dfut_device_find_slot(session->device, true) >= 0)
		job->alternate = get_interface(session, dfut_device_find_slot(session->device, true))->alternate;
	*machine = find_protocol(session->device)->upload;
	job->size = dfut_image_get_size(session->image);
	job->writer = compare_bytes;
	job->writer_data = session;
	return 0;
}

static int judge_verify(struct dfut_session *session, int code)
{
	uint64_t size = dfut_image_get_size(session->image);
	char text[160];

	/* Devices that say they can, and then stall the first block. */
	if (code == DFUT_ERROR_DEVICE && session->counted == 0 && session->verify == DFUT_VERIFY_AUTO) {
		note(session, "the device refuses to be read");
		return 0;
	}
	if (code < 0)
		return code;
	if (session->counted == size) {
		session->verified = DFUT_VERIFIED_YES;
		return 0;
	}
	snprintf(text, sizeof(text), "the device gave back only %" PRIu64 " of %" PRIu64 " bytes, which are right",
		 session->counted, size);
	if (session->verify == DFUT_VERIFY_ALWAYS)
		return dfut_fail(&session->failure, DFUT_ERROR_VERIFY, "%s", text);
	note(session, text);
	return 0;
}

/* Restart. */

static bool restart_is_wanted(struct dfut_session *session)
{
	const struct dfut_device *device = session->device;

	if (device->mode != DFUT_MODE_BOOTLOADER)
		return false;
	if (!device->entry || device->entry->leave != DFUT_LEAVE_NONE)
		return true;
	snprintf(session->hint, sizeof(session->hint), "press the device's reset button, or unplug it and plug it in again, to "
						       "start the new firmware: it does not leave its bootloader by itself");
	return false;
}

static int prepare_restart(struct dfut_session *session, struct dfut_job *job, const struct dfut_machine_ops **machine)
{
	(void)job;
	*machine = find_protocol(session->device)->leave;
	return 0;
}

/* The session can be started with another image, or another job. */
static int refuse_image(struct dfut_session *session)
{
	dfut_image_free(session->image);
	session->image = NULL;
	return session->failure.code;
}

DFUT_API int dfut_session_start_update(struct dfut_session *session, struct dfut_image *image)
{
	static const struct dfut_leg legs[] = {
		{ DFUT_SESSION_MEASURING, DFUT_MODE_BOOTLOADER, measure_is_wanted, prepare_measure, judge_measure },
		{ DFUT_SESSION_DOWNLOADING, DFUT_MODE_BOOTLOADER, NULL, prepare_download, NULL },
		{ DFUT_SESSION_VERIFYING, DFUT_MODE_BOOTLOADER, verify_is_wanted, prepare_verify, judge_verify },
		{ DFUT_SESSION_RESTARTING, DFUT_MODE_UNKNOWN, restart_is_wanted, prepare_restart, NULL },
	};
	const struct dfut_device *device = session->device;
	size_t size;

	if (dfut_session_check_start(session) < 0 || need_protocol(session) < 0)
		return session->failure.code;
	if (!image)
		return dfut_fail(&session->failure, DFUT_ERROR_USAGE, "there is no image to update with");
	if (dfut_image_get_segment_count(image) != 1)
		return dfut_fail(&session->failure, DFUT_ERROR_UNSUPPORTED, "the image has several parts, DFU has one");
	if (dfut_image_is(image, DFUT_FORMAT_PARTS)) {
		dfut_fail(&session->failure, DFUT_ERROR_UNSUPPORTED, "a file of the format %s says where its bytes go, and DFU has "
								     "no addresses", dfut_image_get_format(image));
		dfut_hint(&session->failure, "convert it to the format raw if the device decides where they go");
		return DFUT_ERROR_UNSUPPORTED;
	}
	session->image = dfut_image_ref(image);
	if (dfut_image_check(image, device, session->alternate, session->force) < 0) {
		session->failure = session->context->failure;
		return refuse_image(session);
	}
	if (device->mode == DFUT_MODE_BOOTLOADER && resolve_alternate(session) < 0)
		return refuse_image(session);
	if (dfut_session_plan_trigger(session) < 0)
		return refuse_image(session);
	for (size_t i = 0; i < DFUT_COUNT(legs); i++)
		dfut_session_add_leg(session, &legs[i]);

	size = dfut_image_get_size(image);
	if (measure_is_wanted(session))
		dfut_session_add_step(session, DFUT_SESSION_MEASURING, get_needed_size(session), 120000,
				      "read as much of the memory as the image needs, to see that it fits");
	dfut_session_add_step(session, DFUT_SESSION_DOWNLOADING, size, 120000, "download %zu bytes%s%s", size,
			      session->alternate ? " to alternate setting " : "", session->alternate ? session->alternate : "");
	dfut_session_add_step(session, DFUT_SESSION_MANIFESTING, 0, 120000, "let the device install it");
	if (session->verify != DFUT_VERIFY_NEVER)
		dfut_session_add_step(session, DFUT_SESSION_VERIFYING, size, 120000,
				      session->verify == DFUT_VERIFY_ALWAYS ? "read it back and compare" :
									      "read it back and compare, where the device allows it");
	dfut_session_add_step(session, DFUT_SESSION_RESTARTING, 0, 2 * session->return_timeout_ms,
			      "start the application, where the device can do it by itself");
	return dfut_session_begin(session);
}

/* Trigger. */

static bool ask_is_wanted(struct dfut_session *session)
{
	return session->device->mode == DFUT_MODE_BOOTLOADER && find_protocol(session->device) &&
	       dfut_descriptors_is_dfu_mode_guessed(&session->device->descriptors);
}

static int prepare_ask(struct dfut_session *session, struct dfut_job *job, const struct dfut_machine_ops **machine)
{
	(void)job;
	*machine = find_protocol(session->device)->ask;
	return 0;
}

static int judge_ask(struct dfut_session *session, int code)
{
	if (code < 0)
		dfut_hint(&session->failure, "unplug it and plug it in again, then repeat");
	return code;
}

DFUT_API int dfut_session_start_trigger(struct dfut_session *session)
{
	static const struct dfut_leg legs[] = {
		{ DFUT_SESSION_TRIGGERING, DFUT_MODE_BOOTLOADER, NULL, NULL, NULL },
		{ DFUT_SESSION_TRIGGERING, DFUT_MODE_BOOTLOADER, ask_is_wanted, prepare_ask, judge_ask },
	};

	if (dfut_session_check_start(session) < 0 || dfut_session_plan_trigger(session) < 0)
		return session->failure.code;
	if (ask_is_wanted(session))
		dfut_session_add_step(session, DFUT_SESSION_TRIGGERING, 0, 2 * session->return_timeout_ms,
				      "ask the device whether it is in its bootloader, and trigger it if not");
	for (size_t i = 0; i < DFUT_COUNT(legs); i++)
		dfut_session_add_leg(session, &legs[i]);
	return dfut_session_begin(session);
}

/* Probe. */

static int prepare_probe(struct dfut_session *session, struct dfut_job *job, const struct dfut_machine_ops **machine)
{
	*machine = &dfut_nordic_probe_machine;
	for (size_t i = 0; i < session->device->trigger_count; i++)
		if (session->device->triggers[i]->machine == &dfut_nordic_trigger_machine)
			dfut_device_find_interface(session->device, &session->device->triggers[i]->interface, &job->interface);
	return 0;
}

DFUT_API int dfut_session_start_probe(struct dfut_session *session)
{
	static const struct dfut_leg leg = { DFUT_SESSION_PROBING, DFUT_MODE_UNKNOWN, NULL, prepare_probe, NULL };
	bool known = false;

	if (dfut_session_check_start(session) < 0)
		return session->failure.code;
	for (size_t i = 0; i < session->device->trigger_count; i++)
		known = known || session->device->triggers[i]->machine == &dfut_nordic_trigger_machine;
	if (!known)
		return dfut_fail(&session->failure, DFUT_ERROR_UNSUPPORTED, "the device has no trigger interface that answers questions");
	dfut_session_add_step(session, DFUT_SESSION_PROBING, 0, 5000, "read NORDIC_INFO and SEM_VER");
	dfut_session_add_leg(session, &leg);
	return dfut_session_begin(session);
}

/* Upload. */

static int pass_on(const uint8_t *data, size_t size, void *user_data)
{
	struct dfut_session *session = user_data;
	int result;

	session->telling++;
	result = session->writer(data, size, session->writer_data);
	session->telling--;
	if (result < 0)
		return dfut_fail(&session->failure, result, "the uploaded bytes could not be kept");
	session->counted += size;
	return 0;
}

static int prepare_upload(struct dfut_session *session, struct dfut_job *job, const struct dfut_machine_ops **machine)
{
	int index;

	if (need_protocol(session) < 0)
		return session->failure.code;
	index = choose_alternate(session, job);
	if (index < 0)
		return index;
	if (session->device->descriptors.has_functional && !can(session, DFUT_DFU_CAN_UPLOAD))
		return dfut_fail(&session->failure, DFUT_ERROR_UNSUPPORTED, "the device does not allow reading back");
	*machine = find_protocol(session->device)->upload;
	job->size = session->upload_size;
	job->writer = pass_on;
	job->writer_data = session;
	return 0;
}

DFUT_API int dfut_session_start_upload(struct dfut_session *session, dfut_writer writer, void *user_data)
{
	static const struct dfut_leg leg = { DFUT_SESSION_UPLOADING, DFUT_MODE_BOOTLOADER, NULL, prepare_upload, NULL };

	if (dfut_session_check_start(session) < 0)
		return session->failure.code;
	if (!writer)
		return dfut_fail(&session->failure, DFUT_ERROR_USAGE, "there is nobody to take what is uploaded");
	if (need_protocol(session) < 0 || dfut_session_plan_trigger(session) < 0)
		return session->failure.code;
	if (session->device->mode == DFUT_MODE_BOOTLOADER && resolve_alternate(session) < 0)
		return session->failure.code;
	session->writer = writer;
	session->writer_data = user_data;
	dfut_session_add_step(session, DFUT_SESSION_UPLOADING, session->upload_size, 120000, "read the memory");
	dfut_session_add_leg(session, &leg);
	return dfut_session_begin(session);
}

void dfut_session_tell_success(struct dfut_session *session)
{
	char text[128];
	char hint[sizeof(session->hint)];

	memcpy(hint, session->hint, sizeof(hint));
	dfut_device_describe(session->device, text, sizeof(text));
	if (session->writer)
		dfut_fail(&session->failure, 0, "%" PRIu64 " bytes read", session->counted);
	else if (!session->image && session->in_place)
		dfut_fail(&session->failure, 0, "the trigger was taken; %s looks as before, as its bootloader does, so whether "
						"it switched does not show", text);
	else if (!session->image)
		dfut_fail(&session->failure, 0, "%s: %s", dfut_mode_get_name(session->device->mode), text);
	else
		dfut_fail(&session->failure, 0, "%zu bytes downloaded%s%s%s", dfut_image_get_size(session->image),
			  session->verified == DFUT_VERIFIED_YES	? " and verified" :
			  session->verified == DFUT_VERIFIED_IMPOSSIBLE ? ", not verified: " :
									  ", not verified",
			  session->verified == DFUT_VERIFIED_IMPOSSIBLE ? session->verify_note : "",
			  session->device->mode == DFUT_MODE_BOOTLOADER ? "" : "; the new firmware has been started");
	dfut_hint(&session->failure, "%s", hint);
}
