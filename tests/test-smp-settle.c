/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* SMP's machines against devices that the virtual board is not: behind an adapter, without hashes, without a list. */

#include "machine-host.h"
#include "language/smp/frame.h"
#include "language/smp/machine.h"

struct peer {
	struct machine_host host;
	struct smp_job own;
	struct smp_report report;
	struct smp_decoder decoder;
	struct smp_header header; /* of the last request */
};

#define HASH "\x01\x02\x03\x04\x05\x06\x07\x08\x09\x0a\x0b\x0c\x0d\x0e\x0f\x10"
#define OTHER "\x11\x02\x03\x04\x05\x06\x07\x08\x09\x0a\x0b\x0c\x0d\x0e\x0f\x10"
#define SLOT(number, version, rest) "\xbf\x64slot" number "\x67version\x65" version rest "\xff"
#define LIST(slots) "\xbf\x66images\x9f" slots "\xff\xff"
#define HASHED(hash) "\x64hash\x50" hash
#define ACTIVE \
	"\x66" \
	"active\xf5"
#define CONFIRMED \
	"\x69" \
	"confirmed\xf5"
#define PENDING "\x67pending\xf5"
#define OLD_RUNS LIST(SLOT("\x00", "1.0.0", HASHED(OTHER) ACTIVE CONFIRMED) SLOT("\x01", "1.1.0", HASHED(HASH)))
#define OLD_WAITS \
	LIST(SLOT("\x00", "1.0.0", HASHED(OTHER) ACTIVE CONFIRMED) SLOT("\x01", "1.1.0", HASHED(HASH) PENDING))
#define NEW_RUNS LIST(SLOT("\x00", "1.1.0", HASHED(HASH) ACTIVE) SLOT("\x01", "1.0.0", HASHED(OTHER) CONFIRMED))
#define UNKNOWN "\xa1\x62rc\x08"
#define GOOD "\xa0"

static struct peer *start(const struct dfut_machine_ops *machine, const struct smp_job *job)
{
	struct peer *peer = calloc(1, sizeof(*peer));

	peer->own = *job;
	peer->own.hash = (const uint8_t *)HASH;
	peer->own.hash_size = 16;
	peer->own.report = &peer->report;
	peer->own.patience_ms = 20000;
	peer->report.stayed = job->patience_ms;
	peer->host.job.own = &peer->own;
	machine_start(&peer->host, machine);
	machine_open(&peer->host);
	return peer;
}

static void stop(struct peer *peer)
{
	machine_stop(&peer->host);
	free(peer);
}

static void expect_failure(struct peer *peer, int code, const char *words)
{
	cr_assert(eq(int, peer->host.result, code), "%s", peer->host.failure.text);
	cr_expect(strstr(peer->host.failure.text, words) != NULL, "%s", peer->host.failure.text);
	cr_expect(ne(int, peer->host.failure.hint[0], 0), "%s", peer->host.failure.text);
	stop(peer);
}

/* It asks for this. */
static void expect_request(struct peer *peer, uint8_t op, uint16_t group, uint8_t command)
{
	const struct dfut_action *action = &peer->host.next.action;
	bool is_whole = false;

	machine_expect(&peer->host, DFUT_ACTION_WRITE);
	for (size_t i = 0; i < action->transfer.length; i++)
		is_whole = smp_frame_decode(&peer->decoder, action->transfer.data[i]) || is_whole;
	cr_assert(is_whole);
	cr_assert(smp_header_read(&peer->header, peer->decoder.message, peer->decoder.message_size));
	cr_assert(eq(int, peer->header.op, op));
	cr_assert(eq(int, peer->header.group, group));
	cr_assert(eq(int, peer->header.command, command));
	machine_tell(&peer->host, action->transfer.length);
}

static void reply(struct peer *peer, const char *map, size_t size)
{
	uint8_t message[SMP_HEADER_SIZE + 400], frame[SMP_FRAME_SIZE(SMP_HEADER_SIZE + 400)];
	struct smp_header header = peer->header;

	cr_assert(le(sz, size, 400));
	header.op++;
	header.length = (uint16_t)size;
	smp_header_put(message, &header);
	memcpy(message + SMP_HEADER_SIZE, map, size);
	machine_answer(&peer->host, frame, smp_frame_encode(frame, message, SMP_HEADER_SIZE + size));
}

#define REPLIES(peer, text) reply(peer, text, sizeof(text) - 1)
#define ASKS_LIST(peer) expect_request(peer, 0, 1, 0)
#define SETS_STATE(peer) expect_request(peer, 2, 1, 0)
#define RESETS(peer) expect_request(peer, 2, 0, 5)

