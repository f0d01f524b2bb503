/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* NVMCTRL of a SAMD21 and of a SAMD51, which are alike but for where their registers are and what commands are called. */

#include <string.h>

#include "sim/parts/samba.h"

#define KEY 0xa5u
#define COMMAND_MASK 0x7fu
#define USER_ROW 0x00804000u
#define READY 0x1u
#define ERROR 0x2u
/* SAMD21: CTRLB; a page is written with its last word, unless that is set. */
#define MANUAL_WRITE 0x80u

enum d2x_register {
	D2X_CTRLA = 0x00,
	D2X_CTRLB = 0x04,
	D2X_PARAM = 0x08,
	D2X_INTFLAG = 0x14,
	D2X_STATUS = 0x18,
	D2X_ADDR = 0x1c,
	D2X_LOCK = 0x20,
};

enum d5x_register {
	D5X_CTRLA = 0x00,
	D5X_CTRLB = 0x04,
	D5X_PARAM = 0x08,
	D5X_INTFLAG = 0x10, /* and STATUS, two bytes behind it */
	D5X_ADDR = 0x14,
	D5X_RUNLOCK = 0x18,
};

enum command {
	COMMAND_NONE,
	COMMAND_ERASE,
	COMMAND_WRITE,
	COMMAND_WRITE_UNIT,
	COMMAND_CLEAR,
	COMMAND_LOCK, /* and unlock */
	COMMAND_SECURE,
	COMMAND_USER,
};

static bool is_d2x(const struct dfut_sim_samba *samba)
{
	return samba->kind->controller == DFUT_SIM_SAMBA_D2X;
}

static bool is_ready(const struct dfut_sim_samba *samba)
{
	return samba->nvm_until_us <= dfut_sim_device_get_time_us(samba->device);
}

/* PSZ counts from 8 bytes on. */
static uint32_t get_parameters(const struct dfut_sim_samba *samba)
{
	uint32_t size = 0;

	while (8u << size < samba->kind->page_size)
		size++;
	return samba->kind->size / samba->kind->page_size | size << 16;
}

bool dfut_sim_samba_read_nvm(struct dfut_sim_samba *samba, uint32_t offset, uint32_t *word)
{
	uint32_t ready = is_ready(samba) ? READY : 0;

	*word = 0;
	if (offset == D2X_PARAM)
		*word = get_parameters(samba);
	else if (is_d2x(samba) && offset == D2X_INTFLAG)
		*word = ready | samba->nvm_errors;
	else if (!is_d2x(samba) && offset == D5X_INTFLAG)
		*word = ready << 16 | samba->nvm_errors;
	else if (offset == (is_d2x(samba) ? D2X_CTRLB : D5X_CTRLA))
		*word = samba->nvm_control;
	else if (offset == (is_d2x(samba) ? D2X_ADDR : D5X_ADDR))
		*word = samba->nvm_address / (is_d2x(samba) ? 2 : 1);
	else if (offset == (is_d2x(samba) ? D2X_LOCK : D5X_RUNLOCK))
		*word = UINT32_MAX;
	return true;
}

/* Commands. */

static void clear_latch(struct dfut_sim_samba *samba)
{
	memset(samba->latch, 0xff, sizeof(samba->latch));
}

static void write_latch(struct dfut_sim_samba *samba, uint32_t size)
{
	uint32_t offset = samba->nvm_address / size * size;

	if (offset >= samba->kind->size) {
		samba->nvm_errors |= ERROR;
		return;
	}
	dfut_sim_samba_program(samba, offset, samba->latch + offset % samba->kind->page_size, size);
	clear_latch(samba);
	samba->nvm_until_us = dfut_sim_device_get_time_us(samba->device) + dfut_sim_samba_get_page_us(samba);
}

