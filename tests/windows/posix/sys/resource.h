/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* What a process has used; of setrlimit(), which ends the test */

#define RLIMIT_FSIZE 1
#define RLIM_INFINITY (~0ull)
#define RUSAGE_SELF 0
#define SIGXFSZ 25

struct rlimit {
	unsigned long long rlim_cur, rlim_max;
};

struct rusage {
	long ru_maxrss;
};

static inline int getrusage(int who, struct rusage *usage)
{
	(void)who;
	usage->ru_maxrss = posix_get_peak();
	return usage->ru_maxrss <= 0 ? skip_without("figures of its memory") : 0;
}
