/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* The states of a device of the system's bus: the table that docs/architecture.md prints is the one that holds. */

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "transport/node-state.h"

#define LINE_SIZE 400
#define CELL_SIZE 40
#define COLUMN_COUNT (DFUT_NODE_EVENT_COUNT + 1)

TestSuite(node_state, .timeout = 20);

/* The cells of a line of a table, without the blanks around them. Returns their number. */
static size_t split(char line[LINE_SIZE], char cells[COLUMN_COUNT][CELL_SIZE])
{
	size_t count = 0;

	for (char *at = line + 1, *end; (end = strchr(at, '|')) && count < COLUMN_COUNT; at = end + 1) {
		while (*at == ' ')
			at++;
		snprintf(cells[count], CELL_SIZE, "%.*s", end > at ? (int)(end - at) : 0, at);
		for (size_t size = strlen(cells[count]); size && cells[count][size - 1] == ' '; size--)
			cells[count][size - 1] = '\0';
		count++;
	}
	return count;
}

static FILE *open_page(void)
{
	const char *data = getenv("DFUTRIGGER_TEST_DATA");
	char path[1000];
	FILE *page;

	cr_assert(data != NULL);
	snprintf(path, sizeof(path), "%s/../../docs/architecture.md", data);
	page = fopen(path, "r");
	cr_assert(page != NULL, "%s", path);
	return page;
}

/* Goes to the rows below the one that names the events. */
static void find_table(FILE *page)
{
	char cells[COLUMN_COUNT][CELL_SIZE];
	char line[LINE_SIZE];
	bool found = false;

	while (!found && fgets(line, sizeof(line), page))
		found = line[0] == '|' && split(line, cells) == COLUMN_COUNT &&
			strcmp(cells[1], dfut_node_event_get_name((enum dfut_node_event)0)) == 0;
	cr_assert(found, "the page has no such table");
	for (size_t i = 0; i < DFUT_NODE_EVENT_COUNT; i++)
		cr_expect(eq(str, cells[i + 1], (char *)dfut_node_event_get_name((enum dfut_node_event)i)));
	cr_assert(fgets(line, sizeof(line), page) != NULL);
}

Test(node_state, changes_as_the_page_says)
{
	FILE *page = open_page();
	char line[LINE_SIZE];

	find_table(page);
	for (size_t i = 0; i < DFUT_NODE_STATE_COUNT; i++) {
		enum dfut_node_state state = (enum dfut_node_state)i;
		const char *name = dfut_node_state_get_name(state);
		char cells[COLUMN_COUNT][CELL_SIZE];

		cr_assert(fgets(line, sizeof(line), page) != NULL);
		cr_assert(eq(sz, split(line, cells), COLUMN_COUNT), "%s", line);
		cr_expect(eq(str, cells[0], (char *)name));
		for (size_t j = 0; j < DFUT_NODE_EVENT_COUNT; j++) {
			enum dfut_node_state next = dfut_node_get_next_state(state, (enum dfut_node_event)j);

			cr_expect(eq(str, (char *)dfut_node_state_get_name(next),
				     cells[j + 1][0] ? cells[j + 1] : (char *)name),
				  "%s: %s", name, dfut_node_event_get_name((enum dfut_node_event)j));
		}
	}
	cr_expect(fgets(line, sizeof(line), page) != NULL && line[0] != '|', "the page has one more: %s", line);
	fclose(page);
}

/* Whatever comes before: nobody frees what a thread still reads, and all is freed in the end. */
Test(node_state, is_freed_once_and_not_while_a_thread_reads)
{
	for (size_t events = 0; events < 7 * 7 * 7 * 7; events++) {
		enum dfut_node_state state = DFUT_NODE_NEW;
		bool reads = false;

		for (size_t left = events, i = 0; i < 4 && state != DFUT_NODE_GONE; left /= 7, i++) {
			enum dfut_node_event event = (enum dfut_node_event)(left % 7);
			bool is_end = event == DFUT_NODE_NAMES_READ || event == DFUT_NODE_NAMES_UNREAD;

			/* A thread is begun for a new one, or again, and only a thread that runs ends. */
			if ((event == DFUT_NODE_NAMES_MISSING && state != DFUT_NODE_NEW && state != DFUT_NODE_UNREAD) ||
			    (is_end && !reads) || (!is_end && state == DFUT_NODE_LEFT))
				continue;
			reads = event == DFUT_NODE_NAMES_MISSING || (reads && !is_end);
			state = dfut_node_get_next_state(state, event);
			cr_expect(eq(int, state == DFUT_NODE_READING || state == DFUT_NODE_LEFT, reads));
		}
		if (state != DFUT_NODE_GONE && state != DFUT_NODE_LEFT)
			state = dfut_node_get_next_state(state, DFUT_NODE_MISSED);
		if (reads)
			state = dfut_node_get_next_state(state,
							 events % 2 ? DFUT_NODE_NAMES_READ : DFUT_NODE_NAMES_UNREAD);
		cr_expect(eq(int, state, DFUT_NODE_GONE));
	}
}
