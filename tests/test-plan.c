/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* What a job is made of has one owner: nothing of one plan gets into the next, on no kind of device. */

#include "nordic-bench.h"
#include "esp-archive.h"
#include "session/session.h"

#define FLASH 0x08000000u
#define OTHER_ADDRESS (FLASH + 16 * 1024)
#define OLD 0x5a
#define MANY 1000
/* Of an RP2040's second stage, which its CRC32 follows */
#define STAGE_SIZE 252

static void free_archive(void)
{
	free(archive);
	archive = NULL;
}

TestSuite(plan, .fini = free_archive, .timeout = 600);

/* The object. */

static unsigned int finished;

static void finish(void *work)
{
	const uint8_t *bytes = work;

	cr_expect(eq(u8, bytes[0], 7));
	finished++;
}

static const struct dfut_language one = { .name = "one", .work_size = 100, .job_size = 50, .finish = finish };
static const struct dfut_language two = { .name = "two" };

static void fill(struct dfut_plan *plan)
{
	plan->purpose = DFUT_PURPOSE_UPDATE;
	cr_assert(eq(int, dfut_plan_set_language(plan, &one), 0));
	memset(plan->work, 7, one.work_size);
	memset(plan->job, 7, one.job_size);
}

Test(plan, has_fresh_state_for_each_language)
{
	static const uint8_t zeros[100] = { 0 };
	struct dfut_plan plan = { .purpose = DFUT_PURPOSE_NONE };

	finished = 0;
	cr_assert(eq(int, dfut_plan_set_language(&plan, &one), 0));
	cr_expect(eq(int, memcmp(plan.work, zeros, one.work_size), 0));
	cr_expect(eq(int, memcmp(plan.job, zeros, one.job_size), 0));
	fill(&plan);
	cr_expect(eq(int, *(uint8_t *)plan.work, 7), "the same language keeps its state");
	cr_assert(eq(int, dfut_plan_set_language(&plan, &two), 0));
	cr_expect(eq(uint, finished, 1));
	cr_expect(plan.language == &two && plan.work != NULL && plan.job != NULL);
	fill(&plan);
	cr_assert(eq(int, dfut_plan_set_language(&plan, NULL), 0));
	cr_expect(eq(uint, finished, 2));
	cr_expect(plan.language == NULL && plan.work == NULL && plan.job == NULL);
	dfut_plan_clear(&plan);
	cr_expect(eq(uint, finished, 2));
}

Test(plan, is_freed_as_a_whole)
{
	static const struct dfut_leg leg = { .state = DFUT_SESSION_UPLOADING };
	struct dfut_plan plan = { .purpose = DFUT_PURPOSE_NONE };
	struct dfut_plan none;

	finished = 0;
	dfut_plan_clear(&plan);
	fill(&plan);
	plan.uploaded = 5;
	plan.lacks_memory = true;
	dfut_plan_add_leg(&plan, &leg);
	dfut_plan_add_step(&plan, DFUT_SESSION_UPLOADING, 1, 2, "read");
	dfut_plan_clear(&plan);
	cr_expect(eq(uint, finished, 1));
	memset(&none, 0, sizeof(none));
	cr_expect(eq(int, memcmp(&plan, &none, sizeof(plan)), 0));
	dfut_plan_clear(&plan);
	cr_expect(eq(uint, finished, 1));
}

Test(plan, has_as_many_legs_and_steps_as_are_added)
{
	struct dfut_plan plan = { .purpose = DFUT_PURPOSE_NONE };
	struct dfut_failure failure = { 0 };
	char text[16];

	for (unsigned int i = 0; i < MANY; i++) {
		const struct dfut_leg leg = { .state = (enum dfut_session_state)(i % 7) };

		snprintf(text, sizeof(text), "%u", i);
		dfut_plan_add_leg(&plan, &leg);
		dfut_plan_add_step(&plan, DFUT_SESSION_UPLOADING, i, i + 1, "step %s", text);
	}
	cr_assert(eq(sz, plan.leg_count, MANY));
	cr_assert(eq(sz, plan.step_count, MANY));
	for (unsigned int i = 0; i < MANY; i++) {
		cr_assert(eq(int, plan.legs[i].state, i % 7));
		cr_assert(eq(u64, plan.steps[i].bytes, i));
		cr_assert(eq(u32, plan.steps[i].time_ms, i + 1));
		cr_assert(eq(uint, (unsigned int)strtoul(plan.steps[i].text + 5, NULL, 10), i));
	}
	dfut_plan_keep_steps(&plan, MANY + 1);
	cr_expect(eq(sz, plan.step_count, MANY));
	dfut_plan_keep_steps(&plan, 3);
	cr_expect(eq(sz, plan.step_count, 3));
	dfut_plan_add_step(&plan, DFUT_SESSION_DONE, 0, 0, "last");
	cr_expect(eq(str, (char *)plan.steps[2].text, (char *)"step 2"));
	cr_expect(eq(str, (char *)plan.steps[3].text, (char *)"last"));
	cr_expect(eq(int, dfut_plan_check(&plan, &failure), 0));
	dfut_plan_clear(&plan);
}

/* Devices. */

