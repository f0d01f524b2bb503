/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/*
 * Rooms full of devices, and a question which of them is meant. An oracle that knows each device answers by the rules of
 * dfut_device_find(); the library has to find the same. Who was not found is never asked for more than what it is.
 *
 * ROOMS_COUNT rooms (100) from ROOMS_SEED on, a seed each: what fails is tried alone with its seed and a count of 1.
 */

#include "dfuse-bench.h"
#include "seeded.h"

#define DEVICE_LIMIT 8
#define DEFAULT_SEED 20261129
#define IMAGE_SIZE 2000
/* Longer than any session of a room takes */
#define LAST_ARRIVAL_MS 3000

TestSuite(rooms, .timeout = 3000);

/* Random numbers of one room. */

static bool is_once_in(uint64_t *seed, size_t count)
{
	return seeded_choose(seed, count) == 0;
}

/* What the devices are, from their sources; the library is not asked. */

struct ids {
	uint16_t vendor_id;
	uint16_t product_id;
};

struct species {
	const char *spec;
	struct ids ids; /* that it shows */
	enum dfut_mode mode;
	bool is_known;	      /* a row of the table says what it is */
	bool is_guessed;      /* DFU 1.0, whose mode can't be seen */
	bool has_alternate_1; /* on a DFU interface */
	bool has_serial;      /* as an option */
	bool is_tapped;	      /* its button has brought it into its bootloader */
	struct ids expected;  /* its bootloader by the table; 0: by none */
};

#define APPLICATION DFUT_MODE_APPLICATION
#define BOOTLOADER DFUT_MODE_BOOTLOADER
#define UNKNOWN DFUT_MODE_UNKNOWN

static const struct species kinds[] = {
	{ "zephyr", { 0x2fe3, 0x0005 }, APPLICATION, .is_known = true, .expected = { 0x2fe3, 0xffff } },
	{ "leonardo", { 0x2341, 0x8036 }, APPLICATION, .is_known = true, .expected = { 0x2341, 0x0036 } },
	{ "samd", { 0x2341, 0x804d }, APPLICATION, .is_known = true, .expected = { 0x2341, 0x004d } },
	{ "samd", { 0x2341, 0x004d }, BOOTLOADER, .is_known = true, .is_tapped = true },
	{ "via-keyboard:bootloader=stm32", { 0xfeed, 0x6060 }, APPLICATION, .is_known = true, .has_serial = true },
	{ "via-keyboard:bootloader=dfu", { 0xfeed, 0x6060 }, APPLICATION, .is_known = true, .has_serial = true },
	{ "via-keyboard:bootloader=atmel-dfu", { 0xfeed, 0x6060 }, APPLICATION, .is_known = true, .has_serial = true },
	{ "stm32f072:application=runtime", { 0x0483, 0xdf11 }, BOOTLOADER, .is_known = true, .has_alternate_1 = true },
	{ "stm32f405:application=runtime", { 0x0483, 0xdf11 }, BOOTLOADER, .is_known = true, .has_alternate_1 = true },
	{ "dfu:start=bootloader", { 0x1209, 0x0002 }, BOOTLOADER, .has_serial = true },
	{ "dfu:start=bootloader,alternates=2",
	  { 0x1209, 0x0002 },
	  BOOTLOADER,
	  .has_serial = true,
	  .has_alternate_1 = true },
	{ "cdc-board:", { 0x1209, 0x0006 }, BOOTLOADER, .has_serial = true, .is_tapped = true },
	{ "webcam:", { 0x30c9, 0x00a8 }, APPLICATION, .has_serial = true },
	{ "webcam:will-detach=no", { 0x30c9, 0x00a8 }, APPLICATION, .has_serial = true },
	{ "webcam:vid=0bda,pid=5650", { 0x0bda, 0x5650 }, APPLICATION, .has_serial = true },
	{ "dfu:", { 0x1209, 0x0001 }, APPLICATION, .has_serial = true },
	{ "dfu:version=1.0", { 0x1209, 0x0001 }, APPLICATION, .has_serial = true, .is_guessed = true },
	{ "usbd-dfu-rt", { 0x1209, 0x0001 }, APPLICATION, .is_known = false },
	{ "cdc-board:bootloader=dfu", { 0x1209, 0x0005 }, UNKNOWN, .has_serial = true },
	{ "cdc-board:bootloader=unknown", { 0x1209, 0x0005 }, UNKNOWN, .has_serial = true },
};

