/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/*
 * The bootloaders that QMK builds keyboards with (docs.qmk.fm, "Flashing"): one call takes a keyboard from VIA's report to new
 * firmware, whichever of them comes back in its place. And what other makers put in front of the same bootloaders.
 */

#include "bench.h"
#include "rp-stage.h"

TestSuite(qmk, .timeout = 300);

#define SIZE 6000
#define STAGE_SIZE 252

enum program {
	PROGRAM_AVR,
	PROGRAM_ARM,
	PROGRAM_RISCV,
	PROGRAM_RP2040,
	PROGRAM_TINYUF2,
	PROGRAM_TEENSY,
	PROGRAM_SONIX,
};

struct keyboard {
	const char *bootloader; /* as QMK's rules call it */
	const char *spec;	/* of what is there after the report */
	enum program program;
	const char *part; /* to be named; NULL for none */
	const char *memory;
	const char *language;
};

static const struct keyboard keyboards[] = {
	{ "atmel-dfu", "flip:part=atmega32u4,loader=atmel", PROGRAM_AVR, NULL, "flash", "atmel-flip" },
	{ "lufa-dfu", "flip:part=at90usb1286,loader=lufa", PROGRAM_AVR, NULL, "flash", "atmel-flip" },
	{ "qmk-dfu", "flip:part=atmega32u2,loader=qmk", PROGRAM_AVR, NULL, "flash", "atmel-flip" },
	{ "qmk-hid", "via-keyboard:bootloader=lufa-hid", PROGRAM_AVR, "atmega32u4", "flash", "qmk-hid" },
	{ "halfkay", "teensy:board=2.0", PROGRAM_AVR, NULL, "flash", "halfkay" },
	{ "stm32-dfu", "stm32f072", PROGRAM_ARM, NULL, "flash", "dfuse" },
	{ "apm32-dfu", "stm32f072:rom-vid=314b,rom-pid=0106", PROGRAM_ARM, NULL, "flash", "dfuse" },
	{ "wb32-dfu", "stm32f072:rom-vid=342d,rom-pid=dfa0", PROGRAM_ARM, NULL, "flash", "dfuse" },
	{ "gd32v-dfu", "gd32vf103", PROGRAM_RISCV, NULL, "flash", "dfuse" },
	{ "rp2040", "pico", PROGRAM_RP2040, NULL, "flash", "picoboot" },
	{ "kiibohd", "dfu:vid=1c11,pid=b007,start=bootloader", PROGRAM_ARM, NULL, "memory0", "dfu" },
	{ "stm32duino", "dfu:vid=1eaf,pid=0003,start=bootloader", PROGRAM_ARM, NULL, "memory0", "dfu" },
	{ "tinyuf2", "uf2-board:flavour=tinyuf2", PROGRAM_TINYUF2, NULL, "flash", "uf2" },
};

/* Applications of their own, each with its way in, and the bootloader that its maker has put behind it. */
static const struct {
	const char *application;
	struct keyboard keyboard;
} others[] = {
	{ "flip:application=system76,return=no",
	  { "System76 Launch", "flip:part=atmega32u4,loader=atmel", PROGRAM_AVR, NULL, "flash", "atmel-flip" } },
	{ "flip:application=system76,return=no",
	  { "System76 Launch", "flip:part=at90usb646,loader=lufa", PROGRAM_AVR, NULL, "flash", "atmel-flip" } },
	{ "flip:application=system76,vid=3384,pid=0009,return=no",
	  { "System76 Launch Heavy", "pico", PROGRAM_RP2040, NULL, "flash", "picoboot" } },
	{ "via-keyboard:vid=32ac,pid=0012,return=no",
	  { "Framework Laptop 16", "pico", PROGRAM_RP2040, NULL, "flash", "picoboot" } },
	{ "pico:vid=2341,pid=005e,reset-interface=no,return=no",
	  { "Arduino Nano RP2040", "pico", PROGRAM_RP2040, NULL, "flash", "picoboot" } },
	{ "pico:vid=1209,pid=0a01,return=no",
	  { "board with the SDK's reset", "pico", PROGRAM_RP2040, NULL, "flash", "picoboot" } },
	{ "teensy:board=3.2,type=serial,return=no",
	  { "Teensy, by 134 baud", "teensy:board=3.2", PROGRAM_TEENSY, NULL, "flash", "halfkay" } },
	{ "teensy:board=3.2,return=no",
	  { "Teensy, by a report", "teensy:board=3.2", PROGRAM_TEENSY, NULL, "flash", "halfkay" } },
	{ "sonix-keyboard:firmware=hfd,return=no",
	  { "keyboard with HFD's firmware", "sonix-keyboard", PROGRAM_SONIX, NULL, "flash", "sonix-isp" } },
};

static uint8_t bytes[SIZE];

/* The ROM starts what ends its first page with this. */
static void put_stage_crc(void)
{
	uint32_t crc = rp_stage_get_crc(bytes);

	for (size_t i = 0; i < 4; i++)
		bytes[STAGE_SIZE + i] = (uint8_t)(crc >> 8 * i);
}

