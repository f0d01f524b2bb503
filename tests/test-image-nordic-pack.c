/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* Nordic DFU packages that the library makes, and keys. */

#if !defined(_WIN32) && !defined(_XOPEN_SOURCE)
#define _XOPEN_SOURCE 700
#endif

#include <openssl/ec.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>

#include "image/format/nordic.h"
#include "nordic-sample.h"

static char folder[] = "/tmp/dfut-test-nordic-XXXXXX";

/* Path of a file in the folder; 32 at a time. */
static const char *get_path(const char *name)
{
	static char paths[32][100];
	static size_t next;

	next = (next + 1) % 32;
	snprintf(paths[next], sizeof(paths[next]), "%s/%s", folder, name);
	return paths[next];
}

static const char *write_file(const char *name, const void *data, size_t size)
{
	const char *path = get_path(name);
	FILE *stream = fopen(path, "wb");

	cr_assert(stream != NULL);
	cr_assert(eq(sz, fwrite(data, 1, size, stream), size));
	fclose(stream);
	return path;
}

static void write_keys(const char *private_name, const char *public_name, EVP_PKEY *key, const EVP_CIPHER *cipher)
{
	FILE *stream = fopen(get_path(private_name), "wb");

	cr_assert(key != NULL);
	cr_assert(PEM_write_PKCS8PrivateKey(stream, key, cipher, cipher ? "word" : NULL, cipher ? 4 : 0, NULL, NULL));
	fclose(stream);
	stream = fopen(get_path(public_name), "wb");
	cr_assert(PEM_write_PUBKEY(stream, key));
	fclose(stream);
	EVP_PKEY_free(key);
}

static void start_pack(void)
{
	start();
	cr_assert(mkdtemp(folder) != NULL);
	write_keys("private.pem", "public.pem", EVP_EC_gen("P-256"), NULL);
	write_keys("other-private.pem", "other-public.pem", EVP_EC_gen("P-256"), NULL);
	write_file("app.bin", get_firmware(), 1001);
}

static void stop_pack(void)
{
	char command[100];

	snprintf(command, sizeof(command), "rm -r %s", folder);
	cr_expect(eq(int, system(command), 0));
	stop();
}

TestSuite(nordic_pack, .init = start_pack, .fini = stop_pack, .timeout = 60);

static const uint32_t none[] = { 0 };
static const uint32_t old_softdevices[] = { 0xb6, 0x100 };
static const uint32_t new_softdevice[] = { 0x123 };

static struct dfut_nordic make_wish(void)
{
	struct dfut_nordic wish = DFUT_NORDIC_INIT;

	wish.application = get_path("app.bin");
	wish.application_version = 7;
	wish.sd_req = none;
	wish.sd_req_count = 1;
	return wish;
}

static int build(const struct dfut_nordic *wish)
{
	dfut_image_free(image);
	return dfut_image_build_nordic(&image, context, wish);
}

static struct dfut_nordic_part get_part(size_t index)
{
	struct dfut_nordic_part part = { .type = 99 };

	cr_assert(eq(int, dfut_image_get_nordic_part(image, index, &part), 0));
	return part;
}

static bool is_filled(const uint8_t *data, size_t size, uint8_t value)
{
	for (size_t i = 0; i < size; i++)
		if (data[i] != value)
			return false;
	return true;
}

/* Making */

Test(nordic_pack, application_is_packed)
{
	struct dfut_nordic wish = make_wish();
	struct dfut_nordic_part part;

	cr_assert(eq(int, build(&wish), 0), "%s", dfut_context_get_error(context));
	cr_assert(eq(str, get_format(), (char *)"nordic"));
	cr_assert(eq(sz, dfut_image_get_nordic_part_count(image), 1));
	part = get_part(0);
	cr_assert(eq(int, (int)part.type, DFUT_NORDIC_APPLICATION));
	cr_assert(eq(sz, part.size, 1004));
	cr_assert(eq(int, memcmp(part.data, get_firmware(), 1001), 0));
	cr_assert(is_filled(part.data + 1001, 3, 0xff));
	cr_assert(eq(u32, part.fw_version, 7));
	cr_assert(eq(u32, part.hw_version, 52));
	cr_assert(eq(sz, part.sd_req_count, 1));
	cr_assert(eq(u32, part.sd_req[0], 0));
	cr_assert(not(part.is_signed));
	cr_assert(not(part.is_debug));
}

