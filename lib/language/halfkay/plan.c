/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* The legs of an update by HalfKay: send the blocks, start the program. Its usage tells the model, and that the rest. */

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "language/halfkay/plan.h"
#include "session/jobs.h"

#define USAGE_PAGE 0xff9c
#define PJRC_VENDOR 0x16c0
/* HalfKay's boot report has one byte of data that counts on boards whose addresses have two bytes. */
#define START_SIZE 3
#define HINT \
	"repeat: the flash is erased, and holds a part of the program at most; a Teensy that has left its bootloader needs " \
	"its button to be pressed first"

static struct halfkay_work *get_work(struct dfut_session *session)
{
	return session->plan.work;
}

void halfkay_finish(void *work)
{
	dfut_blocks_free(&((struct halfkay_work *)work)->blocks);
}

/* Judging the image. */

static int check_family(struct dfut_session *session, const struct halfkay_model *model)
{
	enum halfkay_family family = halfkay_recognise(session->plan.image);

	if (family == HALFKAY_UNKNOWN || family == model->family || session->force & DFUT_CHECK_IDS)
		return 0;
	return dfut_fail_check(&session->failure, DFUT_ERROR_MISMATCH, DFUT_CHECK_IDS,
			       "the program was built for a %s, the device is a %s",
			       halfkay_find_by_family(family)->name, model->name);
}

static int check_machine(struct dfut_session *session, const struct halfkay_model *model)
{
	const char *machine = session->plan.image->machine;

	if (!machine || strcmp(machine, model->machine) == 0 || session->force & DFUT_CHECK_FORMAT)
		return 0;
	return dfut_fail_check(&session->failure, DFUT_ERROR_MISMATCH, DFUT_CHECK_FORMAT,
			       "the program is for %s, a %s has %s", machine, model->name, model->machine);
}

/* Lays the image out, too. */
static int check_places(struct dfut_session *session, const struct halfkay_model *model)
{
	struct dfut_blocks *blocks = &get_work(session)->blocks;
	struct dfut_memory memory = { .address = model->address,
				      .size = model->size,
				      .start = model->address,
				      .end = model->address + model->size,
				      .raw_start = model->address,
				      .block_size = model->form.block_size,
				      .blank = 0xff };
	char name[64];

	snprintf(name, sizeof(name), "the flash of a %s", model->name);
	memory.name = name;
	dfut_blocks_free(blocks);
	if (dfut_blocks_take(blocks, session->plan.image, &memory, &session->failure) < 0)
		return session->failure.code;
	if (blocks->used[0] || session->force & DFUT_CHECK_MEMORY_MAP)
		return 0;
	return dfut_fail_check(&session->failure, DFUT_ERROR_MISMATCH, DFUT_CHECK_MEMORY_MAP,
			       "the image has nothing at 0x%08" PRIx32 ", where the program of a %s begins",
			       model->address, model->name);
}

static int check_flexspi(struct dfut_session *session, const struct halfkay_model *model)
{
	enum halfkay_family family = halfkay_recognise(session->plan.image);

	if (!model->has_flexspi || session->force & DFUT_CHECK_FORMAT ||
	    (family != HALFKAY_UNKNOWN && halfkay_find_by_family(family)->has_flexspi))
		return 0;
	return dfut_fail_check(&session->failure, DFUT_ERROR_MISMATCH, DFUT_CHECK_FORMAT,
			       "the image does not begin with a FlexSPI block: a %s would never start it", model->name);
}

static int check_image(struct dfut_session *session, const struct halfkay_model *model)
{
	if (check_family(session, model) < 0 || check_machine(session, model) < 0 || check_places(session, model) < 0 ||
	    check_flexspi(session, model) < 0)
		return session->failure.code;
	return 0;
}

/* While nobody tells the model, the image must be good for one that it may be. */
static int check_for_any(struct dfut_session *session)
{
	const struct halfkay_model *model = halfkay_find_by_family(halfkay_recognise(session->plan.image));

	if (model)
		return check_image(session, model);
	for (size_t i = 0; halfkay_get_model(i); i++)
		if (check_image(session, halfkay_get_model(i)) == 0)
			return 0;
	dfut_fail(&session->failure, DFUT_ERROR_MISMATCH, "the image fits no Teensy that HalfKay is known of");
	dfut_hint(&session->failure,
		  "its program must begin at 0x00000000, that of a Teensy 4 at 0x60000000 with a FlexSPI block");
	return DFUT_ERROR_MISMATCH;
}

/* Which model it is. */

static int refuse_usage(struct dfut_session *session, uint16_t usage)
{
	char text[128];

	dfut_device_describe(session->device, text, sizeof(text));
	if (!usage)
		return dfut_fail(&session->failure, DFUT_ERROR_UNSUPPORTED,
				 "which Teensy %s is can't be told: this system does not show its usage", text);
	return dfut_fail(&session->failure, DFUT_ERROR_UNSUPPORTED,
			 "which Teensy %s is is not known: its HalfKay has the usage 0x%02x", text, usage);
}

