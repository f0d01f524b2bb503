/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

#ifndef DFUTRIGGER_CLI_OPTIONS_OWN_H
#define DFUTRIGGER_CLI_OPTIONS_OWN_H

#include "options-rows.h"

/* Arguments of a form of their own, which may be cut into pieces. All are false for what makes no sense. */

bool options_read_device(struct options *options, char *argument);
bool options_read_protocol(struct options *options, char *argument);
bool options_read_serial(struct options *options, char *argument);
bool options_read_control(struct options *options, char *argument);
bool options_read_feature_report(struct options *options, char *argument);
bool options_read_output_report(struct options *options, char *argument);
bool options_read_touch(struct options *options, char *argument);
/** Names the checks that there are, if it is none of them. */
bool options_read_force(struct options *options, char *argument);
bool options_read_format(struct options *options, char *argument);
/** A name or a number. */
bool options_read_family(struct options *options, char *argument);
/** @param argument NULL if it was left out */
bool options_read_wait(struct options *options, char *argument);
/** @param argument NULL if it was left out */
bool options_read_suffix(struct options *options, char *argument);
bool options_read_listen(struct options *options, char *argument);

/** @return true if the text is VID:PID[:REL]; what is left out stays as it is in `ids` */
bool option_parse_suffix_ids(const char *text, uint16_t ids[3]);

#endif
