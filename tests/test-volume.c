/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* A drive that the system has mounted, with a folder in its place: what UF2's machines read of it and write to it. */

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include "language/uf2/machine.h"
#include "transport/volume.h"

TestSuite(volume, .timeout = 60);

/* More than is moved at once */
#define COUNT 150
#define START 0x10000000u
#define NEVER 1000

static const char info[] = "UF2 Bootloader v3.0\r\nModel: Raspberry Pi RP2\r\nBoard-ID: RPI-RP2\r\n";

struct drive {
	char folder[64];
	struct dfut_failure failure;
	struct uf2_identity identity;
	struct uf2_difference difference;
	struct uf2_job own;
	struct dfut_job job;
	uint8_t blocks[COUNT * UF2_BLOCK_SIZE];
	uint8_t read[COUNT * UF2_PAYLOAD];
	size_t read_size;
	/* The action that goes wrong, and how. */
	size_t wrong_at;
	int wrong;
	size_t actions;
	enum dfut_end end;
};

static const char *name_file(const struct drive *drive, const char *name)
{
	static char path[128];

	snprintf(path, sizeof(path), "%s/%s", drive->folder, name);
	return path;
}

static void put_file(const struct drive *drive, const char *name, const void *data, size_t size)
{
	FILE *file = fopen(name_file(drive, name), "wb");

	cr_assert(file != NULL);
	cr_assert(eq(sz, fwrite(data, 1, size, file), size));
	fclose(file);
}

static void fill_blocks(uint8_t *blocks, uint8_t first)
{
	static uint8_t payload[UF2_PAYLOAD];

	for (uint32_t i = 0; i < COUNT; i++) {
		struct uf2_block block = { .address = START + i * UF2_PAYLOAD,
					   .number = i,
					   .count = COUNT,
					   .family = 0xe48bff56,
					   .data = payload };

		memset(payload, (uint8_t)(first + i), sizeof(payload));
		uf2_put_block(blocks + (size_t)i * UF2_BLOCK_SIZE, &block);
	}
}

static int write_read(const uint8_t *data, size_t size, void *user_data)
{
	struct drive *drive = user_data;

	memcpy(drive->read + drive->read_size, data, size);
	drive->read_size += size;
	return 0;
}

static struct drive *start(void)
{
	struct drive *drive = calloc(1, sizeof(*drive));

	cr_assert(drive != NULL);
	snprintf(drive->folder, sizeof(drive->folder), "/tmp/dfutrigger-test-XXXXXX");
	cr_assert(mkdtemp(drive->folder) != NULL);
	fill_blocks(drive->blocks, 1);
	put_file(drive, "INFO_UF2.TXT", info, sizeof(info) - 1);
	put_file(drive, "CURRENT.UF2", drive->blocks, sizeof(drive->blocks));
	drive->own = (struct uf2_job){
		.identity = &drive->identity, .difference = &drive->difference, .blocks = drive->blocks, .count = COUNT
	};
	drive->job = (struct dfut_job){
		.failure = &drive->failure, .own = &drive->own, .writer = write_read, .writer_data = drive
	};
	drive->wrong_at = NEVER;
	return drive;
}

static void stop(struct drive *drive)
{
	static const char *const names[] = { "INFO_UF2.TXT", "CURRENT.UF2", "NEW.UF2" };

	for (size_t i = 0; i < DFUT_COUNT(names); i++)
		unlink(name_file(drive, names[i]));
	cr_expect(eq(int, rmdir(drive->folder), 0));
	free(drive);
}

static int act(const struct drive *drive, const struct dfut_action *action, struct dfut_volume **volume,
	       uint8_t *buffer)
{
	cr_assert(eq(int, (int)action->link, DFUT_LINK_VOLUME));
	if (action->kind == DFUT_ACTION_OPEN)
		return dfut_volume_open(volume, action->open.length ? (const char *)action->open.data : drive->folder);
	cr_assert(action->kind == DFUT_ACTION_READ || action->kind == DFUT_ACTION_WRITE);
	return action->kind == DFUT_ACTION_READ ? dfut_volume_read(*volume, &action->transfer, buffer) :
						  dfut_volume_write(*volume, &action->transfer, action->transfer.data);
}

