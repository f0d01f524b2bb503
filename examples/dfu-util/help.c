/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* --help, in the form in which programs look for an option. */

#include <stdio.h>

#include "options.h"

static const char *const lines[] = {
	"Usage: dfu-util [options] ...",
	"  -h --help\t\t\tPrint this list of options",
	"  -V --version\t\t\tPrint the version",
	"  -v --verbose\t\t\tSay more; -vv adds the log, -vvv every request",
	"  -l --list\t\t\tList the DFU interfaces of all devices that fit",
	"  -e --detach\t\t\tBring a device into its bootloader",
	"  -E --detach-delay seconds\tLongest time that a device may take to come back",
	"  -d --device <vendor>:<product>[,<vendor_dfu>:<product_dfu>]",
	"\t\t\t\tIds of the device, and those of its bootloader",
	"  -n --devnum <dnum>\t\tIts number on the bus (devnum of --list)",
	"  -p --path <bus-port. ... .port>\tThe port that it is on",
	"  -c --cfg <config_nr>\t\tThe configuration with its DFU interface",
	"  -i --intf <intf_nr>\t\tThe number of its DFU interface",
	"  -S --serial <serial_string>[,<serial_string_dfu>]",
	"\t\t\t\tIts serial number, and that of its bootloader",
	"  -a --alt <alt>\t\tThe memory: alternate setting, by number or name",
	"  -t --transfer-size <size>\tBytes in each transfer",
	"  -U --upload <file>\t\tRead from the device into <file>",
	"  -Z --upload-size <bytes>\tBytes that an upload is expected to have",
	"  -D --download <file>\t\tWrite <file> to the device, and verify it",
	"  -R --reset\t\t\tStart the application when all is done",
	"  -w --wait\t\t\tWait for a device to appear",
	"  -s --dfuse-address address<:...>\tFor DfuSe devices: where a raw file goes to,",
	"\t\t\t\tor where an upload begins. Behind it, separated with ':'",
	"\t\tleave\t\tStart the application when all is done",
	"\t\tmass-erase\tErase the whole memory (with \"force\")",
	"\t\tunprotect\tTake the read protection off (with \"force\"); erases all",
	"\t\twill-reset\tThe device resets itself",
	"\t\tforce\t\tAlso what is refused otherwise: no such memory",
	"\t\t<length>\tBytes to upload",
	"     --force <check>\t\tWrite a file that fails this check, as in \"format\"",
};

void options_print_help(void)
{
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++)
		fprintf(stderr, "%s\n", lines[i]);
}
