/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* The virtual SinoWealth keyboard in its bootloader: pages, the vector that is kept elsewhere, and how it restarts. */

#include "sim-hid-host.h"

#define PAGE 2048
#define SIZE 0xf000
#define LOADER_SIZE 4096
#define ENTRY 0x1234

TestSuite(sim_sinowealth_isp, .fini = stop, .timeout = 20);

static void plug_bootloader(const char *options)
{
	char spec[128];

	snprintf(spec, sizeof(spec), "sinowealth-keyboard:%s", options);
	plug(spec, 1);
	cr_assert(eq(int, set_report(FEATURE | 5, 1, "\x05\x75\0\0\0\0", 6), 6));
	assert_is("bootloader", 0x0603, 0x1020);
	open_interface(0);
	dfut_sim_device_clear_record(host->device);
}

static int send(uint8_t command, uint16_t address)
{
	uint8_t report[6] = { 5, command, (uint8_t)address, (uint8_t)(address >> 8) };

	return set_report(FEATURE | 5, 0, report, sizeof(report));
}

static int write_page(const uint8_t *page)
{
	uint8_t report[2 + PAGE] = { 6, 0x77 };

	memcpy(report + 2, page, PAGE);
	return set_report(FEATURE | 6, 0, report, sizeof(report));
}

static const uint8_t *read_page(void)
{
	cr_assert(eq(int, get_report(FEATURE | 6, 0, 2 + PAGE), 2 + PAGE));
	cr_assert(eq(int, memcmp(host->request.buffer, "\x06\x72", 2), 0));
	return host->request.buffer + 2;
}

/* A firmware of that size as it is sent: it begins with a jump, and its last page has the vector, too. */
static const uint8_t *make_image(uint32_t size, uint16_t entry)
{
	static uint8_t image[SIZE];

	for (uint32_t i = 0; i < size; i++)
		image[i] = i < size / 2 ? (uint8_t)(i * 7 + 5) : 0;
	memcpy(image, "\x02", 1);
	image[1] = image[size - 4] = (uint8_t)(entry >> 8);
	image[2] = image[size - 3] = (uint8_t)entry;
	return image;
}

static void erase(void)
{
	cr_assert(eq(int, send(0x45, 0), 6));
	host_wait_ms(host, 2000);
}

static void write_image(const uint8_t *image, uint32_t size)
{
	erase();
	cr_assert(eq(int, send(0x57, 0), 6));
	for (uint32_t at = 0; at < size; at += PAGE)
		cr_assert(eq(int, write_page(image + at), 2 + PAGE));
}

/* What is read is the image, but for the jump at its end. */
static void compare_image(const uint8_t *image, uint32_t size)
{
	cr_assert(eq(int, send(0x52, 0), 6));
	for (uint32_t at = 0; at < size; at += PAGE) {
		const uint8_t *page = read_page();
		uint32_t length = at + PAGE == size ? PAGE - 5 : PAGE;

		cr_assert(eq(int, memcmp(page, image + at, length), 0));
		if (length < PAGE)
			cr_assert(eq(int, memcmp(page + length, "\0\0\0", 3), 0));
	}
}

Test(sim_sinowealth_isp, is_written_and_started)
{
	static const struct {
		const char *options;
		uint32_t size;
	} chips[] = { { "", SIZE }, { "chip=sh68f881", 0x7000 }, { "reboot=gone,blank=ff", SIZE } };

	for (size_t i = 0; i < DFUT_COUNT(chips); i++) {
		uint32_t size = chips[i].size;
		const uint8_t *image = make_image(size, ENTRY), *flash;

		plug_bootloader(chips[i].options);
		flash = get_flash(size + LOADER_SIZE);
		write_image(image, size);
		compare_image(image, size);
		cr_assert(eq(u8, flash[0], 0x02));
		cr_assert(eq(u8, flash[1], size >> 8));
		cr_assert(eq(u8, flash[2], 0));
		cr_assert(eq(u8, flash[size - 5], i == 2 ? 0xff : 0));
		cr_assert(eq(int, memcmp(flash + size - 4, "\x12\x34", 2), 0));
		cr_assert(eq(int, send(0x55, 0), 6));
		cr_assert(eq(int, memcmp(flash + size - 5, "\x02\x12\x34", 3), 0));
		cr_assert(eq(int, send(0x5a, 0), i == 2 ? DFUT_ERROR_GONE : 6));
		assert_is("application", 0x258a, 0x0049);
		cr_assert(eq(sz, get_breaches(), 0));
	}
}

