/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* The units that there are. */

#include "units.h"

#include "source.h"

/* The same as drawing: neither starves the other, and a click goes before both. */
#define PRIORITY (G_PRIORITY_HIGH_IDLE + 20)

struct units {
	struct dfut_context *context;
	GSource *source;
	GListStore *store;
	Firmware *firmware;
	void (*changed)(void *user_data);
	void *user_data;
};

static Unit *get(struct units *units, unsigned int index)
{
	Unit *unit = g_list_model_get_item(G_LIST_MODEL(units->store), index);

	/* The store holds it. */
	if (unit)
		g_object_unref(unit);
	return unit;
}

static Unit *find(struct units *units, const struct dfut_device *device)
{
	Unit *unit;

	for (unsigned int i = 0; (unit = get(units, i)); i++)
		if (unit_owns(unit, device))
			return unit;
	return NULL;
}

static void mark_twins(struct units *units)
{
	Unit *unit, *other;

	for (unsigned int i = 0; (unit = get(units, i)); i++) {
		unsigned int count = 0;

		for (unsigned int j = 0; (other = get(units, j)); j++)
			count += g_str_equal(unit_get_name(unit), unit_get_name(other));
		unit_set_twin(unit, count > 1);
	}
}

static void tell(struct units *units)
{
	mark_twins(units);
	if (units->changed)
		units->changed(units->user_data);
}

static void forget(struct units *units, Unit *unit)
{
	unsigned int index;

	if (!unit_is_needed(unit) && g_list_store_find(units->store, unit, &index))
		g_list_store_remove(units->store, index);
	tell(units);
}

/* An update whose device came back at another port has taken it over: it is not there twice. */
static void unit_changed(Unit *unit, struct units *units)
{
	Unit *other;

	for (unsigned int i = 0; (other = get(units, i)); i++) {
		if (other == unit || unit_get_device(other) != unit_get_device(unit))
			continue;
		g_list_store_remove(units->store, i--);
	}
	tell(units);
}

static void add(struct units *units, struct dfut_device *device)
{
	Unit *unit = unit_new(device);

	g_signal_connect(unit, "changed", G_CALLBACK(unit_changed), units);
	unit_set_firmware(unit, units->firmware);
	g_list_store_append(units->store, unit);
	g_object_unref(unit);
	tell(units);
}

void units_set_watcher(struct units *units, void (*changed)(void *user_data), void *user_data)
{
	units->changed = changed;
	units->user_data = user_data;
}

GPtrArray *units_find_planned(struct units *units)
{
	GPtrArray *found = g_ptr_array_new_with_free_func(g_object_unref);
	Unit *unit;

	for (unsigned int i = 0; (unit = get(units, i)); i++)
		if (unit_get_stage(unit) == UNIT_PLANNED)
			g_ptr_array_add(found, g_object_ref(unit));
	return found;
}

static void device_event(enum dfut_device_event event, struct dfut_device *device, void *user_data)
{
	struct units *units = user_data;
	Unit *unit = find(units, device);

	switch (event) {
	case DFUT_DEVICE_ARRIVED:
	case DFUT_DEVICE_CHANGED:
		if (unit)
			unit_arrived(unit, device);
		else
			add(units, device);
		break;
	case DFUT_DEVICE_LEFT:
		/* Another may be at its port already. */
		if (!unit || unit_get_device(unit) != device)
			break;
		unit_left(unit);
		forget(units, unit);
		break;
	}
}

GListModel *units_get_model(struct units *units)
{
	return G_LIST_MODEL(units->store);
}

void units_set_firmware(struct units *units, Firmware *firmware)
{
	Unit *unit;

	g_set_object(&units->firmware, firmware);
	for (unsigned int i = 0; (unit = get(units, i)); i++)
		unit_set_firmware(unit, firmware);
}

bool units_are_running(struct units *units)
{
	Unit *unit;

	for (unsigned int i = 0; (unit = get(units, i)); i++)
		if (unit_get_stage(unit) == UNIT_RUNNING)
			return true;
	return false;
}

void units_cancel_all(struct units *units)
{
	Unit *unit;

	for (unsigned int i = 0; (unit = get(units, i)); i++)
		unit_cancel(unit);
}

void units_dismiss(struct units *units, Unit *unit)
{
	unit_dismiss(unit);
	unit_set_firmware(unit, units->firmware);
	forget(units, unit);
}

struct units *units_new(struct dfut_context *context)
{
	struct units *units = g_new0(struct units, 1);

	units->context = context;
	units->store = g_list_store_new(UNIT_TYPE);
	dfut_context_set_device_handler(context, device_event, units);
	units->source = dfut_source_new(context);
	g_source_set_priority(units->source, PRIORITY);
	g_source_attach(units->source, NULL);
	return units;
}

void units_free(struct units *units)
{
	dfut_context_set_device_handler(units->context, NULL, NULL);
	g_source_destroy(units->source);
	g_source_unref(units->source);
	g_list_store_remove_all(units->store);
	g_object_unref(units->store);
	g_clear_object(&units->firmware);
	g_free(units);
}
