/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* A row of the list: shows a unit, and passes on what a person does. It decides nothing. */

#include "unit-row.h"

#include "choice.h"
#include "outline.h"
#include "pace.h"
#include "stall.h"
#include "words.h"

struct _UnitRow {
	GtkListBoxRow parent_instance;

	Unit *unit;
	struct units *units;
	struct pace pace;
	bool asking;	     /* the plan is shown */
	unsigned int pulse;  /* timer, for phases without a measure */
	gint64 cancelled_us; /* when the update was cancelled; 0 if it was not */
	struct choice triggers;
	struct choice alternates;
	struct choice parts;
	GSimpleActionGroup *actions;

	GtkWidget *head;
	GtkWidget *icon;
	GtkWidget *name;
	GtkWidget *details;
	GtkWidget *update;
	GtkWidget *more; /* NULL until it is needed, as the steps */
	GtkWidget *cancel;
	GtkWidget *dismiss;
	GtkWidget *words;
	GtkWidget *message;
	GtkWidget *hint;
	GtkWidget *line_box;
	GtkWidget *line;
	GtkWidget *copy;
	GtkWidget *choices;
	GtkWidget *trigger;
	GtkWidget *alternate;
	GtkWidget *part;
	GtkWidget *plan;
	GtkWidget *outline;
	GtkWidget *steps;
	GtkWidget *start;
	GtkWidget *progress;
	GtkWidget *bar;
	GtkWidget *phase;
};

G_DEFINE_FINAL_TYPE(UnitRow, unit_row, GTK_TYPE_LIST_BOX_ROW)

#define PULSE_MS 100

/* What it is. */

static char *describe_details(Unit *unit)
{
	const struct dfut_device *device = unit_get_device(unit);
	GString *text = g_string_new(NULL);

	if (*unit_get_path(unit))
		g_string_append_printf(text, "Port %s · ", unit_get_path(unit));
	if (unit_is_present(unit))
		g_string_append(text, dfut_mode_get_name(dfut_device_get_mode(device)));
	else
		g_string_append(text, unit_get_stage(unit) == UNIT_RUNNING ? "restarting" : "not plugged in");
	g_string_append_printf(text, " · %04x:%04x", dfut_device_get_vendor_id(device),
			       dfut_device_get_product_id(device));
	if (*unit_get_serial_number(unit))
		g_string_append_printf(text, " · serial %s", unit_get_serial_number(unit));
	return g_string_free(text, FALSE);
}

static void name_for_readers(GtkWidget *widget, const char *action, const char *name, Unit *unit)
{
	char *text = g_strdup_printf("%s %s at port %s", action, name, unit_get_path(unit));

	gtk_accessible_update_property(GTK_ACCESSIBLE(widget), GTK_ACCESSIBLE_PROPERTY_LABEL, text, -1);
	g_free(text);
}

static void show_device(UnitRow *row)
{
	char *name = unit_describe(row->unit);
	char *details = describe_details(row->unit);
	const char *job = unit_is_triggered(row->unit) ? "Cancel the start of the bootloader of" :
							 "Cancel the update of";

	gtk_label_set_text(GTK_LABEL(row->name), name);
	gtk_label_set_text(GTK_LABEL(row->details), details);
	/* Several rows have the same buttons: a reader must hear whose they are. */
	name_for_readers(GTK_WIDGET(row), "Device", name, row->unit);
	name_for_readers(row->update, "Update", name, row->unit);
	if (row->more)
		name_for_readers(row->more, "More about", name, row->unit);
	name_for_readers(row->cancel, job, name, row->unit);
	name_for_readers(row->dismiss, "Done with", name, row->unit);
	name_for_readers(row->start, "Start the update of", name, row->unit);
	g_free(details);
	g_free(name);
}

/* What the library says of it. */

static const char *get_own_message(UnitRow *row, enum unit_stage stage)
{
	switch (stage) {
	case UNIT_LOOKING:
		return "Checking…";
	case UNIT_IDLE:
		return "Ready. Open a firmware file to update it.";
	case UNIT_PLANNED:
		return row->asking ? "" : "Ready. The firmware fits.";
	case UNIT_UNUSABLE:
	case UNIT_UNFIT:
	case UNIT_RUNNING:
	case UNIT_ENDED:
		break;
	}
	return "";
}

