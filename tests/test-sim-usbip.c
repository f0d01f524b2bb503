/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/*
 * Virtual devices over USB/IP, asked by a host that is written here from Linux's
 * Documentation/usb/usbip_protocol.rst: byte by byte, so that it shares nothing with the code under test.
 */

#include <arpa/inet.h>
#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "dfutrigger-sim.h"

#define HEADER_SIZE 48
#define ROUNDS 4000

enum {
	STALL = -32,
	CANCELLED = -104,
	SHUT_DOWN = -108,
};

static struct dfut_sim *sim;
static struct dfut_sim_usbip *usbip;
static int port;
static uint32_t sequence;

/* A device with an interrupt and two bulk endpoints, which sends back what it gets. */

struct echo {
	struct dfut_sim_device *device;
	uint8_t bytes[64];
	size_t size;
	bool has_packet; /* of any size */
	size_t resets;
};

/* clang-format off */
static const uint8_t echo_descriptors[] = {
	18, 1, 0x00, 0x02, 0xff, 0, 0, 64, 0x09, 0x12, 0x02, 0x00, 0x00, 0x01, 0, 0, 0, 1,
	9, 2, 39, 0, 1, 1, 0, 0x80, 50,
	9, 4, 0, 0, 3, 0xff, 0, 0, 0,
	7, 5, 0x81, 2, 64, 0, 0,
	7, 5, 0x01, 2, 64, 0, 0,
	7, 5, 0x82, 3, 8, 0, 10,
};
/* clang-format on */

static int echo_create(void *state, struct dfut_sim_device *device)
{
	((struct echo *)state)->device = device;
	return 0;
}

static uint32_t echo_start(void *state, enum dfut_sim_start start)
{
	(void)state;
	(void)start;
	return 0;
}

static const char *echo_get_mode_name(const void *state)
{
	(void)state;
	return "application";
}

static void echo_describe(const void *state, struct dfut_sim_description *description)
{
	(void)state;
	description->descriptors = echo_descriptors;
	description->descriptors_size = sizeof(echo_descriptors);
}

/* Vendor request 1 is never answered, 2 after 50 ms, 3 makes it leave and come back, all others stall. */
static int echo_control(void *state, const struct dfut_sim_setup *setup, uint8_t *data)
{
	struct echo *echo = state;

	(void)data;
	switch (setup->request) {
	case 1:
		return DFUT_ERROR_TIMEOUT;
	case 2:
		dfut_sim_device_delay_answer(echo->device, 50);
		return 0;
	case 3:
		dfut_sim_device_leave(echo->device, 0, 20);
		return DFUT_ERROR_TIMEOUT;
	default:
		return DFUT_ERROR_DEVICE;
	}
}

static int echo_send(void *state, uint8_t endpoint, uint8_t *data, size_t room)
{
	struct echo *echo = state;
	size_t size = echo->size < room ? echo->size : room;

	if (endpoint != 0x81 || !echo->has_packet)
		return DFUT_ERROR_BUSY;
	memcpy(data, echo->bytes, size);
	echo->has_packet = false;
	return (int)size;
}

static int echo_receive(void *state, uint8_t endpoint, const uint8_t *data, size_t size)
{
	struct echo *echo = state;

	(void)endpoint;
	if (size > sizeof(echo->bytes))
		return DFUT_ERROR_DEVICE;
	memcpy(echo->bytes, data, size);
	echo->size = size;
	echo->has_packet = true;
	dfut_sim_device_set_ready(echo->device);
	return (int)size;
}

static void echo_bus_reset(void *state)
{
	((struct echo *)state)->resets++;
}

static const struct dfut_sim_model echo_model = {
	.size = sizeof(echo_model),
	.name = "echo",
	.text = "sends back what it gets",
	.state_size = sizeof(struct echo),
	.create = echo_create,
	.start = echo_start,
	.get_mode_name = echo_get_mode_name,
	.describe = echo_describe,
	.control = echo_control,
	.bus_reset = echo_bus_reset,
	.endpoint_send = echo_send,
	.endpoint_receive = echo_receive,
};

static struct dfut_sim_device *device;

static void start(void)
{
	cr_assert(eq(int, dfut_sim_new(&sim, DFUT_SIM_CLOCK_REAL), 0));
	cr_assert(eq(int, dfut_sim_add_model(sim, &echo_model), 0));
	cr_assert(eq(int, dfut_sim_plug(&device, sim, "echo", "1-1"), 0));
	cr_assert(eq(int, dfut_sim_usbip_new(&usbip, sim), 0));
	port = dfut_sim_usbip_listen(usbip, "127.0.0.1", 0);
	cr_assert(lt(int, 0, port));
}

