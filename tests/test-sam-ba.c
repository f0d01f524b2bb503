/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* SAM-BA's machines against the bytes of Arduino's and Adafruit's bootloaders (ArduinoCore-samd, uf2-samdx1), and its wire. */

#include "language/sam-ba/machine.h"
#include "machine-host.h"

#define ARDUINO "v2.0 [Arduino:XYZ] Jan 21 2016 10:34:28\n\r"
#define EXTENDED "Arduino Bootloader (SAM-BA extended) 2.0 [Arduino:IKXYZ]\n\r"
#define DEVICE_D21 "\x05\x03\x01\x10"
#define CPU_M0 "\x01\xc6\x0c\x41"
#define CPU_M4 "\x41\xc2\x0f\x41"
#define CPU_M3 "\x30\xc2\x2f\x41"

struct test_host {
	struct machine_host host;
	struct samba_identity identity;
	struct samba_outcome outcome;
	struct samba_job own;
};

static const struct samba_part *get_part(const char *name)
{
	for (size_t i = 0; samba_part_get(i); i++)
		if (strcmp(samba_part_get(i)->name, name) == 0)
			return samba_part_get(i);
	cr_assert(false, "%s", name);
	return NULL;
}

static struct machine_host *start(struct test_host *test, const struct dfut_machine_ops *ops)
{
	struct machine_host *host = &test->host;

	test->own.identity = &test->identity;
	test->own.outcome = &test->outcome;
	host->ops = ops;
	host->state = calloc(1, ops->state_size);
	host->job.failure = &host->failure;
	host->job.own = &test->own;
	cr_assert(eq(int, ops->begin(host->state, &host->job), 0));
	host->result = ops->next(host->state, NULL, &host->next);
	return host;
}

/* Of one that was asked before: it is spoken to at once. */
static struct machine_host *start_known(struct test_host *test, const struct dfut_machine_ops *ops, const char *part)
{
	test->identity = (struct samba_identity){ .version = "v2.0", .has_letters = true, .baud = 115200 };
	test->identity.letters = SAMBA_CAN_ERASE | SAMBA_CAN_WRITE | SAMBA_CAN_SUM;
	test->identity.part = get_part(part);
	test->own.part = get_part(part);
	if (test->own.part->family == SAMBA_EXTENDED) {
		test->identity.letters |= SAMBA_CAN_IDENTIFY | SAMBA_CAN_RESET;
		test->own.expected = test->own.part;
		test->own.is_in_place = test->own.part->is_bridged;
		test->identity.part = NULL;
	}
	start(test, ops);
	machine_open(&test->host);
	return &test->host;
}

static void stop(struct test_host *test)
{
	machine_stop(&test->host);
}

/* Nothing comes until it no longer waits for more. */
static void quiet_for(struct machine_host *host, uint32_t time_ms)
{
	machine_expect(host, DFUT_ACTION_READ);
	cr_assert(eq(u32, host->next.action.timeout_ms, time_ms));
	machine_pass(host);
}

static void quiet(struct machine_host *host)
{
	quiet_for(host, 100);
}

/* A word is asked for twice: two answers that agree are believed. */
#define WORD(host, command, answer) \
	do { \
		WRITES(host, command); \
		ANSWERS(host, answer); \
		WRITES(host, command); \
		ANSWERS(host, answer); \
	} while (0)

#define VERSION(host, answer) \
	do { \
		WRITES(host, "V#"); \
		ANSWERS(host, answer); \
		quiet(host); \
	} while (0)

static void greet(struct machine_host *host)
{
	machine_open(host);
	quiet_for(host, 20);
	WRITES(host, "N#");
	ANSWERS(host, "\n\r");
}

static struct machine_host *start_asking(struct test_host *test, const char *version)
{
	struct machine_host *host = start(test, &samba_ask_machine);

	greet(host);
	for (int i = 0; i < 2; i++) {
		WRITES(host, "V#");
		machine_answer(host, version, strlen(version));
		quiet(host);
	}
	return host;
}

/* Which chip. */

