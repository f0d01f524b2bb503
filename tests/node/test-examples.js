// SPDX-License-Identifier: MIT
// SPDX-FileCopyrightText: 2026 The libdfutrigger authors

'use strict';

// The example does what it says, as a person would run it.

const assert = require('node:assert');
const { spawn, spawnSync } = require('node:child_process');
const { once } = require('node:events');
const { mkdirSync, symlinkSync } = require('node:fs');
const { join } = require('node:path');
const { test } = require('node:test');

const { makeFolder, makeImage } = require('./bench.js');

const example = join(process.env.DFUTRIGGER_ROOT, 'examples', 'node', 'update-many.js');

/** A folder in which `require('dfutrigger')` finds the package of the build folder. */
function makeProject(t) {
  const folder = makeFolder(t);
  mkdirSync(join(folder, 'node_modules'));
  symlinkSync(process.env.DFUTRIGGER_NODE, join(folder, 'node_modules', 'dfutrigger'));
  makeImage(1, 30000).save(join(folder, 'firmware.bin'));
  return { cwd: folder, env: { ...process.env, NODE_PATH: join(folder, 'node_modules') } };
}

test('two virtual boards are updated at once', (t) => {
  const project = makeProject(t);
  const boards = ['--sim', 'zephyr:state=one.bin', '--sim', 'zephyr:state=two.bin'];
  const { status, stdout, stderr } = spawnSync(process.execPath, [example, ...boards, 'firmware.bin', '1'],
    { ...project, encoding: 'utf8' });
  assert.strictEqual(status, 0, stderr);
  const lines = stdout.split('\n');
  for (const path of ['1-1', '1-2']) assert.ok(lines.includes(`${path}: 30552 bytes downloaded and verified`), stdout);
  assert.ok(lines.indexOf('1-2: downloading 10 %') < lines.indexOf('1-1: downloading 90 %'), stdout);
  assert.ok(lines.indexOf('1-1: downloading 10 %') < lines.indexOf('1-2: downloading 90 %'), stdout);
});

test('what fails is told with its hint', (t) => {
  const project = makeProject(t);
  const run = (...words) => spawnSync(process.execPath, [example, ...words], { ...project, encoding: 'utf8' });
  const refused = run('--sim', 'zephyr', 'firmware.bin', 'nope');
  assert.strictEqual(refused.status, 1);
  assert.match(refused.stderr, /1-1: there is no alternate setting "nope"/);
  const missing = run('--sim', 'zephyr', 'nothing.bin');
  assert.deepStrictEqual([missing.status, missing.stdout], [1, '']);
  assert.match(missing.stderr, /nothing\.bin/);
  assert.match(run('--sim', 'leonardo', 'firmware.bin').stderr, /no device that speaks DFU/);
});

test('Ctrl+C cancels all', async (t) => {
  const child = spawn(process.execPath, [example, '--sim', 'zephyr', '--sim', 'zephyr', 'firmware.bin', '1'], makeProject(t));
  let told = '';
  let errors = '';
  child.stderr.on('data', (text) => { errors += text; });
  child.stdout.on('data', (text) => {
    if (!told.includes('downloading') && String(text).includes('downloading')) child.kill('SIGINT');
    told += text;
  });
  const [status, signal] = await once(child, 'close');
  assert.deepStrictEqual([status, signal], [1, null]);
  assert.match(errors, /1-1: .*cancel/);
  assert.match(errors, /1-2: .*cancel/);
});
