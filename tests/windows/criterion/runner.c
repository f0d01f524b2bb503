/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/*
 * Runs the tests of its program, each in a process of its own, which is this program with the numbers of the test and of its
 * parameter: PROGRAM [TEST PARAMETER]. What it prints is TAP.
 */

#include <fcntl.h>
#include <stdarg.h>
#include <windows.h>

#include "criterion/new/assert.h"

#define DEFAULT_TIMEOUT_S 60
/* What meson does with the time limits of its own */
#define MULTIPLIER "DFUTRIGGER_TEST_MULTIPLIER"
#define LINE_SIZE 1200

enum verdict {
	PASSED = 0,
	FAILED = 1,
	SKIPPED = 77, /* as for meson */
};

static struct cr_suite *suites;
static struct cr_test *tests;
static bool has_failed;

void cr_add_suite(struct cr_suite *suite)
{
	suite->next = suites;
	suites = suite;
}

/* In the order of the file, in which GCC has constructors run on Windows from the last one to the first. */
void cr_add_test(struct cr_test *test)
{
	test->next = tests;
	tests = test;
}

/* In the process of a test. */

void cr_log(const char *text, ...)
{
	va_list arguments;

	va_start(arguments, text);
	vfprintf(stderr, text, arguments);
	va_end(arguments);
	fputc('\n', stderr);
}

void cr_end_skipped(const char *text, ...)
{
	va_list arguments;

	va_start(arguments, text);
	vfprintf(stderr, text, arguments);
	va_end(arguments);
	fputc('\n', stderr);
	exit(SKIPPED);
}

void cr_judge(bool holds, bool is_fatal, const char *file, int line, const char *what, const char *message, ...)
{
	va_list arguments;

	if (holds)
		return;
	fprintf(stderr, "%s:%d: not so: %s", file, line, what);
	if (*message) {
		fprintf(stderr, ": ");
		va_start(arguments, message);
		vfprintf(stderr, message, arguments);
		va_end(arguments);
	}
	fputc('\n', stderr);
	has_failed = true;
	if (is_fatal)
		exit(FAILED);
}

/* order: <0, 0 or >0 as of memcmp() */
static bool has_relation(int order, const char *relation)
{
	switch (relation[0]) {
	case '=':
		return order == 0;
	case '!':
		return order != 0;
	case '<':
		return order < 0 || (relation[1] && order == 0);
	default:
		return order > 0 || (relation[1] && order == 0);
	}
}

bool cr_compare_signed(long long actual, const char *relation, long long expected)
{
	bool holds = has_relation((actual > expected) - (actual < expected), relation);

	if (!holds)
		fprintf(stderr, "%lld, not %s %lld\n", actual, relation, expected);
	return holds;
}

bool cr_compare_unsigned(unsigned long long actual, const char *relation, unsigned long long expected)
{
	bool holds = has_relation((actual > expected) - (actual < expected), relation);

	if (!holds)
		fprintf(stderr, "%llu (0x%llx), not %s %llu (0x%llx)\n", actual, actual, relation, expected, expected);
	return holds;
}

bool cr_compare_real(double actual, const char *relation, double expected)
{
	bool holds = has_relation((actual > expected) - (actual < expected), relation);

	if (!holds)
		fprintf(stderr, "%g, not %s %g\n", actual, relation, expected);
	return holds;
}

bool cr_compare_text(const char *actual, const char *relation, const char *expected)
{
	bool are_texts = actual && expected;
	bool holds = has_relation(are_texts ? strcmp(actual, expected) : actual != expected, relation);

	if (!holds)
		fprintf(stderr, "\"%s\", not %s \"%s\"\n", actual ? actual : "(null)", relation,
			expected ? expected : "(null)");
	return holds;
}

bool cr_compare_memory(struct cr_mem actual, const char *relation, struct cr_mem expected)
{
	size_t size = actual.size < expected.size ? actual.size : expected.size;
	int order = memcmp(actual.data, expected.data, size);

	return has_relation(order ? order : (actual.size > expected.size) - (actual.size < expected.size), relation);
}

