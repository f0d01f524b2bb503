/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* The plan of an update by DfuSe: the worst that can be, refined by the comparison, and kept. */

#include <time.h>

#include "dfuse-bench.h"

#define STEP_LIMIT 10
#define STATE_LIMIT 32
#define ROUNDS 10

struct plan {
	struct dfut_step steps[STEP_LIMIT];
	char texts[STEP_LIMIT][160];
	size_t count;
	uint32_t time_ms;
};

/* What a program sees that shows plan and progress. */
struct view {
	const struct bench *bench;
	struct plan plans[3];
	unsigned int plan;
	enum dfut_session_state state;
	uint64_t since_us;
	uint64_t spent_us[STATE_LIMIT];
	uint64_t done[STATE_LIMIT]; /* the most that was told */
	uint64_t total[STATE_LIMIT];
};

static void take_plan(struct plan *plan, const struct dfut_session *session)
{
	*plan = (struct plan){ .count = dfut_session_get_step_count(session) };
	cr_assert(le(sz, plan->count, STEP_LIMIT));
	for (size_t i = 0; i < plan->count; i++) {
		cr_assert(eq(int, dfut_session_get_step(session, i, &plan->steps[i], sizeof(plan->steps[i])), 0));
		snprintf(plan->texts[i], sizeof(plan->texts[i]), "%s", plan->steps[i].text);
		plan->time_ms += plan->steps[i].time_ms;
	}
}

static void look(struct dfut_session *session, const struct dfut_progress *progress, void *user_data)
{
	struct view *view = user_data;
	uint64_t now_us = dfut_sim_get_time_us(view->bench->sim);

	view->spent_us[view->state] += now_us - view->since_us;
	view->since_us = now_us;
	view->state = progress->state;
	if (progress->total) {
		cr_expect(le(u64, progress->done, progress->total));
		cr_expect(ge(u64, progress->done, view->done[progress->state]));
		view->done[progress->state] = progress->done;
		view->total[progress->state] = progress->total;
	}
	if (progress->plan == view->plan)
		return;
	view->plan = progress->plan;
	cr_assert(le(uint, view->plan, 2));
	take_plan(&view->plans[view->plan], session);
}

static const struct dfut_step *find_step(const struct plan *plan, enum dfut_session_state state, const char **text)
{
	for (size_t i = 0; i < plan->count; i++) {
		if (plan->steps[i].state != state)
			continue;
		*text = plan->texts[i];
		return &plan->steps[i];
	}
	return NULL;
}

static void update(struct bench *bench, struct view *view, const struct part *parts, size_t count,
		   const struct wishes *wishes, const char *what)
{
	struct dfut_image *image = bench_make_image(bench, KIND_HEX, parts, count);
	struct dfut_session *session = bench_new_wishing(bench, wishes);

	*view = (struct view){ .bench = bench, .since_us = dfut_sim_get_time_us(bench->sim) };
	dfut_session_set_progress_handler(session, look, view);
	cr_assert(eq(int, dfut_session_start_update(session, image), 0), "%s: %s", what,
		  dfut_session_get_message(session));
	take_plan(&view->plans[0], session);
	cr_assert(eq(int, bench_run(bench, session, SIZE_MAX, what), 0), "%s: %s", what,
		  dfut_session_get_message(session));
	dfut_session_free(session);
	dfut_image_free(image);
}

/* No phase takes longer than it was given, on the slowest part. */
static void expect_kept(const struct view *view, const char *what)
{
	const struct plan *plan = &view->plans[view->plan];

	for (size_t i = 0; i < plan->count; i++) {
		enum dfut_session_state state = plan->steps[i].state;

		cr_expect(le(u64, view->spent_us[state] / 1000, plan->steps[i].time_ms), "%s: %s", what,
			  plan->texts[i]);
		bench_expect_words(plan->texts[i], what);
	}
	cr_expect(le(u32, plan->time_ms, view->plans[0].time_ms), "%s", what);
}

static const struct part whole = { FLASH, 100 * KIB };

