/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/*
 * Registers of ESP chips, as far as a host of the ROM loader comes across them: esptool's targets/. What is written to others
 * is kept. Watchdogs: esp32s3.py and esp32c3.py, watchdog_reset() and disable_watchdogs().
 */

#include "sim/parts/esp-loader.h"

#define MAGIC_ADDRESS 0x40001000u
#define WATCHDOG_KEY 0x50d83aa1u
#define SUPER_KEY 0x8f1d312au
#define WATCHDOG_ON 0x80000000u
#define WATCHDOG_STAGE(config) ((config) >> 28 & 7)
/* Stages below this one do no more than interrupt, or restart a processor. */
#define STAGE_RESETS 3
#define SUPER_FEEDS_ITSELF 0x80000000u
/* RTC_CNTL's slow clock */
#define SLOW_CLOCK_HZ 136000u
/* How long the ROM's watchdogs wait; the ROM's own time is not public. */
#define WATCHDOG_US 3000000u
#define FORCE_DOWNLOAD 1u
#define STRAP_FLASH 8u
#define EFUSE_SIZE 0x200u
#define EFUSE_CRYPT 0x34u
#define EFUSE_CRYPT_SHIFT 18
#define EFUSE_BOOT 0x38u
#define EFUSE_BOOT_SHIFT 20
#define EFUSE_MAC 0x44u
/* As in the serial numbers of the models */
#define MAC_LOW 0xa1e036b4u
#define OTG_MAC_LOW 0xa1036b54u
#define MAC_HIGH 0x7cdfu
#define SPI_COMMAND_USER 0x40000u
#define SPI_USR2 0x20u
#define SPI_W0 0x58u
#define FLASH_READ_ID 0x9f
/* W25Q: manufacturer and type; what is behind them is the size as a power of two. */
#define FLASH_ID 0x40efu

const struct dfut_sim_esp_chip *dfut_sim_esp_get_chip(enum dfut_sim_esp_chip_name name)
{
	static const struct dfut_sim_esp_chip chips[] = {
		[DFUT_SIM_ESP32_S2] = { .id = 2,
					.magic = 0x000007c6,
					.code_address = 0x1000,
					.watchdog_config = 0x3f408094,
					.watchdog_key = 0x3f4080ac,
					.option1 = 0x3f408128,
					.strap = 0x3f404038,
					.efuse = 0x3f41a000,
					.spi = 0x3f402000,
					.port_number = 0x3ffffd14,
					.otg_number = 2 },
		[DFUT_SIM_ESP32_S3] = { .boot_log = "ESP-ROM:esp32s3-20210327\r\nBuild:Mar 27 2021\r\n"
						    "rst:0x15 (USB_UART_CHIP_RESET),boot:0x0 (DOWNLOAD(USB/UART0))\r\n"
						    "waiting for download\r\n",
					.id = 9,
					.magic = 9,
					.tells_id = true,
					.watchdog_config = 0x60008098,
					.watchdog_key = 0x600080b0,
					.super_config = 0x600080b4,
					.super_key = 0x600080b8,
					.option1 = 0x6000812c,
					.strap = 0x60004038,
					.efuse = 0x60007000,
					.spi = 0x60002000,
					.port_number = 0x3fcef14c,
					.otg_number = 3,
					.jtag_number = 4 },
		[DFUT_SIM_ESP32_C3] = { .boot_log =
						"ESP-ROM:esp32c3-api1-20210207\r\nBuild:Feb  7 2021\r\n"
						"rst:0x15 (USB_UART_CHIP_RESET),boot:0x6 (DOWNLOAD(USB/UART0/1))\r\n"
						"waiting for download\r\n",
					.id = 5,
					.magic = 0x1b31506f,
					.tells_id = true,
					.watchdog_config = 0x60008090,
					.watchdog_key = 0x600080a8,
					.super_config = 0x600080ac,
					.super_key = 0x600080b0,
					.efuse = 0x60008800,
					.spi = 0x60002000,
					.port_number = 0x3fcdf07c,
					.jtag_number = 3 },
	};

	return &chips[name];
}

/* What was written. */

static uint32_t get_kept(const struct dfut_sim_esp_loader *loader, uint32_t address)
{
	for (size_t i = 0; i < loader->register_count; i++)
		if (loader->registers[i].address == address)
			return loader->registers[i].value;
	return 0;
}

static bool keep(struct dfut_sim_esp_loader *loader, uint32_t address, uint32_t value)
{
	size_t i = 0;

	while (i < loader->register_count && loader->registers[i].address != address)
		i++;
	if (i == DFUT_SIM_ESP_REGISTER_LIMIT)
		return false;
	if (i == loader->register_count)
		loader->register_count++;
	loader->registers[i].address = address;
	loader->registers[i].value = value;
	return true;
}

/* Reading. */

static bool is_efuse(const struct dfut_sim_esp_loader *loader, uint32_t address)
{
	return address - loader->chip->efuse < EFUSE_SIZE;
}

static uint32_t get_efuse(const struct dfut_sim_esp_loader *loader, uint32_t offset)
{
	switch (offset) {
	case EFUSE_CRYPT:
		return (uint32_t)loader->options.is_encrypted << EFUSE_CRYPT_SHIFT;
	case EFUSE_BOOT:
		return (uint32_t)loader->options.has_secure_boot << EFUSE_BOOT_SHIFT;
	case EFUSE_MAC:
		return loader->is_otg ? OTG_MAC_LOW : MAC_LOW;
	case EFUSE_MAC + 4:
		return MAC_HIGH;
	default:
		return 0;
	}
}

