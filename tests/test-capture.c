/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include <stdlib.h>
#include <string.h>

#include "capture-writer.h"
#include "dfutrigger-sim.h"
#include "imported.h"
#include "sim/capture/capture.h"

#define SERIAL "E66058388374A7"
#define BLOCK 128

/* A device whose descriptors fit into the 32 bytes of usbmon's text. */
#define DEVICE(product, protocol) \
	{ \
		18, 1, 0, 1, 0, 0, 0, 64, 0x09, 0x12, (product)&0xff, (product) >> 8, protocol, 1, 0, 2, 1, 1 \
	}
#define CONFIGURATION(protocol) \
	{ \
		9, 2, 27, 0, 1, 1, 0, 0x80, 50, 9, 4, 0, 0, 0, 0xfe, 1, protocol, 0, 9, 0x21, 13, 0xff, 0, 128, 0, \
			0x10, 1 \
	}

static const uint8_t hub[18] = { 18, 1, 0, 2, 9, 0, 1, 64, 0x6b, 0x1d, 2, 0, 0, 5, 0, 0, 0, 1 };
static const uint8_t application[18] = DEVICE(0x1000, 1);
static const uint8_t bootloader[18] = DEVICE(0x2000, 2);
static const uint8_t runtime[27] = CONFIGURATION(1);
static const uint8_t dfu[27] = CONFIGURATION(2);
static const uint8_t name[] = { 10, 3, 'B', 0, 'o', 0, 'o', 0, 't', 0 };
static const uint8_t serial[] = { 30, 3,   'E', 0,   '6', 0,   '6', 0,	 '0', 0,   '5', 0,   '8', 0,   '3',
				  0,  '8', 0,	'8', 0,	  '3', 0,   '7', 0,   '4', 0,	'A', 0,	  '7', 0 };
static const uint8_t idle[] = { 0, 0, 0, 0, 2, 0 };
static const uint8_t downloaded[] = { 0, 5, 0, 0, 5, 0 };
static uint8_t block[BLOCK] = { 0xde, 0xad, 0xbe, 0xef };

#define TO_PORT \
	{ \
		0x23, 3, 4, 0, 3, 0, 0, 0 \
	}
#define GET(type, index, length) \
	{ \
		0x80, 6, index, type, 0, 0, length, 0 \
	}

#define MET(where, device, configuration) \
	{ 1, 'C', 0, TO_PORT, NULL, 0, 0, false }, { where, 'C', 0, GET(1, 0, 18), device, 18, 0, false }, \
		{ where, 'C', 0, GET(2, 0, 9), configuration, 9, 0, false }, \
		{ where, 'C', 0, GET(2, 0, 27), configuration, 27, 0, false }, \
		{ where, 'C', 0, GET(3, 2, 255), name, sizeof(name), 0, false }, \
		{ where, 'C', 0, GET(3, 1, 255), serial, sizeof(serial), 0, false }, \
	{ \
		where, 'C', 0, { 0, 9, 1, 0, 0, 0, 0, 0 }, NULL, 0, 0, false \
	}

/* From an application into its bootloader, a block, a request that stalls, and one that has no answer. */
static const struct traffic_step update[] = {
	{ 1, 'C', 0, GET(1, 0, 18), hub, 18, 0, false },
	MET(5, application, runtime),
	{ 5, 'C', 0, { 0x21, 0, 0xe8, 3, 0, 0, 0, 0 }, NULL, 0, 0, false },
	MET(6, bootloader, dfu),
	{ 6, 'C', 0, { 1, 11, 0, 0, 0, 0, 0, 0 }, NULL, 0, 0, false },
	{ 6, 'C', 0, { 0xa1, 3, 0, 0, 0, 0, 6, 0 }, idle, 6, 0, false },
	{ 6, 'C', 0, { 0x21, 1, 0, 0, 0, 0, BLOCK, 0 }, block, BLOCK, 0, false },
	{ 6, 'C', 0, { 0xa1, 3, 0, 0, 0, 0, 6, 0 }, downloaded, 6, 0, false },
	{ 6, 'C', 0, { 0xa1, 5, 0, 0, 0, 0, 1, 0 }, NULL, 0, -32, false },
	{ 6, 'C', 0, { 0xa1, 3, 0, 0, 0, 0, 6, 0 }, NULL, 0, 0, true },
};

