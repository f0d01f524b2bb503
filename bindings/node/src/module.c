/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* The module: the C library as it is, flat and private. People see the classes of lib/. */

#include <stdlib.h>

#include "calls.h"
#include "load.h"
#include "loop.h"
#include "object.h"

static void free_module(napi_env env, void *data, void *hint)
{
	struct module *module = data;

	(void)hint;
	if (module->make_error)
		napi_delete_reference(env, module->make_error);
	free(module);
}

/* setErrorMaker(function): see struct module */
static napi_value set_error_maker(napi_env env, napi_callback_info info)
{
	struct module *module = NULL;
	struct call call;
	napi_value function;
	bool is_there;

	begin_call(&call, env, info);
	function = take_value(&call, &is_there);
	if (check(&call, napi_get_instance_data(env, (void **)&module)) && !module->make_error)
		check(&call, napi_create_reference(env, function, 1, &module->make_error));
	return end_call(&call, NULL);
}

static const struct entry own_calls[] = {
	{ "close", close_object },
	{ "isClosed", is_closed },
	{ "loadImage", load_image },
	{ "loopClose", loop_close },
	{ "loopNew", loop_new },
	{ "loopPlan", loop_plan },
	{ "setErrorMaker", set_error_maker },
	{ NULL, NULL },
};

static void add_calls(struct call *call, napi_value exports, const struct entry *entry)
{
	napi_value function = NULL;

	for (; entry->name && !call->has_failed; entry++)
		if (check(call,
			  napi_create_function(call->env, entry->name, NAPI_AUTO_LENGTH, entry->call, NULL, &function)))
			put(call, exports, entry->name, function);
}

NAPI_MODULE_INIT()
{
	struct module *module = calloc(1, sizeof(*module));
	struct call call;

	begin_call(&call, env, NULL);
	if (!module) {
		fail(&call, "out of memory");
		return NULL;
	}
	if (!check(&call, napi_set_instance_data(env, module, free_module, NULL)))
		free(module);
	add_calls(&call, exports, calls);
	add_calls(&call, exports, own_calls);
	for (const struct constant *constant = constants; constant->name && !call.has_failed; constant++)
		put(&call, exports, constant->name, tell_number(&call, constant->value));
	return end_call(&call, exports);
}
