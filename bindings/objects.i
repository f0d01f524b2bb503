/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/*
 * Who owns what. Rows for SWIG and for the C preprocessor alike; a language gives the words in capitals a meaning.
 *
 * OBJECT(NAME, OWNER, RELEASE)	struct dfut_NAME, which RELEASE gives back, and what it keeps alive: `nobody`, its
 *				`context`, or its `maker`, which is the object that it was made from
 * PART(NAME, WHOLE)		struct dfut_NAME, which is never given back: it belongs to its WHOLE, a maker
 * CARRIER(NAME, KIND)		struct dfut_NAME, a plain structure, has a member `KIND`, a struct dfut_KIND or NULL
 * LAST(NAME, DO, TEXT)	done before RELEASE; what it says when it fails can only be a warning there
 * COUNTED(NAME, HOLD)		HOLD takes one more reference, which RELEASE gives back
 * WORDS(NAME, CODE, TEXT, HINT, CHECK)	its errors have words of their own: functions that tell them, and of which
 *				error they are
 * TEXT(NAME, TEXT)		likewise, without hint and check
 *
 * An error is told with the words of the nearest object, from its own to that which owns all, whose words have its code; if
 * there are none, with those of the code. So the words are never those of another error.
 */

OBJECT(context, nobody, dfut_context_free)
OBJECT(device, context, dfut_device_unref)
OBJECT(image, nobody, dfut_image_free)
OBJECT(session, maker, dfut_session_free)
OBJECT(handle, maker, dfut_handle_free)
OBJECT(sim, nobody, dfut_sim_free)
PART(sim_device, sim)

LAST(sim, dfut_sim_save, dfut_sim_get_error)

COUNTED(device, dfut_device_ref)

CARRIER(match, image)

WORDS(context, dfut_context_get_error_code, dfut_context_get_error, dfut_context_get_hint, dfut_context_get_failed_check)
WORDS(image, dfut_image_get_error_code, dfut_image_get_error, dfut_image_get_hint, dfut_image_get_failed_check)
WORDS(session, dfut_session_get_error_code, dfut_session_get_message, dfut_session_get_hint, dfut_session_get_failed_check)
TEXT(sim, dfut_sim_get_error)