Test(sam_ba, asks_a_samd21)
{
	struct test_host test = { .own = { 0 } };
	struct machine_host *host = start_asking(&test, ARDUINO);

	WORD(host, "w00000000,4#", "\x00\x80\x00\x20");
	WORD(host, "wE000ED00,4#", CPU_M0);
	WORD(host, "w00000004,4#", "\xc1\x01\x00\x00");
	WORD(host, "w41002018,4#", DEVICE_D21);
	machine_expect_done(host, DFUT_END_STAYS);
	cr_expect(eq(ptr, (void *)test.identity.part, (void *)get_part("samd21x18")));
	cr_expect(not(test.identity.is_secured));
	cr_expect(eq(str, test.identity.version, (char *)"v2.0 [Arduino:XYZ] Jan 21 2016 10:34:28"));
	stop(&test);
}

/* Adafruit's sends a zero behind its version, and may know no N. */
Test(sam_ba, asks_a_samd51_that_does_not_answer_n)
{
	struct test_host test = { .own = { 0 } };
	struct machine_host *host = start(&test, &samba_ask_machine);

	machine_open(host);
	quiet_for(host, 20);
	WRITES(host, "N#");
	quiet(host);
	WRITES(host, "V#");
	ANSWERS(host, "v1.1 [Arduino:XYZ] v3.");
	ANSWERS(host, "14.0 SFHWRO\n\r");
	ANSWERS(host, "\0");
	quiet(host);
	VERSION(host, "v1.1 [Arduino:XYZ] v3.14.0 SFHWRO\n\r\0");
	WORD(host, "w00000000,4#", "\xff\xff\x02\x20");
	WORD(host, "wE000ED00,4#", CPU_M4);
	WORD(host, "w00000004,4#", "\x99\x02\x00\x00");
	WORD(host, "w41002018,4#", "\x05\x03\x06\x60");
	machine_expect_done(host, DFUT_END_STAYS);
	cr_expect(eq(ptr, (void *)test.identity.part, (void *)get_part("samd51x19")));
	stop(&test);
}

Test(sam_ba, a_secured_one_hides_its_flash)
{
	struct test_host test = { .own = { 0 } };
	struct machine_host *host = start_asking(&test, "v2.0 [Arduino:XYZP] Apr 19 2019 14:38:48\n\r");

	WORD(host, "w00000000,4#", "\xfc\x7f\x00\x20");
	WORD(host, "wE000ED00,4#", CPU_M0);
	WORD(host, "w00000004,4#", "\0\0\0\0");
	WORD(host, "w41002018,4#", DEVICE_D21);
	machine_expect_done(host, DFUT_END_STAYS);
	cr_expect(test.identity.is_secured);
	cr_expect(eq(ptr, (void *)test.identity.part, (void *)get_part("samd21x18")));
	stop(&test);
}

/* One that hides all: nothing is read of it that may not be there. */
Test(sam_ba, a_secured_one_that_hides_its_chip_is_not_read_further)
{
	struct test_host test = { .own = { 0 } };
	struct machine_host *host = start_asking(&test, ARDUINO);

	WORD(host, "w00000000,4#", "\xfc\x7f\x00\x20");
	WORD(host, "wE000ED00,4#", "\0\0\0\0");
	WORD(host, "w00000004,4#", "\0\0\0\0");
	machine_expect_done(host, DFUT_END_STAYS);
	cr_expect(test.identity.is_secured);
	cr_expect(eq(ptr, (void *)test.identity.part, NULL));
	stop(&test);
}

Test(sam_ba, asks_the_rom_of_a_due)
{
	struct test_host test = { .own = { 0 } };
	struct machine_host *host = start_asking(&test, "v1.1 Dec 15 2010 19:25:04\n\r");

	WORD(host, "w00000000,4#", "\x00\x10\x00\x20");
	WORD(host, "wE000ED00,4#", CPU_M3);
	WORD(host, "w400E0740,4#", "\0\0\0\0");
	WORD(host, "w400E0940,4#", "\x61\x0a\x5e\x28");
	machine_expect_done(host, DFUT_END_STAYS);
	cr_expect(not(test.identity.has_letters));
	cr_expect(eq(ptr, (void *)test.identity.part, (void *)get_part("sam3x8e")));
	stop(&test);
}

/* A SAM4, whose ROM has the reset vector. */
Test(sam_ba, a_sam4_is_no_samd51)
{
	struct test_host test = { .own = { 0 } };
	struct machine_host *host = start_asking(&test, "v1.1 Dec 15 2010 19:25:04\n\r");

	WORD(host, "w00000000,4#", "\x00\x10\x00\x20");
	WORD(host, "wE000ED00,4#", CPU_M4);
	WORD(host, "w00000004,4#", "\x01\x02\x80\x00");
	WORD(host, "w400E0740,4#", "\xe0\x7c\x0a\x29");
	machine_expect_done(host, DFUT_END_STAYS);
	cr_expect(eq(ptr, (void *)test.identity.part, NULL));
	stop(&test);
}

