/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* The line to the virtual board with SMP: lines and packets, its shell, its speed, and what goes wrong there. */

#include "smp-host.h"

TestSuite(sim_smp_line, .fini = stop, .timeout = 20);

#define ECHO "a161646161"
#define ECHOED "bf61726161ff"
/* A request to echo "a", by hand: length 15, header, map, CRC */
#define FRAME "AA8KAAAFAAABAKFhZGFhV+k="

static void ask_echo(void)
{
	assert_answer(0x0a, 0, 0, ECHO, ECHOED);
}

static void say_frame(const char *text)
{
	char line[512];

	snprintf(line, sizeof(line), "\x06\x09%s\n", text);
	say_text(line);
	sequence = 1;
}

/* Echo of so many letters; the body has 8 + 5 + `size` bytes. */
static struct bytes make_echo(size_t size)
{
	uint8_t payload[BYTES_LIMIT] = { 0xa1, 0x61, 'd', 0x79 };

	payload[4] = (uint8_t)(size >> 8);
	payload[5] = (uint8_t)size;
	memset(payload + 6, 'a', size);
	return make_body(0x0a, 0, 0, payload, 6 + size);
}

static void say_echo(size_t size)
{
	struct bytes body = make_echo(size);

	say_body(body.bytes, body.size);
}

static void assert_body(size_t body_size, bool is_taken)
{
	struct bytes body;

	say_echo(body_size - 14);
	if (is_taken) {
		body = hear_body(REPLY_MS);
		cr_assert(lt(sz, 8, body.size));
	} else {
		assert_silent();
	}
	assert_breaches(!is_taken);
	dfut_sim_device_clear_record(host->device);
}

/* Zephyr's buffer holds length and CRC as well; MCUboot's has room for one byte more. */
Test(sim_smp_line, has_room_for_so_much)
{
	plug("smp-board");
	assert_body(380, true);
	assert_body(381, false);
	plug("smp-board:buffer=1024");
	assert_body(1020, true);
	assert_body(1021, false);
	plug("smp-board:mode=recovery");
	assert_body(1021, true);
	assert_body(1022, false);
	plug("smp-board:mode=recovery,buffer=512");
	assert_body(509, true);
	assert_body(510, false);
}

Test(sim_smp_line, drops_what_is_damaged)
{
	static const char *const specs[] = { "smp-board", "smp-board:mode=recovery" };
	static const char *const wrong[] = {
		"AA8KAAAFAAABAKFhZGFhV+o=",
		"AA4KAAAFAAABAKFhZGFhV+k=",
		"ABAKAAAFAAABAKFhZGFhV+k=",
		"AA8KAAAFAAABAKFhZGFhV+k",
		"AA8KAAAFAAABAKFh*GFhV+k=",
		"AA8KAAAFAAABAKFhZGFhV===",
		"AA8KAAAFAAABAKFhZGFhV+k=AAAA",
		"",
		"AA==",
		"AAA=",
		"AAIAAA==",
		"=",
	};

	for (size_t i = 0; i < DFUT_COUNT(specs); i++) {
		plug(specs[i]);
		for (size_t j = 0; j < DFUT_COUNT(wrong); j++) {
			say_frame(wrong[j]);
			assert_silent();
		}
		say_text("\x06" FRAME "\n");
		say_text("\x09" FRAME "\n");
		say_text("\x04\x14" FRAME "\n");
		say_text("x\x06\x09" FRAME "\n");
		say_text("\n\n");
		assert_silent();
		cr_assert(eq(sz, host->device->counters.frames, 0));
		say_frame(FRAME);
		assert_text(hear_payload(), ECHOED);
		cr_assert(eq(sz, host->device->counters.frames, 1));
		assert_breaches(0);
	}
}

Test(sim_smp_line, wants_a_newline_alone)
{
	plug("smp-board");
	say_text("\x06\x09" FRAME "\r\n");
	sequence = 1;
	assert_text(hear_payload(), ECHOED);
	assert_breaches(1);
	plug("smp-board:mode=recovery");
	say_text("\x06\x09" FRAME "\r\n");
	assert_silent();
	assert_breaches(1);
}

