/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/*
 * Which language a device in DFU mode speaks, where its name says one and its version another: the chosen device is asked,
 * nobody else, and the question leaves no trace. And bootloaders whose language looks like DFU and is not.
 */

#include "table/table.h"
#include "outcome-bench.h"

TestSuite(language, .timeout = 100);

/* Boot chain of an STM32MP15: TF-A, and U-Boot after it. */
#define FSBL "@FSBL /0x01/1*1Me"
#define PARTITION "@Partition2 /0x03/1*16Me"
#define FSBL_NAMES "names=@FSBL \\\\/0x01\\\\/1*1Me/@Partition2 \\\\/0x03\\\\/1*16Me/@virtual \\\\/0xF1\\\\/1*512Ba"
#define TFA "dfu:vid=0483,pid=df11,start=bootloader,transfer-size=1024,alternates=3," FSBL_NAMES
#define UBOOT \
	"dfu:vid=0483,pid=df11,release=7e8a,start=bootloader,flavour=tinyusb,transfer-size=4096,names=u-boot.itb,reset-returns=bootloader"
/* As TinyUSB's example in an UNO R4, with ids that no table knows */
#define CODE_FLASH "names=@CodeFlash \\\\/0x00000000\\\\/8*2Ka\\,120*2Kg"
#define TINYUSB "dfu:flavour=tinyusb,version=1.01,vid=1209,pid=0369,start=bootloader," CODE_FLASH
/* Speaks DfuSe, and says DFU 1.0 */
#define OTHER_DFUSE "stm32f072:rom-vid=1209,rom-pid=4711,rom-version=0100"
#define NUMWORKS_LAYOUT "layout=@Flash/0x08000000/04*016Kg\\,01*064Kg\\,07*128Kg/0x90000000/64*064Kg\\,64*064Kg"
#define NUMWORKS "stm32f405:rom-vid=0483,rom-pid=a291,rom-version=0100," NUMWORKS_LAYOUT

/* Requests. */

static bool is_class(const struct dfut_sim_record *record, uint8_t request)
{
	return record->event == DFUT_SIM_EVENT_CONTROL && (record->request_type & 0x60) == 0x20 &&
	       record->request == request;
}

/* UPLOAD of a small block 0, or of the whole one where a block is as small as that. */
static size_t count_questions(const struct dfut_sim_device *device)
{
	size_t count = 0;

	for (size_t i = 0; i < dfut_sim_device_get_record_count(device); i++) {
		const struct dfut_sim_record *record = dfut_sim_device_get_record(device, i);

		count += is_class(record, 2) && record->value == 0 && record->length <= 16;
	}
	return count;
}

static size_t count_requests(const struct dfut_sim_device *device, uint8_t request)
{
	size_t count = 0;

	for (size_t i = 0; i < dfut_sim_device_get_record_count(device); i++)
		count += is_class(dfut_sim_device_get_record(device, i), request);
	return count;
}

/* In which state the last request met it */
static bool is_idle(const struct dfut_sim_device *device)
{
	const struct dfut_sim_record *last = NULL;

	for (size_t i = 0; i < dfut_sim_device_get_record_count(device); i++) {
		const struct dfut_sim_record *record = dfut_sim_device_get_record(device, i);

		last = record->event == DFUT_SIM_EVENT_CONTROL ? record : last;
	}
	return !last || strcmp(last->text, "dfuIDLE") == 0;
}

/* Jobs. */

static bool holds(const struct bench *bench, const char *memory)
{
	size_t size = 0;
	const uint8_t *bytes = dfut_sim_device_get_memory(bench->device, memory, &size);

	cr_assert(bytes != NULL && size >= SIZE);
	for (uint32_t i = 0; i < SIZE; i++)
		if (bytes[i] != get_content(FLASH + i))
			return false;
	return true;
}

struct sink {
	uint8_t bytes[64 * 1024];
	size_t size;
};

static int keep(const uint8_t *data, size_t size, void *user_data)
{
	struct sink *sink = user_data;

	cr_assert(size <= sizeof(sink->bytes) - sink->size);
	memcpy(sink->bytes + sink->size, data, size);
	sink->size += size;
	return 0;
}

static struct outcome upload(struct bench *bench, const char *alternate, struct sink *sink, const char *what)
{
	struct dfut_session *session = bench_new_session(bench, "1-1");
	struct outcome outcome;

	sink->size = 0;
	cr_assert(eq(int, dfut_session_set_alternate(session, alternate), 0));
	dfut_session_set_upload_size(session, SIZE);
	outcome.result = dfut_session_start_upload(session, keep, sink);
	if (outcome.result == 0)
		outcome.result = bench_run(bench, session, SIZE_MAX, what);
	keep_words(&outcome, session, what);
	dfut_session_free(session);
	return outcome;
}

/* The language of each. */

