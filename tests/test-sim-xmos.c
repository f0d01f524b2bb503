/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* The virtual devices with XMOS chips: lib_xua before and after 5.0, sln_voice. */

#include <stdio.h>

#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include "sim-host.h"
#include "sim/models/xmos.h"

#define assert_text(got, want) cr_assert(eq(str, (char *)(got), (char *)(want)))

#define RESETDEVICE 0xf0
#define REVERTFACTORY 0xf1
#define RESETINTODFU 0xf2
#define RESETFROMDFU 0xf3
#define SELECTIMAGE 0xf4
#define SAVESTATE 0xf5
#define RESTORESTATE 0xf6

static struct host *host;
static uint8_t interface;

static void stop(void)
{
	host_free(host);
	host = NULL;
}

TestSuite(sim_xmos, .fini = stop, .timeout = 20);

static void open_interface(uint8_t number)
{
	host_disconnect(host);
	cr_assert(eq(int, host_open(host, number), 0));
	interface = number;
}

static void plug(const char *spec)
{
	host_free(host);
	host = host_new_or_fail(spec);
	open_interface(3);
}

static void assert_mode(const char *mode)
{
	assert_text(dfut_sim_device_get_mode_name(host->device), mode);
}

static size_t get_breaches(void)
{
	return dfut_sim_device_get_breach_count(host->device);
}

static const uint8_t *get_memory(const char *name)
{
	return dfut_sim_device_get_memory(host->device, name, NULL);
}

static bool is_playing(void)
{
	return get_memory("audio-playing")[0];
}

/* Requests. */

static int send(uint8_t request, uint16_t value)
{
	return host_out(host, 0x21, request, value, interface, NULL, 0);
}

static int dnload(uint16_t block, const void *data, uint16_t length)
{
	return host_out(host, 0x21, DFUT_SIM_DFU_DNLOAD, block, interface, data, length);
}

static int upload(uint16_t block, uint16_t length)
{
	return host_in(host, 0xa1, DFUT_SIM_DFU_UPLOAD, block, interface, length);
}

static struct dfut_sim_dfu_answer getstatus(void)
{
	struct dfut_sim_dfu_answer answer = { 0 };
	const uint8_t *data = host->request.buffer;

	cr_assert(eq(int, host_in(host, 0xa1, DFUT_SIM_DFU_GETSTATUS, 0, interface, 6), 6));
	answer.status = data[0];
	answer.poll_ms = (uint32_t)(data[1] | data[2] << 8 | data[3] << 16);
	answer.state = data[4];
	return answer;
}

static void assert_state(uint8_t state)
{
	struct dfut_sim_dfu_answer answer = getstatus();

	cr_assert(eq(u8, answer.state, state));
	cr_assert(eq(u8, answer.status, STATUS_OK));
}

static uint8_t getstate(void)
{
	cr_assert(eq(int, host_in(host, 0xa1, DFUT_SIM_DFU_GETSTATE, 0, interface, 1), 1));
	return host->request.buffer[0];
}

static void wait_for_dfu(void)
{
	host_wait_ms(host, 2000);
	assert_mode("bootloader");
	open_interface(0);
}

static void plug_into_dfu(const char *spec)
{
	plug(spec);
	cr_assert(eq(int, send(RESETINTODFU, 0), 0));
	wait_for_dfu();
}

static const uint8_t *make_image(size_t size)
{
	static uint8_t image[8192];

	for (size_t i = 0; i < size; i++)
		image[i] = (uint8_t)(i * 3 + i / 256);
	return image;
}

/* Returns how often it was busy. */
static unsigned int write_block(uint16_t block, const void *data)
{
	unsigned int count = 0;
	uint8_t state;

	cr_assert(eq(int, dnload(block, data, 64), 64));
	for (state = getstatus().state; state == DFU_DNBUSY; state = getstatus().state)
		count++;
	cr_assert(eq(u8, state, DFU_DNLOAD_IDLE));
	return count;
}

static void download(uint16_t blocks)
{
	const uint8_t *image = make_image(blocks * 64u);

	for (uint16_t i = 0; i < blocks; i++)
		write_block(i, image + i * 64);
	cr_assert(eq(int, dnload(blocks, NULL, 0), 0));
	assert_state(DFU_IDLE);
}

/* lib_xua. */

