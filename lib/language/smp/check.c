/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* Whether an image is for a device that speaks SMP: by the file alone, then by what the device has told. */

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "language/smp/plan.h"

/* A number that no device has. */
#define IMAGE_LIMIT 16
/* Of what a device does not say: header and CBOR that one line of 128 bytes holds. */
#define DEFAULT_LIMIT 89
/* MCUboot drops messages that fill its buffer to the last bytes. */
#define BUFFER_RESERVE 5

/* The file. */

static int fail_format(struct dfut_session *session)
{
	dfut_fail(&session->failure, DFUT_ERROR_MISMATCH,
		  "SMP takes MCUboot images, the file is \"%s\": it would never be started",
		  dfut_image_get_format(session->plan.image));
	if (!(session->force & DFUT_CHECK_FORMAT))
		session->failure.check = DFUT_CHECK_FORMAT;
	dfut_hint(&session->failure, "use the signed file, for Zephyr zephyr.signed.bin%s",
		  session->force & DFUT_CHECK_FORMAT ?
			  "; this can't be forced: an image is started by the hash that only such a file has" :
			  "");
	return DFUT_ERROR_MISMATCH;
}

static int fail_trailer(struct dfut_session *session)
{
	dfut_fail(&session->failure, DFUT_ERROR_MISMATCH,
		  "the file is the dump of a slot, with MCUboot's trailer at its end: that is the device's to write");
	dfut_hint(&session->failure, "use the signed file (imgtool sign without --pad)");
	return DFUT_ERROR_MISMATCH;
}

static int check_address(struct dfut_session *session)
{
	if (!session->plan.image->has_address)
		return 0;
	dfut_fail(&session->failure, DFUT_ERROR_UNSUPPORTED,
		  "an address was given, and SMP has none: the device decides where the image goes");
	dfut_hint(&session->failure,
		  "leave the address (--address) out, or choose an image (--alt) if the device has several");
	return DFUT_ERROR_UNSUPPORTED;
}

/* "1" or "image 1". */
static int read_choice(struct dfut_session *session, unsigned int *image)
{
	const char *text = session->alternate;
	unsigned long number;
	char *end;

	*image = 0;
	if (!text)
		return 0;
	if (strncmp(text, "image ", 6) == 0)
		text += 6;
	number = strtoul(text, &end, 10);
	if (*text >= '0' && *text <= '9' && !*end && number < IMAGE_LIMIT) {
		*image = (unsigned int)number;
		return 0;
	}
	dfut_fail(&session->failure, DFUT_ERROR_NOT_FOUND, "there is no image \"%s\"", session->alternate);
	dfut_hint(&session->failure, "images have numbers: \"0\", or \"image 0\", is the first");
	return DFUT_ERROR_NOT_FOUND;
}

static int take_sha(struct dfut_session *session)
{
	struct dfut_segment segment;

	dfut_image_find_segment(session->plan.image, 0, &segment);
	if (!dfut_image_hash(segment.data, segment.size, smp_get_work(session)->sha))
		return dfut_fail(&session->failure, DFUT_ERROR_UNSUPPORTED, "Mbed TLS has no SHA-256");
	return 0;
}

int smp_check_image(struct dfut_session *session)
{
	const struct dfut_image *image = session->plan.image;
	size_t size;

	if (!dfut_image_is_mcuboot(image))
		return fail_format(session);
	if (image->trailer)
		return fail_trailer(session);
	if (check_address(session) < 0 || read_choice(session, &smp_get_work(session)->image) < 0)
		return session->failure.code;
	if (!dfut_image_get_mcuboot_hash(image, &size)) {
		dfut_fail(&session->failure, DFUT_ERROR_UNSUPPORTED,
			  "the image has no hash among its TLVs, by which the device could be told to start it");
		dfut_hint(&session->failure, "sign it with a hash (imgtool sign without --pure)");
		return DFUT_ERROR_UNSUPPORTED;
	}
	return take_sha(session);
}

/* The device. */

bool smp_writes_in_place(const struct smp_look *look)
{
	return look->in_recovery || look->mode == SMP_MODE_SINGLE || look->mode == SMP_MODE_LOADER;
}

