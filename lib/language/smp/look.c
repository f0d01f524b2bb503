/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/*
 * What a device tells before anything is sent: the size of its messages, its images, its bootloader, its slots. An application
 * and MCUboot's serial recovery answer alike; where an image is active, it is the application's list.
 */

#include <stdio.h>
#include <string.h>

#include "language/smp/core.h"

/* MCUboot answers any version as it was asked; Zephyr says that this one is too new (subsys/mgmt/mcumgr/smp/src/smp.c). */
#define UNKNOWN_VERSION 3

enum look_step {
	STEP_CONNECT,
	STEP_LIST,
	STEP_BOOTLOADER,
	STEP_MODE,
	STEP_ROOMS,
	STEP_VERSION,
};

struct looking {
	struct smp smp;
	enum look_step step;
};

static int begin(void *state, const struct dfut_job *job)
{
	smp_begin(&((struct looking *)state)->smp, job);
	return 0;
}

static struct smp_look *get_look(const struct looking *looking)
{
	return &looking->smp.own->report->look;
}

static const char *get_place(const struct looking *looking)
{
	static const char *const places[] = {
		[STEP_CONNECT] = "the parameters",
		[STEP_LIST] = "the list of images",
		[STEP_BOOTLOADER] = "the name of the bootloader",
		[STEP_MODE] = "the mode of the bootloader",
		[STEP_ROOMS] = "the sizes of the slots",
		[STEP_VERSION] = "the version of the protocol",
	};

	return places[looking->step];
}

/* Each question may be one that it does not know. */

static int ask_list(struct looking *looking, struct dfut_next *next)
{
	const struct smp_answer *answer = &looking->smp.answer;
	struct smp_look *look = get_look(looking);

	*look = (struct smp_look){ .mode = SMP_MODE_UNKNOWN };
	if (answer->code == SMP_OK)
		look->buffer_size = answer->buffer_size < SIZE_MAX ? (size_t)answer->buffer_size : SIZE_MAX;
	looking->step = STEP_LIST;
	return smp_ask_list(&looking->smp, next);
}

static int take_list(struct looking *looking, struct dfut_next *next)
{
	struct smp *smp = &looking->smp;

	if (smp->answer.code != SMP_OK || !smp->answer.has_images) {
		dfut_fail(smp->job->failure, DFUT_ERROR_UNSUPPORTED,
			  "the device speaks SMP, but does not list its images: %s",
			  smp->answer.code ? smp_answer_get_text(&smp->answer) : "there is no list in its answer");
		dfut_hint(smp->job->failure, "nothing was written; its firmware needs the image group of MCUmgr "
					     "(CONFIG_MCUMGR_GRP_IMG)");
		return DFUT_ERROR_UNSUPPORTED;
	}
	get_look(looking)->list = smp->answer;
	looking->step = STEP_BOOTLOADER;
	return smp_ask(smp, SMP_OP_READ, SMP_GROUP_OS, SMP_OS_BOOTLOADER, next);
}

static int ask_rooms(struct looking *looking, struct dfut_next *next)
{
	looking->step = STEP_ROOMS;
	return smp_ask(&looking->smp, SMP_OP_READ, SMP_GROUP_IMAGE, SMP_IMAGE_SLOTS, next);
}

static int take_bootloader(struct looking *looking, struct dfut_next *next)
{
	struct smp *smp = &looking->smp;
	struct smp_writer *writer;

	if (smp->answer.code != SMP_OK || !*smp->answer.bootloader)
		return ask_rooms(looking, next);
	snprintf(get_look(looking)->bootloader, sizeof(get_look(looking)->bootloader), "%s", smp->answer.bootloader);
	if (strcmp(smp->answer.bootloader, "MCUboot") != 0)
		return ask_rooms(looking, next);
	looking->step = STEP_MODE;
	writer = smp_request(smp, SMP_OP_READ, SMP_GROUP_OS, SMP_OS_BOOTLOADER);
	smp_put_map(writer, 1);
	smp_put_text(writer, "query");
	smp_put_text(writer, "mode");
	return smp_send(smp, SMP_ANSWER_MS, SMP_TRIES, next);
}

static int take_mode(struct looking *looking, struct dfut_next *next)
{
	const struct smp_answer *answer = &looking->smp.answer;
	struct smp_look *look = get_look(looking);

	if (answer->code == SMP_OK && answer->has_mode && answer->mode >= 0 && answer->mode < 256) {
		look->mode = (int)answer->mode;
		look->prevents_downgrade = answer->prevents_downgrade;
	}
	return ask_rooms(looking, next);
}

static bool has_active(const struct smp_answer *list)
{
	for (size_t i = 0; i < list->slot_count; i++)
		if (list->slots[i].active)
			return true;
	return false;
}

/* MCUboot built with the states of images has a list as an application's, but for what Zephyr adds. */
static int take_rooms(struct looking *looking, struct dfut_next *next)
{
	struct smp *smp = &looking->smp;
	struct smp_look *look = get_look(looking);

	if (smp->answer.code == SMP_OK)
		look->rooms = smp->answer;
	look->in_recovery = !has_active(&look->list) && !look->list.has_split && !*look->bootloader;
	if (look->in_recovery || look->list.has_split || *look->bootloader)
		return dfut_next_done(next, DFUT_END_STAYS);
	looking->step = STEP_VERSION;
	smp->version = UNKNOWN_VERSION;
	return smp_ask_list(smp, next);
}

static int take_version(struct looking *looking, struct dfut_next *next)
{
	/* With the version that it knows, the list has come all the same. */
	get_look(looking)->in_recovery = looking->smp.version == UNKNOWN_VERSION && looking->smp.answer.code == SMP_OK;
	return dfut_next_done(next, DFUT_END_STAYS);
}

static int look_next(void *state, const struct dfut_outcome *outcome, struct dfut_next *next)
{
	struct looking *looking = state;
	int result;

	if (!outcome)
		return smp_connect(&looking->smp, next);
	result = smp_run(&looking->smp, outcome, next);
	if (result == 0)
		return 0;
	if (result < 0)
		return smp_broke(&looking->smp, result, get_place(looking));
	switch (looking->step) {
	case STEP_CONNECT:
		return ask_list(looking, next);
	case STEP_LIST:
		return take_list(looking, next);
	case STEP_BOOTLOADER:
		return take_bootloader(looking, next);
	case STEP_MODE:
		return take_mode(looking, next);
	case STEP_ROOMS:
		return take_rooms(looking, next);
	case STEP_VERSION:
		return take_version(looking, next);
	}
	return DFUT_ERROR_PROTOCOL;
}

const struct dfut_machine_ops smp_look_machine = {
	.name = "smp-look",
	.state_size = sizeof(struct looking),
	.begin = begin,
	.next = look_next,
};
