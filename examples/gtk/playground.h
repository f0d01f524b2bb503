/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* Virtual devices to play with: a bus of their own beside the system's. As a GListModel of Toy. */

#ifndef PLAYGROUND_H
#define PLAYGROUND_H

#include <dfutrigger-sim.h>
#include <gio/gio.h>
#include <stdbool.h>

#define TOY_TYPE (toy_get_type())
G_DECLARE_FINAL_TYPE(Toy, toy, APP, TOY, GObject)

const char *toy_get_name(Toy *toy);
bool toy_is_plugged(Toy *toy);
/* Pulls its plug, or plugs it in again. */
void toy_set_plugged(Toy *toy, bool plugged);

struct playground;

/* Adds its bus to the context; free it after that. */
struct playground *playground_new(struct dfut_context *context);
void playground_free(struct playground *playground);
GListModel *playground_get_model(struct playground *playground);
/* spec: as for dfut_sim_plug(). NULL, or why it is not possible; lives until the next call. */
const char *playground_add(struct playground *playground, const char *spec);

#endif