struct piece {
	uint8_t *bytes;
	size_t size;
};

static int take_piece(const uint8_t *data, size_t size, void *user_data)
{
	struct piece *piece = user_data;

	if (size > CAPTURE_SIZE - piece->size)
		return DFUT_ERROR_IO;
	memcpy(piece->bytes + piece->size, data, size);
	piece->size += size;
	return 0;
}

static int refuse_piece(const uint8_t *data, size_t size, void *user_data)
{
	(void)user_data;
	return data && size ? DFUT_ERROR_IO : 0;
}

static int import(const void *capture, size_t size, unsigned int flags, char *session)
{
	char error[256];

	return imported_import(capture, size, flags, session, error);
}

static void capture_update(struct capture_writer *writer, enum capture_form form)
{
	capture_begin(writer, form);
	for (size_t i = 0; i < sizeof(update) / sizeof(update[0]); i++)
		capture_put_step(writer, &update[i]);
}

static void capture_put_all(struct capture_writer *writer, enum capture_form form, const struct traffic_step *steps,
			    size_t count)
{
	capture_begin(writer, form);
	for (size_t i = 0; i < count; i++)
		capture_put_step(writer, &steps[i]);
}

static void expect_line(const char *session, const char *text, enum capture_form form)
{
	cr_expect(strstr(session, text) != NULL, "form %d: no %s in\n%s", form, text, session);
}

static void expect_none(const char *session, const char *text, enum capture_form form)
{
	cr_expect(strstr(session, text) == NULL, "form %d: %s in\n%s", form, text, session);
}

Test(capture, every_form_becomes_the_same_session)
{
	static struct capture_writer writer;
	static char session[SESSION_SIZE];

	for (enum capture_form form = 0; form < FORM_COUNT; form++) {
		capture_update(&writer, form);
		cr_assert(eq(int, import(writer.bytes, writer.size, 0, session), 0), "form %d", form);
		expect_line(session, "{\"dfutrigger-session\":1,", form);
		expect_line(session,
			    "\"event\":\"arrives\",\"device\":1,\"new\":false,\"bus\":\"usb\",\"path\":\"1-3\"", form);
		expect_line(session, "\"event\":\"leaves\",\"device\":1}", form);
		expect_line(session, "\"event\":\"arrives\",\"device\":2,\"new\":true,\"bus\":\"usb\",\"path\":\"1-3\"",
			    form);
		expect_line(session, "\"strings\":{\"1\":\"00000000000001\",\"2\":\"Boot\"}", form);
		expect_line(session, "\"channel\":0,\"setup\":\"2100e80300000000\",\"result\":0}", form);
		expect_line(session, "\"took\":100,\"event\":\"alternate\",\"device\":2,\"channel\":0,\"setting\":0",
			    form);
		expect_line(session, "\"setup\":\"a103000000000600\",\"in\":\"000000000200\",\"result\":6}", form);
		expect_line(session, "\"setup\":\"2101000000008000\",\"out\":{\"length\":128", form);
		expect_line(session, "\"setup\":\"a105000000000100\",\"result\":\"device\"}", form);
		expect_line(session, "\"setup\":\"a103000000000600\",\"result\":\"none\"}", form);
		expect_line(session, "\"event\":\"end\"}\n", form);
		expect_none(session, "deadbeef", form);
		expect_none(session, SERIAL, form);
	}
}

