/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/*
 * Chips with a DfuSe ROM, and the application that they start: STM32F072 (times: data sheet DS9826), STM32F405
 * (DS8626, 8 bits at a time), GD32VF103; and an STM32F072 whose application has usbd-dfu-rt.
 */

#include <stdio.h>
#include <string.h>

#include "sim/parts/dfuse.h"

#define FIRST_NAME 4
#define DETACH_TIMEOUT_MS 255
#define VERSION_DFUSE 0x011a
#define AWAY_MS 300
#define GD32_PAGE_SIZE 1024
#define GD32_SERIAL_SIZE 4
#define NAME_SIZE 256
/* A letter of UTF-16 takes three bytes of UTF-8 at most. */
#define PACKED_SIZE (DFUT_SIM_TEXT_SIZE / 2 * 3 + 1)

enum mode {
	MODE_ROM,
	MODE_APPLICATION,
};

enum application {
	APPLICATION_GONE,
	APPLICATION_RUNTIME,
};

struct stm32 {
	struct dfut_sim_device *device;
	const struct dfut_sim_part *part;
	struct {
		struct dfut_sim_dfuse_options rom;
		struct dfut_sim_return leaving;
		uint16_t vendor_id;
		uint16_t product_id;
		uint16_t release;
		uint16_t version;
		bool boot0;
		uint32_t application;
		bool option_bytes;
		bool rdp;
		uint32_t wrp;
		bool wrp_in_name;
		uint32_t names;
		uint32_t feature_type;
		char layout[DFUT_SIM_TEXT_SIZE];
		char serial[DFUT_SIM_TEXT_SIZE];
		uint32_t string_surplus;
	} options;
	struct dfut_sim_flash flash;
	struct dfut_sim_dfuse rom;
	struct dfut_sim_rt rt;
	bool is_started;
	enum mode mode;

	uint8_t zones[DFUT_SIM_ZONE_LIMIT]; /* of the alternate settings */
	uint8_t alternate_count;
	char names[DFUT_SIM_ZONE_LIMIT][NAME_SIZE];
	char serial[PACKED_SIZE];
	uint8_t descriptors[DFUT_SIM_DFU_DESCRIPTORS_SIZE];
	size_t descriptors_size;
	struct dfut_string strings[4 + DFUT_SIM_ZONE_LIMIT];
	size_t string_count;
};

/* The chips. */

static const struct dfut_sim_zone stm32f072_zones[] = {
	{ "flash", "@Internal Flash  /0x08000000/064*0002Kg", 0x08000000, { { 64, 2048, 40 } } },
	{ "option-bytes", "@Option Bytes  /0x1FFFF800/01*016 e", 0x1ffff800, { { 1, 16, 0 } } },
};

static const struct dfut_sim_part stm32f072 = {
	.vendor_id = 0x0483,
	.product_id = 0xdf11,
	.release = 0x2200,
	.manufacturer = "STMicroelectronics",
	.product = "STM32  BOOTLOADER",
	.serial = "FFFFFFFEFFFF",
	.zones = stm32f072_zones,
	.zone_count = DFUT_COUNT(stm32f072_zones),
	.mass_erase_ms = 40,
	.program_ns = 26750,
	.option_bytes_ms = 41,
	.has_pairs = true,
};

static const struct dfut_sim_zone stm32f405_zones[] = {
	{ "flash",
	  "@Internal Flash  /0x08000000/04*016Kg,01*064Kg,07*128Kg",
	  0x08000000,
	  { { 4, 16 * 1024, 400 }, { 1, 64 * 1024, 1200 }, { 7, 128 * 1024, 2000 } } },
	{ "option-bytes", "@Option Bytes  /0x1FFFC000/01*016 e", 0x1fffc000, { { 1, 16, 0 } } },
	{ "otp", "@OTP Memory /0x1FFF7800/01*512 e,01*016 e", 0x1fff7800, { { 1, 512, 0 }, { 1, 16, 0 } } },
	{ "device-feature", "@Device Feature/0xFFFF0000/01*004 e", 0xffff0000, { { 1, 4, 0 } } },
};

