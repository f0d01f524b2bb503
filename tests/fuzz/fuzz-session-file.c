/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* A hostile session file: it is refused with words, or told in words, and a device is made of it, whose steps say nothing that is not
 * there. */

#include <stdlib.h>

#include "explain/explain.h"
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

static int look_at_export(const uint8_t *data, size_t size, void *user_data)
{
	(void)user_data;
	return data && size ? 0 : DFUT_ERROR_IO;
}

/* What can be read can be exported, unless there is no device in it. */
static void export(const uint8_t *data, size_t size)
{
	struct dfut_sim *sim;
	int result;

	if (dfut_sim_new(&sim, DFUT_SIM_CLOCK_VIRTUAL) < 0)
		return;
	result = dfut_sim_export(sim, data, size, look_at_export, NULL);
	if (result < 0 && !*dfut_sim_get_error(sim))
		abort();
	dfut_sim_free(sim);
}

static void look_at_line(const char *text, void *data)
{
	(void)data;
	for (; *text; text++)
		if ((unsigned char)*text < ' ')
			abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct dfut_sim_script script = { 0 };
	int result = dfut_tape_parse(&script.tape, (const char *)data, size);

	if (result < 0 && !script.tape.mistake)
		abort();
	if (result == 0 && dfut_explain(&script.tape, NULL, look_at_line, NULL) < 0)
		abort();
	if (result == 0 && dfut_sim_script_make(&script) == 0)
		for (size_t i = 0; i < script.life_count; i++)
			look_at(&script, &script.lives[i]);
	dfut_sim_script_free(&script);
	export(data, size);
	return 0;
}