static void stop(void)
{
	dfut_sim_usbip_free(usbip);
	dfut_sim_free(sim);
}

TestSuite(sim_usbip, .init = start, .fini = stop, .timeout = 20);

/* The host. */

static void put32(uint8_t *bytes, uint32_t value)
{
	value = htonl(value);
	memcpy(bytes, &value, 4);
}

static int32_t get32(const uint8_t *bytes)
{
	uint32_t value;

	memcpy(&value, bytes, 4);
	return (int32_t)ntohl(value);
}

static int connect_host(void)
{
	struct sockaddr_in address = { .sin_family = AF_INET, .sin_port = htons((uint16_t)port) };
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	cr_assert(eq(int, connect(fd, (struct sockaddr *)&address, sizeof(address)), 0));
	fcntl(fd, F_SETFL, O_NONBLOCK);
	return fd;
}

static void send_all(int fd, const void *bytes, size_t size)
{
	cr_assert(eq(sz, (size_t)send(fd, bytes, size, MSG_NOSIGNAL), size));
}

/* Serves until so many bytes have come. Returns how many did before the end of the connection. */
static size_t receive(int fd, uint8_t *bytes, size_t size)
{
	size_t got = 0;

	for (int round = 0; got < size && round < ROUNDS; round++) {
		ssize_t more;

		dfut_sim_usbip_dispatch(usbip, 1);
		more = recv(fd, bytes + got, size - got, 0);
		if (more == 0)
			break;
		got += more > 0 ? (size_t)more : 0;
	}
	return got;
}

static bool is_closed(int fd)
{
	uint8_t byte;

	for (int round = 0; round < ROUNDS; round++) {
		dfut_sim_usbip_dispatch(usbip, 1);
		if (recv(fd, &byte, 1, 0) == 0)
			return true;
	}
	return false;
}

static int32_t import(int fd, const char *busid, uint8_t description[312])
{
	uint8_t request[40] = { 0x01, 0x11, 0x80, 0x03 };
	uint8_t reply[8];

	strncpy((char *)request + 8, busid, 31);
	send_all(fd, request, sizeof(request));
	cr_assert(eq(sz, receive(fd, reply, sizeof(reply)), 8));
	cr_expect(eq(int, get32(reply), 0x01110003));
	if (get32(reply + 4) == 0)
		cr_assert(eq(sz, receive(fd, description, 312), 312));
	return get32(reply + 4);
}

static uint32_t submit(int fd, bool is_in, uint32_t endpoint, uint32_t length, const uint8_t setup[8], const void *data)
{
	uint8_t header[HEADER_SIZE] = { 0 };

	put32(header, 1);
	put32(header + 4, ++sequence);
	put32(header + 8, 1 << 16 | 1);
	put32(header + 12, is_in);
	put32(header + 16, endpoint);
	put32(header + 24, length);
	if (setup)
		memcpy(header + 40, setup, 8);
	send_all(fd, header, sizeof(header));
	if (!is_in && length)
		send_all(fd, data, length);
	return sequence;
}

/* Takes the next answer. Returns its status; data are what comes with an IN. */
static int32_t take_reply(int fd, uint32_t wanted, uint8_t *data, int32_t *length)
{
	uint8_t header[HEADER_SIZE];

	cr_assert(eq(sz, receive(fd, header, sizeof(header)), HEADER_SIZE));
	cr_assert(eq(int, get32(header), 3));
	cr_assert(eq(u32, (uint32_t)get32(header + 4), wanted));
	*length = get32(header + 24);
	if (data && *length > 0)
		cr_assert(eq(sz, receive(fd, data, (size_t)*length), (size_t)*length));
	return get32(header + 20);
}

static int32_t control(int fd, uint8_t type, uint8_t request, uint16_t value, uint16_t length, uint8_t *data)
{
	uint8_t setup[8] = { type, request, (uint8_t)value,  (uint8_t)(value >> 8),
			     0,	   0,	    (uint8_t)length, (uint8_t)(length >> 8) };
	int32_t got = 0;
	int32_t status = take_reply(fd, submit(fd, type & 0x80, 0, length, setup, data), type & 0x80 ? data : NULL,
				    &got);

	return status < 0 ? status : got;
}

