/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* The virtual SONiX keyboard in its bootloader: commands, data, and what becomes of the chip. */

#include "sim-hid-host.h"

#define SIZE 64

TestSuite(sim_sonix_isp, .fini = stop, .timeout = 20);

static void plug_chip(const char *options, uint16_t product_id)
{
	uint8_t magic[SIZE] = { 0xaa, 0x55, 0xa5, 0x5a, 0xff, 0x00, 0x33, 0xcc };
	char spec[128];

	snprintf(spec, sizeof(spec), "sonix-keyboard:%s", options);
	plug(spec, 1);
	cr_assert(eq(int, set_report(FEATURE, 1, magic, SIZE), SIZE));
	assert_is("bootloader", 0x0c45, product_id);
	open_interface(0);
	dfut_sim_device_clear_record(host->device);
}

static int send(uint8_t command, uint32_t first, uint32_t second)
{
	uint8_t report[SIZE] = { command, 0xaa, 0x55 };

	dfut_put_le32(report + 4, first);
	dfut_put_le32(report + 8, second);
	return set_report(FEATURE, 0, report, SIZE);
}

static const uint8_t *get_answer(void)
{
	while (get_report(FEATURE, 0, SIZE) != SIZE)
		host_wait_ms(host, 100);
	return host->request.buffer;
}

static bool is_good(uint8_t command)
{
	const uint8_t *answer = get_answer();

	return dfut_le32(answer) == (0x55aa00u | command) && dfut_le32(answer + 4) == 0xfafafafa;
}

/* With the pause that belongs to it */
static bool run(uint8_t command, uint32_t first, uint32_t second)
{
	bool good;

	cr_assert(eq(int, send(command, first, second), SIZE));
	good = is_good(command);
	host_wait_ms(host, 1000);
	return good;
}

static void send_data(const uint8_t *image, size_t size)
{
	for (size_t at = 0; at < size; at += SIZE)
		cr_assert(eq(int, set_report(FEATURE, 0, image + at, SIZE), SIZE));
}

static uint16_t sum(const uint8_t *image, size_t size)
{
	uint16_t total = 0;

	for (size_t i = 0; i < size; i += 2)
		total = (uint16_t)(total + dfut_le16(image + i));
	return total;
}

#define IMAGE_SIZE 640

static const uint8_t *make_image(uint32_t at)
{
	static uint8_t image[IMAGE_SIZE];

	for (size_t i = 0; i < sizeof(image); i++)
		image[i] = (uint8_t)(i * 7 + 5);
	dfut_put_le32(image, 0x20000800);
	dfut_put_le32(image + 4, at + 0x101);
	return image;
}

/* Returns the checksum that the chip tells. */
static uint16_t program(uint32_t offset, const uint8_t *image)
{
	const uint8_t *answer;

	cr_assert(eq(int, send(5, offset, IMAGE_SIZE / SIZE), SIZE));
	cr_assert(is_good(5));
	send_data(image, IMAGE_SIZE);
	answer = get_answer();
	cr_assert(eq(u32, dfut_le32(answer), 0x55aa05));
	cr_assert(eq(int, memcmp(answer + 60, image + IMAGE_SIZE - 4, 4), 0));
	host_wait_ms(host, 2000);
	return dfut_le16(answer + 8);
}

static void leave(const char *mode, uint16_t product_id)
{
	cr_assert(eq(int, send(7, 0, 0), SIZE));
	assert_is(mode, 0x0c45, product_id);
}

struct chip {
	const char *name;
	uint8_t sub_family;
	uint8_t member;
	size_t flash_size;
	uint16_t pages;
	uint16_t blank; /* checksum, 0 pages: erases itself */
	uint16_t level;
	uint16_t product_id;
};

static const struct chip chips[] = {
	{ "22x", 1, 1, 0x4000, 16, 0xe000, 0xffff, 0x7900 },  { "23x", 1, 2, 0x8000, 32, 0xc000, 0xffff, 0x7900 },
	{ "24x", 1, 3, 0x10000, 64, 0x8000, 0xffff, 0x7900 }, { "26x", 2, 0, 0x7800, 0, 0, 0, 0x7010 },
	{ "24xb", 3, 0, 0x10000, 0, 0, 0, 0x7040 },	      { "28x", 4, 0, 0x20000, 128, 0, 0xffff, 0x7120 },
	{ "29x", 5, 0, 0x40000, 256, 0, 0xffff, 0x7140 },     { "24xc", 6, 0, 0x20000, 128, 0, 0xffff, 0x7160 },
};

