/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* fwupd's device emulation, put together here by its public description, becomes a session. */

#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dfutrigger-sim.h"
#include "imported.h"

#define CAPTURE_SIZE 65536

/* A DFU interface with its functional descriptor, in an application or a bootloader */
#define DEVICE(product, protocol, events) \
	"{\"FwupdVersion\":\"1.9.9\",\"UsbDevices\":[{\"PlatformId\":\"usb:01:00:03\",\"IdVendor\":4617,\"IdProduct\":" product \
	",\"Device\":256,\"USB\":512,\"Manufacturer\":1,\"SerialNumber\":3,\"UsbInterfaces\":[{\"Length\":9," \
	"\"DescriptorType\":4,\"InterfaceClass\":254,\"InterfaceSubClass\":1,\"InterfaceProtocol\":" protocol \
	",\"ExtraData\":\"CSEN/wCAABAB\"}],\"UsbEvents\":[" events "]}]}"
#define CONTROL(direction, request, value, data, length) \
	"{\"Id\":\"ControlTransfer:Direction=" direction ",RequestType=0x01,Recipient=0x01,Request=" request \
	",Value=" value ",Idx=0x0000,Data=" data ",Length=" length "\""

static const char
	setup[] = DEVICE("4096", "1",
			 /* "ZSA" and what was behind it, "E66058388374A7" */
			 "{\"Id\":\"GetStringDescriptor:DescIndex=0x01\",\"Data\":\"WlNBAP8=\"},"
			 "{\"Id\":\"GetStringDescriptor:DescIndex=0x03\",\"Data\":\"RTY2MDU4Mzg4Mzc0QTc=\"},"
			 "{\"Id\":\"GetCustomIndex:ClassId=0xff,SubclassId=0x46,ProtocolId=0x57\",\"Data\":\"Aw==\"}");
static const char detach[] = DEVICE("4096", "1", CONTROL("0x01", "0x00", "0x03e8", "", "0x0") ",\"Data\":\"\"}");
static const char
	install[] = DEVICE("8192", "2",
			   CONTROL("0x00", "0x03", "0x0000", "AAAAAAAA", "0x6") ",\"Data\":\"AAAAAAIA\"}," CONTROL(
				   "0x01", "0x01", "0x0000", "3q2+796tvu/erb7v",
				   "0xc") ",\"Data\":\"3q2+796tvu/erb7v\"}," CONTROL("0x00", "0x05", "0x0000",
										     "AA==", "0x1") ",\"Error\":-9}");

static void expect_line(const char *session, const char *text)
{
	cr_expect(strstr(session, text) != NULL, "no %s in\n%s", text, session);
}

/* A ZIP (APPNOTE.TXT) of stored files. */

struct zip {
	uint8_t bytes[CAPTURE_SIZE];
	size_t size;
	uint8_t directory[1024];
	size_t directory_size;
	unsigned int count;
};

static void put(uint8_t *bytes, size_t *size, uint32_t value, int length)
{
	for (int i = 0; i < length; i++)
		bytes[(*size)++] = (uint8_t)(value >> 8 * i);
}

static void put_zeros(uint8_t *bytes, size_t *size, size_t length)
{
	memset(bytes + *size, 0, length);
	*size += length;
}

static void put_entry(uint8_t *bytes, size_t *size, uint32_t magic, const char *name, size_t length, size_t at)
{
	bool is_central = magic == 0x02014b50;

	put(bytes, size, magic, 4);
	put(bytes, size, 20, is_central ? 4 : 2);
	put(bytes, size, 0, 2);
	put(bytes, size, 0, 2);
	put_zeros(bytes, size, 8);
	put(bytes, size, (uint32_t)length, 4);
	put(bytes, size, (uint32_t)length, 4);
	put(bytes, size, (uint32_t)strlen(name), 2);
	put(bytes, size, 0, 2);
	if (is_central) {
		put_zeros(bytes, size, 10);
		put(bytes, size, (uint32_t)at, 4);
	}
	memcpy(bytes + *size, name, strlen(name));
	*size += strlen(name);
}

static void add(struct zip *zip, const char *name, const char *text)
{
	size_t at = zip->size;

	put_entry(zip->bytes, &zip->size, 0x04034b50, name, strlen(text), 0);
	memcpy(zip->bytes + zip->size, text, strlen(text));
	zip->size += strlen(text);
	put_entry(zip->directory, &zip->directory_size, 0x02014b50, name, strlen(text), at);
	zip->count++;
}

static void finish(struct zip *zip)
{
	size_t at = zip->size;

	memcpy(zip->bytes + at, zip->directory, zip->directory_size);
	zip->size += zip->directory_size;
	put(zip->bytes, &zip->size, 0x06054b50, 4);
	put(zip->bytes, &zip->size, 0, 4);
	put(zip->bytes, &zip->size, zip->count, 2);
	put(zip->bytes, &zip->size, zip->count, 2);
	put(zip->bytes, &zip->size, (uint32_t)zip->directory_size, 4);
	put(zip->bytes, &zip->size, (uint32_t)at, 4);
	put(zip->bytes, &zip->size, 0, 2);
}

