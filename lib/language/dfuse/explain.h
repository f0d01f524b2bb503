/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* DfuSe in words. */

#ifndef DFUT_DFUSE_EXPLAIN_H
#define DFUT_DFUSE_EXPLAIN_H

#include "language/meaning.h"

bool dfuse_explain(struct dfut_talk *talk, const struct dfut_tape_event *event, struct dfut_meaning *meaning);

#endif
