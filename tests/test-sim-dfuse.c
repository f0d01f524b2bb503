/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* The virtual chips whose ROM speaks DfuSe: commands, data, times, quirks, and what a host must not do. */

#include <stdio.h>

#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include "sim-host.h"
#include "sim/parts/dfuse.h"

#define assert_text(got, want) cr_assert(eq(str, (char *)(got), (char *)(want)))

#define FLASH 0x08000000
#define TRANSFER_SIZE 2048

static struct host *host;

static void stop(void)
{
	host_free(host);
	host = NULL;
}

TestSuite(sim_dfuse, .fini = stop, .timeout = 20);

static void open_again(void)
{
	host_disconnect(host);
	cr_assert(eq(int, host_open(host, 0), 0));
}

static void plug(const char *spec)
{
	host_free(host);
	host = host_new_or_fail(spec);
	open_again();
}

static void assert_mode(const char *mode)
{
	assert_text(dfut_sim_device_get_mode_name(host->device), mode);
}

static size_t get_breaches(void)
{
	return dfut_sim_device_get_breach_count(host->device);
}

static bool has_breach(const char *word)
{
	for (size_t i = 0; i < dfut_sim_device_get_record_count(host->device); i++) {
		const struct dfut_sim_record *record = dfut_sim_device_get_record(host->device, i);

		if (record->event == DFUT_SIM_EVENT_BREACH && strstr(record->text, word))
			return true;
	}
	return false;
}

static void assert_breach(const char *word)
{
	cr_assert(has_breach(word), "%s", word);
	dfut_sim_device_clear_record(host->device);
}

static const uint8_t *get_memory(const char *name)
{
	return dfut_sim_device_get_memory(host->device, name, NULL);
}

static const char *get_string(uint8_t index)
{
	return host_get(host)->strings[index];
}

/* Requests. */

static int send_dfu(uint8_t request)
{
	return host_out(host, 0x21, request, 0, 0, NULL, 0);
}

static int dnload(uint16_t block, const void *data, uint16_t length)
{
	return host_out(host, 0x21, DFUT_SIM_DFU_DNLOAD, block, 0, data, length);
}

static int upload(uint16_t block, uint16_t length)
{
	return host_in(host, 0xa1, DFUT_SIM_DFU_UPLOAD, block, 0, length);
}

static int try_getstatus(struct dfut_sim_dfu_answer *answer)
{
	const uint8_t *data = host->request.buffer;
	int result = host_in(host, 0xa1, DFUT_SIM_DFU_GETSTATUS, 0, 0, 6);

	answer->status = data[0];
	answer->poll_ms = (uint32_t)(data[1] | data[2] << 8 | data[3] << 16);
	answer->state = data[4];
	return result;
}

static struct dfut_sim_dfu_answer getstatus(void)
{
	struct dfut_sim_dfu_answer answer = { 0 };

	cr_assert(eq(int, try_getstatus(&answer), 6));
	return answer;
}

static void assert_status(uint8_t state, uint8_t status)
{
	struct dfut_sim_dfu_answer answer = getstatus();

	cr_assert(eq(u8, answer.state, state));
	cr_assert(eq(u8, answer.status, status));
}

/* Waits as long as the device says. Returns its status. */
static uint8_t wait_for_result(void)
{
	struct dfut_sim_dfu_answer answer = getstatus();

	cr_assert(eq(u8, answer.state, DFU_DNBUSY));
	for (int i = 0; i < 100 && answer.state == DFU_DNBUSY; i++) {
		host_wait_ms(host, answer.poll_ms);
		answer = getstatus();
	}
	cr_assert(eq(u8, answer.state, answer.status ? DFU_ERROR : DFU_DNLOAD_IDLE));
	return answer.status;
}

static void send_command(uint8_t command, uint32_t address)
{
	uint8_t data[5] = { command };

	dfut_put_le32(data + 1, address);
	cr_assert(eq(int, dnload(0, data, sizeof(data)), 5));
}

static uint8_t set_address(uint32_t address)
{
	send_command(0x21, address);
	return wait_for_result();
}

static uint8_t erase(uint32_t address)
{
	send_command(0x41, address);
	return wait_for_result();
}

static void send_short_command(uint8_t command)
{
	cr_assert(eq(int, dnload(0, &command, 1), 1));
}

static void recover(void)
{
	cr_assert(eq(int, send_dfu(DFUT_SIM_DFU_CLRSTATUS), 0));
	assert_status(DFU_IDLE, STATUS_OK);
}

/* A block of data that can be told from others. */
static const uint8_t *make_block(uint32_t seed)
{
	static uint8_t block[4096];

	for (size_t i = 0; i < sizeof(block); i++)
		block[i] = (uint8_t)(i * 3 + seed + i / 256);
	return block;
}

static uint8_t write_block(uint16_t block, uint32_t seed, uint16_t length)
{
	cr_assert(eq(int, dnload(block, make_block(seed), length), length));
	return wait_for_result();
}

static bool holds(const char *memory, uint32_t offset, uint32_t seed, uint32_t length)
{
	return memcmp(get_memory(memory) + offset, make_block(seed), length) == 0;
}

