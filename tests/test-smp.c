/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/*
 * SMP's frames, messages and machines against bytes that were made with Python (base64, struct) from Zephyr's documentation of the
 * protocol; CRCs are those of binascii.crc_hqx.
 */

#include "machine-host.h"
#include "language/smp/frame.h"
#include "language/smp/machine.h"

/* clang-format off */
#define ASK_PARAMETERS "\x06\x09" "AAsIAAABAAAABqBzEw==\n"
#define PARAMETERS "\x06\x09" "ACMJAAAZAAAABr9oYnVmX3NpemUZAYBpYnVmX2NvdW50BP9/bw==\n"
#define PARAMETERS_UNKNOWN "\x06\x09" "AA8JAAAFAAAABqFicmMIXD4=\n"
#define TOO_NEW "\x06\x09" "AA8BAAAFAAAABqFicmMNB8E=\n"
#define ASK_PARAMETERS_V1 "\x06\x09" "AAsAAAABAAABBqBt3A==\n"
#define PARAMETERS_V1 "\x06\x09" "ACIBAAAYAAABBqJoYnVmX3NpemUZAYBpYnVmX2NvdW50BM0O\n"
#define CHUNK_1 \
	"\x06\x09" \
	"AFsKAABRAAEAAaNjbGVuGGRjb2ZmAGRkYXRhWD4BBAcKDRATFhkcHyIlKCsuMTQ3Oj1AQ0ZJTE9SVVhbXmFkZ2ptcHN2" \
	"eXx/goWIi46RlJeanaCjpqmsr7K1uL+F\n"
#define CHUNK_2 \
	"\x06\x09" \
	"AD4KAAA0AAEBAaJjb2ZmGD5kZGF0YVgmu77BxMfKzdDT1tnc3+Ll6Ovu8fT3+v0AAwYJDA8SFRgbHiEkJyrRkQ==\n"
#define ACK_1 "\x06\x09" "ABULAAALAAEAAaJicmMAY29mZhg+unc=\n"
#define ACK_2 "\x06\x09" "ABELAAAHAAEBAaFjb2ZmGGRuVQ==\n"
#define ACK_2_NO_MATCH "\x06\x09" "ABgLAAAOAAEBAaJjb2ZmGGRlbWF0Y2j0fkk=\n"
#define REFUSED "\x06\x09" "ABsLAAARAAEAAaFjZXJyomVncm91cAFicmMJ048=\n"
#define BEYOND "\x06\x09" "ABELAAAHAAEAAaFjb2ZmGGWVVw==\n"
#define NO_OFFSET "\x06\x09" "AAsLAAABAAEAAaCxdA==\n"
#define RESUMED "\x06\x09" "ABELAAAHAAEAAaFjb2ZmGGSFdg==\n"
#define ASK_LIST_2 "\x06\x09" "AAsIAAABAAECAKDBYQ==\n"
#define LIST_2 \
	"\x06\x09" \
	"AJ4JAACUAAECAKFmaW1hZ2VzgqVkc2xvdABndmVyc2lvbmUxLjAuMGRoYXNoWCAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA" \
	"AAAAAAAAAAAAAGZhY3RpdmX1aWNvbmZp\n" \
	"\x04\x14" \
	"cm1lZPWjZHNsb3QBZ3ZlcnNpb25lMS4xLjBkaGFzaFggAQIDBAUGBwgJCgsMDQ4PEBESExQVFhcYGRobHB0eHyCiEA==" \
	"\n"
#define LIST_2_WITHOUT \
	"\x06\x09" \
	"AGIJAABYAAECAKFmaW1hZ2VzgaVkc2xvdABndmVyc2lvbmUxLjAuMGRoYXNoWCAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA" \
	"AAAAAAAAAAAAAGZhY3RpdmX1aWNvbmZp\n" \
	"\x04\x14" \
	"cm1lZPW6KA==\n"
