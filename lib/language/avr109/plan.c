/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/*
 * The legs of an update by AVR109: ask the bootloader what it is on, read what is there, write the pages that differ, read all
 * back, start the program. Caterina starts it by itself 8 s after it was last read or written, if it finds one: so the first
 * page, where it would look, is emptied before and written when all others are right.
 */

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "language/avr109/plan.h"

#define OVERHEAD_MS 3000
#define ERASE_MS 10000
/* All of an XMEGA's */
#define ERASE_XMEGA_MS 25000
/* With what a packet of 16 bytes takes */
#define READ_US_PER_BYTE 100
#define FLASH_US_PER_BYTE 250
#define EEPROM_US_PER_BYTE 10000
/* Times that what was read back wrong is written again. */
#define ROUNDS 3

void avr109_finish(void *state)
{
	struct avr109_work *work = state;

	flip_content_free(&work->content);
	free(work->pending);
	free(work->checked);
}

static bool is_eeprom(const struct dfut_session *session)
{
	return avr109_get_work(session)->memory == AVR109_EEPROM;
}

/* The image. */

static int take_image(struct dfut_session *session, const struct flip_part *part)
{
	struct avr109_work *work = avr109_get_work(session);
	enum flip_unit unit = is_eeprom(session) ? FLIP_UNIT_EEPROM : FLIP_UNIT_FLASH;

	flip_content_free(&work->content);
	return flip_content_take(&work->content, session->plan.image, part, unit, session->force, &session->failure);
}

/* For the part that is known now: nothing is pending, everything is to be read. */
static int lay_out(struct dfut_session *session)
{
	struct avr109_work *work = avr109_get_work(session);
	const struct dfut_blocks *blocks = &work->content.blocks;

	if (take_image(session, work->part) < 0)
		return session->failure.code;
	free(work->pending);
	free(work->checked);
	work->pending = calloc(blocks->count, sizeof(*work->pending));
	work->checked = calloc(blocks->count, sizeof(*work->checked));
	if (!work->pending || !work->checked)
		return dfut_fail_memory(&session->failure);
	memcpy(work->checked, blocks->used, blocks->count * sizeof(*work->checked));
	return 0;
}

/* Whether there is a page without which no program starts. */
static bool has_first(const struct dfut_session *session)
{
	return !is_eeprom(session) && avr109_get_work(session)->content.blocks.used[0];
}

static void list_all(struct dfut_session *session)
{
	struct avr109_work *work = avr109_get_work(session);
	const struct dfut_blocks *blocks = &work->content.blocks;
	bool skips_blank = session->erase == DFUT_ERASE_MASS && !is_eeprom(session);

	for (size_t i = 0; i < blocks->count; i++)
		work->pending[i] = blocks->used[i] && !(skips_blank && dfut_blocks_is_filled(blocks, i, 0xff));
}

static uint64_t count_pending(const struct dfut_session *session)
{
	const struct avr109_work *work = avr109_get_work(session);
	uint64_t bytes = 0;

	for (size_t i = 0; i < work->content.blocks.count; i++)
		bytes += work->pending[i] ? work->content.blocks.size : 0;
	return bytes;
}

/* Jobs. */

static int prepare_write(struct dfut_session *session, struct dfut_job *job, const struct dfut_machine_ops **machine)
{
	struct avr109_work *work = avr109_get_work(session);
	struct avr109_job *own = session->plan.job;
	uint16_t block = (uint16_t)work->content.blocks.size;

	if (avr109_fill_job(session, job) < 0)
		return session->failure.code;
	own->unit = work->answers.block_size < block ? work->answers.block_size : block;
	own->content = &work->content;
	own->pending = work->pending;
	own->rounds = ROUNDS;
	own->erase_ms = work->part->kind == FLIP_KIND_XMEGA ? ERASE_XMEGA_MS : ERASE_MS;
	*machine = &avr109_write_machine;
	return 0;
}

/* Ask: who it is decides before anything is written. */

static int judge_ask(struct dfut_session *session, int code)
{
	if (code < 0)
		return code;
	if (avr109_settle_part(session) < 0 || lay_out(session) < 0)
		return session->failure.code;
	list_all(session);
	return 0;
}

