/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* What firmware was chosen, and what it is. */

#include "firmware-pane.h"

#include "choice.h"
#include "memory.h"
#include "unit.h"
#include "words.h"

struct _FirmwarePane {
	GtkBox parent_instance;

	GtkWidget *icon;
	GtkWidget *name;
	GtkWidget *about;
	GtkWidget *message;
	GtkWidget *hint;
	GtkWidget *spinner;
	GtkWidget *addresses;
	GtkWidget *address;
	GtkWidget *other;
	Firmware *firmware;
	struct choice choice;
	bool is_other; /* a person wants to write one */
};

G_DEFINE_FINAL_TYPE(FirmwarePane, firmware_pane, GTK_TYPE_BOX)

#define OTHER "other"

static unsigned int address_signal;

static void show(FirmwarePane *pane, const char *name, const char *about)
{
	gtk_label_set_text(GTK_LABEL(pane->name), name);
	gtk_label_set_text(GTK_LABEL(pane->about), about);
}

void firmware_pane_set_firmware(FirmwarePane *pane, Firmware *firmware)
{
	bool is_bad = firmware && *firmware_get_message(firmware);

	g_set_object(&pane->firmware, firmware);
	gtk_spinner_set_spinning(GTK_SPINNER(pane->spinner), firmware && firmware_is_loading(firmware));
	words_show_refusal(GTK_WIDGET(pane), pane->icon, is_bad);
	if (!is_bad)
		gtk_image_set_from_icon_name(GTK_IMAGE(pane->icon), "text-x-generic-symbolic");
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

/* Where it goes, if it has no address. */

static void tell_address(FirmwarePane *pane, int64_t address)
{
	if (pane->firmware && address != firmware_get_address(pane->firmware))
		g_signal_emit(pane, address_signal, 0, address);
}

static void address_chosen(const char *value, void *user_data)
{
	FirmwarePane *pane = user_data;

	pane->is_other = g_strcmp0(value, OTHER) == 0;
	gtk_widget_set_visible(pane->other, pane->is_other);
	if (pane->is_other)
		gtk_widget_grab_focus(pane->other);
	else
		tell_address(pane, value ? (int64_t)g_ascii_strtoull(value, NULL, 16) : -1);
}

static void address_written(FirmwarePane *pane)
{
	const char *text = gtk_editable_get_text(GTK_EDITABLE(pane->other));
	char *end = NULL;
	guint64 value = g_ascii_strtoull(text, &end, 16);

	if (!*text || *end || value > UINT32_MAX) {
		gtk_widget_add_css_class(pane->other, "error");
		return;
	}
	gtk_widget_remove_css_class(pane->other, "error");
	tell_address(pane, (int64_t)value);
}

static bool has(const struct options *options, const char *value)
{
	return g_ptr_array_find_with_equal_func(options->values, value, g_str_equal, NULL);
}

static void add_addresses(struct options *options, const struct dfut_device *device)
{
	const struct dfut_interface *interface;
	uint32_t address;

	for (size_t i = 0; (interface = dfut_device_get_interface(device, i)); i++) {
		char value[16];
		char *name;

		if (!memory_is(interface) || !memory_get_start(interface, &address))
			continue;
		g_snprintf(value, sizeof(value), "0x%08x", address);
		if (has(options, value))
			continue;
		name = memory_get_name(interface);
		options_add(options, g_strdup_printf("%s, %s", value, name), value);
		g_free(name);
	}
}

void firmware_pane_show_addresses(FirmwarePane *pane, GListModel *units)
{
	struct options options = options_new("Automatic");
	bool is_wanted = pane->firmware && firmware_lacks_address(pane->firmware);
	int64_t address = pane->firmware ? firmware_get_address(pane->firmware) : -1;
	char value[16] = "";
	Unit *unit;

	for (unsigned int i = 0; (unit = g_list_model_get_item(units, i)); i++) {
		if (unit_is_present(unit))
			add_addresses(&options, unit_get_device(unit));
		g_object_unref(unit);
	}
	is_wanted = is_wanted && (options.names->len > 1 || address >= 0);
	if (address >= 0)
		g_snprintf(value, sizeof(value), "0x%08x", (unsigned int)address);
	pane->is_other = is_wanted && (pane->is_other || (*value && !has(&options, value)));
	options_add(&options, g_strdup("Another…"), OTHER);
	choice_show(&pane->choice, options, is_wanted, pane->is_other ? OTHER : value);
	gtk_widget_set_visible(pane->addresses, is_wanted);
	gtk_widget_set_visible(pane->other, pane->is_other);
}

static void firmware_pane_dispose(GObject *object)
{
	FirmwarePane *pane = APP_FIRMWARE_PANE(object);

	choice_finish(&pane->choice);
	g_clear_object(&pane->firmware);
	G_OBJECT_CLASS(firmware_pane_parent_class)->dispose(object);
}

#define BIND(class, member) gtk_widget_class_bind_template_child(class, FirmwarePane, member)

static void firmware_pane_class_init(FirmwarePaneClass *class)
{
	GtkWidgetClass *widget_class = GTK_WIDGET_CLASS(class);

	G_OBJECT_CLASS(class)->dispose = firmware_pane_dispose;
	address_signal = g_signal_new("address", FIRMWARE_PANE_TYPE, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL,
				      G_TYPE_NONE, 1, G_TYPE_INT64);
	gtk_widget_class_set_template_from_resource(widget_class, "/org/dfutrigger/Configurator/firmware-pane.ui");
	BIND(widget_class, icon);
	BIND(widget_class, name);
	BIND(widget_class, about);
	BIND(widget_class, message);
	BIND(widget_class, hint);
	BIND(widget_class, spinner);
	BIND(widget_class, addresses);
	BIND(widget_class, address);
	BIND(widget_class, other);
	gtk_widget_class_bind_template_callback(widget_class, address_written);
}

static void firmware_pane_init(FirmwarePane *pane)
{
	gtk_widget_init_template(GTK_WIDGET(pane));
	choice_init(&pane->choice, pane->address, "_Address:", address_chosen, pane);
	firmware_pane_set_firmware(pane, NULL);
}
