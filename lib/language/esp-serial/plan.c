/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/*
 * The legs of an update through Espressif's ROM loader: ask it what chip it is, write what differs, start the application. Of a
 * USB-Serial-JTAG, or an adapter, it does not show whether the ROM or the application is behind it.
 */

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "language/esp-serial/image.h"
#include "language/esp-serial/plan.h"
#include "language/esp-serial/wire.h"

#define OVERHEAD_MS 5000
/* Erasing and writing, at worst; a block of 1 KiB there and back. */
#define WRITE_MS_PER_KIB 40
#define FLASH_CRYPT_BITS 0x07

/* The device. */

static enum esp_serial_port get_port(const struct dfut_session *session)
{
	const struct dfut_device *device = session->device;

	if (device->entry && device->entry->quirks & ESP_SERIAL_QUIRK_JTAG)
		return ESP_SERIAL_PORT_JTAG;
	return dfut_session_has_bootloader(session, device) ? ESP_SERIAL_PORT_ROM : ESP_SERIAL_PORT_LINES;
}

/* What the user, the table or the ids of its ROM say; NULL if nobody does. */
static const struct esp_serial_chip *get_expected_chip(const struct dfut_session *session)
{
	const struct dfut_device *device = session->device;
	int part = dfut_session_get_part(session);

	if (part >= 0)
		return esp_serial_find_chip_by_part(esp_serial_get_part((size_t)part));
	return esp_serial_find_chip_by_ids(device->descriptors.vendor_id, device->descriptors.product_id);
}

static int fill_job(struct dfut_session *session, struct dfut_job *job)
{
	struct esp_serial_job *own = esp_serial_get_job(session);

	own->port = get_port(session);
	own->identity = &esp_serial_get_work(session)->identity;
	own->judge_data = session;
	return dfut_session_find_channel(session, job);
}

/* Judging the chip. */

static int refuse_chip(struct dfut_session *session)
{
	const struct esp_serial_identity *identity = &esp_serial_get_work(session)->identity;

	if (identity->chip)
		dfut_fail(&session->failure, DFUT_ERROR_UNSUPPORTED,
			  "the chip is an %s, which is not supported: nothing was written", identity->chip->title);
	else if (identity->has_id)
		dfut_fail(&session->failure, DFUT_ERROR_UNSUPPORTED,
			  "the chip is none that is known (chip id %" PRIu32 "): nothing was written", identity->id);
	else
		dfut_fail(&session->failure, DFUT_ERROR_UNSUPPORTED,
			  "the chip is none that is known (0x%08" PRIx32 " at 0x%08x): nothing was written",
			  identity->magic, ESP_SERIAL_MAGIC_ADDRESS);
	dfut_hint(&session->failure, "esptool knows more of them");
	return DFUT_ERROR_UNSUPPORTED;
}

static bool is_encrypted(const struct esp_serial_identity *identity)
{
	unsigned int bits = identity->crypt_count & FLASH_CRYPT_BITS;

	return (bits ^ bits >> 1 ^ bits >> 2) & 1;
}

static int check_download_mode(struct dfut_session *session)
{
	if (!(esp_serial_get_work(session)->identity.flags & ESP_SERIAL_FLAG_SECURE_DOWNLOAD))
		return 0;
	dfut_fail(
		&session->failure, DFUT_ERROR_UNSUPPORTED,
		"the chip is in Secure Download Mode, in which it does not tell what is in its flash: nothing was written");
	dfut_hint(&session->failure, "update it by its own firmware (over the air), if that can");
	return DFUT_ERROR_UNSUPPORTED;
}

static int check_encryption(struct dfut_session *session)
{
	if (!is_encrypted(&esp_serial_get_work(session)->identity))
		return 0;
	dfut_fail(&session->failure, DFUT_ERROR_UNSUPPORTED,
		  "the chip's flash is encrypted: what is written plainly would not start any more");
	dfut_hint(&session->failure, "update it by its own firmware (over the air), if that can");
	return DFUT_ERROR_UNSUPPORTED;
}

static int check_secure_boot(struct dfut_session *session)
{
	const struct esp_serial_work *work = esp_serial_get_work(session);

	if (!(work->identity.flags & ESP_SERIAL_FLAG_SECURE_BOOT) || session->force & DFUT_CHECK_BOOTLOADER ||
	    work->regions[0].address >= ESP_SERIAL_TABLE)
		return 0;
	dfut_fail_check(&session->failure, DFUT_ERROR_MISMATCH, DFUT_CHECK_BOOTLOADER,
			"the chip starts nothing but what is signed (secure boot), and the image has a bootloader, at "
			"0x%" PRIx32 ": if that is not signed with its key, the chip never starts again",
			work->regions[0].address);
	dfut_hint(&session->failure, "write the application alone");
	return DFUT_ERROR_MISMATCH;
}

static int check_expected(struct dfut_session *session)
{
	const struct esp_serial_chip *expected = get_expected_chip(session);
	const struct esp_serial_chip *chip = esp_serial_get_work(session)->identity.chip;

	if (!expected || expected == chip || session->force & DFUT_CHECK_IDS)
		return 0;
	return dfut_fail_check(&session->failure, DFUT_ERROR_MISMATCH, DFUT_CHECK_IDS,
			       "the chip is an %s, and was taken for an %s", chip->title, expected->title);
}

