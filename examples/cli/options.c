/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* The command line: one row per option says to which commands it belongs, how it is explained and what it does. */

#include <getopt.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "numbers.h"
#include "options.h"

#define DEVICE_COMMANDS (COMMAND_JOBS | COMMAND_LIST | COMMAND_DOCTOR)
#define FILE_COMMANDS ((unsigned int)(COMMAND_UPDATE | COMMAND_INFO | COMMAND_PACK))

/* Registered for usbip */
#define USBIP_PORT 3240

/** One option. */
struct row {
	char letter;			/**< '\0' for none */
	const char *name;
	const char *argument;		/**< NULL if it takes none; in brackets if it may be left out */
	unsigned int commands;		/**< bits of enum command_bit */
	const char *text;
	/** @return false if the argument makes no sense */
	bool (*apply)(struct options *options, char *argument);
};

static void fail(struct options *options, const char *text, ...) __attribute__((format(printf, 2, 3)));

static void fail(struct options *options, const char *text, ...)
{
	va_list arguments;

	/* What follows the first error is often only its consequence. */
	if (options->error[0])
		return;
	va_start(arguments, text);
	vsnprintf(options->error, sizeof(options->error), text, arguments);
	va_end(arguments);
}

static bool parse_match_id(const char *text, size_t length, int *value)
{
	uint16_t id = 0;

	*value = DFUT_MATCH_ANY;
	if (length == 0 || (length == 1 && text[0] == '*'))
		return true;
	if (!number_parse_id(text, length, &id))
		return false;
	*value = id;
	return true;
}

static bool parse_match_pair(const char *text, int *vendor_id, int *product_id)
{
	const char *colon = strchr(text, ':');

	if (!colon)
		return false;
	return parse_match_id(text, (size_t)(colon - text), vendor_id) &&
	       parse_match_id(colon + 1, strlen(colon + 1), product_id);
}

static bool apply_device(struct options *options, char *argument)
{
	struct dfut_match *match = &options->match;
	char *comma = strchr(argument, ',');

	if (comma)
		*comma = '\0';
	if (comma && comma[1] &&
	    !parse_match_pair(comma + 1, &match->bootloader_vendor_id, &match->bootloader_product_id))
		return false;
	/* As in dfu-util, nothing before the comma means no device in its application. */
	if (comma && comma[1] && argument[0] == '\0') {
		match->mode = DFUT_MODE_BOOTLOADER;
		return true;
	}
	return parse_match_pair(argument, &match->vendor_id, &match->product_id);
}

static bool apply_path(struct options *options, char *argument)
{
	options->match.path = argument;
	return argument[0] != '\0';
}

static bool apply_serial(struct options *options, char *argument)
{
	char *comma = strchr(argument, ',');

	if (comma)
		*comma = '\0';
	if (comma && comma[1])
		options->match.bootloader_serial_number = comma + 1;
	if (argument[0]) {
		options->match.serial_number = argument;
		return true;
	}
	options->match.mode = DFUT_MODE_BOOTLOADER;
	return options->match.bootloader_serial_number != NULL;
}

static bool apply_alternate(struct options *options, char *argument)
{
	options->alternate = argument;
	return argument[0] != '\0';
}

static bool apply_all(struct options *options, char *argument)
{
	(void)argument;
	options->all = true;
	return true;
}

static bool apply_probe(struct options *options, char *argument)
{
	(void)argument;
	options->probe = true;
	return true;
}

static bool apply_dfu_util(struct options *options, char *argument)
{
	(void)argument;
	options->dfu_util = true;
	return true;
}

static bool apply_how(struct options *options, char *argument)
{
	options->trigger = argument;
	return argument[0] != '\0';
}

static bool apply_control(struct options *options, char *argument)
{
	return way_parse_control(&options->way, argument);
}

static bool apply_feature_report(struct options *options, char *argument)
{
	return way_parse_report(&options->way, DFUT_REPORT_FEATURE, argument);
}

static bool apply_output_report(struct options *options, char *argument)
{
	return way_parse_report(&options->way, DFUT_REPORT_OUTPUT, argument);
}

