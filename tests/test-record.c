/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* Recordings of virtual devices, what is private in them, and the devices that they become. */

#define ROUND_LIMIT 100000

#include <fcntl.h>
#include <pwd.h>

#include "base/digest.h"
#include "record/names.h"
#include "specimens.h"

#define TEXT_LIMIT (8 * 1024 * 1024)
#ifdef _WIN32
#define HOME "C:\\Users\\user"
#else
#define HOME "/home/user"
#endif

TestSuite(record, .timeout = 120);

/* A device is updated, and all of it is recorded. */
struct take {
	const struct specimen *specimen;
	const char *spec;
	const char *path; /* of the recording, NULL for none */
	unsigned int flags;
	int result;
	char text[1024];
	char difference[512];
	bool is_filled; /* what was read had to be made up, and that was said */
	size_t requests;
};

static char folder[] = "/tmp/dfutrigger-record-XXXXXX";

static const char *in_folder(const char *name)
{
	static char path[256];

	if (strstr(folder, "XXXXXX") && !mkdtemp(folder))
		cr_fatal("mkdtemp");
	snprintf(path, sizeof(path), "%s/%s", folder, name);
	return path;
}

static void count_requests(struct take *take, const struct dfut_sim_device *device)
{
	take->difference[0] = '\0';
	take->requests = dfut_sim_device_get_request_count(device);
	for (size_t i = 0; i < dfut_sim_device_get_record_count(device); i++) {
		const struct dfut_sim_record *record = dfut_sim_device_get_record(device, i);

		if (record->event == DFUT_SIM_EVENT_BREACH && !take->difference[0])
			snprintf(take->difference, sizeof(take->difference), "%s", record->text);
	}
}

static void update(struct take *take, struct bench *bench, const struct firmware *firmware)
{
	struct dfut_session *session = bench_new_session(bench, "1-1");
	struct dfut_image *image;

	cr_assert(eq(int, specimen_load(&image, bench->context, take->specimen, firmware), 0), "%s",
		  dfut_context_get_error(bench->context));
	cr_assert(eq(int, dfut_session_set_part(session, take->specimen->part), 0));
	take->result = dfut_session_start_update(session, image);
	if (take->result == 0)
		take->result = dfut_session_run(session);
	snprintf(take->text, sizeof(take->text), "%s", dfut_session_get_message(session));
	dfut_image_free(image);
	dfut_session_free(session);
}

static void hear(enum dfut_log_level level, const char *text, void *data)
{
	struct take *take = data;

	(void)level;
	take->is_filled = take->is_filled || strstr(text, "it reads as 0xff");
}

static void perform(struct take *take)
{
	struct firmware firmware;
	struct bench bench;

	specimen_make(&firmware, take->specimen);
	cr_assert(eq(int, dfut_context_new(&bench.context), 0));
	dfut_context_set_log_handler(bench.context, DFUT_LOG_WARNING, hear, take);
	if (take->path) {
		unlink(take->path);
		cr_assert(eq(int, dfut_context_record(bench.context, take->path, take->flags), 0), "%s",
			  dfut_context_get_error(bench.context));
	}
	cr_assert(eq(int, dfut_sim_new(&bench.sim, DFUT_SIM_CLOCK_VIRTUAL), 0));
	cr_assert(eq(int, dfut_sim_add_to_context(bench.sim, bench.context), 0));
	cr_assert(eq(int, specimen_teach(bench.context, take->specimen), 0));
	bench.device = bench_plug(&bench, take->spec, "1-1");
	if (strncmp(take->spec, "replay:", 7) != 0)
		specimen_prepare(bench.device, take->specimen);
	update(take, &bench, &firmware);
	count_requests(take, bench.device);
	if (take->path)
		cr_expect(eq(int, dfut_context_end_record(bench.context), 0));
	bench_stop(&bench);
}

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
	perform(&now);
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

		snprintf(path, sizeof(path), "%s", in_folder("update"));
		take.path = path;
		take.flags = DFUT_RECORD_DATA;
		perform(&take);
		cr_expect(eq(int, take.result, 0), "%s: %s", take.spec, take.text);
		cr_expect(play_back(&take, path, "strict"), "%s", take.spec);
		unlink(path);
	}
	rmdir(folder);
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

		snprintf(path, sizeof(path), "%s", in_folder("update"));
		take.path = path;
		perform(&take);
		expect_no_firmware(take.specimen, path);
		found += play_back(&take, path, "tolerant");
		unlink(path);
	}
	/* Bootloaders that are read before they are written hold what nobody wrote here. */
	cr_expect(ge(sz, found, COUNT(specimens) / 2), "%zu of %zu", found, COUNT(specimens));
	rmdir(folder);
}