static uint32_t get_register(const struct dfut_sim_esp_loader *loader, uint32_t address)
{
	const struct dfut_sim_esp_chip *chip = loader->chip;

	if (address == MAGIC_ADDRESS)
		return chip->magic;
	if (is_efuse(loader, address))
		return get_efuse(loader, address - chip->efuse);
	if (address == chip->port_number)
		return loader->is_otg ? chip->otg_number : chip->jtag_number;
	if (chip->option1 && address == chip->option1)
		return loader->is_download_forced ? FORCE_DOWNLOAD : 0;
	if (chip->strap && address == chip->strap)
		return loader->options.has_strap ? 0 : STRAP_FLASH;
	return get_kept(loader, address);
}

uint8_t dfut_sim_esp_read_register(struct dfut_sim_esp_loader *loader, struct dfut_sim_esp_request *request)
{
	if (request->size != 4)
		return DFUT_SIM_ESP_INVALID;
	request->value = get_register(loader, dfut_le32(request->data));
	return DFUT_SIM_ESP_OK;
}

/* Watchdogs. */

static void calm(struct dfut_sim_esp_loader *loader)
{
	if (!loader->is_watchdog_on && !loader->is_super_on)
		dfut_sim_device_set_timer(loader->device, DFUT_SIM_ESP_LOADER_WATCHDOG, UINT64_MAX);
}

void dfut_sim_esp_start_watchdogs(struct dfut_sim_esp_loader *loader)
{
	loader->is_watchdog_on = loader->options.has_watchdog;
	loader->is_super_on = loader->options.has_watchdog && !loader->is_otg && loader->chip->super_config;
	calm(loader);
	if (loader->is_watchdog_on)
		dfut_sim_device_set_timer(loader->device, DFUT_SIM_ESP_LOADER_WATCHDOG, WATCHDOG_US);
}

static void set_watchdog(struct dfut_sim_esp_loader *loader, uint32_t config)
{
	uint64_t ticks = get_kept(loader, loader->chip->watchdog_config + 4);

	loader->is_watchdog_on = config & WATCHDOG_ON;
	if (loader->is_watchdog_on && WATCHDOG_STAGE(config) >= STAGE_RESETS)
		dfut_sim_device_set_timer(loader->device, DFUT_SIM_ESP_LOADER_WATCHDOG,
					  ticks * 1000000 / SLOW_CLOCK_HZ);
	calm(loader);
}

static bool is_locked(const struct dfut_sim_esp_loader *loader, uint32_t address)
{
	const struct dfut_sim_esp_chip *chip = loader->chip;

	if (address == chip->watchdog_config || address == chip->watchdog_config + 4)
		return get_kept(loader, chip->watchdog_key) != WATCHDOG_KEY;
	return chip->super_config && address == chip->super_config && get_kept(loader, chip->super_key) != SUPER_KEY;
}

/* Writing. */

/* A command that the flash chip is told itself. */
static void run_spi(struct dfut_sim_esp_loader *loader)
{
	uint32_t power = 0;

	while (UINT32_C(1) << (power + 1) <= loader->options.flash_size && power < 30)
		power++;
	if ((uint8_t)get_kept(loader, loader->chip->spi + SPI_USR2) == FLASH_READ_ID)
		keep(loader, loader->chip->spi + SPI_W0, power << 16 | FLASH_ID);
}

static bool write_register(struct dfut_sim_esp_loader *loader, uint32_t address, uint32_t value)
{
	const struct dfut_sim_esp_chip *chip = loader->chip;

	if (is_efuse(loader, address)) {
		dfut_sim_device_breach(loader->device, "%s: %08x, a register of the eFuses, is written",
				       dfut_sim_esp_loader_get_state_name(loader), (unsigned int)address);
		return true;
	}
	if (is_locked(loader, address)) {
		dfut_sim_device_breach(loader->device, "%s: %08x is written before its key",
				       dfut_sim_esp_loader_get_state_name(loader), (unsigned int)address);
		return true;
	}
	if (chip->option1 && address == chip->option1) {
		loader->is_download_forced = value & FORCE_DOWNLOAD;
		return true;
	}
	if (address == chip->spi && value & SPI_COMMAND_USER) {
		run_spi(loader);
		return true;
	}
	if (address == chip->watchdog_config)
		set_watchdog(loader, value);
	if (chip->super_config && address == chip->super_config) {
		loader->is_super_on = loader->is_super_on && !(value & SUPER_FEEDS_ITSELF);
		calm(loader);
	}
	return keep(loader, address, value);
}

/* Address, value, mask, delay; several in a row. */
uint8_t dfut_sim_esp_write_registers(struct dfut_sim_esp_loader *loader, struct dfut_sim_esp_request *request)
{
	if (request->size == 0 || request->size % 16)
		return DFUT_SIM_ESP_INVALID;
	for (size_t at = 0; at < request->size; at += 16) {
		uint32_t address = dfut_le32(request->data + at);
		uint32_t mask = dfut_le32(request->data + at + 8);
		uint32_t value = get_register(loader, address) & ~mask;

		value |= dfut_le32(request->data + at + 4) & mask;
		if (!write_register(loader, address, value))
			return DFUT_SIM_ESP_FAILED;
		dfut_sim_esp_loader_take_time(loader, dfut_le32(request->data + at + 12));
	}
	return DFUT_SIM_ESP_OK;
}
