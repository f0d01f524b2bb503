/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/*
 * A bus in front of the virtual one whose devices are hostile: what goes by is lost, late, doubled, cut, forged; devices come
 * and go as others; some have nothing behind them at all. All of it follows from a seed.
 */

#ifndef DFUT_TESTS_HOSTILE_BUS_H
#define DFUT_TESTS_HOSTILE_BUS_H

#include "bench.h"
#include "sim/sim.h"
#include "seeded.h"

#define GHOST_LIMIT 3
/* Instances of ghosts are behind all others. */
#define GHOST_INSTANCE (UINT64_C(1) << 40)
/* How often one of the others may come back */
#define EPOCHS (UINT64_C(1) << 20)
#define MIB (1024u * 1024u)

/* What may happen to a request. */
enum mischief {
	MISCHIEF_NONE,
	MISCHIEF_ERROR,	      /* it ends with any error, without effect */
	MISCHIEF_LOST_ANSWER, /* it ends with an error, but had its effect */
	MISCHIEF_LIE,	      /* it has no effect, and ends well */
	MISCHIEF_GARBAGE,     /* what comes in is something else */
	MISCHIEF_SHORT,	      /* less comes in, or is said to have gone out */
	MISCHIEF_LONG,	      /* more than was asked for */
	MISCHIEF_NEVER,	      /* no answer */
	MISCHIEF_LATE,	      /* an answer after up to 8 s */
	MISCHIEF_DOUBLED,     /* the answer before once more */
	MISCHIEF_FORGED,      /* one bit of what goes out or comes in is another */
	MISCHIEF_BUSY,	      /* GETSTATUS: dfuDNBUSY, with the longest time */
	MISCHIEF_STATE,	      /* GETSTATUS: any state */
	MISCHIEF_ODD_CODE,    /* a result that is none */
	MISCHIEF_LEAVE,	      /* it is gone, and comes back as another */
	MISCHIEF_COUNT,
};

struct hostile;

struct errand {
	struct errand *next;
	struct hostile *hostile;
	const struct dfut_transport_ops *ops; /* of the transport behind; NULL: nothing is */
	void *transport;
	struct dfut_request *front;
	struct dfut_request *behind; /* NULL: not sent there */
	enum mischief mischief;
	bool is_cancelled;
	uint64_t due_us; /* when it is answered, UINT64_MAX for never */
	int result;
};

struct hostile_transport {
	struct hostile *hostile;
	const struct dfut_transport_ops *ops;
	void *transport;
};

struct temper {
	uint32_t once_in;	/* one of so many requests meets a mischief; 0: none does */
	uint32_t kinds;		/* bits of enum mischief */
	uint32_t sticky_from;	/* from this request on always the same */
	enum mischief sticky;	/* MISCHIEF_NONE: no such */
	uint32_t face_once_in;	/* one of so many looks is at another face; 0: none */
	uint32_t comes_once_in; /* of so many requests, one finds the device enumerated anew; 0: none */
	size_t ghost_count;
	bool hides_nodes; /* the system has made none */
	bool are_twins;	  /* ghosts look like the device */
};

struct hostile {
	uint64_t random;
	uint64_t faces; /* the seed of what it looks like now */
	struct temper temper;
	const struct dfut_bus_ops *ops;
	struct dfut_sim *sim;
	struct dfut_bus *front, *behind;
	struct errand *errands;
	uint64_t epoch;
	uint64_t hidden_until_us;
	uint8_t last[64]; /* what came in before */
	uint8_t state;	  /* of a ghost's DFU */
	size_t requests, mischiefs, looks;
};

static inline uint32_t hostile_pick(struct hostile *hostile, uint32_t below)
{
	return (uint32_t)(seeded_next(&hostile->random) % below);
}

/* False for 0. */
static inline bool hostile_is_once_in(struct hostile *hostile, uint32_t count)
{
	return count && hostile_pick(hostile, count) == 0;
}

static inline void hostile_fill(struct hostile *hostile, uint8_t *bytes, size_t size)
{
	for (size_t i = 0; i < size; i++)
		bytes[i] = (uint8_t)seeded_next(&hostile->random);
}

static inline uint64_t hostile_get_time_us(const struct hostile *hostile)
{
	return dfut_bus_get_time_us(hostile->front);
}

/* Another instance, and for a while none. */
static inline void hostile_enumerate_anew(struct hostile *hostile)
{
	hostile->epoch++;
	hostile->faces = seeded_next(&hostile->random);
	hostile->hidden_until_us = hostile_get_time_us(hostile) + hostile_pick(hostile, 3) * UINT64_C(700000);
	dfut_bus_changed(hostile->front);
}

