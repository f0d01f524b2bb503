/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* Criteria: eq(int, a, b) and the like, for the types that the tests name. */

#ifndef CRITERION_NEW_ASSERT_H
#define CRITERION_NEW_ASSERT_H

#include "criterion/criterion.h"

/* One after the other, as the second may change what the first has looked at: a call's arguments have no order. */
#define CR_COMPARE(C_type, Kind, Actual, Relation, Expected) \
	({ \
		const C_type cr_actual = (C_type)(Actual); \
		const C_type cr_expected = (C_type)(Expected); \
		cr_compare_##Kind(cr_actual, Relation, cr_expected); \
	})
#define CR_COMPARE_int(Actual, Relation, Expected) CR_COMPARE(int, signed, Actual, Relation, Expected)
#define CR_COMPARE_long(Actual, Relation, Expected) CR_COMPARE(long, signed, Actual, Relation, Expected)
#define CR_COMPARE_i64(Actual, Relation, Expected) CR_COMPARE(int64_t, signed, Actual, Relation, Expected)
#define CR_COMPARE_chr(Actual, Relation, Expected) CR_COMPARE(char, signed, Actual, Relation, Expected)
#define CR_COMPARE_uint(Actual, Relation, Expected) CR_COMPARE(unsigned int, unsigned, Actual, Relation, Expected)
#define CR_COMPARE_u8(Actual, Relation, Expected) CR_COMPARE(uint8_t, unsigned, Actual, Relation, Expected)
#define CR_COMPARE_u16(Actual, Relation, Expected) CR_COMPARE(uint16_t, unsigned, Actual, Relation, Expected)
#define CR_COMPARE_u32(Actual, Relation, Expected) CR_COMPARE(uint32_t, unsigned, Actual, Relation, Expected)
#define CR_COMPARE_u64(Actual, Relation, Expected) CR_COMPARE(uint64_t, unsigned, Actual, Relation, Expected)
#define CR_COMPARE_sz(Actual, Relation, Expected) CR_COMPARE(size_t, unsigned, Actual, Relation, Expected)
#define CR_COMPARE_ptr(Actual, Relation, Expected) CR_COMPARE(uintptr_t, unsigned, Actual, Relation, Expected)
#define CR_COMPARE_dbl(Actual, Relation, Expected) CR_COMPARE(double, real, Actual, Relation, Expected)
#define CR_COMPARE_str(Actual, Relation, Expected) CR_COMPARE(char *, text, Actual, Relation, Expected)
#define CR_COMPARE_mem(Actual, Relation, Expected) cr_compare_memory(Actual, Relation, Expected)

struct cr_mem {
	const void *data;
	size_t size;
};

bool cr_compare_memory(struct cr_mem actual, const char *relation, struct cr_mem expected);

#define eq(Type, Actual, Expected) CR_COMPARE_##Type(Actual, "==", Expected)
#define ne(Type, Actual, Expected) CR_COMPARE_##Type(Actual, "!=", Expected)
#define lt(Type, Actual, Expected) CR_COMPARE_##Type(Actual, "<", Expected)
#define le(Type, Actual, Expected) CR_COMPARE_##Type(Actual, "<=", Expected)
#define ge(Type, Actual, Expected) CR_COMPARE_##Type(Actual, ">=", Expected)
#define zero(Type, Actual) CR_COMPARE_##Type(Actual, "==", 0)
#define not(Condition) (!(Condition))

#endif