static void show_words(UnitRow *row, enum unit_stage stage)
{
	struct unit_words words = unit_get_words(row->unit);
	const char *message = *words.message ? words.message : get_own_message(row, stage);
	const char *icon = "media-removable-symbolic";
	bool is_refused = stage == UNIT_UNUSABLE || stage == UNIT_UNFIT ||
			  (stage == UNIT_ENDED && !unit_has_succeeded(row->unit));

	words_show(row->message, message);
	words_show(row->hint, words.hint);
	gtk_label_set_text(GTK_LABEL(row->line), words.line);
	gtk_widget_set_visible(row->line_box, *words.line != '\0');
	gtk_widget_set_visible(row->words, *message != '\0');
	if (stage == UNIT_ENDED)
		icon = "emblem-ok-symbolic";
	gtk_image_set_from_icon_name(GTK_IMAGE(row->icon), icon);
	words_show_refusal(GTK_WIDGET(row), row->icon, is_refused);
	if (is_refused)
		gtk_widget_add_css_class(row->message, "problem");
	else
		gtk_widget_remove_css_class(row->message, "problem");
}

static void build_steps(UnitRow *row)
{
	GtkWidget *expander = gtk_expander_new_with_mnemonic("_Each step");

	row->steps = gtk_label_new(NULL);
	gtk_label_set_xalign(GTK_LABEL(row->steps), 0);
	gtk_label_set_wrap(GTK_LABEL(row->steps), TRUE);
	gtk_label_set_wrap_mode(GTK_LABEL(row->steps), PANGO_WRAP_WORD_CHAR);
	gtk_label_set_selectable(GTK_LABEL(row->steps), TRUE);
	gtk_widget_add_css_class(row->steps, "caption");
	gtk_expander_set_child(GTK_EXPANDER(expander), row->steps);
	gtk_box_insert_child_after(GTK_BOX(row->plan), expander, row->outline);
}

static void show_plan(UnitRow *row)
{
	const struct dfut_session *session = unit_get_session(row->unit);
	char *outline = outline_describe(session);
	char *steps = outline_list(session);

	if (!row->steps)
		build_steps(row);
	gtk_label_set_text(GTK_LABEL(row->outline), outline);
	gtk_label_set_text(GTK_LABEL(row->steps), steps);
	g_free(outline);
	g_free(steps);
}

/* How far it is. */

static gboolean pulse(void *data)
{
	UnitRow *row = data;

	gtk_progress_bar_pulse(GTK_PROGRESS_BAR(row->bar));
	return G_SOURCE_CONTINUE;
}

static void set_pulse(UnitRow *row, bool on)
{
	if (on && !row->pulse)
		row->pulse = g_timeout_add(PULSE_MS, pulse, row);
	else if (!on)
		g_clear_handle_id(&row->pulse, g_source_remove);
}

static void show_progress(UnitRow *row)
{
	struct dfut_progress progress;
	double fraction;
	char *text;

	dfut_session_get_progress(unit_get_session(row->unit), &progress, sizeof(progress));
	pace_note(&row->pace, &progress);
	fraction = pace_get_fraction(&progress);
	text = pace_describe(&row->pace, &progress);
	gtk_label_set_text(GTK_LABEL(row->phase), text);
	gtk_accessible_update_property(GTK_ACCESSIBLE(row->bar), GTK_ACCESSIBLE_PROPERTY_VALUE_TEXT, text, -1);
	g_free(text);
	set_pulse(row, fraction < 0);
	if (fraction >= 0)
		gtk_progress_bar_set_fraction(GTK_PROGRESS_BAR(row->bar), fraction);
}

static void unit_progressed(UnitRow *row)
{
	show_device(row);
	show_progress(row);
}

static bool show_parts(UnitRow *row, bool is_open)
{
	return is_open && choice_show_parts(&row->parts, unit_get_parts(row->unit), unit_get_part(row->unit));
}

static void show_choices(UnitRow *row, enum unit_stage stage)
{
	const struct dfut_device *device = unit_get_device(row->unit);
	/* Of a device that may be another product, the choice is the yes that is missing. */
	bool is_asked = stage == UNIT_UNFIT || (stage == UNIT_UNUSABLE && dfut_device_is_shared(device));
	bool is_open = unit_is_present(row->unit) && (row->asking || is_asked);
	bool triggers = is_open && choice_show_triggers(&row->triggers, device, unit_get_trigger(row->unit));
	bool alternates = is_open && choice_show_alternates(&row->alternates, device, unit_get_alternate(row->unit));
	/* Only a bootloader that is there may show that it is missing, or wrong. */
	bool parts = show_parts(row, is_open || (stage == UNIT_ENDED && !unit_has_succeeded(row->unit)));

	gtk_widget_set_visible(row->choices, triggers || alternates || parts);
}