/* Answers. */

static inline bool hostile_is_status(const struct dfut_action *action)
{
	return action->kind == DFUT_ACTION_CONTROL && action->control.request_type == 0xa1 &&
	       action->control.request == 3 && action->control.length == 6;
}

static inline int hostile_pick_error(struct hostile *hostile)
{
	static const int errors[] = { DFUT_ERROR_DEVICE,    DFUT_ERROR_TIMEOUT,	   DFUT_ERROR_GONE,
				      DFUT_ERROR_IO,	    DFUT_ERROR_ACCESS,	   DFUT_ERROR_BUSY,
				      DFUT_ERROR_NOT_FOUND, DFUT_ERROR_UNSUPPORTED };

	return errors[hostile_pick(hostile, COUNT(errors))];
}

static inline int hostile_pick_odd(struct hostile *hostile, int length)
{
	const int odd[] = { INT32_MIN,		 -1000, -1, length + 1, INT32_MAX, (int)(8 * MIB), DFUT_ERROR_USAGE,
			    DFUT_ERROR_CANCELLED };

	return odd[hostile_pick(hostile, COUNT(odd))];
}

static inline void hostile_put_status(struct hostile *hostile, uint8_t *status, bool is_busy)
{
	memcpy(status, is_busy ? "\0\xff\xff\xff\4\0" : "\0\0\0\0\0\0", 6);
	if (is_busy)
		return;
	status[0] = hostile_pick(hostile, 3) ? 0 : (uint8_t)hostile_pick(hostile, 18);
	status[1] = hostile_pick(hostile, 4) ? 0 : (uint8_t)hostile_pick(hostile, 256);
	status[4] = (uint8_t)hostile_pick(hostile, 12);
}

/* What is made of an answer on its way. */
static inline int hostile_spoil(struct hostile *hostile, enum mischief mischief, const struct dfut_action *action,
				uint8_t *data, int result)
{
	int length = dfut_action_get_length(action);
	bool is_in = dfut_action_is_in(action);

	switch (mischief) {
	case MISCHIEF_ERROR:
	case MISCHIEF_LOST_ANSWER:
		return hostile_pick_error(hostile);
	case MISCHIEF_LIE:
	case MISCHIEF_GARBAGE:
		if (is_in)
			hostile_fill(hostile, data, (size_t)length);
		return length;
	case MISCHIEF_SHORT:
		return result > 0 ? (int)hostile_pick(hostile, (uint32_t)result + 1) : result;
	case MISCHIEF_LONG:
		return length + 1 + (int)hostile_pick(hostile, 8 * MIB);
	case MISCHIEF_DOUBLED:
		if (!is_in)
			return result;
		for (int i = 0; i < length; i++)
			data[i] = hostile->last[(size_t)i % sizeof(hostile->last)];
		return length;
	case MISCHIEF_FORGED:
		if (is_in && result > 0 && result <= length)
			data[hostile_pick(hostile, (uint32_t)result)] ^= (uint8_t)(1u << hostile_pick(hostile, 8));
		return result;
	case MISCHIEF_BUSY:
	case MISCHIEF_STATE:
		if (!hostile_is_status(action))
			return result;
		hostile_put_status(hostile, data, mischief == MISCHIEF_BUSY);
		return 6;
	case MISCHIEF_ODD_CODE:
		return hostile_pick_odd(hostile, length);
	case MISCHIEF_NONE:
	case MISCHIEF_NEVER:
	case MISCHIEF_LATE:
	case MISCHIEF_LEAVE:
	case MISCHIEF_COUNT:
		break;
	}
	return result;
}

/* A ghost takes everything and keeps nothing; its DFU goes through the states that a host expects. */
static inline int hostile_invent(struct hostile *hostile, const struct dfut_action *action, uint8_t *data)
{
	int length = dfut_action_get_length(action);
	bool is_dfu = action->kind == DFUT_ACTION_CONTROL && (action->control.request_type & 0x7f) == 0x21;

	if (is_dfu && action->control.request == 1)
		hostile->state = length ? DFU_DNLOAD_IDLE : DFU_MANIFEST_SYNC;
	if (is_dfu && action->control.request == 2)
		hostile->state = DFU_UPLOAD_IDLE;
	if (is_dfu && (action->control.request == 4 || action->control.request == 6))
		hostile->state = DFU_IDLE;
	if (!dfut_action_is_in(action))
		return length;
	hostile_fill(hostile, data, (size_t)length);
	if (!is_dfu)
		return hostile_pick(hostile, 3) ? length : (int)hostile_pick(hostile, (uint32_t)length + 1);
	if (hostile_is_status(action)) {
		memcpy(data, "\0\0\0\0\0\0", 6);
		data[4] = hostile->state;
		hostile->state = hostile->state == DFU_MANIFEST_SYNC ? DFU_IDLE : hostile->state;
	} else if (action->control.request == 5 && length) {
		data[0] = hostile->state;
	}
	return length;
}

