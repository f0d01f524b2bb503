/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* Legacy serial DFU's machine against the bytes of nRF5 SDK 11 (hci_transport.c); CRCs are those of Python's binascii.crc_hqx. */

#include "machine-host.h"
#include "language/nordic-legacy/hci.h"
#include "language/nordic-legacy/machine.h"

#define ACK(n) "\xc0" n "\xc0"
#define ACK_2 ACK("\x10\x00\x00\xf0")
#define ACK_3 ACK("\x18\x00\x00\xe8")
#define ACK_4 ACK("\x20\x00\x00\xe0")
#define ACK_5 ACK("\x28\x00\x00\xd8")
#define ACK_6 ACK("\x30\x00\x00\xd0")

/* START, an application of 8 bytes, number 1. */
#define START \
	"\xc0\xd1\x4e\x01\xe0\x03\x00\x00\x00\x04\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x08\x00\x00" \
	"\x00\xa8\x2a\xc0"
/* INIT: two bytes and two zeros, number 2. */
#define INIT "\xc0\xda\x8e\x00\x98\x01\x00\x00\x00\x52\x00\x00\x00\xe9\x19\xc0"
/* DATA, number 3. */
#define DATA "\xc0\xe3\xce\x00\x4f\x04\x00\x00\x00\x01\x02\xdb\xdc\xdb\xdd\x05\x06\x07\x08\x0e\x0d\xc0"
/* STOP, number 4. */
#define STOP "\xc0\xec\x4e\x00\xc6\x05\x00\x00\x00\xac\xfd\xc0"

static void start(struct machine_host *host)
{
	host->own.init = (const uint8_t *)"\x52\x00";
	host->own.init_size = 2;
	host->job.data = (const uint8_t *)"\x01\x02\xc0\xdb\x05\x06\x07\x08";
	host->job.size = 8;
	host->own.sizes[2] = 8;
	host->own.end = DFUT_END_LEAVES;
	machine_start(host, &nordic_legacy_machine);
	machine_open(host);
}

static void expect_end(struct machine_host *host, enum dfut_end end)
{
	machine_expect_done(host, end);
	machine_stop(host);
}

static void expect_failure(struct machine_host *host, int code, const char *words)
{
	cr_assert(eq(int, host->result, code), "%s", host->failure.text);
	cr_expect(strstr(host->failure.text, words) != NULL, "%s", host->failure.text);
	cr_expect(host->failure.hint[0] != 0);
	machine_stop(host);
}

Test(nordic_legacy, crc_of_the_check_string)
{
	cr_expect(eq(int, hci_crc16(0xffff, (const uint8_t *)"123456789", 9), 0x29b1));
}

Test(nordic_legacy, sends_all)
{
	struct machine_host host = { .now_ms = 0 };

	start(&host);
	WRITES(&host, START);
	ANSWERS(&host, ACK_2);
	WRITES(&host, INIT);
	ANSWERS(&host, ACK_3);
	WRITES(&host, DATA);
	ANSWERS(&host, ACK_4);
	WRITES(&host, STOP);
	ANSWERS(&host, ACK_5);
	expect_end(&host, DFUT_END_LEAVES);
}

Test(nordic_legacy, sends_a_packet_again_that_is_not_acknowledged)
{
	struct machine_host host = { .now_ms = 0 };

	start(&host);
	WRITES(&host, START);
	machine_pass(&host);
	WRITES(&host, "\xc0" START);
	/* Both arrived: the second acknowledgement is no news. */
	ANSWERS(&host, ACK_2 ACK_2);
	WRITES(&host, INIT);
	ANSWERS(&host, ACK_2);
	ANSWERS(&host, "\x55\xc0\x18\x00\x00\xe9" ACK_3);
	WRITES(&host, DATA);
	machine_stop(&host);
}

