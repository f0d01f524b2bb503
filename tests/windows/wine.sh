#!/bin/sh
# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: 2026 The libdfutrigger authors

# Runs a program for Windows, with a Windows of the project's own in build/: sh tests/windows/wine.sh PROGRAM [ARGUMENT...]
# What makes a start slow stays for ten minutes after the last program.

set -eu

root=$(cd "$(dirname "$0")/../.." && pwd)
export WINEPREFIX="${WINEPREFIX:-$root/build/wine}" WINEDEBUG="${WINEDEBUG:--all}"
# What Debian's package lacks is not asked for in a window.
export WINEDLLOVERRIDES="mscoree,mshtml=;winemenubuilder.exe=d"
unset DISPLAY
# Where programs of the build find its DLLs
export WINEPATH="${DFUTRIGGER_WINDOWS:-$root/build/windows}/lib;${DFUTRIGGER_WINDOWS:-$root/build/windows}/lib/sim"
wine=$(command -v wine64 || echo /usr/lib/wine/wine64)
server=$(dirname "$(realpath "$wine")")/wineserver64

# The server fails at once where one is there. What begins beside it stays, too, and must not hold on to what the output of
# the first program is read through.
start() {
	if "$server" -p600 || [ ! -f "$WINEPREFIX/made" ]; then
		"$wine" wineboot --init
		touch "$WINEPREFIX/made"
	fi
}

# One at a time
mkdir -p "$WINEPREFIX"
(
	flock 9
	start </dev/null >"$WINEPREFIX/start.log" 2>&1 9>&-
) 9>"$WINEPREFIX/lock"
exec "$wine" "$@"