Test(sim_smp_line, wants_lines_of_127_bytes)
{
	struct bytes body, frame;
	uint8_t line[256] = { 6, 9 };

	for (size_t extra = 0; extra < 2; extra++) {
		plug("smp-board");
		body = make_echo(200);
		frame = wrap(body.bytes, body.size);
		memcpy(line, frame.bytes, 126);
		/* The first group of the next line, too */
		memcpy(line + 126, frame.bytes + 129, 4 * extra);
		line[126 + 4 * extra] = '\n';
		say_bytes(line, 127 + 4 * extra);
		frame.bytes[127 + 4 * extra] = 4;
		frame.bytes[128 + 4 * extra] = 0x14;
		say_bytes(frame.bytes + 127 + 4 * extra, frame.size - 127 - 4 * extra);
		cr_assert(eq(sz, hear_body(SILENCE_MS).size > 0, !extra));
		assert_breaches(extra);
	}
}

/* Byte by byte, with text between the lines, and the first line twice */
Test(sim_smp_line, puts_lines_together)
{
	static const char *const specs[] = { "smp-board", "smp-board:mode=recovery", "smp-board:console=yes" };

	for (size_t i = 0; i < DFUT_COUNT(specs); i++) {
		struct bytes body = make_echo(100);
		struct bytes frame = wrap(body.bytes, body.size);

		plug(specs[i]);
		cr_assert(lt(sz, 127, frame.size));
		say_bytes(frame.bytes, 127);
		say_text("some text\n");
		say_bytes(frame.bytes, 127);
		for (size_t at = 127; at < frame.size; at++)
			say_bytes(frame.bytes + at, 1);
		body = hear_body(REPLY_MS);
		cr_assert(eq(sz, body.size, 8 + 100 + 6));
		assert_breaches(0);
	}
}

/* Length of each line without its mark and newline. */
static void assert_lines(size_t letters, const char *want)
{
	char text[64] = "";
	size_t at = 0;

	say_echo(letters);
	while (hear(SILENCE_MS))
		;
	while (at < heard.size) {
		const uint8_t *end = memchr(heard.bytes + at, '\n', heard.size - at);

		cr_assert(ne(ptr, (void *)end, NULL));
		snprintf(text + strlen(text), sizeof(text) - strlen(text), " %zu",
			 (size_t)(end - heard.bytes) - at - 2);
		at = (size_t)(end - heard.bytes) + 1;
	}
	assert_text(text, want);
	heard.size = 0;
}

/* Zephyr: 124, then 120, and the CRC in one piece; the body is 8 + 6 + letters. */
Test(sim_smp_line, cuts_its_answers)
{
	plug("smp-board");
	/* 2 + 14 + 73 + 2 = 91 bytes, and up to 93 */
	assert_lines(73, " 124");
	assert_lines(75, " 124");
	assert_lines(76, " 120 8");
	assert_lines(77, " 120 8");
	assert_lines(78, " 124 4");
	assert_lines(77 + 88, " 124 120");
	assert_lines(77 + 89, " 124 116 8");
	assert_lines(77 + 91, " 124 120 4");
	plug("smp-board:mode=recovery,images=2");
	assert_lines(75, " 124");
	assert_lines(76, " 124 4");
	assert_lines(75 + 93, " 124 124");
	assert_lines(76 + 93, " 124 124 4");
}

/* The shell. */

#define PROMPT "\033[1;32muart:~$ \033[m"

Test(sim_smp_line, has_a_shell_on_the_same_port)
{
	const char *text, *frame;

	plug("smp-board:console=yes");
	text = hear_text();
	assert_text(text, "*** Booting Zephyr OS build v4.1.0 ***\r\n\r\n\r\n" PROMPT);
	say_text("help\r");
	assert_text(hear_text(), "help\r\nhelp: command not found\r\n" PROMPT);
	say_text("\r");
	assert_text(hear_text(), "\r\n" PROMPT);
	/* Right behind the prompt, and behind what is typed */
	say_text("ke\x06\x09" FRAME "\n");
	text = hear_text();
	cr_assert(eq(int, memcmp(text, "ke\033[8D", 6), 0));
	frame = strstr(text, "\x06\x09");
	cr_assert(ne(ptr, (void *)frame, NULL));
	cr_assert(eq(int, memcmp(frame - strlen(PROMPT), PROMPT, strlen(PROMPT)), 0));
	cr_assert(eq(chr, frame[strlen(frame) - 1], '\n'));
	/* The marks alone are no frame. */
	say_text("\x06ok\x04\r");
	assert_text(hear_text(), "ok\r\nkeok: command not found\r\n" PROMPT);
	for (int i = 0; i < 6; i++)
		ask_echo();
	assert_breaches(0);
}

