/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

#ifndef DFUTRIGGER_H
#define DFUTRIGGER_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#ifdef __cplusplus
extern "C" {
#endif
#define DFUT_VERSION_MAJOR 0
#define DFUT_VERSION_MINOR 1
#define DFUT_VERSION_PATCH 0
enum dfut_error {
 DFUT_OK = 0,
 DFUT_ERROR_USAGE = -1,
 DFUT_ERROR_NO_MEMORY = -2,
 DFUT_ERROR_NOT_FOUND = -3,
 DFUT_ERROR_AMBIGUOUS = -4,
 DFUT_ERROR_ACCESS = -5,
 DFUT_ERROR_BUSY = -6,
 DFUT_ERROR_GONE = -7,
 DFUT_ERROR_TIMEOUT = -8,
 DFUT_ERROR_IO = -9,
 DFUT_ERROR_UNSUPPORTED = -10,
 DFUT_ERROR_IMAGE = -11,
 DFUT_ERROR_MISMATCH = -12,
 DFUT_ERROR_PROTOCOL = -13,
 DFUT_ERROR_DEVICE = -14,
 DFUT_ERROR_VERIFY = -15,
 DFUT_ERROR_CANCELLED = -16,
};
enum dfut_check {
 DFUT_CHECK_FORMAT = 1 << 0,
 DFUT_CHECK_LENGTH = 1 << 1,
 DFUT_CHECK_CHECKSUM = 1 << 2,
 DFUT_CHECK_HASH = 1 << 3,
 DFUT_CHECK_IDS = 1 << 4,
 DFUT_CHECK_SIZE = 1 << 5,
 DFUT_CHECK_VERSION = 1 << 6,
 DFUT_CHECK_MEMORY_MAP = 1 << 7,
 DFUT_CHECK_BOOTLOADER = 1 << 8,
};
const char *dfut_get_version(void);
const char *dfut_error_get_name(int code);
const char *dfut_error_get_text(int code);
const char *dfut_check_get_name(unsigned int check);
unsigned int dfut_check_from_name(const char *name);
struct dfut_context;
struct dfut_device;
struct dfut_device_list;
struct dfut_image;
struct dfut_session;
enum dfut_log_level {
 DFUT_LOG_ERROR = 0,
 DFUT_LOG_WARNING = 1,
 DFUT_LOG_INFO = 2,
 DFUT_LOG_DEBUG = 3,
};
typedef void (*dfut_log_handler)(enum dfut_log_level level, const char *text, void *user_data);
enum dfut_device_event {
 DFUT_DEVICE_ARRIVED = 1,
 DFUT_DEVICE_CHANGED = 2,
 DFUT_DEVICE_LEFT = 3,
};
typedef void (*dfut_device_handler)(enum dfut_device_event event, struct dfut_device *device, void *user_data);
int dfut_context_new(struct dfut_context **context);
void dfut_context_free(struct dfut_context *context);
int dfut_context_add_system_buses(struct dfut_context *context);
enum dfut_record_flag {
 DFUT_RECORD_DATA = 1 << 0,
 DFUT_RECORD_PLAIN = 1 << 1,
};
int dfut_context_record(struct dfut_context *context, const char *path, unsigned int flags);
int dfut_context_end_record(struct dfut_context *context);
typedef void (*dfut_explain_handler)(const char *text, void *user_data);
int dfut_context_explain(struct dfut_context *context, const char *path, dfut_explain_handler handler, void *user_data);
void dfut_context_set_log_handler(struct dfut_context *context, enum dfut_log_level level, dfut_log_handler handler,
      void *user_data);
int dfut_context_load_devices(struct dfut_context *context, const char *path);
int dfut_context_set_protocol(struct dfut_context *context, int vendor_id, int product_id, const char *protocol,
         int interface_number);
const char *dfut_protocol_get_name(size_t index);
const char *dfut_protocol_get_text(const char *name);
const char *dfut_protocol_get_part(const char *name, size_t index);
void dfut_context_set_device_handler(struct dfut_context *context, dfut_device_handler handler, void *user_data);
int dfut_context_dispatch(struct dfut_context *context, int timeout_ms);
#ifdef _WIN32
typedef void *dfut_event;
#else
typedef int dfut_event;
#endif
dfut_event dfut_context_get_event(struct dfut_context *context);
int dfut_context_get_timeout_ms(struct dfut_context *context);
const char *dfut_context_get_error(const struct dfut_context *context);
int dfut_context_get_error_code(const struct dfut_context *context);
const char *dfut_context_get_hint(const struct dfut_context *context);
const char *dfut_context_get_hint_line(const struct dfut_context *context);
unsigned int dfut_context_get_failed_check(const struct dfut_context *context);
enum dfut_mode {
 DFUT_MODE_UNKNOWN = 0,
 DFUT_MODE_APPLICATION = 1,
 DFUT_MODE_BOOTLOADER = 2,
};
struct dfut_interface {
 uint8_t configuration;
 uint8_t number;
 uint8_t alternate;
 uint8_t class_code;
 uint8_t subclass;
 uint8_t protocol;
 uint8_t endpoint_count;
 uint8_t name_index;
 const char *name;
};
enum dfut_link {
 DFUT_LINK_USB = 0,
 DFUT_LINK_HID = 1,
 DFUT_LINK_SERIAL = 2,
 DFUT_LINK_VOLUME = 3,
};
enum dfut_report_type {
 DFUT_REPORT_INPUT = 1,
 DFUT_REPORT_OUTPUT = 2,
 DFUT_REPORT_FEATURE = 3,
};
struct dfut_node {
 enum dfut_link link;
 uint8_t interface_number;
 const char *name;
 uint16_t usage_page;
 uint16_t usage;
};
struct dfut_line_coding {
 uint32_t baud;
 uint8_t stop_bits;
 uint8_t parity;
 uint8_t data_bits;
};
struct dfut_dfu_descriptor {
 uint8_t attributes;
 uint16_t detach_timeout_ms;
 uint16_t transfer_size;
 uint16_t version;
};
enum dfut_dfu_attribute {
 DFUT_DFU_CAN_DNLOAD = 1 << 0,
 DFUT_DFU_CAN_UPLOAD = 1 << 1,
 DFUT_DFU_MANIFESTATION_TOLERANT = 1 << 2,
 DFUT_DFU_WILL_DETACH = 1 << 3,
};
uint16_t dfut_dfu_get_block_size(uint16_t transfer_size);
struct dfut_device *dfut_device_ref(struct dfut_device *device);
void dfut_device_unref(struct dfut_device *device);
uint16_t dfut_device_get_vendor_id(const struct dfut_device *device);
uint16_t dfut_device_get_product_id(const struct dfut_device *device);
uint16_t dfut_device_get_release(const struct dfut_device *device);
const char *dfut_device_get_path(const struct dfut_device *device);
const char *dfut_device_get_id(const struct dfut_device *device);
unsigned int dfut_device_get_bus_number(const struct dfut_device *device);
unsigned int dfut_device_get_address(const struct dfut_device *device);
const char *dfut_device_get_serial_number(const struct dfut_device *device);
const char *dfut_device_get_manufacturer(const struct dfut_device *device);
const char *dfut_device_get_product(const struct dfut_device *device);
enum dfut_mode dfut_device_get_mode(const struct dfut_device *device);
const char *dfut_mode_get_name(enum dfut_mode mode);
uint8_t dfut_device_get_configuration(const struct dfut_device *device);
bool dfut_device_is_present(const struct dfut_device *device);
bool dfut_device_is_complete(const struct dfut_device *device);
const char *dfut_device_get_missing(const struct dfut_device *device);
const uint8_t *dfut_device_get_descriptors(const struct dfut_device *device, size_t *size);
size_t dfut_device_get_interface_count(const struct dfut_device *device);
const struct dfut_interface *dfut_device_get_interface(const struct dfut_device *device, size_t index);
int dfut_device_get_dfu_descriptor(const struct dfut_device *device, struct dfut_dfu_descriptor *descriptor);
int dfut_device_get_interface_dfu_descriptor(const struct dfut_device *device, size_t index,
          struct dfut_dfu_descriptor *descriptor);
size_t dfut_device_get_node_count(const struct dfut_device *device);
const struct dfut_node *dfut_device_get_node(const struct dfut_device *device, size_t index);
const char *dfut_device_get_title(const struct dfut_device *device);
const char *dfut_device_get_protocol(const struct dfut_device *device);
size_t dfut_device_get_trigger_count(const struct dfut_device *device);
const char *dfut_device_get_trigger_name(const struct dfut_device *device, size_t index);
size_t dfut_device_get_command_count(const struct dfut_device *device);
const char *dfut_device_get_command_name(const struct dfut_device *device, size_t index);
const char *dfut_device_get_command_text(const struct dfut_device *device, size_t index);
const char *dfut_device_get_help(const struct dfut_device *device, size_t index);
const char *dfut_context_get_help(const struct dfut_context *context, uint16_t vendor_id, uint16_t product_id,
      size_t index);
bool dfut_device_is_shared(const struct dfut_device *device);
bool dfut_device_is_generic(const struct dfut_device *device);
bool dfut_device_is_mode_guessed(const struct dfut_device *device);
int dfut_device_diagnose(struct dfut_device *device);
struct dfut_holder {
 char driver
  [64];
 char programs[512];
};
int dfut_device_get_holder(struct dfut_device *device, int interface_number, struct dfut_holder *holder,
      size_t holder_size);
#define DFUT_MATCH_ANY (-1)
struct dfut_match {
 size_t size;
 int vendor_id;
 int product_id;
 int bootloader_vendor_id;
 int bootloader_product_id;
 const char *path;
 const char *serial_number;
 const char *bootloader_serial_number;
 const char *alternate;
 enum dfut_mode mode;
 const struct dfut_image
  *image;
 unsigned int force;
 int configuration;
 int interface_number;
};
#define DFUT_MATCH_INIT \
 { \
  sizeof(struct dfut_match), DFUT_MATCH_ANY, DFUT_MATCH_ANY, DFUT_MATCH_ANY, DFUT_MATCH_ANY, NULL, NULL, \
   NULL, NULL, DFUT_MODE_UNKNOWN, NULL, 0, DFUT_MATCH_ANY, DFUT_MATCH_ANY \
 }
#define DFUT_LOOK_TIMEOUT_MS 10000
int dfut_device_list_new(struct dfut_device_list **list, struct dfut_context *context, const struct dfut_match *match);
size_t dfut_device_list_get_count(const struct dfut_device_list *list);
struct dfut_device *dfut_device_list_get(const struct dfut_device_list *list, size_t index);
bool dfut_device_list_is_complete(const struct dfut_device_list *list);
size_t dfut_device_list_get_unread_count(const struct dfut_device_list *list);
struct dfut_device *dfut_device_list_get_unread(const struct dfut_device_list *list, size_t index);
void dfut_device_list_free(struct dfut_device_list *list);
int dfut_device_find(struct dfut_device **device, struct dfut_context *context, const struct dfut_match *match);
int dfut_device_wait(struct dfut_device **device, struct dfut_context *context, const struct dfut_match *match,
       int timeout_ms);
int dfut_context_report(struct dfut_context *context, const char *path, const struct dfut_match *match,
   const char *recording, unsigned int flags);
struct dfut_segment {
 bool has_address;
 uint32_t address;
 int alternate;
 const uint8_t *data;
 size_t size;
};
#define DFUT_ID_ANY 0xffff
enum dfut_format_trait {
 DFUT_FORMAT_ADDRESSES = 1 << 0,
 DFUT_FORMAT_PARTS = 1 << 1,
 DFUT_FORMAT_ALTERNATES = 1 << 2,
 DFUT_FORMAT_GROUPS = 1 << 3,
 DFUT_FORMAT_SUFFIX = 1 << 4,
 DFUT_FORMAT_FAMILIES = 1 << 5,
 DFUT_FORMAT_TEXT = 1 << 6,
 DFUT_FORMAT_WRITTEN = 1 << 7,
};
const char *dfut_format_get_name(size_t index);
const char *dfut_format_get_text(const char *name);
unsigned int dfut_format_get_traits(const char *name);
const char *dfut_family_get_name(size_t index);
int dfut_image_load_file(struct dfut_image **image, struct dfut_context *context, const char *path, unsigned int force);
int dfut_image_load_buffer(struct dfut_image **image, struct dfut_context *context, const void *data, size_t size,
      unsigned int force);
struct dfut_esp {
 size_t size;
 const char *chip;
 const char *
  flasher_args;
 uint32_t part_size;
 const char *flash_size;
};
#define DFUT_ESP_INIT \
 { \
  sizeof(struct dfut_esp), NULL, NULL, 0, NULL \
 }
int dfut_image_build_esp(struct dfut_image **image, struct dfut_context *context, const struct dfut_esp *esp);
struct dfut_nordic {
 size_t size;
 bool legacy;
 const char *application;
 const char *softdevice;
 const char *bootloader;
 uint32_t application_version;
 uint32_t bootloader_version;
 uint32_t hw_version;
 const uint32_t *sd_req;
 size_t sd_req_count;
 const uint32_t *sd_id;
 size_t sd_id_count;
 const char *private_key;
 bool debug;
 uint16_t device_type;
 uint16_t device_revision;
};
#define DFUT_NORDIC_INIT \
 { \
  sizeof(struct dfut_nordic), false, NULL, NULL, NULL, 0, 0, 52, NULL, 0, NULL, 0, NULL, false, 0x0052, \
   0xffff \
 }
int dfut_image_build_nordic(struct dfut_image **image, struct dfut_context *context, const struct dfut_nordic *nordic);
int dfut_image_verify_signature(struct dfut_image *image, const char *public_key);
void dfut_image_free(struct dfut_image *image);
const char *dfut_image_get_error(const struct dfut_image *image);
int dfut_image_get_error_code(const struct dfut_image *image);
const char *dfut_image_get_hint(const struct dfut_image *image);
const char *dfut_image_get_hint_line(const struct dfut_image *image);
unsigned int dfut_image_get_failed_check(const struct dfut_image *image);
const char *dfut_image_get_format(const struct dfut_image *image);
size_t dfut_image_get_size(const struct dfut_image *image);
size_t dfut_image_get_segment_count(const struct dfut_image *image);
int dfut_image_get_segment(const struct dfut_image *image, size_t index, struct dfut_segment *segment,
      size_t segment_size);
int dfut_image_read_segment(const struct dfut_image *image, size_t index, size_t offset, void *data, size_t size);
int dfut_image_get_fact(const struct dfut_image *image, size_t index, const char **layer, const char **key,
   const char **value);
size_t dfut_image_get_fact_count(const struct dfut_image *image);
bool dfut_image_get_ids(const struct dfut_image *image, uint16_t *vendor_id, uint16_t *product_id, uint16_t *release);
int dfut_image_set_address(struct dfut_image *image, uint32_t address);
void dfut_image_set_suffix(struct dfut_image *image, uint16_t vendor_id, uint16_t product_id, uint16_t release);
void dfut_image_remove_suffix(struct dfut_image *image);
int dfut_image_wrap_mcuboot(struct dfut_image *image, const char *version, size_t header_size);
int dfut_image_convert(struct dfut_image *image, const char *format);
int dfut_image_set_family(struct dfut_image *image, const char *family);
int dfut_image_save_file(const struct dfut_image *image, const char *path);
int dfut_image_check(const struct dfut_image *image, const struct dfut_device *device, const char *alternate,
       unsigned int force);
enum dfut_session_state {
 DFUT_SESSION_NEW = 0,
 DFUT_SESSION_DIAGNOSING = 1,
 DFUT_SESSION_PROBING = 2,
 DFUT_SESSION_TRIGGERING = 3,
 DFUT_SESSION_LEAVING = 4,
 DFUT_SESSION_RETURNING = 5,
 DFUT_SESSION_MEASURING = 6,
 DFUT_SESSION_COMPARING = 7,
 DFUT_SESSION_ANNOUNCING = 8,
 DFUT_SESSION_DOWNLOADING = 9,
 DFUT_SESSION_MANIFESTING = 10,
 DFUT_SESSION_VERIFYING = 11,
 DFUT_SESSION_UPLOADING = 12,
 DFUT_SESSION_COMMANDING = 13,
 DFUT_SESSION_RESTARTING = 14,
 DFUT_SESSION_DONE = 15,
 DFUT_SESSION_FAILED = 16,
 DFUT_SESSION_CANCELLED = 17,
};
const char *dfut_session_state_get_name(enum dfut_session_state state);
struct dfut_progress {
 enum dfut_session_state state;
 uint64_t done;
 uint64_t total;
 uint64_t elapsed_ms;
 int64_t left_ms;
 unsigned int plan;
};
struct dfut_step {
 enum dfut_session_state state;
 const char *text;
 uint64_t bytes;
 uint32_t time_ms;
};
enum dfut_verified {
 DFUT_VERIFIED_NO = 0,
 DFUT_VERIFIED_YES = 1,
 DFUT_VERIFIED_IMPOSSIBLE = 2,
};
enum dfut_verify {
 DFUT_VERIFY_AUTO = 0,
 DFUT_VERIFY_NEVER = 1,
 DFUT_VERIFY_ALWAYS =
  2,
};
enum dfut_erase {
 DFUT_ERASE_AUTO = 0,
 DFUT_ERASE_NEEDED = 1,
 DFUT_ERASE_ALL = 2,
 DFUT_ERASE_MASS = 3,
};
enum dfut_restart {
 DFUT_RESTART_AUTO =
  0,
 DFUT_RESTART_NEVER =
  1,
 DFUT_RESTART_ALWAYS = 2,
};
typedef void (*dfut_progress_handler)(struct dfut_session *session, const struct dfut_progress *progress,
          void *user_data);
typedef int (*dfut_writer)(const uint8_t *data, size_t size, void *user_data);
int dfut_session_new(struct dfut_session **session, struct dfut_device *device);
void dfut_session_free(struct dfut_session *session);
int dfut_session_set_alternate(struct dfut_session *session, const char *alternate);
int dfut_session_set_interface(struct dfut_session *session, int configuration, int interface_number);
int dfut_session_set_trigger(struct dfut_session *session, const char *name);
int dfut_session_set_trigger_request(struct dfut_session *session, uint8_t request_type, uint8_t request,
         uint16_t value, uint16_t index, const void *data, uint16_t size);
int dfut_session_set_trigger_report(struct dfut_session *session, int interface_number, enum dfut_report_type type,
        uint8_t id, const void *data, uint16_t size);
int dfut_session_set_trigger_touch(struct dfut_session *session, int interface_number, uint32_t baud);
int dfut_session_set_bootloader_ids(struct dfut_session *session, int vendor_id, int product_id);
int dfut_session_set_detach_timeout_ms(struct dfut_session *session, int timeout_ms);
int dfut_session_set_return_timeout_ms(struct dfut_session *session, unsigned int timeout_ms);
int dfut_session_set_verify(struct dfut_session *session, enum dfut_verify verify);
int dfut_session_set_erase(struct dfut_session *session, enum dfut_erase erase);
int dfut_session_set_confirm(struct dfut_session *session, bool confirm);
int dfut_session_set_restart(struct dfut_session *session, enum dfut_restart restart);
int dfut_session_set_force(struct dfut_session *session, unsigned int force);
int dfut_session_set_upload_size(struct dfut_session *session, uint64_t size);
int dfut_session_set_transfer_size(struct dfut_session *session, uint32_t size);
int dfut_session_set_address(struct dfut_session *session, int64_t address);
int dfut_session_set_part(struct dfut_session *session, const char *part);
const char *dfut_session_get_part_choice(const struct dfut_session *session, size_t index);
int dfut_session_set_volume(struct dfut_session *session, const char *path);
void dfut_session_set_progress_handler(struct dfut_session *session, dfut_progress_handler handler, void *user_data);
int dfut_session_start_probe(struct dfut_session *session);
int dfut_session_start_diagnose(struct dfut_session *session);
int dfut_session_start_trigger(struct dfut_session *session);
int dfut_session_plan_update(struct dfut_session *session, struct dfut_image *image);
int dfut_session_start_update(struct dfut_session *session, struct dfut_image *image);
int dfut_session_start_upload(struct dfut_session *session, dfut_writer writer, void *user_data);
int dfut_session_start_command(struct dfut_session *session, const char *name);
size_t dfut_session_get_step_count(const struct dfut_session *session);
int dfut_session_get_step(const struct dfut_session *session, size_t index, struct dfut_step *step, size_t step_size);
int dfut_session_run(struct dfut_session *session);
void dfut_session_cancel(struct dfut_session *session);
enum dfut_session_state dfut_session_get_state(const struct dfut_session *session);
bool dfut_session_has_ended(const struct dfut_session *session);
int dfut_session_get_result(const struct dfut_session *session);
const char *dfut_session_get_message(const struct dfut_session *session);
int dfut_session_get_error_code(const struct dfut_session *session);
const char *dfut_session_get_hint(const struct dfut_session *session);
const char *dfut_session_get_hint_line(const struct dfut_session *session);
unsigned int dfut_session_get_failed_check(const struct dfut_session *session);
enum dfut_verified dfut_session_get_verified(const struct dfut_session *session);
void dfut_session_get_progress(const struct dfut_session *session, struct dfut_progress *progress,
          size_t progress_size);
struct dfut_device *dfut_session_get_device(const struct dfut_session *session);
size_t dfut_session_get_fact_count(const struct dfut_session *session);
int dfut_session_get_fact(const struct dfut_session *session, size_t index, const char **key, const char **value);
struct dfut_handle;
int dfut_handle_new(struct dfut_handle **handle, struct dfut_device *device);
void dfut_handle_free(struct dfut_handle *handle);
int dfut_handle_control(struct dfut_handle *handle, uint8_t request_type, uint8_t request, uint16_t value,
   uint16_t index, void *data, uint16_t length, unsigned int timeout_ms);
int dfut_handle_reset(struct dfut_handle *handle, unsigned int timeout_ms);
void dfut_handle_set_keeps_drivers(struct dfut_handle *handle, bool keeps_drivers);
int dfut_handle_open(struct dfut_handle *handle);
int dfut_handle_claim(struct dfut_handle *handle, uint8_t interface_number);
int dfut_handle_release(struct dfut_handle *handle, uint8_t interface_number);
int dfut_handle_set_configuration(struct dfut_handle *handle, uint8_t configuration);
int dfut_handle_set_alternate(struct dfut_handle *handle, uint8_t interface_number, uint8_t alternate);
int dfut_handle_clear_halt(struct dfut_handle *handle, uint8_t endpoint);
int dfut_handle_transfer(struct dfut_handle *handle, uint8_t endpoint, void *data, uint16_t length,
    unsigned int timeout_ms);
int dfut_handle_has_driver(struct dfut_handle *handle, uint8_t interface_number);
int dfut_handle_detach_driver(struct dfut_handle *handle, uint8_t interface_number);
int dfut_handle_attach_driver(struct dfut_handle *handle, uint8_t interface_number);
int dfut_handle_send_report(struct dfut_handle *handle, int interface_number, enum dfut_report_type type, uint8_t id,
       const void *data, uint16_t length, unsigned int timeout_ms);
int dfut_handle_get_feature_report(struct dfut_handle *handle, int interface_number, uint8_t id, void *data,
       uint16_t length, unsigned int timeout_ms);
int dfut_handle_read_report(struct dfut_handle *handle, int interface_number, uint8_t *id, void *data, uint16_t length,
       unsigned int timeout_ms);
int dfut_handle_set_line_coding(struct dfut_handle *handle, int interface_number, const struct dfut_line_coding *coding,
    unsigned int timeout_ms);
int dfut_handle_set_lines(struct dfut_handle *handle, int interface_number, int dtr, int rts, unsigned int timeout_ms);
int dfut_handle_read_serial(struct dfut_handle *handle, int interface_number, void *data, uint16_t length,
       unsigned int timeout_ms);
int dfut_handle_write_serial(struct dfut_handle *handle, int interface_number, const void *data, uint16_t length,
        unsigned int timeout_ms);
int dfut_handle_touch(struct dfut_handle *handle, int interface_number, uint32_t baud, unsigned int timeout_ms);
#ifdef __cplusplus
}
#endif
#endif
