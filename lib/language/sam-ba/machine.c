/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* Asking what a bootloader is, and leaving it: of the extended ones by K, of the others by a reset that is written by hand. */

#include "language/sam-ba/probe.h"

/* SCB's AIRCR: SYSRESETREQ with its key; the reset controller of a SAM3X: processor and peripherals, with its key */
#define RESET_ADDRESS 0xe000ed0cu
#define RESET_VALUE 0x05fa0004u
#define SAM3X_RESET_ADDRESS 0x400e1a00u
#define SAM3X_RESET_VALUE 0xa500000du

struct samba_asking {
	struct samba_core core;
	struct samba_probe probe;
	bool is_leaving;
	int refusal; /* what to end with once it has left */
};

static int begin(void *state, const struct dfut_job *job)
{
	struct samba_asking *asking = state;

	samba_core_begin(&asking->core, job);
	return 0;
}

/* SAMBA_ANSWERED once all is known. */
static int run(struct samba_asking *asking, const struct dfut_outcome *outcome, struct dfut_next *next)
{
	int result = outcome ? samba_core_run(&asking->core, outcome, next) : samba_core_open(&asking->core, next);

	if (!outcome || result != SAMBA_ANSWERED || !asking->core.is_first)
		return result;
	return asking->is_leaving ? SAMBA_ANSWERED : samba_probe_next(&asking->probe, &asking->core, next);
}

/* A reset by hand, or by the extended ones' command. */
static struct samba_command make_reset(const struct samba_core *core)
{
	static const uint32_t reset = RESET_VALUE, sam3x_reset = SAM3X_RESET_VALUE;
	const struct samba_identity *identity = core->own->identity;

	if (identity->letters & SAMBA_CAN_RESET)
		return samba_make_plain('K', SAMBA_NORMAL_MS);
	if (identity->part && identity->part->family == SAMBA_SAM3X)
		return samba_make_pokes(SAM3X_RESET_ADDRESS, &sam3x_reset, 1);
	return samba_make_pokes(RESET_ADDRESS, &reset, 1);
}

static int leave(struct samba_asking *asking, struct dfut_next *next)
{
	asking->is_leaving = true;
	return samba_core_ask_once(&asking->core, make_reset(&asking->core), next);
}

/* Who does not leave the bus would wait in its bootloader for ever: nobody else starts its application. */
static int end(struct samba_asking *asking, struct dfut_next *next)
{
	const struct samba_job *own = asking->core.own;

	asking->refusal = own->judge ? own->judge(own->judge_data) : 0;
	if (asking->refusal < 0)
		return own->is_in_place ? leave(asking, next) : asking->refusal;
	return dfut_next_done(next, DFUT_END_STAYS);
}

static int ask_next(void *state, const struct dfut_outcome *outcome, struct dfut_next *next)
{
	struct samba_asking *asking = state;
	int result;

	if (asking->is_leaving)
		return asking->refusal;
	result = run(asking, outcome, next);
	return result == SAMBA_ANSWERED ? end(asking, next) : result;
}

const struct dfut_machine_ops samba_ask_machine = {
	.name = "sam-ba-ask",
	.state_size = sizeof(struct samba_asking),
	.begin = begin,
	.next = ask_next,
};

/* Leaving. Once it is asked to, nothing that it says or does not say is a failure: what comes back tells. */

static int leave_next(void *state, const struct dfut_outcome *outcome, struct dfut_next *next)
{
	struct samba_asking *asking = state;
	struct samba_core *core = &asking->core;
	bool is_in_place = core->own->is_in_place;
	int result;

	if (asking->is_leaving && outcome->result < 0)
		return dfut_next_done(next, is_in_place ? DFUT_END_STAYS : DFUT_END_GONE);
	result = run(asking, outcome, next);
	if (result != SAMBA_ANSWERED)
		return result;
	if (asking->is_leaving)
		return dfut_next_done(next, is_in_place ? DFUT_END_STAYS : DFUT_END_GONE);
	return leave(asking, next);
}

const struct dfut_machine_ops samba_leave_machine = {
	.name = "sam-ba-leave",
	.state_size = sizeof(struct samba_asking),
	.begin = begin,
	.next = leave_next,
};