enum kind {
	KIND_RAW,
	KIND_MCUBOOT,
	KIND_ADDRESS, /* raw, at an address */
	KIND_ESP,
	KIND_NORDIC,
	KIND_RP2040, /* with its second stage */
	KIND_CHIP,   /* with a header for an ESP32-S3 */
	KIND_HEAD,   /* raw, beginning as programs for it do */
};

/* Each kind of virtual device that can be updated, and where its firmware is then. */
static const struct model {
	const char *spec;
	enum kind kind;
	const char *memory; /* NULL: it keeps nothing, or not as it is sent */
	size_t offset;
} models[] = {
	{ "zephyr:slot-size=16K,erase-ms=0", KIND_MCUBOOT, "slot1", 0 },
	{ "zephyr:stack=legacy,slot-size=16K,erase-ms=0", KIND_MCUBOOT, "slot1", 0 },
	{ "zephyr:reboot=yes,slot-size=16K,erase-ms=0", KIND_MCUBOOT, "slot0", 0 },
	{ "nrf52840-keyboard", KIND_NORDIC, "flash", 0x1000 },
	{ "pca10059", KIND_NORDIC, "flash", 0x1000 },
	{ "dfu:transfer-size=256", KIND_RAW, "memory0", 0 },
	{ "dfu:start=bootloader,transfer-size=256", KIND_RAW, "memory0", 0 },
	{ "jabra", KIND_RAW, NULL, 0 },
	{ "adafruit-nrf52", KIND_NORDIC, "flash", 0x26000 },
	{ "esp32-s2:erase-percent=10", KIND_ESP, "flash", 0x10000 },
	{ "esp32-s3-jtag", KIND_CHIP, "flash", 0x10000 },
	{ "stm32f072", KIND_ADDRESS, "flash", 0 },
	{ "stm32f405", KIND_ADDRESS, "flash", 0 },
	{ "gd32vf103", KIND_ADDRESS, "flash", 0 },
	{ "usbd-dfu-rt", KIND_ADDRESS, "flash", 0 },
	{ "xmos:erase-percent=1", KIND_RAW, "upgrade", 0 },
	{ "sln-voice", KIND_RAW, "upgrade", 0 },
	{ "webcam", KIND_RAW, "flash", 0 },
	{ "pico:flash-size=512K", KIND_RP2040, "flash", 0 },
	{ "teensy", KIND_HEAD, "flash", 0 },
	{ "flip:loader=lufa", KIND_HEAD, "flash", 0 },
	{ "leonardo", KIND_HEAD, "flash", 0 },
	{ "sonix-keyboard", KIND_HEAD, "flash", 0 },
	{ "sinowealth-keyboard", KIND_HEAD, NULL, 0 },
	{ "leonardo", KIND_HEAD, "flash", 0 },
	{ "samd", KIND_HEAD, "flash", 0x2000 },
};

/* How programs for some of them begin, and the part that must be named. */
static const struct head {
	const char *spec;
	uint8_t bytes[64]; /* vectors that are not used are 0 */
	const char *part;
} heads[] = {
	{ "teensy", { 0x00, 0x80, 0x00, 0x20, 0xbd, 0x01, 0x00, 0x00 }, NULL },
	{ "flip:loader=lufa", { 0x0c, 0x94, 0x56, 0x00 }, NULL },
	{ "leonardo", { 0x0c, 0x94, 0x56, 0x00 }, NULL },
	{ "sonix-keyboard", { 0x00, 0x08, 0x00, 0x20, 0x01, 0x02, 0x00, 0x00 }, NULL },
	{ "sinowealth-keyboard", { 0x02, 0x01, 0x00 }, "sh68f90" },
	{ "leonardo", { 0x0c, 0x94, 0x56, 0x00 }, NULL },
	{ "samd", { 0x00, 0x80, 0x00, 0x20, 0x01, 0x21, 0x00, 0x00 }, NULL },
};

static const struct head *find_head(const struct model *model)
{
	for (size_t i = 0; i < COUNT(heads); i++)
		if (strcmp(heads[i].spec, model->spec) == 0)
			return &heads[i];
	return NULL;
}

/* What is set before a plan. */
struct wishes {
	enum dfut_verify verify;
	enum dfut_erase erase;
	const char *alternate;
	uint32_t address;
};

static const struct wishes wanted = { DFUT_VERIFY_AUTO, DFUT_ERASE_AUTO, NULL, FLASH };

/* What is planned first: much of it can't be. */
static const struct wishes firsts[] = {
	{ DFUT_VERIFY_AUTO, DFUT_ERASE_AUTO, NULL, FLASH },
	{ DFUT_VERIFY_ALWAYS, DFUT_ERASE_AUTO, NULL, FLASH },
	{ DFUT_VERIFY_NEVER, DFUT_ERASE_AUTO, NULL, FLASH },
	{ DFUT_VERIFY_AUTO, DFUT_ERASE_NEEDED, NULL, FLASH },
	{ DFUT_VERIFY_AUTO, DFUT_ERASE_ALL, NULL, FLASH },
	{ DFUT_VERIFY_NEVER, DFUT_ERASE_MASS, NULL, FLASH },
	{ DFUT_VERIFY_AUTO, DFUT_ERASE_AUTO, "0", FLASH },
	{ DFUT_VERIFY_AUTO, DFUT_ERASE_AUTO, "1", FLASH },
	{ DFUT_VERIFY_AUTO, DFUT_ERASE_AUTO, "no such", FLASH },
	{ DFUT_VERIFY_AUTO, DFUT_ERASE_AUTO, NULL, OTHER_ADDRESS },
	{ DFUT_VERIFY_AUTO, DFUT_ERASE_AUTO, NULL, 0 },
};

