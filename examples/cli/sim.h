/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

#ifndef DFUTRIGGER_CLI_SIM_H
#define DFUTRIGGER_CLI_SIM_H

#include <dfutrigger-sim.h>

#include "options.h"

/** The devices of --sim. */
struct virtual_bus {
	struct dfut_sim *sim; /**< NULL without --sim */
	struct dfut_sim_device **devices;
	size_t count;
};

/**
 * Plugs what --sim names into a bus on the real clock.
 *
 * @param[out] failed the device that could not be plugged; NULL if it is not one of them
 * @return 0 or a negative enum dfut_error, whose text is in bus->sim if there is one
 */
int virtual_bus_open(struct virtual_bus *bus, const struct options *options, const char **failed);
/** Writes what the devices were asked, as JSON lines. @return false if the file can't be written; errno says why */
bool virtual_bus_save_record(const struct virtual_bus *bus, const struct options *options);
/** @return where a host first did otherwise than in the session file of a device that is replayed; NULL if it did not */
const char *virtual_bus_find_difference(const struct virtual_bus *bus, const struct options *options);
/** Writes the state files. @return 0 or a negative enum dfut_error, whose text is in bus->sim */
int virtual_bus_save_states(const struct virtual_bus *bus);
/** Unplugs the devices. */
void virtual_bus_close(struct virtual_bus *bus);

#endif
