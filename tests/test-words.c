/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/*
 * The words of an error are those of that error: each function that can fail, and each way to make it fail that costs
 * little, after another error on the same objects. How a job ends is not among them: jobs have tests of their own.
 */

#include "bench.h"
#include "core/context.h"
#include "image/image.h"
#include "session/session.h"

#define MARKER "of another error"
/* No function returns it but sessions. */
#define MARKER_CODE DFUT_ERROR_CANCELLED
/* What the machine that the test runs on has. */
#define ANY_RESULT 1000000
/* A build without Nordic's packages has another one. */
#define ANY_ERROR (-1000000)

TestSuite(words, .timeout = 600);

/* Who keeps the words. */
enum keeper {
	BY_CONTEXT,
	BY_IMAGE,
	BY_SESSION,
	KEEPERS,
};

/* What goes before the call. */
enum stage {
	PLAIN,
	HEX,		  /* the image has addresses */
	HELD,		  /* a session uses the image */
	MADE_FOR_ANOTHER, /* the image is for another device */
	WRAPPED,	  /* the image is MCUboot's */
	STARTED,	  /* the session was */
	TWO,		  /* another device of the kind is there */
	CLAIMED,	  /* the handle has its interface */
	LEFT,		  /* the device has left, after it was claimed */
	INSIDE,		  /* a handler calls */
	FREED,		  /* the context is only there because of what was made from it */
};

static struct bench bench;
static struct dfut_context *context;
static struct dfut_device *device;
static struct dfut_handle *handle;
static struct dfut_image *image;
static struct dfut_session *session;

/* What calls give out and need. */
static struct dfut_image *other_image;
static struct dfut_device *other_device;
static struct dfut_device_list *list;
static struct dfut_segment segment;
static struct dfut_step step;
static struct dfut_holder holder;
static struct dfut_dfu_descriptor functional;
static const char *layer, *key, *value;
static uint8_t data[64];
static char folder[] = "/tmp/dfut-test-words-XXXXXX";
static const uint8_t firmware[] = { 0x00, 0x10, 0x00, 0x20, 0xc1, 0x01, 0x00, 0x08 };
static const char hex[] = ":020000040800F2\n:0400000001020304F2\n:00000001FF\n";
static const struct dfut_line_coding coding = { 9600, 1, 0, 8 };
static const struct dfut_match nothing = { .size = 1 };
static const struct dfut_esp no_esp;
static const struct dfut_nordic no_nordic;
static const struct dfut_bus_ops no_bus;

static const char *in_folder(const char *name)
{
	static char path[200];

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	return path;
}

static const struct dfut_match *meant(int vendor_id, int product_id)
{
	static struct dfut_match match;

	match = (struct dfut_match)DFUT_MATCH_INIT;
	match.vendor_id = vendor_id;
	match.product_id = product_id;
	return &match;
}

static void hear(const char *text, void *user_data)
{
	(void)text;
	(void)user_data;
}

/* A file that is there. */
static const char *with(const char *text)
{
	const char *path = in_folder("file");
	FILE *file = fopen(path, "wb");

	cr_assert(file != NULL);
	fputs(text, file);
	fclose(file);
	return path;
}