static int attach(void)
{
	uint8_t description[312];
	int fd = connect_host();

	cr_assert(eq(int, import(fd, "1-1", description), 0));
	return fd;
}

static int attach_and_configure(void)
{
	int fd = attach();

	cr_assert(eq(int, control(fd, 0x00, 9, 1, 0, NULL), 0));
	return fd;
}

/* With an endpoint in wIndex */
static int32_t feature(int fd, uint8_t request, uint8_t endpoint)
{
	uint8_t setup[8] = { 0x02, request, 0, 0, endpoint };
	int32_t got = 0;

	return take_reply(fd, submit(fd, false, 0, 0, setup, NULL), NULL, &got);
}

Test(sim_usbip, lists_its_devices)
{
	static const uint8_t request[8] = { 0x01, 0x11, 0x80, 0x05 };
	uint8_t reply[8 + 4 + 312 + 4];
	int fd = connect_host();

	send_all(fd, request, sizeof(request));
	cr_assert(eq(sz, receive(fd, reply, sizeof(reply)), sizeof(reply)));
	cr_expect(eq(int, get32(reply), 0x01110005));
	cr_expect(eq(int, get32(reply + 8), 1));
	cr_expect_str_eq((char *)reply + 12 + 256, "1-1");
	cr_expect(eq(int, get32(reply + 12 + 300), 0x12090002));
	cr_expect_arr_eq(reply + 12 + 312, "\xff\0\0\0", 4);
	close(fd);
}

Test(sim_usbip, gives_a_device_to_one_host_at_a_time)
{
	uint8_t description[312];
	int first = connect_host();
	int second = connect_host();

	cr_expect(eq(int, import(first, "1-1", description), 0));
	cr_expect_str_eq((char *)description + 256, "1-1");
	cr_expect(ne(int, import(second, "1-1", description), 0));
	cr_expect(ne(int, import(second, "9-9", description), 0));
	close(first);
	for (int i = 0; i < 20; i++)
		dfut_sim_usbip_dispatch(usbip, 1);
	cr_expect(eq(int, import(second, "1-1", description), 0));
	close(second);
}

Test(sim_usbip, answers_control_requests)
{
	uint8_t data[64];
	int fd = attach();

	cr_expect(eq(int, control(fd, 0x80, 6, 0x0100, 64, data), 18));
	cr_expect_arr_eq(data, echo_descriptors, 18);
	cr_expect(eq(int, control(fd, 0x80, 6, 0x0200, 9, data), 9));
	/* Not before it is configured */
	cr_expect(eq(int, control(fd, 0x40, 2, 0, 0, NULL), STALL));
	cr_expect(eq(sz, dfut_sim_device_get_request_count(device), 0));
	cr_expect(eq(int, control(fd, 0x00, 9, 1, 0, NULL), 0));
	cr_expect(eq(int, control(fd, 0x80, 8, 0, 1, data), 1));
	cr_expect(eq(int, data[0], 1));
	cr_expect(eq(int, control(fd, 0x40, 99, 0, 0, NULL), STALL));
	cr_expect(eq(sz, dfut_sim_device_get_request_count(device), 1));
	close(fd);
}

Test(sim_usbip, takes_its_time)
{
	uint64_t before_us;
	int fd = attach_and_configure();

	before_us = dfut_sim_get_time_us(sim);
	cr_expect(eq(int, control(fd, 0x40, 2, 0, 0, NULL), 0));
	cr_expect(ge(u64, dfut_sim_get_time_us(sim) - before_us, 50000));
	close(fd);
}

Test(sim_usbip, takes_requests_back)
{
	static const uint8_t setup[8] = { 0x40, 1 };
	uint8_t header[HEADER_SIZE] = { 0 };
	int fd = attach_and_configure();
	uint32_t silent = submit(fd, false, 0, 0, setup, NULL);

	for (int i = 0; i < 20; i++)
		dfut_sim_usbip_dispatch(usbip, 1);
	put32(header, 2);
	put32(header + 4, ++sequence);
	put32(header + 20, silent);
	send_all(fd, header, sizeof(header));
	cr_assert(eq(sz, receive(fd, header, sizeof(header)), HEADER_SIZE));
	cr_expect(eq(int, get32(header), 4));
	cr_expect(eq(u32, (uint32_t)get32(header + 4), sequence));
	cr_expect(eq(int, get32(header + 20), CANCELLED));
	/* What is no longer there is not an error. */
	put32(header, 2);
	put32(header + 4, ++sequence);
	put32(header + 20, silent);
	send_all(fd, header, sizeof(header));
	cr_assert(eq(sz, receive(fd, header, sizeof(header)), HEADER_SIZE));
	cr_expect(eq(int, get32(header + 20), 0));
	close(fd);
}

