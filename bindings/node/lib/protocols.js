// SPDX-License-Identifier: MIT
// SPDX-FileCopyrightText: 2026 The libdfutrigger authors

'use strict';

// Languages of bootloaders.

const core = require('./core.js');
const { toNull } = require('./lists.js');

/** What bootloaders are spoken with, and what can be said of the chips behind them. */
const protocols = () => toNull(core.protocolGetName).map((name) => ({
  name, text: core.protocolGetText(name), parts: toNull((index) => core.protocolGetPart(name, index)),
}));

module.exports = { protocols };
