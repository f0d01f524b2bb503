#!/bin/sh
# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: 2026 The libdfutrigger authors

# Does what README.md, docs/add-a-device.md and docs/json.md say, in a fresh Debian 12 that has nothing but what they say to
# install, as root, with what is committed. Of this machine it has the kernel and the way to the network.
#
# sh tests/documents-machine.sh FOLDER
#   FOLDER   where the machine is made (tests/machine.sh); a machine that is there already is not taken

set -eu
umask 022

source=$(cd "$(dirname "$0")/.." && pwd)
if [ "${1:-}" != --inside ]; then
	sh "$source/tests/machine.sh" make "$1"
	git clone --quiet "$source" "$1/src"
	exec sh "$source/tests/machine.sh" enter "$1" sh /src/tests/documents-machine.sh --inside
fi

# follow DOCUMENT PATTERN: the indented lines between a line that the pattern fits and the next heading
follow() {
	sed -n "/$2/,/^## /s/^    //p" "$1" >/tmp/commands
	[ -s /tmp/commands ]
	sh -eux /tmp/commands </dev/null
}

cd "$source"
apt-get update --quiet=2
follow README.md '^## Build it$'
# What else they say to install; the rest of their commands is in the test that each push has.
grep -h '^    apt install' docs/add-a-device.md docs/json.md | sed 's/^    //' >/tmp/commands
sh -eux /tmp/commands </dev/null
python3 tests/cli/documents.py "$(command -v dfutrigger)" "$source"
