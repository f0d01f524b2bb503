/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* Criteria: eq(int, a, b) and the like, for the types that the tests name. */

#ifndef CRITERION_NEW_ASSERT_H
#define CRITERION_NEW_ASSERT_H

#include "criterion/criterion.h"

#define CR_COMPARE_int(Actual, Relation, Expected) cr_compare_signed((int)(Actual), Relation, (int)(Expected))
#define CR_COMPARE_long(Actual, Relation, Expected) cr_compare_signed((long)(Actual), Relation, (long)(Expected))
#define CR_COMPARE_i64(Actual, Relation, Expected) cr_compare_signed((int64_t)(Actual), Relation, (int64_t)(Expected))
#define CR_COMPARE_uint(Actual, Relation, Expected) \
	cr_compare_unsigned((unsigned int)(Actual), Relation, (unsigned int)(Expected))
#define CR_COMPARE_u8(Actual, Relation, Expected) cr_compare_unsigned((uint8_t)(Actual), Relation, (uint8_t)(Expected))
#define CR_COMPARE_u16(Actual, Relation, Expected) \
	cr_compare_unsigned((uint16_t)(Actual), Relation, (uint16_t)(Expected))
#define CR_COMPARE_u32(Actual, Relation, Expected) \
	cr_compare_unsigned((uint32_t)(Actual), Relation, (uint32_t)(Expected))
#define CR_COMPARE_u64(Actual, Relation, Expected) \
	cr_compare_unsigned((uint64_t)(Actual), Relation, (uint64_t)(Expected))
#define CR_COMPARE_sz(Actual, Relation, Expected) cr_compare_unsigned((size_t)(Actual), Relation, (size_t)(Expected))
#define CR_COMPARE_chr(Actual, Relation, Expected) cr_compare_signed((char)(Actual), Relation, (char)(Expected))
#define CR_COMPARE_ptr(Actual, Relation, Expected) \
	cr_compare_unsigned((uintptr_t)(Actual), Relation, (uintptr_t)(Expected))
#define CR_COMPARE_dbl(Actual, Relation, Expected) cr_compare_real(Actual, Relation, Expected)
#define CR_COMPARE_str(Actual, Relation, Expected) cr_compare_text(Actual, Relation, Expected)
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
#define gt(Type, Actual, Expected) CR_COMPARE_##Type(Actual, ">", Expected)
#define ge(Type, Actual, Expected) CR_COMPARE_##Type(Actual, ">=", Expected)
#define zero(Type, Actual) CR_COMPARE_##Type(Actual, "==", 0)
#define not(Condition) (!(Condition))

#endif
