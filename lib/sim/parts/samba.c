/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/*
 * Life of a bootloader that speaks SAM-BA: what it starts (ArduinoCore-samd, bootloaders/zero/main.c; uf2-samdx1,
 * src/main.c; arduino-renesas-bootloader, src/main.c), what it says and how long it takes for that.
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sim/parts/samba.h"

#define ERASED 0xff
#define ERASED_WORD UINT32_MAX
#define WORD_SIZE 4u
#define PACKET_SIZE 64u
#define CRC_POLYNOMIAL 0x1021
/* Long enough for the host to hear that its bytes were taken */
#define RESET_US 2000
#define LAST_MS 2
#define FACTORY_SIZE 0x3000u
#define APPLICATION_WITH_DFU 0x8000u
#define BOOTS_FROM_FLASH 2u

uint32_t dfut_sim_samba_get_application(const struct dfut_sim_samba *samba)
{
	bool has_dfu = samba->kind->dialect == DFUT_SIM_SAMBA_RA4M1 && samba->options.has_dfu;

	return has_dfu ? APPLICATION_WITH_DFU : samba->kind->application;
}

/* The factory. */

void dfut_sim_samba_create(struct dfut_sim_samba *samba, struct dfut_sim_device *device)
{
	samba->device = device;
	samba->options.secured = DFUT_SIM_SAMBA_BY_BOARD;
	samba->options.erase_us = DFUT_SIM_SAMBA_BY_BOARD;
	samba->options.page_us = DFUT_SIM_SAMBA_BY_BOARD;
	samba->options.has_crc = true;
}

/* A bootloader that can be told from what could be written over it; its stack, and where it starts. */
static uint8_t get_loader_byte(uint32_t offset)
{
	static const uint8_t vectors[] = { 0x00, 0x40, 0x00, 0x20, 0x15, 0x02, 0x00, 0x00 };

	return offset < sizeof(vectors) ? vectors[offset] : (uint8_t)(offset * 11 + offset / 256 + 3);
}

static void put_application(struct dfut_sim_samba *samba)
{
	uint32_t offset = dfut_sim_samba_get_application(samba);
	uint8_t *application = samba->flash + offset;

	for (uint32_t i = 0; i < FACTORY_SIZE; i++)
		application[i] = (uint8_t)(i * 7 + i / 256);
	dfut_put_le32(application, DFUT_SIM_SAMBA_RAM + 0x8000);
	dfut_put_le32(application + WORD_SIZE, samba->kind->base + offset + 0x1b5);
}

int dfut_sim_samba_prepare(struct dfut_sim_samba *samba, enum dfut_sim_samba_board board)
{
	const struct dfut_sim_samba_kind *kind = dfut_sim_samba_get_kind(board);
	uint32_t application;

	samba->kind = kind;
	samba->flash = malloc(kind->size);
	samba->ram = calloc(1, kind->ram_size ? kind->ram_size : 1);
	application = dfut_sim_samba_get_application(samba);
	samba->loader = malloc(application ? application : 1);
	if (!samba->flash || !samba->ram || !samba->loader)
		return DFUT_ERROR_NO_MEMORY;
	memset(samba->flash, ERASED, kind->size);
	memset(samba->user, ERASED, sizeof(samba->user));
	for (uint32_t i = 0; i < application; i++)
		samba->loader[i] = get_loader_byte(i);
	memcpy(samba->flash, samba->loader, application);
	/* What its bootloader's variables leave there */
	for (uint32_t i = 0; i < kind->ram_size; i++)
		samba->ram[i] = (uint8_t)(i * 5 + 0x5a);
	if (samba->options.secured == DFUT_SIM_SAMBA_BY_BOARD)
		samba->options.secured = kind->is_secured;
	if (!samba->options.is_blank) {
		put_application(samba);
		samba->settings.gpnvm = BOOTS_FROM_FLASH;
	}
	return 0;
}

void dfut_sim_samba_free(struct dfut_sim_samba *samba)
{
	free(samba->flash);
	free(samba->loader);
	free(samba->ram);
}

int dfut_sim_samba_get_memory(struct dfut_sim_samba *samba, size_t index, struct dfut_sim_memory *memory)
{
	if (index > 1)
		return DFUT_ERROR_NOT_FOUND;
	*memory = index == 0 ?
			  (struct dfut_sim_memory){ "flash", samba->flash, samba->kind->size } :
			  (struct dfut_sim_memory){ "settings", (uint8_t *)&samba->settings, sizeof(samba->settings) };
	return 0;
}