Test(update_dfuse_plan, is_the_worst_that_can_be, .timeout = 60)
{
	static const char *const specs[] = {
		"stm32f072:erase-percent=200,program-percent=200", "stm32f405:erase-percent=200,program-percent=600",
		"gd32vf103:erase-percent=200,program-percent=200", "usbd-dfu-rt:erase-percent=200,program-percent=200",
		"stm32f405:erase-percent=200,transfer-size=64",
	};

	for (size_t i = 0; i < COUNT(specs); i++)
		for (int erase = DFUT_ERASE_AUTO; erase <= DFUT_ERASE_MASS; erase++) {
			struct wishes wishes = { (enum dfut_erase)erase, DFUT_VERIFY_AUTO, 0, NULL };
			struct bench bench;
			struct view view;
			char what[100];

			snprintf(what, sizeof(what), "%s, erase %d", specs[i], erase);
			bench_start(&bench, specs[i]);
			bench_fill_old(&bench);
			update(&bench, &view, &whole, 1, &wishes, what);
			expect_kept(&view, what);
			cr_expect(eq(uint, view.plan, erase == DFUT_ERASE_AUTO || erase == DFUT_ERASE_NEEDED), "%s",
				  what);
			bench_stop(&bench);
		}
}

Test(update_dfuse_plan, is_refined_by_the_comparison, .timeout = 60)
{
	const struct wishes wishes = { DFUT_ERASE_AUTO, DFUT_VERIFY_AUTO, 0, NULL };
	const struct dfut_step *step;
	struct bench bench;
	struct view view;
	const char *text = "";

	bench_start(&bench, "stm32f405:application=runtime,boot0=yes");
	update(&bench, &view, &whole, 1, &wishes, "first");
	step = find_step(&view.plans[0], DFUT_SESSION_DOWNLOADING, &text);
	cr_assert(step != NULL);
	cr_expect(strcmp(text, "erase those of 5 sectors that differ, write up to 102400 bytes") == 0, "%s", text);
	step = find_step(&view.plans[1], DFUT_SESSION_DOWNLOADING, &text);
	cr_assert(step != NULL);
	cr_expect(strcmp(text, "erase 5 sectors, write 102400 bytes") == 0, "%s", text);
	cr_expect(eq(u64, step->bytes, 102400));

	dfut_sim_device_unplug(bench.device);
	dfut_context_dispatch(bench.context, 100);
	dfut_sim_device_replug(bench.device);
	dfut_context_dispatch(bench.context, 100);
	dfut_sim_device_set_memory(bench.device, "flash", 20 * KIB, "x", 1);
	update(&bench, &view, &whole, 1, &wishes, "one sector");
	step = find_step(&view.plans[1], DFUT_SESSION_DOWNLOADING, &text);
	cr_assert(step != NULL);
	cr_expect(strcmp(text, "erase 1 sector, write 16384 bytes") == 0, "%s", text);
	cr_expect(eq(u64, step->bytes, 16384));
	cr_expect(lt(u32, view.plans[1].time_ms, view.plans[0].time_ms));
	expect_kept(&view, "one sector");

	dfut_sim_device_unplug(bench.device);
	dfut_context_dispatch(bench.context, 100);
	dfut_sim_device_replug(bench.device);
	dfut_context_dispatch(bench.context, 100);
	update(&bench, &view, &whole, 1, &wishes, "nothing");
	cr_expect(eq(uint, view.plan, 1));
	cr_expect(find_step(&view.plans[1], DFUT_SESSION_DOWNLOADING, &text) == NULL, "%s", text);
	cr_expect(find_step(&view.plans[1], DFUT_SESSION_RESTARTING, &text) != NULL);
	bench_stop(&bench);
}

/* Planning again. */

static const struct part other = { FLASH + 32 * KIB, 40 * KIB };

