/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* What the models share that have a ROM which speaks DfuSe: ST's AN2662, AN3156 and UM0424. */

#ifndef DFUT_SIM_DFUSE_H
#define DFUT_SIM_DFUSE_H

#include "sim/sim.h"

#define DFUT_SIM_ERASED 0xff

/* dfuse-flash.c */

#define DFUT_SIM_ZONE_LIMIT 4
#define DFUT_SIM_RUN_LIMIT 3
/* Places in a part's zones */
#define DFUT_SIM_ZONE_FLASH 0
#define DFUT_SIM_ZONE_OPTION_BYTES 1
#define DFUT_SIM_OPTION_BYTES_SIZE 16

/* Sectors that are alike, one behind the other. */
struct dfut_sim_run {
	uint32_t count;
	uint32_t size;
	uint32_t erase_ms; /* of one; 0 if it can't be erased */
};

/* A part of the address space, and the alternate setting that stands for it. */
struct dfut_sim_zone {
	const char *memory; /* for dfut_sim_device_get_memory() */
	const char *layout; /* the alternate setting's name */
	uint32_t address;
	struct dfut_sim_run runs[DFUT_SIM_RUN_LIMIT];
};

/* A chip as it is sold. Times are those of its data sheet. */
struct dfut_sim_part {
	uint16_t vendor_id;
	uint16_t product_id;
	uint16_t release;
	const char *manufacturer;
	const char *product;
	const char *serial;
	const struct dfut_sim_zone *zones;
	size_t zone_count;
	uint32_t mass_erase_ms;
	uint32_t program_ns; /* of one byte */
	uint32_t option_bytes_ms;
	bool has_pairs; /* each option byte is followed by its complement */
	bool is_riscv;	/* has no vector table that tells code from other data */
};

struct dfut_sim_flash {
	const struct dfut_sim_part *part;
	struct dfut_sim_zone zones[DFUT_SIM_ZONE_LIMIT];
	size_t zone_count;
	uint8_t *memories[DFUT_SIM_ZONE_LIMIT];
};

/* Where an address is. */
struct dfut_sim_sector {
	size_t zone;
	uint32_t index;	 /* in its zone */
	uint32_t offset; /* of its beginning, in its zone */
	uint32_t size;
	uint32_t erase_ms;
};

int dfut_sim_flash_prepare(struct dfut_sim_flash *flash);
void dfut_sim_flash_free(struct dfut_sim_flash *flash);
uint32_t dfut_sim_zone_get_size(const struct dfut_sim_zone *zone);
/* Returns false if there is nothing at that address. */
bool dfut_sim_flash_find(const struct dfut_sim_flash *flash, uint32_t address, struct dfut_sim_sector *sector);
/* The bytes from an address to the end of its zone; room is 0 if there is nothing. */
uint8_t *dfut_sim_flash_get_bytes(const struct dfut_sim_flash *flash, uint32_t address, uint32_t *room);
bool dfut_sim_flash_is_read_protected(const struct dfut_sim_flash *flash);
bool dfut_sim_flash_is_write_protected(const struct dfut_sim_flash *flash, const struct dfut_sim_sector *sector);
/* write_protection: a bit for each sector, or for each 4 KiB where sectors are smaller */
void dfut_sim_flash_protect(struct dfut_sim_flash *flash, bool from_reading, uint32_t write_protection);
/* Both are ineffective, without an error, where it is write-protected. */
void dfut_sim_flash_erase(struct dfut_sim_flash *flash, const struct dfut_sim_sector *sector);
/* Returns false if a bit had to become 1, which it does not. */
bool dfut_sim_flash_program(struct dfut_sim_flash *flash, uint32_t address, const uint8_t *data, uint32_t length);
void dfut_sim_flash_erase_all(struct dfut_sim_flash *flash);
/* Something that can be started? */
bool dfut_sim_flash_has_code(const struct dfut_sim_flash *flash, uint32_t address);
/* The flash's layout with its write-protected sectors as readable only. */
void dfut_sim_flash_tell_layout(const struct dfut_sim_flash *flash, char *text, size_t room);

/* dfuse.c */

#define DFUT_SIM_DFUSE_BLOCK_LIMIT 4096
/* In place of a time: the real one */
#define DFUT_SIM_DFUSE_HONEST UINT32_MAX