/* How devices tell their names. Where the simulator has no such option, all tell them at once. */
static const struct temper {
	const char *option;
	bool is_hung;
} tempers[] = {
	{ ",string-ms=30", false },
	{ ",string-ms=200", false },
	{ ",strings=hang", true },
};

static bool has_tempers(void)
{
	const char *name, *text, *options;

	return dfut_sim_get_model(0, &name, &text, &options) == 0 && strstr(options, "\nstrings=") != NULL;
}

/* A room. */

struct thing {
	const struct species *kind;
	struct dfut_sim_device *device;
	char spec[128];
	char path[8];
	const char *serial; /* NULL: the model's own */
	bool is_there;	    /* when the question is asked */
	bool is_hung;
};

struct room {
	uint64_t seed; /* that it began with */
	uint64_t random;
	struct bench bench;
	struct thing things[DEVICE_LIMIT];
	size_t count;
	char text[2048]; /* what is in it, and what is asked */
};

static void describe(struct room *room, const char *text)
{
	size_t used = strlen(room->text);

	snprintf(room->text + used, sizeof(room->text) - used, "%s", text);
}

static void add_thing(struct room *room, const struct species *kind, bool has_temper)
{
	static const char *const serials[] = { "A1", "B2", "C3" };
	struct thing *thing = &room->things[room->count];
	const struct temper *temper = &tempers[seeded_choose(&room->random, COUNT(tempers))];
	char serial[16] = "";

	thing->kind = kind;
	if (kind->has_serial) {
		thing->serial = serials[seeded_choose(&room->random, COUNT(serials))];
		snprintf(serial, sizeof(serial), ",serial=%s", thing->serial);
	}
	if (!has_temper || !is_once_in(&room->random, 5))
		temper = NULL;
	thing->is_hung = temper && temper->is_hung;
	snprintf(thing->spec, sizeof(thing->spec), "%s%stransfer-us=100%s%s", kind->spec,
		 !strchr(kind->spec, ':')		   ? ":" :
		 kind->spec[strlen(kind->spec) - 1] == ':' ? "" :
							     ",",
		 serial, temper ? temper->option : "");
	snprintf(thing->path, sizeof(thing->path), "1-%u", (unsigned int)room->count + 1);
	thing->device = bench_plug(&room->bench, thing->spec, thing->path);
	room->count++;
}

static void wait_ms(struct bench *bench, uint64_t ms)
{
	uint64_t until_us = dfut_sim_get_time_us(bench->sim) + ms * 1000;

	for (size_t i = 0; i < 1000 && dfut_sim_get_time_us(bench->sim) < until_us; i++)
		dfut_context_dispatch(bench->context, (int)((until_us - dfut_sim_get_time_us(bench->sim)) / 1000) + 1);
}

/* Some are away when the question is asked; of these, some come while it is being answered. */
static void send_away(struct room *room, struct thing *thing)
{
	thing->is_there = !is_once_in(&room->random, 6);
	if (thing->is_there)
		return;
	if (is_once_in(&room->random, 2))
		dfut_sim_device_unplug(thing->device);
	else
		dfut_sim_device_leave(thing->device, 0, 100 + (uint32_t)seeded_choose(&room->random, LAST_ARRIVAL_MS));
}