Test(nordic_legacy, gives_up_in_time)
{
	struct machine_host host = { .now_ms = 0 };

	start(&host);
	for (size_t i = 0; i < 20 && host.result == 0; i++) {
		machine_expect(&host, DFUT_ACTION_WRITE);
		machine_tell(&host, host.next.action.transfer.length);
		if (host.result == 0)
			machine_pass(&host);
	}
	cr_expect(le(u64, host.now_ms, 6500));
	expect_failure(&host, DFUT_ERROR_TIMEOUT, "START: the bootloader does not acknowledge it");
}

Test(nordic_legacy, an_error_of_the_line_costs_a_packet)
{
	struct machine_host host = { .now_ms = 0 };

	start(&host);
	machine_expect(&host, DFUT_ACTION_WRITE);
	machine_tell(&host, DFUT_ERROR_IO);
	machine_expect_wait(&host);
	WRITES(&host, "\xc0" START);
	ANSWERS(&host, ACK_2);
	WRITES(&host, INIT);
	machine_stop(&host);
}

/* It counts on from a transfer that was interrupted, takes no other START in it, and restarts. */
Test(nordic_legacy, an_interrupted_transfer_costs_a_restart)
{
	struct machine_host host = { .now_ms = 0 };

	start(&host);
	WRITES(&host, START);
	ANSWERS(&host, ACK_5);
	machine_expect(&host, DFUT_ACTION_WRITE);
	cr_expect(eq(int, host.next.action.transfer.data[1] & 7, 5));
	machine_tell(&host, host.next.action.transfer.length);
	ANSWERS(&host, ACK_6);
	machine_expect(&host, DFUT_ACTION_WRITE);
	machine_tell(&host, DFUT_ERROR_GONE);
	expect_end(&host, DFUT_END_RESTARTED);
}

Test(nordic_legacy, a_second_restart_is_a_refusal)
{
	struct machine_host host = { .now_ms = 0 };

	host.job.restarts = 1;
	start(&host);
	WRITES(&host, START);
	ANSWERS(&host, ACK_2);
	machine_expect(&host, DFUT_ACTION_WRITE);
	machine_tell(&host, DFUT_ERROR_GONE);
	expect_failure(&host, DFUT_ERROR_DEVICE, "refuses 8 bytes");
	memset(&host, 0, sizeof(host));
	host.job.restarts = 1;
	start(&host);
	WRITES(&host, START);
	ANSWERS(&host, ACK_2);
	WRITES(&host, INIT);
	ANSWERS(&host, ACK_3);
	WRITES(&host, DATA);
	machine_tell(&host, DFUT_ERROR_GONE);
	expect_failure(&host, DFUT_ERROR_DEVICE, "init packet: it refuses it");
}

Test(nordic_legacy, leaving_at_the_end_is_the_end)
{
	struct machine_host host = { .now_ms = 0 };

	start(&host);
	WRITES(&host, START);
	ANSWERS(&host, ACK_2);
	WRITES(&host, INIT);
	ANSWERS(&host, ACK_3);
	WRITES(&host, DATA);
	ANSWERS(&host, ACK_4);
	WRITES(&host, STOP);
	machine_tell(&host, DFUT_ERROR_GONE);
	expect_end(&host, DFUT_END_LEAVES);
}

Test(nordic_legacy, an_init_packet_that_makes_a_bootloader_deaf_is_refused)
{
	struct machine_host host = { .now_ms = 0 };
	static const uint8_t large[600];
	void *state = calloc(1, nordic_legacy_machine.state_size);

	host.job.failure = &host.failure;
	host.job.own = &host.own;
	host.own.init = large;
	host.own.init_size = HCI_PAYLOAD_MAX - 5;
	cr_expect(eq(int, nordic_legacy_machine.begin(state, &host.job), DFUT_ERROR_MISMATCH));
	host.own.init_size = HCI_PAYLOAD_MAX - 6;
	cr_expect(eq(int, nordic_legacy_machine.begin(state, &host.job), 0));
	free(state);
}