static const struct kind_of_device {
	const char *spec;
	const char *alternate;
	const char *memory; /* that an update goes to */
	const char *protocol;
	size_t questions;
} devices[] = {
	/* A name that is a layout, and another version than DfuSe's */
	{ TFA, FSBL, "memory0", "dfu", 1 },
	{ TFA, PARTITION, "memory1", "dfu", 1 },
	{ TFA ",readable=no", "0", "memory0", "dfu", 1 },
	{ TFA ",version=1.0", "0", "memory0", "dfu", 1 },
	{ TFA ",vid=1209,functional=missing", "0", "memory0", "dfu", 1 },
	{ TFA ",start=error", "0", "memory0", "dfu", 1 },
	{ TFA ",start=upload-idle", "0", "memory0", "dfu", 1 },
	/* Its blocks are no larger than a question: the second is the verification. */
	{ TFA ",transfer-size=8", "0", "memory0", "dfu", 2 },
	{ TFA ",size=8K,second=1", "0:0", "memory0", "dfu", 1 },
	{ TINYUSB, NULL, "memory0", "dfu", 1 },
	{ TINYUSB ",busy=3", NULL, "memory0", "dfu", 1 },
	/* It says that it can't be read, so that it can't be asked: a DfuSe bootloader refuses blocks of plain DFU. */
	{ TFA ",upload=no", "0", "memory0", "dfu", 0 },
	/* Names that are none, versions that are right, rows of the table: nothing to ask */
	{ UBOOT, NULL, "memory0", "dfu", 0 },
	{ "dfu:start=bootloader,vid=1209,pid=0001,names=flash at 0x08000000", NULL, "memory0", "dfu", 0 },
	{ "dfu:start=bootloader,vid=cafe,pid=400b," CODE_FLASH, NULL, "memory0", "dfu", 0 },
	{ OTHER_DFUSE, NULL, "flash", "dfuse", 1 },
	{ OTHER_DFUSE ",commands=3", NULL, "flash", "dfuse", 1 },
	{ OTHER_DFUSE ",start=error,clear=stall", NULL, "flash", "dfuse", 1 },
	{ OTHER_DFUSE ",rom-version=0110", "0", "flash", "dfuse", 1 },
	{ OTHER_DFUSE ",functional=no", NULL, "flash", "dfuse", 1 },
	{ "stm32f072:rom-version=0110", NULL, "flash", "dfuse", 1 },
	{ NUMWORKS ",get-commands=stall", NULL, "flash", "dfuse", 0 },
	{ NUMWORKS ",get-commands=empty,option-bytes=no", "0", "flash", "dfuse", 0 },
	{ "stm32f072", NULL, "flash", "dfuse", 0 },
	{ "stm32f072:functional=no", NULL, "flash", "dfuse", 0 },
	{ "stm32f072:rom-vid=1209,rom-pid=4711", NULL, "flash", "dfuse", 0 },
	{ "gd32vf103", NULL, "flash", "dfuse", 0 },
};

Test(language, is_that_of_each_device)
{
	for (size_t i = 0; i < COUNT(devices); i++) {
		const struct kind_of_device *device = &devices[i];
		bool is_dfuse = strcmp(device->protocol, "dfuse") == 0;
		struct outcome outcome;
		struct bench bench;

		bench_start(&bench, device->spec);
		outcome = update(&bench, device->alternate, is_dfuse, SIZE_MAX, device->spec);
		cr_expect(eq(int, outcome.result, 0), "%s: %s", device->spec, outcome.message);
		cr_expect(holds(&bench, device->memory), "%s", device->spec);
		cr_expect(eq(sz, count_questions(bench.device), device->questions), "%s", device->spec);
		bench_expect_no_breach(bench.device, device->spec);
		bench_stop(&bench);
	}
	fprintf(stderr, "%zu devices\n", COUNT(devices));
}

Test(language, is_asked_before_anything_is_written)
{
	struct bench bench;
	bool has_asked = false;

	bench_start(&bench, TFA);
	update(&bench, FSBL, false, SIZE_MAX, "order");
	for (size_t i = 0; i < dfut_sim_device_get_record_count(bench.device); i++) {
		const struct dfut_sim_record *record = dfut_sim_device_get_record(bench.device, i);

		if (is_class(record, 2) && record->length == 16) {
			cr_expect(strcmp(record->text, "dfuIDLE") == 0, "asked in %s", record->text);
			has_asked = true;
		}
		cr_expect(not(is_class(record, 1) && !has_asked));
	}
	cr_expect(has_asked);
	bench_stop(&bench);
}

/* A person may look as often as she likes, and a neighbour is none of anybody's business. */
Test(language, is_not_asked_by_looking)
{
	struct dfut_sim_device *bystander;
	struct dfut_device *device;
	struct bench bench;

	bench_start(&bench, TFA);
	bystander = bench_plug(&bench, OTHER_DFUSE, "1-2");
	for (int i = 0; i < 3; i++) {
		device = bench_find(&bench, i ? "1-2" : "1-1");
		cr_expect(strcmp(dfut_device_get_protocol(device), "") == 0, "%s", dfut_device_get_protocol(device));
		cr_expect(eq(int, dfut_device_get_mode(device), DFUT_MODE_BOOTLOADER));
		dfut_device_unref(device);
	}
	cr_expect(eq(sz, dfut_sim_device_get_request_count(bench.device), 0));
	cr_expect(eq(int, update(&bench, FSBL, false, SIZE_MAX, "neighbour").result, 0));
	cr_expect(eq(sz, dfut_sim_device_get_request_count(bystander), 0));
	bench_stop(&bench);
}

/* That it has said yes is known as long as it is there; a no may have been an accident. */
Test(language, is_asked_once_or_once_for_each_job)
{
	static const struct {
		const char *spec;
		const char *protocol;
		size_t questions;
	} cases[] = { { OTHER_DFUSE, "dfuse", 1 }, { TFA, "dfu", 2 } };
	struct sink *sink = malloc(sizeof(*sink));

	for (size_t i = 0; i < COUNT(cases); i++) {
		struct outcome outcome;
		struct bench bench;

		bench_start(&bench, cases[i].spec);
		for (int k = 0; k < 2; k++) {
			outcome = upload(&bench, "0", sink, cases[i].spec);
			cr_expect(eq(int, outcome.result, 0), "%s: %s", cases[i].spec, outcome.message);
			cr_expect(strcmp(outcome.protocol, cases[i].protocol) == 0, "%s", outcome.protocol);
		}
		cr_expect(eq(sz, count_questions(bench.device), cases[i].questions), "%s", cases[i].spec);
		bench_expect_no_breach(bench.device, cases[i].spec);
		bench_stop(&bench);
	}
	free(sink);
}

