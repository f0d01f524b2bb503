/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/*
 * The parts that FLIP is for. Ids and sizes: dfu-programmer, arguments.c; signatures: avrdude.conf (AVR, XMEGA) and the
 * device identification of the data sheets (UC3); times: data sheets, 4.5 ms for the erasing or the writing of an AVR's page.
 */

#include "sim/parts/flip.h"

#define AVR_TIMES(pages) .erase_ms = (pages)*9 / 2, .page_ms = 9, .eeprom_us = 3400
/* Where an XMEGA has 64 KiB, bytes are written one by one. */
#define XMEGA_TIMES(us) .erase_ms = 2000, .page_ms = 8, .eeprom_us = us
#define UC3_TIMES(pages) .erase_ms = (pages)*8, .page_ms = 8

/* clang-format off */
static const struct dfut_sim_flip_part parts[] = {
	{ "AT90USB82 DFU", 0x2ff7, DFUT_SIM_FLIP_AVR, 0x2000, 0x1000, 128, 0x200,
	  { 0x58, 0x1e, 0x93, 0x82 }, AVR_TIMES(32) },
	{ "AT90USB162 DFU", 0x2ffa, DFUT_SIM_FLIP_AVR, 0x4000, 0x1000, 128, 0x200,
	  { 0x58, 0x1e, 0x94, 0x82 }, AVR_TIMES(96) },
	{ "ATmega8U2 DFU", 0x2fee, DFUT_SIM_FLIP_AVR, 0x2000, 0x1000, 128, 0x200,
	  { 0x58, 0x1e, 0x93, 0x89 }, AVR_TIMES(32) },
	{ "ATmega16U2 DFU", 0x2fef, DFUT_SIM_FLIP_AVR, 0x4000, 0x1000, 128, 0x200,
	  { 0x58, 0x1e, 0x94, 0x89 }, AVR_TIMES(96) },
	{ "ATmega32U2 DFU", 0x2ff0, DFUT_SIM_FLIP_AVR, 0x8000, 0x1000, 128, 0x400,
	  { 0x58, 0x1e, 0x95, 0x8a }, AVR_TIMES(224) },
	{ "ATm16U4DFU", 0x2ff3, DFUT_SIM_FLIP_AVR, 0x4000, 0x1000, 128, 0x200,
	  { 0x58, 0x1e, 0x94, 0x88 }, AVR_TIMES(96) },
	{ "ATm32U4DFU", 0x2ff4, DFUT_SIM_FLIP_AVR, 0x8000, 0x1000, 128, 0x400,
	  { 0x58, 0x1e, 0x95, 0x87 }, AVR_TIMES(224) },
	{ "AT90USB64 DFU", 0x2ff9, DFUT_SIM_FLIP_AVR, 0x10000, 0x2000, 256, 0x800,
	  { 0x58, 0x1e, 0x96, 0x82 }, AVR_TIMES(224) },
	{ "AT90USB128 DFU", 0x2ffb, DFUT_SIM_FLIP_AVR, 0x20000, 0x2000, 256, 0x1000,
	  { 0x58, 0x1e, 0x97, 0x82 }, AVR_TIMES(480) },
	{ "XMEGA64A3U DFU", 0x2fe5, DFUT_SIM_FLIP_XMEGA, 0x10000, 0, 256, 0x800,
	  { 0x1e, 0x96, 0x42, 0x03 }, XMEGA_TIMES(12000) },
	{ "XMEGA128A3U DFU", 0x2fe6, DFUT_SIM_FLIP_XMEGA, 0x20000, 0, 512, 0x800,
	  { 0x1e, 0x97, 0x42, 0x03 }, XMEGA_TIMES(500) },
	{ "AT32UC3A DFU", 0x2ff8, DFUT_SIM_FLIP_UC3, 0x80000, 0x2000, 512, 0,
	  { 0x1f, 0x1e, 0xdc, 0x02 }, UC3_TIMES(1024) },
	{ "AT32UC3B DFU", 0x2ff6, DFUT_SIM_FLIP_UC3, 0x40000, 0x2000, 512, 0,
	  { 0x1f, 0x1e, 0xe4, 0x02 }, UC3_TIMES(512) },
};
/* clang-format on */

const struct dfut_sim_flip_part *dfut_sim_flip_get_part(uint32_t index)
{
	return &parts[index];
}
