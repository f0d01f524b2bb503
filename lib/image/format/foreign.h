/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* What is not firmware, or not in a form that can be sent. */

#ifndef DFUT_FOREIGN_H
#define DFUT_FOREIGN_H

#include "base/base.h"

/* The beginning of a file, or all of it. */
struct dfut_content {
	const uint8_t *data;
	size_t size;
	size_t file_size;
	bool is_even; /* what is behind it are bytes like its last one */
};

struct dfut_foreign {
	const char *what;
	const char *advice;
	size_t offset; /* of what shows it */
	int code;      /* 0 for DFUT_ERROR_IMAGE */
};

/* NULL if it may be firmware */
const struct dfut_foreign *dfut_foreign_find(const struct dfut_content *content);

#endif
