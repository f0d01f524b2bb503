/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* Virtual devices whose bootloader holds what is written to it: a camera, a board that no table knows, a VIA keyboard. */

#include <stdio.h>
#include <unistd.h>

#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include "sim-host.h"
#include "sim/sim.h"

#define assert_text(got, want) cr_assert(eq(str, (char *)(got), (char *)(want)))

#define BLOCK 1024

static struct host *host;

static void stop(void)
{
	host_free(host);
	host = NULL;
}

TestSuite(sim_loader, .fini = stop, .timeout = 20);

static void open_interface(uint8_t number)
{
	host_disconnect(host);
	cr_assert(eq(int, host_open(host, number), 0));
}

static void plug(const char *spec, uint8_t interface)
{
	host_free(host);
	host = host_new_or_fail(spec);
	open_interface(interface);
}

static void assert_is(const char *mode, uint16_t vendor_id, uint16_t product_id)
{
	const struct host_device *device = host_get(host);

	cr_assert(ne(ptr, (void *)device, NULL));
	assert_text(dfut_sim_device_get_mode_name(host->device), mode);
	cr_assert(eq(u16, dfut_le16(&device->descriptors[8]), vendor_id));
	cr_assert(eq(u16, dfut_le16(&device->descriptors[10]), product_id));
}

static void assert_stays(const char *mode, uint64_t instance)
{
	host_wait_ms(host, 2000);
	assert_text(dfut_sim_device_get_mode_name(host->device), mode);
	cr_assert(eq(u64, host_get(host)->instance, instance));
}

static size_t get_breaches(void)
{
	return dfut_sim_device_get_breach_count(host->device);
}

static const uint8_t *get_flash(void)
{
	size_t size;
	const uint8_t *flash = dfut_sim_device_get_memory(host->device, "flash", &size);

	cr_assert(ge(sz, size, 0x10000));
	return flash;
}

/* The total length that a configuration descriptor says is that of what follows, and so is each class-specific one. */
static void assert_lengths(void)
{
	const struct host_device *device = host_get(host);
	const uint8_t *end = device->descriptors + device->descriptors_size;
	const uint8_t *at = device->descriptors;

	cr_assert(eq(sz, 18 + (size_t)dfut_le16(&device->descriptors[20]), device->descriptors_size));
	while (at < end && at[0])
		at += at[0];
	cr_assert(eq(ptr, (void *)at, (void *)end));
}

/* DFU. */

static int detach(uint16_t interface)
{
	return host_out(host, 0x21, DFUT_SIM_DFU_DETACH, 1000, interface, NULL, 0);
}

static uint8_t get_state(void)
{
	cr_assert(eq(int, host_in(host, 0xa1, DFUT_SIM_DFU_GETSTATE, 0, 0, 1), 1));
	return host->request.buffer[0];
}

/* Asks and waits as the device wants it, until it is in a state that is not on the way. */
static uint8_t poll(void)
{
	for (size_t i = 0; i < 100; i++) {
		const uint8_t *status = host->request.buffer;
		uint8_t state;

		cr_assert(eq(int, host_in(host, 0xa1, DFUT_SIM_DFU_GETSTATUS, 0, 0, 6), 6));
		state = status[4];
		host_wait_ms(host, (uint64_t)status[1] + 256u * status[2] + 1);
		if (state != DFU_DNBUSY && state != DFU_MANIFEST && state != DFU_DNLOAD_SYNC &&
		    state != DFU_MANIFEST_SYNC)
			return state;
	}
	return DFU_ERROR;
}

static void download(uint16_t block, const void *data, uint16_t length, uint8_t state)
{
	cr_assert(eq(int, host_out(host, 0x21, DFUT_SIM_DFU_DNLOAD, block, 0, data, length), length));
	cr_assert(eq(u8, poll(), state));
}

