/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* What Windows tells of the devices of a PC: one physical device, its functions, their drivers. */

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "transport/pnp.h"

static struct dfut_pnp_tree tree;

static void set(struct dfut_pnp_node *node, const char *key, const char *value)
{
	if (strcmp(key, "parent") == 0)
		snprintf(node->parent, sizeof(node->parent), "%s", value);
	else if (strcmp(key, "location") == 0)
		snprintf(node->location, sizeof(node->location), "%s", value);
	else if (strcmp(key, "service") == 0)
		snprintf(node->service, sizeof(node->service), "%s", value);
	else if (strcmp(key, "port") == 0)
		snprintf(node->port, sizeof(node->port), "%s", value);
	else if (strcmp(key, "hid") == 0)
		snprintf(node->hid, sizeof(node->hid), "%s", value);
	else if (strcmp(key, "problem") == 0)
		node->problem = (unsigned int)strtoul(value, NULL, 10);
	else
		cr_fatal("unknown key %s", key);
}

static void take_line(const char *line)
{
	char key[16], value[DFUT_PNP_TEXT_SIZE];

	if (line[0] == '#' || sscanf(line, "%15s %255[^\r\n]", key, value) != 2)
		return;
	if (strcmp(key, "id") == 0) {
		struct dfut_pnp_node node = { .problem = 0 };

		snprintf(node.id, sizeof(node.id), "%s", value);
		cr_assert(eq(int, dfut_pnp_add(&tree, &node), 0));
	} else {
		cr_assert(lt(sz, 0, tree.count));
		set(&tree.nodes[tree.count - 1], key, value);
	}
}

static void read_tree(void)
{
	char path[4096], line[512];
	FILE *file;

	snprintf(path, sizeof(path), "%s/windows/desk.txt", getenv("DFUTRIGGER_TEST_DATA"));
	file = fopen(path, "r");
	cr_assert(ne(ptr, file, NULL));
	while (fgets(line, sizeof(line), file))
		take_line(line);
	fclose(file);
	cr_assert(eq(sz, tree.count, 22));
}

static void free_tree(void)
{
	dfut_pnp_free(&tree);
}

TestSuite(pnp, .init = read_tree, .fini = free_tree, .timeout = 60);

static struct dfut_os_place place_at(const char *path, uint16_t vendor_id, uint16_t product_id,
				     const char *serial_number)
{
	return (struct dfut_os_place){
		.path = path, .vendor_id = vendor_id, .product_id = product_id, .serial_number = serial_number
	};
}

/* "none" where there is no such device, or nothing tells which. */
static const char *find(const char *path, uint16_t vendor_id, uint16_t product_id, const char *serial_number)
{
	struct dfut_os_place place = place_at(path, vendor_id, product_id, serial_number);
	const struct dfut_pnp_node *device = dfut_pnp_find_device(&tree, &place);

	return device ? device->id : "none";
}

Test(pnp, reads_ports_of_a_location)
{
	static const struct {
		const char *location;
		const char *ports; /* NULL: not told */
	} cases[] = {
		{ "PCIROOT(0)#PCI(1400)#USBROOT(0)#USB(5)#USB(14)", "5.14" },
		{ "PCIROOT(0)#PCI(1400)#USBROOT(0)#USB(1)#USBMI(2)", "1" },
		{ "PCIROOT(0)#PCI(1C00)#PCI(0000)#USBROOT(0)#USB(9)", "9" },
		{ "ACPI(_SB_)#ACPI(PCI0)#ACPI(XHC_)#ACPI(RHUB)#ACPI(HS02)", NULL },
		{ "PCIROOT(0)#PCI(1400)#USBROOT(0)", NULL },
		{ "USB(3)", NULL },
		{ "", NULL },
	};
	char ports[16];

	for (size_t i = 0; i < DFUT_COUNT(cases); i++) {
		bool is_told = dfut_pnp_get_ports(ports, sizeof(ports), cases[i].location);

		cr_expect(eq(int, is_told, cases[i].ports != NULL), "%s", cases[i].location);
		if (is_told && cases[i].ports)
			cr_expect(eq(str, ports, (char *)cases[i].ports));
	}
	cr_expect(not(dfut_pnp_get_ports(ports, 4, cases[0].location)), "for what has no room, nothing is told");
}

