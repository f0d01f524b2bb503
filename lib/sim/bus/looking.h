/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* What a host sees of a device that looks at it: configurations and strings. */

#ifndef DFUT_SIM_LOOKING_H
#define DFUT_SIM_LOOKING_H

#include "dfutrigger-sim.h"

#define DFUT_SIM_LOOKING_TEXT \
	"string-ms=MS: time that the answer to each request for a string takes\n" \
	"strings=answered|hang|names-hang: whether requests for strings are ever answered, or those for all but manufacturer, " \
	"product and serial number\n" \
	"reports=answered|hang: whether requests for HID report descriptors are ever answered\n" \
	"configured=yes|no: whether the system configures it when it appears; no, as it asks for 510 mA\n" \
	"dfu-configuration=active|inactive: whether what it is for is in another configuration than the one in use\n"

/* Whether requests for strings are answered. */
enum dfut_sim_strings {
	DFUT_SIM_STRINGS_ANSWERED,
	DFUT_SIM_STRINGS_HANG,
	DFUT_SIM_STRINGS_NAMES_HANG,
};

/* What it tells, in use or not, ... */
struct dfut_sim_description dfut_sim_device_describe_all(const struct dfut_sim_device *device);
/* ... and with no other configuration than the one in use; if it has none, than the one that its system would select. */
struct dfut_sim_description dfut_sim_device_describe(const struct dfut_sim_device *device);
const uint8_t *dfut_sim_get_configuration(const struct dfut_sim_description *description);
uint8_t dfut_sim_get_configuration_value(const struct dfut_sim_description *description);
bool dfut_sim_device_has_configuration(const struct dfut_sim_device *device, uint16_t value);
/* The one that its system selects; 0 for none. */
uint8_t dfut_sim_device_choose_configuration(const struct dfut_sim_device *device);
/* After its options are set. 0 or NO_MEMORY */
int dfut_sim_device_prepare_configurations(struct dfut_sim_device *device);
/* Whether a string is one that a system reads by itself. */
bool dfut_sim_is_device_string(const struct dfut_sim_description *description, uint8_t index);
#define DFUT_SIM_STRING_LIMIT 255
/*
 * What a host has read of the strings by now; room for all. It has asked for manufacturer, product and serial number before all
 * others. Returns `names` of struct dfut_device_facts.
 */
int dfut_sim_device_take_strings(const struct dfut_sim_device *device, const struct dfut_sim_description *description,
				 struct dfut_string *known, size_t *count);

#endif