static uint32_t get_flash_size(const struct dfut_session *session)
{
	const struct esp_serial_work *work = esp_serial_get_work(session);

	return work->identity.flash_size ? work->identity.flash_size : esp_serial_get_image_flash_size(session);
}

static int check_flash(struct dfut_session *session)
{
	if (get_flash_size(session))
		return 0;
	dfut_fail(&session->failure, DFUT_ERROR_DEVICE,
		  "how much flash the chip has is not known: neither that says it (JEDEC id %06" PRIx32
		  ") nor the image",
		  esp_serial_get_work(session)->identity.flash_id);
	dfut_hint(&session->failure, "use build/flasher_args.json, which says it");
	return DFUT_ERROR_DEVICE;
}

static int judge_chip(struct dfut_session *session)
{
	const struct esp_serial_identity *identity = &esp_serial_get_work(session)->identity;

	if (check_download_mode(session) < 0)
		return session->failure.code;
	return identity->chip && identity->chip->is_supported ? check_expected(session) : refuse_chip(session);
}

/* All that can be wrong is found before anything is erased. */
static int judge(void *user_data)
{
	struct dfut_session *session = user_data;
	const struct esp_serial_identity *identity = &esp_serial_get_work(session)->identity;

	if (judge_chip(session) < 0 || check_encryption(session) < 0 || check_flash(session) < 0 ||
	    esp_serial_check_regions(session, identity->chip, get_flash_size(session)) < 0 ||
	    check_secure_boot(session) < 0)
		return session->failure.code;
	return 0;
}

static int judge_reading(void *user_data)
{
	return judge_chip(user_data);
}

/* Probing. */

static int prepare_probe(struct dfut_session *session, struct dfut_job *job, const struct dfut_machine_ops **machine)
{
	struct esp_serial_job *own = esp_serial_get_job(session);

	if (fill_job(session, job) < 0)
		return session->failure.code;
	own->judge = judge;
	own->leave_if_refused = own->port != ESP_SERIAL_PORT_ROM;
	*machine = &esp_serial_probe_machine;
	return 0;
}

static int judge_probe(struct dfut_session *session, int code)
{
	const struct esp_serial_identity *identity = &esp_serial_get_work(session)->identity;

	if (identity->chip && dfut_facts_add(&session->facts, "chip", "%s", identity->chip->title) < 0)
		return dfut_fail_memory(&session->failure);
	if (identity->flash_size && dfut_facts_add(&session->facts, "flash_size", "%" PRIu32, identity->flash_size) < 0)
		return dfut_fail_memory(&session->failure);
	if (code < 0 && esp_serial_get_job(session)->leave_if_refused && dfut_session_has_triggered(session) &&
	    session->failure.code == code && code != DFUT_ERROR_TIMEOUT && code != DFUT_ERROR_GONE)
		dfut_context_log(session->context, DFUT_LOG_INFO, "%s: refused, and reset: %s", session->device->path,
				 session->failure.text);
	return code;
}

/* Writing. */

static int prepare_download(struct dfut_session *session, struct dfut_job *job, const struct dfut_machine_ops **machine)
{
	const struct esp_serial_work *work = esp_serial_get_work(session);
	struct esp_serial_job *own = esp_serial_get_job(session);

	own->regions = work->regions;
	own->region_count = work->region_count;
	own->flash_size = get_flash_size(session);
	own->compare = session->erase != DFUT_ERASE_ALL;
	own->verify = session->verify != DFUT_VERIFY_NEVER;
	*machine = &esp_serial_download_machine;
	return fill_job(session, job);
}

static int judge_download(struct dfut_session *session, int code)
{
	const struct esp_serial_work *work = esp_serial_get_work(session);
	size_t same = 0;

	if (code < 0)
		return code;
	for (size_t i = 0; i < work->region_count; i++)
		same += work->regions[i].is_same;
	dfut_context_log(session->context, DFUT_LOG_INFO,
			 "%s: %zu of %zu regions were written, the others are as they were", session->device->path,
			 work->region_count - same, work->region_count);
	session->findings.unchanged = same == work->region_count;
	if (session->findings.unchanged || session->verify != DFUT_VERIFY_NEVER)
		dfut_session_note_verified(session);
	return 0;
}

/* Restarting. */

static bool restart_is_wanted(struct dfut_session *session)
{
	if (dfut_session_stays(session))
		return false;
	return get_port(session) != ESP_SERIAL_PORT_ROM || dfut_session_restart_is_wanted(session);
}

int esp_serial_prepare_leave(struct dfut_session *session, struct dfut_job *job)
{
	if (session->has_address && session->plan.purpose == DFUT_PURPOSE_COMMAND)
		return dfut_fail(&session->failure, DFUT_ERROR_UNSUPPORTED,
				 "an address was given (--address), and the chip starts what its partition table says");
	return fill_job(session, job);
}