/* Compare. */

static bool writes_all(const struct dfut_session *session)
{
	return session->erase == DFUT_ERASE_ALL || session->erase == DFUT_ERASE_MASS;
}

/* EEPROM that the image has a part of only is read in any case. */
static bool compare_is_wanted(struct dfut_session *session)
{
	return is_eeprom(session) || !writes_all(session);
}

static int prepare_compare(struct dfut_session *session, struct dfut_job *job, const struct dfut_machine_ops **machine)
{
	struct avr109_job *own = session->plan.job;

	/* Anew, as what was read before may be another state. */
	if (lay_out(session) < 0 || prepare_write(session, job, machine) < 0)
		return session->failure.code;
	/* What is found to differ is added. */
	own->pending = avr109_get_work(session)->pending;
	own->checked = avr109_get_work(session)->checked;
	own->merges = is_eeprom(session);
	own->rounds = 0;
	return 0;
}

static void refine_steps(struct dfut_session *session);

static int judge_compare(struct dfut_session *session, int code)
{
	if (code < 0)
		return code;
	if (writes_all(session))
		list_all(session);
	session->findings.unchanged = count_pending(session) == 0;
	if (session->findings.unchanged)
		dfut_session_note_verified(session);
	refine_steps(session);
	return dfut_plan_check(&session->plan, &session->failure);
}

/* Write. */

static bool write_is_wanted(struct dfut_session *session)
{
	return !session->findings.unchanged;
}

static int prepare_download(struct dfut_session *session, struct dfut_job *job, const struct dfut_machine_ops **machine)
{
	struct avr109_work *work = avr109_get_work(session);
	struct avr109_job *own = session->plan.job;

	if (prepare_write(session, job, machine) < 0)
		return session->failure.code;
	own->erases = session->erase == DFUT_ERASE_MASS && !is_eeprom(session);
	own->blanks = has_first(session) && !own->erases;
	/* The last leg's. */
	if (has_first(session))
		work->pending[0] = false;
	return 0;
}

static int judge_download(struct dfut_session *session, int code)
{
	if (code < 0 && !*session->failure.hint && code != DFUT_ERROR_CANCELLED)
		dfut_hint(&session->failure, "%s",
			  is_eeprom(session) ? "repeat: it begins anew" :
					       "the device stays in its bootloader: repeat, which begins anew");
	return code;
}

/* Verify: all but the first page, which is empty still. */

static bool verify_is_wanted(struct dfut_session *session)
{
	return session->verify != DFUT_VERIFY_NEVER && !session->findings.unchanged;
}

static int prepare_verify(struct dfut_session *session, struct dfut_job *job, const struct dfut_machine_ops **machine)
{
	struct avr109_work *work = avr109_get_work(session);
	struct avr109_job *own = session->plan.job;

	if (prepare_write(session, job, machine) < 0)
		return session->failure.code;
	own->checked = work->checked;
	if (has_first(session))
		work->checked[0] = false;
	return 0;
}

static int judge_verify(struct dfut_session *session, int code)
{
	if (code == 0)
		dfut_session_note_verified(session);
	return code;
}

/* The first page. */

static bool first_is_wanted(struct dfut_session *session)
{
	return !session->findings.unchanged && has_first(session);
}

static int prepare_first(struct dfut_session *session, struct dfut_job *job, const struct dfut_machine_ops **machine)
{
	struct avr109_work *work = avr109_get_work(session);
	struct avr109_job *own = session->plan.job;

	if (prepare_write(session, job, machine) < 0)
		return session->failure.code;
	memset(work->pending, false, work->content.blocks.count * sizeof(*work->pending));
	memset(work->checked, false, work->content.blocks.count * sizeof(*work->checked));
	work->pending[0] = true;
	work->checked[0] = session->verify != DFUT_VERIFY_NEVER;
	own->checked = work->checked;
	return 0;
}

/* Restart. */

