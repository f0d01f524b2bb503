/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* Requests and answers of SMP, MCUmgr's protocol (Zephyr, doc/services/device_mgmt/smp_protocol.rst and smp_groups/). */

#ifndef DFUT_SMP_MESSAGE_H
#define DFUT_SMP_MESSAGE_H

#include "language/smp/cbor.h"
#include "language/meaning.h"

#define SMP_HEADER_SIZE 8
#define SMP_HASH_MAX 64
/* Of all images of a device together. */
#define SMP_SLOT_LIMIT 16

enum smp_op {
	SMP_OP_READ = 0,
	SMP_OP_WRITE = 2,
};

enum smp_group {
	SMP_GROUP_OS = 0,
	SMP_GROUP_IMAGE = 1,
};

enum smp_os_command {
	SMP_OS_ECHO = 0,
	SMP_OS_RESET = 5,
	SMP_OS_PARAMETERS = 6,
	SMP_OS_BOOTLOADER = 8,
};

enum smp_image_command {
	SMP_IMAGE_STATE = 0,
	SMP_IMAGE_UPLOAD = 1,
	SMP_IMAGE_ERASE = 5,
	SMP_IMAGE_SLOTS = 6,
};

/* Error codes; those of the image group have other meanings. */
enum smp_code {
	SMP_OK = 0,
	SMP_NOT_SUPPORTED = 8,
	SMP_TOO_NEW = 13,
	SMP_IMAGE_NO_SLOT = 9,
	SMP_IMAGE_ALREADY_PENDING = 28,
	SMP_IMAGE_CONFIRM_DENIED = 32,
};

/* What MCUboot does with slots. */
enum smp_mode {
	SMP_MODE_UNKNOWN = -1,
	SMP_MODE_SINGLE = 0,
	SMP_MODE_SWAP_SCRATCH = 1,
	SMP_MODE_OVERWRITE = 2,
	SMP_MODE_SWAP_MOVE = 3,
	SMP_MODE_XIP = 4,
	SMP_MODE_XIP_REVERT = 5,
	SMP_MODE_RAM = 6,
	SMP_MODE_LOADER = 7,
};

struct smp_header {
	uint8_t op;
	uint8_t version;
	uint16_t length; /* of the CBOR behind it */
	uint16_t group;
	uint8_t sequence;
	uint8_t command;
};

/* An image that is in a slot. */
struct smp_slot {
	unsigned int image;
	unsigned int slot;
	char version[32];
	uint8_t hash[SMP_HASH_MAX]; /* that of its TLV */
	size_t hash_size;	    /* 0 if it is not told */
	bool pending;
	bool confirmed;
	bool active;
	bool permanent;
};

/* The memory that a slot is. */
struct smp_room {
	unsigned int image;
	unsigned int slot;
	uint64_t size;	   /* 0 if it is not told */
	uint64_t max;	   /* of an image in it, 0 if that is not told */
	int64_t upload_id; /* -1 if it is not told */
};

struct smp_answer {
	int64_t code;  /* 0: all is well */
	int64_t group; /* that the code is of, -1 for a general one */
	char reason[96];
	bool has_offset;
	uint64_t offset;
	bool has_match;
	bool matches;
	uint64_t buffer_size; /* 0 if it is not told */
	char echo[64];
	char bootloader[32];
	bool has_mode;
	int64_t mode;
	bool prevents_downgrade;
	bool has_images;
	bool has_split; /* "splitStatus", which Zephyr adds and MCUboot does not */
	struct smp_slot slots[SMP_SLOT_LIMIT];
	size_t slot_count;
	struct smp_room rooms[SMP_SLOT_LIMIT];
	size_t room_count;
};

void smp_header_put(uint8_t *bytes, const struct smp_header *header);
/* False if the message is not as long as its header says. */
bool smp_header_read(struct smp_header *header, const uint8_t *bytes, size_t size);
/* What is behind the header; false if it is no map, or memory is short. */
bool smp_answer_read(struct smp_answer *answer, const uint8_t *bytes, size_t size);
/* What its code means: "image header is wrong"; static. */
const char *smp_answer_get_text(const struct smp_answer *answer);

/* Of what is in the slots of an image, the one that runs; NULL if none is known. */
const struct smp_slot *smp_find_running(const struct smp_answer *list, unsigned int image);
/* The one with this hash; NULL if there is none. */
const struct smp_slot *smp_find_hash(const struct smp_answer *list, unsigned int image, const uint8_t *hash,
				     size_t size);

/* In words; of a recording. */
bool smp_explain(struct dfut_talk *talk, const struct dfut_tape_event *event, struct dfut_meaning *meaning);

#endif
