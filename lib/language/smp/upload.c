/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/*
 * Sends an image, chunk by chunk. Where it goes on is what the device's answer says: it may have kept some of an upload that broke
 * off, or less of a chunk than was sent. Once it has all, Zephyr forgets the upload: if that answer is lost, sending the last chunk
 * again would make it begin anew, so its list of images is asked first.
 */

#include <inttypes.h>
#include <stdio.h>

#include "language/smp/core.h"

/* The slot is erased before the first answer. */
#define ERASE_MS 40000
#define ERASE_TRIES 2
/* Answers that lead back, while nothing new is reached. */
#define SETBACK_LIMIT 8
/* The header of the image must be in the first chunk. */
#define FIRST_MIN 32
#define LENGTH_OF_HASH 32

enum upload_step {
	STEP_OPEN,
	STEP_CHUNK,
	STEP_LIST, /* the last answer was lost */
};

struct uploading {
	struct smp smp;
	enum upload_step step;
	size_t sent;  /* the device has so much */
	size_t chunk; /* bytes that are under way */
	size_t furthest;
	unsigned int setbacks;
	unsigned int losses; /* of the last answer */
	bool has_sha;	     /* the device was told the hash of the file */
};

static int begin(void *state, const struct dfut_job *job)
{
	smp_begin(&((struct uploading *)state)->smp, job);
	return 0;
}

static void progress(const void *state, uint64_t *done, uint64_t *total)
{
	const struct uploading *uploading = state;

	*done = uploading->sent;
	*total = uploading->smp.job->size;
}

static const char *get_place(const struct uploading *uploading, char *text, size_t size)
{
	snprintf(text, size, "upload, offset %zu of %" PRIu64, uploading->sent, uploading->smp.job->size);
	return text;
}

/* What a byte string of so many bytes has in front. */
static size_t get_head_size(size_t size)
{
	return size < 24 ? 1 : size < 256 ? 2 : 3;
}

/* The bytes that fit behind what is written already. */
static size_t get_room(const struct smp *smp)
{
	size_t limit = smp->own->message_limit < SMP_MESSAGE_MAX ? smp->own->message_limit : SMP_MESSAGE_MAX;
	size_t used = SMP_HEADER_SIZE + smp->writer.size + sizeof("data");
	size_t room = limit > used ? limit - used : 0;
	size_t head = get_head_size(room);

	return room > head ? room - head : 0;
}

static size_t put_fields(struct uploading *uploading, bool has_sha)
{
	struct smp *smp = &uploading->smp;
	struct smp_writer *writer = smp_request(smp, SMP_OP_WRITE, SMP_GROUP_IMAGE, SMP_IMAGE_UPLOAD);
	bool is_first = uploading->sent == 0;

	smp_put_map(writer, !is_first ? 2 : 3 + (smp->own->upload_id ? 1u : 0u) + (has_sha ? 1u : 0u));
	if (is_first && smp->own->upload_id) {
		smp_put_text(writer, "image");
		smp_put_uint(writer, smp->own->upload_id);
	}
	if (is_first) {
		smp_put_text(writer, "len");
		smp_put_uint(writer, smp->job->size);
	}
	smp_put_text(writer, "off");
	smp_put_uint(writer, uploading->sent);
	if (has_sha) {
		smp_put_text(writer, "sha");
		smp_put_bytes(writer, smp->own->sha, LENGTH_OF_HASH);
	}
	return get_room(smp);
}

static int send_chunk(struct uploading *uploading, struct dfut_next *next)
{
	struct smp *smp = &uploading->smp;
	size_t left = (size_t)smp->job->size - uploading->sent;
	bool is_first = uploading->sent == 0, is_last;
	size_t room = put_fields(uploading, is_first);

	if (is_first)
		uploading->has_sha = room >= FIRST_MIN;
	if (is_first && room < FIRST_MIN)
		room = put_fields(uploading, false);
	if (room < (is_first ? FIRST_MIN : 1))
		return dfut_fail(smp->job->failure, DFUT_ERROR_UNSUPPORTED,
				 "the device takes messages of %zu bytes, too few for the header of an image",
				 smp->own->message_limit);
	uploading->chunk = left < room ? left : room;
	is_last = uploading->chunk == left;
	smp_put_text(&smp->writer, "data");
	smp_put_bytes(&smp->writer, smp->job->data + uploading->sent, uploading->chunk);
	uploading->step = STEP_CHUNK;
	smp->has_content = true;
	if (is_first)
		return smp_send(smp, ERASE_MS, is_last ? 1 : ERASE_TRIES, next);
	return smp_send(smp, SMP_ANSWER_MS, is_last ? 1 : SMP_TRIES, next);
}

