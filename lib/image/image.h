/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* What the files of image/ share: the image, the table of formats, and how a file is judged. */

#ifndef DFUT_IMAGE_H
#define DFUT_IMAGE_H

#include "base/base.h"

/* Text that is held in memory; of more only what it says. */
#define DFUT_IMAGE_TEXT_SIZE ((size_t)1024 * 1024)
/* What is taken apart in memory: more than twice the largest flash of a microcontroller. */
#define DFUT_IMAGE_MAX_SIZE ((size_t)256 * 1024 * 1024)
/* Plain bytes that are held in memory: the largest flash of a microcontroller, an ESP32's. More is read when it is needed. */
#define DFUT_IMAGE_HELD_SIZE ((size_t)128 * 1024 * 1024)

#define DFUT_SUFFIX_SIZE 16
#define DFUT_LPC_HEADER_SIZE 16
#define DFUT_SUFFIX_FACT_COUNT 5

struct dfut_fact {
	const char *layer;
	char key[48];
	char *value;
};

/* Its facts are kept inside, so that setting a suffix can't fail. */
struct dfut_suffix {
	bool present;
	size_t length;
	uint16_t vendor_id;
	uint16_t product_id;
	uint16_t release;
	uint16_t dfu_version;
	char values[DFUT_SUFFIX_FACT_COUNT][12];
};

#define DFUT_MCUBOOT_MAGIC 0x96f3b83d
#define DFUT_MCUBOOT_HEADER_SIZE 32

struct dfut_mcuboot_version {
	uint8_t major_number;
	uint8_t minor_number;
	uint16_t revision;
	uint32_t build;
};

struct dfut_format;
struct dfut_nordic_package;
struct dfut_paged;

/* Of chips, as UF2 files name them. */
struct dfut_family {
	bool is_given;
	uint32_t id;
};

#define DFUT_MAX_FAMILIES 16

/* A segment, and which of several firmwares in the file it belongs to. */
struct dfut_part {
	struct dfut_segment segment;
	uint32_t group;
	uint32_t offset; /* where its first byte stands in the file, of formats whose records come in any order */
};

struct dfut_image {
	_Atomic unsigned int references; /* sessions of other contexts, in other threads, may hold it: they only read */
	struct dfut_failure *failure;	 /* of the public calls on it, const or not; nobody else may touch it */
	uint8_t *data;			 /* NULL if it is paged */
	struct dfut_paged *paged;	 /* NULL if it is held in memory */
	size_t size;			 /* of the file without its suffix, which lies behind it if one was read */
	const struct dfut_format *format;
	/* What goes to the device, if that isn't the file as it is: of formats that have parts. */
	struct dfut_part *parts;
	size_t part_count;
	size_t part_capacity;
	uint8_t *decoded;		    /* what they point into, if not the file */
	struct dfut_nordic_package *nordic; /* NULL if it is none */
	size_t trailer;			    /* offset of MCUboot's at the end of a slot, 0 if there is none */
	size_t hash;			    /* offset of the hash among MCUboot's TLVs ... */
	size_t hash_size;		    /* ... and its size, 0 if there is none */
	struct dfut_family families[DFUT_MAX_FAMILIES]; /* of its groups: chips in UF2, boards in hex */
	size_t family_count;
	struct dfut_family family; /* that a UF2 file gets */
	const char *machine;	   /* that the firmware is for, NULL if not known; static */
	bool has_entry;		   /* address at which the firmware begins to run */
	uint32_t entry;
	struct dfut_suffix suffix;
	bool has_address;
	uint32_t address;
	struct dfut_fact *facts;
	size_t fact_count;
	size_t fact_capacity;
	bool lacks_memory; /* a fact could not be kept */
};

/* One file that is being judged. */
struct dfut_loader {
	struct dfut_image *image;
	struct dfut_failure *failure;
	unsigned int force;
	const char *layer; /* that is being looked at; facts and warnings come from it */
	const char *path;  /* of the file, where others may be beside it; NULL: there is none */
};

/* Bytes that are put together. The failure says why they can't be. */
struct dfut_buffer {
	struct dfut_failure *failure;
	uint8_t *data;
	size_t size;
	size_t capacity;
};

/* What is put into another format: segments in the order of their addresses, or of the file if that has alternates. */
struct dfut_source {
	struct dfut_segment *segments;
	size_t count;
	bool has_entry;
	uint32_t entry;
	struct dfut_family family;
};

