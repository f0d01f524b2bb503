/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* One row per option says which commands take it, how its argument is read, what it is for and what goes with it. */

#include <string.h>

#include "options-own.h"

#define DEVICE_COMMANDS (COMMAND_JOBS | COMMAND_LIST | COMMAND_DOCTOR | COMMAND_REPORT)
#define RECORDED_COMMANDS (COMMAND_JOBS | COMMAND_LIST | COMMAND_DOCTOR)
#define FILE_COMMANDS ((unsigned int)(COMMAND_UPDATE | COMMAND_INFO | COMMAND_PACK))

/* Lists of options */
#define WAYS "how control feature-report output-report touch"
#define CHANGES "format family mcuboot suffix no-suffix address"
#define NORDIC "nordic nordic-legacy"

/* A member of struct options, which must have this type. */
#define MEMBER(name, type) _Generic(((struct options *)NULL)->name, type : offsetof(struct options, name))

#define FLAG(member) .kind = OPTION_FLAG, .offset = MEMBER(member, bool)
#define VALUE(member, value) .kind = OPTION_VALUE, .offset = MEMBER(member, uint32_t), .least = value
#define COUNT(member) .kind = OPTION_COUNT, .offset = MEMBER(member, unsigned int)
#define TEXT(member) .kind = OPTION_TEXT, .offset = MEMBER(member, const char *)
#define TEXTS(member) .kind = OPTION_TEXTS, .offset = MEMBER(member, struct texts)
#define NUMBER(member, from, to) .kind = OPTION_NUMBER, .offset = MEMBER(member, uint32_t), .least = from, .most = to
#define NUMBERS(member, from, to) \
	.kind = OPTION_NUMBERS, .offset = MEMBER(member, struct numbers), .least = from, .most = to
#define SIZE(member, from, to) .kind = OPTION_SIZE, .offset = MEMBER(member, uint64_t), .least = from, .most = to
#define SECONDS(member) .kind = OPTION_SECONDS, .offset = MEMBER(member, unsigned int)
#define CHOICE(member) .kind = OPTION_CHOICE, .offset = MEMBER(member, uint32_t)
#define OWN(reader) .kind = OPTION_OWN, .read = reader

