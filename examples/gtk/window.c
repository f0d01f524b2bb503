/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* The window: firmware above, devices below. */

#include "window.h"

#include "firmware-pane.h"
#include "playground-menu.h"
#include "report.h"
#include "unit-row.h"

struct _Window {
	GtkApplicationWindow parent_instance;

	struct units *units;
	struct playground *playground;
	struct report *report;
	Firmware *firmware;
	GtkFileChooserNative *chooser;
	GtkCustomFilter *filter;
	GListModel *shown;    /* the units that are listed */
	unsigned int showing; /* will be done when there is time */
	bool shows_all;
	bool closing; /* as soon as the updates have ended */

	GtkWidget *firmware_pane;
	GtkWidget *update_all;
	GtkWidget *saving;
	GtkWidget *playground_button;
	GtkWidget *playground_menu;
	GtkWidget *problem;
	GtkWidget *nothing;
	GtkWidget *scroller;
	GtkWidget *list;
};

G_DEFINE_FINAL_TYPE(Window, window, GTK_TYPE_APPLICATION_WINDOW)

/* What there is to be done with several. */

static gboolean show_units(void *data)
{
	Window *window = data;
	GPtrArray *planned = units_find_planned(window->units);

	window->showing = 0;
	gtk_widget_set_visible(window->update_all, planned->len > 1);
	g_ptr_array_free(planned, TRUE);
	firmware_pane_show_addresses(APP_FIRMWARE_PANE(window->firmware_pane), units_get_model(window->units));
	return G_SOURCE_REMOVE;
}

/* Many change at once, as when a file was read. */
static void units_changed(void *data)
{
	Window *window = data;

	if (!window->showing)
		window->showing = g_idle_add(show_units, window);
}

/* Firmware. */

static void firmware_changed(Window *window)
{
	firmware_pane_set_firmware(APP_FIRMWARE_PANE(window->firmware_pane), window->firmware);
	units_set_firmware(window->units, window->firmware);
	units_changed(window);
}

/* Takes the reference. */
static void set_firmware(Window *window, Firmware *firmware)
{
	if (window->firmware)
		firmware_forget(window->firmware);
	g_clear_object(&window->firmware);
	window->firmware = firmware;
	g_signal_connect_object(firmware, "changed", G_CALLBACK(firmware_changed), window, G_CONNECT_SWAPPED);
	firmware_changed(window);
}

static void move_firmware(Window *window, int64_t address)
{
	set_firmware(window, firmware_new_at(window->firmware, address));
}

void window_open(Window *window, GFile *file)
{
	set_firmware(window, firmware_new(file));
}

void window_open_sample(Window *window)
{
	set_firmware(window, firmware_new_sample());
}

static void chosen(GtkNativeDialog *dialog, int response, Window *window)
{
	GFile *file = response == GTK_RESPONSE_ACCEPT ? gtk_file_chooser_get_file(GTK_FILE_CHOOSER(dialog)) : NULL;

	if (file)
		window_open(window, file);
	g_clear_object(&file);
	g_clear_object(&window->chooser);
}

static void open(GSimpleAction *action, GVariant *parameter, void *data)
{
	Window *window = data;

	(void)action;
	(void)parameter;
	if (window->chooser)
		return;
	window->chooser = gtk_file_chooser_native_new("Open Firmware", GTK_WINDOW(window), GTK_FILE_CHOOSER_ACTION_OPEN,
						      "_Open", "_Cancel");
	gtk_native_dialog_set_modal(GTK_NATIVE_DIALOG(window->chooser), TRUE);
	g_signal_connect(window->chooser, "response", G_CALLBACK(chosen), window);
	gtk_native_dialog_show(GTK_NATIVE_DIALOG(window->chooser));
}

static gboolean dropped(GtkDropTarget *target, const GValue *value, double x, double y, void *data)
{
	GSList *files = g_value_get_boxed(value);

	(void)target;
	(void)x;
	(void)y;
	if (!files)
		return FALSE;
	window_open(data, files->data);
	return TRUE;
}