const struct dfut_sim_part dfut_sim_part_stm32f405 = {
	.vendor_id = 0x0483,
	.product_id = 0xdf11,
	.release = 0x2200,
	.manufacturer = "STMicroelectronics",
	.product = "STM32  BOOTLOADER",
	.serial = "325638843331",
	.zones = stm32f405_zones,
	.zone_count = DFUT_COUNT(stm32f405_zones),
	.mass_erase_ms = 16000,
	.program_ns = 16000,
	.option_bytes_ms = 50,
};

/* Its layout is that of the largest one, whatever is inside. */
static const struct dfut_sim_zone gd32vf103_zones[] = {
	{ "flash", "@Internal Flash  /0x08000000/128*001Kg", 0x08000000, { { 128, GD32_PAGE_SIZE, 100 } } },
	{ "option-bytes", "@Option Bytes  /0x1FFFF800/01*016 g", 0x1ffff800, { { 1, 16, 100 } } },
};

static const struct dfut_sim_part gd32vf103 = {
	.vendor_id = 0x28e9,
	.product_id = 0x0189,
	.release = 0x0100,
	.manufacturer = "GDMicroelectronics",
	.product = "GD32 DFU Bootloader",
	.serial = "3CBJ",
	.zones = gd32vf103_zones,
	.zone_count = DFUT_COUNT(gd32vf103_zones),
	.mass_erase_ms = 100,
	.program_ns = 50780,
	.option_bytes_ms = 100,
	.has_pairs = true,
	.is_riscv = true,
};

/* Descriptors of the ROM. */

static void add_string(struct stm32 *stm32, uint8_t index, const char *text)
{
	stm32->strings[stm32->string_count].index = index;
	stm32->strings[stm32->string_count++].text = text;
}

static void name_alternate(struct stm32 *stm32, uint8_t alternate)
{
	char *name = stm32->names[alternate];
	size_t zone = stm32->options.names ? DFUT_SIM_ZONE_FLASH : stm32->zones[alternate];
	size_t last = strlen(stm32->flash.zones[zone].layout) - 1;

	snprintf(name, NAME_SIZE, "%s", stm32->flash.zones[zone].layout);
	if (zone == DFUT_SIM_ZONE_FLASH && stm32->options.wrp_in_name)
		dfut_sim_flash_tell_layout(&stm32->flash, name, NAME_SIZE);
	if (zone == DFUT_SIM_ZONE_FLASH && stm32->options.layout[0])
		snprintf(name, NAME_SIZE, "%s", stm32->options.layout);
	if (strcmp(stm32->flash.zones[zone].memory, "device-feature") == 0 && stm32->options.feature_type)
		name[last] = 'a';
}

static void build_strings(struct stm32 *stm32)
{
	stm32->string_count = 0;
	add_string(stm32, 1, stm32->part->manufacturer);
	add_string(stm32, 2, stm32->part->product);
	add_string(stm32, 3, stm32->serial);
	if (stm32->options.rom.string_text[0])
		add_string(stm32, (uint8_t)stm32->options.rom.string, stm32->options.rom.string_text);
	stm32->alternate_count = 0;
	for (size_t i = 0; i < stm32->flash.zone_count; i++) {
		uint8_t alternate = stm32->alternate_count;

		if (i == DFUT_SIM_ZONE_OPTION_BYTES && !stm32->options.option_bytes)
			continue;
		stm32->zones[alternate] = (uint8_t)i;
		name_alternate(stm32, alternate);
		add_string(stm32, (uint8_t)(FIRST_NAME + alternate), stm32->names[alternate]);
		stm32->alternate_count++;
	}
}

