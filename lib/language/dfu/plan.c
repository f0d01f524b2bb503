/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* The legs of an update by USB DFU 1.0 and 1.1: measure, download, verify, restart. */

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "language/dfu/machine.h"
#include "language/dfu/plan.h"

/* The least that MCUboot's trailer takes at the end of a slot (bootutil_public.h: magic, three flags, swap size). */
#define MCUBOOT_TRAILER_SIZE 48

static struct dfu_work *get_work(const struct dfut_session *session)
{
	return session->plan.work;
}

static int choose_alternate(struct dfut_session *session, struct dfut_job *job)
{
	const struct dfut_interface *memory = dfut_session_resolve_alternate(session);

	if (!memory)
		return session->failure.code;
	get_work(session)->counted = 0;
	dfut_session_set_memory(session, job, memory);
	return 0;
}

/* Measure: whether the image fits is learned by reading as many bytes as it has. */

static uint64_t get_needed_size(const struct dfut_session *session)
{
	uint64_t size = dfut_image_get_size(session->plan.image);

	return dfut_image_is_mcuboot(session->plan.image) && !session->plan.image->trailer ?
		       size + MCUBOOT_TRAILER_SIZE :
		       size;
}

static int count_bytes(const uint8_t *data, size_t size, void *user_data)
{
	struct dfut_session *session = user_data;

	(void)data;
	get_work(session)->counted += size;
	return 0;
}

static bool measure_is_wanted(struct dfut_session *session)
{
	const struct dfut_device *device = session->device;

	if (session->force & DFUT_CHECK_SIZE || !device->entry || !device->entry->slots.measure ||
	    device->entry->slots.size)
		return false;
	return device->mode != DFUT_MODE_BOOTLOADER || dfut_session_can(session, DFUT_DFU_CAN_UPLOAD);
}

static int prepare_measure(struct dfut_session *session, struct dfut_job *job, const struct dfut_machine_ops **machine)
{
	if (choose_alternate(session, job) < 0)
		return session->failure.code;
	*machine = &dfu_upload_machine;
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
	if (get_work(session)->counted == 0 || get_work(session)->counted >= get_needed_size(session))
		return 0;
	dfut_fail_check(&session->failure, DFUT_ERROR_MISMATCH, DFUT_CHECK_SIZE,
			"the image needs %" PRIu64 " bytes%s, the memory of the device holds %" PRIu64,
			get_needed_size(session),
			get_needed_size(session) > dfut_image_get_size(session->plan.image) ?
				" with MCUboot's trailer" :
				"",
			get_work(session)->counted);
	return DFUT_ERROR_MISMATCH;
}

/* Version: the header of the firmware that runs tells it. */

static bool goes_to_update_slot(const struct dfut_session *session)
{
	struct dfut_failure ignored;
	const struct dfut_device *device = session->device;
	const struct dfut_interface *memory = session->alternate ?
						      dfut_device_find_alternate(device, &session->place,
										 session->alternate, &ignored) :
						      dfut_device_find_slot(device, DFUT_SLOT_UPDATE);

	return dfut_device_is_slot(device, memory, DFUT_SLOT_UPDATE) &&
	       dfut_device_find_slot(device, DFUT_SLOT_RUNNING);
}

static bool version_is_wanted(struct dfut_session *session)
{
	const struct dfut_device *device = session->device;

	if (session->force & DFUT_CHECK_VERSION || !dfut_image_is_mcuboot(session->plan.image) || !device->entry ||
	    !device->entry->slots.names[DFUT_SLOT_RUNNING].count)
		return false;
	/* Of an application that has yet to be triggered the memories are not known. */
	if (!dfut_session_is_in_bootloader(session))
		return true;
	return dfut_session_can(session, DFUT_DFU_CAN_UPLOAD) && goes_to_update_slot(session);
}

static int keep_header(const uint8_t *data, size_t size, void *user_data)
{
	struct dfut_session *session = user_data;

	if (size > sizeof(get_work(session)->header) - get_work(session)->counted)
		size = sizeof(get_work(session)->header) - (size_t)get_work(session)->counted;
	memcpy(get_work(session)->header + get_work(session)->counted, data, size);
	get_work(session)->counted += size;
	return 0;
}

static int prepare_version(struct dfut_session *session, struct dfut_job *job, const struct dfut_machine_ops **machine)
{
	const struct dfut_interface *running = dfut_device_find_slot(session->device, DFUT_SLOT_RUNNING);

	if (!running)
		return dfut_fail(
			&session->failure, DFUT_ERROR_NOT_FOUND,
			"the device has no memory with the firmware that runs, as its table entry says it has");
	get_work(session)->counted = 0;
	dfut_session_set_memory(session, job, running);
	*machine = &dfu_upload_machine;
	job->size = sizeof(get_work(session)->header);
	job->writer = keep_header;
	job->writer_data = session;
	return 0;
}