/* fwupd sends a length along, and leaves by a bus reset. */
Test(sim_sinowealth_isp, leaves_by_a_bus_reset)
{
	const uint8_t *image = make_image(SIZE, ENTRY);

	plug_bootloader("");
	cr_assert(eq(int, host_reset(host), 0));
	assert_is("bootloader", 0x0603, 0x1020);
	cr_assert(eq(int, set_report(FEATURE | 5, 0, "\x05\x57\0\0\0\xf0", 6), 6));
	write_image(image, SIZE);
	compare_image(image, SIZE);
	cr_assert(eq(int, send(0x55, 0), 6));
	host_reset(host);
	assert_is("application", 0x258a, 0x0049);
	cr_assert(eq(sz, get_breaches(), 0));
}

Test(sim_sinowealth_isp, stays_if_it_was_interrupted)
{
	plug_bootloader("");
	erase();
	cr_assert(eq(int, send(0x5a, 0), 6));
	assert_is("bootloader", 0x0603, 0x1020);
	cr_assert(eq(u64, host_get(host)->instance, 3));
	open_interface(0);
	write_image(make_image(SIZE, ENTRY), SIZE);
	dfut_sim_device_unplug(host->device);
	dfut_sim_device_replug(host->device);
	assert_is("bootloader", 0x0603, 0x1020);
	cr_assert(eq(sz, get_breaches(), 0));
}

Test(sim_sinowealth_isp, restarts_in_its_way)
{
	plug_bootloader("reboot=stall");
	cr_assert(eq(int, send(0x5a, 0), DFUT_ERROR_DEVICE));
	assert_is("application", 0x258a, 0x0049);
	plug_bootloader("reboot=no");
	cr_assert(eq(int, send(0x5a, 0), DFUT_ERROR_DEVICE));
	assert_is("bootloader", 0x0603, 0x1020);
	cr_assert(eq(u64, host_get(host)->instance, 2));
	cr_assert(eq(sz, get_breaches(), 0));
}

/* What is there is read as a file, and the bootloader as it is; what is not there is zeros. */
Test(sim_sinowealth_isp, is_read)
{
	plug_bootloader("");
	cr_assert(eq(int, send(0x52, 0), 6));
	cr_assert(eq(int, memcmp(read_page(), "\x02\x01\x00", 3), 0));
	cr_assert(eq(u8, read_page()[0], get_flash(SIZE + LOADER_SIZE)[PAGE]));
	cr_assert(eq(int, send(0x52, SIZE), 6));
	cr_assert(eq(int, memcmp(read_page(), get_flash(SIZE + LOADER_SIZE) + SIZE, PAGE), 0));
	cr_assert(eq(int, get_report(FEATURE | 5, 0, 6), 6));
	plug_bootloader("chip=sh68f881");
	cr_assert(eq(int, send(0x52, SIZE), 6));
	cr_assert(eq(u8, read_page()[0], 0));
	cr_assert(eq(sz, get_breaches(), 0));
}

Test(sim_sinowealth_isp, is_locked_until_it_is_enabled)
{
	plug_bootloader("reading=locked");
	cr_assert(eq(int, send(0x52, 0), 6));
	cr_assert(eq(u8, read_page()[0], 0));
	cr_assert(eq(int, send(0x55, 0), 6));
	cr_assert(eq(int, send(0x52, 0), 6));
	cr_assert(eq(u8, read_page()[0], 0x02));
	cr_assert(eq(sz, get_breaches(), 0));
}