/* Byte by byte, after the encoding of protobuf and not by a library */
Test(nordic_pack, init_packet_is_the_one_of_the_specification)
{
	struct dfut_nordic wish = make_wish();
	struct init init = make_init();
	struct file packet = { .size = 0 };

	write_file("app.bin", get_firmware(), 1024);
	wish.application_version = 3;
	wish.sd_req = (const uint32_t[]){ 0x100, 0x101 };
	wish.sd_req_count = 2;
	add_init_packet(&packet, &init);
	cr_assert(eq(int, build(&wish), 0), "%s", dfut_context_get_error(context));
	cr_assert(eq(sz, get_part(0).init_size, packet.size));
	cr_assert(eq(int, memcmp(get_part(0).init, packet.bytes, packet.size), 0));
}

Test(nordic_pack, same_files_make_the_same_bytes_and_come_back)
{
	static struct file first, second;
	struct dfut_nordic wish = make_wish();

	for (int legacy = 0; legacy < 2; legacy++) {
		wish.legacy = legacy;
		setenv("TZ", "UTC-12", 1);
		cr_assert(eq(int, build(&wish), 0), "%s", dfut_context_get_error(context));
		save_to(&first);
		setenv("TZ", "UTC+12", 1);
		cr_assert(eq(int, build(&wish), 0));
		save_to(&second);
		cr_assert(eq(sz, first.size, second.size));
		cr_assert(eq(int, memcmp(first.bytes, second.bytes, first.size), 0));
		cr_assert(eq(int, load_file(&first), 0), "%s", dfut_context_get_error(context));
		cr_assert(eq(sz, get_part(0).size, 1004));
	}
}

Test(nordic_pack, legacy_package_is_packed)
{
	struct dfut_nordic wish = make_wish();
	struct dfut_nordic_part part;

	wish.legacy = true;
	wish.sd_req = old_softdevices;
	wish.sd_req_count = 2;
	cr_assert(eq(int, build(&wish), 0), "%s", dfut_context_get_error(context));
	cr_assert(eq(str, get_format(), (char *)"nordic-legacy"));
	part = get_part(0);
	cr_assert(eq(sz, part.init_size, 16));
	cr_assert(eq(int, memcmp(part.init, "\x52\x00\xff\xff\x07\x00\x00\x00\x02\x00\xb6\x00\x00\x01", 14), 0));
	cr_assert(eq(u32, part.sd_req[1], 0x100));
	cr_assert(eq(u32, part.fw_version, 7));
}

static const char softdevice_hex[] = ":040000000102030"
				     "4F2\n:04100000AABBCCDDDE\n:00000001FF\n";
static const char bootloader_hex[] = ":020000040007F3\n:0400000011223344"
				     "52\n:040010005566778832\n"
				     ":020000041000EA\n:041014000080070051\n:00000001FF\n";

static void write_hex(const char *name, const char *text)
{
	write_file(name, text, strlen(text));
}

Test(nordic_pack, softdevice_and_bootloader_become_one_image)
{
	struct dfut_nordic wish = make_wish();
	struct dfut_nordic_part part;

	write_hex("sd.hex", softdevice_hex);
	write_hex("bl.hex", bootloader_hex);
	wish.softdevice = get_path("sd.hex");
	wish.bootloader = get_path("bl.hex");
	wish.bootloader_version = 9;
	wish.sd_req = old_softdevices;
	wish.sd_req_count = 2;
	wish.sd_id = new_softdevice;
	wish.sd_id_count = 1;
	for (int legacy = 0; legacy < 2; legacy++) {
		wish.legacy = legacy;
		cr_assert(eq(int, build(&wish), 0), "%s", dfut_context_get_error(context));
		cr_assert(eq(sz, dfut_image_get_nordic_part_count(image), 2));
		part = get_part(0);
		cr_assert(eq(int, (int)part.type, DFUT_NORDIC_SOFTDEVICE_BOOTLOADER));
		/* Neither the MBR nor the UICR */
		cr_assert(eq(u32, part.sd_size, 4));
		cr_assert(eq(u32, part.bl_size, 20));
		cr_assert(eq(int, memcmp(part.data, "\xaa\xbb\xcc\xdd\x11\x22\x33\x44", 8), 0));
		cr_assert(is_filled(part.data + 8, 12, 0xff));
		cr_assert(eq(int, memcmp(part.data + 20, "\x55\x66\x77\x88", 4), 0));
		cr_assert(eq(u32, part.fw_version, 9));
		cr_assert(eq(sz, part.sd_req_count, 2));
		part = get_part(1);
		cr_assert(eq(int, (int)part.type, DFUT_NORDIC_APPLICATION));
		cr_assert(eq(sz, part.sd_req_count, 1));
		cr_assert(eq(u32, part.sd_req[0], 0x123));
	}
}

