/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* The popover with the virtual devices: their plugs, and buttons for more. */

#ifndef PLAYGROUND_MENU_H
#define PLAYGROUND_MENU_H

#include "playground.h"

#include <gtk/gtk.h>

#define PLAYGROUND_MENU_TYPE (playground_menu_get_type())
G_DECLARE_FINAL_TYPE(PlaygroundMenu, playground_menu, APP, PLAYGROUND_MENU, GtkPopover)

/* The playground must outlive the menu. */
void playground_menu_set_playground(PlaygroundMenu *menu, struct playground *playground);

#endif
