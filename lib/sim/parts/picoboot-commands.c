/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* What the commands of PICOBOOT do on an RP2040 and an RP2350. */

#include <string.h>

#include "sim/parts/rp.h"

/* picoboot.h */
enum command {
	EXCLUSIVE_ACCESS = 0x01,
	REBOOT = 0x02,
	FLASH_ERASE = 0x03,
	WRITE = 0x05,
	EXIT_XIP = 0x06,
	ENTER_CMD_XIP = 0x07,
	EXEC = 0x08,
	VECTORIZE_FLASH = 0x09,
	REBOOT2 = 0x0a,
	OTP_WRITE = 0x0d,
	READ = 0x84,
	GET_INFO = 0x8b,
	OTP_READ = 0x8c,
};

#define ON_RP2040 1u
#define ON_RP2350 2u

static const struct {
	uint8_t id;
	uint8_t args_length;
	uint8_t chips;
} commands[] = {
	{ EXCLUSIVE_ACCESS, 1, ON_RP2040 | ON_RP2350 },
	{ REBOOT, 12, ON_RP2040 },
	{ FLASH_ERASE, 8, ON_RP2040 | ON_RP2350 },
	{ WRITE, 8, ON_RP2040 | ON_RP2350 },
	{ EXIT_XIP, 0, ON_RP2040 | ON_RP2350 },
	{ ENTER_CMD_XIP, 0, ON_RP2040 | ON_RP2350 },
	{ EXEC, 4, ON_RP2040 },
	{ VECTORIZE_FLASH, 4, ON_RP2040 },
	{ REBOOT2, 16, ON_RP2350 },
	{ OTP_WRITE, 5, ON_RP2350 },
	{ READ, 8, ON_RP2040 | ON_RP2350 },
	{ GET_INFO, 16, ON_RP2350 },
	{ OTP_READ, 5, ON_RP2350 },
};

#define EXCLUSIVE_MOST 2

/* Of REBOOT2 */
#define REBOOT2_TYPE 0x0f
enum reboot2 {
	REBOOT2_NORMAL = 0x0,
	REBOOT2_BOOTSEL = 0x2,
	REBOOT2_RAM_IMAGE = 0x3,
	REBOOT2_FLASH_UPDATE = 0x4,
	REBOOT2_PC_SP = 0xd,
};
#define REBOOT2_DISABLE_MASK 0x03

#define ROM_SIZE_RP2040 (16u * 1024)
#define ROM_SIZE_RP2350 (32u * 1024)
#define ROM_MAGIC_AT 0x10u

static bool is_rp2040(const struct dfut_sim_picoboot *picoboot)
{
	return picoboot->rp->options.chip == DFUT_SIM_RP2040;
}

static uint32_t get_address(const struct dfut_sim_picoboot *picoboot)
{
	return dfut_le32(picoboot->args);
}

static uint32_t get_size(const struct dfut_sim_picoboot *picoboot)
{
	return dfut_le32(&picoboot->args[4]);
}

static uint32_t breach(const struct dfut_sim_picoboot *picoboot, uint32_t code, const char *what)
{
	dfut_sim_device_breach(picoboot->rp->device, "PICOBOOT: command 0x%02x: %s", picoboot->command, what);
	return code;
}

/* Addresses. */

struct range {
	uint32_t start;
	uint32_t size;
};

static struct range get_flash(const struct dfut_sim_rp *rp)
{
	bool wraps = rp->options.chip == DFUT_SIM_RP2040;

	return (struct range){ DFUT_SIM_RP_FLASH_BASE, wraps ? DFUT_SIM_RP_WINDOW_SIZE : rp->options.flash_size };
}

static struct range get_ram(const struct dfut_sim_rp *rp)
{
	return (struct range){ DFUT_SIM_RP_RAM_BASE, dfut_sim_rp_get_ram_size(rp) };
}

static struct range get_rom(const struct dfut_sim_rp *rp)
{
	return (struct range){ 0, rp->options.chip == DFUT_SIM_RP2040 ? ROM_SIZE_RP2040 : ROM_SIZE_RP2350 };
}

/* surplus: 1 if an end is taken for a part of the range */
static bool is_within(struct range range, uint32_t address, uint32_t size, uint32_t surplus)
{
	return address >= range.start && address - range.start <= range.size &&
	       size <= range.size + surplus - (address - range.start);
}

static bool is_flash(const struct dfut_sim_picoboot *picoboot, uint32_t surplus)
{
	return is_within(get_flash(picoboot->rp), get_address(picoboot), get_size(picoboot), surplus);
}

static bool is_ram(const struct dfut_sim_picoboot *picoboot, uint32_t surplus)
{
	return is_within(get_ram(picoboot->rp), get_address(picoboot), get_size(picoboot), surplus);
}

