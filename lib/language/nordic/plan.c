/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/*
 * The legs of an update of a Nordic bootloader over a serial port: ask the application, send each image of the package,
 * after which the device restarts, and ask the new application for its version. Legacy DFU has the same.
 */

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "image/format/nordic.h"
#include "language/nordic/machine.h"
#include "language/nordic/plan.h"

#define SEMANTIC_VERSION "nordic_semantic_version"
/* Copying an image to its place after the restart: erase and write of a page, nRF52 at worst. */
#define PAGE_SIZE 4096
#define INSTALL_PAGE_MS 200

static const char *const type_names[] = {
	[DFUT_NORDIC_APPLICATION] = "application",
	[DFUT_NORDIC_SOFTDEVICE] = "SoftDevice",
	[DFUT_NORDIC_BOOTLOADER] = "bootloader",
	[DFUT_NORDIC_SOFTDEVICE_BOOTLOADER] = "SoftDevice and bootloader",
	[DFUT_NORDIC_EXTERNAL_APPLICATION] = "external application",
};

const char *nordic_part_get_name(const struct dfut_nordic_part *part)
{
	return (size_t)part->type < DFUT_COUNT(type_names) ? type_names[part->type] : "image";
}

/* What can be judged without the device. */

static int check_parts(struct dfut_session *session)
{
	struct dfut_nordic_part part;

	for (size_t i = 0; dfut_image_get_nordic_part(session->plan.image, i, &part) == 0; i++) {
		if (part.size % 4 == 0 && part.size)
			continue;
		dfut_fail(
			&session->failure, DFUT_ERROR_MISMATCH,
			"the %s of the package has %zu bytes: flash takes whole words, so that it could never be completed",
			nordic_part_get_name(&part), part.size);
		dfut_hint(&session->failure,
			  "fill it up with 0xff to a multiple of 4 bytes before the package is made");
		return DFUT_ERROR_MISMATCH;
	}
	return 0;
}

int nordic_check_package(struct dfut_session *session)
{
	if (dfut_session_check_format(session) < 0)
		return session->failure.code;
	if (session->verify == DFUT_VERIFY_ALWAYS)
		return dfut_fail(&session->failure, DFUT_ERROR_VERIFY,
				 "a Nordic bootloader can't be read back; it checks the hash of what it gets itself");
	return check_parts(session);
}

/* What the application tells. */

static bool probe_is_wanted(struct dfut_session *session)
{
	return session->device->mode == DFUT_MODE_APPLICATION && dfut_session_find_probe(session);
}

static int prepare_probe(struct dfut_session *session, struct dfut_job *job, const struct dfut_machine_ops **machine)
{
	const struct dfut_trigger *probe = dfut_session_find_probe(session);

	dfut_facts_remove(&session->facts, SEMANTIC_VERSION);
	dfut_device_find_interface(session->device, dfut_trigger_get_interface(probe), &job->interface);
	*machine = probe->way->probe;
	return 0;
}

static const char *get_fact(const struct dfut_session *session, const char *key)
{
	for (size_t i = 0; i < session->facts.count; i++)
		if (strcmp(session->facts.items[i].key, key) == 0)
			return session->facts.items[i].value;
	return NULL;
}

static int check_sizes(struct dfut_session *session, uint32_t flash_size)
{
	struct dfut_nordic_part part;

	if (session->force & DFUT_CHECK_SIZE || !flash_size)
		return 0;
	for (size_t i = 0; dfut_image_get_nordic_part(session->plan.image, i, &part) == 0; i++)
		if (part.size > flash_size && part.type != DFUT_NORDIC_EXTERNAL_APPLICATION)
			return dfut_fail_check(&session->failure, DFUT_ERROR_MISMATCH, DFUT_CHECK_SIZE,
					       "the %s has %zu bytes, all flash of the device %" PRIu32,
					       nordic_part_get_name(&part), part.size, flash_size);
	return 0;
}

static int judge_application(struct dfut_session *session, int code)
{
	const char *flash_size = get_fact(session, "nordic_flash_size");

	if (code < 0)
		return code;
	return check_sizes(session, flash_size ? (uint32_t)strtoul(flash_size, NULL, 10) : 0);
}

static int judge_new_application(struct dfut_session *session, int code)
{
	const char *version = get_fact(session, SEMANTIC_VERSION);

	if (code == DFUT_ERROR_GONE)
		return dfut_fail(&session->failure, code,
				 "the firmware was written, but its application has left the bus again");
	/* It may do without a trigger interface that answers. */
	dfut_failure_clear(&session->failure);
	if (version)
		snprintf(session->findings.started, sizeof(session->findings.started), "%s", version);
	return 0;
}

/* What the bootloader tells. */

