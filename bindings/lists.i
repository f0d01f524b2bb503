/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/*
 * What is a list. Rows for SWIG and for the C preprocessor alike; a language gives the words in capitals a meaning.
 *
 * LIST(COUNT, ITEM)		ITEM tells the items with the indexes from 0 to what COUNT tells, exclusive
 * LIST_TO_NULL(ITEM)		ITEM tells the items from index 0 on, and NULL behind the last
 * LIST_OBJECT(NAME, ITEM_NAME, COUNT, ITEM, RELEASE, IS_COMPLETE, MISSING_COUNT, MISSING)	struct dfut_NAME is a list of
 *				struct dfut_ITEM_NAME, which keep the context alive, not the list. IS_COMPLETE tells whether
 *				it is all, MISSING which of them are not, like ITEM
 */

LIST_OBJECT(device_list, device, dfut_device_list_get_count, dfut_device_list_get, dfut_device_list_free, dfut_device_list_is_complete, dfut_device_list_get_unread_count, dfut_device_list_get_unread)

LIST(dfut_device_get_interface_count, dfut_device_get_interface)
LIST(dfut_device_get_interface_count, dfut_device_get_interface_dfu_descriptor)
LIST(dfut_device_get_node_count, dfut_device_get_node)
LIST(dfut_device_get_trigger_count, dfut_device_get_trigger_name)
LIST(dfut_device_get_command_count, dfut_device_get_command_name)
LIST(dfut_device_get_command_count, dfut_device_get_command_text)
LIST_TO_NULL(dfut_device_get_help)
LIST_TO_NULL(dfut_context_get_help)
LIST_TO_NULL(dfut_format_get_name)
LIST_TO_NULL(dfut_family_get_name)
LIST_TO_NULL(dfut_protocol_get_name)
LIST_TO_NULL(dfut_protocol_get_part)

LIST(dfut_image_get_segment_count, dfut_image_get_segment)
LIST(dfut_image_get_segment_count, dfut_image_read_segment)
LIST(dfut_image_get_fact_count, dfut_image_get_fact)

LIST(dfut_session_get_step_count, dfut_session_get_step)
LIST(dfut_session_get_fact_count, dfut_session_get_fact)
LIST_TO_NULL(dfut_session_get_part_choice)

LIST(dfut_sim_get_model_count, dfut_sim_get_model)
LIST(dfut_sim_device_get_record_count, dfut_sim_device_get_record)
