/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/*
 * The legs of an update by Atmel's FLIP: ask the bootloader what it is on, compare what is there with the image, erase the chip
 * and write the image, read it back, start the application. EEPROM needs no erasing: bytes that the image has not are kept.
 */

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "language/atmel-flip/plan.h"

/* What takes longest: an XMEGA's erase; a page of an AVR 20 ms, a byte of its EEPROM 4 ms; requests of 1 KiB 30 ms. */
#define ERASE_MS 45000
#define OVERHEAD_MS 5000
#define FLASH_US_PER_BYTE 200
#define EEPROM_US_PER_BYTE 10000
#define READ_US_PER_BYTE 50

void flip_finish(void *state)
{
	struct flip_work *work = state;

	flip_content_free(&work->content);
	free(work->ranges);
}

/* What is to be where, for the part that is known now. */
static int take_image(struct dfut_session *session, const struct flip_part *part)
{
	struct flip_work *work = flip_get_work(session);

	flip_content_free(&work->content);
	return flip_content_take(&work->content, session->plan.image, part, work->unit, session->force,
				 &session->failure);
}

static bool is_eeprom(const struct dfut_session *session)
{
	return flip_get_work(session)->unit == FLIP_UNIT_EEPROM;
}

/* Ranges. */

static bool is_wanted(const struct dfut_blocks *blocks, size_t index, bool skips_blank)
{
	return blocks->used[index] && !(skips_blank && dfut_blocks_is_filled(blocks, index, 0xff));
}

static void add_block(struct flip_work *work, size_t index)
{
	const struct dfut_blocks *blocks = &work->content.blocks;
	uint32_t address = (uint32_t)index * blocks->size;
	struct flip_range *last = work->range_count ? &work->ranges[work->range_count - 1] : NULL;

	if (last && last->address + last->size == address)
		last->size += blocks->size;
	else
		work->ranges[work->range_count++] = (struct flip_range){ address, blocks->size,
									 dfut_blocks_get(blocks, index) };
}

/* Runs of blocks. What is written to flash ends with the first, where the program begins: one that was interrupted before has
 * none, so that the bootloader does not start it. */
static int list_ranges(struct dfut_session *session, bool is_for_flashing)
{
	struct flip_work *work = flip_get_work(session);
	const struct dfut_blocks *blocks = &work->content.blocks;
	size_t first = dfut_blocks_find(blocks, 0);

	free(work->ranges);
	work->range_count = 0;
	work->range = 0;
	work->offset = 0;
	work->ranges = calloc(blocks->count + 1, sizeof(*work->ranges));
	if (!work->ranges)
		return dfut_fail_memory(&session->failure);
	for (size_t i = is_for_flashing ? first + 1 : first; i < blocks->count; i++)
		if (is_wanted(blocks, i, is_for_flashing))
			add_block(work, i);
	if (is_for_flashing)
		add_block(work, first);
	return 0;
}

/* Where the next byte that comes in lies; counts it. */
static const struct flip_range *take_place(struct flip_work *work, uint32_t *offset)
{
	const struct flip_range *range = &work->ranges[work->range];

	*offset = work->offset++;
	if (work->offset == range->size) {
		work->range++;
		work->offset = 0;
	}
	return range;
}

/* Ask: who it is decides before anything is written. */

static int prepare_ask(struct dfut_session *session, struct dfut_job *job, const struct dfut_machine_ops **machine)
{
	struct flip_work *work = flip_get_work(session);

	work->answers = (struct flip_answers){ 0 };
	work->part = flip_find_part(session);
	flip_fill_job(session, job);
	/* Nobody guesses: what can't tell itself which of several it is has to be named. */
	if (flip_get_job(session)->kind == FLIP_KIND_AVR32 && flip_need_part(session) < 0)
		return session->failure.code;
	flip_get_job(session)->tries_reading = session->erase == DFUT_ERASE_ALL;
	*machine = &flip_ask_machine;
	return 0;
}

static void tell_answers(struct dfut_session *session)
{
	const struct flip_work *work = flip_get_work(session);

	dfut_facts_add(&session->facts, "flip_part", "%s", work->part->name);
}

/* An AVR's bootloader is closed after each start, whoever owns the part, and an update erases its flash in any case. A
 * security bit is somebody's wish, and EEPROM is not erased by the way. */
static bool erasing_needs_consent(const struct dfut_session *session)
{
	return session->erase != DFUT_ERASE_MASS && flip_get_work(session)->part->kind != FLIP_KIND_AVR;
}