static void leave(void)
{
	cr_assert(eq(int, dnload(2, NULL, 0), 0));
	assert_status(DFU_MANIFEST, STATUS_OK);
	host_wait_ms(host, 1000);
	assert_mode("application");
}

/* What they tell of themselves. */

Test(sim_dfuse, tells_its_memories)
{
	const struct host_device *device;

	plug("stm32f405");
	device = host_get(host);
	cr_assert(eq(u16, dfut_le16(&device->descriptors[8]), 0x0483));
	cr_assert(eq(u16, dfut_le16(&device->descriptors[10]), 0xdf11));
	cr_assert(eq(sz, device->descriptors_size, 18 + 9 + 4 * 9 + 9));
	cr_assert(eq(u8, device->descriptors[65], 0x0b));
	cr_assert(eq(u16, dfut_le16(&device->descriptors[68]), 2048));
	cr_assert(eq(u16, dfut_le16(&device->descriptors[70]), 0x011a));
	assert_text(get_string(4), "@Internal Flash  /0x08000000/04*016Kg,01*064Kg,07*128Kg");
	assert_text(get_string(5), "@Option Bytes  /0x1FFFC000/01*016 e");
	assert_text(get_string(6), "@OTP Memory /0x1FFF7800/01*512 e,01*016 e");
	assert_text(get_string(7), "@Device Feature/0xFFFF0000/01*004 e");
	plug("stm32f072");
	assert_text(get_string(4), "@Internal Flash  /0x08000000/064*0002Kg");
	assert_text(get_string(5), "@Option Bytes  /0x1FFFF800/01*016 e");
	assert_mode("bootloader");
	assert_status(DFU_IDLE, STATUS_OK);
}

Test(sim_dfuse, layouts_can_be_others)
{
	plug("stm32f405:names=same,feature-type=a");
	assert_text(get_string(7), get_string(4));
	plug("stm32f405:feature-type=a,option-bytes=no");
	assert_text(get_string(5), "@OTP Memory /0x1FFF7800/01*512 e,01*016 e");
	assert_text(get_string(6), "@Device Feature/0xFFFF0000/01*004 a");
	cr_assert(eq(int, host_alternate(host, 0, 1), 0));
	cr_assert(eq(u8, set_address(0x1fff7800), STATUS_OK));
	cr_assert(eq(u8, write_block(2, 7, 16), STATUS_OK));
	cr_assert(holds("otp", 0, 7, 16));
	cr_assert(eq(sz, get_breaches(), 0));
	plug("stm32f405:wrp=0x810,wrp-in-name=yes");
	assert_text(get_string(4), "@Internal Flash  /0x08000000/04*016Kg,01*064Ka,06*128Kg,01*128K");
	plug("stm32f072:layout=@Internal Flash  /0x08000000/256*02Kg");
	assert_text(get_string(4), "@Internal Flash  /0x08000000/256*02Kg");
}

Test(sim_dfuse, strings_can_be_shorter_than_they_say)
{
	plug("stm32f405:string-surplus=10,serial=1234");
	cr_assert(eq(int, host_in(host, 0x80, DFUT_SIM_GET_DESCRIPTOR, 0x0303, 0x0409, 255), 10));
	cr_assert(eq(u8, host->request.buffer[0], 20));
	assert_text(get_string(3), "1234");
}

Test(sim_dfuse, goes_by_other_ids)
{
	plug("stm32f072:rom-vid=2e3c,rom-pid=1234,rom-release=0200");
	cr_assert(eq(u16, dfut_le16(&host_get(host)->descriptors[8]), 0x2e3c));
	cr_assert(eq(u16, dfut_le16(&host_get(host)->descriptors[10]), 0x1234));
	cr_assert(eq(u16, dfut_le16(&host_get(host)->descriptors[12]), 0x0200));
}

/* Commands. */

Test(sim_dfuse, tells_its_commands)
{
	static const uint8_t commands[] = { 0x00, 0x21, 0x41, 0x92 };

	plug("stm32f072");
	cr_assert(eq(int, upload(0, 64), 4));
	cr_assert(eq(int, memcmp(host->request.buffer, commands, 4), 0));
	assert_status(DFU_IDLE, STATUS_OK);
	send_short_command(0x00);
	cr_assert(eq(u8, wait_for_result(), STATUS_OK));
	plug("stm32f072:commands=3");
	cr_assert(eq(int, upload(0, 64), 3));
	cr_assert(eq(sz, get_breaches(), 0));
}

