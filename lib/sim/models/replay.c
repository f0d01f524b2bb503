/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/*
 * A device out of a session file: it shows the descriptors that were recorded, and answers what it was asked as it did then,
 * after the same times. Where its host does otherwise is noted as a breach, with both sides.
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sim/models/models.h"
#include "sim/parts/replay.h"

#define TIMER_READY 0
#define TIMER_LEAVE 1
#define LINE_SIZE 256

/* Of nobody: what is shown of a device that failed to be made. */
static const uint8_t blank[] = { 18, 1, 0, 2, 0, 0, 0, 8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 9, 2, 9, 0, 0, 1, 0, 0x80, 50 };

enum mode {
	MODE_TOLERANT,
	MODE_STRICT,
};

struct replay {
	struct dfut_sim_device *device;
	struct dfut_sim_script script;
	struct dfut_sim_content content;
	struct dfut_sim_content gathered; /* bytes of a step that has not got all of them */
	struct {
		uint32_t mode; /* enum mode */
	} options;
	size_t life;
	size_t at;	 /* the next step, of this life */
	size_t moved;	 /* bytes of it, if it is one of an endpoint */
	uint64_t end_us; /* when the last step was over, here and ... */
	uint64_t recorded_end_us;
	bool has_differed;
	bool has_filled;
};

static const struct dfut_sim_life *get_life(const struct replay *replay)
{
	return &replay->script.lives[replay->life];
}

/* A step of this life by its index; NULL behind the last. */
static const struct dfut_sim_step *get_step(const struct replay *replay, size_t index)
{
	const struct dfut_sim_life *life = get_life(replay);

	return index < life->step_count ? &replay->script.steps[life->first_step + index] : NULL;
}

/* What happens. */

static void say(struct replay *replay, const char *text)
{
	if (replay->device->sim->bus)
		dfut_bus_log(replay->device->sim->bus, DFUT_LOG_WARNING, text);
}

/* Only the first one tells something: those that follow come of it. */
static void tell_difference(struct replay *replay, const struct dfut_sim_step *now, const char *what)
{
	const struct dfut_sim_step *then = get_step(replay, replay->at);
	char here[DFUT_SIM_STEP_TEXT], there[DFUT_SIM_STEP_TEXT] = "nothing more";
	char line[LINE_SIZE], place[24] = "";

	if (replay->has_differed)
		return;
	replay->has_differed = true;
	dfut_sim_step_describe(now, here);
	if (then) {
		dfut_sim_step_describe(then, there);
		snprintf(place, sizeof(place), "line %d: ", then->line);
	}
	snprintf(line, sizeof(line), "replay: %s%s: now %s; recorded was %s", place, what, here, there);
	dfut_sim_device_note_breach(replay->device, line);
	say(replay, line);
}

/* Matching. */

/* Hosts differ in what they do with RTS: a device is opened, or touched, by DTR. */
static bool is_same_line(const struct replay *replay, const struct dfut_sim_setup *a, const struct dfut_sim_setup *b)
{
	int dtr = dfut_sim_get_dtr(a);

	return replay->options.mode == MODE_TOLERANT && dtr >= 0 && dtr == dfut_sim_get_dtr(b) && a->index == b->index;
}

static bool is_same_request(const struct replay *replay, const struct dfut_sim_step *a, const struct dfut_sim_step *b)
{
	return a->kind == b->kind && a->endpoint == b->endpoint && a->interface == b->interface &&
	       a->setting == b->setting && a->offset == b->offset &&
	       (!a->file || !b->file || strcmp(a->file, b->file) == 0) &&
	       (a->kind != DFUT_SIM_STEP_CONTROL || dfut_sim_is_same_setup(&a->setup, &b->setup) ||
		is_same_line(replay, &a->setup, &b->setup));
}

/* It asks for the same as the one before: how often that is asked for is a matter of time. */
static bool is_poll(const struct replay *replay, size_t index)
{
	const struct dfut_sim_step *step = get_step(replay, index);

	return step->is_for_driver || step->kind == DFUT_SIM_STEP_READ ||
	       (index > 0 && is_same_request(replay, step, get_step(replay, index - 1)) &&
		(step->setup.request_type & DFUT_SIM_REQUEST_IN));
}