static void make_program(enum program program)
{
	static const uint8_t avr[] = { 0x0c, 0x94, 0x40, 0x00 };
	static const uint8_t arm[] = { 0x00, 0x10, 0x00, 0x20, 0x01, 0x01, 0x00, 0x08 };
	static const uint8_t teensy[] = { 0x00, 0x80, 0x00, 0x20, 0xbd, 0x01, 0x00, 0x00 };
	static const uint8_t sonix[64] = { 0x00, 0x08, 0x00, 0x20, 0x01, 0x02, 0x00, 0x00 };

	for (size_t i = 0; i < SIZE; i++)
		bytes[i] = (uint8_t)(i * 7 + (i >> 8));
	switch (program) {
	case PROGRAM_AVR:
		memcpy(bytes, avr, sizeof(avr));
		break;
	case PROGRAM_ARM:
		memcpy(bytes, arm, sizeof(arm));
		break;
	case PROGRAM_RP2040:
		put_stage_crc();
		break;
	case PROGRAM_TINYUF2:
		bytes[0] = 0xe9; /* as images of the ESP32 begin */
		break;
	case PROGRAM_TEENSY:
		memcpy(bytes, teensy, sizeof(teensy));
		break;
	case PROGRAM_SONIX:
		memcpy(bytes, sonix, sizeof(sonix));
		break;
	case PROGRAM_RISCV:
		break;
	}
}

static struct dfut_image *load(struct bench *bench, enum program program)
{
	struct dfut_image *image;

	make_program(program);
	cr_assert(eq(int, dfut_image_load_buffer(&image, bench->context, bytes, SIZE, 0), 0), "%s",
		  dfut_context_get_error(bench->context));
	if (program != PROGRAM_TINYUF2)
		return image;
	cr_assert(eq(int, dfut_image_set_address(image, 0), 0));
	cr_assert(eq(int, dfut_image_set_family(image, "esp32s2"), 0), "%s", dfut_image_get_error(image));
	cr_assert(eq(int, dfut_image_convert(image, "uf2"), 0), "%s", dfut_image_get_error(image));
	return image;
}

/* The same keyboard on its port, as its bootloader: most start that if there is nothing else to start. */
static struct dfut_sim_device *come_back(struct bench *bench, const struct keyboard *keyboard)
{
	uint8_t blank[0x2000];
	struct dfut_sim_device *device;

	dfut_sim_device_unplug(bench->device);
	device = bench_plug(bench, keyboard->spec, "1-1");
	if (bench_is_in_bootloader(device))
		return device;
	memset(blank, 0xff, sizeof(blank));
	dfut_sim_device_unplug(device);
	cr_assert(eq(int, dfut_sim_device_set_memory(device, keyboard->memory, 0, blank, sizeof(blank)), 0), "%s",
		  keyboard->bootloader);
	dfut_sim_device_replug(device);
	cr_assert(bench_is_in_bootloader(device), "%s: %s", keyboard->bootloader,
		  dfut_sim_device_get_mode_name(device));
	return device;
}

static bool holds(const struct dfut_sim_device *device, const char *memory)
{
	size_t size = 0;
	const uint8_t *content = dfut_sim_device_get_memory(device, memory, &size);

	for (size_t at = 0; content && at + SIZE <= size && at <= 0x10000; at += 0x1000)
		if (memcmp(content + at, bytes, SIZE) == 0)
			return true;
	return false;
}

static void update(const char *application, const struct keyboard *keyboard)
{
	struct dfut_sim_device *device = NULL;
	struct dfut_session *session;
	struct dfut_image *image;
	struct bench bench;

	bench_start(&bench, application);
	image = load(&bench, keyboard->program);
	session = bench_new_session(&bench, "1-1");
	cr_assert(eq(int, dfut_session_set_part(session, keyboard->part), 0));
	cr_assert(eq(int, dfut_session_start_update(session, image), 0), "%s: %s", keyboard->bootloader,
		  dfut_session_get_message(session));
	for (size_t i = 0; !dfut_session_has_ended(session) && i < 10 * ROUND_LIMIT; i++) {
		if (!device && !dfut_sim_device_is_present(bench.device))
			device = come_back(&bench, keyboard);
		dfut_context_dispatch(bench.context, -1);
	}
	cr_expect(eq(int, dfut_session_get_result(session), 0), "%s: %s", keyboard->bootloader,
		  dfut_session_get_message(session));
	cr_assert(device != NULL, "%s", keyboard->bootloader);
	cr_expect(holds(device, keyboard->memory), "%s", keyboard->bootloader);
	bench_expect_no_breach(device, keyboard->bootloader);
	fprintf(stderr, "%s (%s): %s\n", keyboard->bootloader, keyboard->language, dfut_session_get_message(session));
	dfut_session_free(session);
	dfut_image_free(image);
	bench_stop(&bench);
}

Test(qmk, keyboards_are_updated_whatever_is_behind_them)
{
	for (size_t i = 0; i < COUNT(keyboards); i++)
		update("via-keyboard:return=no", &keyboards[i]);
}

Test(qmk, boards_of_others_have_ways_in_of_their_own)
{
	for (size_t i = 0; i < COUNT(others); i++)
		update(others[i].application, &others[i].keyboard);
}

/* What the table says of each bootloader. */
Test(qmk, bootloaders_speak_what_they_speak)
{
	for (size_t i = 0; i < COUNT(keyboards); i++) {
		struct dfut_device *device;
		struct bench bench;

		bench_start(&bench, "via-keyboard");
		come_back(&bench, &keyboards[i]);
		device = bench_find(&bench, "1-1");
		cr_expect(eq(int, dfut_device_get_mode(device), DFUT_MODE_BOOTLOADER), "%s", keyboards[i].bootloader);
		cr_expect(eq(str, (char *)dfut_device_get_protocol(device), (char *)keyboards[i].language), "%s",
			  keyboards[i].bootloader);
		dfut_device_unref(device);
		bench_stop(&bench);
	}
}