Test(nordic_pack, softdevice_or_bootloader_alone_is_packed)
{
	struct dfut_nordic wish = make_wish();

	write_hex("sd.hex", softdevice_hex);
	write_hex("bl.hex", bootloader_hex);
	wish.application = NULL;
	wish.softdevice = get_path("sd.hex");
	cr_assert(eq(int, build(&wish), 0), "%s", dfut_context_get_error(context));
	cr_assert(eq(int, (int)get_part(0).type, DFUT_NORDIC_SOFTDEVICE));
	cr_assert(eq(u32, get_part(0).sd_size, 4));
	cr_assert(eq(u32, get_part(0).fw_version, 0xffffffff));
	wish.softdevice = NULL;
	wish.bootloader = get_path("bl.hex");
	wish.bootloader_version = 1;
	wish.debug = true;
	cr_assert(eq(int, build(&wish), 0), "%s", dfut_context_get_error(context));
	cr_assert(eq(int, (int)get_part(0).type, DFUT_NORDIC_BOOTLOADER));
	cr_assert(eq(u32, get_part(0).bl_size, 20));
	cr_assert(get_part(0).is_debug);
}

/* Refusals */

static void expect_usage(const struct dfut_nordic *wish, const char *text)
{
	cr_expect(eq(int, build(wish), DFUT_ERROR_USAGE), "%s", text);
	cr_expect(says(text), "\"%s\" instead of \"%s\"", dfut_context_get_error(context), text);
	cr_expect(eq(ptr, image, NULL));
}

Test(nordic_pack, what_makes_no_sense_is_refused)
{
	static const uint32_t ids[17] = { 0x10000 };
	struct dfut_nordic wish = make_wish();

	expect_usage(NULL, "an application, a SoftDevice or a bootloader is needed");
	wish.size = 0;
	expect_usage(&wish, "the wish is not initialised: use DFUT_NORDIC_INIT");
	wish = make_wish();
	wish.application = NULL;
	expect_usage(&wish, "an application, a SoftDevice or a bootloader is needed");
	wish = make_wish();
	wish.bootloader = wish.application;
	expect_usage(&wish, "a bootloader needs a version");
	wish = make_wish();
	wish.softdevice = wish.application;
	expect_usage(&wish, "the application needs the id of the new SoftDevice");
	wish = make_wish();
	wish.sd_req = ids;
	expect_usage(&wish, "ids of SoftDevices are at most 0xffff");
	wish.sd_req_count = 17;
	expect_usage(&wish, "at most 16 ids");
	wish.sd_req = NULL;
	wish.sd_req_count = 1;
	expect_usage(&wish, "no ids of SoftDevices given");
	wish = make_wish();
	wish.legacy = wish.debug = true;
	expect_usage(&wish, "a legacy package can be neither signed nor made for debugging");
	wish.debug = false;
	wish.private_key = get_path("private.pem");
	expect_usage(&wish, "a legacy package can be neither signed nor made for debugging");
}

static void expect_refused_file(int code, const char *name, const char *text)
{
	struct dfut_nordic wish = make_wish();

	wish.application = get_path(name);
	cr_expect(eq(int, build(&wish), code), "%s: %s", name, dfut_context_get_error(context));
	cr_expect(says(name), "%s", dfut_context_get_error(context));
	cr_expect(says(text), "%s", dfut_context_get_error(context));
}

