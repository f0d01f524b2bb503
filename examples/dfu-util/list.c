/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* dfu-util -l */

#include "exit-code.h"
#include "found.h"
#include "line.h"
#include "program.h"

static void print(const struct found_list *found)
{
	char line[LINE_SIZE];

	for (size_t i = 0; i < found->count; i++) {
		line_write(line, found->items[i].device, found->items[i].interface);
		words_say("%s", line);
	}
}

int list_run(struct program *program)
{
	struct found_list found = { 0 };
	struct dfut_device_list *devices = NULL;
	int code = program_open_bus(program);

	if (code == 0)
		code = dfut_device_list_new(&devices, program->bus.context, NULL);
	if (code == 0)
		code = found_list_add_all(&found, &program->options, devices);
	if (code == 0) {
		print(&found);
		found_complain_of_denied(&program->words, devices);
	}
	found_list_free(&found);
	dfut_device_list_free(devices);
	return code < 0 ? program_fail(program, code) : EXIT_CODE_DONE;
}
