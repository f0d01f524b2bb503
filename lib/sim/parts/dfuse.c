/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/*
 * A ROM that speaks DfuSe: DNLOAD of block 0 is a command, which the next GETSTATUS executes; blocks from 2 on are data
 * behind the address pointer. What is not the same in all ROMs is an option.
 */

#include <string.h>

#include "sim/parts/dfuse.h"

enum command {
	COMMAND_GET = 0x00,
	COMMAND_SET_ADDRESS = 0x21,
	COMMAND_ERASE = 0x41,
	COMMAND_READ_UNPROTECT = 0x92,
};

enum busy {
	BUSY_ANSWER,
	BUSY_BLOCK,
	BUSY_STALL,
};

enum reply {
	REPLY_ANSWER,
	REPLY_STALL,
	REPLY_NONE,
};

enum start {
	START_IDLE,
	START_ERROR,
	START_DNLOAD_IDLE,
	START_UPLOAD_IDLE,
};

#define ADDRESSED_SIZE 5
#define FIRST_BLOCK 2
#define DEFAULT_POINTER 0x08000000
#define NS_PER_MS 1000000u
/* Of commands that do not touch a memory, and before it leaves */
#define SHORT_MS 1
#define EARLY_RESET_US 5000
#define MULTIPLIER_TRANSFER_SIZE 1
#define ALLOW 1
#define OVERSIZE_STALL 0

static const uint8_t commands[] = { COMMAND_GET, COMMAND_SET_ADDRESS, COMMAND_ERASE, COMMAND_READ_UNPROTECT };

static uint64_t get_now_us(const struct dfut_sim_dfuse *rom)
{
	return dfut_sim_device_get_time_us(rom->device);
}

static const char *get_state_name(const struct dfut_sim_dfuse *rom)
{
	return dfut_sim_dfu_state_get_name(rom->state);
}

static int refuse(struct dfut_sim_dfuse *rom, uint8_t status)
{
	rom->state = DFU_ERROR;
	rom->status = status;
	return DFUT_ERROR_DEVICE;
}

/* Addresses. */

/* The host reads layouts, so it has no reason to be wrong about what is where. */
static bool check_address(const struct dfut_sim_dfuse *rom, uint32_t address, uint32_t length, const char *what)
{
	struct dfut_sim_sector sector;
	uint32_t room;

	dfut_sim_flash_get_bytes(rom->flash, address, &room);
	if (room == 0 || length > room || !dfut_sim_flash_find(rom->flash, address, &sector)) {
		dfut_sim_device_breach(rom->device, "%s: %s at 0x%08x, outside the memory map (UM0424)",
				       get_state_name(rom), what, (unsigned int)address);
		return false;
	}
	if (sector.zone != rom->zone)
		dfut_sim_device_breach(rom->device, "%s: %s at 0x%08x, not in this alternate setting (UM0424)",
				       get_state_name(rom), what, (unsigned int)address);
	return true;
}

static uint32_t get_block_address(const struct dfut_sim_dfuse *rom, const struct dfut_sim_setup *setup)
{
	uint32_t size = rom->options->multiplier == MULTIPLIER_TRANSFER_SIZE ? rom->options->transfer_size :
									       setup->length;

	return rom->pointer + (setup->value - FIRST_BLOCK) * size;
}

/* Work. Its effect is there when it begins, its result when it ends. */

static uint32_t scale(uint32_t ms, uint32_t percent)
{
	return (uint32_t)(((uint64_t)ms * percent + 99) / 100);
}

/* Bootloaders in flash keep hosts off themselves, as the Black Magic Probe's. */
static bool is_resident(const struct dfut_sim_dfuse *rom, uint32_t address)
{
	const struct dfut_sim_zone *flash = &rom->flash->zones[DFUT_SIM_ZONE_FLASH];

	return address >= flash->address && address - flash->address < rom->options->resident;
}

