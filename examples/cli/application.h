/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

#ifndef DFUTRIGGER_CLI_APPLICATION_H
#define DFUTRIGGER_CLI_APPLICATION_H

#include <dfutrigger.h>

#include "options.h"
#include "output.h"
#include "sim.h"
#include "system.h"

/** What one run of the command works with. */
struct application {
	struct options options;
	struct output output;
	struct dfut_context *context;
	struct virtual_bus virtual_bus;
	bool is_recorded;
};

/** Reports the last error of the context. @return the exit code */
int application_fail(struct application *application, int code);
/** Reports an error of a call on an image. @return the exit code */
int application_fail_image(struct application *application, const struct dfut_image *image, int code);
/** Reports an error of the command's own. @return the exit code */
int application_fail_text(struct application *application, int code, const char *hint, const char *text, ...)
	SYSTEM_PRINTF(4, 5);
/** Reports that a file can't be read, made or written. @param error errno @return the exit code */
int application_fail_file(struct application *application, const char *path, int error);
/** Reports an error of a virtual device, as --sim names it. @return the exit code */
int application_fail_sim(struct application *application, int code, const char *spec, const char *text);
/** Makes the context. @return 0, or the exit code of an error that was reported */
int application_open_context(struct application *application);
/** Adds the tables and buses that the command line names to it. @return 0, or the exit code of an error that was reported */
int application_open_buses(struct application *application);
/** Plugs in what --sim names. @return 0, or the exit code of an error that was reported */
int application_open_virtual_bus(struct application *application);

#endif