Test(pnp, tells_a_serial_number_from_one_made_up)
{
	char number[DFUT_PNP_TEXT_SIZE];
	struct dfut_pnp_node node = { .id = "USB\\VID_046D&PID_C24E\\9025267AF90009" };

	cr_assert(dfut_pnp_get_serial_number(number, sizeof(number), &node));
	cr_expect(eq(str, number, (char *)"9025267AF90009"));
	cr_expect(not(dfut_pnp_get_serial_number(number, 14, &node)));
	node = (struct dfut_pnp_node){ .id = "USB\\VID_2E8A&PID_000A\\6&1399FC78&0&1" };
	cr_expect(not(dfut_pnp_get_serial_number(number, sizeof(number), &node)));
}

Test(pnp, finds_one_device_for_each_place)
{
	cr_expect(eq(str, (char *)find("1-1", 0x046d, 0xc24e, ""), (char *)"USB\\VID_046D&PID_C24E\\9025267AF90009"));
	/* Of those that are alike, the port says which. */
	cr_expect(eq(str, (char *)find("1-5.1", 0x2e8a, 0x000a, ""), (char *)"USB\\VID_2E8A&PID_000A\\6&1399FC78&0&1"));
	cr_expect(eq(str, (char *)find("1-5.4", 0x2e8a, 0x000a, ""), (char *)"USB\\VID_2E8A&PID_000A\\6&1399FC78&0&4"));
	cr_expect(eq(str, (char *)find("1-5.2", 0x2e8a, 0x000a, ""), (char *)"none"));
	cr_expect(eq(str, (char *)find("1-5", 0x2e8a, 0x000a, ""), (char *)"none"));
	/* Without a port the serial number does; without either it is nobody's. */
	cr_expect(eq(str, (char *)find("", 0x0483, 0xdf11, "fffffffeffff"),
		     (char *)"USB\\VID_0483&PID_DF11\\FFFFFFFEFFFF"));
	cr_expect(eq(str, (char *)find("", 0x0483, 0xdf11, ""), (char *)"none"));
	cr_expect(eq(str, (char *)find("1-1", 0x046d, 0xc24e, "another"), (char *)"none"));
	/* The same ports of two controllers. */
	cr_expect(eq(str, (char *)find("1-9", 0x1a86, 0x7523, ""), (char *)"none"));
}

Test(pnp, knows_who_is_there)
{
	struct dfut_os_place place = place_at("1-9", 0x1a86, 0x7523, "");

	cr_expect(dfut_pnp_is_there(&tree, &place), "one of two is there, whichever it is");
	place.path = "1-8";
	cr_expect(not(dfut_pnp_is_there(&tree, &place)));
	place = place_at("1-9", 0x1a86, 0x7524, "");
	cr_expect(not(dfut_pnp_is_there(&tree, &place)));
}

static char *name_of(const char *path, uint16_t vendor_id, uint16_t product_id, enum dfut_link link, uint8_t interface)
{
	static char name[DFUT_OS_NAME_SIZE];
	struct dfut_os_place place = place_at(path, vendor_id, product_id, "");
	const struct dfut_pnp_node *device = dfut_pnp_find_device(&tree, &place);

	cr_assert(ne(ptr, (void *)device, NULL), "%s", path);
	dfut_pnp_find_name(name, &tree, device, link, interface);
	return name;
}

static bool is_hid_path(const char *name, const char *part)
{
	return strncmp(name, "\\\\?\\hid#", 8) == 0 && strncmp(name + 8, part, strlen(part)) == 0;
}

Test(pnp, names_what_opens_an_interface)
{
	cr_expect(eq(str, name_of("1-5.1", 0x2e8a, 0x000a, DFUT_LINK_SERIAL, 0), (char *)"COM5"));
	cr_expect(eq(str, name_of("1-5.4", 0x2e8a, 0x000a, DFUT_LINK_SERIAL, 0), (char *)"COM12"));
	cr_expect(eq(str, name_of("1-5.4", 0x2e8a, 0x000a, DFUT_LINK_SERIAL, 2), (char *)""));
	cr_expect(eq(str, name_of("1-5.4", 0x2e8a, 0x000a, DFUT_LINK_HID, 0), (char *)""));
	/* A port that hangs below a bus of its driver's, of a device that is one function. */
	cr_expect(eq(str, name_of("1-7", 0x0403, 0x6001, DFUT_LINK_SERIAL, 0), (char *)"COM3"));
	/* The first collection; another interface's is not taken for it. */
	cr_expect(is_hid_path(name_of("1-1", 0x046d, 0xc24e, DFUT_LINK_HID, 1), "vid_046d&pid_c24e&mi_01&col01"));
	cr_expect(is_hid_path(name_of("1-1", 0x046d, 0xc24e, DFUT_LINK_HID, 0), "vid_046d&pid_c24e&mi_00"));
	cr_expect(eq(str, name_of("1-1", 0x046d, 0xc24e, DFUT_LINK_HID, 2), (char *)""));
}

