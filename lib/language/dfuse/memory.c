/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* Which memories of a DfuSe device an image goes to, and whether it may. */

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "language/dfuse/plan.h"

#define FOREIGN_IMAGE "is the image for another part, or linked for another address? This one has"

/* Layouts. */

static bool has_quirk(const struct dfut_session *session, enum dfuse_quirk quirk)
{
	return session->device->entry && session->device->entry->quirks & quirk;
}

static bool has_name_of(const struct dfut_interface *first, const struct dfut_interface *interface)
{
	return interface != first && interface->number == first->number && first->name &&
	       strcmp(first->name, interface->name) == 0;
}

bool dfuse_get_layout(const struct dfut_session *session, const struct dfut_interface *interface,
		      struct dfuse_layout *layout)
{
	const struct dfut_interface *first = session->device->descriptors.dfu_interface;

	if (!dfut_place_has(&session->place, interface) || !dfuse_layout_parse(layout, interface->name) ||
	    !dfut_device_is_memory(session->device, interface))
		return false;
	if (has_quirk(session, DFUSE_QUIRK_SAME_NAMES) && has_name_of(first, interface))
		return false;
	if (has_quirk(session, DFUSE_QUIRK_GD32_SERIAL))
		dfuse_layout_take_gd32(layout, dfut_device_get_serial_number(session->device));
	if (has_quirk(session, DFUSE_QUIRK_FEATURE_LETTER) && strncmp(layout->name, "Device Feature", 14) == 0)
		for (size_t i = 0; i < layout->count; i++)
			layout->runs[i].access = DFUSE_READ | DFUSE_WRITE;
	return true;
}

static enum dfuse_kind get_kind(const struct dfuse_layout *layout)
{
	if (strncmp(layout->name, "Option", 6) == 0)
		return DFUSE_KIND_OPTION_BYTES;
	return strncmp(layout->name, "OTP", 3) == 0 ? DFUSE_KIND_ONE_TIME : DFUSE_KIND_PLAIN;
}

int dfuse_refuse_layout(struct dfut_session *session, const struct dfut_interface *interface)
{
	struct dfuse_layout layout;
	char text[16];

	dfut_device_describe_alternate(session->device, interface, text, sizeof(text));
	if (dfuse_layout_parse(&layout, interface->name))
		return dfut_fail(
			&session->failure, DFUT_ERROR_PROTOCOL,
			"alternate setting %s has the name of the first one, so that its addresses are not known: "
			"\"%s\"",
			text, interface->name);
	if (!interface->name || !*interface->name)
		return dfut_fail(&session->failure, DFUT_ERROR_PROTOCOL,
				 "alternate setting %s has no name, which would tell its addresses%s%s", text,
				 session->device->names ? ": " : "", dfut_device_get_missing(session->device));
	return dfut_fail(&session->failure, DFUT_ERROR_PROTOCOL,
			 "alternate setting %s does not tell its memory layout: \"%s\"", text, interface->name);
}

/* Choosing: the memory that was chosen, that the file names, or that has the image's addresses. */

/* One memory as a person finds it in a list; "" if another one is told for it. */
static void tell_memory(const struct dfut_session *session, const struct dfut_interface *interface, char *text,
			size_t size)
{
	struct dfuse_layout layout;
	const struct dfuse_run *last;

	*text = '\0';
	if (!dfuse_get_layout(session, interface, &layout)) {
		if (layout.count == 0 && interface->name && *interface->name)
			snprintf(text, size, "\"%s\", which tells no addresses", interface->name);
		else if (layout.count == 0)
			snprintf(text, size, "a memory without a name");
		return;
	}
	last = &layout.runs[layout.count - 1];
	snprintf(text, size, "\"%s\"%s from 0x%08" PRIx32 " to 0x%08" PRIx32, layout.title,
		 layout.is_whole ? "" : ", which is understood", layout.runs[0].address,
		 last->address + (last->sector_size * last->count - 1));
}

int dfuse_hint_memories(struct dfut_session *session, const char *lead)
{
	char list[800] = "", text[400];
	size_t used = 0;

	for (size_t i = 0; i < session->device->descriptors.interface_count && used < sizeof(list); i++) {
		const struct dfut_interface *interface = &session->device->descriptors.interfaces[i];

		if (!dfut_device_is_memory(session->device, interface))
			continue;
		tell_memory(session, interface, text, sizeof(text));
		if (*text)
			used += (size_t)snprintf(list + used, sizeof(list) - used, "%s%s", used ? ", " : "", text);
	}
	if (used >= sizeof(list))
		memcpy(list + sizeof(list) - sizeof("..."), "...", sizeof("..."));
	if (used)
		dfut_hint(&session->failure, "%s%s%s %s", dfut_device_get_missing(session->device),
			  session->device->names ? "; " : "", lead, list);
	return session->failure.code;
}