static bool apply_touch(struct options *options, char *argument)
{
	return way_parse_touch(&options->way, argument);
}

static bool apply_interface(struct options *options, char *argument)
{
	uint64_t value = 0;

	if (!number_parse(argument, 254, &value))
		return false;
	options->interface = (int)value;
	return true;
}

static bool apply_detach_timeout(struct options *options, char *argument)
{
	uint64_t value = 0;

	if (!number_parse(argument, 0xffff, &value))
		return false;
	options->detach_timeout_ms = (int)value;
	return true;
}

static bool apply_timeout(struct options *options, char *argument)
{
	return number_parse_seconds(argument, &options->return_timeout_ms);
}

static bool apply_dry_run(struct options *options, char *argument)
{
	(void)argument;
	options->dry_run = true;
	return true;
}

static bool apply_address(struct options *options, char *argument)
{
	uint64_t value = 0;

	if (!number_parse(argument, UINT32_MAX, &value))
		return false;
	options->address = (uint32_t)value;
	options->has_address = true;
	return true;
}

static bool apply_verify(struct options *options, char *argument)
{
	(void)argument;
	options->verify = DFUT_VERIFY_ALWAYS;
	return true;
}

static bool apply_erase(struct options *options, char *argument)
{
	static const char *const names[] = { "auto", "needed", "all", "mass" };

	for (unsigned int i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (strcmp(argument, names[i]) == 0) {
			options->erase = (enum dfut_erase)i;
			return true;
		}
	}
	return false;
}

static bool apply_no_verify(struct options *options, char *argument)
{
	(void)argument;
	options->verify = DFUT_VERIFY_NEVER;
	return true;
}

static void fail_check(struct options *options, const char *name)
{
	char names[200] = "";

	for (unsigned int bit = 1; bit && dfut_check_get_name(bit); bit <<= 1) {
		size_t used = strlen(names);

		snprintf(names + used, sizeof(names) - used, "%s%s", used ? ", " : "", dfut_check_get_name(bit));
	}
	fail(options, "--force: there is no check \"%s\"; the checks are %s", name, names);
}

static bool apply_force(struct options *options, char *argument)
{
	for (char *name = argument; name;) {
		char *comma = strchr(name, ',');
		unsigned int check = 0;

		if (comma)
			*comma = '\0';
		check = dfut_check_from_name(name);
		if (!check)
			fail_check(options, name);
		options->force |= check;
		name = comma ? comma + 1 : NULL;
	}
	return true;
}

static bool apply_size(struct options *options, char *argument)
{
	return number_parse_size(argument, &options->size) && options->size > 0;
}

static bool apply_overwrite(struct options *options, char *argument)
{
	(void)argument;
	options->overwrite = true;
	return true;
}

static bool apply_format(struct options *options, char *argument)
{
	options->format = argument;
	return argument[0] != '\0';
}

static bool apply_family(struct options *options, char *argument)
{
	options->family = argument;
	return argument[0] != '\0';
}

static bool apply_esp(struct options *options, char *argument)
{
	(void)argument;
	options->esp = true;
	return true;
}

static bool apply_chip(struct options *options, char *argument)
{
	options->esp_files.chip = argument;
	return argument[0] != '\0';
}

static bool apply_flasher_args(struct options *options, char *argument)
{
	options->esp_files.flasher_args = argument;
	return argument[0] != '\0';
}

static bool apply_flash_size(struct options *options, char *argument)
{
	options->esp_files.flash_size = argument;
	return argument[0] != '\0';
}

static bool apply_part_size(struct options *options, char *argument)
{
	uint64_t value = 0;

	if (!number_parse_size(argument, &value) || value == 0 || value > UINT32_MAX)
		return false;
	options->esp_files.part_size = (uint32_t)value;
	return true;
}

static bool apply_nordic(struct options *options, char *argument)
{
	(void)argument;
	if (options->nordic && options->nordic_files.legacy)
		fail(options, "--nordic and --nordic-legacy exclude each other");
	options->nordic = true;
	return true;
}

