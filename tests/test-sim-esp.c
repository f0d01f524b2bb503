/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* DFU mode of the virtual ESP32-S2: the archive that it takes, and all that may be wrong with it. */

#include <stdio.h>

#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include "esp-archive.h"
#include "sim-host.h"

#define assert_text(got, want) cr_assert(eq(str, (char *)(got), (char *)(want)))

#define TRANSFER_SIZE 64

static struct host *host;

static void stop(void)
{
	host_free(host);
	host = NULL;
	free(archive);
	archive = NULL;
}

TestSuite(sim_esp, .fini = stop, .timeout = 20);

static void open_interface(uint8_t number)
{
	host_disconnect(host);
	cr_assert(eq(int, host_open(host, number), 0));
}

static void assert_mode(const char *mode)
{
	assert_text(dfut_sim_device_get_mode_name(host->device), mode);
}

static size_t get_breaches(void)
{
	return dfut_sim_device_get_breach_count(host->device);
}

static const uint8_t *get_flash(void)
{
	return dfut_sim_device_get_memory(host->device, "flash", NULL);
}

/* Touches it, then detaches what the ROM shows. */
static void enter_dfu(const char *spec)
{
	static const uint8_t coding[DFUT_SIM_LINE_CODING_SIZE] = { 0xb0, 0x04, 0, 0, 0, 0, 8 };

	host_free(host);
	host = host_new_or_fail(spec);
	open_interface(0);
	host_out(host, 0x21, DFUT_SIM_CDC_SET_LINE_CODING, 0, 0, coding, sizeof(coding));
	host_wait_ms(host, 1000);
	assert_mode("download");
	open_interface(2);
	cr_assert(eq(int, host_out(host, 0x21, DFUT_SIM_DFU_DETACH, 1000, 2, NULL, 0), 0));
	host_wait_ms(host, 2000);
	assert_mode("bootloader");
	open_interface(0);
}

static const struct file application[] = {
	{ 0x1000, 0, "bootloader.bin", 5003 },
	{ 0x8000, 0, "partition-table.bin", 3072 },
	{ 0x10000, 0, "app.bin", 70001 },
};

/* Sending. */

static struct dfut_sim_dfu_answer getstatus(void)
{
	struct dfut_sim_dfu_answer answer = { 0 };
	const uint8_t *data = host->request.buffer;

	cr_assert(eq(int, host_in(host, 0xa1, DFUT_SIM_DFU_GETSTATUS, 0, 0, 6), 6));
	answer.status = data[0];
	answer.poll_ms = (uint32_t)(data[1] | data[2] << 8 | data[3] << 16);
	answer.state = data[4];
	return answer;
}

static int dnload(uint16_t block, const void *data, uint16_t length)
{
	return host_out(host, 0x21, DFUT_SIM_DFU_DNLOAD, block, 0, data, length);
}

static uint8_t send_block(uint16_t block)
{
	struct dfut_sim_dfu_answer answer;

	cr_assert(eq(int, dnload(block, archive + (size_t)block * TRANSFER_SIZE, TRANSFER_SIZE), TRANSFER_SIZE));
	answer = getstatus();
	while (answer.state == DFU_DNBUSY) {
		host_wait_ms(host, answer.poll_ms);
		answer = getstatus();
	}
	cr_assert(eq(u8, answer.state, answer.status ? DFU_ERROR : DFU_DNLOAD_IDLE));
	return answer.status;
}

/* Returns the status that ended it. */
static uint8_t send_archive(void)
{
	uint8_t status = STATUS_OK;

	for (uint16_t block = 0; block < archive_size / TRANSFER_SIZE && status == STATUS_OK; block++)
		status = send_block(block);
	return status;
}

static void finish(uint8_t state)
{
	struct dfut_sim_dfu_answer answer;

	cr_assert(eq(int, dnload((uint16_t)(archive_size / TRANSFER_SIZE), NULL, 0), 0));
	answer = getstatus();
	cr_assert(eq(u8, answer.state, state));
	cr_assert(eq(u32, answer.poll_ms, state == DFU_MANIFEST ? 1000 : 0));
	host_wait_ms(host, 900);
	assert_mode("bootloader");
	host_wait_ms(host, 900);
}