static void check_version(const struct chip *chip)
{
	const uint8_t *answer;

	cr_assert(eq(int, send(1, 0, 0), SIZE));
	answer = get_answer();
	cr_assert(eq(u32, dfut_le32(answer + 4), 0xfafafafa));
	cr_assert(eq(u8, answer[8], 32));
	cr_assert(eq(u8, answer[9], chip->sub_family));
	cr_assert(eq(u8, answer[11], chip->member));
	cr_assert(eq(u16, dfut_le16(answer + 12), 0));
	cr_assert(eq(u16, dfut_le16(answer + 14), chip->level));
	host_wait_ms(host, 1000);
}

Test(sim_sonix_isp, each_chip_is_updated)
{
	for (size_t i = 0; i < DFUT_COUNT(chips); i++) {
		const struct chip *chip = &chips[i];
		uint32_t offset = chip->product_id == 0x7010 ? 0x200 : 0;
		const uint8_t *image = make_image(offset);
		uint16_t checksum;
		char options[32];

		snprintf(options, sizeof(options), "chip=%s", chip->name);
		plug_chip(options, chip->product_id);
		check_version(chip);
		if (chip->pages) {
			cr_assert(run(2, 0, 0));
			cr_assert(eq(int, send(4, 0, chip->pages), SIZE));
			cr_assert(eq(int, get_report(FEATURE, 0, SIZE), DFUT_ERROR_DEVICE));
			cr_assert(is_good(4));
			cr_assert(eq(u16, dfut_le16(host->request.buffer + 8), chip->blank));
			host_wait_ms(host, 1000);
		}
		checksum = program(offset, image);
		cr_assert(offset || checksum == sum(image, IMAGE_SIZE));
		cr_assert(eq(int, memcmp(get_flash(chip->flash_size) + offset, image, IMAGE_SIZE), 0));
		leave("application", 0x652f);
		cr_assert(eq(sz, get_breaches(), 0), "%s", chip->name);
	}
}

/* With another offset the sum is of more than what was sent. */
Test(sim_sonix_isp, checksum_begins_at_0)
{
	plug_chip("", 0x7040);
	cr_assert(run(1, 0, 0));
	cr_assert(eq(u16, program(0x200, make_image(0x200)), sum(get_flash(0x10000), 0x200 + IMAGE_SIZE)));
	leave("application", 0x652f);
	cr_assert(eq(sz, get_breaches(), 0));
}

/* What is told with its high byte first comes back with its low byte first. */
Test(sim_sonix_isp, has_a_code_option)
{
	plug_chip("chip=24x,code-option=12ab", 0x7900);
	cr_assert(run(1, 0, 0));
	cr_assert(eq(int, memcmp(host->request.buffer + 12, "\x12\xab", 2), 0));
	cr_assert(run(1, 0x12ab, 0));
	cr_assert(run(2, 0x12ab, 0));
	cr_assert(eq(sz, get_breaches(), 0));
	cr_assert(run(1, 0xab12, 0));
	assert_breach("command 1: another code option");
	cr_assert(not(run(2, 0xab12, 0)));
	assert_breach("command 2: another code option");
	cr_assert(run(3, 0xffffab12, 0));
	assert_breach("command 3: another code option");
}

Test(sim_sonix_isp, is_protected)
{
	static const struct {
		const char *options;
		uint16_t level;
		uint16_t erased;
	} cases[] = {
		{ "chip=24x,security=cs1", 0x5a5a, 0xff },
		{ "chip=24x,security=cs2", 0xa5a5, 0xff },
		{ "chip=24x,security=cs3,wipe=no", 0xaa55, 0 },
	};

	for (size_t i = 0; i < DFUT_COUNT(cases); i++) {
		plug_chip(cases[i].options, 0x7900);
		cr_assert(run(1, 0, 0));
		cr_assert(eq(u16, dfut_le16(host->request.buffer + 14), cases[i].level));
		cr_assert(not(run(4, 0, 64)));
		assert_breach("command 4: the chip is protected");
		cr_assert(not(run(5, 0, 1)));
		assert_breach("command 5: the chip is protected");
		host_wait_ms(host, 1000);
		cr_assert(run(3, 0xffff0000, 0));
		cr_assert(eq(u8, get_flash(0x10000)[8], cases[i].erased ? 0xff : 25));
		cr_assert(run(4, 0, 64));
		cr_assert(eq(sz, get_breaches(), 0));
	}
	cr_assert(run(3, 0x5a5a0000, 0));
	assert_breach("locks the chip");
	cr_assert(not(run(4, 0, 64)));
}

