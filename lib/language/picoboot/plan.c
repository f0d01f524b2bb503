/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/*
 * The legs of an update by PICOBOOT: ask the ROM what chip it is, read the sectors that the image touches, erase and write
 * those that differ, read them back, restart.
 */

#include <inttypes.h>
#include <stdio.h>

#include "language/picoboot/image.h"
#include "language/picoboot/plan.h"

#define VENDOR_RASPBERRY_PI 0x2e8a
#define PRODUCT_RP2040 0x0003
#define PRODUCT_RP2350 0x000f
/* Less flash than this has no board: an image that ends below fits. */
#define FLASH_MIN (UINT32_C(256) * 1024)

/* The worst that data sheets of QSPI flash say: a sector 400 ms, a page 3 ms. Full speed is 64 bytes in less than 0.1 ms. */
#define SECTOR_MS 450
#define READ_MS_PER_KIB 2
#define OVERHEAD_MS 3000

/* The device. */

const char *picoboot_get_part(size_t index)
{
	static const char *const parts[] = { "rp2040", "rp2350" };

	return index < DFUT_COUNT(parts) ? parts[index] : NULL;
}

/* What the user, the table or the ids of its ROM say. */
static enum picoboot_chip get_expected_chip(const struct dfut_session *session)
{
	const struct dfut_device *device = session->device;
	int part = dfut_session_get_part(session);

	if (part >= 0)
		return part == 0 ? PICOBOOT_CHIP_RP2040 : PICOBOOT_CHIP_RP2350;
	if (device->mode != DFUT_MODE_BOOTLOADER || device->descriptors.vendor_id != VENDOR_RASPBERRY_PI)
		return PICOBOOT_CHIP_UNKNOWN;
	return device->descriptors.product_id == PRODUCT_RP2040 ? PICOBOOT_CHIP_RP2040 :
	       device->descriptors.product_id == PRODUCT_RP2350 ? PICOBOOT_CHIP_RP2350 :
								  PICOBOOT_CHIP_UNKNOWN;
}

static int check_expected(struct dfut_session *session)
{
	enum picoboot_chip expected = get_expected_chip(session);
	enum picoboot_chip chip = picoboot_get_work(session)->identity.chip;

	if (expected == PICOBOOT_CHIP_UNKNOWN || expected == chip || session->force & DFUT_CHECK_IDS)
		return 0;
	return dfut_fail_check(&session->failure, DFUT_ERROR_MISMATCH, DFUT_CHECK_IDS,
			       "the ROM of the device is an %s's, and it was taken for an %s",
			       picoboot_chip_get_name(chip), picoboot_chip_get_name(expected));
}

int picoboot_find_channel(struct dfut_session *session, struct dfut_job *job)
{
	static const struct dfut_interface_class picoboot = { .given = true, .class_code = 0xff };
	struct picoboot_job *own = picoboot_get_job(session);
	char text[128];

	own->identity = &picoboot_get_work(session)->identity;
	if (dfut_target_find_bulk(session->device, &picoboot, &job->interface, &own->in, &own->out))
		return 0;
	dfut_fail(&session->failure, DFUT_ERROR_UNSUPPORTED, "%s shows no PICOBOOT interface",
		  dfut_device_describe(session->device, text, sizeof(text)));
	dfut_hint(&session->failure, "put it into its bootloader by its BOOTSEL button: then it shows all of them");
	return DFUT_ERROR_UNSUPPORTED;
}

/* Probing. */

static uint32_t get_image_end(const struct dfut_session *session)
{
	struct dfut_segment segment;
	uint32_t end = 0;

	for (size_t i = 0; dfut_image_find_segment(session->plan.image, i, &segment); i++) {
		uint32_t at = (segment.has_address ? segment.address - PICOBOOT_FLASH : 0) + (uint32_t)segment.size;

		end = at > end ? at : end;
	}
	return end;
}

static int prepare_probe(struct dfut_session *session, struct dfut_job *job, const struct dfut_machine_ops **machine)
{
	struct picoboot_job *own = picoboot_get_job(session);
	struct picoboot_kind kind;

	if (picoboot_find_channel(session, job) < 0)
		return session->failure.code;
	picoboot_get_kind(&kind, session->plan.image);
	own->is_first = true;
	own->wants_size = get_image_end(session) > FLASH_MIN;
	own->wants_place = true;
	own->family = kind.family;
	*machine = &picoboot_probe_machine;
	return 0;
}

