#!/bin/sh
# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: 2026 The libdfutrigger authors

# Runs a test program: checked.sh PROGRAM ARGUMENT... A report of a sanitizer or of valgrind fails it.
# (Criterion calls a test passed before its process ends; what is found at the end, as a leak, it does not see.)
#
# Criterion forks for each test while a thread of its own runs. If that one is just allocating, the sanitizer's lock stays
# locked in the child, which waits for ever before it has become a test. Such a program is run once more, and that is told.

set -eu

here=$(cd "$(dirname "$0")" && pwd)
folder=$(mktemp -d)
logs=$folder/logs
status=0
trap 'rm -rf "$folder"' EXIT
mkdir "$logs"

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

# A child that sleeps, has used no time, and is still the program that it was forked from: a test's process has another name.
find_stuck_child() {
	children=$(cat "/proc/$1/task/$1/children")
	for child in $children; do
		if cmp -s "/proc/$1/comm" "/proc/$child/comm" && grep -q futex "/proc/$child/wchan"; then
			echo "$child"
		fi
	done
}

# Two looks, so that none is taken for stuck that is just on its way.
watch_children() {
	before=none
	while sleep 10; do
		now=$(find_stuck_child "$1")
		if [ "$now" ] && [ "$now" = "$before" ]; then
			: >"$folder/stuck"
			# shellcheck disable=SC2086 # may be several
			kill -KILL "$1" $now
			return
		fi
		before=$now
	done
}

run() {
	rm -f "$folder/stuck"
	"$@" >"$folder/output" &
	program=$!
	watcher=
	# valgrind gives both the same name, and has no such lock.
	if [ -z "${DFUTRIGGER_TEST_VALGRIND:-}" ]; then
		watch_children "$program" >/dev/null 2>&1 &
		watcher=$!
	fi
	wait "$program" || status=$?
	[ -z "$watcher" ] || kill "$watcher" 2>/dev/null || true
}

run "$@"
if [ -e "$folder/stuck" ]; then
	echo "$*: Criterion's child was stuck before its test began; once more" >&2
	status=0
	run "$@"
fi
cat "$folder/output"
for log in "$logs"/*; do
	if [ -s "$log" ]; then
		cat "$log" >&2
		status=1
	fi
done
exit "$status"
