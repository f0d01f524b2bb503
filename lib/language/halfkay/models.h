/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* The Teensy boards: how their HalfKay takes a program, and which of them a program was built for. */

#ifndef DFUT_HALFKAY_MODELS_H
#define DFUT_HALFKAY_MODELS_H

#include "image/image.h"
#include "language/halfkay/wire.h"

/* Boards between which a program does not tell. */
enum halfkay_family {
	HALFKAY_UNKNOWN,
	HALFKAY_TEENSY_2_0,
	HALFKAY_TEENSY_PP_1_0,
	HALFKAY_TEENSY_PP_2_0,
	HALFKAY_TEENSY_LC,
	HALFKAY_TEENSY_3_0,
	HALFKAY_TEENSY_3_1,
	HALFKAY_TEENSY_3_5,
	HALFKAY_TEENSY_3_6,
	HALFKAY_TEENSY_4_0,
	HALFKAY_TEENSY_4_1,
	HALFKAY_MICROMOD,
};

struct halfkay_model {
	const char *name;
	enum halfkay_family family;
	uint8_t usage;	     /* of its bootloader, on page FF9C */
	uint16_t release;    /* bcdDevice of its programs, 0 if that says nothing */
	const char *machine; /* of ELF files */
	uint32_t address;    /* of the flash */
	uint32_t size;	     /* bytes that a program may have: what is reserved is not counted */
	struct halfkay_form form;
	bool has_flexspi; /* programs begin with a FlexSPI block */
};

/* One after the other, from index 0; NULL after the last. */
const struct halfkay_model *halfkay_get_model(size_t index);
/* NULL if there is none. */
const struct halfkay_model *halfkay_find_by_usage(uint16_t usage);
const struct halfkay_model *halfkay_find_by_release(uint16_t release);
const struct halfkay_model *halfkay_find_by_family(enum halfkay_family family);
/* What the image was built for. */
enum halfkay_family halfkay_recognise(const struct dfut_image *image);

#endif