static uint32_t set_pointer(struct dfut_sim_dfuse *rom)
{
	struct dfut_sim_sector sector;

	if (dfut_sim_flash_is_read_protected(rom->flash) && rom->options->rdp_address != ALLOW) {
		rom->work_status = ERR_VENDOR;
	} else if (is_resident(rom, rom->address)) {
		rom->work_status = ERR_TARGET;
	} else if (!dfut_sim_flash_find(rom->flash, rom->address, &sector)) {
		check_address(rom, rom->address, 1, "Set Address");
		rom->work_status = ERR_TARGET;
	} else {
		rom->pointer = rom->address;
		rom->is_pointer_fresh = true;
	}
	return SHORT_MS;
}

static uint32_t erase(struct dfut_sim_dfuse *rom)
{
	struct dfut_sim_sector sector;

	if (is_resident(rom, rom->address) || !check_address(rom, rom->address, 1, "Erase") ||
	    !dfut_sim_flash_find(rom->flash, rom->address, &sector)) {
		rom->work_status = ERR_TARGET;
		return SHORT_MS;
	}
	if (!sector.erase_ms) {
		dfut_sim_device_breach(rom->device, "%s: Erase at 0x%08x, whose sector is not erasable (UM0424)",
				       get_state_name(rom), (unsigned int)rom->address);
		rom->work_status = ERR_TARGET;
		return SHORT_MS;
	}
	dfut_sim_flash_erase(rom->flash, &sector);
	rom->is_stuck = sector.zone == DFUT_SIM_ZONE_FLASH && sector.offset >= rom->options->stuck_offset;
	return scale(sector.erase_ms, rom->options->erase_percent);
}

static uint32_t get_mass_erase_ms(const struct dfut_sim_dfuse *rom)
{
	return scale(rom->flash->part->mass_erase_ms, rom->options->erase_percent);
}

static uint32_t read_unprotect(struct dfut_sim_dfuse *rom)
{
	dfut_sim_flash_protect(rom->flash, false, 0);
	dfut_sim_flash_erase_all(rom->flash);
	rom->next = rom->options->resets ? DFUT_SIM_DFUSE_RESET : DFUT_SIM_DFUSE_STAYS;
	return get_mass_erase_ms(rom);
}

static uint32_t write(struct dfut_sim_dfuse *rom)
{
	const struct dfut_sim_part *part = rom->flash->part;
	struct dfut_sim_sector sector;
	uint64_t ns = (uint64_t)rom->length * part->program_ns;

	rom->is_pointer_fresh = false;
	if (rom->is_oversize) {
		rom->work_status = ERR_WRITE;
		return SHORT_MS;
	}
	if (is_resident(rom, rom->address) || !check_address(rom, rom->address, rom->length, "a block") ||
	    !dfut_sim_flash_find(rom->flash, rom->address, &sector)) {
		rom->work_status = ERR_TARGET;
		return SHORT_MS;
	}
	if (!dfut_sim_flash_program(rom->flash, rom->address, rom->data, rom->length))
		dfut_sim_device_breach(rom->device, "%s: a block at 0x%08x, which is not erased (UM0424)",
				       get_state_name(rom), (unsigned int)rom->address);
	if (sector.zone == DFUT_SIM_ZONE_OPTION_BYTES) {
		rom->next = rom->options->resets ? DFUT_SIM_DFUSE_RESET : DFUT_SIM_DFUSE_STAYS;
		return scale(part->option_bytes_ms, rom->options->erase_percent);
	}
	return scale((uint32_t)((ns + NS_PER_MS - 1) / NS_PER_MS), rom->options->program_percent);
}

static bool is_protected_work(const struct dfut_sim_dfuse *rom)
{
	return rom->work == DFUT_SIM_DFUSE_ERASE || rom->work == DFUT_SIM_DFUSE_MASS_ERASE ||
	       rom->work == DFUT_SIM_DFUSE_WRITE;
}

