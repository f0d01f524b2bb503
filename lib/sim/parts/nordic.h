/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/*
 * Devices made with nRF5 SDK 17.1: an application with Nordic's DFU trigger interface, and the open or the secure
 * bootloader behind it (components/libraries/bootloader). nordic-board.c is what they have in common, nordic-slip.c and
 * nordic-requests.c the bootloader's protocol, nordic-init.c what it makes of an init packet, nordic-flash.c where it
 * puts the image and what it starts.
 */

#ifndef DFUT_SIM_NORDIC_H
#define DFUT_SIM_NORDIC_H

#include "base/signature.h"
#include "sim/parts/serial.h"

#define DFUT_SIM_NORDIC_PAGE_SIZE 4096u
#define DFUT_SIM_NORDIC_FLASH_SIZE (1024u * 1024u)
#define DFUT_SIM_NORDIC_BOOTLOADER 0xe0000u
#define DFUT_SIM_NORDIC_BOOTLOADER_SIZE 0x1e000u
#define DFUT_SIM_NORDIC_MBR_SIZE 0x1000u
/* dfu-cc.options; sdk_config.h: NRF_DFU_SERIAL_USB_RX_BUFFERS */
#define DFUT_SIM_NORDIC_INIT_SIZE 512u
#define DFUT_SIM_NORDIC_MTU 2051u
#define DFUT_SIM_NORDIC_BUFFER_COUNT 3

/* Timers of such a device */
enum dfut_sim_nordic_timer {
	DFUT_SIM_NORDIC_PIN_RESET,
	DFUT_SIM_NORDIC_REPLY,
	DFUT_SIM_NORDIC_RESET,
	DFUT_SIM_NORDIC_INACTIVITY,
};

/* nordic-init.c */

enum dfut_sim_nordic_type {
	DFUT_SIM_NORDIC_APPLICATION,
	DFUT_SIM_NORDIC_SOFTDEVICE,
	DFUT_SIM_NORDIC_BOOTLOADER_IMAGE,
	DFUT_SIM_NORDIC_SOFTDEVICE_BOOTLOADER,
	DFUT_SIM_NORDIC_EXTERNAL,
};

/* nrf_dfu_req_handler.h; EXTENDED is followed by one of the next */
enum dfut_sim_nordic_result {
	DFUT_SIM_NORDIC_SUCCESS = 0x01,
	DFUT_SIM_NORDIC_NOT_SUPPORTED = 0x02,
	DFUT_SIM_NORDIC_INVALID_PARAMETER = 0x03,
	DFUT_SIM_NORDIC_NO_RESOURCES = 0x04,
	DFUT_SIM_NORDIC_INVALID_OBJECT = 0x05,
	DFUT_SIM_NORDIC_NOT_PERMITTED = 0x08,
	DFUT_SIM_NORDIC_EXTENDED = 0x0b,
};

enum dfut_sim_nordic_extended {
	DFUT_SIM_NORDIC_INIT_INVALID = 0x04,
	DFUT_SIM_NORDIC_VERSION_LOW = 0x05,
	DFUT_SIM_NORDIC_HARDWARE = 0x06,
	DFUT_SIM_NORDIC_SOFTDEVICE_REQUIRED = 0x07,
	DFUT_SIM_NORDIC_SIGNATURE_MISSING = 0x08,
	DFUT_SIM_NORDIC_WRONG_HASH_TYPE = 0x09,
	DFUT_SIM_NORDIC_HASH_FAILED = 0x0a,
	DFUT_SIM_NORDIC_WRONG_SIGNATURE_TYPE = 0x0b,
	DFUT_SIM_NORDIC_VERIFICATION_FAILED = 0x0c,
};

/* A result and, if that is EXTENDED, the rest of it: result << 8 | extended. */
typedef uint16_t dfut_sim_nordic_verdict;