Test(capture, content_and_names_are_told_if_that_is_wanted)
{
	static struct capture_writer writer;
	static char session[SESSION_SIZE];

	capture_update(&writer, FORM_PCAP);
	cr_assert(eq(int, import(writer.bytes, writer.size, DFUT_SIM_IMPORT_DATA | DFUT_SIM_IMPORT_NAMES, session), 0));
	expect_line(session, "\"out\":\"deadbeef", FORM_PCAP);
	expect_line(session, SERIAL, FORM_PCAP);
	expect_line(session, "\"data\":\"whole\",\"names\":\"plain\"", FORM_PCAP);
	/* A text has only the beginning: what is not there can't be told, nor hashed. */
	capture_update(&writer, FORM_TEXT);
	cr_assert(eq(int, import(writer.bytes, writer.size, DFUT_SIM_IMPORT_DATA, session), 0));
	expect_line(session, "\"out\":{\"length\":128}", FORM_TEXT);
}

Test(capture, a_port_that_is_not_told_is_that_of_the_device_before)
{
	static struct capture_writer writer;
	static char session[SESSION_SIZE];

	capture_begin(&writer, FORM_USBPCAP);
	for (size_t i = 0; i < sizeof(update) / sizeof(update[0]); i++)
		if (update[i].address != 1)
			capture_put_step(&writer, &update[i]);
	cr_assert(eq(int, import(writer.bytes, writer.size, 0, session), 0));
	expect_line(session, "\"device\":1,\"new\":false,\"bus\":\"usb\",\"path\":\"1-5\"", FORM_USBPCAP);
	expect_line(session, "\"event\":\"leaves\",\"device\":1}", FORM_USBPCAP);
	expect_line(session, "\"device\":2,\"new\":true,\"bus\":\"usb\",\"path\":\"1-5\"", FORM_USBPCAP);
	expect_line(session, "1-5 is a guess", FORM_USBPCAP);
}

/* A keyboard, whose second interface is asked something and answers. */
static const uint8_t keyboard[18] = DEVICE(0x3000, 1);
static const uint8_t keys[] = { 9,    2, 59, 0, 2,    1,    0, 0x80, 50, 9,    4,  0, 0, 1,  3,	   1, 1,  0, 9, 0x21,
				0x11, 1, 0,  1, 0x22, 45,   0, 7,    5,	 0x81, 3,  8, 0, 10, 9,	   4, 1,  0, 2, 3,
				0,    0, 0,  9, 0x21, 0x11, 1, 0,    1,	 0x22, 33, 0, 7, 5,  0x82, 3, 32, 0, 1 };
static const uint8_t secret[8] = { 0, 0, 0x5e, 0xc7, 0xe7 };
static const uint8_t question[32] = { 0xaa, 0x11 };
static const uint8_t answer[32] = { 0xbb, 0x22 };

Test(capture, keystrokes_are_left_out)
{
	static const struct traffic_step typing[] = {
		{ 7, 'C', 0, GET(1, 0, 18), keyboard, 18, 0, false },
		{ 7, 'C', 0, GET(2, 0, 59), keys, sizeof(keys), 0, false },
		{ 7, 'I', 0x82, { 0 }, secret, sizeof(secret), 0, false },
		{ 7, 'C', 0, { 0x21, 9, 0, 2, 1, 0, 32, 0 }, question, sizeof(question), 0, false },
		{ 7, 'I', 0x82, { 0 }, answer, sizeof(answer), 0, false },
		{ 7, 'C', 0, { 0x21, 9, 0, 2, 0, 0, 1, 0 }, question, 1, 0, false },
		{ 7, 'I', 0x81, { 0 }, secret, sizeof(secret), 0, false },
	};
	static struct capture_writer writer;
	static char session[SESSION_SIZE];

	capture_begin(&writer, FORM_PCAPNG);
	for (size_t i = 0; i < sizeof(typing) / sizeof(typing[0]); i++)
		capture_put_step(&writer, &typing[i]);
	cr_assert(eq(int, import(writer.bytes, writer.size, DFUT_SIM_IMPORT_DATA, session), 0));
	expect_none(session, "5ec7e7", FORM_PCAPNG);
	expect_line(session, "\"in\":\"bb22", FORM_PCAPNG);
	expect_none(session, "\"endpoint\":129", FORM_PCAPNG);
}