/* Devices. */

static gboolean is_shown(void *item, void *data)
{
	Unit *unit = item;

	return ((Window *)data)->shows_all || unit_get_stage(unit) == UNIT_RUNNING ||
	       unit_get_stage(unit) == UNIT_ENDED || dfut_device_get_mode(unit_get_device(unit)) != DFUT_MODE_UNKNOWN;
}

static void devices_changed(Window *window)
{
	bool any = g_list_model_get_n_items(window->shown) > 0;

	gtk_widget_set_visible(window->nothing, !any);
	gtk_widget_set_visible(window->scroller, any);
}

static GtkWidget *new_row(void *item, void *data)
{
	return unit_row_new(item, ((Window *)data)->units);
}

static void show_all(GSimpleAction *action, GVariant *state, void *data)
{
	Window *window = data;

	window->shows_all = g_variant_get_boolean(state);
	g_simple_action_set_state(action, state);
	gtk_filter_changed(GTK_FILTER(window->filter), GTK_FILTER_CHANGE_DIFFERENT);
}

/* All that can be: their plans are those that were just shown. */

static void all_answered(GtkDialog *dialog, int response, GPtrArray *planned)
{
	gtk_window_destroy(GTK_WINDOW(dialog));
	for (unsigned int i = 0; response == GTK_RESPONSE_ACCEPT && i < planned->len; i++)
		unit_start(g_ptr_array_index(planned, i));
	g_ptr_array_free(planned, TRUE);
}

static void update_all(GSimpleAction *action, GVariant *parameter, void *data)
{
	Window *window = data;
	GPtrArray *planned = units_find_planned(window->units);
	GString *names = g_string_new(NULL);
	GtkWidget *dialog;

	(void)action;
	(void)parameter;
	for (unsigned int i = 0; i < planned->len; i++) {
		char *name = unit_describe(g_ptr_array_index(planned, i));

		g_string_append_printf(names, "%s\n", name);
		g_free(name);
	}
	g_string_append(names, "Leave them plugged in.");
	dialog = gtk_message_dialog_new(GTK_WINDOW(window), GTK_DIALOG_MODAL | GTK_DIALOG_DESTROY_WITH_PARENT,
					GTK_MESSAGE_QUESTION, GTK_BUTTONS_NONE, "Update %u Devices?", planned->len);
	gtk_message_dialog_format_secondary_text(GTK_MESSAGE_DIALOG(dialog), "%s", names->str);
	gtk_dialog_add_buttons(GTK_DIALOG(dialog), "_Cancel", GTK_RESPONSE_CANCEL, "_Update All", GTK_RESPONSE_ACCEPT,
			       NULL);
	gtk_dialog_set_default_response(GTK_DIALOG(dialog), GTK_RESPONSE_ACCEPT);
	g_signal_connect(dialog, "response", G_CALLBACK(all_answered), planned);
	g_string_free(names, TRUE);
	gtk_window_present(GTK_WINDOW(dialog));
}

/* A report for whoever is to help. */

static void show_saving(Window *window, bool is_saving)
{
	GAction *action = g_action_map_lookup_action(G_ACTION_MAP(window), "save-report");

	g_simple_action_set_enabled(G_SIMPLE_ACTION(action), !is_saving);
	gtk_widget_set_visible(window->saving, is_saving);
	gtk_spinner_set_spinning(GTK_SPINNER(window->saving), is_saving);
}

static void tell_unsaved(Window *window, const char *problem)
{
	GtkWidget *dialog = gtk_message_dialog_new(GTK_WINDOW(window),
						   GTK_DIALOG_MODAL | GTK_DIALOG_DESTROY_WITH_PARENT, GTK_MESSAGE_ERROR,
						   GTK_BUTTONS_CLOSE, "The Report Was Not Saved");

	gtk_message_dialog_format_secondary_text(GTK_MESSAGE_DIALOG(dialog), "%s", problem);
	g_signal_connect(dialog, "response", G_CALLBACK(gtk_window_destroy), NULL);
	gtk_window_present(GTK_WINDOW(dialog));
}