static void refuse_twins(struct dfut_session *session, const struct dfut_interface *first,
			 const struct dfut_interface *second, uint32_t address)
{
	char text[2][16];

	dfut_fail(&session->failure, DFUT_ERROR_AMBIGUOUS,
		  "alternate settings %s and %s (\"%s\" and \"%s\") both say that 0x%08" PRIx32
		  " belongs to them: nothing was sent",
		  dfut_device_describe_alternate(session->device, first, text[0], sizeof(text[0])),
		  dfut_device_describe_alternate(session->device, second, text[1], sizeof(text[1])), first->name,
		  second->name, address);
	dfut_hint(&session->failure, "choose one of the alternate settings by its number (--alt)");
}

const struct dfut_interface *dfuse_find_memory(struct dfut_session *session, uint32_t address)
{
	const struct dfut_interface *found = NULL;
	struct dfuse_layout layout;
	struct dfuse_sector sector;

	for (size_t i = 0; i < session->device->descriptors.interface_count; i++) {
		const struct dfut_interface *interface = &session->device->descriptors.interfaces[i];

		if (!dfuse_get_layout(session, interface, &layout) || !dfuse_layout_find(&layout, address, &sector))
			continue;
		if (found) {
			refuse_twins(session, found, interface, address);
			return NULL;
		}
		found = interface;
	}
	if (found)
		return found;
	dfut_fail_check(&session->failure, DFUT_ERROR_MISMATCH, DFUT_CHECK_MEMORY_MAP,
			"the device has no memory at 0x%08" PRIx32, address);
	dfuse_hint_memories(session, session->plan.image ? FOREIGN_IMAGE : "the device has");
	return NULL;
}

static int need_address(struct dfut_session *session)
{
	struct dfuse_layout layout;

	dfut_fail(&session->failure, DFUT_ERROR_USAGE,
		  "the image has no address, and the device does not decide where it goes");
	for (size_t i = 0; i < session->device->descriptors.interface_count; i++) {
		if (!dfuse_get_layout(session, &session->device->descriptors.interfaces[i], &layout))
			continue;
		dfut_hint(&session->failure, "give the image an address (--address): %s begins at 0x%08" PRIx32,
			  layout.title, dfuse_layout_get_start(&layout));
		return DFUT_ERROR_USAGE;
	}
	return dfuse_hint_memories(session, "give the image an address (--address); the device has");
}

static bool get_any_layout(const struct dfut_session *session, size_t index, struct dfuse_layout *layout)
{
	return dfuse_get_layout(session, &session->device->descriptors.interfaces[index], layout);
}

/* Of an alternate setting on the interface that the image goes to. */
static bool get_own_layout(const struct dfut_session *session, size_t index, struct dfuse_layout *layout)
{
	const struct dfut_interface *interface = &session->device->descriptors.interfaces[index];

	return interface->number == session->plan.interface && dfuse_get_layout(session, interface, layout);
}

typedef bool (*layout_getter)(const struct dfut_session *session, size_t index, struct dfuse_layout *layout);

/* The first memory that is a flash. False if there is none. */
static bool find_flash(const struct dfut_session *session, layout_getter get_layout, struct dfuse_layout *layout)
{
	for (size_t i = 0; i < session->device->descriptors.interface_count; i++) {
		struct dfuse_sector sector;

		if (get_layout(session, i, layout) && get_kind(layout) == DFUSE_KIND_PLAIN &&
		    dfuse_layout_find(layout, dfuse_layout_get_start(layout), &sector) && sector.access & DFUSE_ERASE)
			return true;
	}
	return false;
}

static void get_segment(const struct dfut_session *session, size_t index, struct dfut_segment *segment)
{
	const struct dfut_entry *entry = session->device->entry;
	struct dfuse_layout layout;

	dfut_image_find_segment(session->plan.image, index, segment);
	if (!segment->has_address && session->plan.raw_at_start && find_flash(session, get_any_layout, &layout)) {
		segment->has_address = true;
		segment->address = layout.runs[0].address;
	}
	if (!segment->has_address && entry && entry->slots.has_start && !session->alternate) {
		segment->has_address = true;
		segment->address = entry->slots.start;
	}
}

