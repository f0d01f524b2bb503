/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/*
 * What the ROM loader of an ESP chip does to the flash. A region is erased when a download begins. A block that is
 * sent once more is taken as told already; whether each ROM does so is not documented. Times: W25Q32JV (erasing a sector
 * typically 45 ms; a page 0.4 to 3 ms), and the ROM's own reading.
 */

#include <stdio.h>
#include <string.h>

#include "base/digest.h"
#include "sim/parts/esp-loader.h"

#define ERASED 0xff
#define PAGE_SIZE 256u
#define BEGIN_SIZE 20u
#define BLOCK_HEADER_SIZE 16u
#define CHECKSUM_START 0xef
#define OP_DEFLATE_BEGIN 0x10
#define OP_DEFLATE_DATA 0x11
#define READ_SIZE 64u
#define MD5_SIZE 16u
/* As long as nobody says another one; [0x0b] */
#define DEFAULT_SIZE (4u * 1024u * 1024u)
#define READ_BYTES_PER_US 1
/* An unsigned bootloader or partition table below this does not start with secure boot. */
#define SECURE_END 0x8000u

static const char *get_state(const struct dfut_sim_esp_loader *loader)
{
	return dfut_sim_esp_loader_get_state_name(loader);
}

static uint32_t get_word(const struct dfut_sim_esp_request *request, size_t index)
{
	return dfut_le32(request->data + 4 * index);
}

uint8_t dfut_sim_esp_attach(struct dfut_sim_esp_loader *loader, struct dfut_sim_esp_request *request)
{
	/* Without a stub it has a second word. */
	if (request->size != 8)
		return DFUT_SIM_ESP_INVALID;
	loader->is_attached = true;
	loader->total_size = DEFAULT_SIZE;
	return DFUT_SIM_ESP_OK;
}

uint8_t dfut_sim_esp_set_parameters(struct dfut_sim_esp_loader *loader, struct dfut_sim_esp_request *request)
{
	if (request->size != 24)
		return DFUT_SIM_ESP_INVALID;
	loader->total_size = get_word(request, 1);
	return DFUT_SIM_ESP_OK;
}

/* Is there flash for it, and is it known how to reach it? */
static uint8_t check_region(struct dfut_sim_esp_loader *loader, uint32_t address, uint32_t size)
{
	uint32_t total = loader->total_size < loader->options.flash_size ? loader->total_size :
									   loader->options.flash_size;

	if (!loader->is_attached) {
		dfut_sim_device_breach(loader->device, "%s: the flash is used before SPI ATTACH", get_state(loader));
		return DFUT_SIM_ESP_FAILED;
	}
	return address > total || size > total - address ? DFUT_SIM_ESP_FAILED : DFUT_SIM_ESP_OK;
}

/* Begin. */

static void erase(struct dfut_sim_esp_loader *loader, uint32_t address, uint32_t size)
{
	uint32_t begin = address / DFUT_SIM_ESP_SECTOR;
	uint32_t end = (address + size + DFUT_SIM_ESP_SECTOR - 1) / DFUT_SIM_ESP_SECTOR;

	memset(loader->flash + (size_t)begin * DFUT_SIM_ESP_SECTOR, ERASED,
	       (size_t)(end - begin) * DFUT_SIM_ESP_SECTOR);
	loader->has_written = true;
	loader->device->counters.pages += end - begin;
	dfut_sim_esp_loader_take_time(loader, (uint64_t)(end - begin) * loader->options.erase_ms * DFUT_SIM_US_PER_MS);
}

static void check_begin(struct dfut_sim_esp_loader *loader, const struct dfut_sim_esp_job *job, uint32_t block_size)
{
	if (block_size != DFUT_SIM_ESP_BLOCK)
		dfut_sim_device_breach(loader->device, "%s: blocks of 0x%x bytes, the ROM has 0x400", get_state(loader),
				       (unsigned int)block_size);
	if (job->address % DFUT_SIM_ESP_SECTOR)
		dfut_sim_device_breach(loader->device, "%s: %08x is not where a sector begins", get_state(loader),
				       (unsigned int)job->address);
	if (loader->options.is_encrypted && !job->is_encrypted)
		dfut_sim_device_breach(loader->device, "%s: plain data for a chip whose flash is encrypted",
				       get_state(loader));
	if (loader->options.has_secure_boot && job->address < SECURE_END)
		dfut_sim_device_breach(loader->device, "%s: the bootloader of a chip with secure boot is written",
				       get_state(loader));
}

