// SPDX-License-Identifier: MIT
// SPDX-FileCopyrightText: 2026 The libdfutrigger authors

'use strict';

// Errors of the library as errors of JavaScript.

const core = require('./core.js');

/** What went wrong (message), and what the person can do about it (hint). */
class DfutError extends Error {
  constructor(code, message, { hint = '', hintLine = '', check = null, device = null, cause } = {}) {
    super(message, cause === undefined ? undefined : { cause });
    this.code = code;
    this.hint = hint;
    this.hintLine = hintLine;
    this.check = check;
    this.device = device;
  }

  get name() {
    return 'DfutError';
  }

  /** The same, for another device. */
  anew() {
    return new DfutError(this.code, this.message, { ...this, device: null });
  }
}

core.setErrorMaker((code, message, hint, hintLine, check) => new DfutError(code, message, { hint, hintLine, check }));

/** Calls a function; an error of the library that it throws is about the device. */
function naming(device, call) {
  try {
    return call();
  } catch (error) {
    if (error instanceof DfutError) error.device ??= device;
    throw error;
  }
}

module.exports = { DfutError, naming };
