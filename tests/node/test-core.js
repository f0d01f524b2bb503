// SPDX-License-Identifier: MIT
// SPDX-FileCopyrightText: 2026 The libdfutrigger authors

'use strict';

// The flat module: each row of the neutral table is there, and nothing that is passed to it breaks it.

const assert = require('node:assert');
const { readFileSync } = require('node:fs');
const { join } = require('node:path');
const { test } = require('node:test');

require('./bench.js');
const core = require(join(process.env.DFUTRIGGER_NODE, 'lib', 'core.js'));

const root = process.env.DFUTRIGGER_ROOT;
const OWN = ['close', 'isClosed', 'loadImage', 'loopClose', 'loopNew', 'loopPlan', 'setErrorMaker'];
const camel = (name) => name.replace(/_(.)/g, (_, letter) => letter.toUpperCase());

test('each row is a function, but those that generate.py gives a reason for', () => {
  const rows = [...readFileSync(join(root, 'bindings', 'calls.i'), 'utf8').matchAll(/^([A-Z_]+)\((dfut_\w+)/gm)];
  const reasons = /ELSEWHERE = \{([^}]*)\}/.exec(readFileSync(join(root, 'bindings', 'node', 'generate.py'), 'utf8'))[1];
  const elsewhere = [...reasons.matchAll(/'(dfut_\w+)': '/g)].map(([, name]) => name);
  const bound = rows.filter(([, kind, name]) => kind !== 'UNBOUND' && !elsewhere.some((prefix) => name.startsWith(prefix)));
  const functions = Object.keys(core).filter((name) => typeof core[name] === 'function');
  assert.ok(bound.length > 100 && elsewhere.length > 0);
  assert.deepStrictEqual(functions.sort(), [...bound.map(([, , name]) => camel(name.slice(5))), ...OWN].sort());
  for (const prefix of elsewhere) assert.ok(rows.some(([, , name]) => name.startsWith(prefix)), prefix);
});

test('constants are those of the headers', () => {
  const header = readFileSync(join(root, 'include', 'dfutrigger.h'), 'utf8');
  const values = [...header.matchAll(/^\tDFUT_(\w+) =\s*(-?\d+)(?: << (\d+))?,/gm)];
  assert.ok(values.length > 80);
  for (const [, name, value, shift = 0] of values) assert.strictEqual(core[name], value << shift, name);
});

test('wrong arguments are exceptions', () => {
  const context = core.contextNew();
  const image = core.imageLoadBuffer(context, Buffer.alloc(64, 1), 0);
  const sim = core.simNew(core.SIM_CLOCK_VIRTUAL);
  core.simAddToContext(sim, context);
  core.simPlug(sim, 'zephyr', null);
  const device = core.deviceFind(context, null);
  const session = core.sessionNew(device);
  const objects = [context, image, sim, device, session];
  const values = [undefined, null, 0, -1, 1.5, NaN, 2 ** 53, true, '', 'text', {}, [], () => {}, Symbol('s'), 1n,
    Buffer.alloc(3), new Uint16Array(3), new Proxy({}, {}), ...objects];
  let thrown = 0;
  // What ends, waits or has only a promise to tell of an error is left out.
  const without = ['close', 'contextDispatch', 'contextNew', 'deviceWait', 'loadImage', 'loopNew', 'setErrorMaker',
    'contextAddSystemBuses', 'imageSaveFile', 'contextRecord'];
  for (const name of Object.keys(core)) {
    if (typeof core[name] !== 'function' || without.includes(name)) continue;
    for (const first of values) {
      for (const second of values) {
        try {
          core[name](first, second, second, second, second, second);
        } catch (error) {
          assert.ok(error instanceof Error, name);
          thrown++;
        }
      }
    }
  }
  assert.ok(thrown > 10000);
  for (const object of objects.reverse()) core.close(object);
  for (const object of objects) assert.ok(core.isClosed(object));
  assert.throws(() => core.contextGetTimeoutMs(context), /the context is closed/);
  core.close(context);
});

test('a part of what is closed is closed', () => {
  const sim = core.simNew(core.SIM_CLOCK_VIRTUAL);
  const board = core.simPlug(sim, 'zephyr', null);
  core.close(sim);
  assert.throws(() => core.simDeviceIsPresent(board), /the sim_device is closed/);
});