/* Three blocks of plain DFU, the last of them short; read back; bus reset. */
static void update_by_dfu(void)
{
	uint8_t image[2 * BLOCK + 100];

	for (size_t i = 0; i < sizeof(image); i++)
		image[i] = (uint8_t)(i * 7 + 1);
	download(0, image, BLOCK, DFU_DNLOAD_IDLE);
	download(1, image + BLOCK, BLOCK, DFU_DNLOAD_IDLE);
	download(2, image + 2 * BLOCK, 100, DFU_DNLOAD_IDLE);
	download(3, NULL, 0, DFU_IDLE);
	cr_assert(eq(int, memcmp(get_flash(), image, sizeof(image)), 0));
	cr_assert(eq(u8, get_flash()[sizeof(image)], 0xff));
	cr_assert(eq(int, host_in(host, 0xa1, DFUT_SIM_DFU_UPLOAD, 0, 0, BLOCK), BLOCK));
	cr_assert(eq(int, memcmp(host->request.buffer, image, BLOCK), 0));
	cr_assert(eq(int, host_in(host, 0xa1, DFUT_SIM_DFU_UPLOAD, 1, 0, BLOCK), BLOCK));
	cr_assert(eq(int, memcmp(host->request.buffer, image + BLOCK, BLOCK), 0));
	cr_assert(eq(u8, get_state(), DFU_UPLOAD_IDLE));
	cr_assert(eq(int, host_out(host, 0x21, DFUT_SIM_DFU_ABORT, 0, 0, NULL, 0), 0));
	host_reset(host);
	host_wait_ms(host, 2000);
	cr_assert(eq(sz, get_breaches(), 0));
}

/* DfuSe: erase the first sector, write a block, read it, leave. */
static void update_by_dfuse(void)
{
	uint8_t image[BLOCK] = { 0x00, 0x40, 0x00, 0x20, 0x01, 0x01, 0x00, 0x08 };

	for (size_t i = 8; i < sizeof(image); i++)
		image[i] = (uint8_t)(i * 5 + 3);
	download(0, "\x41\x00\x00\x00\x08", 5, DFU_DNLOAD_IDLE);
	cr_assert(eq(u8, get_flash()[0], 0xff));
	download(0, "\x21\x00\x00\x00\x08", 5, DFU_DNLOAD_IDLE);
	download(2, image, BLOCK, DFU_DNLOAD_IDLE);
	cr_assert(eq(int, memcmp(get_flash(), image, BLOCK), 0));
	cr_assert(eq(int, host_out(host, 0x21, DFUT_SIM_DFU_ABORT, 0, 0, NULL, 0), 0));
	cr_assert(eq(int, host_in(host, 0xa1, DFUT_SIM_DFU_UPLOAD, 2, 0, BLOCK), BLOCK));
	cr_assert(eq(int, memcmp(host->request.buffer, image, BLOCK), 0));
	cr_assert(eq(int, host_out(host, 0x21, DFUT_SIM_DFU_ABORT, 0, 0, NULL, 0), 0));
	cr_assert(eq(int, host_out(host, 0x21, DFUT_SIM_DFU_DNLOAD, 0, 0, NULL, 0), 0));
	cr_assert(eq(int, host_in(host, 0xa1, DFUT_SIM_DFU_GETSTATUS, 0, 0, 6), 6));
	host_wait_ms(host, 2000);
	cr_assert(eq(sz, get_breaches(), 0));
}

/* A camera. */

Test(sim_loader, webcam_is_a_camera)
{
	const struct host_device *device;

	plug("webcam:vid=1234,pid=5678,serial=A1", 2);
	assert_is("application", 0x1234, 0x5678);
	assert_lengths();
	device = host_get(host);
	cr_assert(eq(u8, device->descriptors[4], 0xef));
	assert_text(device->strings[2], "Integrated Camera");
	assert_text(device->strings[3], "A1");
	assert_text(device->strings[6], "Camera DFU Device");
	/* The sizes of what is specific to control and to streaming */
	cr_assert(eq(u16, dfut_le16(&device->descriptors[49]), 13 + 18 + 9));
	cr_assert(eq(u16, dfut_le16(&device->descriptors[18 + 9 + 8 + 9 + 40 + 12 + 9 + 4]), 14 + 11 + 30));
	cr_assert(eq(sz, dfut_sim_device_get_request_count(host->device), 0));
}

