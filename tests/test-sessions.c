/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* The sessions of tests/sessions: their hosts ask again what they asked, and each device answers as it did. */

#include "bench.h"

#include <dirent.h>

#include "base/tape.h"

#define PATH_SIZE 512
#define TIMEOUT_MS 5000
/* What was never answered */
#define SHORT_MS 20
/* At most at once, by the calls of a handle */
#define PIECE 32768

TestSuite(sessions, .timeout = 300);

struct host {
	const char *name;
	struct dfut_tape tape;
	struct bench bench;
	struct dfut_handle *handle;
	uint32_t device; /* that the handle is of */
	size_t arrivals;
	uint8_t data[1 << 20];
	size_t size;
};

static size_t count_arrivals(const struct host *host)
{
	const struct dfut_sim_device *device = host->bench.device;
	size_t count = 0;

	for (size_t i = 0; i < dfut_sim_device_get_record_count(device); i++)
		count += dfut_sim_device_get_record(device, i)->event == DFUT_SIM_EVENT_ARRIVED;
	return count;
}

/* Each device of the session is a life of the one that is played back. */
static void meet(struct host *host, const struct dfut_tape_event *event)
{
	struct dfut_device *device;

	if (host->device == event->device)
		return;
	if (host->handle)
		dfut_handle_free(host->handle);
	host->device = event->device;
	host->arrivals++;
	for (size_t i = 0; i < ROUND_LIMIT && count_arrivals(host) < host->arrivals; i++)
		dfut_context_dispatch(host->bench.context, 10);
	cr_assert(eq(sz, count_arrivals(host), host->arrivals), "%s: line %d", host->name, event->line);
	device = bench_find(&host->bench, "1-1");
	cr_assert(eq(int, dfut_handle_new(&host->handle, device), 0));
	dfut_device_unref(device);
}

/* What came in is what had come in; bytes that are only known by a hash may be others. */
static void compare(const struct host *host, const struct dfut_tape_event *event, int result)
{
	const struct dfut_tape_data *data = &event->data;
	size_t skipped = event->kind == DFUT_TAPE_REPORT && event->type == DFUT_REPORT_INPUT ? 1 : 0;

	/* What a driver makes of a stall is its own; what was given up may be over now. */
	if (event->kind == DFUT_TAPE_LINES || event->result == DFUT_TAPE_NONE)
		return;
	if (event->result < 0) {
		cr_expect(lt(int, result, 0), "%s: line %d: %d", host->name, event->line, result);
		return;
	}
	cr_expect(ge(int, result, 0), "%s: line %d: %s", host->name, event->line,
		  dfut_context_get_error(host->bench.context));
	if (!event->is_in || result < 0)
		return;
	cr_expect(eq(int, result, event->result - (int)skipped), "%s: line %d", host->name, event->line);
	if (data->size > skipped && (size_t)result >= data->size - skipped)
		cr_expect(eq(int, memcmp(host->data, data->bytes + skipped, data->size - skipped), 0), "%s: line %d",
			  host->name, event->line);
}

static int ask_report(struct host *host, const struct dfut_tape_event *event, unsigned int timeout_ms)
{
	uint8_t id;

	if (!event->is_in)
		return dfut_handle_send_report(host->handle, event->channel, event->type, event->id, host->data,
					       (uint16_t)host->size, timeout_ms);
	if (event->type == DFUT_REPORT_FEATURE)
		return dfut_handle_get_feature_report(host->handle, event->channel, event->id, host->data,
						      (uint16_t)event->length, timeout_ms);
	return dfut_handle_read_report(host->handle, event->channel, &id, host->data, (uint16_t)event->length,
				       timeout_ms);
}

static int move_some(struct host *host, const struct dfut_tape_event *event, size_t at, size_t size,
		     unsigned int timeout_ms)
{
	uint16_t piece = (uint16_t)(size < PIECE ? size : PIECE);

	if (event->link == DFUT_LINK_SERIAL && event->is_in)
		return dfut_handle_read_serial(host->handle, event->channel, host->data + at, piece, timeout_ms);
	if (event->link == DFUT_LINK_SERIAL)
		return dfut_handle_write_serial(host->handle, event->channel, host->data + at, piece, timeout_ms);
	return dfut_handle_transfer(host->handle, event->endpoint, host->data + at, piece, timeout_ms);
}

/* A serial port gives what is there; a drive more than a handle takes at once. */
static int move(struct host *host, const struct dfut_tape_event *event, unsigned int timeout_ms)
{
	size_t wanted = !event->is_in					     ? host->size :
			event->link == DFUT_LINK_SERIAL && event->result > 0 ? (size_t)event->result :
									       event->length;
	size_t done = 0;

	do {
		int result = move_some(host, event, done, wanted - done, timeout_ms);

		if (result < 0)
			return result;
		done += (size_t)result;
		if (result == 0 || (event->result >= 0 && done >= (size_t)event->result))
			break;
	} while (done < wanted);
	return (int)done;
}