/* What a ROM does that others do not; the order of words is that of the options' texts. */
struct dfut_sim_dfuse_options {
	uint32_t busy;
	uint32_t poll_percent;
	uint32_t mass_poll_ms;
	uint32_t erase_percent;
	uint32_t program_percent;
	uint32_t first_status;
	uint32_t transfer_size;
	uint32_t largest_block;
	uint32_t oversize;
	uint32_t multiplier;
	uint32_t commands;
	uint32_t get_commands;
	uint32_t string;
	char string_text[DFUT_SIM_TEXT_SIZE];
	uint32_t clear;
	uint32_t get_functional;
	bool functional;
	uint32_t leave_request;
	uint32_t leave_status;
	uint32_t leave_waits;
	bool early_reset;
	bool leave_needs_address;
	uint32_t stuck_offset;
	uint32_t rdp_address;
	bool resets;
	uint32_t resident;
	uint32_t start;
};

enum dfut_sim_dfuse_work {
	DFUT_SIM_DFUSE_NOTHING,
	DFUT_SIM_DFUSE_GET_COMMANDS,
	DFUT_SIM_DFUSE_SET_ADDRESS,
	DFUT_SIM_DFUSE_ERASE,
	DFUT_SIM_DFUSE_MASS_ERASE,
	DFUT_SIM_DFUSE_READ_UNPROTECT,
	DFUT_SIM_DFUSE_WRITE,
};

/* What the chip does next, which the ROM has no part in. */
enum dfut_sim_dfuse_event {
	DFUT_SIM_DFUSE_STAYS,
	DFUT_SIM_DFUSE_RESET, /* a system reset */
	DFUT_SIM_DFUSE_LEAVE, /* code at the address pointer is started */
};

/* The ROM's side of endpoint 0. */
struct dfut_sim_dfuse {
	struct dfut_sim_device *device;
	struct dfut_sim_flash *flash;
	const struct dfut_sim_dfuse_options *options;
	struct dfut_sim_dfu_rules rules;
	uint8_t state;
	uint8_t status;
	size_t zone; /* of the alternate setting */
	uint32_t pointer;
	bool is_pointer_fresh; /* nothing was written since it was set */
	bool is_stuck;
	bool is_hung;
	bool is_oversize;     /* the block that is to be written */
	bool waits_for_reset; /* the application is started by it */

	enum dfut_sim_dfuse_work work;
	uint32_t address;
	uint8_t data[DFUT_SIM_DFUSE_BLOCK_LIMIT];
	uint16_t length;
	uint64_t work_until_us;
	uint32_t work_poll_ms;
	uint8_t work_status;		/* what it will turn out to be */
	enum dfut_sim_dfuse_event next; /* after work, or after dfuMANIFEST */
};

/* The timer of the ROM; the others are the model's. */
#define DFUT_SIM_DFUSE_TIMER 0

void dfut_sim_dfuse_set_defaults(struct dfut_sim_dfuse_options *options);
/* flash and options live as long as it does. */
void dfut_sim_dfuse_start(struct dfut_sim_dfuse *rom, struct dfut_sim_device *device, struct dfut_sim_flash *flash,
			  const struct dfut_sim_dfuse_options *options);
/* After power-up it may be in another state. */
void dfut_sim_dfuse_power_up(struct dfut_sim_dfuse *rom);
int dfut_sim_dfuse_answer(struct dfut_sim_dfuse *rom, const struct dfut_sim_setup *setup, uint8_t *data);
void dfut_sim_dfuse_bus_reset(struct dfut_sim_dfuse *rom);
/* For the model's timer function. */
enum dfut_sim_dfuse_event dfut_sim_dfuse_take_event(struct dfut_sim_dfuse *rom);

