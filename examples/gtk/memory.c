/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* The memories of a bootloader in words. */

#include "memory.h"

#include <glib.h>
#include <string.h>

/* USB class codes: DFU */
#define CLASS_APPLICATION 0xfe
#define SUBCLASS_DFU 1

bool memory_is(const struct dfut_interface *interface)
{
	return interface->class_code == CLASS_APPLICATION && interface->subclass == SUBCLASS_DFU;
}

/* DfuSe (ST UM0424, 10.3.2): "@Internal Flash  /0x08000000/04*016Kg,01*064Kg" */
static const char *find_map(const struct dfut_interface *interface)
{
	return interface->name && *interface->name == '@' ? strstr(interface->name, "/0x") : NULL;
}

bool memory_get_start(const struct dfut_interface *interface, uint32_t *address)
{
	const char *map = find_map(interface);
	char *end = NULL;
	guint64 value = map ? g_ascii_strtoull(map + 1, &end, 16) : 0;

	*address = (uint32_t)value;
	return map && *end == '/' && value <= UINT32_MAX;
}

char *memory_get_name(const struct dfut_interface *interface)
{
	const char *map = find_map(interface);

	if (!interface->name)
		return g_strdup("");
	return map ? g_strstrip(g_strndup(interface->name + 1, (size_t)(map - interface->name - 1))) :
		     g_strdup(interface->name);
}

static bool is_only_one(const struct dfut_device *device, const struct dfut_interface *memory)
{
	const struct dfut_interface *interface;
	unsigned int count = 0;

	for (size_t i = 0; (interface = dfut_device_get_interface(device, i)); i++)
		count += memory_is(interface) && g_strcmp0(interface->name, memory->name) == 0;
	return count == 1;
}

char *memory_describe(const struct dfut_device *device, const struct dfut_interface *interface)
{
	char *name = memory_get_name(interface);
	GString *text = g_string_new(*name ? name : "Memory");
	uint32_t address;

	if (!*name || !is_only_one(device, interface))
		g_string_append_printf(text, " %u of interface %u", interface->alternate, interface->number);
	if (memory_get_start(interface, &address))
		g_string_append_printf(text, ", from 0x%08x", address);
	g_free(name);
	return g_string_free(text, FALSE);
}
