/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* What a UF2 drive says, byte by byte: its file system, INFO_UF2.TXT, status and sense; and questions that go wrong. */

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdlib.h>
#include <string.h>

#include "language/uf2/core.h"
#include "language/uf2/machine.h"

TestSuite(uf2, .timeout = 60);

static uint8_t sector[UF2_SECTOR];

static void put(size_t at, uint32_t value, size_t size)
{
	for (size_t i = 0; i < size; i++)
		sector[at + i] = (uint8_t)(value >> 8 * i);
}

/* 8000 sectors: one reserved, two FATs of 32, 64 entries */
static void put_volume(void)
{
	memset(sector, 0, sizeof(sector));
	put(11, 512, 2);
	put(13, 1, 1);
	put(14, 1, 2);
	put(16, 2, 1);
	put(17, 64, 2);
	put(19, 8000, 2);
	put(22, 32, 2);
}

Test(uf2, reads_a_volume)
{
	struct uf2_volume volume;

	put_volume();
	cr_assert(uf2_read_volume(&volume, sector, 0, 8000));
	cr_expect(eq(u32, volume.root, 65));
	cr_expect(eq(u32, volume.root_size, 4));
	cr_expect(eq(u32, volume.data, 69));
	cr_expect(eq(u32, volume.end, 8000));
	/* Its size in 32 bits, in a partition */
	put(19, 0, 2);
	put(32, 7000, 4);
	cr_assert(uf2_read_volume(&volume, sector, 63, 8000));
	cr_expect(eq(u32, volume.root, 128));
	cr_expect(eq(u32, volume.end, 7063));
}

Test(uf2, refuses_what_is_no_volume)
{
	static const struct {
		size_t at;
		uint32_t value;
		size_t size;
	} wrongs[] = {
		{ 11, 4096, 2 }, { 13, 0, 1 },	   { 13, 3, 1 },     { 14, 0, 2 },    { 16, 0, 1 },
		{ 16, 3, 1 },	 { 17, 0, 2 },	   { 22, 0, 2 },     { 19, 8001, 2 }, { 19, 69, 2 },
		{ 19, 30, 2 },	 { 22, 65535, 2 }, { 14, 65535, 2 },
	};
	struct uf2_volume volume;

	for (size_t i = 0; i < DFUT_COUNT(wrongs); i++) {
		put_volume();
		put(wrongs[i].at, wrongs[i].value, wrongs[i].size);
		cr_expect(not(uf2_read_volume(&volume, sector, 0, 8000)), "%zu", i);
	}
	put_volume();
	cr_expect(not(uf2_read_volume(&volume, sector, 8000, 8000)));
	cr_expect(not(uf2_read_volume(&volume, sector, 1, 8000)));
	/* At the end of the largest drive, where its root would be among the first sectors again */
	put(19, 60, 2);
	cr_expect(not(uf2_read_volume(&volume, sector, UINT32_MAX - 60, UINT32_MAX)));
}

Test(uf2, finds_a_partition)
{
	memset(sector, 0, sizeof(sector));
	put(446 + 8, 63, 4);
	cr_expect(eq(u32, uf2_read_partition(sector), 0));
	put(510, 0xaa55, 2);
	cr_expect(eq(u32, uf2_read_partition(sector), 63));
}

static void put_entry(size_t index, const char *name, uint8_t attributes, uint32_t cluster, uint32_t size)
{
	memcpy(sector + 32 * index, name, 11);
	put(32 * index + 11, attributes, 1);
	put(32 * index + 26, cluster, 2);
	put(32 * index + 28, size, 4);
}

