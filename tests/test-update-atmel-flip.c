/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* Updates by Atmel's FLIP on every virtual part and loader: the memories, what a device saw of it, and what is refused. */

#include "flip-bench.h"

/* All that an update has no business with. */
struct rest {
	uint8_t *loader;
	size_t loader_size;
	uint8_t eeprom[4 * KIB];
	size_t eeprom_size;
};

static void keep_rest(struct rest *rest, const struct bench *bench, const struct chip *chip)
{
	const uint8_t *flash = get_bytes(bench, "flash", NULL);

	rest->loader_size = chip->loader;
	rest->loader = malloc(chip->loader + 1);
	memcpy(rest->loader, flash + (chip->is_avr32 ? 0 : get_room(chip)), chip->loader);
	rest->eeprom_size = chip->eeprom;
	if (chip->eeprom)
		memcpy(rest->eeprom, get_bytes(bench, "eeprom", NULL), chip->eeprom);
}

static void expect_rest(const struct rest *rest, const struct bench *bench, const struct chip *chip, const char *what)
{
	const uint8_t *flash = get_bytes(bench, "flash", NULL);

	cr_expect(memcmp(rest->loader, flash + (chip->is_avr32 ? 0 : get_room(chip)), chip->loader) == 0,
		  "%s: the bootloader is another", what);
	if (chip->eeprom)
		cr_expect(memcmp(rest->eeprom, get_bytes(bench, "eeprom", NULL), chip->eeprom) == 0,
			  "%s: the EEPROM is another", what);
	free(rest->loader);
}

/* Of an AVR32 no id says which it is; what is secure must be said to be erased. */
static struct wish get_wish(const struct chip *chip, bool is_secure)
{
	return (struct wish){ .part = chip->is_avr32 ? chip->name : NULL,
			      .erase = is_secure ? DFUT_ERASE_MASS : DFUT_ERASE_AUTO };
}

static void update_once(const char *spec, const struct chip *chip, const struct wish *wish, uint32_t size)
{
	struct bench bench;
	struct rest rest;
	struct end end;

	bench_start(&bench, spec);
	keep_rest(&rest, &bench, chip);
	end = update_program(&bench, size, 1, wish, spec);
	cr_expect(eq(int, end.result, 0), "%s, %u bytes: %s", spec, (unsigned int)size, end.message);
	cr_expect(eq(int, end.verified, DFUT_VERIFIED_YES), "%s", spec);
	cr_expect(holds_program(&bench, chip, size, 1), "%s, %u bytes", spec, (unsigned int)size);
	cr_expect(not(bench_is_in_bootloader(bench.device)), "%s: did not leave", spec);
	bench_expect_no_breach(bench.device, spec);
	expect_rest(&rest, &bench, chip, spec);
	bench_stop(&bench);
}

Test(update_atmel_flip, brings_every_part_from_its_application_to_new_firmware, .timeout = 600)
{
	static const char *const loaders[] = { "atmel", "lufa", "qmk" };
	size_t count = 0;

	for (size_t i = 0; i < COUNT(chips); i++)
		for (size_t k = 0; k < (chips[i].is_two ? 1 : COUNT(loaders)); k++) {
			struct wish wish = get_wish(&chips[i], k == 0 && !chips[i].is_two);
			const uint32_t sizes[] = { 4 + 0x80, 1001, 4 * KIB, get_room(&chips[i]) };
			char spec[120];

			for (size_t n = 0; n < COUNT(sizes); n++, count++) {
				if (sizes[n] > get_room(&chips[i]))
					continue;
				snprintf(spec, sizeof(spec), "flip:part=%s,loader=%s,application=via", chips[i].name,
					 loaders[k]);
				update_once(spec, &chips[i], &wish, sizes[n]);
			}
		}
	fprintf(stderr, "%zu updates\n", count);
}