/* Errands. */

static inline void hostile_unlink(struct errand *errand)
{
	struct errand **at = &errand->hostile->errands;

	while (*at != errand)
		at = &(*at)->next;
	*at = errand->next;
}

static inline void hostile_finish(struct errand *errand)
{
	struct hostile *hostile = errand->hostile;
	const struct dfut_action *action = dfut_request_get_action(errand->front);
	int length = dfut_action_get_length(action);

	if (dfut_action_is_in(action) && errand->result > 0 && errand->result <= length)
		memcpy(hostile->last, dfut_request_get_buffer(errand->front),
		       (size_t)errand->result < sizeof(hostile->last) ? (size_t)errand->result : sizeof(hostile->last));
	hostile_unlink(errand);
	dfut_request_complete(errand->front, errand->result);
	free(errand);
}

/* Now or later. */
static inline void hostile_answer(struct errand *errand, int result)
{
	struct hostile *hostile = errand->hostile;
	uint64_t now_us = hostile_get_time_us(hostile);

	errand->result = hostile_spoil(hostile, errand->mischief, dfut_request_get_action(errand->front),
				       dfut_request_get_buffer(errand->front), result);
	errand->due_us = now_us + 100;
	if (errand->mischief == MISCHIEF_LATE)
		errand->due_us = now_us + hostile_pick(hostile, 8000) * UINT64_C(1000);
	if (errand->mischief == MISCHIEF_NEVER)
		errand->due_us = UINT64_MAX;
	if (errand->is_cancelled && hostile_pick(hostile, 2))
		errand->due_us = now_us;
	dfut_bus_wake(hostile->front);
}

static inline void hostile_completed(void *owner, struct dfut_request *behind, int result)
{
	struct errand *errand = owner;
	const struct dfut_action *action = dfut_request_get_action(behind);

	if (result > 0 && dfut_action_is_in(action))
		memcpy(dfut_request_get_buffer(errand->front), dfut_request_get_buffer(behind), (size_t)result);
	dfut_request_free(behind);
	errand->behind = NULL;
	hostile_answer(errand, result);
}

static inline enum mischief hostile_choose(struct hostile *hostile, const struct dfut_action *action)
{
	const struct temper *temper = &hostile->temper;
	enum mischief mischief;

	/* One that can't be opened meets no other mischief. */
	if (action->kind == DFUT_ACTION_OPEN && hostile_pick(hostile, 4))
		return MISCHIEF_NONE;
	if (temper->sticky && hostile->requests >= temper->sticky_from)
		return temper->sticky;
	if (!hostile_is_once_in(hostile, temper->once_in))
		return MISCHIEF_NONE;
	mischief = (enum mischief)hostile_pick(hostile, MISCHIEF_COUNT);
	return temper->kinds >> mischief & 1 ? mischief : MISCHIEF_NONE;
}

static inline bool hostile_is_sent(enum mischief mischief)
{
	return mischief != MISCHIEF_ERROR && mischief != MISCHIEF_LIE && mischief != MISCHIEF_NEVER &&
	       mischief != MISCHIEF_LEAVE;
}

static inline void hostile_send(struct errand *errand)
{
	struct dfut_request *front = errand->front;
	const struct dfut_action *action = dfut_request_get_action(front);
	struct dfut_request *behind = NULL;

	if (errand->mischief == MISCHIEF_FORGED && !dfut_action_is_in(action) && dfut_action_get_length(action))
		dfut_request_get_buffer(front)[hostile_pick(errand->hostile, dfut_action_get_length(action))] ^= 4;
	cr_assert(eq(int, dfut_request_new(&behind, action, hostile_completed, errand), 0));
	errand->behind = behind;
	errand->ops->submit(errand->transport, behind);
}