/* clang-format off */
#define DFUT_SIM_DFUSE_OPTIONS(type, member) \
	{ "busy", DFUT_SIM_OPTION_CHOICE, offsetof(type, member.busy), 0, 0, "answer|block|stall" }, \
	{ "poll-percent", DFUT_SIM_OPTION_NUMBER, offsetof(type, member.poll_percent), 0, UINT32_MAX, NULL }, \
	{ "mass-poll-ms", DFUT_SIM_OPTION_NUMBER, offsetof(type, member.mass_poll_ms), 0, 0xffffff, NULL }, \
	{ "erase-percent", DFUT_SIM_OPTION_NUMBER, offsetof(type, member.erase_percent), 0, 1000, NULL }, \
	{ "program-percent", DFUT_SIM_OPTION_NUMBER, offsetof(type, member.program_percent), 0, 1000, NULL }, \
	{ "first-status", DFUT_SIM_OPTION_CHOICE, offsetof(type, member.first_status), 0, 0, "busy|idle" }, \
	{ "transfer-size", DFUT_SIM_OPTION_SIZE, offsetof(type, member.transfer_size), 8, \
	  DFUT_SIM_DFUSE_BLOCK_LIMIT, NULL }, \
	{ "largest-block", DFUT_SIM_OPTION_SIZE, offsetof(type, member.largest_block), 8, \
	  DFUT_SIM_DFUSE_BLOCK_LIMIT, NULL }, \
	{ "oversize", DFUT_SIM_OPTION_CHOICE, offsetof(type, member.oversize), 0, 0, "stall|write" }, \
	{ "multiplier", DFUT_SIM_OPTION_CHOICE, offsetof(type, member.multiplier), 0, 0, "length|transfer-size" }, \
	{ "commands", DFUT_SIM_OPTION_NUMBER, offsetof(type, member.commands), 3, 4, NULL }, \
	{ "get-commands", DFUT_SIM_OPTION_CHOICE, offsetof(type, member.get_commands), 0, 0, "answer|stall|empty" }, \
	{ "string", DFUT_SIM_OPTION_NUMBER, offsetof(type, member.string), 0, 255, NULL }, \
	{ "string-text", DFUT_SIM_OPTION_TEXT, offsetof(type, member.string_text), 0, 0, NULL }, \
	{ "clear", DFUT_SIM_OPTION_CHOICE, offsetof(type, member.clear), 0, 0, "error|stall" }, \
	{ "get-functional", DFUT_SIM_OPTION_CHOICE, offsetof(type, member.get_functional), 0, 0, \
	  "answer|stall|hang" }, \
	{ "functional", DFUT_SIM_OPTION_FLAG, offsetof(type, member.functional), 0, 0, NULL }, \
	{ "leave-request", DFUT_SIM_OPTION_CHOICE, offsetof(type, member.leave_request), 0, 0, "answer|stall" }, \
	{ "leave-waits", DFUT_SIM_OPTION_CHOICE, offsetof(type, member.leave_waits), 0, 0, \
	  "no|idle|manifest|wait-reset" }, \
	{ "early-reset", DFUT_SIM_OPTION_FLAG, offsetof(type, member.early_reset), 0, 0, NULL }, \
	{ "leave-status", DFUT_SIM_OPTION_CHOICE, offsetof(type, member.leave_status), 0, 0, \
	  "answer|stall|timeout" }, \
	{ "leave-needs-address", DFUT_SIM_OPTION_FLAG, offsetof(type, member.leave_needs_address), 0, 0, NULL }, \
	{ "stuck-offset", DFUT_SIM_OPTION_SIZE, offsetof(type, member.stuck_offset), 0, UINT32_MAX, NULL }, \
	{ "rdp-address", DFUT_SIM_OPTION_CHOICE, offsetof(type, member.rdp_address), 0, 0, "refuse|allow" }, \
	{ "resets", DFUT_SIM_OPTION_FLAG, offsetof(type, member.resets), 0, 0, NULL }, \
	{ "resident", DFUT_SIM_OPTION_SIZE, offsetof(type, member.resident), 0, UINT32_MAX, NULL }, \
	{ "start", DFUT_SIM_OPTION_CHOICE, offsetof(type, member.start), 0, 0, "idle|error|dnload-idle|upload-idle" }
/* clang-format on */