/* A board with a serial port: what its driver asks by itself, a touch, and bytes both ways. */
static const uint8_t board[18] = DEVICE(0x4000, 1);
static const uint8_t port[] = { 9, 2,  62,   0,	   2, 1,    0, 0x80, 50,   9, 4,    0, 0,    1, 2, 2,
				1, 0,  4,    0x24, 2, 2,    7, 5,    0x83, 3, 8,    0, 10,   9, 4, 1,
				0, 2,  0x0a, 0,	   0, 0,    7, 5,    2,	   2, 64,   0, 0,    7, 5, 0x82,
				2, 64, 0,    0,	   5, 0x24, 6, 0,    1,	   5, 0x24, 0, 0x10, 1 };
static const uint8_t touch[] = { 0xb0, 4, 0, 0, 0, 0, 8 };
static const uint8_t odd[] = { 0xb0, 4, 0, 0, 1, 0, 8 };
static const uint8_t greeting[] = { 'h', 'i' };
static const uint8_t command[] = { 'S' };
static const uint8_t reply[] = { 'C', 'A' };
static const uint8_t many[100] = { 0xde, 0xad, 0xbe, 0xef };

static const struct traffic_step talk[] = {
	{ 1, 'C', 0, TO_PORT, NULL, 0, 0, false },
	{ 8, 'C', 0, GET(1, 0, 18), board, 18, 0, false },
	{ 8, 'C', 0, GET(2, 0, 62), port, sizeof(port), 0, false },
	{ 8, 'C', 0, { 0x21, 0x22, 3, 0, 0, 0, 0, 0 }, NULL, 0, 0, false },
	{ 8, 'C', 0, { 0x21, 0x20, 0, 0, 0, 0, 7, 0 }, touch, 7, 0, false },
	{ 8, 'C', 0, { 0x21, 0x20, 0, 0, 0, 0, 7, 0 }, odd, 7, 0, false },
	{ 8, 'I', 0x83, { 0 }, secret, sizeof(secret), 0, false },
	{ 8, 'B', 0x82, { 0 }, greeting, sizeof(greeting), 0, false },
	{ 8, 'B', 0x02, { 0 }, command, sizeof(command), 0, false },
	{ 8, 'B', 0x82, { 0 }, reply, sizeof(reply), 0, false },
	{ 8, 'B', 0x82, { 0 }, NULL, 0, 0, false },
	{ 8, 'B', 0x82, { 0 }, reply, sizeof(reply), -2, false },
	{ 8, 'B', 0x02, { 0 }, many, sizeof(many), 0, false },
};

Test(capture, a_serial_port_has_bytes_and_lines)
{
	static struct capture_writer writer;
	static char session[SESSION_SIZE];

	for (enum capture_form form = FORM_PCAP; form < FORM_COUNT; form++) {
		capture_put_all(&writer, form, talk, sizeof(talk) / sizeof(talk[0]));
		cr_assert(eq(int, import(writer.bytes, writer.size, 0, session), 0));
		expect_line(session,
			    "\"event\":\"lines\",\"device\":1,\"channel\":0,\"link\":\"serial\",\"dtr\":true,"
			    "\"rts\":true,\"result\":0}",
			    form);
		expect_line(session,
			    "\"event\":\"line_coding\",\"device\":1,\"channel\":0,\"link\":\"serial\",\"baud\":1200,"
			    "\"data_bits\":8,\"parity\":0,\"stop_bits\":1,\"result\":0}",
			    form);
		/* One and a half stop bits */
		expect_line(session, "\"setup\":\"2120000000000700\",\"out\":\"b0040000010008\",\"result\":7}", form);
		expect_line(session, "\"event\":\"write\",\"device\":1,\"channel\":0,\"link\":\"serial\"", form);
		expect_line(session, "\"out\":\"53\",\"result\":1}", form);
		expect_line(session, "\"in\":\"4341\",\"result\":2}", form);
		expect_line(session, "\"out\":{\"length\":100,\"sha256\":", form);
		/* What it said before it was asked, and what is its driver's */
		expect_none(session, "6869", form);
		expect_line(session, "\"in\":{\"length\":2,\"sha256\":", form);
		expect_none(session, "5ec7e7", form);
		expect_none(session, "\"none\"", form);
	}
}

