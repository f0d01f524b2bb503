#!/bin/sh
# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: 2026 The libdfutrigger authors

# The thread sanitizer reports a race of the program, and fails it: seen.sh PROGRAM

set -eu

if said=$("$1" 2>&1); then
	echo "$1: not a failure" >&2
	exit 1
fi
case $said in
*"WARNING: ThreadSanitizer: data race"*) ;;
*)
	echo "$1: another failure: $said" >&2
	exit 1
	;;
esac
