// SPDX-License-Identifier: MIT
// SPDX-FileCopyrightText: 2026 The libdfutrigger authors

'use strict';

// In a program that has Node inside (host.cpp): what is begun from outside Node's loop begins at once.

const assert = require('node:assert');

const { Image, VirtualBus } = require(process.env.DFUTRIGGER_NODE);

// As quick as it can be.
const ZEPHYR = 'zephyr:poll-ms=0,erase-ms=0,detach-ms=20';

const image = Image.from(Buffer.alloc(4096, 1));
image.wrapMcuboot('1.0.0');
const bus = new VirtualBus({ realTime: true });
const seen = [];
const updated = [];
process.on('exit', () => {
  assert.deepStrictEqual([seen.sort(), updated.sort()], [['1-1', '1-1', '1-2', '1-2'], ['1-1', '1-2']]);
});

async function update(path) {
  const device = await bus.context.find({ path });
  const { verified } = await device.update(image, { alternate: 1 });
  assert.strictEqual(verified, 'yes');
  if (updated.push(path) === 2) tasks = null;
}

tasks.push(() => { bus.context.on('arrived', ({ path }) => seen.push(path)); });
for (const path of ['1-1', '1-2']) {
  tasks.push(() => { bus.plug(ZEPHYR); });
  tasks.push(() => { update(path); });
}