#define TABLE "{\"format\": 1, \"devices\": []}"
#define HID DFUT_REPORT_OUTPUT
#define CONTEXT(X) \
	X(dfut_context_record, late, PLAIN, DFUT_ERROR_BUSY, (context, in_folder("recording"), 0)) \
	X(dfut_context_end_record, none, PLAIN, DFUT_ERROR_USAGE, (context)) \
	X(dfut_context_explain, no_path, PLAIN, DFUT_ERROR_USAGE, (context, NULL, NULL, NULL)) \
	X(dfut_context_explain, no_file, PLAIN, DFUT_ERROR_IO, (context, "/none/session", hear, NULL)) \
	X(dfut_context_explain, no_session, PLAIN, DFUT_ERROR_USAGE, (context, with("{}\n"), hear, NULL)) \
	X(dfut_context_report, no_path, PLAIN, DFUT_ERROR_USAGE, (context, NULL, NULL, NULL, 0)) \
	X(dfut_context_report, no_folder, PLAIN, DFUT_ERROR_IO, (context, "/none/report", NULL, NULL, 0)) \
	X(dfut_context_report, no_file, PLAIN, DFUT_ERROR_IO, \
	  (context, in_folder("report"), NULL, "/none/session", 0)) \
	X(dfut_context_report, no_session, PLAIN, DFUT_ERROR_USAGE, (context, "/none/report", NULL, with("{}\n"), 0)) \
	X(dfut_context_load_devices, no_path, PLAIN, DFUT_ERROR_USAGE, (context, NULL)) \
	X(dfut_context_load_devices, no_file, PLAIN, DFUT_ERROR_NOT_FOUND, (context, "/none/devices.json")) \
	X(dfut_context_load_devices, a_folder, PLAIN, DFUT_ERROR_IO, (context, "/")) \
	X(dfut_context_load_devices, no_json, PLAIN, DFUT_ERROR_USAGE, (context, with("{"))) \
	X(dfut_context_load_devices, no_table, PLAIN, DFUT_ERROR_USAGE, (context, with("{}"))) \
	X(dfut_context_load_devices, good, PLAIN, 0, (context, with(TABLE))) \
	X(dfut_context_set_protocol, no_product, PLAIN, DFUT_ERROR_USAGE, (context, 1, -1, "dfu", -1)) \
	X(dfut_context_set_protocol, unknown, PLAIN, DFUT_ERROR_USAGE, (context, 1, 2, "none", -1)) \
	X(dfut_context_set_protocol, good, PLAIN, 0, (context, 1, 2, "dfu", -1)) \
	X(dfut_context_add_system_buses, first, PLAIN, ANY_RESULT, (context)) \
	X(dfut_context_dispatch, from_inside, INSIDE, DFUT_ERROR_USAGE, (context, 0)) \
	X(dfut_context_dispatch, freed, FREED, DFUT_ERROR_USAGE, (context, 0)) \
	X(dfut_context_dispatch, good, PLAIN, 0, (context, 0)) \
	X(dfut_context_add_bus, no_functions, PLAIN, DFUT_ERROR_USAGE, (context, &no_bus, NULL)) \
	X(dfut_device_get_dfu_descriptor, none, PLAIN, DFUT_ERROR_NOT_FOUND, (device, &functional)) \
	X(dfut_device_get_interface_dfu_descriptor, none, PLAIN, DFUT_ERROR_NOT_FOUND, (device, 99, &functional)) \
	X(dfut_device_diagnose, gone, LEFT, DFUT_ERROR_GONE, (device)) \
	X(dfut_device_diagnose, good, PLAIN, 0, (device)) \
	X(dfut_device_get_holder, gone, LEFT, DFUT_ERROR_GONE, (device, -1, &holder, sizeof(holder))) \
	X(dfut_device_get_holder, none, PLAIN, DFUT_ERROR_NOT_FOUND, (device, 99, &holder, sizeof(holder))) \
	X(dfut_device_list_new, match, PLAIN, DFUT_ERROR_USAGE, (&list, context, &nothing)) \
	X(dfut_device_list_new, good, PLAIN, 0, (&list, context, NULL)) \
	X(dfut_device_find, match, PLAIN, DFUT_ERROR_USAGE, (&other_device, context, &nothing)) \
	X(dfut_device_find, ids, PLAIN, DFUT_ERROR_USAGE, (&other_device, context, meant(0x10001, 2))) \
	X(dfut_device_find, none, PLAIN, DFUT_ERROR_NOT_FOUND, (&other_device, context, meant(1, 2))) \
	X(dfut_device_find, two, TWO, DFUT_ERROR_AMBIGUOUS, (&other_device, context, NULL)) \
	X(dfut_device_find, good, PLAIN, 0, (&other_device, context, NULL)) \
	X(dfut_device_wait, match, PLAIN, DFUT_ERROR_USAGE, (&other_device, context, &nothing, 10)) \
	X(dfut_device_wait, none, PLAIN, DFUT_ERROR_TIMEOUT, (&other_device, context, meant(1, 2), 10)) \
	X(dfut_device_wait, two, TWO, DFUT_ERROR_AMBIGUOUS, (&other_device, context, NULL, 10)) \
	X(dfut_device_wait, from_inside, INSIDE, DFUT_ERROR_USAGE, (&other_device, context, NULL, 10)) \
	X(dfut_image_load_file, no_path, PLAIN, DFUT_ERROR_USAGE, (&other_image, context, NULL, 0)) \
	X(dfut_image_load_file, no_file, PLAIN, DFUT_ERROR_NOT_FOUND, (&other_image, context, "/none/a.bin", 0)) \
	X(dfut_image_load_file, a_folder, PLAIN, DFUT_ERROR_IO, (&other_image, context, "/", 0)) \
	X(dfut_image_load_file, bad, PLAIN, DFUT_ERROR_IMAGE, (&other_image, context, with(":0"), 0)) \
	X(dfut_image_load_file, good, PLAIN, 0, (&other_image, context, with(hex), 0)) \
	X(dfut_image_load_buffer, no_data, PLAIN, DFUT_ERROR_USAGE, (&other_image, context, NULL, 1, 0)) \
	X(dfut_image_load_buffer, empty, PLAIN, DFUT_ERROR_IMAGE, (&other_image, context, "", 0, 0)) \
	X(dfut_image_load_buffer, good, PLAIN, 0, (&other_image, context, firmware, sizeof(firmware), 0)) \
	X(dfut_image_build_esp, nothing, PLAIN, DFUT_ERROR_USAGE, (&other_image, context, &no_esp)) \
	X(dfut_image_build_nordic, nothing, PLAIN, ANY_ERROR, (&other_image, context, &no_nordic))

