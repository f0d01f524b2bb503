/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/*
 * Questions to a bootloader that speaks PICOBOOT. The chip is told by its ROM. RP2350 says how much flash it has; of RP2040
 * addresses beyond the end begin anew, so that its size shows where the beginning comes again.
 */

#include <string.h>

#include "language/picoboot/probe.h"

#define MIRROR_MAX (UINT32_C(8) * 1024 * 1024)
#define MIRROR_MIN (UINT32_C(256) * 1024)

static struct picoboot_identity *get_identity(const struct picoboot_core *core)
{
	return core->own->identity;
}

static int ask(struct picoboot_probe *probe, struct picoboot_core *core, enum picoboot_probe_step step,
	       struct picoboot_command command, struct dfut_next *next)
{
	probe->step = step;
	return picoboot_core_send(core, &command, NULL, next);
}

static int end(struct picoboot_probe *probe)
{
	probe->step = PICOBOOT_PROBE_OVER;
	return 1;
}

static int refuse_chip(struct picoboot_core *core, struct dfut_next *next)
{
	return picoboot_core_give_up(core,
				     dfut_fail(core->job->failure, DFUT_ERROR_UNSUPPORTED,
					       "the ROM is neither an RP2040's nor an RP2350's: at 0x%08x it has "
					       "%02x %02x %02x %02x",
					       PICOBOOT_CHIP_ADDRESS, core->in[0], core->in[1], core->in[2],
					       core->in[3]),
				     next);
}

static int ask_place(struct picoboot_probe *probe, struct picoboot_core *core, struct dfut_next *next)
{
	if (!core->own->wants_place)
		return end(probe);
	return ask(probe, core, PICOBOOT_PROBE_PLACE, picoboot_ask_partition(core->own->family), next);
}

static int take_chip(struct picoboot_probe *probe, struct picoboot_core *core, struct dfut_next *next)
{
	struct picoboot_identity *identity = get_identity(core);

	identity->chip = picoboot_read_chip(core->in);
	identity->version = core->in[3];
	switch (identity->chip) {
	case PICOBOOT_CHIP_UNKNOWN:
		break;
	case PICOBOOT_CHIP_RP2040:
		if (!core->own->wants_size)
			return end(probe);
		return ask(probe, core, PICOBOOT_PROBE_START, picoboot_read(PICOBOOT_FLASH, PICOBOOT_MIRROR_SIZE),
			   next);
	case PICOBOOT_CHIP_RP2350:
		return ask(probe, core, PICOBOOT_PROBE_FLASH, picoboot_ask_flash(), next);
	}
	return refuse_chip(core, next);
}

static int take_place(struct picoboot_probe *probe, struct picoboot_core *core, struct dfut_next *next)
{
	struct picoboot_identity *identity = get_identity(core);
	int result = picoboot_read_place(&identity->place, core->in, core->in_size);

	if (result < 0)
		return picoboot_core_give_up(core,
					     dfut_fail(core->job->failure, result,
						       "where the image goes can't be understood: %zu bytes came",
						       core->in_size),
					     next);
	identity->has_place = result > 0;
	return end(probe);
}

static int ask_mirror(struct picoboot_probe *probe, struct picoboot_core *core, struct dfut_next *next)
{
	return ask(probe, core, PICOBOOT_PROBE_MIRROR,
		   picoboot_read(PICOBOOT_FLASH + probe->mirror, PICOBOOT_MIRROR_SIZE), next);
}

/* Flash that is erased looks the same everywhere. */
static bool is_even(const uint8_t *bytes)
{
	return memcmp(bytes, bytes + 1, PICOBOOT_MIRROR_SIZE - 1) == 0;
}

static int take_start(struct picoboot_probe *probe, struct picoboot_core *core, struct dfut_next *next)
{
	memcpy(probe->start, core->in, sizeof(probe->start));
	if (is_even(probe->start))
		return end(probe);
	probe->mirror = MIRROR_MAX;
	return ask_mirror(probe, core, next);
}

static int take_mirror(struct picoboot_probe *probe, struct picoboot_core *core, struct dfut_next *next)
{
	bool is_mirror = memcmp(probe->start, core->in, sizeof(probe->start)) == 0;

	if (!is_mirror || probe->mirror == MIRROR_MIN) {
		get_identity(core)->flash_size = is_mirror ? probe->mirror : probe->mirror * 2;
		return end(probe);
	}
	probe->mirror /= 2;
	return ask_mirror(probe, core, next);
}

int picoboot_probe_next(struct picoboot_probe *probe, struct picoboot_core *core, struct dfut_next *next)
{
	switch (probe->step) {
	case PICOBOOT_PROBE_BEGIN:
		*get_identity(core) = (struct picoboot_identity){ 0 };
		/* RP2350 A2 knows nothing of partitions before that. */
		return ask(probe, core, PICOBOOT_PROBE_READY, picoboot_exit_xip(), next);
	case PICOBOOT_PROBE_READY:
		return ask(probe, core, PICOBOOT_PROBE_CHIP, picoboot_read(PICOBOOT_CHIP_ADDRESS, PICOBOOT_CHIP_SIZE),
			   next);
	case PICOBOOT_PROBE_CHIP:
		return take_chip(probe, core, next);
	case PICOBOOT_PROBE_FLASH:
		get_identity(core)->flash_size = picoboot_read_flash_size(core->in, core->in_size);
		return ask_place(probe, core, next);
	case PICOBOOT_PROBE_PLACE:
		return take_place(probe, core, next);
	case PICOBOOT_PROBE_START:
		return take_start(probe, core, next);
	case PICOBOOT_PROBE_MIRROR:
		return take_mirror(probe, core, next);
	case PICOBOOT_PROBE_OVER:
		break;
	}
	return 1;
}
