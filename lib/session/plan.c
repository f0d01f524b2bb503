/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* The one owner of a job's state. */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "session/plan.h"

static void free_language(struct dfut_plan *plan)
{
	if (plan->work && plan->language->finish)
		plan->language->finish(plan->work);
	free(plan->work);
	free(plan->job);
	plan->work = NULL;
	plan->job = NULL;
	plan->language = NULL;
}

void dfut_plan_clear(struct dfut_plan *plan)
{
	free_language(plan);
	dfut_image_free(plan->image);
	free(plan->legs);
	dfut_plan_keep_steps(plan, 0);
	free(plan->steps);
	*plan = (struct dfut_plan){ 0 };
}

int dfut_plan_set_language(struct dfut_plan *plan, const struct dfut_language *language)
{
	if (plan->language == language)
		return 0;
	free_language(plan);
	if (!language)
		return 0;
	plan->work = calloc(1, language->work_size + 1);
	plan->job = calloc(1, language->job_size + 1);
	if (!plan->work || !plan->job) {
		free(plan->work);
		free(plan->job);
		plan->work = NULL;
		plan->job = NULL;
		return DFUT_ERROR_NO_MEMORY;
	}
	plan->language = language;
	return 0;
}

/* Room for one more; false if there is none. */
static bool grow(struct dfut_plan *plan, void **items, size_t count, size_t size)
{
	void *grown = realloc(*items, (count + 1) * size);

	if (!grown) {
		plan->lacks_memory = true;
		return false;
	}
	*items = grown;
	return true;
}

void dfut_plan_add_leg(struct dfut_plan *plan, const struct dfut_leg *leg)
{
	void *legs = plan->legs;

	if (!grow(plan, &legs, plan->leg_count, sizeof(*plan->legs)))
		return;
	plan->legs = legs;
	plan->legs[plan->leg_count++] = *leg;
}

void dfut_plan_add_step(struct dfut_plan *plan, enum dfut_session_state state, uint64_t bytes, uint32_t time_ms,
			const char *text, ...)
{
	void *steps = plan->steps;
	char line[2560]; /* room for a failure and its hint */
	va_list arguments;
	char *kept;

	va_start(arguments, text);
	vsnprintf(line, sizeof(line), text, arguments);
	va_end(arguments);
	if (!grow(plan, &steps, plan->step_count, sizeof(*plan->steps)))
		return;
	plan->steps = steps;
	kept = dfut_format_text("%s", line);
	if (!kept) {
		plan->lacks_memory = true;
		return;
	}
	plan->steps[plan->step_count++] = (struct dfut_step){ state, kept, bytes, time_ms };
}

void dfut_plan_keep_steps(struct dfut_plan *plan, size_t count)
{
	while (plan->step_count > count)
		free((char *)plan->steps[--plan->step_count].text);
}

int dfut_plan_check(const struct dfut_plan *plan, struct dfut_failure *failure)
{
	return plan->lacks_memory ? dfut_fail_memory(failure) : 0;
}
