/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

#include <stdlib.h>
#include <string.h>

#include "base/index.h"
#include "sim/capture/fwupd.h"
#include "sim/capture/requests.h"

#define IN 0x80

/* A request that has no answer yet. */
struct waiting {
	struct waiting *previous;
	struct waiting *next;
	uint64_t id;
	struct capture_request request;
	uint8_t *out; /* a copy: a packet of a text does not outlive the next one */
};

struct requests {
	struct waiting *first; /* in the order in which they were asked */
	struct waiting *last;
	struct dfut_index index; /* by device and id */
	capture_visitor visitor;
	void *data;
};

static uint64_t get_device(unsigned int bus, unsigned int address)
{
	return (uint64_t)bus << 32 | address;
}

static struct waiting *find_waiting(const struct requests *requests, const struct capture_packet *packet)
{
	return dfut_index_find(&requests->index, get_device(packet->bus, packet->address), packet->id);
}

static struct waiting *add_waiting(struct requests *requests, const struct capture_packet *packet)
{
	struct waiting *waiting = calloc(1, sizeof(*waiting));

	if (!waiting ||
	    !dfut_index_put(&requests->index, get_device(packet->bus, packet->address), packet->id, waiting)) {
		free(waiting);
		return NULL;
	}
	waiting->id = packet->id;
	waiting->previous = requests->last;
	if (requests->last)
		requests->last->next = waiting;
	else
		requests->first = waiting;
	requests->last = waiting;
	return waiting;
}

/* The others stay in their order, in which those without an answer are told. */
static void remove_waiting(struct requests *requests, struct waiting *waiting)
{
	/* It is there, so that no memory is needed. */
	dfut_index_put(&requests->index, get_device(waiting->request.bus, waiting->request.address), waiting->id, NULL);
	if (waiting->previous)
		waiting->previous->next = waiting->next;
	else
		requests->first = waiting->next;
	if (waiting->next)
		waiting->next->previous = waiting->previous;
	else
		requests->last = waiting->previous;
	free(waiting->out);
	free(waiting);
}

static int keep_out(struct waiting *waiting, const uint8_t *data, size_t size)
{
	uint8_t *copy = malloc(size);

	if (!copy)
		return DFUT_ERROR_NO_MEMORY;
	free(waiting->out);
	waiting->out = memcpy(copy, data, size);
	waiting->request.data = copy;
	waiting->request.size = size;
	return 0;
}

static int take_question(struct requests *requests, const struct capture_packet *packet)
{
	struct waiting *waiting = find_waiting(requests, packet);
	struct capture_request *request;

	/* Its answer was lost. */
	if (waiting)
		remove_waiting(requests, waiting);
	waiting = add_waiting(requests, packet);
	if (!waiting)
		return DFUT_ERROR_NO_MEMORY;
	request = &waiting->request;
	request->at = packet->at;
	request->bus = packet->bus;
	request->address = packet->address;
	request->endpoint = packet->endpoint;
	request->kind = packet->kind;
	request->asked = packet->length;
	request->is_in = packet->endpoint & IN;
	if (packet->setup) {
		request->has_setup = true;
		memcpy(request->setup, packet->setup, sizeof(request->setup));
		request->is_in = packet->setup[0] & IN;
		request->asked = dfut_le16(packet->setup + 6);
	}
	return packet->size > 0 && !request->is_in ? keep_out(waiting, packet->data, packet->size) : 0;
}

static int take_answer(struct requests *requests, struct waiting *waiting, const struct capture_packet *packet)
{
	struct capture_request *request = &waiting->request;
	int result;

	request->over = packet->at;
	request->status = packet->status == CAPTURE_STATUS_SHORT ? CAPTURE_STATUS_OK : packet->status;
	request->is_answered = true;
	if (request->is_in) {
		/* The older form of USBPcap has the data of an answer by themselves, in front of it. */
		bool is_more = request->data && packet->size == 0;

		request->moved = is_more ? (uint32_t)request->size : packet->length;
		if (!is_more) {
			request->data = packet->data;
			request->size = packet->size;
		}
	} else {
		/* USBPcap does not say how much went out. */
		request->moved = packet->length || request->status != CAPTURE_STATUS_OK ? packet->length :
											  request->asked;
	}
	if (request->size > request->moved && request->status == CAPTURE_STATUS_OK)
		request->size = request->moved;
	result = requests->visitor(requests->data, request);
	remove_waiting(requests, waiting);
	return result;
}

static int take_packet(struct requests *requests, const struct capture_packet *packet)
{
	struct waiting *waiting;

	if (packet->stage == CAPTURE_ASKED)
		return take_question(requests, packet);
	waiting = find_waiting(requests, packet);
	if (!waiting)
		return 0;
	if (packet->stage == CAPTURE_MORE)
		return packet->size > 0 ? keep_out(waiting, packet->data, packet->size) : 0;
	return take_answer(requests, waiting, packet);
}

int capture_read(const uint8_t *bytes, size_t size, capture_visitor visitor, void *data, const char **error)
{
	struct requests requests = { .visitor = visitor, .data = data };
	struct capture_packet packet;
	struct capture capture;
	int result = 0;

	if (fwupd_is_emulation(bytes, size))
		return fwupd_read(bytes, size, visitor, data, error);
	if (!capture_open(&capture, bytes, size)) {
		*error = capture.error;
		return DFUT_ERROR_IMAGE;
	}
	while (result == 0 && capture_next(&capture, &packet))
		result = take_packet(&requests, &packet);
	if (result == 0 && capture.error) {
		*error = capture.error;
		result = DFUT_ERROR_IMAGE;
	}
	while (requests.first) {
		if (result == 0)
			result = visitor(data, &requests.first->request);
		remove_waiting(&requests, requests.first);
	}
	dfut_index_free(&requests.index);
	return result;
}
