// SPDX-License-Identifier: MIT
// SPDX-FileCopyrightText: 2026 The libdfutrigger authors

'use strict';

// The C library as it is, flat and private: beside these files where Meson has built it, else where node-gyp has.

const { existsSync } = require('node:fs');
const { join } = require('node:path');
const process = require('node:process');

const beside = join(__dirname, 'dfutrigger.node');
const compiled = { exports: {} };

// Each copy of the package has a module of its own, with its own errors; require() would hand all of them the same one.
process.dlopen(compiled, existsSync(beside) ? beside : join(__dirname, '..', 'build', 'Release', 'dfutrigger.node'));

module.exports = compiled.exports;
