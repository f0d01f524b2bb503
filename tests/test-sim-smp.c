/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* The virtual board with Zephyr that speaks SMP: frames, lists, uploads, and what becomes of the images. */

#include "smp-host.h"

TestSuite(sim_smp, .fini = stop, .timeout = 20);

/* Keys as digits */
#define IMAGES "66696d61676573"
#define SLOT "64736c6f74"
#define VERSION "6776657273696f6e"
#define HASH "64686173685820"
#define FLAGS(bootable, pending, confirmed, active, permanent) \
	"68626f6f7461626c65" bootable "6770656e64696e67" pending "69636f6e6669726d6564" confirmed \
	"66616374697665" active "697065726d616e656e74" permanent
#define SPLIT "6b73706c697453746174757300"
#define YES "f5"
#define NO "f4"

/* The factory's image: its hash is at the end of its TLVs, behind a header of 512 bytes and a body of 18. */
static const char *get_factory_hash(void)
{
	static char text[65];

	put_digits(text, get_slot("slot0") + 0x200 + 18 + 8, 32);
	return text;
}

static void set_state(const char *hash, bool confirm, const char *want)
{
	char payload[256];

	snprintf(payload, sizeof(payload), "a2" HASH "%s67636f6e6669726d%s", hash, confirm ? YES : NO);
	ask(0x0a, 1, 0, payload);
	assert_text(hear_payload(), want);
}

/* For test, or for good; it is taken. */
static void choose(const struct sample *image, bool confirm)
{
	char payload[256];

	snprintf(payload, sizeof(payload), "a2" HASH "%s67636f6e6669726d%s", get_hash(image), confirm ? YES : NO);
	ask(0x0a, 1, 0, payload);
	cr_assert(ne(ptr, strstr(hear_payload(), IMAGES), NULL));
}

static void assert_list(const char *first, const char *second)
{
	char want[TEXT_LIMIT];

	snprintf(want, sizeof(want), "bf" IMAGES "9f%s%sff" SPLIT "ff", first, second);
	assert_answer(0x08, 1, 0, "a0", want);
}

static const char *make_entry(unsigned int slot, const char *version, const char *hash, const char *flags)
{
	static char texts[4][512];
	static unsigned int next;
	char *text = texts[next++ % 4];

	snprintf(text, sizeof(texts[0]), "bf" SLOT "%02x" VERSION "65%s" HASH "%s%sff", slot, version, hash, flags);
	return text;
}

static void assert_version(const char *digits)
{
	assert_list(make_entry(0, digits, get_factory_hash(), FLAGS(YES, NO, YES, YES, NO)), "");
}

#define FACTORY "312e302e30"
#define NEW "322e322e33"
#define RUNS FLAGS(YES, NO, YES, YES, NO)

/* After an image has run once: flags that are false are absent, and so is what is always 0. */
static const char *get_frugal_list(void)
{
	static char text[TEXT_LIMIT];
	char second[65];

	put_digits(second, get_slot("slot1") + 32 + 3000 + 8, 32);
	snprintf(text, sizeof(text), "bf" IMAGES "9f%s%sffff",
		 make_entry(0, FACTORY, get_factory_hash(),
			    "68626f6f7461626c65f569636f6e6669726d6564f566616374697665f5"),
		 make_entry(1, NEW, second, "68626f6f7461626c65f5"));
	return text;
}

/*
 * What mcumgr says to reset a device: a frame that was recorded by somebody (devzone.nordicsemi.com, 102545). The answer is
 * by hand: length 12, header, `bf ff`, CRC.
 */
Test(sim_smp, takes_a_frame_of_mcumgr)
{
	struct bytes body;

	plug("smp-board");
	say_text("\x06\x09"
		 "AAsCAAABAACKBaA1Qw==\n");
	body = hear_body(REPLY_MS);
	cr_assert(eq(sz, body.size, 10));
	cr_assert(eq(int, memcmp(body.bytes, "\x03\x00\x00\x02\x00\x00\x8a\x05\xbf\xff", 10), 0));
	cr_assert(dfut_sim_device_is_present(host->device));
	host_wait_ms(host, 240);
	cr_assert(dfut_sim_device_is_present(host->device));
	host_wait_ms(host, 20);
	cr_assert(not(dfut_sim_device_is_present(host->device)));
	host_wait_ms(host, 1000);
	assert_mode("application");
	assert_breaches(0);
}

