/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* Reports that carry one block of a flash each, as HalfKay takes them; LUFA's HID bootloader has the same. */

#ifndef DFUT_HALFKAY_WIRE_H
#define DFUT_HALFKAY_WIRE_H

#include "base/base.h"
#include "language/meaning.h"

#define HALFKAY_BLOCK_MAX 1024
#define HALFKAY_HEADER_MAX 64
#define HALFKAY_REPORT_MAX (HALFKAY_HEADER_MAX + HALFKAY_BLOCK_MAX)

/* A report: the address of its block, zeros up to the header's size, the block. */
struct halfkay_form {
	uint16_t block_size;
	uint8_t header_size;
	uint8_t address_size;  /* bytes, the lowest first */
	uint8_t address_shift; /* bits of the address that are left out */
};

static inline uint16_t halfkay_get_report_size(const struct halfkay_form *form)
{
	return (uint16_t)(form->header_size + form->block_size);
}

/* data: block_size bytes; NULL for an empty block. The report has room for HALFKAY_REPORT_MAX. */
void halfkay_put_block(uint8_t *report, const struct halfkay_form *form, uint32_t address, const uint8_t *data);
/* The report that starts the program: an address that no block has, of so many bytes. */
void halfkay_put_start(uint8_t *report, size_t size, size_t address_size);

/* In words; of a recording. */
bool halfkay_explain(struct dfut_talk *talk, const struct dfut_tape_event *event, struct dfut_meaning *meaning);

#endif
