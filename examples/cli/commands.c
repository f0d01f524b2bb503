/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* The commands that there are. */

#include <string.h>

#include "commands.h"

#define OPERAND_LIMIT 1000

static const struct command commands[] = {
	{ "list", COMMAND_LIST, 0, 0, "", "show devices, their modes and triggers", "ls devices scan",
	  "Leaves out unknown devices, unless --all or -v is given, or ids or a path name them.\n"
	  "With --probe, asks devices in their application what their trigger interface knows.\n",
	  command_list_run, NAMES_NONE },
	{ "trigger", COMMAND_TRIGGER, 0, 0, "", "bring a device into its bootloader", "detach enter bootloader",
	  "Waits until the bootloader is there. Does nothing to a device that is in its bootloader already.\n",
	  command_trigger_run, NAMES_NONE },
	{ "update", COMMAND_UPDATE, 1, 1, "FILE", "put firmware into a device",
	  "flash write download program burn install load upgrade",
	  "Triggers the device if it runs its application. Writes, verifies, and restarts it where that is possible.\n"
	  "Checks the file before it looks for a device.\n",
	  command_update_run, NAMES_FILES },
	{ "upload", COMMAND_UPLOAD, 1, 1, "FILE", "read a memory of a device into a file", "read dump backup save",
	  "Triggers the device first if it runs its application. \"-\" is the standard output. What was read before an\n"
	  "error or Ctrl-C is kept as FILE.partial.\n",
	  command_upload_run, NAMES_FILES },
	{ "command", COMMAND_COMMAND, 0, 1, "[NAME]", "tell a device to do something other than an update",
	  "run erase start reset restart reboot", "Without a name, shows which commands the device knows.\n",
	  command_command_run, NAMES_COMMANDS },
	{ "info", COMMAND_INFO, 1, 1, "FILE", "show what is in a firmware file", "inspect show file", "",
	  command_info_run, NAMES_FILES },
	{ "pack", COMMAND_PACK, 1, 2, "IN OUT", "convert a firmware file, wrap it, or add a DFU suffix",
	  "convert wrap suffix",
	  "Can also remove the suffix. With --esp, makes OUT from the files that ESP-IDF built; with --nordic or\n"
	  "--nordic-legacy, a Nordic DFU package. Then shows OUT as info does.\n",
	  command_pack_run, NAMES_FILES },
	{ "doctor", COMMAND_DOCTOR, 0, 0, "", "find out why a device can't be used", "check diagnose",
	  "Opens each device, but sends nothing to it. The exit code is that of the first problem.\n",
	  command_doctor_run, NAMES_NONE },
	{ "explain", COMMAND_EXPLAIN, 1, 1, "FILE", "tell in words what is in a session file (--record)",
	  "tell read show", "What follows each other and went well is one line; what failed has its own.\n",
	  command_explain_run, NAMES_FILES },
	{ "report", COMMAND_REPORT, 1, 1, "FILE", "write a report for whoever is to help, into a new file",
	  "bug send support",
	  "A text with versions, system, devices, the device table, udev's rules, the kernel's messages, and the last\n"
	  "session file (--record) in the folder where the report goes, or --session. Nothing is sent anywhere.\n",
	  command_report_run, NAMES_FILES },
	{ "sim", COMMAND_SIM, 0, OPERAND_LIMIT, "[NAME...]",
	  "show the virtual devices, or plug some into a real system", "simulate virtual",
	  "Without a name, lists them. NAME[:KEY=VALUE,...] is as for --sim. The devices stay until the\n"
	  "command is interrupted; one that leaves is plugged in again at the same port when it comes back.\n",
	  command_sim_run, NAMES_SIMS },
	{ "import", COMMAND_IMPORT, 2, 2, "CAPTURE SESSION", "make a session file of a capture of USB", "capture",
	  "CAPTURE is a text of usbmon, or a pcap or pcapng file of usbmon or USBPcap, begun before the device was\n"
	  "plugged in; or a device emulation of fwupd. What memories hold becomes a hash, serial numbers become others.\n",
	  command_import_run, NAMES_FILES },
	{ "export", COMMAND_EXPORT, 2, 2, "SESSION CAPTURE", "make a capture of a session file, for Wireshark",
	  "pcapng",
	  "CAPTURE becomes a pcapng file of usbmon's packets. Where the session file has a hash, it has a length only.\n",
	  command_export_run, NAMES_FILES },
	{ "help", COMMAND_HELP, 0, 1, "[COMMAND]", "explain a command, \"exit-codes\", \"formats\" or \"families\"",
	  "usage man", "", command_help_run, NAMES_NONE },
	{ "complete", COMMAND_COMPLETE, 0, 0, "[-- WORD...]", "tell shells what may follow", "completion",
	  "The words are those of a command line without the first, and the last is the one that is being written.\n"
	  "Prints a line for each word that may be meant, with a tab and what it stands for; or \":files\" or \":folders\".\n",
	  command_complete_run, NAMES_NONE },
};

const struct command *command_get(size_t index)
{
	return index < sizeof(commands) / sizeof(commands[0]) ? &commands[index] : NULL;
}

const struct command *command_find(const char *name)
{
	const struct command *command = NULL;

	for (size_t i = 0; (command = command_get(i)); i++)
		if (strcmp(command->name, name) == 0)
			return command;
	return NULL;
}