static int refused(struct uploading *uploading)
{
	struct smp *smp = &uploading->smp;
	const struct smp_answer *answer = &smp->answer;
	char where[64];

	smp_refused(smp, get_place(uploading, where, sizeof(where)));
	if (answer->group == SMP_GROUP_IMAGE && answer->code == SMP_IMAGE_NO_SLOT)
		dfut_hint(smp->job->failure,
			  "an image waits in its other slot, or the one that runs is on test: restart it (command "
			  "\"reset\"), confirm the one that runs (\"confirm\"), or erase the other slot (\"erase\")");
	else
		dfut_hint(smp->job->failure, "repeat; an image that the device refuses again is not made for it");
	return DFUT_ERROR_DEVICE;
}

static int set_back(struct uploading *uploading)
{
	struct smp *smp = &uploading->smp;
	char where[64];

	if (++uploading->setbacks < SETBACK_LIMIT)
		return 0;
	dfut_fail(smp->job->failure, DFUT_ERROR_DEVICE, "%s: the device does not get on: it asks for the same again",
		  get_place(uploading, where, sizeof(where)));
	dfut_hint(smp->job->failure, "repeat; if it stops here again, restart the device first");
	return DFUT_ERROR_DEVICE;
}

static int finish(struct uploading *uploading, struct dfut_next *next)
{
	struct smp *smp = &uploading->smp;

	/* Who was not told the hash has nothing to compare. */
	if (uploading->has_sha && smp->answer.has_match && !smp->answer.matches) {
		dfut_fail(smp->job->failure, DFUT_ERROR_VERIFY,
			  "the device has all %" PRIu64 " bytes, and says that their hash is not the file's",
			  smp->job->size);
		dfut_hint(smp->job->failure, "repeat: nothing was marked to be started");
		return DFUT_ERROR_VERIFY;
	}
	return dfut_next_done(next, DFUT_END_STAYS);
}

static int take_offset(struct uploading *uploading, struct dfut_next *next)
{
	struct smp *smp = &uploading->smp;
	const struct smp_answer *answer = &smp->answer;
	char where[64];

	if (answer->code != SMP_OK)
		return refused(uploading);
	if (!answer->has_offset || answer->offset > smp->job->size)
		return dfut_fail(smp->job->failure, DFUT_ERROR_PROTOCOL,
				 "%s: the device's answer does not say where to go on, or a place behind the image",
				 get_place(uploading, where, sizeof(where)));
	if (answer->offset <= uploading->sent && set_back(uploading) < 0)
		return smp->job->failure->code;
	uploading->sent = (size_t)answer->offset;
	if (uploading->sent > uploading->furthest) {
		uploading->furthest = uploading->sent;
		uploading->setbacks = 0;
	}
	return uploading->sent == smp->job->size ? finish(uploading, next) : send_chunk(uploading, next);
}

/* The image is there if its hash is. */
static int take_list(struct uploading *uploading, struct dfut_next *next)
{
	struct smp *smp = &uploading->smp;

	if (smp->answer.code == SMP_OK &&
	    smp_find_hash(&smp->answer, smp->own->image, smp->own->hash, smp->own->hash_size)) {
		uploading->sent = (size_t)smp->job->size;
		return dfut_next_done(next, DFUT_END_STAYS);
	}
	return send_chunk(uploading, next);
}

static bool is_last_chunk(const struct uploading *uploading)
{
	return uploading->step == STEP_CHUNK && uploading->sent + uploading->chunk == uploading->smp.job->size;
}

static int broke(struct uploading *uploading, int code, struct dfut_next *next)
{
	struct smp *smp = &uploading->smp;
	char where[64];

	if (is_last_chunk(uploading) && code == DFUT_ERROR_TIMEOUT && uploading->losses++ < SMP_TRIES) {
		uploading->step = STEP_LIST;
		return smp_ask_list(smp, next);
	}
	return smp_broke(smp, code, get_place(uploading, where, sizeof(where)));
}

static int upload_next(void *state, const struct dfut_outcome *outcome, struct dfut_next *next)
{
	struct uploading *uploading = state;
	int result;

	if (!outcome)
		return smp_open(&uploading->smp, next);
	result = smp_run(&uploading->smp, outcome, next);
	if (result == 0)
		return 0;
	if (result < 0)
		return broke(uploading, result, next);
	switch (uploading->step) {
	case STEP_OPEN:
		return send_chunk(uploading, next);
	case STEP_CHUNK:
		return take_offset(uploading, next);
	case STEP_LIST:
		return take_list(uploading, next);
	}
	return DFUT_ERROR_PROTOCOL;
}

const struct dfut_machine_ops smp_upload_machine = {
	.name = "smp-upload",
	.state_size = sizeof(struct uploading),
	.begin = begin,
	.next = upload_next,
	.progress = progress,
};