static void describe_things(struct room *room)
{
	for (size_t i = 0; i < room->count; i++) {
		const struct thing *thing = &room->things[i];
		char line[200];

		snprintf(line, sizeof(line), "\n  %s %s%s%s", thing->path, thing->spec,
			 thing->kind->is_tapped ? " (tapped)" : "", thing->is_there ? "" : " (away)");
		describe(room, line);
	}
}

static void enter(struct room *room, uint64_t seed, bool has_temper)
{
	size_t count;

	memset(room, 0, sizeof(*room));
	room->seed = room->random = seed;
	cr_assert(eq(int, dfut_context_new(&room->bench.context), 0));
	cr_assert(eq(int, dfut_sim_new(&room->bench.sim, DFUT_SIM_CLOCK_VIRTUAL), 0));
	cr_assert(eq(int, dfut_sim_add_to_context(room->bench.sim, room->bench.context), 0));
	count = 1 + seeded_choose(&room->random, DEVICE_LIMIT);
	for (size_t i = 0; i < count; i++) {
		const struct species *kind = &kinds[seeded_choose(&room->random, COUNT(kinds))];

		/* Twins */
		if (i && is_once_in(&room->random, 5))
			kind = room->things[i - 1].kind;
		add_thing(room, kind, has_temper);
	}
	for (size_t i = 0; i < count; i++)
		for (int k = 0; room->things[i].kind->is_tapped && k < 2; k++)
			dfut_sim_device_press_reset(room->things[i].device);
	wait_ms(&room->bench, 4000);
	for (size_t i = 0; i < count; i++)
		send_away(room, &room->things[i]);
	/* It leaves when time goes on. */
	wait_ms(&room->bench, 1);
	for (size_t i = 0; i < count; i++)
		dfut_sim_device_clear_record(room->things[i].device);
	describe_things(room);
}

/* A question. */

struct question {
	struct dfut_match match;
	char path[8];
	char serial[64];
	struct ids suffix; /* 0: none */
	bool has_image;
};

static const struct thing *pick(struct room *room)
{
	return &room->things[seeded_choose(&room->random, room->count)];
}

/* Most are of something in the room. */
static struct ids pick_ids(struct room *room)
{
	static const struct ids nobodys = { 0x4242, 0x0001 };

	return is_once_in(&room->random, 8) ? nobodys : pick(room)->kind->ids;
}

static void ask_for_ids(struct room *room, struct question *question, bool is_pair)
{
	struct ids ids = pick_ids(room);

	question->match.vendor_id = ids.vendor_id;
	question->match.product_id = is_once_in(&room->random, 5) ? DFUT_MATCH_ANY : ids.product_id;
	if (!is_pair)
		return;
	ids = pick_ids(room);
	question->match.bootloader_vendor_id = ids.vendor_id;
	question->match.bootloader_product_id = ids.product_id;
}

static struct dfut_image *make_image(struct room *room, struct question *question)
{
	static const struct part part = { FLASH, IMAGE_SIZE };
	struct file *file = calloc(1, sizeof(*file));
	struct dfut_image *image;
	bool is_hex = is_once_in(&room->random, 3);

	if (is_hex)
		file_make_hex(file, &part, 1);
	else
		file_add_content(file, &part);
	image = bench_load(&room->bench, file);
	free(file);
	describe(room, is_hex ? "; a hex file" : "; a raw file");
	if (is_hex || is_once_in(&room->random, 2))
		return image;
	question->suffix = pick_ids(room);
	dfut_image_set_suffix(image, question->suffix.vendor_id, question->suffix.product_id, DFUT_ID_ANY);
	return image;
}

static void describe_question(struct room *room, const struct question *question)
{
	const struct dfut_match *match = &question->match;
	char text[256];

	snprintf(text, sizeof(text),
		 "\n  asked: ids %04x:%04x,%04x:%04x, path %s, serial %s, mode %s, alternate %s, suffix %04x:%04x",
		 (unsigned int)match->vendor_id & 0xffff, (unsigned int)match->product_id & 0xffff,
		 (unsigned int)match->bootloader_vendor_id & 0xffff,
		 (unsigned int)match->bootloader_product_id & 0xffff, match->path ? match->path : "any",
		 match->serial_number ? match->serial_number : "any", dfut_mode_get_name(match->mode),
		 match->alternate ? match->alternate : "any", question->suffix.vendor_id, question->suffix.product_id);
	describe(room, text);
}

