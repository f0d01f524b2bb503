// SPDX-License-Identifier: MIT
// SPDX-FileCopyrightText: 2026 The libdfutrigger authors

'use strict';

// Virtual devices: develop and test an updater without hardware.

const { Context } = require('./context.js');
const core = require('./core.js');
const { clocks, faults, recordEvents } = require('./enums.js');
const { toArray } = require('./lists.js');

const toText = (value) =>
  (typeof value === 'boolean' ? (value ? 'yes' : 'no') : String(value).replaceAll('\\', '\\\\').replaceAll(',', '\\,'));

const toKey = (name) => name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);

/** NAME:key=value,... of a model and options. */
function toSpec(model, options) {
  const words = Object.entries(options).map(([name, value]) => `${toKey(name)}=${toText(value)}`);
  return words.length ? `${model}${model.includes(':') ? ',' : ':'}${words.join(',')}` : model;
}

class VirtualDevice {
  #bus;
  #native;

  /** Virtual devices come from VirtualBus.plug(). */
  constructor(bus, native, spec) {
    this.#bus = bus;
    this.#native = native;
    this.spec = spec;
  }

  unplug() {
    core.simDeviceUnplug(this.#native);
    this.#bus._wake();
  }

  replug() {
    core.simDeviceReplug(this.#native);
    this.#bus._wake();
  }

  pressReset() {
    core.simDevicePressReset(this.#native);
    this.#bus._wake();
  }

  get isPresent() { return core.simDeviceIsPresent(this.#native); }
  get mode() { return core.simDeviceGetModeName(this.#native); }
  get requestCount() { return core.simDeviceGetRequestCount(this.#native); }
  get faultCount() { return core.simDeviceGetFaultCount(this.#native); }

  /** A copy of one of its memories; null if it has no such memory. */
  memory(name) {
    return core.simDeviceGetMemory(this.#native, name);
  }

  setMemory(name, bytes, offset = 0) {
    core.simDeviceSetMemory(this.#native, name, offset, bytes);
  }

  get record() {
    return toArray(core.simDeviceGetRecordCount(this.#native), (index) => {
      const { event, ...others } = core.simDeviceGetRecord(this.#native, index);
      return { event: recordEvents.name(event), ...others };
    });
  }

  get breaches() {
    return this.record.filter(({ event }) => event === 'breach').map(({ text }) => text);
  }

  clearRecord() {
    core.simDeviceClearRecord(this.#native);
  }

  /** Makes it misbehave: at its next request, if none is named. */
  addFault(kind, { request = this.requestCount, times = 1, delayMs = 0 } = {}) {
    core.simDeviceAddFault(this.#native, { kind: faults.value(kind), request, times, delayMs });
  }

  clearFaults() {
    core.simDeviceClearFaults(this.#native);
  }
}

class VirtualBus {
  #sim;

  /** realTime: the system's clock in place of the virtual one. */
  constructor({ realTime = false, logLevel = undefined } = {}) {
    this.#sim = core.simNew(clocks.value(realTime ? 'real' : 'virtual'));
    /** Who sees the devices. */
    this.context = new Context({ logLevel, _sim: this.#sim, _passesTime: !realTime });
  }

  _wake() {
    if (!this.context.isClosed) this.context._driver.wake();
  }

  /** Plugs a device in: options as in models(), in camelCase; path as in "1-2". */
  plug(model, options = {}, { path = null } = {}) {
    const spec = toSpec(model, options);
    const device = new VirtualDevice(this, core.simPlug(this.#sim, spec, path), spec);
    this._wake();
    return device;
  }

  get timeMs() {
    return core.simGetTimeUs(this.#sim) / 1000;
  }

  /** Writes the state files of the devices. */
  save() {
    core.simSave(this.#sim);
  }

  /** Closes the context, saves, and gives all back. */
  close() {
    this.context.close();
    core.close(this.#sim);
  }
}

/** The kinds of device that can be plugged in. */
const models = () => toArray(core.simGetModelCount(), core.simGetModel);

module.exports = { VirtualBus, VirtualDevice, models };