static int tell_versions(struct dfut_session *session, const struct nordic_versions *versions)
{
	static const char *const keys[] = { "nordic_softdevice_version", "nordic_application_version",
					    "nordic_bootloader_version" };

	if (versions->has_hardware &&
	    (dfut_facts_add(&session->facts, "nordic_chip", "0x%05" PRIx32, versions->chip) < 0 ||
	     dfut_facts_add(&session->facts, "nordic_flash_size", "%" PRIu32, versions->flash_size) < 0 ||
	     dfut_facts_add(&session->facts, "nordic_flash_page_size", "%" PRIu32, versions->page_size) < 0))
		return dfut_fail_memory(&session->failure);
	for (size_t i = 0; i < versions->firmware_count; i++)
		if (versions->firmware[i].type < DFUT_COUNT(keys) &&
		    dfut_facts_add(&session->facts, keys[versions->firmware[i].type], "%" PRIu32,
				   versions->firmware[i].version) < 0)
			return dfut_fail_memory(&session->failure);
	return 0;
}

/* Vendors number their hardware as they like; 51, 52 and 53 are the families of Nordic's own examples. */
static int check_hardware(struct dfut_session *session, const struct nordic_versions *versions)
{
	uint32_t family = (versions->chip >> 16 & 0xf) * 10 + (versions->chip >> 12 & 0xf);
	struct dfut_nordic_part part;

	if (session->force & DFUT_CHECK_IDS || !versions->has_hardware || family < 51 || family > 53)
		return 0;
	for (size_t i = 0; dfut_image_get_nordic_part(session->plan.image, i, &part) == 0; i++)
		if (part.has_hw_version && !part.is_debug && part.hw_version >= 51 && part.hw_version <= 53 &&
		    part.hw_version != family)
			return dfut_fail_check(&session->failure, DFUT_ERROR_MISMATCH, DFUT_CHECK_IDS,
					       "the %s is for hardware version %" PRIu32
					       ", the device has an nRF%05" PRIx32,
					       nordic_part_get_name(&part), part.hw_version, versions->chip);
	return 0;
}

static const struct nordic_firmware_version *find_firmware(const struct nordic_versions *versions, uint8_t type)
{
	for (size_t i = 0; i < versions->firmware_count; i++)
		if (versions->firmware[i].type == type)
			return &versions->firmware[i];
	return NULL;
}

static int check_version(struct dfut_session *session, const struct nordic_versions *versions,
			 const struct dfut_nordic_part *part)
{
	const struct nordic_firmware_version *there = NULL;

	if (session->force & DFUT_CHECK_VERSION || !part->has_fw_version || part->is_debug)
		return 0;
	if (part->type == DFUT_NORDIC_APPLICATION)
		there = find_firmware(versions, 1);
	if (part->type == DFUT_NORDIC_BOOTLOADER || part->type == DFUT_NORDIC_SOFTDEVICE_BOOTLOADER)
		there = find_firmware(versions, 2);
	if (!there || part->fw_version >= there->version)
		return 0;
	return dfut_fail_check(&session->failure, DFUT_ERROR_MISMATCH, DFUT_CHECK_VERSION,
			       "the %s of the package has version %" PRIu32 ", the device has %" PRIu32
			       ", which is newer",
			       nordic_part_get_name(part), part->fw_version, there->version);
}

static int check_softdevice(struct dfut_session *session, const struct nordic_versions *versions,
			    const struct dfut_nordic_part *part)
{
	if (session->force & DFUT_CHECK_IDS || !versions->has_firmware || find_firmware(versions, 0) ||
	    part->is_debug || part->type != DFUT_NORDIC_APPLICATION || part->sd_req_count == 0 || part->sd_req[0] == 0)
		return 0;
	dfut_fail_check(&session->failure, DFUT_ERROR_MISMATCH, DFUT_CHECK_IDS,
			"the application needs the SoftDevice 0x%04" PRIx32 ", the device has none", part->sd_req[0]);
	dfut_hint(&session->failure, "use a package that has the SoftDevice as well");
	return DFUT_ERROR_MISMATCH;
}

/* Leg 0 asks the application, one for each image follows. */
static void get_part(const struct dfut_session *session, struct dfut_nordic_part *part)
{
	dfut_image_get_nordic_part(session->plan.image, dfut_session_get_leg(session) - 1, part);
}

static int judge_versions(const struct nordic_versions *versions, void *user_data)
{
	struct dfut_session *session = user_data;
	struct dfut_nordic_part part;

	get_part(session, &part);
	if (tell_versions(session, versions) < 0 || check_hardware(session, versions) < 0 ||
	    check_sizes(session, versions->has_hardware ? versions->flash_size : 0) < 0 ||
	    check_version(session, versions, &part) < 0 || check_softdevice(session, versions, &part) < 0)
		return session->failure.code;
	return 0;
}

/* Download. */

