// SPDX-License-Identifier: MIT
// SPDX-FileCopyrightText: 2026 The libdfutrigger authors

'use strict';

// Virtual devices, from their own side.

const assert = require('node:assert');
const { mkdirSync, rmSync, statSync } = require('node:fs');
const { join } = require('node:path');
const { test } = require('node:test');

const { dfutrigger, makeBus, makeFolder, makeImage } = require('./bench.js');

test('models are listed, and plugged in with options', async (t) => {
  const models = dfutrigger.models();
  assert.match(models.find(({ name }) => name === 'zephyr').options, /stack=/);
  const { bus, context } = makeBus(t, { models: [] });
  bus.plug('zephyr', { stack: 'new', reboot: true }, { path: '1-5' });
  assert.strictEqual((await context.find()).path, '1-5');
  assert.throws(() => bus.plug('toaster'), { code: 'not-found' });
  assert.throws(() => bus.plug('zephyr', { colour: 'red' }), { code: 'usage', message: /colour/ });
  assert.throws(() => bus.plug('zephyr', {}, { path: '1-5' }), { code: 'busy' });
});

test('it keeps a record, and misbehaves on demand', async (t) => {
  const { context, boards: [board] } = makeBus(t);
  const device = await context.find();
  board.clearRecord();
  // DETACH is asked twice.
  board.addFault('stall', { times: 2 });
  await assert.rejects(device.trigger(), { code: 'device' });
  assert.strictEqual(board.faultCount, 2);
  assert.ok(board.record.some(({ event, result }) => event === 'control' && result < 0));
  board.clearFaults();
  await (await context.find()).trigger();
  assert.strictEqual(board.mode, 'bootloader');
  assert.ok(board.requestCount > 0);
  assert.deepStrictEqual(board.breaches, []);
});

test('its memory is seen and written', (t) => {
  const { boards: [board] } = makeBus(t);
  board.setMemory('slot1', Buffer.from([1, 2, 3]), 4);
  assert.deepStrictEqual(board.memory('slot1').subarray(4, 7), Buffer.from([1, 2, 3]));
  assert.strictEqual(board.memory('soul'), null);
  assert.throws(() => board.setMemory('soul', Buffer.alloc(1)), { code: 'not-found' });
  assert.throws(() => board.setMemory('slot1', Buffer.alloc(1), 1e9), { code: 'usage' });
});

test('it is pulled out, plugged in and reset', async (t) => {
  const { bus, context, boards: [board] } = makeBus(t);
  board.unplug();
  assert.strictEqual(board.isPresent, false);
  assert.strictEqual((await context.devices()).length, 0);
  board.replug();
  assert.strictEqual((await context.devices()).length, 1);
  board.pressReset();
  const before = bus.timeMs;
  await context.wait();
  assert.ok(bus.timeMs >= before);
});

test('its state is a file, and an error of that is told', async (t) => {
  const folder = makeFolder(t);
  const path = join(folder, 'board, with \\ in it.bin');
  const bus = new dfutrigger.VirtualBus();
  bus.plug('zephyr', { state: path });
  await (await bus.context.find()).update(makeImage(), { alternate: 1 });
  bus.save();
  assert.ok(statSync(path).size > 0);
  bus.close();
  const lost = new dfutrigger.VirtualBus();
  mkdirSync(join(folder, 'gone'));
  lost.plug('zephyr', { state: join(folder, 'gone', 'board.bin') });
  rmSync(join(folder, 'gone'), { recursive: true });
  assert.throws(() => lost.save(), { code: 'io', message: /board\.bin/ });
  assert.throws(() => lost.close(), { code: 'io', message: /board\.bin/ });
  assert.ok(lost.context.isClosed);
});
