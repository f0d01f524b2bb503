/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* Zephyr's group of images: mcumgr/grp/img_mgmt/src/img_mgmt.c, img_mgmt_state.c and zephyr_img_mgmt.c. */

#include <string.h>

#include "base/digest.h"
#include "sim/parts/smp.h"

/* img_mgmt.h */
enum image_error {
	ERROR_NO_IMAGE = 3,
	ERROR_NO_TLVS = 4,
	ERROR_HASH_NOT_FOUND = 8,
	ERROR_NO_FREE_SLOT = 9,
	ERROR_NO_MEMORY = 15,
	ERROR_INVALID_SLOT = 14,
	ERROR_INVALID_PAGE_OFFSET = 19,
	ERROR_INVALID_OFFSET = 20,
	ERROR_INVALID_LENGTH = 21,
	ERROR_INVALID_HEADER = 22,
	ERROR_INVALID_MAGIC = 23,
	ERROR_INVALID_HASH = 24,
	ERROR_INVALID_ADDRESS = 25,
	ERROR_NEWER = 27,
	ERROR_PENDING = 28,
	ERROR_TOO_LARGE = 30,
	ERROR_OVERRUN = 31,
	ERROR_CONFIRM_DENIED = 32,
	ERROR_TEST_ACTIVE = 33,
};

/* What the next start starts, and why: enum img_mgmt_next_boot_type */
enum next_type {
	NEXT_NORMAL,
	NEXT_TEST,
	NEXT_REVERT,
};

struct next {
	unsigned int slot;
	enum next_type type;
};

#define IMAGE_MAGIC 0x96f3b83du
#define IMAGE_HEADER_SIZE 32u
#define IMAGE_FLAGS 16
#define NOT_BOOTABLE 0x10u

int dfut_sim_smp_translate_image_error(uint16_t error)
{
	switch (error) {
	case ERROR_NO_IMAGE:
	case ERROR_NO_TLVS:
		return DFUT_SIM_SMP_NO_ENTRY;
	case ERROR_NO_FREE_SLOT:
	case ERROR_NEWER:
	case ERROR_PENDING:
		return DFUT_SIM_SMP_BAD_STATE;
	case ERROR_NO_MEMORY:
		return DFUT_SIM_SMP_NO_MEMORY;
	case ERROR_INVALID_SLOT:
	case ERROR_INVALID_PAGE_OFFSET:
	case ERROR_INVALID_OFFSET:
	case ERROR_INVALID_LENGTH:
	case ERROR_INVALID_HEADER:
	case ERROR_INVALID_HASH:
	case ERROR_INVALID_ADDRESS:
		return DFUT_SIM_SMP_INVALID;
	default:
		return DFUT_SIM_SMP_UNKNOWN;
	}
}

static int fail(struct dfut_sim_smp *smp, enum image_error error)
{
	smp->error_group = DFUT_SIM_SMP_IMAGE;
	smp->error = (uint16_t)error;
	return DFUT_SIM_SMP_OK;
}

/* State. The first slot of an image is the active one. */

static struct next get_next(const struct dfut_sim_smp *smp, unsigned int image)
{
	struct dfut_sim_mcuboot mcuboot = dfut_sim_smp_get_mcuboot(smp, image);

	switch (dfut_sim_mcuboot_get_swap(&mcuboot)) {
	case DFUT_SIM_MCUBOOT_TEST:
		return (struct next){ 2 * image + 1, NEXT_TEST };
	case DFUT_SIM_MCUBOOT_PERM:
		return (struct next){ 2 * image + 1, NEXT_NORMAL };
	case DFUT_SIM_MCUBOOT_REVERT:
		return (struct next){ 2 * image + 1, NEXT_REVERT };
	case DFUT_SIM_MCUBOOT_NONE:
		break;
	}
	return (struct next){ 2 * image, NEXT_NORMAL };
}

/* As the image tells it: nobody looks whether it is right. */
static const uint8_t *find_hash(const struct dfut_sim_smp *smp, unsigned int slot)
{
	struct dfut_sim_mcuboot mcuboot;

	if (!dfut_sim_smp_has_slot(smp, slot))
		return NULL;
	mcuboot = dfut_sim_smp_get_mcuboot(smp, slot / 2);
	return dfut_sim_mcuboot_find_hash(&mcuboot, slot % 2);
}

