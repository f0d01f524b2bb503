/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "dfutrigger-sim.h"
#include "sim/dump/dump.h"

#define PATH_SIZE 300

/* As usbutils 014 writes it: a hub, a keyboard whose report descriptor could be read, a bootloader. */
static const char hub_text[] = "\nBus 001 Device 001: ID 1d6b:0002 Linux Foundation 2.0 root hub\n"
			       "Device Descriptor:\n"
			       "  bLength                18\n"
			       "  bDescriptorType         1\n"
			       "  bcdUSB               2.00\n"
			       "  bDeviceClass            9 Hub\n"
			       "  bDeviceSubClass         0 \n"
			       "  bDeviceProtocol         1 Single TT\n"
			       "  bMaxPacketSize0        64\n"
			       "  idVendor           0x1d6b Linux Foundation\n"
			       "  idProduct          0x0002 2.0 root hub\n"
			       "  bcdDevice            6.01\n"
			       "  iManufacturer           3 Linux\n"
			       "  iProduct                2 xHCI Host Controller\n"
			       "  iSerial                 1 0000:00:14.0\n"
			       "  bNumConfigurations      1\n";
static const char keyboard_text[] = "\nBus 001 Device 003: ID 3297:1969 ZSA Technology Labs Moonlander Mark I\n"
				    "Device Descriptor:\n"
				    "  bLength                18\n"
				    "  bDescriptorType         1\n"
				    "  bcdUSB               2.00\n"
				    "  bDeviceClass            0 \n"
				    "  bDeviceSubClass         0 \n"
				    "  bDeviceProtocol         0 \n"
				    "  bMaxPacketSize0        64\n"
				    "  idVendor           0x3297 ZSA Technology Labs\n"
				    "  idProduct          0x1969 Moonlander Mark I\n"
				    "  bcdDevice            0.01\n"
				    "  iManufacturer           1 ZSA Technology Labs\n"
				    "  iProduct                2 Moonlander Mark I\n"
				    "  iSerial                 3 (error)\n"
				    "  bNumConfigurations      2\n"
				    "  Configuration Descriptor:\n"
				    "    bLength                 9\n"
				    "    bDescriptorType         2\n"
				    "    wTotalLength       0x0022\n"
				    "    bNumInterfaces          1\n"
				    "    bConfigurationValue     1\n"
				    "    iConfiguration          0 \n"
				    "    bmAttributes         0xa0\n"
				    "      (Bus Powered)\n"
				    "      Remote Wakeup\n"
				    "    MaxPower              500mA\n"
				    "    Interface Descriptor:\n"
				    "      bLength                 9\n"
				    "      bDescriptorType         4\n"
				    "      bInterfaceNumber        1\n"
				    "      bAlternateSetting       0\n"
				    "      bNumEndpoints           1\n"
				    "      bInterfaceClass         3 Human Interface Device\n"
				    "      bInterfaceSubClass      0 \n"
				    "      bInterfaceProtocol      0 \n"
				    "      iInterface              0 \n"
				    "        HID Device Descriptor:\n"
				    "          bLength                 9\n"
				    "          bDescriptorType        33\n"
				    "          bcdHID               1.11\n"
				    "          bCountryCode            0 Not supported\n"
				    "          bNumDescriptors         1\n"
				    "          bDescriptorType        34 Report\n"
				    "          wDescriptorLength      12\n"
				    "          Report Descriptor: (length is 12)\n"
				    "            Item(Global): Usage Page, data= [ 0x60 0xff ] 65376\n"
				    "                            (null)\n"
				    "            Item(Local ): Usage, data= [ 0x61 ] 97\n"
				    "                            (null)\n"
				    "            Item(Main  ): Collection, data= [ 0x01 ] 1\n"
				    "                            Application\n"
				    "            Item(Global): Logical Maximum, data= [ 0xff 0x00 ] 255\n"
				    "            Item(Main  ): End Collection, data=none\n"
				    "      Endpoint Descriptor:\n"
				    "        bLength                 7\n"
				    "        bDescriptorType         5\n"
				    "        bEndpointAddress     0x82  EP 2 IN\n"
				    "        bmAttributes            3\n"
				    "          Transfer Type            Interrupt\n"
				    "          Synch Type               None\n"
				    "          Usage Type               Data\n"
				    "        wMaxPacketSize     0x0020  1x 32 bytes\n"
				    "        bInterval               1\n"
				    "  Configuration Descriptor:\n"
				    "    bLength                 9\n"
				    "    bDescriptorType         2\n"
				    "    wTotalLength       0x0009\n"
				    "    bNumInterfaces          0\n"
				    "    bConfigurationValue     2\n"
				    "    iConfiguration          0 \n"
				    "    bmAttributes         0x80\n"
				    "      (Bus Powered)\n"
				    "    MaxPower              100mA\n"
				    "Device Status:     0x0000\n"
				    "  (Bus Powered)\n";