/* Which of the images. */
enum which {
	IMAGE_FIRST,
	IMAGE_LAST,
	IMAGE_FOREIGN,
};

static const size_t sizes[] = { [IMAGE_FIRST] = 3000, [IMAGE_LAST] = 1300, [IMAGE_FOREIGN] = 700 };

static const struct firmware *make_content(enum which which)
{
	static struct firmware firmware;

	firmware_make(&firmware, sizes[which], 77 * which + 1);
	return &firmware;
}

static struct dfut_image *load(struct bench *bench, const void *bytes, size_t size)
{
	struct dfut_image *image;

	cr_assert(eq(int, dfut_image_load_buffer(&image, bench->context, bytes, size, 0), 0), "%s",
		  dfut_context_get_error(bench->context));
	return image;
}

static struct dfut_image *make_esp(struct bench *bench, enum which which)
{
	static const struct file files[] = {
		[IMAGE_FIRST] = { 0x20000, 0, "app.bin", 3000 },
		[IMAGE_LAST] = { 0x10000, 0, "app.bin", 1300 },
	};

	make_archive(&files[which], 1, 2 * 1024 * 1024);
	add_suffix(0x0002);
	return load(bench, archive, archive_size);
}

/* Made for a device that nobody has. */
static struct dfut_image *make_foreign(struct bench *bench)
{
	const struct firmware *content = make_content(IMAGE_FOREIGN);
	struct dfut_image *image = load(bench, content->bytes, content->size);

	dfut_image_set_suffix(image, 0x1234, 0x5678, DFUT_ID_ANY);
	return image;
}

/* Its ROM checks the CRC32 at the end of the first page, which is not the one of files. */
static struct dfut_image *make_rp2040(struct bench *bench, const struct firmware *content)
{
	struct firmware program = *content;
	uint32_t crc = 0xffffffff;

	for (size_t i = 0; i < STAGE_SIZE; i++)
		for (int bit = 7; bit >= 0; bit--)
			crc = crc << 1 ^ ((crc >> 31 ^ (program.bytes[i] >> bit & 1u)) ? 0x04c11db7 : 0);
	for (size_t i = 0; i < 4; i++)
		program.bytes[STAGE_SIZE + i] = (uint8_t)(crc >> 8 * i);
	return load(bench, program.bytes, program.size);
}

/* One segment, whose checksum is the last byte. */
static struct dfut_image *make_chip(struct bench *bench, const struct firmware *content)
{
	static const uint8_t header[32] = { 0xe9, 1, 2, 0x2f, [12] = 9, [27] = 0x3c };
	size_t length = content->size / 16 * 16 + 8;
	uint8_t program[4096] = { 0 }, sum = 0xef;

	memcpy(program, header, sizeof(header));
	program[28] = (uint8_t)length;
	program[29] = (uint8_t)(length >> 8);
	memcpy(program + 32, content->bytes, content->size);
	for (size_t i = 0; i < length; i++)
		sum ^= program[32 + i];
	program[32 + length + 7] = sum;
	return load(bench, program, 32 + length + 8);
}

static struct dfut_image *make_headed(struct bench *bench, const struct model *model, const struct firmware *content)
{
	struct firmware program = *content;

	memcpy(program.bytes, find_head(model)->bytes, sizeof(heads[0].bytes));
	return load(bench, program.bytes, program.size);
}

static struct dfut_image *make_image(struct bench *bench, const struct model *model, enum which which)
{
	const struct firmware *content = make_content(which);
	struct dfut_image *image;

	if (which == IMAGE_FOREIGN)
		return make_foreign(bench);
	switch (model->kind) {
	case KIND_ESP:
		return make_esp(bench, which);
	case KIND_NORDIC:
		return bench_pack_application(bench, model->spec, content);
	case KIND_RP2040:
		return make_rp2040(bench, content);
	case KIND_CHIP:
		return make_chip(bench, content);
	case KIND_HEAD:
		return make_headed(bench, model, content);
	case KIND_RAW:
	case KIND_MCUBOOT:
	case KIND_ADDRESS:
		break;
	}
	image = load(bench, content->bytes, content->size);
	if (model->kind == KIND_MCUBOOT)
		cr_assert(eq(int, dfut_image_wrap_mcuboot(image, which == IMAGE_LAST ? "2.0.0" : "3.0.0", 32), 0));
	return image;
}

static void wish(struct dfut_session *session, const struct model *model, struct dfut_image *image,
		 const struct wishes *wishes)
{
	dfut_session_set_verify(session, wishes->verify);
	dfut_session_set_erase(session, wishes->erase);
	cr_assert(eq(int, dfut_session_set_alternate(session, wishes->alternate), 0));
	if (find_head(model))
		cr_assert(eq(int, dfut_session_set_part(session, find_head(model)->part), 0));
	if (model->kind == KIND_ADDRESS && wishes->address)
		cr_assert(eq(int, dfut_image_set_address(image, wishes->address), 0));
}

