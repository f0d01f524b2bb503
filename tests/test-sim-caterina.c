/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* The bootloaders of the virtual Leonardo that speak AVR109: each command, packets, pages, times, what a host does wrong. */

#include <stdio.h>

#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include "sim-host.h"
#include "sim/parts/caterina.h"

#define assert_text(got, want) cr_assert(eq(str, (char *)(got), (char *)(want)))

#define TEXT_LIMIT 4096
#define REPLY_MS 10000
#define SILENCE_MS 300

static struct host *host;

static void stop(void)
{
	host_free(host);
	host = NULL;
}

TestSuite(sim_caterina, .fini = stop, .timeout = 20);

static void assert_mode(const char *mode)
{
	assert_text(dfut_sim_device_get_mode_name(host->device), mode);
}

static void assert_ids(uint16_t vendor_id, uint16_t product_id)
{
	const struct host_device *device = host_get(host);

	cr_assert(ne(ptr, (void *)device, NULL));
	cr_assert(eq(u16, dfut_le16(&device->descriptors[8]), vendor_id));
	cr_assert(eq(u16, dfut_le16(&device->descriptors[10]), product_id));
}

static size_t get_breaches(void)
{
	return dfut_sim_device_get_breach_count(host->device);
}

/* One of them says so. */
static void assert_breach(const char *word)
{
	bool is_noted = false;

	for (size_t i = 0; i < dfut_sim_device_get_record_count(host->device); i++) {
		const struct dfut_sim_record *record = dfut_sim_device_get_record(host->device, i);

		is_noted = is_noted || (record->event == DFUT_SIM_EVENT_BREACH && strstr(record->text, word));
	}
	cr_assert(is_noted, "no breach with \"%s\"", word);
}

static const uint8_t *get_memory(const char *name)
{
	return dfut_sim_device_get_memory(host->device, name, NULL);
}

static void assert_filled(const uint8_t *at, size_t size, uint8_t byte)
{
	for (size_t i = 0; i < size; i++)
		cr_assert(eq(u8, at[i], byte), "byte %zu", i);
}

/* The port. */

static void open_port(void)
{
	struct dfut_action action = { .kind = DFUT_ACTION_OPEN, .link = DFUT_LINK_SERIAL };

	cr_assert(eq(int, host_connect(host), 0));
	cr_assert(eq(int, host_run(host, &action, 1000), 0));
}

/* Its button is pressed: it is in its bootloader, for 8 s. */
static void enter(void)
{
	dfut_sim_device_press_reset(host->device);
	host_wait_ms(host, 100);
	assert_mode("bootloader");
	open_port();
}

static void plug(const char *spec)
{
	host_free(host);
	host = host_new_or_fail(spec);
}

static void plug_bootloader(const char *options)
{
	char spec[256];

	snprintf(spec, sizeof(spec), "leonardo:return-ms=100,%s", options);
	plug(spec);
	enter();
}

static int write_bytes(const uint8_t *bytes, size_t size)
{
	struct dfut_action action = { .kind = DFUT_ACTION_WRITE,
				      .link = DFUT_LINK_SERIAL,
				      .transfer = { .data = bytes, .length = (uint16_t)size } };

	return host_run(host, &action, REPLY_MS);
}

static void say_bytes(const uint8_t *bytes, size_t size)
{
	cr_assert(eq(int, write_bytes(bytes, size), (int)size));
}

/* In hexadecimal digits; spaces are for those who read them. */
static void say(const char *digits)
{
	uint8_t bytes[TEXT_LIMIT / 2];
	size_t size = 0;

	for (; *digits; digits += *digits == ' ' ? 1 : 2) {
		const char pair[] = { digits[0], digits[1], '\0' };

		if (*digits != ' ')
			bytes[size++] = (uint8_t)strtoul(pair, NULL, 16);
	}
	say_bytes(bytes, size);
}