static int tell_identity(struct dfut_session *session)
{
	const struct picoboot_identity *identity = &picoboot_get_work(session)->identity;

	if (dfut_facts_add(&session->facts, "chip", "%s", picoboot_chip_get_name(identity->chip)) < 0 ||
	    dfut_facts_add(&session->facts, "rom_version", "%u", identity->version) < 0 ||
	    (identity->flash_size &&
	     dfut_facts_add(&session->facts, "flash_size", "%" PRIu32, identity->flash_size) < 0) ||
	    (identity->place.size &&
	     dfut_facts_add(&session->facts, "partition", "%" PRIu32, identity->place.number) < 0))
		return dfut_fail_memory(&session->failure);
	return 0;
}

static void refine_steps(struct dfut_session *session);

static int judge_probe(struct dfut_session *session, int code)
{
	if (code < 0)
		return code;
	if (tell_identity(session) < 0 || check_expected(session) < 0 || picoboot_lay_out(session) < 0)
		return session->failure.code;
	picoboot_choose_unknown(session);
	return 0;
}

/* Reading and writing. */

static int prepare_ranges(struct dfut_session *session, struct dfut_job *job)
{
	const struct picoboot_work *work = picoboot_get_work(session);

	picoboot_get_job(session)->ranges = work->ranges;
	picoboot_get_job(session)->range_count = work->range_count;
	job->writer_data = session;
	return picoboot_find_channel(session, job);
}

/* With --erase=all, only what shares a sector with the image. */
static bool compare_is_wanted(struct dfut_session *session)
{
	return picoboot_get_work(session)->range_count > 0;
}

static int prepare_compare(struct dfut_session *session, struct dfut_job *job, const struct dfut_machine_ops **machine)
{
	job->writer = picoboot_keep_bytes;
	*machine = &picoboot_read_machine;
	return prepare_ranges(session, job);
}

static int judge_compare(struct dfut_session *session, int code)
{
	size_t count;

	if (code < 0)
		return code;
	count = picoboot_overlay(session);
	dfut_context_log(session->context, DFUT_LOG_INFO, "%s: %zu of %zu sectors differ", session->device->path, count,
			 picoboot_get_work(session)->sectors.used_count);
	session->findings.unchanged = count == 0;
	refine_steps(session);
	return dfut_plan_check(&session->plan, &session->failure);
}

static bool download_is_wanted(struct dfut_session *session)
{
	if (session->findings.unchanged)
		dfut_session_note_verified(session);
	return !session->findings.unchanged;
}

static int prepare_download(struct dfut_session *session, struct dfut_job *job, const struct dfut_machine_ops **machine)
{
	picoboot_choose_differing(session);
	picoboot_get_work(session)->is_written = true;
	*machine = &picoboot_write_machine;
	return prepare_ranges(session, job);
}

static bool verify_is_wanted(struct dfut_session *session)
{
	return !session->findings.unchanged && session->verify != DFUT_VERIFY_NEVER;
}

static int prepare_verify(struct dfut_session *session, struct dfut_job *job, const struct dfut_machine_ops **machine)
{
	picoboot_choose_differing(session);
	job->writer = picoboot_compare_bytes;
	*machine = &picoboot_read_machine;
	return prepare_ranges(session, job);
}

static int judge_verify(struct dfut_session *session, int code)
{
	if (code == 0)
		dfut_session_note_verified(session);
	return code;
}

/* Restarting. */

int picoboot_prepare_leave(struct dfut_session *session, struct dfut_job *job)
{
	const struct picoboot_work *work = picoboot_get_work(session);
	bool has_partition = work->identity.has_place && work->identity.place.size;

	if (session->has_address && session->plan.purpose == DFUT_PURPOSE_COMMAND)
		return dfut_fail(&session->failure, DFUT_ERROR_UNSUPPORTED,
				 "an address was given (--address), and the ROM starts what it finds by itself");
	/* Of two partitions, that one is tried which was written. */
	if (has_partition && work->is_written)
		picoboot_get_job(session)->updated = picoboot_get_first_address(session);
	picoboot_get_job(session)->is_first = work->identity.chip == PICOBOOT_CHIP_UNKNOWN;
	return picoboot_find_channel(session, job);
}

/* A program that does not use USB is not seen again; one that does not start is: as its ROM. */
static bool has_not_started(struct dfut_session *session)
{
	struct picoboot_kind kind;

	picoboot_get_kind(&kind, session->plan.image);
	return kind.is_program && !dfut_session_stays(session) && session->device->present &&
	       session->device->mode == DFUT_MODE_BOOTLOADER && !session->findings.restarted;
}

