#!/bin/sh
# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: 2026 The libdfutrigger authors

# Debian packages of what is committed: built in a fresh machine, read by lintian, and tried in another one, as root.
#
# sh tests/packages/debian.sh FOLDER
#   FOLDER   made anew; the packages, lintian.txt and the log of the build stay there
#
# The tests of the library are for others to run; of the packages there are those in packaging/debian/tests.

set -eu

source=$(cd "$(dirname "$0")/../.." && pwd)
rm -rf --one-file-system "$1"
mkdir -p "$1"
folder=$(cd "$1" && pwd)
version=$(sed -n "s/^ *version: '\(.*\)',$/\1/p" "$source/meson.build" | head -1)
name=libdfutrigger-$version

say() {
	printf '\n# %s\n' "$*"
}

# As a packager does: the release, and the folder debian/ in it
unpack() {
	git -C "$source" archive --prefix="$name/" HEAD | xz -1 >"$folder/libdfutrigger_$version.orig.tar.xz"
	tar -xf "$folder/libdfutrigger_$version.orig.tar.xz" -C "$folder"
	cp -r "$folder/$name/packaging/debian" "$folder/$name/debian"
}

# In a fresh machine: it has what control names, and nothing else.
build() {
	sh "$source/tests/machine.sh" make "$folder/builder"
	mkdir "$folder/builder/opt/build"
	mv "$folder/$name" "$folder"/libdfutrigger_* "$folder/builder/opt/build"
	# shellcheck disable=SC2016 # the shell inside expands it
	sh "$source/tests/machine.sh" enter "$folder/builder" sh -euc '
		export DEBIAN_FRONTEND=noninteractive DEB_BUILD_OPTIONS="nocheck parallel=$(nproc)" DEB_BUILD_PROFILES=nocheck
		cd "/opt/build/$1"
		apt-get update --quiet=2
		apt-get install --quiet=2 --yes --no-install-recommends build-essential
		apt-get build-dep --quiet=2 --yes --no-install-recommends .
		dpkg-buildpackage --unsigned-source --unsigned-changes
	' sh "$name" >"$folder/build.log" 2>&1 || {
		tail -50 "$folder/build.log" >&2
		return 1
	}
	mv "$folder/builder/opt/build"/* "$folder"
	rm -rf --one-file-system "$folder/builder"
	cd "$folder"
	ls -l ./*.deb
}

# What is no error stays to be read.
read_by_lintian() {
	status=0
	lintian --allow-root --fail-on error --display-info "$folder"/*.changes >"$folder/lintian.txt" 2>&1 || status=$?
	cat "$folder/lintian.txt"
	return "$status"
}

# Each test may change the machine, which is thrown away. It begins the file anew that its output goes to.
try_in_machine() {
	status=0
	sh "$source/tests/machine.sh" make "$folder/machine"
	sh "$source/tests/machine.sh" around "$folder/machine" \
		autopkgtest --apt-upgrade --ignore-restrictions=breaks-testbed "$folder"/*.deb "$folder/$name/" \
		-- chroot "$folder/machine" >"$folder/autopkgtest.log" 2>&1 || status=$?
	cat "$folder/autopkgtest.log"
	rm -rf --one-file-system "$folder/machine"
	return "$status"
}

sh "$source/tests/install-packages.sh" autopkgtest debootstrap dpkg-dev lintian xz-utils
say "Debian packages of $version"
unpack
build
say 'lintian'
read_by_lintian
say 'tests of the packages, in a fresh machine'
try_in_machine
