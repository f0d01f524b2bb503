/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* What crosses files inside libdfutrigger-sim: the bus, its devices, and the help that the models share. */

#ifndef DFUT_SIM_SIM_H
#define DFUT_SIM_SIM_H

#include "base/base.h"
#include "base/deadlines.h"
#include "dfutrigger-sim.h"
#include "sim/bus/looking.h"
#include "sim/return.h"

#if defined(_WIN32)
#define DFUT_SIM_API __declspec(dllexport)
#else
#define DFUT_SIM_API __attribute__((visibility("default")))
#endif

#define DFUT_SIM_US_PER_MS UINT64_C(1000)

/* USB 2.0, 9.3 and 9.4 */
enum {
	DFUT_SIM_REQUEST_IN = 0x80,
	DFUT_SIM_TYPE_MASK = 0x60,
	DFUT_SIM_TYPE_STANDARD = 0x00,
	DFUT_SIM_TYPE_CLASS = 0x20,
	DFUT_SIM_RECIPIENT_MASK = 0x1f,
	DFUT_SIM_RECIPIENT_DEVICE = 0x00,
	DFUT_SIM_RECIPIENT_INTERFACE = 0x01,
	DFUT_SIM_RECIPIENT_ENDPOINT = 0x02,
};

enum dfut_sim_standard_request {
	DFUT_SIM_GET_STATUS = 0,
	DFUT_SIM_CLEAR_FEATURE = 1,
	DFUT_SIM_SET_FEATURE = 3,
	DFUT_SIM_SET_ADDRESS = 5,
	DFUT_SIM_GET_DESCRIPTOR = 6,
	DFUT_SIM_GET_CONFIGURATION = 8,
	DFUT_SIM_SET_CONFIGURATION = 9,
	DFUT_SIM_GET_INTERFACE = 10,
	DFUT_SIM_SET_INTERFACE = 11,
};

enum dfut_sim_descriptor_type {
	DFUT_SIM_DEVICE_DESCRIPTOR = 1,
	DFUT_SIM_CONFIGURATION_DESCRIPTOR = 2,
	DFUT_SIM_STRING_DESCRIPTOR = 3,
	DFUT_SIM_INTERFACE_DESCRIPTOR = 4,
	DFUT_SIM_DEVICE_QUALIFIER_DESCRIPTOR = 6,
	DFUT_SIM_BOS_DESCRIPTOR = 15,
	DFUT_SIM_FUNCTIONAL_DESCRIPTOR = 0x21,
	DFUT_SIM_REPORT_DESCRIPTOR = 0x22,
};

/* DFU 1.1, 3 */
enum dfut_sim_dfu_request {
	DFUT_SIM_DFU_DETACH = 0,
	DFUT_SIM_DFU_DNLOAD = 1,
	DFUT_SIM_DFU_UPLOAD = 2,
	DFUT_SIM_DFU_GETSTATUS = 3,
	DFUT_SIM_DFU_CLRSTATUS = 4,
	DFUT_SIM_DFU_GETSTATE = 5,
	DFUT_SIM_DFU_ABORT = 6,
};

#define DFUT_SIM_GETSTATUS_SIZE 6
#define DFUT_SIM_GETSTATE_SIZE 1

/* DFU 1.1, 6.1.2 */
enum dfut_sim_dfu_state {
	APP_IDLE = 0,
	APP_DETACH = 1,
	DFU_IDLE = 2,
	DFU_DNLOAD_SYNC = 3,
	DFU_DNBUSY = 4,
	DFU_DNLOAD_IDLE = 5,
	DFU_MANIFEST_SYNC = 6,
	DFU_MANIFEST = 7,
	DFU_MANIFEST_WAIT_RESET = 8,
	DFU_UPLOAD_IDLE = 9,
	DFU_ERROR = 10,
};

enum dfut_sim_dfu_status {
	STATUS_OK = 0x00,
	ERR_TARGET = 0x01,
	ERR_FILE = 0x02,
	ERR_WRITE = 0x03,
	ERR_VERIFY = 0x07,
	ERR_ADDRESS = 0x08,
	ERR_NOTDONE = 0x09,
	ERR_FIRMWARE = 0x0a,
	ERR_VENDOR = 0x0b,
	ERR_UNKNOWN = 0x0e,
	ERR_STALLEDPKT = 0x0f,
};