static void start_model(struct bench *bench, const struct model *model)
{
	static uint8_t old[1 << 20];
	size_t size;

	bench_start(bench, model->spec);
	if (model->kind != KIND_ADDRESS)
		return;
	/* Behind the vector table, which makes it code. */
	dfut_sim_device_get_memory(bench->device, model->memory, &size);
	memset(old, OLD, sizeof(old));
	cr_assert(eq(int, dfut_sim_device_set_memory(bench->device, model->memory, 64, old, size - 64), 0));
}

/* What there is to see of an update. */
struct outcome {
	int result;
	enum dfut_verified verified;
	char message[512];
	char hint[512];
	char steps[2048];
	size_t requests;
	uint64_t time_us;
	uint8_t *memory;
	size_t memory_size;
};

static void tell_steps(struct dfut_session *session, char *text, size_t size)
{
	struct dfut_step step;
	size_t used = 0;

	text[0] = '\0';
	for (size_t i = 0; dfut_session_get_step(session, i, &step, sizeof(step)) == 0 && used < size; i++)
		used += (size_t)snprintf(text + used, size - used, "%s: %s (%llu, %u)\n",
					 dfut_session_state_get_name(step.state), step.text,
					 (unsigned long long)step.bytes, step.time_ms);
}

static void look(struct bench *bench, const struct model *model, struct dfut_session *session, struct outcome *outcome)
{
	const uint8_t *memory;

	outcome->verified = dfut_session_get_verified(session);
	snprintf(outcome->message, sizeof(outcome->message), "%s", dfut_session_get_message(session));
	snprintf(outcome->hint, sizeof(outcome->hint), "%s", dfut_session_get_hint(session));
	outcome->requests = dfut_sim_device_get_request_count(bench->device);
	outcome->time_us = dfut_sim_get_time_us(bench->sim);
	if (!model->memory)
		return;
	memory = dfut_sim_device_get_memory(bench->device, model->memory, &outcome->memory_size);
	cr_assert(memory != NULL, "%s", model->spec);
	outcome->memory = malloc(outcome->memory_size);
	cr_assert(outcome->memory != NULL);
	memcpy(outcome->memory, memory, outcome->memory_size);
}

/* The last image is put into a fresh device, after another plan of the same session if there is one. */
struct first {
	struct wishes wishes;
	enum which which;
	bool is_kept; /* until the session has ended */
};

static struct dfut_image *plan_first(struct bench *bench, const struct model *model, struct dfut_session *session,
				     const struct first *first)
{
	struct dfut_image *image = make_image(bench, model, first->which);
	int result;

	wish(session, model, image, &first->wishes);
	result = dfut_session_plan_update(session, image);
	cr_expect(eq(int, dfut_session_get_step_count(session) > 0, result == 0), "%s: %s", model->spec,
		  dfut_session_get_message(session));
	if (first->which == IMAGE_FOREIGN)
		cr_expect(eq(int, result, DFUT_ERROR_MISMATCH), "%s", model->spec);
	if (first->is_kept)
		return image;
	dfut_image_free(image);
	return NULL;
}

static struct outcome update(const struct model *model, const struct first *first, const struct wishes *last)
{
	struct outcome outcome = { .memory = NULL };
	struct dfut_image *image, *kept = NULL;
	struct dfut_session *session;
	struct bench bench;

	start_model(&bench, model);
	session = bench_new_session(&bench, "1-1");
	if (first)
		kept = plan_first(&bench, model, session, first);
	image = make_image(&bench, model, IMAGE_LAST);
	wish(session, model, image, last);
	outcome.result = dfut_session_start_update(session, image);
	dfut_image_free(image);
	tell_steps(session, outcome.steps, sizeof(outcome.steps));
	if (outcome.result == 0)
		outcome.result = bench_run(&bench, session, SIZE_MAX, model->spec);
	look(&bench, model, session, &outcome);
	dfut_session_free(session);
	dfut_image_free(kept);
	bench_stop(&bench);
	return outcome;
}

static void expect_equal(const struct outcome *outcome, const struct outcome *fresh, const char *what)
{
	cr_expect(eq(int, outcome->result, fresh->result), "%s: %s", what, outcome->message);
	cr_expect(eq(int, outcome->verified, fresh->verified), "%s", what);
	cr_expect(eq(str, (char *)outcome->message, (char *)fresh->message), "%s", what);
	cr_expect(eq(str, (char *)outcome->hint, (char *)fresh->hint), "%s", what);
	cr_expect(eq(str, (char *)outcome->steps, (char *)fresh->steps), "%s", what);
	cr_expect(eq(sz, outcome->requests, fresh->requests), "%s", what);
	cr_expect(eq(u64, outcome->time_us, fresh->time_us), "%s", what);
	if (outcome->memory)
		cr_expect(eq(int, memcmp(outcome->memory, fresh->memory, fresh->memory_size), 0), "%s: other bytes",
			  what);
}