Test(nordic_pack, files_that_are_not_one_firmware_are_refused)
{
	struct init init = make_init();
	struct file package = make_package_of(&init);

	expect_refused_file(DFUT_ERROR_NOT_FOUND, "none.bin", "no such file");
	write_file("out.zip", package.bytes, package.size);
	expect_refused_file(DFUT_ERROR_UNSUPPORTED, "out.zip", "a file of the format nordic that is not one firmware");
	write_hex("page.bin", "<!DOCTYPE html><html>");
	expect_refused_file(DFUT_ERROR_IMAGE, "page.bin", "a web page");
	write_hex("far.hex", ":0400000001020304F2\n:020000040800F2\n:0400000001020304F2\n:00000001FF\n");
	expect_refused_file(DFUT_ERROR_UNSUPPORTED, "far.hex",
			    "134217732 bytes between its first and its last address");
	write_hex("uicr.hex", ":020000041000EA\n:041014000080070051\n:00000001FF\n");
	expect_refused_file(DFUT_ERROR_UNSUPPORTED, "uicr.hex", "0 bytes between");
}

/* A line of Intel HEX: length, offset, type, data, checksum */
static void put_record(FILE *stream, uint16_t offset, uint8_t type, const void *data, uint8_t size)
{
	const uint8_t *bytes = data;
	unsigned int sum = size + (offset >> 8) + (offset & 0xffu) + type;

	fprintf(stream, ":%02X%04X%02X", (unsigned int)size, (unsigned int)offset, (unsigned int)type);
	for (size_t i = 0; i < size; i++) {
		fprintf(stream, "%02X", (unsigned int)bytes[i]);
		sum += bytes[i];
	}
	fprintf(stream, "%02X\n", -sum & 0xff);
}

/* A boot record of 4 bytes, what may be a SoftDevice, an application at 0x26000, and maybe variables in RAM */
static void write_merged(const char *name, bool has_softdevice, bool has_variables)
{
	FILE *stream = fopen(get_path(name), "wb");

	cr_assert(stream != NULL);
	put_record(stream, 0, 0, "\1\2\3\4", 4);
	if (has_softdevice)
		put_record(stream, 0x3004, 0, "\xdb\xe5\xb1\x51", 4);
	put_record(stream, 0, 4, "\0\2", 2);
	put_record(stream, 0x6000, 0, "\5\6\7\x8", 4);
	if (has_variables) {
		put_record(stream, 0, 4, "\x20\0", 2);
		put_record(stream, 0x2180, 0, "\x9", 1);
	}
	put_record(stream, 0, 1, "", 0);
	fclose(stream);
}

static const char *get_left_out(void)
{
	const char *layer, *key, *value;

	for (size_t i = 0; dfut_image_get_fact(image, i, &layer, &key, &value) == 0; i++)
		if (strcmp(key, "left_out") == 0)
			return value;
	return "";
}

Test(nordic_pack, boot_record_is_left_out_with_a_word)
{
	struct dfut_nordic wish = make_wish();

	write_merged("merged.hex", false, false);
	wish.bootloader_version = 2;
	for (int i = 0; i < 4; i++) {
		wish.legacy = i & 1;
		wish.application = i < 2 ? get_path("merged.hex") : NULL;
		wish.bootloader = i < 2 ? NULL : get_path("merged.hex");
		cr_assert(eq(int, build(&wish), 0), "%s", dfut_context_get_error(context));
		cr_expect(eq(sz, get_part(0).size, 4));
		cr_expect(memcmp(get_part(0).data, "\5\6\7\x8", 4) == 0);
		cr_expect(strstr(get_left_out(), "merged.hex: the master boot record, from 0x00000000 to 0x00000fff") !=
			  NULL);
	}
	wish = make_wish();
	cr_assert(eq(int, build(&wish), 0));
	cr_expect(get_left_out()[0] == '\0');
}