static int judge_protection(struct dfut_session *session)
{
	if (erasing_needs_consent(session) || is_eeprom(session))
		return flip_refuse_secure(session);
	dfut_facts_add(&session->facts, "flip_protected", "yes");
	dfut_context_log(session->context, DFUT_LOG_INFO, "%s: protected: it can't be compared before all is erased",
			 session->device->path);
	dfut_failure_clear(&session->failure);
	return 0;
}

static int judge_ask(struct dfut_session *session, int code)
{
	struct flip_work *work = flip_get_work(session);

	/* The trial is the last that is asked. */
	if (code == DFUT_ERROR_DEVICE && work->answers.is_secure)
		dfut_failure_clear(&session->failure);
	else if (code < 0)
		return code;
	if (flip_settle_part(session) < 0)
		return session->failure.code;
	tell_answers(session);
	if (take_image(session, work->part) < 0)
		return session->failure.code;
	return work->answers.is_secure ? judge_protection(session) : 0;
}

/* Compare. The first difference in flash is enough: all of it is written then. */

static bool compare_is_wanted(struct dfut_session *session)
{
	if (flip_get_work(session)->answers.is_secure)
		return false;
	return is_eeprom(session) || session->erase == DFUT_ERASE_AUTO || session->erase == DFUT_ERASE_NEEDED;
}

static bool is_filled(const uint8_t *data, size_t size, uint8_t value)
{
	for (size_t i = 0; i < size; i++)
		if (data[i] != value)
			return false;
	return true;
}

static int compare_flash(const uint8_t *data, size_t size, void *user_data)
{
	struct dfut_session *session = user_data;
	struct flip_work *work = flip_get_work(session);
	bool is_first = work->range == 0 && work->offset == 0;
	uint32_t offset;

	for (size_t i = 0; i < size; i++) {
		const struct flip_range *range = take_place(work, &offset);

		if (range->data[offset] == data[i])
			continue;
		work->differs = true;
		work->may_be_blank = is_first && is_filled(data, size, 0xff);
		return dfut_fail(&session->failure, DFUT_ERROR_VERIFY, "the flash differs at 0x%05" PRIx32,
				 range->address + offset);
	}
	return 0;
}

/* Blocks that differ are written; bytes that are not the image's become what they are. */
static int merge_eeprom(const uint8_t *data, size_t size, void *user_data)
{
	struct dfut_session *session = user_data;
	struct flip_work *work = flip_get_work(session);
	struct dfut_blocks *blocks = &work->content.blocks;
	uint32_t offset;

	for (size_t i = 0; i < size; i++) {
		uint32_t at = take_place(work, &offset)->address + offset;

		if (!work->content.covered[at])
			blocks->data[at] = data[i];
		else if (blocks->data[at] != data[i])
			blocks->used[at / blocks->size] = true;
	}
	return 0;
}

static int prepare_compare(struct dfut_session *session, struct dfut_job *job, const struct dfut_machine_ops **machine)
{
	struct flip_work *work = flip_get_work(session);
	bool writes_all = session->erase == DFUT_ERASE_ALL || session->erase == DFUT_ERASE_MASS;

	/* Anew, as what was read before may be another state. */
	if (take_image(session, work->part) < 0 || list_ranges(session, false) < 0)
		return session->failure.code;
	work->differs = false;
	work->may_be_blank = false;
	if (is_eeprom(session) && !writes_all)
		memset(work->content.blocks.used, false,
		       work->content.blocks.count * sizeof(*work->content.blocks.used));
	flip_fill_job(session, job);
	job->writer = is_eeprom(session) ? merge_eeprom : compare_flash;
	job->writer_data = session;
	*machine = &flip_read_machine;
	return 0;
}

static uint64_t count_bytes(const struct dfut_session *session)
{
	const struct dfut_blocks *blocks = &flip_get_work(session)->content.blocks;
	uint64_t bytes = 0;

	for (size_t i = 0; i < blocks->count; i++)
		bytes += is_wanted(blocks, i, !is_eeprom(session)) ? blocks->size : 0;
	return bytes;
}

static void refine_steps(struct dfut_session *session);

static int judge_compare(struct dfut_session *session, int code)
{
	struct flip_work *work = flip_get_work(session);

	/* Atmel's bootloader of AVRs tells it when it is read. */
	if (work->answers.is_secure) {
		if (judge_protection(session) < 0)
			return session->failure.code;
		work->differs = true;
		code = 0;
	}
	if (code == DFUT_ERROR_VERIFY && work->differs) {
		dfut_context_log(session->context, DFUT_LOG_INFO, "%s: %s", session->device->path,
				 session->failure.text);
		dfut_failure_clear(&session->failure);
		code = 0;
	}
	if (code < 0)
		return code;
	if (is_eeprom(session))
		work->differs = count_bytes(session) > 0;
	session->findings.unchanged = !work->differs;
	refine_steps(session);
	return dfut_plan_check(&session->plan, &session->failure);
}

