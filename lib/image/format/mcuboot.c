/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/*
 * MCUboot images: header, body, TLVs, and in the dump of a slot what is behind them (MCUboot's image.h,
 * bootutil_public.h and docs/design.md). Functions that inspect return 1 if what comes next can be looked at, 0 if
 * a doubt that was overruled prevents it, or a negative error.
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/digest.h"
#include "image/image.h"

#define IMAGE_TLV_INFO_MAGIC 0x6907
#define IMAGE_TLV_PROT_INFO_MAGIC 0x6908
#define TLV_HEADER_SIZE 4
#define SHA256_SIZE 32

#define IMAGE_F_ENCRYPTED_AES128 0x00000004
#define IMAGE_F_ENCRYPTED_AES256 0x00000008

#define IMAGE_TLV_SHA256 0x10
#define IMAGE_TLV_SHA384 0x11
#define IMAGE_TLV_SHA512 0x12
#define IMAGE_TLV_SIG_PURE 0x25

#define BOOT_MAGIC_SIZE 16
#define BOOT_MIN_ALIGN 8
#define BOOT_MAX_ALIGN 4096
#define BOOT_FLAG_SET 0x01
/* Swap status: 3 flags per sector, and slots have at most this many sectors in the field. */
#define BOOT_STATUS_MAX_FLAGS (3 * 1024)

/* Longer values are shown by their beginning. */
#define TLV_MAX_SHOWN 1024

static const struct {
	uint32_t bit;
	const char *name;
} flag_names[] = {
	{ 0x00000001, "pic" },
	{ IMAGE_F_ENCRYPTED_AES128, "encrypted-aes128" },
	{ IMAGE_F_ENCRYPTED_AES256, "encrypted-aes256" },
	{ 0x00000010, "non-bootable" },
	{ 0x00000020, "ram-load" },
	{ 0x00000100, "rom-fixed" },
	{ 0x00000200, "compressed-lzma1" },
	{ 0x00000400, "compressed-lzma2" },
	{ 0x00000800, "compressed-arm-thumb" },
};

static const struct {
	uint16_t type;
	const char *name;
	bool is_signature;
} tlv_names[] = {
	{ 0x01, "keyhash", false },
	{ 0x02, "pubkey", false },
	{ IMAGE_TLV_SHA256, "sha256", false },
	{ IMAGE_TLV_SHA384, "sha384", false },
	{ IMAGE_TLV_SHA512, "sha512", false },
	{ 0x20, "rsa2048_pss", true },
	{ 0x21, "ecdsa224", true },
	{ 0x22, "ecdsa_sig", true },
	{ 0x23, "rsa3072_pss", true },
	{ 0x24, "ed25519", true },
	{ IMAGE_TLV_SIG_PURE, "sig_pure", false },
	{ 0x30, "enc_rsa2048", false },
	{ 0x31, "enc_kw", false },
	{ 0x32, "enc_ec256", false },
	{ 0x33, "enc_x25519", false },
	{ 0x34, "enc_x25519_sha512", false },
	{ 0x40, "dependency", false },
	{ 0x50, "sec_cnt", false },
	{ 0x60, "boot_record", false },
	{ 0x70, "decomp_size", false },
	{ 0x71, "decomp_sha", false },
	{ 0x72, "decomp_signature", false },
	{ 0x73, "comp_dec_size", false },
	{ 0x74, "uuid_vid", false },
	{ 0x75, "uuid_cid", false },
};

static const struct {
	uint16_t type;
	size_t size;
	const char *name;
	enum dfut_digest_kind kind;
} hashes[] = {
	{ IMAGE_TLV_SHA256, 32, "SHA-256", DFUT_DIGEST_SHA256 },
	{ IMAGE_TLV_SHA384, 48, "SHA-384", DFUT_DIGEST_SHA384 },
	{ IMAGE_TLV_SHA512, 64, "SHA-512", DFUT_DIGEST_SHA512 },
};

static const uint8_t magic_bytes[] = { 0x3d, 0xb8, 0xf3, 0x96 };

struct tlv {
	size_t offset; /* of the data */
	uint16_t type;
	uint16_t size;
};

struct mcuboot {
	struct dfut_loader *loader;
	const uint8_t *data;
	size_t size;
	uint16_t header_size;
	uint16_t protected_size;
	uint32_t image_size;
	uint32_t flags;
	/* What the walk over the TLVs found; size 0 of the hash is possible, its type 0 is not. */
	struct tlv hash;
	struct tlv kinds[3]; /* the first of each kind of hash */
	const char *signature;
	bool is_pure;
};