/* What comes within that time, as digits; "" for nothing. */
static const char *hear(uint64_t limit_ms)
{
	static char text[TEXT_LIMIT];
	struct dfut_action action = { .kind = DFUT_ACTION_READ,
				      .link = DFUT_LINK_SERIAL,
				      .transfer = { .length = TEXT_LIMIT / 2 - 1 } };
	int result = host_run(host, &action, limit_ms);

	text[0] = '\0';
	for (int i = 0; i < result; i++)
		snprintf(text + 2 * (size_t)i, 3, "%02x", host->request.buffer[i]);
	return text;
}

static void assert_said(const char *request, const char *reply)
{
	say(request);
	assert_text(hear(reply[0] ? REPLY_MS : SILENCE_MS), reply);
}

/* A block write: B, its size, F or E, its bytes, the first of which is `seed`. */
static void say_block(char memory, uint8_t seed, size_t size)
{
	uint8_t bytes[4 + 1024] = { 'B', (uint8_t)(size >> 8), (uint8_t)size, (uint8_t)memory };

	for (size_t i = 0; i < size; i++)
		bytes[4 + i] = (uint8_t)(seed + i);
	say_bytes(bytes, 4 + size);
}

static void write_block(char memory, uint8_t seed, size_t size)
{
	say_block(memory, seed, size);
	assert_text(hear(REPLY_MS), "0d");
}

static void assert_block(const uint8_t *at, uint8_t seed, size_t size)
{
	for (size_t i = 0; i < size; i++)
		cr_assert(eq(u8, at[i], (uint8_t)(seed + i)), "byte %zu", i);
}

/* What each command is answered with. */

Test(sim_caterina, answers_what_its_host_asks_first)
{
	plug_bootloader("");
	assert_said("1b", "");
	assert_said("53", "4341544552494e");
	assert_said("56", "3130");
	assert_said("76", "3f");
	assert_said("70", "53");
	assert_said("61", "59");
	assert_said("62", "590080");
	assert_said("74", "4400");
	assert_said("54 44", "0d");
	assert_said("50", "0d");
	assert_said("73", "87951e");
	assert_said("46", "ff");
	assert_said("4e", "d8");
	assert_said("51", "cb");
	assert_said("72", "2f");
	assert_said("4c", "0d");
	cr_assert(eq(sz, host->device->counters.frames, 16));
	cr_assert(eq(sz, get_breaches(), 0));
}

Test(sim_caterina, does_not_answer_before_it_runs)
{
	plug("leonardo");
	open_port();
	assert_said("53", "");
	assert_mode("application");
}

Test(sim_caterina, does_not_know_these)
{
	plug_bootloader("");
	assert_said("78 00", "3f");
	assert_said("48 00 00 00", "3f");
	assert_said("00", "3f");
	assert_said("0d", "3f");
	assert_said("42 0010 58", "3f");
	assert_breach("memory 'X'");
	assert_said("67 0010 58", "3f");
	assert_breach("memory 'X'");
}

Test(sim_caterina, is_what_the_part_is)
{
	plug_bootloader("part=atmega16u4");
	assert_said("73", "88941e");
	assert_said("62", "590080");
	plug_bootloader("part=at90usb646,loader=lufacdc");
	assert_said("53", "4c554641434443");
	assert_said("73", "82961e");
	assert_said("62", "590100");
	plug_bootloader("part=atxmega256a3u,loader=xboot");
	assert_said("53", "58426f6f742b2b");
	assert_said("73", "42981e");
	assert_said("62", "590200");
}

Test(sim_caterina, is_these_boards)
{
	static const struct {
		const char *board;
		uint16_t vendor_id;
		uint16_t application;
		uint16_t bootloader;
	} boards[] = {
		{ "leonardo", 0x2341, 0x8036, 0x0036 },
		{ "micro", 0x2341, 0x8037, 0x0037 },
		{ "pro-micro", 0x1b4f, 0x9206, 0x9205 },
	};

	for (size_t i = 0; i < DFUT_COUNT(boards); i++) {
		char spec[64];

		snprintf(spec, sizeof(spec), "leonardo:return-ms=100,board=%s", boards[i].board);
		plug(spec);
		assert_ids(boards[i].vendor_id, boards[i].application);
		enter();
		assert_ids(boards[i].vendor_id, boards[i].bootloader);
		assert_said("53", "4341544552494e");
		host_wait_ms(host, 9000);
		assert_ids(boards[i].vendor_id, boards[i].application);
	}
	plug("leonardo:vid=1234,board=micro,pid=5678");
	assert_ids(0x1234, 0x5678);
}

