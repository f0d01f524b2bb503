#!/bin/sh
# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: 2026 The libdfutrigger authors

# Takes names that are not exported away from installed static libraries, where "hidden" means nothing to a program that
# has the same: localize.sh OBJCOPY AR LIBDIR NAME... -- COMPILER...

set -eu

objcopy=$1
ar=$2
folder=$MESON_INSTALL_DESTDIR_PREFIX/$3
shift 3
names=
while [ "$1" != -- ]; do
	names="$names $1"
	shift
done
shift

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
for name in $names; do
	"$@" -r -nostdlib -Wl,--whole-archive "$folder/$name.a" -Wl,--no-whole-archive -o "$work/$name.o"
	"$objcopy" --localize-hidden "$work/$name.o"
	"$ar" rcs "$work/$name.a" "$work/$name.o"
	cp "$work/$name.a" "$folder/$name.a"
done
