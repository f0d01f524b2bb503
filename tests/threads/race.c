/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* Two threads and no lock: what the thread sanitizer has to report, so that its silence about the others means something. */

#include "threads.h"

static size_t counter;

static void *count(void *data)
{
	for (size_t i = 0; i < 1000; i++)
		counter++;
	return data;
}

int main(void)
{
	run_threads(2, count, NULL, 0);
	printf("%zu\n", counter);
	return 0;
}