Test(sim_smp, echoes)
{
	static const char *const specs[] = { "smp-board", "smp-board:encoding=canonical" };
	static const char *const answers[] = { "bf61726568656c6c6fff", "a161726568656c6c6f" };
	struct bytes body;

	for (size_t i = 0; i < DFUT_COUNT(specs); i++) {
		plug(specs[i]);
		sequence = 6;
		/* 0a 00 00 0a 00 00 07 00 a1 61 64 65 hello, its length in front and its CRC behind */
		ask(0x0a, 0, 0, "a161646568656c6c6f");
		body = hear_body(REPLY_MS);
		cr_assert(eq(u8, body.bytes[0], 0x0b));
		cr_assert(eq(u8, body.bytes[6], 7));
		cr_assert(eq(u8, body.bytes[7], 0));
		ask(0x0a, 0, 0, "a161646568656c6c6f");
		assert_text(hear_payload(), answers[i]);
		assert_breaches(0);
	}
}

Test(sim_smp, tells_parameters)
{
	static const struct {
		const char *spec;
		const char *answer;
	} cases[] = {
		{ "smp-board", "bf686275665f73697a65190180696275665f636f756e7404ff" },
		{ "smp-board:buffer=1024", "bf686275665f73697a65190400696275665f636f756e7404ff" },
		{ "smp-board:images=2", "bf686275665f73697a65190400696275665f636f756e7404ff" },
		{ "smp-board:buffer=none", "bf62726308ff" },
		{ "smp-board:mode=recovery", "bf686275665f73697a65190400696275665f636f756e7401ff" },
		{ "smp-board:mode=recovery,buffer=512,encoding=canonical",
		  "a2686275665f73697a65190200696275665f636f756e7401" },
		{ "smp-board:mode=recovery,buffer=none", "bf62726308ff" },
	};

	for (size_t i = 0; i < DFUT_COUNT(cases); i++) {
		plug(cases[i].spec);
		assert_answer(0x08, 0, 6, "a0", cases[i].answer);
	}
}

Test(sim_smp, tells_its_bootloader)
{
	plug("smp-board");
	assert_answer(0x08, 0, 8, "a0", "bf6a626f6f746c6f61646572674d4355626f6f74ff");
	assert_answer(0x08, 0, 8, "a1657175657279646d6f6465", "bf646d6f646503ff");
	assert_answer(0x08, 0, 8, "a1657175657279646d6f6478",
		      "bf63657272bf6567726f7570006272630"
		      "3ffff");
	plug("smp-board:bootloader=overwrite,no-downgrade=yes");
	assert_answer(0x08, 0, 8, "a1657175657279646d6f6465", "bf646d6f6465026c6e6f2d646f776e6772616465f5ff");
	plug("smp-board:bootloader=single");
	assert_answer(0x08, 0, 8, "a1657175657279646d6f6465", "bf646d6f646500ff");
}

Test(sim_smp, lists_what_is_in_its_slots)
{
	struct sample image = make_image(2, 64);

	plug("smp-board");
	assert_version(FACTORY);
	upload(&image, 200, 0);
	assert_list(make_entry(0, FACTORY, get_factory_hash(), RUNS),
		    make_entry(1, NEW, get_hash(&image), FLAGS(YES, NO, NO, NO, NO)));
	assert_breaches(0);
}

