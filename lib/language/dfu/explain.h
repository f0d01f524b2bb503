/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* Requests of DFU in words: those that languages on top of it have as well. */

#ifndef DFUT_DFU_EXPLAIN_H
#define DFUT_DFU_EXPLAIN_H

#include "language/dfu/wire.h"
#include "language/meaning.h"

/* What the device says of its DFU interface. */
struct dfu_face {
	uint16_t version; /* 0: it is not told */
	uint16_t block_size;
};

/* By itself, whatever it was sent to. */
bool dfu_is_request(const struct dfut_tape_event *event);
/* False: it is no request of DFU, or to no interface of DFU. */
bool dfu_find_face(const struct dfut_talk *talk, const struct dfut_tape_event *event, struct dfu_face *face);
/* What is no block. */
bool dfu_explain_request(const struct dfut_tape_event *event, struct dfut_meaning *meaning);
bool dfu_explain(struct dfut_talk *talk, const struct dfut_tape_event *event, struct dfut_meaning *meaning);

#endif