/* How the chip's erase is answered, what the state is called, a loader that can't say what it is on, and one that is empty */
Test(update_atmel_flip, takes_every_deviation, .timeout = 600)
{
	static const char *const deviations[] = {
		"erase=status",
		"erase=command",
		"erase=poll",
		"erase=status,erase-ms=19000",
		"erase=poll,erase-ms=19000",
		"idle=app",
		"ids=kept",
		"ids=lost",
		"functional=missing",
		"functional=zeros",
		"blank=yes",
		"locked=yes",
		"page-ms=20",
		"watchdog-ms=2000",
		"secure=yes",
		"secure=no",
	};
	static const char *const names[] = { "atmega16u2", "at90usb1286", "atxmega128a3u", "at32uc3b0256" };
	static const char *const loaders[] = { "atmel", "lufa" };
	char spec[160];

	for (size_t i = 0; i < COUNT(names); i++)
		for (size_t k = 0; k < COUNT(loaders); k++)
			for (size_t n = 0; n < COUNT(deviations); n++) {
				const struct chip *chip = find_chip(names[i]);
				bool is_secure = strcmp(deviations[n], "secure=yes") == 0 ||
						 (k == 0 && !chip->is_two && strcmp(deviations[n], "secure=no") != 0);
				struct wish wish = get_wish(chip, is_secure);

				if (k && chip->is_two)
					continue;
				snprintf(spec, sizeof(spec), "flip:part=%s,loader=%s,%s,application=via", names[i],
					 loaders[k], deviations[n]);
				update_once(spec, chip, &wish, 9000);
			}
}

/* Old firmware of the same beginning is erased behind the new one's end. */
Test(update_atmel_flip, is_not_repeated_for_what_is_there)
{
	static const char *const names[] = { "atmega32u4", "at90usb1286", "atxmega64a3u", "at32uc3a0512" };

	for (size_t i = 0; i < COUNT(names); i++) {
		const struct chip *chip = find_chip(names[i]);
		struct wish wish = get_wish(chip, false);
		struct bench bench;
		char spec[120];
		struct end end;

		snprintf(spec, sizeof(spec), "flip:part=%s,loader=lufa,application=via", names[i]);
		bench_start(&bench, spec);
		cr_expect(eq(int, update_program(&bench, 12 * KIB, 1, &wish, spec).result, 0));
		dfut_sim_device_clear_record(bench.device);
		end = update_program(&bench, 12 * KIB, 1, &wish, spec);
		cr_expect(eq(int, end.result, 0), "%s: %s", spec, end.message);
		cr_expect(strstr(end.message, "nothing was written") != NULL, "%s: %s", spec, end.message);
		cr_expect(eq(int, end.verified, DFUT_VERIFIED_YES), "%s", spec);
		cr_expect(not(bench_is_in_bootloader(bench.device)), "%s", spec);
		/* One, unless it is asked to: then it is written again. */
		wish.erase = DFUT_ERASE_ALL;
		end = update_program(&bench, 12 * KIB, 1, &wish, spec);
		cr_expect(strstr(end.message, "downloaded and verified") != NULL, "%s: %s", spec, end.message);
		wish.erase = DFUT_ERASE_NEEDED;
		end = update_program(&bench, 11 * KIB, 2, &wish, spec);
		cr_expect(strstr(end.message, "downloaded and verified") != NULL, "%s: %s", spec, end.message);
		cr_expect(holds_program(&bench, chip, 11 * KIB, 2), "%s", spec);
		bench_expect_no_breach(bench.device, spec);
		bench_stop(&bench);
	}
}

struct traffic {
	size_t requests;
	size_t bytes;
};

static void add_requests(struct traffic *traffic, size_t count, size_t out_bytes, size_t in_bytes)
{
	traffic->requests += 2 * count;
	traffic->bytes += count * (out_bytes + in_bytes);
}

/* What no host can do without that asks who is there and writes the page with the reset vector by itself, last. */
static struct traffic get_need(const struct chip *chip, uint32_t kib)
{
	uint32_t page = chip->flash > 32 * KIB ? 256 : 128;
	size_t messages = (kib * KIB - page + KIB - 1) / KIB + 1;
	struct traffic need = { 0 };

	add_requests(&need, 2, 3, 1);
	add_requests(&need, 1, 3, 6);
	add_requests(&need, messages, 32 + 16, 6);
	add_requests(&need, kib, 6, 0);
	add_requests(&need, 1, 3, 0);
	need.bytes += (size_t)2 * kib * KIB;
	/* 64 KiB are selected: all in turn, the first page's, and all in turn to be read. */
	if (chip->flash > 64 * KIB)
		add_requests(&need, 2 + 1 + 2, 4, 6);
	return need;
}

