/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/*
 * SAM-BA: the monitor that boards of Arduino, Adafruit and Seeed have as their bootloader, and SAM3X in ROM.
 * samba-kinds.c says what differs between boards, samba-monitor.c takes the commands of those with a SAM (ArduinoCore-samd,
 * bootloaders/zero; uf2-samdx1, src/sam_ba_monitor.c), samba-extended.c those of the dialect 2.0
 * (arduino-renesas-bootloader, src/bossa.c), samba-memory.c is what they read and write, samba-nvm.c and samba-eefc.c the
 * controllers of the flash.
 */

#ifndef DFUT_SIM_SAMBA_H
#define DFUT_SIM_SAMBA_H

#include "sim/parts/serial.h"

enum dfut_sim_samba_dialect {
	DFUT_SIM_SAMBA_ROM,
	DFUT_SIM_SAMBA_ARDUINO,
	DFUT_SIM_SAMBA_ADAFRUIT,
	DFUT_SIM_SAMBA_NRF52,
	DFUT_SIM_SAMBA_RA4M1,
};

enum dfut_sim_samba_controller {
	DFUT_SIM_SAMBA_NO_CONTROLLER, /* none that its host reaches */
	DFUT_SIM_SAMBA_D2X,
	DFUT_SIM_SAMBA_D5X,
	DFUT_SIM_SAMBA_EEFC,
};

#define DFUT_SIM_SAMBA_PAGE_LIMIT 512u
#define DFUT_SIM_SAMBA_RAM 0x20000000u
#define DFUT_SIM_SAMBA_LINE_SIZE 64u
#define DFUT_SIM_SAMBA_BUFFER_SIZE 8192u
#define DFUT_SIM_SAMBA_CUT_LIMIT 12u
#define DFUT_SIM_SAMBA_BY_BOARD UINT32_MAX

/* What a board has that others have not. */
struct dfut_sim_samba_kind {
	enum dfut_sim_samba_dialect dialect;
	enum dfut_sim_samba_controller controller;
	bool is_secured;      /* ArduinoCore-samd, SECURE_BY_DEFAULT */
	uint32_t base;	      /* of the flash */
	uint32_t size;	      /* of it */
	uint32_t application; /* where in it the bootloader ends */
	uint32_t ram_size;
	uint32_t page_size;
	uint32_t erase_size;
	uint32_t unit; /* bytes that are written at once: others behind them are lost */
	uint32_t cpu_id;
	uint32_t device_id; /* DSU's, or CHIPID's */
	uint32_t erase_us;  /* for erase_size */
	uint32_t page_us;   /* for page_size */
};

/* Timers; the first is the board's. */
enum dfut_sim_samba_timer {
	DFUT_SIM_SAMBA_REPLY = 1,
	DFUT_SIM_SAMBA_RESET = 2,
	DFUT_SIM_SAMBA_TOUCH = 3, /* of the RA4M1, by its bridge */
};

/* What survives a restart, besides the flash. */
struct dfut_sim_samba_settings {
	uint32_t gpnvm;	     /* of a SAM3X: bit 0 security, bit 1 starts from flash */
	uint32_t is_secured; /* a SAMD's security bit */
};

/* One plane of a SAM3X's flash. */
struct dfut_sim_samba_plane {
	uint8_t latch[DFUT_SIM_SAMBA_PAGE_LIMIT];
	uint32_t mode;	 /* FMR */
	uint32_t errors; /* of FSR */
	uint32_t result; /* FRR */
	uint64_t until_us;
};

struct dfut_sim_samba {
	struct dfut_sim_device *device;
	const struct dfut_sim_samba_kind *kind;
	struct {
		uint32_t secured; /* 0 no, 1 yes, BY_BOARD */
		uint32_t erase_us;
		uint32_t page_us;
		bool has_dfu; /* the RA4M1's loader is built with both */
		bool has_crc; /* its early builds have no Z */
		bool is_blank;
	} options;
	uint8_t *flash;
	uint8_t *loader; /* what its bootloader was, to tell whether it still is */
	uint8_t *ram;
	uint8_t user[256];
	struct dfut_sim_samba_settings settings;