/* Tested, restarted, confirmed. */
Test(sim_smp, updates_and_stays)
{
	struct sample image = make_image(2, 3000);
	char factory[65];
	char want[TEXT_LIMIT];

	plug("smp-board");
	snprintf(factory, sizeof(factory), "%s", get_factory_hash());
	upload(&image, 256, WITH_SHA);
	cr_assert(eq(int, memcmp(get_slot("slot1"), image.bytes, image.size), 0));
	snprintf(want, sizeof(want), "bf" IMAGES "9f%s%sff" SPLIT "ff", make_entry(0, FACTORY, factory, RUNS),
		 make_entry(1, NEW, get_hash(&image), FLAGS(YES, YES, NO, NO, NO)));
	set_state(get_hash(&image), false, want);
	restart();
	assert_list(make_entry(0, NEW, get_hash(&image), FLAGS(YES, NO, NO, YES, NO)),
		    make_entry(1, FACTORY, factory, FLAGS(YES, NO, YES, NO, NO)));
	snprintf(want, sizeof(want), "bf" IMAGES "9f%s%sff" SPLIT "ff", make_entry(0, NEW, get_hash(&image), RUNS),
		 make_entry(1, FACTORY, factory, FLAGS(YES, NO, NO, NO, NO)));
	assert_answer(0x0a, 1, 0, "a167636f6e6669726df5", want);
	restart();
	assert_list(make_entry(0, NEW, get_hash(&image), RUNS),
		    make_entry(1, FACTORY, factory, FLAGS(YES, NO, NO, NO, NO)));
	assert_breaches(0);
}

Test(sim_smp, goes_back_to_what_was_confirmed)
{
	struct sample image = make_image(2, 3000);

	plug("smp-board:list=frugal");
	upload(&image, 256, 0);
	ask(0x0a, 1, 0, "a0");
	assert_text(hear_payload(), "bf63657272bf6567726f75700162726318"
				    "18ffff");
	choose(&image, false);
	restart();
	cr_assert(eq(int, memcmp(get_slot("slot0"), image.bytes, image.size), 0));
	restart();
	cr_assert(eq(int, memcmp(get_slot("slot1"), image.bytes, image.size), 0));
	assert_answer(0x08, 1, 0, "a0", get_frugal_list());
	assert_breaches(0);
}

/* Uploads. */

static void assert_upload(const struct sample *image, uint32_t offset, uint32_t size, unsigned int with,
			  const char *want)
{
	say_upload(image, offset, size, with);
	assert_text(hear_payload(), want);
}

static void assert_offset(const struct sample *image, uint32_t offset, uint32_t size, unsigned int with, uint32_t want)
{
	say_upload(image, offset, size, with);
	cr_assert(eq(u32, hear_offset(), want));
}

#define ERROR(code) "bf63657272bf6567726f757001627263" code "ffff"
#define RC(code) "bf627263" code "ff"

/* What is said to version 2, and to version 1. */
Test(sim_smp, refuses_wrong_beginnings)
{
	struct sample image = make_image(1, 3000);
	struct sample other = image;
	struct sample old = make_image(0, 64);
	static const char *const answers[][2] = {
		{ ERROR("16"), RC("03") },   { ERROR("15"), RC("03") },	  { ERROR("17"), RC("01") },
		{ ERROR("181e"), RC("01") }, { ERROR("181b"), RC("06") }, { ERROR("14"), RC("03") },
		{ RC("03"), RC("03") },
	};

	other.bytes[0] ^= 1;
	for (size_t version = 0; version < 2; version++) {
		plug(version ? "smp-board:version=1" : "smp-board");
		assert_upload(&image, 0, 31, 0, answers[0][version]);
		assert_upload(&image, 0, 32, WITHOUT_LENGTH, answers[1][version]);
		assert_upload(&other, 0, 32, 0, answers[2][version]);
		image.size += 1 << 20;
		assert_upload(&image, 0, 32, 0, answers[3][version]);
		image.size -= 1 << 20;
		assert_upload(&old, 0, 64, WITH_UPGRADE, answers[4][version]);
		assert_answer(0x0a, 1, 1, "a164646174614101", answers[5][version]);
		assert_answer(0x0a, 1, 1, "a1636f666641", answers[6][version]);
		cr_assert(eq(sz, host->device->counters.pages, 0));
		assert_breaches(0);
	}
}