static struct dfut_image *ask(struct room *room, struct question *question)
{
	struct dfut_image *image = NULL;
	const struct thing *thing = pick(room);

	memset(question, 0, sizeof(*question));
	question->match = (struct dfut_match)DFUT_MATCH_INIT;
	switch (seeded_choose(&room->random, 6)) {
	case 0:
		ask_for_ids(room, question, false);
		break;
	case 1:
		ask_for_ids(room, question, true);
		break;
	case 2:
		snprintf(question->path, sizeof(question->path), "%s",
			 is_once_in(&room->random, 8) ? "1-30" : thing->path);
		question->match.path = question->path;
		break;
	case 3:
		snprintf(question->serial, sizeof(question->serial), "%s", thing->serial ? thing->serial : "A1");
		question->match.serial_number = question->serial;
		break;
	default:
		if (is_once_in(&room->random, 5))
			question->match.alternate = "1";
		break;
	}
	if (is_once_in(&room->random, 8))
		question->match.mode = DFUT_MODE_BOOTLOADER;
	question->has_image = is_once_in(&room->random, 2);
	if (question->has_image)
		image = make_image(room, question);
	question->match.image = image;
	describe_question(room, question);
	return image;
}

/* The oracle. */

enum verdict {
	FOUND,
	NOT_FOUND,
	AMBIGUOUS,
	INCOMPLETE, /* an error that names who is not read */
	CERTAIN,    /* that, or found: not read, but nobody else can be meant */
	REFUSED,    /* some error: the rules leave open which */
};

struct answer {
	enum verdict verdict;
	const struct thing *thing; /* that was found, or that is not read */
};

static bool ids_fit(struct ids ids, int vendor_id, int product_id)
{
	return (vendor_id == DFUT_MATCH_ANY || vendor_id == ids.vendor_id) &&
	       (product_id == DFUT_MATCH_ANY || product_id == ids.product_id);
}

static bool has_ids(const struct dfut_match *match)
{
	return match->vendor_id != DFUT_MATCH_ANY || match->product_id != DFUT_MATCH_ANY;
}

static bool has_pair(const struct dfut_match *match)
{
	return match->bootloader_vendor_id != DFUT_MATCH_ANY || match->bootloader_product_id != DFUT_MATCH_ANY;
}

static bool is_application_id(const struct thing *thing, const struct dfut_match *match)
{
	return ids_fit(thing->kind->ids, match->vendor_id, match->product_id);
}

static bool is_bootloader_id(const struct thing *thing, const struct dfut_match *match)
{
	return ids_fit(thing->kind->ids, match->bootloader_vendor_id, match->bootloader_product_id);
}

/* A kind of these ids whose bootloader, by the table, is this. */
static bool is_expected(const struct thing *thing, const struct dfut_match *match)
{
	for (size_t i = 0; i < COUNT(kinds); i++)
		if (kinds[i].expected.vendor_id && ids_fit(kinds[i].ids, match->vendor_id, match->product_id) &&
		    memcmp(&kinds[i].expected, &thing->kind->ids, sizeof(struct ids)) == 0)
			return true;
	return false;
}

static bool fits_ids(const struct thing *thing, const struct dfut_match *match)
{
	if (thing->kind->is_guessed && has_ids(match) && has_pair(match))
		return is_application_id(thing, match) || is_bootloader_id(thing, match);
	if (thing->kind->mode != DFUT_MODE_BOOTLOADER)
		return is_application_id(thing, match);
	if (has_pair(match))
		return is_bootloader_id(thing, match);
	return is_application_id(thing, match) || is_expected(thing, match);
}