/* Flash. */

Test(sim_caterina, writes_a_program)
{
	plug_bootloader("");
	cr_assert(eq(u8, get_memory("flash")[0], 0x0c));
	assert_said("65", "0d");
	assert_filled(get_memory("flash"), 0x7000, 0xff);
	cr_assert(ne(u8, get_memory("flash")[0x7000], 0xff));
	cr_assert(eq(sz, host->device->counters.pages, 224));
	/* Word 0, then the address goes on by itself. */
	assert_said("41 0000", "0d");
	write_block('F', 0x10, 128);
	write_block('F', 0x20, 128);
	assert_block(get_memory("flash"), 0x10, 128);
	assert_block(get_memory("flash") + 128, 0x20, 128);
	/* The last page: word 0x37c0 */
	assert_said("41 37c0", "0d");
	write_block('F', 0x30, 128);
	assert_block(get_memory("flash") + 0x6f80, 0x30, 128);
	cr_assert(eq(sz, host->device->counters.objects, 3));
	cr_assert(eq(sz, host->device->counters.words, 192));
	cr_assert(eq(sz, host->device->counters.pages, 227));
	cr_assert(eq(sz, get_breaches(), 0));
}

Test(sim_caterina, reads_back)
{
	plug_bootloader("");
	assert_said("41 0000", "0d");
	assert_said("67 0004 46", "0c943400");
	assert_said("67 0002 46", "151a");
	/* A word, high byte first; it stays where it is. */
	assert_said("41 0000", "0d");
	assert_said("52", "940c");
	assert_said("52", "940c");
	write_block('F', 0x40, 128);
	assert_said("41 0020", "0d");
	assert_said("67 0010 46", "808182838485868788898a8b8c8d8e8f");
	/* More than it says at a time */
	assert_said("41 0000", "0d");
	say("67 0400 46");
	cr_assert(eq(sz, strlen(hear(REPLY_MS)), 1024));
	cr_assert(eq(sz, strlen(hear(REPLY_MS)), 1024));
	assert_said("67 0001 46", "ff");
	cr_assert(eq(sz, get_breaches(), 0));
}

/* Page erase and page write are told by times alone. */
Test(sim_caterina, takes_its_time)
{
	uint64_t begin_us;

	plug_bootloader("");
	assert_said("41 0000", "0d");
	begin_us = host_get_time_us(host);
	write_block('F', 0, 128);
	cr_assert(ge(u64, host_get_time_us(host) - begin_us, 9000));
	cr_assert(lt(u64, host_get_time_us(host) - begin_us, 12000));
	begin_us = host_get_time_us(host);
	write_block('E', 0, 10);
	cr_assert(ge(u64, host_get_time_us(host) - begin_us, 34000));
	begin_us = host_get_time_us(host);
	assert_said("65", "0d");
	cr_assert(ge(u64, host_get_time_us(host) - begin_us, 224 * 9000));
	plug_bootloader("erase-us=0,page-us=0");
	begin_us = host_get_time_us(host);
	assert_said("65", "0d");
	cr_assert(lt(u64, host_get_time_us(host) - begin_us, 3000));
}

/* It erases one page, fills the buffer round and round, and writes that page. */
Test(sim_caterina, spoils_blocks_that_are_not_pages)
{
	plug_bootloader("");
	assert_said("41 0000", "0d");
	write_block('F', 0, 256);
	assert_breach("more than a page");
	assert_block(get_memory("flash"), 0, 128);
	assert_block(get_memory("flash") + 128, 0x81, 1);
	cr_assert(eq(sz, host->device->counters.pages, 1));
	assert_said("41 0020", "0d");
	write_block('F', 0, 128);
	assert_breach("not at the beginning of a page");
	assert_block(get_memory("flash") + 64, 0, 64);
	assert_block(get_memory("flash"), 64, 64);
	assert_said("41 0040", "0d");
	write_block('F', 7, 5);
	assert_breach("half a word");
	assert_block(get_memory("flash") + 128, 7, 4);
	assert_filled(get_memory("flash") + 132, 124, 0xff);
	cr_assert(eq(sz, get_breaches(), 3));
}