Test(sim_smp, tells_where_to_go_on)
{
	struct sample image = make_image(2, 3000);

	plug("smp-board");
	assert_offset(&image, 100, 100, 0, 0);
	assert_breaches(1);
	dfut_sim_device_clear_record(host->device);
	assert_offset(&image, 0, 200, 0, 200);
	assert_offset(&image, 200, 100, 0, 300);
	/* As after an answer that was lost */
	assert_offset(&image, 200, 100, 0, 300);
	assert_breaches(0);
	assert_offset(&image, 200, 100, 0, 300);
	assert_breaches(1);
	assert_offset(&image, 300, 100, 0, 400);
	assert_offset(&image, 600, 100, 0, 400);
	assert_breaches(2);
	assert_offset(&image, 400, 0, 0, 400);
	assert_breaches(2);
	/* From the start */
	assert_offset(&image, 0, 100, 0, 100);
	assert_breaches(2);
}

Test(sim_smp, goes_on_with_the_same_file)
{
	struct sample image = make_image(2, 3000);
	struct sample other = make_image(3, 3000);

	plug("smp-board");
	assert_offset(&image, 0, 200, WITH_SHA, 200);
	assert_offset(&image, 200, 200, 0, 400);
	open_port();
	assert_offset(&image, 0, 200, WITH_SHA, 400);
	assert_offset(&image, 400, 200, 0, 600);
	/* Without the hash, or with another, it begins anew. */
	assert_offset(&image, 0, 200, 0, 200);
	assert_offset(&image, 0, 200, WITH_SHA, 200);
	assert_offset(&other, 0, 100, WITH_SHA, 100);
	/* An error closes it, and so does a restart. */
	assert_offset(&image, 0, 200, WITH_SHA, 200);
	assert_offset(&image, 200, 200, 0, 400);
	assert_answer(0x0a, 1, 1, "a164646174614101", ERROR("14"));
	assert_offset(&image, 0, 100, WITH_SHA, 100);
	assert_offset(&image, 100, 100, 0, 200);
	restart();
	assert_offset(&image, 0, 100, WITH_SHA, 100);
	assert_breaches(0);
}

Test(sim_smp, forgets_what_is_complete)
{
	struct sample image = make_image(2, 9000);
	size_t last = image.size - 9000;

	plug("smp-board:match=no");
	upload(&image, 100, WITH_SHA);
	cr_assert(eq(sz, host->device->counters.pages, 0));
	cr_assert(eq(sz, host->device->counters.objects, (image.size + 99) / 100));
	assert_offset(&image, (uint32_t)(image.size - last), (uint32_t)last, 0, 0);
	/* Three pages, and the one with the trailer */
	assert_offset(&image, 0, 100, WITH_SHA, 100);
	cr_assert(eq(sz, host->device->counters.pages, 4));
}

Test(sim_smp, takes_time_to_erase)
{
	struct sample image = make_image(2, 9000);
	uint64_t start_us;

	plug("smp-board:erase-ms=100");
	start_us = host_get_time_us(host);
	assert_offset(&image, 0, 100, 0, 100);
	cr_assert(lt(u64, host_get_time_us(host) - start_us, 20000));
	start_us = host_get_time_us(host);
	assert_offset(&image, 0, 100, 0, 100);
	cr_assert(ge(u64, host_get_time_us(host) - start_us, 400000));
	cr_assert(lt(u64, host_get_time_us(host) - start_us, 420000));
	start_us = host_get_time_us(host);
	assert_answer(0x0a, 1, 5, "a0", "bfff");
	cr_assert(ge(u64, host_get_time_us(host) - start_us, 6400000));
	plug("smp-board:erase-ms=100,erase=progressive");
	start_us = host_get_time_us(host);
	assert_offset(&image, 0, 100, 0, 100);
	cr_assert(ge(u64, host_get_time_us(host) - start_us, 100000));
	cr_assert(lt(u64, host_get_time_us(host) - start_us, 120000));
	assert_offset(&image, 100, 100, 0, 200);
	cr_assert(eq(sz, host->device->counters.pages, 1));
	upload(&image, 300, 0);
	cr_assert(eq(sz, host->device->counters.pages, 1 + 3 + 1));
	cr_assert(eq(int, memcmp(get_slot("slot1"), image.bytes, image.size), 0));
}