Test(sam_ba, unknown_cores_are_not_read)
{
	static const char *const cpus[] = { "\x70\xc2\x1f\x41", "\x14\xd2\x1f\x41", "\xff\xff\xff\xff" };

	for (size_t i = 0; i < 3; i++) {
		struct test_host test = { .own = { 0 } };
		struct machine_host *host = start_asking(&test, ARDUINO);

		WORD(host, "w00000000,4#", "\x00\x80\x00\x20");
		for (int k = 0; k < 2; k++) {
			WRITES(host, "wE000ED00,4#");
			machine_answer(host, cpus[i], 4);
		}
		machine_expect_done(host, DFUT_END_STAYS);
		cr_expect(eq(ptr, (void *)test.identity.part, NULL));
		stop(&test);
	}
}

Test(sam_ba, an_arm7_is_asked_no_further)
{
	struct test_host test = { .own = { 0 } };
	struct machine_host *host = start_asking(&test, "v1.4 Nov 10 2004 14:49:33\n\r");

	WORD(host, "w00000000,4#", "\x13\x00\x00\xea");
	machine_expect_done(host, DFUT_END_STAYS);
	stop(&test);
}

Test(sam_ba, an_extended_one_is_asked_for_its_name_and_no_memory)
{
	struct test_host test = { .own = { .expected = get_part("nrf52840") } };
	struct machine_host *host = start_asking(&test, EXTENDED);

	WORD(host, "I#", "nRF52840-QIAA\n\r");
	machine_expect_done(host, DFUT_END_STAYS);
	cr_expect(eq(str, test.identity.chip_name, (char *)"nRF52840-QIAA"));
	cr_expect(eq(uint, test.identity.letters, 31));
	stop(&test);
}

/* At the wrong speed it hears nothing that it could answer. */
Test(sam_ba, a_bridged_one_is_asked_at_both_speeds)
{
	struct test_host test = { .own = { .expected = get_part("ra4m1"), .is_in_place = true } };
	struct machine_host *host = start(&test, &samba_ask_machine);

	machine_expect(host, DFUT_ACTION_OPEN);
	machine_tell(host, 0);
	machine_expect(host, DFUT_ACTION_LINE_CODING);
	cr_assert(eq(u32, host->next.action.line_coding.baud, 230400));
	machine_tell(host, 0);
	machine_tell(host, 0);
	quiet_for(host, 20);
	WRITES(host, "N#");
	quiet(host);
	for (int i = 0; i < 2; i++) {
		WRITES(host, "V#");
		machine_pass(host);
	}
	machine_expect(host, DFUT_ACTION_CLOSE);
	machine_tell(host, 0);
	greet(host);
	VERSION(host, EXTENDED);
	VERSION(host, EXTENDED);
	WORD(host, "I#", "nRF52840-QIAA\n\r");
	machine_expect_done(host, DFUT_END_STAYS);
	cr_expect(eq(u32, test.identity.baud, 115200));
	stop(&test);
}

/* Silence. */

Test(sam_ba, what_waits_for_data_gets_them)
{
	struct test_host test = { .own = { 0 } };
	struct machine_host *host = start(&test, &samba_ask_machine);
	uint8_t filler[4096];

	memset(filler, 0xff, sizeof(filler));
	machine_open(host);
	quiet_for(host, 20);
	WRITES(host, "N#");
	quiet(host);
	WRITES(host, "V#");
	machine_pass(host);
	quiet(host);
	for (int i = 0; i < 2; i++) {
		WRITES(host, "V#");
		machine_pass(host);
	}
	machine_expect_write(host, filler, sizeof(filler));
	WRITES(host, "V#");
	ANSWERS(host, ARDUINO);
	quiet(host);
	VERSION(host, ARDUINO);
	VERSION(host, ARDUINO);
	WRITES(host, "w00000000,4#");
	stop(&test);
}