static const uint8_t plain_reports[] = { 6, 0, 0xff, 9, 1, 0xa1, 1, 0xc0 };
static const uint8_t numbered_reports[] = { 6, 0, 0xff, 9, 1, 0xa1, 1, 0x85, 5, 0xc0 };
static const uint8_t feature[] = { 5, 0x77, 0x88 };

#define REPORTS(interface, length) \
	{ \
		0x81, 6, 0, 0x22, interface, 0, length, 0 \
	}

static const struct traffic_step chat[] = {
	{ 1, 'C', 0, TO_PORT, NULL, 0, 0, false },
	{ 7, 'C', 0, GET(1, 0, 18), keyboard, 18, 0, false },
	{ 7, 'C', 0, GET(2, 0, 59), keys, sizeof(keys), 0, false },
	{ 7, 'C', 0, { 0x21, 10, 0, 0, 1, 0, 0, 0 }, NULL, 0, 0, false },
	{ 7, 'C', 0, REPORTS(1, sizeof(plain_reports)), plain_reports, sizeof(plain_reports), 0, false },
	{ 7, 'I', 0x82, { 0 }, secret, sizeof(secret), 0, false },
	{ 7, 'C', 0, { 0x21, 9, 0, 2, 1, 0, 32, 0 }, question, sizeof(question), 0, false },
	{ 7, 'I', 0x82, { 0 }, answer, sizeof(answer), 0, false },
	{ 7, 'C', 0, { 0x21, 9, 5, 3, 1, 0, 3, 0 }, feature, sizeof(feature), 0, false },
	{ 7, 'C', 0, { 0xa1, 1, 5, 3, 1, 0, 3, 0 }, feature, sizeof(feature), 0, false },
	{ 7, 'C', 0, { 0xa1, 1, 6, 3, 1, 0, 3, 0 }, feature, sizeof(feature), 0, false },
};

/* The id stands in front of what has one. */
Test(capture, a_hid_node_has_reports)
{
	static struct capture_writer writer;
	static char session[SESSION_SIZE];

	capture_put_all(&writer, FORM_PCAP, chat, sizeof(chat) / sizeof(chat[0]));
	cr_assert(eq(int, import(writer.bytes, writer.size, 0, session), 0));
	expect_none(session, "5ec7e7", FORM_PCAP);
	/* SET_IDLE is the driver's. */
	expect_none(session, "210a", FORM_PCAP);
	expect_line(session,
		    "\"link\":\"hid\",\"type\":\"output\",\"id\":0,\"length\":32,\"is_in\":false,\"out\":\"aa11",
		    FORM_PCAP);
	expect_line(session,
		    "\"link\":\"hid\",\"type\":\"input\",\"id\":0,\"length\":33,\"is_in\":true,\"in\":\"00bb22",
		    FORM_PCAP);
	expect_line(session,
		    "\"type\":\"feature\",\"id\":5,\"length\":2,\"is_in\":false,\"out\":\"7788\",\"result\":0}",
		    FORM_PCAP);
	expect_line(session, "\"type\":\"feature\",\"id\":5,\"length\":2,\"is_in\":true,\"in\":\"7788\",\"result\":2}",
		    FORM_PCAP);
	/* Another report than was asked for is no report. */
	expect_line(session, "\"setup\":\"a101060301000300\",\"in\":\"057788\",\"result\":3}", FORM_PCAP);
}

