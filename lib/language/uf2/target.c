/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* What the device is: the chip that the user, the table or the ids name, and what the drive says of itself. */

#include <string.h>

#include "language/uf2/plan.h"

#define VENDOR_RASPBERRY_PI 0x2e8a
#define PRODUCT_RP2040 0x0003
#define PRODUCT_RP2350 0x000f

const char *uf2_get_part(size_t index)
{
	const struct uf2_chip *chip = uf2_chip_get(index);

	return chip ? chip->name : NULL;
}

int uf2_find_channel(struct dfut_session *session, struct dfut_job *job)
{
	static const struct dfut_interface_class drive = {
		.given = true, .class_code = 0x08, .subclass = 0x06, .protocol = 0x50
	};
	struct uf2_job *own = uf2_get_job(session);
	char text[128];

	own->identity = &uf2_get_work(session)->identity;
	own->volume = session->volume;
	dfut_device_describe(session->device, own->device, sizeof(own->device));
	/* Where the device's node is of no use, nobody knows more than the transport. */
	if (session->volume)
		session->conductor.link = DFUT_LINK_VOLUME;
	if (dfut_target_find_bulk(session->device, &drive, &job->interface, &own->in, &own->out))
		return 0;
	dfut_fail(&session->failure, DFUT_ERROR_UNSUPPORTED, "%s shows no drive, by which it could take a UF2 file",
		  dfut_device_describe(session->device, text, sizeof(text)));
	dfut_hint(&session->failure,
		  "put it into its bootloader by its buttons: with many boards a double press of reset");
	return DFUT_ERROR_UNSUPPORTED;
}

static const struct uf2_chip *find_by_part(const char *name)
{
	for (size_t i = 0; uf2_chip_get(i); i++)
		if (strcmp(uf2_chip_get(i)->name, name) == 0)
			return uf2_chip_get(i);
	return NULL;
}

static const struct uf2_chip *get_expected(const struct dfut_session *session)
{
	const struct dfut_descriptors *descriptors = &session->device->descriptors;
	int part = dfut_session_get_part(session);

	if (part >= 0)
		return uf2_chip_get((size_t)part);
	if (session->device->mode != DFUT_MODE_BOOTLOADER || descriptors->vendor_id != VENDOR_RASPBERRY_PI)
		return NULL;
	return descriptors->product_id == PRODUCT_RP2040 ? find_by_part("rp2040") :
	       descriptors->product_id == PRODUCT_RP2350 ? find_by_part("rp2350") :
							   NULL;
}

/* What CURRENT.UF2 shows is all flash; of nRF52 boards it is what there is of an application. */
static bool is_window(const struct uf2_identity *identity, const struct uf2_chip *chip)
{
	return identity->current.count &&
	       (strstr(identity->info.bootloader, "TinyUF2") || (chip && !chip->needs_family));
}

static int refuse_other(struct dfut_session *session, const struct uf2_chip *expected)
{
	const struct uf2_info *info = &uf2_get_work(session)->identity.info;
	char text[128] = "the device";

	if (session->volume)
		dfut_device_describe(session->device, text, sizeof(text));
	return dfut_fail_check(&session->failure, DFUT_ERROR_MISMATCH, DFUT_CHECK_IDS,
			       "the drive%s%s is that of \"%s\", and %s was taken for %s",
			       session->volume ? " at " : "", session->volume ? session->volume : "",
			       *info->board ? info->board : info->bootloader, text, expected->name);
}

int uf2_find_target(struct dfut_session *session, struct uf2_target *target)
{
	const struct uf2_identity *identity = &uf2_get_work(session)->identity;
	const struct uf2_chip *expected = get_expected(session);
	const struct uf2_chip *told = uf2_chip_find(identity);
	bool is_other = expected && (told ? told != expected :
					    identity->current.family != UF2_FAMILY_NONE &&
						     !uf2_chip_takes(expected, identity->current.family));

	*target = (struct uf2_target){ .chip = told ? told : expected,
				       .is_asked = identity->is_known,
				       .has_window = is_window(identity, told) };
	if (!target->chip)
		target->family = identity->current.family;
	target->start = identity->current.address;
	target->end = target->start + identity->current.count * UF2_PAYLOAD;
	return is_other && !(session->force & DFUT_CHECK_IDS) ? refuse_other(session, expected) : 0;
}

int uf2_tell_identity(struct dfut_session *session)
{
	const struct uf2_identity *identity = &uf2_get_work(session)->identity;
	char family[40];

	dfut_uf2_put_family(family, sizeof(family), identity->current.family);
	if (dfut_facts_add(&session->facts, "bootloader", "%s", identity->info.bootloader) < 0 ||
	    (*identity->info.model && dfut_facts_add(&session->facts, "model", "%s", identity->info.model) < 0) ||
	    (*identity->info.board && dfut_facts_add(&session->facts, "board_id", "%s", identity->info.board) < 0) ||
	    (identity->current.family != UF2_FAMILY_NONE &&
	     dfut_facts_add(&session->facts, "family", "%s", family) < 0))
		return dfut_fail_memory(&session->failure);
	return 0;
}