#define DFUT_SIM_NORDIC_VERDICT(result) ((dfut_sim_nordic_verdict)((unsigned int)(result) << 8))
#define DFUT_SIM_NORDIC_EXTENDED_VERDICT(extended) \
	((dfut_sim_nordic_verdict)((unsigned int)DFUT_SIM_NORDIC_EXTENDED << 8 | (unsigned int)(extended)))

#define DFUT_SIM_NORDIC_REQUIREMENT_LIMIT 16
#define DFUT_SIM_NORDIC_HASH_LIMIT 32
#define DFUT_SIM_NORDIC_SIGNATURE_LIMIT 64
#define DFUT_SIM_NORDIC_VALIDATION_LIMIT 3

struct dfut_sim_nordic_number {
	bool is_there;
	uint32_t value;
};

struct dfut_sim_nordic_validation {
	uint32_t type;
	uint8_t bytes[DFUT_SIM_NORDIC_SIGNATURE_LIMIT];
	size_t size;
};

/* An init packet (dfu-cc.proto), decoded. */
struct dfut_sim_nordic_init {
	bool is_signed;
	uint32_t signature_type;
	uint8_t signature[DFUT_SIM_NORDIC_SIGNATURE_LIMIT];
	size_t signature_size;
	const uint8_t *bytes; /* of the InitCommand: what is signed; in the packet */
	size_t size;
	struct dfut_sim_nordic_number fw_version;
	struct dfut_sim_nordic_number hw_version;
	struct dfut_sim_nordic_number type;
	struct dfut_sim_nordic_number sd_size;
	struct dfut_sim_nordic_number bl_size;
	struct dfut_sim_nordic_number app_size;
	uint32_t requirements[DFUT_SIM_NORDIC_REQUIREMENT_LIMIT];
	size_t requirement_count;
	bool has_hash;
	uint32_t hash_type;
	uint8_t hash[DFUT_SIM_NORDIC_HASH_LIMIT];
	size_t hash_size;
	bool is_debug;
	struct dfut_sim_nordic_validation validations[DFUT_SIM_NORDIC_VALIDATION_LIMIT];
	size_t validation_count;
};

/* Returns false for what is no such packet. */
bool dfut_sim_nordic_init_decode(struct dfut_sim_nordic_init *init, const uint8_t *bytes, size_t size);
uint32_t dfut_sim_nordic_init_get_size(const struct dfut_sim_nordic_init *init);

/* nordic-board.c: options */

/* The order is that of the option's words. */
enum dfut_sim_nordic_variant {
	DFUT_SIM_NORDIC_OPEN,
	DFUT_SIM_NORDIC_SECURE,
};

struct dfut_sim_nordic_options {
	uint32_t variant;
	uint32_t bank; /* single, dual, or as the variant has it */
	char public_key[DFUT_SIM_TEXT_SIZE];
	uint32_t softdevice;
	uint32_t hw_version;
	uint32_t fw_version;
	uint32_t bootloader_version;
	bool has_application;
	bool saves_progress;
	bool is_debug;
	uint32_t requests;
	uint32_t inactivity_ms;
	uint32_t continuation_ms;
	uint32_t erase_ms;
	uint32_t write_us;
	uint16_t bootloader_vendor_id;
	uint16_t bootloader_product_id;
	char bootloader_serial[DFUT_SIM_TEXT_SIZE];
	uint32_t race;
	uint32_t interface_detach;
	uint16_t vendor_id;
	uint16_t product_id;
	char serial[DFUT_SIM_TEXT_SIZE];
	struct dfut_sim_return leaving;
};