static int doubt(struct mcuboot *mcuboot, unsigned int check, size_t offset, const char *text)
{
	return dfut_image_doubt(mcuboot->loader, DFUT_ERROR_IMAGE, check, "offset %zu: %s", offset, text);
}

static size_t body_end(const struct mcuboot *mcuboot)
{
	return (size_t)mcuboot->header_size + mcuboot->image_size;
}

/* Header */

/* Less than the magic is accepted at the end of a file, so that a truncated image isn't taken for a raw one. */
bool dfut_mcuboot_matches(const struct dfut_image *image)
{
	size_t size = image->size < sizeof(magic_bytes) ? image->size : sizeof(magic_bytes);

	return size >= 2 && memcmp(image->data, magic_bytes, size) == 0;
}

bool dfut_image_is_mcuboot(const struct dfut_image *image)
{
	return image->format->inspect == dfut_mcuboot_inspect;
}

bool dfut_mcuboot_read_version(const uint8_t *header, size_t size, struct dfut_mcuboot_version *version)
{
	if (size < DFUT_MCUBOOT_HEADER_SIZE || dfut_le32(header) != DFUT_MCUBOOT_MAGIC)
		return false;
	version->major_number = header[20];
	version->minor_number = header[21];
	version->revision = dfut_le16(header + 22);
	version->build = dfut_le32(header + 24);
	return true;
}

bool dfut_mcuboot_is_older(const struct dfut_mcuboot_version *a, const struct dfut_mcuboot_version *b)
{
	if (a->major_number != b->major_number)
		return a->major_number < b->major_number;
	if (a->minor_number != b->minor_number)
		return a->minor_number < b->minor_number;
	return a->revision < b->revision;
}

char *dfut_mcuboot_describe_version(const struct dfut_mcuboot_version *version, char *text, size_t size)
{
	int length = snprintf(text, size, "%u.%u.%u", version->major_number, version->minor_number,
			      (unsigned int)version->revision);

	if (version->build != 0 && length > 0 && (size_t)length < size)
		snprintf(text + length, size - (size_t)length, "+%lu", (unsigned long)version->build);
	return text;
}

bool dfut_image_get_mcuboot_version(const struct dfut_image *image, struct dfut_mcuboot_version *version)
{
	return dfut_image_is_mcuboot(image) && dfut_mcuboot_read_version(image->data, image->size, version);
}

bool dfut_image_hash(const uint8_t *data, size_t size, uint8_t hash[SHA256_SIZE])
{
	return dfut_digest(hash, DFUT_DIGEST_SHA256, data, size);
}

const uint8_t *dfut_image_get_mcuboot_hash(const struct dfut_image *image, size_t *size)
{
	if (!dfut_image_is_mcuboot(image) || !image->hash_size || image->hash + image->hash_size > image->size)
		return NULL;
	*size = image->hash_size;
	return image->data + image->hash;
}

static void add_word(char *text, size_t size, const char *word)
{
	size_t length = strlen(text);

	snprintf(text + length, size - length, "%s%s", length > 0 ? ", " : "", word);
}

static void add_flags_fact(struct mcuboot *mcuboot)
{
	char text[256] = "";
	char number[16];
	uint32_t rest = mcuboot->flags;

	for (size_t i = 0; i < DFUT_COUNT(flag_names); i++) {
		if (!(rest & flag_names[i].bit))
			continue;
		add_word(text, sizeof(text), flag_names[i].name);
		rest &= ~flag_names[i].bit;
	}
	if (rest) {
		snprintf(number, sizeof(number), "0x%lx", (unsigned long)rest);
		add_word(text, sizeof(text), number);
	}
	dfut_image_add_fact(mcuboot->loader, "flags", "%s", text[0] ? text : "none");
}

static void add_header_facts(struct mcuboot *mcuboot)
{
	struct dfut_loader *loader = mcuboot->loader;
	struct dfut_mcuboot_version version;
	char text[40];

	dfut_image_add_fact(loader, "header_size", "%u", (unsigned int)mcuboot->header_size);
	dfut_image_add_fact(loader, "image_size", "%lu", (unsigned long)mcuboot->image_size);
	if (dfut_image_get_mcuboot_version(loader->image, &version))
		dfut_image_add_fact(loader, "version", "%s",
				    dfut_mcuboot_describe_version(&version, text, sizeof(text)));
	add_flags_fact(mcuboot);
	dfut_image_add_fact(loader, "load_address", "0x%08lx", (unsigned long)dfut_le32(mcuboot->data + 4));
	if (mcuboot->protected_size)
		dfut_image_add_fact(loader, "protected_tlv_size", "%u", (unsigned int)mcuboot->protected_size);
}

