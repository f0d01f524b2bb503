#!/bin/sh
# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: 2026 The libdfutrigger authors

# Tries the two commands of the README as a newcomer would: in a fresh Debian 12 with nothing installed, as root.
#
# sh tests/fresh-machine.sh FOLDER [STAGE...]
#   FOLDER   where the machine is made; a machine that is there already is not taken
#   STAGE    of tests/run.sh; all if none is given

set -eu

source=$(cd "$(dirname "$0")/.." && pwd)
folder=$1
shift
if [ -e "$folder" ]; then
	echo "$0: $folder is there already" >&2
	exit 2
fi

clean_up() {
	umount "$folder/proc" "$folder/sys" "$folder/dev" 2>/dev/null || true
}
trap clean_up EXIT

debootstrap --variant=minbase bookworm "$folder" >"$folder.log"
# Where this machine gets its packages from, so does that one.
for file in /etc/apt/sources.list /etc/apt/sources.list.d /etc/apt/apt.conf.d /etc/resolv.conf /etc/hosts; do
	[ ! -e "$file" ] || cp -rLT "$file" "$folder$file"
done
git clone --quiet "$source" "$folder/src"
mount -t proc proc "$folder/proc"
mount --bind /sys "$folder/sys"
mount --bind /dev "$folder/dev"

chroot "$folder" env -i PATH="$PATH" HOME=/ DEBIAN_FRONTEND=noninteractive sh -c '
	cd /src && sh examples/quickstart.sh && sh tests/run.sh "$@"' fresh-machine "$@"
