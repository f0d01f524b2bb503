#!/bin/sh
# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: 2026 The libdfutrigger authors

# Installs those of the given Debian packages that are missing.

set -eu

is_installed() {
	[ "$(dpkg-query --show --showformat='${db:Status-Status}' "$1" 2>/dev/null)" = installed ]
}

as_root() {
	if [ "$(id -u)" -eq 0 ]; then
		env DEBIAN_FRONTEND=noninteractive "$@"
	else
		sudo env DEBIAN_FRONTEND=noninteractive "$@"
	fi
}

if ! command -v apt-get >/dev/null; then
	echo "no apt-get here: please install by hand: $*" >&2
	exit 0
fi

missing=
for package; do
	is_installed "$package" || missing="$missing $package"
done
if [ -n "$missing" ]; then
	echo "installing:$missing"
	as_root apt-get update --quiet=2
	# Another apt may be at work, such as that of automatic upgrades.
	# shellcheck disable=SC2086 # a list of words
	as_root apt-get install --option DPkg::Lock::Timeout=600 --quiet=2 --yes --no-install-recommends $missing >/dev/null
fi
