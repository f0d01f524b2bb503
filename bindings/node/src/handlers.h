/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/*
 * Functions of JavaScript as handlers of the library. They are properties of the object, not references to it, so that both can
 * be collected. The package's own (lib/) only take notes: what an application gives runs after the call has left the library.
 */

#ifndef DFUTRIGGER_NODE_HANDLERS_H
#define DFUTRIGGER_NODE_HANDLERS_H

#include "arguments.h"

#include "dfutrigger.h"

enum handler {
	HANDLER_LOG = 0,
	HANDLER_DEVICE = 1,
	HANDLER_PROGRESS = 2,
	HANDLER_WRITER = 3,
	HANDLER_LINE = 4,
};

/* The next argument, a function. @return false for null: nobody */
bool take_handler(struct call *call, struct object *object, enum handler handler);

/* What the library calls, with the object as its data. */
void on_log(enum dfut_log_level level, const char *text, void *user_data);
void on_device(enum dfut_device_event event, struct dfut_device *device, void *user_data);
void on_progress(struct dfut_session *session, const struct dfut_progress *progress, void *user_data);
void on_line(const char *text, void *user_data);
int on_bytes(const uint8_t *data, size_t size, void *user_data);

#endif