Test(sam_ba, what_never_answers_is_given_up_in_time)
{
	struct test_host test = { .own = { 0 } };
	struct machine_host *host = start(&test, &samba_ask_machine);

	for (int i = 0; i < 100 && host->result == 0; i++) {
		if (host->next.action.kind == DFUT_ACTION_WRITE)
			machine_tell(host, host->next.action.transfer.length);
		else if (host->next.action.kind == DFUT_ACTION_READ)
			machine_pass(host);
		else
			machine_tell(host, 0);
	}
	cr_expect(eq(int, host->result, DFUT_ERROR_TIMEOUT));
	cr_expect(le(u64, host->now_ms, 10000));
	cr_expect(strstr(host->failure.text, "does not answer on its serial port") != NULL, "%s", host->failure.text);
	cr_expect(strstr(host->failure.hint, "reset button twice") != NULL, "%s", host->failure.hint);
	stop(&test);
}

/* A spoilt word is asked for until two agree. */
Test(sam_ba, words_are_believed_when_two_agree)
{
	struct test_host test = { .own = { 0 } };
	struct machine_host *host = start_asking(&test, ARDUINO);

	WORD(host, "w00000000,4#", "\x00\x80\x00\x20");
	WRITES(host, "wE000ED00,4#");
	ANSWERS(host, "AT\r\x01");
	WORD(host, "wE000ED00,4#", CPU_M0);
	WRITES(host, "w00000004,4#");
	stop(&test);
}

Test(sam_ba, a_bootloader_that_never_agrees_with_itself_is_given_up)
{
	struct test_host test = { .own = { 0 } };
	struct machine_host *host = start_asking(&test, ARDUINO);

	for (uint8_t i = 0; host->result == 0; i++) {
		const uint8_t word[] = { i, 0, 0, 0 };

		cr_assert(lt(u8, i, 20));
		WRITES(host, "w00000000,4#");
		machine_answer(host, word, 4);
	}
	cr_expect(eq(int, host->result, DFUT_ERROR_PROTOCOL));
	stop(&test);
}

/* Writing. */

static const uint8_t program[] = { 0x00, 0x80, 0x00, 0x20, 0x11, 0x20, 0x00, 0x00,
				   'a',	 'b',  'c',  'd',  'e',	 'f',  'g',  'h' };

/* CRC-16 of these 16 bytes, and of as many FF: as binascii.crc_hqx() has them */
#define SUM_OF_PROGRAM "Z00004CDA#\n\r"
#define SUM_OF_BLANK "Z00000041#\n\r"
#define SUM_OF_OTHER "Z00001234#\n\r"

static struct machine_host *start_writing(struct test_host *test, const char *part)
{
	static struct samba_chunk chunk = { 0x2000, sizeof(program), program, false };

	chunk.address = strncmp(part, "samd", 4) == 0 ? 0x2000 : 0;
	test->own.chunks = &chunk;
	test->own.chunk_count = 1;
	test->own.erase_address = chunk.address;
	return start_known(test, &samba_write_machine, part);
}

static void erase(struct machine_host *host)
{
	WRITES(host, "XFFFF00002000#");
	ANSWERS(host, "X\n\r");
	WRITES(host, "Z00002000,00000010#");
	ANSWERS(host, SUM_OF_BLANK);
}

static void store(struct machine_host *host)
{
	WRITES(host, "S20004000,00000010#");
	machine_expect_write(host, program, sizeof(program));
	WRITES(host, "Z20004000,00000010#");
}

static void write_it(struct machine_host *host)
{
	WRITES(host, "Y20004000,0#");
	ANSWERS(host, "Y\n\r");
	WRITES(host, "YFFFF00002000,00000010#");
}

Test(sam_ba, writes)
{
	struct test_host test = { .own = { 0 } };
	struct machine_host *host = start_writing(&test, "samd21x18");

	erase(host);
	store(host);
	ANSWERS(host, SUM_OF_PROGRAM);
	write_it(host);
	ANSWERS(host, "Y\n");
	ANSWERS(host, "\r");
	machine_expect_done(host, DFUT_END_STAYS);
	cr_expect(not(test.outcome.is_sum_blind));
	stop(&test);
}

Test(sam_ba, what_arrived_spoilt_in_the_buffer_is_sent_again)
{
	struct test_host test = { .own = { 0 } };
	struct machine_host *host = start_writing(&test, "samd21x18");

	erase(host);
	store(host);
	ANSWERS(host, SUM_OF_OTHER);
	store(host);
	ANSWERS(host, SUM_OF_PROGRAM);
	write_it(host);
	stop(&test);
}

