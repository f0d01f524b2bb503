/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* The line that dfu-util has for an interface. */

#ifndef DFUTRIGGER_DFU_UTIL_LINE_H
#define DFUTRIGGER_DFU_UTIL_LINE_H

#include <stdbool.h>

#include <dfutrigger.h>

/** Room for one, whatever its device says of itself. */
#define LINE_SIZE 2048
/** Room for a serial number that has to be unpacked. */
#define LINE_SERIAL_SIZE 128

/** @return true if it is an alternate setting of a DFU interface */
bool line_is_dfu_interface(const struct dfut_interface *interface);
/** @return true if it, or its device, is in DFU mode: ready for a download */
bool line_is_dfu_mode(const struct dfut_device *device, const struct dfut_interface *interface);
/** @return the serial number as dfu-util has it: its own, or what was unpacked into `serial`; NULL if there is none */
const char *line_get_serial(const struct dfut_device *device, char serial[LINE_SERIAL_SIZE]);
/** Writes the line, with its end. @param line LINE_SIZE bytes */
void line_write(char *line, const struct dfut_device *device, const struct dfut_interface *interface);

#endif
