/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* Jobs of Espressif's ROM loader: what goes where (regions.c), the legs of an update and of reading (plan.c). */

#ifndef DFUT_ESP_SERIAL_PLAN_H
#define DFUT_ESP_SERIAL_PLAN_H

#include "language/esp-serial/machine.h"
#include "session/jobs.h"

/* What a plan keeps for it. */
struct esp_serial_work {
	struct esp_serial_identity identity; /* once the ROM has told it */
	struct esp_serial_region *regions;   /* by address */
	size_t region_count;
	uint8_t *bytes; /* what is in them */
	uint32_t *outs;
	bool has_stayed; /* the chip's ROM waits again after the reset */
};

static inline struct esp_serial_work *esp_serial_get_work(const struct dfut_session *session)
{
	return session->plan.work;
}

static inline struct esp_serial_job *esp_serial_get_job(const struct dfut_session *session)
{
	return session->plan.job;
}

/* plan.c */

int esp_serial_plan(struct dfut_session *session);
int esp_serial_prepare_upload(struct dfut_session *session, struct dfut_job *job,
			      const struct dfut_machine_ops **machine);
int esp_serial_prepare_leave(struct dfut_session *session, struct dfut_job *job);

/* regions.c */

void esp_serial_finish(void *work);
/* Lays the image out, and compresses it. 0 or a negative error. */
int esp_serial_lay_out(struct dfut_session *session);
/* Whether it can be for this chip (NULL: any), with so much flash (0: not known). 0 or a negative error. */
int esp_serial_check_regions(struct dfut_session *session, const struct esp_serial_chip *chip, uint32_t flash_size);
/* Bytes of flash that the image was made for; 0 if it does not say. */
uint32_t esp_serial_get_image_flash_size(const struct dfut_session *session);

#endif
