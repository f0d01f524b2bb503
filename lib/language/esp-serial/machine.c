/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/*
 * Writing flash through Espressif's ROM loader, without a stub (esptool, esptool/cmds.py and loader.py): each region is erased by
 * the request that begins it, then comes in blocks, compressed if that is shorter; its MD5 is asked for before, to leave alone
 * what is there, and after. A region that broke is begun anew, as nobody knows what was taken of it.
 */

#include <inttypes.h>
#include <string.h>

#include "language/esp-serial/probe.h"
#include "language/esp-serial/restart.h"

/* Times that a region is begun anew. */
#define SETBACK_LIMIT 3

/* Looking. */

struct look {
	struct esp_serial_core core;
	const struct esp_serial_job *own;
	struct esp_serial_probe probe;
	struct esp_serial_restart restart;
	bool is_leaving;
	bool is_restarting;
	int refusal;
	struct dfut_failure words; /* of the refusal */
};

static int look_begin(void *state, const struct dfut_job *job)
{
	struct look *look = state;

	look->own = job->own;
	esp_serial_core_begin(&look->core, job);
	esp_serial_restart_begin(&look->restart, job);
	return 0;
}

/* Whatever becomes of the reset, the refusal is told. */
static int leave(struct look *look, const struct dfut_outcome *outcome, struct dfut_next *next)
{
	int result = esp_serial_restart_next(&look->restart, look->is_restarting ? outcome : NULL, next);

	look->is_restarting = true;
	if (result == 0)
		return 0;
	*look->core.job->failure = look->words;
	return look->refusal;
}

static int looked(struct look *look, struct dfut_next *next)
{
	int result = look->own->judge ? look->own->judge(look->own->judge_data) : 0;

	if (result == 0)
		return dfut_next_done(next, DFUT_END_STAYS);
	if (!look->own->leave_if_refused)
		return result;
	look->is_leaving = true;
	look->refusal = result;
	look->words = *look->core.job->failure;
	return leave(look, NULL, next);
}

static int look_next(void *state, const struct dfut_outcome *outcome, struct dfut_next *next)
{
	struct look *look = state;
	int result;

	if (!outcome)
		return esp_serial_core_connect(&look->core, next);
	if (look->is_leaving)
		return leave(look, outcome, next);
	result = esp_serial_core_run(&look->core, outcome, next);
	if (result > 0)
		result = esp_serial_probe_next(&look->probe, &look->core, next);
	return result > 0 ? looked(look, next) : result;
}

const struct dfut_machine_ops esp_serial_probe_machine = {
	.name = "esp-serial-probe",
	.state_size = sizeof(struct look),
	.begin = look_begin,
	.next = look_next,
};

/* Writing. */

enum step {
	STEP_FOUND,
	STEP_ATTACHED,
	STEP_READY,
	STEP_COMPARING,
	STEP_BEGUN,
	STEP_WRITING,
	STEP_VERIFYING,
};

struct download {
	struct esp_serial_core core;
	const struct dfut_job *job;
	const struct esp_serial_job *own;
	enum step step;
	size_t region;
	uint32_t block; /* of the region, that is to be written next */
	uint64_t done;	/* bytes of the regions before this one that had to be written */
	unsigned int setbacks;
	uint8_t last[ESP_SERIAL_BLOCK]; /* what is not compressed is filled up */
};

static int download_begin(void *state, const struct dfut_job *job)
{
	struct download *download = state;

	download->job = job;
	download->own = job->own;
	esp_serial_core_begin(&download->core, job);
	return 0;
}

static struct esp_serial_region *get_region(const struct download *download)
{
	return &download->own->regions[download->region];
}

static uint32_t count_blocks(const struct esp_serial_region *region)
{
	return ((region->packed ? region->packed_size : region->size) + ESP_SERIAL_BLOCK - 1) / ESP_SERIAL_BLOCK;
}

static void download_progress(const void *state, uint64_t *done, uint64_t *total)
{
	const struct download *download = state;

	*total = 0;
	*done = download->done;
	for (size_t i = 0; i < download->own->region_count; i++)
		*total += download->own->regions[i].is_same ? 0 : download->own->regions[i].size;
	if (download->step == STEP_WRITING)
		*done += (uint64_t)get_region(download)->size * download->block / count_blocks(get_region(download));
	if (download->step == STEP_VERIFYING)
		*done += get_region(download)->size;
}

static enum dfut_session_state download_phase(const void *state)
{
	const struct download *download = state;

	return download->step <= STEP_COMPARING ? DFUT_SESSION_COMPARING :
	       download->step == STEP_VERIFYING ? DFUT_SESSION_VERIFYING :
						  DFUT_SESSION_DOWNLOADING;
}

static int ask(struct download *download, enum step step, const struct esp_serial_request *request,
	       struct dfut_next *next)
{
	download->step = step;
	return esp_serial_core_ask(&download->core, request, next);
}

static int ask_md5(struct download *download, enum step step, struct dfut_next *next)
{
	const struct esp_serial_region *region = get_region(download);
	struct esp_serial_request request = esp_serial_ask_md5(region->address, region->size);

	return ask(download, step, &request, next);
}

