// SPDX-License-Identifier: MIT
// SPDX-FileCopyrightText: 2026 The libdfutrigger authors

'use strict';

// The C library as it is, flat and private: beside these files where Meson has built it, else where node-gyp has.

const { existsSync } = require('node:fs');
const { join } = require('node:path');

const beside = join(__dirname, 'dfutrigger.node');

module.exports = require(existsSync(beside) ? beside : join(__dirname, '..', 'build', 'Release', 'dfutrigger.node'));
