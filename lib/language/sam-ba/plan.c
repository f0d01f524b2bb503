/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/*
 * The legs of an update by SAM-BA: ask the bootloader what it is and on which chip, judge the image for that, compare, erase and
 * write, verify by the best that it has, start the application.
 */

#include <inttypes.h>

#include "language/sam-ba/plan.h"

/* What it takes at worst, beside the erase: a page of a SAMD21 2.5 ms, a read of 63 bytes 2 ms, sums of 4 KiB 10 ms. */
#define OVERHEAD_MS 5000
#define WRITE_US_PER_BYTE 100
#define READ_US_PER_BYTE 40
#define SUM_US_PER_BYTE 5
#define BLIND "the bootloader's sums do not tell what is in its flash"
#define BOSSAC "bossac (package bossa-cli) may know it"

/* As the caller or the table says. */
static const struct samba_part *get_said(const struct dfut_session *session)
{
	int part = dfut_session_get_part(session);

	return part >= 0 ? samba_part_get((size_t)part) : NULL;
}

/* What the table says goes by USB ids: of who can be asked that decides nothing. A Due forgets its program by the trigger. */
const struct samba_part *samba_get_expected(const struct dfut_session *session)
{
	const struct samba_part *said = get_said(session);
	bool is_asked = said && (said->family == SAMBA_SAMD21 || said->family == SAMBA_SAMD51);

	return is_asked && !session->part ? NULL : said;
}

int samba_fill_job(struct dfut_session *session, struct dfut_job *job)
{
	struct samba_work *work = samba_get_work(session);
	struct samba_job *own = samba_get_job(session);

	own->identity = &work->identity;
	own->outcome = &work->outcome;
	own->part = work->part;
	own->expected = samba_get_expected(session);
	own->is_in_place = own->expected && own->expected->is_bridged;
	own->origin = work->part && work->part->family == SAMBA_EXTENDED ? work->start : 0;
	own->chunks = work->chunks;
	own->chunk_count = work->chunk_count;
	return dfut_session_find_channel(session, job);
}

/* What the bootloader has told. */

static int refuse_chip(struct dfut_session *session)
{
	const struct samba_identity *identity = &samba_get_work(session)->identity;

	if (identity->device_id)
		dfut_fail(&session->failure, DFUT_ERROR_UNSUPPORTED,
			  "the bootloader is on a chip that is not known: its id is 0x%08" PRIx32, identity->device_id);
	else
		dfut_fail(&session->failure, DFUT_ERROR_UNSUPPORTED,
			  "the bootloader (\"%s\") is on a chip that is not known: its core is 0x%08" PRIx32,
			  identity->version, identity->cpu_id);
	dfut_hint(&session->failure, "nothing was written; " BOSSAC);
	return DFUT_ERROR_UNSUPPORTED;
}

static int find_part(struct dfut_session *session)
{
	struct samba_work *work = samba_get_work(session);
	const struct samba_part *expected = samba_get_expected(session);
	bool is_extended = work->identity.letters & SAMBA_CAN_IDENTIFY;

	/* Those say what they are not: an RA4M1 that it is an nRF52840. */
	if (is_extended && (!expected || expected->family != SAMBA_EXTENDED))
		return dfut_session_refuse_partless(session);
	if (!is_extended && expected && expected->family == SAMBA_EXTENDED)
		return dfut_fail(&session->failure, DFUT_ERROR_UNSUPPORTED,
				 "the bootloader (\"%s\") is not the one of an %s", work->identity.version,
				 expected->title);
	work->part = is_extended ? expected : work->identity.part;
	if (!work->part && work->identity.is_secured && !work->identity.cpu_id) {
		work->part = get_said(session);
		return work->part ? 0 : dfut_session_refuse_partless(session);
	}
	return work->part ? 0 : refuse_chip(session);
}

static int check_expected(struct dfut_session *session)
{
	const struct samba_part *expected = samba_get_expected(session);
	const struct samba_part *part = samba_get_work(session)->part;

	if (!expected || expected == part || session->force & DFUT_CHECK_IDS)
		return 0;
	return dfut_fail_check(&session->failure, DFUT_ERROR_MISMATCH, DFUT_CHECK_IDS,
			       "the bootloader is on an %s, and it was taken for an %s", part->title, expected->title);
}