Test(sim_smp, compares_the_whole_file)
{
	struct sample image = make_image(2, 60);

	plug("smp-board");
	assert_upload(&image, 0, (uint32_t)image.size, 0, "bf636f66661884656d61746368f4ff");
	assert_upload(&image, 0, (uint32_t)image.size, WITH_SHA, "bf636f66661884656d61746368f5ff");
	/* It is there already. */
	assert_upload(&image, 0, 32, WITH_SHA, "bf636f66661884656d61746368f5ff");
	plug("smp-board:match=no");
	assert_upload(&image, 0, (uint32_t)image.size, WITH_SHA, "bf636f66661884ff");
	plug("smp-board:match=no,version=1");
	assert_upload(&image, 0, (uint32_t)image.size, WITH_SHA, "bf62726300636f66661884ff");
}

Test(sim_smp, takes_no_more_than_was_announced)
{
	struct sample image = make_image(2, 3000);

	plug("smp-board");
	image.size = 200;
	assert_offset(&image, 0, 100, 0, 100);
	assert_upload(&image, 100, 101, 0, ERROR("181f"));
	assert_breaches(1);
	assert_offset(&image, 100, 100, 0, 0);
	/* Not even the first time in recovery; here it is written. */
	image.size = 50;
	assert_offset(&image, 0, 60, 0, 60);
}

/* State. */

Test(sim_smp, sets_no_wrong_state)
{
	struct sample image = make_image(2, 3000);
	char payload[256];

	plug("smp-board");
	set_state(get_factory_hash(), false, ERROR("1821"));
	upload(&image, 256, 0);
	assert_answer(0x0a, 1, 0, "a0", ERROR("1818"));
	assert_answer(0x0a, 1, 0, "a164686173684101", ERROR("1818"));
	set_state("0000000000000000000000000000000000000000000000000000000000000000", false, ERROR("08"));
	assert_answer(0x0a, 1, 0, "a167636f6e6669726d01", RC("03"));
	assert_breaches(0);
	/* What is confirmed already stays so. */
	ask(0x0a, 1, 0, "a167636f6e6669726df5");
	cr_assert(ne(ptr, strstr(hear_payload(), IMAGES), NULL));
	choose(&image, false);
	choose(&image, false);
	assert_breaches(0);
	assert_answer(0x0a, 1, 0, "a167636f6e6669726df5", ERROR("181c"));
	assert_breaches(1);
	set_state(get_hash(&image), true, ERROR("181c"));
	assert_breaches(2);
	/* The slot is in use. */
	say_upload(&image, 0, 100, 0);
	assert_text(hear_payload(), ERROR("09"));
	assert_answer(0x0a, 1, 5, "a164736c6f7401", ERROR("09"));
	restart();
	set_state(get_hash(&image), false, ERROR("1821"));
	say_upload(&image, 0, 100, 0);
	assert_text(hear_payload(), ERROR("09"));
	snprintf(payload, sizeof(payload), "a2" HASH "%s67636f6e6669726d%s", get_hash(&image), YES);
	ask(0x0a, 1, 0, payload);
	cr_assert(ne(ptr, strstr(hear_payload(), IMAGES), NULL));
	assert_answer(0x0a, 1, 5, "a164736c6f7401", "bfff");
	assert_breaches(2);
}

/* For good, without a test. */
Test(sim_smp, confirms_what_has_not_run)
{
	struct sample image = make_image(2, 3000);

	plug("smp-board");
	upload(&image, 256, 0);
	choose(&image, true);
	assert_breaches(1);
	set_state(get_hash(&image), false, ERROR("181c"));
	restart();
	restart();
	cr_assert(eq(int, memcmp(get_slot("slot0"), image.bytes, image.size), 0));
	plug("smp-board:bootloader=overwrite");
	upload(&image, 256, 0);
	choose(&image, true);
	assert_breaches(0);
	restart();
	cr_assert(eq(int, memcmp(get_slot("slot0"), image.bytes, image.size), 0));
	cr_assert(eq(u8, get_slot("slot1")[0], 0xff));
	ask(0x08, 1, 0, "a0");
	cr_assert(eq(ptr, strstr(hear_payload(), SLOT "01"), NULL));
}

