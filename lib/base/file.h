/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* Files by their path, in UTF-8 on every system: opened to be read, and replaced whole or not at all. In both libraries. */

#ifndef DFUT_FILE_H
#define DFUT_FILE_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

struct dfut_failure;

/* An error of its own, beside those of the system */
#define DFUT_FILE_NOT_REGULAR (-1)

/* False, with errno set, if it could not be written. */
typedef bool (*dfut_file_writer)(const void *data, FILE *file);

bool dfut_file_is_directory(const char *path);
FILE *dfut_file_open(const char *path);
/* A new one, to be written, that only its owner can read; EEXIST if there is any file. */
FILE *dfut_file_create(const char *path);
/* What is there, as read() returns it, wherever the file is read otherwise: by any thread. */
long long dfut_file_read_at(FILE *file, uint64_t offset, void *bytes, size_t size);
/* read.c, not in libdfutrigger-sim: the whole of a file, which the caller frees, also after an error. The failure does not name
 * the path; of more than limit bytes it is DFUT_ERROR_IMAGE, before any is read if the file has a size. */
int dfut_file_read(struct dfut_failure *failure, const char *path, size_t limit, uint8_t **data, size_t *size);
/* The same of a file that another file names: a pipe that somebody has put there would be waited for, DFUT_ERROR_IO. */
int dfut_file_read_named(struct dfut_failure *failure, const char *path, size_t limit, uint8_t **data, size_t *size);
/* As dfut_file_read() in two steps: *size is 0 where it is not known, as that of a pipe or of a file of /proc. */
int dfut_file_open_known(struct dfut_failure *failure, const char *path, FILE **file, uint64_t *size);
/* Closes the file. */
int dfut_file_take(struct dfut_failure *failure, FILE *file, uint64_t said, size_t limit, uint8_t **data, size_t *size);
/*
 * Writes a file beside the one at the path, and puts it in its place when it is complete on the disk. The file that a symbolic
 * link leads to is replaced, not the link, and it keeps its mode. A device or a pipe is refused: it would become a file.
 *
 * Returns 0, what errno said, or DFUT_FILE_NOT_REGULAR.
 */
int dfut_file_replace(const char *path, dfut_file_writer writer, const void *data);
/* Words for that. */
const char *dfut_file_get_text(int error);

#endif