#define HANDLE(X) \
	X(dfut_handle_control, no_data, PLAIN, DFUT_ERROR_USAGE, (handle, 0x80, 6, 0, 0, NULL, 7, 100)) \
	X(dfut_handle_control, stalled, PLAIN, DFUT_ERROR_DEVICE, (handle, 0xc0, 0x77, 0, 0, data, 7, 100)) \
	X(dfut_handle_control, nowhere, PLAIN, DFUT_ERROR_NOT_FOUND, (handle, 0x21, 9, 0x300, 7, data, 8, 100)) \
	X(dfut_handle_control, gone, LEFT, DFUT_ERROR_GONE, (handle, 0x80, 6, 0x100, 0, data, 18, 100)) \
	X(dfut_handle_control, inside, INSIDE, DFUT_ERROR_USAGE, (handle, 0x80, 6, 0x100, 0, data, 18, 100)) \
	X(dfut_handle_control, good, PLAIN, 18, (handle, 0x80, 6, 0x100, 0, data, 18, 100)) \
	X(dfut_handle_reset, gone, LEFT, DFUT_ERROR_GONE, (handle, 100)) \
	X(dfut_handle_reset, inside, INSIDE, DFUT_ERROR_USAGE, (handle, 100)) \
	X(dfut_handle_open, gone, LEFT, DFUT_ERROR_GONE, (handle)) \
	X(dfut_handle_open, inside, INSIDE, DFUT_ERROR_USAGE, (handle)) \
	X(dfut_handle_open, good, PLAIN, 0, (handle)) \
	X(dfut_handle_open, again, CLAIMED, 0, (handle)) \
	X(dfut_handle_claim, nowhere, PLAIN, DFUT_ERROR_USAGE, (handle, 255)) \
	X(dfut_handle_claim, gone, LEFT, DFUT_ERROR_GONE, (handle, 0)) \
	X(dfut_handle_claim, inside, INSIDE, DFUT_ERROR_USAGE, (handle, 0)) \
	X(dfut_handle_claim, again, CLAIMED, 0, (handle, 0)) \
	X(dfut_handle_release, nowhere, PLAIN, DFUT_ERROR_USAGE, (handle, 255)) \
	X(dfut_handle_release, gone, LEFT, DFUT_ERROR_GONE, (handle, 0)) \
	X(dfut_handle_release, gone_unclaimed, LEFT, DFUT_ERROR_GONE, (handle, 9)) \
	X(dfut_handle_release, good, CLAIMED, 0, (handle, 0)) \
	X(dfut_handle_release, unclaimed, PLAIN, 0, (handle, 9)) \
	X(dfut_handle_set_configuration, gone, LEFT, DFUT_ERROR_GONE, (handle, 1)) \
	X(dfut_handle_set_alternate, nowhere, PLAIN, DFUT_ERROR_USAGE, (handle, 255, 0)) \
	X(dfut_handle_set_alternate, gone, LEFT, DFUT_ERROR_GONE, (handle, 0, 0)) \
	X(dfut_handle_clear_halt, gone, LEFT, DFUT_ERROR_GONE, (handle, 0x81)) \
	X(dfut_handle_transfer, no_data, PLAIN, DFUT_ERROR_USAGE, (handle, 0x81, NULL, 8, 100)) \
	X(dfut_handle_transfer, nowhere, PLAIN, DFUT_ERROR_NOT_FOUND, (handle, 0x8f, data, 8, 100)) \
	X(dfut_handle_transfer, gone, LEFT, DFUT_ERROR_GONE, (handle, 0x81, data, 8, 100)) \
	X(dfut_handle_has_driver, nowhere, PLAIN, DFUT_ERROR_USAGE, (handle, 255)) \
	X(dfut_handle_has_driver, gone, LEFT, DFUT_ERROR_GONE, (handle, 0)) \
	X(dfut_handle_detach_driver, nowhere, PLAIN, DFUT_ERROR_USAGE, (handle, 255)) \
	X(dfut_handle_detach_driver, gone, LEFT, DFUT_ERROR_GONE, (handle, 0)) \
	X(dfut_handle_attach_driver, nowhere, PLAIN, DFUT_ERROR_USAGE, (handle, 255)) \
	X(dfut_handle_attach_driver, gone, LEFT, DFUT_ERROR_GONE, (handle, 0)) \
	X(dfut_handle_send_report, no_data, PLAIN, DFUT_ERROR_USAGE, (handle, 2, HID, 2, NULL, 8, 100)) \
	X(dfut_handle_send_report, input, PLAIN, DFUT_ERROR_USAGE, (handle, 2, DFUT_REPORT_INPUT, 2, data, 8, 100)) \
	X(dfut_handle_send_report, nowhere, PLAIN, DFUT_ERROR_USAGE, (handle, 300, HID, 2, data, 8, 100)) \
	X(dfut_handle_send_report, none, PLAIN, DFUT_ERROR_NOT_FOUND, (handle, -1, HID, 77, data, 8, 100)) \
	X(dfut_handle_send_report, gone, LEFT, DFUT_ERROR_GONE, (handle, 2, HID, 2, data, 1, 100)) \
	X(dfut_handle_get_feature_report, no_data, PLAIN, DFUT_ERROR_USAGE, (handle, 2, 2, NULL, 8, 100)) \
	X(dfut_handle_get_feature_report, none, PLAIN, DFUT_ERROR_NOT_FOUND, (handle, -1, 77, data, 8, 100)) \
	X(dfut_handle_read_report, no_data, PLAIN, DFUT_ERROR_USAGE, (handle, 2, NULL, NULL, 8, 100)) \
	X(dfut_handle_read_report, silence, PLAIN, DFUT_ERROR_TIMEOUT, (handle, 2, NULL, data, 8, 100)) \
	X(dfut_handle_read_report, gone, LEFT, DFUT_ERROR_GONE, (handle, 2, NULL, data, 8, 100)) \
	X(dfut_handle_set_line_coding, none, PLAIN, DFUT_ERROR_USAGE, (handle, -1, NULL, 100)) \
	X(dfut_handle_set_line_coding, nowhere, PLAIN, DFUT_ERROR_USAGE, (handle, 300, &coding, 100)) \
	X(dfut_handle_set_line_coding, gone, LEFT, DFUT_ERROR_GONE, (handle, -1, &coding, 100)) \
	X(dfut_handle_set_line_coding, good, PLAIN, 0, (handle, -1, &coding, 100)) \
	X(dfut_handle_set_lines, none, PLAIN, DFUT_ERROR_USAGE, (handle, -1, 2, 0, 100)) \
	X(dfut_handle_set_lines, no_port, PLAIN, DFUT_ERROR_NOT_FOUND, (handle, 2, 1, 0, 100)) \
	X(dfut_handle_set_lines, gone, LEFT, DFUT_ERROR_GONE, (handle, -1, 1, 0, 100)) \
	X(dfut_handle_read_serial, no_data, PLAIN, DFUT_ERROR_USAGE, (handle, -1, NULL, 8, 100)) \
	X(dfut_handle_read_serial, silence, PLAIN, DFUT_ERROR_TIMEOUT, (handle, -1, data, 8, 100)) \
	X(dfut_handle_read_serial, gone, LEFT, DFUT_ERROR_GONE, (handle, -1, data, 8, 100)) \
	X(dfut_handle_write_serial, no_data, PLAIN, DFUT_ERROR_USAGE, (handle, -1, NULL, 8, 100)) \
	X(dfut_handle_write_serial, gone, LEFT, DFUT_ERROR_GONE, (handle, -1, data, 8, 100)) \
	X(dfut_handle_touch, no_speed, PLAIN, DFUT_ERROR_USAGE, (handle, -1, 0, 100)) \
	X(dfut_handle_touch, no_port, PLAIN, DFUT_ERROR_NOT_FOUND, (handle, 2, 1200, 100)) \
	X(dfut_handle_touch, gone, LEFT, DFUT_ERROR_GONE, (handle, -1, 1200, 100)) \
	X(dfut_handle_touch, inside, INSIDE, DFUT_ERROR_USAGE, (handle, -1, 1200, 100)) \
	X(dfut_handle_touch, good, PLAIN, 0, (handle, -1, 1200, 1000))

