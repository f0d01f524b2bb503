/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* What was asked for, in struct dfut_match, and whether a device fits it. */

#ifndef DFUT_MATCH_H
#define DFUT_MATCH_H

#include "device/device.h"

/* What an application asks for; NULL for anything. 0, or DFUT_ERROR_USAGE for what no device can have. */
int dfut_match_take(struct dfut_match *wanted, const struct dfut_match *given, struct dfut_failure *failure);
/* idVendor or idProduct, or DFUT_MATCH_ANY. */
bool dfut_match_is_id(int id);
bool dfut_match_has_ids(const struct dfut_match *match);
/* By ids, port path or serial number. */
bool dfut_match_names_device(const struct dfut_match *match);
/* What the device is doing, as far as the ids that were asked for do not overrule a guess. */
enum dfut_mode dfut_match_get_mode(const struct dfut_match *match, const struct dfut_device *device);
/* Whether an alternate setting, a DFU interface or a configuration is asked for. */
bool dfut_match_asks_for_memory(const struct dfut_match *match);
/* Whether the device has such, whatever its mode. */
bool dfut_match_fits_memory(const struct dfut_match *match, const struct dfut_device *device);
bool dfut_match_fits(const struct dfut_match *match, const struct dfut_device *device);
/* Whether it may turn out to fit once its names are known: by what does not depend on them. */
bool dfut_match_may_fit(const struct dfut_match *match, const struct dfut_device *device);
/* " 1209:df10, or 1209:df11 in its bootloader, at 1-2"; "" if anything will do. */
void dfut_match_describe(const struct dfut_match *match, char *text, size_t size);

#endif
