/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* The user, as Windows tells programs by their environment */

struct passwd {
	const char *pw_name, *pw_dir;
};

static inline const struct passwd *getpwuid(unsigned int user)
{
	static struct passwd entry;

	(void)user;
	entry.pw_name = getenv("USERNAME");
	entry.pw_dir = getenv("USERPROFILE");
	return entry.pw_name && entry.pw_dir ? &entry : NULL;
}