/* options.c */

struct dfut_sim_key {
	char *key;
	char *value;
	bool is_alone; /* the value had no key: it is a file */
};

/* A device's specification, taken apart. */
struct dfut_sim_spec {
	char *name;
	struct dfut_sim_key *keys;
	size_t count;
};

enum dfut_sim_option_kind {
	DFUT_SIM_OPTION_FLAG,	/* bool: yes or no */
	DFUT_SIM_OPTION_NUMBER, /* uint32_t between least and most */
	DFUT_SIM_OPTION_SIZE,	/* the same, with K or M behind it if wanted */
	DFUT_SIM_OPTION_ID,	/* uint16_t: four hexadecimal digits */
	DFUT_SIM_OPTION_CHOICE, /* uint32_t: which of the words, separated by '|' */
	DFUT_SIM_OPTION_TEXT,	/* char[DFUT_SIM_TEXT_SIZE] */
};

#define DFUT_SIM_TEXT_SIZE 128

struct dfut_sim_option {
	const char *key;
	enum dfut_sim_option_kind kind;
	size_t offset;
	uint32_t least;
	uint32_t most;
	const char *words;
};

int dfut_sim_spec_parse(struct dfut_sim_spec *spec, const char *text);
void dfut_sim_spec_finish(struct dfut_sim_spec *spec);
/* Sets the member of `values` that the key stands for. Returns 0, DFUT_ERROR_NOT_FOUND or DFUT_ERROR_USAGE. */
int dfut_sim_option_set(const struct dfut_sim_option *options, size_t count, void *values, const char *key,
			const char *value);
/* The line of a model's options that tells of a key, NULL if there is none. */
const char *dfut_sim_option_find_line(const char *lines, const char *key, int *length);
char *dfut_sim_copy_text(const char *text, size_t length);

#define DFUT_SIM_COMMON_TEXT \
	"state=FILE: keeps memories and mode between runs\n" \
	"press=none|reset|plug: whether at the start its reset button is pressed, or it is plugged in anew\n" \
	"fault=KIND@REQUEST[xTIMES][/MS]: stall, timeout, lost-answer, unplug (for MS, or for ever), short, garbage or slow (by MS); " \
	"on serial ports also lost-byte, doubled-byte, noise, lost-reply, spoilt-reply, noisy-reply and late-reply (by " \
	"MS); requests count from 0\n" \
	"transfer-us=US: time that a control transfer takes\n" \
	"open-ms=MS: time that it takes to open it\n" \
	"reset-ms=MS: time that a reset of its port takes\n" \
	"hub-resets=parallel|serial: whether its hub serves resets of such devices one after the other\n" \
	"break-ms=MS: how long its transfers break before its host sees that it has left\n" \
	"access=yes|no|application: whether it may be opened, or only its application\n" \
	"holder=none|modem-manager: which program has its serial ports open\n" \
	"access-ms=MS: time that the system takes, whenever it appears, to allow that\n" \
	"nodes-ms=MS: time that the system takes, whenever it appears, to make nodes for HID interfaces and serial ports\n" DFUT_SIM_LOOKING_TEXT

/* The choices of the option "access" */
enum dfut_sim_access { DFUT_SIM_ACCESS_YES, DFUT_SIM_ACCESS_NO, DFUT_SIM_ACCESS_APPLICATION };

/* sim.c */

struct dfut_sim_transport;

struct dfut_sim_transfer;

struct dfut_sim_node;

struct dfut_sim {
	unsigned int refs;
	enum dfut_sim_clock clock;
	bool is_clock; /* of its context: another virtual bus may be */
	uint64_t now_us;
	struct dfut_bus *bus;
	bool added;
	struct dfut_sim_device *devices;
	struct dfut_sim_device *last_device;
	struct dfut_deadlines device_times;   /* in the order of devices */
	struct dfut_deadlines transfer_times; /* in the order in which they were submitted */
	uint64_t last_order;
	struct dfut_sim_node *nodes; /* room for those of one device */
	const struct dfut_sim_model **models;
	size_t model_count;
	uint64_t last_instance;
	unsigned int last_address;
	char error[512];
	unsigned int last_port; /* that was given to a device without one */
};

