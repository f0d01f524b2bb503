/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* Bootloaders with memories, for devices of which the application is what matters. */

#include <stdlib.h>
#include <string.h>

#include "sim/parts/loader.h"

#define FIRST_NAME 4
#define DETACH_TIMEOUT_MS 255
#define DFU_TRANSFER_SIZE 1024
#define VERSION_1_1 0x0110
#define VERSION_DFUSE 0x011a
#define VENDOR_CLASS 0xff

/* Something that the chip takes for an application: its stack, where it begins, some code */
static void put_code(uint8_t *memory)
{
	dfut_put_le32(memory, 0x20004000);
	dfut_put_le32(memory + 4, 0x08000101);
	for (uint8_t i = 8; i < 0x80; i++)
		memory[i] = i;
}

static int prepare_store(struct dfut_sim_loader *loader)
{
	loader->store.size = DFUT_SIM_LOADER_SIZE;
	loader->store.memory = malloc(DFUT_SIM_LOADER_SIZE);
	if (!loader->store.memory)
		return DFUT_ERROR_NO_MEMORY;
	memset(loader->store.memory, DFUT_SIM_ERASED, DFUT_SIM_LOADER_SIZE);
	put_code(loader->store.memory);
	loader->store.is_valid = 1;
	return 0;
}

static int prepare_flash(struct dfut_sim_loader *loader)
{
	const struct dfut_sim_part *part = &dfut_sim_part_stm32f405;
	int result;

	loader->flash.part = part;
	loader->flash.zone_count = part->zone_count;
	memcpy(loader->flash.zones, part->zones, part->zone_count * sizeof(*part->zones));
	dfut_sim_dfuse_set_defaults(&loader->rom_options);
	result = dfut_sim_flash_prepare(&loader->flash);
	if (result == 0)
		put_code(loader->flash.memories[DFUT_SIM_ZONE_FLASH]);
	return result;
}

int dfut_sim_loader_prepare(struct dfut_sim_loader *loader, struct dfut_sim_device *device)
{
	loader->device = device;
	switch (loader->kind) {
	case DFUT_SIM_LOADER_DFU:
		return prepare_store(loader);
	case DFUT_SIM_LOADER_DFUSE:
		return prepare_flash(loader);
	case DFUT_SIM_LOADER_UNKNOWN:
		break;
	}
	return 0;
}

void dfut_sim_loader_free(struct dfut_sim_loader *loader)
{
	free(loader->store.memory);
	dfut_sim_flash_free(&loader->flash);
}

bool dfut_sim_loader_has_application(const struct dfut_sim_loader *loader)
{
	switch (loader->kind) {
	case DFUT_SIM_LOADER_DFU:
		return loader->store.is_valid;
	case DFUT_SIM_LOADER_DFUSE:
		return dfut_sim_flash_has_code(&loader->flash, loader->flash.zones[DFUT_SIM_ZONE_FLASH].address);
	case DFUT_SIM_LOADER_UNKNOWN:
		break;
	}
	return true;
}

/* Descriptors. */

static void add_string(struct dfut_sim_loader *loader, uint8_t index, const char *text)
{
	loader->strings[loader->string_count++] = (struct dfut_string){ index, text };
}

static void build_strings(struct dfut_sim_loader *loader)
{
	loader->string_count = 0;
	add_string(loader, 1, loader->manufacturer);
	add_string(loader, 2, loader->product);
	add_string(loader, 3, loader->serial);
	for (uint8_t i = 0; loader->kind == DFUT_SIM_LOADER_DFUSE && i < loader->flash.zone_count; i++)
		add_string(loader, (uint8_t)(FIRST_NAME + i), loader->flash.zones[i].layout);
}

static struct dfut_sim_dfu_layout get_layout(const struct dfut_sim_loader *loader)
{
	bool is_dfuse = loader->kind == DFUT_SIM_LOADER_DFUSE;
	struct dfut_sim_dfu_layout layout = {
		.vendor_id = loader->vendor_id,
		.product_id = loader->product_id,
		.release = loader->release,
		.has_strings = true,
		.max_power = 50,
		.class_code = VENDOR_CLASS,
		.alternate_count = 1,
		.place = DFUT_SIM_PLACE_MISSING,
	};

	if (loader->kind == DFUT_SIM_LOADER_UNKNOWN)
		return layout;
	layout.class_code = DFUT_SIM_DFU_CLASS;
	layout.subclass = DFUT_SIM_DFU_SUBCLASS;
	layout.protocol = 2;
	layout.place = DFUT_SIM_PLACE_LAST;
	layout.functional_size = 9;
	layout.attributes = DFUT_DFU_CAN_DNLOAD | DFUT_DFU_CAN_UPLOAD |
			    (is_dfuse ? DFUT_DFU_WILL_DETACH : DFUT_DFU_MANIFESTATION_TOLERANT);
	layout.detach_timeout_ms = DETACH_TIMEOUT_MS;
	layout.transfer_size = is_dfuse ? (uint16_t)loader->rom_options.transfer_size : DFU_TRANSFER_SIZE;
	layout.version = is_dfuse ? VERSION_DFUSE : VERSION_1_1;
	if (is_dfuse) {
		layout.alternate_count = (uint8_t)loader->flash.zone_count;
		layout.first_name = FIRST_NAME;
	}
	return layout;
}

