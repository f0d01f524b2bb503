/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/*
 * How each function is called: whose turn it waits for (`owner1` is the object of the first argument), whether it may
 * block, so that other threads go on meanwhile, and whether its result tells of an error.
 */

/* What a device says of itself does not change: nobody is waited for. */

%define BLOCKING(FUNCTION, OWNER)
%exception FUNCTION {
  if (!enter(OWNER))
    SWIG_fail;
  Py_BEGIN_ALLOW_THREADS
  $action
  Py_END_ALLOW_THREADS
  if (!leave(OWNER, result))
    SWIG_fail;
}
%enddef

%define CALL(FUNCTION, OWNER)
%exception FUNCTION {
  if (!enter(OWNER))
    SWIG_fail;
  $action
  if (!leave(OWNER, result))
    SWIG_fail;
}
%enddef

%define CALL_ANYTHING(FUNCTION, OWNER)
%exception FUNCTION {
  if (!enter(OWNER))
    SWIG_fail;
  $action
  if (!leave(OWNER, 0))
    SWIG_fail;
}
%enddef

/* Without an object that could tell more. */
%define CALL_ALONE(FUNCTION)
%exception FUNCTION {
  $action
  if (result < 0) {
    PyErr_SetString(result == DFUT_ERROR_NO_MEMORY ? PyExc_MemoryError : PyExc_LookupError, dfut_error_get_text(result));
    SWIG_fail;
  }
}
%enddef

%typemap(out) int dfut_context_dispatch, int dfut_context_get_event, int dfut_context_get_timeout_ms,
    int dfut_handle_control, int dfut_handle_get_feature_report, int dfut_handle_read_report,
    int dfut_handle_has_driver, int dfut_handle_read_serial, int dfut_handle_transfer, int dfut_handle_write_serial, int dfut_session_get_result {
  $result = PyLong_FromLong($1);
}
%typemap(out) dfut_event {
  $result = PyLong_FromLong((long)$1);
}

CALL_ALONE(dfut_context_new)
BLOCKING(dfut_context_add_system_buses, owner1)
CALL_ANYTHING(dfut_context_set_log_handler, owner1)
BLOCKING(dfut_context_load_devices, owner1)
CALL_ANYTHING(dfut_context_set_device_handler, owner1)
BLOCKING(dfut_context_dispatch, owner1)
CALL_ANYTHING(dfut_context_get_timeout_ms, owner1)
CALL_ANYTHING(dfut_context_get_error, owner1)
CALL_ANYTHING(dfut_context_get_hint, owner1)
CALL_ANYTHING(dfut_context_get_hint_line, owner1)
CALL_ANYTHING(dfut_context_get_failed_check, owner1)

BLOCKING(dfut_device_list_new, owner2)
BLOCKING(dfut_device_find, owner2)
BLOCKING(dfut_device_diagnose, owner1)
CALL_ANYTHING(dfut_device_is_present, owner1)
CALL(dfut_device_get_dfu_descriptor, owner1)

BLOCKING(dfut_image_load_file, owner2)
BLOCKING(dfut_image_load_buffer, owner2)
BLOCKING(dfut_image_save_file, owner1)
BLOCKING(dfut_image_verify_signature, owner1)
CALL_ANYTHING(dfut_image_get_format, owner1)
CALL_ANYTHING(dfut_image_get_size, owner1)
CALL_ANYTHING(dfut_image_get_segment_count, owner1)
CALL(dfut_image_get_segment, owner1)
CALL(dfut_image_get_fact, owner1)
CALL_ANYTHING(dfut_image_get_fact_count, owner1)
CALL_ANYTHING(dfut_image_get_ids, owner1)
CALL(dfut_image_set_address, owner1)
CALL_ANYTHING(dfut_image_set_suffix, owner1)
CALL_ANYTHING(dfut_image_remove_suffix, owner1)
CALL(dfut_image_convert, owner1)
CALL(dfut_image_set_family, owner1)
CALL(dfut_image_wrap_mcuboot, owner1)
CALL(dfut_image_check, owner1)

