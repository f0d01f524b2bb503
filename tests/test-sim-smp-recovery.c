/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* MCUboot's serial recovery on the virtual board: it writes to the first slot at once, and starts it if it is right. */

#include "smp-host.h"

TestSuite(sim_smp_recovery, .fini = stop, .timeout = 20);

#define RC(code) "bf627263" code "ff"
#define OFFSET(digits) "bf62726300636f6666" digits "ff"
#define IMAGES "66696d61676573"
#define SLOT "64736c6f74"
#define VERSION "6776657273696f6e"
#define HASH "64686173685820"
#define EMPTY "bf" IMAGES "9fffff"

static void assert_upload(const struct sample *image, uint32_t offset, uint32_t size, unsigned int with,
			  const char *want)
{
	say_upload(image, offset, size, with);
	assert_text(hear_payload(), want);
}

static const char *get_factory_hash(void)
{
	static char text[65];

	put_digits(text, get_slot("slot0") + 0x200 + 18 + 8, 32);
	return text;
}

static void assert_list(const char *format, const char *hash)
{
	char want[TEXT_LIMIT];

	snprintf(want, sizeof(want), format, hash);
	assert_answer(0x08, 1, 0, "a0", want);
}

static void restart_as(const char *mode)
{
	assert_answer(0x0a, 0, 5, "a0", RC("00"));
	host_wait_ms(host, 30000);
	assert_mode(mode);
	open_port();
}

static uint16_t get_product_id(void)
{
	return dfut_le16(&host_get(host)->descriptors[10]);
}

Test(sim_smp_recovery, replaces_what_runs)
{
	struct sample image = make_image(2, 3000);

	plug("smp-board:mode=recovery");
	assert_mode("bootloader");
	cr_assert(eq(u16, get_product_id(), 0x0100));
	assert_list("bf" IMAGES "9fbf" SLOT "00" HASH "%s" VERSION "65312e302e30ffffff", get_factory_hash());
	upload(&image, 512, 0);
	cr_assert(eq(int, memcmp(get_slot("slot0"), image.bytes, image.size), 0));
	cr_assert(eq(u8, get_slot("slot1")[0], 0xff));
	cr_assert(eq(sz, host->device->counters.pages, 64));
	cr_assert(eq(sz, host->device->counters.objects, 6));
	assert_list("bf" IMAGES "9fbf" SLOT "00" HASH "%s" VERSION "65322e322e33ffffff", get_hash(&image));
	restart_as("application");
	cr_assert(eq(u16, get_product_id(), 0x0004));
	ask(0x08, 1, 0, "a0");
	cr_assert(ne(ptr, strstr(hear_payload(), get_hash(&image)), NULL));
	assert_breaches(0);
}

Test(sim_smp_recovery, stays_without_an_application)
{
	struct sample image = make_image(2, 3000);

	plug("smp-board:mode=recovery,recovery-pid=5678");
	cr_assert(eq(u16, get_product_id(), 0x5678));
	assert_upload(&image, 0, 512, 0, OFFSET("190200"));
	assert_answer(0x08, 1, 0, "a0", EMPTY);
	restart_as("bootloader");
	image.bytes[100] ^= 1;
	upload(&image, 512, 0);
	assert_answer(0x08, 1, 0, "a0", EMPTY);
	restart_as("bootloader");
	image.bytes[100] ^= 1;
	upload(&image, 512, 0);
	restart_as("application");
	/* An application that does not start */
	plug("smp-board");
	assert_mode("application");
	cr_assert(eq(int, dfut_sim_device_set_memory(host->device, "slot0", 600, "x", 1), 0));
	cr_assert(eq(int, dfut_sim_device_set_memory(host->device, "slot0", 520, "x", 1), 0));
	dfut_sim_device_press_reset(host->device);
	host_wait_ms(host, 1000);
	assert_mode("bootloader");
}

Test(sim_smp_recovery, refuses_before_it_erases)
{
	struct sample image = make_image(2, 3000);

	plug("smp-board:mode=recovery,slot-size=64K");
	assert_upload(&image, 0, 100, WITHOUT_LENGTH, RC("03"));
	image.size = 65537;
	assert_upload(&image, 0, 100, 0, RC("03"));
	image.size = 3000;
	assert_answer(0x0a, 1, 1, "a1636f666600", RC("03"));
	assert_answer(0x0a, 1, 1, "a164646174614101", RC("03"));
	assert_answer(0x0a, 1, 1, "a3636f666600636f666600646461746140", RC("03"));
	cr_assert(eq(sz, host->device->counters.pages, 0));
	/* Nothing was begun. */
	assert_upload(&image, 100, 100, 0, OFFSET("00"));
	assert_upload(&image, 0, 64, 0, OFFSET("1840"));
	cr_assert(eq(sz, host->device->counters.pages, 16));
}