int avr109_prepare_leave(struct dfut_session *session, struct dfut_job *job)
{
	if (session->plan.purpose == DFUT_PURPOSE_COMMAND && session->has_address) {
		dfut_fail(&session->failure, DFUT_ERROR_UNSUPPORTED,
			  "an address was given, and this bootloader starts a program at 0 only");
		dfut_hint(&session->failure, "leave the address (--address) out");
		return DFUT_ERROR_UNSUPPORTED;
	}
	return avr109_fill_job(session, job);
}

/* What a person is told. */

static uint32_t get_ms(uint64_t bytes, uint32_t us_per_byte)
{
	return (uint32_t)(OVERHEAD_MS + bytes * us_per_byte / 1000);
}

static void add_download(struct dfut_session *session, uint64_t bytes)
{
	struct dfut_plan *plan = &session->plan;
	bool erases = session->erase == DFUT_ERASE_MASS && !is_eeprom(session);
	uint32_t ms = get_ms(bytes, is_eeprom(session) ? EEPROM_US_PER_BYTE : FLASH_US_PER_BYTE);

	if (is_eeprom(session))
		dfut_plan_add_step(plan, DFUT_SESSION_DOWNLOADING, bytes, ms, "write up to %" PRIu64 " bytes of EEPROM",
				   bytes);
	else
		dfut_plan_add_step(plan, DFUT_SESSION_DOWNLOADING, bytes, ms + (erases ? ERASE_XMEGA_MS : 0),
				   "%s, write %" PRIu64 " bytes but for the first page",
				   erases ? "erase the flash" : "empty the first page", bytes);
	if (session->verify != DFUT_VERIFY_NEVER)
		dfut_plan_add_step(plan, DFUT_SESSION_VERIFYING, bytes, get_ms(bytes, READ_US_PER_BYTE),
				   "read all back, and write again what is wrong");
	if (!is_eeprom(session))
		dfut_plan_add_step(plan, DFUT_SESSION_MANIFESTING, 0, OVERHEAD_MS,
				   "write the first page, with which it is a program");
}

static void add_rest(struct dfut_session *session)
{
	dfut_session_plan_restart(session, "start the program");
}

static void add_steps(struct dfut_session *session)
{
	size_t size = dfut_image_get_size(session->plan.image);

	dfut_plan_add_step(&session->plan, DFUT_SESSION_PROBING, 0, OVERHEAD_MS,
			   "ask the bootloader which part it is on");
	if (compare_is_wanted(session))
		dfut_plan_add_step(&session->plan, DFUT_SESSION_COMPARING, size, get_ms(size, READ_US_PER_BYTE),
				   "read %zu bytes to see which differ", size);
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
		add_download(session, count_pending(session));
	add_rest(session);
	session->plan.refined++;
}

int avr109_plan(struct dfut_session *session)
{
	static const struct dfut_leg legs[] = {
		{ DFUT_SESSION_TRIGGERING, DFUT_MODE_BOOTLOADER, NULL, NULL, NULL },
		{ DFUT_SESSION_PROBING, DFUT_MODE_BOOTLOADER, NULL, avr109_prepare_ask, judge_ask },
		{ DFUT_SESSION_COMPARING, DFUT_MODE_BOOTLOADER, compare_is_wanted, prepare_compare, judge_compare },
		{ DFUT_SESSION_DOWNLOADING, DFUT_MODE_BOOTLOADER, write_is_wanted, prepare_download, judge_download },
		{ DFUT_SESSION_VERIFYING, DFUT_MODE_BOOTLOADER, verify_is_wanted, prepare_verify, judge_verify },
		{ DFUT_SESSION_MANIFESTING, DFUT_MODE_BOOTLOADER, first_is_wanted, prepare_first, judge_download },
		{ DFUT_SESSION_RESTARTING, DFUT_MODE_UNKNOWN, dfut_session_restart_is_wanted,
		  dfut_session_prepare_restart, NULL },
	};
	const struct flip_part *part = avr109_find_part(session);

	if (avr109_choose_memory(session, &avr109_get_work(session)->memory) < 0)
		return session->failure.code;
	if ((part && take_image(session, part) < 0) || dfut_session_plan_trigger(session) < 0)
		return session->failure.code;
	for (size_t i = 0; i < DFUT_COUNT(legs); i++)
		dfut_plan_add_leg(&session->plan, &legs[i]);
	add_steps(session);
	return 0;
}