#define CHUNK_2_LATER \
	"\x06\x09" \
	"AD4KAAA0AAEDAaJjb2ZmGD5kZGF0YVgmu77BxMfKzdDT1tnc3+Ll6Ovu8fT3+v0AAwYJDA8SFRgbHiEkJyr5fg==\n"
#define ACK_2_LATER "\x06\x09" "ABELAAAHAAEDAaFjb2ZmGGSoMg==\n"
/* clang-format on */

/* Console framing. */

static bool decode(struct smp_decoder *decoder, const char *text)
{
	bool is_whole = false;

	for (; *text; text++)
		is_whole = smp_frame_decode(decoder, (uint8_t)*text) || is_whole;
	return is_whole;
}

Test(smp, crc_of_the_check_string)
{
	cr_expect(eq(int, smp_crc((const uint8_t *)"123456789", 9), 0x31c3));
}

Test(smp, frame_in_one_line)
{
	static const uint8_t message[] = { 0x08, 0, 0, 1, 0, 0, 0, 6, 0xa0 };
	uint8_t out[SMP_FRAME_SIZE(sizeof(message))];
	size_t size = smp_frame_encode(out, message, sizeof(message));

	cr_assert(eq(sz, size, strlen(ASK_PARAMETERS)));
	cr_expect(memcmp(out, ASK_PARAMETERS, size) == 0);
}

Test(smp, frame_in_two_lines)
{
	static const char wanted[] =
		"\x06\x09"
		"AHoAAQIDBAUGBwgJCgsMDQ4PEBESExQVFhcYGRobHB0eHyAhIiMkJSYnKCkqKywtLi8wMTIzNDU2Nzg5Ojs8PT4/QEFCQ0RFRkdISUpL"
		"TE1OT1BRUlNUVVZXWFla\n\x04\x14"
		"W1xdXl9gYWJjZGVmZ2hpamtsbW5vcHFyc3R1dncm3A==\n";
	struct smp_decoder decoder = { 0 };
	uint8_t message[120], out[SMP_FRAME_SIZE(120)];
	size_t size;

	for (size_t i = 0; i < sizeof(message); i++)
		message[i] = (uint8_t)i;
	size = smp_frame_encode(out, message, sizeof(message));
	cr_assert(eq(sz, size, strlen(wanted)));
	cr_expect(memcmp(out, wanted, size) == 0);
	cr_assert(decode(&decoder, wanted));
	cr_assert(eq(sz, decoder.message_size, sizeof(message)));
	cr_expect(memcmp(decoder.message, message, sizeof(message)) == 0);
}

Test(smp, frames_of_each_size_come_back)
{
	static uint8_t message[SMP_MESSAGE_MAX], out[SMP_FRAME_SIZE(SMP_MESSAGE_MAX)];
	static struct smp_decoder decoder;

	for (size_t i = 0; i < sizeof(message); i++)
		message[i] = (uint8_t)(i * 31 + 7);
	for (size_t size = 0; size <= sizeof(message); size += size < 300 ? 1 : 211) {
		size_t length = smp_frame_encode(out, message, size), line = 0;
		bool is_whole = false;

		cr_assert(le(sz, length, SMP_FRAME_SIZE(size)));
		for (size_t i = 0; i < length; i++) {
			line = out[i] == '\n' ? 0 : line + 1;
			cr_assert(lt(sz, line, SMP_LINE_SIZE));
			is_whole = smp_frame_decode(&decoder, out[i]) || is_whole;
		}
		cr_assert(is_whole, "%zu", size);
		cr_assert(eq(sz, decoder.message_size, size));
		cr_assert(memcmp(decoder.message, message, size) == 0);
	}
}