static bool is_same(const struct download *download)
{
	const struct esp_serial_reply *reply = &download->core.reply;

	return reply->payload_size == ESP_SERIAL_MD5_SIZE &&
	       memcmp(reply->payload, get_region(download)->md5, ESP_SERIAL_MD5_SIZE) == 0;
}

/* The first from here on that has to be written; what is compressed is erased in whole blocks. */
static int begin_region(struct download *download, struct dfut_next *next)
{
	const struct esp_serial_region *region;
	struct esp_serial_request request;
	uint32_t size;

	while (download->region < download->own->region_count && get_region(download)->is_same)
		download->region++;
	if (download->region == download->own->region_count)
		return dfut_next_done(next, DFUT_END_STAYS);
	region = get_region(download);
	size = region->packed ? (region->size + ESP_SERIAL_BLOCK - 1) / ESP_SERIAL_BLOCK * ESP_SERIAL_BLOCK :
				region->size;
	request = esp_serial_begin_write(region->packed != NULL, region->address, size, count_blocks(region));
	download->block = 0;
	return ask(download, STEP_BEGUN, &request, next);
}

static int compare(struct download *download, struct dfut_next *next)
{
	if (download->own->compare && download->region < download->own->region_count)
		return ask_md5(download, STEP_COMPARING, next);
	download->region = 0;
	return begin_region(download, next);
}

static const uint8_t *fill_up(struct download *download, uint32_t offset)
{
	const struct esp_serial_region *region = get_region(download);
	uint32_t left = region->size - offset;

	if (left >= ESP_SERIAL_BLOCK)
		return region->data + offset;
	memset(download->last, 0xff, sizeof(download->last));
	memcpy(download->last, region->data + offset, left);
	return download->last;
}

static int write_block(struct download *download, struct dfut_next *next)
{
	const struct esp_serial_region *region = get_region(download);
	uint32_t offset = download->block * ESP_SERIAL_BLOCK;
	struct esp_serial_request request;
	uint32_t left;

	if (!region->packed) {
		request = esp_serial_write_block(false, fill_up(download, offset), ESP_SERIAL_BLOCK, download->block,
						 ESP_SERIAL_BLOCK);
	} else {
		left = region->packed_size - offset;
		request = esp_serial_write_block(true, region->packed + offset,
						 left < ESP_SERIAL_BLOCK ? left : ESP_SERIAL_BLOCK, download->block,
						 region->outs[download->block]);
	}
	request.address = region->address;
	return ask(download, STEP_WRITING, &request, next);
}

static int go_on(struct download *download, struct dfut_next *next)
{
	download->done += get_region(download)->size;
	download->region++;
	download->setbacks = 0;
	return begin_region(download, next);
}

static int set_back(struct download *download, int code, struct dfut_next *next)
{
	if (++download->setbacks > SETBACK_LIMIT)
		return code;
	download->step = STEP_READY;
	return esp_serial_core_find_back(&download->core, next);
}

static int refuse_difference(struct download *download, struct dfut_next *next)
{
	const struct esp_serial_region *region = get_region(download);

	dfut_fail(download->job->failure, DFUT_ERROR_VERIFY,
		  "the MD5 of the flash at 0x%" PRIx32 " to 0x%" PRIx32 " is not that of what was written there",
		  region->address, region->address + region->size - 1);
	dfut_hint(download->job->failure,
		  "run it again; if it stays so, the flash is smaller than the image, write-protected or worn out");
	return set_back(download, DFUT_ERROR_VERIFY, next);
}

static int written(struct download *download, struct dfut_next *next)
{
	if (++download->block < count_blocks(get_region(download)))
		return write_block(download, next);
	return download->own->verify ? ask_md5(download, STEP_VERIFYING, next) : go_on(download, next);
}

static int answered(struct download *download, struct dfut_next *next)
{
	struct esp_serial_request request;

	switch (download->step) {
	case STEP_FOUND:
		request = esp_serial_attach();
		return ask(download, STEP_ATTACHED, &request, next);
	case STEP_ATTACHED:
		request = esp_serial_set_parameters(download->own->flash_size);
		return ask(download, STEP_READY, &request, next);
	case STEP_READY:
		return download->setbacks ? begin_region(download, next) : compare(download, next);
	case STEP_COMPARING:
		get_region(download)->is_same = is_same(download);
		download->region++;
		return compare(download, next);
	case STEP_BEGUN:
		return write_block(download, next);
	case STEP_WRITING:
		return written(download, next);
	case STEP_VERIFYING:
		return is_same(download) ? go_on(download, next) : refuse_difference(download, next);
	}
	return DFUT_ERROR_PROTOCOL;
}

static int download_next(void *state, const struct dfut_outcome *outcome, struct dfut_next *next)
{
	struct download *download = state;
	int result;

	if (!outcome)
		return esp_serial_core_connect(&download->core, next);
	result = esp_serial_core_run(&download->core, outcome, next);
	if (result > 0)
		return answered(download, next);
	if (result == 0 || result == DFUT_ERROR_GONE || download->step < STEP_BEGUN)
		return result;
	return set_back(download, result, next);
}

const struct dfut_machine_ops esp_serial_download_machine = {
	.name = "esp-serial-download",
	.state_size = sizeof(struct download),
	.begin = download_begin,
	.next = download_next,
	.progress = download_progress,
	.phase = download_phase,
};