static int inspect_header(struct mcuboot *mcuboot)
{
	const uint8_t *data = mcuboot->data;
	uint64_t needed;

	if (mcuboot->size < DFUT_MCUBOOT_HEADER_SIZE)
		return doubt(mcuboot, DFUT_CHECK_LENGTH, mcuboot->size, "the file ends inside the MCUboot header");
	mcuboot->header_size = dfut_le16(data + 8);
	mcuboot->protected_size = dfut_le16(data + 10);
	mcuboot->image_size = dfut_le32(data + 12);
	mcuboot->flags = dfut_le32(data + 16);
	add_header_facts(mcuboot);
	if (mcuboot->header_size < DFUT_MCUBOOT_HEADER_SIZE)
		return dfut_image_doubt(mcuboot->loader, DFUT_ERROR_IMAGE, DFUT_CHECK_FORMAT,
					"offset 8: the MCUboot header says that it has %u bytes, it needs 32",
					(unsigned int)mcuboot->header_size);
	needed = (uint64_t)mcuboot->header_size + mcuboot->image_size + mcuboot->protected_size + TLV_HEADER_SIZE;
	if (needed <= mcuboot->size)
		return 1;
	return dfut_image_doubt(mcuboot->loader, DFUT_ERROR_IMAGE, DFUT_CHECK_LENGTH,
				"offset %zu: the file ends early, its MCUboot header needs at least %llu bytes",
				mcuboot->size, (unsigned long long)needed);
}

/* TLVs */

static void put_tlv_key(char *key, size_t size, const struct tlv *tlv, bool is_protected)
{
	const char *prefix = is_protected ? "protected_" : "";

	for (size_t i = 0; i < DFUT_COUNT(tlv_names); i++) {
		if (tlv_names[i].type != tlv->type)
			continue;
		snprintf(key, size, "%stlv_%s", prefix, tlv_names[i].name);
		return;
	}
	snprintf(key, size, "%stlv_%04x", prefix, (unsigned int)tlv->type);
}

static void note_tlv(struct mcuboot *mcuboot, const struct tlv *tlv, bool is_protected)
{
	char key[48];

	put_tlv_key(key, sizeof(key), tlv, is_protected);
	dfut_image_add_hex_fact(mcuboot->loader, key, mcuboot->data + tlv->offset,
				tlv->size < TLV_MAX_SHOWN ? tlv->size : TLV_MAX_SHOWN);
	if (tlv->type == IMAGE_TLV_SIG_PURE)
		mcuboot->is_pure = true;
	for (size_t i = 0; i < DFUT_COUNT(tlv_names); i++)
		if (tlv_names[i].type == tlv->type && tlv_names[i].is_signature && !mcuboot->signature)
			mcuboot->signature = tlv_names[i].name;
}

/* A loader may look at any of them: those of a kind have to agree, and the first of each is checked. */
static int take_hash(struct mcuboot *mcuboot, const struct tlv *tlv)
{
	struct tlv *first = &mcuboot->kinds[tlv->type - IMAGE_TLV_SHA256];

	if (mcuboot->hash.type == 0)
		mcuboot->hash = *tlv;
	if (first->type == 0)
		*first = *tlv;
	if (first->size == tlv->size &&
	    memcmp(mcuboot->data + first->offset, mcuboot->data + tlv->offset, tlv->size) == 0)
		return 0;
	return dfut_image_doubt(mcuboot->loader, DFUT_ERROR_IMAGE, DFUT_CHECK_HASH,
				"offset %zu: a second hash, and not the same as the one at offset %zu", tlv->offset,
				first->offset);
}