static const struct cr_options *find_suite_options(const struct cr_test *test)
{
	static const struct cr_options none;

	for (const struct cr_suite *suite = suites; suite; suite = suite->next)
		if (strcmp(suite->name, test->suite) == 0)
			return &suite->options;
	return &none;
}

static void call(void (*function)(void))
{
	if (function)
		function();
}

static int run_test(const struct cr_test *test, size_t parameter)
{
	const struct cr_options *suite = find_suite_options(test);
	struct criterion_test_params params = { 0 };

	if (test->get_params)
		params = test->get_params();
	/* Nobody is there to close a window. */
	SetErrorMode(SEM_FAILCRITICALERRORS | SEM_NOGPFAULTERRORBOX);
	setvbuf(stderr, NULL, _IONBF, 0);
	call(suite->init);
	call(test->options.init);
	test->run(params.params ? (char *)params.params + parameter * params.size : NULL);
	call(test->options.fini);
	call(suite->fini);
	return has_failed ? FAILED : PASSED;
}

/* In the process of the program. */

struct counts {
	int told;
	int failed;
};

static DWORD get_timeout_ms(const struct cr_test *test)
{
	const char *multiplier = getenv(MULTIPLIER);
	double timeout_s = test->options.timeout > 0 ? test->options.timeout : find_suite_options(test)->timeout;

	if (timeout_s <= 0)
		timeout_s = DEFAULT_TIMEOUT_S;
	return (DWORD)(timeout_s * 1000 * (multiplier ? atof(multiplier) : 1));
}

/* Anything else than a verdict is how it broke. */
static DWORD start_and_wait(const struct cr_test *test, size_t number, size_t parameter)
{
	char program[MAX_PATH], line[LINE_SIZE];
	STARTUPINFOA startup = { .cb = sizeof(startup) };
	PROCESS_INFORMATION process;
	DWORD code = FAILED;

	GetModuleFileNameA(NULL, program, sizeof(program));
	snprintf(line, sizeof(line), "\"%s\" %zu %zu", program, number, parameter);
	fflush(stdout);
	if (!CreateProcessA(NULL, line, NULL, NULL, TRUE, 0, NULL, NULL, &startup, &process))
		return FAILED;
	if (WaitForSingleObject(process.hProcess, get_timeout_ms(test)) != WAIT_OBJECT_0) {
		fprintf(stderr, "%s::%s: its time is over\n", test->suite, test->name);
		TerminateProcess(process.hProcess, FAILED);
		WaitForSingleObject(process.hProcess, INFINITE);
	}
	GetExitCodeProcess(process.hProcess, &code);
	CloseHandle(process.hThread);
	CloseHandle(process.hProcess);
	return code;
}

static void tell_end(struct counts *counts, const struct cr_test *test, size_t number, size_t parameter)
{
	DWORD code = start_and_wait(test, number, parameter);

	counts->told++;
	counts->failed += code != PASSED && code != SKIPPED;
	if (code != PASSED && code != SKIPPED && code != FAILED)
		fprintf(stderr, "%s::%s: ended with 0x%08lx\n", test->suite, test->name, (unsigned long)code);
	printf("%s - %s::%s%s\n", code == PASSED || code == SKIPPED ? "ok" : "not ok", test->suite, test->name,
	       code == SKIPPED ? " # SKIP" : "");
}

static int run_all(void)
{
	struct counts counts = { 0 };
	size_t number = 0;

	for (const struct cr_test *test = tests; test; test = test->next, number++) {
		size_t count = test->get_params ? test->get_params().length : 1;

		for (size_t i = 0; i < count && !test->options.disabled; i++)
			tell_end(&counts, test, number, i);
	}
	printf("1..%d\n", counts.told);
	return counts.failed > 0 ? FAILED : PASSED;
}

int main(int argc, char **argv)
{
	const struct cr_test *test = tests;

	/* Bytes of files are what they are, as elsewhere. */
	_fmode = _O_BINARY;
	if (argc != 3)
		return run_all();
	for (size_t left = (size_t)strtoul(argv[1], NULL, 10); test && left > 0; left--)
		test = test->next;
	return test ? run_test(test, (size_t)strtoul(argv[2], NULL, 10)) : FAILED;
}