Test(sim_caterina, writes_words)
{
	plug_bootloader("");
	assert_said("65", "0d");
	assert_said("41 0000", "0d");
	/* It takes each for a word; the second one for the same word, which is filled. */
	assert_said("43 12", "0d");
	assert_said("63 34", "0d");
	assert_said("43 56", "0d");
	assert_said("6d", "0d");
	cr_assert(eq(int, memcmp(get_memory("flash"), "\x12\x00\x56\x00\xff", 5), 0));
	cr_assert(eq(sz, get_breaches(), 0));
	assert_said("41 3800", "0d");
	assert_said("43 12", "0d");
	assert_breach("writes to 0x7000");
}

Test(sim_caterina, keeps_itself_by_its_lock_bits)
{
	plug_bootloader("");
	assert_said("41 3800", "0d");
	write_block('F', 0, 128);
	assert_breach("writes to 0x7000");
	cr_assert(eq(u8, get_memory("flash")[0x7000], 0x3c));
	/* Behind its end the flash begins anew. */
	assert_said("41 4000", "0d");
	write_block('F', 0x60, 128);
	assert_breach("behind the flash");
	assert_block(get_memory("flash"), 0x60, 128);
	/* Caterina is built without the command that writes them. */
	assert_said("6c 00", "3f");
	assert_breach("lock bits");
	cr_assert(eq(u8, get_memory("fuses")[DFUT_SIM_CATERINA_LOCK], 0x2f));
	plug_bootloader("loader=lufacdc");
	assert_said("6c ef", "0d");
	assert_said("72", "2f");
}

Test(sim_caterina, overwrites_itself_if_nothing_keeps_it)
{
	plug_bootloader("lock=open");
	assert_said("72", "3f");
	assert_said("41 3800", "0d");
	write_block('F', 0, 128);
	assert_block(get_memory("flash") + 0x7000, 0, 128);
	dfut_sim_device_press_reset(host->device);
	host_wait_ms(host, 10000);
	cr_assert(eq(sz, host_scan(host), 0));
}

/* EEPROM: its addresses are bytes. */

Test(sim_caterina, writes_eeprom)
{
	plug_bootloader("");
	assert_said("41 0003", "0d");
	write_block('E', 0x50, 5);
	assert_block(get_memory("eeprom") + 3, 0x50, 5);
	assert_said("44 77", "0d");
	cr_assert(eq(u8, get_memory("eeprom")[8], 0x77));
	assert_said("41 0004", "0d");
	assert_said("64", "51");
	assert_said("64", "52");
	assert_said("67 0003 45", "535477");
	cr_assert(eq(sz, get_breaches(), 0));
	assert_said("41 0400", "0d");
	assert_said("64", "ff");
	assert_breach("behind the EEPROM");
}

/* Packets. */

Test(sim_caterina, takes_one_command_from_a_packet)
{
	plug_bootloader("");
	assert_said("53 56", "4341544552494e");
	assert_breach("1 bytes behind a command");
	/* Of what was sent at once, the next packet has another command. */
	say("5356 00000000000000000000000000 00 70");
	assert_text(hear(REPLY_MS), "4341544552494e");
	assert_text(hear(REPLY_MS), "53");
	cr_assert(eq(sz, get_breaches(), 2));
	/* A block that ends within a packet */
	assert_said("41 0000", "0d");
	assert_said("42 0002 46 1122 53", "0d");
	assert_breach("1 bytes behind a command");
	cr_assert(eq(int, memcmp(get_memory("flash"), "\x11\x22\xff", 3), 0));
	/* Arguments may come later. */
	say("41");
	say("00");
	assert_said("00", "0d");
	cr_assert(eq(sz, get_breaches(), 3));
}