static void explain(struct dfut_failure *failure, const char *path, uint16_t vendor_id, uint16_t product_id,
		    enum dfut_link link, uint8_t interface, int code)
{
	struct dfut_os_place place = place_at(path, vendor_id, product_id, "");

	*failure = (struct dfut_failure){ 0 };
	dfut_pnp_explain(failure, &tree, &place, link, interface, code);
	cr_expect(eq(int, failure->code, code));
}

Test(pnp, tells_a_bound_device_from_one_without_a_driver)
{
	struct dfut_failure failure;

	explain(&failure, "1-2", 0x0483, 0xdf11, DFUT_LINK_USB, 0, DFUT_ERROR_UNSUPPORTED);
	cr_expect(eq(str, failure.text, (char *)"Windows has no driver for interface 0 of 0483:df11"));
	cr_expect(ne(ptr, strstr(failure.hint, "dfutrigger.inf"), NULL), "%s", failure.hint);
	cr_expect(ne(ptr, strstr(failure.hint, "Zadig"), NULL), "%s", failure.hint);
	/* One function of a device whose others have drivers. */
	explain(&failure, "1-5.4", 0x2e8a, 0x000a, DFUT_LINK_USB, 2, DFUT_ERROR_UNSUPPORTED);
	cr_expect(eq(str, failure.text, (char *)"Windows has no driver for interface 2 of 2e8a:000a"));
	explain(&failure, "1-4", 0x0483, 0xdf11, DFUT_LINK_USB, 0, DFUT_ERROR_UNSUPPORTED);
	cr_expect(eq(str, failure.text,
		     (char *)"interface 0 of 0483:df11 has no access for programs: it belongs to the driver STTub30"));
	explain(&failure, "1-3", 0x1209, 0x2303, DFUT_LINK_USB, 0, DFUT_ERROR_BUSY);
	cr_expect(ne(ptr, strstr(failure.text, "which has the driver WINUSB"), NULL), "%s", failure.text);
	cr_expect(ne(ptr, strstr(failure.hint, "end the program"), NULL), "%s", failure.hint);
	explain(&failure, "1-6", 0x20a0, 0x42da, DFUT_LINK_USB, 0, DFUT_ERROR_IO);
	cr_expect(eq(str, failure.text, (char *)"interface 0 of 20a0:42da does not work: Windows' problem code 10"));
}

Test(pnp, tells_what_a_port_lacks)
{
	struct dfut_failure failure;

	explain(&failure, "1-5.1", 0x2e8a, 0x000a, DFUT_LINK_SERIAL, 2, DFUT_ERROR_NOT_FOUND);
	cr_expect(eq(str, failure.text,
		     (char *)"interface 2 of 2e8a:000a has no serial port: it belongs to the driver WinUSB"));
	cr_expect(ne(ptr, strstr(failure.hint, "uninstall"), NULL), "%s", failure.hint);
	explain(&failure, "1-5.1", 0x2e8a, 0x000a, DFUT_LINK_SERIAL, 0, DFUT_ERROR_ACCESS);
	cr_expect(ne(ptr, strstr(failure.text, "which has the driver usbser"), NULL), "%s", failure.text);
	/* What Plug and Play does not know. */
	explain(&failure, "1-9", 0x1a86, 0x7523, DFUT_LINK_SERIAL, 0, DFUT_ERROR_IO);
	cr_expect(ne(ptr, strstr(failure.text, "interface 0 of 1a86:7523 can't be used"), NULL), "%s", failure.text);
}

Test(pnp, names_the_driver_where_nothing_failed)
{
	struct dfut_failure failure;

	explain(&failure, "1-5.1", 0x2e8a, 0x000a, DFUT_LINK_USB, 2, DFUT_OK);
	cr_expect(eq(str, failure.text, (char *)"WinUSB"));
	explain(&failure, "1-2", 0x0483, 0xdf11, DFUT_LINK_USB, DFUT_CHANNEL_DEVICE, DFUT_OK);
	cr_expect(eq(str, failure.text, (char *)""));
}