static void put_flag(struct dfut_sim_smp *smp, const char *name, bool flag)
{
	if (flag || !smp->options.list)
		dfut_sim_cbor_put_flag_as(&smp->cbor, name, flag);
}

static void put_slot(struct dfut_sim_smp *smp, unsigned int slot)
{
	struct next next = get_next(smp, slot / 2);
	const uint8_t *hash = find_hash(smp, slot);
	bool is_active = slot % 2 == 0;
	bool is_next = !is_active && next.slot == slot;

	if (!hash)
		return;
	dfut_sim_cbor_open_map(&smp->cbor);
	if (smp->options.images > 1)
		dfut_sim_cbor_put_number_as(&smp->cbor, "image", slot / 2);
	dfut_sim_cbor_put_number_as(&smp->cbor, "slot", slot % 2);
	dfut_sim_smp_put_version(smp, slot);
	dfut_sim_cbor_put_text(&smp->cbor, "hash");
	dfut_sim_cbor_put_bytes(&smp->cbor, hash, DFUT_SIM_SMP_HASH_SIZE);
	put_flag(smp, "bootable", !(dfut_le32(smp->slots[slot] + IMAGE_FLAGS) & NOT_BOOTABLE));
	put_flag(smp, "pending", is_next && next.type != NEXT_REVERT);
	put_flag(smp, "confirmed", is_active ? next.type != NEXT_REVERT : is_next && next.type == NEXT_REVERT);
	put_flag(smp, "active", is_active);
	put_flag(smp, "permanent", is_next && next.type == NEXT_NORMAL);
	dfut_sim_cbor_close(&smp->cbor);
}

static int list_images(struct dfut_sim_smp *smp)
{
	dfut_sim_cbor_put_text(&smp->cbor, "images");
	dfut_sim_cbor_open_list(&smp->cbor);
	for (unsigned int slot = 0; slot < 2 * smp->options.images; slot++)
		put_slot(smp, slot);
	dfut_sim_cbor_close(&smp->cbor);
	if (!smp->options.list)
		dfut_sim_cbor_put_number_as(&smp->cbor, "splitStatus", 0);
	return DFUT_SIM_SMP_OK;
}

/* Returns an error, 0 for none. */
static int choose_slot(const struct dfut_sim_smp *smp, unsigned int slot, bool confirm)
{
	struct next next = get_next(smp, slot / 2);
	bool is_active = slot % 2 == 0;
	struct dfut_sim_mcuboot mcuboot = dfut_sim_smp_get_mcuboot(smp, slot / 2);

	if (confirm && slot / 2)
		return ERROR_CONFIRM_DENIED;
	if (!confirm && is_active)
		return ERROR_TEST_ACTIVE;
	if (next.type == NEXT_TEST)
		return !confirm && slot == next.slot ? 0 : ERROR_PENDING;
	if (confirm && slot == next.slot)
		return 0;
	if (next.type == NEXT_NORMAL && next.slot % 2)
		return ERROR_PENDING;
	if (next.type == NEXT_REVERT && !confirm)
		return ERROR_PENDING;
	if (is_active)
		dfut_sim_mcuboot_confirm(&mcuboot);
	else
		dfut_sim_mcuboot_request_upgrade(&mcuboot, confirm);
	return 0;
}

static int find_slot(const struct dfut_sim_smp *smp, const uint8_t *hash)
{
	for (unsigned int slot = 0; slot < DFUT_SIM_SMP_SLOT_LIMIT; slot++) {
		const uint8_t *found = find_hash(smp, slot);

		if (found && memcmp(found, hash, DFUT_SIM_SMP_HASH_SIZE) == 0)
			return (int)slot;
	}
	return -1;
}

/* With a way back, the new image runs first. */
static void check_confirm(const struct dfut_sim_smp *smp, unsigned int slot, bool confirm)
{
	struct next next = get_next(smp, slot / 2);
	bool is_new = slot % 2 ? next.type != NEXT_REVERT : next.type == NEXT_TEST;

	if (confirm && is_new && smp->options.loader == DFUT_SIM_SMP_SWAP)
		dfut_sim_device_breach(smp->device, "%s: confirmed before the new image has run",
				       dfut_sim_smp_get_state_name(smp));
}

