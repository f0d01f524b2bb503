/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* An update by legacy DFU: what is not as in Secure DFU. */

#include "image/format/nordic.h"
#include "language/nordic-legacy/machine.h"
#include "language/nordic-legacy/plan.h"
#include "language/nordic/plan.h"

#define NRF52_DEVICE_TYPE 0x0052

/* A legacy init packet begins with it: 0x0052 for the nRF52. */
static int check_device_type(struct dfut_session *session)
{
	struct dfut_nordic_part part;

	if (session->force & DFUT_CHECK_IDS)
		return 0;
	for (size_t i = 0; dfut_image_get_nordic_part(session->plan.image, i, &part) == 0; i++)
		if (part.init_size >= 2 && dfut_le16(part.init) != NRF52_DEVICE_TYPE)
			return dfut_fail_check(&session->failure, DFUT_ERROR_MISMATCH, DFUT_CHECK_IDS,
					       "the %s is for devices of type 0x%04x, an nRF52 has 0x%04x",
					       nordic_part_get_name(&part), dfut_le16(part.init), NRF52_DEVICE_TYPE);
	return 0;
}

static int prepare_part(struct dfut_session *session, struct dfut_job *job, const struct dfut_machine_ops **machine)
{
	struct nordic_job *own = session->plan.job;
	struct dfut_nordic_part part;

	if (nordic_fill_job(session, job, &part) < 0)
		return session->failure.code;
	switch (part.type) {
	case DFUT_NORDIC_SOFTDEVICE:
		own->sizes[0] = (uint32_t)part.size;
		break;
	case DFUT_NORDIC_BOOTLOADER:
		own->sizes[1] = (uint32_t)part.size;
		break;
	case DFUT_NORDIC_SOFTDEVICE_BOOTLOADER:
		own->sizes[0] = part.sd_size;
		own->sizes[1] = part.bl_size;
		break;
	case DFUT_NORDIC_APPLICATION:
	case DFUT_NORDIC_EXTERNAL_APPLICATION:
		own->sizes[2] = (uint32_t)part.size;
		break;
	}
	*machine = &nordic_legacy_machine;
	return 0;
}

int nordic_legacy_plan(struct dfut_session *session)
{
	if (nordic_check_package(session) < 0 || check_device_type(session) < 0)
		return session->failure.code;
	return nordic_plan_parts(session, prepare_part);
}
