/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* What the models of boards with a serial port share. */

#ifndef DFUT_SIM_BOARD_H
#define DFUT_SIM_BOARD_H

#include "sim/sim.h"

/* board.c */

/* What a board is in one of its modes. */
struct dfut_sim_board_mode {
	const char *name;
	const uint8_t *descriptors; /* total length and ids of the application are filled in */
	size_t size;
	bool has_port;		    /* interface 0 is a serial port */
	bool keeps_ids;		    /* those of the application */
	const char *manufacturer;   /* string 1 */
	const char *product;	    /* string 2 */
	const char *serial;	    /* string 3: NULL as the option says, "" for none */
	const char *interface_name; /* string 4, "" for none */
};

#define DFUT_SIM_BOARD_DESCRIPTORS_LIMIT 256

/* A board whose serial port is its trigger: the first member of the states of such models, named `board`. */
struct dfut_sim_board {
	struct dfut_sim_device *device;
	const struct dfut_sim_board_mode *application;
	const struct dfut_sim_board_mode *bootloader;
	const struct dfut_sim_board_mode *mode;
	const struct dfut_sim_board_mode *next; /* what it restarts as */
	struct {
		uint32_t stall;
		uint32_t race;
		uint16_t vendor_id;
		uint16_t product_id;
		char serial[DFUT_SIM_TEXT_SIZE];
		struct dfut_sim_return leaving;
	} options;
	struct dfut_sim_cdc cdc;
	uint8_t descriptors[DFUT_SIM_BOARD_DESCRIPTORS_LIMIT];
	struct dfut_string strings[4];
	uint64_t tapped_us;
};

/* The timer that restarts a board; the others are the model's. */
#define DFUT_SIM_BOARD_TIMER 0

#define DFUT_SIM_BOARD_OPTIONS(type) \
	{ "stall", DFUT_SIM_OPTION_CHOICE, offsetof(type, board.options.stall), 0, 0, "none|coding|state" }, \
		{ "race", DFUT_SIM_OPTION_CHOICE, offsetof(type, board.options.race), 0, 0, "ack|gone" }, \
		{ "vid", DFUT_SIM_OPTION_ID, offsetof(type, board.options.vendor_id), 0, 0, NULL }, \
		{ "pid", DFUT_SIM_OPTION_ID, offsetof(type, board.options.product_id), 0, 0, NULL }, \
		{ "serial", DFUT_SIM_OPTION_TEXT, offsetof(type, board.options.serial), 0, 0, NULL }, \
		DFUT_SIM_RETURN_OPTIONS(type, board.options.leaving)

#define DFUT_SIM_BOARD_TEXT \
	"stall=none|coding|state: refuses SET_LINE_CODING of 1200 baud, or every SET_CONTROL_LINE_STATE\n" \
	"race=ack|gone: whether a request that restarts it at once is still answered\n" \
	"vid=HHHH: vendor id of the application\n" \
	"pid=HHHH: product id of the application\n" \
	"serial=TEXT: serial number of the application\n" DFUT_SIM_RETURN_TEXT DFUT_SIM_COMMON_TEXT

/* Device and configuration descriptor of a composite device. */
#define DFUT_SIM_BOARD_DESCRIPTORS(vendor_id, product_id, release, interfaces) \
	0x12, 0x01, 0x00, 0x02, 0xef, 0x02, 0x01, 0x40, (vendor_id)&0xff, (vendor_id) >> 8, (product_id)&0xff, \
		(product_id) >> 8, (release)&0xff, (release) >> 8, 0x01, 0x02, 0x03, 0x01, 0x09, 0x02, 0x00, 0x00, \
		interfaces, 0x01, 0x00, 0x80, 0x32

/* For create: the defaults; the ids are those of the application's descriptors. */
void dfut_sim_board_create(struct dfut_sim_board *board, struct dfut_sim_device *device,
			   const struct dfut_sim_board_mode *application, const struct dfut_sim_board_mode *bootloader,
			   const char *serial);
bool dfut_sim_board_is_application(const struct dfut_sim_board *board);
bool dfut_sim_board_is_bootloader(const struct dfut_sim_board *board);
void dfut_sim_board_set_mode(struct dfut_sim_board *board, const struct dfut_sim_board_mode *mode);
/* Leaves the bus and comes back so. */
void dfut_sim_board_become(struct dfut_sim_board *board, const struct dfut_sim_board_mode *mode);
/* Restarts it as `next` after some time, unless leave=no or disarmed. */
void dfut_sim_board_arm(struct dfut_sim_board *board, const struct dfut_sim_board_mode *next, uint64_t after_us);
void dfut_sim_board_disarm(struct dfut_sim_board *board);
/* Restarts it at once. Returns what the request is answered with: `result` if it wins the race. */
int dfut_sim_board_restart(struct dfut_sim_board *board, const struct dfut_sim_board_mode *next, int result);
/* Answers what goes to the serial port, and sets the event of the port; DFUT_ERROR_DEVICE for all else. */
int dfut_sim_board_answer(struct dfut_sim_board *board, const struct dfut_sim_setup *setup, uint8_t *data);
/* The port is at 1200 baud and DTR is off. */
bool dfut_sim_board_is_touched(const struct dfut_sim_board *board);
/* A class request to an interface? */
bool dfut_sim_board_is_class_request(const struct dfut_sim_setup *setup, uint8_t interface);
int dfut_sim_board_give(const struct dfut_sim_setup *setup, uint8_t *data, const void *bytes, size_t size);

/* For the tables of models. Two taps of the button within 500 ms: the bootloader. */
uint32_t dfut_sim_board_start(void *state, enum dfut_sim_start start);
uint32_t dfut_sim_board_start_by_taps(void *state, enum dfut_sim_start start);
int dfut_sim_board_continue(void *state, const char *mode);
const char *dfut_sim_board_get_mode_name(const void *state);
void dfut_sim_board_describe(const void *state, struct dfut_sim_description *description);
void dfut_sim_board_timer(void *state, unsigned int timer);

#endif