void dfut_sim_loader_start(struct dfut_sim_loader *loader)
{
	struct dfut_sim_dfu_layout layout = get_layout(loader);

	build_strings(loader);
	loader->descriptors_size = dfut_sim_dfu_put_descriptors(loader->descriptors, &layout);
	if (loader->kind == DFUT_SIM_LOADER_DFUSE)
		dfut_sim_dfuse_start(&loader->rom, loader->device, &loader->flash, &loader->rom_options);
	if (loader->kind == DFUT_SIM_LOADER_DFU)
		dfut_sim_dfu_store_start(&loader->store, loader->device, &layout);
}

void dfut_sim_loader_describe(const struct dfut_sim_loader *loader, struct dfut_sim_description *description)
{
	description->descriptors = loader->descriptors;
	description->descriptors_size = loader->descriptors_size;
	description->strings = loader->strings;
	description->string_count = loader->string_count;
}

/* Requests. */

int dfut_sim_loader_answer(struct dfut_sim_loader *loader, const struct dfut_sim_setup *setup, uint8_t *data)
{
	switch (loader->kind) {
	case DFUT_SIM_LOADER_DFU:
		return dfut_sim_dfu_store_answer(&loader->store, setup, data);
	case DFUT_SIM_LOADER_DFUSE:
		return dfut_sim_dfuse_answer(&loader->rom, setup, data);
	case DFUT_SIM_LOADER_UNKNOWN:
		break;
	}
	return DFUT_ERROR_DEVICE;
}

void dfut_sim_loader_set_alternate(struct dfut_sim_loader *loader, uint8_t alternate)
{
	if (loader->kind == DFUT_SIM_LOADER_DFUSE)
		loader->rom.zone = alternate;
}

const char *dfut_sim_loader_get_state_name(const struct dfut_sim_loader *loader)
{
	switch (loader->kind) {
	case DFUT_SIM_LOADER_DFU:
		return dfut_sim_dfu_state_get_name(loader->store.state);
	case DFUT_SIM_LOADER_DFUSE:
		return dfut_sim_dfu_state_get_name(loader->rom.state);
	case DFUT_SIM_LOADER_UNKNOWN:
		break;
	}
	return "bootloader";
}

enum dfut_sim_loader_event dfut_sim_loader_bus_reset(struct dfut_sim_loader *loader)
{
	if (loader->kind == DFUT_SIM_LOADER_DFUSE)
		dfut_sim_dfuse_bus_reset(&loader->rom);
	if (loader->kind != DFUT_SIM_LOADER_DFU || !dfut_sim_dfu_store_bus_reset(&loader->store))
		return DFUT_SIM_LOADER_STAYS;
	return DFUT_SIM_LOADER_STARTS;
}

enum dfut_sim_loader_event dfut_sim_loader_timer(struct dfut_sim_loader *loader)
{
	uint32_t pointer = loader->rom.pointer;
	enum dfut_sim_dfuse_event event;

	if (loader->kind != DFUT_SIM_LOADER_DFUSE)
		return DFUT_SIM_LOADER_STAYS;
	event = dfut_sim_dfuse_take_event(&loader->rom);
	if (event == DFUT_SIM_DFUSE_STAYS)
		return DFUT_SIM_LOADER_STAYS;
	if (event == DFUT_SIM_DFUSE_LEAVE && dfut_sim_flash_has_code(&loader->flash, pointer))
		return DFUT_SIM_LOADER_STARTS;
	return dfut_sim_loader_has_application(loader) ? DFUT_SIM_LOADER_STARTS : DFUT_SIM_LOADER_RESTARTS;
}

/* Memories. */

static int get_store(struct dfut_sim_dfu_store *store, size_t index, struct dfut_sim_memory *memory)
{
	if (index == 0)
		*memory = (struct dfut_sim_memory){ "flash", store->memory, store->size };
	else if (index == 1)
		*memory = (struct dfut_sim_memory){ "firmware-valid", &store->is_valid, 1 };
	return index < 2 ? 0 : DFUT_ERROR_NOT_FOUND;
}

static int get_zone(struct dfut_sim_flash *flash, size_t index, struct dfut_sim_memory *memory)
{
	const struct dfut_sim_zone *zone;

	if (index >= flash->zone_count)
		return DFUT_ERROR_NOT_FOUND;
	zone = &flash->zones[index];
	*memory = (struct dfut_sim_memory){ zone->memory, flash->memories[index], dfut_sim_zone_get_size(zone) };
	return 0;
}

int dfut_sim_loader_get_memory(struct dfut_sim_loader *loader, size_t index, struct dfut_sim_memory *memory)
{
	switch (loader->kind) {
	case DFUT_SIM_LOADER_DFU:
		return get_store(&loader->store, index, memory);
	case DFUT_SIM_LOADER_DFUSE:
		return get_zone(&loader->flash, index, memory);
	case DFUT_SIM_LOADER_UNKNOWN:
		break;
	}
	return DFUT_ERROR_NOT_FOUND;
}
