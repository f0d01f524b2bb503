// SPDX-License-Identifier: MIT
// SPDX-FileCopyrightText: 2026 The libdfutrigger authors

'use strict';

// Devices: what is plugged in, as it was when it was looked at, and what can be done with it.

const { inspect } = require('node:util');

const core = require('./core.js');
const { attributes, links, modes } = require('./enums.js');
const { DfutError, naming } = require('./errors.js');
const { toArray, toNull } = require('./lists.js');
const { plan, run } = require('./session.js');

const hex = (number) => number.toString(16).padStart(4, '0');

function toDescriptor({ attributes: bits, ...others }) {
  return { ...others, attributes: attributes.words(bits) };
}

/** null in place of the error that there is none. */
function ifFound(call) {
  try {
    return call();
  } catch (error) {
    if (error instanceof DfutError && error.code === 'not-found') return null;
    throw error;
  }
}

class Device {
  #context;
  #native;

  /** Devices come from a context. */
  constructor(context, native) {
    this.#context = context;
    this.#native = native;
  }

  /** For the other files of the package. */
  static native(device) {
    if (!(device instanceof Device)) throw new TypeError('a Device is needed');
    return device.#native;
  }

  get context() { return this.#context; }
  get id() { return core.deviceGetId(this.#native); }
  get vendorId() { return core.deviceGetVendorId(this.#native); }
  get productId() { return core.deviceGetProductId(this.#native); }
  get release() { return core.deviceGetRelease(this.#native); }
  get path() { return core.deviceGetPath(this.#native); }
  get busNumber() { return core.deviceGetBusNumber(this.#native); }
  get address() { return core.deviceGetAddress(this.#native); }
  get serialNumber() { return core.deviceGetSerialNumber(this.#native); }
  get manufacturer() { return core.deviceGetManufacturer(this.#native); }
  get product() { return core.deviceGetProduct(this.#native); }
  get title() { return core.deviceGetTitle(this.#native); }
  get protocol() { return core.deviceGetProtocol(this.#native); }
  get mode() { return modes.name(core.deviceGetMode(this.#native)); }
  get configuration() { return core.deviceGetConfiguration(this.#native); }
  get isPresent() { return core.deviceIsPresent(this.#native); }
  get isComplete() { return core.deviceIsComplete(this.#native); }
  get missing() { return core.deviceGetMissing(this.#native); }
  get isShared() { return core.deviceIsShared(this.#native); }
  get isGeneric() { return core.deviceIsGeneric(this.#native); }
  get isModeGuessed() { return core.deviceIsModeGuessed(this.#native); }
  get descriptors() { return core.deviceGetDescriptors(this.#native); }

  get triggers() {
    return toArray(core.deviceGetTriggerCount(this.#native), (index) => core.deviceGetTriggerName(this.#native, index));
  }

  get commands() {
    return toArray(core.deviceGetCommandCount(this.#native), (index) => ({
      name: core.deviceGetCommandName(this.#native, index),
      text: core.deviceGetCommandText(this.#native, index),
    }));
  }

  get help() {
    return toNull((index) => core.deviceGetHelp(this.#native, index));
  }

  get interfaces() {
    return toArray(core.deviceGetInterfaceCount(this.#native), (index) => {
      const dfu = ifFound(() => core.deviceGetInterfaceDfuDescriptor(this.#native, index));
      return { ...core.deviceGetInterface(this.#native, index), dfu: dfu && toDescriptor(dfu) };
    });
  }

  get nodes() {
    return toArray(core.deviceGetNodeCount(this.#native), (index) => {
      const node = core.deviceGetNode(this.#native, index);
      return { ...node, link: links.name(node.link) };
    });
  }

  get dfuDescriptor() {
    const dfu = ifFound(() => core.deviceGetDfuDescriptor(this.#native));
    return dfu && toDescriptor(dfu);
  }

  /** Who has an interface; -1 for the device as a whole. */
  holder(interfaceNumber = -1) {
    return naming(this, () => core.deviceGetHolder(this.#native, interfaceNumber));
  }

  diagnose(options) {
    return run(this, 'diagnose', options);
  }

  probe(options) {
    return run(this, 'probe', options);
  }

  trigger(options) {
    return run(this, 'trigger', options);
  }

  update(firmware, options) {
    return run(this, 'update', options, firmware);
  }

  plan(firmware, options) {
    return plan(this, options, firmware);
  }

  upload(options) {
    return run(this, 'upload', options);
  }

  command(name, options) {
    return run(this, 'command', options, name);
  }

  toString() {
    const name = this.product || this.title;
    return `${hex(this.vendorId)}:${hex(this.productId)}${this.path && ` at ${this.path}`}${name && `, ${name}`}`;
  }

  toJSON() {
    const { id, vendorId, productId, release, path, serialNumber, manufacturer, product, title, protocol, mode } = this;
    return { id, vendorId, productId, release, path, serialNumber, manufacturer, product, title, protocol, mode };
  }

  [inspect.custom]() {
    return `<Device ${this}>`;
  }
}

module.exports = { Device };