Test(nordic_pack, softdevice_in_another_file_is_refused)
{
	write_merged("both.hex", true, false);
	expect_refused_file(DFUT_ERROR_UNSUPPORTED, "both.hex", "a SoftDevice");
	cr_expect(strstr(dfut_context_get_hint(context), "--application") != NULL);
}

Test(nordic_pack, data_in_ram_is_refused_by_line_and_address)
{
	write_merged("ram.hex", false, true);
	expect_refused_file(DFUT_ERROR_UNSUPPORTED, "ram.hex", "line 5: data at 0x20002180, which is RAM");
	dfut_image_free(image);
	cr_assert(eq(int, dfut_image_load_file(&image, context, get_path("ram.hex"), 0), 0));
}

/* Keys */

static int verify(const char *name)
{
	return dfut_image_verify_signature(image, get_path(name));
}

Test(nordic_pack, signature_is_verified)
{
	struct dfut_nordic wish = make_wish();

	wish.private_key = get_path("private.pem");
	cr_assert(eq(int, build(&wish), 0), "%s", dfut_context_get_error(context));
	cr_assert(get_part(0).is_signed);
	cr_assert(eq(str, get_fact("application_signature_check"), (char *)"(none)"));
	cr_assert(eq(int, verify("other-public.pem"), DFUT_ERROR_MISMATCH));
	cr_assert(image_says("the signature of the application does not match this key"), "%s",
		  dfut_image_get_error(image));
	cr_assert(eq(str, get_fact("application_signature_check"), (char *)"(none)"));
	cr_assert(eq(int, verify("public.pem"), 0), "%s", dfut_image_get_error(image));
	cr_assert(eq(str, get_fact("application_signature_check"), (char *)"good"));
}

Test(nordic_pack, signature_that_is_off_by_a_bit_is_refused)
{
	static struct file saved;
	struct dfut_nordic wish = make_wish();
	size_t place = 0;
	struct dfut_nordic_part part;

	wish.private_key = get_path("private.pem");
	cr_assert(eq(int, build(&wish), 0), "%s", dfut_context_get_error(context));
	save_to(&saved);
	part = get_part(0);
	while (memcmp(saved.bytes + place, part.init, part.init_size) != 0)
		place++;
	place += part.init_size - 64;
	for (size_t bit = 0; bit < 512; bit += 37) {
		struct file changed = saved;

		changed.bytes[place + bit / 8] ^= (uint8_t)(1u << bit % 8);
		/* The sum in the archive is wrong now, which can be overruled no more than the signature. */
		cr_expect(eq(int, load_file(&changed), DFUT_ERROR_IMAGE));
	}
}

/* The reverse of 32 bytes that libcrypto wrote, the highest first */
static void put_half(uint8_t *bytes, const BIGNUM *number)
{
	uint8_t half[32];

	cr_assert(eq(int, BN_bn2binpad(number, half, 32), 32));
	for (size_t i = 0; i < 32; i++)
		bytes[i] = half[31 - i];
}

static void sign(uint8_t signature[64], const struct file *message)
{
	FILE *stream = fopen(get_path("private.pem"), "rb");
	EVP_PKEY *key = PEM_read_PrivateKey(stream, NULL, NULL, NULL);
	EVP_MD_CTX *signer = EVP_MD_CTX_new();
	uint8_t der[100];
	const uint8_t *cursor = der;
	size_t size = sizeof(der);
	ECDSA_SIG *pair;

	fclose(stream);
	cr_assert(EVP_DigestSignInit(signer, NULL, EVP_sha256(), NULL, key));
	cr_assert(EVP_DigestSign(signer, der, &size, message->bytes, message->size));
	pair = d2i_ECDSA_SIG(NULL, &cursor, (long)size);
	put_half(signature, ECDSA_SIG_get0_r(pair));
	put_half(signature + 32, ECDSA_SIG_get0_s(pair));
	ECDSA_SIG_free(pair);
	EVP_MD_CTX_free(signer);
	EVP_PKEY_free(key);
}

/* A package whose init command has fields that are not known, and in another order than anybody writes them */
static struct file make_signed(bool is_changed)
{
	struct init init = make_init();
	struct file command = { .size = 0 };
	struct file packet = { .size = 0 };
	uint8_t signature[64];