/* The question was taken for data. */
Test(sam_ba, data_that_are_not_whole_are_sent_again)
{
	struct test_host test = { .own = { 0 } };
	struct machine_host *host = start_writing(&test, "samd21x18");

	erase(host);
	store(host);
	cr_assert(eq(u32, host->next.action.timeout_ms, 5000));
	machine_pass(host);
	quiet(host);
	VERSION(host, ARDUINO);
	WRITES(host, "Z20004000,00000010#");
	ANSWERS(host, SUM_OF_OTHER);
	store(host);
	stop(&test);
}

/* All was sent, nobody has answered Y, and the bootloader was found back. */
static struct machine_host *lose_answer_of_write(struct test_host *test)
{
	struct machine_host *host = start_writing(test, "samd21x18");

	erase(host);
	store(host);
	ANSWERS(host, SUM_OF_PROGRAM);
	write_it(host);
	machine_pass(host);
	quiet(host);
	VERSION(host, ARDUINO);
	return host;
}

Test(sam_ba, a_write_whose_answer_is_lost_is_looked_at)
{
	struct test_host test = { .own = { 0 } };
	struct machine_host *host = lose_answer_of_write(&test);

	WRITES(host, "Z00002000,00000010#");
	ANSWERS(host, SUM_OF_PROGRAM);
	machine_expect_done(host, DFUT_END_STAYS);
	stop(&test);
}

Test(sam_ba, a_write_that_went_wrong_begins_with_the_erase_again)
{
	struct test_host test = { .own = { 0 } };
	struct machine_host *host = lose_answer_of_write(&test);

	for (int i = 0; i < 2; i++) {
		WRITES(host, "Z00002000,00000010#");
		ANSWERS(host, SUM_OF_OTHER);
	}
	erase(host);
	store(host);
	stop(&test);
}

/* A sum that does not change when flash is erased is none of flash. */
Test(sam_ba, sums_that_tell_nothing_are_noticed)
{
	struct test_host test = { .own = { 0 } };
	struct machine_host *host = start_writing(&test, "samd21x18");

	for (int i = 0; i < 2; i++) {
		WRITES(host, "XFFFF00002000#");
		ANSWERS(host, "X\n\r");
		for (int k = 0; k < 2; k++) {
			WRITES(host, "Z00002000,00000010#");
			ANSWERS(host, SUM_OF_OTHER);
		}
	}
	WRITES(host, "S20004000,00000010#");
	machine_expect_write(host, program, sizeof(program));
	write_it(host);
	ANSWERS(host, "Y\n\r");
	machine_expect_done(host, DFUT_END_STAYS);
	cr_expect(test.outcome.is_sum_blind);
	stop(&test);
}

/* It says that it knows Z, and does not answer it. */
Test(sam_ba, a_bootloader_that_sums_nothing_up_is_written_all_the_same)
{
	struct test_host test = { .own = { 0 } };
	struct machine_host *host = start_writing(&test, "samd21x18");

	WRITES(host, "XFFFF00002000#");
	ANSWERS(host, "X\n\r");
	for (int i = 0; i < 2; i++) {
		WRITES(host, "Z00002000,00000010#");
		machine_pass(host);
		quiet(host);
		VERSION(host, ARDUINO);
	}
	WRITES(host, "S20004000,00000010#");
	machine_expect_write(host, program, sizeof(program));
	write_it(host);
	ANSWERS(host, "Y\n\r");
	machine_expect_done(host, DFUT_END_STAYS);
	cr_expect(eq(uint, test.identity.letters & SAMBA_CAN_SUM, 0));
	stop(&test);
}

/* Nothing is erased before; exactly 8 digits; what was written is summed up, and only that chunk repeated. */
Test(sam_ba, writes_an_ra4m1)
{
	struct test_host test = { .own = { 0 } };
	struct machine_host *host = start_writing(&test, "ra4m1");

	for (int i = 0; i < 2; i++) {
		WRITES(host, "S00000000,00000010#");
		machine_expect_write(host, program, sizeof(program));
		WRITES(host, "Y00000000,0#");
		ANSWERS(host, "Y\n\r");
		WRITES(host, "Y00000000,00000010#");
		ANSWERS(host, "Y\n\r");
		for (int k = 0; i == 0 && k < 2; k++) {
			WRITES(host, "Z00000000,00000010#");
			ANSWERS(host, SUM_OF_BLANK);
		}
	}
	WRITES(host, "Z00000000,00000010#");
	ANSWERS(host, SUM_OF_PROGRAM);
	machine_expect_done(host, DFUT_END_STAYS);
	stop(&test);
}