bool smp_can_revert(const struct smp_look *look)
{
	return !smp_writes_in_place(look) && look->mode != SMP_MODE_OVERWRITE && look->mode != SMP_MODE_XIP &&
	       look->mode != SMP_MODE_RAM;
}

static bool has_image(const struct smp_look *look, unsigned int image)
{
	for (size_t i = 0; i < look->list.slot_count; i++)
		if (look->list.slots[i].image == image)
			return true;
	for (size_t i = 0; i < look->rooms.room_count; i++)
		if (look->rooms.rooms[i].image == image)
			return true;
	return false;
}

static int check_choice(struct dfut_session *session)
{
	struct smp_work *work = smp_get_work(session);
	const struct smp_look *look = &work->report.look;
	char names[160] = "";
	size_t count = 0, used = 0;

	for (unsigned int i = 0; i < IMAGE_LIMIT; i++) {
		if (!has_image(look, i))
			continue;
		used += (size_t)snprintf(names + used, sizeof(names) - used, "%s\"image %u\"", count ? ", " : "", i);
		used = used < sizeof(names) ? used : sizeof(names) - 1;
		count++;
	}
	/* MCUboot lists only what it would start, so that the first may be missing. */
	if (session->alternate ? has_image(look, work->image) || (count == 0 && work->image == 0) : count < 2)
		return 0;
	if (session->alternate)
		dfut_fail(&session->failure, DFUT_ERROR_NOT_FOUND, "the device has no image %u: it has %s", work->image,
			  count ? names : "none");
	else
		dfut_fail(&session->failure, DFUT_ERROR_USAGE, "no image was chosen: the device has %s", names);
	dfut_hint(&session->failure, "choose one (--alt)");
	return session->failure.code;
}

/* What runs, or, where an application is only there to load another one, that one. */
static const struct smp_slot *find_target(const struct dfut_session *session)
{
	const struct smp_work *work = smp_get_work(session);
	const struct smp_answer *list = &work->report.look.list;

	if (!smp_writes_in_place(&work->report.look))
		return smp_find_running(list, work->image);
	for (size_t i = 0; i < list->slot_count; i++)
		if (list->slots[i].image == work->image && list->slots[i].slot == 0)
			return &list->slots[i];
	return NULL;
}

/* The slot that an upload goes to. */
static unsigned int get_slot(const struct dfut_session *session)
{
	const struct smp_slot *running = find_target(session);

	if (smp_writes_in_place(&smp_get_work(session)->report.look))
		return 0;
	return running && running->slot == 1 ? 0 : 1;
}

static const struct smp_room *find_room(const struct dfut_session *session)
{
	const struct smp_work *work = smp_get_work(session);
	const struct smp_answer *rooms = &work->report.look.rooms;

	for (size_t i = 0; i < rooms->room_count; i++)
		if (rooms->rooms[i].image == work->image && rooms->rooms[i].slot == get_slot(session))
			return &rooms->rooms[i];
	return NULL;
}

static int check_size(struct dfut_session *session)
{
	const struct smp_room *room = find_room(session);
	size_t size = dfut_image_get_size(session->plan.image);
	uint64_t most = room && room->max ? room->max : room ? room->size : 0;

	/* An image that the device says may be larger than its slot can't be. */
	if (room && room->size && most > room->size)
		most = room->size;
	if (!most || size <= most || session->force & DFUT_CHECK_SIZE)
		return 0;
	dfut_fail_check(&session->failure, DFUT_ERROR_MISMATCH, DFUT_CHECK_SIZE,
			"the image has %zu bytes, slot %u of the device takes %" PRIu64 "%s", size, get_slot(session),
			most, room->size && most < room->size ? ", as MCUboot needs the rest" : "");
	dfut_hint(&session->failure, "nothing was written: is the file made for this board?");
	return DFUT_ERROR_MISMATCH;
}

/* "1.2.3", or "1.2.3.4" with the build's number. */
static bool read_version(const char *text, struct dfut_mcuboot_version *version)
{
	unsigned int major_number, minor_number, revision, build = 0;

	if (sscanf(text, "%3u.%3u.%5u.%9u", &major_number, &minor_number, &revision, &build) < 3 ||
	    major_number > UINT8_MAX || minor_number > UINT8_MAX || revision > UINT16_MAX)
		return false;
	*version = (struct dfut_mcuboot_version){ .major_number = (uint8_t)major_number,
						  .minor_number = (uint8_t)minor_number,
						  .revision = (uint16_t)revision,
						  .build = build };
	return true;
}

