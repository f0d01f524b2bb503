/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/*
 * How each function is called. Rows for SWIG and for the C preprocessor alike; a language gives the words in capitals a
 * meaning. What has no row is not bound, and tests/style/bindings.py fails.
 *
 * OWNER is the number of the argument, from 1, whose context's turn is waited for: one thread at a time is inside.
 *
 * The safe one, for whatever returns int and is not listed below:
 * CALL(FUNCTION, OWNER)	it may block, so other threads go on meanwhile; less than 0 is an error in OWNER's words
 * COUNT(FUNCTION, OWNER)	the same, and what is not an error is a number
 * CALL_BOTH(FUNCTION, OWNER, OTHER)	the same, and inside of OWNER's turn that of OTHER is waited for, which has no
 *				owner. It may be in a structure, of which objects.i says so, and there may be none
 * CALL_INSIDE(FUNCTION, OWNER, OTHER)	the same, in the words of OTHER
 *
 * Exceptions:
 * VALUE(FUNCTION, OWNER)	the turn is waited for; it is done at once, and what it returns, if anything, is no error
 * NUMBER(FUNCTION, OWNER)	the same, of an int that may be less than 0
 * QUICK(FUNCTION, OWNER)	the turn is waited for; it reads memory and is done at once; less than 0 is an error
 * FACT(FUNCTION)		nobody's turn is waited for: what the object says of itself does not change
 * ANYTIME(FUNCTION)		nobody's turn is waited for: the header says that any thread may call it
 * STATIC(FUNCTION)		it needs no object, does not block and can't fail
 * ALONE(FUNCTION)		it needs no object; less than 0 is an error without words
 * JOIN(FUNCTION, OWNER, OTHER)	OWNER belongs to OTHER from now on; OTHER's turn is waited for, the words are OWNER's
 * UNBOUND(FUNCTION, REASON)	no language has it
 *
 * What objects.i and lists.i name is called through those rows, and needs one here only to be called by itself.
 */

/* General */

STATIC(dfut_get_version)
STATIC(dfut_error_get_name)
STATIC(dfut_error_get_text)
STATIC(dfut_check_get_name)
STATIC(dfut_check_from_name)
STATIC(dfut_format_get_name)
STATIC(dfut_format_get_text)
STATIC(dfut_format_get_traits)
STATIC(dfut_family_get_name)
STATIC(dfut_protocol_get_name)
STATIC(dfut_protocol_get_text)
STATIC(dfut_protocol_get_part)

/* Context */

ALONE(dfut_context_new)
CALL(dfut_context_add_system_buses, 1)
VALUE(dfut_context_set_log_handler, 1)
CALL(dfut_context_record, 1)
CALL(dfut_context_end_record, 1)
CALL(dfut_context_explain, 1)
CALL_BOTH(dfut_context_report, 1, 3)
CALL(dfut_context_load_devices, 1)
CALL(dfut_context_set_protocol, 1)
VALUE(dfut_context_set_device_handler, 1)
COUNT(dfut_context_dispatch, 1)
VALUE(dfut_context_get_event, 1)
NUMBER(dfut_context_get_timeout_ms, 1)
VALUE(dfut_context_get_error, 1)
NUMBER(dfut_context_get_error_code, 1)
VALUE(dfut_context_get_hint, 1)
VALUE(dfut_context_get_hint_line, 1)
VALUE(dfut_context_get_failed_check, 1)
VALUE(dfut_context_get_help, 1)

/* Devices */

FACT(dfut_device_get_vendor_id)
FACT(dfut_device_get_product_id)
FACT(dfut_device_get_release)
FACT(dfut_device_get_path)
FACT(dfut_device_get_id)
FACT(dfut_device_get_bus_number)
FACT(dfut_device_get_address)
FACT(dfut_device_get_serial_number)
FACT(dfut_device_get_manufacturer)
FACT(dfut_device_get_product)
FACT(dfut_device_get_mode)
STATIC(dfut_mode_get_name)
FACT(dfut_device_get_configuration)
VALUE(dfut_device_is_present, 1)
FACT(dfut_device_is_complete)
FACT(dfut_device_get_missing)
FACT(dfut_device_get_descriptors)
FACT(dfut_device_get_interface_count)
FACT(dfut_device_get_interface)
QUICK(dfut_device_get_dfu_descriptor, 1)
QUICK(dfut_device_get_interface_dfu_descriptor, 1)
STATIC(dfut_dfu_get_block_size)
FACT(dfut_device_get_node_count)
FACT(dfut_device_get_node)
FACT(dfut_device_get_title)
FACT(dfut_device_get_protocol)
FACT(dfut_device_get_trigger_count)
FACT(dfut_device_get_trigger_name)
FACT(dfut_device_get_command_count)
FACT(dfut_device_get_command_name)
FACT(dfut_device_get_command_text)
FACT(dfut_device_get_help)
FACT(dfut_device_is_shared)
FACT(dfut_device_is_generic)
FACT(dfut_device_is_mode_guessed)
CALL(dfut_device_diagnose, 1)
CALL(dfut_device_get_holder, 1)
CALL_BOTH(dfut_device_list_new, 2, 3)
CALL_BOTH(dfut_device_find, 2, 3)
CALL_BOTH(dfut_device_wait, 2, 3)