Test(sim_usbip, moves_data_through_endpoints)
{
	uint8_t data[64];
	int32_t length = 0;
	int fd = attach_and_configure();
	uint32_t waiting = submit(fd, true, 1, sizeof(data), NULL, NULL);
	uint32_t interrupt = submit(fd, true, 2, 8, NULL, NULL);
	uint32_t out = submit(fd, false, 1, 5, NULL, "hello");

	cr_expect(eq(int, take_reply(fd, waiting, data, &length), 0));
	cr_expect(eq(int, length, 5));
	cr_expect_arr_eq(data, "hello", 5);
	cr_expect(eq(int, take_reply(fd, out, NULL, &length), 0));
	cr_expect(eq(int, length, 5));
	/* The other is still waiting; one that does not exist stalls. */
	cr_expect(eq(int, take_reply(fd, submit(fd, true, 7, 8, NULL, NULL), NULL, &length), STALL));
	(void)interrupt;
	close(fd);
}

static void add_fault(enum dfut_sim_fault_kind kind, size_t request, uint32_t delay_ms)
{
	struct dfut_sim_fault fault = { .size = sizeof(fault), .kind = kind, .request = request, .delay_ms = delay_ms };

	cr_assert(eq(int, dfut_sim_device_add_fault(device, &fault), 0));
}

Test(sim_usbip, endpoints_are_recorded_and_meet_faults)
{
	const struct dfut_sim_record *record;
	int32_t length = 0;
	int fd = attach_and_configure();

	add_fault(DFUT_SIM_FAULT_STALL, 0, 0);
	cr_expect(eq(sz, dfut_sim_device_get_fault_count(device), 0));
	cr_expect(eq(int, take_reply(fd, submit(fd, false, 1, 5, NULL, "hello"), NULL, &length), STALL));
	cr_expect(eq(sz, dfut_sim_device_get_fault_count(device), 1));
	cr_expect(eq(int, take_reply(fd, submit(fd, false, 1, 5, NULL, "hello"), NULL, &length), 0));
	cr_expect(eq(sz, dfut_sim_device_get_fault_count(device), 1));
	cr_expect(eq(sz, dfut_sim_device_get_request_count(device), 2));
	record = dfut_sim_device_get_record(device, dfut_sim_device_get_record_count(device) - 1);
	cr_expect(eq(int, (int)record->event, DFUT_SIM_EVENT_ENDPOINT));
	cr_expect(eq(u16, record->length, 5));
	cr_expect(eq(int, record->result, 5));
	close(fd);
}

Test(sim_usbip, a_late_answer_keeps_no_other_waiting)
{
	uint8_t data[64];
	int32_t length = 0;
	int fd = attach_and_configure();
	uint32_t late;

	add_fault(DFUT_SIM_FAULT_SLOW, 0, 50);
	late = submit(fd, false, 1, 5, NULL, "hello");
	/* It has arrived nevertheless. */
	cr_expect(eq(int, take_reply(fd, submit(fd, true, 1, 64, NULL, NULL), data, &length), 0));
	cr_expect_arr_eq(data, "hello", 5);
	cr_expect(eq(int, take_reply(fd, late, NULL, &length), 0));
	close(fd);
}

Test(sim_usbip, sees_a_reset_in_the_first_read_of_a_configured_device)
{
	struct echo *echo = dfut_sim_device_get_state(device);
	uint8_t data[64];
	int fd = attach();

	control(fd, 0x80, 6, 0x0100, 64, data);
	cr_expect(eq(sz, echo->resets, 0));
	control(fd, 0x00, 9, 1, 0, NULL);
	control(fd, 0x80, 6, 0x0100, 18, data);
	cr_expect(eq(sz, echo->resets, 0));
	control(fd, 0x80, 6, 0x0100, 64, data);
	control(fd, 0x80, 6, 0x0100, 64, data);
	cr_expect(eq(sz, echo->resets, 1));
	/* It has to be configured again. */
	control(fd, 0x80, 8, 0, 1, data);
	cr_expect(eq(int, data[0], 0));
	close(fd);
}