/* The image, somewhere in what MCUboot's or a package's layout makes of it. */
static bool holds(const struct outcome *outcome, size_t offset, size_t skipped)
{
	return offset + sizes[IMAGE_LAST] <= outcome->memory_size &&
	       memcmp(outcome->memory + offset + skipped, make_content(IMAGE_LAST)->bytes + skipped,
		      sizes[IMAGE_LAST] - skipped) == 0;
}

static void expect_update(const struct outcome *outcome, const struct model *model)
{
	size_t header = model->kind == KIND_MCUBOOT || model->kind == KIND_CHIP ? 32 : 0;
	/* What is not as in all the others */
	size_t skipped = model->kind == KIND_RP2040 ? STAGE_SIZE + 4 :
			 model->kind == KIND_HEAD   ? sizeof(heads[0].bytes) :
						      0;

	cr_assert(eq(int, outcome->result, 0), "%s: %s", model->spec, outcome->message);
	cr_expect(lt(sz, 0, outcome->requests), "%s", model->spec);
	if (model->kind == KIND_ESP)
		cr_expect(eq(int, memcmp(outcome->memory + model->offset, make_bytes(1300), 1300), 0), "%s",
			  model->spec);
	else if (model->memory)
		cr_expect(holds(outcome, model->offset + header, skipped), "%s", model->spec);
}

/* Of a build that can't make packages, those that take them are no devices to update. */
static bool can_make(const struct model *model)
{
	struct dfut_nordic nordic = DFUT_NORDIC_INIT;
	struct dfut_image *image = NULL;
	struct bench bench;
	int result;

	if (model->kind != KIND_NORDIC)
		return true;
	bench_start(&bench, model->spec);
	result = dfut_image_build_nordic(&image, bench.context, &nordic);
	dfut_image_free(image);
	bench_stop(&bench);
	return result != DFUT_ERROR_UNSUPPORTED;
}

static bool has_meaning(const struct model *model, const struct wishes *wishes)
{
	return model->kind == KIND_ADDRESS || wishes->address == FLASH;
}

static void expect_same_after(const struct model *model, struct first first, const struct outcome *fresh,
			      const char *text)
{
	struct outcome outcome = update(model, &first, &wanted);
	char what[160];

	snprintf(what, sizeof(what), "%s: after %s", model->spec, text);
	expect_equal(&outcome, fresh, what);
	free(outcome.memory);
}

static size_t plan_again(const struct model *model)
{
	struct outcome fresh = update(model, NULL, &wanted);
	size_t cases = 2;
	char text[40];

	expect_update(&fresh, model);
	expect_same_after(model, (struct first){ wanted, IMAGE_FOREIGN, false }, &fresh, "what can't be planned");
	expect_same_after(model, (struct first){ wanted, IMAGE_FIRST, true }, &fresh, "an image that is still there");
	for (size_t i = 0; i < COUNT(firsts); i++) {
		if (!has_meaning(model, &firsts[i]))
			continue;
		snprintf(text, sizeof(text), "wishes %zu", i);
		expect_same_after(model, (struct first){ firsts[i], IMAGE_FIRST, false }, &fresh, text);
		cases++;
	}
	free(fresh.memory);
	return cases;
}

Test(plan, made_again_is_that_of_the_last_image_on_every_device)
{
	size_t cases = 0;

	for (size_t i = 0; i < COUNT(models); i++)
		if (can_make(&models[i]))
			cases += plan_again(&models[i]);
	fprintf(stderr, "%zu updates\n", cases);
	cr_expect(ge(sz, cases, 140));
}

/* Of the last wishes, some can't be met: then that is said, as it is without another plan before. */
Test(plan, made_again_is_that_of_the_last_wishes_on_every_device)
{
	for (size_t i = 0; i < COUNT(models) * COUNT(firsts); i++) {
		const struct model *model = &models[i / COUNT(firsts)];
		const struct wishes *last = &firsts[i % COUNT(firsts)];
		const struct first first = { wanted, IMAGE_LAST, true };
		struct outcome fresh, outcome;
		char what[160];

		if (!can_make(model) || !has_meaning(model, last))
			continue;
		snprintf(what, sizeof(what), "%s: wishes %zu", model->spec, i % COUNT(firsts));
		fresh = update(model, NULL, last);
		outcome = update(model, &first, last);
		expect_equal(&outcome, &fresh, what);
		free(fresh.memory);
		free(outcome.memory);
	}
}

static bool is_tried(const char *name)
{
	size_t length = strlen(name);

	/* What its port would speak is that of "samd". */
	if (strcmp(name, "uf2-board") == 0)
		return true;
	for (size_t i = 0; i < COUNT(models); i++)
		if (strncmp(models[i].spec, name, length) == 0 &&
		    (!models[i].spec[length] || models[i].spec[length] == ':'))
			return true;
	return false;
}

Test(plan, no_device_that_can_be_updated_was_left_out)
{
	const char *name, *text, *options;

	for (size_t i = 0; dfut_sim_get_model(i, &name, &text, &options) == 0; i++) {
		struct dfut_device *device;
		struct bench bench;

		/* It is what its file says. */
		if (strcmp(name, "replay") == 0 || strcmp(name, "dump") == 0)
			continue;
		bench_start(&bench, name);
		device = bench_find(&bench, "1-1");
		cr_expect(eq(int, dfut_language_find(dfut_device_get_protocol(device)) != NULL, is_tried(name)), "%s",
			  name);
		dfut_device_unref(device);
		bench_stop(&bench);
	}
}