static struct traffic get_traffic(const struct bench *bench)
{
	struct traffic traffic = { .requests = dfut_sim_device_get_request_count(bench->device) };

	for (size_t i = 0; i < dfut_sim_device_get_record_count(bench->device); i++) {
		const struct dfut_sim_record *record = dfut_sim_device_get_record(bench->device, i);

		traffic.bytes += record->event == DFUT_SIM_EVENT_CONTROL && record->result > 0 ?
					 (size_t)record->result :
					 0;
	}
	return traffic;
}

/*
 * Beside what is needed there are one look at the state, a comparison of 1 KiB, and whether the erased flash is empty: 5 requests.
 * Of more than 64 KiB each of the last two begins with a selection, and Atmel's loader is asked for each 64 KiB.
 */
Test(update_atmel_flip, needs_as_many_requests_as_the_protocol)
{
	static const struct {
		const char *loader;
		const char *part;
		uint32_t kib;
		size_t more; /* requests */
	} cases[] = {
		{ "lufa", "atmega32u4", 1, 5 },	   { "lufa", "atmega32u4", 13, 5 },
		{ "lufa", "atmega32u4", 28, 5 },   { "atmel,secure=no", "atmega32u4", 28, 5 },
		{ "lufa", "at90usb1286", 120, 9 }, { "atmel,secure=no", "at90usb1286", 120, 13 },
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		struct traffic need = get_need(find_chip(cases[i].part), cases[i].kib), traffic;
		struct wish wish = { 0 };
		struct bench bench;
		char spec[100];

		snprintf(spec, sizeof(spec), "flip:part=%s,loader=%s", cases[i].part, cases[i].loader);
		bench_start(&bench, spec);
		cr_expect(eq(int, update_program(&bench, cases[i].kib * KIB, 1, &wish, spec).result, 0));
		traffic = get_traffic(&bench);
		fprintf(stderr, "%s, %u KiB: %zu requests, %zu needed; %zu bytes, %zu needed\n", spec,
			(unsigned int)cases[i].kib, traffic.requests, need.requests, traffic.bytes, need.bytes);
		cr_expect(eq(sz, traffic.requests, need.requests + cases[i].more), "%s", spec);
		if (cases[i].kib >= 28) {
			cr_expect(le(sz, 20 * traffic.requests, 21 * need.requests), "%s", spec);
			cr_expect(le(sz, 20 * traffic.bytes, 21 * need.bytes), "%s", spec);
		}
		bench_stop(&bench);
	}
}

struct phases {
	uint64_t from_us, until_us;
	struct dfut_sim *sim;
};

static void note_phase(struct dfut_session *session, const struct dfut_progress *progress, void *user_data)
{
	struct phases *phases = user_data;

	(void)session;
	if (progress->state == DFUT_SESSION_DOWNLOADING && !phases->from_us)
		phases->from_us = dfut_sim_get_time_us(phases->sim);
	if (progress->state == DFUT_SESSION_VERIFYING && !phases->until_us)
		phases->until_us = dfut_sim_get_time_us(phases->sim);
}

/* Nothing is waited for but the device. */
Test(update_atmel_flip, takes_the_time_that_the_device_takes)
{
	static const char *const erases[] = { "status", "command", "poll" };

	for (size_t i = 0; i < COUNT(erases); i++) {
		struct phases phases = { 0 };
		struct wish wish = { 0 };
		struct dfut_session *session;
		struct dfut_image *image;
		struct bench bench;
		char spec[160];
		uint64_t own_ms = 1000 + 20 * KIB / 128 * 10;

		snprintf(spec, sizeof(spec),
			 "flip:part=atmega32u4,loader=atmel,secure=no,erase=%s,erase-ms=1000,page-ms=10", erases[i]);
		bench_start(&bench, spec);
		phases.sim = bench.sim;
		image = make_program(&bench, 20 * KIB, 1);
		session = new_session(&bench, &wish);
		dfut_session_set_progress_handler(session, note_phase, &phases);
		cr_expect(eq(int, dfut_session_start_update(session, image), 0));
		cr_expect(eq(int, bench_run(&bench, session, SIZE_MAX, spec), 0));
		cr_expect(le(u64, (phases.until_us - phases.from_us) / 1000, own_ms + own_ms / 20), "%s: %u of %u ms",
			  spec, (unsigned int)((phases.until_us - phases.from_us) / 1000), (unsigned int)own_ms);
		dfut_session_free(session);
		dfut_image_free(image);
		bench_stop(&bench);
	}
}