/* What it is doing, by its own word or by the word of who asks. */
static enum dfut_mode get_mode(const struct thing *thing, const struct dfut_match *match)
{
	if (!thing->kind->is_guessed || !has_ids(match) || !has_pair(match))
		return thing->kind->mode;
	return is_application_id(thing, match) ? DFUT_MODE_APPLICATION : DFUT_MODE_BOOTLOADER;
}

/* A guess is as good as another. */
static bool fits_mode(const struct thing *thing, const struct dfut_match *match)
{
	if (match->mode == DFUT_MODE_UNKNOWN)
		return true;
	if (thing->kind->is_guessed && !(has_ids(match) && has_pair(match)))
		return true;
	return match->mode == get_mode(thing, match);
}

static const char *get_serial(const struct thing *thing, const struct dfut_device_list *all)
{
	if (thing->serial)
		return thing->serial;
	for (size_t i = 0; i < dfut_device_list_get_count(all); i++)
		if (strcmp(dfut_device_get_path(dfut_device_list_get(all, i)), thing->path) == 0)
			return dfut_device_get_serial_number(dfut_device_list_get(all, i));
	return "";
}

static bool fits(const struct thing *thing, const struct question *question, const struct dfut_device_list *all)
{
	const struct dfut_match *match = &question->match;

	return thing->is_there && fits_ids(thing, match) && (!match->path || strcmp(match->path, thing->path) == 0) &&
	       (!match->serial_number || strcmp(match->serial_number, get_serial(thing, all)) == 0) &&
	       fits_mode(thing, match);
}

/* Of one whose names are not read, ids and place are certain, and nothing else is. */
static bool may_fit(const struct thing *thing, const struct question *question)
{
	const struct dfut_match *match = &question->match;
	bool is_bootloader = has_pair(match) ? is_bootloader_id(thing, match) : is_expected(thing, match);

	return thing->is_there && thing->is_hung && (!match->path || strcmp(match->path, thing->path) == 0) &&
	       (is_application_id(thing, match) || is_bootloader);
}

static bool names_device(const struct question *question)
{
	return has_ids(&question->match) || has_pair(&question->match) || question->match.path ||
	       question->match.serial_number;
}

static bool is_named(const struct thing *thing, const struct question *question)
{
	return names_device(question) ||
	       (question->suffix.vendor_id && memcmp(&question->suffix, &thing->kind->ids, sizeof(struct ids)) == 0);
}

static bool is_candidate(const struct thing *thing, const struct question *question, const struct dfut_device_list *all)
{
	if (!fits(thing, question, all))
		return false;
	if (is_named(thing, question))
		return true;
	return thing->kind->mode == DFUT_MODE_BOOTLOADER ||
	       (thing->kind->mode == DFUT_MODE_APPLICATION && thing->kind->is_known);
}

/* "Judges whether the image fits the device" is a function of its own, with tests of its own. */
static bool fits_image(const struct thing *thing, const struct question *question, const struct dfut_device_list *all)
{
	for (size_t i = 0; i < dfut_device_list_get_count(all); i++) {
		const struct dfut_device *device = dfut_device_list_get(all, i);

		if (strcmp(dfut_device_get_path(device), thing->path) == 0)
			return dfut_image_check(question->match.image, device, question->match.alternate, 0) == 0;
	}
	return false;
}

static bool has_alternate(const struct thing *thing)
{
	return thing->kind->mode == DFUT_MODE_APPLICATION || thing->kind->has_alternate_1;
}

typedef bool (*filter)(const struct thing *thing, const struct question *question, const struct dfut_device_list *all);

static bool filter_alternate(const struct thing *thing, const struct question *question,
			     const struct dfut_device_list *all)
{
	(void)all;
	return !question->match.alternate || has_alternate(thing);
}