/* Returns how long it takes. */
static uint32_t do_work(struct dfut_sim_dfuse *rom)
{
	rom->work_status = STATUS_OK;
	if (is_protected_work(rom) && dfut_sim_flash_is_read_protected(rom->flash)) {
		rom->work_status = ERR_VENDOR;
		return SHORT_MS;
	}
	switch (rom->work) {
	case DFUT_SIM_DFUSE_NOTHING:
	case DFUT_SIM_DFUSE_GET_COMMANDS:
		return SHORT_MS;
	case DFUT_SIM_DFUSE_SET_ADDRESS:
		return set_pointer(rom);
	case DFUT_SIM_DFUSE_ERASE:
		return erase(rom);
	case DFUT_SIM_DFUSE_MASS_ERASE:
		dfut_sim_flash_erase_all(rom->flash);
		return get_mass_erase_ms(rom);
	case DFUT_SIM_DFUSE_READ_UNPROTECT:
		return read_unprotect(rom);
	case DFUT_SIM_DFUSE_WRITE:
		break;
	}
	return write(rom);
}

static uint32_t get_poll_ms(const struct dfut_sim_dfuse *rom, uint32_t work_ms)
{
	if (rom->work == DFUT_SIM_DFUSE_MASS_ERASE && rom->options->mass_poll_ms != DFUT_SIM_DFUSE_HONEST)
		return rom->options->mass_poll_ms;
	return scale(work_ms, rom->options->poll_percent);
}

/* Status. */

static int tell(struct dfut_sim_dfuse *rom, const struct dfut_sim_setup *setup, uint8_t *data, uint32_t poll_ms)
{
	struct dfut_sim_dfu_answer answer = { rom->status, poll_ms, rom->state };

	return dfut_sim_dfu_answer_status(&rom->rules, setup, data, &answer);
}

static void finish_work(struct dfut_sim_dfuse *rom)
{
	rom->state = rom->work_status == STATUS_OK ? DFU_DNLOAD_IDLE : DFU_ERROR;
	rom->status = rom->work_status;
	rom->work = DFUT_SIM_DFUSE_NOTHING;
}

static int begin_work(struct dfut_sim_dfuse *rom, const struct dfut_sim_setup *setup, uint8_t *data)
{
	bool is_command = rom->work != DFUT_SIM_DFUSE_WRITE;
	uint32_t work_ms;

	rom->next = DFUT_SIM_DFUSE_STAYS;
	work_ms = do_work(rom);
	rom->work_until_us = get_now_us(rom) + work_ms * DFUT_SIM_US_PER_MS;
	rom->work_poll_ms = get_poll_ms(rom, work_ms);
	if (rom->next == DFUT_SIM_DFUSE_RESET)
		dfut_sim_device_set_timer(rom->device, DFUT_SIM_DFUSE_TIMER, work_ms * DFUT_SIM_US_PER_MS);
	if (is_command && rom->options->first_status == 1 && rom->next == DFUT_SIM_DFUSE_STAYS) {
		dfut_sim_device_delay_answer(rom->device, work_ms);
		finish_work(rom);
		return tell(rom, setup, data, 0);
	}
	rom->state = DFU_DNBUSY;
	return tell(rom, setup, data, rom->work_poll_ms);
}

static int tell_busy(struct dfut_sim_dfuse *rom, const struct dfut_sim_setup *setup, uint8_t *data)
{
	uint64_t now_us = get_now_us(rom);
	uint64_t rest_us = rom->work_until_us > now_us ? rom->work_until_us - now_us : 0;

	if (rom->is_stuck)
		return tell(rom, setup, data, rom->work_poll_ms);
	if (rest_us && rom->options->busy == BUSY_STALL)
		return DFUT_ERROR_DEVICE;
	if (rest_us && rom->options->busy == BUSY_ANSWER)
		return tell(rom, setup, data, rom->work_poll_ms);
	/* A reset follows, before which there is no result. */
	if (rom->next == DFUT_SIM_DFUSE_RESET)
		return DFUT_ERROR_TIMEOUT;
	dfut_sim_device_delay_answer(rom->device, (uint32_t)((rest_us + 999) / 1000));
	finish_work(rom);
	return tell(rom, setup, data, 0);
}