static bool apply_nordic_legacy(struct options *options, char *argument)
{
	(void)argument;
	if (options->nordic && !options->nordic_files.legacy)
		fail(options, "--nordic and --nordic-legacy exclude each other");
	options->nordic = true;
	options->nordic_files.legacy = true;
	return true;
}

static bool apply_application(struct options *options, char *argument)
{
	options->nordic_files.application = argument;
	return argument[0] != '\0';
}

static bool apply_softdevice(struct options *options, char *argument)
{
	options->nordic_files.softdevice = argument;
	return argument[0] != '\0';
}

static bool apply_bootloader(struct options *options, char *argument)
{
	options->nordic_files.bootloader = argument;
	return argument[0] != '\0';
}

static bool parse_version(const char *argument, uint32_t *version)
{
	uint64_t value = 0;

	if (!number_parse(argument, UINT32_MAX, &value))
		return false;
	*version = (uint32_t)value;
	return true;
}

static bool apply_application_version(struct options *options, char *argument)
{
	return parse_version(argument, &options->nordic_files.application_version);
}

static bool apply_bootloader_version(struct options *options, char *argument)
{
	return parse_version(argument, &options->nordic_files.bootloader_version);
}

static bool apply_hw_version(struct options *options, char *argument)
{
	options->has_hw_version = true;
	return parse_version(argument, &options->nordic_files.hw_version);
}

static bool parse_ids(char *argument, uint32_t *ids, size_t *count)
{
	*count = 0;
	for (char *text = argument; text;) {
		char *comma = strchr(text, ',');
		uint64_t value = 0;

		if (comma)
			*comma = '\0';
		if (*count == OPTIONS_MAX_SD_REQ || !number_parse(text, UINT16_MAX, &value))
			return false;
		ids[(*count)++] = (uint32_t)value;
		text = comma ? comma + 1 : NULL;
	}
	return true;
}

static bool apply_sd_req(struct options *options, char *argument)
{
	options->nordic_files.sd_req = options->sd_req;
	return parse_ids(argument, options->sd_req, &options->nordic_files.sd_req_count);
}

static bool apply_sd_id(struct options *options, char *argument)
{
	options->nordic_files.sd_id = options->sd_id;
	return parse_ids(argument, options->sd_id, &options->nordic_files.sd_id_count);
}

static bool apply_key(struct options *options, char *argument)
{
	options->nordic_files.private_key = argument;
	return argument[0] != '\0';
}

static bool apply_debug(struct options *options, char *argument)
{
	(void)argument;
	options->nordic_files.debug = true;
	return true;
}

static bool apply_public_key(struct options *options, char *argument)
{
	options->public_key = argument;
	return argument[0] != '\0';
}

static bool apply_mcuboot(struct options *options, char *argument)
{
	options->mcuboot = argument;
	return argument[0] != '\0';
}

static bool apply_header_size(struct options *options, char *argument)
{
	uint64_t value = 0;

	if (!number_parse(argument, 0xffff, &value))
		return false;
	options->header_size = (size_t)value;
	return true;
}

static bool parse_suffix_ids(const char *text, uint16_t ids[3])
{
	for (size_t i = 0; i < 3; i++) {
		const char *colon = strchr(text, ':');
		size_t length = colon ? (size_t)(colon - text) : strlen(text);

		if (!(length == 0 || (length == 1 && text[0] == '*')) && !number_parse_id(text, length, &ids[i]))
			return false;
		if (!colon)
			return i > 0;
		text = colon + 1;
	}
	return false;
}

static bool apply_suffix(struct options *options, char *argument)
{
	uint16_t ids[3] = { DFUT_ID_ANY, DFUT_ID_ANY, DFUT_ID_ANY };

	if (argument && !parse_suffix_ids(argument, ids))
		return false;
	options->has_suffix = true;
	options->suffix_vendor_id = ids[0];
	options->suffix_product_id = ids[1];
	options->suffix_release = ids[2];
	return true;
}

static bool apply_no_suffix(struct options *options, char *argument)
{
	(void)argument;
	options->no_suffix = true;
	return true;
}

static bool apply_json(struct options *options, char *argument)
{
	(void)argument;
	options->json = true;
	return true;
}