/* A host that went away leaves a chip that takes the next one's command for data, until its power is cut. */
Test(sim_sonix_isp, waits_for_its_data)
{
	const uint8_t *image = make_image(0);

	plug_chip("chip=24x", 0x7900);
	cr_assert(run(1, 0, 0));
	cr_assert(run(4, 0, 64));
	cr_assert(eq(int, send(5, 0, 4), SIZE));
	cr_assert(is_good(5));
	send_data(image, SIZE);
	open_interface(0);
	cr_assert(eq(int, send(1, 0, 0), SIZE));
	cr_assert(eq(u32, dfut_le32(get_answer()), 0x55aa05));
	cr_assert(eq(sz, get_breaches(), 0));
	dfut_sim_device_unplug(host->device);
	dfut_sim_device_set_memory(host->device, "flash", 0, "\xff\xff\xff\xff", 4);
	dfut_sim_device_replug(host->device);
	assert_is("bootloader", 0x0c45, 0x7900);
	open_interface(0);
	cr_assert(run(1, 0, 0));
	cr_assert(eq(u8, host->request.buffer[0], 1));
}

Test(sim_sonix_isp, spoils_what_it_is_told)
{
	const uint8_t *image = make_image(0);

	plug_chip("chip=24x,spoil=erase", 0x7900);
	cr_assert(run(4, 0, 64));
	cr_assert(ne(u16, dfut_le16(host->request.buffer + 8), 0x8000));
	plug_chip("spoil=program", 0x7040);
	cr_assert(ne(u16, program(0, image), sum(image, IMAGE_SIZE)));
	plug_chip("family=33,sub-family=9", 0x7040);
	cr_assert(run(1, 0, 0));
	cr_assert(eq(u8, host->request.buffer[8], 33));
	cr_assert(eq(u8, host->request.buffer[9], 9));
}

Test(sim_sonix_isp, notes_missing_pauses)
{
	plug_chip("chip=24x", 0x7900);
	cr_assert(eq(int, send(1, 0, 0), SIZE));
	cr_assert(is_good(1));
	cr_assert(run(2, 0, 0));
	assert_breach("command 2 comes");
	cr_assert(eq(int, send(4, 0, 64), SIZE));
	cr_assert(eq(int, send(1, 0, 0), DFUT_ERROR_DEVICE));
	assert_breach("while command 4 is at work");
	cr_assert(is_good(4));
	host_wait_ms(host, 1000);
	program(0, make_image(0));
	cr_assert(eq(sz, get_breaches(), 0));
	cr_assert(eq(int, send(5, 0, 1), SIZE));
	cr_assert(is_good(5));
	send_data(make_image(0), SIZE);
	cr_assert(is_good(5));
	host_wait_ms(host, 1500);
	send(7, 0, 0);
	assert_breach("instead of 2000");
}

Test(sim_sonix_isp, notes_commands_that_are_not_for_it)
{
	uint8_t report[SIZE + 1] = { 4, 0xaa, 0x55, 0, 0, 0, 64 };

	plug_chip("", 0x7040);
	cr_assert(not(run(4, 0, 1024)));
	assert_breach("this chip erases while it is programmed");
	cr_assert(not(run(2, 0, 0)));
	assert_breach("this chip does not know it");
	plug_chip("chip=24x", 0x7900);
	cr_assert(not(run(4, 0, 65)));
	assert_breach("no such pages");
	set_report(FEATURE, 0, report, SIZE);
	cr_assert(has_breach("0x40 at 6"));
	host_wait_ms(host, 1000);
	dfut_sim_device_clear_record(host->device);
	cr_assert(not(run(5, 0, 1025)));
	assert_breach("no such blocks");
	host_wait_ms(host, 1000);
	for (uint8_t command = 8; command < 10; command++) {
		cr_assert(not(run(command, 0, 0)));
		assert_breach("nobody knows what it does");
	}
	set_report(FEATURE, 0, make_image(0), SIZE);
	assert_breach("is none");
	cr_assert(eq(int, set_report(FEATURE, 0, report, SIZE + 1), DFUT_ERROR_DEVICE));
	assert_breach("65 bytes instead of 64");
}