static int begin_leaving(struct dfut_sim_dfuse *rom, const struct dfut_sim_setup *setup, uint8_t *data)
{
	if (rom->options->leave_needs_address && !rom->is_pointer_fresh) {
		refuse(rom, ERR_UNKNOWN);
		return tell(rom, setup, data, 0);
	}
	if (rom->options->leave_waits) {
		static const uint8_t states[] = { DFU_IDLE, DFU_IDLE, DFU_MANIFEST, DFU_MANIFEST_WAIT_RESET };

		rom->state = states[rom->options->leave_waits];
		rom->waits_for_reset = true;
		return tell(rom, setup, data, rom->state == DFU_MANIFEST ? SHORT_MS : 0);
	}
	rom->state = DFU_MANIFEST;
	rom->next = DFUT_SIM_DFUSE_LEAVE;
	dfut_sim_device_set_timer(rom->device, DFUT_SIM_DFUSE_TIMER, SHORT_MS * DFUT_SIM_US_PER_MS);
	if (rom->options->leave_status == REPLY_NONE)
		return DFUT_ERROR_TIMEOUT;
	return rom->options->leave_status == REPLY_STALL ? DFUT_ERROR_DEVICE : tell(rom, setup, data, SHORT_MS);
}

static int get_status(struct dfut_sim_dfuse *rom, const struct dfut_sim_setup *setup, uint8_t *data)
{
	if (rom->state == DFU_DNLOAD_SYNC)
		return begin_work(rom, setup, data);
	if (rom->state == DFU_DNBUSY)
		return tell_busy(rom, setup, data);
	if (rom->state == DFU_MANIFEST_SYNC)
		return begin_leaving(rom, setup, data);
	return tell(rom, setup, data, 0);
}

/* Requests. */

static bool find_command(struct dfut_sim_dfuse *rom, const struct dfut_sim_setup *setup, const uint8_t *data)
{
	rom->address = setup->length == ADDRESSED_SIZE ? dfut_le32(data + 1) : 0;
	rom->work = DFUT_SIM_DFUSE_NOTHING;
	if (setup->length == ADDRESSED_SIZE && data[0] == COMMAND_SET_ADDRESS)
		rom->work = DFUT_SIM_DFUSE_SET_ADDRESS;
	if (setup->length == ADDRESSED_SIZE && data[0] == COMMAND_ERASE)
		rom->work = DFUT_SIM_DFUSE_ERASE;
	if (setup->length == 1 && data[0] == COMMAND_ERASE)
		rom->work = DFUT_SIM_DFUSE_MASS_ERASE;
	if (setup->length == 1 && data[0] == COMMAND_READ_UNPROTECT)
		rom->work = DFUT_SIM_DFUSE_READ_UNPROTECT;
	if (setup->length == 1 && data[0] == COMMAND_GET)
		rom->work = DFUT_SIM_DFUSE_GET_COMMANDS;
	if (rom->work == DFUT_SIM_DFUSE_NOTHING)
		dfut_sim_device_breach(rom->device,
				       "%s: DNLOAD of block 0 with 0x%02x and %u bytes, no command (UM0424)",
				       get_state_name(rom), data[0], setup->length);
	return rom->work != DFUT_SIM_DFUSE_NOTHING;
}