Test(sim_caterina, wants_its_answers_read)
{
	plug_bootloader("");
	say("53");
	say("56");
	assert_breach("before the last answer was read");
	assert_text(hear(REPLY_MS), "4341544552494e");
	assert_text(hear(REPLY_MS), "3130");
	say("65");
	assert_said("53", "0d");
	assert_breach("before the last answer was read");
	assert_text(hear(REPLY_MS), "4341544552494e");
	cr_assert(eq(sz, get_breaches(), 2));
}

/* A USB host sees the packet that ends an answer in full ones, and that of ESC. */
Test(sim_caterina, ends_with_an_empty_packet)
{
	struct dfut_action action = { .kind = DFUT_ACTION_READ,
				      .channel = 1,
				      .transfer = { .endpoint = 0x83, .length = 64 } };

	plug_bootloader("");
	host_disconnect(host);
	cr_assert(eq(int, host_open(host, 1), 0));
	dfut_sim_endpoint_receive(host->device, 0x04, (const uint8_t *)"A\0", 3);
	cr_assert(eq(int, host_run(host, &action, 1000), 1));
	dfut_sim_endpoint_receive(host->device, 0x04,
				  (const uint8_t *)"g\0\x20"
						   "F",
				  4);
	cr_assert(eq(int, host_run(host, &action, 1000), 32));
	action.transfer.length = 32;
	dfut_sim_endpoint_receive(host->device, 0x04,
				  (const uint8_t *)"g\0\x20"
						   "F",
				  4);
	cr_assert(eq(int, host_run(host, &action, 1000), 32));
	cr_assert(eq(int, host_run(host, &action, 1000), 0));
	dfut_sim_endpoint_receive(host->device, 0x04, (const uint8_t *)"\x1b", 1);
	cr_assert(eq(int, host_run(host, &action, 1000), 0));
	cr_assert(eq(int, host_run(host, &action, 1000), DFUT_ERROR_TIMEOUT));
}

Test(sim_caterina, refuses_line_states)
{
	static const struct {
		const char *options;
		int result;
	} cases[] = {
		{ "", DFUT_ERROR_DEVICE },
		{ "line-state=take", 0 },
		{ "line-state=stall,loader=lufacdc", DFUT_ERROR_DEVICE },
		{ "loader=lufacdc", 0 },
		{ "loader=xboot", 0 },
	};
	static const uint8_t coding[] = { 0, 0xe1, 0, 0, 0, 0, 8 };

	for (size_t i = 0; i < DFUT_COUNT(cases); i++) {
		plug_bootloader(cases[i].options);
		host_disconnect(host);
		cr_assert(eq(int, host_open(host, 0), 0));
		cr_assert(eq(int, host_out(host, 0x21, 0x22, 3, 0, NULL, 0), cases[i].result));
		cr_assert(eq(int, host_out(host, 0x21, 0x20, 0, 0, coding, 7), 7));
		cr_assert(eq(int, host_out(host, 0x21, 0x23, 0, 0, NULL, 0), DFUT_ERROR_DEVICE));
	}
}

/* Times. */

/* In its bootloader since it is back, whatever it was asked. */
Test(sim_caterina, gives_its_host_8_seconds)
{
	plug_bootloader("");
	host_wait_ms(host, 7900);
	assert_said("53", "4341544552494e");
	host_wait_ms(host, 200);
	assert_mode("application");
	assert_ids(0x2341, 0x8036);
}

Test(sim_caterina, begins_anew_with_blocks)
{
	plug_bootloader("");
	host_wait_ms(host, 7000);
	assert_said("67 0001 46", "0c");
	host_wait_ms(host, 7000);
	assert_said("41 0040", "0d");
	write_block('F', 0, 128);
	host_wait_ms(host, 7000);
	assert_mode("bootloader");
	write_block('E', 0, 1);
	host_wait_ms(host, 7900);
	assert_mode("bootloader");
	host_wait_ms(host, 200);
	assert_mode("application");
}