/* As fwupd writes them: in any order. */
static void make(struct zip *zip)
{
	memset(zip, 0, sizeof(*zip));
	add(zip, "install.json", install);
	add(zip, "note.txt", "nothing");
	add(zip, "detach.json", detach);
	add(zip, "setup.json", setup);
	finish(zip);
}

Test(fwupd, an_emulation_becomes_a_session)
{
	static struct zip zip;
	static char session[SESSION_SIZE];
	char error[256];

	make(&zip);
	cr_assert(eq(int, imported_import(zip.bytes, zip.size, 0, session, error), 0), "%s", error);
	expect_line(session, "\"event\":\"arrives\",\"device\":1,\"new\":false,\"bus\":\"usb\",\"path\":\"1-3\"");
	expect_line(session, "\"strings\":{\"1\":\"ZSA\",\"3\":\"00000000000001\"}");
	expect_line(session,
		    "12010002000000400912001000010100030109021b0001010080320904000000fe01010009210dff0080001001");
	expect_line(session, "\"device\":1,\"channel\":0,\"setup\":\"2100e80300000000\",\"result\":0}");
	expect_line(session, "\"event\":\"leaves\",\"device\":1}");
	expect_line(session, "\"event\":\"arrives\",\"device\":2,\"new\":true,\"bus\":\"usb\",\"path\":\"1-3\"");
	expect_line(session, "\"setup\":\"a103000000000600\",\"in\":\"000000000200\",\"result\":6}");
	expect_line(session, "\"setup\":\"2101000000000c00\",\"out\":{\"length\":12,\"sha256\":");
	expect_line(session, "\"setup\":\"a105000000000100\",\"result\":\"device\"}");
	cr_assert(eq(int, imported_import(zip.bytes, zip.size, DFUT_SIM_IMPORT_DATA, session, error), 0), "%s", error);
	expect_line(session, "\"out\":\"deadbeefdeadbeefdeadbeef\"");
	cr_assert(eq(int, imported_import(install, strlen(install), 0, session, error), 0), "%s", error);
	expect_line(session, "\"path\":\"1-3\"");
}

/* What fwupd 2.0.3 and later write: a hash of what was asked */
Test(fwupd, a_hash_of_a_request_is_none)
{
	static const char hashed[] = DEVICE("4096", "1", "{\"Id\":\"#6b4cb9a2\",\"Data\":\"AAAAAAIA\"}");
	static char session[SESSION_SIZE];
	char error[256];

	cr_expect(eq(int, imported_import(hashed, strlen(hashed), 0, session, error), DFUT_ERROR_IMAGE));
	cr_expect(strstr(error, "keep only hashes") != NULL, "%s", error);
	cr_expect(eq(int, imported_import("{\"UsbDevices\": []}", 18, 0, session, error), DFUT_ERROR_IMAGE));
	cr_expect(strstr(error, "no USB device") != NULL, "%s", error);
	cr_expect(eq(int, imported_import("{\"UsbDevices\": [}", 17, 0, session, error), DFUT_ERROR_IMAGE));
	cr_expect(strstr(error, "damaged") != NULL, "%s", error);
}

/* Cut anywhere, and with each byte changed. */
Test(fwupd, damage_does_no_harm, .timeout = 60)
{
	static struct zip zip;
	static char session[SESSION_SIZE];
	char error[256];

	make(&zip);
	for (size_t size = 0; size < zip.size; size += 1 + size / 64) {
		uint8_t *copy = malloc(size);

		cr_assert(copy || size == 0);
		memcpy(copy, zip.bytes, size);
		cr_expect(lt(int, imported_import(copy, size, 0, session, error), 0));
		free(copy);
	}
	for (size_t at = 0; at < zip.size; at++) {
		uint8_t kept = zip.bytes[at];

		zip.bytes[at] ^= 0xff;
		imported_import(zip.bytes, zip.size, 0, session, error);
		zip.bytes[at] = kept;
	}
}

static const char *get_path(const char *name, char *path, size_t room)
{
	snprintf(path, room, "%s/%s", getenv("DFUTRIGGER_TEST_DATA"), name);
	return path;
}

Test(fwupd, a_deflated_emulation_is_the_same)
{
	static struct zip zip;
	static uint8_t deflated[CAPTURE_SIZE];
	static char session[SESSION_SIZE], again[SESSION_SIZE];
	char path[512], error[256];
	FILE *file = fopen(get_path("fwupd.zip", path, sizeof(path)), "rb");
	size_t size;

	cr_assert(file != NULL, "%s", path);
	size = fread(deflated, 1, sizeof(deflated), file);
	fclose(file);
	make(&zip);
	cr_assert(eq(int, imported_import(zip.bytes, zip.size, 0, session, error), 0), "%s", error);
	cr_assert(eq(int, imported_import(deflated, size, 0, again, error), 0), "%s", error);
	cr_expect(eq(str, again, (char *)session));
}
