/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* Espressif's ROM loader on a serial port, as a language. */

#include "language/esp-serial/plan.h"
#include "language/esp-serial/wire.h"

static const char *const formats[] = { "esp-flasher-args", NULL };
static const char *const others[] = { "raw", "ihex", "srec", NULL };

static const struct dfut_quirk_name quirks[] = {
	{ "usb-serial-jtag", ESP_SERIAL_QUIRK_JTAG },
	{ NULL, 0 },
};

const struct dfut_language dfut_language_esp_serial = {
	.name = "esp-serial",
	.title = "Espressif's ROM loader",
	.link = DFUT_LINK_SERIAL,
	.has_addresses = true,
	.quirks = quirks,
	.formats = formats,
	.others = others,
	.takes = "binary files, Intel HEX, S-records and ESP-IDF's flasher_args.json",
	.hint = "use build/flasher_args.json of ESP-IDF, or the application's .bin",
	.get_part = esp_serial_get_part,
	.work_size = sizeof(struct esp_serial_work),
	.finish = esp_serial_finish,
	.job_size = sizeof(struct esp_serial_job),
	.plan = esp_serial_plan,
	.prepare_upload = esp_serial_prepare_upload,
	.leave = &esp_serial_leave_machine,
	.prepare_leave = esp_serial_prepare_leave,
	.explain = esp_serial_explain,
};
