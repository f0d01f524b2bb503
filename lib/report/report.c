/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* Reports: one file that a person can read, and send to whoever is to help. */

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/tape.h"
#include "core/context.h"
#include "record/names.h"
#include "report/report.h"

/* idVendor, idProduct and iSerialNumber in a device descriptor (USB 2.0, table 9-8) */
#define DEVICE_VENDOR 8
#define DEVICE_PRODUCT 10
#define DEVICE_SERIAL 16
#define DEVICE_SIZE 18
#define RECORDING_LIMIT (64u * 1024 * 1024)

struct dfut_report {
	struct dfut_context *context;
	const char *path;
	FILE *file;
	unsigned int flags;
	struct dfut_names names;
	int error; /* errno of the first write that failed */
	bool lacks_memory;
	const char *recording; /* path, NULL for none */
	struct dfut_tape tape; /* it, if there is one */
};

/* Lines. */

/* Takes the text. */
static void write_text(struct dfut_report *report, char *text)
{
	char *made = NULL;

	if (text) {
		dfut_clean_text(text);
		made = report->flags & DFUT_RECORD_PLAIN ? text : dfut_names_replace(&report->names, text, true);
	}
	report->lacks_memory = report->lacks_memory || !made;
	errno = 0;
	/* Who has no stand-in now would be named in what follows. */
	if (!report->lacks_memory && (fputs(made, report->file) == EOF || fputc('\n', report->file) == EOF) &&
	    !report->error)
		report->error = errno ? errno : EIO;
	if (made != text)
		free(made);
	free(text);
}

static char *format(const char *text, va_list arguments)
{
	char *made = NULL;
	va_list again;
	int length;

	va_copy(again, arguments);
	length = vsnprintf(NULL, 0, text, again);
	va_end(again);
	if (length >= 0)
		made = malloc((size_t)length + 1);
	if (made)
		vsnprintf(made, (size_t)length + 1, text, arguments);
	return made;
}

void dfut_report_add_title(struct dfut_report *report, const char *text, ...)
{
	va_list arguments;
	char *title;

	va_start(arguments, text);
	title = format(text, arguments);
	va_end(arguments);
	write_text(report, dfut_format_text("%s", ""));
	write_text(report, title ? dfut_format_text("== %s ==", title) : NULL);
	free(title);
}

void dfut_report_add_line(struct dfut_report *report, const char *text, ...)
{
	va_list arguments;

	va_start(arguments, text);
	write_text(report, format(text, arguments));
	va_end(arguments);
}

void dfut_report_add_fact(struct dfut_report *report, const char *key, const char *text, ...)
{
	va_list arguments;
	char *value;

	va_start(arguments, text);
	value = format(text, arguments);
	va_end(arguments);
	write_text(report, value ? dfut_format_text("%-14s %s", key, value) : NULL);
	free(value);
}

void dfut_report_take_code(struct dfut_report *report, int code)
{
	report->lacks_memory = report->lacks_memory || code == DFUT_ERROR_NO_MEMORY;
}

void dfut_report_add_serial(struct dfut_report *report, const char *serial)
{
	dfut_report_take_code(report, dfut_names_add_serial(&report->names, serial));
}

const char *dfut_report_get_serial(const struct dfut_report *report, const char *serial)
{
	const char *stand_in = report->flags & DFUT_RECORD_PLAIN ? NULL :
								   dfut_names_find_serial(&report->names, serial);

	return stand_in ? stand_in : serial;
}

/* Stand-ins: those of the recording for the same devices, so that they are the same in all of the file. */

static const char *find_serial(const struct dfut_tape_event *event)
{
	const struct dfut_json *object = event->json.values;
	char key[8];

	if ((event->kind != DFUT_TAPE_ARRIVES && event->kind != DFUT_TAPE_CHANGES) || event->data.size < DEVICE_SIZE ||
	    !event->data.bytes[DEVICE_SERIAL])
		return NULL;
	snprintf(key, sizeof(key), "%u", event->data.bytes[DEVICE_SERIAL]);
	return dfut_json_get_text(dfut_json_get(dfut_json_get(object, "strings"), key));
}

