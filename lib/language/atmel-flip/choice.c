/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* Which part a FLIP bootloader is on, and which of its memories is meant. */

#include <string.h>

#include "language/atmel-flip/plan.h"

/* The part. */

static const struct flip_part *find_by_ids(uint16_t vendor, uint16_t product)
{
	return vendor == FLIP_VENDOR ? flip_part_find_by_product(product) : NULL;
}

/* Of an application: what its entry says that it becomes, if that is one. */
static const struct flip_part *find_behind(const struct dfut_session *session)
{
	const struct dfut_entry *entry = session->device->entry;
	const struct flip_part *found = NULL;
	bool is_named = session->bootloader_vendor_id != DFUT_MATCH_ANY &&
			session->bootloader_product_id != DFUT_MATCH_ANY;

	if (is_named)
		return find_by_ids((uint16_t)session->bootloader_vendor_id, (uint16_t)session->bootloader_product_id);
	for (size_t i = 0; entry && i < entry->bootloader_count; i++)
		for (size_t k = 0; k < entry->bootloader[i].id_count; k++) {
			const struct dfut_id_range *ids = &entry->bootloader[i].ids[k];
			const struct flip_part *part = find_by_ids(ids->vendor, ids->product_first);

			if (!part || ids->product_first != ids->product_last || (found && found != part))
				return NULL;
			found = part;
		}
	return found;
}

const struct flip_part *flip_find_part(const struct dfut_session *session)
{
	const struct dfut_descriptors *descriptors = &session->device->descriptors;
	int index = dfut_session_get_part(session);

	if (index >= 0)
		return flip_part_get((size_t)index);
	return dfut_session_is_in_bootloader(session) ? find_by_ids(descriptors->vendor_id, descriptors->product_id) :
							find_behind(session);
}

static enum flip_kind get_kind(const struct dfut_session *session)
{
	const struct dfut_descriptors *descriptors = &session->device->descriptors;
	const struct flip_part *part = flip_find_part(session);

	if (part)
		return part->kind;
	return descriptors->vendor_id == FLIP_VENDOR ? flip_product_get_kind(descriptors->product_id) :
						       FLIP_KIND_UNKNOWN;
}

static bool has_its_product(const struct dfut_session *session, size_t index)
{
	return flip_part_get(index)->product == session->device->descriptors.product_id;
}

static int refuse_partless(struct dfut_session *session)
{
	char device[128];

	if (get_kind(session) == FLIP_KIND_UNKNOWN)
		return dfut_session_refuse_partless(session);
	dfut_fail(&session->failure, DFUT_ERROR_USAGE,
		  "which part %s has is not known: its bootloader's ids are those of parts with flash of several sizes",
		  dfut_device_describe(session->device, device, sizeof(device)));
	return dfut_session_offer_parts(session, has_its_product);
}

int flip_check_product(struct dfut_session *session, const struct flip_part *part)
{
	const struct dfut_descriptors *descriptors = &session->device->descriptors;
	enum flip_kind kind = descriptors->vendor_id == FLIP_VENDOR ? flip_product_get_kind(descriptors->product_id) :
								      FLIP_KIND_UNKNOWN;

	if (kind == FLIP_KIND_UNKNOWN || session->force & DFUT_CHECK_IDS || part->product == descriptors->product_id)
		return 0;
	/* An AVR tells itself what it is. */
	if (part->kind == kind && kind != FLIP_KIND_AVR32)
		return 0;
	return dfut_fail_check(&session->failure, DFUT_ERROR_MISMATCH, DFUT_CHECK_IDS,
			       "the bootloader has the product id %04x, and an %s's has %04x", descriptors->product_id,
			       part->name, part->product);
}

int flip_need_part(struct dfut_session *session)
{
	struct flip_work *work = flip_get_work(session);

	work->part = flip_find_part(session);
	return work->part ? flip_check_product(session, work->part) : refuse_partless(session);
}