/* What is left was asked again, or by drivers, and may not be asked now; but a port may have been touched by its lines alone. */
static bool is_over(const struct replay *replay)
{
	bool was_asked = false;

	for (size_t index = replay->at; get_step(replay, index); index++)
		if (replay->options.mode == MODE_STRICT || !is_poll(replay, index))
			return false;
	for (size_t index = 0; index < replay->at; index++)
		was_asked = was_asked || !get_step(replay, index)->is_for_driver;
	return was_asked || !get_step(replay, replay->at);
}

/* After its last step it leaves, if it did. */
static void plan_leaving(struct replay *replay)
{
	uint64_t left_us = get_life(replay)->left_us;
	uint64_t due_us = replay->end_us + dfut_sim_get_gap(replay->recorded_end_us, left_us);

	if (left_us != UINT64_MAX && is_over(replay))
		dfut_sim_device_set_timer(replay->device, TIMER_LEAVE,
					  dfut_sim_get_gap(dfut_sim_device_get_time_us(replay->device), due_us));
}

/* What comes next to be read is there as long after this as it was then. */
static void plan_ready(struct replay *replay)
{
	const struct dfut_sim_step *step = get_step(replay, replay->at);
	uint64_t now_us = dfut_sim_device_get_time_us(replay->device);
	uint64_t due_us;

	if (!step || step->kind != DFUT_SIM_STEP_READ)
		return;
	due_us = replay->end_us + dfut_sim_get_gap(replay->recorded_end_us, step->end_us);
	dfut_sim_device_set_timer(replay->device, TIMER_READY, dfut_sim_get_gap(now_us, due_us));
}

/* The step is over so long from now. */
static void finish_step(struct replay *replay, uint64_t after_us)
{
	replay->recorded_end_us = get_step(replay, replay->at)->end_us;
	replay->end_us = dfut_sim_device_get_time_us(replay->device) + after_us;
	replay->at++;
	replay->moved = 0;
	replay->gathered.size = replay->gathered.start_count = 0;
	plan_ready(replay);
	plan_leaving(replay);
}

/* The step that this request is, from the next one on: where polls were left out, or, with `far`, anything. */
static bool find_step(const struct replay *replay, const struct dfut_sim_step *now, bool far, size_t *found)
{
	for (size_t index = replay->at; get_step(replay, index); index++) {
		if (is_same_request(replay, get_step(replay, index), now)) {
			*found = index;
			return true;
		}
		if (!far && !is_poll(replay, index))
			return false;
	}
	return false;
}

/* What a system or its drivers send by themselves is not compared, unless it is wanted that exactly. */
static bool is_left_to_system(const struct replay *replay, struct dfut_sim_step *now)
{
	size_t found;

	now->is_for_driver = dfut_sim_is_for_driver(&now->setup);
	return replay->options.mode == MODE_TOLERANT && (now->is_for_driver || now->kind == DFUT_SIM_STEP_ALTERNATE) &&
	       !find_step(replay, now, false, &found);
}

static bool is_repeated(const struct replay *replay, const struct dfut_sim_step *now)
{
	return replay->at > 0 && is_same_request(replay, get_step(replay, replay->at - 1), now) &&
	       (now->setup.request_type & DFUT_SIM_REQUEST_IN);
}

/* The step that answers: it becomes the next one. NULL if none does; `*again`: the one before answers once more. */
static const struct dfut_sim_step *match(struct replay *replay, const struct dfut_sim_step *now, bool *again)
{
	bool is_tolerant = replay->options.mode == MODE_TOLERANT;
	size_t found = replay->at;

	*again = false;
	if (is_tolerant && !find_step(replay, now, false, &found) && is_repeated(replay, now)) {
		*again = true;
		return get_step(replay, replay->at - 1);
	}
	if (!find_step(replay, now, true, &found)) {
		tell_difference(replay, now, "another request");
		return NULL;
	}
	for (size_t index = replay->at; index < found; index++)
		if (!is_tolerant || !is_poll(replay, index))
			tell_difference(replay, now, "another request");
	if (found != replay->at)
		replay->moved = replay->gathered.size = 0;
	replay->at = found;
	return get_step(replay, found);
}

/* Answering. */

static int get_answer(const struct dfut_sim_step *step)
{
	if (step->result >= 0 || step->result == DFUT_ERROR_DEVICE)
		return step->result;
	/* It left, or never answered: the bus tells which. */
	return DFUT_ERROR_TIMEOUT;
}

