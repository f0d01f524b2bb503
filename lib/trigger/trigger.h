/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* A way into the bootloader, as the device table or the caller describes it: a machine, and what it is to send. */

#ifndef DFUT_TRIGGER_H
#define DFUT_TRIGGER_H

#include "core/machine.h"
#include "usb/reports.h"

struct dfut_interface_class {
	bool given;
	uint8_t class_code;
	uint8_t subclass;
	uint8_t protocol;
	bool any_protocol;
};

static inline bool dfut_interface_class_fits(const struct dfut_interface_class *class_,
					     const struct dfut_interface *interface)
{
	return interface->class_code == class_->class_code && interface->subclass == class_->subclass &&
	       (class_->any_protocol || interface->protocol == class_->protocol);
}

/* control-request */
struct dfut_control {
	uint8_t request_type;
	uint8_t request;
	uint16_t value;
	uint16_t index;
	bool index_is_interface; /* wIndex is the interface that was found */
	uint8_t data[64];
	uint16_t size;
};

/* Its index, and what is to be open for it: the system wants the interface that a request names to be claimed, one to the
 * device needs none. */
static inline uint16_t dfut_control_get_index(const struct dfut_control *control, uint8_t interface)
{
	return control->index_is_interface ? interface : control->index;
}

static inline uint8_t dfut_control_get_channel(const struct dfut_control *control, uint8_t interface)
{
	bool is_to_interface = (control->request_type & 0x1f) == 0x01;

	return is_to_interface ? (uint8_t)dfut_control_get_index(control, interface) : DFUT_CHANNEL_DEVICE;
}

static inline int dfut_next_send(struct dfut_next *next, const struct dfut_control *control, uint8_t interface,
				 uint32_t timeout_ms)
{
	return dfut_next_control(next, dfut_control_get_channel(control, interface), control->request_type,
				 control->request, control->value, dfut_control_get_index(control, interface),
				 control->data, control->size, timeout_ms);
}

/* What a device says to a report: one byte of another report tells whether it took it. */
struct dfut_reply {
	bool given;
	enum dfut_report_type type; /* input or feature */
	uint8_t id;
	uint16_t at; /* offset, the id not counted */
	uint8_t value;
	bool is_refusal;    /* the value is a no; else it is the only yes */
	unsigned int tries; /* asked so often until it is a yes */
	uint32_t delay_ms;
};

/* hid-report */
struct dfut_report {
	enum dfut_report_type type; /* feature or output */
	uint8_t id;		    /* 0: not numbered */
	uint8_t data[64];	    /* without the id; zeros follow up to the size that the device declares */
	uint16_t size;
	uint16_t declared;	 /* only an interface whose report has this size, without the id; 0 for any */
	struct dfut_usage usage; /* of the interface, page 0 for any */
	unsigned int tries;	 /* sent so often while it is refused */
	uint32_t delay_ms;
	struct dfut_reply reply;
};

#define DFUT_LINE_STEP_LIMIT 16

/* serial-lines: 1 on, 0 off, -1 as it is, then the bytes, then the wait. */
struct dfut_line_step {
	int dtr;
	int rts;
	uint8_t data[64];
	uint16_t size;
	uint32_t wait_ms;
};

/* A way in: what a file of this folder offers. */
struct dfut_way {
	const char *name; /* by which the table calls it; NULL if the keys of a trigger describe it */
	const struct dfut_machine_ops *machine;
	const char *probe_text; /* what that is, for people */
	const struct dfut_machine_ops
		*probe; /* asks the application about itself and leaves it alone; NULL: it can't be asked */
	enum dfut_link link;
	bool finds_dfu; /* it goes to the DFU interface, which is found by its class alone: protocols lie */
	struct dfut_interface_class interface; /* that it goes to */
	uint32_t baud;			       /* of a touch */
	/* What one of its control requests asks, in words for people; NULL for what is none of them. NULL: the keys of a trigger
	 * say what it sends, or its language does. */
	const char *(*get_word)(const uint8_t setup[8]);
};

extern const struct dfut_way dfut_way_control_request;
extern const struct dfut_way dfut_way_dfu_detach;
extern const struct dfut_way dfut_way_dfu_detach_forced;
extern const struct dfut_way dfut_way_dfu_detach_reset;
extern const struct dfut_way dfut_way_hid_report;
extern const struct dfut_way dfut_way_nordic;
extern const struct dfut_way dfut_way_serial_lines;
extern const struct dfut_way dfut_way_serial_touch;

/* One that has a name; NULL if there is none. */
const struct dfut_way *dfut_way_find(const char *name);

struct dfut_trigger {
	const char *name;
	const char *hint; /* what the person does about a refusal, NULL if nothing is known */
	const struct dfut_way *way;
	struct dfut_interface_class interface; /* that it goes to, if its way does not say it */
	int number;			       /* bInterfaceNumber, -1 for whichever fits */
	bool in_place;			       /* the device may switch without leaving the bus */
	struct dfut_control control;
	struct dfut_report report;
	uint32_t baud; /* serial-touch; 0: that of its way */
	const struct dfut_line_step *steps;
	size_t step_count;
};

static inline const struct dfut_interface_class *dfut_trigger_get_interface(const struct dfut_trigger *trigger)
{
	return trigger->way->interface.given ? &trigger->way->interface : &trigger->interface;
}

static inline uint32_t dfut_trigger_get_baud(const struct dfut_trigger *trigger)
{
	return trigger->baud ? trigger->baud : trigger->way->baud;
}

#endif