void dfut_sim_unref(struct dfut_sim *sim);
/* Gives the context the sim's clock. Returns the bus, whose self is the sim, to be added to it or put behind another one. */
const struct dfut_bus_ops *dfut_sim_join(struct dfut_sim *sim, struct dfut_context *context);
void dfut_sim_changed(struct dfut_sim *sim);
/* When something is due, UINT64_MAX for never; and does what is due. */
uint64_t dfut_sim_get_next_us(const struct dfut_sim *sim);
void dfut_sim_run_due(struct dfut_sim *sim);
/* Whether a device is plugged in there, or was and may come back. */
bool dfut_sim_is_port_taken(const struct dfut_sim *sim, const char *path, bool or_left);
int dfut_sim_fail(struct dfut_sim *sim, int code, const char *text, ...) DFUT_PRINTF(3, 4);

/* record.c */

struct dfut_sim_entry {
	struct dfut_sim_record record;
	char *text;
};

/* links.c */

#define DFUT_SIM_REPORT_DESCRIPTOR_LIMIT 4096

/* What the system's driver remembers of a serial port. */
struct dfut_sim_port {
	uint64_t instance; /* of the device that it was */
	struct dfut_line_coding coding;
	uint16_t lines; /* bit 0 DTR, bit 1 RTS */
};

/* device.c */

/* What a bootloader on a serial port has done, for tests; forgotten with the record. */
struct dfut_sim_counters {
	size_t bytes;  /* that came in on the port */
	size_t frames; /* that came whole; AVR109: commands */
	size_t objects; /* of the image that were executed; Adafruit, AVR109, SMP: packets, blocks or parts that were taken */
	size_t pages; /* that were erased */
	size_t words; /* that were written; RP2350: rows of OTP */
};

struct dfut_sim_device {
	struct dfut_sim_device *next;
	struct dfut_sim *sim;
	struct dfut_deadline due; /* once it is plugged in */
	struct dfut_sim_transport *transports;
	const struct dfut_sim_model *model;
	void *state;
	char *path;
	unsigned int bus_number;
	struct {
		char *state;
		uint32_t press;
		uint32_t transfer_us;
		uint32_t open_ms;
		uint32_t reset_ms;
		uint32_t hub_resets; /* 1: one after the other */
		uint32_t break_ms;
		uint32_t access;
		uint32_t holder; /* 1: ModemManager */
		uint32_t access_ms;
		uint32_t nodes_ms;
		uint32_t string_ms;
		uint32_t strings; /* enum dfut_sim_strings */
		uint32_t reports; /* 1: not answered */
		bool configured;
		uint32_t dfu_configuration; /* 1: inactive */
	} options;

	bool plugged;
	bool present;
	bool is_dying; /* it has left, and its host does not know yet */
	uint64_t instance;
	uint64_t arrived_us;
	uint64_t nodes_us; /* when its host has made its nodes */
	uint64_t names_us; /* when its host has read its strings, or given up */
	unsigned int address;
	uint8_t configuration;
	uint8_t *shown; /* room for descriptors that differ from the model's; NULL if none do */
	uint8_t alternates[256];
	uint64_t leave_us;
	uint64_t return_us;
	uint64_t replug_us; /* when it is plugged in again */
	uint32_t away_ms;
	uint64_t timers_us[DFUT_SIM_TIMER_COUNT];
	uint64_t answer_delay_us;
	bool is_answer_spoilt;		      /* a fault: the host will not see what the model says */
	enum dfut_sim_fault_kind reply_fault; /* what becomes of what it says now on a serial port; 0 for nothing */
	uint64_t reply_delay_us;	      /* of DFUT_SIM_FAULT_LATE_REPLY */
	struct dfut_sim_counters counters;
	bool is_imported;	 /* by a host that speaks USB/IP */
	uint64_t ready_count;	 /* how often its endpoints became ready */
	uint32_t halts;		 /* bit n: OUT endpoint n is halted; bit 16 + n: IN */
	uint8_t string_surplus;	 /* a quirk: bLength of its strings is too large by so much */
	bool is_driverless[256]; /* interfaces that the system's driver was taken off */
	bool is_mounted[256];	 /* those whose drive its host has mounted, by the next one */
	int (*move_file)(void *state, const struct dfut_action *action, uint8_t *data);
	struct dfut_sim_port ports[256]; /* by interface */