static int walk_tlvs(struct mcuboot *mcuboot, size_t offset, size_t end, bool is_protected)
{
	while (offset < end) {
		struct tlv tlv;

		if (end - offset < TLV_HEADER_SIZE)
			return doubt(mcuboot, DFUT_CHECK_LENGTH, offset,
				     "the TLV area ends inside the header of a TLV");
		tlv.type = dfut_le16(mcuboot->data + offset);
		tlv.size = dfut_le16(mcuboot->data + offset + 2);
		tlv.offset = offset + TLV_HEADER_SIZE;
		if (tlv.size > end - tlv.offset)
			return dfut_image_doubt(mcuboot->loader, DFUT_ERROR_IMAGE, DFUT_CHECK_LENGTH,
						"offset %zu: TLV %04x has %u bytes, its area has only %zu left", offset,
						(unsigned int)tlv.type, (unsigned int)tlv.size, end - tlv.offset);
		note_tlv(mcuboot, &tlv, is_protected);
		if (tlv.type >= IMAGE_TLV_SHA256 && tlv.type <= IMAGE_TLV_SHA512 && take_hash(mcuboot, &tlv) < 0)
			return mcuboot->loader->failure->code;
		offset = tlv.offset + tlv.size;
	}
	return 1;
}

/* Sets *end to where the area ends. */
static int inspect_area(struct mcuboot *mcuboot, size_t offset, bool is_protected, size_t *end)
{
	uint16_t wanted = is_protected ? IMAGE_TLV_PROT_INFO_MAGIC : IMAGE_TLV_INFO_MAGIC;
	uint16_t total;

	if (mcuboot->size - offset < TLV_HEADER_SIZE)
		return doubt(mcuboot, DFUT_CHECK_LENGTH, mcuboot->size, "the file ends before the MCUboot TLV area");
	if (dfut_le16(mcuboot->data + offset) != wanted)
		return dfut_image_doubt(mcuboot->loader, DFUT_ERROR_IMAGE, DFUT_CHECK_FORMAT,
					"offset %zu: no MCUboot TLV area here: magic %04x instead of %04x", offset,
					(unsigned int)dfut_le16(mcuboot->data + offset), (unsigned int)wanted);
	total = dfut_le16(mcuboot->data + offset + 2);
	if (is_protected && total != mcuboot->protected_size)
		return dfut_image_doubt(mcuboot->loader, DFUT_ERROR_IMAGE, DFUT_CHECK_FORMAT,
					"offset %zu: the protected TLV area has %u bytes, the header says %u",
					offset + 2, (unsigned int)total, (unsigned int)mcuboot->protected_size);
	if (total < TLV_HEADER_SIZE)
		return doubt(mcuboot, DFUT_CHECK_FORMAT, offset + 2, "the TLV area is shorter than its own header");
	if (total > mcuboot->size - offset)
		return dfut_image_doubt(mcuboot->loader, DFUT_ERROR_IMAGE, DFUT_CHECK_LENGTH,
					"offset %zu: the file ends early, %zu of %u bytes of the MCUboot TLV area "
					"are there",
					mcuboot->size, mcuboot->size - offset, (unsigned int)total);
	*end = offset + total;
	return walk_tlvs(mcuboot, offset + TLV_HEADER_SIZE, *end, is_protected);
}

static int inspect_tlvs(struct mcuboot *mcuboot, size_t *end)
{
	size_t start = body_end(mcuboot);
	int result;

	if (mcuboot->protected_size > 0) {
		result = inspect_area(mcuboot, start, true, &start);
		if (result <= 0)
			return result;
	}
	return inspect_area(mcuboot, start, false, end);
}

/* Hash */

static int check_hash(struct mcuboot *mcuboot, size_t index, const struct tlv *tlv)
{
	const uint8_t *said = mcuboot->data + tlv->offset;
	uint8_t found[DFUT_DIGEST_MAX_SIZE];
	char said_text[17];
	char found_text[17];

	if (tlv->size != hashes[index].size)
		return dfut_image_doubt(mcuboot->loader, DFUT_ERROR_IMAGE, DFUT_CHECK_HASH,
					"offset %zu: the %s TLV has %u bytes instead of %zu", tlv->offset,
					hashes[index].name, (unsigned int)tlv->size, hashes[index].size);
	if (!dfut_digest(found, hashes[index].kind, mcuboot->data, body_end(mcuboot) + mcuboot->protected_size))
		return dfut_fail(mcuboot->loader->failure, DFUT_ERROR_UNSUPPORTED, "Mbed TLS has no %s",
				 hashes[index].name);
	if (memcmp(said, found, hashes[index].size) == 0)
		return 1;
	dfut_image_put_hex(said_text, said, 8);
	dfut_image_put_hex(found_text, found, 8);
	return dfut_image_doubt(mcuboot->loader, DFUT_ERROR_IMAGE, DFUT_CHECK_HASH,
				"offset %zu: the image says %s %s..., its content has %s...: it is damaged",
				tlv->offset, hashes[index].name, said_text, found_text);
}