/* Write. */

static bool write_is_wanted(struct dfut_session *session)
{
	if (session->findings.unchanged)
		dfut_session_note_verified(session);
	return !session->findings.unchanged;
}

static int prepare_write(struct dfut_session *session, struct dfut_job *job, const struct dfut_machine_ops **machine)
{
	struct flip_work *work = flip_get_work(session);
	const struct dfut_blocks *blocks = &work->content.blocks;
	struct flip_job *own = flip_get_job(session);

	if (list_ranges(session, !is_eeprom(session)) < 0)
		return session->failure.code;
	flip_fill_job(session, job);
	own->erases = !is_eeprom(session);
	own->may_be_blank = work->may_be_blank && session->erase != DFUT_ERASE_MASS;
	own->check.address = (uint32_t)dfut_blocks_find(blocks, 0) * blocks->size;
	own->check.size = (uint32_t)blocks->count * blocks->size - own->check.address;
	*machine = &flip_write_machine;
	return 0;
}

static int judge_write(struct dfut_session *session, int code)
{
	if (code < 0 && !*session->failure.hint && code != DFUT_ERROR_CANCELLED)
		dfut_hint(&session->failure, "the device stays in its bootloader: repeat, which begins anew");
	return code;
}

/* Verify. */

static bool verify_is_wanted(struct dfut_session *session)
{
	return session->verify != DFUT_VERIFY_NEVER && !session->findings.unchanged;
}

static int verify_bytes(const uint8_t *data, size_t size, void *user_data)
{
	struct dfut_session *session = user_data;
	struct flip_work *work = flip_get_work(session);
	uint32_t offset;

	for (size_t i = 0; i < size; i++) {
		const struct flip_range *range = take_place(work, &offset);

		if (range->data[offset] == data[i])
			continue;
		dfut_fail(&session->failure, DFUT_ERROR_VERIFY,
			  "read back differs at 0x%05" PRIx32 ": 0x%02x was written, 0x%02x is there",
			  range->address + offset, range->data[offset], data[i]);
		dfut_hint(&session->failure, "repeat: the device stays in its bootloader, and begins anew");
		return DFUT_ERROR_VERIFY;
	}
	return 0;
}

static int prepare_verify(struct dfut_session *session, struct dfut_job *job, const struct dfut_machine_ops **machine)
{
	if (list_ranges(session, false) < 0)
		return session->failure.code;
	flip_fill_job(session, job);
	job->writer = verify_bytes;
	job->writer_data = session;
	*machine = &flip_read_machine;
	return 0;
}

static int judge_verify(struct dfut_session *session, int code)
{
	if (code == 0)
		dfut_session_note_verified(session);
	return code;
}

/* Restart. */

int flip_prepare_leave(struct dfut_session *session, struct dfut_job *job)
{
	if (session->plan.purpose == DFUT_PURPOSE_COMMAND && session->has_address) {
		dfut_fail(
			&session->failure, DFUT_ERROR_UNSUPPORTED,
			"an address was given, and the application is started by the watchdog: where it begins is fixed");
		dfut_hint(&session->failure, "leave the address (--address) out");
		return DFUT_ERROR_UNSUPPORTED;
	}
	flip_fill_job(session, job);
	flip_get_job(session)->has_written = session->conductor.written;
	return 0;
}

/* What a person is told. */

static void add_download(struct dfut_session *session, uint64_t bytes)
{
	uint32_t per_byte = is_eeprom(session) ? EEPROM_US_PER_BYTE : FLASH_US_PER_BYTE;
	uint32_t ms = (uint32_t)(OVERHEAD_MS + bytes * per_byte / 1000);

	if (is_eeprom(session))
		dfut_plan_add_step(&session->plan, DFUT_SESSION_DOWNLOADING, bytes, ms,
				   "write up to %" PRIu64 " bytes of EEPROM", bytes);
	else
		dfut_plan_add_step(&session->plan, DFUT_SESSION_DOWNLOADING, bytes, ms + ERASE_MS,
				   "erase the chip, write %" PRIu64 " bytes", bytes);
	if (session->verify != DFUT_VERIFY_NEVER)
		dfut_plan_add_step(&session->plan, DFUT_SESSION_VERIFYING, bytes,
				   (uint32_t)(OVERHEAD_MS + bytes * READ_US_PER_BYTE / 1000),
				   "read back what was written, and compare");
}