Test(sim_smp, does_not_start_what_is_wrong)
{
	struct sample image = make_image(2, 3000);

	plug("smp-board");
	image.bytes[1000] ^= 1;
	upload(&image, 256, 0);
	/* The list tells of it all the same. */
	choose(&image, false);
	restart();
	assert_mode("application");
	assert_version(FACTORY);
	image = make_image(0, 3000);
	plug("smp-board:no-downgrade=yes");
	upload(&image, 256, 0);
	choose(&image, false);
	restart();
	assert_version(FACTORY);
	plug("smp-board:bootloader=single");
	say_upload(&image, 0, 100, 0);
	assert_text(hear_payload(), ERROR("09"));
	cr_assert(eq(ptr, (void *)get_slot("slot1"), NULL));
}

Test(sim_smp, has_two_images)
{
	struct sample image = make_image(2, 500);
	struct bytes payload, body;
	const char *answer;

	plug("smp-board:images=2");
	for (uint32_t offset = 0; offset < image.size; offset += 300) {
		uint32_t left = (uint32_t)image.size - offset;

		payload = make_upload(image.bytes, (uint32_t)image.size, offset, left < 300 ? left : 300, 0,
				      offset ? -1 : 1);
		body = make_body(0x0a, 1, 1, payload.bytes, payload.size);
		say_body(body.bytes, body.size);
		cr_assert(eq(u32, hear_offset(), offset + (left < 300 ? left : 300)));
	}
	cr_assert(eq(int, memcmp(get_slot("slot3"), image.bytes, image.size), 0));
	cr_assert(eq(u8, get_slot("slot1")[0], 0xff));
	set_state(get_hash(&image), true, ERROR("1820"));
	choose(&image, false);
	ask(0x08, 1, 0, "a0");
	answer = hear_payload();
	cr_assert(ne(ptr, strstr(answer, "bf65696d61676500" SLOT "00"), NULL));
	cr_assert(ne(ptr, strstr(answer, "bf65696d61676501" SLOT "01"), NULL));
	restart();
	cr_assert(eq(int, memcmp(get_slot("slot2"), image.bytes, image.size), 0));
	/* There is no third one. */
	payload = make_upload(image.bytes, (uint32_t)image.size, 0, 300, 0, 2);
	body = make_body(0x0a, 1, 1, payload.bytes, payload.size);
	say_body(body.bytes, body.size);
	assert_text(hear_payload(), ERROR("09"));
	assert_breaches(1);
}

/* With 384 bytes there is no room for a list of four. */
Test(sim_smp, says_when_an_answer_is_too_long)
{
	struct sample image = make_image(2, 60);
	struct bytes payload, body;

	plug("smp-board:images=2,buffer=384");
	for (int number = 0; number < 2; number++) {
		payload = make_upload(image.bytes, (uint32_t)image.size, 0, (uint32_t)image.size, 0, number);
		body = make_body(0x0a, 1, 1, payload.bytes, payload.size);
		say_body(body.bytes, body.size);
		cr_assert(eq(u32, hear_offset(), (uint32_t)image.size));
	}
	assert_answer(0x08, 1, 0, "a0", RC("07"));
}

Test(sim_smp, tells_of_its_slots)
{
	plug("smp-board:slot-size=128K");
	assert_answer(0x08, 1, 6, "a0",
		      "bf" IMAGES "9fbf65696d6167650065736c6f74739fbf" SLOT "006473697a651a00020000ffbf" SLOT
		      "016473697a651a000200006f75706c6f61645f696d6167655f696400ffff"
		      "6e6d61785f696d6167655f73697a651a0001e000ffffff");
	plug("smp-board:slot-info=no");
	assert_answer(0x08, 1, 6, "a0", RC("08"));
}

