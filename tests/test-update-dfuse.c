/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* Updates by DfuSe on every virtual chip and every deviation of one: the flash, and what a device saw of it. */

#include "dfuse-bench.h"

/* Odd sizes, gaps within and between sectors, neighbours, and the last byte of a sector. */
static const struct part raw_parts[] = { { FLASH, 5001 } };
static const struct part dfuse_parts[] = { { FLASH, 3000 }, { FLASH + 0x2000, 1025 }, { FLASH + 0x47ff, 1 } };
static const struct part hex_parts[] = {
	{ FLASH, 700 }, { FLASH + 0x300, 333 }, { FLASH + 0x1000, 4096 }, { FLASH + 0x7fff, 2 }
};

static const struct {
	enum kind kind;
	const char *name;
	const struct part *parts;
	size_t count;
} images[] = {
	{ KIND_RAW, "raw", raw_parts, COUNT(raw_parts) },
	{ KIND_DFUSE, "dfuse", dfuse_parts, COUNT(dfuse_parts) },
	{ KIND_HEX, "hex", hex_parts, COUNT(hex_parts) },
};

static const char *const chips[] = { "stm32f072", "stm32f405", "gd32vf103", "usbd-dfu-rt" };

/* Behind the chip's name. */
static const char *const deviations[] = {
	"transfer-us=125",
	"busy=answer",
	"busy=block",
	"busy=stall",
	"busy=answer,poll-percent=0",
	"busy=block,poll-percent=0",
	"busy=stall,poll-percent=99",
	"busy=answer,poll-percent=50",
	"poll-percent=1000",
	"erase-percent=0,program-percent=0",
	"erase-percent=200,program-percent=200",
	"busy=block,poll-percent=10,erase-percent=1000,program-percent=1000",
	"first-status=idle",
	"transfer-size=8",
	"transfer-size=64",
	"transfer-size=1024",
	"transfer-size=4096",
	"transfer-size=1000",
	"multiplier=transfer-size",
	"multiplier=transfer-size,transfer-size=1024",
	"commands=3",
	"clear=stall",
	"clear=stall,start=error",
	"get-functional=stall",
	"get-functional=hang",
	"leave-request=stall",
	"leave-status=stall",
	"leave-status=timeout",
	"leave-needs-address=yes",
	"rdp-address=allow",
	"start=idle",
	"start=error",
	"start=dnload-idle",
	"start=upload-idle",
	"boot0=no,application=runtime",
	"application=runtime",
	"application=runtime,return-ms=1500",
	"application=gone,boot0=yes",
	"option-bytes=no",
	"names=same",
	"feature-type=a",
	"wrp-in-name=yes",
	"wrp-in-name=yes,wrp=2048",
	"string-surplus=2",
	"open-ms=300",
	/* An STM32C5, as far as it is known */
	"get-functional=hang,clear=stall,option-bytes=no,transfer-size=1024",
};

static const enum dfut_erase erases[] = { DFUT_ERASE_AUTO, DFUT_ERASE_NEEDED, DFUT_ERASE_ALL, DFUT_ERASE_MASS };

static void update_and_judge(const char *spec, size_t image_index, const struct wishes *wishes, bool is_old)
{
	const struct part *parts = images[image_index].parts;
	size_t count = images[image_index].count;
	static uint8_t wanted[FLASH_LIMIT];
	const uint8_t *flash;
	struct dfut_image *image;
	struct bench bench;
	char what[200];
	size_t size;

	snprintf(what, sizeof(what), "%s, %s, erase %d", spec, images[image_index].name, wishes->erase);
	bench_start(&bench, spec);
	if (is_old)
		bench_fill_old(&bench);
	flash = bench_get_flash(&bench, &size);
	memcpy(wanted, flash, size);
	if (wishes->erase == DFUT_ERASE_MASS)
		memset(wanted, 0xff, size);
	expect_update(wanted, spec, parts, count);
	image = bench_make_image(&bench, images[image_index].kind, parts, count);
	bench_update(&bench, image, wishes, what);
	bench_expect_flash(&bench, wanted, what);
	bench_expect_no_breach(bench.device, what);
	cr_expect(not(bench_is_in_bootloader(bench.device)), "%s: did not leave", what);
	dfut_image_free(image);
	bench_stop(&bench);
}

