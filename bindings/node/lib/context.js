// SPDX-License-Identifier: MIT
// SPDX-FileCopyrightText: 2026 The libdfutrigger authors

'use strict';

// A context: the devices of the system, or of a virtual bus, and their events.

const { EventEmitter } = require('node:events');

const core = require('./core.js');
const { Device } = require('./device.js');
const { Driver } = require('./driver.js');
const { checks, deviceEvents, logLevels, modes, recordFlags } = require('./enums.js');
const { DfutError } = require('./errors.js');
const { Image } = require('./image.js');
const { toNull } = require('./lists.js');

const EVENTS = ['arrived', 'changed', 'left'];

// How long a device that has just come is waited for, and all of them together, in ms: a bit longer than the library does.
const NAMES_MS = 2500;
const LOOK_MS = 10000;

/** What the header calls a match, of words. */
function toMatch({ mode, image, force, alternate, ...others } = {}) {
  return {
    ...others,
    alternate: alternate === undefined || alternate === null ? undefined : String(alternate),
    mode: mode === undefined ? undefined : modes.value(mode),
    image: image && Image.native(image),
    force: checks.bits(force),
  };
}

class Context extends EventEmitter {
  #native;
  #sim;
  #driver;
  #logLevel;
  #notes = [];
  #known = new Map();
  #isHandlerSet = false;
  #isReady = false;
  #passesTime;
  #wakers = new Set();
  #lastFailure = null;