static bool apply_quiet(struct options *options, char *argument)
{
	(void)argument;
	options->quiet = true;
	return true;
}

static bool apply_verbose(struct options *options, char *argument)
{
	(void)argument;
	options->verbosity++;
	return true;
}

static bool apply_devices(struct options *options, char *argument)
{
	options->devices.items[options->devices.count++] = argument;
	return argument[0] != '\0';
}

static bool apply_sim(struct options *options, char *argument)
{
	options->sims.items[options->sims.count++] = argument;
	return argument[0] != '\0';
}

static bool apply_sim_record(struct options *options, char *argument)
{
	options->sim_record = argument;
	return argument[0] != '\0';
}

static bool apply_attach(struct options *options, char *argument)
{
	(void)argument;
	options->attach = true;
	return true;
}

/* "127.0.0.1", "127.0.0.1:3240", "::1", "[::1]:3240" */
static bool apply_listen(struct options *options, char *argument)
{
	char *colon = strrchr(argument, ':');
	char *bracket = argument[0] == '[' ? strchr(argument, ']') : NULL;
	uint64_t port = 0;

	if (colon && (bracket ? colon == bracket + 1 : strchr(argument, ':') == colon)) {
		if (!number_parse(colon + 1, UINT16_MAX, &port))
			return false;
		options->listen_port = (uint16_t)port;
		*colon = '\0';
	} else if (bracket && bracket[1]) {
		return false;
	}
	if (bracket)
		*bracket = '\0';
	options->listen_address = argument[0] == '[' ? argument + 1 : argument;
	return options->listen_address[0] != '\0';
}

static bool apply_help(struct options *options, char *argument)
{
	(void)argument;
	options->help = true;
	return true;
}

static bool apply_version(struct options *options, char *argument)
{
	(void)argument;
	options->version = true;
	return true;
}