#define IMAGE(X) \
	X(dfut_image_get_segment, beyond, PLAIN, DFUT_ERROR_NOT_FOUND, (image, 1, &segment, sizeof(segment))) \
	X(dfut_image_get_segment, beyond_parts, HEX, DFUT_ERROR_NOT_FOUND, (image, 1, &segment, sizeof(segment))) \
	X(dfut_image_get_segment, good, PLAIN, 0, (image, 0, &segment, sizeof(segment))) \
	X(dfut_image_read_segment, beyond, PLAIN, DFUT_ERROR_NOT_FOUND, (image, 1, 0, data, 1)) \
	X(dfut_image_read_segment, too_long, PLAIN, DFUT_ERROR_USAGE, (image, 0, 1, data, sizeof(firmware))) \
	X(dfut_image_read_segment, good, PLAIN, 0, (image, 0, 0, data, sizeof(firmware))) \
	X(dfut_image_get_fact, beyond, PLAIN, DFUT_ERROR_NOT_FOUND, (image, 999, &layer, &key, &value)) \
	X(dfut_image_get_fact, good, HEX, 0, (image, 0, &layer, &key, &value)) \
	X(dfut_image_set_address, has_own, HEX, DFUT_ERROR_USAGE, (image, 0)) \
	X(dfut_image_set_address, good, PLAIN, 0, (image, 0)) \
	X(dfut_image_wrap_mcuboot, no_version, PLAIN, DFUT_ERROR_USAGE, (image, NULL, 32)) \
	X(dfut_image_wrap_mcuboot, bad_version, PLAIN, DFUT_ERROR_USAGE, (image, "1.2", 32)) \
	X(dfut_image_wrap_mcuboot, small_header, PLAIN, DFUT_ERROR_USAGE, (image, "1.2.3", 31)) \
	X(dfut_image_wrap_mcuboot, already, WRAPPED, DFUT_ERROR_USAGE, (image, "1.2.3", 32)) \
	X(dfut_image_wrap_mcuboot, parts, HEX, DFUT_ERROR_USAGE, (image, "1.2.3", 32)) \
	X(dfut_image_wrap_mcuboot, used, HELD, DFUT_ERROR_USAGE, (image, "1.2.3", 32)) \
	X(dfut_image_wrap_mcuboot, good, PLAIN, 0, (image, "1.2.3", 32)) \
	X(dfut_image_convert, no_format, PLAIN, DFUT_ERROR_USAGE, (image, NULL)) \
	X(dfut_image_convert, unknown, PLAIN, DFUT_ERROR_USAGE, (image, "zip")) \
	X(dfut_image_convert, only_read, PLAIN, DFUT_ERROR_UNSUPPORTED, (image, "mcuboot")) \
	X(dfut_image_convert, no_address, PLAIN, DFUT_ERROR_USAGE, (image, "ihex")) \
	X(dfut_image_convert, used, HELD, DFUT_ERROR_USAGE, (image, "ihex")) \
	X(dfut_image_convert, good, HEX, 0, (image, "srec")) \
	X(dfut_image_set_family, none, PLAIN, DFUT_ERROR_USAGE, (image, NULL)) \
	X(dfut_image_set_family, unknown, PLAIN, DFUT_ERROR_USAGE, (image, "nonsense")) \
	X(dfut_image_set_family, used, HELD, DFUT_ERROR_USAGE, (image, "rp2040")) \
	X(dfut_image_set_family, good, PLAIN, 0, (image, "rp2040")) \
	X(dfut_image_verify_signature, no_key, PLAIN, ANY_ERROR, (image, NULL)) \
	X(dfut_image_verify_signature, raw, PLAIN, DFUT_ERROR_UNSUPPORTED, (image, "/none/key.pem")) \
	X(dfut_image_save_file, no_path, PLAIN, DFUT_ERROR_USAGE, (image, NULL)) \
	X(dfut_image_save_file, no_folder, PLAIN, DFUT_ERROR_IO, (image, "/none/a.bin")) \
	X(dfut_image_save_file, a_folder, PLAIN, DFUT_ERROR_IO, (image, folder)) \
	X(dfut_image_save_file, good, PLAIN, 0, (image, in_folder("file"))) \
	X(dfut_image_check, ids, MADE_FOR_ANOTHER, DFUT_ERROR_MISMATCH, (image, device, NULL, 0)) \
	X(dfut_image_check, good, MADE_FOR_ANOTHER, 0, (image, device, NULL, DFUT_CHECK_IDS | DFUT_CHECK_FORMAT))