  /**
   * logLevel: the least important level of "log".
   * _sim: a virtual bus in place of those of the system; _passesTime: its clock is virtual.
   */
  constructor({ logLevel = 'info', _sim = null, _passesTime = false } = {}) {
    super();
    this.#logLevel = logLevels.value(logLevel);
    this.#native = core.contextNew();
    this.#passesTime = _passesTime;
    this.#driver = new Driver(this.#native, _passesTime, (error) => this.#fail(error));
    // Its devices stay as long as somebody has the context.
    this.#sim = _sim;
    if (_sim) core.simAddToContext(_sim, this.#native);
    this.#followListeners();
  }

  #followListeners() {
    this.on('newListener', (name) => this.#listen(name));
    this.on('removeListener', () => this.#unlisten());
  }

  removeAllListeners(...names) {
    super.removeAllListeners(...names);
    if (!names.length) {
      this.#unlisten();
      this.#followListeners();
    }
    return this;
  }

  // For the other files of the package.

  get _driver() {
    return this.#driver;
  }

  _native(device) {
    return Device.native(device);
  }

  _toDevice(native) {
    return native && new Device(this, native);
  }

  /** Calls a function of the application, after the library was left. */
  _note(call) {
    if (this.#notes.push(call) === 1) queueMicrotask(() => this.#flush());
  }

  /** Waits until isDone() is true after a dispatch. */
  async _wait(isDone) {
    await this.#driver.add(isDone).promise;
  }

  /** Waits until what is plugged in is told with all its names, so that nothing that follows has to wait for them. */
  async _settle() {
    if (this.isClosed) throw new DfutError('usage', 'the context is closed');
    // On a virtual clock that takes no time.
    if (this.#passesTime) return;
    const deadline = Date.now() + LOOK_MS;
    this.#setHandler();
    if (!this.#isReady) await this._wait(() => true);
    this.#isReady = true;
    for (;;) {
      const now = Date.now();
      const incomplete = [...this.#known.values()].filter(({ isComplete }) => !isComplete);
      const end = Math.min(deadline, Math.max(0, ...incomplete.map(({ since }) => since + NAMES_MS)));
      if (end <= now) return;
      await this.#change(end - now);
    }
  }

  /** Waits until a device has come, changed or gone, for some time at most. */
  async #change(timeoutMs, signal) {
    let isDone = false;
    const job = this.#driver.add(() => isDone);
    const waker = () => { isDone = true; };
    const end = () => job.end();
    const timer = timeoutMs === undefined ? null : setTimeout(end, timeoutMs);
    this.#wakers.add(waker);
    signal?.addEventListener('abort', end);
    try {
      await job.promise;
    } finally {
      clearTimeout(timer);
      this.#wakers.delete(waker);
      signal?.removeEventListener('abort', end);
    }
  }

  #flush() {
    try {
      while (this.#notes.length) this.#notes.shift()();
    } finally {
      // One has thrown; the others are called all the same.
      if (this.#notes.length) queueMicrotask(() => this.#flush());
    }
  }

  #setHandler() {
    if (this.#isHandlerSet) return;
    this.#isHandlerSet = true;
    core.contextSetDeviceHandler(this.#native, (event, native) => this.#onDevice(deviceEvents.name(event), native));
  }

  #onDevice(event, native) {
    const device = this._toDevice(native);
    const known = this.#known.get(device.id);
    if (event === 'left') this.#known.delete(device.id);
    else this.#known.set(device.id, { since: known?.since ?? Date.now(), isComplete: device.isComplete });
    for (const waker of this.#wakers) waker();
    this._note(() => this.emit(event, device));
  }

  #listen(name) {
    if (this.isClosed) return;
    if (EVENTS.includes(name)) {
      this.#setHandler();
      this.#driver.isListening = true;
    } else if (name === 'log') {
      core.contextSetLogHandler(this.#native, this.#logLevel, (level, text) =>
        this._note(() => this.emit('log', logLevels.name(level), text)));
    }
  }

  #unlisten() {
    if (this.isClosed) return;
    if (!EVENTS.some((name) => this.listenerCount(name))) this.#driver.isListening = false;
    if (!this.listenerCount('log')) core.contextSetLogHandler(this.#native, 0, null);
  }

  /** It can't be dispatched, which is tried again: told once. */
  #fail(error) {
    if (this.#lastFailure !== error.message && EVENTS.some((name) => this.listenerCount(name))) {
      this._note(() => this.emit('error', error));
    }
    this.#lastFailure = error.message;
  }

  /** What is plugged in now and fits. */
  async devices(match) {
    await this._settle();
    const { items, missing, isComplete } = core.deviceListNew(this.#native, match ? toMatch(match) : null);
    const devices = items.map((native) => this._toDevice(native));
    return Object.assign(devices, { missing: missing.map((native) => this._toDevice(native)), isComplete });
  }

  /** The one device that is meant. */
  async find(match) {
    await this._settle();
    return this._toDevice(core.deviceFind(this.#native, match ? toMatch(match) : null));
  }

  /** The same for one that may not be there yet. */
  async wait(match, { timeoutMs, signal } = {}) {
    const end = timeoutMs === undefined ? Infinity : Date.now() + timeoutMs;
    for (;;) {
      if (signal?.aborted) throw new DfutError('cancelled', 'no longer waited for', { cause: signal.reason });
      await this._settle();
      this.#setHandler();
      try {
        return this._toDevice(core.deviceWait(this.#native, match ? toMatch(match) : null, 0));
      } catch (error) {
        if (error.code !== 'timeout' || Date.now() >= end) throw error;
      }
      await this.#change(end === Infinity ? undefined : end - Date.now(), signal);
    }
  }

  loadDevices(path) {
    core.contextLoadDevices(this.#native, path);
  }

  setProtocol(vendorId, productId, protocol, interfaceNumber = -1) {
    core.contextSetProtocol(this.#native, vendorId, productId, protocol, interfaceNumber);
  }

  addSystemBuses() {
    core.contextAddSystemBuses(this.#native);
  }

  record(path, flags = []) {
    core.contextRecord(this.#native, path, recordFlags.bits(flags));
  }

  endRecord() {
    core.contextEndRecord(this.#native);
  }

  /** Tells in words what is in a recording, a line each. */
  explain(path) {
    const lines = [];
    core.contextExplain(this.#native, path, (line) => lines.push(line));
    return lines;
  }

  /** What a person can do about usual trouble with devices that have these ids. */
  help(vendorId, productId) {
    return toNull((index) => core.contextGetHelp(this.#native, vendorId, productId, index));
  }

  /** Listening keeps Node alive, as it does from the beginning. */
  ref() {
    this.#driver.isKept = true;
    return this;
  }

  /** Listening alone does not keep Node alive. */
  unref() {
    this.#driver.isKept = false;
    return this;
  }

  get isClosed() {
    return core.isClosed(this.#native);
  }

  /** Ends all jobs, without waiting for devices, and everything else. */
  close() {
    if (this.isClosed) return;
    this.#driver.close(() => new DfutError('cancelled', 'the context was closed'));
    core.close(this.#native);
  }
}

module.exports = { Context };
