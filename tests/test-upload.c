/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* Reading a memory: where it ends, what is left of one that breaks, and devices that never end or have nothing. */

#include "upload-bench.h"

TestSuite(upload, .timeout = 100);

Test(upload, ends_with_the_device_its_memory_or_its_size)
{
	static const struct row rows[] = {
		{ DFU "size=5000,transfer-size=256", { NULL, -1, 0, 0 }, 0, 5000, "5000 bytes read", "" },
		{ DFU "size=5000,transfer-size=256", { NULL, -1, 5001, 0 }, 0, 5000, "5000 bytes read", "" },
		{ DFU "size=5000,transfer-size=256", { NULL, -1, 4999, 0 }, 0, 4999, "4999 bytes read", "" },
		/* Block numbers are just enough */
		{ DFU "size=524280,transfer-size=8", { NULL, -1, 0, 0 }, 0, 524280, "524280 bytes read", "" },
		{ DFU "size=524287,transfer-size=8", { NULL, -1, 0, 0 }, 0, 524287, "524287 bytes read", "" },
		{ DFU "size=524288,transfer-size=8", { NULL, -1, 0, 0 }, 0, 524288, "524288 bytes read", "" },
		/* One byte too many, which may be the first one again */
		{ DFU "size=524289,transfer-size=8",
		  { NULL, -1, 0, 0 },
		  DFUT_ERROR_PROTOCOL,
		  524288,
		  "after 524288 bytes block numbers begin again",
		  "--size" },
		{ DFU "size=524289,transfer-size=8", { NULL, -1, 1024 * KIB, 0 }, 0, 524289, "524289 bytes read", "" },
		/* Devices that never end */
		{ DFU "reads=endless,size=5000,transfer-size=8",
		  { NULL, -1, 0, 0 },
		  DFUT_ERROR_PROTOCOL,
		  524288,
		  "block 65536: the device does not end the upload",
		  "--size" },
		{ DFU "reads=endless,size=5000,transfer-size=16",
		  { NULL, -1, 0, 0 },
		  DFUT_ERROR_PROTOCOL,
		  1048576,
		  "after 1048576 bytes",
		  "--size" },
		{ DFU "flavour=tinyusb,reads=endless,size=4K,transfer-size=8",
		  { NULL, -1, 0, 0 },
		  DFUT_ERROR_PROTOCOL,
		  524288,
		  "does not end",
		  "--size" },
		{ DFU "reads=endless,size=5000,transfer-size=256",
		  { NULL, -1, 70000, 0 },
		  0,
		  70000,
		  "70000 bytes",
		  "" },
		{ DFU "reads=endless,size=5000,transfer-size=8",
		  { NULL, -1, 8 * 65536 + 20, 0 },
		  0,
		  8 * 65536 + 20,
		  "524308 bytes",
		  "" },
		/* Nothing is no success */
		{ DFU "reads=empty,size=5000",
		  { NULL, -1, 0, 0 },
		  DFUT_ERROR_DEVICE,
		  0,
		  "nothing was read",
		  "before firmware" },
		{ DFU "reads=empty,size=5000", { NULL, -1, 100, 0 }, DFUT_ERROR_DEVICE, 0, "nothing was read", "" },
		{ DFU "reads=empty,alternates=2,size=5000",
		  { "1", -1, 0, 0 },
		  DFUT_ERROR_DEVICE,
		  0,
		  "nothing was read",
		  "--alt" },
		{ DFU "flavour=tinyusb,reads=empty,size=4K",
		  { NULL, -1, 0, 0 },
		  DFUT_ERROR_DEVICE,
		  0,
		  "nothing was read",
		  "" },
	};

	for (size_t i = 0; i < COUNT(rows); i++)
		expect_row(&rows[i], "memory0");
}

Test(upload, ends_at_the_size_that_a_table_knows)
{
	static const char devices[] = "{\"format\": 1, \"devices\": [{\"name\": \"mine\", \"bootloader\": "
				      "[{\"ids\": [\"1209:0001\"], \"dfu\": \"bootloader\"}], \"protocol\": \"dfu\", "
				      "\"slots\": {\"size\": 600000}}]}";
	static const struct {
		const char *spec;
		uint64_t wanted;
		size_t size;
	} cases[] = {
		{ DFU "vid=1209,pid=0001,reads=endless,size=5000,transfer-size=256", 0, 600000 },
		{ DFU "vid=1209,pid=0001,reads=endless,size=5000,transfer-size=8", 0, 600000 },
		{ DFU "vid=1209,pid=0001,reads=endless,size=5000,transfer-size=256", 600001, 600001 },
		{ DFU "vid=1209,pid=0001,size=600000,transfer-size=250", 0, 600000 },
		{ DFU "vid=1209,pid=0001,size=5000,transfer-size=256", 0, 5000 },
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		struct wish wish = { NULL, -1, cases[i].wanted, 0 };
		struct taken taken = { 0 };
		struct dfut_session *session;
		struct bench bench;

		bench_start(&bench, cases[i].spec);
		cr_assert(eq(int, bench_load_devices(&bench, devices), 0), "%s", dfut_context_get_error(bench.context));
		fill(&bench, "memory0");
		session = new_session(&bench, &wish);
		cr_expect(eq(int, upload(&bench, session, &taken, cases[i].spec), 0), "%s",
			  dfut_session_get_message(session));
		cr_expect(eq(sz, taken.size, cases[i].size), "%s", cases[i].spec);
		expect_memory(&bench, "memory0", 0, &taken, cases[i].spec);
		bench_expect_no_breach(bench.device, cases[i].spec);
		dfut_session_free(session);
		free(taken.data);
		bench_stop(&bench);
	}
}

