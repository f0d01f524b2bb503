/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/*
 * The legs of an update by DfuSe: compare what the memory holds with the image, erase and write the sectors that differ,
 * read those back, start the application.
 */

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "protocol/dfuse-layout.h"
#include "update.h"

struct sector {
	uint32_t address;
	uint32_t size;
	bool can_erase;
	bool differs;
};

struct dfut_dfuse {
	struct dfuse_layout layout;
	uint8_t interface;
	uint8_t alternate;
	struct dfut_range *image;	/* what is to be there, by address */
	size_t image_count;
	struct sector *sectors;		/* those that the image touches, by address */
	size_t sector_count;
	struct dfut_range *written;	/* the parts of the image in sectors that differ */
	size_t written_count;
	uint32_t *erases;
	size_t erase_count;
	const struct dfut_range *compared; /* where the comparison is: this range, at this offset */
	size_t offset;
	size_t sector;
	bool has_compared;
};

void dfut_dfuse_free(struct dfut_dfuse *dfuse)
{
	if (!dfuse)
		return;
	free(dfuse->image);
	free(dfuse->sectors);
	free(dfuse->written);
	free(dfuse->erases);
	free(dfuse);
}

/* Which memory: the one that was chosen, that the file names, or that has the image's addresses. */

static bool has_layout(const struct dfut_session *session, size_t index, struct dfuse_layout *layout)
{
	const struct dfut_descriptors *descriptors = &session->device->descriptors;
	const struct dfut_interface *interface = &descriptors->interfaces[index];

	return descriptors->dfu_index >= 0 && interface->number == descriptors->interfaces[descriptors->dfu_index].number &&
	       dfuse_layout_parse(layout, interface->name);
}

static int find_memory(struct dfut_session *session, uint32_t address, struct dfuse_layout *layout)
{
	struct dfuse_sector sector;

	for (size_t i = 0; i < session->device->descriptors.interface_count; i++)
		if (has_layout(session, i, layout) && dfuse_layout_find(layout, address, &sector) &&
		    sector.access & DFUSE_WRITE)
			return (int)i;
	return dfut_fail_check(&session->failure, DFUT_ERROR_MISMATCH, DFUT_CHECK_MEMORY_MAP,
			       "the device has no memory at 0x%08" PRIx32 " that can be written", address);
}

static int need_address(struct dfut_session *session)
{
	struct dfuse_layout layout;

	dfut_fail(&session->failure, DFUT_ERROR_USAGE, "the image has no address, and the device does not decide where it goes");
	for (size_t i = 0; i < session->device->descriptors.interface_count; i++) {
		if (!has_layout(session, i, &layout))
			continue;
		dfut_hint(&session->failure, "give one: %s begins at 0x%08" PRIx32, layout.name, layout.runs[0].address);
		break;
	}
	return DFUT_ERROR_USAGE;
}

static int choose_memory(struct dfut_session *session, struct dfuse_layout *layout)
{
	struct dfut_device *device = session->device;
	struct dfut_segment segment;
	char number[16];
	int index;

	if (dfut_image_get_segment(session->image, 0, &segment) < 0 || !segment.has_address)
		return need_address(session);
	if (!session->alternate && segment.alternate < 0)
		return find_memory(session, segment.address, layout);
	snprintf(number, sizeof(number), "%d", segment.alternate);
	index = dfut_device_find_alternate(device, session->alternate ? session->alternate : number, &session->failure);
	if (index < 0)
		return index;
	if (!has_layout(session, (size_t)index, layout))
		return dfut_fail(&session->failure, DFUT_ERROR_PROTOCOL,
				 "alternate setting %u does not tell its memory layout: \"%s\"",
				 device->descriptors.interfaces[index].alternate,
				 device->descriptors.interfaces[index].name ? device->descriptors.interfaces[index].name : "");
	return index;
}

/* The image as ranges and sectors. */

static int compare_ranges(const void *a, const void *b)
{
	const struct dfut_range *left = a;
	const struct dfut_range *right = b;

	return left->address < right->address ? -1 : left->address > right->address;
}

