/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* What firmware was chosen, and what it is. */

#include "firmware-pane.h"

#include "words.h"

struct _FirmwarePane {
	GtkBox parent_instance;

	GtkWidget *icon;
	GtkWidget *name;
	GtkWidget *about;
	GtkWidget *message;
	GtkWidget *hint;
	GtkWidget *spinner;
};

G_DEFINE_FINAL_TYPE(FirmwarePane, firmware_pane, GTK_TYPE_BOX)

static void show(FirmwarePane *pane, const char *name, const char *about)
{
	gtk_label_set_text(GTK_LABEL(pane->name), name);
	gtk_label_set_text(GTK_LABEL(pane->about), about);
}

void firmware_pane_set_firmware(FirmwarePane *pane, Firmware *firmware)
{
	bool is_bad = firmware && *firmware_get_message(firmware);

	gtk_spinner_set_spinning(GTK_SPINNER(pane->spinner), firmware && firmware_is_loading(firmware));
	gtk_image_set_from_icon_name(GTK_IMAGE(pane->icon),
				     is_bad ? "dialog-warning-symbolic" : "text-x-generic-symbolic");
	words_show(pane->message, is_bad ? firmware_get_message(firmware) : "");
	words_show(pane->hint, is_bad ? firmware_get_hint(firmware) : "");
	if (!firmware) {
		show(pane, "No Firmware", "Open a file, or drop one here.");
	} else if (firmware_is_loading(firmware)) {
		show(pane, firmware_get_name(firmware), "Reading…");
	} else if (is_bad) {
		show(pane, firmware_get_name(firmware), "This file can't be used.");
	} else {
		char *about = firmware_describe(firmware);

		show(pane, firmware_get_name(firmware), about);
		g_free(about);
	}
}

#define BIND(class, member) gtk_widget_class_bind_template_child(class, FirmwarePane, member)

static void firmware_pane_class_init(FirmwarePaneClass *class)
{
	GtkWidgetClass *widget_class = GTK_WIDGET_CLASS(class);

	gtk_widget_class_set_template_from_resource(widget_class, "/org/dfutrigger/Configurator/firmware-pane.ui");
	BIND(widget_class, icon);
	BIND(widget_class, name);
	BIND(widget_class, about);
	BIND(widget_class, message);
	BIND(widget_class, hint);
	BIND(widget_class, spinner);
}

static void firmware_pane_init(FirmwarePane *pane)
{
	gtk_widget_init_template(GTK_WIDGET(pane));
	firmware_pane_set_firmware(pane, NULL);
}