static int check_hashes(struct mcuboot *mcuboot)
{
	for (size_t i = 0; i < DFUT_COUNT(hashes); i++) {
		const struct tlv *tlv = &mcuboot->kinds[hashes[i].type - IMAGE_TLV_SHA256];
		int result = tlv->type ? check_hash(mcuboot, i, tlv) : 1;

		if (result <= 0)
			return result;
	}
	dfut_image_add_fact(mcuboot->loader, "hash", "verified");
	return 0;
}

static int inspect_hash(struct mcuboot *mcuboot)
{
	struct dfut_loader *loader = mcuboot->loader;

	if (mcuboot->flags & (IMAGE_F_ENCRYPTED_AES128 | IMAGE_F_ENCRYPTED_AES256)) {
		dfut_image_add_fact(loader, "hash", "not checked: it is over the plain text of this encrypted image");
		return 0;
	}
	if (mcuboot->hash.type)
		return check_hashes(mcuboot);
	if (mcuboot->is_pure) {
		dfut_image_add_fact(loader, "hash",
				    "not checked: there is none, the signature is over the image itself");
		return 0;
	}
	return doubt(mcuboot, DFUT_CHECK_HASH, body_end(mcuboot),
		     "there is no hash among the TLVs, so MCUboot refuses the image");
}

static void add_signature_fact(struct mcuboot *mcuboot)
{
	if (!mcuboot->signature) {
		dfut_image_add_fact(mcuboot->loader, "signature", "none");
		return;
	}
	dfut_image_add_fact(mcuboot->loader, "signature", "%s%s, not checked: no key", mcuboot->signature,
			    mcuboot->is_pure ? " (pure)" : "");
}

/* The end of a slot */

struct trailer {
	size_t alignment; /* also the distance of its flags */
	size_t image_ok;  /* offset */
	size_t copy_done;
	size_t swap_info;
};

/* The magic of larger alignments begins with the alignment. */
static size_t read_trailer_magic(const uint8_t *magic)
{
	static const uint8_t first[] = { 0x77, 0xc2, 0x95, 0xf3, 0x60, 0xd2, 0xef, 0x7f,
					 0x35, 0x52, 0x50, 0x0f, 0x2c, 0xb6, 0x79, 0x80 };
	static const uint8_t other[] = { 0x2d, 0xe1, 0x5d, 0x29, 0x41, 0x0b, 0x8d,
					 0x77, 0x67, 0x9c, 0x11, 0x0f, 0x1f, 0x8a };
	size_t alignment = dfut_le16(magic);

	if (memcmp(magic, first, sizeof(first)) == 0)
		return BOOT_MIN_ALIGN;
	if (memcmp(magic + 2, other, sizeof(other)) != 0 || (alignment & (alignment - 1)) != 0)
		return 0;
	return alignment >= BOOT_MIN_ALIGN && alignment <= BOOT_MAX_ALIGN ? alignment : 0;
}

/* start is where the image ended. */
static bool find_trailer(const struct mcuboot *mcuboot, size_t start, struct trailer *trailer)
{
	size_t magic = mcuboot->size - BOOT_MAGIC_SIZE;
	size_t alignment;

	if (mcuboot->size - start < BOOT_MAGIC_SIZE)
		return false;
	alignment = read_trailer_magic(mcuboot->data + magic);
	if (alignment == 0 || magic - start < 4 * alignment)
		return false;
	trailer->alignment = alignment;
	trailer->image_ok = (magic - alignment) / alignment * alignment;
	trailer->copy_done = trailer->image_ok - alignment;
	trailer->swap_info = trailer->copy_done - alignment;
	return true;
}

static bool is_unset(uint8_t flag)
{
	return flag == 0x00 || flag == 0xff;
}

static void add_flag_fact(struct mcuboot *mcuboot, const char *key, uint8_t flag)
{
	if (flag == BOOT_FLAG_SET || is_unset(flag))
		dfut_image_add_fact(mcuboot->loader, key, "%s", flag == BOOT_FLAG_SET ? "set" : "unset");
	else
		dfut_image_add_fact(mcuboot->loader, key, "bad (0x%02x)", flag);
}

