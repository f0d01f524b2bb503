/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* The chips that have SONiX's ISP. */

#ifndef DFUT_SONIX_ISP_PARTS_H
#define DFUT_SONIX_ISP_PARTS_H

#include "language/sonix-isp/wire.h"

/* Where firmware begins behind a jump loader */
#define SONIX_JUMP_SIZE 0x200u
/* Largest flash of all */
#define SONIX_FLASH_MAX (256u * 1024)
/* More RAM than any of them has: what the jump loader takes for a stack */
#define SONIX_RAM_MAX (128u * 1024)

struct sonix_part {
	const char *name;
	uint8_t sub_family;
	uint8_t member;	    /* 0: whatever it says */
	uint32_t flash;	    /* bytes */
	uint16_t pages;	    /* that it is erased by */
	uint16_t blank_sum; /* of its erased flash */
	uint16_t open;	    /* code security that means none */
	uint32_t ram;	    /* bytes, as far as a stack may be */
	bool is_erased;	    /* by a command, as a whole; else programming erases */
	bool needs_jump;    /* its ISP is in flash, and reached through what is at 0 only */
};

/* NULL if there is none. */
const struct sonix_part *sonix_part_find(const struct sonix_version *version);
/* The sub-family of which the bootloader's ids say that it is; 0 if they say nothing. */
uint8_t sonix_get_promise(uint16_t vendor, uint16_t product);
/* The one part of a sub-family; NULL if it has several, or none. */
const struct sonix_part *sonix_part_find_only(uint8_t sub_family);
/* The level of a code security, "CS1"; NULL if nobody knows it. */
const char *sonix_get_security_name(uint16_t security);
bool sonix_is_open(uint16_t security);

#endif