static bool has_step(const struct dfut_session *session, const char *word)
{
	for (size_t i = 0; i < dfut_session_get_step_count(session); i++) {
		struct dfut_step step;

		cr_assert(eq(int, dfut_session_get_step(session, i, &step, sizeof(step)), 0));
		if (strstr(step.text, word))
			return true;
	}
	return false;
}

Test(language, is_a_step_of_the_plan)
{
	struct dfut_session *session;
	struct dfut_image *image;
	struct bench bench;

	bench_start(&bench, TFA);
	image = make_raw(&bench);
	session = bench_new_session(&bench, "1-1");
	cr_expect(eq(int, dfut_session_plan_update(session, image), 0), "%s", dfut_session_get_message(session));
	cr_expect(has_step(session, "ask the device which language"));
	cr_expect(eq(sz, dfut_sim_device_get_request_count(bench.device), 0));
	dfut_session_free(session);
	dfut_image_free(image);
	bench_stop(&bench);
	/* No contradiction, no question */
	bench_start(&bench, UBOOT);
	image = make_raw(&bench);
	session = bench_new_session(&bench, "1-1");
	cr_expect(eq(int, dfut_session_plan_update(session, image), 0));
	cr_expect(not(has_step(session, "which language")));
	dfut_session_free(session);
	dfut_image_free(image);
	bench_stop(&bench);
}

/* What depends on the answer is told when it is there; nothing is written, and the device is as before. */
Test(language, decides_what_is_refused)
{
	static const struct {
		const char *spec;
		const char *alternate;
		bool has_address;
		int code;
		const char *message;
		const char *hint;
	} cases[] = {
		{ TFA, FSBL, true, DFUT_ERROR_UNSUPPORTED, "DFU has none", "--address" },
		{ TINYUSB, NULL, true, DFUT_ERROR_UNSUPPORTED, "DFU has none", "--address" },
		{ TFA, "5", false, DFUT_ERROR_NOT_FOUND, "no alternate setting \"5\"", "" },
		{ TFA, NULL, false, DFUT_ERROR_USAGE, "no memory was chosen", "--alt" },
		{ OTHER_DFUSE, NULL, false, DFUT_ERROR_USAGE, "no address", "--address" },
		{ OTHER_DFUSE ",layout=@Flash /0x08010000/4*2Kg", NULL, true, DFUT_ERROR_MISMATCH, "0x08000000", "" },
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		struct outcome outcome;
		struct bench bench;

		bench_start(&bench, cases[i].spec);
		outcome = update(&bench, cases[i].alternate, cases[i].has_address, SIZE_MAX, cases[i].spec);
		cr_expect(eq(int, outcome.result, cases[i].code), "%s: %s", cases[i].spec, outcome.message);
		cr_expect(strstr(outcome.message, cases[i].message) != NULL, "%s: %s", cases[i].spec, outcome.message);
		cr_expect(strstr(outcome.hint, cases[i].hint) != NULL, "%s: %s", cases[i].spec, outcome.hint);
		cr_expect(eq(sz, count_requests(bench.device, 1), 0), "%s", cases[i].spec);
		cr_expect(is_idle(bench.device), "%s", cases[i].spec);
		bench_expect_no_breach(bench.device, cases[i].spec);
		bench_stop(&bench);
	}
}

/* Reading. */

static void fill(struct bench *bench, const char *memory)
{
	uint8_t bytes[SIZE];

	for (uint32_t i = 0; i < SIZE; i++)
		bytes[i] = get_content(FLASH + i);
	cr_assert(eq(int, dfut_sim_device_set_memory(bench->device, memory, 0, bytes, SIZE), 0));
}

static void expect_content(const struct sink *sink, const char *what)
{
	cr_expect(eq(sz, sink->size, SIZE), "%s", what);
	for (uint32_t i = 0; i < sink->size && i < SIZE; i++)
		if (sink->bytes[i] != get_content(FLASH + i)) {
			cr_expect(false, "%s: another byte at %u", what, i);
			return;
		}
}

Test(language, is_asked_for_an_upload_too)
{
	static const struct {
		const char *spec;
		const char *memory;
	} cases[] = { { TFA, "memory0" }, { TINYUSB, "memory0" }, { OTHER_DFUSE, "flash" } };
	struct sink *sink = malloc(sizeof(*sink));

	for (size_t i = 0; i < COUNT(cases); i++) {
		struct outcome outcome;
		struct bench bench;

		bench_start(&bench, cases[i].spec);
		fill(&bench, cases[i].memory);
		outcome = upload(&bench, "0", sink, cases[i].spec);
		cr_expect(eq(int, outcome.result, 0), "%s: %s", cases[i].spec, outcome.message);
		cr_expect(eq(sz, count_questions(bench.device), 1), "%s", cases[i].spec);
		expect_content(sink, cases[i].spec);
		bench_expect_no_breach(bench.device, cases[i].spec);
		bench_stop(&bench);
	}
	free(sink);
}

/* A user's row is believed; but a list of commands is no memory, whoever says so. */
Test(language, that_is_wrong_does_not_make_a_list_into_memory)
{
	static const char file[] = "{\"format\": 1, \"devices\": [{\"name\": \"mine\", \"bootloader\": [{\"ids\": "
				   "[\"1209:4711\"]}], \"protocol\": \"dfu\"}]}";
	static const char *const specs[] = { OTHER_DFUSE, OTHER_DFUSE ",commands=3" };
	struct sink *sink = malloc(sizeof(*sink));

	for (size_t i = 0; i < COUNT(specs); i++) {
		struct outcome outcome;
		struct bench bench;

		bench_start(&bench, specs[i]);
		cr_assert(eq(int, bench_load_devices(&bench, file), 0));
		outcome = upload(&bench, "0", sink, specs[i]);
		cr_expect(eq(int, outcome.result, DFUT_ERROR_PROTOCOL), "%s", outcome.message);
		cr_expect(strstr(outcome.message, "speaks DfuSe") != NULL, "%s", outcome.message);
		cr_expect(strstr(outcome.hint, "--devices") != NULL, "%s", outcome.hint);
		cr_expect(eq(sz, sink->size, 0));
		bench_stop(&bench);
	}
	free(sink);
}

