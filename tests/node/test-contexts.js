// SPDX-License-Identifier: MIT
// SPDX-FileCopyrightText: 2026 The libdfutrigger authors

'use strict';

// Where Node is more than one: threads, copies of the package, contexts of V8, and what that asks of the module.

const assert = require('node:assert');
const { execFileSync } = require('node:child_process');
const { readFileSync } = require('node:fs');
const { createRequire } = require('node:module');
const { dirname, join } = require('node:path');
const { test } = require('node:test');
const vm = require('node:vm');
const { Worker } = require('node:worker_threads');

const { collect, countFiles, dfutrigger, makeImage } = require('./bench.js');

const folder = process.env.DFUTRIGGER_NODE;

/** Updates a virtual board with a copy of the package. */
async function update({ VirtualBus }, image, options = {}) {
  const bus = new VirtualBus(options);
  bus.plug('zephyr');
  const { verified } = await (await bus.context.find()).update(image, { alternate: 1 });
  bus.close();
  return verified;
}

const IN_THREAD = `
  const { parentPort, workerData } = require('node:worker_threads');
  const dfutrigger = require(workerData);
  const bus = new dfutrigger.VirtualBus({ realTime: true });
  bus.plug('zephyr');
  bus.context.on('arrived', () => {});
  bus.context.find().then((device) => device.trigger({ onProgress: ({ state }) => parentPort.postMessage(state) }))
    .then(() => bus.close());
`;

/** @return the exit status of a thread, which is ended when it says this */
const runThread = (end) => new Promise((resolve, reject) => {
  const worker = new Worker(IN_THREAD, { eval: true, workerData: folder });
  worker.on('message', (state) => { if (state === end) worker.terminate(); });
  worker.on('error', reject);
  worker.on('exit', resolve);
});

test('each thread of Node has the module for itself, may be ended, and leaves nothing behind', async () => {
  const round = () => Promise.all([runThread('done'), runThread('triggering'), runThread('leaving'), update(dfutrigger, makeImage())]);
  await round();
  await collect();
  const before = countFiles();
  for (let i = 0; i < 3; i++) assert.deepStrictEqual((await round()).slice(1), [1, 1, 'yes']);
  await collect();
  assert.ok(countFiles() <= before, `${countFiles()} files are open, ${before} were`);
});

test('threads that end by themselves end well', async () => {
  assert.deepStrictEqual(await Promise.all([runThread(null), runThread(null)]), [0, 0]);
});

test('two copies of the package work at once', async () => {
  for (const name of Object.keys(require.cache)) if (name.startsWith(folder)) delete require.cache[name];
  const other = require(folder);
  assert.notStrictEqual(other.Image, dfutrigger.Image);
  const image = other.Image.from(makeImage().read());
  const both = [update(dfutrigger, makeImage(), { realTime: true }), update(other, image, { realTime: true })];
  assert.deepStrictEqual(await Promise.all(both), ['yes', 'yes']);
  await assert.rejects(update(other, makeImage()), TypeError);
});

/** Loads the package in a context of V8: all but Node's own modules, and what is compiled. */
function loadInside(context) {
  const loaded = new Map();
  const load = (file) => {
    if (loaded.has(file)) return loaded.get(file).exports;
    const module = { exports: {} };
    loaded.set(file, module);
    const outer = createRequire(file);
    const inner = (name) => (name.endsWith('.js') ? load(join(dirname(file), name)) : outer(name));
    const names = ['module', 'require', '__dirname'];
    vm.compileFunction(readFileSync(file, 'utf8'), names, { filename: file, parsingContext: context })(module, inner, dirname(file));
    return module.exports;
  };
  return load(join(folder, 'lib', 'index.js'));
}

test('in a context of V8, as a frame of a window or a runner of tests has one', async () => {
  const context = vm.createContext({ console, Buffer, setTimeout, clearTimeout, queueMicrotask, AbortController });
  const inside = loadInside(context);
  assert.ok(!(new inside.DfutError('usage', '') instanceof Error));
  const image = inside.Image.from(makeImage().read());
  assert.strictEqual(await update(inside, image), 'yes');
  for (const { DfutError, VirtualBus } of [inside, dfutrigger]) {
    await assert.rejects(new VirtualBus().context.find(), (error) => error instanceof DfutError && error.code === 'not-found');
  }
});

test('bytes of another context are bytes', async () => {
  const bytes = vm.runInNewContext('new Uint8Array(64).fill(1)');
  assert.ok(!(bytes instanceof Uint8Array));
  assert.strictEqual(dfutrigger.Image.from(bytes).size, 64);
  assert.throws(() => dfutrigger.Image.from(vm.runInNewContext('new Uint16Array(64)')), TypeError);
});

// With sanitizers, functions of the C library have no versions.
const isSanitized = 'LD_PRELOAD' in process.env;

test('of its program it needs Node-API and libuv, and hands it no memory', { skip: isSanitized }, () => {
  const text = execFileSync('nm', ['-D', '--undefined-only', join(folder, 'lib', 'dfutrigger.node')], { encoding: 'utf8' });
  // Those with a version are of the C library and of ours, weak ones of the compiler.
  const needed = [...text.matchAll(/ U ([^@\s]+)$/gm)].map(([, name]) => name);
  assert.ok(needed.includes('napi_wrap'));
  assert.deepStrictEqual(needed.filter((name) => !/^(napi|uv)_/.test(name)), []);
  // Electron refuses memory that is not V8's.
  assert.deepStrictEqual(needed.filter((name) => name.startsWith('napi_create_external')), []);
});