static int check_version(struct dfut_session *session)
{
	const struct smp_look *look = &smp_get_work(session)->report.look;
	const struct smp_slot *running = find_target(session);
	struct dfut_mcuboot_version there, new_one;
	char text[40];

	if (!running || !read_version(running->version, &there) ||
	    !dfut_image_get_mcuboot_version(session->plan.image, &new_one))
		return 0;
	if (!dfut_mcuboot_is_older(&new_one, &there) || session->force & DFUT_CHECK_VERSION)
		return 0;
	dfut_fail_check(&session->failure, DFUT_ERROR_MISMATCH, DFUT_CHECK_VERSION,
			"the file has version %s, the device %s %s, which is newer",
			dfut_mcuboot_describe_version(&new_one, text, sizeof(text)),
			smp_writes_in_place(look) ? "holds" : "runs", running->version);
	dfut_hint(&session->failure, "force the check \"version\" if the older firmware is wanted; %s",
		  look->prevents_downgrade ? "this bootloader prevents downgrades, and will not start it" :
					     "a bootloader that prevents downgrades will not start it");
	return DFUT_ERROR_MISMATCH;
}

/* MCUboot's serial recovery may be built so that an upload names a slot, and not an image. */
static int choose_upload(struct dfut_session *session)
{
	struct smp_work *work = smp_get_work(session);
	const struct smp_room *room = find_room(session);

	work->upload_id = work->image;
	if (!work->report.look.in_recovery)
		return 0;
	if (room && room->upload_id > 0)
		work->upload_id = (uint64_t)room->upload_id;
	if (room || work->image == 0)
		return 0;
	dfut_fail(&session->failure, DFUT_ERROR_UNSUPPORTED,
		  "MCUboot's serial recovery does not say how image %u is named in an upload: another one could be "
		  "overwritten",
		  work->image);
	dfut_hint(&session->failure,
		  "it does with MCUBOOT_SERIAL_IMG_GRP_SLOT_INFO; or update image %u from its "
		  "application",
		  work->image);
	return DFUT_ERROR_UNSUPPORTED;
}

/* Where nothing tells hashes, nothing can be verified. */
static int check_verify(struct dfut_session *session)
{
	const struct smp_answer *list = &smp_get_work(session)->report.look.list;

	if (session->verify != DFUT_VERIFY_ALWAYS || list->slot_count == 0)
		return 0;
	for (size_t i = 0; i < list->slot_count; i++)
		if (list->slots[i].hash_size)
			return 0;
	return dfut_fail(&session->failure, DFUT_ERROR_VERIFY,
			 "the device's list of images has no hashes, so that nothing could be verified: nothing was "
			 "written");
}

static void find_image(struct dfut_session *session)
{
	struct smp_work *work = smp_get_work(session);
	const struct smp_look *look = &work->report.look;
	size_t size = 0;
	const uint8_t *hash = dfut_image_get_mcuboot_hash(session->plan.image, &size);
	const struct smp_slot *target = find_target(session);

	session->findings.unchanged = target && target->hash_size == size && memcmp(target->hash, hash, size) == 0;
	work->is_in_slot = !session->findings.unchanged && !smp_writes_in_place(look) &&
			   smp_find_hash(&look->list, work->image, hash, size);
	work->needs_settling = session->findings.unchanged && !target->confirmed && smp_can_revert(look);
}

int smp_check_device(struct dfut_session *session)
{
	struct smp_work *work = smp_get_work(session);

	if (check_choice(session) < 0)
		return session->failure.code;
	find_image(session);
	if (session->findings.unchanged)
		return 0;
	if (check_version(session) < 0 || check_verify(session) < 0)
		return session->failure.code;
	if (work->is_in_slot)
		return 0;
	return check_size(session) < 0 || choose_upload(session) < 0 ? session->failure.code : 0;
}

size_t smp_get_message_limit(const struct smp_look *look)
{
	if (!look->buffer_size)
		return DEFAULT_LIMIT;
	return look->buffer_size > BUFFER_RESERVE ? look->buffer_size - BUFFER_RESERVE : 0;
}