static const char *const faults[] = { "stall@6",   "timeout@8",	     "garbage@9", "short@7",
				      "unplug@12", "lost-answer@10", "slow@6/200" };

/* What went wrong goes wrong again, in the same words. */
Test(record, faults_are_played_back)
{

	for (size_t i = 0; i < COUNT(faults); i++) {
		char spec[128], path[256];
		struct take take = { .specimen = &specimens[0], .spec = spec };

		snprintf(spec, sizeof(spec), "dfu:transfer-size=256,fault=%s", faults[i]);
		snprintf(path, sizeof(path), "%s", in_folder("fault"));
		take.path = path;
		take.flags = DFUT_RECORD_DATA;
		perform(&take);
		cr_expect(play_back(&take, path, "tolerant"), "%s", spec);
		unlink(path);
	}
	rmdir(folder);
}

/* After a fault a host may read how much is left of an answer, which is otherwise by then. */
static void expect_words_again(const struct take *then, const char *path)
{
	char spec[300];
	struct take now = { .specimen = then->specimen, .spec = spec };

	snprintf(spec, sizeof(spec), "replay:%s", path);
	perform(&now);
	cr_expect(eq(int, now.result, then->result), "%s: %s", then->spec, now.text);
	cr_expect(eq(str, now.text, (char *)then->text), "%s", then->spec);
}

/* One of them in each language: what was told of it is told again. */
Test(record, faults_of_all_languages_are_played_back)
{
	for (size_t i = 0; i < COUNT(specimens); i++) {
		char spec[256], path[256];
		struct take take = { .specimen = &specimens[i], .spec = spec };

		snprintf(spec, sizeof(spec), "%s%cfault=%s", specimens[i].spec,
			 strchr(specimens[i].spec, ':') ? ',' : ':', faults[i % COUNT(faults)]);
		snprintf(path, sizeof(path), "%s", in_folder("fault"));
		take.path = path;
		take.flags = DFUT_RECORD_DATA;
		perform(&take);
		expect_words_again(&take, path);
		unlink(path);
	}
	rmdir(folder);
}