Test(sim_dfuse, erases_and_writes_as_asked)
{
	plug("stm32f072");
	cr_assert(eq(u8, erase(FLASH + 100), STATUS_OK));
	cr_assert(eq(u8, erase(FLASH + 2048), STATUS_OK));
	cr_assert(eq(u8, erase(FLASH + 4096), STATUS_OK));
	cr_assert(eq(u8, get_memory("flash")[0], 0xff));
	cr_assert(eq(u8, set_address(FLASH), STATUS_OK));
	cr_assert(eq(u8, write_block(2, 1, 2048), STATUS_OK));
	cr_assert(eq(u8, write_block(3, 2, 2048), STATUS_OK));
	cr_assert(eq(u8, set_address(FLASH + 4096), STATUS_OK));
	cr_assert(eq(u8, write_block(2, 3, 100), STATUS_OK));
	cr_assert(holds("flash", 0, 1, 2048));
	cr_assert(holds("flash", 2048, 2, 2048));
	cr_assert(holds("flash", 4096, 3, 100));
	cr_assert(eq(u8, get_memory("flash")[4096 + 100], 0xff));
	cr_assert(eq(int, send_dfu(DFUT_SIM_DFU_ABORT), 0));
	cr_assert(eq(int, upload(3, 2048), 2048));
	assert_status(DFU_UPLOAD_IDLE, STATUS_OK);
	cr_assert(eq(sz, get_breaches(), 0));
}

Test(sim_dfuse, does_what_it_is_told_with_the_next_getstatus)
{
	plug("stm32f072");
	send_command(0x41, FLASH);
	host_wait_ms(host, 1000);
	cr_assert(ne(u8, get_memory("flash")[3], 0xff));
	cr_assert(eq(u8, wait_for_result(), STATUS_OK));
	cr_assert(eq(u8, get_memory("flash")[3], 0xff));
}

/* The address of a short block depends on what its number is multiplied with. */
Test(sim_dfuse, multiplies_block_numbers)
{
	plug("stm32f072");
	send_short_command(0x41);
	cr_assert(eq(u8, wait_for_result(), STATUS_OK));
	cr_assert(eq(u8, set_address(FLASH), STATUS_OK));
	cr_assert(eq(u8, write_block(4, 1, 100), STATUS_OK));
	cr_assert(holds("flash", 200, 1, 100));
	plug("stm32f072:multiplier=transfer-size");
	send_short_command(0x41);
	cr_assert(eq(u8, wait_for_result(), STATUS_OK));
	cr_assert(eq(u8, set_address(FLASH), STATUS_OK));
	cr_assert(eq(u8, write_block(4, 1, 100), STATUS_OK));
	cr_assert(holds("flash", 4096, 1, 100));
}

Test(sim_dfuse, takes_the_time_of_the_data_sheet)
{
	static const struct {
		uint32_t address;
		uint32_t ms;
	} sectors[] = { { 0, 400 }, { 0xc000, 400 }, { 0x10000, 1200 }, { 0x20000, 2000 }, { 0xe0000, 2000 } };
	struct dfut_sim_dfu_answer answer;

	plug("stm32f405");
	for (size_t i = 0; i < DFUT_COUNT(sectors); i++) {
		send_command(0x41, FLASH + sectors[i].address);
		answer = getstatus();
		cr_assert(eq(u32, answer.poll_ms, sectors[i].ms));
		host_wait_ms(host, answer.poll_ms);
		assert_status(DFU_DNLOAD_IDLE, STATUS_OK);
	}
	cr_assert(eq(int, dnload(2, make_block(0), 2048), 2048));
	cr_assert(eq(u32, getstatus().poll_ms, 33));
	plug("stm32f405:erase-percent=200,program-percent=50");
	send_command(0x41, FLASH);
	cr_assert(eq(u32, getstatus().poll_ms, 800));
	host_wait_ms(host, 800);
	assert_status(DFU_DNLOAD_IDLE, STATUS_OK);
	cr_assert(eq(int, dnload(2, make_block(0), 2048), 2048));
	cr_assert(eq(u32, getstatus().poll_ms, 17));
	plug("stm32f072");
	send_command(0x41, FLASH);
	cr_assert(eq(u32, getstatus().poll_ms, 40));
	cr_assert(eq(sz, get_breaches(), 0));
}

Test(sim_dfuse, erases_all)
{
	size_t size;
	const uint8_t *flash;

	plug("stm32f072");
	flash = dfut_sim_device_get_memory(host->device, "flash", &size);
	send_short_command(0x41);
	cr_assert(eq(u32, getstatus().poll_ms, 40));
	host_wait_ms(host, 40);
	assert_status(DFU_DNLOAD_IDLE, STATUS_OK);
	cr_assert(eq(sz, size, 128 * 1024));
	for (size_t i = 0; i < size; i++)
		cr_assert(eq(u8, flash[i], 0xff));
}

/* The F405 says 100 ms, and answers nobody for 16 s. */
Test(sim_dfuse, tells_a_lie_about_mass_erase)
{
	struct dfut_sim_dfu_answer answer;
	uint64_t start_us;

	plug("stm32f405");
	send_short_command(0x41);
	cr_assert(eq(u32, getstatus().poll_ms, 100));
	host_wait_ms(host, 100);
	cr_assert(eq(int, try_getstatus(&answer), DFUT_ERROR_TIMEOUT));
	cr_assert(eq(int, try_getstatus(&answer), DFUT_ERROR_TIMEOUT));
	plug("stm32f405");
	send_short_command(0x41);
	start_us = host_get_time_us(host);
	getstatus();
	host_wait_ms(host, 35000);
	assert_status(DFU_DNLOAD_IDLE, STATUS_OK);
	cr_assert(lt(u64, host_get_time_us(host) - start_us, UINT64_C(35100000)));
	plug("stm32f405:mass-poll-ms=16000");
	send_short_command(0x41);
	cr_assert(eq(u8, wait_for_result(), STATUS_OK));
	cr_assert(eq(sz, get_breaches(), 0));
}