static const struct row rows[] = {
	{ 'd', "device", "VID:PID[,VID:PID]", DEVICE_COMMANDS,
	  "ids of the application[, of the bootloader], in hex; either part may be left out", apply_device },
	{ 'p', "path", "PATH", DEVICE_COMMANDS, "port path, as in 1-2.3", apply_path },
	{ 'S', "serial", "SERIAL[,SERIAL]", DEVICE_COMMANDS, "serial number of the application[, of the bootloader]",
	  apply_serial },
	{ 'a', "alt", "ALT", COMMAND_LIST | COMMAND_JOBS, "alternate setting, by number or name", apply_alternate },
	{ 0, "all", NULL, COMMAND_LIST | COMMAND_DOCTOR, "also devices that nothing is known of", apply_all },
	{ 0, "probe", NULL, COMMAND_LIST, "ask devices in their application about themselves", apply_probe },
	{ 0, "dfu-util", NULL, COMMAND_LIST, "a line for each alternate setting with DFU, as dfu-util -l has it", apply_dfu_util },
	{ 0, "how", "NAME", COMMAND_JOBS, "use this trigger; list shows their names", apply_how },
	{ 0, "control", "TYPE:REQUEST:VALUE:INDEX[:HEXDATA]", COMMAND_JOBS, "use this control request as the trigger",
	  apply_control },
	{ 0, "feature-report", "ID:HEXDATA", COMMAND_JOBS,
	  "use this HID feature report as the trigger; ID in hex, 00 if reports have none", apply_feature_report },
	{ 0, "output-report", "ID:HEXDATA", COMMAND_JOBS, "use this HID output report as the trigger", apply_output_report },
	{ 0, "touch", "BAUD", COMMAND_JOBS, "use a touch of the serial port at this speed as the trigger", apply_touch },
	{ 0, "interface", "NUMBER", COMMAND_JOBS, "where that report or touch goes to, if not to the first that fits",
	  apply_interface },
	{ 0, "detach-timeout", "MS", COMMAND_JOBS, "wValue of DFU DETACH, 0 to 65535", apply_detach_timeout },
	{ 0, "timeout", "SECONDS", COMMAND_JOBS, "how long the device may take to leave, and to come back (10)",
	  apply_timeout },
	{ 0, "dry-run", NULL, COMMAND_JOBS, "print what would be done, send nothing", apply_dry_run },
	{ 0, "address", "ADDR", COMMAND_UPDATE | COMMAND_PACK, "where a raw image goes", apply_address },
	{ 0, "verify", NULL, COMMAND_UPDATE, "verify, even if the device must be triggered again for it",
	  apply_verify },
	{ 0, "erase", "auto|needed|all|mass", COMMAND_UPDATE,
	  "what to erase, on devices with sectors: those that differ (auto, needed), all that are written, everything",
	  apply_erase },
	{ 0, "no-verify", NULL, COMMAND_UPDATE, "do not verify", apply_no_verify },
	{ 0, "force", "CHECK[,CHECK...]", FILE_COMMANDS,
	  "go on if this check fails: format, length, checksum, hash, ids, size, version, memory-map", apply_force },
	{ 0, "size", "N", COMMAND_UPLOAD, "the most bytes to read; K and M may follow", apply_size },
	{ 0, "overwrite", NULL, COMMAND_UPLOAD | COMMAND_PACK, "replace the file if there is one", apply_overwrite },
	{ 0, "format", "FORMAT", COMMAND_PACK, "convert to raw, dfuse, ihex, srec or uf2", apply_format },
	{ 0, "family", "NAME", COMMAND_PACK, "family of chips of a UF2 file, as in rp2040 or 0xe48bff56", apply_family },
	{ 0, "esp", NULL, COMMAND_PACK, "make a dfu.bin of what ESP-IDF has built; there is no IN then", apply_esp },
	{ 0, "chip", "NAME", COMMAND_PACK, "of --esp: esp32s2, esp32s3, esp32p4 or esp32s31", apply_chip },
	{ 0, "flasher-args", "FILE", COMMAND_PACK, "of --esp: build/flasher_args.json", apply_flasher_args },
	{ 0, "flash-size", "SIZE", COMMAND_PACK, "of --esp: 1MB to 128MB, if that file does not say it", apply_flash_size },
	{ 0, "part-size", "N", COMMAND_PACK, "of --esp: cut larger files into parts (512K)", apply_part_size },
	{ 0, "nordic", NULL, COMMAND_PACK, "make a Nordic DFU package of the files named below; there is no IN then",
	  apply_nordic },
	{ 0, "nordic-legacy", NULL, COMMAND_PACK,
	  "the same for bootloaders of nRF5 SDK 11 and earlier, such as Adafruit's", apply_nordic_legacy },
	{ 0, "application", "FILE", COMMAND_PACK, "of --nordic: raw, ihex, elf, ...", apply_application },
	{ 0, "softdevice", "FILE", COMMAND_PACK, "of --nordic", apply_softdevice },
	{ 0, "bootloader", "FILE", COMMAND_PACK, "of --nordic; becomes one image with a SoftDevice", apply_bootloader },
	{ 0, "application-version", "N", COMMAND_PACK, "of --nordic: not less than the one in the device (0)",
	  apply_application_version },
	{ 0, "bootloader-version", "N", COMMAND_PACK, "of --nordic: greater than the one in the device",
	  apply_bootloader_version },
	{ 0, "hw-version", "N", COMMAND_PACK, "of --nordic: 52 for the nRF52", apply_hw_version },
	{ 0, "sd-req", "ID[,ID...]", COMMAND_PACK, "of --nordic: SoftDevices that may be in the device now, 0 for none",
	  apply_sd_req },
	{ 0, "sd-id", "ID[,ID...]", COMMAND_PACK,
	  "of --nordic: SoftDevices for the application, if there is one in the package", apply_sd_id },
	{ 0, "key", "FILE", COMMAND_PACK, "of --nordic: sign with this private key (PEM, P-256)", apply_key },
	{ 0, "debug", NULL, COMMAND_PACK, "of --nordic: for bootloaders for debugging, which compare no versions then",
	  apply_debug },
	{ 0, "public-key", "FILE", COMMAND_UPDATE | COMMAND_INFO,
	  "a Nordic DFU package must be signed with this key (PEM, P-256)", apply_public_key },
	{ 0, "mcuboot", "VERSION", COMMAND_PACK, "wrap as an unsigned MCUboot image, version 1.2.3[+4]",
	  apply_mcuboot },
	{ 0, "header-size", "N", COMMAND_PACK, "size of the MCUboot header (0x200)", apply_header_size },
	{ 0, "suffix", "[VID:PID[:REL]]", COMMAND_PACK, "give it a DFU suffix, for any device if no ids are given",
	  apply_suffix },
	{ 0, "no-suffix", NULL, COMMAND_PACK, "take the DFU suffix away", apply_no_suffix },
	{ 0, "json", NULL, COMMAND_ALL, "for programs: one document, or one object a line for jobs", apply_json },
	{ 'q', "quiet", NULL, COMMAND_ALL, "no progress, no message of success", apply_quiet },
	{ 'v', "verbose", NULL, COMMAND_ALL, "log to the standard error; twice for every action", apply_verbose },
	{ 0, "devices", "FILE", COMMAND_ALL, "a table of devices to add; may be repeated", apply_devices },
	{ 0, "sim", "NAME[:KEY=VALUE,...]", COMMAND_ALL, "a virtual device in place of hardware; may be repeated",
	  apply_sim },
	{ 0, "sim-record", "FILE", COMMAND_ALL, "write what the virtual devices were asked, as JSON lines",
	  apply_sim_record },
	{ 0, "attach", NULL, COMMAND_SIM, "plug them into this machine (root; Linux with vhci-hcd)", apply_attach },
	{ 0, "listen", "ADDRESS[:PORT]", COMMAND_SIM, "offer them over USB/IP (127.0.0.1:3240)", apply_listen },
	{ 'h', "help", NULL, COMMAND_ALL, "explain the command", apply_help },
	{ 'V', "version", NULL, COMMAND_ALL, "print the version", apply_version },
};

