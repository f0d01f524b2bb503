#!/bin/sh
# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: 2026 The libdfutrigger authors

# A fresh Debian 12 in a folder, with nothing installed, as root. Of this machine it has the kernel and the way to the network.
#
# sh tests/machine.sh make FOLDER               a machine that is there already is not taken
# sh tests/machine.sh enter FOLDER COMMAND...   runs a command inside, in namespaces of its own: when it ends, so do its
#                                               mounts and processes
# sh tests/machine.sh around FOLDER COMMAND...  the same with a command of this machine, which enters by itself
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
}

# make_device NAME MAJOR MINOR
make_device() {
	mknod -m 666 "$folder/dev/$1" c "$2" "$3"
}

# mount_all: the second half of "enter" and "around"
mount_all() {
	if [ $$ -ne 1 ]; then
		echo "$0: $what is for the script itself" >&2
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
}

if [ $# -lt 2 ]; then
	echo "usage: $0 make FOLDER, $0 enter FOLDER COMMAND..., $0 around FOLDER COMMAND..." >&2
	exit 2
fi
if [ "$(id -u)" -ne 0 ]; then
	echo "$0: only root can make a machine" >&2
	exit 2
fi
what=$1
folder=$2
shift 2
case $what in
make)
	if [ -e "$folder" ]; then
		echo "$0: $folder is there already" >&2
		exit 2
	fi
	mkdir -p "$folder"
	folder=$(cd "$folder" && pwd)
	make_machine
	;;
enter | around)
	exec unshare --mount --pid --ipc --fork --kill-child sh "$0" "--$what" "$folder" "$@"
	;;
--enter)
	mount_all
	clean chroot "$folder" "$@"
	;;
--around)
	mount_all
	"$@"
	;;
*)
	echo "$0: no \"$what\"" >&2
	exit 2
	;;
esac