/* A row may say which languages it may be. */
Test(language, may_be_one_of_those_that_a_row_names)
{
	static const char file[] = "{\"format\": 1, \"devices\": [{\"name\": \"mine\", \"bootloader\": [{\"ids\": "
				   "[\"1209:0369\", \"1209:4711\"]}], \"protocols\": [\"dfu\", \"dfuse\"],"
				   "\"quirks\": [\"leave-silent\", \"no-descriptor-request\"]}]}";
	static const char only[] = "{\"format\": 1, \"devices\": [{\"name\": \"mine\", \"bootloader\": [{\"ids\": "
				   "[\"1209:0369\"]}], \"protocols\": [\"dfuse\", \"stk500v1\"]}]}";
	struct outcome outcome;
	struct bench bench;

	bench_start(&bench, "dfu:vid=1209,pid=0369,start=bootloader");
	cr_assert(eq(int, bench_load_devices(&bench, file), 0), "%s", dfut_context_get_error(bench.context));
	outcome = update(&bench, NULL, false, SIZE_MAX, "dfu");
	cr_expect(eq(int, outcome.result, 0), "%s", outcome.message);
	cr_expect(eq(sz, count_questions(bench.device), 1));
	bench_stop(&bench);
	bench_start(&bench, "stm32f072:rom-vid=1209,rom-pid=4711");
	cr_assert(eq(int, bench_load_devices(&bench, file), 0));
	outcome = update(&bench, NULL, true, SIZE_MAX, "dfuse");
	cr_expect(eq(int, outcome.result, 0), "%s", outcome.message);
	bench_stop(&bench);
	bench_start(&bench, "dfu:vid=1209,pid=0369,start=bootloader");
	cr_assert(eq(int, bench_load_devices(&bench, only), 0));
	outcome = update(&bench, NULL, false, SIZE_MAX, "none of them");
	cr_expect(eq(int, outcome.result, DFUT_ERROR_UNSUPPORTED), "%s", outcome.message);
	cr_expect(strstr(outcome.message, "none of the languages") != NULL, "%s", outcome.message);
	cr_expect(eq(sz, count_requests(bench.device, 1), 0));
	bench_stop(&bench);
}

/* Its pattern. */
Test(language, shows_in_the_names_that_a_rule_asks_for)
{
	static const struct {
		const char *pattern;
		const char *name;
		bool fits;
	} cases[] = {
		{ "*", "memory", true },	 { "mem*", "memory", true },	{ "*ory", "memory", true },
		{ "m*m*y", "memory", true },	 { "m*x*y", "memory", false },	{ "memory", "memory", true },
		{ "memor", "memory", false },	 { "memory*", "memory", true }, { "*memory*", "memory", true },
		{ "x*", "memory", false },	 { "*o*r*", "memory", true },	{ "", "memory", false },
		{ "a*ab", "aaab", true },	 { "a*ba", "aabab", false },	{ "*aab", "aaaab", true },
		{ "*/0x*/*", "at 0x08", false },
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		struct dfut_device *device;
		struct bench bench;
		char file[512], spec[128];

		snprintf(file, sizeof(file),
			 "{\"format\": 1, \"devices\": [{\"name\": \"mine\", \"bootloader\": [{\"ids\": [\"1209:*\"], "
			 "\"alternate\": \"%s\"}], \"protocol\": \"usbasp\"}]}",
			 cases[i].pattern);
		snprintf(spec, sizeof(spec), "dfu:start=bootloader,names=%s", cases[i].name);
		bench_start(&bench, spec);
		cr_assert(eq(int, bench_load_devices(&bench, file), 0), "%s", dfut_context_get_error(bench.context));
		device = bench_find(&bench, "1-1");
		cr_expect(eq(int, strcmp(dfut_device_get_protocol(device), "usbasp") == 0, cases[i].fits),
			  "\"%s\" \"%s\"", cases[i].pattern, cases[i].name);
		dfut_device_unref(device);
		bench_stop(&bench);
	}
}

/* A name that can't be read contradicts nothing; a DfuSe bootloader refuses what it is sent then. */
Test(language, of_a_device_whose_names_hang_is_not_asked_for)
{
	struct outcome outcome;
	struct bench bench;

	bench_start(&bench, "dfu:start=bootloader,strings=names-hang");
	outcome = update(&bench, "0", false, SIZE_MAX, "names hang");
	cr_expect(eq(int, outcome.result, 0), "%s", outcome.message);
	cr_expect(eq(sz, count_questions(bench.device), 0));
	bench_expect_no_breach(bench.device, "names hang");
	bench_stop(&bench);
	bench_start(&bench, OTHER_DFUSE ",strings=names-hang");
	outcome = update(&bench, "0", false, SIZE_MAX, "names of DfuSe hang");
	cr_expect(eq(int, outcome.result, DFUT_ERROR_DEVICE), "%s", outcome.message);
	bench_stop(&bench);
}

/* Behind an application. */