static int set_state(struct dfut_sim_smp *smp, const struct dfut_sim_smp_request *request)
{
	struct dfut_sim_cbor_field fields[] = { { .key = "hash", .kind = DFUT_SIM_CBOR_BYTES },
						{ .key = "confirm", .kind = DFUT_SIM_CBOR_FLAG } };
	const struct dfut_sim_cbor_field *hash = &fields[0];
	bool confirm;
	int slot = 0, error;

	if (!dfut_sim_smp_read(smp, request, fields, DFUT_COUNT(fields)))
		return DFUT_SIM_SMP_INVALID;
	confirm = fields[1].flag;
	if (hash->size == 0 ? !confirm : hash->size != DFUT_SIM_SMP_HASH_SIZE)
		return fail(smp, ERROR_INVALID_HASH);
	if (hash->size)
		slot = find_slot(smp, hash->bytes);
	if (slot < 0)
		return fail(smp, ERROR_HASH_NOT_FOUND);
	check_confirm(smp, (unsigned int)slot, confirm);
	error = choose_slot(smp, (unsigned int)slot, confirm);
	return error ? fail(smp, (enum image_error)error) : list_images(smp);
}

static bool is_in_use(const struct dfut_sim_smp *smp, unsigned int slot)
{
	struct next next = get_next(smp, slot / 2);

	return slot % 2 == 0 || next.slot % 2;
}

/* Upload. */

struct upload_request {
	struct dfut_sim_cbor_field image;
	struct dfut_sim_cbor_field data;
	struct dfut_sim_cbor_field length;
	struct dfut_sim_cbor_field offset;
	struct dfut_sim_cbor_field sha;
	struct dfut_sim_cbor_field upgrade;
};

static bool read_upload(struct dfut_sim_smp *smp, const struct dfut_sim_smp_request *request,
			struct upload_request *out)
{
	struct dfut_sim_cbor_field fields[] = {
		{ .key = "image", .kind = DFUT_SIM_CBOR_NUMBER }, { .key = "data", .kind = DFUT_SIM_CBOR_BYTES },
		{ .key = "len", .kind = DFUT_SIM_CBOR_NUMBER },	  { .key = "off", .kind = DFUT_SIM_CBOR_NUMBER },
		{ .key = "sha", .kind = DFUT_SIM_CBOR_BYTES },	  { .key = "upgrade", .kind = DFUT_SIM_CBOR_FLAG },
	};

	if (!dfut_sim_smp_read(smp, request, fields, DFUT_COUNT(fields)))
		return false;
	*out = (struct upload_request){ fields[0], fields[1], fields[2], fields[3], fields[4], fields[5] };
	return true;
}

/* Does an upload of the same file wait to be continued? */
static bool is_resumed(const struct dfut_sim_smp *smp, const struct upload_request *request)
{
	const struct dfut_sim_smp_upload *upload = &smp->upload;

	return upload->is_open && request->sha.size && request->sha.size == upload->sha_size &&
	       memcmp(request->sha.bytes, upload->sha, upload->sha_size) == 0;
}

static int inspect_first(const struct dfut_sim_smp *smp, const struct upload_request *request, unsigned int *slot)
{
	uint32_t image = smp->options.images > 1 ? request->image.number : 0;

	if (request->data.size < IMAGE_HEADER_SIZE)
		return ERROR_INVALID_HEADER;
	if (!request->length.is_there)
		return ERROR_INVALID_LENGTH;
	if (dfut_le32(request->data.bytes) != IMAGE_MAGIC)
		return ERROR_INVALID_MAGIC;
	if (request->sha.size > DFUT_SIM_SMP_HASH_SIZE)
		return ERROR_INVALID_HASH;
	if (is_resumed(smp, request))
		return 0;
	*slot = 2 * (image < smp->options.images ? image : 0) + 1;
	if (image >= smp->options.images || !dfut_sim_smp_has_slot(smp, *slot) || is_in_use(smp, *slot))
		return ERROR_NO_FREE_SLOT;
	if (request->length.number > smp->options.slot_size)
		return ERROR_TOO_LARGE;
	if (request->upgrade.flag && dfut_sim_mcuboot_compare(smp->slots[0], request->data.bytes) >= 0)
		return ERROR_NEWER;
	return 0;
}