	struct dfut_sim_serial serial;
	size_t cuts[DFUT_SIM_SAMBA_CUT_LIMIT]; /* sizes of the packets of an answer */
	size_t cut_count;
	uint64_t busy_until_us;
	bool is_hung;	 /* until it is reset */
	bool is_bricked; /* for good */
	bool is_resetting;
	bool is_terminal;

	uint8_t command;
	uint32_t number;
	uint32_t pointer; /* the number in front of the comma */
	uint32_t wanted;  /* bytes of S that are missing */
	uint32_t data_at; /* where they go */
	uint32_t source;  /* of Y */
	bool is_erased;	  /* secured: before the first Y */

	uint32_t nvm_address;
	uint32_t nvm_errors;
	uint32_t nvm_control; /* CTRLB of a SAMD21, CTRLA of a SAMD51 */
	uint64_t nvm_until_us;
	uint8_t latch[DFUT_SIM_SAMBA_PAGE_LIMIT];
	struct dfut_sim_samba_plane planes[2];

	/* Of the dialect 2.0 */
	uint32_t baud;
	uint8_t line[DFUT_SIM_SAMBA_LINE_SIZE];
	size_t line_size;
	uint8_t buffer[DFUT_SIM_SAMBA_BUFFER_SIZE];
	bool is_taking;
};

#define DFUT_SIM_SAMBA_OPTIONS(type) \
	{ "secured", DFUT_SIM_OPTION_CHOICE, offsetof(type, samba.options.secured), 0, 0, "no|yes" }, \
		{ "erase-us", DFUT_SIM_OPTION_NUMBER, offsetof(type, samba.options.erase_us), 0, 60000000, NULL }, \
		{ "page-us", DFUT_SIM_OPTION_NUMBER, offsetof(type, samba.options.page_us), 0, 60000000, NULL }, \
		{ "dfu", DFUT_SIM_OPTION_FLAG, offsetof(type, samba.options.has_dfu), 0, 0, NULL }, \
		{ "crc", DFUT_SIM_OPTION_FLAG, offsetof(type, samba.options.has_crc), 0, 0, NULL }, \
	{ \
		"blank", DFUT_SIM_OPTION_FLAG, offsetof(type, samba.options.is_blank), 0, 0, NULL \
	}

#define DFUT_SIM_SAMBA_TEXT \
	"secured=no|yes: whether its bootloader hides its memory\n" \
	"erase-us=US: time to erase what is erased at once\n" \
	"page-us=US: time to write a page\n" \
	"dfu=yes|no: whether the bootloader of uno-r4-wifi is built with DFU: 115200 baud, and behind it at 0x8000\n" \
	"crc=yes|no: whether that bootloader answers Z, which it always says it does\n" \
	"blank=yes|no: whether it leaves the factory without an application\n"

/* samba-kinds.c */

enum dfut_sim_samba_board {
	DFUT_SIM_SAMBA_ZERO,
	DFUT_SIM_SAMBA_MKR,
	DFUT_SIM_SAMBA_NANO_33_IOT,
	DFUT_SIM_SAMBA_XIAO,
	DFUT_SIM_SAMBA_METRO_M4,
	DFUT_SIM_SAMBA_NANO_33_BLE,
	DFUT_SIM_SAMBA_UNO_R4_WIFI,
	DFUT_SIM_SAMBA_DUE,
};

const struct dfut_sim_samba_kind *dfut_sim_samba_get_kind(enum dfut_sim_samba_board board);

/* samba.c */

void dfut_sim_samba_create(struct dfut_sim_samba *samba, struct dfut_sim_device *device);
int dfut_sim_samba_prepare(struct dfut_sim_samba *samba, enum dfut_sim_samba_board board);
void dfut_sim_samba_free(struct dfut_sim_samba *samba);
/* The bootloader starts. */
void dfut_sim_samba_start(struct dfut_sim_samba *samba);
const char *dfut_sim_samba_get_state_name(const struct dfut_sim_samba *samba);
int dfut_sim_samba_get_memory(struct dfut_sim_samba *samba, size_t index, struct dfut_sim_memory *memory);
uint32_t dfut_sim_samba_get_application(const struct dfut_sim_samba *samba);
/* Whether it stays in its bootloader where nobody asked for that; whether its bootloader is as it was made; and
 * whether what it starts as its application runs. */
