/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/**
 * @file dfutrigger.h
 * libdfutrigger brings a USB device from running its application to running new firmware.
 *
 * This header is the specification of the library: what it does not state is not promised.
 *
 * **Errors.** Functions that can fail return 0 or a count, or a negative enum dfut_error. The words of an error are one
 * line of text (place, fact, number) and, where there is one, a hint (what the person can do). One object keeps them:
 * - a session those of calls on it, and of what it did;
 * - an image those of calls on it;
 * - a context those of all other calls: on itself, on its devices and handles, and those that make an object, such as
 *   dfut_image_load_file() and dfut_session_new().
 *
 * They are whole, and those of the last call that failed. They stay until the object's next call that can fail; after one
 * that succeeded they mean nothing. The code that they belong to is kept with them, so that who shows them can tell.
 * dfut_context_new(), and calls that get NULL for their object, have nobody to keep words: dfut_error_get_text() has
 * general ones.
 *
 * **Ownership.** What a `_new` or `_load` function gave is released with the matching `_free`, in any
 * order: children keep their parents alive. What a `_get` function returned belongs to the object that it came from and
 * lives as long, unless stated otherwise.
 *
 * **NULL** in place of an object: every `_free`, `_ref` and `_unref`, and dfut_session_cancel(), do nothing; dfut_session_new()
 * and dfut_handle_new() return DFUT_ERROR_USAGE for a device that was not found. Other calls may not get it, unless they say so.
 *
 * **Threads.** A context and all that was made from it belong to one thread at a time; different
 * contexts are independent. Only dfut_session_cancel() may be called from any thread. An image belongs to one thread at a
 * time, too, but sessions of all threads may use it meanwhile.
 *
 * **Handlers** run inside dfut_context_dispatch() and the calls that look for devices, get their `user_data`
 * last, and may not free the session or the context that calls them, nor dispatch or run: those calls do nothing
 * but set DFUT_ERROR_USAGE. They may start and cancel sessions, and list devices.
 *
 * **Structs** get members at their end in later versions. A program has them as long as they were when it was built, so
 * each tells its size:
 * - one that the program fills begins with `size`, its sizeof. What lies beyond that is taken for what it was before there
 *   was such a member: 0, or what the struct's _INIT macro says. Elements of an array all have the size of the first.
 * - one of the program's that the library fills comes with its sizeof as the next argument. No more than that is written,
 *   and what the library does not know is 0.
 * - one that the library hands out as a pointer to const may be longer than the program knows. A copy is as long as the
 *   program knows it.
 * - one that the library hands out to be filled is zeroed before.
 *
 * Those that a specification fixes stay as they are, and tell no size: struct dfut_dfu_descriptor, struct dfut_line_coding,
 * struct dfut_string, struct dfut_sim_setup. So does struct dfut_action, whose union has room for what is to come.
 *
 * **Text** is UTF-8. What devices and files say of themselves is shown without what would drive a terminal or turn text
 * around: control characters, line separators, bidirectional controls and bytes that are no UTF-8 are '?'.
 */