/* One function decides; what the list says is used. */
Test(upload, blocks_have_the_size_that_is_told)
{
	static const struct {
		const char *spec;
		uint16_t told;
		uint16_t size;
	} cases[] = {
		{ DFU "size=9000,transfer-size=0", 0, 64 },
		{ DFU "size=9000,transfer-size=0xffff", 0xffff, 1024 },
		{ DFU "size=9000,transfer-size=16K", 16384, 4096 },
		{ DFU "size=9000,transfer-size=4K", 4096, 4096 },
		{ DFU "size=9000,transfer-size=4097", 4097, 4096 },
		{ DFU "size=9000,transfer-size=1", 1, 1 },
		{ DFU "size=9000,transfer-size=65534", 65534, 4096 },
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		struct dfut_dfu_descriptor dfu;
		struct taken taken = { 0 };
		struct dfut_session *session;
		struct dfut_device *device;
		struct bench bench;

		bench_start(&bench, cases[i].spec);
		device = bench_find(&bench, "1-1");
		cr_assert(eq(int, dfut_device_get_dfu_descriptor(device, &dfu), 0));
		cr_expect(eq(uint, dfu.transfer_size, cases[i].told), "%s", cases[i].spec);
		cr_expect(eq(uint, dfut_dfu_get_block_size(dfu.transfer_size), cases[i].size), "%s", cases[i].spec);
		dfut_device_unref(device);
		session = new_session(&bench, &all);
		cr_expect(eq(int, upload(&bench, session, &taken, cases[i].spec), 0), "%s: %s", cases[i].spec,
			  dfut_session_get_message(session));
		cr_expect(eq(sz, taken.size, 9000), "%s", cases[i].spec);
		for (size_t k = 0; k < dfut_sim_device_get_record_count(bench.device); k++) {
			const struct dfut_sim_record *record = dfut_sim_device_get_record(bench.device, k);

			if (record->event == DFUT_SIM_EVENT_CONTROL && record->request_type == 0xa1 &&
			    record->request == 2)
				cr_expect(eq(uint, record->length, cases[i].size), "%s", cases[i].spec);
		}
		bench_expect_no_breach(bench.device, cases[i].spec);
		dfut_session_free(session);
		free(taken.data);
		bench_stop(&bench);
	}
}

/* Breaking off. */

/* What comes before a fault or a cancel is the writer's, whole blocks in order; a second run reads all. */
static void expect_broken(const char *spec, const char *memory, const struct dfut_sim_fault *fault, size_t cancel_round)
{
	struct wish wish = { "0", -1, 0, 0 };
	struct taken taken = { 0 };
	struct dfut_session *session;
	struct bench bench;
	size_t size;
	int code;

	bench_start(&bench, spec);
	fill(&bench, memory);
	cr_assert(dfut_sim_device_get_memory(bench.device, memory, &size) != NULL);
	if (fault)
		cr_assert(eq(int, dfut_sim_device_add_fault(bench.device, fault), 0));
	session = new_session(&bench, &wish);
	cr_assert(eq(int, dfut_session_start_upload(session, take, &taken), 0));
	code = bench_run(&bench, session, cancel_round, spec);
	cr_expect(fault ? code < 0 : code == DFUT_ERROR_CANCELLED, "%s: %d", spec, code);
	cr_expect(taken.size > 0 && taken.size < size, "%s: %zu of %zu bytes", spec, taken.size, size);
	expect_memory(&bench, memory, 0, &taken, spec);
	dfut_session_free(session);
	dfut_sim_device_clear_faults(bench.device);
	taken.size = 0;
	session = new_session(&bench, &wish);
	cr_expect(eq(int, upload(&bench, session, &taken, spec), 0), "%s: %s", spec, dfut_session_get_message(session));
	cr_expect(eq(sz, taken.size, size), "%s", spec);
	expect_memory(&bench, memory, 0, &taken, spec);
	dfut_session_free(session);
	free(taken.data);
	bench_stop(&bench);
}

Test(upload, what_was_read_before_an_end_is_the_writers)
{
	static const struct {
		const char *spec;
		const char *memory;
	} cases[] = { { DFU "size=20K,transfer-size=1K", "memory0" }, { "stm32f072", "flash" } };
	static const enum dfut_sim_fault_kind kinds[] = { DFUT_SIM_FAULT_STALL, DFUT_SIM_FAULT_TIMEOUT };

	for (size_t i = 0; i < COUNT(cases); i++) {
		for (size_t k = 0; k < COUNT(kinds); k++) {
			struct dfut_sim_fault fault = { .size = sizeof(fault), .kind = kinds[k], .request = 12 };

			expect_broken(cases[i].spec, cases[i].memory, &fault, SIZE_MAX);
		}
		expect_broken(cases[i].spec, cases[i].memory, NULL, 20);
	}
}
