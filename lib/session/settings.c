/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* What an application sets for a session, before that is started. */

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "device/match.h"
#include "session/session.h"
#include "trigger/trigger.h"
#include "usb/dfu.h"

/* Its job goes by what was set when it was planned. The session's own words are that job's. */
static bool is_late(struct dfut_session *session)
{
	if (session->conductor.stage == DFUT_STAGE_NEW)
		return false;
	dfut_fail(&session->context->failure, DFUT_ERROR_USAGE,
		  "the session was started: what is set for it stays as it was");
	return true;
}

DFUT_API int dfut_session_set_alternate(struct dfut_session *session, const char *alternate)
{
	if (is_late(session))
		return DFUT_ERROR_USAGE;
	free(session->alternate);
	session->alternate = alternate ? dfut_format_text("%s", alternate) : NULL;
	return alternate && !session->alternate ? dfut_fail_memory(&session->failure) : 0;
}

DFUT_API int dfut_session_set_interface(struct dfut_session *session, int configuration, int interface_number)
{
	if (is_late(session))
		return DFUT_ERROR_USAGE;
	if (configuration < -1 || configuration > UINT8_MAX || interface_number < -1 || interface_number > UINT8_MAX)
		return dfut_fail(&session->failure, DFUT_ERROR_USAGE,
				 "there is no configuration %d or interface %d: both are 0 to 255, or -1 for any",
				 configuration, interface_number);
	session->place = (struct dfut_place){ configuration, interface_number };
	return 0;
}

DFUT_API int dfut_session_set_part(struct dfut_session *session, const char *part)
{
	if (is_late(session))
		return DFUT_ERROR_USAGE;
	free(session->part);
	session->part = part ? dfut_format_text("%s", part) : NULL;
	return part && !session->part ? dfut_fail_memory(&session->failure) : 0;
}

DFUT_API int dfut_session_set_volume(struct dfut_session *session, const char *path)
{
	size_t size = path ? strlen(path) : 1;

	if (is_late(session))
		return DFUT_ERROR_USAGE;
	if (!size || size >= UINT16_MAX)
		return dfut_fail(&session->failure, DFUT_ERROR_USAGE,
				 "a path of %zu bytes is none at which a drive is mounted", size);
	free(session->volume);
	session->volume = path ? dfut_format_text("%s", path) : NULL;
	return path && !session->volume ? dfut_fail_memory(&session->failure) : 0;
}

static int fail_trigger(struct dfut_session *session, const char *name)
{
	const struct dfut_device *device = session->device;
	char names[160] = "";
	size_t used = 0;

	for (size_t i = 0; i < device->trigger_count && used < sizeof(names); i++)
		used += (size_t)snprintf(names + used, sizeof(names) - used, "%s%s", i ? ", " : "; it has ",
					 device->triggers[i]->name);
	return dfut_fail(&session->failure, DFUT_ERROR_NOT_FOUND, "the device has no trigger \"%s\"%s", name,
			 used ? names : "; it has none");
}

DFUT_API int dfut_session_set_trigger(struct dfut_session *session, const char *name)
{
	const struct dfut_device *device = session->device;

	if (is_late(session))
		return DFUT_ERROR_USAGE;
	session->has_own = false;
	session->trigger = NULL;
	if (!name)
		return 0;
	for (size_t i = 0; i < device->trigger_count; i++) {
		if (strcmp(device->triggers[i]->name, name) == 0) {
			session->trigger = device->triggers[i];
			return 0;
		}
	}
	return fail_trigger(session, name);
}

DFUT_API int dfut_session_set_bootloader_ids(struct dfut_session *session, int vendor_id, int product_id)
{
	if (is_late(session))
		return DFUT_ERROR_USAGE;
	if (!dfut_match_is_id(vendor_id) || !dfut_match_is_id(product_id))
		return dfut_fail(&session->failure, DFUT_ERROR_USAGE,
				 "no bootloader has such ids: each is 0 to 0xffff, or DFUT_MATCH_ANY for any");
	session->bootloader_vendor_id = vendor_id;
	session->bootloader_product_id = product_id;
	return 0;
}

/* Bytes that the caller gives for a trigger: 64 at most. */
static int take_data(struct dfut_session *session, uint8_t *out, const void *data, uint16_t size)
{
	if (size > 64)
		return dfut_fail(&session->failure, DFUT_ERROR_USAGE, "a trigger has at most 64 bytes of data");
	if (size && !data)
		return dfut_fail(&session->failure, DFUT_ERROR_USAGE, "no data was given for a trigger of %u bytes",
				 size);
	if (size)
		memcpy(out, data, size);
	return 0;
}

static void use_own(struct dfut_session *session, const struct dfut_trigger *trigger)
{
	session->own = *trigger;
	session->has_own = true;
}

DFUT_API int dfut_session_set_trigger_request(struct dfut_session *session, uint8_t request_type, uint8_t request,
					      uint16_t value, uint16_t index, const void *data, uint16_t size)
{
	struct dfut_trigger trigger = { .name = "the given control request",
					.way = &dfut_way_control_request,
					.number = -1 };

	if (is_late(session))
		return DFUT_ERROR_USAGE;
	if (request_type & 0x80)
		return dfut_fail(&session->failure, DFUT_ERROR_USAGE, "a trigger request must go from host to device");
	trigger.control = (struct dfut_control){ request_type, request, value, index, false, { 0 }, size };
	if (take_data(session, trigger.control.data, data, size) < 0)
		return DFUT_ERROR_USAGE;
	use_own(session, &trigger);
	return 0;
}

