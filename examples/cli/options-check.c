/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* Which options go together. */

#include <string.h>

#include "options-rows.h"

static void check_list(struct options *options)
{
	if (options->dfu_util && (options->json || options->probe))
		options_fail(options, "--dfu-util goes neither with --json nor with --probe");
}

/* What is made of files that options name has no IN, and can't be changed by other options. */
static void check_made(struct options *options, const char *name)
{
	if (options->operand_count > 1)
		options_fail(options, "pack: with %s, there is only OUT", name);
	if (options->format || options->family || options->mcuboot || options->has_suffix || options->no_suffix ||
	    options->has_address || (options->esp && options->nordic))
		options_fail(options, "%s and --esp, --nordic, --address, --format, --family, --mcuboot, --suffix, --no-suffix "
		     "exclude each other", name);
}

static void check_esp(struct options *options)
{
	const struct dfut_esp *files = &options->esp_files;

	if (!options->esp) {
		if (files->chip || files->flasher_args || files->flash_size || files->part_size)
			options_fail(options, "--chip, --flasher-args, --flash-size and --part-size go with --esp");
		return;
	}
	if (!files->chip || !files->flasher_args)
		options_fail(options, "--esp goes with --chip and --flasher-args");
	check_made(options, "--esp");
}

static void check_nordic(struct options *options)
{
	const struct dfut_nordic *files = &options->nordic_files;
	bool has_files = files->application || files->softdevice || files->bootloader;

	if (!options->nordic) {
		if (has_files || options->has_hw_version || files->sd_req || files->sd_id || files->private_key ||
		    files->debug || files->application_version || files->bootloader_version)
			options_fail(options, "--application, --softdevice, --bootloader, their versions, --hw-version, --sd-req, "
			     "--sd-id, --key and --debug go with --nordic");
		return;
	}
	if (!has_files)
		options_fail(options, "--nordic goes with --application, --softdevice or --bootloader");
	if (!files->sd_req)
		options_fail(options, "--nordic goes with --sd-req; 0 means that no SoftDevice is needed");
	if (!files->legacy && !options->has_hw_version)
		options_fail(options, "--nordic goes with --hw-version; it is 52 for the nRF52");
	check_made(options, files->legacy ? "--nordic-legacy" : "--nordic");
}

static void check_pack(struct options *options)
{
	bool is_made = options->esp || options->nordic;

	check_esp(options);
	check_nordic(options);
	if (!is_made && options->operand_count == 1)
		options_fail(options, "pack: OUT is missing");
	if (options->has_suffix && options->no_suffix)
		options_fail(options, "--suffix and --no-suffix exclude each other");
	if (!is_made && !options->format && !options->family && !options->mcuboot && !options->has_suffix &&
	    !options->no_suffix)
		options_fail(options, "pack: say what to do with --format, --family, --mcuboot, --suffix, --no-suffix, --esp or "
		     "--nordic");
	if (options->header_size && !options->mcuboot)
		options_fail(options, "--header-size goes with --mcuboot");
}

void options_check(struct options *options)
{
	const struct command *command = options->command;

	if (options->help || options->version)
		return;
	if (!command) {
		options_fail(options, "which command?");
		return;
	}
	if (options->operand_count < command->operand_min)
		options_fail(options, "%s: %s is missing", command->name, command->operands);
	if (options->way.count + (options->trigger ? 1 : 0) > 1)
		options_fail(options, "--how, --control, --feature-report, --output-report and --touch exclude each other");
	if (options->interface >= 0 && options->way.kind != WAY_REPORT && options->way.kind != WAY_TOUCH)
		options_fail(options, "--interface goes with --feature-report, --output-report or --touch");
	if (options->sim_record && options->sims.count == 0)
		options_fail(options, "--sim-record goes with --sim");
	if (command->bit == COMMAND_UPLOAD && options->json && options->operand_count &&
	    strcmp(options->operands[0], "-") == 0)
		options_fail(options, "upload: the standard output can't take both the data and --json");
	if (command->bit == COMMAND_PACK)
		check_pack(options);
	check_list(options);
	if (options->attach && options->listen_address)
		options_fail(options, "--attach and --listen exclude each other");
	if ((options->attach || options->listen_address) && options->sims.count == 0)
		options_fail(options, "sim: which devices?");
}