static int run(struct drive *drive, const struct dfut_machine_ops *machine)
{
	static uint8_t buffer[UINT16_MAX];
	void *state = calloc(1, machine->state_size);
	struct dfut_volume *volume = NULL;
	struct dfut_next next = { 0 };
	int result;

	dfut_failure_clear(&drive->failure);
	drive->actions = 0;
	machine->begin(state, &drive->job);
	result = machine->next(state, NULL, &next);
	while (result == 0 && next.kind == DFUT_NEXT_ACT) {
		struct dfut_outcome outcome = { .data = buffer };

		outcome.result = drive->actions++ == drive->wrong_at ? drive->wrong :
								       act(drive, &next.action, &volume, buffer);
		next = (struct dfut_next){ 0 };
		result = machine->next(state, &outcome, &next);
	}
	drive->end = next.end;
	if (volume)
		dfut_volume_close(volume);
	free(state);
	return result;
}

static void expect_words(const struct drive *drive, const char *words)
{
	cr_expect(ne(ptr, strstr(drive->failure.text, words), NULL), "%s", drive->failure.text);
}

Test(volume, tells_what_it_is)
{
	struct drive *drive = start();

	cr_assert(eq(int, run(drive, &uf2_probe_machine), 0), "%s", drive->failure.text);
	cr_expect(drive->identity.is_known && drive->identity.is_mounted);
	cr_expect(eq(int, strcmp(drive->identity.info.board, "RPI-RP2"), 0));
	cr_expect(eq(u32, drive->identity.current.address, START));
	cr_expect(eq(u32, drive->identity.current.count, COUNT));
	/* An RP2040's shows no flash, and a file that is cut off shows nothing. */
	put_file(drive, "CURRENT.UF2", drive->blocks, UF2_SECTOR - 1);
	cr_assert(eq(int, run(drive, &uf2_probe_machine), 0));
	cr_expect(eq(u32, drive->identity.current.count, 0));
	unlink(name_file(drive, "CURRENT.UF2"));
	cr_assert(eq(int, run(drive, &uf2_probe_machine), 0));
	cr_expect(eq(u32, drive->identity.current.count, 0));
	stop(drive);
}

Test(volume, of_others_is_only_read)
{
	struct drive *drive = start();

	put_file(drive, "INFO_UF2.TXT", "holidays", 8);
	cr_expect(eq(int, run(drive, &uf2_probe_machine), DFUT_ERROR_MISMATCH));
	expect_words(drive, "does not name a UF2 bootloader");
	unlink(name_file(drive, "INFO_UF2.TXT"));
	cr_expect(eq(int, run(drive, &uf2_probe_machine), DFUT_ERROR_MISMATCH));
	expect_words(drive, "it has no INFO_UF2.TXT");
	/* Nor is anybody followed elsewhere. */
	cr_assert(eq(int, symlink("/etc/passwd", name_file(drive, "INFO_UF2.TXT")), 0));
	cr_expect(eq(int, run(drive, &uf2_probe_machine), DFUT_ERROR_IO));
	cr_expect(eq(int, access(name_file(drive, "NEW.UF2"), F_OK), -1));
	stop(drive);
}

