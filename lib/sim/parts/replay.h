/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* A device out of a session file: its lives, from one arrival to the departure after it, and what it was asked in each. */

#ifndef DFUT_SIM_REPLAY_H
#define DFUT_SIM_REPLAY_H

#include "base/index.h"
#include "base/tape.h"
#include "sim/sim.h"

enum dfut_sim_step_kind {
	DFUT_SIM_STEP_CONTROL,
	DFUT_SIM_STEP_ALTERNATE,
	DFUT_SIM_STEP_RESET,
	DFUT_SIM_STEP_READ,	 /* of an endpoint */
	DFUT_SIM_STEP_WRITE,	 /* to one */
	DFUT_SIM_STEP_FILE_READ, /* of a drive that is mounted */
	DFUT_SIM_STEP_FILE_WRITE,
};

/* A request as it reaches a device: what a driver made of a report or a line is undone. */
struct dfut_sim_step {
	enum dfut_sim_step_kind kind;
	int line; /* of the file */
	struct dfut_sim_setup setup;
	uint8_t endpoint;
	uint8_t interface; /* ALTERNATE, FILE_READ, FILE_WRITE */
	uint8_t setting;
	bool is_for_driver; /* speed and lines of a serial port, how often reports repeat: drivers differ in what they send */
	bool is_stream; /* bytes of a serial port: how many go at once means nothing */
	bool has_id;	/* in front of the data */
	uint8_t id;
	const char *file; /* FILE_READ, FILE_WRITE: which, and where in it */
	uint64_t offset;
	uint32_t room;	/* READ: what was asked for */
	size_t skipped; /* bytes of the data that are not on the wire */
	const struct dfut_tape_data *data;
	int result; /* DFUT_TAPE_NONE and DFUT_ERROR_TIMEOUT: there was no answer */
	uint64_t took_us;
	uint64_t end_us;
};

struct dfut_sim_life {
	const struct dfut_tape_event *event; /* what is known of it at last */
	uint64_t arrived_us;
	uint64_t left_us; /* UINT64_MAX: it stays */
	uint8_t *descriptors;
	size_t descriptors_size;
	struct dfut_string *strings;
	size_t string_count;
	size_t first_step;
	size_t step_count;
};

struct dfut_sim_script {
	struct dfut_tape tape;
	struct dfut_sim_life *lives;
	size_t life_count;
	struct dfut_index by_device; /* its life */
	struct dfut_sim_step *steps;
	size_t step_count;
	uint64_t open_us; /* what that took at first */
	uint64_t reset_us;
};

/* Of a tape that is read already: 0, DFUT_ERROR_USAGE if no device is in it that can be shown, or DFUT_ERROR_NO_MEMORY. To be
 * freed in any case. */
int dfut_sim_script_make(struct dfut_sim_script *script);
/* 0, or an error whose words are the sim's. */
int dfut_sim_script_load(struct dfut_sim_script *script, struct dfut_sim *sim, const char *path);
void dfut_sim_script_free(struct dfut_sim_script *script);
/* The report descriptor of an interface; NULL if it is not known. To be freed. */
uint8_t *dfut_sim_life_take_reports(const struct dfut_sim_life *life, uint8_t interface, size_t *size);
/* SET_LINE_CODING, SET_CONTROL_LINE_STATE or SET_IDLE */
bool dfut_sim_is_for_driver(const struct dfut_sim_setup *setup);
bool dfut_sim_is_same_setup(const struct dfut_sim_setup *a, const struct dfut_sim_setup *b);
/* SET_CONTROL_LINE_STATE: whether DTR is on, -1 if it is another request */
int dfut_sim_get_dtr(const struct dfut_sim_setup *setup);
/* 0 where the later one is not later */
static inline uint64_t dfut_sim_get_gap(uint64_t from_us, uint64_t to_us)
{
	return to_us > from_us ? to_us - from_us : 0;
}

#define DFUT_SIM_STEP_TEXT 100
/* For people */
void dfut_sim_step_describe(const struct dfut_sim_step *step, char text[DFUT_SIM_STEP_TEXT]);
/* Bytes on the wire, known or not. */
size_t dfut_sim_step_get_size(const struct dfut_sim_step *step);
/* Whether these bytes are those of the step, or, if they are fewer, may be its first. */
bool dfut_sim_step_has(const struct dfut_sim_step *step, const uint8_t *bytes, size_t size);

/* replay-content.c: what the host has written, to find in it what is known by its hash only. */
struct dfut_sim_content {
	uint8_t *bytes;
	size_t size;
	size_t room;
	size_t *starts; /* of each write */
	size_t start_count;
	size_t last; /* behind what was found last */
};

int dfut_sim_content_add(struct dfut_sim_content *content, const uint8_t *bytes, size_t size);
/* Fills as many bytes as are hidden with what has their hash; false: with filler. */
bool dfut_sim_content_find(struct dfut_sim_content *content, const struct dfut_tape_data *data, uint8_t *bytes);
void dfut_sim_content_free(struct dfut_sim_content *content);

#endif