Test(language, of_a_bootloader_that_comes_is_asked_for)
{
	static const struct {
		const char *spec;
		const char *alternate;
		const char *memory;
		bool has_address;
	} cases[] = {
		{ "usbd-dfu-rt:rom-vid=1209,rom-pid=4711,rom-version=0110", NULL, "flash", true },
		{ "dfu:" FSBL_NAMES ",alternates=3", FSBL, "memory0", false },
		{ "dfu:" FSBL_NAMES ",alternates=3,tolerant=no", FSBL, "memory0", false },
		{ "dfu:flavour=tinyusb,version=1.01," CODE_FLASH, NULL, "memory0", false },
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		struct outcome outcome;
		struct bench bench;

		bench_start(&bench, cases[i].spec);
		outcome = update(&bench, cases[i].alternate, cases[i].has_address, SIZE_MAX, cases[i].spec);
		cr_expect(eq(int, outcome.result, 0), "%s: %s", cases[i].spec, outcome.message);
		cr_expect(holds(&bench, cases[i].memory), "%s", cases[i].spec);
		/* It is the same if it comes back to be read. */
		cr_expect(eq(sz, count_questions(bench.device), 1), "%s", cases[i].spec);
		bench_expect_no_breach(bench.device, cases[i].spec);
		bench_stop(&bench);
	}
}

/* It was triggered, and is started again if what came takes no address. */
Test(language, that_refuses_what_was_asked_leads_back)
{
	static const char *const specs[] = { "dfu:" FSBL_NAMES ",alternates=3,tolerant=no,will-detach=no" };

	for (size_t i = 0; i < COUNT(specs); i++) {
		struct dfut_session *session;
		struct dfut_image *image;
		struct outcome outcome;
		struct bench bench;

		bench_start(&bench, specs[i]);
		image = make_raw(&bench);
		session = bench_new_session(&bench, "1-1");
		cr_assert(eq(int, dfut_session_start_update(session, image), 0), "%s",
			  dfut_session_get_message(session));
		outcome.result = bench_run(&bench, session, SIZE_MAX, specs[i]);
		keep_words(&outcome, session, specs[i]);
		cr_expect(eq(int, outcome.result, DFUT_ERROR_USAGE), "%s", outcome.message);
		cr_expect(strstr(outcome.message, "no memory was chosen") != NULL, "%s", outcome.message);
		cr_expect(strstr(outcome.hint, "started again") != NULL, "%s", outcome.hint);
		cr_expect(not(bench_is_in_bootloader(bench.device)));
		bench_expect_no_breach(bench.device, specs[i]);
		dfut_session_free(session);
		dfut_image_free(image);
		bench_stop(&bench);
	}
}

/* Nor is one that is not the bootloader that was named left in it, whatever it speaks. */
Test(language, is_asked_for_on_the_way_back)
{
	struct dfut_session *session;
	struct dfut_image *image;
	struct outcome outcome;
	struct bench bench;

	bench_start(&bench, "dfu:alternates=3," FSBL_NAMES);
	image = make_raw(&bench);
	session = bench_new_session(&bench, "1-1");
	cr_assert(eq(int, dfut_session_set_alternate(session, FSBL), 0));
	dfut_session_set_bootloader_ids(session, 0x1209, 0x0009);
	cr_assert(eq(int, dfut_session_start_update(session, image), 0), "%s", dfut_session_get_message(session));
	outcome.result = bench_run(&bench, session, SIZE_MAX, "way back");
	keep_words(&outcome, session, "way back");
	cr_expect(eq(int, outcome.result, DFUT_ERROR_MISMATCH), "%s", outcome.message);
	cr_expect(strstr(outcome.hint, "started again") != NULL, "%s", outcome.hint);
	cr_expect(not(bench_is_in_bootloader(bench.device)));
	cr_expect(eq(sz, count_questions(bench.device), 1));
	cr_expect(eq(sz, count_requests(bench.device, 1), 0));
	bench_expect_no_breach(bench.device, "way back");
	dfut_session_free(session);
	dfut_image_free(image);
	bench_stop(&bench);
}

/* Commands. */

Test(language, is_asked_for_to_start_the_application)
{
	static const char *const specs[] = { TFA, TFA ",readable=no", OTHER_DFUSE ",application=runtime" };

	for (size_t i = 0; i < COUNT(specs); i++) {
		struct outcome outcome;
		struct bench bench;

		bench_start(&bench, specs[i]);
		outcome = command(&bench, "start", specs[i]);
		cr_expect(eq(int, outcome.result, 0), "%s: %s", specs[i], outcome.message);
		cr_expect(not(bench_is_in_bootloader(bench.device)), "%s", specs[i]);
		bench_stop(&bench);
	}
}

/* Faults. */

/* The question: OPEN and GETSTATUS, UPLOAD, ABORT, GETSTATUS. Whatever happens to it, a second run goes through. */
Test(language, question_recovers_from_every_fault_and_cancel)
{
	static const enum dfut_sim_fault_kind faults[] = { DFUT_SIM_FAULT_STALL,       DFUT_SIM_FAULT_TIMEOUT,
							   DFUT_SIM_FAULT_LOST_ANSWER, DFUT_SIM_FAULT_UNPLUG,
							   DFUT_SIM_FAULT_SHORT,       DFUT_SIM_FAULT_GARBAGE,
							   DFUT_SIM_FAULT_SLOW };
	static const struct kind_of_device disturbed[] = {
		{ TFA, FSBL, "memory0", "dfu", 0 },
		{ OTHER_DFUSE ",application=runtime", NULL, "flash", "dfuse", 0 },
	};
	size_t cases = 0;

	for (size_t i = 0; i < COUNT(disturbed); i++)
		for (size_t request = 0; request < 6; request++)
			for (size_t k = 0; k < COUNT(faults); k++, cases++) {
				bool is_dfuse = strcmp(disturbed[i].protocol, "dfuse") == 0;
				struct dfut_sim_fault fault = {
					.size = sizeof(fault), .kind = faults[k], .request = request, .delay_ms = 3000
				};
				struct outcome outcome;
				struct bench bench;
				char what[64];

				snprintf(what, sizeof(what), "%zu, fault %d at request %zu", i, faults[k], request);
				bench_start(&bench, disturbed[i].spec);
				dfut_sim_device_add_fault(bench.device, &fault);
				outcome = update(&bench, disturbed[i].alternate, is_dfuse, SIZE_MAX, what);
				cr_expect(outcome.result < 0 || holds(&bench, disturbed[i].memory), "%s: false success",
					  what);
				dfut_sim_device_clear_faults(bench.device);
				if (!dfut_sim_device_is_present(bench.device))
					dfut_sim_device_replug(bench.device);
				for (int round = 0; round < 100; round++)
					dfut_context_dispatch(bench.context, 500);
				outcome = update(&bench, disturbed[i].alternate, is_dfuse, SIZE_MAX, what);
				cr_expect(eq(int, outcome.result, 0), "%s: second run: %s", what, outcome.message);
				cr_expect(holds(&bench, disturbed[i].memory), "%s", what);
				bench_stop(&bench);
			}
	for (size_t round = 0; round < 40; round++, cases++) {
		struct outcome outcome;
		struct bench bench;

		bench_start(&bench, TFA ",reset-returns=bootloader");
		outcome = update(&bench, FSBL, false, round, "cancel");
		cr_expect(outcome.result == 0 || outcome.result == DFUT_ERROR_CANCELLED, "%s", outcome.message);
		outcome = update(&bench, FSBL, false, SIZE_MAX, "after a cancel");
		cr_expect(eq(int, outcome.result, 0), "%s", outcome.message);
		cr_expect(holds(&bench, "memory0"));
		bench_stop(&bench);
	}
	fprintf(stderr, "%zu disturbances\n", cases);
}