/* Leaving. */

Test(sim_dfuse, leaves_for_code)
{
	plug("stm32f072");
	leave();
	cr_assert(not(dfut_sim_device_is_present(host->device)));
	dfut_sim_device_press_reset(host->device);
	host_wait_ms(host, 1000);
	assert_mode("bootloader");
	open_again();
	assert_status(DFU_IDLE, STATUS_OK);
	cr_assert(eq(u8, set_address(FLASH), STATUS_OK));
	leave();
	cr_assert(eq(sz, get_breaches(), 0));
}

Test(sim_dfuse, resets_where_there_is_no_code)
{
	plug("stm32f072");
	cr_assert(eq(u8, set_address(FLASH + 0x4000), STATUS_OK));
	cr_assert(eq(int, dnload(2, NULL, 0), 0));
	assert_status(DFU_MANIFEST, STATUS_OK);
	host_wait_ms(host, 1000);
	assert_mode("bootloader");
	cr_assert(dfut_sim_device_is_present(host->device));
	stop();
	host = host_new_or_fail("stm32f072:boot0=no");
	assert_mode("application");
	cr_assert(not(dfut_sim_device_is_present(host->device)));
}

Test(sim_dfuse, waits_for_getstatus_to_leave)
{
	plug("stm32f072:application=runtime");
	cr_assert(eq(int, dnload(2, NULL, 0), 0));
	host_wait_ms(host, 5000);
	assert_mode("bootloader");
	assert_status(DFU_MANIFEST, STATUS_OK);
	host_wait_ms(host, 1000);
	assert_mode("application");
	cr_assert(dfut_sim_device_is_present(host->device));
	cr_assert(eq(u16, dfut_le16(&host_get(host)->descriptors[8]), 0x1209));
}

Test(sim_dfuse, leaves_without_an_answer)
{
	struct dfut_sim_dfu_answer answer;

	plug("stm32f072:leave-status=timeout");
	cr_assert(eq(int, dnload(2, NULL, 0), 0));
	cr_assert(lt(int, try_getstatus(&answer), 0));
	cr_assert(not(dfut_sim_device_is_present(host->device)));
	plug("stm32f072:leave-status=stall");
	cr_assert(eq(int, dnload(2, NULL, 0), 0));
	cr_assert(eq(int, try_getstatus(&answer), DFUT_ERROR_DEVICE));
	host_wait_ms(host, 10);
	cr_assert(not(dfut_sim_device_is_present(host->device)));
	plug("stm32f072:leave-request=stall");
	cr_assert(eq(int, dnload(2, NULL, 0), DFUT_ERROR_DEVICE));
	cr_assert(eq(int, try_getstatus(&answer), DFUT_ERROR_GONE));
	assert_mode("application");
}

Test(sim_dfuse, may_want_an_address_before_it_leaves)
{
	plug("stm32f072:leave-needs-address=yes");
	cr_assert(eq(int, dnload(2, NULL, 0), 0));
	assert_status(DFU_ERROR, ERR_UNKNOWN);
	recover();
	cr_assert(eq(u8, erase(FLASH + 2048), STATUS_OK));
	cr_assert(eq(u8, set_address(FLASH + 2048), STATUS_OK));
	cr_assert(eq(u8, write_block(2, 0, 10), STATUS_OK));
	cr_assert(eq(int, dnload(2, NULL, 0), 0));
	assert_status(DFU_ERROR, ERR_UNKNOWN);
	recover();
	cr_assert(eq(u8, set_address(FLASH), STATUS_OK));
	leave();
}

/* Protection. */

Test(sim_dfuse, keeps_what_is_write_protected)
{
	plug("stm32f405:wrp=0x01");
	cr_assert(eq(u8, erase(FLASH), STATUS_OK));
	cr_assert(eq(u8, get_memory("flash")[3], 0x20));
	cr_assert(eq(u8, set_address(FLASH), STATUS_OK));
	cr_assert(eq(u8, write_block(2, 0, 2048), STATUS_OK));
	cr_assert(eq(u8, get_memory("flash")[3], 0x20));
	plug("stm32f072:wrp=0x01");
	cr_assert(eq(u8, erase(FLASH + 2048), STATUS_OK));
	cr_assert(eq(u8, erase(FLASH), STATUS_OK));
	cr_assert(eq(u8, get_memory("flash")[3], 0x20));
	cr_assert(eq(u8, get_memory("option-bytes")[8], 0xfe));
	cr_assert(eq(u8, get_memory("option-bytes")[9], 0x01));
	cr_assert(eq(sz, get_breaches(), 0));
}