static int answer_offset(struct dfut_sim_smp *smp)
{
	if (smp->options.version == 1)
		dfut_sim_cbor_put_number_as(&smp->cbor, "rc", DFUT_SIM_SMP_OK);
	dfut_sim_cbor_put_number_as(&smp->cbor, "off", smp->upload.offset);
	return DFUT_SIM_SMP_OK;
}

/* A hash that was not sent is that of no file. */
static bool is_matching(const struct dfut_sim_smp *smp)
{
	const struct dfut_sim_smp_upload *upload = &smp->upload;
	uint8_t hash[DFUT_SIM_SMP_HASH_SIZE] = { 0 };

	if (!dfut_digest(hash, DFUT_DIGEST_SHA256, smp->slots[upload->slot], upload->size))
		return false;
	return memcmp(hash, upload->sha, sizeof(hash)) == 0;
}

static void close_upload(struct dfut_sim_smp *smp)
{
	memset(&smp->upload, 0, sizeof(smp->upload));
}

/* The whole image is there, and forgotten with this answer. */
static int finish_upload(struct dfut_sim_smp *smp)
{
	int code = answer_offset(smp);

	if (smp->options.match)
		dfut_sim_cbor_put_flag_as(&smp->cbor, "match", is_matching(smp));
	close_upload(smp);
	return code;
}

static void open_upload(struct dfut_sim_smp *smp, const struct upload_request *request, unsigned int slot)
{
	struct dfut_sim_smp_upload *upload = &smp->upload;

	close_upload(smp);
	upload->is_open = true;
	upload->slot = slot;
	upload->size = request->length.number;
	upload->sha_size = request->sha.size;
	if (request->sha.size)
		memcpy(upload->sha, request->sha.bytes, request->sha.size);
}

static int write_part(struct dfut_sim_smp *smp, const struct upload_request *request)
{
	struct dfut_sim_smp_upload *upload = &smp->upload;
	uint32_t end = upload->offset + (uint32_t)request->data.size;

	if (end > smp->options.slot_size) {
		close_upload(smp);
		return fail(smp, ERROR_TOO_LARGE);
	}
	smp->device->counters.objects++;
	dfut_sim_smp_erase_ahead(smp, end);
	dfut_sim_smp_write(smp, upload->slot, upload->offset, request->data.bytes, request->data.size);
	upload->offset = end;
	if (end != upload->size)
		return answer_offset(smp);
	if (smp->options.erase)
		dfut_sim_smp_erase_trailer(smp, upload->slot, upload->erased);
	return finish_upload(smp);
}

static int begin_upload(struct dfut_sim_smp *smp, const struct upload_request *request)
{
	unsigned int slot = 0;
	int error = inspect_first(smp, request, &slot);

	if (error) {
		close_upload(smp);
		return fail(smp, (enum image_error)error);
	}
	if (is_resumed(smp, request))
		return answer_offset(smp);
	if (request->data.size > request->length.number)
		dfut_sim_device_breach(smp->device, "%s: %zu bytes of an image of %u", dfut_sim_smp_get_state_name(smp),
				       request->data.size, (unsigned int)request->length.number);
	open_upload(smp, request, slot);
	if (smp->options.match && request->sha.size == DFUT_SIM_SMP_HASH_SIZE && is_matching(smp)) {
		smp->upload.offset = smp->upload.size;
		return finish_upload(smp);
	}
	if (!smp->options.erase && !dfut_sim_smp_is_empty(smp, slot)) {
		dfut_sim_smp_erase(smp, slot, 0, smp->upload.size);
		dfut_sim_smp_erase_trailer(smp, slot, smp->upload.size);
	}
	return write_part(smp, request);
}

