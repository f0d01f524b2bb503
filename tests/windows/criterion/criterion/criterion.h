/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* What the tests use of Criterion, which has no port to Windows: the same macros, each test in a process of its own. Values of
 * criteria and of messages are told as on Linux; who wants more of Criterion adds it here. */

#ifndef CRITERION_CRITERION_H
#define CRITERION_CRITERION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct criterion_test_params {
	size_t size; /* of one */
	void *params;
	size_t length;
};

struct cr_options {
	int _; /* so that a macro with no options has an initializer */
	void (*init)(void);
	void (*fini)(void);
	double timeout; /* s; 0: that of the suite */
	bool disabled;
};

struct cr_suite {
	struct cr_suite *next;
	const char *name;
	struct cr_options options;
};

struct cr_test {
	struct cr_test *next;
	const char *suite;
	const char *name;
	struct cr_options options;
	void (*run)(void *param);
	struct criterion_test_params (*get_params)(void); /* NULL for one without */
};

void cr_add_suite(struct cr_suite *suite);
void cr_add_test(struct cr_test *test);
/* Tells of one that does not hold, and ends the test where that is fatal. The message may be empty. */
void cr_judge(bool holds, bool is_fatal, const char *file, int line, const char *what, const char *message, ...);
/* A number or a text that was compared: told if the criterion does not hold. */
bool cr_compare_signed(long long actual, const char *relation, long long expected);
bool cr_compare_unsigned(unsigned long long actual, const char *relation, unsigned long long expected);
bool cr_compare_real(double actual, const char *relation, double expected);
bool cr_compare_text(const char *actual, const char *relation, const char *expected);
_Noreturn void cr_end_skipped(const char *text, ...);
void cr_log(const char *text, ...);

#define TestSuite(Name, ...) \
	static struct cr_suite cr_suite_##Name = { .name = #Name, .options = { ._ = 0, __VA_ARGS__ } }; \
	__attribute__((constructor)) static void cr_register_suite_##Name(void) \
	{ \
		cr_add_suite(&cr_suite_##Name); \
	} \
	struct cr_suite

#define CR_TEST(Suite, Name, Run, Get_params, ...) \
	static struct cr_test cr_test_##Suite##_##Name = { .suite = #Suite, \
							   .name = #Name, \
							   .options = { ._ = 0, __VA_ARGS__ }, \
							   .run = Run, \
							   .get_params = Get_params }; \
	__attribute__((constructor)) static void cr_register_##Suite##_##Name(void) \
	{ \
		cr_add_test(&cr_test_##Suite##_##Name); \
	}

#define Test(Suite, Name, ...) \
	static void cr_body_##Suite##_##Name(void); \
	static void cr_run_##Suite##_##Name(void *param) \
	{ \
		(void)param; \
		cr_body_##Suite##_##Name(); \
	} \
	CR_TEST(Suite, Name, cr_run_##Suite##_##Name, NULL, __VA_ARGS__) \
	static void cr_body_##Suite##_##Name(void)

#define CR_TELL(Is_fatal, Condition, ...) cr_judge((Condition), Is_fatal, __FILE__, __LINE__, #Condition, __VA_ARGS__)
/* Behind all there is an empty text: the message, where none is given. */
#define cr_assert(...) CR_TELL(true, __VA_ARGS__, "")
#define cr_expect(...) CR_TELL(false, __VA_ARGS__, "")
#define cr_expect_str_eq(Actual, Expected, ...) CR_TELL(false, cr_compare_text(Actual, "==", Expected), "" __VA_ARGS__)
#define cr_expect_arr_eq(Actual, Expected, Size, ...) \
	CR_TELL(false, memcmp(Actual, Expected, Size) == 0, "" __VA_ARGS__)
#define cr_fatal(...) cr_judge(false, true, __FILE__, __LINE__, "reached", __VA_ARGS__)
#define cr_skip(...) cr_end_skipped("" __VA_ARGS__)
#define cr_log_info(...) cr_log(__VA_ARGS__)
#define cr_log_warn(...) cr_log(__VA_ARGS__)

#endif