static void erase_at_address(struct dfut_sim_samba *samba)
{
	uint32_t size = samba->kind->erase_size;

	if (samba->nvm_address >= samba->kind->size) {
		samba->nvm_errors |= ERROR;
		return;
	}
	dfut_sim_samba_erase(samba, samba->nvm_address / size * size, size);
	samba->nvm_until_us = dfut_sim_device_get_time_us(samba->device) + dfut_sim_samba_get_erase_us(samba);
}

static enum command find_command(const struct dfut_sim_samba *samba, uint8_t code)
{
	static const struct {
		uint8_t d2x, d5x;
		enum command command;
	} commands[] = {
		{ 0x02, 0x01, COMMAND_ERASE },	{ 0x04, 0x03, COMMAND_WRITE }, { 0xff, 0x04, COMMAND_WRITE_UNIT },
		{ 0x44, 0x15, COMMAND_CLEAR },	{ 0x40, 0x11, COMMAND_LOCK },  { 0x41, 0x12, COMMAND_LOCK },
		{ 0x45, 0x16, COMMAND_SECURE }, { 0x05, 0x00, COMMAND_USER },  { 0x06, 0xff, COMMAND_USER },
	};

	for (size_t i = 0; i < DFUT_COUNT(commands); i++)
		if (code == (is_d2x(samba) ? commands[i].d2x : commands[i].d5x))
			return commands[i].command;
	return COMMAND_NONE;
}

static void obey(struct dfut_sim_samba *samba, uint8_t code)
{
	switch (find_command(samba, code)) {
	case COMMAND_ERASE:
		erase_at_address(samba);
		return;
	case COMMAND_WRITE:
		write_latch(samba, samba->kind->page_size);
		return;
	case COMMAND_WRITE_UNIT:
		write_latch(samba, samba->kind->unit);
		return;
	case COMMAND_CLEAR:
		clear_latch(samba);
		return;
	case COMMAND_LOCK:
		return;
	case COMMAND_SECURE:
		samba->settings.is_secured = 1;
		dfut_sim_samba_brick(samba, "the security bit was set by command", code);
		return;
	case COMMAND_USER:
		dfut_sim_device_breach(samba->device, "%s: command 0x%02x: its fuses are not for a host to touch",
				       dfut_sim_samba_get_state_name(samba), code);
		return;
	case COMMAND_NONE:
		samba->nvm_errors |= ERROR;
		return;
	}
}

static void take_command(struct dfut_sim_samba *samba, uint32_t value)
{
	if (!is_ready(samba))
		dfut_sim_device_breach(samba->device, "%s: a command of NVMCTRL while it is not ready",
				       dfut_sim_samba_get_state_name(samba));
	if ((value >> 8 & 0xff) != KEY)
		samba->nvm_errors |= ERROR;
	else
		obey(samba, value & COMMAND_MASK);
}

void dfut_sim_samba_write_nvm(struct dfut_sim_samba *samba, uint32_t offset, uint32_t value)
{
	if (offset == (is_d2x(samba) ? D2X_CTRLA : D5X_CTRLB))
		take_command(samba, value);
	else if (offset == (is_d2x(samba) ? D2X_CTRLB : D5X_CTRLA))
		samba->nvm_control = value;
	else if (offset == (is_d2x(samba) ? D2X_ADDR : D5X_ADDR))
		samba->nvm_address = value * (is_d2x(samba) ? 2 : 1);
	else if (offset == (is_d2x(samba) ? D2X_INTFLAG : D5X_INTFLAG))
		samba->nvm_errors &= ~value;
}

/* Where it was stored last is where the page goes. */
void dfut_sim_samba_fill_latch(struct dfut_sim_samba *samba, uint32_t offset, uint32_t value, size_t size)
{
	uint32_t page_size = samba->kind->page_size;

	samba->nvm_address = offset;
	for (size_t i = 0; i < size; i++)
		samba->latch[(offset + i) % page_size] &= (uint8_t)(value >> i * 8);
	if (is_d2x(samba) && !(samba->nvm_control & MANUAL_WRITE) && (offset + size) % page_size == 0)
		write_latch(samba, page_size);
}
