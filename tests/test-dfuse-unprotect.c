/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* READ UNPROTECT: everything is erased, the part resets, and the bus is the judge of it. */

#include "dfuse-bench.h"
#include "language/dfuse/machine.h"
#include "session/jobs.h"

static int prepare(struct dfut_session *session, struct dfut_job *job, const struct dfut_machine_ops **machine)
{
	(void)session;
	(void)job;
	*machine = &dfuse_unprotect_machine;
	return 0;
}

static const struct dfut_leg leg = { DFUT_SESSION_RESTARTING, DFUT_MODE_BOOTLOADER, NULL, prepare, NULL };

static struct dfut_session *start(struct bench *bench)
{
	struct dfut_session *session = bench_new_session(bench, "1-1");

	cr_assert(eq(int, dfut_session_check_start(session), 0));
	cr_assert(eq(int, dfut_plan_set_language(&session->plan, dfut_device_get_language(session->device)), 0));
	dfut_plan_add_leg(&session->plan, &leg);
	cr_assert(eq(int, dfut_session_begin(session), 0));
	return session;
}

static int unprotect(struct bench *bench, const char *what)
{
	struct dfut_session *session = start(bench);
	int result = bench_run(bench, session, SIZE_MAX, what);

	bench_expect_words(dfut_session_get_message(session), what);
	dfut_session_free(session);
	return result;
}

static bool is_erased(const struct bench *bench)
{
	size_t size;
	const uint8_t *flash = bench_get_flash(bench, &size);

	for (size_t i = 0; i < size; i++)
		if (flash[i] != 0xff)
			return false;
	return true;
}

static const struct part part = { FLASH, 3001 };

static void expect_update_works(struct bench *bench, const char *what)
{
	const struct wishes wishes = { DFUT_ERASE_AUTO, DFUT_VERIFY_AUTO, 0, NULL };
	struct dfut_image *image = bench_make_image(bench, KIND_RAW, &part, 1);

	bench_update(bench, image, &wishes, what);
	cr_expect(bench_holds(bench, &part, 1), "%s", what);
	dfut_image_free(image);
}

static const char *const specs[] = {
	"stm32f072:rdp=yes",
	"stm32f072:rdp=yes,application=runtime",
	"stm32f072:rdp=yes,busy=block",
	"stm32f072:rdp=yes,busy=stall",
	"stm32f072:rdp=yes,first-status=idle",
	"stm32f072:rdp=yes,start=error,clear=stall",
	"stm32f072:rdp=yes,poll-percent=0",
	"stm32f072:rdp=yes,poll-percent=1000",
	"stm32f072:rdp=yes,return-ms=4000",
	"stm32f072:rdp=no",
	"stm32f405:rdp=yes",
	"stm32f405:rdp=yes,erase-percent=200",
	"stm32f405:rdp=yes,poll-percent=1,erase-percent=200,busy=answer",
	"gd32vf103:rdp=yes",
	"usbd-dfu-rt:rdp=yes",
};

/* An update that the protection refused goes through afterwards. */
Test(dfuse_unprotect, erases_everything_and_opens_the_part, .timeout = 60)
{
	for (size_t i = 0; i < COUNT(specs); i++) {
		struct dfut_session *session;
		struct bench bench;

		bench_start(&bench, specs[i]);
		bench_fill_old(&bench);
		session = start(&bench);
		cr_expect(eq(int, bench_run(&bench, session, SIZE_MAX, specs[i]), 0), "%s: %s", specs[i],
			  dfut_session_get_message(session));
		cr_expect(is_erased(&bench), "%s", specs[i]);
		cr_expect(bench_is_in_bootloader(bench.device), "%s", specs[i]);
		bench_expect_no_breach(bench.device, specs[i]);
		dfut_session_free(session);
		expect_update_works(&bench, specs[i]);
		bench_stop(&bench);
	}
}

/* An empty part may start into nothing that shows USB. */
Test(dfuse_unprotect, is_done_if_the_part_does_not_come_back)
{
	struct dfut_session *session;
	struct bench bench;

	bench_start(&bench, "stm32f072:rdp=yes,return=no");
	session = start(&bench);
	cr_expect(eq(int, bench_run(&bench, session, SIZE_MAX, "gone"), 0), "%s", dfut_session_get_message(session));
	cr_expect(strstr(dfut_session_get_hint(session), "plug it in again") != NULL);
	cr_expect(is_erased(&bench));
	dfut_session_free(session);
	bench_stop(&bench);
}

