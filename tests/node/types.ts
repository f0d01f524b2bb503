// SPDX-License-Identifier: MIT
// SPDX-FileCopyrightText: 2026 The libdfutrigger authors

// Compiled, not run: what docs/node.md shows has types, and what is wrong has none.

import { Context, DfutError, Image, VirtualBus, formats, models, version } from 'dfutrigger';

async function update(path: string): Promise<string> {
  const context = new Context({ logLevel: 'debug' });
  context.on('arrived', (device) => console.log(device.vendorId.toFixed(), device.mode));
  context.on('log', (level, text) => console.log(level, text.length));
  const controller = new AbortController();
  const image = await Image.load(path, { force: ['ids'] });
  const device = await context.find({ vendorId: 0x2fe3, image });
  const steps = await device.plan(image);
  try {
    const outcome = await device.update(image, {
      alternate: 1, signal: controller.signal, onProgress: ({ state, done, total }) => console.log(state, done / total),
    });
    return outcome.message + steps.map(({ text }) => text).join();
  } catch (error) {
    if (error instanceof DfutError && error.code === 'access') return error.hint + error.device?.path;
    throw error;
  } finally {
    context.close();
  }
}

async function wrong(bus: VirtualBus): Promise<void> {
  const list = await bus.context.devices();
  console.log(list.isComplete, list.missing.length, list[0].path, formats()[0].traits, models()[0].options, version.length);
  // @ts-expect-error an option that there is not
  await list[0].update('firmware.bin', { alternative: 1 });
  // @ts-expect-error a word that there is not
  await list[0].update('firmware.bin', { verify: 'perhaps' });
  // @ts-expect-error ids are numbers
  await bus.context.find({ vendorId: '2fe3' });
  // @ts-expect-error a fault that there is not
  bus.plug('zephyr').addFault('fire');
}

void update('firmware.bin').then(() => wrong(new VirtualBus()));