static int ask_to_leave(struct dfut_sim_dfuse *rom)
{
	if (rom->options->leave_request == REPLY_STALL) {
		rom->next = DFUT_SIM_DFUSE_LEAVE;
		rom->state = DFU_MANIFEST;
		dfut_sim_device_set_timer(rom->device, DFUT_SIM_DFUSE_TIMER, SHORT_MS * DFUT_SIM_US_PER_MS);
		return DFUT_ERROR_DEVICE;
	}
	rom->state = DFU_MANIFEST_SYNC;
	return 0;
}

/* Option bytes may take effect as soon as they are there: what asks about them comes too late. */
static void reset_early(struct dfut_sim_dfuse *rom)
{
	struct dfut_sim_sector sector;

	if (!rom->options->early_reset || !dfut_sim_flash_find(rom->flash, rom->address, &sector) ||
	    sector.zone != DFUT_SIM_ZONE_OPTION_BYTES)
		return;
	write(rom);
	rom->work = DFUT_SIM_DFUSE_NOTHING;
	rom->next = DFUT_SIM_DFUSE_RESET;
	rom->state = DFU_DNBUSY;
	rom->work_until_us = UINT64_MAX;
	dfut_sim_device_set_timer(rom->device, DFUT_SIM_DFUSE_TIMER, EARLY_RESET_US);
}

static int download(struct dfut_sim_dfuse *rom, const struct dfut_sim_setup *setup, const uint8_t *data)
{
	if (setup->length > rom->options->transfer_size)
		return refuse(rom, ERR_STALLEDPKT);
	if (setup->length == 0)
		return ask_to_leave(rom);
	if (setup->value == 0 && !find_command(rom, setup, data))
		return refuse(rom, ERR_STALLEDPKT);
	rom->is_oversize = setup->value && setup->length > rom->options->largest_block;
	if (setup->value == 1 || (rom->is_oversize && rom->options->oversize == OVERSIZE_STALL))
		return refuse(rom, ERR_STALLEDPKT);
	if (setup->value) {
		rom->work = DFUT_SIM_DFUSE_WRITE;
		rom->address = get_block_address(rom, setup);
		rom->length = setup->length;
		memcpy(rom->data, data, setup->length);
		reset_early(rom);
	}
	if (rom->state != DFU_DNBUSY)
		rom->state = DFU_DNLOAD_SYNC;
	return setup->length;
}

static int upload_commands(struct dfut_sim_dfuse *rom, const struct dfut_sim_setup *setup, uint8_t *data)
{
	uint32_t size = setup->length < rom->options->commands ? setup->length : rom->options->commands;

	if (rom->options->get_commands == REPLY_STALL)
		return DFUT_ERROR_DEVICE;
	if (rom->options->get_commands == REPLY_NONE)
		size = 0;
	if (size)
		memcpy(data, commands, size);
	rom->state = DFU_IDLE;
	return (int)size;
}

static int upload(struct dfut_sim_dfuse *rom, const struct dfut_sim_setup *setup, uint8_t *data)
{
	uint32_t room;
	uint32_t length;
	const uint8_t *bytes;

	if (setup->length > rom->options->transfer_size || setup->length > rom->options->largest_block)
		return refuse(rom, ERR_STALLEDPKT);
	if (setup->value == 0)
		return upload_commands(rom, setup, data);
	if (setup->value == 1)
		return refuse(rom, ERR_STALLEDPKT);
	if (dfut_sim_flash_is_read_protected(rom->flash))
		return refuse(rom, ERR_VENDOR);
	bytes = dfut_sim_flash_get_bytes(rom->flash, get_block_address(rom, setup), &room);
	/* Past the end a host may look, as layouts are cut off at times; there is nothing to be had. */
	if (!bytes || is_resident(rom, get_block_address(rom, setup)))
		return refuse(rom, ERR_TARGET);
	length = room < setup->length ? room : setup->length;
	if (length)
		memcpy(data, bytes, length);
	rom->state = DFU_UPLOAD_IDLE;
	return (int)length;
}