static void assert_flash_holds(const struct file *files, size_t count)
{
	for (size_t i = 0; i < count; i++)
		cr_assert(eq(int, memcmp(get_flash() + files[i].address, make_bytes(files[i].size), files[i].size), 0));
}

static void update(const char *spec, uint8_t state)
{
	enter_dfu(spec);
	make_archive(application, DFUT_COUNT(application), 2 * 1024 * 1024);
	cr_assert(eq(u8, send_archive(), STATUS_OK));
	finish(state);
	assert_mode("application");
	assert_flash_holds(application, DFUT_COUNT(application));
	cr_assert(eq(sz, get_breaches(), 0));
}

Test(sim_esp, takes_an_archive_and_restarts)
{
	update("esp32-s2", DFU_IDLE);
	cr_assert(eq(u8, get_flash()[0x1000 + 5003], 0xff));
	update("esp32-s2:work=getstatus", DFU_IDLE);
	update("esp32-s2:work=busy,detach=value,manifest=leave", DFU_MANIFEST);
	cr_assert(eq(u8, host_get(host)->descriptors[10], 0xc2));
}

/* The flash is erased when a file begins, and somebody has to wait for it. */
Test(sim_esp, takes_its_time)
{
	static const struct file file = { 0x10000, 0, "app.bin", 400 * 1024 };
	uint64_t longest_us = 0;

	enter_dfu("esp32-s2");
	make_archive(&file, 1, 2 * 1024 * 1024);
	for (uint16_t block = 0; block < archive_size / TRANSFER_SIZE; block++) {
		uint64_t start_us = host_get_time_us(host);

		cr_assert(eq(u8, send_block(block), STATUS_OK));
		if (host_get_time_us(host) - start_us > longest_us)
			longest_us = host_get_time_us(host) - start_us;
	}
	cr_assert(ge(u64, longest_us, 6 * 150000 + 4 * 45000));
	cr_assert(lt(u64, longest_us, 6 * 150000 + 4 * 45000 + 10000));
}

Test(sim_esp, takes_larger_delays_too)
{
	static const struct file file = { 0, 0, "app.bin", 65536 };
	size_t timeouts = 0;

	enter_dfu("esp32-s2:erase-percent=4000,work=getstatus");
	make_archive(&file, 1, 2 * 1024 * 1024);
	for (uint16_t block = 0; block < 12; block++) {
		cr_assert(
			eq(int, dnload(block, archive + (size_t)block * TRANSFER_SIZE, TRANSFER_SIZE), TRANSFER_SIZE));
		timeouts += host_in(host, 0xa1, DFUT_SIM_DFU_GETSTATUS, 0, 0, 6) == DFUT_ERROR_TIMEOUT;
	}
	cr_assert(eq(sz, timeouts, 1));
}

/* What may be wrong. */

static void assert_refused(uint8_t status)
{
	cr_assert(eq(u8, send_archive(), status));
	cr_assert(eq(int, host_out(host, 0x21, DFUT_SIM_DFU_CLRSTATUS, 0, 0, NULL, 0), 0));
	cr_assert(eq(u8, getstatus().state, DFU_IDLE));
	cr_assert(eq(sz, get_breaches(), 0));
}

/* Where a file's content is in the archive */
static uint8_t *find(const char *name)
{
	uint8_t *at = archive;

	while (memcmp(at, "070701", 6) != 0 || strcmp((char *)at + 110, name) != 0)
		at++;
	return at;
}

Test(sim_esp, refuses_a_wrong_md5)
{
	enter_dfu("esp32-s2:erase-percent=0");
	make_archive(application, DFUT_COUNT(application), 2 * 1024 * 1024);
	find("app.bin")[1000] ^= 1;
	assert_refused(ERR_VERIFY);
	make_archive(application, DFUT_COUNT(application), 2 * 1024 * 1024);
	cr_assert(eq(u8, send_archive(), STATUS_OK));
}

Test(sim_esp, ignores_a_wrong_md5_if_told_to)
{
	static const struct file file = { 0x10000, 0x10, "app.bin", 1000 };

	enter_dfu("esp32-s2:erase-percent=0");
	make_archive(&file, 1, 2 * 1024 * 1024);
	find("app.bin")[300] ^= 1;
	cr_assert(eq(u8, send_archive(), STATUS_OK));
}

