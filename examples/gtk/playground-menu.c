/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* The popover with the virtual devices. */

#include "playground-menu.h"

struct _PlaygroundMenu {
	GtkPopover parent_instance;

	struct playground *playground;
	GSimpleActionGroup *actions;
	GtkWidget *list;
};

G_DEFINE_FINAL_TYPE(PlaygroundMenu, playground_menu, GTK_TYPE_POPOVER)

static void switched(GtkSwitch *plug, GParamSpec *spec, void *data)
{
	(void)spec;
	toy_set_plugged(data, gtk_switch_get_active(plug));
}

static GtkWidget *new_row(void *item, void *data)
{
	Toy *toy = item;
	GtkWidget *row = gtk_box_new(GTK_ORIENTATION_HORIZONTAL, 12);
	GtkWidget *label = gtk_label_new(toy_get_name(toy));
	GtkWidget *plug = gtk_switch_new();
	char *text = g_strdup_printf("Plugged in, %s", toy_get_name(toy));

	(void)data;
	gtk_label_set_xalign(GTK_LABEL(label), 0);
	gtk_label_set_ellipsize(GTK_LABEL(label), PANGO_ELLIPSIZE_END);
	gtk_label_set_max_width_chars(GTK_LABEL(label), 32);
	gtk_widget_set_hexpand(label, TRUE);
	gtk_switch_set_active(GTK_SWITCH(plug), toy_is_plugged(toy));
	gtk_accessible_update_property(GTK_ACCESSIBLE(plug), GTK_ACCESSIBLE_PROPERTY_LABEL, text, -1);
	g_signal_connect_object(plug, "notify::active", G_CALLBACK(switched), toy, 0);
	gtk_box_append(GTK_BOX(row), label);
	gtk_box_append(GTK_BOX(row), plug);
	g_free(text);
	return row;
}

static void add(GSimpleAction *action, GVariant *spec, void *data)
{
	PlaygroundMenu *menu = data;
	const char *problem = playground_add(menu->playground, g_variant_get_string(spec, NULL));

	(void)action;
	if (problem)
		g_warning("%s", problem);
}

void playground_menu_set_playground(PlaygroundMenu *menu, struct playground *playground)
{
	menu->playground = playground;
	gtk_list_box_bind_model(GTK_LIST_BOX(menu->list), playground_get_model(playground), new_row, NULL, NULL);
}

static void playground_menu_dispose(GObject *object)
{
	g_clear_object(&APP_PLAYGROUND_MENU(object)->actions);
	G_OBJECT_CLASS(playground_menu_parent_class)->dispose(object);
}

static void playground_menu_class_init(PlaygroundMenuClass *class)
{
	GtkWidgetClass *widget_class = GTK_WIDGET_CLASS(class);

	G_OBJECT_CLASS(class)->dispose = playground_menu_dispose;
	gtk_widget_class_set_template_from_resource(widget_class, "/org/dfutrigger/Configurator/playground-menu.ui");
	gtk_widget_class_bind_template_child(widget_class, PlaygroundMenu, list);
}

static void playground_menu_init(PlaygroundMenu *menu)
{
	static const GActionEntry entries[] = { { .name = "add", .activate = add, .parameter_type = "s" } };

	menu->actions = g_simple_action_group_new();
	g_action_map_add_action_entries(G_ACTION_MAP(menu->actions), entries, G_N_ELEMENTS(entries), menu);
	gtk_widget_insert_action_group(GTK_WIDGET(menu), "playground", G_ACTION_GROUP(menu->actions));
	gtk_widget_init_template(GTK_WIDGET(menu));
}
