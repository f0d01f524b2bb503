// SPDX-License-Identifier: MIT
// SPDX-FileCopyrightText: 2026 The libdfutrigger authors

'use strict';

// What the tests share: the module of the build folder, firmware, and a virtual board.

const { spawnSync } = require('node:child_process');
const { mkdtempSync, readdirSync, rmSync } = require('node:fs');
const { tmpdir } = require('node:os');
const { join } = require('node:path');

const dfutrigger = require(process.env.DFUTRIGGER_NODE);

/** A signed image for a Zephyr board, of payload bytes that are `fill`. */
function makeImage(fill = 1, size = 4096, version = '1.0.0') {
  const image = dfutrigger.Image.from(Buffer.alloc(size, fill));
  image.wrapMcuboot(version);
  return image;
}

/** A bus with boards, which is closed when the test has ended. */
function makeBus(test, { models = ['zephyr'], ...options } = {}) {
  const bus = new dfutrigger.VirtualBus(options);
  test.after(() => bus.close());
  return { bus, context: bus.context, boards: models.map((model) => bus.plug(model)) };
}

/** An empty folder, for as long as the test. */
function makeFolder(test) {
  const folder = mkdtempSync(join(tmpdir(), 'dfutrigger-'));
  test.after(() => rmSync(folder, { recursive: true }));
  return folder;
}

/** Runs a script with the module in a process of its own. */
function runScript(script, ...options) {
  const head = `const dfutrigger = require(${JSON.stringify(process.env.DFUTRIGGER_NODE)});`;
  return spawnSync(process.execPath, [...options, '-e', head + script], { encoding: 'utf8', timeout: 60000 });
}

/** Collects what nobody has any more. */
async function collect() {
  for (let i = 0; i < 5; i++) {
    global.gc();
    await new Promise(setImmediate);
  }
}

/** The files that this process has open. */
const countFiles = () => readdirSync('/proc/self/fd').length;

module.exports = { collect, countFiles, dfutrigger, makeBus, makeFolder, makeImage, runScript };