/* FLIP, whose requests are DFU's, and whose blocks are commands. */

static void start_flip(struct bench *bench, const char *spec)
{
	size_t size;

	bench_start(bench, spec);
	dfut_sim_device_get_memory(bench->device, "memory0", &size);
	for (uint32_t i = 0; i < size; i++)
		dfut_sim_device_set_memory(bench->device, "memory0", i, &(uint8_t){ get_content(i) }, 1);
}

static size_t count_different(const struct bench *bench)
{
	size_t size, count = 0;
	const uint8_t *flash = dfut_sim_device_get_memory(bench->device, "memory0", &size);

	for (size_t i = 0; i < size; i++)
		count += flash[i] != get_content((uint32_t)i);
	return count;
}

static void expect_refusals(struct bench *bench, const char *protocol, const char *title, const char *what)
{
	struct dfut_device *device = bench_find(bench, "1-1");
	struct sink *sink = malloc(sizeof(*sink));
	struct outcome outcome = update(bench, NULL, false, SIZE_MAX, what);

	cr_expect(eq(int, dfut_device_get_mode(device), DFUT_MODE_BOOTLOADER), "%s", what);
	cr_expect(strcmp(dfut_device_get_protocol(device), protocol) == 0, "%s: %s", what,
		  dfut_device_get_protocol(device));
	cr_expect(strstr(dfut_device_get_title(device), title) != NULL, "%s: %s", what, dfut_device_get_title(device));
	cr_expect(eq(sz, dfut_device_get_command_count(device), 0), "%s", what);
	cr_expect(eq(int, outcome.result, DFUT_ERROR_UNSUPPORTED), "%s: %s", what, outcome.message);
	cr_expect(strstr(outcome.message, title) != NULL, "%s: %s", what, outcome.message);
	cr_expect(strstr(outcome.message, "nothing was sent") != NULL, "%s: %s", what, outcome.message);
	cr_expect(strstr(outcome.hint, "plain DFU is never spoken to it") != NULL, "%s: %s", what, outcome.hint);
	outcome = upload(bench, NULL, sink, what);
	cr_expect(eq(int, outcome.result, DFUT_ERROR_UNSUPPORTED), "%s: %s", what, outcome.message);
	cr_expect(eq(int, command(bench, "start", what).result, DFUT_ERROR_NOT_FOUND), "%s", what);
	cr_expect(eq(sz, dfut_sim_device_get_request_count(bench->device), 0), "%s", what);
	cr_expect(eq(sz, count_different(bench), 0), "%s", what);
	free(sink);
	dfut_device_unref(device);
}

/* Whatever is made of them: an image that is none of theirs costs them nothing, and is not sent. */
static void expect_known(struct bench *bench, const char *protocol, const char *title, const char *what)
{
	struct dfut_device *device = bench_find(bench, "1-1");
	struct outcome outcome = update(bench, NULL, false, SIZE_MAX, what);

	cr_expect(eq(int, dfut_device_get_mode(device), DFUT_MODE_BOOTLOADER), "%s", what);
	cr_expect(strcmp(dfut_device_get_protocol(device), protocol) == 0, "%s: %s", what,
		  dfut_device_get_protocol(device));
	cr_expect(strstr(dfut_device_get_title(device), title) != NULL, "%s: %s", what, dfut_device_get_title(device));
	cr_expect(lt(int, outcome.result, 0), "%s: %s", what, outcome.message);
	cr_expect(eq(sz, dfut_sim_device_get_request_count(bench->device), 0), "%s", what);
	cr_expect(eq(sz, count_different(bench), 0), "%s", what);
	dfut_device_unref(device);
}