static void add_rest(struct dfut_session *session)
{
	dfut_session_plan_restart(session, "start the application");
}

static void add_steps(struct dfut_session *session)
{
	size_t size = dfut_image_get_size(session->plan.image);

	dfut_plan_add_step(&session->plan, DFUT_SESSION_PROBING, 0, OVERHEAD_MS,
			   "ask the bootloader which part it is on");
	if (compare_is_wanted(session))
		dfut_plan_add_step(&session->plan, DFUT_SESSION_COMPARING, size,
				   (uint32_t)(OVERHEAD_MS + (uint64_t)size * READ_US_PER_BYTE / 1000),
				   is_eeprom(session) ? "read %zu bytes to see which differ" :
							"read up to %zu bytes to see whether they differ",
				   size);
	add_download(session, size);
	add_rest(session);
}

/* What comes behind the comparison is told anew. */
static void refine_steps(struct dfut_session *session)
{
	size_t keep = 0;

	while (keep < session->plan.step_count && session->plan.steps[keep].state != DFUT_SESSION_DOWNLOADING)
		keep++;
	dfut_plan_keep_steps(&session->plan, keep);
	if (!session->findings.unchanged)
		add_download(session, count_bytes(session));
	add_rest(session);
	session->plan.refined++;
}

/* Of an application that may have the bootloader of one of several parts, the image must suit one. */
static int judge_behind(struct dfut_session *session)
{
	const struct dfut_entry *entry = session->device->entry;
	int result = 0;

	for (size_t i = 0; entry && i < entry->bootloader_count; i++)
		for (size_t k = 0; k < entry->bootloader[i].id_count; k++) {
			const struct dfut_id_range *ids = &entry->bootloader[i].ids[k];
			const struct flip_part *part = ids->vendor == FLIP_VENDOR ?
							       flip_part_find_by_product(ids->product_first) :
							       NULL;

			if (!part || ids->product_first != ids->product_last)
				return 0;
			result = take_image(session, part);
			if (result == 0)
				return 0;
		}
	return result;
}

static int judge_early(struct dfut_session *session)
{
	const struct flip_part *part = flip_find_part(session);
	bool is_there = dfut_session_is_in_bootloader(session);

	if (part && is_there && flip_check_product(session, part) < 0)
		return session->failure.code;
	if (part)
		return take_image(session, part);
	if (!is_there)
		return judge_behind(session);
	/* The others are asked. */
	if (session->device->descriptors.vendor_id == FLIP_VENDOR &&
	    flip_product_get_kind(session->device->descriptors.product_id) == FLIP_KIND_AVR32)
		return flip_need_part(session);
	return 0;
}

int flip_plan(struct dfut_session *session)
{
	static const struct dfut_leg legs[] = {
		{ DFUT_SESSION_TRIGGERING, DFUT_MODE_BOOTLOADER, NULL, NULL, NULL },
		{ DFUT_SESSION_PROBING, DFUT_MODE_BOOTLOADER, NULL, prepare_ask, judge_ask },
		{ DFUT_SESSION_COMPARING, DFUT_MODE_BOOTLOADER, compare_is_wanted, prepare_compare, judge_compare },
		{ DFUT_SESSION_DOWNLOADING, DFUT_MODE_BOOTLOADER, write_is_wanted, prepare_write, judge_write },
		{ DFUT_SESSION_VERIFYING, DFUT_MODE_BOOTLOADER, verify_is_wanted, prepare_verify, judge_verify },
		{ DFUT_SESSION_RESTARTING, DFUT_MODE_UNKNOWN, dfut_session_restart_is_wanted,
		  dfut_session_prepare_restart, NULL },
	};

	if (flip_choose_unit(session, &flip_get_work(session)->unit) < 0)
		return session->failure.code;
	if (flip_get_work(session)->unit == FLIP_UNIT_USER) {
		dfut_fail(&session->failure, DFUT_ERROR_UNSUPPORTED, "the user page is never written");
		dfut_hint(&session->failure, "an AVR32 has there what its bootloader needs to be reached");
		return DFUT_ERROR_UNSUPPORTED;
	}
	if (judge_early(session) < 0 || dfut_session_plan_trigger(session) < 0)
		return session->failure.code;
	for (size_t i = 0; i < DFUT_COUNT(legs); i++)
		dfut_plan_add_leg(&session->plan, &legs[i]);
	add_steps(session);
	return 0;
}
