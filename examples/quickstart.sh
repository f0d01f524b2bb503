#!/bin/sh
# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: 2026 The libdfutrigger authors

# From nothing to a device with new firmware, on Debian 12: installs what is missing, builds, updates virtual
# devices, and looks for real ones. The last line is the verdict.
#
# sh examples/quickstart.sh [--installed]
#   --installed   the dfutrigger that is installed is used, in the folder where one is

set -eu

root=$(cd "$(dirname "$0")/.." && pwd)
build=$root/build/quickstart
demo=$build/demo
firmware=/usr/share/hackrf/hackrf_one_usb
step='preparation'
trap '[ $? -eq 0 ] || echo "quickstart: failed: $step"' EXIT

say() {
	step=$*
	printf '\n# %s\n' "$*"
}

# Shows a command, then runs it.
run() {
	printf '\n$ %s\n' "$*"
	step=$*
	"$@"
}

build() {
	say 'Install what is missing'
	sh "$root/tests/install-packages.sh" gcc libc6-dev meson ninja-build pkg-config python3 \
		libhidapi-dev libjansson-dev libmbedtls-dev libserialport-dev libudev-dev libusb-1.0-0-dev zlib1g-dev \
		hackrf-firmware

	say 'Build'
	if [ ! -f "$build/build.ninja" ]; then
		meson setup "$build" "$root" -Dusb=enabled -Dsim=enabled -Dcli=enabled -Dtests=disabled
	fi
	meson compile -C "$build"
	PATH=$build/examples/cli:$PATH

	rm -rf "$demo"
	mkdir "$demo"
	cd "$demo"
}

[ "${1:-}" = --installed ] || build
board=zephyr:stack=legacy,state=board.bin
keyboard=nrf52840-keyboard:state=keyboard.bin

say 'Two virtual devices. The files keep what they know between commands'
run dfutrigger --sim "$keyboard" --sim "$board" list

say 'The keyboard leaves its application and comes back as its bootloader'
run dfutrigger --sim "$keyboard" trigger
run dfutrigger --sim "$keyboard" list

say 'A real firmware file: that of an SDR, with a DFU suffix'
run dfutrigger info "$firmware.dfu"

say 'Firmware as the board wants it: an MCUboot image'
run dfutrigger pack --mcuboot 2.0.0 "$firmware.bin" image.bin

say 'Update: trigger, follow, download, verify'
run dfutrigger --sim "$board" -a 1 update image.bin

say 'Read it back and compare'
run dfutrigger --sim "$board" -a 1 upload uploaded.bin
run cmp -n "$(wc -c <image.bin)" image.bin uploaded.bin
echo 'the same bytes'

say 'Real devices'
status=0
run dfutrigger list || status=$?
case $status in
0) ;;
20) echo 'This machine has no USB, which is no failure here.' ;;
*) exit "$status" ;;
esac

printf '\nquickstart: everything worked\n'
