/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/*
 * Which of several languages a bootloader speaks, where neither the table nor its descriptors decide: the chosen device is
 * asked, by a leg in front of those that need to know it. Its answer is kept with the device, as long as that is there.
 */

#include "session/jobs.h"

static const struct dfut_language *get_candidate(const struct dfut_device *device, size_t index)
{
	return dfut_language_find(device->entry->protocols.items[index]);
}

static size_t count_candidates(const struct dfut_device *device)
{
	bool is_open = device->mode == DFUT_MODE_BOOTLOADER && device->entry && !device->spoken;

	return is_open ? device->entry->protocols.count : 0;
}

/* From this index on, the first that can be asked for; NULL if there is none. */
static const struct dfut_language *find_asker(const struct dfut_device *device, size_t *index)
{
	for (; *index < count_candidates(device); ++*index) {
		const struct dfut_language *language = get_candidate(device, *index);

		if (language && language->recognise)
			return language;
	}
	return NULL;
}

/* What it must be if it is none of those that can be asked for; NULL if that is not known. */
static const struct dfut_language *find_rest(const struct dfut_device *device)
{
	for (size_t i = 0; i < count_candidates(device); i++) {
		const struct dfut_language *language = get_candidate(device, i);

		if (language && !language->recognise)
			return language;
	}
	return NULL;
}

bool dfut_device_is_in_doubt(const struct dfut_device *device)
{
	size_t index = 0;

	return find_asker(device, &index) != NULL;
}

const struct dfut_language *dfut_device_get_likely_language(const struct dfut_device *device)
{
	const struct dfut_language *language = dfut_device_get_language(device);
	size_t index = 0;

	if (!language && dfut_device_is_in_doubt(device))
		language = find_rest(device);
	return language ? language : find_asker(device, &index);
}

/* Of an application it shows once the bootloader is there. */
static bool question_is_wanted(struct dfut_session *session)
{
	return dfut_device_is_in_doubt(session->device) ||
	       (session->device->mode == DFUT_MODE_APPLICATION && !dfut_session_is_in_bootloader(session));
}

static int prepare_question(struct dfut_session *session, struct dfut_job *job, const struct dfut_machine_ops **machine)
{
	const struct dfut_language *language = find_asker(session->device, &session->plan.candidate);

	(void)job;
	if (!language)
		return DFUT_ERROR_PROTOCOL;
	*machine = language->recognise;
	return 0;
}

/* A device that has restarted is another object. */
void dfut_session_recall_answer(struct dfut_session *session)
{
	const struct dfut_answer *answer = &session->findings.answer;
	struct dfut_device *device = session->device;

	if (dfut_device_is_in_doubt(device) && answer->entry == device->entry &&
	    answer->vendor_id == device->descriptors.vendor_id && answer->product_id == device->descriptors.product_id)
		device->spoken = answer->language->name;
}

void dfut_session_forget_denial(struct dfut_session *session)
{
	const struct dfut_language *language = session->device->spoken ? dfut_language_find(session->device->spoken) :
									 NULL;

	if (language && !language->recognise)
		session->device->spoken = NULL;
}

static int take_answer(struct dfut_session *session, const struct dfut_language *language)
{
	struct dfut_device *device = session->device;

	dfut_failure_clear(&session->failure);
	session->findings.answer = (struct dfut_answer){ language, device->entry, device->descriptors.vendor_id,
							 device->descriptors.product_id };
	device->spoken = language->name;
	dfut_context_log(session->context, DFUT_LOG_INFO, "%s: was asked, and speaks %s", session->device->path,
			 language->title);
	if (session->plan.purpose != DFUT_PURPOSE_UPDATE || session->conductor.going_back)
		return 0;
	return dfut_session_plan_anew(session) < 0 ? session->failure.code : DFUT_LEG_AGAIN;
}

/* A machine that asks ends with MISMATCH if the answer is no. */
static int judge_question(struct dfut_session *session, int code)
{
	const struct dfut_device *device = session->device;
	char text[128];

	if (code == 0)
		return take_answer(session, get_candidate(device, session->plan.candidate));
	if (code != DFUT_ERROR_MISMATCH)
		return code;
	session->plan.candidate++;
	if (find_asker(device, &session->plan.candidate))
		return DFUT_LEG_AGAIN;
	if (find_rest(device))
		return take_answer(session, find_rest(device));
	return dfut_fail(&session->failure, DFUT_ERROR_UNSUPPORTED,
			 "%s was asked, and speaks none of the languages that its bootloader may have",
			 dfut_device_describe(device, text, sizeof(text)));
}

void dfut_session_add_question(struct dfut_session *session)
{
	static const struct dfut_leg leg = { DFUT_SESSION_PROBING, DFUT_MODE_BOOTLOADER, question_is_wanted,
					     prepare_question, judge_question };

	session->plan.candidate = 0;
	dfut_plan_add_leg(&session->plan, &leg);
	if (dfut_device_is_in_doubt(session->device))
		dfut_plan_add_step(&session->plan, DFUT_SESSION_PROBING, 0, 5000,
				   "ask the device which language its bootloader speaks");
}