#ifndef DFUTRIGGER_H
#define DFUTRIGGER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/** @defgroup general Version, errors, checks
 * @{ */

/** Version of the header, for checks at compile time: incompatible changes. */
#define DFUT_VERSION_MAJOR 0
/** Version of the header: additions. */
#define DFUT_VERSION_MINOR 1
/** Version of the header: corrections. */
#define DFUT_VERSION_PATCH 0

/** What an operation ended with: each value is something that a caller can act on. */
enum dfut_error {
	DFUT_OK = 0,
	DFUT_ERROR_USAGE = -1,	      /**< the call itself is wrong: an argument, or its order */
	DFUT_ERROR_NO_MEMORY = -2,    /**< out of memory or of another resource of the process */
	DFUT_ERROR_NOT_FOUND = -3,    /**< no such device, interface, alternate setting, file or name */
	DFUT_ERROR_AMBIGUOUS = -4,    /**< more than one fits; the text lists them */
	DFUT_ERROR_ACCESS = -5,	      /**< no permission; the hint has the rule to add */
	DFUT_ERROR_BUSY = -6,	      /**< another program or driver holds it */
	DFUT_ERROR_GONE = -7,	      /**< the device left the bus while it was needed */
	DFUT_ERROR_TIMEOUT = -8,      /**< no answer, or no return, before the deadline */
	DFUT_ERROR_IO = -9,	      /**< a transfer or a file operation broke */
	DFUT_ERROR_UNSUPPORTED = -10, /**< not possible with this device, system or build */
	DFUT_ERROR_IMAGE = -11,	      /**< the file is not firmware, or is damaged */
	DFUT_ERROR_MISMATCH = -12,    /**< good by itself, but does not fit the other: file and device, file and key, or
					 *   the device that came back and the one expected */
	DFUT_ERROR_PROTOCOL = -13,    /**< the device broke its protocol */
	DFUT_ERROR_DEVICE = -14,      /**< the device refused, or reports an error of its own */
	DFUT_ERROR_VERIFY = -15,      /**< what was read back is not what was written */
	DFUT_ERROR_CANCELLED = -16,   /**< dfut_session_cancel() */
};

/**
 * Checks that a file and a device go through before anything is written, as bits.
 *
 * Each can be overridden on its own, explicitly; nothing overrides them all.
 */
enum dfut_check {
	DFUT_CHECK_FORMAT = 1 << 0,	/**< it is firmware, of a kind that this device takes */
	DFUT_CHECK_LENGTH = 1 << 1,	/**< it is complete: not truncated, no bytes too many */
	DFUT_CHECK_CHECKSUM = 1 << 2,	/**< CRC of the container, e.g. of a DFU suffix */
	DFUT_CHECK_HASH = 1 << 3,	/**< hash inside the image, e.g. MCUboot's SHA-256 */
	DFUT_CHECK_IDS = 1 << 4,	/**< vendor, product and release that the file is made for */
	DFUT_CHECK_SIZE = 1 << 5,	/**< it fits the memory that it goes to */
	DFUT_CHECK_VERSION = 1 << 6,	/**< it is not older than what the device runs */
	DFUT_CHECK_MEMORY_MAP = 1 << 7, /**< addresses lie in memory that can be written */
	DFUT_CHECK_BOOTLOADER = 1 << 8, /**< it leaves alone what the device needs to be updated again */
};

/** @return the library's version, "0.1.0"; static. */
const char *dfut_get_version(void);

/**
 * @param code 0 or a negative enum dfut_error
 * @return its name in lower case without prefix, as in "not-found"; static, never NULL
 */
const char *dfut_error_get_name(int code);

/**
 * @param code 0 or a negative enum dfut_error
 * @return a sentence fragment in English that says what the code means; static, never NULL
 */
const char *dfut_error_get_text(int code);

/**
 * @param check one bit of enum dfut_check
 * @return its name, as in "memory-map"; static; NULL if it is not one known bit
 */
const char *dfut_check_get_name(unsigned int check);

/**
 * @param name a check's name, as in "memory-map"
 * @return its bit, or 0 if there is no such check
 */
unsigned int dfut_check_from_name(const char *name);

/** @} */

/** @defgroup context Context
 * Everything that one application shares: buses, device table, clock, log, event loop.
 * @{ */

struct dfut_context;
struct dfut_device;
struct dfut_device_list;
struct dfut_image;
struct dfut_session;

/** How much a log line matters. */
enum dfut_log_level {
	DFUT_LOG_ERROR = 0,   /**< an operation fails because of it */
	DFUT_LOG_WARNING = 1, /**< odd, but handled */
	DFUT_LOG_INFO = 2,    /**< what a person following along wants to know */
	DFUT_LOG_DEBUG = 3,   /**< every action and its outcome */
};

/** Gets a line of the log, without line end; `text` is valid during the call. */
typedef void (*dfut_log_handler)(enum dfut_log_level level, const char *text, void *user_data);

/** What happened to a device. */
enum dfut_device_event {
	DFUT_DEVICE_ARRIVED = 1, /**< it is new, or was there when the handler was set */
	DFUT_DEVICE_CHANGED = 2, /**< same device, other facts (a driver let go, a name became readable); the same mode,
					 *   unless devices were loaded or it was not complete; see dfut_device_is_complete() */
	DFUT_DEVICE_LEFT = 3,	 /**< it is gone; the object keeps its facts as long as it is referenced */
};

/** Gets the devices that come, change and go; `device` is valid during the call, or longer with dfut_device_ref(). */
typedef void (*dfut_device_handler)(enum dfut_device_event event, struct dfut_device *device, void *user_data);

/**
 * Makes a context.
 *
 * A context to which no bus is added uses those of the operating system. They are looked at when first
 * needed, so that this call succeeds on a machine without USB.
 *
 * @param[out] context the new context; free it with dfut_context_free()
 * @return 0, or DFUT_ERROR_NO_MEMORY
 */
int dfut_context_new(struct dfut_context **context);

/**
 * Releases a context. It stays in memory, without a function, until all that was made from it is released.
 *
 * What is being closed has 0.25 s for it: a serial port that is not given back stays exclusive for as long as another
 * program has it open. Does not wait any longer for calls into the operating system that hang on a device.
 */
void dfut_context_free(struct dfut_context *context);

/**
 * Adds the buses of the operating system (USB through libusb) to a context that has others, too.
 *
 * @return 0, or DFUT_ERROR_UNSUPPORTED if this system or this build has none; the text says what is missing
 */
int dfut_context_add_system_buses(struct dfut_context *context);

/** What a recording holds besides, as bits. */
enum dfut_record_flag {
	/** What memories hold (firmware that is written or read), not only its length and hash. */
	DFUT_RECORD_DATA = 1 << 0,
	/** Serial numbers, and the names of user, machine and home folder, not stand-ins for them. */
	DFUT_RECORD_PLAIN = 1 << 1,
};

/**
 * Records what goes between this context and its devices in a file (docs/session-files.md), until
 * dfut_context_end_record(), or until the context is freed. Called before the context has any bus. Whatever goes wrong with the
 * file later disturbs nothing else, and is told at the end.
 *
 * @param path a new file, which only its owner may read; one that exists is never replaced
 * @param flags bits of enum dfut_record_flag; 0 for what can be sent to others
 * @return 0, DFUT_ERROR_IO (it can't be made), DFUT_ERROR_BUSY (there is a bus, or a recording), DFUT_ERROR_USAGE or
 *         DFUT_ERROR_NO_MEMORY
 */
int dfut_context_record(struct dfut_context *context, const char *path, unsigned int flags);
/**
 * Ends the recording; what follows is not recorded.
 *
 * @return 0, or why the file is not whole: DFUT_ERROR_IO (the disk is full), DFUT_ERROR_NO_MEMORY; DFUT_ERROR_USAGE if nothing
 *         is recorded. Called again it returns the same
 */
int dfut_context_end_record(struct dfut_context *context);

/** Gets a line of an explanation, without line end; `text` is valid during the call. */
typedef void (*dfut_explain_handler)(const char *text, void *user_data);
/**
 * Tells in words what is in a recording: devices, states, requests, and what went wrong where.
 *
 * @param path a session file (docs/session-files.md), which is not trusted
 * @param handler called for each line, in their order
 * @return 0, DFUT_ERROR_IO (it can't be read), DFUT_ERROR_USAGE (it is no session file, the text has the line), or
 *         DFUT_ERROR_NO_MEMORY
 */
int dfut_context_explain(struct dfut_context *context, const char *path, dfut_explain_handler handler, void *user_data);

/**
 * Sets who gets the log; without one there is no log at all.
 *
 * @param level the least important level to pass on
 * @param handler NULL for none
 */
void dfut_context_set_log_handler(struct dfut_context *context, enum dfut_log_level level, dfut_log_handler handler,
				  void *user_data);

/**
 * Adds device descriptions to the built-in table, in front of what is there: the newest entry that fits wins.
 *
 * The form is that of lib/table/devices.json; see docs/add-a-device.md. Devices that are plugged in are judged anew when they
 * are looked at next, as new objects.
 *
 * @return 0, DFUT_ERROR_NOT_FOUND or DFUT_ERROR_IO if the file can't be read, DFUT_ERROR_USAGE if its content
 *         is wrong (the text names line and column); the table is then unchanged
 */
int dfut_context_load_devices(struct dfut_context *context, const char *path);

/**
 * Says which protocol all devices with these ids speak: what no table can know, and nobody guesses, as of a board
 * whose application speaks MCUmgr's SMP on its serial port.
 *
 * It is a row in front of the device table, as of dfut_context_load_devices(): who has the ids is in its bootloader, or
 * in an application that is as good as one. For a bootloader behind an application, the ids are the bootloader's.
 *
 * @param vendor_id idVendor, 0 to 0xffff
 * @param product_id idProduct, 0 to 0xffff
 * @param protocol its name, as in the device table: "smp"
 * @param interface_number bInterfaceNumber of the serial port on which it is spoken; -1 for the first one
 * @return 0, DFUT_ERROR_USAGE if there is no such protocol (the hint lists them), an id is missing, or an interface was named
 *         for one that is not spoken on a serial port, or DFUT_ERROR_NO_MEMORY
 */
int dfut_context_set_protocol(struct dfut_context *context, int vendor_id, int product_id, const char *protocol,
			      int interface_number);

/**
 * @param index 0 for the first
 * @return the name of a protocol that bootloaders speak, as dfut_context_set_protocol() takes it; static; NULL if there are not so
 *         many
 */
const char *dfut_protocol_get_name(size_t index);

/**
 * @param name of a protocol
 * @return what it is called by people, as in "SONiX's ISP"; static; NULL if there is no such protocol
 */
const char *dfut_protocol_get_text(const char *name);

/**
 * @param name of a protocol
 * @param index 0 for the first
 * @return a part (chip) that its bootloaders may have, as dfut_session_set_part() takes it; static; NULL if there are not so many, as
 *         always where no part can be named, and if there is no such protocol
 */
const char *dfut_protocol_get_part(const char *name, size_t index);

/**
 * Tells of devices that come, change and go; those already there are told as arrived by the next dispatch.
 *
 * @param handler NULL for none
 */
void dfut_context_set_device_handler(struct dfut_context *context, dfut_device_handler handler, void *user_data);

/**
 * Carries out what is due: actions, answers, timers, arrivals and departures, of all sessions of the context.
 *
 * @param timeout_ms how long to wait for something to do if nothing is due; 0 does not wait, -1 waits for ever
 * @return the number of things done, 0 when the time ran out, or DFUT_ERROR_USAGE when called from a handler,
 *         or another negative error if the buses can't be used at all
 */
int dfut_context_dispatch(struct dfut_context *context, int timeout_ms);

/** Something a foreign event loop can wait on: a file descriptor, on Windows a HANDLE. */
#ifdef _WIN32
typedef void *dfut_event;
#else
typedef int dfut_event;
#endif

/**
 * @return the event that is readable (signalled) when dfut_context_dispatch() has something to do. It belongs
 *         to the context and stays the same for its whole life. Wait for it with dfut_context_get_timeout_ms()
 *         as the time limit, then dispatch.
 */
dfut_event dfut_context_get_event(struct dfut_context *context);

/** @return ms until dispatch has something to do even without the event; 0 if it has now, -1 if never. Where no bus can be
 *          used it is some time, after which dispatch tries again. */
int dfut_context_get_timeout_ms(struct dfut_context *context);

/** @return the text of the last error of a call on this context, or on objects that keep none; "" if none. It is
 *          overwritten by the next. */
const char *dfut_context_get_error(const struct dfut_context *context);

/** @return the code of that error, a negative enum dfut_error; 0 if none. */
int dfut_context_get_error_code(const struct dfut_context *context);

/** @return what the person can do about that error; "" if there is nothing known. In brackets stands which option of the
 *          command dfutrigger does it, as in "(--address)". */
const char *dfut_context_get_hint(const struct dfut_context *context);

/** @return the end of that hint if it is a line to copy as it is (a command for a shell), so that a program can offer to do
 *  it; "" if there is none. */
const char *dfut_context_get_hint_line(const struct dfut_context *context);

/** @return the check (one bit of enum dfut_check) that that error comes from, 0 if from none. */
unsigned int dfut_context_get_failed_check(const struct dfut_context *context);

/** @} */

/** @defgroup device Devices
 * One object is one physical device as it was when it was looked at: immutable, reference-counted.
 * @{ */

/** What a device is doing. */
enum dfut_mode {
	DFUT_MODE_UNKNOWN = 0,	   /**< nothing that the library knows how to update */
	DFUT_MODE_APPLICATION = 1, /**< it runs its application (DFU's "run-time") */
	DFUT_MODE_BOOTLOADER = 2,  /**< it waits for firmware (DFU's "DFU mode") */
};

/** One alternate setting of one interface, in the order of the descriptors. */
struct dfut_interface {
	uint8_t configuration;	/**< bConfigurationValue of the configuration that it is in */
	uint8_t number;		/**< bInterfaceNumber */
	uint8_t alternate;	/**< bAlternateSetting */
	uint8_t class_code;	/**< bInterfaceClass */
	uint8_t subclass;	/**< bInterfaceSubClass */
	uint8_t protocol;	/**< bInterfaceProtocol */
	uint8_t endpoint_count; /**< bNumEndpoints */
	uint8_t name_index;	/**< iInterface, 0 for none */
	const char *name;	/**< the string of iInterface, NULL if there is none or it could not be read */
};

/** How an interface of a device is reached. */
enum dfut_link {
	DFUT_LINK_USB = 0,    /**< by USB requests */
	DFUT_LINK_HID = 1,    /**< by reports, through the system's HID driver, which goes on working */
	DFUT_LINK_SERIAL = 2, /**< as a serial port, through the system's driver */
	DFUT_LINK_VOLUME = 3, /**< by files, through the file system of a drive that the system has mounted */
};

/** HID report types (HID 1.11, 7.2.1): the upper byte of SET_REPORT's wValue. */
enum dfut_report_type {
	DFUT_REPORT_INPUT = 1,	 /**< from the device, at any time */
	DFUT_REPORT_OUTPUT = 2,	 /**< to the device, by its interrupt OUT endpoint if it has one */
	DFUT_REPORT_FEATURE = 3, /**< both ways, by control requests */
};

/** What the system made of an interface: a HID node or a serial port. */
struct dfut_node {
	enum dfut_link link;	  /**< DFUT_LINK_HID or DFUT_LINK_SERIAL */
	uint8_t interface_number; /**< bInterfaceNumber */
	const char *name;	  /**< as in "/dev/hidraw3", "/dev/ttyACM0", "COM5"; "" if it has none */
	uint16_t usage_page;	  /**< HID: of the first top-level collection, 0 if not known */
	uint16_t usage;		  /**< HID: of the first top-level collection */
};

/** Speed and frame of a serial port (USB CDC PSTN 1.2, 6.3.11). */
struct dfut_line_coding {
	uint32_t baud;	   /**< bits per second, not 0 */
	uint8_t stop_bits; /**< 1 or 2 */
	uint8_t parity;	   /**< 0 none, 1 odd, 2 even, 3 mark, 4 space */
	uint8_t data_bits; /**< 5 to 8 */
};

/** DFU functional descriptor (DFU 1.1, 4.1.3), from wherever the device hides it. */
struct dfut_dfu_descriptor {
	uint8_t attributes;	    /**< bmAttributes: enum dfut_dfu_attribute */
	uint16_t detach_timeout_ms; /**< wDetachTimeOut */
	uint16_t transfer_size;	    /**< wTransferSize; 0 if unknown */
	uint16_t version;	    /**< bcdDFUVersion; 0x0100 for the 7-byte form of DFU 1.0 */
};

/** Bits of bmAttributes (DFU 1.1, 4.1.3). */
enum dfut_dfu_attribute {
	DFUT_DFU_CAN_DNLOAD = 1 << 0,
	DFUT_DFU_CAN_UPLOAD = 1 << 1,
	DFUT_DFU_MANIFESTATION_TOLERANT = 1 << 2,
	DFUT_DFU_WILL_DETACH = 1 << 3,
};

/**
 * How many bytes a block has. Some devices say 0 or 0xffff, or more than every system can do in one request.
 *
 * @param transfer_size wTransferSize, as in struct dfut_dfu_descriptor
 * @return the bytes of each DNLOAD and UPLOAD but the last: 1 to 4096
 */
uint16_t dfut_dfu_get_block_size(uint16_t transfer_size);

/** Adds a reference. @return the same device */
struct dfut_device *dfut_device_ref(struct dfut_device *device);
/** Drops a reference. */
void dfut_device_unref(struct dfut_device *device);

/** @return idVendor */
uint16_t dfut_device_get_vendor_id(const struct dfut_device *device);
/** @return idProduct */
uint16_t dfut_device_get_product_id(const struct dfut_device *device);
/** @return bcdDevice */
uint16_t dfut_device_get_release(const struct dfut_device *device);
/** @return the port path: bus number, '-', ports joined by '.', as in "1-2.3"; "" where the system does not tell */
const char *dfut_device_get_path(const struct dfut_device *device);
/**
 * An id that stays while a physical device re-enumerates: as its application, as its bootloader and as its application again
 * it has the same. A program keeps under it what it knows of the device, such as a row of its window.
 *
 * It goes by what a session goes by: the port, so that whoever comes to a port is taken for the one that left it; where the
 * system tells no port, the serial number, once the device is complete. Without both it is another one each time. A device
 * that a session has found again at another port has the id of that one: dfut_session_get_device() is the device.
 *
 * @return a text without a meaning, to be compared with those of other devices of the context
 */
const char *dfut_device_get_id(const struct dfut_device *device);
/** @return the number of the bus that the device is on */
unsigned int dfut_device_get_bus_number(const struct dfut_device *device);
/** @return the USB address; it is another one after each re-enumeration */
unsigned int dfut_device_get_address(const struct dfut_device *device);
/** @return the serial number, "" if the device has none or it can't be read */
const char *dfut_device_get_serial_number(const struct dfut_device *device);
/** @return the manufacturer's name, "" if none */
const char *dfut_device_get_manufacturer(const struct dfut_device *device);
/** @return the product's name, "" if none */
const char *dfut_device_get_product(const struct dfut_device *device);
/** @return what the device is doing, judged by the device table first, then by its descriptors */
enum dfut_mode dfut_device_get_mode(const struct dfut_device *device);
/** @return "application", "bootloader" or "unknown"; static */
const char *dfut_mode_get_name(enum dfut_mode mode);
/** @return the bConfigurationValue in use, 0 if the device is not configured */
uint8_t dfut_device_get_configuration(const struct dfut_device *device);
/** @return true while the device is plugged in as this object describes it; dispatch keeps it true to life */
bool dfut_device_is_present(const struct dfut_device *device);

/**
 * A device is told as soon as its ids and its place are known. Names that only the device itself tells are read meanwhile; it
 * then changes (DFUT_DEVICE_CHANGED). Mode, serial number, product and names of alternate settings are certain only once
 * it is complete.
 *
 * @return true if all its names that matter were read, or the device has answered that there are none
 */
bool dfut_device_is_complete(const struct dfut_device *device);
/** @return what is missing and why, as in "its names are not read: no answer before the deadline"; "" if it is complete */
const char *dfut_device_get_missing(const struct dfut_device *device);

/**
 * @param[out] size bytes returned
 * @return the raw descriptors: the device descriptor (18 bytes), then each configuration descriptor with all
 *         that belongs to it
 */
const uint8_t *dfut_device_get_descriptors(const struct dfut_device *device, size_t *size);

/** @return the number of alternate settings of all interfaces of all configurations */
size_t dfut_device_get_interface_count(const struct dfut_device *device);
/** @return one alternate setting, or NULL if there is no such index */
const struct dfut_interface *dfut_device_get_interface(const struct dfut_device *device, size_t index);

/**
 * @param[out] descriptor what the first DFU interface says of itself
 * @return 0, or DFUT_ERROR_NOT_FOUND if it has no functional descriptor
 */
int dfut_device_get_dfu_descriptor(const struct dfut_device *device, struct dfut_dfu_descriptor *descriptor);
/**
 * The same for each of several DFU interfaces. One that says nothing of itself is taken for what the first one is.
 *
 * @param index of one of its alternate settings, as in dfut_device_get_interface()
 * @param[out] descriptor what that DFU interface says of itself
 * @return 0, or DFUT_ERROR_NOT_FOUND if it is no DFU interface, or nothing is said of it
 */
int dfut_device_get_interface_dfu_descriptor(const struct dfut_device *device, size_t index,
					     struct dfut_dfu_descriptor *descriptor);

/** @return the number of HID nodes and serial ports that belong to the device; more may come shortly after it */
size_t dfut_device_get_node_count(const struct dfut_device *device);
/** @return a node, in the order of the interfaces; NULL if there is no such index */
const struct dfut_node *dfut_device_get_node(const struct dfut_device *device, size_t index);

/** @return as what the device table knows the device, as in "Zephyr USB DFU sample"; "" if no row of it does. What a class alone
 *          says is told, too: see dfut_device_is_generic() */
const char *dfut_device_get_title(const struct dfut_device *device);
/** @return the name of the bootloader language that the device speaks, or will after a trigger, as in "dfu"; "" if unknown, if only
 *          its bootloader shows which, or if a job has to ask it first (what it said is told from then on) */
const char *dfut_device_get_protocol(const struct dfut_device *device);
/** @return the number of known ways to bring the device into its bootloader; the surest has index 0 */
size_t dfut_device_get_trigger_count(const struct dfut_device *device);
/** @return the name of a trigger, as in "dfu-detach"; NULL if there is no such index */
const char *dfut_device_get_trigger_name(const struct dfut_device *device, size_t index);

/** @return the number of commands that the device knows besides updates; see dfut_session_start_command() */
size_t dfut_device_get_command_count(const struct dfut_device *device);
/** @return a command's name, as in "revert-factory"; NULL if there is no such index */
const char *dfut_device_get_command_name(const struct dfut_device *device, size_t index);
/** @return what a command does, for people; NULL if there is no such index */
const char *dfut_device_get_command_text(const struct dfut_device *device, size_t index);

/** @return what a person can do about usual trouble with devices of this kind, one sentence each; NULL beyond the last */
const char *dfut_device_get_help(const struct dfut_device *device, size_t index);
/**
 * The same for a device that is not plugged in, or does not show, by the ids that it would have.
 *
 * @return a sentence, NULL beyond the last
 */
const char *dfut_context_get_help(const struct dfut_context *context, uint16_t vendor_id, uint16_t product_id,
				  size_t index);

/**
 * @return true if other products with other firmware show the same ids and descriptors: a session then uses a trigger
 *         only if one is named with dfut_session_set_trigger()
 */
bool dfut_device_is_shared(const struct dfut_device *device);

/**
 * @return true if nothing but its USB classes says what the device is, so that its mode is known: no row of the table knows
 *         its ids, strings or reports. dfut_device_find() takes such a device in its application only if it is named
 */
bool dfut_device_is_generic(const struct dfut_device *device);

/**
 * @return true if the device does not say whether it is in its application or in its bootloader (DFU 1.0 has one protocol
 *         number for both), so that dfut_device_get_mode() is a guess. Ids of both, given to dfut_device_find(), overrule it
 */
bool dfut_device_is_mode_guessed(const struct dfut_device *device);

/**
 * Says whether the device can be opened, and if not, why; tries it, but sends nothing to the device. For a device that
 * has triggers it looks at what they need: HID nodes and serial ports are not opened for it.
 *
 * Blocks for as long as the system's open call takes; dfut_session_start_diagnose() does not.
 *
 * @return 0 (the hint is "", or says that nothing gives this user the bootloader, and by which command something would),
 *         DFUT_ERROR_ACCESS (text: node, owner, mode; hint: the command that adds udev's rules for the device, and for
 *         its bootloader where that lacks one), DFUT_ERROR_BUSY (hint: who holds it), DFUT_ERROR_GONE or another
 *         negative error; text and hint are the context's
 */
int dfut_device_diagnose(struct dfut_device *device);

/** Who has a part of a device, this process apart. */
struct dfut_holder {
	char driver
		[64]; /**< the kernel's driver of the interface, as in "cdc_acm", or "usbfs" for a program; "" for none */
	char programs[512]; /**< programs that have the node open, as in "ModemManager (process 311)", joined by ", " */
};

/**
 * Says who has an interface of the device, and its HID node or serial port, or the device as a whole. Opens nothing, and needs
 * no permission. On Linux root is told all programs, others those of their own and those that lock the node; elsewhere
 * nobody is told any.
 *
 * @param interface_number bInterfaceNumber, or -1 for the device as a whole
 * @param[out] holder texts are "" if there is nobody, or it can't be known
 * @param holder_size sizeof(struct dfut_holder)
 * @return 0, DFUT_ERROR_GONE, or DFUT_ERROR_NOT_FOUND if there is no such interface in the configuration in use
 */
int dfut_device_get_holder(struct dfut_device *device, int interface_number, struct dfut_holder *holder,
			   size_t holder_size);

/** Any vendor or product in struct dfut_match. */
#define DFUT_MATCH_ANY (-1)

/**
 * Which devices are meant. All given conditions must hold. Initialise it with DFUT_MATCH_INIT.
 *
 * Ids come as a pair, as in dfu-util: a device in its application is compared with the first, one in its
 * bootloader with the second; without a second pair a bootloader fits if it is what the device table expects
 * of a device with the first pair, or has those ids itself. Serial numbers likewise.
 */
struct dfut_match {
	size_t size;			      /**< sizeof(struct dfut_match) */
	int vendor_id;			      /**< of the application, 0 to 0xffff, DFUT_MATCH_ANY for any */
	int product_id;			      /**< of the application, likewise */
	int bootloader_vendor_id;	      /**< DFUT_MATCH_ANY for any */
	int bootloader_product_id;	      /**< DFUT_MATCH_ANY for any */
	const char *path;		      /**< port path, NULL for any */
	const char *serial_number;	      /**< of the application, NULL for any */
	const char *bootloader_serial_number; /**< NULL for the same as serial_number */
	const char *alternate; /**< has an alternate setting of a DFU interface that this text means, in the forms of
					 *   dfut_session_set_alternate(); NULL for any. A device in its application always fits:
					 *   it may have it later */
	enum dfut_mode mode;   /**< DFUT_MODE_UNKNOWN for any */
	const struct dfut_image
		*image; /**< what is to be written: dfut_device_find() prefers devices that it fits; NULL for none */
	unsigned int force; /**< checks (bits of enum dfut_check) of that image that do not matter */
	int configuration; /**< has a DFU interface in the configuration with this bConfigurationValue; DFUT_MATCH_ANY for
			     *   any. As for the alternate setting, a device in its application always fits */
	int interface_number; /**< has a DFU interface with this bInterfaceNumber; DFUT_MATCH_ANY for any. Likewise */
};

/** A struct dfut_match that every device fits. */
#define DFUT_MATCH_INIT \
	{ \
		sizeof(struct dfut_match), DFUT_MATCH_ANY, DFUT_MATCH_ANY, DFUT_MATCH_ANY, DFUT_MATCH_ANY, NULL, NULL, \
			NULL, NULL, DFUT_MODE_UNKNOWN, NULL, 0, DFUT_MATCH_ANY, DFUT_MATCH_ANY \
	}

/** The longest that a look at devices takes, all of them together, in ms. */
#define DFUT_LOOK_TIMEOUT_MS 10000

/**
 * Lists what is plugged in now, by bus and port path. Needs no permission to open devices where the system tells their strings.
 *
 * Waits until all names are read, DFUT_LOOK_TIMEOUT_MS at most, and inside a handler not at all. Names of different devices
 * are read at the same time; a device that does not answer for 2 s is not waited for any longer. It is in the list all the
 * same. Lets the buses do what is due, so that a program may list again and again until a device is there or is gone.
 *
 * @param[out] list free it with dfut_device_list_free()
 * @param match NULL for all
 * @return 0 (also with an empty list), DFUT_ERROR_USAGE for a match that no device can have, DFUT_ERROR_UNSUPPORTED if there is no
 *         bus to look at, or another negative error
 */
int dfut_device_list_new(struct dfut_device_list **list, struct dfut_context *context, const struct dfut_match *match);
/** @return the number of devices */
size_t dfut_device_list_get_count(const struct dfut_device_list *list);
/** @return a device, which belongs to the list; NULL if there is no such index. Keep it with dfut_device_ref() */
struct dfut_device *dfut_device_list_get(const struct dfut_device_list *list, size_t index);
/** @return true if all devices were looked at, and each that fits, or may fit, is complete */
bool dfut_device_list_is_complete(const struct dfut_device_list *list);
/** @return the number of devices that fit, or may fit once that is known, and are not complete */
size_t dfut_device_list_get_unread_count(const struct dfut_device_list *list);
/** @return one of them, which belongs to the list; NULL if there is no such index. It may be in the list or not */
struct dfut_device *dfut_device_list_get_unread(const struct dfut_device_list *list, size_t index);
/** Releases a list and its references to devices. */
void dfut_device_list_free(struct dfut_device_list *list);

/**
 * Finds the one device that is meant.
 *
 * A device is *named* by ids, port path or serial number, or by the ids that the image's file is made for. If nothing names
 * one, devices that no row of the table knows are left out: those of mode unknown, and those that are
 * dfut_device_is_generic(), but for bootloaders that say that they are one. Of several, those that do not have the alternate
 * setting are left out, then those that the image does not fit. If there is an image, one of them alone is in its
 * bootloader, and no ids, path or serial number was given, that is taken: it waits for firmware.
 *
 * What is still ambiguous is an error: there is no first or best device. So is a device that is not complete, if it could be
 * meant as well; one alone is found by its ids or path.
 *
 * @param[out] device drop it with dfut_device_unref()
 * @param match NULL for any
 * @return 0, DFUT_ERROR_NOT_FOUND (the text says what was asked for and what is there), DFUT_ERROR_AMBIGUOUS (the text
 *         lists them), DFUT_ERROR_USAGE for a match that no device can have, DFUT_ERROR_TIMEOUT or DFUT_ERROR_ACCESS if it can't be told (the text says what is not read), or another
 *         negative error
 */
int dfut_device_find(struct dfut_device **device, struct dfut_context *context, const struct dfut_match *match);

/**
 * The same for a device that may not be there yet: waits until there is one, so that a button can be pressed or a cable
 * plugged in meanwhile. One that is there already is found at once, but for one that nothing names and that the image does not
 * fit: the right one may still come.
 *
 * Dispatches the context; not from a handler.
 *
 * @param timeout_ms how long to wait; -1 waits for ever
 * @return as dfut_device_find(), DFUT_ERROR_TIMEOUT if none has come, or DFUT_ERROR_USAGE from inside a handler
 */
int dfut_device_wait(struct dfut_device **device, struct dfut_context *context, const struct dfut_match *match,
		     int timeout_ms);

/**
 * Writes a report for whoever is to help: one text that a person can read, with versions and system, each device with what is
 * known of it, whether it can be used, and which rows of the device table fit it or nearly do, udev's rules and the kernel's
 * messages where they can be read, and a recording in words and as it is. Nothing is sent anywhere, and nothing to a device.
 *
 * Serial numbers, and the names of user, machine and home folders, have the same stand-ins in all of it, and those of the
 * recording where that has the device. A recording that is less private than the flags allow is left out, which the
 * report says.
 *
 * Blocks as dfut_device_list_new() and dfut_device_diagnose() do; not from a handler.
 *
 * @param path a new file, which only its owner may read; one that exists is never replaced
 * @param match which devices it is about; NULL for all
 * @param recording a session file (docs/session-files.md), which is not trusted, and may still be written; NULL for none
 * @param flags bits of enum dfut_record_flag; 0 for what can be sent to others
 * @return 0, DFUT_ERROR_IO (a file can't be made, read or written), DFUT_ERROR_USAGE (the recording is no session file, the
 *         text has the line) or DFUT_ERROR_NO_MEMORY
 */
int dfut_context_report(struct dfut_context *context, const char *path, const struct dfut_match *match,
			const char *recording, unsigned int flags);

/** @} */

/** @defgroup image Images
 * Firmware files, parsed and judged before any device is opened.
 * @{ */

/** A run of bytes of an image that belongs together. */
struct dfut_segment {
	bool has_address; /**< false: the device decides where it goes */
	uint32_t address; /**< of the first byte */
	int alternate;	  /**< alternate setting that the file asks for, -1 for none */
	/** Belongs to the image. NULL if that is large (more than 128 MiB of a file of plain bytes): then they are in the file
	 * only, and dfut_image_read_segment() gives them. */
	const uint8_t *data;
	size_t size; /**< bytes */
};

/** Any id in a DFU suffix. */
#define DFUT_ID_ANY 0xffff

/** What a format of firmware files holds beyond bytes, and what can be done with it; bits. */
enum dfut_format_trait {
	DFUT_FORMAT_ADDRESSES = 1 << 0,	 /**< it says where bytes go, so that dfut_image_set_address() is refused */
	DFUT_FORMAT_PARTS = 1 << 1,	 /**< the file is not what is sent: that is taken out of it */
	DFUT_FORMAT_ALTERNATES = 1 << 2, /**< parts are for alternate settings */
	DFUT_FORMAT_GROUPS = 1 << 3,	 /**< it can have firmware for several chips, or boards */
	DFUT_FORMAT_SUFFIX = 1 << 4,	 /**< a DFU suffix has its place behind it: dfut_image_set_suffix() */
	DFUT_FORMAT_FAMILIES = 1 << 5,	 /**< it names the family of its chip, also if that is the only one */
	DFUT_FORMAT_TEXT = 1 << 6,	 /**< it has lines, as errors count them */
	DFUT_FORMAT_WRITTEN = 1 << 7,	 /**< images can be put into it: dfut_image_convert() */
};

/**
 * @param index 0 for the first
 * @return the name of a format of firmware files, as in "ihex"; static; NULL if there are not so many
 */
const char *dfut_format_get_name(size_t index);

/**
 * @param name of a format
 * @return what it is called by people, as in "Intel HEX file"; static; NULL if there is no such format
 */
const char *dfut_format_get_text(const char *name);

/**
 * @param name of a format
 * @return bits of enum dfut_format_trait; 0 if there is no such format
 */
unsigned int dfut_format_get_traits(const char *name);

/**
 * @param index 0 for the first
 * @return the name of a family of chips, or of a board, as dfut_image_set_family() takes it; static; NULL if there are not so many
 */
const char *dfut_family_get_name(size_t index);

/**
 * Reads and judges a firmware file. Its kind is recognised by its content.
 *
 * Plain bytes ("raw") may be up to 64 GiB; of more than 128 MiB the image keeps the file open, and reads what is needed when it is
 * needed. If the file is changed or cut off meanwhile, that is an error of whoever needs it: DFUT_ERROR_IO. Files of other formats
 * are held in memory: 256 MiB at most. Of Intel HEX and S-records of more than 1 MiB that is what they say; the text stays in the
 * file, which is kept open for dfut_image_save_file().
 *
 * An image belongs to no context. So a thread of the application's own can load a large file with a context of its own,
 * made for that and freed afterwards, and hand the image over to the thread of the devices.
 *
 * @param[out] image free it with dfut_image_free()
 * @param context gets the text of an error
 * @param path the file
 * @param force checks (bits of enum dfut_check) whose failure does not matter; 0 for a file that must be good
 * @return 0, DFUT_ERROR_IMAGE if it is not firmware or is damaged (dfut_context_get_failed_check() says which
 *         check, the text where), DFUT_ERROR_UNSUPPORTED if this build does not read such files
 *         (Nordic DFU packages without protobuf-c),
 *         DFUT_ERROR_NOT_FOUND, DFUT_ERROR_ACCESS or DFUT_ERROR_IO if it can't be read, DFUT_ERROR_NO_MEMORY, or DFUT_ERROR_USAGE without a path
 */
int dfut_image_load_file(struct dfut_image **image, struct dfut_context *context, const char *path, unsigned int force);

/** The same from memory; the bytes are copied. @see dfut_image_load_file() */
int dfut_image_load_buffer(struct dfut_image **image, struct dfut_context *context, const void *data, size_t size,
			   unsigned int force);

/** What goes into a firmware file for the ROM of an ESP chip. Initialise it with DFUT_ESP_INIT. */
struct dfut_esp {
	size_t size;	  /**< sizeof(struct dfut_esp) */
	const char *chip; /**< "esp32s2", "esp32s3", "esp32p4" or "esp32s31" */
	const char *
		flasher_args; /**< path of flasher_args.json in ESP-IDF's build folder; its files are found from there */
	uint32_t part_size;   /**< larger files are cut into parts of this size; 0 for 512 KiB */
	const char *flash_size; /**< "1MB" to "128MB"; NULL for what flasher_args.json says, else "2MB" */
};

/** A struct dfut_esp with the usual sizes. */
#define DFUT_ESP_INIT \
	{ \
		sizeof(struct dfut_esp), NULL, NULL, 0, NULL \
	}

/**
 * Makes what `idf.py dfu` makes, byte by byte: an archive of the files that ESP-IDF has built, with a DFU suffix.
 *
 * @param[out] image free it with dfut_image_free()
 * @param context gets the text of an error
 * @return 0, DFUT_ERROR_USAGE if something is missing or the size of the flash is not known, DFUT_ERROR_UNSUPPORTED for
 *         a chip without DFU, DFUT_ERROR_IMAGE if flasher_args.json is wrong, or as for dfut_image_load_file()
 */
int dfut_image_build_esp(struct dfut_image **image, struct dfut_context *context, const struct dfut_esp *esp);

/** What goes into a Nordic DFU package. Paths are those of firmware files; initialise it with DFUT_NORDIC_INIT. */
struct dfut_nordic {
	size_t size;		      /**< sizeof(struct dfut_nordic) */
	bool legacy;		      /**< for bootloaders of nRF5 SDK 11 and earlier, such as Adafruit's */
	const char *application;      /**< NULL for none */
	const char *softdevice;	      /**< NULL for none; what lies below 0x1000, the MBR, is left out */
	const char *bootloader;	      /**< NULL for none; together with a SoftDevice, they are one image */
	uint32_t application_version; /**< not less than the one in the device, if its bootloader compares them */
	uint32_t bootloader_version;  /**< greater than the one in the device; not 0 */
	uint32_t hw_version;	      /**< 52 for the nRF52 */
	const uint32_t *sd_req;	      /**< ids of SoftDevices, one of which is in the device now; 0 for none */
	size_t sd_req_count;	      /**< at most 16 */
	const uint32_t *sd_id;	      /**< ids that the application accepts, if the package has a SoftDevice, too */
	size_t sd_id_count;	      /**< at most 16 */
	const char *private_key;      /**< PEM file of a P-256 key; NULL: not signed */
	bool debug;		      /**< versions are not compared, by bootloaders that were built for debugging */
	uint16_t device_type;	      /**< of legacy packages */
	uint16_t device_revision;     /**< of legacy packages */
};

/** A struct dfut_nordic for the nRF52. */
#define DFUT_NORDIC_INIT \
	{ \
		sizeof(struct dfut_nordic), false, NULL, NULL, NULL, 0, 0, 52, NULL, 0, NULL, 0, NULL, false, 0x0052, \
			0xffff \
	}

/**
 * Makes a Nordic DFU package of firmware files of any kind that the library reads. Gaps are filled with FF, also what is
 * missing to a multiple of 4 bytes; the UICR is left out. The same files make the same bytes, but for signatures.
 *
 * @param[out] image free it with dfut_image_free()
 * @param context gets the text of an error
 * @return 0, DFUT_ERROR_USAGE if something is missing or is not a key, DFUT_ERROR_UNSUPPORTED if a file has no one place
 *         in memory or in a build without protobuf-c, or as for dfut_image_load_file()
 */
int dfut_image_build_nordic(struct dfut_image **image, struct dfut_context *context, const struct dfut_nordic *nordic);

/**
 * Checks that all images of a Nordic DFU package are signed with a key, and are the bytes that were signed, whatever
 * was overruled when it was loaded. Loading does not: it has no key. That they are is then a fact of the image.
 *
 * @param public_key PEM file of a P-256 key
 * @return 0, DFUT_ERROR_MISMATCH if one is not signed, not with this key, or changed afterwards,
 *         DFUT_ERROR_UNSUPPORTED if the image is not such a package, DFUT_ERROR_USAGE if the file is not such a key,
 *         or as for dfut_image_load_file() if it can't be read
 */
int dfut_image_verify_signature(struct dfut_image *image, const char *public_key);

/** Releases an image. Sessions that were started with it keep it alive. */
void dfut_image_free(struct dfut_image *image);

/** @return the text of the last error of a call on this image; "" if none. It is overwritten by the next. */
const char *dfut_image_get_error(const struct dfut_image *image);
/** @return the code of that error, a negative enum dfut_error; 0 if none */
int dfut_image_get_error_code(const struct dfut_image *image);
/** @return what the person can do about that error; "" if there is nothing known */
const char *dfut_image_get_hint(const struct dfut_image *image);
/** @return the end of that hint if it is a line to copy as it is; "" if there is none */
const char *dfut_image_get_hint_line(const struct dfut_image *image);
/** @return the check (one bit of enum dfut_check) that that error comes from, 0 if from none */
unsigned int dfut_image_get_failed_check(const struct dfut_image *image);

/** @return what the payload is, as in "raw": one of the names of dfut_format_get_name(); static */
const char *dfut_image_get_format(const struct dfut_image *image);
/** @return bytes that go to the device: all segments together */
size_t dfut_image_get_size(const struct dfut_image *image);
/**
 * @return the number of segments, at least 1. Those of a DfuSe file come in its order; those of other formats with
 *         addresses are sorted by address and apart from each other; if a UF2 file is for several families of chips, family by
 *         family; those of a Nordic DFU package are its images, as they are sent.
 */
size_t dfut_image_get_segment_count(const struct dfut_image *image);
/** @param segment_size sizeof(struct dfut_segment) @return 0, or DFUT_ERROR_NOT_FOUND if there is no such index */
int dfut_image_get_segment(const struct dfut_image *image, size_t index, struct dfut_segment *segment,
			   size_t segment_size);

/**
 * Reads bytes of a segment, also of an image that is too large to be held in memory.
 *
 * Such an image keeps its file open and reads from it when bytes are needed, also while a session sends them. What is read is
 * compared with what was judged when it was loaded.
 *
 * @param offset of the first byte, from the beginning of the segment
 * @param[out] data gets them; after an error it may have some
 * @param size how many: no more than the segment has from there on
 * @return 0, DFUT_ERROR_NOT_FOUND if there is no such index, DFUT_ERROR_USAGE if the segment ends before, or DFUT_ERROR_IO if
 *         the file can't be read or is not as it was
 */
int dfut_image_read_segment(const struct dfut_image *image, size_t index, size_t offset, void *data, size_t size);

/**
 * What is known of the image, for people and for tools: container by container from the outside, then the payload.
 *
 * @param[out] layer the format that the fact comes from, as in "dfu-suffix"
 * @param[out] key lower case with underscores, as in "vendor_id"
 * @param[out] value text
 * @return 0, or DFUT_ERROR_NOT_FOUND if there is no such index
 */
int dfut_image_get_fact(const struct dfut_image *image, size_t index, const char **layer, const char **key,
			const char **value);
/** @return the number of facts */
size_t dfut_image_get_fact_count(const struct dfut_image *image);

/**
 * The ids that the file is made for (DFU suffix); DFUT_ID_ANY where it does not say. Pointers may be NULL.
 *
 * @return true if the file has a container that names ids
 */
bool dfut_image_get_ids(const struct dfut_image *image, uint16_t *vendor_id, uint16_t *product_id, uint16_t *release);

/**
 * Puts a raw image at an address.
 *
 * @return 0, or DFUT_ERROR_USAGE if the image's format brings its own addresses, or none that can be chosen
 */
int dfut_image_set_address(struct dfut_image *image, uint32_t address);

/** Gives the image a DFU suffix (DFU 1.1, appendix B) with these ids, instead of one that it may have. */
void dfut_image_set_suffix(struct dfut_image *image, uint16_t vendor_id, uint16_t product_id, uint16_t release);
/** Takes the DFU suffix away, so that a saved file is the bare payload. A DfuSe file keeps one, for any device. */
void dfut_image_remove_suffix(struct dfut_image *image);

/**
 * Wraps the payload as an unsigned MCUboot image with a SHA-256 TLV.
 *
 * @param version "MAJOR.MINOR.REVISION[+BUILD]"
 * @param header_size bytes, 32 to 65535; 0x200 is what Zephyr uses
 * @return 0, DFUT_ERROR_USAGE for a wrong version or size or if it is an MCUboot image already, or
 *         DFUT_ERROR_NO_MEMORY; the image is then as it was
 */
int dfut_image_wrap_mcuboot(struct dfut_image *image, const char *version, size_t header_size);

/**
 * Puts the segments into a file of another format, as dfut_image_save_file() then writes it.
 *
 * What goes to which address stays. Ids stay if the format has a place for them ("raw", "dfuse"). Segments get
 * alternate setting 0 in a DfuSe file if they had none.
 *
 * @param format one with the trait DFUT_FORMAT_WRITTEN. In "raw", gaps are filled with FF; "uf2" has whole pages of 256
 *        bytes: what is missing in one is filled with FF. The one that the image has changes nothing
 * @return 0, DFUT_ERROR_USAGE for an unknown format, an image without an address that needs one, or one that a
 *         session uses, DFUT_ERROR_UNSUPPORTED if the format can't be written or can't hold the image (several
 *         alternate settings or families, more than 128 MiB, a file larger than 256 MiB), or DFUT_ERROR_NO_MEMORY; the image is then as it was
 */
int dfut_image_convert(struct dfut_image *image, const char *format);

/**
 * Sets the family of chips that a UF2 file names, also one that is made of the image later. Of a UF2 file for several
 * families, keeps what is for this one.
 *
 * @param family its name in Microsoft's list, as in "rp2040" (dfut_family_get_name()), or its number, as in "0xe48bff56"
 * @return 0, DFUT_ERROR_USAGE for an unknown name or an image that a session uses, DFUT_ERROR_NOT_FOUND if the file is
 *         for several families and this is none of them, or DFUT_ERROR_NO_MEMORY; the image is then as it was
 */
int dfut_image_set_family(struct dfut_image *image, const char *family);

/**
 * Writes the image, with its containers, to a file. An existing file is replaced only when the new one is complete.
 *
 * A link's target is replaced, not the link; what is not a regular file is refused.
 *
 * @return 0, DFUT_ERROR_ACCESS, DFUT_ERROR_IO (disk full, not a regular file, a large image's own file was changed),
 *         DFUT_ERROR_NO_MEMORY, or DFUT_ERROR_USAGE without a path
 */
int dfut_image_save_file(const struct dfut_image *image, const char *path);

/**
 * Judges whether the image fits the device: ids, format, size where it is known. Opens nothing.
 *
 * @param alternate the memory, in the forms of dfut_session_set_alternate(), NULL if not chosen; one that the device does
 *        not have, or that could be several, is refused when the session plans, not here
 * @param force checks (bits of enum dfut_check) whose failure does not matter
 * @return 0, or DFUT_ERROR_MISMATCH or DFUT_ERROR_IMAGE; text, hint and failed check are the image's
 */
int dfut_image_check(const struct dfut_image *image, const struct dfut_device *device, const char *alternate,
		     unsigned int force);

/** @} */

/** @defgroup session Sessions
 * One job on one device. Start it, then dispatch its context until it has ended, or use dfut_session_run().
 * Any number of sessions of a context run at the same time. Text and hint of whatever fails, starting included, are
 * the session's: dfut_session_get_message(), dfut_session_get_hint(). A session is started once: what would
 * plan or start it again returns DFUT_ERROR_USAGE, and changes nothing. So does each dfut_session_set_... function once the
 * session was started, but that of the progress handler, which may be set at any time. From then on the session's text is that
 * of its job, and the text of a call that is refused is in the context.
 *
 * What can be planned depends on the names of a device's memories. While they are being read, right after it has arrived,
 * starting and planning wait for them, dispatching meanwhile: 2 s if it does not answer; inside a handler not at all. A program
 * that must not wait does it when dfut_device_is_complete() says so, or its device handler that the device has changed.
 * @{ */

/** Where a session is. */
enum dfut_session_state {
	DFUT_SESSION_NEW = 0,	       /**< nothing started */
	DFUT_SESSION_DIAGNOSING = 1,   /**< seeing whether the device can be opened */
	DFUT_SESSION_PROBING = 2,      /**< asking a device in its application about itself */
	DFUT_SESSION_TRIGGERING = 3,   /**< asking the device to enter its bootloader */
	DFUT_SESSION_LEAVING = 4,      /**< waiting for it to leave the bus */
	DFUT_SESSION_RETURNING = 5,    /**< waiting for it to come back */
	DFUT_SESSION_MEASURING = 6,    /**< reading to learn how much the memory holds */
	DFUT_SESSION_COMPARING = 7,    /**< reading to learn which parts of the memory differ from the image */
	DFUT_SESSION_ANNOUNCING = 8,   /**< the bootloader is told what comes, and judges that (Nordic's init packet) */
	DFUT_SESSION_DOWNLOADING = 9,  /**< writing firmware */
	DFUT_SESSION_MANIFESTING = 10, /**< the device installs what it got */
	DFUT_SESSION_VERIFYING = 11,   /**< reading back and comparing */
	DFUT_SESSION_UPLOADING = 12,   /**< reading for the caller */
	DFUT_SESSION_COMMANDING = 13,  /**< carrying out a command of the device */
	DFUT_SESSION_RESTARTING = 14,  /**< bringing the device back to its application */
	DFUT_SESSION_DONE = 15,	       /**< ended well */
	DFUT_SESSION_FAILED = 16,      /**< ended with an error */
	DFUT_SESSION_CANCELLED = 17,   /**< ended by dfut_session_cancel() */
};

/** @return a state's name in lower case, as in "downloading"; static, never NULL */
const char *dfut_session_state_get_name(enum dfut_session_state state);

/** How far a session is. */
struct dfut_progress {
	enum dfut_session_state state; /**< the phase */
	uint64_t done;		       /**< bytes of this phase, 0 if it has none */
	uint64_t total;		       /**< bytes of this phase, 0 if it has none or they are not known */
	uint64_t elapsed_ms;	       /**< since the session's first action */
	int64_t left_ms;	       /**< estimated time to the session's end, -1 if not known; while the device
				 *   installs what it got, the time that it has asked for */
	unsigned int plan;	       /**< times that the plan was refined: its steps are then others */
};

/** One step of a plan. */
struct dfut_step {
	enum dfut_session_state state; /**< the phase that it will be */
	const char *text;	       /**< what will be done, one line */
	uint64_t bytes;		       /**< to move, 0 if none or not known */
	uint32_t time_ms; /**< the most time that it is given; 0 for what takes none, and for what a person is to do
				 *   before */
};

/** Whether what was written was read back and compared. */
enum dfut_verified {
	DFUT_VERIFIED_NO = 0,	      /**< not asked for, or not yet */
	DFUT_VERIFIED_YES = 1,	      /**< every byte was read back and is right */
	DFUT_VERIFIED_IMPOSSIBLE = 2, /**< it can't be read back; the message says why */
};

/** When an update is verified. */
enum dfut_verify {
	DFUT_VERIFY_AUTO = 0,  /**< where it can be read back and the device then starts again by itself; a device that
				 *   restarts after the download is triggered once more for it */
	DFUT_VERIFY_NEVER = 1, /**< trust the device */
	DFUT_VERIFY_ALWAYS =
		2, /**< also if the device then stays in its bootloader; if it can't be done, the session fails
				 *   with DFUT_ERROR_VERIFY */
};

/** What is erased before it is written, by sectors (DfuSe), or all (Atmel FLIP): MASS gives up what is protected, too. */
enum dfut_erase {
	DFUT_ERASE_AUTO = 0,   /**< as NEEDED where the memory can be read, else as ALL */
	DFUT_ERASE_NEEDED = 1, /**< read first; only sectors that differ are erased and written */
	DFUT_ERASE_ALL = 2,    /**< every sector that the image touches, without reading */
	DFUT_ERASE_MASS = 3,   /**< the whole memory, also what the image does not touch */
};

/** Whether a device is restarted at the end of an update or upload. */
enum dfut_restart {
	DFUT_RESTART_AUTO =
		0, /**< an update ends in the new application, where the device can start it; after an upload a
				 *   device is not asked to leave its bootloader */
	DFUT_RESTART_NEVER =
		1, /**< it stays in its bootloader, wherever that lets it. USB DFU: what a device does by itself once
				 *   it has installed what it got is not prevented, and one that wants a bus reset for that
				 *   gets it, which the fact "restarted_by" tells; it is waited for then, and may come back as
				 *   whatever it is. What can be read only after a restart is not verified. A bootloader that
				 *   ends each update with a restart (UF2, Nordic's) is refused with DFUT_ERROR_UNSUPPORTED
				 *   before anything is sent. Nor is a device started again whose bootloader refused the job. */
	DFUT_RESTART_ALWAYS = 2, /**< also after an upload, and where nothing had to be written or started anew */
};

/** Called when the state or the progress has changed, at most every 50 ms within one state. */
typedef void (*dfut_progress_handler)(struct dfut_session *session, const struct dfut_progress *progress,
				      void *user_data);

/** Gets uploaded bytes in order; returns 0 or a negative enum dfut_error, which ends the session. */
typedef int (*dfut_writer)(const uint8_t *data, size_t size, void *user_data);

/**
 * Makes a session for a device.
 *
 * @param[out] session free it with dfut_session_free()
 * @return 0, or DFUT_ERROR_NO_MEMORY
 */
int dfut_session_new(struct dfut_session **session, struct dfut_device *device);
/** Releases a session. One that runs is cancelled first, without waiting for its device. Not from its own handlers. */
void dfut_session_free(struct dfut_session *session);

/**
 * Which memory to use: an alternate setting of a DFU interface. A session that starts tells DFUT_ERROR_NOT_FOUND or
 * DFUT_ERROR_AMBIGUOUS, and lists what there is.
 *
 * @param alternate NUMBER (bAlternateSetting, decimal or 0x...), NAME, =NAME (a name, whatever it looks like), or
 *        INTERFACE:ALTERNATE (bInterfaceNumber, and any of these). Numbers win over names. A name that several have, or a
 *        number that exists on several DFU interfaces, is ambiguous. NULL: the one that the image asks for, else the only one
 * @return 0, or DFUT_ERROR_NO_MEMORY
 */
int dfut_session_set_alternate(struct dfut_session *session, const char *alternate);
/**
 * Which DFU interface of a bootloader to use, where there are several: its memories are then the only ones that count. It is the
 * same as INTERFACE: in front of an alternate setting, and goes together with any form of that; one that names another
 * interface is not found. A configuration that is not in use is selected by the session in any case, unless somebody
 * else holds the device. A session that starts, or finds its bootloader, tells DFUT_ERROR_NOT_FOUND and lists what there is,
 * or DFUT_ERROR_UNSUPPORTED if there is no DFU interface.
 *
 * @param configuration bConfigurationValue, 0 to 255, of the configuration that must have it; -1, the default, for any
 * @param interface_number bInterfaceNumber, 0 to 255; -1, the default, for any
 * @return 0, or DFUT_ERROR_USAGE for what is no such number
 */
int dfut_session_set_interface(struct dfut_session *session, int configuration, int interface_number);
/**
 * Which trigger to use, by name; NULL: the surest first, then the others. A name is also the explicit yes for devices
 * that are dfut_device_is_shared().
 *
 * @return 0, or DFUT_ERROR_NOT_FOUND if the device has no such trigger
 */
int dfut_session_set_trigger(struct dfut_session *session, const char *name);
/**
 * Uses this control request as the trigger, whatever the table says.
 *
 * The direction bit of request_type must be clear (host to device). Data is copied.
 *
 * @return 0, or DFUT_ERROR_USAGE
 */
int dfut_session_set_trigger_request(struct dfut_session *session, uint8_t request_type, uint8_t request,
				     uint16_t value, uint16_t index, const void *data, uint16_t size);
/**
 * Uses this HID report as the trigger, whatever the table says.
 *
 * @param interface_number bInterfaceNumber, or -1 for the first interface that has such a report
 * @param type DFUT_REPORT_FEATURE or DFUT_REPORT_OUTPUT
 * @param id report id; 0 if the reports of the interface are not numbered
 * @param data without the id; zeros follow up to the size that the report descriptor tells. Copied
 * @return 0, or DFUT_ERROR_USAGE
 */
int dfut_session_set_trigger_report(struct dfut_session *session, int interface_number, enum dfut_report_type type,
				    uint8_t id, const void *data, uint16_t size);
/**
 * Uses a touch as the trigger, whatever the table says: the serial port is opened, set to this speed, DTR is lowered,
 * and it is closed.
 *
 * @param interface_number bInterfaceNumber of a CDC communication interface or of the port, or -1 for the first one
 * @param baud 1200 for most; not 0
 * @return 0, or DFUT_ERROR_USAGE
 */
int dfut_session_set_trigger_touch(struct dfut_session *session, int interface_number, uint32_t baud);
/**
 * Says which ids the device's bootloader has: what comes back with others after a trigger is not written to. With a trigger of
 * the caller's, that is all that is needed to update a device that no row of the table knows: its bootloader's language is
 * seen once it is there.
 *
 * @param vendor_id 0 to 0xffff; DFUT_MATCH_ANY, the default, for any
 * @param product_id 0 to 0xffff; DFUT_MATCH_ANY, the default, for any
 * @return 0, DFUT_ERROR_USAGE for what is no id, or once the session was started, as of all that follow
 */
int dfut_session_set_bootloader_ids(struct dfut_session *session, int vendor_id, int product_id);
/** wValue of DFU DETACH in ms, 0 to 65535; -1 for what suits the device (the default). */
int dfut_session_set_detach_timeout_ms(struct dfut_session *session, int timeout_ms);
/** How long the device may take to leave, all triggers (or ways out of the bootloader) that are tried together, and then to
 *  come back, each; 10000 ms is the default, 0 means that. If it is longer than what is usual for that, a device is also
 *  believed if it asks for so long while it writes (120 s) or installs (10 minutes) what it got. */
int dfut_session_set_return_timeout_ms(struct dfut_session *session, unsigned int timeout_ms);
/** When to verify an update. */
int dfut_session_set_verify(struct dfut_session *session, enum dfut_verify verify);
/** What to erase in an update. */
int dfut_session_set_erase(struct dfut_session *session, enum dfut_erase erase);
/**
 * Whether an update confirms the new firmware once that has restarted and says that it runs; true is the default. If not, it is
 * left on test: the bootloader goes back to the old firmware with the next restart, unless somebody confirms it before (command
 * "confirm"). For MCUmgr's SMP; other bootloaders have no such test.
 */
int dfut_session_set_confirm(struct dfut_session *session, bool confirm);
/** Whether an update or upload ends with a restart. For commands it has no meaning: "start" restarts. */
int dfut_session_set_restart(struct dfut_session *session, enum dfut_restart restart);
/** Checks (bits of enum dfut_check) whose failure does not stop an update. */
int dfut_session_set_force(struct dfut_session *session, unsigned int force);
/** The most bytes to upload; 0, the default, reads until the device ends, or its memory as far as that is known. */
int dfut_session_set_upload_size(struct dfut_session *session, uint64_t size);
/**
 * How many bytes each block of an update or upload has by USB DFU and DfuSe but the last, instead of what
 * dfut_dfu_get_block_size() says of the device. For devices whose descriptor does not tell the truth: one that gets larger
 * blocks than it has room for may hang, or write something else than it was sent, so that what is written ought to be verified.
 * Other bootloaders refuse the job (DFUT_ERROR_UNSUPPORTED).
 *
 * @param size bytes, 1 to 4096, which is the most that every system can send at once; what is less than the device's
 *        bMaxPacketSize0 is raised to that (DFU 1.1, 6.1); 0, the default, as the device says
 * @return 0, or DFUT_ERROR_USAGE for more than 4096
 */
int dfut_session_set_transfer_size(struct dfut_session *session, uint32_t size);
/**
 * Where to begin with an upload, or where the application is that the command "start" starts. For bootloaders whose memories
 * have addresses (DfuSe): others refuse the job (DFUT_ERROR_UNSUPPORTED). An update goes by its image, dfut_image_set_address(),
 * and is refused with DFUT_ERROR_USAGE.
 *
 * @param address 32 bits; -1, the default: where the memory can be written first, which is behind a bootloader that lives in
 *        it. Of several memories the one that has the address is read, if none was chosen
 * @return 0, or DFUT_ERROR_USAGE for what is no address
 */
int dfut_session_set_address(struct dfut_session *session, int64_t address);
/**
 * Says which part (chip) the device has, as in "atmega32u4", for bootloaders that can't tell it, and of which the table does
 * not know it: what they are sent depends on it. Whoever tells it itself is believed, and a name that contradicts it refused.
 * A session that starts tells DFUT_ERROR_USAGE for a part that the bootloader's language does not know, and lists those that
 * it knows.
 *
 * @param part its name, capitals or not; NULL, the default: what the device or the table tells
 * @return 0, or DFUT_ERROR_NO_MEMORY
 */
int dfut_session_set_part(struct dfut_session *session, const char *part);
/**
 * Which parts there are to choose from, after a plan, a start or a session has ended with DFUT_ERROR_USAGE since nobody tells
 * which part the device has, or what was named is none: one of them is for dfut_session_set_part() of the next try. The hint
 * lists the same.
 *
 * @return the name, a constant; NULL behind the last, and always where the part is not what was missing
 */
const char *dfut_session_get_part_choice(const struct dfut_session *session, size_t index);
/**
 * Says where the drive of a bootloader that takes files (UF2) is mounted, for systems that can't tell it: a container, another
 * mount namespace. Else that is found out, and a drive that is not mounted is talked to without any file system. It has to
 * be a folder with the drive's INFO_UF2.TXT; it is refused if that is of another board than the device is taken for
 * (DFUT_ERROR_MISMATCH), or if the folder is not on this very device's drive, as far as the system tells whose it is
 * (DFUT_ERROR_NOT_FOUND). A device that has just come is given 10 s to be mounted there. Bootloaders without a drive refuse the
 * job (DFUT_ERROR_UNSUPPORTED).
 *
 * @param path of the mount point, copied; NULL, the default: what the system tells
 * @return 0, DFUT_ERROR_USAGE for one that is empty or has 65535 bytes or more, or DFUT_ERROR_NO_MEMORY
 */
int dfut_session_set_volume(struct dfut_session *session, const char *path);
/** Who is told of progress; NULL for nobody. */
void dfut_session_set_progress_handler(struct dfut_session *session, dfut_progress_handler handler, void *user_data);

/**
 * Starts asking a device in its application what its trigger interface knows, without triggering it.
 *
 * The answers are the session's facts.
 *
 * @return 0, or DFUT_ERROR_UNSUPPORTED if the device has nothing to ask
 */
int dfut_session_start_probe(struct dfut_session *session);

/**
 * Starts to find out whether the device can be updated, and if not, why: as dfut_device_diagnose(), without blocking. Sends
 * nothing to the device. One that has just arrived is given time until it can be opened, as udev's rules run after its
 * arrival: 2 s for DFUT_ERROR_ACCESS, 10 s for DFUT_ERROR_BUSY and DFUT_ERROR_NOT_FOUND.
 *
 * @return 0, DFUT_ERROR_UNSUPPORTED if it has no bootloader that the library knows or no known way there,
 *         DFUT_ERROR_AMBIGUOUS if a trigger must be chosen. The session then ends with 0, DFUT_ERROR_ACCESS (hint: the
 *         command that adds udev's rules), DFUT_ERROR_BUSY, DFUT_ERROR_NOT_FOUND, DFUT_ERROR_GONE or another negative error
 */
int dfut_session_start_diagnose(struct dfut_session *session);

/**
 * Starts putting the device into its bootloader and following it there.
 *
 * Does not block and sends nothing yet: dfut_context_dispatch() or dfut_session_run() carries it out.
 * A device already in its bootloader is left alone; one of DFU 1.0 that only looks like it is asked. When the
 * session has ended well, dfut_session_get_device() is the bootloader. It ends with DFUT_ERROR_DEVICE if the
 * device did not react, DFUT_ERROR_TIMEOUT if it left and did not come back, DFUT_ERROR_MISMATCH if it came back
 * as its application. A device that switches without leaving the bus stays the same object; the message says so.
 *
 * @return 0, DFUT_ERROR_UNSUPPORTED if no known trigger fits the device, DFUT_ERROR_AMBIGUOUS if one must be chosen
 *         (dfut_device_is_shared()), or DFUT_ERROR_USAGE if the session was started before
 */
int dfut_session_start_trigger(struct dfut_session *session);

/**
 * Judges and plans an update as dfut_session_start_update() does, and starts nothing: what it would do can be shown, and
 * asked about, while other sessions run. May be repeated, with other settings or another image.
 *
 * @return as dfut_session_start_update()
 */
int dfut_session_plan_update(struct dfut_session *session, struct dfut_image *image);

/**
 * Starts an update: trigger where needed, download, manifestation, verify, restart where the device can.
 *
 * Image and device are judged first; nothing is sent to a device that the image does not fit, and a device whose
 * bootloader speaks a language that the library does not know is not triggered.
 *
 * @return 0, DFUT_ERROR_MISMATCH, DFUT_ERROR_UNSUPPORTED, DFUT_ERROR_USAGE or another negative error
 */
int dfut_session_start_update(struct dfut_session *session, struct dfut_image *image);

/**
 * Starts reading a memory of the device.
 *
 * The writer gets the bytes in order, as they come: what it got before an error or a cancel is what was read, and stays its
 * own to keep or to drop. Reading ends where the device ends it, where the memory ends (known of DfuSe, and of slots whose
 * size a table tells), or at dfut_session_set_upload_size(). It ends with DFUT_ERROR_PROTOCOL if none of these comes before
 * block numbers are used up, which is after 65536 blocks (dfut_dfu_get_block_size()); with DFUT_ERROR_DEVICE if there was not
 * one byte.
 *
 * @return 0, DFUT_ERROR_UNSUPPORTED, DFUT_ERROR_USAGE, or DFUT_ERROR_MISMATCH if there is no memory at the address
 */
int dfut_session_start_upload(struct dfut_session *session, dfut_writer writer, void *user_data);

/**
 * Starts a command that the device knows besides updates, as in "revert-factory"; triggers the device where the command
 * needs its bootloader. Every bootloader that can be left knows "start", which leaves it, so that the application starts
 * (DfuSe: what is at dfut_session_set_address(), where one was given). What "erase" of DfuSe erases, the whole memory, is
 * gone: it is refused with DFUT_ERROR_USAGE unless DFUT_CHECK_BOOTLOADER is forced.
 *
 * @param name one of dfut_device_get_command_name()
 * @return 0, DFUT_ERROR_NOT_FOUND if the device has no such command, DFUT_ERROR_UNSUPPORTED or DFUT_ERROR_USAGE. The
 *         session ends with DFUT_ERROR_DEVICE if the firmware refuses it, or was to start but is still in its bootloader
 */
int dfut_session_start_command(struct dfut_session *session, const char *name);

/**
 * The plan is for the worst that can be. An update by DfuSe compares first, and then knows better: the steps behind that
 * are replaced, and struct dfut_progress counts it. So are all of them if the bootloader is of another kind than the
 * application announced.
 *
 * @return the number of steps of the plan; known as soon as the session is planned or started, before anything is sent
 */
size_t dfut_session_get_step_count(const struct dfut_session *session);
/**
 * @param[out] step its text stays until the plan is another one
 * @param step_size sizeof(struct dfut_step)
 * @return 0, or DFUT_ERROR_NOT_FOUND if there is no such index, with words in the context: the session keeps its own
 */
int dfut_session_get_step(const struct dfut_session *session, size_t index, struct dfut_step *step, size_t step_size);

/**
 * Dispatches the context until the session has ended.
 *
 * @return 0 or the error that it ended with; DFUT_ERROR_USAGE if it was not started
 */
int dfut_session_run(struct dfut_session *session);

/**
 * Ends a session early, at the latest 50 ms after the next dispatch. The device is left so that a next run
 * recovers it. One that was not started yet ends so as soon as it is: it can be planned and started, but sends nothing, and
 * ends with DFUT_ERROR_CANCELLED at the next dispatch. One that has ended stays as it is. May be called from any thread, as
 * long as the session is not freed meanwhile.
 *
 * @param session NULL for none
 */
void dfut_session_cancel(struct dfut_session *session);

/** @return where the session is */
enum dfut_session_state dfut_session_get_state(const struct dfut_session *session);
/** @return true once it is done, failed or cancelled */
bool dfut_session_has_ended(const struct dfut_session *session);
/** @return 0 or the error that it ended with; 0 while it runs */
int dfut_session_get_result(const struct dfut_session *session);
/** @return one line: what was achieved, or the error with its place; "" while it runs */
const char *dfut_session_get_message(const struct dfut_session *session);
/** @return the code of the error that this line is about: the result, or that of a call on the session before it was started;
 *          0 if it is about none */
int dfut_session_get_error_code(const struct dfut_session *session);
/** @return what the person can or must do now, also after success; "" if nothing */
const char *dfut_session_get_hint(const struct dfut_session *session);
/** @return the end of the hint if it is a line to copy as it is (a command for a shell); "" if there is none */
const char *dfut_session_get_hint_line(const struct dfut_session *session);
/** @return the check that an error comes from, 0 if from none */
unsigned int dfut_session_get_failed_check(const struct dfut_session *session);
/** @return whether what was written was compared */
enum dfut_verified dfut_session_get_verified(const struct dfut_session *session);
/** Tells how far the session is. @param progress_size sizeof(struct dfut_progress) */
void dfut_session_get_progress(const struct dfut_session *session, struct dfut_progress *progress,
			       size_t progress_size);
/** @return the device as it is now, or was last: after a re-enumeration another object than before. Every error of the
 *  session is about it; path and serial number can be asked for after it has left, too. It belongs to the session */
struct dfut_device *dfut_session_get_device(const struct dfut_session *session);
/** @return the number of things that the device told about itself */
size_t dfut_session_get_fact_count(const struct dfut_session *session);
/** @return 0, or DFUT_ERROR_NOT_FOUND if there is no such index, with words in the context: the session keeps its own. Keys
 *          are like "nordic_flash_size"; docs/facts.md has them all */
int dfut_session_get_fact(const struct dfut_session *session, size_t index, const char **key, const char **value);

/** @} */

/** @defgroup handle Handles
 * Raw access to one device, for scripts and tools: requests, reports, serial lines, on real and virtual buses alike.
 *
 * Each call blocks, dispatching the context meanwhile, so that sessions go on; none may be called from a handler. What
 * is needed is opened by the first call that needs it and stays open: an interface claimed, a HID node, a port. Text
 * and hint of an error are the context's. A handle is of a device as it was when it was opened: once that has left
 * the bus, every call ends with DFUT_ERROR_GONE.
 *
 * All calls return DFUT_ERROR_TIMEOUT when `timeout_ms` (0: no limit) has passed, DFUT_ERROR_GONE, DFUT_ERROR_ACCESS,
 * DFUT_ERROR_BUSY and DFUT_ERROR_NOT_FOUND as opening does, DFUT_ERROR_DEVICE for a stalled request, DFUT_ERROR_IO,
 * DFUT_ERROR_UNSUPPORTED for what the bus or the build can't do, DFUT_ERROR_USAGE, DFUT_ERROR_NO_MEMORY.
 * @{ */

struct dfut_handle;

/** Makes a handle, which opens nothing. @param[out] handle free it with dfut_handle_free() @return 0, or an error */
int dfut_handle_new(struct dfut_handle **handle, struct dfut_device *device);
/** Releases a handle, and closes all that was opened. Not in the middle of a call on it, as from a handler of the log. */
void dfut_handle_free(struct dfut_handle *handle);

/**
 * A control transfer (USB 2.0, 9.3). For a class or standard request to an interface, that interface is claimed first.
 *
 * @param data `length` bytes that go out, or room for what comes in
 * @return the bytes moved, or an error
 */
int dfut_handle_control(struct dfut_handle *handle, uint8_t request_type, uint8_t request, uint16_t value,
			uint16_t index, void *data, uint16_t length, unsigned int timeout_ms);
/** Resets the device's port. @return 0, or DFUT_ERROR_GONE if it comes back as another device, or not at all */
int dfut_handle_reset(struct dfut_handle *handle, unsigned int timeout_ms);

/**
 * Whether an interface is left to a system's driver that holds it: claiming it then ends with DFUT_ERROR_BUSY. If not,
 * which is how a handle begins, the driver is detached, and attached again when the interface is released.
 */
void dfut_handle_set_keeps_drivers(struct dfut_handle *handle, bool keeps_drivers);
/** Opens the device, which the other calls do by themselves. @return 0 or an error */
int dfut_handle_open(struct dfut_handle *handle);
/** Claims an interface, which the other calls do by themselves. @return 0 or an error */
int dfut_handle_claim(struct dfut_handle *handle, uint8_t interface_number);
/** Releases an interface; one that was not claimed is left alone. @return 0 or an error */
int dfut_handle_release(struct dfut_handle *handle, uint8_t interface_number);
/** Selects a configuration by its bConfigurationValue, 0 for none. @return 0, DFUT_ERROR_BUSY while an interface is claimed,
 *  or another error */
int dfut_handle_set_configuration(struct dfut_handle *handle, uint8_t configuration);
/** Selects an alternate setting of an interface, which is claimed first. @return 0 or an error */
int dfut_handle_set_alternate(struct dfut_handle *handle, uint8_t interface_number, uint8_t alternate);
/** Lets an endpoint go on after a stall. @param endpoint bEndpointAddress @return 0 or an error */
int dfut_handle_clear_halt(struct dfut_handle *handle, uint8_t endpoint);
/**
 * A transfer from or to a bulk or interrupt endpoint, whose interface is claimed first.
 *
 * @param endpoint bEndpointAddress; bit 7 set reads
 * @param data `length` bytes that go out, or room for what comes in: a multiple of wMaxPacketSize, or more than comes
 * @return the bytes moved, also if that was not all when the time had passed; DFUT_ERROR_TIMEOUT if there were none,
 *         DFUT_ERROR_NOT_FOUND if the configuration has no such endpoint, DFUT_ERROR_UNSUPPORTED for an isochronous one, or
 *         another error
 */
int dfut_handle_transfer(struct dfut_handle *handle, uint8_t endpoint, void *data, uint16_t length,
			 unsigned int timeout_ms);
/** @return 1 if a system's driver holds an interface, 0 if not, or an error */
int dfut_handle_has_driver(struct dfut_handle *handle, uint8_t interface_number);
/** Detaches a system's driver. @return 0, DFUT_ERROR_NOT_FOUND if there is none, or another error */
int dfut_handle_detach_driver(struct dfut_handle *handle, uint8_t interface_number);
/** Lets a system's driver take an interface. @return 0, DFUT_ERROR_BUSY if one has it, DFUT_ERROR_NOT_FOUND if none wants it,
 *  or another error */
int dfut_handle_attach_driver(struct dfut_handle *handle, uint8_t interface_number);

/**
 * Sends a report.
 *
 * @param interface_number bInterfaceNumber, or -1 for the first one that has such a report
 * @param type DFUT_REPORT_FEATURE or DFUT_REPORT_OUTPUT
 * @param id report id, 0 if the interface's reports are not numbered
 * @param data without the id, sent as it is
 * @return 0 or an error
 */
int dfut_handle_send_report(struct dfut_handle *handle, int interface_number, enum dfut_report_type type, uint8_t id,
			    const void *data, uint16_t length, unsigned int timeout_ms);
/** Asks for a feature report. @param[out] data without the id @return the bytes, or an error */
int dfut_handle_get_feature_report(struct dfut_handle *handle, int interface_number, uint8_t id, void *data,
				   uint16_t length, unsigned int timeout_ms);
/** Waits for the next input report. @param[out] id its id, 0 if they have none; may be NULL @param[out] data without the
 *  id @return the bytes, or an error */
int dfut_handle_read_report(struct dfut_handle *handle, int interface_number, uint8_t *id, void *data, uint16_t length,
			    unsigned int timeout_ms);

/** Sets speed and frame. @param interface_number that of the port, -1 for the first port @return 0 or an error */
int dfut_handle_set_line_coding(struct dfut_handle *handle, int interface_number, const struct dfut_line_coding *coding,
				unsigned int timeout_ms);
/** Sets DTR and RTS: 1 on, 0 off, -1 as it is. Opening a port may have raised both. @return 0 or an error */
int dfut_handle_set_lines(struct dfut_handle *handle, int interface_number, int dtr, int rts, unsigned int timeout_ms);
/** Reads from a port: waits for the first byte, returns what is there. @return the bytes, at least 1, or an error */
int dfut_handle_read_serial(struct dfut_handle *handle, int interface_number, void *data, uint16_t length,
			    unsigned int timeout_ms);
/** Writes to a port. @return the bytes, which are all, or an error */
int dfut_handle_write_serial(struct dfut_handle *handle, int interface_number, const void *data, uint16_t length,
			     unsigned int timeout_ms);
/**
 * Touches a port: sets this speed, lowers DTR and closes it. Whether the device then leaves is not waited for.
 *
 * @return 0; also if the port was lost on the way, as it is when a device leaves at once
 */
int dfut_handle_touch(struct dfut_handle *handle, int interface_number, uint32_t baud, unsigned int timeout_ms);

/** @} */

#ifdef __cplusplus
}
#endif

#endif
