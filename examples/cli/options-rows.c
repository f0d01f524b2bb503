/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* One row per option says to which commands it belongs, how it is explained and what it does. */

#include <stdlib.h>
#include <string.h>

#include "numbers.h"
#include "options-rows.h"

#define DEVICE_COMMANDS (COMMAND_JOBS | COMMAND_LIST | COMMAND_DOCTOR)
#define FILE_COMMANDS ((unsigned int)(COMMAND_UPDATE | COMMAND_INFO | COMMAND_PACK))

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
	options_fail(options, "--force: there is no check \"%s\"; the checks are %s", name, names);
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
		options_fail(options, "--nordic and --nordic-legacy exclude each other");
	options->nordic = true;
	return true;
}

static bool apply_nordic_legacy(struct options *options, char *argument)
{
	(void)argument;
	if (options->nordic && !options->nordic_files.legacy)
		options_fail(options, "--nordic and --nordic-legacy exclude each other");
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

bool option_parse_suffix_ids(const char *text, uint16_t ids[3])
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

	if (argument && !option_parse_suffix_ids(argument, ids))
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

static const struct option_row rows[] = {
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

_Static_assert(sizeof(rows) / sizeof(rows[0]) <= OPTION_ROW_LIMIT, "OPTION_ROW_LIMIT");

const struct option_row *option_row_get(size_t index)
{
	return index < sizeof(rows) / sizeof(rows[0]) ? &rows[index] : NULL;
}