Test(sam_ba, writes_an_nrf52840)
{
	struct test_host test = { .own = { 0 } };
	struct machine_host *host = start_writing(&test, "nrf52840");

	WRITES(host, "X00000000#");
	ANSWERS(host, "X\n\r");
	WRITES(host, "Z00000000,00000010#");
	ANSWERS(host, SUM_OF_BLANK);
	WRITES(host, "S00000000,00000010#");
	machine_expect_write(host, program, sizeof(program));
	WRITES(host, "Y00000000,0#");
	stop(&test);
}

/* A SAM3X: the words of a page go into a latch. */

#define PAGE_WORDS 64

static uint8_t page[4 * PAGE_WORDS];

static struct machine_host *start_rom(struct test_host *test)
{
	static struct samba_chunk chunk = { 0xc0100, sizeof(page), page, false };

	for (size_t i = 0; i < sizeof(page); i++)
		page[i] = (uint8_t)(i + 1);
	test->own.chunks = &chunk;
	test->own.chunk_count = 1;
	start_known(test, &samba_rom_machine, "sam3x8e");
	WRITES(&test->host, "W400E0A00,00000600#");
	WRITES(&test->host, "W400E0C00,00000600#");
	return &test->host;
}

/* Five words at once, as long as they are right. */
static void read_page(struct machine_host *host, const uint8_t *bytes)
{
	for (size_t word = 0; word < PAGE_WORDS;) {
		size_t count = PAGE_WORDS - word < 5 ? PAGE_WORDS - word : 5;
		char text[64] = "";

		for (size_t i = 0; i < count; i++)
			snprintf(text + strlen(text), sizeof(text) - strlen(text), "w%08zX,4#",
				 0xc0100 + 4 * (word + i));
		machine_expect_write(host, text, strlen(text));
		machine_answer(host, bytes + 4 * word, 4 * count);
		if (memcmp(bytes + 4 * word, page + 4 * word, 4 * count) != 0)
			return;
		word += count;
	}
}

static void latch_page(struct machine_host *host)
{
	for (size_t word = 0; word < PAGE_WORDS;) {
		size_t count = PAGE_WORDS - word < 3 ? PAGE_WORDS - word : 3;
		char text[64] = "";

		for (size_t i = 0; i < count; i++)
			snprintf(text + strlen(text), sizeof(text) - strlen(text), "W%08zX,%08X#",
				 0xc0100 + 4 * (word + i), dfut_le32(page + 4 * (word + i)));
		machine_expect_write(host, text, strlen(text));
		word += count;
	}
}

static void boot_from_flash(struct machine_host *host)
{
	WRITES(host, "W400E0A04,5A00010B#");
	WRITES(host, "w400E0A08,4#");
	ANSWERS(host, "\x01\0\0\0");
	machine_expect_done(host, DFUT_END_STAYS);
}

Test(sam_ba, writes_pages_of_a_rom_that_differ)
{
	struct test_host test = { .own = { 0 } };
	struct machine_host *host = start_rom(&test);
	uint8_t blank[sizeof(page)];

	memset(blank, 0xff, sizeof(blank));
	read_page(host, blank);
	latch_page(host);
	WRITES(host, "W400E0C04,5A000103#");
	WRITES(host, "w400E0C08,4#");
	ANSWERS(host, "\0\0\0\0");
	machine_expect_wait(host);
	WRITES(host, "w400E0C08,4#");
	ANSWERS(host, "\x01\0\0\0");
	read_page(host, page);
	boot_from_flash(host);
	cr_expect(test.outcome.differs);
	stop(&test);
}

Test(sam_ba, leaves_pages_of_a_rom_that_are_right)
{
	struct test_host test = { .own = { 0 } };
	struct machine_host *host = start_rom(&test);

	read_page(host, page);
	boot_from_flash(host);
	cr_expect(not(test.outcome.differs));
	stop(&test);
}

