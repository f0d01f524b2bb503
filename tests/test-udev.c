/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* udev's rules: what a person is told to add, as a shell takes it, and whether one is installed, in folders of this test. */

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "transport/udev.h"

#define USER_ID 1234

static char root[64];

static bool is_in_plugdev(const char *group)
{
	return strcmp(group, "plugdev") == 0;
}

static bool is_in_none(const char *group)
{
	(void)group;
	return false;
}

static struct dfut_udev udev = { .root = root, .user_id = USER_ID, .user = "alice", .has_group = is_in_none };

static void run(const char *text, ...) DFUT_PRINTF(1, 2);

static void run(const char *text, ...)
{
	char command[4096];
	va_list arguments;

	va_start(arguments, text);
	vsnprintf(command, sizeof(command), text, arguments);
	va_end(arguments);
	cr_assert(eq(int, system(command), 0), "%s", command);
}

static void make_root(void)
{
	udev.has_group = is_in_none;
	snprintf(root, sizeof(root), "/tmp/test-udev-XXXXXX");
	cr_assert(mkdtemp(root) != NULL);
	run("mkdir -p %s/etc/udev/rules.d %s/usr/lib/udev/rules.d %s/run/systemd/seats", root, root, root);
}

static void remove_root(void)
{
	run("rm -r %s", root);
}

TestSuite(udev, .init = make_root, .fini = remove_root, .timeout = 60);

static void write_file(const char *path, const char *text)
{
	char whole[256];
	FILE *file;

	snprintf(whole, sizeof(whole), "%s%s", root, path);
	file = fopen(whole, "w");
	cr_assert(file != NULL);
	cr_assert(ge(int, fputs(text, file), 0));
	fclose(file);
}

static void sit_down(void)
{
	write_file("/run/systemd/seats/seat0", "IS_SEAT0=1\nACTIVE=c1\nACTIVE_UID=1234\n");
}

/* Runs the command of a hint with a root of our own; returns what the file then has. */
static char *paste(const char *line, const char *name)
{
	static char text[4096];
	char path[256];
	size_t size;
	FILE *file;

	/* No sudo, no udev here: what the shell makes of the line is what counts. */
	write_file("/script",
		   "sudo() { if [ \"$1\" = tee ]; then shift; tee \"$1\" \"$root$2\" >/dev/null; else [ \"$1\" = "
		   "udevadm ]; fi; }\n");
	snprintf(path, sizeof(path), "%s/line", root);
	file = fopen(path, "w");
	cr_assert(file != NULL);
	fprintf(file, "root=%s\n. %s/script\n%s\n", root, root, line);
	fclose(file);
	run("sh -eu %s", path);
	snprintf(path, sizeof(path), "%s/etc/udev/rules.d/%s", root, name);
	file = fopen(path, "r");
	cr_assert(file != NULL, "%s", path);
	size = fread(text, 1, sizeof(text) - 1, file);
	text[size] = '\0';
	fclose(file);
	return text;
}

static void expect_text(const char *text, const char *expected)
{
	cr_expect(eq(int, strcmp(text, expected), 0), "%s", text);
}

Test(udev, the_command_adds_a_rule_to_a_file_of_the_device)
{
	struct dfut_udev_node node = { DFUT_LINK_USB, 0x2fe3, 0x0005, 0 };
	char line[DFUT_UDEV_LINE_SIZE];

	sit_down();
	dfut_udev_make_node_line(line, &udev, &node);
	expect_text(paste(line, "71-dfutrigger-2fe3-0005.rules"),
		    "\nSUBSYSTEM==\"usb\", ATTR{idVendor}==\"2fe3\", ATTR{idProduct}==\"0005\", TAG+=\"uaccess\"\n");
	cr_expect(strstr(line, "70-dfutrigger.rules") == NULL, "%s", line);
}

Test(udev, the_command_leaves_what_is_there)
{
	struct dfut_udev_node node = { DFUT_LINK_SERIAL, 0x2341, 0x8036, 0 };
	char line[DFUT_UDEV_LINE_SIZE];
	const char *text;

	sit_down();
	write_file("/etc/udev/rules.d/71-dfutrigger-2341-8036.rules", "KERNEL==\"mine\"");
	dfut_udev_make_node_line(line, &udev, &node);
	text = paste(line, "71-dfutrigger-2341-8036.rules");
	cr_expect(eq(int, strncmp(text, "KERNEL==\"mine\"\nSUBSYSTEM==\"tty\", ATTRS{idVendor}==\"2341\"", 52), 0),
		  "%s", text);
}

