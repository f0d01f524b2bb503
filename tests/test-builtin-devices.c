/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* The constants that the build makes of devices.json are what the reader makes of it, field by field; and the index misses
 * no row. */

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "table/table.h"
#include "table-file.h"

/* A field that is in a struct and not in its list below makes GUARD's initializer too short, or of wrong types. */
#pragma GCC diagnostic error "-Wmissing-field-initializers"

/* clang-format off */
/* N: number, P: pointer to a constant of the library, T: text, S: struct, A: array that is pointed to, and what counts it,
 * B: array in the struct itself, L: link that is none of the content */
#define ID_RANGE(N, P, T, S, A, B, L) N(vendor) N(product_first) N(product_last)
#define INTERFACE(N, P, T, S, A, B, L) N(given) N(class_code) N(subclass) N(protocol) N(any_protocol)
#define USAGE(N, P, T, S, A, B, L) N(page) N(id)
#define RULE_REPORT(N, P, T, S, A, B, L) N(type) N(id) N(size)
#define RULE(N, P, T, S, A, B, L) \
	N(id_count) A(ids, id_range, id_count) N(release) S(interface, interface) N(functional) N(endpoints) N(dfu) \
	N(dfu_version) N(will_detach) T(alternate) T(product) T(manufacturer) S(usage, usage) S(report, rule_report) N(shared)
#define CONTROL(N, P, T, S, A, B, L) \
	N(request_type) N(request) N(value) N(index) N(index_is_interface) B(data, byte) N(size)
#define REPLY(N, P, T, S, A, B, L) \
	N(given) N(type) N(id) N(at) N(value) N(is_refusal) N(tries) N(delay_ms)
#define REPORT(N, P, T, S, A, B, L) \
	N(type) N(id) B(data, byte) N(size) N(declared) S(usage, usage) N(tries) N(delay_ms) S(reply, reply)
#define LINE_STEP(N, P, T, S, A, B, L) N(dtr) N(rts) B(data, byte) N(size) N(wait_ms)
#define TRIGGER(N, P, T, S, A, B, L) \
	T(name) T(hint) P(way) S(interface, interface) N(number) N(in_place) S(control, control) S(report, report) N(baud) \
	A(steps, line_step, step_count) N(step_count)
#define COMMAND(N, P, T, S, A, B, L) \
	T(name) T(text) P(check) P(machine) N(quirk) N(mode) N(force) P(prepare) N(restart) A(requests, control, request_count) N(request_count)
#define NAMES(N, P, T, S, A, B, L) A(items, text, count) N(count)
#define SLOTS(N, P, T, S, A, B, L) B(names, names) T(format) N(measure) N(size) N(has_start) N(start)
#define ENTRY(N, P, T, S, A, B, L) \
	L(next) T(name) T(title) A(application, rule, application_count) N(application_count) \
	A(bootloader, rule, bootloader_count) N(bootloader_count) A(triggers, trigger, trigger_count) N(trigger_count) \
	T(protocol) S(protocols, names) N(raw_at_start) N(quirks) N(leave) S(leave_request, control) N(manifest_ms) \
	A(commands, command, command_count) N(command_count) S(help, names) S(slots, slots) T(other_files) T(machine) N(port) \
	T(part)

#define GUARD(field) from->field,
#define GUARD_STRUCT(field, kind) from->field,
#define GUARD_ARRAY(field, kind, count) from->field,
#define GUARD_OWN(field, kind) { from->field[0] },