Test(sim_loader, webcam_does_what_nobody_should_ask)
{
	plug("webcam", 2);
	cr_assert(eq(int, host_out(host, 0x21, DFUT_SIM_DFU_DNLOAD, 0, 2, "abcd", 4), 4));
	cr_assert(eq(int, host_out(host, 0x21, DFUT_SIM_DFU_CLRSTATUS, 0, 2, NULL, 0), 0));
	cr_assert(eq(sz, get_breaches(), 2));
	cr_assert(eq(sz, dfut_sim_device_get_request_count(host->device), 2));
	assert_stays("application", 1);
	cr_assert(eq(int, host_in(host, 0xa1, DFUT_SIM_DFU_GETSTATUS, 0, 2, 6), 6));
	cr_assert(eq(u8, host->request.buffer[4], APP_IDLE));
	cr_assert(eq(int, detach(2), 0));
	host_wait_ms(host, 2000);
	assert_is("bootloader", 0x30c9, 0x80a8);
	assert_lengths();
	open_interface(0);
	dfut_sim_device_clear_record(host->device);
	update_by_dfu();
	assert_is("application", 0x30c9, 0x00a8);
}

Test(sim_loader, webcam_waits_for_a_bus_reset)
{
	plug("webcam:will-detach=no,boot-vid=1111,boot-pid=2222", 2);
	host_reset(host);
	assert_stays("application", 1);
	open_interface(2);
	cr_assert(eq(int, detach(2), 0));
	assert_stays("application", 1);
	open_interface(2);
	cr_assert(eq(int, detach(2), 0));
	host_reset(host);
	host_wait_ms(host, 2000);
	assert_is("bootloader", 0x1111, 0x2222);
	cr_assert(eq(sz, get_breaches(), 0));
}

Test(sim_loader, webcam_comes_back_or_not)
{
	plug("webcam:leave=no", 2);
	cr_assert(eq(int, detach(2), 0));
	assert_stays("application", 1);
	plug("webcam:return-as=application", 2);
	cr_assert(eq(int, detach(2), 0));
	assert_stays("application", 2);
	plug("webcam:return=no", 2);
	cr_assert(eq(int, detach(2), 0));
	host_wait_ms(host, 20000);
	cr_assert(eq(sz, host_scan(host), 0));
}

/* A board. */

static void touch(void)
{
	uint8_t coding[DFUT_SIM_LINE_CODING_SIZE] = { 0xb0, 0x04, 0, 0, 0, 0, 8 };

	cr_assert(eq(int, host_out(host, 0x21, DFUT_SIM_CDC_SET_CONTROL_LINE_STATE, 3, 0, NULL, 0), 0));
	cr_assert(eq(int, host_out(host, 0x21, DFUT_SIM_CDC_SET_LINE_CODING, 0, 0, coding, 7), 7));
	cr_assert(eq(int, host_out(host, 0x21, DFUT_SIM_CDC_SET_CONTROL_LINE_STATE, 0, 0, NULL, 0), 0));
}

Test(sim_loader, board_is_touched)
{
	plug("cdc-board:vid=1111,pid=2222,boot-vid=3333,boot-pid=4444", 0);
	assert_is("application", 0x1111, 0x2222);
	assert_lengths();
	touch();
	host_wait_ms(host, 2000);
	assert_is("bootloader", 0x3333, 0x4444);
	assert_lengths();
	open_interface(0);
	update_by_dfu();
	assert_is("application", 0x1111, 0x2222);
	plug("cdc-board:touch=no", 0);
	touch();
	assert_stays("application", 1);
}

Test(sim_loader, board_speaks_dfuse)
{
	plug("cdc-board:bootloader=dfuse", 0);
	touch();
	host_wait_ms(host, 2000);
	assert_is("bootloader", 0x1209, 0x0006);
	assert_lengths();
	assert_text(host_get(host)->strings[4], "@Internal Flash  /0x08000000/04*016Kg,01*064Kg,07*128Kg");
	open_interface(0);
	update_by_dfuse();
	assert_is("application", 0x1209, 0x0005);
}

