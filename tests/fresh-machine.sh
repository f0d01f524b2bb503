#!/bin/sh
# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: 2026 The libdfutrigger authors

# Tries the two commands of the README as a newcomer would: in a fresh Debian 12 with nothing installed, as root, with
# what is committed. Of this machine it has the kernel and the way to the network.
#
# sh tests/fresh-machine.sh FOLDER [STAGE...]
#   FOLDER   where the machine is made (tests/machine.sh); a machine that is there already is not taken
#   STAGE    of tests/run.sh; what it runs without arguments if none is given

set -eu
umask 022

source=$(cd "$(dirname "$0")/.." && pwd)
folder=$1
shift
sh "$source/tests/machine.sh" make "$folder"
git clone --quiet "$source" "$folder/src"
# shellcheck disable=SC2016 # the shell inside expands it
exec sh "$source/tests/machine.sh" enter "$folder" \
	sh -c 'cd /src && sh examples/quickstart.sh && WHOLE=yes sh tests/run.sh "$@"' fresh-machine "$@"
