#!/bin/sh
# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: 2026 The libdfutrigger authors

# What `npm pack` makes works after `npm install` in an empty folder, without a network, with a library that is installed:
# package.sh ROOT BUILD FOLDER. FOLDER is made anew.

set -eu

root=$1
build=$2
folder=$3

rm -rf "$folder"
mkdir -p "$folder/source/bindings" "$folder/project"
cp -R "$root/include" "$root/LICENSE" "$folder/source"
cp -R "$root/bindings/node" "$root"/bindings/*.i "$folder/source/bindings"

# Where Meson was told to install is not ours to write to; pkg-config's files are told where they are instead.
DESTDIR=$folder/installed meson install -C "$build" --no-rebuild --quiet
prefix=$(find "$folder/installed" -name libdfutrigger.pc -printf '%h\n')
export PKG_CONFIG_PATH="$prefix" PKG_CONFIG_SYSROOT_DIR="$folder/installed" LD_LIBRARY_PATH="${prefix%/pkgconfig}"
export npm_config_cache="$folder/cache" npm_config_offline=true npm_config_audit=false npm_config_fund=false
export npm_config_update_notifier=false
# node-gyp would load headers from the network; Debian's knows where they are, others have to be told.
nodedir=$(node -p 'path.resolve(process.execPath, "../..")')
[ ! -f "$nodedir/include/node/node_api.h" ] || export npm_config_nodedir="$nodedir"

cd "$folder/source/bindings/node"
npm pack --silent --pack-destination "$folder" >/dev/null
cd "$folder/project"
echo '{ "name": "project", "private": true }' >package.json
npm install --loglevel=error --foreground-scripts "$folder"/dfutrigger-*.tgz >"$folder/install.log" 2>&1 || {
	cat "$folder/install.log"
	exit 1
}
cat >test.js <<'END'
const assert = require('node:assert');
const { DfutError, VirtualBus, Image, version } = require('dfutrigger');

assert.strictEqual(require('dfutrigger/package.json').version, version);
(async () => {
	const bus = new VirtualBus();
	bus.plug('zephyr');
	const image = Image.from(Buffer.alloc(4096, 1));
	image.wrapMcuboot('1.0.0');
	const device = await bus.context.find();
	await assert.rejects(device.update(image, { alternate: 'nope' }), DfutError);
	const { message, verified } = await (await bus.context.find()).update(image, { alternate: 1 });
	assert.strictEqual(verified, 'yes', message);
	bus.close();
})();
END
node test.js
# As a module of ECMAScript it has the same names.
node --input-type=module --eval 'import { Context, version } from "dfutrigger"; if (!version || !Context) process.exit(1)'
if grep warning: "$folder/install.log"; then
	exit 1
fi
