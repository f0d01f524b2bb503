/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/*
 * The system's bus, by contexts in threads of their own, for so many seconds: system SECONDS [PATH...]. Devices may come and go:
 * they are listed, told of, opened and asked; those at a PATH are sent into their bootloader and back.
 */

#include "threads.h"

#define LISTERS 2
#define LONG_MS 20000
#define SHORT_MS 100

struct user {
	uint64_t until_us;
	const char *path; /* of a device to be triggered; NULL: who lists */
	size_t lists, requests, triggers;
};

static void note_device(enum dfut_device_event event, struct dfut_device *device, void *user_data)
{
	(void)event;
	EXPECT(dfut_device_get_path(device) != NULL, "no path");
	++*(size_t *)user_data;
}

/* Anybody may read a device descriptor, and any device may be gone by then. */
static size_t ask(struct dfut_device *device, unsigned int timeout_ms)
{
	struct dfut_handle *handle;
	uint8_t bytes[18];
	int result;

	if (dfut_handle_new(&handle, device) < 0)
		return 0;
	result = dfut_handle_control(handle, 0x80, 6, 0x0100, 0, bytes, sizeof(bytes), timeout_ms);
	EXPECT(result < 0 || bytes[1] == 1, "%d bytes, type %d", result, bytes[1]);
	dfut_handle_free(handle);
	return result > 0;
}

static void list(struct user *user, struct dfut_context *context)
{
	struct dfut_device_list *devices;

	EXPECT(dfut_device_list_new(&devices, context, NULL) == 0, "%s", dfut_context_get_error(context));
	for (size_t i = 0; i < dfut_device_list_get_count(devices); i++)
		user->requests += ask(dfut_device_list_get(devices, i), user->lists % 2 ? SHORT_MS : LONG_MS);
	dfut_device_list_free(devices);
	user->lists++;
}

static void run(struct user *user, struct dfut_session *session, const char *command)
{
	int result = command ? dfut_session_start_command(session, command) : dfut_session_start_trigger(session);

	if (result == 0)
		result = dfut_session_run(session);
	user->triggers += result == 0;
}

static void trigger(struct user *user, struct dfut_context *context)
{
	struct dfut_match match = DFUT_MATCH_INIT;
	struct dfut_device *device;
	struct dfut_session *session;

	match.path = user->path;
	if (dfut_device_find(&device, context, &match) < 0)
		return;
	EXPECT(dfut_session_new(&session, device) == 0, "%s", dfut_context_get_error(context));
	run(user, session, dfut_device_get_mode(device) == DFUT_MODE_BOOTLOADER ? "start" : NULL);
	dfut_session_free(session);
	dfut_device_unref(device);
}

static void *use(void *data)
{
	struct user *user = data;

	while (now_us() < user->until_us) {
		struct dfut_context *context;
		size_t told = 0;

		EXPECT(dfut_context_new(&context) == 0, "no context");
		dfut_context_set_device_handler(context, note_device, &told);
		for (size_t i = 0; i < 6 && now_us() < user->until_us; i++) {
			if (user->path)
				trigger(user, context);
			else
				list(user, context);
			dfut_context_dispatch(context, 10);
		}
		dfut_context_free(context);
	}
	return NULL;
}

int main(int count, char **arguments)
{
	struct user users[8] = { 0 };
	struct user sum = { 0 };
	size_t user_count = LISTERS;

	EXPECT(count >= 2 && count - 2 <= (int)COUNT(users) - LISTERS, "system SECONDS [PATH...]");
	for (int i = 2; i < count; i++)
		users[user_count++].path = arguments[i];
	for (size_t i = 0; i < user_count; i++)
		users[i].until_us = now_us() + strtoull(arguments[1], NULL, 10) * 1000000;
	run_threads(user_count, use, users, sizeof(users[0]));
	for (size_t i = 0; i < user_count; i++) {
		sum.lists += users[i].lists;
		sum.requests += users[i].requests;
		sum.triggers += users[i].triggers;
	}
	printf("%zu lists, %zu requests, %zu triggers and starts\n", sum.lists, sum.requests, sum.triggers);
	return 0;
}