static void build(struct stm32 *stm32)
{
	struct dfut_sim_dfu_layout layout = {
		.vendor_id = stm32->options.vendor_id,
		.product_id = stm32->options.product_id,
		.release = stm32->options.release,
		.has_strings = true,
		.max_power = 50,
		.class_code = DFUT_SIM_DFU_CLASS,
		.subclass = DFUT_SIM_DFU_SUBCLASS,
		.protocol = 2,
		.first_name = FIRST_NAME,
		.place = stm32->options.rom.functional ? DFUT_SIM_PLACE_LAST : DFUT_SIM_PLACE_MISSING,
		.functional_size = 9,
		.attributes = stm32->rom.rules.attributes,
		.detach_timeout_ms = DETACH_TIMEOUT_MS,
		.transfer_size = (uint16_t)stm32->options.rom.transfer_size,
		.version = stm32->options.version,
	};

	build_strings(stm32);
	layout.alternate_count = stm32->alternate_count;
	stm32->descriptors_size = dfut_sim_dfu_put_descriptors(stm32->descriptors, &layout);
}

/* Modes. */

static void enter_rom(struct stm32 *stm32)
{
	stm32->mode = MODE_ROM;
	stm32->device->string_surplus = (uint8_t)stm32->options.string_surplus;
	dfut_sim_dfuse_start(&stm32->rom, stm32->device, &stm32->flash, &stm32->options.rom);
	build(stm32);
}

static void enter_application(struct stm32 *stm32)
{
	stm32->mode = MODE_APPLICATION;
	stm32->device->string_surplus = 0;
	dfut_sim_rt_start(&stm32->rt, stm32->device, stm32->options.serial);
}

static bool is_visible(const struct stm32 *stm32)
{
	return stm32->mode == MODE_ROM || stm32->options.application == APPLICATION_RUNTIME;
}

static void leave(struct stm32 *stm32)
{
	uint32_t away_ms = dfut_sim_return_ms(&stm32->options.leaving);

	dfut_sim_device_leave(stm32->device, 0, is_visible(stm32) ? away_ms : DFUT_SIM_NEVER);
}

/* What a system reset leads to: without code to start it stays in the ROM, so that it can be helped. */
static void boot(struct stm32 *stm32)
{
	bool has_code = dfut_sim_flash_has_code(&stm32->flash, stm32->part->zones[0].address);

	if (stm32->options.boot0 || !has_code)
		enter_rom(stm32);
	else
		enter_application(stm32);
}

static void jump_into_rom(struct stm32 *stm32)
{
	if (!stm32->options.leaving.leave)
		return;
	if (stm32->options.leaving.as == 1)
		enter_application(stm32);
	else
		enter_rom(stm32);
	leave(stm32);
}

/* The model. */

static int stm32_control(void *state, const struct dfut_sim_setup *setup, uint8_t *data)
{
	struct stm32 *stm32 = state;

	if (stm32->mode == MODE_ROM)
		return dfut_sim_dfuse_answer(&stm32->rom, setup, data);
	if ((setup->request_type & DFUT_SIM_TYPE_MASK) != DFUT_SIM_TYPE_CLASS)
		return DFUT_ERROR_DEVICE;
	return dfut_sim_rt_answer(&stm32->rt, setup, data);
}

static int stm32_set_interface(void *state, uint8_t number, uint8_t alternate)
{
	struct stm32 *stm32 = state;

	(void)number;
	if (stm32->mode == MODE_ROM)
		stm32->rom.zone = stm32->zones[alternate];
	return 0;
}

static void stm32_bus_reset(void *state)
{
	struct stm32 *stm32 = state;

	if (stm32->mode == MODE_ROM)
		dfut_sim_dfuse_bus_reset(&stm32->rom);
	else if (dfut_sim_rt_bus_reset(&stm32->rt))
		jump_into_rom(stm32);
}

static void run_rom_timer(struct stm32 *stm32)
{
	enum dfut_sim_dfuse_event event = dfut_sim_dfuse_take_event(&stm32->rom);

	if (event == DFUT_SIM_DFUSE_STAYS)
		return;
	if (event == DFUT_SIM_DFUSE_LEAVE && dfut_sim_flash_has_code(&stm32->flash, stm32->rom.pointer))
		enter_application(stm32);
	else
		boot(stm32);
	leave(stm32);
}