bool dfut_sim_samba_stays(const struct dfut_sim_samba *samba);
bool dfut_sim_samba_is_whole(const struct dfut_sim_samba *samba);
bool dfut_sim_samba_has_application(const struct dfut_sim_samba *samba);
uint64_t dfut_sim_samba_get_busy_us(const struct dfut_sim_samba *samba);
void dfut_sim_samba_take_time(struct dfut_sim_samba *samba, uint64_t us);
/* In packets of these sizes; without a list, as many bytes as there is room for. */
void dfut_sim_samba_say(struct dfut_sim_samba *samba, const void *bytes, size_t size);
void dfut_sim_samba_say_packets(struct dfut_sim_samba *samba, const char *const *packets);
void dfut_sim_samba_reset(struct dfut_sim_samba *samba);
/* Notes what its host did, and hears nothing any more: until it is reset, or ever. */
void dfut_sim_samba_hang(struct dfut_sim_samba *samba, const char *text, uint32_t address);
void dfut_sim_samba_brick(struct dfut_sim_samba *samba, const char *text, uint32_t address);
uint16_t dfut_sim_samba_get_crc(uint16_t crc, uint8_t byte);
void dfut_sim_samba_say_crc(struct dfut_sim_samba *samba, uint16_t crc);
int dfut_sim_samba_receive(struct dfut_sim_samba *samba, const uint8_t *data, size_t size);
int dfut_sim_samba_send(struct dfut_sim_samba *samba, uint8_t *data, size_t room);

/* samba-monitor.c: up to 64 bytes, as they came */

void dfut_sim_samba_take_packet(struct dfut_sim_samba *samba, const uint8_t *bytes, size_t size);

/* samba-core.c: calls what is in RAM; false if that is more than it can do */

bool dfut_sim_samba_run(struct dfut_sim_samba *samba, uint32_t address);

/* samba-extended.c */

void dfut_sim_samba_take_burst(struct dfut_sim_samba *samba, const uint8_t *bytes, size_t size);
void dfut_sim_samba_set_baud(struct dfut_sim_samba *samba, uint32_t baud);

/* samba-memory.c: false if there is nothing, which hangs the core */

bool dfut_sim_samba_read(struct dfut_sim_samba *samba, uint32_t address, uint8_t *bytes, size_t size);
bool dfut_sim_samba_write(struct dfut_sim_samba *samba, uint32_t address, uint32_t value, size_t size);
bool dfut_sim_samba_is_flash(const struct dfut_sim_samba *samba, uint32_t address);
uint8_t *dfut_sim_samba_get_ram(struct dfut_sim_samba *samba, uint32_t address, size_t size);

/* What is done to the flash; false if that was the end of the bootloader. Offsets count from its start. */

bool dfut_sim_samba_erase(struct dfut_sim_samba *samba, uint32_t offset, uint32_t size);
bool dfut_sim_samba_program(struct dfut_sim_samba *samba, uint32_t offset, const uint8_t *bytes, size_t size);
uint64_t dfut_sim_samba_get_erase_us(const struct dfut_sim_samba *samba);
uint64_t dfut_sim_samba_get_page_us(const struct dfut_sim_samba *samba);

/* samba-nvm.c */

bool dfut_sim_samba_read_nvm(struct dfut_sim_samba *samba, uint32_t offset, uint32_t *word);
void dfut_sim_samba_write_nvm(struct dfut_sim_samba *samba, uint32_t offset, uint32_t value);
/* A store into the flash: it goes to the latch. */
void dfut_sim_samba_fill_latch(struct dfut_sim_samba *samba, uint32_t offset, uint32_t value, size_t size);

/* samba-eefc.c */

bool dfut_sim_samba_read_eefc(struct dfut_sim_samba *samba, uint32_t offset, uint32_t *word);
void dfut_sim_samba_write_eefc(struct dfut_sim_samba *samba, uint32_t offset, uint32_t value);
void dfut_sim_samba_fill_plane(struct dfut_sim_samba *samba, uint32_t offset, uint32_t value, size_t size);

#endif