Test(sim_xmos, tells_of_itself)
{
	const struct host_device *device;

	plug("xmos");
	device = host_get(host);
	cr_assert(eq(u16, dfut_le16(&device->descriptors[8]), 0x20b1));
	cr_assert(eq(u16, dfut_le16(&device->descriptors[10]), 0x0002));
	cr_assert(eq(sz, device->descriptors_size, 18 + dfut_le16(&device->descriptors[20])));
	cr_assert(eq(u8, device->descriptors[device->descriptors_size - 7], 0x0f));
	cr_assert(eq(u8, device->descriptors[device->descriptors_size - 9 - 2], 0x01));
	cr_assert(eq(u8, device->descriptors[device->descriptors_size - 4], 64));
	cr_assert(eq(int, send(DFUT_SIM_DFU_DETACH, 1000), 0));
	wait_for_dfu();
	assert_text(host_get(host)->strings[4], "XMOS DFU");
	plug_into_dfu("xmos:xua=4,pid=0008,dfu-pid=d008,interface=3");
	device = host_get(host);
	cr_assert(eq(u16, dfut_le16(&device->descriptors[10]), 0xd008));
	cr_assert(eq(u8, device->descriptors[18 + 9 + 8], 0));
	cr_assert(eq(u8, device->descriptors[18 + 9 + 9 + 2], 0x07));
	plug("xmos:interface=5");
	open_interface(5);
	assert_state(APP_IDLE);
}

Test(sim_xmos, stops_audio_when_it_is_asked_anything)
{
	plug("xmos");
	cr_assert(is_playing());
	cr_assert(eq(int, host_out(host, 0x41, REVERTFACTORY, 0, 3, NULL, 0), 0));
	cr_assert(is_playing());
	assert_state(APP_IDLE);
	cr_assert(not(is_playing()));
	cr_assert(eq(int, send(RESETDEVICE, 0), 0));
	host_wait_ms(host, 2000);
	cr_assert(is_playing());
	assert_mode("application");
}

Test(sim_xmos, xua_5_reboots_by_itself)
{
	plug("xmos");
	cr_assert(eq(int, send(DFUT_SIM_DFU_DETACH, 1), 0));
	host_wait_ms(host, 450);
	cr_assert(dfut_sim_device_is_present(host->device));
	host_wait_ms(host, 100);
	cr_assert(not(dfut_sim_device_is_present(host->device)));
	wait_for_dfu();
	assert_state(DFU_IDLE);
	cr_assert(eq(int, send(DFUT_SIM_DFU_DETACH, 1000), 0));
	host_wait_ms(host, 2000);
	assert_mode("application");
	cr_assert(eq(sz, get_breaches(), 0));
}

Test(sim_xmos, xua_4_waits_for_a_reset)
{
	plug("xmos:xua=4");
	cr_assert(eq(int, send(DFUT_SIM_DFU_DETACH, 1000), 0));
	assert_state(APP_DETACH);
	host_wait_ms(host, 1001);
	assert_state(APP_IDLE);
	cr_assert(eq(int, send(DFUT_SIM_DFU_DETACH, 1000), 0));
	host_reset(host);
	wait_for_dfu();
	cr_assert(eq(sz, get_breaches(), 0));
	cr_assert(eq(int, send(DFUT_SIM_DFU_DETACH, 1000), 0));
	assert_state(DFU_ERROR);
	cr_assert(eq(int, send(DFUT_SIM_DFU_CLRSTATUS, 0), 0));
	assert_state(DFU_IDLE);
	host_reset(host);
	host_wait_ms(host, 1000);
	assert_mode("application");
}

Test(sim_xmos, has_requests_of_its_own)
{
	plug_into_dfu("xmos");
	cr_assert(eq(int, send(SELECTIMAGE, 1), 0));
	cr_assert(eq(int, send(SAVESTATE, 0), DFUT_ERROR_DEVICE));
	cr_assert(eq(int, send(RESTORESTATE, 0), DFUT_ERROR_DEVICE));
	cr_assert(eq(int, send(0xf7, 0), DFUT_ERROR_DEVICE));
	cr_assert(eq(sz, get_breaches(), 3));
	cr_assert(eq(int, send(RESETFROMDFU, 0), 0));
	host_wait_ms(host, 2000);
	assert_mode("application");
	plug_into_dfu("xmos:xua=4");
	cr_assert(eq(int, send(SAVESTATE, 0), 0));
	cr_assert(eq(int, send(RESTORESTATE, 0), 0));
	cr_assert(eq(int, host_out(host, 0x41, REVERTFACTORY, 0, 0, NULL, 0), DFUT_ERROR_DEVICE));
	cr_assert(eq(int, send(REVERTFACTORY, 0), 0));
	cr_assert(eq(sz, get_breaches(), 0));
}

