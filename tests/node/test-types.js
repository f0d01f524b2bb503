// SPDX-License-Identifier: MIT
// SPDX-FileCopyrightText: 2026 The libdfutrigger authors

'use strict';

// What is exported is declared, and the reverse, with the members of each class. A compiler looks at the rest where there is one.

const assert = require('node:assert');
const { readFileSync } = require('node:fs');
const { join } = require('node:path');
const { test } = require('node:test');

const { dfutrigger, makeBus } = require('./bench.js');

const declared = readFileSync(join(process.env.DFUTRIGGER_NODE, 'lib', 'index.d.ts'), 'utf8').replace(/\/\*[^]*?\*\//g, '');
const classes = [...declared.matchAll(/^export class (\w+)[^{]*\{\n([^]*?)^\}/gm)];

test('each exported name is declared, and each declared one exported', () => {
  const names = [...declared.matchAll(/^export (?:const|function|class) (\w+)/gm)].map(([, name]) => name);
  assert.deepStrictEqual(names.sort(), Object.keys(dfutrigger).sort());
});

test('each member of a class is declared, and each declared one is there', () => {
  const isClass = (value) => typeof value === 'function' && String(value).startsWith('class ');
  assert.strictEqual(classes.length, Object.values(dfutrigger).filter(isClass).length);
  for (const [, name, body] of classes) {
    // Those of objects, which readonly says, are looked at below.
    const members = [...body.matchAll(/^ {2}(?:static |get )?(\w+)(?:\(|\??:)/gm)].map(([, member]) => member);
    const isOwn = (member) => !member.startsWith('_') && !['length', 'prototype', 'name'].includes(member);
    const there = [...Object.getOwnPropertyNames(dfutrigger[name].prototype),
      ...Object.getOwnPropertyNames(dfutrigger[name]).filter((member) => isOwn(member) && member !== 'native')]
      .filter((member) => !member.startsWith('_'));
    // What an EventEmitter has is told again for the types of its events.
    const expected = new Set(members.filter((member) => !(name === 'Context' && member === 'on')));
    assert.deepStrictEqual([...expected].sort(), [...new Set(there)].sort(), name);
  }
});

test('readonly members are there', (t) => {
  const { bus, boards: [board] } = makeBus(t);
  const error = new dfutrigger.DfutError('io', 'text', { cause: 1 });
  const objects = { Context: bus.context, DfutError: error, VirtualBus: bus, VirtualDevice: board };
  for (const [, name, body] of classes) {
    for (const [, member] of body.matchAll(/^ {2}readonly (\w+):/gm)) assert.ok(member in objects[name], `${name}.${member}`);
  }
});