Test(sim_esp, does_not_erase_if_told_so)
{
	static const struct file files[] = { { 0x10000, 0, "app.bin", 4000 }, { 0x10000, 0x18, "again.bin", 4096 } };

	enter_dfu("esp32-s2:erase-percent=0");
	make_archive(files, 2, 2 * 1024 * 1024);
	memset(find("again.bin") + 110 + 10, 0xff, 4096);
	cr_assert(eq(u8, send_archive(), STATUS_OK));
	assert_flash_holds(files, 1);
}

Test(sim_esp, refuses_what_is_no_archive)
{
	enter_dfu("esp32-s2:erase-percent=0");
	make_archive(application, DFUT_COUNT(application), 2 * 1024 * 1024);
	archive[5] = '2';
	assert_refused(ERR_FILE);
	make_archive(application, DFUT_COUNT(application), 2 * 1024 * 1024);
	archive[6 + 6 * 8] = 'x';
	assert_refused(ERR_FILE);
	make_archive(application, DFUT_COUNT(application), 2 * 1024 * 1024);
	find("dfuinfo0.dat")[110 + 7] = '1';
	assert_refused(ERR_FILE);
	make_archive(application, DFUT_COUNT(application), 2 * 1024 * 1024);
	find("app.bin")[110] = 'A';
	assert_refused(ERR_FILE);
}

Test(sim_esp, refuses_what_does_not_fit)
{
	static const struct file last = { 0xff000, 0, "app.bin", 4096 };
	static const struct file behind = { 0xff000, 0, "app.bin", 4097 };
	static const struct file far = { 0xfffffff0, 0, "app.bin", 4096 };

	enter_dfu("esp32-s2:erase-percent=0");
	make_archive(&last, 1, 1024 * 1024);
	cr_assert(eq(u8, send_archive(), STATUS_OK));
	enter_dfu("esp32-s2:erase-percent=0");
	make_archive(&behind, 1, 1024 * 1024);
	assert_refused(ERR_ADDRESS);
	make_archive(&far, 1, 1024 * 1024);
	assert_refused(ERR_ADDRESS);
}

Test(sim_esp, refuses_the_end_before_the_end)
{
	enter_dfu("esp32-s2:erase-percent=0");
	make_archive(application, DFUT_COUNT(application), 2 * 1024 * 1024);
	for (uint16_t block = 0; block < 20; block++)
		cr_assert(eq(u8, send_block(block), STATUS_OK));
	cr_assert(eq(int, dnload(20, NULL, 0), DFUT_ERROR_DEVICE));
	cr_assert(eq(u8, getstatus().status, ERR_NOTDONE));
	cr_assert(eq(int, host_in(host, 0xa1, DFUT_SIM_DFU_UPLOAD, 0, 0, 64), DFUT_ERROR_DEVICE));
}

/* A suffix is not for the device. */
Test(sim_esp, complains_about_what_is_behind_the_archive)
{
	enter_dfu("esp32-s2:erase-percent=0");
	make_archive(application, DFUT_COUNT(application), 2 * 1024 * 1024);
	memcpy(archive + archive_size, "\xff\xff\x02\x00\x3a\x30\x00\x01UFD\x10", 12);
	cr_assert(eq(u8, send_archive(), STATUS_OK));
	cr_assert(eq(sz, get_breaches(), 0));
	cr_assert(eq(int, dnload((uint16_t)(archive_size / 64), archive + archive_size, 16), 16));
	cr_assert(eq(sz, get_breaches(), 1));
}

/* Without its first bootloader the chip stays in the ROM. */
Test(sim_esp, stays_in_the_rom_without_code)
{
	static const struct file file = { 0x1001, 0, "nonsense.bin", 64 };

	enter_dfu("esp32-s2:erase-percent=0");
	make_archive(&file, 1, 2 * 1024 * 1024);
	cr_assert(eq(u8, send_archive(), STATUS_OK));
	finish(DFU_IDLE);
	assert_mode("download");
	dfut_sim_device_press_reset(host->device);
	host_wait_ms(host, 1000);
	assert_mode("download");
}