Test(sim_xmos, erases_while_it_tells_its_status)
{
	const uint8_t *image = make_image(64);
	uint64_t start_us;

	plug_into_dfu("xmos");
	cr_assert(eq(int, dnload(0, image, 64), 64));
	start_us = host_get_time_us(host);
	cr_assert(eq(u8, getstatus().state, DFU_DNBUSY));
	cr_assert(ge(u64, host_get_time_us(host) - start_us, 400000));
	for (int i = 1; i < 26; i++)
		cr_assert(eq(u8, getstatus().state, DFU_DNBUSY));
	assert_state(DFU_DNLOAD_IDLE);
	cr_assert(eq(u8, write_block(1, image), 0));
	cr_assert(eq(sz, get_breaches(), 0));
	plug_into_dfu("xmos:xua=4,size=64K");
	start_us = host_get_time_us(host);
	cr_assert(eq(int, dnload(0, image, 64), 64));
	cr_assert(ge(u64, host_get_time_us(host) - start_us, 16 * 80000));
	assert_state(DFU_DNLOAD_IDLE);
}

Test(sim_xmos, shows_an_image_only_after_a_reboot)
{
	plug_into_dfu("xmos:erase-percent=0");
	cr_assert(eq(int, upload(0, 64), 0));
	download(6);
	cr_assert(eq(int, memcmp(get_memory("upgrade"), make_image(6 * 64), 6 * 64), 0));
	cr_assert(eq(u8, get_memory("upgrade")[6 * 64], 0));
	cr_assert(eq(u8, get_memory("upgrade")[512], 0xff));
	cr_assert(eq(int, upload(0, 64), 0));
	assert_state(DFU_IDLE);
	cr_assert(eq(int, send(RESETINTODFU, 0), 0));
	wait_for_dfu();
	for (uint16_t i = 0; i < 8; i++)
		cr_assert(eq(int, upload(i, 64), 64));
	cr_assert(eq(int, upload(8, 64), 0));
	assert_state(DFU_IDLE);
	cr_assert(eq(sz, get_breaches(), 0));
	cr_assert(eq(int, send(REVERTFACTORY, 0), 0));
	cr_assert(eq(int, upload(0, 64), 0));
	cr_assert(eq(u8, get_memory("upgrade")[0], 0xff));
}

/* Blocks are places in a page; only the first one of a page erases. */
Test(sim_xmos, counts_blocks_modulo_four)
{
	const uint8_t *image = make_image(256);

	plug_into_dfu("xmos:erase-percent=0");
	cr_assert(eq(u8, write_block(5, image), 0));
	cr_assert(eq(sz, get_breaches(), 1));
	for (uint16_t i = 6; i < 8; i++)
		write_block(i, image);
	cr_assert(eq(int, memcmp(get_memory("upgrade") + 64, image, 64), 0));
	cr_assert(eq(u8, get_memory("upgrade")[0], 0));
}

Test(sim_xmos, has_states_of_its_own)
{
	plug_into_dfu("xmos:erase-percent=0");
	cr_assert(eq(int, dnload(0, NULL, 0), DFUT_ERROR_DEVICE));
	assert_state(DFU_ERROR);
	cr_assert(eq(int, upload(0, 64), 0));
	assert_state(DFU_ERROR);
	cr_assert(eq(int, send(DFUT_SIM_DFU_CLRSTATUS, 0), 0));
	assert_state(DFU_IDLE);
	cr_assert(eq(int, send(DFUT_SIM_DFU_CLRSTATUS, 0), 0));
	assert_state(DFU_ERROR);
	cr_assert(eq(int, send(DFUT_SIM_DFU_ABORT, 0), 0));
	assert_state(DFU_IDLE);
	cr_assert(eq(int, dnload(0, make_image(64), 64), 64));
	cr_assert(eq(u8, getstate(), DFU_DNLOAD_SYNC));
	cr_assert(eq(u8, getstatus().state, DFU_DNBUSY));
	cr_assert(eq(u8, getstate(), DFU_ERROR));
	cr_assert(eq(int, send(DFUT_SIM_DFU_ABORT, 0), 0));
	cr_assert(eq(int, upload(0, 32), 0));
	cr_assert(eq(int, dnload(0, make_image(65), 65), DFUT_ERROR_DEVICE));
}