static int judge_version(struct dfut_session *session, int code)
{
	struct dfut_mcuboot_version running, new_one;
	char running_text[40], new_text[40];

	/* Some devices refuse to be read whatever they say; what can't be known is no reason to stop. */
	if (code == DFUT_ERROR_DEVICE && get_work(session)->counted == 0)
		return 0;
	if (code < 0 ||
	    !dfut_mcuboot_read_version(get_work(session)->header, (size_t)get_work(session)->counted, &running) ||
	    !dfut_image_get_mcuboot_version(session->plan.image, &new_one))
		return code;
	dfut_mcuboot_describe_version(&running, running_text, sizeof(running_text));
	dfut_mcuboot_describe_version(&new_one, new_text, sizeof(new_text));
	dfut_facts_add(&session->facts, "running_version", "%s", running_text);
	if (!dfut_mcuboot_is_older(&new_one, &running))
		return 0;
	dfut_fail_check(&session->failure, DFUT_ERROR_MISMATCH, DFUT_CHECK_VERSION,
			"the file has version %s, the device runs %s, which is newer", new_text, running_text);
	dfut_hint(&session->failure,
		  "force the check \"version\" if the older firmware is wanted; a bootloader that prevents "
		  "downgrades will not start it");
	return DFUT_ERROR_MISMATCH;
}

/* Address. */

/* What an address was given for is no DFU. */
static int check_address(struct dfut_session *session)
{
	if (!session->plan.image->has_address || !dfut_device_is_language_sure(session->device))
		return 0;
	dfut_fail(&session->failure, DFUT_ERROR_UNSUPPORTED,
		  "an address was given, and DFU has none: the device decides where the image goes");
	dfut_hint(&session->failure,
		  "leave the address (--address) out, or choose a memory (--alt) if there are several");
	return DFUT_ERROR_UNSUPPORTED;
}

/* Download. */

/* And is to stay in its bootloader, as it does. */
static bool hides_until_restart(const struct dfut_session *session)
{
	const struct dfut_entry *entry = session->device->entry;

	return dfut_session_stays(session) && entry && entry->quirks & DFU_QUIRK_READ_AFTER_RESTART &&
	       dfut_session_can(session, DFUT_DFU_MANIFESTATION_TOLERANT);
}

static int read_image(uint64_t offset, uint8_t *data, size_t size, void *user_data)
{
	struct dfut_session *session = user_data;
	struct dfut_segment segment;

	dfut_image_find_segment(session->plan.image, 0, &segment);
	return dfut_image_read(session->plan.image, &session->failure, &segment, (size_t)offset, data, size);
}

static int prepare_download(struct dfut_session *session, struct dfut_job *job, const struct dfut_machine_ops **machine)
{
	if (choose_alternate(session, job) < 0 || check_address(session) < 0)
		return session->failure.code;
	if (dfut_session_check_fit(session) < 0)
		return session->failure.code;
	if (dfut_session_get_dfu(session) && !dfut_session_can(session, DFUT_DFU_CAN_DNLOAD))
		return dfut_fail(&session->failure, DFUT_ERROR_UNSUPPORTED, "the device says that it can't download");
	/* Said now: a device that restarts by itself is not there any more when it is to be read. */
	if (session->verify != DFUT_VERIFY_NEVER && !dfut_session_can(session, DFUT_DFU_CAN_UPLOAD))
		dfut_session_note_unverified(session, "the device does not allow reading back");
	else if (session->verify != DFUT_VERIFY_NEVER && hides_until_restart(session))
		dfut_session_note_unverified(session, "what was written can be read after a restart only, which is not "
						      "wanted");
	if (session->verify == DFUT_VERIFY_ALWAYS && session->findings.verified == DFUT_VERIFIED_IMPOSSIBLE)
		return dfut_fail(&session->failure, DFUT_ERROR_VERIFY, "%s: nothing was written",
				 session->findings.verify_note);
	*machine = &dfu_download_machine;
	job->reader = read_image;
	job->reader_data = session;
	job->size = dfut_image_get_size(session->plan.image);
	return 0;
}

/* Verify. */

static bool verify_is_wanted(struct dfut_session *session)
{
	if (session->verify == DFUT_VERIFY_NEVER)
		return false;
	if (session->findings.restarted && session->verify == DFUT_VERIFY_AUTO && session->device->entry &&
	    session->device->entry->leave == DFUT_LEAVE_NONE) {
		dfut_session_note_unverified(
			session, "the device has restarted, and would not leave its bootloader again by itself");
		return false;
	}
	return session->findings.verified != DFUT_VERIFIED_IMPOSSIBLE;
}