/* The hash is not looked at: no upload is resumed. */
Test(sim_smp_recovery, tells_where_to_go_on)
{
	struct sample image = make_image(2, 3000);

	plug("smp-board:mode=recovery");
	assert_upload(&image, 0, 96, WITH_SHA, OFFSET("1860"));
	assert_upload(&image, 96, 96, 0, OFFSET("18c0"));
	assert_upload(&image, 96, 96, 0, OFFSET("18c0"));
	assert_breaches(0);
	assert_upload(&image, 0, 96, WITH_SHA, OFFSET("1860"));
	cr_assert(eq(sz, host->device->counters.pages, 128));
	assert_breaches(0);
}

Test(sim_smp_recovery, writes_whole_blocks)
{
	struct sample image = make_image(2, 61);

	plug("smp-board:mode=recovery");
	assert_upload(&image, 0, 101, 0, OFFSET("1860"));
	/* 133 bytes: the rest of the last block is filled up. */
	assert_upload(&image, 96, 37, 0, OFFSET("1885"));
	cr_assert(eq(int, memcmp(get_slot("slot0"), image.bytes, image.size), 0));
	plug("smp-board:mode=recovery,write-block=1");
	assert_upload(&image, 0, 101, 0, OFFSET("1865"));
	assert_breaches(0);
}

Test(sim_smp_recovery, takes_more_than_announced_only_at_first)
{
	struct sample image = make_image(2, 3000);

	plug("smp-board:mode=recovery");
	image.size = 64;
	assert_upload(&image, 0, 72, 0, OFFSET("1848"));
	assert_breaches(1);
	assert_upload(&image, 0, 32, 0, OFFSET("1820"));
	assert_upload(&image, 32, 40, 0, RC("03"));
	assert_breaches(2);
	assert_upload(&image, 32, 32, 0, OFFSET("1840"));
	assert_breaches(2);
}

Test(sim_smp_recovery, erases_as_it_goes_on)
{
	struct sample image = make_image(2, 9000);
	uint64_t start_us;

	plug("smp-board:mode=recovery,erase=progressive,erase-ms=100");
	start_us = host_get_time_us(host);
	assert_upload(&image, 0, 512, 0, OFFSET("190200"));
	cr_assert(lt(u64, host_get_time_us(host) - start_us, 120000));
	/* Three pages, and that of the trailer */
	upload(&image, 512, 0);
	cr_assert(eq(sz, host->device->counters.pages, 1 + 3 + 1));
	cr_assert(eq(int, memcmp(get_slot("slot0"), image.bytes, image.size), 0));
	plug("smp-board:mode=recovery,erase-ms=100");
	start_us = host_get_time_us(host);
	assert_upload(&image, 0, 512, 0, OFFSET("190200"));
	cr_assert(ge(u64, host_get_time_us(host) - start_us, 6400000));
}

static void upload_to(int number, const struct sample *image, const char *want)
{
	struct bytes payload = make_upload(image->bytes, (uint32_t)image->size, 0, (uint32_t)image->size, 0, number);
	struct bytes body = make_body(0x0a, 1, 1, payload.bytes, payload.size);

	say_body(body.bytes, body.size);
	assert_text(hear_payload(), want);
}

Test(sim_smp_recovery, writes_to_the_slot_of_a_number)
{
	static const struct {
		const char *spec;
		int number;
		const char *slot;
	} cases[] = {
		{ "smp-board:mode=recovery", 0, "slot0" },
		{ "smp-board:mode=recovery", 1, NULL },
		{ "smp-board:mode=recovery", 2, "" },
		{ "smp-board:mode=recovery,images=2", 1, "slot2" },
		{ "smp-board:mode=recovery,images=2", 2, NULL },
		{ "smp-board:mode=recovery,images=2", 3, "" },
		{ "smp-board:mode=recovery,direct=yes", 0, "slot0" },
		{ "smp-board:mode=recovery,direct=yes", 1, "slot0" },
		{ "smp-board:mode=recovery,direct=yes", 2, "slot1" },
		{ "smp-board:mode=recovery,direct=yes", 3, NULL },
		{ "smp-board:mode=recovery,direct=yes,images=2", 3, "slot2" },
		{ "smp-board:mode=recovery,direct=yes,images=2", 4, "slot3" },
		{ "smp-board:mode=recovery,bootloader=single", 0, "slot0" },
	};
	struct sample image = make_image(2, 56);

	for (size_t i = 0; i < DFUT_COUNT(cases); i++) {
		plug(cases[i].spec);
		upload_to(cases[i].number, &image,
			  !cases[i].slot   ? RC("03") :
			  cases[i].slot[0] ? OFFSET("1880") :
					     RC("05"));
		if (cases[i].slot && cases[i].slot[0])
			cr_assert(eq(int, memcmp(get_slot(cases[i].slot), image.bytes, image.size), 0));
	}
}

#define STATE "68626f6f7461626c65f5"
#define CONFIRMED "69636f6e6669726d6564f5"
#define PENDING "6770656e64696e67f5"
#define PERMANENT "697065726d616e656e74f5"

static void set_state(const char *hash, bool confirm)
{
	char payload[256];

	snprintf(payload, sizeof(payload), "a2" HASH "%s67636f6e6669726d%s", hash, confirm ? "f5" : "f4");
	ask(0x0a, 1, 0, payload);
}