Test(sim_xmos, an_abort_in_the_application_spoils_detach)
{
	plug("xmos");
	cr_assert(eq(int, send(DFUT_SIM_DFU_ABORT, 0), 0));
	cr_assert(eq(sz, get_breaches(), 1));
	cr_assert(eq(int, send(DFUT_SIM_DFU_DETACH, 1000), 0));
	host_wait_ms(host, 2000);
	assert_mode("application");
}

Test(sim_xmos, wants_its_last_block_padded)
{
	plug_into_dfu("xmos:erase-percent=0");
	cr_assert(eq(int, dnload(0, make_image(10), 10), 10));
	cr_assert(eq(sz, get_breaches(), 1));
}

Test(sim_xmos, xua_5_ignores_early_resets)
{
	plug_into_dfu("xmos");
	host_wait_ms(host, 1000);
	cr_assert(eq(int, host_reset(host), 0));
	host_wait_ms(host, 1000);
	assert_mode("application");
	plug("xmos");
	cr_assert(eq(int, send(DFUT_SIM_DFU_DETACH, 1000), 0));
	host_wait_ms(host, 500 + 750);
	open_interface(0);
	cr_assert(eq(int, host_reset(host), 0));
	host_wait_ms(host, 1000);
	assert_mode("bootloader");
	plug("xmos:leave=no");
	cr_assert(eq(int, send(RESETINTODFU, 0), 0));
	host_wait_ms(host, 2000);
	assert_mode("application");
}

/* sln_voice. */

static uint8_t write_large_block(uint16_t block)
{
	struct dfut_sim_dfu_answer answer;

	cr_assert(eq(int, dnload(block, make_image(4096), 4096), 4096));
	answer = getstatus();
	cr_assert(eq(u8, answer.state, DFU_DNBUSY));
	cr_assert(eq(u32, answer.poll_ms, 10));
	while (answer.state == DFU_DNBUSY) {
		host_wait_ms(host, answer.poll_ms);
		answer = getstatus();
		cr_assert(eq(u32, answer.poll_ms, 0));
	}
	return answer.status;
}

Test(sim_xmos, sln_voice_has_dfu_mode_in_its_application)
{
	const struct host_device *device;

	plug("sln-voice");
	device = host_get(host);
	cr_assert(eq(u16, dfut_le16(&device->descriptors[8]), 0x20b1));
	cr_assert(eq(u16, dfut_le16(&device->descriptors[10]), 0x4001));
	cr_assert(eq(u8, device->descriptors[device->descriptors_size - 7], 0x0f));
	assert_text(device->strings[5], "DFU UPGRADE");
	cr_assert(eq(int, host_alternate(host, 3, 1), 0));
	assert_state(DFU_IDLE);
	cr_assert(eq(u8, write_large_block(0), STATUS_OK));
	cr_assert(eq(u8, write_large_block(1), STATUS_OK));
	cr_assert(eq(int, dnload(2, NULL, 0), 0));
	cr_assert(eq(u8, getstatus().state, DFU_MANIFEST));
	host_wait_ms(host, 10);
	assert_state(DFU_IDLE);
	cr_assert(eq(int, memcmp(get_memory("upgrade") + 4096, make_image(4096), 4096), 0));
	cr_assert(eq(int, upload(0, 4096), 4096));
	cr_assert(eq(u8, getstate(), DFU_IDLE));
	cr_assert(eq(int, upload(1, 4096), 4096));
	cr_assert(eq(int, send(DFUT_SIM_DFU_DETACH, 1000), 0));
	host_wait_ms(host, 10);
	cr_assert(not(dfut_sim_device_is_present(host->device)));
	host_wait_ms(host, 1000);
	assert_mode("application");
	cr_assert(eq(sz, get_breaches(), 0));
}

Test(sim_xmos, sln_voice_keeps_its_factory_image)
{
	plug("sln-voice:size=8K");
	cr_assert(eq(u8, write_large_block(0), ERR_WRITE));
	cr_assert(eq(u8, get_memory("factory")[0], 0xfa));
	cr_assert(eq(int, send(DFUT_SIM_DFU_CLRSTATUS, 0), 0));
	cr_assert(eq(int, host_alternate(host, 3, 2), 0));
	cr_assert(eq(u8, write_large_block(2), ERR_ADDRESS));
	cr_assert(eq(int, host_alternate(host, 3, 0), 0));
	assert_state(DFU_IDLE);
	cr_assert(eq(int, upload(0, 4096), 4096));
	cr_assert(eq(int, upload(1, 4096), 4096));
	cr_assert(eq(int, upload(2, 4096), 0));
	cr_assert(eq(int, upload(0, 4097), DFUT_ERROR_DEVICE));
}