/* The window may have been closed meanwhile. */
static void report_saved(GObject *source, GAsyncResult *result, void *data)
{
	Window *window = data;
	char *problem = report_finish(result);

	(void)source;
	if (!gtk_window_get_application(GTK_WINDOW(window))) {
		if (problem)
			g_printerr("%s\n", problem);
	} else {
		show_saving(window, false);
		if (problem)
			tell_unsaved(window, problem);
	}
	g_free(problem);
	g_object_unref(window);
	g_application_release(g_application_get_default());
}

static void report_chosen(GtkNativeDialog *dialog, int response, Window *window)
{
	GFile *file = response == GTK_RESPONSE_ACCEPT ? gtk_file_chooser_get_file(GTK_FILE_CHOOSER(dialog)) : NULL;

	if (file && g_file_peek_path(file)) {
		/* Who closes the window gets his report all the same. */
		g_application_hold(g_application_get_default());
		show_saving(window, true);
		report_save(window->report, g_file_peek_path(file), report_saved, g_object_ref(window));
	}
	g_clear_object(&file);
	g_clear_object(&window->chooser);
}

static void save_report(GSimpleAction *action, GVariant *parameter, void *data)
{
	Window *window = data;

	(void)action;
	(void)parameter;
	if (window->chooser)
		return;
	window->chooser = gtk_file_chooser_native_new("Save Report", GTK_WINDOW(window), GTK_FILE_CHOOSER_ACTION_SAVE,
						      "_Save", "_Cancel");
	gtk_file_chooser_set_current_name(GTK_FILE_CHOOSER(window->chooser), "dfutrigger-report.txt");
	gtk_native_dialog_set_modal(GTK_NATIVE_DIALOG(window->chooser), TRUE);
	g_signal_connect(window->chooser, "response", G_CALLBACK(report_chosen), window);
	gtk_native_dialog_show(GTK_NATIVE_DIALOG(window->chooser));
}

/* Playing. */

static void sample(GSimpleAction *action, GVariant *parameter, void *data)
{
	(void)action;
	(void)parameter;
	window_open_sample(data);
}

static void try_one(GSimpleAction *action, GVariant *parameter, void *data)
{
	Window *window = data;

	(void)action;
	(void)parameter;
	playground_add(window->playground, "zephyr");
	if (!window->firmware)
		window_open_sample(window);
}

static void show_playground(GSimpleAction *action, GVariant *parameter, void *data)
{
	(void)action;
	(void)parameter;
	gtk_menu_button_popup(GTK_MENU_BUTTON(((Window *)data)->playground_button));
}

/* Closing: an update is not broken off without a question. */

static gboolean close_when_ended(void *data)
{
	Window *window = data;

	if (units_are_running(window->units))
		return G_SOURCE_CONTINUE;
	gtk_window_destroy(GTK_WINDOW(window));
	return G_SOURCE_REMOVE;
}

static void answered(GtkDialog *dialog, int response, Window *window)
{
	gtk_window_destroy(GTK_WINDOW(dialog));
	if (response != GTK_RESPONSE_ACCEPT || window->closing)
		return;
	window->closing = true;
	units_cancel_all(window->units);
	g_timeout_add(20, close_when_ended, window);
}

static gboolean window_close_request(GtkWindow *base)
{
	Window *window = APP_WINDOW(base);
	GtkWidget *dialog;

	if (!units_are_running(window->units))
		return FALSE;
	dialog = gtk_message_dialog_new(base, GTK_DIALOG_MODAL | GTK_DIALOG_DESTROY_WITH_PARENT, GTK_MESSAGE_QUESTION,
					GTK_BUTTONS_NONE, "Stop Updating?");
	gtk_message_dialog_format_secondary_text(
		GTK_MESSAGE_DIALOG(dialog), "A device is being updated. It may not work until it is updated again.");
	gtk_dialog_add_buttons(GTK_DIALOG(dialog), "_Keep Updating", GTK_RESPONSE_CANCEL, "_Stop and Close",
			       GTK_RESPONSE_ACCEPT, NULL);
	gtk_dialog_set_default_response(GTK_DIALOG(dialog), GTK_RESPONSE_CANCEL);
	g_signal_connect(dialog, "response", G_CALLBACK(answered), window);
	gtk_window_present(GTK_WINDOW(dialog));
	return TRUE;
}

