/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* The system's clock. In both libraries. */

#ifndef DFUT_TIME_H
#define DFUT_TIME_H

#include <stdint.h>
#include <time.h>

/* Monotonic, in µs. From any thread. */
uint64_t dfut_system_time_us(void);
/* So long from now, as pthread_cond_timedwait() is told. */
struct timespec dfut_system_get_deadline(unsigned int timeout_ms);

#endif