/* Who sends a request to an interface has it. */
static int ask(struct host *host, const struct dfut_tape_event *event, unsigned int timeout_ms)
{
	const uint8_t *setup = event->setup;
	int result = (setup[0] & 0x1f) == 1 ? dfut_handle_claim(host->handle, setup[4]) : 0;

	return result < 0 ? result :
			    dfut_handle_control(host->handle, setup[0], setup[1], dfut_le16(setup + 2),
						dfut_le16(setup + 4), host->data, dfut_le16(setup + 6), timeout_ms);
}

static int act(struct host *host, const struct dfut_tape_event *event, unsigned int timeout_ms)
{
	int dtr = event->lines_which & 1 ? (event->lines_on & 1) != 0 : -1;
	int rts = event->lines_which & 2 ? (event->lines_on & 2) != 0 : -1;

	if (event->kind == DFUT_TAPE_CONTROL)
		return ask(host, event, timeout_ms);
	if (event->kind == DFUT_TAPE_ALTERNATE)
		return dfut_handle_set_alternate(host->handle, (uint8_t)event->channel, event->value);
	if (event->kind == DFUT_TAPE_RESET)
		return dfut_handle_reset(host->handle, timeout_ms);
	if (event->kind == DFUT_TAPE_REPORT)
		return ask_report(host, event, timeout_ms);
	if (event->kind == DFUT_TAPE_LINE_CODING)
		return dfut_handle_set_line_coding(host->handle, event->channel, &event->coding, timeout_ms);
	if (event->kind == DFUT_TAPE_LINES)
		return dfut_handle_set_lines(host->handle, event->channel, dtr, rts, timeout_ms);
	return move(host, event, timeout_ms);
}

/* What nobody can ask: an open is a call's own, and what nobody answered to may be forgotten. */
static bool is_asked(const struct dfut_tape_event *event)
{
	bool is_waiting = event->kind == DFUT_TAPE_READ ||
			  (event->kind == DFUT_TAPE_REPORT && event->is_in && event->type == DFUT_REPORT_INPUT);

	return dfut_tape_is_action(event) && event->kind != DFUT_TAPE_OPEN && event->kind != DFUT_TAPE_CLOSE &&
	       event->kind != DFUT_TAPE_RELEASE && event->kind != DFUT_TAPE_DRIVER &&
	       event->kind != DFUT_TAPE_CONFIGURE && event->kind != DFUT_TAPE_CLEAR_HALT &&
	       event->link != DFUT_LINK_VOLUME &&
	       !(is_waiting && event->result < 0 && event->result != DFUT_ERROR_DEVICE);
}

static void repeat(struct host *host, const struct dfut_tape_event *event)
{
	bool is_answered = event->result >= 0 || event->result == DFUT_ERROR_DEVICE;

	if (!is_asked(event))
		return;
	meet(host, event);
	memset(host->data, 0, sizeof(host->data));
	host->size = dfut_tape_get_size(&event->data);
	cr_assert(lt(sz, host->size, sizeof(host->data)));
	if (!event->is_in && event->data.size)
		memcpy(host->data, event->data.bytes, event->data.size);
	compare(host, event, act(host, event, is_answered ? TIMEOUT_MS : SHORT_MS));
}

static bool has_hidden(const struct dfut_tape *tape)
{
	for (size_t i = 0; i < tape->count; i++)
		if (!tape->events[i].is_in && tape->events[i].data.hidden)
			return true;
	return false;
}

/* A handle knows no files on a drive: run.py lets our update ask for them. */
static bool has_files(const struct dfut_tape *tape)
{
	for (size_t i = 0; i < tape->count; i++)
		if (tape->events[i].file)
			return true;
	return false;
}

static void play(const char *name, const char *path)
{
	struct host *host = calloc(1, sizeof(*host));
	char spec[PATH_SIZE + 16];

	cr_assert(host != NULL);
	host->name = name;
	snprintf(spec, sizeof(spec), "replay:%s", path);
	cr_assert(eq(int, dfut_tape_read(&host->tape, path), 0), "%s: line %d: %s", name, host->tape.line,
		  host->tape.mistake);
	if (has_files(&host->tape)) {
		dfut_tape_free(&host->tape);
		free(host);
		return;
	}
	bench_start(&host->bench, spec);
	for (size_t i = 0; i < host->tape.count; i++)
		repeat(host, &host->tape.events[i]);
	/* What is known by a hash only can't be said again. */
	if (!has_hidden(&host->tape))
		bench_expect_no_breach(host->bench.device, name);
	cr_expect(ne(int, (int)host->arrivals, 0), "%s", name);
	if (host->handle)
		dfut_handle_free(host->handle);
	bench_stop(&host->bench);
	dfut_tape_free(&host->tape);
	free(host);
}

Test(sessions, are_played_back_to_their_own_hosts)
{
	const char *folder = getenv("DFUTRIGGER_TEST_SESSIONS");
	const struct dirent *entry;
	size_t count = 0;
	DIR *list;

	cr_assert(folder != NULL);
	list = opendir(folder);
	cr_assert(list != NULL);
	while ((entry = readdir(list))) {
		char path[PATH_SIZE];

		if (!strstr(entry->d_name, ".jsonl"))
			continue;
		snprintf(path, sizeof(path), "%s/%s", folder, entry->d_name);
		play(entry->d_name, path);
		count++;
	}
	closedir(list);
	cr_expect(ge(sz, count, 20));
}