/* Images, which belong to no context: calls that get one tell errors in its words */

CALL(dfut_image_load_file, 2)
CALL(dfut_image_load_buffer, 2)
UNBOUND(dfut_image_build_esp, "for build systems: the command esp-pack does it")
UNBOUND(dfut_image_build_nordic, "for build systems: the command nordic-pack does it")
CALL(dfut_image_verify_signature, 1)
VALUE(dfut_image_get_error, 1)
NUMBER(dfut_image_get_error_code, 1)
VALUE(dfut_image_get_hint, 1)
VALUE(dfut_image_get_hint_line, 1)
VALUE(dfut_image_get_failed_check, 1)
VALUE(dfut_image_get_format, 1)
VALUE(dfut_image_get_size, 1)
VALUE(dfut_image_get_segment_count, 1)
QUICK(dfut_image_get_segment, 1)
CALL(dfut_image_read_segment, 1)
QUICK(dfut_image_get_fact, 1)
VALUE(dfut_image_get_fact_count, 1)
VALUE(dfut_image_get_ids, 1)
CALL(dfut_image_set_address, 1)
VALUE(dfut_image_set_suffix, 1)
VALUE(dfut_image_remove_suffix, 1)
CALL(dfut_image_wrap_mcuboot, 1)
CALL(dfut_image_convert, 1)
CALL(dfut_image_set_family, 1)
CALL(dfut_image_save_file, 1)
CALL_INSIDE(dfut_image_check, 2, 1)

/* Sessions */

STATIC(dfut_session_state_get_name)
CALL(dfut_session_new, 2)
CALL(dfut_session_set_alternate, 1)
CALL(dfut_session_set_interface, 1)
CALL(dfut_session_set_trigger, 1)
CALL(dfut_session_set_trigger_request, 1)
CALL(dfut_session_set_trigger_report, 1)
CALL(dfut_session_set_trigger_touch, 1)
CALL(dfut_session_set_bootloader_ids, 1)
CALL(dfut_session_set_detach_timeout_ms, 1)
CALL(dfut_session_set_return_timeout_ms, 1)
CALL(dfut_session_set_verify, 1)
CALL(dfut_session_set_confirm, 1)
CALL(dfut_session_set_erase, 1)
CALL(dfut_session_set_restart, 1)
CALL(dfut_session_set_force, 1)
CALL(dfut_session_set_upload_size, 1)
CALL(dfut_session_set_transfer_size, 1)
CALL(dfut_session_set_address, 1)
CALL(dfut_session_set_part, 1)
CALL(dfut_session_set_volume, 1)
VALUE(dfut_session_set_progress_handler, 1)
CALL(dfut_session_start_probe, 1)
CALL(dfut_session_start_diagnose, 1)
CALL(dfut_session_start_trigger, 1)
CALL_BOTH(dfut_session_plan_update, 1, 2)
CALL_BOTH(dfut_session_start_update, 1, 2)
CALL(dfut_session_start_upload, 1)
CALL(dfut_session_start_command, 1)
VALUE(dfut_session_get_step_count, 1)
QUICK(dfut_session_get_step, 1)
VALUE(dfut_session_get_part_choice, 1)
CALL(dfut_session_run, 1)
ANYTIME(dfut_session_cancel)
VALUE(dfut_session_get_state, 1)
VALUE(dfut_session_has_ended, 1)
NUMBER(dfut_session_get_result, 1)
VALUE(dfut_session_get_message, 1)
NUMBER(dfut_session_get_error_code, 1)
VALUE(dfut_session_get_hint, 1)
VALUE(dfut_session_get_hint_line, 1)
VALUE(dfut_session_get_failed_check, 1)
VALUE(dfut_session_get_verified, 1)
VALUE(dfut_session_get_progress, 1)
VALUE(dfut_session_get_device, 1)
VALUE(dfut_session_get_fact_count, 1)
QUICK(dfut_session_get_fact, 1)

/* Handles */

CALL(dfut_handle_new, 2)
COUNT(dfut_handle_control, 1)
CALL(dfut_handle_reset, 1)
VALUE(dfut_handle_set_keeps_drivers, 1)
CALL(dfut_handle_open, 1)
CALL(dfut_handle_claim, 1)
CALL(dfut_handle_release, 1)
CALL(dfut_handle_set_configuration, 1)
CALL(dfut_handle_set_alternate, 1)
CALL(dfut_handle_clear_halt, 1)
COUNT(dfut_handle_transfer, 1)
COUNT(dfut_handle_has_driver, 1)
CALL(dfut_handle_detach_driver, 1)
CALL(dfut_handle_attach_driver, 1)
CALL(dfut_handle_send_report, 1)
COUNT(dfut_handle_get_feature_report, 1)
COUNT(dfut_handle_read_report, 1)
CALL(dfut_handle_set_line_coding, 1)
CALL(dfut_handle_set_lines, 1)
COUNT(dfut_handle_read_serial, 1)
COUNT(dfut_handle_write_serial, 1)
CALL(dfut_handle_touch, 1)

