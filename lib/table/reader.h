/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* Reading the device table's JSON: values with their place in errors; and the parts that have files of their own. */

#ifndef DFUT_TABLE_READER_H
#define DFUT_TABLE_READER_H

#include "base/json.h"

#include "table/table.h"

struct dfut_table_reader {
	struct dfut_failure *failure;
	const char *origin;
	const char *device; /* the entry that is being read */
	int line;	    /* on which it begins */
};

/* All read functions: 0 if the key is missing, 1 if it was read, or a negative error with its text. */

/* DFUT_ERROR_USAGE, and its text: file, line, device, key and what is wrong with it. */
int dfut_table_wrong(struct dfut_table_reader *reader, const char *key, const char *what);
/* Refuses keys that are not in the list, which ends with NULL: a misspelt condition would match everything. */
int dfut_table_check_keys(struct dfut_table_reader *reader, const struct dfut_json *object, const char *where,
			  const char *const *known);
/* Steps over hexadecimal digits, `least` to `most` of them, or over one character. False if it is something else. */
bool dfut_table_take_hex(const char **text, size_t least, size_t most, unsigned int *value);
bool dfut_table_take_char(const char **text, char wanted);
int dfut_table_read_hex(struct dfut_table_reader *reader, const struct dfut_json *object, const char *key,
			unsigned long most, unsigned long *value);
/* A decimal number. */
int dfut_table_read_number(struct dfut_table_reader *reader, const struct dfut_json *object, const char *key,
			   unsigned long least, unsigned long most, unsigned long *value);
int dfut_table_read_flag(struct dfut_table_reader *reader, const struct dfut_json *object, const char *key,
			 bool *value);
int dfut_table_read_text(struct dfut_table_reader *reader, const struct dfut_json *object, const char *key,
			 const char **value);
/* Fit to be shown. NULL, and the failure says why. */
char *dfut_table_copy_text(struct dfut_table_reader *reader, const char *text);
/* "interface": "ff/01/01" */
int dfut_table_read_class(struct dfut_table_reader *reader, const struct dfut_json *object,
			  struct dfut_interface_class *class_);
/* "ff60/61" */
int dfut_table_read_usage(struct dfut_table_reader *reader, const struct dfut_json *object, struct dfut_usage *usage);
/* "feature", "output", "input": those among `allowed`, bits 1 << type */
int dfut_table_read_report_type(struct dfut_table_reader *reader, const struct dfut_json *object, const char *key,
				unsigned int allowed, enum dfut_report_type *type);
/* Bytes as hexadecimal digits. Sets the size. */
int dfut_table_read_bytes(struct dfut_table_reader *reader, const struct dfut_json *object, const char *key,
			  uint8_t *data, size_t room, uint16_t *size);

/* command.c: request_type, request, value, index and data of an object that has other keys besides, too */
int dfut_table_read_control(struct dfut_table_reader *reader, const struct dfut_json *object,
			    struct dfut_control *control);
int dfut_table_read_leave(struct dfut_table_reader *reader, const struct dfut_json *object, struct dfut_entry *entry);
int dfut_table_read_commands(struct dfut_table_reader *reader, const struct dfut_json *object,
			     struct dfut_entry *entry);
/* rule.c, trigger.c */
int dfut_table_read_rules(struct dfut_table_reader *reader, const struct dfut_json *object, const char *key,
			  const struct dfut_rule **rules, size_t *count);
int dfut_table_read_triggers(struct dfut_table_reader *reader, const struct dfut_json *object,
			     struct dfut_entry *entry);

#endif