static const struct smp_job on_test = { .tests = true, .confirms = true };
static const struct smp_job in_recovery = { .in_recovery = true };
static const struct smp_job behind_adapter = { .confirms = true, .patience_ms = 1 };

/* Starting. */

Test(smp_settle, port_that_leaves)
{
	struct peer *peer = start(&smp_start_machine, &on_test);

	ASKS_LIST(peer);
	REPLIES(peer, OLD_RUNS);
	SETS_STATE(peer);
	REPLIES(peer, OLD_WAITS);
	RESETS(peer);
	REPLIES(peer, GOOD);
	machine_expect(&peer->host, DFUT_ACTION_READ);
	machine_tell(&peer->host, DFUT_ERROR_GONE);
	machine_expect_done(&peer->host, DFUT_END_RETURNS);
	cr_expect(not(peer->report.stayed));
	stop(peer);
}

Test(smp_settle, port_of_an_adapter_stays)
{
	struct peer *peer = start(&smp_start_machine, &on_test);

	ASKS_LIST(peer);
	REPLIES(peer, OLD_RUNS);
	SETS_STATE(peer);
	REPLIES(peer, "\xa1\x63"
		      "err\xa2\x65group\x01\x62rc\x18\x1c");
	RESETS(peer);
	REPLIES(peer, GOOD);
	machine_answer(&peer->host, "*** Booting MCUboot ***\r\n", 25);
	machine_pass(&peer->host);
	machine_expect_done(&peer->host, DFUT_END_STAYS);
	cr_expect(peer->report.stayed);
	stop(peer);
}

Test(smp_settle, image_that_is_not_in_the_list)
{
	struct peer *peer = start(&smp_start_machine, &on_test);

	ASKS_LIST(peer);
	REPLIES(peer, LIST(SLOT("\x00", "1.0.0", HASHED(OTHER) ACTIVE)));
	expect_failure(peer, DFUT_ERROR_VERIFY, "none with its hash");
}

Test(smp_settle, restart_that_is_refused)
{
	struct peer *peer = start(&smp_start_machine, &on_test);

	ASKS_LIST(peer);
	REPLIES(peer, OLD_RUNS);
	SETS_STATE(peer);
	REPLIES(peer, OLD_WAITS);
	RESETS(peer);
	REPLIES(peer, "\xa1\x62rc\x0a");
	expect_failure(peer, DFUT_ERROR_DEVICE, "busy");
}

Test(smp_settle, recovery_without_hashes_is_not_verified)
{
	struct peer *peer = start(&smp_start_machine, &in_recovery);

	ASKS_LIST(peer);
	REPLIES(peer, LIST(SLOT("\x00", "1.1.0", "")));
	RESETS(peer);
	cr_expect(peer->report.has_no_hash && !peer->report.is_there);
	stop(peer);
}

Test(smp_settle, recovery_without_a_list_is_not_verified)
{
	struct peer *peer = start(&smp_start_machine, &in_recovery);

	ASKS_LIST(peer);
	REPLIES(peer, UNKNOWN);
	RESETS(peer);
	cr_expect(peer->report.has_no_list && !peer->report.is_there);
	stop(peer);
}

/* MCUboot leaves out what it would not start. */
Test(smp_settle, recovery_that_would_not_start_it)
{
	struct peer *peer = start(&smp_start_machine, &in_recovery);

	ASKS_LIST(peer);
	REPLIES(peer, LIST(""));
	cr_expect(strstr(peer->host.failure.hint, "signed") != NULL);
	expect_failure(peer, DFUT_ERROR_VERIFY, "none with its hash");
}

/* Settling. */

Test(smp_settle, waits_behind_an_adapter_and_confirms)
{
	struct peer *peer = start(&smp_settle_machine, &behind_adapter);

	/* MCUboot swaps: nobody answers. */
	ASKS_LIST(peer);
	machine_pass(&peer->host);
	ASKS_LIST(peer);
	REPLIES(peer, OLD_WAITS);
	machine_pass(&peer->host);
	ASKS_LIST(peer);
	REPLIES(peer, NEW_RUNS);
	SETS_STATE(peer);
	REPLIES(peer, NEW_RUNS);
	machine_expect_done(&peer->host, DFUT_END_STAYS);
	cr_expect(peer->report.is_confirmed);
	cr_expect(strcmp(peer->report.version, "1.1.0") == 0);
	stop(peer);
}

Test(smp_settle, old_firmware_is_told)
{
	struct peer *peer = start(&smp_settle_machine, &on_test);

	ASKS_LIST(peer);
	REPLIES(peer, OLD_RUNS);
	expect_failure(peer, DFUT_ERROR_DEVICE, "old firmware, version 1.0.0");
}

