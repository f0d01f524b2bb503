/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/*
 * A program with a main loop of its own that has Node inside, as Electron is one: it waits for libuv's file descriptor, no longer
 * than libuv had said before the program did something else.
 *
 * host SCRIPT: runs it, and calls the functions that it leaves in `tasks` from outside Node's loop, one each time there is
 * nothing to do, until `tasks` is null. Whatever is open then has to end with the environment.
 */

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <poll.h>
#include <string>
#include <vector>

#include <node.h>
#include <uv.h>

namespace {

/* Who sleeps so long was forgotten. */
const int deadline_ms = 10000;
/* Nothing to do. */
const int idle_ms = 200;

const char *const start = "globalThis.tasks = [];"
			  "const script = require('path').resolve(process.argv[1]);"
			  "require('module').createRequire(script)(script);";

bool sleep_until_woken(uv_loop_t *loop, int timeout_ms)
{
	struct pollfd backend = { uv_backend_fd(loop), POLLIN, 0 };
	int count;

	do
		count = poll(&backend, 1, timeout_ms);
	while (count < 0 && errno == EINTR);
	return count > 0;
}

v8::Local<v8::Value> get(v8::Local<v8::Context> context, v8::Local<v8::Object> object, const char *name)
{
	v8::Local<v8::String> key = v8::String::NewFromUtf8(context->GetIsolate(), name).ToLocalChecked();

	return object->Get(context, key).ToLocalChecked();
}

v8::Local<v8::Object> get_tasks(v8::Local<v8::Context> context)
{
	return get(context, context->Global(), "tasks").As<v8::Object>();
}

/* @return whether there was one */
bool call_next_task(v8::Local<v8::Context> context)
{
	v8::Local<v8::Object> tasks = get_tasks(context);
	v8::Local<v8::Function> shift = get(context, tasks, "shift").As<v8::Function>();
	v8::Local<v8::Value> task = shift->Call(context, tasks, 0, nullptr).ToLocalChecked();

	if (!task->IsFunction())
		return false;
	node::MakeCallback(context->GetIsolate(), context->Global(), task.As<v8::Function>(), 0, nullptr, { 0, 0 });
	return true;
}

/* @return false if a task has not woken it */
bool run(uv_loop_t *loop, v8::Local<v8::Context> context)
{
	do {
		int timeout_ms = uv_backend_timeout(loop);
		bool is_called = false;

		if (timeout_ms < 0 || timeout_ms > deadline_ms)
			timeout_ms = deadline_ms;
		if (!sleep_until_woken(loop, std::min(timeout_ms, idle_ms)) && timeout_ms > idle_ms) {
			is_called = call_next_task(context);
			if (!sleep_until_woken(loop, timeout_ms - idle_ms) && is_called)
				return false;
		}
		uv_run(loop, UV_RUN_NOWAIT);
	} while (get_tasks(context)->IsArray());
	return true;
}

/* Without a handle libuv would not wait, as there is nobody who could wake it. */
bool run_kept(uv_loop_t *loop, v8::Local<v8::Context> context)
{
	uv_async_t keeper;
	bool result;

	uv_async_init(loop, &keeper, nullptr);
	result = run(loop, context);
	uv_close(reinterpret_cast<uv_handle_t *>(&keeper), nullptr);
	uv_run(loop, UV_RUN_NOWAIT);
	return result;
}

int run_script(node::MultiIsolatePlatform *platform, const std::vector<std::string> &arguments,
	       const std::vector<std::string> &options)
{
	std::vector<std::string> errors;
	std::unique_ptr<node::CommonEnvironmentSetup> setup = node::CommonEnvironmentSetup::Create(platform, &errors,
												   arguments, options);
	int result = EXIT_FAILURE;

	if (!setup)
		return result;
	{
		v8::Isolate *isolate = setup->isolate();
		v8::Locker locker(isolate);
		v8::Isolate::Scope isolate_scope(isolate);
		v8::HandleScope handle_scope(isolate);
		v8::Context::Scope context_scope(setup->context());

		if (!node::LoadEnvironment(setup->env(), start).IsEmpty()) {
			if (!run_kept(setup->event_loop(), setup->context()))
				fputs("a task has not woken the loop\n", stderr);
			else
				result = node::EmitProcessExit(setup->env()).FromMaybe(EXIT_FAILURE);
		}
		node::Stop(setup->env());
	}
	return result;
}

} // namespace

int main(int argc, char **argv)
{
	argv = uv_setup_args(argc, argv);
	std::vector<std::string> arguments(argv, argv + argc);
	auto node = node::InitializeOncePerProcess(arguments);
	int result;

	if (node->early_return())
		return node->exit_code();
	result = run_script(node->platform(), node->args(), node->exec_args());
	node::TearDownOncePerProcess();
	return result;
}