static void stm32_timer(void *state, unsigned int timer)
{
	struct stm32 *stm32 = state;

	if (timer == DFUT_SIM_DFUSE_TIMER && stm32->mode == MODE_ROM)
		run_rom_timer(stm32);
	if (timer == DFUT_SIM_RT_TIMER && stm32->mode == MODE_APPLICATION && dfut_sim_rt_timer(&stm32->rt))
		jump_into_rom(stm32);
}

static uint32_t stm32_start(void *state, enum dfut_sim_start start)
{
	struct stm32 *stm32 = state;

	(void)start;
	boot(stm32);
	if (stm32->mode == MODE_ROM && !stm32->is_started)
		dfut_sim_dfuse_power_up(&stm32->rom);
	stm32->is_started = true;
	return is_visible(stm32) ? stm32->options.leaving.ms : DFUT_SIM_NEVER;
}

static int stm32_set_mode(void *state, const char *mode)
{
	struct stm32 *stm32 = state;
	bool is_application = strcmp(mode, "application") == 0;

	if (!is_application && strcmp(mode, "bootloader") != 0)
		return DFUT_ERROR_USAGE;
	stm32->is_started = true;
	if (is_application && stm32->options.application == APPLICATION_RUNTIME)
		enter_application(stm32);
	else
		/* An application that can't be seen has ended when it is plugged in again. */
		enter_rom(stm32);
	return 0;
}

static const char *stm32_get_mode_name(const void *state)
{
	const struct stm32 *stm32 = state;

	return stm32->mode == MODE_ROM ? "bootloader" : "application";
}

static const char *stm32_get_state_name(const void *state)
{
	const struct stm32 *stm32 = state;

	return dfut_sim_dfu_state_get_name(stm32->mode == MODE_ROM ? stm32->rom.state : stm32->rt.state);
}

static void stm32_describe(const void *state, struct dfut_sim_description *description)
{
	const struct stm32 *stm32 = state;

	if (stm32->mode == MODE_APPLICATION) {
		dfut_sim_rt_describe(&stm32->rt, description);
		return;
	}
	description->descriptors = stm32->descriptors;
	description->descriptors_size = stm32->descriptors_size;
	description->strings = stm32->strings;
	description->string_count = stm32->string_count;
}

static int stm32_get_memory(void *state, size_t index, struct dfut_sim_memory *memory)
{
	struct stm32 *stm32 = state;
	const struct dfut_sim_zone *zone;

	if (index >= stm32->flash.zone_count)
		return DFUT_ERROR_NOT_FOUND;
	zone = &stm32->flash.zones[index];
	*memory = (struct dfut_sim_memory){ zone->memory, stm32->flash.memories[index], dfut_sim_zone_get_size(zone) };
	return 0;
}

/* Options. */

#define OPTION(key, kind, member, least, most, words) \
	{ \
		key, DFUT_SIM_OPTION_##kind, offsetof(struct stm32, options.member), least, most, words \
	}

static const struct dfut_sim_option stm32_options[] = {
	DFUT_SIM_DFUSE_OPTIONS(struct stm32, options.rom),
	DFUT_SIM_RETURN_OPTIONS(struct stm32, options.leaving),
	DFUT_SIM_RT_OPTIONS(struct stm32, rt),
	OPTION("rom-vid", ID, vendor_id, 0, 0, NULL),
	OPTION("rom-pid", ID, product_id, 0, 0, NULL),
	OPTION("rom-release", ID, release, 0, 0, NULL),
	OPTION("rom-version", ID, version, 0, 0, NULL),
	OPTION("boot0", FLAG, boot0, 0, 0, NULL),
	OPTION("application", CHOICE, application, 0, 0, "gone|runtime"),
	OPTION("option-bytes", FLAG, option_bytes, 0, 0, NULL),
	OPTION("rdp", FLAG, rdp, 0, 0, NULL),
	OPTION("wrp", NUMBER, wrp, 0, UINT32_MAX, NULL),
	OPTION("wrp-in-name", FLAG, wrp_in_name, 0, 0, NULL),
	OPTION("names", CHOICE, names, 0, 0, "own|same"),
	OPTION("feature-type", CHOICE, feature_type, 0, 0, "e|a"),
	OPTION("layout", TEXT, layout, 0, 0, NULL),
	OPTION("serial", TEXT, serial, 0, 0, NULL),
	OPTION("string-surplus", NUMBER, string_surplus, 0, 100, NULL),
};

