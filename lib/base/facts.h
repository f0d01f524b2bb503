/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* Named facts that a device told about itself. */

#ifndef DFUT_FACTS_H
#define DFUT_FACTS_H

#include "base/base.h"

struct dfut_facts {
	size_t count;
	struct {
		char *key;
		char *value;
	} * items;
};

/* Replaces one with this key. 0 or DFUT_ERROR_NO_MEMORY. */
int dfut_facts_add(struct dfut_facts *facts, const char *key, const char *value, ...) DFUT_PRINTF(3, 4);
void dfut_facts_remove(struct dfut_facts *facts, const char *key);
void dfut_facts_clear(struct dfut_facts *facts);

#endif