static void put_unpacked(void *self, uint8_t byte);

uint8_t dfut_sim_esp_begin(struct dfut_sim_esp_loader *loader, struct dfut_sim_esp_request *request)
{
	struct dfut_sim_esp_job job = { .is_deflated = request->op == OP_DEFLATE_BEGIN };
	uint32_t block_size;
	uint8_t error;

	loader->job.is_open = false;
	if (request->size != BEGIN_SIZE)
		return DFUT_SIM_ESP_INVALID;
	job.size = get_word(request, 0);
	job.blocks = get_word(request, 1);
	block_size = get_word(request, 2);
	job.address = get_word(request, 3);
	job.is_encrypted = get_word(request, 4);
	check_begin(loader, &job, block_size);
	error = check_region(loader, job.address, job.size);
	if (error != DFUT_SIM_ESP_OK || block_size != DFUT_SIM_ESP_BLOCK)
		return error == DFUT_SIM_ESP_OK ? DFUT_SIM_ESP_INVALID : error;
	erase(loader, job.address, job.size);
	job.is_open = true;
	loader->job = job;
	dfut_sim_inflate_start(&loader->inflate, put_unpacked, loader);
	return DFUT_SIM_ESP_OK;
}

/* Blocks. */

static void program(struct dfut_sim_esp_loader *loader, uint8_t byte)
{
	struct dfut_sim_esp_job *job = &loader->job;
	uint32_t address = job->address + job->written;

	if (job->written >= job->size && (job->is_deflated || byte != ERASED))
		job->is_over = true;
	if ((job->is_over && job->is_deflated) || address >= loader->options.flash_size)
		return;
	byte = job->is_encrypted ? dfut_sim_esp_encrypt(byte) : byte;
	job->written++;
	loader->flash[address] &= byte;
	job->is_wrong |= loader->flash[address] != byte;
	if ((address + 1) % PAGE_SIZE == 0)
		loader->write_us += loader->options.write_us;
	if (job->written % 4 == 0)
		loader->device->counters.words++;
}

static void put_unpacked(void *self, uint8_t byte)
{
	program(self, byte);
}

static uint8_t write_plain(struct dfut_sim_esp_loader *loader, const uint8_t *bytes, size_t size)
{
	if (size != DFUT_SIM_ESP_BLOCK)
		return DFUT_SIM_ESP_INVALID;
	for (size_t i = 0; i < size; i++)
		program(loader, bytes[i]);
	if (loader->job.is_over)
		dfut_sim_device_breach(loader->device, "%s: the last block is not filled up with ff",
				       get_state(loader));
	return DFUT_SIM_ESP_OK;
}

static uint8_t write_deflated(struct dfut_sim_esp_loader *loader, const uint8_t *bytes, size_t size)
{
	struct dfut_sim_esp_job *job = &loader->job;

	if (job->is_done)
		return DFUT_SIM_ESP_DEFLATE;
	switch (dfut_sim_inflate_take(&loader->inflate, bytes, size)) {
	case DFUT_SIM_INFLATE_MORE:
		break;
	case DFUT_SIM_INFLATE_DONE:
		job->is_done = true;
		break;
	case DFUT_SIM_INFLATE_WRONG:
		return DFUT_SIM_ESP_DEFLATE;
	case DFUT_SIM_INFLATE_WRONG_SUM:
		return DFUT_SIM_ESP_ADLER;
	}
	return job->is_over ? DFUT_SIM_ESP_DEFLATE_SIZE : DFUT_SIM_ESP_OK;
}