Test(sam_ba, a_rom_that_gives_zeros_is_not_believed)
{
	struct test_host test = { .own = { 0 } };
	struct machine_host *host = start_rom(&test);
	static const uint8_t zeros[sizeof(page)];

	read_page(host, zeros);
	latch_page(host);
	WRITES(host, "W400E0C04,5A000103#");
	WRITES(host, "w400E0C08,4#");
	ANSWERS(host, "\x01\0\0\0");
	read_page(host, zeros);
	boot_from_flash(host);
	cr_expect(test.outcome.is_sum_blind);
	stop(&test);
}

Test(sam_ba, a_locked_page_is_an_error)
{
	struct test_host test = { .own = { 0 } };
	struct machine_host *host = start_rom(&test);
	static const uint8_t zeros[sizeof(page)];

	read_page(host, zeros);
	latch_page(host);
	WRITES(host, "W400E0C04,5A000103#");
	WRITES(host, "w400E0C08,4#");
	ANSWERS(host, "\x05\0\0\0");
	cr_expect(eq(int, host->result, DFUT_ERROR_DEVICE));
	cr_expect(strstr(host->failure.text, "locked") != NULL, "%s", host->failure.text);
	stop(&test);
}

/* Comparing and reading. */

static struct machine_host *start_comparing(struct test_host *test, bool by_reading)
{
	static uint8_t bytes[70];
	static struct samba_chunk chunk = { 0x2000, sizeof(bytes), bytes, false };