static int upload_image(struct dfut_sim_smp *smp, const struct dfut_sim_smp_request *message)
{
	const struct dfut_sim_smp_upload *upload = &smp->upload;
	struct upload_request request;

	if (!read_upload(smp, message, &request))
		return DFUT_SIM_SMP_INVALID;
	if (!request.offset.is_there) {
		close_upload(smp);
		return fail(smp, ERROR_INVALID_OFFSET);
	}
	dfut_sim_smp_check_offset(smp, request.offset.number);
	if (request.offset.number == 0)
		return begin_upload(smp, &request);
	if (request.offset.number != upload->offset)
		return answer_offset(smp);
	if (request.data.size > upload->size - upload->offset) {
		dfut_sim_device_breach(smp->device, "%s: %zu bytes at %u of an image of %u",
				       dfut_sim_smp_get_state_name(smp), request.data.size,
				       (unsigned int)upload->offset, (unsigned int)upload->size);
		close_upload(smp);
		return fail(smp, ERROR_OVERRUN);
	}
	return request.data.size ? write_part(smp, &request) : answer_offset(smp);
}

/* Erase, slots. */

static int erase_slot(struct dfut_sim_smp *smp, const struct dfut_sim_smp_request *request)
{
	struct dfut_sim_cbor_field field = { .key = "slot", .kind = DFUT_SIM_CBOR_NUMBER, .number = 1 };

	if (!dfut_sim_smp_read(smp, request, &field, 1))
		return DFUT_SIM_SMP_INVALID;
	if (!dfut_sim_smp_has_slot(smp, field.number))
		return fail(smp, ERROR_INVALID_SLOT);
	if (find_hash(smp, field.number) && is_in_use(smp, field.number))
		return fail(smp, ERROR_NO_FREE_SLOT);
	if (!dfut_sim_smp_is_empty(smp, field.number))
		dfut_sim_smp_erase(smp, field.number, 0, smp->options.slot_size);
	close_upload(smp);
	if (smp->options.version == 1)
		dfut_sim_cbor_put_number_as(&smp->cbor, "rc", DFUT_SIM_SMP_OK);
	return DFUT_SIM_SMP_OK;
}

static void put_slots(struct dfut_sim_smp *smp, unsigned int image)
{
	dfut_sim_cbor_open_map(&smp->cbor);
	dfut_sim_cbor_put_number_as(&smp->cbor, "image", image);
	dfut_sim_cbor_put_text(&smp->cbor, "slots");
	dfut_sim_cbor_open_list(&smp->cbor);
	for (unsigned int slot = 0; slot < dfut_sim_smp_count_slots(smp); slot++) {
		dfut_sim_cbor_open_map(&smp->cbor);
		dfut_sim_cbor_put_number_as(&smp->cbor, "slot", slot);
		dfut_sim_cbor_put_number_as(&smp->cbor, "size", smp->options.slot_size);
		if (slot)
			dfut_sim_cbor_put_number_as(&smp->cbor, "upload_image_id", image);
		dfut_sim_cbor_close(&smp->cbor);
	}
	dfut_sim_cbor_close(&smp->cbor);
	dfut_sim_cbor_put_number_as(&smp->cbor, "max_image_size", dfut_sim_smp_get_image_limit(smp));
	dfut_sim_cbor_close(&smp->cbor);
}

static int tell_slots(struct dfut_sim_smp *smp)
{
	if (!smp->options.slot_info)
		return DFUT_SIM_SMP_NOT_SUPPORTED;
	dfut_sim_cbor_put_text(&smp->cbor, "images");
	dfut_sim_cbor_open_list(&smp->cbor);
	for (unsigned int image = 0; image < smp->options.images; image++)
		put_slots(smp, image);
	dfut_sim_cbor_close(&smp->cbor);
	return DFUT_SIM_SMP_OK;
}

int dfut_sim_smp_answer_image(struct dfut_sim_smp *smp, const struct dfut_sim_smp_request *request)
{
	bool is_read = request->op == DFUT_SIM_SMP_READ;

	switch (request->command) {
	case DFUT_SIM_SMP_STATE:
		return is_read ? list_images(smp) : set_state(smp, request);
	case DFUT_SIM_SMP_UPLOAD:
		return is_read ? DFUT_SIM_SMP_NOT_SUPPORTED : upload_image(smp, request);
	case DFUT_SIM_SMP_ERASE:
		return is_read ? DFUT_SIM_SMP_NOT_SUPPORTED : erase_slot(smp, request);
	case DFUT_SIM_SMP_SLOT_INFO:
		return is_read ? tell_slots(smp) : DFUT_SIM_SMP_NOT_SUPPORTED;
	default:
		return DFUT_SIM_SMP_NOT_SUPPORTED;
	}
}
