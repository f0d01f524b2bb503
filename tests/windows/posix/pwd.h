/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* The user, as Windows tells it */

#define WIN32_LEAN_AND_MEAN
#include <windows.h>
/* It brings a word of COM with it. */
#undef interface
#include <userenv.h>

struct passwd {
	const char *pw_name, *pw_dir;
};

static inline const struct passwd *getpwuid(unsigned int user)
{
	static char name[512], folder[512];
	static const struct passwd entry = { name, folder };
	DWORD size = sizeof(name), room = sizeof(folder);
	HANDLE token;
	bool is_known;

	(void)user;
	if (!GetUserNameA(name, &size) || !OpenProcessToken(GetCurrentProcess(), TOKEN_QUERY, &token))
		return NULL;
	is_known = GetUserProfileDirectoryA(token, folder, &room);
	CloseHandle(token);
	return is_known ? &entry : NULL;
}