#define SESSION(X) \
	X(dfut_session_set_trigger, unknown, PLAIN, DFUT_ERROR_NOT_FOUND, (session, "none")) \
	X(dfut_session_set_trigger, good, PLAIN, 0, (session, NULL)) \
	X(dfut_session_set_trigger_request, no_data, PLAIN, DFUT_ERROR_USAGE, (session, 0x21, 0, 0, 0, NULL, 1)) \
	X(dfut_session_set_trigger_request, to_host, PLAIN, DFUT_ERROR_USAGE, (session, 0xa1, 0, 0, 0, NULL, 0)) \
	X(dfut_session_set_trigger_request, good, PLAIN, 0, (session, 0x21, 0, 0, 0, NULL, 0)) \
	X(dfut_session_set_trigger_report, nowhere, PLAIN, DFUT_ERROR_USAGE, (session, 300, HID, 1, data, 1)) \
	X(dfut_session_set_trigger_report, input, PLAIN, DFUT_ERROR_USAGE, \
	  (session, -1, DFUT_REPORT_INPUT, 1, data, 1)) \
	X(dfut_session_set_trigger_report, no_data, PLAIN, DFUT_ERROR_USAGE, (session, -1, HID, 0, NULL, 0)) \
	X(dfut_session_set_trigger_touch, nowhere, PLAIN, DFUT_ERROR_USAGE, (session, 300, 1200)) \
	X(dfut_session_set_trigger_touch, no_speed, PLAIN, DFUT_ERROR_USAGE, (session, -1, 0)) \
	X(dfut_session_set_address, long, PLAIN, DFUT_ERROR_USAGE, (session, INT64_C(0x100000000))) \
	X(dfut_session_set_address, good, PLAIN, 0, (session, -1)) \
	X(dfut_session_set_bootloader_ids, vendor, PLAIN, DFUT_ERROR_USAGE, (session, 0x10000, 1)) \
	X(dfut_session_set_bootloader_ids, product, PLAIN, DFUT_ERROR_USAGE, (session, 1, -2)) \
	X(dfut_session_set_bootloader_ids, good, PLAIN, 0, (session, 1, 2)) \
	X(dfut_session_set_interface, number, PLAIN, DFUT_ERROR_USAGE, (session, -1, 256)) \
	X(dfut_session_set_interface, configuration, PLAIN, DFUT_ERROR_USAGE, (session, -2, 0)) \
	X(dfut_session_set_interface, good, PLAIN, 0, (session, 1, 0)) \
	X(dfut_session_set_transfer_size, large, PLAIN, DFUT_ERROR_USAGE, (session, 4097)) \
	X(dfut_session_set_transfer_size, good, PLAIN, 0, (session, 4096)) \
	X(dfut_session_set_volume, empty, PLAIN, DFUT_ERROR_USAGE, (session, "")) \
	X(dfut_session_set_volume, good, PLAIN, 0, (session, NULL)) \
	X(dfut_session_start_probe, nothing, PLAIN, DFUT_ERROR_UNSUPPORTED, (session)) \
	X(dfut_session_start_diagnose, gone, LEFT, DFUT_ERROR_GONE, (session)) \
	X(dfut_session_start_trigger, gone, LEFT, DFUT_ERROR_GONE, (session)) \
	X(dfut_session_start_trigger, good, PLAIN, 0, (session)) \
	X(dfut_session_plan_update, no_image, PLAIN, ANY_ERROR, (session, NULL)) \
	X(dfut_session_plan_update, unfit, PLAIN, ANY_ERROR, (session, image)) \
	X(dfut_session_start_update, no_image, PLAIN, ANY_ERROR, (session, NULL)) \
	X(dfut_session_start_update, gone, LEFT, DFUT_ERROR_GONE, (session, image)) \
	X(dfut_session_start_upload, no_writer, PLAIN, DFUT_ERROR_USAGE, (session, NULL, NULL)) \
	X(dfut_session_start_command, unknown, PLAIN, DFUT_ERROR_NOT_FOUND, (session, "none")) \
	X(dfut_session_run, too_early, PLAIN, DFUT_ERROR_USAGE, (session))

