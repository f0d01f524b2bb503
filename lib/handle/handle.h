/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* A handle's inside: a call opens what it needs and carries one action out, within the time that it was given. */

#ifndef DFUT_HANDLE_H
#define DFUT_HANDLE_H

#include "device/registry.h"
#include "device/target.h"

struct dfut_handle {
	struct dfut_context *context;
	struct dfut_device *device;
	struct dfut_run *run;
	bool working; /* a call runs */
	bool ended;   /* its machine has */
	int result;
	uint64_t until_us; /* the end of the time that the call has, opening included */
	bool keeps_drivers;
	int configuration; /* that a call has selected, -1 if none has */
};

/* 0, or why the handle can't be used now. */
int dfut_handle_check_use(struct dfut_handle *handle);
int dfut_handle_check_data(struct dfut_handle *handle, const void *data, uint16_t length);
/* Sets the limit of the whole call; returns that of its action, of which the engine leaves what is left. 0: no limit. */
uint32_t dfut_handle_limit_call(struct dfut_handle *handle, unsigned int timeout_ms);
/* Device objects are replaced when their facts change; the device is the same as long as its instance is. NULL: it has left. */
struct dfut_device *dfut_handle_find_present(const struct dfut_handle *handle);
int dfut_handle_need_open(struct dfut_handle *handle, enum dfut_link link, uint8_t channel);
/* Carries one action out; what comes in goes to `data`, which has room for the action's length. */
int dfut_handle_perform(struct dfut_handle *handle, const struct dfut_action *action, uint8_t *data);
/* Runs a machine until it has ended, within the time of the call; 0, or its error. */
int dfut_handle_run(struct dfut_handle *handle, const struct dfut_machine_ops *machine, const struct dfut_job *job);
/* Puts the failure of an action in words; returns result. */
int dfut_handle_explain(struct dfut_handle *handle, const struct dfut_action *action, int result);
/* In the middle of a call that was checked; tells nobody of an error. */
void dfut_handle_close_all(struct dfut_handle *handle);

#endif