static int fail_start(struct dfut_session *session, struct dfut_job *job, const struct dfut_machine_ops **machine)
{
	(void)job;
	(void)machine;
	dfut_fail(
		&session->failure, DFUT_ERROR_DEVICE,
		"the image was written, and the device is in its bootloader still: it does not start the new firmware");
	dfut_hint(&session->failure,
		  "let its BOOTSEL button go, and unplug it and plug it in again; if it stays there, the program is "
		  "not for this board");
	return DFUT_ERROR_DEVICE;
}

/* The plan's words. */

static void add_download(struct dfut_session *session, size_t sectors, bool is_known)
{
	uint64_t bytes = (uint64_t)sectors * PICOBOOT_FLASH_SECTOR;

	dfut_plan_add_step(&session->plan, DFUT_SESSION_DOWNLOADING, bytes,
			   (uint32_t)(OVERHEAD_MS + sectors * SECTOR_MS),
			   is_known ? "erase and write %zu sectors of 4 KiB" :
				      "erase and write those of about %zu sectors of 4 KiB that differ",
			   sectors);
	if (session->verify != DFUT_VERIFY_NEVER)
		dfut_plan_add_step(&session->plan, DFUT_SESSION_VERIFYING, bytes,
				   (uint32_t)(OVERHEAD_MS + bytes / 1024 * READ_MS_PER_KIB),
				   "read back what was written, and compare");
}

static void add_restart(struct dfut_session *session)
{
	dfut_session_plan_restart(session, "start the application");
}

static void add_steps(struct dfut_session *session)
{
	size_t size = dfut_image_get_size(session->plan.image);

	dfut_plan_add_step(&session->plan, DFUT_SESSION_PROBING, 0, OVERHEAD_MS,
			   "ask the ROM which chip it is, and where the image goes");
	dfut_plan_add_step(
		&session->plan, DFUT_SESSION_COMPARING, size, (uint32_t)(OVERHEAD_MS + size / 1024 * READ_MS_PER_KIB),
		"read the sectors that the image touches, to see which differ, and to keep what is beside it");
	add_download(session, size / PICOBOOT_FLASH_SECTOR + 1, false);
	add_restart(session);
}

/* What comes behind the comparison is told anew. */
static void refine_steps(struct dfut_session *session)
{
	const struct picoboot_work *work = picoboot_get_work(session);
	size_t keep = 0, count = 0;

	while (keep < session->plan.step_count && session->plan.steps[keep].state != DFUT_SESSION_DOWNLOADING)
		keep++;
	dfut_plan_keep_steps(&session->plan, keep);
	for (size_t i = 0; i < work->sectors.count; i++)
		count += work->differs[i];
	if (count)
		add_download(session, count, true);
	add_restart(session);
	session->plan.refined++;
}

/* The plan. */

static int check_erase(struct dfut_session *session)
{
	if (session->erase != DFUT_ERASE_MASS)
		return 0;
	dfut_fail(&session->failure, DFUT_ERROR_UNSUPPORTED,
		  "PICOBOOT has no command that erases the whole flash, and not every device tells how much it has");
	dfut_hint(&session->failure, "leave it out (--erase): what the image touches is erased");
	return DFUT_ERROR_UNSUPPORTED;
}

int picoboot_plan(struct dfut_session *session)
{
	static const struct dfut_leg legs[] = {
		{ DFUT_SESSION_PROBING, DFUT_MODE_BOOTLOADER, NULL, prepare_probe, judge_probe },
		{ DFUT_SESSION_COMPARING, DFUT_MODE_BOOTLOADER, compare_is_wanted, prepare_compare, judge_compare },
		{ DFUT_SESSION_DOWNLOADING, DFUT_MODE_BOOTLOADER, download_is_wanted, prepare_download, NULL },
		{ DFUT_SESSION_VERIFYING, DFUT_MODE_BOOTLOADER, verify_is_wanted, prepare_verify, judge_verify },
		{ DFUT_SESSION_RESTARTING, DFUT_MODE_BOOTLOADER, dfut_session_restart_is_wanted,
		  dfut_session_prepare_restart, NULL },
		{ DFUT_SESSION_RESTARTING, DFUT_MODE_UNKNOWN, has_not_started, fail_start, NULL },
	};

	if (dfut_session_check_format(session) < 0 || check_erase(session) < 0 ||
	    picoboot_check_fit(session, get_expected_chip(session)) < 0 || dfut_session_plan_trigger(session) < 0)
		return session->failure.code;
	for (size_t i = 0; i < DFUT_COUNT(legs); i++)
		dfut_plan_add_leg(&session->plan, &legs[i]);
	add_steps(session);
	return 0;
}