/* Starting. */

bool dfut_sim_samba_is_whole(const struct dfut_sim_samba *samba)
{
	if (memcmp(samba->flash, samba->loader, dfut_sim_samba_get_application(samba)) != 0)
		return false;
	return !samba->settings.is_secured && !(samba->settings.gpnvm & 1);
}

void dfut_sim_samba_start(struct dfut_sim_samba *samba)
{
	dfut_sim_serial_start(&samba->serial, samba->device, DFUT_SIM_SAMBA_REPLY);
	samba->cut_count = 0;
	samba->busy_until_us = 0;
	samba->is_bricked = !dfut_sim_samba_is_whole(samba);
	samba->is_hung = samba->is_bricked;
	samba->is_resetting = false;
	samba->is_terminal = false;
	samba->command = 0;
	samba->number = 0;
	samba->pointer = 0;
	samba->wanted = 0;
	samba->source = 0;
	samba->is_erased = false;
	samba->nvm_address = 0;
	samba->nvm_errors = 0;
	samba->nvm_control = 0;
	samba->nvm_until_us = 0;
	memset(samba->latch, ERASED, sizeof(samba->latch));
	memset(samba->planes, 0, sizeof(samba->planes));
	for (size_t i = 0; i < DFUT_COUNT(samba->planes); i++)
		memset(samba->planes[i].latch, ERASED, sizeof(samba->planes[i].latch));
	memset(samba->line, 0, sizeof(samba->line));
	samba->line_size = 0;
	samba->is_taking = false;
}

bool dfut_sim_samba_stays(const struct dfut_sim_samba *samba)
{
	uint32_t application = dfut_sim_samba_get_application(samba);
	uint32_t reset_vector = dfut_le32(samba->flash + application + WORD_SIZE);

	if (samba->kind->dialect == DFUT_SIM_SAMBA_ROM)
		return !(samba->settings.gpnvm & BOOTS_FROM_FLASH);
	if (samba->kind->dialect == DFUT_SIM_SAMBA_ADAFRUIT)
		return reset_vector < application || reset_vector > samba->kind->size;
	if (samba->kind->dialect == DFUT_SIM_SAMBA_RA4M1)
		return samba->flash[application + WORD_SIZE - 1] != DFUT_SIM_SAMBA_RAM >> 24;
	return dfut_le32(samba->flash + application) == ERASED_WORD;
}

bool dfut_sim_samba_has_application(const struct dfut_sim_samba *samba)
{
	uint32_t application = dfut_sim_samba_get_application(samba);
	uint32_t stack = dfut_le32(samba->flash + application);
	uint32_t reset_vector = dfut_le32(samba->flash + application + WORD_SIZE);
	uint32_t start = samba->kind->base + application;

	return stack >> 24 == DFUT_SIM_SAMBA_RAM >> 24 && reset_vector & 1 && reset_vector > start &&
	       reset_vector < samba->kind->base + samba->kind->size;
}

const char *dfut_sim_samba_get_state_name(const struct dfut_sim_samba *samba)
{
	if (samba->is_bricked)
		return "bricked";
	if (samba->is_hung)
		return "hung";
	return samba->wanted || samba->is_taking ? "data" : "monitor";
}

/* Time. */

uint64_t dfut_sim_samba_get_busy_us(const struct dfut_sim_samba *samba)
{
	uint64_t now_us = dfut_sim_device_get_time_us(samba->device);

	return samba->busy_until_us > now_us ? samba->busy_until_us - now_us : 0;
}

void dfut_sim_samba_take_time(struct dfut_sim_samba *samba, uint64_t us)
{
	samba->busy_until_us = dfut_sim_device_get_time_us(samba->device) + dfut_sim_samba_get_busy_us(samba) + us;
}

void dfut_sim_samba_reset(struct dfut_sim_samba *samba)
{
	samba->is_resetting = true;
	dfut_sim_device_set_timer(samba->device, DFUT_SIM_SAMBA_RESET, dfut_sim_samba_get_busy_us(samba) + RESET_US);
}

void dfut_sim_samba_hang(struct dfut_sim_samba *samba, const char *text, uint32_t address)
{
	dfut_sim_device_breach(samba->device, "%s: %s 0x%08x: it hangs", dfut_sim_samba_get_state_name(samba), text,
			       (unsigned int)address);
	samba->is_hung = true;
	samba->wanted = 0;
}

