/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* Bootloaders that a model of a device with an application can have: what is written to them is there, and is started. */

#ifndef DFUT_SIM_LOADER_H
#define DFUT_SIM_LOADER_H

#include "sim/parts/dfuse.h"

/* dfu-store.c */

/* DFU mode (USB DFU 1.1, appendix A) with one memory, tolerant of manifestation; a bus reset leaves it. */
struct dfut_sim_dfu_store {
	struct dfut_sim_dfu_rules rules;
	uint8_t *memory;
	uint32_t size;
	uint8_t is_valid; /* a memory of its own, as it outlives power */
	uint8_t state;
	uint8_t status;
	bool is_manifested;
	uint32_t offset;
	uint64_t work_until_us;
};

/* It is in DFU mode from now on. */
void dfut_sim_dfu_store_start(struct dfut_sim_dfu_store *store, struct dfut_sim_device *device,
			      const struct dfut_sim_dfu_layout *layout);
int dfut_sim_dfu_store_answer(struct dfut_sim_dfu_store *store, const struct dfut_sim_setup *setup, uint8_t *data);
/* Returns true if the application is started. */
bool dfut_sim_dfu_store_bus_reset(struct dfut_sim_dfu_store *store);

/* loader.c */

enum dfut_sim_loader_kind {
	DFUT_SIM_LOADER_DFU,	 /* plain DFU 1.1, with upload */
	DFUT_SIM_LOADER_DFUSE,	 /* DfuSe as the ROM of an STM32F405 speaks it */
	DFUT_SIM_LOADER_UNKNOWN, /* an interface of the vendor's class, which refuses all requests */
};

/* Ids and names are the model's; they are read when it starts. */
struct dfut_sim_loader {
	struct dfut_sim_device *device;
	enum dfut_sim_loader_kind kind;
	uint16_t vendor_id;
	uint16_t product_id;
	uint16_t release;
	const char *manufacturer;
	const char *product;
	const char *serial;
	struct dfut_sim_dfuse_options rom_options;
	struct dfut_sim_flash flash;
	struct dfut_sim_dfuse rom;
	struct dfut_sim_dfu_store store;
	uint8_t descriptors[DFUT_SIM_DFU_DESCRIPTORS_SIZE];
	size_t descriptors_size;
	struct dfut_string strings[3 + DFUT_SIM_ZONE_LIMIT];
	size_t string_count;
};

/* Of the memory of DFUT_SIM_LOADER_DFU */
#define DFUT_SIM_LOADER_SIZE (64 * 1024)

/* For prepare: makes the memories, with an application in them. Returns 0 or DFUT_ERROR_NO_MEMORY. */
int dfut_sim_loader_prepare(struct dfut_sim_loader *loader, struct dfut_sim_device *device);
void dfut_sim_loader_free(struct dfut_sim_loader *loader);
/* Is there something to start? */
bool dfut_sim_loader_has_application(const struct dfut_sim_loader *loader);
/* The device is in its bootloader from now on. */
void dfut_sim_loader_start(struct dfut_sim_loader *loader);

/* For the functions of the model while it is in its bootloader. */
void dfut_sim_loader_describe(const struct dfut_sim_loader *loader, struct dfut_sim_description *description);
int dfut_sim_loader_answer(struct dfut_sim_loader *loader, const struct dfut_sim_setup *setup, uint8_t *data);
void dfut_sim_loader_set_alternate(struct dfut_sim_loader *loader, uint8_t alternate);
const char *dfut_sim_loader_get_state_name(const struct dfut_sim_loader *loader);

/* What happens to the device next. */
enum dfut_sim_loader_event {
	DFUT_SIM_LOADER_STAYS,
	DFUT_SIM_LOADER_STARTS,	  /* the application */
	DFUT_SIM_LOADER_RESTARTS, /* the bootloader: there is no application */
};

enum dfut_sim_loader_event dfut_sim_loader_bus_reset(struct dfut_sim_loader *loader);
/* Of the timer DFUT_SIM_DFUSE_TIMER */
enum dfut_sim_loader_event dfut_sim_loader_timer(struct dfut_sim_loader *loader);

/* In every mode. */
int dfut_sim_loader_get_memory(struct dfut_sim_loader *loader, size_t index, struct dfut_sim_memory *memory);

#endif
