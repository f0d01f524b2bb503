/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* What others recorded, imported into a text. */

#ifndef IMPORTED_H
#define IMPORTED_H

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdio.h>
#include <string.h>

#include "dfutrigger-sim.h"

#define SESSION_SIZE 65536

static inline int imported_take(const uint8_t *data, size_t size, void *user_data)
{
	char *session = user_data;
	size_t length = strlen(session);

	if (length + size >= SESSION_SIZE)
		return DFUT_ERROR_IO;
	memcpy(session + length, data, size);
	session[length + size] = '\0';
	return 0;
}

/* error: of 256 bytes, "" if there is none */
static inline int imported_import(const void *bytes, size_t size, unsigned int flags, char *session, char *error)
{
	struct dfut_sim *sim;
	int result;

	session[0] = '\0';
	cr_assert(eq(int, dfut_sim_new(&sim, DFUT_SIM_CLOCK_VIRTUAL), 0));
	result = dfut_sim_import(sim, bytes, size, flags, imported_take, session);
	snprintf(error, 256, "%s", result < 0 ? dfut_sim_get_error(sim) : "");
	if (result < 0 && result != DFUT_ERROR_NO_MEMORY)
		cr_expect(error[0] != '\0');
	dfut_sim_free(sim);
	return result;
}

#endif