static const char bootloader_text
	[] = "\nBus 001 Device 004: ID 0483:df11 STMicroelectronics STM Device in DFU Mode\r\n"
	     "Device Descriptor:\r\n"
	     "  bLength                18\r\n"
	     "  bDescriptorType         1\r\n"
	     "  bcdUSB               1.00\r\n"
	     "  bDeviceClass            0 \r\n"
	     "  bDeviceSubClass         0 \r\n"
	     "  bDeviceProtocol         0 \r\n"
	     "  bMaxPacketSize0        64\r\n"
	     "  idVendor           0x0483 STMicroelectronics\r\n"
	     "  idProduct          0xdf11 STM Device in DFU Mode\r\n"
	     "  bcdDevice           22.00\r\n"
	     "  iManufacturer           1 STMicroelectronics\r\n"
	     "  iProduct                2 STM32  BOOTLOADER\r\n"
	     "  iSerial                 3 3271377E3536\r\n"
	     "  bNumConfigurations      1\r\n"
	     "  Configuration Descriptor:\r\n"
	     "    bLength                 9\r\n"
	     "    bDescriptorType         2\r\n"
	     "    wTotalLength           27\r\n"
	     "    bNumInterfaces          1\r\n"
	     "    bConfigurationValue     1\r\n"
	     "    iConfiguration          0 \r\n"
	     "    bmAttributes         0xc0\r\n"
	     "      Self Powered\r\n"
	     "    MaxPower              100mA\r\n"
	     "    Interface Descriptor:\r\n"
	     "      bLength                 9\r\n"
	     "      bDescriptorType         4\r\n"
	     "      bInterfaceNumber        0\r\n"
	     "      bAlternateSetting       0\r\n"
	     "      bNumEndpoints           0\r\n"
	     "      bInterfaceClass       254 Application Specific Interface\r\n"
	     "      bInterfaceSubClass      1 Device Firmware Update\r\n"
	     "      bInterfaceProtocol      2 \r\n"
	     "      iInterface              4 @Internal Flash  /0x08000000/04*016Kg,01*064Kg,07*128Kg\r\n"
	     "      ** UNRECOGNIZED:  09 21 0b ff 00 00 08 1a 01\r\n";

static const uint8_t keyboard_bytes[] = {
	18,  1, 0, 2, 0, 0, 0, 64, 0x97, 0x32, 0x69, 0x19, 1,	 0, 1, 2, 3,	1,  9, 2, 34, 0,    1, 1,  0, 0xa0,
	250, 9, 4, 1, 0, 1, 3, 0,  0,	 0,    9,    0x21, 0x11, 1, 0, 1, 0x22, 12, 0, 7, 5,  0x82, 3, 32, 0, 1,
};
static const uint8_t keyboard_report[] = { 0x06, 0x60, 0xff, 0x09, 0x61, 0xa1, 0x01, 0x26, 0xff, 0x00, 0xc0 };
static const uint8_t bootloader_bytes[] = {
	18, 1, 0,    1,	 0, 0, 0, 64, 0x83, 0x04, 0x11, 0xdf, 0, 0x22, 1,    2,	 3,    1, 9, 2, 27,   0, 1,
	1,  0, 0xc0, 50, 9, 4, 0, 0,  0,    0xfe, 1,	2,    4, 9,    0x21, 11, 0xff, 0, 0, 8, 0x1a, 1,
};

static const char *find_string(const struct dump *dump, unsigned int index)
{
	for (size_t i = 0; i < dump->string_count; i++)
		if (dump->strings[i].index == index)
			return dump->strings[i].text;
	return "";
}