Test(uf2, finds_files)
{
	struct uf2_files files = { 0 };
	struct uf2_volume volume;

	put_volume();
	cr_assert(uf2_read_volume(&volume, sector, 0, 8000));
	memset(sector, 0, sizeof(sector));
	put_entry(0, "CURRENT UF2", 0x08, 0, 0);
	put_entry(1, "INFO_UF2TXT", 0x01, 2, 100);
	put_entry(2, "CURRENT UF2", 0x01, 4, 512 * 7930);
	cr_expect(not(uf2_read_directory(&files, &volume, sector)));
	cr_expect(files.info.is_there);
	cr_expect(eq(u32, files.info.lba, 69));
	/* It would go beyond the end. */
	cr_expect(not(files.current.is_there));
	put_entry(2, "CURRENT UF2", 0x01, 4, 512 * 7929);
	cr_expect(not(uf2_read_directory(&files, &volume, sector)));
	cr_expect(eq(u32, files.current.lba, 71));
	cr_expect(eq(u32, volume.files_size, 7931));
	/* A full sector goes on in the next one. */
	for (size_t i = 0; i < 16; i++)
		put_entry(i, "\xe5NFO_UF2TXT", 0x01, 1, UINT32_MAX);
	cr_expect(uf2_read_directory(&files, &volume, sector));
}

Test(uf2, reads_who_it_is)
{
	static const struct {
		const char *text;
		bool is_one;
		const char *model;
		const char *board;
	} cases[] = {
		{ "UF2 Bootloader v3.0\r\nModel: Raspberry Pi RP2\r\nBoard-ID: RPI-RP2\r\n", true, "Raspberry Pi RP2",
		  "RPI-RP2" },
		{ "TinyUF2 Bootloader 0.18\nBoard-ID: x\nModel: y", true, "y", "x" },
		{ "UF2 Bootloader", true, "", "" },
		{ "UF2 Bootloader\r\nModel: a\r\nModel: b\r\n", true, "a", "" },
		{ "UF2 Bootloader\r\nBoard-ID: \x1b[31m\r\n", true, "", "?[31m" },
		{ "Read me\r\nUF2 Bootloader v1\r\n", false, "", "" },
		{ "", false, "", "" },
	};

	for (size_t i = 0; i < DFUT_COUNT(cases); i++) {
		struct uf2_info info;

		cr_expect(eq(int, uf2_read_info(&info, (const uint8_t *)cases[i].text, strlen(cases[i].text)),
			     cases[i].is_one),
			  "%s", cases[i].text);
		if (!cases[i].is_one)
			continue;
		cr_expect(eq(int, strcmp(info.model, cases[i].model), 0), "%s", info.model);
		cr_expect(eq(int, strcmp(info.board, cases[i].board), 0), "%s", info.board);
	}
}

Test(uf2, reads_statuses)
{
	uint8_t bytes[13] = { 'U', 'S', 'B', 'S', 4, 3, 2, 1, 0, 0, 0, 0, 1 };
	enum uf2_status status;

	cr_assert(uf2_read_status(&status, bytes, 13, 0x01020304));
	cr_expect(eq(int, status, UF2_STATUS_FAILED));
	cr_expect(not(uf2_read_status(&status, bytes, 12, 0x01020304)));
	cr_expect(not(uf2_read_status(&status, bytes, 13, 0x01020305)));
	bytes[12] = 3;
	cr_expect(not(uf2_read_status(&status, bytes, 13, 0x01020304)));
	bytes[12] = 0;
	bytes[0] = 'u';
	cr_expect(not(uf2_read_status(&status, bytes, 13, 0x01020304)));
}

Test(uf2, reads_capacities)
{
	static const uint8_t good[8] = { 0, 0, 0x1f, 0x3f, 0, 0, 2, 0 };
	static const uint8_t other[8] = { 0, 0, 0x1f, 0x3f, 0, 0, 0x10, 0 };
	static const uint8_t large[8] = { 0xff, 0xff, 0xff, 0xff, 0, 0, 2, 0 };

	cr_expect(eq(u32, uf2_read_capacity(good, 8), 8000));
	cr_expect(eq(u32, uf2_read_capacity(good, 7), 0));
	cr_expect(eq(u32, uf2_read_capacity(other, 8), 0));
	cr_expect(eq(u32, uf2_read_capacity(large, 8), 0));
}