	add_number(&command, 99, 5);
	add_hash(&command, &init);
	add_number(&command, 7, 1024);
	add_number(&command, 4, 0);
	add_number(&command, 2, 52);
	sign(signature, &command);
	if (is_changed)
		command.bytes[command.size - 1]++;
	init.is_signed = true;
	add_packet(&packet, &init, &command);
	memcpy(packet.bytes + packet.size - 64, signature, 64);
	return make_package(usual_manifest, &packet, 1024);
}

Test(nordic_pack, signature_is_one_of_the_bytes_that_were_signed)
{
	struct file file = make_signed(false);

	cr_assert(eq(int, load_file(&file), 0), "%s", dfut_context_get_error(context));
	cr_assert(eq(int, verify("public.pem"), 0), "%s", dfut_image_get_error(image));
	file = make_signed(true);
	cr_assert(eq(int, load_file(&file), 0), "%s", dfut_context_get_error(context));
	cr_assert(eq(u32, get_part(0).hw_version, 53));
	cr_assert(eq(int, verify("public.pem"), DFUT_ERROR_MISMATCH));
}

/* A package that is signed, but what it says of its firmware is what the caller made of it. */
static struct file make_signed_packet(struct init init)
{
	struct file command = { .size = 0 };
	struct file packet = { .size = 0 };
	uint8_t signature[64];

	add_init_command(&command, &init);
	sign(signature, &command);
	init.is_signed = true;
	add_packet(&packet, &init, &command);
	memcpy(packet.bytes + packet.size - 64, signature, 64);
	return packet;
}

static void expect_unsigned(const char *name, const char *manifest, const struct file *packet, size_t size)
{
	struct file file = make_package(manifest, packet, size);

	cr_expect(eq(int, load_file(&file), DFUT_ERROR_IMAGE), "%s", name);
	cr_expect(eq(int, load_forced(file.bytes, file.size, ~0u), 0), "%s: %s", name, dfut_context_get_error(context));
	cr_expect(eq(int, verify("public.pem"), DFUT_ERROR_MISMATCH), "%s", name);
	cr_expect(eq(str, get_fact("application_signature_check"), (char *)"(none)"), "%s", name);
	/* Looking for a fact has left words of its own. */
	cr_expect(eq(int, verify("public.pem"), DFUT_ERROR_MISMATCH), "%s", name);
}

Test(nordic_pack, what_was_overruled_is_not_signed)
{
	static uint8_t other[1024];
	struct init init = make_init();
	struct file packet = make_signed_packet(init);

	expect_unsigned("longer firmware", usual_manifest, &packet, 1028);
	expect_unsigned("shorter firmware", usual_manifest, &packet, 1020);
	memcpy(other, get_firmware(), sizeof(other));
	other[1023] ^= 1;
	init.firmware = other;
	packet = make_signed_packet(init);
	expect_unsigned("other firmware", usual_manifest, &packet, 1024);
	cr_expect(image_says("not the one that was signed"), "%s", dfut_image_get_error(image));
	init = make_init();
	for (init.hash_type = 0; init.hash_type < 6; init.hash_type++) {
		if (init.hash_type == 3)
			continue;
		packet = make_signed_packet(init);
		expect_unsigned("kind of hash", usual_manifest, &packet, 1024);
		cr_expect(image_says("not covered by the signature"), "%s", dfut_image_get_error(image));
	}
	init = make_init();
	for (init.hash_size = 0; init.hash_size <= 64; init.hash_size += 16) {
		if (init.hash_size == 32)
			continue;
		packet = make_signed_packet(init);
		expect_unsigned("size of hash", usual_manifest, &packet, 1024);
	}
	/* The check of the file itself still knows it. */
	init = make_init();
	packet = make_signed_packet(init);
	packet = make_package(usual_manifest, &packet, 1024);
	cr_assert(eq(int, load_forced(packet.bytes, packet.size, ~0u), 0));
	cr_assert(eq(int, verify("public.pem"), 0), "%s", dfut_image_get_error(image));
}