Test(smp_settle, nothing_that_runs)
{
	struct peer *peer = start(&smp_settle_machine, &on_test);

	ASKS_LIST(peer);
	REPLIES(peer, LIST(""));
	expect_failure(peer, DFUT_ERROR_DEVICE, "lists no image that runs");
}

Test(smp_settle, silence_is_no_confirmation)
{
	struct peer *peer = start(&smp_settle_machine, &on_test);

	while (peer->host.result == 0) {
		ASKS_LIST(peer);
		machine_pass(&peer->host);
	}
	cr_expect(ge(u64, peer->host.now_ms, 20000));
	expect_failure(peer, DFUT_ERROR_TIMEOUT, "is not confirmed");
}

Test(smp_settle, left_on_test)
{
	static const struct smp_job job = { .tests = true };
	struct peer *peer = start(&smp_settle_machine, &job);

	ASKS_LIST(peer);
	REPLIES(peer, NEW_RUNS);
	machine_expect_done(&peer->host, DFUT_END_STAYS);
	cr_expect(not(peer->report.is_confirmed));
	stop(peer);
}

Test(smp_settle, confirmation_that_is_denied)
{
	struct peer *peer = start(&smp_settle_machine, &on_test);

	ASKS_LIST(peer);
	REPLIES(peer, NEW_RUNS);
	SETS_STATE(peer);
	REPLIES(peer, "\xa1\x63"
		      "err\xa2\x65group\x01\x62rc\x18\x20");
	machine_expect_done(&peer->host, DFUT_END_STAYS);
	cr_expect(peer->report.is_denied && !peer->report.is_confirmed);
	stop(peer);
	peer = start(&smp_settle_machine, &on_test);
	ASKS_LIST(peer);
	REPLIES(peer, NEW_RUNS);
	SETS_STATE(peer);
	REPLIES(peer, "\xa1\x62rc\x06");
	expect_failure(peer, DFUT_ERROR_DEVICE, "confirming the new firmware");
}

/* Looking. */

static struct peer *look(const char *list, size_t size)
{
	struct peer *peer = start(&smp_look_machine, &on_test);

	expect_request(peer, 0, 0, 6);
	REPLIES(peer, UNKNOWN);
	ASKS_LIST(peer);
	reply(peer, list, size);
	expect_request(peer, 0, 0, 8);
	REPLIES(peer, UNKNOWN);
	expect_request(peer, 0, 1, 6);
	REPLIES(peer, UNKNOWN);
	return peer;
}

#define LOOKS(text) look(text, sizeof(text) - 1)

Test(smp_settle, recovery_shows_by_its_list)
{
	struct peer *peer = LOOKS(LIST(SLOT("\x00", "1.0.0", HASHED(OTHER))));

	machine_expect_done(&peer->host, DFUT_END_STAYS);
	cr_expect(peer->report.look.in_recovery);
	stop(peer);
	peer = LOOKS("\xa2\x66images\x81\xa2\x64slot\x00\x66"
		     "active\xf5\x6bsplitStatus\x00");
	machine_expect_done(&peer->host, DFUT_END_STAYS);
	cr_expect(not(peer->report.look.in_recovery));
	stop(peer);
}

Test(smp_settle, version_tells_recovery_whose_list_is_an_applications)
{
	struct peer *peer = LOOKS(OLD_RUNS);

	ASKS_LIST(peer);
	cr_expect(eq(int, peer->header.version, 3));
	REPLIES(peer, OLD_RUNS);
	machine_expect_done(&peer->host, DFUT_END_STAYS);
	cr_expect(peer->report.look.in_recovery);
	stop(peer);
	peer = LOOKS(OLD_RUNS);
	ASKS_LIST(peer);
	REPLIES(peer, "\xa1\x62rc\x0d");
	machine_expect(&peer->host, DFUT_ACTION_WRITE);
	expect_request(peer, 0, 1, 0);
	cr_expect(eq(int, peer->header.version, 0));
	REPLIES(peer, OLD_RUNS);
	machine_expect_done(&peer->host, DFUT_END_STAYS);
	cr_expect(not(peer->report.look.in_recovery));
	stop(peer);
}

Test(smp_settle, device_without_images)
{
	struct peer *peer = start(&smp_look_machine, &on_test);

	expect_request(peer, 0, 0, 6);
	REPLIES(peer, GOOD);
	ASKS_LIST(peer);
	REPLIES(peer, UNKNOWN);
	expect_failure(peer, DFUT_ERROR_UNSUPPORTED, "does not list its images");
}