/* The widget. */

static void window_dispose(GObject *object)
{
	Window *window = APP_WINDOW(object);

	if (window->units)
		units_set_watcher(window->units, NULL, NULL);
	g_clear_handle_id(&window->showing, g_source_remove);
	if (window->firmware)
		firmware_forget(window->firmware);
	g_clear_object(&window->firmware);
	g_clear_object(&window->chooser);
	g_clear_object(&window->shown);
	G_OBJECT_CLASS(window_parent_class)->dispose(object);
}

#define BIND(class, member) gtk_widget_class_bind_template_child(class, Window, member)

static void window_class_init(WindowClass *class)
{
	GtkWidgetClass *widget_class = GTK_WIDGET_CLASS(class);

	G_OBJECT_CLASS(class)->dispose = window_dispose;
	GTK_WINDOW_CLASS(class)->close_request = window_close_request;
	g_type_ensure(FIRMWARE_PANE_TYPE);
	g_type_ensure(PLAYGROUND_MENU_TYPE);
	gtk_widget_class_set_template_from_resource(widget_class, "/org/dfutrigger/Configurator/window.ui");
	BIND(widget_class, firmware_pane);
	BIND(widget_class, update_all);
	BIND(widget_class, saving);
	BIND(widget_class, playground_button);
	BIND(widget_class, playground_menu);
	BIND(widget_class, problem);
	BIND(widget_class, nothing);
	BIND(widget_class, scroller);
	BIND(widget_class, list);
}

static void window_init(Window *window)
{
	static const GActionEntry entries[] = {
		{ .name = "open", .activate = open },
		{ .name = "sample", .activate = sample },
		{ .name = "try", .activate = try_one },
		{ .name = "playground", .activate = show_playground },
		{ .name = "update-all", .activate = update_all },
		{ .name = "save-report", .activate = save_report },
		{ .name = "show-all", .state = "false", .change_state = show_all },
	};
	GtkDropTarget *target = gtk_drop_target_new(GDK_TYPE_FILE_LIST, GDK_ACTION_COPY);

	g_action_map_add_action_entries(G_ACTION_MAP(window), entries, G_N_ELEMENTS(entries), window);
	gtk_widget_init_template(GTK_WIDGET(window));
	g_signal_connect(target, "drop", G_CALLBACK(dropped), window);
	gtk_widget_add_controller(GTK_WIDGET(window), GTK_EVENT_CONTROLLER(target));
}

Window *window_new(GtkApplication *application, struct units *units, struct playground *playground,
		   struct report *report, const char *problem)
{
	Window *window = g_object_new(WINDOW_TYPE, "application", application, NULL);

	window->units = units;
	window->playground = playground;
	window->report = report;
	units_set_watcher(units, units_changed, window);
	g_signal_connect_object(window->firmware_pane, "address", G_CALLBACK(move_firmware), window, G_CONNECT_SWAPPED);
	playground_menu_set_playground(APP_PLAYGROUND_MENU(window->playground_menu), playground);
	window->filter = gtk_custom_filter_new(is_shown, window, NULL);
	window->shown = G_LIST_MODEL(
		gtk_filter_list_model_new(g_object_ref(units_get_model(units)), GTK_FILTER(window->filter)));
	gtk_list_box_bind_model(GTK_LIST_BOX(window->list), window->shown, new_row, window, NULL);
	g_signal_connect_object(window->shown, "items-changed", G_CALLBACK(devices_changed), window, G_CONNECT_SWAPPED);
	if (problem) {
		gtk_label_set_text(GTK_LABEL(window->problem), problem);
		gtk_widget_show(window->problem);
	}
	devices_changed(window);
	return window;
}
