/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* The ways into a bootloader, the commands of the device table, and the choice of a configuration, with any trigger that the
 * table may describe and a device that answers whatever the input says. */

#include "machine-host.h"
#include "session/configure.h"
#include "trigger/command.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define STEPS 3
/* What describes a trigger; what is not given is 0. */
#define WISH_SIZE 32

static uint32_t take_number(struct input *wish, unsigned int bytes)
{
	uint32_t number = 0;

	while (bytes--)
		number = number << 8 | (wish->size ? take_byte(wish) : 0);
	return number;
}

static void choose_control(struct dfut_control *control, struct input *wish)
{
	control->request_type = (uint8_t)take_number(wish, 1);
	control->request = (uint8_t)take_number(wish, 1);
	control->value = (uint16_t)take_number(wish, 2);
	control->index = (uint16_t)take_number(wish, 2);
	control->size = (uint16_t)(take_number(wish, 1) % (sizeof(control->data) + 1));
	control->index_is_interface = control->size & 1;
}

static void choose_report(struct dfut_report *report, struct input *wish)
{
	report->type = take_number(wish, 1) & 1 ? DFUT_REPORT_OUTPUT : DFUT_REPORT_FEATURE;
	report->id = (uint8_t)take_number(wish, 1);
	report->size = (uint16_t)(take_number(wish, 1) % (sizeof(report->data) + 1));
	report->declared = (uint16_t)take_number(wish, 2);
	report->tries = take_number(wish, 1) % 8;
	report->delay_ms = take_number(wish, 2);
	report->reply.given = take_number(wish, 1) & 1;
	report->reply.type = take_number(wish, 1) & 1 ? DFUT_REPORT_INPUT : DFUT_REPORT_FEATURE;
	report->reply.at = (uint16_t)(take_number(wish, 2) % 300);
	report->reply.value = (uint8_t)take_number(wish, 1);
	report->reply.is_refusal = take_number(wish, 1) & 1;
	report->reply.tries = take_number(wish, 1) % 8;
}

static void choose_steps(struct dfut_line_step steps[STEPS], struct input *wish)
{
	for (size_t i = 0; i < STEPS; i++) {
		steps[i].dtr = (int)(take_number(wish, 1) % 3) - 1;
		steps[i].rts = (int)(take_number(wish, 1) % 3) - 1;
		steps[i].size = (uint16_t)(take_number(wish, 1) % (sizeof(steps[i].data) + 1));
		steps[i].wait_ms = take_number(wish, 2);
	}
}

static void choose(struct dfut_trigger *trigger, struct dfut_job *job, struct input *wish)
{
	uint32_t flags = take_number(wish, 1);

	trigger->in_place = flags & 1;
	job->is_numbered = flags & 2;
	job->has_descriptor = flags & 4;
	job->leave_ms = flags & 8 ? 1000 : 0;
	job->report_size = flags & 16 ? (int)take_number(wish, 2) : -1;
	job->dfu = (struct dfut_dfu_descriptor){ (uint8_t)(flags >> 4), (uint16_t)take_number(wish, 2), 64, 0x0110 };
	trigger->baud = flags & 32 ? take_number(wish, 4) : 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct {
		const struct dfut_way *way;
		const struct dfut_machine_ops *machine;
	} choices[] = {
		{ &dfut_way_control_request, dfut_way_control_request.machine },
		{ &dfut_way_dfu_detach, dfut_way_dfu_detach.machine },
		{ &dfut_way_dfu_detach_forced, dfut_way_dfu_detach_forced.machine },
		{ &dfut_way_dfu_detach_reset, dfut_way_dfu_detach_reset.machine },
		{ &dfut_way_hid_report, dfut_way_hid_report.machine },
		{ &dfut_way_nordic, dfut_way_nordic.machine },
		{ &dfut_way_nordic, dfut_way_nordic.probe },
		{ &dfut_way_serial_lines, dfut_way_serial_lines.machine },
		{ &dfut_way_serial_touch, dfut_way_serial_touch.machine },
		{ &dfut_way_control_request, &dfut_command_machine },
		{ &dfut_way_control_request, &dfut_configure_machine },
	};
	struct dfut_line_step steps[STEPS] = { { 0 } };
	struct dfut_control requests[2] = { { 0 } };
	struct dfut_command command = { .name = "start", .requests = requests, .request_count = 2 };
	struct dfut_trigger trigger = { .name = "fuzz", .number = -1, .steps = steps, .step_count = STEPS };
	struct dfut_failure failure = { 0 };
	struct dfut_facts facts = { 0 };
	struct dfut_job job = { .failure = &failure,
				.facts = &facts,
				.trigger = &trigger,
				.command = &command,
				.configuration = 2,
				.detach_timeout_ms = -1 };
	struct input wish, input;
	size_t which;

	if (size <= WISH_SIZE)
		return 0;
	which = data[0] % DFUT_COUNT(choices);
	wish = (struct input){ data + 1, WISH_SIZE - 1 };
	input = (struct input){ data + WISH_SIZE, size - WISH_SIZE };
	trigger.way = choices[which].way;
	choose(&trigger, &job, &wish);
	if (trigger.way == &dfut_way_hid_report)
		choose_report(&trigger.report, &wish);
	else if (trigger.way == &dfut_way_serial_lines)
		choose_steps(steps, &wish);
	choose_control(&trigger.control, &wish);
	requests[0] = trigger.control;
	choose_control(&requests[1], &wish);
	run_machine(choices[which].machine, &job, &input, answer_any);
	dfut_facts_clear(&facts);
	return 0;
}
