/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* A device as a person sees it, and the sessions that are about it: one asks, one updates. */

#include "unit.h"

#include <string.h>

struct _Unit {
	GObject parent_instance;

	char *path;
	char *name;
	char *serial_number;
	struct dfut_device *device;
	Firmware *firmware;
	char *trigger;
	char *alternate;
	char *part;
	char **parts; /* to choose from */
	struct dfut_session *diagnosis;
	int diagnosed; /* what its start returned */
	struct dfut_session *update;
	int planned; /* what its plan or start returned */
	bool running;
	bool ended;
	bool is_trigger; /* that is all that is done */
	bool has_twin;
	char *hint; /* of the words that were asked for last */
};

G_DEFINE_FINAL_TYPE(Unit, unit, G_TYPE_OBJECT)

enum { CHANGED, PROGRESS, SIGNAL_COUNT };

static unsigned int signals[SIGNAL_COUNT];
static unsigned int count;

static void tell(Unit *unit, int signal)
{
	g_signal_emit(unit, signals[signal], 0);
}

/* Sessions. */

static struct dfut_session *new_session(Unit *unit)
{
	struct dfut_session *session = NULL;

	if (dfut_session_new(&session, unit->device) < 0)
		g_error("out of memory");
	/* A name that another mode of the device had is no fault. */
	if (unit->trigger)
		(void)dfut_session_set_trigger(session, unit->trigger);
	if ((unit->alternate && dfut_session_set_alternate(session, unit->alternate) < 0) ||
	    (unit->part && dfut_session_set_part(session, unit->part) < 0))
		g_error("out of memory");
	return session;
}

/* They stay, so that a person can change their mind. */
static void keep_parts(Unit *unit)
{
	GPtrArray *parts;
	const char *name;

	if (!dfut_session_get_part_choice(unit->update, 0))
		return;
	parts = g_ptr_array_new();
	for (size_t i = 0; (name = dfut_session_get_part_choice(unit->update, i)); i++)
		g_ptr_array_add(parts, g_strdup(name));
	g_ptr_array_add(parts, NULL);
	g_strfreev(unit->parts);
	unit->parts = (char **)g_ptr_array_free(parts, FALSE);
}

static void forget_part(Unit *unit)
{
	g_clear_pointer(&unit->part, g_free);
	g_clear_pointer(&unit->parts, g_strfreev);
}

/* The plan is made again whenever something changes that it depends on. */
static void plan(Unit *unit)
{
	g_clear_pointer(&unit->update, dfut_session_free);
	unit->planned = 0;
	if (!unit->firmware || !firmware_get_image(unit->firmware) || !unit_is_present(unit))
		return;
	unit->update = new_session(unit);
	unit->planned = dfut_session_plan_update(unit->update, firmware_get_image(unit->firmware));
	keep_parts(unit);
}

static void diagnosis_went_on(struct dfut_session *session, const struct dfut_progress *progress, void *user_data)
{
	(void)progress;
	if (dfut_session_has_ended(session))
		tell(user_data, CHANGED);
}

static void look(Unit *unit)
{
	g_clear_pointer(&unit->diagnosis, dfut_session_free);
	unit->diagnosed = 0;
	if (!unit_is_present(unit))
		return;
	unit->diagnosis = new_session(unit);
	dfut_session_set_progress_handler(unit->diagnosis, diagnosis_went_on, unit);
	unit->diagnosed = dfut_session_start_diagnose(unit->diagnosis);
}

static void look_again(Unit *unit)
{
	if (unit->running || unit->ended)
		return;
	look(unit);
	plan(unit);
	tell(unit, CHANGED);
}

static void replace(char **text, const char *with)
{
	g_free(*text);
	*text = g_strdup(with);
}

static void set_device(Unit *unit, struct dfut_device *device)
{
	dfut_device_ref(device);
	if (unit->device)
		dfut_device_unref(unit->device);
	unit->device = device;
	replace(&unit->path, dfut_device_get_path(device));
}

/* A bootloader often does not know the product's name, which is what the person knows. */
static void set_names(Unit *unit, const struct dfut_device *device)
{
	replace(&unit->name, dfut_device_get_product(device));
	replace(&unit->serial_number, dfut_device_get_serial_number(device));
	if (*unit->name)
		return;
	g_free(unit->name);
	unit->name = g_strdup_printf("USB device %04x:%04x", dfut_device_get_vendor_id(device),
				     dfut_device_get_product_id(device));
}

