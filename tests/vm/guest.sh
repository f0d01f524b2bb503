#!/bin/sh
# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: 2026 The libdfutrigger authors

# Runs in the machine, on its root: starts what a USB stack needs, runs the job, tells its exit status.

export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LANG=C.UTF-8

find_port() {
	for folder in /sys/class/virtio-ports/*; do
		[ "$(cat "$folder/name")" != "$1" ] || echo "/dev/${folder##*/}"
	done
}

mkdir -p /dev/pts /dev/shm
mount -t devpts devpts /dev/pts
mount -t tmpfs shm /dev/shm
mount -t debugfs debugfs /sys/kernel/debug
hostname localhost
busybox ifconfig lo 127.0.0.1 up

modprobe -a vhci-hcd usbmon hid usbhid hid-generic cdc-acm udc-core dummy_hcd libcomposite
mount -t configfs configfs /sys/kernel/config 2>/dev/null
# Programs that are here as judges bring rules of their own, which would stand in for ours.
mkdir -p /etc/udev/rules.d
ln -sf /dev/null /etc/udev/rules.d/49-teensy.rules
ln -sf /dev/null /etc/udev/rules.d/60-avrdude.rules
/usr/lib/systemd/systemd-udevd --daemon

# A port can be opened only once, and the job may open its output again.
mkfifo /run/vm/out /run/vm/err
cat /run/vm/out >"$(find_port stdout)" &
out=$!
cat /run/vm/err >"$(find_port stderr)" &
err=$!
setsid sh /run/vm/command >/run/vm/out 2>/run/vm/err </dev/null
status=$?
# Who still holds them will not write for ever.
timeout 5 tail --pid="$out" -f /dev/null
timeout 5 tail --pid="$err" -f /dev/null
echo "$status" >"$(find_port control)"
sleep 60