Test(sim_dfuse, keeps_its_secrets)
{
	plug("stm32f072:rdp=yes");
	cr_assert(eq(int, upload(0, 4), 4));
	cr_assert(eq(int, upload(2, 2048), DFUT_ERROR_DEVICE));
	assert_status(DFU_ERROR, ERR_VENDOR);
	recover();
	cr_assert(eq(u8, set_address(FLASH), ERR_VENDOR));
	recover();
	cr_assert(eq(u8, erase(FLASH), ERR_VENDOR));
	recover();
	send_short_command(0x41);
	cr_assert(eq(u8, wait_for_result(), ERR_VENDOR));
	recover();
	cr_assert(eq(u8, write_block(2, 0, 16), ERR_VENDOR));
	recover();
	cr_assert(eq(u8, get_memory("flash")[3], 0x20));
	plug("stm32f072:rdp=yes,rdp-address=allow");
	cr_assert(eq(u8, set_address(FLASH), STATUS_OK));
	cr_assert(eq(sz, get_breaches(), 0));
}

Test(sim_dfuse, gives_up_its_flash_with_the_protection)
{
	struct dfut_sim_dfu_answer answer;

	plug("stm32f405:rdp=yes");
	send_short_command(0x92);
	answer = getstatus();
	cr_assert(eq(u8, answer.state, DFU_DNBUSY));
	cr_assert(eq(u32, answer.poll_ms, 16000));
	host_wait_ms(host, answer.poll_ms + 500);
	cr_assert(eq(int, try_getstatus(&answer), DFUT_ERROR_GONE));
	open_again();
	cr_assert(eq(u8, get_memory("flash")[3], 0xff));
	cr_assert(eq(u8, set_address(FLASH), STATUS_OK));
	cr_assert(eq(sz, get_breaches(), 0));
}

Test(sim_dfuse, may_forget_to_reset)
{
	plug("stm32f072:rdp=yes,resets=no");
	send_short_command(0x92);
	cr_assert(eq(u8, wait_for_result(), STATUS_OK));
	host_wait_ms(host, 1000);
	cr_assert(eq(u8, set_address(FLASH), STATUS_OK));
	cr_assert(eq(u8, get_memory("flash")[3], 0xff));
}

Test(sim_dfuse, resets_after_its_option_bytes_were_written)
{
	static const uint8_t bytes[16] = { 0x55, 0xaa, 0xff, 0x00, 0xff, 0x00, 0xff, 0x00 };

	plug("stm32f072");
	cr_assert(eq(int, host_alternate(host, 0, 1), 0));
	cr_assert(eq(u8, set_address(0x1ffff800), STATUS_OK));
	cr_assert(eq(int, dnload(2, bytes, sizeof(bytes)), 16));
	cr_assert(eq(u8, getstatus().state, DFU_DNBUSY));
	host_wait_ms(host, 30);
	cr_assert(dfut_sim_device_is_present(host->device));
	host_wait_ms(host, 500);
	open_again();
	cr_assert(eq(u8, set_address(FLASH), ERR_VENDOR));
	cr_assert(eq(sz, get_breaches(), 0));
}

/* Quirks. */

Test(sim_dfuse, may_do_commands_at_once)
{
	uint64_t start_us;

	plug("stm32f072:first-status=idle");
	send_command(0x21, FLASH);
	assert_status(DFU_DNLOAD_IDLE, STATUS_OK);
	send_command(0x41, FLASH);
	start_us = host_get_time_us(host);
	assert_status(DFU_DNLOAD_IDLE, STATUS_OK);
	cr_assert(ge(u64, host_get_time_us(host) - start_us, 40000));
	cr_assert(eq(u8, write_block(2, 0, 2048), STATUS_OK));
	send_command(0x21, 0);
	assert_status(DFU_ERROR, ERR_TARGET);
}

Test(sim_dfuse, may_take_longer_than_it_says)
{
	struct dfut_sim_dfu_answer answer;

	plug("stm32f405:poll-percent=50,busy=stall");
	send_command(0x41, FLASH);
	cr_assert(eq(u32, getstatus().poll_ms, 200));
	host_wait_ms(host, 200);
	cr_assert(eq(int, try_getstatus(&answer), DFUT_ERROR_DEVICE));
	host_wait_ms(host, 200);
	assert_status(DFU_DNLOAD_IDLE, STATUS_OK);
	plug("stm32f405:poll-percent=50,busy=block");
	send_command(0x41, FLASH);
	cr_assert(eq(u32, getstatus().poll_ms, 200));
	host_wait_ms(host, 200);
	assert_status(DFU_DNLOAD_IDLE, STATUS_OK);
	plug("stm32f405:poll-percent=0,busy=answer");
	send_command(0x41, FLASH);
	for (int i = 0; i < 100; i++)
		cr_assert(eq(u8, getstatus().state, DFU_DNBUSY));
	host_wait_ms(host, 400);
	assert_status(DFU_DNLOAD_IDLE, STATUS_OK);
	cr_assert(eq(sz, get_breaches(), 0));
}