Test(sim_usbip, answers_all_requests_when_the_device_leaves)
{
	static const uint8_t setup[8] = { 0x40, 3 };
	int32_t length;
	int fd = attach_and_configure();
	uint32_t waiting = submit(fd, true, 1, 64, NULL, NULL);
	uint32_t leaving = submit(fd, false, 0, 0, setup, NULL);

	cr_expect(eq(int, take_reply(fd, waiting, NULL, &length), SHUT_DOWN));
	cr_expect(eq(int, take_reply(fd, leaving, NULL, &length), SHUT_DOWN));
	cr_expect(is_closed(fd));
	close(fd);
	/* It comes back, and can be had again. */
	while (!dfut_sim_device_is_present(device))
		dfut_sim_usbip_dispatch(usbip, 10);
	close(attach_and_configure());
}

/* Both come at once: after the first it leaves, without any time between. */
Test(sim_usbip, who_is_to_have_left_answers_nothing)
{
	static const uint8_t detach[8] = { 0x21, 0, 0xe8, 3 };
	static const uint8_t get_status[8] = { 0xa1, 3, 0, 0, 0, 0, 6 };
	uint8_t description[312];
	int32_t length;
	int fd = connect_host();
	uint32_t first, second;

	cr_assert(eq(int, dfut_sim_plug(NULL, sim, "dfu:detach-ms=0", NULL), 0), "%s", dfut_sim_get_error(sim));
	cr_assert(eq(int, import(fd, "1-2", description), 0));
	cr_assert(eq(int, control(fd, 0x00, 9, 1, 0, NULL), 0));
	first = submit(fd, false, 0, 0, detach, NULL);
	second = submit(fd, true, 0, 6, get_status, NULL);
	cr_expect(eq(int, take_reply(fd, first, NULL, &length), 0));
	cr_expect(eq(int, take_reply(fd, second, NULL, &length), SHUT_DOWN));
	close(fd);
}

Test(sim_usbip, is_plugged_in_again)
{
	int32_t length;
	int fd = attach_and_configure();

	add_fault(DFUT_SIM_FAULT_UNPLUG, 0, 200);
	cr_expect(eq(int, take_reply(fd, submit(fd, false, 1, 5, NULL, "hello"), NULL, &length), SHUT_DOWN));
	cr_expect(not(dfut_sim_device_is_present(device)));
	cr_expect(is_closed(fd));
	close(fd);
	while (!dfut_sim_device_is_present(device))
		dfut_sim_usbip_dispatch(usbip, 10);
	close(attach_and_configure());
}

/* Hosts that don't keep to the protocol. */

Test(sim_usbip, closes_on_what_is_no_operation)
{
	int fd = connect_host();

	send_all(fd, "GET / HTTP/1.1\r\n\r\n", 18);
	cr_expect(is_closed(fd));
	close(fd);
}

Test(sim_usbip, closes_on_absurd_lengths)
{
	uint8_t header[HEADER_SIZE] = { 0 };
	int fd = attach_and_configure();

	put32(header, 1);
	put32(header + 12, 0);
	put32(header + 24, 0x7fffffff);
	send_all(fd, header, sizeof(header));
	cr_expect(is_closed(fd));
	close(fd);
}

Test(sim_usbip, closes_on_isochronous_packets)
{
	uint8_t header[HEADER_SIZE] = { 0 };
	int fd = attach_and_configure();

	put32(header, 1);
	put32(header + 32, 8);
	send_all(fd, header, sizeof(header));
	cr_expect(is_closed(fd));
	close(fd);
}

Test(sim_usbip, survives_random_bytes)
{
	srand(3);
	for (int round = 0; round < 300; round++) {
		uint8_t bytes[200];
		int fd = round % 2 ? attach() : connect_host();

		for (size_t i = 0; i < sizeof(bytes); i++)
			bytes[i] = (uint8_t)(rand() % 4 ? 0 : rand());
		bytes[3] = 1;
		send_all(fd, bytes, sizeof(bytes));
		for (int i = 0; i < 3; i++)
			dfut_sim_usbip_dispatch(usbip, 0);
		close(fd);
		for (int i = 0; i < 3; i++)
			dfut_sim_usbip_dispatch(usbip, 1);
	}
	close(attach_and_configure());
}