static int check_abilities(struct dfut_session *session)
{
	const struct samba_work *work = samba_get_work(session);
	unsigned int needed = SAMBA_CAN_ERASE | SAMBA_CAN_WRITE;

	if (work->part->family == SAMBA_SAM3X)
		return 0;
	if ((work->identity.letters & needed) == needed)
		return 0;
	dfut_fail(&session->failure, DFUT_ERROR_UNSUPPORTED,
		  "the bootloader (\"%s\") can't write flash by itself: it has no commands X and Y",
		  work->identity.version);
	dfut_hint(&session->failure, "nothing was written; " BOSSAC);
	return DFUT_ERROR_UNSUPPORTED;
}

static int tell(struct dfut_session *session)
{
	const struct samba_work *work = samba_get_work(session);

	if (dfut_facts_add(&session->facts, "samba_bootloader", "%s", work->identity.version) < 0 ||
	    dfut_facts_add(&session->facts, "samba_part", "%s", work->part->title) < 0 ||
	    dfut_facts_add(&session->facts, "samba_secured", "%s", work->identity.is_secured ? "yes" : "no") < 0)
		return dfut_fail_memory(&session->failure);
	return 0;
}

int samba_settle(struct dfut_session *session)
{
	struct samba_work *work = samba_get_work(session);
	bool is_slow = work->identity.baud == SAMBA_SLOW_BAUD;

	if (find_part(session) < 0 || tell(session) < 0 || check_expected(session) < 0 || check_abilities(session) < 0)
		return session->failure.code;
	work->start = work->part->slow_start && is_slow ? work->part->slow_start : work->part->start;
	return 0;
}

static enum samba_proof get_proof(const struct samba_work *work)
{
	if (work->part->family != SAMBA_EXTENDED && !work->identity.is_secured)
		return SAMBA_PROOF_READING;
	return work->identity.letters & SAMBA_CAN_SUM ? SAMBA_PROOF_SUM : SAMBA_PROOF_NONE;
}

static const char *get_unverified_text(const struct samba_work *work)
{
	return work->identity.is_secured ? "the bootloader is secured: its flash can't be read" :
					   "the bootloader can't read its flash";
}

static int check_proof(struct dfut_session *session)
{
	const struct samba_work *work = samba_get_work(session);

	if (session->verify != DFUT_VERIFY_ALWAYS || get_proof(work) != SAMBA_PROOF_NONE)
		return 0;
	return dfut_fail(&session->failure, DFUT_ERROR_VERIFY, "what is written could not be verified: %s",
			 get_unverified_text(work));
}

/* Asking. */

/* What was found is judged while it is still listened to. */
static int judge_identity(void *user_data)
{
	struct dfut_session *session = user_data;
	struct samba_work *work = samba_get_work(session);

	if (samba_settle(session) < 0 || check_proof(session) < 0 ||
	    samba_take_image(session, work->part, work->start) < 0)
		return session->failure.code;
	return 0;
}

static int prepare_ask(struct dfut_session *session, struct dfut_job *job, const struct dfut_machine_ops **machine)
{
	struct samba_work *work = samba_get_work(session);

	work->identity = (struct samba_identity){ 0 };
	work->outcome = (struct samba_outcome){ 0 };
	work->part = NULL;
	samba_get_job(session)->judge = judge_identity;
	samba_get_job(session)->judge_data = session;
	*machine = &samba_ask_machine;
	return samba_fill_job(session, job);
}

/* Comparing: what sums can tell is quickly told. */

static bool is_rom(const struct dfut_session *session)
{
	return samba_get_work(session)->part->family == SAMBA_SAM3X;
}

/* In a ROM, what writes compares, page by page. */
static bool compare_is_wanted(struct dfut_session *session)
{
	return !is_rom(session) && (session->erase == DFUT_ERASE_AUTO || session->erase == DFUT_ERASE_NEEDED) &&
	       get_proof(samba_get_work(session)) != SAMBA_PROOF_NONE;
}

static int prepare_compare(struct dfut_session *session, struct dfut_job *job, const struct dfut_machine_ops **machine)
{
	struct samba_work *work = samba_get_work(session);

	work->outcome = (struct samba_outcome){ 0 };
	samba_get_job(session)->by_reading = !(work->identity.letters & SAMBA_CAN_SUM);
	*machine = &samba_compare_machine;
	return samba_fill_job(session, job);
}

static uint32_t get_address(const struct samba_work *work)
{
	return work->outcome.address + (work->part->family == SAMBA_EXTENDED ? work->start : 0);
}

