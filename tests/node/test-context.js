// SPDX-License-Identifier: MIT
// SPDX-FileCopyrightText: 2026 The libdfutrigger authors

'use strict';

// Contexts: lists, the one device that is meant, events, and the end.

const assert = require('node:assert');
const { once } = require('node:events');
const { writeFileSync } = require('node:fs');
const { join } = require('node:path');
const { test } = require('node:test');

const { dfutrigger, makeBus, makeFolder, makeImage, runScript } = require('./bench.js');

for (const realTime of [false, true]) {
  test(`a list has what is plugged in, real time: ${realTime}`, async (t) => {
    const { bus, context } = makeBus(t, { realTime, models: ['zephyr', 'webcam'] });
    const devices = await context.devices();
    assert.deepStrictEqual(devices.map(({ path }) => path), ['1-1', '1-2']);
    assert.strictEqual(devices.isComplete, true);
    assert.deepStrictEqual(devices.missing, []);
    assert.deepStrictEqual((await context.devices({ vendorId: 0x2fe3 })).map(({ path }) => path), ['1-1']);
    bus.plug('leonardo');
    assert.strictEqual((await context.devices()).length, 3);
  });
}

test('a device that is not there, or not the only one, is an error with words', async (t) => {
  const { bus, context } = makeBus(t);
  await assert.rejects(context.find({ vendorId: 0x1234 }), { name: 'DfutError', code: 'not-found', message: /1234/ });
  bus.plug('zephyr');
  await assert.rejects(context.find(), { code: 'ambiguous', message: /1-1.*1-2/s });
  assert.strictEqual((await context.find({ path: '1-2' })).path, '1-2');
  await assert.rejects(context.find({ vendorId: 'zephyr' }), TypeError);
  await assert.rejects(context.find({ mode: 'asleep' }), /asleep.*application/);
});

for (const realTime of [false, true]) {
  test(`what comes, changes and goes is told, real time: ${realTime}`, async (t) => {
    const { bus, context, boards: [board] } = makeBus(t, { realTime });
    const [arrived] = await once(context, 'arrived');
    assert.strictEqual(arrived.path, '1-1');
    const left = once(context, 'left');
    board.unplug();
    assert.strictEqual((await left)[0].id, arrived.id);
    const back = once(context, 'arrived');
    bus.plug('leonardo', {}, { path: '1-7' });
    assert.strictEqual((await back)[0].path, '1-7');
  });

  test(`a device that is not there yet is waited for, real time: ${realTime}`, async (t) => {
    const { bus, context } = makeBus(t, { realTime, models: [] });
    const waiting = context.wait({ vendorId: 0x2fe3 });
    await assert.rejects(context.wait({ vendorId: 0x1234 }, { timeoutMs: 30 }), { code: 'timeout' });
    setTimeout(() => bus.plug('zephyr'), 20);
    assert.strictEqual((await waiting).path, '1-1');
  });
}

test('waiting can be given up', async (t) => {
  const { context } = makeBus(t, { models: [] });
  const reason = new Error('the window was closed');
  const controller = new AbortController();
  const waiting = context.wait(undefined, { signal: controller.signal });
  setTimeout(() => controller.abort(reason), 10);
  await assert.rejects(waiting, { code: 'cancelled', cause: reason });
});

test('a listener that throws keeps no other from being called', () => {
  const { status, stdout, stderr } = runScript(`
    const bus = new dfutrigger.VirtualBus();
    bus.plug('zephyr');
    bus.plug('leonardo');
    process.on('uncaughtException', (error) => console.log(error.message));
    bus.context.on('arrived', ({ path }) => {
      console.log(path);
      if (path === '1-1') throw new Error('thrown');
      bus.close();
    });
  `);
  assert.strictEqual(stdout, '1-1\nthrown\n1-2\n', stderr);
  assert.strictEqual(status, 0, stderr);
});

test('the log has lines while somebody listens', async (t) => {
  const { context } = makeBus(t, { logLevel: 'debug' });
  const lines = [];
  const listener = (level, text) => lines.push([level, text]);
  context.on('log', listener);
  await (await context.find()).trigger();
  assert.ok(lines.some(([level, text]) => level === 'info' && text));
  assert.ok(lines.some(([level]) => level === 'debug'));
  context.off('log', listener);
  const count = lines.length;
  await context.devices();
  assert.strictEqual(lines.length, count);
});

test('listening ends, and begins again', async (t) => {
  const { bus, context } = makeBus(t);
  await once(context, 'arrived');
  context.on('arrived', () => assert.fail('nobody listens'));
  context.removeAllListeners();
  bus.plug('leonardo');
  const [device] = await once(context, 'arrived');
  assert.strictEqual(device.path, '1-2');
});

test('tables and protocols are added', async (t) => {
  const { context } = makeBus(t, { models: [] });
  const path = join(makeFolder(t), 'devices.json');
  writeFileSync(path, '{');
  assert.throws(() => context.loadDevices(path), { code: 'usage' });
  assert.throws(() => context.setProtocol(0x1209, 1, 'nonsense'), { code: 'usage', hint: /smp/ });
  context.setProtocol(0x1209, 1, 'smp');
  assert.ok(context.help(0x2fe3, 5).every((line) => typeof line === 'string'));
});

test('what is recorded is in a file', async (t) => {
  const path = join(makeFolder(t), 'session.jsonl');
  const context = new dfutrigger.Context();
  t.after(() => context.close());
  context.record(path);
  assert.throws(() => context.record(path), { code: 'busy' });
  context.endRecord();
  assert.match(context.explain(path).join('\n'), /the recording ends/);
  assert.throws(() => context.explain('/none'), { code: 'io' });
});

test('a context that is closed ends what runs, and is closed for good', async (t) => {
  const { context, boards: [board] } = makeBus(t, { realTime: true });
  const device = await context.find();
  const waiting = context.wait({ vendorId: 0x1234 });
  const job = device.update(makeImage(), { alternate: 1, onProgress: () => context.close() });
  const rejected = [assert.rejects(job, { code: 'cancelled', device }), assert.rejects(waiting, { code: 'cancelled' })];
  await Promise.all(rejected);
  assert.ok(context.isClosed);
  assert.strictEqual(board.breaches.length, 0);
  await assert.rejects(context.devices(), { code: 'usage', message: /closed/ });
  await assert.rejects(device.trigger(), { code: 'usage', device });
  await assert.rejects(context.wait(), { code: 'usage' });
  assert.throws(() => context.loadDevices('devices.json'), /closed/);
  context.on('arrived', () => assert.fail('it is closed'));
  context.close();
});
