/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* What the parts of dfu-util share. */

#ifndef DFUTRIGGER_DFU_UTIL_PROGRAM_H
#define DFUTRIGGER_DFU_UTIL_PROGRAM_H

#include "bus.h"
#include "dfuse-options.h"
#include "options.h"

struct program {
	struct words words;
	struct options options;
	struct dfuse_options dfuse;
	struct bus bus;
};

/** Opens the bus, and lets the log be heard. @return 0 or a negative enum dfut_error */
int program_open_bus(struct program *program);
/** Complains about the context's last error. @return the exit code for it */
int program_fail(struct program *program, int code);
/** Complains about what the session ended with. @return the exit code for it */
int program_fail_session(struct program *program, const struct dfut_session *session, int code);
/** Complains, with the hint that the library has. @return the exit code */
int program_fail_text(struct program *program, int code, const char *text, const char *hint);

/** -l */
int list_run(struct program *program);
/** Everything that is done with one device. */
int job_run(struct program *program);

#endif
