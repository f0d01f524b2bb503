/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

#ifndef CRITERION_PARAMETERIZED_H
#define CRITERION_PARAMETERIZED_H

#include "criterion/criterion.h"

#define cr_make_param_array(Type, Array, Length) \
	((struct criterion_test_params){ .size = sizeof(Type), .params = (void *)(Array), .length = (Length) })

#define ParameterizedTestParameters(Suite, Name) static struct criterion_test_params cr_params_##Suite##_##Name(void)

#define ParameterizedTest(Param, Suite, Name, ...) \
	static void cr_body_##Suite##_##Name(Param); \
	static void cr_run_##Suite##_##Name(void *param) \
	{ \
		cr_body_##Suite##_##Name(param); \
	} \
	CR_TEST(Suite, Name, cr_run_##Suite##_##Name, cr_params_##Suite##_##Name, __VA_ARGS__) \
	static void cr_body_##Suite##_##Name(Param)

#endif