/* Who says nothing makes room for who does, but never who has a device. */
Test(sim_usbip, idle_hosts_lock_nobody_out)
{
	enum { IDLE_COUNT = 300 };
	static int idle[IDLE_COUNT];
	uint8_t description[312];
	int owner = connect_host();
	int late;

	cr_assert(eq(int, import(owner, "1-1", description), 0));
	for (int i = 0; i < IDLE_COUNT; i++) {
		idle[i] = connect_host();
		dfut_sim_usbip_dispatch(usbip, 0);
	}
	late = connect_host();
	cr_expect(ne(int, import(late, "1-1", description), 0));
	cr_expect(eq(int, feature(owner, 1, 0x81), 0));
	close(owner);
	for (int i = 0; i < 20; i++)
		dfut_sim_usbip_dispatch(usbip, 1);
	close(late);
	late = connect_host();
	cr_expect(eq(int, import(late, "1-1", description), 0));
	close(late);
	for (int i = 0; i < IDLE_COUNT; i++)
		close(idle[i]);
}

/* The API. */

Test(sim_usbip, wants_a_sim_of_its_own_on_the_real_clock)
{
	struct dfut_sim_usbip *other;
	struct dfut_sim *virtual_sim;

	cr_expect(eq(int, dfut_sim_usbip_new(&other, sim), DFUT_ERROR_USAGE));
	cr_assert(eq(int, dfut_sim_new(&virtual_sim, DFUT_SIM_CLOCK_VIRTUAL), 0));
	cr_expect(eq(int, dfut_sim_usbip_new(&other, virtual_sim), DFUT_ERROR_USAGE));
	cr_expect(dfut_sim_get_error(virtual_sim)[0] != 0);
	dfut_sim_free(virtual_sim);
}

Test(sim_usbip, says_why_it_can_not_listen)
{
	cr_expect(eq(int, dfut_sim_usbip_listen(usbip, "127.0.0.1", 0), DFUT_ERROR_USAGE));
	cr_expect(dfut_sim_get_error(sim)[0] != 0);
}

Test(sim_usbip, is_woken)
{
	struct timespec before, after;

	clock_gettime(CLOCK_MONOTONIC, &before);
	dfut_sim_usbip_wake(usbip);
	cr_expect(eq(int, dfut_sim_usbip_dispatch(usbip, 5000), 0));
	clock_gettime(CLOCK_MONOTONIC, &after);
	cr_expect(after.tv_sec - before.tv_sec < 3);
	dfut_sim_usbip_wake(NULL);
}

Test(sim_usbip, halts_endpoints_until_they_are_cleared)
{
	int fd = attach_and_configure();
	uint8_t data[64];
	int32_t length = -1;
	uint32_t waiting = submit(fd, true, 1, 64, NULL, NULL);
	uint32_t halting = submit(fd, false, 0, 0, (const uint8_t[]){ 0x02, 3, 0, 0, 0x81, 0, 0, 0 }, NULL);

	/* What waits for it ends, too. */
	cr_expect(eq(int, take_reply(fd, waiting, NULL, &length), STALL));
	cr_expect(eq(int, take_reply(fd, halting, NULL, &length), 0));
	cr_expect(eq(int, take_reply(fd, submit(fd, true, 1, 64, NULL, NULL), NULL, &length), STALL));
	cr_expect(eq(int, take_reply(fd, submit(fd, false, 1, 4, NULL, "abcd"), NULL, &length), 0));
	cr_expect(eq(int, feature(fd, 1, 0x81), 0));
	cr_expect(eq(int, take_reply(fd, submit(fd, true, 1, 64, NULL, NULL), data, &length), 0));
	cr_expect(eq(int, length, 4));
	cr_expect(eq(int, feature(fd, 3, 0x01), 0));
	cr_expect(eq(int, take_reply(fd, submit(fd, false, 1, 4, NULL, "abcd"), NULL, &length), STALL));
	/* A configuration that is selected has no halts. */
	cr_expect(eq(int, control(fd, 0x00, 9, 1, 0, NULL), 0));
	cr_expect(eq(int, take_reply(fd, submit(fd, false, 1, 4, NULL, "abcd"), NULL, &length), 0));
	close(fd);
}

Test(sim_usbip, moves_packets_without_data)
{
	int fd = attach_and_configure();
	int32_t length = -1;

	cr_expect(eq(int, take_reply(fd, submit(fd, false, 1, 0, NULL, NULL), NULL, &length), 0));
	cr_expect(eq(int, length, 0));
	cr_expect(eq(int, take_reply(fd, submit(fd, true, 1, 64, NULL, NULL), NULL, &length), 0));
	cr_expect(eq(int, length, 0));
	close(fd);
}