Test(smp, log_text_and_prompts_are_passed_over)
{
	static struct smp_decoder decoder;

	cr_expect(decode(&decoder, "*** Booting Zephyr ***\r\n[00:00:01] <inf> main: up\nuart:~$ " PARAMETERS));
	cr_expect(decode(&decoder, "uart:~$ \x06\x09"
				   "AA8JAAAFAAAABqFicmMIXD4=\r\n"));
	/* Between the lines of one frame, too, and if the end of a line is lost. */
	cr_expect(decode(&decoder, "\x06\x09"
				   "AA8JAAAF\n"
				   "<wrn> something\n\x04\x14"
				   "AAAABqFi\x04\x14"
				   "cmMIXD4=\n"));
	/* What was begun before has no end. */
	cr_expect(decode(&decoder, "\x06\x09"
				   "AA8JAAAF" PARAMETERS_UNKNOWN));
}

Test(smp, bad_frames_are_dropped)
{
	static const char *const frames[] = {
		"\x06\x09"
		"AA8JAAAFAAAABqFicmMIXD8=\n", /* CRC */
		"\x06\x09"
		"AA4JAAAFAAAABqFicmMIXD4=\n", /* shorter than what there is */
		"\x06\x09"
		"ABAJAAAFAAAABqFicmMIXD4=\n", /* longer */
		"\x06\x09"
		"AA8JAAAFAAAABqFicmMIXD\n4=\n", /* a line is cut */
		"\x06\x09"
		"AA8J!AAAFAAAABqFicmMIXD4=\n", /* no base64 */
		"\x06\x09"
		"AA8J=AAFAAAABqFicmMIXD4=\n",
		"\x04\x14"
		"AA8JAAAFAAAABqFicmMIXD4=\n", /* nothing was begun */
		"\x06\x09"
		"AAIAAA==\n\x06\x09"
		"AAE=\n\x06\x09"
		"AAA=\n", /* no room for a CRC */
		"\x06\x09"
		"\n\x06\x06\x09\x09\n",
	};
	static struct smp_decoder decoder;

	for (size_t i = 0; i < sizeof(frames) / sizeof(frames[0]); i++) {
		/* An empty message is one; it is no answer to anything. */
		if (i != 7)
			cr_expect(not(decode(&decoder, frames[i])), "%zu", i);
		else
			decode(&decoder, frames[i]);
		cr_expect(decode(&decoder, PARAMETERS_UNKNOWN), "%zu", i);
	}
}

Test(smp, frame_that_is_larger_than_all_room)
{
	static struct smp_decoder decoder;

	decode(&decoder, "\x06\x09//8A\n");
	for (size_t i = 0; i < 200; i++)
		cr_expect(not(decode(&decoder, "\x04\x14"
					       "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\n")));
	cr_expect(decode(&decoder, PARAMETERS_UNKNOWN));
}

/* Messages. */

Test(smp, header_is_big_endian)
{
	struct smp_header header = {
		.op = 2, .version = 1, .length = 0x102, .group = 0x304, .sequence = 5, .command = 6
	};
	uint8_t bytes[SMP_HEADER_SIZE + 0x102] = { 0 };

	smp_header_put(bytes, &header);
	cr_expect(memcmp(bytes, "\x0a\x00\x01\x02\x03\x04\x05\x06", 8) == 0);
	memset(&header, 0, sizeof(header));
	cr_assert(smp_header_read(&header, bytes, sizeof(bytes)));
	cr_expect(eq(int, header.version, 1));
	cr_expect(eq(int, header.group, 0x304));
	cr_expect(not(smp_header_read(&header, bytes, sizeof(bytes) - 1)));
	cr_expect(not(smp_header_read(&header, bytes, 7)));
}

static bool read_answer(struct smp_answer *answer, const char *bytes, size_t size)
{
	uint8_t *copy = malloc(size ? size : 1);
	bool result;

	/* So that a sanitizer sees what is read behind it. */
	memcpy(copy, bytes, size);
	result = smp_answer_read(answer, copy, size);
	free(copy);
	return result;
}

static void expect_text(const char *text, const char *wanted)
{
	cr_expect(strcmp(text, wanted) == 0, "\"%s\", not \"%s\"", text, wanted);
}

#define READS(text) read_answer(&answer, text, sizeof(text) - 1)