static bool filter_image(const struct thing *thing, const struct question *question, const struct dfut_device_list *all)
{
	return !question->has_image || fits_image(thing, question, all);
}

static bool filter_waiting(const struct thing *thing, const struct question *question,
			   const struct dfut_device_list *all)
{
	(void)all;
	return get_mode(thing, &question->match) == DFUT_MODE_BOOTLOADER;
}

/* Returns how many are left. */
static size_t leave_out(const struct thing **left, size_t count, filter keeps, const struct question *question,
			const struct dfut_device_list *all)
{
	size_t kept = 0;

	for (size_t i = 0; i < count; i++)
		if (keeps(left[i], question, all))
			left[kept++] = left[i];
	return kept;
}

static struct answer answer_complete(const struct room *room, const struct question *question,
				     const struct dfut_device_list *all)
{
	const struct thing *left[DEVICE_LIMIT], *waiting[DEVICE_LIMIT];
	size_t count = 0;

	for (size_t i = 0; i < room->count; i++)
		if (is_candidate(&room->things[i], question, all))
			left[count++] = &room->things[i];
	if (count == 0)
		return (struct answer){ NOT_FOUND, NULL };
	if (count > 1)
		count = leave_out(left, count, filter_alternate, question, all);
	if (count > 1)
		count = leave_out(left, count, filter_image, question, all);
	if (count == 0)
		return (struct answer){ REFUSED, NULL };
	memcpy(waiting, left, sizeof(left));
	if (count > 1 && question->has_image && !names_device(question) &&
	    leave_out(waiting, count, filter_waiting, question, all) == 1)
		return (struct answer){ FOUND, waiting[0] };
	return (struct answer){ count > 1 ? AMBIGUOUS : FOUND, left[0] };
}

/* Named by what is certain of it. */
static bool is_surely_named(const struct thing *thing, const struct question *question)
{
	const struct dfut_match *match = &question->match;
	bool is_suffix = memcmp(&question->suffix, &thing->kind->ids, sizeof(struct ids)) == 0;

	if (match->path)
		return strcmp(match->path, thing->path) == 0;
	if (has_ids(match))
		return is_application_id(thing, match) || is_expected(thing, match) ||
		       (has_pair(match) && is_bootloader_id(thing, match));
	return is_suffix && !match->serial_number;
}

static struct answer answer_question(const struct room *room, const struct question *question,
				     const struct dfut_device_list *all)
{
	const struct thing *unread = NULL;
	size_t count = 0;

	for (size_t i = 0; i < room->count; i++) {
		const struct thing *thing = &room->things[i];

		if (!unread && may_fit(thing, question))
			unread = thing;
		count += thing->is_hung ? may_fit(thing, question) && is_surely_named(thing, question) :
					  is_named(thing, question) && fits(thing, question, all);
	}
	if (!unread)
		return answer_complete(room, question, all);
	return (struct answer){ count == 1 && is_surely_named(unread, question) ? CERTAIN : INCOMPLETE, unread };
}

/* Comparing. */

static size_t count_requests(const struct dfut_sim_device *device)
{
	size_t count = 0;

	for (size_t i = 0; i < dfut_sim_device_get_record_count(device); i++) {
		const struct dfut_sim_record *record = dfut_sim_device_get_record(device, i);
		bool is_request = record->event == DFUT_SIM_EVENT_CONTROL ||
				  record->event == DFUT_SIM_EVENT_BUS_RESET || record->event == DFUT_SIM_EVENT_ENDPOINT;

		count += is_request && !(record->event == DFUT_SIM_EVENT_CONTROL && record->request_type == 0x80 &&
					 record->request == 6);
	}
	return count;
}

static void expect_untouched(const struct room *room, const struct thing *chosen, const char *when)
{
	for (size_t i = 0; i < room->count; i++)
		if (&room->things[i] != chosen)
			cr_expect(eq(sz, count_requests(room->things[i].device), 0),
				  "room %llu: %s was sent something (%s)%s", (unsigned long long)room->seed,
				  room->things[i].path, when, room->text);
}

