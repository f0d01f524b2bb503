/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* The job that puts an image into a device. */

#include "session/jobs.h"

static int refuse(struct dfut_session *session)
{
	dfut_plan_clear(&session->plan);
	return session->failure.code;
}

/* Of a bootloader whose ids were given. */
static int check_ids(struct dfut_session *session)
{
	const struct dfut_image *image = session->plan.image;
	uint16_t own_vendor, own_product;

	if (session->bootloader_vendor_id == DFUT_MATCH_ANY || session->force & DFUT_CHECK_IDS ||
	    session->plan.has_right_ids || !dfut_image_get_ids(image, &own_vendor, &own_product, NULL))
		return 0;
	return dfut_fail_check(
		&session->failure, DFUT_ERROR_MISMATCH, DFUT_CHECK_IDS,
		"the file is made for %04x:%04x, which is neither the device nor the bootloader that was named",
		own_vendor, own_product);
}

/* A bootloader that comes has legs of its own: it is reached only if none did. */
static int refuse_what_came(struct dfut_session *session, struct dfut_job *job, const struct dfut_machine_ops **machine)
{
	char text[128];

	(void)job;
	(void)machine;
	dfut_fail(&session->failure, DFUT_ERROR_MISMATCH, "after the trigger there is %s, which is no known bootloader",
		  dfut_device_describe(session->device, text, sizeof(text)));
	dfut_hint(&session->failure, "nothing was written: repeat, or use the device's own way into its bootloader");
	return DFUT_ERROR_MISMATCH;
}

/* All that can be planned before the bootloader shows what it is, or was asked. */
static int plan_open(struct dfut_session *session)
{
	static const struct dfut_leg leg = { DFUT_SESSION_TRIGGERING, DFUT_MODE_BOOTLOADER, NULL, refuse_what_came,
					     NULL };

	if (dfut_session_plan_trigger(session) < 0)
		return session->failure.code;
	/* Whichever it is, its memories are those of its DFU interface. */
	if (dfut_device_is_in_doubt(session->device) && session->alternate && !dfut_session_resolve_alternate(session))
		return session->failure.code;
	dfut_plan_set_language(&session->plan, NULL);
	dfut_session_add_question(session);
	dfut_plan_add_leg(&session->plan, &leg);
	dfut_plan_add_step(&session->plan, DFUT_SESSION_DOWNLOADING, dfut_image_get_size(session->plan.image), 120000,
			   "see what its bootloader is, plan anew for that, and download %zu bytes",
			   dfut_image_get_size(session->plan.image));
	return 0;
}

static int refuse_restart(struct dfut_session *session, const struct dfut_language *language)
{
	dfut_fail(&session->failure, DFUT_ERROR_UNSUPPORTED,
		  "the device is to stay in its bootloader, and an update by %s always ends with a restart: %s",
		  language->title, language->restarts);
	dfut_hint(&session->failure, "let it restart (--restart=auto)");
	return DFUT_ERROR_UNSUPPORTED;
}

static int plan_language(struct dfut_session *session)
{
	const struct dfut_language *language = dfut_session_get_language(session);

	if (!language)
		return plan_open(session);
	if (dfut_session_check_transfer_size(session) < 0)
		return session->failure.code;
	if (dfut_session_stays(session) && language->restarts)
		return refuse_restart(session, language);
	if (!language->reads_image && dfut_image_need_held(session->plan.image, &session->failure, language->title) < 0)
		return session->failure.code;
	if (dfut_plan_set_language(&session->plan, language) < 0)
		return dfut_fail_memory(&session->failure);
	return dfut_session_check_told(session) < 0 ? session->failure.code : language->plan(session);
}

DFUT_API int dfut_session_plan_update(struct dfut_session *session, struct dfut_image *image)
{
	const struct dfut_entry *entry = session->device->entry;
	int result = dfut_session_check_start(session);

	if (result < 0)
		return result;
	if (dfut_session_need_language(session) < 0)
		return session->failure.code;
	if (!image)
		return dfut_fail(&session->failure, DFUT_ERROR_USAGE, "no image was given for the update");
	if (session->has_address)
		return dfut_fail(&session->failure, DFUT_ERROR_USAGE,
				 "the session has an address, which is for reading: an update's is that of its image");
	session->plan.purpose = DFUT_PURPOSE_UPDATE;
	session->plan.image = dfut_image_ref(image);
	session->plan.raw_at_start = entry && entry->raw_at_start;
	session->plan.has_right_ids = dfut_image_names(image, session->device) ||
				      dfut_image_is_for(image, session->bootloader_vendor_id,
							session->bootloader_product_id);
	if (check_ids(session) == 0 && dfut_session_check_fit(session) == 0 && plan_language(session) == 0 &&
	    dfut_plan_check(&session->plan, &session->failure) == 0)
		return 0;
	return refuse(session);
}

DFUT_API int dfut_session_start_update(struct dfut_session *session, struct dfut_image *image)
{
	int result = dfut_session_plan_update(session, image);

	return result < 0 ? result : dfut_session_begin(session);
}

static int check_arrival(struct dfut_session *session)
{
	const struct dfut_device *device = session->device;
	int vendor = session->bootloader_vendor_id, product = session->bootloader_product_id;
	char text[128];

	if ((vendor == DFUT_MATCH_ANY || vendor == device->descriptors.vendor_id) &&
	    (product == DFUT_MATCH_ANY || product == device->descriptors.product_id))
		return 0;
	return dfut_fail(&session->failure, DFUT_ERROR_MISMATCH,
			 "the device came back as %s, which is not the bootloader that was named",
			 dfut_device_describe(device, text, sizeof(text)));
}

int dfut_session_plan_anew(struct dfut_session *session)
{
	struct dfut_plan *plan = &session->plan;

	if (dfut_session_need_language(session) < 0 || dfut_session_check_fit(session) < 0)
		return session->failure.code;
	plan->leg_count = 0;
	dfut_plan_keep_steps(plan, 0);
	session->conductor.leg = 0;
	session->plan.refined++;
	return plan_language(session) < 0 ? session->failure.code : dfut_plan_check(plan, &session->failure);
}

int dfut_session_plan_again(struct dfut_session *session)
{
	const struct dfut_plan *plan = &session->plan;

	if (check_arrival(session) < 0 || dfut_session_check_place(session) < 0)
		return session->failure.code;
	if (plan->purpose != DFUT_PURPOSE_UPDATE ||
	    (plan->language && dfut_session_get_language(session) == plan->language))
		return 0;
	return dfut_session_plan_anew(session);
}
