/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* The system in a report, where it is not asked. */

#include "report/report.h"

void dfut_report_tell_system(struct dfut_report *report)
{
	dfut_report_add_fact(report, "system", "%s", DFUT_SYSTEM);
}

void dfut_report_tell_rules(struct dfut_report *report, const struct dfut_device *device)
{
	(void)report;
	(void)device;
}

void dfut_report_tell_kernel(struct dfut_report *report, const struct dfut_device_list *list)
{
	(void)list;
	dfut_report_add_line(report, "not readable: this build does not ask the system");
}