/* The list shows who is there, in order, as what it is. */
static void expect_list(const struct room *room, const struct dfut_device_list *all)
{
	size_t at = 0;

	for (size_t i = 0; i < room->count; i++) {
		const struct thing *thing = &room->things[i];
		const struct dfut_device *device = dfut_device_list_get(all, at);

		if (!thing->is_there)
			continue;
		at++;
		cr_assert(device && strcmp(dfut_device_get_path(device), thing->path) == 0,
			  "room %llu: no %s in the list%s", (unsigned long long)room->seed, thing->path, room->text);
		cr_expect(eq(int, dfut_device_is_complete(device), !thing->is_hung), "room %llu: %s%s",
			  (unsigned long long)room->seed, thing->path, room->text);
		if (thing->is_hung)
			continue;
		/* A guess may be wrong. */
		cr_expect(thing->kind->is_guessed || dfut_device_get_mode(device) == thing->kind->mode,
			  "room %llu: %s%s", (unsigned long long)room->seed, thing->path, room->text);
		cr_expect(thing->kind->mode == DFUT_MODE_UNKNOWN ||
				  dfut_device_is_generic(device) == !thing->kind->is_known,
			  "room %llu: %s: is generic%s", (unsigned long long)room->seed, thing->path, room->text);
		cr_expect(eq(int, dfut_device_is_mode_guessed(device), thing->kind->is_guessed), "room %llu: %s%s",
			  (unsigned long long)room->seed, thing->path, room->text);
	}
	cr_expect(eq(sz, dfut_device_list_get_count(all), at), "room %llu%s", (unsigned long long)room->seed,
		  room->text);
}

static void expect_answer(const struct room *room, const struct answer *answer, int code, struct dfut_device *device,
			  const char *text)
{
	static const char *const names[] = {
		[FOUND] = "found",	     [NOT_FOUND] = "not found",		  [AMBIGUOUS] = "ambiguous",
		[INCOMPLETE] = "incomplete", [CERTAIN] = "itself, or incomplete", [REFUSED] = "an error",
	};
	const char *path = answer->thing ? answer->thing->path : "";
	bool is_right = false;

	switch (answer->verdict) {
	case FOUND:
		is_right = code == 0 && strcmp(dfut_device_get_path(device), path) == 0;
		break;
	case NOT_FOUND:
		is_right = code == DFUT_ERROR_NOT_FOUND;
		break;
	case AMBIGUOUS:
		is_right = code == DFUT_ERROR_AMBIGUOUS;
		break;
	case CERTAIN:
		is_right = code == 0 && strcmp(dfut_device_get_path(device), path) == 0;
		is_right = is_right || (code == DFUT_ERROR_TIMEOUT && strstr(text, path));
		break;
	case INCOMPLETE:
		is_right = code == DFUT_ERROR_TIMEOUT && strstr(text, path);
		break;
	case REFUSED:
		is_right = code < 0;
		break;
	}
	cr_expect(is_right, "room %llu: %s %s expected, but %d %s: %s%s", (unsigned long long)room->seed,
		  names[answer->verdict], path, code, device ? dfut_device_get_path(device) : "", text, room->text);
}

/* The device that was found is triggered or updated. */

static const uint8_t *get_memory(const struct dfut_sim_device *device, size_t *size)
{
	static const char *const names[] = { "flash", "memory0", "slot1" };

	for (size_t i = 0; i < COUNT(names); i++) {
		const uint8_t *memory = dfut_sim_device_get_memory(device, names[i], size);

		if (memory)
			return memory;
	}
	return NULL;
}