static int check_range(struct dfut_session *session, const struct dfut_range *range)
{
	const struct dfuse_layout *layout = &session->dfuse->layout;
	uint32_t gap;

	if (session->force & DFUT_CHECK_MEMORY_MAP ||
	    !dfuse_layout_find_gap(layout, range->address, range->size, DFUSE_WRITE, &gap))
		return 0;
	return dfut_fail_check(&session->failure, DFUT_ERROR_MISMATCH, DFUT_CHECK_MEMORY_MAP,
			       "the image goes from 0x%08" PRIx32 " to 0x%08" PRIx64 ", but 0x%08" PRIx32
			       " is not in \"%s\", or can't be written",
			       range->address, range->address + (uint64_t)range->size - 1, gap, layout->name);
}

static int take_ranges(struct dfut_session *session)
{
	struct dfut_dfuse *dfuse = session->dfuse;
	size_t count = dfut_image_get_segment_count(session->image);
	int alternate = -1;

	dfuse->image = calloc(count, sizeof(*dfuse->image));
	if (!dfuse->image)
		return dfut_fail_memory(&session->failure);
	for (size_t i = 0; i < count; i++) {
		struct dfut_range *range = &dfuse->image[i];
		struct dfut_segment segment;

		dfut_image_get_segment(session->image, i, &segment);
		if (!segment.has_address)
			return need_address(session);
		if (i && segment.alternate != alternate)
			return dfut_fail(&session->failure, DFUT_ERROR_UNSUPPORTED,
					 "the image is for several memories, which have to be written one by one");
		alternate = segment.alternate;
		*range = (struct dfut_range){ segment.address, segment.data, segment.size };
		if (check_range(session, range) < 0)
			return session->failure.code;
	}
	dfuse->image_count = count;
	qsort(dfuse->image, count, sizeof(*dfuse->image), compare_ranges);
	return 0;
}

/* Erased option bytes mean read protection, which shuts the host out before it has written them. */
static bool is_for_option_bytes(const struct dfuse_layout *layout)
{
	return strncmp(layout->name, "Option", 6) == 0;
}

static int add_sector(struct dfut_session *session, const struct dfuse_sector *found)
{
	struct dfut_dfuse *dfuse = session->dfuse;
	bool can_erase = found->access & DFUSE_ERASE && !is_for_option_bytes(&dfuse->layout);
	void *grown;

	if (dfuse->sector_count && dfuse->sectors[dfuse->sector_count - 1].address == found->address)
		return 0;
	grown = realloc(dfuse->sectors, (dfuse->sector_count + 1) * sizeof(*dfuse->sectors));
	if (!grown)
		return dfut_fail_memory(&session->failure);
	dfuse->sectors = grown;
	dfuse->sectors[dfuse->sector_count++] =
		(struct sector){ found->address, found->size, can_erase, true };
	return 0;
}

static int take_sectors(struct dfut_session *session)
{
	struct dfut_dfuse *dfuse = session->dfuse;

	for (size_t i = 0; i < dfuse->image_count; i++) {
		uint64_t end = dfuse->image[i].address + (uint64_t)dfuse->image[i].size;
		struct dfuse_sector found;

		for (uint64_t at = dfuse->image[i].address; at < end; at = (uint64_t)found.address + found.size) {
			/* Forced past the memory map: where nothing is known, nothing is erased. */
			if (!dfuse_layout_find(&dfuse->layout, (uint32_t)at, &found))
				found = (struct dfuse_sector){ (uint32_t)at, (uint32_t)(end - at), 0 };
			if (add_sector(session, &found) < 0)
				return session->failure.code;
		}
	}
	return 0;
}

/* Once the bootloader is there. */
static int resolve(struct dfut_session *session)
{
	const struct dfut_interface *interface;
	struct dfuse_layout layout;
	int index;

	if (session->dfuse)
		return 0;
	/* What could only be supposed of the application's bootloader. */
	if (dfut_image_check(session->image, session->device, session->alternate, session->force) < 0) {
		session->failure = session->context->failure;
		return session->failure.code;
	}
	index = choose_memory(session, &layout);
	if (index < 0)
		return index;
	session->dfuse = calloc(1, sizeof(*session->dfuse));
	if (!session->dfuse)
		return dfut_fail_memory(&session->failure);
	interface = &session->device->descriptors.interfaces[index];
	session->dfuse->layout = layout;
	session->dfuse->interface = interface->number;
	session->dfuse->alternate = interface->alternate;
	if (take_ranges(session) < 0 || take_sectors(session) < 0) {
		dfut_dfuse_free(session->dfuse);
		session->dfuse = NULL;
		return session->failure.code;
	}
	return 0;
}