static size_t try_deviations(const char *chip)
{
	const struct wishes wishes = { DFUT_ERASE_AUTO, DFUT_VERIFY_AUTO, 0, NULL };
	size_t cases = 0;
	char spec[200];

	for (size_t i = 0; i < COUNT(deviations); i++) {
		/* That one begins in its application, which has to be there. */
		if (chip == chips[3] && strstr(deviations[i], "gone"))
			continue;
		snprintf(spec, sizeof(spec), "%s:%s", chip, deviations[i]);
		for (size_t k = 0; k < COUNT(images); k++, cases++)
			update_and_judge(spec, k, &wishes, true);
	}
	fprintf(stderr, "%s: %zu updates\n", chip, cases);
	return cases;
}

Test(update_dfuse, stm32f072_with_all_deviations, .timeout = 600)
{
	cr_expect(eq(sz, try_deviations(chips[0]), COUNT(deviations) * COUNT(images)));
}

Test(update_dfuse, stm32f405_with_all_deviations, .timeout = 600)
{
	cr_expect(eq(sz, try_deviations(chips[1]), COUNT(deviations) * COUNT(images)));
}

Test(update_dfuse, gd32vf103_with_all_deviations, .timeout = 600)
{
	cr_expect(eq(sz, try_deviations(chips[2]), COUNT(deviations) * COUNT(images)));
}

Test(update_dfuse, usbd_dfu_rt_with_all_deviations, .timeout = 600)
{
	cr_expect(eq(sz, try_deviations(chips[3]), (COUNT(deviations) - 1) * COUNT(images)));
}

Test(update_dfuse, every_way_to_erase_and_verify, .timeout = 600)
{
	static const enum dfut_verify verifies[] = { DFUT_VERIFY_AUTO, DFUT_VERIFY_NEVER, DFUT_VERIFY_ALWAYS };
	char spec[100];
	size_t cases = 0;

	for (size_t i = 0; i < COUNT(chips) * COUNT(erases) * COUNT(verifies) * COUNT(images); i++, cases++) {
		size_t chip = i % COUNT(chips), rest = i / COUNT(chips);
		struct wishes wishes = { erases[rest % COUNT(erases)], verifies[rest / COUNT(erases) % COUNT(verifies)],
					 0, NULL };

		snprintf(spec, sizeof(spec), "%s:erase-percent=200", chips[chip]);
		update_and_judge(spec, rest / COUNT(erases) / COUNT(verifies), &wishes, i % 5 != 0);
	}
	fprintf(stderr, "%zu updates\n", cases);
}

/* Each ROM's kinds of being at work, for as long as the slowest part takes. */
Test(update_dfuse, mass_erase_is_waited_for, .timeout = 600)
{
	static const char *const specs[] = {
		"stm32f405:erase-percent=200",
		"stm32f405:erase-percent=200,busy=answer",
		"stm32f405:erase-percent=100,busy=answer,mass-poll-ms=0",
		"stm32f405:erase-percent=200,mass-poll-ms=35000",
		"stm32f405:erase-percent=200,mass-poll-ms=35000,busy=stall",
		"stm32f405:erase-percent=200,first-status=idle",
		"stm32f072:mass-poll-ms=0",
		"gd32vf103:mass-poll-ms=0,busy=block",
	};
	const struct wishes wishes = { DFUT_ERASE_MASS, DFUT_VERIFY_AUTO, 0, NULL };

	for (size_t i = 0; i < COUNT(specs); i++)
		for (size_t k = 0; k < COUNT(images); k++)
			update_and_judge(specs[i], k, &wishes, true);
}

/* The serial number of a GD32 tells how much there is; the layout is that of the largest. */
Test(update_dfuse, every_size_of_gd32, .timeout = 600)
{
	static const char *const serials[] = { "3C2J", "3C4J", "3C6J", "3C8J", "3CBJ", "3CDJ" };
	const struct wishes wishes = { DFUT_ERASE_AUTO, DFUT_VERIFY_AUTO, 0, NULL };
	char spec[100];

	for (size_t i = 0; i < COUNT(serials); i++) {
		snprintf(spec, sizeof(spec), "gd32vf103:serial=%s", serials[i]);
		update_and_judge(spec, 0, &wishes, true);
	}
}