/* A menu is a large widget, and most are never opened. */
static void make_menu(GtkMenuButton *button, void *data)
{
	GMenu *menu;

	(void)data;
	if (gtk_menu_button_get_popover(button))
		return;
	menu = g_menu_new();
	g_menu_append(menu, "Start the _Bootloader Only", "unit.trigger");
	g_menu_append(menu, "Save _Report…", "win.save-report");
	gtk_menu_button_set_popover(button, gtk_popover_menu_new_from_model(G_MENU_MODEL(menu)));
	g_object_unref(menu);
}

static void show_more(UnitRow *row)
{
	bool is_wanted = unit_can_trigger(row->unit) && !row->asking;

	if (!row->more && is_wanted) {
		row->more = gtk_menu_button_new();
		gtk_menu_button_set_icon_name(GTK_MENU_BUTTON(row->more), "view-more-symbolic");
		gtk_menu_button_set_create_popup_func(GTK_MENU_BUTTON(row->more), make_menu, NULL, NULL);
		gtk_widget_set_tooltip_text(row->more, "More");
		gtk_widget_set_valign(row->more, GTK_ALIGN_CENTER);
		gtk_box_insert_child_after(GTK_BOX(row->head), row->more, row->update);
	}
	if (row->more)
		gtk_widget_set_visible(row->more, is_wanted);
}

/* As by a click with the other button: for who has keys only. */
static gboolean open_menu(GtkWidget *widget, GVariant *parameter, void *data)
{
	UnitRow *row = APP_UNIT_ROW(widget);

	(void)parameter;
	(void)data;
	if (!row->more || !gtk_widget_get_visible(row->more))
		return FALSE;
	gtk_menu_button_popup(GTK_MENU_BUTTON(row->more));
	return TRUE;
}

static void unit_changed(UnitRow *row)
{
	enum unit_stage stage = unit_get_stage(row->unit);
	bool running = stage == UNIT_RUNNING;

	if (stage != UNIT_PLANNED)
		row->asking = false;
	show_more(row);
	show_device(row);
	show_words(row, stage);
	show_choices(row, stage);
	if (row->asking)
		show_plan(row);
	gtk_widget_set_visible(row->update, !running && stage != UNIT_ENDED && !row->asking);
	gtk_widget_set_sensitive(row->update, stage == UNIT_PLANNED);
	gtk_widget_set_visible(row->cancel, running);
	gtk_widget_set_sensitive(row->cancel, running);
	gtk_widget_set_visible(row->dismiss, stage == UNIT_ENDED);
	gtk_widget_set_visible(row->plan, row->asking);
	gtk_widget_set_visible(row->progress, running);
	if (running)
		show_progress(row);
	else
		set_pulse(row, false);
	if (row->cancelled_us && stage == UNIT_ENDED)
		stall_note_cancel(g_get_monotonic_time() - row->cancelled_us);
	row->cancelled_us = 0;
}

/* What a person does. */

static void ask(UnitRow *row)
{
	row->asking = true;
	unit_changed(row);
	gtk_widget_grab_focus(row->start);
}

static void go_back(UnitRow *row)
{
	row->asking = false;
	unit_changed(row);
	gtk_widget_grab_focus(row->update);
}

static void start(UnitRow *row)
{
	row->pace = (struct pace){ 0 };
	unit_start(row->unit);
	gtk_widget_grab_focus(row->cancel);
}

static void trigger(GSimpleAction *action, GVariant *parameter, void *data)
{
	UnitRow *row = data;

	(void)action;
	(void)parameter;
	row->pace = (struct pace){ 0 };
	unit_trigger(row->unit);
	gtk_widget_grab_focus(row->cancel);
}

static void cancel(UnitRow *row)
{
	row->cancelled_us = g_get_monotonic_time();
	gtk_widget_set_sensitive(row->cancel, FALSE);
	unit_cancel(row->unit);
}