#define STM32_TEXT \
	DFUT_SIM_DFUSE_TEXT DFUT_SIM_RT_TEXT \
		"rom-vid=HHHH: vendor id of the ROM\n" \
		"rom-pid=HHHH: product id of the ROM\n" \
		"rom-release=HHHH: bcdDevice of the ROM\n" \
		"rom-version=HHHH: bcdDFUVersion of the ROM\n" \
		"boot0=yes|no: whether a reset leads into the ROM even if there is code in flash\n" \
		"application=gone|runtime: what it is after the ROM: nothing on the bus, or one with usbd-dfu-rt\n" \
		"option-bytes=yes|no: whether there is an alternate setting for them\n" \
		"rdp=yes|no: read protection, level 1\n" \
		"wrp=MASK: write protection: a bit for each sector, or for 4 KiB where sectors are smaller\n" \
		"wrp-in-name=yes|no: whether the layout shows write-protected sectors as readable only\n" \
		"names=own|same: whether all alternate settings have the first one's name\n" \
		"feature-type=e|a: type of the Device Feature's layout\n" \
		"layout=TEXT: layout of the flash, whatever it really is\n" \
		"serial=TEXT: serial number\n" \
		"string-surplus=N: by how much strings are shorter than their bLength says\n" DFUT_SIM_RETURN_TEXT \
			DFUT_SIM_COMMON_TEXT

static int stm32_set_option(void *state, const char *key, const char *value)
{
	return dfut_sim_option_set(stm32_options, DFUT_COUNT(stm32_options), state, key, value);
}

static void create(struct stm32 *stm32, struct dfut_sim_device *device, const struct dfut_sim_part *part)
{
	stm32->device = device;
	stm32->part = part;
	stm32->flash.part = part;
	stm32->flash.zone_count = part->zone_count;
	memcpy(stm32->flash.zones, part->zones, part->zone_count * sizeof(*part->zones));
	dfut_sim_dfuse_set_defaults(&stm32->options.rom);
	dfut_sim_rt_set_defaults(&stm32->rt);
	stm32->options.leaving = (struct dfut_sim_return){ .leave = true, .returns = true, .ms = AWAY_MS };
	stm32->options.vendor_id = part->vendor_id;
	stm32->options.product_id = part->product_id;
	stm32->options.release = part->release;
	stm32->options.version = VERSION_DFUSE;
	stm32->options.boot0 = true;
	stm32->options.option_bytes = true;
	snprintf(stm32->options.serial, sizeof(stm32->options.serial), "%s", part->serial);
}

static int stm32f072_create(void *state, struct dfut_sim_device *device)
{
	create(state, device, &stm32f072);
	return 0;
}

static int stm32f405_create(void *state, struct dfut_sim_device *device)
{
	struct stm32 *stm32 = state;

	create(stm32, device, &dfut_sim_part_stm32f405);
	/* It says so for 16 s and more, and is not to be reached meanwhile. */
	stm32->options.rom.mass_poll_ms = 100;
	stm32->options.rom.busy = 1;
	return 0;
}

static int gd32vf103_create(void *state, struct dfut_sim_device *device)
{
	struct stm32 *stm32 = state;

	create(stm32, device, &gd32vf103);
	stm32->options.rom.start = 1;
	return 0;
}

static int usbd_dfu_rt_create(void *state, struct dfut_sim_device *device)
{
	struct stm32 *stm32 = state;

	create(stm32, device, &stm32f072);
	stm32->options.boot0 = false;
	stm32->options.application = APPLICATION_RUNTIME;
	return 0;
}

