#!/bin/sh
# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: 2026 The libdfutrigger authors

# The npm package of what is committed: made and installed in a fresh machine, beside the Debian packages, it updates two virtual
# boards at once, and does so without what it was compiled with, as root.
#
# sh tests/packages/node.sh FOLDER DEBS
#   FOLDER   made anew; the npm package stays there
#   DEBS     where tests/packages/debian.sh has left its packages

set -eu

source=$(cd "$(dirname "$0")/../.." && pwd)
debs=$(cd "$2" && pwd)
rm -rf --one-file-system "$1"
mkdir -p "$1"
folder=$(cd "$1" && pwd)
machine=$folder/machine

sh "$source/tests/install-packages.sh" debootstrap git
sh "$source/tests/machine.sh" make "$machine"
mkdir "$machine/opt/source" "$machine/opt/debs" "$machine/opt/project"
git -C "$source" archive HEAD | tar -x -C "$machine/opt/source"
cp "$debs"/libdfutrigger0_*.deb "$debs"/libdfutrigger-sim0_*.deb "$debs"/libdfutrigger-dev_*.deb "$machine/opt/debs"

# shellcheck disable=SC2016 # the shell inside expands it
sh "$source/tests/machine.sh" enter "$machine" sh -euxc '
	export DEBIAN_FRONTEND=noninteractive npm_config_offline=true npm_config_audit=false npm_config_update_notifier=false
	apt-get update --quiet=2
	apt-get install --quiet=2 --yes --no-install-recommends nodejs /opt/debs/libdfutrigger0_*.deb \
		/opt/debs/libdfutrigger-sim0_*.deb >/dev/null 2>&1
	apt-get install --quiet=2 --yes --no-install-recommends g++ libnode-dev make npm pkg-config \
		/opt/debs/libdfutrigger-dev_*.deb >/dev/null 2>&1

	cd /opt/source/bindings/node
	npm pack --silent --pack-destination /opt
	cd /opt/project
	npm install --loglevel=error /opt/dfutrigger-*.tgz
	rm -r /opt/source/bindings

	apt-get purge --quiet=2 --yes --auto-remove g++ libdfutrigger-dev libnode-dev make npm pkg-config >/dev/null 2>&1
	if command -v cc g++ npm pkg-config; then
		exit 1
	fi
	node --version
	ls -l node_modules/dfutrigger/build/Release/dfutrigger.node
	export NODE_PATH=/opt/project/node_modules
	node -e "
		const image = require(\"dfutrigger\").Image.from(Buffer.alloc(30000, 1));
		image.wrapMcuboot(\"1.0.0\");
		image.save(\"firmware.bin\");
	"
	node /opt/source/examples/node/update-many.js --sim zephyr --sim zephyr firmware.bin 1 >told.txt
	for path in 1-1 1-2; do
		grep "^$path: 30552 bytes downloaded and verified" told.txt
	done
'
cp "$machine"/opt/dfutrigger-*.tgz "$folder"
ls -l "$folder"/dfutrigger-*.tgz
rm -rf --one-file-system "$machine"