Test(udev, a_hid_node_is_for_one_person_and_one_interface)
{
	struct dfut_udev_node node = { DFUT_LINK_HID, 0x0c45, 0x652f, 10 };
	char line[DFUT_UDEV_LINE_SIZE];
	const char *text;

	dfut_udev_make_node_line(line, &udev, &node);
	text = paste(line, "71-dfutrigger-0c45-652f.rules");
	cr_expect(strstr(text, "SUBSYSTEM==\"hidraw\", IMPORT{builtin}=\"usb_id\"\n") != NULL, "%s", text);
	cr_expect(strstr(text, "ENV{ID_USB_INTERFACE_NUM}==\"0a\", TAG+=\"uaccess\", OWNER=\"alice\"\n") != NULL, "%s",
		  text);
	cr_expect(strstr(text, "GROUP") == NULL, "%s", text);
	cr_expect(strstr(text, "MODE") == NULL, "%s", text);
}

Test(udev, a_name_that_could_end_a_quote_is_a_number)
{
	struct dfut_udev other = udev;
	struct dfut_udev_node node = { DFUT_LINK_USB, 1, 2, 0 };
	char line[DFUT_UDEV_LINE_SIZE];

	other.user = "a';reboot;'";
	dfut_udev_make_node_line(line, &other, &node);
	cr_expect(strstr(line, "OWNER=\"1234\"") != NULL, "%s", line);
	cr_expect(strstr(line, "reboot") == NULL, "%s", line);
}

Test(udev, a_bootloader_that_may_have_several_ids)
{
	static const struct dfut_kind kinds[] = { { 0x2341, 0x004d, 0x0059 },
						  { 0x2341, 0x024d, 0x024d },
						  { 0x2a03, 0, 0xffff } };
	struct dfut_prospect prospect = { DFUT_LINK_SERIAL, false, kinds, DFUT_COUNT(kinds) };
	char line[DFUT_UDEV_LINE_SIZE];

	sit_down();
	dfut_udev_make_prospect_line(line, &udev, &prospect);
	expect_text(
		paste(line, "71-dfutrigger-2341-004d.rules"),
		"\nSUBSYSTEM==\"usb|tty\", ATTRS{idVendor}==\"2341\", ATTRS{idProduct}==\"004[def]|005[0123456789]|024d\", "
		"TAG+=\"uaccess\", ENV{ID_MM_DEVICE_IGNORE}=\"1\"\n"
		"\nSUBSYSTEM==\"usb|tty\", ATTRS{idVendor}==\"2a03\", TAG+=\"uaccess\", "
		"ENV{ID_MM_DEVICE_IGNORE}=\"1\"\n");
}

Test(udev, a_bootloader_of_which_only_the_class_is_known)
{
	struct dfut_prospect prospect = { .link = DFUT_LINK_USB, .has_dfu = true };
	char line[DFUT_UDEV_LINE_SIZE];

	sit_down();
	dfut_udev_make_prospect_line(line, &udev, &prospect);
	expect_text(paste(line, "71-dfutrigger-dfu.rules"),
		    "\nSUBSYSTEM==\"usb\", ENV{ID_USB_INTERFACES}==\"*:fe0102:*\", TAG+=\"uaccess\"\n");
}

/* Half a command would be harmful. */
Test(udev, what_does_not_fit_is_left_out)
{
	struct dfut_kind kinds[32];
	struct dfut_prospect prospect = { DFUT_LINK_USB, false, kinds, DFUT_COUNT(kinds) };
	char line[DFUT_UDEV_LINE_SIZE];

	for (size_t i = 0; i < DFUT_COUNT(kinds); i++)
		kinds[i] = (struct dfut_kind){ (uint16_t)i, 1, 1 };
	dfut_udev_make_prospect_line(line, &udev, &prospect);
	cr_expect(eq(int, line[0], 0), "%s", line);
	for (size_t i = 0; i < DFUT_COUNT(kinds); i++)
		kinds[i] = (struct dfut_kind){ 7, 0x1234, 0xabcd };
	dfut_udev_make_prospect_line(line, &udev, &prospect);
	cr_expect(eq(int, line[0], 0), "%s", line);
}

static bool fits(const char *patterns, unsigned int number)
{
	char text[8], copy[512];

	snprintf(text, sizeof(text), "%04x", number);
	snprintf(copy, sizeof(copy), "%s", patterns);
	for (char *part = strtok(copy, "|"); part; part = strtok(NULL, "|"))
		if (fnmatch(part, text, 0) == 0)
			return true;
	return false;
}