static uint8_t write_block(struct dfut_sim_esp_loader *loader, const struct dfut_sim_esp_request *request)
{
	const uint8_t *bytes = request->data + BLOCK_HEADER_SIZE;
	size_t size = request->size - BLOCK_HEADER_SIZE;
	uint8_t error;

	loader->write_us = 0;
	error = loader->job.is_deflated ? write_deflated(loader, bytes, size) : write_plain(loader, bytes, size);
	dfut_sim_esp_loader_take_time(loader, loader->write_us);
	if (error != DFUT_SIM_ESP_OK)
		return error;
	loader->job.next++;
	loader->device->counters.objects++;
	/* It reads back what it has written. */
	return loader->job.is_wrong ? DFUT_SIM_ESP_FLASH_WRITE : DFUT_SIM_ESP_OK;
}

static bool is_checksum_right(const struct dfut_sim_esp_request *request)
{
	uint8_t checksum = CHECKSUM_START;

	for (size_t i = BLOCK_HEADER_SIZE; i < request->size; i++)
		checksum ^= request->data[i];
	return request->checksum == checksum;
}

uint8_t dfut_sim_esp_take_block(struct dfut_sim_esp_loader *loader, struct dfut_sim_esp_request *request)
{
	const struct dfut_sim_esp_job *job = &loader->job;
	uint32_t number;

	if (request->size < BLOCK_HEADER_SIZE || get_word(request, 0) != request->size - BLOCK_HEADER_SIZE ||
	    get_word(request, 0) > DFUT_SIM_ESP_BLOCK)
		return DFUT_SIM_ESP_INVALID;
	if (!is_checksum_right(request)) {
		dfut_sim_device_breach(loader->device, "%s: block %u has another checksum", get_state(loader),
				       (unsigned int)get_word(request, 1));
		return DFUT_SIM_ESP_CHECKSUM;
	}
	number = get_word(request, 1);
	if (!job->is_open || job->is_deflated != (request->op == OP_DEFLATE_DATA))
		return DFUT_SIM_ESP_FAILED;
	if (number + 1 == job->next)
		return job->is_wrong ? DFUT_SIM_ESP_FLASH_WRITE : DFUT_SIM_ESP_OK;
	if (number != job->next || number >= job->blocks)
		return DFUT_SIM_ESP_FAILED;
	return write_block(loader, request);
}

/* Reading. */

uint8_t dfut_sim_esp_get_md5(struct dfut_sim_esp_loader *loader, struct dfut_sim_esp_request *request)
{
	uint8_t md5[DFUT_DIGEST_MAX_SIZE];
	char text[2 * MD5_SIZE + 1];
	uint32_t address;
	uint32_t size;
	uint8_t error;

	if (request->size != 16)
		return DFUT_SIM_ESP_INVALID;
	address = get_word(request, 0);
	size = get_word(request, 1);
	error = check_region(loader, address, size);
	if (error != DFUT_SIM_ESP_OK)
		return error;
	dfut_digest(md5, DFUT_DIGEST_MD5, loader->flash + address, size);
	for (size_t i = 0; i < MD5_SIZE; i++)
		snprintf(text + 2 * i, 3, "%02x", md5[i]);
	memcpy(request->answer, text, 2 * MD5_SIZE);
	request->answer_size = 2 * MD5_SIZE;
	dfut_sim_esp_loader_take_time(loader, size / READ_BYTES_PER_US);
	return DFUT_SIM_ESP_OK;
}

/* The answer has always the same size. */
uint8_t dfut_sim_esp_read(struct dfut_sim_esp_loader *loader, struct dfut_sim_esp_request *request)
{
	uint32_t address;
	uint32_t size;
	uint8_t error;

	if (request->size != 8)
		return DFUT_SIM_ESP_INVALID;
	address = get_word(request, 0);
	size = get_word(request, 1);
	if (size > READ_SIZE)
		return DFUT_SIM_ESP_READ_LENGTH;
	error = check_region(loader, address, size);
	if (error != DFUT_SIM_ESP_OK)
		return error;
	memcpy(request->answer, loader->flash + address, size);
	request->answer_size = READ_SIZE;
	return DFUT_SIM_ESP_OK;
}
