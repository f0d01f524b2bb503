#!/bin/sh
# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: 2026 The libdfutrigger authors

# Installs the library and uses it as other projects do: run.sh SOURCE-ROOT USB-FEATURE

set -eu

root=$1
usb=$2
here=$root/tests/install
work=$(mktemp -d)
prefix=$work/prefix
trap 'rm -rf "$work"' EXIT
unset DESTDIR CFLAGS CXXFLAGS LDFLAGS

fail() {
	echo "install: $*" >&2
	exit 1
}

# quietly COMMAND...: shows what it said only if it fails.
quietly() {
	"$@" >"$work/log" 2>&1 || {
		cat "$work/log"
		fail "$*"
	}
}

# expect FILE: was installed.
expect() {
	[ -e "$prefix/$1" ] || fail "$1 was not installed"
}

# A program that lists devices ends well, or says why there is nothing to list.
list_devices() {
	"$@" || fail "$1 ended with $?"
}

# flags OPTION...: of a C or C++ program, one a line.
flags() {
	pkg-config "$@" | tr ' ' '\n'
}

echo '# install'
quietly meson setup "$work/build" "$root" --prefix="$prefix" --libdir=lib -Ddefault_library=both -Dusb="$usb" \
	-Dsim=enabled -Dcli=enabled -Dexamples=disabled -Dtests=disabled
quietly meson install -C "$work/build"
for file in bin/dfutrigger bin/dfutrigger-dfu-util bin/dfutrigger-dfu-suffix bin/dfutrigger-dfu-prefix \
	include/dfutrigger.h include/dfutrigger-sim.h include/dfutrigger-transport.h \
	lib/libdfutrigger.so.0 lib/libdfutrigger-sim.so.0 lib/libdfutrigger.a share/man/man1/dfutrigger.1 share/man/man1/dfutrigger-dfu-util.1 \
	share/bash-completion/completions/dfutrigger share/zsh/site-functions/_dfutrigger \
	share/fish/vendor_completions.d/dfutrigger.fish share/dfutrigger/dfutrigger.schema.json; do
	expect "$file"
done
export PKG_CONFIG_PATH="$prefix/lib/pkgconfig" LD_LIBRARY_PATH="$prefix/lib"
"$prefix/bin/dfutrigger" --version

echo "# in dfu-util's place"
quietly meson configure "$work/build" -Ddfu-util-name=dfu-util
quietly meson install -C "$work/build"
for name in util suffix prefix; do
	"$prefix/bin/dfu-$name" --version | grep -q "dfu-util[)]* 0.11" || fail "dfu-$name does not say whom it stands in for"
done

echo '# hardened'
python3 "$here/hardened.py" "$prefix/bin/dfutrigger" "$prefix/lib/libdfutrigger.so.0" "$prefix/lib/libdfutrigger-sim.so.0" ||
	fail 'not hardened'

echo '# pkg-config: version and features'
pkg-config --modversion libdfutrigger libdfutrigger-sim
[ "$(pkg-config --variable=usb libdfutrigger)" = "$([ "$usb" = enabled ] && echo true || echo false)" ] ||
	fail 'the variable usb does not tell what was built'

# shellcheck disable=SC2046 # flags are words
{
	echo '# a C program'
	cc -std=c11 -Wall -Wextra -Wpedantic -Werror "$here/list.c" -o "$work/list" \
		$(pkg-config --cflags --libs libdfutrigger)
	list_devices "$work/list"

	echo '# a C++ program'
	c++ -std=c++17 -Wall -Wextra -Wpedantic -Werror "$here/list.cpp" -o "$work/list-cpp" \
		$(pkg-config --cflags --libs libdfutrigger)
	list_devices "$work/list-cpp"

	echo '# a program with a virtual device'
	cc -std=c11 -Wall -Wextra -Wpedantic -Werror "$here/sim.c" -o "$work/sim" \
		$(pkg-config --cflags --libs libdfutrigger-sim)
	"$work/sim"

	echo '# a program with the library inside'
	cc -std=c11 "$here/list.c" -o "$work/list-static" $(pkg-config --cflags libdfutrigger) \
		"$prefix/lib/libdfutrigger.a" $(flags --static --libs libdfutrigger | grep -vx -e -ldfutrigger)
	env -u LD_LIBRARY_PATH "$work/list-static" || fail "list-static ended with $?"
}
echo '# a program with all inside but the C library, libudev and libcbor, which are shared only'
mkdir "$work/inside"
flags --static --libs libdfutrigger-sim | sed -n 's/^-l//p' | sort -u | while read -r library; do
	file=$(cc "-print-file-name=lib$library.a")
	case $library in
	dfutrigger* | c | udev | cbor) ;;
	*) [ ! -f "$file" ] || ln -s "$file" "$work/inside" ;;
	esac
