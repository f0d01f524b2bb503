#!/bin/sh
# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: 2026 The libdfutrigger authors

# The source distribution and the wheel of what is committed: the first passes its tests, the second works in a fresh machine
# that has Python and none of the libraries, as root.
#
# sh tests/packages/wheel.sh FOLDER
#   FOLDER   made anew; both stay there

set -eu

source=$(cd "$(dirname "$0")/../.." && pwd)
rm -rf --one-file-system "$1"
mkdir -p "$1/tree" "$1/sdist"
folder=$(cd "$1" && pwd)
export PYTHONDONTWRITEBYTECODE=1
# Debian's, whichever is first in PATH
python=/usr/bin/python3

sh "$source/tests/install-packages.sh" debootstrap git patchelf libcbor-dev libhidapi-dev libmbedtls-dev \
	libprotobuf-c-dev libserialport-dev libudev-dev libusb-1.0-0-dev meson protobuf-c-compiler python3-dev python3-mesonpy python3-pytest python3-venv swig \
	unzip zlib1g-dev

echo '# source distribution'
git clone --quiet "$source" "$folder/tree"
(cd "$folder/tree" && "$python" -c 'import sys; sys.path.insert(0, "bindings/python"); import builder; builder.build_sdist(sys.argv[1])' "$folder")
tar -xf "$folder"/dfutrigger-*.tar.gz --strip-components=1 -C "$folder/sdist"

echo '# its tests, and a wheel of it'
sh "$folder/sdist/tests/python/wheel.sh" "$folder/sdist" "$folder/plain" "$python"

echo '# the wheel with the libraries'
python3 "$source/packaging/wheel/bundle.py" "$folder"/plain/dfutrigger-*.whl "$folder"
for library in cbor hidapi-hidraw mbedcrypto protobuf-c serialport usb-1.0 z; do
	unzip -l "$folder"/dfutrigger-*.whl | grep -q "dfutrigger.libs/lib$library-" || {
		echo "$0: the wheel was built without $library" >&2
		exit 1
	}
done

echo '# in a fresh machine'
sh "$source/tests/machine.sh" make "$folder/machine"
cp "$folder"/dfutrigger-*.whl "$source/bindings/python/examples/update.py" "$folder/machine/opt"
sh "$source/tests/machine.sh" enter "$folder/machine" sh -euxc '
	apt-get update --quiet=2
	apt-get install --quiet=2 --yes --no-install-recommends python3-venv >/dev/null
	if /sbin/ldconfig -p | grep -E "usb|hidapi|serialport|protobuf-c|cbor|mbedcrypto"; then
		exit 1
	fi
	python3 -m venv /opt/venv
	/opt/venv/bin/pip install --quiet --no-index /opt/dfutrigger-*.whl
	head -c 4096 /dev/zero | tr "\0" "\1" >/opt/firmware.bin
	/opt/venv/bin/python /opt/update.py --sim dfu:start=bootloader /opt/firmware.bin
	/opt/venv/bin/python -m dfutrigger list || [ $? -eq 20 ]
'
rm -rf --one-file-system "$folder/machine" "$folder/tree" "$folder/sdist" "$folder/plain"