Test(sim_dfuse, may_be_stuck)
{
	plug("stm32f405:stuck-offset=128K");
	cr_assert(eq(u8, erase(FLASH + 0x10000), STATUS_OK));
	send_command(0x41, FLASH + 0x20000);
	for (int i = 0; i < 10; i++) {
		cr_assert(eq(u8, getstatus().state, DFU_DNBUSY));
		host_wait_ms(host, 2000);
	}
	cr_assert(eq(int, send_dfu(DFUT_SIM_DFU_CLRSTATUS), 0));
	assert_status(DFU_ERROR, ERR_UNKNOWN);
	recover();
	cr_assert(eq(u8, get_memory("flash")[0x20000], 0xff));
	cr_assert(eq(sz, get_breaches(), 0));
}

Test(sim_dfuse, may_take_only_small_blocks)
{
	plug("stm32f072:largest-block=1024");
	cr_assert(eq(u16, dfut_le16(&host_get(host)->descriptors[18 + 9 + 18 + 5]), 2048));
	cr_assert(eq(u8, erase(FLASH), STATUS_OK));
	cr_assert(eq(int, dnload(2, make_block(0), 2048), DFUT_ERROR_DEVICE));
	assert_status(DFU_ERROR, ERR_STALLEDPKT);
	recover();
	cr_assert(eq(u8, write_block(2, 0, 1024), STATUS_OK));
	plug("stm32f072:transfer-size=1024");
	cr_assert(eq(u16, dfut_le16(&host_get(host)->descriptors[18 + 9 + 18 + 5]), 1024));
}

Test(sim_dfuse, is_asked_for_its_functional_descriptor)
{
	struct dfut_sim_dfu_answer answer;

	plug("stm32f072");
	cr_assert(eq(int, host_in(host, 0x80, DFUT_SIM_GET_DESCRIPTOR, 0x2100, 0, 9), 9));
	cr_assert(eq(u16, dfut_le16(host->request.buffer + 7), 0x011a));
	plug("stm32f072:get-functional=stall");
	cr_assert(eq(int, host_in(host, 0x80, DFUT_SIM_GET_DESCRIPTOR, 0x2100, 0, 9), DFUT_ERROR_DEVICE));
	assert_status(DFU_IDLE, STATUS_OK);
	plug("stm32f072:get-functional=hang");
	cr_assert(eq(int, host_in(host, 0x80, DFUT_SIM_GET_DESCRIPTOR, 0x2100, 0, 9), DFUT_ERROR_TIMEOUT));
	cr_assert(eq(int, try_getstatus(&answer), DFUT_ERROR_TIMEOUT));
	dfut_sim_device_unplug(host->device);
	dfut_sim_device_replug(host->device);
	open_again();
	assert_status(DFU_IDLE, STATUS_OK);
}

Test(sim_dfuse, takes_clrstatus_for_an_error)
{
	plug("stm32f072");
	cr_assert(eq(int, send_dfu(DFUT_SIM_DFU_CLRSTATUS), 0));
	assert_status(DFU_ERROR, ERR_UNKNOWN);
	assert_breach("CLRSTATUS is not allowed");
	plug("stm32f072:clear=stall");
	cr_assert(eq(int, send_dfu(DFUT_SIM_DFU_CLRSTATUS), DFUT_ERROR_DEVICE));
	assert_status(DFU_IDLE, STATUS_OK);
}

Test(sim_dfuse, starts_in_any_state)
{
	plug("stm32f072:start=error");
	assert_status(DFU_ERROR, ERR_FIRMWARE);
	plug("stm32f072:start=dnload-idle");
	assert_status(DFU_DNLOAD_IDLE, STATUS_OK);
	plug("stm32f072:start=upload-idle");
	assert_status(DFU_UPLOAD_IDLE, STATUS_OK);
	cr_assert(eq(int, host_reset(host), 0));
	assert_status(DFU_IDLE, STATUS_OK);
}

/* What a host must not do. */

Test(sim_dfuse, complains_about_addresses)
{
	plug("stm32f072");
	cr_assert(eq(u8, set_address(0x20000000), ERR_TARGET));
	assert_breach("outside the memory map");
	recover();
	cr_assert(eq(u8, erase(FLASH + 128 * 1024), ERR_TARGET));
	assert_breach("outside the memory map");
	recover();
	cr_assert(eq(u8, set_address(FLASH + 128 * 1024 - 1024), STATUS_OK));
	cr_assert(eq(u8, write_block(2, 0, 2048), ERR_TARGET));
	assert_breach("outside the memory map");
	recover();
	cr_assert(eq(u8, set_address(0x1ffff800), STATUS_OK));
	cr_assert(eq(u8, erase(0x1ffff800), ERR_TARGET));
	assert_breach("not in this alternate setting");
	recover();
	cr_assert(eq(int, host_alternate(host, 0, 1), 0));
	cr_assert(eq(u8, erase(0x1ffff800), ERR_TARGET));
	assert_breach("not erasable");
}

Test(sim_dfuse, complains_about_what_is_not_erased)
{
	plug("stm32f072");
	cr_assert(eq(u8, write_block(2, 0x55, 2048), STATUS_OK));
	assert_breach("not erased");
	cr_assert(not(holds("flash", 0, 0x55, 2048)));
}

