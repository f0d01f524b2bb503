/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

#include <stdlib.h>
#include <string.h>

#include "transport/look.h"
#include "transport/usb.h"

static void found_device(void *owner, const struct dfut_os_place *place, void *device)
{
	struct dfut_system_look *look = owner;
	struct dfut_system_node *node = look->system->nodes;
	struct dfut_system_found *grown = realloc(look->found, (look->count + 1) * sizeof(*grown));
	struct dfut_system_found *found;

	if (!grown)
		return;
	look->found = grown;
	found = &grown[look->count];
	while (node && !dfut_system_node_is_at(node, place, device))
		node = node->next;
	*found = (struct dfut_system_found){ .node = node ? node : dfut_system_node_new(look->system, place, device) };
	if (!found->node)
		return;
	look->count++;
	if (found->node->facts.descriptors)
		dfut_system_found_fill(found);
}

/* In the middle of a bus reset it has no address, and is still the device that it was, if it is known. */
static void found_place(void *owner, const struct dfut_os_place *place)
{
	const struct dfut_system_look *look = owner;
	const struct dfut_system_node *node = look->system->nodes;
	struct dfut_os_place known = *place;

	while (node &&
	       (node->place.place.bus_number != place->bus_number || strcmp(node->place.path, place->path) != 0))
		node = node->next;
	if (place->address == 0 && node)
		known.address = node->place.place.address;
	if (known.address)
		found_device(owner, &known, NULL);
}

static struct dfut_system_look *new_look(struct dfut_system *system)
{
	struct dfut_system_look *look = calloc(1, sizeof(*look));

	if (look)
		look->system = system;
	return look;
}

static void take_look(struct dfut_system_look *look)
{
	struct dfut_system *system = look->system;

	look->result = dfut_os_list(found_place, look);
	if (look->result == DFUT_ERROR_UNSUPPORTED)
		look->result = dfut_usb_list(system->usb, found_device, look);
}

void dfut_system_look_free(struct dfut_system_look *look)
{
	for (size_t i = 0; i < look->count; i++)
		dfut_system_found_free(&look->found[i]);
	free(look->found);
	free(look);
}

void dfut_system_nodes_free(struct dfut_system *system)
{
	while (system->nodes) {
		struct dfut_system_node *node = system->nodes;

		system->nodes = node->next;
		if (dfut_system_node_change(node, DFUT_NODE_MISSED) == DFUT_NODE_GONE)
			dfut_system_node_free(node);
	}
}

/* On a thread. If the bus has stopped meanwhile, what it has left behind is freed here. */
static void look_around(void *data)
{
	struct dfut_system_look *look = data;
	struct dfut_system *system = look->system;
	bool stopped;

	take_look(look);
	pthread_mutex_lock(&system->lock);
	system->looking = false;
	pthread_cond_broadcast(&system->looked);
	stopped = !system->bus;
	if (!stopped) {
		system->look = look;
		dfut_bus_changed(system->bus);
	}
	pthread_mutex_unlock(&system->lock);
	if (stopped) {
		dfut_system_look_free(look);
		dfut_system_nodes_free(system);
	}
	dfut_system_unref(system);
}

int dfut_system_look_begin(struct dfut_system *system)
{
	struct dfut_system_look *look = new_look(system);

	if (!look)
		return DFUT_ERROR_NO_MEMORY;
	dfut_system_ref(system);
	pthread_mutex_lock(&system->lock);
	system->looking = true;
	system->dirty = false;
	pthread_mutex_unlock(&system->lock);
	if (dfut_system_run(system, NULL, look_around, look) == 0)
		return 0;
	pthread_mutex_lock(&system->lock);
	system->looking = false;
	pthread_mutex_unlock(&system->lock);
	free(look);
	dfut_system_unref(system);
	return DFUT_ERROR_NO_MEMORY;
}
