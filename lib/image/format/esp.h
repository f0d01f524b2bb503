/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* What reading and making dfu.bin of ESP-IDF share. */

#ifndef DFUT_ESP_H
#define DFUT_ESP_H

#include "image/format/cpio.h"

#define DFUT_ESP_INFO_NAME "dfuinfo0.dat"
#define DFUT_ESP_PARAMS_NAME "flash_params.dat"
#define DFUT_ESP_VENDOR_ID 0x303a

/* A record of dfuinfo0.dat */
#define DFUT_ESP_RECORD_SIZE 88
#define DFUT_ESP_RECORD_ADDRESS 0
#define DFUT_ESP_RECORD_FLAGS 4
#define DFUT_ESP_RECORD_NAME 8
#define DFUT_ESP_RECORD_NAME_SIZE 64
#define DFUT_ESP_RECORD_MD5 72
#define DFUT_ESP_MD5_SIZE 16

#define DFUT_ESP_FLAG_PARAM 0x04
#define DFUT_ESP_FLAG_NOERASE 0x08
#define DFUT_ESP_FLAG_IGNORE_MD5 0x10

/* flash_params.dat: eight numbers of 32 bits, this one the bytes of the chip */
#define DFUT_ESP_PARAMS_SIZE 32
#define DFUT_ESP_PARAMS_CHIP_SIZE 12

/* The key of a file in flasher_args.json: hexadecimal behind 0x, else decimal */
bool dfut_esp_read_address(const char *text, uint32_t *address);
/* False if Mbed TLS has no MD5. */
bool dfut_esp_get_md5(const void *data, size_t size, uint8_t md5[DFUT_ESP_MD5_SIZE]);
/* 0 if the chip has no DFU */
uint16_t dfut_esp_get_product_id(const char *chip);

#endif