static void dismiss(UnitRow *row)
{
	units_dismiss(row->units, row->unit);
}

static void copy(UnitRow *row)
{
	gdk_clipboard_set_text(gtk_widget_get_clipboard(GTK_WIDGET(row)), gtk_label_get_text(GTK_LABEL(row->line)));
}

static void trigger_chosen(const char *name, void *user_data)
{
	unit_set_trigger(((UnitRow *)user_data)->unit, name);
}

static void alternate_chosen(const char *name, void *user_data)
{
	unit_set_alternate(((UnitRow *)user_data)->unit, name);
}

static void part_chosen(const char *name, void *user_data)
{
	unit_set_part(((UnitRow *)user_data)->unit, name);
}

/* The widget. */

static void unit_row_dispose(GObject *object)
{
	UnitRow *row = APP_UNIT_ROW(object);

	set_pulse(row, false);
	choice_finish(&row->triggers);
	choice_finish(&row->alternates);
	choice_finish(&row->parts);
	g_clear_object(&row->actions);
	g_clear_object(&row->unit);
	G_OBJECT_CLASS(unit_row_parent_class)->dispose(object);
}

#define BIND(class, member) gtk_widget_class_bind_template_child(class, UnitRow, member)
#define BIND_CALL(class, call) gtk_widget_class_bind_template_callback(class, call)

static void unit_row_class_init(UnitRowClass *class)
{
	GtkWidgetClass *widget_class = GTK_WIDGET_CLASS(class);

	G_OBJECT_CLASS(class)->dispose = unit_row_dispose;
	gtk_widget_class_set_template_from_resource(widget_class, "/org/dfutrigger/Configurator/unit-row.ui");
	BIND(widget_class, head);
	BIND(widget_class, icon);
	BIND(widget_class, name);
	BIND(widget_class, details);
	BIND(widget_class, update);
	BIND(widget_class, cancel);
	BIND(widget_class, dismiss);
	BIND(widget_class, words);
	BIND(widget_class, message);
	BIND(widget_class, hint);
	BIND(widget_class, line_box);
	BIND(widget_class, line);
	BIND(widget_class, copy);
	BIND(widget_class, choices);
	BIND(widget_class, trigger);
	BIND(widget_class, alternate);
	BIND(widget_class, part);
	BIND(widget_class, plan);
	BIND(widget_class, outline);
	BIND(widget_class, start);
	BIND(widget_class, progress);
	BIND(widget_class, bar);
	BIND(widget_class, phase);
	gtk_widget_class_add_binding(widget_class, GDK_KEY_F10, GDK_SHIFT_MASK, open_menu, NULL);
	gtk_widget_class_add_binding(widget_class, GDK_KEY_Menu, 0, open_menu, NULL);
	BIND_CALL(widget_class, ask);
	BIND_CALL(widget_class, go_back);
	BIND_CALL(widget_class, start);
	BIND_CALL(widget_class, cancel);
	BIND_CALL(widget_class, dismiss);
	BIND_CALL(widget_class, copy);
}

static void unit_row_init(UnitRow *row)
{
	static const GActionEntry entries[] = { { .name = "trigger", .activate = trigger } };

	row->actions = g_simple_action_group_new();
	g_action_map_add_action_entries(G_ACTION_MAP(row->actions), entries, G_N_ELEMENTS(entries), row);
	gtk_widget_insert_action_group(GTK_WIDGET(row), "unit", G_ACTION_GROUP(row->actions));
	gtk_widget_init_template(GTK_WIDGET(row));
	choice_init(&row->triggers, row->trigger, "_Way into the bootloader:", trigger_chosen, row);
	choice_init(&row->alternates, row->alternate, "_Memory:", alternate_chosen, row);
	choice_init(&row->parts, row->part, "_Part (chip):", part_chosen, row);
}

GtkWidget *unit_row_new(Unit *unit, struct units *units)
{
	UnitRow *row = g_object_new(UNIT_ROW_TYPE, NULL);

	row->unit = g_object_ref(unit);
	row->units = units;
	g_signal_connect_object(unit, "changed", G_CALLBACK(unit_changed), row, G_CONNECT_SWAPPED);
	g_signal_connect_object(unit, "progress", G_CALLBACK(unit_progressed), row, G_CONNECT_SWAPPED);
	unit_changed(row);
	return GTK_WIDGET(row);
}