/* A kind of payload. */
struct dfut_format {
	const char *name;
	const char *text; /* for people */
	bool (*matches)(const struct dfut_image *image);
	/* 0, or the negative code of a doubt that was not overruled */
	int (*inspect)(struct dfut_loader *loader);
	/* Makes a file, without a suffix; NULL: such files are only read. */
	int (*write)(const struct dfut_source *source, struct dfut_buffer *file);
	unsigned int traits; /* bits of enum dfut_format_trait, but DFUT_FORMAT_WRITTEN */
};

/* formats.c */
const struct dfut_format *dfut_image_find_format(const char *name);
/* By the bytes of the image, never NULL. */
const struct dfut_format *dfut_image_recognise(const struct dfut_image *image);
bool dfut_image_is(const struct dfut_image *image, unsigned int traits);
/* image.c */
/* "line 12" of a text, else "offset 345" */
const char *dfut_image_put_place(const struct dfut_image *image, size_t offset, char *text, size_t size);
/* As dfut_image_get_segment(), without words. */
bool dfut_image_find_segment(const struct dfut_image *image, size_t index, struct dfut_segment *segment);
/* Bytes of a segment, wherever they are: 0, or DFUT_ERROR_IO if the file is not as it was. Any thread may call it. */
int dfut_image_read(const struct dfut_image *image, struct dfut_failure *failure, const struct dfut_segment *segment,
		    size_t offset, void *bytes, size_t size);
/* For who wants all bytes in memory, as "USB DfuSe" does: 0, or DFUT_ERROR_UNSUPPORTED if they are not. */
int dfut_image_need_held(const struct dfut_image *image, struct dfut_failure *failure, const char *who);

/* load.c */
const struct dfut_format *dfut_image_find_format(const char *name);
/* As the public functions that take a context; images.c calls them with its failure. */
int dfut_image_load(struct dfut_image **image, struct dfut_failure *failure, const char *path, unsigned int force);
int dfut_image_load_bytes(struct dfut_image **image, struct dfut_failure *failure, const void *data, size_t size,
			  unsigned int force);
int dfut_image_make_esp(struct dfut_image **image, struct dfut_failure *failure, const struct dfut_esp *esp);
int dfut_image_make_nordic(struct dfut_image **image, struct dfut_failure *failure, const struct dfut_nordic *nordic);
/* Judges data, which it takes over. The format is recognised if none is given. */
int dfut_image_build(struct dfut_loader *loader, uint8_t *data, size_t size, const struct dfut_format *format);
/* RAM of all Cortex-M (Armv7-M Architecture Reference Manual, B3.1) */
static inline bool dfut_image_is_ram(uint32_t address)
{
	return address >= 0x20000000 && address < 0x40000000;
}

/* The whole of a file, suffix included; takes the data over, also when it fails. */
int dfut_image_judge(struct dfut_image **image, struct dfut_failure *failure, uint8_t *data, size_t size,
		     unsigned int force);
/* Puts another payload, which it takes over, into the object that the application holds; ids stay. */
void dfut_image_replace(struct dfut_image *image, struct dfut_image *other);
int dfut_image_add_part(struct dfut_loader *loader, const struct dfut_segment *segment, uint32_t group);

/* convert.c: the file has firmware for several chips or boards */
bool dfut_image_has_several_groups(const struct dfut_image *image);
void dfut_image_hint_families(const struct dfut_image *image, struct dfut_failure *failure);

struct dfut_image *dfut_image_ref(struct dfut_image *image);

/*
 * The one way in which a file fails. Returns the code, or 0 if the caller of the library overruled the check: then
 * the text is kept as a warning among the facts.
 */
int dfut_image_doubt(struct dfut_loader *loader, int code, unsigned int check, const char *text, ...) DFUT_PRINTF(4, 5);
void dfut_image_add_fact(struct dfut_loader *loader, const char *key, const char *text, ...) DFUT_PRINTF(3, 4);
void dfut_image_add_hex_fact(struct dfut_loader *loader, const char *key, const uint8_t *data, size_t size);

/* Writes two digits per byte and a NUL. */
void dfut_image_put_hex(char *text, const uint8_t *data, size_t size);

/* buffer.c: 0, or the code of the failure */
int dfut_buffer_add(struct dfut_buffer *buffer, const void *data, size_t size);
int dfut_buffer_fill(struct dfut_buffer *buffer, uint8_t value, size_t size);

/* raw.c */
bool dfut_raw_matches(const struct dfut_image *image);
int dfut_raw_inspect(struct dfut_loader *loader);
int dfut_raw_write(const struct dfut_source *source, struct dfut_buffer *file);