static int judge_compare(struct dfut_session *session, int code)
{
	const struct samba_work *work = samba_get_work(session);

	if (code < 0)
		return code;
	session->findings.unchanged = !work->outcome.differs;
	if (work->outcome.differs)
		dfut_context_log(session->context, DFUT_LOG_INFO, "%s: the flash differs from 0x%08" PRIx32 " on",
				 session->device->path, get_address(work));
	return 0;
}

/* Writing. */

static bool write_is_wanted(struct dfut_session *session)
{
	if (session->findings.unchanged)
		dfut_session_note_verified(session);
	return !session->findings.unchanged;
}

static int prepare_write(struct dfut_session *session, struct dfut_job *job, const struct dfut_machine_ops **machine)
{
	struct samba_work *work = samba_get_work(session);
	struct samba_job *own = samba_get_job(session);

	work->outcome = (struct samba_outcome){ 0 };
	own->erase_address = work->part->family == SAMBA_EXTENDED ? 0 : work->start;
	own->erase_ms = work->part->erase_ms;
	*machine = is_rom(session) ? &samba_rom_machine : &samba_write_machine;
	return samba_fill_job(session, job);
}

/* A ROM's was compared on the way. */
static int judge_write(struct dfut_session *session, int code)
{
	const struct samba_outcome *outcome = &samba_get_work(session)->outcome;

	if (code < 0 || !is_rom(session))
		return code;
	session->findings.unchanged = !outcome->differs;
	if (outcome->is_sum_blind)
		dfut_session_note_unverified(session, "the chip's ROM gives nothing but zeros for its flash");
	else
		dfut_session_note_verified(session);
	if (!outcome->is_sum_blind || session->verify != DFUT_VERIFY_ALWAYS)
		return 0;
	return dfut_fail(&session->failure, DFUT_ERROR_VERIFY,
			 "the flash can't be read back: the chip's ROM gives nothing "
			 "but zeros for it");
}

/* Verifying. */

static bool verify_is_wanted(struct dfut_session *session)
{
	const struct samba_work *work = samba_get_work(session);

	if (is_rom(session) || session->findings.unchanged || session->verify == DFUT_VERIFY_NEVER)
		return false;
	if (get_proof(work) != SAMBA_PROOF_NONE || session->verify == DFUT_VERIFY_ALWAYS)
		return true;
	dfut_session_note_unverified(session, get_unverified_text(work));
	return false;
}

static int prepare_verify(struct dfut_session *session, struct dfut_job *job, const struct dfut_machine_ops **machine)
{
	const struct samba_work *work = samba_get_work(session);

	/* What it had said that it can turned out to be nothing. */
	if (check_proof(session) < 0)
		return session->failure.code;
	samba_get_job(session)->by_reading = get_proof(work) == SAMBA_PROOF_READING;
	*machine = &samba_compare_machine;
	return samba_fill_job(session, job);
}

static int judge_verify(struct dfut_session *session, int code)
{
	const struct samba_work *work = samba_get_work(session);
	bool is_blind = work->outcome.is_sum_blind && get_proof(work) == SAMBA_PROOF_SUM;

	if (code < 0)
		return code;
	if (!work->outcome.differs) {
		dfut_session_note_verified(session);
		return 0;
	}
	if (check_proof(session) < 0)
		return session->failure.code;
	if (get_proof(work) == SAMBA_PROOF_NONE) {
		dfut_session_note_unverified(session, get_unverified_text(work));
		return 0;
	}
	if (is_blind && session->verify == DFUT_VERIFY_ALWAYS)
		return dfut_fail(&session->failure, DFUT_ERROR_VERIFY, "what was written can't be verified: " BLIND);
	if (is_blind) {
		dfut_session_note_unverified(session, BLIND);
		return 0;
	}
	dfut_fail(&session->failure, DFUT_ERROR_VERIFY, "the flash is not what was written from 0x%08" PRIx32 " on",
		  get_address(work));
	dfut_hint(&session->failure, "repeat: the bootloader is still there, and begins anew");
	return DFUT_ERROR_VERIFY;
}

/* Starting the application. */