static bool restart_is_needed_to_read(struct dfut_session *session)
{
	const struct dfut_device *device = session->device;

	return device->mode == DFUT_MODE_BOOTLOADER && !dfut_session_stays(session) &&
	       device->entry->quirks & DFU_QUIRK_READ_AFTER_RESTART && verify_is_wanted(session);
}

/* A trailer is MCUboot's to write from now on. */
static size_t get_lasting_size(const struct dfut_session *session)
{
	return session->plan.image->trailer ? session->plan.image->trailer : dfut_image_get_size(session->plan.image);
}

static int fail_compare(struct dfut_session *session, uint64_t offset, const uint8_t *data, const uint8_t *written)
{
	size_t i = 0;

	while (data[i] == written[i])
		i++;
	return dfut_fail(&session->failure, DFUT_ERROR_VERIFY,
			 "read back differs at offset 0x%" PRIx64 ": 0x%02x was written, 0x%02x is there", offset + i,
			 written[i], data[i]);
}

static int compare_bytes(const uint8_t *data, size_t size, void *user_data)
{
	struct dfut_session *session = user_data;
	uint64_t *counted = &get_work(session)->counted;
	uint64_t left = get_lasting_size(session) - *counted;
	uint8_t written[1024];

	for (size = size < left ? size : (size_t)left; size > 0;) {
		size_t part = size < sizeof(written) ? size : sizeof(written);

		if (read_image(*counted, written, part, session) < 0)
			return session->failure.code;
		if (memcmp(data, written, part) != 0)
			return fail_compare(session, *counted, data, written);
		*counted += part;
		data += part;
		size -= part;
	}
	return 0;
}

static int prepare_verify(struct dfut_session *session, struct dfut_job *job, const struct dfut_machine_ops **machine)
{
	const struct dfut_interface *running = dfut_device_find_slot(session->device, DFUT_SLOT_RUNNING);

	if (!dfut_session_can(session, DFUT_DFU_CAN_UPLOAD))
		return dfut_fail(&session->failure, DFUT_ERROR_VERIFY, "the device does not allow reading back");
	if (choose_alternate(session, job) < 0)
		return session->failure.code;
	/* After the swap the new image is in the slot that runs. */
	if (session->findings.restarted && running)
		dfut_session_set_memory(session, job, running);
	*machine = &dfu_upload_machine;
	job->size = get_lasting_size(session);
	job->writer = compare_bytes;
	job->writer_data = session;
	return 0;
}

static int judge_verify(struct dfut_session *session, int code)
{
	uint64_t size = get_lasting_size(session);
	char text[160];

	/* Devices that say they can, and then stall the first block. */
	if (code == DFUT_ERROR_DEVICE && get_work(session)->counted == 0 && session->verify == DFUT_VERIFY_AUTO) {
		dfut_session_note_unverified(session, "the device refuses to be read");
		return 0;
	}
	if (code < 0)
		return code;
	if (get_work(session)->counted == size) {
		dfut_session_note_verified(session);
		return 0;
	}
	snprintf(text, sizeof(text), "the device gave back only %" PRIu64 " of %" PRIu64 " bytes, which are right",
		 get_work(session)->counted, size);
	if (session->verify == DFUT_VERIFY_ALWAYS)
		return dfut_fail(&session->failure, DFUT_ERROR_VERIFY, "%s", text);
	dfut_session_note_unverified(session, text);
	return 0;
}

/* One that is not tolerant leaves its bootloader whatever is wanted (DFU 1.1, 7). */
static void add_restart(struct dfut_session *session)
{
	const struct dfut_dfu_descriptor *dfu = dfut_session_get_dfu(session);

	if (dfut_session_stays(session) && dfu && !(dfu->attributes & DFUT_DFU_MANIFESTATION_TOLERANT))
		dfut_plan_add_step(&session->plan, DFUT_SESSION_RETURNING, 0, 2 * session->return_timeout_ms,
				   dfu->attributes & DFUT_DFU_WILL_DETACH ?
					   "wait for its restart, which it does by itself to install what it got" :
					   "reset the bus, without which it does not install what it got, and wait "
					   "for its restart");
	dfut_session_plan_restart(session, "start the application, where the device can do it by itself");
}