static int fill_job(struct dfut_session *session, struct dfut_job *job)
{
	if (dfut_protocol_need(session) < 0 || resolve(session) < 0)
		return session->failure.code;
	job->interface = session->dfuse->interface;
	job->alternate = session->dfuse->alternate;
	job->has_alternates = dfut_device_count_alternates(session->device) > 1;
	job->start = session->dfuse->image[0].address;
	return 0;
}

/* Compare. */

static bool compare_is_wanted(struct dfut_session *session)
{
	if (session->erase == DFUT_ERASE_NEEDED)
		return true;
	return session->erase == DFUT_ERASE_AUTO && dfut_session_can(session, DFUT_DFU_CAN_UPLOAD);
}

/* Bytes come in the order of the ranges; a sector differs if one of them does. */
static int mark_sectors(const uint8_t *data, size_t size, void *user_data)
{
	struct dfut_session *session = user_data;
	struct dfut_dfuse *dfuse = session->dfuse;

	for (size_t i = 0; i < size; i++) {
		const struct dfut_range *range = dfuse->compared;
		uint32_t address = range->address + (uint32_t)dfuse->offset;
		struct sector *sector = &dfuse->sectors[dfuse->sector];

		while (address - sector->address >= sector->size)
			sector = &dfuse->sectors[++dfuse->sector];
		sector->differs = sector->differs || range->data[dfuse->offset] != data[i];
		if (++dfuse->offset == range->size) {
			dfuse->compared++;
			dfuse->offset = 0;
		}
	}
	return 0;
}

static int prepare_compare(struct dfut_session *session, struct dfut_job *job, const struct dfut_machine_ops **machine)
{
	struct dfut_dfuse *dfuse;

	if (fill_job(session, job) < 0)
		return session->failure.code;
	dfuse = session->dfuse;
	for (size_t i = 0; i < dfuse->sector_count; i++)
		dfuse->sectors[i].differs = false;
	dfuse->compared = dfuse->image;
	dfuse->offset = 0;
	dfuse->sector = 0;
	job->ranges = dfuse->image;
	job->range_count = dfuse->image_count;
	job->writer = mark_sectors;
	job->writer_data = session;
	*machine = &dfut_dfuse_read_machine;
	return 0;
}

static int judge_compare(struct dfut_session *session, int code)
{
	struct dfut_dfuse *dfuse = session->dfuse;
	size_t differ = 0;

	/* Not readable after all: then everything is written. */
	if ((code == DFUT_ERROR_DEVICE || code == DFUT_ERROR_PROTOCOL) && session->erase == DFUT_ERASE_AUTO) {
		for (size_t i = 0; i < dfuse->sector_count; i++)
			dfuse->sectors[i].differs = true;
		dfut_failure_clear(&session->failure);
		return 0;
	}
	if (code < 0)
		return code;
	for (size_t i = 0; i < dfuse->sector_count; i++)
		differ += dfuse->sectors[i].differs;
	dfut_context_log(session->context, DFUT_LOG_INFO, "%s: %zu of %zu sectors differ", session->device->path, differ,
			 dfuse->sector_count);
	dfuse->has_compared = true;
	session->unchanged = differ == 0;
	return 0;
}

/* Download. */

static bool download_is_wanted(struct dfut_session *session)
{
	if (!session->unchanged)
		return true;
	session->verified = DFUT_VERIFIED_YES;
	return false;
}

/* The part of a range that lies in a run of sectors which differ becomes a range of its own. */
static size_t split_range(const struct dfut_dfuse *dfuse, const struct dfut_range *range, struct dfut_range *out)
{
	uint64_t end = range->address + (uint64_t)range->size;
	size_t count = 0;
	bool joined = false;

	for (size_t i = 0; i < dfuse->sector_count; i++) {
		const struct sector *sector = &dfuse->sectors[i];
		uint64_t from = sector->address > range->address ? sector->address : range->address;
		uint64_t to = sector->address + (uint64_t)sector->size < end ? sector->address + (uint64_t)sector->size : end;

		if (from >= to || !sector->differs) {
			joined = false;
			continue;
		}
		if (joined) {
			out[count - 1].size += (size_t)(to - from);
			continue;
		}
		out[count++] = (struct dfut_range){ (uint32_t)from, range->data + (from - range->address), (size_t)(to - from) };
		joined = true;
	}
	return count;
}