	struct dfut_sim_entry *entries;
	size_t entry_count;
	size_t entry_room;
	size_t breach_count;
	size_t request_count;
	uint64_t record_era;
	struct dfut_sim_fault *faults;
	size_t fault_count;
	size_t struck_count; /* requests that have met one */
};

void dfut_sim_device_arrive(struct dfut_sim_device *device);
/* The system's word, not the device's; rights.c tells why not, as the bus's diagnose and foresee. */
bool dfut_sim_device_is_accessible(const struct dfut_sim_device *device);
int dfut_sim_device_explain_access(const struct dfut_sim_device *device);
bool dfut_sim_device_tell_holder(const struct dfut_sim_device *device, enum dfut_link link, uint8_t channel);
int dfut_sim_device_foresee(const struct dfut_sim_device *device, const struct dfut_prospect *prospect);
uint64_t dfut_sim_device_get_next_us(const struct dfut_sim_device *device);
/* To be called when one of its times was set. */
void dfut_sim_device_plan(struct dfut_sim_device *device);
void dfut_sim_device_run_due(struct dfut_sim_device *device);
/* What it has planned is by another clock from now on. */
void dfut_sim_device_shift(struct dfut_sim_device *device, uint64_t by_us);
/* Does at once what would be done in the time to come. */
void dfut_sim_device_settle(struct dfut_sim_device *device);
int dfut_sim_device_new(struct dfut_sim_device **device, struct dfut_sim *sim, const struct dfut_sim_model *model,
			const struct dfut_sim_spec *spec);
void dfut_sim_device_free(struct dfut_sim_device *device);

/* record.c */

/* The state of its protocol, or of the device if it has none. */
const char *dfut_sim_device_get_state_name(const struct dfut_sim_device *device);
/* Returns NULL when out of memory: the device goes on without. */
struct dfut_sim_record *dfut_sim_record_add(struct dfut_sim_device *device, enum dfut_sim_event event,
					    const char *text);
void dfut_sim_record_control(struct dfut_sim_device *device, const struct dfut_sim_setup *setup);
void dfut_sim_record_endpoint(struct dfut_sim_device *device, uint8_t endpoint, size_t size);
void dfut_sim_record_reset(struct dfut_sim_device *device);
void dfut_sim_device_breach(struct dfut_sim_device *device, const char *text, ...) DFUT_PRINTF(2, 3);

/* answer.c */

/* alternate: -1 for any. Returns the descriptor, NULL if there is no such interface. */
const uint8_t *dfut_sim_find_interface(const struct dfut_sim_description *description, uint8_t number, int alternate);
/* All numbers of interfaces are below that. */
unsigned int dfut_sim_count_interfaces(const struct dfut_sim_description *description);
bool dfut_sim_device_has_interface(const struct dfut_sim_device *device, uint8_t number, int alternate);
int dfut_sim_device_answer(struct dfut_sim_device *device, const struct dfut_sim_setup *setup, uint8_t *data);
/* A string descriptor of a text, which is UTF-8; what is too long is cut. @return its size */
#define DFUT_SIM_STRING_ROOM (254 + 4)
size_t dfut_sim_make_string(uint8_t descriptor[DFUT_SIM_STRING_ROOM], const char *utf8);
void dfut_sim_device_reset(struct dfut_sim_device *device);

/* endpoint.c */

/* endpoint: its address. Both return DFUT_ERROR_BUSY while it is not ready, DFUT_ERROR_GONE when the device has left. */
int dfut_sim_endpoint_send(struct dfut_sim_device *device, uint8_t endpoint, uint8_t *data, size_t room);
int dfut_sim_endpoint_receive(struct dfut_sim_device *device, uint8_t endpoint, const uint8_t *data, size_t size);
/* A halted endpoint stalls all until it is no more (USB 2.0, 9.4.5), which a model can do, and its host. */
void dfut_sim_endpoint_set_halt(struct dfut_sim_device *device, uint8_t endpoint, bool is_halted);
bool dfut_sim_endpoint_is_halted(const struct dfut_sim_device *device, uint8_t endpoint);
/* An interface, or with -1 all, is selected anew: nothing of it is halted. */
void dfut_sim_endpoints_select(struct dfut_sim_device *device, int interface);