Test(capture, reports_with_ids_are_as_on_the_wire)
{
	static const struct traffic_step answers[] = {
		{ 7, 'C', 0, GET(1, 0, 18), keyboard, 18, 0, false },
		{ 7, 'C', 0, GET(2, 0, 59), keys, sizeof(keys), 0, false },
		{ 7, 'C', 0, REPORTS(1, sizeof(numbered_reports)), numbered_reports, sizeof(numbered_reports), 0,
		  false },
		{ 7, 'C', 0, { 0x21, 9, 0, 2, 1, 0, 32, 0 }, question, sizeof(question), 0, false },
		{ 7, 'I', 0x82, { 0 }, feature, sizeof(feature), 0, false },
	};
	static struct capture_writer writer;
	static char session[SESSION_SIZE];

	capture_put_all(&writer, FORM_PCAP, answers, sizeof(answers) / sizeof(answers[0]));
	cr_assert(eq(int, import(writer.bytes, writer.size, 0, session), 0));
	expect_line(session, "\"type\":\"input\",\"id\":0,\"length\":3,\"is_in\":true,\"in\":\"057788\",\"result\":3}",
		    FORM_PCAP);
}

/* A capture that is made of a session becomes the same session. */
static void expect_round_trip(const char *session, enum capture_form form)
{
	static uint8_t bytes[CAPTURE_SIZE];
	static char again[SESSION_SIZE];
	struct piece piece = { bytes, 0 };
	struct dfut_sim *sim;

	cr_assert(eq(int, dfut_sim_new(&sim, DFUT_SIM_CLOCK_VIRTUAL), 0));
	cr_assert(eq(int, dfut_sim_export(sim, session, strlen(session), take_piece, &piece), 0), "%s",
		  dfut_sim_get_error(sim));
	dfut_sim_free(sim);
	cr_assert(eq(int, import(bytes, piece.size, DFUT_SIM_IMPORT_DATA | DFUT_SIM_IMPORT_NAMES, again), 0));
	cr_expect(eq(str, again, (char *)session), "form %d", form);
}

Test(capture, what_is_exported_is_imported_again)
{
	static struct capture_writer writer;
	static char session[SESSION_SIZE];

	for (enum capture_form form = FORM_PCAP; form < FORM_COUNT; form++) {
		capture_put_all(&writer, form, update, sizeof(update) / sizeof(update[0]));
		import(writer.bytes, writer.size, DFUT_SIM_IMPORT_DATA | DFUT_SIM_IMPORT_NAMES, session);
		expect_round_trip(session, form);
		capture_put_all(&writer, form, talk, sizeof(talk) / sizeof(talk[0]));
		import(writer.bytes, writer.size, DFUT_SIM_IMPORT_DATA | DFUT_SIM_IMPORT_NAMES, session);
		expect_round_trip(session, form);
		capture_put_all(&writer, form, chat, sizeof(chat) / sizeof(chat[0]));
		import(writer.bytes, writer.size, DFUT_SIM_IMPORT_DATA | DFUT_SIM_IMPORT_NAMES, session);
		expect_round_trip(session, form);
	}
}