/* Protection. */

Test(update_atmel_flip, erases_what_is_protected_only_if_it_may)
{
	static const char *const specs[] = {
		"flip:part=at32uc3a0512,secure=yes",
		"flip:part=atxmega128a3u,secure=yes",
		"flip:part=at32uc3b0256,secure=yes,application=via",
	};
	static const enum dfut_erase erases[] = { DFUT_ERASE_AUTO, DFUT_ERASE_NEEDED, DFUT_ERASE_ALL };

	for (size_t i = 0; i < COUNT(specs); i++)
		for (size_t k = 0; k < COUNT(erases); k++) {
			const char *name = strchr(specs[i], '=') + 1;
			struct wish wish = { .erase = erases[k] };
			char part[32];
			uint8_t *before;
			struct bench bench;
			struct end end;
			size_t size;

			snprintf(part, sizeof(part), "%.*s", (int)strcspn(name, ","), name);
			wish.part = find_chip(part)->is_avr32 ? part : NULL;
			bench_start(&bench, specs[i]);
			before = malloc(find_chip(part)->flash);
			memcpy(before, get_bytes(&bench, "flash", &size), find_chip(part)->flash);
			end = update_program(&bench, 3000, 1, &wish, specs[i]);
			cr_expect(eq(int, end.result, DFUT_ERROR_USAGE), "%s: %s", specs[i], end.message);
			cr_expect(strstr(end.message, "protects") != NULL, "%s: %s", specs[i], end.message);
			cr_expect(strstr(end.hint, "--erase=mass") != NULL, "%s: %s", specs[i], end.hint);
			cr_expect(memcmp(before, get_bytes(&bench, "flash", NULL), find_chip(part)->flash) == 0, "%s",
				  specs[i]);
			bench_expect_no_breach(bench.device, specs[i]);
			wish.erase = DFUT_ERASE_MASS;
			end = update_program(&bench, 3000, 1, &wish, specs[i]);
			cr_expect(eq(int, end.result, 0), "%s: %s", specs[i], end.message);
			cr_expect(holds_program(&bench, find_chip(part), 3000, 1), "%s", specs[i]);
			free(before);
			bench_stop(&bench);
		}
}

/* Closed after each start, whatever is on them: nothing is lost that an update would leave. */
Test(update_atmel_flip, erases_an_avr_that_is_closed_as_always)
{
	static const char *const specs[] = {
		"flip:part=atmega32u4,loader=atmel",
		"flip:part=atmega32u4,loader=lufa,secure=yes",
		"flip:part=at90usb1286,loader=atmel",
		"flip:part=atmega16u4,loader=atmel,application=via",
	};

	for (size_t i = 0; i < COUNT(specs); i++) {
		const char *name = strchr(specs[i], '=') + 1;
		struct wish wish = { .erase = DFUT_ERASE_AUTO };
		char part[32];
		struct bench bench;
		struct end end;

		snprintf(part, sizeof(part), "%.*s", (int)strcspn(name, ","), name);
		bench_start(&bench, specs[i]);
		end = update_program(&bench, 3000, 1, &wish, specs[i]);
		cr_expect(eq(int, end.result, 0), "%s: %s", specs[i], end.message);
		cr_expect(strstr(end.message, "verified") != NULL, "%s: %s", specs[i], end.message);
		cr_expect(holds_program(&bench, find_chip(part), 3000, 1), "%s", specs[i]);
		bench_expect_no_breach(bench.device, specs[i]);
		bench_stop(&bench);
	}
}

Test(update_atmel_flip, does_not_erase_the_chip_for_its_eeprom)
{
	struct wish wish = { .alternate = "eeprom", .erase = DFUT_ERASE_MASS };
	struct bench bench;
	struct end end;

	bench_start(&bench, "flip:part=atmega32u4,loader=atmel");
	end = update_program(&bench, 100, 1, &wish, "EEPROM");
	cr_expect(eq(int, end.result, DFUT_ERROR_USAGE), "%s", end.message);
	cr_expect(strstr(end.hint, "only its flash") != NULL, "%s", end.hint);
	bench_stop(&bench);
}

/* EEPROM. */