static bool is_same_device(const struct dfut_tape_event *event, const struct dfut_device *device)
{
	return strcmp(dfut_tape_get_text(event, "path"), dfut_device_get_path(device)) == 0 &&
	       dfut_le16(event->data.bytes + DEVICE_VENDOR) == dfut_device_get_vendor_id(device) &&
	       dfut_le16(event->data.bytes + DEVICE_PRODUCT) == dfut_device_get_product_id(device) &&
	       strlen(find_serial(event)) == strlen(dfut_device_get_serial_number(device));
}

static int take_recorded(struct dfut_report *report, const struct dfut_device_list *list)
{
	int result = 0;

	for (size_t i = 0; i < report->tape.count && result == 0; i++) {
		const struct dfut_tape_event *event = &report->tape.events[i];
		const char *stand_in = find_serial(event);

		if (!stand_in)
			continue;
		/* Whoever gets another one gets one with a higher number. */
		report->names.serials++;
		for (size_t j = 0; j < dfut_device_list_get_count(list) && result == 0; j++) {
			const struct dfut_device *device = dfut_device_list_get(list, j);

			if (is_same_device(event, device))
				result = dfut_names_add_known(&report->names, dfut_device_get_serial_number(device),
							      stand_in);
		}
	}
	return result;
}

static int take_names(struct dfut_report *report, const struct dfut_device_list *list)
{
	int result = dfut_names_add_own(&report->names);

	if (result == 0 && report->recording && !report->tape.has_names)
		result = take_recorded(report, list);
	for (size_t i = 0; i < dfut_device_list_get_count(list) && result == 0; i++)
		result = dfut_names_add_serial(&report->names,
					       dfut_device_get_serial_number(dfut_device_list_get(list, i)));
	return result;
}

/* What it consists of. */

static void tell_head(struct dfut_report *report)
{
	dfut_report_add_line(
		report, "A report of dfutrigger: what is plugged in, what the system says of it, and what was done.");
	dfut_report_add_line(report, "Nothing was sent anywhere. Read it before you send it to somebody.");
	if (!(report->flags & DFUT_RECORD_PLAIN))
		dfut_report_add_line(report, "Serial numbers, and the names of the user, the machine and home folders, "
					     "have stand-ins.");
	dfut_report_add_title(report, "Versions and system");
	dfut_report_add_fact(report, "libdfutrigger", "%s", dfut_get_version());
	dfut_report_add_fact(report, "built with", "%s", DFUT_LIBRARIES);
	dfut_report_tell_system(report);
}

/* Where no bus can be used, that is what there is to tell. */
static void tell_devices(struct dfut_report *report, const struct dfut_match *match)
{
	struct dfut_device_list *list = NULL;
	int result = dfut_device_list_new(&list, report->context, match);
	size_t count;

	dfut_report_take_code(report, result);
	if (result < 0) {
		dfut_report_add_title(report, "Devices");
		dfut_report_add_fact(report, "problem", "%s", dfut_context_get_error(report->context));
		dfut_report_add_fact(report, "hint", "%s", dfut_context_get_hint(report->context));
		return;
	}
	count = dfut_device_list_get_count(list);
	for (size_t i = 0; i < count; i++)
		dfut_report_tell_device(report, dfut_device_list_get(list, i));
	if (!count) {
		dfut_report_add_title(report, "Devices");
		dfut_report_add_line(report, match ? "none that was asked for" : "none is plugged in");
	}
	if (!dfut_device_list_is_complete(list))
		dfut_report_add_line(report, "not all devices could be looked at in time");
	dfut_report_add_title(report, "Messages of the kernel");
	dfut_report_tell_kernel(report, list);
	dfut_device_list_free(list);
}

static void tell_explanation(const char *text, void *user_data)
{
	dfut_report_add_line(user_data, "%s", text);
}

/* Its lines as they are, and last, so that they can be cut out. */
static void copy_recording(struct dfut_report *report)
{
	struct dfut_failure failure = { 0 };
	uint8_t *data = NULL;
	size_t size = 0;
	int result = dfut_file_read(&failure, report->recording, RECORDING_LIMIT, &data, &size);

	dfut_report_take_code(report, result);
	if (result < 0)
		dfut_report_add_line(report, "%s", failure.text);
	else if (fwrite(data, 1, size, report->file) != size && !report->error)
		report->error = errno ? errno : EIO;
	free(data);
}