static const char *explain_trailer(uint8_t image_ok, uint8_t copy_done)
{
	bool is_ok = image_ok == BOOT_FLAG_SET;

	if ((!is_ok && !is_unset(image_ok)) || (copy_done != BOOT_FLAG_SET && !is_unset(copy_done)))
		return "unclear: its flags are neither set nor unset";
	if (copy_done == BOOT_FLAG_SET)
		return is_ok ? "none: this image is confirmed and stays" :
			       "revert: MCUboot will go back to the image before this one on the next reset, "
			       "unless this one is confirmed";
	return is_ok ? "permanent: MCUboot will swap this image in on the next reset, for good" :
		       "test: MCUboot will swap this image in on the next reset, once";
}

static void add_swap_facts(struct mcuboot *mcuboot, uint8_t swap_info)
{
	static const char *const types[] = { NULL, "none", "test", "permanent", "revert" };
	unsigned int type = swap_info & 0x0f;

	if (is_unset(swap_info)) {
		dfut_image_add_fact(mcuboot->loader, "trailer_swap_type", "unset");
		return;
	}
	if (type > 0 && type < DFUT_COUNT(types))
		dfut_image_add_fact(mcuboot->loader, "trailer_swap_type", "%s", types[type]);
	else
		dfut_image_add_fact(mcuboot->loader, "trailer_swap_type", "unknown (%u)", type);
	dfut_image_add_fact(mcuboot->loader, "trailer_image_number", "%u", (unsigned int)swap_info >> 4);
}

static void add_trailer_facts(struct mcuboot *mcuboot, const struct trailer *trailer)
{
	const uint8_t *data = mcuboot->data;

	dfut_image_add_fact(mcuboot->loader, "trailer", "%s",
			    explain_trailer(data[trailer->image_ok], data[trailer->copy_done]));
	dfut_image_add_fact(mcuboot->loader, "trailer_alignment", "%zu", trailer->alignment);
	add_flag_fact(mcuboot, "trailer_image_ok", data[trailer->image_ok]);
	add_flag_fact(mcuboot, "trailer_copy_done", data[trailer->copy_done]);
	add_swap_facts(mcuboot, data[trailer->swap_info]);
}

/* Where the trailer may begin to hold anything: the swap status, keys and the swap size lie in front of swap_info. */
static size_t trailer_start(const struct trailer *trailer, size_t start)
{
	size_t most = (BOOT_STATUS_MAX_FLAGS + 32) * trailer->alignment;

	return trailer->swap_info - start > most ? trailer->swap_info - most : start;
}

static bool is_erased(const uint8_t *data, size_t size)
{
	if (size == 0)
		return true;
	return is_unset(data[0]) && memcmp(data, data + 1, size - 1) == 0;
}

static int inspect_rest(struct mcuboot *mcuboot, size_t start)
{
	struct dfut_image *image = mcuboot->loader->image;
	struct trailer trailer;
	size_t end = mcuboot->size;

	if (start == end)
		return 0;
	if (find_trailer(mcuboot, start, &trailer)) {
		add_trailer_facts(mcuboot, &trailer);
		end = trailer_start(&trailer, start);
		/* The size of a swap lies in front of its kind. */
		image->trailer = trailer.swap_info - trailer.alignment;
	}
	dfut_image_add_fact(mcuboot->loader, "slot_size", "%zu", mcuboot->size);
	if (is_erased(mcuboot->data + start, end - start)) {
		/* What a slot holds behind its image is no part of that, unless it tells MCUboot what to do with it. */
		if (!image->trailer)
			image->size = start;
		return 0;
	}
	return dfut_image_doubt(mcuboot->loader, DFUT_ERROR_IMAGE, DFUT_CHECK_LENGTH,
				"offset %zu: %zu bytes too many after the MCUboot image, neither erased flash "
				"nor a trailer",
				start, mcuboot->size - start);
}

int dfut_mcuboot_inspect(struct dfut_loader *loader)
{
	struct mcuboot mcuboot = { .loader = loader, .data = loader->image->data, .size = loader->image->size };
	size_t end = 0;
	int result = inspect_header(&mcuboot);

	if (result <= 0)
		return result;
	result = inspect_tlvs(&mcuboot, &end);
	if (result <= 0)
		return result;
	loader->image->hash = mcuboot.hash.offset;
	loader->image->hash_size = mcuboot.hash.size;
	add_signature_fact(&mcuboot);
	result = inspect_hash(&mcuboot);
	if (result < 0)
		return result;
	return inspect_rest(&mcuboot, end);
}
