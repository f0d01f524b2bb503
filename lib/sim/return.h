/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* How a virtual device leaves and comes back: options that models share. */

#ifndef DFUT_SIM_RETURN_H
#define DFUT_SIM_RETURN_H

#include "dfutrigger-sim.h"

/* How a device leaves for its bootloader and comes back; options of every model of ours. */
struct dfut_sim_return {
	bool leave;
	bool returns;
	uint32_t as; /* 0 bootloader, 1 application */
	uint32_t ms;
};

#define DFUT_SIM_RETURN_OPTIONS(type, member) \
	{ "leave", DFUT_SIM_OPTION_FLAG, offsetof(type, member.leave), 0, 0, NULL }, \
		{ "return", DFUT_SIM_OPTION_FLAG, offsetof(type, member.returns), 0, 0, NULL }, \
		{ "return-as", DFUT_SIM_OPTION_CHOICE, offsetof(type, member.as), 0, 0, "bootloader|application" }, \
	{ \
		"return-ms", DFUT_SIM_OPTION_NUMBER, offsetof(type, member.ms), 0, 3600000, NULL \
	}

#define DFUT_SIM_RETURN_TEXT \
	"leave=yes|no: whether the trigger makes it leave\n" \
	"return=yes|no: whether it ever comes back after it has left\n" \
	"return-as=bootloader|application: what it is when it comes back from the trigger\n" \
	"return-ms=MS: how long it is away when it re-enumerates\n"

static inline uint32_t dfut_sim_return_ms(const struct dfut_sim_return *options)
{
	return options->returns ? options->ms : DFUT_SIM_NEVER;
}

#endif