static void expect_eeprom(const struct bench *bench, const uint8_t *wanted, size_t size, const char *what)
{
	const uint8_t *eeprom = get_bytes(bench, "eeprom", NULL);

	for (size_t i = 0; i < size; i++)
		if (eeprom[i] != wanted[i]) {
			cr_expect(false, "%s: 0x%02x at 0x%zx, not 0x%02x", what, eeprom[i], i, wanted[i]);
			return;
		}
}

Test(update_atmel_flip, writes_eeprom_and_keeps_what_is_beside)
{
	static const char *const specs[] = { "flip:part=atmega32u4,loader=lufa", "flip:part=at90usb1286,loader=qmk",
					     "flip:part=atmega16u2,loader=atmel,secure=no", "flip:part=atxmega64a3u" };
	static const struct part spots[] = { { 3, 1 }, { 31, 2 }, { 70, 100 }, { 500, 12 } };

	for (size_t i = 0; i < COUNT(specs); i++)
		for (uint32_t base = 0; base <= 0x810000; base += 0x810000) {
			struct wish wish = { .alternate = "eeprom" };
			struct file *file = calloc(1, sizeof(*file));
			uint8_t wanted[4 * KIB], flash[64];
			struct part parts[COUNT(spots)];
			struct dfut_image *image;
			struct bench bench;
			struct end end;

			bench_start(&bench, specs[i]);
			memcpy(flash, get_bytes(&bench, "flash", NULL), sizeof(flash));
			memcpy(wanted, get_bytes(&bench, "eeprom", NULL), 512);
			for (size_t k = 0; k < COUNT(spots); k++) {
				parts[k] = (struct part){ base + spots[k].address, spots[k].size };
				for (uint32_t n = 0; n < spots[k].size; n++)
					wanted[spots[k].address + n] = get_content(parts[k].address + n);
			}
			file_make_hex(file, parts, COUNT(parts));
			image = bench_load(&bench, file);
			end = update_image(&bench, image, &wish, SIZE_MAX, specs[i]);
			cr_expect(eq(int, end.result, 0), "%s: %s", specs[i], end.message);
			cr_expect(eq(int, end.verified, DFUT_VERIFIED_YES), "%s", specs[i]);
			expect_eeprom(&bench, wanted, 512, specs[i]);
			cr_expect(memcmp(flash, get_bytes(&bench, "flash", NULL), sizeof(flash)) == 0, "%s", specs[i]);
			bench_expect_no_breach(bench.device, specs[i]);
			dfut_image_free(image);
			free(file);
			bench_stop(&bench);
		}
}

Test(update_atmel_flip, writes_no_eeprom_that_holds_it_already)
{
	struct wish wish = { .alternate = "eeprom" };
	struct dfut_image *image;
	struct bench bench;
	struct end end;

	bench_start(&bench, "flip:part=atmega32u4,loader=lufa,application=via");
	image = make_program(&bench, 77, 1);
	cr_expect(eq(int, update_image(&bench, image, &wish, SIZE_MAX, "first").result, 0));
	end = update_image(&bench, image, &wish, SIZE_MAX, "second");
	cr_expect(strstr(end.message, "nothing was written") != NULL, "%s", end.message);
	wish.erase = DFUT_ERASE_ALL;
	end = update_image(&bench, image, &wish, SIZE_MAX, "all");
	cr_expect(strstr(end.message, "downloaded and verified") != NULL, "%s", end.message);
	bench_expect_no_breach(bench.device, "EEPROM");
	dfut_image_free(image);
	bench_stop(&bench);
}

/* Parts. */

