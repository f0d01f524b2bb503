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

# One at a time makes it.
if [ ! -f "$WINEPREFIX/made" ]; then
	mkdir -p "$WINEPREFIX"
	(
		flock 9
		[ -f "$WINEPREFIX/made" ] || "$wine" wineboot --init >"$WINEPREFIX/made.log" 2>&1 </dev/null
		touch "$WINEPREFIX/made"
	) 9>"$WINEPREFIX/lock"
fi
# Fails at once where one is there.
"$(dirname "$(realpath "$wine")")/wineserver64" -p600 2>/dev/null || true
exec "$wine" "$@"