#define ROW_COUNT (sizeof(rows) / sizeof(rows[0]))

/* Long options without a letter are told apart by values that no letter has. */
#define FIRST_VALUE 256

/* A leading '-' hands over operands in order, so that options may come before and after the command, whatever
 * POSIXLY_CORRECT says. */
static void build_tables(char *letters, struct option *longs)
{
	*letters++ = '-';
	*letters++ = ':';
	for (size_t i = 0; i < ROW_COUNT; i++) {
		longs[i].name = rows[i].name;
		longs[i].has_arg = no_argument;
		if (rows[i].argument)
			longs[i].has_arg = rows[i].argument[0] == '[' ? optional_argument : required_argument;
		longs[i].flag = NULL;
		longs[i].val = FIRST_VALUE + (int)i;
		if (!rows[i].letter)
			continue;
		*letters++ = rows[i].letter;
		if (rows[i].argument)
			*letters++ = ':';
	}
	*letters = '\0';
}

static const struct row *find_row(int value)
{
	if (value >= FIRST_VALUE && value < FIRST_VALUE + (int)ROW_COUNT)
		return &rows[value - FIRST_VALUE];
	for (size_t i = 0; i < ROW_COUNT; i++)
		if (rows[i].letter && rows[i].letter == value)
			return &rows[i];
	return NULL;
}

static void take_operand(struct options *options, const char *text)
{
	if (!options->command) {
		options->command = command_find(text);
		if (!options->command)
			fail(options, "there is no command \"%s\"", text);
		return;
	}
	if (options->operand_count >= options->command->operand_max) {
		fail(options, "%s: what is \"%s\" for?", options->command->name, text);
		return;
	}
	if (options->command->bit == COMMAND_SIM) {
		options->sims.items[options->sims.count++] = text;
		return;
	}
	options->operands[options->operand_count++] = text;
}

/* An argument that may be left out must be joined by '='; here it may also follow, if it can be nothing else. */
static char *find_loose_argument(const struct row *row, char **argv, int argc)
{
	uint16_t ids[3];

	if (optarg || !row->argument || row->argument[0] != '[' || optind >= argc)
		return optarg;
	return strchr(argv[optind], ':') && parse_suffix_ids(argv[optind], ids) ? argv[optind++] : NULL;
}

