// SPDX-License-Identifier: MIT
// SPDX-FileCopyrightText: 2026 The libdfutrigger authors

'use strict';

// Nothing is used after it was freed, nothing is kept, and Node lives as long as there is something to do.

const assert = require('node:assert');
const { test } = require('node:test');
const { setTimeout: sleep } = require('node:timers/promises');

const { collect, countFiles, dfutrigger, makeBus, makeImage, runScript } = require('./bench.js');

async function useAndDrop() {
  const bus = new dfutrigger.VirtualBus();
  bus.plug('zephyr');
  bus.context.on('log', () => {});
  const device = await bus.context.find();
  return (await device.trigger({ onProgress: () => {} })).device;
}

test('what is dropped is collected, in any order', async () => {
  await useAndDrop();
  await collect();
  const before = countFiles();
  for (let i = 0; i < 20; i++) await useAndDrop();
  assert.ok(countFiles() > before);
  for (let i = 0; i < 20 && countFiles() > before; i++) await collect();
  assert.strictEqual(countFiles(), before);
});

test('a device keeps its bus', async () => {
  const device = await useAndDrop();
  await collect();
  const { verified } = await device.update(makeImage(), { alternate: 1 });
  assert.strictEqual(verified, 'yes');
  device.context.close();
});

test('collections in handlers free nothing that is in use', async (t) => {
  const { bus, context } = makeBus(t, { realTime: true, models: ['zephyr', 'zephyr'] });
  const image = makeImage();
  context.on('arrived', () => global.gc());
  context.on('log', () => global.gc());
  await Promise.all((await context.devices()).map((device) =>
    device.update(image, { alternate: 1, onProgress: () => global.gc() })));
  bus.plug('leonardo');
  await context.wait({ path: '1-3' });
});

test('a context is closed at each moment of an update', async () => {
  const image = makeImage();
  for (let moment = 0; moment < 40; moment++) {
    const bus = new dfutrigger.VirtualBus();
    bus.plug('zephyr');
    const device = await bus.context.find();
    let calls = 0;
    const job = device.update(image, { alternate: 1, onProgress: () => { if (calls++ === moment) bus.close(); } });
    const ended = await job.then(() => 'done', ({ code }) => code);
    assert.ok(calls > moment ? ended === 'cancelled' || ended === 'done' : ended === 'done', `${moment}: ${ended}`);
    bus.close();
    if (moment % 8 === 0) await collect();
  }
});

test('waiting is no busy loop', async (t) => {
  const { context } = makeBus(t, { realTime: true });
  await context.devices();
  context.on('arrived', () => {});
  await sleep(50);
  const before = process.cpuUsage();
  await sleep(500);
  const { user, system } = process.cpuUsage(before);
  assert.ok(user + system < 100000, `${user + system} us of 500 ms`);
});

const LISTEN = `
  const bus = new dfutrigger.VirtualBus({ realTime: true });
  bus.plug('zephyr');
  bus.context.on('arrived', ({ path }) => console.log(path));
`;

test('listening keeps Node alive, unless that is not wanted', () => {
  const kept = runScript(`${LISTEN} setTimeout(() => { console.log('alive'); bus.close(); }, 200).unref();`);
  assert.deepStrictEqual([kept.status, kept.stdout], [0, '1-1\nalive\n'], kept.stderr);
  const left = runScript(`${LISTEN} bus.context.unref();`);
  assert.deepStrictEqual([left.status, left.signal], [0, null], left.stderr);
});

test('a job keeps Node alive', () => {
  const { status, stdout, stderr } = runScript(`
    const bus = new dfutrigger.VirtualBus({ realTime: true });
    bus.plug('zephyr');
    bus.context.find().then((device) => device.trigger()).then(({ device }) => console.log(device.mode));
  `);
  assert.deepStrictEqual([status, stdout], [0, 'bootloader\n'], stderr);
});

test('Node may end in the middle of a job', () => {
  for (const end of ['process.exit(3)', 'process.reallyExit(3)', 'setImmediate(() => process.exit(3))']) {
    const { status, signal, stderr } = runScript(`
      const bus = new dfutrigger.VirtualBus({ realTime: true });
      bus.plug('zephyr');
      bus.context.on('left', () => {});
      bus.context.find().then((device) => device.trigger({ onProgress: () => { ${end}; } }));
    `);
    assert.deepStrictEqual([status, signal], [3, null], stderr);
  }
});