Test(language, that_only_looks_like_dfu_is_known_by_its_ids)
{
	static const struct {
		uint16_t first, last;
		const char *protocol;
		const char *title;
	} ids[] = {
		{ 0x2fee, 0x2ff0, "atmel-flip", "AVR in" }, { 0x2ff2, 0x2ff4, "atmel-flip", "AVR in" },
		{ 0x2ff7, 0x2ff7, "atmel-flip", "AVR in" }, { 0x2ff9, 0x2ffb, "atmel-flip", "AVR in" },
		{ 0x2feb, 0x2feb, "atmel-flip", "AVR32" },  { 0x2ff1, 0x2ff1, "atmel-flip", "AVR32" },
		{ 0x2ff6, 0x2ff6, "atmel-flip", "AVR32" },  { 0x2ff8, 0x2ff8, "atmel-flip", "AVR32" },
		{ 0x2fd6, 0x2fdb, "atmel-flip", "XMEGA" },  { 0x2fdd, 0x2fe8, "atmel-flip", "XMEGA" },
		{ 0x2fea, 0x2fea, "atmel-flip", "XMEGA" },  { 0x2fec, 0x2fed, "atmel-flip", "XMEGA" },
		{ 0x2ffd, 0x2ffd, "flip-8051", "8051" },    { 0x2fff, 0x2fff, "flip-8051", "8051" },
	};
	static const char *const kinds[] = { "", ",hidden=yes", ",hidden=yes,version=1.0" };
	size_t count = 0;

	for (size_t i = 0; i < COUNT(ids); i++)
		for (uint32_t id = ids[i].first; id <= ids[i].last; id++)
			for (size_t k = 0; k < COUNT(kinds); k++, count++) {
				struct bench bench;
				char spec[64];

				snprintf(spec, sizeof(spec), "dfu:flavour=flip,pid=%04x%s", (unsigned int)id, kinds[k]);
				start_flip(&bench, spec);
				if (strcmp(ids[i].protocol, "flip-8051") == 0)
					expect_refusals(&bench, ids[i].protocol, ids[i].title, spec);
				else
					expect_known(&bench, ids[i].protocol, ids[i].title, spec);
				bench_stop(&bench);
			}
	fprintf(stderr, "%zu bootloaders\n", count);
	cr_expect(eq(sz, count, 3 * 37));
}

/* One of their ids that nobody has told us of, and an application with their vendor's id */
Test(language, that_only_looks_like_dfu_is_known_by_the_range_of_its_ids)
{
	struct dfut_device *device;
	struct bench bench;

	start_flip(&bench, "dfu:flavour=flip,pid=2ffc");
	device = bench_find(&bench, "1-1");
	cr_expect(strcmp(dfut_device_get_protocol(device), "atmel-flip") == 0);
	cr_expect(strstr(dfut_device_get_title(device), "Atmel part") != NULL);
	dfut_device_unref(device);
	cr_expect(lt(int, update(&bench, NULL, false, SIZE_MAX, "2ffc").result, 0));
	cr_expect(eq(sz, count_different(&bench), 0));
	bench_stop(&bench);
	bench_start(&bench, "dfu:vid=03eb,pid=2068,start=bootloader");
	device = bench_find(&bench, "1-1");
	cr_expect(strcmp(dfut_device_get_protocol(device), "dfu") == 0);
	dfut_device_unref(device);
	bench_stop(&bench);
}

/* The virtual one shows what plain DFU would do to it. */
Test(language, that_is_wrong_would_be_seen)
{
	static const char file[] = "{\"format\": 1, \"devices\": [{\"name\": \"mine\", \"bootloader\": [{\"ids\": "
				   "[\"03eb:2ff4\"]}], \"protocol\": \"dfu\"}]}";
	static const uint8_t bytes[64] = { 0x04, 0x00, 0xff };
	struct dfut_session *session;
	struct dfut_image *image;
	struct bench bench;

	start_flip(&bench, "dfu:flavour=flip");
	cr_assert(eq(int, bench_load_devices(&bench, file), 0));
	cr_assert(eq(int, dfut_image_load_buffer(&image, bench.context, bytes, sizeof(bytes), 0), 0));
	session = bench_new_session(&bench, "1-1");
	if (dfut_session_start_update(session, image) == 0)
		bench_run(&bench, session, SIZE_MAX, "plain DFU");
	cr_expect(lt(sz, 20000, count_different(&bench)));
	dfut_session_free(session);
	dfut_image_free(image);
	bench_stop(&bench);
}

/* Its neighbours in a range of ids are other parts. */
Test(language, of_a_range_of_ids_is_not_that_of_one_part)
{
	static const struct {
		uint16_t product;
		int code;
	} cases[] = { { 0x2fd7, 0 }, { 0x2fd6, DFUT_ERROR_MISMATCH } };

	for (size_t i = 0; i < COUNT(cases); i++) {
		static const uint8_t bytes[64] = { 0x0c, 0x94, 0x34, 0x00 };
		struct dfut_device *device;
		struct dfut_image *image;
		struct bench bench;

		bench_start(&bench, "dfu:flavour=flip,pid=2fd7");
		cr_assert(eq(int, dfut_image_load_buffer(&image, bench.context, bytes, sizeof(bytes), 0), 0), "%s",
			  dfut_context_get_error(bench.context));
		dfut_image_set_suffix(image, 0x03eb, cases[i].product, 0xffff);
		device = bench_find(&bench, "1-1");
		cr_expect(eq(int, dfut_image_check(image, device, NULL, 0), cases[i].code), "%04x", cases[i].product);
		dfut_device_unref(device);
		dfut_image_free(image);
		bench_stop(&bench);
	}
}

/* DFU does not ask which chip it is that it writes. */
Test(language, that_does_not_go_by_parts_takes_none)
{
	static const uint8_t bytes[64] = { 0x0c, 0x94, 0x34, 0x00 };
	struct dfut_session *session;
	struct dfut_image *image;
	struct bench bench;

	bench_start(&bench, "dfu:start=bootloader");
	cr_assert(eq(int, dfut_image_load_buffer(&image, bench.context, bytes, sizeof(bytes), 0), 0));
	session = bench_new_session(&bench, "1-1");
	cr_assert(eq(int, dfut_session_set_part(session, "atmega32u4"), 0));
	cr_expect(eq(int, dfut_session_start_update(session, image), DFUT_ERROR_USAGE));
	cr_expect(strstr(dfut_session_get_message(session), "atmega32u4") != NULL);
	cr_expect(strstr(dfut_session_get_hint(session), "--part") != NULL);
	cr_assert(eq(int, dfut_session_set_part(session, NULL), 0));
	cr_expect(eq(int, dfut_session_start_update(session, image), 0));
	cr_expect(eq(int, bench_run(&bench, session, SIZE_MAX, "without a part"), 0));
	dfut_session_free(session);
	dfut_image_free(image);
	bench_stop(&bench);
}

