/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* A configurator: updates the firmware of USB devices. See docs/gui.md. */

#include "report.h"
#include "scheme.h"
#include "stall.h"
#include "window.h"

#include <stdio.h>

#define APPLICATION_ID "org.dfutrigger.Configurator"

struct program {
	struct dfut_context *context;
	struct playground *playground;
	struct units *units;
	struct report *report;
	char *problem;
	GtkWindow *window;
	/* Options. */
	gboolean demo;
	gboolean measure;
	char **specs;
	char **files;
};

static void about(GSimpleAction *action, GVariant *parameter, void *data)
{
	struct program *program = data;

	(void)action;
	(void)parameter;
	gtk_show_about_dialog(program->window, "program-name", "Firmware Updates", "logo-icon-name", APPLICATION_ID,
			      "version", dfut_get_version(), "comments", "Puts new firmware into USB devices",
			      "license-type", GTK_LICENSE_MIT_X11, "copyright", "The libdfutrigger authors", NULL);
}

/* Real devices, unless virtual ones were asked for in their place. */
static void open_buses(struct program *program)
{
	if (dfut_context_new(&program->context) < 0)
		g_error("out of memory");
	program->report = report_new(program->context);
	program->playground = playground_new(program->context);
	if (program->specs || program->demo || dfut_context_add_system_buses(program->context) == 0)
		return;
	program->problem = g_strdup_printf("%s\n%s", dfut_context_get_error(program->context),
					   dfut_context_get_hint(program->context));
	g_strchomp(program->problem);
}

static void plug(struct program *program)
{
	static const char *const demo[] = { "zephyr:serial=A41", "zephyr:serial=B07", NULL };
	const char *const *specs = program->demo ? demo : (const char *const *)program->specs;

	for (; specs && *specs; specs++) {
		const char *problem = playground_add(program->playground, *specs);

		if (problem)
			g_printerr("%s: %s\n", *specs, problem);
	}
}

static void load_style(void)
{
	GtkCssProvider *provider = gtk_css_provider_new();

	gtk_css_provider_load_from_resource(provider, "/org/dfutrigger/Configurator/style.css");
	gtk_style_context_add_provider_for_display(gdk_display_get_default(), GTK_STYLE_PROVIDER(provider),
						   GTK_STYLE_PROVIDER_PRIORITY_APPLICATION);
	g_object_unref(provider);
}

static void startup(GtkApplication *application, struct program *program)
{
	static const GActionEntry entries[] = { { .name = "about", .activate = about } };

	g_action_map_add_action_entries(G_ACTION_MAP(application), entries, G_N_ELEMENTS(entries), program);
	gtk_application_set_accels_for_action(application, "win.open", (const char *[]){ "<Control>o", NULL });
	gtk_application_set_accels_for_action(application, "win.update-all", (const char *[]){ "<Control>u", NULL });
	gtk_application_set_accels_for_action(application, "win.playground", (const char *[]){ "<Control>d", NULL });
	gtk_application_set_accels_for_action(application, "window.close", (const char *[]){ "<Control>w", NULL });
	load_style();
	scheme_follow();
	open_buses(program);
	plug(program);
	program->units = units_new(program->context);
}

static void activate(GtkApplication *application, struct program *program)
{
	if (!program->window) {
		Window *window = window_new(application, program->units, program->playground, program->report,
					    program->problem);

		program->window = GTK_WINDOW(window);
		g_object_add_weak_pointer(G_OBJECT(window), (gpointer *)&program->window);
		if (program->files && program->files[0]) {
			GFile *file = g_file_new_for_commandline_arg(program->files[0]);

			window_open(window, file);
			g_object_unref(file);
		} else if (program->demo) {
			window_open_sample(window);
		}
	}
	gtk_window_present(program->window);
}

static void finish(struct program *program)
{
	if (program->units)
		units_free(program->units);
	if (program->report)
		report_free(program->report);
	dfut_context_free(program->context);
	if (program->playground)
		playground_free(program->playground);
	g_free(program->problem);
	g_strfreev(program->specs);
	g_strfreev(program->files);
}

int main(int argc, char **argv)
{
	struct program program = { 0 };
	const GOptionEntry options[] = {
		{ "demo", 0, 0, G_OPTION_ARG_NONE, &program.demo, "Begin with two virtual boards and firmware for them",
		  NULL },
		{ "sim", 0, 0, G_OPTION_ARG_STRING_ARRAY, &program.specs,
		  "Use a virtual device in place of hardware; may be repeated", "NAME[:KEY=VALUE,...]" },
		{ "measure", 0, 0, G_OPTION_ARG_NONE, &program.measure,
		  "Print the longest time that the window was frozen", NULL },
		{ G_OPTION_REMAINING, 0, 0, G_OPTION_ARG_FILENAME_ARRAY, &program.files, NULL, "[FILE]" },
		{ 0 },
	};
	GtkApplication *application = gtk_application_new(APPLICATION_ID, G_APPLICATION_NON_UNIQUE);
	int status;

	g_set_application_name("Firmware Updates");
	g_application_add_main_option_entries(G_APPLICATION(application), options);
	g_signal_connect(application, "startup", G_CALLBACK(startup), &program);
	g_signal_connect(application, "activate", G_CALLBACK(activate), &program);
	stall_begin();
	status = g_application_run(G_APPLICATION(application), argc, argv);
	if (program.measure)
		stall_print();
	g_object_unref(application);
	finish(&program);
	if (program.measure)
		printf("units left: %u\n", unit_get_count());
	return status;
}