static void expect_bytes(const struct dump *dump, const uint8_t *bytes, size_t size)
{
	cr_assert(eq(sz, dump->size, size));
	for (size_t i = 0; i < size; i++)
		cr_expect(eq(u8, dump->bytes[i], bytes[i]), "byte %zu", i);
}

Test(dump, reads_a_bootloader_of_lsusb)
{
	struct dump dump = { 0 };

	cr_assert(eq(int, dump_read_lsusb(&dump, bootloader_text, strlen(bootloader_text)), 0), "%s", dump.error);
	expect_bytes(&dump, bootloader_bytes, sizeof(bootloader_bytes));
	cr_expect(eq(str, (char *)find_string(&dump, 3), (char *)"3271377E3536"));
	cr_expect(eq(str, (char *)find_string(&dump, 4),
		     (char *)"@Internal Flash  /0x08000000/04*016Kg,01*064Kg,07*128Kg"));
	dump_clear(&dump);
}

Test(dump, reads_a_report_descriptor_of_lsusb)
{
	struct dump dump = { 0 };

	cr_assert(eq(int, dump_read_lsusb(&dump, keyboard_text, strlen(keyboard_text)), 0), "%s", dump.error);
	expect_bytes(&dump, keyboard_bytes, sizeof(keyboard_bytes));
	/* What could not be read is not its name. */
	cr_expect(eq(str, (char *)find_string(&dump, 3), (char *)""));
	cr_assert(eq(sz, dump.reports[1].size, sizeof(keyboard_report)));
	cr_expect(eq(int, memcmp(dump.reports[1].bytes, keyboard_report, sizeof(keyboard_report)), 0));
	dump_clear(&dump);
}

static char *join(const char *first, const char *second, const char *third)
{
	return dfut_format_text("%s%s%s", first, second, third);
}

Test(dump, of_two_that_are_the_same_none_can_be_chosen)
{
	char *text = join(keyboard_text, bootloader_text, bootloader_text);
	struct dump dump = { .vendor_id = 0x0483, .product_id = 0xdf11 };

	cr_assert(text != NULL);
	cr_expect(eq(int, dump_read_lsusb(&dump, text, strlen(text)), DFUT_ERROR_AMBIGUOUS));
	cr_expect(strstr(dump.error, "2 devices with these ids in it: leave one") != NULL, "%s", dump.error);
	free(text);
	dump_clear(&dump);
}

Test(dump, one_of_several_is_chosen_by_its_ids)
{
	char *text = join(hub_text, keyboard_text, bootloader_text);
	struct dump dump = { 0 };

	cr_assert(text != NULL);
	cr_expect(eq(int, dump_read_lsusb(&dump, text, strlen(text)), DFUT_ERROR_AMBIGUOUS));
	cr_expect(strstr(dump.error, "2 devices in it; give one with ids=: 3297:1969 0483:df11") != NULL, "%s",
		  dump.error);
	dump_clear(&dump);
	dump.vendor_id = 0x0483;
	dump.product_id = 0xdf11;
	cr_assert(eq(int, dump_read_lsusb(&dump, text, strlen(text)), 0), "%s", dump.error);
	expect_bytes(&dump, bootloader_bytes, sizeof(bootloader_bytes));
	dump_clear(&dump);
	dump.product_id = 1;
	cr_expect(eq(int, dump_read_lsusb(&dump, text, strlen(text)), DFUT_ERROR_IMAGE));
	cr_expect(strstr(dump.error, "no device 0483:0001") != NULL, "%s", dump.error);
	dump_clear(&dump);
	free(text);
}

/* Cut anywhere, or with any byte changed: read, or refused in words. */
Test(dump, damage_does_no_harm)
{
	char *text = join(hub_text, keyboard_text, bootloader_text);
	size_t length = text ? strlen(text) : 0;

	cr_assert(text != NULL);
	for (size_t i = 0; i < length; i++) {
		struct dump dump = { .vendor_id = 0x3297, .product_id = 0x1969 };
		char *copy = malloc(i + 1);
		char kept = text[i];

		cr_assert(copy != NULL);
		memcpy(copy, text, i);
		cr_expect(dump_read_lsusb(&dump, copy, i) == 0 || dump.error[0]);
		free(copy);
		dump_clear(&dump);
		text[i] = (char)(kept ^ 0x11);
		cr_expect(dump_read_lsusb(&dump, text, length) == 0 || dump.error[0]);
		dump_clear(&dump);
		text[i] = kept;
	}
	free(text);
}