/* It says yes and does nothing, or says no: nobody is told that the protection is off. */
Test(dfuse_unprotect, is_not_done_if_the_part_stays)
{
	static const struct {
		enum dfut_sim_fault_kind kind;
		size_t request;
		const char *word;
		const char *hint;
	} cases[] = {
		/* GETSTATUS, DNLOAD, GETSTATUS */
		{ DFUT_SIM_FAULT_STALL, 1, "READ UNPROTECT", "debug probe" },
		{ DFUT_SIM_FAULT_GARBAGE, 2, "GETSTATUS", "" },
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		struct dfut_sim_fault fault = { .size = sizeof(fault),
						.kind = cases[i].kind,
						.request = cases[i].request };
		struct dfut_session *session;
		struct bench bench;

		bench_start(&bench, "stm32f072:rdp=yes,option-bytes=no");
		bench_fill_old(&bench);
		dfut_sim_device_add_fault(bench.device, &fault);
		session = start(&bench);
		cr_expect(lt(int, bench_run(&bench, session, SIZE_MAX, cases[i].word), 0));
		cr_expect(strstr(dfut_session_get_message(session), cases[i].word) != NULL, "%s",
			  dfut_session_get_message(session));
		cr_expect(strstr(dfut_session_get_hint(session), cases[i].hint) != NULL, "%s",
			  dfut_session_get_hint(session));
		dfut_session_free(session);
		bench_stop(&bench);
	}
}

Test(dfuse_unprotect, says_so_if_the_part_never_resets)
{
	struct dfut_session *session;
	struct bench bench;

	bench_start(&bench, "stm32f072:rdp=yes,resets=no");
	session = start(&bench);
	cr_expect(eq(int, bench_run(&bench, session, SIZE_MAX, "stays"), DFUT_ERROR_DEVICE));
	cr_expect(strstr(dfut_session_get_message(session), "still there 45") != NULL, "%s",
		  dfut_session_get_message(session));
	cr_expect(strstr(dfut_session_get_hint(session), "read a little") != NULL);
	dfut_session_free(session);
	bench_stop(&bench);
}

static const enum dfut_sim_fault_kind faults[] = { DFUT_SIM_FAULT_STALL,       DFUT_SIM_FAULT_TIMEOUT,
						   DFUT_SIM_FAULT_LOST_ANSWER, DFUT_SIM_FAULT_UNPLUG,
						   DFUT_SIM_FAULT_SHORT,       DFUT_SIM_FAULT_GARBAGE,
						   DFUT_SIM_FAULT_SLOW };

static void recover(struct bench *bench, const char *what)
{
	dfut_sim_device_clear_faults(bench->device);
	if (!dfut_sim_device_is_present(bench->device))
		dfut_sim_device_replug(bench->device);
	for (int i = 0; i < 100; i++)
		dfut_context_dispatch(bench->context, 500);
	cr_expect(eq(int, unprotect(bench, what), 0), "%s: second run", what);
	cr_expect(is_erased(bench), "%s: second run", what);
}

/* Whatever the outcome: success is never false, and the part can be unprotected by a second run. */
Test(dfuse_unprotect, recovers_from_every_fault_and_cancel, .timeout = 60)
{
	size_t cases = 0;

	for (size_t request = 0; request < 6; request++)
		for (size_t k = 0; k < COUNT(faults); k++, cases++) {
			struct dfut_sim_fault fault = {
				.size = sizeof(fault), .kind = faults[k], .request = request, .delay_ms = 3000
			};
			struct bench bench;
			char what[64];

			snprintf(what, sizeof(what), "fault %d at request %zu", faults[k], request);
			bench_start(&bench, "stm32f072:rdp=yes,start=upload-idle");
			bench_fill_old(&bench);
			dfut_sim_device_add_fault(bench.device, &fault);
			/* Pulled out when it had to begin: that looks like a reset. */
			if (unprotect(&bench, what) == 0 && !(faults[k] == DFUT_SIM_FAULT_UNPLUG && request == 4))
				cr_expect(is_erased(&bench), "%s: false success", what);
			recover(&bench, what);
			bench_stop(&bench);
		}
	for (size_t round = 0, result = 1; result; round++, cases++) {
		struct dfut_session *session;
		struct bench bench;

		bench_start(&bench, "stm32f072:rdp=yes");
		session = start(&bench);
		result = bench_run(&bench, session, round, "cancel") != 0;
		dfut_session_free(session);
		recover(&bench, "cancel");
		bench_stop(&bench);
	}
	fprintf(stderr, "%zu disturbances\n", cases);
}