Test(uf2, knows_the_block_of_erratum_10)
{
	uint8_t payload[UF2_PAYLOAD];
	struct uf2_block block = { .address = 0x10ffff00, .count = 2, .family = 0xe48bff57, .data = payload };
	uint8_t bytes[UF2_BLOCK_SIZE];

	memset(payload, 0xef, sizeof(payload));
	uf2_put_block(bytes, &block);
	cr_assert(uf2_read_block(&block, bytes));
	cr_expect(uf2_is_e10_block(&block));
	block.number = 1;
	cr_expect(not(uf2_is_e10_block(&block)));
	/* By its tag, whatever is in it */
	bytes[9] |= 0x80;
	bytes[32] = 0;
	memcpy(bytes + 32 + 256, "\x04\xe3\x57\x99", 4);
	cr_assert(uf2_read_block(&block, bytes));
	cr_expect(uf2_is_e10_block(&block));
	bytes[32 + 256] = 0;
	cr_assert(uf2_read_block(&block, bytes));
	cr_expect(not(uf2_is_e10_block(&block)));
	bytes[508]++;
	cr_expect(not(uf2_read_block(&block, bytes)));
}

/* A drive that answers as it is told. */

struct script {
	void *state;
	struct dfut_failure failure;
	struct uf2_identity identity;
	struct uf2_job own;
	struct dfut_job job;
	struct dfut_next next;
	struct dfut_outcome outcome;
	uint32_t tag;
	uint8_t bytes[1024];
	int result;
};

static void ask(struct script *script, const struct dfut_outcome *outcome)
{
	script->next = (struct dfut_next){ 0 };
	script->result = uf2_probe_machine.next(script->state, outcome, &script->next);
	if (script->result == 0 && script->next.kind == DFUT_NEXT_ACT && script->next.action.kind == DFUT_ACTION_WRITE)
		script->tag = dfut_le32(script->next.action.transfer.data + 4);
}

static void tell(struct script *script, int result)
{
	cr_assert(eq(int, script->result, 0), "%s", script->failure.text);
	script->outcome = (struct dfut_outcome){ .result = result, .data = script->bytes };
	ask(script, &script->outcome);
}

static void tell_status(struct script *script, uint8_t status)
{
	memset(script->bytes, 0, 13);
	memcpy(script->bytes, "USBS", 4);
	dfut_put_le32(script->bytes + 4, script->tag);
	script->bytes[12] = status;
	tell(script, 13);
}

static uint8_t get_op(const struct script *script)
{
	cr_assert(eq(int, script->next.action.kind, DFUT_ACTION_WRITE));
	cr_assert(eq(int, script->next.action.transfer.length, 31));
	return script->next.action.transfer.data[15];
}

/* Until it has said its name. */
static void start(struct script *script)
{
	*script = (struct script){ .own = { .in = 0x81, .out = 0x01, .identity = NULL } };
	script->own.identity = &script->identity;
	script->job = (struct dfut_job){ .failure = &script->failure, .own = &script->own };
	script->state = calloc(1, uf2_probe_machine.state_size);
	uf2_probe_machine.begin(script->state, &script->job);
	ask(script, NULL);
	/* Nobody has mounted it. */
	cr_assert(eq(int, script->next.action.link, DFUT_LINK_VOLUME));
	tell(script, DFUT_ERROR_UNSUPPORTED);
	cr_assert(eq(int, script->next.action.kind, DFUT_ACTION_OPEN));
	cr_assert(eq(int, script->next.action.link, DFUT_LINK_USB));
	tell(script, 0);
	cr_assert(eq(int, script->next.action.control.request, UF2_RESET));
	tell(script, 0);
	cr_assert(eq(int, script->next.action.kind, DFUT_ACTION_CLEAR_HALT));
	tell(script, 0);
	tell(script, 0);
	cr_assert(eq(u8, get_op(script), UF2_OP_INQUIRY));
}

