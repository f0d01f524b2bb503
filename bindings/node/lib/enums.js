// SPDX-License-Identifier: MIT
// SPDX-FileCopyrightText: 2026 The libdfutrigger authors

'use strict';

// Words for the enumerations of the header: of VERIFY_ALWAYS it is "always".

const core = require('./core.js');

class Enumeration {
  #values = new Map();
  #names = new Map();

  constructor(prefix) {
    for (const [constant, value] of Object.entries(core)) {
      if (!constant.startsWith(prefix)) continue;
      const name = constant.slice(prefix.length).toLowerCase().replaceAll('_', '-');
      this.#values.set(name, value);
      this.#names.set(value, name);
    }
  }

  /** The word of a value. */
  name(value) {
    return this.#names.get(value) ?? String(value);
  }

  /** The value of a word; TypeError for one that is none. */
  value(name) {
    const value = this.#values.get(name);
    if (value === undefined) throw new TypeError(`"${name}" is none of: ${[...this.#values.keys()].join(', ')}`);
    return value;
  }

  /** The bits of a list of words. */
  bits(names = []) {
    return names.reduce((bits, name) => bits | this.value(name), 0);
  }

  /** The words of bits. */
  words(bits) {
    return [...this.#values].filter(([, value]) => bits & value).map(([name]) => name);
  }
}

module.exports = {
  attributes: new Enumeration('DFU_'),
  checks: new Enumeration('CHECK_'),
  clocks: new Enumeration('SIM_CLOCK_'),
  deviceEvents: new Enumeration('DEVICE_'),
  erases: new Enumeration('ERASE_'),
  faults: new Enumeration('SIM_FAULT_'),
  links: new Enumeration('LINK_'),
  logLevels: new Enumeration('LOG_'),
  modes: new Enumeration('MODE_'),
  recordEvents: new Enumeration('SIM_EVENT_'),
  recordFlags: new Enumeration('RECORD_'),
  reportTypes: new Enumeration('REPORT_'),
  restarts: new Enumeration('RESTART_'),
  states: new Enumeration('SESSION_'),
  traits: new Enumeration('FORMAT_'),
  verified: new Enumeration('VERIFIED_'),
  verifies: new Enumeration('VERIFY_'),
};
