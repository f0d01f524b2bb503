/* SPDX-License-Identifier: MIT */
/* SPDX-FileCopyrightText: 2026 The libdfutrigger authors */

/* How errors of the library are told. */

#include "exit-code.h"
#include "hint.h"
#include "program.h"

static void handle_log(enum dfut_log_level level, const char *text, void *user_data)
{
	static const char *const names[] = { "error", "warning", "info", "debug" };

	words_complain(user_data, "%s: %s", names[level], text);
}

int program_open_bus(struct program *program)
{
	unsigned int verbosity = program->options.verbosity;
	int code = bus_open(&program->bus);

	if (code == 0 && verbosity > 1)
		dfut_context_set_log_handler(program->bus.context, verbosity > 2 ? DFUT_LOG_DEBUG : DFUT_LOG_INFO,
					     handle_log, &program->words);
	return code;
}

static int fail(struct program *program, int code, const char *text, const char *hint, unsigned int check)
{
	words_complain(&program->words, "%s", text && text[0] ? text : dfut_error_get_text(code));
	if (hint && hint[0])
		hint_complain(&program->words, hint);
	if (check)
		words_complain(&program->words, "--force %s does it all the same", dfut_check_get_name(check));
	return exit_code_get(code);
}

int program_fail(struct program *program, int code)
{
	const struct dfut_context *context = program->bus.context;

	if (!context)
		return fail(program, code, NULL, NULL, 0);
	return fail(program, code, dfut_context_get_error(context), dfut_context_get_hint(context),
		    dfut_context_get_failed_check(context));
}

int program_fail_session(struct program *program, const struct dfut_session *session, int code)
{
	if (!session)
		return program_fail(program, code);
	return fail(program, code, dfut_session_get_message(session), dfut_session_get_hint(session),
		    dfut_session_get_failed_check(session));
}

int program_fail_text(struct program *program, int code, const char *text, const char *hint)
{
	return fail(program, code, text, hint, 0);
}