/* fault.c */

/* "stall@12", "slow@3x2/500". Returns 0, DFUT_ERROR_USAGE or DFUT_ERROR_NO_MEMORY. */
int dfut_sim_fault_parse(struct dfut_sim_device *device, const char *text);

/* What became of a request that reached a device. */
struct dfut_sim_reply {
	int result;
	bool is_answered;
	bool is_busy; /* the endpoint has no room yet, and has taken nothing */
	uint64_t delay_us;
	size_t record; /* where it is in the record */
	uint64_t record_era;
};

/* A control request reaches the device, through a fault if there is one. */
void dfut_sim_device_receive(struct dfut_sim_device *device, const struct dfut_sim_setup *setup, uint8_t *data,
			     struct dfut_sim_reply *reply);
void dfut_sim_device_receive_reset(struct dfut_sim_device *device, struct dfut_sim_reply *reply);
/* What the host got in the end. */
void dfut_sim_device_set_result(struct dfut_sim_device *device, const struct dfut_sim_reply *reply, int result);

void dfut_sim_device_receive_endpoint(struct dfut_sim_device *device, uint8_t endpoint, const uint8_t *data,
				      size_t size, struct dfut_sim_reply *reply);

/* transport.c */

struct dfut_sim_transport {
	struct dfut_sim_transport *next; /* of its device */
	struct dfut_sim_transfer *transfers;
	struct dfut_sim *sim;
	struct dfut_sim_device *device;
	uint64_t instance;
	bool is_open;
	bool is_claimed[256];
	bool is_linked[DFUT_LINK_VOLUME + 1][256]; /* by enum dfut_link: nodes and ports that are open */
};

/* A request on its way: on the wire to the device until it arrived, then on the way back. */
struct dfut_sim_transfer {
	struct dfut_sim_transfer *next; /* of its transport */
	struct dfut_deadline due;
	struct dfut_sim_transport *transport;
	struct dfut_sim_device *device;
	struct dfut_request *request;
	uint64_t due_us;
	uint64_t rest_us;
	bool arrived;
	bool cancelled;
	bool is_close;
	int result;
	struct dfut_sim_reply reply;
	bool is_recorded;
	bool is_waiting;      /* for an endpoint that has nothing yet */
	uint64_t ready_count; /* the device's, when it was asked */
	uint64_t limit_us;    /* when a transfer of an endpoint ends by itself */
	size_t moved;	      /* its bytes so far */
};

extern const struct dfut_transport_ops dfut_sim_transport_ops;
int dfut_sim_transport_new(struct dfut_sim_transport **transport, struct dfut_sim_device *device);
/* A transfer is due: it reaches its device, or its answer the host. */
void dfut_sim_transfer_run(struct dfut_sim_transfer *transfer);
/* The device has left, or is about to: its transfers end. */
void dfut_sim_transfers_end(struct dfut_sim_device *device, int result);
/* An endpoint has become ready: those that wait for it are due. */
void dfut_sim_transfers_wake(struct dfut_sim_device *device);
/* The device, or the context, will be no more. */
void dfut_sim_transports_forget(struct dfut_sim_device *device);
void dfut_sim_transfers_give_up(struct dfut_sim *sim);

/* pipes.c */

/* Whether a driver of the system holds an interface. */
bool dfut_sim_has_driver(const struct dfut_sim_transport *transport, uint8_t interface);
/* The name of that driver, "" for none. */
const char *dfut_sim_get_driver(const struct dfut_sim_device *device, uint8_t interface);
bool dfut_sim_is_claimed_elsewhere(const struct dfut_sim_transport *transport, uint8_t interface);
/* Sets the result, and when it is due. */
void dfut_sim_pipe_arrive(struct dfut_sim_transfer *transfer);
int dfut_sim_ask_driver(struct dfut_sim_transport *transport, uint8_t interface, enum dfut_driver_request request);
/* The endpoint's descriptor in what is selected of its interface; NULL if there is none. */
const uint8_t *dfut_sim_find_endpoint(const struct dfut_sim_device *device, uint8_t endpoint, uint8_t *interface);

