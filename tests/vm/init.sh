#!/bin/busybox sh
# shellcheck shell=dash disable=SC2154 # config sets them
# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: 2026 The libdfutrigger authors

# The first process of the machine: makes the host's file system the root, then hands over to guest.sh.
# /job/config says where the checkout is and which modules belong to the kernel.

export PATH=/bin
/bin/busybox --install -s /bin
mkdir -p /dev /host /lower /proc /sys /top
mount -t proc proc /proc
mount -t sysfs sysfs /sys
mount -t devtmpfs dev /dev

for module in /modules/*; do
	insmod "$module"
done

# shellcheck source=/dev/null
. /job/config

options=trans=virtio,version=9p2000.L,msize=512000,access=any
mount -t 9p -o "$options,ro,cache=loose" root /lower
mount -t tmpfs top /top
mkdir /top/upper /top/work
mount -t overlay -o lowerdir=/lower,upperdir=/top/upper,workdir=/top/work overlay /host

mkdir -p "/host/usr/lib/modules/$version"
mount --bind "/host$modules" "/host/usr/lib/modules/$version"
mount -t tmpfs run /host/run
mount -t tmpfs tmp /host/tmp
chmod 1777 /host/tmp
# Last, as the checkout may be in one of these.
mkdir -p "/host$work"
mount -t 9p -o "$options,cache=mmap" work "/host$work"

cp -r /job /host/run/vm

for folder in dev proc sys; do
	mount --move "/$folder" "/host/$folder"
done
exec switch_root /host /bin/sh "$work/tests/vm/guest.sh"