static int clear_status(struct dfut_sim_dfuse *rom)
{
	bool was_error = rom->state == DFU_ERROR;

	if (!was_error && rom->options->clear == REPLY_STALL)
		return DFUT_ERROR_DEVICE;
	rom->state = was_error ? DFU_IDLE : DFU_ERROR;
	rom->status = was_error ? STATUS_OK : ERR_UNKNOWN;
	rom->is_stuck = false;
	rom->rules.poll_until_us = 0;
	return 0;
}

static int answer_idle(struct dfut_sim_dfuse *rom, const struct dfut_sim_setup *setup, uint8_t *data)
{
	bool is_download = setup->request == DFUT_SIM_DFU_DNLOAD;

	if (setup->request == DFUT_SIM_DFU_ABORT) {
		rom->state = DFU_IDLE;
		return 0;
	}
	if (is_download && rom->state != DFU_UPLOAD_IDLE)
		return download(rom, setup, data);
	if (setup->request == DFUT_SIM_DFU_UPLOAD && rom->state != DFU_DNLOAD_IDLE)
		return upload(rom, setup, data);
	return refuse(rom, ERR_STALLEDPKT);
}

static int answer_request(struct dfut_sim_dfuse *rom, const struct dfut_sim_setup *setup, uint8_t *data)
{
	if (setup->request == DFUT_SIM_DFU_GETSTATUS)
		return get_status(rom, setup, data);
	if (setup->request == DFUT_SIM_DFU_GETSTATE)
		return dfut_sim_dfu_answer_state(setup, data, rom->state);
	if (setup->request == DFUT_SIM_DFU_CLRSTATUS)
		return clear_status(rom);
	if (rom->state == DFU_IDLE || rom->state == DFU_DNLOAD_IDLE || rom->state == DFU_UPLOAD_IDLE)
		return answer_idle(rom, setup, data);
	if (rom->state == DFU_ERROR || rom->state == DFU_MANIFEST)
		return DFUT_ERROR_DEVICE;
	return refuse(rom, ERR_STALLEDPKT);
}

static int answer_functional(struct dfut_sim_dfuse *rom, const struct dfut_sim_setup *setup, uint8_t *data)
{
	uint8_t descriptor[9] = { 9, DFUT_SIM_FUNCTIONAL_DESCRIPTOR, rom->rules.attributes, 0xff, 0, 0, 0, 0x1a, 0x01 };
	size_t size = setup->length < sizeof(descriptor) ? setup->length : sizeof(descriptor);

	if (setup->request != DFUT_SIM_GET_DESCRIPTOR || setup->value != DFUT_SIM_FUNCTIONAL_DESCRIPTOR << 8 ||
	    rom->options->get_functional == REPLY_STALL)
		return DFUT_ERROR_DEVICE;
	if (rom->options->get_functional == REPLY_NONE) {
		rom->is_hung = true;
		return DFUT_ERROR_TIMEOUT;
	}
	dfut_put_le16(descriptor + 5, rom->rules.transfer_size);
	if (size)
		memcpy(data, descriptor, size);
	return (int)size;
}

static void check_rules(struct dfut_sim_dfuse *rom, const struct dfut_sim_setup *setup)
{
	bool is_block = setup->request == DFUT_SIM_DFU_DNLOAD || setup->request == DFUT_SIM_DFU_UPLOAD;

	/* The way out of it that ST's own tool takes */
	if (rom->is_stuck && setup->request == DFUT_SIM_DFU_CLRSTATUS)
		return;
	dfut_sim_dfu_rules_check(&rom->rules, setup, rom->state, rom->status);
	if (is_block && setup->value == 1 && setup->length)
		dfut_sim_device_breach(rom->device, "%s: block 1, which is reserved (UM0424)", get_state_name(rom));
}

