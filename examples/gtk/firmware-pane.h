/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* What firmware was chosen, and what it is. */

#ifndef FIRMWARE_PANE_H
#define FIRMWARE_PANE_H

#include "firmware.h"

#include <gtk/gtk.h>

#define FIRMWARE_PANE_TYPE (firmware_pane_get_type())
G_DECLARE_FINAL_TYPE(FirmwarePane, firmware_pane, APP, FIRMWARE_PANE, GtkBox)

/* NULL for none. */
/* Signal "address": one was chosen, -1 for none (int64). */
void firmware_pane_set_firmware(FirmwarePane *pane, Firmware *firmware);

/* Offers the addresses at which memories of these units begin. */
void firmware_pane_show_addresses(FirmwarePane *pane, GListModel *units);

#endif
