/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* The firmware file that was chosen. It is read and judged in a thread: it may be large, or on a slow disk. Signal:
 * "changed". */

#ifndef FIRMWARE_H
#define FIRMWARE_H

#include <dfutrigger.h>
#include <gio/gio.h>
#include <stdbool.h>
#include <stdint.h>

#define FIRMWARE_TYPE (firmware_get_type())
G_DECLARE_FINAL_TYPE(Firmware, firmware, APP, FIRMWARE, GObject)

/* Begins to read a file. */
Firmware *firmware_new(GFile *file);
/* Something to play with: fits the virtual Zephyr board. */
Firmware *firmware_new_sample(void);

/* The same file, put at an address; -1: where the device puts it. One that is being written stays where it is. */
Firmware *firmware_new_at(Firmware *firmware, int64_t address);

/* Gives up: "changed" does not come any more. */
void firmware_forget(Firmware *firmware);

bool firmware_is_loading(Firmware *firmware);
/* NULL while it is read, and if it is none. */
struct dfut_image *firmware_get_image(Firmware *firmware);
/* Whether it has no address of its own: one may be chosen. */
bool firmware_lacks_address(Firmware *firmware);
/* The one that was chosen, -1 for none. */
int64_t firmware_get_address(Firmware *firmware);
const char *firmware_get_name(Firmware *firmware);
/* Why it is none, in the library's words; "" if it is one. */
const char *firmware_get_message(Firmware *firmware);
const char *firmware_get_hint(Firmware *firmware);
/* What it is: kind, size, version, whom it is for. Free it. */
char *firmware_describe(Firmware *firmware);

#endif