static inline void hostile_submit(void *self, struct dfut_request *request)
{
	struct hostile_transport *transport = self;
	struct hostile *hostile = transport->hostile;
	const struct dfut_action *action = dfut_request_get_action(request);
	struct errand *errand = calloc(1, sizeof(*errand));

	cr_assert(errand != NULL);
	*errand = (struct errand){ .hostile = hostile,
				   .ops = transport->ops,
				   .transport = transport->transport,
				   .front = request,
				   .due_us = UINT64_MAX,
				   .mischief = hostile_choose(hostile, action) };
	errand->next = hostile->errands;
	hostile->errands = errand;
	hostile->requests++;
	hostile->mischiefs += errand->mischief != MISCHIEF_NONE;
	if (errand->mischief == MISCHIEF_LEAVE || hostile_is_once_in(hostile, hostile->temper.comes_once_in))
		hostile_enumerate_anew(hostile);
	if (hostile_is_sent(errand->mischief) && errand->ops)
		hostile_send(errand);
	else if (hostile_is_sent(errand->mischief))
		hostile_answer(errand, hostile_invent(hostile, action, dfut_request_get_buffer(request)));
	else
		hostile_answer(errand, errand->mischief == MISCHIEF_LEAVE ? DFUT_ERROR_IO : 0);
}

static inline void hostile_cancel(void *self, struct dfut_request *request)
{
	struct hostile_transport *transport = self;
	struct errand *errand = transport->hostile->errands;

	while (errand && errand->front != request)
		errand = errand->next;
	cr_assert(errand != NULL, "a request is cancelled that is not under way");
	errand->is_cancelled = true;
	if (errand->behind)
		errand->ops->cancel(errand->transport, errand->behind);
	else if (hostile_pick(transport->hostile, 2))
		hostile_finish(errand);
}

static inline void hostile_close(void *self)
{
	struct hostile_transport *transport = self;

	if (transport->ops)
		transport->ops->close(transport->transport);
	free(transport);
}

static const struct dfut_transport_ops hostile_transport_ops = {
	.size = sizeof(struct dfut_transport_ops),
	.submit = hostile_submit,
	.cancel = hostile_cancel,
	.close = hostile_close,
};

/* The bus. */

static inline bool hostile_is_hidden(const struct hostile *hostile)
{
	return hostile_get_time_us(hostile) < hostile->hidden_until_us;
}

static int hostile_connect(void *self, uint64_t instance, const struct dfut_transport_ops **ops, void **transport)
{
	struct hostile *hostile = self;
	struct hostile_transport *made;
	int result = 0;

	if (instance < GHOST_INSTANCE && (instance % EPOCHS != hostile->epoch || hostile_is_hidden(hostile)))
		return DFUT_ERROR_GONE;
	made = calloc(1, sizeof(*made));
	cr_assert(made != NULL);
	made->hostile = hostile;
	if (instance < GHOST_INSTANCE)
		result = hostile->ops->connect(hostile->sim, instance / EPOCHS, &made->ops, &made->transport);
	if (result < 0) {
		free(made);
		return result;
	}
	*ops = &hostile_transport_ops;
	*transport = made;
	return 0;
}

static uint64_t hostile_get_deadline_us(void *self)
{
	const struct hostile *hostile = self;
	uint64_t next_us = hostile->ops->get_deadline_us(hostile->sim);

	if (hostile_is_hidden(hostile) && hostile->hidden_until_us < next_us)
		next_us = hostile->hidden_until_us;
	for (const struct errand *errand = hostile->errands; errand; errand = errand->next)
		next_us = errand->due_us < next_us ? errand->due_us : next_us;
	return next_us;
}

static inline struct errand *hostile_find_due(const struct hostile *hostile)
{
	uint64_t now_us = hostile_get_time_us(hostile);
	struct errand *errand = hostile->errands;

	while (errand && (errand->behind || errand->due_us > now_us))
		errand = errand->next;
	return errand;
}

static void hostile_dispatch(void *self)
{
	struct hostile *hostile = self;
	struct errand *errand;

	hostile->ops->dispatch(hostile->sim);
	while ((errand = hostile_find_due(hostile)))
		hostile_finish(errand);
	if (hostile->hidden_until_us && !hostile_is_hidden(hostile)) {
		hostile->hidden_until_us = 0;
		dfut_bus_changed(hostile->front);
	}
}

static int hostile_diagnose(void *self, uint64_t instance, enum dfut_link link, uint8_t channel)
{
	struct hostile *hostile = self;

	if (hostile_is_once_in(hostile, hostile->temper.once_in))
		return hostile_pick(hostile, 2) ? hostile_pick_error(hostile) : hostile_pick_odd(hostile, 0);
	if (instance >= GHOST_INSTANCE)
		return 0;
	return hostile->ops->diagnose(hostile->sim, instance / EPOCHS, link, channel);
}

static void hostile_stop(void *self)
{
	struct hostile *hostile = self;

	hostile->ops->stop(hostile->sim);
	while (hostile->errands) {
		hostile->errands->result = DFUT_ERROR_GONE;
		hostile_finish(hostile->errands);
	}
	dfut_bus_free_behind(hostile->behind);
	hostile->behind = NULL;
}

#endif