Test(sim_loader, board_is_unknown_in_its_bootloader_too)
{
	plug("cdc-board:bootloader=unknown", 0);
	touch();
	host_wait_ms(host, 2000);
	assert_is("bootloader", 0x1209, 0x0006);
	assert_lengths();
	open_interface(0);
	cr_assert(eq(int, host_in(host, 0xa1, DFUT_SIM_DFU_GETSTATUS, 0, 0, 6), DFUT_ERROR_DEVICE));
	host_reset(host);
	assert_stays("bootloader", 2);
	dfut_sim_device_press_reset(host->device);
	host_wait_ms(host, 2000);
	assert_is("application", 0x1209, 0x0005);
}

Test(sim_loader, board_takes_two_taps)
{
	plug("cdc-board", 0);
	dfut_sim_device_press_reset(host->device);
	host_wait_ms(host, 100);
	dfut_sim_device_press_reset(host->device);
	host_wait_ms(host, 2000);
	assert_is("bootloader", 0x1209, 0x0006);
}

Test(sim_loader, a_download_that_was_cut_is_not_started)
{
	static const char *const specs[] = { "cdc-board", "cdc-board:bootloader=dfuse" };

	for (size_t i = 0; i < 2; i++) {
		plug(specs[i], 0);
		touch();
		host_wait_ms(host, 2000);
		open_interface(0);
		if (i == 0)
			download(0, "abcd", 4, DFU_DNLOAD_IDLE);
		else
			download(0, "\x41\x00\x00\x00\x08", 5, DFU_DNLOAD_IDLE);
		dfut_sim_device_unplug(host->device);
		dfut_sim_device_replug(host->device);
		assert_is("bootloader", 0x1209, 0x0006);
		open_interface(0);
		cr_assert(eq(u8, get_state(), i == 0 ? DFU_ERROR : DFU_IDLE));
	}
}

/* A keyboard. */

static void jump(const char *spec)
{
	uint8_t report[32] = { 0x0b };

	plug(spec, 1);
	cr_assert(eq(int, host_out(host, 0x21, 0x09, 0x0200, 1, report, 32), 32));
	host_wait_ms(host, 2000);
	open_interface(0);
}

Test(sim_loader, keyboard_by_dfuse)
{
	jump("via-keyboard:control=take,bootloader=stm32");
	assert_is("bootloader", 0x0483, 0xdf11);
	assert_lengths();
	update_by_dfuse();
	assert_is("application", 0xfeed, 0x6060);
}

Test(sim_loader, keyboard_by_dfu)
{
	jump("via-keyboard:control=take,bootloader=dfu,dfu-vid=1c11,dfu-pid=b007");
	assert_is("bootloader", 0x1c11, 0xb007);
	assert_lengths();
	update_by_dfu();
	assert_is("application", 0xfeed, 0x6060);
}

Test(sim_loader, keyboard_with_flip_notes_downloads)
{
	jump("via-keyboard:control=take");
	assert_is("bootloader", 0x03eb, 0x2ff4);
	cr_assert(eq(u8, get_state(), DFU_IDLE));
	cr_assert(eq(sz, get_breaches(), 0));
	host_out(host, 0x21, DFUT_SIM_DFU_DNLOAD, 0, 0, "\x04\x00\xff", 3);
	cr_assert(eq(sz, get_breaches(), 1));
}

/* What was written and where it was is kept between runs. */
Test(sim_loader, keeps_a_state_file)
{
	static const char *const models[] = { "cdc-board:", "webcam:", "via-keyboard:bootloader=dfu," };

	for (size_t i = 0; i < 3; i++) {
		char path[] = "/tmp/dfutrigger-test-XXXXXX";
		char spec[128];

		close(mkstemp(path));
		unlink(path);
		snprintf(spec, sizeof(spec), "%sstate=%s", models[i], path);
		plug(spec, 0);
		cr_assert(eq(int, dfut_sim_device_set_memory(host->device, "flash", 100, "hello", 5), 0));
		cr_assert(eq(int, dfut_sim_save(host->sim), 0));
		plug(spec, 0);
		cr_expect(eq(int, memcmp(get_flash() + 100, "hello", 5), 0));
		unlink(path);
	}
}
