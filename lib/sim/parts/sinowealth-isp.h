/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* The bootloader of SinoWealth's 8051s, as sinowealth-kb-tool and fwupd's hailuck plug-in know it, and its flash. */

#ifndef DFUT_SIM_SINOWEALTH_ISP_H
#define DFUT_SIM_SINOWEALTH_ISP_H

#include "sim/parts/hid.h"

#define DFUT_SIM_SINOWEALTH_COMMAND_REPORT 5
#define DFUT_SIM_SINOWEALTH_COMMAND_SIZE 6
#define DFUT_SIM_SINOWEALTH_PAGE_REPORT 6
#define DFUT_SIM_SINOWEALTH_PAGE_SIZE 2048
#define DFUT_SIM_SINOWEALTH_PAGE_LIMIT 32
#define DFUT_SIM_SINOWEALTH_CHIPS "sh68f90|sh68f881"

struct dfut_sim_sinowealth_isp {
	struct dfut_sim_device *device;
	struct {
		uint32_t chip;
		uint32_t blank;
		uint32_t reading;
		uint32_t reboot;
		uint32_t erase_ms;
		uint32_t page_ms;
	} options;

	uint8_t *flash;
	size_t flash_size;
	uint32_t size; /* of what is the user's: the bootloader is behind it */
	uint8_t blank;
	uint32_t read_at; /* UINT32_MAX before the command that says where */
	uint32_t write_at;
	bool is_erased;
	bool is_readable;
	bool is_enabled; /* since it started */
	bool has_vector; /* it was written since the erase */
	bool is_unread[DFUT_SIM_SINOWEALTH_PAGE_LIMIT];
	uint64_t busy_until_us;
};

#define DFUT_SIM_SINOWEALTH_OPTION(type, key, kind, member, most, words) \
	{ \
		key, DFUT_SIM_OPTION_##kind, offsetof(type, isp.options.member), 0, most, words \
	}

/* Of a model whose state has an `isp` */
#define DFUT_SIM_SINOWEALTH_OPTIONS(type) \
	DFUT_SIM_SINOWEALTH_OPTION(type, "chip", CHOICE, chip, 0, DFUT_SIM_SINOWEALTH_CHIPS), \
		DFUT_SIM_SINOWEALTH_OPTION(type, "blank", CHOICE, blank, 0, "00|ff"), \
		DFUT_SIM_SINOWEALTH_OPTION(type, "reading", CHOICE, reading, 0, "free|locked"), \
		DFUT_SIM_SINOWEALTH_OPTION(type, "reboot", CHOICE, reboot, 0, "ack|stall|gone|no"), \
		DFUT_SIM_SINOWEALTH_OPTION(type, "erase-ms", NUMBER, erase_ms, 60000, NULL), \
		DFUT_SIM_SINOWEALTH_OPTION(type, "page-ms", NUMBER, page_ms, 60000, NULL)

#define DFUT_SIM_SINOWEALTH_TEXT \
	"chip=" DFUT_SIM_SINOWEALTH_CHIPS ": which chip, which it does not tell; size of its flash\n" \
	"blank=00|ff: what erased flash reads as\n" \
	"reading=free|locked: whether it can be read before an erase, or before the firmware is enabled\n" \
	"reboot=ack|stall|gone|no: answered, or broken as the device leaves, or not known to the bootloader\n" \
	"erase-ms=MS: how long the erase takes, of which the answer says nothing\n" \
	"page-ms=MS: how long a page is being written\n"

void dfut_sim_sinowealth_isp_create(struct dfut_sim_sinowealth_isp *isp, struct dfut_sim_device *device);
/* Makes the flash, with a firmware in it that is enabled. Returns 0 or DFUT_ERROR_NO_MEMORY. */
int dfut_sim_sinowealth_isp_prepare(struct dfut_sim_sinowealth_isp *isp);
void dfut_sim_sinowealth_isp_free(struct dfut_sim_sinowealth_isp *isp);

enum dfut_sim_sinowealth_start {
	DFUT_SIM_SINOWEALTH_FIRMWARE,
	DFUT_SIM_SINOWEALTH_ISP,     /* no firmware is enabled, or it leads back here */
	DFUT_SIM_SINOWEALTH_NOTHING, /* an enabled firmware begins where nothing is */
};

/* What is started after a reset. */
enum dfut_sim_sinowealth_start dfut_sim_sinowealth_isp_get_start(const struct dfut_sim_sinowealth_isp *isp);
/* It is the bootloader from now on. */
void dfut_sim_sinowealth_isp_start(struct dfut_sim_sinowealth_isp *isp);

/* What becomes of the device. */
enum dfut_sim_sinowealth_event {
	DFUT_SIM_SINOWEALTH_STAYS,
	DFUT_SIM_SINOWEALTH_RESTARTS,
	DFUT_SIM_SINOWEALTH_RESTARTS_AT_ONCE, /* before the answer */
};

/* Both return 0 or a failure. */
int dfut_sim_sinowealth_isp_take(struct dfut_sim_sinowealth_isp *isp, const struct dfut_sim_hid_report *report,
				 enum dfut_sim_sinowealth_event *event);
int dfut_sim_sinowealth_isp_give(struct dfut_sim_sinowealth_isp *isp, const struct dfut_sim_hid_report *report);
int dfut_sim_sinowealth_isp_get_memory(struct dfut_sim_sinowealth_isp *isp, size_t index,
				       struct dfut_sim_memory *memory);

#endif
