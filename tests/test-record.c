/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* Recordings of virtual devices, what is private in them, and the devices that they become. */

#include <fcntl.h>
#include <pwd.h>

#include "base/digest.h"
#include "record/names.h"
#include "record-bench.h"

#define TEXT_LIMIT (8 * 1024 * 1024)
#ifdef _WIN32
#define HOME "C:\\Users\\user"
#else
#define HOME "/home/user"
#endif

TestSuite(record, .timeout = 120);

static char *read_text(const char *path)
{
	char *text = calloc(1, TEXT_LIMIT);
	FILE *file = fopen(path, "rb");

	cr_assert(text != NULL);
	cr_assert(file != NULL, "%s", path);
	cr_assert(lt(sz, fread(text, 1, TEXT_LIMIT - 1, file), TEXT_LIMIT - 1));
	fclose(file);
	return text;
}

/* False: with filler, so that it may go otherwise. */
static bool play_back(const struct take *then, const char *path, const char *mode)
{
	char spec[300];
	struct take now = { .specimen = then->specimen, .spec = spec };

	snprintf(spec, sizeof(spec), "replay:%s,mode=%s", path, mode);
	record_perform(&now);
	if (now.is_filled)
		return false;
	cr_expect(eq(str, now.difference, (char *)""), "%s, %s: %s", then->spec, mode, now.difference);
	cr_expect(eq(int, now.result, then->result), "%s, %s: %s", then->spec, mode, now.text);
	cr_expect(eq(str, now.text, (char *)then->text), "%s, %s", then->spec, mode);
	return true;
}

Test(record, updates_of_all_languages_are_played_back)
{
	for (size_t i = 0; i < COUNT(specimens); i++) {
		struct take take = { .specimen = &specimens[i], .spec = specimens[i].spec };
		char path[256];

		snprintf(path, sizeof(path), "%s", record_in_folder("update"));
		take.path = path;
		take.flags = DFUT_RECORD_DATA;
		record_perform(&take);
		cr_expect(eq(int, take.result, 0), "%s: %s", take.spec, take.text);
		cr_expect(play_back(&take, path, "strict"), "%s", take.spec);
		unlink(path);
	}
	rmdir(record_folder);
}

/* No 16 bytes of the image are in it. */
static void expect_no_firmware(const struct specimen *specimen, const char *path)
{
	struct firmware firmware;
	char *text = read_text(path);

	specimen_make(&firmware, specimen);
	for (size_t at = 320; at + 16 <= firmware.size; at += 160) {
		char piece[33];

		for (size_t i = 0; i < 16; i++)
			snprintf(piece + 2 * i, 3, "%02x", firmware.bytes[at + i]);
		cr_expect(eq(ptr, strstr(text, piece), NULL), "%s: at %zu: %s", specimen->spec, at, piece);
	}
	free(text);
}

/* With hashes only: what is read is found among what was written. */
Test(record, updates_of_all_languages_are_played_back_without_their_data)
{
	size_t found = 0;

	for (size_t i = 0; i < COUNT(specimens); i++) {
		struct take take = { .specimen = &specimens[i], .spec = specimens[i].spec };
		char path[256];

		snprintf(path, sizeof(path), "%s", record_in_folder("update"));
		take.path = path;
		record_perform(&take);
		expect_no_firmware(take.specimen, path);
		found += play_back(&take, path, "tolerant");
		unlink(path);
	}
	/* Bootloaders that are read before they are written hold what nobody wrote here. */
	cr_expect(ge(sz, found, COUNT(specimens) / 2), "%zu of %zu", found, COUNT(specimens));
	rmdir(record_folder);
}

static const char *const faults[] = { "stall@6",   "timeout@8",	     "garbage@9", "short@7",
				      "unplug@12", "lost-answer@10", "slow@6/200" };
/* What happens to bytes on a serial port, and to what a bootloader says there */
static const char *const spoilt_bytes[] = { "lost-byte@9",    "doubled-byte@9", "noise@9",	  "lost-reply@9",
					    "spoilt-reply@9", "noisy-reply@9",	"late-reply@9/50" };