static int plan_writing(struct dfut_session *session)
{
	struct dfut_dfuse *dfuse = session->dfuse;

	free(dfuse->written);
	free(dfuse->erases);
	dfuse->written_count = 0;
	dfuse->erase_count = 0;
	dfuse->written = calloc(dfuse->image_count + dfuse->sector_count, sizeof(*dfuse->written));
	dfuse->erases = calloc(dfuse->sector_count + 1, sizeof(*dfuse->erases));
	if (!dfuse->written || !dfuse->erases)
		return dfut_fail_memory(&session->failure);
	for (size_t i = 0; i < dfuse->image_count; i++)
		dfuse->written_count += split_range(dfuse, &dfuse->image[i], dfuse->written + dfuse->written_count);
	for (size_t i = 0; i < dfuse->sector_count; i++)
		if (dfuse->sectors[i].differs && dfuse->sectors[i].can_erase)
			dfuse->erases[dfuse->erase_count++] = dfuse->sectors[i].address;
	return 0;
}

static int prepare_download(struct dfut_session *session, struct dfut_job *job, const struct dfut_machine_ops **machine)
{
	if (fill_job(session, job) < 0 || plan_writing(session) < 0)
		return session->failure.code;
	job->ranges = session->dfuse->written;
	job->range_count = session->dfuse->written_count;
	job->mass_erase = session->erase == DFUT_ERASE_MASS;
	job->erases = session->dfuse->erases;
	job->erase_count = job->mass_erase ? 0 : session->dfuse->erase_count;
	*machine = &dfut_dfuse_download_machine;
	return 0;
}

/* Verify what was written; the comparison has seen the rest. */

static bool verify_is_wanted(struct dfut_session *session)
{
	if (session->verify == DFUT_VERIFY_NEVER || session->unchanged)
		return false;
	if (dfut_session_can(session, DFUT_DFU_CAN_UPLOAD))
		return true;
	dfut_session_note_unverified(session, "the device does not allow reading back");
	return session->verify == DFUT_VERIFY_ALWAYS;
}

static int compare_bytes(const uint8_t *data, size_t size, void *user_data)
{
	struct dfut_session *session = user_data;
	struct dfut_dfuse *dfuse = session->dfuse;

	for (size_t i = 0; i < size; i++) {
		const struct dfut_range *range = dfuse->compared;

		if (range->data[dfuse->offset] != data[i]) {
			dfut_fail(&session->failure, DFUT_ERROR_VERIFY,
				  "read back differs at 0x%08" PRIx32 ": 0x%02x was written, 0x%02x is there",
				  range->address + (uint32_t)dfuse->offset, range->data[dfuse->offset], data[i]);
			dfut_hint(&session->failure, "if it stays so, the sector is write-protected, which the part does not report");
			return DFUT_ERROR_VERIFY;
		}
		if (++dfuse->offset == range->size) {
			dfuse->compared++;
			dfuse->offset = 0;
		}
	}
	return 0;
}

static int prepare_verify(struct dfut_session *session, struct dfut_job *job, const struct dfut_machine_ops **machine)
{
	if (fill_job(session, job) < 0)
		return session->failure.code;
	session->dfuse->compared = session->dfuse->written;
	session->dfuse->offset = 0;
	job->ranges = session->dfuse->written;
	job->range_count = session->dfuse->written_count;
	job->writer = compare_bytes;
	job->writer_data = session;
	*machine = &dfut_dfuse_read_machine;
	return 0;
}

static int judge_verify(struct dfut_session *session, int code)
{
	if (code == 0)
		session->verified = DFUT_VERIFIED_YES;
	if (code != DFUT_ERROR_DEVICE || session->verify != DFUT_VERIFY_AUTO)
		return code;
	dfut_session_note_unverified(session, "the device refuses to be read");
	dfut_failure_clear(&session->failure);
	return 0;
}

/* Restart. */

static int prepare_restart(struct dfut_session *session, struct dfut_job *job, const struct dfut_machine_ops **machine)
{
	if (fill_job(session, job) < 0)
		return session->failure.code;
	*machine = &dfut_dfuse_leave_machine;
	return 0;
}