Test(volume, is_compared_and_read)
{
	struct drive *drive = start();

	cr_assert(eq(int, run(drive, &uf2_probe_machine), 0));
	cr_assert(eq(int, run(drive, &uf2_compare_machine), 0), "%s", drive->failure.text);
	cr_expect(not(drive->difference.is_there));
	/* open, and 64 blocks at once */
	cr_expect(eq(sz, drive->actions, 4));
	drive->blocks[100 * UF2_BLOCK_SIZE + 32]++;
	cr_assert(eq(int, run(drive, &uf2_compare_machine), 0));
	cr_expect(drive->difference.is_there);
	cr_expect(eq(u32, drive->difference.address, START + 100 * UF2_PAYLOAD));
	drive->job.size = 1000;
	drive->own.has_address = true;
	drive->own.address = START + 300;
	cr_assert(eq(int, run(drive, &uf2_upload_machine), 0), "%s", drive->failure.text);
	cr_expect(eq(sz, drive->read_size, 1000));
	cr_expect(eq(int, drive->read[0], 2));
	cr_expect(eq(int, drive->read[999], 1 + (300 + 999) / UF2_PAYLOAD));
	/* One that became shorter differs, and can't be read. */
	put_file(drive, "CURRENT.UF2", drive->blocks, 2 * UF2_SECTOR);
	cr_assert(eq(int, run(drive, &uf2_compare_machine), 0));
	cr_expect(drive->difference.is_there);
	cr_expect(eq(int, run(drive, &uf2_upload_machine), DFUT_ERROR_PROTOCOL));
	stop(drive);
}

static void expect_written(const struct drive *drive)
{
	static uint8_t there[COUNT * UF2_BLOCK_SIZE + 1];
	FILE *file = fopen(name_file(drive, "NEW.UF2"), "rb");

	cr_assert(file != NULL);
	cr_expect(eq(sz, fread(there, 1, sizeof(there), file), sizeof(drive->blocks)));
	cr_expect(eq(int, memcmp(there, drive->blocks, sizeof(drive->blocks)), 0));
	fclose(file);
}

Test(volume, takes_all_blocks)
{
	struct drive *drive = start();

	/* What is left of an earlier one is no part of it. */
	put_file(drive, "NEW.UF2", drive->read, sizeof(drive->read));
	fill_blocks(drive->blocks, 77);
	drive->own.is_last = true;
	cr_assert(eq(int, run(drive, &uf2_probe_machine), 0));
	cr_assert(eq(int, run(drive, &uf2_write_machine), 0), "%s", drive->failure.text);
	cr_expect(eq(int, (int)drive->end, DFUT_END_GONE));
	expect_written(drive);
	stop(drive);
}

/*
 * It restarts while the last block is written, and that fails in whichever way: the bus tells. Before, it is an error, also in the
 * part before: nobody knows how much of that has arrived.
 */
Test(volume, leaves_at_the_end)
{
	static const int codes[] = { DFUT_ERROR_GONE, DFUT_ERROR_IO, DFUT_ERROR_TIMEOUT };

	for (size_t i = 0; i < DFUT_COUNT(codes); i++) {
		struct drive *drive = start();

		drive->own.is_last = true;
		cr_assert(eq(int, run(drive, &uf2_probe_machine), 0));
		drive->wrong = codes[i];
		drive->wrong_at = 4;
		cr_assert(eq(int, run(drive, &uf2_write_machine), 0), "%s", drive->failure.text);
		cr_expect(eq(int, (int)drive->end, DFUT_END_LEAVES));
		drive->wrong_at = 3;
		cr_expect(eq(int, run(drive, &uf2_write_machine), codes[i]));
		expect_words(drive, "writing blocks 128 to 148 of 150");
		drive->wrong_at = 2;
		cr_expect(eq(int, run(drive, &uf2_write_machine), codes[i]));
		expect_words(drive, "writing blocks 64 to 127 of 150");
		stop(drive);
	}
}