Test(sim_sonix_isp, notes_data_out_of_order)
{
	const uint8_t *image = make_image(0);

	plug_chip("chip=24x", 0x7900);
	cr_assert(eq(int, send(5, 0, 3), SIZE));
	assert_breach("the flash was not erased");
	send_data(image, SIZE);
	assert_breach("data before the reply was read");
	get_report(FEATURE, 0, SIZE);
	assert_breach("GET_REPORT among the data");
	send_data(image, 2 * SIZE);
	cr_assert(is_good(5));
	cr_assert(eq(sz, get_breaches(), 0));
}

/* Only a 26x has no other way in than its program. */
Test(sim_sonix_isp, is_bricked_without_a_way_in)
{
	uint8_t magic[SIZE] = { 0xaa, 0x55, 0xa5, 0x5a, 0xff, 0x00, 0x33, 0xcc };
	uint8_t blank[SIZE];

	plug_chip("chip=26x", 0x7010);
	program(0, make_image(0));
	leave("bricked", 0x652f);
	open_interface(1);
	cr_assert(eq(int, set_report(FEATURE, 1, magic, SIZE), SIZE));
	assert_is("bricked", 0x0c45, 0x652f);
	plug_chip("chip=26x", 0x7010);
	memset(blank, 0xff, SIZE);
	cr_assert(eq(int, send(5, 0, 1), SIZE));
	cr_assert(is_good(5));
	send_data(blank, SIZE);
	cr_assert(is_good(5));
	host_wait_ms(host, 2000);
	cr_assert(eq(int, send(7, 0, 0), SIZE));
	host_wait_ms(host, 60000);
	assert_text(get_mode(), "bricked");
	cr_assert(eq(ptr, (void *)host_get(host), NULL));
	dfut_sim_device_unplug(host->device);
	dfut_sim_device_replug(host->device);
	host_wait_ms(host, 60000);
	cr_assert(eq(ptr, (void *)host_get(host), NULL));
}

/* The jumploader stays in the bootloader if there is no program behind it, and a ROM if there is none at all. */
Test(sim_sonix_isp, has_nothing_to_start)
{
	uint8_t blank[SIZE];

	memset(blank, 0xff, SIZE);
	plug_chip("chip=26x", 0x7010);
	cr_assert(eq(int, send(5, 0x200, 1), SIZE));
	cr_assert(is_good(5));
	send_data(blank, SIZE);
	cr_assert(is_good(5));
	host_wait_ms(host, 2000);
	leave("bootloader", 0x7010);
	plug_chip("chip=28x", 0x7120);
	cr_assert(run(4, 0, 128));
	leave("bootloader", 0x7120);
	dfut_sim_device_unplug(host->device);
	dfut_sim_device_replug(host->device);
	assert_is("bootloader", 0x0c45, 0x7120);
	cr_assert(eq(sz, get_breaches(), 0));
}

Test(sim_sonix_isp, keeps_its_memories)
{
	char path[] = "/tmp/dfutrigger-test-XXXXXX";
	char options[128], spec[160];
	size_t size;

	close(mkstemp(path));
	unlink(path);
	snprintf(options, sizeof(options), "chip=24x,security=cs1,state=%s", path);
	plug_chip(options, 0x7900);
	cr_assert(run(3, 0xffff0000, 0));
	cr_assert(eq(int, dfut_sim_save(host->sim), 0));
	snprintf(spec, sizeof(spec), "sonix-keyboard:%s", options);
	plug(spec, 0);
	assert_text(get_mode(), "bootloader");
	cr_assert(eq(u8, get_flash(0x10000)[0], 0xff));
	cr_assert(eq(int, memcmp(dfut_sim_device_get_memory(host->device, "settings", &size), "\0\0\xff\xff", 4), 0));
	unlink(path);
}
