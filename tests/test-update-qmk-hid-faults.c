/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* Updates of AVRs in LUFA's HID bootloader that are disturbed: half a program is never started. */

#include "program-faults.h"

#define PAGES 8

static uint8_t program[PAGES * 256];

static const struct {
	const char *part;
	const char *options;
	size_t size;
} cases[] = {
	{ "atmega32u4", "", PAGES * 128 },
	{ "at90usb1286", ",race=gone", PAGES * 256 - 7 },
};

static struct subject make_subject(size_t index)
{
	static char spec[160];

	snprintf(spec, sizeof(spec), "via-keyboard:bootloader=lufa-hid,part=%s%s", cases[index].part,
		 cases[index].options);
	program_fill(program, sizeof(program));
	put_le32(program, 0x0056940c);
	return (struct subject){ .spec = spec,
				 .part = cases[index].part,
				 .program = program,
				 .size = cases[index].size,
				 .keeps_half_a_program_from_starting = true };
}

Test(update_qmk_hid_faults, recovers_from_every_fault, .timeout = 600)
{
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct subject subject = make_subject(i);

		subject_try_faults(&subject, 1);
	}
}

Test(update_qmk_hid_faults, recovers_from_faults_in_a_row, .timeout = 600)
{
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct subject subject = make_subject(i);

		subject_try_faults(&subject, 3);
	}
}

Test(update_qmk_hid_faults, recovers_from_a_cancel_at_every_step, .timeout = 600)
{
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct subject subject = make_subject(i);

		subject_try_cancels(&subject);
	}
}
