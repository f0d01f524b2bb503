// SPDX-License-Identifier: MIT
// SPDX-FileCopyrightText: 2026 The libdfutrigger authors

'use strict';

// Jobs: each is a promise, with progress, cancel and words.

const assert = require('node:assert');
const { writeFileSync } = require('node:fs');
const { join } = require('node:path');
const { test } = require('node:test');

const { makeBus, makeFolder, makeImage } = require('./bench.js');

for (const realTime of [false, true]) {
  test(`two boards are updated at once, real time: ${realTime}`, async (t) => {
    const { context, boards } = makeBus(t, { realTime, models: ['zephyr', 'zephyr'] });
    const image = makeImage();
    const states = [];
    const update = (device, index) => device.update(image, {
      alternate: 1, onProgress: ({ state }) => { if (states.at(-1) !== `${index} ${state}`) states.push(`${index} ${state}`); },
    });
    const outcomes = await Promise.all((await context.devices()).map(update));
    for (const [index, { message, verified, device, facts }] of outcomes.entries()) {
      assert.match(message, /4648 bytes downloaded and verified/);
      assert.strictEqual(verified, 'yes');
      assert.strictEqual(device.mode, 'bootloader');
      assert.strictEqual(facts.running_version, '1.0.0');
      assert.deepStrictEqual(boards[index].memory('slot1').subarray(0, image.size), image.read());
      assert.deepStrictEqual(boards[index].breaches, []);
    }
    // One did not wait for the other.
    assert.ok(states.indexOf('1 triggering') < states.indexOf('0 verifying'), states.join());
  });
}

test('firmware is an image, a path or bytes', async (t) => {
  const { context, boards: [board] } = makeBus(t);
  const path = join(makeFolder(t), 'firmware.bin');
  const bytes = (await makeImage(2, 4096, '2.0.0')).read();
  writeFileSync(path, bytes);
  let { device } = await (await context.find()).update(path, { alternate: 1 });
  assert.deepStrictEqual(board.memory('slot1').subarray(0, bytes.length), bytes);
  ({ device } = await device.update(new Uint8Array(makeImage(3, 512).read()), { alternate: 1, force: ['version'] }));
  assert.strictEqual(board.memory('slot1')[600], 3);
  await assert.rejects(device.update(`${path}.not`), { code: 'not-found', message: /firmware\.bin\.not/ });
  await assert.rejects(device.update(bytes.subarray(0, 600)), { code: 'image', check: 'length' });
  await assert.rejects(device.update(7), TypeError);
});

test('a plan has steps, and starts nothing', async (t) => {
  const { context, boards: [board] } = makeBus(t);
  const steps = await (await context.find()).plan(makeImage(), { alternate: 1 });
  assert.deepStrictEqual(steps.slice(0, 2).map(({ state }) => state), ['triggering', 'returning']);
  assert.ok(steps.every(({ text, timeMs, bytes }) => text && timeMs >= 0 && bytes >= 0));
  assert.strictEqual(board.mode, 'application');
});

test('a device is triggered, and stays the same one', async (t) => {
  const { context } = makeBus(t);
  const before = await context.find();
  const seen = [];
  const { device, message } = await before.trigger({ onProgress: (progress) => seen.push(progress) });
  assert.strictEqual(device.mode, 'bootloader');
  assert.strictEqual(device.id, before.id);
  assert.strictEqual(before.isPresent, false);
  assert.ok(message);
  assert.ok(seen.some(({ state }) => state === 'triggering'));
  assert.ok(seen.every(({ done, total, elapsedMs, leftMs }) =>
    done >= 0 && total >= 0 && elapsedMs >= 0 && (leftMs === null || leftMs >= 0)));
});

test('a memory is read, as a whole or as it comes', async (t) => {
  const { context, boards: [board] } = makeBus(t);
  const { device, data } = await (await context.find()).upload({ alternate: 0, uploadSize: 3000 });
  assert.deepStrictEqual(data, board.memory('slot0').subarray(0, 3000));
  const chunks = [];
  const outcome = await device.upload({ alternate: 0, uploadSize: 3000, onData: (bytes) => chunks.push(bytes) });
  assert.ok(chunks.length > 1);
  assert.deepStrictEqual(Buffer.concat(chunks), data);
  assert.strictEqual(outcome.data, undefined);
});