/* Nor does the time pass before the first page is written. */
Test(sim_caterina, stays_without_a_program)
{
	plug_bootloader("");
	host_wait_ms(host, 5000);
	assert_said("65", "0d");
	host_wait_ms(host, 60000);
	assert_mode("bootloader");
	assert_said("45", "0d");
	host_wait_ms(host, 60000);
	assert_mode("bootloader");
	assert_said("41 0000", "0d");
	write_block('F', 0, 128);
	host_wait_ms(host, 7900);
	assert_mode("bootloader");
	host_wait_ms(host, 200);
	assert_mode("application");

	plug("leonardo:program=no");
	assert_mode("bootloader");
	assert_filled(get_memory("flash"), 0x7000, 0xff);
	host_wait_ms(host, 60000);
	assert_mode("bootloader");
}

Test(sim_caterina, leaves_when_told)
{
	plug_bootloader("");
	assert_said("4c", "0d");
	assert_said("45", "0d");
	host_wait_ms(host, 490);
	assert_mode("bootloader");
	/* It goes on answering. */
	assert_said("53", "4341544552494e");
	host_wait_ms(host, 20);
	assert_mode("application");
	host_wait_ms(host, 100);
	assert_ids(0x2341, 0x8036);
	cr_assert(eq(sz, get_breaches(), 0));
}

/* It looks at nothing else before all of a command has come. */
Test(sim_caterina, waits_for_the_rest_of_a_command)
{
	plug_bootloader("");
	assert_said("41 0040", "0d");
	say("42 0080 46 00");
	host_wait_ms(host, 60000);
	assert_mode("bootloader");
	assert_text(dfut_sim_device_get_record(host->device, dfut_sim_device_get_record_count(host->device) - 1)->text,
		    "idle");
	assert_text(hear(SILENCE_MS), "");
	for (int i = 0; i < 126; i++)
		say("55");
	assert_said("55", "0d");
	host_wait_ms(host, 7900);
	assert_mode("bootloader");
	say("41");
	host_wait_ms(host, 60000);
	assert_mode("bootloader");
	/* It may be gone before it is told so. */
	write_bytes((const uint8_t *)"\0", 2);
	host_wait_ms(host, 100);
	assert_mode("application");
}

/* Other loaders. */

Test(sim_caterina, lufa_leaves_at_once)
{
	plug_bootloader("loader=lufacdc");
	assert_said("78 00", "0d");
	assert_said("79 00", "0d");
	host_wait_ms(host, 60000);
	assert_mode("bootloader");
	open_port();
	assert_said("45", "0d");
	host_wait_ms(host, 10);
	assert_mode("application");

	plug_bootloader("loader=lufacdc");
	assert_said("65", "0d");
	cr_assert(eq(sz, host->device->counters.pages, 224));
	assert_said("45", "0d");
	host_wait_ms(host, 10);
	cr_assert(not(dfut_sim_device_is_present(host->device)));
	host_wait_ms(host, 200);
	assert_mode("bootloader");
	cr_assert(dfut_sim_device_is_present(host->device));
}

Test(sim_caterina, lufa_takes_other_pages)
{
	plug_bootloader("loader=lufacdc,part=at90usb646");
	assert_said("41 0080", "0d");
	write_block('F', 3, 256);
	assert_block(get_memory("flash") + 256, 3, 256);
	cr_assert(eq(sz, get_breaches(), 0));
}

/* With addresses of three bytes, and no packets on its line. */
Test(sim_caterina, xboot_goes_beyond_64_k_words)
{
	plug_bootloader("loader=xboot,part=atxmega256a3u");
	assert_said("48 01fe00", "0d");
	write_block('F', 9, 512);
	assert_block(get_memory("flash") + 0x3fc00, 9, 512);
	assert_said("67 0002 46", "ffff");
	assert_said("48 01fe00", "0d");
	assert_said("67 0004 46", "090a0b0c");
	assert_said("52", "0e0d");
	assert_said("52", "100f");
	cr_assert(eq(sz, get_breaches(), 0));
	/* What is beyond a page is commands. */
	assert_said("41 0000", "0d");
	say_block('F', 0, 513);
	assert_breach("behind a command");
	assert_text(hear(REPLY_MS), "0d3f");
	/* Its loader is kept. */
	assert_said("48 020000", "0d");
	write_block('F', 0, 512);
	assert_breach("in the bootloader");
	cr_assert(eq(u8, get_memory("flash")[0x40000], 0x3c));
	assert_said("6d", "3f");
}

