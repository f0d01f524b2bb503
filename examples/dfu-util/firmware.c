/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* Which file is to be written, and for whom it is made. */

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "exit-code.h"
#include "firmware.h"
#include "input.h"

/* Of what has no size; the library takes no more */
#define INPUT_LIMIT (256u << 20)
#define SUFFIX_SIZE 16

/* Of more than it takes, the library says so. */
static int load_input(struct firmware *firmware, struct program *program)
{
	const struct options *options = &program->options;
	uint8_t *data = NULL;
	size_t size = 0;
	int error = input_read(stdin, INPUT_LIMIT, &data, &size);
	bool is_read = !error || error == EFBIG;
	int code = 0;

	if (is_read)
		code = dfut_image_load_buffer(&firmware->image, program->bus.context, data, size, options->force);
	else
		words_complain(&program->words, "Could not read from stdin: %s", strerror(error));
	if (options->verbosity && is_read)
		words_say("Read %zu bytes from stdin\n", size);
	free(data);
	if (!is_read)
		return error == ENOMEM ? EXIT_CODE_SOFTWARE : EXIT_CODE_NO_INPUT;
	return code < 0 ? program_fail(program, code) : 0;
}

static int load_file(struct firmware *firmware, struct program *program)
{
	const struct options *options = &program->options;
	int code;

	/* Not opened: a pipe can be read once. */
	if (access(options->file, R_OK) != 0) {
		words_complain(&program->words, "Could not open file %s for reading: %s", options->file,
			       strerror(errno));
		return EXIT_CODE_NO_INPUT;
	}
	code = dfut_image_load_file(&firmware->image, program->bus.context, options->file, options->force);
	if (code == DFUT_ERROR_IO || code == DFUT_ERROR_NOT_FOUND || code == DFUT_ERROR_ACCESS) {
		program_fail(program, code);
		return EXIT_CODE_NO_INPUT;
	}
	return code < 0 ? program_fail(program, code) : 0;
}

/* What the file says of its device is asked for where the caller says nothing. */
static void match_file(const struct firmware *firmware, struct options *options)
{
	struct id_pair *runtime = &options->ids.runtime;

	if (runtime->vendor_id == DFUT_MATCH_ANY && firmware->vendor_id != DFUT_ID_ANY) {
		runtime->vendor_id = firmware->vendor_id;
		words_say("Match vendor ID from file: %04x\n", firmware->vendor_id);
	}
	if (runtime->product_id == DFUT_MATCH_ANY && firmware->product_id != DFUT_ID_ANY) {
		runtime->product_id = firmware->product_id;
		words_say("Match product ID from file: %04x\n", firmware->product_id);
	}
}

int firmware_load(struct firmware *firmware, struct program *program)
{
	const char *name = program->options.file;
	int exit_code = strcmp(name, "-") == 0 ? load_input(firmware, program) : load_file(firmware, program);

	if (exit_code)
		return exit_code;
	if (!dfut_image_get_ids(firmware->image, &firmware->vendor_id, &firmware->product_id, NULL)) {
		firmware->vendor_id = firmware->product_id = DFUT_ID_ANY;
		words_complain(&program->words, "Warning: %s",
			       dfut_image_get_size(firmware->image) < SUFFIX_SIZE ? "File too short for DFU suffix" :
										    "Invalid DFU suffix signature");
	}
	firmware->is_dfuse = strcmp(dfut_image_get_format(firmware->image), "dfuse") == 0;
	match_file(firmware, &program->options);
	return 0;
}

static bool fits(uint16_t wanted, int id)
{
	return wanted == DFUT_ID_ANY || id == DFUT_MATCH_ANY || (int)wanted == id;
}

static bool fits_pair(const struct firmware *firmware, int vendor_id, int product_id)
{
	return fits(firmware->vendor_id, vendor_id) && fits(firmware->product_id, product_id);
}

/* What is known of devices may tell that the ids are those of the application behind this bootloader. */
static bool is_known_to_fit(const struct firmware *firmware, const struct dfut_device *device)
{
	return dfut_image_check(firmware->image, device, NULL, ~(unsigned int)DFUT_CHECK_IDS) == 0;
}

bool firmware_may_be_for(const struct firmware *firmware, const struct options *options,
			 const struct dfut_device *device)
{
	int dfu_vendor_id = options->ids.dfu.vendor_id;

	return fits(firmware->vendor_id, dfut_device_get_vendor_id(device)) ||
	       (dfu_vendor_id != DFUT_MATCH_ANY && fits(firmware->vendor_id, dfu_vendor_id));
}

int firmware_check_ids(const struct firmware *firmware, struct program *program, const struct id_pair *runtime,
		       const struct dfut_device *device)
{
	uint16_t vendor_id = dfut_device_get_vendor_id(device);
	uint16_t product_id = dfut_device_get_product_id(device);
	int runtime_vendor_id = runtime->vendor_id == DFUT_MATCH_ANY ? vendor_id : runtime->vendor_id;
	int runtime_product_id = runtime->product_id == DFUT_MATCH_ANY ? product_id : runtime->product_id;

	if (program->options.force & DFUT_CHECK_IDS || fits_pair(firmware, vendor_id, product_id) ||
	    fits_pair(firmware, runtime_vendor_id, runtime_product_id) || is_known_to_fit(firmware, device))
		return 0;
	words_complain(&program->words, "Error: File ID %04x:%04x does not match device (%04x:%04x or %04x:%04x)",
		       firmware->vendor_id, firmware->product_id, (unsigned int)runtime_vendor_id,
		       (unsigned int)runtime_product_id, vendor_id, product_id);
	words_complain(&program->words, "--force ids does it all the same");
	return EXIT_CODE_USAGE;
}

void firmware_free(struct firmware *firmware)
{
	dfut_image_free(firmware->image);
}
