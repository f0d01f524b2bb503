// SPDX-License-Identifier: MIT
// SPDX-FileCopyrightText: 2026 The libdfutrigger authors

'use strict';

// Devices: what they tell of themselves.

const assert = require('node:assert');
const { inspect } = require('node:util');
const { test } = require('node:test');

const { makeBus } = require('./bench.js');

test('a device tells what it is', async (t) => {
  const { context } = makeBus(t);
  const device = await context.find();
  assert.strictEqual(device.context, context);
  assert.deepStrictEqual([device.vendorId, device.productId, device.path], [0x2fe3, 0x0005, '1-1']);
  assert.strictEqual(device.product, 'USBD DFU sample');
  assert.match(device.serialNumber, /^[0-9A-F]{16}$/);
  assert.strictEqual(device.mode, 'application');
  assert.strictEqual(device.protocol, 'dfu');
  assert.deepStrictEqual(device.triggers, ['dfu-detach']);
  assert.deepStrictEqual([device.isPresent, device.isComplete, device.isShared, device.isGeneric, device.isModeGuessed],
    [true, true, false, false, false]);
  assert.strictEqual(device.missing, '');
  assert.strictEqual(device.descriptors.readUInt16LE(8), 0x2fe3);
  assert.strictEqual(device.busNumber, 1);
  assert.ok(device.address > 0 && device.configuration === 1);
  assert.strictEqual(String(device), '2fe3:0005 at 1-1, USBD DFU sample');
  assert.match(inspect(device), /^<Device 2fe3:0005/);
  assert.strictEqual(JSON.parse(JSON.stringify(device)).productId, 5);
});

test('it has interfaces, and what they say of DFU', async (t) => {
  const { context } = makeBus(t);
  const device = await context.find();
  const dfu = device.interfaces.find(({ classCode }) => classCode === 0xfe);
  assert.strictEqual(dfu.subclass, 1);
  assert.deepStrictEqual(dfu.dfu, device.dfuDescriptor);
  assert.ok(device.dfuDescriptor.attributes.includes('can-dnload'));
  assert.ok(device.dfuDescriptor.transferSize > 0);
  assert.deepStrictEqual(device.holder(), { driver: '', programs: '' });
  assert.throws(() => device.holder(200), { code: 'not-found', device });
});

test('it has nodes and commands', async (t) => {
  const { context } = makeBus(t, { models: ['nrf52840-keyboard', 'leonardo', 'webcam'] });
  const [keyboard, board, webcam] = await context.devices();
  assert.ok(keyboard.nodes.some(({ link, usagePage }) => link === 'hid' && usagePage > 0));
  assert.ok(board.nodes.some(({ link }) => link === 'serial'));
  assert.strictEqual(board.dfuDescriptor, null);
  assert.ok(webcam.isGeneric);
  const bootloader = (await keyboard.trigger()).device;
  assert.ok(bootloader.commands.every(({ name, text }) => name && text));
  assert.ok(bootloader.help.every((line) => line));
});
