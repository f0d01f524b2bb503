#!/bin/sh
# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: 2026 The libdfutrigger authors

# The source archive of what is committed passes its own tests: it is whole, and needs no git.
#
# sh tests/packages/dist.sh FOLDER [STAGE...]
#   FOLDER   made anew; the archive and its wrap file stay there
#   STAGE    of tests/run.sh; style and unit if none is given

set -eu

source=$(cd "$(dirname "$0")/../.." && pwd)
rm -rf --one-file-system "$1"
mkdir -p "$1/tree"
folder=$(cd "$1" && pwd)
shift
[ $# -gt 0 ] || set -- style unit

meson setup "$folder/build" "$source" -Dtests=disabled -Dpython=disabled >"$folder/build.log"
meson dist -C "$folder/build" --no-tests --allow-dirty --formats xztar
archive=$(find "$folder/build/meson-dist" -name '*.tar.xz')
mv "$archive" "$folder"
archive=$folder/${archive##*/}
python3 "$source/packaging/wrap.py" "$archive" >"$folder/libdfutrigger.wrap"
tar -xf "$archive" --strip-components=1 -C "$folder/tree"
sh "$folder/tree/tests/run.sh" "$@"
rm -rf --one-file-system "$folder/tree" "$folder/build"
