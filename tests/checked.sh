#!/bin/sh
# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: 2026 The libdfutrigger authors

# Runs a test program: checked.sh PROGRAM ARGUMENT... A report of a sanitizer or of valgrind fails it.
# (Criterion calls a test passed before its process ends; what is found at the end, as a leak, it does not see.)

set -eu

here=$(cd "$(dirname "$0")" && pwd)
logs=$(mktemp -d)
status=0
trap 'rm -rf "$logs"' EXIT

if [ "${DFUTRIGGER_TEST_VALGRIND:-}" ]; then
	set -- "$DFUTRIGGER_TEST_VALGRIND" --quiet --trace-children=yes --leak-check=full \
		--show-leak-kinds=definite,indirect --errors-for-leak-kinds=definite,indirect \
		--suppressions="$here/valgrind.supp" --log-file="$logs/%p" "$@"
else
	export ASAN_OPTIONS="detect_leaks=1:detect_stack_use_after_return=1:log_path=$logs/asan"
	# Only for the program: what is loaded in front of it comes before the sanitizer, too
	if [ "${DFUTRIGGER_TEST_PRELOAD:-}" ]; then
		ASAN_OPTIONS="$ASAN_OPTIONS:verify_asan_link_order=0"
		set -- env LD_PRELOAD="$DFUTRIGGER_TEST_PRELOAD" "$@"
	fi
	export LSAN_OPTIONS="print_suppressions=0:suppressions=$here/lsan.supp"
	export UBSAN_OPTIONS="halt_on_error=1:print_stacktrace=1:log_path=$logs/ubsan"
fi

"$@" || status=$?
for log in "$logs"/*; do
	if [ -s "$log" ]; then
		cat "$log" >&2
		status=1
	fi
done
exit "$status"
