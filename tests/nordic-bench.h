/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* What tests of updates of Nordic bootloaders have in common: packages, and what is in flash afterwards. */

#ifndef DFUT_TESTS_NORDIC_BENCH_H
#define DFUT_TESTS_NORDIC_BENCH_H

#define ROUND_LIMIT 200000

#include "bench.h"

#define FIRMWARE_MAX (256 * 1024)
#define OBJECT_SIZE 4096u

struct firmware {
	uint8_t bytes[FIRMWARE_MAX];
	size_t size;
};

/* With a vector table in front, and everything that SLIP has to escape. */
static inline void firmware_make(struct firmware *firmware, size_t size, unsigned int seed)
{
	static const uint8_t vectors[] = { 0x00, 0x00, 0x04, 0x20, 0x01, 0x12, 0x00, 0x00 };

	firmware->size = size;
	for (size_t i = 0; i < size; i++)
		firmware->bytes[i] = (uint8_t)((i + seed) * 2654435761u >> 13);
	memcpy(firmware->bytes, vectors, sizeof(vectors));
}

static inline void firmware_save(const struct firmware *firmware, char *path)
{
	int fd;

	strcpy(path, "/tmp/dfutrigger-firmware-XXXXXX");
	fd = mkstemp(path);
	cr_assert(ge(int, fd, 0));
	cr_assert(eq(sz, (size_t)write(fd, firmware->bytes, firmware->size), firmware->size));
	close(fd);
}

/* The paths in it are set here. */
static inline struct dfut_image *bench_pack(struct bench *bench, struct dfut_nordic nordic,
					    const struct firmware *application, const struct firmware *softdevice,
					    const struct firmware *bootloader)
{
	char paths[3][48] = { "", "", "" };
	struct dfut_image *image = NULL;

	if (application)
		firmware_save(application, paths[0]);
	if (softdevice)
		firmware_save(softdevice, paths[1]);
	if (bootloader)
		firmware_save(bootloader, paths[2]);
	nordic.application = application ? paths[0] : NULL;
	nordic.softdevice = softdevice ? paths[1] : NULL;
	nordic.bootloader = bootloader ? paths[2] : NULL;
	cr_assert(eq(int, dfut_image_build_nordic(&image, bench->context, &nordic), 0), "%s",
		  dfut_context_get_error(bench->context));
	for (size_t i = 0; i < COUNT(paths); i++)
		if (*paths[i])
			unlink(paths[i]);
	return image;
}

static inline struct dfut_nordic make_settings(bool is_legacy)
{
	static const uint32_t none[] = { 0 }, s140[] = { 0xb6 };
	struct dfut_nordic nordic = DFUT_NORDIC_INIT;

	nordic.legacy = is_legacy;
	nordic.application_version = 2;
	nordic.bootloader_version = 9;
	nordic.sd_req = is_legacy ? s140 : none;
	nordic.sd_req_count = 1;
	return nordic;
}

static inline bool is_legacy_board(const char *spec)
{
	return strncmp(spec, "adafruit", 8) == 0;
}

/* An application that the device takes. */
static inline struct dfut_image *bench_pack_application(struct bench *bench, const char *spec,
							const struct firmware *firmware)
{
	return bench_pack(bench, make_settings(is_legacy_board(spec)), firmware, NULL, NULL);
}

/* Behind the MBR, or behind the SoftDevice S140 6.1.1 */
static inline bool bench_holds(const struct bench *bench, const char *spec, const struct firmware *firmware)
{
	size_t size, at = is_legacy_board(spec) ? 0x26000 : 0x1000;
	const uint8_t *flash = dfut_sim_device_get_memory(bench->device, "flash", &size);

	cr_assert(flash != NULL);
	return at + firmware->size <= size && memcmp(flash + at, firmware->bytes, firmware->size) == 0;
}

static inline bool bench_runs_application(const struct bench *bench)
{
	return dfut_sim_device_is_present(bench->device) &&
	       strcmp(dfut_sim_device_get_mode_name(bench->device), "application") == 0;
}

/* Bytes that were written to the serial port. */
static inline size_t bench_count_written(const struct bench *bench)
{
	size_t bytes = 0;

	for (size_t i = 0; i < dfut_sim_device_get_record_count(bench->device); i++) {
		const struct dfut_sim_record *record = dfut_sim_device_get_record(bench->device, i);

		bytes += record->event == DFUT_SIM_EVENT_ENDPOINT ? record->length : 0;
	}
	return bytes;
}

static inline void bench_wait_ms(struct bench *bench, uint64_t ms)
{
	for (uint64_t until_us = dfut_sim_get_time_us(bench->sim) + ms * 1000;
	     dfut_sim_get_time_us(bench->sim) < until_us;)
		dfut_context_dispatch(bench->context, 500);
}

#endif