#define DFUT_SIM_DFUSE_TEXT \
	"busy=answer|block|stall: what a GETSTATUS gets while it is at work: dfuDNBUSY, no answer before the end, or a " \
	"stall\n" \
	"poll-percent=N: bwPollTimeout, in percent of the time that the work takes\n" \
	"mass-poll-ms=MS: bwPollTimeout of a mass erase, whatever time it takes\n" \
	"erase-percent=N: time to erase, in percent of the typical one; 200 is the worst\n" \
	"program-percent=N: time to write, in percent of the typical one\n" \
	"first-status=busy|idle: what the first GETSTATUS after a command says; with idle it does it before that\n" \
	"transfer-size=BYTES: wTransferSize\n" \
	"largest-block=BYTES: refuses larger blocks of data, whatever wTransferSize says\n" \
	"oversize=stall|write: what a larger block gets: a stall, or errWRITE when it was taken\n" \
	"multiplier=length|transfer-size: what a block number is multiplied with\n" \
	"commands=3|4: how many commands Get Commands tells of\n" \
	"get-commands=answer|stall|empty: what UPLOAD of block 0 gets: the list, a stall in dfuIDLE, or no bytes\n" \
	"string=N: iString of its errors, 0 for none\n" \
	"string-text=TEXT: that string; without it asking for it stalls\n" \
	"clear=error|stall: what CLRSTATUS does where there is no error: dfuERROR, or a stall\n" \
	"get-functional=answer|stall|hang: what it makes of GET_DESCRIPTOR for the functional descriptor\n" \
	"functional=yes|no: whether its configuration descriptor has the functional one\n" \
	"leave-request=answer|stall: what the zero-length DNLOAD gets before it leaves\n" \
	"leave-waits=no|idle|manifest|wait-reset: in which state it waits for a bus reset after the request to leave, if it does\n" \
	"early-reset=yes|no: whether it resets itself as soon as it has option bytes, 5 ms later\n" \
	"leave-status=answer|stall|timeout: what the GETSTATUS gets that makes it leave\n" \
	"leave-needs-address=yes|no: whether it leaves only if the last command was Set Address\n" \
	"stuck-offset=BYTES: erasing from this offset in flash on ends in dfuDNBUSY, until CLRSTATUS comes twice\n" \
	"rdp-address=refuse|allow: what Set Address gets while it is read-protected\n" \
	"resets=yes|no: whether it resets itself after its option bytes were written or its flash was unprotected\n" \
	"resident=BYTES: how much of the flash's beginning it lives in itself, and does not let anybody at\n" \
	"start=idle|error|dnload-idle|upload-idle: state at the start; error is errFIRMWARE\n"

/* usbd-dfu-rt.c */

/* An application with this crate's DFU interface. */
struct dfut_sim_rt {
	struct dfut_sim_device *device;
	struct dfut_sim_dfu_rules rules;
	struct {
		bool will_detach;
		bool really_detaches;
		uint32_t getstatus;
		uint16_t vendor_id;
		uint16_t product_id;
	} options;
	uint8_t state;
	bool is_window_open;
	uint8_t descriptors[DFUT_SIM_DFU_DESCRIPTORS_SIZE];
	size_t size;
	struct dfut_string strings[3];
};

/* The timer of its detaching */
#define DFUT_SIM_RT_TIMER 1

void dfut_sim_rt_set_defaults(struct dfut_sim_rt *rt);
void dfut_sim_rt_start(struct dfut_sim_rt *rt, struct dfut_sim_device *device, const char *serial);
int dfut_sim_rt_answer(struct dfut_sim_rt *rt, const struct dfut_sim_setup *setup, uint8_t *data);
/* Both return true if it jumps into the ROM now. */
bool dfut_sim_rt_bus_reset(struct dfut_sim_rt *rt);
bool dfut_sim_rt_timer(struct dfut_sim_rt *rt);
void dfut_sim_rt_describe(const struct dfut_sim_rt *rt, struct dfut_sim_description *description);

#define DFUT_SIM_RT_OPTIONS(type, member) \
	{ "will-detach", DFUT_SIM_OPTION_FLAG, offsetof(type, member.options.will_detach), 0, 0, NULL }, \
		{ "really-detaches", DFUT_SIM_OPTION_FLAG, offsetof(type, member.options.really_detaches), 0, 0, NULL }, \
		{ "getstatus", DFUT_SIM_OPTION_CHOICE, offsetof(type, member.options.getstatus), 0, 0, "answer|stall" }, \
		{ "vid", DFUT_SIM_OPTION_ID, offsetof(type, member.options.vendor_id), 0, 0, NULL }, \
	{ \
		"pid", DFUT_SIM_OPTION_ID, offsetof(type, member.options.product_id), 0, 0, NULL \
	}

#define DFUT_SIM_RT_TEXT \
	"will-detach=yes|no: bitWillDetach of the application; if not it waits for a bus reset\n" \
	"really-detaches=yes|no: whether bitWillDetach is true; if not it waits for a bus reset all the same\n" \
	"getstatus=answer|stall: what the application makes of GETSTATUS\n" \
	"vid=HHHH: vendor id of the application\n" \
	"pid=HHHH: product id of the application\n"

extern const struct dfut_sim_part dfut_sim_part_stm32f405;

extern const struct dfut_sim_model dfut_sim_stm32f072;
extern const struct dfut_sim_model dfut_sim_stm32f405;
extern const struct dfut_sim_model dfut_sim_gd32vf103;
extern const struct dfut_sim_model dfut_sim_usbd_dfu_rt;

#endif
