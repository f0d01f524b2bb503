/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* Large files take a while. An image belongs to no context: it is loaded with one of its own, which keeps the words of errors. */

#include "load.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "object.h"

struct load {
	napi_async_work work;
	napi_deferred deferred;
	char *path;
	unsigned int force;
	struct dfut_context *context;
	struct dfut_image *image;
	int code;
};

static void free_load(struct load *load)
{
	dfut_image_free(load->image);
	dfut_context_free(load->context);
	free(load->path);
	free(load);
}

/* On a thread of the pool. */
static void execute(napi_env env, void *data)
{
	struct load *load = data;

	(void)env;
	load->code = dfut_context_new(&load->context);
	if (load->code == 0)
		load->code = dfut_image_load_file(&load->image, load->context, load->path, load->force);
}

static void complete(napi_env env, napi_status status, void *data)
{
	struct load *load = data;
	napi_value value = NULL;
	struct call call;

	begin_call(&call, env, NULL);
	if (status != napi_ok) {
		fail(&call, "the image was not loaded");
	} else if (load->code < 0) {
		raise_words(&call, load->context, load->code);
	} else {
		value = wrap(&call, &image_kind, load->image, NULL);
		load->image = NULL;
	}
	if (!call.has_failed)
		napi_resolve_deferred(env, load->deferred, value);
	else if (napi_get_and_clear_last_exception(env, &value) == napi_ok)
		napi_reject_deferred(env, load->deferred, value);
	end_call(&call, NULL);
	napi_delete_async_work(env, load->work);
	free_load(load);
}

napi_value load_image(napi_env env, napi_callback_info info)
{
	struct load *load = calloc(1, sizeof(*load));
	napi_value promise = NULL;
	napi_value name;
	struct call call;
	const char *path;

	begin_call(&call, env, info);
	path = take_text(&call);
	if (load)
		load->force = (unsigned int)take_number(&call, 0, UINT_MAX);
	if (load && path)
		load->path = strdup(path);
	if (!load || !load->path)
		fail(&call, path ? "out of memory" : "a path is needed");
	name = tell_text(&call, "dfutrigger.loadImage");
	if (!call.has_failed &&
	    check(&call, napi_create_async_work(env, NULL, name, execute, complete, load, &load->work)) &&
	    check(&call, napi_create_promise(env, &load->deferred, &promise)))
		check(&call, napi_queue_async_work(env, load->work));
	if (call.has_failed && load) {
		if (load->work)
			napi_delete_async_work(env, load->work);
		free_load(load);
	}
	return end_call(&call, promise);
}