#define SHOW_NUMBER(field) fprintf(out, " " #field "=%lld", (long long)from->field);
#define SHOW_POINTER(field) fprintf(out, " " #field "=%p", (const void *)from->field);
#define SHOW_TEXT(field) fprintf(out, " " #field "="); show_text(out, &from->field);
#define SHOW_STRUCT(field, kind) fprintf(out, " " #field "={"); show_##kind(out, &from->field); fprintf(out, " }");
#define SHOW_ITEMS(field, kind, count) \
	fprintf(out, " " #field "=["); \
	for (size_t i = 0; i < (count); i++) { fprintf(out, "\n\t"); show_##kind(out, &from->field[i]); } \
	fprintf(out, "]");
#define SHOW_ARRAY(field, kind, count) SHOW_ITEMS(field, kind, from->count)
#define SHOW_OWN(field, kind) SHOW_ITEMS(field, kind, sizeof(from->field) / sizeof(from->field[0]))
#define SHOW_NOTHING(field)

#define PRINTER(type, kind, fields) \
	static void show_##kind(FILE *out, const type *from) \
	{ \
		const type all = { fields(GUARD, GUARD, GUARD, GUARD_STRUCT, GUARD_ARRAY, GUARD_OWN, GUARD) }; \
		(void)all; \
		fields(SHOW_NUMBER, SHOW_POINTER, SHOW_TEXT, SHOW_STRUCT, SHOW_ARRAY, SHOW_OWN, SHOW_NOTHING) \
	}

static void show_text(FILE *out, const char *const *text)
{
	if (*text)
		fprintf(out, "\"%s\"", *text);
	else
		fprintf(out, "none");
}

static void show_byte(FILE *out, const uint8_t *byte)
{
	fprintf(out, "%02x", *byte);
}

PRINTER(struct dfut_id_range, id_range, ID_RANGE)
PRINTER(struct dfut_interface_class, interface, INTERFACE)
PRINTER(struct dfut_usage, usage, USAGE)
PRINTER(struct dfut_rule_report, rule_report, RULE_REPORT)
PRINTER(struct dfut_rule, rule, RULE)
PRINTER(struct dfut_control, control, CONTROL)
PRINTER(struct dfut_reply, reply, REPLY)
PRINTER(struct dfut_report, report, REPORT)
PRINTER(struct dfut_line_step, line_step, LINE_STEP)
PRINTER(struct dfut_trigger, trigger, TRIGGER)
PRINTER(struct dfut_command, command, COMMAND)
PRINTER(struct dfut_names, names, NAMES)
PRINTER(struct dfut_slots, slots, SLOTS)
PRINTER(struct dfut_entry, entry, ENTRY)
/* clang-format on */

static char *print(const struct dfut_entry *entry)
{
	char *text = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&text, &size);

	cr_assert(out != NULL);
	show_entry(out, entry);
	fclose(out);
	cr_assert(text != NULL);
	return text;
}

static struct dfut_entry *load_file(void)
{
	struct dfut_failure failure = { 0 };
	struct dfut_entry *table = NULL;
	char *text = read_table_file();

	cr_assert(eq(int, dfut_table_load(&table, text, strlen(text), "devices.json", &failure), 0), "%s",
		  failure.text);
	free(text);
	return table;
}

Test(builtin_devices, are_what_the_reader_reads)
{
	struct dfut_entry *table = load_file();
	size_t count = 0;

	for (struct dfut_entry *entry = table; entry; entry = entry->next, count++) {
		char *read, *made;

		cr_assert(lt(sz, count, dfut_builtin_devices.entry_count));
		read = print(entry);
		made = print(&dfut_builtin_devices.entries[count]);
		cr_expect(strcmp(read, made) == 0, "read:\n%s\nmade:\n%s", read, made);
		free(read);
		free(made);
	}
	cr_expect(eq(sz, count, dfut_builtin_devices.entry_count));
	dfut_table_free(table);
}

/* What the comparison stands on */
Test(builtin_devices, are_printed_with_all_that_differs)
{
	const struct dfut_entry *first = &dfut_builtin_devices.entries[0];
	struct dfut_entry other = *first;
	char *one = print(first);
	char *two;

	other.slots.names[DFUT_SLOT_READ_ONLY] = (struct dfut_names){ (const char *const[]){ "one" }, 1 };
	two = print(&other);
	cr_expect(strcmp(one, two) != 0);
	free(two);
	other = *first;
	other.leave_request.data[63] = 1;
	two = print(&other);
	cr_expect(strcmp(one, two) != 0);
	free(two);
	free(one);
}

static bool may_have_vendor(const struct dfut_rule *rules, size_t count, uint16_t vendor)
{
	for (size_t i = 0; i < count; i++) {
		if (!rules[i].id_count)
			return true;
		for (size_t k = 0; k < rules[i].id_count; k++)
			if (rules[i].ids[k].vendor == vendor)
				return true;
	}
	return false;
}

/* In the order of the file, behind what was loaded */
Test(builtin_devices, are_found_by_every_vendor)
{
	const struct dfut_builtin *builtin = &dfut_builtin_devices;
	struct dfut_entry loaded[2] = { { .next = &loaded[1] }, { .next = NULL } };

	for (unsigned int vendor = 0; vendor <= 0xffff; vendor++) {
		struct dfut_candidates candidates = dfut_table_find(loaded, (uint16_t)vendor);

		cr_assert(dfut_candidates_next(&candidates) == &loaded[0]);
		cr_assert(dfut_candidates_next(&candidates) == &loaded[1]);
		for (size_t i = 0; i < builtin->entry_count; i++) {
			const struct dfut_entry *entry = &builtin->entries[i];

			if (may_have_vendor(entry->application, entry->application_count, (uint16_t)vendor) ||
			    may_have_vendor(entry->bootloader, entry->bootloader_count, (uint16_t)vendor))
				cr_assert(dfut_candidates_next(&candidates) == entry, "%04x: %s", vendor, entry->name);
		}
		cr_assert(dfut_candidates_next(&candidates) == NULL, "%04x", vendor);
	}
}