static void take_option(struct options *options, const struct row *row, char *argument)
{
	char shown[120] = "";

	/* apply() may cut the argument into pieces. */
	snprintf(shown, sizeof(shown), "%s", argument ? argument : "");
	if (!row->apply(options, argument))
		fail(options, "--%s: \"%s\" is not %s", row->name, shown, row->argument);
}

static void check_scope(struct options *options, const bool *used)
{
	for (size_t i = 0; options->command && i < ROW_COUNT; i++)
		if (used[i] && !(rows[i].commands & (unsigned int)options->command->bit))
			fail(options, "--%s does not go with \"%s\"", rows[i].name, options->command->name);
}

static void check_list(struct options *options)
{
	if (options->dfu_util && (options->json || options->probe))
		fail(options, "--dfu-util goes neither with --json nor with --probe");
}

/* What is made of files that options name has no IN, and can't be changed by other options. */
static void check_made(struct options *options, const char *name)
{
	if (options->operand_count > 1)
		fail(options, "pack: with %s, there is only OUT", name);
	if (options->format || options->family || options->mcuboot || options->has_suffix || options->no_suffix ||
	    options->has_address || (options->esp && options->nordic))
		fail(options, "%s and --esp, --nordic, --address, --format, --family, --mcuboot, --suffix, --no-suffix "
		     "exclude each other", name);
}

static void check_esp(struct options *options)
{
	const struct dfut_esp *files = &options->esp_files;

	if (!options->esp) {
		if (files->chip || files->flasher_args || files->flash_size || files->part_size)
			fail(options, "--chip, --flasher-args, --flash-size and --part-size go with --esp");
		return;
	}
	if (!files->chip || !files->flasher_args)
		fail(options, "--esp goes with --chip and --flasher-args");
	check_made(options, "--esp");
}

static void check_nordic(struct options *options)
{
	const struct dfut_nordic *files = &options->nordic_files;
	bool has_files = files->application || files->softdevice || files->bootloader;

	if (!options->nordic) {
		if (has_files || options->has_hw_version || files->sd_req || files->sd_id || files->private_key ||
		    files->debug || files->application_version || files->bootloader_version)
			fail(options, "--application, --softdevice, --bootloader, their versions, --hw-version, --sd-req, "
			     "--sd-id, --key and --debug go with --nordic");
		return;
	}
	if (!has_files)
		fail(options, "--nordic goes with --application, --softdevice or --bootloader");
	if (!files->sd_req)
		fail(options, "--nordic goes with --sd-req; 0 means that no SoftDevice is needed");
	if (!files->legacy && !options->has_hw_version)
		fail(options, "--nordic goes with --hw-version; it is 52 for the nRF52");
	check_made(options, files->legacy ? "--nordic-legacy" : "--nordic");
}

static void check_pack(struct options *options)
{
	bool is_made = options->esp || options->nordic;

	check_esp(options);
	check_nordic(options);
	if (!is_made && options->operand_count == 1)
		fail(options, "pack: OUT is missing");
	if (options->has_suffix && options->no_suffix)
		fail(options, "--suffix and --no-suffix exclude each other");
	if (!is_made && !options->format && !options->family && !options->mcuboot && !options->has_suffix &&
	    !options->no_suffix)
		fail(options, "pack: say what to do with --format, --family, --mcuboot, --suffix, --no-suffix, --esp or "
		     "--nordic");
	if (options->header_size && !options->mcuboot)
		fail(options, "--header-size goes with --mcuboot");
}

static void check_sense(struct options *options)
{
	const struct command *command = options->command;

	if (options->help || options->version)
		return;
	if (!command) {
		fail(options, "which command?");
		return;
	}
	if (options->operand_count < command->operand_min)
		fail(options, "%s: %s is missing", command->name, command->operands);
	if (options->way.count + (options->trigger ? 1 : 0) > 1)
		fail(options, "--how, --control, --feature-report, --output-report and --touch exclude each other");
	if (options->interface >= 0 && options->way.kind != WAY_REPORT && options->way.kind != WAY_TOUCH)
		fail(options, "--interface goes with --feature-report, --output-report or --touch");
	if (options->sim_record && options->sims.count == 0)
		fail(options, "--sim-record goes with --sim");
	if (command->bit == COMMAND_UPLOAD && options->json && options->operand_count &&
	    strcmp(options->operands[0], "-") == 0)
		fail(options, "upload: the standard output can't take both the data and --json");
	if (command->bit == COMMAND_PACK)
		check_pack(options);
	check_list(options);
	if (options->attach && options->listen_address)
		fail(options, "--attach and --listen exclude each other");
	if ((options->attach || options->listen_address) && options->sims.count == 0)
		fail(options, "sim: which devices?");
}