/* What went wrong goes wrong again, in the same words. */
Test(record, faults_are_played_back)
{

	for (size_t i = 0; i < COUNT(faults); i++) {
		char spec[128], path[256];
		struct take take = { .specimen = &specimens[0], .spec = spec };

		snprintf(spec, sizeof(spec), "dfu:transfer-size=256,fault=%s", faults[i]);
		snprintf(path, sizeof(path), "%s", record_in_folder("fault"));
		take.path = path;
		take.flags = DFUT_RECORD_DATA;
		record_perform(&take);
		cr_expect(play_back(&take, path, "tolerant"), "%s", spec);
		unlink(path);
	}
	rmdir(record_folder);
}

/* After a fault a host may read how much is left of an answer, which is otherwise by then. */
static void expect_words_again(const struct take *then, const char *path)
{
	char spec[300];
	struct take now = { .specimen = then->specimen, .spec = spec };

	snprintf(spec, sizeof(spec), "replay:%s", path);
	record_perform(&now);
	cr_expect(eq(int, now.result, then->result), "%s: %s", then->spec, now.text);
	cr_expect(eq(str, now.text, (char *)then->text), "%s", then->spec);
}

static void fail_again(const struct specimen *specimen, const char *fault)
{
	char spec[256], path[256];
	struct take take = { .specimen = specimen, .spec = spec };

	snprintf(spec, sizeof(spec), "%s%c%s", specimen->spec, strchr(specimen->spec, ':') ? ',' : ':', fault);
	snprintf(path, sizeof(path), "%s", record_in_folder("fault"));
	take.path = path;
	take.flags = DFUT_RECORD_DATA | DFUT_RECORD_PLAIN;
	record_perform(&take);
	expect_words_again(&take, path);
	unlink(path);
}

static bool is_on_a_line(const struct specimen *specimen)
{
	static const char *const languages[] = { "avr109", "sam-ba",	    "esp-serial",
						 "smp",	   "nordic-serial", "nordic-serial-legacy" };

	for (size_t i = 0; i < COUNT(languages); i++)
		if (strcmp(specimen->language, languages[i]) == 0)
			return true;
	return false;
}

/* What was told is told again. */
Test(record, faults_of_all_languages_are_played_back)
{
	char fault[64];

	for (size_t i = 0; i < COUNT(specimens); i++) {
		for (size_t k = 0; k < COUNT(faults); k++) {
			snprintf(fault, sizeof(fault), "fault=%s", faults[k]);
			fail_again(&specimens[i], fault);
		}
		for (size_t k = 0; k < COUNT(spoilt_bytes) && is_on_a_line(&specimens[i]); k++) {
			snprintf(fault, sizeof(fault), "fault=%s", spoilt_bytes[k]);
			fail_again(&specimens[i], fault);
		}
	}
	rmdir(record_folder);
}

/* Who does not leave, never comes back, or comes back as what it was. One that speaks SMP has to restart before it is updated. */
Test(record, returns_that_go_wrong_are_played_back)
{
	static const char *const options[] = { "leave=no", "return=no", "return-as=application" };

	for (size_t i = 0; i < COUNT(specimens); i++)
		for (size_t k = 0; k < COUNT(options) && strcmp(specimens[i].language, "smp") != 0; k++)
			fail_again(&specimens[i], options[k]);
	rmdir(record_folder);
}

/* Another image than the recorded one: where it began to differ is told, with both sides. */
Test(record, what_differs_is_told)
{
	struct specimen other = specimens[0];
	struct take take = { .specimen = &specimens[0], .spec = specimens[0].spec };
	struct take now = { .specimen = &other };
	char path[256], spec[300];

	snprintf(path, sizeof(path), "%s", record_in_folder("difference"));
	snprintf(spec, sizeof(spec), "replay:%s", path);
	take.path = path;
	record_perform(&take);
	other.size = 900;
	now.spec = spec;
	record_perform(&now);
	cr_expect(ne(ptr, strstr(now.difference, "recorded was"), NULL), "%s", now.difference);
	unlink(path);
	rmdir(record_folder);
}