Test(sim_smp_line, logs_between_the_lines_of_an_answer)
{
	struct bytes body;
	size_t logs = 0;

	plug("smp-board:console=yes");
	for (int i = 0; i < 4; i++) {
		say_echo(300);
		body = hear_body(REPLY_MS);
		cr_assert(eq(sz, body.size, 8 + 300 + 7));
	}
	say_echo(300);
	for (const char *at = hear_text(); (at = strstr(at, "<inf>")); at++)
		logs++;
	cr_assert(eq(sz, logs, 0));
	say_echo(300);
	for (const char *at = hear_text(); (at = strstr(at, "<inf>")); at++)
		logs++;
	cr_assert(eq(sz, logs, 4));
	assert_breaches(0);
}

Test(sim_smp_line, may_be_a_console_only)
{
	plug("smp-board:kind=console");
	hear_text();
	say_text("\x06\x09" FRAME "\n");
	assert_text(hear_text(), FRAME "\r\n" FRAME ": command not found\r\n" PROMPT);
	cr_assert(eq(sz, host->device->counters.frames, 0));
	plug("smp-board:kind=echo");
	say_text("\x06\x09" FRAME "\n");
	assert_text(hear_text(), "\x06\x09" FRAME "\n");
	plug("smp-board:kind=console,mode=recovery");
	say_frame(FRAME);
	assert_text(hear_payload(), ECHOED);
}

/* Time. */

Test(sim_smp_line, takes_the_time_of_its_bytes)
{
	uint64_t start_us, asked_us;
	struct bytes body = make_echo(300), frame = wrap(body.bytes, body.size);

	plug("smp-board:speed=115200");
	set_baud(115200);
	start_us = host_get_time_us(host);
	say_bytes(frame.bytes, frame.size);
	asked_us = host_get_time_us(host) - start_us;
	cr_assert(ge(u64, asked_us, frame.size * 10 * 1000000 / 115200));
	cr_assert(lt(u64, asked_us, frame.size * 10 * 1000000 / 115200 + 5000));
	body = hear_body(REPLY_MS);
	cr_assert(eq(sz, body.size, 8 + 300 + 7));
	cr_assert(ge(u64, host_get_time_us(host) - start_us, 2 * asked_us - 10000));
	cr_assert(lt(u64, host_get_time_us(host) - start_us, 2 * asked_us + 10000));
	assert_breaches(0);
	set_baud(9600);
	say_bytes(frame.bytes, frame.size);
	assert_silent();
	assert_breaches(1);
	set_baud(115200);
	ask_echo();
}

/* In pieces, which a host has to put together */
Test(sim_smp_line, comes_in_pieces)
{
	size_t pieces = 0;

	plug("smp-board:speed=9600");
	set_baud(9600);
	say_echo(40);
	while (hear(SILENCE_MS))
		pieces++;
	cr_assert(eq(sz, pieces, (heard.size + 15) / 16));
	assert_breaches(0);
}

Test(sim_smp_line, is_asked_one_thing_at_a_time)
{
	plug("smp-board");
	ask(0x0a, 0, 0, ECHO);
	ask(0x0a, 0, 0, ECHO);
	assert_breaches(1);
	sequence--;
	assert_text(hear_payload(), ECHOED);
	sequence++;
	assert_text(hear_payload(), ECHOED);
	/* Who has waited may ask again. */
	ask(0x0a, 0, 0, ECHO);
	host_wait_ms(host, 1000);
	ask(0x0a, 0, 0, ECHO);
	assert_breaches(1);
}

/* The slot is erased meanwhile: eight lines wait, the others are lost. */
Test(sim_smp_line, keeps_lines_while_it_is_at_work)
{
	struct sample image = make_image(2, 3000);

	plug("smp-board:mode=recovery,erase-ms=100");
	say_upload(&image, 0, 64, 0);
	host_wait_ms(host, 2000);
	for (int i = 0; i < 10; i++) {
		ask(0x0a, 0, 0, ECHO);
		host_wait_ms(host, 10);
	}
	assert_breaches(0);
	sequence = (uint8_t)(sequence - 10);
	cr_assert(eq(u32, hear_offset(), 64));
	for (int i = 0; i < 8; i++) {
		sequence++;
		assert_text(hear_payload(), ECHOED);
	}
	assert_silent();
}