Test(smp, errors_of_both_versions)
{
	struct smp_answer answer;

	cr_assert(READS("\xa1\x62rc\x08"));
	cr_expect(eq(int, (int)answer.code, 8));
	expect_text(smp_answer_get_text(&answer), "not supported");
	cr_assert(READS("\xbf\x63"
			"err\xbf\x65group\x01\x62rc\x18\x1b\xff\xff"));
	cr_expect(eq(int, (int)answer.code, 27));
	expect_text(smp_answer_get_text(&answer), "a newer version is there");
	cr_assert(READS("\xa2\x62rc\x03\x63rsn\x66"
			"bad\x1b[2"));
	expect_text(answer.reason, "bad?[2");
	cr_assert(READS("\xa0"));
	cr_expect(eq(int, (int)answer.code, 0));
	cr_assert(READS("\xa1\x62rc\x39\x01\x00"));
	expect_text(smp_answer_get_text(&answer), "an error of its own");
}

Test(smp, lists_of_definite_and_indefinite_length)
{
	struct smp_answer answer;

	cr_assert(READS("\xbf\x66images\x9f\xbf\x64slot\x00\x67version\x65"
			"1.2.3\x64hash\x42\x01\x02\x66"
			"active\xf5\xff\xff\x6bsplitStatus\x00\xff"));
	cr_assert(eq(sz, answer.slot_count, 1));
	expect_text(answer.slots[0].version, "1.2.3");
	cr_expect(eq(sz, answer.slots[0].hash_size, 2));
	cr_expect(answer.slots[0].active && !answer.slots[0].confirmed);
	cr_expect(answer.has_split);
	cr_expect(smp_find_running(&answer, 0) == &answer.slots[0]);
	cr_expect(smp_find_hash(&answer, 0, (const uint8_t *)"\x01\x02", 2) == &answer.slots[0]);
	cr_expect(smp_find_hash(&answer, 1, (const uint8_t *)"\x01\x02", 2) == NULL);
	cr_assert(READS("\xa1\x66images\x81\xa3\x65image\x01\x65slots\x82\xa2\x64slot\x00\x64size\x1a\x00\x02\x00\x00"
			"\xa3\x64slot\x01\x64size\x19\x10\x00\x6fupload_image_id\x04\x6emax_image_size\x19\x0f\x00"));
	cr_assert(eq(sz, answer.room_count, 2));
	cr_expect(eq(uint, answer.rooms[1].image, 1));
	cr_expect(eq(int, (int)answer.rooms[0].upload_id, -1));
	cr_expect(eq(int, (int)answer.rooms[1].upload_id, 4));
	cr_expect(eq(int, (int)answer.rooms[1].max, 0xf00));
}

Test(smp, hostile_cbor_is_no_answer)
{
	static const struct {
		const char *bytes;
		size_t size;
	} cases[] = {
#define CASE(text) { text, sizeof(text) - 1 }
		CASE(""),
		CASE("\x80"),
		CASE("\xa1"),
		CASE("\xbf"),
		CASE("\xff"),
		CASE("\xa1\x62rc"),
		CASE("\xa1\x62rc\xff"),
		CASE("\xbf\x62rc\xff"),
		CASE("\xbb\xff\xff\xff\xff\xff\xff\xff\xff"),
		CASE("\xba\x00\xff\xff\xff"),
		CASE("\xa1\x61r\x9b\x00\x00\x00\x01\x00\x00\x00\x00"),
		CASE("\xa1\x61r\x7b\xff\xff\xff\xff\xff\xff\xff\xff"),
		CASE("\xa1\x61r\x5a\x7f\xff\xff\xff"),
		CASE("\xa1\x61r\x7f\x61"
		     "a\xff"),
		CASE("\xa1\x61r\xc0\xc0\xc0\xc0\xc0\xc0\x00"),
		CASE("\xa1\x61r\x1c"),
		CASE("\xa1\x61r\x9f\x9f\x9f\x9f\x9f\x9f\x9f\x9f\x9f\xff\xff\xff\xff\xff\xff\xff\xff\xff"),
		CASE("\xa1\x61r\x81\x81\x81\x81\x81\x81\x81\x81\x81\x81\x00"),
	};
	struct smp_answer answer;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		cr_expect(not(read_answer(&answer, cases[i].bytes, cases[i].size)), "%zu", i);
	/* Keys that are no text, values that are something else than is expected. */
	cr_assert(READS("\xa4\x01\x02\x62rc\x61"
			"a\x63off\x20\x66images\xa0"));
	cr_expect(eq(int, (int)answer.code, 0));
	cr_expect(not(answer.has_offset));
	cr_expect(not(answer.has_images));
	cr_assert(READS("\xa2\x66images\x83\x01\x81\x00\xa1\x65slots\x82\x05\xa0\x63"
			"err\x01"));
	cr_expect(eq(sz, answer.room_count, 1));
}

