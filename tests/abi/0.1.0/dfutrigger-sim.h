/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

#ifndef DFUTRIGGER_SIM_H
#define DFUTRIGGER_SIM_H
#include "dfutrigger.h"
#include "dfutrigger-transport.h"
#ifdef __cplusplus
extern "C" {
#endif
struct dfut_sim;
struct dfut_sim_device;
enum dfut_sim_clock {
 DFUT_SIM_CLOCK_VIRTUAL = 0,
 DFUT_SIM_CLOCK_REAL = 1,
};
int dfut_sim_new(struct dfut_sim **sim, enum dfut_sim_clock clock);
int dfut_sim_save(struct dfut_sim *sim);
void dfut_sim_free(struct dfut_sim *sim);
int dfut_sim_add_to_context(struct dfut_sim *sim, struct dfut_context *context);
uint64_t dfut_sim_get_time_us(const struct dfut_sim *sim);
const char *dfut_sim_get_error(const struct dfut_sim *sim);
size_t dfut_sim_get_model_count(void);
int dfut_sim_get_model(size_t index, const char **name, const char **text, const char **options);
int dfut_sim_plug(struct dfut_sim_device **device, struct dfut_sim *sim, const char *spec, const char *path);
int dfut_sim_export(struct dfut_sim *sim, const void *session, size_t size, dfut_writer writer, void *user_data);
enum dfut_sim_import_flag {
 DFUT_SIM_IMPORT_DATA = 1 << 0,
 DFUT_SIM_IMPORT_NAMES = 1 << 1,
};
int dfut_sim_import(struct dfut_sim *sim, const void *capture, size_t size, unsigned int flags, dfut_writer writer,
      void *user_data);
void dfut_sim_device_unplug(struct dfut_sim_device *device);
void dfut_sim_device_replug(struct dfut_sim_device *device);
void dfut_sim_device_press_reset(struct dfut_sim_device *device);
bool dfut_sim_device_is_present(const struct dfut_sim_device *device);
const char *dfut_sim_device_get_mode_name(const struct dfut_sim_device *device);
const uint8_t *dfut_sim_device_get_memory(const struct dfut_sim_device *device, const char *name, size_t *size);
int dfut_sim_device_set_memory(struct dfut_sim_device *device, const char *name, size_t offset, const void *data,
          size_t size);
enum dfut_sim_event {
 DFUT_SIM_EVENT_ARRIVED = 1,
 DFUT_SIM_EVENT_LEFT = 2,
 DFUT_SIM_EVENT_BUS_RESET = 3,
 DFUT_SIM_EVENT_CONTROL = 4,
 DFUT_SIM_EVENT_ENDPOINT = 5,
 DFUT_SIM_EVENT_BREACH = 6,
};
#define DFUT_SIM_UNANSWERED INT32_MIN
struct dfut_sim_record {
 enum dfut_sim_event event;
 uint64_t time_us;
 uint8_t request_type;
 uint8_t request;
 uint16_t value;
 uint16_t index;
 uint16_t length;
 int result;
 const char *text;
};
size_t dfut_sim_device_get_record_count(const struct dfut_sim_device *device);
const struct dfut_sim_record *dfut_sim_device_get_record(const struct dfut_sim_device *device, size_t index);
void dfut_sim_device_clear_record(struct dfut_sim_device *device);
size_t dfut_sim_device_get_breach_count(const struct dfut_sim_device *device);
size_t dfut_sim_device_get_request_count(const struct dfut_sim_device *device);
enum dfut_sim_fault_kind {
 DFUT_SIM_FAULT_STALL = 1,
 DFUT_SIM_FAULT_TIMEOUT = 2,
 DFUT_SIM_FAULT_LOST_ANSWER = 3,
 DFUT_SIM_FAULT_SLOW = 4,
 DFUT_SIM_FAULT_SHORT =
  5,
 DFUT_SIM_FAULT_GARBAGE =
  6,
 DFUT_SIM_FAULT_UNPLUG = 7,
 DFUT_SIM_FAULT_LOST_BYTE =
  8,
 DFUT_SIM_FAULT_DOUBLED_BYTE = 9,
 DFUT_SIM_FAULT_NOISE = 10,
 DFUT_SIM_FAULT_LOST_REPLY = 11,
 DFUT_SIM_FAULT_SPOILT_REPLY = 12,
 DFUT_SIM_FAULT_NOISY_REPLY = 13,
 DFUT_SIM_FAULT_LATE_REPLY = 14,
};
struct dfut_sim_fault {
 size_t size;
 enum dfut_sim_fault_kind kind;
 size_t request;
 size_t times;
 uint32_t delay_ms;
};
int dfut_sim_device_add_fault(struct dfut_sim_device *device, const struct dfut_sim_fault *fault);
void dfut_sim_device_clear_faults(struct dfut_sim_device *device);
size_t dfut_sim_device_get_fault_count(const struct dfut_sim_device *device);
struct dfut_sim_usbip;
int dfut_sim_usbip_new(struct dfut_sim_usbip **usbip, struct dfut_sim *sim);
void dfut_sim_usbip_free(struct dfut_sim_usbip *usbip);
typedef void (*dfut_sim_usbip_handler)(void *data, struct dfut_sim_device *device, const char *path);
void dfut_sim_usbip_set_handler(struct dfut_sim_usbip *usbip, dfut_sim_usbip_handler handler, void *data);
int dfut_sim_usbip_attach(struct dfut_sim_usbip *usbip);
int dfut_sim_usbip_listen(struct dfut_sim_usbip *usbip, const char *address, uint16_t port);
int dfut_sim_usbip_dispatch(struct dfut_sim_usbip *usbip, int timeout_ms);
void dfut_sim_usbip_wake(struct dfut_sim_usbip *usbip);
#define DFUT_SIM_NEVER UINT32_MAX
#define DFUT_SIM_TIMER_COUNT 8
struct dfut_sim_setup {
 uint8_t request_type;
 uint8_t request;
 uint16_t value;
 uint16_t index;
 uint16_t length;
};
struct dfut_sim_description {
 const uint8_t *descriptors;
 size_t descriptors_size;
 const struct dfut_string *strings;
 size_t string_count;
};
struct dfut_sim_memory {
 const char *name;
 uint8_t *data;
 size_t size;
};
enum dfut_sim_start {
 DFUT_SIM_START_POWER = 1,
 DFUT_SIM_START_BUTTON = 2,
};
struct dfut_sim_model {
 size_t size;
 const char *name;
 const char *text;
 const char *options;
 size_t state_size;
 int (*create)(void *state, struct dfut_sim_device *device);
 int (*set_option)(void *state, const char *key, const char *value);
 int (*prepare)(void *state);
 void (*destroy)(void *state);
 uint32_t (*start)(void *state, enum dfut_sim_start start);
 int (*set_mode)(void *state, const char *mode);
 const char *(*get_mode_name)(const void *state);
 const char *(*get_state_name)(const void *state);
 void (*describe)(const void *state, struct dfut_sim_description *description);
 int (*get_memory)(void *state, size_t index, struct dfut_sim_memory *memory);
 int (*control)(void *state, const struct dfut_sim_setup *setup, uint8_t *data);
 int (*set_interface)(void *state, uint8_t number, uint8_t alternate);
 void (*bus_reset)(void *state);
 void (*timer)(void *state, unsigned int timer);
 int (*endpoint_send)(void *state, uint8_t endpoint, uint8_t *data, size_t room);
 int (*endpoint_receive)(void *state, uint8_t endpoint, const uint8_t *data, size_t size);
};
int dfut_sim_add_model(struct dfut_sim *sim, const struct dfut_sim_model *model);
void *dfut_sim_device_get_state(const struct dfut_sim_device *device);
uint64_t dfut_sim_device_get_time_us(const struct dfut_sim_device *device);
void dfut_sim_device_leave(struct dfut_sim_device *device, uint32_t after_ms, uint32_t away_ms);
void dfut_sim_device_set_timer(struct dfut_sim_device *device, unsigned int timer, uint64_t after_us);
void dfut_sim_device_delay_answer(struct dfut_sim_device *device, uint32_t ms);
void dfut_sim_device_set_ready(struct dfut_sim_device *device);
void dfut_sim_device_note_breach(struct dfut_sim_device *device, const char *text);
#ifdef __cplusplus
}
#endif
#endif