void dfut_sim_samba_brick(struct dfut_sim_samba *samba, const char *text, uint32_t address)
{
	dfut_sim_device_breach(samba->device, "%s: bricked: %s 0x%08x", dfut_sim_samba_get_state_name(samba), text,
			       (unsigned int)address);
	samba->is_hung = true;
	samba->is_bricked = true;
	samba->wanted = 0;
	/* A bridge is another chip. */
	if (samba->kind->dialect != DFUT_SIM_SAMBA_RA4M1)
		dfut_sim_device_leave(samba->device, LAST_MS, DFUT_SIM_NEVER);
}

/* Answers. */

void dfut_sim_samba_say(struct dfut_sim_samba *samba, const void *bytes, size_t size)
{
	samba->cut_count = 0;
	dfut_sim_serial_say(&samba->serial, bytes, size, dfut_sim_samba_get_busy_us(samba));
}

void dfut_sim_samba_say_packets(struct dfut_sim_samba *samba, const char *const *packets)
{
	uint8_t bytes[256];
	size_t size = 0;
	size_t count = 0;
	bool is_first = dfut_sim_serial_is_empty(&samba->serial);

	for (; *packets && count < DFUT_SIM_SAMBA_CUT_LIMIT; packets++) {
		size_t length = strlen(*packets);

		if (length > sizeof(bytes) - size)
			break;
		memcpy(bytes + size, *packets, length);
		size += length;
		samba->cuts[count++] = length;
	}
	dfut_sim_samba_say(samba, bytes, size);
	if (is_first)
		samba->cut_count = count;
}

uint16_t dfut_sim_samba_get_crc(uint16_t crc, uint8_t byte)
{
	crc ^= (uint16_t)(byte << 8);
	for (int bit = 0; bit < 8; bit++)
		crc = (uint16_t)(crc & 0x8000 ? crc << 1 ^ CRC_POLYNOMIAL : crc << 1);
	return crc;
}

void dfut_sim_samba_say_crc(struct dfut_sim_samba *samba, uint16_t crc)
{
	char digits[16];
	const char *const packets[] = { "Z", digits, "#\n\r", NULL };

	snprintf(digits, sizeof(digits), "%08X", (unsigned int)crc);
	dfut_sim_samba_say_packets(samba, packets);
}

int dfut_sim_samba_send(struct dfut_sim_samba *samba, uint8_t *data, size_t room)
{
	size_t packet = samba->cut_count && samba->cuts[0] < room ? samba->cuts[0] : room;
	int given = dfut_sim_serial_send(&samba->serial, data, packet);

	if (given <= 0 || !samba->cut_count)
		return given;
	samba->cuts[0] -= (size_t)given;
	if (samba->cuts[0] == 0)
		memmove(samba->cuts, samba->cuts + 1, --samba->cut_count * sizeof(samba->cuts[0]));
	return given;
}

/* What comes. */

int dfut_sim_samba_receive(struct dfut_sim_samba *samba, const uint8_t *data, size_t size)
{
	bool is_bridged = samba->kind->dialect == DFUT_SIM_SAMBA_RA4M1;

	/* A core that hangs takes nothing out of its endpoint; the bridge throws it away. */
	if (samba->is_hung || samba->is_resetting)
		return is_bridged || samba->is_resetting ? (int)size : DFUT_ERROR_BUSY;
	samba->device->counters.bytes += size;
	if (!is_bridged)
		dfut_sim_device_delay_answer(samba->device,
					     (uint32_t)(dfut_sim_samba_get_busy_us(samba) / DFUT_SIM_US_PER_MS));
	if (!dfut_sim_serial_is_empty(&samba->serial))
		dfut_sim_device_breach(samba->device, "%s: %zu bytes before the last answer was read",
				       dfut_sim_samba_get_state_name(samba), size);
	if (is_bridged || samba->kind->dialect == DFUT_SIM_SAMBA_NRF52) {
		dfut_sim_samba_take_burst(samba, data, size);
		return (int)size;
	}
	for (size_t at = 0; at < size; at += PACKET_SIZE)
		dfut_sim_samba_take_packet(samba, data + at, size - at < PACKET_SIZE ? size - at : PACKET_SIZE);
	return (int)size;
}
