#!/bin/sh
# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: 2026 The libdfutrigger authors

# A desktop of 800x600 that nobody sees, for one command: session.sh COMMAND...

set -eu

folder=$(mktemp -d)
server=
trap '[ -z "$server" ] || kill "$server" 2>/dev/null || :; rm -rf "$folder"' EXIT
# Nobody's settings, no graphics driver (whose leaks are not ours), and the accessibility bus.
export XDG_CONFIG_HOME="$folder" XDG_CACHE_HOME="$folder" XDG_RUNTIME_DIR="$folder"
export GDK_BACKEND=x11 GDK_DEBUG=gl-disable GSK_RENDERER=cairo GTK_A11Y=atspi LC_ALL=C.UTF-8
# The server takes a number that nobody has, and says which when it is ready; whoever looks for a free one may not be alone. It does
# not begin anew, deaf meanwhile, when a first client has gone.
mkfifo "$folder/display"
Xvfb -displayfd 3 -noreset -screen 0 800x600x24 -nolisten tcp 3>"$folder/display" 2>"$folder/errors" &
server=$!
read -r display <"$folder/display" || {
	cat "$folder/errors"
	exit 1
}
DISPLAY=:$display dbus-run-session -- "$@"