int dfu_plan(struct dfut_session *session)
{
	static const struct dfut_leg legs[] = {
		{ DFUT_SESSION_MEASURING, DFUT_MODE_BOOTLOADER, version_is_wanted, prepare_version, judge_version },
		{ DFUT_SESSION_MEASURING, DFUT_MODE_BOOTLOADER, measure_is_wanted, prepare_measure, judge_measure },
		{ DFUT_SESSION_DOWNLOADING, DFUT_MODE_BOOTLOADER, NULL, prepare_download, NULL },
		{ DFUT_SESSION_RESTARTING, DFUT_MODE_UNKNOWN, restart_is_needed_to_read, dfut_session_prepare_restart,
		  NULL },
		{ DFUT_SESSION_VERIFYING, DFUT_MODE_BOOTLOADER, verify_is_wanted, prepare_verify, judge_verify },
		{ DFUT_SESSION_RESTARTING, DFUT_MODE_UNKNOWN, dfut_session_restart_is_wanted,
		  dfut_session_prepare_restart, NULL },
	};
	size_t size = dfut_image_get_size(session->plan.image);

	if (dfut_image_get_segment_count(session->plan.image) != 1)
		return dfut_fail(&session->failure, DFUT_ERROR_UNSUPPORTED, "the image has several parts, DFU has one");
	if (dfut_image_is(session->plan.image, DFUT_FORMAT_PARTS)) {
		dfut_fail(&session->failure, DFUT_ERROR_UNSUPPORTED,
			  "a file of the format %s has addresses, and DFU has none",
			  dfut_image_get_format(session->plan.image));
		dfut_hint(&session->failure,
			  "convert it to the format raw (pack --format raw) if the device decides where it goes");
		return DFUT_ERROR_UNSUPPORTED;
	}
	if (check_address(session) < 0)
		return session->failure.code;
	if (session->device->mode == DFUT_MODE_BOOTLOADER && !dfut_session_resolve_alternate(session))
		return session->failure.code;
	if (dfut_session_plan_trigger(session) < 0)
		return session->failure.code;
	for (size_t i = 0; i < DFUT_COUNT(legs); i++)
		dfut_plan_add_leg(&session->plan, &legs[i]);
	if (version_is_wanted(session))
		dfut_plan_add_step(&session->plan, DFUT_SESSION_MEASURING, sizeof(get_work(session)->header), 120000,
				   "read the version of the firmware that runs: the new one must not be older");
	if (measure_is_wanted(session))
		dfut_plan_add_step(&session->plan, DFUT_SESSION_MEASURING, get_needed_size(session), 120000,
				   "read as much of the memory as the image needs, to see that it fits");
	dfut_plan_add_step(&session->plan, DFUT_SESSION_DOWNLOADING, size, 120000, "download %zu bytes%s%s", size,
			   session->alternate ? " to alternate setting " : "",
			   session->alternate ? session->alternate : "");
	dfut_plan_add_step(&session->plan, DFUT_SESSION_MANIFESTING, 0,
			   dfu_get_manifest_limit_ms(session->device->entry ? session->device->entry->manifest_ms : 0,
						     session->return_timeout_ms),
			   "let the device install it");
	if (session->verify != DFUT_VERIFY_NEVER)
		dfut_plan_add_step(&session->plan, DFUT_SESSION_VERIFYING, size, 120000,
				   session->verify == DFUT_VERIFY_ALWAYS ?
					   "read it back and compare" :
					   "read it back and compare, where the device allows it");
	add_restart(session);
	return 0;
}

/* Upload. */

int dfu_check_upload(struct dfut_session *session)
{
	if (session->device->mode == DFUT_MODE_BOOTLOADER && !dfut_session_resolve_alternate(session))
		return session->failure.code;
	return 0;
}

/* What the table says of its slots; of its other memories nothing is known. */
static uint64_t get_known_size(const struct dfut_session *session, const struct dfut_job *job)
{
	const struct dfut_device *device = session->device;
	const struct dfut_slots *slots = device->entry ? &device->entry->slots : NULL;
	bool has_names = slots && (slots->names[DFUT_SLOT_RUNNING].count || slots->names[DFUT_SLOT_UPDATE].count);

	if (!slots || !has_names)
		return slots ? slots->size : 0;
	for (size_t i = 0; i < device->descriptors.interface_count; i++) {
		const struct dfut_interface *interface = &device->descriptors.interfaces[i];

		if (interface->number == job->interface && interface->alternate == job->alternate &&
		    (dfut_device_is_slot(device, interface, DFUT_SLOT_RUNNING) ||
		     dfut_device_is_slot(device, interface, DFUT_SLOT_UPDATE)))
			return slots->size;
	}
	return 0;
}

int dfu_prepare_upload(struct dfut_session *session, struct dfut_job *job, const struct dfut_machine_ops **machine)
{
	if (choose_alternate(session, job) < 0)
		return session->failure.code;
	if (dfut_session_get_dfu(session) && !dfut_session_can(session, DFUT_DFU_CAN_UPLOAD))
		return dfut_fail(&session->failure, DFUT_ERROR_UNSUPPORTED, "the device does not allow reading back");
	*machine = &dfu_upload_machine;
	job->size = session->upload_size;
	job->known_size = get_known_size(session, job);
	return 0;
}