static void add_steps(struct dfut_session *session)
{
	size_t size = dfut_image_get_size(session->image);
	/* An application does not tell what memories its bootloader has. */
	size_t sectors = session->dfuse ? session->dfuse->sector_count : 0;
	uint32_t time_ms = (uint32_t)(30000 + sectors * 4000 + size / 16);

	if (compare_is_wanted(session))
		dfut_session_add_step(session, DFUT_SESSION_COMPARING, size, 10000 + (uint32_t)(size / 16),
				      "read %zu bytes to see which sectors differ", size);
	if (session->erase == DFUT_ERASE_MASS)
		dfut_session_add_step(session, DFUT_SESSION_DOWNLOADING, size, time_ms, "erase the whole memory, write %zu bytes",
				      size);
	else if (!session->dfuse)
		dfut_session_add_step(session, DFUT_SESSION_DOWNLOADING, size, time_ms,
				      "erase and write the sectors that the image touches%s",
				      compare_is_wanted(session) ? ", where they differ" : "");
	else
		dfut_session_add_step(session, DFUT_SESSION_DOWNLOADING, size, time_ms,
				      compare_is_wanted(session) ? "erase and write the sectors that differ, of %zu" :
								   "erase and write %zu sectors", sectors);
	if (session->verify != DFUT_VERIFY_NEVER)
		dfut_session_add_step(session, DFUT_SESSION_VERIFYING, size, 10000 + (uint32_t)(size / 16),
				      "read back what was written, and compare");
	dfut_session_add_step(session, DFUT_SESSION_RESTARTING, 0, 2 * session->return_timeout_ms, "start the application");
}

int dfut_dfuse_plan_update(struct dfut_session *session)
{
	static const struct dfut_leg legs[] = {
		{ DFUT_SESSION_TRIGGERING, DFUT_MODE_BOOTLOADER, NULL, NULL, NULL },
		{ DFUT_SESSION_COMPARING, DFUT_MODE_BOOTLOADER, compare_is_wanted, prepare_compare, judge_compare },
		{ DFUT_SESSION_DOWNLOADING, DFUT_MODE_BOOTLOADER, download_is_wanted, prepare_download, NULL },
		{ DFUT_SESSION_VERIFYING, DFUT_MODE_BOOTLOADER, verify_is_wanted, prepare_verify, judge_verify },
		{ DFUT_SESSION_RESTARTING, DFUT_MODE_BOOTLOADER, dfut_session_restart_is_wanted, prepare_restart, NULL },
	};

	if (session->device->mode == DFUT_MODE_BOOTLOADER && resolve(session) < 0)
		return session->failure.code;
	if (dfut_session_plan_trigger(session) < 0)
		return session->failure.code;
	for (size_t i = 0; i < DFUT_COUNT(legs); i++)
		dfut_session_add_leg(session, &legs[i]);
	add_steps(session);
	return 0;
}

/* Upload: the memory from its beginning, as far as it is one piece. */
int dfut_dfuse_prepare_upload(struct dfut_session *session, struct dfut_job *job, const struct dfut_machine_ops **machine)
{
	struct dfuse_layout layout;
	uint64_t size = 0;
	int index = dfut_dfu_resolve_alternate(session);

	if (index < 0)
		return index;
	if (!has_layout(session, (size_t)index, &layout))
		return dfut_fail(&session->failure, DFUT_ERROR_PROTOCOL, "the memory does not tell its layout");
	for (size_t i = 0; i < layout.count && layout.runs[i].address == layout.runs[0].address + size; i++)
		size += (uint64_t)layout.runs[i].sector_size * layout.runs[i].count;
	if (session->upload_size && session->upload_size < size)
		size = session->upload_size;
	dfut_dfuse_free(session->dfuse);
	session->dfuse = calloc(1, sizeof(*session->dfuse));
	if (session->dfuse)
		session->dfuse->image = calloc(1, sizeof(*session->dfuse->image));
	if (!session->dfuse || !session->dfuse->image)
		return dfut_fail_memory(&session->failure);
	session->dfuse->image[0] = (struct dfut_range){ layout.runs[0].address, NULL, (size_t)size };
	job->interface = session->device->descriptors.interfaces[index].number;
	job->alternate = session->device->descriptors.interfaces[index].alternate;
	job->has_alternates = dfut_device_count_alternates(session->device) > 1;
	job->ranges = session->dfuse->image;
	job->range_count = 1;
	*machine = &dfut_dfuse_read_machine;
	return 0;
}
