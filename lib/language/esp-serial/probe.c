/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/*
 * What the ROM says of itself (esptool, esptool/loader.py): security information tells chips apart but the ESP32-S2, which leaves
 * its id out. A chip that is not known is asked nothing more, as registers are elsewhere in each.
 */

#include <string.h>

#include "language/esp-serial/probe.h"

#define DOUBT_LIMIT 6
/* Of the strapping pins: the one that asks for the ROM is high */
#define STRAP_FLASH 0x08

#define SECURITY_SIZE 12
#define SECURITY_COUNT 4
#define SECURITY_CHIP 12
#define SECURITY_SIZE_WITH_CHIP 20

static const struct esp_serial_job *get_own(const struct esp_serial_core *core)
{
	return core->job->own;
}

static struct esp_serial_identity *get_identity(const struct esp_serial_core *core)
{
	return get_own(core)->identity;
}

static int end(struct esp_serial_probe *probe)
{
	probe->step = ESP_SERIAL_PROBE_OVER;
	return 1;
}

/* 1: the answer is the same as before; 0: it is to be asked again; or a negative error. */
static int confirm(struct esp_serial_probe *probe, struct esp_serial_core *core)
{
	bool is_same = probe->has_last && memcmp(&probe->last, &core->reply, sizeof(probe->last)) == 0;

	probe->has_last = !is_same;
	probe->last = core->reply;
	if (is_same)
		probe->doubts = 0;
	if (is_same || ++probe->doubts < DOUBT_LIMIT)
		return is_same;
	dfut_fail(core->job->failure, DFUT_ERROR_PROTOCOL, "asking which chip it is: each answer is another one");
	dfut_hint(core->job->failure, "use another cable, or another port");
	return DFUT_ERROR_PROTOCOL;
}

static int ask(struct esp_serial_probe *probe, struct esp_serial_core *core, enum esp_serial_probe_step step,
	       const struct esp_serial_request *request, struct dfut_next *next)
{
	probe->step = step;
	return esp_serial_core_ask(core, request, next);
}

static int ask_register(struct esp_serial_probe *probe, struct esp_serial_core *core, enum esp_serial_probe_step step,
			uint32_t address, struct dfut_next *next)
{
	struct esp_serial_request request = esp_serial_read_register(address);

	return ask(probe, core, step, &request, next);
}

static int ask_security(struct esp_serial_probe *probe, struct esp_serial_core *core, struct dfut_next *next)
{
	struct esp_serial_request request = esp_serial_ask_security();

	*get_identity(core) = (struct esp_serial_identity){ 0 };
	probe->step = ESP_SERIAL_PROBE_SECURITY;
	return esp_serial_core_try(core, &request, next);
}

static int attach(struct esp_serial_probe *probe, struct esp_serial_core *core, struct dfut_next *next)
{
	struct esp_serial_request request = esp_serial_attach();

	return ask(probe, core, ESP_SERIAL_PROBE_ATTACH, &request, next);
}

static int begin_watchdogs(struct esp_serial_probe *probe, struct esp_serial_core *core, struct dfut_next *next)
{
	const struct esp_serial_chip *chip = get_identity(core)->chip;

	if (!chip || !chip->is_supported)
		return end(probe);
	if (get_own(core)->port != ESP_SERIAL_PORT_JTAG)
		return attach(probe, core, next);
	probe->step = ESP_SERIAL_PROBE_WATCHDOGS;
	esp_serial_script_stop_watchdogs(&probe->script, chip);
	return esp_serial_script_next(&probe->script, core, next);
}

static int take_security(struct esp_serial_probe *probe, struct esp_serial_core *core, struct dfut_next *next)
{
	struct esp_serial_identity *identity = get_identity(core);
	const struct esp_serial_reply *reply = &core->reply;
	int result = confirm(probe, core);

	if (result <= 0)
		return result < 0 ? result : ask_security(probe, core, next);
	if (!core->is_unknown && reply->payload_size >= SECURITY_SIZE) {
		identity->has_security = true;
		identity->flags = dfut_le32(reply->payload);
		identity->crypt_count = reply->payload[SECURITY_COUNT];
	}
	if (identity->has_security && reply->payload_size >= SECURITY_SIZE_WITH_CHIP) {
		identity->has_id = true;
		identity->id = dfut_le32(reply->payload + SECURITY_CHIP);
		identity->chip = esp_serial_find_chip(identity->id);
	}
	/* No register can be read then. */
	if (identity->flags & ESP_SERIAL_FLAG_SECURE_DOWNLOAD)
		return end(probe);
	if (identity->has_id)
		return begin_watchdogs(probe, core, next);
	return ask_register(probe, core, ESP_SERIAL_PROBE_MAGIC, ESP_SERIAL_MAGIC_ADDRESS, next);
}

static int take_magic(struct esp_serial_probe *probe, struct esp_serial_core *core, struct dfut_next *next)
{
	struct esp_serial_identity *identity = get_identity(core);
	int result = confirm(probe, core);

	if (result <= 0)
		return result < 0 ? result :
				    ask_register(probe, core, ESP_SERIAL_PROBE_MAGIC, ESP_SERIAL_MAGIC_ADDRESS, next);
	identity->magic = core->reply.value;
	identity->chip = esp_serial_find_chip_by_magic(identity->magic);
	return begin_watchdogs(probe, core, next);
}

static int begin_flash(struct esp_serial_probe *probe, struct esp_serial_core *core, struct dfut_next *next)
{
	probe->step = ESP_SERIAL_PROBE_FLASH;
	esp_serial_script_ask_flash(&probe->script, get_identity(core)->chip);
	return esp_serial_script_next(&probe->script, core, next);
}

/* Its last line was no question; what was read stands in for an answer. */
static int take_flash(struct esp_serial_probe *probe, struct esp_serial_core *core, struct dfut_next *next)
{
	struct esp_serial_identity *identity = get_identity(core);
	int result;

	core->reply = (struct esp_serial_reply){ .value = esp_serial_script_get_flash_id(&probe->script) };
	result = confirm(probe, core);
	if (result <= 0)
		return result < 0 ? result : begin_flash(probe, core, next);
	identity->flash_id = core->reply.value;
	identity->flash_size = esp_serial_get_flash_size(identity->flash_id);
	if (!identity->chip->strap)
		return end(probe);
	return ask_register(probe, core, ESP_SERIAL_PROBE_STRAP, identity->chip->strap, next);
}

int esp_serial_probe_next(struct esp_serial_probe *probe, struct esp_serial_core *core, struct dfut_next *next)
{
	int result;

	switch (probe->step) {
	case ESP_SERIAL_PROBE_BEGIN:
		return ask_security(probe, core, next);
	case ESP_SERIAL_PROBE_SECURITY:
		return take_security(probe, core, next);
	case ESP_SERIAL_PROBE_MAGIC:
		return take_magic(probe, core, next);
	case ESP_SERIAL_PROBE_WATCHDOGS:
		result = esp_serial_script_next(&probe->script, core, next);
		return result == 1 ? attach(probe, core, next) : result;
	case ESP_SERIAL_PROBE_ATTACH:
		return begin_flash(probe, core, next);
	case ESP_SERIAL_PROBE_FLASH:
		result = esp_serial_script_next(&probe->script, core, next);
		return result == 1 ? take_flash(probe, core, next) : result;
	case ESP_SERIAL_PROBE_STRAP:
		get_identity(core)->is_strapped = !(core->reply.value & STRAP_FLASH);
		return end(probe);
	case ESP_SERIAL_PROBE_OVER:
		break;
	}
	return 1;
}