/* links.c */

/* All set the transfer's result, and when it is due. */
void dfut_sim_link_open(struct dfut_sim_transfer *transfer, enum dfut_link link, uint8_t interface);
void dfut_sim_link_arrive(struct dfut_sim_transfer *transfer);
/* Asks an endpoint again that may be ready now. */
void dfut_sim_link_retry(struct dfut_sim_transfer *transfer);
/* Returns its size, 0 if the interface has none. */
size_t dfut_sim_get_report_descriptor(struct dfut_sim_device *device, uint8_t interface, uint8_t *data, size_t room);

/* state.c */

int dfut_sim_state_load(struct dfut_sim_device *device, bool *found);
int dfut_sim_state_save(struct dfut_sim_device *device);

/* dfu-rules.c */

/* The rules that a DFU host keeps, whatever the device makes of a request. */
struct dfut_sim_dfu_rules {
	struct dfut_sim_device *device;
	uint16_t transfer_size;
	uint8_t attributes;
	bool is_zero_length_free; /* zero-length DNLOAD in dfuIDLE is documented */
	bool is_detach_free;	  /* DETACH in DFU mode is documented */
	bool has_no_upload_idle;  /* dfuIDLE stays during an upload */
	bool is_dfuse;		  /* whose block numbers have other rules */
	uint8_t string;		  /* iString of its errors */
	uint16_t next_block;
	uint64_t poll_until_us;
};

const char *dfut_sim_dfu_state_get_name(uint8_t state);
bool dfut_sim_is_dfu_request(const struct dfut_sim_setup *setup);
/* To be called before a request has its effect. */
void dfut_sim_dfu_rules_check(struct dfut_sim_dfu_rules *rules, const struct dfut_sim_setup *setup, uint8_t state,
			      uint8_t status);
void dfut_sim_dfu_rules_check_reset(struct dfut_sim_dfu_rules *rules, uint8_t state);
/* What a GETSTATUS answer says. */
struct dfut_sim_dfu_answer {
	uint8_t status;
	uint32_t poll_ms;
	uint8_t state;
};

/* Fills in a GETSTATUS answer, and remembers when the next request for it may come. Returns its size. */
int dfut_sim_dfu_answer_status(struct dfut_sim_dfu_rules *rules, const struct dfut_sim_setup *setup, uint8_t *data,
			       const struct dfut_sim_dfu_answer *answer);
int dfut_sim_dfu_answer_state(const struct dfut_sim_setup *setup, uint8_t *data, uint8_t state);

/* dfu-descriptors.c */

enum dfut_sim_dfu_place {
	DFUT_SIM_PLACE_LAST,
	DFUT_SIM_PLACE_FIRST,
	DFUT_SIM_PLACE_CONFIGURATION,
	DFUT_SIM_PLACE_MISSING,
};

/* What the descriptors of a device with nothing but a DFU interface are made from. */
struct dfut_sim_dfu_layout {
	uint16_t vendor_id;
	uint16_t product_id;
	uint16_t release;
	uint8_t device_class;	    /* bDeviceClass and bDeviceSubClass: 0, or DFU's */
	bool has_strings;	    /* manufacturer 1, product 2, serial number 3 */
	uint8_t configuration_name; /* iConfiguration */
	uint8_t max_power;
	bool has_association;
	uint8_t class_code;
	uint8_t subclass;
	uint8_t protocol;
	uint8_t alternate_count;
	uint8_t first_name; /* iInterface of the first alternate setting, 0 for none */
	enum dfut_sim_dfu_place place;
	uint8_t functional_size; /* 9, or 7 as in DFU 1.0 */
	uint8_t attributes;
	uint16_t detach_timeout_ms;
	uint16_t transfer_size;
	uint16_t version;
	/* A second DFU interface, whose names follow those of the first; 0 alternate settings: none */
	uint8_t second_count;
	uint8_t second_attributes;
	uint16_t second_transfer_size;
};

