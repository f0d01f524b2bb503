/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/*
 * Node's event loop as the loop of a context: its event is polled, its deadline is a timer. Nothing is called in between.
 *
 * loopNew(context, callback)		begins to call `callback` when the context has something to do
 * loopPlan(loop, timeoutMs, isKept)	calls it after that time, too, -1 for never; whether Node stays alive for it
 * loopClose(loop)			ends it
 */

#ifndef DFUTRIGGER_NODE_LOOP_H
#define DFUTRIGGER_NODE_LOOP_H

#include "arguments.h"

napi_value loop_new(napi_env env, napi_callback_info info);
napi_value loop_plan(napi_env env, napi_callback_info info);
napi_value loop_close(napi_env env, napi_callback_info info);

#endif