static int prepare_restart(struct dfut_session *session, struct dfut_job *job, const struct dfut_machine_ops **machine)
{
	if (get_port(session) == ESP_SERIAL_PORT_ROM)
		return dfut_session_prepare_restart(session, job, machine);
	esp_serial_get_job(session)->has_stayed = &esp_serial_get_work(session)->has_stayed;
	*machine = &esp_serial_restart_machine;
	return fill_job(session, job);
}

/* Others are believed: an application would take the question for something that was typed. */
static bool check_is_wanted(struct dfut_session *session)
{
	const struct esp_serial_work *work = esp_serial_get_work(session);

	return work->identity.is_strapped && !work->has_stayed && !dfut_session_stays(session) &&
	       session->device->present && get_port(session) != ESP_SERIAL_PORT_ROM;
}

static int prepare_check(struct dfut_session *session, struct dfut_job *job, const struct dfut_machine_ops **machine)
{
	esp_serial_get_job(session)->has_stayed = &esp_serial_get_work(session)->has_stayed;
	*machine = &esp_serial_check_machine;
	return fill_job(session, job);
}

static bool has_not_started(struct dfut_session *session)
{
	return esp_serial_get_work(session)->has_stayed;
}

static int fail_start(struct dfut_session *session, struct dfut_job *job, const struct dfut_machine_ops **machine)
{
	(void)job;
	(void)machine;
	dfut_fail(
		&session->failure, DFUT_ERROR_DEVICE,
		session->findings.unchanged ?
			"the device holds the image already, but the chip waits in its ROM loader again: its application "
			"was not started" :
			"the image was written, but the chip waits in its ROM loader again: its application was not "
			"started");
	dfut_hint(&session->failure, "let BOOT go (GPIO0 low asks for the ROM, on an ESP32-C3 GPIO9), and press RESET");
	return DFUT_ERROR_DEVICE;
}

/* Reading. */

int esp_serial_prepare_upload(struct dfut_session *session, struct dfut_job *job,
			      const struct dfut_machine_ops **machine)
{
	struct esp_serial_job *own = esp_serial_get_job(session);

	own->judge = judge_reading;
	own->address = session->has_address ? session->address : 0;
	job->size = session->upload_size;
	/* The machine itself resets the chip: the leg behind it need not. */
	if (session->restart == DFUT_RESTART_ALWAYS && get_port(session) != ESP_SERIAL_PORT_ROM)
		session->findings.restarted = true;
	*machine = &esp_serial_upload_machine;
	return fill_job(session, job);
}

/* The plan. */

static int check_erase(struct dfut_session *session)
{
	if (session->erase != DFUT_ERASE_MASS)
		return 0;
	dfut_fail(&session->failure, DFUT_ERROR_UNSUPPORTED,
		  "the ROM loader has no command that erases all of the flash");
	dfut_hint(&session->failure, "leave it out (--erase): what the image touches is erased");
	return DFUT_ERROR_UNSUPPORTED;
}

static void add_steps(struct dfut_session *session)
{
	const struct esp_serial_work *work = esp_serial_get_work(session);

	dfut_plan_add_step(&session->plan, DFUT_SESSION_PROBING, 0, OVERHEAD_MS,
			   "ask the ROM loader which chip it is, how it is protected and how much flash it has");
	for (size_t i = 0; i < work->region_count; i++)
		dfut_plan_add_step(&session->plan, DFUT_SESSION_DOWNLOADING, work->regions[i].size,
				   OVERHEAD_MS + work->regions[i].size / 1024 * WRITE_MS_PER_KIB,
				   "write %" PRIu32 " bytes to 0x%" PRIx32 "%s, unless they are there already",
				   work->regions[i].size, work->regions[i].address,
				   session->verify == DFUT_VERIFY_NEVER ? "" : ", and compare the MD5");
	dfut_session_plan_restart(session, "start the application");
}

int esp_serial_plan(struct dfut_session *session)
{
	static const struct dfut_leg legs[] = {
		{ DFUT_SESSION_PROBING, DFUT_MODE_BOOTLOADER, NULL, prepare_probe, judge_probe },
		{ DFUT_SESSION_DOWNLOADING, DFUT_MODE_BOOTLOADER, NULL, prepare_download, judge_download },
		{ DFUT_SESSION_RESTARTING, DFUT_MODE_UNKNOWN, restart_is_wanted, prepare_restart, NULL },
		{ DFUT_SESSION_PROBING, DFUT_MODE_UNKNOWN, check_is_wanted, prepare_check, NULL },
		{ DFUT_SESSION_RESTARTING, DFUT_MODE_UNKNOWN, has_not_started, fail_start, NULL },
	};

	if (dfut_session_check_format(session) < 0 || check_erase(session) < 0 || esp_serial_lay_out(session) < 0 ||
	    esp_serial_check_regions(session, get_expected_chip(session), 0) < 0 ||
	    dfut_session_plan_trigger(session) < 0)
		return session->failure.code;
	for (size_t i = 0; i < DFUT_COUNT(legs); i++)
		dfut_plan_add_leg(&session->plan, &legs[i]);
	add_steps(session);
	return 0;
}
