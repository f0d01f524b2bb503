/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/**
 * @file dfutrigger-sim.h
 * Virtual devices: develop and test an updater without hardware.
 *
 * A struct dfut_sim is a virtual USB bus with a clock of its own; devices are plugged into it, and it is added to
 * a context. A virtual device behaves at USB level as its specification says: descriptors, control requests, bus
 * reset, leaving and coming back, memory with real erase and program times. It keeps a record of what it was
 * asked, complains when the host breaks the rules, and misbehaves on demand.
 *
 * On the virtual clock, time passes only while the context waits, and 1 ms with each look at devices: a 30 s erase takes
 * microseconds.
 *
 * A sim and all its devices belong to the thread of the context that it was added to.
 */

#ifndef DFUTRIGGER_SIM_H
#define DFUTRIGGER_SIM_H

#include "dfutrigger.h"
#include "dfutrigger-transport.h"

#ifdef __cplusplus
extern "C" {
#endif

/** @defgroup sim Virtual bus
 * @{ */

struct dfut_sim;
struct dfut_sim_device;

/** Which clock a virtual bus runs on. */
enum dfut_sim_clock {
	DFUT_SIM_CLOCK_VIRTUAL = 0, /**< time passes only while the context waits or looks at devices */
	DFUT_SIM_CLOCK_REAL = 1,    /**< the system's monotonic clock */
};

/**
 * Makes a virtual bus.
 *
 * @param[out] sim free it with dfut_sim_free(), before or after the context that it was added to
 * @return 0, or DFUT_ERROR_NO_MEMORY
 */
int dfut_sim_new(struct dfut_sim **sim, enum dfut_sim_clock clock);
/**
 * Writes the state files of its devices, after they have done at once what they were about to do. Each is replaced
 * whole or not at all; one that fails does not keep the others from it.
 *
 * @return 0, or DFUT_ERROR_IO or DFUT_ERROR_NO_MEMORY if one can't be written; dfut_sim_get_error() has path and reason
 */
int dfut_sim_save(struct dfut_sim *sim);
/** Releases a virtual bus and its devices. State files are written as by dfut_sim_save(), but nobody learns of errors. */
void dfut_sim_free(struct dfut_sim *sim);
/**
 * Adds the bus to a context. With the virtual clock, also sets the context's clock, unless it has one: then the bus goes
 * by that. Once per sim.
 *
 * @return 0 or a negative error
 */
int dfut_sim_add_to_context(struct dfut_sim *sim, struct dfut_context *context);
/** @return the time on the bus's clock in µs */
uint64_t dfut_sim_get_time_us(const struct dfut_sim *sim);
/** @return the text of the last error of a dfut_sim call, "" if none */
const char *dfut_sim_get_error(const struct dfut_sim *sim);

/** @return the number of kinds of device that can be plugged */
size_t dfut_sim_get_model_count(void);
/**
 * @param[out] name as in "zephyr"
 * @param[out] text one line that says what it is
 * @param[out] options its options, one line for each: "key=values: what it does"
 * @return 0, or DFUT_ERROR_NOT_FOUND if there is no such index
 */
int dfut_sim_get_model(size_t index, const char **name, const char **text, const char **options);

/**
 * Plugs a device in.
 *
 * @param[out] device belongs to the sim; NULL if not wanted
 * @param spec NAME[:key=value,...], as in "zephyr:stack=new,reboot=yes,state=board.bin". A comma or backslash in a
 *        value is written with a backslash before it
 * @param path port path, as in "1-2"; NULL for the next free port of bus 1
 * @return 0, DFUT_ERROR_NOT_FOUND (no such model), DFUT_ERROR_USAGE (no spec, or no such option or value), DFUT_ERROR_IO
 *         (state file), DFUT_ERROR_BUSY (port taken)
 */
int dfut_sim_plug(struct dfut_sim_device **device, struct dfut_sim *sim, const char *spec, const char *path);

/** @} */

/** @defgroup sim_import Captures
 * @{ */

/**
 * Makes a capture of a session file (docs/session-files.md), for programs that show such: a pcapng file of usbmon's packets (link
 * type 220). It begins with what a system asks a device when it meets it, so that dfut_sim_import() makes the same session of it: of
 * what a bus sees, and but for hashes. What a hash stands for in the session file is not in it, only its length. Logs, plans, results,
 * files of drives, and who opened what are left out.
 *
 * @param sim keeps the error's text; devices are not touched
 * @param session text of a session file
 * @param size bytes of it
 * @param writer is given the capture piece by piece; a negative value that it returns ends the work and is returned
 * @return 0, DFUT_ERROR_IMAGE (no session file), DFUT_ERROR_NOT_FOUND (no device's descriptors are in it),
 *         DFUT_ERROR_NO_MEMORY, or what the writer returned
 */
int dfut_sim_export(struct dfut_sim *sim, const void *session, size_t size, dfut_writer writer, void *user_data);

/** What of a capture gets into the session file as it is. */
enum dfut_sim_import_flag {
	/** What memories hold: firmware that is written and read. Else it is a hash and a length. */
	DFUT_SIM_IMPORT_DATA = 1 << 0,
	/** Serial numbers. Else they have stand-ins. */
	DFUT_SIM_IMPORT_NAMES = 1 << 1,
};

/**
 * Makes a session file (docs/session-files.md) of a capture of USB, made by any program with any device: the text of Linux'
 * usbmon, and pcap and pcapng files of usbmon and USBPcap (link types 189, 220 and 249). It must have begun before the device
 * was plugged in, as devices are known by what the system asks them then. usbmon's text has 32 bytes of each transfer. A device
 * emulation of fwupd (its ZIP, or a JSON file out of it) is taken as well, if it is of a version before 2.0.3: later ones keep only
 * hashes of what was asked.
 *
 * Keystrokes are left out: what keyboards and mice say, and input reports of an interface that was sent nothing.
 *
 * @param sim keeps the error's text; devices are not touched
 * @param flags of enum dfut_sim_import_flag
 * @param writer is given the file line by line; a negative value that it returns ends the work and is returned
 * @return 0, DFUT_ERROR_IMAGE (no capture of USB, or a damaged one; one that is cut off is read as far as it goes),
 *         DFUT_ERROR_NOT_FOUND (no device's descriptors are in it), DFUT_ERROR_NO_MEMORY, or what the writer returned
 */
int dfut_sim_import(struct dfut_sim *sim, const void *capture, size_t size, unsigned int flags, dfut_writer writer,
		    void *user_data);

/** @} */

/** @defgroup sim_device Virtual device
 * @{ */

/** Pulls the plug: power and bus are gone at once. What is in flash stays. Another device can be plugged in there. */
void dfut_sim_device_unplug(struct dfut_sim_device *device);
/** Plugs it in again at the same port, if no other device is there now: it powers up as the real device would. */
void dfut_sim_device_replug(struct dfut_sim_device *device);
/** Presses its reset button: a restart as at power-up, without loss of power to the bus. */
void dfut_sim_device_press_reset(struct dfut_sim_device *device);
/** @return true while it is on the bus */
bool dfut_sim_device_is_present(const struct dfut_sim_device *device);
/** @return what it is doing now: "application", "bootloader", or the model's own word */
const char *dfut_sim_device_get_mode_name(const struct dfut_sim_device *device);

/**
 * A look into its memory, which the bus does not see.
 *
 * @param name as in "slot0"
 * @param[out] size bytes
 * @return the bytes, which change with the device; NULL if it has no such memory
 */
const uint8_t *dfut_sim_device_get_memory(const struct dfut_sim_device *device, const char *name, size_t *size);
/** Overwrites a part of its memory. @return 0, DFUT_ERROR_NOT_FOUND, or DFUT_ERROR_USAGE when it does not fit */
int dfut_sim_device_set_memory(struct dfut_sim_device *device, const char *name, size_t offset, const void *data,
			       size_t size);

/** What is in the record. */
enum dfut_sim_event {
	DFUT_SIM_EVENT_ARRIVED = 1,   /**< it appeared on the bus */
	DFUT_SIM_EVENT_LEFT = 2,      /**< it disappeared from the bus */
	DFUT_SIM_EVENT_BUS_RESET = 3, /**< a reset of its port */
	DFUT_SIM_EVENT_CONTROL = 4,  /**< a control transfer, SET_INTERFACE and GET_DESCRIPTOR from the host included */
	DFUT_SIM_EVENT_ENDPOINT = 5, /**< the host wrote to an interrupt or bulk endpoint */
	DFUT_SIM_EVENT_BREACH = 6,   /**< the host broke a rule; `text` says which */
};

/** In the record, in place of a result: the host has no answer yet, or gave up. */
#define DFUT_SIM_UNANSWERED INT32_MIN

/** A line of the record. */
struct dfut_sim_record {
	enum dfut_sim_event event; /**< what happened */
	uint64_t time_us;	   /**< when it reached the device */
	uint8_t request_type;	   /**< CONTROL: bmRequestType */
	uint8_t request;	   /**< CONTROL: bRequest */
	uint16_t value;		   /**< CONTROL: wValue */
	uint16_t index;		   /**< CONTROL: wIndex; ENDPOINT: its address */
	uint16_t length;	   /**< CONTROL: wLength; ENDPOINT: bytes */
	int result; /**< CONTROL, ENDPOINT: bytes moved, or the negative enum dfut_error that the host got, or DFUT_SIM_UNANSWERED */
	const char *text; /**< BREACH: which rule; else the state that it met, as in "dfuDNLOAD-IDLE"; never NULL */
};

/** @return the number of records since the device was plugged or the record was cleared */
size_t dfut_sim_device_get_record_count(const struct dfut_sim_device *device);
/** @return a record, which belongs to the device and is valid until the next call on the sim or its context; NULL if there is no such index */
const struct dfut_sim_record *dfut_sim_device_get_record(const struct dfut_sim_device *device, size_t index);
/** Forgets the record, and counts requests from 0 again. */
void dfut_sim_device_clear_record(struct dfut_sim_device *device);
/** @return the number of breaches since the device was plugged or the record was cleared */
size_t dfut_sim_device_get_breach_count(const struct dfut_sim_device *device);
/** @return the number of CONTROL, ENDPOINT and BUS_RESET records: what faults are counted in */
size_t dfut_sim_device_get_request_count(const struct dfut_sim_device *device);

/** How a device, or the line to it, misbehaves. */
enum dfut_sim_fault_kind {
	DFUT_SIM_FAULT_STALL = 1,	/**< the request is stalled and has no effect */
	DFUT_SIM_FAULT_TIMEOUT = 2,	/**< the request is never answered and has no effect */
	DFUT_SIM_FAULT_LOST_ANSWER = 3, /**< the request takes effect, but is never answered */
	DFUT_SIM_FAULT_SLOW = 4,	/**< the answer comes after delay_ms */
	DFUT_SIM_FAULT_SHORT =
		5, /**< half of what comes in is left out; of what goes out, half is taken and told so, without effect */
	DFUT_SIM_FAULT_GARBAGE =
		6, /**< what comes in is pseudo-random, of the right length; out: taken without effect */
	DFUT_SIM_FAULT_UNPLUG = 7, /**< the device is gone when the request comes */
	DFUT_SIM_FAULT_LOST_BYTE =
		8, /**< what is written to an endpoint loses a byte; of no effect elsewhere, as the following */
	DFUT_SIM_FAULT_DOUBLED_BYTE = 9,  /**< one byte of it comes twice */
	DFUT_SIM_FAULT_NOISE = 10,	  /**< bytes that nobody sent are in front of it */
	DFUT_SIM_FAULT_LOST_REPLY = 11,	  /**< what a bootloader on a serial port says to it is lost */
	DFUT_SIM_FAULT_SPOILT_REPLY = 12, /**< a byte of that is wrong */
	DFUT_SIM_FAULT_NOISY_REPLY = 13,  /**< bytes that it did not send are in front of that */
	DFUT_SIM_FAULT_LATE_REPLY = 14,	  /**< that comes delay_ms later */
};

/** A fault, tied to a request. */
struct dfut_sim_fault {
	size_t size;		       /**< sizeof(struct dfut_sim_fault) */
	enum dfut_sim_fault_kind kind; /**< how it misbehaves */
	size_t request;		       /**< which one, counted from 0 like dfut_sim_device_get_request_count() */
	size_t times;		       /**< for how many requests on end; 0 means 1 */
	uint32_t delay_ms; /**< for SLOW and LATE_REPLY; UNPLUG: it is plugged in again after that; 0: never */
};

/** Adds a fault. @return 0, DFUT_ERROR_USAGE if it has no size, or DFUT_ERROR_NO_MEMORY */
int dfut_sim_device_add_fault(struct dfut_sim_device *device, const struct dfut_sim_fault *fault);
/** Takes all faults away. */
void dfut_sim_device_clear_faults(struct dfut_sim_device *device);
/** @return the number of requests that have met a fault since the device was plugged or the record was cleared */
size_t dfut_sim_device_get_fault_count(const struct dfut_sim_device *device);

/** @} */

/** @defgroup sim_usbip USB/IP
 * A virtual bus in a real system: its devices meet the kernel, its drivers and every program on it. They are handed
 * to Linux's virtual host controllers on the same machine, or served over TCP to whoever speaks USB/IP (Linux,
 * Documentation/usb/usbip_protocol.rst). Not on Windows.
 * @{ */

struct dfut_sim_usbip;

/**
 * Puts a virtual bus at the disposal of other systems, instead of a context.
 *
 * A system's own requests (standard ones but SET_INTERFACE) are answered, but neither recorded nor counted: each
 * system has its own. The time that a transfer takes is that of the real bus; open-ms, reset-ms, access and access-ms have
 * no meaning. A system that can't give the 510 mA of configured=no leaves the device unconfigured.
 *
 * @param[out] usbip free it before the sim
 * @param sim made with DFUT_SIM_CLOCK_REAL and not added to a context
 * @return 0, DFUT_ERROR_NO_MEMORY, DFUT_ERROR_USAGE, or DFUT_ERROR_UNSUPPORTED on Windows; text in dfut_sim_get_error()
 */
int dfut_sim_usbip_new(struct dfut_sim_usbip **usbip, struct dfut_sim *sim);
/** Takes all devices away from their hosts; what they wait for is answered before. */
void dfut_sim_usbip_free(struct dfut_sim_usbip *usbip);

/**
 * Called inside dfut_sim_usbip_dispatch() when a host gets a device and when it loses it.
 *
 * @param path port path in the system it is plugged into, "" if that is another machine's, NULL when it left
 */
typedef void (*dfut_sim_usbip_handler)(void *data, struct dfut_sim_device *device, const char *path);
/** Sets the handler, NULL for none. */
void dfut_sim_usbip_set_handler(struct dfut_sim_usbip *usbip, dfut_sim_usbip_handler handler, void *data);

/**
 * Plugs all devices into this machine (Linux's vhci-hcd), now and each time that one comes back: always at the same
 * port.
 *
 * @return 0, DFUT_ERROR_UNSUPPORTED (no vhci-hcd), DFUT_ERROR_ACCESS (not root), DFUT_ERROR_BUSY (no port is free)
 */
int dfut_sim_usbip_attach(struct dfut_sim_usbip *usbip);
/**
 * Listens for hosts. The standard port is 3240.
 *
 * A device that leaves ends its connection; USB/IP has no other way to say so. When it comes back, its host has to ask
 * for it again. If that host is Linux on this machine and this is root, it is plugged in again at the same port by itself.
 *
 * @param address numeric, as in "127.0.0.1" or "::1"; whoever reaches it can use the devices
 * @param port 0 for any that is free
 * @return the port, DFUT_ERROR_USAGE (not an address), DFUT_ERROR_BUSY (taken), DFUT_ERROR_ACCESS, DFUT_ERROR_IO
 */
int dfut_sim_usbip_listen(struct dfut_sim_usbip *usbip, const char *address, uint16_t port);
/**
 * Serves the hosts, and lets time pass for the devices; to be called again and again.
 *
 * @param timeout_ms returns after that time; -1 for no limit; 0 does what can be done at once
 * @return 0, or what dfut_sim_usbip_attach() returns when a device can't come back. A signal ends the waiting
 */
int dfut_sim_usbip_dispatch(struct dfut_sim_usbip *usbip, int timeout_ms);
/** Ends the present or the next wait of dfut_sim_usbip_dispatch(). From any thread, and from signal handlers. NULL: does nothing. */
void dfut_sim_usbip_wake(struct dfut_sim_usbip *usbip);

/** @} */

/** @defgroup sim_model One's own virtual devices
 * A *model* is a kind of device: what it tells of itself, how it answers control requests, what it remembers.
 * Standard requests, claims, the record, faults, time on the wire, leaving and coming back are the sim's.
 *
 * A model is a const table of functions over a state of its own. The functions run in the thread that the sim
 * belongs to, never wait, and use no clock but dfut_sim_device_get_time_us(). Those marked optional may be NULL.
 * @{ */

/** For ever: in place of a time in ms. */
#define DFUT_SIM_NEVER UINT32_MAX
/** Timers of a device: numbers from 0 to this, exclusive. */
#define DFUT_SIM_TIMER_COUNT 8

/** A SETUP packet (USB 2.0, 9.3). */
struct dfut_sim_setup {
	uint8_t request_type; /**< bmRequestType */
	uint8_t request;      /**< bRequest */
	uint16_t value;	      /**< wValue */
	uint16_t index;	      /**< wIndex */
	uint16_t length;      /**< wLength */
};

/** What a device tells of itself in its present mode. The pointers are valid until the mode changes. */
struct dfut_sim_description {
	const uint8_t *descriptors;	   /**< device descriptor, then the one configuration descriptor whole */
	size_t descriptors_size;	   /**< bytes */
	const struct dfut_string *strings; /**< those that it has */
	size_t string_count;		   /**< their number */
};

/** A memory that dfut_sim_device_get_memory() shows and state files keep. */
struct dfut_sim_memory {
	const char *name; /**< without white space, as in "slot0" */
	uint8_t *data;	  /**< stays where it is as long as the device lives */
	size_t size;	  /**< bytes */
};

/** Why a device starts. */
enum dfut_sim_start {
	DFUT_SIM_START_POWER = 1,  /**< it was plugged in */
	DFUT_SIM_START_BUTTON = 2, /**< its reset button was pressed */
};

/** A kind of device. */
struct dfut_sim_model {
	size_t size;	     /**< sizeof(struct dfut_sim_model) */
	const char *name;    /**< as in "zephyr" */
	const char *text;    /**< one line that says what it is */
	const char *options; /**< one line for each: "key=values: what it does"; NULL for none */
	size_t state_size;   /**< bytes of the state, which the sim allocates, zeroed, and frees */

	/** Sets the defaults. @return 0 or a negative error: the device is not plugged in */
	int (*create)(void *state, struct dfut_sim_device *device);
	/**
	 * Sets an option; after create, before prepare. Options of every device (state, press, fault, transfer-us,
	 * open-ms, reset-ms, access, access-ms, string-ms, strings, reports, configured, dfu-configuration) don't come here.
	 * Optional.
	 * @return 0, DFUT_ERROR_NOT_FOUND if there is no such option, DFUT_ERROR_USAGE if the value is wrong
	 */
	int (*set_option)(void *state, const char *key, const char *value);
	/** Makes the memories, as they leave the factory. Optional. @return 0 or a negative error */
	int (*prepare)(void *state);
	/** Frees what the state holds; also called after a failed create or prepare. Optional. */
	void (*destroy)(void *state);

	/**
	 * Starts the device; all but its memories is forgotten, the timers are off.
	 * @return ms until it is on the bus, which is waited for only after the reset button; DFUT_SIM_NEVER if it
	 *         does not start
	 */
	uint32_t (*start)(void *state, enum dfut_sim_start start);
	/**
	 * Goes on in a mode that get_mode_name told when the state file was written; the memories are as they were.
	 * Optional: without it there are no state files. @return 0 or DFUT_ERROR_USAGE
	 */
	int (*set_mode)(void *state, const char *mode);
	/** @return "application", "bootloader", or the model's own word, without white space; while it is away, what it
	 *  comes back as */
	const char *(*get_mode_name)(const void *state);
	/** @return the state of its protocol for the record, as in "dfuIDLE"; lives as long as the device. Optional */
	const char *(*get_state_name)(const void *state);
	/** Tells descriptors and strings of the present mode. */
	void (*describe)(const void *state, struct dfut_sim_description *description);
	/** @return 0, or DFUT_ERROR_NOT_FOUND if there is no such index. Optional */
	int (*get_memory)(void *state, size_t index, struct dfut_sim_memory *memory);

	/**
	 * Answers a control request: class and vendor requests, and GET_DESCRIPTOR for what is not in the description.
	 * All other standard requests, and requests to an interface that does not exist, are answered by the sim.
	 *
	 * @param data `length` bytes that came, or room for `length` bytes
	 * @return the bytes moved, DFUT_ERROR_DEVICE to stall, DFUT_ERROR_TIMEOUT to leave the host without an answer
	 */
	int (*control)(void *state, const struct dfut_sim_setup *setup, uint8_t *data);
	/** An alternate setting that exists was selected. Optional. @return 0, or DFUT_ERROR_DEVICE to stall */
	int (*set_interface)(void *state, uint8_t number, uint8_t alternate);
	/** The bus was reset. If other descriptors follow, it calls dfut_sim_device_leave(). Optional. */
	void (*bus_reset)(void *state);
	/** A timer has run out. Optional. */
	void (*timer)(void *state, unsigned int timer);
	/**
	 * The host reads from an interrupt or bulk endpoint. Optional: without it there is never anything to read.
	 * @return bytes given; DFUT_ERROR_BUSY if there is nothing yet: asked again after dfut_sim_device_set_ready();
	 *         DFUT_ERROR_DEVICE to stall
	 */
	int (*endpoint_send)(void *state, uint8_t endpoint, uint8_t *data, size_t room);
	/**
	 * The host writes to an interrupt or bulk endpoint. Optional: without it all is taken and forgotten.
	 * @return bytes taken; DFUT_ERROR_BUSY if there is no room yet; DFUT_ERROR_DEVICE to stall
	 */
	int (*endpoint_receive)(void *state, uint8_t endpoint, const uint8_t *data, size_t size);
};

/**
 * Makes a kind of device known to a sim, for dfut_sim_plug(); in front of those that it knows.
 *
 * @param model lives as long as the sim
 * @return 0, DFUT_ERROR_NO_MEMORY, or DFUT_ERROR_USAGE if the table is not complete
 */
int dfut_sim_add_model(struct dfut_sim *sim, const struct dfut_sim_model *model);

/** @return the state of a device's model */
void *dfut_sim_device_get_state(const struct dfut_sim_device *device);
/** @return the time on the bus's clock in µs */
uint64_t dfut_sim_device_get_time_us(const struct dfut_sim_device *device);
/**
 * Takes the device off the bus after some time and brings it back later with the descriptors that it then has.
 * Requests under way end with DFUT_ERROR_GONE. Replaces an earlier call.
 *
 * @param after_ms ms from now; 0 is at once, but after the present function has returned
 * @param away_ms how long it is away; DFUT_SIM_NEVER
 */
void dfut_sim_device_leave(struct dfut_sim_device *device, uint32_t after_ms, uint32_t away_ms);
/** Calls the model's timer function once, after_us from now; UINT64_MAX stops the timer. */
void dfut_sim_device_set_timer(struct dfut_sim_device *device, unsigned int timer, uint64_t after_us);
/** Inside control: the answer takes that much longer, as the device is at work. */
void dfut_sim_device_delay_answer(struct dfut_sim_device *device, uint32_t ms);
/** An endpoint that had nothing to send, or no room, may have now: transfers that wait for it are tried again. */
void dfut_sim_device_set_ready(struct dfut_sim_device *device);
/** Notes that the host broke a rule; the text says which, and in what state. */
void dfut_sim_device_note_breach(struct dfut_sim_device *device, const char *text);

/** @} */

#ifdef __cplusplus
}
#endif

#endif
