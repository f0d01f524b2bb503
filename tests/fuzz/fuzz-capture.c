/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* Reads hostile captures of USB, of whatever form. The first byte says what is kept of them. */

#include <stdlib.h>
#include <string.h>

#include "dfutrigger-sim.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Each line is whole. */
static int take(const uint8_t *line, size_t size, void *user_data)
{
	(void)user_data;
	if (size < 3 || line[0] != '{' || line[size - 1] != '\n' || memchr(line, '\0', size))
		abort();
	return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct dfut_sim *sim;
	uint8_t *copy;

	if (size == 0 || (!sim && dfut_sim_new(&sim, DFUT_SIM_CLOCK_VIRTUAL) < 0))
		return 0;
	copy = malloc(size);
	if (!copy)
		return 0;
	memcpy(copy, data + 1, size - 1);
	if (dfut_sim_import(sim, copy, size - 1, data[0] & 3, take, NULL) < 0 && !*dfut_sim_get_error(sim))
		abort();
	free(copy);
	return 0;
}