Test(sim_caterina, xboot_has_both_halves_of_a_word)
{
	plug_bootloader("loader=xboot,part=atxmega256a3u");
	assert_said("44 12", "0d");
	cr_assert(eq(u8, get_memory("eeprom")[0], 0x12));
	assert_said("65", "0d");
	cr_assert(eq(u8, get_memory("eeprom")[0], 0xff));
	assert_said("41 0000", "0d");
	assert_said("63 12", "0d");
	assert_said("43 34", "0d");
	assert_said("41 0000", "0d");
	assert_said("6d", "0d");
	cr_assert(eq(int, memcmp(get_memory("flash"), "\x12\x34\xff", 3), 0));
	assert_said("42 0001 58 00", "3f");
	assert_said("67 0001 58", "");
	assert_said("45", "0d");
	host_wait_ms(host, 10);
	assert_mode("application");
}

/* Faults, and state. */

static void add_fault(enum dfut_sim_fault_kind kind)
{
	const struct dfut_sim_fault fault = { .size = sizeof(fault),
					      .kind = kind,
					      .request = dfut_sim_device_get_request_count(host->device) };

	dfut_sim_device_clear_faults(host->device);
	cr_assert(eq(int, dfut_sim_device_add_fault(host->device, &fault), 0));
}

Test(sim_caterina, suffers_from_its_line)
{
	plug_bootloader("");
	add_fault(DFUT_SIM_FAULT_LOST_REPLY);
	assert_said("53", "");
	assert_said("53", "4341544552494e");
	add_fault(DFUT_SIM_FAULT_SPOILT_REPLY);
	assert_said("53", "4341545552494e");
	add_fault(DFUT_SIM_FAULT_NOISY_REPLY);
	assert_said("53", "41540d4341544552494e");
	add_fault(DFUT_SIM_FAULT_DOUBLED_BYTE);
	assert_said("41 0001", "0d");
	add_fault(DFUT_SIM_FAULT_NOISE);
	assert_said("53", "0d");
	/* A byte of a block is lost: the next command is its last one. */
	assert_said("41 0000", "0d");
	add_fault(DFUT_SIM_FAULT_LOST_BYTE);
	say_block('F', 0, 128);
	assert_text(hear(SILENCE_MS), "");
	assert_said("1b", "0d");
	cr_assert(eq(u8, get_memory("flash")[127], 0x1b));
	/* A lost answer of a block that is read is lost as a whole. */
	add_fault(DFUT_SIM_FAULT_LOST_REPLY);
	assert_said("67 0400 46", "");
	assert_said("53", "4341544552494e");
	add_fault(DFUT_SIM_FAULT_UNPLUG);
	cr_assert(lt(int, write_bytes((const uint8_t *)"S", 1), 0));
	cr_assert(not(dfut_sim_device_is_present(host->device)));
}

Test(sim_caterina, lufa_leaves_though_nobody_hears_it)
{
	plug_bootloader("loader=lufacdc");
	add_fault(DFUT_SIM_FAULT_LOST_REPLY);
	assert_said("45", "");
	assert_mode("application");
}

Test(sim_caterina, starts_what_was_written)
{
	plug_bootloader("");
	assert_said("65", "0d");
	dfut_sim_device_unplug(host->device);
	dfut_sim_device_replug(host->device);
	assert_mode("bootloader");
	open_port();
	assert_said("41 0000", "0d");
	write_block('F', 0, 128);
	dfut_sim_device_unplug(host->device);
	dfut_sim_device_replug(host->device);
	assert_mode("application");
	cr_assert(eq(u8, get_memory("flash")[1], 1));
}