#define DFUT_SIM_DFU_CLASS 0xfe
#define DFUT_SIM_DFU_SUBCLASS 0x01
#define DFUT_SIM_DFU_ALTERNATE_LIMIT 16
/* Device, configuration, association, two functional ones, and the alternate settings */
#define DFUT_SIM_DFU_DESCRIPTORS_SIZE (18 + 9 + 8 + 9 + 9 + 9 * DFUT_SIM_DFU_ALTERNATE_LIMIT)

size_t dfut_sim_dfu_put_descriptors(uint8_t *out, const struct dfut_sim_dfu_layout *layout);

/* cdc.c */

/* USB CDC PSTN 1.2, 6.3 */
enum dfut_sim_cdc_request {
	DFUT_SIM_CDC_SET_LINE_CODING = 0x20,
	DFUT_SIM_CDC_GET_LINE_CODING = 0x21,
	DFUT_SIM_CDC_SET_CONTROL_LINE_STATE = 0x22,
	DFUT_SIM_CDC_SEND_BREAK = 0x23,
};

#define DFUT_SIM_LINE_CODING_SIZE 7
/* The rate that is not meant as one */
#define DFUT_SIM_TOUCH_BAUD 1200

/* What the last request to a serial port did. */
enum dfut_sim_cdc_event {
	DFUT_SIM_CDC_NOTHING,
	DFUT_SIM_CDC_CODING, /* SET_LINE_CODING was taken */
	DFUT_SIM_CDC_STATE,  /* SET_CONTROL_LINE_STATE was taken */
	DFUT_SIM_CDC_BREAK,  /* SEND_BREAK was taken */
};

/* A serial port, as far as endpoint 0 goes. */
struct dfut_sim_cdc {
	uint8_t coding[DFUT_SIM_LINE_CODING_SIZE];
	bool is_dtr;
	bool is_rts;
	enum dfut_sim_cdc_event event;
	bool is_changed; /* what the event brought differs from what was there */
};

/* 115200 8N1, both lines off */
void dfut_sim_cdc_start(struct dfut_sim_cdc *cdc);
/* A class request to the port; sets the event. Returns the bytes moved, or DFUT_ERROR_DEVICE. */
int dfut_sim_cdc_answer(struct dfut_sim_cdc *cdc, const struct dfut_sim_setup *setup, uint8_t *data);
uint32_t dfut_sim_cdc_get_baud(const struct dfut_sim_cdc *cdc);

/*
 * Descriptors of a serial port, two interfaces from `interface` on: association, control interface with header, call
 * management, ACM and union (USB CDC 1.2, 5.2.3), data interface. protocol: 1 for AT commands, 0 for none.
 */
/* clang-format off */
#define DFUT_SIM_CDC_DESCRIPTORS(interface, protocol, notification, in, out) \
	0x08, 0x0b, interface, 0x02, 0x02, 0x02, protocol, 0x00, \
	0x09, 0x04, interface, 0x00, 0x01, 0x02, 0x02, protocol, 0x00, \
	0x05, 0x24, 0x00, 0x10, 0x01, 0x05, 0x24, 0x01, 0x03, (interface) + 1, 0x04, 0x24, 0x02, 0x02, \
	0x05, 0x24, 0x06, interface, (interface) + 1, \
	0x07, 0x05, notification, 0x03, 0x40, 0x00, 0x10, \
	0x09, 0x04, (interface) + 1, 0x00, 0x02, 0x0a, 0x00, 0x00, 0x00, \
	0x07, 0x05, in, 0x02, 0x40, 0x00, 0x00, \
	0x07, 0x05, out, 0x02, 0x40, 0x00, 0x00
/* clang-format on */

/* dfu-sink.c */

/* DFU mode of a device that takes every image and keeps none. */
struct dfut_sim_dfu_sink {
	struct dfut_sim_dfu_rules rules;
	bool is_dfuse; /* whose block numbers have other rules */
	uint8_t state;
	uint8_t status;
};

void dfut_sim_dfu_sink_start(struct dfut_sim_dfu_sink *sink, struct dfut_sim_device *device,
			     const struct dfut_sim_dfu_layout *layout);
int dfut_sim_dfu_sink_answer(struct dfut_sim_dfu_sink *sink, const struct dfut_sim_setup *setup, uint8_t *data);

#endif
