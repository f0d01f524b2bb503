#!/bin/sh
# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: 2026 The libdfutrigger authors

# A desktop of 800x600 that nobody sees, for one command: session.sh COMMAND...

set -eu

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
# Nobody's settings, no graphics driver (whose leaks are not ours), and the accessibility bus.
export XDG_CONFIG_HOME="$folder" XDG_CACHE_HOME="$folder" XDG_RUNTIME_DIR="$folder"
export GDK_BACKEND=x11 GDK_DEBUG=gl-disable GSK_RENDERER=cairo GTK_A11Y=atspi LC_ALL=C.UTF-8
dbus-run-session -- xvfb-run --auto-servernum --server-args="-screen 0 800x600x24" "$@"