done
# shellcheck disable=SC2046 # flags are words
cc -std=c11 "$here/sim.c" -o "$work/sim-inside" $(pkg-config --cflags libdfutrigger-sim) -L"$work/inside" \
	"$prefix/lib/libdfutrigger-sim.a" "$prefix/lib/libdfutrigger.a" \
	$(flags --static --libs libdfutrigger-sim | grep -vx -e -ldfutrigger -e -ldfutrigger-sim)
env -u LD_LIBRARY_PATH "$work/sim-inside" || fail "sim-inside ended with $?"
readelf --dynamic --wide "$work/sim-inside" | sed -n 's/.*(NEEDED).*\[\(.*\)\]/\1/p' | while read -r library; do
	case $library in
	libc.so.* | libudev.so.* | libcbor.so.*) echo "needs $library" ;;
	*) fail "$library is not inside" ;;
	esac
done

for library in -lmbedcrypto -lz; do
	flags --libs libdfutrigger | grep -qx -e "$library" && fail "$library is forced on users of the shared library"
	flags --static --libs libdfutrigger | grep -qx -e "$library" || fail "static linking lacks $library"
done

echo '# static libraries have no names but those of the headers'
for library in libdfutrigger libdfutrigger-sim; do
	nm --extern-only --defined-only "$prefix/lib/$library.a" | sed -n 's/^[0-9a-f]* [A-Z] //p' | sort >"$work/static"
	sed -n 's/^\t*\(dfut_[a-z0-9_]*\);$/\1/p' "$root/lib/dfutrigger.map" "$root/lib/sim/dfutrigger-sim.map" | sort >"$work/exported"
	[ -s "$work/static" ] || fail "$library.a has no names"
	[ -z "$(comm -23 "$work/static" "$work/exported")" ] || {
		comm -23 "$work/static" "$work/exported" | head >&2
		fail "$library.a has other names"
	}
done
# shellcheck disable=SC2046 # flags are words
{
	echo 'int dfu_core_begin(void); int dfu_core_begin(void) { return 0; }' >"$work/own.c"
	cc -std=c11 "$here/sim.c" "$work/own.c" -o "$work/sim-static" $(pkg-config --cflags libdfutrigger-sim) \
		"$prefix/lib/libdfutrigger-sim.a" "$prefix/lib/libdfutrigger.a" \
		$(flags --static --libs libdfutrigger-sim | grep -vx -e -ldfutrigger -e -ldfutrigger-sim)
	env -u LD_LIBRARY_PATH "$work/sim-static" || fail "sim-static ended with $?"
}

echo '# a subproject, out of an archive by a wrap file'
cp -r "$here/subproject" "$work/parent"
cp "$here/list.c" "$work/parent"
mkdir -p "$work/parent/subprojects/packagefiles"
archive=$work/parent/subprojects/packagefiles/libdfutrigger.tar.xz
tar -C "$root" --exclude=./build --exclude=./.git --transform='s,^\.,libdfutrigger-under-test,' -c . | xz -0 >"$archive"
python3 "$root/packaging/wrap.py" "$archive" >"$work/parent/subprojects/libdfutrigger.wrap"
quietly env -u PKG_CONFIG_PATH meson setup "$work/parent/build" "$work/parent" \
	-Dforce_fallback_for=libdfutrigger -Dlibdfutrigger:usb="$usb"
quietly meson compile -C "$work/parent/build"
env -u LD_LIBRARY_PATH "$work/parent/build/list" || fail "list of the parent project ended with $?"
[ "$(meson introspect --tests "$work/parent/build")" = '[]' ] || fail 'tests in a parent project'
[ -d "$work/parent/build/subprojects/libdfutrigger-under-test" ] || fail 'not the archive that the wrap file names'
[ ! -e "$work/parent/build/subprojects/libdfutrigger-under-test/examples/cli/dfutrigger" ] || fail 'command in a parent project'

echo '# all is well'