/* They leave the words of the session's job alone. */
#define BESIDE_SESSION(X) \
	X(dfut_session_get_step, beyond, PLAIN, DFUT_ERROR_NOT_FOUND, (session, 0, &step, sizeof(step))) \
	X(dfut_session_get_step, good, STARTED, 0, (session, 0, &step, sizeof(step))) \
	X(dfut_session_get_fact, beyond, PLAIN, DFUT_ERROR_NOT_FOUND, (session, 0, &key, &value)) \
	X(dfut_session_set_trigger, late, STARTED, DFUT_ERROR_USAGE, (session, "none")) \
	X(dfut_session_set_bootloader_ids, late, STARTED, DFUT_ERROR_USAGE, (session, 1, 2)) \
	X(dfut_session_set_detach_timeout_ms, late, STARTED, DFUT_ERROR_USAGE, (session, 1000)) \
	X(dfut_session_set_return_timeout_ms, late, STARTED, DFUT_ERROR_USAGE, (session, 1000)) \
	X(dfut_session_set_verify, late, STARTED, DFUT_ERROR_USAGE, (session, DFUT_VERIFY_AUTO)) \
	X(dfut_session_set_erase, late, STARTED, DFUT_ERROR_USAGE, (session, DFUT_ERASE_AUTO)) \
	X(dfut_session_set_confirm, late, STARTED, DFUT_ERROR_USAGE, (session, true)) \
	X(dfut_session_set_restart, late, STARTED, DFUT_ERROR_USAGE, (session, DFUT_RESTART_AUTO)) \
	X(dfut_session_set_force, late, STARTED, DFUT_ERROR_USAGE, (session, 0)) \
	X(dfut_session_set_upload_size, late, STARTED, DFUT_ERROR_USAGE, (session, 1)) \
	X(dfut_session_start_trigger, again, STARTED, DFUT_ERROR_USAGE, (session))

#define FUNCTION(CALL, NAME, STAGE, EXPECTED, ARGUMENTS) \
	static int CALL##_##NAME(void) \
	{ \
		return CALL ARGUMENTS; \
	}