Test(update_atmel_flip, never_guesses_which_part_it_is)
{
	static const struct {
		const char *spec;
		const char *part;
		int result;
		const char *word; /* in the message or the hint */
	} cases[] = {
		{ "flip:part=at32uc3a0512", NULL, DFUT_ERROR_USAGE, "at32uc3a0256, at32uc3a1256, at32uc3a0512" },
		{ "flip:part=at32uc3a0512", "at32uc3b0512", DFUT_ERROR_MISMATCH, "2ff6" },
		{ "flip:part=at32uc3a0512", "atmega32u4", DFUT_ERROR_MISMATCH, "2ff4" },
		{ "flip:part=at32uc3b0256", NULL, DFUT_ERROR_USAGE, "at32uc3b0256" },
		{ "flip:part=at32uc3b0256", "AT32UC3B0256", 0, "downloaded" },
		{ "flip:part=atmega32u4,loader=lufa", "atmega32u4", 0, "downloaded" },
		{ "flip:part=atmega32u4,loader=lufa", "atmega16u4", DFUT_ERROR_MISMATCH, "on an atmega32u4" },
		{ "flip:part=atmega32u4,loader=lufa", "at32uc3b0256", DFUT_ERROR_MISMATCH, "2ff6" },
		{ "flip:part=atmega32u4,loader=lufa", "atxmega64a3u", DFUT_ERROR_MISMATCH, "2fe5" },
		{ "flip:part=atmega32u4,loader=lufa", "atmega328p", DFUT_ERROR_USAGE, "no part" },
		{ "flip:part=atxmega128a3u", "atxmega64a3u", DFUT_ERROR_MISMATCH, "on an atxmega128a3u" },
		{ "flip:part=at90usb1286,loader=lufa", "at90usb1287", 0, "downloaded" },
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		struct wish wish = { .part = cases[i].part };
		struct bench bench;
		char what[120];
		struct end end;

		snprintf(what, sizeof(what), "%s, %s", cases[i].spec, cases[i].part ? cases[i].part : "not named");
		bench_start(&bench, cases[i].spec);
		end = update_program(&bench, 3000, 1, &wish, what);
		cr_expect(eq(int, end.result, cases[i].result), "%s: %s", what, end.message);
		cr_expect(strstr(end.message, cases[i].word) || strstr(end.hint, cases[i].word), "%s: %s (%s)", what,
			  end.message, end.hint);
		bench_expect_no_breach(bench.device, what);
		bench_stop(&bench);
	}
}

/* A product whose bootloader has ids of a range, or another product's, and a row that says which part it has */
Test(update_atmel_flip, takes_the_part_from_the_table)
{
	static const struct {
		const char *part;
		const char *quirks;
		int result;
	} cases[] = { { "atmega32u4", "[]", 0 },
		      { "atmega32u4", "[\"lufa\"]", 0 },
		      { "atmega16u4", "[]", DFUT_ERROR_MISMATCH } };

	for (size_t i = 0; i < COUNT(cases); i++) {
		struct wish wish = { 0 };
		struct bench bench;
		char table[400];
		struct end end;

		snprintf(table, sizeof(table),
			 "{\"format\": 1, \"devices\": [{\"name\": \"mine\", \"bootloader\": [{\"ids\": "
			 "[\"03eb:2ff4\"]}], \"protocol\": \"atmel-flip\", \"part\": \"%s\", \"quirks\": %s}]}",
			 cases[i].part, cases[i].quirks);
		bench_start(&bench, "flip:part=atmega32u4,loader=lufa");
		cr_assert(eq(int, bench_load_devices(&bench, table), 0), "%s", dfut_context_get_error(bench.context));
		end = update_program(&bench, 3000, 1, &wish, cases[i].part);
		cr_expect(eq(int, end.result, cases[i].result), "%s", end.message);
		bench_stop(&bench);
	}
}

/* Leaving. */

Test(update_atmel_flip, is_started_by_a_command)
{
	static const char *const specs[] = { "flip:part=atmega32u4,loader=lufa", "flip:part=atxmega64a3u",
					     "flip:part=at32uc3b0256" };

	for (size_t i = 0; i < COUNT(specs); i++) {
		struct bench bench;
		struct end end;

		bench_start(&bench, specs[i]);
		end = command(&bench, "start", specs[i]);
		cr_expect(eq(int, end.result, 0), "%s: %s", specs[i], end.message);
		cr_expect(not(bench_is_in_bootloader(bench.device)), "%s", specs[i]);
		bench_expect_no_breach(bench.device, specs[i]);
		bench_stop(&bench);
	}
}

Test(update_atmel_flip, says_if_it_is_not_started_because_it_is_protected)
{
	struct bench bench;
	struct end end;

	bench_start(&bench, "flip:part=atmega32u4,loader=lufa,secure=yes");
	end = command(&bench, "start", "secure");
	cr_expect(eq(int, end.result, DFUT_ERROR_DEVICE), "%s", end.message);
	cr_expect(strstr(end.hint, "plug it in again") != NULL, "%s", end.hint);
	bench_stop(&bench);
}