static void run_planned(struct bench *bench, struct dfut_session *session, struct dfut_image *image, const char *what)
{
	cr_assert(eq(int, dfut_session_start_update(session, image), 0), "%s: %s", what,
		  dfut_session_get_message(session));
	dfut_image_free(image);
	cr_assert(eq(int, bench_run(bench, session, SIZE_MAX, what), 0), "%s: %s", what,
		  dfut_session_get_message(session));
	cr_expect(eq(int, dfut_session_get_verified(session), DFUT_VERIFIED_YES), "%s", what);
	dfut_session_free(session);
}

static void expect_only(const struct bench *bench, const char *spec, const struct part *part, const char *what)
{
	size_t size;
	uint8_t *wanted;

	bench_get_flash(bench, &size);
	wanted = malloc(size);
	for (size_t i = 0; i < size; i++)
		wanted[i] = get_old(FLASH + (uint32_t)i);
	expect_update(wanted, spec, part, 1);
	bench_expect_flash(bench, wanted, what);
	free(wanted);
}

Test(update_dfuse_plan, is_that_of_the_last_image, .timeout = 60)
{
	static const char *const specs[] = { "stm32f072", "stm32f405", "gd32vf103" };

	for (size_t i = 0; i < COUNT(specs); i++) {
		struct bench bench;
		struct dfut_session *session;
		struct dfut_image *first;

		bench_start(&bench, specs[i]);
		bench_fill_old(&bench);
		first = bench_make_image(&bench, KIND_HEX, &whole, 1);
		session = bench_new_session(&bench, "1-1");
		cr_assert(eq(int, dfut_session_plan_update(session, first), 0), "%s",
			  dfut_session_get_message(session));
		/* What the plan had of it must not be used again. */
		dfut_image_free(first);
		run_planned(&bench, session, bench_make_image(&bench, KIND_HEX, &other, 1), specs[i]);
		expect_only(&bench, specs[i], &other, specs[i]);
		bench_stop(&bench);
	}
}

Test(update_dfuse_plan, is_that_of_the_last_address, .timeout = 60)
{
	struct bench bench;
	struct dfut_session *session;
	struct dfut_image *image;

	bench_start(&bench, "stm32f405");
	bench_fill_old(&bench);
	image = bench_make_image(&bench, KIND_RAW, &other, 1);
	session = bench_new_session(&bench, "1-1");
	cr_assert(eq(int, dfut_image_set_address(image, FLASH + 128 * KIB), 0));
	cr_assert(eq(int, dfut_session_plan_update(session, image), 0), "%s", dfut_session_get_message(session));
	cr_assert(eq(int, dfut_image_set_address(image, other.address), 0));
	run_planned(&bench, session, image, "other address");
	expect_only(&bench, "stm32f405", &other, "other address");
	bench_stop(&bench);
}

Test(update_dfuse_plan, is_that_of_the_last_alternate)
{
	const struct part small = { FLASH, 16 };
	struct bench bench;
	struct dfut_session *session;
	struct dfut_image *image;

	bench_start(&bench, "stm32f405");
	bench_fill_old(&bench);
	image = bench_make_image(&bench, KIND_HEX, &small, 1);
	session = bench_new_session(&bench, "1-1");
	cr_assert(eq(int, dfut_session_set_alternate(session, "0"), 0));
	cr_assert(eq(int, dfut_session_plan_update(session, image), 0), "%s", dfut_session_get_message(session));
	/* The option bytes do not have these addresses. */
	cr_assert(eq(int, dfut_session_set_alternate(session, "1"), 0));
	cr_expect(eq(int, dfut_session_plan_update(session, image), DFUT_ERROR_MISMATCH));
	cr_expect(eq(uint, dfut_session_get_failed_check(session), DFUT_CHECK_MEMORY_MAP));
	cr_expect(eq(sz, dfut_session_get_step_count(session), 0));
	cr_assert(eq(int, dfut_session_set_alternate(session, NULL), 0));
	run_planned(&bench, session, image, "any alternate again");
	expect_only(&bench, "stm32f405", &small, "any alternate again");
	bench_stop(&bench);
}