/* All bytes of the step, on the wire. False: some are made up. */
static bool fill(struct replay *replay, const struct dfut_sim_step *step, uint8_t *bytes)
{
	const struct dfut_tape_data *data = step->data;
	size_t known = data->size - step->skipped;
	bool is_found;

	if (step->has_id)
		*bytes++ = step->id;
	if (known)
		memcpy(bytes, data->bytes + step->skipped, known);
	if (!data->hidden)
		return true;
	is_found = dfut_sim_content_find(&replay->content, data, bytes + known);
	if (!is_found && !replay->has_filled) {
		replay->has_filled = true;
		say(replay,
		    "replay: the recording has only a hash of what was read, which is not what was written: it reads as 0xff");
	}
	return is_found;
}

static int give(struct replay *replay, const struct dfut_sim_step *step, uint8_t *data, size_t room)
{
	size_t size = dfut_sim_step_get_size(step);
	uint8_t *bytes = malloc(size + 1);
	int given = (int)(size < room ? size : room);

	if (!bytes)
		return DFUT_ERROR_NO_MEMORY;
	fill(replay, step, bytes);
	memcpy(data, bytes, (size_t)given);
	free(bytes);
	return given;
}

/* The host's bytes, which may be another firmware's than those that were recorded. */
static void take(struct replay *replay, const struct dfut_sim_step *step, const uint8_t *bytes, size_t size)
{
	size_t head = step->has_id + step->data->size - step->skipped;

	if (size != dfut_sim_step_get_size(step) || !dfut_sim_step_has(step, bytes, size))
		tell_difference(replay, step, "other data");
	if (!step->data->hidden)
		head = step->has_id;
	if (size > head && dfut_sim_content_add(&replay->content, bytes + head, size - head) < 0)
		say(replay, "replay: out of memory");
}

static int answer(struct replay *replay, const struct dfut_sim_step *step, uint8_t *data, size_t size, bool is_again)
{
	uint64_t took_us = step->took_us;
	bool is_in = step->setup.request_type & DFUT_SIM_REQUEST_IN;
	int result = get_answer(step);

	if (!is_in && size && !is_again && !step->is_for_driver)
		take(replay, step, data, size);
	replay->device->answer_delay_us += took_us;
	if (!is_again)
		finish_step(replay, took_us);
	return is_in && result > 0 ? give(replay, step, data, size) : result;
}

static int replay_control(void *state, const struct dfut_sim_setup *setup, uint8_t *data)
{
	struct replay *replay = state;
	struct dfut_sim_step now = { .kind = DFUT_SIM_STEP_CONTROL, .setup = *setup };
	const struct dfut_sim_step *step;
	bool is_again;

	if ((setup->request_type & DFUT_SIM_TYPE_MASK) == DFUT_SIM_TYPE_STANDARD) {
		size_t size = 0;
		uint8_t *reports = setup->value >> 8 == DFUT_SIM_REPORT_DESCRIPTOR ?
					   dfut_sim_life_take_reports(get_life(replay), (uint8_t)setup->index, &size) :
					   NULL;

		size = size < setup->length ? size : setup->length;
		if (reports)
			memcpy(data, reports, size);
		free(reports);
		return reports ? (int)size : DFUT_ERROR_DEVICE;
	}
	if (is_left_to_system(replay, &now))
		return setup->length;
	step = match(replay, &now, &is_again);
	return step ? answer(replay, step, data, setup->length, is_again) : DFUT_ERROR_DEVICE;
}

static int replay_set_interface(void *state, uint8_t number, uint8_t alternate)
{
	struct replay *replay = state;
	struct dfut_sim_step now = { .kind = DFUT_SIM_STEP_ALTERNATE, .interface = number, .setting = alternate };
	const struct dfut_sim_step *step;
	bool is_again;
	int result;

	if (is_left_to_system(replay, &now))
		return 0;
	step = match(replay, &now, &is_again);
	result = step ? answer(replay, step, NULL, 0, is_again) : 0;
	return result < 0 ? result : 0;
}

static void replay_bus_reset(void *state)
{
	struct replay *replay = state;
	struct dfut_sim_step now = { .kind = DFUT_SIM_STEP_RESET };
	bool is_again;
	const struct dfut_sim_step *step = match(replay, &now, &is_again);

	if (step)
		finish_step(replay, step->took_us);
}

/* Packets: what the host reads and writes at once may be less than it was. */