/* A hub, and what it has at its third port */
Test(capture, a_port_behind_a_hub_is_told)
{
	static const char session[] =
		"{\"dfutrigger-session\":1}\n"
		"{\"at\":0,\"event\":\"arrives\",\"device\":1,\"path\":\"3-2.3\",\"strings\":{\"1\":\"\u00dcber\"},\"descriptors\":"
		"\"120100020000004009120010000100010001"
		"0902120001010080320904000000ff000000\"}\n"
		"{\"at\":5,\"event\":\"control\",\"device\":1,\"setup\":\"c001000000000200\",\"in\":\"0102\",\"result\":2}\n";
	static uint8_t bytes[CAPTURE_SIZE];
	static char again[SESSION_SIZE];
	struct piece piece = { bytes, 0 };
	struct dfut_sim *sim;

	cr_assert(eq(int, dfut_sim_new(&sim, DFUT_SIM_CLOCK_VIRTUAL), 0));
	cr_assert(eq(int, dfut_sim_export(sim, session, sizeof(session) - 1, take_piece, &piece), 0), "%s",
		  dfut_sim_get_error(sim));
	cr_expect(eq(int, dfut_sim_export(sim, "{}\n", 3, take_piece, &piece), DFUT_ERROR_IMAGE));
	cr_expect(strstr(dfut_sim_get_error(sim), "line 1") != NULL);
	cr_expect(eq(int, dfut_sim_export(sim, session, 26, take_piece, &piece), DFUT_ERROR_NOT_FOUND));
	cr_expect(eq(int, dfut_sim_export(sim, session, sizeof(session) - 1, refuse_piece, NULL), DFUT_ERROR_IO));
	dfut_sim_free(sim);
	cr_assert(eq(int, import(bytes, piece.size, 0, again), 0));
	expect_line(again, "\"path\":\"3-2.3\",\"bus_number\":3", FORM_PCAPNG);
	expect_line(again, "\"strings\":{\"1\":\"\u00dcber\"}", FORM_PCAPNG);
	expect_line(again, "\"setup\":\"c001000000000200\",\"in\":\"0102\",\"result\":2}", FORM_PCAPNG);
}

/* Cut anywhere, or with any byte changed: an error with words, or what there is of it. */
Test(capture, damage_does_no_harm)
{
	static struct capture_writer writer;
	static char session[SESSION_SIZE];

	for (enum capture_form form = 0; form < FORM_COUNT; form++) {
		capture_update(&writer, form);
		for (size_t size = 0; size < writer.size; size += 1 + size / 64) {
			uint8_t *copy = malloc(size);

			cr_assert(copy || size == 0);
			memcpy(copy, writer.bytes, size);
			import(copy, size, 0, session);
			free(copy);
		}
		for (size_t at = 0; at < writer.size; at += 1 + at / 256) {
			uint8_t kept = writer.bytes[at];

			writer.bytes[at] ^= 0xff;
			import(writer.bytes, writer.size, 0, session);
			writer.bytes[at] = kept;
		}
	}
}

Test(capture, what_is_no_capture_is_refused)
{
	static char session[SESSION_SIZE];
	static const uint8_t ethernet[24] = { 0xd4, 0xc3, 0xb2, 0xa1, 2, 0, 4, 0, [20] = 1 };

	cr_expect(eq(int, import("", 0, 0, session), DFUT_ERROR_IMAGE));
	cr_expect(eq(int, import("hello\n", 6, 0, session), DFUT_ERROR_IMAGE));
	cr_expect(eq(int, import(ethernet, sizeof(ethernet), 0, session), DFUT_ERROR_IMAGE));
	cr_expect(session[0] == '\0');
}

Test(capture, a_capture_without_descriptors_says_what_to_do)
{
	static struct capture_writer writer;
	static char session[SESSION_SIZE];
	struct dfut_sim *sim;

	capture_begin(&writer, FORM_PCAP);
	capture_put_step(&writer, &update[sizeof(update) / sizeof(update[0]) - 3]);
	cr_assert(eq(int, dfut_sim_new(&sim, DFUT_SIM_CLOCK_VIRTUAL), 0));
	cr_expect(eq(int, dfut_sim_import(sim, writer.bytes, writer.size, 0, imported_take, session),
		     DFUT_ERROR_NOT_FOUND));
	cr_expect(strstr(dfut_sim_get_error(sim), "before the device is plugged in") != NULL, "%s",
		  dfut_sim_get_error(sim));
	dfut_sim_free(sim);
}