/* A dump of the whole chip names the bootloader as what the firmware begins with. */
Test(sim_sinowealth_isp, starts_what_the_vector_says)
{
	static const struct {
		uint16_t entry;
		const char *mode;
	} cases[] = { { SIZE, "bootloader" }, { 0, "bootloader" }, { 0xe000, "bricked" } };

	for (size_t i = 0; i < DFUT_COUNT(cases); i++) {
		const uint8_t *image = make_image(SIZE, cases[i].entry);

		plug_bootloader("");
		write_image(image, SIZE);
		compare_image(image, SIZE);
		cr_assert(eq(int, send(0x55, 0), 6));
		cr_assert(eq(int, send(0x5a, 0), 6));
		host_wait_ms(host, 60000);
		assert_text(get_mode(), cases[i].mode);
		cr_assert(eq(int, host_get(host) != NULL, i < 2));
		cr_assert(eq(sz, get_breaches(), 0));
	}
	dfut_sim_device_unplug(host->device);
	dfut_sim_device_replug(host->device);
	host_wait_ms(host, 60000);
	cr_assert(eq(ptr, (void *)host_get(host), NULL));
}

Test(sim_sinowealth_isp, takes_its_time_to_erase)
{
	uint64_t before_us;

	plug_bootloader("");
	before_us = host_get_time_us(host);
	cr_assert(eq(int, send(0x45, 0), 6));
	cr_assert(lt(u64, host_get_time_us(host) - before_us, 100000));
	cr_assert(eq(int, send(0x57, 0), 6));
	cr_assert(ge(u64, host_get_time_us(host) - before_us, 2000000));
	assert_breach("before the erase is over");
}

Test(sim_sinowealth_isp, notes_what_is_out_of_order)
{
	const uint8_t *image = make_image(SIZE, ENTRY);

	plug_bootloader("");
	read_page();
	assert_breach("read before it was told where");
	write_page(image);
	assert_breach("comes before it was told where");
	send(0x57, 0);
	write_page(image);
	assert_breach("where nothing was erased");
	send(0x55, 0);
	assert_breach("enabled before page 0 was read back");
	erase();
	send(0x57, 100);
	assert_breach("0x64 does not begin a page");
	send(0x57, SIZE);
	write_page(image);
	assert_breach("behind the user's flash");
	send(0x57, 0);
	write_page(image);
	send(0x57, SIZE - PAGE);
	write_page(image);
	assert_breach("not the vector of the first");
	cr_assert(eq(int, send(0x75, 0), DFUT_ERROR_DEVICE));
	assert_breach("command 0x75");
	set_report(FEATURE | 5, 0, "\x05\x45\0\0\0\1", 6);
	assert_breach("not followed by zeros");
}

Test(sim_sinowealth_isp, notes_pages_that_are_not_well_formed)
{
	uint8_t report[2 + PAGE + 1] = { 6, 0x72 };

	plug_bootloader("");
	erase();
	send(0x57, 0);
	set_report(FEATURE | 6, 0, report, 2 + PAGE);
	assert_breach("not marked as one to write");
	cr_assert(eq(int, set_report(FEATURE | 6, 0, report, 1 + PAGE), DFUT_ERROR_DEVICE));
	assert_breach("2049 bytes instead of 2050");
	cr_assert(eq(u8, get_flash(SIZE + LOADER_SIZE)[3], 0));
}

Test(sim_sinowealth_isp, keeps_its_flash)
{
	char path[] = "/tmp/dfutrigger-test-XXXXXX";
	char options[64], spec[128];

	close(mkstemp(path));
	unlink(path);
	snprintf(options, sizeof(options), "state=%s", path);
	plug_bootloader(options);
	write_image(make_image(SIZE, ENTRY), SIZE);
	cr_assert(eq(int, dfut_sim_save(host->sim), 0));
	snprintf(spec, sizeof(spec), "sinowealth-keyboard:%s", options);
	plug(spec, 0);
	assert_text(get_mode(), "bootloader");
	compare_image(make_image(SIZE, ENTRY), SIZE);
	unlink(path);
}
