/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* dfutrigger.inf, as Windows' own reader of such files sees it: DFUTRIGGER_TEST_INF is its path. */

#include <windows.h>

#include <setupapi.h>

#include <criterion/criterion.h>
#include <criterion/new/assert.h>

static HINF inf;

static void start(void)
{
	wchar_t path[MAX_PATH];
	UINT line = 0;

	cr_assert(ne(int, MultiByteToWideChar(CP_UTF8, 0, getenv("DFUTRIGGER_TEST_INF"), -1, path, MAX_PATH), 0));
	inf = SetupOpenInfFileW(path, NULL, INF_STYLE_WIN4, &line);
	cr_assert(inf != INVALID_HANDLE_VALUE, "line %u", line);
}

static void stop(void)
{
	SetupCloseInfFile(inf);
}

TestSuite(inf, .init = start, .fini = stop, .timeout = 30);

static const char *get_field(INFCONTEXT *line, DWORD field)
{
	static char text[512];

	text[0] = '\0';
	SetupGetStringFieldA(line, field, text, sizeof(text), NULL);
	return text;
}

Test(inf, has_what_a_driver_needs)
{
	INFCONTEXT line;

	cr_assert(SetupFindFirstLineA(inf, "Version", "Signature", &line));
	cr_expect(eq(str, get_field(&line, 1), "$Windows NT$"));
	cr_assert(SetupFindFirstLineA(inf, "Manufacturer", "libdfutrigger", &line), "a name of %%Provider%%");
	cr_expect(eq(str, get_field(&line, 1), "Devices"));
	cr_expect(eq(int, (int)SetupGetFieldCount(&line), 4));
	cr_expect(SetupFindFirstLineA(inf, "Install", "Needs", &line));
	cr_expect(SetupFindFirstLineA(inf, "Install.Services", "Needs", &line));
}

Test(inf, names_each_device_for_each_processor)
{
	static const char *const sections[] = { "Devices.NTamd64", "Devices.NTx86", "Devices.NTarm64" };
	LONG count = SetupGetLineCountA(inf, sections[0]);
	INFCONTEXT line;

	cr_expect(lt(int, 100, count));
	for (size_t i = 0; i < 3; i++)
		cr_expect(eq(int, SetupGetLineCountA(inf, sections[i]), count));
	cr_assert(SetupFindFirstLineA(inf, sections[0], NULL, &line));
	do {
		cr_expect(eq(str, get_field(&line, 1), "Install"));
		cr_expect(eq(int, strncmp(get_field(&line, 2), "USB\\VID_", 8), 0));
		/* The first field is what a person reads. */
		cr_expect(ne(ptr, strstr(get_field(&line, 0), "(bootloader)"), NULL), "%s", get_field(&line, 0));
	} while (SetupFindNextLine(&line, &line));
}

Test(inf, has_the_bootloader_of_an_STM32)
{
	INFCONTEXT line;
	bool is_there = false;

	cr_assert(SetupFindFirstLineA(inf, "Devices.NTamd64", NULL, &line));
	do
		is_there = is_there || strcmp(get_field(&line, 2), "USB\\VID_0483&PID_DF11") == 0;
	while (SetupFindNextLine(&line, &line));
	cr_expect(is_there);
}