Test(sim_smp_recovery, may_know_states)
{
	struct sample image = make_image(2, 56);
	const char *answer;
	char factory[65];

	plug("smp-board:mode=recovery");
	set_state(get_factory_hash(), true);
	assert_text(hear_payload(), RC("08"));
	plug("smp-board:mode=recovery,direct=yes,image-state=yes,erase-ms=1");
	snprintf(factory, sizeof(factory), "%s", get_factory_hash());
	upload_to(2, &image, OFFSET("1880"));
	set_state(factory, false);
	assert_text(hear_payload(), RC("03"));
	set_state("0000000000000000000000000000000000000000000000000000000000000000", false);
	assert_text(hear_payload(), RC("05"));
	set_state(get_hash(&image), false);
	answer = hear_payload();
	cr_assert(ne(ptr, strstr(answer, "bf" STATE CONFIRMED SLOT "00"), NULL));
	cr_assert(ne(ptr, strstr(answer, "bf" STATE PENDING SLOT "01"), NULL));
	set_state(get_hash(&image), false);
	assert_text(hear_payload(), RC("06"));
	restart_as("application");
	cr_assert(eq(int, memcmp(get_slot("slot0"), image.bytes, image.size), 0));
	plug("smp-board:mode=recovery,direct=yes,image-state=yes");
	upload_to(2, &image, OFFSET("1880"));
	set_state(get_hash(&image), true);
	cr_assert(ne(ptr, strstr(hear_payload(), "bf" STATE PENDING PERMANENT SLOT "01"), NULL));
}

/* A write is answered twice, the second time with what makes no sense; a canonical build has no memory for it. */
Test(sim_smp_recovery, tells_of_its_slots)
{
	struct bytes body;

	plug("smp-board:mode=recovery,slot-size=128K");
	assert_answer(0x08, 1, 6, "a0",
		      "bf" IMAGES "9fbf65696d6167650065736c6f74739fbf" SLOT
		      "006473697a651a000200006f75706c6f61645f696d6167655f696400ffbf" SLOT "016473697a651a00020000ffff"
		      "6e6d61785f696d6167655f73697a651a0001e000ffffff");
	assert_answer(0x0a, 1, 6, "a0", RC("08"));
	body = hear_body(REPLY_MS);
	cr_assert(eq(u8, body.bytes[0], 0x0c));
	cr_assert(eq(int, memcmp(body.bytes + 4, "\x01\x00", 2), 0));
	cr_assert(eq(int, memcmp(body.bytes + 8, "\xbf\x62rc\x08\xff\xbf\x66images", 13), 0));
	plug("smp-board:mode=recovery,encoding=canonical");
	assert_answer(0x08, 1, 6, "a0", "a162726302");
	plug("smp-board:mode=recovery,slot-info=no");
	assert_answer(0x08, 1, 6, "a0", RC("08"));
}

Test(sim_smp_recovery, knows_little)
{
	uint8_t wrong[] = { 0x0b, 0, 0, 1, 0, 0, 1, 0, 0xa0 };
	struct bytes body;

	plug("smp-board:mode=recovery");
	assert_answer(0x0a, 0, 0, "a161646161", "bf61726161ff");
	assert_answer(0x0a, 0, 0, "a0", RC("03"));
	assert_answer(0x0a, 0, 1, "a0", RC("00"));
	assert_answer(0x08, 0, 8, "a0", RC("08"));
	assert_answer(0x0a, 1, 5, "a0", RC("08"));
	assert_answer(0x0a, 7, 0, "a0", RC("08"));
	/* Any version comes back. */
	ask(0x1a, 0, 1, "a0");
	body = hear_body(REPLY_MS);
	cr_assert(eq(u8, body.bytes[0], 0x1b));
	/* What is no request, or longer than it says, is not answered. */
	say_body(wrong, sizeof(wrong));
	assert_silent();
	wrong[0] = 0x0a;
	wrong[3] = 0;
	say_body(wrong, sizeof(wrong));
	assert_silent();
	say_body(wrong, 7);
	assert_silent();
	plug("smp-board:mode=recovery,echo=no");
	assert_answer(0x0a, 0, 0, "a161646161", RC("08"));
	plug("smp-board:mode=recovery,encoding=canonical");
	assert_answer(0x0a, 0, 0, "bf61646161ff", "a162726303");
	assert_answer(0x0a, 0, 1, "a0", "a162726300");
}

/* There is room for a list, not for a long text. */
Test(sim_smp_recovery, has_little_room_for_answers)
{
	char payload[2 * 300] = "a1616478c8";
	size_t length = strlen(payload);

	for (size_t i = 0; i < 200; i++)
		snprintf(payload + length + 2 * i, 3, "61");
	plug("smp-board:mode=recovery");
	assert_answer(0x0a, 0, 0, payload, RC("02"));
	plug("smp-board:mode=recovery,images=2");
	ask(0x0a, 0, 0, payload);
	cr_assert(lt(sz, 400, strlen(hear_payload())));
}