static void tell_recording(struct dfut_report *report)
{
	bool is_too_plain = report->tape.has_names && !(report->flags & DFUT_RECORD_PLAIN);
	bool is_too_whole = report->tape.has_data && !(report->flags & DFUT_RECORD_DATA);

	dfut_report_add_title(report, "The recording, in words");
	if (!report->recording)
		dfut_report_add_line(report, "there is none");
	else if (is_too_plain)
		dfut_report_add_line(report,
				     "it is left out: it has serial numbers and names of people (--record-plain)");
	else
		dfut_report_take_code(report, dfut_context_explain(report->context, report->recording, tell_explanation,
								   report));
	if (!report->recording || is_too_plain)
		return;
	dfut_report_add_title(report, "The recording, as a session file: from the next line to the end");
	if (is_too_whole)
		dfut_report_add_line(report, "it is left out: it has what memories hold (--record-data)");
	else
		copy_recording(report);
}

/* The file. */

static int create(struct dfut_report *report, struct dfut_failure *failure)
{
	errno = 0;
	report->file = dfut_file_create(report->path);
	if (report->file)
		return 0;
	dfut_fail(failure, DFUT_ERROR_IO, "%s: %s", report->path, dfut_file_get_text(errno));
	if (errno == EEXIST)
		dfut_hint(failure, "a report is always a new file: choose another name");
	return DFUT_ERROR_IO;
}

static int finish(struct dfut_report *report, struct dfut_failure *failure)
{
	errno = 0;
	if (fclose(report->file) != 0 && !report->error)
		report->error = errno ? errno : EIO;
	if (report->lacks_memory)
		return dfut_fail_memory(failure);
	return report->error ? dfut_fail(failure, DFUT_ERROR_IO, "%s: the report is not whole: %s", report->path,
					 dfut_file_get_text(report->error)) :
			       0;
}

static int read_recording(struct dfut_report *report, struct dfut_failure *failure)
{
	int result = report->recording ? dfut_tape_read(&report->tape, report->recording) : 0;

	if (result == DFUT_ERROR_USAGE)
		return dfut_fail(failure, result, "%s: line %d: %s", report->recording, report->tape.line,
				 report->tape.mistake);
	if (result == DFUT_ERROR_IO)
		return dfut_fail(failure, result, "%s: %s", report->recording, dfut_file_get_text(errno));
	return result < 0 ? dfut_fail_memory(failure) : 0;
}

static int write_report(struct dfut_report *report, const struct dfut_match *match)
{
	struct dfut_failure *failure = &report->context->failure;
	struct dfut_device_list *all = NULL;
	int result;

	/* Messages may name other devices than those that were asked for. Without any bus there are none. */
	result = dfut_device_list_new(&all, report->context, NULL);
	if (result != DFUT_ERROR_NO_MEMORY)
		result = all ? take_names(report, all) : dfut_names_add_own(&report->names);
	dfut_device_list_free(all);
	if (result < 0)
		return dfut_fail_memory(failure);
	result = create(report, failure);
	if (result < 0)
		return result;
	tell_head(report);
	tell_devices(report, match);
	tell_recording(report);
	return finish(report, failure);
}

DFUT_API int dfut_context_report(struct dfut_context *context, const char *path, const struct dfut_match *match,
				 const char *recording, unsigned int flags)
{
	struct dfut_report report = { .context = context, .path = path, .flags = flags, .recording = recording };
	int result;

	if (!path || !*path || flags & ~(unsigned int)(DFUT_RECORD_DATA | DFUT_RECORD_PLAIN))
		return dfut_fail(&context->failure, DFUT_ERROR_USAGE,
				 "a report needs a path, and flags that there are");
	result = read_recording(&report, &context->failure);
	if (result == 0)
		result = write_report(&report, match);
	if (recording)
		dfut_tape_free(&report.tape);
	dfut_names_free(&report.names);
	return result;
}