static bool is_erased(const struct outcome *outcome)
{
	size_t i = 0;

	while (i < outcome->memory_size && outcome->memory[i] == 0xff)
		i++;
	return i == outcome->memory_size;
}

/* Of two memories. */
Test(plan, made_again_goes_to_the_last_alternate)
{
	static const char *const specs[] = { "dfu:alternates=2,names=one/two",
					     "dfu:start=bootloader,alternates=2,names=one/two" };
	static const char *const names[] = { "one", "two" };
	static const char *const memories[] = { "memory0", "memory1" };

	for (size_t i = 0; i < 2 * COUNT(specs); i++) {
		const struct model model = { specs[i / 2], KIND_RAW, memories[i % 2], 0 };
		const struct model other = { specs[i / 2], KIND_RAW, memories[1 - i % 2], 0 };
		const struct wishes last = { DFUT_VERIFY_AUTO, DFUT_ERASE_AUTO, names[i % 2], 0 };
		struct first first = { last, IMAGE_FIRST, false };
		struct outcome outcome;

		first.wishes.alternate = names[1 - i % 2];
		outcome = update(&model, &first, &last);
		expect_update(&outcome, &model);
		free(outcome.memory);
		outcome = update(&other, &first, &last);
		cr_expect(is_erased(&outcome), "%s was written", other.memory);
		free(outcome.memory);
	}
}

/* One image, which has another address by then. */
Test(plan, made_again_goes_to_the_last_address)
{
	for (size_t i = 0; i < COUNT(models); i++) {
		const struct model *model = &models[i];
		struct outcome fresh, outcome = { .memory = NULL };
		struct dfut_session *session;
		struct dfut_image *image;
		struct bench bench;

		if (model->kind != KIND_ADDRESS)
			continue;
		fresh = update(model, NULL, &wanted);
		start_model(&bench, model);
		session = bench_new_session(&bench, "1-1");
		image = make_image(&bench, model, IMAGE_LAST);
		cr_assert(eq(int, dfut_image_set_address(image, OTHER_ADDRESS), 0));
		cr_assert(eq(int, dfut_session_plan_update(session, image), 0), "%s",
			  dfut_session_get_message(session));
		cr_assert(eq(int, dfut_image_set_address(image, FLASH), 0));
		outcome.result = dfut_session_start_update(session, image);
		tell_steps(session, outcome.steps, sizeof(outcome.steps));
		dfut_image_free(image);
		cr_expect(eq(int, bench_run(&bench, session, SIZE_MAX, model->spec), 0));
		look(&bench, model, session, &outcome);
		expect_equal(&outcome, &fresh, model->spec);
		free(fresh.memory);
		free(outcome.memory);
		dfut_session_free(session);
		bench_stop(&bench);
	}
}

/* Jobs. */

static int drop(const uint8_t *data, size_t size, void *user_data)
{
	(void)data;
	(void)size;
	(void)user_data;
	return 0;
}

/* Each way to begin something. */
static int begin(struct dfut_session *session, struct dfut_image *image, size_t which)
{
	switch (which) {
	case 0:
		return dfut_session_plan_update(session, image);
	case 1:
		return dfut_session_start_update(session, image);
	case 2:
		return dfut_session_start_trigger(session);
	case 3:
		return dfut_session_start_upload(session, drop, NULL);
	case 4:
		return dfut_session_start_command(session, "start");
	case 5:
		return dfut_session_start_probe(session);
	case 6:
		return dfut_session_start_diagnose(session);
	}
	return 0;
}

#define WAYS 7

static void expect_refusals(struct dfut_session *session, struct dfut_image *image)
{
	int result = dfut_session_get_result(session);
	char message[512], steps[2048], steps_after[2048];

	snprintf(message, sizeof(message), "%s", dfut_session_get_message(session));
	tell_steps(session, steps, sizeof(steps));
	for (size_t i = 0; i < WAYS; i++) {
		cr_expect(eq(int, begin(session, image, i), DFUT_ERROR_USAGE), "way %zu", i);
		cr_expect(eq(int, dfut_session_get_result(session), result), "way %zu", i);
		cr_expect(eq(str, (char *)dfut_session_get_message(session), message), "way %zu", i);
		tell_steps(session, steps_after, sizeof(steps_after));
		cr_expect(eq(str, steps_after, steps), "way %zu", i);
	}
	cr_expect(eq(int, dfut_session_set_trigger(session, "no such"), DFUT_ERROR_USAGE));
	cr_expect(eq(int, dfut_session_set_trigger_request(session, 0xa1, 0, 0, 0, NULL, 0), DFUT_ERROR_USAGE));
	cr_expect(eq(int, dfut_session_set_trigger_touch(session, 0, 0), DFUT_ERROR_USAGE));
	cr_expect(eq(int, dfut_session_get_result(session), result));
	cr_expect(eq(str, (char *)dfut_session_get_message(session), message));
}

