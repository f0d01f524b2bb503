#!/bin/sh
# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: 2026 The libdfutrigger authors

# Runs a command in the machine with programs of a build that counts, and brings out what gcov's files say:
# covered.sh BUILD FOLDER COMMAND...
# They are made in memory, as many processes write to them, and copied to FOLDER at the end.

set -eu

build=$(cd "$1" && pwd)
folder=$2
shift 2

# Each user may write to them.
counts=/run/covered
for notes in "$build"/lib/libdfutrigger.so.*.p/*.gcno; do
	data=$counts/${notes#"$build"/}
	mkdir -p "${data%/*}"
	: >"${data%.gcno}.gcda"
done
chmod -R a+rwX "$counts"

export GCOV_PREFIX="$counts"
GCOV_PREFIX_STRIP=$(echo "$build" | tr -cd / | wc -c)
export GCOV_PREFIX_STRIP
status=0
"$@" || status=$?
rm -rf "$folder"
mkdir -p "$folder"
cp -r "$counts/lib" "$folder"
exit "$status"
