/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* SinoWealth's ISP for SH68F chips, as a language. */

#include "language/sinowealth-isp/machine.h"
#include "language/language.h"
#include "language/sinowealth-isp/plan.h"
#include "language/sinowealth-isp/wire.h"

static const struct dfut_report report = { .type = DFUT_REPORT_FEATURE,
					   .id = SINOWEALTH_COMMAND_ID,
					   .declared = SINOWEALTH_COMMAND_SIZE };

static const struct dfut_quirk_name quirks[] = { { "no-reboot", SINOWEALTH_QUIRK_NO_REBOOT }, { 0 } };

const struct dfut_language dfut_language_sinowealth_isp = {
	.name = "sinowealth-isp",
	.title = "SinoWealth's ISP",
	.link = DFUT_LINK_HID,
	.report = &report,
	.quirks = quirks,
	.get_part = sinowealth_part_get_name,
	.work_size = sizeof(struct sinowealth_work),
	.finish = sinowealth_finish,
	.job_size = sizeof(struct sinowealth_job),
	.plan = sinowealth_plan,
	.check_upload = sinowealth_check_upload,
	.prepare_upload = sinowealth_prepare_upload,
	.leave = &sinowealth_reboot_machine,
	.prepare_leave = sinowealth_prepare_leave,
	.explain = sinowealth_explain,
};
