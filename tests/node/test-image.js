// SPDX-License-Identifier: MIT
// SPDX-FileCopyrightText: 2026 The libdfutrigger authors

'use strict';

// Images: read, judged, changed, written.

const assert = require('node:assert');
const { readFileSync, writeFileSync } = require('node:fs');
const { join } = require('node:path');
const { test } = require('node:test');

const { dfutrigger, makeBus, makeFolder, makeImage } = require('./bench.js');

const { Image } = dfutrigger;

test('an image comes from a file or from bytes, and tells facts', async (t) => {
  const path = join(makeFolder(t), 'firmware.bin');
  makeImage().save(path);
  for (const image of [await Image.load(path), Image.from(readFileSync(path))]) {
    assert.strictEqual(image.format, 'mcuboot');
    assert.strictEqual(image.size, 4648);
    assert.deepStrictEqual(image.segments, [{ address: null, alternate: null, size: 4648 }]);
    assert.deepStrictEqual(image.facts.find(({ key }) => key === 'version'), { layer: 'mcuboot', key: 'version', value: '1.0.0' });
    assert.strictEqual(image.ids, null);
    assert.deepStrictEqual(image.read(0, 512, 3), Buffer.from([1, 1, 1]));
    assert.deepStrictEqual(image.read(), readFileSync(path));
    image.close();
    assert.throws(() => image.size, /the image is closed/);
  }
});

test('what is no firmware is refused, with check and words', async (t) => {
  const path = join(makeFolder(t), 'firmware.bin');
  const bytes = makeImage().read();
  bytes[600] ^= 1;
  writeFileSync(path, bytes);
  await assert.rejects(Image.load(path), { name: 'DfutError', code: 'image', check: 'hash', message: /hash|SHA/i });
  assert.throws(() => Image.from(bytes), { code: 'image', check: 'hash' });
  assert.strictEqual(Image.from(bytes, { force: ['hash'] }).size, 4648);
  assert.strictEqual((await Image.load(path, { force: ['hash'] })).size, 4648);
  await assert.rejects(Image.load(path, { force: ['everything'] }), /everything/);
  await assert.rejects(Image.load(join(path, 'not')), { code: /./ });
  await assert.rejects(Image.load(null), TypeError);
  await assert.rejects(Image.load('a\0b'), TypeError);
  assert.throws(() => Image.from('text'), TypeError);
});

test('ids are put behind it, and taken away', () => {
  const image = Image.from(Buffer.alloc(64, 7));
  image.setSuffix({ vendorId: 0x2fe3, productId: 5 });
  assert.deepStrictEqual(image.ids, { vendorId: 0x2fe3, productId: 5, release: null });
  image.removeSuffix();
  assert.strictEqual(image.ids, null);
});

test('it is moved, converted and named', async (t) => {
  const path = join(makeFolder(t), 'firmware.uf2');
  const image = Image.from(Buffer.alloc(1024, 7));
  assert.throws(() => image.convert('uf2'), { code: 'usage', message: /address/ });
  image.setAddress(0x10000000);
  image.setFamily('rp2040');
  image.convert('uf2');
  image.save(path);
  const read = await Image.load(path);
  assert.strictEqual(read.format, 'uf2');
  assert.deepStrictEqual(read.segments.map(({ address, size }) => [address, size]), [[0x10000000, 1024]]);
  assert.ok(dfutrigger.families().includes('rp2040'));
  assert.ok(dfutrigger.protocols().find(({ name }) => name === 'picoboot').parts.includes('rp2350'));
  assert.throws(() => image.setAddress(-1), TypeError);
  assert.throws(() => image.verifySignature('/dev/null'), { code: 'unsupported' });
  assert.throws(() => image.wrapMcuboot('one'), { code: 'usage' });
});

test('it is judged for a device', async (t) => {
  const { context } = makeBus(t);
  const device = await context.find();
  makeImage().check(device, { alternate: 1 });
  const other = makeImage();
  other.setSuffix({ vendorId: 0x1234, productId: 1 });
  assert.throws(() => other.check(device), { code: 'mismatch', check: 'ids' });
  other.check(device, { force: ['ids'] });
  const found = await context.find({ image: makeImage(), alternate: 1 });
  assert.strictEqual(found.id, device.id);
});

test('formats are listed', () => {
  const formats = dfutrigger.formats();
  assert.ok(formats.find(({ name }) => name === 'ihex').traits.includes('addresses'));
  assert.ok(formats.every(({ text }) => text));
});