	for (size_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = (uint8_t)i;
	test->own.chunks = &chunk;
	test->own.chunk_count = 1;
	test->own.by_reading = by_reading;
	return start_known(test, &samba_compare_machine, "samd21x18");
}

Test(sam_ba, reads_63_bytes_at_once)
{
	struct test_host test = { .own = { 0 } };
	struct machine_host *host = start_comparing(&test, true);

	WRITES(host, "R00002000,0000003F#");
	machine_answer(host, test.own.chunks->data, 63);
	WRITES(host, "R0000203F,00000007#");
	machine_answer(host, test.own.chunks->data + 63, 7);
	machine_expect_done(host, DFUT_END_STAYS);
	cr_expect(not(test.outcome.differs));
	stop(&test);
}

Test(sam_ba, a_difference_is_one_if_it_is_there_twice)
{
	struct test_host test = { .own = { 0 } };
	struct machine_host *host = start_comparing(&test, true);
	uint8_t other[63];

	memcpy(other, test.own.chunks->data, sizeof(other));
	other[5] = 0xff;
	WRITES(host, "R00002000,0000003F#");
	machine_answer(host, other, sizeof(other));
	WRITES(host, "R00002000,0000003F#");
	machine_answer(host, test.own.chunks->data, 63);
	WRITES(host, "R0000203F,00000007#");
	machine_answer(host, other, 7);
	WRITES(host, "R0000203F,00000007#");
	machine_answer(host, other, 7);
	machine_expect_done(host, DFUT_END_STAYS);
	cr_expect(test.outcome.differs);
	cr_expect(eq(u32, test.outcome.address, 0x203f));
	stop(&test);
}

static uint8_t taken[256];
static size_t taken_size;

static int take(const uint8_t *data, size_t size, void *user_data)
{
	(void)user_data;
	memcpy(taken + taken_size, data, size);
	taken_size += size;
	return 0;
}

Test(sam_ba, what_is_read_is_given_away_once_its_sum_is_right)
{
	struct test_host test = { .own = { .read_address = 0x2000, .read_size = sizeof(program) } };
	struct machine_host *host;

	test.host.job.writer = take;
	host = start(&test, &samba_upload_machine);
	greet(host);
	VERSION(host, ARDUINO);
	VERSION(host, ARDUINO);
	WORD(host, "w00000000,4#", "\x00\x80\x00\x20");
	WORD(host, "wE000ED00,4#", CPU_M0);
	WORD(host, "w00000004,4#", "\xc1\x01\x00\x00");
	WORD(host, "w41002018,4#", DEVICE_D21);
	for (int i = 0; i < 2; i++) {
		WRITES(host, "R00002000,00000010#");
		machine_answer(host, program, sizeof(program));
		cr_expect(eq(sz, taken_size, 0));
		WRITES(host, "Z00002000,00000010#");
		if (i == 0)
			ANSWERS(host, SUM_OF_OTHER);
	}
	ANSWERS(host, SUM_OF_PROGRAM);
	machine_expect_done(host, DFUT_END_STAYS);
	cr_expect(eq(sz, taken_size, sizeof(program)));
	stop(&test);
}

/* Leaving. */

Test(sam_ba, leaves_by_a_reset_that_has_no_answer)
{
	struct test_host test = { .own = { 0 } };
	struct machine_host *host = start_known(&test, &samba_leave_machine, "samd51x19");

	WRITES(host, "WE000ED0C,05FA0004#");
	machine_expect_done(host, DFUT_END_GONE);
	stop(&test);
}

Test(sam_ba, leaves_the_rom_by_its_reset_controller)
{
	struct test_host test = { .own = { 0 } };
	struct machine_host *host = start_known(&test, &samba_leave_machine, "sam3x8e");

	machine_expect(host, DFUT_ACTION_WRITE);
	cr_expect(eq(int, memcmp(host->next.action.transfer.data, "W400E1A00,A500000D#", 19), 0));
	machine_tell(host, DFUT_ERROR_GONE);
	machine_expect_done(host, DFUT_END_GONE);
	stop(&test);
}

Test(sam_ba, leaves_an_extended_one_by_its_command)
{
	struct test_host test = { .own = { 0 } };
	struct machine_host *host = start(&test, &samba_leave_machine);

	greet(host);
	VERSION(host, EXTENDED);
	VERSION(host, EXTENDED);
	WORD(host, "I#", "nRF52840-QIAA\n\r");
	WRITES(host, "K#");
	machine_expect_done(host, DFUT_END_GONE);
	stop(&test);
}

Test(sam_ba, a_bridged_one_stays_on_the_bus)
{
	struct test_host test = { .own = { .expected = get_part("ra4m1"), .is_in_place = true } };
	struct machine_host *host = start_known(&test, &samba_leave_machine, "ra4m1");

	WRITES(host, "K#");
	machine_expect_done(host, DFUT_END_STAYS);
	stop(&test);
}

/* Wire and parts. */

Test(sam_ba, letters_are_those_in_the_bracket)
{
	unsigned int letters;

	cr_expect(samba_parse_letters("v2.0 [Arduino:XYZ] IK", &letters));
	cr_expect(eq(uint, letters, SAMBA_CAN_ERASE | SAMBA_CAN_WRITE | SAMBA_CAN_SUM));
	cr_expect(samba_parse_letters("x [Arduino:]", &letters));
	cr_expect(eq(uint, letters, 0));
	cr_expect(not(samba_parse_letters("v1.1 Dec 15 2010", &letters)));
	cr_expect(not(samba_parse_letters("v2.0 [Arduino:XYZ", &letters)));
}

Test(sam_ba, sums_are_xmodems)
{
	static const uint8_t blank[16] = { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
					   0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff };

	cr_expect(eq(u16, samba_crc((const uint8_t *)"123456789", 9), 0x31c3));
	cr_expect(eq(u16, samba_crc(blank, sizeof(blank)), samba_crc_of_blank(sizeof(blank))));
}

/* A lost digit never makes an address in the bootloader. */
Test(sam_ba, guarded_addresses_lose_digits_without_harm)
{
	struct samba_command command = samba_make_erase(0x2000, true, 1);

	cr_assert(eq(str, command.text, (char *)"XFFFF00002000#"));
	for (size_t lost = 1; lost + 1 < command.size; lost++) {
		uint32_t number = 0;

		for (size_t i = 1; command.text[i] != '#'; i++) {
			const char digit[] = { command.text[i], '\0' };

			if (i != lost)
				number = number << 4 | (uint32_t)strtoul(digit, NULL, 16);
		}
		cr_expect(number == 0x2000 || number >= 0xf0000000, "%x", number);
	}
}

Test(sam_ba, parts_are_those_of_their_ids)
{
	cr_expect(eq(ptr, (void *)samba_part_find_by_did(0x10011f0b), (void *)get_part("samd21x17")));
	cr_expect(eq(ptr, (void *)samba_part_find_by_did(0x60060304), (void *)get_part("samd51x20")));
	cr_expect(eq(ptr, (void *)samba_part_find_by_did(0x10020000), NULL));
	cr_expect(eq(ptr, (void *)samba_part_find_by_chip_id(0x285b0960), (void *)get_part("sam3x4e")));
	cr_expect(eq(ptr, (void *)samba_part_find_by_chip_id(0), NULL));
}