static const struct dfut_interface *choose_alternate(struct dfut_session *session, const struct dfut_segment *segment,
						     const struct dfut_interface *beside)
{
	struct dfut_place place = session->place;
	if (!segment->has_address) {
		need_address(session);
		return NULL;
	}
	if (segment->alternate < 0)
		return dfuse_find_memory(session, segment->address);
	if (beside)
		place.interface = beside->number;
	return dfut_device_find_number(session->device, &place, segment->alternate, &session->failure);
}

static struct dfuse_memory *add_memory(struct dfut_session *session, const struct dfut_interface *interface)
{
	struct dfuse_work *dfuse = dfuse_get_work(session);
	struct dfuse_memory *memory = &dfuse->memories[dfuse->memory_count];

	for (size_t i = 0; i < dfuse->memory_count; i++)
		if (session->plan.interface == interface->number &&
		    dfuse->memories[i].alternate == interface->alternate)
			return &dfuse->memories[i];
	if (dfuse->memory_count && session->plan.interface != interface->number) {
		dfut_fail(&session->failure, DFUT_ERROR_UNSUPPORTED,
			  "the image is for memories of interface %u and of interface %u: nothing was sent",
			  session->plan.interface, interface->number);
		dfut_hint(&session->failure, "choose a memory, and do one after the other");
		return NULL;
	}
	if (dfuse->memory_count == DFUSE_MEMORY_LIMIT) {
		dfut_fail(&session->failure, DFUT_ERROR_UNSUPPORTED, "the image is for more than %d memories",
			  DFUSE_MEMORY_LIMIT);
		return NULL;
	}
	if (!dfuse_get_layout(session, interface, &memory->layout)) {
		dfuse_refuse_layout(session, interface);
		return NULL;
	}
	memory->alternate = interface->alternate;
	memory->kind = get_kind(&memory->layout);
	session->plan.has_interface = true;
	session->plan.interface = interface->number;
	dfuse->memory_count++;
	return memory;
}

/* Judging. */

static int refuse_protected(struct dfut_session *session, const struct dfuse_memory *memory, uint32_t address,
			    const char *who)
{
	dfut_fail_check(&session->failure, DFUT_ERROR_MISMATCH, DFUT_CHECK_MEMORY_MAP,
			"the sector at 0x%08" PRIx32 " is write-protected, as %s, in \"%s\": nothing was changed",
			address, who, memory->layout.title);
	dfut_hint(&session->failure,
		  "take the write protection off, by the part's option bytes, or leave what is there out of "
		  "the image");
	return DFUT_ERROR_MISMATCH;
}

static int check_one_time(struct dfut_session *session, const struct dfuse_memory *memory,
			  const struct dfuse_range *range)
{
	dfut_fail_check(&session->failure, DFUT_ERROR_MISMATCH, DFUT_CHECK_MEMORY_MAP,
			"0x%08" PRIx32 " is in memory that can be written only once, \"%s\": nothing was sent",
			range->address, memory->layout.title);
	dfut_hint(&session->failure,
		  "if that is what you want, force the check \"memory-map\"; bits that are 0 there stay 0");
	return DFUT_ERROR_MISMATCH;
}

static int check_range(struct dfut_session *session, const struct dfuse_memory *memory, const struct dfuse_range *range)
{
	struct dfuse_sector sector;
	uint32_t gap;

	if (session->force & DFUT_CHECK_MEMORY_MAP)
		return 0;
	if (memory->kind == DFUSE_KIND_ONE_TIME)
		return check_one_time(session, memory, range);
	if (!dfuse_layout_find_gap(&memory->layout, range->address, range->size, DFUSE_WRITE, &gap))
		return 0;
	if (dfuse_layout_find(&memory->layout, gap, &sector))
		return refuse_protected(session, memory, gap, "its layout says");
	dfut_fail_check(&session->failure, DFUT_ERROR_MISMATCH, DFUT_CHECK_MEMORY_MAP,
			"the image goes from 0x%08" PRIx32 " to 0x%08" PRIx64 ", but 0x%08" PRIx32 " is not in \"%s\"",
			range->address, range->address + (uint64_t)range->size - 1, gap, memory->layout.title);
	return dfuse_hint_memories(session, FOREIGN_IMAGE);
}

int dfuse_check_protection(struct dfut_session *session)
{
	const struct dfuse_work *dfuse = dfuse_get_work(session);

	if (session->force & DFUT_CHECK_MEMORY_MAP)
		return 0;
	for (size_t i = 0; i < dfuse->sector_count; i++) {
		const struct dfuse_place *sector = &dfuse->sectors[i];

		if (sector->differs && sector->memory->kind == DFUSE_KIND_PLAIN && sector->can_erase &&
		    dfuse_options_protect(&dfuse->protection, &sector->memory->layout, sector->address))
			return refuse_protected(session, sector->memory, sector->address, "the option bytes say");
	}
	return 0;
}