Test(udev, patterns_fit_their_range_and_nothing_else)
{
	static const uint16_t ranges[][2] = {
		{ 0, 0 },	    { 0, 0xffff },	{ 1, 0xfffe },	    { 0x0002, 0x0fff }, { 0x5117, 0x5126 },
		{ 0x9ffe, 0xa001 }, { 0x636c, 0x636f }, { 0xffff, 0xffff }, { 0x8000, 0xffff }, { 0x00ff, 0x0100 },
	};

	for (size_t i = 0; i < DFUT_COUNT(ranges); i++) {
		char patterns[512];

		dfut_udev_cover(patterns, sizeof(patterns), ranges[i][0], ranges[i][1]);
		for (unsigned int number = 0; number <= 0xffff; number++)
			cr_assert(eq(int, fits(patterns, number), number >= ranges[i][0] && number <= ranges[i][1]),
				  "%04x in %s", number, patterns);
	}
}

static bool gives(const char *rules, enum dfut_link link, bool has_dfu)
{
	static const struct dfut_kind kind = { 0x1915, 0x521f, 0x521f };
	struct dfut_prospect prospect = { link, has_dfu, &kind, 1 };

	write_file("/usr/lib/udev/rules.d/50-test.rules", rules);
	return dfut_udev_gives(&udev, &prospect);
}

#define IDS "ATTR{idVendor}==\"1915\", ATTR{idProduct}==\"521f\", "

Test(udev, a_rule_for_who_sits_there)
{
	cr_expect(not(gives(IDS "TAG+=\"uaccess\"\n", DFUT_LINK_USB, false)));
	sit_down();
	cr_expect(gives(IDS "TAG+=\"uaccess\"\n", DFUT_LINK_USB, false));
	cr_expect(gives("# remark\nSUBSYSTEM==\"usb\", ATTR{idVendor}==\"1915\", \\\n  TAG+=\"uaccess\"", DFUT_LINK_USB,
			false));
	cr_expect(gives("ATTRS{idVendor}==\"1234|19??\", ENV{WHATEVER}==\"1\", TAG+=\"uaccess\"\n", DFUT_LINK_USB,
			false));
	cr_expect(not(gives("#" IDS "TAG+=\"uaccess\"\n", DFUT_LINK_USB, false)));
	cr_expect(not(gives(IDS "TAG-=\"uaccess\"\n", DFUT_LINK_USB, false)));
	cr_expect(not(gives(IDS "TAG+=\"seat\"\n", DFUT_LINK_USB, false)));
	cr_expect(not(gives("ATTR{idVendor}==\"1915\", ATTR{idProduct}==\"521[abc]\", TAG+=\"uaccess\"\n",
			    DFUT_LINK_USB, false)));
	cr_expect(not(gives("ATTR{idVendor}!=\"1915\", TAG+=\"uaccess\"\n", DFUT_LINK_USB, false)));
	cr_expect(not(gives("SUBSYSTEM==\"hidraw\", " IDS "TAG+=\"uaccess\"\n", DFUT_LINK_USB, false)));
	cr_expect(not(gives("ENV{ID_SMARTCARD_READER}==\"?*\", TAG+=\"uaccess\"\n", DFUT_LINK_USB, false)));
}

Test(udev, a_rule_for_somebody_else_or_everybody)
{
	cr_expect(not(gives(IDS "GROUP=\"plugdev\", MODE=\"0660\"\n", DFUT_LINK_USB, false)));
	cr_expect(gives(IDS "OWNER=\"alice\"\n", DFUT_LINK_USB, false));
	cr_expect(gives(IDS "OWNER=\"1234\"\n", DFUT_LINK_USB, false));
	cr_expect(not(gives(IDS "OWNER=\"bob\"\n", DFUT_LINK_USB, false)));
	cr_expect(gives("SUBSYSTEM==\"usb\", MODE=\"0666\"\n", DFUT_LINK_USB, false));
	cr_expect(
		not(gives("SUBSYSTEM==\"usb\", ENV{DEVTYPE}==\"usb_device\", MODE=\"0664\"\n", DFUT_LINK_USB, false)));
	udev.has_group = is_in_plugdev;
	cr_expect(gives(IDS "GROUP=\"plugdev\", MODE=\"0660\"\n", DFUT_LINK_USB, false));
	cr_expect(gives("KERNEL==\"tty[A-Z]*[0-9]\", GROUP=\"plugdev\"\n", DFUT_LINK_SERIAL, false));
	cr_expect(not(gives("KERNEL==\"tty[A-Z]*[0-9]\", GROUP=\"plugdev\"\n", DFUT_LINK_USB, false)));
}