/* dfu-suffix.c */
int dfut_suffix_read(struct dfut_loader *loader);
void dfut_suffix_set(struct dfut_image *image, uint16_t vendor_id, uint16_t product_id, uint16_t release,
		     uint16_t dfu_version);
void dfut_suffix_write(const struct dfut_image *image, uint8_t bytes[DFUT_SUFFIX_SIZE]);
const char *dfut_suffix_get_fact_key(size_t index);
extern const char dfut_suffix_layer[];
#define DFUT_DFU_VERSION_1_0 0x0100
#define DFUT_DFU_VERSION_DFUSE 0x011a

/* dfuse.c */
bool dfut_dfuse_matches(const struct dfut_image *image);
int dfut_dfuse_inspect(struct dfut_loader *loader);
int dfut_dfuse_write(const struct dfut_source *source, struct dfut_buffer *file);

/* ihex.c, srec.c */
bool dfut_ihex_matches(const struct dfut_image *image);
int dfut_ihex_inspect(struct dfut_loader *loader);
int dfut_ihex_write(const struct dfut_source *source, struct dfut_buffer *file);
bool dfut_srec_matches(const struct dfut_image *image);
int dfut_srec_inspect(struct dfut_loader *loader);
int dfut_srec_write(const struct dfut_source *source, struct dfut_buffer *file);

/* uf2.c, uf2-families.c */
bool dfut_uf2_matches(const struct dfut_image *image);
int dfut_uf2_inspect(struct dfut_loader *loader);
int dfut_uf2_write(const struct dfut_source *source, struct dfut_buffer *file);
/* "rp2040 (0xe48bff56)" */
void dfut_uf2_put_family(char *text, size_t size, uint32_t id);
/* By name, or by number as 0x... */
bool dfut_uf2_find_family(const char *text, uint32_t *id);

/* esp.c */
bool dfut_esp_matches(const struct dfut_image *image);
int dfut_esp_inspect(struct dfut_loader *loader);

/* esp-flasher-args.c */
bool dfut_esp_flasher_args_matches(const struct dfut_image *image);
int dfut_esp_flasher_args_inspect(struct dfut_loader *loader);

/* nordic.c; nordic-package.c, or nordic-none.c in a build without */
bool dfut_nordic_matches(const struct dfut_image *image);
int dfut_nordic_inspect(struct dfut_loader *loader);

/* lpc.c, lmdfu.c */
bool dfut_lpc_matches(const struct dfut_image *image);
int dfut_lpc_inspect(struct dfut_loader *loader);
bool dfut_lmdfu_matches(const struct dfut_image *image);
int dfut_lmdfu_inspect(struct dfut_loader *loader);

/* mcuboot.c */
bool dfut_mcuboot_matches(const struct dfut_image *image);
int dfut_mcuboot_inspect(struct dfut_loader *loader);
/* Wraps what the image sends; the caller frees *wrapped. 0, DFUT_ERROR_USAGE, DFUT_ERROR_NO_MEMORY or
 * DFUT_ERROR_UNSUPPORTED. */
int dfut_mcuboot_wrap(const struct dfut_image *image, struct dfut_failure *failure, const char *version,
		      size_t header_size, uint8_t **wrapped, size_t *wrapped_size);
bool dfut_image_is_mcuboot(const struct dfut_image *image);
/* Writes "MAJOR.MINOR.REVISION[+BUILD]"; false if the image is not MCUboot's or its header is incomplete. */
bool dfut_image_get_mcuboot_version(const struct dfut_image *image, struct dfut_mcuboot_version *version);
/* SHA-256 of these bytes; false if Mbed TLS has none. */
bool dfut_image_hash(const uint8_t *data, size_t size, uint8_t hash[32]);
/* The hash that names the image to MCUboot; NULL if it has none. */
const uint8_t *dfut_image_get_mcuboot_hash(const struct dfut_image *image, size_t *size);
/* Of the 32 bytes that an image begins with; false if they are no such header. */
bool dfut_mcuboot_read_version(const uint8_t *header, size_t size, struct dfut_mcuboot_version *version);
/* The build number does not count, as in MCUboot. */
bool dfut_mcuboot_is_older(const struct dfut_mcuboot_version *a, const struct dfut_mcuboot_version *b);
char *dfut_mcuboot_describe_version(const struct dfut_mcuboot_version *version, char *text, size_t size);

#endif