CALL(dfut_session_new, owner2)
CALL(dfut_session_set_alternate, owner1)
CALL(dfut_session_set_trigger, owner1)
CALL(dfut_session_set_trigger_request, owner1)
CALL(dfut_session_set_trigger_report, owner1)
CALL(dfut_session_set_trigger_touch, owner1)
CALL_ANYTHING(dfut_session_set_detach_timeout_ms, owner1)
CALL_ANYTHING(dfut_session_set_return_timeout_ms, owner1)
CALL_ANYTHING(dfut_session_set_verify, owner1)
CALL_ANYTHING(dfut_session_set_force, owner1)
CALL_ANYTHING(dfut_session_set_upload_size, owner1)
CALL_ANYTHING(dfut_session_set_progress_handler, owner1)
BLOCKING(dfut_session_start_command, owner1)
CALL(dfut_session_plan_update, owner1)
BLOCKING(dfut_session_start_diagnose, owner1)
BLOCKING(dfut_session_start_probe, owner1)
BLOCKING(dfut_session_start_trigger, owner1)
BLOCKING(dfut_session_start_update, owner1)
BLOCKING(dfut_session_start_upload, owner1)
BLOCKING(dfut_session_run, owner1)
CALL_ANYTHING(dfut_session_get_step_count, owner1)
CALL(dfut_session_get_step, owner1)
CALL_ANYTHING(dfut_session_get_state, owner1)
CALL_ANYTHING(dfut_session_has_ended, owner1)
CALL_ANYTHING(dfut_session_get_result, owner1)
CALL_ANYTHING(dfut_session_get_message, owner1)
CALL_ANYTHING(dfut_session_get_hint, owner1)
CALL_ANYTHING(dfut_session_get_hint_line, owner1)
CALL_ANYTHING(dfut_session_get_failed_check, owner1)
CALL_ANYTHING(dfut_session_get_verified, owner1)
CALL_ANYTHING(dfut_session_get_progress, owner1)
CALL_ANYTHING(dfut_session_get_device, owner1)
CALL_ANYTHING(dfut_session_get_fact_count, owner1)
CALL(dfut_session_get_fact, owner1)

CALL(dfut_handle_open, owner2)
BLOCKING(dfut_handle_control, owner1)
BLOCKING(dfut_handle_reset, owner1)
CALL_ANYTHING(dfut_handle_set_keeps_drivers, owner1)
BLOCKING(dfut_handle_open_device, owner1)
BLOCKING(dfut_handle_claim, owner1)
BLOCKING(dfut_handle_release, owner1)
BLOCKING(dfut_handle_set_configuration, owner1)
BLOCKING(dfut_handle_set_alternate, owner1)
BLOCKING(dfut_handle_clear_halt, owner1)
BLOCKING(dfut_handle_transfer, owner1)
BLOCKING(dfut_handle_has_driver, owner1)
BLOCKING(dfut_handle_detach_driver, owner1)
BLOCKING(dfut_handle_attach_driver, owner1)
BLOCKING(dfut_handle_send_report, owner1)
BLOCKING(dfut_handle_get_feature_report, owner1)
BLOCKING(dfut_handle_read_report, owner1)
BLOCKING(dfut_handle_set_line_coding, owner1)
BLOCKING(dfut_handle_set_lines, owner1)
BLOCKING(dfut_handle_read_serial, owner1)
BLOCKING(dfut_handle_write_serial, owner1)
BLOCKING(dfut_handle_touch, owner1)

CALL_ALONE(dfut_sim_new)
CALL_ALONE(dfut_sim_get_model)
CALL_ANYTHING(dfut_sim_get_time_us, owner1)
CALL_ANYTHING(dfut_sim_get_error, owner1)
CALL(dfut_sim_plug, owner2)
CALL(dfut_sim_save, owner1)
/* Both wait for the context's turn; the bus has nobody inside yet. */
%exception dfut_sim_add_to_context {
  if (!enter(owner2))
    SWIG_fail;
  $action
  if (result == 0)
    adopt_sim(owner1, owner2);
  if (!leave(owner2, 0))
    SWIG_fail;
  if (result < 0) {
    raise_error(owner1, result);
    SWIG_fail;
  }
}
CALL_ANYTHING(dfut_sim_device_unplug, owner1)
CALL_ANYTHING(dfut_sim_device_replug, owner1)
CALL_ANYTHING(dfut_sim_device_press_reset, owner1)
CALL_ANYTHING(dfut_sim_device_is_present, owner1)
CALL_ANYTHING(dfut_sim_device_get_mode_name, owner1)
CALL_ANYTHING(dfut_sim_device_get_memory, owner1)
CALL(dfut_sim_device_set_memory, owner1)
CALL_ANYTHING(dfut_sim_device_get_record_count, owner1)
CALL_ANYTHING(dfut_sim_device_get_record, owner1)
CALL_ANYTHING(dfut_sim_device_clear_record, owner1)
CALL_ANYTHING(dfut_sim_device_get_breach_count, owner1)
CALL_ANYTHING(dfut_sim_device_get_request_count, owner1)
CALL(dfut_sim_device_add_fault, owner1)
CALL_ANYTHING(dfut_sim_device_clear_faults, owner1)