/* Flash. */

static bool is_interleaved(const struct dfut_sim_picoboot *picoboot)
{
	return picoboot->rp->is_uf2_running && !picoboot->rp->exclusive;
}

static uint32_t erase(struct dfut_sim_picoboot *picoboot)
{
	uint32_t address = get_address(picoboot);
	uint32_t size = get_size(picoboot);
	bool is_aligned = address % DFUT_SIM_RP_SECTOR_SIZE == 0 && size % DFUT_SIM_RP_SECTOR_SIZE == 0;

	/* The RP2040 finds out after it has acknowledged, and keeps it to itself. */
	if (!is_aligned)
		return breach(picoboot, is_rp2040(picoboot) ? PICOBOOT_OK : PICOBOOT_BAD_ALIGNMENT,
			      "not whole sectors of 4096 bytes");
	if (!is_flash(picoboot, 0))
		return breach(picoboot, is_rp2040(picoboot) ? PICOBOOT_OK : PICOBOOT_INVALID_ADDRESS, "not in flash");
	if (is_interleaved(picoboot))
		return is_rp2040(picoboot) ? PICOBOOT_OK : PICOBOOT_INTERLEAVED_WRITE;
	for (uint32_t at = 0; at < size; at += DFUT_SIM_RP_SECTOR_SIZE)
		dfut_sim_rp_erase(picoboot->rp, address - DFUT_SIM_RP_FLASH_BASE + at);
	return PICOBOOT_OK;
}

static uint32_t check_write(const struct dfut_sim_picoboot *picoboot)
{
	uint32_t surplus = is_rp2040(picoboot) ? 1 : 0;

	if (is_ram(picoboot, surplus))
		return PICOBOOT_OK;
	if (!is_flash(picoboot, surplus))
		return breach(picoboot, PICOBOOT_INVALID_ADDRESS, "neither in flash nor in RAM");
	if (get_address(picoboot) % DFUT_SIM_RP_PAGE_SIZE)
		return breach(picoboot, PICOBOOT_BAD_ALIGNMENT, "does not begin with a page of 256 bytes");
	if (get_size(picoboot) % DFUT_SIM_RP_PAGE_SIZE)
		breach(picoboot, PICOBOOT_OK, "not whole pages of 256 bytes");
	if (is_interleaved(picoboot) && !is_rp2040(picoboot))
		return PICOBOOT_INTERLEAVED_WRITE;
	return PICOBOOT_OK;
}

static void program_page(struct dfut_sim_picoboot *picoboot, uint32_t at)
{
	uint32_t offset = get_address(picoboot) - DFUT_SIM_RP_FLASH_BASE + at;

	dfut_sim_rp_program(picoboot->rp, offset - offset % DFUT_SIM_RP_PAGE_SIZE, picoboot->page);
}

static void write_ram(struct dfut_sim_picoboot *picoboot, const uint8_t *data, size_t size)
{
	uint32_t at = get_address(picoboot) - DFUT_SIM_RP_RAM_BASE + picoboot->moved;

	picoboot->rp->is_ram_written = true;
	/* What is one byte beyond it goes nowhere. */
	for (size_t i = 0; i < size && at + i < dfut_sim_rp_get_ram_size(picoboot->rp); i++)
		picoboot->rp->ram[at + i] = data[i];
}

static void write_flash(struct dfut_sim_picoboot *picoboot, const uint8_t *data, size_t size)
{
	for (size_t i = 0; i < size; i++) {
		uint32_t at = picoboot->moved + (uint32_t)i;

		picoboot->page[at % DFUT_SIM_RP_PAGE_SIZE] = data[i];
		if ((at + 1) % DFUT_SIM_RP_PAGE_SIZE == 0)
			program_page(picoboot, at);
	}
}

/* OTP. */

static uint32_t check_otp(const struct dfut_sim_picoboot *picoboot)
{
	uint32_t row = dfut_le16(picoboot->args);
	uint32_t count = dfut_le16(&picoboot->args[2]);
	uint32_t width = picoboot->args[4] ? 2 : 4;

	if (row > DFUT_SIM_RP_OTP_ROWS || count > DFUT_SIM_RP_OTP_ROWS - row)
		return breach(picoboot, PICOBOOT_INVALID_ADDRESS, "no such rows");
	return picoboot->length == count * width ? PICOBOOT_OK :
						   breach(picoboot, PICOBOOT_INVALID_TRANSFER_LENGTH, "wrong length");
}

/* For ever: bits become 1, none becomes 0. */
static void write_otp(struct dfut_sim_picoboot *picoboot, const uint8_t *data, size_t size)
{
	uint32_t width = picoboot->args[4] ? 2 : 4;

	for (size_t i = 0; i < size; i++) {
		uint32_t at = picoboot->moved + (uint32_t)i;

		if (at % width < 2)
			picoboot->rp->otp[2 * (dfut_le16(picoboot->args) + at / width) + at % width] |= data[i];
		picoboot->rp->device->counters.words += at % width == 0;
	}
}

