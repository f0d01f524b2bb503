/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* What went over a port: what docs/performance.md tells of the serial languages is counted here. */

#ifndef DFUT_TESTS_TRAFFIC_H
#define DFUT_TESTS_TRAFFIC_H

#include "bench.h"

struct traffic {
	size_t writes; /* transfers out: a command is one, and what follows it another */
	size_t bytes;  /* out */
	uint64_t ms;   /* from the first of them to the last */
};

static inline struct traffic bench_get_traffic(const struct bench *bench)
{
	uint64_t from_us = UINT64_MAX, until_us = 0;
	struct traffic traffic = { 0 };

	for (size_t i = 0; i < dfut_sim_device_get_record_count(bench->device); i++) {
		const struct dfut_sim_record *record = dfut_sim_device_get_record(bench->device, i);

		if (record->event != DFUT_SIM_EVENT_ENDPOINT || record->result <= 0)
			continue;
		traffic.writes++;
		traffic.bytes += (size_t)record->result;
		from_us = record->time_us < from_us ? record->time_us : from_us;
		until_us = record->time_us;
	}
	traffic.ms = until_us > from_us ? (until_us - from_us) / 1000 : 0;
	return traffic;
}

/* most: what may not be exceeded; no time: any. */
static inline void traffic_expect(const struct bench *bench, const char *what, const struct traffic *need,
				  const struct traffic *most)
{
	struct traffic took = bench_get_traffic(bench);

	fprintf(stderr, "%s: %zu writes, %zu needed; %zu bytes, %zu needed; %llu ms, %llu needed\n", what, took.writes,
		need->writes, took.bytes, need->bytes, (unsigned long long)took.ms, (unsigned long long)need->ms);
	cr_expect(le(sz, took.writes, most->writes), "%s", what);
	cr_expect(le(sz, took.bytes, most->bytes), "%s", what);
	if (most->ms)
		cr_expect(le(u64, took.ms, most->ms), "%s", what);
}

#endif