Test(sim_dfuse, complains_about_blocks)
{
	static const uint8_t nonsense[3] = { 0x33 };

	plug("stm32f072");
	cr_assert(eq(int, dnload(1, make_block(0), 16), DFUT_ERROR_DEVICE));
	assert_breach("block 1");
	recover();
	cr_assert(eq(int, dnload(2, make_block(0), 2049), DFUT_ERROR_DEVICE));
	assert_breach("wTransferSize");
	recover();
	cr_assert(eq(int, dnload(0, nonsense, sizeof(nonsense)), DFUT_ERROR_DEVICE));
	assert_breach("no command");
	recover();
	cr_assert(eq(u8, set_address(FLASH), STATUS_OK));
	cr_assert(eq(int, upload(2, 2048), DFUT_ERROR_DEVICE));
	assert_breach("UPLOAD is not allowed");
	recover();
	send_command(0x41, FLASH);
	cr_assert(eq(u32, getstatus().poll_ms, 40));
	getstatus();
	assert_breach("before bwPollTimeout");
}

/* GD32. */

Test(sim_dfuse, is_a_gd32)
{
	size_t size;

	plug("gd32vf103");
	cr_assert(eq(u16, dfut_le16(&host_get(host)->descriptors[8]), 0x28e9));
	cr_assert(eq(u16, dfut_le16(&host_get(host)->descriptors[10]), 0x0189));
	assert_text(get_string(4), "@Internal Flash  /0x08000000/128*001Kg");
	cr_assert(eq(int, host_in(host, 0x80, DFUT_SIM_GET_DESCRIPTOR, 0x0303, 0x0409, 255), 6));
	cr_assert(eq(int, memcmp(host->request.buffer + 2, "3CBJ", 4), 0));
	assert_status(DFU_ERROR, ERR_FIRMWARE);
	recover();
	send_command(0x41, FLASH + 1024);
	cr_assert(eq(u32, getstatus().poll_ms, 100));
	host_wait_ms(host, 100);
	assert_status(DFU_DNLOAD_IDLE, STATUS_OK);
	cr_assert(eq(int, dnload(2, make_block(0), 2048), 2048));
	cr_assert(eq(u32, getstatus().poll_ms, 104));
	plug("gd32vf103:serial=3C8J");
	dfut_sim_device_get_memory(host->device, "flash", &size);
	cr_assert(eq(sz, size, 64 * 1024));
	assert_text(get_string(4), "@Internal Flash  /0x08000000/128*001Kg");
}

Test(sim_dfuse, gd32_serials_tell_the_size)
{
	struct dfut_sim_device *device;

	plug("gd32vf103:serial=3CDJ,option-bytes=no");
	cr_assert(eq(sz, host_get(host)->descriptors_size, 18 + 9 + 9 + 9));
	cr_assert(eq(int, dfut_sim_plug(&device, host->sim, "gd32vf103:serial=3CXJ", NULL), DFUT_ERROR_USAGE));
	cr_assert(eq(int, dfut_sim_plug(&device, host->sim, "gd32vf103:serial=3CB", NULL), DFUT_ERROR_USAGE));
}

/* usbd-dfu-rt. */

static int detach(uint16_t value)
{
	return host_out(host, 0x21, DFUT_SIM_DFU_DETACH, value, 0, NULL, 0);
}

Test(sim_dfuse, rt_takes_its_value_for_a_delay)
{
	plug("usbd-dfu-rt");
	assert_mode("application");
	cr_assert(eq(u8, host_get(host)->descriptors[18 + 9 + 8 + 7], 0x01));
	cr_assert(eq(u16, dfut_le16(&host_get(host)->descriptors[18 + 9 + 8 + 9 + 7]), 0x011a));
	assert_status(APP_IDLE, STATUS_OK);
	cr_assert(eq(int, detach(700), 0));
	host_wait_ms(host, 690);
	assert_status(APP_DETACH, STATUS_OK);
	host_wait_ms(host, 1000);
	assert_mode("bootloader");
	open_again();
	cr_assert(eq(u16, dfut_le16(&host_get(host)->descriptors[8]), 0x0483));
	assert_status(DFU_IDLE, STATUS_OK);
	cr_assert(eq(u8, set_address(FLASH), STATUS_OK));
	leave();
	open_again();
	assert_status(APP_IDLE, STATUS_OK);
	cr_assert(eq(sz, get_breaches(), 0));
}

Test(sim_dfuse, rt_stays_detached)
{
	struct dfut_sim_dfu_answer answer;

	plug("usbd-dfu-rt:leave=no");
	cr_assert(eq(int, detach(10), 0));
	host_wait_ms(host, 5000);
	assert_status(APP_DETACH, STATUS_OK);
	plug("usbd-dfu-rt:will-detach=no");
	cr_assert(eq(int, detach(100), 0));
	host_wait_ms(host, 200);
	assert_status(APP_DETACH, STATUS_OK);
	cr_assert(eq(int, host_reset(host), 0));
	assert_status(APP_DETACH, STATUS_OK);
	plug("usbd-dfu-rt:will-detach=no");
	cr_assert(eq(int, detach(100), 0));
	host_reset(host);
	host_wait_ms(host, 1000);
	assert_mode("bootloader");
	plug("usbd-dfu-rt:getstatus=stall");
	cr_assert(eq(int, try_getstatus(&answer), DFUT_ERROR_DEVICE));
	plug("usbd-dfu-rt:return-as=application");
	cr_assert(eq(int, detach(10), 0));
	host_wait_ms(host, 1000);
	assert_mode("application");
	cr_assert(eq(sz, get_breaches(), 0));
}