static uint8_t read_otp(const struct dfut_sim_picoboot *picoboot, uint32_t at)
{
	uint32_t width = picoboot->args[4] ? 2 : 4;

	return at % width < 2 ? picoboot->rp->otp[2 * (dfut_le16(picoboot->args) + at / width) + at % width] : 0;
}

/* Restarts. */

static uint32_t reboot(struct dfut_sim_picoboot *picoboot)
{
	uint32_t pc = dfut_le32(picoboot->args);

	dfut_sim_rp_restart(picoboot->rp, pc ? DFUT_SIM_RP_TO_RAM : DFUT_SIM_RP_TO_FLASH,
			    dfut_le32(&picoboot->args[8]));
	return PICOBOOT_OK;
}

static uint32_t reboot2(struct dfut_sim_picoboot *picoboot)
{
	struct dfut_sim_rp *rp = picoboot->rp;
	uint32_t delay_ms = dfut_le32(&picoboot->args[4]);
	uint32_t parameter = dfut_le32(&picoboot->args[8]);

	switch (dfut_le32(picoboot->args) & REBOOT2_TYPE) {
	case REBOOT2_NORMAL:
		dfut_sim_rp_restart(rp, DFUT_SIM_RP_TO_FLASH, delay_ms);
		return PICOBOOT_OK;
	case REBOOT2_BOOTSEL:
		rp->disabled = dfut_le32(&picoboot->args[12]) & REBOOT2_DISABLE_MASK;
		dfut_sim_rp_restart(rp, DFUT_SIM_RP_TO_ROM, delay_ms);
		return PICOBOOT_OK;
	case REBOOT2_FLASH_UPDATE:
		rp->updated_at = parameter;
		dfut_sim_rp_restart(rp, DFUT_SIM_RP_TO_FLASH, delay_ms);
		return PICOBOOT_OK;
	case REBOOT2_RAM_IMAGE:
	case REBOOT2_PC_SP:
		dfut_sim_rp_restart(rp, DFUT_SIM_RP_TO_RAM, delay_ms);
		return PICOBOOT_OK;
	default:
		return breach(picoboot, PICOBOOT_INVALID_ARG, "no such kind of restart");
	}
}

/* Commands. */

static uint32_t run_exclusive(struct dfut_sim_picoboot *picoboot)
{
	struct dfut_sim_rp *rp = picoboot->rp;

	if (picoboot->args[0] > EXCLUSIVE_MOST)
		return breach(picoboot, is_rp2040(picoboot) ? PICOBOOT_OK : PICOBOOT_INVALID_ARG, "no such access");
	rp->exclusive = picoboot->args[0];
	return PICOBOOT_OK;
}

static uint32_t run_read(const struct dfut_sim_picoboot *picoboot)
{
	uint32_t surplus = is_rp2040(picoboot) ? 1 : 0;

	if (is_flash(picoboot, surplus) || is_ram(picoboot, surplus) ||
	    is_within(get_rom(picoboot->rp), get_address(picoboot), get_size(picoboot), surplus))
		return PICOBOOT_OK;
	return breach(picoboot, PICOBOOT_INVALID_ADDRESS, "nothing to read there");
}

static uint32_t run_info(struct dfut_sim_picoboot *picoboot)
{
	size_t size;

	if (picoboot->length == 0 || picoboot->length > DFUT_SIM_PICOBOOT_INFO_SIZE)
		return breach(picoboot, PICOBOOT_INVALID_TRANSFER_LENGTH, "wrong length");
	memset(picoboot->info, 0, sizeof(picoboot->info));
	size = dfut_sim_picoboot_put_info(picoboot);
	if (size == 0)
		return breach(picoboot, PICOBOOT_INVALID_ARG, "no such information");
	return size <= picoboot->length ? PICOBOOT_OK :
					  breach(picoboot, PICOBOOT_BUFFER_TOO_SMALL, "no room for the answer");
}

static uint32_t run(struct dfut_sim_picoboot *picoboot)
{
	switch ((enum command)picoboot->command) {
	case EXCLUSIVE_ACCESS:
		return run_exclusive(picoboot);
	case REBOOT:
		return reboot(picoboot);
	case REBOOT2:
		return reboot2(picoboot);
	case FLASH_ERASE:
		return erase(picoboot);
	case WRITE:
		return check_write(picoboot);
	case READ:
		return run_read(picoboot);
	case EXIT_XIP:
	case ENTER_CMD_XIP:
		picoboot->is_xip_left = picoboot->command == EXIT_XIP;
		return PICOBOOT_OK;
	case EXEC:
	case VECTORIZE_FLASH:
		return PICOBOOT_OK;
	case GET_INFO:
		return run_info(picoboot);
	case OTP_WRITE:
		breach(picoboot, PICOBOOT_OK, "OTP is written for ever");
		return check_otp(picoboot);
	case OTP_READ:
		return check_otp(picoboot);
	}
	return PICOBOOT_UNKNOWN_CMD;
}