test('what was read before an error is kept', async (t) => {
  const { context, boards: [board] } = makeBus(t);
  const { device } = await (await context.find()).trigger();
  board.addFault('unplug', { request: board.requestCount + 12 });
  await assert.rejects(device.upload({ alternate: 0 }), ({ code, partial }) => {
    assert.strictEqual(code, 'gone');
    assert.deepStrictEqual(partial, board.memory('slot0').subarray(0, partial.length));
    return partial.length > 0;
  });
});

test('a command, a probe and a diagnosis', async (t) => {
  const { context } = makeBus(t, { models: ['zephyr', 'nrf52840-keyboard'] });
  const [board, keyboard] = await context.devices();
  assert.ok(Object.keys((await keyboard.probe()).facts).length);
  assert.strictEqual((await board.diagnose()).device.mode, 'application');
  const { device } = await keyboard.trigger();
  assert.strictEqual((await device.command('start')).device.mode, 'application');
  await assert.rejects(board.command('dance'), { code: 'not-found', device: board });
});

test('a job is cancelled by a signal, and the reason is told', async (t) => {
  const { context } = makeBus(t, { realTime: true });
  const device = await context.find();
  const controller = new AbortController();
  const reason = new Error('the person has changed their mind');
  const job = device.update(makeImage(1, 100000), {
    alternate: 1,
    signal: controller.signal,
    onProgress: ({ state, done }) => { if (state === 'downloading' && done) controller.abort(reason); },
  });
  await assert.rejects(job, ({ code, cause, device: about }) => {
    assert.deepStrictEqual([code, cause, about.id], ['cancelled', reason, device.id]);
    return true;
  });
  await assert.rejects(device.trigger({ signal: controller.signal }), { code: 'cancelled', cause: reason, device });
  // The device is left so that the next run recovers it.
  const { verified } = await (await context.find()).update(makeImage(), { alternate: 1 });
  assert.strictEqual(verified, 'yes');
});

test('what a handler throws cancels the job, and comes out of it', async (t) => {
  const { context } = makeBus(t);
  const failure = new RangeError('in a handler');
  const device = await context.find();
  await assert.rejects(device.trigger({ onProgress: () => { throw failure; } }), failure);
  await assert.rejects(device.upload({ alternate: 0, onData: () => { throw failure; } }), failure);
});

test('each setting arrives, and what is none is refused', async (t) => {
  const { context } = makeBus(t);
  const device = await context.find();
  for (const settings of [
    { alternate: 'nope' }, { trigger: 'nope' }, { part: 'nope', alternate: 1 }, { transferSize: 5000 }, { address: 2 ** 40 },
    { volume: '' }, { interfaceNumber: 77 }, { bootloaderIds: { vendorId: 70000 } }, { triggerTouch: { baud: 0 } },
    { triggerRequest: { requestType: 0x80, request: 1 } }, { detachTimeoutMs: 70000 },
  ]) {
    await assert.rejects(device.update(makeImage(), settings), { name: 'DfutError', device }, Object.keys(settings)[0]);
  }
  for (const settings of [
    { verify: 'perhaps' }, { erase: 'all of it' }, { restart: 1 }, { force: ['everything'] }, { confirm: 'yes' },
    { alternative: 1 }, { returnTimeoutMs: -1 }, { uploadSize: 0.5 }, { triggerReport: { type: 'loud' } },
  ]) {
    await assert.rejects(device.update(makeImage(), settings), TypeError, Object.keys(settings)[0]);
  }
  // Given as what they are by default
  await (await context.find()).update(makeImage(), {
    alternate: 1, verify: 'auto', confirm: true, erase: 'auto', restart: 'auto', force: [], transferSize: 0,
    returnTimeoutMs: 0, detachTimeoutMs: -1, part: null, volume: undefined, interfaceNumber: -1,
  });
});

test('a trigger and a bootloader that no table knows are named', async (t) => {
  const { context, boards: [board] } = makeBus(t, { models: ['cdc-board'] });
  const device = await context.find({ path: '1-1' });
  const { device: back } = await device.trigger({ triggerTouch: { baud: 1200 }, bootloaderIds: {} });
  assert.strictEqual(back.mode, 'bootloader');
  assert.strictEqual(board.mode, 'bootloader');
});