/* Not the gaps, whatever is sent for them. */
Test(update_dfuse_plan, progress_is_that_of_the_image, .timeout = 60)
{
	static const struct part parts[] = {
		{ FLASH, 3000 }, { FLASH + 4096, 200 }, { FLASH + 15 * KIB, 2 * KIB }, { FLASH + 100 * KIB, 300 }
	};
	static const enum dfut_session_state states[] = { DFUT_SESSION_DOWNLOADING, DFUT_SESSION_VERIFYING };
	const struct wishes wishes = { DFUT_ERASE_AUTO, DFUT_VERIFY_AUTO, 0, NULL };
	struct bench bench;
	struct view view;

	bench_start(&bench, "stm32f405:transfer-size=64");
	bench_fill_old(&bench);
	update(&bench, &view, parts, COUNT(parts), &wishes, "gaps");
	for (size_t i = 0; i < COUNT(states); i++) {
		cr_expect(eq(u64, view.total[states[i]], 3000 + 200 + 2 * KIB + 300), "%zu", i);
		/* It is told now and then; the last of it need not be. */
		cr_expect(lt(u64, 3000, view.done[states[i]]), "%zu", i);
	}
	bench_stop(&bench);
}

/* Growth. */

#define GRAIN 16

static void put_le32(uint8_t *bytes, uint32_t value)
{
	for (size_t i = 0; i < 4; i++)
		bytes[i] = (uint8_t)(value >> 8 * i);
}

/* A piece in each sector. */
static struct dfut_image *make_pieces(struct bench *bench, uint32_t count)
{
	struct file *head = calloc(1, sizeof(*head));
	uint8_t *bytes = calloc(count, GRAIN), *file;
	struct dfut_image *image = NULL;
	size_t size = (size_t)count * GRAIN;

	/* The sizes are those of all, which come behind the head. */
	file_begin_dfuse(head, 1);
	file_add_target(head, 0, NULL, 0);
	put_le32(head->bytes + head->size - 8, (uint32_t)size);
	put_le32(head->bytes + head->size - 4, count);
	put_le32(head->bytes + 6, (uint32_t)(head->size + size));
	for (uint32_t i = 0; i < count; i++) {
		put_le32(bytes + (size_t)i * GRAIN, FLASH + i * GRAIN);
		put_le32(bytes + (size_t)i * GRAIN + 4, GRAIN - 8);
	}
	file = malloc(head->size + size);
	memcpy(file, head->bytes, head->size);
	memcpy(file + head->size, bytes, size);
	cr_assert(eq(int, dfut_image_load_buffer(&image, bench->context, file, head->size + size, DFUT_CHECK_LENGTH),
		     0),
		  "%s", dfut_context_get_error(bench->context));
	free(bytes);
	free(file);
	free(head);
	return image;
}

/* Several times, as some systems count the processor's time in hundredths. */
static double plan_s(struct bench *bench, uint32_t count)
{
	struct dfut_image *image = make_pieces(bench, count);
	clock_t spent = 0;

	for (int i = 0; i < ROUNDS; i++) {
		struct dfut_session *session = bench_new_session(bench, "1-1");
		clock_t begin = clock();

		dfut_session_set_force(session, DFUT_CHECK_IDS);
		cr_expect(eq(int, dfut_session_plan_update(session, image), 0), "%s",
			  dfut_session_get_message(session));
		spent += clock() - begin;
		dfut_session_free(session);
	}
	dfut_image_free(image);
	return (double)spent / CLOCKS_PER_SEC / ROUNDS;
}

/* Four times as many pieces and sectors: not sixteen times the time. */
Test(update_dfuse_plan, grows_with_pieces_and_sectors, .timeout = 600)
{
	struct bench bench;
	double few, many;

	bench_start(&bench, "stm32f072:layout=@Internal Flash  /0x08000000/100000*0016Bg");
	few = plan_s(&bench, 25000);
	many = plan_s(&bench, 100000);
	fprintf(stderr, "25000 pieces: %.1f ms, 100000: %.1f ms\n", few * 1e3, many * 1e3);
	cr_expect(le(dbl, many, 8 * few + 0.01));
	bench_stop(&bench);
}