/* A folder as in /sys/bus/usb/devices. */
static void write_file(const char *folder, const char *name, const void *bytes, size_t size)
{
	char path[PATH_SIZE];
	FILE *file;

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	file = fopen(path, "wb");
	cr_assert(file != NULL);
	cr_assert(eq(sz, fwrite(bytes, 1, size, file), size));
	fclose(file);
}

static void make_folder(char path[PATH_SIZE], const char *folder, const char *name)
{
	snprintf(path, PATH_SIZE, "%s/%s", folder, name);
	cr_assert(eq(int, mkdir(path, 0700), 0));
}

static void remove_file(const char *folder, const char *name)
{
	char path[PATH_SIZE];

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	cr_expect(eq(int, remove(path), 0), "%s", path);
}

Test(dump, reads_a_folder_of_sys)
{
	char folder[] = "/tmp/test-dump-XXXXXX";
	char interface[PATH_SIZE], driver[PATH_SIZE];
	struct dump dump = { 0 };

	cr_assert(mkdtemp(folder) != NULL);
	cr_expect(eq(int, dump_read(&dump, folder), DFUT_ERROR_IMAGE));
	cr_expect(strstr(dump.error, "descriptors") != NULL, "%s", dump.error);
	make_folder(interface, folder, "1-2:1.1");
	make_folder(driver, interface, "0003:3297:1969.0004");
	write_file(folder, "descriptors", keyboard_bytes, sizeof(keyboard_bytes));
	write_file(folder, "product", "Moonlander\n", 11);
	write_file(driver, "report_descriptor", keyboard_report, sizeof(keyboard_report));
	cr_assert(eq(int, dump_read(&dump, folder), 0), "%s", dump.error);
	expect_bytes(&dump, keyboard_bytes, sizeof(keyboard_bytes));
	cr_expect(eq(str, (char *)find_string(&dump, 2), (char *)"Moonlander"));
	cr_expect(eq(sz, dump.reports[1].size, sizeof(keyboard_report)));
	dump_clear(&dump);
	remove_file(driver, "report_descriptor");
	remove_file(interface, "0003:3297:1969.0004");
	remove_file(folder, "1-2:1.1");
	remove_file(folder, "product");
	remove_file(folder, "descriptors");
	rmdir(folder);
}

/* It is met as the device is: by the table, its protocol and its memories. */
Test(dump, a_device_can_be_listed_and_planned_for)
{
	char path[] = "/tmp/test-dump-XXXXXX";
	char *spec;
	struct dfut_context *context;
	struct dfut_sim *sim;
	struct dfut_match match = DFUT_MATCH_INIT;
	struct dfut_device *device;
	int file = mkstemp(path);

	cr_assert(file >= 0);
	cr_assert(eq(sz, (size_t)write(file, bootloader_text, strlen(bootloader_text)), strlen(bootloader_text)));
	close(file);
	spec = dfut_format_text("dump:%s", path);
	cr_assert(eq(int, dfut_context_new(&context), 0));
	cr_assert(eq(int, dfut_sim_new(&sim, DFUT_SIM_CLOCK_VIRTUAL), 0));
	cr_assert(eq(int, dfut_sim_plug(NULL, sim, spec, "1-7"), 0), "%s", dfut_sim_get_error(sim));
	cr_assert(eq(int, dfut_sim_add_to_context(sim, context), 0));
	match.path = "1-7";
	cr_assert(eq(int, dfut_device_find(&device, context, &match), 0), "%s", dfut_context_get_error(context));
	cr_expect(eq(int, (int)dfut_device_get_mode(device), DFUT_MODE_BOOTLOADER));
	cr_expect(eq(str, (char *)dfut_device_get_protocol(device), (char *)"dfuse"));
	dfut_device_unref(device);
	dfut_context_free(context);
	dfut_sim_free(sim);
	free(spec);
	unlink(path);
}