/* Faults. */

Test(sim_smp_line, meets_a_bad_line)
{
	static const struct {
		const char *fault;
		bool is_answered;
	} cases[] = {
		{ "lost-byte", false },	 { "doubled-byte", false }, { "noise", false },
		{ "lost-reply", false }, { "noisy-reply", true },   { "late-reply@1/500", true },
		{ "slow@1/500", true },	 { "timeout", false },	    { "spoilt-reply", false },
	};

	for (size_t i = 0; i < DFUT_COUNT(cases); i++) {
		char fault[64];
		size_t request;
		struct dfut_action action = { .kind = DFUT_ACTION_WRITE, .link = DFUT_LINK_SERIAL };
		struct bytes body, frame;

		plug("smp-board");
		request = dfut_sim_device_get_request_count(host->device);
		snprintf(fault, sizeof(fault), "%.*s@%zu%s", (int)strcspn(cases[i].fault, "@"), cases[i].fault, request,
			 strchr(cases[i].fault, '/') ? "/500" : "");
		cr_assert(eq(int, dfut_sim_fault_parse(host->device, fault), 0));
		body = make_echo(1);
		frame = wrap(body.bytes, body.size);
		action.transfer.data = frame.bytes;
		action.transfer.length = (uint16_t)frame.size;
		host_run(host, &action, 2000);
		if (cases[i].is_answered)
			assert_text(hear_payload(), ECHOED);
		else
			hear_text();
		ask_echo();
		assert_breaches(0);
	}
}

/* Two requests, and the answer to the first comes before that to the second. */
Test(sim_smp_line, answers_late)
{
	char fault[64];

	plug("smp-board");
	snprintf(fault, sizeof(fault), "late-reply@%zu/3000", dfut_sim_device_get_request_count(host->device));
	cr_assert(eq(int, dfut_sim_fault_parse(host->device, fault), 0));
	ask(0x0a, 0, 0, ECHO);
	host_wait_ms(host, 2500);
	ask(0x08, 0, 6, "a0");
	assert_silent();
	sequence--;
	assert_text(hear_payload(), ECHOED);
	sequence++;
	assert_text(hear_payload(), "bf686275665f73697a65190180696275665f636f756e7404ff");
	assert_breaches(0);
}

Test(sim_smp_line, vanishes)
{
	char fault[64];
	struct dfut_action action = { .kind = DFUT_ACTION_WRITE,
				      .link = DFUT_LINK_SERIAL,
				      .transfer = { .data = (const uint8_t *)FRAME, .length = 8 } };

	plug("smp-board");
	snprintf(fault, sizeof(fault), "unplug@%zu", dfut_sim_device_get_request_count(host->device));
	cr_assert(eq(int, dfut_sim_fault_parse(host->device, fault), 0));
	cr_assert(eq(int, host_run(host, &action, 1000), DFUT_ERROR_GONE));
}

Test(sim_smp_line, remembers_what_is_in_its_slots)
{
	char path[64], spec[128];
	struct sample image = make_image(2, 500);

	snprintf(path, sizeof(path), "/tmp/dfutrigger-test-smp-%d", (int)getpid());
	snprintf(spec, sizeof(spec), "smp-board:state=%s", path);
	plug(spec);
	upload(&image, 200, 0);
	plug(spec);
	cr_assert(eq(int, memcmp(get_slot("slot1"), image.bytes, image.size), 0));
	assert_mode("application");
	stop();
	remove(path);
	snprintf(spec, sizeof(spec), "smp-board:mode=recovery,state=%s", path);
	plug(spec);
	assert_mode("bootloader");
	plug(spec);
	assert_mode("bootloader");
	stop();
	remove(path);
}

Test(sim_smp_line, wants_whole_pages)
{
	struct dfut_sim_device *device;

	host = host_new_or_fail(NULL);
	cr_assert(eq(int, dfut_sim_plug(&device, host->sim, "smp-board:slot-size=20000", NULL), DFUT_ERROR_USAGE));
	assert_text(dfut_sim_get_error(host->sim), "slot-size=20000 is no multiple of 4096");
	cr_assert(eq(int, dfut_sim_plug(&device, host->sim, "smp-board:version=3", NULL), DFUT_ERROR_USAGE));
}