/* Virtual bus */

ALONE(dfut_sim_new)
JOIN(dfut_sim_add_to_context, 1, 2)
VALUE(dfut_sim_get_time_us, 1)
VALUE(dfut_sim_get_error, 1)
STATIC(dfut_sim_get_model_count)
ALONE(dfut_sim_get_model)
CALL(dfut_sim_plug, 2)
CALL(dfut_sim_save, 1)
VALUE(dfut_sim_device_unplug, 1)
VALUE(dfut_sim_device_replug, 1)
VALUE(dfut_sim_device_press_reset, 1)
VALUE(dfut_sim_device_is_present, 1)
VALUE(dfut_sim_device_get_mode_name, 1)
VALUE(dfut_sim_device_get_memory, 1)
CALL(dfut_sim_device_set_memory, 1)
VALUE(dfut_sim_device_get_record_count, 1)
VALUE(dfut_sim_device_get_record, 1)
VALUE(dfut_sim_device_clear_record, 1)
VALUE(dfut_sim_device_get_breach_count, 1)
VALUE(dfut_sim_device_get_request_count, 1)
CALL(dfut_sim_device_add_fault, 1)
VALUE(dfut_sim_device_clear_faults, 1)
VALUE(dfut_sim_device_get_fault_count, 1)

/* Virtual devices over USB/IP */

UNBOUND(dfut_sim_export, "the command dfutrigger export does it")
UNBOUND(dfut_sim_import, "the command dfutrigger import does it")
UNBOUND(dfut_sim_usbip_new, "the command dfutrigger-sim does it")
UNBOUND(dfut_sim_usbip_free, "the command dfutrigger-sim does it")
UNBOUND(dfut_sim_usbip_set_handler, "the command dfutrigger-sim does it")
UNBOUND(dfut_sim_usbip_attach, "the command dfutrigger-sim does it")
UNBOUND(dfut_sim_usbip_listen, "the command dfutrigger-sim does it")
UNBOUND(dfut_sim_usbip_dispatch, "the command dfutrigger-sim does it")
UNBOUND(dfut_sim_usbip_wake, "the command dfutrigger-sim does it")

/* Virtual devices of one's own */

UNBOUND(dfut_sim_add_model, "models are written in C")
UNBOUND(dfut_sim_device_get_state, "models are written in C")
UNBOUND(dfut_sim_device_get_time_us, "models are written in C")
UNBOUND(dfut_sim_device_leave, "models are written in C")
UNBOUND(dfut_sim_device_set_timer, "models are written in C")
UNBOUND(dfut_sim_device_delay_answer, "models are written in C")
UNBOUND(dfut_sim_device_set_ready, "models are written in C")
UNBOUND(dfut_sim_device_note_breach, "models are written in C")

/* Buses and transports of one's own */

UNBOUND(dfut_action_get_length, "buses are written in C")
UNBOUND(dfut_action_is_in, "buses are written in C")
UNBOUND(dfut_request_get_action, "buses are written in C")
UNBOUND(dfut_request_get_buffer, "buses are written in C")
UNBOUND(dfut_request_complete, "buses are written in C")
UNBOUND(dfut_context_add_bus, "buses are written in C")
UNBOUND(dfut_bus_report, "buses are written in C")
UNBOUND(dfut_bus_changed, "buses are written in C")
UNBOUND(dfut_bus_wake, "buses are written in C")
UNBOUND(dfut_bus_get_time_us, "buses are written in C")
UNBOUND(dfut_bus_set_error, "buses are written in C")
UNBOUND(dfut_bus_set_hint_line, "buses are written in C")
UNBOUND(dfut_bus_watch, "buses are written in C")
UNBOUND(dfut_bus_unwatch, "buses are written in C")
UNBOUND(dfut_bus_log, "buses are written in C")
UNBOUND(dfut_bus_run, "buses are written in C")
UNBOUND(dfut_bus_new_behind, "buses are written in C")
UNBOUND(dfut_bus_free_behind, "buses are written in C")
UNBOUND(dfut_request_new, "buses are written in C")
UNBOUND(dfut_request_free, "buses are written in C")
UNBOUND(dfut_system_bus_new, "buses are written in C")
UNBOUND(dfut_strand_new, "buses are written in C")
UNBOUND(dfut_strand_free, "buses are written in C")
UNBOUND(dfut_context_set_clock, "clocks are written in C")
