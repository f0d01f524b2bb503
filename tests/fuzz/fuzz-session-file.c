/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* A hostile session file: it is refused with words, or a device is made of it, whose steps say nothing that is not there. */

#include <stdlib.h>

#include "sim/parts/replay.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void look_at(const struct dfut_sim_script *script, const struct dfut_sim_life *life)
{
	for (unsigned int interface = 0; interface < 256; interface++) {
		size_t size = 0;

		free(dfut_sim_life_take_reports(life, (uint8_t)interface, &size));
	}
	for (size_t i = 0; i < life->step_count; i++) {
		const struct dfut_sim_step *step = &script->steps[life->first_step + i];

		if (step->skipped > step->data->size || dfut_sim_step_get_size(step) > (1u << 20) + 1u)
			abort();
	}
	if (life->descriptors_size < 27 || !life->descriptors)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct dfut_sim_script script = { 0 };
	int result = dfut_tape_parse(&script.tape, (const char *)data, size);

	if (result < 0 && !script.tape.mistake)
		abort();
	if (result == 0 && dfut_sim_script_make(&script) == 0)
		for (size_t i = 0; i < script.life_count; i++)
			look_at(&script, &script.lives[i]);
	dfut_sim_script_free(&script);
	return 0;
}
