/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* What a DfuSe file is made of. */

#ifndef DFUTRIGGER_DFU_UTIL_DFUSE_FILE_H
#define DFUTRIGGER_DFU_UTIL_DFUSE_FILE_H

#include <dfutrigger.h>

/** Prints its images and their elements. */
void dfuse_file_print(const struct dfut_image *image);

#endif