Test(sim_dfuse, rt_stays_in_the_rom_without_code)
{
	plug("usbd-dfu-rt");
	cr_assert(eq(int, detach(0), 0));
	host_wait_ms(host, 1000);
	open_again();
	cr_assert(eq(u8, erase(FLASH), STATUS_OK));
	dfut_sim_device_unplug(host->device);
	dfut_sim_device_replug(host->device);
	assert_mode("bootloader");
}

/* Memories and modes outlive the program. */
Test(sim_dfuse, keeps_its_state)
{
	char path[] = "/tmp/dfutrigger-test-XXXXXX";
	char spec[128];

	cr_assert(ne(ptr, mkdtemp(path), NULL));
	snprintf(spec, sizeof(spec), "usbd-dfu-rt:state=%s/state", path);
	plug(spec);
	cr_assert(eq(int, detach(0), 0));
	host_wait_ms(host, 1000);
	open_again();
	cr_assert(eq(u8, erase(FLASH + 4096), STATUS_OK));
	cr_assert(eq(u8, set_address(FLASH + 4096), STATUS_OK));
	cr_assert(eq(u8, write_block(2, 9, 2048), STATUS_OK));
	plug(spec);
	assert_mode("bootloader");
	cr_assert(holds("flash", 4096, 9, 2048));
	stop();
	snprintf(spec, sizeof(spec), "%s/state", path);
	cr_assert(eq(int, remove(spec), 0));
	cr_assert(eq(int, remove(path), 0));
}

/* Whatever a host does, it does no harm; the same with the other devices that take an image. */

static uint32_t next_random(uint32_t *seed)
{
	*seed ^= *seed << 13;
	*seed ^= *seed >> 17;
	*seed ^= *seed << 5;
	return *seed;
}

static void open_somehow(uint8_t interface)
{
	host_disconnect(host);
	if (!dfut_sim_device_is_present(host->device)) {
		dfut_sim_device_unplug(host->device);
		dfut_sim_device_replug(host->device);
	}
	if (host_open(host, interface) < 0)
		cr_assert(eq(int, host_open(host, 0), 0));
}

static void ask_anything(uint32_t *seed)
{
	static const uint8_t types[] = { 0x21, 0x21, 0x21, 0xa1, 0xa1, 0x41, 0x80 };
	static const uint8_t requests[] = { 0, 1, 1, 1, 2, 3, 3, 3, 4, 5, 6, 0xf1, 0xf2, 0xf3, 0xf7 };
	static const uint8_t commands[] = { 0x00, 0x21, 0x41, 0x92, 0x55 };
	static const uint16_t lengths[] = { 0, 1, 5, 6, 64, 255, 2048, 4096 };
	static const uint16_t values[] = { 0, 0, 1, 2, 3, 4, 1000, 0x2100, 0xffff };
	uint8_t data[4096];

	for (size_t i = 0; i < sizeof(data); i++)
		data[i] = (uint8_t)next_random(seed);
	data[0] = commands[next_random(seed) % DFUT_COUNT(commands)];
	dfut_put_le32(data + 1, FLASH + next_random(seed) % 0x30000);
	host_out(host, types[next_random(seed) % DFUT_COUNT(types)], requests[next_random(seed) % DFUT_COUNT(requests)],
		 values[next_random(seed) % DFUT_COUNT(values)], next_random(seed) % 8 ? 0 : 3, data,
		 lengths[next_random(seed) % DFUT_COUNT(lengths)]);
}

Test(sim_dfuse, survives_anything)
{
	static const char *const specs[] = {
		"stm32f072:application=runtime",
		"stm32f405:first-status=idle,stuck-offset=64K",
		"gd32vf103",
		"usbd-dfu-rt",
		"xmos",
		"xmos:xua=4",
		"xmos:interface=0",
		"sln-voice",
		"esp32-s2:work=busy",
	};
	uint32_t seed = 4711;

	for (size_t i = 0; i < DFUT_COUNT(specs); i++) {
		host_free(host);
		host = host_new_or_fail(specs[i]);
		open_somehow(3);
		for (int j = 0; j < 1000; j++) {
			ask_anything(&seed);
			if (next_random(&seed) % 16 == 0)
				host_wait_ms(host, next_random(&seed) % 3000);
			if (next_random(&seed) % 64 == 0)
				host_reset(host);
			if (!dfut_sim_device_is_present(host->device) || next_random(&seed) % 64 == 0) {
				host_wait_ms(host, 1000);
				open_somehow(3);
			}
		}
	}
}
