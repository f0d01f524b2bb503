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
