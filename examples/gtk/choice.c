/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* What can be chosen for a device: a trigger, an alternate setting, a part. */

#include "choice.h"

#include "memory.h"

static void selected(GtkDropDown *widget, GParamSpec *spec, void *data)
{
	struct choice *choice = data;
	unsigned int index = gtk_drop_down_get_selected(widget);

	(void)spec;
	if (!choice->names || index == GTK_INVALID_LIST_POSITION)
		return;
	choice->made(index ? choice->values[index] : NULL, choice->user_data);
}

void choice_init(struct choice *choice, GtkWidget *box, const char *title, choice_made made, void *user_data)
{
	*choice = (struct choice){ .box = GTK_BOX(box), .title = title, .made = made, .user_data = user_data };
}

void choice_finish(struct choice *choice)
{
	if (choice->widget)
		g_signal_handlers_disconnect_by_data(choice->widget, choice);
	choice->widget = NULL;
	g_clear_pointer(&choice->names, g_strfreev);
	g_clear_pointer(&choice->values, g_strfreev);
}

/* A drop-down is a large widget, and most devices leave nothing to choose. */
static void build(struct choice *choice)
{
	GtkWidget *label = gtk_label_new_with_mnemonic(choice->title);
	GtkWidget *widget = gtk_drop_down_new(NULL, NULL);

	gtk_label_set_mnemonic_widget(GTK_LABEL(label), widget);
	gtk_accessible_update_relation(GTK_ACCESSIBLE(widget), GTK_ACCESSIBLE_RELATION_LABELLED_BY, label, NULL, -1);
	gtk_box_append(choice->box, label);
	gtk_box_append(choice->box, widget);
	choice->widget = GTK_DROP_DOWN(widget);
	g_signal_connect(widget, "notify::selected", G_CALLBACK(selected), choice);
}

static unsigned int find(char **values, const char *chosen)
{
	for (unsigned int i = 1; chosen && values[i]; i++)
		if (g_str_equal(values[i], chosen))
			return i;
	return 0;
}

/* Takes both. */
static void fill(struct choice *choice, char **names, char **values, const char *chosen)
{
	GtkStringList *list;

	g_signal_handlers_block_by_func(choice->widget, selected, choice);
	if (!choice->names || !g_strv_equal((const char *const *)names, (const char *const *)choice->names)) {
		list = gtk_string_list_new((const char *const *)names);
		gtk_drop_down_set_model(choice->widget, G_LIST_MODEL(list));
		g_object_unref(list);
	}
	g_strfreev(choice->names);
	g_strfreev(choice->values);
	choice->names = names;
	choice->values = values;
	gtk_drop_down_set_selected(choice->widget, find(values, chosen));
	g_signal_handlers_unblock_by_func(choice->widget, selected, choice);
}

struct options options_new(const char *none)
{
	struct options options = { g_ptr_array_new(), g_ptr_array_new() };

	options_add(&options, g_strdup(none), "");
	return options;
}

void options_add(struct options *options, char *name, const char *value)
{
	g_ptr_array_add(options->names, name);
	g_ptr_array_add(options->values, g_strdup(value));
}

bool choice_show(struct choice *choice, struct options options, bool is_wanted, const char *chosen)
{
	char **names, **values;

	g_ptr_array_add(options.names, NULL);
	g_ptr_array_add(options.values, NULL);
	names = (char **)g_ptr_array_free(options.names, FALSE);
	values = (char **)g_ptr_array_free(options.values, FALSE);
	gtk_widget_set_visible(GTK_WIDGET(choice->box), is_wanted);
	if (is_wanted && !choice->widget)
		build(choice);
	if (is_wanted) {
		fill(choice, names, values, chosen);
		return true;
	}
	g_strfreev(names);
	g_strfreev(values);
	return false;
}

bool choice_show_triggers(struct choice *choice, const struct dfut_device *device, const char *chosen)
{
	struct options options = options_new("Automatic");
	size_t count = dfut_device_get_trigger_count(device);

	for (size_t i = 0; i < count; i++)
		options_add(&options, g_strdup(dfut_device_get_trigger_name(device, i)),
			    dfut_device_get_trigger_name(device, i));
	/* Of one that may be another product even the only way wants a yes. */
	return choice_show(choice, options, count > 1 || dfut_device_is_shared(device), chosen);
}

bool choice_show_alternates(struct choice *choice, const struct dfut_device *device, const char *chosen)
{
	struct options options = options_new("Automatic");
	const struct dfut_interface *interface;
	unsigned int count = 0;

	for (size_t i = 0; (interface = dfut_device_get_interface(device, i)); i++) {
		char *value;

		if (dfut_device_get_mode(device) != DFUT_MODE_BOOTLOADER || !memory_is(interface))
			continue;
		value = g_strdup_printf("%u:%u", interface->number, interface->alternate);
		options_add(&options, memory_describe(device, interface), value);
		g_free(value);
		count++;
	}
	return choice_show(choice, options, count > 1, chosen);
}

bool choice_show_parts(struct choice *choice, char **parts, const char *chosen)
{
	struct options options = options_new("Not known");

	for (size_t i = 0; parts && parts[i]; i++)
		options_add(&options, g_strdup(parts[i]), parts[i]);
	return choice_show(choice, options, parts != NULL, chosen);
}