/* The third character of a GD32's serial number tells how much flash there is. */
static int set_gd32_size(struct stm32 *stm32)
{
	static const struct {
		char letter;
		uint32_t pages;
	} sizes[] = { { '2', 8 }, { '4', 16 }, { '6', 32 }, { '8', 64 }, { 'B', 128 }, { 'D', 256 } };
	const char *serial = stm32->options.serial;

	if (strlen(serial) != GD32_SERIAL_SIZE)
		return DFUT_ERROR_USAGE;
	for (size_t i = 0; i < DFUT_COUNT(sizes); i++) {
		if (sizes[i].letter != serial[2])
			continue;
		stm32->flash.zones[DFUT_SIM_ZONE_FLASH].runs[0].count = sizes[i].pages;
		return 0;
	}
	return DFUT_ERROR_USAGE;
}

/* Its serial number is a byte for each character, two of which look like one of UTF-16. */
static void pack_serial(struct stm32 *stm32)
{
	const char *in = stm32->options.serial;
	char *out = stm32->serial;

	for (; in[0] && in[1]; in += 2) {
		unsigned int point = (unsigned int)(uint8_t)in[0] | (unsigned int)(uint8_t)in[1] << 8;

		*out++ = (char)(0xe0 | point >> 12);
		*out++ = (char)(0x80 | (point >> 6 & 0x3f));
		*out++ = (char)(0x80 | (point & 0x3f));
	}
	*out = '\0';
}

/* Something that the chip takes for an application */
static void put_code(struct stm32 *stm32)
{
	uint8_t *flash = stm32->flash.memories[DFUT_SIM_ZONE_FLASH];

	dfut_put_le32(flash, 0x20004000);
	dfut_put_le32(flash + 4, 0x08000101);
	for (uint8_t i = 8; i < 0x80; i++)
		flash[i] = i;
}

static int stm32_prepare(void *state)
{
	struct stm32 *stm32 = state;
	bool is_gd32 = stm32->part == &gd32vf103;
	int result = is_gd32 ? set_gd32_size(stm32) : 0;

	if (result == 0)
		result = dfut_sim_flash_prepare(&stm32->flash);
	if (result < 0)
		return result;
	dfut_sim_flash_protect(&stm32->flash, stm32->options.rdp, stm32->options.wrp);
	put_code(stm32);
	if (is_gd32)
		pack_serial(stm32);
	else
		snprintf(stm32->serial, sizeof(stm32->serial), "%s", stm32->options.serial);
	return 0;
}

static void stm32_destroy(void *state)
{
	struct stm32 *stm32 = state;

	dfut_sim_flash_free(&stm32->flash);
}

/* clang-format off */
#define MODEL(model_name, model_text, create_function) \
	{ \
		.size = sizeof(struct dfut_sim_model), \
		.name = model_name, \
		.text = model_text, \
		.options = STM32_TEXT, \
		.state_size = sizeof(struct stm32), \
		.create = create_function, \
		.set_option = stm32_set_option, \
		.prepare = stm32_prepare, \
		.destroy = stm32_destroy, \
		.start = stm32_start, \
		.set_mode = stm32_set_mode, \
		.get_mode_name = stm32_get_mode_name, \
		.get_state_name = stm32_get_state_name, \
		.describe = stm32_describe, \
		.get_memory = stm32_get_memory, \
		.control = stm32_control, \
		.set_interface = stm32_set_interface, \
		.bus_reset = stm32_bus_reset, \
		.timer = stm32_timer, \
	}
/* clang-format on */

const struct dfut_sim_model dfut_sim_stm32f072 = MODEL("stm32f072", "an STM32F072 in its ROM, which speaks DfuSe",
						       stm32f072_create);
const struct dfut_sim_model dfut_sim_stm32f405 = MODEL("stm32f405", "an STM32F405 in its ROM, which speaks DfuSe",
						       stm32f405_create);
const struct dfut_sim_model dfut_sim_gd32vf103 = MODEL("gd32vf103",
						       "a GD32VF103 in its ROM, which speaks DfuSe in its own way",
						       gd32vf103_create);
const struct dfut_sim_model
	dfut_sim_usbd_dfu_rt = MODEL("usbd-dfu-rt", "an STM32F072 whose application has usbd-dfu-rt's DFU interface",
				     usbd_dfu_rt_create);
