/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* What can be chosen for a device: a trigger, an alternate setting, a part. */

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

static unsigned int find(char **names, const char *chosen)
{
	for (unsigned int i = 1; chosen && names[i]; i++)
		if (g_str_equal(names[i], chosen))
			return i;
	return 0;
}

static void fill(struct choice *choice, char **names, const char *chosen)
{
	GtkStringList *list;

	g_signal_handlers_block_by_func(choice->widget, selected, choice);
	if (!choice->names || !g_strv_equal((const char *const *)names, (const char *const *)choice->names)) {
		list = gtk_string_list_new((const char *const *)names);
		gtk_drop_down_set_model(choice->widget, G_LIST_MODEL(list));
		g_object_unref(list);
		g_strfreev(choice->names);
		choice->names = g_strdupv(names);
	}
	gtk_drop_down_set_selected(choice->widget, find(choice->names, chosen));
	g_signal_handlers_unblock_by_func(choice->widget, selected, choice);
}

/* Takes the names. */
static bool show(struct choice *choice, GPtrArray *array, bool is_wanted, const char *chosen)
{
	char **names;

	g_ptr_array_add(array, NULL);
	names = (char **)g_ptr_array_free(array, FALSE);
	if (is_wanted && !choice->widget)
		build(choice);
	if (is_wanted)
		fill(choice, names, chosen);
	gtk_widget_set_visible(GTK_WIDGET(choice->box), is_wanted);
	g_strfreev(names);
	return is_wanted;
}

static GPtrArray *new_names(const char *none)
{
	GPtrArray *names = g_ptr_array_new();

	g_ptr_array_add(names, g_strdup(none));
	return names;
}

bool choice_show_triggers(struct choice *choice, const struct dfut_device *device, const char *chosen)
{
	GPtrArray *names = new_names("Automatic");

	for (size_t i = 0; i < dfut_device_get_trigger_count(device); i++)
		g_ptr_array_add(names, g_strdup(dfut_device_get_trigger_name(device, i)));
	/* Of one that may be another product even the only way wants a yes. */
	return show(choice, names, names->len > 2 || dfut_device_is_shared(device), chosen);
}

static bool is_memory(const struct dfut_interface *interface)
{
	return interface->class_code == CLASS_APPLICATION && interface->subclass == SUBCLASS_DFU;
}

/* Nothing else has this name, and it is not taken for a number, or for an interface's. */
static bool is_clear(const struct dfut_device *device, const struct dfut_interface *memory)
{
	const struct dfut_interface *interface;
	unsigned int count = 0;

	if (!memory->name || !*memory->name || *memory->name == '=' || g_ascii_isdigit(*memory->name))
		return false;
	for (size_t i = 0; (interface = dfut_device_get_interface(device, i)); i++)
		if (is_memory(interface) && g_strcmp0(interface->name, memory->name) == 0)
			count++;
	return count == 1;
}

bool choice_show_alternates(struct choice *choice, const struct dfut_device *device, const char *chosen)
{
	GPtrArray *names = new_names("Automatic");
	const struct dfut_interface *interface;

	for (size_t i = 0; (interface = dfut_device_get_interface(device, i)); i++) {
		if (dfut_device_get_mode(device) != DFUT_MODE_BOOTLOADER || !is_memory(interface))
			continue;
		g_ptr_array_add(names, is_clear(device, interface) ?
					       g_strdup(interface->name) :
					       g_strdup_printf("%u:%u", interface->number, interface->alternate));
	}
	return show(choice, names, names->len > 2, chosen);
}

bool choice_show_parts(struct choice *choice, char **parts, const char *chosen)
{
	GPtrArray *names = new_names("Not known");

	for (size_t i = 0; parts && parts[i]; i++)
		g_ptr_array_add(names, g_strdup(parts[i]));
	return show(choice, names, parts != NULL, chosen);
}
