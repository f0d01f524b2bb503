/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* Actions: what is the same for whatever their kind is. */

#ifndef DFUT_ACTION_H
#define DFUT_ACTION_H

#include "dfutrigger-transport.h"

/* For the log. */
void dfut_action_describe(const struct dfut_action *action, char *text, size_t size);
/* Its data is there from now on: what goes out is copied, dfut_action_get_length() bytes. */
void dfut_action_move_data(struct dfut_action *action, uint8_t *buffer);
/* The greatest result that it can have. */
int dfut_action_get_limit(const struct dfut_action *action);

#endif