int dfut_sim_dfuse_answer(struct dfut_sim_dfuse *rom, const struct dfut_sim_setup *setup, uint8_t *data)
{
	uint64_t now_us = get_now_us(rom);

	if (rom->is_hung)
		return DFUT_ERROR_TIMEOUT;
	if ((setup->request_type & DFUT_SIM_TYPE_MASK) == DFUT_SIM_TYPE_STANDARD)
		return answer_functional(rom, setup, data);
	check_rules(rom, setup);
	if (!dfut_sim_is_dfu_request(setup) || setup->index != 0)
		return DFUT_ERROR_DEVICE;
	/* What the host did not wait for goes on all the same. */
	if (rom->options->busy == BUSY_BLOCK && rom->state != DFU_DNBUSY && rom->work_until_us > now_us)
		dfut_sim_device_delay_answer(rom->device, (uint32_t)((rom->work_until_us - now_us + 999) / 1000));
	return answer_request(rom, setup, data);
}

void dfut_sim_dfuse_bus_reset(struct dfut_sim_dfuse *rom)
{
	size_t zone = rom->zone;

	/* usbd-dfu says bitWillDetach, and waits for this all the same. */
	if (rom->waits_for_reset) {
		rom->next = DFUT_SIM_DFUSE_LEAVE;
		rom->waits_for_reset = false;
		dfut_sim_device_set_timer(rom->device, DFUT_SIM_DFUSE_TIMER, SHORT_MS * DFUT_SIM_US_PER_MS);
		return;
	}
	dfut_sim_dfu_rules_check_reset(&rom->rules, rom->state);
	if (rom->next != DFUT_SIM_DFUSE_STAYS || rom->is_hung)
		return;
	dfut_sim_dfuse_start(rom, rom->device, rom->flash, rom->options);
	rom->zone = zone;
}

enum dfut_sim_dfuse_event dfut_sim_dfuse_take_event(struct dfut_sim_dfuse *rom)
{
	enum dfut_sim_dfuse_event event = rom->next;

	rom->next = DFUT_SIM_DFUSE_STAYS;
	return event;
}

void dfut_sim_dfuse_set_defaults(struct dfut_sim_dfuse_options *options)
{
	options->poll_percent = 100;
	options->mass_poll_ms = DFUT_SIM_DFUSE_HONEST;
	options->erase_percent = 100;
	options->program_percent = 100;
	options->transfer_size = 2048;
	options->largest_block = DFUT_SIM_DFUSE_BLOCK_LIMIT;
	options->commands = sizeof(commands);
	options->stuck_offset = UINT32_MAX;
	options->resets = true;
	options->functional = true;
}

void dfut_sim_dfuse_start(struct dfut_sim_dfuse *rom, struct dfut_sim_device *device, struct dfut_sim_flash *flash,
			  const struct dfut_sim_dfuse_options *options)
{
	memset(rom, 0, sizeof(*rom));
	rom->device = device;
	rom->flash = flash;
	rom->options = options;
	rom->pointer = DEFAULT_POINTER;
	rom->state = DFU_IDLE;
	rom->rules.device = device;
	rom->rules.transfer_size = (uint16_t)options->transfer_size;
	rom->rules.attributes = DFUT_DFU_CAN_DNLOAD | DFUT_DFU_CAN_UPLOAD | DFUT_DFU_WILL_DETACH;
	rom->rules.is_zero_length_free = true;
	rom->rules.is_dfuse = true;
	rom->rules.string = (uint8_t)options->string;
}

void dfut_sim_dfuse_power_up(struct dfut_sim_dfuse *rom)
{
	static const uint8_t states[] = {
		[START_IDLE] = DFU_IDLE,
		[START_ERROR] = DFU_ERROR,
		[START_DNLOAD_IDLE] = DFU_DNLOAD_IDLE,
		[START_UPLOAD_IDLE] = DFU_UPLOAD_IDLE,
	};

	rom->state = states[rom->options->start];
	rom->status = rom->state == DFU_ERROR ? ERR_FIRMWARE : STATUS_OK;
}
