/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* What doctor tells beyond a device's description: as what it is known, who has it, what an update would do. */

#include <string.h>

#include "describe.h"
#include "outlook.h"

/* As what it is known. */

static const char *get_known_by(const struct dfut_device *device)
{
	if (!dfut_device_get_title(device)[0] || dfut_device_get_mode(device) == DFUT_MODE_UNKNOWN)
		return NULL;
	return dfut_device_is_generic(device) ? "class" : "table";
}

static void print_known(struct output *output, const struct dfut_device *device)
{
	const char *known_by = get_known_by(device);

	if (known_by)
		output_text(output, "         known as       %s%s\n", dfut_device_get_title(device),
			    dfut_device_is_generic(device) ? " (by its USB class only)" : "");
	else
		output_text(output, "         known as       nothing; --devices adds a description\n");
}

/* Who has it. */

/* The next interface number from this one on, in the configuration in use; -1 if there is none. */
static int find_interface(const struct dfut_device *device, int from)
{
	const struct dfut_interface *interface;
	int found = -1;

	for (size_t i = 0; (interface = dfut_device_get_interface(device, i)); i++)
		if (interface->configuration == dfut_device_get_configuration(device) && interface->number >= from &&
		    (found < 0 || interface->number < found))
			found = interface->number;
	return found;
}

/* "" if it has none */
static const char *get_node(const struct dfut_device *device, int interface_number)
{
	const struct dfut_node *node;

	for (size_t i = 0; (node = dfut_device_get_node(device, i)); i++)
		if (node->interface_number == interface_number)
			return node->name;
	return "";
}

/* false if nobody has it */
static bool get_holder(struct dfut_device *device, int interface_number, struct dfut_holder *holder)
{
	return dfut_device_get_holder(device, interface_number, holder, sizeof(*holder)) == 0 &&
	       (holder->driver[0] || holder->programs[0]);
}

static void print_holder(struct output *output, struct dfut_device *device, int number)
{
	const char *node = get_node(device, number);
	struct dfut_holder holder;
	char part[32] = "the device";

	if (!get_holder(device, number, &holder))
		return;
	if (number >= 0)
		snprintf(part, sizeof(part), "interface %d", number);
	if (holder.driver[0])
		output_text(output, "         held           %s by the %s %s\n", part,
			    strcmp(holder.driver, "usbfs") == 0 ? "kernel for a program:" : "kernel's driver",
			    holder.driver);
	if (holder.programs[0])
		output_text(output, "         open           %s by %s; it must be closed before an update\n",
			    node[0] ? node : part, holder.programs);
}

static void print_holders(struct output *output, struct dfut_device *device)
{
	print_holder(output, device, -1);
	for (int number = find_interface(device, 0); number >= 0; number = find_interface(device, number + 1))
		print_holder(output, device, number);
}

static void add_holder(json_t *array, struct dfut_device *device, int number)
{
	struct dfut_holder holder;

	if (get_holder(device, number, &holder))
		json_array_append_new(array, json_pack("{s:o, s:o, s:o, s:o}", "interface",
						       number < 0 ? json_null() : json_integer(number), "node",
						       new_json_text(get_node(device, number)), "driver",
						       new_json_text(holder.driver), "programs",
						       new_json_text(holder.programs)));
}

static json_t *new_holders(struct dfut_device *device)
{
	json_t *array = json_array();

	add_holder(array, device, -1);
	for (int number = find_interface(device, 0); number >= 0; number = find_interface(device, number + 1))
		add_holder(array, device, number);
	return array;
}

/* What an update would do. */

/** What keeps a device from being updated, whatever the file. */
struct obstacle {
	int code; /**< 0 for nothing */
	char message[1024];
	char hint[1024];
};

/* A session that is not run sends nothing. */
static void find_obstacle(struct obstacle *obstacle, struct dfut_device *device)
{
	struct dfut_session *session = NULL;

	obstacle->message[0] = obstacle->hint[0] = '\0';
	obstacle->code = dfut_session_new(&session, device);
	if (obstacle->code == 0)
		obstacle->code = dfut_session_start_diagnose(session);
	if (obstacle->code < 0)
		snprintf(obstacle->message, sizeof(obstacle->message), "%s",
			 session ? dfut_session_get_message(session) : dfut_error_get_text(obstacle->code));
	if (obstacle->code < 0 && session)
		snprintf(obstacle->hint, sizeof(obstacle->hint), "%s", dfut_session_get_hint(session));
	dfut_session_free(session);
}

/* "trigger it by dfu-detach, else by reboot, then write with the protocol dfu" */
static void describe_update(char *text, size_t size, const struct dfut_device *device)
{
	const char *protocol = dfut_device_get_protocol(device);
	const char *trigger;
	size_t used = 0;

	text[0] = '\0';
	if (dfut_device_get_mode(device) != DFUT_MODE_BOOTLOADER)
		for (size_t i = 0; (trigger = dfut_device_get_trigger_name(device, i)) && used < size; i++)
			used += (size_t)snprintf(text + used, size - used, "%s%s", i ? ", else by " : "trigger it by ",
						 trigger);
	if (used < size && protocol[0])
		snprintf(text + used, size - used, "%swrite with the protocol %s", used ? ", then " : "", protocol);
	else if (used < size)
		snprintf(text + used, size - used, "%swrite with the protocol that %s", used ? ", then " : "",
			 describe_is_asked_for_language(device) ? "it says when it is asked" : "its bootloader shows");
}

static bool must_be_named(const struct dfut_device *device)
{
	return dfut_device_is_generic(device) && dfut_device_get_mode(device) == DFUT_MODE_APPLICATION;
}

static void print_update(struct output *output, struct dfut_device *device)
{
	struct obstacle obstacle;
	char text[512];

	find_obstacle(&obstacle, device);
	output->is_cut = output->is_cut || obstacle.code == DFUT_ERROR_NO_MEMORY;
	if (obstacle.code < 0) {
		output_text(output, "         update         not possible: %s\n", obstacle.message);
		if (obstacle.hint[0])
			output_text(output, "         hint: %s\n", obstacle.hint);
		return;
	}
	describe_update(text, sizeof(text), device);
	output_text(output, "         update         would %s%s\n", text,
		    must_be_named(device) ? "; only if it is named (-d, -p, -S)" : "");
}

static json_t *new_update(struct dfut_device *device)
{
	struct obstacle obstacle;
	struct failure failure = { 0, 0, NULL, NULL };
	char text[512];

	find_obstacle(&obstacle, device);
	if (obstacle.code == DFUT_ERROR_NO_MEMORY)
		return NULL;
	failure.code = obstacle.code;
	failure.message = obstacle.message;
	failure.hint = obstacle.hint;
	describe_update(text, sizeof(text), device);
	return json_pack("{s:b, s:b, s:o, s:o}", "possible", obstacle.code == 0, "must_be_named", must_be_named(device),
			 "text", obstacle.code == 0 ? new_json_text(text) : json_null(), "problem",
			 obstacle.code < 0 ? output_new_failure_json(&failure) : json_null());
}

void outlook_print(struct output *output, struct dfut_device *device)
{
	print_known(output, device);
	print_holders(output, device);
	print_update(output, device);
}

json_t *outlook_new_json(struct dfut_device *device)
{
	return json_pack("{s:o, s:o, s:o}", "known_by", new_json_text(get_known_by(device)), "holders",
			 new_holders(device), "update", new_update(device));
}