static int replay_endpoint_send(void *state, uint8_t endpoint, uint8_t *data, size_t room)
{
	struct replay *replay = state;
	const struct dfut_sim_step *step = get_step(replay, replay->at);
	size_t size = step ? dfut_sim_step_get_size(step) : 0;
	uint8_t *bytes;
	size_t given;

	if (!step || step->kind != DFUT_SIM_STEP_READ || step->endpoint != endpoint)
		return DFUT_ERROR_BUSY;
	if (replay->device->timers_us[TIMER_READY] != UINT64_MAX)
		return DFUT_ERROR_BUSY;
	if (step->result < 0) {
		finish_step(replay, 0);
		return DFUT_ERROR_DEVICE;
	}
	bytes = malloc(size + 1);
	if (!bytes)
		return DFUT_ERROR_NO_MEMORY;
	fill(replay, step, bytes);
	given = size - replay->moved < room ? size - replay->moved : room;
	memcpy(data, bytes + replay->moved, given);
	free(bytes);
	replay->moved += given;
	/* Behind a full packet, an empty one ends what was shorter than its room. */
	if (replay->moved == size && (given < room || size >= step->room))
		finish_step(replay, 0);
	return (int)given;
}

static int receive(struct replay *replay, const struct dfut_sim_step *step, const uint8_t *data, size_t size)
{
	int result = get_answer(step);

	take(replay, step, data, size);
	replay->device->answer_delay_us += step->took_us;
	finish_step(replay, step->took_us);
	/* It may have taken a part only. */
	return result > 0 && (size_t)result == dfut_sim_step_get_size(step) ? (int)size : result;
}

/* Bytes of a serial port, some of a step, or of several. @return those that this step took, or an error */
static int receive_some(struct replay *replay, const struct dfut_sim_step *step, const uint8_t *data, size_t size)
{
	struct dfut_sim_content *gathered = &replay->gathered;
	size_t whole = dfut_sim_step_get_size(step);
	size_t part = size < whole - gathered->size ? size : whole - gathered->size;
	int result;

	if (dfut_sim_content_add(gathered, data, part) < 0)
		return DFUT_ERROR_NO_MEMORY;
	if (gathered->size < whole && dfut_sim_step_has(step, gathered->bytes, gathered->size))
		return (int)part;
	result = receive(replay, step, gathered->bytes, gathered->size);
	return result < 0 ? result : (int)part;
}

static int replay_endpoint_receive(void *state, uint8_t endpoint, const uint8_t *data, size_t size)
{
	struct replay *replay = state;
	struct dfut_sim_step now = { .kind = DFUT_SIM_STEP_WRITE, .endpoint = endpoint };
	size_t done = 0;

	do {
		bool is_again;
		const struct dfut_sim_step *step = match(replay, &now, &is_again);
		int result;

		if (!step)
			return DFUT_ERROR_DEVICE;
		result = step->is_stream ? receive_some(replay, step, data + done, size - done) :
					   receive(replay, step, data, size);
		if (result < 0)
			return result;
		done += (size_t)result;
		if (!step->is_stream)
			return result;
	} while (done < size);
	return (int)size;
}

/* Files of a drive that was mounted. */

static int replay_move_file(void *state, const struct dfut_action *action, uint8_t *data)
{
	struct replay *replay = state;
	bool is_in = action->kind == DFUT_ACTION_READ;
	struct dfut_sim_step now = { .kind = is_in ? DFUT_SIM_STEP_FILE_READ : DFUT_SIM_STEP_FILE_WRITE,
				     .interface = action->channel,
				     .file = action->transfer.file,
				     .offset = action->transfer.offset };
	bool is_again;
	const struct dfut_sim_step *step = match(replay, &now, &is_again);
	int result;

	if (!step)
		return DFUT_ERROR_IO;
	result = step->result == DFUT_TAPE_NONE ? DFUT_ERROR_TIMEOUT : step->result;
	if (!is_in)
		take(replay, step, action->transfer.data, action->transfer.length);
	replay->device->answer_delay_us += step->took_us;
	finish_step(replay, step->took_us);
	return is_in && result > 0 ? give(replay, step, data, action->transfer.length) : result;
}

static void mount(struct replay *replay)
{
	bool *is_mounted = replay->device->is_mounted;

	memset(is_mounted, 0, sizeof(replay->device->is_mounted));
	for (size_t i = 0; get_step(replay, i); i++)
		is_mounted[get_step(replay, i)->interface] |= get_step(replay, i)->file != NULL;
}

/* Lives. */

