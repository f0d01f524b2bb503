/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* A look at what is there. It may take time, so that a thread does it; meanwhile nobody changes the nodes that are known. */

#ifndef DFUT_SYSTEM_LOOK_H
#define DFUT_SYSTEM_LOOK_H

#include "transport/node.h"

struct dfut_system_look {
	struct dfut_system *system;
	struct dfut_system_found *found;
	size_t count;
	int result;
};

/* Begins one, if none is under way: system->looking until it is system->look, and the bus has changed. 0 or a negative error. */
int dfut_system_look_begin(struct dfut_system *system);
void dfut_system_look_free(struct dfut_system_look *look);
/* All that are known, once no look is under way any more. */
void dfut_system_nodes_free(struct dfut_system *system);

#endif
