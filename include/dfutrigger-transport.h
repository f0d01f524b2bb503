/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/**
 * @file dfutrigger-transport.h
 * For applications that bring their own way to reach devices: an Android file descriptor, usbredir, WebUSB, a
 * lab's relay. The virtual bus of libdfutrigger-sim is made with nothing else.
 *
 * A *bus* tells which devices there are and makes *transports*; a transport carries out *actions* on one
 * device. All functions of a bus and a transport are called from inside dfut_context_dispatch() or
 * dfut_device_list_new() and must not block, but where it says that they may: dfut_bus_run() does elsewhere what takes
 * time. Functions that say so can be called from any thread, others only from inside a bus's functions. Tables of functions
 * begin with their size, as all structs that a program fills: see "Structs" in dfutrigger.h.
 */

#ifndef DFUTRIGGER_TRANSPORT_H
#define DFUTRIGGER_TRANSPORT_H

#include "dfutrigger.h"

#ifdef __cplusplus
extern "C" {
#endif

/** @defgroup action Actions
 * @{ */

/** What is to be done. */
enum dfut_action_kind {
	DFUT_ACTION_OPEN = 1,	 /**< open the device; claim the channel's interface unless it is DFUT_CHANNEL_DEVICE */
	DFUT_ACTION_CLOSE = 2,	 /**< release and close; never fails */
	DFUT_ACTION_RELEASE = 3, /**< USB: release the channel's interface */
	DFUT_ACTION_RESET = 4,	 /**< reset of the device's port */
	DFUT_ACTION_CONFIGURE = 5, /**< USB: select a configuration; no interface may be claimed */
	DFUT_ACTION_ALTERNATE = 6, /**< select an alternate setting of the channel's interface */
	DFUT_ACTION_DRIVER = 7,	 /**< USB: the system's driver of the channel's interface; nothing else of it is used */
	DFUT_ACTION_CONTROL = 8, /**< a USB control transfer */
	DFUT_ACTION_CLEAR_HALT = 9,   /**< USB: an endpoint goes on after a stall */
	DFUT_ACTION_REPORT = 10,      /**< HID: a report goes out or comes in */
	DFUT_ACTION_LINE_CODING = 11, /**< serial: speed and frame */
	DFUT_ACTION_LINES = 12,	      /**< serial: DTR and RTS */
	/** serial: what has come in, at least one byte; USB: a transfer from an endpoint; volume: a part of a file, 0 bytes from its
	 *  end on */
	DFUT_ACTION_READ = 13,
	/** serial: all bytes are handed over; USB: a transfer to an endpoint; volume: a part of a file, which is on the drive then */
	DFUT_ACTION_WRITE = 14,
};

/** What a DFUT_ACTION_DRIVER is for. */
enum dfut_driver_request {
	DFUT_DRIVER_ASK = 0,	/**< whether one holds the interface: the result is 1 or 0 */
	DFUT_DRIVER_DETACH = 1, /**< takes it off */
	DFUT_DRIVER_ATTACH = 2, /**< lets it take the interface again */
};

/** The channel of requests to the device as a whole: no interface is claimed. */
#define DFUT_CHANNEL_DEVICE 0xff

/**
 * A READ or WRITE of an endpoint ends by itself so many ms before its time limit: with the bytes moved so far, or with
 * DFUT_ERROR_TIMEOUT if there are none. What the engine cuts off is lost.
 */
#define DFUT_ENDPOINT_GRACE_MS 100

/** A serial port's lines, as bits. */
enum dfut_line {
	DFUT_LINE_DTR = 1 << 0,
	DFUT_LINE_RTS = 1 << 1,
};

/*
 * What goes out is in `data`: `length` bytes, which belong to whoever made the action, and stay until the request is
 * complete. Of a request's action, `data` is dfut_request_get_buffer().
 */

/** What an OPEN needs. */
struct dfut_action_open {
	bool keeps_driver; /**< DFUT_LINK_USB: an interface that a driver holds is left to it (DFUT_ERROR_BUSY), not detached */
	uint16_t length; /**< DFUT_LINK_VOLUME: bytes of data */
	/** DFUT_LINK_VOLUME: the path at which the drive is mounted, as the caller says, with its zero byte; of length 0 where the
	 *  system says. DFUT_ERROR_NOT_FOUND if nothing of this device's drive is there, as far as that can be told. */
	const uint8_t *data;
};

/** What a CONFIGURE needs (USB 2.0, 9.4.7). */
struct dfut_action_configure {
	uint8_t configuration; /**< bConfigurationValue, 0 for none */
};

/** What an ALTERNATE needs (USB 2.0, 9.4.10). */
struct dfut_action_alternate {
	uint8_t setting; /**< bAlternateSetting */
};

/** What a DRIVER needs. */
struct dfut_action_driver {
	enum dfut_driver_request request; /**< what is asked for */
};

/** What a CONTROL needs (USB 2.0, 9.3). */
struct dfut_action_control {
	uint8_t request_type; /**< bmRequestType; bit 7 set means that data comes in */
	uint8_t request;      /**< bRequest */
	uint16_t value;	      /**< wValue */
	uint16_t index;	      /**< wIndex */
	uint16_t length;      /**< wLength */
	const uint8_t *data;  /**< what goes out */
};

/** What a CLEAR_HALT needs (USB 2.0, 9.4.1). */
struct dfut_action_clear_halt {
	uint8_t endpoint; /**< bEndpointAddress */
};

/** What a REPORT needs (HID 1.11, 7.2). */
struct dfut_action_report {
	enum dfut_report_type type; /**< input, output or feature */
	uint8_t id;	 /**< report id, 0 if reports are not numbered. Any input report can come: 0 for those */
	bool is_in;	 /**< it comes in */
	uint16_t length; /**< bytes of data, or room for them */
	/**
	 * What goes out. Data is without the report's id in both directions, but for input reports, whose first byte is
	 * always the id, 0 if reports are not numbered.
	 */
	const uint8_t *data;
};

/** What a LINES needs. */
struct dfut_action_lines {
	uint8_t which; /**< which to set: bits of enum dfut_line */
	uint8_t on;    /**< those of them that are to be on; the others go off */
};

/** What a READ or a WRITE needs. */
struct dfut_action_transfer {
	uint8_t endpoint;    /**< DFUT_LINK_USB: bEndpointAddress */
	uint8_t attributes;  /**< DFUT_LINK_USB: bmAttributes of that endpoint */
	uint16_t length;     /**< bytes of data, or room for them */
	const uint8_t *data; /**< what goes out */
	const char *file;    /**< DFUT_LINK_VOLUME: its name, in the drive's first folder; a constant */
	uint32_t offset;     /**< DFUT_LINK_VOLUME: in the file; one that is written at 0 is made anew */
};

/** One action. */
struct dfut_action {
	enum dfut_action_kind kind; /**< what to do */
	enum dfut_link link; /**< what the channel is opened as, and which of a transport's open channels is meant */
	uint8_t channel;     /**< bInterfaceNumber, or DFUT_CHANNEL_DEVICE */
	bool has_content; /**< what it moves is what a memory holds, firmware or what is read: nothing to be kept in a record */
	uint8_t content_at; /**< that begins behind so many bytes, which say where it goes, or which command it belongs to */
	uint32_t timeout_ms; /**< time limit, kept by the engine */
	/** The one that the kind names; CLOSE, RELEASE and RESET have none. */
	union {
		struct dfut_action_open open;		  /**< OPEN */
		struct dfut_action_configure configure;	  /**< CONFIGURE */
		struct dfut_action_alternate alternate;	  /**< ALTERNATE */
		struct dfut_action_driver driver;	  /**< DRIVER */
		struct dfut_action_control control;	  /**< CONTROL */
		struct dfut_action_clear_halt clear_halt; /**< CLEAR_HALT */
		struct dfut_action_report report;	  /**< REPORT */
		struct dfut_line_coding line_coding;	  /**< LINE_CODING */
		struct dfut_action_lines lines;		  /**< LINES */
		struct dfut_action_transfer transfer;	  /**< READ, WRITE */
		uint64_t reserved[8]; /**< room for kinds to come, so that an action keeps its size */
	};
};

/** @return how many bytes an action moves: what goes out, or room for what comes in; 0 where none are moved */
uint16_t dfut_action_get_length(const struct dfut_action *action);
/** @return true if what an action moves comes in */
bool dfut_action_is_in(const struct dfut_action *action);

/** @} */

/** @defgroup transport Transports
 * @{ */

/** An action under way, made by the engine, given to a transport. */
struct dfut_request;

/** @return what to do; valid until the request is completed */
const struct dfut_action *dfut_request_get_action(const struct dfut_request *request);
/** Bytes before the data of a request that are its transport's: the setup packet of a control transfer has room there. */
#define DFUT_REQUEST_HEADROOM 8
/** @return room for dfut_action_get_length() bytes, behind DFUT_REQUEST_HEADROOM others: filled with what goes out, or to be filled with what comes in */
uint8_t *dfut_request_get_buffer(struct dfut_request *request);
/**
 * Reports how a request ended. Must be called exactly once for each submitted request, also after cancel; from
 * inside submit or at any later time, from any thread. The request is invalid afterwards.
 *
 * @param result bytes moved (0 where there are none), or
 *        DFUT_ERROR_DEVICE: the device stalled the request; DFUT_ERROR_TIMEOUT: no answer in time;
 *        DFUT_ERROR_GONE: the device has left, and after RESET: it comes back as a new device, or not at all;
 *        DFUT_ERROR_IO: the transfer broke; DFUT_ERROR_ACCESS, DFUT_ERROR_BUSY, DFUT_ERROR_NOT_FOUND: it could not
 *        be opened or claimed; DFUT_ERROR_UNSUPPORTED: this transport can't do that; DFUT_ERROR_NO_MEMORY, which ends what
 *        the request was for. More than was asked for, DFUT_ERROR_CANCELLED, and what is no code are DFUT_ERROR_IO
 */
void dfut_request_complete(struct dfut_request *request, int result);

/** What a transport can do. */
struct dfut_transport_ops {
	size_t size; /**< sizeof(struct dfut_transport_ops) */
	/**
	 * Begins a request. At most one request that was not cancelled is under way on a transport at a time.
	 * The first is an OPEN; what else comes before an OPEN that succeeded is completed with DFUT_ERROR_IO. A transport
	 * answers what it can't do with DFUT_ERROR_UNSUPPORTED.
	 */
	void (*submit)(void *transport, struct dfut_request *request);
	/**
	 * Ends a request early. The engine does not wait for it: the transport may complete it later, the
	 * outcome, whichever it is, is thrown away, and other requests may be submitted before. One that was completed a moment
	 * ago may be cancelled, too, as outcomes are taken in the next dispatch: then there is nothing to do.
	 */
	void (*cancel)(void *transport, struct dfut_request *request);
	/** Releases the transport. Requests still under way must be completed later all the same. */
	void (*close)(void *transport);
	/** Whether a request whose time is over has not begun yet, for a reason that is not its device's: then its time begins
	 *  anew. To be true for a limited time only. May be NULL, for never. */
	bool (*is_queued)(void *transport, struct dfut_request *request);
};

/** @} */

/** @defgroup bus Buses
 * @{ */

/** A context's side of a bus. */
struct dfut_bus;

/** A string descriptor. */
struct dfut_string {
	uint8_t index;	  /**< as in iProduct, iInterface, ... */
	const char *text; /**< UTF-8 */
};

/** What the system made of an interface. */
struct dfut_node_facts {
	size_t size;			  /**< sizeof(struct dfut_node_facts) */
	enum dfut_link link;		  /**< DFUT_LINK_HID or DFUT_LINK_SERIAL */
	uint8_t interface_number;	  /**< bInterfaceNumber */
	const char *name;		  /**< as in "/dev/hidraw3", "/dev/ttyACM0", "COM5"; "" if it has none */
	const uint8_t *report_descriptor; /**< HID (1.11, 6.2.2), not trusted; NULL if not known */
	size_t report_descriptor_size;	  /**< bytes */
};

/** What a bus tells of a device. All of it is copied. */
struct dfut_device_facts {
	size_t size;		    /**< sizeof(struct dfut_device_facts) */
	uint64_t instance;	    /**< another number each time that the device is enumerated; never reused */
	const char *path;	    /**< port path, "1-2.3"; "" if not known */
	unsigned int bus_number;    /**< as the system counts */
	unsigned int address;	    /**< USB address */
	uint8_t configuration;	    /**< bConfigurationValue in use */
	const uint8_t *descriptors; /**< device descriptor, then each configuration descriptor whole; not trusted */
	size_t descriptors_size;    /**< bytes */
	const struct dfut_string *strings;   /**< those that are known */
	size_t string_count;		     /**< their number */
	const struct dfut_node_facts *nodes; /**< HID nodes and serial ports, by interface number */
	size_t node_count;		     /**< their number */
	/**
	 * Whether the strings are all that it has: 0, DFUT_NAMES_COMING while they are being read (dfut_bus_changed() follows,
	 * and this device with them), or why some could not be: a negative enum dfut_error.
	 */
	int names;
};

/** In struct dfut_device_facts: strings of the device are being read. */
#define DFUT_NAMES_COMING 1

/** Ids that a device may have. */
struct dfut_kind {
	uint16_t vendor_id;	   /**< idVendor */
	uint16_t product_id_first; /**< idProduct: from this one */
	uint16_t product_id_last;  /**< to this one */
};

/** A device that is not there yet: what one becomes in its bootloader, as far as is known. */
struct dfut_prospect {
	enum dfut_link link;	       /**< what will be opened */
	bool has_dfu;		       /**< it will have a DFU interface in DFU mode, and no other */
	const struct dfut_kind *kinds; /**< its ids are one of these */
	size_t kind_count;	       /**< their number; 0 if nothing is known of them */
};

/** What a bus can do. */
struct dfut_bus_ops {
	size_t size; /**< sizeof(struct dfut_bus_ops) */
	/** Short name for the log, as in "usb". */
	const char *name;
	/**
	 * Begins. Called once, before anything else.
	 * @return 0 or a negative error; its text may be set with dfut_bus_set_error()
	 */
	int (*start)(void *self, struct dfut_bus *bus);
	/** Ends: no function of the bus is called afterwards. Also called if start failed. Frees self. */
	void (*stop)(void *self);
	/**
	 * Calls dfut_bus_report() for each device that is there now.
	 *
	 * @param may_block somebody lists devices and waits for them, or it is the bus's first scan: look at what is there
	 *        now. Otherwise a dispatch is in the middle of other things: tell what is known; what takes time is looked at
	 *        elsewhere, and dfut_bus_changed() follows
	 * @return 0, 1 if more devices are there that are still being looked at, and are not told (dfut_bus_changed() follows),
	 *         or a negative error, whose text may be set with dfut_bus_set_error(). One of which no more than ids and place
	 *         are known is told, without names
	 */
	int (*scan)(void *self, bool may_block);
	/**
	 * Makes a transport to a device; opens nothing yet, that is an action.
	 * @return 0 or a negative error
	 */
	int (*connect)(void *self, uint64_t instance, const struct dfut_transport_ops **ops, void **transport);
	/** Handles what is due; called after dfut_bus_wake(), or when the time of get_deadline_us has come. May be NULL. */
	void (*dispatch)(void *self);
	/**
	 * An event of dfut_bus_watch() is ready; called again and again until what made it ready is taken, or nobody watches
	 * it any more. NULL: dispatch is called in its place.
	 */
	void (*ready)(void *self, void *owner);
	/** @return the context's clock, in µs, when dispatch must be called next; UINT64_MAX for never. May be NULL. */
	uint64_t (*get_deadline_us)(void *self);
	/** Says whether a channel of the device could be opened. May block, may be NULL, and changes nothing on the device.
	 *  @return 0 or a negative error; its text may be set with dfut_bus_set_error() */
	int (*diagnose)(void *self, uint64_t instance, enum dfut_link link, uint8_t channel);
	/** How often to scan although nothing was reported, in ms, while somebody waits for a device; 0 for never. */
	unsigned int scan_interval_ms;
	/** Says why an OPEN has just ended with DFUT_ERROR_ACCESS, DFUT_ERROR_BUSY or DFUT_ERROR_NOT_FOUND, or something
	 *  with DFUT_ERROR_TIMEOUT: sets the text of this code with dfut_bus_set_error(), and returns true; false if it
	 *  knows no more. May be NULL.
	 *
	 *  With DFUT_OK nothing has failed, and it says who has the channel now, this process apart: the text is the name of
	 *  the kernel's driver, the hint are programs, as in "ModemManager (process 311)", joined by ", "; "" for none. */
	bool (*explain)(void *self, uint64_t instance, enum dfut_link link, uint8_t channel, int code);
	/** Says whether what this device will become could be opened. A guess, for people to know before it is triggered:
	 *  nothing is refused for it. Sets text and hint of DFUT_ERROR_ACCESS if not; a command that mends it is the hint's
	 *  line. Quick, may be NULL. @return 0 if it could, or if that can't be known; else DFUT_ERROR_ACCESS */
	int (*foresee)(void *self, uint64_t instance, const struct dfut_prospect *prospect);
};

/**
 * Adds a bus to a context; from now on the context does not use the system's buses unless they are added, too.
 *
 * @param ops a table that lives as long as the context
 * @param self given to each function; freed by its stop function, also when this call fails
 * @return 0, DFUT_ERROR_NO_MEMORY, DFUT_ERROR_USAGE, or what start returned
 */
int dfut_context_add_bus(struct dfut_context *context, const struct dfut_bus_ops *ops, void *self);

/**
 * Tells of one device that is there; only from inside scan.
 *
 * @return 0, also if the device is left out because its descriptors can't be understood, which the log tells;
 *         DFUT_ERROR_USAGE (a struct without its size), DFUT_ERROR_NO_MEMORY
 */
int dfut_bus_report(struct dfut_bus *bus, const struct dfut_device_facts *facts);
/** Says that devices came or went: the next dispatch scans. From any thread. */
void dfut_bus_changed(struct dfut_bus *bus);
/** Says that the bus has something to do: the next dispatch calls its dispatch function. From any thread. */
void dfut_bus_wake(struct dfut_bus *bus);
/** @return the context's clock in µs; its zero is arbitrary */
uint64_t dfut_bus_get_time_us(const struct dfut_bus *bus);
/**
 * Sets the text and hint of the error that the bus is about to tell: from inside its start, scan, diagnose or explain, on their
 * thread. Who called gets them: of a session that is the session, of a handle or a list of devices the context. Nobody gets
 * those of another code than the function then tells, or of a scan that nobody waits for.
 *
 * @param code the error that they are of
 * @param hint what a person can do about it; NULL for none
 * @param text one line
 * @return code
 */
int dfut_bus_set_error(struct dfut_bus *bus, int code, const char *hint, const char *text);
/** Adds a line to the hint just set, to be copied as it is, a command for a shell; see dfut_context_get_hint_line(). */
void dfut_bus_set_hint_line(struct dfut_bus *bus, const char *line);
/**
 * Watches a file descriptor, on Windows a HANDLE that can be waited for: ready is called with its owner. As many as the
 * system has; only from inside the bus's functions. What is still watched when the bus stops is let go.
 *
 * @param event closed only after dfut_bus_unwatch(), or unwatched soon after; each can be watched once
 * @param readable when it can be read; on Windows, both mean that it is signalled
 * @param writable when it can be written
 * @param owner given to ready, not looked at
 * @return 0, DFUT_ERROR_IO if the system can't watch it, DFUT_ERROR_USAGE if the bus has neither ready nor dispatch, or
 *         DFUT_ERROR_NO_MEMORY
 */
int dfut_bus_watch(struct dfut_bus *bus, dfut_event event, bool readable, bool writable, void *owner);
/** Stops watching what was watched for this owner. */
void dfut_bus_unwatch(struct dfut_bus *bus, dfut_event event, void *owner);
/** Adds a line to the context's log. */
void dfut_bus_log(struct dfut_bus *bus, enum dfut_log_level level, const char *text);

/** Keeps work in order, as that of one device: one thread at most does it, one piece after the other. */
struct dfut_strand;

/** @param[out] strand free it with dfut_strand_free(). From any thread. @return 0 or DFUT_ERROR_NO_MEMORY */
int dfut_strand_new(struct dfut_strand **strand);
/** Work that was given to it is still done. From any thread, also from inside its own work. */
void dfut_strand_free(struct dfut_strand *strand);
/** A piece of work; `data` is what was given with it. */
typedef void (*dfut_work)(void *data);

/**
 * Does work on one of the context's threads: what a system offers only as a call that blocks. Each piece may take as long
 * as it wants; no other waits for it but those of its strand. From any thread, as long as the bus has not stopped.
 *
 * Work is done in any case, if need be after the bus has stopped: it holds what it needs, and calls only what can be called
 * from any thread, of the bus only as long as that has not stopped.
 *
 * @param strand NULL if the order does not matter
 * @return 0, or DFUT_ERROR_NO_MEMORY: then it is not done
 */
int dfut_bus_run(struct dfut_bus *bus, struct dfut_strand *strand, dfut_work work, void *data);

/** @} */

/** @defgroup front Buses in front of others
 * A bus that passes on what it is asked, and notes or changes what goes by, as a recorder does. It calls the other bus's
 * functions itself: with a bus of its making, whose reports come to it, and requests of its making, whose ends come to it.
 * @{ */

/** Told of each device that the bus behind reports. @return 0 or a negative error */
typedef int (*dfut_report_handler)(void *data, const struct dfut_device_facts *facts);

/**
 * Makes what is given to start of the bus behind. It is the same as `front` to whoever uses it, but for dfut_bus_report().
 *
 * @param[out] bus free it with dfut_bus_free_behind(), after the stop function of the bus behind
 * @param report called in place of the context's; its result is that of dfut_bus_report()
 * @param data given to report
 * @return 0 or DFUT_ERROR_NO_MEMORY
 */
int dfut_bus_new_behind(struct dfut_bus **bus, struct dfut_bus *front, dfut_report_handler report, void *data);
/** Releases what dfut_bus_new_behind() has made. NULL is accepted. */
void dfut_bus_free_behind(struct dfut_bus *bus);

/** Told how a request has ended. */
typedef void (*dfut_request_handler)(void *owner, struct dfut_request *request, int result);

/**
 * Makes a request, for a transport of the bus behind.
 *
 * @param[out] request free it with dfut_request_free(), after it has been completed
 * @param action copied, with what goes out
 * @param completed called by dfut_request_complete() and from its thread, with its result
 * @param owner given to completed
 * @return 0 or DFUT_ERROR_NO_MEMORY
 */
int dfut_request_new(struct dfut_request **request, const struct dfut_action *action, dfut_request_handler completed,
		     void *owner);
/** Releases what dfut_request_new() has made; also from inside completed. NULL is accepted. */
void dfut_request_free(struct dfut_request *request);

/**
 * Makes the bus of this system's devices without adding it to a context: for a bus in front of it.
 *
 * @param[out] ops its functions
 * @param[out] self what they are called with; its stop function frees it
 * @return 0 or DFUT_ERROR_NO_MEMORY
 */
int dfut_system_bus_new(const struct dfut_bus_ops **ops, void **self);

/** @} */

/** @defgroup clock Clock
 * @{ */

/** A clock in place of the system's. */
struct dfut_clock_ops {
	size_t size; /**< sizeof(struct dfut_clock_ops) */
	/** @return the time in µs */
	uint64_t (*get_time_us)(void *self);
	/**
	 * Called instead of sleeping: lets time pass until `until_us`, or less if something happens on a bus before.
	 * With UINT64_MAX and nothing ahead it returns without moving.
	 */
	void (*advance)(void *self, uint64_t until_us);
};

/**
 * Sets the clock; before anything else is done with the context. `ops` and `self` live as long as the context's buses.
 *
 * @return 0, or DFUT_ERROR_BUSY if it has one already, which stays: dfut_bus_get_time_us() tells its time
 */
int dfut_context_set_clock(struct dfut_context *context, const struct dfut_clock_ops *ops, void *self);

/** @} */

#ifdef __cplusplus
}
#endif

#endif