static void update_went_on(struct dfut_session *session, const struct dfut_progress *progress, void *user_data)
{
	Unit *unit = user_data;

	(void)progress;
	if (!unit->running)
		return;
	/* It is another object since it restarted, and may be at another port. */
	set_device(unit, dfut_session_get_device(session));
	if (dfut_session_has_ended(session)) {
		unit->running = false;
		unit->ended = true;
		keep_parts(unit);
		tell(unit, CHANGED);
	} else {
		tell(unit, PROGRESS);
	}
}

/* What a person does. */

void unit_start(Unit *unit)
{
	if (unit_get_stage(unit) != UNIT_PLANNED)
		return;
	dfut_session_set_progress_handler(unit->update, update_went_on, unit);
	unit->planned = dfut_session_start_update(unit->update, firmware_get_image(unit->firmware));
	unit->running = unit->planned == 0;
	tell(unit, CHANGED);
}

bool unit_can_trigger(Unit *unit)
{
	enum unit_stage stage = unit_get_stage(unit);

	return (stage == UNIT_IDLE || stage == UNIT_UNFIT || stage == UNIT_PLANNED) &&
	       dfut_device_get_mode(unit->device) == DFUT_MODE_APPLICATION &&
	       dfut_device_get_trigger_count(unit->device) > 0;
}

void unit_trigger(Unit *unit)
{
	if (!unit_can_trigger(unit))
		return;
	dfut_session_free(unit->update);
	unit->update = new_session(unit);
	unit->is_trigger = true;
	dfut_session_set_progress_handler(unit->update, update_went_on, unit);
	unit->planned = dfut_session_start_trigger(unit->update);
	unit->running = unit->planned == 0;
	unit->ended = !unit->running;
	tell(unit, CHANGED);
}

bool unit_is_triggered(Unit *unit)
{
	return unit->is_trigger;
}

void unit_set_twin(Unit *unit, bool has_twin)
{
	if (has_twin == unit->has_twin)
		return;
	unit->has_twin = has_twin;
	tell(unit, CHANGED);
}

/* What a person can look for: the number on the board, else the port. */
char *unit_describe(Unit *unit)
{
	if (!unit->has_twin)
		return g_strdup(unit->name);
	return *unit->serial_number ? g_strdup_printf("%s · %s", unit->name, unit->serial_number) :
				      g_strdup_printf("%s · port %s", unit->name, unit->path);
}

void unit_cancel(Unit *unit)
{
	if (unit->running)
		dfut_session_cancel(unit->update);
}

void unit_dismiss(Unit *unit)
{
	unit->ended = unit->is_trigger = false;
	look_again(unit);
}

void unit_set_firmware(Unit *unit, Firmware *firmware)
{
	if (unit->running)
		return;
	g_set_object(&unit->firmware, firmware);
	if (!unit->ended)
		plan(unit);
	tell(unit, CHANGED);
}

void unit_set_trigger(Unit *unit, const char *trigger)
{
	if (g_strcmp0(unit->trigger, trigger) == 0)
		return;
	replace(&unit->trigger, trigger);
	look_again(unit);
}

void unit_set_alternate(Unit *unit, const char *alternate)
{
	if (g_strcmp0(unit->alternate, alternate) == 0)
		return;
	replace(&unit->alternate, alternate);
	look_again(unit);
}

void unit_set_part(Unit *unit, const char *part)
{
	if (unit->running || g_strcmp0(unit->part, part) == 0)
		return;
	replace(&unit->part, part);
	unit_dismiss(unit);
}

/* What the bus does. */

void unit_arrived(Unit *unit, struct dfut_device *device)
{
	/* A session that runs follows its device by itself. */
	if (unit->running)
		return;
	set_device(unit, device);
	if (!unit->ended)
		set_names(unit, device);
	look_again(unit);
	if (unit->ended)
		tell(unit, CHANGED);
}

void unit_left(Unit *unit)
{
	/* Another one may come to its port. */
	if (!unit->running)
		forget_part(unit);
	look_again(unit);
	if (unit->ended)
		tell(unit, CHANGED);
}