#define DFUT_SIM_NORDIC_TEXT \
	"detach-race=gone|ack: whether DETACH is still answered before the reset\n" \
	"interface-detach=take|stall: whether DETACH to the interface works; to the device it always does\n" \
	"vid=HHHH: vendor id of the application\n" \
	"pid=HHHH: product id of the application\n" \
	"serial=TEXT: serial number\n" \
	"variant=open|secure: secure wants signed updates, refuses older ones, uses two banks, and gives up after 120 s\n" \
	"public-key=FILE: the key (PEM, P-256) that updates are signed with; secure needs one\n" \
	"bank=single|dual: whether the application is overwritten at once or stays until the update is complete\n" \
	"softdevice=N: id (FWID) of the SoftDevice in flash, 0 for none\n" \
	"hw-version=N: what the init packet must say; 52\n" \
	"fw-version=N: version of the application in flash\n" \
	"bootloader-version=N: version of the bootloader\n" \
	"application=yes|no: whether there is one when it leaves the factory\n" \
	"save-progress=yes|no: whether what was received of an image survives a restart\n" \
	"debug=yes|no: a bootloader that heeds is_debug of the init packet\n" \
	"requests=all|few: few leaves the versions of protocol, hardware and firmware out\n" \
	"inactivity-ms=MS: how long the bootloader waits for an update, 0 for ever\n" \
	"continuation-ms=MS: how long it waits for the next one after a SoftDevice\n" \
	"erase-ms=MS: time to erase a page of 4096 bytes\n" \
	"write-us=US: time to write 4 bytes\n" \
	"bootloader-vid=HHHH: vendor id of the bootloader\n" \
	"bootloader-pid=HHHH: product id of the bootloader\n" \
	"bootloader-serial=TEXT: serial number of the bootloader, if it is another\n" DFUT_SIM_RETURN_TEXT \
		DFUT_SIM_COMMON_TEXT

/* nordic-flash.c */

/*
 * What survives a restart: the settings page. Numbers only, so that there are no gaps. The progress of the command is
 * written with its EXECUTE, that of the image only if the bootloader was built so.
 */
struct dfut_sim_nordic_settings {
	uint32_t application_size; /* 0: there is none that is valid */
	uint32_t application_version;
	uint32_t bootloader_version;
	uint32_t softdevice; /* FWID, 0 for none */
	uint32_t softdevice_version;
	uint32_t softdevice_size;
	uint32_t update_type; /* what is to be activated, plus 1; 0 for nothing */
	uint32_t update_address;
	uint32_t update_size;
	uint32_t update_version;
	uint32_t update_softdevice_size;
	uint32_t update_over_softdevice; /* the application goes where the SoftDevice is */
	uint32_t command_size;
	uint32_t command_offset;
	uint32_t command_crc;
	uint32_t data_size; /* of the present object */
	uint32_t data_offset;
	uint32_t data_crc;
	uint32_t data_done; /* up to the last object that was executed */
	uint32_t data_done_crc;
	uint8_t command[DFUT_SIM_NORDIC_INIT_SIZE];
};

/* The bootloader. */
struct dfut_sim_nordic {
	struct dfut_sim_device *device;
	struct dfut_sim_nordic_options options;
	struct dfut_key *key;
	uint8_t *flash;
	struct dfut_sim_nordic_settings saved;
	struct dfut_sim_nordic_settings settings;

	struct dfut_sim_slip slip;
	struct dfut_sim_serial serial;
	uint8_t frame[DFUT_SIM_NORDIC_MTU];
	size_t frame_size; /* of the last one */
	bool is_listening; /* DTR */
	bool is_full;	   /* the decoder: for good */
	bool is_ending;	   /* it restarts in a moment */
	uint64_t waits_until_us;
	uint64_t flash_until_us;				 /* when all that was queued is written */
	uint64_t buffers_until_us[DFUT_SIM_NORDIC_BUFFER_COUNT]; /* when the last writes are */

	struct dfut_sim_nordic_init init;
	bool is_init_valid;
	uint32_t bank;	   /* where the image goes */
	uint8_t object;	   /* that WRITE, CRC and EXECUTE are about: as the host said it */
	bool is_unchecked; /* no CRC was told since the last WRITE */
	uint16_t receipts;
	uint16_t receipts_left;
};