int flip_settle_part(struct dfut_session *session)
{
	struct flip_work *work = flip_get_work(session);
	const struct dfut_descriptors *descriptors = &session->device->descriptors;
	const struct flip_part *told = flip_part_find_by_signature(work->answers.signature);
	const struct flip_part *part = flip_find_part(session);

	work->part = part ? part : told;
	if (!work->part)
		return refuse_partless(session);
	if (flip_check_product(session, work->part) < 0)
		return session->failure.code;
	if (session->force & DFUT_CHECK_IDS || (told && told->signature == work->part->signature))
		return 0;
	if (told) {
		dfut_fail_check(&session->failure, DFUT_ERROR_MISMATCH, DFUT_CHECK_IDS,
				"the bootloader says that it is on an %s, and %s an %s", told->name,
				session->part ? "was said to be on" : "its ids are those of", work->part->name);
		dfut_hint(&session->failure, "name the part (--part %s) if that is what it is", told->name);
		return session->failure.code;
	}
	if (descriptors->vendor_id == FLIP_VENDOR && work->part->product != descriptors->product_id)
		return dfut_fail_check(
			&session->failure, DFUT_ERROR_MISMATCH, DFUT_CHECK_IDS,
			"the bootloader has the product id %04x, an %s's has %04x, and its signature is not known",
			descriptors->product_id, work->part->name, work->part->product);
	return 0;
}

/* The memory. */

int flip_choose_unit(struct dfut_session *session, enum flip_unit *unit)
{
	static const struct {
		const char *name;
		enum flip_unit unit;
	} units[] = {
		{ "flash", FLIP_UNIT_FLASH },
		{ "0", FLIP_UNIT_FLASH },
		{ "eeprom", FLIP_UNIT_EEPROM },
		{ "user", FLIP_UNIT_USER },
	};

	*unit = FLIP_UNIT_FLASH;
	if (!session->alternate)
		return 0;
	for (size_t i = 0; i < DFUT_COUNT(units); i++)
		if (strcmp(session->alternate, units[i].name) == 0) {
			*unit = units[i].unit;
			return 0;
		}
	dfut_fail(&session->failure, DFUT_ERROR_NOT_FOUND, "there is no memory \"%s\"", session->alternate);
	dfut_hint(&session->failure, "there are flash, eeprom and, of an AVR32, user, which can only be read (--alt)");
	return DFUT_ERROR_NOT_FOUND;
}

/* Jobs. */

void flip_fill_job(struct dfut_session *session, struct dfut_job *job)
{
	const struct dfut_device *device = session->device;
	struct flip_work *work = flip_get_work(session);
	struct flip_job *own = flip_get_job(session);

	/* Atmel's AVR loaders tell their class for the device, and none for their only interface. */
	job->interface = device->descriptors.dfu_interface ? device->descriptors.dfu_interface->number : 0;
	own->kind = work->part ? work->part->kind : get_kind(session);
	own->unit = work->unit;
	own->has_pages = work->unit == FLIP_UNIT_FLASH && work->part && work->part->flash > FLIP_PAGE_SIZE;
	own->ranges = work->ranges;
	own->range_count = work->range_count;
	own->answers = &work->answers;
	/* Atmel's AVR loaders have no interface of DFU. */
	work->answers.is_lufa = (own->kind == FLIP_KIND_AVR && device->descriptors.dfu_interface) ||
				job->quirks & FLIP_QUIRK_LUFA;
}

int flip_refuse_secure(struct dfut_session *session)
{
	const struct flip_work *work = flip_get_work(session);

	dfut_fail(&session->failure, DFUT_ERROR_USAGE,
		  "the bootloader protects what is on the part: until all of it was erased it can be neither read nor "
		  "written, and nothing was changed");
	if (work->unit != FLIP_UNIT_FLASH)
		dfut_hint(&session->failure, "only its flash can be written, which erases the whole chip");
	else
		dfut_hint(&session->failure,
			  "say that everything on the part may be erased, which lifts that (--erase=mass)");
	return DFUT_ERROR_USAGE;
}
