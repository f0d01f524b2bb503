/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

#ifndef DFUTRIGGER_CLI_SINK_H
#define DFUTRIGGER_CLI_SINK_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

/** A file that gets its name only when it is complete. */
struct sink {
	const char *path;
	FILE *file;
	bool is_direct;	 /**< the bytes go straight to where they belong: "-", a pipe, a device */
	bool overwrite;	 /**< a file that has the name is replaced */
	char *target;	 /**< the name, or where a link of that name leads to; NULL if it is_direct */
	char *temporary; /**< name until then, NULL for none: where the file system has files without a name */
	uint64_t size;	 /**< bytes written */
	int error;	 /**< errno of the first failure, 0 if none */
};

/** @return false if the file can't be made; sink->error says why, EEXIST if it is there and must not be replaced */
bool sink_open(struct sink *sink, const char *path, bool overwrite);
/** A dfut_writer with a struct sink. */
int sink_write(const uint8_t *data, size_t size, void *user_data);
/** Ends the file, and gives it its name once it is on the disk. @return false if it could not be kept */
bool sink_close(struct sink *sink);
/**
 * Ends a file that is not complete: one with bytes gets the name PATH.partial, or PATH.partial.2 and so on where there is one;
 * a short one in the same folder if that is longer than names can be.
 *
 * @return that name, or that of what the bytes went to directly; NULL if there are none. To be freed
 */
char *sink_break(struct sink *sink);
/** Ends a file that is worth nothing unless it is complete: none is left. */
void sink_discard(struct sink *sink);

#endif
