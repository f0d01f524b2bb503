#!/bin/sh
# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: 2026 The libdfutrigger authors

# Tries the two commands of the README as a newcomer would: in a fresh Debian 12 with nothing installed, as root, with
# what is committed. Of this machine it has the kernel and the way to the network.
#
# sh tests/fresh-machine.sh FOLDER [STAGE...]
#   FOLDER   where the machine is made; a machine that is there already is not taken
#   STAGE    of tests/run.sh; what it runs without arguments if none is given
#
# DEBIAN_MIRROR (http://deb.debian.org/debian) is where its packages come from.

set -eu
umask 022

path=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin

# clean COMMAND...: with no variable of this machine but those that lead to the network.
clean() {
	env -i PATH="$path" HOME=/root ${http_proxy:+"http_proxy=$http_proxy"} ${https_proxy:+"https_proxy=$https_proxy"} \
		${no_proxy:+"no_proxy=$no_proxy"} "$@"
}

make_machine() {
	mirror=${DEBIAN_MIRROR:-http://deb.debian.org/debian}
	clean debootstrap --variant=minbase bookworm "$folder" "$mirror" >"$folder.log" || {
		tail "$folder.log" >&2
		return 1
	}
	cat >"$folder/etc/apt/sources.list" <<-END
		deb $mirror bookworm main
		deb $mirror bookworm-updates main
		deb $mirror-security bookworm-security main
	END
	apt-config dump | grep -E '^Acquire::(https?|Check-)' >"$folder/etc/apt/apt.conf.d/90-network" || true
	# It is thrown away: what is written need not reach the disk at once.
	echo force-unsafe-io >"$folder/etc/dpkg/dpkg.cfg.d/unsafe-io"
	for file in /etc/resolv.conf /etc/hosts; do
		cp -L "$file" "$folder$file"
	done
	git clone --quiet "$source" "$folder/src"
}

# make_device NAME MAJOR MINOR
make_device() {
	mknod -m 666 "$folder/dev/$1" c "$2" "$3"
}

# The second half of the script, in namespaces of its own: when it ends, however that is, so do its mounts and processes.
enter_machine() {
	if [ $$ -ne 1 ]; then
		echo "$0: --enter is for the script itself" >&2
		exit 2
	fi
	mount -t proc proc "$folder/proc"
	mount -t sysfs -o ro sysfs "$folder/sys"
	mount -t tmpfs -o mode=755 dev "$folder/dev"
	make_device null 1 3
	make_device zero 1 5
	make_device full 1 7
	make_device random 1 8
	make_device urandom 1 9
	make_device tty 5 0
	ln -s /proc/self/fd "$folder/dev/fd"
	ln -s fd/0 "$folder/dev/stdin"
	ln -s fd/1 "$folder/dev/stdout"
	ln -s fd/2 "$folder/dev/stderr"
	mkdir "$folder/dev/pts" "$folder/dev/shm"
	mount -t devpts -o newinstance,ptmxmode=666 devpts "$folder/dev/pts"
	ln -s pts/ptmx "$folder/dev/ptmx"
	mount -t tmpfs -o mode=1777 shm "$folder/dev/shm"

	# shellcheck disable=SC2016 # the shell inside expands it
	clean chroot "$folder" sh -c 'cd /src && sh examples/quickstart.sh && WHOLE=yes sh tests/run.sh "$@"' \
		fresh-machine "$@"
}

source=$(cd "$(dirname "$0")/.." && pwd)
if [ "$1" = --enter ]; then
	folder=$2
	shift 2
	enter_machine "$@"
	exit
fi

if [ "$(id -u)" -ne 0 ]; then
	echo "$0: only root can make a machine" >&2
	exit 2
fi
if [ -e "$1" ]; then
	echo "$0: $1 is there already" >&2
	exit 2
fi
mkdir -p "$1"
folder=$(cd "$1" && pwd)
shift
make_machine
exec unshare --mount --pid --ipc --fork --kill-child sh "$source/tests/fresh-machine.sh" --enter "$folder" "$@"
