#!/bin/sh
# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: 2026 The libdfutrigger authors

# A wheel is built from a fresh copy of the tree without a network, and works in a virtual environment:
# wheel.sh ROOT FOLDER PYTHON. FOLDER is made anew.

set -eu

root=$1
folder=$2
python=$3

rm -rf "$folder"
mkdir -p "$folder/source"
if [ -e "$root/.git" ]; then
	(cd "$root" && git ls-files -z --cached --others --exclude-standard | xargs -0 cp --parents --target-directory="$folder/source")
else
	# What was released has nothing else in it, but perhaps a build.
	(cd "$root" && find . -path ./build -prune -o -type f -print0 | xargs -0 cp --parents --target-directory="$folder/source")
fi
# meson-python makes the list of files from git.
git -C "$folder/source" init --quiet
git -C "$folder/source" add --all
git -C "$folder/source" -c user.name=test -c user.email=test@localhost commit --quiet --message=test

"$python" -m venv --system-site-packages "$folder/venv"
unset PYTHONPATH
"$folder/venv/bin/pip" wheel --quiet --no-build-isolation --no-index --no-deps --wheel-dir "$folder" "$folder/source"
left=$(git -C "$folder/source" status --porcelain --ignored)
[ -z "$left" ] || {
	echo "the build leaves in the tree: $left" >&2
	exit 1
}
"$folder/venv/bin/pip" install --quiet --no-index --no-deps "$folder"/dfutrigger-*.whl

cd "$folder"
# The package is the installed one, and needs no libdfutrigger of the system.
"$folder/venv/bin/python" - "$folder/venv" <<'END'
import sys
import zipfile
import pathlib

import dfutrigger
from dfutrigger import _core

assert dfutrigger.__file__.startswith(sys.argv[1]), dfutrigger.__file__
assert dfutrigger.__version__ == dfutrigger.library_version
needed = pathlib.Path(_core.__file__).read_bytes()
assert b"libdfutrigger.so" not in needed and b"libdfutrigger-sim.so" not in needed
names = zipfile.ZipFile(next(pathlib.Path.cwd().glob("dfutrigger-*.whl"))).namelist()
assert "dfutrigger/py.typed" in names and "dfutrigger/_core.pyi" in names
# meson-python 0.12 takes pkg-config's files along, whatever is asked for; they do no harm.
known = ("dfutrigger/", "dfutrigger-", ".dfutrigger.mesonpy.libs/pkgconfig/")
strangers = [name for name in names if not name.startswith(known)]
assert not strangers, strangers
with dfutrigger.Virtual("zephyr"):
    assert dfutrigger.find().trigger().mode is dfutrigger.Mode.BOOTLOADER
END
DFUTRIGGER_TEST_EXAMPLES=$root/bindings/python/examples "$folder/venv/bin/python" -m pytest -q -p no:cacheprovider \
	"$root/tests/python/test_examples.py"