uint32_t dfut_sim_nordic_crc(uint32_t crc, const uint8_t *bytes, size_t size);
int dfut_sim_nordic_make_flash(struct dfut_sim_nordic *nordic);
uint32_t dfut_sim_nordic_get_application_address(const struct dfut_sim_nordic *nordic);
/* Both return when it is done. What is written is in the flash; the caller has made sure of that. */
uint64_t dfut_sim_nordic_erase(struct dfut_sim_nordic *nordic, uint32_t address, uint32_t size);
uint64_t dfut_sim_nordic_write(struct dfut_sim_nordic *nordic, uint32_t address, const uint8_t *bytes, size_t size);
/* Reads the settings page; what makes no sense is taken for an empty one. */
void dfut_sim_nordic_load(struct dfut_sim_nordic *nordic);
/* Writes it. */
void dfut_sim_nordic_save(struct dfut_sim_nordic *nordic);
/* How long the flash is still at work. */
uint64_t dfut_sim_nordic_get_busy_us(const struct dfut_sim_nordic *nordic);
/* Where the image of the init packet goes; false if there is no room for it. */
bool dfut_sim_nordic_find_bank(const struct dfut_sim_nordic *nordic, const struct dfut_sim_nordic_init *init,
			       uint32_t *bank);
bool dfut_sim_nordic_is_softdevice(const uint8_t *image, uint32_t size);
/* The image is there and right: the next start makes it the present one. */
void dfut_sim_nordic_plan_update(struct dfut_sim_nordic *nordic);
/*
 * A start: back to what was saved, and on with an update that waits. Returns the ms that takes. waits_for_more: after a
 * SoftDevice an application is expected.
 */
uint32_t dfut_sim_nordic_activate(struct dfut_sim_nordic *nordic, bool *waits_for_more);

/* nordic-validation.c */

/* What EXECUTE says of an init packet (nrf_dfu_validation.c), and of the image that came after it. */
dfut_sim_nordic_verdict dfut_sim_nordic_check_init(const struct dfut_sim_nordic *nordic,
						   const struct dfut_sim_nordic_init *init);
dfut_sim_nordic_verdict dfut_sim_nordic_check_image(const struct dfut_sim_nordic *nordic);
int dfut_sim_nordic_load_key(struct dfut_sim_nordic *nordic);

/* nordic-requests.c */

#define DFUT_SIM_NORDIC_ANSWER_SIZE 32

/* What is said to a request: `60`, its code, the result, and what belongs to it. */
struct dfut_sim_nordic_answer {
	uint8_t bytes[DFUT_SIM_NORDIC_ANSWER_SIZE];
	size_t size; /* 0: nothing is said */
	uint64_t after_us;
};

/* Back to how a restart leaves it; the bootloader waits for an update. */
void dfut_sim_nordic_start(struct dfut_sim_nordic *nordic, bool is_bootloader);
/* It restarts when nothing has come for that time, 0 for never. */
void dfut_sim_nordic_wait(struct dfut_sim_nordic *nordic, uint32_t ms);
/* Has it? Its timer also runs when time is cut short. */
bool dfut_sim_nordic_has_waited(const struct dfut_sim_nordic *nordic);
void dfut_sim_nordic_answer(struct dfut_sim_nordic *nordic, const uint8_t *request, size_t size,
			    struct dfut_sim_nordic_answer *answer);

/* nordic-slip.c */

/* Bytes came in; returns how many were taken, or DFUT_ERROR_BUSY. */
int dfut_sim_nordic_receive(struct dfut_sim_nordic *nordic, const uint8_t *data, size_t size);
/* DTR has changed. */
void dfut_sim_nordic_listen(struct dfut_sim_nordic *nordic, bool is_listening);
/* What the host is in the middle of, for the record. */
const char *dfut_sim_nordic_get_state_name(const struct dfut_sim_nordic *nordic);

#endif
