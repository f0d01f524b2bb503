/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* A report that is being written: a text for people, in which serial numbers and names have stand-ins. */

#ifndef DFUT_REPORT_H
#define DFUT_REPORT_H

#include "base/base.h"

struct dfut_report;

/* A heading, with an empty line in front. */
void dfut_report_add_title(struct dfut_report *report, const char *text, ...) DFUT_PRINTF(2, 3);
/* A line, with stand-ins. */
void dfut_report_add_line(struct dfut_report *report, const char *text, ...) DFUT_PRINTF(2, 3);
/* The same with a word for what it is in front. */
void dfut_report_add_fact(struct dfut_report *report, const char *key, const char *text, ...) DFUT_PRINTF(3, 4);
/* Of something that is told of: without memory the report is not whole. */
void dfut_report_take_code(struct dfut_report *report, int code);
/* A serial number that stands in lines which follow. */
void dfut_report_add_serial(struct dfut_report *report, const char *serial);

/* What stands for it, also where it is too short to be told from other words. */
const char *dfut_report_get_serial(const struct dfut_report *report, const char *serial);

/* device.c: what list and doctor tell of a device. */
void dfut_report_tell_device(struct dfut_report *report, struct dfut_device *device);

/* rows.c: the rows of the table that fit it, and those of its vendor that do not quite. */
void dfut_report_tell_rows(struct dfut_report *report, const struct dfut_device *device);

/* system-linux.c, or system-other.c */

void dfut_report_tell_system(struct dfut_report *report);
/* The rules for nodes of such a device. */
void dfut_report_tell_rules(struct dfut_report *report, const struct dfut_device *device);
/* What the kernel has told of the devices, or of USB if there are none. */
void dfut_report_tell_kernel(struct dfut_report *report, const struct dfut_device_list *list);

#endif