DFUT_API int dfut_session_set_trigger_report(struct dfut_session *session, int interface, enum dfut_report_type type,
					     uint8_t id, const void *data, uint16_t size)
{
	struct dfut_trigger trigger = { .name = "the given report", .way = &dfut_way_hid_report, .number = interface };

	if (is_late(session))
		return DFUT_ERROR_USAGE;
	if (interface < -1 || interface > 254)
		return dfut_fail(&session->failure, DFUT_ERROR_USAGE, "there is no interface %d", interface);
	if (type != DFUT_REPORT_FEATURE && type != DFUT_REPORT_OUTPUT)
		return dfut_fail(&session->failure, DFUT_ERROR_USAGE,
				 "a trigger must be a feature or an output report");
	if (!size && !id)
		return dfut_fail(&session->failure, DFUT_ERROR_USAGE, "a report without an id must have data");
	trigger.report = (struct dfut_report){ .type = type, .id = id, .size = size, .tries = 1 };
	if (take_data(session, trigger.report.data, data, size) < 0)
		return DFUT_ERROR_USAGE;
	use_own(session, &trigger);
	return 0;
}

DFUT_API int dfut_session_set_trigger_touch(struct dfut_session *session, int interface, uint32_t baud)
{
	struct dfut_trigger trigger = { .name = "the given touch", .way = &dfut_way_serial_touch, .number = interface };

	if (is_late(session))
		return DFUT_ERROR_USAGE;
	if (interface < -1 || interface > 254)
		return dfut_fail(&session->failure, DFUT_ERROR_USAGE, "there is no interface %d", interface);
	if (!baud)
		return dfut_fail(&session->failure, DFUT_ERROR_USAGE, "a touch needs a speed");
	trigger.baud = baud;
	use_own(session, &trigger);
	return 0;
}

DFUT_API int dfut_session_set_detach_timeout_ms(struct dfut_session *session, int timeout_ms)
{
	if (is_late(session))
		return DFUT_ERROR_USAGE;
	session->detach_timeout_ms = timeout_ms > 0xffff ? 0xffff : timeout_ms;
	return 0;
}

DFUT_API int dfut_session_set_return_timeout_ms(struct dfut_session *session, unsigned int timeout_ms)
{
	if (is_late(session))
		return DFUT_ERROR_USAGE;
	session->return_timeout_ms = timeout_ms ? timeout_ms : DFUT_RETURN_TIMEOUT_MS;
	return 0;
}

DFUT_API int dfut_session_set_verify(struct dfut_session *session, enum dfut_verify verify)
{
	if (is_late(session))
		return DFUT_ERROR_USAGE;
	session->verify = verify;
	return 0;
}

DFUT_API int dfut_session_set_erase(struct dfut_session *session, enum dfut_erase erase)
{
	if (is_late(session))
		return DFUT_ERROR_USAGE;
	session->erase = erase;
	return 0;
}

DFUT_API int dfut_session_set_confirm(struct dfut_session *session, bool confirm)
{
	if (is_late(session))
		return DFUT_ERROR_USAGE;
	session->leaves_on_test = !confirm;
	return 0;
}

DFUT_API int dfut_session_set_restart(struct dfut_session *session, enum dfut_restart restart)
{
	if (is_late(session))
		return DFUT_ERROR_USAGE;
	session->restart = restart;
	return 0;
}

DFUT_API int dfut_session_set_force(struct dfut_session *session, unsigned int force)
{
	if (is_late(session))
		return DFUT_ERROR_USAGE;
	session->force = force;
	return 0;
}

DFUT_API int dfut_session_set_upload_size(struct dfut_session *session, uint64_t size)
{
	if (is_late(session))
		return DFUT_ERROR_USAGE;
	session->upload_size = size;
	return 0;
}

DFUT_API int dfut_session_set_transfer_size(struct dfut_session *session, uint32_t size)
{
	if (is_late(session))
		return DFUT_ERROR_USAGE;
	if (size > DFU_LONGEST_TRANSFER)
		return dfut_fail(&session->failure, DFUT_ERROR_USAGE,
				 "blocks of %" PRIu32 " bytes are more than a request can have: %d at most", size,
				 DFU_LONGEST_TRANSFER);
	session->transfer_size = (uint16_t)size;
	return 0;
}

DFUT_API int dfut_session_set_address(struct dfut_session *session, int64_t address)
{
	if (is_late(session))
		return DFUT_ERROR_USAGE;
	if (address < -1 || address > UINT32_MAX)
		return dfut_fail(&session->failure, DFUT_ERROR_USAGE, "an address has 32 bits, %" PRId64 " is none",
				 address);
	session->has_address = address >= 0;
	session->address = session->has_address ? (uint32_t)address : 0;
	return 0;
}

DFUT_API void dfut_session_set_progress_handler(struct dfut_session *session, dfut_progress_handler handler,
						void *user_data)
{
	session->progress_handler = handler;
	session->progress_data = user_data;
}