static void stop(struct script *script)
{
	free(script->state);
}

static void tell_name(struct script *script)
{
	tell(script, 31);
	memset(script->bytes, 0, 36);
	tell(script, 36);
	tell_status(script, 0);
}

Test(uf2, asks_again_who_is_not_ready_yet)
{
	struct script script;

	start(&script);
	tell_name(&script);
	for (int i = 0; i < 2; i++) {
		cr_assert(eq(u8, get_op(&script), UF2_OP_TEST_UNIT_READY));
		tell(&script, 31);
		tell_status(&script, 1);
		cr_assert(eq(u8, get_op(&script), UF2_OP_REQUEST_SENSE));
		tell(&script, 31);
		memset(script.bytes, 0, 18);
		script.bytes[2] = 6;
		script.bytes[12] = 0x29;
		tell(&script, 18);
		tell_status(&script, 0);
	}
	cr_assert(eq(u8, get_op(&script), UF2_OP_TEST_UNIT_READY));
	tell(&script, 31);
	tell_status(&script, 0);
	cr_assert(eq(u8, get_op(&script), UF2_OP_READ_CAPACITY));
	stop(&script);
}

Test(uf2, says_what_a_drive_says)
{
	struct script script;

	start(&script);
	tell_name(&script);
	for (int i = 0; i < 3; i++) {
		tell(&script, 31);
		tell_status(&script, 1);
		tell(&script, 31);
		memset(script.bytes, 0, 18);
		script.bytes[2] = 2;
		script.bytes[12] = 0x3a;
		tell(&script, 18);
		tell_status(&script, 0);
	}
	cr_expect(eq(int, script.result, DFUT_ERROR_DEVICE));
	cr_expect(ne(ptr, strstr(script.failure.text, "no medium (2/3a/00)"), NULL), "%s", script.failure.text);
	stop(&script);
}

/* 6.7.2 and 5.3.3: a stall is cleared, and the status read; the status itself may be stalled once. */
Test(uf2, clears_what_stalls)
{
	struct script script;

	start(&script);
	tell(&script, 31);
	tell(&script, DFUT_ERROR_DEVICE);
	cr_assert(eq(int, script.next.action.kind, DFUT_ACTION_CLEAR_HALT));
	cr_assert(eq(int, script.next.action.clear_halt.endpoint, 0x81));
	tell(&script, 0);
	cr_assert(eq(int, script.next.action.transfer.length, 13));
	tell(&script, DFUT_ERROR_DEVICE);
	cr_assert(eq(int, script.next.action.kind, DFUT_ACTION_CLEAR_HALT));
	tell(&script, 0);
	tell_status(&script, 0);
	/* It said nothing of itself. */
	cr_expect(eq(int, script.result, DFUT_ERROR_MISMATCH), "%s", script.failure.text);
	stop(&script);
}

Test(uf2, gives_up_on_nonsense)
{
	static const int results[] = { DFUT_ERROR_TIMEOUT, DFUT_ERROR_IO, DFUT_ERROR_GONE, 12, 0 };
	struct script script;

	for (size_t i = 0; i < DFUT_COUNT(results); i++) {
		start(&script);
		tell(&script, 31);
		tell(&script, 36);
		memset(script.bytes, 0xff, 13);
		tell(&script, results[i]);
		cr_expect(lt(int, script.result, 0));
		cr_expect(ne(int, script.failure.text[0], 0));
		stop(&script);
	}
	/* A phase error, and a part of a command */
	start(&script);
	tell(&script, 31);
	tell(&script, 36);
	tell_status(&script, 2);
	cr_expect(eq(int, script.result, DFUT_ERROR_DEVICE));
	stop(&script);
	start(&script);
	tell(&script, 30);
	cr_expect(eq(int, script.result, DFUT_ERROR_IO));
	stop(&script);
}