/* Who says that it is done has done it. */
static void expect_written(const struct room *room, const struct thing *thing, const char *text)
{
	size_t size = 0;
	const uint8_t *memory = get_memory(thing->device, &size);
	bool is_right = memory && size >= IMAGE_SIZE;

	for (uint32_t i = 0; is_right && i < IMAGE_SIZE; i++)
		is_right = memory[i] == get_content(FLASH + i);
	cr_expect(is_right, "room %llu: %s does not hold the image, but \"%s\"%s", (unsigned long long)room->seed,
		  thing->path, text, room->text);
}

static void use(struct room *room, const struct thing *thing, struct dfut_device *device, struct dfut_image *image,
		const struct question *question)
{
	struct dfut_session *session;
	int code;

	cr_assert(eq(int, dfut_session_new(&session, device), 0));
	dfut_session_set_bootloader_ids(session, question->match.bootloader_vendor_id,
					question->match.bootloader_product_id);
	if (thing->kind->mode == DFUT_MODE_UNKNOWN && is_once_in(&room->random, 2)) {
		dfut_session_set_trigger_touch(session, -1, 1200);
		dfut_session_set_bootloader_ids(session, 0x1209, 0x0006);
		describe(room, ", touched");
	}
	code = image ? dfut_session_start_update(session, image) : dfut_session_start_trigger(session);
	if (code == 0)
		code = bench_run(&room->bench, session, SIZE_MAX, room->text);
	else
		expect_untouched(room, NULL, "refused");
	wait_ms(&room->bench, LAST_ARRIVAL_MS);
	expect_untouched(room, thing, dfut_session_get_message(session));
	if (code == 0 && image)
		expect_written(room, thing, dfut_session_get_message(session));
	if (!image || code < 0)
		cr_expect(code < 0 || bench_has_left_application(thing->device),
			  "room %llu: %s not triggered, but \"%s\"%s", (unsigned long long)room->seed, thing->path,
			  dfut_session_get_message(session), room->text);
	dfut_session_free(session);
}

static void live_in(struct room *room, size_t *verdicts)
{
	struct question question;
	struct dfut_image *image = ask(room, &question);
	struct dfut_device_list *all;
	struct dfut_device *device;
	struct answer answer;
	char text[1024];
	int code;

	cr_assert(eq(int, dfut_device_list_new(&all, room->bench.context, NULL), 0));
	expect_list(room, all);
	answer = answer_question(room, &question, all);
	verdicts[answer.verdict]++;
	code = dfut_device_find(&device, room->bench.context, &question.match);
	snprintf(text, sizeof(text), "%s", dfut_context_get_error(room->bench.context));
	expect_answer(room, &answer, code, device, text);
	expect_untouched(room, NULL, "found");
	if (code == 0 && answer.thing && strcmp(dfut_device_get_path(device), answer.thing->path) == 0)
		use(room, answer.thing, device, image, &question);
	dfut_device_unref(device);
	dfut_device_list_free(all);
	dfut_image_free(image);
}

static uint64_t get_number(const char *name, uint64_t other)
{
	const char *text = getenv(name);

	return text && text[0] ? strtoull(text, NULL, 10) : other;
}

Test(rooms, who_is_meant_is_found_and_nobody_else_is_touched)
{
	uint64_t count = get_number("ROOMS_COUNT", 100);
	uint64_t seed = get_number("ROOMS_SEED", DEFAULT_SEED);
	bool has_temper = has_tempers();
	size_t verdicts[REFUSED + 1] = { 0 };

	for (uint64_t i = 0; i < count; i++) {
		struct room room;

		enter(&room, seed + i, has_temper);
		live_in(&room, verdicts);
		bench_stop(&room.bench);
	}
	fprintf(stderr,
		"%llu rooms from seed %llu: found %zu, not found %zu, ambiguous %zu, incomplete %zu, certain %zu, "
		"refused %zu\n",
		(unsigned long long)count, (unsigned long long)seed, verdicts[FOUND], verdicts[NOT_FOUND],
		verdicts[AMBIGUOUS], verdicts[INCOMPLETE], verdicts[CERTAIN], verdicts[REFUSED]);
}
