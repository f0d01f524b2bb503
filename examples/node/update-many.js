// SPDX-License-Identifier: MIT
// SPDX-FileCopyrightText: 2026 The libdfutrigger authors

'use strict';

// Puts the same firmware into several devices at once, and stays free for other things meanwhile:
// node update-many.js FILE [ALTERNATE]; with --sim SPEC in front, once for each, into virtual devices.

const { Context, DfutError, Image, VirtualBus } = require('dfutrigger');

/** Virtual devices in place of hardware, and what follows them. */
function open(words) {
  if (words[0] !== '--sim') return { context: new Context(), words };
  const bus = new VirtualBus({ realTime: true });
  while (words[0] === '--sim') {
    bus.plug(words[1]);
    words = words.slice(2);
  }
  return { context: bus.context, words };
}

/** Ctrl+C ends all jobs; the devices are left so that a next run recovers them. */
const controller = new AbortController();
process.once('SIGINT', () => controller.abort(new Error('interrupted')));

async function update(device, image, alternate) {
  let last = '';
  const onProgress = ({ state, done, total }) => {
    const line = total ? `${state} ${Math.floor(done * 10 / total) * 10} %` : state;
    if (line !== last) console.log(`${device.path}: ${line}`);
    last = line;
  };
  try {
    const { message, hint } = await device.update(image, { alternate, signal: controller.signal, onProgress });
    console.log(`${device.path}: ${message}${hint && `\n${device.path}: ${hint}`}`);
  } catch (error) {
    if (!(error instanceof DfutError)) throw error;
    console.error(`${device.path}: ${error.message}${error.hint && `\n${device.path}: ${error.hint}`}`);
    process.exitCode = 1;
  }
}

async function main() {
  const { context, words: [path, alternate] } = open(process.argv.slice(2));
  try {
    const image = await Image.load(path);
    // What only its class describes may be somebody's webcam: it would have to be named.
    const devices = (await context.devices()).filter(({ protocol, isGeneric }) => protocol === 'dfu' && !isGeneric);
    await Promise.all(devices.map((device) => update(device, image, alternate)));
    if (!devices.length) throw new DfutError('not-found', 'no device that speaks DFU');
  } finally {
    context.close();
  }
}

main().catch((error) => {
  console.error(`${error.message}${error.hint ? `\n${error.hint}` : ''}`);
  process.exitCode = 1;
});