static bool is_last_part(const struct dfut_session *session)
{
	return dfut_session_get_leg(session) == dfut_image_get_nordic_part_count(session->plan.image);
}

int nordic_fill_job(struct dfut_session *session, struct dfut_job *job, struct dfut_nordic_part *part)
{
	struct nordic_job *own = session->plan.job;

	if (dfut_session_find_channel(session, job) < 0)
		return session->failure.code;
	get_part(session, part);
	own->init = part->init;
	own->init_size = part->init_size;
	job->data = part->data;
	job->size = part->size;
	/* Without an application it comes back as what it was. */
	own->end = is_last_part(session) && part->type == DFUT_NORDIC_APPLICATION ? DFUT_END_LEAVES : DFUT_END_RETURNS;
	session->findings.install_ms = (uint32_t)(part->size / PAGE_SIZE + 1) * INSTALL_PAGE_MS;
	return 0;
}

static int prepare_part(struct dfut_session *session, struct dfut_job *job, const struct dfut_machine_ops **machine)
{
	struct nordic_job *own = session->plan.job;
	struct dfut_nordic_part part;

	if (nordic_fill_job(session, job, &part) < 0)
		return session->failure.code;
	own->judge = judge_versions;
	own->judge_data = session;
	own->leave_if_refused = dfut_session_has_triggered(session);
	own->has_left_early = false;
	own->left_early = &own->has_left_early;
	*machine = &nordic_download_machine;
	return 0;
}

/* A device that is pulled out just then can't be told from one that restarts. */
static const char *tell_unverified(const struct dfut_session *session)
{
	const struct nordic_job *own = session->plan.job;

	if (own->has_left_early)
		return "the bootloader can't be read, and left before it said that it had checked the firmware";
	return dfut_image_is_nordic(session->plan.image) ?
		       "the bootloader can't be read; it has checked the hash itself" :
		       "the bootloader can't be read; it has checked the CRC itself";
}

static int judge_part(struct dfut_session *session, int code)
{
	if (code == 0 && is_last_part(session) && session->verify != DFUT_VERIFY_NEVER)
		dfut_session_note_unverified(session, tell_unverified(session));
	return code;
}

/* A SoftDevice or a bootloader alone: the application that was there before may be valid still. */
static bool restart_is_wanted(struct dfut_session *session)
{
	return session->device->mode == DFUT_MODE_BOOTLOADER && dfut_device_get_language(session->device) &&
	       dfut_device_get_language(session->device)->leave;
}

int nordic_prepare_leave(struct dfut_session *session, struct dfut_job *job)
{
	return dfut_session_find_channel(session, job);
}

static void add_parts(struct dfut_session *session, const struct dfut_leg *leg)
{
	struct dfut_nordic_part part;

	for (size_t i = 0; dfut_image_get_nordic_part(session->plan.image, i, &part) == 0; i++) {
		dfut_plan_add_leg(&session->plan, leg);
		dfut_plan_add_step(&session->plan, DFUT_SESSION_DOWNLOADING, part.size,
				   (uint32_t)(30000 + part.size / 8),
				   "send the init packet, then the %s, %zu bytes, and let it be checked and installed",
				   nordic_part_get_name(&part), part.size);
	}
}

int nordic_plan_parts(struct dfut_session *session, nordic_prepare prepare)
{
	const struct dfut_leg send = { DFUT_SESSION_ANNOUNCING, DFUT_MODE_BOOTLOADER, NULL, prepare, judge_part };
	static const struct dfut_leg ask = { DFUT_SESSION_PROBING, DFUT_MODE_UNKNOWN, probe_is_wanted, prepare_probe,
					     judge_application };
	static const struct dfut_leg restart = { DFUT_SESSION_RESTARTING, DFUT_MODE_UNKNOWN, restart_is_wanted,
						 dfut_session_prepare_restart, NULL };
	static const struct dfut_leg ask_again = { DFUT_SESSION_PROBING, DFUT_MODE_UNKNOWN, probe_is_wanted,
						   prepare_probe, judge_new_application };

	if (probe_is_wanted(session))
		dfut_plan_add_step(&session->plan, DFUT_SESSION_PROBING, 0, 5000, "ask the application what it is");
	if (dfut_session_plan_trigger(session) < 0)
		return session->failure.code;
	dfut_plan_add_leg(&session->plan, &ask);
	add_parts(session, &send);
	dfut_plan_add_leg(&session->plan, &restart);
	dfut_plan_add_leg(&session->plan, &ask_again);
	dfut_plan_add_step(
		&session->plan, DFUT_SESSION_RETURNING, 0, 2 * session->return_timeout_ms,
		"wait until the device has restarted, and ask a new application for its version where it can tell");
	return 0;
}

int nordic_plan(struct dfut_session *session)
{
	return nordic_check_package(session) < 0 ? session->failure.code : nordic_plan_parts(session, prepare_part);
}
