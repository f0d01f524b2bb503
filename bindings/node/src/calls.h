/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* What generate.py makes of the headers and the tables. */

#ifndef DFUTRIGGER_NODE_CALLS_H
#define DFUTRIGGER_NODE_CALLS_H

#include "arguments.h"

#include "dfutrigger-sim.h"
#include "dfutrigger.h"

struct entry {
	const char *name; /* as in "deviceGetPath"; NULL behind the last */
	napi_callback call;
};

struct constant {
	const char *name; /* as in "VERIFY_AUTO"; NULL behind the last */
	int value;
};

extern const struct entry calls[];
extern const struct constant constants[];

/* Of each structure that the library hands out. */
napi_value tell_interface(struct call *call, const struct dfut_interface *from);
napi_value tell_dfu_descriptor(struct call *call, const struct dfut_dfu_descriptor *from);
napi_value tell_node(struct call *call, const struct dfut_node *from);
napi_value tell_holder(struct call *call, const struct dfut_holder *from);
napi_value tell_segment(struct call *call, const struct dfut_segment *from);
napi_value tell_step(struct call *call, const struct dfut_step *from);
napi_value tell_progress(struct call *call, const struct dfut_progress *from);
napi_value tell_sim_record(struct call *call, const struct dfut_sim_record *from);

#endif