Test(udev, a_rule_for_the_class)
{
	udev.has_group = is_in_plugdev;
	cr_expect(gives("ENV{ID_USB_INTERFACES}==\"*:fe01??:*\", GROUP=\"plugdev\"\n", DFUT_LINK_USB, true));
	cr_expect(not(gives("ENV{ID_USB_INTERFACES}==\"*:fe01??:*\", GROUP=\"plugdev\"\n", DFUT_LINK_USB, false)));
	cr_expect(not(gives("ENV{ID_USB_INTERFACES}==\"*:0701??:*\", GROUP=\"plugdev\"\n", DFUT_LINK_USB, true)));
}

/* As the file of a hint that had the name of the installed one did. */
Test(udev, a_file_hides_those_of_its_name)
{
	sit_down();
	cr_assert(gives(IDS "TAG+=\"uaccess\"\n", DFUT_LINK_USB, false));
	write_file("/etc/udev/rules.d/50-test.rules", "\n");
	cr_expect(not(gives(IDS "TAG+=\"uaccess\"\n", DFUT_LINK_USB, false)));
	write_file("/etc/udev/rules.d/71-other.rules", IDS "TAG+=\"uaccess\"\n");
	cr_expect(gives("\n", DFUT_LINK_USB, false));
}

Test(udev, the_command_that_is_told_is_seen_when_it_was_obeyed)
{
	static const struct dfut_kind kinds[] = { { 0x2fe3, 0xffff, 0xffff }, { 0x303a, 0x0002, 0x0fff } };
	char line[DFUT_UDEV_LINE_SIZE];

	for (size_t i = 0; i < 3; i++) {
		struct dfut_prospect prospect = { i ? DFUT_LINK_SERIAL : DFUT_LINK_USB, i == 2, kinds + i, i < 2 };

		prospect.link = i == 1 ? DFUT_LINK_SERIAL : DFUT_LINK_USB;
		cr_expect(not(dfut_udev_gives(&udev, &prospect)));
		dfut_udev_make_prospect_line(line, &udev, &prospect);
		paste(line, i == 0 ? "71-dfutrigger-2fe3-ffff.rules" :
			    i == 1 ? "71-dfutrigger-303a-0002.rules" :
				     "71-dfutrigger-dfu.rules");
		cr_expect(dfut_udev_gives(&udev, &prospect), "%s", line);
	}
}

/* What is no rule is nothing, and breaks nothing. */
Test(udev, garbage)
{
	static const char *const texts[] = {
		"",	   "\"", "=\"",	     "A",	    "A{",   "A{=\"x\"",	      "A==\"",
		"A==\"x",  "\\", "\\\n\\\n", "A==\"x\" \"", ",,,,", "TAG\"uaccess\"", "{}==\"\"",
		"A=!\"x\""
	};

	sit_down();
	for (size_t i = 0; i < DFUT_COUNT(texts); i++)
		cr_expect(not(gives(texts[i], DFUT_LINK_USB, true)), "%s", texts[i]);
}

static void note_rule(const char *path, const char *rule, void *data)
{
	char *told = data;

	cr_expect(eq(int, strncmp(path, root, strlen(root)), 0), "%s", path);
	snprintf(told + strlen(told), 1024 - strlen(told), "%s\n", rule);
}

Test(udev, the_rules_of_a_device_are_told)
{
	static const char rules[] = "# a comment\n"
				    "SUBSYSTEM==\"usb\", ATTR{idVendor}==\"2fe3\", ENV{ID_X}=\"named\"\n"
				    "SUBSYSTEM==\"usb\", ATTR{idVendor}==\"2fe4\", ENV{ID_X}=\"another vendor\"\n"
				    "SUBSYSTEM==\"tty\", ATTRS{idVendor}==\"2fe3\", ENV{ID_X}=\"a port\"\n"
				    "SUBSYSTEM==\"usb\", \\\nMODE=\"0666\"\n"
				    "SUBSYSTEM==\"usb\", ENV{ID_X}=\"nothing is given\"\n";
	struct dfut_udev_node node = { DFUT_LINK_USB, 0x2fe3, 0x0005, 0 };
	char told[1024] = "";

	write_file("/etc/udev/rules.d/10-some.rules", rules);
	cr_expect(eq(int, dfut_udev_visit(&udev, &node, note_rule, told), 0));
	cr_expect(eq(str, told,
		     (char *)"SUBSYSTEM==\"usb\", ATTR{idVendor}==\"2fe3\", ENV{ID_X}=\"named\"\n"
			     "SUBSYSTEM==\"usb\", MODE=\"0666\"\n"));
	told[0] = '\0';
	node.link = DFUT_LINK_SERIAL;
	cr_expect(eq(int, dfut_udev_visit(&udev, &node, note_rule, told), 0));
	cr_expect(eq(str, told, (char *)"SUBSYSTEM==\"tty\", ATTRS{idVendor}==\"2fe3\", ENV{ID_X}=\"a port\"\n"));
}
