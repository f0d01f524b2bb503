/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* What a HID report descriptor says (HID 1.11, 6.2.2): which reports there are, how long, and what for. */

#ifndef DFUT_REPORTS_H
#define DFUT_REPORTS_H

#include "base/base.h"

struct dfut_usage {
	uint16_t page;
	uint16_t id;
};

struct dfut_report_size {
	enum dfut_report_type type;
	uint8_t id;    /* 0: not numbered */
	uint32_t bits; /* without the id */
};

struct dfut_reports {
	bool numbered;		   /* the first byte on the wire is the id */
	struct dfut_usage *usages; /* of the top-level collections */
	size_t usage_count;
	struct dfut_report_size *sizes;
	size_t size_count;
};

/* Takes what can be understood: what follows nonsense is left out. 0 or DFUT_ERROR_NO_MEMORY. */
int dfut_reports_parse(struct dfut_reports *reports, const uint8_t *data, size_t size);
void dfut_reports_finish(struct dfut_reports *reports);

/* An id of 0, which no usage has, stands for any. */
bool dfut_reports_have_usage(const struct dfut_reports *reports, struct dfut_usage usage);
/* Bytes of a report without its id; -1 if there is no such report. */
int dfut_reports_get_size(const struct dfut_reports *reports, enum dfut_report_type type, uint8_t id);

#endif
