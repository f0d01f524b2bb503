/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* What was asked for, in struct dfut_match. */

#ifndef DFUT_CHOOSE_H
#define DFUT_CHOOSE_H

#include "base/base.h"

bool dfut_match_has_ids(const struct dfut_match *match);
bool dfut_match_has_bootloader_ids(const struct dfut_match *match);

#endif