static void refuse_in_handler(struct dfut_session *session, const struct dfut_progress *progress, void *user_data)
{
	(void)progress;
	if (!dfut_session_has_ended(session))
		expect_refusals(session, user_data);
}

Test(plan, of_a_session_that_was_started_stays)
{
	const struct model model = { "dfu:transfer-size=256", KIND_RAW, "memory0", 0 };
	struct dfut_session *session;
	struct dfut_image *image;
	struct bench bench;

	bench_start(&bench, model.spec);
	image = make_image(&bench, &model, IMAGE_LAST);
	session = bench_new_session(&bench, "1-1");
	cr_assert(eq(int, dfut_session_start_update(session, image), 0));
	expect_refusals(session, image);
	cr_expect(eq(int, dfut_session_start_trigger(session), DFUT_ERROR_USAGE));
	cr_expect(strstr(dfut_context_get_error(bench.context), "was started before") != NULL);
	dfut_session_set_progress_handler(session, refuse_in_handler, image);
	cr_assert(eq(int, bench_run(&bench, session, SIZE_MAX, model.spec), 0), "%s",
		  dfut_session_get_message(session));
	expect_refusals(session, image);
	cr_expect(eq(int, dfut_session_run(session), 0));
	dfut_image_free(image);
	dfut_session_free(session);
	bench_stop(&bench);
}

/* What can't be begun: on an application that nobody knows, in a bootloader with two memories, on one that can't be read. */
Test(plan, of_what_cant_be_started_is_none)
{
	static const char *const specs[] = { "sonix-keyboard:vid=1209,pid=0a02",
					     "dfu:start=bootloader,alternates=2",
					     "dfu:start=bootloader,upload=no",
					     "nrf52840-keyboard",
					     "zephyr",
					     "sln-voice" };
	const struct model model = { specs[0], KIND_RAW, NULL, 0 };
	size_t refused = 0;

	for (size_t i = 0; i < COUNT(specs) * WAYS; i++) {
		struct dfut_image *images[2];
		struct dfut_session *session;
		struct bench bench;

		bench_start(&bench, specs[i / WAYS]);
		session = bench_new_session(&bench, "1-1");
		images[0] = make_image(&bench, &model, IMAGE_FIRST);
		images[1] = make_foreign(&bench);
		dfut_session_set_alternate(session, "0");
		dfut_session_plan_update(session, images[0]);
		dfut_session_set_alternate(session, NULL);
		if (begin(session, images[1], i % WAYS) < 0) {
			cr_expect(eq(sz, dfut_session_get_step_count(session), 0), "%s: way %zu", specs[i / WAYS],
				  i % WAYS);
			cr_expect(eq(sz, session->plan.leg_count, 0), "%s: way %zu", specs[i / WAYS], i % WAYS);
			cr_expect(session->plan.image == NULL && session->plan.language == NULL, "%s: way %zu",
				  specs[i / WAYS], i % WAYS);
			cr_expect(ne(str, (char *)dfut_session_get_message(session), (char *)""));
			refused++;
		}
		dfut_image_free(images[0]);
		dfut_image_free(images[1]);
		dfut_session_free(session);
		bench_stop(&bench);
	}
	cr_expect(ge(sz, refused, 20), "%zu", refused);
}

Test(plan, that_has_no_room_is_not_begun)
{
	struct dfut_session *session;
	struct bench bench;

	bench_start(&bench, "dfu");
	session = bench_new_session(&bench, "1-1");
	dfut_plan_add_step(&session->plan, DFUT_SESSION_UPLOADING, 0, 0, "read");
	session->plan.lacks_memory = true;
	cr_expect(eq(int, dfut_session_begin(session), DFUT_ERROR_NO_MEMORY));
	cr_expect(ne(str, (char *)dfut_session_get_message(session), (char *)""));
	cr_expect(eq(sz, dfut_session_get_step_count(session), 0));
	cr_expect(eq(int, dfut_session_start_trigger(session), 0));
	cr_expect(eq(int, bench_run(&bench, session, SIZE_MAX, "trigger"), 0));
	dfut_session_free(session);
	bench_stop(&bench);
}

/* Another bootloader than the application was thought to have. */

static const char announces_dfu
	[] = "{\"format\": 1, \"devices\": [{\"name\": \"wrong\", \"title\": \"wrong\","
	     "\"application\": [{\"ids\": [\"0483:*\", \"1209:*\", \"f055:*\"], \"dfu\": \"application\"}],"
	     "\"triggers\": [\"dfu-detach\"], \"protocol\": \"dfu\","
	     "\"sources\": [\"this test\"]}]}";
static const char announces_dfuse
	[] = "{\"format\": 1, \"devices\": [{\"name\": \"wrong\", \"title\": \"wrong\","
	     "\"application\": [{\"ids\": [\"0483:*\", \"1209:*\", \"f055:*\"], \"dfu\": \"application\"}],"
	     "\"bootloader\": [{\"ids\": [\"2fe3:ffff\"]}], \"triggers\": [\"dfu-detach\"], \"protocol\": \"dfuse\","
	     "\"sources\": [\"this test\"]}]}";