/* Messages. */

Test(sim_smp, knows_versions)
{
	struct bytes body;

	plug("smp-board");
	assert_answer(0x12, 0, 0, "a161646161", RC("0d"));
	ask(0x02, 0, 0, "a161646161");
	body = hear_body(REPLY_MS);
	cr_assert(eq(u8, body.bytes[0], 0x03));
	/* The original one has numbers of its own. */
	assert_answer(0x02, 1, 0, "a0", RC("03"));
	plug("smp-board:version=1");
	ask(0x0a, 0, 0, "a161646161");
	body = hear_body(REPLY_MS);
	cr_assert(eq(u8, body.bytes[0], 0x03));
	assert_answer(0x0a, 1, 0, "a0", RC("03"));
}

Test(sim_smp, refuses_what_it_does_not_know)
{
	static const uint8_t two[] = { 0x0a, 0,	   0,	 5, 0, 0, 1, 0, 0xa1, 0x61, 0x64,
				       0x61, 0x61, 0x08, 0, 0, 1, 0, 0, 2,    6,    0xa0 };
	struct bytes body;

	plug("smp-board");
	assert_answer(0x0a, 2, 0, "a0", RC("08"));
	assert_answer(0x0a, 0, 6, "a0", RC("08"));
	assert_answer(0x08, 0, 5, "a0", RC("08"));
	assert_answer(0x08, 1, 1, "a0", RC("08"));
	assert_answer(0x09, 0, 0, "a0", RC("08"));
	assert_answer(0x0a, 0, 0, "", RC("03"));
	/* Shorter than its header says */
	body = make_body(0x0a, 0, 0, two + 8, 5);
	body.bytes[3] = 6;
	say_body(body.bytes, body.size);
	assert_text(hear_payload(), RC("09"));
	/* Two requests in one message */
	say_body(two, sizeof(two));
	body = hear_body(REPLY_MS);
	cr_assert(eq(int, memcmp(body.bytes, "\x0b\0\0\x06\0\0\x01\0\xbf\x61\x72\x61\x61\xff", 14), 0));
	body = hear_body(REPLY_MS);
	cr_assert(eq(u8, body.bytes[6], 2));
	cr_assert(eq(u8, body.bytes[7], 6));
	/* Shorter than a header */
	say_body(two, 7);
	assert_silent();
	assert_breaches(0);
}

Test(sim_smp, reads_maps)
{
	static const struct {
		const char *payload;
		const char *answer;
		const char *canonical;
	} cases[] = {
		{ "a161646161", "bf61726161ff", "a161726161" },
		{ "bf61646161ff", "bf61726161ff", "a162726303" },
		/* Other keys with lists, maps, tags, numbers and simple values */
		{ "a2617883018202a1616bf600616461"
		  "62",
		  "bf61726162ff", "a161726162" },
		{ "a26178c11a5a5a5a5a61646162", "bf61726162ff", "a161726162" },
		{ "a261789f0102ff61646162", "bf61726162ff", "a162726303" },
		{ "a26178fb000000000000000061646162", "bf61726162ff", "a161726162" },
		/* A key twice, one that is no text, another kind of value, cut off */
		{ "a2616461616164616"
		  "1",
		  RC("03"), "a162726303" },
		{ "a10161", RC("03"), "a162726303" },
		{ "a1616401", RC("03"), "a162726303" },
		{ "a1616462", RC("03"), "a162726303" },
		{ "80", RC("03"), "a162726303" },
		/* A length in more bytes than it needs */
		{ "a161647801"
		  "61",
		  "bf61726161ff", "a162726303" },
		{ "a0", "bf617260ff", "a1617260" },
	};

	for (size_t i = 0; i < DFUT_COUNT(cases); i++) {
		plug("smp-board");
		assert_answer(0x0a, 0, 0, cases[i].payload, cases[i].answer);
		plug("smp-board:encoding=canonical");
		assert_answer(0x0a, 0, 0, cases[i].payload, cases[i].canonical);
	}
}