/* Machines. */

struct smp_bench {
	struct machine_host host;
	struct smp_job own;
	struct smp_report report;
	uint8_t image[100];
};

static struct smp_bench *make(size_t limit)
{
	static const uint8_t hash[32] = { 1,  2,  3,  4,  5,  6,  7,  8,  9,  10, 11, 12, 13, 14, 15, 16,
					  17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31, 32 };
	struct smp_bench *bench = calloc(1, sizeof(*bench));

	for (size_t i = 0; i < sizeof(bench->image); i++)
		bench->image[i] = (uint8_t)(i * 3 + 1);
	bench->own = (struct smp_job){ .hash = hash,
				       .hash_size = sizeof(hash),
				       .sha = hash,
				       .message_limit = limit,
				       .tests = true,
				       .confirms = true,
				       .report = &bench->report };
	bench->host.job.data = bench->image;
	bench->host.job.size = sizeof(bench->image);
	bench->host.job.own = &bench->own;
	return bench;
}

static struct smp_bench *start(const struct dfut_machine_ops *machine)
{
	struct smp_bench *bench = make(89);

	machine_start(&bench->host, machine);
	machine_open(&bench->host);
	return bench;
}

static void stop(struct smp_bench *bench)
{
	machine_stop(&bench->host);
	free(bench);
}

static void expect_failure(struct smp_bench *bench, int code, const char *words)
{
	cr_assert(eq(int, bench->host.result, code), "%s", bench->host.failure.text);
	cr_expect(strstr(bench->host.failure.text, words) != NULL, "%s", bench->host.failure.text);
	stop(bench);
}

/* The first chunk is sent. */
static struct smp_bench *begin_upload(void)
{
	struct smp_bench *bench = start(&smp_upload_machine);

	WRITES(&bench->host, "\n" CHUNK_1);
	return bench;
}

Test(smp, console_is_asked_once)
{
	struct smp_bench *bench = start(&smp_look_machine);

	WRITES(&bench->host, "\n" ASK_PARAMETERS);
	machine_expect(&bench->host, DFUT_ACTION_READ);
	cr_expect(eq(uint, bench->host.next.action.timeout_ms, 1000));
	ANSWERS(&bench->host, "uart:~$ AAsIAAABAAAABqBzEw==: command not found\r\nuart:~$ ");
	machine_pass(&bench->host);
	cr_expect(strstr(bench->host.failure.hint, "MCUmgr") != NULL);
	expect_failure(bench, DFUT_ERROR_MISMATCH, "does not speak SMP");
}

Test(smp, first_version_of_the_protocol)
{
	struct smp_bench *bench = start(&smp_look_machine);

	WRITES(&bench->host, "\n" ASK_PARAMETERS);
	ANSWERS(&bench->host, TOO_NEW);
	WRITES(&bench->host, ASK_PARAMETERS_V1);
	ANSWERS(&bench->host, PARAMETERS_V1);
	machine_expect(&bench->host, DFUT_ACTION_WRITE);
	cr_expect(eq(sz, bench->report.look.buffer_size, 384));
	stop(bench);
}

