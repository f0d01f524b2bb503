/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* Two DFU interfaces in one bootloader: each has memories, a functional descriptor and a state of its own. */

#include <stdio.h>

#include "sim/parts/dfu-device.h"

uint32_t dfut_sim_dfu_count_memories(const struct dfut_sim_dfu *dfu)
{
	return dfu->options.alternates + dfu->options.second;
}

/* Up to the next slash without a backslash before it. Returns what follows. */
static const char *take_name(const char *names, char name[DFUT_SIM_TEXT_SIZE])
{
	while (*names && *names != '/') {
		if (*names == '\\' && names[1] == '/')
			names++;
		*name++ = *names++;
	}
	*name = '\0';
	return *names ? names + 1 : names;
}

/* "first/second", the rest is "memory N". */
void dfut_sim_dfu_name_memories(struct dfut_sim_dfu *dfu)
{
	const char *names = dfu->options.names;

	for (uint32_t i = 0; i < dfut_sim_dfu_count_memories(dfu); i++) {
		names = take_name(names, dfu->names[i]);
		if (!dfu->names[i][0])
			snprintf(dfu->names[i], sizeof(dfu->names[i]), "memory %u", (unsigned int)i);
		snprintf(dfu->memory_names[i], sizeof(dfu->memory_names[i]), "memory%u", (unsigned int)i);
	}
}

uint8_t *dfut_sim_dfu_get_memory(const struct dfut_sim_dfu *dfu)
{
	return dfu->memories[(dfu->interface ? dfu->options.alternates : 0) + dfu->alternate];
}

void dfut_sim_dfu_set_states(struct dfut_sim_dfu *dfu, uint8_t state, uint8_t status)
{
	dfu->state = state;
	dfu->status = status;
	for (size_t i = 0; i < DFUT_COUNT(dfu->units); i++) {
		dfu->units[i].state = state;
		dfu->units[i].status = status;
		dfu->units[i].alternate = 0;
		dfu->units[i].offset = 0;
	}
}

bool dfut_sim_dfu_turn_to(struct dfut_sim_dfu *dfu, uint16_t interface)
{
	struct dfut_sim_dfu_unit *from = &dfu->units[dfu->interface];
	const struct dfut_sim_dfu_unit *to;

	if (!dfu->is_bootloader || !dfu->options.second || interface == dfu->interface)
		return true;
	/* There is one flash: while it is written to, the other interface stalls. */
	if (interface >= DFUT_SIM_DFU_INTERFACE_LIMIT || dfu->state == DFU_DNBUSY || dfu->state == DFU_MANIFEST)
		return false;
	from->state = dfu->state;
	from->status = dfu->status;
	from->alternate = dfu->alternate;
	from->offset = dfu->offset;
	from->next_block = dfu->rules.next_block;
	to = &dfu->units[interface];
	dfu->state = to->state;
	dfu->status = to->status;
	dfu->alternate = to->alternate;
	dfu->offset = to->offset;
	dfu->rules.next_block = to->next_block;
	dfu->rules.attributes = to->attributes;
	dfu->rules.transfer_size = to->transfer_size;
	dfu->interface = (uint8_t)interface;
	return true;
}
