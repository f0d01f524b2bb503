/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* What is done with a chip in its ROM loader: see what it is, write, read, start its application. */

#ifndef DFUT_ESP_SERIAL_MACHINE_H
#define DFUT_ESP_SERIAL_MACHINE_H

#include "core/machine.h"
#include "language/esp-serial/chips.h"

/* The port is the USB-Serial-JTAG of a chip, which stays there while that is reset. */
#define ESP_SERIAL_QUIRK_JTAG DFUT_QUIRK_OWN

/* How a chip is reached, and therefore reset. */
enum esp_serial_port {
	ESP_SERIAL_PORT_LINES, /* an adapter, whose DTR and RTS reset it */
	ESP_SERIAL_PORT_JTAG,  /* the same with its own lines, and with watchdogs that go on */
	ESP_SERIAL_PORT_ROM,   /* the ROM's own: without lines, and gone with it */
};

/* What the ROM said. */
struct esp_serial_identity {
	const struct esp_serial_chip *chip; /* NULL: none that is known ... */
	bool has_id;			    /* ... with this id ... */
	uint32_t id;
	uint32_t magic; /* ... or, where that is not told, with this word in its ROM */
	bool has_security;
	uint32_t flags;
	uint8_t crypt_count;
	uint32_t flash_id;   /* JEDEC */
	uint32_t flash_size; /* bytes, 0 if not known */
	bool is_strapped;    /* a pin asks for the ROM, or did at the last reset */
};

#define ESP_SERIAL_FLAG_SECURE_BOOT (1u << 0)
#define ESP_SERIAL_FLAG_SECURE_DOWNLOAD (1u << 2)

/* Bytes for the flash, from a sector's beginning on. */
struct esp_serial_region {
	uint32_t address;
	uint32_t size; /* a multiple of 4 */
	const uint8_t *data;
	char md5[33]; /* as the ROM tells it */
	/* The same as a zlib stream, if that is shorter; NULL if not. */
	const uint8_t *packed;
	uint32_t packed_size;
	const uint32_t *outs; /* for each block of it, the bytes that come out */
	bool is_same;	      /* the flash has it already */
};

/* What a machine is to do, beside struct dfut_job. */
struct esp_serial_job {
	enum esp_serial_port port;
	struct esp_serial_identity *identity;
	/* Looks at that, and at what is to be written. 0 or a negative error. NULL: nothing can be wrong. */
	int (*judge)(void *judge_data);
	void *judge_data;
	bool leave_if_refused; /* by lines: the device does not show where it is */
	struct esp_serial_region *regions;
	size_t region_count;
	uint32_t flash_size; /* that the ROM is told */
	bool compare;	     /* what is there already is not written */
	bool verify;
	uint32_t address; /* upload: from here on */
	bool *has_stayed; /* after a restart by lines: its ROM waits again */
};

/* Sees what it is. */
extern const struct dfut_machine_ops esp_serial_probe_machine;
extern const struct dfut_machine_ops esp_serial_download_machine;
extern const struct dfut_machine_ops esp_serial_upload_machine;
/* By the watchdog: it leaves the bus. */
extern const struct dfut_machine_ops esp_serial_leave_machine;
/* By lines: it stays there, or leaves. */
extern const struct dfut_machine_ops esp_serial_restart_machine;
/* Whether its ROM waits again. */
extern const struct dfut_machine_ops esp_serial_check_machine;

#endif
