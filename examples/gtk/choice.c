/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* What can be chosen for a device: a trigger, an alternate setting. */

#include "choice.h"

/* USB class codes: DFU */
#define CLASS_APPLICATION 0xfe
#define SUBCLASS_DFU 1

static void selected(GtkDropDown *widget, GParamSpec *spec, void *data)
{
	struct choice *choice = data;
	unsigned int index = gtk_drop_down_get_selected(widget);

	(void)spec;
	if (!choice->names || index == GTK_INVALID_LIST_POSITION)
		return;
	choice->made(index ? choice->names[index] : NULL, choice->user_data);
}

void choice_init(struct choice *choice, GtkDropDown *widget, choice_made made, void *user_data)
{
	*choice = (struct choice){ .widget = widget, .made = made, .user_data = user_data };
	choice->handler = g_signal_connect(widget, "notify::selected", G_CALLBACK(selected), choice);
}

void choice_finish(struct choice *choice)
{
	if (choice->handler)
		g_signal_handler_disconnect(choice->widget, choice->handler);
	choice->handler = 0;
	g_clear_pointer(&choice->names, g_strfreev);
}

static unsigned int find(char **names, const char *chosen)
{
	for (unsigned int i = 1; chosen && names[i]; i++)
		if (g_str_equal(names[i], chosen))
			return i;
	return 0;
}

/* Takes the names. */
static bool show(struct choice *choice, GPtrArray *array, const char *chosen)
{
	unsigned int count = array->len;
	char **names;

	g_ptr_array_add(array, NULL);
	names = (char **)g_ptr_array_free(array, FALSE);
	g_signal_handler_block(choice->widget, choice->handler);
	if (!choice->names || !g_strv_equal((const char *const *)names, (const char *const *)choice->names)) {
		GtkStringList *list = gtk_string_list_new((const char *const *)names);

		gtk_drop_down_set_model(choice->widget, G_LIST_MODEL(list));
		g_object_unref(list);
		g_strfreev(choice->names);
		choice->names = g_steal_pointer(&names);
	}
	gtk_drop_down_set_selected(choice->widget, find(choice->names, chosen));
	g_signal_handler_unblock(choice->widget, choice->handler);
	g_strfreev(names);
	return count > 2;
}

static GPtrArray *new_names(void)
{
	GPtrArray *names = g_ptr_array_new();

	g_ptr_array_add(names, g_strdup("Automatic"));
	return names;
}

bool choice_show_triggers(struct choice *choice, const struct dfut_device *device, const char *chosen)
{
	GPtrArray *names = new_names();

	for (size_t i = 0; i < dfut_device_get_trigger_count(device); i++)
		g_ptr_array_add(names, g_strdup(dfut_device_get_trigger_name(device, i)));
	/* Of one that may be another product even the only way wants a yes. */
	return show(choice, names, chosen) || dfut_device_is_shared(device);
}

bool choice_show_alternates(struct choice *choice, const struct dfut_device *device, const char *chosen)
{
	GPtrArray *names = new_names();
	const struct dfut_interface *interface;

	for (size_t i = 0; (interface = dfut_device_get_interface(device, i)); i++) {
		if (dfut_device_get_mode(device) != DFUT_MODE_BOOTLOADER || interface->class_code != CLASS_APPLICATION ||
		    interface->subclass != SUBCLASS_DFU)
			continue;
		g_ptr_array_add(names, interface->name && *interface->name ? g_strdup(interface->name) :
									    g_strdup_printf("%u", interface->alternate));
	}
	return show(choice, names, chosen);
}