static void take_word(struct options *options, int value, bool *used, int argc, char **argv)
{
	const struct row *row = find_row(value);

	if (value == 1)
		take_operand(options, optarg);
	else if (value == ':')
		fail(options, "%s needs an argument", argv[optind - 1]);
	else if (!row && optopt >= FIRST_VALUE)
		fail(options, "--%s takes no argument", find_row(optopt)->name);
	else if (!row && optopt)
		fail(options, "there is no option -%c", optopt);
	else if (!row)
		fail(options, "there is no option %s", argv[optind - 1]);
	if (!row)
		return;
	used[row - rows] = true;
	take_option(options, row, find_loose_argument(row, argv, argc));
}

int options_parse(struct options *options, int argc, char **argv)
{
	static const struct dfut_match any = DFUT_MATCH_INIT;
	static const struct dfut_esp no_files = DFUT_ESP_INIT;
	static const struct dfut_nordic no_package = DFUT_NORDIC_INIT;
	char letters[2 * ROW_COUNT + 3];
	struct option longs[ROW_COUNT + 1];
	bool used[ROW_COUNT] = { false };
	int value = 0;

	memset(options, 0, sizeof(*options));
	memset(longs, 0, sizeof(longs));
	options->match = any;
	options->esp_files = no_files;
	options->nordic_files = no_package;
	options->detach_timeout_ms = -1;
	options->interface = -1;
	options->listen_port = USBIP_PORT;
	options->devices.items = calloc((size_t)argc + 1, sizeof(char *));
	options->sims.items = calloc((size_t)argc + 1, sizeof(char *));
	if (!options->devices.items || !options->sims.items)
		return DFUT_ERROR_NO_MEMORY;

	build_tables(letters, longs);
	opterr = 0;
	while ((value = getopt_long(argc, argv, letters, longs, NULL)) != -1)
		take_word(options, value, used, argc, argv);
	while (optind < argc)
		take_operand(options, argv[optind++]);
	check_scope(options, used);
	check_sense(options);
	return options->error[0] ? DFUT_ERROR_USAGE : 0;
}

void options_free(struct options *options)
{
	free(options->devices.items);
	free(options->sims.items);
}

bool options_name_device(const struct options *options)
{
	const struct dfut_match *match = &options->match;

	return match->path || match->vendor_id != DFUT_MATCH_ANY || match->product_id != DFUT_MATCH_ANY ||
	       match->bootloader_vendor_id != DFUT_MATCH_ANY || match->bootloader_product_id != DFUT_MATCH_ANY;
}

static void print_row(FILE *file, const struct row *row)
{
	char head[80];
	int column = 0;

	if (row->letter)
		column = snprintf(head, sizeof(head), "  -%c, --%s", row->letter, row->name);
	else
		column = snprintf(head, sizeof(head), "      --%s", row->name);
	if (row->argument && row->argument[0] == '[')
		snprintf(head + column, sizeof(head) - (size_t)column, "[=%s", row->argument + 1);
	else if (row->argument)
		snprintf(head + column, sizeof(head) - (size_t)column, " %s", row->argument);
	if (strlen(head) > 31)
		fprintf(file, "%s\n%32s%s\n", head, "", row->text);
	else
		fprintf(file, "%-32s%s\n", head, row->text);
}

void options_print(FILE *file, unsigned int commands)
{
	for (size_t i = 0; i < ROW_COUNT; i++)
		if ((rows[i].commands == COMMAND_ALL) == (commands == COMMAND_ALL) && (rows[i].commands & commands))
			print_row(file, &rows[i]);
}