/* GET_INFO is how one can find out what a chip is. */
static uint32_t refuse(const struct dfut_sim_picoboot *picoboot, bool is_known)
{
	return picoboot->command == GET_INFO ?
		       PICOBOOT_UNKNOWN_CMD :
		       breach(picoboot, PICOBOOT_UNKNOWN_CMD, is_known ? "it is the other chip's" : "unknown");
}

uint32_t dfut_sim_picoboot_run(struct dfut_sim_picoboot *picoboot, uint8_t args_length)
{
	unsigned int chip = is_rp2040(picoboot) ? ON_RP2040 : ON_RP2350;
	bool has_size = picoboot->command == READ || picoboot->command == WRITE;
	bool has_data = has_size || picoboot->command == GET_INFO || picoboot->command == OTP_READ ||
			picoboot->command == OTP_WRITE;
	size_t i = 0;

	if (picoboot->rp->is_restarting && !is_rp2040(picoboot))
		return PICOBOOT_REBOOTING;
	while (i < DFUT_COUNT(commands) && commands[i].id != picoboot->command)
		i++;
	if (i == DFUT_COUNT(commands) || !(commands[i].chips & chip))
		return refuse(picoboot, i < DFUT_COUNT(commands));
	if (args_length != commands[i].args_length)
		return breach(picoboot, PICOBOOT_INVALID_CMD_LENGTH, "wrong length of the arguments");
	if ((!has_data && picoboot->length) || (has_size && picoboot->length != get_size(picoboot)))
		return breach(picoboot, PICOBOOT_INVALID_TRANSFER_LENGTH, "wrong length of the data");
	return run(picoboot);
}

/* Data. */

uint32_t dfut_sim_picoboot_take(struct dfut_sim_picoboot *picoboot, const uint8_t *data, size_t size)
{
	if (picoboot->command == OTP_WRITE) {
		write_otp(picoboot, data, size);
		return PICOBOOT_OK;
	}
	if (get_address(picoboot) >= DFUT_SIM_RP_RAM_BASE) {
		write_ram(picoboot, data, size);
		return PICOBOOT_OK;
	}
	/* The RP2040 finds out when it is about to write. */
	if (is_interleaved(picoboot))
		return breach(picoboot, PICOBOOT_INTERLEAVED_WRITE, "UF2 blocks are being written");
	write_flash(picoboot, data, size);
	return PICOBOOT_OK;
}

/* The rest of the last page is what an earlier one left. */
void dfut_sim_picoboot_finish(struct dfut_sim_picoboot *picoboot)
{
	if (picoboot->command == WRITE && get_address(picoboot) < DFUT_SIM_RP_RAM_BASE &&
	    picoboot->length % DFUT_SIM_RP_PAGE_SIZE)
		program_page(picoboot, picoboot->length - 1);
}

static uint8_t read_rom(const struct dfut_sim_rp *rp, uint32_t at)
{
	const uint8_t magic[] = { 'M', 'u', rp->options.chip == DFUT_SIM_RP2040 ? 1 : 2,
				  (uint8_t)rp->options.revision };

	return at >= ROM_MAGIC_AT && at - ROM_MAGIC_AT < sizeof(magic) ? magic[at - ROM_MAGIC_AT] : 0;
}

static uint8_t read_byte(const struct dfut_sim_rp *rp, uint32_t address)
{
	if (address >= DFUT_SIM_RP_RAM_BASE)
		return address - DFUT_SIM_RP_RAM_BASE < dfut_sim_rp_get_ram_size(rp) ?
			       rp->ram[address - DFUT_SIM_RP_RAM_BASE] :
			       0;
	if (address >= DFUT_SIM_RP_FLASH_BASE)
		return rp->flash[(address - DFUT_SIM_RP_FLASH_BASE) % rp->options.flash_size];
	return read_rom(rp, address);
}

void dfut_sim_picoboot_give(const struct dfut_sim_picoboot *picoboot, uint8_t *data, size_t size)
{
	for (size_t i = 0; i < size; i++) {
		uint32_t at = picoboot->moved + (uint32_t)i;

		if (picoboot->command == GET_INFO)
			data[i] = picoboot->info[at];
		else if (picoboot->command == OTP_READ)
			data[i] = read_otp(picoboot, at);
		else
			data[i] = read_byte(picoboot->rp, get_address(picoboot) + at);
	}
}