/* Which of two signed commands a bootloader takes is its own affair. */
Test(nordic_pack, packet_that_can_be_read_in_two_ways_is_not_signed)
{
	struct init init = make_init();
	struct file packet = { .size = 0 };
	struct file good = make_signed_packet(init);

	init.is_signed = true;
	init.fw_version = 99;
	add_init_packet(&packet, &init);
	add_bytes(&packet, good.bytes, good.size);
	expect_unsigned("twice", usual_manifest, &packet, 1024);
	cr_expect(image_says("can be read in two ways"), "%s", dfut_image_get_error(image));
}

Test(nordic_pack, package_with_an_image_that_cant_be_read_is_not_signed)
{
	struct init init = make_init();
	struct file packet;

	init.type = DFUT_NORDIC_BOOTLOADER;
	init.sizes[1] = init.sizes[2];
	init.sizes[2] = 0;
	packet = make_signed_packet(init);
	expect_unsigned("absent file",
			"{\"manifest\": {\"bootloader\": {\"bin_file\": \"app.bin\", \"dat_file\": \"app.dat\"}, "
			"\"application\": {\"bin_file\": \"none.bin\", \"dat_file\": \"app.dat\"}}}",
			&packet, 1024);
	cr_expect(image_says("not all images"), "%s", dfut_image_get_error(image));
	cr_expect(eq(str, get_fact("bootloader_signature_check"), (char *)"(none)"));
}

Test(nordic_pack, what_is_not_signed_does_not_fit_a_key)
{
	struct dfut_nordic wish = make_wish();

	cr_assert(eq(int, build(&wish), 0));
	cr_assert(eq(int, verify("public.pem"), DFUT_ERROR_MISMATCH));
	cr_assert(image_says("the application is not signed"));
	cr_assert(eq(int, dfut_image_verify_signature(image, NULL), DFUT_ERROR_USAGE));
	wish.legacy = true;
	cr_assert(eq(int, build(&wish), 0));
	cr_assert(eq(int, verify("public.pem"), DFUT_ERROR_UNSUPPORTED));
	cr_assert(eq(int, load_forced("\x80 firmware", 10, 0), 0));
	cr_assert(eq(int, verify("public.pem"), DFUT_ERROR_UNSUPPORTED));
	cr_assert(image_says("a file of the format raw has no signature"));
}

Test(nordic_pack, what_is_no_key_is_refused)
{
	static const char *const privates[] = { "public.pem", "p384-private.pem", "rsa-private.pem",
						"locked.pem", "app.bin",	  "empty.pem" };
	static const char *const publics[] = { "private.pem", "p384-public.pem", "rsa-public.pem", "app.bin",
					       "empty.pem" };
	struct dfut_nordic wish = make_wish();

	write_keys("p384-private.pem", "p384-public.pem", EVP_EC_gen("P-384"), NULL);
	write_keys("rsa-private.pem", "rsa-public.pem", EVP_RSA_gen(1024), NULL);
	write_keys("locked.pem", "of-locked.pem", EVP_EC_gen("P-256"), EVP_aes_128_cbc());
	write_file("empty.pem", "", 0);
	for (size_t i = 0; i < sizeof(privates) / sizeof(privates[0]); i++) {
		wish.private_key = get_path(privates[i]);
		expect_usage(&wish, privates[i]);
	}
	wish.private_key = get_path("none.pem");
	cr_assert(eq(int, build(&wish), DFUT_ERROR_NOT_FOUND));
	wish.private_key = get_path("private.pem");
	cr_assert(eq(int, build(&wish), 0), "%s", dfut_context_get_error(context));
	for (size_t i = 0; i < sizeof(publics) / sizeof(publics[0]); i++) {
		cr_expect(eq(int, verify(publics[i]), DFUT_ERROR_USAGE), "%s", publics[i]);
		cr_expect(image_says(publics[i]), "%s", dfut_image_get_error(image));
	}
	cr_assert(eq(int, verify("none.pem"), DFUT_ERROR_NOT_FOUND));
	cr_assert(eq(int, dfut_image_verify_signature(image, "/dev/zero"), DFUT_ERROR_USAGE));
	cr_assert(image_says("/dev/zero: has more than 65536 bytes, which is the limit"), "%s",
		  dfut_image_get_error(image));
}