/* It arrives so long from now. */
static void begin_life(struct replay *replay, size_t life, uint64_t after_us)
{
	replay->life = life;
	replay->at = 0;
	replay->moved = 0;
	replay->end_us = dfut_sim_device_get_time_us(replay->device) + after_us;
	replay->recorded_end_us = get_life(replay)->arrived_us;
	mount(replay);
	plan_ready(replay);
	plan_leaving(replay);
}

/* It comes back as what it was then. */
static void leave(struct replay *replay)
{
	const struct dfut_sim_life *life = get_life(replay);
	uint32_t away_ms;

	if (replay->life + 1 == replay->script.life_count) {
		dfut_sim_device_leave(replay->device, 0, DFUT_SIM_NEVER);
		return;
	}
	away_ms = (uint32_t)(dfut_sim_get_gap(life->left_us, life[1].arrived_us) / DFUT_SIM_US_PER_MS);
	begin_life(replay, replay->life + 1, away_ms * DFUT_SIM_US_PER_MS);
	dfut_sim_device_leave(replay->device, 0, away_ms);
}

static void replay_timer(void *state, unsigned int timer)
{
	struct replay *replay = state;

	if (timer == TIMER_READY)
		dfut_sim_device_set_ready(replay->device);
	else
		leave(replay);
}

/* The model. */

static uint32_t replay_start(void *state, enum dfut_sim_start start)
{
	(void)start;
	begin_life(state, 0, 0);
	return 0;
}

static const char *replay_get_mode_name(const void *state)
{
	(void)state;
	return "recorded";
}

static void replay_describe(const void *state, struct dfut_sim_description *description)
{
	const struct replay *replay = state;
	const struct dfut_sim_life *life;

	description->descriptors = blank;
	description->descriptors_size = sizeof(blank);
	if (!replay->script.life_count)
		return;
	life = get_life(replay);
	description->descriptors = life->descriptors;
	description->descriptors_size = life->descriptors_size;
	description->strings = life->strings;
	description->string_count = life->string_count;
}

#define OPTION(key, kind, member, words) \
	{ \
		key, DFUT_SIM_OPTION_##kind, offsetof(struct replay, options.member), 0, 0, words \
	}

static const struct dfut_sim_option replay_options[] = {
	OPTION("mode", CHOICE, mode, "tolerant|strict"),
};

static int replay_set_option(void *state, const char *key, const char *value)
{
	struct replay *replay = state;

	if (strcmp(key, "file") != 0)
		return dfut_sim_option_set(replay_options, DFUT_COUNT(replay_options), state, key, value);
	dfut_sim_script_free(&replay->script);
	return dfut_sim_script_load(&replay->script, replay->device->sim, value);
}

static int replay_create(void *state, struct dfut_sim_device *device)
{
	struct replay *replay = state;

	replay->device = device;
	device->move_file = replay_move_file;
	return 0;
}

/* The times are the recording's. */
static int replay_prepare(void *state)
{
	struct replay *replay = state;

	if (!replay->script.life_count)
		return dfut_sim_fail(replay->device->sim, DFUT_ERROR_USAGE, "replay: which file? replay:FILE");
	replay->device->options.transfer_us = 0;
	replay->device->options.open_ms = (uint32_t)(replay->script.open_us / DFUT_SIM_US_PER_MS);
	replay->device->options.reset_ms = (uint32_t)(replay->script.reset_us / DFUT_SIM_US_PER_MS);
	return 0;
}

static void replay_destroy(void *state)
{
	struct replay *replay = state;

	dfut_sim_script_free(&replay->script);
	dfut_sim_content_free(&replay->content);
	dfut_sim_content_free(&replay->gathered);
}

const struct dfut_sim_model dfut_sim_replay = {
	.size = sizeof(struct dfut_sim_model),
	.name = "replay",
	.text = "a device out of a session file, which answers as it did when that was recorded",
	.options =
		"file=FILE: the session file; replay:FILE for short\n"
		"mode=tolerant|strict: whether its host may ask for the same more or less often than it did\n" DFUT_SIM_COMMON_TEXT,
	.state_size = sizeof(struct replay),
	.create = replay_create,
	.set_option = replay_set_option,
	.prepare = replay_prepare,
	.destroy = replay_destroy,
	.start = replay_start,
	.get_mode_name = replay_get_mode_name,
	.describe = replay_describe,
	.control = replay_control,
	.set_interface = replay_set_interface,
	.bus_reset = replay_bus_reset,
	.timer = replay_timer,
	.endpoint_send = replay_endpoint_send,
	.endpoint_receive = replay_endpoint_receive,
};