/* The image as ranges and sectors. */

static int compare_ranges(const void *a, const void *b)
{
	const struct dfuse_range *left = a;
	const struct dfuse_range *right = b;

	return left->address < right->address ? -1 : left->address > right->address;
}

static bool has_several_targets(const struct dfut_image *image)
{
	struct dfut_segment first, segment;

	dfut_image_find_segment(image, 0, &first);
	for (size_t i = 1; i < dfut_image_get_segment_count(image); i++)
		if (dfut_image_find_segment(image, i, &segment) && segment.alternate != first.alternate)
			return true;
	return false;
}

static int take_segment(struct dfut_session *session, const struct dfut_segment *segment,
			const struct dfut_interface *interface)
{
	struct dfuse_work *dfuse = dfuse_get_work(session);
	struct dfuse_range *range = &dfuse->image[dfuse->image_count];
	const struct dfuse_memory *memory;

	if (!segment->has_address)
		return need_address(session);
	memory = add_memory(session, interface);
	if (!memory)
		return session->failure.code;
	*range = (struct dfuse_range){ segment->address, segment->data, segment->size, memory->alternate };
	dfuse->image_count++;
	return check_range(session, memory, range);
}

/* Each target goes to its alternate setting, or only the one that was chosen. */
static int take_targets(struct dfut_session *session)
{
	const struct dfut_interface *wanted = NULL;

	if (session->alternate) {
		wanted = dfut_device_find_alternate(session->device, &session->place, session->alternate,
						    &session->failure);
		if (!wanted)
			return session->failure.code;
	}
	for (size_t i = 0; i < dfut_image_get_segment_count(session->plan.image); i++) {
		const struct dfut_interface *memory;
		struct dfut_segment segment;

		get_segment(session, i, &segment);
		memory = choose_alternate(session, &segment, wanted);
		if (!memory)
			return session->failure.code;
		if ((!wanted || memory == wanted) && take_segment(session, &segment, memory) < 0)
			return session->failure.code;
	}
	if (dfuse_get_work(session)->image_count)
		return 0;
	return dfut_fail(&session->failure, DFUT_ERROR_MISMATCH, "the file has no data for alternate setting %s",
			 session->alternate);
}

/* All of an image without targets goes to the memory that its beginning goes to. */
static int take_segments(struct dfut_session *session)
{
	const struct dfut_interface *memory;
	struct dfut_segment segment;

	if (has_several_targets(session->plan.image))
		return take_targets(session);
	get_segment(session, 0, &segment);
	if (!segment.has_address)
		return need_address(session);
	memory = session->alternate ? dfut_device_find_alternate(session->device, &session->place, session->alternate,
								 &session->failure) :
				      choose_alternate(session, &segment, NULL);
	for (size_t i = 0; i < dfut_image_get_segment_count(session->plan.image) && memory; i++) {
		get_segment(session, i, &segment);
		if (take_segment(session, &segment, memory) < 0)
			return session->failure.code;
	}
	return memory ? 0 : session->failure.code;
}

static void sort_memory(struct dfuse_work *dfuse, const struct dfuse_memory *memory, struct dfuse_range *out,
			size_t *at)
{
	size_t first = *at;

	for (size_t i = 0; i < dfuse->image_count; i++)
		if (dfuse->image[i].alternate == memory->alternate)
			out[(*at)++] = dfuse->image[i];
	qsort(out + first, *at - first, sizeof(*out), compare_ranges);
}

/* Memory by memory, those last that make the part reset itself. */
static int sort_ranges(struct dfut_session *session)
{
	struct dfuse_work *dfuse = dfuse_get_work(session);
	struct dfuse_range *sorted = calloc(dfuse->image_count, sizeof(*sorted));
	size_t at = 0;

	if (!sorted)
		return dfut_fail_memory(&session->failure);
	for (int resets = 0; resets < 2; resets++)
		for (size_t i = 0; i < dfuse->memory_count; i++)
			if ((dfuse->memories[i].kind == DFUSE_KIND_OPTION_BYTES) == resets)
				sort_memory(dfuse, &dfuse->memories[i], sorted, &at);
	free(dfuse->image);
	dfuse->image = sorted;
	return 0;
}