Test(smp, upload_without_parameters_takes_one_line)
{
	struct smp_bench *bench = begin_upload();

	ANSWERS(&bench->host, "<inf> erasing\n" ACK_1);
	WRITES(&bench->host, CHUNK_2);
	ANSWERS(&bench->host, ACK_2);
	machine_expect_done(&bench->host, DFUT_END_STAYS);
	stop(bench);
}

Test(smp, upload_goes_on_where_the_device_is)
{
	struct smp_bench *bench = begin_upload();

	ANSWERS(&bench->host, RESUMED);
	machine_expect_done(&bench->host, DFUT_END_STAYS);
	stop(bench);
}

Test(smp, answer_that_is_late_is_none)
{
	struct smp_bench *bench = begin_upload();

	machine_expect(&bench->host, DFUT_ACTION_READ);
	cr_expect(eq(uint, bench->host.next.action.timeout_ms, 40000));
	ANSWERS(&bench->host, ACK_1);
	WRITES(&bench->host, CHUNK_2);
	/* The first one again, and that of another request. */
	ANSWERS(&bench->host, ACK_1 PARAMETERS_UNKNOWN ACK_2_LATER);
	ANSWERS(&bench->host, ACK_2);
	machine_expect_done(&bench->host, DFUT_END_STAYS);
	stop(bench);
}

Test(smp, list_tells_what_became_of_a_lost_last_answer)
{
	struct smp_bench *bench = begin_upload();

	ANSWERS(&bench->host, ACK_1);
	WRITES(&bench->host, CHUNK_2);
	machine_expect(&bench->host, DFUT_ACTION_READ);
	cr_expect(eq(uint, bench->host.next.action.timeout_ms, 2500));
	machine_pass(&bench->host);
	WRITES(&bench->host, "\n" ASK_LIST_2);
	ANSWERS(&bench->host, LIST_2);
	machine_expect_done(&bench->host, DFUT_END_STAYS);
	stop(bench);
}

Test(smp, last_chunk_that_was_lost_is_sent_again)
{
	struct smp_bench *bench = begin_upload();

	ANSWERS(&bench->host, ACK_1);
	WRITES(&bench->host, CHUNK_2);
	machine_pass(&bench->host);
	WRITES(&bench->host, "\n" ASK_LIST_2);
	ANSWERS(&bench->host, LIST_2_WITHOUT);
	WRITES(&bench->host, CHUNK_2_LATER);
	ANSWERS(&bench->host, ACK_2_LATER);
	machine_expect_done(&bench->host, DFUT_END_STAYS);
	stop(bench);
}

Test(smp, upload_that_is_refused)
{
	struct smp_bench *bench = begin_upload();

	ANSWERS(&bench->host, REFUSED);
	cr_expect(strstr(bench->host.failure.hint, "reset") != NULL);
	expect_failure(bench, DFUT_ERROR_DEVICE, "no slot is free");
}

Test(smp, upload_with_answers_that_make_no_sense)
{
	struct smp_bench *bench = begin_upload();

	ANSWERS(&bench->host, BEYOND);
	expect_failure(bench, DFUT_ERROR_PROTOCOL, "behind the image");
	bench = begin_upload();
	ANSWERS(&bench->host, NO_OFFSET);
	expect_failure(bench, DFUT_ERROR_PROTOCOL, "where to go on");
	bench = begin_upload();
	ANSWERS(&bench->host, ACK_1);
	WRITES(&bench->host, CHUNK_2);
	/* It was not told the hash: there was no room for that. */
	ANSWERS(&bench->host, ACK_2_NO_MATCH);
	machine_expect_done(&bench->host, DFUT_END_STAYS);
	stop(bench);
}

Test(smp, device_that_takes_too_little)
{
	struct smp_bench *bench = make(40);

	machine_start(&bench->host, &smp_upload_machine);
	machine_open(&bench->host);
	expect_failure(bench, DFUT_ERROR_UNSUPPORTED, "too few");
}
