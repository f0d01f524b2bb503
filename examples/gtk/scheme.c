/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* Light or dark: GTK alone does not ask the desktop, so this does, by the settings portal, without ever waiting for it. */

#include "scheme.h"

#include <gtk/gtk.h>

#define NAME "org.freedesktop.portal.Desktop"
#define PATH "/org/freedesktop/portal/desktop"
#define INTERFACE "org.freedesktop.portal.Settings"
#define GROUP "org.freedesktop.appearance"
#define KEY "color-scheme"
#define PREFER_DARK 1

/* The portal wraps what it reads, old versions twice. */
static void apply(GVariant *value)
{
	GVariant *inner = g_variant_ref(value);

	while (g_variant_is_of_type(inner, G_VARIANT_TYPE_VARIANT)) {
		GVariant *next = g_variant_get_variant(inner);

		g_variant_unref(inner);
		inner = next;
	}
	if (g_variant_is_of_type(inner, G_VARIANT_TYPE_UINT32))
		g_object_set(gtk_settings_get_default(), "gtk-application-prefer-dark-theme",
			     g_variant_get_uint32(inner) == PREFER_DARK, NULL);
	g_variant_unref(inner);
}

static void changed(GDBusConnection *bus, const char *sender, const char *path, const char *interface,
		    const char *signal, GVariant *parameters, void *data)
{
	const char *group, *key;
	GVariant *value;

	(void)bus;
	(void)sender;
	(void)path;
	(void)interface;
	(void)signal;
	(void)data;
	if (!g_variant_is_of_type(parameters, G_VARIANT_TYPE("(ssv)")))
		return;
	g_variant_get(parameters, "(&s&s@v)", &group, &key, &value);
	if (g_str_equal(group, GROUP) && g_str_equal(key, KEY))
		apply(value);
	g_variant_unref(value);
}

static void read_once(GObject *bus, GAsyncResult *result, void *data)
{
	GVariant *answer = g_dbus_connection_call_finish(G_DBUS_CONNECTION(bus), result, NULL);
	GVariant *value;

	(void)data;
	/* A desktop without the portal stays as GTK has it. */
	if (!answer)
		return;
	value = g_variant_get_child_value(answer, 0);
	apply(value);
	g_variant_unref(value);
	g_variant_unref(answer);
}

static void connected(GObject *object, GAsyncResult *result, void *data)
{
	GDBusConnection *bus = g_bus_get_finish(result, NULL);

	(void)object;
	(void)data;
	if (!bus)
		return;
	g_dbus_connection_signal_subscribe(bus, NAME, INTERFACE, "SettingChanged", PATH, GROUP,
					   G_DBUS_SIGNAL_FLAGS_NONE, changed, NULL, NULL);
	g_dbus_connection_call(bus, NAME, PATH, INTERFACE, "Read", g_variant_new("(ss)", GROUP, KEY), NULL,
			       G_DBUS_CALL_FLAGS_NONE, -1, NULL, read_once, NULL);
	g_object_unref(bus);
}

void scheme_follow(void)
{
	g_bus_get(G_BUS_TYPE_SESSION, NULL, connected, NULL);
}
