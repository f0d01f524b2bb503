/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

#ifndef DFUTRIGGER_TRANSPORT_H
#define DFUTRIGGER_TRANSPORT_H
#include "dfutrigger.h"
#ifdef __cplusplus
extern "C" {
#endif
enum dfut_action_kind {
 DFUT_ACTION_OPEN = 1,
 DFUT_ACTION_CLOSE = 2,
 DFUT_ACTION_RELEASE = 3,
 DFUT_ACTION_RESET = 4,
 DFUT_ACTION_CONFIGURE = 5,
 DFUT_ACTION_ALTERNATE = 6,
 DFUT_ACTION_DRIVER = 7,
 DFUT_ACTION_CONTROL = 8,
 DFUT_ACTION_CLEAR_HALT = 9,
 DFUT_ACTION_REPORT = 10,
 DFUT_ACTION_LINE_CODING = 11,
 DFUT_ACTION_LINES = 12,
 DFUT_ACTION_READ = 13,
 DFUT_ACTION_WRITE = 14,
};
enum dfut_driver_request {
 DFUT_DRIVER_ASK = 0,
 DFUT_DRIVER_DETACH = 1,
 DFUT_DRIVER_ATTACH = 2,
};
#define DFUT_CHANNEL_DEVICE 0xff
#define DFUT_ENDPOINT_GRACE_MS 100
enum dfut_line {
 DFUT_LINE_DTR = 1 << 0,
 DFUT_LINE_RTS = 1 << 1,
};
struct dfut_action_open {
 bool keeps_driver;
 uint16_t length;
 const uint8_t *data;
};
struct dfut_action_configure {
 uint8_t configuration;
};
struct dfut_action_alternate {
 uint8_t setting;
};
struct dfut_action_driver {
 enum dfut_driver_request request;
};
struct dfut_action_control {
 uint8_t request_type;
 uint8_t request;
 uint16_t value;
 uint16_t index;
 uint16_t length;
 const uint8_t *data;
};
struct dfut_action_clear_halt {
 uint8_t endpoint;
};
struct dfut_action_report {
 enum dfut_report_type type;
 uint8_t id;
 bool is_in;
 uint16_t length;
 const uint8_t *data;
};
struct dfut_action_lines {
 uint8_t which;
 uint8_t on;
};
struct dfut_action_transfer {
 uint8_t endpoint;
 uint8_t attributes;
 uint16_t length;
 const uint8_t *data;
 const char *file;
 uint32_t offset;
};
struct dfut_action {
 enum dfut_action_kind kind;
 enum dfut_link link;
 uint8_t channel;
 bool has_content;
 uint8_t content_at;
 uint32_t timeout_ms;
 union {
  struct dfut_action_open open;
  struct dfut_action_configure configure;
  struct dfut_action_alternate alternate;
  struct dfut_action_driver driver;
  struct dfut_action_control control;
  struct dfut_action_clear_halt clear_halt;
  struct dfut_action_report report;
  struct dfut_line_coding line_coding;
  struct dfut_action_lines lines;
  struct dfut_action_transfer transfer;
  uint64_t reserved[8];
 };
};
uint16_t dfut_action_get_length(const struct dfut_action *action);
bool dfut_action_is_in(const struct dfut_action *action);
struct dfut_request;
const struct dfut_action *dfut_request_get_action(const struct dfut_request *request);
#define DFUT_REQUEST_HEADROOM 8
uint8_t *dfut_request_get_buffer(struct dfut_request *request);
void dfut_request_complete(struct dfut_request *request, int result);
struct dfut_transport_ops {
 size_t size;
 void (*submit)(void *transport, struct dfut_request *request);
 void (*cancel)(void *transport, struct dfut_request *request);
 void (*close)(void *transport);
 bool (*is_queued)(void *transport, struct dfut_request *request);
};
struct dfut_bus;
struct dfut_string {
 uint8_t index;
 const char *text;
};
struct dfut_node_facts {
 size_t size;
 enum dfut_link link;
 uint8_t interface_number;
 const char *name;
 const uint8_t *report_descriptor;
 size_t report_descriptor_size;
};
struct dfut_device_facts {
 size_t size;
 uint64_t instance;
 const char *path;
 unsigned int bus_number;
 unsigned int address;
 uint8_t configuration;
 const uint8_t *descriptors;
 size_t descriptors_size;
 const struct dfut_string *strings;
 size_t string_count;
 const struct dfut_node_facts *nodes;
 size_t node_count;
 int names;
};
#define DFUT_NAMES_COMING 1
struct dfut_kind {
 uint16_t vendor_id;
 uint16_t product_id_first;
 uint16_t product_id_last;
};
struct dfut_prospect {
 enum dfut_link link;
 bool has_dfu;
 const struct dfut_kind *kinds;
 size_t kind_count;
};
struct dfut_bus_ops {
 size_t size;
 const char *name;
 int (*start)(void *self, struct dfut_bus *bus);
 void (*stop)(void *self);
 int (*scan)(void *self, bool may_block);
 int (*connect)(void *self, uint64_t instance, const struct dfut_transport_ops **ops, void **transport);
 void (*dispatch)(void *self);
 void (*ready)(void *self, void *owner);
 uint64_t (*get_deadline_us)(void *self);
 int (*diagnose)(void *self, uint64_t instance, enum dfut_link link, uint8_t channel);
 unsigned int scan_interval_ms;
 bool (*explain)(void *self, uint64_t instance, enum dfut_link link, uint8_t channel, int code);
 int (*foresee)(void *self, uint64_t instance, const struct dfut_prospect *prospect);
};
int dfut_context_add_bus(struct dfut_context *context, const struct dfut_bus_ops *ops, void *self);
int dfut_bus_report(struct dfut_bus *bus, const struct dfut_device_facts *facts);
void dfut_bus_changed(struct dfut_bus *bus);
void dfut_bus_wake(struct dfut_bus *bus);
uint64_t dfut_bus_get_time_us(const struct dfut_bus *bus);
int dfut_bus_set_error(struct dfut_bus *bus, int code, const char *hint, const char *text);
void dfut_bus_set_hint_line(struct dfut_bus *bus, const char *line);
int dfut_bus_watch(struct dfut_bus *bus, dfut_event event, bool readable, bool writable, void *owner);
void dfut_bus_unwatch(struct dfut_bus *bus, dfut_event event, void *owner);
void dfut_bus_log(struct dfut_bus *bus, enum dfut_log_level level, const char *text);
struct dfut_strand;
int dfut_strand_new(struct dfut_strand **strand);
void dfut_strand_free(struct dfut_strand *strand);
typedef void (*dfut_work)(void *data);
int dfut_bus_run(struct dfut_bus *bus, struct dfut_strand *strand, dfut_work work, void *data);
typedef int (*dfut_report_handler)(void *data, const struct dfut_device_facts *facts);
int dfut_bus_new_behind(struct dfut_bus **bus, struct dfut_bus *front, dfut_report_handler report, void *data);
void dfut_bus_free_behind(struct dfut_bus *bus);
typedef void (*dfut_request_handler)(void *owner, struct dfut_request *request, int result);
int dfut_request_new(struct dfut_request **request, const struct dfut_action *action, dfut_request_handler completed,
       void *owner);
void dfut_request_free(struct dfut_request *request);
int dfut_system_bus_new(const struct dfut_bus_ops **ops, void **self);
struct dfut_clock_ops {
 size_t size;
 uint64_t (*get_time_us)(void *self);
 void (*advance)(void *self, uint64_t until_us);
};
int dfut_context_set_clock(struct dfut_context *context, const struct dfut_clock_ops *ops, void *self);
#ifdef __cplusplus
}
#endif
#endif
