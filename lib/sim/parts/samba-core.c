/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/*
 * As much of a Cortex-M as copies words: bossac puts such code into RAM where the monitor does not write flash (shumatech/BOSSA,
 * src/WordCopyArm.asm). Whatever else is run hangs. Encodings: ARMv6-M Architecture Reference Manual, A5.2.
 */

#include "sim/parts/samba.h"

#define RETURN 0xfffffffeu
#define STEP_LIMIT 100000
#define LOW_REGISTERS 8u
#define MOVE_TO_STACK 0x4685u
#define MOVE_NOTHING 0x46c0u
#define BRANCH_TO_LINK 0x4770u

struct core {
	struct dfut_sim_samba *samba;
	uint32_t registers[LOW_REGISTERS];
	uint32_t at;
	bool is_zero;
};

static bool load(struct core *core, uint32_t address, uint32_t *word)
{
	uint8_t bytes[4];
	bool is_there = dfut_sim_samba_read(core->samba, address, bytes, sizeof(bytes));

	*word = is_there ? dfut_le32(bytes) : 0;
	return is_there;
}

/* Registers that are listed; the address is the one behind them afterwards. */
static bool move_multiple(struct core *core, uint16_t code)
{
	uint32_t *address = &core->registers[code >> 8 & 7];
	bool is_load = code & 0x0800;

	for (unsigned int i = 0; i < LOW_REGISTERS; i++) {
		if (!(code & 1u << i))
			continue;
		if (is_load ? !load(core, *address, &core->registers[i]) :
			      !dfut_sim_samba_write(core->samba, *address, core->registers[i], 4))
			return false;
		*address += 4;
	}
	return true;
}

static void calculate(struct core *core, uint16_t code)
{
	uint32_t *target = &core->registers[code >> 8 & 7];
	uint32_t operand = code & 0xff;
	uint32_t result = operand;

	switch (code >> 11 & 3) {
	case 1: /* CMP */
	case 3: /* SUB */
		result = *target - operand;
		break;
	case 2: /* ADD */
		result = *target + operand;
		break;
	}
	core->is_zero = result == 0;
	if ((code >> 11 & 3) != 1)
		*target = result;
}

/* Returns whether it is known. */
static bool step(struct core *core, uint16_t code)
{
	uint32_t here = core->at + 4;

	core->at += 2;
	if (code == MOVE_TO_STACK || code == MOVE_NOTHING)
		return true;
	if (code == BRANCH_TO_LINK)
		core->at = RETURN;
	else if (code >> 11 == 0x09)
		return load(core, (here & ~3u) + (code & 0xffu) * 4, &core->registers[code >> 8 & 7]);
	else if (code >> 12 == 0x0c)
		return move_multiple(core, code);
	else if (code >> 13 == 0x01)
		calculate(core, code);
	else if (code >> 11 == 0x1c)
		core->at = here + ((code & 0x7ffu) << 1) - ((code & 0x400u) << 2);
	else if (code >> 9 == 0x68 && core->is_zero == !(code & 0x100))
		core->at = here + ((code & 0xffu) << 1) - ((code & 0x80u) << 2);
	else
		return code >> 9 == 0x68;
	return true;
}

bool dfut_sim_samba_run(struct dfut_sim_samba *samba, uint32_t address)
{
	struct core core = { .samba = samba };
	uint8_t code[2];
	uint32_t start;

	/* The stack, and where it starts */
	if (!load(&core, address + 4, &start) || !(start & 1))
		return false;
	core.at = start & ~1u;
	for (int i = 0; i < STEP_LIMIT && core.at != RETURN; i++)
		if (!dfut_sim_samba_get_ram(samba, core.at, sizeof(code)) ||
		    !dfut_sim_samba_read(samba, core.at, code, sizeof(code)) || !step(&core, dfut_le16(code)))
			return false;
	return core.at == RETURN;
}