int samba_prepare_leave(struct dfut_session *session, struct dfut_job *job)
{
	if (session->plan.purpose == DFUT_PURPOSE_COMMAND && session->has_address) {
		dfut_fail(&session->failure, DFUT_ERROR_UNSUPPORTED,
			  "an address was given, and the bootloader starts its application, wherever that is");
		dfut_hint(&session->failure, "leave the address (--address) out");
		return DFUT_ERROR_UNSUPPORTED;
	}
	return samba_fill_job(session, job);
}

/* One behind a bridge can't be seen to start. */
static bool restart_is_wanted(struct dfut_session *session)
{
	const struct samba_part *part = samba_get_work(session)->part;

	if (dfut_session_stays(session))
		return false;
	return part && part->is_bridged ? true : dfut_session_restart_is_wanted(session);
}

static int judge_restart(struct dfut_session *session, int code)
{
	if (code == 0 && samba_get_work(session)->part && samba_get_work(session)->part->is_bridged)
		session->findings.restarted = true;
	return code;
}

static bool has_not_started(struct dfut_session *session)
{
	return !dfut_session_stays(session) && session->device->present &&
	       session->device->mode == DFUT_MODE_BOOTLOADER && !session->findings.restarted &&
	       dfut_device_can_leave(session->device);
}

static int fail_start(struct dfut_session *session, struct dfut_job *job, const struct dfut_machine_ops **machine)
{
	(void)job;
	(void)machine;
	dfut_fail(
		&session->failure, DFUT_ERROR_DEVICE,
		"the image was written, and the device is in its bootloader still: it does not start the new firmware");
	dfut_hint(
		&session->failure,
		"press its reset button once, or unplug it and plug it in again; if it stays there, the program is not for "
		"this board");
	return DFUT_ERROR_DEVICE;
}

/* The plan. */

static void add_steps(struct dfut_session *session)
{
	struct dfut_plan *plan = &session->plan;
	size_t size = dfut_image_get_size(plan->image);

	dfut_plan_add_step(plan, DFUT_SESSION_PROBING, 0, OVERHEAD_MS,
			   "ask the bootloader what it is and on which chip, and judge the image for that");
	if (session->erase == DFUT_ERASE_AUTO || session->erase == DFUT_ERASE_NEEDED)
		dfut_plan_add_step(plan, DFUT_SESSION_COMPARING, size,
				   (uint32_t)(OVERHEAD_MS + (uint64_t)size * SUM_US_PER_BYTE / 1000),
				   "compare sums of %zu bytes, to see whether they differ", size);
	dfut_plan_add_step(plan, DFUT_SESSION_DOWNLOADING, size,
			   (uint32_t)(3 * OVERHEAD_MS + (uint64_t)size * WRITE_US_PER_BYTE / 1000),
			   "erase the application, write %zu bytes", size);
	if (session->verify != DFUT_VERIFY_NEVER)
		dfut_plan_add_step(plan, DFUT_SESSION_VERIFYING, size,
				   (uint32_t)(OVERHEAD_MS + (uint64_t)size * READ_US_PER_BYTE / 1000),
				   "read back what was written, or sums of it, and compare");
	dfut_session_plan_restart(session, "start the application");
}

int samba_plan(struct dfut_session *session)
{
	static const struct dfut_leg legs[] = {
		{ DFUT_SESSION_TRIGGERING, DFUT_MODE_BOOTLOADER, NULL, NULL, NULL },
		{ DFUT_SESSION_PROBING, DFUT_MODE_BOOTLOADER, NULL, prepare_ask, NULL },
		{ DFUT_SESSION_COMPARING, DFUT_MODE_BOOTLOADER, compare_is_wanted, prepare_compare, judge_compare },
		{ DFUT_SESSION_DOWNLOADING, DFUT_MODE_BOOTLOADER, write_is_wanted, prepare_write, judge_write },
		{ DFUT_SESSION_VERIFYING, DFUT_MODE_BOOTLOADER, verify_is_wanted, prepare_verify, judge_verify },
		{ DFUT_SESSION_RESTARTING, DFUT_MODE_UNKNOWN, restart_is_wanted, dfut_session_prepare_restart,
		  judge_restart },
		{ DFUT_SESSION_RESTARTING, DFUT_MODE_UNKNOWN, has_not_started, fail_start, NULL },
	};

	if (samba_judge_early(session) < 0 || dfut_session_plan_trigger(session) < 0)
		return session->failure.code;
	for (size_t i = 0; i < DFUT_COUNT(legs); i++)
		dfut_plan_add_leg(&session->plan, &legs[i]);
	add_steps(session);
	return 0;
}