#define ROW_CONTEXT(CALL, NAME, STAGE, EXPECTED, ARGUMENTS) \
	{ #CALL, #NAME, STAGE, BY_CONTEXT, EXPECTED, CALL##_##NAME },
#define ROW_IMAGE(CALL, NAME, STAGE, EXPECTED, ARGUMENTS) { #CALL, #NAME, STAGE, BY_IMAGE, EXPECTED, CALL##_##NAME },
#define ROW_SESSION(CALL, NAME, STAGE, EXPECTED, ARGUMENTS) \
	{ #CALL, #NAME, STAGE, BY_SESSION, EXPECTED, CALL##_##NAME },

CONTEXT(FUNCTION)
HANDLE(FUNCTION)
IMAGE(FUNCTION)
SESSION(FUNCTION)
BESIDE_SESSION(FUNCTION)

static const struct trial {
	const char *call;
	const char *name;
	enum stage stage;
	enum keeper keeper;
	int expected;
	int (*run)(void);
} trials[] = { CONTEXT(ROW_CONTEXT) HANDLE(ROW_CONTEXT) IMAGE(ROW_IMAGE) SESSION(ROW_SESSION)
		       BESIDE_SESSION(ROW_CONTEXT) };

/* Words as anybody sees them. */
struct words {
	int code;
	unsigned int check;
	const char *text;
	const char *hint;
	const char *line;
};

static struct words get_words(enum keeper keeper)
{
	if (keeper == BY_SESSION)
		return (struct words){ dfut_session_get_error_code(session), dfut_session_get_failed_check(session),
				       dfut_session_get_message(session), dfut_session_get_hint(session),
				       dfut_session_get_hint_line(session) };
	if (keeper == BY_IMAGE)
		return (struct words){ dfut_image_get_error_code(image), dfut_image_get_failed_check(image),
				       dfut_image_get_error(image), dfut_image_get_hint(image),
				       dfut_image_get_hint_line(image) };
	return (struct words){ dfut_context_get_error_code(context), dfut_context_get_failed_check(context),
			       dfut_context_get_error(context), dfut_context_get_hint(context),
			       dfut_context_get_hint_line(context) };
}

static bool is_marker(const struct words *words)
{
	return words->code == MARKER_CODE && words->check == DFUT_CHECK_VERSION && strcmp(words->text, MARKER) == 0 &&
	       strcmp(words->hint, MARKER " " MARKER) == 0 && strcmp(words->line, MARKER) == 0;
}

static bool has_marker(const struct words *words)
{
	return words->check == DFUT_CHECK_VERSION || strstr(words->text, MARKER) || strstr(words->hint, MARKER) ||
	       strstr(words->line, MARKER);
}

static void mark(struct dfut_failure *failure)
{
	dfut_fail_check(failure, MARKER_CODE, DFUT_CHECK_VERSION, MARKER);
	dfut_hint(failure, MARKER);
	dfut_hint_line(failure, MARKER);
}

static void judge(const struct trial *trial)
{
	struct words words;
	int result;

	mark(&context->failure);
	mark(image->failure);
	mark(&session->failure);
	result = trial->run();
	words = get_words(trial->keeper);
	if (trial->expected == ANY_ERROR)
		cr_expect(lt(int, result, 0), "%s, %s", trial->call, trial->name);
	else if (trial->expected != ANY_RESULT)
		cr_expect(trial->expected < 0 ? result == trial->expected : result >= 0, "%s, %s: %d (%s)", trial->call,
			  trial->name, result, words.text);
	if (result < 0) {
		cr_expect(eq(int, words.code, result), "%s, %s", trial->call, trial->name);
		cr_expect(not(has_marker(&words)), "%s, %s: %s", trial->call, trial->name, words.text);
		cr_expect(ne(int, words.text[0], 0), "%s, %s: no text", trial->call, trial->name);
	} else {
		cr_expect(is_marker(&words) || (words.code == 0 && !words.text[0] && !words.hint[0]), "%s, %s: %s",
			  trial->call, trial->name, words.text);
	}
	for (enum keeper other = BY_CONTEXT; other < KEEPERS; other++) {
		words = get_words(other);
		cr_expect(other == trial->keeper || is_marker(&words), "%s, %s: also told to another: %s", trial->call,
			  trial->name, words.text);
	}
}

/* Once, when the device is told of. */
static const struct trial *waiting;

static void judge_inside(enum dfut_device_event event, struct dfut_device *told, void *user_data)
{
	(void)event;
	(void)told;
	(void)user_data;
	if (waiting)
		judge(waiting);
	waiting = NULL;
}

static void load(const void *bytes, size_t size)
{
	dfut_image_free(image);
	cr_assert(eq(int, dfut_image_load_buffer(&image, context, bytes, size, 0), 0), "%s",
		  dfut_context_get_error(context));
}

static void prepare(enum stage stage)
{
	switch (stage) {
	case PLAIN:
		break;
	case HEX:
		load(hex, strlen(hex));
		break;
	case HELD:
		dfut_image_ref(image);
		break;
	case MADE_FOR_ANOTHER:
		dfut_image_set_suffix(image, 0x1234, 0x5678, DFUT_ID_ANY);
		break;
	case WRAPPED:
		cr_assert(eq(int, dfut_image_wrap_mcuboot(image, "1.2.3", 32), 0));
		break;
	case STARTED:
		cr_assert(eq(int, dfut_session_start_trigger(session), 0));
		break;
	case TWO:
		bench_plug(&bench, "leonardo", "1-2");
		break;
	case CLAIMED:
		cr_assert(eq(int, dfut_handle_open(handle), 0));
		cr_assert(eq(int, dfut_handle_claim(handle, 0), 0));
		break;
	case LEFT:
		cr_assert(eq(int, dfut_handle_open(handle), 0));
		cr_assert(eq(int, dfut_handle_claim(handle, 0), 0));
		dfut_sim_device_unplug(bench.device);
		while (dfut_device_is_present(device))
			cr_assert(ge(int, dfut_context_dispatch(context, -1), 0));
		break;
	case INSIDE:
		dfut_context_set_device_handler(context, judge_inside, NULL);
		break;
	case FREED:
		dfut_context_free(context);
		bench.context = NULL;
		break;
	}
}

static void try(const struct trial *trial)
{
	bench_start(&bench, "leonardo");
	context = bench.context;
	device = bench_find(&bench, "1-1");
	cr_assert(eq(int, dfut_handle_new(&handle, device), 0));
	cr_assert(eq(int, dfut_session_new(&session, device), 0));
	load(firmware, sizeof(firmware));
	prepare(trial->stage);
	if (trial->stage == INSIDE) {
		waiting = trial;
		while (waiting)
			cr_assert(ge(int, dfut_context_dispatch(context, -1), 0));
	} else {
		judge(trial);
	}
	if (trial->stage == HELD)
		dfut_image_free(image);
	dfut_session_free(session);
	dfut_image_free(image);
	image = NULL;
	dfut_image_free(other_image);
	other_image = NULL;
	dfut_device_list_free(list);
	list = NULL;
	dfut_device_unref(other_device);
	other_device = NULL;
	dfut_handle_free(handle);
	dfut_device_unref(device);
	bench_stop(&bench);
}

Test(words, are_those_of_the_error)
{
	cr_assert(mkdtemp(folder) != NULL);
	for (size_t i = 0; i < COUNT(trials); i++)
		try(&trials[i]);
	unlink(in_folder("file"));
	rmdir(folder);
	printf("# %zu calls\n", COUNT(trials));
}

/* Whether the table above makes the function fail, or can't. */
static bool is_tried(const char *name)
{
	static const char *const others[] = {
		/* Can't fail, or only without memory */
		"dfut_context_get_error_code",
		"dfut_context_get_timeout_ms",
		"dfut_image_get_error_code",
		"dfut_handle_new",
		"dfut_session_new",
		"dfut_session_set_alternate",
		"dfut_session_set_part",
		"dfut_session_get_result",
		"dfut_session_get_error_code",
		/* Fails if the machine has no USB */
		"dfut_context_add_system_buses",
		/* No object that could have words */
		"dfut_context_new",
	};

	for (size_t i = 0; i < COUNT(others); i++)
		if (strcmp(others[i], name) == 0)
			return true;
	for (size_t i = 0; i < COUNT(trials); i++)
		if (strcmp(trials[i].call, name) == 0 && trials[i].expected < 0)
			return true;
	return false;
}

Test(words, each_function_that_can_fail_is_tried)
{
	const char *tests = getenv("DFUTRIGGER_TEST_DATA");
	size_t found = 0;
	char path[400], line[400], name[100];
	FILE *header;

	cr_assert(tests != NULL);
	snprintf(path, sizeof(path), "%s/../../include/dfutrigger.h", tests);
	header = fopen(path, "r");
	cr_assert(header != NULL, "%s", path);
	while (fgets(line, sizeof(line), header)) {
		if (sscanf(line, "int %99[a-z_](", name) != 1)
			continue;
		cr_expect(is_tried(name), "%s", name);
		found++;
	}
	fclose(header);
	cr_expect(ge(sz, found, 60));
}

/* A context that is not the image's is as it was: other threads may use it. */
Test(words, of_an_image_are_its_own)
{
	struct dfut_context *other;

	cr_assert(eq(int, dfut_context_new(&other), 0));
	cr_assert(eq(int, dfut_image_load_buffer(&image, other, firmware, sizeof(firmware), 0), 0));
	dfut_context_free(other);
	cr_expect(eq(str, (char *)dfut_image_get_error(image), (char *)""));
	cr_expect(eq(int, dfut_image_get_error_code(image), 0));
	cr_expect(eq(int, dfut_image_convert(image, "ihex"), DFUT_ERROR_USAGE));
	cr_expect(strstr(dfut_image_get_error(image), "needs an address") != NULL, "%s", dfut_image_get_error(image));
	/* What is put into another format is the same object. */
	cr_assert(eq(int, dfut_image_set_address(image, 0x08000000), 0));
	cr_assert(eq(int, dfut_image_convert(image, "ihex"), 0));
	cr_expect(eq(int, dfut_image_set_address(image, 0), DFUT_ERROR_USAGE));
	cr_expect(strstr(dfut_image_get_error(image), "the format ihex") != NULL, "%s", dfut_image_get_error(image));
	dfut_image_free(image);
	image = NULL;
}

/* An event loop asks again and again. */
Test(words, stay_while_a_loop_asks_for_its_time_limit)
{
	cr_assert(eq(int, dfut_context_new(&context), 0));
	mark(&context->failure);
	dfut_context_get_timeout_ms(context);
	cr_expect(eq(str, (char *)dfut_context_get_error(context), (char *)MARKER));
	dfut_context_free(context);
}

/* Where there are none, that stays so. */
Test(words, of_buses_that_the_system_does_not_have_are_told_each_time)
{
	int first;

	cr_assert(eq(int, dfut_context_new(&context), 0));
	first = dfut_context_add_system_buses(context);
	mark(&context->failure);
	cr_expect(eq(int, dfut_context_add_system_buses(context), first));
	cr_expect(eq(int, strcmp(dfut_context_get_error(context), MARKER) == 0, first == 0));
	dfut_context_free(context);
}

static bool claim_to_know(void *self, uint64_t instance, enum dfut_link link, uint8_t channel, int code)
{
	(void)self;
	(void)instance;
	(void)link;
	(void)channel;
	(void)code;
	return true;
}

static bool know_no_more(void *self, uint64_t instance, enum dfut_link link, uint8_t channel, int code)
{
	(void)self;
	(void)instance;
	(void)link;
	(void)channel;
	dfut_bus_set_error(bench.context->buses, code, "nothing", "not so");
	return false;
}

static bool know_of_another(void *self, uint64_t instance, enum dfut_link link, uint8_t channel, int code)
{
	know_no_more(self, instance, link, channel, code + 1);
	return true;
}

/* What the bus says of a session's device is the session's. */
static void fail_session(const char *spec, int (*start)(struct dfut_session *session),
			 bool (*explain)(void *self, uint64_t instance, enum dfut_link link, uint8_t channel, int code))
{
	struct words words;
	bool has_line;

	bench_start(&bench, spec);
	context = bench.context;
	device = bench_find(&bench, "1-1");
	if (explain)
		context->buses->ops.explain = explain;
	cr_assert(eq(int, dfut_session_new(&session, device), 0));
	mark(&context->failure);
	cr_expect(eq(int, start(session), 0), "%s", dfut_session_get_message(session));
	cr_expect(eq(int, dfut_session_run(session), DFUT_ERROR_ACCESS));
	has_line = strncmp(dfut_session_get_hint_line(session), "printf ", 7) == 0;
	cr_expect(eq(int, has_line, explain == NULL), "%s", dfut_session_get_hint(session));
	cr_expect(strstr(dfut_session_get_message(session), MARKER) == NULL);
	cr_expect(strstr(dfut_session_get_message(session), "not so") == NULL);
	words = get_words(BY_CONTEXT);
	cr_expect(is_marker(&words), "%s: also told to the context: %s", spec, words.text);
	dfut_session_free(session);
	dfut_device_unref(device);
	bench_stop(&bench);
}

Test(words, of_a_bus_are_those_of_the_session_that_asks)
{
	fail_session("jabra:access=no", dfut_session_start_diagnose, NULL);
	fail_session("zephyr:access=no", dfut_session_start_diagnose, NULL);
	fail_session("jabra:access=no", dfut_session_start_trigger, NULL);
	fail_session("zephyr:access=no", dfut_session_start_trigger, NULL);
	fail_session("zephyr:access=no", dfut_session_start_trigger, claim_to_know);
	fail_session("zephyr:access=no", dfut_session_start_trigger, know_no_more);
	fail_session("zephyr:access=no", dfut_session_start_trigger, know_of_another);
}