/* Of the bootloader that is there; finds its interface, too. NULL: why is in the failure. */
static const struct halfkay_model *find_model(struct dfut_session *session, struct dfut_job *job)
{
	const struct halfkay_model *model;
	uint16_t usage;

	if (dfut_session_find_channel(session, job) < 0)
		return NULL;
	usage = dfut_target_get_usage(session->device, job->interface, USAGE_PAGE);
	model = halfkay_find_by_usage(usage);
	if (!model) {
		refuse_usage(session, usage);
		return NULL;
	}
	if (job->report_size == halfkay_get_report_size(&model->form))
		return model;
	if (job->report_size < 0)
		dfut_fail(&session->failure, DFUT_ERROR_UNSUPPORTED,
			  "the bootloader does not tell how long its reports are, those of a %s have %u bytes",
			  model->name, halfkay_get_report_size(&model->form));
	else
		dfut_fail(&session->failure, DFUT_ERROR_UNSUPPORTED,
			  "the bootloader's reports have %d bytes, those of a %s %u: it is another one than it says",
			  job->report_size, model->name, halfkay_get_report_size(&model->form));
	return NULL;
}

/* Teensyduino's programs tell their board by their version. */
static const struct halfkay_model *find_model_of_application(const struct dfut_device *device)
{
	if (device->descriptors.vendor_id != PJRC_VENDOR)
		return NULL;
	return halfkay_find_by_release(device->descriptors.release);
}

static int check_early(struct dfut_session *session)
{
	const struct halfkay_model *model;
	struct dfut_job job = { 0 };

	if (session->device->mode == DFUT_MODE_BOOTLOADER) {
		model = find_model(session, &job);
		return model ? check_image(session, model) : session->failure.code;
	}
	model = find_model_of_application(session->device);
	return model ? check_image(session, model) : check_for_any(session);
}

/* Legs. */

static int prepare_download(struct dfut_session *session, struct dfut_job *job, const struct dfut_machine_ops **machine)
{
	const struct halfkay_model *model = find_model(session, job);
	struct halfkay_job *own = session->plan.job;

	if (!model || check_image(session, model) < 0)
		return session->failure.code;
	if (dfut_facts_add(&session->facts, "halfkay_model", "%s", model->name) < 0)
		return dfut_fail_memory(&session->failure);
	*own = (struct halfkay_job){ .form = &model->form,
				     .blocks = &get_work(session)->blocks,
				     .address = model->address,
				     .erases_all = true,
				     .hint = HINT };
	*machine = &halfkay_download_machine;
	return 0;
}

static int judge_download(struct dfut_session *session, int code)
{
	if (code == 0 && session->verify != DFUT_VERIFY_NEVER)
		dfut_session_note_unverified(session, "HalfKay can't be read");
	return code;
}

int halfkay_prepare_leave(struct dfut_session *session, struct dfut_job *job)
{
	struct halfkay_job *own = session->plan.job;

	own->erases_all = true;
	own->start_size = START_SIZE;
	return dfut_session_find_channel(session, job);
}

/* It may be an application, and no bootloader comes of it: what its trigger restarts is another device. */
static int refuse_messenger(struct dfut_session *session)
{
	const struct dfut_device *device = session->device;
	char text[128];

	if (device->mode != DFUT_MODE_APPLICATION || device->entry->bootloader_count)
		return 0;
	for (size_t i = 0; i < device->trigger_count; i++)
		if (!device->triggers[i]->in_place)
			return 0;
	dfut_fail(&session->failure, DFUT_ERROR_UNSUPPORTED, "%s, %s, can't be updated itself: nothing was sent to it",
		  dfut_device_describe(device, text, sizeof(text)), device->entry->title);
	dfut_hint(&session->failure,
		  "trigger it without an update, then update the Teensy that waits in its bootloader");
	return DFUT_ERROR_UNSUPPORTED;
}

int halfkay_plan(struct dfut_session *session)
{
	static const struct dfut_leg legs[] = {
		{ DFUT_SESSION_TRIGGERING, DFUT_MODE_BOOTLOADER, NULL, NULL, NULL },
		{ DFUT_SESSION_DOWNLOADING, DFUT_MODE_BOOTLOADER, NULL, prepare_download, judge_download },
		{ DFUT_SESSION_RESTARTING, DFUT_MODE_BOOTLOADER, dfut_session_restart_is_wanted,
		  dfut_session_prepare_restart, NULL },
	};

	if (refuse_messenger(session) < 0)
		return session->failure.code;
	if (session->verify == DFUT_VERIFY_ALWAYS)
		return dfut_fail(&session->failure, DFUT_ERROR_VERIFY,
				 "HalfKay can't be read: what it has written can't be verified");
	if (check_early(session) < 0 || dfut_session_plan_trigger(session) < 0)
		return session->failure.code;
	for (size_t i = 0; i < DFUT_COUNT(legs); i++)
		dfut_plan_add_leg(&session->plan, &legs[i]);
	dfut_plan_add_step(&session->plan, DFUT_SESSION_DOWNLOADING, dfut_image_get_size(session->plan.image),
			   (uint32_t)(60000 + dfut_image_get_size(session->plan.image) / 8),
			   "let it erase its flash, and download %zu bytes", dfut_image_get_size(session->plan.image));
	dfut_session_plan_restart(session, "start the new program");
	return 0;
}
