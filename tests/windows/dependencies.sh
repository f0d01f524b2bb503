#!/bin/sh
# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: 2026 The libdfutrigger authors

# Cross-compiles what libdfutrigger and its tests need on Windows, from Debian's sources, as static libraries:
# sh tests/windows/dependencies.sh FOLDER
# They are in FOLDER/installed. The next run with the same sources and the same script does nothing.

set -eu

script=$(realpath "$0")
mkdir -p "$1"
folder=$(cd "$1" && pwd)
prefix=$folder/installed
host=x86_64-w64-mingw32
mirror=${DEBIAN_MIRROR:-http://deb.debian.org/debian}
# Of Debian 13 what mirrors do not have of Debian 12 any more
packages="libusb-1.0/bookworm hidapi/bookworm mbedtls/bookworm jansson/bookworm protobuf-c/bookworm openssl/bookworm
	libserialport/trixie libcbor/trixie"

# Sources are seldom enabled on a machine, so that apt gets lists of its own.
own_apt_get() {
	apt-get -qq -o Dir::Etc::sourcelist="$folder/sources.list" -o Dir::Etc::sourceparts=- -o Dir::State::lists="$folder/lists" \
		-o Dir::Cache="$folder/cache" -o APT::Sandbox::User=root "$@"
}

fetch() {
	rm -rf "$folder/archives"
	mkdir -p "$folder/lists/partial" "$folder/cache/archives/partial" "$folder/archives"
	for suite in bookworm trixie; do
		echo "deb-src [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] $mirror $suite main"
	done >"$folder/sources.list"
	own_apt_get update
	# shellcheck disable=SC2086 # a list of words
	(cd "$folder/archives" && own_apt_get source --tar-only $packages)
}

get_checksum() {
	cat "$script" "$folder"/archives/*.tar.* | sha256sum
}

unpack() {
	rm -rf "$folder/sources" "$prefix"
	mkdir -p "$folder/sources" "$prefix"
	for archive in "$folder"/archives/*.tar.*; do
		case $archive in
		*.asc) ;;
		*)
			source=$folder/sources/$(basename "${archive%%_*}")
			mkdir "$source"
			tar -xf "$archive" -C "$source" --strip-components=1
			;;
		esac
	done
}

# In the source's folder. Those of autotools look for tools of their own if a file is newer than what was made of it.
build_autotools() {
	./configure --quiet --host=$host --prefix="$prefix" --disable-shared --enable-static "$@" &&
		make -s -j2 AUTOCONF=: AUTOHEADER=: AUTOMAKE=: ACLOCAL=: && make -s install AUTOCONF=: AUTOHEADER=: AUTOMAKE=: ACLOCAL=:
}

build_cmake() {
	cmake -S . -B build -Wno-dev -DCMAKE_SYSTEM_NAME=Windows -DCMAKE_C_COMPILER=$host-gcc-posix -DCMAKE_RC_COMPILER=$host-windres \
		-DCMAKE_INSTALL_PREFIX="$prefix" -DCMAKE_INSTALL_LIBDIR=lib -DCMAKE_BUILD_TYPE=Release -DBUILD_SHARED_LIBS=OFF "$@" &&
		cmake --build build -j2 && cmake --install build
}

# put_pc NAME VERSION DESCRIPTION LIBRARIES: for pkg-config
put_pc() {
	cat >"$prefix/lib/pkgconfig/$1.pc" <<-END
		Name: $1
		Description: $3
		Version: $2
		Cflags: -I$prefix/include
		Libs: -L$prefix/lib $4
	END
}

# Version 2.28 has no file for pkg-config.
build_mbedtls() {
	build_cmake -DENABLE_PROGRAMS=OFF -DENABLE_TESTING=OFF -DMBEDTLS_FATAL_WARNINGS=OFF &&
		put_pc mbedcrypto "$(sed -n 's/^#define MBEDTLS_VERSION_STRING *"\(.*\)"/\1/p' include/mbedtls/version.h)" \
			"cryptography of Mbed TLS" "-lmbedcrypto -lbcrypt -ladvapi32"
}

# Only what hashes and signs: tests judge by it. Its own file for pkg-config is made behind libssl and the program.
build_openssl() {
	CC=gcc-posix ./Configure mingw64 --cross-compile-prefix=$host- --prefix="$prefix" --libdir=lib no-shared no-tests no-engine \
		no-legacy no-ssl no-cms no-ct no-ts no-cmp no-srp no-ocsp &&
		make -s -j2 build_generated && make -s -j2 libcrypto.a && cp libcrypto.a "$prefix/lib" &&
		cp -R include/openssl "$prefix/include" &&
		put_pc libcrypto "$(sed -n 's/^# *define OPENSSL_VERSION_STR *"\(.*\)"/\1/p' include/openssl/opensslv.h)" \
			"cryptography of OpenSSL" "-lcrypto -lws2_32 -lgdi32 -lcrypt32"
}

build() {
	case $1 in
	hidapi) build_cmake -DHIDAPI_BUILD_HIDTEST=OFF ;;
	jansson) build_cmake -DJANSSON_BUILD_DOCS=OFF -DJANSSON_WITHOUT_TESTS=ON -DJANSSON_EXAMPLES=OFF ;;
	# It asks for C++, and has none.
	libcbor) build_cmake -DWITH_EXAMPLES=OFF -DCMAKE_CXX_COMPILER=$host-gcc-posix -DCMAKE_CXX_COMPILER_WORKS=ON ;;
	mbedtls) build_mbedtls ;;
	openssl) build_openssl ;;
	# The compiler of .proto files is that of the machine which compiles.
	protobuf-c) build_autotools --disable-protoc ;;
	*) build_autotools ;;
	esac
}

if [ -f "$folder/built" ] && [ "$(get_checksum)" = "$(cat "$folder/built")" ]; then
	exit 0
fi
rm -f "$folder/built"
export CC="$host-gcc-posix" CFLAGS="-O2 -g0"
fetch
unpack
for source in "$folder"/sources/*; do
	name=$(basename "$source")
	began=$(date +%s)
	(cd "$source" && build "$name") >"$folder/$name.log" 2>&1 || {
		tail -n 40 "$folder/$name.log" >&2
		echo "$0: $name can't be built, see $folder/$name.log" >&2
		exit 1
	}
	echo "$name: $(($(date +%s) - began)) s"
done
get_checksum >"$folder/built"