static int grow_sectors(struct dfuse_work *dfuse)
{
	size_t room = dfuse->sector_room ? 2 * dfuse->sector_room : 16;
	struct dfuse_place *grown = realloc(dfuse->sectors, room * sizeof(*grown));

	if (!grown)
		return DFUT_ERROR_NO_MEMORY;
	dfuse->sectors = grown;
	dfuse->sector_room = room;
	return 0;
}

static int add_sector(struct dfut_session *session, const struct dfuse_memory *memory, const struct dfuse_sector *found)
{
	struct dfuse_work *dfuse = dfuse_get_work(session);
	const struct dfuse_place *last = dfuse->sector_count ? &dfuse->sectors[dfuse->sector_count - 1] : NULL;
	/* Erased option bytes mean read protection, which shuts the host out before it has written them. */
	bool can_erase = found->access & DFUSE_ERASE && memory->kind == DFUSE_KIND_PLAIN;

	if (last && last->memory == memory && last->address == found->address)
		return 0;
	if (dfuse->sector_count == dfuse->sector_room && grow_sectors(dfuse) < 0)
		return dfut_fail_memory(&session->failure);
	dfuse->sectors[dfuse->sector_count++] = (struct dfuse_place){ found->address, found->size, memory, can_erase,
								      true };
	return 0;
}

const struct dfuse_memory *dfuse_get_memory(const struct dfuse_work *dfuse, uint8_t alternate)
{
	size_t i = 0;

	while (i + 1 < dfuse->memory_count && dfuse->memories[i].alternate != alternate)
		i++;
	return &dfuse->memories[i];
}

static int take_sectors(struct dfut_session *session)
{
	struct dfuse_work *dfuse = dfuse_get_work(session);

	for (size_t i = 0; i < dfuse->image_count; i++) {
		const struct dfuse_memory *memory = dfuse_get_memory(dfuse, dfuse->image[i].alternate);
		uint64_t end = dfuse->image[i].address + (uint64_t)dfuse->image[i].size;
		struct dfuse_sector found;

		for (uint64_t at = dfuse->image[i].address; at < end; at = (uint64_t)found.address + found.size) {
			/* Forced past the memory map: where nothing is known, nothing is erased. */
			if (!dfuse_layout_find(&memory->layout, (uint32_t)at, &found))
				found = (struct dfuse_sector){ (uint32_t)at, (uint32_t)(end - at), 0 };
			if (add_sector(session, memory, &found) < 0)
				return session->failure.code;
		}
	}
	return 0;
}

/* The application begins with what of the image goes to a flash, else where that can be written. */
static void find_start(struct dfut_session *session)
{
	struct dfuse_work *dfuse = dfuse_get_work(session);
	struct dfuse_layout layout;

	dfuse->start = dfuse->image[0].address;
	if ((!dfuse->sector_count || !dfuse->sectors[0].can_erase) && find_flash(session, get_own_layout, &layout))
		dfuse->start = dfuse_layout_get_start(&layout);
}

static void find_options(struct dfut_session *session)
{
	struct dfuse_layout layout;

	for (size_t i = 0; i < session->device->descriptors.interface_count; i++)
		if (get_own_layout(session, i, &layout) && get_kind(&layout) == DFUSE_KIND_OPTION_BYTES &&
		    dfuse_options_are_known(layout.runs[0].address) && layout.runs[0].access & DFUSE_READ)
			dfuse_get_work(session)->options = (struct dfuse_range){
				layout.runs[0].address, NULL, DFUSE_OPTIONS_SIZE,
				session->device->descriptors.interfaces[i].alternate
			};
}

void dfuse_finish(void *work)
{
	struct dfuse_work *dfuse = work;

	free(dfuse->image);
	free(dfuse->sectors);
	free(dfuse->runs);
	free(dfuse->block);
	free(dfuse->erases);
	*dfuse = (struct dfuse_work){ 0 };
}

int dfuse_resolve(struct dfut_session *session)
{
	size_t count = dfut_image_get_segment_count(session->plan.image);
	struct dfuse_work *dfuse = dfuse_get_work(session);

	if (dfuse->is_resolved)
		return 0;
	/* What could only be supposed of the application's bootloader. */
	if (dfut_session_check_fit(session) < 0)
		return session->failure.code;
	if (!count)
		return need_address(session);
	dfuse->image = calloc(count, sizeof(*dfuse->image));
	if (!dfuse->image)
		return dfut_fail_memory(&session->failure);
	if (take_segments(session) == 0 && sort_ranges(session) == 0 && take_sectors(session) == 0) {
		find_start(session);
		find_options(session);
		dfuse->is_resolved = true;
		return 0;
	}
	dfuse_finish(dfuse);
	return session->failure.code;
}