bool unit_owns(Unit *unit, const struct dfut_device *device)
{
	const char *path = dfut_device_get_path(device);

	if (unit->device == device || (unit->running && dfut_session_get_device(unit->update) == device))
		return true;
	/* Whoever comes to its port is the one that left there. */
	return *path && strcmp(path, unit->path) == 0;
}

bool unit_is_needed(Unit *unit)
{
	return unit->running || unit->ended || unit_is_present(unit);
}

/* What it is. */

enum unit_stage unit_get_stage(Unit *unit)
{
	if (unit->running)
		return UNIT_RUNNING;
	if (unit->ended)
		return UNIT_ENDED;
	if (unit->diagnosed < 0 || (unit->diagnosis && dfut_session_get_result(unit->diagnosis) < 0))
		return UNIT_UNUSABLE;
	if (unit->diagnosis && !dfut_session_has_ended(unit->diagnosis))
		return UNIT_LOOKING;
	if (!unit->update)
		return UNIT_IDLE;
	return unit->planned < 0 ? UNIT_UNFIT : UNIT_PLANNED;
}

static const struct dfut_session *get_speaker(Unit *unit)
{
	switch (unit_get_stage(unit)) {
	case UNIT_UNUSABLE:
		return unit->diagnosis;
	case UNIT_UNFIT:
	case UNIT_ENDED:
		return unit->update;
	case UNIT_LOOKING:
	case UNIT_IDLE:
	case UNIT_PLANNED:
	case UNIT_RUNNING:
		break;
	}
	return NULL;
}

struct unit_words unit_get_words(Unit *unit)
{
	const struct dfut_session *speaker = get_speaker(unit);
	struct unit_words words = { "", "", "" };

	if (!speaker)
		return words;
	words.message = dfut_session_get_message(speaker);
	words.line = dfut_session_get_hint_line(speaker);
	g_free(unit->hint);
	unit->hint = g_strndup(dfut_session_get_hint(speaker),
			       strlen(dfut_session_get_hint(speaker)) - strlen(words.line));
	words.hint = g_strchomp(unit->hint);
	return words;
}

const char *unit_get_path(Unit *unit)
{
	return unit->path;
}

const char *unit_get_name(Unit *unit)
{
	return unit->name;
}

const char *unit_get_serial_number(Unit *unit)
{
	return unit->serial_number;
}

struct dfut_device *unit_get_device(Unit *unit)
{
	return unit->device;
}

bool unit_is_present(Unit *unit)
{
	return dfut_device_is_present(unit->device);
}

bool unit_has_succeeded(Unit *unit)
{
	return unit->ended && unit->planned == 0 && dfut_session_get_result(unit->update) == 0;
}

struct dfut_session *unit_get_session(Unit *unit)
{
	return unit->update;
}

const char *unit_get_trigger(Unit *unit)
{
	return unit->trigger;
}

const char *unit_get_alternate(Unit *unit)
{
	return unit->alternate;
}

const char *unit_get_part(Unit *unit)
{
	return unit->part;
}

char **unit_get_parts(Unit *unit)
{
	return unit->parts;
}

/* The object. */

static void unit_finalize(GObject *object)
{
	Unit *unit = APP_UNIT(object);

	dfut_session_free(unit->diagnosis);
	dfut_session_free(unit->update);
	g_clear_object(&unit->firmware);
	dfut_device_unref(unit->device);
	g_free(unit->path);
	g_free(unit->name);
	g_free(unit->serial_number);
	g_free(unit->trigger);
	g_free(unit->alternate);
	forget_part(unit);
	g_free(unit->hint);
	count--;
	G_OBJECT_CLASS(unit_parent_class)->finalize(object);
}

static void unit_class_init(UnitClass *class)
{
	G_OBJECT_CLASS(class)->finalize = unit_finalize;
	signals[CHANGED] = g_signal_new("changed", UNIT_TYPE, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 0);
	signals[PROGRESS] = g_signal_new("progress", UNIT_TYPE, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 0);
}

static void unit_init(Unit *unit)
{
	(void)unit;
	count++;
}

unsigned int unit_get_count(void)
{
	return count;
}

Unit *unit_new(struct dfut_device *device)
{
	Unit *unit = g_object_new(UNIT_TYPE, NULL);

	set_device(unit, device);
	set_names(unit, device);
	look(unit);
	return unit;
}