Test(volume, says_what_goes_wrong)
{
	static const struct {
		const struct dfut_machine_ops *machine;
		size_t actions;
	} machines[] = {
		{ &uf2_probe_machine, 3 },
		{ &uf2_compare_machine, 4 },
		{ &uf2_upload_machine, 4 },
		{ &uf2_write_machine, 5 },
	};
	static const int codes[] = { DFUT_ERROR_GONE, DFUT_ERROR_IO, DFUT_ERROR_ACCESS, DFUT_ERROR_NO_MEMORY,
				     UINT16_MAX };

	for (size_t i = 0; i < DFUT_COUNT(machines); i++) {
		for (size_t k = 0; k < DFUT_COUNT(codes) * machines[i].actions; k++) {
			struct drive *drive = start();
			size_t at = k % machines[i].actions;

			cr_assert(eq(int, run(drive, &uf2_probe_machine), 0));
			drive->wrong = codes[k / machines[i].actions];
			drive->wrong_at = at;
			if (at || drive->wrong < 0)
				cr_expect(lt(int, run(drive, machines[i].machine), 0), "%s, action %zu, %d",
					  machines[i].machine->name, at, drive->wrong);
			cr_expect(drive->failure.text[0] != 0 || (!at && drive->wrong > 0));
			drive->wrong_at = NEVER;
			drive->read_size = 0;
			cr_expect(eq(int, run(drive, machines[i].machine), 0), "%s", drive->failure.text);
			stop(drive);
		}
	}
}

Test(volume, that_can_not_be_written_is_not_opened)
{
	struct drive *drive = start();
	struct dfut_volume *volume;

	cr_expect(eq(int, dfut_volume_open(&volume, name_file(drive, "none")), DFUT_ERROR_NOT_FOUND));
	cr_expect(eq(int, dfut_volume_open(&volume, name_file(drive, "INFO_UF2.TXT")), DFUT_ERROR_NOT_FOUND));
	/* Nobody may write there, not even root. */
	cr_expect(eq(int, dfut_volume_open(&volume, "/proc/sys"), DFUT_ERROR_ACCESS));
	stop(drive);
}

Test(volume, tells_which_disk_it_is_on)
{
	struct drive *drive = start();
	struct dfut_volume *volume;
	char number[32], expected[32];
	struct stat status;

	cr_assert(eq(int, dfut_volume_open(&volume, drive->folder), 0));
	dfut_volume_get_disk(volume, number);
	cr_assert(eq(int, stat(drive->folder, &status), 0));
	snprintf(expected, sizeof(expected), "%u:%u", major(status.st_dev), minor(status.st_dev));
	cr_expect(eq(int, strcmp(number, expected), 0), "%s, not %s", number, expected);
	dfut_volume_close(volume);
	stop(drive);
}

/* Where it is mounted is said by the caller: whatever is wrong there, no command goes to the drive. */
Test(volume, at_a_given_path_is_named_with_its_device)
{
	static const struct {
		int code;
		const char *words;
	} cases[] = {
		{ DFUT_ERROR_NOT_FOUND, "there is no drive of the board mounted at " },
		{ DFUT_ERROR_ACCESS, "the drive of the board can't be written at " },
		{ DFUT_ERROR_UNSUPPORTED, "can't be written by its files here, at " },
		{ DFUT_ERROR_IO, "the drive of the board can't be opened at " },
	};
	struct drive *drive = start();
	char folder[64];

	snprintf(folder, sizeof(folder), "%s", drive->folder);
	drive->own.volume = folder;
	snprintf(drive->own.device, sizeof(drive->own.device), "the board");
	cr_expect(eq(int, run(drive, &uf2_probe_machine), 0), "%s", drive->failure.text);
	drive->wrong_at = 0;
	for (size_t i = 0; i < DFUT_COUNT(cases); i++) {
		drive->wrong = cases[i].code;
		cr_expect(eq(int, run(drive, &uf2_probe_machine), cases[i].code));
		cr_expect(eq(sz, drive->actions, 1));
		expect_words(drive, cases[i].words);
		expect_words(drive, folder);
	}
	drive->wrong_at = NEVER;
	unlink(name_file(drive, "INFO_UF2.TXT"));
	cr_expect(eq(int, run(drive, &uf2_probe_machine), DFUT_ERROR_MISMATCH));
	expect_words(drive, "it has no INFO_UF2.TXT: what is at ");
	expect_words(drive, "is no drive of the board");
	drive->own.volume = "/nowhere";
	cr_expect(eq(int, run(drive, &uf2_probe_machine), DFUT_ERROR_NOT_FOUND));
	expect_words(drive, "/nowhere");
	stop(drive);
}