static const char *get_protocol(struct bench *bench)
{
	struct dfut_device *device = bench_find(bench, "1-1");
	const char *protocol = dfut_device_get_protocol(device);

	dfut_device_unref(device);
	return protocol;
}

Test(plan, is_made_anew_for_another_language_and_counted)
{
	static const struct {
		struct model model;
		const char *table;
		const char *announced;
		unsigned int refined; /* once more where the flash is compared */
	} cases[] = {
		{ { "usbd-dfu-rt", KIND_ADDRESS, "flash", 0 }, announces_dfu, "dfu", 2 },
		{ { "dfu:transfer-size=256", KIND_RAW, "memory0", 0 }, announces_dfuse, "dfuse", 1 },
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		const struct model *model = &cases[i].model;
		struct outcome outcome = { .memory = NULL };
		struct dfut_progress progress;
		struct dfut_session *session;
		struct dfut_image *image;
		struct bench bench;

		start_model(&bench, model);
		cr_assert(eq(int, bench_load_devices(&bench, cases[i].table), 0));
		cr_assert(eq(str, (char *)get_protocol(&bench), (char *)cases[i].announced));
		session = bench_new_session(&bench, "1-1");
		image = make_image(&bench, model, IMAGE_LAST);
		wish(session, model, image, &wanted);
		cr_assert(eq(int, dfut_session_start_update(session, image), 0), "%s",
			  dfut_session_get_message(session));
		dfut_image_free(image);
		outcome.result = bench_run(&bench, session, SIZE_MAX, model->spec);
		dfut_session_get_progress(session, &progress, sizeof(progress));
		cr_expect(eq(uint, progress.plan, cases[i].refined), "%s: its steps are others", model->spec);
		look(&bench, model, session, &outcome);
		expect_update(&outcome, model);
		free(outcome.memory);
		dfut_session_free(session);
		bench_stop(&bench);
	}
}

struct taken {
	uint8_t bytes[2048];
	size_t size;
};

static int take(const uint8_t *data, size_t size, void *user_data)
{
	struct taken *taken = user_data;

	cr_assert(le(sz, size, sizeof(taken->bytes) - taken->size));
	memcpy(taken->bytes + taken->size, data, size);
	taken->size += size;
	return 0;
}

Test(plan, of_an_upload_is_for_the_language_that_is_there)
{
	static const struct {
		const char *spec;
		const char *table;
		const char *memory;
	} cases[] = {
		{ "usbd-dfu-rt", announces_dfu, "flash" },
		{ "dfu:transfer-size=256", announces_dfuse, "memory0" },
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		struct taken taken = { .size = 0 };
		struct dfut_session *session;
		struct bench bench;

		bench_start(&bench, cases[i].spec);
		cr_assert(eq(int, bench_load_devices(&bench, cases[i].table), 0));
		cr_assert(eq(int, dfut_sim_device_set_memory(bench.device, cases[i].memory, 100, "here", 4), 0));
		session = bench_new_session(&bench, "1-1");
		dfut_session_set_alternate(session, "0");
		dfut_session_set_upload_size(session, sizeof(taken.bytes));
		cr_assert(eq(int, dfut_session_start_upload(session, take, &taken), 0), "%s",
			  dfut_session_get_message(session));
		cr_expect(eq(int, bench_run(&bench, session, SIZE_MAX, cases[i].spec), 0), "%s: %s", cases[i].spec,
			  dfut_session_get_message(session));
		cr_assert(eq(sz, taken.size, sizeof(taken.bytes)), "%s", cases[i].spec);
		cr_expect(eq(int,
			     memcmp(taken.bytes, dfut_sim_device_get_memory(bench.device, cases[i].memory, NULL),
				    taken.size),
			     0));
		dfut_session_free(session);
		bench_stop(&bench);
	}
}

static size_t count_downloads(const struct dfut_sim_device *device)
{
	size_t count = 0;

	for (size_t i = 0; i < dfut_sim_device_get_record_count(device); i++) {
		const struct dfut_sim_record *record = dfut_sim_device_get_record(device, i);

		count += record->event == DFUT_SIM_EVENT_CONTROL && record->request_type == 0x21 &&
			 record->request == 1;
	}
	return count;
}

/* To a bootloader of DFU, a command of DfuSe would be the first byte of new firmware. */
Test(plan, of_a_command_ends_in_front_of_another_language)
{
	struct dfut_session *session;
	struct bench bench;

	bench_start(&bench, "dfu");
	cr_assert(eq(int, bench_load_devices(&bench, announces_dfuse), 0));
	session = bench_new_session(&bench, "1-1");
	cr_assert(eq(int, dfut_session_start_command(session, "read-unprotect"), 0), "%s",
		  dfut_session_get_message(session));
	cr_expect(eq(int, bench_run(&bench, session, SIZE_MAX, "command"), DFUT_ERROR_UNSUPPORTED));
	cr_expect(eq(sz, count_downloads(bench.device), 0));
	cr_expect(strstr(dfut_session_get_message(session), "\"read-unprotect\"") != NULL, "%s",
		  dfut_session_get_message(session));
	bench_expect_words(dfut_session_get_message(session), "command");
	bench_expect_no_breach(bench.device, "command");
	dfut_session_free(session);
	bench_stop(&bench);
}
