/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

#ifndef DFUTRIGGER_CLI_DESCRIBE_H
#define DFUTRIGGER_CLI_DESCRIBE_H

#include "json.h"
#include "output.h"

/** @return true if only the bootloader of a device in its application shows which language it speaks */
bool describe_shows_language_later(const struct dfut_device *device);
/** @return true if a device in its bootloader has to be asked which language it speaks */
bool describe_is_asked_for_language(const struct dfut_device *device);
/** Prints a device's path, ids and names on one line. */
void describe_headline(struct output *output, const struct dfut_device *device);
/** Prints what is worth knowing of a device below its headline. */
void describe_details(struct output *output, const struct dfut_device *device, bool every_interface);
/** Says of which devices not all is read, if that is so. */
void describe_unread(struct output *output, const struct dfut_device_list *list);
/** @return those devices and what is missing, an array */
json_t *describe_new_json_unread(const struct dfut_device_list *list);
/** @return which device it is, for programs: path, ids, serial number, mode */
json_t *describe_new_json_identity(const struct dfut_device *device);
/** @return what a session is going to do, as a list of steps */
json_t *describe_new_json_steps(const struct dfut_session *session);
/** @return the commands that a device knows, an array of names and texts */
json_t *describe_new_json_commands(const struct dfut_device *device);
/** @return all that is known of a device */
json_t *describe_new_json(const struct dfut_device *device);

#endif
