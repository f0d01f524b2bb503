// SPDX-License-Identifier: MIT
// SPDX-FileCopyrightText: 2026 The libdfutrigger authors

'use strict';

// Firmware files, parsed and judged before any device is opened.

const { isUint8Array } = require('node:util/types');

const core = require('./core.js');
const { checks, traits } = require('./enums.js');
const { toArray, toNull } = require('./lists.js');

const ANY = 0xffff;

class Image {
  #native;

  /** Images come from load() and from(). */
  constructor(native) {
    this.#native = native;
  }

  /** For the other files of the package. */
  static native(image) {
    if (!(image instanceof Image)) throw new TypeError('an Image is needed');
    return image.#native;
  }

  /** Reads a file, on a thread of Node's pool. */
  static async load(path, { force = [] } = {}) {
    return new Image(await core.loadImage(path, checks.bits(force)));
  }

  /** Takes bytes, which are copied. */
  static from(bytes, { force = [] } = {}) {
    if (!isUint8Array(bytes)) throw new TypeError('a Buffer or Uint8Array is needed');
    // An image belongs to no context; this one has the words of an error.
    const context = core.contextNew();
    try {
      return new Image(core.imageLoadBuffer(context, bytes, checks.bits(force)));
    } finally {
      core.close(context);
    }
  }

  get format() { return core.imageGetFormat(this.#native); }
  get size() { return core.imageGetSize(this.#native); }

  get segments() {
    return toArray(core.imageGetSegmentCount(this.#native), (index) => {
      const { hasAddress, address, alternate, size } = core.imageGetSegment(this.#native, index);
      return { address: hasAddress ? address : null, alternate: alternate < 0 ? null : alternate, size };
    });
  }

  get facts() {
    return toArray(core.imageGetFactCount(this.#native), (index) => core.imageGetFact(this.#native, index));
  }

  get ids() {
    const { result, ...ids } = core.imageGetIds(this.#native);
    if (!result) return null;
    return Object.fromEntries(Object.entries(ids).map(([name, id]) => [name, id === ANY ? null : id]));
  }

  /** Bytes of a segment. */
  read(index = 0, offset = 0, size = core.imageGetSegment(this.#native, index).size - offset) {
    const bytes = Buffer.alloc(size);
    core.imageReadSegment(this.#native, index, offset, bytes);
    return bytes;
  }

  setAddress(address) {
    core.imageSetAddress(this.#native, address);
  }

  setSuffix({ vendorId = ANY, productId = ANY, release = ANY } = {}) {
    core.imageSetSuffix(this.#native, vendorId, productId, release);
  }

  removeSuffix() {
    core.imageRemoveSuffix(this.#native);
  }

  setFamily(family) {
    core.imageSetFamily(this.#native, family);
  }

  wrapMcuboot(version, headerSize = 0x200) {
    core.imageWrapMcuboot(this.#native, version, headerSize);
  }

  convert(format) {
    core.imageConvert(this.#native, format);
  }

  verifySignature(publicKey) {
    core.imageVerifySignature(this.#native, publicKey);
  }

  save(path) {
    core.imageSaveFile(this.#native, path);
  }

  /** Throws if it does not fit the device. */
  check(device, { alternate = null, force = [] } = {}) {
    const chosen = alternate === null ? null : String(alternate);
    core.imageCheck(this.#native, device.context._native(device), chosen, checks.bits(force));
  }

  /** Gives its memory back now. */
  close() {
    core.close(this.#native);
  }
}

/** What can be read and written. */
const formats = () => toNull(core.formatGetName).map((name) => ({
  name, text: core.formatGetText(name), traits: traits.words(core.formatGetTraits(name)),
}));

/** Families of chips, for UF2 files. */
const families = () => toNull(core.familyGetName);

module.exports = { Image, families, formats };
