/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* Of setrlimit(), which ends the test */

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