/* What is offered is what the hint lists, whole. */
static void expect_choice(const struct dfut_session *session, const char *first, size_t count)
{
	char names[1024] = "name it (--part): ";
	const char *name;
	size_t i;

	for (i = 0; (name = dfut_session_get_part_choice(session, i)); i++)
		snprintf(names + strlen(names), sizeof(names) - strlen(names), "%s%s", i ? ", " : "", name);
	cr_expect(eq(sz, i, count));
	/* What follows is what was done. */
	cr_expect(eq(int, strncmp(dfut_session_get_hint(session), names, strlen(names)), 0), "%s", names);
	cr_expect(strchr(";", dfut_session_get_hint(session)[strlen(names)]) != NULL, "%s", names);
	cr_expect(eq(str, (char *)dfut_session_get_part_choice(session, 0), (char *)first));
	cr_expect(eq(ptr, (void *)dfut_session_get_part_choice(session, i + 1), NULL));
}

Test(language, offers_the_parts_that_there_are)
{
	static const struct {
		const char *spec;
		const char *first;
		size_t count;
		uint8_t bytes[64];
		bool is_planned; /* it shows in the bootloader */
	} cases[] = {
		{ "sinowealth-keyboard:chip=sh68f881", "sh68f90", 3, { 0x02, 0x00, 0x20 }, false },
		{ "via-keyboard:bootloader=lufa-hid", "at90usb82", 11, { 0x0c, 0x94, 0x10, 0x00 }, true },
		/* Of those with its product id */
		{ "flip:part=at32uc3b0256,application=via", "at32uc3b064", 8, { 0x0c, 0x94, 0x10, 0x00 }, true },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct dfut_session *session;
		struct dfut_image *image;
		struct bench bench;

		bench_start(&bench, cases[i].spec);
		cr_assert(eq(int, dfut_image_load_buffer(&image, bench.context, cases[i].bytes, 64, 0), 0));
		session = bench_new_session(&bench, "1-1");
		cr_expect(eq(ptr, (void *)dfut_session_get_part_choice(session, 0), NULL));
		cr_assert(
			eq(int, dfut_session_start_update(session, image), cases[i].is_planned ? 0 : DFUT_ERROR_USAGE));
		if (cases[i].is_planned)
			cr_assert(eq(int, bench_run(&bench, session, SIZE_MAX, cases[i].spec), DFUT_ERROR_USAGE));
		expect_choice(session, cases[i].first, cases[i].count);
		dfut_session_free(session);
		dfut_image_free(image);
		bench_stop(&bench);
	}
}

/* It is about the last try, and for a name that is none, too. */
Test(language, offers_parts_as_long_as_one_is_missing)
{
	static const uint8_t bytes[64] = { 0x02, 0x00, 0x20, [32] = 0x22 };
	struct dfut_session *session;
	struct dfut_image *image;
	struct bench bench;

	bench_start(&bench, "sinowealth-keyboard:chip=sh68f881");
	cr_assert(eq(int, dfut_image_load_buffer(&image, bench.context, bytes, sizeof(bytes), 0), 0));
	session = bench_new_session(&bench, "1-1");
	cr_expect(eq(int, dfut_session_plan_update(session, image), DFUT_ERROR_USAGE));
	cr_expect(ne(ptr, (void *)dfut_session_get_part_choice(session, 2), NULL));
	cr_assert(eq(int, dfut_session_set_part(session, "sh79f166"), 0));
	cr_expect(eq(int, dfut_session_plan_update(session, image), DFUT_ERROR_USAGE));
	cr_expect(ne(ptr, (void *)dfut_session_get_part_choice(session, 2), NULL));
	cr_assert(eq(int, dfut_session_set_part(session, dfut_session_get_part_choice(session, 2)), 0));
	cr_expect(eq(int, dfut_session_plan_update(session, image), 0), "%s", dfut_session_get_message(session));
	cr_expect(eq(ptr, (void *)dfut_session_get_part_choice(session, 0), NULL));
	dfut_session_free(session);
	dfut_image_free(image);
	bench_stop(&bench);
}

Test(language, tells_which_there_are)
{
	struct dfut_context *context;
	const char *name;
	size_t count = 0, parts = 0;

	cr_assert(eq(int, dfut_context_new(&context), 0));
	for (; (name = dfut_protocol_get_name(count)); count++) {
		cr_expect(lt(sz, 2, strlen(dfut_protocol_get_text(name))), "%s", name);
		cr_expect(eq(int, dfut_context_set_protocol(context, 0x1209, (int)count, name, -1), 0), "%s", name);
		while (dfut_protocol_get_part(name, parts))
			parts++;
	}
	cr_expect(lt(sz, 10, count));
	cr_expect(lt(sz, 0, parts));
	cr_expect(eq(str, (char *)dfut_protocol_get_part("picoboot", 1), (char *)"rp2350"));
	cr_expect(eq(ptr, (void *)dfut_protocol_get_part("picoboot", 2), NULL));
	cr_expect(eq(ptr, (void *)dfut_protocol_get_part("dfu", 0), NULL));
	/* That is known, and not spoken. */
	cr_expect(eq(ptr, (void *)dfut_protocol_get_text("usbasp"), NULL));
	cr_expect(eq(ptr, (void *)dfut_protocol_get_text(NULL), NULL));
	cr_expect(eq(ptr, (void *)dfut_protocol_get_part(NULL, 0), NULL));
	dfut_context_free(context);
}