/* As xxhsum -H64 prints them: nothing, some bytes behind a stripe, and several stripes */
Test(record, hashes_are_xxh64)
{
	static const struct {
		size_t size;
		const char *wanted;
	} cases[] = { { 0, "ef46db3751d8e999" },
		      { 31, "0f187c62b1e722b7" },
		      { 63, "219110bf13e2fa26" },
		      { 101, "42312f4d55d9bd17" },
		      { 300, "240b95edf72f18e0" } };
	uint8_t bytes[300], digest[DFUT_DIGEST_MAX_SIZE];

	for (size_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = (uint8_t)(i * 7);
	for (size_t i = 0; i < COUNT(cases); i++) {
		char text[17];

		cr_assert(dfut_digest(digest, DFUT_DIGEST_XXH64, bytes, cases[i].size));
		for (size_t k = 0; k < 8; k++)
			snprintf(text + 2 * k, 3, "%02x", digest[k]);
		cr_expect(eq(str, text, (char *)cases[i].wanted), "%zu", cases[i].size);
	}
}

/* Privacy. */

static void expect_hidden(const char *text, const char *secret)
{
	cr_expect(eq(ptr, strstr(text, secret), NULL), "%s is told", secret);
}

static void record_secrets(unsigned int flags, char **text)
{
	struct take take = { .specimen = &specimens[0],
			     .spec = "dfu:transfer-size=256,serial=E66058388374A72C",
			     .flags = flags };
	char path[256];

	snprintf(path, sizeof(path), "%s", record_in_folder("secrets"));
	take.path = path;
	record_perform(&take);
	cr_expect(eq(int, bench_is_private(path), 1));
	*text = read_text(path);
	unlink(path);
	rmdir(record_folder);
}

/* A keyboard on which somebody types "a" */
static const char typed[] =
	"{\"dfutrigger-session\":1}\n{\"at\":0,\"event\":\"arrives\",\"device\":1,\"descriptors\":\""
	"1201000200000040450c2f6500010102030109023b000201008032090400000103010100092111010001223f00"
	"07058103400001090401000103000000092111010001222c0007058203400001"
	"\",\"strings\":{\"1\":\"SONiX\",\"2\":\"USB Keyboard\",\"3\":\"0001\"},\"nodes\":[{\"link\":\"hid\",\"interface\":0,"
	"\"report_descriptor\":\""
	"05010906a101050719e029e7150025017501950881029501750881019505750105081901290591029501750391"
	"0195067508150025650507190029658100c0"
	"\"}]}\n{\"at\":50000,\"event\":\"report\",\"device\":1,\"link\":\"hid\",\"channel\":0,\"type\":\"input\",\"id\":0,"
	"\"length\":9,\"in\":\"000000040000000000\",\"result\":9}\n";

/* Who reads its reports gets the key, and the recording has none: not even that one came. */
Test(record, keys_are_never_told)
{
	char keyboard[256], path[256], spec[300], *text;
	struct dfut_handle *handle;
	struct dfut_device *device;
	struct bench bench;
	uint8_t report[8] = { 0 };
	FILE *file;

	snprintf(keyboard, sizeof(keyboard), "%s", record_in_folder("keyboard"));
	snprintf(path, sizeof(path), "%s", record_in_folder("keys"));
	snprintf(spec, sizeof(spec), "replay:%s", keyboard);
	file = fopen(keyboard, "w");
	cr_assert(file != NULL);
	fputs(typed, file);
	fclose(file);
	cr_assert(eq(int, dfut_context_new(&bench.context), 0));
	cr_assert(eq(int, dfut_context_record(bench.context, path, DFUT_RECORD_DATA | DFUT_RECORD_PLAIN), 0));
	cr_assert(eq(int, dfut_sim_new(&bench.sim, DFUT_SIM_CLOCK_VIRTUAL), 0));
	cr_assert(eq(int, dfut_sim_add_to_context(bench.sim, bench.context), 0));
	bench.device = bench_plug(&bench, spec, "1-1");
	device = bench_find(&bench, "1-1");
	cr_assert(eq(int, dfut_handle_new(&handle, device), 0));
	cr_expect(eq(int, dfut_handle_read_report(handle, 0, NULL, report, sizeof(report), 1000), 8), "%s",
		  dfut_context_get_error(bench.context));
	cr_expect(eq(int, report[2], 4));
	dfut_handle_free(handle);
	dfut_device_unref(device);
	cr_expect(eq(int, dfut_context_end_record(bench.context), 0));
	bench_stop(&bench);
	text = read_text(path);
	cr_expect(ne(ptr, strstr(text, "\"event\":\"open\""), NULL));
	expect_hidden(text, "\"event\":\"report\"");
	expect_hidden(text, "0000040000");
	free(text);
	unlink(path);
	unlink(keyboard);
	rmdir(record_folder);
}

/* 16 bytes of the image, in hexadecimal */
static void put_piece(char piece[33])
{
	struct firmware firmware;

	specimen_make(&firmware, &specimens[0]);
	for (size_t i = 0; i < 16; i++)
		snprintf(piece + 2 * i, 3, "%02x", firmware.bytes[300 + i]);
}

Test(record, nothing_private_is_told)
{
	char piece[33], *text;

	put_piece(piece);
	record_secrets(0, &text);
	expect_hidden(text, "E66058388374A72C");
	expect_hidden(text, piece);
	cr_expect(ne(ptr, strstr(text, "\"0000000000000001\""), NULL));
	free(text);
}

static void expect_replaced(const struct dfut_names *names, const char *text, bool all, const char *wanted)
{
	char *made = dfut_names_replace(names, text, all);

	cr_expect(eq(str, made, (char *)wanted), "%s", text);
	free(made);
}

Test(record, names_have_one_stand_in_everywhere)
{
	struct dfut_names names = { 0 };
	char host[256] = "", text[300];

	cr_assert(eq(int, dfut_names_add_serial(&names, "12"), 0));
	cr_assert(eq(int, dfut_names_add_serial(&names, "E6:60 58"), 0));
	cr_assert(eq(int, dfut_names_add_serial(&names, "E6:60 58"), 0));
	cr_assert(eq(int, dfut_names_add_own(&names), 0));
	cr_expect(eq(str, (char *)dfut_names_find_serial(&names, "12"), (char *)"01"));
	expect_replaced(&names, "12 of E6:60 58x, E6:60 58.", false, "12 of E6:60 58x, 00:00 02.");
	expect_replaced(&names, "/dev/serial/by-id/usb-A_E6_60_58-if00", true, "/dev/serial/by-id/usb-A_00:00 02-if00");
	expect_replaced(&names, "/home/ottokar/a.bin: no", true, "/home/user/a.bin: no");
	expect_replaced(&names, "/home/ottokar", false, "/home/ottokar");
	cr_assert(eq(int, gethostname(host, sizeof(host) - 1), 0));
	snprintf(text, sizeof(text), "on %s.", host);
	expect_replaced(&names, text, true, "on host.");
	dfut_names_free(&names);
}

Test(record, ids_are_not_taken_for_serial_numbers)
{
	struct dfut_names names = { .serials = 1 };

	cr_assert(eq(int, dfut_names_add_serial(&names, "0001"), 0));
	expect_replaced(&names, "usb 1-1: idVendor=1209, idProduct=0001", true,
			"usb 1-1: idVendor=1209, idProduct=0001");
	expect_replaced(&names, "1209:0001 serial 0001 at 1-1", true, "1209:0001 serial 0002 at 1-1");
	expect_replaced(&names, "usb-A_B_0001-if00", false, "usb-A_B_0002-if00");
	dfut_names_free(&names);
}

/* Only what is the same on each machine stays. */
Test(record, the_user_has_a_stand_in_wherever_the_name_is)
{
	const struct passwd *user = getpwuid(getuid());
	struct dfut_names names = { 0 };
	char text[600];
	bool stays;

	cr_assert(user != NULL);
	stays = strcmp(user->pw_name, "root") == 0;
	cr_assert(eq(int, dfut_names_add_own(&names), 0));
	snprintf(text, sizeof(text), "%s/firmware.bin: no", user->pw_dir);
	expect_replaced(&names, text, true, HOME "/firmware.bin: no");
	snprintf(text, sizeof(text), "/media/%s/a.bin", user->pw_name);
	expect_replaced(&names, text, true, stays ? "/media/root/a.bin" : "/media/user/a.bin");
	expect_replaced(&names, text, false, text);
	dfut_names_free(&names);
}

Test(record, names_of_windows_are_the_same_in_large_letters)
{
	char text[] = "C:\\Users\\J\u00f6rg M", stand_in[] = "C:\\Users\\user";
	struct dfut_name profile = { text, stand_in, .is_word = true, .is_folded = true };
	const struct dfut_names names = { .items = &profile, .count = 1 };

	expect_replaced(&names, "C:\\Users\\J\u00f6rg M\\a.bin", true, "C:\\Users\\user\\a.bin");
	expect_replaced(&names, "c:/users/J\u00f6RG m/a.bin", true, "C:\\Users\\user/a.bin");
	expect_replaced(&names, "C:\\Users\\J\u00f6rg Mai\\a.bin", true, "C:\\Users\\user Mai\\a.bin");
}

Test(record, what_is_wanted_is_told)
{
	char piece[33], *text;

	put_piece(piece);
	record_secrets(DFUT_RECORD_DATA | DFUT_RECORD_PLAIN, &text);
	cr_expect(ne(ptr, strstr(text, "E66058388374A72C"), NULL));
	cr_expect(ne(ptr, strstr(text, piece), NULL));
	free(text);
}

/* Files. */

Test(record, no_file_is_replaced)
{
	struct dfut_context *context;
	char path[256];
	FILE *file;

	snprintf(path, sizeof(path), "%s", record_in_folder("taken"));
	file = fopen(path, "wb");
	cr_assert(file != NULL);
	fclose(file);
	cr_assert(eq(int, dfut_context_new(&context), 0));
	cr_expect(eq(int, dfut_context_record(context, path, 0), DFUT_ERROR_IO));
	cr_expect(ne(ptr, strstr(dfut_context_get_hint(context), "another name"), NULL));
	cr_expect(eq(int, dfut_context_end_record(context), DFUT_ERROR_USAGE));
	unlink(path);
	cr_expect(eq(int, dfut_context_record(context, path, 4), DFUT_ERROR_USAGE));
	cr_expect(eq(int, dfut_context_record(context, path, 0), 0));
	cr_expect(eq(int, dfut_context_record(context, path, 0), DFUT_ERROR_BUSY));
	cr_expect(eq(int, dfut_context_end_record(context), 0));
	cr_expect(eq(int, dfut_context_end_record(context), 0));
	dfut_context_free(context);
	unlink(path);
	rmdir(record_folder);
}

static void expect_no_harm(const char *path, const char *text, size_t size)
{
	char spec[300];
	struct dfut_sim *sim;
	FILE *file = fopen(path, "wb");
	int result;

	cr_assert(file != NULL);
	cr_assert(eq(sz, fwrite(text, 1, size, file), size));
	fclose(file);
	snprintf(spec, sizeof(spec), "replay:%s", path);
	cr_assert(eq(int, dfut_sim_new(&sim, DFUT_SIM_CLOCK_VIRTUAL), 0));
	result = dfut_sim_plug(NULL, sim, spec, NULL);
	cr_expect(result == 0 || (result == DFUT_ERROR_USAGE && *dfut_sim_get_error(sim)), "%d", result);
	dfut_sim_free(sim);
}

/* Cut at any byte, or with any byte changed, it is refused, or read. */
Test(record, a_recording_that_is_damaged_does_no_harm)
{
	struct take take = { .specimen = &specimens[0], .spec = "dfu:transfer-size=1024" };
	char path[256], *text;
	size_t size;

	snprintf(path, sizeof(path), "%s", record_in_folder("cut"));
	take.path = path;
	record_perform(&take);
	text = read_text(path);
	size = strlen(text);
	for (size_t at = 0; at < size; at += at < 2000 ? 7 : 211) {
		char kept = text[at];

		expect_no_harm(path, text, at);
		text[at] = (char)(kept ^ (1 << at % 7));
		expect_no_harm(path, text, size);
		text[at] = kept;
	}
	free(text);
	unlink(path);
	rmdir(record_folder);
}