/* Another image than the recorded one: where it began to differ is told, with both sides. */
Test(record, what_differs_is_told)
{
	struct specimen other = specimens[0];
	struct take take = { .specimen = &specimens[0], .spec = specimens[0].spec };
	struct take now = { .specimen = &other };
	char path[256], spec[300];

	snprintf(path, sizeof(path), "%s", in_folder("difference"));
	snprintf(spec, sizeof(spec), "replay:%s", path);
	take.path = path;
	perform(&take);
	other.size = 900;
	now.spec = spec;
	perform(&now);
	cr_expect(ne(ptr, strstr(now.difference, "recorded was"), NULL), "%s", now.difference);
	unlink(path);
	rmdir(folder);
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

/* Words. */

struct words {
	char text[8192];
};

static void hear_line(const char *text, void *data)
{
	struct words *words = data;
	size_t used = strlen(words->text);

	snprintf(words->text + used, sizeof(words->text) - used, "%s\n", text);
}

static void expect_words(const struct words *words, const char *wanted)
{
	cr_expect(ne(ptr, strstr(words->text, wanted), NULL), "no \"%s\" in:\n%s", wanted, words->text);
}

/* What is erased is told, and where. */
Test(record, commands_of_dfuse_are_explained)
{
	size_t index = 0;
	struct dfut_context *context;
	struct take take = { 0 };
	struct words words = { "" };
	char path[256];

	while (strcmp(specimens[index].language, "dfuse") != 0)
		index++;
	take = (struct take){ .specimen = &specimens[index], .spec = "stm32f072:application=runtime,fault=stall@40" };
	snprintf(path, sizeof(path), "%s", in_folder("dfuse"));
	take.path = path;
	perform(&take);
	cr_assert(eq(int, dfut_context_new(&context), 0));
	cr_expect(eq(int, dfut_context_explain(context, path, hear_line, &words), 0));
	expect_words(&words, " erased, 0x08000000 to 0x0800");
	expect_words(&words, " at 0x0800");
	dfut_context_free(context);
	unlink(path);
	rmdir(folder);
}

Test(record, is_explained)
{
	struct take take = { .specimen = &specimens[0], .spec = "dfu:transfer-size=256,fault=stall@6" };
	struct dfut_context *context;
	struct words words = { "" };
	char path[256];

	snprintf(path, sizeof(path), "%s", in_folder("explained"));
	take.path = path;
	perform(&take);
	cr_assert(eq(int, dfut_context_new(&context), 0));
	cr_expect(eq(int, dfut_context_explain(context, path, hear_line, &words), 0));
	expect_words(&words, "at 1-1 arrives: ");
	expect_words(&words, "plan: ");
	expect_words(&words, "1-1: triggering");
	expect_words(&words, "DETACH");
	expect_words(&words, ": refused (stall)");
	expect_words(&words, "the end: ");
	expect_words(&words, take.text);
	cr_expect(eq(int, dfut_context_explain(context, "/dev/null", hear_line, &words), DFUT_ERROR_USAGE));
	cr_expect(eq(int, dfut_context_explain(context, "/nowhere", hear_line, &words), DFUT_ERROR_IO));
	dfut_context_free(context);
	unlink(path);
	rmdir(folder);
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

	snprintf(path, sizeof(path), "%s", in_folder("secrets"));
	take.path = path;
	perform(&take);
	cr_expect(eq(int, bench_is_private(path), 1));
	*text = read_text(path);
	unlink(path);
	rmdir(folder);
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

	snprintf(path, sizeof(path), "%s", in_folder("taken"));
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
	rmdir(folder);
}

/* Cut at any byte, it is refused, or read up to there. */
Test(record, a_recording_that_is_cut_does_no_harm)
{
	struct take take = { .specimen = &specimens[0], .spec = "dfu:transfer-size=1024" };
	char path[256], spec[300], *text;
	size_t size;
	struct dfut_sim *sim;

	snprintf(path, sizeof(path), "%s", in_folder("cut"));
	snprintf(spec, sizeof(spec), "replay:%s", path);
	take.path = path;
	perform(&take);
	text = read_text(path);
	size = strlen(text);
	for (size_t at = 0; at < size; at += at < 2000 ? 7 : 211) {
		FILE *file = fopen(path, "wb");
		int result;

		cr_assert(eq(sz, fwrite(text, 1, at, file), at));
		fclose(file);
		cr_assert(eq(int, dfut_sim_new(&sim, DFUT_SIM_CLOCK_VIRTUAL), 0));
		result = dfut_sim_plug(NULL, sim, spec, NULL);
		cr_expect(result == 0 || (result == DFUT_ERROR_USAGE && *dfut_sim_get_error(sim)), "%zu: %d", at,
			  result);
		dfut_sim_free(sim);
	}
	free(text);
	unlink(path);
	rmdir(folder);
}