/* clang-format off */
static const struct option_row rows[] = {
	/* Which device */
	{ .name = "device", .letter = 'd', OWN(options_read_device), .words = "VID:PID[,VID:PID]", .commands = DEVICE_COMMANDS,
	  .names = NAMES_IDS, .text = "ids of the application[, of the bootloader], in hex; either part may be left out" },
	{ .name = "path", .letter = 'p', TEXT(match.path), .words = "PATH", .commands = DEVICE_COMMANDS,
	  .names = NAMES_PATHS, .text = "port path, as in 1-2.3" },
	{ .name = "protocol", OWN(options_read_protocol), .words = "NAME[@INTERFACE]", .commands = DEVICE_COMMANDS,
	  .names = NAMES_PROTOCOLS,
	  .text = "which protocol the devices with the ids speak, as in smp; where they have several ports, on which interface",
	  .needs = "device" },
	{ .name = "serial", .letter = 'S', OWN(options_read_serial), .words = "SERIAL[,SERIAL]", .commands = DEVICE_COMMANDS,
	  .names = NAMES_SERIALS, .text = "serial number of the application[, of the bootloader]" },
	{ .name = "alt", .letter = 'a', TEXT(alternate), .words = "ALT", .commands = COMMAND_LIST | COMMAND_JOBS,
	  .names = NAMES_ALTERNATES, .text = "memory: number, name, =name, or interface:alternate" },
	{ .name = "all", FLAG(all), .commands = COMMAND_LIST | COMMAND_DOCTOR,
	  .text = "also unknown devices" },
	{ .name = "probe", FLAG(probe), .commands = COMMAND_LIST,
	  .text = "ask devices in their application about themselves" },
	{ .name = "dfu-util", FLAG(dfu_util), .commands = COMMAND_LIST,
	  .text = "print a line for each alternate setting with DFU, as dfu-util -l does",
	  .without = "json probe" },

	/* Jobs */
	{ .name = "how", TEXT(trigger), .words = "NAME", .commands = COMMAND_JOBS,
	  .names = NAMES_TRIGGERS, .text = "use this trigger; list shows their names",
	  .without = "control feature-report output-report touch" },
	{ .name = "control", OWN(options_read_control), .words = "TYPE:REQUEST:VALUE:INDEX[:HEXDATA]", .commands = COMMAND_JOBS,
	  .text = "use this control request as the trigger",
	  .without = WAYS },
	{ .name = "feature-report", OWN(options_read_feature_report), .words = "ID:HEXDATA", .commands = COMMAND_JOBS,
	  .text = "use this HID feature report as the trigger; ID in hex, 00 if reports have none",
	  .without = WAYS },
	{ .name = "output-report", OWN(options_read_output_report), .words = "ID:HEXDATA", .commands = COMMAND_JOBS,
	  .text = "use this HID output report as the trigger",
	  .without = WAYS },
	{ .name = "touch", OWN(options_read_touch), .words = "BAUD", .commands = COMMAND_JOBS,
	  .text = "use a touch of the serial port at this speed as the trigger",
	  .without = WAYS },
	{ .name = "interface", NUMBER(interface, 0, 254), .words = "NUMBER", .commands = COMMAND_JOBS,
	  .text = "where the report or touch goes; by default to the first that fits",
	  .with = "feature-report output-report touch" },
	{ .name = "detach-timeout", NUMBER(detach_timeout_ms, 0, UINT16_MAX), .words = "MS", .commands = COMMAND_JOBS,
	  .text = "wValue of DFU DETACH, 0 to 65535" },
	{ .name = "timeout", SECONDS(return_timeout_ms), .words = "SECONDS", .commands = COMMAND_JOBS,
	  .text = "how long the device may take to leave, and to come back (10)" },
	{ .name = "wait", OWN(options_read_wait), .words = "[SECONDS]", .commands = COMMAND_JOBS,
	  .text = "wait until the device is there, for ever or this long; then press its button, or plug it in" },
	{ .name = "dry-run", FLAG(dry_run), .commands = COMMAND_JOBS,
	  .text = "print what would be done, send nothing" },
	{ .name = "address", NUMBER(address, 0, UINT32_MAX), .words = "ADDR",
	  .commands = COMMAND_UPDATE | COMMAND_PACK | COMMAND_UPLOAD | COMMAND_COMMAND,
	  .text = "where a raw image goes, reading begins, or what \"command start\" starts is" },
	{ .name = "part", TEXT(part), .words = "NAME", .commands = COMMAND_UPDATE | COMMAND_UPLOAD | COMMAND_COMMAND,
	  .names = NAMES_PARTS, .text = "which part (chip) it has, as in atmega32u4, where its bootloader can't tell it" },
	{ .name = "volume", TEXT(volume), .words = "PATH", .commands = COMMAND_UPDATE | COMMAND_UPLOAD | COMMAND_COMMAND,
	  .names = NAMES_FOLDERS, .text = "where the drive of a UF2 bootloader is mounted, as in a container, which can't tell it" },
	{ .name = "verify", VALUE(verify, DFUT_VERIFY_ALWAYS), .commands = COMMAND_UPDATE,
	  .text = "verify, even if the device must be triggered again for it" },
	{ .name = "erase", CHOICE(erase), .words = "auto|needed|all|mass", .commands = COMMAND_UPDATE,
	  .text = "what to erase, on devices with sectors: those that differ (auto, needed), all that are written, everything" },
	{ .name = "restart", CHOICE(restart), .words = "auto|never|always", .commands = COMMAND_UPDATE | COMMAND_UPLOAD,
	  .text = "start the application in the end: after an update (auto), stay in the bootloader, or after an upload, too" },
	{ .name = "transfer-size", NUMBER(transfer_size, 1, 4096), .words = "BYTES", .commands = COMMAND_UPDATE | COMMAND_UPLOAD,
	  .text = "bytes of a block, whatever the device says (DFU, DfuSe)" },
	{ .name = "no-confirm", FLAG(no_confirm), .commands = COMMAND_UPDATE,
	  .text = "leave the new firmware on test, where its bootloader has one: it goes back to the old one (SMP)" },
	{ .name = "no-verify", VALUE(verify, DFUT_VERIFY_NEVER), .commands = COMMAND_UPDATE,
	  .text = "do not verify" },
	{ .name = "force", OWN(options_read_force), .words = "CHECK[,CHECK...]", .commands = FILE_COMMANDS | COMMAND_UPLOAD | COMMAND_COMMAND,
	  .names = NAMES_CHECKS, .text = "go on if this check fails: format, length, checksum, hash, ids, size, version, memory-map, bootloader" },
	{ .name = "size", SIZE(size, 1, UINT64_MAX), .words = "N", .commands = COMMAND_UPLOAD,
	  .text = "read at most this many bytes; K and M may follow" },
	{ .name = "overwrite", FLAG(overwrite), .commands = COMMAND_UPLOAD | COMMAND_PACK | COMMAND_IMPORT | COMMAND_EXPORT,
	  .text = "replace the file if there is one" },

	/* Packing */
	{ .name = "format", OWN(options_read_format), .words = "FORMAT", .commands = COMMAND_PACK,
	  .names = NAMES_FORMATS, .text = "convert to this format; help formats lists them" },
	{ .name = "family", OWN(options_read_family), .words = "NAME", .commands = COMMAND_PACK,
	  .names = NAMES_FAMILIES, .text = "family of chips of a UF2 file, as in rp2040, or board of a Universal Hex; help families lists them" },
	{ .name = "esp", FLAG(esp), .commands = COMMAND_PACK,
	  .text = "make a dfu.bin from what ESP-IDF built; takes OUT only",
	  .needs = "chip flasher-args", .without = NORDIC " " CHANGES },
	{ .name = "chip", TEXT(esp_files.chip), .words = "esp32s2|esp32s3|esp32p4|esp32s31", .commands = COMMAND_PACK,
	  .text = "of --esp: which chip",
	  .with = "esp" },
	{ .name = "flasher-args", TEXT(esp_files.flasher_args), .words = "FILE", .commands = COMMAND_PACK,
	  .names = NAMES_FILES, .text = "of --esp: build/flasher_args.json",
	  .with = "esp" },
	{ .name = "flash-size", TEXT(esp_files.flash_size), .words = "SIZE", .commands = COMMAND_PACK,
	  .text = "of --esp: 1MB to 128MB, if that file does not say it",
	  .with = "esp" },
	{ .name = "part-size", SIZE(part_size, 1, UINT32_MAX), .words = "N", .commands = COMMAND_PACK,
	  .text = "of --esp: cut larger files into parts (512K)",
	  .with = "esp" },
	{ .name = "nordic", FLAG(nordic), .commands = COMMAND_PACK,
	  .text = "make a Nordic DFU package from the files below; takes OUT only",
	  .with = "application softdevice bootloader", .needs = "sd-req hw-version", .without = "nordic-legacy " CHANGES },
	{ .name = "nordic-legacy", FLAG(nordic_files.legacy), .commands = COMMAND_PACK,
	  .text = "the same for bootloaders of nRF5 SDK 11 and earlier, such as Adafruit's",
	  .with = "application softdevice bootloader", .needs = "sd-req", .without = CHANGES },
	{ .name = "application", TEXT(nordic_files.application), .words = "FILE", .commands = COMMAND_PACK,
	  .names = NAMES_FILES, .text = "of --nordic: raw, ihex, elf, ...",
	  .with = NORDIC },
	{ .name = "softdevice", TEXT(nordic_files.softdevice), .words = "FILE", .commands = COMMAND_PACK,
	  .names = NAMES_FILES, .text = "of --nordic",
	  .with = NORDIC },
	{ .name = "bootloader", TEXT(nordic_files.bootloader), .words = "FILE", .commands = COMMAND_PACK,
	  .names = NAMES_FILES, .text = "of --nordic; becomes one image with a SoftDevice",
	  .with = NORDIC },
	{ .name = "application-version", NUMBER(nordic_files.application_version, 0, UINT32_MAX), .words = "N",
	  .commands = COMMAND_PACK, .text = "of --nordic: at least the version in the device (0)",
	  .with = NORDIC },
	{ .name = "bootloader-version", NUMBER(nordic_files.bootloader_version, 0, UINT32_MAX), .words = "N",
	  .commands = COMMAND_PACK, .text = "of --nordic: greater than the version in the device",
	  .with = NORDIC },
	{ .name = "hw-version", NUMBER(nordic_files.hw_version, 0, UINT32_MAX), .words = "N", .commands = COMMAND_PACK,
	  .text = "of --nordic: 52 for the nRF52",
	  .with = NORDIC },
	{ .name = "sd-req", NUMBERS(sd_req, 0, UINT16_MAX), .words = "ID[,ID...]", .commands = COMMAND_PACK,
	  .text = "of --nordic: SoftDevices that may be in the device now, 0 for none",
	  .with = NORDIC },
	{ .name = "sd-id", NUMBERS(sd_id, 0, UINT16_MAX), .words = "ID[,ID...]", .commands = COMMAND_PACK,
	  .text = "of --nordic: SoftDevices for the application, if there is one in the package",
	  .with = NORDIC },
	{ .name = "key", TEXT(nordic_files.private_key), .words = "FILE", .commands = COMMAND_PACK,
	  .names = NAMES_FILES, .text = "of --nordic: sign with this private key (PEM, P-256)",
	  .with = NORDIC },
	{ .name = "debug", FLAG(nordic_files.debug), .commands = COMMAND_PACK,
	  .text = "of --nordic: bootloaders built for debugging then compare no versions",
	  .with = NORDIC },
	{ .name = "public-key", TEXT(public_key), .words = "FILE", .commands = COMMAND_UPDATE | COMMAND_INFO,
	  .names = NAMES_FILES, .text = "a Nordic DFU package must be signed with this key (PEM, P-256)" },
	{ .name = "mcuboot", TEXT(mcuboot), .words = "VERSION", .commands = COMMAND_PACK,
	  .text = "wrap as an unsigned MCUboot image, version 1.2.3[+4]" },
	{ .name = "header-size", NUMBER(header_size, 0, UINT16_MAX), .words = "N", .commands = COMMAND_PACK,
	  .text = "size of the MCUboot header (0x200)",
	  .with = "mcuboot" },
	{ .name = "suffix", OWN(options_read_suffix), .words = "[VID:PID[:REL]]", .commands = COMMAND_PACK,
	  .text = "add a DFU suffix, for any device if no ids are given",
	  .without = "no-suffix" },
	{ .name = "no-suffix", FLAG(no_suffix), .commands = COMMAND_PACK,
	  .text = "remove the DFU suffix" },

	/* Every command */
	{ .name = "json", FLAG(json), .commands = COMMAND_ALL,
	  .text = "print JSON, one object a line: docs/json.md" },
	{ .name = "quiet", .letter = 'q', FLAG(quiet), .commands = COMMAND_ALL,
	  .text = "no progress, no message of success" },
	{ .name = "verbose", .letter = 'v', COUNT(verbosity), .commands = COMMAND_ALL,
	  .text = "log to the standard error; given twice, every action" },
	{ .name = "devices", TEXTS(devices), .words = "FILE", .commands = COMMAND_ALL,
	  .names = NAMES_FILES, .text = "add a table of devices; may be repeated" },
	{ .name = "sim", TEXTS(sims), .words = "NAME[:KEY=VALUE,...]", .commands = COMMAND_ALL,
	  .names = NAMES_SIMS, .text = "use a virtual device in place of hardware; may be repeated" },
	{ .name = "sim-record", TEXT(sim_record), .words = "FILE", .commands = COMMAND_ALL,
	  .names = NAMES_FILES, .text = "write what the virtual devices received, as JSON lines" },
	{ .name = "record", TEXT(record), .words = "FILE", .commands = RECORDED_COMMANDS,
	  .names = NAMES_FILES, .text = "write what goes between host and devices into a new file, which can be sent with a report" },
	{ .name = "record-data", FLAG(record_data), .commands = DEVICE_COMMANDS | COMMAND_IMPORT,
	  .text = "the session file has firmware and memories whole, not only their hashes" },
	{ .name = "record-plain", FLAG(record_plain), .commands = DEVICE_COMMANDS | COMMAND_IMPORT,
	  .text = "the session file has serial numbers and names of people as they are, no stand-ins" },
	{ .name = "session", TEXT(session), .words = "FILE", .commands = COMMAND_REPORT,
	  .names = NAMES_FILES, .text = "put this session file into the report; the last one in its folder if it is not given" },
	{ .name = "attach", FLAG(attach), .commands = COMMAND_SIM,
	  .text = "plug them into this machine (root; Linux with vhci-hcd)",
	  .without = "listen" },
	{ .name = "listen", OWN(options_read_listen), .words = "ADDRESS[:PORT]", .commands = COMMAND_SIM,
	  .text = "offer them over USB/IP (127.0.0.1:3240)" },
	{ .name = "help", .letter = 'h', FLAG(help), .commands = COMMAND_ALL,
	  .text = "explain the command" },
	{ .name = "version", .letter = 'V', FLAG(version), .commands = COMMAND_ALL,
	  .text = "print the version" },
};
/* clang-format on */

#define ROW_COUNT (sizeof(rows) / sizeof(rows[0]))

_Static_assert(ROW_COUNT < OPTIONS_LIMIT, "OPTIONS_LIMIT");

const struct option_row *option_row_get(size_t index)
{
	return index < ROW_COUNT ? &rows[index] : NULL;
}

size_t option_row_find(const char *name, size_t length)
{
	for (size_t i = 0; i < ROW_COUNT; i++)
		if (strlen(rows[i].name) == length && memcmp(rows[i].name, name, length) == 0)
			return i;
	return OPTIONS_LIMIT;
}
